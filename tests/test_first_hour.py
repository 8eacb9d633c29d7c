"""The page with a newcomer's first hour is what its commands print today."""

import importlib.util
from pathlib import Path

SCRIPT = Path(__file__).parents[1] / "docs" / "make_first_hour.py"


def test_every_command_of_the_page_answers_as_it_stands_there():
    """After a change: python docs/make_first_hour.py."""
    spec = importlib.util.spec_from_file_location("make_first_hour", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    page = module.PAGE.read_text(encoding="utf-8")
    assert module.page() == page
    assert page.count("$ gridscan ") > 20

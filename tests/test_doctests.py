import doctest
import importlib

import pytest


@pytest.mark.parametrize("module", ["gridscan.model", "gridscan.definition.nodes"])
def test_the_examples_in_docstrings_give_what_they_show(module):
    found = doctest.testmod(importlib.import_module(module))
    assert found.attempted > 1
    assert found.failed == 0

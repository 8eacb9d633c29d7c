"""What goes into the wheel."""

from __future__ import annotations

import tomllib
from pathlib import Path

from gridscan.inputs.shipped_files import shipped_scenarios

ROOT = Path(__file__).parents[1]


def test_every_scenario_is_in_the_wheel_and_no_picture():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    included = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    scenarios = {path for path in included if path.startswith("scenarios")}
    assert scenarios == {f"scenarios/{name}.toml" for name in shipped_scenarios()}
    assert all(included[path] == f"gridscan/{path}" for path in included)

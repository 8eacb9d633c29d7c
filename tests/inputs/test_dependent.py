"""Values that follow another parameter: along its axes, its draws, its cases and the records that set it."""

from __future__ import annotations

import tomllib

import jsonschema
import numpy as np
import pytest
from click.testing import CliRunner

import gridscan as gs
from gridscan.cli.group import main
from gridscan.errors import ScenarioError
from gridscan.scenario.json_schema import json_schema
from gridscan.scenario.reader import Scenario


def make_model():
    """Return arms with ends, and one quantity that shows all."""
    model = gs.Model("arms", "Arms of a galaxy")
    galaxy = model.label("galaxy", "ours", "Galaxy", records={"ours": {"inner": "3 kpc"}, "other": {"inner": "5 kpc"}})
    model.parameter("inner", galaxy, "Inner end", unit="kpc", above=0)
    model.parameter("outer", "13 kpc", "Outer end", above=0, maximum="100 kpc")
    model.parameter("edge", "20 kpc", "Edge of the disk", above=0)
    model.parameter("age", "1 Gyr", "Age", minimum=0)
    model.parameter("number", 4.0, "Number of arms", minimum=1, integer=True)
    model.parameter("wind", "tight", "How they wind", choices=("tight", "loose"))

    @model.quantity("kpc")
    def length(inner, outer):
        """Length."""
        return outer - inner

    @model.quantity("kpc")
    def gap(outer, edge, age, number, wind):
        """Beyond the arms."""
        return (edge - outer) * np.where(wind == "tight", 1, 1) * number / number * (age / age)

    return model.check()


ARMS = make_model()
FOLLOWS = {"of": "inner", "plus": "2 kpc"}


def test_it_follows_the_values_of_the_other():
    """A default, an axis, a label's records, cases and draws."""
    assert float(ARMS.evaluate("length", outer=FOLLOWS)) == pytest.approx(2.0, rel=1e-14)
    along = ARMS.evaluate(["length"], outer=FOLLOWS, inner=["1 kpc", "4 kpc"])
    assert along.length.dims == ("inner",)
    assert along.length.values == pytest.approx([2.0, 2.0], rel=1e-14)
    assert along.outer.values == pytest.approx([3.0, 6.0], rel=1e-14)
    assert along.outer.attrs["depends_on"] == "inner + 2 kpc"
    label = ARMS.evaluate("gap", outer=FOLLOWS, galaxy=["ours", "other"])
    assert label.dims == ("galaxy",)
    assert label.values == pytest.approx([15.0, 13.0], rel=1e-14)
    cases = ARMS.evaluate("gap", outer=FOLLOWS, cases=[{"name": "a", "inner": "1 kpc"}, {"name": "b"}])
    assert cases.values == pytest.approx([17.0, 15.0], rel=1e-14)
    drawn = ARMS.evaluate(["gap"], outer=FOLLOWS, inner=gs.uniform("1 kpc", "2 kpc"))
    assert drawn.gap.dims == ("draw",)
    assert drawn.gap.values == pytest.approx(20.0 - 2.0 - drawn.inner.values, rel=1e-13)


def test_it_may_be_a_multiple_and_follow_what_follows():
    """The order in which they are given does not matter."""
    values = {"edge": {"of": "outer", "times": 1.5, "plus": "-1 kpc"}, "outer": {"of": "inner", "times": 2}}
    dataset = ARMS.evaluate(["gap"], **values, inner=["1 kpc", "2 kpc"])
    assert dataset.edge.values == pytest.approx([2.0, 5.0], rel=1e-14)
    assert dataset.gap.values == pytest.approx([0.0, 1.0], abs=1e-14)
    assert dataset.edge.attrs["depends_on"] == "1.5 outer - 1 kpc"


TEXT = """\
model = "arms"
axes.inner = ["1 kpc", "4 kpc"]
[parameters]
outer = { of = "inner", plus = "2 kpc" }
[output]
quantities = ["length", "gap"]
"""


def test_a_scenario_a_run_and_an_override(tmp_path):
    """The result says what follows what; a value on the command line wins."""
    path = tmp_path / "arms.toml"
    path.write_text(TEXT)
    gs.run(path, model=ARMS)
    result = gs.open(tmp_path / "arms.nc")
    assert result.length.values == pytest.approx([2.0, 2.0], rel=1e-14)
    assert result.outer.attrs["depends_on"] == "inner + 2 kpc"
    other = gs.evaluate(path, model=ARMS, overrides={"outer": "10 kpc"})
    assert other.length.values == pytest.approx([9.0, 6.0], rel=1e-14)
    moved = gs.evaluate(path, model=ARMS, overrides={"inner": "7 kpc"})
    assert float(moved.gap) == pytest.approx(11.0, rel=1e-14)


def test_elasticities_move_what_follows():
    """The length is constant where one end follows the other: d ln(gap) / d ln(inner) = -inner / gap."""
    scenario = Scenario.parse(TEXT.replace('axes.inner = ["1 kpc", "4 kpc"]', "").replace('"length", ', ""), model=ARMS)
    table = gs.local(scenario, "gap")
    assert "outer" not in table.parameter
    assert float(table.elasticity.sel(parameter="inner")) == pytest.approx(-3.0 / 15.0, rel=1e-6)


def test_screening_moves_what_follows():
    """What follows another parameter is no factor of its own."""
    scenario = Scenario.parse(TEXT.replace('axes.inner = ["1 kpc", "4 kpc"]', "").replace('"length", ', ""), model=ARMS)
    table = gs.screen(scenario, "gap")
    assert "outer" not in str(table.coords)
    assert "inner" in str(table.coords)


def test_the_plan_shows_it():
    """It is listed as a member of the axis that it follows."""
    asked = CliRunner().invoke(
        main,
        ["plan", "galaxy_shape", "--set", 'arm_outer_radius={of = "arm_inner_radius", plus = "9 kpc"}'],
    )
    assert asked.exit_code == 0, asked.output


def test_the_schema_of_editors_knows_it():
    """A parameter that is a number may follow another; a word may not."""
    validator = jsonschema.Draft202012Validator(json_schema(ARMS))
    assert validator.is_valid(tomllib.loads(TEXT))
    assert not validator.is_valid(tomllib.loads(TEXT.replace("outer =", "wind =")))
    assert not validator.is_valid(tomllib.loads(TEXT.replace('"inner",', '"wind",')))


BROKEN = {
    "an unknown parameter": (
        '"inner",',
        '"innr",',
        "4:16: 'outer' follows 'innr', which model 'arms' does not have",
    ),
    "a label": (
        '"inner",',
        '"galaxy",',
        "4:16: 'outer' cannot follow 'galaxy', which is no parameter",
    ),
    "a number as name": ('"inner",', "3,", "4:16: 'of' takes the name of a parameter, found 3"),
    "another dimension": ('"inner",', '"age",', "4:16: 'outer' cannot follow 'age': 'age' is in 'Gyr', and 'outer' in"),
    "a wrong unit": ("2 kpc", "2 Gyr", "4:32: 'outer': found 'Gyr', expected a unit like 'kpc'"),
    "no unit": ('"2 kpc"', "2", "4:32: 'outer': 2 has no unit; write for example '2 kpc'"),
    "a list": ('"2 kpc"', '["2 kpc"]', "4:32: 'plus' takes one number with a unit, found ['2 kpc']"),
    "an unknown key": (
        "plus",
        "pluss",
        "4:25: unknown key 'pluss' beside 'of'; did you mean 'plus'?; allowed",
    ),
    "times with a unit": (
        'plus = "2 kpc"',
        'times = "2 kpc"',
        "4:33: 'times' takes a number without a unit",
    ),
    "itself": ('"inner",', '"outer",', "4:1: 'outer' follows itself: outer → outer; give one of them a value"),
    "an axis too": (
        "[output]",
        'inner = { of = "outer" }\n[output]',
        "5:1: 'inner' is given twice, here and in [axes]",
    ),
    "a circle": (
        '"inner", plus = "2 kpc" }',
        '"edge" }\nedge = { of = "outer", times = 2 }',
        "4:1: 'outer' follows itself: outer → edge → outer; give one of them a value",
    ),
    "out of range": (
        '"2 kpc"',
        '"98 kpc"',
        "4:9: 'outer', which is inner + 98 kpc, cannot be 102 kpc",
    ),
    "a word": (
        "outer =",
        "wind =",
        "4:8: 'wind' cannot follow another parameter; only",
    ),
    "on an axis": (
        'axes.inner = ["1 kpc", "4 kpc"]',
        'axes.edge = { of = "inner" }',
        "2:13: 'edge' follows another parameter, and so belongs in [parameters]",
    ),
    "in a case": (
        "[output]",
        '[[cases]]\nname = "a"\nedge = { of = "inner" }\n[output]',
        "7:8: 'edge' takes a value in a case; what follows a parameter belongs in [parameters]",
    ),
    "followed and in a case": (
        "[output]",
        '[[cases]]\nname = "a"\nouter = "3 kpc"\n[output]',
        "7:1: 'outer' follows another parameter in [parameters], so it has no value of its own in a case",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_one_has_one_message(name):
    """With its line and column."""
    old, new, message = BROKEN[name]
    assert TEXT.count(old) == 1
    with pytest.raises(ScenarioError) as caught:
        Scenario.parse(TEXT.replace(old, new), model=ARMS)
    found = str(caught.value)
    assert found.startswith(f"scenario.toml:{message}"), found
    assert "\n" not in found

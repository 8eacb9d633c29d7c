"""Exact values off the grid: the model is evaluated there, if its code is that which made the result."""

import numpy as np
import pytest
import xarray as xr

import gridscan as gs
from gridscan.errors import ModelError, ScenarioError, StoreError, UnitError

MODEL = '''
import numpy as np
import gridscan as gs

model = gs.Model("pendulum", "A small swing")
model.parameter("length", "1 m", "Length of the string", minimum=0.1, maximum=50)
model.parameter("gravity", "9.8 m/s^2", "Acceleration", above=0)
model.parameter("mass", "1 kg", "Mass", above=0)

@model.quantity("s")
def period(length, gravity):
    """T = 2 pi sqrt(l/g)."""
    return 2 * np.pi * np.sqrt(length / gravity)

@model.quantity("J")
def energy(mass, gravity, length):
    """m g l."""
    return mass * gravity * length
'''
SCENARIO = """
model = "pendulum"
[axes]
length  = { values = [1, 4, 9], unit = "m" }
gravity = ["1.6 m/s^2", "9.8 m/s^2"]
[output]
quantities = ["period", "energy"]
[output.derived]
frequency = "1 / period"
"""


def period(length, gravity):
    return 2 * np.pi * (length / gravity) ** 0.5


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exact")
    (folder / "swing.py").write_text(MODEL)
    (folder / "swing.toml").write_text(SCENARIO)
    named = f"{folder / 'swing.py'}:model"
    gs.run(folder / "swing.toml", model=gs.model(named), output=folder / "swing.nc")
    return folder


@pytest.fixture
def named(folder):
    return f"{folder / 'swing.py'}:model"


@pytest.fixture
def result(folder):
    with gs.open(folder / "swing.nc") as dataset:
        yield dataset


def test_values_between_those_of_the_grid_are_those_of_the_formula(result, named):
    found = result.gridscan.at(length="2 m", gravity="5 m/s^2", model=named)
    assert not found.sizes
    np.testing.assert_allclose(found["period"], period(2, 5), rtol=1e-14)
    np.testing.assert_allclose(found["frequency"], 1 / period(2, 5), rtol=1e-14)
    linear = float(result["period"].interp(length=2, gravity=5))
    assert abs(linear / period(2, 5) - 1) > 0.1
    assert found["period"].attrs["units"] == "s"


def test_axes_that_are_not_named_stay_and_several_values_make_an_axis(result, named):
    found = result.gridscan.at(length=np.array([2.0, 3.0]), model=named)
    assert dict(found.sizes) == {"length": 2, "gravity": 2}
    np.testing.assert_allclose(found["period"], period(np.array([[2], [3]]), np.array([1.6, 9.8])), rtol=1e-14)
    others = result.gridscan.at(length=["200 cm", "3 m"], model=named)
    xr.testing.assert_allclose(found, others, rtol=1e-14)
    quantity = xr.DataArray([2.0, 3.0], dims="length", attrs={"units": "m"})
    xr.testing.assert_allclose(found, result.gridscan.at(length=quantity.values, model=named))


def test_axes_that_were_cut_stay_cut(result, named):
    found = result.sel(gravity=9.8).gridscan.at(length="2 m", model=named)
    np.testing.assert_allclose(found["period"], period(2, 9.8), rtol=1e-14)
    assert not found.sizes
    found = result.isel(length=[2, 0]).gridscan.at(gravity="2 m/s^2", model=named)
    np.testing.assert_allclose(found["period"], period(np.array([9, 1]), 2), rtol=1e-14)


def test_inputs_that_are_no_axes_can_be_given_too(result, named):
    found = result[["energy"]].gridscan.at(mass="3 kg", length="2 m", model=named)
    assert list(found.data_vars) == ["energy"]
    np.testing.assert_allclose(found["energy"], 3 * 2 * np.array([1.6, 9.8]), rtol=1e-14)


def test_one_quantity_of_a_file_can_be_asked_alone(result, named):
    found = result["period"].sel(gravity=9.8).gridscan.at(length=2, model=named)
    np.testing.assert_allclose(found, period(2, 9.8), rtol=1e-14)
    assert found.name == "period"
    with pytest.raises(StoreError, match="'period' does not say which result it is of, since it was computed"):
        (result["period"] * 2).gridscan.at(length=2, model=named)


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ({"lenght": 2}, ScenarioError, "has no input 'lenght'; did you mean 'length'?"),
        ({"length": "60 m"}, ScenarioError, "^'length' cannot be 60 m; allowed is a number from 0.1 to 50 m"),
        ({"length": ["2 m", "60 m"]}, ScenarioError, "'length' cannot be 60 m; allowed"),
        ({"length": "2 s"}, (ScenarioError, UnitError), "found 's', expected a unit like 'm'"),
        ({"mass": 3}, ScenarioError, "unit"),
        ({"length": []}, ScenarioError, "empty"),
        ({"period": "3 s", "quantities": ["period"]}, ScenarioError, "'period' is given a value"),
        ({"quantities": ["perod"]}, ScenarioError, "did you mean 'period'?"),
    ],
)
def test_what_is_not_allowed_is_refused(result, named, values, error, message):
    with pytest.raises(error, match=message):
        result.gridscan.at(**values, model=named)


def test_a_model_of_a_file_has_to_be_named_and_no_path_in_a_result_is_executed(folder, result):
    with pytest.raises(ModelError, match=r"'pendulum'.*a model of your own has to be given: model='FILE.py:NAME'"):
        result.gridscan.at(length="2 m")
    marker = folder / "executed"
    (folder / "trap.py").write_text(f"open({str(marker)!r}, 'w')\n")
    trap = f"{folder / 'trap.py'}:model"
    for attributes in (
        {"gridscan_model": trap},
        {"gridscan_scenario": result.attrs["gridscan_scenario"].replace('"pendulum"', repr(trap))},
        {"gridscan_model": "trap:model", "gridscan_scenario": SCENARIO.replace("pendulum", "trap:model")},
    ):
        with pytest.raises((ModelError, ScenarioError)):
            result.assign_attrs(attributes).gridscan.at(length="2 m")
    assert not marker.exists()


def test_changed_code_is_refused_unless_asked_to_go_on(tmp_path, folder, result):
    (tmp_path / "swing.py").write_text(MODEL.replace("2 * np.pi", "3 * np.pi"))
    changed = gs.model(f"{tmp_path / 'swing.py'}:model")
    with pytest.raises(StoreError, match=r"changed since \(.*function period.*has changed.*even_if_changed=True"):
        result.gridscan.at(length="2 m", model=changed)
    found = result.gridscan.at(length="2 m", model=changed, even_if_changed=True)
    np.testing.assert_allclose(found["period"], 1.5 * period(2, np.array([1.6, 9.8])), rtol=1e-14)


def test_a_result_with_a_replaced_quantity_needs_its_model(tmp_path, named):
    def heavier(mass, gravity, length):
        return 2 * mass * gravity * length

    model = gs.model(named).replace(energy=heavier)
    result = gs.evaluate(gs.Scenario.parse(SCENARIO, model=model))
    with pytest.raises(ModelError, match="made with energy replaced; give that model"):
        result.gridscan.at(length="2 m")
    found = result.gridscan.at(length="2 m", gravity="1 m/s^2", model=model)
    assert float(found["energy"]) == pytest.approx(4)


def test_a_dataset_without_a_scenario_is_refused():
    with pytest.raises(StoreError, match="the dataset: was not written by gridscan run"):
        xr.Dataset({"period": 1.0}).gridscan.at(length="2 m")


ZIPPED = """
model = "pendulum"
[axes.zip.site]
gravity = ["1.6 m/s^2", "9.8 m/s^2"]
mass    = ["1 kg", "2 kg"]
[output]
quantities = ["energy"]
"""
CASES = """
model = "pendulum"
cases = [{ name = "moon", gravity = "1.6 m/s^2" }, { name = "earth", gravity = "9.8 m/s^2", mass = "2 kg" }]
[output]
quantities = ["energy"]
"""
DRAWS = """
model = "pendulum"
[uncertain]
gravity = { uniform = [1, 10], unit = "m/s^2" }
mass    = { uniform = [1, 2], unit = "kg" }
[design]
points = 16
[output]
quantities = ["energy"]
"""


def test_zipped_axes_are_picked_by_position_and_their_members_can_be_given(named):
    result = gs.evaluate(gs.Scenario.parse(ZIPPED, model=gs.model(named)))
    both = result.gridscan.at(length="3 m", model=named)["energy"]
    np.testing.assert_allclose(both, [4.8, 58.8], rtol=1e-14)
    assert float(result.gridscan.at(length="3 m", site=1, model=named)["energy"]) == pytest.approx(58.8)
    assert float(result.isel(site=1).gridscan.at(length="3 m", site=1, model=named)["energy"]) == pytest.approx(58.8)
    assert float(result.isel(site=0).gridscan.at(length="3 m", model=named)["energy"]) == pytest.approx(4.8)
    np.testing.assert_allclose(result.isel(site=[1]).gridscan.at(length="3 m", model=named)["energy"], [58.8])
    lighter = result.gridscan.at(mass="5 kg", model=named)["energy"]
    np.testing.assert_allclose(lighter, [8, 49], rtol=1e-14)
    with pytest.raises(ScenarioError, match="'site' has no values of its own: give a position from 0 to 1"):
        result.gridscan.at(length="3 m", site=2, model=named)


def test_cases_are_picked_by_name(named):
    result = gs.evaluate(gs.Scenario.parse(CASES, model=gs.model(named)))
    np.testing.assert_allclose(result.gridscan.at(length="3 m", model=named)["energy"], [4.8, 58.8], rtol=1e-14)
    assert float(result.gridscan.at(length="3 m", case="earth", model=named)["energy"]) == pytest.approx(58.8)


def test_draws_stay_the_same_draws(named):
    result = gs.evaluate(gs.Scenario.parse(DRAWS, model=gs.model(named)))
    found = result.gridscan.at(length="3 m", model=named)
    np.testing.assert_allclose(found["energy"], 3 * result["energy"], rtol=1e-14)
    one = result.gridscan.at(length="3 m", draw=5, model=named)
    np.testing.assert_allclose(one["energy"], 3 * result["energy"][5], rtol=1e-14)
    some = result.isel(draw=[7, 3]).gridscan.at(length="3 m", model=named)
    np.testing.assert_allclose(some["energy"], 3 * result["energy"][[7, 3]], rtol=1e-14)
    fixed = result.gridscan.at(mass="3 kg", model=named)
    np.testing.assert_allclose(fixed["energy"], 3 * result["energy"] / result["mass"], rtol=1e-14)


def test_labels_off_the_axis_are_those_of_the_catalogue():
    scenario = gs.Scenario.parse(
        """
        model = "red_supergiants"
        axes.detector = ["juno", "super-k"]
        output.quantities = ["number_of_electrons"]
        """
    )
    found = gs.evaluate(scenario).gridscan.at(detector="hyper-k")["number_of_electrons"]
    direct = gs.model("red_supergiants").evaluate("number_of_electrons", detector="hyper-k")
    assert float(found) == float(direct)


def test_a_value_without_effect_is_told_and_other_axes_are_not(result, named):
    with pytest.warns(gs.GridscanWarning, match="'mass' has no effect") as caught:
        result[["period"]].gridscan.at(mass="3 kg", length="2 m", model=named)
    assert len(caught) == 1

"""Quantities derived in memory have proven units, are lazy, and say by which formula; doubtful units are refused."""

import numpy as np
import pytest
import xarray as xr

import gridscan as gs
from gridscan.errors import ExpressionError
from gridscan.sensitivity.recorded_units import UNITS
from gridscan.units import label_of, parse_unit, unit_of


@pytest.fixture
def result():
    model = gs.model("red_supergiants")
    scenario = gs.Scenario.parse(
        """
        model = "red_supergiants"
        axes.detector = ["juno", "super-k"]
        axes.time = { values = [10, 15, 20], unit = "Myr" }
        output.quantities = ["events_per_year", "flux"]
        """,
        model=model,
    )
    return gs.evaluate(scenario)


def test_a_ratio_has_the_unit_of_a_ratio_and_the_numbers_of_one(result):
    derived = result.gridscan.derive(rate="events_per_year / fiducial_mass")["rate"]
    expected = result["events_per_year"].transpose("time", "detector").values / np.array([20.0, 22.5])
    np.testing.assert_allclose(derived.transpose("time", "detector"), expected, rtol=1e-14)
    assert derived.attrs["unit_name"] == "1/kt/yr"
    assert derived.attrs["expression"] == derived.attrs["long_name"] == "events_per_year / fiducial_mass"
    assert "comment" not in derived.attrs


def test_the_record_vouches_for_what_is_derived(result):
    derived = result.gridscan.derive(rate="events_per_year / fiducial_mass", twice="2 * rate")
    assert unit_of(derived.gridscan.derivative("twice", "time")) == parse_unit("1/kt/yr/Myr")
    assert "rate" not in result.attrs[UNITS]
    assert "twice" in derived.attrs[UNITS]


def test_inputs_with_one_value_are_taken_from_the_settings_and_named(result):
    power = result.gridscan.derive(power="flux * neutrino_luminosity")["power"]
    np.testing.assert_allclose(power, result["flux"] * 1e38, rtol=1e-13)
    assert power.attrs["comment"] == "with neutrino_luminosity = 1e+38 erg/s"


def test_what_is_lazy_stays_lazy(result):
    lazy = result.chunk(time=1).gridscan.derive(rate="sqrt(events_per_year / fiducial_mass) * '2 yr'")["rate"]
    assert lazy.chunks is not None
    np.testing.assert_allclose(lazy**2 / 4 * result["fiducial_mass"], result["events_per_year"], rtol=1e-13)


def test_a_unit_and_a_description_can_be_asked_for(result):
    formula = {"expression": "events_per_year / fiducial_mass", "unit": "1/t/day", "long_name": "rate of a tonne"}
    derived = result.gridscan.derive(rate=formula)["rate"]
    np.testing.assert_allclose(derived * 365.25 * 1000, result["events_per_year"] / result["fiducial_mass"], rtol=1e-13)
    assert (derived.attrs["long_name"], label_of(derived)) == ("rate of a tonne", "1/d/t")


def test_the_product_of_three_that_xarray_gets_wrong_is_refused_until_it_is_derived(result):
    wrong = result.assign(product=result["flux"] * result["fiducial_mass"] * result["time"])
    with pytest.raises(ExpressionError, match="more: the unit of 'product' is not known"):
        wrong.gridscan.derive(more="product * 2")
    right = result.gridscan.derive(product="flux * fiducial_mass * time", more="product * 2")
    # A megayear over a second is a number.
    assert right["more"].attrs["unit_name"] == "kt/cm^2"
    by_hand = result["flux"] * result["fiducial_mass"] * result["time"] * 2 * 1e6 * 365.25 * 86400
    xr.testing.assert_allclose(right["more"].drop_attrs(), by_hand.drop_attrs().rename("more").T, rtol=1e-13)


def test_units_of_other_datasets_are_as_their_attributes_state_and_the_answer_says_so():
    flux = ("distance", [4.0, 1.0], {"units": "cm-2 s-1"})
    other = xr.Dataset({"flux": flux}, {"distance": ("distance", [1.0, 2.0], {"units": "kiloparsec"})})
    derived = other.gridscan.derive(luminosity="flux * distance ** 2")["luminosity"]
    assert derived.attrs["comment"] == "units as stated by the attribute of 'flux' and 'distance'"


def test_cells_without_a_value_are_counted(result):
    with pytest.warns(gs.GridscanWarning, match="2 of 6 cells are NaN: the formula of 'never' is not finite there"):
        derived = result.gridscan.derive(never="1 / (time - '10 Myr') * events_per_year")["never"]
    assert np.isnan(derived.sel(time=10)).all()


WRONG = [
    ({"rate": "event_per_year"}, "rate: unknown name 'event_per_year', at character 1 of .* 'events_per_year'"),
    ({"rate": "detector * 2"}, "rate: 'detector' holds .*, not real numbers, at character 1"),
    ({"flux": "events_per_year"}, "flux: there is 'flux' already"),
    ({"a": "b", "b": "flux"}, "a: 'b' is defined further on; put it before this formula, at character 1"),
    ({"rate": 3}, "rate: a formula is a text such as"),
    ({"rate": {"expression": "flux", "units": "1"}}, "rate: unknown key 'units'; did you mean 'unit'?"),
    ({"rate": {"unit": "1"}}, "rate: a formula needs expression = TEXT"),
    (
        {"rate": {"expression": "flux", "unit": "kg"}},
        "rate: 'flux' gives '1/cm.2/s', which cannot be converted to 'kg'",
    ),
    ({"rate": {"expression": "flux", "unit": "kgg"}}, "rate: unknown unit 'kgg'"),
    ({"rate": "'3 Myr'"}, "rate: a formula needs the name of a quantity or of an input"),
    ({"my rate": "flux"}, "'my rate' cannot name a quantity"),
    ({"class": "flux"}, "'class' cannot name a quantity"),
]


@pytest.mark.parametrize(("formulas", "message"), WRONG)
def test_a_wrong_formula_is_refused_by_name(result, formulas, message):
    with pytest.raises(ExpressionError, match=message):
        result.gridscan.derive(**formulas)

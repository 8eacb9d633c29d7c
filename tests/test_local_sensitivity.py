import numpy as np
import pytest

import gridscan as gs
from gridscan.errors import ScenarioError, SensitivityError, UnitError
from gridscan.units import Quantity

TEXT = """
model = "powers"
[axes]
base = ["2 m", "3 m", "5 m"]
kind = ["hard", "soft"]
[parameters]
offset = "0 m"
[output]
quantities = ["volume", "curved"]
"""


@pytest.fixture(scope="module")
def model():
    powers = gs.Model("powers", "Powers, whose elasticities are their exponents")
    powers.parameter("base", "3 m", "Side of the base", minimum=0)
    powers.parameter("height", "2 m", "Height", minimum=2)
    powers.parameter("share", 0.5, "Share", minimum=0, maximum=0.5)
    powers.parameter("offset", "1 m", "Offset")
    powers.parameter("count", 3, "How many", integer=True)
    powers.parameter("kind", "hard", "Kind", choices=["hard", "soft"])
    powers.parameter("idle", "1 s", "Nothing but its own quantity uses it")

    @powers.quantity("m^3")
    def volume(base, height, share, offset, count, kind):
        """V = n (b + o)^2 h / s^3. Source: test."""
        return count * (base + offset) ** 2 * height / share**3 * np.where(kind == "hard", 1, 2)

    @powers.quantity("1")
    def curved(base, height):
        """C = exp(-b/h). Source: test."""
        return np.exp(-base / height)

    @powers.quantity("s")
    def echo(idle):
        """I. Source: test."""
        return idle

    @powers.quantity("m")
    def signed(base, height):
        """D = h - b. Source: test."""
        return height - base

    return powers


@pytest.fixture
def scenario(model):
    return gs.Scenario.parse(TEXT, model=model)


def test_elasticities_of_powers_are_their_exponents_also_at_the_ends_of_ranges(scenario):
    table = gs.local(scenario, "volume", at={"base": "5 m"})
    expected = {"base": 2, "height": 1, "share": -3}
    assert dict(zip(table.parameter.values, table.elasticity.values, strict=True)) == pytest.approx(expected, abs=1e-9)
    assert table.parameter.values.tolist() == ["share", "base", "height"]


def test_the_error_estimate_bounds_the_true_error(scenario):
    for base in (2.0, 3.0, 5.0):
        table = gs.local(scenario, "curved", at={"base": base}).set_index(parameter="parameter")
        for name, true in {"base": -base / 2, "height": base / 2}.items():
            row = table.sel(parameter=name)
            assert abs(float(row.elasticity) - true) <= float(row.elasticity_error)
            assert float(row.elasticity) == pytest.approx(true, rel=1e-7)


def test_only_what_the_quantity_depends_on_is_listed(scenario):
    assert set(gs.local(scenario, "curved").parameter.values) == {"base", "height"}


def test_what_has_no_elasticity_is_named(scenario):
    comment = gs.local(scenario, "volume").attrs["comment"]
    assert "offset" in comment
    assert "count" in comment


def test_without_a_choice_the_base_is_the_default_where_the_axis_holds_it_and_else_the_first_value(model, scenario):
    assert gs.local(scenario, "volume").attrs["comment"].startswith("around base = 3 m, kind = hard")
    other = gs.Scenario.parse(TEXT.replace('"3 m", ', ""), model=model)
    assert "base = 2 m" in gs.local(other, "volume").attrs["comment"]


def test_base_values_are_shown_with_units(scenario):
    table = gs.local(scenario, "volume", at={"base": "500 cm"})
    assert dict(zip(table.parameter.values, table.base_value.values, strict=True))["base"] == "5 m"


def test_kept_axes_stay_dimensions_of_the_result(scenario):
    table = gs.local(scenario, "curved", keep=["base"])
    assert table.elasticity.dims == ("parameter", "base")
    row = table.elasticity.isel(parameter=table.parameter.values.tolist().index("height"))
    np.testing.assert_allclose(row, row.base / 2, rtol=1e-7)


def test_local_agrees_with_the_elasticity_along_a_fine_axis():
    at = {"imf": "kroupa", "metallicity": 0.014, "sfr": 2.0, "time": 20.0, "detector": "super-k"}
    fine = np.linspace(2.97, 3.03, 61)
    along = gs.evaluate("imf_scan", overrides={"radius": [f"{value} kpc" for value in fine], **_texts(at)})
    expected = along.gridscan.elasticity("flux", along="radius").sel(radius=3, method="nearest")
    table = gs.local("imf_scan", "flux", overrides={"radius": "3 kpc", **_texts(at)})
    found = table.elasticity.isel(parameter=table.parameter.values.tolist().index("radius"))
    assert float(found) == pytest.approx(float(expected.squeeze()), rel=1e-3)


def _texts(at):
    return {**at, "sfr": "2 Msun/yr", "time": "20 Myr"}


def test_the_flux_answers_to_every_factor_in_proportion():
    table = gs.local("imf_scan", "events_per_year")
    found = dict(zip(table.parameter.values, table.elasticity.values, strict=True))
    for name in ("sfr", "neutrino_luminosity", "fiducial_mass", "electrons_per_mass", "cross_section_slope"):
        assert found[name] == pytest.approx(1, abs=1e-9)
    assert len(found) > 25


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            {"quantity": "volume", "at": {"bass": "2 m"}},
            ScenarioError,
            "'bass' is not an axis of the scenario; did you mean",
        ),
        ({"quantity": "volume", "at": {"base": "4 m"}}, SensitivityError, "does not hold '4 m'; .* it holds: 2, 3, 5"),
        ({"quantity": "volume", "at": {"base": "4 s"}}, UnitError, "'4 s' is in 's'; 'base' needs a value in 'm'"),
        ({"quantity": "volume", "keep": ["time"]}, ScenarioError, "'time' is not an axis"),
        ({"quantity": "signed"}, SensitivityError, "is not positive around the base values"),
    ],
)
def test_mistakes_are_answered_clearly(scenario, arguments, error, message):
    with pytest.raises(error, match=message):
        gs.local(scenario, arguments.pop("quantity"), **arguments)


def test_a_quantity_that_was_given_a_value_counts_as_a_parameter():
    text = 'model = "red_supergiants"\n[output]\nquantities = ["events_per_year"]\n[parameters]\n'
    scenario = gs.Scenario.parse(text + 'flux = "2 / cm^2 / s"\navogadro_constant = "6e23 / mol"\n')
    table = gs.local(scenario, "events_per_year")
    found = dict(zip(table.parameter.values, table.elasticity.values, strict=True))
    assert found["flux"] == pytest.approx(1, abs=1e-9)
    assert found["avogadro_constant"] == pytest.approx(1, abs=1e-9)
    assert "sfr" not in found


def test_the_base_along_an_axis_of_numbers_is_the_nearest_to_the_default(model):
    other = gs.Scenario.parse(TEXT.replace('"2 m", "3 m", "5 m"', '"9 m", "2.6 m", "5 m"'), model=model)
    assert "base = 2.6 m" in gs.local(other, "volume").attrs["comment"]


def test_along_a_zipped_axis_its_members_say_where_the_base_is(model):
    text = """
model = "powers"
[axes.zip.pair]
kind = ["hard", "soft"]
base = ["2 m", "5 m"]
[output]
quantities = ["volume"]
"""
    table = gs.local(gs.Scenario.parse(text, model=model), "volume", at={"pair": 1})
    assert "kind = soft, base = 5 m" in table.attrs["comment"]


@pytest.mark.parametrize("wanted", ["5e-45 cm^2/MeV", 5e-45, Quantity(5e-49, "m^2/MeV")])
def test_small_numbers_on_an_axis_are_told_apart(wanted):
    axis = 'cross_section_slope = ["9e-45 cm^2/MeV", "5e-45 cm^2/MeV"]'
    text = f'model = "red_supergiants"\n[axes]\n{axis}\n[output]\nquantities = ["events_per_year"]\n'
    table = gs.local(gs.Scenario.parse(text), "events_per_year", at={"cross_section_slope": wanted})
    assert "cross_section_slope = 5e-45 cm^2/MeV" in table.attrs["comment"]

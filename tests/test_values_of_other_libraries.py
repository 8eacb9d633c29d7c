"""Quantities of pint, astropy and others at every place where a user hands in a value."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import xarray as xr
from astropy import units
from other_libraries import FOREIGN, kinds_of, refused

import gridscan as gs
from gridscan.errors import EvaluationError, GridscanError, UnitError
from gridscan.numerics.ranges import FINITE, checked
from gridscan.physics.galaxy import coordinates
from gridscan.physics.galaxy.components import Galaxy
from gridscan.physics.galaxy.distances import fraction_within
from gridscan.physics.neutrinos.spectra import pinched_spectrum
from gridscan.physics.stellar import imf

PARSEC, DEGREE, PER_YEAR = 3.0856775814913673e16, np.pi / 180, 1 / 31557600
LENGTHS = kinds_of([500.0, 2000.0], "pc", "pc", PARSEC)
LENGTH = kinds_of(500.0, "pc", "pc", PARSEC)
SCENARIO = """
model = "red_supergiants"
axes.radius = ["0.5 kpc", "2 kpc"]
axes.imf = ["kroupa", "salpeter"]
parameters.arm_pitch = "12 deg"
output.quantities = ["flux", "carbon_burning_rsg_within"]
"""


@pytest.fixture(scope="module")
def rsg():
    return gs.model("red_supergiants")


@pytest.fixture(scope="module")
def scenario():
    return gs.Scenario.parse(SCENARIO)


@pytest.fixture(scope="module")
def expected(rsg):
    return rsg.evaluate("flux", radius=["500 pc", "2000 pc"])


@pytest.mark.parametrize("kind", sorted(LENGTHS))
def test_an_axis_of_quantities_is_the_axis_of_the_texts(rsg, expected, kind):
    xr.testing.assert_identical(rsg.evaluate("flux", radius=LENGTHS[kind]), expected)


@pytest.mark.parametrize("kind", sorted(LENGTH))
def test_a_quantity_is_the_value_of_the_text(rsg, kind):
    xr.testing.assert_identical(rsg.evaluate("flux", radius=LENGTH[kind]), rsg.evaluate("flux", radius="500 pc"))


@pytest.mark.parametrize("kind", sorted(LENGTHS))
def test_a_range_may_be_given_in_quantities(rsg, kind):
    ends = [kinds_of(value, "pc", "pc", PARSEC).get(kind, f"{value} pc") for value in (500.0, 2000.0)]
    found = rsg.evaluate("flux", radius={"geomspace": [*ends, 3]})
    xr.testing.assert_identical(found, rsg.evaluate("flux", radius={"geomspace": ["500 pc", "2000 pc", 3]}))
    listed = rsg.evaluate("flux", radius={"values": LENGTHS[kind]})
    xr.testing.assert_identical(listed, rsg.evaluate("flux", radius={"values": ["500 pc", "2000 pc"]}))


@pytest.mark.parametrize("kind", sorted(kinds_of([0.08, 0.5, 100.0], "kg", "kg", 1.0)))
def test_a_vector_and_an_axis_of_vectors_may_be_quantities(rsg, kind):
    sun = 1.988409870698051e30
    breaks = kinds_of([0.08 * sun, 0.5 * sun, 100 * sun], "kg", "kg", 1.0)[kind]
    wanted = rsg.evaluate("carbon_burning_rsg", breaks=[0.08, 0.5, 100], exponents=[1.3, 2.3])
    found = rsg.evaluate("carbon_burning_rsg", breaks=breaks, exponents=[1.3, 2.3])
    np.testing.assert_allclose(found, wanted, rtol=1e-12)
    found = rsg.evaluate("carbon_burning_rsg", breaks=[breaks, breaks], exponents=[1.3, 2.3])
    np.testing.assert_allclose(found, [float(wanted)] * 2, rtol=1e-12)
    scenario = gs.Scenario.parse(
        'model = "red_supergiants"\noutput.quantities = ["carbon_burning_rsg"]\nparameters.exponents = [1.3, 2.3]',
        overrides={"breaks": breaks},
    )
    np.testing.assert_allclose(gs.evaluate(scenario)["carbon_burning_rsg"], wanted, rtol=1e-12)


@pytest.mark.parametrize("kind", sorted(LENGTHS))
def test_overrides_may_be_quantities_and_are_kept_as_text(scenario, kind):
    found = gs.evaluate(scenario, overrides={"radius": LENGTHS[kind]})
    wanted = gs.evaluate(scenario, overrides={"radius": ["500 pc", "2000 pc"]})
    xr.testing.assert_identical(found["flux"], wanted["flux"])
    again = gs.evaluate(gs.Scenario.parse(SCENARIO, overrides={"radius": LENGTHS[kind]}))
    xr.testing.assert_identical(again["flux"], wanted["flux"])
    assert "500" in found.attrs["gridscan_overrides"]


@pytest.mark.parametrize("kind", sorted(LENGTH))
def test_a_value_of_an_axis_may_be_a_quantity(scenario, kind):
    found = gs.local(scenario, "flux", at={"radius": LENGTH[kind]})
    wanted = gs.local(scenario, "flux", at={"radius": "500 pc"})
    xr.testing.assert_identical(found, wanted)
    stars = gs.sample(scenario, at={"radius": LENGTH[kind]}, number=3)
    xr.testing.assert_identical(stars, gs.sample(scenario, at={"radius": "500 pc"}, number=3))


@pytest.mark.parametrize("kind", sorted(LENGTH))
def test_arguments_of_questions_may_be_quantities(scenario, kind):
    dataset = gs.evaluate(scenario)
    found = dataset.gridscan.contrast("flux", along="radius", reference=LENGTH[kind])
    xr.testing.assert_equal(found, dataset.gridscan.contrast("flux", along="radius", reference="500 pc"))
    level = float(dataset["flux"].sel(imf="kroupa").mean()) * 1e4
    fluxes = kinds_of(level, "1/m**2/s", "1/(m2 s)", 1.0)
    found = dataset.gridscan.crossing("flux", along="radius", value=fluxes[kind])
    wanted = dataset.gridscan.crossing("flux", along="radius", value=f"{level!r} /m^2/s")
    xr.testing.assert_equal(found, wanted)
    assert bool(wanted.notnull().any())


@pytest.mark.parametrize("kind", sorted(kinds_of(1.0, "kg", "kg", 1.0)))
def test_exposure_background_and_mass_may_be_quantities(kind):
    rates = ("imf", [10.0, 11.0], {"units": "year-1"})
    dataset = xr.Dataset({"events": rates}, {"imf": ["kroupa", "top-heavy"]})
    found = dataset.gridscan.discriminate(
        "events",
        along="imf",
        exposure=kinds_of(3652.5, "day", "day", 86400.0)[kind],
        background=kinds_of(2.0, "1/year", "1/yr", PER_YEAR)[kind],
        mass=kinds_of(100e6, "kg", "kg", 1.0)[kind],
    )
    wanted = dataset.gridscan.discriminate("events", along="imf", exposure="10 yr", background="2 / yr", mass="1e8 kg")
    xr.testing.assert_allclose(found, wanted, rtol=1e-13)


@pytest.mark.parametrize("kind", sorted(kinds_of([10.0, 350.0], "deg", "deg", DEGREE)))
def test_coordinates_in_degrees_are_not_read_as_radians(kind):
    angles, latitudes = (kinds_of(values, "deg", "deg", DEGREE)[kind] for values in ([10.0, 350.0], [5.0, -60.0]))
    in_radians = np.radians([10.0, 350.0]), np.radians([5.0, -60.0])
    for function in (
        coordinates.galactic_coordinates,
        coordinates.off_centre_angle,
        coordinates.off_centre_angle_of_equatorial,
    ):
        np.testing.assert_allclose(function(angles, latitudes), function(*in_radians), rtol=1e-13)
    np.testing.assert_allclose(coordinates.radians("angle", angles), in_radians[0], rtol=1e-15)
    between = coordinates.angle_between(angles, latitudes, np.zeros(2), np.zeros(2))
    np.testing.assert_allclose(between, coordinates.angle_between(*in_radians, 0.0, 0.0), rtol=1e-13)


def test_directions_of_both_kinds_and_lists_of_each_are_read():
    mixed = coordinates.radians("angle", [10 * units.deg, "10 deg", FOREIGN.Quantity(10, "deg"), np.pi / 18])
    np.testing.assert_allclose(mixed, [np.pi / 18] * 4, rtol=1e-15)
    assert coordinates.radians("angle", [["1 deg", "2 deg"], ["3 deg", "4 deg"]]).shape == (2, 2)
    with pytest.raises(EvaluationError, match=r"^angle is in 'pc'; it must be an angle, such as '1.95 rad'$"):
        coordinates.radians("angle", 3 * units.pc)


def test_checked_arguments_of_formulas_are_converted():
    np.testing.assert_array_equal(checked("radius", [500, 2000] * units.pc, FINITE, "kpc"), [0.5, 2.0])
    with pytest.raises(UnitError, match=r"^radius: found 's', expected a unit like 'kpc'$"):
        checked("radius", 3 * units.s, FINITE, "kpc")


@pytest.mark.parametrize("kind", sorted(LENGTH))
def test_declarations_may_be_quantities(kind):
    model = gs.Model("rods", "Rods")
    records = {"short": {"length": LENGTH[kind]}, "long": {"length": "2 kpc"}}
    label = model.label("rod", "short", "Rod", records=records)
    model.parameter("length", label, "Length", unit="kpc", minimum=LENGTH[kind], maximum=LENGTHS["pint"][1])
    model.parameter("gap", LENGTH[kind], "Gap")
    model.parameter("marks", LENGTHS["astropy"], "Marks", vector="mark")
    model.constant("foot", LENGTH[kind])

    @model.quantity("pc")
    def total(length, gap, marks, foot):
        """Sum."""
        return length + gap + foot + marks.sum(axis=-1)

    assert float(model.evaluate("total")) == pytest.approx(4000.0, rel=1e-13)
    parameters = model.parameters
    assert (parameters["length"].minimum, parameters["length"].maximum) == (0.5, 2.0)
    assert parameters["gap"].default == 500.0


ENTRIES = {
    "evaluate": lambda value, *_: gs.model("red_supergiants").evaluate("flux", radius=value),
    "vector": lambda value, *_: gs.model("red_supergiants").evaluate("flux", breaks=value),
    "range": lambda value, *_: gs.model("red_supergiants").evaluate("flux", radius={"values": value}),
    "item": lambda value, *_: gs.model("red_supergiants").evaluate("flux", radius=["1 kpc", value]),
    "overrides": lambda value, scenario, _: gs.evaluate(scenario, overrides={"radius": value}),
    "run": lambda value, scenario, _: gs.plan(scenario, overrides={"radius": value}, output="never.nc"),
    "at": lambda value, scenario, _: gs.local(scenario, "flux", at={"radius": value}),
    "sample": lambda value, scenario, _: gs.sample(scenario, at={"radius": value}, number=1),
    "reference": lambda value, _, dataset: dataset.gridscan.contrast("flux", "radius", value),
    "value": lambda value, _, dataset: dataset.gridscan.crossing("flux", "radius", value),
    "exposure": lambda value, _, dataset: dataset.gridscan.discriminate("flux", "radius", exposure=value),
    "background": lambda value, _, dataset: dataset.gridscan.discriminate("flux", "radius", background=value),
    "mass": lambda value, _, dataset: dataset.gridscan.discriminate("flux", "radius", mass=value),
    "radians": lambda value, *_: coordinates.radians("angle", value),
    "galactic": lambda value, *_: coordinates.galactic_coordinates(value, 0.0),
    "angle": lambda value, *_: coordinates.angle_between(value, 0.0, 0.0, 0.0),
    "checked": lambda value, *_: checked("angle", value, FINITE, "kpc"),
    "default": lambda value, *_: gs.Model("m", "M").parameter("x", value, "X"),
    "minimum": lambda value, *_: gs.Model("m", "M").parameter("x", "1 kpc", "X", minimum=value),
    "constant": lambda value, *_: gs.Model("m", "M").constant("x", value),
}


@pytest.mark.parametrize("kind", sorted(refused("kpc")))
@pytest.mark.parametrize("entry", sorted(ENTRIES))
def test_what_hides_a_unit_or_a_mask_is_refused_everywhere_by_name(scenario, entry, kind):
    value, message = refused("kpc")[kind]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = gs.evaluate(scenario)
        with pytest.raises(GridscanError) as caught:
            ENTRIES[entry](value, scenario, dataset)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_quantity_of_the_wrong_kind_or_for_a_word_is_refused(rsg):
    with pytest.raises(GridscanError, match=r"^'radius': found 's', expected a unit like 'kpc'$"):
        rsg.evaluate("flux", radius=[1, 2] * units.s)
    with pytest.raises(GridscanError, match=r"^'imf' takes a word, found a value in 'pc'$"):
        rsg.evaluate("flux", imf=[1, 2] * units.pc)
    with pytest.raises(GridscanError, match=r"^'radius' takes a value or a list of values, found an array of shape"):
        rsg.evaluate("flux", radius=[[1, 2]] * units.pc)


@pytest.mark.parametrize("kind", sorted(set(LENGTHS) - {"list of quantities", "list of scalars of astropy"}))
def test_formulas_with_units_convert_what_carries_one(kind):
    energies = kinds_of([5000.0, 9000.0], "keV", "keV", 1.602176634e-16)[kind]
    np.testing.assert_allclose(
        pinched_spectrum(energies, 12.0, 2.0, 0.0, np.inf), pinched_spectrum([5.0, 9.0], 12.0, 2.0, 0.0, np.inf)
    )
    masses = kinds_of([1.988409870698051e30, 1.988409870698051e31], "kg", "kg", 1.0)[kind]
    density = imf.number_density([1.0, 10.0], [2.35], [0.1, 100.0])
    np.testing.assert_allclose(imf.number_density(masses, [2.35], [0.1, 100.0]), density)
    radii = LENGTHS[kind]
    np.testing.assert_allclose(fraction_within(radii, Galaxy())[0], fraction_within([0.5, 2.0], Galaxy())[0])


def test_a_formula_refuses_a_quantity_of_another_kind_by_name():
    with pytest.raises(UnitError, match=r"^energy: found 'kpc', expected a unit like 'MeV'$"):
        pinched_spectrum(3 * units.kpc, 12.0, 2.0, 0.0, np.inf)
    with pytest.raises(UnitError, match=r"^pinching: found 's', expected a number without a unit$"):
        pinched_spectrum(3.0, 12.0, 2.0 * units.s, 0.0, np.inf)

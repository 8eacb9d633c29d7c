import json
import tomllib
from pathlib import Path

import numpy as np
import pytest
from halos import HALOS, NFW, SGR_A, SLOPES, dark_matter_density, halo_of
from hypothesis import given, settings
from hypothesis import strategies as st

from gridscan.errors import EvaluationError
from gridscan.inputs.catalogue import shipped_catalogue
from gridscan.physics.constants import CODATA, Constants
from gridscan.physics.dark_matter import black_hole, halo
from gridscan.physics.dark_matter import spike as spikes
from gridscan.units import parse_quantity, parse_unit, registry

ROOT = Path(__file__).parents[3]
REFERENCE = json.loads((ROOT / "tests" / "reference" / "boosted_dark_matter.json").read_text(encoding="utf-8"))[
    "scalar"
]
ROUNDED = Constants(
    gravitational_constant=4.301e-6,
    schwarzschild_radius_of_sun=1.981e30 * 1.48e-25 / 3.085e21,
    solar_mass_energy=1.115e60,
    centimetres_per_kiloparsec=3.085e21,
)
PUBLISHED_YEAR = 31556926.0


def _each(section):
    return pytest.mark.parametrize("case", REFERENCE[section]["cases"], ids=lambda case: str(case["inputs"]))


def _tolerance(case):
    return 1e-12 if case["exact"] else 1e-9


def published(radius, mass, spike, given_values):
    """Return the number density with the names, defaults and constants of the reference."""
    values = {"alpha": "3/2", "sigv": None, "mBH": 4.29e6, "tBH": 1e9, "rh": 0.002, **given_values}
    profile = (values.get("rhos", 184), values.get("rs", 24.42), values.get("n", 2))
    density = dark_matter_density(
        *(radius, *profile, 0.0, values["alpha"] if spike else "none", values["mBH"], values["rh"]),
        *(values["tBH"] * PUBLISHED_YEAR, mass, (values["sigv"] or 0.0) * 1e-26, ROUNDED),
    )
    return halo.number_density(density, mass)


@_each("rhox")
def test_reference_densities_of_the_profile_are_met(case):
    r, rho, scale, slope = case["inputs"].values()
    assert halo.double_power_law_density(r, rho, scale, slope) == pytest.approx(case["expected"]["rhox"], rel=1e-12)
    assert dark_matter_density(r, rho, scale, slope) == pytest.approx(case["expected"]["rhox"], rel=1e-12)


@_each("nx")
def test_reference_number_densities_are_met(case):
    radius, mass, spike, values = case["inputs"].values()
    found = published(radius, mass, spike, values)
    assert found == pytest.approx(case["expected"]["nx"], rel=_tolerance(case), abs=0.0)


def test_reference_number_densities_are_met_in_one_call():
    cases = [case for case in REFERENCE["nx"]["cases"] if set(case["inputs"]["kw"]) <= {"alpha", "sigv"}]
    inputs = [case["inputs"] for case in cases]
    spike = [i["kw"].get("alpha", "3/2") if i["is_spike"] else "none" for i in inputs]
    density = dark_matter_density(
        [i["r"] for i in inputs],
        **{**NFW, **SGR_A, "spike": spike, "black_hole_age": 1e9 * PUBLISHED_YEAR, "constants": ROUNDED},
        dark_matter_mass=[i["mx"] for i in inputs],
        annihilation_cross_section=[(i["kw"].get("sigv") or 0.0) * 1e-26 for i in inputs],
    )
    found = density / np.array([i["mx"] for i in inputs])
    assert len(cases) > 100
    np.testing.assert_allclose(found, [case["expected"]["nx"] for case in cases], rtol=1e-9, atol=0.0)


def test_without_an_influence_radius_that_of_the_dispersion_is_taken():
    reach = black_hole.radius_of_influence(
        4.29e6, black_hole.velocity_dispersion(4.29e6), CODATA.gravitational_constant
    )
    radii = [1e-6, 1e-3, 0.01, 0.3]
    found = dark_matter_density(radii, **NFW, black_hole_mass=4.29e6, spike="3/2")
    expected = dark_matter_density(radii, **NFW, black_hole_mass=4.29e6, influence_radius=reach, spike="3/2")
    np.testing.assert_allclose(found, expected, rtol=1e-14)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("spike", spikes.SPIKES)
def test_the_density_is_zero_below_the_cutoff_and_untouched_at_it(spike):
    parameters = {**HALOS["milky way"], "spike": spike}
    radii = np.array([0.0, 1e-9, 0.99e-5, 1e-5, 2e-5])
    density = dark_matter_density(radii, **parameters, centre_cutoff=1e-5)
    np.testing.assert_array_equal(density[:3], 0.0)
    np.testing.assert_array_equal(density[3:], dark_matter_density(radii[3:], **parameters))
    assert (density[3:] > 0).all()


def test_annihilation_leaves_a_plateau_inside_and_the_halo_outside():
    age, mass, rate = 3e17, 1e-3, 3e-26
    plateau = mass / (rate * age)
    given_values = {**HALOS["milky way"], "spike": "7/3", "black_hole_age": age, "dark_matter_mass": mass}
    inside, outside = dark_matter_density([1e-6, 1e6], **given_values, annihilation_cross_section=rate)
    assert inside == pytest.approx(plateau, rel=1e-6)
    assert outside == pytest.approx(dark_matter_density(1e6, **NFW), rel=1e-3)


@pytest.mark.parametrize("spike", spikes.SPIKES)
def test_without_annihilation_nothing_is_taken_away(spike):
    radii = np.geomspace(1e-8, 100.0, 30)
    plain = dark_matter_density(radii, **HALOS["milky way"], spike=spike)
    for change in ({"annihilation_cross_section": 0.0, "black_hole_age": 1e17}, {"annihilation_cross_section": 1e-26}):
        np.testing.assert_array_equal(dark_matter_density(radii, **HALOS["milky way"], spike=spike, **change), plain)


@given(st.floats(1e-3, 1e25), st.floats(1e-6, 1e3), st.floats(1e-30, 1e-20), st.floats(1e10, 1e18))
def test_what_annihilation_leaves_adds_by_inverses(density, mass, rate, age):
    left = halo.annihilated_density(density, mass, rate, age)
    assert 1 / left == pytest.approx(1 / density + rate * age / mass, rel=1e-13)
    assert left <= density
    # Half of the time, and then the other half, leave as much as all of it at once.
    half = halo.annihilated_density(halo.annihilated_density(density, mass, rate, age / 2), mass, rate, age / 2)
    assert half == pytest.approx(left, rel=1e-13)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(spikes.SPIKES),
    st.floats(1e5, 1e9),
    st.floats(50.0, 500.0),
    st.floats(5.0, 50.0),
    st.floats(0.0, 4.0),
    st.floats(0.0, 1e-25),
)
def test_the_density_never_rises_beyond_the_hollow_of_the_spike(spike, mass, density, scale, slope, rate):
    """(1 - r_i/r)^3 r^-alpha has its maximum at r = r_i (1 + 3/alpha), at most 3 r_i."""
    start = 12.0 * CODATA.schwarzschild_radius_of_sun * mass
    prepared = halo_of(density, scale, slope, 0.0, spike, mass, None, 3e16, 1e-3, rate)
    edges = (
        [] if prepared.spike is None else np.outer([prepared.spike.radius, prepared.spike.knee], [1 - 1e-5, 1 + 1e-5])
    )
    values = prepared.density(np.sort(np.append(np.geomspace(start, 1e3, 50), edges)))
    # At the influence radius the inner cut ends, a rise of 3 r_i/r_h, and at most a part in 1e4.
    assert (np.diff(values) <= 2e-4 * values[:-1]).all()
    assert (values > 0).all()


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(SLOPES)), st.floats(0.1, 10.0), st.floats(0.1, 10.0))
def test_lengths_and_densities_scale(spike, length, weight):
    """A longer kiloparsec and a heavier MeV, with the constants to match, give the same densities in other units."""
    scaled = Constants(
        gravitational_constant=1.0,
        schwarzschild_radius_of_sun=CODATA.schwarzschild_radius_of_sun / length,
        solar_mass_energy=CODATA.solar_mass_energy / weight,
        centimetres_per_kiloparsec=CODATA.centimetres_per_kiloparsec * length,
    )
    radii = np.geomspace(1e-8, 10.0, 20)
    found = dark_matter_density(
        *(radii / length, 184.0 / weight, 24.42 / length, 2.0, 0.0, spike, 4.29e6, 0.002 / length),
        constants=scaled,
    )
    expected = dark_matter_density(radii, **HALOS["milky way"], spike=spike)
    np.testing.assert_allclose(found, expected / weight, rtol=1e-11)


def _parameters_of_several_halos():
    return {
        "scale_density": np.array([184.0, 68.0])[:, None, None],
        "scale_radius": np.array([24.42, 31.9])[:, None, None],
        "outer_slope": np.array([2.0, 3.0])[:, None, None],
        "spike": np.array(["none", "3/2", "7/3"])[:, None],
        "black_hole_mass": np.array([4.29e6, 1e6])[:, None, None],
        "influence_radius": np.array([0.002, 0.00084])[:, None, None],
        "black_hole_age": 3e16,
        "dark_matter_mass": np.array([1e-3, 1.0, 10.0, 30.0]),
        "annihilation_cross_section": 1e-27,
    }


def test_arguments_broadcast_and_every_cell_is_that_of_a_single_call():
    radii, several = np.array([1e-9, 1e-6, 1e-3, 0.1, 8.5])[:, None, None, None], _parameters_of_several_halos()
    found = dark_matter_density(radii, **several)
    assert found.shape == (5, 2, 3, 4)
    arrays = dict(zip(several, np.broadcast_arrays(*several.values()), strict=True))
    for index in np.ndindex(found.shape):
        single = dark_matter_density(
            radii[index[0], 0, 0, 0], **{name: array[index[1:]] for name, array in arrays.items()}
        )
        assert found[index] == pytest.approx(float(single), rel=1e-15)


def test_a_halo_with_trailing_axes_takes_more_radii_in_each_cell():
    prepared = halo_of(**_parameters_of_several_halos())
    radii = np.geomspace(1e-8, 10.0, 2 * 3 * 4 * 7).reshape(2, 3, 4, 7)
    found = prepared.with_trailing_axes(1).density(radii)
    for node in range(7):
        np.testing.assert_array_equal(found[..., node], prepared.density(radii[..., node]))


@pytest.mark.parametrize(
    "change", [{"spike": ["none", "none"]}, {"black_hole_mass": [0.0, 1e6]}, {"influence_radius": [0.1, 0.2]}]
)
def test_parameters_of_no_influence_broadcast_too(change):
    density = dark_matter_density(8.5, **NFW, **change)
    assert density.shape == (2,)
    np.testing.assert_array_equal(density, dark_matter_density(8.5, **NFW))


def test_a_black_hole_without_a_spike_may_have_no_mass():
    found = dark_matter_density(
        0.1, **NFW, spike=["none", "7/3"], black_hole_mass=[0.0, 4.29e6], influence_radius=[-1.0, 0.002]
    )
    assert found[0] == dark_matter_density(0.1, **NFW)
    assert found[1] == dark_matter_density(0.1, **HALOS["milky way"], spike="7/3")


def test_no_radii_have_no_densities():
    assert dark_matter_density(np.empty((0, 3)), **HALOS["milky way"], spike="3/2").shape == (0, 3)


def test_the_radii_given_are_not_changed():
    radii = np.array([0.0, 1e-3, 1.0])
    dark_matter_density(radii, **HALOS["milky way"], spike="3/2", centre_cutoff=1e-8)
    np.testing.assert_array_equal(radii, [0.0, 1e-3, 1.0])


def test_formulas_work_on_quantities_with_units():
    density = halo.double_power_law_density(
        registry("8500 pc"), registry("0.184 GeV/cm^3"), registry("24.42 kpc"), registry.Quantity([2.0], "")
    )
    assert density.m_as("MeV/cm^3") == pytest.approx(290.88158167987353, rel=1e-12)
    left = halo.annihilated_density(density, registry("1 MeV"), registry("3e-26 cm^3/s"), registry("1e9 yr"))
    expected = halo.annihilated_density(290.88158167987353, 1.0, 3e-26, 1e9 * 365.25 * 86400)
    assert left.m_as("MeV/cm^3") == pytest.approx(expected, rel=1e-12)
    assert halo.number_density(left, registry("1 MeV")).m_as("1/cm^3") == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"radius": -1.0}, "radius is -1 kpc; it must be a number of at least 0 kpc"),
        ({"radius": [1.0, np.nan]}, "radius is nan kpc at index .*; it must be a number of at least 0 kpc"),
        (
            {"radius": 0.0, "spike": "none"},
            "the density at the radius 0 kpc is infinite; the radius, or the centre_cutoff, must be above",
        ),
        ({"scale_density": 0.0}, "scale_density is 0.*; it must be a finite number above 0"),
        ({"scale_radius": [1.0, -2.0]}, "scale_radius is -2.*; it must be a finite number above 0"),
        ({"outer_slope": np.inf}, "outer_slope is inf.*; it must be a finite number of at least 0"),
        ({"centre_cutoff": -1.0}, "centre_cutoff is -1.*; it must be a finite number of at least 0"),
        ({"spike": ["none", "3/4"]}, "unknown spike '3/4'; did you mean '3/2'.; known are none, 3/2, 7/3"),
        ({"black_hole_mass": 0.0}, "black_hole_mass is 0.*; it must be a finite number above 0"),
        ({"influence_radius": np.nan}, "influence_radius is nan.*; it must be a finite number above 0"),
        (
            {"influence_radius": 1e-9},
            r"influence_radius is 1e-09 kpc; it must be above 4 Schwarzschild radii = 1\.6423.e-09 kpc",
        ),
        (
            {"scale_density": 1e12},
            r"the radius of the spike is .* kpc; it must be above influence_radius = 0\.002 kpc",
        ),
        ({"black_hole_age": -1.0}, "black_hole_age is -1.*; it must be a finite number of at least 0"),
        ({"dark_matter_mass": 0.0}, "dark_matter_mass is 0.*; it must be a finite number above 0"),
        (
            {"annihilation_cross_section": -1.0},
            "annihilation_cross_section is -1 .*; it must be a finite number of at",
        ),
    ],
)
def test_nonsense_is_refused_by_name_value_and_range(change, message):
    with pytest.raises(EvaluationError, match=message):
        dark_matter_density(**{"radius": 1.0, **HALOS["milky way"], "spike": "3/2", **change})


UNITS = {
    "scale_density": "MeV/cm^3",
    "scale_radius": "kpc",
    "outer_slope": "1",
    "black_hole_mass": "Msun",
    "influence_radius": "kpc",
}


@pytest.mark.parametrize(("label", "name"), [("milky-way", "milky way"), ("lmc", "lmc")])
def test_the_shipped_halos_are_those_of_the_publications(label, name):
    record = shipped_catalogue("halo")[label]
    assert set(record.values) == set(UNITS)
    for parameter, unit in UNITS.items():
        value = parse_quantity(str(record.values[parameter])).to(parse_unit(unit)).magnitude
        assert float(value) == pytest.approx(HALOS[name][parameter], rel=1e-12)


def test_the_shipped_targets_have_the_masses_of_codata():
    with (ROOT / "data" / "target.toml").open("rb") as file:
        records = tomllib.load(file)
    masses = {label: float(parse_quantity(record["target_mass"]).m_as("MeV")) for label, record in records.items()}
    assert all(record["source"] for record in records.values())
    assert masses["electron"] == pytest.approx(
        float(registry("electron_mass * speed_of_light^2").m_as("MeV")), rel=1e-8
    )
    assert masses["proton"] == pytest.approx(float(registry("proton_mass * speed_of_light^2").m_as("MeV")), rel=1e-8)
    atom = float(registry("131.293 * unified_atomic_mass_unit * speed_of_light^2").m_as("MeV"))
    assert masses["xenon"] == pytest.approx(atom - 54 * masses["electron"], rel=1e-6)
    assert masses["xenon-published"] == 1.3e5

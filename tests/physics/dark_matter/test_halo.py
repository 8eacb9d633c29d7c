import json
import tomllib
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from halos import dark_matter_density, halo_of
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from gridscan.errors import EvaluationError
from gridscan.inputs.catalogue import shipped_catalogue
from gridscan.physics.constants import CODATA, Constants
from gridscan.physics.dark_matter import halo
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
NFW = {"scale_density": 184.0, "scale_radius": 24.42, "outer_slope": 2.0}
SGR_A = {"black_hole_mass": 4.29e6, "influence_radius": 0.002}
SLOPES = {"3/2": 1.5, "7/3": 7.0 / 3.0}
HALOS = {
    "milky way": {**NFW, **SGR_A},
    "lmc": {
        "scale_density": 68.0,
        "scale_radius": 31.9,
        "outer_slope": 3.0,
        "black_hole_mass": 1e6,
        "influence_radius": 0.00084,
    },
    "a heavy black hole": {**NFW, "black_hole_mass": 1e9, "influence_radius": 0.05},
}


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


@_each("black_hole")
def test_reference_black_holes_are_met(case):
    mass, expected, extra = case["inputs"]["mBH"], case["expected"], case["extra"]
    dispersion = halo.velocity_dispersion(mass)
    reach = halo.radius_of_influence(mass, dispersion, 4.301e-6)
    horizon = halo.schwarzschild_radius(mass, 0.5 * 1.981e30 * 1.48e-25 / 3.085e21, 1.0)
    assert dispersion == pytest.approx(expected["M_sigma"], rel=1e-12)
    assert reach == pytest.approx(expected["radiusInfluence"], rel=1e-12)
    assert horizon == pytest.approx(expected["radiusSchwarzschild"], rel=1e-12)
    for word, slope in SLOPES.items():
        norm = halo.spike_normalisation(mass * 1.115e60, slope, 4 * horizon, reach)
        radius = halo.spike_radius(norm, slope, reach, 184 * 3.085e21**3, 24.42)
        assert norm == pytest.approx(extra[f"norm_{word}"], rel=1e-9)
        assert radius == pytest.approx(extra[f"Rsp_{word}"], rel=1e-9)


def test_the_fitted_dispersion_is_near_the_published_one():
    for case in REFERENCE["black_hole"]["cases"]:
        assert halo.velocity_dispersion(case["inputs"]["mBH"]) == pytest.approx(case["extra"]["docs_M_sigma"], rel=0.01)


def test_the_constants_are_those_of_codata_and_the_iau():
    gravity, light, sun, electronvolt, parsec = (
        6.67430e-11,
        299792458.0,
        1.988409870698051e30,
        1.602176634e-19,
        3.0856775814913673e16,
    )
    assert pytest.approx(2 * gravity * sun / light**2 / (1e3 * parsec), rel=1e-12) == CODATA.schwarzschild_radius_of_sun
    assert pytest.approx(gravity * sun / (1e9 * parsec), rel=1e-12) == CODATA.gravitational_constant
    assert pytest.approx(sun * light**2 / (1e6 * electronvolt), rel=1e-12) == CODATA.solar_mass_energy
    assert pytest.approx(1e5 * parsec, rel=1e-14) == CODATA.centimetres_per_kiloparsec


def _spike_mass(parameters, spike, lower, upper):
    """Return 4 pi times the integral of rho r^2 in ln r [MeV], by adaptive quadrature."""
    prepared = halo_of(**parameters, spike=spike)
    value, _ = quad(
        lambda x: float(prepared.density(np.exp(x))) * np.exp(3 * x),
        np.log(lower),
        np.log(upper),
        epsrel=1e-12,
        limit=200,
    )
    return 4 * np.pi * value * CODATA.centimetres_per_kiloparsec**3


@pytest.mark.parametrize("spike", SLOPES)
@pytest.mark.parametrize("name", HALOS)
def test_the_spike_within_the_influence_radius_is_as_heavy_as_the_black_hole(name, spike):
    parameters = HALOS[name]
    inner = 4 * CODATA.schwarzschild_radius_of_sun * parameters["black_hole_mass"]
    reach = parameters["influence_radius"]
    mass = _spike_mass(parameters, spike, inner, 30 * inner) + _spike_mass(
        parameters, spike, 30 * inner, reach * (1 - 1e-14)
    )
    assert mass == pytest.approx(parameters["black_hole_mass"] * CODATA.solar_mass_energy, rel=1e-9)


def _exact_integral_for_three_halves(root):
    """Return F(root^2) - F(1) for alpha = 3/2 and r_i = 4 R_S = 1, in rational arithmetic."""
    first, last = (
        (Fraction(2, 3) * r**6 - 6 * r**4 - 6 * r**2 + Fraction(2, 3)) / r**3 for r in (Fraction(1), Fraction(root))
    )
    return last - first


@pytest.mark.parametrize("ratio", ["1.000001", "1.01", "2", "30", "1000", "100000"])
def test_the_integral_of_the_spike_is_exact_from_nothing_to_a_million_radii(ratio):
    root = Fraction(ratio)
    exact = _exact_integral_for_three_halves(root)
    found = halo.spike_integral(1.5, 1.0, float(root**2))
    # The ratio itself is rounded, which near 1 is amplified fourfold over its distance from 1.
    assert found == pytest.approx(float(exact), rel=1e-13 + 1e-15 / float(root - 1))


@settings(max_examples=60, deadline=None)
@given(st.floats(0.1, 2.9), st.floats(-20.0, 0.0), st.floats(0.01, 20.0))
def test_the_integral_of_the_spike_agrees_with_quadrature(slope, log_inner, log_ratio):
    inner = np.exp(log_inner)
    outer = inner * np.exp(log_ratio)
    scaled, _ = quad(
        lambda x: np.exp((3 - slope) * x) * -(np.expm1(-x) ** 3),
        0.0,
        np.log(outer / inner),
        epsrel=1e-12,
        epsabs=0.0,
        limit=200,
    )
    assert halo.spike_integral(slope, inner, outer) == pytest.approx(inner ** (3 - slope) * scaled, rel=1e-9)


def test_a_spike_far_from_the_horizon_has_the_mass_of_a_power_law():
    for slope in SLOPES.values():
        assert halo.spike_integral(slope, 1e-30, 2.0) == pytest.approx(2 ** (3 - slope) / (3 - slope), rel=1e-12)


@pytest.mark.parametrize("name", HALOS)
def test_the_shallow_spike_goes_over_at_the_influence_radius_but_for_the_inner_cut(name):
    parameters = HALOS[name]
    reach = parameters["influence_radius"]
    below, above = dark_matter_density([reach * (1 - 1e-13), reach * (1 + 1e-13)], **parameters, spike="3/2")
    cut = 4 * CODATA.schwarzschild_radius_of_sun * parameters["black_hole_mass"] / reach
    assert below / above == pytest.approx((1 - cut) ** 3, rel=1e-11)


@pytest.mark.parametrize("spike", SLOPES)
@pytest.mark.parametrize("name", HALOS)
def test_the_spike_meets_the_cusp_of_the_halo_at_its_radius(name, spike):
    """At R_sp the spike meets rho_s r_s/r, of which the halo is (1 + r/r_s)^-n and the inner cut takes its part."""
    parameters = HALOS[name]
    edge = float(halo_of(**parameters, spike=spike).spike.radius)
    below, above = dark_matter_density([edge * (1 - 1e-13), edge * (1 + 1e-13)], **parameters, spike=spike)
    cusp = parameters["scale_density"] * parameters["scale_radius"] / edge
    cut = 4 * CODATA.schwarzschild_radius_of_sun * parameters["black_hole_mass"] / edge if spike == "7/3" else 0.0
    assert below == pytest.approx(cusp * (1 - cut) ** 3, rel=1e-11)
    assert above == pytest.approx(
        cusp / (1 + edge / parameters["scale_radius"]) ** parameters["outer_slope"], rel=1e-11
    )


@pytest.mark.parametrize(
    ("spike", "inside", "slope"),
    [("3/2", (1e-5, 1e-4), -1.5), ("3/2", (0.01, 0.1), -7 / 3), ("7/3", (1e-3, 0.1), -7 / 3)],
)
def test_the_spike_falls_with_its_slope(spike, inside, slope):
    densities = dark_matter_density(list(inside), **HALOS["milky way"], spike=spike)
    assert np.diff(np.log(densities)) / np.diff(np.log(inside)) == pytest.approx(slope, rel=2e-4)


@pytest.mark.parametrize("spike", SLOPES)
def test_nothing_is_within_four_schwarzschild_radii_and_little_just_beyond(spike):
    inner = 4 * CODATA.schwarzschild_radius_of_sun * 4.29e6
    radii = inner * np.array([0.0, 0.3, 1.0, 1.001, 1.002, 2.0])
    density = dark_matter_density(radii, **HALOS["milky way"], spike=spike)
    np.testing.assert_array_equal(density[:3], 0.0)
    # (1 - r_i/r)^3 r^-alpha to first order in the distance from r_i.
    assert density[4] / density[3] == pytest.approx(8.0, rel=0.01)
    assert density[5] > density[4]


@pytest.mark.parametrize("spike", SLOPES)
def test_beyond_the_spike_the_halo_is_as_it_was(spike):
    radii = np.array([0.5, 8.5, 300.0])
    np.testing.assert_array_equal(
        dark_matter_density(radii, **HALOS["milky way"], spike=spike), dark_matter_density(radii, **NFW)
    )


def test_without_an_influence_radius_that_of_the_dispersion_is_taken():
    reach = halo.radius_of_influence(4.29e6, halo.velocity_dispersion(4.29e6), CODATA.gravitational_constant)
    radii = [1e-6, 1e-3, 0.01, 0.3]
    found = dark_matter_density(radii, **NFW, black_hole_mass=4.29e6, spike="3/2")
    expected = dark_matter_density(radii, **NFW, black_hole_mass=4.29e6, influence_radius=reach, spike="3/2")
    np.testing.assert_allclose(found, expected, rtol=1e-14)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("spike", halo.SPIKES)
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


@pytest.mark.parametrize("spike", halo.SPIKES)
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
    st.sampled_from(halo.SPIKES),
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
    gravity, light = registry("newtonian_constant_of_gravitation"), registry("speed_of_light")
    mass = registry("4.29e6 Msun")
    dispersion = halo.velocity_dispersion(mass, registry("1.9e8 Msun"), registry("200 km/s"))
    assert halo.schwarzschild_radius(mass, gravity, light).m_as("kpc") == pytest.approx(
        4.29e6 * CODATA.schwarzschild_radius_of_sun
    )
    assert halo.radius_of_influence(mass, dispersion, gravity).m_as("pc") == pytest.approx(2.0397, rel=1e-4)
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


def test_the_shipped_influence_radii_follow_from_the_dispersion():
    for name in ("milky way", "lmc"):
        mass, reach = HALOS[name]["black_hole_mass"], HALOS[name]["influence_radius"]
        found = halo.radius_of_influence(mass, halo.velocity_dispersion(mass), CODATA.gravitational_constant)
        assert found == pytest.approx(reach, rel=0.03)


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

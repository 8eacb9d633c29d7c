"""Spikes around black holes: reference numbers, their mass, exact integrals, and where they go over into the halo."""

from fractions import Fraction

import numpy as np
import pytest
from halos import HALOS, NFW, SLOPES, dark_matter_density, halo_of
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import reference
from scipy.integrate import quad

from gridscan.physics.constants import CODATA
from gridscan.physics.dark_matter import spike as spikes

REFERENCE = reference("boosted_dark_matter")["scalar"]


def _each(section):
    return pytest.mark.parametrize("case", REFERENCE[section]["cases"], ids=lambda case: str(case["inputs"]))


@_each("black_hole")
def test_reference_spikes_are_met(case):
    mass, expected, extra = case["inputs"]["mBH"], case["expected"], case["extra"]
    horizon, reach = expected["radiusSchwarzschild"], expected["radiusInfluence"]
    for word, slope in SLOPES.items():
        norm = spikes.spike_normalisation(mass * 1.115e60, slope, 4 * horizon, reach)
        radius = spikes.spike_radius(norm, slope, reach, 184 * 3.085e21**3, 24.42)
        assert norm == pytest.approx(extra[f"norm_{word}"], rel=1e-9)
        assert radius == pytest.approx(extra[f"Rsp_{word}"], rel=1e-9)


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
    found = spikes.spike_integral(1.5, 1.0, float(root**2))
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
    assert spikes.spike_integral(slope, inner, outer) == pytest.approx(inner ** (3 - slope) * scaled, rel=1e-9)


def test_a_spike_far_from_the_horizon_has_the_mass_of_a_power_law():
    for slope in SLOPES.values():
        assert spikes.spike_integral(slope, 1e-30, 2.0) == pytest.approx(2 ** (3 - slope) / (3 - slope), rel=1e-12)


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

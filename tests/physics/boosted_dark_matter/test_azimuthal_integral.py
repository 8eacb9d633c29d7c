"""The density integrated over circles about the line of sight, against quadrature and closed forms."""

import itertools

import numpy as np
import pytest
from halos import halo_of, setting_of
from scipy.integrate import quad

from gridscan.physics.boosted_dark_matter.azimuthal_integral import circle_integral, circle_integrals, density_breaks


@pytest.mark.parametrize("tolerance", [1e-2, 1e-6, 1e-9])
@pytest.mark.parametrize("spike", ["none", "3/2", "7/3"])
def test_circles_of_any_kind_are_integrated_within_their_errors(spike, tolerance):
    halo, random = halo_of(184.0, 24.42, 2.0, 1e-8, spike, 4.29e6, 0.002), np.random.default_rng(4)
    least = 10.0 ** random.uniform(-4.0, 1.3, (5, 1000))
    largest = least * (1.0 + 10.0 ** random.uniform(-4.0, 3.0, 1000))
    flat = setting_of(1000, halo=halo).halo
    value, error = circle_integrals(flat, least**2, largest**2, tolerance)
    single = setting_of(5000, halo=halo).halo
    truth = circle_integral(single, least.ravel(), largest.ravel(), 1e-12).reshape(least.shape)
    assert (error <= tolerance * value).all()
    assert (np.abs(value - truth) <= error + 1e-11 * truth).all()


@pytest.mark.parametrize("spike", ["none", "3/2", "7/3"])
@pytest.mark.parametrize("least", [1e-7, 1e-4, 0.05, 3.0])
def test_circles_near_the_centre_are_integrated(spike, least):
    halo = halo_of(184.0, 24.42, 2.0, 1e-8, spike, 4.29e6, 0.002)
    largest = 4.0
    breaks = [0.0] if halo.spike is None else [float(halo.spike.inner_radius), 0.002, float(halo.spike.radius)]

    def height(log_tangent):
        angle = 2.0 * np.arctan(np.exp(log_tangent))
        radius = np.hypot(least * np.cos(0.5 * angle), largest * np.sin(0.5 * angle))
        return float(halo.density(radius)) * np.sin(angle)

    inside = [r for r in breaks if least < r < largest]
    cuts = [0.5 * np.log((r**2 - least**2) / (largest**2 - r**2)) for r in inside]
    ends = [-45.0, *sorted([*cuts, np.log(least / largest), 0.0]), 45.0]
    expected = 2.0 * sum(quad(height, low, high, limit=400, epsrel=1e-11)[0] for low, high in itertools.pairwise(ends))
    flat = halo_of(*([value] for value in (184.0, 24.42, 2.0, 1e-8, spike, 4.29e6, 0.002)))
    assert circle_integral(flat, np.array([least]), np.array([largest])) == pytest.approx(expected, rel=1e-8)


def test_on_a_circle_about_the_centre_the_density_is_that_of_its_radius():
    radius = np.array([0.1, 1.0, 8.5])
    halo = setting_of(3).halo
    np.testing.assert_allclose(circle_integral(halo, radius, radius), 2.0 * np.pi * halo.density(radius), rtol=1e-12)


def test_an_inverse_square_has_the_integral_of_its_circle():
    """∫ dphi 1/r² = 2 pi/(r_- r_+)."""
    halo = halo_of([1.0], [1e-12], [1.0], [0.0])
    least, largest = np.array([1e-3]), np.array([2.0])
    # Far beyond its scale radius a profile of n = 1 falls as rho_s (r_s/r)².
    expected = 1e-24 * 2.0 * np.pi / (least * largest)
    np.testing.assert_allclose(circle_integral(halo, least, largest), expected, rtol=1e-8)


def test_the_breaks_are_the_cutoff_and_the_spheres_of_the_spike():
    assert density_breaks(setting_of(2).halo).tolist() == [[1e-8, 1e-8]]
    halo = setting_of(1, halo=halo_of(184.0, 24.42, 2.0, 1e-8, "3/2", 4.29e6, 0.002)).halo
    breaks = density_breaks(halo)[:, 0]
    assert breaks[0] == 1e-8
    assert breaks[2] == 0.002
    assert breaks[1] < breaks[2] < breaks[3]

"""What is kicked along the surface: rates against their factors one by one, and the strength against a count."""

import dataclasses

import numpy as np
import pytest
from halos import setting_of

from gridscan.physics.boosted_dark_matter.emission import differential_of, isotropic, kick_rate
from gridscan.physics.constants import HBAR_C
from gridscan.physics.neutrinos.supernova import NeutrinoSource, spectrum_over_mean_energy
from gridscan.physics.scattering.inverse_kinematics import neutrino_energy, neutrino_energy_slope
from gridscan.physics.scattering.one_particle import velocity
from gridscan.physics.scattering.recoil_angle import angular_density

KINETIC, MASS, HAVERSINE = 10.0, 1.0, np.array([0.001, 0.01, 0.02])
ENERGY = neutrino_energy(KINETIC, MASS, HAVERSINE)


def rate(powers=(0, 0), differential=isotropic, parameters=()):
    return kick_rate(NeutrinoSource(), differential, parameters, powers, ENERGY, HAVERSINE, KINETIC, MASS)


def test_the_rate_is_the_product_of_neutrinos_cross_section_and_slope():
    neutrinos = spectrum_over_mean_energy(ENERGY, NeutrinoSource())
    slope = neutrino_energy_slope(KINETIC, MASS, HAVERSINE)
    density = angular_density(ENERGY, MASS, HAVERSINE)
    np.testing.assert_allclose(rate(), neutrinos * density * slope, rtol=1e-12)


def test_powers_add_a_velocity_and_a_slope():
    np.testing.assert_allclose(rate((1, 0)), rate() * velocity(KINETIC, MASS), rtol=1e-14)
    slope = neutrino_energy_slope(KINETIC, MASS, HAVERSINE)
    np.testing.assert_allclose(rate((0, 1)), rate() * slope, rtol=1e-12)


def test_the_isotropic_interaction_is_that_of_a_constant_amplitude():
    """|M|² = 16 pi s/(hbar c)² is a total cross section of 1 cm²."""
    constant = differential_of(lambda s, t, u, mass: 16.0 * np.pi * s / HBAR_C**2 + 0.0 * (t + u + mass))
    np.testing.assert_allclose(rate(differential=constant), rate(), rtol=1e-12)


def test_parameters_of_an_interaction_are_passed_on():
    scaled = differential_of(lambda s, t, u, mass, factor: factor * s + 0.0 * (t + u + mass))
    plain = differential_of(lambda s, t, u, mass: s + 0.0 * (t + u + mass))
    found = rate(differential=scaled, parameters=(np.array([1.0, 2.0, 3.0]),))
    np.testing.assert_allclose(found, rate(differential=plain) * [1.0, 2.0, 3.0], rtol=1e-14)


def test_the_strength_is_the_number_of_kicks_of_a_column():
    """tau L_1 sigma/(4 pi R_s m), L_1 being a sixth of the luminosity."""
    setting = dataclasses.replace(setting_of(2), cross_section=np.array([1e-45, 2e-45]))
    expected = 10.0 * (1.0 / 6.0) * np.array([1e-45, 2e-45]) / (4.0 * np.pi * 8.5 * 3e21 * 1.0)
    np.testing.assert_allclose(setting.strength(), expected, rtol=1e-13)


def test_the_empty_sphere_is_the_neutrinosphere_or_the_hollow_centre_about_the_supernova():
    assert setting_of(1).empty_radius() == [1e-15]
    assert setting_of(1, angle=0.0).empty_radius() == [1e-8]
    assert setting_of(1, angle=0.0, neutrinosphere=1e-3).empty_radius() == [1e-3]


def test_the_hottest_species_is_the_hottest():
    assert setting_of(3).hottest().tolist() == [6.26, 6.26, 6.26]


def test_squared_radii_are_those_of_coordinates():
    setting = setting_of(1, supernova=12.0)
    emission = setting.emission(np.array([3e9]), np.array([10.0]))
    surface = emission.surface
    excess = np.exp(np.linspace(*(end[0] for end in surface.upper_ends), 9))[:, None]
    _, distance, along, across = surface.place(excess, False)
    mean, amplitude = emission.radii_squared(distance, along, across)
    for phi in (0.0, 1.0, 0.5 * np.pi, 4.0):
        # About the line from the supernova to Earth; the halo centre is at phi = pi/2.
        point = np.array([along, across * np.cos(phi), across * np.sin(phi)])
        centre = np.array([setting.centre_along[0], 0.0, setting.centre_across[0]])[:, None, None]
        squared = ((point - centre) ** 2).sum(axis=0)
        np.testing.assert_allclose(mean - amplitude * np.sin(phi), squared, rtol=1e-9)


def test_the_scale_falls_with_the_path():
    setting = setting_of(2)
    emission = setting.emission(np.array([1e9, 3e9]), np.full(2, 10.0))
    path = 8.5 + np.array([1e9, 3e9]) * 3e10 / 3e21
    assert emission.scale == pytest.approx(setting.strength() * 3e10 / 3e21 / path, rel=1e-13, abs=0)

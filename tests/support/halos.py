"""Halos by the numbers that describe them, and the flux from a direction of the sky, as the tests take them."""

import numpy as np

from gridscan.physics.boosted_dark_matter.arrival import arrival_jacobian, path_length
from gridscan.physics.boosted_dark_matter.arrival_geometry import (
    halo_distance_squared,
    scattering_haversine,
    separation,
)
from gridscan.physics.boosted_dark_matter.emission import kick_rate
from gridscan.physics.boosted_dark_matter.problem import Problem
from gridscan.physics.dark_matter.halo import Halo, HaloParameters, number_density
from gridscan.physics.neutrinos.supernova import NeutrinoSource
from gridscan.physics.scattering.inverse_kinematics import neutrino_energy
from gridscan.physics.scattering.one_particle import inverse_velocity_excess

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


def halo_of(*values, **parameters):
    """Return a prepared halo."""
    return Halo.of(HaloParameters(*values, **parameters))


def dark_matter_density(radius, *values, **parameters):
    """Return the density [MeV/cm^3] of a halo at a radius [kpc]."""
    return halo_of(*values, **parameters).density(radius)


def sky_flux(time, theta, phi, kinetic_energy, problem):
    """Return d²Phi/(dT dOmega) [1/(MeV cm² s sr)] from a direction theta, phi [rad], point by point.

    J j with J = dl/dt and j = n tau Phi_nu (dsigma/dOmega) dE_nu/dT. Source: Lin et al. 2023, PRD 108, 083013.
    """
    time, theta, phi, kinetic = (np.asarray(values, dtype=float) for values in (time, theta, phi, kinetic_energy))
    mass, supernova, centre, angle, cross_section = problem.numbers()
    source, excess = problem.source, inverse_velocity_excess(kinetic, mass)
    length = path_length(time, theta, excess, supernova, problem.speed_of_light / problem.kiloparsec)
    distance, haversine = (function(length, theta, supernova) for function in (separation, scattering_haversine))
    energy = neutrino_energy(kinetic, mass, haversine)
    arrives = (energy > 0.0) & (time > 0.0) & (distance > source.neutrinosphere_radius)
    rate = kick_rate(
        *(source, problem.interaction, problem.others(), problem.powers),
        *(np.where(arrives, energy, 1.0), haversine, kinetic, mass),
    )
    energy_of_one = np.asarray(source.luminosity) * source.emission_duration / np.sum(source.multiplicities, axis=-1)
    area = 4.0 * np.pi * np.where(arrives, distance * problem.kiloparsec, 1.0) ** 2
    jacobian = arrival_jacobian(excess, haversine, problem.speed_of_light)
    radius = np.sqrt(halo_distance_squared(length, theta, phi, centre, angle))
    flux = np.where(arrives, rate * energy_of_one * cross_section / area * jacobian, 0.0)
    return flux * number_density(problem.halo.density(radius), mass)


def setting_of(count, supernova=8.5, centre=8.5, angle=0.7, halo=None, neutrinosphere=1e-15):
    """Return the setting of some points, with a round speed of light and kiloparsec."""
    problem = Problem(
        dark_matter_mass=np.full(count, 1.0),
        supernova_distance=supernova,
        halo_distance=centre,
        off_centre_angle=angle,
        halo=halo or halo_of(184.0, 24.42, 2.0, 1e-8),
        source=NeutrinoSource(1.0, neutrinosphere_radius=neutrinosphere),
        speed_of_light=3e10,
        kiloparsec=3e21,
    )
    return problem.at()[0]

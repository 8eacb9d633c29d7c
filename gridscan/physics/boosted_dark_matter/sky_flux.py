"""The sky of boosted dark matter: the flux per kinetic energy and solid angle."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridscan.physics.boosted_dark_matter.arrival import (
    arrival_jacobian,
    distance_from_supernova,
    halo_distance_squared,
    path_length,
    scattering_haversine,
)
from gridscan.physics.boosted_dark_matter.emission import kick_rate
from gridscan.physics.boosted_dark_matter.problem import Boost, checked
from gridscan.physics.dark_matter.halo import number_density
from gridscan.physics.scattering.kinematics import inverse_velocity_excess, neutrino_energy

FloatArray = NDArray[np.floating[Any]]


def sky_flux(time: ArrayLike, theta: ArrayLike, phi: ArrayLike, kinetic_energy: ArrayLike, boost: Boost) -> FloatArray:
    """Return the flux d²Phi/(dT dOmega) of boosted dark matter from directions of the sky.

    Parameters
    ----------
    time
        t [s] after the arrival of the neutrinos.
    theta, phi
        [rad]: angle from the supernova, 0 to pi, and azimuth about it. The halo centre is at theta = beta, phi = pi/2.
    kinetic_energy
        T [MeV], above 0.
    boost
        Dark matter, supernova and interaction.

    Returns
    -------
    numpy.ndarray
        [1/(MeV cm² s sr)]; all numbers broadcast. It is fast where `phi` alone has the axis of the azimuth. 0 where
        nothing arrives from.

    Raises
    ------
    EvaluationError
        If a parameter is outside its range, the convention unknown, or a direction hits the halo centre where the
        density is infinite.

    Notes
    -----
    J j with J = dl/dt and j = n tau Phi_nu (dsigma/dOmega) dE_nu/dT. Source: Lin, Tsai, Lin, Wong & Wu 2023, PRD 108,
    083013.
    """
    looked = {"time": time, "theta": theta, "phi": phi, "kinetic_energy": kinetic_energy}
    time, theta, phi, kinetic = (checked(name, value) for name, value in looked.items())
    mass, supernova, centre, angle, cross_section = boost.numbers()
    source, excess = boost.source, inverse_velocity_excess(kinetic, mass)
    length = path_length(time, theta, excess, supernova, boost.speed_of_light / boost.kiloparsec)
    distance, haversine = (
        function(length, theta, supernova) for function in (distance_from_supernova, scattering_haversine)
    )
    energy = neutrino_energy(kinetic, mass, haversine)
    arrives = (energy > 0.0) & (time > 0.0) & (distance > source.neutrinosphere)
    rate = kick_rate(
        *(source, boost.interaction, boost.others(), boost.powers),
        *(np.where(arrives, energy, 1.0), haversine, kinetic, mass),
    )
    energy_of_one = np.asarray(source.luminosity) * source.duration / np.sum(source.multiplicities, axis=-1)
    neutrinos = energy_of_one * cross_section / (4.0 * np.pi * np.where(arrives, distance * boost.kiloparsec, 1.0) ** 2)
    jacobian = arrival_jacobian(excess, haversine, boost.speed_of_light)
    radius = np.sqrt(halo_distance_squared(length, theta, phi, centre, angle))
    kicked = np.where(arrives, rate * neutrinos * jacobian, 0.0)
    flux: FloatArray = kicked * number_density(boost.halo.density(radius), mass)
    return flux

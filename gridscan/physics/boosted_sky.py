"""The sky of boosted dark matter: the flux per kinetic energy and solid angle."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridscan.physics.boosted_emission import (
    KILOPARSEC,
    SPEED_OF_LIGHT,
    Differential,
    Source,
    checked,
    isotropic,
    kick_rate,
    powers_of,
)
from gridscan.physics.geometry import (
    arrival_jacobian,
    distance_from_supernova,
    halo_distance_squared,
    path_length,
    scattering_haversine,
)
from gridscan.physics.halo import Halo, number_density
from gridscan.physics.kinematics import inverse_velocity_excess, neutrino_energy

FloatArray = NDArray[np.floating[Any]]

_PARAMETERS = (
    *("time", "theta", "phi", "kinetic_energy", "dark_matter_mass", "supernova_distance", "halo_distance"),
    *("off_centre_angle", "neutrino_cross_section"),
)


def sky_flux(
    time: ArrayLike,
    theta: ArrayLike,
    phi: ArrayLike,
    kinetic_energy: ArrayLike,
    dark_matter_mass: ArrayLike,
    supernova_distance: ArrayLike,
    halo_distance: ArrayLike,
    off_centre_angle: ArrayLike,
    halo: Halo,
    source: Source,
    neutrino_cross_section: ArrayLike = 1.0,
    *,
    differential: Differential | None = None,
    parameters: tuple[ArrayLike, ...] = (),
    convention: str = "standard",
    speed_of_light: float = SPEED_OF_LIGHT,
    kiloparsec: float = KILOPARSEC,
) -> FloatArray:
    """Return the flux d²Phi/(dT dOmega) of boosted dark matter from directions of the sky.

    Parameters
    ----------
    time
        t [s] after the arrival of the neutrinos.
    theta, phi
        [rad]: angle from the supernova, 0 to pi, and azimuth about it. The halo centre is at theta = beta, phi = pi/2.
    kinetic_energy, dark_matter_mass, supernova_distance, halo_distance, off_centre_angle, halo, source
        See `gridscan.physics.boosted_flux.boosted_flux`.
    neutrino_cross_section, differential, parameters, convention, speed_of_light, kiloparsec
        See there.

    Returns
    -------
    numpy.ndarray
        [1/(MeV cm² s sr)]; all parameters broadcast. It is fast where `phi` alone has the axis of the azimuth. 0 where
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
    given = (time, theta, phi, kinetic_energy, dark_matter_mass, supernova_distance, halo_distance, off_centre_angle)
    values = (checked(name, value) for name, value in zip(_PARAMETERS, (*given, neutrino_cross_section), strict=True))
    time, theta, phi, kinetic, mass, supernova, centre, angle, cross_section = values
    others = tuple(np.asarray(value, dtype=float) for value in parameters)
    excess, light_speed = inverse_velocity_excess(kinetic, mass), speed_of_light / kiloparsec
    length = path_length(time, theta, excess, supernova, light_speed)
    distance, haversine = (
        function(length, theta, supernova) for function in (distance_from_supernova, scattering_haversine)
    )
    energy = neutrino_energy(kinetic, mass, haversine)
    arrives = (energy > 0.0) & (time > 0.0) & (distance > source.neutrinosphere)
    rate = kick_rate(
        *(source, differential or isotropic, others, powers_of(convention, differential)),
        *(np.where(arrives, energy, 1.0), haversine, kinetic, mass),
    )
    energy_of_one = np.asarray(source.luminosity) * source.duration / np.sum(source.multiplicities, axis=-1)
    neutrinos = energy_of_one * cross_section / (4.0 * np.pi * np.where(arrives, distance * kiloparsec, 1.0) ** 2)
    jacobian = arrival_jacobian(excess, haversine, speed_of_light)
    radius = np.sqrt(halo_distance_squared(length, theta, phi, centre, angle))
    return np.where(arrives, rate * neutrinos * jacobian, 0.0) * number_density(halo.density(radius), mass)

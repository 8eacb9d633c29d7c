"""Arrival of boosted dark matter: where and when particles kicked by supernova neutrinos reach Earth from.

A supernova S at the distance R_s from Earth E emits a thin shell of neutrinos. At a point B, at the distance d from S
and l from E, a particle is kicked towards Earth at the angle psi. It is slower than light, b = c/v > 1, and arrives

    t = (d + b l - R_s)/c

after the neutrinos. The sky angle theta of B is measured from the supernova, phi is the azimuth about the line E-S, R_g
the distance of the centre of the halo and beta the angle between it and the supernova, seen from Earth. Angles are in
rad, theta, psi and beta from 0 to pi; all lengths share one unit, here kpc, and the speed of light is in that unit per
time. The functions work on numbers and on quantities with units alike, and all arguments broadcast.

No formula subtracts nearly equal numbers, since b - 1 is 1e-16 for light dark matter and the points that matter may be
nearer to the supernova than 1e-10 R_s. Outside the time in which particles arrive, windows are empty and lengths zero;
nothing is NaN. An EvaluationError names an argument that must be above 0 and is not.

Source: Lin, Wu, Wu & Wong 2023, Phys. Rev. Lett. 130, 111002; Lin et al. 2023, Phys. Rev. D 108, 083013.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gridscan.numerics.ranges import Range, checked
from gridscan.numerics.unit_arguments import with_units
from gridscan.physics.scattering.one_particle import inverse_velocity_excess
from gridscan.physics.scattering.recoil_angle import haversine

__all__ = [
    "arrival_jacobian",
    "path_length",
    "peak_time",
    "sky_window",
    "vanishing_time",
]

_POSITIVE = Range(above=0.0, finite=False)


@with_units(kinetic_energy="MeV", dark_matter_mass="MeV", supernova_distance="kpc", speed_of_light="kpc/s")
def peak_time(kinetic_energy: Any, dark_matter_mass: Any, supernova_distance: Any, speed_of_light: Any) -> Any:
    """Return the time after the neutrinos at which particles kicked right beside the supernova arrive.

    Parameters
    ----------
    kinetic_energy, dark_matter_mass
        T > 0 and m of the particles [MeV].
    supernova_distance
        R_s [kpc].
    speed_of_light
        c [kpc/s].

    Returns
    -------
    array or quantity
        t_peak [s]; all arguments broadcast.

    Raises
    ------
    EvaluationError
        If a kinetic energy is not positive.

    Notes
    -----
    t_peak = (R_s/c) (b - 1). Source: the difference of the times of flight from the supernova.

    Examples
    --------
    With v/c = 0.8 (T = 2, m = 3), a quarter of the light travel time:

    >>> from gridscan.physics.boosted_dark_matter.arrival import peak_time
    >>> round(float(peak_time(2.0, 3.0, 8.0, 1.0)), 12)
    2.0
    """
    return supernova_distance / speed_of_light * inverse_velocity_excess(kinetic_energy, dark_matter_mass)


@with_units(kinetic_energy="MeV", dark_matter_mass="MeV", supernova_distance="kpc", speed_of_light="kpc/s")
def vanishing_time(kinetic_energy: Any, dark_matter_mass: Any, supernova_distance: Any, speed_of_light: Any) -> Any:
    """Return the time after the neutrinos at which the last particles arrive, later than `peak_time`.

    Parameters
    ----------
    kinetic_energy, dark_matter_mass
        T > 0 and m of the particles [MeV].
    supernova_distance
        R_s [kpc].
    speed_of_light
        c [kpc/s].

    Returns
    -------
    array or quantity
        t_van [s]; all arguments broadcast.

    Raises
    ------
    EvaluationError
        If a kinetic energy is not positive.

    Notes
    -----
    t_van = (R_s/c) (sqrt(1 + m/(2 T)) - 1), in the form z/(sqrt(1 + z) + 1) with z = m/(2 T).
    Source: the largest d + b l of all points with psi <= psi_max.

    Examples
    --------
    For m = 6 T, as long as the light travel time:

    >>> from gridscan.physics.boosted_dark_matter.arrival import vanishing_time
    >>> float(vanishing_time(1.0, 6.0, 8.0, 1.0))
    8.0
    """
    checked("kinetic_energy", kinetic_energy, _POSITIVE, "MeV")
    z = dark_matter_mass / (2.0 * kinetic_energy)
    return supernova_distance / speed_of_light * z / (np.sqrt(1.0 + z) + 1.0)


@with_units(time="s", kinetic_energy="MeV", dark_matter_mass="MeV", supernova_distance="kpc", speed_of_light="kpc/s")
def sky_window(
    time: Any, kinetic_energy: Any, dark_matter_mass: Any, supernova_distance: Any, speed_of_light: Any
) -> tuple[Any, Any]:
    """Return the angles from the supernova between which particles arrive at a time.

    Until `peak_time` it is a disk about the supernova, then an annulus, which closes at `vanishing_time`.

    Parameters
    ----------
    time
        t after the neutrinos [s].
    kinetic_energy, dark_matter_mass
        T > 0 and m > 0 of the particles [MeV].
    supernova_distance
        R_s [kpc].
    speed_of_light
        c [kpc/s].

    Returns
    -------
    inner, outer : array or quantity
        [rad]; both are 0 before the neutrinos and after the vanishing time, when nothing arrives.

    Raises
    ------
    EvaluationError
        If a kinetic energy, a mass or a distance is not positive.

    Notes
    -----
    At the edges psi = psi_max, hence theta = delta ± alpha with tan(delta) = sqrt(m T/2)/(T + m), in which cos(alpha) =
    zeta/zeta_van, zeta = R_s + c t. Written without cancellation, with t_peak = t(delta = alpha),

        sin^2(alpha/2) = c (t_van - t)/(2 zeta_van),   sin(inner/2) sin(outer/2) = c (t - t_peak)/(2 zeta_van).

    Source: d + b l = zeta and the theorem of sines in the triangle of Earth, supernova and B.

    Examples
    --------
    At the peak a disk of the angle 2 delta; at the vanishing time, at delta, a circle:

    >>> import math
    >>> from gridscan.physics.boosted_dark_matter import arrival
    >>> delta = math.atan(math.sqrt(0.5 * 3.0 * 2.0) / 5.0)
    >>> for time in (arrival.peak_time(2.0, 3.0, 8.0, 1.0), arrival.vanishing_time(2.0, 3.0, 8.0, 1.0)):
    ...     print([round(float(angle / delta), 6) for angle in arrival.sky_window(time, 2.0, 3.0, 8.0, 1.0)])
    [0.0, 2.0]
    [1.0, 1.0]
    """
    checked("dark_matter_mass", dark_matter_mass, _POSITIVE, "MeV")
    checked("supernova_distance", supernova_distance, _POSITIVE, "kpc")
    arguments = (kinetic_energy, dark_matter_mass, supernova_distance, speed_of_light)
    vanishing, peak = vanishing_time(*arguments), peak_time(*arguments)
    arriving = (time >= 0.0) & (time <= vanishing)
    diameter = 2.0 * (supernova_distance + speed_of_light * vanishing)
    delta = np.arctan(np.sqrt(0.5 * dark_matter_mass * kinetic_energy) / (kinetic_energy + dark_matter_mass))
    alpha = 2.0 * np.arcsin(np.sqrt(arriving * speed_of_light * (vanishing - time) / diameter))
    outer = delta + alpha
    annulus = arriving & (time > peak)
    sine = annulus * speed_of_light * abs(time - peak) / (diameter * np.sin(0.5 * outer))
    return 2.0 * np.arcsin(sine), arriving * outer


@with_units(time="s", theta="rad", supernova_distance="kpc", speed_of_light="kpc/s")
def path_length(
    time: Any, theta: Any, inverse_velocity_excess: Any, supernova_distance: Any, speed_of_light: Any
) -> Any:
    """Return the distance from Earth at which particles that arrive at a time from a direction were kicked.

    Parameters
    ----------
    time
        t after the neutrinos [s].
    theta
        Angle from the supernova [rad].
    inverse_velocity_excess
        b - 1, above 0: see `gridscan.physics.scattering.one_particle.inverse_velocity_excess`.
    supernova_distance
        R_s [kpc].
    speed_of_light
        c [kpc/s].

    Returns
    -------
    array or quantity
        l [kpc]; 0 at and before the arrival of the neutrinos. See `sky_window` for where a neutrino has enough energy.

    Raises
    ------
    EvaluationError
        If b - 1 or a distance is not positive.

    Notes
    -----
    The root of d + b l = R_s + x with x = c t is, with K = R_s (b - 1 + 2 hav(theta)) + b x,

        l = x (2 R_s + x)/(K + sqrt((x + R_s (2 b hav(theta) - (b - 1)))^2 + (b^2 - 1) R_s^2 sin^2(theta))).

    Source: the law of cosines; the radicand is K^2 - (b^2 - 1) x (2 R_s + x), a sum of squares.

    Examples
    --------
    d + b l = R_s + c t:

    >>> from gridscan.physics.boosted_dark_matter.arrival import path_length
    >>> from gridscan.physics.boosted_dark_matter.arrival_geometry import separation
    >>> length = path_length(1.0, 0.3, 0.25, 8.0, 1.0)
    >>> round(float(separation(length, 0.3, 8.0) + 1.25 * length), 12)
    9.0
    """
    checked("inverse_velocity_excess", inverse_velocity_excess, _POSITIVE)
    checked("supernova_distance", supernova_distance, _POSITIVE, "kpc")
    excess, hav = inverse_velocity_excess, haversine(theta)
    delay = speed_of_light * time * (time > 0.0)
    sum_of_roots = supernova_distance * (excess + 2.0 * hav) + delay * (1.0 + excess)
    along = delay + supernova_distance * (2.0 * (1.0 + excess) * hav - excess)
    across = supernova_distance * np.sqrt(excess * (excess + 2.0)) * np.sin(theta)
    return delay * (2.0 * supernova_distance + delay) / (sum_of_roots + np.sqrt(along**2 + across**2))


@with_units(speed_of_light="kpc/s")
def arrival_jacobian(inverse_velocity_excess: Any, haversine: Any, speed_of_light: Any) -> Any:
    """Return how fast the point of origin moves away along a line of sight, J = dl/dt.

    Parameters
    ----------
    inverse_velocity_excess
        b - 1, above 0, dimensionless.
    haversine
        sin^2(psi/2), dimensionless: see `scattering_haversine`.
    speed_of_light
        c [kpc/s].

    Returns
    -------
    array or quantity
        J [kpc/s]; all arguments broadcast.

    Raises
    ------
    EvaluationError
        If b - 1 is not positive.

    Notes
    -----
    J = c/(b - cos(psi)). Source: the derivative of d + b l = R_s + c t at fixed theta, with
    b - cos(psi) = (b - 1) + 2 sin^2(psi/2).

    Examples
    --------
    >>> from gridscan.physics.boosted_dark_matter.arrival import arrival_jacobian
    >>> arrival_jacobian(0.25, 0.0, 1.0)
    4.0
    """
    checked("inverse_velocity_excess", inverse_velocity_excess, _POSITIVE)
    return speed_of_light / (inverse_velocity_excess + 2.0 * haversine)

"""Arrival of boosted dark matter: from where and when particles kicked by supernova neutrinos reach Earth.

A supernova S at the distance R_s from Earth E emits a thin shell of neutrinos. At a point B, at the distance d from S
and l from E, a particle is kicked towards Earth under the angle psi. It is slower than light, b = c/v > 1, and arrives

    t = (d + b l - R_s)/c

after the neutrinos. The sky angle theta of B is measured from the supernova, phi is the azimuth about the line E-S, R_g
the distance of the centre of the halo and beta the angle between it and the supernova, seen from Earth. Angles are in
rad, theta, psi and beta from 0 to pi; all lengths share one unit, here kpc, and the speed of light is in that unit per
time. The functions work on numbers and on quantities with units alike, and all arguments broadcast.

Nothing here subtracts what is nearly equal, for b - 1 is 1e-16 for light dark matter and the points that matter may be
nearer to the supernova than 1e-10 R_s. Outside the time in which particles arrive, windows are empty and lengths zero;
nothing is NaN. Where something has to be above 0 and is not, an EvaluationError names it.

Source: Lin, Wu, Wu & Wong 2023, Phys. Rev. Lett. 130, 111002; Lin et al. 2023, Phys. Rev. D 108, 083013.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gridscan.numerics.ranges import Range, checked
from gridscan.physics.scattering.kinematics import haversine, inverse_velocity_excess

__all__ = [
    "arrival_jacobian",
    "halo_distance_coefficients",
    "halo_distance_extremes",
    "halo_distance_squared",
    "path_length",
    "peak_time",
    "scattering_angle",
    "scattering_haversine",
    "separation",
    "sky_window",
    "vanishing_time",
]

_POSITIVE = Range(above=0.0, finite=False)


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
        b - 1, above 0: see `gridscan.physics.scattering.kinematics.inverse_velocity_excess`.
    supernova_distance
        R_s [kpc].
    speed_of_light
        c [kpc/s].

    Returns
    -------
    array or quantity
        l [kpc]; 0 at and before the arrival of the neutrinos. Whether any neutrino has the energy for it, `sky_window`
        tells.

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

    >>> from gridscan.physics.boosted_dark_matter.arrival import path_length, separation
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


def separation(path_length: Any, angle: Any, distance: Any) -> Any:
    """Return the distance of a point from another one, such as the supernova.

    Parameters
    ----------
    path_length
        l of the point from Earth [kpc], 0 or more.
    angle
        theta between the two, seen from Earth [rad].
    distance
        R of the other one from Earth [kpc].

    Returns
    -------
    array or quantity
        d [kpc]; all arguments broadcast.

    Notes
    -----
    d = sqrt((R - l)^2 + 4 R l hav(theta)). Source: the law of cosines.

    Examples
    --------
    >>> import math
    >>> from gridscan.physics.boosted_dark_matter.arrival import separation
    >>> round(float(separation(3.0, math.pi / 2, 4.0)), 12)
    5.0
    """
    return np.sqrt((distance - path_length) ** 2 + 4.0 * distance * path_length * haversine(angle))


def scattering_angle(path_length: Any, theta: Any, supernova_distance: Any) -> Any:
    """Return the angle between the neutrino and the direction to Earth at a point.

    Parameters
    ----------
    path_length
        l of the point from Earth [kpc], 0 or more.
    theta
        Angle of the point from the supernova [rad].
    supernova_distance
        R_s [kpc].

    Returns
    -------
    array or quantity
        psi [rad]; 0 at the supernova itself; all arguments broadcast.

    Notes
    -----
    psi = atan2(R_s sin(theta), R_s cos(theta) - l). Source: the triangle of Earth, supernova and the point.

    Examples
    --------
    An isosceles triangle, 45 degrees at Earth and at the supernova, has an exterior angle of 90 degrees:

    >>> import math
    >>> from gridscan.physics.boosted_dark_matter.arrival import scattering_angle
    >>> round(math.degrees(scattering_angle(math.sqrt(0.5), math.pi / 4, 1.0)), 9)
    90.0
    """
    return np.arctan2(*_legs(path_length, theta, supernova_distance))


def scattering_haversine(path_length: Any, theta: Any, supernova_distance: Any) -> Any:
    """Return sin^2(psi/2) of the `scattering_angle` psi.

    Parameters
    ----------
    path_length
        l of the point from Earth [kpc], 0 or more.
    theta
        Angle of the point from the supernova [rad].
    supernova_distance
        R_s [kpc].

    Returns
    -------
    array or quantity
        Dimensionless, from 0 to 1; all arguments broadcast.

    Notes
    -----
    With z = R_s cos(theta) - l it is R_s^2 sin^2(theta)/(2 d (d + z)) where z > 0 and (d - z)/(2 d) elsewhere.
    Source: cos(psi) = z/d.

    Examples
    --------
    >>> import math
    >>> from gridscan.physics.boosted_dark_matter.arrival import scattering_haversine
    >>> round(float(scattering_haversine(math.sqrt(0.5), math.pi / 4, 1.0)), 12)
    0.5
    """
    across, along = _legs(path_length, theta, supernova_distance)
    distance = np.sqrt(along**2 + across**2)
    longer = distance + abs(along)
    apart = longer > 0.0
    distance, longer = (np.where(apart, length, supernova_distance) for length in (distance, longer))
    return apart * np.where(along > 0.0, across**2 / (2.0 * distance * longer), longer / (2.0 * distance))


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


def halo_distance_squared(path_length: Any, theta: Any, phi: Any, halo_distance: Any, off_centre_angle: Any) -> Any:
    """Return the square of the distance of a point from the centre of the halo.

    Parameters
    ----------
    path_length
        l of the point from Earth [kpc].
    theta, phi
        Angle of the point from the supernova, and azimuth [rad].
    halo_distance, off_centre_angle
        R_g [kpc] and beta [rad] of the centre.

    Returns
    -------
    array or quantity
        r^2 [kpc^2]; all arguments broadcast.

    Notes
    -----
    r^2 = l^2 + R_g^2 - 2 l R_g (cos(theta) cos(beta) + sin(theta) sin(beta) sin(phi)), computed as (A - B) +
    B (1 - sin(phi)) with `halo_distance_coefficients`. Source: the law of cosines.

    Examples
    --------
    A right angle between point and centre:

    >>> import math
    >>> from gridscan.physics.boosted_dark_matter.arrival import halo_distance_squared
    >>> round(float(halo_distance_squared(3.0, 0.0, 0.0, 4.0, math.pi / 2)), 9)
    25.0
    """
    lowest, _ = halo_distance_extremes(path_length, theta, halo_distance, off_centre_angle)
    sine = np.sin(phi)
    below_one = np.where(sine > 0.0, np.cos(phi) ** 2 / (1.0 + abs(sine)), 1.0 - sine)
    return lowest + _modulation(path_length, theta, halo_distance, off_centre_angle) * below_one


def halo_distance_coefficients(
    path_length: Any, theta: Any, halo_distance: Any, off_centre_angle: Any
) -> tuple[Any, Any]:
    """Return A and B of r^2 = A - B sin(phi).

    Parameters
    ----------
    path_length
        l of the point from Earth [kpc].
    theta
        Angle of the point from the supernova [rad].
    halo_distance, off_centre_angle
        R_g [kpc] and beta [rad] of the centre.

    Returns
    -------
    A, B : array or quantity
        [kpc^2]; all arguments broadcast.

    Notes
    -----
    A = l^2 + R_g^2 - 2 l R_g cos(theta) cos(beta), B = 2 l R_g sin(theta) sin(beta). Only r depends on phi, so that the
    azimuthal mean of a density is a function of A and B alone. Source: the law of cosines.

    Examples
    --------
    >>> import math
    >>> from gridscan.physics.boosted_dark_matter.arrival import halo_distance_coefficients
    >>> [round(float(value), 9) for value in halo_distance_coefficients(3.0, math.pi / 2, 4.0, math.pi / 2)]
    [25.0, 24.0]
    """
    lowest, highest = halo_distance_extremes(path_length, theta, halo_distance, off_centre_angle)
    return 0.5 * (lowest + highest), _modulation(path_length, theta, halo_distance, off_centre_angle)


def halo_distance_extremes(path_length: Any, theta: Any, halo_distance: Any, off_centre_angle: Any) -> tuple[Any, Any]:
    """Return the smallest and the largest r^2 along phi, A - B and A + B without cancellation.

    Parameters
    ----------
    path_length
        l of the point from Earth [kpc].
    theta
        Angle of the point from the supernova [rad].
    halo_distance, off_centre_angle
        R_g [kpc] and beta [rad] of the centre.

    Returns
    -------
    smallest, largest : array or quantity
        [kpc^2]; all arguments broadcast.

    Notes
    -----
    (l - R_g)^2 + 4 l R_g hav(theta ∓ beta). Source: the law of cosines, with the centre in the plane of E, S and B.

    Examples
    --------
    >>> import math
    >>> from gridscan.physics.boosted_dark_matter.arrival import halo_distance_extremes
    >>> [round(float(value), 9) for value in halo_distance_extremes(3.0, math.pi / 2, 4.0, math.pi / 2)]
    [1.0, 49.0]
    """
    along, product = (path_length - halo_distance) ** 2, 4.0 * path_length * halo_distance
    lowest = along + product * haversine(theta - off_centre_angle)
    return lowest, along + product * haversine(theta + off_centre_angle)


def _modulation(path_length: Any, theta: Any, halo_distance: Any, off_centre_angle: Any) -> Any:
    return 2.0 * path_length * halo_distance * np.sin(theta) * np.sin(off_centre_angle)


def _legs(path_length: Any, theta: Any, supernova_distance: Any) -> tuple[Any, Any]:
    """Return the way from the supernova to a point across, and against, the line of sight."""
    along = (supernova_distance - path_length) - 2.0 * supernova_distance * haversine(theta)
    return supernova_distance * np.sin(theta), along

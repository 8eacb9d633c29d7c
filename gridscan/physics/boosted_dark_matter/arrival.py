"""Where and when dark matter that was kicked by the neutrinos of a supernova is seen from Earth.

A supernova S at the distance R_s from Earth E emits a thin shell of neutrinos. At a point B, at the distance d from S
and l from E, a particle is kicked towards Earth under the angle psi. It is slower than light, b = c/v > 1, and arrives

    t = (d + b l - R_s)/c

after the neutrinos. The sky angle theta of B is measured from the supernova, phi is the azimuth about the line E-S, R_g
the distance of the centre of the halo and beta the angle between it and the supernova, seen from Earth. Angles are in
rad, theta, psi and beta from 0 to pi; all lengths share one unit, here kpc, and the speed of light is in that unit per
time. Numbers and quantities with units do alike, and all arguments broadcast.

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

_POSITIVE = Range(above=0.0, finite=False)


def peak_time(kinetic_energy: Any, dark_matter_mass: Any, supernova_distance: Any, speed_of_light: Any) -> Any:
    """Return the time [s] after the neutrinos at which particles kicked right beside the supernova arrive.

    t_peak = (R_s/c) (b - 1). Source: the difference of the times of flight from the supernova.

    Parameters
    ----------
    kinetic_energy, dark_matter_mass
        T > 0 and m [MeV] of the particles.
    supernova_distance
        R_s [kpc].
    speed_of_light
        c [kpc/s].
    """
    return supernova_distance / speed_of_light * inverse_velocity_excess(kinetic_energy, dark_matter_mass)


def vanishing_time(kinetic_energy: Any, dark_matter_mass: Any, supernova_distance: Any, speed_of_light: Any) -> Any:
    """Return the time [s] after the neutrinos at which the last particles arrive, later than `peak_time`.

    t_van = (R_s/c) (sqrt(1 + m/(2 T)) - 1), in the form z/(sqrt(1 + z) + 1) with z = m/(2 T).
    Source: the largest d + b l of all points with psi <= psi_max.

    Parameters
    ----------
    kinetic_energy, dark_matter_mass, supernova_distance, speed_of_light
        See `peak_time`.
    """
    checked("kinetic_energy", kinetic_energy, _POSITIVE, "MeV")
    z = dark_matter_mass / (2.0 * kinetic_energy)
    return supernova_distance / speed_of_light * z / (np.sqrt(1.0 + z) + 1.0)


def sky_window(
    time: Any, kinetic_energy: Any, dark_matter_mass: Any, supernova_distance: Any, speed_of_light: Any
) -> tuple[Any, Any]:
    """Return between which angles from the supernova particles arrive at a time.

    Until `peak_time` it is a disk about the supernova, then an annulus, which closes at `vanishing_time`.

    Parameters
    ----------
    time
        t after the neutrinos [s].
    kinetic_energy, dark_matter_mass, supernova_distance, speed_of_light
        See `peak_time`; the mass is above 0.

    Returns
    -------
    inner, outer
        [rad]; both are 0 before the neutrinos and after the vanishing time, when nothing arrives.

    Notes
    -----
    At the edges psi = psi_max, hence theta = delta ± alpha with tan(delta) = sqrt(m T/2)/(T + m), in which cos(alpha) =
    zeta/zeta_van, zeta = R_s + c t. Written without cancellation, with t_peak = t(delta = alpha),

        sin^2(alpha/2) = c (t_van - t)/(2 zeta_van),   sin(inner/2) sin(outer/2) = c (t - t_peak)/(2 zeta_van).

    Source: d + b l = zeta and the theorem of sines in the triangle of Earth, supernova and B.
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
    """Return the distance l [kpc] from Earth at which particles that arrive at a time from a direction were kicked.

    Parameters
    ----------
    time
        t after the neutrinos [s].
    theta
        Angle from the supernova [rad].
    inverse_velocity_excess
        b - 1, above 0: see `gridscan.physics.scattering.kinematics.inverse_velocity_excess`.
    supernova_distance, speed_of_light
        R_s [kpc] and c [kpc/s].

    Returns
    -------
    Any
        [kpc]; 0 at and before the arrival of the neutrinos. Whether any neutrino has the energy for it, `sky_window`
        tells.

    Notes
    -----
    The root of d + b l = R_s + x with x = c t is, with K = R_s (b - 1 + 2 hav(theta)) + b x,

        l = x (2 R_s + x)/(K + sqrt((x + R_s (2 b hav(theta) - (b - 1)))^2 + (b^2 - 1) R_s^2 sin^2(theta))).

    Source: the law of cosines; the radicand is K^2 - (b^2 - 1) x (2 R_s + x), a sum of squares.
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
    """Return how far a point is from another one, d = sqrt((R - l)^2 + 4 R l hav(theta)), such as the supernova.

    Source: the law of cosines.

    Parameters
    ----------
    path_length
        l [kpc], 0 or more, of the point from Earth.
    angle
        theta [rad] between the two, seen from Earth.
    distance
        R [kpc] of the other one from Earth.

    Returns
    -------
    Any
        [kpc].
    """
    return np.sqrt((distance - path_length) ** 2 + 4.0 * distance * path_length * haversine(angle))


def scattering_angle(path_length: Any, theta: Any, supernova_distance: Any) -> Any:
    """Return psi [rad] between the neutrino and the direction to Earth at a point; 0 at the supernova itself.

    psi = atan2(R_s sin(theta), R_s cos(theta) - l). Source: the triangle of Earth, supernova and the point.

    Parameters
    ----------
    path_length, theta, supernova_distance
        l [kpc], 0 or more, and theta [rad] of the point, and R_s [kpc].
    """
    return np.arctan2(*_legs(path_length, theta, supernova_distance))


def scattering_haversine(path_length: Any, theta: Any, supernova_distance: Any) -> Any:
    """Return sin^2(psi/2) of the `scattering_angle` psi.

    With z = R_s cos(theta) - l it is R_s^2 sin^2(theta)/(2 d (d + z)) where z > 0 and (d - z)/(2 d) elsewhere.
    Source: cos(psi) = z/d.

    Parameters
    ----------
    path_length, theta, supernova_distance
        l [kpc], 0 or more, and theta [rad] of the point, and R_s [kpc].
    """
    across, along = _legs(path_length, theta, supernova_distance)
    distance = np.sqrt(along**2 + across**2)
    longer = distance + abs(along)
    apart = longer > 0.0
    distance, longer = (np.where(apart, length, supernova_distance) for length in (distance, longer))
    return apart * np.where(along > 0.0, across**2 / (2.0 * distance * longer), longer / (2.0 * distance))


def arrival_jacobian(inverse_velocity_excess: Any, haversine: Any, speed_of_light: Any) -> Any:
    """Return how fast the point of origin moves away along a line of sight, J = dl/dt = c/(b - cos(psi)) [kpc/s].

    Source: the derivative of d + b l = R_s + c t at fixed theta, with b - cos(psi) = (b - 1) + 2 sin^2(psi/2).

    Parameters
    ----------
    inverse_velocity_excess
        b - 1, above 0.
    haversine
        sin^2(psi/2): see `scattering_haversine`.
    speed_of_light
        c [kpc/s].
    """
    checked("inverse_velocity_excess", inverse_velocity_excess, _POSITIVE)
    return speed_of_light / (inverse_velocity_excess + 2.0 * haversine)


def halo_distance_squared(path_length: Any, theta: Any, phi: Any, halo_distance: Any, off_centre_angle: Any) -> Any:
    """Return the square r^2 [kpc^2] of the distance of a point from the centre of the halo.

    r^2 = l^2 + R_g^2 - 2 l R_g (cos(theta) cos(beta) + sin(theta) sin(beta) sin(phi)), computed as (A - B) +
    B (1 - sin(phi)) with `halo_distance_coefficients`. Source: the law of cosines.

    Parameters
    ----------
    path_length, theta, phi
        l [kpc], theta and phi [rad] of the point.
    halo_distance, off_centre_angle
        R_g [kpc] and beta [rad] of the centre.
    """
    lowest, _ = halo_distance_extremes(path_length, theta, halo_distance, off_centre_angle)
    sine = np.sin(phi)
    below_one = np.where(sine > 0.0, np.cos(phi) ** 2 / (1.0 + abs(sine)), 1.0 - sine)
    return lowest + _modulation(path_length, theta, halo_distance, off_centre_angle) * below_one


def halo_distance_coefficients(
    path_length: Any, theta: Any, halo_distance: Any, off_centre_angle: Any
) -> tuple[Any, Any]:
    """Return A and B [kpc^2] of r^2 = A - B sin(phi).

    A = l^2 + R_g^2 - 2 l R_g cos(theta) cos(beta), B = 2 l R_g sin(theta) sin(beta). Only r depends on phi, so that the
    azimuthal mean of a density is a function of A and B alone. Source: see `halo_distance_squared`.

    Parameters
    ----------
    path_length, theta, halo_distance, off_centre_angle
        See `halo_distance_squared`.
    """
    lowest, highest = halo_distance_extremes(path_length, theta, halo_distance, off_centre_angle)
    return 0.5 * (lowest + highest), _modulation(path_length, theta, halo_distance, off_centre_angle)


def halo_distance_extremes(path_length: Any, theta: Any, halo_distance: Any, off_centre_angle: Any) -> tuple[Any, Any]:
    """Return the smallest and the largest r^2 [kpc^2] along phi, A - B and A + B without cancellation.

    (l - R_g)^2 + 4 l R_g hav(theta ∓ beta). Source: the law of cosines, with the centre in the plane of E, S and B.

    Parameters
    ----------
    path_length, theta, halo_distance, off_centre_angle
        See `halo_distance_squared`.
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

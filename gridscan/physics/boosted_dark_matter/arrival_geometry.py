"""Triangles of Earth, supernova, halo centre and the point of scattering: distances and angles between them.

The supernova S is at the distance R_s from Earth E, the centre of the halo at the distance R_g and the angle beta from
the supernova. A point B at the distance l from Earth has the angle theta from the supernova and the azimuth phi about
the line E-S. Angles are in rad, theta and beta from 0 to pi; lengths share one unit, here kpc. The functions work on
numbers and on quantities, all arguments broadcast, and nothing cancels: B may be nearer to the supernova than
1e-10 R_s.

Source: Lin et al. 2023, Phys. Rev. D 108, 083013.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gridscan.numerics.unit_arguments import with_units
from gridscan.physics.scattering.recoil_angle import haversine

__all__ = [
    "halo_distance_coefficients",
    "halo_distance_extremes",
    "halo_distance_squared",
    "scattering_angle",
    "scattering_haversine",
    "separation",
]


@with_units(path_length="kpc", angle="rad", distance="kpc")
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
    >>> from gridscan.physics.boosted_dark_matter.arrival_geometry import separation
    >>> round(float(separation(3.0, math.pi / 2, 4.0)), 12)
    5.0
    """
    return np.sqrt((distance - path_length) ** 2 + 4.0 * distance * path_length * haversine(angle))


@with_units(path_length="kpc", theta="rad", supernova_distance="kpc")
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
    >>> from gridscan.physics.boosted_dark_matter.arrival_geometry import scattering_angle
    >>> round(math.degrees(scattering_angle(math.sqrt(0.5), math.pi / 4, 1.0)), 9)
    90.0
    """
    return np.arctan2(*_legs(path_length, theta, supernova_distance))


@with_units(path_length="kpc", theta="rad", supernova_distance="kpc")
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
    >>> from gridscan.physics.boosted_dark_matter.arrival_geometry import scattering_haversine
    >>> round(float(scattering_haversine(math.sqrt(0.5), math.pi / 4, 1.0)), 12)
    0.5
    """
    across, along = _legs(path_length, theta, supernova_distance)
    distance = np.sqrt(along**2 + across**2)
    longer = distance + abs(along)
    apart = longer > 0.0
    distance, longer = (np.where(apart, length, supernova_distance) for length in (distance, longer))
    return apart * np.where(along > 0.0, across**2 / (2.0 * distance * longer), longer / (2.0 * distance))


@with_units(path_length="kpc", theta="rad", phi="rad", halo_distance="kpc", off_centre_angle="rad")
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
    >>> from gridscan.physics.boosted_dark_matter.arrival_geometry import halo_distance_squared
    >>> round(float(halo_distance_squared(3.0, 0.0, 0.0, 4.0, math.pi / 2)), 9)
    25.0
    """
    lowest, _ = halo_distance_extremes(path_length, theta, halo_distance, off_centre_angle)
    sine = np.sin(phi)
    below_one = np.where(sine > 0.0, np.cos(phi) ** 2 / (1.0 + abs(sine)), 1.0 - sine)
    return lowest + _modulation(path_length, theta, halo_distance, off_centre_angle) * below_one


@with_units(path_length="kpc", theta="rad", halo_distance="kpc", off_centre_angle="rad")
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
    >>> from gridscan.physics.boosted_dark_matter.arrival_geometry import halo_distance_coefficients
    >>> [round(float(value), 9) for value in halo_distance_coefficients(3.0, math.pi / 2, 4.0, math.pi / 2)]
    [25.0, 24.0]
    """
    lowest, highest = halo_distance_extremes(path_length, theta, halo_distance, off_centre_angle)
    return 0.5 * (lowest + highest), _modulation(path_length, theta, halo_distance, off_centre_angle)


@with_units(path_length="kpc", theta="rad", halo_distance="kpc", off_centre_angle="rad")
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
    >>> from gridscan.physics.boosted_dark_matter.arrival_geometry import halo_distance_extremes
    >>> [round(float(value), 9) for value in halo_distance_extremes(3.0, math.pi / 2, 4.0, math.pi / 2)]
    [1.0, 49.0]
    """
    along, product = (path_length - halo_distance) ** 2, 4.0 * path_length * halo_distance
    lowest = along + product * haversine(theta - off_centre_angle)
    return lowest, along + product * haversine(theta + off_centre_angle)


def _modulation(path_length: Any, theta: Any, halo_distance: Any, off_centre_angle: Any) -> Any:
    return 2.0 * path_length * halo_distance * np.sin(theta) * np.sin(off_centre_angle)


def _legs(path_length: Any, theta: Any, supernova_distance: Any) -> tuple[Any, Any]:
    """Return the components of the way from the supernova to a point across, and against, the line of sight."""
    along = (supernova_distance - path_length) - 2.0 * supernova_distance * haversine(theta)
    return supernova_distance * np.sin(theta), along

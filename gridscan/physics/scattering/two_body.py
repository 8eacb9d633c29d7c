"""Elastic scattering on a target at rest: the recoil energy, Mandelstam variables and the centre-of-momentum frame.

A neutrino of energy E, or any projectile of mass m1 and kinetic energy T1, hits a target of mass m2 at rest, which
recoils with the kinetic energy T2 at the angle psi to the projectile, given as its haversine (see
`gridscan.physics.scattering.recoil_angle`). Energies and masses are numbers (MeV) or quantities; all arguments
broadcast. `gridscan.physics.scattering.inverse_kinematics` goes from the recoil back to the projectile.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gridscan.numerics.unit_arguments import with_units
from gridscan.physics.scattering.recoil_angle import sine_squared

__all__ = [
    "boost_squared",
    "cm_momentum_squared",
    "kallen",
    "mandelstam",
    "mandelstam_s",
    "mandelstam_t_range",
    "target_energy",
    "target_energy_slope",
]


@with_units(projectile_energy="MeV", projectile_mass="MeV", target_mass="MeV")
def mandelstam_s(projectile_energy: Any, projectile_mass: Any, target_mass: Any) -> Any:
    """Return the square of the invariant mass of projectile and target, the Mandelstam variable s.

    Parameters
    ----------
    projectile_energy
        Kinetic energy T1 of the projectile [MeV]; of a neutrino, its energy.
    projectile_mass, target_mass
        m1, 0 for a neutrino, and m2 > 0 [MeV].

    Returns
    -------
    array or quantity
        s [MeV^2]; all arguments broadcast.

    Notes
    -----
    s = (m1 + m2)^2 + 2 m2 T1. Source: definition, with the target at rest.

    Examples
    --------
    >>> from gridscan.physics.scattering.two_body import mandelstam_s
    >>> mandelstam_s(3.0, 1.0, 2.0)
    21.0
    """
    return (projectile_mass + target_mass) ** 2 + 2.0 * target_mass * projectile_energy


@with_units(projectile_energy="MeV", projectile_mass="MeV", target_mass="MeV")
def boost_squared(projectile_energy: Any, projectile_mass: Any, target_mass: Any) -> Any:
    """Return gamma^2 of the centre-of-momentum frame, seen from the target at rest.

    Parameters
    ----------
    projectile_energy
        Kinetic energy T1 of the projectile [MeV]; of a neutrino, its energy.
    projectile_mass, target_mass
        m1, 0 for a neutrino, and m2 > 0 [MeV].

    Returns
    -------
    array or quantity
        gamma^2, dimensionless, 1 or more; all arguments broadcast.

    Notes
    -----
    (T1 + m1 + m2)^2/s. Source: the total energy over the invariant mass.

    Examples
    --------
    >>> from gridscan.physics.scattering.two_body import boost_squared
    >>> round(boost_squared(4.0, 0.0, 1.0), 12)  # (4 + 1)^2/(1 + 2 × 4)
    2.777777777778
    """
    total = projectile_energy + projectile_mass + target_mass
    return total**2 / mandelstam_s(projectile_energy, projectile_mass, target_mass)


@with_units(projectile_energy="MeV", projectile_mass="MeV", target_mass="MeV")
def target_energy(projectile_energy: Any, projectile_mass: Any, target_mass: Any, haversine: Any) -> Any:
    """Return the kinetic energy of a target that recoils at the angle psi.

    Parameters
    ----------
    projectile_energy
        Kinetic energy T1 of the projectile [MeV]; of a neutrino, its energy.
    projectile_mass, target_mass
        m1, 0 for a neutrino, and m2 > 0 [MeV].
    haversine
        sin^2(psi/2), dimensionless.

    Returns
    -------
    array or quantity
        T2 [MeV]; 0 from psi = pi/2 on; all arguments broadcast.

    Notes
    -----
    T2 = 2 m2 p1^2 cos^2(psi)/(s + p1^2 sin^2(psi)), which is the same with (T1 + m1 + m2)^2 - p1^2 cos^2(psi) as the
    denominator. Source: conservation of energy and momentum.

    Examples
    --------
    A neutrino of 3 MeV kicks a particle of 3 MeV to 2 E^2/(2 E + m) = 2 MeV at most:

    >>> from gridscan.physics.scattering.two_body import target_energy
    >>> round(target_energy(3.0, 0.0, 3.0, 0.0), 12)
    2.0
    """
    p_squared = projectile_energy * (projectile_energy + 2.0 * projectile_mass)
    cosine = 1.0 - 2.0 * haversine
    below = mandelstam_s(projectile_energy, projectile_mass, target_mass) + p_squared * sine_squared(haversine)
    return (cosine > 0.0) * 2.0 * target_mass * p_squared * cosine**2 / below


@with_units(projectile_energy="MeV", projectile_mass="MeV", target_mass="MeV")
def target_energy_slope(projectile_energy: Any, projectile_mass: Any, target_mass: Any, haversine: Any) -> Any:
    """Return dT2/dcos(psi) of `target_energy` at fixed T1.

    Parameters
    ----------
    projectile_energy
        Kinetic energy T1 of the projectile [MeV]; of a neutrino, its energy.
    projectile_mass, target_mass
        m1, 0 for a neutrino, and m2 > 0 [MeV].
    haversine
        sin^2(psi/2), dimensionless.

    Returns
    -------
    array or quantity
        dT2/dcos(psi) [MeV]; 0 from psi = pi/2 on; all arguments broadcast.

    Notes
    -----
    dT2/dx = 4 m2 p1^2 x (T1 + m1 + m2)^2/(s + p1^2 (1 - x^2))^2 with x = cos(psi).
    Source: the derivative of `target_energy`.

    Examples
    --------
    >>> from gridscan.physics.scattering.two_body import target_energy, target_energy_slope
    >>> difference = target_energy(3.0, 0.0, 3.0, 0.1 - 1e-6) - target_energy(3.0, 0.0, 3.0, 0.1 + 1e-6)
    >>> round(difference / 4e-6 - target_energy_slope(3.0, 0.0, 3.0, 0.1), 6)  # dcos(psi) = -2 dhav(psi)
    0.0
    """
    p_squared = projectile_energy * (projectile_energy + 2.0 * projectile_mass)
    cosine, total = 1.0 - 2.0 * haversine, projectile_energy + projectile_mass + target_mass
    below = mandelstam_s(projectile_energy, projectile_mass, target_mass) + p_squared * sine_squared(haversine)
    return (cosine > 0.0) * 4.0 * target_mass * p_squared * cosine * total**2 / below**2


@with_units(projectile_energy="MeV", projectile_mass="MeV", target_mass="MeV")
def mandelstam(projectile_energy: Any, projectile_mass: Any, target_mass: Any, haversine: Any) -> tuple[Any, Any, Any]:
    """Return the Mandelstam variables for a target that recoils at the angle psi.

    Parameters
    ----------
    projectile_energy
        Kinetic energy T1 of the projectile [MeV]; of a neutrino, its energy.
    projectile_mass, target_mass
        m1, 0 for a neutrino, and m2 > 0 [MeV].
    haversine
        sin^2(psi/2), dimensionless.

    Returns
    -------
    s, t, u : array or quantity
        [MeV^2]; all arguments broadcast.

    Notes
    -----
    s = (m1 + m2)^2 + 2 m2 T1, t = -2 m2 T2 and u = (m1^2 - m2^2)^2/s - (4 p_cm^2 + t), where 4 p_cm^2 + t =
    4 p_cm^2 sin^2(psi) (T1 + m1 + m2)^2/(s + p1^2 sin^2(psi)): 2 (m1^2 + m2^2) - s - t would lose every digit of
    a small u.
    Source: definition.

    Examples
    --------
    s + t + u = 2 (m1^2 + m2^2):

    >>> from gridscan.physics.scattering.two_body import mandelstam
    >>> s, t, u = mandelstam(3.0, 1.0, 2.0, 0.1)
    >>> s, round(float(s + t + u), 12)
    (21.0, 10.0)
    """
    s = mandelstam_s(projectile_energy, projectile_mass, target_mass)
    t = -2.0 * target_mass * target_energy(projectile_energy, projectile_mass, target_mass, haversine)
    p_squared = projectile_energy * (projectile_energy + 2.0 * projectile_mass)
    sine2, total = sine_squared(haversine), projectile_energy + projectile_mass + target_mass
    above_end = -mandelstam_t_range(projectile_energy, projectile_mass, target_mass)[0]
    above_end = above_end * np.where(haversine < 0.5, sine2 * (total**2 / (s + p_squared * sine2)), 1.0)
    return s, t, (projectile_mass**2 - target_mass**2) ** 2 / s - above_end


def kallen(x: Any, y: Any, z: Any) -> Any:
    """Return the Källén function of three numbers.

    Parameters
    ----------
    x, y, z
        Numbers of one unit, such as s, m1^2 and m2^2.

    Returns
    -------
    array or quantity
        lambda(x, y, z), in that unit squared.

    Notes
    -----
    x^2 + y^2 + z^2 - 2 (x y + y z + z x) = (x - y - z)^2 - 4 y z; p_cm^2 = lambda(s, m1^2, m2^2)/(4 s).
    Source: Källén 1964, Elementary Particle Physics.

    Examples
    --------
    >>> from gridscan.physics.scattering.two_body import kallen
    >>> kallen(9.0, 1.0, 4.0)  # at threshold, s = (m1 + m2)^2, the momentum is zero
    0.0
    """
    return (x - y - z) ** 2 - 4.0 * y * z


@with_units(projectile_energy="MeV", projectile_mass="MeV", target_mass="MeV")
def cm_momentum_squared(projectile_energy: Any, projectile_mass: Any, target_mass: Any) -> Any:
    """Return the square of either momentum in the centre-of-momentum frame.

    Parameters
    ----------
    projectile_energy
        Kinetic energy T1 of the projectile [MeV]; of a neutrino, its energy.
    projectile_mass, target_mass
        m1, 0 for a neutrino, and m2 > 0 [MeV].

    Returns
    -------
    array or quantity
        p_cm^2 [MeV^2]; all arguments broadcast.

    Notes
    -----
    (m2 p1)^2/s. Source: `kallen` of s, m1^2 and m2^2 is 4 (m2 p1)^2, here without its cancellation.

    Examples
    --------
    >>> from gridscan.physics.scattering.two_body import cm_momentum_squared, kallen
    >>> s = 3.0**2 + 2 * 2.0 * 3.0
    >>> round(cm_momentum_squared(3.0, 1.0, 2.0) - kallen(s, 1.0**2, 2.0**2) / (4 * s), 12)
    0.0
    """
    p_squared = projectile_energy * (projectile_energy + 2.0 * projectile_mass)
    return target_mass**2 * p_squared / mandelstam_s(projectile_energy, projectile_mass, target_mass)


@with_units(projectile_energy="MeV", projectile_mass="MeV", target_mass="MeV")
def mandelstam_t_range(projectile_energy: Any, projectile_mass: Any, target_mass: Any) -> tuple[Any, Any]:
    """Return the smallest and the largest t of elastic scattering, -4 p_cm^2 and 0.

    Parameters
    ----------
    projectile_energy
        Kinetic energy T1 of the projectile [MeV]; of a neutrino, its energy.
    projectile_mass, target_mass
        m1, 0 for a neutrino, and m2 > 0 [MeV].

    Returns
    -------
    lowest, highest : array or quantity
        [MeV^2]; all arguments broadcast.

    Notes
    -----
    Source: t = -2 p_cm^2 (1 - cos(theta_cm)).

    Examples
    --------
    The largest recoil of a target is T2 = -t/(2 m2):

    >>> from gridscan.physics.scattering.two_body import mandelstam_t_range, target_energy
    >>> lowest, highest = mandelstam_t_range(3.0, 0.0, 3.0)
    >>> round(lowest / (-2 * 3.0) - target_energy(3.0, 0.0, 3.0, 0.0), 12), abs(highest)
    (0.0, 0.0)
    """
    lowest = -4.0 * cm_momentum_squared(projectile_energy, projectile_mass, target_mass)
    return lowest, 0.0 * lowest

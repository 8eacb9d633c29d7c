"""Inverse kinematics of elastic scattering: the energy of the projectile from the recoil of the target and its angle.

A neutrino of energy E, or any projectile of mass m1 and kinetic energy T1, hits a target of mass m2 at rest, which
recoils with the kinetic energy T2 at the angle psi to the projectile, given as its haversine (see
`gridscan.physics.scattering.recoil_angle`). Energies and masses are numbers (MeV) or quantities; all arguments
broadcast. Where no projectile can, energy and slope are 0, so that a rate made of them is 0 and never NaN. An
EvaluationError names a kinetic energy or a mass that is not positive.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gridscan.numerics.ranges import Range, checked
from gridscan.numerics.unit_arguments import with_units
from gridscan.physics.scattering.one_particle import momentum
from gridscan.physics.scattering.recoil_angle import largest_haversine, sine_squared

_POSITIVE = Range(above=0.0, finite=False)

__all__ = [
    "neutrino_energy",
    "neutrino_energy_slope",
    "projectile_energy",
    "projectile_energy_slope",
    "smallest_projectile_energy",
]


@with_units(kinetic_energy="MeV", dark_matter_mass="MeV")
def neutrino_energy(kinetic_energy: Any, dark_matter_mass: Any, haversine: Any) -> Any:
    """Return the energy of the neutrino that kicks a particle at rest to T at the angle psi, or 0 where none can.

    Parameters
    ----------
    kinetic_energy, dark_matter_mass
        T > 0 and m > 0 of the kicked particle [MeV].
    haversine
        sin^2(psi/2), dimensionless; the energy is 0 from `largest_haversine` on.

    Returns
    -------
    array or quantity
        E [MeV]; all arguments broadcast.

    Raises
    ------
    EvaluationError
        If a kinetic energy or a mass is not positive.

    Notes
    -----
    E = T m/(2 p (hav(psi_max) - hav(psi))), which is T m/(p cos(psi) - T) without cancellation.
    Source: conservation of energy and momentum; Lin et al. 2023, Phys. Rev. Lett. 130, 111002.

    Examples
    --------
    A head-on collision needs E = (T + p)/2; with T = 2 and m = 3, p = 4:

    >>> from gridscan.physics.scattering.inverse_kinematics import neutrino_energy
    >>> round(float(neutrino_energy(2.0, 3.0, 0.0)), 12)
    3.0
    """
    checked("dark_matter_mass", dark_matter_mass, _POSITIVE, "MeV")
    below_end = largest_haversine(kinetic_energy, dark_matter_mass) - haversine
    allowed = below_end > 0.0
    p = momentum(kinetic_energy, dark_matter_mass)
    return allowed * kinetic_energy * dark_matter_mass / (2.0 * p * np.where(allowed, below_end, 1.0))


@with_units(kinetic_energy="MeV", dark_matter_mass="MeV")
def neutrino_energy_slope(kinetic_energy: Any, dark_matter_mass: Any, haversine: Any) -> Any:
    """Return dE/dT of `neutrino_energy` at fixed psi, or 0 where no neutrino can.

    Parameters
    ----------
    kinetic_energy, dark_matter_mass
        T > 0 and m > 0 of the kicked particle [MeV].
    haversine
        sin^2(psi/2), dimensionless.

    Returns
    -------
    array or quantity
        dE/dT, dimensionless, 1 or more; all arguments broadcast.

    Raises
    ------
    EvaluationError
        If a kinetic energy or a mass is not positive.

    Notes
    -----
    E^2 cos(psi)/(T p). Source: the derivative of `neutrino_energy`. The publications multiply it by v/c; counting
    particles does not.

    Examples
    --------
    Head-on, E = (T + p)/2 and dE/dT = (1 + (T + m)/p)/2:

    >>> from gridscan.physics.scattering.inverse_kinematics import neutrino_energy_slope
    >>> round(float(neutrino_energy_slope(2.0, 3.0, 0.0)), 12)
    1.125
    """
    energy = neutrino_energy(kinetic_energy, dark_matter_mass, haversine)
    cosine = 1.0 - 2.0 * haversine
    return energy**2 * cosine / (kinetic_energy * momentum(kinetic_energy, dark_matter_mass))


@with_units(target_energy="MeV", projectile_mass="MeV", target_mass="MeV")
def projectile_energy(target_energy: Any, projectile_mass: Any, target_mass: Any, haversine: Any) -> tuple[Any, Any]:
    """Return the kinetic energy of the projectile that kicks a target to T2 at the angle psi, and whether any can.

    Parameters
    ----------
    target_energy
        Kinetic energy T2 > 0 of the target [MeV].
    projectile_mass, target_mass
        m1, 0 or more, and m2 > 0 [MeV].
    haversine
        sin^2(psi/2), dimensionless.

    Returns
    -------
    energy : array or quantity
        T1 [MeV], 0 where not allowed.
    allowed : array
        Whether a projectile can.

    Raises
    ------
    EvaluationError
        If a target energy or a target mass is not positive.

    Notes
    -----
    T1 is the positive root of a T1^2 - 2 b T1 - T2 (m1 + m2)^2 = 0 with a = 2 m2 cos^2(psi) - T2 sin^2(psi) and
    b = T2 (m2 + m1 sin^2(psi)) - 2 m1 m2 cos^2(psi). Since T2 grows with T1 at any psi, there is one where a > 0 and
    psi < pi/2, and none otherwise. Source: conservation of energy and momentum.

    Examples
    --------
    Equal masses head-on exchange their energies; no target goes backwards:

    >>> import numpy as np
    >>> from gridscan.physics.scattering.inverse_kinematics import projectile_energy
    >>> energy, allowed = projectile_energy(2.0, 3.0, 3.0, np.array([0.0, 0.6]))
    >>> energy.round(12), allowed
    (array([2., 0.]), array([ True, False]))
    """
    checked("target_energy", target_energy, _POSITIVE, "MeV")
    checked("target_mass", target_mass, _POSITIVE, "MeV")
    cosine, sine2 = 1.0 - 2.0 * haversine, sine_squared(haversine)
    quadratic = 2.0 * target_mass * cosine**2 - target_energy * sine2
    allowed = (quadratic > 0.0) & (cosine > 0.0)
    quadratic = np.where(allowed, quadratic, target_mass)
    linear = target_energy * (target_mass + projectile_mass * sine2) - 2.0 * projectile_mass * target_mass * cosine**2
    constant = target_energy * (projectile_mass + target_mass) ** 2
    root = np.sqrt(linear**2 + quadratic * constant)
    # Of the two forms of the root, the one whose terms have the same sign.
    larger = root + abs(linear)
    return allowed * np.where(linear > 0.0, larger / quadratic, constant / larger), allowed


@with_units(target_energy="MeV", projectile_mass="MeV", target_mass="MeV")
def smallest_projectile_energy(target_energy: Any, projectile_mass: Any, target_mass: Any) -> Any:
    """Return the threshold: the smallest kinetic energy of a projectile that can kick a target to T2.

    Parameters
    ----------
    target_energy
        Kinetic energy T2 > 0 of the target [MeV].
    projectile_mass, target_mass
        m1, 0 or more, and m2 > 0 [MeV].

    Returns
    -------
    array or quantity
        T1 at psi = 0 [MeV]; all arguments broadcast.

    Raises
    ------
    EvaluationError
        If a target energy or a target mass is not positive.

    Notes
    -----
    See `projectile_energy`; for a neutrino it is (T2 + p2)/2. Source: conservation of energy and momentum.

    Examples
    --------
    >>> from gridscan.physics.scattering.inverse_kinematics import smallest_projectile_energy
    >>> round(float(smallest_projectile_energy(2.0, 0.0, 3.0)), 12)
    3.0
    """
    return projectile_energy(target_energy, projectile_mass, target_mass, 0.0)[0]


@with_units(target_energy="MeV", projectile_mass="MeV", target_mass="MeV")
def projectile_energy_slope(target_energy: Any, projectile_mass: Any, target_mass: Any, haversine: Any) -> Any:
    """Return dT1/dT2 of `projectile_energy` at fixed psi, or 0 where no projectile can.

    Parameters
    ----------
    target_energy
        Kinetic energy T2 > 0 of the target [MeV].
    projectile_mass, target_mass
        m1, 0 or more, and m2 > 0 [MeV].
    haversine
        sin^2(psi/2), dimensionless.

    Returns
    -------
    array or quantity
        dT1/dT2, dimensionless; all arguments broadcast.

    Raises
    ------
    EvaluationError
        If a target energy or a target mass is not positive.

    Notes
    -----
    dT1/dT2 = m2 (p1 cos(psi)/T2)^2 p1^2/((E1 + m2) (m1^2 + E1 m2)) with E1 = T1 + m1; for a massless projectile see
    `neutrino_energy_slope`. Source: the derivative of `target_energy`.

    Examples
    --------
    >>> from gridscan.physics.scattering.inverse_kinematics import projectile_energy_slope
    >>> round(float(projectile_energy_slope(2.0, 3.0, 3.0, 0.0)), 12)  # equal masses exchange their energies
    1.0
    """
    kinetic_energy, allowed = projectile_energy(target_energy, projectile_mass, target_mass, haversine)
    kinetic_energy = np.where(allowed, kinetic_energy, target_energy)
    p_squared = kinetic_energy * (kinetic_energy + 2.0 * projectile_mass)
    energy = kinetic_energy + projectile_mass
    rest = (energy + target_mass) * (projectile_mass**2 + energy * target_mass)
    return allowed * target_mass * p_squared**2 * (1.0 - 2.0 * haversine) ** 2 / (target_energy**2 * rest)

"""Relativistic kinematics of elastic scattering on a particle at rest, without cancellation.

A neutrino of energy E, or any projectile of mass m1 and kinetic energy T1, hits a target of mass m2 at rest, which
recoils with the kinetic energy T2 under the angle psi to the projectile. Masses and momenta stand for m c^2 and p c, in
the unit of the energies, so that the formulas take numbers (MeV) and quantities with units alike; all arguments
broadcast. Masses may be far below or above the energies.

Angles enter as their haversine hav(psi) = sin^2(psi/2): 1 - cos(psi) = 2 hav(psi) loses every digit when it is taken
literally at psi = 1e-8, and a position in space gives hav(psi) directly. `haversine` turns an angle into it.

What cannot happen has the energy 0, the slope 0 and the probability 0, so that a rate made of them is 0 and never NaN.
Where a kinetic energy or a mass has to be above 0 and is not, an EvaluationError names it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gridscan.numerics.ranges import Range, checked

_POSITIVE = Range(above=0.0, finite=False)

__all__ = [
    "angular_density",
    "angular_density_at_angle",
    "boost_squared",
    "cm_momentum_squared",
    "haversine",
    "inverse_velocity",
    "inverse_velocity_excess",
    "kallen",
    "largest_haversine",
    "largest_scattering_angle",
    "mandelstam",
    "mandelstam_t_range",
    "momentum",
    "neutrino_energy",
    "neutrino_energy_slope",
    "projectile_energy",
    "projectile_energy_slope",
    "sine_squared",
    "smallest_projectile_energy",
    "target_energy",
    "target_energy_slope",
    "velocity",
    "velocity_deficit",
]


def haversine(angle: Any) -> Any:
    """Return the haversine sin^2(psi/2) of an angle, which is (1 - cos(psi))/2 without cancellation.

    Parameters
    ----------
    angle
        psi [rad].

    Returns
    -------
    array or quantity
        Dimensionless, from 0 to 1.

    Notes
    -----
    Source: the half-angle formula.

    Examples
    --------
    >>> import math
    >>> from gridscan.physics.scattering.kinematics import haversine
    >>> round(float(haversine(math.pi / 2)), 12), f"{haversine(2e-9):.3e}", (1 - math.cos(2e-9)) / 2
    (0.5, '1.000e-18', 0.0)
    """
    return np.sin(0.5 * angle) ** 2


def sine_squared(haversine: Any) -> Any:
    """Return sin^2(psi) from the haversine.

    Parameters
    ----------
    haversine
        hav = sin^2(psi/2), dimensionless.

    Returns
    -------
    array or quantity
        sin^2(psi), dimensionless, from 0 to 1.

    Notes
    -----
    4 hav (1 - hav). Source: the double-angle formula.

    Examples
    --------
    >>> from gridscan.physics.scattering.kinematics import sine_squared
    >>> sine_squared(0.5)
    1.0
    """
    return 4.0 * haversine * (1.0 - haversine)


def momentum(kinetic_energy: Any, mass: Any) -> Any:
    """Return the momentum of a particle.

    Parameters
    ----------
    kinetic_energy, mass
        T and m [MeV], 0 or more.

    Returns
    -------
    array or quantity
        p [MeV]; all arguments broadcast.

    Notes
    -----
    p = sqrt(T (T + 2 m)). Source: p^2 = E^2 - m^2 with E = T + m.

    Examples
    --------
    E = 5, m = 3, p = 4:

    >>> from gridscan.physics.scattering.kinematics import momentum
    >>> float(momentum(2.0, 3.0))
    4.0
    """
    return np.sqrt(kinetic_energy * (kinetic_energy + 2.0 * mass))


def inverse_velocity(kinetic_energy: Any, mass: Any) -> Any:
    """Return the inverse velocity c/v of a particle.

    Parameters
    ----------
    kinetic_energy, mass
        T > 0 and m [MeV].

    Returns
    -------
    array or quantity
        b = c/v, dimensionless, 1 or more; all arguments broadcast.

    Raises
    ------
    EvaluationError
        If a kinetic energy is not positive.

    Notes
    -----
    b = (T + m)/p. Source: v/c = p/E.

    Examples
    --------
    >>> from gridscan.physics.scattering.kinematics import inverse_velocity
    >>> float(inverse_velocity(2.0, 3.0))
    1.25
    """
    checked("kinetic_energy", kinetic_energy, _POSITIVE, "MeV")
    return (kinetic_energy + mass) / momentum(kinetic_energy, mass)


def inverse_velocity_excess(kinetic_energy: Any, mass: Any) -> Any:
    """Return c/v - 1, the delay of a particle behind light per light travel time.

    Parameters
    ----------
    kinetic_energy, mass
        T > 0 and m [MeV].

    Returns
    -------
    array or quantity
        b - 1, dimensionless, 0 or more; all arguments broadcast.

    Raises
    ------
    EvaluationError
        If a kinetic energy is not positive.

    Notes
    -----
    m^2/(p (T + m + p)). Source: (E - p)/p, times (E + p)/(E + p), which loses no digits where m is far below T.

    Examples
    --------
    A neutrino of 0.1 eV and 10 MeV arrives m^2/(2 E^2) = 5e-17 late:

    >>> from gridscan.physics.scattering.kinematics import inverse_velocity_excess
    >>> print(f"{inverse_velocity_excess(10.0, 1e-7):.6e}")
    5.000000e-17
    """
    checked("kinetic_energy", kinetic_energy, _POSITIVE, "MeV")
    p = momentum(kinetic_energy, mass)
    return mass**2 / (p * (kinetic_energy + mass + p))


def velocity(kinetic_energy: Any, mass: Any) -> Any:
    """Return the velocity v/c of a particle.

    Parameters
    ----------
    kinetic_energy, mass
        T and m [MeV], not both 0.

    Returns
    -------
    array or quantity
        v/c, dimensionless, from 0 to 1; all arguments broadcast.

    Notes
    -----
    v/c = p/(T + m). Source: v/c = p/E.

    Examples
    --------
    >>> from gridscan.physics.scattering.kinematics import velocity
    >>> float(velocity(2.0, 3.0))
    0.8
    """
    return momentum(kinetic_energy, mass) / (kinetic_energy + mass)


def velocity_deficit(kinetic_energy: Any, mass: Any) -> Any:
    """Return 1 - v/c, by which a particle is slower than light.

    Parameters
    ----------
    kinetic_energy, mass
        T and m [MeV], not both 0.

    Returns
    -------
    array or quantity
        1 - v/c, dimensionless, from 0 to 1; all arguments broadcast.

    Notes
    -----
    m^2/((T + m) (T + m + p)). Source: (E - p)/E, times (E + p)/(E + p).

    Examples
    --------
    >>> from gridscan.physics.scattering.kinematics import velocity_deficit
    >>> print(f"{velocity_deficit(10.0, 1e-7):.6e}")
    5.000000e-17
    """
    energy = kinetic_energy + mass
    return mass**2 / (energy * (energy + momentum(kinetic_energy, mass)))


def largest_scattering_angle(kinetic_energy: Any, dark_matter_mass: Any) -> Any:
    """Return the angle below which a neutrino can kick a particle to a kinetic energy.

    Parameters
    ----------
    kinetic_energy, dark_matter_mass
        T > 0 and m of the kicked particle [MeV].

    Returns
    -------
    array or quantity
        psi_max [rad]; all arguments broadcast.

    Raises
    ------
    EvaluationError
        If a kinetic energy is not positive.

    Notes
    -----
    psi_max = arctan(sqrt(2 m/T)). Source: cos(psi_max) = T/p, where `neutrino_energy` diverges; Lin et al. 2023, Phys.
    Rev. Lett. 130, 111002.

    Examples
    --------
    45 degrees for T = 2 m:

    >>> import math
    >>> from gridscan.physics.scattering.kinematics import largest_scattering_angle
    >>> round(math.degrees(largest_scattering_angle(2.0, 1.0)), 9)
    45.0
    """
    checked("kinetic_energy", kinetic_energy, _POSITIVE, "MeV")
    return np.arctan(np.sqrt(2.0 * dark_matter_mass / kinetic_energy))


def largest_haversine(kinetic_energy: Any, dark_matter_mass: Any) -> Any:
    """Return the haversine of `largest_scattering_angle`, without cancellation.

    Parameters
    ----------
    kinetic_energy, dark_matter_mass
        T > 0 and m of the kicked particle [MeV].

    Returns
    -------
    array or quantity
        sin^2(psi_max/2), dimensionless, below 1/2; all arguments broadcast.

    Raises
    ------
    EvaluationError
        If a kinetic energy is not positive.

    Notes
    -----
    m T/(p (p + T)). Source: (1 - T/p)/2 with p^2 - T^2 = 2 m T.

    Examples
    --------
    >>> import math
    >>> from gridscan.physics.scattering.kinematics import largest_haversine
    >>> round(float(largest_haversine(2.0, 1.0)) - math.sin(math.pi / 8) ** 2, 12)
    0.0
    """
    checked("kinetic_energy", kinetic_energy, _POSITIVE, "MeV")
    p = momentum(kinetic_energy, dark_matter_mass)
    return dark_matter_mass * kinetic_energy / (p * (p + kinetic_energy))


def neutrino_energy(kinetic_energy: Any, dark_matter_mass: Any, haversine: Any) -> Any:
    """Return the energy of the neutrino that kicks a particle at rest to T under psi, or 0 where none does.

    Parameters
    ----------
    kinetic_energy, dark_matter_mass
        T > 0 and m > 0 of the kicked particle [MeV].
    haversine
        sin^2(psi/2), dimensionless; at and beyond `largest_haversine` no neutrino does it.

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

    >>> from gridscan.physics.scattering.kinematics import neutrino_energy
    >>> round(float(neutrino_energy(2.0, 3.0, 0.0)), 12)
    3.0
    """
    checked("dark_matter_mass", dark_matter_mass, _POSITIVE, "MeV")
    below_end = largest_haversine(kinetic_energy, dark_matter_mass) - haversine
    allowed = below_end > 0.0
    p = momentum(kinetic_energy, dark_matter_mass)
    return allowed * kinetic_energy * dark_matter_mass / (2.0 * p * np.where(allowed, below_end, 1.0))


def neutrino_energy_slope(kinetic_energy: Any, dark_matter_mass: Any, haversine: Any) -> Any:
    """Return dE/dT of `neutrino_energy` at fixed psi, or 0 where no neutrino does it.

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

    >>> from gridscan.physics.scattering.kinematics import neutrino_energy_slope
    >>> round(float(neutrino_energy_slope(2.0, 3.0, 0.0)), 12)
    1.125
    """
    energy = neutrino_energy(kinetic_energy, dark_matter_mass, haversine)
    cosine = 1.0 - 2.0 * haversine
    return energy**2 * cosine / (kinetic_energy * momentum(kinetic_energy, dark_matter_mass))


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
    >>> from gridscan.physics.scattering.kinematics import boost_squared
    >>> round(boost_squared(4.0, 0.0, 1.0), 12)  # (4 + 1)^2/(1 + 2 × 4)
    2.777777777778
    """
    total = projectile_energy + projectile_mass + target_mass
    return total**2 / _mandelstam_s(projectile_energy, projectile_mass, target_mass)


def angular_density(neutrino_energy: Any, dark_matter_mass: Any, haversine: Any) -> Any:
    """Return the density of recoil directions for scattering that is isotropic in the centre-of-momentum frame.

    Parameters
    ----------
    neutrino_energy, dark_matter_mass
        E and m > 0 [MeV].
    haversine
        sin^2(psi/2), dimensionless.

    Returns
    -------
    array or quantity
        g [1/sr], 0 from psi = pi/2 on; all arguments broadcast.

    Raises
    ------
    EvaluationError
        If a mass is not positive.

    Notes
    -----
    g = gamma^2 cos(psi)/(pi (1 + (gamma^2 - 1) sin^2(psi))^2), with gamma^2 - 1 = E^2/(m (2 E + m)). This is
    gamma^2 sec^3(psi)/(pi (1 + gamma^2 tan^2(psi))^2), and 2 pi ∫ g sin(psi) dpsi = 1.
    Source: Lin et al. 2023, Phys. Rev. D 108, 083013.

    Examples
    --------
    Forward, gamma^2/pi; at rest, cos(psi)/pi:

    >>> import math
    >>> from gridscan.physics.scattering.kinematics import angular_density, boost_squared, haversine
    >>> round(float(angular_density(4.0, 1.0, 0.0) * math.pi / boost_squared(4.0, 0.0, 1.0)), 12)
    1.0
    >>> round(float(angular_density(0.0, 1.0, haversine(math.pi / 3)) * math.pi), 12)
    0.5
    """
    return _angular_density(neutrino_energy, dark_matter_mass, 1.0 - 2.0 * haversine, sine_squared(haversine))


def angular_density_at_angle(neutrino_energy: Any, dark_matter_mass: Any, scattering_angle: Any) -> Any:
    """Return `angular_density` for the angle itself.

    Parameters
    ----------
    neutrino_energy, dark_matter_mass
        E and m > 0 [MeV].
    scattering_angle
        psi [rad].

    Returns
    -------
    array or quantity
        g [1/sr], precise up to pi/2 and 0 outside [0, pi/2); all arguments broadcast.

    Raises
    ------
    EvaluationError
        If a mass is not positive.

    Notes
    -----
    See `angular_density`. Source: Lin et al. 2023, Phys. Rev. D 108, 083013.

    Examples
    --------
    The density is normalised:

    >>> import numpy as np
    >>> from gridscan.physics.scattering.kinematics import angular_density_at_angle
    >>> nodes, weights = np.polynomial.legendre.leggauss(40)
    >>> psi = np.pi / 4 * (1 + nodes)
    >>> round(float(np.pi / 4 * weights @ (2 * np.pi * np.sin(psi) * angular_density_at_angle(4.0, 1.0, psi))), 9)
    1.0
    """
    inside = (scattering_angle >= 0.0) & (scattering_angle < 0.5 * np.pi)
    sine = np.sin(scattering_angle)
    return inside * _angular_density(neutrino_energy, dark_matter_mass, np.cos(scattering_angle), sine**2)


def _angular_density(neutrino_energy: Any, dark_matter_mass: Any, cosine: Any, sine_squared: Any) -> Any:
    checked("dark_matter_mass", dark_matter_mass, _POSITIVE, "MeV")
    excess = neutrino_energy**2 / (dark_matter_mass * (2.0 * neutrino_energy + dark_matter_mass))
    return (cosine > 0.0) * (1.0 + excess) * cosine / (np.pi * (1.0 + excess * sine_squared) ** 2)


def projectile_energy(target_energy: Any, projectile_mass: Any, target_mass: Any, haversine: Any) -> tuple[Any, Any]:
    """Return the kinetic energy of the projectile that kicks a target to T2 under psi, and whether any does.

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
        Whether a projectile can do it.

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
    >>> from gridscan.physics.scattering.kinematics import projectile_energy
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
    >>> from gridscan.physics.scattering.kinematics import smallest_projectile_energy
    >>> round(float(smallest_projectile_energy(2.0, 0.0, 3.0)), 12)
    3.0
    """
    return projectile_energy(target_energy, projectile_mass, target_mass, 0.0)[0]


def projectile_energy_slope(target_energy: Any, projectile_mass: Any, target_mass: Any, haversine: Any) -> Any:
    """Return dT1/dT2 of `projectile_energy` at fixed psi, or 0 where no projectile does it.

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
    >>> from gridscan.physics.scattering.kinematics import projectile_energy_slope
    >>> round(float(projectile_energy_slope(2.0, 3.0, 3.0, 0.0)), 12)  # equal masses exchange their energies
    1.0
    """
    kinetic_energy, allowed = projectile_energy(target_energy, projectile_mass, target_mass, haversine)
    kinetic_energy = np.where(allowed, kinetic_energy, target_energy)
    p_squared = kinetic_energy * (kinetic_energy + 2.0 * projectile_mass)
    energy = kinetic_energy + projectile_mass
    rest = (energy + target_mass) * (projectile_mass**2 + energy * target_mass)
    return allowed * target_mass * p_squared**2 * (1.0 - 2.0 * haversine) ** 2 / (target_energy**2 * rest)


def target_energy(projectile_energy: Any, projectile_mass: Any, target_mass: Any, haversine: Any) -> Any:
    """Return the kinetic energy of a target that recoils under psi.

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
        T2 [MeV]; 0 from psi = pi/2 on, where no target goes; all arguments broadcast.

    Notes
    -----
    T2 = 2 m2 p1^2 cos^2(psi)/(s + p1^2 sin^2(psi)), which is the same with (T1 + m1 + m2)^2 - p1^2 cos^2(psi) as the
    denominator. Source: conservation of energy and momentum.

    Examples
    --------
    A neutrino of 3 MeV kicks a particle of 3 MeV to 2 E^2/(2 E + m) = 2 MeV at most:

    >>> from gridscan.physics.scattering.kinematics import target_energy
    >>> round(target_energy(3.0, 0.0, 3.0, 0.0), 12)
    2.0
    """
    p_squared = projectile_energy * (projectile_energy + 2.0 * projectile_mass)
    cosine = 1.0 - 2.0 * haversine
    below = _mandelstam_s(projectile_energy, projectile_mass, target_mass) + p_squared * sine_squared(haversine)
    return (cosine > 0.0) * 2.0 * target_mass * p_squared * cosine**2 / below


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
    >>> from gridscan.physics.scattering.kinematics import target_energy, target_energy_slope
    >>> difference = target_energy(3.0, 0.0, 3.0, 0.1 - 1e-6) - target_energy(3.0, 0.0, 3.0, 0.1 + 1e-6)
    >>> round(difference / 4e-6 - target_energy_slope(3.0, 0.0, 3.0, 0.1), 6)  # dcos(psi) = -2 dhav(psi)
    0.0
    """
    p_squared = projectile_energy * (projectile_energy + 2.0 * projectile_mass)
    cosine, total = 1.0 - 2.0 * haversine, projectile_energy + projectile_mass + target_mass
    below = _mandelstam_s(projectile_energy, projectile_mass, target_mass) + p_squared * sine_squared(haversine)
    return (cosine > 0.0) * 4.0 * target_mass * p_squared * cosine * total**2 / below**2


def mandelstam(projectile_energy: Any, projectile_mass: Any, target_mass: Any, haversine: Any) -> tuple[Any, Any, Any]:
    """Return the Mandelstam variables of a scattering in which the target recoils under psi.

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
    4 p_cm^2 sin^2(psi) (T1 + m1 + m2)^2/(s + p1^2 sin^2(psi)): 2 (m1^2 + m2^2) - s - t leaves no digit of a small u.
    Source: definition.

    Examples
    --------
    s + t + u = 2 (m1^2 + m2^2):

    >>> from gridscan.physics.scattering.kinematics import mandelstam
    >>> s, t, u = mandelstam(3.0, 1.0, 2.0, 0.1)
    >>> s, round(float(s + t + u), 12)
    (21.0, 10.0)
    """
    s = _mandelstam_s(projectile_energy, projectile_mass, target_mass)
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
    >>> from gridscan.physics.scattering.kinematics import kallen
    >>> kallen(9.0, 1.0, 4.0)  # at threshold, s = (m1 + m2)^2, the momentum is zero
    0.0
    """
    return (x - y - z) ** 2 - 4.0 * y * z


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
    >>> from gridscan.physics.scattering.kinematics import cm_momentum_squared, kallen
    >>> s = 3.0**2 + 2 * 2.0 * 3.0
    >>> round(cm_momentum_squared(3.0, 1.0, 2.0) - kallen(s, 1.0**2, 2.0**2) / (4 * s), 12)
    0.0
    """
    p_squared = projectile_energy * (projectile_energy + 2.0 * projectile_mass)
    return target_mass**2 * p_squared / _mandelstam_s(projectile_energy, projectile_mass, target_mass)


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

    >>> from gridscan.physics.scattering.kinematics import mandelstam_t_range, target_energy
    >>> lowest, highest = mandelstam_t_range(3.0, 0.0, 3.0)
    >>> round(lowest / (-2 * 3.0) - target_energy(3.0, 0.0, 3.0, 0.0), 12), abs(highest)
    (0.0, 0.0)
    """
    lowest = -4.0 * cm_momentum_squared(projectile_energy, projectile_mass, target_mass)
    return lowest, 0.0 * lowest


def _mandelstam_s(projectile_energy: Any, projectile_mass: Any, target_mass: Any) -> Any:
    return (projectile_mass + target_mass) ** 2 + 2.0 * target_mass * projectile_energy

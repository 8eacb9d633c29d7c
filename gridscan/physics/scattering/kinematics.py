"""Elastic scattering on a particle at rest, in forms that keep their digits for masses far below or above the energies.

A neutrino of energy E, or any projectile of mass m1 and kinetic energy T1, hits a target of mass m2 at rest, which goes
off with the kinetic energy T2 under the angle psi to the projectile. Masses and momenta stand for m c^2 and p c, in the
unit of the energies, so that the formulas take numbers (MeV) and quantities with units alike; all arguments broadcast.

Angles enter as their haversine hav(psi) = sin^2(psi/2): 1 - cos(psi) = 2 hav(psi) loses every digit when it is taken
literally at psi = 1e-8, and a position in space gives hav(psi) directly. `haversine` turns an angle into it.

What cannot happen has the energy 0, the slope 0 and the probability 0, so that a rate made of them is 0 and never NaN.
Where a kinetic energy or a mass has to be above 0 and is not, an EvaluationError names it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gridscan.errors import EvaluationError

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
    "refuse_unless_positive",
    "sine_squared",
    "smallest_projectile_energy",
    "target_energy",
    "target_energy_slope",
    "velocity",
    "velocity_deficit",
]


def haversine(angle: Any) -> Any:
    """Return sin^2(angle/2), which is (1 - cos(angle))/2 without cancellation, from 0 to 1.

    Source: the half-angle formula.

    Parameters
    ----------
    angle
        [rad].
    """
    return np.sin(0.5 * angle) ** 2


def sine_squared(haversine: Any) -> Any:
    """Return sin^2(psi) = 4 hav (1 - hav).

    Source: the double-angle formula.

    Parameters
    ----------
    haversine
        sin^2(psi/2).
    """
    return 4.0 * haversine * (1.0 - haversine)


def momentum(kinetic_energy: Any, mass: Any) -> Any:
    """Return the momentum of a particle, p = sqrt(T (T + 2 m)) [MeV].

    Source: p^2 = E^2 - m^2 with E = T + m.

    Parameters
    ----------
    kinetic_energy, mass
        T and m [MeV], 0 or more.
    """
    return np.sqrt(kinetic_energy * (kinetic_energy + 2.0 * mass))


def inverse_velocity(kinetic_energy: Any, mass: Any) -> Any:
    """Return the inverse velocity of a particle, b = c/v = (T + m)/p, 1 or more.

    Source: v/c = p/E.

    Parameters
    ----------
    kinetic_energy, mass
        T > 0 and m [MeV].
    """
    refuse_unless_positive(kinetic_energy=kinetic_energy)
    return (kinetic_energy + mass) / momentum(kinetic_energy, mass)


def inverse_velocity_excess(kinetic_energy: Any, mass: Any) -> Any:
    """Return b - 1 = c/v - 1 = m^2/(p (T + m + p)), the delay of a particle behind light per light travel time.

    Source: (E - p)/p, times (E + p)/(E + p), which loses no digits where m is far below T.

    Parameters
    ----------
    kinetic_energy, mass
        T > 0 and m [MeV].
    """
    refuse_unless_positive(kinetic_energy=kinetic_energy)
    p = momentum(kinetic_energy, mass)
    return mass**2 / (p * (kinetic_energy + mass + p))


def velocity(kinetic_energy: Any, mass: Any) -> Any:
    """Return the velocity of a particle, v/c = p/(T + m), from 0 to 1.

    Source: v/c = p/E.

    Parameters
    ----------
    kinetic_energy, mass
        T and m [MeV], not both 0.
    """
    return momentum(kinetic_energy, mass) / (kinetic_energy + mass)


def velocity_deficit(kinetic_energy: Any, mass: Any) -> Any:
    """Return 1 - v/c = m^2/((T + m) (T + m + p)), by which a particle is slower than light.

    Source: (E - p)/E, times (E + p)/(E + p).

    Parameters
    ----------
    kinetic_energy, mass
        T and m [MeV], not both 0.
    """
    energy = kinetic_energy + mass
    return mass**2 / (energy * (energy + momentum(kinetic_energy, mass)))


def largest_scattering_angle(kinetic_energy: Any, dark_matter_mass: Any) -> Any:
    """Return psi_max = arctan(sqrt(2 m/T)) [rad], below which a neutrino can kick a particle to a kinetic energy.

    Source: cos(psi_max) = T/p, where `neutrino_energy` diverges; Lin et al. 2023, Phys. Rev. Lett. 130, 111002.

    Parameters
    ----------
    kinetic_energy, dark_matter_mass
        T > 0 and m [MeV] of the kicked particle.
    """
    refuse_unless_positive(kinetic_energy=kinetic_energy)
    return np.arctan(np.sqrt(2.0 * dark_matter_mass / kinetic_energy))


def largest_haversine(kinetic_energy: Any, dark_matter_mass: Any) -> Any:
    """Return the haversine of `largest_scattering_angle`, sin^2(psi_max/2) = m T/(p (p + T)), below 1/2.

    Source: (1 - T/p)/2 with p^2 - T^2 = 2 m T.

    Parameters
    ----------
    kinetic_energy, dark_matter_mass
        T > 0 and m [MeV] of the kicked particle.
    """
    refuse_unless_positive(kinetic_energy=kinetic_energy)
    p = momentum(kinetic_energy, dark_matter_mass)
    return dark_matter_mass * kinetic_energy / (p * (p + kinetic_energy))


def neutrino_energy(kinetic_energy: Any, dark_matter_mass: Any, haversine: Any) -> Any:
    """Return the energy [MeV] of the neutrino that kicks a particle at rest to T under psi, or 0 where none does.

    E = T m/(2 p (hav(psi_max) - hav(psi))), which is T m/(p cos(psi) - T) without cancellation.
    Source: conservation of energy and momentum; Lin et al. 2023, Phys. Rev. Lett. 130, 111002.

    Parameters
    ----------
    kinetic_energy, dark_matter_mass
        T > 0 and m > 0 [MeV] of the kicked particle.
    haversine
        sin^2(psi/2); at and beyond `largest_haversine` no neutrino does it.
    """
    refuse_unless_positive(dark_matter_mass=dark_matter_mass)
    below_end = largest_haversine(kinetic_energy, dark_matter_mass) - haversine
    allowed = below_end > 0.0
    p = momentum(kinetic_energy, dark_matter_mass)
    return allowed * kinetic_energy * dark_matter_mass / (2.0 * p * np.where(allowed, below_end, 1.0))


def neutrino_energy_slope(kinetic_energy: Any, dark_matter_mass: Any, haversine: Any) -> Any:
    """Return dE/dT = E^2 cos(psi)/(T p) at fixed psi, 1 or more, or 0 where no neutrino does it.

    Source: the derivative of `neutrino_energy`. The publications multiply it by v/c; counting particles does not.

    Parameters
    ----------
    kinetic_energy, dark_matter_mass, haversine
        See `neutrino_energy`.
    """
    energy = neutrino_energy(kinetic_energy, dark_matter_mass, haversine)
    cosine = 1.0 - 2.0 * haversine
    return energy**2 * cosine / (kinetic_energy * momentum(kinetic_energy, dark_matter_mass))


def boost_squared(projectile_energy: Any, projectile_mass: Any, target_mass: Any) -> Any:
    """Return gamma^2 = (T1 + m1 + m2)^2/s of the centre of momentum, seen from the target at rest; 1 or more.

    Source: the total energy over the invariant mass.

    Parameters
    ----------
    projectile_energy, projectile_mass, target_mass
        T1, m1 and m2 > 0 [MeV]; of a neutrino, its energy and 0.
    """
    total = projectile_energy + projectile_mass + target_mass
    return total**2 / _mandelstam_s(projectile_energy, projectile_mass, target_mass)


def angular_density(neutrino_energy: Any, dark_matter_mass: Any, haversine: Any) -> Any:
    """Return the density g [1/sr] of the directions of a kicked particle for scattering isotropic in the CM frame.

    g = gamma^2 cos(psi)/(pi (1 + (gamma^2 - 1) sin^2(psi))^2), with gamma^2 - 1 = E^2/(m (2 E + m)); 0 from psi = pi/2
    on. This is gamma^2 sec^3(psi)/(pi (1 + gamma^2 tan^2(psi))^2), and 2 pi ∫ g sin(psi) dpsi = 1.
    Source: Lin et al. 2023, Phys. Rev. D 108, 083013.

    Parameters
    ----------
    neutrino_energy, dark_matter_mass
        E and m > 0 [MeV].
    haversine
        sin^2(psi/2).
    """
    return _angular_density(neutrino_energy, dark_matter_mass, 1.0 - 2.0 * haversine, sine_squared(haversine))


def angular_density_at_angle(neutrino_energy: Any, dark_matter_mass: Any, scattering_angle: Any) -> Any:
    """Return `angular_density` [1/sr] for psi itself, precise up to pi/2 and 0 outside [0, pi/2).

    Parameters
    ----------
    neutrino_energy, dark_matter_mass, scattering_angle
        E and m > 0 [MeV]; psi [rad].
    """
    inside = (scattering_angle >= 0.0) & (scattering_angle < 0.5 * np.pi)
    sine = np.sin(scattering_angle)
    return inside * _angular_density(neutrino_energy, dark_matter_mass, np.cos(scattering_angle), sine**2)


def _angular_density(neutrino_energy: Any, dark_matter_mass: Any, cosine: Any, sine_squared: Any) -> Any:
    refuse_unless_positive(dark_matter_mass=dark_matter_mass)
    excess = neutrino_energy**2 / (dark_matter_mass * (2.0 * neutrino_energy + dark_matter_mass))
    return (cosine > 0.0) * (1.0 + excess) * cosine / (np.pi * (1.0 + excess * sine_squared) ** 2)


def projectile_energy(target_energy: Any, projectile_mass: Any, target_mass: Any, haversine: Any) -> tuple[Any, Any]:
    """Return the kinetic energy T1 [MeV] of the projectile that kicks a target to T2 under psi, and whether any does.

    T1 is the positive root of a T1^2 - 2 b T1 - T2 (m1 + m2)^2 = 0 with a = 2 m2 cos^2(psi) - T2 sin^2(psi) and
    b = T2 (m2 + m1 sin^2(psi)) - 2 m1 m2 cos^2(psi). Since T2 grows with T1 at any psi, there is one where a > 0 and
    psi < pi/2, and none otherwise. Source: conservation of energy and momentum.

    Parameters
    ----------
    target_energy
        T2 [MeV], above 0.
    projectile_mass, target_mass
        m1, 0 or more, and m2 > 0 [MeV].
    haversine
        sin^2(psi/2).

    Returns
    -------
    energy, allowed
        T1, 0 where not allowed; true where a projectile can do it.
    """
    refuse_unless_positive(target_energy=target_energy, target_mass=target_mass)
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
    """Return the threshold: the least kinetic energy [MeV] of a projectile that can kick a target to T2, at psi = 0.

    Source: see `projectile_energy`; for a neutrino it is (T2 + p2)/2.

    Parameters
    ----------
    target_energy, projectile_mass, target_mass
        T2 > 0, m1 and m2 > 0 [MeV].
    """
    return projectile_energy(target_energy, projectile_mass, target_mass, 0.0)[0]


def projectile_energy_slope(target_energy: Any, projectile_mass: Any, target_mass: Any, haversine: Any) -> Any:
    """Return dT1/dT2 at fixed psi, or 0 where no projectile does it.

    dT1/dT2 = m2 (p1 cos(psi)/T2)^2 p1^2/((E1 + m2) (m1^2 + E1 m2)) with E1 = T1 + m1; for a massless projectile see
    `neutrino_energy_slope`. Source: the derivative of `target_energy`.

    Parameters
    ----------
    target_energy, projectile_mass, target_mass, haversine
        See `projectile_energy`.
    """
    kinetic_energy, allowed = projectile_energy(target_energy, projectile_mass, target_mass, haversine)
    kinetic_energy = np.where(allowed, kinetic_energy, target_energy)
    p_squared = kinetic_energy * (kinetic_energy + 2.0 * projectile_mass)
    energy = kinetic_energy + projectile_mass
    rest = (energy + target_mass) * (projectile_mass**2 + energy * target_mass)
    return allowed * target_mass * p_squared**2 * (1.0 - 2.0 * haversine) ** 2 / (target_energy**2 * rest)


def target_energy(projectile_energy: Any, projectile_mass: Any, target_mass: Any, haversine: Any) -> Any:
    """Return the kinetic energy T2 [MeV] of a target that goes off under psi; 0 from psi = pi/2 on, where none does.

    T2 = 2 m2 p1^2 cos^2(psi)/(s + p1^2 sin^2(psi)), which is the same with (T1 + m1 + m2)^2 - p1^2 cos^2(psi) below.
    Source: conservation of energy and momentum.

    Parameters
    ----------
    projectile_energy, projectile_mass, target_mass
        T1, m1 and m2 > 0 [MeV].
    haversine
        sin^2(psi/2).
    """
    p_squared = projectile_energy * (projectile_energy + 2.0 * projectile_mass)
    cosine = 1.0 - 2.0 * haversine
    below = _mandelstam_s(projectile_energy, projectile_mass, target_mass) + p_squared * sine_squared(haversine)
    return (cosine > 0.0) * 2.0 * target_mass * p_squared * cosine**2 / below


def target_energy_slope(projectile_energy: Any, projectile_mass: Any, target_mass: Any, haversine: Any) -> Any:
    """Return dT2/dcos(psi) [MeV] at fixed T1; 0 from psi = pi/2 on.

    dT2/dx = 4 m2 p1^2 x (T1 + m1 + m2)^2/(s + p1^2 (1 - x^2))^2. Source: the derivative of `target_energy`.

    Parameters
    ----------
    projectile_energy, projectile_mass, target_mass, haversine
        See `target_energy`.
    """
    p_squared = projectile_energy * (projectile_energy + 2.0 * projectile_mass)
    cosine, total = 1.0 - 2.0 * haversine, projectile_energy + projectile_mass + target_mass
    below = _mandelstam_s(projectile_energy, projectile_mass, target_mass) + p_squared * sine_squared(haversine)
    return (cosine > 0.0) * 4.0 * target_mass * p_squared * cosine * total**2 / below**2


def mandelstam(projectile_energy: Any, projectile_mass: Any, target_mass: Any, haversine: Any) -> tuple[Any, Any, Any]:
    """Return the Mandelstam variables s, t, u [MeV^2] of a scattering that sends the target off under psi.

    s = (m1 + m2)^2 + 2 m2 T1, t = -2 m2 T2 and u = (m1^2 - m2^2)^2/s - (4 p_cm^2 + t), where 4 p_cm^2 + t =
    4 p_cm^2 sin^2(psi) (T1 + m1 + m2)^2/(s + p1^2 sin^2(psi)): 2 (m1^2 + m2^2) - s - t leaves no digit of a small u.
    Source: definition.

    Parameters
    ----------
    projectile_energy, projectile_mass, target_mass, haversine
        See `target_energy`.
    """
    s = _mandelstam_s(projectile_energy, projectile_mass, target_mass)
    t = -2.0 * target_mass * target_energy(projectile_energy, projectile_mass, target_mass, haversine)
    p_squared = projectile_energy * (projectile_energy + 2.0 * projectile_mass)
    sine2, total = sine_squared(haversine), projectile_energy + projectile_mass + target_mass
    above_end = -mandelstam_t_range(projectile_energy, projectile_mass, target_mass)[0]
    above_end = above_end * np.where(haversine < 0.5, sine2 * (total**2 / (s + p_squared * sine2)), 1.0)
    return s, t, (projectile_mass**2 - target_mass**2) ** 2 / s - above_end


def kallen(x: Any, y: Any, z: Any) -> Any:
    """Return the Källén function x^2 + y^2 + z^2 - 2 (x y + y z + z x) = (x - y - z)^2 - 4 y z.

    Source: Källén 1964, Elementary Particle Physics; p_cm^2 = lambda(s, m1^2, m2^2)/(4 s).

    Parameters
    ----------
    x, y, z
        Any numbers of one unit, such as s, m1^2 and m2^2.
    """
    return (x - y - z) ** 2 - 4.0 * y * z


def cm_momentum_squared(projectile_energy: Any, projectile_mass: Any, target_mass: Any) -> Any:
    """Return p_cm^2 = (m2 p1)^2/s [MeV^2], the square of either momentum in the centre-of-momentum frame.

    Source: `kallen` of s, m1^2 and m2^2 is 4 (m2 p1)^2, here without its cancellation.

    Parameters
    ----------
    projectile_energy, projectile_mass, target_mass
        T1, m1 and m2 > 0 [MeV].
    """
    p_squared = projectile_energy * (projectile_energy + 2.0 * projectile_mass)
    return target_mass**2 * p_squared / _mandelstam_s(projectile_energy, projectile_mass, target_mass)


def mandelstam_t_range(projectile_energy: Any, projectile_mass: Any, target_mass: Any) -> tuple[Any, Any]:
    """Return the smallest and the largest t [MeV^2] of elastic scattering, -4 p_cm^2 and 0.

    Source: t = -2 p_cm^2 (1 - cos(theta_cm)).

    Parameters
    ----------
    projectile_energy, projectile_mass, target_mass
        T1, m1 and m2 > 0 [MeV].
    """
    lowest = -4.0 * cm_momentum_squared(projectile_energy, projectile_mass, target_mass)
    return lowest, 0.0 * lowest


def _mandelstam_s(projectile_energy: Any, projectile_mass: Any, target_mass: Any) -> Any:
    return (projectile_mass + target_mass) ** 2 + 2.0 * target_mass * projectile_energy


def refuse_unless_positive(**values: Any) -> None:
    """Raise an EvaluationError that names the first argument that has a value which is not above 0, if there is one.

    Parameters
    ----------
    **values
        Numbers, arrays or quantities, by the name of the argument.
    """
    for name, value in values.items():
        positive = np.asarray(value > 0.0)
        if not positive.all():
            numbers = np.asarray(getattr(value, "magnitude", value), dtype=float)
            raise EvaluationError(f"{name} is {numbers[~positive].flat[0]:g}; allowed is a number above 0")

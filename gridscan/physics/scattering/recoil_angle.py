"""The angle psi between a projectile and the target at rest that it hits: its limit and its distribution.

Angles enter as their haversine hav(psi) = sin^2(psi/2): 1 - cos(psi) = 2 hav(psi) loses every digit when it is computed
as written at psi = 1e-8, and a position in space gives hav(psi) directly. `haversine` computes it from an angle.
Energies and masses are numbers (MeV) or quantities; all arguments broadcast.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gridscan.numerics.ranges import Range, checked
from gridscan.numerics.unit_arguments import with_units
from gridscan.physics.scattering.one_particle import momentum

_POSITIVE = Range(above=0.0, finite=False)

__all__ = [
    "angular_density",
    "angular_density_at_angle",
    "haversine",
    "largest_haversine",
    "largest_scattering_angle",
    "sine_squared",
]


@with_units(angle="rad")
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
    >>> from gridscan.physics.scattering.recoil_angle import haversine
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
    >>> from gridscan.physics.scattering.recoil_angle import sine_squared
    >>> sine_squared(0.5)
    1.0
    """
    return 4.0 * haversine * (1.0 - haversine)


@with_units(kinetic_energy="MeV", dark_matter_mass="MeV")
def largest_scattering_angle(kinetic_energy: Any, dark_matter_mass: Any) -> Any:
    """Return the largest angle at which a neutrino can kick a particle to a kinetic energy.

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
    >>> from gridscan.physics.scattering.recoil_angle import largest_scattering_angle
    >>> round(math.degrees(largest_scattering_angle(2.0, 1.0)), 9)
    45.0
    """
    checked("kinetic_energy", kinetic_energy, _POSITIVE, "MeV")
    return np.arctan(np.sqrt(2.0 * dark_matter_mass / kinetic_energy))


@with_units(kinetic_energy="MeV", dark_matter_mass="MeV")
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
    >>> from gridscan.physics.scattering.recoil_angle import largest_haversine
    >>> round(float(largest_haversine(2.0, 1.0)) - math.sin(math.pi / 8) ** 2, 12)
    0.0
    """
    checked("kinetic_energy", kinetic_energy, _POSITIVE, "MeV")
    p = momentum(kinetic_energy, dark_matter_mass)
    return dark_matter_mass * kinetic_energy / (p * (p + kinetic_energy))


@with_units(neutrino_energy="MeV", dark_matter_mass="MeV")
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
    >>> from gridscan.physics.scattering.recoil_angle import angular_density, haversine
    >>> from gridscan.physics.scattering.two_body import boost_squared
    >>> round(float(angular_density(4.0, 1.0, 0.0) * math.pi / boost_squared(4.0, 0.0, 1.0)), 12)
    1.0
    >>> round(float(angular_density(0.0, 1.0, haversine(math.pi / 3)) * math.pi), 12)
    0.5
    """
    return _angular_density(neutrino_energy, dark_matter_mass, 1.0 - 2.0 * haversine, sine_squared(haversine))


@with_units(neutrino_energy="MeV", dark_matter_mass="MeV", scattering_angle="rad")
def angular_density_at_angle(neutrino_energy: Any, dark_matter_mass: Any, scattering_angle: Any) -> Any:
    """Return `angular_density` as a function of the angle itself.

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
    >>> from gridscan.physics.scattering.recoil_angle import angular_density_at_angle
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
    return np.asarray(cosine > 0.0) * (1.0 + excess) * cosine / (np.pi * (1.0 + excess * sine_squared) ** 2)

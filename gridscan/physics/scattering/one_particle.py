"""Momentum and velocity of one particle from its kinetic energy and mass, without cancellation.

Masses and momenta stand for m c^2 and p c, in the unit of the energies: numbers (MeV) or quantities. All arguments
broadcast, and a mass may be far below or above the kinetic energy.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gridscan.numerics.ranges import Range, checked
from gridscan.numerics.unit_arguments import with_units

_POSITIVE = Range(above=0.0, finite=False)

__all__ = [
    "inverse_velocity",
    "inverse_velocity_excess",
    "momentum",
    "velocity",
    "velocity_deficit",
]


@with_units(kinetic_energy="MeV", mass="MeV")
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

    >>> from gridscan.physics.scattering.one_particle import momentum
    >>> float(momentum(2.0, 3.0))
    4.0
    """
    return np.sqrt(kinetic_energy * (kinetic_energy + 2.0 * mass))


@with_units(kinetic_energy="MeV", mass="MeV")
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
    >>> from gridscan.physics.scattering.one_particle import inverse_velocity
    >>> float(inverse_velocity(2.0, 3.0))
    1.25
    """
    checked("kinetic_energy", kinetic_energy, _POSITIVE, "MeV")
    return (kinetic_energy + mass) / momentum(kinetic_energy, mass)


@with_units(kinetic_energy="MeV", mass="MeV")
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

    >>> from gridscan.physics.scattering.one_particle import inverse_velocity_excess
    >>> print(f"{inverse_velocity_excess(10.0, 1e-7):.6e}")
    5.000000e-17
    """
    checked("kinetic_energy", kinetic_energy, _POSITIVE, "MeV")
    p = momentum(kinetic_energy, mass)
    return mass**2 / (p * (kinetic_energy + mass + p))


@with_units(kinetic_energy="MeV", mass="MeV")
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
    >>> from gridscan.physics.scattering.one_particle import velocity
    >>> float(velocity(2.0, 3.0))
    0.8
    """
    return momentum(kinetic_energy, mass) / (kinetic_energy + mass)


@with_units(kinetic_energy="MeV", mass="MeV")
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
    >>> from gridscan.physics.scattering.one_particle import velocity_deficit
    >>> print(f"{velocity_deficit(10.0, 1e-7):.6e}")
    5.000000e-17
    """
    energy = kinetic_energy + mass
    return mass**2 / (energy * (energy + momentum(kinetic_energy, mass)))

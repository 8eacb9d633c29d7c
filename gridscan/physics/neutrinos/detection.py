"""From stars to counts: neutrino fluxes, target electrons, event rates, and star formation around the Sun.

The functions are arithmetic only, and work on numbers in coherent units and on quantities with units alike.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = [
    "event_rate",
    "flux_of_one_star",
    "flux_of_stars",
    "inverse_square",
    "number_of_targets",
    "star_formation_surface_density",
]


def number_of_targets(mass: Any, electrons_per_mass: Any, avogadro_constant: Any) -> Any:
    """Return the number of electrons in a detector, N_e = M n N_A.

    Parameters
    ----------
    mass
        Fiducial mass M.
    electrons_per_mass
        Amount n of electrons per mass; 10/18 mol/g for water.
    avogadro_constant
        N_A, per amount.

    Returns
    -------
    array or quantity
        N_e, dimensionless; all arguments broadcast.

    Notes
    -----
    Source: definition of the amount of substance; water has 10 electrons per 18 g/mol.

    Examples
    --------
    One kilotonne of water:

    >>> from gridscan.physics.neutrinos.detection import number_of_targets
    >>> print(f"{number_of_targets(1e9, 10 / 18, 6.02214076e23):.3e}")
    3.346e+32
    """
    return mass * electrons_per_mass * avogadro_constant


def inverse_square(distance: Any) -> Any:
    """Return 1/d^2.

    Parameters
    ----------
    distance
        Distance d, above zero.

    Returns
    -------
    array or quantity
        Per area.

    Examples
    --------
    >>> from gridscan.physics.neutrinos.detection import inverse_square
    >>> inverse_square(2.0)
    0.25
    """
    return 1.0 / distance**2


def flux_of_stars(number: Any, luminosity: Any, mean_energy: Any, mean_inverse_square_distance: Any) -> Any:
    """Return the number flux of the neutrinos of many identical stars, Phi = N (L/<E>) <1/d^2>/(4 pi).

    Parameters
    ----------
    number
        Number N of stars.
    luminosity
        Energy L that one star emits in neutrinos per time.
    mean_energy
        Mean energy <E> of a neutrino.
    mean_inverse_square_distance
        Mean of 1/d^2 over the stars, per area; NaN where there are no stars, which gives zero.

    Returns
    -------
    array or quantity
        Phi, per area and time; all arguments broadcast.

    Notes
    -----
    Source: the inverse-square law; the emission is isotropic.

    Examples
    --------
    Two stars that each emit 4 pi per second, at distances of 1 and 2:

    >>> import math
    >>> from gridscan.physics.neutrinos.detection import flux_of_stars
    >>> round(float(flux_of_stars(2, 4 * math.pi, 1.0, (1 + 1 / 4) / 2)), 12)
    1.25
    """
    mean = np.where(np.isnan(mean_inverse_square_distance), 0, mean_inverse_square_distance)
    # Small arrays are multiplied first, so that the large one is read once.
    return number * (luminosity / mean_energy * mean / (4.0 * np.pi))


def flux_of_one_star(luminosity: Any, mean_energy: Any, distance: Any) -> Any:
    """Return the number flux of the neutrinos of a star at one distance, Phi = (L/<E>)/(4 pi d^2).

    Parameters
    ----------
    luminosity
        Energy L that the star emits in neutrinos per time.
    mean_energy
        Mean energy <E> of a neutrino.
    distance
        Distance d of the star, above zero.

    Returns
    -------
    array or quantity
        Phi, per area and time; all arguments broadcast.

    Notes
    -----
    Source: the inverse-square law; the emission is isotropic.

    Examples
    --------
    The Sun emits one neutrino for every 13.1 MeV of its 3.84e33 erg/s. At 1.496e13 cm these are the well-known 6.5e10
    per cm^2 and second:

    >>> from gridscan.physics.neutrinos.detection import flux_of_one_star
    >>> print(f"{flux_of_one_star(3.84e33, 13.1 * 1.602e-6, 1.496e13):.1e}")
    6.5e+10
    """
    return flux_of_stars(1.0, luminosity, mean_energy, inverse_square(distance))


def event_rate(targets: Any, flux: Any, mean_cross_section: Any) -> Any:
    """Return the rate of scattering events, N_e Phi <sigma>.

    Parameters
    ----------
    targets
        Number N_e of electrons.
    flux
        Number flux Phi of neutrinos, per area and time.
    mean_cross_section
        Cross section <sigma> averaged over the spectrum, an area.

    Returns
    -------
    array or quantity
        Events per time; all arguments broadcast.

    Notes
    -----
    Source: definition of the cross section; the target is thin.

    Examples
    --------
    Ten kilotonnes of water, 1e9 neutrinos of 10 MeV per cm^2 and second, and 9.2e-44 cm^2 [1/s]:

    >>> from gridscan.physics.neutrinos.detection import event_rate
    >>> round(event_rate(3.346e33, 1e9, 9.2e-44), 3)
    0.308
    """
    # Small arrays are multiplied first, so that the large one is read once.
    return flux * (targets * mean_cross_section)


def star_formation_surface_density(sfr: Any, fraction_within: Any, radius: Any) -> Any:
    """Return the star formation rate per area of the plane within a radius of the Sun, SFR p(d <= r)/(pi r^2).

    Parameters
    ----------
    sfr
        Star formation rate of the galaxy, mass per time.
    fraction_within
        Share p(d <= r) of the young stars that are within the radius.
    radius
        Radius r about the Sun, above zero.

    Returns
    -------
    array or quantity
        Mass per time and area; all arguments broadcast.

    Notes
    -----
    Source: definition.

    Examples
    --------
    A galaxy that forms 2 Msun/yr, with 1 % of its young stars within 1 kpc [Msun/(kpc^2 yr)]:

    >>> from gridscan.physics.neutrinos.detection import star_formation_surface_density
    >>> round(star_formation_surface_density(2.0, 0.01, 1.0), 5)
    0.00637
    """
    return sfr * fraction_within / (np.pi * radius**2)

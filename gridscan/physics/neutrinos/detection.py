"""From stars to counts: fluxes, targets, rates, and the star formation around the Sun.

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
    Any
        Dimensionless.
    """
    return mass * electrons_per_mass * avogadro_constant


def inverse_square(distance: Any) -> Any:
    """Return 1/d^2, per area, for a distance d above zero."""
    return 1.0 / distance**2


def flux_of_stars(number: Any, luminosity: Any, mean_energy: Any, mean_inverse_square_distance: Any) -> Any:
    """Return the number flux of the neutrinos of many equal stars, Phi = N (L/<E>) <1/d^2> / 4 pi.

    Parameters
    ----------
    number
        Number N of stars.
    luminosity
        Energy L of neutrinos that one star emits per time.
    mean_energy
        Mean energy <E> of a neutrino.
    mean_inverse_square_distance
        Mean of 1/d^2 over the stars, per area; NaN where there are none, which send nothing.

    Returns
    -------
    Any
        Per area and time.
    """
    mean = np.where(np.isnan(mean_inverse_square_distance), 0, mean_inverse_square_distance)
    # What varies along few axes is multiplied first, so that the large array is touched once.
    return number * (luminosity / mean_energy * mean / (4.0 * np.pi))


def flux_of_one_star(luminosity: Any, mean_energy: Any, distance: Any) -> Any:
    """Return the number flux of the neutrinos of a star at one distance, Phi = (L/<E>) / (4 pi d^2).

    Parameters
    ----------
    luminosity, mean_energy
        See `flux_of_stars`.
    distance
        Distance d of the star, above zero.

    Returns
    -------
    Any
        Per area and time.
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
        Cross section averaged over the spectrum, an area.

    Returns
    -------
    Any
        Per time.
    """
    # What varies along few axes is multiplied first, so that the large array is touched once.
    return flux * (targets * mean_cross_section)


def star_formation_surface_density(sfr: Any, fraction_within: Any, radius: Any) -> Any:
    """Return the star formation rate per area of the plane within a radius of the Sun, SFR p(d <= r)/(pi r^2).

    Parameters
    ----------
    sfr
        Star formation rate of the galaxy, mass per time.
    fraction_within
        Share of the young stars that are within the radius.
    radius
        Radius r about the Sun, above zero.

    Returns
    -------
    Any
        Mass per time and area.
    """
    return sfr * fraction_within / (np.pi * radius**2)

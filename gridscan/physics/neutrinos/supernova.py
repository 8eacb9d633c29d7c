"""The neutrinos of a core-collapse supernova: their spectra, and how many pass at a distance from it.

A species i has a Fermi-Dirac spectrum of temperature T_i and degeneracy eta, and its part of the luminosity,

    f_i(E) = E^2/(F_2(eta) T_i^3 (exp(E/T_i - eta) + 1)),   ∫ f_i dE = 1
    Phi(E, d) = sum_i L_i/(4 pi d^2 <E_i>) f_i(E)

with equal L_i. The species are the trailing axis of `temperatures`, `mean_energies` and `multiplicities`: the electron
neutrino, its antineutrino, and the four others, which are alike. Everything but `fermi_dirac_integral` is arithmetic,
and works on numbers in coherent units and on quantities with units alike.

Sources: Duan, Fuller, Carlson & Qian 2006, PRD 74, 105014, for the spectrum; Lin, Wu, Wu & Wong 2023, PRL 130, 111002,
arXiv:2206.06864, for the numbers.
"""

from __future__ import annotations

import functools
import math
import operator
from typing import Any

import numpy as np
import pint
from numpy.typing import ArrayLike, NDArray
from scipy.special import zeta

from gridscan.errors import EvaluationError

__all__ = [
    "DEGENERACY",
    "MEAN_ENERGIES",
    "MULTIPLICITIES",
    "PUBLISHED_NORMALISATION",
    "TEMPERATURES",
    "fermi_dirac_integral",
    "fermi_dirac_spectrum",
    "neutrino_density",
    "neutrino_flux",
    "spectrum_over_mean_energy",
    "thermal_mean_energy",
]

FloatArray = NDArray[np.floating[Any]]

#: Electron neutrino, electron antineutrino and the other four: T_i [MeV], <E_i> [MeV] and how many are alike.
TEMPERATURES = (2.76, 4.01, 6.26)
MEAN_ENERGIES = (11.0, 16.0, 25.0)
MULTIPLICITIES = (1.0, 1.0, 4.0)
#: eta of every species, and F_2(eta) rounded as in the publications.
DEGENERACY = 3.0
PUBLISHED_NORMALISATION = 18.9686

# Terms of the accelerated series; its error falls as 5.8^-n.
_TERMS = 24


def fermi_dirac_integral(order: int, degeneracy: ArrayLike) -> FloatArray:
    """Return F_j(eta), the integral of x^j/(exp(x - eta) + 1) over x > 0, to rounding.

    Parameters
    ----------
    order
        Integer j, 0 or more.
    degeneracy
        eta, finite.

    Returns
    -------
    numpy.ndarray
        Dimensionless, of the shape of `degeneracy`.

    Raises
    ------
    EvaluationError
        If the order is no such integer, or a degeneracy is not finite.

    Notes
    -----
    For eta <= 0, j! sum_k (-1)^(k+1) exp(k eta)/k^(j+1), accelerated by Chebyshev polynomials; for eta > 0 from
    F_j(eta) = (-1)^j F_j(-eta) + j! [eta^(j+1)/(j+1)! + sum_r 2 eta_D(2 r) eta^(j+1-2r)/(j+1-2r)!], r = 1 to (j+1)/2,
    with eta_D(2 r) = (1 - 2^(1-2r)) zeta(2 r); F_2(3) = 9 + 3 pi^2/3 + F_2(-3) = 18.9686.
    Source: DLMF 25.12.14 to 25.12.16 (as polylogarithms); Cohen, Rodriguez Villegas & Zagier 2000, Experimental
    Math. 9, 3, algorithm 1.
    """
    if order != int(order) or order < 0:
        raise EvaluationError(f"order is {order:g}; allowed is 0, 1, 2, ...")
    order, eta = int(order), np.asarray(degeneracy, dtype=float)
    if not np.isfinite(eta).all():
        raise EvaluationError(f"degeneracy is {eta[~np.isfinite(eta)].flat[0]:g}; allowed is a finite number")
    positive, tail = np.maximum(eta, 0.0), _alternating_sum(order + 1, -np.abs(eta))
    polynomial = positive ** (order + 1) / math.factorial(order + 1)
    for r in range(1, (order + 1) // 2 + 1):
        power = order + 1 - 2 * r
        polynomial = polynomial + 2.0 * (1.0 - 2.0 ** (1 - 2 * r)) * zeta(2 * r) * positive**power / math.factorial(
            power
        )
    return np.asarray(math.factorial(order) * np.where(eta > 0.0, polynomial + (-1) ** order * tail, tail))


def _alternating_sum(power: int, exponent: FloatArray) -> FloatArray:
    """Return sum_k (-1)^(k+1) exp(k x)/k^power over k = 1, 2, ... for x <= 0, from its first terms."""
    scale = (3.0 + math.sqrt(8.0)) ** _TERMS
    scale = 0.5 * (scale + 1.0 / scale)
    weight, remainder, total = -1.0, -scale, np.zeros(exponent.shape)
    for k in range(_TERMS):
        remainder = weight - remainder
        total = total + remainder * np.exp((k + 1) * exponent) / (k + 1.0) ** power
        weight *= (k + _TERMS) * (k - _TERMS) / ((k + 0.5) * (k + 1.0))
    return total / scale


def fermi_dirac_spectrum(energy: Any, temperature: Any, degeneracy: Any, normalisation: Any) -> Any:
    """Return the probability density of the energy of a neutrino, E^2/(F_2(eta) T^3 (exp(E/T - eta) + 1)).

    Parameters
    ----------
    energy
        E, 0 or more.
    temperature
        T, an energy above zero.
    degeneracy
        eta, dimensionless.
    normalisation
        F_2(eta): `PUBLISHED_NORMALISATION`, or ``fermi_dirac_integral(2, degeneracy)``, with which the integral is 1.

    Returns
    -------
    Any
        Per energy; all arguments broadcast. No exponential of a large energy is taken, and far in the tail it is zero.
    """
    excess = energy / temperature - degeneracy
    decay = np.exp(-np.abs(excess))
    occupation = np.where(excess > 0.0, decay, 1.0) / (1.0 + decay)
    return energy**2 * occupation / (normalisation * temperature**3)


def thermal_mean_energy(temperature: Any, degeneracy: ArrayLike) -> Any:
    """Return the mean energy of the spectrum, T F_3(eta)/F_2(eta): 3.99 T for eta = 3.

    Parameters
    ----------
    temperature
        T, an energy.
    degeneracy
        eta, a number.

    Returns
    -------
    Any
        In the unit of `temperature`. `MEAN_ENERGIES` are these, rounded.
    """
    return temperature * (fermi_dirac_integral(3, degeneracy) / fermi_dirac_integral(2, degeneracy))


def spectrum_over_mean_energy(
    energy: Any, temperatures: Any, mean_energies: Any, multiplicities: Any, degeneracy: Any, normalisation: Any
) -> Any:
    """Return sum_i f_i(E)/<E_i>, the neutrinos per energy for a unit of energy in each species.

    Parameters
    ----------
    energy
        E, broadcast against the leading axes of the species.
    temperatures, mean_energies, multiplicities
        Shape (..., species): T_i, <E_i>, and how many species are alike.
    degeneracy, normalisation
        See `fermi_dirac_spectrum`; the same for all species.

    Returns
    -------
    Any
        Per energy squared.
    """
    temperatures, weights = _array(temperatures), _array(multiplicities) / _array(mean_energies)
    terms = (
        weights[..., species] * fermi_dirac_spectrum(energy, temperatures[..., species], degeneracy, normalisation)
        for species in range(temperatures.shape[-1])
    )
    return functools.reduce(operator.add, terms)


def neutrino_flux(
    energy: Any,
    distance: Any,
    luminosity: Any,
    temperatures: Any,
    mean_energies: Any,
    multiplicities: Any,
    degeneracy: Any,
    normalisation: Any,
    neutrinosphere: Any,
) -> Any:
    """Return the number flux of the neutrinos of all species at a distance from the supernova.

    Parameters
    ----------
    energy
        E of the neutrinos.
    distance
        d from the supernova, 0 or more.
    luminosity
        L, energy per time of all species together, which share it equally.
    temperatures, mean_energies, multiplicities, degeneracy, normalisation
        See `spectrum_over_mean_energy`.
    neutrinosphere
        Radius of the surface that the neutrinos leave, about 100 km, in the unit of the distance.

    Returns
    -------
    Any
        Per area, time and energy, in coherent units; zero for distances up to the neutrinosphere. All arguments
        broadcast, those of the species by their leading axes.

    Notes
    -----
    sum_i L_i/(4 pi d^2 <E_i>) f_i(E) with L_i = L/6. Source: Lin et al. 2023, PRL 130, 111002.
    """
    neutrinos = spectrum_over_mean_energy(
        energy, temperatures, mean_energies, multiplicities, degeneracy, normalisation
    )
    luminosity_of_one = luminosity / np.sum(_array(multiplicities), axis=-1)
    with np.errstate(divide="ignore"):
        spread = luminosity_of_one / (4.0 * np.pi * distance**2)
    return np.where(distance > neutrinosphere, spread, 0) * neutrinos


def neutrino_density(flux: Any, speed_of_light: Any) -> Any:
    """Return the number of neutrinos per volume and energy, Phi/c, of their flux per area, time and energy."""
    return flux / speed_of_light


def _array(values: Any) -> Any:
    """Return an array, or the quantity with a unit as it is."""
    return values if isinstance(values, pint.Quantity) else np.asarray(values, dtype=float)

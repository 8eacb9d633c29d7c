"""Neutrinos from the annihilation of thermal electron-positron pairs: how many of each flavour, and how hard.

A zone at the temperature T without degeneracy emits pairs of each flavour at the rate

    R ∝ ∫∫ dE_1 dE_2 p_1 p_2 f_1 f_2 {(C_V^2 + C_A^2) (m_e^4 + 3 m_e^2 <q> + 2 <q^2>)
                                      + 3 (C_V^2 - C_A^2) (m_e^4 + m_e^2 <q>)}

with f = 1/(exp(E/T) + 1), and q = E_1 E_2 - p_1·p_2 averaged over angles: <q> = E_1 E_2, <q^2> = (E_1 E_2)^2 +
(p_1 p_2)^2/3. C_V = 1/2 + 2 s^2 and C_A = 1/2 for nu_e, 2 s^2 - 1/2 and -1/2 for each of nu_mu and nu_tau.

Sources: Dicus 1972, Phys. Rev. D 6, 941; Misiaszek, Odrzywolek & Kutschera 2006, Phys. Rev. D 74, 043006.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridscan.numerics.quadrature import integrate_panels
from gridscan.numerics.ranges import POSITIVE, checked
from gridscan.numerics.unit_arguments import in_units
from gridscan.physics.constants import WEAK, WeakConstants
from gridscan.physics.neutrinos.weak_couplings import SINE_SQUARED

__all__ = ["TEMPERATURES", "PairEmission", "heavy_flavours", "pair_emission", "pair_table"]

FloatArray = NDArray[np.floating[Any]]

#: Temperatures [GK] between which the flavours are interpolated.
TEMPERATURES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)

# In sqrt((E - m_e)/T), in which the integrands are smooth; exp(-64) is nothing.
_EDGES = np.arange(9.0)
_TOLERANCE = 1e-12


@in_units(mean_energy="MeV")
class PairEmission(NamedTuple):
    """Neutrinos of thermal pairs at temperatures: numbers, or arrays of one shape.

    Attributes
    ----------
    ratio
        Number of each of nu_mu and nu_tau over that of nu_e, dimensionless.
    mean_energy
        Mean energy of nu_e, averaged with its antineutrino [MeV].
    hardness
        Mean energy of nu_mu or nu_tau over that of nu_e, dimensionless.
    relative_error
        That of the quadrature, for each of the three.
    """

    ratio: Any
    mean_energy: Any
    hardness: Any
    relative_error: Any


@in_units(temperature="GK")
def pair_emission(
    temperature: ArrayLike, sine_squared: float = SINE_SQUARED, constants: WeakConstants = WEAK
) -> PairEmission:
    """Return the flavours and mean energies that a zone without degeneracy emits.

    Parameters
    ----------
    temperature
        Temperature T [GK], above zero.
    sine_squared
        sin^2(theta_W), dimensionless.
    constants
        Constants of nature.

    Returns
    -------
    PairEmission
        Of the shape of `temperature`.

    Raises
    ------
    EvaluationError
        If a temperature is not above zero.

    Notes
    -----
    The double integral is a sum of products of ∫ p E^n f dE and ∫ p^3 E^n f dE. A chemical potential of 1.1 m_e raises
    the ratio by 12 % at 0.6 GK. Sources: Dicus 1972, Phys. Rev. D 6, 941; Misiaszek, Odrzywolek & Kutschera 2006,
    Phys. Rev. D 74, 043006.

    Examples
    --------
    In carbon burning there are 33 nu_e for each nu_mu; the ratio of the hot limit is 0.21:

    >>> from gridscan.physics.neutrinos.thermal_pairs import pair_emission
    >>> pair_emission([0.6, 100.0]).ratio.round(4)
    array([0.0303, 0.2136])
    """
    hot = constants.boltzmann_constant * 1e9 * checked("temperature", temperature, POSITIVE, "GK")
    flat = hot.ravel()
    integrals, errors = _energy_integrals(flat, constants.electron_mass_energy)
    light = _rate_and_energy(integrals, 2.0 * sine_squared + 0.5, 0.5, constants.electron_mass_energy)
    heavy = _rate_and_energy(integrals, 2.0 * sine_squared - 0.5, -0.5, constants.electron_mass_energy)
    mean = light[1] / light[0]
    # Each rate and energy is a sum of products of two integrals, whose terms cancel for cold pairs of nu_mu and nu_tau.
    relative = (2.0 * np.max(errors / integrals, axis=0) + 8.0 * np.finfo(float).eps) * (light[2] + heavy[2])
    found = (heavy[0] / light[0], mean, heavy[1] / heavy[0] / mean, relative)
    return PairEmission(*(np.asarray(values.reshape(hot.shape)) for values in found))


@functools.lru_cache(maxsize=16)
def pair_table(sine_squared: float = SINE_SQUARED, constants: WeakConstants = WEAK) -> PairEmission:
    """Return the table between whose temperatures `heavy_flavours` interpolates.

    Parameters
    ----------
    sine_squared
        sin^2(theta_W), dimensionless.
    constants
        Constants of nature.

    Returns
    -------
    PairEmission
        At `TEMPERATURES`, computed once.

    Notes
    -----
    Source: see `pair_emission`.

    Examples
    --------
    >>> from gridscan.physics.neutrinos.thermal_pairs import pair_table
    >>> pair_table().mean_energy[[0, -1]].round(3)
    array([0.583, 2.852])
    """
    return pair_emission(TEMPERATURES, sine_squared, constants)


def heavy_flavours(mean_energy: ArrayLike, table: PairEmission | None = None) -> tuple[FloatArray, FloatArray]:
    """Return ratio and hardness of nu_mu and nu_tau of thermal pairs whose nu_e have a mean energy.

    Parameters
    ----------
    mean_energy
        Mean energy of nu_e [MeV], above zero.
    table
        What is interpolated; `pair_table` by default.

    Returns
    -------
    ratio, hardness : numpy.ndarray
        Number of each of nu_mu and nu_tau over that of nu_e, and the ratio of their mean energies, dimensionless; held
        below 0.583 and above 2.852 MeV, the ends of the table.

    Raises
    ------
    EvaluationError
        If a mean energy is not above zero.

    Notes
    -----
    Linear in ln <E> between the nodes: all of the neutrinos are taken to come from one temperature.
    Source: see `pair_emission`.

    Examples
    --------
    >>> from gridscan.physics.neutrinos.thermal_pairs import heavy_flavours
    >>> ratio, hardness = heavy_flavours([0.65, 1.5])
    >>> print(ratio.round(3), hardness.round(3))
    [0.045 0.157] [1.059 1.055]
    """
    given = pair_table() if table is None else table
    logarithm = np.log(checked("mean_energy", mean_energy, POSITIVE, "MeV"))
    nodes = np.log(given.mean_energy)
    return np.interp(logarithm, nodes, given.ratio), np.interp(logarithm, nodes, given.hardness)


def _energy_integrals(temperature: FloatArray, mass: float) -> tuple[FloatArray, FloatArray]:
    """Return ∫ p E^n f dE for n = 0 to 3 and ∫ p^3 E^n f dE for n = 0, 1, times exp(m_e/T), shape (6, temperatures)."""
    count = len(temperature)
    owner = np.repeat(np.arange(count), len(_EDGES) - 1)
    lower, upper = np.tile(_EDGES[:-1], count), np.tile(_EDGES[1:], count)

    def integrand(root: FloatArray, owner: NDArray[np.intp]) -> FloatArray:
        hot = temperature[owner, None]
        kinetic = hot * root**2
        energy, square = mass + kinetic, kinetic * (kinetic + 2.0 * mass)
        occupied = np.exp(-(root**2)) / (1.0 + np.exp(-energy / hot))
        weight = np.sqrt(square) * occupied * 2.0 * hot * root
        return np.stack([weight * factor for factor in (1.0, energy, energy**2, energy**3, square, square * energy)])

    return integrate_panels(integrand, owner, lower, upper, count, relative_tolerance=_TOLERANCE)


def _rate_and_energy(
    integrals: FloatArray, vector: float, axial: float, mass: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the rate, the energy of one neutrino of each pair, and how much larger their terms are than they are.

    Rate and energy are per time, in one unit and that times MeV.
    """
    a_0, a_1, a_2, a_3, c_0, c_1 = integrals
    both, difference = vector**2 + axial**2, 3.0 * (vector**2 - axial**2)
    square = mass**2
    first = both * (square**2 * a_0**2 + 3.0 * square * a_1**2 + 2.0 * (a_2**2 + c_0**2 / 3.0))
    second = difference * (square**2 * a_0**2 + square * a_1**2)
    energy = both * (square**2 * a_1 * a_0 + 3.0 * square * a_2 * a_1 + 2.0 * (a_3 * a_2 + c_1 * c_0 / 3.0))
    share = difference * (square**2 * a_1 * a_0 + square * a_2 * a_1)
    magnitude = (first + np.abs(second)) / (first + second) + (energy + np.abs(share)) / (energy + share)
    return first + second, energy + share, magnitude

"""Neutrinos of a core-collapse supernova: their spectra, and their flux and density at a distance from it.

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

import dataclasses
import functools
import math
import operator
from typing import Any

import numpy as np
import pint
from numpy.typing import ArrayLike, NDArray
from scipy.special import zeta

from gridscan.errors import EvaluationError
from gridscan.numerics.ranges import FINITE, NOT_NEGATIVE, POSITIVE, Range, checked, numbers_of

__all__ = [
    "DEGENERACY",
    "MEAN_ENERGIES",
    "MULTIPLICITIES",
    "PUBLISHED_NORMALISATION",
    "TEMPERATURES",
    "NeutrinoSource",
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

# Number of terms of the accelerated series, whose error falls as 5.8^-n.
_TERMS = 24
_OF_SPECIES = ("temperatures", "mean_energies", "multiplicities")
_UNITS = {
    "luminosity": "MeV/s",
    "emission_duration": "s",
    "neutrinosphere_radius": "kpc",
    "temperatures": "MeV",
    "mean_energies": "MeV",
}


@dataclasses.dataclass(frozen=True)
class NeutrinoSource:
    """The neutrinos of a supernova, or of many: numbers, or arrays that broadcast; `neutrino_flux` takes any units.

    Attributes
    ----------
    luminosity
        [MeV/s], of all species together, which share it equally.
    emission_duration
        tau [s]: how long neutrinos are emitted.
    neutrinosphere_radius
        [kpc]: the flux is zero within this distance of the supernova.
    temperatures, mean_energies
        T_i and <E_i> [MeV], shape (..., species).
    multiplicities
        Shape (..., species): how many species are alike.
    degeneracy, normalisation
        eta and F_2(eta), the same for all species: see `fermi_dirac_spectrum`.
    """

    luminosity: Any = 1.8724e58
    emission_duration: Any = 10.0
    neutrinosphere_radius: Any = 3.24e-15
    temperatures: Any = TEMPERATURES
    mean_energies: Any = MEAN_ENERGIES
    multiplicities: Any = MULTIPLICITIES
    degeneracy: Any = DEGENERACY
    normalisation: Any = PUBLISHED_NORMALISATION

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape to which the parameters broadcast, without the axis of the species."""
        fields = {field.name: np.shape(getattr(self, field.name)) for field in dataclasses.fields(self)}
        return np.broadcast_shapes(*(shape[:-1] if name in _OF_SPECIES else shape for name, shape in fields.items()))

    def of_species_last(self) -> NeutrinoSource:
        """Return what `flat` returns with arrays of shape (n, species)."""
        return dataclasses.replace(self, **{name: np.asarray(getattr(self, name)).T for name in _OF_SPECIES})

    def flat(self, shape: tuple[int, ...]) -> NeutrinoSource:
        """Return the same with every array of shape (n,), those of the species of shape (species, n).

        Parameters
        ----------
        shape
            The shape, of n elements, to which the parameters are broadcast.

        Returns
        -------
        NeutrinoSource
            For n points.

        Raises
        ------
        EvaluationError
            If a number is outside its range, or there are not as many of one kind for the species as of the others.
        """
        counts = {name: np.shape(getattr(self, name))[-1] for name in _OF_SPECIES}
        if len(set(counts.values())) > 1:
            found = ", ".join(f"{count} {name}" for name, count in counts.items())
            raise EvaluationError(f"there are {found}; there must be one of each for each kind of neutrino")
        fields: dict[str, Any] = {}
        for field in dataclasses.fields(self):
            allowed = POSITIVE if field.name in _OF_SPECIES else NOT_NEGATIVE
            array = checked(field.name, getattr(self, field.name), allowed, _UNITS.get(field.name, ""))
            if field.name in _OF_SPECIES:
                count = array.shape[-1]
                fields[field.name] = np.broadcast_to(array, (*shape, count)).reshape(-1, count).T.copy()
            else:
                fields[field.name] = np.broadcast_to(array, shape).ravel()
        return NeutrinoSource(**fields)


def fermi_dirac_integral(order: int, degeneracy: ArrayLike) -> FloatArray:
    """Return the Fermi-Dirac integral F_j(eta), the integral of x^j/(exp(x - eta) + 1) over x > 0.

    Parameters
    ----------
    order
        Integer j, 0 or more.
    degeneracy
        eta, finite, dimensionless.

    Returns
    -------
    numpy.ndarray
        Dimensionless, of the shape of `degeneracy`; exact to rounding.

    Raises
    ------
    EvaluationError
        If the order is not such an integer, or a degeneracy is not finite.

    Notes
    -----
    For eta <= 0, j! sum_k (-1)^(k+1) exp(k eta)/k^(j+1), accelerated by Chebyshev polynomials; for eta > 0 from
    F_j(eta) = (-1)^j F_j(-eta) + j! [eta^(j+1)/(j+1)! + sum_r 2 eta_D(2 r) eta^(j+1-2r)/(j+1-2r)!], r = 1 to (j+1)/2,
    with eta_D(2 r) = (1 - 2^(1-2r)) zeta(2 r); F_2(3) = 9 + 3 pi^2/3 + F_2(-3) = 18.9686.
    Source: DLMF 25.12.14 to 25.12.16 (as polylogarithms); Cohen, Rodriguez Villegas & Zagier 2000, Experimental
    Math. 9, 3, algorithm 1.

    Examples
    --------
    F_1(0) = pi^2/12, and the published F_2(3):

    >>> import math
    >>> from gridscan.physics.neutrinos.supernova import fermi_dirac_integral
    >>> round(float(fermi_dirac_integral(1, 0.0) * 12 / math.pi**2), 12), round(float(fermi_dirac_integral(2, 3.0)), 4)
    (1.0, 18.9686)
    """
    order = int(checked("order", order, Range(minimum=0.0, whole=True)))
    eta = checked("degeneracy", degeneracy, FINITE)
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
    """Return the spectrum of one species: the probability density of the energy of a neutrino.

    Parameters
    ----------
    energy
        Energy E, 0 or more.
    temperature
        Temperature T, an energy above zero.
    degeneracy
        eta, dimensionless.
    normalisation
        F_2(eta): `PUBLISHED_NORMALISATION`, or ``fermi_dirac_integral(2, degeneracy)``, with which the integral is 1.

    Returns
    -------
    array or quantity
        Per energy; all arguments broadcast. No exponential of a large energy is taken, and far in the tail it is zero.

    Notes
    -----
    f(E) = E^2/(F_2(eta) T^3 (exp(E/T - eta) + 1)).
    Source: Duan, Fuller, Carlson & Qian 2006, PRD 74, 105014.

    Examples
    --------
    At E = eta T half of the states are occupied: f = eta^2/(2 F_2(eta) T).

    >>> from gridscan.physics.neutrinos.supernova import PUBLISHED_NORMALISATION, fermi_dirac_spectrum
    >>> density = fermi_dirac_spectrum(12.0, 4.0, 3.0, PUBLISHED_NORMALISATION)
    >>> round(float(density * 2 * PUBLISHED_NORMALISATION * 4 / 9), 12)
    1.0
    """
    excess = energy / temperature - degeneracy
    decay = np.exp(-np.abs(excess))
    occupation = np.where(excess > 0.0, decay, 1.0) / (1.0 + decay)
    return energy**2 * occupation / (normalisation * temperature**3)


def thermal_mean_energy(temperature: Any, degeneracy: ArrayLike) -> Any:
    """Return the mean energy of the Fermi-Dirac spectrum, T F_3(eta)/F_2(eta).

    Parameters
    ----------
    temperature
        Temperature T, an energy.
    degeneracy
        eta, dimensionless.

    Returns
    -------
    array or quantity
        In the unit of `temperature`. `MEAN_ENERGIES` are these, rounded.

    Notes
    -----
    3.99 T for eta = 3. Source: the mean of `fermi_dirac_spectrum`.

    Examples
    --------
    Electron neutrinos, electron antineutrinos and the others [MeV], published as 11, 16 and 25:

    >>> from gridscan.physics.neutrinos.supernova import TEMPERATURES, thermal_mean_energy
    >>> [round(float(thermal_mean_energy(temperature, 3.0)), 2) for temperature in TEMPERATURES]
    [11.02, 16.01, 24.99]
    """
    return temperature * (fermi_dirac_integral(3, degeneracy) / fermi_dirac_integral(2, degeneracy))


def spectrum_over_mean_energy(energy: Any, source: NeutrinoSource) -> Any:
    """Return sum_i f_i(E)/<E_i>: the neutrinos per energy, for a unit of energy in each species.

    Parameters
    ----------
    energy
        Energy E, broadcast against the leading axes of the species.
    source
        The neutrinos of the supernova.

    Returns
    -------
    array or quantity
        Per energy squared.

    Notes
    -----
    Source: Lin, Wu, Wu & Wong 2023, PRL 130, 111002.

    Examples
    --------
    >>> from gridscan.physics.neutrinos.supernova import NeutrinoSource, spectrum_over_mean_energy
    >>> print(f"{spectrum_over_mean_energy(15.0, NeutrinoSource()):.4f} per MeV^2")
    0.0128 per MeV^2
    """
    temperatures, weights = _array(source.temperatures), _array(source.multiplicities) / _array(source.mean_energies)
    shape = (source.degeneracy, source.normalisation)
    terms = (
        weights[..., species] * fermi_dirac_spectrum(energy, temperatures[..., species], *shape)
        for species in range(temperatures.shape[-1])
    )
    return functools.reduce(operator.add, terms)


def neutrino_flux(energy: Any, distance: Any, source: NeutrinoSource) -> Any:
    """Return the number flux of the neutrinos of all species at a distance from the supernova.

    Parameters
    ----------
    energy
        Energy E of the neutrinos.
    distance
        Distance d from the supernova, 0 or more.
    source
        The neutrinos of the supernova.

    Returns
    -------
    array or quantity
        Per area, time and energy, in coherent units; zero for distances up to the neutrinosphere. All arguments
        broadcast.

    Notes
    -----
    Phi(E, d) = sum_i L_i/(4 pi d^2 <E_i>) f_i(E) with L_i = L/6. Source: Lin et al. 2023, PRL 130, 111002.

    Examples
    --------
    Neutrinos of 15 MeV from 3e52 erg/s = 1.87e58 MeV/s at 10 kpc = 3.086e22 cm [1/(cm^2 s MeV)]:

    >>> from gridscan.physics.neutrinos.supernova import NeutrinoSource, neutrino_flux
    >>> print(f"{neutrino_flux(15.0, 3.086e22, NeutrinoSource(luminosity=1.87e58, neutrinosphere_radius=1e7)):.2e}")
    3.35e+09
    """
    neutrinos = spectrum_over_mean_energy(energy, source)
    luminosity_of_one = source.luminosity / np.sum(_array(source.multiplicities), axis=-1)
    with np.errstate(divide="ignore"):
        spread = luminosity_of_one / (4.0 * np.pi * distance**2)
    return np.where(distance > source.neutrinosphere_radius, spread, 0) * neutrinos


def neutrino_density(flux: Any, speed_of_light: Any) -> Any:
    """Return the number of neutrinos per volume and energy, Phi/c.

    Parameters
    ----------
    flux
        Phi, per area, time and energy.
    speed_of_light
        c, in coherent units.

    Returns
    -------
    array or quantity
        Per volume and energy.

    Examples
    --------
    A flux of c × 1/cm^3:

    >>> from gridscan.physics.neutrinos.supernova import neutrino_density
    >>> round(neutrino_density(2.99792458e10, 2.99792458e10), 12)
    1.0
    """
    return flux / speed_of_light


def _array(values: Any) -> Any:
    """Return an array, or the quantity with a unit as it is."""
    return values if isinstance(values, pint.Quantity) else numbers_of("a parameter of the source", values)

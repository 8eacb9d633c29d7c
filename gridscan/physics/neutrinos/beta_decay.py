"""Spectra of beta decays of allowed shape, and how much of them a detector counts: a background of recoiling electrons.

    S(T) ∝ F(Z, W) p W (Q - T)^2,   W = T/m_e + 1,   p^2 = W^2 - 1

with the non-relativistic Fermi function F = 2π eta/(1 - exp(-2π eta)), eta = Z alpha W/p, Z the charge of the daughter,
negative for positrons. Shape factors are neglected.

Source: Krane 1988, Introductory Nuclear Physics, section 9.3.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridscan.errors import EvaluationError, nearest
from gridscan.numerics.quadrature import gauss_legendre, integrate_panels
from gridscan.numerics.ranges import NOT_NEGATIVE, checked
from gridscan.numerics.unit_arguments import in_units
from gridscan.physics.constants import WEAK, WeakConstants
from gridscan.physics.neutrinos.recoil_window import counted_integral

if TYPE_CHECKING:
    from gridscan.physics.neutrinos.measured_recoil import RecoilWindow

__all__ = [
    "ISOTOPES",
    "BetaDecay",
    "beta_spectrum",
    "counted_decays",
    "counted_pile_up",
    "pile_up_rate",
    "pile_up_spectrum",
]

FloatArray = NDArray[np.floating[Any]]

# Points of the convolution of two spectra, and fewer from which its error follows.
_POINTS, _FEWER = 48, 32
_PILE_UP_TOLERANCE = 1e-8


@in_units(endpoint="MeV")
class BetaDecay(NamedTuple):
    """A decay of allowed shape.

    Attributes
    ----------
    endpoint
        Q [MeV], the largest kinetic energy of the electron.
    charge
        Z of the daughter, negative where a positron is emitted.
    """

    endpoint: float
    charge: int


#: Q of Wang et al. 2021 (AME2020), Chin. Phys. C 45, 030003, between ground states; 210Bi to half a keV.
ISOTOPES = {"14C": BetaDecay(0.156476, 7), "85Kr": BetaDecay(0.687, 37), "210Bi": BetaDecay(1.1615, 84)}


@in_units(kinetic="MeV")
def beta_spectrum(kinetic: ArrayLike, decay: BetaDecay, constants: WeakConstants = WEAK) -> FloatArray:
    """Return the spectrum of the electron or positron of a decay.

    Parameters
    ----------
    kinetic
        Kinetic energy T [MeV], 0 or more.
    decay
        End point and charge.
    constants
        Constants of nature.

    Returns
    -------
    numpy.ndarray
        Probability density of T [1/MeV], zero from the end point on; that of the neutrino at E is this one at Q - E.

    Raises
    ------
    EvaluationError
        If an energy is negative or not finite.

    Notes
    -----
    F p W (Q - T)^2, normalised; F p is finite where p vanishes. Source: Krane 1988, Introductory Nuclear Physics,
    section 9.3.

    Examples
    --------
    Even at rest electrons of 14C are likely, since the nucleus attracts them [1/MeV]:

    >>> from gridscan.physics.neutrinos.beta_decay import ISOTOPES, beta_spectrum
    >>> beta_spectrum([0.0, 0.03, 0.1, 0.2], ISOTOPES["14C"]).round(2)
    array([ 9.83, 11.54,  4.13,  0.  ])
    """
    energy = checked("kinetic", kinetic, NOT_NEGATIVE, "MeV")
    return _shape(energy, decay, constants) / _normalisation(decay, constants)


def counted_decays(
    decay: BetaDecay | str, window: RecoilWindow, constants: WeakConstants = WEAK
) -> tuple[FloatArray, FloatArray]:
    """Return the share of decays whose measured energy is in a window.

    Parameters
    ----------
    decay
        End point and charge, or one of `ISOTOPES`.
    window
        What is counted; arrays broadcast.
    constants
        Constants of nature.

    Returns
    -------
    share, error : numpy.ndarray
        From 0 to 1, and its absolute error.

    Raises
    ------
    EvaluationError
        If the isotope is unknown, or the window is outside its range.

    Notes
    -----
    Beyond the end point the share falls as fast as the tail of the resolution, and is as uncertain as that.
    Source: see the module.

    Examples
    --------
    14C ends below 0.16 MeV; a resolution of 5 % at 1 MeV lets 7e-6 of its decays be measured above 0.2 MeV:

    >>> from gridscan.physics.neutrinos.beta_decay import counted_decays
    >>> from gridscan.physics.neutrinos.measured_recoil import RecoilWindow
    >>> share, error = counted_decays("14C", RecoilWindow([0.1, 0.2], resolution_stochastic=0.05))
    >>> print(" ".join(f"{value:.1e}" for value in share))
    9.4e-02 6.7e-06
    """
    own = _decay(decay)
    shape = np.broadcast_shapes(*(np.shape(field) for field in window))
    norm = _normalisation(own, constants)

    def spectra(kinetic: FloatArray, _owner: NDArray[np.intp]) -> FloatArray:
        return _shape(kinetic, own, constants) / norm

    share, error = counted_integral(spectra, [own.endpoint], window.flat(shape), int(np.prod(shape)))
    return share.reshape(shape), error.reshape(shape)


def pile_up_rate(total_rate: Any, resolving_time: Any) -> Any:
    """Return how often two decays are taken for one, R^2 tau.

    Parameters
    ----------
    total_rate
        Decays per time R in the whole detector.
    resolving_time
        Time tau within which two decays are not told apart.

    Returns
    -------
    array or quantity
        Per time; all arguments broadcast.

    Notes
    -----
    For R tau << 1. Source: Knoll 2010, Radiation Detection and Measurement, chapter 17.

    Examples
    --------
    8 kHz of 14C and 300 ns:

    >>> from gridscan.physics.neutrinos.beta_decay import pile_up_rate
    >>> round(pile_up_rate(8e3, 3e-7), 1)
    19.2
    """
    return total_rate**2 * resolving_time


@in_units(kinetic="MeV")
def pile_up_spectrum(
    kinetic: ArrayLike, decay: BetaDecay | str, constants: WeakConstants = WEAK
) -> tuple[FloatArray, FloatArray]:
    """Return the spectrum of the sum of two decays that are taken for one.

    Parameters
    ----------
    kinetic
        Sum T of the two kinetic energies [MeV], 0 or more.
    decay
        End point and charge, or one of `ISOTOPES`.
    constants
        Constants of nature.

    Returns
    -------
    value, error : numpy.ndarray
        Probability density [1/MeV], zero from 2 Q on, and its absolute error.

    Raises
    ------
    EvaluationError
        If an energy is negative or not finite, or the isotope is unknown.

    Notes
    -----
    ∫ S(t) S(T - t) dt. Two electrons of half the energy quench more than one of their sum: an upper bound in a
    scintillator. Source: the distribution of a sum.

    Examples
    --------
    >>> from gridscan.physics.neutrinos.beta_decay import pile_up_spectrum
    >>> pile_up_spectrum([0.1, 0.2, 0.32], "14C")[0].round(2)
    array([8.02, 1.01, 0.  ])
    """
    own = _decay(decay)
    energy = checked("kinetic", kinetic, NOT_NEGATIVE, "MeV")
    values = [_convolved(energy, own, constants, points) for points in (_POINTS, _FEWER)]
    # Rounding of an energy is a larger share of what is left below the end.
    left = np.maximum(2.0 * own.endpoint - energy, np.finfo(float).eps)
    rounding = 8.0 * np.finfo(float).eps * (1.0 + 2.0 * own.endpoint / left)
    return values[0], np.abs(values[0] - values[1]) + rounding * values[0]


def counted_pile_up(
    decay: BetaDecay | str, window: RecoilWindow, constants: WeakConstants = WEAK
) -> tuple[FloatArray, FloatArray]:
    """Return the share of pairs of decays, taken for one, whose measured energy is in a window.

    Parameters
    ----------
    decay
        End point and charge, or one of `ISOTOPES`.
    window
        What is counted; arrays broadcast. The resolution is that at the sum of the two energies.
    constants
        Constants of nature.

    Returns
    -------
    share, error : numpy.ndarray
        From 0 to 1, and its absolute error.

    Raises
    ------
    EvaluationError
        If the isotope is unknown, or the window is outside its range.

    Notes
    -----
    Source: see `pile_up_spectrum`.

    Examples
    --------
    Above 0.2 and 0.25 MeV, with 5 % at 1 MeV:

    >>> from gridscan.physics.neutrinos.beta_decay import counted_pile_up
    >>> from gridscan.physics.neutrinos.measured_recoil import RecoilWindow
    >>> share, error = counted_pile_up("14C", RecoilWindow([0.2, 0.25], resolution_stochastic=0.05))
    >>> print(" ".join(f"{value:.1e}" for value in share))
    2.9e-02 2.6e-03
    """
    own = _decay(decay)
    shape = np.broadcast_shapes(*(np.shape(field) for field in window))

    def spectra(kinetic: FloatArray, _owner: NDArray[np.intp]) -> FloatArray:
        return np.stack([_convolved(kinetic, own, constants, points) for points in (_POINTS, _FEWER)])

    ends = [own.endpoint, 2.0 * own.endpoint]
    values, errors = counted_integral(
        spectra, ends, window.flat(shape), int(np.prod(shape)), relative_tolerance=_PILE_UP_TOLERANCE
    )
    return values[0].reshape(shape), (errors[0] + np.abs(values[0] - values[1])).reshape(shape)


def _decay(decay: BetaDecay | str) -> BetaDecay:
    if not isinstance(decay, str):
        return decay
    if decay not in ISOTOPES:
        raise EvaluationError(f"unknown isotope {decay!r}{nearest(decay, ISOTOPES)}; known are {', '.join(ISOTOPES)}")
    return ISOTOPES[decay]


def _shape(kinetic: FloatArray, decay: BetaDecay, constants: WeakConstants) -> FloatArray:
    """Return F p W (Q - T)^2, zero beyond the end point."""
    mass = constants.electron_mass_energy
    total = kinetic / mass + 1.0
    momentum = np.sqrt(kinetic * (kinetic + 2.0 * mass)) / mass
    strength = 2.0 * np.pi * decay.charge * constants.fine_structure_constant * total
    # F p = 2π Z alpha W/(1 - exp(-2π eta)), where 2π eta is infinite at rest.
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        repelled = -np.expm1(-strength / momentum)
    fermi = strength / repelled if decay.charge else momentum
    return np.asarray(np.where(kinetic < decay.endpoint, fermi * total * (decay.endpoint - kinetic) ** 2, 0.0))


@functools.lru_cache(maxsize=64)
def _normalisation(decay: BetaDecay, constants: WeakConstants) -> float:
    """Return the integral of `_shape`, in sqrt(T)."""

    def integrand(root: FloatArray, _owner: NDArray[np.intp]) -> FloatArray:
        return 2.0 * root * _shape(root**2, decay, constants)

    end = np.array([np.sqrt(decay.endpoint)])
    one = np.zeros(1, dtype=np.intp)
    return float(integrate_panels(integrand, one, 0.0 * end, end, 1, relative_tolerance=1e-13)[0][0])


def _convolved(kinetic: FloatArray, decay: BetaDecay, constants: WeakConstants, points: int) -> FloatArray:
    """Return the spectrum of the sum of two energies, by a rule of so many points, dense at both ends."""
    nodes, weights = gauss_legendre(points)
    low = np.maximum(kinetic - decay.endpoint, 0.0)[..., None]
    width = np.minimum(kinetic, decay.endpoint)[..., None] - low
    share = 0.5 * (1.0 + nodes)
    first = low + np.maximum(width, 0.0) * share**2 * (3.0 - 2.0 * share)
    heights = _shape(first, decay, constants) * _shape(np.maximum(kinetic[..., None] - first, 0.0), decay, constants)
    slope = 3.0 * share * (1.0 - share) * weights
    integral = np.maximum(width[..., 0], 0.0) * (heights @ slope)
    return np.asarray(integral / _normalisation(decay, constants) ** 2)

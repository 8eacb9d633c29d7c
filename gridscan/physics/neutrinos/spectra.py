"""Pinched spectrum of stellar and supernova neutrinos, cut to a range of energies.

    f(E) ∝ E^alpha exp(-(alpha + 1) E/<E>)   on [E_min, E_max]

Source: Keil, Raffelt & Janka 2003, ApJ 590, 971. With x = (alpha + 1) E/<E>, the integral over the range is
proportional to P(alpha + 1, x_max) - P(alpha + 1, x_min), regularised incomplete gamma functions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammainc, gammaincc, gammaln, xlogy

from gridscan.errors import EvaluationError
from gridscan.numerics.ranges import NOT_NEGATIVE, POSITIVE, Range, checked, numbers_of, require_above

__all__ = ["has_neutrinos", "mean_energy_truncated", "pinched_spectrum", "pinching_of"]

FloatArray = NDArray[np.floating[Any]]

# A smaller share of the neutrinos is lost to rounding.
_LEAST_SHARE = 1e-290


def pinched_spectrum(
    energy: ArrayLike, mean_energy: ArrayLike, pinching: ArrayLike, energy_min: ArrayLike, energy_max: ArrayLike
) -> FloatArray:
    """Return the spectrum f(E): the probability density of the energy of a neutrino.

    Parameters
    ----------
    energy
        Energy E [MeV].
    mean_energy
        Mean <E> over all energies, before the cut to the range [MeV], positive.
    pinching
        alpha > -1, dimensionless; 2 for a Maxwell-Boltzmann spectrum.
    energy_min, energy_max
        The range [MeV], 0 <= energy_min < energy_max.

    Returns
    -------
    numpy.ndarray
        f(E) [1/MeV], zero outside the range and with integral 1 inside; all arguments broadcast.

    Raises
    ------
    EvaluationError
        If a parameter is outside its range, or the range of energies lies so far in a tail that it holds no neutrinos.

    Notes
    -----
    f(E) ∝ E^alpha exp(-(alpha + 1) E/<E>). Source: Keil, Raffelt & Janka 2003, ApJ 590, 971.

    Examples
    --------
    A Maxwell-Boltzmann spectrum of mean energy 3 MeV is E^2 exp(-E)/2, so that f(1 MeV) = 1/(2 e):

    >>> import math
    >>> from gridscan.physics.neutrinos.spectra import pinched_spectrum
    >>> round(float(pinched_spectrum(1.0, 3.0, 2.0, 0.0, math.inf) * 2 * math.e), 12)
    1.0
    """
    energy = numbers_of("energy", energy, "MeV")
    mean, alpha, low, high = _in_range(mean_energy, pinching, energy_min, energy_max)
    per_energy = (alpha + 1.0) / mean
    x = per_energy * np.clip(energy, low, high)
    density = per_energy * np.exp(xlogy(alpha, x) - x - gammaln(alpha + 1.0))
    probability = _probability(alpha + 1.0, per_energy * low, per_energy * high)
    return np.where((energy < low) | (energy > high), 0.0, density / probability)


def mean_energy_truncated(
    mean_energy: ArrayLike, pinching: ArrayLike, energy_min: ArrayLike, energy_max: ArrayLike
) -> FloatArray:
    """Return the mean energy of the pinched spectrum within its range, ∫ E f(E) dE.

    Parameters
    ----------
    mean_energy
        Mean <E> over all energies, before the cut to the range [MeV], positive.
    pinching
        alpha > -1, dimensionless; 2 for a Maxwell-Boltzmann spectrum.
    energy_min, energy_max
        The range [MeV], 0 <= energy_min < energy_max.

    Returns
    -------
    numpy.ndarray
        Mean energy [MeV]; all arguments broadcast.

    Raises
    ------
    EvaluationError
        If a parameter is outside its range, or the range of energies lies so far in a tail that it holds no neutrinos.

    Notes
    -----
    <E> [P(alpha + 2, x_max) - P(alpha + 2, x_min)]/[P(alpha + 1, x_max) - P(alpha + 1, x_min)] with x = (alpha + 1)
    E/<E>. Source: the integral of the spectrum of Keil, Raffelt & Janka 2003, ApJ 590, 971.

    Examples
    --------
    Without a cut it is <E>; an exponential spectrum (alpha = 0) above 1 MeV has the mean <E> + 1 MeV:

    >>> import math
    >>> from gridscan.physics.neutrinos.spectra import mean_energy_truncated
    >>> mean_energy_truncated(12.0, [2.0, 0.0], [0.0, 1.0], math.inf).round(9)
    array([12., 13.])
    """
    mean, alpha, low, high = _in_range(mean_energy, pinching, energy_min, energy_max)
    x_min, x_max = (alpha + 1.0) * low / mean, (alpha + 1.0) * high / mean
    return mean * _probability(alpha + 2.0, x_min, x_max) / _probability(alpha + 1.0, x_min, x_max)


def pinching_of(mean_energy: ArrayLike, mean_square_energy: ArrayLike) -> FloatArray:
    """Return the pinching of the spectrum that has two given moments.

    Parameters
    ----------
    mean_energy
        <E> [MeV], above zero.
    mean_square_energy
        <E^2> [MeV^2], above <E>^2.

    Returns
    -------
    numpy.ndarray
        alpha, above -1, dimensionless; all arguments broadcast. A fit to a spectrum with lines of weak processes
        underrates its tail.

    Raises
    ------
    EvaluationError
        If a mean is not above zero, or a mean square not above the square of the mean.

    Notes
    -----
    <E^2>/<E>^2 = (2 + alpha)/(1 + alpha), so that alpha = <E>^2/(<E^2> - <E>^2) - 1.
    Source: Keil, Raffelt & Janka 2003, ApJ 590, 971, equation 5.

    Examples
    --------
    A Maxwell-Boltzmann spectrum, of alpha = 2:

    >>> from gridscan.physics.neutrinos.spectra import pinching_of
    >>> round(float(pinching_of(3.0, 12.0)), 12)
    2.0
    """
    mean = checked("mean_energy", mean_energy, POSITIVE, "MeV")
    square = checked("mean_square_energy", mean_square_energy, POSITIVE, "MeV^2")
    require_above("mean_square_energy", square, "the square of mean_energy", mean**2, "MeV^2")
    return np.asarray(mean**2 / (square - mean**2) - 1.0)


def has_neutrinos(
    mean_energy: ArrayLike, pinching: ArrayLike, energy_min: ArrayLike, energy_max: ArrayLike
) -> NDArray[np.bool_]:
    """Return whether a share of the pinched spectrum that can be computed with is in a range of energies.

    Parameters
    ----------
    mean_energy
        Mean <E> over all energies, positive.
    pinching
        alpha > -1, dimensionless.
    energy_min, energy_max
        The range, in the unit of the mean.

    Returns
    -------
    numpy.ndarray
        Whether the share is above 1e-290; all arguments broadcast.

    Notes
    -----
    The share is P(alpha + 1, x_max) - P(alpha + 1, x_min) with x = (alpha + 1) E/<E>. Source: the integral of the
    spectrum of Keil, Raffelt & Janka 2003, ApJ 590, 971.

    Examples
    --------
    >>> from gridscan.physics.neutrinos.spectra import has_neutrinos
    >>> has_neutrinos([0.9, 1e-4], 2.0, 0.1, 5.0)
    array([ True, False])
    """
    mean, alpha, low, high = (np.asarray(x, dtype=float) for x in (mean_energy, pinching, energy_min, energy_max))
    share = _share(alpha + 1.0, (alpha + 1.0) * low / mean, (alpha + 1.0) * high / mean)
    return np.asarray(share > _LEAST_SHARE)


def _share(shape: FloatArray, x_min: FloatArray, x_max: FloatArray) -> FloatArray:
    """Return P(a, x_max) - P(a, x_min), from the complements Q = 1 - P above the mean, where these are small."""
    below = gammainc(shape, x_max) - gammainc(shape, x_min)
    above = gammaincc(shape, x_min) - gammaincc(shape, x_max)
    return np.asarray(np.where(x_min > shape, above, below))


def _probability(shape: FloatArray, x_min: FloatArray, x_max: FloatArray) -> FloatArray:
    """Return the share, refused where too little of it is left."""
    probability = _share(shape, x_min, x_max)
    if not (probability > _LEAST_SHARE).all():
        raise EvaluationError(
            "energy_min and energy_max lie too far in a tail of the spectrum: the range must hold more than 1e-290 of "
            "the neutrinos"
        )
    return probability


def _in_range(
    mean_energy: ArrayLike, pinching: ArrayLike, energy_min: ArrayLike, energy_max: ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    mean = checked("mean_energy", mean_energy, POSITIVE, "MeV")
    alpha = checked("pinching", pinching, Range(above=-1.0))
    low = checked("energy_min", energy_min, NOT_NEGATIVE, "MeV")
    require_above("energy_max", energy_max, "energy_min", low, "MeV")
    return mean, alpha, low, numbers_of("energy_max", energy_max, "MeV")

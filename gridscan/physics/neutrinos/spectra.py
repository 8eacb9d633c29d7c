"""The pinched spectrum of stellar and supernova neutrinos, cut to a range of energies.

    f(E) ∝ E^alpha exp(-(alpha + 1) E/<E>)   on [E_min, E_max]

Source: Keil, Raffelt & Janka 2003, ApJ 590, 971. With x = (alpha + 1) E/<E>, the integral over the range is in
proportion to P(alpha + 1, x_max) - P(alpha + 1, x_min), regularised incomplete gamma functions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammainc, gammaincc, gammaln, xlogy

from gridscan.errors import EvaluationError

__all__ = ["mean_energy_truncated", "pinched_spectrum"]

FloatArray = NDArray[np.floating[Any]]


def pinched_spectrum(
    energy: ArrayLike, mean_energy: ArrayLike, pinching: ArrayLike, energy_min: ArrayLike, energy_max: ArrayLike
) -> FloatArray:
    """Return the probability density of the energy of a neutrino.

    Parameters
    ----------
    energy
        [MeV].
    mean_energy
        [MeV], positive: mean over all energies, before the cut to the range.
    pinching
        alpha > -1; 2 for a Maxwell-Boltzmann spectrum.
    energy_min, energy_max
        [MeV], 0 <= energy_min < energy_max: the range.

    Returns
    -------
    numpy.ndarray
        [1/MeV], zero outside the range and with the integral 1 inside; all arguments broadcast.

    Raises
    ------
    EvaluationError
        If a parameter is outside its range, or the range of energies lies so far in a tail that it holds no neutrinos.
    """
    energy = np.asarray(energy, dtype=float)
    mean, alpha, low, high = _checked(mean_energy, pinching, energy_min, energy_max)
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
    mean_energy, pinching, energy_min, energy_max
        See `pinched_spectrum`.

    Returns
    -------
    numpy.ndarray
        [MeV]; all arguments broadcast.

    Raises
    ------
    EvaluationError
        See `pinched_spectrum`.

    Notes
    -----
    <E> [P(alpha + 2, x_max) - P(alpha + 2, x_min)] / [P(alpha + 1, x_max) - P(alpha + 1, x_min)].
    """
    mean, alpha, low, high = _checked(mean_energy, pinching, energy_min, energy_max)
    x_min, x_max = (alpha + 1.0) * low / mean, (alpha + 1.0) * high / mean
    return mean * _probability(alpha + 2.0, x_min, x_max) / _probability(alpha + 1.0, x_min, x_max)


def _probability(shape: FloatArray, x_min: FloatArray, x_max: FloatArray) -> FloatArray:
    """Return P(a, x_max) - P(a, x_min), from the complements Q = 1 - P above the mean, where these are small."""
    below = gammainc(shape, x_max) - gammainc(shape, x_min)
    above = gammaincc(shape, x_min) - gammaincc(shape, x_max)
    probability: FloatArray = np.where(x_min > shape, above, below)
    if not (probability > 1e-290).all():
        raise EvaluationError(
            "energy_min and energy_max lie so far in a tail of the spectrum that no neutrino has such an energy; "
            "allowed are ranges that hold more than 1e-290 of them"
        )
    return probability


def _checked(
    mean_energy: ArrayLike, pinching: ArrayLike, energy_min: ArrayLike, energy_max: ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    mean, alpha, low, high = (np.asarray(x, dtype=float) for x in (mean_energy, pinching, energy_min, energy_max))
    low_shown, high_shown = np.broadcast_arrays(low, high)
    checks = (
        ("mean_energy", mean, np.isfinite(mean) & (mean > 0.0), "finite, above 0 MeV"),
        ("pinching", alpha, np.isfinite(alpha) & (alpha > -1.0), "finite, above -1"),
        ("energy_min", low, np.isfinite(low) & (low >= 0.0), "finite, 0 MeV or more"),
        ("energy_max", high_shown, high_shown > low_shown, "above energy_min"),
    )
    for name, values, right, allowed in checks:
        if not right.all():
            raise EvaluationError(f"{name} is {values[~right].flat[0]:g}; allowed is {allowed}")
    return mean, alpha, low, high

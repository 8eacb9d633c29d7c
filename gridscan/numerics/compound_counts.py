"""Counts that arrive in groups: the distribution of a sum of a Poisson number of positive whole numbers.

If groups of k counts come as Poisson numbers of mean λ_k, the probability P(n) of n counts in all follows from

    P(0) = exp(-Σ λ_k),   P(n) = (1/n) Σ_{k=1..n} k λ_k P(n - k).

No term is negative, so that nothing cancels. The recursion runs on P(n) exp(Σ λ_k), which is divided by a power of two
whenever it grows large, so that any mean can be had. Source: Panjer 1981, ASTIN Bulletin 12, 22.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridscan.errors import EvaluationError
from gridscan.numerics.ranges import NOT_NEGATIVE, checked, refuse

__all__ = ["count_probabilities", "exceedances_of_counts"]

FloatArray = NDArray[np.floating[Any]]

# Far from the largest double, since a step multiplies by up to the mean number of counts.
_LARGE = 512
_ROUNDING = 1e-9


def count_probabilities(group_means: ArrayLike, total: ArrayLike) -> FloatArray:
    """Return the probabilities of 0, 1, 2, ... counts that arrive in groups.

    Parameters
    ----------
    group_means
        Shape (..., n): λ_k, the mean numbers of groups of k = 1 ... n counts, not negative. Single counts of a
        background add to λ_1.
    total
        Σ λ_k over all k, also those above n; broadcast against the leading axes.

    Returns
    -------
    numpy.ndarray
        Shape (..., n + 1): P(0) ... P(n), dimensionless, to a few units in the last place times the larger of n and
        the total; 0 where it is less than the smallest double.

    Raises
    ------
    EvaluationError
        If a mean is negative or not finite, or the total is less than the sum of the means given.

    Notes
    -----
    P(n) = (1/n) Σ k λ_k P(n - k). Source: Panjer 1981, ASTIN Bulletin 12, 22.

    Examples
    --------
    Single counts alone are Poisson; pairs give even numbers only:

    >>> from gridscan.numerics.compound_counts import count_probabilities
    >>> count_probabilities([1.0, 0.0, 0.0], 1.0).round(4)
    array([0.3679, 0.3679, 0.1839, 0.0613])
    >>> count_probabilities([0.0, 1.0, 0.0, 0.0], 1.0).round(4)
    array([0.3679, 0.    , 0.3679, 0.    , 0.1839])
    """
    means, whole = checked("group_means", group_means, NOT_NEGATIVE), checked("total", total, NOT_NEGATIVE)
    if not means.ndim:
        raise EvaluationError("group_means is one number; it must have an axis of the sizes of the groups")
    given = means.sum(axis=-1)
    least, all_of = np.broadcast_arrays(given, whole)
    refuse("total", all_of, all_of < least * (1.0 - _ROUNDING), "at least the sum of group_means")
    most = means.shape[-1]
    sized = means * np.arange(1, most + 1)
    scaled, powers = np.zeros((*least.shape, most + 1)), np.zeros((*least.shape, most + 1))
    scaled[..., 0] = 1.0
    power = np.zeros(least.shape)
    for n in range(1, most + 1):
        scaled[..., n] = np.einsum("...k,...k->...", sized[..., :n], scaled[..., n - 1 :: -1]) / n
        large = np.where(scaled[..., n] > 2.0**_LARGE, float(_LARGE), 0.0)
        if large.any():
            scaled[..., : n + 1] *= np.exp2(-large)[..., None]
            power = power + large
            powers[..., :n] += large[..., None]
        powers[..., n] = power
    return _unscaled(scaled, powers, whole)


def _unscaled(scaled: FloatArray, powers: FloatArray, total: FloatArray) -> FloatArray:
    """Return scaled × 2^powers × exp(-total), by halves, since the exponential alone can be less than any double."""
    half = np.exp(0.5 * (powers * np.log(2.0) - total[..., None]))
    return np.asarray(scaled * half * half)


def exceedances_of_counts(group_means: ArrayLike, total: ArrayLike) -> FloatArray:
    """Return the probabilities of at least 0, 1, 2, ... counts that arrive in groups.

    Parameters
    ----------
    group_means
        Shape (..., n): λ_k, the mean numbers of groups of k = 1 ... n counts, not negative.
    total
        Σ λ_k over all k, also those above n; broadcast against the leading axes.

    Returns
    -------
    numpy.ndarray
        Shape (..., n + 1): P(N >= 0) ... P(N >= n), dimensionless. That of one count keeps its digits where it is
        small; from two counts on they are 1 less the sum of what is below, accurate to 1e-15 in absolute terms.

    Raises
    ------
    EvaluationError
        As `count_probabilities`.

    Notes
    -----
    P(N >= 1) = 1 - exp(-Σ λ_k), and P(N >= n + 1) = P(N >= n) - P(n).

    Examples
    --------
    >>> from gridscan.numerics.compound_counts import exceedances_of_counts
    >>> exceedances_of_counts([1e-20, 0.0], 1e-20)
    array([1.e+00, 1.e-20, 0.e+00])
    """
    probability = count_probabilities(group_means, total)
    any_count = -np.expm1(-np.asarray(total, dtype=float))
    found = np.ones(probability.shape)
    found[..., 1] = any_count
    found[..., 2:] = np.maximum(any_count[..., None] - np.cumsum(probability[..., 1:-1], axis=-1), 0.0)
    return found

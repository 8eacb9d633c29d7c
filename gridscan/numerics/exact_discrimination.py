"""The exposure at which the median Poisson count tells two means apart, exactly.

Two rates a > b > 0, in units of which an exposure s gives Poisson counts of means s a and s b, and a one-sided
probability p. With P(N >= n | x) = P(n, x), the regularised incomplete gamma function,

    n counts or more exclude b, and are the median of a:   P(n, s b) <= p,          P(n, s a) >= 1/2
    n counts or fewer exclude a, and are the median of b:  Q(n + 1, s a) <= p,      Q(n + 1, s b) >= 1/2

For each n both conditions on s are an interval, with ends from inverse incomplete gamma functions; it is not empty from
some n on. The answer is the smallest s in an interval of either kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainccinv, gammaincinv, ndtr

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    Ends = Callable[[NDArray[np.floating[Any]], NDArray[np.floating[Any]]], tuple[NDArray[np.floating[Any]], ...]]

__all__ = ["LARGEST_COUNT", "exact_scale"]

FloatArray = NDArray[np.floating[Any]]

#: With more counts the median is that of a normal distribution to 1e-4 of the exposure.
LARGEST_COUNT = 1e8
_STEPS = 16
_MOST_ALTERNATIONS = 200
_ROUNDED = 1.0 + 1e-12


def exact_scale(higher: ArrayLike, lower: ArrayLike, significance: ArrayLike) -> FloatArray:
    """Return the smallest factor on two mean counts with which the median count of each excludes the other one.

    Parameters
    ----------
    higher, lower
        Mean counts a > b >= 0, dimensionless.
    significance
        Number of standard deviations z > 0: the one-sided probability is that of a normal distribution beyond z.

    Returns
    -------
    numpy.ndarray
        Dimensionless; all arguments broadcast. Infinite where it takes more than 1e8 counts.

    Notes
    -----
    The significance of the median count rises in steps, so that a somewhat larger factor may do less: it is the
    smallest with which the significance is reached. Source: definition of the median significance, without the
    approximation of Cowan et al. 2011, Eur. Phys. J. C 71, 1554.

    Examples
    --------
    To exclude a mean s with no count takes exp(-s) <= 0.00135:

    >>> import math
    >>> from gridscan.numerics.exact_discrimination import exact_scale
    >>> factor = float(exact_scale(1.0, 0.0, 3.0))
    >>> round(factor, 4), round(math.exp(-factor), 5)
    (6.6077, 0.00135)
    """
    high, low, z = np.broadcast_arrays(*(np.asarray(x, dtype=float) for x in (higher, lower, significance)))
    scale = np.full(high.shape, np.inf)
    probability = ndtr(-z)
    # It takes n counts with √n = z a/(a - b), nearly.
    countable = ((z * high / (high - low)) ** 2 < LARGEST_COUNT) & (probability > 0.0)
    if countable.any():
        scale[countable] = _smallest(*(x[countable] for x in (high, low, probability, z)))
    return scale


def _of_higher(n: FloatArray, probability: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the least mean of which n counts or more are the median, and the largest that they exclude."""
    return gammaincinv(n, 0.5), gammaincinv(n, probability)


def _of_lower(n: FloatArray, probability: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the least mean that n counts or fewer exclude, and the largest of which they are the median."""
    return gammainccinv(n + 1.0, probability), gammaincinv(n + 1.0, 0.5)


# For each kind of interval, its ends, the first n, and about the n with the least mean x.
_KINDS: tuple[tuple[Ends, float, Callable[[FloatArray, FloatArray], FloatArray]], ...] = (
    (_of_higher, 1.0, lambda x, z: x + 1.0 / 3.0 + 0.0 * z),
    (_of_lower, 0.0, lambda x, z: x - z * np.sqrt(x) + (z * z - 1.0) / 6.0),
)


def _smallest(high: FloatArray, low: FloatArray, probability: FloatArray, z: FloatArray) -> FloatArray:
    """Return the smallest s for which s a and s b are between the ends of an interval of either kind."""
    scale = np.zeros(high.shape)
    for ends, first, _ in _KINDS:
        n = _fewest(ends, first, high, low, probability, z)
        scale = np.maximum(scale, ends(n, probability)[0] / high)
    active = np.arange(scale.size)
    for _ in range(_MOST_ALTERNATIONS):
        before = scale[active]
        for ends, first, guess in _KINDS:
            a, b, p, s = high[active], low[active], probability[active], scale[active]
            n = _last(ends, np.maximum(np.floor(guess(s * a, z[active])), first), first, s * a, p)
            fits = s * b <= ends(n, p)[1] * _ROUNDED
            scale[active] = np.where(fits, s, np.maximum(s, ends(n + 1.0, p)[0] / a))
        active = active[scale[active] > before * _ROUNDED]
        if not active.size:
            break
    return scale


def _fewest(ends: Ends, first: float, high: FloatArray, low: FloatArray, p: FloatArray, z: FloatArray) -> FloatArray:
    """Return the smallest n of which the interval is not empty.

    With the ends x and y that is where x/(x - y) >= a/(a - b), of which the left side grows nearly as √n/z.
    """

    def excess(n: FloatArray) -> FloatArray:
        start, end = ends(n, p)
        return start / (start - end) - high / (high - low)

    root = z * high / (high - low)
    for _ in range(_STEPS):
        root = np.maximum(root - z * excess(np.maximum(root, first) ** 2), first)
    n = np.maximum(np.ceil(root**2) - 1.0, first)
    for _ in range(_STEPS):
        n = np.where(excess(n) * _ROUNDED >= 0.0, n, n + 1.0)
    return n


def _last(ends: Ends, n: FloatArray, first: float, mean: FloatArray, p: FloatArray) -> FloatArray:
    """Return the largest n whose interval begins at a mean or below, from a guess."""
    for _ in range(_STEPS):
        lower = (ends(n, p)[0] > mean * _ROUNDED) & (n > first)
        higher = ends(n + 1.0, p)[0] <= mean * _ROUNDED
        n = n - lower + (higher & ~lower)
    return n

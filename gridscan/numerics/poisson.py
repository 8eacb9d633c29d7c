"""Poisson counts: probabilities, the divergence of two means, the exposure that distinguishes them, and quantiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import gammaln, ndtri, pdtr, rel_entr, xlogy

from gridscan.errors import EvaluationError, listed, nearest
from gridscan.numerics.exact_discrimination import exact_scale

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

METHODS = ("asimov", "gaussian", "exact")

# Below this |x - y|/(x + y) the divergence is summed as a series: eight terms reach 0.1**18, and above it x ln(x/y)
# and y - x cancel at most one digit.
_SERIES_BELOW = 0.1
_SERIES_TERMS = 8
#: The largest mean of a Poisson count: beyond it, a double does not hold every whole number.
LARGEST_MEAN = 1e12
# From this count on, the five terms of Stirling's series reach the last place.
_STIRLING_FROM = 16.0


def poisson_probability(count: ArrayLike, mean: ArrayLike) -> NDArray[np.float64]:
    """Return the probability of exactly one count, P(N = k) of a Poisson distribution.

    Accurate to a few units in the last place near the mean, however large that is, where the difference of k ln μ and
    ln k! loses as many digits as these have.

    Parameters
    ----------
    count
        k, whole numbers that are not negative.
    mean
        μ, finite and not negative; broadcast with `count`.

    Returns
    -------
    numpy.ndarray
        P(N = k), dimensionless.

    Raises
    ------
    EvaluationError
        If a count or a mean is outside its range.

    Notes
    -----
    P = exp(-D(k‖μ) - δ(k))/√(2 π k), with the Poisson divergence D and the remainder δ of Stirling's formula. Source:
    C. Loader, "Fast and accurate computation of binomial probabilities" (2000).

    Examples
    --------
    Two counts for a mean of one, 1/(2 e), and a million for a mean of a million:

    >>> from gridscan.numerics.poisson import poisson_probability
    >>> poisson_probability([2, 1e6], [1.0, 1e6]).round(9)
    array([0.18393972, 0.00039894])
    """
    number = _counts("counts", count)
    if (number != np.floor(number)).any():
        raise EvaluationError(f"counts must be whole numbers; found {number[number != np.floor(number)].flat[0]:g}")
    number, mean = np.broadcast_arrays(number, _counts("means of Poisson counts", mean))
    few = number < _STIRLING_FROM
    at_least = np.where(few, _STIRLING_FROM, number)
    inverse = at_least**-2.0
    series = 1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse * (1 / 1680 - inverse / 1188)))
    divergence = _divergence(at_least, mean, at_least - mean)
    many = np.exp(-divergence - series / at_least) / np.sqrt(2.0 * np.pi * at_least)
    fewer = np.where(few, number, 0.0)
    return np.where(few, np.exp(xlogy(fewer, mean) - mean - gammaln(fewer + 1.0)), many)


def poisson_divergence(x: ArrayLike, y: ArrayLike, difference: ArrayLike | None = None) -> NDArray[np.float64]:
    """Return the Kullback-Leibler divergence of a Poisson distribution of mean `x` from one of mean `y`.

    Accurate to a few units in the last place for every ratio of the two, also where they agree in most digits and
    the textbook form x ln(x/y) + y - x cancels.

    Parameters
    ----------
    x, y
        Expected counts, finite and not negative, dimensionless; they broadcast.
    difference
        x - y, where it is known to more digits than the two numbers have in common.

    Returns
    -------
    numpy.ndarray
        D(x‖y) >= 0, dimensionless; y at x = 0, infinite at y = 0 (unless x = 0, where it is 0).

    Raises
    ------
    EvaluationError
        If a count is negative or not finite.

    Notes
    -----
    D(x‖y) = x ln(x/y) + y - x. With v = (x - y)/(x + y), ln(x/y) = 2 artanh v, so that D = (x - y) v + 2 x (artanh v -
    v). Twice D is the deviance of a Poisson count. Source: S. Kullback and R. A. Leibler, Ann. Math. Stat. 22, 79
    (1951); the expansion is that of C. Loader, "Fast and accurate computation of binomial probabilities" (2000).

    Examples
    --------
    2 ln 2 - 1, and d²/2 for means that differ by a small share d:

    >>> from gridscan.numerics.poisson import poisson_divergence
    >>> round(float(poisson_divergence(2.0, 1.0)), 6), f"{poisson_divergence(1.0 + 1e-9, 1.0):.3e}"
    (0.386294, '5.000e-19')
    """
    x, y = _counts("expected counts", x), _counts("expected counts", y)
    return _divergence(x, y, x - y if difference is None else np.asarray(difference, dtype=float))


def scale_to_discriminate(
    rate_a: ArrayLike,
    rate_b: ArrayLike,
    background: ArrayLike,
    exposure: ArrayLike,
    significance: ArrayLike,
    method: str,
) -> NDArray[np.float64]:
    """Return the factor by which a detector must grow to distinguish two rates.

    Signal and background both grow with the detector. The result does not depend on which rate is called a.

    Parameters
    ----------
    rate_a, rate_b
        Signal rates, finite and not negative, in the inverse of the unit of `exposure`.
    background
        Background rate, the same for both, finite and not negative, in the same unit as the rates.
    exposure
        Duration of the measurement, finite and positive.
    significance
        Number of standard deviations z, finite and positive.
    method
        ``"asimov"`` (likelihood ratio of the expected counts), ``"gaussian"`` (its limit for many counts), or
        ``"exact"`` (Poisson probability of the median count). Of few counts the true median significance at
        the factor of the first two can be well below z: 2.3 instead of 3 for rates of 0 and 1.

    Returns
    -------
    numpy.ndarray
        The factor s, dimensionless and positive; infinite where the rates are equal. The five arrays broadcast.

    Raises
    ------
    EvaluationError
        If the method is unknown, or a number is outside its range.

    Notes
    -----
    With λ = (rate + background) · exposure and D the Poisson divergence,

        asimov:   s = z² / (2 min(D(λa‖λb), D(λb‖λa)))
        gaussian: s = z² max(λa, λb) / (λa - λb)²
        exact:    the smallest s with which the median of s λa counts is improbable for s λb, and the reverse; asimov
                  for more than 1e8 counts

    Source: G. Cowan et al., Eur. Phys. J. C 71, 1554 (2011), for the expected significance √(2 D) of a data set
    equal to its expectation; D is proportional to s.

    Examples
    --------
    Telling 110 counts from 100 at 3 sigma takes 9 × 110/10² times as much:

    >>> from gridscan.numerics.poisson import scale_to_discriminate
    >>> float(scale_to_discriminate(110.0, 100.0, 0.0, 1.0, 3.0, "gaussian"))
    9.9
    """
    if method not in METHODS:
        raise EvaluationError(f"unknown method {method!r}{nearest(method, METHODS)}; expected one of {listed(METHODS)}")
    rate_a, rate_b = _counts("rates", rate_a), _counts("rates", rate_b)
    background = _counts("background rates", background)
    exposure, z = _positive("exposure", exposure), _positive("significance", significance)
    counts_a, counts_b = (rate_a + background) * exposure, (rate_b + background) * exposure
    # Not counts_a - counts_b, in which a large background would cancel the digits of two small rates.
    difference = (rate_a - rate_b) * exposure
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if method == "exact":
            scale = exact_scale(np.maximum(counts_a, counts_b), np.minimum(counts_a, counts_b), z)
            few = np.isfinite(scale)
            scale = np.where(few, scale, scale_to_discriminate(rate_a, rate_b, background, exposure, z, "asimov"))
        elif method == "gaussian":
            scale = z**2 * (np.maximum(counts_a, counts_b) / np.abs(difference)) / np.abs(difference)
        else:
            forward = _divergence(counts_a, counts_b, difference)
            backward = _divergence(counts_b, counts_a, -difference)
            scale = z**2 / (2 * np.minimum(forward, backward))
    return np.where(difference == 0, np.inf, scale)


def _divergence(x: NDArray[Any], y: NDArray[Any], difference: NDArray[Any]) -> NDArray[np.float64]:
    total = x + y
    v = np.divide(difference, total, out=np.zeros(np.broadcast(difference, total).shape), where=total > 0)
    square = v * v
    tail = np.zeros_like(v)
    for term in range(_SERIES_TERMS, 0, -1):
        tail = (tail + 1 / (2 * term + 1)) * square
    direct: NDArray[np.float64] = rel_entr(x, y) - difference
    return np.where(np.abs(v) < _SERIES_BELOW, v * (difference + 2 * x * tail), direct)


def poisson_quantile(probability: ArrayLike, mean: ArrayLike) -> NDArray[np.int64]:
    """Return the smallest count that a Poisson distribution does not exceed with a probability.

    Applied to uniform random numbers it draws from the distribution, each draw from one number alone.

    Parameters
    ----------
    probability
        Above 0 and below 1, dimensionless.
    mean
        Mean of the distribution, finite, not negative, at most 1e12; broadcast with `probability`.

    Returns
    -------
    numpy.ndarray
        The smallest k with P(N <= k) >= probability (int64).

    Raises
    ------
    EvaluationError
        If a probability or a mean is outside its range.

    Notes
    -----
    A start from the expansion of E. A. Cornish and R. A. Fisher, Rev. Inst. Int. Stat. 5, 307 (1938), is moved to the
    quantile in whole steps.

    Examples
    --------
    For a mean of 1, P(N <= 0) = 0.368 and P(N <= 1) = 0.736:

    >>> from gridscan.numerics.poisson import poisson_quantile
    >>> poisson_quantile([0.36, 0.37, 0.73, 0.74], 1.0)
    array([0, 1, 1, 2])
    """
    mean = _counts("means of Poisson counts", mean)
    probability = np.asarray(probability, dtype=float)
    for what, array, wrong in (
        ("a probability must be above 0 and below 1", probability, ~((probability > 0) & (probability < 1))),
        ("the mean of a Poisson count must be at most 1e12", mean, mean > LARGEST_MEAN),
    ):
        if wrong.any():
            raise EvaluationError(f"{what}; found {array[wrong].flat[0]:g}")
    probability, mean = np.broadcast_arrays(probability, mean)
    z = ndtri(probability)
    with np.errstate(divide="ignore", invalid="ignore"):
        third = (z**3 - z) / (72 * np.sqrt(mean))
    start = mean + np.sqrt(mean) * z + (z * z - 1) / 6 - np.where(mean > 1, third, 0.0)
    count: NDArray[np.float64] = np.maximum(np.ceil(start - 0.5), 0.0).ravel()
    todo = np.arange(count.size)
    wanted, means = probability.ravel(), mean.ravel()
    while todo.size:
        here, level, expected = count[todo], wanted[todo], means[todo]
        too_low = pdtr(here, expected) < level
        below = np.where(here > 0, pdtr(np.maximum(here - 1, 0), expected), 0.0)
        too_high = (here > 0) & (below >= level)
        count[todo] = here + too_low - (too_high & ~too_low)
        todo = todo[too_low | too_high]
    return count.reshape(mean.shape).astype(np.int64)


def _counts(what: str, values: ArrayLike) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=float)
    wrong = ~(np.isfinite(array) & (array >= 0))
    if wrong.any():
        found = f"{int(wrong.sum())} of {array.size}, such as {array[wrong].flat[0]:g}"
        raise EvaluationError(f"{what} must be finite and not negative; found {found}")
    return array


def _positive(what: str, values: ArrayLike) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=float)
    wrong = ~(np.isfinite(array) & (array > 0))
    if wrong.any():
        raise EvaluationError(f"{what} must be finite and positive; found {array[wrong].flat[0]:g}")
    return array


def share(part: Any, whole: Any) -> Any:
    """Return part/whole, NaN where the whole is zero.

    Parameters
    ----------
    part, whole
        Of one dimension, broadcastable; pint quantities as well as bare arrays.

    Returns
    -------
    array or quantity
        Dimensionless, of the shape to which the arguments broadcast.

    Examples
    --------
    >>> import numpy as np
    >>> from gridscan.numerics.poisson import share
    >>> share(np.array([1.0, 0.0]), np.array([4.0, 0.0]))
    array([0.25,  nan])
    """
    some = whole > 0 * whole
    return np.where(some, part / np.where(some, whole, 1 * part.units if hasattr(part, "units") else 1.0), np.nan)

"""Upper limits on a signal from a count over a background, exact and asymptotic, and what is expected without one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import gammaincc, gammainccinv, ndtr

from gridscan.errors import EvaluationError
from gridscan.numerics.poisson_likelihood import background_counts, log_profiled, profiled_background
from gridscan.numerics.roots import bracketed_roots

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["asymptotic_upper_limit", "count_quantiles", "exact_upper_limit"]

# Background counts that are this much less likely than the likeliest do not change a digit.
_LEAST = -60.0
_MOST_DOUBLINGS = 200


def exact_upper_limit(count: int, background: float, error: float = 0.0, confidence: float = 0.9) -> float:
    """Return the upper limit on a signal from a count: that of CLs, which is that of Bayes with a flat prior.

    Parameters
    ----------
    count
        n, the counts observed.
    background
        Mean b of the background, in counts.
    error
        Its standard deviation, in counts: the mean then has a gamma distribution.
    confidence
        Of the limit, above 0 and below 1.

    Returns
    -------
    float
        The signal s, in expected counts, to a relative 1e-12.

    Raises
    ------
    EvaluationError
        If a number is outside its range, or a background of zero has an error.

    Notes
    -----
    CLs is P(N <= n | s + b)/P(N <= n | b) = 1 - confidence. With j counts of the background, P(N <= n | s) =
    Σ_j P_b(j) Q(n - j + 1, s), Q the regularised upper incomplete gamma function: term by term this is also the share
    of a posterior above s, if all signals weigh the same beforehand. For n = 0 the limit is -ln(1 - confidence),
    whatever the background. Source: A. L. Read, J. Phys. G 28, 2693 (2002).

    Examples
    --------
    >>> from gridscan.numerics.poisson_limits import exact_upper_limit
    >>> round(exact_upper_limit(0, 1.0, confidence=0.95), 3), round(exact_upper_limit(100, 90.0, confidence=0.95), 2)
    (2.996, 28.85)
    """
    left = 1.0 - _checked_confidence(confidence)
    places = np.arange(int(count) + 1.0)
    logs = background_counts(places, background, error)
    kept = logs - logs.max() > _LEAST
    shares = np.exp(logs[kept] - logs.max())
    shares /= shares.sum()
    orders = count - places[kept] + 1.0

    def excess(signal: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(shares @ gammaincc(orders, float(signal)) - left)

    return float(bracketed_roots(excess, -np.log(left) * (1 - 1e-9), gammainccinv(count + 1.0, left) * (1 + 1e-9)))


def asymptotic_upper_limit(count: int, background: float, error: float = 0.0, confidence: float = 0.9) -> float:
    """Return the upper limit of CLs on a signal with the distribution that the likelihood ratio has for many counts.

    Parameters
    ----------
    count
        n, the counts observed.
    background
        b0, the background as it was measured, in counts, above zero.
    error
        Its standard deviation, in counts: a Gaussian constraint.
    confidence
        Of the limit, above 0 and below 1.

    Returns
    -------
    float
        The signal s, in expected counts, to a relative 1e-12. For few counts it is too low: 1.92 instead of 3.00 for
        none at 95 %.

    Raises
    ------
    EvaluationError
        If a number is outside its range.

    Notes
    -----
    The test statistic q̃ of a signal, bounded at zero, and its Asimov value q̃_A, of the background alone that fits
    the count best. Source: G. Cowan et al., Eur. Phys. J. C 71, 1554 (2011), eqs. (62) to (66).

    Examples
    --------
    >>> from gridscan.numerics.poisson_limits import asymptotic_upper_limit
    >>> round(asymptotic_upper_limit(0, 1e-9, confidence=0.95), 2)
    1.92
    """
    left = 1.0 - _checked_confidence(confidence)
    if background <= 0.0:
        raise EvaluationError("the asymptotic limit needs a background above zero; use the exact one")
    alone = float(profiled_background(count, 0.0, background, error))
    # The data that the background alone predicts, and the constraint around it.
    asimov = (alone, alone, error)

    def excess(signal: NDArray[Any]) -> NDArray[Any]:
        q, q_asimov = _statistic(signal, (count, background, error)), _statistic(signal, asimov)
        return np.asarray(_cls(np.sqrt(q), np.sqrt(q_asimov)) - left)

    lower, upper = 0.0, max(1.0, np.sqrt(background + error**2))
    for _ in range(_MOST_DOUBLINGS):
        if excess(np.asarray(upper)) < 0.0:
            break
        lower, upper = upper, 2.0 * upper
    return float(bracketed_roots(excess, lower, upper))


def _statistic(signal: NDArray[Any], data: tuple[float, float, float]) -> float:
    """Return q̃: twice how much less likely data are with the signal than with the best one below it."""
    count, background, _ = data
    best = count - background
    if best >= signal:
        return 0.0
    at_best = _log_ratio(max(best, 0.0), data)
    return max(0.0, 2.0 * (at_best - _log_ratio(float(signal), data)))


def _log_ratio(signal: float, data: tuple[float, float, float]) -> float:
    count, background, error = data
    if float(count).is_integer():
        return float(log_profiled(count, signal, background, error))
    # The counts of the Asimov data are not whole; terms of the count alone cancel in the ratio.
    likeliest = background
    if error > 0.0:
        half = 0.5 * (signal + background - error**2)
        likeliest = max(half + float(np.hypot(half, np.sqrt(count) * error)) - signal, 0.0)
    pull = (likeliest - background) / error if error > 0.0 else 0.0
    mean = signal + likeliest
    return float(count * np.log(mean) - mean - 0.5 * pull**2)


def _cls(root: float, root_asimov: float) -> float:
    """Return CLs = p_(s+b)/(1 - p_b) by the asymptotic distribution of the bounded statistic."""
    if root <= root_asimov or root_asimov == 0.0:
        both, alone = ndtr(-root), ndtr(root_asimov - root)
    else:
        both = ndtr(-(root**2 + root_asimov**2) / (2.0 * root_asimov))
        alone = ndtr((root_asimov**2 - root**2) / (2.0 * root_asimov))
    return float(both / alone) if alone > 0.0 else 0.0


def count_quantiles(probability: ArrayLike, background: float, error: float = 0.0) -> NDArray[np.int64]:
    """Return quantiles of the counts that a background makes alone.

    Parameters
    ----------
    probability
        Above 0 and below 1.
    background
        Mean of the background, in counts.
    error
        Its standard deviation, in counts: the mean then has a gamma distribution.

    Returns
    -------
    numpy.ndarray
        The smallest counts n with P(N <= n) >= probability.

    Raises
    ------
    EvaluationError
        If a number is outside its range, or a background of zero has an error.

    Notes
    -----
    Summed over counts. Source: definition of a quantile.

    Examples
    --------
    >>> from gridscan.numerics.poisson_limits import count_quantiles
    >>> count_quantiles([0.5, 0.975], 3.0)
    array([3, 7])
    """
    wanted = np.asarray(probability, dtype=float)
    if not ((wanted > 0.0) & (wanted < 1.0)).all():
        raise EvaluationError("a quantile needs a probability above 0 and below 1")
    background_counts(0, background, error)
    spread = float(np.sqrt(background + error**2))
    # A gamma distribution of a large error has a tail that falls with its scale, the error squared over the mean.
    scale = 1.0 + (error**2 / background if error else 0.0)
    first = max(0, int(background - 40.0 * spread))
    places = np.arange(first, int(background + 40.0 * spread + 40.0 * scale) + 2)
    below = np.cumsum(np.exp(background_counts(places, background, error)))
    # Rounding of the sum must not make the largest quantile fall out of it.
    return np.asarray(places[np.minimum(np.searchsorted(below, wanted * (1 - 1e-12)), places.size - 1)])


def _checked_confidence(confidence: float) -> float:
    if not 0.0 < confidence < 1.0:
        raise EvaluationError(f"a confidence is above 0 and below 1, such as 0.9; found {confidence:g}")
    return confidence

"""Unified confidence intervals of a signal from a count over a known background, by exact sums."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import gammaincc, gammainccinv, xlogy

from gridscan.errors import EvaluationError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["accepts", "unified_interval"]

# Signals between the ends of the search at which a count is tried.
_TRIED = 4000
_HALVINGS = 60


def accepts(count: int, signal: NDArray[Any], background: float, confidence: float = 0.9) -> NDArray[np.bool_]:
    """Tell for which signals a count is among the accepted ones, ordered by their likelihood ratios.

    Parameters
    ----------
    count
        n, the counts observed.
    signal
        Expected counts of the signal, not negative.
    background
        Expected counts b of the background.
    confidence
        Probability of the accepted counts, at least.

    Returns
    -------
    numpy.ndarray
        Of bool, with the shape of `signal`.

    Notes
    -----
    Counts are accepted in the order of R(n) = P(n | s + b)/P(n | max(0, n - b) + b) until their probabilities make the
    confidence; a count is therefore among them if those of higher R make less. R rises to n = s + b and falls from
    there, so that these are all counts between n and the count beyond s + b that has the same R.
    Source: G. J. Feldman and R. D. Cousins, Phys. Rev. D 57, 3873 (1998), section IV A.

    Examples
    --------
    >>> import numpy as np
    >>> from gridscan.numerics.feldman_cousins import accepts
    >>> accepts(0, np.array([0.5, 2.0]), 3.0)
    array([ True, False])
    """
    mean = np.asarray(signal, dtype=float) + background
    own = _log_ratio(np.full(mean.shape, float(count)), mean, background)
    below = count < mean
    # The last count above, or the first below, the mean whose ratio is higher than that of n.
    low = np.where(below, np.floor(mean), -1.0)
    high = np.where(below, np.ceil(mean) + 10.0 + 2.0 * (mean - count) + 20.0 * np.sqrt(mean), np.ceil(mean))
    with np.errstate(invalid="ignore"):
        while (np.abs(high - low) > 1.0).any():
            middle = np.floor(0.5 * (low + high))
            higher = _log_ratio(np.maximum(middle, 0.0), mean, background) > own
            inward = np.where(below, higher, ~higher)
            open_ = np.abs(high - low) > 1.0
            low, high = np.where(open_ & inward, middle, low), np.where(open_ & ~inward, middle, high)
    first, last = np.where(below, count + 1.0, high), np.where(below, low, count - 1.0)
    none = last < first
    above = np.where(first > 0, gammaincc(np.maximum(first, 1.0), mean), 0.0)
    probability = np.where(none, 0.0, gammaincc(np.maximum(last, 0.0) + 1.0, mean) - above)
    accepted: NDArray[np.bool_] = probability < confidence
    return accepted


@functools.lru_cache(maxsize=4096)
def unified_interval(count: int, background: float, confidence: float = 0.9) -> tuple[float, float]:
    """Return the interval of Feldman and Cousins: the least and the largest signal with which a count is accepted.

    Parameters
    ----------
    count
        n, the counts observed.
    background
        Expected counts b of the background, known.
    confidence
        Above 0 and below 1.

    Returns
    -------
    tuple of float
        Lower and upper end, in expected counts of the signal, to a relative 1e-12. They are looked for at 4,000
        signals: a stretch in which a count is accepted again is missed where it is shorter than a 4,000th of the
        search, which goes as far as a limit of one part in 1e-8.

    Raises
    ------
    EvaluationError
        If a number is outside its range.

    Notes
    -----
    See `accepts`. The upper end may rise with the background, by a tenth for no counts. The published tables, made of
    signals in steps of 0.005, then have the largest one of all higher backgrounds (1.26 for no counts over 2, where
    the construction itself ends at 1.08), which is not done here.
    Source: G. J. Feldman and R. D. Cousins, Phys. Rev. D 57, 3873 (1998).

    Examples
    --------
    >>> from gridscan.numerics.feldman_cousins import unified_interval
    >>> [round(end, 2) for end in unified_interval(0, 0.0)], [round(end, 2) for end in unified_interval(6, 3.0)]
    ([0.0, 2.44], [0.15, 8.47])
    """
    if not (count >= 0 and background >= 0 and np.isfinite(background) and 0.0 < confidence < 1.0):
        raise EvaluationError("an interval needs a count, a background >= 0 and a confidence above 0 and below 1")
    farthest = float(gammainccinv(count + 1.0, min(1e-8, 1e-4 * (1.0 - confidence))))
    tried = np.linspace(0.0, farthest, _TRIED + 1)
    accepted = np.flatnonzero(accepts(count, tried, background, confidence))
    if not accepted.size:
        raise EvaluationError(f"no signal up to {farthest:g} accepts {count} counts over {background:g}")
    first, last = int(accepted[0]), int(accepted[-1])
    lower = 0.0 if first == 0 else _end(count, background, confidence, (tried[first], tried[first - 1]))
    upper = _end(count, background, confidence, (tried[last], tried[min(last + 1, _TRIED)]))
    return lower, upper


def _end(count: int, background: float, confidence: float, bracket: tuple[float, float]) -> float:
    """Halve the distance of an accepted and a refused signal."""
    inside, outside = bracket
    for _ in range(_HALVINGS):
        middle = 0.5 * (inside + outside)
        if accepts(count, np.array([middle]), background, confidence)[0]:
            inside = middle
        else:
            outside = middle
    return float(inside)


def _log_ratio(count: NDArray[Any], mean: NDArray[Any], background: float) -> NDArray[Any]:
    best = np.maximum(count, background)
    with np.errstate(divide="ignore"):
        ratio: NDArray[Any] = xlogy(count, mean) - xlogy(count, best) - (mean - best)
    return ratio

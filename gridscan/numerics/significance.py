"""Expected significance of a count above a background that is known with an error, and what it takes to reach one.

A signal s is expected above a background b, which a second measurement fixes with the standard deviation d. With
n = s + b, u = s b/(b² + n d²) and v = s d²/(b (b + d²)), the median significance Z of a discovery is

    Z²/2 = n ln(1 + u) - (b²/d²) ln(1 + v),

for d = 0: n ln(1 + s/b) - s. For s << b the two terms cancel; with h(x) = ln(1 + x) - x the same is

    Z²/2 = s² b²/[(b² + n d²)(b + d²)] + n h(u) - [s b/(b + d²)] h(v)/v.

If the background error is a share of the background, d = δ b, then Z does not grow beyond all bounds with the exposure:
Z² -> (2/δ²)(r - ln(1 + r)) with r = s/b. Source: Cowan 2012, "Discovery sensitivity for a counting experiment with
background uncertainty", from the likelihood ratio of G. Cowan et al., Eur. Phys. J. C 71, 1554 (2011).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridscan.errors import EvaluationError
from gridscan.numerics.ranges import NOT_NEGATIVE, POSITIVE, checked
from gridscan.numerics.roots import bracketed_roots

__all__ = ["exposure_factor_needed", "median_significance", "signal_needed", "significance_of_endless_exposure"]

FloatArray = NDArray[np.floating[Any]]

# Where ln(1 + x) - x is summed as a series; 0.2^(2 k) is below the rounding error after the last term.
_SERIES_BELOW = 0.5
_SERIES_TERMS = 16
_MOST_STEPS = 200
# Newton's steps end where they are a rounding of the significance.
_CONVERGED = 1e-13


def median_significance(signal: ArrayLike, background: ArrayLike, background_error: ArrayLike = 0.0) -> FloatArray:
    """Return the median significance with which a counting experiment discovers a signal.

    Parameters
    ----------
    signal
        s, expected counts above the background, finite and not negative.
    background
        b, expected counts, finite and positive. Without any background the significance is infinite or zero, depending
        on how its error vanishes.
    background_error
        d, standard deviation of the background in counts, finite and not negative.

    Returns
    -------
    numpy.ndarray
        Z, in standard deviations; all arguments broadcast.

    Raises
    ------
    EvaluationError
        If an argument is outside its range.

    Notes
    -----
    Z² = 2 [(s + b) ln((s + b)(b + d²)/(b² + (s + b) d²)) - (b²/d²) ln(1 + d² s/(b (b + d²)))], in a form that does not
    cancel for s < b. Source: Cowan 2012, "Discovery sensitivity for a counting experiment with background uncertainty".
    An expansion for many counts: below about five, sum the Poisson probabilities instead.

    Examples
    --------
    Ten events above a background of ten, known exactly and to 10 %, and few above many, which tend to s/√(b + d²):

    >>> from gridscan.numerics.significance import median_significance
    >>> median_significance(10.0, 10.0, [0.0, 1.0]).round(4)
    array([2.7795, 2.6159])
    >>> print(f"{median_significance(1.0, 1e12, 1e6):.7e}")
    7.0710678e-07
    """
    signal = checked("signal", signal, NOT_NEGATIVE)
    background = checked("background", background, POSITIVE)
    error = checked("background_error", background_error, NOT_NEGATIVE)
    return np.asarray(np.sqrt(2.0 * _half_square(signal, background, error * (error / background))))


def signal_needed(significance: ArrayLike, background: ArrayLike, background_error: ArrayLike = 0.0) -> FloatArray:
    """Return the signal that a counting experiment discovers with a given median significance.

    Parameters
    ----------
    significance
        Z, in standard deviations, finite and not negative.
    background
        b, expected counts, finite and positive.
    background_error
        d, standard deviation of the background in counts, finite and not negative.

    Returns
    -------
    numpy.ndarray
        s, expected counts above the background; all arguments broadcast.

    Raises
    ------
    EvaluationError
        If an argument is outside its range.

    Notes
    -----
    The root of `median_significance`, which is concave in s with dZ/ds = ln(1 + u)/Z: Newton's steps from s = Z √(b +
    d²), which is too small, approach it from below.

    Examples
    --------
    Three sigma above a background of ten:

    >>> from gridscan.numerics.significance import median_significance, signal_needed
    >>> round(float(signal_needed(3.0, 10.0)), 6)
    10.890869
    >>> round(float(median_significance(signal_needed(3.0, 1e4, 100.0), 1e4, 100.0)), 9)
    3.0
    """
    wanted = checked("significance", significance, NOT_NEGATIVE)
    background = checked("background", background, POSITIVE)
    error = checked("background_error", background_error, NOT_NEGATIVE)
    wanted, background, error = np.broadcast_arrays(wanted, background, error)
    per_count = error * (error / background)
    signal = wanted * np.sqrt(background * (1.0 + per_count))
    for _ in range(_MOST_STEPS):
        found = np.sqrt(2.0 * _half_square(signal, background, per_count))
        slope = np.log1p(signal / (background + (signal + background) * per_count))
        step = np.divide((wanted - found) * found, slope, out=np.zeros_like(signal), where=slope > 0.0)
        signal = signal + step
        if (np.abs(step) <= _CONVERGED * signal).all():
            return np.asarray(signal)
    wrong = int(np.argmax(np.abs(step) > _CONVERGED * signal))
    raise EvaluationError(
        f"the signal for {wanted.flat[wrong]:g} standard deviations above a background of {background.flat[wrong]:g} "
        f"was not found in {_MOST_STEPS} steps; the last was {step.flat[wrong]:.1g} of {signal.flat[wrong]:g}"
    )


def significance_of_endless_exposure(
    signal_to_background: ArrayLike, relative_background_error: ArrayLike
) -> FloatArray:
    """Return the significance that no mass and no exposure exceeds when the background is known to a share of itself.

    Parameters
    ----------
    signal_to_background
        r = s/b, finite and not negative.
    relative_background_error
        δ = d/b, finite and not negative, the same for every exposure.

    Returns
    -------
    numpy.ndarray
        Limit of the median significance, in standard deviations; infinite for δ = 0 and r > 0. Both arguments
        broadcast.

    Raises
    ------
    EvaluationError
        If an argument is outside its range.

    Notes
    -----
    Z² -> (2/δ²)(r - ln(1 + r)). Source: limit of Cowan's formula, see `median_significance`.

    Examples
    --------
    A signal of 3 % of a background that is known to 1 % never reaches three sigma:

    >>> from gridscan.numerics.significance import significance_of_endless_exposure
    >>> round(float(significance_of_endless_exposure(0.03, 0.01)), 6)
    2.970514
    """
    ratio = checked("signal_to_background", signal_to_background, NOT_NEGATIVE)
    share = checked("relative_background_error", relative_background_error, NOT_NEGATIVE)
    root = np.sqrt(-2.0 * _log_excess(ratio))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.where(root > 0.0, root / share, 0.0)


def exposure_factor_needed(
    signal: ArrayLike, background: ArrayLike, relative_background_error: ArrayLike, significance: ArrayLike
) -> FloatArray:
    """Return the factor on mass or exposure with which a counting experiment reaches a median significance.

    Parameters
    ----------
    signal
        s, expected counts above the background at the factor 1, finite and not negative.
    background
        b, expected counts of the background at the factor 1, finite and positive.
    relative_background_error
        δ, standard deviation of the background as a share of it, whatever the factor; finite and not negative.
    significance
        Z, in standard deviations, finite and positive.

    Returns
    -------
    numpy.ndarray
        m > 0, dimensionless: infinite where no mass suffices, see `significance_of_endless_exposure`. All arguments
        broadcast.

    Raises
    ------
    EvaluationError
        If an argument is outside its range.

    Notes
    -----
    The root of Z(m s, m b, m δ b) in 1/m, in which 1/Z² is nearly a straight line.

    Examples
    --------
    Five events above a hundred. Without a background error mass and significance squared are proportional; with 2 % no
    mass suffices:

    >>> from gridscan.numerics.significance import exposure_factor_needed
    >>> exposure_factor_needed(5.0, 100.0, [0.0, 0.01, 0.02], 3.0).round(4)
    array([36.5951, 58.2708,     inf])
    """
    signal = checked("signal", signal, NOT_NEGATIVE)
    background = checked("background", background, POSITIVE)
    share = checked("relative_background_error", relative_background_error, NOT_NEGATIVE)
    wanted = checked("significance", significance, POSITIVE)
    signal, background, share, wanted = np.broadcast_arrays(signal, background, share, wanted)
    limit = significance_of_endless_exposure(signal / background, share)
    factor = np.full(signal.shape, np.inf)
    reached = limit > wanted
    s, b, delta, z = (array[reached] for array in (signal, background, share, wanted))
    inverse_limit = limit[reached] ** -2.0

    def excess(inverse: FloatArray) -> FloatArray:
        scale = np.divide(1.0, inverse, out=np.ones_like(inverse), where=inverse > 0.0)
        half = _half_square(scale * s, scale * b, delta * (delta * (scale * b)))
        return np.where(inverse > 0.0, 0.5 / half, inverse_limit) - z**-2.0

    without_error = 2.0 * _half_square(s, b, np.zeros_like(s)) * z**-2.0
    # A background that is known exactly needs no more than that; rounding may put the root a little beyond.
    factor[reached] = 1.0 / bracketed_roots(excess, np.zeros_like(s), without_error * (1.0 + 1e-9))
    return factor


def _half_square(signal: FloatArray, background: FloatArray, per_count: FloatArray) -> FloatArray:
    """Return Z²/2, for the square of the background error divided by the background.

    Numbers are divided before they are multiplied, so that none overflows or vanishes.
    """
    total, spread = signal + background, 1.0 + per_count
    u = signal / (background + total * per_count)
    v = per_count * (signal / (background * spread))
    direct = total * np.log1p(u) - signal / spread * _over(np.log1p(v), v, 1.0)
    small = signal / (background + total * per_count) * (signal / spread)
    small = small + total * _log_excess(u) - signal / spread * _over(_log_excess(v), v, 0.0)
    return np.maximum(np.where(signal < background, small, direct), 0.0)


def _over(numerator: FloatArray, denominator: FloatArray, limit: float) -> FloatArray:
    whole = np.full(denominator.shape, limit)
    np.divide(numerator, denominator, out=whole, where=denominator > 0.0)
    return whole


def _log_excess(x: FloatArray) -> FloatArray:
    """Return ln(1 + x) - x, for x >= 0, without cancellation.

    With r = x/(2 + x), ln(1 + x) = 2 (r + r³/3 + r⁵/5 + ...) and x = 2 r/(1 - r).
    """
    r = x / (2.0 + x)
    square, tail = r * r, np.zeros_like(r)
    for term in range(_SERIES_TERMS, 0, -1):
        tail = (tail + 1.0 / (2 * term + 1)) * square
    series = 2.0 * r * (tail - r / (1.0 - np.minimum(r, 0.5)))
    return np.where(x < _SERIES_BELOW, series, np.log1p(x) - x)

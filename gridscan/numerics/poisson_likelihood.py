"""Likelihood of a count of signal and background, whose mean is known with an error, as a logarithm.

Nothing underflows: of a million counts as of none the logarithm is as good as its last places.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import gammaln, logsumexp, xlogy

from gridscan.errors import EvaluationError
from gridscan.numerics.poisson import poisson_divergence

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["background_counts", "log_marginalised", "log_probability", "log_profiled", "profiled_background"]

# From this number on, the five terms of Stirling's series reach the last place.
_STIRLING_FROM = 16.0
# Up to this count the sum over background counts is a polynomial of the signal, of coefficients without cancellation.
_FEW = 30
# Largest signal whose power of _FEW is a double, and smallest share of a coefficient, with room for that.
_LARGEST, _LEAST = 1e9, -600.0
# Up to this count all shares of the background are summed, beyond it those near the largest.
_ALL = 400
# Terms that are held at one time.
_HELD = 1_000_000


def log_probability(count: ArrayLike, mean: ArrayLike) -> NDArray[np.floating[Any]]:
    """Return the logarithm of the probability of exactly one count of a Poisson distribution.

    Parameters
    ----------
    count
        n, whole numbers that are not negative.
    mean
        Expected counts, finite and not negative; broadcast with `count`.

    Returns
    -------
    numpy.ndarray
        ln P(n), dimensionless; -inf where the mean is zero and the count is not.

    Raises
    ------
    EvaluationError
        If a count or a mean is outside its range.

    Notes
    -----
    ln P = -D(n‖μ) - δ(n) - ln(2 π n)/2, with the Poisson divergence D and the remainder δ of Stirling's formula, whose
    terms do not cancel. Source: C. Loader, "Fast and accurate computation of binomial probabilities" (2000).

    Examples
    --------
    >>> from gridscan.numerics.poisson_likelihood import log_probability
    >>> log_probability([0, 1e6], [2.5, 1e6]).round(6)
    array([-2.5     , -7.826694])
    """
    number, mean = _whole(count), _not_negative("expected counts", mean)
    if number.ndim == 0 and number < _STIRLING_FROM:
        few: NDArray[Any] = xlogy(number, mean) - mean - gammaln(number + 1.0)
        return few
    number, mean = np.broadcast_arrays(number, mean)
    found: NDArray[Any] = np.where(
        number < _STIRLING_FROM,
        xlogy(number, mean) - mean - gammaln(number + 1.0),
        -poisson_divergence(number, mean) - _stirling(number) - 0.5 * np.log(2.0 * np.pi * np.maximum(number, 1.0)),
    )
    return found


def profiled_background(
    count: ArrayLike, signal: ArrayLike, background: ArrayLike, error: ArrayLike
) -> NDArray[np.floating[Any]]:
    """Return the background with which a count is likeliest, for a signal and a Gaussian constraint.

    Parameters
    ----------
    count
        n, a whole number.
    signal
        Expected counts s of the signal, not negative.
    background
        Expected counts b0 of the background as it was measured, not negative.
    error
        Its standard deviation σ, in counts; zero for a background that is known.

    Returns
    -------
    numpy.ndarray
        The background b >= 0, in counts.

    Raises
    ------
    EvaluationError
        If a number is negative or not finite.

    Notes
    -----
    The mean m = s + b solves m² + (σ² - s - b0) m - n σ² = 0; where b would be negative it is zero.
    Source: the derivative of n ln m - m - (b - b0)²/2σ².

    Examples
    --------
    >>> from gridscan.numerics.poisson_likelihood import profiled_background
    >>> float(profiled_background(3, 0.0, 1.0, 1.0).round(9))
    1.732050808
    """
    number, signal = _whole(count), _not_negative("the signal", signal)
    background, error = _not_negative("the background", background), _not_negative("its error", error)
    half, product = 0.5 * (signal + background - error**2), number * error**2
    root = np.hypot(half, np.sqrt(product))
    # Of the two forms of the root the one that does not cancel.
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(half >= 0, half + root, np.where(root > half, product / (root - half), 0.0))
    found: NDArray[Any] = np.where(error > 0, np.maximum(mean - signal, 0.0), background)
    return found


def log_profiled(
    count: ArrayLike, signal: ArrayLike, background: ArrayLike, error: ArrayLike
) -> NDArray[np.floating[Any]]:
    """Return the logarithm of the likelihood of a count, with the likeliest background.

    Parameters
    ----------
    count
        n, a whole number.
    signal
        Expected counts s of the signal, not negative.
    background
        Expected counts b0 of the background as it was measured, not negative.
    error
        Its standard deviation σ, in counts; zero for a background that is known.

    Returns
    -------
    numpy.ndarray
        max over b >= 0 of ln P(n | s + b) - (b - b0)²/2σ², dimensionless.

    Raises
    ------
    EvaluationError
        If a number is outside its range.

    Notes
    -----
    Source: G. Cowan et al., Eur. Phys. J. C 71, 1554 (2011), with a Gaussian constraint; see `profiled_background`.

    Examples
    --------
    >>> from gridscan.numerics.poisson_likelihood import log_profiled
    >>> log_profiled(0, [0.0, 2.0], 1.0, 0.5).round(9)
    array([-0.875, -2.875])
    """
    likeliest = profiled_background(count, signal, background, error)
    centre, deviation = np.asarray(background, dtype=float), np.asarray(error, dtype=float)
    pull = np.divide(likeliest - centre, deviation, out=np.zeros_like(likeliest), where=deviation > 0)
    found: NDArray[Any] = log_probability(count, np.asarray(signal, dtype=float) + likeliest) - 0.5 * pull**2
    return found


def background_counts(count: ArrayLike, background: float, error: float) -> NDArray[np.floating[Any]]:
    """Return the logarithm of the probability of a count of the background alone, whose mean has a gamma distribution.

    Parameters
    ----------
    count
        Whole numbers j.
    background
        Mean b of the gamma distribution, in counts.
    error
        Its standard deviation σ; zero for a background that is known.

    Returns
    -------
    numpy.ndarray
        ln P(j), dimensionless.

    Raises
    ------
    EvaluationError
        If a number is outside its range, or a background of zero has an error.

    Notes
    -----
    A negative binomial distribution of b²/σ² = k and p = b/(b + σ²), as k/(k + j) times a binomial one. Source: C.
    Loader, "Fast and accurate computation of binomial probabilities" (2000).

    Examples
    --------
    With a mean of 1 ± 1 a count is half as likely as the one before:

    >>> import numpy as np
    >>> from gridscan.numerics.poisson_likelihood import background_counts
    >>> np.exp(background_counts([0, 1, 2], 1.0, 1.0)).round(9)
    array([0.5  , 0.25 , 0.125])
    """
    number = _whole(count)
    background, error = float(_not_negative("the background", background)), float(_not_negative("its error", error))
    if error == 0.0:
        return log_probability(number, background)
    if background == 0.0:
        raise EvaluationError("a background of zero with an error has no gamma distribution; give its mean")
    # Beyond this ratio the error changes no digit.
    if background > 1e15 * error**2 * max(1.0, background):
        return log_probability(number, background)
    shape, rate = (background / error) ** 2, background / error**2
    some = np.maximum(number, 1.0)
    whole = shape + some
    deviance = poisson_divergence(shape, whole * (rate / (1.0 + rate))) + poisson_divergence(some, whole / (1.0 + rate))
    series = _stirling(whole) - _stirling(np.asarray(shape)) - _stirling(some)
    many = series - deviance + 0.5 * np.log(shape / (2.0 * np.pi * some * whole))
    found: NDArray[Any] = np.where(number > 0, many, -shape * np.log1p(1.0 / rate))
    return found


def log_marginalised(count: float, signal: ArrayLike, background: float, error: float) -> NDArray[np.floating[Any]]:
    """Return the logarithm of the likelihood of a count, averaged over a background with a gamma distribution.

    Parameters
    ----------
    count
        n, a whole number.
    signal
        Expected counts s of the signal, not negative.
    background
        Mean b of the background, in counts.
    error
        Its standard deviation, in counts; zero for a background that is known.

    Returns
    -------
    numpy.ndarray
        ln P(n | s), dimensionless. Its error is rounding, a few 1e-16 of the sum of its terms' logarithms: up to 1e-9
        at 10^6 counts. Terms that are left out, beyond 400 counts, make less than 1e-15.

    Raises
    ------
    EvaluationError
        If a number is outside its range, or a background of zero has an error.

    Notes
    -----
    P(n | s) = Σ_j P(n - j | s) P_b(j), j counts of the background, with `background_counts`. The ratio of neighbouring
    terms is above one between the roots of a quadratic, so that the largest ones are near the upper root or at j = 0.
    Source: the sum of independent counts.

    Examples
    --------
    >>> from gridscan.numerics.poisson_likelihood import log_marginalised
    >>> log_marginalised(0, [0.0, 2.0], 1.0, 1.0).round(9)
    array([-0.69314718, -2.69314718])
    """
    number, signal = _whole(count), _not_negative("the signal", signal)
    if number.ndim:
        raise EvaluationError(f"one count at a time; found an array of shape {number.shape}")
    n = int(number)
    if error == 0.0:
        return log_probability(number, signal + _not_negative("the background", background))
    if n <= _FEW and signal.max(initial=0.0) <= _LARGEST:
        logs = background_counts(np.arange(n, -1, -1), background, error) - gammaln(np.arange(n + 1) + 1.0)
        if logs.min() - logs.max() > _LEAST:
            found: NDArray[Any] = np.log(_polynomial(np.exp(logs - logs.max()), signal)) + (logs.max() - signal)
            return found
    flat = signal.ravel()
    width = n + 1 if n <= _ALL else 3 * _reach(n)
    step = max(1, _HELD // width)
    parts = [_summed(n, flat[start : start + step], background, error) for start in range(0, flat.size, step)]
    return np.concatenate([np.empty(0), *parts]).reshape(signal.shape)


def _polynomial(coefficients: NDArray[Any], x: NDArray[Any]) -> NDArray[Any]:
    """Return the sum of coefficients times powers, from the highest down."""
    value: NDArray[Any] = np.full(x.shape, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        value *= x
        value += coefficient
    return value


def _reach(n: int) -> int:
    """Return how far from the largest term others are summed: ten standard deviations of the signal's counts."""
    return 40 + int(12 * np.sqrt(n))


def _summed(n: int, signal: NDArray[Any], background: float, error: float) -> NDArray[Any]:
    if n <= _ALL:
        places = np.arange(n + 1.0)
        terms = log_probability(n - places, signal[:, None]) + background_counts(places, background, error)
        return np.asarray(logsumexp(terms, axis=-1))
    reach = _reach(n)
    shape, rate = (background / error) ** 2, background / error**2
    pull = signal * (1.0 + rate)
    linear = pull + shape - n
    upper = 0.5 * (np.sqrt(np.maximum(linear**2 - 4.0 * (pull - shape * n), 0.0)) - linear)
    start = np.clip(np.floor(upper) - reach, reach, None)[:, None]
    first = np.broadcast_to(np.arange(float(reach)), (signal.size, reach))
    places = np.concatenate([first, start + np.arange(2.0 * reach)], axis=-1)
    inside = places <= n
    places = np.where(inside, places, 0.0)
    terms = log_probability(n - places, signal[:, None]) + background_counts(places, background, error)
    return np.asarray(logsumexp(np.where(inside, terms, -np.inf), axis=-1))


def _stirling(x: NDArray[Any]) -> NDArray[Any]:
    """Return ln Γ(x + 1) - (x + 1/2) ln x + x - ln(2π)/2 for x > 0 (zero at 0)."""
    large = np.maximum(x, _STIRLING_FROM)
    inverse = large**-2.0
    series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse * (1 / 1680 - inverse / 1188)))) / large
    small = np.where((x > 0) & (x < _STIRLING_FROM), x, 1.0)
    direct = gammaln(small + 1.0) - (small + 0.5) * np.log(small) + small - 0.5 * np.log(2.0 * np.pi)
    return np.where(x >= _STIRLING_FROM, series, np.where(x > 0, direct, 0.0))


def _whole(count: ArrayLike) -> NDArray[Any]:
    number = _not_negative("counts", count)
    if (number != np.floor(number)).any():
        raise EvaluationError(f"counts must be whole numbers; found {number[number != np.floor(number)].flat[0]:g}")
    return number


def _not_negative(what: str, values: ArrayLike) -> NDArray[Any]:
    array = np.asarray(values, dtype=float)
    wrong = ~(np.isfinite(array) & (array >= 0))
    if wrong.any():
        found = f"{int(wrong.sum())} of {array.size}, such as {array[wrong].flat[0]:g}"
        raise EvaluationError(f"{what} must be finite and not negative; found {found}")
    return array

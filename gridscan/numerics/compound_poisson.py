"""Sums of a Poisson number of independent severities: the probability to exceed a threshold, between two bounds.

With N ~ Poisson(λ) and independent, identically distributed X_i > 0, S_n = X_1 + ... + X_n and q_n = P(S_n > F),

    P(S_N > F) = Σ_{n >= 1} (q_n - q_{n-1}) P(N >= n),

a sum of terms that are not negative, because one more severity never lowers a sum. It keeps its relative accuracy as
λ → 0, and the q_n serve every λ at once.

A single severity above F is enough. The others are rounded down to a lattice of m steps in F, X_i/F in
(k_i, k_i + 1]/m, so that D_n = k_1 + ... + k_n makes S_n m/F lie above D_n and not above D_n + n. Hence

    P(D_n <= m - n, no X_i > F) <= 1 - q_n <= P(D_n <= m - 1, no X_i > F).

Both sides are cumulative sums of the n-th convolution power of the lattice distribution. The discrete Fourier transform
makes it a power, and the cumulative sum a scalar product: one multiplication of the modes for each n, of which fewer
and fewer matter. Damping by r^k keeps what wraps around the period L below r^L. Source: Grübel & Hermesmeier 1999,
ASTIN Bulletin 29, 197 (damping); the bounds follow from stochastic order.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft
from scipy.special import gammainc, gammaln, xlogy

from gridscan.errors import EvaluationError
from gridscan.numerics.many_severities import exceedance_of_many
from gridscan.numerics.ranges import NOT_NEGATIVE, checked

if TYPE_CHECKING:
    from collections.abc import Callable

    Tail = Callable[[NDArray[np.floating[Any]]], NDArray[np.floating[Any]]]
    Pair = tuple[NDArray[np.floating[Any]], NDArray[np.floating[Any]]]

FloatArray = NDArray[np.floating[Any]]
ComplexArray = NDArray[np.complexfloating[Any, Any]]

# Steps of the lattice; a finer one is tried where the bounds are not within the tolerance of each other.
_STEPS = (2**12, 2**14, 2**16, 2**18)
# The period L of the transform in units of m, 4 for the quarter turns of `_transforms`, and r^L.
_PERIOD = 4
_WRAPPED = 1e-6
# Omitted modes of this magnitude change a sum by 1e-18: the weights of all modes add up to less than 250.
_NO_MODE = 4e-21
# Rounding error of a q_n with n > 1, about; a finer lattice does not reduce it.
_ROUNDING = 1e-11
_EPSILON = float(np.finfo(float).eps)
# From this mean number on the sums are tried as those of many severities; up to the other one bounds on a lattice are
# close enough to be worth their time.
_MANY = 48.0
_MOST_ON_LATTICES = 2000.0
_MODES_AT_ONCE = 2**12
_WEIGHTS_AT_ONCE = 2**20


def exceedance(
    mean_number: FloatArray,
    tail: Callable[[FloatArray], FloatArray],
    *,
    relative_uncertainty: float = 0.0,
    absolute_uncertainty: float = 0.0,
    tolerance: float = 1e-4,
) -> tuple[FloatArray, FloatArray]:
    """Return the probability that a sum of a Poisson number of severities exceeds a threshold.

    Parameters
    ----------
    mean_number
        Shape (p,): the mean numbers λ of severities, finite and not negative.
    tail
        Returns P(X > y F) for an increasing array of y from 0 to 1, F being the threshold: 1 at y = 0, since severities
        are positive, and never increasing. Jumps are allowed.
    relative_uncertainty, absolute_uncertainty
        How far the true tail T may be from the tail t that is given: |T - t| <= relative × t + absolute.
    tolerance
        Relative to the probability: where the error is above it, finer lattices are tried, up to 262144 steps, unless
        it is below 1e-11 P(N >= 2) and thus mostly rounding.

    Returns
    -------
    value, error : numpy.ndarray
        Shape (p,). The true probability is within the error of the value. Of few severities both come from a lower and
        an upper bound, which include aliasing, truncation, rounding and the uncertainty of the tail; of many, from
        bounds of each of these as far as the tail is smooth between jumps. Of 2000 severities and more, most of which
        are equal but not all, the error is large.

    Raises
    ------
    EvaluationError
        If a mean number is negative or not finite, or the tail does not begin at 1 or increases.

    Notes
    -----
    P(S_N > F) = Σ_{n >= 1} (q_n - q_{n-1}) P(N >= n) with q_n = P(S_n > F) from convolution powers on a lattice.
    Source: Grübel & Hermesmeier 1999, ASTIN Bulletin 29, 197.

    Examples
    --------
    Of severities of 0.6 F it takes two: P(N >= 2) = 1 - 2/e for λ = 1.

    >>> import math
    >>> import numpy as np
    >>> from gridscan.numerics.compound_poisson import exceedance
    >>> value, error = exceedance(np.array([1.0]), lambda y: np.where(y < 0.6, 1.0, 0.0))
    >>> bool(abs(value[0] - (1 - 2 / math.e)) <= error[0] < 1e-4)
    True
    """
    mean_number = checked("mean_number", mean_number, NOT_NEGATIVE)
    value, error = np.zeros(mean_number.shape), np.full(mean_number.shape, np.inf)
    error[mean_number == 0.0] = 0.0
    many = np.flatnonzero(mean_number >= _MANY)
    if many.size:
        number = mean_number[many]
        value[many], error[many] = _of_many(number, tail, relative_uncertainty, absolute_uncertainty, tolerance)
    few = (error > np.maximum(tolerance * value, _ROUNDING)) & (mean_number <= _MOST_ON_LATTICES)
    for way, chosen in ((_on_lattices, few), (_nearly_equal, mean_number > _MOST_ON_LATTICES)):
        own = np.flatnonzero(chosen)
        if own.size:
            found = way(mean_number[own], tail, relative_uncertainty, absolute_uncertainty, tolerance)
            value[own], error[own] = _better((value[own], error[own]), found)
    return value, error


def _better(first: Pair, second: Pair) -> tuple[FloatArray, FloatArray]:
    """Return the values with the smaller errors."""
    use = second[1] < first[1]
    return np.where(use, second[0], first[0]), np.where(use, second[1], first[1])


def _of_many(
    mean_number: FloatArray, tail: Tail, relative_uncertainty: float, absolute_uncertainty: float, tolerance: float
) -> Pair:
    """Return values and errors for large numbers, of which the sums hardly have atoms."""
    value, error = exceedance_of_many(mean_number, tail, relative_uncertainty=relative_uncertainty, tolerance=tolerance)
    return value, error - np.expm1(-mean_number * absolute_uncertainty)


def _nearly_equal(
    mean_number: FloatArray, tail: Tail, relative_uncertainty: float, absolute_uncertainty: float, _: float
) -> Pair:
    """Return values and errors from the Poisson distributions of the smallest and of the largest severities alone."""
    smallest, largest = (_edge(tail, level) for level in (1.0, float(tail(np.ones(1))[0])))
    above = float(tail(np.ones(1))[0])
    foreign = -np.expm1(-mean_number * absolute_uncertainty)
    fewer, more = (mean_number * (1.0 + side * relative_uncertainty) for side in (-1.0, 1.0))
    lower = np.maximum(_more_than(1.0 / smallest, fewer) if smallest > 0.0 else 0.0, -np.expm1(-fewer * above))
    upper = np.minimum(_more_than(1.0 / largest, more) - np.expm1(-more * above), 1.0)
    lower, upper = np.maximum(lower - foreign, 0.0), np.minimum(upper + foreign, 1.0)
    return 0.5 * (lower + upper), 0.5 * (upper - lower) + 4.0 * _EPSILON * upper


def _edge(tail: Tail, level: float) -> float:
    """Return the largest y, within rounding, with tail(y) = 1, or the smallest with tail(y) = tail(1)."""
    low, high = 0.0, 1.0
    for _ in range(200):
        middle = math.sqrt(low * high) if low > 0.0 else high * 2.0**-20
        if high <= low * (1.0 + 2.0 * _EPSILON) or high < 1e-300:
            break
        is_below = float(tail(np.array([middle]))[0]) >= 1.0 if level == 1.0 else tail(np.array([middle]))[0] > level
        low, high = (middle, high) if is_below else (low, middle)
    return low if level == 1.0 else high


def _more_than(number: float, mean: FloatArray) -> FloatArray:
    """Return the probability that a Poisson number of a mean is above a number."""
    result: FloatArray = gammainc(math.floor(number) + 1.0, mean)
    return result


def _on_lattices(
    mean_number: FloatArray, tail: Tail, relative_uncertainty: float, absolute_uncertainty: float, tolerance: float
) -> Pair:
    """Return values and errors from bounds on lattices that become finer."""
    value, error = np.zeros(mean_number.shape), np.zeros(mean_number.shape)
    lattice = functools.cache(lambda steps: _Lattice(tail(np.arange(steps + 1) / steps)))
    # λ of one class share their sums; the classes are fixed, so that a result does not depend on the other λ.
    octave = np.floor(np.log2(np.maximum(mean_number, 1.0))).astype(int)
    for power in np.unique(octave).tolist():
        rough = np.flatnonzero(octave == power)
        sums = _Sums(2.0**power)
        for steps in _STEPS:
            sums.refine(lattice(steps))
            mean = mean_number[rough]
            lower, upper = _mixed_over_poisson(mean, sums.lower, sums.upper, relative_uncertainty)
            foreign = -np.expm1(-mean * absolute_uncertainty)
            upper = np.minimum(upper + foreign, -np.expm1(-mean))
            lower = np.minimum(np.maximum(lower - foreign, 0.0), upper)
            value[rough] = 0.5 * (lower + upper)
            error[rough] = 0.5 * (upper - lower) + 4.0 * _EPSILON * upper
            finest = _ROUNDING * gammainc(2.0, mean)
            rough = rough[error[rough] > np.maximum(tolerance * value[rough], finest)]
            if not rough.size:
                break
    return value, error


class _Sums:
    """Bounds of q_n = P(S_n > F), n = 1, 2, ..., for λ from a mean number to twice as much, of shape (count,)."""

    def __init__(self, mean: float) -> None:
        self.count = int(2.0 * mean + 12.0 * math.sqrt(2.0 * mean) + 30.0)
        # Sums that are shorter by more than three standard deviations matter little: the first lattice suffices.
        self.usual = int(min(max(1.0, mean - 3.0 * math.sqrt(mean)), self.count))
        self.lower, self.upper = np.zeros(self.count), np.ones(self.count)
        self.refined = False

    def refine(self, lattice: _Lattice) -> None:
        """Tighten the bounds with a finer lattice, of all sums the first time and then of those that matter."""
        first = self.usual if self.refined else 1
        lower, upper = lattice.exceedances(first, self.count)
        lower = np.concatenate([self.lower[: first - 1], np.maximum(self.lower[first - 1 :], lower)])
        upper = np.concatenate([self.upper[: first - 1], np.minimum(self.upper[first - 1 :], upper)])
        self.upper = np.minimum.accumulate(upper[::-1])[::-1]
        self.lower = np.minimum(np.maximum.accumulate(lower), self.upper)
        self.refined = True


class _Lattice:
    """The severities rounded down to steps: `tail` is P(X > k F/m) for k = 0 ... m."""

    def __init__(self, tail: FloatArray) -> None:
        in_step = -np.diff(tail)
        if tail[0] != 1.0:
            raise EvaluationError(
                f"the tail of the severities begins at {tail[0]:.17g}; it must begin at 1, as severities are positive"
            )
        if not (in_step >= 0.0).all():
            raise EvaluationError(f"the tail of the severities increases by {-in_step.min():g}; it must never increase")
        self.steps, self.above = len(in_step), float(tail[-1])
        damped = in_step * np.exp(math.log(_WRAPPED) / (_PERIOD * self.steps) * np.arange(self.steps))
        self.largest = int(np.max(np.flatnonzero(in_step), initial=-1)) + 1
        self.modes = rfft(damped, _PERIOD * self.steps)

    def exceedances(self, first: int, count: int) -> tuple[FloatArray, FloatArray]:
        """Return a lower and an upper bound of q_n for n = first ... count."""
        number = np.arange(first, count + 1)
        with np.errstate(divide="ignore"):
            one_decides = -np.expm1(number * np.log1p(-self.above))
        if self.above == 1.0:
            return one_decides, one_decides
        # D_n <= m - 1, and D_n + n <= m with every severity one step longer.
        most, most_error = self._within(False, first, count)
        least, least_error = self._within(True, first, count)
        lower = np.maximum(1.0 - most - most_error, one_decides)
        upper = np.clip((1.0 - least + least_error) / (1.0 - _WRAPPED), lower, 1.0)
        if self.above == 0.0:
            upper[number * self.largest <= self.steps] = 0.0
        if first == 1:
            lower[0] = upper[0] = self.above
        return np.minimum(lower, upper), upper

    def _within(self, longer: bool, first: int, count: int) -> tuple[FloatArray, FloatArray]:
        """Return P(D_n <= m - 1, no X_i > F) for n = first ... count, or P(D_n + n <= m, ...), and its rounding error.

        It may be too high by what wraps around: less than r^L times the probability of the sums that are longer.
        """
        step, *weights = _transforms(self.steps)
        kept = np.flatnonzero(self.modes.real**2 + self.modes.imag**2 > _NO_MODE ** (2.0 / first))
        modes = self.modes[kept] * step[kept] if longer else self.modes[kept]
        return _scalar_products_with_powers(modes, weights[longer][kept], first, count)


@functools.cache
def _transforms(steps: int) -> tuple[ComplexArray, ComplexArray, ComplexArray]:
    """Return the damped modes of one step, and the weights of the modes in sums from 0 to m - 1 and from 0 to m."""
    period = _PERIOD * steps
    damping, which = -math.log(_WRAPPED) / period, np.arange(period // 2 + 1)
    frequency = damping + 2j * np.pi / period * which
    multiplicity = np.where(which % (period // 2) == 0, 1.0, 2.0) / period
    # Over m steps the phase is a multiple of a quarter turn, exact where 2 π j m/L would be rounded to 1e-11.
    over_all = math.exp(damping * steps) * np.array([1.0, 1.0j, -1.0, -1.0j])[which % 4]
    rise, step = np.expm1(frequency), np.exp(-frequency)
    return step, multiplicity * (over_all - 1.0) / rise, multiplicity * (over_all / step - 1.0) / rise


def _scalar_products_with_powers(
    modes: ComplexArray, weights: ComplexArray, first: int, count: int
) -> tuple[FloatArray, FloatArray]:
    """Return the real parts of Σ_j weights_j modes_j^n for n = first ... count, and bounds of their rounding errors.

    Blocks of modes stay in the cache of the processor, and keep the rounding of their scalar products small. A block
    is left once its powers are negligible, which they remain, since no mode is above 1 in magnitude.
    """
    result, error = np.zeros(count + 1 - first), np.full(count + 1 - first, 2.0 * _EPSILON)
    for start in range(0, len(modes), _MODES_AT_ONCE):
        mode, weight = modes[start : start + _MODES_AT_ONCE], weights[start : start + _MODES_AT_ONCE]
        power = mode ** (first - 1)
        magnitude = float(np.abs(power) @ np.abs(weight))
        for n in range(first, count + 1):
            power *= mode
            result[n - first] += (power @ weight).real
            error[n - first] += 4.0 * (n + 2) * _EPSILON * magnitude
            if n & (n - 1) == 0:
                size = np.abs(power)
                magnitude = float(size @ np.abs(weight))
                kept = size > _NO_MODE
                if not kept.any():
                    break
                mode, weight, power = mode[kept], weight[kept], power[kept]
    return result, error


def _mixed_over_poisson(
    mean: FloatArray, lower: FloatArray, upper: FloatArray, uncertainty: float
) -> tuple[FloatArray, FloatArray]:
    """Return Σ (q_n - q_{n-1}) P(N >= n) for bounds of q_n and of the mean numbers, with q_n up to 1 after the last."""
    fewest, most = np.diff(lower, prepend=0.0), np.diff(np.append(upper, 1.0), prepend=0.0)
    low, high = np.empty(mean.shape), np.empty(mean.shape)
    rows = max(1, _WEIGHTS_AT_ONCE // len(lower))
    for start in range(0, len(mean), rows):
        part = slice(start, start + rows)
        low[part] = _at_least(mean[part] * max(0.0, 1.0 - uncertainty), len(fewest)) @ fewest
        high[part] = _at_least(mean[part] * (1.0 + uncertainty), len(most)) @ most
    # Rounding of logarithms and factorials, which are of the order of the number of severities.
    rounding = 8.0 * _EPSILON * (mean + 50.0)
    return low * (1.0 - rounding), high * (1.0 + rounding)


def _at_least(mean: FloatArray, count: int) -> FloatArray:
    """Return P(N >= n) for n = 1 ... count, shape (p, count), accurate in relative terms where it is small."""
    number = np.arange(1, count)
    exactly = np.exp(xlogy(number, mean[:, None]) - mean[:, None] - gammaln(number + 1.0))
    result = np.concatenate([exactly, gammainc(count, mean)[:, None]], axis=-1)
    return np.cumsum(result[:, ::-1], axis=-1)[:, ::-1]

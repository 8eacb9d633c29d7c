"""Sums of many severities: the probability to exceed a threshold, by inversion of their Laplace transform.

With a Poisson number of severities X > 0 of mean λ, in units of the threshold, a severity above 1 is enough, and the
others have M(z) = E exp(z S) = exp(κ(z)), κ(z) = λ E[exp(z X) - 1; X <= 1]. The function exp(θ x) P(S > x) has the
Fourier transform M(z)/z on the line z = θ + i u, θ > 0. Poisson's summation formula gives, without any error,

    Σ_k exp(θ k L) P(S > 1 + k L) = (1/L) Σ_j M(z_j) exp(-z_j)/z_j,   z_j = θ + 2π i j/L,

a sum of positive terms, of which all but k = 0 are bounded by exp(-θ L) and by Chernoff's bound; for θ < 0 the same
holds for P(S <= x). The sum over j ends where |M| is negligible, which it becomes if many severities are continuous.

κ comes from `gridscan.numerics.severity_transform`.
Sources: Abate & Whitt 1992, Queueing Systems 10, 5 (Poisson summation); Daniels 1987, Int. Stat. Rev. 55, 37 (θ at the
saddle point).
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gridscan.numerics.severity_transform import STEPS, Spread, Transform

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["exceedance_of_many"]

FloatArray = NDArray[np.floating[Any]]

_PERIODS = (2, 4, 8)
# Aliases are of this size, and |M| at the end of the line has to be, relative to its largest value.
_NEGLIGIBLE = 1e-10
_MOST_GROWTH = 600.0
# Finer lattices do not reduce an error of this size.
_ROUNDING = 1e-11
# With such an error nothing is known, and the next lattice may be the first to be fine enough.
_USELESS = 0.1
_EPSILON = float(np.finfo(float).eps)


def exceedance_of_many(
    mean_number: FloatArray,
    tail: Callable[[FloatArray], FloatArray],
    *,
    relative_uncertainty: float = 0.0,
    tolerance: float = 1e-4,
) -> tuple[FloatArray, FloatArray]:
    """Return the probabilities that sums of large Poisson numbers of severities exceed a threshold.

    Parameters
    ----------
    mean_number
        Shape (p,): mean numbers λ, at least about 50 each.
    tail
        Returns P(X > y F) for an increasing array of y from 0 to 1, F being the threshold: 1 at y = 0, and never
        increasing.
    relative_uncertainty
        How far the true tail may be from the tail that is given, relative to it.
    tolerance
        Relative to the probability: where the error is above it, finer lattices are tried, up to 262144 steps.

    Returns
    -------
    value, error : numpy.ndarray
        Shape (p,); the error is infinite where the method does not apply, as most severities are equal.

    Notes
    -----
    Σ_k exp(θ k L) P(S > 1 + k L) = (1/L) Σ_j M(z_j) exp(-z_j)/z_j. Source: Abate & Whitt 1992, Queueing Systems 10, 5.

    Examples
    --------
    For many exponential severities of mean x it is close to the normal limit, of mean λ x and variance 2 λ x²:

    >>> import numpy as np
    >>> from gridscan.numerics.many_severities import exceedance_of_many
    >>> value, error = exceedance_of_many(np.array([1e8]), lambda y: np.exp(-y * 1e8))
    >>> value.round(4), error < 1e-5
    (array([0.5]), array([ True]))
    """

    def anywhere(part: FloatArray) -> FloatArray:
        ordered, place = np.unique(part, return_inverse=True)
        return tail(ordered)[place.reshape(part.shape)]

    spread = Spread.of(anywhere)
    transform = functools.cache(lambda steps: Transform.of(anywhere, spread, steps))
    found = [_refined(transform, mean, relative_uncertainty, tolerance) for mean in mean_number.tolist()]
    value, error = np.array(found, dtype=float).reshape(-1, 2).T
    return value, error


def _refined(
    transform: Callable[[int], Transform], mean_number: float, uncertainty: float, tolerance: float
) -> tuple[float, float]:
    """Return the probability and its error from lattices that become finer as long as this helps."""
    best = (0.5, math.inf)
    for steps in STEPS:
        # More severities never lower a sum, so that the probability is between those of the bounds of their number.
        sides = (-1.0, 1.0) if uncertainty else (0.0,)
        found = [_inverted(transform(steps), mean_number * (1.0 + side * uncertainty), tolerance) for side in sides]
        low, high = max(found[0][0] - found[0][1], 0.0), min(found[-1][0] + found[-1][1], 1.0)
        error = 0.5 * (high - low)
        improved = error < 0.5 * best[1]
        if error < best[1]:
            best = 0.5 * (low + high), error
        if error <= max(tolerance * best[0], _ROUNDING) or not (improved or error > _USELESS):
            break
    return best


def _inverted(transform: Transform, mean_number: float, tolerance: float) -> tuple[float, float]:
    """Return the probability and its error.

    From P(S <= 1) with θ < 0, whose aliases are negligible by themselves; where P(S > 1) is too small to follow from it
    with a small relative error, directly.
    """
    value, error = _far_off(transform, mean_number)
    if error <= max(tolerance * value, _ROUNDING):
        return value, error
    value, error = min(_tilted(transform, mean_number, upwards=False), (value, error), key=lambda found: found[1])
    if error > tolerance * value and mean_number * transform.slope(0.0) < 1.0:
        return min(_tilted(transform, mean_number, upwards=True), (value, error), key=lambda found: found[1])
    return value, error


def _far_off(transform: Transform, mean_number: float) -> tuple[float, float]:
    """Return the probability and its error from Chernoff's and Chebyshev's bounds."""
    any_above = -math.expm1(-mean_number * transform.above)
    mean = mean_number * transform.slope(0.0)
    saddle = _saddle(transform, mean_number, 1.0 if mean < 1.0 else -1.0)
    exponential = math.exp(min(mean_number * transform.exponent(saddle) - saddle, 0.0))
    quadratic = mean_number * transform.second_moment() / (mean - 1.0) ** 2 if mean != 1.0 else 1.0
    # A per cent for what the lattice does to the bounds.
    half = 0.5 * min(1.01 * exponential, 1.01 * quadratic, 1.0) * (1.0 - any_above)
    return (any_above + half if mean < 1.0 else 1.0 - half), half + 4.0 * _EPSILON


def _tilted(transform: Transform, mean_number: float, upwards: bool) -> tuple[float, float]:
    """Return the probability and its error for θ of one sign, from the shortest period with negligible aliases."""
    any_above = -math.expm1(-mean_number * transform.above)
    saddle = _saddle(transform, mean_number, 1.0 if upwards else -1.0)
    rarest = min(mean_number * transform.exponent(saddle) - saddle, 0.0) if upwards else 0.0
    best = (0.5, math.inf)
    for period in _PERIODS:
        least = (-math.log(_NEGLIGIBLE) - rarest) / period
        tilt = max(saddle, least) if upwards else min(saddle, -least)
        if abs(tilt) > _MOST_GROWTH:
            continue
        aliases = _aliases(transform, mean_number, tilt, period)
        total, error = _summed(transform, mean_number, tilt, period)
        beside = min(max(total - 0.5 * aliases, 0.0), 1.0)
        error = (1.0 - any_above) * (error + 0.5 * aliases + _step(transform, mean_number)) + 4.0 * _EPSILON
        value = any_above + (1.0 - any_above) * (beside if upwards else 1.0 - beside)
        if error < best[1]:
            best = value, error
        if aliases <= 10.0 * _NEGLIGIBLE * max(beside, _EPSILON):
            break
    return best


def _step(transform: Transform, mean_number: float) -> float:
    """Return half the largest step of the distribution of the sum, about: as if equal severities were a lattice."""
    together = mean_number * transform.alike
    return 0.5 * math.exp(together - mean_number) / math.sqrt(1.0 + 2.0 * math.pi * together)


def _saddle(transform: Transform, mean_number: float, sign: float) -> float:
    """Return θ at which the tilted sum has the mean 1, or the largest that is allowed."""

    def beyond(tilt: float) -> bool:
        return sign * mean_number * transform.slope(tilt) >= sign

    low, high = 0.0, sign
    while not beyond(high):
        low, high = high, 2.0 * high
        if abs(high) > _MOST_GROWTH:
            return sign * _MOST_GROWTH
    for _ in range(30):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if beyond(middle) else (middle, high)
    return 0.5 * (low + high)


def _aliases(transform: Transform, mean_number: float, tilt: float, period: int) -> float:
    """Return a bound of the terms of Poisson's summation formula besides that of k = 0."""
    ratio = math.exp(-abs(tilt) * period)
    below = ratio / (1.0 - ratio)
    if tilt < 0.0:
        return below
    bounds = []
    for more in np.array([5.0, 10.0, 20.0, 40.0, 80.0]) / period:
        beyond = tilt + float(more)
        if beyond < _MOST_GROWTH:
            exponent = mean_number * transform.exponent(beyond) - beyond - float(more) * period
            bounds.append(math.exp(min(exponent, 700.0)) / -math.expm1(-float(more) * period))
    return below + min(bounds, default=math.inf)


def _summed(transform: Transform, mean_number: float, tilt: float, period: int) -> tuple[float, float]:
    """Return ±(1/L) Σ_j M(z_j) exp(-z_j)/z_j, and its error, infinite where |M| does not become negligible."""
    z, exponent, uncertain = transform.on_line(tilt, period)
    exponent, uncertain = mean_number * exponent, mean_number * uncertain + 4.0 * _EPSILON * np.abs(z)
    relative = np.exp(np.minimum(exponent.real - exponent[0].real, 0.0))
    kept = int(np.max(np.flatnonzero(relative > _NEGLIGIBLE), initial=0)) + 1
    if kept >= 0.9 * len(z):
        return 0.5, math.inf
    if exponent[0].real - tilt > _MOST_GROWTH:
        return 0.5, math.inf
    whole = math.exp(exponent[0].real - tilt)
    terms = np.exp(exponent[:kept] - z[:kept]) / z[:kept]
    counts = np.append(1.0, np.full(kept - 1, 2.0)) / period
    with np.errstate(over="ignore"):
        error = float(counts @ (np.abs(terms) * np.expm1(np.minimum(uncertain[:kept], 700.0))))
    left_out = float(relative[kept:].max()) * whole * math.log(1e6) / math.pi
    total = float(counts @ terms.real)
    return math.copysign(1.0, tilt) * total, error + left_out

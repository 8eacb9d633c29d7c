"""Sums of a Poisson number of severities at many thresholds, which share lattices.

On a lattice of steps h the severities X in (k h, (k + 1) h] are rounded down to k h, and up to (k + 1) h: sums of the
ones lie below those of the others. With the transform φ(ω) of the lattice distribution of the severities up to the
largest threshold F_max, that of their Poisson sum is exp(λ (φ - 1)); of both, one inverse transform gives the
probabilities of all sums up to F_max at once, so that

    P(S > F) = λ exp(-λ) P(X > F) + P(N >= 2) - Σ_{k h <= F} P(N >= 2, sum is k h)

is bounded at every threshold F. Leaving out the terms of none and of one severity, which are exact, keeps the relative
accuracy as λ → 0. Damping by r^k keeps what wraps around the period L below r^L times the probability of larger sums.
Thresholds between 2·4^k and 8·4^k share a lattice; those whose bounds are too far apart get finer ones, and at last
`gridscan.numerics.compound_poisson`, which takes one threshold at a time. The lattices are fixed, and so is what takes
which, so that a result does not depend on the other thresholds or numbers.

Sources: Grübel & Hermesmeier 1999, ASTIN Bulletin 29, 197 (damping); the bounds follow from stochastic order.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.fft import irfft, rfft
from scipy.special import gammainc

from gridscan.errors import EvaluationError
from gridscan.numerics import compound_poisson
from gridscan.numerics.ranges import NOT_NEGATIVE, POSITIVE, checked

if TYPE_CHECKING:
    from collections.abc import Callable

    Tail = Callable[[NDArray[np.floating[Any]]], NDArray[np.floating[Any]]]

__all__ = ["exceedances"]

FloatArray = NDArray[np.floating[Any]]
ComplexArray = NDArray[np.complexfloating[Any, Any]]
IndexArray = NDArray[np.intp]
ValueAndError = tuple[FloatArray, FloatArray]

# Steps of the lattices below the smallest threshold of a group, and the ratio of its ends: five times as many after the
# first, as four often miss a tolerance by little.
_STEPS = (2**12, 5 * 2**12, 5 * 2**14, 5 * 2**16)
_SPAN = 4
# The period L in units of F_max, and r^L.
_PERIOD = 4
_WRAPPED = 1e-6
# Rounding error of a probability, about, which a finer lattice does not reduce.
_ROUNDING = 1e-12
_EPSILON = float(np.finfo(float).eps)
# Above such a number a lattice is too coarse from the start.
_MOST_ON_LATTICES = 2000.0
# Terms of the series of exp(x) - 1 - x for |x| < 1.
_TERMS = 18


def exceedances(
    thresholds: ArrayLike,
    mean_number: ArrayLike,
    tail: Callable[[FloatArray], FloatArray],
    *,
    relative_uncertainty: ArrayLike = 0.0,
    absolute_uncertainty: float = 0.0,
    tolerance: ArrayLike = 1e-4,
) -> tuple[FloatArray, FloatArray]:
    """Return the probabilities that a sum of a Poisson number of severities exceeds each of many thresholds.

    Parameters
    ----------
    thresholds
        Shape (f,): F, finite and positive.
    mean_number
        Shape (p,): the mean numbers λ of severities, finite and not negative.
    tail
        Returns P(X > x) for an increasing array of x from 0 on: 1 at x = 0, since severities are positive, and never
        increasing. Jumps are allowed.
    relative_uncertainty
        Broadcast with the thresholds: with the next, how far the true tail T may be from the tail t that is given up to
        a threshold, |T - t| <= relative × t + absolute.
    absolute_uncertainty
        One number.
    tolerance
        Broadcast with the thresholds, relative to the probability: where the error is above it, finer lattices are
        tried.

    Returns
    -------
    value, error : numpy.ndarray
        Shape (f, p). The true probability is within the error of the value: both come from a lower and an upper bound,
        which include aliasing, rounding and the uncertainty of the tail, or from
        `gridscan.numerics.compound_poisson.exceedance`.

    Raises
    ------
    EvaluationError
        If a threshold or a mean number is outside its range, or the tail does not begin at 1 or increases.

    Notes
    -----
    The transform of the sum is exp(λ (φ - 1)). Source: Grübel & Hermesmeier 1999, ASTIN Bulletin 29, 197.

    Examples
    --------
    Of severities of 0.6 it takes one to exceed 0.5 and two to exceed 1: 1 - 1/e and 1 - 2/e for λ = 1.

    >>> import numpy as np
    >>> from gridscan.numerics.compound_thresholds import exceedances
    >>> value, error = exceedances([0.5, 1.0], [1.0], lambda x: np.where(x < 0.6, 1.0, 0.0))
    >>> value[:, 0].round(4), bool((error < 1e-6).all())
    (array([0.6321, 0.2642]), True)
    """
    level, number = checked("thresholds", thresholds, POSITIVE), checked("mean_number", mean_number, NOT_NEGATIVE)
    uncertain, tolerated = (
        np.broadcast_to(np.asarray(part, dtype=float), level.shape) for part in (relative_uncertainty, tolerance)
    )
    asked = _Asked(tail, level, uncertain, tolerated, absolute_uncertainty)
    value, error = np.zeros((len(level), len(number))), np.full((len(level), len(number)), np.inf)
    error[:, number == 0.0] = 0.0
    _refine(asked, number, value, error)
    for row in np.flatnonzero(asked.rough(number, value, error).any(axis=-1)).tolist():
        alone, alone_error = asked.alone(row, number)
        better = alone_error < error[row]
        value[row], error[row] = np.where(better, alone, value[row]), np.where(better, alone_error, error[row])
    return value, error


class _Asked(NamedTuple):
    """The tail of the severities, and of each threshold the uncertainty of the tail and the tolerance."""

    tail: Tail
    level: FloatArray
    uncertainty: FloatArray
    tolerance: FloatArray
    absolute: float

    def rough(self, number: FloatArray, value: FloatArray, error: FloatArray) -> NDArray[np.bool_]:
        """Return whether errors are above the tolerance and more than rounding, which no lattice mends."""
        return np.asarray(error > np.maximum(self.tolerance[:, None] * value, _ROUNDING * gammainc(2.0, number)))

    def alone(self, row: int, number: FloatArray) -> ValueAndError:
        """Return values and errors of one threshold, shape (p,)."""
        scale = float(self.level[row])
        return compound_poisson.exceedance(
            number,
            lambda part: self.tail(part * scale),
            relative_uncertainty=float(self.uncertainty[row]),
            absolute_uncertainty=self.absolute,
            tolerance=float(self.tolerance[row]),
        )


def _refine(asked: _Asked, number: FloatArray, value: FloatArray, error: FloatArray) -> None:
    """Put values and errors in their places from lattices that become finer where the bounds are too far apart."""
    # Uncertainties of one eighth of an octave share their bounds.
    mantissa, power = np.frexp(asked.uncertainty)
    uncertainty = np.ldexp(np.ceil(16.0 * mantissa) / 16.0, power)
    _, end = np.frexp(asked.level)
    group = np.floor_divide(end, 2)
    for steps in _STEPS:
        rough = asked.rough(number, value, error) & (number <= _MOST_ON_LATTICES)
        for which in np.unique(group[rough.any(axis=-1)]).tolist():
            own = np.flatnonzero((group == which) & rough.any(axis=-1))
            own = own[np.argsort(asked.level[own])]
            lattice = _Lattice(asked.tail, asked.level[own], math.ldexp(2.0, 2 * which), steps)
            for share in np.unique(uncertainty[own]).tolist():
                alike = own[uncertainty[own] == share]
                for column in np.flatnonzero(rough[alike].any(axis=0)).tolist():
                    bounds = lattice.bounds(float(number[column]), share, asked.absolute)
                    here = rough[alike, column]
                    lower, upper = (part[uncertainty[own] == share][here] for part in bounds)
                    rows = alike[here]
                    value[rows, column], error[rows, column] = 0.5 * (lower + upper), 0.5 * (upper - lower)
                    error[rows, column] += 4.0 * _EPSILON * value[rows, column]


class _Lattice:
    """Severities on a lattice from zero to the end of a group of thresholds."""

    def __init__(self, tail: Tail, level: FloatArray, end: float, steps: int) -> None:
        count = steps * _SPAN
        grid = end * (np.arange(count + 1) / count)
        share = tail(grid)
        in_step = -np.diff(share)
        if share[0] != 1.0:
            raise EvaluationError(
                f"the tail of the severities begins at {share[0]:.17g}; it must begin at 1, as severities are positive"
            )
        if not (in_step >= 0.0).all():
            raise EvaluationError(f"the tail of the severities increases by {-in_step.min():g}; it must never increase")
        self.period = _PERIOD * count
        self.damping = -math.log(_WRAPPED) / self.period
        self.above = tail(level)
        # The first sums of whole steps that are not below a threshold, and that are above it.
        self.reached, self.passed = (np.searchsorted(grid, level, side=side) for side in ("left", "right"))
        self.modes = rfft(in_step * np.exp(-self.damping * np.arange(count)), self.period)
        which = np.arange(len(self.modes))
        self.longer = self.modes * (math.exp(-self.damping) * np.exp(-2j * np.pi / self.period * which))

    def bounds(self, number: float, uncertainty: float, absolute: float) -> ValueAndError:
        """Return a lower and an upper bound of the exceedances, for a mean number and an uncertainty of the tail."""
        fewest, most = number * max(1.0 - uncertainty, 0.0), number * (1.0 + uncertainty)
        foreign = -math.expm1(-number * absolute)
        beside, rounding = self._several(fewest, self.modes, self.reached)
        one = fewest * math.exp(-fewest) * self.above
        lower = np.maximum(one + beside - rounding, -np.expm1(-fewest * self.above))
        beside, rounding = self._several(most, self.longer, self.passed)
        one = most * math.exp(-most) * self.above
        upper = np.minimum(one + (beside + rounding) / (1.0 - _WRAPPED) + foreign, -math.expm1(-most))
        upper = np.maximum(upper, -np.expm1(-most * self.above))
        lower = np.clip(lower - foreign, 0.0, upper)
        return lower, upper

    def _several(self, number: float, modes: ComplexArray, first: IndexArray) -> ValueAndError:
        """Return P(N >= 2, sum of first steps or more) and its rounding error; what wraps around is left out."""
        damped = irfft(_of_two_or_more(number, modes), self.period)
        most = int(first.max())
        below = np.cumsum(damped[:most] * np.exp(self.damping * np.arange(most)))[first - 1]
        # Rounding of transforms and of the exponential, in the square norm, and its sum below the threshold.
        size = 2.0 * _EPSILON * math.log2(self.period) * (1.0 + number) * math.sqrt(float(np.square(damped).sum()))
        rounding = size * np.sqrt(np.expm1(2.0 * self.damping * first) / math.expm1(2.0 * self.damping))
        return np.maximum(gammainc(2.0, number) - below, 0.0), rounding


def _of_two_or_more(number: float, modes: ComplexArray) -> ComplexArray:
    """Return exp(-λ) (exp(λ φ) - 1 - λ φ), the transform of the sums of two severities or more."""
    scaled = number * modes
    if number >= 1.0:
        return np.asarray(np.exp(scaled - number) - math.exp(-number) * (1.0 + scaled))
    series = np.ones(scaled.shape, dtype=complex)
    for term in range(_TERMS, 2, -1):
        series = 1.0 + series * scaled / term
    return np.asarray(0.5 * math.exp(-number) * scaled * scaled * series)

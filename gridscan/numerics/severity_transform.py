"""The Laplace transform of severities on a line in the complex plane, with a bound of its error.

For severities X > 0, in units of a threshold, it is κ(z)/λ = E[exp(z X) - 1; X <= 1]. It comes from two parts.
Severities below c = 32 steps of a lattice enter by their moments, as exp(z X) is a short Taylor series there; the
others are divided between the two lattice points beside them, so that their mean remains, and a fast Fourier transform
gives the sum on the whole line. The error is bounded by the variance of this division.
Source: Gerber 1982, Insur. Math. Econ. 1, 13 (division that keeps the mean).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft
from scipy.special import factorial

from gridscan.numerics.quadrature import integrate_panels

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["STEPS", "Spread", "Transform"]

FloatArray = NDArray[np.floating[Any]]
ComplexArray = NDArray[np.complexfloating[Any, Any]]

#: Steps of the lattice between 0 and the threshold; a finer one is tried where the error is above the tolerance.
STEPS = (2**12, 2**14, 2**16, 2**18)
# Severities below as many steps enter by as many moments.
_SMALL_STEPS = 32
_MOMENTS = 40
# Octaves below these steps in which the moments are integrated; what lies below counts with its error.
_OCTAVES = 60
# Severities are nearly equal within this factor; they are looked at in cells of this width of ln X down to e^-50.
_ALIKE = 1.3
_CELL = 0.005
_CELLS = 10_000
# A cell of the lattice where the tail jumps is divided so often into so many parts.
_DIVISIONS = 64
_LEVELS = 4
_WORST_CELLS = 256
_EPSILON = float(np.finfo(float).eps)


@dataclass(frozen=True)
class Spread:
    """How severities up to the threshold are spread.

    Attributes
    ----------
    largest
        The largest of them, in units of the threshold.
    alike
        The largest share of all severities that are within a factor of 1.3 or at jumps of the tail.
    """

    largest: float
    alike: float

    @classmethod
    def of(cls, tail: Callable[[FloatArray], FloatArray]) -> Spread:
        """Look at severities on a logarithmic scale.

        Parameters
        ----------
        tail
            Returns P(X > y) for an array of y from 0 to 1, in any order.

        Returns
        -------
        Spread
            Down to severities of e^-50.

        Examples
        --------
        >>> import numpy as np
        >>> from gridscan.numerics.severity_transform import Spread
        >>> spread = Spread.of(lambda part: np.where(part < 0.25, 1.0 - part, 0.0))
        >>> spread.largest, round(spread.alike, 2)
        (0.25, 0.81)
        """
        part = np.exp(-_CELL * np.arange(_CELLS + 1))[::-1]
        share = -np.diff(tail(part))
        some = np.flatnonzero(share > 0.0)
        total = np.append(0.0, np.cumsum(share))
        window = round(math.log(_ALIKE) / _CELL)
        within = np.max(total[window:] - total[:-window])
        beside = np.maximum(np.append(0.0, share[:-1]), np.append(share[1:], 0.0))
        jumps = share[share > 10.0 * beside].sum()
        if not some.size:
            return cls(0.0, 0.0)
        # A bend of the tail just beside the end of a panel would be seen by no point of it.
        low, high, last = float(part[some[-1]]), float(part[some[-1] + 1]), float(tail(np.ones(1))[0])
        for _ in range(50):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if float(tail(np.array([middle]))[0]) > last else (low, middle)
        return cls(high, float(max(within, jumps)))


@dataclass(frozen=True)
class Transform:
    """What κ(z)/λ is made of.

    Attributes
    ----------
    steps
        Number m of steps of the lattice.
    edge
        Severities below this c enter by their moments.
    alike
        Share of the severities that are nearly equal.
    above
        P(X > 1).
    moments, moment_errors
        Shape (n,): E[X^n; X < c]/c^n for n = 1, 2, ..., and their errors.
    weights
        Shape (m + 1,): the severities at the lattice points.
    displaced
        Shape (m,): by how much the severities of each step are displaced at most, in all.
    """

    steps: int
    edge: float
    alike: float
    above: float
    moments: FloatArray
    moment_errors: FloatArray
    weights: FloatArray
    displaced: FloatArray

    @classmethod
    def of(cls, tail: Callable[[FloatArray], FloatArray], spread: Spread, steps: int) -> Transform:
        """Prepare the transform of severities.

        Parameters
        ----------
        tail
            Returns P(X > y) for an array of y from 0 to 1, in any order.
        spread
            Of the same severities.
        steps
            Number of steps of the lattice, one of `STEPS`.

        Returns
        -------
        Transform
            With moments and weights.

        Examples
        --------
        Severities uniform up to the threshold have E[exp(θ X)] = (exp(θ) - 1)/θ:

        >>> import math
        >>> from gridscan.numerics.severity_transform import STEPS, Spread, Transform
        >>> tail = lambda part: 1.0 - part
        >>> transform = Transform.of(tail, Spread.of(tail), STEPS[0])
        >>> round(transform.exponent(2.0) / ((math.exp(2) - 1) / 2 - 1), 6)
        1.0
        """
        fine = tail(np.arange(2 * steps + 1) / (2 * steps))
        above = float(fine[-1])
        first = 2 * _SMALL_STEPS
        edge = min(_SMALL_STEPS / steps, spread.largest)
        moments, errors = _moments(tail, edge, float(fine[first]))
        ends, middle = fine[first::2], fine[first + 1 :: 2]
        mean = 0.25 * (ends[:-1] + 2.0 * middle + ends[1:])
        doubt = 0.25 * np.abs(ends[:-1] - 2.0 * middle + ends[1:])
        _refine(tail, mean, doubt, steps)
        weights = np.zeros(steps + 1)
        weights[_SMALL_STEPS:] = -np.diff(np.concatenate([ends[:1], mean, ends[-1:]]))
        displaced = np.concatenate([np.zeros(_SMALL_STEPS), doubt]) / steps
        return cls(steps, edge, spread.alike, above, moments, errors, np.maximum(weights, 0.0), displaced)

    def exponent(self, tilt: float) -> float:
        """Return κ(θ)/λ.

        Parameters
        ----------
        tilt
            θ, in units of the inverse threshold.

        Returns
        -------
        float
            E[exp(θ X) - 1; X <= 1].
        """
        small = np.polynomial.polynomial.polyval(tilt * self.edge, self._series)
        return float(small + self.weights @ np.expm1(tilt * np.arange(self.steps + 1) / self.steps))

    def slope(self, tilt: float) -> float:
        """Return the derivative of κ(θ)/λ, nearly.

        Parameters
        ----------
        tilt
            θ, in units of the inverse threshold.

        Returns
        -------
        float
            E[X exp(θ X); X <= 1], from the weights of a few thousand steps.
        """
        series = np.polynomial.polynomial.polyder(self._series)
        small = np.polynomial.polynomial.polyval(tilt * self.edge, series) * self.edge
        place, weight = self._gathered
        return float(small + weight @ (place * np.exp(tilt * place)))

    def second_moment(self) -> float:
        """Return E[X²; X <= 1]."""
        return float(self.moments[1] * self.edge**2 + self.weights @ (np.arange(self.steps + 1) / self.steps) ** 2)

    def on_line(self, tilt: float, period: int) -> tuple[ComplexArray, ComplexArray, FloatArray]:
        """Return z on the line θ + 2π i j/L, κ(z)/λ there, and a bound of its error.

        Parameters
        ----------
        tilt
            θ, in units of the inverse threshold.
        period
            L, in units of the threshold.

        Returns
        -------
        z, exponent, error : numpy.ndarray
            Shape (n,), up to where the series of the moments is long or the lattice too coarse.
        """
        place = np.arange(self.steps + 1) / self.steps
        z = tilt + 2j * np.pi / period * np.arange(self.steps * period // 2 + 1)
        raised = self.weights * np.exp(tilt * place)
        far = np.conj(rfft(raised, self.steps * period)) - self.weights.sum()
        scale = self.edge
        # Where the series is not short any more, |M| is negligible, or the lattice too coarse.
        last = int(np.searchsorted(np.abs(z), _MOMENTS / max(4.0 * scale, 1e-300)))
        z, far = z[:last], far[:last]
        size = np.abs(z) * scale
        order = np.arange(1, _MOMENTS + 1)
        left_out = self.moments[-1] * size ** (_MOMENTS + 1) / factorial(_MOMENTS + 1) * np.exp(size)
        of_moments = np.polynomial.polynomial.polyval(size, np.append(0.0, self.moment_errors / factorial(order)))
        displaced = float(self.displaced @ np.exp(np.maximum(tilt * place[1:], 0.0)))
        variance = 0.125 * float(np.maximum(raised, self.weights).sum()) / self.steps**2
        error = left_out + of_moments + np.abs(z) * displaced + np.abs(z) ** 2 * variance
        small = np.polynomial.polynomial.polyval(z * scale, self._series)
        rounding = 8.0 * _EPSILON * (float(raised.sum()) + self.moments[0] * np.expm1(size))
        return z, small + far, error + rounding

    @functools.cached_property
    def _series(self) -> FloatArray:
        return np.append(0.0, self.moments / factorial(np.arange(1, _MOMENTS + 1)))

    @functools.cached_property
    def _gathered(self) -> tuple[FloatArray, FloatArray]:
        """The weights of a few thousand steps in place of all, and where these are in the mean."""
        starts = np.arange(0, self.steps + 1, max(1, self.steps // STEPS[0]))
        weight = np.add.reduceat(self.weights, starts)
        moment = np.add.reduceat(self.weights * np.arange(self.steps + 1) / self.steps, starts)
        return np.divide(moment, weight, out=starts / self.steps, where=weight > 0.0), weight


def _moments(tail: Callable[[FloatArray], FloatArray], end: float, beyond: float) -> tuple[FloatArray, FloatArray]:
    """Return E[X^n; X < c]/c^n = ∫ n (y/c)^(n-1) (P(X > y) - P(X >= c)) dy/c, and the errors."""

    def integrand(logarithm: FloatArray, owner: NDArray[np.intp]) -> FloatArray:
        part = np.exp(logarithm)
        found = np.maximum(tail(end * part) - beyond, 0.0)
        heights: FloatArray = (owner[:, None] + 1.0) * part ** (owner[:, None] + 1.0) * found
        return heights

    found = []
    # A bend of the tail that the points of one division into panels miss is seen by those of the other.
    for count in (_OCTAVES, 3 * _OCTAVES // 4):
        edges = np.linspace(-_OCTAVES * math.log(2.0), 0.0, count + 1)
        value, error = integrate_panels(
            integrand,
            np.repeat(np.arange(_MOMENTS), count),
            np.tile(edges[:-1], _MOMENTS),
            np.tile(edges[1:], _MOMENTS),
            _MOMENTS,
            relative_tolerance=1e-12,
            absolute_tolerance=1e-300,
            rounds=40,
            most_panels=40_000,
        )
        found.append((value, error))
    (value, error), (other, _) = found
    return value, error + np.abs(value - other) + 2.0**-_OCTAVES


def _refine(tail: Callable[[FloatArray], FloatArray], mean: FloatArray, doubt: FloatArray, steps: int) -> None:
    """Improve the means of the tail over the cells where it is far from a straight line, as it jumps there."""
    worst = np.argsort(doubt)[-_WORST_CELLS:]
    worst = worst[doubt[worst] > 0.0]
    start, width = (worst + _SMALL_STEPS) / steps, 1.0 / steps
    mean[worst], doubt[worst] = 0.0, 0.0
    part = 1.0
    for level in range(_LEVELS):
        place = start[:, None] + width * np.arange(_DIVISIONS + 1) / _DIVISIONS
        found = tail(np.minimum(place, 1.0))
        between = 0.5 * (found[:, :-1] + found[:, 1:])
        # The tail is monotone: half of what it falls more than beside is the most that its mean can be wrong.
        bent = 0.5 * np.abs(np.diff(found, axis=1) - _straight(found))
        chosen = np.argmax(bent, axis=1)
        rows = np.arange(len(worst))
        part /= _DIVISIONS
        keep = np.ones(between.shape, dtype=bool)
        if level + 1 < _LEVELS:
            keep[rows, chosen] = False
        mean[worst] += part * np.where(keep, between, 0.0).sum(axis=1)
        doubt[worst] += part * np.where(keep, bent, 0.0).sum(axis=1)
        start, width = place[rows, chosen], width / _DIVISIONS


def _straight(found: FloatArray) -> FloatArray:
    """Return the fall over each division that its neighbours let expect: the smaller one of theirs."""
    fall = np.diff(found, axis=1)
    before = np.concatenate([fall[:, :1], fall[:, :-1]], axis=1)
    after = np.concatenate([fall[:, 1:], fall[:, -1:]], axis=1)
    return np.where(np.abs(before) < np.abs(after), before, after)

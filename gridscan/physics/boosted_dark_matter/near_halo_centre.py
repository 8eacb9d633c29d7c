"""Flux of boosted dark matter whose arrival surface passes near the centre of the halo.

The line of `gridscan.physics.boosted_dark_matter.arrival_surface` is a smooth function of p: ln X, or, where it begins
on the line of sight at X_0, the root of ln X_0 - ln X, as which the distance from that line grows. It comes nearest to
the halo centre at p_0, at the distance r_0. With p = p_0 + (r_0/|dB/dp|) sinh(s) the peak of the density has the same
width in s whatever r_0 is. The line is cut where a circle about the line of sight touches a sphere on which the density
breaks. A panel in between is traversed as x² (3 - 2 x), since there are square roots at its ends, and bisected until
the integral has converged.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gridscan.numerics.piecewise import Pieces, integrate_pieces
from gridscan.numerics.quadrature import panels_between
from gridscan.physics.boosted_dark_matter.arrival_surface import taken
from gridscan.physics.boosted_dark_matter.azimuthal_integral import circle_integral, density_breaks

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridscan.physics.boosted_dark_matter.emission import Emission

__all__ = ["central_integrals"]

FloatArray = NDArray[np.floating[Any]]
IndexArray = NDArray[np.intp]

_POINTS_AT_ONCE = 32
_SAMPLES = 65
_PANEL = 3.0
_BISECTIONS = 50
_ROUNDS = 14
# Where more are asked for, as where distances are rounded to the size of the halo, no number of them suffices.
_MOST_PANELS = 400
_ROUNDING = 1e-10
# In p: steps for derivatives, where a parabola is good to rounding, and the narrowest peak.
_STEP = 1e-4
_PARABOLA = 1e-5
_NARROWEST = 1e-13


def central_integrals(emission: Emission, accuracy: float) -> tuple[FloatArray, FloatArray]:
    """Return ∫ dw K ∫ dphi rho and its error for n points.

    Parameters
    ----------
    emission
        The points.
    accuracy
        Relative error to attain.

    Returns
    -------
    value, error
        In the unit of K times MeV/cm³, shape (n,). Whether the errors suffice is for
        the caller to say.
    """
    count = len(emission.scale)
    value, error = np.zeros(count), np.zeros(count)
    for start in range(0, count, _POINTS_AT_ONCE):
        block = np.arange(start, min(start + _POINTS_AT_ONCE, count))
        for lower in (False, True):
            first, last = emission.surface.lower_ends if lower else emission.surface.upper_ends
            index = block[(last > first)[block]]
            if index.size:
                integral = _branch(taken(emission, index), lower, 0.3 * max(accuracy, _ROUNDING))
                value[index] += integral[0]
                error[index] += integral[1]
    return value, error + _ROUNDING * value


@dataclasses.dataclass(frozen=True)
class _Branch:
    """One branch of n points as a function of p, every array of shape (n,).

    Of those that begin on the line of sight `beginning` is ln X_0, and p below 0 is beyond that line; of the others it
    is not a number.
    """

    emission: Emission
    lower: bool
    beginning: FloatArray

    def position(self, logarithm: FloatArray) -> FloatArray:
        """Return p of ln X."""
        root = np.sqrt(np.maximum(self.beginning - logarithm, 0.0))
        return np.where(np.isnan(self.beginning), logarithm, root)

    def excess(self, position: FloatArray) -> FloatArray:
        """Return X."""
        return np.exp(np.where(np.isnan(self.beginning), position, self.beginning - position**2))

    def slope(self, position: FloatArray) -> FloatArray:
        """Return |d ln X/dp|."""
        slope: FloatArray = np.where(np.isnan(self.beginning), 1.0, 2.0 * np.abs(position))
        return slope

    def place(self, position: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return sin²(psi/2), and the vector from the supernova, along and across the line of sight."""
        surface, excess, straight = self.emission.surface, self.excess(position), np.isnan(self.beginning)
        left = np.where(straight, surface.turn - excess, -surface.turn * np.expm1(-(position**2)))
        haversine, _, along, across = surface.place(excess, self.lower, left)
        return haversine, along, np.where(straight, across, np.copysign(across, position))

    def to_centre(self, position: FloatArray) -> FloatArray:
        """Return the vector from G to B, along and across the line of sight, shape (2, ...)."""
        _, along, across = self.place(position)
        return np.array([along - self.emission.setting.centre_along, across - self.emission.setting.centre_across])


@dataclasses.dataclass(frozen=True)
class _Line:
    """One branch of n points, as a function of s; arrays of shape (n,), the vectors (2, n).

    Close to the nearest point, where the difference of two places would be rounding, the line is a parabola.
    """

    branch: _Branch
    nearest: FloatArray
    width: FloatArray
    foot: FloatArray
    tangent: FloatArray
    bend: FloatArray

    def position(self, s: FloatArray) -> FloatArray:
        """Return p."""
        return self.nearest + self.width * np.sinh(s)

    def from_centre(self, s: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the least and the largest distance from the halo centre on the circle at s."""
        step = self.width * np.sinh(s)
        far = self.branch.to_centre(self.nearest + step)
        near = self.foot[:, None] + step * (self.tangent[:, None] + 0.5 * step * self.bend[:, None])
        along, across = np.where(np.abs(step) < _PARABOLA, near.reshape(far.shape), far)
        return np.hypot(along, across), np.hypot(along, across + 2.0 * self.branch.emission.setting.centre_across)

    def inverse(self, position: FloatArray) -> FloatArray:
        """Return s of p."""
        return np.arcsinh((position - self.nearest) / self.width)


def _branch(emission: Emission, lower: bool, accuracy: float) -> tuple[FloatArray, FloatArray]:
    line, first, last = _line(emission, lower)
    start, stop = line.inverse(first), line.inverse(last)
    # Not defined where distances leave the range of a double.
    broken = ~(np.isfinite(start) & np.isfinite(stop))
    start, stop = np.where(broken, 0.0, start), np.where(broken, 0.0, stop)
    count = len(first)
    steps = int(np.ceil((stop - start).max() / _PANEL)) + 1
    regular = start + (stop - start) * np.linspace(0.0, 1.0, steps + 1)[:, None]
    cuts = np.concatenate([regular, np.clip(0.0, start, stop)[None], _touches(line, start, stop)])
    low, high = panels_between(cuts.T)
    owner, panel = np.nonzero(high > low)
    rough = np.ones(len(owner), dtype=bool)
    pieces = Pieces(owner, low[owner, panel], high[owner, panel], rough, rough)

    def integrand(s: FloatArray, piece: IndexArray) -> tuple[FloatArray, FloatArray]:
        heights = _height(taken(line, np.tile(owner[piece], len(s))), s.ravel()).reshape(s.shape)
        return heights, np.zeros_like(heights)

    value, error = integrate_pieces(integrand, pieces, count, accuracy, _ROUNDS, _MOST_PANELS)
    return np.where(broken, np.nan, value), np.where(broken, np.nan, error)


def _height(line: _Line, s: FloatArray) -> FloatArray:
    """Return K ∫ dphi rho |dw/ds| at one s for each point."""
    branch, position = line.branch, line.position(s)
    excess, surface, setting = branch.excess(position), branch.emission.surface, branch.emission.setting
    kicks = setting.kicks(surface.neutrino_energy(excess), branch.place(position)[0], surface.kinetic_energy)
    jacobian = excess / (1.0 + excess) * branch.slope(position) * line.width * np.cosh(s)
    density = circle_integral(setting.halo, *line.from_centre(s))
    return kicks * jacobian * density


def _line(emission: Emission, lower: bool) -> tuple[_Line, FloatArray, FloatArray]:
    """Return the branch with its point nearest to the halo centre, and its ends in p.

    The least of many samples lies between its neighbours; there the distance has one minimum, which a search by the
    golden section brackets and the projection on the tangent then gives to rounding.
    """
    ends = emission.surface.lower_ends if lower else emission.surface.upper_ends
    turn = emission.surface.turn
    begins = (turn > 0.0) & (not lower)
    branch = _Branch(emission, lower, np.where(begins, np.log(np.where(begins, turn, 1.0)), np.nan))
    samples = np.sort(branch.position(ends[0] + (ends[1] - ends[0]) * np.linspace(0.0, 1.0, _SAMPLES)[:, None]), axis=0)
    first, last = samples[0], samples[-1]
    position = np.clip(_nearest_sampled(branch, samples), np.where(begins, first, first + _STEP), last - _STEP)
    behind, here, ahead = (branch.to_centre(position + sign * _STEP) for sign in (-1.0, 0.0, 1.0))
    tangent, bend = (ahead - behind) / (2.0 * _STEP), (ahead - 2.0 * here + behind) / _STEP**2
    speed = np.maximum(np.hypot(*tangent), np.finfo(float).tiny)
    for _ in range(3):
        foot = branch.to_centre(position)
        # At an end of the line the foot of the perpendicular may be beyond it.
        position = np.clip(position - (foot * (tangent / speed)).sum(axis=0) / speed, first, last)
    foot = branch.to_centre(position)
    with np.errstate(over="ignore"):
        width = np.clip(np.hypot(*foot) / speed, _NARROWEST, 1.0)
    return _Line(branch, position, width, foot, tangent, bend), first, last


def _nearest_sampled(branch: _Branch, samples: FloatArray) -> FloatArray:
    """Return p of the point nearest to the halo centre, as well as distances tell."""

    def distance(position: FloatArray) -> FloatArray:
        from_centre: FloatArray = np.hypot(*branch.to_centre(position))
        return from_centre

    best, column = np.argmin(distance(samples), axis=0), np.arange(samples.shape[1])
    low, high = samples[np.maximum(best - 1, 0), column], samples[np.minimum(best + 1, _SAMPLES - 1), column]
    golden = 0.5 * (np.sqrt(5.0) - 1.0)
    for _ in range(_BISECTIONS):
        left, right = high - golden * (high - low), low + golden * (high - low)
        nearer = distance(left) < distance(right)
        low, high = np.where(nearer, low, left), np.where(nearer, right, high)
    middle: FloatArray = 0.5 * (low + high)
    return middle


def _touches(line: _Line, start: FloatArray, stop: FloatArray) -> FloatArray:
    """Return where the least or the largest distance passes a break of the density, shape (k, n), NaN for nowhere."""
    samples = start + (stop - start) * np.linspace(0.0, 1.0, _SAMPLES)[:, None]
    breaks = density_breaks(line.branch.emission.setting.halo)
    found = []
    for which, radius in enumerate(line.from_centre(samples)):
        beyond = radius > breaks[:, None]
        sphere, interval, column = np.nonzero(beyond[:, 1:] != beyond[:, :-1])
        roots = np.full((_SAMPLES - 1, *breaks.shape), np.nan)
        if column.size:
            some, edge = taken(line, column), breaks[sphere, column]

            def inside(s: FloatArray, which: int = which, some: _Line = some, edge: FloatArray = edge) -> FloatArray:
                return some.from_centre(s)[which] - edge

            ends = samples[interval, column], samples[interval + 1, column]
            roots[interval, sphere, column] = _bisected(inside, *ends)
        found.append(roots.reshape(-1, breaks.shape[1]))
    return np.concatenate(found)


def _bisected(function: Callable[[FloatArray], FloatArray], low: FloatArray, high: FloatArray) -> FloatArray:
    rising = function(high) > 0.0
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        above = (function(middle) > 0.0) == rising
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return 0.5 * (low + high)

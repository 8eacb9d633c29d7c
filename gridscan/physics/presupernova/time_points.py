"""Points in the time before collapse for integrals over stars: each stands for the stars of a stretch of time.

The luminosity of a star is a power law of time between the knots of its table, and held below the first. Between the
knots ln t is the variable, below the first knot t itself; the 15-point Kronrod rule on each panel, of two if it is
wide, and the 7-point Gauss rule inside it, give every integral and how far the coarser rule is from it.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridscan.errors import EvaluationError
from gridscan.numerics.quadrature import gauss_kronrod
from gridscan.numerics.ranges import NOT_NEGATIVE, POSITIVE, checked

__all__ = ["ORDER", "TimePoints", "error_of_kinks", "time_integral", "time_points"]

FloatArray = NDArray[np.floating[Any]]


ORDER = 15
# Panels that span a larger ratio of times are cut in two.
_WIDE = 1.5
_ROUNDING = 16.0 * np.finfo(float).eps


class TimePoints(NamedTuple):
    """Times before collapse and the stretches of time that they stand for, arrays of one shape (..., n).

    Attributes
    ----------
    time
        Time before collapse, positive.
    weight
        Stretch of time for the finer rule, zero outside the window; its sum is the window.
    coarse_weight
        The same for the coarser rule.
    """

    time: FloatArray
    weight: FloatArray
    coarse_weight: FloatArray


def time_points(knots: ArrayLike, start: ArrayLike, stop: ArrayLike) -> TimePoints:
    """Return the points of windows of time before collapse.

    Parameters
    ----------
    knots
        Shape (k,): times where a power law gives way to another, positive, increasing. The integrals end at the last
        one, beyond which a star is dark.
    start, stop
        Ends of the windows, not negative, in the unit of the knots; a window with `stop` below `start` is empty.

    Returns
    -------
    TimePoints
        Shape (..., n), n a multiple of 15, after the shape to which `start` and `stop` broadcast, in the same unit.

    Raises
    ------
    EvaluationError
        If the knots do not increase, or a time is negative or not finite.

    Notes
    -----
    Source: Piessens et al. 1983, QUADPACK, routine QK15.

    Examples
    --------
    ∫ t^-2 dt from 1 to 100, over two knots:

    >>> from gridscan.physics.presupernova.time_points import time_integral, time_points
    >>> points = time_points([1.0, 5.0, 1000.0], 1.0, 100.0)
    >>> value, error = time_integral(points.time**-2.0, points)
    >>> round(float(value), 9), bool(error < 1e-6)
    (0.99, True)
    """
    knots = checked("knots", knots, POSITIVE)
    if knots.ndim != 1 or not (np.diff(knots) > 0.0).all():
        raise EvaluationError(f"knots have the shape {knots.shape}; they must increase along one axis")
    start, stop = checked("start", start, NOT_NEGATIVE), checked("stop", stop, NOT_NEGATIVE)
    start, stop = (array[..., None] for array in np.broadcast_arrays(start, stop))
    wide = knots[1:] > _WIDE * knots[:-1]
    halves = np.sqrt(knots[1:][wide] * knots[:-1][wide])
    edges = np.sort(np.concatenate([[0.0], knots, halves]))
    lower, upper = np.clip(edges[:-1], start, stop), np.clip(edges[1:], start, stop)
    nodes, *rules = gauss_kronrod()
    place, some = 0.5 * (1.0 + nodes), upper > lower
    first = (lower[..., :1, None] + place * (upper - lower)[..., :1, None], (upper - lower)[..., :1, None])
    inside = some[..., 1:]
    length = np.log(np.where(inside, upper[..., 1:], 1.0) / np.where(inside, lower[..., 1:], 1.0))[..., None]
    later = np.where(inside, lower[..., 1:], edges[1:-1])[..., None] * np.exp(length * place)
    time = np.concatenate([np.maximum(first[0], np.finfo(float).tiny), later], axis=-2)
    slope = np.concatenate([first[1] * np.ones(nodes.shape), later * length], axis=-2)
    slope = np.where(some[..., None], slope, 0.0)
    flat = (*time.shape[:-2], -1)
    return TimePoints(time.reshape(flat), *((0.5 * rule * slope).reshape(flat) for rule in rules))


def time_integral(values: ArrayLike, points: TimePoints) -> tuple[FloatArray, FloatArray]:
    """Return the integral of a function over windows of time before collapse.

    Parameters
    ----------
    values
        Values at the times of the points, broadcast with them; not negative where the error is to bound the integral.
    points
        The points.

    Returns
    -------
    value, error : numpy.ndarray
        In the unit of the values times that of the time; the error is the distance to the coarser rule, panel by
        panel, with what rounding adds.

    Notes
    -----
    Σ v_i y_i. Source: Piessens et al. 1983, QUADPACK, routine QK15.

    Examples
    --------
    The length of a window:

    >>> from gridscan.physics.presupernova.time_points import time_integral, time_points
    >>> round(float(time_integral(1.0, time_points([1.0, 10.0], 0.5, 4.0))[0]), 12)
    3.5
    """
    heights = np.broadcast_to(np.asarray(values, dtype=float), np.broadcast_shapes(np.shape(values), points.time.shape))
    value = np.einsum("...i,...i->...", heights, points.weight)
    panels = (*heights.shape[:-1], -1, ORDER)
    apart = np.einsum(
        "...pi,...pi->...p",
        heights.reshape(panels),
        (points.weight - points.coarse_weight).reshape(*points.time.shape[:-1], -1, ORDER),
    )
    return value, np.abs(apart).sum(axis=-1) + _ROUNDING * np.abs(value)


def error_of_kinks(values: FloatArray, held: NDArray[np.bool_], points: TimePoints) -> FloatArray:
    """Return by how much integrals are off because a function is held from somewhere between two points on.

    There both rules may agree by chance, and be wrong.

    Parameters
    ----------
    values
        Values at the times of the points, broadcast with them.
    held
        Of the shape of `values`: where they are held.
    points
        The points.

    Returns
    -------
    numpy.ndarray
        In the unit of the values times that of the time: the largest error of the finer rule for a kink of the steepest
        slope between two points of a panel, summed over the panels that have one.

    Notes
    -----
    The rule is linear: its error is the change of the slope times that for (x - x_0)_+.
    """
    nodes, kronrod, _ = gauss_kronrod()
    panels = (-1, ORDER)
    inside = held.reshape(*held.shape[:-1], *panels)
    kinked = inside.any(axis=-1) & ~inside.all(axis=-1)
    here = np.nonzero(kinked)
    slope = np.abs(np.diff(values.reshape(inside.shape)[here], axis=-1) / np.diff(nodes)).max(axis=-1)
    stretch = (points.weight.reshape(*points.time.shape[:-1], *panels) / kronrod).max(axis=-1)
    off = np.zeros(kinked.shape)
    off[here] = slope * np.broadcast_to(stretch, kinked.shape)[here]
    return np.asarray(_error_of_a_kink() * off.sum(axis=-1))


@functools.cache
def _error_of_a_kink() -> float:
    """Return the largest error of the finer rule for (x - x_0)_+ on [-1, 1]."""
    nodes, kronrod, _ = gauss_kronrod()
    place = np.linspace(-1.0, 1.0, 2001)[:, None]
    found = np.maximum(nodes - place, 0.0) @ kronrod - 0.5 * (1.0 - place[:, 0]) ** 2
    return float(np.abs(found).max())

"""Numbers of events of a detector in an exposure, from all stars before collapse together.

A star at the time t before collapse, when the exposure begins, and at the distance d gives a Poisson number of events
of mean X = Y(t)/d². Stars that give k events are themselves Poisson, of the mean number

    λ_k = SFR Σ_b w_b λ_k,b,   λ_k,b = ∫ dt ∫ dG(d) e^-X X^k/k!,   λ_+ = Σ_{k>=1} λ_k = ... ∫ (1 - e^-X),

from which `gridscan.numerics.compound_counts` makes the distribution of the counts; a background of b events adds to
λ_1 and to λ_+. Nearer than a parsec, where G = G_0 (d/d_0)², the integral over the distance is in closed form, with c =
Y/d_0²: G_0 c Γ(k - 1, c)/k! for k, and G_0 (1 - E_2(c)) for all together.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import CubicSpline
from scipy.special import exp1, expn, gammaincc, gammaln

from gridscan.numerics.ranges import POSITIVE, Range, checked
from gridscan.numerics.unit_arguments import in_units
from gridscan.physics.galaxy.reach import NEAREST, for_each_place, reach_of
from gridscan.physics.presupernova.population import checked_severities
from gridscan.physics.presupernova.time_points import TimePoints, time_integral

if TYPE_CHECKING:
    from gridscan.physics.galaxy.components import Galaxy, SingleGalaxy
    from gridscan.physics.galaxy.reach import Reach

__all__ = ["events_from_cumulative", "times_of_event_numbers"]

FloatArray = NDArray[np.floating[Any]]
ValueAndError = tuple[FloatArray, FloatArray]

# Cells in ln d; ln Y in steps of at most as many, and of this part of the width of e^-X X^k/k! in ln X.
_STEP = math.log(2.0) / 256.0
_WIDEST = 8
_PER_WIDTH = 0.2
# Heights relative to the peak that are left out.
_NOTHING = 1e-40
_MOST = Range(minimum=1.0, maximum=10_000.0, whole=True)


def events_from_cumulative(at_start: ArrayLike, at_end: ArrayLike, distance: ArrayLike = 1.0) -> FloatArray:
    """Return the expected events of a star in an exposure, times its squared distance.

    Parameters
    ----------
    at_start
        Events from a star at `distance` between the beginning of the exposure and collapse.
    at_end
        The same from the end of the exposure on, zero where the star collapses before.
    distance
        [kpc], positive.

    Returns
    -------
    numpy.ndarray
        Y [kpc²], not negative; all arguments broadcast.

    Raises
    ------
    EvaluationError
        If the distance is not positive.

    Notes
    -----
    Y = d² [C(t) - C(max(t - W, 0))], C being the cumulative of the rate of events until collapse.

    Examples
    --------
    >>> from gridscan.physics.presupernova.event_counts import events_from_cumulative
    >>> float(events_from_cumulative(5.0, 2.0, 2.0))
    12.0
    """
    far = checked("distance", distance, POSITIVE, "kpc")
    seen = np.maximum(np.asarray(at_start, dtype=float) - np.asarray(at_end, dtype=float), 0.0)
    return np.asarray(far**2 * seen)


@in_units(events="kpc²", radius="kpc")
def times_of_event_numbers(
    most: int, events: ArrayLike, points: TimePoints, radius: ArrayLike, galaxy: Galaxy
) -> tuple[ValueAndError, ValueAndError]:
    """Return for how long stars of each bin of mass give one event, two, ... in an exposure, averaged over places.

    Parameters
    ----------
    most
        Largest number of events, 1 or more.
    events
        Shape (b, n): Y, expected events of a star times its squared distance [kpc²], in the exposure that begins at the
        times of the points; not negative.
    points
        Shape (b, n): times before collapse, cut also at the exposure and at the exposure after each knot.
    radius
        [kpc]: stars farther away from the Sun do not count; finite and positive.
    galaxy
        The galaxy, or many.

    Returns
    -------
    exactly : tuple of numpy.ndarray
        λ_k,b and its error, shape (..., most, b), in the unit of time of the points: for `population.over_bins`.
    any_number : tuple of numpy.ndarray
        λ_+,b and its error, shape (..., b).

    Raises
    ------
    EvaluationError
        If an argument is outside its range.

    Notes
    -----
    λ_k,b = ∫ dt ∫ dG e^-X X^k/k! with X = Y(t)/d². Source: thinning of a Poisson process.

    Examples
    --------
    Bright stars are seen wherever they are, dim ones hardly ever, and mostly by one event:

    >>> import numpy as np
    >>> from gridscan.physics.galaxy.components import Galaxy
    >>> from gridscan.physics.presupernova.event_counts import times_of_event_numbers
    >>> from gridscan.physics.presupernova.time_points import time_points
    >>> points = time_points([0.1, 1.0], np.zeros(2), np.ones(2))
    >>> events = np.array([[1e6], [1e-6]]) * np.ones(points.time.shape)
    >>> (exactly, _), (any_number, _) = times_of_event_numbers(2, events, points, 25.0, Galaxy())
    >>> round(float(any_number[0]), 6), bool(exactly[0, 1] > 0.5 * any_number[1] > exactly[1, 1])
    (1.0, True)
    """
    number = int(checked("most", most, _MOST))
    mean = checked_severities(events, points)
    bins = len(mean)

    def evaluate(single: SingleGalaxy, radius: float, _: FloatArray) -> ValueAndError:
        value, error = _times_in(single, radius, number, mean, points)
        return value.reshape(1, -1), error.reshape(1, -1)

    radius = checked("radius", radius, POSITIVE, "kpc")
    value, error = for_each_place(evaluate, (number + 1) * bins, 0.0, radius, galaxy)
    value, error = (array.reshape(*array.shape[:-1], number + 1, bins) for array in (value, error))
    return (value[..., 1:, :], error[..., 1:, :]), (value[..., 0, :], error[..., 0, :])


def _times_in(galaxy: SingleGalaxy, radius: float, most: int, events: FloatArray, points: TimePoints) -> ValueAndError:
    """Return λ_+ and λ_1 ... λ_most of each bin, and their errors, both of shape (most + 1, b)."""
    reach = reach_of(galaxy)
    farthest = min(radius, reach.farthest)
    value, error = np.zeros((most + 1, len(events))), np.zeros((most + 1, len(events)))
    used = (events > 0.0) & (points.weight > 0.0)
    if used.any():
        ends = np.log(events[used].min()), np.log(events[used].max())
        fine, coarse = (_over_places(reach, farthest, most, step, ends) for step in (_STEP, 2.0 * _STEP))
    for row in np.flatnonzero(used.any(axis=-1)).tolist():
        own = TimePoints(*(part[row] for part in points))
        heights = np.zeros((2, most + 1, events.shape[1]))
        for height, spline in zip(heights, (fine, coarse), strict=True):
            height[:, used[row]] = np.maximum(spline(np.log(events[row, used[row]])), 0.0).T
        value[:, row], error[:, row] = time_integral(heights[0], own)
        error[:, row] += time_integral(np.abs(heights[0] - heights[1]), own)[0]
    return value, error + reach.relative_error * value + reach.absolute_error * points.weight.sum(axis=-1)


def _over_places(reach: Reach, radius: float, most: int, step: float, ends: tuple[float, float]) -> CubicSpline:
    """Return ∫ dG (1 - e^-X) and ∫ dG e^-X X^k/k! for k = 1 ... most as a function of ln Y.

    Distances are in cells of equal ln d, and ln Y on a grid of which twice this step is a part, so that ln X takes the
    same values for all pairs: each integral is a scalar product with a stretch of one array.
    """
    count = math.ceil(max(np.log(radius / NEAREST), 0.0) / step)
    nodes = radius * np.exp(step * np.arange(-count, 1.0))
    inside = reach.enclosed(nodes[:1])
    share = np.diff(np.append(inside, reach.table.enclosed(nodes[1:]))) if count else np.empty(0)
    stride = max(1, min(_WIDEST, int(_PER_WIDTH / (2.0 * step * math.sqrt(most)))))
    amount = math.ceil((ends[1] - ends[0]) / (2.0 * step * stride)) + 4
    log_events = ends[0] + 2.0 * step * stride * np.arange(-1, amount)
    # From the farthest cell of the first ln Y to the nearest of the last.
    offset = np.arange(stride * amount + count + 1) + 0.5
    mean = np.exp(log_events[0] - 2.0 * np.log(radius) + 2.0 * step * offset)
    found = _in_disc(np.exp(log_events) / nodes[0] ** 2, most) * inside
    if count:
        rows = len(log_events)
        found[0] += sliding_window_view(-np.expm1(-mean), count)[::stride][:rows] @ share[::-1]
        # The shares that belong to all the X of a ln Y, none where X is of no place.
        around = stride * (rows - 1)
        shares = np.concatenate([np.zeros(around), share[::-1], np.zeros(len(mean) - count)])
        log_mean = np.log(mean)
        for k in range(1, most + 1):
            height = np.exp(k * log_mean - mean - gammaln(k + 1.0))
            # What is far from the peak belongs to few stars, next to those at the peak or in the disc.
            some = np.flatnonzero(height > _NOTHING * height.max())
            if not some.size:
                continue
            first, last = some[[0, -1]]
            window = sliding_window_view(shares[first : around + last + 1], last + 1 - first)
            found[k] += window[around::-stride] @ height[first : last + 1]
    return CubicSpline(log_events, found.T)


def _in_disc(c: FloatArray, most: int) -> FloatArray:
    """Return the same over a uniform disc at whose edge X = c, shape (most + 1, n)."""
    parts = [1.0 - expn(2, c), c * exp1(c)]
    parts += [c * gammaincc(k - 1, c) / (k * (k - 1.0)) for k in range(2, most + 1)]
    return np.stack(parts)

"""Nearest star and brightness of the nearby ones, when stars are a Poisson process in the galactic plane.

With N stars expected in the whole galaxy and G(s) = P(d <= s) of `gridscan.physics.galaxy.distances`, the number of
stars within a distance s is Poisson with mean N G(s): the nearest one is within s with the probability 1 - exp(-N
G(s)). The stars within a radius r have independent distances with the distribution G(s)/G(r), and their flux is a
compound Poisson sum.

G is tabulated for this, octave by octave of the distance: Chebyshev polynomials on panels cut where G is singular, in a
variable in which it is smooth, bisected until the polynomials have converged.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridscan.errors import EvaluationError
from gridscan.numerics import compound_poisson
from gridscan.numerics.ranges import NOT_NEGATIVE, POSITIVE, Range, checked
from gridscan.physics.galaxy.distances import for_each_galaxy, fractions
from gridscan.physics.galaxy.enclosed_stars import clustered, enclosed_share, special_distances

if TYPE_CHECKING:
    from gridscan.physics.galaxy.components import Galaxy, SingleGalaxy

__all__ = ["flux_exceedance", "nearest_distance_quantile"]

FloatArray = NDArray[np.floating[Any]]
IndexArray = NDArray[np.intp]
ValueAndError = tuple[FloatArray, FloatArray]

_DEGREES = 24
_TOLERANCE = 1e-12
_CONVERGED = 1e-11
_MOST_BISECTIONS = 14
_MOST_PANELS = 512
# Panels of this relative width are rounding errors of a point where G jumps or is singular.
_NO_PANEL = 1e-12
# Within 2^-40 kpc, the distance to Saturn or so, the density of stars has no meaning, and rounding spoils G.
_LEAST_OCTAVE = -40
_MOST_STEPS = 100


def nearest_distance_quantile(expected_number: ArrayLike, quantile: ArrayLike, galaxy: Galaxy) -> ValueAndError:
    """Return the distance within which the nearest star is with a given probability.

    Parameters
    ----------
    expected_number
        N, the expected number of stars in the whole galaxy, finite and not negative.
    quantile
        q, above 0 and below 1.
    galaxy
        The galaxy, or many.

    Returns
    -------
    value, error : numpy.ndarray
        [kpc], of the shape to which all arguments broadcast; the error is an estimate of the absolute one. Where G is
        flat to its accuracy, the smallest such distance. NaN where there is none, as the galaxy has no star at all with
        a probability above 1 - q.

    Raises
    ------
    EvaluationError
        If a parameter is outside its range, or the distance is below 2e-12 kpc.

    Notes
    -----
    P(d_1 <= d_q) = 1 - exp(-N G(d_q)) = q, hence G(d_q) = -ln(1 - q)/N. Source: void probability of a Poisson process.

    Examples
    --------
    The expected number of stars within the median distance is ln 2:

    >>> import math
    >>> from gridscan.physics.galaxy.components import Galaxy
    >>> from gridscan.physics.galaxy.distances import fraction_within
    >>> median, error = nearest_distance_quantile(1000.0, 0.5, Galaxy())
    >>> round(float(1000.0 * fraction_within(median, Galaxy())[0] / math.log(2.0)), 6)
    1.0
    """
    number = checked("expected_number", expected_number, NOT_NEGATIVE)
    probability = checked("quantile", quantile, Range(above=0.0, below=1.0))
    with np.errstate(divide="ignore", over="ignore"):
        share = -np.log1p(-probability) / number
    return for_each_galaxy(_distances, share, galaxy)


def flux_exceedance(
    flux_threshold: ArrayLike,
    expected_number_within: ArrayLike,
    flux_at_unit_distance: ArrayLike,
    radius: ArrayLike,
    distance_floor: ArrayLike,
    galaxy: Galaxy,
) -> ValueAndError:
    """Return the probability that the flux of all stars within a distance of the Sun is above a threshold.

    Parameters
    ----------
    flux_threshold
        F [1/cm^2/s], finite and not negative.
    expected_number_within
        λ, the expected number of stars within the radius, finite and not negative. The bounds are close up to about a
        thousand stars.
    flux_at_unit_distance
        A [kpc^2/cm^2/s]: flux of one star times its squared distance, finite and not negative.
    radius
        [kpc]: stars farther away from the Sun do not count; finite and positive.
    distance_floor
        [kpc], positive: stars nearer than this count as being at it.
    galaxy
        The galaxy, or many.

    Returns
    -------
    value, error : numpy.ndarray
        Dimensionless, of the shape to which all arguments broadcast. The true probability is within the error of the
        value, which comes from a lower and an upper bound, as far as the estimated error of G holds.

    Raises
    ------
    EvaluationError
        If a parameter is outside its range, or stars are expected within a radius where the galaxy has none.

    Notes
    -----
    P(Σ A/max(d_i, floor)² > F), the number of terms being Poisson with mean λ.
    Source: compound Poisson distribution, see `gridscan.numerics.compound_poisson`.

    Examples
    --------
    Any star is brighter than nothing: the probability that there is one, 1 - exp(-λ).

    >>> import math
    >>> from gridscan.physics.galaxy.components import Galaxy
    >>> value, error = flux_exceedance(0.0, 2.0, 100.0, 1.0, 0.05, Galaxy())
    >>> round(float(value) / (1 - math.exp(-2.0)), 6)
    1.0
    """
    threshold = checked("flux_threshold", flux_threshold, NOT_NEGATIVE, "1/cm^2/s")
    unit = checked("flux_at_unit_distance", flux_at_unit_distance, NOT_NEGATIVE, "kpc^2/cm^2/s")
    number = checked("expected_number_within", expected_number_within, NOT_NEGATIVE)
    radius = checked("radius", radius, POSITIVE, "kpc")
    distance_floor = checked("distance_floor", distance_floor, POSITIVE, "kpc")
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        # Within this distance one star is enough; at zero flux never.
        reach = np.where(unit > 0.0, np.sqrt(unit / threshold), 0.0)
    return for_each_galaxy(_exceedances, number, galaxy, reach, radius, distance_floor)


def _exceedances(
    galaxy: SingleGalaxy, numbers: tuple[float, ...], reach: float, radius: float, floor: float
) -> ValueAndError:
    """Return the probability that the flux is above A/reach^2, and its error, for several expected numbers."""
    number = np.array(numbers)
    (fraction,), (fraction_error,) = fractions(galaxy, (radius,))
    if fraction == 0.0 and number.any():
        raise EvaluationError(
            f"expected_number_within is {number.max():g}; it must be 0, as this galaxy has no stars within "
            f"radius = {radius:g} kpc"
        )
    if reach > max(radius, floor) or not number.any():
        return -np.expm1(-number), 2.0 * np.finfo(float).eps * -np.expm1(-number)
    table = _table(galaxy, *_octaves(floor, radius)) if floor < radius else None

    def tail(part: FloatArray) -> FloatArray:
        # More than a part y of the threshold comes from a star nearer than reach/√y, unless the floor is farther.
        with np.errstate(divide="ignore", invalid="ignore"):
            distance = np.where(part > 0.0, reach / np.sqrt(part), np.inf)
        share = np.where(distance > floor, 1.0, 0.0)
        between = (distance > floor) & (distance <= radius)
        if table is not None and between.any():
            share[between] = np.clip(table.enclosed(distance[between]) / fraction, 0.0, 1.0)
        return np.minimum.accumulate(share)

    relative, absolute = table.uncertainty() if table is not None else (0.0, 0.0)
    relative, absolute = relative + fraction_error / fraction, absolute / fraction
    return compound_poisson.exceedance(number, tail, relative_uncertainty=relative, absolute_uncertainty=absolute)


def _distances(galaxy: SingleGalaxy, shares: tuple[float, ...]) -> ValueAndError:
    """Return the distances [kpc] within which the given shares of all stars are, NaN for shares above 1."""
    share = np.array(shares)
    value, error = np.full(share.shape, np.nan), np.full(share.shape, np.nan)
    exists = share <= 1.0
    if not exists.any():
        return value, error
    edge = galaxy.sun_radius + float(galaxy.boundary_radii.max())
    octave = np.arange(_LEAST_OCTAVE, _octaves(1.0, edge)[1] + 1)
    enclosed, _ = enclosed_share(galaxy, 2.0**octave, _TOLERANCE)
    enclosed = np.maximum.accumulate(enclosed)
    # A little beyond the shares, for their bounds, and to where a flat stretch begins.
    nearest, farthest = (1.0 - 1e-9) * float(share[exists].min()), (1.0 + 1e-9) * float(share[exists].max())
    first, last = int(np.searchsorted(enclosed, nearest)) - 2, int(np.searchsorted(enclosed, farthest)) + 1
    if first < 0:
        raise EvaluationError(
            f"-ln(1 - quantile)/expected_number is {share[exists].min():g}, the share of the stars within less than "
            f"2e-12 kpc; it must be above {enclosed[1]:.3g}"
        )
    table = _table(galaxy, int(octave[first]), int(octave[min(last, len(octave) - 1)]))
    value[exists], error[exists] = table.inverse(share[exists])
    return value, error


def _octaves(low: float, high: float) -> tuple[int, int]:
    """Return the exponents of the powers of two that enclose an interval."""
    return math.floor(math.log2(low)), math.ceil(math.log2(high))


@dataclasses.dataclass(frozen=True)
class _Table:
    """G(s) on p panels, where a panel is a part x_0 <= x <= x_1 of a stretch of distances without special points.

    Attributes
    ----------
    coefficients
        Shape (p, 24): Chebyshev coefficients in x, which goes from -1 to 1 between the ends of the panel.
    error
        Shape (p,): absolute.
    start, width, part
        Shapes (p,) [kpc] and (p, 2): the stretch, and x_0 and x_1 between 0 and 1.
    begins, stops
        Shape (p,): whether G is singular where the stretch begins, and where it ends.
    """

    coefficients: FloatArray
    error: FloatArray
    start: FloatArray
    width: FloatArray
    part: FloatArray
    begins: NDArray[np.bool_]
    stops: NDArray[np.bool_]

    def __getitem__(self, chosen: Any) -> _Table:
        return _Table(*(getattr(self, field.name)[chosen] for field in dataclasses.fields(self)))

    @classmethod
    def joined(cls, tables: list[_Table]) -> _Table:
        """Return the panels of several tables in order of their distance."""
        names = [field.name for field in dataclasses.fields(cls)]
        whole = cls(*(np.concatenate([getattr(table, name) for table in tables]) for name in names))
        return whole[np.lexsort((whole.part[:, 0], whole.start))]

    def halved(self) -> _Table:
        """Return the panels cut in the middle, not yet fitted."""
        (low, high), middle = self.part.T, self.part.mean(axis=-1)
        lower, upper = (np.stack(part, axis=-1) for part in ((low, middle), (middle, high)))
        return _Table.joined([dataclasses.replace(self, part=part) for part in (lower, upper)])

    def distance(self, x: FloatArray) -> FloatArray:
        """Return the distances [kpc] at points of each panel, of shape (p, k) as these are."""
        low, high = self.part[:, :1], self.part[:, 1:]
        whole = low + (high - low) * 0.5 * (1.0 + x)
        place, _ = clustered(whole, self.begins[:, None], self.stops[:, None])
        return self.start[:, None] + self.width[:, None] * place

    @functools.cached_property
    def ends(self) -> FloatArray:
        """Upper ends [kpc] of the panels, shape (p,)."""
        return self.distance(np.ones((len(self.start), 1)))[:, 0]

    def enclosed(self, distance: FloatArray) -> FloatArray:
        """Return G just below distances [kpc] within the table, shape (n,)."""
        panel = np.minimum(np.searchsorted(self.ends, distance), len(self.ends) - 1)
        begins, stops, width = self.begins[panel], self.stops[panel], self.width[panel]
        from_start = np.clip((distance - self.start[panel]) / width, 0.0, 1.0)
        to_end = np.clip((self.start[panel] + width - distance) / width, 0.0, 1.0)
        both = np.arctan2(np.sqrt(from_start), np.sqrt(to_end)) * 2.0 / np.pi
        maps = [both, np.sqrt(from_start), 1.0 - np.sqrt(to_end)]
        whole = np.select([begins & stops, begins, stops], maps, from_start)
        low, high = self.part[panel, 0], self.part[panel, 1]
        return _chebyshev(self.coefficients, panel, np.clip(2.0 * (whole - low) / (high - low) - 1.0, -1.0, 1.0))

    def uncertainty(self) -> tuple[float, float]:
        """Return the relative error of G, and the absolute one of the panels where G comes from zero."""
        least = np.abs(_chebyshev(self.coefficients, np.arange(len(self.error)), -np.ones(len(self.error))))
        ratio = np.divide(self.error, least, out=np.full(least.shape, np.inf), where=least > 0.0)
        relative = ratio < 1e-6
        return float(np.max(ratio[relative], initial=0.0)), float(np.max(self.error[~relative], initial=0.0))

    def inverse(self, share: FloatArray) -> ValueAndError:
        """Return the smallest distances [kpc] at which G reaches shares, within its error, and their errors."""
        error = np.maximum.accumulate(self.error)[self._panel_of(share)]
        nearer = self._reached(np.maximum(share - error, 0.5 * share))
        farther = self._reached(share + error)
        return nearer, farther - nearer + 4.0 * np.finfo(float).eps * farther

    def _panel_of(self, share: FloatArray) -> IndexArray:
        """Return the first panel at whose end G reaches the share, or else the last panel."""
        all_panels = np.arange(len(self.error))
        highest = np.maximum.accumulate(_chebyshev(self.coefficients, all_panels, np.ones(len(all_panels))))
        return np.minimum(np.searchsorted(highest, share), len(all_panels) - 1)

    def _reached(self, share: FloatArray) -> FloatArray:
        """Return where G reaches shares, by Newton's method kept between bounds that close in."""
        panel = self._panel_of(share)
        slopes = np.polynomial.chebyshev.chebder(self.coefficients, axis=1)
        low, high, x = -np.ones(len(share)), np.ones(len(share)), np.zeros(len(share))
        active = np.arange(len(share))
        for _ in range(_MOST_STEPS):
            where, at = panel[active], x[active]
            excess = _chebyshev(self.coefficients, where, at) - share[active]
            low[active] = np.where(excess < 0.0, at, low[active])
            high[active] = np.where(excess < 0.0, high[active], at)
            slope = _chebyshev(slopes, where, at)
            step = np.divide(-excess, slope, out=np.full(slope.shape, np.inf), where=slope > 0.0)
            inside = (at + step > low[active]) & (at + step < high[active])
            x[active] = np.where(inside, at + step, 0.5 * (low[active] + high[active]))
            active = active[np.abs(x[active] - at) > 4.0 * np.finfo(float).eps]
            if not active.size:
                break
        return self[panel].distance(x[:, None])[:, 0]


def _chebyshev(coefficients: FloatArray, panel: IndexArray, x: FloatArray) -> FloatArray:
    """Return Chebyshev series at points x of panels, both of shape (n,), by Clenshaw's recurrence."""
    last, before = np.zeros(x.shape), np.zeros(x.shape)
    for column in coefficients.T[:0:-1]:
        last, before = column[panel] + 2.0 * x * last - before, last
    series: FloatArray = coefficients[panel, 0] + x * last - before
    return series


@functools.lru_cache(maxsize=256)
def _table(galaxy: SingleGalaxy, low: int, high: int) -> _Table:
    """Return G from 2^low to 2^high kpc."""
    return _Table.joined([_octave(galaxy, exponent) for exponent in range(low, max(high, low + 1))])


@functools.lru_cache(maxsize=1024)
def _octave(galaxy: SingleGalaxy, exponent: int) -> _Table:
    """Return G from 2^exponent kpc to twice as much, on panels that are bisected until it has converged."""
    beginnings, endings = special_distances(galaxy)
    low, high = 2.0**exponent, 2.0 ** (exponent + 1)
    cuts = np.unique(np.concatenate([beginnings, endings, [low, high]]))
    cuts = cuts[(cuts >= low) & (cuts <= high)]
    cuts = cuts[np.append(np.diff(cuts) > _NO_PANEL * cuts[:-1], True)]
    count = len(cuts) - 1
    begins, stops = np.isin(cuts[:-1], beginnings), np.isin(cuts[1:], endings)
    stretch = np.tile([0.0, 1.0], (count, 1))
    panels = _Table(np.zeros((count, _DEGREES)), np.zeros(count), cuts[:-1], np.diff(cuts), stretch, begins, stops)
    finished = []
    for bisections in range(_MOST_BISECTIONS + 1):
        panels, rough = _fitted(galaxy, panels)
        if bisections == _MOST_BISECTIONS or len(rough) > _MOST_PANELS:
            rough[:] = False
        finished.append(panels[~rough])
        if not rough.any():
            break
        panels = panels[rough].halved()
    return _Table.joined(finished)


def _fitted(galaxy: SingleGalaxy, panels: _Table) -> tuple[_Table, NDArray[np.bool_]]:
    """Return the panels with G fitted at Chebyshev points, and which of them have not converged."""
    order = np.arange(_DEGREES)
    angle = np.pi * (order + 0.5) / _DEGREES
    distance = panels.distance(np.broadcast_to(np.cos(angle), (len(panels.error), _DEGREES)))
    value, error = (x.reshape(distance.shape) for x in enclosed_share(galaxy, distance.ravel(), _TOLERANCE))
    to_coefficients = np.where(order == 0, 1.0, 2.0)[:, None] / _DEGREES * np.cos(order[:, None] * angle)
    coefficients = value @ to_coefficients.T
    # Near a singular point the error of the series is a multiple of what two thirds of it leave out.
    left_out = 8.0 * np.abs(coefficients[:, 2 * _DEGREES // 3 :]).sum(axis=-1)
    highest, lowest = value.max(axis=-1), value.min(axis=-1)
    # Distances are rounded too, which shows where G is steep.
    farthest, nearest = distance.max(axis=-1), distance.min(axis=-1)
    steepness = 1.0 + farthest * (highest - lowest) / ((farthest - nearest) * np.maximum(highest, 1e-300))
    noise = error.max(axis=-1) + 64.0 * np.finfo(float).eps * highest * steepness
    rough = left_out > _CONVERGED * np.maximum(lowest, 1e-8 * highest) + 8.0 * noise
    return dataclasses.replace(panels, coefficients=coefficients, error=left_out + noise), rough

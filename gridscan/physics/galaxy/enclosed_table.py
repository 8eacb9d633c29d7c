"""Table of the share G(s) = P(d <= s) of a galaxy's young stars within a distance of the Sun, octave by octave.

Chebyshev polynomials on panels cut where G is singular, in a variable in which it is smooth, bisected until the
polynomials have converged.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gridscan.numerics.quadrature import gauss_legendre
from gridscan.physics.galaxy.enclosed_stars import Effort, clustered, enclosed_share, remembered, special_distances

if TYPE_CHECKING:
    from gridscan.physics.galaxy.components import SingleGalaxy

__all__ = ["EnclosedTable", "enclosed_table", "octave", "octaves"]

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
_MOST_STEPS = 100


def octaves(low: float, high: float) -> tuple[int, int]:
    """Return the exponents of the powers of two that enclose an interval.

    Parameters
    ----------
    low, high
        Positive numbers.

    Returns
    -------
    int, int
        The largest exponent whose power is not above `low`, and the smallest whose power is not below `high`.
    """
    return math.floor(math.log2(low)), math.ceil(math.log2(high))


@dataclasses.dataclass(frozen=True)
class EnclosedTable:
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

    def __getitem__(self, chosen: Any) -> EnclosedTable:
        return EnclosedTable(*(getattr(self, field.name)[chosen] for field in dataclasses.fields(self)))

    @classmethod
    def joined(cls, tables: list[EnclosedTable]) -> EnclosedTable:
        """Return the panels of several tables in order of their distance.

        Parameters
        ----------
        tables
            The tables.

        Returns
        -------
        EnclosedTable
            All their panels.
        """
        names = [field.name for field in dataclasses.fields(cls)]
        whole = cls(*(np.concatenate([getattr(table, name) for table in tables]) for name in names))
        return whole[np.lexsort((whole.part[:, 0], whole.start))]

    def halved(self) -> EnclosedTable:
        """Return the panels cut in the middle, not yet fitted.

        Returns
        -------
        EnclosedTable
            Twice as many panels.
        """
        (low, high), middle = self.part.T, self.part.mean(axis=-1)
        lower, upper = (np.stack(part, axis=-1) for part in ((low, middle), (middle, high)))
        return EnclosedTable.joined([dataclasses.replace(self, part=part) for part in (lower, upper)])

    def distance(self, x: FloatArray) -> FloatArray:
        """Return the distances at points of each panel.

        Parameters
        ----------
        x
            Shape (p, k): from -1 to 1 in each panel.

        Returns
        -------
        numpy.ndarray
            [kpc], of the shape of `x`.
        """
        low, high = self.part[:, :1], self.part[:, 1:]
        whole = low + (high - low) * 0.5 * (1.0 + x)
        place, _ = clustered(whole, self.begins[:, None], self.stops[:, None])
        return self.start[:, None] + self.width[:, None] * place

    @functools.cached_property
    def ends(self) -> FloatArray:
        """Upper ends [kpc] of the panels, shape (p,)."""
        return self.distance(np.ones((len(self.start), 1)))[:, 0]

    def enclosed(self, distance: FloatArray) -> FloatArray:
        """Return G just below distances.

        Parameters
        ----------
        distance
            Shape (n,) [kpc]: within the table.

        Returns
        -------
        numpy.ndarray
            Dimensionless, of shape (n,).
        """
        return _chebyshev(self.coefficients, *self._place(distance))

    def _place(self, distance: FloatArray) -> tuple[IndexArray, FloatArray]:
        """Return the panels of distances [kpc], and where in them they are, from -1 to 1."""
        panel = np.minimum(np.searchsorted(self.ends, distance), len(self.ends) - 1)
        begins, stops, width = self.begins[panel], self.stops[panel], self.width[panel]
        from_start = np.clip((distance - self.start[panel]) / width, 0.0, 1.0)
        to_end = np.clip((self.start[panel] + width - distance) / width, 0.0, 1.0)
        both = np.arctan2(np.sqrt(from_start), np.sqrt(to_end)) * 2.0 / np.pi
        maps = [both, np.sqrt(from_start), 1.0 - np.sqrt(to_end)]
        whole = np.select([begins & stops, begins, stops], maps, from_start)
        low, high = self.part[panel, 0], self.part[panel, 1]
        return panel, np.clip(2.0 * (whole - low) / (high - low) - 1.0, -1.0, 1.0)

    def points(self, order: int, radius: float) -> tuple[FloatArray, FloatArray]:
        """Return distances and the shares of the stars that they stand for, for integrals over the stars.

        Parameters
        ----------
        order
            Gauss-Legendre points per panel.
        radius
            [kpc]: where the integral ends, within the table or beyond it.

        Returns
        -------
        distance, share : numpy.ndarray
            Shape (q × order,): [kpc] and dimensionless, so that ∫ f dG over the q panels nearer than the radius is
            about Σ share f(distance).
        """
        (last,), (end,) = self._place(np.array([radius]))
        near = self[: last + 1]
        upper = np.ones((len(near.error), 1))
        upper[-1] = end
        nodes, weights = gauss_legendre(order)
        x, slopes = (
            0.5 * (upper + 1.0) * (nodes + 1.0) - 1.0,
            np.polynomial.chebyshev.chebder(near.coefficients, axis=1),
        )
        terms = np.polynomial.chebyshev.chebvander(x, slopes.shape[1] - 1)
        share = np.einsum("pk,pqk->pq", slopes, terms) * 0.5 * (upper + 1.0) * weights
        return near.distance(x).ravel(), share.ravel()

    def uncertainty(self) -> tuple[float, float]:
        """Return the relative error of G, and the absolute one of the panels where G comes from zero.

        Returns
        -------
        relative, absolute : float
            Dimensionless.
        """
        least = np.abs(_chebyshev(self.coefficients, np.arange(len(self.error)), -np.ones(len(self.error))))
        ratio = np.divide(self.error, least, out=np.full(least.shape, np.inf), where=least > 0.0)
        relative = ratio < 1e-6
        return float(np.max(ratio[relative], initial=0.0)), float(np.max(self.error[~relative], initial=0.0))

    def inverse(self, share: FloatArray) -> ValueAndError:
        """Return the smallest distances at which G reaches shares, within its error.

        Parameters
        ----------
        share
            Shape (n,): shares of the stars.

        Returns
        -------
        value, error : numpy.ndarray
            Shape (n,) [kpc].
        """
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


@remembered
def enclosed_table(galaxy: SingleGalaxy, low: int, high: int) -> EnclosedTable:
    """Return G on a stretch of distances.

    Parameters
    ----------
    galaxy
        The galaxy.
    low, high
        Exponents: from 2^low to 2^high kpc, at least one octave.

    Returns
    -------
    EnclosedTable
        G, converged to 1e-11, or the error that remains.

    Raises
    ------
    EvaluationError
        If it takes too many evaluations of the density, as for very thin arms.
    """
    octaves, effort = [], Effort(galaxy)
    for exponent in range(low, max(high, low + 1)):
        table, spent = octave(galaxy, exponent)
        octaves.append(table)
        # Also where it was kept from another stretch, so that an answer does not depend on those before it.
        effort.spend_terms(spent)
    return EnclosedTable.joined(octaves)


@functools.lru_cache(maxsize=1024)
def octave(galaxy: SingleGalaxy, exponent: int) -> tuple[EnclosedTable, float]:
    """Return G from 2^exponent kpc to twice as much, on panels that are bisected until it has converged.

    Parameters
    ----------
    galaxy
        The galaxy.
    exponent
        Exponent of the lower end.

    Returns
    -------
    table : EnclosedTable
        G, converged to 1e-11, or the error that remains.
    spent : float
        What it cost, see `gridscan.physics.galaxy.enclosed_stars.Effort`.

    Raises
    ------
    EvaluationError
        If it takes too many evaluations of the density.
    """
    beginnings, endings = special_distances(galaxy)
    low, high = 2.0**exponent, 2.0 ** (exponent + 1)
    cuts = np.unique(np.concatenate([beginnings, endings, [low, high]]))
    cuts = cuts[(cuts >= low) & (cuts <= high)]
    cuts = cuts[np.append(np.diff(cuts) > _NO_PANEL * cuts[:-1], True)]
    count = len(cuts) - 1
    begins, stops = np.isin(cuts[:-1], beginnings), np.isin(cuts[1:], endings)
    stretch = np.tile([0.0, 1.0], (count, 1))
    panels = EnclosedTable(
        np.zeros((count, _DEGREES)), np.zeros(count), cuts[:-1], np.diff(cuts), stretch, begins, stops
    )
    finished, effort = [], Effort(galaxy)
    for bisections in range(_MOST_BISECTIONS + 1):
        panels, rough = _fitted(galaxy, panels, effort)
        if bisections == _MOST_BISECTIONS or len(rough) > _MOST_PANELS:
            rough[:] = False
        finished.append(panels[~rough])
        if not rough.any():
            break
        panels = panels[rough].halved()
    return EnclosedTable.joined(finished), effort.spent


def _fitted(galaxy: SingleGalaxy, panels: EnclosedTable, effort: Effort) -> tuple[EnclosedTable, NDArray[np.bool_]]:
    """Return the panels with G fitted at Chebyshev points, and which of them have not converged."""
    order = np.arange(_DEGREES)
    angle = np.pi * (order + 0.5) / _DEGREES
    distance = panels.distance(np.broadcast_to(np.cos(angle), (len(panels.error), _DEGREES)))
    value, error = (x.reshape(distance.shape) for x in enclosed_share(galaxy, distance.ravel(), _TOLERANCE, effort))
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

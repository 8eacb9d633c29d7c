"""Share of a galaxy's young stars within any distance of the Sun, from a table, for thousands of distances at once.

Down to a parsec the table is that of `gridscan.physics.galaxy.enclosed_table`; nearer, the density of stars in the
plane is constant, G(s) = G(s_0) (s/s_0)², and beyond the galaxy G = 1.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridscan.numerics.unit_arguments import in_units
from gridscan.physics.galaxy.components import SingleGalaxy
from gridscan.physics.galaxy.enclosed_stars import enclosed_share
from gridscan.physics.galaxy.enclosed_table import EnclosedTable, enclosed_table, octaves

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridscan.physics.galaxy.components import Galaxy

__all__ = ["NEAREST", "Reach", "for_each_place", "reach_of"]

FloatArray = NDArray[np.floating[Any]]
BoolArray = NDArray[np.bool_]
IndexArray = NDArray[np.intp]
ValueAndError = tuple[FloatArray, FloatArray]

_NEAREST_OCTAVE = -10
#: [kpc], about a parsec: nearer than this the galaxy is a uniform plane.
NEAREST = 2.0**_NEAREST_OCTAVE
_TOLERANCE = 1e-12
# Step in ln s, 256 to the octave; and what a cubic may be off between two nodes, relative to G.
_STEP = np.log(2.0) / 256.0
_SMOOTH = 1e-7


@dataclasses.dataclass(frozen=True, eq=False)
class Reach:
    """G(s) of one galaxy at any distance.

    Attributes
    ----------
    table
        G from a parsec to beyond the galaxy.
    nearest, share
        Where the table begins [kpc], and G there.
    farthest
        Where it ends [kpc].
    relative_error, absolute_error
        Of G: the true one is within relative_error × G + absolute_error.
    """

    table: EnclosedTable
    nearest: float
    share: float
    farthest: float
    relative_error: float
    absolute_error: float

    def enclosed(self, distance: FloatArray) -> FloatArray:
        """Return G at distances.

        Parameters
        ----------
        distance
            [kpc], not negative, of any shape.

        Returns
        -------
        numpy.ndarray
            Dimensionless, of the shape of `distance`.
        """
        place = np.log(np.clip(distance, self.nearest, self.farthest) / self.nearest) / _STEP
        cell = np.minimum(place.astype(np.intp), len(self._rough) - 1)
        share = np.asarray(self._cubic(cell, place - cell))
        rough = self._rough[cell]
        share[rough] = self.table.enclosed(np.clip(distance[rough], self.nearest, self.farthest))
        near = self.share * (np.minimum(distance, self.nearest) / self.nearest) ** 2
        return np.where(distance < self.nearest, near, np.clip(share, 0.0, 1.0))

    @functools.cached_property
    def _nodes(self) -> tuple[FloatArray, FloatArray]:
        """G at equal steps of ln s, and its slope per step from four neighbours."""
        count = round(np.log(self.farthest / self.nearest) / _STEP) + 1
        share = self.table.enclosed(self.nearest * np.exp(_STEP * np.arange(count)))
        wide = np.pad(share, 2, mode="reflect", reflect_type="odd")
        slope = (8.0 * (wide[3:-1] - wide[1:-3]) - (wide[4:] - wide[:-4])) / 12.0
        return share, slope

    @functools.cached_property
    def _rough(self) -> BoolArray:
        """Whether a cubic polynomial is not good enough between two nodes."""
        cell = np.arange(len(self._nodes[0]) - 1)
        rough = np.zeros(len(cell), dtype=bool)
        for part in (0.2, 0.5, 0.8):
            exact = self.table.enclosed(self.nearest * np.exp(_STEP * (cell + part)))
            rough |= np.abs(self._cubic(cell, np.full(len(cell), part)) - exact) > _SMOOTH * exact
        # A singular point next to a node may be missed by its own cell.
        near: BoolArray = rough | np.append(rough[1:], False) | np.append(False, rough[:-1])
        return near

    def _cubic(self, cell: IndexArray, part: FloatArray) -> FloatArray:
        share, slope = self._nodes
        low, start, stop = share[cell], slope[cell], slope[cell + 1]
        rise = share[cell + 1] - low
        square, cube = 3.0 * rise - 2.0 * start - stop, start + stop - 2.0 * rise
        return np.asarray(low + part * (start + part * (square + part * cube)))

    def points(self, radius: float, order: int) -> tuple[FloatArray, FloatArray]:
        """Return distances and the shares of the stars that they stand for, from a parsec to a radius.

        Parameters
        ----------
        radius
            [kpc], positive.
        order
            Gauss-Legendre points per panel.

        Returns
        -------
        distance, share : numpy.ndarray
            [kpc] and dimensionless, so that ∫ f dG is about Σ share f(distance).
        """
        return self.table.points(order, radius) if radius > self.nearest else (np.empty(0), np.empty(0))


@functools.lru_cache(maxsize=256)
def reach_of(galaxy: SingleGalaxy) -> Reach:
    """Return G of a galaxy at any distance.

    Parameters
    ----------
    galaxy
        The galaxy.

    Returns
    -------
    Reach
        G, and its error.
    """
    edge = galaxy.sun_radius + float(galaxy.boundary_radii.max())
    low, high = _NEAREST_OCTAVE, max(octaves(edge, edge)[1], _NEAREST_OCTAVE + 1)
    table = enclosed_table(galaxy, low, high)
    (inside, share), _ = enclosed_share(galaxy, NEAREST * np.array([0.5, 1.0]), _TOLERANCE)
    relative, absolute = table.uncertainty()
    # Half way the deviation is up to three quarters of that far inside.
    uneven = 2.0 * abs(4.0 * float(inside / share) - 1.0) if share > 0.0 else 0.0
    return Reach(table, NEAREST, float(share), 2.0**high, relative + uneven + 4.0 * _SMOOTH, absolute)


@in_units(radius="kpc")
def for_each_place(
    evaluate: Callable[..., ValueAndError], last: int, values: ArrayLike, radius: ArrayLike, galaxy: Galaxy
) -> ValueAndError:
    """Evaluate every distinct pair of a galaxy and a radius once, for all values that go with it.

    Parameters
    ----------
    evaluate
        ``evaluate(single_galaxy, radius, values)`` returns values and errors of shape (n, last) for n values.
    last
        Length of the last axis of the result.
    values
        Numbers, broadcast with the radius and the galaxy.
    radius
        [kpc].
    galaxy
        The galaxy, or many.

    Returns
    -------
    value, error : numpy.ndarray
        Shape (..., last), after the shape to which all arguments broadcast.
    """
    arrays = np.broadcast_arrays(np.asarray(values, dtype=float), np.asarray(radius, dtype=float), *galaxy.arrays())
    shape, numbers = arrays[0].shape, arrays[0].ravel()
    rows = np.stack([array.ravel() for array in arrays[1:]], axis=-1)
    value, error = np.empty((numbers.size, last)), np.empty((numbers.size, last))
    different, which = np.unique(rows, axis=0, return_inverse=True)
    for index, row in enumerate(different.tolist()):
        chosen = which.reshape(-1) == index
        found, place = np.unique(numbers[chosen], return_inverse=True)
        single = SingleGalaxy(*row[1:])
        values_here, errors_here = evaluate(single, row[0], found)
        value[chosen], error[chosen] = values_here[place], errors_here[place]
    return value.reshape(*shape, last), error.reshape(*shape, last)

"""Tiling of the sky by the directions of a grid: cells up to half way to their neighbours, and their solid angles."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gridscan.errors import SensitivityError, UnitError
from gridscan.sensitivity.labelled import numeric_axis, unit_known
from gridscan.units import convert, parse_unit, readable, same_dimension

if TYPE_CHECKING:
    import xarray as xr

FloatArray = NDArray[np.floating[Any]]

#: The names of the axes of longitude and latitude.
Directions = tuple[str, str]
# Directions closer than this [deg] differ by rounding.
_SAME = 1e-9
_DEGREE = parse_unit("deg")


@dataclasses.dataclass(frozen=True)
class Tiles:
    """Cells around the directions of a grid, as they tile the sky."""

    #: Edges [rad], increasing.
    longitude: FloatArray
    latitude: FloatArray
    #: Index of the point of each axis in each cell.
    columns: NDArray[np.intp]
    rows: NDArray[np.intp]
    directions: Directions

    def of(self, values: xr.DataArray) -> FloatArray:
        """Return a value for each cell.

        Parameters
        ----------
        values
            Over the directions.

        Returns
        -------
        numpy.ndarray
            Shape (latitude, longitude).
        """
        return np.asarray(values.transpose(*reversed(self.directions)).values)[np.ix_(self.rows, self.columns)]

    def share_of_sky(self, chosen: NDArray[np.bool_]) -> float:
        """Return the solid angle of some cells, as a share of the whole sphere.

        Parameters
        ----------
        chosen
            Whether each cell is chosen, shape (latitude, longitude).

        Returns
        -------
        float
            From 0 to 1.
        """
        areas = np.diff(np.sin(self.latitude))[:, None] * np.diff(self.longitude)
        return float((areas * chosen).sum() / (4.0 * np.pi))


def tiles_of(values: xr.DataArray, directions: Directions) -> Tiles:
    """Return the cells around the directions of a quantity.

    Parameters
    ----------
    values
        The quantity.
    directions
        Its axes of longitude and latitude.

    Returns
    -------
    Tiles
        One cell for each direction.

    Raises
    ------
    SensitivityError
        If it lacks one of the axes, a latitude is beyond a pole, or there are fewer than two longitudes or latitudes.
    UnitError
        If an axis is not in a unit of an angle.
    """
    turn, height = (_degrees(values, name) for name in directions)
    beyond = np.abs(height) > 90.0 + _SAME
    if beyond.any():
        raise SensitivityError(f"{directions[1]!r} holds {height[beyond][0]:g} deg; allowed: -90 to 90 deg")
    longitude, columns = _around(turn)
    rows = np.argsort(height)
    latitude = _edges(height[rows], 90.0)
    return Tiles(np.deg2rad(longitude), np.deg2rad(latitude), columns, rows, directions)


def _degrees(values: xr.DataArray, name: str) -> FloatArray:
    """Return the points of an axis [deg]."""
    numbers, unit = numeric_axis(values, name), unit_known(values[name])
    if not same_dimension(unit, _DEGREE):
        raise UnitError(f"{name!r} is in {readable(unit)!r}; expected an angle, in 'deg' or 'rad'")
    return np.asarray(convert(numbers, unit, _DEGREE))


def _around(points: FloatArray) -> tuple[FloatArray, NDArray[np.intp]]:
    """Return the edges [deg] of cells around longitudes, from -180 to 180, and the index of each cell's longitude."""
    turned = points - 360.0 * np.round(points / 360.0)
    # Directions a full turn apart are the same.
    places, columns = np.unique(np.round(turned, 9), return_index=True)
    steps = np.diff(places)
    gap = places[0] + 360.0 - places[-1]
    if places.size > 2 and 0.0 < gap <= 1.5 * steps.max():
        places = np.concatenate([[places[-1] - 360.0], places, [places[0] + 360.0]])
        columns = np.concatenate([columns[-1:], columns, columns[:1]])
    edges = _edges(places, 180.0)
    inside = np.diff(edges) > 0.0
    return np.append(edges[:-1][inside], edges[-1]), columns[inside]


def _edges(points: FloatArray, end: float) -> FloatArray:
    """Return the borders half way between sorted points, within ±`end`."""
    if points.size < 2:
        raise SensitivityError(f"a picture of the sky needs two longitudes and two latitudes; found {points.size}")
    inner = 0.5 * (points[1:] + points[:-1])
    edges = np.concatenate([[2.0 * points[0] - inner[0]], inner, [2.0 * points[-1] - inner[-1]]])
    return np.asarray(np.clip(edges, -end, end))

"""The measure of each axis of a result: the weights of its points, by which answers are means over it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.errors import SensitivityError
from gridscan.numerics.axis_weights import WEIGHT, halved, normalised, trapezoid
from gridscan.sensitivity.labelled import is_numeric

if TYPE_CHECKING:
    from collections.abc import Iterable

    import xarray as xr
    from numpy.typing import NDArray

# Points are the whole axis, with nothing between them.
_OF_POINTS = ("equal", "given")
#: Axes of random draws; where they hold numbers, these count.
SAMPLED = ("draw", "realisation")


@dataclass(frozen=True)
class AxisMeasure:
    """The weights of the points of an axis.

    Attributes
    ----------
    axis
        Its name.
    weights
        Of its points, dimensionless, with sum 1.
    name
        In words: ``"uniform"``, ``"log-uniform"``, ``"equal"``, ``"given"``.
    coarse
        Weights of half as many points, where the axis stands for what lies between its points; None where it does not.
    resolved
        Whether `coarse` says how well the points resolve the axis: it takes three of them.
    sampled
        Whether its points are random draws.
    """

    axis: str
    weights: NDArray[np.floating[Any]]
    name: str
    coarse: NDArray[np.floating[Any]] | None = None
    resolved: bool = True
    sampled: bool = False

    @property
    def repeats(self) -> float:
        """The share of the variance of a value that its mean over random draws has: one over their number less one."""
        square = float(np.square(self.weights).sum())
        return square / (1.0 - square) if square < 1.0 else math.inf


def measure_of(quantity: xr.DataArray, axis: str) -> AxisMeasure:
    """Return the measure of an axis.

    Parameters
    ----------
    quantity
        A variable that has the axis, and the coordinate ``<axis>_weight`` if a run gave it weights.
    axis
        Name of a dimension.

    Returns
    -------
    AxisMeasure
        Its weights, with sum 1 also where the axis is a part of that of the run. Without weights: uniform between
        neighbouring numbers, and equal for labels and draws.

    Raises
    ------
    SensitivityError
        If the weights are not numbers that make a mean.
    """
    weights, name = _weights(quantity, axis)
    if is_sampled(quantity, axis):
        return AxisMeasure(axis, weights, name, sampled=True)
    if name in _OF_POINTS or weights.size < 2 or not _has_numbers(quantity, axis):
        return AxisMeasure(axis, weights, name)
    values = quantity[axis].values.astype(float)
    logarithmic = name == "log-uniform" and bool((values > 0).all() or (values < 0).all())
    return AxisMeasure(axis, weights, name, halved(weights, values, logarithmic=logarithmic), weights.size > 2)


def in_words(measures: Iterable[AxisMeasure]) -> str:
    """Return of which weights an answer is made, for its attributes and pictures.

    Parameters
    ----------
    measures
        Of the axes that it is a mean over.

    Returns
    -------
    str
        Such as ``"weights: radius log-uniform, imf equal"``.
    """
    return "weights: " + ", ".join(f"{measure.axis} {measure.name}" for measure in measures)


def _weights(quantity: xr.DataArray, axis: str) -> tuple[NDArray[np.floating[Any]], str]:
    key, size = f"{axis}{WEIGHT}", quantity.sizes[axis]
    if key in quantity.coords and quantity[key].dims == (axis,):
        return _checked(quantity[key]), str(quantity[key].attrs.get("measure", "given"))
    if not _has_numbers(quantity, axis):
        return np.full(size, 1.0 / size), "equal"
    return trapezoid(quantity[axis].values), "uniform"


def _checked(item: xr.DataArray) -> NDArray[np.floating[Any]]:
    if item.dtype.kind not in "iuf":
        raise SensitivityError(f"{item.name!r} holds {item.dtype}; weights are numbers")
    weights: NDArray[Any] = np.asarray(item.values, dtype=float)
    wrong = weights[~(np.isfinite(weights) & (weights >= 0))]
    if wrong.size:
        raise SensitivityError(f"{item.name!r} holds {wrong[0]:g}; a weight is a number >= 0")
    if not (weights > 0).any():
        raise SensitivityError(f"the weights {item.name!r} of the points selected are all zero; select others")
    return normalised(weights)


def _has_numbers(quantity: xr.DataArray, axis: str) -> bool:
    """Tell whether an axis holds different finite numbers, rather than labels or the numbers of draws."""
    if not is_numeric(quantity, axis) or is_sampled(quantity, axis):
        return False
    values = quantity[axis].values
    return bool(np.isfinite(values).all()) and bool(np.unique(values).size == values.size)


def is_sampled(quantity: xr.DataArray, axis: str) -> bool:
    """Tell whether the points of an axis are random draws, rather than values of a grid.

    Parameters
    ----------
    quantity
        A variable that has the axis.
    axis
        Name of a dimension.

    Returns
    -------
    bool
        True for the draws of uncertain parameters and the realisations of counts.
    """
    attributes = quantity[axis].attrs if axis in quantity.coords else {}
    return axis in SAMPLED or attributes.get("standard_name") == "realization"

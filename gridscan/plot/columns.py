"""Columns of a table as bare numbers: variables along one dimension, such as stars or points of a track."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gridscan.errors import SensitivityError, listed, nearest
from gridscan.sensitivity.labelled import quantity_of, unit_known
from gridscan.units import Unit, convert

if TYPE_CHECKING:
    import xarray as xr

FloatArray = NDArray[np.float64]


def column(dataset: xr.Dataset, name: str, dimension: str, unit: Unit | None = None) -> FloatArray:
    """Return a variable along the one dimension of a table as bare numbers, in a unit if one is given.

    Parameters
    ----------
    dataset
        The table.
    name
        Name of the variable.
    dimension
        The dimension.
    unit
        The unit wanted; its own by default.

    Returns
    -------
    numpy.ndarray
        Shape (n,).

    Raises
    ------
    SensitivityError
        If there is no such variable, it has other dimensions, or it does not hold real numbers.
    UnitError
        If its unit does not fit.
    """
    if name not in dataset.variables:
        known = [str(other) for other in dataset.variables]
        raise SensitivityError(f"expected {name!r} along {dimension!r}{nearest(name, known)}; found {listed(known)}")
    found = dataset[name]
    if found.dims != (dimension,):
        raise SensitivityError(
            f"expected {name!r} along {dimension!r} alone; found it along {listed(map(str, found.dims)) or 'nothing'}"
        )
    values = quantity_of(dataset.reset_coords(), name)
    numbers = np.asarray(values.values, dtype=float)
    return numbers if unit is None else np.asarray(convert(numbers, unit_known(values), unit))


def finite(numbers: FloatArray, name: str) -> FloatArray:
    """Return numbers unchanged, or raise an error if one is not finite.

    Parameters
    ----------
    numbers
        The numbers.
    name
        Name of the variable, for messages.

    Returns
    -------
    numpy.ndarray
        The same numbers.

    Raises
    ------
    SensitivityError
        If one is not finite.
    """
    wrong = np.flatnonzero(~np.isfinite(numbers))
    if wrong.size:
        raise SensitivityError(f"{name!r} holds {numbers[wrong[0]]} at position {wrong[0]}; every value must be finite")
    return numbers


def single(dataset: xr.Dataset, name: str, unit: Unit) -> float:
    """Return a coordinate of a single value as a number in a unit.

    Parameters
    ----------
    dataset
        The table.
    name
        Name of the coordinate.
    unit
        The unit wanted.

    Returns
    -------
    float
        The value.

    Raises
    ------
    SensitivityError
        If there is no such coordinate, or it has a dimension.
    UnitError
        If its unit does not fit.
    """
    if name not in dataset.variables or dataset[name].dims:
        found = f"it along {listed(map(str, dataset[name].dims))}" if name in dataset.variables else "none"
        raise SensitivityError(f"expected a single value of {name!r}; found {found}")
    value = convert(float(dataset[name]), unit_known(dataset[name]), unit)
    return float(finite(np.array([value]), name)[0])

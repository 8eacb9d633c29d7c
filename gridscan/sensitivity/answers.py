"""Answers computed block by block, and labelled with name, unit and description."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from gridscan.errors import SensitivityWarning, warn
from gridscan.units import unit_attributes

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from numpy.typing import NDArray

    from gridscan.units import Unit


def blockwise(function: Callable[..., NDArray[Any]], *variables: xr.Variable, **options: Any) -> xr.Variable:
    """Apply an elementwise function of arrays to xarray Variables: at once to numpy, block by block to dask.

    Parameters
    ----------
    function
        Of arrays, elementwise.
    *variables
        Its arguments.
    **options
        Its keywords.

    Returns
    -------
    xarray.Variable
        Of float64, with the dimensions of all arguments.
    """
    result: xr.Variable = xr.apply_ufunc(
        function, *variables, kwargs=options, dask="parallelized", output_dtypes=[float]
    )
    return result


def masked(variable: xr.Variable, reason: str) -> xr.Variable:
    """Turn values that are not finite into NaN, with a warning: at once for numpy, block by block for dask.

    Parameters
    ----------
    variable
        Numbers.
    reason
        Why a cell is NaN, for the warning.

    Returns
    -------
    xarray.Variable
        The same numbers, NaN where they are not finite.
    """
    part = "cells" if variable.chunks is None else "cells of a block"
    return blockwise(_mask, variable, reason=reason, part=part)


def answer(
    variable: xr.Variable,
    name: str,
    long_name: str,
    unit: Unit | None,
    coords: Mapping[Hashable, Any],
    comment: str | None = None,
) -> xr.DataArray:
    """Label a result with its coordinates, unit and description; nothing is kept from its inputs.

    Parameters
    ----------
    variable
        Dimensions and values; its attributes and encoding are dropped.
    name
        Name of the result.
    long_name
        What it is.
    unit
        Its unit; None where it is not known.
    coords
        Coordinates to choose from.
    comment
        A remark for its attributes.

    Returns
    -------
    xarray.DataArray
        The labelled result.
    """
    units = {} if unit is None else unit_attributes(unit)
    attributes = {**units, "long_name": long_name, **({"comment": comment} if comment else {})}
    fitting = {key: value for key, value in coords.items() if set(value.dims) <= set(variable.dims)}
    return xr.DataArray(variable.data, coords=fitting, dims=variable.dims, name=name, attrs=attributes)


def scenario_attributes(dataset: xr.Dataset) -> dict[str, Any]:
    """Return the attributes that hold the scenario of a result, for an answer that is a table.

    Parameters
    ----------
    dataset
        A result of gridscan.

    Returns
    -------
    dict
        Those of its global attributes.
    """
    return {key: dataset.attrs[key] for key in ("gridscan_scenario", "gridscan_overrides") if key in dataset.attrs}


def _mask(values: NDArray[Any], reason: str, part: str) -> NDArray[Any]:
    wrong = ~np.isfinite(values)
    if wrong.any():
        warn(f"{int(wrong.sum())} of {wrong.size} {part} are NaN: {reason}", SensitivityWarning)
    return np.where(wrong, np.nan, values)


def finite(values: NDArray[Any]) -> NDArray[Any]:
    """Return numbers, with NaN for what is not finite.

    Parameters
    ----------
    values
        Numbers.

    Returns
    -------
    numpy.ndarray
        Of the same shape.
    """
    return np.where(np.isfinite(values), values, np.nan)


def logarithm(values: NDArray[Any]) -> NDArray[Any]:
    """Return natural logarithms, with NaN for what is not positive and finite.

    Parameters
    ----------
    values
        Numbers.

    Returns
    -------
    numpy.ndarray
        Of the same shape.
    """
    return np.log(np.where(np.isfinite(values) & (values > 0), values, np.nan))

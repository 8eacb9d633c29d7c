"""The point of a grid at which axes are held that an answer does not show, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.errors import UnitError
from gridscan.sensitivity.labelled import is_numeric
from gridscan.units import label_of

if TYPE_CHECKING:
    import xarray as xr


def unit_text(variable: xr.DataArray) -> str:
    """Return the unit of a variable as one writes it.

    Parameters
    ----------
    variable
        With an attribute ``units`` or not.

    Returns
    -------
    str
        Empty if it has none; unchanged if it cannot be read as a unit.
    """
    try:
        return label_of(variable)
    except UnitError:
        return str(variable.attrs.get("units", ""))


def point(values: xr.DataArray, axis: str, index: int) -> str:
    """Return the name and value of a point of an axis: ``time = 5 Myr``.

    An axis of several parameters that move together gets the values of these.

    Parameters
    ----------
    values
        What is drawn.
    axis
        Name of a dimension.
    index
        Index of the point.

    Returns
    -------
    str
        Name, value and unit.
    """
    members = [axis] if axis in values.coords else [str(k) for k, item in values.coords.items() if item.dims == (axis,)]
    return ", ".join(said(values[name].isel({axis: index})) for name in members) or f"{axis} = {index}"


def said(value: xr.DataArray) -> str:
    """Return a single value with its name and unit: ``sfr = 0.5 Msun/yr``.

    Parameters
    ----------
    value
        Without dimensions.

    Returns
    -------
    str
        Name, value and unit.
    """
    content: Any = value.values
    shown = f"{float(content):.4g}" if value.dtype.kind in "iuf" else str(content)
    return f"{value.name} = {shown} {unit_text(value)}".rstrip()


def long_axes(values: xr.DataArray) -> list[str]:
    """Return the axes that have more than one value.

    Parameters
    ----------
    values
        The quantity.

    Returns
    -------
    list of str
        In the order of its dimensions.
    """
    return [str(axis) for axis, size in values.sizes.items() if size > 1]


def held_at(values: xr.DataArray, kept: list[str]) -> dict[str, int]:
    """Return the positions at which the axes that are not kept are held.

    At the value nearest to the default of the model, which results store as ``base_value`` of the axis; without it at
    the first label or the middle number.

    Parameters
    ----------
    values
        The quantity.
    kept
        The axes that stay.

    Returns
    -------
    dict of str to int
        An index for each other axis.
    """
    return {str(axis): _base_position(values, str(axis)) for axis in values.dims if axis not in kept}


def _base_position(values: xr.DataArray, axis: str) -> int:
    if axis in values.coords and "base_value" in values[axis].attrs:
        found = np.flatnonzero(values[axis].values == values[axis].attrs["base_value"])
        if found.size:
            return int(found[0])
    return values.sizes[axis] // 2 if is_numeric(values, axis) else 0


def summary(values: xr.DataArray) -> str:
    """Return a quantity in one line: a single value with its unit, otherwise its axes and what it lies between.

    Parameters
    ----------
    values
        A quantity, lazy or not; of a lazy one only the axes are told.

    Returns
    -------
    str
        Such as "flux = 4 1/cm^2/s".
    """
    if not values.dims:
        return said(values)
    unit = unit_text(values)
    over = " × ".join(f"{dim} ({size:,})" for dim, size in values.sizes.items())
    text = f"{values.name}{f' [{unit}]' if unit else ''} over {over}"
    if values.chunks is None and values.dtype.kind in "iuf" and values.size:
        text += f", from {float(values.min()):.4g} to {float(values.max()):.4g}"
    return text

"""The axes that a picture shows, and the values at which it holds the others."""

from __future__ import annotations

import contextlib
import json
import tomllib
from typing import TYPE_CHECKING

import numpy as np

from gridscan.errors import SensitivityError, listed
from gridscan.numerics.axis_weights import WEIGHT
from gridscan.plot.page import MOST_LINES
from gridscan.sensitivity.base_point import held_at, long_axes, point, said, unit_text
from gridscan.sensitivity.labelled import check_axis, is_numeric, numeric_axis, quantity_of
from gridscan.sensitivity.measures import is_sampled

if TYPE_CHECKING:
    import xarray as xr

_MANY = 30


def shown_axes(values: xr.DataArray, along: list[str], by: str | None) -> list[str]:
    """Return the axes to draw along: those asked for, or the longest numeric one, or the first.

    Parameters
    ----------
    values
        The quantity.
    along
        The axes asked for.
    by
        The axis of lines or colours, if any.

    Returns
    -------
    list of str
        One or two names.

    Raises
    ------
    SensitivityError
        If an axis does not exist, too many are asked for, or there is none.
    """
    if not values.dims:
        found = f"{float(values):.4g} {unit_text(values)}".strip()
        raise SensitivityError(f"{values.name!r} is the single number {found}, without an axis to plot along")
    if len(along) > 2:
        raise SensitivityError(f"a picture has one or two axes; found {listed(along)}; pick a value of the others")
    asked = [*along, *([by] if by is not None else [])]
    for axis in asked:
        check_axis(values, axis)
    if len(set(asked)) < len(asked):
        raise SensitivityError(f"an axis can be shown once; found {listed(asked)}")
    if by is not None and len(along) == 2:
        raise SensitivityError(
            f"a map along {along[0]!r} and {along[1]!r} has no lines to draw by {by!r}; leave it out"
        )
    if along:
        return along
    free = [axis for axis in long_axes(values) or map(str, values.dims) if axis != by]
    if not free:
        raise SensitivityError(
            f"{values.name!r} has no axis with several values except {by!r}; plot along that instead"
        )
    numeric = [axis for axis in free if is_numeric(values, axis)]
    return [max(numeric, key=lambda axis: values.sizes[axis])] if numeric else free[:1]


def first_labels(values: xr.DataArray, shown: str) -> str | None:
    """Return the first other axis of labels, of those with few labels if there are any.

    Parameters
    ----------
    values
        The quantity.
    shown
        The axis that is drawn along.

    Returns
    -------
    str or None
        None if there is no such axis.
    """
    axes = [axis for axis in long_axes(values) if axis != shown and not is_numeric(values, axis)]
    return min(axes, key=lambda axis: values.sizes[axis] > MOST_LINES, default=None)


def remarks(values: xr.DataArray, logarithmic: bool) -> list[str]:
    """Return which values a picture leaves out, in words.

    Parameters
    ----------
    values
        The quantity.
    logarithmic
        Whether its scale is.

    Returns
    -------
    list of str
        Phrases for the subtitle.
    """
    missing, zeros = int(values.isnull().sum()), int((values == 0).sum())
    found = [f"{missing} of {values.size} values are missing and left blank"] if missing else []
    if zeros == values.size - missing:
        found.append("every value shown is zero")
    elif zeros and logarithmic:
        found.append(f"{zeros} of {values.size} values are zero, off the logarithmic scale, and left blank")
    return found


def random_axis(values: xr.DataArray) -> str | None:
    """Return the axis along which values are random: draws, realisations, or members of a sample without labels.

    Parameters
    ----------
    values
        The quantity.

    Returns
    -------
    str or None
        None if there is no such axis.
    """
    for axis in map(str, values.dims):
        labelled = any(item.dims == (axis,) for item in values.coords.values())
        if is_sampled(values, axis) or (not labelled and values.ndim == 1 and values.sizes[axis] > _MANY):
            return axis
    return None


def picked(
    values: xr.DataArray, kept: list[str], scanned: set[str] | None = None, sort: bool = True
) -> tuple[xr.DataArray, list[str]]:
    """Hold all axes but some, as `held_at` says.

    Parameters
    ----------
    values
        The quantity.
    kept
        The axes that stay.
    scanned
        Names of coordinates of a single value that were an axis before, which the subtitle gives; by default all.
        Labels and given parameters on which the values depend are given too.
    sort
        Whether to sort numeric axes.

    Returns
    -------
    values : xarray.DataArray
        What is left, computed, NaN where it is not finite.
    held : list of str
        What is held, in words.

    Raises
    ------
    SensitivityError
        If no value is finite, or a numeric axis cannot be sorted.
    """
    coordinates = str(values.encoding.get("coordinates") or "").split()
    matter = {name for name in coordinates if not name.endswith(WEIGHT)}
    single = [
        name
        for name, item in values.coords.items()
        if not item.dims
        and not {"set_by", "measure"} & item.attrs.keys()
        and (scanned is None or name in scanned or name in matter)
    ]
    at = held_at(values, kept)
    held = [point(values, axis, index) for axis, index in at.items()] + [said(values[name]) for name in single]
    left = values.isel(at).compute()
    left = left.where(np.isfinite(left))
    if not bool(left.notnull().any()):
        where = f" at {', '.join(held)}" if held else ""
        raise SensitivityError(f"{values.name!r} has no finite value to plot{where}")
    numeric = [axis for axis in kept if sort and is_numeric(values, axis)]
    return left.isel({axis: np.argsort(numeric_axis(values, axis)) for axis in numeric}), held


def scanned_names(dataset: xr.Dataset) -> set[str] | None:
    """Return the names that the scenario inside a result scans.

    Parameters
    ----------
    dataset
        A result of gridscan.

    Returns
    -------
    set of str or None
        None if there is no scenario.
    """
    with contextlib.suppress(ValueError, AttributeError, KeyError):
        axes = tomllib.loads(dataset.attrs["gridscan_scenario"].replace("\r\n", "\n")).get("axes", {})
        zipped = [name for members in axes.get("zip", {}).values() for name in members]
        return {*axes, *zipped, *json.loads(dataset.attrs["gridscan_overrides"])}
    return None


def column(table: xr.Dataset, name: str, axis: str, maker: str) -> xr.DataArray:
    """Return a variable of a table that gridscan made.

    Parameters
    ----------
    table
        The table.
    name
        Name of the variable.
    axis
        A dimension that it has.
    maker
        The function that makes such tables, for messages.

    Returns
    -------
    xarray.DataArray
        The variable.

    Raises
    ------
    SensitivityError
        If the table is another one.
    """
    if name not in table.data_vars or axis not in table[name].dims:
        found = listed(map(str, table.data_vars)) or "no variable"
        raise SensitivityError(f"expected the table of {maker}, with {name!r} along {axis!r}; found {found}")
    return quantity_of(table, name)

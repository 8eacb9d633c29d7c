"""One point of a grid: the values asked for along some axes, those nearest to the model's defaults along the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from gridscan.errors import ScenarioError, listed, nearest
from gridscan.sensitivity.labelled import position_on
from gridscan.units import base_factor, readable, unit_attributes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gridscan.inputs.resolved import Resolved


def positions(resolved: Resolved, at: Mapping[str, Any], keep: Sequence[str] = ()) -> dict[str, int]:
    """Return a position along each axis that is not kept.

    Parameters
    ----------
    resolved
        The inputs of a scenario.
    at
        Values of axes, as texts with a unit, labels, or numbers in the default unit; along the other axes the position
        is that of the number nearest to the model's default, of the default label if the axis has it, or the first.
    keep
        Axes to keep.

    Returns
    -------
    dict of str to int
        Index by axis.

    Raises
    ------
    ScenarioError
        If a name is not an axis.
    SensitivityError
        If an axis does not have a value.
    """
    for name in [*at, *keep]:
        if not resolved.sizes:
            raise ScenarioError(f"{name!r} is not an axis; the scenario has no axes, it is a single point")
        if name not in resolved.sizes:
            raise ScenarioError(
                f"{name!r} is not an axis of the scenario{nearest(name, resolved.sizes)};"
                f" its axes are {listed(resolved.sizes)}"
            )
    return {dim: _position(resolved, dim, at.get(dim)) for dim in resolved.sizes if dim not in keep}


def values_at(resolved: Resolved, picked: Mapping[str, int]) -> dict[str, Any]:
    """Return the given values at positions along axes, in the form of a scenario.

    Parameters
    ----------
    resolved
        The inputs of a scenario.
    picked
        Index by axis.

    Returns
    -------
    dict
        Raw values by name.
    """
    values: dict[str, Any] = {}
    for name in resolved.model.names:
        if name not in resolved.given or name in resolved.dependent:
            continue
        own, labelled = resolved.inputs.get(name), resolved.coordinates.get(name)
        dims = labelled.dims if labelled is not None else own.dims if own is not None else ()
        if not dims or dims[0] not in picked:
            continue
        index = picked[dims[0]]
        if labelled is not None:
            value, unit = labelled.values[index], labelled.unit
            values[name] = value.item() if unit is None else _exact(float(value), unit)
        elif own is not None:
            unit = resolved.model[name].unit
            values[name] = [_exact(float(item), unit) for item in own.data[index] / base_factor(unit)]
    return values


def _exact(value: float, unit: Any) -> Any:
    shown = readable(unit)
    return value if shown == "1" else f"{value!r} {shown}"


def _position(resolved: Resolved, dim: str, wanted: Any) -> int:
    coordinate = resolved.coordinates.get(dim)
    if coordinate is None:
        if wanted is None:
            return 0
        if isinstance(wanted, int) and 0 <= wanted < resolved.sizes[dim]:
            return wanted
        raise ScenarioError(f"{dim!r} is a zipped axis: give a position from 0 to {resolved.sizes[dim] - 1}")
    if wanted is None:
        return default_position(resolved, dim, coordinate.values)
    attributes = {} if coordinate.unit is None else unit_attributes(coordinate.unit)
    axis = xr.Variable(dim, coordinate.values, attributes)
    return position_on(xr.DataArray(np.arange(axis.size), {dim: axis}, dim), dim, wanted)


def default_position(resolved: Resolved, dim: str, values: np.ndarray) -> int:
    """Return the position along an axis of the number nearest to the model's default, or of the default label, else 0.

    Parameters
    ----------
    resolved
        The inputs of a scenario.
    dim
        The axis.
    values
        Its values.

    Returns
    -------
    int
        Index on the axis.
    """
    node = resolved.model.labels.get(dim) or resolved.model.nodes.get(dim)
    default = getattr(node, "default", None)
    if isinstance(default, float):
        return int(np.argmin(np.abs(values - default)))
    return values.tolist().index(default) if default in values.tolist() else 0


def value_text(value: Any, unit: Any) -> str:
    """Return a value with its unit, rounded for reading.

    Parameters
    ----------
    value
        A number or a label.
    unit
        Its unit, or None.

    Returns
    -------
    str
        Such as ``"2 kpc"``.
    """
    if unit is None:
        return str(value)
    return f"{float(value):.6g} {readable(unit)}".removesuffix(" 1")

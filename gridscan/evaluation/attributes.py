"""Attributes and coordinates of the variables of a result."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from gridscan.evaluation.variable import VariableSpec
from gridscan.inputs.cases import CASE
from gridscan.inputs.grid_point import default_position
from gridscan.inputs.sampling import DRAWN, REALISATION
from gridscan.numerics.axis_weights import WEIGHT
from gridscan.sensitivity.recorded_units import EXPRESSION, UNTOUCHED
from gridscan.uncertainty.designs import DRAW
from gridscan.units import base_factor, parse_unit, unit_attributes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gridscan.definition.graph import Graph
    from gridscan.definition.nodes import Quantity
    from gridscan.inputs.arrays import Coordinate
    from gridscan.inputs.resolved import Resolved
    from gridscan.inputs.sampling import Sampling

_DEGREE = parse_unit("deg")
# CF knows few of the quantities of a model; by these, other programs find the axes of a map.
_STANDARD_NAMES = {"sky_latitude": "latitude", "sky_longitude": "longitude"}


def named_coordinates(resolved: Resolved, graph: Graph, dims: Mapping[str, Sequence[str]]) -> dict[str, Coordinate]:
    """Return the coordinates of the quantities asked for: axes, parameters that labels set, and single values."""
    spanned = {dim for name in graph.targets for dim in dims[name]}
    used = resolved.with_labels(graph.inputs_of(*graph.targets))
    if resolved.drawn is not None:
        used |= {DRAW}
    used |= {CASE}
    return {name: item for name, item in resolved.coordinates.items() if name in used and set(item.dims) <= spanned}


def coordinate_variables(
    resolved: Resolved, named: Mapping[str, Coordinate], weighted: Iterable[str], sampling: Sampling | None
) -> dict[str, xr.Variable]:
    """Return coordinates as variables with attributes.

    Parameters
    ----------
    weighted
        Axes whose weights are among them.
    sampling
        Draws of counts, which add the dimension of the realisations.
    """
    variables = {}
    for name, item in named.items():
        attributes = {"long_name": item.long_name, **({} if item.unit is None else unit_attributes(item.unit))}
        node = resolved.model.parameters.get(name)
        if node is not None and node.label is not None and name not in resolved.given:
            attributes["set_by"] = node.label
        if node is not None and node.role is not None:
            attributes["role"] = node.role
            if node.role in _STANDARD_NAMES and item.unit == _DEGREE:
                attributes["standard_name"] = _STANDARD_NAMES[node.role]
        attributes |= item.attributes
        if item.dims == (name,):
            # The position that pictures take if they do not show this axis.
            attributes["base_value"] = item.values[default_position(resolved, name, item.values)].item()
        variables[name] = xr.Variable(item.dims, item.values, attributes, None if item.unit is None else UNTOUCHED)
    for dim in weighted:
        measure = resolved.measures[dim]
        variables[f"{dim}{WEIGHT}"] = xr.Variable(dim, measure.weights, measure.attributes, UNTOUCHED)
    if sampling is not None:
        numbers = np.arange(sampling.realisations)
        attributes = {"long_name": "number of the realisation", "units": "1", "standard_name": "realization"}
        variables[REALISATION] = xr.Variable(REALISATION, numbers, attributes, UNTOUCHED)
    return variables


def spec_of(
    node: Quantity, dims: Sequence[str], resolved: Resolved, coordinates: Sequence[str] = (), dtype: str = "float64"
) -> VariableSpec:
    """Return the variable of a quantity.

    Parameters
    ----------
    coordinates
        Those that it depends on, besides its axes.
    dtype
        Type on disk.
    """
    attributes = {"long_name": node.long_name, **unit_attributes(node.unit)}
    notes = {"missing (NaN)": node.missing, "infinite": node.unbounded}
    comment = "; ".join(f"{what} {where}" for what, where in notes.items() if where is not None)
    if comment:
        attributes["comment"] = comment
    if node.expression is not None:
        attributes[EXPRESSION] = node.expression
    return VariableSpec(
        node.name,
        node.name,
        tuple(dims),
        tuple(resolved.sizes[dim] for dim in dims),
        np.dtype(dtype),
        node.unit,
        base_factor(node.unit),
        node.missing,
        node.unbounded,
        False,
        attributes,
        tuple(coordinates),
    )


def draws_of(count: VariableSpec, sampling: Sampling) -> VariableSpec:
    """Return the variable of the draws of a count."""
    return VariableSpec(
        f"{count.quantity}{DRAWN}",
        count.quantity,
        (*count.dims, REALISATION),
        (*count.shape, sampling.realisations),
        np.dtype(np.int64),
        count.unit,
        count.factor,
        None,
        None,
        True,
        {
            "long_name": f"Poisson draw of the {count.attributes['long_name']}",
            "units": "1",
            "comment": f"seed {sampling.seed}; every count and every cell is drawn on its own",
        },
        count.coordinates,
    )

"""Attributes and coordinates of the variables of a result."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from gridscan.evaluation.layout import Layout, with_labels
from gridscan.inputs.grid_point import default_position
from gridscan.inputs.sampling import REALISATION
from gridscan.units import unit_attributes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridscan.definition.nodes import Quantity


def realisations_of(layout: Layout) -> xr.Variable:
    """Return the coordinate of the draws."""
    assert layout.sampling is not None
    numbers = np.arange(layout.sampling.realisations)
    return xr.Variable(REALISATION, numbers, {"long_name": "number of the realisation", "units": "1"})


def draw_attributes(layout: Layout, name: str) -> dict[str, str]:
    """Return the attributes of the draws of a count."""
    assert layout.sampling is not None
    return {
        "long_name": f"Poisson draw of the {layout.step(name).node.long_name}",
        "units": "1",
        "comment": f"seed {layout.sampling.seed}; every count and every cell is drawn on its own",
    }


def quantity_attributes(node: Quantity) -> dict[str, str]:
    """Return the attributes of a quantity in a Dataset."""
    attributes = {"long_name": node.long_name, **unit_attributes(node.unit)}
    if node.missing is not None:
        attributes["comment"] = f"missing (NaN) {node.missing}"
    return attributes


def quantity_encoding(layout: Layout, name: str, coordinates: Mapping[str, xr.Variable]) -> dict[str, str | None]:
    """Return what a file says of a quantity beside its attributes: the coordinates, beside its axes, it depends on."""
    own = with_labels(layout.resolved, layout.graph.inputs_of(name))
    auxiliary = [key for key, item in coordinates.items() if key in own and item.dims != (key,)]
    return {"coordinates": " ".join(auxiliary) or None}


def coordinates_of(layout: Layout) -> dict[str, xr.Variable]:
    """Return the coordinates of what was asked for: axes, what their labels bundle, and what has a single value."""
    model = layout.resolved.model
    spanned = {dim for name in layout.graph.targets for dim in layout.dims[name]}
    used = with_labels(layout.resolved, layout.graph.inputs_of(*layout.graph.targets))
    variables = {}
    for name, item in layout.resolved.coordinates.items():
        if name in used and set(item.dims) <= spanned:
            attributes = {"long_name": item.long_name, **({} if item.unit is None else unit_attributes(item.unit))}
            node = model.parameters.get(name)
            if node is not None and node.label is not None and name not in layout.resolved.given:
                attributes["set_by"] = node.label
            if node is not None and node.role is not None:
                attributes["role"] = node.role
            if item.dims == (name,):
                # Where pictures stand that do not show this axis.
                attributes["base_value"] = item.values[default_position(layout.resolved, name, item.values)].item()
            variables[name] = xr.Variable(item.dims, item.values, attributes)
    return variables

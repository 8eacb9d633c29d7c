"""Models, plans and results as plain data, for --json."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.cli.say import say
from gridscan.definition.nodes import Constant, Parameter, Quantity
from gridscan.definition.replacement import fixed_values
from gridscan.errors import GridscanError, printable
from gridscan.sensitivity.recorded_units import EXPRESSION
from gridscan.units import label_of, readable

if TYPE_CHECKING:
    from collections.abc import Iterable

    import xarray as xr

    from gridscan.engine.forecast import Forecast
    from gridscan.engine.plan import Plan
    from gridscan.inputs.catalogue import Catalogue
    from gridscan.model import Model
    from gridscan.model_loader import Installed
    from gridscan.storage.provenance import Provenance
    from gridscan.storage.standing import Standing


def print_json(data: Any) -> None:
    """Print plain data."""
    say(json.dumps(_plain(data), indent=1, ensure_ascii=False, allow_nan=False))


def _plain(data: Any) -> Any:
    """Return data that JSON has: numbers that it lacks, such as infinity, become words."""
    if isinstance(data, Mapping):
        return {printable(str(key), lines=False): _plain(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_plain(item) for item in data]
    if isinstance(data, np.ndarray | np.generic):
        return _plain(data.tolist())
    if isinstance(data, float) and not math.isfinite(data):
        return str(data)
    return data if isinstance(data, bool | int | float | str) or data is None else str(data)


def models_as_data(models: Iterable[Installed], scenarios: Iterable[str]) -> dict[str, Any]:
    """Return the installed models and the shipped scenarios."""
    found = []
    for item in models:
        try:
            said = {"description": item.load().description}
        except GridscanError as error:
            said = {"error": str(error)}
        found.append({"name": item.name, "package": item.package, **said})
    return {"models": found, "scenarios": list(scenarios)}


def model_as_data(model: Model, catalogues: Mapping[str, Catalogue]) -> dict[str, Any]:
    """Return all names of a model."""
    kinds: dict[str, Iterable[str]] = {
        "labels": model.labels,
        "parameters": model.parameters,
        "constants": model.constants,
        "quantities": model.quantities,
        "populations": model.populations,
        "figures": model.figures,
    }
    content = {kind: {name: node_as_data(model, name, catalogues) for name in names} for kind, names in kinds.items()}
    return {"name": model.name, "description": model.description, **content, "left_out": model.dropped}


def node_as_data(model: Model, name: str, catalogues: Mapping[str, Catalogue]) -> dict[str, Any]:
    """Return what a model says of one of its names."""
    if name in model.labels:
        records = {key: {**record.values, "source": record.source} for key, record in catalogues[name].items()}
        label = model.labels[name]
        return {"description": label.description, "default": label.default, "records": records}
    if name in model.populations:
        population = model.populations[name]
        columns = {
            key: {"unit": None if column.unit is None else readable(column.unit), "description": column.long_name}
            for key, column in population.columns.items()
        }
        return {**_function(population.quantity), "dimension": population.dimension, "columns": columns}
    if name in model.nodes:
        return _node(model[name])
    if name in model.alternative_inputs:
        return _node(model.alternative_inputs[name])
    figure = model.figures[name]
    return {"description": figure.description, "quantities": figure.quantities, "options": figure.all_options}


def _node(node: Parameter | Constant | Quantity) -> dict[str, Any]:
    if isinstance(node, Quantity):
        return {"unit": readable(node.unit), **_function(node)}
    said = {"description": node.description, "unit": readable(node.unit), "default": node.default}
    return said if isinstance(node, Constant) else {**said, "set_by": node.label, "allowed": node.allowed}


def _function(node: Quantity) -> dict[str, Any]:
    said = {"description": node.long_name, "arguments": node.arguments, "documentation": node.documentation}
    return {**said, "where": node.where, "replaced": node.replaced, "holds": fixed_values(node.function)}


def plan_as_data(plan: Plan, forecast: Forecast) -> dict[str, Any]:
    """Return what a run will compute, its size, and what it can reuse."""
    return {
        "model": plan.scenario.model.name,
        "path": str(plan.path),
        "axes": [{"name": axis.name, "size": axis.size, "members": axis.members} for axis in plan.axes],
        "quantities": [
            {
                "name": item.name,
                "unit": item.unit,
                "dimensions": item.dims,
                "cells": item.cells,
                "bytes": item.nbytes,
                "blocks": item.blocks,
                "output": item.output,
                "expression": getattr(plan.scenario.model.formulas.get(item.name), "expression", None),
            }
            for item in plan.quantities
        ],
        "output_bytes": plan.output_bytes,
        "peak_memory": plan.peak_memory,
        "output_cells": plan.block_plan.output_cells,
        "reusable": dict(forecast.reusable),
        "reasons": dict(forecast.reasons),
        "notes": list(forecast.notes),
    }


def result_as_data(dataset: xr.Dataset, provenance: Provenance | None, standing: Standing) -> dict[str, Any]:
    """Return what a file holds, whether it is as it was written, and what made it."""
    made = None
    if provenance is not None and standing.is_as_recorded:
        made = {
            "model": provenance.model,
            "scenario": provenance.scenario_name,
            "overrides": provenance.overrides,
            "inputs": provenance.settings,
            "replaced": provenance.replaced,
            "versions": provenance.versions,
            "identity": provenance.identity,
        }
    return {
        "title": dataset.attrs.get("title"),
        "standing": standing.kind,
        "note": standing.said,
        "axes": {str(dim): _coordinate(dataset, str(dim)) for dim in dataset.sizes},
        "quantities": {str(name): _variable(item) for name, item in dataset.data_vars.items()},
        "made": made,
    }


def _coordinate(dataset: xr.Dataset, dim: str) -> dict[str, Any]:
    size = dataset.sizes[dim]
    return {"size": size, **(_variable(dataset[dim]) if dim in dataset.coords else {})}


def _variable(variable: xr.DataArray) -> dict[str, Any]:
    unit = label_of(variable) if "units" in variable.attrs else None
    dims = [str(dim) for dim in variable.dims]
    formula = {"expression": str(variable.attrs[EXPRESSION])} if EXPRESSION in variable.attrs else {}
    return {"unit": unit, "dimensions": dims, "description": variable.attrs.get("long_name"), **formula}

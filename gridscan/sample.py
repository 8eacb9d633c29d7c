"""Random members of a population, such as stars, drawn at one point of a scenario."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from gridscan.definition.groups import arguments_of
from gridscan.definition.nodes import Column, Parameter, Population, Quantity
from gridscan.engine.reuse.fingerprint import identity_of
from gridscan.errors import EvaluationError, ModelError, ScenarioError, listed, nearest
from gridscan.evaluation.layout import Layout, lay_out
from gridscan.evaluation.lazy import compute_lazily
from gridscan.inputs.grid_point import positions, values_at
from gridscan.sensitivity.recorded_units import UNTOUCHED
from gridscan.sources import Source, find_scenario
from gridscan.storage.provenance import describe_dataset, provenance_of
from gridscan.units import base_factor, unit_attributes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridscan.inputs.resolved import Resolved
    from gridscan.model import Model
    from gridscan.scenario.reader import Scenario


def sample(
    source: Source,
    population: str | None = None,
    *,
    at: Mapping[str, Any] | None = None,
    number: int | None = None,
    seed: int | None = None,
    model: Model | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> xr.Dataset:
    """Draw members of a population, such as stars, for one point of a scenario.

    Parameters
    ----------
    source
        A scenario file, a result file, the name of a shipped scenario, or a scenario.
    population
        Name of a population of the model; the first by default.
    at
        Values of axes; along the others, those nearest to the model's defaults, as in `gridscan.local`.
    number
        Number of members; random by default.
    seed
        Seed, from 0 to 2^63 - 1; by default that of the scenario's ``[sampling]``, or 0. The same seed gives the same
        members.
    model
        Used instead of the model that the scenario names.
    overrides
        Values by name that replace those of the scenario.

    Returns
    -------
    xarray.Dataset
        A variable for each column of the population. Coordinates and attributes give the point of the scenario; the
        scenario inside has no axes, so that other questions can be asked at the same point.

    Raises
    ------
    ModelError
        If the model has no such population.
    ScenarioError
        If the scenario is faulty, a name in `at` is not an axis, or the seed is out of range.
    SensitivityError
        If an axis does not have a value of `at`.
    EvaluationError
        If the members cannot be drawn there.

    Examples
    --------
    A thousand massive stars of the Milky Way, their distances in kpc and masses in Msun:

    >>> import gridscan as gs
    >>> stars = gs.sample("imf_scan", at={"time": "20 Myr"}, number=1000, seed=1)
    >>> stars["distance"].dims, stars["distance"].attrs["units"], bool(stars["mass"].min() >= 11.0)
    (('star',), 'kiloparsec', True)
    """
    scenario = find_scenario(source, model=model, overrides=overrides)
    if at or scenario.resolved.sizes:
        picked = positions(scenario.resolved, dict(at or {}))
        scenario = find_scenario(scenario, overrides=values_at(scenario.resolved, picked))
    chosen = _chosen(scenario.model, population)
    if seed is None:
        seed = scenario.schema.sampling.seed if scenario.schema.sampling is not None else 0
    if not 0 <= seed < 2**63:
        raise ScenarioError(f"the seed must be a whole number of at least 0 and below 2^63, found {seed}")
    layout = _layout(scenario, chosen)
    members = _drawn(chosen, _arguments(scenario.resolved, chosen.quantity), number, seed)
    dataset = xr.Dataset(
        {name: _variable(chosen, name, members[name]) for name in chosen.columns}, _coordinates(layout, chosen)
    )
    dataset = describe_dataset(dataset, provenance_of(scenario, layout, identity_of(layout)), "sample")
    title = f"{chosen.quantity.long_name}: {dataset.sizes[chosen.dimension]:,} drawn with seed {seed}"
    return dataset.assign_attrs(title=title, gridscan_population=chosen.quantity.name, gridscan_seed=seed)


def _chosen(model: Model, name: str | None) -> Population:
    known = model.populations
    if not known:
        raise ModelError(f"model {model.name!r} has no population to sample")
    if name is not None and name not in known:
        hint = nearest(name, known)
        raise ModelError(f"model {model.name!r} has no population {name!r}{hint}; there are {listed(known)}")
    return known[name] if name is not None else next(iter(known.values()))


def _layout(scenario: Scenario, population: Population) -> Layout:
    """Return the layout of the population, treated as a quantity, with units proven."""
    model = scenario.model.copy()
    node = population.quantity
    model._nodes[node.name] = node
    return lay_out(dataclasses.replace(scenario.resolved, model=model), [node.name])


def _arguments(resolved: Resolved, node: Quantity) -> dict[str, Any]:
    """Return the arguments of a population, in its units: inputs and evaluated quantities."""
    computed = [name for name in node.arguments if name not in resolved.inputs]
    values = compute_lazily(lay_out(resolved, computed)) if computed else {}
    arguments: dict[str, Any] = {}
    for name in node.arguments:
        unit = node.argument_units.get(name)
        if name in resolved.inputs:
            data = resolved.inputs[name].data
            arguments[name] = data[()] if unit is None else data / base_factor(unit)
        else:
            factor = base_factor(resolved.model[name].unit) / base_factor(unit or resolved.model[name].unit)
            arguments[name] = values[name].values * factor
    return arguments


def _drawn(
    population: Population, arguments: Mapping[str, Any], number: int | None, seed: int
) -> dict[str, np.ndarray]:
    node = population.quantity
    size: dict[str, Any] = {"size": number} if population.sized else {}
    if number is not None and (number < 0 or not population.sized):
        what = "cannot be asked for a number of members" if number >= 0 else f"cannot have {number} members"
        raise EvaluationError(f"population {node.name!r} {what}")
    try:
        return dict(node.function(np.random.default_rng(seed), **size, **arguments_of(node, arguments)))
    except EvaluationError as fault:
        raise EvaluationError(f"{node.name!r}: {fault}") from fault


def _variable(population: Population, name: str, values: np.ndarray) -> xr.Variable:
    column: Column = population.columns[name]
    attributes: dict[str, Any] = {"long_name": column.long_name}
    if column.unit is not None:
        attributes |= unit_attributes(column.unit)
    else:
        attributes["flag_values"] = np.arange(len(column.words), dtype=values.dtype)
        attributes["flag_meanings"] = " ".join(column.words)
    return xr.Variable(population.dimension, values, attributes, UNTOUCHED)


def _coordinates(layout: Layout, population: Population) -> dict[str, xr.Variable]:
    """Return given values and numeric parameters that members depend on or that are recorded with them."""
    model, resolved = layout.resolved.model, layout.resolved
    told = {*layout.graph.inputs_of(population.quantity.name), *population.also_recorded}
    told |= {label for label in model.labels if any(name in told for name in model.bundled(label))}
    coordinates = {}
    for name in model.names:
        node = model.nodes.get(name)
        if name not in told:
            continue
        if name in resolved.coordinates:
            known = resolved.coordinates[name]
            units = {} if known.unit is None else unit_attributes(known.unit)
            coordinates[name] = xr.Variable((), known.values, {"long_name": known.long_name, **units}, UNTOUCHED)
        elif isinstance(node, Parameter) and isinstance(node.default, float):
            attributes = {"long_name": node.description, **unit_attributes(node.unit)}
            coordinates[name] = xr.Variable((), node.default, attributes, UNTOUCHED)
    return coordinates

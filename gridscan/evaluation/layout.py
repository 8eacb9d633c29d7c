"""The layout of an evaluation: the steps that will run, with units checked, and the dimensions of everything."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan._version import __version__
from gridscan.definition.checks import check_wiring
from gridscan.definition.graph import Graph, Step
from gridscan.definition.nodes import Parameter
from gridscan.definition.replacement import in_words
from gridscan.definition.unit_proof import prove, prove_requirements
from gridscan.errors import ScenarioError, listed
from gridscan.evaluation.attributes import coordinate_variables, draws_of, named_coordinates, spec_of
from gridscan.evaluation.impossible import LEFT_OUT, impossible_cells, left_out
from gridscan.inputs.requirements import cautions_of, unmet_requirements
from gridscan.inputs.sampling import DRAWN, REALISATION, Sampling
from gridscan.limits import DEFAULT, checked
from gridscan.numerics.axis_weights import WEIGHT
from gridscan.units import base_factor, readable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import xarray as xr

    from gridscan.definition.definition import Definition
    from gridscan.evaluation.impossible import Impossible
    from gridscan.evaluation.variable import VariableSpec
    from gridscan.inputs.arrays import Coordinate, Input
    from gridscan.inputs.resolved import Resolved
    from gridscan.limits import Limits

# Longer axes are in the file as coordinates; the settings then give their ends.
_LONGEST_SETTING = 1000
_NAMES_OF_A_CAUTION = 3


@dataclass(frozen=True)
class Layout:
    """The graph with units checked, and everything known about its arrays before anything is computed.

    Attributes
    ----------
    dims
        Dimensions of each input and quantity, in the order of the axes.
    named
        Coordinates of the quantities asked for, by name.
    variables
        Quantities asked for and draws of counts among them, by name.
    sampling
        Draws of counts, if any.
    impossible
        Cells that the model rules out, by quantity.
    cautions
        What is doubtful, with the quantities asked for that it concerns.
    """

    graph: Graph
    resolved: Resolved
    dims: Mapping[str, tuple[str, ...]]
    named: Mapping[str, Coordinate]
    variables: Mapping[str, VariableSpec]
    sampling: Sampling | None = None
    limits: Limits = DEFAULT
    impossible: Mapping[str, tuple[Impossible, ...]] = field(default_factory=dict)
    cautions: Mapping[str, list[str]] = field(default_factory=dict)

    @cached_property
    def coordinates(self) -> dict[str, xr.Variable]:
        """The coordinates of the quantities asked for, as variables of a Dataset."""
        return coordinate_variables(self.resolved, self.named, self.weighted, self.sampling if self.drawn else None)

    @property
    def weighted(self) -> list[str]:
        """The axes of the quantities asked for that have weights."""
        spanned = {dim for name in self.graph.targets for dim in self.dims[name]}
        return [dim for dim in self.resolved.measures if dim in spanned]

    @cached_property
    def chunks(self) -> dict[str, tuple[int, ...]]:
        """Chunk sizes of each dimension, for what is evaluated lazily."""
        return _chunks(self.resolved.sizes, self.limits)

    @cached_property
    def steps(self) -> dict[str, Step]:
        """The steps by the names of their quantities, in an order in which they can run."""
        return {step.name: step for step in self.graph.steps}

    @property
    def drawn(self) -> list[str]:
        """The counts that are drawn from."""
        return [item.quantity for item in self.variables.values() if item.drawn]

    def spec(self, name: str) -> VariableSpec:
        """Return the variable of a quantity, whether or not it was asked for."""
        return self.variables.get(name) or spec_of(self.steps[name].node, self.dims[name], self.resolved)

    def cells(self, name: str) -> int:
        """Return the number of cells of an input or quantity."""
        return math.prod(self.resolved.sizes[dim] for dim in self.dims[name])

    def is_lazy(self, name: str) -> bool:
        """Tell whether a quantity is too large to be computed at once."""
        return self.cells(name) > self.limits.eager_cells

    def realisations_at_once(self, name: str) -> int:
        """Return the number of draws of a count in a chunk, or 0 where all are drawn at once."""
        many = 0 if self.sampling is None else self.sampling.realisations
        if self.cells(name) * many <= self.limits.eager_cells:
            return 0
        block = math.prod(max(self.chunks[dim]) for dim in self.dims[name])
        return min(many, max(1, self.limits.chunk_cells // block))

    @property
    def left_out(self) -> list[str]:
        """One line for each quantity asked for of which cells are left out."""
        return [
            f"{item.quantity!r}: {item.attributes[LEFT_OUT]}"
            for item in self.variables.values()
            if LEFT_OUT in item.attributes
        ]

    @property
    def doubtful(self) -> list[str]:
        """One line for each caution of the model."""
        return [f"doubtful: {text} ({listed(names, _NAMES_OF_A_CAUTION)})" for text, names in self.cautions.items()]

    @property
    def idle(self) -> list[str]:
        """One line for each given value on which no quantity asked for depends."""
        model, given = self.resolved.model, self.resolved.given
        used = self.resolved.with_labels(self.graph.inputs_of(*self.graph.targets))
        stated = self.resolved.coordinates.keys() & model.alternative_inputs.keys()
        instead = {name for other in model.alternatives if stated.issuperset(other.inputs) for name in other.sets}
        lines = []
        for name in model.names:
            if name in (given - instead) | stated and name not in used:
                what = "the axis" if name in self.resolved.sizes else "the value of"
                lines.append(f"{what} {name!r} has no effect on the quantities asked for")
        gone = model.dropped
        lines += [
            f"the value of {name!r} has no effect: nothing takes it since {gone[name]!r} was replaced"
            for name in self.resolved.without_effect
        ]
        return [*lines, *(line for name in model.conventions if name in given & used for line in self._beside(name))]

    def _beside(self, convention: str) -> list[str]:
        """One line for each part of the calculation that does not follow a convention other than the default."""
        model, node = self.resolved.model, self.resolved.model.parameters[convention]
        if (self.resolved.inputs[convention].data == node.default).all():
            return []
        what = "the axis" if convention in self.resolved.sizes else "the value of"
        formulas, lines = {formula.name for formula in self.graph.formulas}, []
        for name, followed in model.unfollowed.items():
            if name in formulas and convention in followed:
                lines.append(f"{what} {convention!r} has no effect on {name!r}, which was replaced")
        for name in self.resolved.cut:
            if name in self.graph.inputs and convention in Graph.of(model, [name]).inputs_of(name):
                lines.append(f"{what} {convention!r} has no effect on {name!r}, which was given a value")
        return lines


def lay_out(
    resolved: Resolved,
    names: Iterable[str],
    sampling: Sampling | None = None,
    *,
    types: Mapping[str, str] | None = None,
    limits: Limits = DEFAULT,
) -> Layout:
    """Select the steps for the quantities `names`, check their units, and work out the variables of the result.

    Parameters
    ----------
    types
        Types in which quantities are stored, where they are not float64.

    Raises
    ------
    ModelError, UnitError, ScenarioError
        If the model is faulty, a unit is wrong, or a name cannot be computed.
    """
    model = resolved.model
    names = list(names)
    check_wiring(model, unused=False)
    graph = Graph.of(model, names, resolved.cut)
    prove(model, graph.formulas)
    prove_requirements(model)
    given = [name for name in graph.targets if name in resolved.cut]
    if given:
        raise ScenarioError(f"{given[0]!r} is given a value, so there is nothing to compute for it")
    if not names:
        raise ScenarioError("no quantity was asked for")
    unmet = [message for _, message in unmet_requirements(resolved, names)]
    if unmet:
        raise ScenarioError("\n".join(unmet))
    dims = graph.dimensions({name: item.dims for name, item in resolved.inputs.items()}, resolved.sizes)
    quantities = model.quantities
    counts = [name for name in graph.targets if sampling is not None and quantities[name].count]
    taken = [name for name in counts if f"{name}{DRAWN}" in model.nodes]
    if taken or (counts and REALISATION in resolved.sizes):
        name = f"{taken[0]}{DRAWN}" if taken else REALISATION
        raise ScenarioError(f"the draws of a count need the name {name!r}, which the model or an axis has")
    named = named_coordinates(resolved, graph, dims)
    variables, doubts = {}, dict[str, list[str]]()
    for name in graph.targets:
        inputs = graph.inputs_of(name)
        own = resolved.with_labels(inputs)
        beside = [key for key, item in named.items() if key in own and item.dims != (key,)]
        beside += [f"{dim}{WEIGHT}" for dim in dims[name] if dim in resolved.measures]
        dtype = (types or {}).get(name, "float64")
        variables[name] = spec_of(quantities[name], dims[name], resolved, beside, dtype)
        cautions = cautions_of(resolved, inputs)
        if cautions:
            variables[name] = variables[name].with_warning("; ".join(cautions))
        for text in cautions:
            doubts.setdefault(text, []).append(name)
    impossible = impossible_cells(resolved, graph, resolved.sizes)
    for name in graph.targets:
        if name in impossible:
            said = left_out(impossible[name], dims[name], resolved.sizes)
            attributes = {**variables[name].attributes, LEFT_OUT: said}
            variables[name] = replace(variables[name], attributes=attributes)
    if sampling is not None:
        variables |= {item.key: item for item in (draws_of(variables[name], sampling) for name in counts)}
    return Layout(graph, resolved, dims, named, variables, sampling, checked(limits), impossible, doubts)


def _chunks(sizes: Mapping[str, int], limits: Limits) -> dict[str, tuple[int, ...]]:
    if not sizes:
        return {}
    from dask.array.core import normalize_chunks

    cells = max(limits.chunk_cells, math.prod(sizes.values()) // limits.most_chunks)
    shape = tuple(sizes.values())
    chunks = normalize_chunks("auto", shape=shape, limit=cells * 8, dtype=np.dtype(float))
    return dict(zip(sizes, chunks, strict=True))


def input_settings(layout: Layout) -> dict[str, Any]:
    """Return every input in use with its unit, as plain data for the provenance of a file."""
    model, resolved = layout.resolved.model, layout.resolved
    used = layout.graph.inputs_of(*layout.graph.targets)
    settings: dict[str, Any] = {}
    for label in model.labels:
        if label in resolved.with_labels(used):
            coordinate = resolved.coordinates.get(label)
            settings[label] = model.labels[label].default if coordinate is None else _words(coordinate.values)
    for name in sorted(used):
        named = resolved.coordinates.get(name)
        if named is not None and named.values.dtype.kind == "U":
            settings[name] = _words(named.values)
        else:
            settings[name] = _setting(model, name, resolved.inputs[name])
    return settings


def provenance_attributes(layout: Layout) -> dict[str, str]:
    """Return how quantities are computed that no scenario asks for, as attributes.

    Parameters
    ----------
    layout
        Of the quantities.

    Returns
    -------
    dict of str to str
        Versions, the model, every input in use with its unit, and the formulas that replace those of the model.
    """
    name = layout.resolved.model.name
    replaced = {node.name: in_words(node) for node in layout.graph.formulas if node.replaced}
    said = {
        "source": f"gridscan {__version__}, model {name}",
        "gridscan_model": name,
        "gridscan_settings": json.dumps(input_settings(layout)),
        "gridscan_replaced": json.dumps(replaced, ensure_ascii=False) if replaced else "",
    }
    return {key: value for key, value in said.items() if value}


def _words(values: np.ndarray) -> Any:
    """Return the labels or words of a coordinate; of very many, each once."""
    return values.tolist() if values.size <= _LONGEST_SETTING else list(dict.fromkeys(values.tolist()))


def _setting(model: Definition, name: str, item: Input) -> Any:
    node = model[name]
    if isinstance(node, Parameter) and node.table is not None:
        return node.default
    if item.data.dtype.kind == "U":
        return _words(item.data)
    values = np.asarray(item.data / base_factor(node.unit))
    if values.size > _LONGEST_SETTING:
        ends = {"first": float(values.flat[0]), "last": float(values.flat[-1]), "size": values.size}
        return {"value": ends, "unit": readable(node.unit)}
    # Converting to SI and back costs the last digit.
    rounded = np.array([float(f"{value:.14g}") for value in values.ravel()]).reshape(values.shape)
    return {"value": rounded.tolist(), "unit": readable(node.unit)}

"""The layout of an evaluation: what will run, proven, with the dimensions and chunks of everything."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.definition.checks import check_wiring
from gridscan.definition.graph import Graph, Step
from gridscan.definition.nodes import Parameter
from gridscan.definition.unit_proof import prove
from gridscan.errors import ScenarioError
from gridscan.evaluation.block_shape import EAGER_CELLS
from gridscan.inputs.sampling import DRAWN, REALISATION, Sampling
from gridscan.units import base_factor, readable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gridscan.definition.definition import Definition
    from gridscan.inputs.arrays import Input
    from gridscan.inputs.resolve import Resolved

#: Cells of a chunk: some megabytes, so that a slice needs little more than itself and a core's cache holds the work.
CHUNK_CELLS = 1_000_000
_MOST_CHUNKS = 20_000
# Longer axes are in the file as coordinates; the settings then tell their ends.
_LONGEST_SETTING = 1000


@dataclass(frozen=True)
class Layout:
    """The proven graph with everything about its arrays that is known before anything is computed.

    Attributes
    ----------
    dims
        Dimensions of each input and quantity, in the order of the axes.
    sampling
        What is drawn beside the means of counts, if anything.
    """

    graph: Graph
    resolved: Resolved
    dims: dict[str, tuple[str, ...]]
    sampling: Sampling | None = None

    @cached_property
    def chunks(self) -> dict[str, tuple[int, ...]]:
        """Chunk sizes of each dimension, for what is evaluated lazily."""
        return _chunks(self.resolved.sizes)

    @property
    def drawn(self) -> list[str]:
        """The counts that are drawn from."""
        return [name for name in self.graph.targets if self.sampling is not None and self.step(name).node.count]

    def cells(self, name: str) -> int:
        """Return the number of cells of an input or quantity."""
        return math.prod(self.resolved.sizes[dim] for dim in self.dims[name])

    def step(self, name: str) -> Step:
        """Return the step that computes a quantity."""
        return next(step for step in self.graph.steps if step.name == name)

    def is_lazy(self, name: str) -> bool:
        """Tell whether a quantity is too large to be computed at once."""
        return self.cells(name) > EAGER_CELLS

    def realisations_at_once(self, name: str) -> int:
        """Return how many draws of a count make a chunk, or 0 where all are made at once."""
        many = 0 if self.sampling is None else self.sampling.realisations
        if self.cells(name) * many <= EAGER_CELLS:
            return 0
        block = math.prod(max(self.chunks[dim]) for dim in self.dims[name])
        return min(many, max(1, CHUNK_CELLS // block))

    @property
    def idle(self) -> list[str]:
        """One line for each name that was given a value on which nothing that was asked for depends."""
        model, given = self.resolved.model, self.resolved.given
        used = with_labels(self.resolved, self.graph.inputs_of(*self.graph.targets))
        lines = []
        for name in model.names:
            if name in given and name not in used:
                what = "the axis" if name in self.resolved.sizes else "the value of"
                lines.append(f"{what} {name!r} has no effect on the quantities asked for")
        return lines


def with_labels(resolved: Resolved, used: set[str]) -> set[str]:
    """Return names with the labels whose records set any of them, rather than a value that was given."""
    set_by_labels = used - resolved.given
    model = resolved.model
    return used | {label for label in model.labels if any(name in set_by_labels for name in model.bundled(label))}


def lay_out(resolved: Resolved, names: Iterable[str], sampling: Sampling | None = None) -> Layout:
    """Select, prove and measure what has to run for the quantities `names`.

    Raises
    ------
    ModelError, UnitError, ScenarioError
        If the model is faulty, a unit is wrong, or a name is none that can be computed.
    """
    model = resolved.model
    names = list(names)
    check_wiring(model, unused=False)
    graph = Graph.of(model, names, resolved.cut)
    prove(model, graph.formulas)
    given = [name for name in graph.targets if name in resolved.cut]
    if given:
        raise ScenarioError(f"{given[0]!r} is given a value, so there is nothing to compute for it")
    if not names:
        raise ScenarioError("no quantity was asked for")
    dims = graph.dimensions({name: item.dims for name, item in resolved.inputs.items()}, resolved.sizes)
    layout = Layout(graph, resolved, dims, sampling)
    taken = [name for name in layout.drawn if f"{name}{DRAWN}" in model.nodes]
    if taken or (layout.drawn and REALISATION in resolved.sizes):
        name = f"{taken[0]}{DRAWN}" if taken else REALISATION
        raise ScenarioError(f"the draws of a count need the name {name!r}, which the model or an axis has")
    return layout


def _chunks(sizes: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
    if not sizes:
        return {}
    from dask.array.core import normalize_chunks

    cells = max(CHUNK_CELLS, math.prod(sizes.values()) // _MOST_CHUNKS)
    shape = tuple(sizes.values())
    chunks = normalize_chunks("auto", shape=shape, limit=cells * 8, dtype=np.dtype(float))
    return dict(zip(sizes, chunks, strict=True))


def input_settings(layout: Layout) -> dict[str, Any]:
    """Return every input in use with its unit, as plain data for the provenance of a file."""
    model, resolved = layout.resolved.model, layout.resolved
    used = layout.graph.inputs_of(*layout.graph.targets)
    settings: dict[str, Any] = {}
    for label in model.labels:
        if label in with_labels(resolved, used):
            coordinate = resolved.coordinates.get(label)
            settings[label] = model.labels[label].default if coordinate is None else coordinate.values.tolist()
    for name in sorted(used):
        named = resolved.coordinates.get(name)
        if named is not None and named.values.dtype.kind == "U":
            settings[name] = named.values.tolist()
        else:
            settings[name] = _setting(model, name, resolved.inputs[name])
    return settings


def _setting(model: Definition, name: str, item: Input) -> Any:
    node = model[name]
    if isinstance(node, Parameter) and node.table is not None:
        return node.default
    if item.data.dtype.kind == "U":
        return item.data.tolist()
    values = np.asarray(item.data / base_factor(node.unit))
    if values.size > _LONGEST_SETTING:
        ends = {"first": float(values.flat[0]), "last": float(values.flat[-1]), "size": values.size}
        return {"value": ends, "unit": readable(node.unit)}
    # The way to SI and back costs the last digit, which nobody wants to read.
    rounded = np.array([float(f"{value:.14g}") for value in values.ravel()]).reshape(values.shape)
    return {"value": rounded.tolist(), "unit": readable(node.unit)}

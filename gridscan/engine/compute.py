"""Computing regions of a grid for a run, in any process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridscan.evaluation.failing_cells import Messages
from gridscan.evaluation.poisson_draws import dimension_keys
from gridscan.evaluation.positions import length, taken
from gridscan.evaluation.region import DrawKeys, RegionValues
from gridscan.storage.checksums import checksum_of_block

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridscan.engine.partition import BlockPlan, VariableGroup
    from gridscan.evaluation.impossible import Impossible
    from gridscan.evaluation.positions import Positions
    from gridscan.evaluation.variable import VariableSpec


@dataclass(frozen=True)
class Workload:
    """What a process needs to compute any region: the steps of each group, and small arrays.

    Attributes
    ----------
    specs
        Variables of the quantities that groups read or take from `arrays`, by name.
    arrays, codes
        Inputs and factors over their own dimensions, in base units; and the codes of their cells that failed, if any.
    messages
        Messages that the codes stand for.
    began
        Of factors that are not finite everywhere: the quantity in which that began, and what it is there.
    draws
        Keys of the random numbers of counts, over their whole dimensions.
    impossible
        Cells that the model rules out, by quantity.
    """

    groups: tuple[VariableGroup, ...]
    stored: Mapping[str, VariableSpec]
    specs: Mapping[str, VariableSpec]
    dims: Mapping[str, tuple[str, ...]]
    arrays: Mapping[str, np.ndarray]
    codes: Mapping[str, np.ndarray]
    messages: tuple[str, ...]
    began: Mapping[str, tuple[str, str]]
    draws: Mapping[str, DrawKeys]
    impossible: Mapping[str, tuple[Impossible, ...]]


@dataclass(frozen=True)
class ComputedRegion:
    """Values of the variables of a group at some positions, in the units and types in which they are stored.

    Attributes
    ----------
    codes
        By variable with cells that failed: 0, or the code of a message.
    checksums
        Of the values, where the region is a whole block without failures; computed here, where threads share the work.
    """

    values: dict[str, np.ndarray]
    codes: dict[str, np.ndarray]
    messages: Messages
    checksums: dict[str, np.uint64]


def make_workload(block_plan: BlockPlan, single: Mapping[str, np.ndarray] | None = None) -> Workload:
    """Compute the small factors of a block plan, and gather what its groups need.

    Parameters
    ----------
    single
        Values of the quantities before the factors, in base units; without them, the workload is that of these
        quantities.
    """
    layout = block_plan.layout
    resolved, graph = layout.resolved, layout.graph
    inputs = {name: resolved.inputs[name].data for name in graph.inputs}
    known = RegionValues(layout.dims, resolved.sizes, inputs, messages=Messages(), impossible=layout.impossible)
    for name, value in (single or {}).items():
        known.put_stored(layout.spec(name), value)
    if single is not None:
        known.run(block_plan.factors)
    taken_names = {name for group in block_plan.groups for step in group.steps for name in step.arguments}
    specs = {item.quantity: layout.spec(item.quantity) for item in block_plan.stored.values()}
    draws = {}
    for name in layout.drawn:
        assert layout.sampling is not None
        keys = dimension_keys(name, layout.sampling.seed, resolved.inputs, graph.inputs_of(name))
        draws[name] = DrawKeys(*keys)
    return Workload(
        block_plan.groups,
        block_plan.stored,
        specs,
        layout.dims,
        {name: array for name, array in known.values.items() if name in taken_names or name in specs},
        {name: codes for name, codes in known.codes.items() if name in taken_names},
        tuple(known.messages.texts) if known.messages is not None else (),
        {name: origin for name in known.made_of if (origin := known.began_in(name)) is not None},
        draws,
        layout.impossible,
    )


def compute(workload: Workload, number: int, positions: Positions, read: Mapping[str, np.ndarray]) -> ComputedRegion:
    """Compute the variables of a group at some positions.

    Parameters
    ----------
    number
        Number of the group.
    positions
        Along the dimensions of the group.
    read
        Variables of earlier groups that the group reads, by name, at these positions, in base units.
    """
    group = workload.groups[number]
    at = dict(zip(group.dims, positions, strict=True))
    known = _known(workload, group, at)
    for name, array in read.items():
        known.put_stored(workload.specs[name], array)
    known.run(group.steps)
    values, codes = {}, {}
    for key in group.stored:
        spec = workload.stored[key]
        if spec.drawn:
            values[key], found = known.drawn(spec, *_random(workload, spec, at))
        else:
            values[key], found = known.finished(spec)
        if found is not None:
            codes[key] = found
    checksums = {} if codes else {key: checksum_of_block(value) for key, value in values.items()}
    assert known.messages is not None
    return ComputedRegion(values, codes, known.messages, checksums)


def _known(workload: Workload, group: VariableGroup, at: Mapping[str, slice | np.ndarray]) -> RegionValues:
    """Return the values that are known in a region before any step runs."""
    sizes = dict(zip(group.dims, group.shape, strict=True))
    known = RegionValues(
        workload.dims,
        {dim: length(part, sizes[dim]) for dim, part in at.items()},
        messages=Messages(list(workload.messages)),
        began=dict(workload.began),
        impossible={
            step.name: [item.at(at) for item in workload.impossible.get(step.name, ())] for step in group.steps
        },
    )
    names = dict.fromkeys(name for step in group.steps for name in step.arguments)
    names |= dict.fromkeys(workload.stored[key].quantity for key in group.stored)
    for name in names:
        own = [at[dim] for dim in workload.dims[name] if dim in at]
        if name in workload.arrays:
            known.values[name] = taken(workload.arrays[name], own)
        if name in workload.codes:
            known.codes[name] = taken(workload.codes[name], own)
    return known


def _random(
    workload: Workload, spec: VariableSpec, at: Mapping[str, slice | np.ndarray]
) -> tuple[DrawKeys, np.ndarray]:
    """Return the keys of the random numbers of a count in a region, and the numbers of its realisations."""
    keys, (*dims, realisation) = workload.draws[spec.quantity], spec.dims
    along = {dim: taken(keys.along[dim], [at[dim]]) for dim in dims}
    return DrawKeys(keys.common, along), taken(np.arange(spec.shape[-1]), [at[realisation]])

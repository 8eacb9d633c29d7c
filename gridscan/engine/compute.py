"""Computing pieces of a grid: products of positions along its dimensions, in this process or in another one.

A cell that cannot be computed does not take its neighbours down. It is told apart, gets a code that stands for a
message, and the value of another cell stands in for it in what is made of it, so that formulas never meet a hole; what
is stored of it is missing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridscan.engine.bisect import Messages, find_failing_cells
from gridscan.errors import EvaluationError
from gridscan.evaluation.poisson_draws import dimension_keys, poisson_draws
from gridscan.evaluation.steps import fitted, run_step
from gridscan.inputs.sampling import NO_DRAW
from gridscan.numerics.poisson import LARGEST_MEAN
from gridscan.storage.checksums import checksum_of_block
from gridscan.units import base_factor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gridscan.definition.graph import Step
    from gridscan.definition.nodes import Quantity
    from gridscan.engine.partition import BlockPlan, StoredVariable, VariableGroup

#: Positions along the dimensions of a group.
Positions = tuple["slice | np.ndarray", ...]
# What is stored of a cell that failed: a NaN that no arithmetic gives, which tells it from a value that may be missing.
_FAILED = np.uint64(0x7FF8_6772_6964_7363)


@dataclass(frozen=True)
class Draws:
    """What makes the keys of the random numbers of a count: a part for all cells, and one for each position."""

    common: np.uint64
    along: dict[str, np.ndarray]


@dataclass(frozen=True)
class Workload:
    """All that a process needs to compute any piece: the steps of each group, and small arrays.

    Attributes
    ----------
    arrays, codes
        Inputs and factors over their own dimensions, in base units; and which of their cells failed, where any did.
    """

    groups: tuple[VariableGroup, ...]
    stored: dict[str, StoredVariable]
    nodes: dict[str, Quantity]
    dims: dict[str, tuple[str, ...]]
    arrays: dict[str, np.ndarray]
    codes: dict[str, np.ndarray]
    messages: tuple[str, ...]
    draws: dict[str, Draws]


@dataclass(frozen=True)
class Piece:
    """Values of the variables of a group at some positions, in the units and types in which they are stored.

    Attributes
    ----------
    codes
        By variable, which cells failed, where any did: 0, or the code of a message.
    marks
        The marks of the values, for a piece that is a whole block; made where there are threads to share the work.
    """

    values: dict[str, np.ndarray]
    codes: dict[str, np.ndarray]
    messages: Messages
    checksums: dict[str, np.uint64]


@dataclass
class _Known:
    """Values by name over their own dimensions, and codes of cells that failed."""

    values: dict[str, np.ndarray]
    codes: dict[str, np.ndarray]
    messages: Messages


def make_workload(block_plan: BlockPlan, single: Mapping[str, np.ndarray] | None = None) -> Workload:
    """Compute the small factors of a program, and gather what its groups take.

    Parameters
    ----------
    single
        The values of what comes before the factors, in base units; without them, what makes these is returned.
    """
    layout = block_plan.layout
    resolved, graph = layout.resolved, layout.graph
    known = _Known({name: resolved.inputs[name].data for name in graph.inputs}, {}, Messages())
    for name, value in (single or {}).items():
        _read(layout.step(name).node, value, known)
    for step in block_plan.factors if single is not None else ():
        if step.name not in known.values:
            shape = tuple(resolved.sizes[dim] for dim in layout.dims[step.name])
            _run(step, _names(step, block_plan.factors), known, layout.dims, shape)
    taken = {name for group in block_plan.groups for step in group.steps for name in step.arguments}
    nodes = {item.quantity: layout.step(item.quantity).node for item in block_plan.stored.values()}
    draws = {}
    for name in layout.drawn:
        assert layout.sampling is not None
        draws[name] = Draws(*dimension_keys(name, layout.sampling.seed, resolved.inputs, graph.inputs_of(name)))
    return Workload(
        block_plan.groups,
        block_plan.stored,
        nodes,
        layout.dims,
        {name: array for name, array in known.values.items() if name in taken or name in nodes},
        {name: codes for name, codes in known.codes.items() if name in taken},
        tuple(known.messages.texts),
        draws,
    )


def compute(workload: Workload, number: int, positions: Positions, read: Mapping[str, np.ndarray]) -> Piece:
    """Compute the variables of a group at some positions.

    Parameters
    ----------
    number
        Of the group.
    positions
        Along the dimensions of the group.
    read
        What the group reads of earlier ones, by name, at these positions, in base units.
    """
    group = workload.groups[number]
    own = {
        name: [positions[group.dims.index(dim)] for dim in dims if dim in group.dims]
        for name, dims in _own(workload, group)
    }
    known = _Known({}, {}, Messages(list(workload.messages)))
    for name, array in workload.arrays.items():
        if name in own:
            known.values[name] = taken(array, own[name])
            if name in workload.codes:
                known.codes[name] = taken(workload.codes[name], own[name])
    for name, array in read.items():
        _read(workload.nodes[name], array, known)
    lengths = dict(
        zip(group.dims, (length(part, size) for part, size in zip(positions, group.shape, strict=True)), strict=True)
    )
    for step in group.steps:
        if step.name not in known.values:
            dims = workload.dims[step.name]
            _run(step, _names(step, group.steps), known, workload.dims, tuple(lengths[dim] for dim in dims))
    values, codes = {}, {}
    for key in group.stored:
        item = workload.stored[key]
        if item.drawn:
            values[key], found = _drawn(workload, item, known, positions)
        else:
            values[key], found = _finished(workload.nodes[item.quantity], item, known)
        if found is not None:
            codes[key] = found
    checksums = {} if codes else {key: checksum_of_block(value) for key, value in values.items()}
    return Piece(values, codes, known.messages, checksums)


def _own(workload: Workload, group: VariableGroup) -> list[tuple[str, tuple[str, ...]]]:
    names = dict.fromkeys(name for step in group.steps for name in step.arguments)
    names |= dict.fromkeys(workload.stored[key].quantity for key in group.stored)
    return [(name, workload.dims[name]) for name in names]


def length(part: slice | np.ndarray, size: int) -> int:
    """Return how many positions a part of a dimension has."""
    return len(range(*part.indices(size))) if isinstance(part, slice) else len(part)


def taken(array: np.ndarray, positions: Sequence[slice | np.ndarray]) -> np.ndarray:
    """Return an array at a product of positions along its first axes."""
    if all(isinstance(part, slice) for part in positions):
        return array[(*positions, ...)]
    whole = [
        np.arange(size)[part] if isinstance(part, slice) else part
        for part, size in zip(positions, array.shape, strict=False)
    ]
    product: np.ndarray = array[np.ix_(*whole)]
    return product


def not_computed(name: str) -> str:
    """Return why a cell failed of which something that it is made of has failed before."""
    return f"{name!r} could not be computed"


def _read(node: Quantity, array: np.ndarray, known: _Known) -> None:
    """Take what is stored as if it had just been computed."""
    holes = array.view(np.uint64) == _FAILED
    if holes.any():
        code = known.messages.code(not_computed(node.name))
        known.codes[node.name] = np.where(holes, code, 0)
        array = np.where(holes, array[~holes][0] if not holes.all() else np.nan, array)
    known.values[node.name] = array


def _names(step: Step, steps: Sequence[Step]) -> list[str]:
    """Return what running a step gives: with a quantity its error estimate, or the other way round, if it is wanted."""
    base = step.node.error_of or step.name
    pair = [base, f"{base}_error"] if step.node.gives_error else [step.name]
    together = {other.name for other in steps if other.node.function is step.node.function}
    return [name for name in pair if name in together]


def _run(
    step: Step, names: Sequence[str], known: _Known, dims_of: Mapping[str, Sequence[str]], shape: tuple[int, ...]
) -> None:
    """Run a step where its arguments are known, and add what it gives under these names."""
    dims = dims_of[step.name]
    arguments = {name: _aligned(known.values[name], dims_of[name], dims) for name in step.arguments}
    codes = np.zeros((1,) * len(dims), dtype=int)
    for name in step.arguments:
        if name in known.codes:
            other = _aligned(known.codes[name], dims_of[name], dims)
            codes = np.where(codes == 0, other, codes)
    if codes.all():
        values = {name: np.full(shape, np.nan) for name in names}
    else:
        values, found = _attempted(step, names, arguments, shape, known.messages)
        codes = codes if found is None else np.where(codes == 0, found, codes)
    if codes.any():
        codes = np.broadcast_to(codes, shape)
        good = codes == 0
        for name, value in values.items():
            values[name] = np.where(good, value, value[good][0] if good.any() else np.nan)
            known.codes[name] = codes
    known.values |= values


def _aligned(array: np.ndarray, own: Sequence[str], dims: Sequence[str]) -> np.ndarray:
    lengths = iter(array.shape)
    return array.reshape(tuple(next(lengths) if dim in own else 1 for dim in dims) + array.shape[len(own) :])


def _attempted(
    step: Step, names: Sequence[str], arguments: Mapping[str, np.ndarray], shape: tuple[int, ...], messages: Messages
) -> tuple[dict[str, np.ndarray], np.ndarray | None]:
    """Return what a step gives, and which cells it cannot be computed in, if any."""

    def evaluate(positions: Positions) -> dict[str, np.ndarray]:
        chosen = {name: _where_it_varies(array, positions) for name, array in arguments.items()}
        results = run_step(step, chosen)
        lengths = tuple(length(part, size) for part, size in zip(positions, shape, strict=True))
        return {name: fitted(step.node, results[name], lengths) for name in names}

    try:
        return evaluate((slice(None),) * len(shape)), None
    except EvaluationError as fault:
        values = {name: np.full(shape, np.nan) for name in names}
        return values, find_failing_cells(evaluate, values, str(fault), shape, messages)


def _where_it_varies(array: np.ndarray, positions: Positions) -> np.ndarray:
    return taken(
        array, [slice(None) if size == 1 else part for part, size in zip(positions, array.shape, strict=False)]
    )


def _finished(node: Quantity, item: StoredVariable, known: _Known) -> tuple[np.ndarray, np.ndarray | None]:
    """Return a quantity in its declared unit and type, with what cannot be told in them marked as failed."""
    codes = known.codes.get(item.quantity)
    value = known.values[item.quantity] / (base_factor(node.unit) if item.is_output else 1.0)
    with np.errstate(over="ignore", under="ignore"):
        stored = np.asarray(value, dtype=item.dtype, order="C")
        # What is not finite in an intermediate quantity need not be so in what is made of it.
        suspicious = item.is_output and not math.isfinite(float(value.sum()))
    for wrong, why in [
        *(_not_finite(value, node) if suspicious else []),
        *(_out_of_range(value, item.dtype) if item.dtype != value.dtype else []),
    ]:
        new = wrong if codes is None else wrong & (codes == 0)
        if new.any():
            code = known.messages.code(f"{node.name!r} {why}")
            codes = np.where(new, code, 0 if codes is None else codes)
    if codes is None:
        return stored, None
    failed = _FAILED.view(float) if item.dtype == float else np.array(np.nan, dtype=item.dtype)
    return np.where(codes == 0, stored, failed), codes


def _not_finite(value: np.ndarray, node: Quantity) -> list[tuple[np.ndarray, str]]:
    found = [(value == np.inf, "is inf"), (value == -np.inf, "is -inf")]
    return [*found, (np.isnan(value), "is nan")] if node.missing is None else found


def _out_of_range(value: np.ndarray, dtype: np.dtype) -> list[tuple[np.ndarray, str]]:
    limits = np.finfo(dtype)
    size = np.abs(value)
    return [
        (
            np.isfinite(size) & (size > limits.max),
            f"is too large for {dtype}, which ends at {limits.max:.3g} (float64 holds more)",
        ),
        (
            (size < limits.smallest_normal) & (size > 0.0),
            f"is too small for {dtype}, which begins at {limits.smallest_normal:.3g} (float64 holds less)",
        ),
    ]


def _drawn(
    workload: Workload, item: StoredVariable, known: _Known, positions: Positions
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return draws of a count, whose dimensions have that of the realisations as their last."""
    name = item.quantity
    dims = workload.dims[name]
    means = known.values[name] / base_factor(workload.nodes[name].unit)
    keys = [taken(workload.draws[name].along[dim], [part]) for dim, part in zip(dims, positions, strict=False)]
    numbers = taken(np.arange(item.shape[-1]), [positions[-1]])
    codes = known.codes.get(name)
    found = np.zeros(means.shape, dtype=int) if codes is None else codes.copy()
    for wrong, what in (
        (~np.isfinite(means), "not finite"),
        (means < 0, "negative"),
        (means > LARGEST_MEAN, f"above {LARGEST_MEAN:g}"),
    ):
        new = wrong & (found == 0)
        if new.any():
            found[new] = known.messages.code(f"{name!r} is {what}, so nothing can be drawn")
    good = found == 0
    draws = poisson_draws(np.where(good, means, 0.0), workload.draws[name].common, keys, numbers)
    if good.all():
        return draws, None
    draws[~good] = NO_DRAW
    return draws, np.broadcast_to(found[..., None], draws.shape)

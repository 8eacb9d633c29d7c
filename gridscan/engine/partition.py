"""How a run is divided: which variables are stored, in which groups, and in which blocks each group is computed.

Outputs are stored. So are kernels and integrals that other quantities need: they are expensive, and are computed
once. Everything else is recomputed wherever it is needed, which is cheaper than reading it: once for the whole run
where it is small, otherwise in each block.

The division depends on sizes only, never on the machine, so that a result does not depend on where it is computed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from gridscan.evaluation.block_shape import block_of
from gridscan.evaluation.variable import INTERMEDIATE
from gridscan.inputs.sampling import DRAWN

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping

    from gridscan.definition.graph import Step
    from gridscan.evaluation.layout import Layout
    from gridscan.evaluation.variable import VariableSpec

Region = tuple[slice, ...]


@dataclass(frozen=True)
class VariableGroup:
    """Variables of the same dimensions that are computed together, block by block.

    Attributes
    ----------
    block
        Shape of a block: one position along the first dimensions, a range of one, and all of the last ones, so that a
        block is contiguous in a file.
    stored
        Keys of the variables.
    steps
        Steps that run in a block, in order.
    reads
        By name, keys of the variables of earlier groups that are read.
    costly
        Whether a kernel or an integral is among the steps.
    """

    dims: tuple[str, ...]
    shape: tuple[int, ...]
    block: tuple[int, ...]
    stored: tuple[str, ...]
    steps: tuple[Step, ...]
    reads: Mapping[str, str] = field(default_factory=dict)
    costly: bool = False

    @property
    def counts(self) -> tuple[int, ...]:
        """Number of blocks along each dimension."""
        return tuple(-(-size // step) for size, step in zip(self.shape, self.block, strict=True))

    @property
    def number(self) -> int:
        """Number of blocks."""
        return math.prod(self.counts)

    def box(self, block: int) -> Region:
        """Return the ranges of a block along the dimensions."""
        places = np.unravel_index(block, self.counts) if self.counts else ()
        return tuple(
            slice(int(place) * step, min((int(place) + 1) * step, size))
            for place, step, size in zip(places, self.block, self.shape, strict=True)
        )


@dataclass(frozen=True)
class BlockPlan:
    """What runs, in order: expensive scalars, then small factors, then groups block by block.

    Attributes
    ----------
    early
        How many groups come before the factors.
    single
        Keys of the variables of these groups that the factors need, by name.
    """

    layout: Layout
    factors: tuple[Step, ...]
    groups: tuple[VariableGroup, ...]
    stored: dict[str, VariableSpec]
    early: int = 0
    single: Mapping[str, str] = field(default_factory=dict)

    def blocks(self) -> Iterator[tuple[int, int]]:
        """Yield the numbers of all groups and blocks."""
        for number, group in enumerate(self.groups):
            yield from ((number, block) for block in range(group.number))

    @property
    def output_cells(self) -> int:
        """Number of cells that were asked for."""
        return sum(item.cells for item in self.stored.values() if item.is_output)

    @property
    def nbytes(self) -> int:
        """Size of everything that is stored."""
        return sum(item.nbytes for item in self.stored.values())


def divide(layout: Layout) -> BlockPlan:
    """Divide what a layout asks for into groups and blocks."""
    return _Divider(layout).block_plan()


class _Divider:
    def __init__(self, layout: Layout) -> None:
        self.layout, self.steps = layout, layout.steps
        taken = {name for step in layout.graph.steps for name in step.arguments}
        costly = [name for name in self.steps if self._is_costly(name)]
        self.shared = [name for name in costly if name in taken]
        self.single = {name for name in costly if not layout.dims[name]}
        self.kept = {*(name for name in layout.graph.targets if name in self.steps), *self.shared}
        self.factors = self._factors()
        self.groups: list[VariableGroup] = []
        self.stored: dict[str, VariableSpec] = {}
        self.place: dict[str, int] = {}

    def block_plan(self) -> BlockPlan:
        # These depend on scalars only, so they come first and share one group.
        for name in sorted(self.steps, key=lambda name: name not in self.single):
            if name in self.kept:
                self._add(name)
        groups = [self._with_steps(index, group) for index, group in enumerate(self.groups)]
        groups += [self._draws(name) for name in self.layout.drawn]
        factors = tuple(step for step in self.layout.graph.steps if step.name in self.factors)
        order = [*(name for target in self.layout.graph.targets for name in (target, f"{target}{DRAWN}")), *self.stored]
        stored = {key: self.stored[key] for key in dict.fromkeys(order) if key in self.stored}
        single = {name: self._key_to_read(name) for name in self.single if name in self.shared}
        return BlockPlan(self.layout, factors, tuple(groups), stored, int(bool(single)), single)

    def _is_costly(self, name: str) -> bool:
        return self.steps[name].node.kind != "quantity"

    def _factors(self) -> set[str]:
        """Return the small quantities that depend on no stored quantity but scalars."""
        factors: set[str] = set()
        for name, step in self.steps.items():
            below = [item for item in step.arguments if item in self.steps]
            small = not self.layout.is_lazy(name) and not self._is_costly(name)
            if name not in self.kept and small and all(item in factors or item in self.single for item in below):
                factors.add(name)
        return factors

    def _add(self, name: str) -> None:
        dims, costly = self.layout.dims[name], self._is_costly(name)
        reads = self._reads(name)
        earliest = max((self.place[item] for item in reads), default=0)
        for index in range(earliest, len(self.groups)):
            group = self.groups[index]
            joined = {self.stored[key].quantity for key in group.stored}
            # A formula may join the group of a kernel; nothing costly joins formulas, whose blocks are large.
            if group.dims == dims and (group.costly == costly or joined & reads):
                break
        else:
            index = len(self.groups)
            shape = tuple(self.layout.resolved.sizes[dim] for dim in dims)
            block = block_of(shape, costly, self.layout.limits)
            self.groups.append(VariableGroup(dims, shape, block, (), (), costly=costly))
        self.place[name] = index
        spec = self.layout.spec(name)
        kept = [spec] if spec.key in self.layout.variables else []
        # Intermediate quantities are stored in base units, in which they are used.
        if name in self.shared and not (kept and spec.is_as_used):
            kept.append(spec.as_intermediate())
        self.stored |= {item.key: item for item in kept}
        stored = (*self.groups[index].stored, *(item.key for item in kept))
        self.groups[index] = replace(self.groups[index], stored=stored)

    def _reads(self, name: str) -> set[str]:
        """Return the stored quantities that go into a quantity."""
        reads: set[str] = set()
        seen, stack = {name}, list(self.steps[name].arguments)
        while stack:
            item = stack.pop()
            if item in self.shared:
                reads.add(item)
            elif item in self.steps and item not in seen:
                seen.add(item)
                stack += self.steps[item].arguments
        return reads

    def _with_steps(self, index: int, group: VariableGroup) -> VariableGroup:
        """Return a group with its steps, given all that its variables depend on."""
        run: set[str] = set()
        reads: dict[str, str] = {}
        stack = [self.stored[key].quantity for key in group.stored]
        early = {} if self._is_early(index) else self.factors | self.single
        while stack:
            name = stack.pop()
            if name not in self.steps or name in early or name in run:
                continue
            if name in self.shared and self.place[name] < index:
                reads[name] = self._key_to_read(name)
            else:
                run.add(name)
                stack += self.steps[name].arguments
        return replace(group, steps=tuple(step for name, step in self.steps.items() if name in run), reads=reads)

    def _is_early(self, index: int) -> bool:
        return index == 0 and bool(self.single)

    def _key_to_read(self, name: str) -> str:
        key = f"{INTERMEDIATE}{name}"
        return key if key in self.stored else name

    def _draws(self, name: str) -> VariableGroup:
        """Return the group of the draws of a count, whose mean is read if it is stored, or recomputed."""
        spec = self.layout.variables[f"{name}{DRAWN}"]
        self.stored[spec.key] = spec
        block = block_of(spec.shape, costly=False, limits=self.layout.limits)
        blank = VariableGroup(spec.dims, spec.shape, block, (spec.key,), ())
        return self._with_steps(len(self.groups), blank)


def split(block_plan: BlockPlan, alike: Mapping[str, Hashable]) -> BlockPlan:
    """Divide groups by the cells that can be reused, keeping their blocks.

    Where a costly quantity is in one part and a quantity made of it in a later one, the latter reads it.

    Parameters
    ----------
    alike
        By variable, a key that is equal for those that stay together.
    """
    groups: list[VariableGroup] = []
    early = 0
    for number, group in enumerate(block_plan.groups):
        groups += _parts(block_plan, group, _joined(group, block_plan.stored, alike))
        early = len(groups) if number < block_plan.early else early
    return replace(block_plan, groups=tuple(groups), early=early)


def _joined(
    group: VariableGroup, stored: Mapping[str, VariableSpec], alike: Mapping[str, Hashable]
) -> dict[str, Hashable]:
    """Return a key that is equal for variables that stay together; those of one function always do."""
    nodes = {step.name: step.node for step in group.steps}
    family = {}
    for key in group.stored:
        node = nodes.get(stored[key].quantity)
        costly = node is not None and node.kind != "quantity"
        family[key] = id(node.function) if node is not None and costly else key
    together: dict[Hashable, list[Hashable]] = {}
    for key, member in family.items():
        together.setdefault(member, []).append(alike[key])
    return {key: frozenset(together[member]) for key, member in family.items()}


def _parts(block_plan: BlockPlan, group: VariableGroup, alike: Mapping[str, Hashable]) -> list[VariableGroup]:
    steps = {step.name: step for step in group.steps}
    parts: list[list[str]] = []
    place: dict[str, int] = {}
    for key in group.stored:
        quantity = block_plan.stored[key].quantity
        below = _below(steps, quantity)
        earliest = max((place[name] for name in below if name in place), default=0)
        fitting = (index for index in range(earliest, len(parts)) if alike[parts[index][0]] == alike[key])
        index = next(fitting, len(parts))
        if index == len(parts):
            parts.append([])
        parts[index].append(key)
        if quantity in steps and steps[quantity].node.kind != "quantity":
            place.setdefault(quantity, index)
    return [_part(block_plan, group, steps, index, part, place) for index, part in enumerate(parts)]


def _below(steps: Mapping[str, Step], name: str) -> set[str]:
    found: set[str] = set()
    stack = [name]
    while stack:
        item = stack.pop()
        if item in steps and item not in found:
            found.add(item)
            stack += steps[item].arguments
    return found


def _part(
    block_plan: BlockPlan,
    group: VariableGroup,
    steps: Mapping[str, Step],
    index: int,
    part: list[str],
    place: Mapping[str, int],
) -> VariableGroup:
    run: set[str] = set()
    reads: dict[str, str] = {}
    stack = [block_plan.stored[key].quantity for key in part]
    while stack:
        name = stack.pop()
        if place.get(name, index) < index:
            key = f"{INTERMEDIATE}{name}"
            reads[name] = key if key in block_plan.stored else name
        elif name in group.reads:
            reads[name] = group.reads[name]
        elif name in steps and name not in run:
            run.add(name)
            stack += steps[name].arguments
    chosen = tuple(step for step in group.steps if step.name in run)
    costly = any(step.node.kind != "quantity" for step in chosen)
    return replace(group, stored=tuple(part), steps=chosen, reads=reads, costly=costly)

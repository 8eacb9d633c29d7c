"""Dividing the blocks of a run among shards, which can share nothing while they run.

Kernels and integrals take the time, so each shard has an equal part of their blocks, and computes what these read.
Formulas that read no stored quantity are divided likewise. A block of formulas that reads blocks of kernels belongs to
the shard that has all of these; where several have them, it is left to the merge, for which formulas are quick. Only
where there are so many formulas that the kernels below them do not count, these formulas are divided, and each shard
computes the kernels that it needs.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gridscan.engine.partition import BlockPlan, VariableGroup

#: By variable, which of its blocks are meant.
Part = dict[str, np.ndarray]

# Cells of formulas that take as long as one of a kernel, about: 10 ns and 1 ms.
_COST_OF_KERNEL = 100_000
_NOBODY = -1


class Division:
    """The blocks of a run, divided among shards.

    Parameters
    ----------
    of
        Number of shards.
    """

    def __init__(self, block_plan: BlockPlan, of: int) -> None:
        self.block_plan, self.of = block_plan, of
        self.groups = block_plan.groups
        self._place = {key: index for index, group in enumerate(self.groups) for key in group.stored}
        self._divided = self._find_divided()

    @property
    def most(self) -> int:
        """Into how many shards the run can be divided of which each has something to compute."""
        return max(sum(self.groups[index].number for index in self._divided), 1)

    def part(self, number: int) -> Part:
        """Return which blocks of each variable a shard computes.

        Parameters
        ----------
        number
            Of the shard, from 1 on.
        """
        owners = self._owners
        needed = [np.full(group.counts, index < self.block_plan.early) for index, group in enumerate(self.groups)]
        for index in reversed(range(len(self.groups))):
            if index in owners:
                needed[index] |= (owners[index] == number - 1).reshape(self.groups[index].counts)
            for other in self._below(index):
                for block in np.flatnonzero(needed[index]):
                    needed[other][_read_by(self.groups[index], int(block), self.groups[other])] = True
        return {key: needed[index].ravel() for index, group in enumerate(self.groups) for key in group.stored}

    def _below(self, index: int) -> list[int]:
        """Return the groups that a group reads."""
        return sorted({self._place[key] for key in self.groups[index].reads.values()})

    def _find_divided(self) -> list[int]:
        """Return the groups of which each shard has an equal part, and with them what these read."""
        divided: list[int] = []
        covered: set[int] = set()
        for index in reversed(range(self.block_plan.early, len(self.groups))):
            group = self.groups[index]
            below = self._all_below(index)
            many = _cost(group) >= sum(_cost(self.groups[other]) for other in below)
            if index not in covered and (group.costly or not below or many):
                divided.append(index)
                covered |= below
        return divided

    def _all_below(self, index: int) -> set[int]:
        found: set[int] = set()
        stack = [index]
        while stack:
            new = [other for other in self._below(stack.pop()) if other not in found and other >= self.block_plan.early]
            found |= {*new}
            stack += new
        return found

    @functools.cached_property
    def _owners(self) -> dict[int, np.ndarray]:
        """By group, which shard owns each block; that of some blocks is nobody."""
        owners: dict[int, np.ndarray] = {}
        offset = 0
        for index in self._divided:
            group = self.groups[index]
            order = _order(group, [self.groups[other] for other in self._below(index)])
            owners[index] = np.empty(group.number, dtype=int)
            owners[index][order] = (np.arange(group.number) * self.of // group.number + offset) % self.of
            # The single blocks of several groups go to several shards.
            offset += group.number if group.number < self.of else 0
        for index, group in enumerate(self.groups):
            read = [other for other in self._below(index) if other in self._divided]
            if read and index not in owners and not group.costly:
                owners[index] = np.array([self._owner(index, block, owners, read) for block in range(group.number)])
        return owners

    def _owner(self, index: int, block: int, owners: Mapping[int, np.ndarray], read: Sequence[int]) -> int:
        """Return the shard that has all that a block reads, if there is one."""
        group = self.groups[index]
        found: set[int] = set()
        for other in read:
            shaped = owners[other].reshape(self.groups[other].counts)
            found |= {*np.unique(shaped[_read_by(group, block, self.groups[other])]).tolist()}
        return found.pop() if len(found) == 1 else _NOBODY


def _cost(group: VariableGroup) -> float:
    return float(np.prod(group.shape, dtype=float)) * (_COST_OF_KERNEL if group.costly else 1)


def _order(group: VariableGroup, below: Sequence[VariableGroup]) -> np.ndarray:
    """Return the blocks of a group so that those that read the same of its largest source follow each other."""
    if not below or not group.counts:
        return np.arange(group.number)
    largest = max(below, key=lambda other: (float(np.prod(other.shape, dtype=float)), other.dims))
    places = np.unravel_index(np.arange(group.number), group.counts)
    start = dict(zip(group.dims, (at * step for at, step in zip(places, group.block, strict=True)), strict=True))
    rows = [start[dim] // step for dim, step in zip(largest.dims, largest.block, strict=True)]
    reads = np.ravel_multi_index(rows, largest.counts) if rows else np.zeros(group.number, dtype=int)
    return np.argsort(reads, kind="stable")


def _read_by(group: VariableGroup, block: int, other: VariableGroup) -> tuple[slice, ...]:
    """Return which blocks of another group a block reads."""
    box = dict(zip(group.dims, group.box(block), strict=True))
    return tuple(
        slice(box[dim].start // step, (box[dim].stop - 1) // step + 1)
        for dim, step in zip(other.dims, other.block, strict=True)
    )


def all_blocks(block_plan: BlockPlan) -> Part:
    """Return all blocks of each variable."""
    return {key: np.ones(group.number, dtype=bool) for group in block_plan.groups for key in group.stored}


def cells_in(block_plan: BlockPlan, part: Part) -> int:
    """Return how many cells of stored variables are in some blocks."""
    return sum(int(sizes[part[key]].sum()) for key, sizes in _sizes(block_plan))


def bytes_in(block_plan: BlockPlan, part: Part) -> int:
    """Return the size of what is stored for some blocks."""
    return sum(int(sizes[part[key]].sum()) * block_plan.stored[key].dtype.itemsize for key, sizes in _sizes(block_plan))


def _sizes(block_plan: BlockPlan) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the number of cells of each block, by variable."""
    for group in block_plan.groups:
        places = np.unravel_index(np.arange(group.number), group.counts) if group.counts else ()
        sizes = np.ones(group.number, dtype=np.int64)
        for at, step, size in zip(places, group.block, group.shape, strict=True):
            sizes *= np.minimum(step, size - at * step)
        yield from ((key, sizes) for key in group.stored)

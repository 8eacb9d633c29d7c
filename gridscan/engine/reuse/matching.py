"""Matching the cells of a run with those of earlier files: reusable where everything that determines them is unchanged.

A cell is identified by the values of its inputs and by the code that computed it, never by its position: an axis may
have gained, lost or reordered values, and may have been a single value before.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.engine.partition import Region, VariableGroup, split
from gridscan.engine.reuse.last_digits import last_digits
from gridscan.errors import listed
from gridscan.evaluation.block_shape import together
from gridscan.evaluation.variable import INTERMEDIATE
from gridscan.fingerprint.identity import changes
from gridscan.units import base_factor

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from pathlib import Path

    from gridscan.engine.file_layout import FileLayout
    from gridscan.engine.reuse.earlier_file import EarlierFile
    from gridscan.evaluation.variable import VariableSpec


@dataclass(frozen=True)
class Match:
    """Where the cells of a variable are in an earlier file.

    Attributes
    ----------
    key
        The variable of the earlier file; its values are multiplied by `factor` and divided by `divisor`.
    sources
        For each dimension of the earlier variable: the dimension of the new one that it matches, if any, and the
        earlier position of each new one, or -1; or the single position that matches.
    allowed
        For each new dimension along which the earlier file has one value: the positions that have this value.
    """

    key: str
    sources: tuple[tuple[int | None, np.ndarray], ...]
    allowed: dict[int, np.ndarray]
    factor: float = 1.0
    divisor: float = 1.0

    @property
    def signature(self) -> Hashable:
        """A key that is equal for variables with the same reusable cells."""
        sources = tuple((along, places.tobytes()) for along, places in self.sources)
        return sources, tuple((axis, part.tobytes()) for axis, part in sorted(self.allowed.items()))

    def classes(self, axis: int, block: Sequence[int]) -> np.ndarray:
        """Return the earlier block of each position along a new dimension, or -1."""
        if axis in self.allowed:
            return np.where(self.allowed[axis], 0, -1)
        own = next(number for number, (along, _) in enumerate(self.sources) if along == axis)
        places = self.sources[own][1]
        return np.where(places < 0, -1, places // block[own])


def matched(earlier: EarlierFile, file_layout: FileLayout, key: str) -> Match | str:
    """Return where the cells of a variable are in an earlier file, or why they cannot be used."""
    item = file_layout.block_plan.stored[key]
    # An output may have been an intermediate quantity before, and the other way round.
    names = [key] if item.drawn else dict.fromkeys([key, f"{INTERMEDIATE}{item.quantity}", item.quantity])
    found: Match | str = "it was not asked for before"
    for name in names:
        if name in earlier.record["variables"]:
            found = _matched(earlier, file_layout, item, name)
            if isinstance(found, Match):
                break
    return found


def _matched(earlier: EarlierFile, file_layout: FileLayout, item: VariableSpec, name: str) -> Match | str:
    old, new = earlier.record["variables"][name], file_layout.record["variables"][item.key]
    appeared, gone = sorted({*new["inputs"]} - {*old["inputs"]}), sorted({*old["inputs"]} - {*new["inputs"]})
    if appeared or gone:
        also = [f"depends on {_named(appeared)}, as it did not before"] if appeared else []
        return f"it {' and '.join([*also, *([f'depends on {_named(gone)} no more'] if gone else [])])}"
    if old["unit"] != new["unit"]:
        return f"its unit was {old['unit']}"
    before = {part: earlier.record["code"][part] for part in [*earlier.record["core"], *old["code"]]}
    now = {part: file_layout.record["code"][part] for part in [*file_layout.record["core"], *new["code"]]}
    if before != now:
        return changes(before, now)
    if old["type"] != new["type"] and old["type"] != "float64":
        return f"its type was {old['type']}"
    if old["in_base_units"] == new["in_base_units"]:
        return _Alignment(earlier, file_layout, old, new).match(name)
    factor = base_factor(item.unit)
    scale = {"divisor": factor} if old["in_base_units"] else {"factor": factor}
    return _Alignment(earlier, file_layout, old, new).match(name, **scale)


def _named(names: Sequence[str]) -> str:
    return listed(repr(name) for name in names)


def _single(item: tuple[Sequence[str], np.ndarray]) -> tuple[str | None, np.ndarray]:
    dims, values = item
    return (dims[0] if dims else None), values


class _Alignment:
    """The dimensions of a variable in an earlier file that it no longer has."""

    def __init__(
        self, earlier: EarlierFile, file_layout: FileLayout, old: Mapping[str, Any], new: Mapping[str, Any]
    ) -> None:
        self.old, self.new = old, new
        self.before = {name: _single(earlier.keys[name]) for name in old["inputs"]}
        self.now = {name: _single(file_layout.keys[name]) for name in old["inputs"]}

    def match(self, name: str, **scale: float) -> Match | str:
        runs_along: dict[str, set[str]] = {dim: set() for dim in self.old["dims"]}
        for key, (dim, value) in self.before.items():
            dim_now, value_now = self.now[key]
            if dim is None and dim_now is None and value != value_now:
                return f"{key!r} has another value"
            if dim is not None and dim_now is not None:
                runs_along[dim].add(dim_now)
        for dim, others in runs_along.items():
            if len(others) > 1:
                return f"the axes zipped along {dim!r} are no longer zipped"
        taken_by = [dim for others in runs_along.values() for dim in others]
        if len(set(taken_by)) < len(taken_by):
            return f"the axes zipped along {_named(sorted(set(taken_by)))} were not zipped before"
        sources = []
        for dim in self.old["dims"]:
            along = next(iter(runs_along[dim]), None)
            places = self._places(dim, along)
            if along is None and places[0] < 0:
                return f"{_named(self._running(dim))} has a value that was not there"
            sources.append((None if along is None else self.new["dims"].index(along), places))
        allowed = {axis: self._same_as_before(dim) for axis, dim in enumerate(self.new["dims"]) if dim not in taken_by}
        return Match(name, tuple(sources), allowed, **scale)

    def _running(self, dim: str) -> list[str]:
        return [name for name, (other, _) in self.before.items() if other == dim]

    def _size(self, dim: str) -> int:
        return int(self.new["shape"][self.new["dims"].index(dim)])

    def _places(self, dim: str, along: str | None) -> np.ndarray:
        """Return the earlier position along a dimension for each new position, or for the new single values."""
        size = 1 if along is None else self._size(along)
        rows: np.ndarray | int = 0
        for name in self._running(dim):
            before, now = self.before[name][1], np.broadcast_to(self.now[name][1], (size,))
            _, values = np.unique(np.concatenate([before, now]), return_inverse=True)
            _, rows = np.unique(rows * len(values) + values, return_inverse=True)
        assert isinstance(rows, np.ndarray)
        many = len(rows) - size
        known = np.full(len(rows), -1)
        known[rows[:many]] = np.arange(many)
        places = known[rows[many:]]
        # Other inputs along the new dimension that had one value before must still have it.
        return places if along is None else np.where(self._same_as_before(along), places, -1)

    def _same_as_before(self, dim: str) -> np.ndarray:
        """Return the positions along a new dimension at which all inputs that had one value before still have it."""
        found = np.ones(self._size(dim), dtype=bool)
        for name, (dim_before, value) in self.before.items():
            if dim_before is None and self.now[name][0] == dim:
                found &= self.now[name][1] == value
        return found


def copy_matching(earlier: EarlierFile, match: Match, box: Region, out: np.ndarray) -> np.ndarray:
    """Fill in the cells of a box that an earlier file has, and return a mask of them."""
    have = np.zeros(out.shape, dtype=bool)
    wanted = [places if along is None else places[box[along]] for along, places in match.sources]
    chosen = [np.flatnonzero(part >= 0) for part in wanted]
    target = {axis: np.flatnonzero(allowed[box[axis]]) for axis, allowed in match.allowed.items()}
    target |= {along: part for (along, _), part in zip(match.sources, chosen, strict=True) if along is not None}
    if not all(len(part) for part in [*chosen, *target.values()]):
        return have
    positions = [part[index] for part, index in zip(wanted, chosen, strict=True)]
    if not earlier.has_any(match.key, positions):
        return have
    values, there = earlier.cells(match.key, positions)
    if match.factor != 1.0 or match.divisor != 1.0:
        values = values * match.factor / match.divisor
    if values.dtype != out.dtype:
        values, there = _narrowed(values, there, out.dtype)
    place = np.ix_(*(target[axis] for axis in range(out.ndim)))
    axes = [along for along, _ in match.sources]
    out[place] = _turned(values, axes, out.ndim)
    have[place] = _turned(there, axes, out.ndim)
    return have


def _narrowed(values: np.ndarray, there: np.ndarray, dtype: np.dtype) -> tuple[np.ndarray, np.ndarray]:
    """Return values in a smaller type, and which of them fit; the others are recomputed, which gives the message."""
    limits, size = np.finfo(dtype), np.abs(values)
    fits = ~((size > limits.max) | ((size < limits.smallest_normal) & (size > 0.0)))
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        return values.astype(dtype), there & fits


def _turned(array: np.ndarray, axes: Sequence[int | None], ndim: int) -> np.ndarray:
    """Return an array over earlier dimensions as one over the new ones, of length one where it does not vary."""
    kept = [number for number, axis in enumerate(axes) if axis is not None]
    array = array.reshape([array.shape[number] for number in kept])
    order = sorted(range(len(kept)), key=lambda number: axes[kept[number]] or 0)
    present = {axes[number] for number in kept}
    return array.transpose(order)[tuple(slice(None) if axis in present else None for axis in range(ndim))]


class Reuse:
    """What a run reuses of earlier files, variable by variable."""

    def __init__(self, file_layout: FileLayout, earlier_files: Sequence[EarlierFile]) -> None:
        self.file_layout, self.earlier_files = file_layout, earlier_files
        self.matches: dict[str, list[tuple[EarlierFile, Match]]] = {}
        self.refusals: dict[str, list[str]] = {}
        for key in file_layout.block_plan.stored:
            found = [(earlier, matched(earlier, file_layout, key)) for earlier in earlier_files]
            self.matches[key] = [(earlier, match) for earlier, match in found if isinstance(match, Match)]
            self.refusals[key] = [match for _, match in found if isinstance(match, str)]

    def was_used(self, earlier: EarlierFile) -> bool:
        """Tell whether an earlier file has reusable cells of any output."""
        stored = self.file_layout.block_plan.stored
        return any(
            _Coverage([(earlier, match)], stored[key].shape).count(finished=True)
            for key, matches in self.matches.items()
            for other, match in matches
            if other is earlier and stored[key].is_output
        )

    def alike(self) -> dict[str, Hashable]:
        """Return by variable a key that is equal for those with the same reusable cells."""
        return {
            key: tuple((earlier.path, match.signature) for earlier, match in matches)
            for key, matches in self.matches.items()
        }

    @functools.cached_property
    def _partners(self) -> dict[str, tuple[str, ...]]:
        """Return by variable those that are computed with it, itself included."""
        groups = split(self.file_layout.block_plan, self.alike()).groups
        return {key: group.stored for group in groups for key in group.stored}

    def count(self, key: str) -> int:
        """Return how many cells of a variable can be reused, without comparing checksums."""
        return min(self._coverage(other).count(finished=True) for other in self._partners[key])

    def reason(self, key: str) -> str:
        """Say why not all cells of a variable can be reused, and which inputs differ in their last digits only."""
        inputs = self.file_layout.record["variables"][key]["inputs"]
        return "; ".join([self._reason(key), *last_digits(self.earlier_files, self.file_layout, inputs)])

    def notes(self) -> list[str]:
        """Say of which inputs cells are computed again for the last digits only."""
        found = last_digits(self.earlier_files, self.file_layout, self.file_layout.keys)
        return [f"{of_one}, so nothing of an earlier result is used for them" for of_one in found]

    def useless(self, paths: Sequence[Path]) -> list[str]:
        """Say of which of the files at these paths no cell can be used, and why."""
        return [
            f"{earlier.path}: no cell of it can be used: {self._why_useless(earlier)}"
            for earlier in self.earlier_files
            if earlier.path in paths and not self.was_used(earlier)
        ]

    def _why_useless(self, earlier: EarlierFile) -> str:
        outputs = [key for key, item in self.file_layout.block_plan.stored.items() if item.is_output]
        found = {key: matched(earlier, self.file_layout, key) for key in outputs}
        said = {key: match for key, match in found.items() if isinstance(match, str)}
        return next((f"of {key!r}, {match}" for key, match in said.items()), "it has other values")

    def _reason(self, key: str) -> str:
        if not self.matches[key]:
            return next(iter(self.refusals[key]), "")
        lacking = [other for other in self._partners[key] if not self.matches[other]]
        if lacking:
            return f"its function has to run for {' and '.join(map(repr, lacking))}, which was not stored before"
        coverage = self._coverage(key)
        dims, shape = self.file_layout.block_plan.stored[key].dims, self.file_layout.block_plan.stored[key].shape
        new = [dim for dim, number, size in zip(dims, coverage.along(), shape, strict=True) if 0 < number < size]
        nothing = [dim for dim, number, size in zip(dims, coverage.along(), shape, strict=True) if number == size]
        if nothing:
            return f"all values along {_named(nothing)} are new"
        planned = coverage.count(finished=False)
        others = [f"are new along {_named(new)}" if new else "are new"] if planned < math.prod(shape) else []
        failed = all(earlier.is_finished for earlier, match in self.matches[key] if not earlier.done(match.key).all())
        why = "failed, or share a block with cells that failed, and are tried again"
        missing = coverage.count(finished=True) < planned
        unfinished = [why if failed else "were not finished"] if missing else []
        return f"the others {' or '.join([*others, *unfinished])}"

    def _coverage(self, key: str) -> _Coverage:
        return _Coverage(self.matches[key], self.file_layout.block_plan.stored[key].shape)

    def to(self, group: VariableGroup) -> GroupReuse:
        """Return what the variables of a group can reuse."""
        return GroupReuse(self, group)


class _Coverage:
    """Which cells of a variable are in earlier files, by classes of equivalent positions."""

    def __init__(self, matches: Sequence[tuple[EarlierFile, Match]], shape: Sequence[int]) -> None:
        self.matches = matches
        self.blocks = [earlier.record["variables"][match.key]["block"] for earlier, match in matches]
        self.rows, self.numbers = [], []
        for axis, size in enumerate(shape):
            of = [match.classes(axis, block) for (_, match), block in zip(matches, self.blocks, strict=True)]
            stacked = np.stack(of, axis=-1) if of else np.full((size, 1), -1)
            rows, numbers = np.unique(stacked, axis=0, return_counts=True)
            self.rows.append(rows)
            self.numbers.append(numbers)

    def along(self) -> list[int]:
        """Return the number of values along each dimension that are in no file."""
        return [int(n[(row < 0).all(axis=1)].sum()) for row, n in zip(self.rows, self.numbers, strict=True)]

    def count(self, *, finished: bool) -> int:
        """Return how many cells are in the files, or would be had the runs finished."""
        have = np.zeros([len(part) for part in self.rows], dtype=bool)
        for index, (earlier, match) in enumerate(self.matches):
            done = earlier.done(match.key)
            have |= self._done(done if finished else np.ones_like(done), index, match)
        total: np.ndarray = have.astype(np.int64)
        for part in self.numbers:
            total = np.tensordot(part, total, axes=(0, 0))
        return int(total)

    def _done(self, done: np.ndarray, index: int, match: Match) -> np.ndarray:
        """Return which classes are in finished blocks of one file."""
        rows = [part[:, index] for part in self.rows]
        places = [
            place // step if along is None else np.maximum(rows[along], 0)
            for (along, place), step in zip(match.sources, self.blocks[index], strict=True)
        ]
        found = _turned(np.asarray(done[np.ix_(*places)]), [along for along, _ in match.sources], len(rows))
        for axis, part in enumerate(rows):
            found = found & (part >= 0).reshape([-1 if other == axis else 1 for other in range(len(rows))])
        return found


class GroupReuse:
    """What a group reuses of earlier files; blocks are fetched together, as those of the files differ."""

    def __init__(self, reuse: Reuse, group: VariableGroup) -> None:
        self.group = group
        self._stored = reuse.file_layout.block_plan.stored
        self._donors: list[tuple[EarlierFile, dict[str, Match]]] = []
        for earlier, _ in reuse.matches[group.stored[0]]:
            matches = {key: match for key in group.stored for other, match in reuse.matches[key] if other is earlier}
            if len(matches) == len(group.stored):
                self._donors.append((earlier, matches))
        spans = together(group.counts, group.block, reuse.file_layout.block_plan.layout.limits)
        self._size = [span * step for span, step in zip(spans, group.block, strict=True)]
        self._box: Region | None = None

    def fetch(self, box: Region) -> tuple[dict[str, np.ndarray], np.ndarray] | None:
        """Return the values of a block and a mask of the cells that all variables have; None where there are none."""
        if not self._donors:
            return None
        start = [part.start // size * size for part, size in zip(box, self._size, strict=True)]
        around = tuple(
            slice(first, min(first + size, whole))
            for first, size, whole in zip(start, self._size, self.group.shape, strict=True)
        )
        if around != self._box:
            self._box, (self._values, self._have) = around, self._fetch(around)
        local = tuple(slice(part.start - first, part.stop - first) for part, first in zip(box, start, strict=True))
        have = self._have[local]
        return ({key: array[local] for key, array in self._values.items()}, have) if have.any() else None

    def _fetch(self, box: Region) -> tuple[dict[str, np.ndarray], np.ndarray]:
        shape = tuple(part.stop - part.start for part in box)
        have = np.zeros(shape, dtype=bool)
        values = {key: np.empty(shape, dtype=self._stored[key].dtype) for key in self.group.stored}
        for earlier, matches in self._donors:
            if have.all():
                break
            reused = {key: np.empty_like(array) for key, array in values.items()}
            common = ~have
            for key, match in matches.items():
                common &= copy_matching(earlier, match, box, reused[key])
            if not common.any():
                continue
            for key, array in values.items():
                array[common] = reused[key][common]
            have |= common
        return values, have

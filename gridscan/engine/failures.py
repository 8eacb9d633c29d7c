"""Which cells could not be computed, and why."""

from __future__ import annotations

import itertools
import math
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.evaluation.failing_cells import Messages
from gridscan.evaluation.positions import located
from gridscan.evaluation.region import not_computed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from gridscan.engine.partition import BlockPlan
    from gridscan.evaluation.positions import Positions
    from gridscan.evaluation.variable import VariableSpec

#: The variable of a result that says which cells failed.
STATUS = "run_status"
_SHOWN = 3
_MOST_REASONS = 3
_LONGEST_REASON = 1000


@dataclass(frozen=True)
class _Part:
    positions: Positions
    shape: tuple[int, ...]
    codes: bytes

    @property
    def place(self) -> tuple[int, ...]:
        return tuple(_position(part, 0) for part in self.positions)


@dataclass(frozen=True)
class Status:
    """A variable that says which cells of some outputs failed.

    Attributes
    ----------
    dims
        Dimensions along which these outputs vary; the draws of a cell fail together.
    """

    name: str
    keys: tuple[str, ...]
    dims: tuple[str, ...]


class Failures:
    """Cells that failed, by variable, as compressed codes of regions.

    The result does not depend on the order in which failures are added.

    Parameters
    ----------
    taken
        Names of other variables and dimensions of the file.
    """

    def __init__(self, block_plan: BlockPlan, taken: Collection[str] = ()) -> None:
        self.block_plan, self.taken = block_plan, {*taken, *block_plan.stored}
        self.messages = Messages()
        self._parts: dict[str, list[_Part]] = {}
        self._counts: dict[tuple[str, int], int] = {}
        self._first = ""

    def __bool__(self) -> bool:
        return bool(self._parts)

    def add(self, key: str, positions: Positions, codes: np.ndarray, messages: Messages) -> int:
        """Record the codes of a region of a variable, and return how many failed cells they hold."""
        merged = np.asarray(self.messages.merged(messages, codes), dtype=np.int16, order="C")
        if not self._first:
            self._first = self._described(key, positions, merged)
        self._parts.setdefault(key, []).append(_Part(positions, merged.shape, zlib.compress(merged.tobytes(), 1)))
        counts = np.bincount(merged.ravel())
        for code in np.flatnonzero(counts[1:]) + 1:
            self._counts[key, int(code)] = self._counts.get((key, int(code)), 0) + int(counts[code])
        return int(counts[1:].sum())

    def first(self) -> str:
        """Return why and where the first cell failed."""
        return self._first

    def notes(self, *, in_file: bool = True) -> list[str]:
        """Return a line for each of the most frequent reasons, and name the variable that says which cells failed.

        Parameters
        ----------
        in_file
            Whether the file has this variable.
        """
        found = [
            (-count, key, self._reason(code)) for (key, code), count in self._counts.items() if key in self._outputs
        ]
        lines = [
            f"{-count:,} of {self.block_plan.stored[key].cells:,} cells of {key!r} failed: {text}"
            for count, key, text in sorted(found)
        ]
        names = " and ".join(repr(status.name) for status in self.statuses())
        if len(lines) > _SHOWN:
            where = f"; {names} in the file says which cells failed" if in_file else ""
            return [*lines[:_SHOWN], f"and {len(lines) - _SHOWN} more reasons{where}"]
        if not in_file:
            return lines
        return [*lines[:-1], *(f"{line} ({names} in the file says which)" for line in lines[-1:])]

    @property
    def keys(self) -> set[str]:
        """The variables with cells that failed."""
        return set(self._parts)

    def of(self, key: str) -> dict[str, Any]:
        """Return whether cells of a variable failed, and by which other variable the file says which."""
        status = next((status.name for status in self.statuses() if key in status.keys), "")
        return {"missing": key in self._parts, "status_variable": status}

    @property
    def _outputs(self) -> list[str]:
        return [key for key, item in self.block_plan.stored.items() if item.is_output and key in self._parts]

    def statuses(self) -> list[Status]:
        """Return the variables that say which cells failed: one for all outputs, or one for each if that is smaller."""
        dims = self._along(self._outputs)
        sizes = {dim: size for key in self._outputs for dim, size in _sizes(self.block_plan.stored[key]).items()}
        cells = sum(math.prod(_sizes(self.block_plan.stored[key]).values()) for key in self._outputs)
        if not self._outputs or math.prod(sizes[dim] for dim in dims) <= max(
            cells, self.block_plan.layout.limits.largest_status
        ):
            return [Status(self._free(STATUS), tuple(self._outputs), dims)] if self._outputs else []
        return [Status(self._free(f"{key}_{STATUS}"), (key,), self._along([key])) for key in self._outputs]

    def _along(self, keys: Sequence[str]) -> tuple[str, ...]:
        has = {dim for key in keys for dim in _sizes(self.block_plan.stored[key])}
        return tuple(dim for dim in self.block_plan.layout.resolved.sizes if dim in has)

    def _free(self, name: str) -> str:
        names = itertools.chain([name], (f"{name}_{number}" for number in itertools.count(2)))
        return next(found for found in names if found not in self.taken)

    def attributes(self, status: Status) -> dict[str, Any]:
        """Return the attributes of a variable that says which cells failed."""
        order = self._order(status)
        codes = np.arange(len(order) + 1, dtype=np.int16)
        return {
            "standard_name": "status_flag",
            "long_name": f"whether a cell was computed, or why {_one_of(status.keys)} was not",
            "flag_values": codes,
            "flag_meanings": " ".join(["computed", *(f"failure_{code}" for code in codes[1:])]),
            "messages": "\n".join(f"{number}: {self._reason(code)}" for number, code in enumerate(order, start=1)),
        }

    def parts(self, status: Status) -> Iterator[tuple[Positions, np.ndarray]]:
        """Yield positions along the dimensions of a status, and the codes there (length one where they do not vary)."""
        renumbered = np.zeros(len(self.messages.texts) + 1, dtype=np.int16)
        for number, code in enumerate(self._order(status), start=1):
            renumbered[code] = number
        for key, part, codes in self._sorted(status):
            dims = _sizes(self.block_plan.stored[key])
            at = dict(zip(dims, part.positions, strict=False))
            lengths = dict(zip(dims, codes.shape, strict=True))
            shape = [lengths.get(dim, 1) for dim in status.dims]
            yield tuple(at.get(dim, slice(None)) for dim in status.dims), renumbered[codes].reshape(shape)

    def _sorted(self, status: Status) -> Iterator[tuple[str, _Part, np.ndarray]]:
        for key in status.keys:
            for part in sorted(self._parts[key], key=lambda part: part.place):
                codes = np.frombuffer(zlib.decompress(part.codes), dtype=np.int16).reshape(part.shape)
                yield key, part, codes[..., 0] if self.block_plan.stored[key].drawn else codes

    def _order(self, status: Status) -> list[int]:
        """Return the codes of the messages in the order of their blocks, alphabetically within a block."""
        found: dict[int, None] = {}
        for _, _, codes in self._sorted(status):
            met = np.flatnonzero(np.bincount(codes.ravel()))
            found |= dict.fromkeys(sorted((int(code) for code in met if code), key=self._reason))
        return list(found)

    def _reason(self, code: int) -> str:
        """Return a message in one line; for a failed intermediate quantity, with its reasons."""
        text = self.messages.texts[code - 1]
        for key, item in self.block_plan.stored.items():
            if text == not_computed(item.quantity):
                below = sorted(self._reason(other) for name, other in self._counts if name == key and other != code)
                more = f" or one of {len(below) - _MOST_REASONS} more reasons" if len(below) > _MOST_REASONS else ""
                text = f"{text}: {' or '.join(below[:_MOST_REASONS])}{more}" if below else text
        line = "; ".join(part.strip() for part in text.splitlines())
        return line if len(line) <= _LONGEST_REASON else f"{line[:_LONGEST_REASON]} …"

    def _described(self, key: str, positions: Positions, codes: np.ndarray) -> str:
        first = np.unravel_index(int(np.argmax(codes != 0)), codes.shape)
        item, resolved = self.block_plan.stored[key], self.block_plan.layout.resolved
        # All draws of a cell fail together.
        dims = list(_sizes(item))
        places = [_position(part, int(index)) for part, index in zip(positions, first, strict=True)][: len(dims)]
        return located(self._reason(int(codes[first])), dims, places, resolved.coordinates)


def _sizes(item: VariableSpec) -> dict[str, int]:
    """Return the dimensions of a variable except that of the realisations."""
    return dict(list(zip(item.dims, item.shape, strict=True))[: len(item.dims) - item.drawn])


def _one_of(keys: Sequence[str]) -> str:
    return f"one of {', '.join(keys)}" if len(keys) > 1 else keys[0]


def _position(part: slice | Sequence[int] | np.ndarray, index: int) -> int:
    return part.start + index if isinstance(part, slice) else int(part[index])

"""Finding the cells that make a formula fail, by trying parts of the grid, for a limited time."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.errors import EvaluationError
from gridscan.evaluation.positions import products

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: Positions along the axes of an array, whose product are cells.
Places = tuple[np.ndarray, ...]
_MOST_MESSAGES = 1000
# Limits of the search: ranges tried along each axis, then parts of what is left.
_RANGES_TRIED = 128
_PARTS_TRIED = 5000


@dataclass
class Messages:
    """Messages of failed cells; the code of a message is its place in the list, from 1."""

    texts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._codes = {text: place for place, text in enumerate(self.texts, start=1)}

    def code(self, text: str) -> int:
        """Return the code of a message, adding it if it is new."""
        if text not in self._codes:
            if len(self.texts) > _MOST_MESSAGES:
                return len(self.texts)
            self.texts.append(text if len(self.texts) < _MOST_MESSAGES else "failed for one of many other reasons")
            self._codes[text] = len(self.texts)
        return self._codes[text]

    def merged(self, other: Messages, codes: np.ndarray) -> np.ndarray:
        """Return codes of another list as those of this one."""
        translated: np.ndarray = np.array([0, *(self.code(text) for text in other.texts)])[codes]
        return translated


def find_failing_cells(
    evaluate: Callable[[Places], dict[str, np.ndarray]],
    values: dict[str, np.ndarray],
    fault: str,
    shape: tuple[int, ...],
    messages: Messages,
) -> np.ndarray:
    """Fill in the values of the cells that can be computed, and return the codes of those that cannot.

    Ranges along each axis are tried in turn, which leaves a product of positions with all failing cells. This is halved
    repeatedly; what is left when the limit is reached counts as failed.
    """
    if math.prod(shape) == 1:
        return np.full(shape, messages.code(fault))
    suspects: list[np.ndarray] = [np.arange(size) for size in shape]
    for axis, size in enumerate(shape):
        suspects[axis] = _failing_along(evaluate, suspects, axis) if size > 1 else suspects[axis]
    codes = np.zeros(shape, dtype=int)
    suspected = np.zeros(shape, dtype=bool)
    suspected[np.ix_(*suspects)] = True
    waiting: deque[Places] = deque([*products(~suspected), tuple(suspects)])
    for _ in range(_PARTS_TRIED):
        if not waiting:
            break
        part = waiting.popleft()
        try:
            for name, array in evaluate(part).items():
                values[name][np.ix_(*part)] = array
        except EvaluationError as error:
            if all(len(positions) == 1 for positions in part):
                codes[np.ix_(*part)] = messages.code(str(error))
            else:
                waiting += _halves(part)
    for part in waiting:
        many = math.prod(len(positions) for positions in part)
        untested = f"{fault} (in at least one of {many:,} cells that were not tested one by one)"
        codes[np.ix_(*part)] = messages.code(untested)
    return codes


def _halves(part: Places) -> list[Places]:
    """Divide a product of positions in two along the longest of its axes."""
    axis = max(range(len(part)), key=lambda number: len(part[number]))
    middle = len(part[axis]) // 2
    return [(*part[:axis], half, *part[axis + 1 :]) for half in (part[axis][:middle], part[axis][middle:])]


def _failing_along(evaluate: Callable[[Places], Any], suspects: Sequence[np.ndarray], axis: int) -> np.ndarray:
    """Return the positions along an axis at which something fails, by halving ranges of them."""
    failing: list[np.ndarray] = []
    ranges = deque([suspects[axis]])
    for _ in range(_RANGES_TRIED):
        if not ranges:
            break
        part = ranges.popleft()
        try:
            evaluate((*suspects[:axis], part, *suspects[axis + 1 :]))
        except EvaluationError:
            if len(part) == 1:
                failing.append(part)
            else:
                ranges += [part[: len(part) // 2], part[len(part) // 2 :]]
    return np.sort(np.concatenate([*failing, *ranges]))


def first_failing_cell(evaluate: Callable[[Places], Any], shape: tuple[int, ...], fault: str) -> tuple[Places, str]:
    """Return the position of the first cell that cannot be computed, in array order, and the reason.

    Where every cell can be computed by itself, the fault of all together is returned, without a position.

    Parameters
    ----------
    fault
        Why all cells together cannot be computed.
    """
    suspects: list[np.ndarray] = [np.arange(size) for size in shape]
    for axis in range(len(shape)):
        while len(suspects[axis]) > 1:
            middle = len(suspects[axis]) // 2
            lower = suspects[axis][:middle]
            try:
                evaluate((*suspects[:axis], lower, *suspects[axis + 1 :]))
            except EvaluationError as error:
                suspects[axis], fault = lower, str(error)
            else:
                suspects[axis] = suspects[axis][middle:]
    try:
        evaluate(tuple(suspects))
    except EvaluationError as error:
        return tuple(suspects), str(error)
    return (), fault

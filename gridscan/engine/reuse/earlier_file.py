"""Earlier or interrupted results whose cells can be reused; checksums are compared before use."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.atomic import reason
from gridscan.errors import StoreError
from gridscan.evaluation.block_shape import together
from gridscan.limits import DEFAULT
from gridscan.storage.checksums import is_done, is_whole
from gridscan.storage.plain_files import close, open_plainly
from gridscan.storage.record import OtherFormat, changes_in, read_record, variable_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from gridscan.engine.partition import Region
    from gridscan.limits import Limits

# Largest ratio of what is read at once to what is asked for.
_WASTE = 4
#: Suffix of working files.
WORK = ".work"
_ABSENT, _UNKNOWN, _WHOLE, _DAMAGED = range(4)


def damage_of(path: Path, blocks: int) -> str:
    """Return a note on damaged blocks."""
    return f"{path}: {blocks:,} damaged {'block was' if blocks == 1 else 'blocks were'} recomputed"


class EarlierFile:
    """An earlier result, or the working file of an interrupted run.

    Attributes
    ----------
    record
        How the numbers were computed, see :func:`gridscan.engine.reuse.fingerprint.record_of`.
    keys
        Keys of the values of each input, over its dimension.
    changed
        What of the file, besides numbers that were computed, is not as gridscan wrote it, in words.

    Raises
    ------
    StoreError
        If the file is damaged, or does not record how its numbers were computed.
    """

    def __init__(self, path: Path, limits: Limits = DEFAULT) -> None:
        self.path, self.limits = path, limits
        self._file: Any = None
        self._damaged: set[tuple[str, tuple[int, ...]]] = set()
        try:
            self._file = open_plainly(path)
            self._read_record()
        except OtherFormat as error:
            self.close()
            raise StoreError(f"{path}: {error}; nothing of it is reused") from None
        # Libraries raise all kinds of exceptions on a damaged or foreign file.
        except Exception as error:
            is_open = self._file is not None
            self.close()
            what = "is damaged or not a result of this version of gridscan" if is_open else "cannot be read"
            said = reason(error).strip("\"'")
            raise StoreError(f"{path}: {what}, so nothing of it is reused ({said})") from None

    def _read_record(self) -> None:
        record = read_record(self._file)
        if record is None or not record.is_of_run:
            raise ValueError("it has no record of a run")
        self.record, self.keys = record.content, record.keys_of_inputs()
        self.changed = changes_in(self._file, record).changed
        self._checksums, self._states = {}, {}
        for key, old in self.record["variables"].items():
            variable, checksums = self._file[variable_path(key)], record.checksums_of(key)
            if variable.shape != tuple(old["shape"]) or variable.dtype != old["type"]:
                raise ValueError(f"{key!r} has the wrong shape")
            self._checksums[key] = checksums
            self._states[key] = np.where(is_done(checksums), _UNKNOWN, _ABSENT).astype(np.int8)

    def close(self) -> None:
        """Close the file."""
        close(self._file)

    @property
    def is_finished(self) -> bool:
        """Tell whether this is a finished result, in which only cells that failed are missing."""
        return self.path.suffix != WORK

    @property
    def has_blocks(self) -> bool:
        """Tell whether any block is done, without comparing checksums."""
        return any(is_done(checksums).any() for checksums in self._checksums.values())

    @property
    def has_all_blocks(self) -> bool:
        """Tell whether every block is done, without comparing checksums."""
        return all(is_done(checksums).all() for checksums in self._checksums.values())

    @property
    def damaged(self) -> int:
        """Number of damaged blocks among those that were to be reused."""
        return len(self._damaged)

    def is_whole(self, part: Mapping[str, np.ndarray] | None = None) -> bool:
        """Tell whether every block, or each in some part of the blocks of each variable, is done and undamaged."""
        if part is not None:
            places = {key: np.argwhere(part[key].reshape(self._checksums[key].shape)) for key in part}
            boxes = ((key, [np.array([at]) for at in place]) for key in part for place in places[key])
            return all(self.whole(key, numbers).all() for key, numbers in boxes)
        everything = {
            key: [np.arange(count) for count in checksums.shape] for key, checksums in self._checksums.items()
        }
        return all(self.whole(key, numbers).all() for key, numbers in everything.items())

    def marks(self, key: str) -> tuple[np.ndarray, np.ndarray]:
        """Return which blocks of a variable are written, and in which cells failed, without comparing checksums."""
        checksums = self._checksums[key].ravel()
        return checksums != 0, (checksums != 0) & ~is_done(checksums)

    def done(self, key: str) -> np.ndarray:
        """Return which blocks of a variable are done, without comparing checksums."""
        return is_done(self._checksums[key])

    def whole(self, key: str, numbers: Sequence[np.ndarray]) -> np.ndarray:
        """Return which blocks of a product are done and undamaged: each checksum is compared once."""
        index = np.ix_(*numbers)
        for place in np.argwhere(self._states[key][index] == _UNKNOWN):
            block = tuple(int(part[at]) for part, at in zip(numbers, place, strict=True))
            if self._states[key][block] == _UNKNOWN:
                self._compare(key, block)
        found = np.asarray(self._states[key][index])
        for place in np.argwhere(found == _DAMAGED):
            self._damaged.add((key, tuple(int(part[at]) for part, at in zip(numbers, place, strict=True))))
        return np.asarray(found == _WHOLE)

    def _compare(self, key: str, block: tuple[int, ...]) -> None:
        """Compare the checksums of a block and its neighbours, which are read together."""
        checksums, step = self._checksums[key], self.record["variables"][key]["block"]
        spans = together(checksums.shape, tuple(step), self.limits)
        ranges = [
            range(at // span * span, min(at // span * span + span, count))
            for at, span, count in zip(block, spans, checksums.shape, strict=True)
        ]
        start = [part.start * size for part, size in zip(ranges, step, strict=True)]
        around = tuple(slice(part.start * size, part.stop * size) for part, size in zip(ranges, step, strict=True))
        data = self._values(key, around)
        for place in itertools.product(*ranges):
            if self._states[key][place] == _UNKNOWN:
                box = tuple(slice(at * size, (at + 1) * size) for at, size in zip(place, step, strict=True))
                local = tuple(slice(b.start - s, b.stop - s) for b, s in zip(box, start, strict=True))
                values = self._values(key, box) if data is None else data[local]
                as_written = values is not None and is_whole(values, checksums[place])
                self._states[key][place] = _WHOLE if as_written else _DAMAGED

    def _values(self, key: str, box: Region) -> np.ndarray | None:
        """Return the values in a box, or None where they cannot be read."""
        try:
            return np.asarray(self._file[variable_path(key)][box])
        except Exception:  # see above
            return None

    def has_any(self, key: str, positions: Sequence[np.ndarray]) -> bool:
        """Tell whether any block of those at a product of positions is done, without comparing checksums."""
        step = self.record["variables"][key]["block"]
        blocks = [np.unique(part // size) for part, size in zip(positions, step, strict=True)]
        return bool(is_done(self._checksums[key][np.ix_(*blocks)]).any())

    def cells(self, key: str, positions: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Return the values at a product of positions along the dimensions, and which of them are available."""
        blocks = [part // step for part, step in zip(positions, self.record["variables"][key]["block"], strict=True)]
        numbers, places = [], []
        for part in blocks:
            number, place = np.unique(part, return_inverse=True)
            numbers.append(number)
            places.append(place)
        there = self.whole(key, numbers)[np.ix_(*places)]
        values = np.empty(there.shape, dtype=self._file[variable_path(key)].dtype)
        if there.any():
            self._gather(key, positions, values, there)
        return values, there

    def _gather(self, key: str, positions: Sequence[np.ndarray], values: np.ndarray, there: np.ndarray) -> None:
        """Read the values at positions in ranges of a sensible size; unreadable ones are not available."""
        lows = [int(part.min()) for part in positions]
        sizes = [int(part.max()) - low + 1 for part, low in zip(positions, lows, strict=True)]
        limit = max(self.limits.read_cells, _WASTE * values.size)
        found = None
        if float(np.prod(sizes, dtype=float)) <= limit:
            box = tuple(slice(low, low + size) for low, size in zip(lows, sizes, strict=True))
            found = self._values(key, box)
        if found is not None:
            values[...] = found[np.ix_(*(part - low for part, low in zip(positions, lows, strict=True)))]
        elif values.size == 1:
            there[...] = False
        else:
            sparse = [size / len(part) if size > 1 else 0.0 for part, size in zip(positions, sizes, strict=True)]
            axis = int(np.argmax(sparse))
            lower = positions[axis] < lows[axis] + (sizes[axis] + 1) // 2
            for chosen in (np.flatnonzero(lower), np.flatnonzero(~lower)):
                self._gather_part(key, positions, axis, chosen, values, there)

    def _gather_part(
        self,
        key: str,
        positions: Sequence[np.ndarray],
        axis: int,
        chosen: np.ndarray,
        values: np.ndarray,
        there: np.ndarray,
    ) -> None:
        index: Any = (*(slice(None),) * axis, chosen)
        if there[index].any():
            part, whole = np.empty_like(values[index]), there[index]
            self._gather(key, [*positions[:axis], positions[axis][chosen], *positions[axis + 1 :]], part, whole)
            values[index], there[index] = part, whole


def close_all(earlier_files: list[EarlierFile]) -> None:
    """Close earlier files, among them those that are added to the list later."""
    for earlier in earlier_files:
        earlier.close()

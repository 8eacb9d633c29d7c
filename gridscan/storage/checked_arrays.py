"""Arrays of a file whose blocks are compared with their checksums when they are first read."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
from xarray.backends import BackendArray
from xarray.core import indexing

from gridscan.atomic import reason
from gridscan.errors import StoreError
from gridscan.limits import DEFAULT
from gridscan.storage.checksums import box_in_words, is_whole
from gridscan.storage.pieces import read_into

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr

    from gridscan.storage.pieces import Piece

#: What to do about a damaged result.
TO_REPAIR = "run its scenario again to repair it"


class CheckedArray(BackendArray):
    """A variable of a file; each block is compared with its checksum when it is first read.

    Of blocks that a slice touches in part, those around a small slice are read whole; where that would be more than a
    block of the largest size, and more than twice what is asked for, only what is asked for is read, unchecked.

    Parameters
    ----------
    name
        Name of the variable, and of the file, for messages.
    variable
        As it is in the file, not read yet.
    block
        Shape of its blocks.
    checksums
        Of the blocks, with a dimension for each of the variable.
    around
        Cells that are read around a slice at most.
    piece
        Where its numbers lie in the file, if in one piece.
    """

    def __init__(
        self,
        name: tuple[str, str],
        variable: xr.Variable,
        block: Sequence[int],
        checksums: np.ndarray,
        around: int = DEFAULT.largest_block,
        piece: Piece | None = None,
    ) -> None:
        self.path, self.name = name
        self.shape, self.dtype = variable.shape, variable.dtype
        self._variable, self._block, self._checksums = variable, tuple(block), checksums
        self._piece, self._around = piece, around
        self._compared = np.zeros(checksums.shape, dtype=bool)

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        """Return part of the variable, as xarray asks for it."""
        return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.OUTER, self._part)

    async def async_getitem(self, key: indexing.ExplicitIndexer) -> Any:
        """Return part of the variable to who waits for it.

        Parameters
        ----------
        key
            The part.

        Returns
        -------
        numpy.ndarray
            Its values.
        """
        return self[key]

    def _part(self, key: tuple[Any, ...]) -> Any:
        places = [_places(part, size) for part, size in zip(key, self.shape, strict=True)]
        asked = math.prod(map(len, places))
        if not asked:
            return self._read(key)
        spans = [range(int(min(part)), int(max(part)) + 1) for part in places]
        sizes = list(zip(spans, self._block, self.shape, strict=True))
        blocks = [range(span.start // step, -(-span.stop // step)) for span, step, _ in sizes]
        if self._compared[np.ix_(*blocks)].all():
            return self._read(key)
        around = [
            range(part.start * step, min(part.stop * step, size))
            for part, (_, step, size) in zip(blocks, sizes, strict=True)
        ]
        if math.prod(map(len, around)) > max(self._around, 2 * asked):
            if math.prod(map(len, spans)) > asked:
                return self._read(key)
            around, blocks = spans, [_inside(span, step, size) for span, step, size in sizes]
            values = self._read(tuple(slice(part.start, part.stop) for part in around))
            self._compare(values, around, blocks)
        else:
            values = self._read_blocks(around, blocks)
        return _picked(values, key, places, around)

    def _read_blocks(self, around: list[range], blocks: list[range]) -> np.ndarray:
        """Return whole blocks, compared with their checksums."""
        file = None if self._piece is None else self._piece.opened()
        if file is None or self._piece is None:
            values = self._read(tuple(slice(part.start, part.stop) for part in around))
            self._compare(values, around, blocks)
            return values
        values = np.empty([len(part) for part in around], dtype=self.dtype)
        with file:
            for place in itertools.product(*blocks):
                box, local = self._box(place, around)
                first = np.ravel_multi_index([part.start for part in box], self.shape) if box else 0
                start = self._piece.start + int(first) * self.dtype.itemsize
                # With an ellipsis, what is picked of an array without dimensions is part of it, too.
                part: Any = (*local, ...)
                self._take(place, box, read_into(values[part], file, start, self._checksums[place]))
        return values

    def _read(self, key: tuple[Any, ...]) -> np.ndarray:
        try:
            return np.asarray(self._variable[key].values)
        except MemoryError:
            raise
        # Libraries raise all kinds of exceptions on a damaged file.
        except Exception as error:
            raise StoreError(
                f"{self.path}: is damaged: {self.name!r} cannot be read ({reason(error)}); {TO_REPAIR}"
            ) from None

    def _compare(self, values: np.ndarray, around: list[range], blocks: list[range]) -> None:
        for place in itertools.product(*blocks):
            if not self._compared[place]:
                box, local = self._box(place, around)
                self._take(place, box, is_whole(values[local], self._checksums[place]))

    def _box(self, place: tuple[int, ...], around: list[range]) -> tuple[list[slice], tuple[slice, ...]]:
        """Return the ranges of a block, in the variable and in what was read around it."""
        ranges = list(zip(place, self._block, self.shape, strict=True))
        box = [slice(at * step, min((at + 1) * step, size)) for at, step, size in ranges]
        both = zip(box, around, strict=True)
        return box, tuple(slice(part.start - read.start, part.stop - read.start) for part, read in both)

    def _take(self, place: tuple[int, ...], box: list[slice], whole: bool) -> None:
        if not whole:
            raise StoreError(
                f"{self.path}: is damaged: {box_in_words(self.name, box)} is not as gridscan wrote it; {TO_REPAIR}"
            )
        self._compared[place] = True


class ForeignArray(BackendArray):
    """A variable of a file that gridscan did not write; where it cannot be read, that is said in one line.

    Parameters
    ----------
    name
        Name of the file, and of the variable, for messages.
    variable
        As it is decoded, not read yet.
    """

    def __init__(self, name: tuple[str, str], variable: xr.Variable) -> None:
        self.path, self.name = name
        self.shape, self.dtype = variable.shape, variable.dtype
        self._variable = variable

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        """Return part of the variable, as xarray asks for it."""
        return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.OUTER, self._part)

    async def async_getitem(self, key: indexing.ExplicitIndexer) -> Any:
        """Return part of the variable to who waits for it.

        Parameters
        ----------
        key
            The part.

        Returns
        -------
        numpy.ndarray
            Its values.
        """
        return self[key]

    def _part(self, key: tuple[Any, ...]) -> Any:
        try:
            return self._variable[key].values
        except MemoryError:
            raise
        # Libraries raise all kinds of exceptions on a damaged or unusual file.
        except Exception as error:
            raise StoreError(
                f"{self.path}: {self.name!r} cannot be read ({reason(error)});"
                " it is damaged, or stored in a way that xarray does not read"
            ) from None


def _places(part: Any, size: int) -> Any:
    """Return the positions along a dimension that an index picks, as a range or an array."""
    if isinstance(part, slice):
        return range(*part.indices(size))
    places = np.atleast_1d(part)
    return np.where(places < 0, places + size, places)


def _inside(span: range, step: int, size: int) -> range:
    """Return the blocks that lie in a range as a whole."""
    return range(-(-span.start // step), -(-size // step) if span.stop == size else span.stop // step)


def _picked(values: np.ndarray, key: tuple[Any, ...], places: list[Any], around: list[range]) -> np.ndarray:
    """Return what an index picks of the variable from values that were read around it."""
    for axis in reversed(range(len(key))):
        here, start = places[axis], around[axis].start
        part: Any = slice(here[0] - start, here[-1] - start + 1) if _is_run(here) else np.asarray(here) - start
        if np.ndim(key[axis]) == 0 and not isinstance(key[axis], slice):
            part = int(here[0]) - start
        values = values[(slice(None),) * axis + (part,)]
    return values


def _is_run(places: Any) -> bool:
    return isinstance(places, range) and places.step == 1

"""The working file of a run: from the first block on it has the form of the final netCDF file.

Its variables are contiguous and at their final place, so that a block is written straight into the file and nothing
else in it changes. Each block has a checksum, 0 if it is not done, which is written after it; comparing the two shows
whether both have reached the disk.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import netCDF4
import numpy as np

from gridscan.engine.file_layout import FileLayout, checksum_places
from gridscan.storage.checksums import is_done, is_whole
from gridscan.storage.record import CHECKSUMS, variable_path
from gridscan.storage.sealing import add_arrays, seal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import xarray as xr

    from gridscan.engine.failures import Failures
    from gridscan.engine.partition import BlockPlan, Region, VariableGroup
    from gridscan.evaluation.variable import VariableSpec

#: What to do where a run was stopped.
GO_ON = "finished blocks are kept; run it again to go on from there"
# Linux takes several times as long per byte for a call that writes more.
_WRITTEN_AT_ONCE = 1 << 18


def create(file_layout: FileLayout, path: Path) -> None:
    """Write a file without numbers, in which each variable has its place."""
    prepare(file_layout, path)
    seal(path, file_layout.record, file_layout.coordinates)


def prepare(
    file_layout: FileLayout, path: Path, *, compression: int | None = None, failures: Failures | None = None
) -> None:
    """Write a file without numbers and record.

    Parameters
    ----------
    compression
        Level; the variables are then chunked, and have no place yet.
    failures
        Cells that failed.
    """
    dataset = file_layout.dataset
    with netCDF4.Dataset(path, "w") as file:
        file.set_fill_off()
        file.setncatts(dataset.attrs)
        alone = file_layout.loose_coordinates
        if alone:
            file.coordinates = alone
        for name, size in dataset.sizes.items():
            file.createDimension(str(name), size)
        for name, variable in dataset.coords.variables.items():
            _write_coordinate(file, str(name), variable)
        for item in file_layout.block_plan.stored.values():
            made = _variable(file, file_layout, item, compression, {} if failures is None else failures.of(item.key))
            if compression is None:
                _allocate(made)
        number = sum(group.number * len(group.stored) for group in file_layout.block_plan.groups)
        add_arrays(file, np.zeros(1 + number, dtype=np.uint64), file_layout.all_keys)


def _write_coordinate(file: netCDF4.Dataset, name: str, variable: xr.Variable) -> None:
    """Write a coordinate; labels as characters: strings may end a process in the netCDF library."""
    values, dims = variable.values, [str(dim) for dim in variable.dims]
    attributes = dict(variable.attrs)
    if values.dtype.kind in "UO":
        texts = np.char.encode(values.astype(str), "utf-8")
        long = max(texts.dtype.itemsize, 1)
        if f"string{long}" not in file.dimensions:
            file.createDimension(f"string{long}", long)
        dims, values = [*dims, f"string{long}"], texts.reshape(-1).view("S1").reshape(*texts.shape, long)
        attributes["_Encoding"] = "utf-8"
    made = file.createVariable(name, values.dtype, dims)
    made.set_auto_chartostring(False)
    made.setncatts(attributes)
    made[...] = values


def _variable(
    file: netCDF4.Dataset,
    file_layout: FileLayout,
    item: VariableSpec,
    compression: int | None,
    failed: Mapping[str, Any],
) -> netCDF4.Variable[Any]:
    options: dict[str, Any] = {"contiguous": True}
    if compression is not None:
        chunks = file_layout.chunks_of(item.shape)
        options = {"compression": "zlib", "complevel": compression, "shuffle": True, "chunksizes": chunks}
    made = file.createVariable(f"/{variable_path(item.key)}", item.dtype, item.dims, **(options if item.dims else {}))
    made.setncatts(file_layout.attributes(item.key, **failed))
    return made


def _allocate(variable: netCDF4.Variable[Any]) -> None:
    """Give a variable its place in the file by writing its last value."""
    variable.set_auto_maskandscale(False)
    variable[tuple(size - 1 for size in variable.shape)] = 0


class WorkingFile:
    """A working file, open for reading and writing blocks.

    Raises
    ------
    OSError
        If the file cannot be read or written; without a number where it is damaged.
    """

    def __init__(self, path: Path, block_plan: BlockPlan) -> None:
        import h5py

        self.path, self.block_plan = path, block_plan
        self.damaged = 0
        self._group = {key: group for group in block_plan.groups for key in group.stored}
        try:
            with h5py.File(path, "r") as file:
                self._offsets = {key: file[variable_path(key)].id.get_offset() for key in block_plan.stored}
                first = file[CHECKSUMS].id.get_offset()
                places = checksum_places(block_plan)
                self._checksums_at = {key: first + 8 * place for key, place in places.items()}
        except (KeyError, RuntimeError, ValueError, AttributeError, TypeError) as error:
            raise OSError(None, f"the file is damaged ({error})") from None
        self._descriptor = os.open(path, os.O_RDWR)
        self._size = os.fstat(self._descriptor).st_size

    def __enter__(self) -> WorkingFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def is_framed_as(self, other: Path) -> bool:
        """Tell whether another file has the same header, coordinates, record and size."""
        held = [(self._offsets[key], item.nbytes) for key, item in self.block_plan.stored.items()]
        held += [(self._checksums_at[key], 8 * self._group[key].number) for key in self.block_plan.stored]
        size, start = os.stat(other).st_size, 0
        if None in (place for place, _ in held) or os.fstat(self._descriptor).st_size != size:
            return False
        with other.open("rb") as file:
            for place, length in [*sorted(held), (size, 0)]:
                if os.pread(self._descriptor, place - start, start) != os.pread(file.fileno(), place - start, start):
                    return False
                start = place + length
        return True

    def all_checksums(self) -> np.ndarray:
        """Return the checksums of all blocks, behind the size of the file."""
        first = min(self._checksums_at.values()) - 8
        number = 1 + sum(self._group[key].number for key in self.block_plan.stored)
        return np.array(np.frombuffer(self._bytes(8 * number, first), dtype=np.uint64))

    def checksums(self, key: str) -> np.ndarray:
        """Return the checksums of the blocks of a variable, 0 for those that are not done."""
        number = self._group[key].number
        return np.array(np.frombuffer(self._bytes(8 * number, self._checksums_at[key]), dtype=np.uint64))

    def done(self, group: VariableGroup) -> np.ndarray:
        """Return which blocks of a group are done and undamaged: their checksums are compared.

        The others are computed again.
        """
        found: np.ndarray = np.all([is_done(self.checksums(key)) for key in group.stored], axis=0)
        for block in np.flatnonzero(found):
            for key in group.stored:
                if not is_whole(self.read(key, group.box(int(block))), self.checksum_at(key, int(block))):
                    found[block] = False
                    self.damaged += 1
                    self._write_checksum(key, int(block), np.uint64(0))
        return found

    def checksum_at(self, key: str, block: int) -> np.uint64:
        """Return the checksum of one block of a variable, 0 if it is not done."""
        return np.uint64(np.frombuffer(self._bytes(8, self._checksums_at[key] + 8 * block), dtype=np.uint64)[0])

    def write(
        self, group: VariableGroup, block: int, values: Mapping[str, np.ndarray], checksums: Mapping[str, np.uint64]
    ) -> None:
        """Write a block of the variables of a group, then its checksums."""
        # A block would make a file that was cut short as long as before.
        self.check_size()
        for key in group.stored:
            item = self.block_plan.stored[key]
            start = _start(item.shape, group.box(block)) * item.dtype.itemsize
            _write_whole(
                self._descriptor, np.ascontiguousarray(values[key], dtype=item.dtype), self._offsets[key] + start
            )
        for key, checksum in checksums.items():
            self._write_checksum(key, block, checksum)

    def check_size(self) -> None:
        """Refuse a file that another program has cut short or put something else in the place of."""
        own, there = os.fstat(self._descriptor), os.stat(self.path)
        if own.st_size != self._size or (own.st_dev, own.st_ino) != (there.st_dev, there.st_ino):
            raise OSError(None, f"another program has cut short or replaced its working file {self.path.name}")

    def _write_checksum(self, key: str, block: int, checksum: np.uint64) -> None:
        _write_whole(self._descriptor, np.array([checksum]), self._checksums_at[key] + 8 * block)

    def read(self, key: str, box: Region) -> np.ndarray:
        """Return the values of a variable in ranges of its dimensions."""
        item = self.block_plan.stored[key]
        shape = tuple(len(range(*part.indices(size))) for part, size in zip(box, item.shape, strict=True))
        out = np.empty(shape, dtype=item.dtype)
        for at, start, count in _runs(item.shape, box):
            data = self._bytes(count * item.dtype.itemsize, self._offsets[key] + start * item.dtype.itemsize)
            out.reshape(-1)[at : at + count] = np.frombuffer(data, dtype=item.dtype)
        return out

    def _bytes(self, size: int, offset: int) -> bytes:
        parts = []
        while size:
            part = os.pread(self._descriptor, size, offset)
            if not part:
                raise OSError(None, "the file ends before its last value")
            parts.append(part)
            size, offset = size - len(part), offset + len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def flush(self) -> None:
        """Wait until everything is on the disk."""
        os.fsync(self._descriptor)


def _start(shape: Sequence[int], box: Region) -> int:
    return int(np.ravel_multi_index([part.start for part in box], shape)) if shape else 0


def _runs(shape: Sequence[int], box: Region) -> Iterator[tuple[int, int, int]]:
    """Yield, for each contiguous run of a box, its place in the box, its start in the whole array, and its length."""
    lengths = [len(range(*part.indices(size))) for part, size in zip(box, shape, strict=True)]
    inner, axis = 1, len(shape)
    while axis and inner == int(np.prod(shape[axis:], dtype=int)):
        axis -= 1
        inner *= lengths[axis]
    outer = lengths[:axis]
    starts = [part.start or 0 for part in box]
    for number, place in enumerate(np.ndindex(*outer)):
        first = [*(start + step for start, step in zip(starts, place, strict=False)), *starts[axis:]]
        yield number * inner, int(np.ravel_multi_index(first, shape)) if shape else 0, inner


def _write_whole(descriptor: int, array: np.ndarray, offset: int) -> None:
    data = array.reshape(-1).view(np.uint8).data
    while data:
        written = os.pwrite(descriptor, data[:_WRITTEN_AT_ONCE], offset)
        data, offset = data[written:], offset + written


def wait_for_disk(place: Path) -> None:
    """Wait until a file, or a folder with its content, is on the disk."""
    for part in [*place.rglob("*"), place]:
        descriptor = os.open(part, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

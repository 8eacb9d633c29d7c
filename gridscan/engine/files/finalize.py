"""Writing the result in another form than the working file: compressed, as zarr, or with the status of failed cells."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import netCDF4
import numpy as np

from gridscan.engine.files.working_file import WorkingFile, prepare, wait_for_disk
from gridscan.engine.partition import Region, VariableGroup
from gridscan.scenario.schema import Storage
from gridscan.storage.record import CHECKSUMS, KEYS, variable_path
from gridscan.storage.sealing import add_to_zarr, seal, seal_zarr

if TYPE_CHECKING:
    from pathlib import Path

    from gridscan.engine.failures import Failures, Status
    from gridscan.engine.file_layout import FileLayout
    from gridscan.evaluation.variable import VariableSpec

# Deflate after shuffling bytes; higher levels take several times as long to gain a few per cent.
_LEVEL = 1
# File with the metadata of all arrays and groups of a zarr folder.
_TOGETHER = ".zmetadata"
# A chunk left out because it equals the fill value would come back with other bits where that is NaN or zero.
_EVERY_CHUNK: Any = {"write_empty_chunks": True}


def needs_conversion(storage: Storage, failures: Failures) -> bool:
    """Tell whether the result has another form than the working file."""
    return storage != Storage() or bool(failures)


def convert(file_layout: FileLayout, working: WorkingFile, target: Path, storage: Storage, failures: Failures) -> None:
    """Write a result in another form than the working file, and wait until it is on the disk."""
    write = _write_zarr if storage.format == "zarr" else _write_netcdf
    write(file_layout, working, target, storage, failures)
    wait_for_disk(target)


def has_its_metadata(path: Path) -> bool:
    """Tell whether the metadata of each variable of a zarr folder equal the consolidated ones, which are read first.

    A netCDF file has its metadata in one place only.
    """
    if not path.is_dir():
        return True
    try:
        together = json.loads((path / _TOGETHER).read_bytes())["metadata"]
        # In groups, zarr adds a note that metadata are consolidated.
        plain = {
            name: {key: item for key, item in said.items() if key != "consolidated_metadata"}
            for name, said in together.items()
        }
        return all(json.loads((path / name).read_bytes()) == said for name, said in plain.items())
    # Libraries raise all kinds of exceptions on a damaged file.
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _write_netcdf(
    file_layout: FileLayout, working: WorkingFile, target: Path, storage: Storage, failures: Failures
) -> None:
    level = _LEVEL if storage.compression == "zlib" else None
    prepare(file_layout, target, compression=level, failures=failures)
    with netCDF4.Dataset(target, "a") as file:
        file.set_auto_maskandscale(False)
        for key, item in file_layout.block_plan.stored.items():
            _copy(file_layout, working, item, file[variable_path(key)])
        file[CHECKSUMS][...] = working.all_checksums()
        for status in failures.statuses():
            sizes = [file.dimensions[dim].size for dim in status.dims]
            chunks = file_layout.chunks_of(tuple(sizes))
            options: dict[str, Any] = {"compression": "zlib", "complevel": _LEVEL, "chunksizes": chunks}
            made = file.createVariable(status.name, np.int16, status.dims, **(options if status.dims else {}))
            made.set_auto_maskandscale(False)
            made.setncatts(failures.attributes(status))
            _fill_status(made, sizes, file_layout, failures, status)
    names = [status.name for status in failures.statuses()]
    seal(target, file_layout.record, [*file_layout.coordinates, *names])


def _copy(file_layout: FileLayout, working: WorkingFile, item: VariableSpec, target: Any) -> None:
    for box in _regions(item.shape, file_layout.chunks_of(item.shape)):
        target[box or ...] = working.read(item.key, box)


def _regions(shape: tuple[int, ...], chunks: tuple[int, ...]) -> list[Region]:
    group = VariableGroup(("",) * len(shape), shape, chunks, (), ())
    return [group.box(number) for number in range(group.number)]


def _fill_status(target: Any, sizes: list[int], file_layout: FileLayout, failures: Failures, status: Status) -> None:
    for box in _regions(tuple(sizes), file_layout.chunks_of(tuple(sizes))):
        target[box or ...] = np.zeros([part.stop - part.start for part in box], dtype=np.int16)
    for positions, codes in failures.parts(status):
        ranges = tuple(_range(part, size) for part, size in zip(positions, sizes, strict=True))
        local = np.ix_(
            *(np.arange(size)[part] - within.start for part, within, size in zip(positions, ranges, sizes, strict=True))
        )
        now = np.asarray(target[ranges or ...])
        now[local] = np.where(now[local] == 0, codes, now[local])
        target[ranges or ...] = now


def _range(part: slice | np.ndarray, size: int) -> slice:
    if isinstance(part, slice):
        return slice(*part.indices(size)[:2])
    return slice(int(part.min()), int(part.max()) + 1)


def _write_zarr(
    file_layout: FileLayout, working: WorkingFile, target: Path, storage: Storage, failures: Failures
) -> None:
    import zarr

    coordinates = file_layout.dataset.drop_vars(list(file_layout.dataset.data_vars))
    plain = {str(name): {"_FillValue": None} for name, item in coordinates.variables.items() if item.dtype.kind == "f"}
    coordinates.to_zarr(target, mode="w", zarr_format=2, consolidated=False, encoding=plain)
    root = zarr.open_group(target, mode="a", zarr_format=2)
    for key, item in file_layout.block_plan.stored.items():
        attributes = file_layout.attributes(key, **failures.of(key))
        fill = attributes.pop("_FillValue", None)
        array = root.create_array(
            variable_path(key),
            shape=item.shape,
            dtype=item.dtype,
            chunks=file_layout.chunks_of(item.shape),
            fill_value=fill,
            attributes={"_ARRAY_DIMENSIONS": list(item.dims), **attributes},
            config=_EVERY_CHUNK,
            **_zarr_filters(storage, item.dtype),
        )
        _copy(file_layout, working, item, array)
    for status in failures.statuses():
        _write_zarr_status(root, file_layout, failures, status)
    add_to_zarr(root, KEYS, file_layout.all_keys)
    names = [status.name for status in failures.statuses()]
    seal_zarr(root, file_layout.record, [*file_layout.coordinates, *names], working.all_checksums())
    zarr.consolidate_metadata(target, zarr_format=2)


def _write_zarr_status(root: Any, file_layout: FileLayout, failures: Failures, status: Status) -> None:
    sizes = [dict(file_layout.dataset.sizes)[name] for name in status.dims]
    said = {
        key: value.tolist() if isinstance(value, np.ndarray) else value
        for key, value in failures.attributes(status).items()
    }
    made = root.create_array(
        status.name,
        shape=tuple(sizes),
        dtype=np.int16,
        chunks=file_layout.chunks_of(tuple(sizes)),
        fill_value=None,
        attributes={"_ARRAY_DIMENSIONS": list(status.dims), **said},
        config=_EVERY_CHUNK,
    )
    _fill_status(made, sizes, file_layout, failures, status)


def _zarr_filters(storage: Storage, dtype: np.dtype) -> dict[str, Any]:
    if storage.compression == "none":
        return {"compressors": None}
    import numcodecs

    shuffle = numcodecs.Shuffle(elementsize=dtype.itemsize)
    return {"filters": [shuffle], "compressors": numcodecs.Zlib(level=_LEVEL)}

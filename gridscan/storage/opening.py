"""Opening a file for reading: what it is is looked up before the netCDF library opens it; its blocks are checked."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any

import xarray as xr
from xarray.backends import AbstractDataStore, NetCDF4DataStore, StoreBackendEntrypoint, ZarrStore
from xarray.core import indexing

from gridscan.atomic import reason
from gridscan.errors import GridscanWarning, StoreError, StoreWarning, listed, nearest, warn
from gridscan.scenario.schema import Storage
from gridscan.storage.checked_arrays import CheckedArray, ForeignArray
from gridscan.storage.description import digest_of_variable
from gridscan.storage.disk_attributes import from_disk
from gridscan.storage.foreign import why_not_netcdf
from gridscan.storage.frame import sealed_record
from gridscan.storage.pieces import Piece
from gridscan.storage.plain_files import opened
from gridscan.storage.record import OtherFormat, Record, changes_in, is_of_attribute, read_record
from gridscan.storage.remains import has_lost_its_record
from gridscan.storage.zarr_support import check_library

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# What the netCDF library reads without HDF5 begins so.
_CLASSIC = b"CDF"
_TO_REPAIR = "run its scenario again, with another --output"


def open_dataset(path: Path, *, refuse_changed: bool, decoding: Mapping[str, Any]) -> xr.Dataset:
    """Open a file lazily; the blocks of a result are compared with their checksums when they are first read.

    Parameters
    ----------
    path
        A netCDF file or a zarr folder.
    refuse_changed
        Whether to refuse a result whose names or coordinates are not as gridscan wrote them, and to warn of attributes.
    decoding
        Options of ``StoreBackendEntrypoint.open_dataset``, such as ``decode_times``.

    Returns
    -------
    xarray.Dataset
        With units as in memory, and with the attributes that are in the record.

    Raises
    ------
    StoreError
        If the file is missing, damaged or neither netCDF nor zarr.
    """
    is_zarr = path.suffix == ".zarr"
    if not (os.path.isdir(path) if is_zarr else os.path.isfile(path)):
        others = path.parent.glob(f"*{path.suffix}") if path.parent.is_dir() else ()
        beside = [str(other) for other in others if other != path]
        raise StoreError(f"{path}: no such {'folder' if is_zarr else 'file'}{nearest(str(path), beside)}")
    with explained(path):
        record = _record_of(path, refuse_changed=refuse_changed)
        where = os.path.abspath(path)
        store = _opened_zarr(path, is_ours=record is not None) if is_zarr else NetCDF4DataStore.open(where)
        try:
            made = StoreBackendEntrypoint().open_dataset(_CheckedStore(store, path, record), **decoding)
            if record is None or not (record.is_sealed or record.is_of_size(path)):
                made = made.assign(
                    {name: _explained(path, name, item.variable) for name, item in made.data_vars.items()}
                )
            found = from_disk(made).assign_attrs({} if record is None else record.content["attributes"])
        except BaseException:
            store.close()
            raise
        found.set_close(store.close)
        return found


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Say in one line why a file cannot be read.

    Parameters
    ----------
    path
        The file.

    Yields
    ------
    None
        To the block that reads it.

    Raises
    ------
    StoreError
        If the block raises any other exception.
    GridscanWarning
        If the block does, as where warnings are errors.
    MemoryError
        If the block does.
    """
    try:
        yield
    except (StoreError, GridscanWarning, MemoryError):
        raise
    # Libraries raise all kinds of exceptions on a damaged or foreign file.
    except Exception as error:
        kind = "zarr" if path.suffix == ".zarr" else "netCDF"
        raise StoreError(
            f"{path}: cannot be read as {kind} ({reason(error)}); it is damaged or of another format"
        ) from None


def _explained(path: Path, name: Any, variable: xr.Variable) -> xr.Variable:
    """Return a variable that others wrote, of which many things go wrong only when it is read and decoded."""
    array = ForeignArray((str(path), str(name)), variable)
    return xr.Variable(variable.dims, indexing.LazilyIndexedArray(array), variable.attrs, variable.encoding)


def _opened_zarr(path: Path, *, is_ours: bool) -> Any:
    check_library(Storage(format="zarr"))
    import zarr

    # gridscan writes all metadata in one place; others may not.
    consolidated = is_ours or zarr.open_group(path, mode="r").metadata.consolidated_metadata is not None
    return ZarrStore.open_group(os.path.abspath(path), mode="r", consolidated=consolidated)


def _record_of(path: Path, *, refuse_changed: bool) -> Record | None:
    """Return the record of a file that is as gridscan wrote it, or as another program copied it."""
    if not path.is_dir():
        record = sealed_record(path)
        if record is not None:
            _refuse_shard(path, record)
        if record is not None or not _is_hdf5(path):
            return record
    with opened(path) as file:
        try:
            record = read_record(file)
            changes = changes_in(file, record) if record is not None and refuse_changed else None
        except OtherFormat as error:
            if refuse_changed:
                raise StoreError(f"{path}: {error}") from None
            return None
        # Libraries raise all kinds of exceptions on a damaged file.
        except Exception as error:
            if refuse_changed:
                raise StoreError(f"{path}: is damaged ({reason(error)}); {_TO_REPAIR}") from None
            return None
        if record is None and has_lost_its_record(path):
            raise StoreError(f"{path}: is damaged (its record cannot be found); {_TO_REPAIR}")
        # What the record describes to the letter, the netCDF library wrote.
        is_known = changes is not None and not changes.changed and not changes.added
        why = "" if path.is_dir() or is_known else why_not_netcdf(file, scales=record is None)
        if why:
            advice = "gridscan reads netCDF files and zarr folders" if record is None else _TO_REPAIR
            raise StoreError(f"{path}: {why}; {advice}")
    # A file of another size was written by another program, which may change what it likes.
    changed = changes.changed if changes is not None else ()
    if record is not None and changed and record.is_of_size(path):
        what = f"{listed(changed, 5)} {'is' if len(changed) == 1 else 'are'} not as gridscan wrote"
        # HDF5 has checksums of attributes: one that can be read, somebody has edited.
        if path.is_dir() or not all(map(is_of_attribute, changed)):
            raise StoreError(f"{path}: is damaged: {what}; {_TO_REPAIR}")
        warn(f"{path}: was changed: {what}", StoreWarning)
    return record


def _refuse_shard(path: Path, record: Record) -> None:
    if record.shard:
        raise StoreError(f"{path}: is shard {record.shard} of a run, and no result; gridscan merge makes it")


def _is_hdf5(path: Path) -> bool:
    """Tell whether a file is HDF5, and refuse what is neither that nor a classic netCDF file."""
    import h5py

    if h5py.is_hdf5(path):
        return True
    with path.open("rb") as file:
        if file.read(len(_CLASSIC)) != _CLASSIC:
            raise ValueError("it begins like neither HDF5 nor netCDF")
    return False


class _CheckedStore(AbstractDataStore):
    """The variables of a file, of which those in its record are compared with their checksums."""

    def __init__(self, store: Any, path: Path, record: Record | None) -> None:
        self._store, self._path, self._record = store, path, record

    def load(self) -> tuple[dict[str, xr.Variable], dict[str, Any]]:
        """Return variables and attributes as they are in the file."""
        variables, attributes = self._store.load()
        # What another program made of a result has numbers of its own.
        if self._record is not None and (self._record.is_sealed or self._record.is_of_size(self._path)):
            variables = {name: self._checked(name, item, self._record) for name, item in variables.items()}
        return dict(variables), dict(attributes)

    def _checked(self, name: str, variable: xr.Variable, record: Record) -> xr.Variable:
        described, said = record.content["described"], record.content["variables"].get(name)
        # The netCDF library has ways of its own to tell the dimensions of a variable.
        may_differ = not record.is_sealed and not self._path.is_dir()
        if may_differ and digest_of_variable(name, variable) != described.get(name) is not None:
            raise StoreError(f"{self._path}: is damaged: {name!r} is not as gridscan wrote; {_TO_REPAIR}")
        if said is None or variable.shape != tuple(said["shape"]) or variable.dtype != said["type"]:
            return variable
        start = record.content["places"]["starts"].get(name) if record.is_sealed and variable.dtype.isnative else None
        piece = None if start is None else Piece.of(os.path.abspath(self._path), start)
        array = CheckedArray((str(self._path), name), variable, said["block"], record.checksums_of(name), piece=piece)
        encoding = {**variable.encoding, "preferred_chunks": dict(zip(variable.dims, said["block"], strict=True))}
        return xr.Variable(variable.dims, indexing.LazilyIndexedArray(array), variable.attrs, encoding)

    def get_encoding(self) -> dict[str, Any]:
        """Return the encoding of the file."""
        encoding: dict[str, Any] = self._store.get_encoding()
        return encoding

    def close(self) -> None:
        """Close the file."""
        self._store.close()

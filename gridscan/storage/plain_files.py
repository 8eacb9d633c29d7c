"""Opening a file without the netCDF library, and without being lost in the HDF5 library."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any

from gridscan.errors import StoreError
from gridscan.storage.frame import sealed_record
from gridscan.storage.record import RECORD
from gridscan.storage.remains import bears_marks
from gridscan.storage.trial import why_not_opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HDF5 = b"\x89HDF\r\n\x1a\n"
_CHUNK_CACHE = 64_000_000


def has_record(path: Path) -> bool:
    """Tell quickly whether a file or folder has a record of gridscan.

    Parameters
    ----------
    path
        Anything, which need not exist.

    Returns
    -------
    bool
        False also for what cannot be read.
    """
    if os.path.isdir(path):
        return (path / RECORD).is_dir()
    try:
        with path.open("rb") as file:
            if file.read(len(_HDF5)) != _HDF5:
                return False
        with opened(path) as found:
            return RECORD in found
    # Libraries raise all kinds of exceptions on a damaged file.
    except Exception:
        return False


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open a file for reading, without the netCDF library.

    Parameters
    ----------
    path
        A netCDF file that is HDF5, or a zarr folder.

    Yields
    ------
    h5py.File or zarr.Group
        The file.
    """
    file = open_plainly(path)
    try:
        yield file
    finally:
        close(file)


def open_plainly(path: Path) -> Any:
    """Open a file for reading, without the netCDF library.

    Parameters
    ----------
    path
        A netCDF file that is HDF5, or a zarr folder.

    Returns
    -------
    h5py.File or zarr.Group
        The file; close it with `close`.

    Raises
    ------
    StoreError
        If gridscan wrote it, and its headers are so damaged that the HDF5 library would not come back.
    """
    if path.is_dir():
        import zarr

        return zarr.open_group(path, mode="r")
    if sealed_record(path) is None and bears_marks(path):
        why = why_not_opened(path)
        if why:
            raise StoreError(f"{path}: is so damaged that the HDF5 library {why}")
    import h5py

    return h5py.File(path, "r", rdcc_nbytes=_CHUNK_CACHE)


def close(file: Any) -> None:
    """Close a file; a zarr folder holds nothing open.

    Parameters
    ----------
    file
        As opened.
    """
    if hasattr(file, "close"):
        file.close()

"""What is left of results that are damaged, found without the libraries that read whole ones."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gridscan.storage.record import GROUP, RECORD

if TYPE_CHECKING:
    from pathlib import Path

# The attributes are written first, and the record last.
_HEAD, _END = 65_536, 1_000_000
_MARK = b"gridscan_"
_ZARR_ATTRIBUTES = (".zattrs", ".zmetadata", "zarr.json")
_WORDS = (b'"described": {', b'"coordinates": {')


def has_lost_its_record(path: Path) -> bool:
    """Tell whether a file without a record was a result: the words of the record are still in it.

    Parameters
    ----------
    path
        An HDF5 file or a zarr folder in which no record was found.

    Returns
    -------
    bool
        False for files that other programs made of a result, in which there is nothing left of it.
    """
    if os.path.isdir(path):
        return (path / RECORD).is_dir()
    return _has_words(path)


def bears_marks(path: Path) -> bool:
    """Tell whether gridscan may have written a file or folder, from what it writes into each.

    Parameters
    ----------
    path
        Any file or folder.

    Returns
    -------
    bool
        True also for what other programs made of a result.
    """
    if os.path.isdir(path):
        said = (path / name for name in _ZARR_ATTRIBUTES)
        return (path / GROUP).exists() or any(_MARK in part.read_bytes() for part in said if part.is_file())
    with path.open("rb") as file:
        if _MARK in file.read(_HEAD):
            return True
    return _has_words(path)


def _has_words(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(max(os.path.getsize(path) - _END, 0))
        end = file.read()
    return all(word in end for word in _WORDS)

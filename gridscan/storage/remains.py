"""Results of which so much is damaged that their record cannot be found through the library."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gridscan.storage.record import RECORD

if TYPE_CHECKING:
    from pathlib import Path

# The record is written last.
_SEARCHED = 1_000_000
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
    with path.open("rb") as file:
        file.seek(max(os.path.getsize(path) - _SEARCHED, 0))
        end = file.read()
    return all(word in end for word in _WORDS)

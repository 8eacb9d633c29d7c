"""What a run may replace: the place of its result is looked at before it begins and again before it is replaced."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gridscan.atomic import reason
from gridscan.engine.file_layout import RECORD
from gridscan.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from gridscan.scenario.schema import Storage

_ZARR_FILES = (".zgroup", ".zarray", ".zmetadata", "zarr.json")
# Files in which a zarr folder keeps its own attributes and those of the record.
_ATTRIBUTES = (".zattrs", ".zmetadata", "zarr.json", f"{RECORD}/.zattrs", f"{RECORD}/zarr.json")
_HDF5 = b"\x89HDF\r\n\x1a\n"
# Attributes of every result of a run, and one that only a sample has.
_OF_RESULTS = ("gridscan_identity", "gridscan_settings", "gridscan_versions")
_OF_SAMPLES = "gridscan_population"
_SEARCHED = 1_000_000
_LEFT = "not overwritten; move it away, or give another --output"


class Guard:
    """The place of a result, at which nothing may be lost that others put there.

    Raises
    ------
    StoreError
        If a run may not replace what is there.
    """

    def __init__(self, path: Path, storage: Storage) -> None:
        self.path, self.storage = path, storage
        self._seen = _signature(path)
        refuse_what_is_no_result(path, storage)

    def check(self) -> None:
        """Refuse to replace what has been put there, or was changed, since the run began.

        Raises
        ------
        StoreError
            If that would be lost.
        """
        found = _signature(self.path)
        if found == self._seen:
            return
        try:
            refuse_what_is_no_result(self.path, self.storage)
        except StoreError as error:
            raise StoreError(
                f"{error} (it was put there while the run was computing: what is done is kept, and the same command"
                " only writes it once the place is free)"
            ) from None
        self._seen = found


def _signature(path: Path) -> object:
    """Return what differs when a file, or any file of a folder, is replaced or changed."""
    if os.path.isdir(path):
        return {str(part): _signature(part) for part in path.rglob("*") if not part.is_dir()}
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def refuse_what_is_no_result(path: Path, storage: Storage) -> None:
    """Refuse to replace a file that gridscan has not written, or a file by a folder; a damaged result may be replaced.

    Raises
    ------
    StoreError
        If it would be replaced.
    """
    if storage.format == "zarr" and os.path.isfile(path):
        raise StoreError(f"{path}: is a file, which a zarr folder cannot replace; remove it, or give another --output")
    if os.path.isdir(path) and any(path.iterdir()) and not any((path / name).exists() for name in _ZARR_FILES):
        raise StoreError(f"{path}: is a folder that is not zarr; not overwritten")
    try:
        is_result = _is_result_folder(path) if os.path.isdir(path) else _is_result_file(path)
    except OSError as error:
        raise StoreError(f"{path}: cannot be read ({reason(error)}); {_LEFT}") from None
    if not is_result:
        raise StoreError(f"{path}: was not written by gridscan run; {_LEFT}")


def _is_result_folder(path: Path) -> bool:
    """Tell whether a zarr folder is the result of a run, or empty."""
    found = b"".join((path / name).read_bytes() for name in _ATTRIBUTES if (path / name).is_file())
    return not any(path.iterdir()) or any(name.encode() in found for name in (*_OF_RESULTS, '"record"'))


def _is_result_file(path: Path) -> bool:
    """Tell whether a file is the result of a run (complete or damaged), empty, or absent."""
    import h5py

    if not os.path.exists(path) or not os.path.getsize(path):
        return True
    text = _ends_of(path)
    try:
        with h5py.File(path, "r") as file:
            has_record = RECORD in file and "record" in file[RECORD].attrs
            return _OF_SAMPLES not in file.attrs and (has_record or any(name in file.attrs for name in _OF_RESULTS))
    # Libraries raise all kinds of exceptions on a damaged file.
    except Exception as error:
        if getattr(error, "errno", None) is None and text.startswith(_HDF5):
            return True
    # The attributes can still be found in its bytes; a text that mentions them has no zero bytes.
    is_ours = b"\0" in text and all(name.encode() in text for name in _OF_RESULTS)
    return is_ours and _OF_SAMPLES.encode() not in text


def _ends_of(path: Path) -> bytes:
    with path.open("rb") as file:
        first = file.read(_SEARCHED)
        file.seek(max(os.path.getsize(path) - _SEARCHED, len(first)))
        return first + file.read(_SEARCHED)

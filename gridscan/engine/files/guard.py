"""What a run may replace: the place of its result is looked at before it begins and again before it is replaced."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gridscan.atomic import reason
from gridscan.errors import StoreError
from gridscan.storage.standing import standing_of

if TYPE_CHECKING:
    from pathlib import Path

    from gridscan.scenario.schema import Storage

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
        refuse_to_lose(path, storage)

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
            refuse_to_lose(self.path, self.storage)
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


def refuse_to_lose(path: Path, storage: Storage) -> None:
    """Refuse to replace anything but the result of a run that nobody changed; one that is damaged may be replaced.

    Raises
    ------
    StoreError
        If something would be lost; the message says what differs from a result.
    """
    if storage.format == "zarr" and os.path.isfile(path):
        raise StoreError(f"{path}: is a file, which a zarr folder cannot replace; remove it, or give another --output")
    if os.path.isdir(path) and storage.format != "zarr":
        raise StoreError(f"{path}: is a folder, which a file cannot replace; remove it, or give another --output")
    try:
        found = standing_of(path, compare=False)
    except OSError as error:
        raise StoreError(f"{path}: cannot be read ({reason(error)}); {_LEFT}") from None
    if found.kind in ("changed", "derived", "unknown", "other version", "foreign"):
        what = "was not written by gridscan run" if found.kind == "foreign" else found.said
        raise StoreError(f"{path}: {what}; {_LEFT}")
    if found.kind != "nothing" and not found.of_run:
        raise StoreError(f"{path}: is a sample or the answer to a question, and not the result of a run; {_LEFT}")

"""Where a run keeps its files: beside its result, hidden, and gone when it has ended."""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from gridscan.atomic import what_failed
from gridscan.engine.working import Held
from gridscan.errors import StoreError
from gridscan.scenario import Storage

# Digits of the identity of a run in the name of its working file.
_NAMED = 12
_ZARR_FILES = (".zgroup", ".zarray", ".zmetadata", "zarr.json")


def refuse_what_is_no_result(path: Path, storage: Storage) -> None:
    """Refuse to replace a folder that is no result, with all that is in it, or a file by a folder.

    Raises
    ------
    StoreError
        Saying which.
    """
    if storage.format == "zarr" and os.path.isfile(path):
        raise StoreError(f"{path}: is a file, which a zarr folder cannot replace; remove it, or give another --output")
    if os.path.isdir(path) and any(path.iterdir()) and not any((path / name).exists() for name in _ZARR_FILES):
        raise StoreError(f"{path}: is a folder that holds something else than zarr; it is left as it is")


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Say in one line why a run cannot write, and that nothing is lost."""
    try:
        yield
    except BrokenPipeError:
        # Who watches has gone.
        raise
    except Held as error:
        raise StoreError(
            f"{path}: another run is writing it ({error}); wait until it ends, or give another --output"
        ) from None
    except (OSError, RuntimeError) as error:
        what = what_failed(error, path)
        if what is None:
            raise
        kept = "what is done is kept, and run again goes on from there"
        raise StoreError(f"{path}: cannot be written: {what}; {kept}") from None


def working_path(path: Path, identity: str) -> Path:
    """Return where a run of this identity keeps what it has done."""
    return path.with_name(f".{path.name}.{identity[:_NAMED]}.work")


def remains(path: Path, kind: str) -> list[Path]:
    """Return what runs with other designs have left beside a result."""
    pattern = f".{glob.escape(path.name)}.{'[0-9a-f]' * _NAMED}.{kind}"
    return sorted(path.parent.glob(pattern)) if path.parent.is_dir() else []


@contextlib.contextmanager
def removed_if_stopped(place: Path) -> Iterator[None]:
    """Remove what was to be made of which the making was stopped."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            remove([place])
        raise


def remove(places: Iterable[Path]) -> None:
    """Remove files and folders, as far as they are there."""
    for place in places:
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)


def earlier_of(path: Path) -> Path:
    """Return where an earlier result is while another takes its place."""
    return path.with_name(f".{path.name}.old")


def replace_result(made: Path, path: Path) -> None:
    """Put a finished file or folder in the place of an earlier one."""
    if path.is_dir():
        remove([earlier_of(path)])
        os.replace(path, earlier_of(path))
    os.replace(made, path)
    remove([earlier_of(path)])

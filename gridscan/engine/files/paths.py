"""Paths of a run: its hidden working files beside the result, and earlier results that may be there."""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
from typing import TYPE_CHECKING

from gridscan.atomic import check_space, folder_above, place_of, reason, what_failed
from gridscan.engine.files.working_file import GO_ON, WorkingFile
from gridscan.engine.reuse.earlier_file import WORK, EarlierFile
from gridscan.errors import StoreError
from gridscan.limits import DEFAULT
from gridscan.storage.lock import Held
from gridscan.storage.record import GROUP, RECORD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from gridscan.engine.partition import BlockPlan
    from gridscan.limits import Limits
    from gridscan.scenario.schema import Storage

# Digits of the identity of a run in the name of its working file.
_NAMED = 12
_ZARR_FILES = (".zgroup", ".zarray", ".zmetadata", "zarr.json")
# Files in which a zarr folder keeps its attributes.
_ATTRIBUTES = (".zattrs", ".zmetadata", "zarr.json")
_HDF5 = b"\x89HDF\r\n\x1a\n"
# Attributes of every result of a run, and one that only a sample has.
_OF_RESULTS = ("gridscan_identity", "gridscan_settings", "gridscan_versions")
_OF_SAMPLES = "gridscan_population"
_SEARCHED = 1_000_000
_LEFT = "not overwritten; move it away, or give another --output"


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
    is_ours = (path / RECORD).is_dir() or any(name.encode() in found for name in _OF_RESULTS)
    return is_ours or not any(path.iterdir())


def _is_result_file(path: Path) -> bool:
    """Tell whether a file is the result of a run (complete or damaged), empty, or absent."""
    import h5py

    if not os.path.exists(path) or not os.path.getsize(path):
        return True
    text = _ends_of(path)
    try:
        with h5py.File(path, "r") as file:
            if RECORD in file:
                return b'"run"' in file[RECORD][...].tobytes()
            of_earlier_format = GROUP in file and "record" in file[GROUP].attrs
            return _OF_SAMPLES not in file.attrs and (
                of_earlier_format or any(name in file.attrs for name in _OF_RESULTS)
            )
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


@contextlib.contextmanager
def explained(path: Path, work: Path) -> Iterator[None]:
    """Say in one line why a run cannot write, and whether its finished blocks are kept in the working file."""
    try:
        yield
    except BrokenPipeError:
        # The reader of the output is gone.
        raise
    except Held as error:
        raise StoreError(
            f"{path}: another run is writing it ({error}); wait for it to end, or give another --output"
        ) from None
    except (OSError, RuntimeError) as error:
        what = what_failed(error, path)
        if what is None:
            raise
        hint = GO_ON if _holds_blocks(work) else "give another path with --output"
        raise StoreError(f"{path}: cannot be written: {what}; {hint}") from None


def _holds_blocks(work: Path) -> bool:
    """Tell whether a working file has finished blocks; one that cannot be read now may have some."""
    if not os.path.exists(work):
        return False
    try:
        earlier = EarlierFile(work)
    except StoreError:
        return True
    with contextlib.closing(earlier):
        return earlier.has_blocks


def working_path(path: Path, identity: str) -> Path:
    """Return the working file of a run of this identity."""
    return path.with_name(f".{path.name}.{identity[:_NAMED]}{WORK}")


def remains(path: Path, kind: str) -> list[Path]:
    """Return the working files that runs with other layouts have left beside a result."""
    pattern = f".{glob.escape(path.name)}.{'[0-9a-f]' * _NAMED}.{kind}"
    return sorted(path.parent.glob(pattern)) if os.path.isdir(path.parent) else []


def earlier_files_for(
    path: Path, but: Path | None = None, limits: Limits = DEFAULT
) -> tuple[list[EarlierFile], list[str]]:
    """Open the files at the path of a result whose cells could be reused; note those that cannot be opened."""
    found, notes = [], []
    for place in [path, *remains(path, "work")]:
        if place != but and os.path.exists(place):
            try:
                found.append(EarlierFile(place, limits))
            except StoreError as error:
                notes.append(str(error))
    return found, notes


def survey(place: Path, storage: Storage, size: int, run: str) -> tuple[list[EarlierFile], list[str]]:
    """Open the files whose cells a run of this identity could reuse, with notes on its path and disk space."""
    try:
        path = place_of(place)
        refuse_what_is_no_result(path, storage)
    except StoreError as error:
        return [], [str(error)]
    earlier_files, notes = earlier_files_for(path)
    folder = folder_above(path)
    if folder != path.parent:
        notes.append(f"{path.parent}: does not exist yet; the run creates this folder")
    if not os.access(folder, os.W_OK | os.X_OK):
        notes.append(f"{folder}: not writable; give another path with --output")
    own = [earlier for earlier in earlier_files if earlier.record["run"] == run]
    # A run whose result or working file exists needs no more space.
    if not any(earlier.has_all_blocks or not earlier.is_finished for earlier in own):
        try:
            check_space(path, size)
        except StoreError as error:
            notes.append(str(error))
    return earlier_files, notes


def resumed(place: Path, block_plan: BlockPlan, blank: Path) -> WorkingFile | None:
    """Open a working file; None where its metadata are damaged (its numbers have checksums)."""
    try:
        found = WorkingFile(place, block_plan)
    except OSError as error:
        if error.errno is not None:
            raise
        return None
    if found.is_framed_as(blank):
        return found
    found.close()
    return None


@contextlib.contextmanager
def removed_if_stopped(place: Path) -> Iterator[None]:
    """Remove an unfinished file if the block is interrupted."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            remove([place])
        raise


def remove(places: Iterable[Path]) -> None:
    """Remove files and folders that exist."""
    for place in places:
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)


def earlier_of(path: Path) -> Path:
    """Return where an earlier result is kept while a new one takes its place."""
    return path.with_name(f".{path.name}.old")


def replace_result(made: Path, path: Path) -> None:
    """Put a finished file or folder in place of an earlier one."""
    if path.is_dir():
        remove([earlier_of(path)])
        os.replace(path, earlier_of(path))
    os.replace(made, path)
    remove([earlier_of(path)])

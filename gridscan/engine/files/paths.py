"""Paths of a run: its hidden working files beside the result, and earlier results that may be there."""

from __future__ import annotations

import contextlib
import glob
import os
import resource
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gridscan.atomic import check_space, folder_above, place_of, what_failed
from gridscan.engine.files.guard import refuse_to_lose
from gridscan.engine.files.working_file import GO_ON, WorkingFile
from gridscan.engine.reuse.earlier_file import WORK, EarlierFile, close_all
from gridscan.errors import StoreError
from gridscan.limits import DEFAULT
from gridscan.storage.lock import Held

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from gridscan.engine.partition import BlockPlan
    from gridscan.limits import Limits
    from gridscan.scenario.schema import Storage

# Digits of the identity of a run in the name of its working file.
_NAMED = 12
# Files that a process has open besides results.
_OTHER_FILES = 200


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


@dataclass(frozen=True)
class Lenders:
    """Other files than those at the path of a result, whose cells may be taken.

    Attributes
    ----------
    beside
        Those that gridscan looks for by itself.
    named
        Those that the user has named; if one cannot be read, that is an error.
    """

    beside: Sequence[Path] = ()
    named: Sequence[Path] = ()


def earlier_files_for(
    path: Path, lenders: Lenders | None = None, but: Path | None = None, limits: Limits = DEFAULT
) -> tuple[list[EarlierFile], list[str]]:
    """Open the files whose cells could be reused; note those that cannot be opened.

    Raises
    ------
    StoreError
        If one that was named cannot be opened.
    """
    found: list[EarlierFile] = []
    notes: list[str] = []
    lenders = lenders or Lenders()
    places = dict.fromkeys([path, *remains(path, "work"), *lenders.named, *lenders.beside])
    _allow_to_open(len(places))
    try:
        for place in places:
            if place == but or not (os.path.exists(place) or place in lenders.named):
                continue
            try:
                found.append(EarlierFile(place, limits))
            except StoreError as error:
                if place in lenders.named:
                    raise
                # A working file that has become a result in the meantime is none that cannot be opened.
                notes += [str(error)] if os.path.exists(place) else []
    except BaseException:
        close_all(found)
        raise
    return found, notes


def _allow_to_open(number: int) -> None:
    """Raise the number of files that this process may have open, as far as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = number + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def own_of(path: Path, earlier_files: Iterable[EarlierFile]) -> list[EarlierFile]:
    """Return the earlier files that belong to the path of a result, without those that only lend cells."""
    mine = {path, *remains(path, "work")}
    return [earlier for earlier in earlier_files if earlier.path in mine]


def survey(
    place: Path, storage: Storage, size: int, run: str, lenders: Lenders | None = None
) -> tuple[list[EarlierFile], list[str]]:
    """Open the files whose cells a run of this identity could reuse, with notes on its path and disk space."""
    try:
        path = place_of(place)
        refuse_to_lose(path, storage)
    except StoreError as error:
        return [], [str(error)]
    earlier_files, notes = earlier_files_for(path, lenders)
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
    if not path.is_dir():
        os.replace(made, path)
        return
    remove([earlier_of(path)])
    os.replace(path, earlier_of(path))
    os.replace(made, path)
    remove([earlier_of(path)])

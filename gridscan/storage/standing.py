"""Whether a file is what gridscan wrote: whole, damaged, changed since, made of a result by somebody, or foreign.

Numbers that were computed have checksums: where these differ in a file of its first size, the disk has damaged it, and
a run mends it. What differs otherwise, or was added, somebody has done on purpose, and nothing may replace it. The same
content in another layout, as ``h5repack`` writes it, is no change.
"""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from gridscan.errors import StoreError, listed
from gridscan.evaluation.block_shape import boxes
from gridscan.storage.checksums import box_in_words, is_whole
from gridscan.storage.plain_files import opened
from gridscan.storage.record import (
    GROUP,
    Changes,
    OtherFormat,
    Record,
    changes_in,
    is_of_attribute,
    read_record,
    variable_path,
)
from gridscan.storage.remains import bears_marks

if TYPE_CHECKING:
    from pathlib import Path

Kind = Literal["nothing", "whole", "unfinished", "damaged", "changed", "derived", "unknown", "other version", "foreign"]

_HDF5 = b"\x89HDF\r\n\x1a\n"
_ZARR_FILES = (".zgroup", ".zarray", ".zattrs", ".zmetadata", "zarr.json")
_OF_RUNS = "gridscan_identity"
# Attributes of every result and sample, which other programs copy to what they make of it.
_OF_RESULTS = (_OF_RUNS, "gridscan_scenario")
_OF_SAMPLES = "gridscan_population"
_MOST_NAMED = 6


@dataclass(frozen=True)
class Standing:
    """What a file is.

    Attributes
    ----------
    kind
        Whether there is ``"nothing"`` (or an empty file or folder), a ``"whole"`` file, one that is ``"unfinished"``
        or ``"damaged"``, one that somebody has ``"changed"`` or that is ``"derived"`` from a result or a sample, an
        ``"unknown"`` one of gridscan that cannot be read, or whose record cannot, one of an ``"other version"`` of
        gridscan, or a ``"foreign"`` one.
    differs
        What is not as gridscan wrote it, in words.
    of_run
        Whether a run wrote it or what it was made of, and not a sample or the answer to a question.
    """

    kind: Kind
    differs: tuple[str, ...] = ()
    of_run: bool = False

    @property
    def is_as_recorded(self) -> bool:
        """Whether what the record says of the numbers of the file holds, whatever was added to them."""
        return self.kind in ("whole", "changed")

    @property
    def said(self) -> str:
        """What is wrong with it, in words; empty for a file that is whole."""
        what = f": {listed(self.differs, _MOST_NAMED)}" if self.differs else ""
        origin = "a result of gridscan" if self.of_run else "a file of gridscan"
        return {
            "nothing": "does not exist",
            "whole": "",
            "unfinished": "was not finished",
            "damaged": f"is damaged{what}",
            "changed": f"was changed since gridscan wrote it{what}",
            "derived": f"is derived from {origin}{what or ', and has no record of its own'}",
            "unknown": "is so damaged that nobody can tell whether it is a result that somebody changed",
            "other version": "; ".join(self.differs),
            "foreign": "was not written by gridscan",
        }[self.kind]


def standing_of(path: Path, *, compare: bool = True) -> Standing:
    """Tell what a file is.

    Parameters
    ----------
    path
        A netCDF file or a zarr folder, which need not exist.
    compare
        Whether to read all numbers and compare their checksums; those of a netCDF file that has changed its size are
        compared in any case.

    Returns
    -------
    Standing
        What it is, and what is not as gridscan wrote it.

    Raises
    ------
    OSError
        If the system refuses to read it.
    """
    if not os.path.exists(path) or _is_empty(path):
        return Standing("nothing")
    if not _may_be_ours(path):
        return Standing("foreign")
    try:
        with _opened(path) as file:
            return _standing(file, path, compare)
    except OtherFormat as error:
        return Standing("other version", (str(error),), of_run=True)
    # Libraries raise all kinds of exceptions on a damaged file.
    except Exception as error:
        if getattr(error, "errno", None) is not None:
            raise
        return Standing("unknown", of_run=True) if bears_marks(path) else Standing("foreign")


def record_of(path: Path) -> Record | None:
    """Return the record of a file, whether or not the file is as it was written.

    Parameters
    ----------
    path
        A netCDF file or a zarr folder.

    Returns
    -------
    Record or None
        None where there is none that can be read.
    """
    try:
        with _opened(path) as file:
            return read_record(file)
    except (OSError, ValueError, KeyError, TypeError, StoreError):
        return None


def _opened(path: Path) -> AbstractContextManager[Any]:
    """Open a file, of a folder each part for itself: what is said of all together, gridscan can write anew."""
    if not os.path.isdir(path):
        return opened(path)
    import zarr

    return nullcontext(zarr.open_group(path, mode="r", use_consolidated=False))


def _is_empty(path: Path) -> bool:
    return not any(path.iterdir()) if os.path.isdir(path) else not os.path.getsize(path)


def _may_be_ours(path: Path) -> bool:
    """Tell from its first bytes or the names in it, without opening it, whether a file or folder may be a result."""
    if os.path.isdir(path):
        return any((path / name).exists() for name in _ZARR_FILES)
    with path.open("rb") as file:
        return file.read(len(_HDF5)) == _HDF5


def _standing(file: Any, path: Path, compare: bool) -> Standing:
    of_run = _OF_RUNS in file.attrs and _OF_SAMPLES not in file.attrs
    try:
        record = read_record(file)
    except OtherFormat:
        raise
    except Exception:  # see above
        return Standing("unknown", (), of_run)
    if record is None:
        return Standing("derived" if any(name in file.attrs for name in _OF_RESULTS) else "foreign", (), of_run)
    changes = changes_in(file, record)
    if changes.changed or changes.added:
        is_other = not all(map(is_of_attribute, changes.changed))
        return Standing("derived" if is_other else "changed", _shortened(changes), record.is_of_run)
    # A disk that damages a file leaves its size.
    was_rewritten = not record.is_of_size(path)
    lacking, damaged = _compared(file, record) if compare or was_rewritten else ((), ())
    if damaged:
        return Standing("derived" if was_rewritten else "damaged", damaged, record.is_of_run)
    return Standing("unfinished" if lacking else "whole", lacking, record.is_of_run)


def _shortened(changes: Changes) -> tuple[str, ...]:
    """Return what has changed, without attributes of what differs itself, and what is inside if nothing else is."""
    owners = {text for text in (*changes.changed, *changes.added) if not is_of_attribute(text)}

    def is_own(text: str) -> bool:
        return not (is_of_attribute(text) and text.rpartition(" of ")[2] in owners)

    found = [*filter(is_own, changes.changed), *(f"{text} was added" for text in filter(is_own, changes.added))]
    return tuple([text for text in found if f"'{GROUP}/" not in text] or found)


def _compared(file: Any, record: Record) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Say which blocks of which variables are not done, and which have other checksums."""
    lacking, damaged = [], []
    for key, said in record.content["variables"].items():
        item, checksums = file[variable_path(key)], record.checksums_of(key).ravel()
        places = list(boxes(said["shape"], said["block"]))
        absent = [number for number, checksum in enumerate(checksums) if not checksum]
        done = ((places[number], checksum) for number, checksum in enumerate(checksums) if checksum)
        wrong = [box for box, checksum in done if not _fits(item, box, checksum)]
        lacking += [f"{len(absent):,} of {len(places):,} blocks of {key!r}"] if absent else []
        if wrong:
            first = f"{'first ' if wrong[1:] else ''}{box_in_words(key, wrong[0])}"
            damaged.append(f"{len(wrong):,} of {len(places):,} blocks of {key!r}, {first}")
    return tuple(lacking), tuple(damaged)


def _fits(item: Any, box: tuple[slice, ...], checksum: np.uint64) -> bool:
    try:
        return is_whole(np.asarray(item[box]), checksum)
    except Exception:  # see above
        return False

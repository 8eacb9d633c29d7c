"""The record of a file: checksums of all that it holds, and how its numbers were computed.

A file of format 2 is plain netCDF (or zarr) whose first group holds what was asked for. Beside that, the group
``gridscan`` holds ``checksums``, those of the blocks of all variables one after the other, behind the size of the file;
``keys`` of the values of all inputs, likewise; ``record``, JSON that says where in these each begins, and where the
numbers lie in a netCDF file; and the group ``intermediate`` with quantities that others are made of.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.errors import StoreError
from gridscan.fingerprint.digest import digest
from gridscan.storage.checksums import unmarked_size
from gridscan.storage.description import described, digest_of_values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

#: Of what is written; other formats are not read.
FORMAT = 2
#: The group with all that is not for users.
GROUP = "gridscan"
RECORD = f"{GROUP}/record"
CHECKSUMS = f"{GROUP}/checksums"
KEYS = f"{GROUP}/keys"
#: Attributes of a result that are too long for the head of its file.
IN_RECORD = ("gridscan_scenario_name", "gridscan_settings", "gridscan_versions", "gridscan_tables")
_ATTRIBUTE = "the attribute"
#: Name in the record of a part of a run: its number, and of how many.
SHARD = "shard"
#: Names of their dimensions.
LENGTHS = {RECORD: "number_of_bytes", CHECKSUMS: "number_of_checksums", KEYS: "number_of_keys"}
# The checksum of the record, and that of the file around it.
_OF_ITSELF = ("checksum", "seal")
#: What a record cannot say of itself.
NOT_DESCRIBED = {RECORD, f"{GROUP}/{LENGTHS[RECORD]}"}


class OtherFormat(StoreError):
    """A file of another format than this version of gridscan writes."""


def variable_path(key: str) -> str:
    """Return the path of a variable in a file.

    Parameters
    ----------
    key
        Name of the variable; that of an intermediate quantity has a prefix.

    Returns
    -------
    str
        Path from the first group on.
    """
    return f"{GROUP}/{key}" if "/" in key else key


@dataclass(frozen=True)
class Record:
    """The record of a file.

    Attributes
    ----------
    content
        As plain data: ``variables`` with shape, type, block and the place of their checksums by key, digests of what
        the file says of itself (``described``) and of its coordinates, and for a run what its numbers depend on.
    checksums, keys
        Of all blocks, behind the size of the file; and of the values of all inputs.
    is_sealed
        Whether the whole file, except its numbers, was found to be as gridscan wrote it when the record was read.
    """

    content: Mapping[str, Any]
    checksums: np.ndarray
    keys: np.ndarray
    is_sealed: bool = False

    @property
    def size(self) -> int:
        """Size of the file as gridscan wrote it [bytes]; 0 for a folder."""
        return unmarked_size(self.checksums[0])

    def is_of_size(self, path: Path) -> bool:
        """Tell whether a file or folder has the size that gridscan wrote; others give it another.

        Parameters
        ----------
        path
            The file or folder.

        Returns
        -------
        bool
            True for a folder, which has no size.
        """
        return self.size in (0, os.path.getsize(path))

    @property
    def is_of_run(self) -> bool:
        """Whether a run wrote the file, and not, say, a sample."""
        return "run" in self.content

    @property
    def shard(self) -> str:
        """Which part of a run the file holds, such as ``"3/40"``; empty for a whole one."""
        return "/".join(map(str, self.content.get(SHARD, [])))

    def checksums_of(self, key: str) -> np.ndarray:
        """Return the checksums of the blocks of a variable.

        Parameters
        ----------
        key
            The variable.

        Returns
        -------
        numpy.ndarray
            With a dimension for each of the variable.
        """
        said = self.content["variables"][key]
        return _part(self.checksums, said["checksums"], _counts(said["shape"], said["block"]))

    def keys_of_inputs(self) -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
        """Return the dimensions and keys of each input."""
        return {
            name: (tuple(said["dims"]), _part(self.keys, said["keys"], said["shape"]))
            for name, said in self.content["inputs"].items()
        }


def _counts(shape: Sequence[int], block: Sequence[int]) -> tuple[int, ...]:
    return tuple(-(-size // step) for size, step in zip(shape, block, strict=True))


def _part(values: np.ndarray, start: int, shape: Sequence[int]) -> np.ndarray:
    return values[start : start + math.prod(shape)].reshape(shape)


def places_of_checksums(blocks: Mapping[str, tuple[Sequence[int], Sequence[int]]]) -> dict[str, int]:
    """Return where the checksums of each variable begin.

    Parameters
    ----------
    blocks
        Shape and block of each variable, by key.

    Returns
    -------
    dict of str to int
        By key; the first place is that of the size of the file.
    """
    places, start = {}, 1
    for key, (shape, block) in blocks.items():
        places[key] = start
        start += math.prod(_counts(shape, block))
    return places


def read_record(file: Any) -> Record | None:
    """Read the record of an open file.

    Parameters
    ----------
    file
        An ``h5py.File`` or ``zarr.Group``.

    Returns
    -------
    Record or None
        None for a file that gridscan has not written.

    Raises
    ------
    OtherFormat
        If another version of gridscan wrote it.
    ValueError
        If the record is damaged.
    """
    if RECORD not in file:
        if GROUP in file and "record" in file[GROUP].attrs:
            raise OtherFormat(
                "was written by an earlier gridscan; its scenario, which gridscan info --scenario prints,"
                " can be run again"
            )
        return None
    content = json.loads(np.asarray(file[RECORD][...]).tobytes())
    if content["format"] != FORMAT:
        raise OtherFormat(f"was written by a newer gridscan (format {content['format']} of its files); update gridscan")
    keys = np.asarray(file[KEYS][...]) if KEYS in file else np.zeros(0, dtype=np.uint64)
    if content["checksum"] != checksum_of_record(content, keys):
        raise ValueError("its record is damaged")
    checksums = np.asarray(file[CHECKSUMS][...])
    last = max((said["checksums"] + _blocks(said) for said in content["variables"].values()), default=1)
    if checksums.shape != (last,) or checksums.dtype != np.uint64:
        raise ValueError("its checksums are not those of its variables")
    unmarked_size(checksums[0])
    return Record(content, checksums, keys)


def _blocks(said: Mapping[str, Any]) -> int:
    return math.prod(_counts(said["shape"], said["block"]))


def checksum_of_record(content: Mapping[str, Any], keys: np.ndarray) -> str:
    """Return a checksum of a record.

    Parameters
    ----------
    content
        As plain data.
    keys
        Of the values of all inputs.

    Returns
    -------
    str
        Hexadecimal.
    """
    plain = {name: item for name, item in content.items() if name not in _OF_ITSELF}
    return digest(plain, np.asarray(keys, dtype=np.uint64), size=16).hex()


@dataclass(frozen=True)
class Changes:
    """What of a file, besides numbers that were computed, is not as gridscan wrote it.

    Attributes
    ----------
    changed
        What differs or is gone, in words.
    added
        What was added, in words.
    """

    changed: tuple[str, ...]
    added: tuple[str, ...]


def changes_in(file: Any, record: Record) -> Changes:
    """Compare what a file says of itself, and its coordinates, with its record.

    Parameters
    ----------
    file
        An ``h5py.File`` or ``zarr.Group``.
    record
        Its record.

    Returns
    -------
    Changes
        Both parts empty for a file as gridscan wrote it.
    """
    expected, found = record.content["described"], described(file, NOT_DESCRIBED)
    changed = [_in_words(path) for path, said in expected.items() if found.get(path) != said]
    added = [_in_words(path) for path in found if path not in expected]
    for name, said in record.content["coordinates"].items():
        if found.get(name) == expected[name] and digest_of_values(np.asarray(file[name][...])) != said:
            changed.append(f"the values of {name!r}")
    return Changes(tuple(changed), tuple(added))


def is_of_attribute(text: str) -> bool:
    """Tell whether what has changed is an attribute alone.

    Parameters
    ----------
    text
        One of `Changes`.

    Returns
    -------
    bool
        False for variables, dimensions, groups and values.
    """
    return text.startswith(_ATTRIBUTE)


def _in_words(path: str) -> str:
    owner, at, attribute = path.partition("@")
    if not at:
        return f"{path!r}"
    return f"{_ATTRIBUTE} {attribute!r} of {repr(owner) if owner else 'the file'}"

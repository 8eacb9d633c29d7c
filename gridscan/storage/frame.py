"""The frame of a netCDF file: all its bytes except the numbers and their checksums, which is known by a digest.

The record is written last, and ends with a seal: this digest, and the length of the record. So plain Python finds out
whether a file is to the last byte of its headers as gridscan wrote it. If it is, nothing that the file says of itself
need be compared again, and the HDF5 library, which some damages of its headers keep busy for ever, may open it.
"""

from __future__ import annotations

import itertools
import json
import os
import re
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import xxhash

from gridscan.storage.checksums import marked_size, unmarked_size
from gridscan.storage.record import CHECKSUMS, FORMAT, KEYS, Record, variable_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

_SEAL = re.compile(rb', "seal": "([0-9a-f]{16}) ([0-9]{12})"}')
_DIGITS = 16
_BEHIND_DIGEST = len(b' 123456789012"}')
_NO_DIGEST = b"0" * _DIGITS
# The netCDF library writes little behind the record.
_SEARCHED = 1 << 16
_READ_AT_ONCE = 1 << 20


def places_in(file: Any, keys: Iterable[str]) -> dict[str, Any]:
    """Return where in a netCDF file the numbers lie, and where their checksums.

    Parameters
    ----------
    file
        An open ``h5py.File``.
    keys
        Of the variables whose numbers have checksums.

    Returns
    -------
    dict
        Start and length [bytes] of all ``numbers``, of the ``checksums`` and ``keys``; and the ``starts`` of variables
        that lie in one piece.
    """
    variables = {key: file[variable_path(key)] for key in keys}
    starts = {key: item.id.get_offset() for key, item in variables.items() if item.chunks is None}
    pieces = [piece for item in variables.values() for piece in _pieces(item)]
    placed = {key: at for key, at in starts.items() if at is not None}
    found: dict[str, Any] = {"numbers": _joined(pieces), "starts": placed}
    for name, path in (("checksums", CHECKSUMS), ("keys", KEYS)):
        found[name] = next(_pieces(file[path]), [0, 0]) if path in file else [0, 0]
    return found


def _pieces(item: Any) -> Iterator[list[int]]:
    """Yield start and length of what a variable holds."""
    if item.chunks is None:
        start = item.id.get_offset()
        if start is not None:
            yield [start, item.id.get_storage_size()]
        return
    found: list[list[int]] = []
    item.id.chunk_iter(lambda chunk: found.append([chunk.byte_offset, chunk.size]))
    yield from found


def _joined(pieces: list[list[int]]) -> list[list[int]]:
    found: list[list[int]] = []
    for start, length in sorted(pieces):
        if found and sum(found[-1]) == start:
            found[-1][1] += length
        else:
            found.append([start, length])
    return found


def sealed_text(content: Mapping[str, Any]) -> bytes:
    """Return a record as it is written, with a seal that has no digest yet.

    Parameters
    ----------
    content
        The record as plain data.

    Returns
    -------
    bytes
        JSON.
    """
    text = json.dumps(content, sort_keys=True).encode()[:-1]
    length = len(text) + len(b', "seal": "') + _DIGITS + _BEHIND_DIGEST
    return text + b', "seal": "' + _NO_DIGEST + b' %012d"}' % length


def close_frame(path: Path) -> None:
    """Write the size of a netCDF file into it, and the digest of its frame.

    Parameters
    ----------
    path
        The file, with its record.

    Raises
    ------
    ValueError
        If its record has no seal.
    """
    with path.open("r+b") as file:
        size, found = _seal_in(file)
        if found is None:
            raise ValueError("its record has no seal")
        text, end = found
        content = json.loads(text)
        file.seek(content["places"]["checksums"][0])
        file.write(marked_size(size).tobytes())
        sealed = _digest(file, size, _left_out(content, end))
        file.seek(end - _BEHIND_DIGEST - _DIGITS)
        file.write(sealed)


def sealed_record(path: Path) -> Record | None:
    """Return the record of a netCDF file whose frame is as gridscan wrote it, without the HDF5 library.

    Parameters
    ----------
    path
        Any file.

    Returns
    -------
    Record or None
        None for what is damaged, changed, foreign or of another format; the HDF5 library can tell these apart.
    """
    try:
        with path.open("rb") as file:
            size, found = _seal_in(file)
            if found is None:
                return None
            text, end = found
            content = json.loads(text)
            said = text[-_BEHIND_DIGEST - _DIGITS : -_BEHIND_DIGEST]
            if content["format"] != FORMAT or said != _digest(file, size, _left_out(content, end)):
                return None
            checksums, keys = (_numbers(file, *content["places"][name]) for name in ("checksums", "keys"))
        unmarked_size(checksums[0])
    except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError):
        return None
    return Record(content, checksums, keys, is_sealed=True)


def _seal_in(file: IO[bytes]) -> tuple[int, tuple[bytes, int] | None]:
    """Return the size of a file, and its record with the place where that ends."""
    size = file.seek(0, os.SEEK_END)
    start = max(size - _SEARCHED, 0)
    file.seek(start)
    seals = list(_SEAL.finditer(file.read()))
    if not seals:
        return size, None
    end, length = start + seals[-1].end(), int(seals[-1][2])
    file.seek(end - length)
    return size, (file.read(length), end)


def _left_out(content: Mapping[str, Any], end: int) -> list[list[int]]:
    """Return start and length of what does not belong to the frame."""
    places = content["places"]
    return sorted([*places["numbers"], places["checksums"], [end - _BEHIND_DIGEST - _DIGITS, _DIGITS]])


def _digest(file: IO[bytes], size: int, left_out: list[list[int]]) -> bytes:
    found = xxhash.xxh3_64(size.to_bytes(8, "little"))
    ends = [0, *(start + length for start, length in left_out)]
    for start, stop in itertools.zip_longest(ends, (start for start, _ in left_out), fillvalue=size):
        file.seek(start)
        while start < stop:
            piece = file.read(min(stop - start, _READ_AT_ONCE))
            if not piece:
                raise ValueError("the file ends before its last number")
            found.update(piece)
            start += len(piece)
    return found.hexdigest().encode()


def _numbers(file: IO[bytes], start: int, length: int) -> np.ndarray:
    file.seek(start)
    return np.frombuffer(file.read(length), dtype=np.uint64)

"""The record of a result, as tests read and damage it."""

from __future__ import annotations

import json

import h5py
import numpy as np

from gridscan.storage.record import CHECKSUMS, GROUP, KEYS, RECORD, variable_path

__all__ = ["CHECKSUMS", "GROUP", "KEYS", "RECORD", "content_of", "place_of_checksums", "variable_path"]


def content_of(file: h5py.File) -> dict:
    """Return the record in an open file."""
    return json.loads(file[RECORD][...].tobytes())


def place_of_checksums(file: h5py.File, key: str) -> tuple[slice, tuple[int, ...]]:
    """Return where the checksums of a variable lie among all, and how many there are along each dimension."""
    said = content_of(file)["variables"][key]
    counts = tuple(-(-size // step) for size, step in zip(said["shape"], said["block"], strict=True))
    return slice(said["checksums"], said["checksums"] + int(np.prod(counts, dtype=int))), counts

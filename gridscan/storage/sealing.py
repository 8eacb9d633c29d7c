"""Sealing a file: writing the checksums of what it holds, and the record that says what it is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import netCDF4
import numpy as np

from gridscan.storage.checksums import marked_size
from gridscan.storage.description import described, digest_of_values
from gridscan.storage.frame import close_frame, places_in, sealed_text
from gridscan.storage.record import CHECKSUMS, FORMAT, GROUP, KEYS, LENGTHS, NOT_DESCRIBED, RECORD, checksum_of_record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_LONG_NAMES = {
    RECORD: "how this file was computed (JSON), for gridscan",
    CHECKSUMS: "size of this file, and checksums of the blocks of all its variables, for gridscan",
    KEYS: "keys of the values of all inputs, for gridscan",
}


def add_arrays(file: netCDF4.Dataset, checksums: np.ndarray, keys: np.ndarray) -> None:
    """Write checksums and keys into a netCDF file.

    Parameters
    ----------
    file
        Open for writing.
    checksums, keys
        Of all blocks, behind a place for the size of the file; and of the values of all inputs.
    """
    _add(file, CHECKSUMS, checksums)
    if keys.size:
        _add(file, KEYS, keys)


def _add(file: netCDF4.Dataset, path: str, values: np.ndarray) -> None:
    group = file.createGroup(f"/{GROUP}")
    group.createDimension(LENGTHS[path], values.size)
    name = path.rpartition("/")[2]
    made = group.createVariable(name, values.dtype, (LENGTHS[path],), contiguous=True)
    made.setncattr("long_name", _LONG_NAMES[path])
    made[...] = values


def seal(path: Path, content: Mapping[str, Any], coordinates: Sequence[str]) -> None:
    """Write the record of a netCDF file that is complete except for its numbers.

    Parameters
    ----------
    path
        The file, with checksums and keys in it.
    content
        The record, without what can be told from the file.
    coordinates
        Paths of variables whose values are final.
    """
    import h5py

    with h5py.File(path, "r") as file:
        keys = file[KEYS][...] if KEYS in file else np.zeros(0, dtype=np.uint64)
        said = _completed(file, {**content, "places": places_in(file, content["variables"])}, coordinates, keys)
    with netCDF4.Dataset(path, "a") as file:
        _add(file, RECORD, np.frombuffer(sealed_text(said), dtype=np.uint8))
    close_frame(path)


def seal_zarr(root: Any, content: Mapping[str, Any], coordinates: Sequence[str], checksums: np.ndarray) -> None:
    """Write checksums, keys and the record of a zarr folder that is complete.

    Parameters
    ----------
    root
        The ``zarr.Group``, with the keys in it.
    content
        The record, without what can be told from the folder.
    coordinates
        Names of variables whose values the record vouches for.
    checksums
        Of all blocks, behind a place for the size of the file.
    """
    add_to_zarr(root, CHECKSUMS, np.array([marked_size(0), *checksums[1:]]))
    keys = root[KEYS][...] if KEYS in root else np.zeros(0, dtype=np.uint64)
    said = json.dumps(_completed(root, content, coordinates, keys), sort_keys=True)
    add_to_zarr(root, RECORD, np.frombuffer(said.encode(), dtype=np.uint8))


def add_to_zarr(root: Any, path: str, values: np.ndarray) -> None:
    """Write checksums, keys or a record into a zarr folder.

    Parameters
    ----------
    root
        The ``zarr.Group``.
    path
        One of `RECORD`, `CHECKSUMS`, `KEYS`.
    values
        With one dimension.
    """
    if values.size:
        attributes = {"_ARRAY_DIMENSIONS": [LENGTHS[path]], "long_name": _LONG_NAMES[path]}
        made = root.create_array(path, shape=values.shape, dtype=values.dtype, attributes=attributes)
        made[...] = values


def _completed(file: Any, content: Mapping[str, Any], coordinates: Sequence[str], keys: np.ndarray) -> dict[str, Any]:
    """Return a record with what can be told from the file, and its checksum."""
    said = {
        **content,
        "format": FORMAT,
        "described": described(file, NOT_DESCRIBED),
        "coordinates": {name: digest_of_values(np.asarray(file[name][...])) for name in coordinates},
    }
    return {**said, "checksum": checksum_of_record(json.loads(json.dumps(said)), keys)}

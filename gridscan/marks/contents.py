"""The mark in a netCDF file, an attribute that holds a digest of its content, however that is laid out on the disk."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

#: The attribute of a netCDF file that holds the mark.
ATTRIBUTE = "gridscan_seal"
# How netCDF arranges dimensions in HDF5, which a copy may arrange in another way.
_ARRANGED = (
    "CLASS",
    "NAME",
    "REFERENCE_LIST",
    "DIMENSION_LIST",
    "_Netcdf4Dimid",
    "_Netcdf4Coordinates",
    "DIMENSION_LABELS",
)
_NO_VARIABLE = b"This is a netCDF dimension but not a netCDF variable"
_AT_ONCE = 1 << 21


def mark_in(path: Path) -> str | None:
    """Return the mark of a netCDF file.

    Parameters
    ----------
    path
        An HDF5 file.

    Returns
    -------
    str or None
        None if it has none, or cannot be read.
    """
    import h5py

    try:
        with h5py.File(path, "r") as file:
            found = file.attrs.get(ATTRIBUTE)
    # The library raises all kinds of exceptions on a damaged file.
    except Exception:
        return None
    return found.decode(errors="replace") if isinstance(found, bytes) else str(found) if found is not None else None


def digest_of_content(path: Path, size: int) -> str:
    """Return a digest of all groups, variables and attributes of a netCDF file but its mark.

    Parameters
    ----------
    path
        An HDF5 file.
    size
        Number of hexadecimal digits.

    Returns
    -------
    str
        Empty if it cannot be read.
    """
    import h5py

    digest = hashlib.blake2b(digest_size=size // 2)
    names: list[str] = [""]
    try:
        with h5py.File(path, "r") as file:
            file.visit(names.append)
            for name in sorted(names):
                _add(digest, name, file[name or "/"])
    except Exception:  # see above
        return ""
    return digest.hexdigest()


def _add(digest: Any, name: str, item: Any) -> None:
    attributes = {key: item.attrs.get_id(key) for key in sorted(item.attrs) if key not in (*_ARRANGED, ATTRIBUTE)}
    said = [(key, str(found.dtype), _plain(item.attrs[key])) for key, found in attributes.items()]
    digest.update(repr((name, said)).encode())
    if not hasattr(item, "shape"):
        return
    digest.update(repr((item.shape, str(item.dtype))).encode())
    if bytes(item.attrs.get("NAME", b"")).startswith(_NO_VARIABLE):
        return
    rows = max(1, _AT_ONCE // max(1, int(np.prod(item.shape[1:], dtype=np.int64))))
    for start in range(0, item.shape[0], rows) if item.shape else ():
        digest.update(_bytes(item[start : start + rows]))
    if not item.shape:
        digest.update(_bytes(item[()]))


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def _bytes(values: Any) -> bytes:
    array = np.asarray(values)
    return repr(array.tolist()).encode() if array.dtype.kind in "OUV" else array.tobytes()

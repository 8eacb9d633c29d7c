"""Whether the netCDF library can be trusted to open a file, above all one that gridscan has not written.

That library takes HDF5 for its own, and some of what HDF5 allows and netCDF does not ends the process in it. So a file
is looked through before, without reading any of its numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.errors import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_NAMED = 3
_DEEPEST = 50
_FLOATS = (4, 8)
# Up to the largest number, the netCDF library makes a list.
_NUMBER = "_Netcdf4Dimid"
_MOST_DIMENSIONS = 100_000


def why_not_netcdf(file: Any, *, scales: bool = True) -> str:
    """Say why an HDF5 file is no netCDF file.

    Parameters
    ----------
    file
        An open ``h5py.File``.
    scales
        Whether each variable must have dimension scales, as netCDF gives them; the library can do without.

    Returns
    -------
    str
        What netCDF does not know, in words; empty for a netCDF file.
    """
    found = list(_strange(file, (), scales))
    return f"is HDF5, but not netCDF: {listed(found, _MOST_NAMED)}" if found else ""


def _strange(group: Any, above: tuple[int, ...], scales: bool) -> Iterator[str]:
    """Yield what netCDF does not know in a group."""
    import h5py

    above = (*above, h5py.h5o.get_info(group.id).addr)
    yield from _strange_attributes(group, group.name)
    for name in group:
        path = f"{group.name.rstrip('/')}/{name}"
        try:
            item = group[name]
        except KeyError:
            yield f"{path!r} leads nowhere"
            continue
        if isinstance(item, h5py.Dataset):
            yield from _strange_dataset(item, path, scales)
        elif isinstance(item, h5py.Group):
            if len(above) > _DEEPEST or h5py.h5o.get_info(item.id).addr in above:
                yield f"group {path!r} leads back or too deep"
            else:
                yield from _strange(item, above, scales)


def _strange_dataset(item: Any, path: str, scales: bool) -> Iterator[str]:
    if item.shape is None:
        yield f"{path!r} has no shape"
    elif _has_strange_floats(item.dtype):
        yield f"{path!r} has floats of neither 32 nor 64 bits"
    elif scales and item.ndim and not item.is_scale and not all(len(dim) == 1 for dim in item.dims):
        yield f"{path!r} has no dimension scales"
    yield from _strange_attributes(item, path)


def _strange_attributes(item: Any, path: str) -> Iterator[str]:
    for name in item.attrs:
        if name == _NUMBER and not 0 <= int(np.ravel(item.attrs[name])[0]) < _MOST_DIMENSIONS:
            yield f"{path!r} has an impossible number of its dimension"
        if _has_strange_floats(item.attrs.get_id(name).dtype):
            yield f"the attribute {name!r} of {path!r} has floats of neither 32 nor 64 bits"


def _has_strange_floats(dtype: np.dtype[Any]) -> bool:
    if dtype.subdtype is not None:
        return _has_strange_floats(dtype.subdtype[0])
    if dtype.fields is not None:
        return any(_has_strange_floats(field[0]) for field in dtype.fields.values())
    variable_length = None if dtype.metadata is None else dtype.metadata.get("vlen")
    if variable_length is not None and not isinstance(variable_length, type):
        return _has_strange_floats(variable_length)
    return dtype.kind in "fc" and dtype.itemsize not in (_FLOATS if dtype.kind == "f" else (8, 16))

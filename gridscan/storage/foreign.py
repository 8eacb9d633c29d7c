"""Files that gridscan has not written: whether the netCDF library can be trusted to open one.

That library takes HDF5 for its own, and some of what HDF5 allows and netCDF does not ends the process in it. So such a
file is looked through before, without reading any of its numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridscan.errors import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_NAMED = 3
_DEEPEST = 50


def why_not_netcdf(file: Any) -> str:
    """Say why an HDF5 file is no netCDF file.

    Parameters
    ----------
    file
        An open ``h5py.File``.

    Returns
    -------
    str
        What netCDF does not know, in words; empty for a netCDF file.
    """
    found = list(_strange(file, set(), 0))
    return f"is HDF5, but not netCDF: {listed(found, _MOST_NAMED)}" if found else ""


def _strange(group: Any, seen: set[int], depth: int) -> Iterator[str]:
    import h5py

    seen.add(h5py.h5o.get_info(group.id).addr)
    for name in group:
        path = f"{group.name.rstrip('/')}/{name}"
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            yield f"{path!r} is a link"
            continue
        item = group[name]
        if isinstance(item, h5py.Dataset):
            yield from _strange_in(item, path)
        elif isinstance(item, h5py.Group):
            if depth == _DEEPEST or h5py.h5o.get_info(item.id).addr in seen:
                yield f"the groups at {path!r} go round or too deep"
            else:
                yield from _strange(item, seen, depth + 1)


def _strange_in(item: Any, path: str) -> Iterator[str]:
    """Yield what netCDF does not know in a dataset of HDF5."""
    import h5py

    dtype = item.dtype
    if item.shape is None:
        yield f"{path!r} has no shape"
    elif h5py.check_ref_dtype(dtype) is not None:
        yield f"{path!r} holds references"
    elif item.is_virtual or item.external:
        yield f"the numbers of {path!r} are in another file"
    elif item.ndim and not _has_dimensions(item):
        yield f"{path!r} has no dimension scales"


def _has_dimensions(item: Any) -> bool:
    """Tell whether each dimension of a dataset has one name of the right length."""
    if item.is_scale:
        return True
    scales = [list(dim.values()) for dim in item.dims]
    return all(len(found) == 1 and found[0].shape for found in scales)

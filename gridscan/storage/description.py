"""What a file says of what it holds (names, dimensions, types, attributes), as digests, so that any change is found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.fingerprint.digest import digest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import xarray as xr

# By these HDF5 and the netCDF library tie variables to dimensions; the names of the dimensions tell as much.
_OF_LIBRARIES = {
    "CLASS",
    "NAME",
    "DIMENSION_LIST",
    "REFERENCE_LIST",
    "_ARRAY_DIMENSIONS",
    "_NCProperties",
    "_Netcdf4Coordinates",
    "_Netcdf4Dimid",
    "_nc3_strict",
}
_ONLY_A_DIMENSION = b"This is a netCDF dimension but not a netCDF variable"


def described(file: Any, but: Collection[str] = ()) -> dict[str, str]:
    """Return a digest of all that a file says of its variables, dimensions and groups.

    Parameters
    ----------
    file
        An open ``h5py.File`` or ``zarr.Group``.
    but
        Paths to leave out.

    Returns
    -------
    dict of str to str
        By path: of dimensions, shape and type for ``flux``, of a value for its attribute ``flux@units`` and for the
        attribute ``@title`` of the file. Equal for netCDF files that other programs copied.
    """
    parts = _of_hdf5(file, "") if hasattr(file, "id") else _of_zarr(file)
    return {path: digest(said).hex() for path, said in parts if path.partition("@")[0] not in but}


def digest_of_values(values: np.ndarray) -> str:
    """Return a digest of the values of a coordinate, of numbers or of texts.

    Parameters
    ----------
    values
        Numbers or texts.

    Returns
    -------
    str
        Hexadecimal.
    """
    if values.dtype.kind not in "OSTU":
        return digest(values).hex()
    return digest([_plain(item) for item in values.ravel().tolist()]).hex()


def digest_of_variable(name: str, variable: xr.Variable) -> str:
    """Return a digest of what the netCDF library says of a variable, to be compared with that of `described`.

    Parameters
    ----------
    name
        Its name.
    variable
        As it is in a netCDF file.

    Returns
    -------
    str
        Hexadecimal.
    """
    # Labels have a second dimension, of their letters, which HDF5 has no name for.
    dims = [name] if name in variable.dims[:1] else [str(dim) for dim in variable.dims]
    return digest([dims, variable.shape, _type_of(variable.dtype)]).hex()


def _of_hdf5(group: Any, path: str) -> Iterator[tuple[str, Any]]:
    yield from _attributes(group, path)
    for name in sorted(group):
        item, place = group[name], f"{path}{name}"
        if not hasattr(item, "shape"):
            yield from _of_hdf5(item, f"{place}/")
        elif bytes(item.attrs.get("NAME", b"")).startswith(_ONLY_A_DIMENSION):
            yield place, ["dimension", item.shape]
        else:
            yield place, [_dims_of(group, item), item.shape, _type_of(item.dtype)]
            yield from _attributes(item, place)


def _dims_of(group: Any, item: Any) -> list[str]:
    """Return the names of the dimensions of a variable; a coordinate of its own name is one itself."""
    if "DIMENSION_LIST" not in item.attrs:
        return [item.name.rpartition("/")[2]] if "CLASS" in item.attrs else []
    import h5py

    # Opening each of them would take half of the time in which a result is opened.
    names = [h5py.h5r.get_name(part[0], group.id) for part in item.attrs["DIMENSION_LIST"]]
    return [name.decode().rpartition("/")[2] for name in names]


def _of_zarr(root: Any) -> Iterator[tuple[str, Any]]:
    yield from _attributes(root, "")
    for name, item in sorted(root.members(max_depth=None)):
        if hasattr(item, "shape"):
            dims = [str(dim) for dim in item.attrs.get("_ARRAY_DIMENSIONS", [])]
            yield name, [dims, item.shape, _type_of(item.dtype), repr(item.fill_value)]
        yield from _attributes(item, name if hasattr(item, "shape") else f"{name}/")


def _attributes(item: Any, path: str) -> Iterator[tuple[str, Any]]:
    for name in sorted(item.attrs):
        if name not in _OF_LIBRARIES:
            yield f"{path}@{name}", _plain(item.attrs[name])


def _type_of(dtype: np.dtype[Any]) -> str:
    return "text" if dtype.kind in "OT" else dtype.str


def _plain(value: Any) -> Any:
    """Return a text or a list of numbers; what other libraries write as a single number is the list of it."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if isinstance(value, str):
        return value
    if not hasattr(value, "dtype") or value.shape is None:
        return repr(value)
    found = np.atleast_1d(value)
    return [found.dtype.str, [_plain(part) if isinstance(part, bytes | str) else repr(part) for part in found.tolist()]]

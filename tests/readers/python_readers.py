"""What Python libraries read of a result: each function returns what it found, for `try_readers` to compare.

The keys are ``variables``, ``total`` and ``shape`` of a quantity, ``values`` of an axis, ``words`` of labels, and
``said``, what a person should know; a key that is not there could not be asked for.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np

Found = dict[str, Any]
Right = dict[str, Any]


def _of_dataset(dataset: Any, right: Right) -> Found:
    found: Found = {
        "variables": sorted(map(str, dataset.data_vars)),
        "total": float(dataset[right["quantity"]].sum()),
        "shape": list(dataset[right["quantity"]].shape),
        "values": dataset[right["axis"]].values.tolist(),
    }
    if dataset[right["axis"]].dtype.kind in "mM":
        found["values"] = "dates"
    if right["labels"]:
        found["words"] = [
            item.decode() if isinstance(item, bytes) else str(item) for item in dataset[right["labels"]].values
        ]
    return found


def xarray(path: str, right: Right) -> Found:
    import xarray

    with xarray.open_dataset(path) as dataset:
        return _of_dataset(dataset, right)


def xarray_h5netcdf(path: str, right: Right) -> Found:
    import xarray

    with xarray.open_dataset(path, engine="h5netcdf") as dataset:
        return _of_dataset(dataset, right)


def xarray_datatree(path: str, right: Right) -> Found:
    import xarray

    with xarray.open_datatree(path) as tree:
        return _of_dataset(tree.to_dataset(), right) | {"said": f"groups {', '.join(sorted(tree.groups))}"}


def xarray_scipy(path: str, right: Right) -> Found:
    import xarray

    with xarray.open_dataset(path, engine="scipy") as dataset:
        return _of_dataset(dataset, right)


def netcdf4(path: str, right: Right) -> Found:
    import netCDF4

    with netCDF4.Dataset(path) as file:
        return _of_netcdf4(file, right)


def h5netcdf_legacy(path: str, right: Right) -> Found:
    import h5netcdf.legacyapi

    with h5netcdf.legacyapi.Dataset(path) as file:
        return _of_netcdf4(file, right)


def _of_netcdf4(file: Any, right: Right) -> Found:
    values = np.asarray(file[right["quantity"]][...])
    found = {
        "variables": _without_coordinates(file.variables, right),
        "total": float(values.sum()),
        "shape": list(values.shape),
        "values": np.asarray(file[right["axis"]][...]).tolist(),
    }
    if right["labels"]:
        found["words"] = [
            item.decode() if isinstance(item, bytes) else str(item) for item in file[right["labels"]][...]
        ]
    return found


def _without_coordinates(variables: Any, right: Right) -> list[str]:
    return sorted(name for name in variables if name in right["variables"] or name.startswith("gridscan"))


def h5py(path: str, right: Right) -> Found:
    import h5py

    with h5py.File(path) as file:
        values = file[right["quantity"]][...]
        found = {"total": float(values.sum()), "shape": list(values.shape), "values": file[right["axis"]][...].tolist()}
        if right["labels"]:
            found["words"] = [item.decode() for item in file[right["labels"]][...].ravel()]
        return found


def iris(path: str, right: Right) -> Found:
    import iris

    cubes = {cube.var_name: cube for cube in iris.load(path)}
    cube = cubes[right["quantity"]]
    coordinates = {item.var_name: item for item in cube.coords()}
    found = {
        "variables": sorted(name for name in cubes if name in right["variables"]),
        "total": float(cube.data.sum()),
        "shape": list(cube.shape),
        "values": coordinates[right["axis"]].points.tolist(),
    }
    if right["labels"]:
        found["words"] = coordinates[right["labels"]].points.tolist()
    return found


def cf_python(path: str, right: Right) -> Found:
    import cf

    fields = {field.nc_get_variable(): field for field in cf.read(path)}
    field = fields[right["quantity"]]
    coordinates = {item.nc_get_variable(): item for item in field.coordinates().values()}
    found = {
        "variables": sorted(name for name in fields if name in right["variables"]),
        "total": float(field.array.sum()),
        "shape": [size for size, dim in zip(field.shape, field.shape, strict=True)],
        "values": coordinates[right["axis"]].array.tolist(),
    }
    if right["labels"]:
        found["words"] = coordinates[right["labels"]].array.tolist()
    return found


def zarr(path: str, right: Right) -> Found:
    import zarr

    group = zarr.open_group(path, mode="r")
    values = group[right["quantity"]][...]
    found = {"total": float(values.sum()), "shape": list(values.shape), "values": group[right["axis"]][...].tolist()}
    if right["labels"]:
        found["words"] = [str(item) for item in group[right["labels"]][...].ravel()]
    return found


def xarray_zarr(path: str, right: Right) -> Found:
    import xarray

    with xarray.open_zarr(path) as dataset:
        return _of_dataset(dataset, right)


def kerchunk(path: str, right: Right) -> Found:
    import kerchunk.hdf
    import xarray

    references = kerchunk.hdf.SingleHdf5ToZarr(path, inline_threshold=0).translate()
    options = {"consolidated": False, "storage_options": {"fo": references}}
    with xarray.open_dataset("reference://", engine="zarr", backend_kwargs=options) as dataset:
        return _of_dataset(dataset, right)


def virtualizarr(path: str, right: Right) -> Found:
    import virtualizarr
    import xarray
    from obstore.store import LocalStore
    from virtualizarr.parsers import HDFParser
    from virtualizarr.registry import ObjectStoreRegistry

    registry = ObjectStoreRegistry({"file://": LocalStore()})
    url = f"file://{os.path.abspath(path)}"
    with virtualizarr.open_virtual_dataset(url, parser=HDFParser(), registry=registry) as virtual:
        references = virtual.vz.to_kerchunk(format="dict")
    options = {"consolidated": False, "storage_options": {"fo": references, "remote_protocol": "file"}}
    with xarray.open_dataset("reference://", engine="zarr", backend_kwargs=options) as dataset:
        return _of_dataset(dataset, right)


def rioxarray(path: str, right: Right) -> Found:
    import rioxarray

    with rioxarray.open_rasterio(f"netcdf:{path}:{right['quantity']}") as raster:
        return {"total": float(raster.sum()), "shape": [size for size in raster.shape if size > 1]}

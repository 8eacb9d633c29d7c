"""Results on disk: CF netCDF, written atomically, with their provenance inside."""

from __future__ import annotations

import contextlib
import os
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import xarray as xr
from xarray.backends.file_manager import FILE_CACHE

from gridscan.atomic import check_space, reason, replacing
from gridscan.errors import ScenarioError, StoreError, nearest
from gridscan.evaluation.block_shape import block_of
from gridscan.limits import DEFAULT, Limits, checked
from gridscan.scenario.schema import Storage
from gridscan.storage.cf_names import for_disk, from_disk
from gridscan.storage.file_units import units_in_memory, units_on_disk
from gridscan.storage.provenance import Provenance, provenance_in
from gridscan.storage.zarr_support import check_library

_OPENING: dict[str, Any] = {"decode_times": False}


def open_result(path: str | Path, limits: Limits = DEFAULT) -> xr.Dataset:
    """Open a result lazily.

    Parameters
    ----------
    path
        A netCDF file or a zarr folder; beyond 100 MB its variables are dask arrays, chunked as on the disk.
    limits
        How much is read at once.

    Returns
    -------
    xarray.Dataset
        The quantities with their axes, units and provenance; the file stays open until the Dataset is closed.

    Raises
    ------
    StoreError
        If the file is missing, damaged or neither netCDF nor zarr.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import gridscan as gs
    >>> scenario = gs.Scenario.parse('''
    ... model = "red_supergiants"
    ... axes.fiducial_mass = { values = [1, 20], unit = "kt" }
    ... output.quantities = ["number_of_electrons"]
    ... ''')
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with gs.open(gs.run(scenario, output=Path(folder, "electrons.nc"))) as result:
    ...         print(result.attrs["gridscan_model"], result["fiducial_mass"].values)
    red_supergiants [ 1. 20.]
    """
    path = Path(path)
    is_zarr = path.suffix == ".zarr"
    if not (os.path.isdir(path) if is_zarr else os.path.isfile(path)):
        beside = [str(other) for other in path.parent.glob(f"*{path.suffix}")] if path.parent.is_dir() else []
        raise StoreError(f"{path}: no such {'folder' if is_zarr else 'file'}{nearest(str(path), beside)}")
    try:
        dataset = _opened_zarr(path) if is_zarr else xr.open_dataset(path, engine="netcdf4", **_OPENING)
        return _in_chunks(units_in_memory(from_disk(dataset)), checked(limits))
    except (OSError, RuntimeError, ValueError, AttributeError, KeyError) as error:
        kind = "zarr" if is_zarr else "netCDF"
        raise StoreError(
            f"{path}: cannot be read as {kind} ({reason(error)}); it is damaged or of another format"
        ) from None


def _opened_zarr(path: Path) -> xr.Dataset:
    check_library(Storage(format="zarr"))
    dataset: xr.Dataset = xr.open_zarr(path, chunks=None, consolidated=True, **_OPENING)
    return dataset


def _in_chunks(dataset: xr.Dataset, limits: Limits) -> xr.Dataset:
    """Chunk the variables of a large file as they are on the disk; those of a small one are read when first used."""
    if dataset.nbytes <= limits.lazy_bytes:
        return dataset
    chunked = {
        name: item.variable.chunk(dict(zip(item.dims, block_of(item.shape, costly=False, limits=limits), strict=True)))
        for name, item in dataset.data_vars.items()
    }
    return dataset.assign(chunked)


def write_result(dataset: xr.Dataset, path: str | Path, progress: AbstractContextManager[Any] | None = None) -> Path:
    """Write a Dataset so that the file appears under its name only when it is complete.

    Parameters
    ----------
    dataset
        The Dataset, lazy or not.
    path
        The netCDF file.
    progress
        A dask callback under which the chunks are computed and written.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    StoreError
        If it cannot be written; an earlier file is kept.
    """
    path = Path(path)
    with replacing(path) as temporary:
        check_space(path, dataset.nbytes)
        _write(for_disk(units_on_disk(dataset)), temporary, progress)
    return path


def _write(dataset: xr.Dataset, path: Path, progress: AbstractContextManager[Any] | None) -> None:
    try:
        delayed = dataset.to_netcdf(path, engine="netcdf4", encoding=_encoding(dataset), compute=False)
        with progress or contextlib.nullcontext():
            delayed.compute()
    except BaseException:
        _close_quietly(path)
        raise


def _close_quietly(path: Path) -> None:
    """Close a half-written file now: xarray would do so later, with a traceback on the screen."""
    for key, file in list(FILE_CACHE.items()):
        if isinstance(file, netCDF4.Dataset) and file.filepath() == os.path.abspath(path):
            with contextlib.suppress(RuntimeError, KeyError):
                del FILE_CACHE[key]
                file.close()


def _encoding(dataset: xr.Dataset) -> dict[str, dict[str, Any]]:
    """Store lazy variables in their own chunks, labels as characters, and a fill value only where some are missing."""
    encoding: dict[str, dict[str, Any]] = {}
    for name, variable in dataset.variables.items():
        if variable.dtype.kind in "UO":
            encoding[str(name)] = {"dtype": "S1"}
        elif variable.dtype.kind == "f":
            missing = "missing" in variable.attrs.get("comment", "")
            encoding[str(name)] = {"_FillValue": np.nan if missing else None}
        if variable.chunks is not None:
            encoding.setdefault(str(name), {})["chunksizes"] = tuple(sizes[0] for sizes in variable.chunks)
    return encoding


def scenario_in(path: str | Path) -> Provenance:
    """Return the provenance of a result file, for running it again.

    Parameters
    ----------
    path
        The result.

    Returns
    -------
    Provenance
        Its scenario, overrides and tables, and the versions that computed it.

    Raises
    ------
    StoreError
        If the file cannot be read.
    ScenarioError
        If it holds no scenario.
    """
    with open_result(path) as dataset:
        found = provenance_in(dataset, path)
    if not found.scenario.strip():
        raise ScenarioError(f"{path}: has no scenario inside that could be run again")
    return found

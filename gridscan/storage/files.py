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
from gridscan.errors import ScenarioError, StoreError
from gridscan.evaluation.block_shape import block_of, boxes
from gridscan.limits import DEFAULT, Limits, checked
from gridscan.marks.files import KEPT
from gridscan.storage.backend import GridscanBackend
from gridscan.storage.checksums import checksum_of_block
from gridscan.storage.disk_attributes import for_disk
from gridscan.storage.opening import explained
from gridscan.storage.provenance import Provenance, provenance_in
from gridscan.storage.record import IN_RECORD, places_of_checksums
from gridscan.storage.sealing import add_arrays, seal
from gridscan.storage.standing import standing_of


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
    return _opened(Path(path).expanduser(), checked(limits), refuse_changed=True)


def open_as_it_is(path: str | Path) -> xr.Dataset:
    """Open a result lazily, also one whose coordinates or attributes are not as gridscan wrote them.

    Parameters
    ----------
    path
        A netCDF file or a zarr folder.

    Returns
    -------
    xarray.Dataset
        As of `open_result`.

    Raises
    ------
    StoreError
        If the file is missing, cannot be read or is neither netCDF nor zarr.
    """
    return _opened(Path(path).expanduser(), DEFAULT, refuse_changed=False)


def _opened(path: Path, limits: Limits, *, refuse_changed: bool) -> xr.Dataset:
    with explained(path):
        dataset = xr.open_dataset(path, engine=GridscanBackend, decode_times=False, refuse_changed=refuse_changed)
    if dataset.nbytes <= limits.lazy_bytes:
        return dataset
    return dataset.assign({name: _in_chunks(item.variable, limits) for name, item in dataset.data_vars.items()})


def _in_chunks(variable: xr.Variable, limits: Limits) -> xr.Variable:
    """Read a variable in pieces of whole blocks, so that all of these are compared with their checksums."""
    steps = [variable.encoding.get("preferred_chunks", {}).get(dim, 1) for dim in variable.dims]
    pieces = block_of(variable.shape, costly=False, limits=limits)
    chunks = [
        min(-(-piece // step) * step, size) for piece, step, size in zip(pieces, steps, variable.shape, strict=True)
    ]
    return variable.chunk(dict(zip(variable.dims, chunks, strict=True)))


def write_result(
    dataset: xr.Dataset,
    path: str | Path,
    progress: AbstractContextManager[Any] | None = None,
    *,
    force: bool = False,
) -> Path:
    """Write a Dataset so that the file appears under its name only when it is complete.

    Parameters
    ----------
    dataset
        The Dataset, lazy or not.
    path
        The netCDF file.
    progress
        A dask callback under which the chunks are computed and written.
    force
        Whether any file may be replaced; by default only one that gridscan wrote and nobody changed.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    StoreError
        If it cannot be written, or would replace another file; an earlier file is kept.
    """
    path = Path(path).expanduser()
    with replacing(path, force=force, refuse=refuse_other_netcdf) as temporary:
        check_space(path, dataset.nbytes)
        shown, kept = for_disk(dataset), {}
        for name in IN_RECORD:
            if name in shown.attrs:
                kept[name] = shown.attrs.pop(name)
        _write(shown, temporary, progress)
        _seal(temporary, shown, kept)
    return path


def refuse_other_netcdf(path: Path) -> None:
    """Refuse to replace anything but a sample or the answer to a question that nobody has changed.

    Parameters
    ----------
    path
        The netCDF file to be written.

    Raises
    ------
    StoreError
        If something would be lost.
    """
    try:
        found = standing_of(path)
    except OSError as error:
        raise StoreError(f"{path}: exists and cannot be read ({reason(error)}); give another name") from None
    if found.kind != "nothing" and (found.kind != "whole" or found.of_run):
        raise StoreError(f"{path}: {found.said or 'is the result of a run'}; {KEPT}")


def _write(dataset: xr.Dataset, path: Path, progress: AbstractContextManager[Any] | None) -> None:
    try:
        delayed = dataset.to_netcdf(path, engine="netcdf4", encoding=_encoding(dataset), compute=False)
        with progress or contextlib.nullcontext():
            delayed.compute()
    except BaseException:
        _close_quietly(path)
        raise


def _seal(path: Path, dataset: xr.Dataset, attributes: dict[str, Any]) -> None:
    """Add checksums of all numbers that were written, in blocks, and the record."""
    numbers = {str(name): item.shape for name, item in dataset.data_vars.items() if item.dtype.kind not in "OU"}
    blocks = {name: (shape, block_of(shape, costly=False)) for name, shape in numbers.items()}
    places = places_of_checksums(blocks)
    checksums, variables = [np.uint64(0)], {}
    import h5py

    with h5py.File(path, "r") as file:
        for name, (shape, block) in blocks.items():
            variables[name] = {"shape": shape, "type": file[name].dtype.name, "block": block, "checksums": places[name]}
            checksums += [checksum_of_block(np.asarray(file[name][box])) for box in boxes(shape, block)]
    with netCDF4.Dataset(path, "a") as file:
        add_arrays(file, np.array(checksums), np.zeros(0, dtype=np.uint64))
    whole = [str(name) for name in dataset.variables if name not in numbers]
    seal(path, {"attributes": attributes, "variables": variables, "inputs": {}}, whole)


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
    with open_as_it_is(path) as dataset:
        found = provenance_in(dataset, path)
    if not found.scenario.strip():
        raise ScenarioError(f"{path}: has no scenario inside that could be run again")
    return found

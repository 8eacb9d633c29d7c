"""Results on disk: CF netCDF written atomically, with everything that made it inside."""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import os
import platform
import tomllib
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import xarray as xr
from xarray.backends.file_manager import FILE_CACHE

from gridscan._version import __version__
from gridscan.atomic import check_space, reason, replacing
from gridscan.engine.files.finalize import check_library
from gridscan.engine.files.working_file import RENAMED_PREFIX
from gridscan.engine.partition import block_of
from gridscan.errors import ScenarioError, StoreError, nearest
from gridscan.evaluation.layout import Layout, input_settings
from gridscan.scenario.reader import Scenario, Storage
from gridscan.units import base_factor, base_unit, parse_unit, readable, to_cf

_CONVENTIONS = "CF-1.11"
_RECORDED_PACKAGES = ("numpy", "scipy", "xarray", "dask", "netCDF4", "pint")
_LAZY_BEYOND = 100_000_000
_OPENING: dict[str, Any] = {"decode_times": False}
# An axis of one of these names has to hold dates, or places on Earth, in units that CF prescribes.
_RESERVED_BY_CF = ("time", "lat", "latitude", "lon", "longitude", "height", "depth", "altitude", "pressure")
_RENAMED_AXES = "gridscan_renamed_axes"


@dataclass(frozen=True)
class Provenance:
    """What made a result."""

    scenario: str
    scenario_name: str
    overrides: dict[str, Any]
    model: str
    settings: dict[str, Any]
    versions: dict[str, str]
    identity: str
    tables: dict[str, str]


def provenance_of(scenario: Scenario, layout: Layout, identity: str) -> Provenance:
    """Gather what makes the result of a scenario."""
    versions = {"gridscan": __version__, "python": platform.python_version()}
    versions |= {name: importlib.metadata.version(name) for name in _RECORDED_PACKAGES}
    return Provenance(
        scenario.text,
        scenario.file,
        dict(scenario.overrides),
        scenario.model.name,
        input_settings(layout),
        versions,
        identity,
        dict(scenario.tables),
    )


def describe_dataset(dataset: xr.Dataset, provenance: Provenance, command: str = "run") -> xr.Dataset:
    """Return the Dataset with global attributes that say what it is and what made it."""
    settings = [f"--set {name}={json.dumps(value)}" for name, value in provenance.overrides.items()]
    attributes = {
        "Conventions": _CONVENTIONS,
        "title": _title(provenance),
        "source": f"gridscan {provenance.versions['gridscan']}, model {provenance.model}",
        # Without a date, so that the same scenario gives the same file.
        "history": " ".join([f"gridscan {command}", provenance.scenario_name, *settings]),
        "comment": _unit_definitions(dataset),
        "gridscan_model": provenance.model,
        "gridscan_scenario": provenance.scenario,
        "gridscan_scenario_name": provenance.scenario_name,
        "gridscan_overrides": json.dumps(provenance.overrides),
        "gridscan_settings": json.dumps(provenance.settings),
        "gridscan_versions": json.dumps(provenance.versions),
        "gridscan_identity": provenance.identity,
        "gridscan_tables": json.dumps(provenance.tables),
    }
    return dataset.assign_attrs(attributes)


def _title(provenance: Provenance) -> str:
    content = tomllib.loads(provenance.scenario.replace("\r\n", "\n"))
    return str(content.get("title") or f"{provenance.model} over the grid of {provenance.scenario_name}")


def _unit_definitions(dataset: xr.Dataset) -> str:
    """Say what the units mean exactly: UDUNITS has a tropical year and an electronvolt of 1986."""
    texts = {
        item.attrs.get("unit_name", item.attrs["units"]) for item in dataset.variables.values() if "units" in item.attrs
    }
    names = sorted({name for text in texts for name in parse_unit(text)._units})
    shown = []
    for name in names:
        unit = parse_unit(name)
        base = base_unit(unit)
        if unit != base:
            value = f"{base_factor(unit):.16g} {to_cf(base)}"
            shown.append(f"{readable(unit)} = {value.removesuffix(' 1')}")
    return "Units: " + "; ".join(shown) if shown else "Units are SI."


def provenance_in(dataset: xr.Dataset, path: str | Path) -> Provenance:
    """Read what made a result from its attributes.

    Raises
    ------
    StoreError
        If the file was not written by ``gridscan run``.
    """
    attributes = dataset.attrs
    try:
        return Provenance(
            attributes["gridscan_scenario"],
            attributes["gridscan_scenario_name"],
            json.loads(attributes["gridscan_overrides"]),
            attributes["gridscan_model"],
            json.loads(attributes["gridscan_settings"]),
            json.loads(attributes["gridscan_versions"]),
            attributes["gridscan_identity"],
            json.loads(attributes["gridscan_tables"]),
        )
    except KeyError as error:
        raise StoreError(f"{path}: was not written by gridscan run: it has no attribute {error.args[0]!r}") from None
    except (json.JSONDecodeError, TypeError) as error:
        raise StoreError(f"{path}: its provenance is damaged: {error}") from None


def open_result(path: str | Path) -> xr.Dataset:
    """Open a result lazily.

    Parameters
    ----------
    path
        A netCDF file, or a zarr folder; beyond 100 MB its variables are dask arrays, whose chunks are pieces of the
        file as they lie on the disk.

    Raises
    ------
    StoreError
        If the file is missing, damaged or neither.
    """
    path = Path(path)
    is_zarr = path.suffix == ".zarr"
    if not (os.path.isdir(path) if is_zarr else os.path.isfile(path)):
        beside = [str(other) for other in path.parent.glob(f"*{path.suffix}")] if path.parent.is_dir() else []
        raise StoreError(f"{path}: there is no such {'folder' if is_zarr else 'file'}{nearest(str(path), beside)}")
    try:
        dataset = _opened_zarr(path) if is_zarr else xr.open_dataset(path, engine="netcdf4", **_OPENING)
        return _in_chunks(_from_disk(dataset))
    except (OSError, RuntimeError, ValueError, AttributeError, KeyError) as error:
        kind = "zarr" if is_zarr else "netCDF"
        raise StoreError(
            f"{path}: cannot be read as {kind} ({reason(error)}); it is damaged or something else"
        ) from None


def _opened_zarr(path: Path) -> xr.Dataset:
    check_library(Storage(format="zarr"))
    return xr.open_zarr(path, chunks=None, consolidated=True, **_OPENING)


def _in_chunks(dataset: xr.Dataset) -> xr.Dataset:
    """Divide the variables of a large file as they lie on the disk; those of a small one are read when first used."""
    if dataset.nbytes <= _LAZY_BEYOND:
        return dataset
    chunked = {
        name: item.variable.chunk(dict(zip(item.dims, block_of(item.shape, costly=False), strict=True)))
        for name, item in dataset.data_vars.items()
    }
    return dataset.assign(chunked)


def write_result(dataset: xr.Dataset, path: str | Path, progress: AbstractContextManager[Any] | None = None) -> Path:
    """Write a Dataset so that the file appears under its name only when it is whole.

    Parameters
    ----------
    progress
        A dask callback under which the chunks are computed and written.

    Raises
    ------
    StoreError
        If it cannot be written; what was there before is left as it was.
    """
    path = Path(path)
    with replacing(path) as temporary:
        check_space(path, dataset.nbytes)
        _write(for_disk(dataset), temporary, progress)
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
    """Close a half-written file: left to xarray, its complaint would reach the screen at some later time."""
    for key, file in list(FILE_CACHE.items()):
        if isinstance(file, netCDF4.Dataset) and file.filepath() == os.path.abspath(path):
            with contextlib.suppress(RuntimeError, KeyError):
                del FILE_CACHE[key]
                file.close()


def for_disk(dataset: xr.Dataset) -> xr.Dataset:
    """Rename the axes whose names CF keeps for dates and places on Earth, such as ``time``, and note which."""
    reserved = [str(dim) for dim in dataset.sizes if dim in _RESERVED_BY_CF]
    for dim in reserved:
        name = f"{RENAMED_PREFIX}{dim}"
        dataset = dataset.rename({dim: name})
        if name in dataset.coords:
            comment = f"{dim!r} in gridscan; as the name of an axis, CF keeps that for other uses"
            dataset = dataset.assign_coords({name: dataset[name].assign_attrs(comment=comment)})
    return dataset.assign_attrs({_RENAMED_AXES: " ".join(reserved)}) if reserved else dataset


def _from_disk(dataset: xr.Dataset) -> xr.Dataset:
    for dim in str(dataset.attrs.get(_RENAMED_AXES, "")).split():
        name = f"{RENAMED_PREFIX}{dim}"
        dataset = dataset.rename({name: dim})
        if dim in dataset.coords:
            dataset[dim].attrs.pop("comment", None)
    dataset.attrs.pop(_RENAMED_AXES, None)
    return dataset


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

    Raises
    ------
    StoreError, ScenarioError
        If the file cannot be read, or holds no scenario.
    """
    with open_result(path) as dataset:
        found = provenance_in(dataset, path)
    if not found.scenario.strip():
        raise ScenarioError(f"{path}: holds no scenario that could be run again")
    return found

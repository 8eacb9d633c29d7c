"""Results on disk: CF netCDF written atomically, with everything that made it inside."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import importlib.metadata
import inspect
import json
import os
import platform
import shutil
import tomllib
import types
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import xarray as xr
from xarray.backends.file_manager import FILE_CACHE

import gridscan
from gridscan.atomic import reason, replacing
from gridscan.errors import ScenarioError, StoreError, nearest
from gridscan.layout import input_settings
from gridscan.plan import Plan
from gridscan.resources import folder
from gridscan.units import base_factor, base_unit, parse_unit, readable, to_cf

_CONVENTIONS = "CF-1.11"
_RECORDED_PACKAGES = ("numpy", "scipy", "xarray", "dask", "netCDF4", "pint")
_LAZY_BEYOND = 100_000_000
_MARGIN = 2_000_000
# An axis of one of these names has to hold dates, or places on Earth, in units that CF prescribes.
_RESERVED_BY_CF = ("time", "lat", "latitude", "lon", "longitude", "height", "depth", "altitude", "pressure")
_RENAMED_PREFIX = "model_"
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
    fingerprint: str
    created: str
    tables: dict[str, str]


def provenance_of(plan: Plan) -> Provenance:
    """Gather what makes the result of a plan."""
    scenario = plan.scenario
    settings = input_settings(plan.layout)
    versions = {"gridscan": gridscan.__version__, "python": platform.python_version()}
    versions |= {name: importlib.metadata.version(name) for name in _RECORDED_PACKAGES}
    return Provenance(
        scenario.text,
        scenario.file,
        dict(scenario.overrides),
        scenario.model.name,
        settings,
        versions,
        _fingerprint(plan, versions),
        datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        dict(scenario.tables),
    )


def _fingerprint(plan: Plan, versions: dict[str, str]) -> str:
    """Hash all that decides the numbers: values, the sources of gridscan and of the model, tables, versions."""
    graph, resolved = plan.layout.graph, plan.layout.resolved
    digest = hashlib.sha256(json.dumps([graph.targets, versions], sort_keys=True).encode())
    for name in sorted(graph.inputs):
        item = resolved.inputs[name]
        digest.update(f"{name} {item.dims} {item.data.dtype} {item.data.shape}".encode() + item.data.tobytes())
    sources = {*Path(gridscan.__file__).parent.rglob("*.py"), *folder("data").glob("*.*")}
    for node in resolved.model.quantities.values():
        with contextlib.suppress(TypeError):
            sources.add(Path(inspect.getfile(inspect.unwrap(node.function))))
    for node in graph.formulas:
        digest.update(_source_of(node.function))
    for path in sorted(path for path in sources if path.is_file()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _source_of(function: Callable[..., Any]) -> bytes:
    """Return the source of a formula that may be of a notebook, and so of no file; its code where it has none."""
    plain_function = inspect.unwrap(function)
    try:
        return inspect.getsource(plain_function).encode()
    except (OSError, TypeError):
        code = getattr(plain_function, "__code__", None)
        if code is None:
            return b""
        # The text of a code object inside another holds its address, which says nothing.
        constants = [item for item in code.co_consts if not isinstance(item, types.CodeType)]
        return code.co_code + repr((code.co_names, constants)).encode()


def describe_dataset(dataset: xr.Dataset, provenance: Provenance, command: str = "run") -> xr.Dataset:
    """Return the Dataset with global attributes that say what it is and what made it."""
    settings = [f"--set {name}={json.dumps(value)}" for name, value in provenance.overrides.items()]
    attributes = {
        "Conventions": _CONVENTIONS,
        "title": _title(provenance),
        "source": f"gridscan {provenance.versions['gridscan']}, model {provenance.model}",
        "history": " ".join([provenance.created, f"gridscan {command}", provenance.scenario_name, *settings]),
        "date_created": provenance.created,
        "comment": _unit_definitions(dataset),
        "gridscan_model": provenance.model,
        "gridscan_scenario": provenance.scenario,
        "gridscan_scenario_name": provenance.scenario_name,
        "gridscan_overrides": json.dumps(provenance.overrides),
        "gridscan_settings": json.dumps(provenance.settings),
        "gridscan_versions": json.dumps(provenance.versions),
        "gridscan_fingerprint": provenance.fingerprint,
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
            attributes["gridscan_fingerprint"],
            attributes["date_created"],
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
        A netCDF file; beyond 100 MB its variables are dask arrays.

    Raises
    ------
    StoreError
        If the file is missing, damaged or no netCDF.
    """
    path = Path(path)
    if not os.path.isfile(path):
        beside = [str(other) for other in path.parent.glob("*.nc")] if path.parent.is_dir() else []
        raise StoreError(f"{path}: there is no such file{nearest(str(path), beside)}")
    chunks: Any = {} if path.stat().st_size > _LAZY_BEYOND else None
    try:
        return _from_disk(xr.open_dataset(path, engine="netcdf4", decode_times=False, chunks=chunks))
    except (OSError, RuntimeError, ValueError, AttributeError, KeyError) as error:
        raise StoreError(
            f"{path}: cannot be read as netCDF ({reason(error)}); it is damaged or something else"
        ) from None


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
        _check_space(path, dataset.nbytes)
        _write(_for_disk(dataset), temporary, progress)
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


def _check_space(path: Path, size: int) -> None:
    free = shutil.disk_usage(path.parent).free
    if size + _MARGIN > free:
        raise StoreError(
            f"{path}: needs about {(size + _MARGIN) / 1e6:,.0f} MB, but {free / 1e6:,.1f} MB are free on that disk;"
            " give another place with --output, or fewer values"
        )


def _for_disk(dataset: xr.Dataset) -> xr.Dataset:
    """Rename the axes whose names CF keeps for dates and places on Earth, such as ``time``, and note which."""
    reserved = [str(dim) for dim in dataset.sizes if dim in _RESERVED_BY_CF]
    for dim in reserved:
        name = f"{_RENAMED_PREFIX}{dim}"
        dataset = dataset.rename({dim: name})
        if name in dataset.coords:
            comment = f"{dim!r} in gridscan; as the name of an axis, CF keeps that for other uses"
            dataset = dataset.assign_coords({name: dataset[name].assign_attrs(comment=comment)})
    return dataset.assign_attrs({_RENAMED_AXES: " ".join(reserved)}) if reserved else dataset


def _from_disk(dataset: xr.Dataset) -> xr.Dataset:
    for dim in str(dataset.attrs.get(_RENAMED_AXES, "")).split():
        name = f"{_RENAMED_PREFIX}{dim}"
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

"""The design of a result: what its file will say, with the place of every number, before any is computed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from gridscan.engine.files.file_layout import FileLayout
from gridscan.engine.reuse.earlier_file import checksum_of
from gridscan.engine.reuse.fingerprint import identity_of, keys_of, record_of
from gridscan.evaluation.attributes import (
    coordinates_of,
    draw_attributes,
    quantity_attributes,
    quantity_encoding,
    realisations_of,
)
from gridscan.inputs.sampling import REALISATION
from gridscan.storage.cf_names import for_disk
from gridscan.storage.provenance import describe_dataset, provenance_of
from gridscan.units import base_unit, to_cf

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gridscan.engine.partition import BlockPlan, StoredVariable
    from gridscan.engine.plan import Plan


def build_layout(plan: Plan) -> FileLayout:
    """Return the design of the result of a plan."""
    block_plan = plan.block_plan
    record = record_of(block_plan)
    outputs = _dataset(block_plan, [item for item in block_plan.stored.values() if item.is_output])
    between = _dataset(block_plan, [item for item in block_plan.stored.values() if not item.is_output])
    outputs = for_disk(
        describe_dataset(outputs, provenance_of(plan.scenario, block_plan.layout, identity_of(block_plan.layout)))
    )
    file_layout = FileLayout(outputs, for_disk(between), block_plan, record, keys_of(block_plan))
    record = {**record, "run": _run_identity(file_layout, plan)}
    return replace(file_layout, record={**record, "checksum": checksum_of(record, file_layout.keys)})


def is_headed(path: Path, file_layout: FileLayout) -> bool:
    """Tell whether a file says what a design does beside the numbers: names, dimensions, coordinates, attributes."""
    engine = "zarr" if path.suffix == ".zarr" else "netcdf4"
    expected = file_layout.dataset
    try:
        with xr.open_dataset(path, engine=engine, decode_times=False) as found:
            for name, variable in expected.variables.items():
                same = _described(found[name].variable) == _described(variable)
                if not same or (name in expected.coords and not found[name].identical(expected[name])):
                    return False
            return _plain(found.attrs) == _plain(expected.attrs)
    # What is damaged makes libraries raise whatever they come across.
    except Exception:
        return False


def _described(variable: xr.Variable) -> tuple[Any, ...]:
    return variable.dims, variable.shape, _plain(variable.attrs)


def _plain(attributes: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): np.asarray(value).tolist() for name, value in attributes.items()}


def _dataset(block_plan: BlockPlan, items: list[StoredVariable]) -> xr.Dataset:
    layout = block_plan.layout
    coordinates = coordinates_of(layout)
    if layout.drawn:
        coordinates[REALISATION] = realisations_of(layout)
    variables = {}
    for item in items:
        attributes = quantity_attributes(layout.step(item.quantity).node)
        if item.drawn:
            attributes = draw_attributes(layout, item.quantity)
        elif not item.is_output:
            attributes |= {"units": to_cf(base_unit(layout.step(item.quantity).node.unit))}
            attributes.pop("unit_name", None)
        # Zeros that take no memory stand for what is not computed yet.
        blank = np.broadcast_to(np.zeros((), dtype=item.dtype), item.shape)
        encoding = quantity_encoding(layout, item.quantity, coordinates)
        name = item.key.rpartition("/")[2]
        variables[name] = xr.Variable(item.dims, blank, attributes, encoding=encoding)
    return xr.Dataset(variables, coords=coordinates)


def _run_identity(file_layout: FileLayout, plan: Plan) -> str:
    """Return what is the same for two runs exactly if they give the same file."""
    parts = [file_layout.record, file_layout.dataset.attrs, [plan.storage.format, plan.storage.compression]]
    digest = hashlib.blake2b(json.dumps(parts, sort_keys=True, default=str).encode(), digest_size=16)
    for name in sorted(file_layout.keys):
        dims, values = file_layout.keys[name]
        digest.update(f"{name} {dims} {values.shape}".encode() + values.tobytes())
    for key, variable in sorted(file_layout.dataset.variables.items(), key=lambda item: str(item[0])):
        digest.update(f"{key} {variable.dims} {sorted(variable.attrs.items())}".encode())
    return digest.hexdigest()

"""Building the layout of a run's file, with the place of every number, before any is computed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from gridscan.engine.file_layout import FileLayout
from gridscan.engine.reuse.fingerprint import (
    checksum_of_record,
    code_behind,
    identity_of,
    keys_of,
    record_of,
    run_identity,
)
from gridscan.storage.cf_names import for_disk
from gridscan.storage.file_units import units_on_disk
from gridscan.storage.provenance import describe_dataset, provenance_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gridscan.engine.plan import Plan
    from gridscan.evaluation.layout import Layout
    from gridscan.evaluation.variable import VariableSpec


def build_layout(plan: Plan) -> FileLayout:
    """Return the file layout of a plan."""
    block_plan, layout = plan.block_plan, plan.layout
    keys, behind = keys_of(layout), code_behind(layout, [item.quantity for item in block_plan.stored.values()])
    provenance = provenance_of(plan.scenario, layout, identity_of(layout, behind))
    stored = block_plan.stored.values()
    described = describe_dataset(_blank(layout, [item for item in stored if item.is_output]), provenance)
    outputs = for_disk(units_on_disk(described))
    between = for_disk(units_on_disk(_blank(layout, [item for item in stored if not item.is_output])))
    record = record_of(block_plan, keys, behind)
    record["run"] = run_identity(record, keys, outputs, plan.storage)
    record["checksum"] = checksum_of_record(record, keys)
    return FileLayout(outputs, between, block_plan, record, keys)


def _blank(layout: Layout, specs: list[VariableSpec]) -> xr.Dataset:
    """Return variables without numbers: zeros that take no memory stand in for values to be computed."""
    variables = {
        item.name: xr.Variable(item.dims, np.broadcast_to(np.zeros((), dtype=item.dtype), item.shape), item.attributes)
        for item in specs
    }
    return xr.Dataset(variables, coords=layout.coordinates)


def is_headed(path: Path, file_layout: FileLayout) -> bool:
    """Tell whether the metadata of a file are those of a layout: names, dimensions, coordinates, attributes."""
    engine = "zarr" if path.suffix == ".zarr" else "netcdf4"
    expected = file_layout.dataset
    try:
        with xr.open_dataset(path, engine=engine, decode_times=False) as found:
            for name, variable in expected.variables.items():
                same = _described(found[name].variable) == _described(variable)
                if not same or (name in expected.coords and not found[name].identical(expected[name])):
                    return False
            return _plain(found.attrs) == _plain(expected.attrs)
    # Libraries raise all kinds of exceptions on a damaged file.
    except Exception:
        return False


def _described(variable: xr.Variable) -> tuple[Any, ...]:
    return variable.dims, variable.shape, _plain(variable.attrs)


def _plain(attributes: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): np.asarray(value).tolist() for name, value in attributes.items()}

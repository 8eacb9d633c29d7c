"""Building the layout of a run's file, with the place of every number, before any is computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from gridscan.engine.file_layout import FileLayout, checksum_places
from gridscan.engine.reuse.designs import said_of
from gridscan.engine.reuse.fingerprint import code_behind, identity_of, keys_of, record_of, run_identity
from gridscan.storage.disk_attributes import for_disk
from gridscan.storage.provenance import describe_dataset, provenance_of
from gridscan.storage.record import IN_RECORD

if TYPE_CHECKING:
    from gridscan.engine.plan import Plan
    from gridscan.evaluation.layout import Layout
    from gridscan.evaluation.variable import VariableSpec


def build_layout(plan: Plan) -> FileLayout:
    """Return the file layout of a plan."""
    block_plan, layout = plan.block_plan, plan.layout
    keys, behind = keys_of(layout), code_behind(layout, [item.quantity for item in block_plan.stored.values()])
    provenance = provenance_of(plan.scenario, layout, identity_of(layout, behind))
    outputs = [item for item in block_plan.stored.values() if item.is_output]
    dataset = for_disk(describe_dataset(_blank(layout, outputs), provenance))
    record = record_of(block_plan, keys, behind, checksum_places(block_plan)) | said_of(layout.resolved.drawn)
    record["attributes"] = {name: dataset.attrs[name] for name in IN_RECORD}
    record["run"] = run_identity(record, keys, dataset, plan.storage)
    dataset.attrs = {name: value for name, value in dataset.attrs.items() if name not in IN_RECORD}
    return FileLayout(dataset, block_plan, record, keys)


def _blank(layout: Layout, specs: list[VariableSpec]) -> xr.Dataset:
    """Return variables without numbers: zeros that take no memory stand in for values to be computed."""
    variables = {
        item.name: xr.Variable(item.dims, np.broadcast_to(np.zeros((), dtype=item.dtype), item.shape), item.attributes)
        for item in specs
    }
    return xr.Dataset(variables, coords=layout.coordinates)

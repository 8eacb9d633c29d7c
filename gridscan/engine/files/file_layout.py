"""What the file of a run holds, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.inputs.sampling import NO_DRAW
from gridscan.storage.cf_names import RENAMED_PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import xarray as xr

    from gridscan.engine.partition import BlockPlan, VariableGroup

#: The group of a result that says how its numbers came about, block by block.
RECORD = "gridscan"


@dataclass(frozen=True)
class FileLayout:
    """What a file holds.

    Attributes
    ----------
    dataset
        Coordinates and attributes as they will be on disk, with variables that hold no numbers yet.
    between
        The same for intermediate quantities.
    program
        What is stored, and in which blocks.
    record
        What tells later runs whether they can use the numbers, as plain data.
    keys
        What tells the values of each input apart, over its dimension.
    """

    dataset: xr.Dataset
    between: xr.Dataset
    block_plan: BlockPlan
    record: Mapping[str, Any]
    keys: Mapping[str, tuple[tuple[str, ...], np.ndarray]]

    @property
    def groups(self) -> dict[str, tuple[int, VariableGroup]]:
        """The number and the group of each variable."""
        return {key: (number, group) for number, group in enumerate(self.block_plan.groups) for key in group.stored}

    def variable(self, key: str) -> xr.DataArray:
        """Return the variable of a key, without numbers."""
        name = key.rpartition("/")[2]
        return self.dataset[name] if name == key else self.between[name]

    def attributes(self, key: str, *, missing: bool = False) -> dict[str, Any]:
        """Return the attributes of a variable in a file, where cells may be missing with what tells so."""
        variable = self.variable(key)
        attributes = dict(variable.attrs)
        if variable.dtype.kind == "f" and (missing or "missing" in attributes.get("comment", "")):
            attributes["_FillValue"] = variable.dtype.type(np.nan)
        elif missing:
            attributes["_FillValue"] = variable.dtype.type(NO_DRAW)
        if variable.encoding.get("coordinates"):
            attributes["coordinates"] = variable.encoding["coordinates"]
        return attributes

    def disk_dims(self, dims: Sequence[str]) -> list[str]:
        """Return what dimensions are called in a file."""
        return [RENAMED_PREFIX + dim if dim not in self.dataset.sizes else dim for dim in dims]


def variable_path(key: str) -> str:
    """Return where in a file the variable of a key is."""
    name = key.rpartition("/")[2]
    return key if name == key else f"/{RECORD}/{key}"


def checksums_path(key: str) -> str:
    """Return where in a file the marks of the blocks of a variable are."""
    return f"/{RECORD}/blocks/{key}"

"""Layout of the file of a run: what it holds, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.evaluation.block_shape import block_of
from gridscan.inputs.sampling import NO_DRAW
from gridscan.storage.cf_names import RENAMED_PREFIX
from gridscan.units import attributes_on_disk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import xarray as xr

    from gridscan.engine.partition import BlockPlan, VariableGroup
    from gridscan.fingerprint.input_keys import Keys

#: The group of a result that records how its numbers were computed, block by block.
RECORD = "gridscan"


@dataclass(frozen=True)
class FileLayout:
    """Contents of the file of a run.

    Attributes
    ----------
    dataset
        Coordinates and attributes as on disk, with variables that hold no numbers yet.
    between
        As `dataset`, for intermediate quantities.
    block_plan
        Stored variables and their blocks.
    record
        From which later runs know whether they can reuse the numbers, as plain data.
    keys
        Keys of the values of each input, over its dimension.
    """

    dataset: xr.Dataset
    between: xr.Dataset
    block_plan: BlockPlan
    record: Mapping[str, Any]
    keys: Keys

    @property
    def groups(self) -> dict[str, tuple[int, VariableGroup]]:
        """The number and the group of each variable."""
        return {key: (number, group) for number, group in enumerate(self.block_plan.groups) for key in group.stored}

    def variable(self, key: str) -> xr.DataArray:
        """Return the variable of a key, without numbers."""
        name = key.rpartition("/")[2]
        return self.dataset[name] if name == key else self.between[name]

    def attributes(self, key: str, *, missing: bool = False) -> dict[str, Any]:
        """Return the attributes of a variable in a file, with a fill value where cells may be missing."""
        spec = self.block_plan.stored[key]
        attributes = attributes_on_disk(spec.attributes)
        if spec.drawn and missing:
            attributes["_FillValue"] = spec.dtype.type(NO_DRAW)
        elif missing or spec.missing is not None:
            attributes["_FillValue"] = spec.dtype.type(np.nan)
        if spec.coordinates:
            attributes["coordinates"] = " ".join(spec.coordinates)
        return attributes

    @property
    def loose_coordinates(self) -> str:
        """The coordinates that belong to no variable, named by the file as a whole."""
        outputs = (item for item in self.block_plan.stored.values() if item.is_output)
        named = {name for item in outputs for name in item.coordinates}
        named |= {str(name) for name in self.dataset.dims}
        return " ".join(str(name) for name in self.dataset.coords if name not in named)

    def chunks_of(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the chunks of an array, where it is written in chunks."""
        return block_of(shape, costly=False, limits=self.block_plan.layout.limits)

    def disk_dims(self, dims: Sequence[str]) -> list[str]:
        """Return the names of dimensions in a file."""
        return [RENAMED_PREFIX + dim if dim not in self.dataset.sizes else dim for dim in dims]


def variable_path(key: str) -> str:
    """Return the path of a variable in a file."""
    name = key.rpartition("/")[2]
    return key if name == key else f"/{RECORD}/{key}"


def checksums_path(key: str) -> str:
    """Return the path in a file of the checksums of the blocks of a variable."""
    return f"/{RECORD}/blocks/{key}"

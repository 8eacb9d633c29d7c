"""What the file of a run holds, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.evaluation.block_shape import block_of
from gridscan.inputs.sampling import NO_DRAW
from gridscan.storage.cf_names import RENAMED_PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import xarray as xr

    from gridscan.engine.partition import BlockPlan, VariableGroup
    from gridscan.engine.reuse.fingerprint import Keys

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
    block_plan
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
        """Return the attributes of a variable in a file, where cells may be missing with what tells so."""
        spec = self.block_plan.stored[key]
        attributes: dict[str, Any] = dict(spec.attributes)
        if spec.drawn and missing:
            attributes["_FillValue"] = spec.dtype.type(NO_DRAW)
        elif missing or spec.missing is not None:
            attributes["_FillValue"] = spec.dtype.type(np.nan)
        if spec.coordinates:
            attributes["coordinates"] = " ".join(spec.coordinates)
        return attributes

    @property
    def loose_coordinates(self) -> str:
        """The coordinates that belong to no variable, which the file as a whole names."""
        outputs = (item for item in self.block_plan.stored.values() if item.is_output)
        named = {name for item in outputs for name in item.coordinates}
        named |= {str(name) for name in self.dataset.dims}
        return " ".join(str(name) for name in self.dataset.coords if name not in named)

    def chunks_of(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the chunks in which an array is written, where it is written in chunks."""
        return block_of(shape, costly=False, limits=self.block_plan.layout.limits)

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

"""Layout of the file of a run: what it holds, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.evaluation.block_shape import block_of
from gridscan.inputs.sampling import NO_DRAW
from gridscan.storage.record import places_of_checksums
from gridscan.units import attributes_on_disk

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr

    from gridscan.engine.partition import BlockPlan, VariableGroup
    from gridscan.fingerprint.input_keys import Keys


@dataclass(frozen=True)
class FileLayout:
    """Contents of the file of a run.

    Attributes
    ----------
    dataset
        Coordinates and attributes as on disk, with variables that hold no numbers yet.
    block_plan
        Stored variables and their blocks.
    record
        From which later runs know whether they can reuse the numbers, as plain data.
    keys
        Keys of the values of each input, over its dimension.
    """

    dataset: xr.Dataset
    block_plan: BlockPlan
    record: Mapping[str, Any]
    keys: Keys

    @property
    def groups(self) -> dict[str, tuple[int, VariableGroup]]:
        """The number and the group of each variable."""
        return {key: (number, group) for number, group in enumerate(self.block_plan.groups) for key in group.stored}

    @property
    def coordinates(self) -> list[str]:
        """The names of the coordinates."""
        return [str(name) for name in self.dataset.coords]

    def attributes(self, key: str, *, missing: bool = False, status_variable: str = "") -> dict[str, Any]:
        """Return the attributes of a variable in a file.

        Parameters
        ----------
        missing
            Whether cells failed.
        status_variable
            The variable that says which.
        """
        spec = self.block_plan.stored[key]
        attributes = attributes_on_disk(spec.attributes)
        if spec.drawn and missing:
            attributes["_FillValue"] = spec.dtype.type(NO_DRAW)
        elif missing or spec.missing is not None:
            attributes["_FillValue"] = spec.dtype.type(np.nan)
        beside = [name for name in spec.coordinates if name not in self._texts]
        if beside:
            attributes["coordinates"] = " ".join(beside)
        if status_variable:
            attributes["ancillary_variables"] = status_variable
        return attributes

    @property
    def all_keys(self) -> np.ndarray:
        """The keys of all inputs, one after the other, as the record says."""
        parts = [np.ravel(self.keys[name][1]) for name in sorted(self.keys)]
        return np.concatenate([np.zeros(0, dtype=np.uint64), *parts]).astype(np.uint64)

    @property
    def loose_coordinates(self) -> str:
        """The coordinates that belong to no variable, and texts; the file as a whole names them."""
        outputs = (item for item in self.block_plan.stored.values() if item.is_output)
        named = {name for item in outputs for name in item.coordinates} - self._texts
        named |= {str(name) for name in self.dataset.dims}
        return " ".join(str(name) for name in self.dataset.coords if name not in named)

    @property
    def _texts(self) -> set[str]:
        """Coordinates of characters, beside which programs that draw maps would refuse a variable."""
        return {str(name) for name, item in self.dataset.coords.items() if item.dtype.kind in "OU"}

    def chunks_of(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the chunks of an array, where it is written in chunks."""
        return block_of(shape, costly=False, limits=self.block_plan.layout.limits)


def checksum_places(block_plan: BlockPlan) -> dict[str, int]:
    """Return where among the checksums of a file those of each variable begin."""
    blocks = {key: group.block for group in block_plan.groups for key in group.stored}
    return places_of_checksums({key: (item.shape, blocks[key]) for key, item in block_plan.stored.items()})

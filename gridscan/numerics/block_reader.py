"""Arrays larger than memory, read block by block, without keeping a block for later.

Where two blocks of an answer need the same block of an array, dask reads it once and keeps it from the first use to the
last, which may be most of the array in the order in which arrays are reduced or written. The functions here read such a
block again instead.
"""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from dask.base import optimize, tokenize
from dask.highlevelgraph import MaterializedLayer
from dask.local import get_sync
from dask.optimization import cull
from dask.utils import ensure_dict

from gridscan.errors import SensitivityError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Chunks = tuple[tuple[int, ...], ...]


class Blocks:
    """Blocks of an array, each made in the thread that asks for it; an array in memory is a single block.

    Parameters
    ----------
    array
        A numpy or dask array.

    Attributes
    ----------
    chunks
        Sizes of the blocks along each axis.

    Raises
    ------
    SensitivityError
        If the array was persisted on a cluster, whose memory alone has the blocks.
    """

    def __init__(self, array: Any) -> None:
        if _on_cluster(array):
            raise SensitivityError(
                "the values are persisted in the memory of a cluster; use the dataset without .persist(), or"
                " .compute() it first"
            )
        self.chunks: Chunks = getattr(array, "chunks", tuple((size,) for size in array.shape))
        self._array = array

    def __dask_tokenize__(self) -> str:
        return str(tokenize(self._array))

    @functools.cached_property
    def _graph(self) -> tuple[str, dict[Any, Any]]:
        # Once for all blocks, since preparing a graph takes longer than reading a block.
        (array,) = optimize(self._array)
        return array.name, ensure_dict(array.__dask_graph__())

    def within(self, region: tuple[slice, ...]) -> Blocks:
        """Return the blocks of a part of the array.

        Parameters
        ----------
        region
            A slice for each axis.

        Returns
        -------
        Blocks
            Of the array in the region.
        """
        return Blocks(self._array[region])

    def __getitem__(self, place: tuple[int, ...]) -> NDArray[Any]:
        if isinstance(self._array, np.ndarray):
            return self._array
        name, graph = self._graph
        key: Any = (name, *place)
        return np.asarray(get_sync(cull(graph, [key])[0], key))


def reread(variable: xr.Variable, along: str, places: NDArray[np.intp], beside: str | None = None) -> xr.Variable:
    """Take other indices of an axis, as ``variable.isel({along: places})``; if lazy, each block reads what it needs.

    Parameters
    ----------
    variable
        The variable, in memory or lazy.
    along
        Name of the axis.
    places
        For each point of the axis, the index that is taken there.
    beside
        Name of a new first dimension, divided as the axis is, along which everything is repeated. Left out where
        nothing has to be read again: broadcasting does the same.

    Returns
    -------
    xarray.Variable
        With the dimensions of `variable`, and `beside` in front of them if it was needed.
    """
    sizes = variable.chunksizes.get(along, ())
    if len(sizes) < 2 or _on_cluster(variable.data):
        return variable.isel({along: places})
    from dask.array.core import map_blocks

    dims, chunks = variable.dims, variable.data.chunks
    if beside is not None:
        dims, chunks = (beside, *dims), (sizes, *chunks)
    take = functools.partial(_take, Blocks(variable.data), variable.dims.index(along), places)
    name, meta = f"reread-{tokenize(take, beside)}", np.empty((0,) * len(dims), variable.dtype)
    return xr.Variable(dims, map_blocks(take, chunks=chunks, dtype=variable.dtype, meta=meta, name=name))


def _take(blocks: Blocks, axis: int, places: NDArray[np.intp], block_info: Any = None) -> NDArray[Any]:
    """Make one block with the wanted indices of the axis, repeated along the new one."""
    info, rank = block_info[None], len(blocks.chunks)
    at, spans = list(info["chunk-location"][-rank:]), info["array-location"][-rank:]
    wanted = places[slice(*spans[axis])]
    ends = np.cumsum(blocks.chunks[axis])
    holders = np.searchsorted(ends, wanted, side="right")
    parts = []
    for holder in np.unique(holders):
        at[axis] = int(holder)
        within = wanted[holders == holder] - (ends[holder] - blocks.chunks[axis][holder])
        parts.append(np.take(blocks[tuple(at)], within, axis))
    back = np.argsort(np.argsort(holders, kind="stable"))
    block = parts[0] if len(parts) == 1 else np.take(np.concatenate(parts, axis), back, axis)
    return block if len(info["shape"]) == rank else np.broadcast_to(block, (info["chunk-shape"][0], *block.shape))


def _on_cluster(array: Any) -> bool:
    # Without distributed imported there is no cluster.
    distributed = sys.modules.get("distributed")
    layers = getattr(getattr(array, "dask", None), "layers", {}).values()
    return distributed is not None and any(
        isinstance(task, distributed.Future)
        for layer in layers
        if isinstance(layer, MaterializedLayer)
        for task in layer.values()
    )

"""Weighted quantiles over some axes of an array, read block by block.

Where all values of a quantile fit into memory they are sorted. Otherwise each is found digit by digit: floats are
ordered as whole numbers of 64 bits, and each pass over the array adds up the weight at or below some of these, until
one is left. So the answer is a value of the array, and the same for any blocks.
"""

from __future__ import annotations

import functools
import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from dask.base import tokenize

from gridscan.limits import DEFAULT
from gridscan.numerics.block_reader import Blocks, Chunks
from gridscan.numerics.streams import ahead, alone

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["quantiles"]

# Sums of weights are rounded: a share of the weight that is the probability but for that has reached it.
_ROUNDING = 1e-12
_SIGN = np.uint64(1 << 63)
_ALL = np.uint64((1 << 64) - 1)
_MOST_CUTS = 255
# Of nothing, no value is a quantile.
_LEAST = float(np.finfo(float).tiny)


def quantiles(
    values: xr.Variable,
    axes: Sequence[str],
    probabilities: Sequence[float],
    weights: Mapping[str, NDArray[np.floating[Any]]],
    *,
    dimension: str = "quantile",
    held_bytes: int = DEFAULT.held_bytes,
) -> xr.Variable:
    """Return quantiles over some axes.

    Parameters
    ----------
    values
        Numbers y, numpy or dask; NaN where there is no point.
    axes
        The dimensions over which quantiles are taken.
    probabilities
        Each of 0 to 1.
    weights
        Of the points of axes, with sum 1; of the axes that it leaves out all points weigh the same.
    dimension
        Name of the dimension of the quantiles.
    held_bytes
        Memory [B] for values that are sorted, or for sums of weights.

    Returns
    -------
    xarray.Variable
        In the unit of y, with the new dimension in front of those that stay: the smallest value such that all values up
        to it have at least the share of the weight of all points that the probability says; NaN where there is no
        point. Lazy for dask.

    Notes
    -----
    The inverse of the distribution function: method 1 of R. J. Hyndman and Y. Fan, Am. Stat. 50, 361 (1996), and
    ``inverted_cdf`` of `numpy.quantile`.

    Examples
    --------
    >>> import xarray as xr
    >>> from gridscan.numerics.streaming_quantiles import quantiles
    >>> y = xr.Variable("a", [3.0, 1.0, 2.0])
    >>> quantiles(y, ["a"], [0.25, 0.5, 1.0], {"a": [0.25, 0.5, 0.25]}).values.tolist()
    [1.0, 1.0, 3.0]
    """
    reduced = tuple(sorted(values.dims.index(axis) for axis in axes))
    kept = [axis for axis in range(values.ndim) if axis not in reduced]
    measure = {}
    for axis in reduced:
        name, size = str(values.dims[axis]), values.shape[axis]
        measure[axis] = np.asarray(weights[name], float) if name in weights else np.full(size, 1.0 / size)
    stream = functools.partial(_stream, Blocks(values.data), measure, tuple(probabilities), held_bytes)
    dims = [dimension, *(values.dims[axis] for axis in kept)]
    if values.chunks is None:
        return xr.Variable(dims, stream())
    from dask.array.core import map_blocks

    chunks = ((len(probabilities),), *(values.chunks[axis] for axis in kept))
    meta = np.empty((0,) * len(chunks))
    return xr.Variable(dims, map_blocks(stream, chunks=chunks, dtype=float, meta=meta, name=f"q-{tokenize(stream)}"))


def _stream(
    blocks: Blocks,
    measure: dict[int, NDArray[Any]],
    probabilities: tuple[float, ...],
    held_bytes: int,
    block_info: Any = None,
) -> NDArray[np.float64]:
    """Return the quantiles, stacked, for one block of the kept axes."""
    if block_info is not None:
        kept = iter(slice(*ends) for ends in block_info[None]["array-location"][1:])
        blocks = blocks.within(tuple(slice(None) if axis in measure else next(kept) for axis in _axes(blocks.chunks)))
    return alone(functools.partial(_found, _Rows(blocks, measure), probabilities, held_bytes))


def _axes(chunks: Chunks) -> range:
    return range(len(chunks))


class _Rows:
    """The values of each cell of the kept axes, with their weights, block by block."""

    def __init__(self, blocks: Blocks, measure: dict[int, NDArray[Any]]) -> None:
        self.blocks = blocks
        self.order = [*(axis for axis in _axes(blocks.chunks) if axis not in measure), *measure]
        self.shape = tuple(sum(blocks.chunks[axis]) for axis in self.order[: len(self.order) - len(measure)])
        self.points = math.prod(len(part) for part in measure.values())
        self._parts = {
            axis: np.split(part, np.cumsum(blocks.chunks[axis])[:-1].astype(int)) for axis, part in measure.items()
        }

    def read(self) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
        """Yield values, of shape (cells, points), and weights, of shape (points,)."""
        places = itertools.product(*(range(len(sizes)) for sizes in self.blocks.chunks))
        for place, values in ahead(self._of_block, places):
            parts = [parts[place[axis]] for axis, parts in self._parts.items()]
            weights = functools.reduce(np.multiply.outer, parts, np.ones(())).ravel()
            # A point without weight is none.
            counts = weights > 0
            yield values[:, counts], weights[counts]

    def _of_block(self, place: tuple[int, ...]) -> NDArray[Any]:
        block = self.blocks[place].transpose(self.order)
        return block.reshape(math.prod(self.shape), -1)


def _found(rows: _Rows, probabilities: tuple[float, ...], held_bytes: int) -> NDArray[np.float64]:
    cells = math.prod(rows.shape)
    # The values, the order in which they ascend, and their weights in it.
    if 4 * 8 * cells * rows.points <= held_bytes or all(len(sizes) == 1 for sizes in rows.blocks.chunks):
        found = _sorted(rows, probabilities)
    else:
        found = _bisected(rows, probabilities, max(1, held_bytes // (8 * cells * len(probabilities))))
    return found.reshape(len(probabilities), *rows.shape)


def _sorted(rows: _Rows, probabilities: tuple[float, ...]) -> NDArray[np.float64]:
    parts = list(rows.read())
    values = np.concatenate([part for part, _ in parts], axis=1)
    weights = np.concatenate([part for _, part in parts])
    order = np.argsort(values, axis=1, kind="stable")
    # Where there is no point, which sorts behind all, there is no weight.
    whole = np.where(np.isnan(values), 0.0, weights).sum(axis=1, keepdims=True)
    reached = np.cumsum(np.where(np.isnan(np.take_along_axis(values, order, 1)), 0.0, weights[order]), axis=1)
    found = np.empty((len(probabilities), len(values)))
    for number, probability in enumerate(probabilities):
        below = (reached < (probability - _ROUNDING) * whole).sum(axis=1)
        at = np.minimum(below, values.shape[1] - 1)
        found[number] = np.take_along_axis(values, np.take_along_axis(order, at[:, None], 1), 1)[:, 0]
    return found


def _bisected(rows: _Rows, probabilities: tuple[float, ...], cuts: int) -> NDArray[np.float64]:
    """Find each quantile between two whole numbers, which the weight up to some cuts between them brings together."""
    shape = (len(probabilities), math.prod(rows.shape))
    targets: NDArray[Any] | None = None
    low, high = np.zeros(shape, dtype=np.uint64), np.full(shape, _ALL, dtype=np.uint64)
    parts = np.uint64(min(cuts, _MOST_CUTS) + 1)
    numbers = np.arange(1, int(parts), dtype=np.uint64)
    while (low < high).any():
        whole, rest = np.divmod(high - low, parts)
        trials = np.stack([low + whole * number + rest * number // parts for number in numbers])
        weight, whole = np.zeros(trials.shape), np.zeros(shape[1])
        for values, weights in rows.read():
            weight += _weight_up_to(_ordered(values), weights, trials)
            whole += np.where(np.isnan(values), 0.0, weights).sum(axis=1)
        if targets is None:
            targets = np.maximum((np.asarray(probabilities)[:, None] - _ROUNDING) * whole, _LEAST)
        for trial, reached in zip(trials, weight, strict=True):
            enough = (reached >= targets) | (trial == high)
            high = np.where(enough, np.minimum(high, trial), high)
            low = np.where(enough, low, np.maximum(low, trial + np.uint64(1)))
    return _floats(low)


def _weight_up_to(keys: NDArray[Any], weights: NDArray[Any], trials: NDArray[Any]) -> NDArray[Any]:
    """Return the weight of the points up to each trial, of shape (cuts, probabilities, cells)."""
    order = np.argsort(keys, axis=1, kind="stable")
    ascending = np.take_along_axis(keys, order, 1)
    reached = np.concatenate([np.zeros((len(keys), 1)), np.cumsum(weights[order], axis=1)], axis=1)
    found = np.empty(trials.shape)
    for cell in range(len(keys)):
        found[..., cell] = reached[cell, np.searchsorted(ascending[cell], trials[..., cell], side="right")]
    return found


def _ordered(values: NDArray[Any]) -> NDArray[np.uint64]:
    """Return whole numbers in the order of the floats, with NaN behind all."""
    bits = np.ascontiguousarray(values + 0.0).view(np.uint64)
    return np.where(np.isnan(values), _ALL, np.where(bits & _SIGN, ~bits, bits | _SIGN))


def _floats(keys: NDArray[np.uint64]) -> NDArray[np.float64]:
    return np.where(keys & _SIGN, keys & ~_SIGN, ~keys).view(np.float64)

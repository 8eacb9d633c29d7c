"""Variances of conditional means on a full grid, computed block by block without keeping a block.

A conditional mean accumulates over blocks. After its last block it is folded into the variance and dropped, so that the
memory needed depends on the order of the blocks: with the axes that a mean runs along as the innermost loops, it is
never more than a block. Passes over the array are planned such that the means held at one time stay within a bound, and
there are as few as that allows.
"""

from __future__ import annotations

import functools
import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from dask.base import tokenize

from gridscan.limits import DEFAULT
from gridscan.numerics.block_reader import Blocks, Chunks
from gridscan.numerics.streams import ahead, alone

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

Subset = frozenset[int]
Measure = dict[int, "NDArray[Any]"]


def explained_variances(
    values: xr.Variable,
    axes: list[str],
    subsets: Iterable[frozenset[str]],
    *,
    weights: Sequence[Mapping[str, NDArray[np.floating[Any]]]] = ({},),
    held_bytes: int = DEFAULT.held_bytes,
) -> list[tuple[xr.Variable, dict[frozenset[str], xr.Variable]]]:
    """Return the mean over some axes, and how much of the variance over them subsets of them explain.

    Parameters
    ----------
    values
        Finite numbers y, numpy or dask.
    axes
        The dimensions that vary.
    subsets
        Sets S of axes; the set of all axes explains everything.
    weights
        Measures to use, one after the other: in each the weights of the points of axes, of sum 1; of the axes that it
        leaves out all points weigh the same.
    held_bytes
        Bytes of unfinished means that a pass may hold; where not even one fits, it needs up to a block for that.

    Returns
    -------
    list of (mean, variances)
        For each measure the mean E[y], with the dimensions that do not vary, in the unit of y; and by S the variance
        Var(E[y | S]) over the grid, in that unit squared. Lazy for dask, and then made together: computing some of them
        takes as long as computing all.

    Notes
    -----
    Source: T. F. Chan, G. H. Golub and R. J. LeVeque, Am. Stat. 37, 242 (1983), for joining the moments of blocks.

    Examples
    --------
    y = a + 10 b with a and b in (0, 1): b explains 25 of 25.25.

    >>> import xarray as xr
    >>> from gridscan.numerics.streaming_moments import explained_variances
    >>> y = xr.Variable(("a", "b"), [[0.0, 10.0], [1.0, 11.0]])
    >>> [(mean, variances)] = explained_variances(y, ["a", "b"], [frozenset("b"), frozenset("ab")])
    >>> float(mean), [float(variance) for variance in variances.values()]
    (5.5, [25.0, 25.25])
    """
    wanted = list(dict.fromkeys(subsets))
    varied = frozenset(values.dims.index(axis) for axis in axes)
    numbered = tuple(frozenset(values.dims.index(axis) for axis in subset) for subset in wanted)
    kept = [axis for axis in range(values.ndim) if axis not in varied]
    measures = tuple(_numbered(values, varied, measure) for measure in weights)
    stream = functools.partial(_stream, Blocks(values.data), numbered, measures, held_bytes)
    rows = 1 + len(wanted)
    if values.chunks is None:
        stacked: Any = stream()
    else:
        from dask.array.core import map_blocks

        chunks = ((rows * len(measures),), *(values.chunks[axis] for axis in kept))
        name = f"explained-variances-{tokenize(stream)}"
        stacked = map_blocks(stream, chunks=chunks, dtype=float, meta=np.empty((0,) * len(chunks)), name=name)
    found = [xr.Variable([values.dims[axis] for axis in kept], part) for part in stacked]
    starts = range(0, len(found), rows)
    return [(found[first], dict(zip(wanted, found[first + 1 : first + rows], strict=True))) for first in starts]


def _numbered(
    values: xr.Variable, varied: frozenset[int], measure: Mapping[str, NDArray[np.floating[Any]]]
) -> dict[int, NDArray[Any]]:
    """Return the weights of each varied axis, by its number."""
    numbered = {}
    for axis in sorted(varied):
        name, size = str(values.dims[axis]), values.shape[axis]
        numbered[axis] = np.asarray(measure[name], float) if name in measure else np.full(size, 1.0 / size)
    return numbered


@dataclass(frozen=True)
class Pass:
    """One reading of the array.

    Attributes
    ----------
    loops
        Axes over whose blocks it loops, the outermost first.
    subsets
        The conditional means that are made in it, by the axes that they keep.
    """

    loops: tuple[int, ...]
    subsets: tuple[Subset, ...]


def passes(
    chunks: Chunks, varied: frozenset[int], subsets: Iterable[Subset], held_bytes: int = DEFAULT.held_bytes
) -> list[Pass]:
    """Plan the passes: each with the order of the loops in which most of what is left fits into `HELD_BYTES`.

    Parameters
    ----------
    chunks
        Sizes of the blocks along each axis.
    varied
        Axes that vary, by number.
    subsets
        Sets of axes whose conditional means are wanted, by number.
    held_bytes
        Bytes of unfinished means that a pass may hold.

    Returns
    -------
    list of Pass
        Together they make every conditional mean once.
    """
    # Of two axes the one with more blocks is the outer one: its blocks multiply what the inner means hold.
    axes = sorted(range(len(chunks)), key=lambda axis: (-len(chunks[axis]), axis))
    left = sorted(set(subsets), key=lambda subset: (-len(subset), sorted(subset)))
    planned = []
    while left:
        candidates = []
        for first in left:
            # What `first` is a mean over comes innermost: then it is finished block by block.
            loops = tuple(sorted(axes, key=lambda axis: axis in varied - first))
            held = {subset: _held(subset, loops, chunks, varied) for subset in left}
            smallest_first = sorted(left, key=lambda subset: (subset != first, held[subset]))
            together = itertools.accumulate(held[subset] for subset in smallest_first)
            fitting = sum(total <= held_bytes for total in together)
            candidates.append(Pass(loops, tuple(smallest_first[: max(1, fitting)])))
        planned.append(max(candidates, key=lambda candidate: len(candidate.subsets)))
        left = [subset for subset in left if subset not in planned[-1].subsets]
    return planned


def _held(subset: Subset, loops: tuple[int, ...], chunks: Chunks, varied: frozenset[int]) -> int:
    """Return how many bytes of the means over the other axes are unfinished at one time."""
    open_at = [place for place, axis in enumerate(loops) if axis in varied - subset and len(chunks[axis]) > 1]
    if not open_at:
        return 0
    rows = math.prod(len(chunks[axis]) for axis in loops[open_at[0] :] if axis in subset)
    return 8 * rows * math.prod(max(sizes) for axis, sizes in enumerate(chunks) if axis not in varied - subset)


def _stream(
    blocks: Blocks, subsets: tuple[Subset, ...], measures: tuple[Measure, ...], held_bytes: int, block_info: Any = None
) -> NDArray[np.float64]:
    """Return the mean and the variances by each measure, stacked, for one block of the kept axes."""
    if block_info is not None:
        kept = iter(slice(*ends) for ends in block_info[None]["array-location"][1:])
        region = tuple(slice(None) if axis in measures[0] else next(kept) for axis in range(len(blocks.chunks)))
        blocks = blocks.within(region)
    return alone(functools.partial(_stacked, blocks, subsets, measures, held_bytes))


def _stacked(
    blocks: Blocks, subsets: tuple[Subset, ...], measures: tuple[Measure, ...], held_bytes: int
) -> NDArray[np.float64]:
    axes, varied = range(len(blocks.chunks)), frozenset(measures[0])
    # Differences to the first point of the grid: a small spread around a large value loses no digits.
    first_point = tuple(slice(1) if axis in varied else slice(None) for axis in axes)
    origin = blocks[(0,) * len(axes)][first_point].copy()
    parts = [_Weights(measure, blocks.chunks) for measure in measures]
    found: dict[tuple[int, Subset], _Moments] = {}
    # All axes together explain everything, and their mean is the mean.
    for reading in passes(blocks.chunks, varied, {*subsets, varied}, held_bytes // len(parts)):
        found |= _read(blocks, origin, parts, reading)
    rows = []
    for number in range(len(parts)):
        rows += [origin + found[number, varied].mean, *(found[number, subset].squares for subset in subsets)]
    return np.stack([row.squeeze(tuple(varied)) for row in rows])


def _read(
    blocks: Blocks, origin: NDArray[Any], measures: list[_Weights], reading: Pass
) -> dict[tuple[int, Subset], _Moments]:
    """Make one pass over the blocks, and return by measure the moments of the mean of each subset over other axes."""
    chunks = blocks.chunks
    means = [
        _Mean(number, subset, chunks, weights) for number, weights in enumerate(measures) for subset in reading.subsets
    ]

    def reduced(place: tuple[int, ...]) -> list[NDArray[Any] | _Moments]:
        values = blocks[place] - origin
        sums = [_sums(values, weights.of_block(place), reading.subsets) for weights in measures]
        return [mean.of_block(place, sums[mean.number][mean.subset]) for mean in means]

    steps = itertools.product(*(range(len(chunks[axis])) for axis in reading.loops))
    places = (tuple(step[reading.loops.index(axis)] for axis in range(len(chunks))) for step in steps)
    for place, results in ahead(reduced, places):
        for mean, result in zip(means, results, strict=True):
            mean.add(place, result)
    return {(mean.number, mean.subset): mean.moments for mean in means}


class _Weights:
    """The weights of each varied axis, block by block."""

    def __init__(self, measure: Measure, chunks: Chunks) -> None:
        self._parts = {
            axis: np.split(weights, np.cumsum(chunks[axis])[:-1].astype(int)) for axis, weights in measure.items()
        }
        self.varied = frozenset(measure)

    def of_block(self, place: tuple[int, ...]) -> Measure:
        return {axis: parts[place[axis]] for axis, parts in self._parts.items()}


def _sums(values: NDArray[Any], weights: Measure, subsets: Iterable[Subset]) -> dict[Subset, NDArray[Any]]:
    """Return the weighted sums over all varied axes but those of each subset, from the smallest that it can be."""
    sums = {frozenset(weights): values}
    for subset in sorted(subsets, key=len, reverse=True):
        larger = min((known for known in sums if known >= subset), key=lambda known: sums[known].size)
        # A block that is one point long is not multiplied here, since that would take a copy of it.
        over = {axis: weights[axis] for axis in larger - subset if len(weights[axis]) > 1}
        sums[subset] = _contracted(sums[larger], over)
    return sums


def _contracted(values: NDArray[Any], weights: Measure) -> NDArray[Any]:
    """Return weighted sums over some axes, which stay with length one."""
    for axis in sorted(weights, reverse=True):
        shape = values.shape
        rows = values.reshape(-1, shape[axis], math.prod(shape[axis + 1 :]))
        summed = rows[..., 0] @ weights[axis] if rows.shape[2] == 1 else np.matmul(weights[axis], rows)
        values = summed.reshape(*shape[:axis], 1, *shape[axis + 1 :])
    return values


class _Mean:
    """The mean over all varied axes but a subset: sums that are unfinished, and the moments of what is finished."""

    def __init__(self, number: int, subset: Subset, chunks: Chunks, weights: _Weights) -> None:
        self.number, self.subset, self.weights = number, subset, weights
        self.moments: Any = None
        self._blocks = math.prod(len(chunks[axis]) for axis in weights.varied - subset)
        self._unfinished: dict[tuple[int, ...], tuple[NDArray[Any], int]] = {}

    def of_block(self, place: tuple[int, ...], sums: NDArray[Any]) -> NDArray[Any] | _Moments:
        """Return the sums of a block, or the moments of the mean where one block is all it needs."""
        return sums if self._blocks > 1 else self._moments_of(place, sums)

    def _moments_of(self, place: tuple[int, ...], means: NDArray[Any]) -> _Moments:
        weights = self.weights.of_block(place)
        return _Moments.of(means, {axis: weights[axis] for axis in self.subset})

    def add(self, place: tuple[int, ...], result: NDArray[Any] | _Moments) -> None:
        """Add the sums of a block, and fold the mean into the moments after its last block."""
        if not isinstance(result, _Moments):
            row = tuple(place[axis] for axis in sorted(self.subset))
            weights = self.weights.of_block(place)
            # Of blocks that are one point long along an axis.
            others = (weights[axis] for axis in self.weights.varied - self.subset)
            share = math.prod(float(part[0]) for part in others if len(part) == 1)
            if row not in self._unfinished:
                # A copy: the sums of a block may be the block itself, for several means.
                self._unfinished[row] = result * share, 1
                return
            sums, number = self._unfinished.pop(row)
            sums += result * share
            if number + 1 < self._blocks:
                self._unfinished[row] = sums, number + 1
                return
            result = self._moments_of(place, sums)
        self.moments = result if self.moments is None else self.moments.joined(result)


@dataclass(frozen=True)
class _Moments:
    """Weight, mean and weighted sum of squared deviations of some values, for each cell of the kept axes."""

    weight: float
    mean: NDArray[Any]
    squares: NDArray[Any]

    @classmethod
    def of(cls, values: NDArray[Any], weights: Measure) -> _Moments:
        weight = math.prod(float(part.sum()) for part in weights.values())
        if not weight:
            nothing = _contracted(values, weights)
            return cls(0.0, nothing, nothing)
        mean = _contracted(values, weights) / weight
        deviation = values - mean
        return cls(weight, mean, _contracted(np.square(deviation, out=deviation), weights))

    def joined(self, other: _Moments) -> _Moments:
        """Source: T. F. Chan, G. H. Golub and R. J. LeVeque, Am. Stat. 37, 242 (1983)."""
        if not (self.weight and other.weight):
            return self if self.weight else other
        weight = self.weight + other.weight
        apart = other.mean - self.mean
        squares = self.squares + other.squares + apart**2 * (self.weight * other.weight / weight)
        return _Moments(weight, self.mean + apart * (other.weight / weight), squares)

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
import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import dask
import numpy as np
import xarray as xr
from dask.base import tokenize
from dask.system import CPU_COUNT

from gridscan.limits import DEFAULT
from gridscan.numerics.block_reader import Blocks, Chunks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

# The sums of blocks are folded one by one, so that more threads would only wait.
_MOST_THREADS = 4

Subset = frozenset[int]
_Place = TypeVar("_Place")
_Result = TypeVar("_Result")

# Each stream has its own threads; one stream runs at a time in a process, so that its memory is needed once.
_TURN = threading.Lock()
_WITHIN = threading.local()


def explained_variances(
    values: xr.Variable, axes: list[str], subsets: Iterable[frozenset[str]], *, held_bytes: int = DEFAULT.held_bytes
) -> tuple[xr.Variable, dict[frozenset[str], xr.Variable]]:
    """Return the mean over some axes, and how much of the variance over them subsets of them explain.

    Parameters
    ----------
    values
        Finite numbers y, numpy or dask.
    axes
        The dimensions that vary.
    subsets
        Sets S of axes; the set of all axes explains everything.
    held_bytes
        Bytes of unfinished means that a pass may hold; where not even one fits, it needs up to a block for that.

    Returns
    -------
    mean : xarray.Variable
        E[y], with the dimensions that do not vary, in the unit of y.
    variances : dict of frozenset to xarray.Variable
        For each S the variance Var(E[y | S]) over the grid, in that unit squared. Lazy for dask, and then made
        together: computing some of them takes as long as computing all.

    Notes
    -----
    Source: T. F. Chan, G. H. Golub and R. J. LeVeque, Am. Stat. 37, 242 (1983), for joining the moments of blocks.

    Examples
    --------
    y = a + 10 b with a and b in (0, 1): b explains 25 of 25.25.

    >>> import xarray as xr
    >>> from gridscan.numerics.streaming_moments import explained_variances
    >>> y = xr.Variable(("a", "b"), [[0.0, 10.0], [1.0, 11.0]])
    >>> mean, variances = explained_variances(y, ["a", "b"], [frozenset("b"), frozenset("ab")])
    >>> float(mean), [float(variance) for variance in variances.values()]
    (5.5, [25.0, 25.25])
    """
    wanted = list(dict.fromkeys(subsets))
    varied = frozenset(values.dims.index(axis) for axis in axes)
    numbered = tuple(frozenset(values.dims.index(axis) for axis in subset) for subset in wanted)
    kept = [axis for axis in range(values.ndim) if axis not in varied]
    stream = functools.partial(_stream, Blocks(values.data), varied, numbered, held_bytes)
    if values.chunks is None:
        stacked: Any = stream()
    else:
        from dask.array.core import map_blocks

        chunks = ((1 + len(wanted),), *(values.chunks[axis] for axis in kept))
        name = f"explained-variances-{tokenize(stream)}"
        stacked = map_blocks(stream, chunks=chunks, dtype=float, meta=np.empty((0,) * len(chunks)), name=name)
    mean, *variances = (xr.Variable([values.dims[axis] for axis in kept], part) for part in stacked)
    return mean, dict(zip(wanted, variances, strict=True))


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
    blocks: Blocks, varied: frozenset[int], subsets: tuple[Subset, ...], held_bytes: int, block_info: Any = None
) -> NDArray[np.float64]:
    """Return the mean and the variances, stacked, for one block of the kept axes."""
    if block_info is not None:
        kept = iter(slice(*ends) for ends in block_info[None]["array-location"][1:])
        region = tuple(slice(None) if axis in varied else next(kept) for axis in range(len(blocks.chunks)))
        blocks = blocks.within(region)
    return _alone(functools.partial(_stacked, blocks, varied, subsets, held_bytes))


def _stacked(
    blocks: Blocks, varied: frozenset[int], subsets: tuple[Subset, ...], held_bytes: int
) -> NDArray[np.float64]:
    axes = range(len(blocks.chunks))
    # Differences to the first point of the grid: a small spread around a large value loses no digits.
    first_point = tuple(slice(1) if axis in varied else slice(None) for axis in axes)
    origin = blocks[(0,) * len(axes)][first_point].copy()
    found: dict[Subset, _Moments] = {}
    # All axes together explain everything, and their mean is the mean.
    for reading in passes(blocks.chunks, varied, {*subsets, varied}, held_bytes):
        found |= _read(blocks, origin, varied, reading)
    parts = [origin + found[varied].mean, *(found[subset].squares / found[subset].number for subset in subsets)]
    return np.stack([part.squeeze(tuple(varied)) for part in parts])


def _read(blocks: Blocks, origin: NDArray[Any], varied: frozenset[int], reading: Pass) -> dict[Subset, _Moments]:
    """Make one pass over the blocks, and return the moments of the mean of each subset over the other axes."""
    chunks = blocks.chunks
    means = [_Mean(subset, chunks, varied) for subset in reading.subsets]

    def reduced(place: tuple[int, ...]) -> list[NDArray[Any] | _Moments]:
        sums = _sums(blocks[place] - origin, varied, reading.subsets)
        return [mean.of_block(sums[mean.subset]) for mean in means]

    steps = itertools.product(*(range(len(chunks[axis])) for axis in reading.loops))
    places = (tuple(step[reading.loops.index(axis)] for axis in range(len(chunks))) for step in steps)
    for place, results in _ahead(reduced, places):
        for mean, result in zip(means, results, strict=True):
            mean.add(place, result)
    return {mean.subset: mean.moments for mean in means}


def _sums(values: NDArray[Any], varied: frozenset[int], subsets: Iterable[Subset]) -> dict[Subset, NDArray[Any]]:
    """Return the sums over all varied axes but those of each subset, each made of the smallest that it can be."""
    sums = {varied: values}
    for subset in sorted(subsets, key=len, reverse=True):
        larger = min((known for known in sums if known >= subset), key=lambda known: sums[known].size)
        over = tuple(axis for axis in larger - subset if values.shape[axis] > 1)
        sums[subset] = sums[larger].sum(over, keepdims=True) if over else sums[larger]
    return sums


class _Mean:
    """The mean over all varied axes but a subset: sums that are unfinished, and the moments of what is finished."""

    def __init__(self, subset: Subset, chunks: Chunks, varied: frozenset[int]) -> None:
        self.subset = subset
        self.moments: Any = None
        self._cells = math.prod(sum(chunks[axis]) for axis in varied - subset)
        self._blocks = math.prod(len(chunks[axis]) for axis in varied - subset)
        self._unfinished: dict[tuple[int, ...], tuple[NDArray[Any], int]] = {}

    def of_block(self, sums: NDArray[Any]) -> NDArray[Any] | _Moments:
        """Return the sums of a block, or the moments of the mean where one block is all it needs."""
        if self._blocks > 1:
            return sums
        return _Moments.of(sums / self._cells if self._cells > 1 else sums, self.subset)

    def add(self, place: tuple[int, ...], result: NDArray[Any] | _Moments) -> None:
        """Add the sums of a block, and fold the mean into the moments after its last block."""
        if not isinstance(result, _Moments):
            row = tuple(place[axis] for axis in sorted(self.subset))
            if row not in self._unfinished:
                # A copy: the sums of a block may be the block itself, for several means.
                self._unfinished[row] = result.copy(), 1
                return
            sums, number = self._unfinished.pop(row)
            sums += result
            if number + 1 < self._blocks:
                self._unfinished[row] = sums, number + 1
                return
            sums /= self._cells
            result = _Moments.of(sums, self.subset)
        self.moments = result if self.moments is None else self.moments.joined(result)


@dataclass(frozen=True)
class _Moments:
    """Number, mean and sum of squared deviations of some values, for each cell of the kept axes."""

    number: int
    mean: NDArray[Any]
    squares: NDArray[Any]

    @classmethod
    def of(cls, values: NDArray[Any], over: Subset) -> _Moments:
        axes = tuple(axis for axis in over if values.shape[axis] > 1)
        if not axes:
            return cls(1, values, np.zeros_like(values))
        mean = values.mean(axes, keepdims=True)
        deviation = values - mean
        return cls(values.size // mean.size, mean, np.square(deviation, out=deviation).sum(axes, keepdims=True))

    def joined(self, other: _Moments) -> _Moments:
        """Source: T. F. Chan, G. H. Golub and R. J. LeVeque, Am. Stat. 37, 242 (1983)."""
        number = self.number + other.number
        apart = other.mean - self.mean
        squares = self.squares + other.squares + apart**2 * (self.number * other.number / number)
        return _Moments(number, self.mean + apart * (other.number / number), squares)


def _ahead(function: Callable[[_Place], _Result], places: Iterable[_Place]) -> Iterator[tuple[_Place, _Result]]:
    """Yield the results in order, while threads work on the next few."""
    threads = min(_MOST_THREADS, dask.config.get("num_workers", None) or CPU_COUNT)
    pool = ThreadPoolExecutor(threads, initializer=_mark_within)
    running: deque[tuple[_Place, Future[_Result]]] = deque()
    try:
        for place in places:
            running.append((place, pool.submit(function, place)))
            if len(running) > threads:
                before, future = running.popleft()
                yield before, future.result()
                del future
        while running:
            before, future = running.popleft()
            yield before, future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _mark_within() -> None:
    _WITHIN.stream = True


def _alone(work: Callable[[], _Result]) -> _Result:
    """Do work when no other stream runs, except for one that a stream itself asks for while it reads its blocks.

    It gets a thread that ends with it: the memory that a thread has freed stays with the thread, and so a scheduler
    with many threads would need as much for each of them.
    """
    if getattr(_WITHIN, "stream", False):
        return work()
    with _TURN, ThreadPoolExecutor(1, initializer=_mark_within) as pool:
        return pool.submit(work).result()

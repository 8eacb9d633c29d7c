"""Shape of the blocks of an array, from its size alone."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

from gridscan.limits import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gridscan.limits import Limits


def together(counts: tuple[int, ...], block: tuple[int, ...], limits: Limits = DEFAULT) -> tuple[int, ...]:
    """Return the number of blocks along each dimension that together are about as large as the largest block."""
    cells = math.prod(block)
    spans: list[int] = []
    for count in reversed(counts):
        spans.append(max(1, min(count, limits.largest_block // cells)))
        cells *= spans[-1]
    return tuple(reversed(spans))


def boxes(shape: Sequence[int], block: Sequence[int]) -> Iterator[tuple[slice, ...]]:
    """Yield the ranges of each block of an array, in the order of the blocks."""
    starts = [range(0, size, step) for size, step in zip(shape, block, strict=True)]
    for place in itertools.product(*starts):
        ends = zip(place, block, shape, strict=True)
        yield tuple(slice(start, min(start + step, size)) for start, step, size in ends)


def block_of(shape: tuple[int, ...], costly: bool, limits: Limits = DEFAULT) -> tuple[int, ...]:
    """Return the shape of the blocks of an array: whole along the last dimensions, as far as their size allows."""
    cells = math.prod(shape)
    part = -(-cells // limits.fewest_blocks)
    costly_limit = max(limits.largest_costly_block, cells // limits.most_costly_blocks)
    limit = min(part, costly_limit) if costly else max(part, limits.smallest_block)
    limit = min(limit, limits.largest_block)
    block: list[int] = []
    for size in reversed(shape):
        # Equal parts: 10 as 5 and 5 rather than 7 and 3.
        step = max(1, min(size, limit // math.prod(block)))
        block.append(-(-size // -(-size // step)))
    return tuple(reversed(block))

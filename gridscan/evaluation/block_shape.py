"""How large blocks are: the shape of those of an array, from its size alone."""

from __future__ import annotations

import math

#: A block of formulas: large enough that what is done once a block does not count, small enough for any memory.
LARGEST_BLOCK = 1_000_000


#: A block with kernels or integrals in it, whose cells may take long: it is what is lost when a run is killed.
LARGEST_COSTLY_BLOCK = 4096


_SMALLEST_BLOCK = 65_536


# Blocks at least, where there are as many cells: enough for some workers and for some progress to be seen.
_FEWEST_BLOCKS = 64


_MOST_COSTLY_BLOCKS = 20_000


def together(counts: tuple[int, ...], block: tuple[int, ...]) -> tuple[int, ...]:
    """Return how many blocks along each dimension make up one range of about the size of the largest block."""
    cells = math.prod(block)
    spans: list[int] = []
    for count in reversed(counts):
        spans.append(max(1, min(count, LARGEST_BLOCK // cells)))
        cells *= spans[-1]
    return tuple(reversed(spans))


def block_of(shape: tuple[int, ...], costly: bool) -> tuple[int, ...]:
    """Return the shape of the blocks of an array: whole along the last dimensions, as far as their size allows."""
    cells = math.prod(shape)
    part = -(-cells // _FEWEST_BLOCKS)
    costly_limit = max(LARGEST_COSTLY_BLOCK, cells // _MOST_COSTLY_BLOCKS)
    limit = min(part, costly_limit) if costly else max(part, _SMALLEST_BLOCK)
    limit = min(limit, LARGEST_BLOCK)
    block: list[int] = []
    for size in reversed(shape):
        # Equal parts: 10 in ranges of 7 and 3 are better 5 and 5.
        step = max(1, min(size, limit // math.prod(block)))
        block.append(-(-size // -(-size // step)))
    return tuple(reversed(block))


#: Quantities up to this size are computed at once; larger ones are chunked and lazy.
EAGER_CELLS = 4_000_000

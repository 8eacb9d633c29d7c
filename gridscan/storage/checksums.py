"""Checksums of the blocks of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xxhash

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Sizes below 281 TB.
_SIZE_BITS = np.uint64(48)


def checksum_of_block(block: np.ndarray, *, failed: bool = False) -> np.uint64:
    """Return the checksum of a finished block.

    Parameters
    ----------
    block
        Values of the block.
    failed
        Whether cells of it could not be computed, so that the next run tries them again.

    Returns
    -------
    numpy.uint64
        XXH3 of the bytes, of which the last bit tells whether all cells were computed: odd if they were, otherwise even
        and not zero, so that zero is left for a block that is not done.

    Examples
    --------
    >>> import numpy as np
    >>> from gridscan.storage.checksums import checksum_of_block
    >>> hex(checksum_of_block(np.zeros(0)))
    '0x2d06800538d394c3'
    """
    return _checksum([np.ascontiguousarray(block).data.cast("B")] if block.size else [], failed)


def _checksum(pieces: Iterable[memoryview], failed: bool) -> np.uint64:
    # Another seed, so that a damaged last bit is found like any other.
    found = xxhash.xxh3_64(seed=int(failed))
    for piece in pieces:
        found.update(piece)
    number = found.intdigest()
    return np.uint64((number & ~1 or 2) if failed else number | 1)


def is_done(checksums: np.ndarray) -> np.ndarray:
    """Tell from their checksums which blocks are done, without cells that failed.

    Parameters
    ----------
    checksums
        Those of some blocks.

    Returns
    -------
    numpy.ndarray
        Of bool, in the shape of these.
    """
    return np.asarray(checksums % 2 == 1)


def is_whole(block: np.ndarray, checksum: np.uint64) -> bool:
    """Tell whether a block is as it was written.

    Parameters
    ----------
    block
        Values of the block.
    checksum
        That in the file.

    Returns
    -------
    bool
        False also for a block that is not done.
    """
    return bool(checksum_of_block(block, failed=int(checksum) % 2 == 0) == checksum)


def are_whole(pieces: Iterable[memoryview], checksum: np.uint64) -> bool:
    """Tell whether the pieces of a block are as they were written.

    Parameters
    ----------
    pieces
        Bytes, one after the other.
    checksum
        That in the file.

    Returns
    -------
    bool
        False also for a block that is not done.
    """
    return bool(_checksum(pieces, int(checksum) % 2 == 0) == checksum)


def marked_size(size: int) -> np.uint64:
    """Return the size of a file with a checksum of it, since by its size a file is told from what others made of it.

    Parameters
    ----------
    size
        Size of the file [bytes]; 0 for a folder.

    Returns
    -------
    numpy.uint64
        Its first 16 bits are the checksum.

    Examples
    --------
    >>> from gridscan.storage.checksums import marked_size, unmarked_size
    >>> unmarked_size(marked_size(1_000_000))
    1000000
    """
    check = np.uint64(xxhash.xxh3_64_intdigest(size.to_bytes(8, "little")) & 0xFFFF)
    return np.uint64(size) | check << _SIZE_BITS


def unmarked_size(mark: np.uint64) -> int:
    """Return the size of a file as `marked_size` wrote it.

    Parameters
    ----------
    mark
        The size with its checksum.

    Returns
    -------
    int
        Size of the file [bytes].

    Raises
    ------
    ValueError
        If the two do not fit.
    """
    size = int(mark & ((np.uint64(1) << _SIZE_BITS) - np.uint64(1)))
    if marked_size(size) != mark:
        raise ValueError("the size that it says it has is damaged")
    return size


def box_in_words(name: str, box: Sequence[slice]) -> str:
    """Return the place of a block as numpy would have it, such as ``flux[0:2, 0:10]``.

    Parameters
    ----------
    name
        The variable.
    box
        Ranges of its dimensions.

    Returns
    -------
    str
        Text for a message.
    """
    return f"{name}[{', '.join(f'{part.start}:{part.stop}' for part in box)}]" if box else name

"""Checksums of the blocks of a file."""

from __future__ import annotations

import numpy as np
import xxhash


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
    >>> int(checksum_of_block(np.zeros(3)))
    6692671475690166779
    """
    data = np.ascontiguousarray(block).data.cast("B") if block.size else b""
    # Another seed, so that a damaged last bit is found like any other.
    found = xxhash.xxh3_64_intdigest(data, seed=int(failed))
    return np.uint64((found & ~1 or 2) if failed else found | 1)


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

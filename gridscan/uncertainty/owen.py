"""Nested uniform scrambling of the points of a digital net, dimension by dimension, by a hash.

Owen's scrambling permutes the two halves of the unit interval at random, the two halves of each of these independently,
and so on. Whether a pair of halves is exchanged is a hash of the pair, so that a scrambled point depends neither on the
number of points nor on other dimensions, and nothing has to be stored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridscan.numerics.hashing import STEP, mixed, open_uniform

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Bits of a point that are scrambled; what follows is filled by a hash of these.
BITS = 32
_AT_ONCE = 1 << 12


def scrambled(points: NDArray[np.uint32], key: int) -> NDArray[np.float64]:
    """Return scrambled points of one dimension.

    Parameters
    ----------
    points
        The first points of a digital net or sequence, as whole numbers below 2^32.
    key
        Whole number below 2^64 that is different for each dimension.

    Returns
    -------
    numpy.ndarray
        Numbers above 0 and below 1, with 52 random bits.

    Notes
    -----
    Source: A. B. Owen, "Randomly permuted (t, m, s)-nets and (t, s)-sequences", in Monte Carlo and Quasi-Monte Carlo
    Methods in Scientific Computing (Springer 1995); by hashing: B. Burley, "Practical hash-based Owen scrambling",
    Journal of Computer Graphics Techniques 9, 4 (2020). Here every pair of halves has a hash of its own.

    Examples
    --------
    >>> import numpy as np
    >>> from gridscan.uncertainty.owen import scrambled
    >>> halves = np.array([0, 2**31], dtype=np.uint32)
    >>> sorted(np.floor(2 * scrambled(halves, key=7)).tolist())
    [0.0, 1.0]
    """
    result = np.empty(len(points))
    for start in range(0, len(points), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        high = _permuted(points[part].astype(np.uint64), key)
        result[part] = open_uniform((high << np.uint64(64 - BITS)) | (hashed(high, key ^ 1) >> np.uint64(BITS)))
    return result


def hashed(numbers: NDArray[np.uint64], key: int) -> NDArray[np.uint64]:
    """Return the random whole numbers below 2^64 of a key that belong to numbers in its sequence.

    Parameters
    ----------
    numbers
        Which ones.
    key
        Whole number below 2^64.

    Returns
    -------
    numpy.ndarray
        Of the same shape.
    """
    with np.errstate(over="ignore"):
        found: NDArray[np.uint64] = mixed(mixed(np.uint64(key)) + (numbers + np.uint64(1)) * STEP)
    return found


def _permuted(points: NDArray[np.uint64], key: int) -> NDArray[np.uint64]:
    """Return points whose bits are flipped by hashes of the bits before them."""
    levels = np.arange(BITS, dtype=np.uint64)[:, None]
    # The interval that a point lies in at each level: one number for each interval of any level.
    intervals = (points >> (BITS - levels)) | (np.uint64(1) << levels)
    flips = (hashed(intervals, key) >> np.uint64(63)) << (BITS - 1 - levels)
    permuted: NDArray[np.uint64] = points ^ np.bitwise_or.reduce(flips, axis=0)
    return permuted

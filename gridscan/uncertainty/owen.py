"""Nested uniform scrambling of the points of a digital net, dimension by dimension, by a hash.

Owen's scrambling permutes the two halves of the unit interval at random, the two halves of each of these independently,
and so on. Whether a pair of halves is exchanged is a hash of the pair, so that a scrambled point depends neither on the
number of points nor on other dimensions, and nothing has to be stored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.numerics.hashing import STEP, mixed, open_uniform

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Bits of a point that are scrambled; what follows is filled by a hash of these.
BITS = 32
#: Points of all dimensions together, whose flips at all levels lie in memory at once.
_AT_ONCE = 1 << 12


def scrambled(points: NDArray[np.uint32], key: int | NDArray[np.uint64]) -> NDArray[np.float64]:
    """Return scrambled points of one dimension, or of several at once.

    Parameters
    ----------
    points
        Shape (..., n): the first points of a digital net or sequence, as whole numbers below 2^32.
    key
        Whole number below 2^64 that is different for each dimension; or many, of a shape (..., 1) that broadcasts.

    Returns
    -------
    numpy.ndarray
        Numbers above 0 and below 1, with 52 random bits, of the shape to which both broadcast.

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
    keys = np.asarray(key, dtype=np.uint64)
    result = np.empty(np.broadcast_shapes(points.shape, keys.shape))
    at_once = max(_AT_ONCE * points.shape[-1] // max(result.size, 1), 1)
    for start in range(0, points.shape[-1], at_once):
        part = slice(start, start + at_once)
        high = _permuted(points[..., part].astype(np.uint64), keys)
        filled = hashed(high, keys ^ np.uint64(1)) >> np.uint64(BITS)
        result[..., part] = open_uniform((high << np.uint64(64 - BITS)) | filled)
    return result


def hashed(numbers: NDArray[np.uint64], key: Any) -> NDArray[np.uint64]:
    """Return the random whole numbers below 2^64 of a key that belong to numbers in its sequence.

    Parameters
    ----------
    numbers
        Which ones.
    key
        Whole number below 2^64, or many.

    Returns
    -------
    numpy.ndarray
        Of the shape to which both broadcast.
    """
    with np.errstate(over="ignore"):
        found: NDArray[np.uint64] = mixed(mixed(np.asarray(key, dtype=np.uint64)) + (numbers + np.uint64(1)) * STEP)
    return found


def _permuted(points: NDArray[np.uint64], key: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return points whose bits are flipped by hashes of the bits before them."""
    shape = np.broadcast_shapes(points.shape, key.shape)
    levels = np.arange(BITS, dtype=np.uint64).reshape(BITS, *[1] * len(shape))
    # The interval that a point lies in at each level: one number for each interval of any level.
    intervals = (np.broadcast_to(points, shape) >> (BITS - levels)) | (np.uint64(1) << levels)
    flips = (hashed(intervals, key) >> np.uint64(63)) << (BITS - 1 - levels)
    permuted: NDArray[np.uint64] = points ^ np.bitwise_or.reduce(flips, axis=0)
    return permuted

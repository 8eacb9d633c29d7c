"""Hashing of whole numbers: random numbers that are a function of what they are for, not of the order of the work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["STEP", "mixed", "open_uniform"]

#: Odd number nearest to 2^64 over the golden ratio, by which sequences of SplitMix64 advance.
STEP = np.uint64(0x9E3779B97F4A7C15)
_MULTIPLIERS = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


def mixed(keys: Any) -> Any:
    """Return the finalizer of SplitMix64 of keys: any two that differ in a bit differ in about half of them.

    Parameters
    ----------
    keys
        A numpy.uint64, or an array of them.

    Returns
    -------
    numpy.uint64 or numpy.ndarray
        Of the same shape; different for different keys.

    Notes
    -----
    Source: G. L. Steele, D. Lea and C. H. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.

    Examples
    --------
    >>> import numpy as np
    >>> from gridscan.numerics.hashing import mixed
    >>> [int(key) for key in mixed(np.array([0, 1], dtype=np.uint64))]
    [0, 6238072747940578789]
    """
    with np.errstate(over="ignore"):
        keys = (keys ^ (keys >> np.uint64(30))) * _MULTIPLIERS[0]
        keys = (keys ^ (keys >> np.uint64(27))) * _MULTIPLIERS[1]
    return keys ^ (keys >> np.uint64(31))


def open_uniform(bits: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Return numbers above 0 and below 1 from the leading 52 bits of whole numbers.

    Parameters
    ----------
    bits
        Whole numbers, uniform up to 2^64.

    Returns
    -------
    numpy.ndarray
        (b + 1/2) / 2^52 for the leading bits b, of the same shape; the distance from 1 is exact too.

    Examples
    --------
    >>> import numpy as np
    >>> from gridscan.numerics.hashing import open_uniform
    >>> ends = open_uniform(np.array([0, 2**64 - 1], dtype=np.uint64))
    >>> ends[0] == 2**-53, 1 - ends[1] == 2**-53
    (np.True_, np.True_)
    """
    uniform: NDArray[np.float64] = ((bits >> np.uint64(12)).astype(float) + 0.5) * 2.0**-52
    return uniform

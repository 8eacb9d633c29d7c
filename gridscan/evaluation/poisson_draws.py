"""Poisson draws that depend on the cell of a grid only, not on the grid around it or the order of the work.

A draw is a function of the seed, the name of the quantity, the values that the inputs it depends on have in this cell,
and the number of the realisation. Chunks, workers, other axes and other values do not matter, so that a cell keeps
its draws when the grid is extended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gridscan.fingerprint.digest import number_of
from gridscan.fingerprint.input_keys import content_keys
from gridscan.numerics.hashing import STEP, mixed, open_uniform
from gridscan.numerics.poisson import poisson_quantile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gridscan.inputs.arrays import Input

KeyArray = NDArray[np.uint64]

# Values computed in different ways, such as 0.3 and 3 * 0.1, count as equal: 40 of the 53 bits are compared.
_BITS = 40
_AT_ONCE = 1 << 15


def input_keys(name: str, item: Input) -> KeyArray:
    """Return a key for each value of an input: a scalar, or one for each position along its dimension."""
    keys = content_keys(item, _bits)
    if keys.shape != item.data.shape[: item.data.ndim - item.vector]:
        mantissa, exponent = keys
        keys = mixed(mixed(mantissa) ^ exponent)
    found: KeyArray = mixed(keys ^ np.uint64(number_of(name.encode())))
    return found


def _bits(values: NDArray[Any]) -> NDArray[Any]:
    """Return mantissas and exponents, shape (2, ...)."""
    mantissa, exponent = np.frexp(values)
    rounded = np.rint(mantissa * 2.0**_BITS)
    # A mantissa rounded up to 1 is one half of the next power of two.
    full = np.abs(rounded) == 2.0**_BITS
    return np.stack([np.where(full, rounded / 2, rounded), exponent + full]).astype(np.int64).view(np.uint64)


def dimension_keys(
    name: str, seed: int, inputs: Mapping[str, Input], used: Iterable[str]
) -> tuple[np.uint64, dict[str, KeyArray]]:
    """Return the parts of the key of each cell of a quantity: one for all, and one for each position of a dimension.

    The key of a cell is their sum, to which an input adds the same whether it is an axis or a single value.

    Parameters
    ----------
    name
        The quantity.
    used
        The inputs that it depends on.
    """
    common = mixed(np.uint64(seed) ^ np.uint64(number_of(name.encode())))
    along: dict[str, KeyArray] = {}
    with np.errstate(over="ignore"):
        for key in used:
            item = inputs[key]
            values = input_keys(key, item)
            if item.dims:
                (dim,) = item.dims
                along[dim] = along[dim] + values if dim in along else values
            else:
                common = common + values[()]
    return common, along


def poisson_draws(
    means: NDArray[np.float64], common: np.uint64, along: list[KeyArray], realisations: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return draws of Poisson counts, with one more, last, axis for the realisations.

    Parameters
    ----------
    means
        Expected counts.
    common, along
        Parts of the key of a cell; `along` in the order of the axes of `means`.
    realisations
        Numbers of the realisations.

    Raises
    ------
    EvaluationError
        If a mean is negative, not finite, or above 1e12.
    """
    keys: Any = np.full(means.shape, common, dtype=np.uint64)
    with np.errstate(over="ignore"):
        for axis, part in enumerate(along):
            keys = keys + part.reshape([-1 if other == axis else 1 for other in range(means.ndim)])
    states, expected = mixed(keys).reshape(-1, 1), means.reshape(-1, 1)
    draws = np.empty((states.size, realisations.size), dtype=np.int64)
    # Blocks that fit in the cache: the work takes a dozen arrays of this size.
    wide = min(max(realisations.size, 1), _AT_ONCE)
    high = max(1, _AT_ONCE // wide)
    for top in range(0, states.size, high):
        for left in range(0, realisations.size, wide):
            block = slice(top, top + high), slice(left, left + wide)
            draws[block] = poisson_quantile(_uniform(states[block[0]], realisations[block[1]]), expected[block[0]])
    return draws.reshape(*means.shape, realisations.size)


def _uniform(states: KeyArray, numbers: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return random numbers above 0 and below 1: of each state, the one with the given number in its sequence."""
    with np.errstate(over="ignore"):
        return open_uniform(mixed(states + (numbers.astype(np.uint64) + np.uint64(1)) * STEP))

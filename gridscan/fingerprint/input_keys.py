"""Keys of the values of an input: equal exactly where values are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.fingerprint.digest import number_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gridscan.inputs.arrays import Input

#: By input, its dimensions and the keys of its values.
Keys = Mapping[str, tuple[Sequence[str], np.ndarray]]


def exact_bits(values: NDArray[Any]) -> NDArray[np.uint64]:
    """Return the bits of numbers."""
    return np.asarray(values, dtype=float).view(np.uint64)


def content_keys(item: Input, bits: Callable[[NDArray[Any]], NDArray[np.uint64]] = exact_bits) -> NDArray[np.uint64]:
    """Return integer keys of the values of an input, over its dimensions.

    Parameters
    ----------
    bits
        Returns the bits of numbers that count; for an input of plain numbers, these are the keys.
    """
    data = item.data
    if item.vector:
        found = [number_of(bits(vector).tobytes()) for vector in item.vectors]
    elif data.dtype.kind == "U":
        found = [number_of(str(text).encode()) for text in data.ravel()]
    else:
        return bits(data)
    return np.array(found, dtype=np.uint64).reshape(data.shape[: data.ndim - item.vector])

"""Values of an axis that occur twice, or so close to each other that no question can tell them apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.numerics.spacing import SAME_VALUE, closest_pair
from gridscan.units import Unit, readable

if TYPE_CHECKING:
    from collections.abc import Sequence


def repeated(name: str, values: Sequence[Any] | np.ndarray, unit: Unit | None) -> tuple[int, str] | None:
    """Return the position of a value that an axis already has, and what is wrong with it.

    Parameters
    ----------
    name
        Name of the axis.
    values
        Numbers or labels.
    unit
        Unit of numbers; None for labels.

    Returns
    -------
    tuple of int and str, or None
        Position and message; None where all values are distinct.

    Examples
    --------
    >>> from gridscan.inputs.distinct import repeated
    >>> from gridscan.units import parse_unit
    >>> repeated("radius", [1.0, 2.0, 1.0], parse_unit("kpc"))
    (2, "the axis 'radius' contains 1.0 kpc twice")
    """
    array = np.asarray(values)
    if array.dtype.kind != "f":
        _, first = np.unique(array, return_index=True)
        twice = sorted(set(range(len(array))) - set(first.tolist()))
        return (twice[0], f"the axis {name!r} contains {array[twice[0]]} twice") if twice else None
    close = _closest_pair(array)
    if close is None:
        return None
    one, other = (_exact(array[index].item(), unit) for index in close)
    if array[close[0]] == array[close[1]]:
        return close[1], f"the axis {name!r} contains {one} twice"
    return close[
        1
    ], f"the axis {name!r} contains {one} and {other}, the same value within {SAME_VALUE:g} of it; keep one"


def _closest_pair(array: np.ndarray) -> tuple[int, int] | None:
    """Return the positions of two numbers that count as one; an infinite one is close to none but itself."""
    for infinity in (np.inf, -np.inf):
        places = np.flatnonzero(array == infinity)
        if places.size > 1:
            return int(places[0]), int(places[1])
    finite = np.flatnonzero(np.isfinite(array))
    close = closest_pair(array[finite])
    return None if close is None else (int(finite[close[0]]), int(finite[close[1]]))


def _exact(value: float, unit: Unit | None) -> str:
    return f"{value!r} {readable(unit) if unit is not None else 1}".removesuffix(" 1")

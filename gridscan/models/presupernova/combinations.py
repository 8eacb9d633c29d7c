"""Evaluating a function once for each distinct combination of arguments of a grid, and quantities as functions."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Array = NDArray[Any]


def codes_of(keys: Iterable[Any]) -> tuple[Array, dict[int, tuple[int, ...]]]:
    """Return a code for each distinct combination of keys.

    Parameters
    ----------
    keys
        Arrays of numbers or of words that broadcast.

    Returns
    -------
    codes, places
        Codes of the shape to which the keys broadcast, and for each the index of its first element.
    """
    codes: Array = np.zeros((), dtype=np.int64)
    for key in keys:
        array = np.asarray(key)
        distinct, inverse = np.unique(array, return_inverse=True)
        codes = codes * len(distinct) + inverse.reshape(array.shape)
    distinct, first = np.unique(codes, return_index=True)
    where = {int(code): np.unravel_index(int(index), codes.shape) for code, index in zip(distinct, first, strict=True)}
    return codes, {code: tuple(int(part) for part in place) for code, place in where.items()}


def for_each_combination(function: Callable[..., tuple[Any, ...]], *keys: Any, inner: int = 0) -> tuple[Array, ...]:
    """Evaluate a function of single values for each distinct combination of keys, and put the results in their places.

    Parameters
    ----------
    function
        Takes a value of each key, and returns arrays that broadcast with the keys.
    keys
        Arrays that broadcast.
    inner
        Number of axes that the results have after those of the keys.

    Returns
    -------
    tuple of numpy.ndarray
        What the function returns, each of the shape to which it and the keys broadcast.
    """
    arrays = [np.asarray(key) for key in keys]
    codes, places = codes_of(arrays)
    spread = np.broadcast_arrays(*arrays)
    found: tuple[Array, ...] | None = None
    for code, place in places.items():
        here = (codes == code).reshape(codes.shape + (1,) * inner)
        results = function(*(array[place] for array in spread))
        if found is None:
            found = tuple(np.asarray(result) for result in results)
        else:
            found = tuple(np.where(here, new, old) for new, old in zip(results, found, strict=True))
    assert found is not None
    return found


class StarFunction:
    """A quantity of the grid as a function of initial mass and time before collapse.

    Parameters
    ----------
    function
        What a kernel gets for an argument that it takes as a function of ``initial_mass`` and
        ``time_before_collapse``.

    Attributes
    ----------
    key
        Array that differs where functions may.
    """

    def __init__(self, function: Any) -> None:
        self._function = function
        # Words, numbers and the contents of tables, with an axis for each dimension of the grid.
        self.key, self._places = codes_of(function.arguments.values())

    def with_last_axis(self) -> StarFunction:
        """Return the same with keys that have one more axis, of length one."""
        other = copy.copy(self)
        other.key = self.key[..., None]
        return other

    def __call__(self, key: Any, initial_mass: float, time: Array) -> Array:
        """Return the quantity for one key, as a function of one mass [Msun] and times [s] of any shape."""
        place = self._places[int(key)]
        shape = self._function.shape
        index = tuple(part if size > 1 else 0 for part, size in zip(place, shape, strict=False))
        flat = int(np.ravel_multi_index(index, shape)) if shape else 0
        when = np.asarray(time, dtype=float)[None]
        values = {"initial_mass": np.full(when.shape, float(initial_mass)), "time_before_collapse": when}
        return np.asarray(self._function(np.array([flat]), **values)[0])

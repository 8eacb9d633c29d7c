"""Numbers of 32 digits as pairs of floating-point arrays, for formulas in which nearly equal terms cancel.

A formula of Python operators and numpy functions runs on them unchanged. Sums, products, quotients, roots and whole
powers keep all digits; any other function of one or more numbers is that of 16 digits, and with ``shifted=True`` it is
off by its rounding, so that two evaluations tell whether its missing digits matter.

Source: Dekker 1971, Numer. Math. 18, 224; Hida, Li & Bailey 2001, ARITH-15, 155.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import NDArray

from gridscan.numerics.double_double import product_and_error, sum_and_error

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["PreciseArray"]

FloatArray = NDArray[np.floating[Any]]

_MOST_FACTORS = 64


class PreciseArray(NDArrayOperatorsMixin):
    """An array of numbers of 32 digits.

    Parameters
    ----------
    high
        Numbers, exact.
    low
        What is to be added to them.
    shifted
        Whether functions that have no more than 16 digits are off by their rounding.

    Examples
    --------
    (1 + x)² - 1 - 2 x = x², which has no digits in 16:

    >>> import numpy as np
    >>> from gridscan.numerics.precise_array import PreciseArray
    >>> x = np.array([2.0**-40])
    >>> ((1 + x) ** 2 - 1 - 2 * x).tolist()
    [0.0]
    >>> ((1 + PreciseArray(x)) ** 2 - 1 - 2 * x).rounded() == x**2
    array([ True])
    """

    def __init__(self, high: Any, low: Any = 0.0, shifted: bool = False) -> None:
        self.high = np.asarray(high, dtype=float)
        self.low = np.broadcast_to(np.asarray(low, dtype=float), self.high.shape)
        self.shifted = shifted

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array."""
        return self.high.shape

    @property
    def ndim(self) -> int:
        """Number of its dimensions."""
        return self.high.ndim

    def __getitem__(self, index: Any) -> PreciseArray:
        return PreciseArray(self.high[index], self.low[index], self.shifted)

    def __array__(self, *_: Any, **__: Any) -> NDArray[Any]:
        raise TypeError("numbers of 32 digits would lose half of them")

    def rounded(self) -> FloatArray:
        """Return the numbers to 16 digits."""
        rounded: FloatArray = self.high + self.low
        return rounded

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or options:
            return NotImplemented
        shifted = any(isinstance(item, PreciseArray) and item.shifted for item in inputs)
        pairs = [_pair(item) for item in inputs]
        found: Any
        with np.errstate(all="ignore"):
            if ufunc in _COMPARISONS:
                return ufunc(_subtracted(*pairs)[0], 0.0)
            if ufunc is np.power:
                found = _power(pairs[0], pairs[1], shifted)
            elif ufunc in _EXACT:
                found = _EXACT[ufunc](*pairs)
            else:
                found = ufunc(*(high for high, _ in pairs))
                if found.dtype.kind == "b":
                    return found
                found = _inexact(ufunc, pairs, shifted), 0.0
        return PreciseArray(found[0], found[1], shifted)

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: Any) -> Any:
        if function is np.where and len(arguments) == 3:
            pairs = [_pair(item) for item in arguments[1:]]
            shifted = any(isinstance(item, PreciseArray) and item.shifted for item in arguments)
            high, low = (np.where(arguments[0], *parts) for parts in zip(*pairs, strict=True))
            return PreciseArray(high, low, shifted)
        if function is np.broadcast_to and isinstance(arguments[0], PreciseArray):
            high, low = (function(part, *arguments[1:]) for part in _pair(arguments[0]))
            return PreciseArray(high, low, self.shifted)
        if function in (np.ndim, np.shape):
            return function(arguments[0].high)
        return NotImplemented


Pair = tuple[Any, Any]


def _pair(item: Any) -> Pair:
    if isinstance(item, PreciseArray):
        return item.high, item.low
    array = np.asarray(item)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{array.dtype} has no 32 digits")
    return array.astype(float), np.zeros(array.shape)


def _renormalised(high: Any, low: Any) -> Pair:
    total = high + low
    return total, np.where(np.isfinite(total), low - (total - high), 0.0)


def _added(x: Pair, y: Pair) -> Pair:
    high, error = sum_and_error(x[0], y[0])
    low, rest = sum_and_error(x[1], y[1])
    high, error = _renormalised(high, error + low)
    return _renormalised(high, error + rest)


def _negative(x: Pair) -> Pair:
    return -x[0], -x[1]


def _subtracted(x: Pair, y: Pair) -> Pair:
    return _added(x, _negative(y))


def _multiplied(x: Pair, y: Pair) -> Pair:
    product, error = product_and_error(x[0], y[0])
    return _renormalised(product, error + (x[0] * y[1] + x[1] * y[0]))


def _divided(x: Pair, y: Pair) -> Pair:
    first = x[0] / y[0]
    rest = _subtracted(x, _multiplied(y, (first, 0.0 * first)))
    second = rest[0] / y[0]
    rest = _subtracted(rest, _multiplied(y, (second, 0.0 * second)))
    # A quotient that is zero or infinite has no second part.
    parts = (np.where(np.isfinite(part), part, 0.0) for part in (second, rest[0] / y[0]))
    high, low = _renormalised(first, next(parts))
    return high, low + next(parts)


def _root(x: Pair) -> Pair:
    first = np.sqrt(x[0])
    rest = _subtracted(x, _multiplied((first, 0.0 * first), (first, 0.0 * first)))[0]
    correction = rest / (2.0 * first)
    return _renormalised(first, np.where(np.isfinite(correction), correction, 0.0))


def _power(x: Pair, exponent: Pair, shifted: bool) -> Pair:
    """Return a power, by products if the exponent is one small whole number or half of one."""
    number = np.unique(exponent[0])
    twice = 2.0 * number[0] if number.size == 1 and not np.any(exponent[1]) else np.nan
    if not (twice == np.rint(twice) and abs(twice) <= 2 * _MOST_FACTORS):
        return _inexact(np.power, [x, exponent], shifted), 0.0
    one = np.ones(np.broadcast_shapes(np.shape(x[0]), np.shape(exponent[0])))
    found: Pair = (one, 0.0 * one)
    if twice % 2.0:
        found = _multiplied(found, _root(x))
    square, left = x, int(abs(twice)) // 2
    while left:
        found = _multiplied(found, square) if left % 2 else found
        square, left = _multiplied(square, square), left // 2
    return found if twice >= 0.0 else _divided((one, 0.0 * one), found)


def _inexact(ufunc: Any, pairs: list[Pair], shifted: bool) -> Any:
    found = ufunc(*(high for high, _ in pairs))
    if not shifted:
        return found
    beside = ufunc(*(np.nextafter(high, np.inf) for high, _ in pairs))
    return found + np.abs(beside - found) + np.spacing(np.abs(found))


def _absolute(x: Pair) -> Pair:
    sign = np.where(x[0] < 0.0, -1.0, 1.0)
    return sign * x[0], sign * x[1]


def _chosen(compare: Any) -> Callable[[Pair, Pair], Pair]:
    def choose(x: Pair, y: Pair) -> Pair:
        first = compare(_subtracted(x, y)[0], 0.0)
        return np.where(first, x[0], y[0]), np.where(first, x[1], y[1])

    return choose


_COMPARISONS = (np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal)
_EXACT: dict[Any, Callable[..., Pair]] = {
    np.add: _added,
    np.subtract: _subtracted,
    np.multiply: _multiplied,
    np.divide: _divided,
    np.negative: _negative,
    np.positive: lambda x: x,
    np.absolute: _absolute,
    np.square: lambda x: _multiplied(x, x),
    np.sqrt: _root,
    np.reciprocal: lambda x: _divided((np.ones_like(x[0]), np.zeros_like(x[0])), x),
    np.maximum: _chosen(np.greater_equal),
    np.minimum: _chosen(np.less_equal),
}

"""Evenly spaced numbers whose bits are the same on every processor, and numbers too close to be told apart."""

from __future__ import annotations

import decimal
import math
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridscan.numerics.double_double import DoubleDouble

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["SAME_VALUE", "closest_pair", "geometric", "linear", "stepped", "steps_before", "tolerances"]

FloatArray = NDArray[np.floating[Any]]

#: Numbers within this relative distance may be the same value of an axis: 0.1 + 0.2 is 0.3. But seconds of 1.7e9 are
#: not, where the axis goes in steps of one.
SAME_VALUE = 1e-9

# Relative distance that numbers have by rounding alone, some of their last digits.
_ROUNDING = 32 * float(np.finfo(float).eps)
# Parts of the distance to the next value: two values closer than that are alone, and a number so close to one is it.
_ALONE = 1e-6
_AT = 1e-3

_EXACT = 2**53
_BLOCK = 4096
_DIGITS = decimal.Context(prec=60, Emin=-10_000, Emax=10_000)


def linear(first: float, last: float, count: int) -> FloatArray:
    """Return evenly spaced numbers.

    Parameters
    ----------
    first, last
        Ends, both included; the last is left out where there is one number.
    count
        How many.

    Returns
    -------
    numpy.ndarray
        Shape (count,): the floats closest to first + i (last - first) / (count - 1), where `first` and `last` are the
        shortest decimal numbers that are these floats.

    Examples
    --------
    >>> from gridscan.numerics.spacing import linear
    >>> linear(0.1, 0.7, 7).tolist()
    [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]
    """
    steps = max(count - 1, 1)
    return _multiples(_written(first), (_written(last) - _written(first)) / steps, count)


def stepped(first: float, step: float, count: int) -> FloatArray:
    """Return numbers in steps.

    Parameters
    ----------
    first, step
        The first number, and the distance to the next.
    count
        How many.

    Returns
    -------
    numpy.ndarray
        Shape (count,): the floats closest to first + i step, where `first` and `step` are the shortest decimal numbers
        that are these floats.

    Examples
    --------
    >>> from gridscan.numerics.spacing import stepped
    >>> stepped(0.0, 0.1, 4).tolist()
    [0.0, 0.1, 0.2, 0.3]
    """
    return _multiples(_written(first), _written(step), count)


def steps_before(first: float, end: float, step: float) -> int:
    """Return how many numbers in steps lie before an end.

    Parameters
    ----------
    first, end
        The first number, and the end, which does not count.
    step
        The distance to the next, not zero.

    Returns
    -------
    int
        How many, none where the step leads away from the end. A number that is the end but for the rounding of the
        arguments does not count.

    Examples
    --------
    >>> from gridscan.numerics.spacing import steps_before
    >>> steps_before(0.0, 0.3, 0.1), steps_before(0.0, 0.3, -0.1)
    (3, 0)
    """
    steps = (_written(end) - _written(first)) / _written(step)
    rounding = Fraction(1, 10**12) * steps + Fraction(1, 10**15) * abs(_written(end) / _written(step))
    return max(math.ceil(steps - rounding), 0)


def geometric(first: float, last: float, count: int) -> FloatArray:
    """Return numbers with the same ratio between neighbours.

    Parameters
    ----------
    first, last
        Ends of the same sign, both included; the last is left out where there is one number.
    count
        How many.

    Returns
    -------
    numpy.ndarray
        Shape (count,): the floats closest to first (last / first)^(i / (count - 1)), where `first` and `last` are the
        shortest decimal numbers that are these floats; of 10^9 no more than one misses.

    Notes
    -----
    The powers 1, 2, 4, 8, … of the ratio of neighbours come from decimal arithmetic; each doubles the number of values
    known so far, by products in double-double. Exponents of two are kept apart, so that nothing overflows.

    Examples
    --------
    >>> from gridscan.numerics.spacing import geometric
    >>> geometric(0.1, 100.0, 4).tolist()
    [0.1, 1.0, 10.0, 100.0]
    """
    ratio = _DIGITS.divide(Decimal(repr(abs(last))), Decimal(repr(abs(first))))
    # The last digits of a root are those of rounding: of a whole number nothing must remain.
    step = decimal.Context(prec=50).plus(_DIGITS.exp(_DIGITS.divide(_DIGITS.ln(ratio), Decimal(max(count - 1, 1)))))
    values, kept = np.empty(count), min(count, _BLOCK)
    high, low, exponent = np.empty(kept), np.empty(kept), np.empty(kept, dtype=np.int64)
    (high[0], low[0]), exponent[0] = _scaled(Decimal(repr(abs(first))))
    for known, factor in _powers(step, count):
        scale, shift = _scaled(factor)
        more = min(known, _BLOCK, count - known)
        block = slice(known, known + more)
        product, power = DoubleDouble(high[:more], low[:more]) * scale, exponent[:more] + shift
        values[block] = np.ldexp(product.high, power)
        if known < kept:
            high[block], low[block], exponent[block] = *product, power
    values[0] = abs(first)
    values[1:][-1:] = abs(last)
    return np.copysign(values, first, out=values)


def closest_pair(values: ArrayLike) -> tuple[int, int] | None:
    """Return the positions of two numbers that count as the same value of an axis.

    Two count as the same if they differ by rounding alone, or by no more than `SAME_VALUE` where the next values are
    farther by orders of magnitude.

    Parameters
    ----------
    values
        Finite numbers, shape (n,), in any order.

    Returns
    -------
    tuple of int, or None
        Positions, in their order, of the two that are closest to one another relative to their size; None where no two
        count as the same.

    Examples
    --------
    >>> from gridscan.numerics.spacing import closest_pair
    >>> closest_pair([0.3, 1.0, 0.1 + 0.2])
    (0, 2)

    Seconds since 1970 are told apart:

    >>> closest_pair([1.7e9, 1.7e9 + 1, 1.7e9 + 2])
    """
    numbers = np.asarray(values, dtype=float)
    if (numbers[1:] > numbers[:-1]).all():
        order, ascending = None, numbers
    else:
        order = np.argsort(numbers, kind="stable")
        ascending = numbers[order]
    below, above = ascending[:-1], ascending[1:]
    size = np.maximum(np.abs(below), np.abs(above))
    # Halves, since the distance of the largest floats overflows.
    half = 0.5 * above - 0.5 * below
    distance = half / np.where(size > 0.0, size, 1.0)
    if not distance.size or distance.min() > 0.5 * SAME_VALUE:
        return None
    same = (distance <= 0.5 * _ROUNDING) | ((distance <= 0.5 * SAME_VALUE) & (half < _ALONE * _beside(half)))
    if not same.any():
        return None
    at = int(np.argmin(np.where(same, distance, np.inf)))
    return (at, at + 1) if order is None else (min(order[at : at + 2].tolist()), max(order[at : at + 2].tolist()))


def tolerances(values: ArrayLike) -> FloatArray:
    """Return the distances up to which a number counts as each value of an axis.

    Parameters
    ----------
    values
        Finite numbers, shape (n,), in any order.

    Returns
    -------
    numpy.ndarray
        Shape (n,): `SAME_VALUE` of the value, but no more than a thousandth of the distance to the next one, and no
        less than rounding.

    Examples
    --------
    >>> from gridscan.numerics.spacing import tolerances
    >>> tolerances([1.0, 2.0])
    array([1.e-09, 2.e-09])
    >>> tolerances([1.7e9, 1.7e9 + 1])
    array([0.001, 0.001])
    """
    numbers = np.asarray(values, dtype=float)
    order = np.argsort(numbers, kind="stable")
    ascending = numbers[order]
    half = np.concatenate([[np.inf], 0.5 * ascending[1:] - 0.5 * ascending[:-1], [np.inf]])
    nearest = np.minimum(half[1:], half[:-1])
    size = np.abs(ascending)
    found = np.empty_like(numbers)
    found[order] = np.maximum(np.minimum(SAME_VALUE * size, 2.0 * _AT * nearest), _ROUNDING * size)
    return found


def _beside(distances: FloatArray) -> FloatArray:
    """Return the smaller of the distances before and after each one; 0 where there is none."""
    padded = np.concatenate([[np.inf], distances, [np.inf]])
    smaller = np.minimum(padded[2:], padded[:-2])
    return np.where(np.isfinite(smaller), smaller, 0.0)


def _written(number: float) -> Fraction:
    return Fraction(repr(float(number)))


def _multiples(first: Fraction, step: Fraction, count: int) -> FloatArray:
    """Return first + i step, each rounded once."""
    scale = math.lcm(first.denominator, step.denominator)
    start, each = int(first * scale), int(step * scale)
    largest = max(abs(start), abs(start + each * (count - 1)), scale)
    if largest < _EXACT:
        # Whole numbers that floats hold: the division alone is rounded.
        return (start + each * np.arange(count)) / float(scale)
    return np.array([(start + each * index) / scale for index in range(count)])


def _powers(step: Decimal, count: int) -> Iterator[tuple[int, Decimal]]:
    """Yield how many values are known, and by which power of the step the first of them give the next.

    They double until they fill a block that the processor keeps at hand; then comes block after block.
    """
    known, power = 1, step
    while known < min(count, _BLOCK):
        yield known, power
        known, power = 2 * known, _DIGITS.multiply(power, power)
    factor = power
    while known < count:
        yield known, factor
        known, factor = known + _BLOCK, _DIGITS.multiply(factor, power)


def _scaled(number: Decimal) -> tuple[DoubleDouble, int]:
    """Return a positive number as one of about 1 to 2, and a power of two."""
    exact = Fraction(number)
    power = exact.numerator.bit_length() - exact.denominator.bit_length()
    return DoubleDouble.of(exact / Fraction(2) ** power), power

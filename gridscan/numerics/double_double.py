"""Numbers of twice the usual precision, powers of ten and logarithms whose bits are the same on every processor.

A double-double number is the sum of two floats, the second less than half a last place of the first: about 32 decimal
digits. It needs only additions and products of floats, which every processor rounds alike; numpy's powers, exponentials
and logarithms differ in the last place between processors.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["DoubleDouble", "log10", "power_of_ten", "product_and_error", "sum_and_error"]

FloatArray = NDArray[np.floating[Any]]

_SPLITTER = 2.0**27 + 1.0


class DoubleDouble(NamedTuple):
    """Sums of two floats each: arrays of one shape, or numbers.

    Attributes
    ----------
    high
        The float closest to the number.
    low
        What is missing.

    Notes
    -----
    Products are exact to 2^-102 where no part of them leaves the range of floats. Source: Dekker 1971, Numerische
    Mathematik 18, 224; Knuth, The Art of Computer Programming 2, 4.2.2.

    Examples
    --------
    >>> from fractions import Fraction
    >>> from gridscan.numerics.double_double import DoubleDouble
    >>> third = DoubleDouble.of(Fraction(1, 3))
    >>> (third * DoubleDouble(3.0, 0.0)).high
    1.0
    """

    high: Any
    low: Any

    @classmethod
    def of(cls, number: Fraction | int) -> DoubleDouble:
        """Return a rational number.

        Parameters
        ----------
        number
            The number.

        Returns
        -------
        DoubleDouble
            Closest to it.
        """
        high = float(number)
        return cls(high, float(number - Fraction(high)))

    def __mul__(self, other: Any) -> DoubleDouble:
        product, rest = product_and_error(self.high, other.high)
        return _normal(product, rest + (self.high * other.low + self.low * other.high))

    def __add__(self, other: Any) -> DoubleDouble:
        total, rest = sum_and_error(self.high, other.high)
        return _normal(total, rest + (self.low + other.low))


def sum_and_error(x: Any, y: Any) -> tuple[Any, Any]:
    """Return a sum and what its rounding took from it.

    Parameters
    ----------
    x, y
        Numbers or arrays of them.

    Returns
    -------
    total, error : float or numpy.ndarray
        x + y is total + error, exactly. Source: Knuth, The Art of Computer Programming 2, section 4.2.2.

    Examples
    --------
    >>> from gridscan.numerics.double_double import sum_and_error
    >>> sum_and_error(1.0, 2.0**-60) == (1.0, 2.0**-60)
    True
    """
    total = x + y
    part = total - x
    return total, (x - (total - part)) + (y - part)


def product_and_error(x: Any, y: Any) -> tuple[Any, Any]:
    """Return a product and what its rounding took from it.

    Parameters
    ----------
    x, y
        Numbers or arrays of them, below 1e300.

    Returns
    -------
    product, error : float or numpy.ndarray
        x y is product + error, exactly. Source: Dekker 1971, Numer. Math. 18, 224.

    Examples
    --------
    (1 + e)² = 1 + 2 e + e²:

    >>> from gridscan.numerics.double_double import product_and_error
    >>> product_and_error(1 + 2.0**-40, 1 + 2.0**-40) == (1 + 2.0**-39, 2.0**-80)
    True
    """
    product = x * y
    (a, b), (c, d) = _halves(x), _halves(y)
    return product, ((a * c - product) + a * d + b * c) + b * d


def _halves(number: Any) -> tuple[Any, Any]:
    large = _SPLITTER * number
    half = large - (large - number)
    return half, number - half


def _normal(high: Any, low: Any) -> DoubleDouble:
    total = high + low
    return DoubleDouble(total, low - (total - high))


# To 60 digits; of ln 2 a part of 32 bits, whose product with an exponent is exact, is split off.
_LN_10 = Fraction("2.30258509299404568401799145468436420760110148862877297603332790")
_LN_2 = Fraction("0.693147180559945309417232121458176568075500134360255254120680009")
_LN_2_HEAD = Fraction(round(_LN_2 * 2**32), 2**32)
_PARTS = 64
_INVERSE_FACTORIALS = [Fraction(1)]
for _order in range(1, 13):
    _INVERSE_FACTORIALS.append(_INVERSE_FACTORIALS[-1] / _order)


def power_of_ten(exponent: ArrayLike) -> FloatArray:
    """Return powers of ten, rounded alike on every processor.

    Parameters
    ----------
    exponent
        Dimensionless, any shape.

    Returns
    -------
    numpy.ndarray
        10^exponent, of the same shape: the float closest to it, of which no more than one in 10^12 misses.

    Notes
    -----
    10^x = 2^k (e^r)^64 with r = (x ln 10 - k ln 2) / 64, and the Taylor series of e^r, in double-double.

    Examples
    --------
    >>> from gridscan.numerics.double_double import power_of_ten
    >>> power_of_ten([2.0, -1.0, 0.3]).tolist()
    [100.0, 0.1, 1.9952623149688795]
    """
    given = np.asarray(exponent, dtype=float)
    x = np.where(np.isfinite(given), np.clip(given, -400.0, 400.0), 0.0)
    mantissa, power = _power_of_ten(DoubleDouble(x, np.zeros_like(x)))
    with np.errstate(over="ignore", under="ignore"):
        result = np.ldexp(mantissa.high, power)
    result = np.where(np.isnan(given), np.nan, result)
    return np.where(np.isinf(given), np.where(given > 0, np.inf, 0.0), result)


def _power_of_ten(x: DoubleDouble) -> tuple[DoubleDouble, NDArray[np.int64]]:
    """Return numbers near 1, and by which power of two they are to be multiplied."""
    whole = np.rint(x.high * float(_LN_10 / _LN_2))
    rest = x * DoubleDouble.of(_LN_10) + DoubleDouble(-whole * float(_LN_2_HEAD), np.zeros_like(whole))
    rest = rest + DoubleDouble(-whole, np.zeros_like(whole)) * DoubleDouble.of(_LN_2 - _LN_2_HEAD)
    small = DoubleDouble(rest.high / _PARTS, rest.low / _PARTS)
    # e^r - 1, whose squares lose no digits of small r.
    excess = DoubleDouble(np.zeros_like(whole), np.zeros_like(whole))
    for coefficient in reversed(_INVERSE_FACTORIALS[1:]):
        excess = (excess + DoubleDouble.of(coefficient)) * small if coefficient != 1 else excess * small + small
    for _ in range(_PARTS.bit_length() - 1):
        excess = excess * excess + DoubleDouble(2.0 * excess.high, 2.0 * excess.low)
    return excess + DoubleDouble(np.ones_like(whole), np.zeros_like(whole)), whole.astype(np.int64)


def log10(number: ArrayLike) -> FloatArray:
    """Return logarithms to the base 10, rounded alike on every processor.

    Parameters
    ----------
    number
        Dimensionless, any shape, above zero.

    Returns
    -------
    numpy.ndarray
        The float closest to the logarithm, of which no more than one in 10^12 misses.

    Notes
    -----
    One step of Newton, y + (x 10^-y - 1) / ln 10, in double-double from the logarithm y of numpy.

    Examples
    --------
    >>> from gridscan.numerics.double_double import log10
    >>> log10([1000.0, 2.0]).tolist()
    [3.0, 0.3010299956639812]
    """
    mantissa, exponent = np.frexp(np.asarray(number, dtype=float))
    # From 0.7 to 1.4, so that nothing cancels near 1.
    small = mantissa < 0.7
    mantissa, exponent = np.where(small, 2.0 * mantissa, mantissa), exponent - small
    start = np.log10(mantissa)
    nothing = np.zeros_like(mantissa)
    inverse, power = _power_of_ten(DoubleDouble(-start, nothing))
    scaled = DoubleDouble(np.ldexp(mantissa, power), nothing)
    error = scaled * inverse + DoubleDouble(nothing - 1.0, nothing)
    logarithm = error * DoubleDouble.of(1 / _LN_10) + DoubleDouble(start, nothing)
    shift = DoubleDouble(exponent.astype(float), nothing) * DoubleDouble.of(_LN_2 / _LN_10)
    return np.asarray((logarithm + shift).high)

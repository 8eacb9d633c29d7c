"""Converting numbers and quantities from one unit to another."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pint

from gridscan.errors import UnitError
from gridscan.units.definitions import Unit, base_factor, same_dimension
from gridscan.units.spelling import readable


def convert(values: Any, unit: Unit, to: Unit) -> Any:
    """Convert bare numbers from one unit to another, exactly where the two differ by a power of ten.

    Parameters
    ----------
    values
        A number or an array.
    unit, to
        Unit of the values, and the unit wanted.

    Returns
    -------
    number or array
        The values in the unit wanted.

    Raises
    ------
    UnitError
        If the dimensions differ.

    Examples
    --------
    >>> from gridscan.units import convert, parse_unit
    >>> convert(2.0, parse_unit("kpc"), parse_unit("pc"))
    2000.0
    """
    if unit == to:
        return values
    if not same_dimension(unit, to):
        expected = "expected a number without a unit" if to.dimensionless else f"expected a unit like {readable(to)!r}"
        raise UnitError(f"found {readable(unit)!r}, {expected}")
    ratio = base_factor(unit) / base_factor(to)
    exponent = round(math.log10(ratio))
    if abs(exponent) <= 22 and math.isclose(ratio, 10.0**exponent, rel_tol=1e-13):
        # Division by 1000 is correctly rounded, multiplication by 0.001 is not: 700 pc must be the label 0.7 kpc.
        return values * 10.0**exponent if exponent >= 0 else values / 10.0**-exponent
    return values * ratio


def magnitudes(values: Any, unit: Unit) -> np.ndarray:
    """Return the magnitudes of quantities (or of a quantity array) in a unit.

    Parameters
    ----------
    values
        Quantities.
    unit
        The unit wanted.

    Returns
    -------
    numpy.ndarray
        Of float64.
    """
    if isinstance(values, pint.Quantity):
        return np.asarray(convert(np.asarray(values.magnitude, dtype=float), values.units, unit))
    return np.array([magnitudes(value, unit) for value in values], dtype=float)

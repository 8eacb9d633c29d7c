"""Range checks of arguments, whose errors name the wrong value, its index, and the allowed range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridscan.errors import EvaluationError, UnitError
from gridscan.units import convert, parse_unit, registry, take_apart
from gridscan.units.proof import is_proof

FloatArray = NDArray[np.floating[Any]]

_NUMBERS = {float, int, bool, np.float64}


@dataclass(frozen=True)
class Range:
    """The numbers that an argument can be.

    Attributes
    ----------
    minimum, maximum
        Ends that are included.
    above, below
        Ends that are not.
    whole
        Whether only whole numbers are allowed.
    finite
        Whether an open side ends before infinity.
    """

    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    below: float | None = None
    whole: bool = False
    finite: bool = True

    def contains(self, values: FloatArray) -> NDArray[np.bool_]:
        """Return which numbers are in the range; NaN never is.

        Parameters
        ----------
        values
            Numbers.

        Returns
        -------
        numpy.ndarray
            Of bool, of the shape of `values`.
        """
        right = ~np.isnan(values) if not self.finite else np.isfinite(values)
        for end, compare in (
            (self.minimum, np.greater_equal),
            (self.maximum, np.less_equal),
            (self.above, np.greater),
            (self.below, np.less),
        ):
            if end is not None:
                right = right & compare(values, end)
        return right & (values == np.floor(values)) if self.whole else right

    def described(self, unit: str = "") -> str:
        """Return the range in words.

        Parameters
        ----------
        unit
            Unit of the numbers.

        Returns
        -------
        str
            Such as ``"a finite number above 0 kpc"``.
        """
        of = f" {unit}" if unit else ""
        kind = "a whole number" if self.whole else "a finite number" if self.finite else "a number"
        if self.minimum is not None and self.maximum is not None and self.above is None and self.below is None:
            return f"{kind.replace('finite ', '')} from {self.minimum:g} to {self.maximum:g}{of}"
        ends = [
            *([f"of at least {self.minimum:g}{of}"] if self.minimum is not None else []),
            *([f"above {self.above:g}{of}"] if self.above is not None else []),
            *([f"of at most {self.maximum:g}{of}"] if self.maximum is not None else []),
            *([f"below {self.below:g}{of}"] if self.below is not None else []),
        ]
        return " ".join([kind, " and ".join(ends)]).strip()


FINITE = Range()
POSITIVE = Range(above=0.0)
NOT_NEGATIVE = Range(minimum=0.0)
#: An upper end of a range that may be open.
POSITIVE_OR_INFINITE = Range(above=0.0, finite=False)
SHARE = Range(minimum=0.0, maximum=1.0)


def checked(name: str, values: Any, allowed: Range, unit: str = "") -> FloatArray:
    """Return an argument as an array of floating-point numbers, all of which are in a range.

    Parameters
    ----------
    name
        Name of the argument in messages.
    values
        Numbers, or quantities.
    allowed
        The range.
    unit
        Unit of the numbers.

    Returns
    -------
    numpy.ndarray
        The numbers.

    Raises
    ------
    EvaluationError
        If a number is not in the range: see `refuse`.
    UnitError
        If a quantity has another dimension.

    Examples
    --------
    >>> checked("radius", [0.5, 2], POSITIVE, "kpc")
    array([0.5, 2. ])
    >>> checked("radius", [0.5, -2], POSITIVE, "kpc")
    Traceback (most recent call last):
    gridscan.errors.EvaluationError: radius is -2 kpc at index [1]; it must be a finite number above 0 kpc
    """
    array = numbers_of(name, values, unit)
    right = allowed.contains(array)
    if not right.all():
        refuse(name, array, ~right, allowed.described(unit), unit)
    return array


def numbers_of(name: str, values: Any, unit: str = "") -> FloatArray:
    """Return an argument as an array of floating-point numbers in a unit.

    Parameters
    ----------
    name
        Name of the argument in messages.
    values
        Numbers in that unit, or quantities of pint, astropy or another library.
    unit
        The unit; empty where they have none.

    Returns
    -------
    numpy.ndarray
        The numbers.

    Raises
    ------
    UnitError
        If a quantity has another dimension, or is masked or not understood.

    Examples
    --------
    >>> from astropy import units
    >>> numbers_of("radius", [500, 2000] * units.pc, "kpc")
    array([0.5, 2. ])
    """
    if isinstance(values, float) or (type(values) is np.ndarray and values.dtype.kind in "fiub"):
        return np.asarray(values, dtype=float)
    if isinstance(values, list | tuple) and not all(type(value) in _NUMBERS for value in values):
        return np.array([numbers_of(name, value, unit) for value in values], dtype=float)
    if type(values) is np.ndarray and values.dtype == object:
        return np.reshape([numbers_of(name, value, unit) for value in values.flat], values.shape)
    try:
        numbers, own = take_apart(values)
        # In the proof of units, quantities pass through formulas for their dimensions alone.
        proven = not unit and is_proof() and getattr(values, "_REGISTRY", None) is registry
        return np.asarray(numbers if own is None or proven else convert(numbers, own, parse_unit(unit)), dtype=float)
    except UnitError as error:
        raise UnitError(f"{name}: {error}") from None


def refuse(name: str, values: Any, wrong: Any, allowed: str, unit: str = "") -> None:
    """Raise an error if a value of an argument is wrong, with the value, its index, and what it must be.

    Parameters
    ----------
    name
        Name of the argument in messages.
    values
        Its values.
    wrong
        Whether each is wrong, of their shape or one that they broadcast to.
    allowed
        What it must be, such as ``"above energy_min"``.
    unit
        Unit of the values.

    Raises
    ------
    EvaluationError
        With the first wrong value, and its index if there are several values.
    """
    wrong = np.asarray(wrong)
    if wrong.any():
        values = np.broadcast_to(np.asarray(values), wrong.shape)
        first = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
        where = f" at index [{', '.join(map(str, first))}]" if wrong.size > 1 else ""
        raise EvaluationError(f"{name} is {values[first]:g}{unit and f' {unit}'}{where}; it must be {allowed}")


def require_above(name: str, values: Any, edge_name: str, edge: Any, unit: str = "", *, or_equal: bool = False) -> None:
    """Refuse values of an argument that are not above those of another one.

    Parameters
    ----------
    name, values
        Name and values of the argument.
    edge_name, edge
        Name and values of the other one; the values broadcast.
    unit
        Unit of both.
    or_equal
        Whether equal values are allowed.

    Raises
    ------
    EvaluationError
        With the first such pair: see `refuse`.
    """
    values, edge = np.broadcast_arrays(numbers_of(name, values, unit), numbers_of(edge_name, edge, unit))
    wrong = ~((values >= edge) if or_equal else (values > edge))
    if wrong.any():
        least = f"{edge_name} = {edge[wrong][0]:g}{unit and f' {unit}'}"
        refuse(name, values, wrong, f"{'at least' if or_equal else 'above'} {least}", unit)

"""Text in a picture: numbers, units, labels and values, for matplotlib to typeset."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from gridscan.errors import printable
from gridscan.sensitivity.base_point import point
from gridscan.sensitivity.labelled import is_numeric

if TYPE_CHECKING:
    import xarray as xr

_FACTOR = re.compile(r"([^\W\d]+|[%°])(?:\^(\d[\d.]*))?")
_OF_THE_SUN = re.compile("[MLR]sun")


def plain(text: str) -> str:
    """Return a text with its dollar signs and control characters escaped.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    str
        With dollar signs and control characters escaped.
    """
    return printable(text).replace("$", r"\$")


def typeset(unit: str) -> str:
    """Return a unit with powers as exponents; any other text unchanged.

    Parameters
    ----------
    unit
        Such as ``1/cm^2/s``.

    Returns
    -------
    str
        Such as ``cm$^{-2}$ s$^{-1}$``.

    Examples
    --------
    >>> from gridscan.plot.text import typeset
    >>> typeset("1/cm^2/s")
    'cm$^{-2}$ s$^{-1}$'
    """
    numerator, *denominator = unit.split("/")
    factors = [(factor, "") for factor in numerator.split("*") if factor != "1"]
    factors += [(factor, "-") for factor in denominator]
    shown = []
    for factor, sign in factors:
        found = _FACTOR.fullmatch(factor)
        if found is None:
            return plain(unit)
        name, power = found[1], sign + (found[2] or ("1" if sign else ""))
        of_the_sun = _OF_THE_SUN.fullmatch(name) is not None
        script = ("_{\\odot}" if of_the_sun else "") + (f"^{{{power}}}" if power else "")
        shown.append((name[0] if of_the_sun else name) + (f"${script}$" if script else ""))
    return " ".join(shown)


def number(value: float, style: str = ".3g") -> str:
    """Return a number for a cell: ``1.2×10$^{-5}$``, ``∞``, or nothing if it is missing.

    Parameters
    ----------
    value
        The number.
    style
        How many digits, as a format.

    Returns
    -------
    str
        Typeset.
    """
    if not np.isfinite(value):
        return "" if np.isnan(value) else "∞" if value > 0 else "−∞"
    digits, _, exponent = f"{value:{style}}".partition("e")
    if exponent in ("+03", "+04"):
        sign = style[0] if style[0] == "+" else ""
        digits, exponent = f"{float(digits) * 10 ** int(exponent):{sign}.0f}", ""
    return digits.replace("-", "−") + (f"×10$^{{{int(exponent)}}}$" if exponent else "")


def power(value: float) -> str:
    """Return a tick of a logarithmic axis: ``10$^{6}$``, ``2×10$^{6}$``.

    Parameters
    ----------
    value
        The number.

    Returns
    -------
    str
        Typeset.
    """
    digits, _, exponent = f"{value:.0e}".partition("e")
    return f"{'' if digits == '1' else f'{digits}×'}10$^{{{int(exponent)}}}$"


def labels(values: xr.DataArray, axis: str) -> list[str]:
    """Return a label for each point of an axis, numbers with enough digits to tell them apart.

    Parameters
    ----------
    values
        What is drawn.
    axis
        Name of a dimension.

    Returns
    -------
    list of str
        One for each point.
    """
    if is_numeric(values, axis):
        numbers = values[axis].values.tolist()
        for digits in (3, 4, 6):
            shown = [number(value, f".{digits}g") for value in numbers]
            if len(set(shown)) == len(numbers):
                return shown
        return [number(value, ".12g") for value in numbers]
    if axis in values.coords:
        return [plain(str(value)) for value in values[axis].values]
    return [plain(point(values, axis, index)).replace(", ", ",\n") for index in range(values.sizes[axis])]

"""Reading units and values with a unit from text; nothing in the text is ever evaluated."""

from __future__ import annotations

import functools
import math
import re
from typing import Any

import pint

from gridscan.errors import UnitError, nearest
from gridscan.units.definitions import Quantity, Unit, base_factor, registry

_NUMBER = r"[+-]?(?:\d+(?:_\d+)*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?:inf|nan)\b"
_QUANTITY = re.compile(rf"\s*(?P<number>{_NUMBER})\s*(?P<unit>.*)", re.DOTALL)
# 15D1, 1.5d-3 or 2Q0 of Fortran, and its 1.0-101, without a letter before three digits.
_FORTRAN = re.compile(
    r"\s*(?P<digits>[+-]?(?:\d+\.?\d*|\.\d+))(?:[dDqQ](?P<power>[+-]?\d+)|(?<=[.\d])(?P<long>[+-]\d{3}))(?!\d)"
)
_FACTOR = re.compile(r"\s*(?:(?P<name>°?[^\W\d]+|[%°])|(?P<one>1(?![\w.]))|(?P<group>\())")
_POWER = re.compile(
    r"\s*(?:\*\*|\^)\s*(?P<open>\(\s*)?(?P<written>[+-]?\d{1,2}(?:\.\d{1,4})?)(?:\s*/\s*(?P<root>[1-9]))?(?(open)\s*\))"
    r"|(?<![\s1)])(?P<joined>[+-]?\d{1,2}(?!\d))"
)
_OPERATOR = re.compile(r"\s*(?:(?P<times>\*(?!\*)|·|\.)|(?P<per>/))")
_SUPERSCRIPTS = str.maketrans("⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "+-0123456789")
_LONGEST_UNIT_TEXT = 200


def parse_unit(text: str | Unit) -> Unit:
    """Read a unit such as ``"1/cm^2/s"``, ``"cm-2 s-1"`` or ``"Msun / yr"``.

    Parameters
    ----------
    text
        Names joined by ``*``, ``/``, blanks, parentheses and integer powers. ``"1"`` and ``""`` are dimensionless.

    Returns
    -------
    Unit
        On gridscan's registry.

    Raises
    ------
    UnitError
        If a name is unknown (the nearest one is offered) or the text is not a unit. Nothing in it is ever evaluated.

    Examples
    --------
    >>> from gridscan.units import parse_unit
    >>> parse_unit("1/cm^2/s") == parse_unit("cm-2 s-1")
    True
    """
    if isinstance(text, Unit) and text._REGISTRY is registry:
        return text
    return _parse_unit(str(text))


def parse_scaled_unit(text: str) -> tuple[float, Unit]:
    """Read a unit that may have a factor in front, as files have it: ``"1.988409870698051e+30 kg"``.

    Parameters
    ----------
    text
        A unit as for `parse_unit`, or a number, a blank and such a unit.

    Returns
    -------
    scale : float
        The factor, 1 where there is none.
    unit : Unit
        On gridscan's registry.

    Raises
    ------
    UnitError
        If the text is not a unit.

    Examples
    --------
    >>> from gridscan.units.reading import parse_scaled_unit
    >>> scale, unit = parse_scaled_unit("0.01 m")
    >>> scale, str(unit)
    (0.01, 'meter')
    """
    number, _, rest = text.strip().partition(" ")
    if re.fullmatch(_NUMBER, number) and number != "1":
        return float(number), parse_unit(rest)
    return 1.0, parse_unit(text)


@functools.lru_cache(maxsize=4096)
def _parse_unit(text: str) -> Unit:
    stripped = text.strip()
    if len(stripped) > _LONGEST_UNIT_TEXT:
        raise UnitError(f"a unit cannot have {len(stripped)} characters: {stripped[:40]!r}…")
    if not stripped:
        return registry.dimensionless
    unit, end = _read_product(stripped.translate(_SUPERSCRIPTS), 0, text)
    if end < len(stripped):
        raise _no_unit(text, stripped[end:])
    try:
        factor = base_factor(unit)
    except ArithmeticError:
        factor = math.inf
    if not 0 < factor < math.inf:
        raise UnitError(f"{text!r} is too large or too small a unit to compute with")
    return unit


def _read_product(expression: str, position: int, text: str) -> tuple[Unit, int]:
    """Read factors up to the end or a closing parenthesis; blanks multiply, from left to right as in UDUNITS."""
    product, divided = registry.dimensionless, False
    while True:
        found = _FACTOR.match(expression, position)
        if found is None:
            raise _no_unit(text, expression[position:])
        position = found.end()
        factor = _named_unit(found["name"], text) if found["name"] else registry.dimensionless
        if found["group"]:
            factor, position = _read_product(expression, position, text)
            if not expression.startswith(")", position):
                raise _no_unit(text, expression[position:])
            position += 1
        power = _POWER.match(expression, position)
        if power is not None:
            factor, position = factor ** _exponent(power), power.end()
        product = product / factor if divided else product * factor
        rest = expression[position:].lstrip()
        if not rest or rest.startswith(")"):
            return product, len(expression) - len(rest)
        operator = _OPERATOR.match(expression, position)
        divided = operator is not None and operator["per"] is not None
        position = operator.end() if operator is not None else position


def _exponent(power: re.Match[str]) -> float:
    value = float(power["written"] or power["joined"]) / float(power["root"] or 1)
    return int(value) if value.is_integer() else value


def _named_unit(name: str, text: str) -> Unit:
    if name == "dimensionless":
        return registry.dimensionless
    try:
        full = registry.get_name(name)
        multiplicative = registry._units[full].is_multiplicative
    except pint.UndefinedUnitError:
        raise UnitError(f"unknown unit {name!r} in {text!r}{nearest(name, _common_unit_names())}") from None
    except pint.OffsetUnitCalculusError:
        multiplicative = False
    if not multiplicative:
        raise UnitError(f"{text!r} has an offset zero; use an absolute unit such as K")
    # A kilotonne written out is the unit kt, which pint by itself reads as a knot.
    return registry.Unit(registry.UnitsContainer({"metric_kiloton" if full == "kilometric_ton" else full: 1}))


def _no_unit(text: str, rest: str) -> UnitError:
    rest = rest.strip()
    what = f"did not expect {rest[:20]!r}" if rest else "it ends too early"
    return UnitError(f"{text!r} is not a unit: {what}{'; a unit contains no number' if rest[:1].isdigit() else ''}")


@functools.cache
def _common_unit_names() -> list[str]:
    prefixes = ["", "k", "M", "G"]
    symbols = ["pc", "eV", "yr", "s", "g", "m", "t", "K", "Hz", "J", "W", "b"]
    return [prefix + symbol for symbol in symbols for prefix in prefixes] + [
        *("cm", "km", "erg", "Msun", "Lsun", "event", "star", "kt", "Mt", "mol", "deg", "rad", "sr", "day", "hour"),
        *("degree", "year", "parsec", "tonne", "gram", "meter", "second", "barn", "arcsec", "kilogram", "count"),
    ]


def parse_quantity(text: str) -> pint.Quantity[Any]:
    """Read a number with a unit, such as ``"2 kpc"`` or ``"1e5 / cm^2 / s"``.

    Parameters
    ----------
    text
        A number, and a unit as for `parse_unit`.

    Returns
    -------
    pint.Quantity
        Dimensionless where no unit is written.

    Raises
    ------
    UnitError
        If the text does not begin with a number, or what follows is not a unit.

    Examples
    --------
    >>> from gridscan.units import parse_quantity
    >>> float(parse_quantity("1 yr").to("s").magnitude)  # the Julian year
    31557600.0
    """
    number, unit = _parse_quantity(text)
    return Quantity(number, unit)


def refuse_fortran_exponent(text: str) -> None:
    """Refuse a number with an exponent as Fortran writes it, which would be read as a unit.

    Parameters
    ----------
    text
        A number, with a unit behind it or not.

    Raises
    ------
    UnitError
        If the exponent has a D or a Q instead of an E, or no letter at all.

    Examples
    --------
    >>> from gridscan.units.reading import refuse_fortran_exponent
    >>> refuse_fortran_exponent("15D1 Myr")
    Traceback (most recent call last):
    gridscan.errors.UnitError: '15D1 Myr' has the exponent of a Fortran program; write '15e1 Myr'
    """
    found = _FORTRAN.match(text)
    if found is not None:
        right = f"{found['digits']}e{found['power'] or found['long']}{text[found.end() :]}".strip()
        unit = f"{found['digits']} d{found['power']}{text[found.end() :]}".strip()
        also = f", or {unit[:60]!r} where days are meant" if "d" in found[0] else ""
        raise UnitError(f"{text[:60].strip()!r} has the exponent of a Fortran program; write {right[:60]!r}{also}")


@functools.lru_cache(maxsize=4096)
def _parse_quantity(text: str) -> tuple[float, Unit]:
    refuse_fortran_exponent(text)
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise UnitError(f"{text[:60]!r} does not begin with a number; expected a value such as '2 kpc'")
    rest = match["unit"].strip()
    unit = parse_unit("1" + rest if rest.startswith("/") else rest.removeprefix("*").lstrip())
    return float(match["number"]), unit

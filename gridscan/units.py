"""Units: the one pint registry, and how units are read from text and written to netCDF.

A year is the Julian year of 365.25 d, a parsec that of IAU 2015 B2, and ``kt`` a kilotonne (not a knot). ``event``
counts and has no dimension.
Units on disk follow the CF conventions and are spelled so that UDUNITS reads them (``kiloparsec``, not ``kpc``); a
unit that UDUNITS does not know (``Msun``) is written as its value in SI, and its readable name is kept in the
attribute ``unit_name``.
"""

from __future__ import annotations

import functools
import math
import re
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np
import pint
import pint.facets.plain

from gridscan.errors import UnitError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

_NUMBER = r"[+-]?(?:\d+(?:_\d+)*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?:inf|nan)\b"
_QUANTITY = re.compile(rf"\s*(?P<number>{_NUMBER})\s*(?P<unit>.*)", re.DOTALL)
_FACTOR = re.compile(r"\s*(?:(?P<name>°?[^\W\d]+|[%°])|(?P<one>1(?![\w.]))|(?P<group>\())")
_POWER = re.compile(
    r"\s*(?:\*\*|\^)\s*(?P<open>\(\s*)?(?P<written>[+-]?\d{1,2}(?:\.\d{1,4})?)(?:\s*/\s*(?P<root>[1-9]))?(?(open)\s*\))"
    r"|(?<![\s1)])(?P<joined>[+-]?\d{1,2}(?!\d))"
)
_OPERATOR = re.compile(r"\s*(?:(?P<times>\*(?!\*)|·|\.)|(?P<per>/))")
_SUPERSCRIPTS = str.maketrans("⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "+-0123456789")
_LONGEST_UNIT_TEXT = 200

registry: pint.UnitRegistry[Any] = pint.UnitRegistry(force_ndarray_like=True)
registry.define("solar_mass = 1.988409870698051e30 kilogram = Msun = M_sun")
registry.define("solar_luminosity = 3.828e26 watt = Lsun = L_sun")
registry.define("solar_radius = 6.957e8 meter = Rsun = R_sun")
registry.define("metric_kiloton = 1000000 * kilogram = kt")
registry.define("event = count")
registry.define("star = count")
registry.define("year = 365.25 * day = yr = a = julian_year")
registry.define("parsec = 3.0856775814913673e16 meter = pc")
registry.define("@alias day = d")
registry.define("@alias astronomical_unit = AU")
registry.define("@alias degree = °")
registry.define("percent = 0.01 = %")
pint.set_application_registry(registry)

Unit: TypeAlias = pint.facets.plain.PlainUnit
Quantity = registry.Quantity

# How UDUNITS spells what pint abbreviates differently; everything else is written by its pint symbol.
_UDUNITS_ROOTS = {
    "parsec": "parsec",
    "metric_ton": "tonne",
    "degree": "degree",
    "light_year": "light_year",
    "barn": "barn",
}
_UDUNITS_NAMES = {
    "metric_kiloton": "kilotonne",
    "event": "count",
    "star": "count",
    "count": "count",
    "percent": "percent",
    "arcsecond": "arcsecond",
    "arcminute": "arcminute",
    "astronomical_unit": "astronomical_unit",
    "dalton": "u",
    "unified_atomic_mass_unit": "u",
    "angstrom": "angstrom",
    "gauss": "gauss",
    "year": "yr",
    "day": "d",
    "hour": "h",
    "minute": "min",
    "liter": "l",
}
_UNKNOWN_TO_UDUNITS = {"solar_mass", "solar_luminosity", "solar_radius"}


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
    if isinstance(text, Unit):
        return text
    return _parse_unit(str(text))


@functools.lru_cache(maxsize=4096)
def _parse_unit(text: str) -> Unit:
    stripped = text.strip()
    if len(stripped) > _LONGEST_UNIT_TEXT:
        raise UnitError(f"a unit of {len(stripped)} characters is too long to be one: {stripped[:40]!r}…")
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
        raise UnitError(f"{text!r} is too large or too small a unit to be computed with")
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
    try:
        full = registry.get_name(name)
    except pint.UndefinedUnitError:
        raise UnitError(f"unknown unit {name!r} in {text!r}{nearest(name, _common_unit_names())}") from None
    if not registry._is_multiplicative(full):
        raise UnitError(f"{text!r} has an offset zero point; give an absolute unit such as K instead")
    # A kilotonne written out is the unit of the symbol kt, which pint by itself reads as a knot.
    return registry.Unit(registry.UnitsContainer({"metric_kiloton" if full == "kilometric_ton" else full: 1}))


def _no_unit(text: str, rest: str) -> UnitError:
    rest = rest.strip()
    what = f"did not expect {rest[:20]!r}" if rest else "it ends too early"
    return UnitError(f"{text!r} is not a unit: {what}{'; a unit holds no number' if rest[:1].isdigit() else ''}")


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


@functools.lru_cache(maxsize=4096)
def _parse_quantity(text: str) -> tuple[float, Unit]:
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise UnitError(f"{text[:60]!r} does not begin with a number; expected a value such as '2 kpc'")
    rest = match["unit"].strip()
    unit = parse_unit("1" + rest if rest.startswith("/") else rest.removeprefix("*").lstrip())
    return float(match["number"]), unit


@functools.lru_cache(maxsize=4096)
def same_dimension(unit: Unit, other: Unit) -> bool:
    """Tell whether two units measure the same kind of thing.

    Parameters
    ----------
    unit, other
        The units.

    Returns
    -------
    bool
        True if one can be converted to the other.
    """
    return bool(unit.dimensionality == other.dimensionality)


def unit_of_powers(powers: tuple[tuple[str, float], ...]) -> Unit:
    """Return the product of powers of units, which is how another process gets to know a unit.

    Parameters
    ----------
    powers
        Names and powers.

    Returns
    -------
    Unit
        On gridscan's registry.
    """
    return registry.Unit(registry.UnitsContainer(dict(powers)))


@functools.lru_cache(maxsize=4096)
def base_factor(unit: Unit) -> float:
    """Return the value of one unit in coherent SI base units.

    Parameters
    ----------
    unit
        The unit.

    Returns
    -------
    float
        Its value.

    Examples
    --------
    >>> from gridscan.units import base_factor, parse_unit
    >>> base_factor(parse_unit("kt"))  # a kilotonne is 10^6 kg
    1000000.0
    """
    return float(np.asarray(Quantity(1.0, unit).to_base_units().magnitude))


def base_unit(unit: Unit) -> Unit:
    """Return the coherent SI base unit of the same dimension.

    Parameters
    ----------
    unit
        The unit.

    Returns
    -------
    Unit
        Such as ``kg m/s``.
    """
    return Quantity(1.0, unit).to_base_units().units


def convert(values: Any, unit: Unit, to: Unit) -> Any:
    """Convert bare numbers from one unit to another, exactly where the two differ by a power of ten.

    Parameters
    ----------
    values
        A number or an array.
    unit, to
        The unit of the values, and the one wanted.

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
        # A division by 1000 is correctly rounded, a product with 0.001 is not: 700 pc has to be the label 0.7 kpc.
        return values * 10.0**exponent if exponent >= 0 else values / 10.0**-exponent
    return values * ratio


@functools.lru_cache(maxsize=4096)
def readable(unit: Unit) -> str:
    """Return the unit as a person writes it.

    Parameters
    ----------
    unit
        The unit.

    Returns
    -------
    str
        Such as ``"Msun/yr"`` or ``"1/cm^2/s"``; ``"1"`` where dimensionless.

    Examples
    --------
    >>> from gridscan.units import parse_unit, readable
    >>> readable(parse_unit("cm-2 s-1"))
    '1/cm^2/s'
    """
    numerator = [_power(name, power) for name, power in _symbols(unit) if power > 0]
    denominator = [_power(name, -power) for name, power in _symbols(unit) if power < 0]
    return "/".join(["*".join(numerator) or "1", *denominator])


@functools.lru_cache(maxsize=4096)
def to_cf(unit: Unit) -> str:
    """Return the unit as a CF string that UDUNITS reads.

    Parameters
    ----------
    unit
        The unit.

    Returns
    -------
    str
        Such as ``"cm-2 s-1"``; ``"1"`` where dimensionless.

    Examples
    --------
    >>> from gridscan.units import parse_unit, to_cf
    >>> to_cf(parse_unit("1/cm^2/s")), to_cf(parse_unit("kpc"))
    ('cm-2 s-1', 'kiloparsec')
    """
    scale, parts = 1.0, []
    extra: list[tuple[str, float]] = []
    for name, power in _sorted_items(unit):
        if name in _UNKNOWN_TO_UDUNITS:
            named = registry.Unit(name)
            scale *= base_factor(named) ** power
            extra += [(symbol, p * power) for symbol, p in _symbols(base_unit(named))]
        else:
            parts.append(_cf_power(_udunits_name(name), power))
    parts = [*([] if scale == 1.0 else [f"{scale:.16g}"]), *(_cf_power(*item) for item in extra), *parts]
    return " ".join(parts) or "1"


def unit_attributes(unit: Unit) -> dict[str, str]:
    """Return the attributes that say a unit.

    Parameters
    ----------
    unit
        The unit.

    Returns
    -------
    dict of str to str
        ``units`` (CF) and, where that reads back as another unit, ``unit_name``.
    """
    cf = to_cf(unit)
    scaled = bool(re.match(r"\d.*\s", cf))
    return {"units": cf, **({"unit_name": readable(unit)} if scaled or parse_unit(cf) != unit else {})}


def unit_of(attributes: Mapping[str, Any] | Any) -> Unit:
    """Read the unit from the attributes of a variable (or from the variable itself).

    Parameters
    ----------
    attributes
        The attributes, or what has them.

    Returns
    -------
    Unit
        On gridscan's registry.

    Raises
    ------
    UnitError
        If there is no unit: guessing one would be worse.
    """
    attributes = getattr(attributes, "attrs", attributes)
    text = attributes.get("unit_name", attributes.get("units"))
    if text is None:
        raise UnitError(f"no 'units' attribute among {sorted(attributes)}")
    return parse_unit(text)


def label_of(attributes: Mapping[str, Any] | Any) -> str:
    """Return the unit as it stands in a plot label or table head.

    Parameters
    ----------
    attributes
        The attributes of a variable, or the variable.

    Returns
    -------
    str
        Empty where dimensionless.
    """
    text = readable(unit_of(attributes))
    return "" if text == "1" else text


def _sorted_items(unit: Unit) -> list[tuple[str, float]]:
    items = [(name, cast("float", power)) for name, power in unit._units.items()]
    return sorted((item for item in items if item[0] != "dimensionless"), key=lambda item: (item[1] < 0, item[0]))


def _symbols(unit: Unit) -> list[tuple[str, float]]:
    return [(str(registry.get_symbol(name)), power) for name, power in _sorted_items(unit)]


def _power(name: str, power: float) -> str:
    return name if power == 1 else f"{name}^{power:g}"


def _cf_power(name: str, power: float) -> str:
    return name if power == 1 else f"{name}{power:g}"


def _udunits_name(name: str) -> str:
    if name in _UDUNITS_NAMES:
        return _UDUNITS_NAMES[name]
    for root, spelled in _UDUNITS_ROOTS.items():
        if name.endswith(root):
            return name.removesuffix(root) + spelled
    return str(registry.get_symbol(name))


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

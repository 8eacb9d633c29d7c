"""Spelling units: for people, and for files after the CF conventions."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any, cast

from gridscan.errors import UnitError
from gridscan.units.definitions import Unit, base_factor, base_unit, registry
from gridscan.units.reading import parse_unit

if TYPE_CHECKING:
    from collections.abc import Mapping

# UDUNITS names of units that pint abbreviates differently; all others are written by their pint symbol.
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
    """Return the attributes of a variable that give its unit.

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
        The attributes, or the variable.

    Returns
    -------
    Unit
        On gridscan's registry.

    Raises
    ------
    UnitError
        If there is no unit; none is guessed.
    """
    attributes = getattr(attributes, "attrs", attributes)
    text = attributes.get("unit_name", attributes.get("units"))
    if text is None:
        raise UnitError(f"no attribute 'units'; found {sorted(attributes)}")
    return parse_unit(text)


def label_of(attributes: Mapping[str, Any] | Any) -> str:
    """Return the unit as shown in a plot label or table head.

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

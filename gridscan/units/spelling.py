"""Spelling units: for people, for the attribute ``units`` in memory, and for files.

In memory a unit is spelled so that pint, pint-xarray, cf-xarray and astropy read it, and UDUNITS where it can:
``cm^-2 s^-1`` (pint cannot read ``cm-2 s-1``, nor astropy ``1/cm^2/s``), ``kiloparsec`` (UDUNITS does not know
``kpc``), ``Gg`` for a kilotonne (``kt`` is a knot to pint, and astropy does not know ``kilotonne``). On disk only what
UDUNITS cannot read is spelled in another way, as a number of SI units, with the name in the attribute ``unit_name``.
"""

from __future__ import annotations

import functools
from fractions import Fraction
from typing import TYPE_CHECKING, Any, cast

from gridscan.errors import UnitError
from gridscan.units.application import define_solar_units
from gridscan.units.definitions import SOLAR_UNITS, Unit, base_factor, base_unit, registry
from gridscan.units.reading import parse_scaled_unit, parse_unit

if TYPE_CHECKING:
    from collections.abc import Mapping


def _table(pairs: str) -> dict[str, str]:
    """Return a table written as names and spellings, with commas between the pairs."""
    return dict(pair.split() for pair in pairs.split(","))


# Spellings with which pint 0.25, cf-xarray 0.11, astropy 8.0 and UDUNITS 2.2 all mean the same unit, as measured
# (tests/units/test_unit_spelling.py). Symbols take the symbol of a prefix, long names its name.
_BY_SYMBOL = _table(
    "meter m, second s, gram g, ampere A, kelvin K, mole mol, candela cd, radian rad, steradian sr, hertz Hz, newton N,"
    "joule J, watt W, pascal Pa, volt V, siemens S, farad F, henry H, tesla T, weber Wb, lumen lm, lux lx,"
    "becquerel Bq, curie Ci, gray Gy, sievert Sv, katal kat, galileo Gal, electron_volt eV, year yr, day d, hour h,"
    "minute min, liter l, stokes St, astronomical_unit au, unified_atomic_mass_unit u, dalton u"
)
_BY_NAME = _table(
    "parsec parsec, degree degree, arcminute arcminute, arcsecond arcsecond, barn barn, coulomb coulomb, dyne dyne,"
    "poise poise"
)
_WITHOUT_PREFIX = _table(
    "erg erg, bar bar, ohm ohm, angstrom angstrom, hectare hectare, fermi fm, week week, fortnight fortnight,"
    "percent percent, count count, event count, star count, metric_ton tonne, metric_kiloton Gg, century hyr"
)
# The rest is read by some of them. UDUNITS calls a light year by another name; what it does not know at all is written
# to files as a number of SI units.
_NOT_FOR_UDUNITS = _table("light_year lightyear, solar_mass Msun, solar_luminosity Lsun, solar_radius Rsun")
_UDUNITS_ONLY = _table("light_year light_year")
_PREFIXES = _table(
    "yocto y, zepto z, atto a, femto f, pico p, nano n, micro u, milli m, centi c, deci d, deca da, hecto h, kilo k,"
    "mega M, giga G, tera T, peta P, exa E, zetta Z, yotta Y"
)
# A prefix of a tonne, and the multiple of the gram which has the same mass.
_TONNES = _table("milli kg, kilo Gg, mega Tg, giga Pg, tera Eg, peta Zg, exa Yg")


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
def spelled(unit: Unit) -> str:
    """Return the unit as it stands in the attribute ``units`` in memory.

    Parameters
    ----------
    unit
        The unit.

    Returns
    -------
    str
        Such as ``"cm^-2 s^-1"``; ``"1"`` where dimensionless.

    Examples
    --------
    >>> from gridscan.units import parse_unit, spelled
    >>> spelled(parse_unit("1/cm^2/s")), spelled(parse_unit("kpc")), spelled(parse_unit("Msun/kt"))
    ('cm^-2 s^-1', 'kiloparsec', 'Msun Gg^-1')
    """
    return " ".join(_spelled_power(_spelled_name(name), power) for name, power in _sorted_items(unit)) or "1"


@functools.lru_cache(maxsize=4096)
def spelled_on_disk(unit: Unit) -> str:
    """Return the unit as UDUNITS reads it: as in memory, but for units that it does not know.

    Parameters
    ----------
    unit
        The unit.

    Returns
    -------
    str
        Such as ``"cm^-2 s^-1"``, or ``"1.988409870698051e+30 kg yr^-1"`` for Msun/yr.

    Examples
    --------
    >>> from gridscan.units import parse_unit, spelled_on_disk
    >>> spelled_on_disk(parse_unit("Lsun"))
    '3.828e+26 kg m^2 s^-3'
    """
    scale, powers = 1.0, dict[str, float]()
    for name, power in _sorted_items(unit):
        known = {name: power}
        if name not in _UDUNITS_ONLY and _common_name(name) is None:
            named = registry.Unit(registry.UnitsContainer({name: 1}))
            scale *= base_factor(named) ** power
            known = {base: exponent * power for base, exponent in _sorted_items(base_unit(named))}
        for base, exponent in known.items():
            powers[base] = powers.get(base, 0) + exponent
    ordered = sorted((item for item in powers.items() if item[1]), key=lambda item: (item[1] < 0, item[0]))
    parts = [_spelled_power(_UDUNITS_ONLY.get(name) or _spelled_name(name), power) for name, power in ordered]
    return " ".join([*([] if scale == 1.0 else [f"{scale:.16g}"]), *parts]) or "1"


def unit_attributes(unit: Unit) -> dict[str, str]:
    """Return the attributes of a variable in memory that give its unit.

    Parameters
    ----------
    unit
        The unit.

    Returns
    -------
    dict of str to str
        ``units``, which pint, pint-xarray, cf-xarray and astropy read, and, where that reads back as another name of
        the unit, ``unit_name``.
    """
    if not SOLAR_UNITS.keys().isdisjoint(unit._units):
        define_solar_units()
    text = spelled(unit)
    return {"units": text, **({"unit_name": readable(unit)} if parse_unit(text) != unit else {})}


def attributes_on_disk(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of a variable as they are written to a file: with a unit that UDUNITS reads.

    Parameters
    ----------
    attributes
        Those in memory.

    Returns
    -------
    dict
        The same where there is no unit, or one that is not known.
    """
    try:
        unit = unit_of(attributes) if "units" in attributes else None
    except UnitError:
        unit = None
    if unit is None:
        return dict(attributes)
    text = spelled_on_disk(unit)
    named = {"unit_name": readable(unit)} if text != spelled(unit) or parse_unit(text) != unit else {}
    return _respelled(attributes, {"units": text, **named})


def attributes_in_memory(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of a variable of a file with its unit spelled as in memory.

    Parameters
    ----------
    attributes
        Those in the file.

    Returns
    -------
    dict
        The same where there is no unit, or one that is not known.
    """
    try:
        known = unit_attributes(unit_of(attributes)) if "units" in attributes else {}
    except UnitError:
        known = {}
    return _respelled(attributes, known) if known else dict(attributes)


def _respelled(attributes: Mapping[str, Any], spelling: Mapping[str, str]) -> dict[str, Any]:
    """Put a spelling in place of another, where that stood."""
    kept = {name: spelling.get(name, value) for name, value in attributes.items() if name != "unit_name"}
    return {**kept, **spelling}


def unit_of(attributes: Mapping[str, Any] | Any) -> Unit:
    """Read the unit from the attributes of a variable (or from the variable itself).

    Parameters
    ----------
    attributes
        The attributes, or the variable.

    Returns
    -------
    Unit
        On gridscan's registry; dimensionless where there is no attribute ``units``, as in the CF conventions.

    Raises
    ------
    UnitError
        If the unit cannot be read, or an operation has removed it and left its name.

    Notes
    -----
    ``unit_name`` counts only where it names the unit in ``units``: other programs change that alone.
    """
    attributes = getattr(attributes, "attrs", attributes)
    text, name = attributes.get("units"), attributes.get("unit_name")
    if text is None:
        if name is not None:
            raise UnitError(f"it has a 'unit_name', {str(name)!r}, but no attribute 'units': an operation dropped that")
        return registry.dimensionless
    scale, unit = parse_scaled_unit(str(text))
    if name is not None:
        named = parse_unit(str(name))
        if named.dimensionality == unit.dimensionality and _close(base_factor(named), scale * base_factor(unit)):
            return named
    if scale != 1.0:
        raise UnitError(f"{str(text)!r} is not a unit but {scale:g} times one, and has no name")
    return unit


def label_of(attributes: Mapping[str, Any] | Any) -> str:
    """Return the unit as shown in a plot label or table head.

    Parameters
    ----------
    attributes
        The attributes of a variable, or the variable.

    Returns
    -------
    str
        Empty where dimensionless; the text as it is where it is no unit that gridscan knows.
    """
    attributes = getattr(attributes, "attrs", attributes)
    try:
        text = readable(unit_of(attributes))
    except UnitError:
        return " ".join(str(attributes.get("units", "")).split())
    return "" if text == "1" else text


def _close(value: float, other: float) -> bool:
    return abs(value - other) <= 1e-12 * abs(other)


def _sorted_items(unit: Unit) -> list[tuple[str, float]]:
    items = [(name, cast("float", power)) for name, power in unit._units.items()]
    return sorted(items, key=lambda item: (item[1] < 0, item[0]))


def _symbols(unit: Unit) -> list[tuple[str, float]]:
    return [(_symbol(name), power) for name, power in _sorted_items(unit)]


@functools.lru_cache(maxsize=4096)
def _symbol(name: str) -> str:
    """Return the symbol of a unit, or its name if the symbol cannot be read back."""
    symbol = str(registry.get_symbol(name))
    try:
        return symbol if name in parse_unit(symbol)._units else name
    except UnitError:
        return name


def _power(name: str, power: float) -> str:
    return name if power == 1 else f"{name}^{power:g}"


def _spelled_power(name: str, power: float) -> str:
    exact = Fraction(power).limit_denominator(9)
    if power == 1:
        return name
    # UDUNITS reads m^0.5 as the number 5, and refuses m^(1/2): better unread than wrong.
    return f"{name}^{exact}" if exact.denominator == 1 else f"{name}^({exact})"


def _spelled_name(name: str) -> str:
    return _common_name(name) or _NOT_FOR_UDUNITS.get(name) or name


@functools.lru_cache(maxsize=4096)
def _common_name(name: str) -> str | None:
    """Return the name of a unit in the spelling that all readers know, or None."""
    for known in (_WITHOUT_PREFIX, _BY_SYMBOL, _BY_NAME):
        if name in known:
            return known[name]
    prefix = next((prefix for prefix in _PREFIXES if name.startswith(prefix)), "")
    root = name.removeprefix(prefix)
    if root == "metric_ton":
        return _TONNES.get(prefix)
    if prefix and root in _BY_SYMBOL:
        return _PREFIXES[prefix] + _BY_SYMBOL[root]
    return prefix + _BY_NAME[root] if prefix and root in _BY_NAME else None

"""Values with a unit of any library: pint, astropy, unyt and the like, xarray around them, differences of times.

Each is taken apart into bare numbers and a unit of gridscan. Nothing is turned into an array before that: numpy drops
units and masks without a word. What is not understood is refused by the name of its class.
"""

from __future__ import annotations

import datetime
import math
import sys
from typing import Any

import numpy as np
import pint

from gridscan.errors import UnitError
from gridscan.units.definitions import Unit, base_factor, base_unit, registry
from gridscan.units.reading import parse_scaled_unit, parse_unit
from gridscan.units.spelling import readable

#: Differences of times by numpy's code; a month and a year of the calendar have no fixed length.
_NUMPY_TIMES = {"W": "week", "D": "day", "h": "hour", "m": "minute", "s": "s", "ms": "ms", "us": "us", "ns": "ns"}
_PLAIN_ARRAYS = (np.ndarray, np.memmap)
_ASTROPY_BASES = {"m": "m", "kg": "kg", "s": "s", "A": "A", "K": "K", "mol": "mol", "cd": "cd", "rad": "rad", "ct": "1"}


def take_apart(value: Any) -> tuple[Any, Unit | None]:
    """Return the numbers and the unit of a value, if it carries one.

    Parameters
    ----------
    value
        Anything that a user hands in.

    Returns
    -------
    numbers
        A float or an array of float64 where the value has a unit; otherwise the value, without an unused mask.
    unit : Unit or None
        On gridscan's registry; None where the value carries none.

    Raises
    ------
    UnitError
        If a value is masked, its unit is logarithmic, has an offset or is not known, or its class is not understood.

    Examples
    --------
    >>> from astropy import units
    >>> from gridscan.units import readable, take_apart
    >>> numbers, unit = take_apart([1.0, 2.0] * units.pc)
    >>> numbers, readable(unit)
    (array([1., 2.]), 'pc')
    >>> take_apart([1.0, 2.0])
    ([1.0, 2.0], None)
    """
    if value is None or isinstance(value, str | bool | int | float | list | tuple | range | dict):
        return value, None
    for reads, read in _READERS:
        if reads(value):
            found: tuple[Any, Unit | None] = read(value)
            return found
    if isinstance(value, np.generic) or type(value) in _PLAIN_ARRAYS:
        return value, None
    if _attribute(value, "units", "unit") is not None:
        return _like_unyt(value)
    if isinstance(value, np.ndarray):
        raise UnitError(f"found {_named(value)}, which may carry a unit that gridscan does not understand; {_OFFER}")
    return value, None


def plain_numbers(values: Any) -> np.ndarray | None:
    """Return bare numbers as an array, where nothing else is among them, so that a million are not read one by one.

    Parameters
    ----------
    values
        Anything that a user hands in.

    Returns
    -------
    numpy.ndarray or None
        None where a value may carry a unit, is no number, or is too large for a float.

    Examples
    --------
    >>> from gridscan.units import plain_numbers
    >>> plain_numbers([1, 2.5])
    array([1. , 2.5])
    >>> plain_numbers([1, "2 kpc"])
    """
    if isinstance(values, np.ndarray):
        return values if values.dtype.kind == "f" else None
    if not isinstance(values, list) or not values or not set(map(type, values)) <= {int, float}:
        return None
    try:
        return np.array(values, dtype=float)
    except OverflowError:
        return None


def in_words(value: Any) -> Any:
    """Return a value that carries a unit as text with that unit, or a table of values with one; others as they are.

    Parameters
    ----------
    value
        Anything that a user hands in.

    Returns
    -------
    object
        Such as ``"2.0 kpc"``, or ``{"values": [1.0, 2.0], "unit": "kpc"}`` of an array.

    Raises
    ------
    UnitError
        If the value is not understood; see `take_apart`.

    Examples
    --------
    >>> from astropy import units
    >>> from gridscan.units import in_words
    >>> in_words(2 * units.kpc), in_words("2 kpc")
    ('2.0 kpc', '2 kpc')
    """
    numbers, unit = take_apart(value)
    if unit is None:
        return numbers
    text = readable(unit)
    if np.ndim(numbers) == 0:
        return f"{float(numbers)!r} {text}".removesuffix(" 1")
    return {"values": numbers.tolist(), "unit": text}


def part_in_words(value: Any) -> Any:
    """Return a part of a range as in a file, with a text for each value that carries a unit.

    Parameters
    ----------
    value
        The part.

    Returns
    -------
    object
        The same with lists in place of arrays.
    """
    if isinstance(value, list | tuple):
        return [item if type(item) is float else in_words(item) for item in value]
    numbers, unit = take_apart(value)
    if unit is not None and np.ndim(numbers) == 1:
        return [f"{float(number)!r} {readable(unit)}" for number in numbers]
    return numbers.tolist() if isinstance(numbers, np.ndarray) else numbers


def own_unit(unit: Any) -> tuple[float, Unit]:
    """Return a unit of any pint registry as a number of units of gridscan's.

    Parameters
    ----------
    unit
        A pint unit.

    Returns
    -------
    scale : float
        1 where both registries have a unit of this name and of the same value to five digits.
    unit : Unit
        That unit, or else the root units of its dimension.

    Raises
    ------
    UnitError
        If it has an offset, is logarithmic, or is made of base units that gridscan does not know.
    """
    theirs = unit._REGISTRY
    if theirs is registry:
        return 1.0, unit
    if not all(theirs._units[name].is_multiplicative for name in unit._units if name in theirs._units):
        raise UnitError(f"{str(unit)!r} has an offset zero or is logarithmic; use an absolute unit such as K")
    root = theirs.Quantity(1.0, unit).to_root_units()
    try:
        same = registry.Unit(registry.UnitsContainer({registry.get_name(name): p for name, p in unit._units.items()}))
        ours = registry.Quantity(1.0, same).to_root_units()
        if _powers(ours) == _powers(root) and _same_value(float(ours.magnitude), float(root.magnitude)):
            return 1.0, same
    except pint.UndefinedUnitError:
        pass
    try:
        powers = {registry.get_name(name): power for name, power in root.units._units.items()}
    except pint.UndefinedUnitError:
        raise UnitError(f"{str(unit)!r} is a unit of a kind that gridscan does not know") from None
    return float(root.magnitude), registry.Unit(registry.UnitsContainer(powers))


def _of_pint(value: Any) -> tuple[Any, Unit]:
    numbers, inner = take_apart(value.magnitude)
    if inner is not None:
        raise UnitError(f"found {_named(value)} around {_named(value.magnitude)}: two units; {_OFFER}")
    scale, unit = own_unit(value.units)
    return _scaled(numbers, scale, value), unit


def _of_astropy(value: Any) -> tuple[Any, Unit | None]:
    kind = {parent.__name__ for parent in type(value).__mro__}
    if "TimeDelta" in kind:
        return _scaled(value.to_value("s"), 1.0, value), parse_unit("s")
    unit = getattr(value, "unit", None)
    if "FunctionQuantity" in kind or (unit is not None and "FunctionUnitBase" in _parents(unit)):
        raise UnitError(f"{str(unit)!r} is a logarithmic unit; give the value in a linear one")
    if not kind & {"Quantity", "BaseColumn"}:
        components = "; give its components, such as .ra and .dec" if "SkyCoord" in kind else f"; {_OFFER}"
        raise UnitError(f"found {_named(value)}, which is not a number with a unit{components}")
    _refuse_masked(value)
    bare = np.asarray(getattr(value, "unmasked", value))
    if unit is None:
        return bare, None
    scale, own = _own_unit_of_astropy(unit)
    return _scaled(bare, scale, value), own


def _own_unit_of_astropy(unit: Any) -> tuple[float, Unit]:
    # The unit has brought astropy along. An import here would make every stored cell depend on its version.
    units = sys.modules["astropy.units"]
    try:
        root = unit.decompose(bases=[*units.si.bases, units.count])
    except units.UnitsError:
        root = unit.decompose()
    strange = [base.name for base in root.bases if base.name not in _ASTROPY_BASES]
    if strange:
        what = "is logarithmic" if {"mag", "dex"} & set(strange) else "is not a unit that gridscan knows"
        raise UnitError(f"{str(unit)!r} of astropy {what}; give the value in another one")
    product = registry.dimensionless
    for base, power in zip(root.bases, root.powers, strict=True):
        product = product * parse_unit(_ASTROPY_BASES[base.name]) ** _power(power)
    named = registry.dimensionless
    for base, power in zip(unit.bases, unit.powers, strict=True):
        known = _first_known(base.names)
        if known is None:
            return float(root.scale), product
        named = named * known ** _power(power)
    scale = float(getattr(unit, "scale", 1.0))
    same = named.dimensionality == product.dimensionality
    if same and _same_value(scale * base_factor(named), float(root.scale) * base_factor(product)):
        return scale, named
    return float(root.scale), product


def _first_known(names: list[str]) -> Unit | None:
    for name in names:
        try:
            return parse_unit(name)
        except UnitError:
            continue
    return None


def _power(power: Any) -> float:
    value = float(power)
    return int(value) if value.is_integer() else value


def _of_xarray(value: Any) -> tuple[Any, Unit | None]:
    inner = value.variable.data if hasattr(value, "variable") else getattr(value, "data", None)
    if isinstance(inner, pint.Quantity) or (inner is not None and type(inner) not in _PLAIN_ARRAYS):
        numbers, unit = take_apart(inner)
        if unit is not None:
            return numbers, unit
    name = getattr(value, "name", None)
    found = f"found a {type(value).__name__}" + (f" {name!r}" if name is not None else "")
    raise UnitError(
        f"{found} without quantities: its unit is an attribute, which arithmetic does not change; give"
        f" dataset.gridscan.quantify()[{str(name or 'name')!r}], or its .values for numbers in the default unit"
    )


def _of_pandas(value: Any) -> tuple[Any, Unit | None]:
    quantity = _attribute(getattr(value, "array", value), "quantity")
    if quantity is not None:
        return take_apart(quantity)
    dtype = getattr(value, "dtype", None)
    if isinstance(dtype, np.dtype) and dtype.kind in "iufmM":
        return take_apart(np.asarray(value))
    return value, None


def _like_unyt(value: Any) -> tuple[Any, Unit]:
    unit, numbers = _attribute(value, "units", "unit"), _attribute(value, "value", "magnitude", "values")
    try:
        scale, own = parse_scaled_unit(str(unit))
    except UnitError as error:
        raise UnitError(f"found {_named(value)}, whose unit is not understood: {error}; {_OFFER}") from None
    if numbers is None or numbers is value:
        raise UnitError(f"found {_named(value)}, whose numbers are not understood; {_OFFER}")
    _refuse_masked(value)
    factor = getattr(unit, "base_value", None)
    if isinstance(factor, float) and not _same_value(factor, base_factor(own)):
        return _scaled(numbers, factor, value), base_unit(own)
    return _scaled(numbers, scale, value), own


def _of_masked(value: Any) -> tuple[Any, Unit | None]:
    _refuse_masked(value)
    return take_apart(np.asarray(value.data))


def _of_time(value: Any) -> tuple[Any, Unit]:
    if isinstance(value, datetime.timedelta):
        return value.total_seconds(), parse_unit("s")
    code, step = np.datetime_data(value.dtype)
    if value.dtype.kind == "M" or code not in _NUMPY_TIMES:
        what = "a date" if value.dtype.kind == "M" else "a difference of times in months or years of the calendar"
        raise UnitError(f"found {what}; give a duration such as '2 yr'")
    if np.isnat(value).any():
        raise UnitError("found NaT, a time that is missing, among the values")
    numbers = np.asarray(value).astype(np.int64).astype(float) * step
    return (numbers if numbers.ndim else float(numbers)), parse_unit(_NUMPY_TIMES[code])


def _scaled(numbers: Any, scale: float, value: Any) -> Any:
    """Return numbers as float64, times a scale."""
    numbers, inner = (numbers, None) if type(numbers) in _PLAIN_ARRAYS else take_apart(numbers)
    array = np.asarray(numbers)
    if inner is not None or array.dtype.kind not in "iuf":
        raise UnitError(f"found {_named(value)} of {array.dtype}, expected real numbers")
    array = array.astype(float) if scale == 1.0 else array.astype(float) * scale
    return array if array.ndim else float(array)


def _refuse_masked(value: Any) -> None:
    mask = np.asarray(getattr(value, "mask", False))
    if mask.any():
        where = f", the first at {int(np.flatnonzero(mask)[0])}" if mask.ndim == 1 else ""
        raise UnitError(f"{int(mask.sum())} of {mask.size} values are masked{where}; give values without a mask")


def _attribute(value: Any, *names: str) -> Any:
    """Return the first of these attributes that there is and that is no method."""
    for name in names:
        try:
            found = getattr(value, name, None)
        # Properties of other libraries raise all kinds of exceptions.
        except Exception:
            continue
        if found is not None and not callable(found):
            return found
    return None


def _named(value: Any) -> str:
    package = type(value).__module__.split(".")[0]
    return f"{'an' if package[0] in 'aeio' else 'a'} {package} {type(value).__qualname__}"


def _powers(quantity: Any) -> dict[str, float]:
    return {name: float(power) for name, power in quantity.units._units.items()}


def _same_value(value: float, other: float) -> bool:
    """Tell whether units of one name differ by less than the digits with which libraries write their constants."""
    return math.isclose(value, other, rel_tol=1e-5)


def _parents(value: Any) -> set[str]:
    return {parent.__name__ for parent in type(value).__mro__}


def _is_of(package: str) -> Any:
    """Return a test for objects of a package, or of classes made from its own; it is not imported."""
    return lambda value: (
        package in sys.modules and any(parent.__module__.partition(".")[0] == package for parent in type(value).__mro__)
    )


def _is_time(value: Any) -> bool:
    dtype = getattr(value, "dtype", None)
    numpy_time = type(value) in (*_PLAIN_ARRAYS, np.timedelta64, np.datetime64)
    return isinstance(value, datetime.timedelta) or (numpy_time and dtype is not None and dtype.kind in "mM")


_OFFER = "give a pint or an astropy quantity, or text such as '2 kpc'"
_READERS: tuple[tuple[Any, Any], ...] = (
    (lambda value: isinstance(value, pint.Quantity), _of_pint),
    (_is_of("astropy"), _of_astropy),
    (_is_of("xarray"), _of_xarray),
    (_is_time, _of_time),
    (_is_of("pandas"), _of_pandas),
    (_is_of("pint_pandas"), _of_pandas),
    (lambda value: isinstance(value, np.ma.MaskedArray), _of_masked),
)

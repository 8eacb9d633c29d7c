"""Arguments of formulas that may be quantities: each is read in the unit that the formula is written for."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from gridscan.errors import UnitError
from gridscan.numerics.ranges import numbers_of
from gridscan.units import convert, parse_unit, registry, take_apart
from gridscan.units.proof import is_proof

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["in_units", "with_units"]

Called = TypeVar("Called", bound="Callable[..., Any]")
#: Of an argument: its position, name and unit.
Argument = tuple[int, str, str]

_FLOAT = np.dtype(float)
_NUMBERS = {float, int, np.float64, type(None)}
_MAKERS = ("__new__", "_make")


def in_units(**units: str) -> Callable[[Called], Called]:
    """Return a decorator that reads arguments of a function, or fields of a class, in their units.

    Numbers pass as they are. A quantity of pint, astropy or another library becomes its number in the unit of the
    argument, except in the proof of units, where quantities pass for their dimensions.

    Parameters
    ----------
    **units
        Unit of each argument that has one.

    Returns
    -------
    callable
        The decorator. What it decorates raises `UnitError` if a quantity has another dimension, is masked, or is not
        understood.

    Examples
    --------
    >>> from astropy import units
    >>> from gridscan.numerics.unit_arguments import in_units
    >>> @in_units(radius="kpc")
    ... def circumference(radius):
    ...     return 6.25 * radius
    >>> circumference(2.0), circumference(2000 * units.pc)
    (12.5, 12.5)
    >>> circumference(2 * units.s)
    Traceback (most recent call last):
    gridscan.errors.UnitError: radius: found 's', expected a unit like 'kpc'
    """

    def decorate(called: Called) -> Called:
        names = list(inspect.signature(called).parameters)
        arguments = tuple((names.index(name), name, unit) for name, unit in units.items())
        if isinstance(called, type):
            _read_fields(called, arguments)
            return called
        return _reading(called, arguments, _converted)

    return decorate


def with_units(**units: str) -> Callable[[Called], Called]:
    """Return a decorator for a function that is arithmetic only, which returns a quantity if an argument is one.

    Then each argument that has a unit becomes a quantity of gridscan's registry, numbers in the unit of the argument.

    Parameters
    ----------
    **units
        Unit of each argument that has one.

    Returns
    -------
    callable
        The decorator. What it decorates raises `UnitError` as with `in_units`.

    Examples
    --------
    >>> from astropy import units
    >>> from gridscan.numerics.unit_arguments import with_units
    >>> @with_units(distance="kpc", time="s")
    ... def speed(distance, time):
    ...     return distance / time
    >>> speed(6.0, 2.0), f"{speed(6000 * units.pc, 2.0):~}"
    (3.0, '3.0 kpc / s')
    """

    def decorate(function: Called) -> Called:
        names = list(inspect.signature(function).parameters)
        arguments = tuple((names.index(name), name, unit) for name, unit in units.items())
        return _reading(function, arguments, _as_quantities)

    return decorate


def _reading(function: Called, arguments: tuple[Argument, ...], rule: Callable[..., Any]) -> Called:
    """Return a function whose arguments are read in their units, at almost no cost where they are arrays."""
    positions = tuple(position for position, _, _ in arguments)

    @functools.wraps(function)
    def read(*given: Any, **named: Any) -> Any:
        count = len(given)
        for position in positions:
            if position < count:
                value = given[position]
                if value.dtype is not _FLOAT if type(value) is np.ndarray else type(value) not in _NUMBERS:
                    break
        else:
            if not named:
                return function(*given)
        values, others = _read_all(given, named, arguments, rule)
        return function(*values, **others)

    return read  # type: ignore[return-value]  # a function of any arguments is no function of the same arguments


def _read_fields(kind: type, arguments: tuple[Argument, ...]) -> None:
    """Let a dataclass or a named tuple read its fields in their units when it is made."""
    shifted = tuple((position + 1, name, unit) for position, name, unit in arguments)
    if issubclass(kind, tuple):
        maker, others = _MAKERS
        setattr(kind, maker, staticmethod(_reading(kind.__new__, shifted, _converted)))
        # Named tuples replace fields without a call of the class.
        setattr(kind, others, classmethod(_made))
        return
    maker = "__init__"
    setattr(kind, maker, _reading(getattr(kind, maker), shifted, _converted))


def _made(kind: type, values: Any) -> Any:
    return kind(*values)


def _read_all(
    given: tuple[Any, ...], named: dict[str, Any], arguments: tuple[Argument, ...], rule: Callable[..., Any]
) -> tuple[list[Any], dict[str, Any]]:
    """Return arguments by position and by name, those that have a unit read in it."""
    values, named = list(given), dict(named)
    present = [(at, name, unit) for at, name, unit in arguments if at < len(values) or name in named]
    asked = [(name, values[at] if at < len(values) else named[name], unit) for at, name, unit in present]
    for (at, name, _), value in zip(present, rule(asked), strict=True):
        if at < len(values):
            values[at] = value
        else:
            named[name] = value
    return values, named


def _converted(asked: list[tuple[str, Any, str]]) -> list[Any]:
    return [_in_unit(*one) for one in asked]


def _as_quantities(asked: list[tuple[str, Any, str]]) -> list[Any]:
    numbers = _converted(asked)
    if is_proof() or all(_is_bare(value) for _, value, _ in asked):
        return numbers
    return [
        value if value is None else registry.Quantity(np.asarray(value, dtype=float)[()], parse_unit(unit))
        for value, (_, _, unit) in zip(numbers, asked, strict=True)
    ]


def _is_bare(value: Any) -> bool:
    """Tell whether a value carries no unit."""
    if isinstance(value, list | tuple):
        return all(map(_is_bare, value))
    return take_apart(value)[1] is None


def _in_unit(name: str, value: Any, unit: str) -> Any:
    """Return a value in the unit of an argument; what carries no unit as it is."""
    if value is None or isinstance(value, int | float | str) or callable(value):
        return value
    if type(value) is np.ndarray and value.dtype.kind in "fiub":
        return value
    if isinstance(value, list) or (type(value) is np.ndarray and value.dtype == object):
        return numbers_of(name, value, unit)
    if type(value) is tuple:
        # What is remembered by its arguments needs a tuple.
        return tuple(_in_unit(name, item, unit) for item in value)
    try:
        numbers, own = take_apart(value)
        if own is None:
            return numbers
        in_proof = is_proof() and getattr(value, "_REGISTRY", None) is registry
        return value if in_proof else convert(numbers, own, parse_unit(unit))
    except UnitError as error:
        raise UnitError(f"{name}: {error}") from None

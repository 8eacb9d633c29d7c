"""Reading and checking the declaration of a node: its default and unit, and the arguments of its function."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.definition.nodes import ROLES, AlternativeInput, Kernel, Label, Number, Parameter, Quantity
from gridscan.errors import ModelError, UnitError, listed, nearest
from gridscan.units import (
    Unit,
    convert,
    in_words,
    parse_quantity,
    parse_unit,
    readable,
    registry,
    same_dimension,
    take_apart,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping, Sequence

    from gridscan.numerics.ranges import Range


def default_and_unit(
    name: str, default: str | float | Iterable[float | str] | Label, unit: str | None, choices: tuple[str, ...]
) -> tuple[Unit, Number | str | None]:
    """Read the unit and the default value of a parameter's declaration.

    Parameters
    ----------
    name
        Name of the parameter.
    default
        Default as declared.
    unit
        Default unit if the default has none.
    choices
        Allowed words.

    Returns
    -------
    unit : Unit
        The default unit.
    value : float, tuple of float, str or None
        The default in that unit; None where a label gives it.

    Raises
    ------
    ModelError
        If the default is not one of the choices, or the unit is given twice.
    UnitError
        If a unit cannot be read.
    """
    if isinstance(default, Label):
        return parse_unit(unit or "1"), None
    if choices:
        if default not in choices:
            raise ModelError(f"the default {default!r} of {name!r} is not one of its choices: {listed(choices)}")
        return registry.dimensionless, str(default)
    words = _in_words(name, default)
    if isinstance(words, str):
        quantity = parse_quantity(words)
        if unit is not None and parse_unit(unit) != quantity.units:
            raise ModelError(
                f"parameter {name!r}: the default {words!r} already has a unit, which unit={unit!r} contradicts"
            )
        return quantity.units, float(quantity.magnitude)
    if isinstance(words, int | float):
        return parse_unit(unit or "1"), float(words)
    items = list(words)
    if items and isinstance(items[0], str):
        quantities = [parse_quantity(str(item)) for item in items]
        first = parse_unit(unit) if unit is not None else quantities[0].units
        return first, tuple(float(convert(float(item.magnitude), item.units, first)) for item in quantities)
    return parse_unit(unit or "1"), tuple(float(item) for item in items)


def _in_words(name: str, default: Any) -> Any:
    """Return a default with texts in place of quantities."""
    try:
        if isinstance(default, list | tuple):
            return [in_words(item) for item in default]
        numbers, unit = take_apart(default)
    except UnitError as error:
        raise UnitError(f"{name!r}: {error}") from None
    if unit is None or np.ndim(numbers) == 0:
        return in_words(default)
    return [f"{float(number)!r} {readable(unit)}" for number in numbers]


def bound(name: str, end: str, value: Any, unit: Unit) -> float | None:
    """Return an end of the range of a parameter as a number in its unit.

    Parameters
    ----------
    name
        Name of the parameter, for messages.
    end
        Which end: ``"minimum"``.
    value
        A number in the unit, text with a unit, a quantity, or None.
    unit
        The unit of the parameter.

    Returns
    -------
    float or None
        None where there is no end.

    Raises
    ------
    UnitError
        If the value has a unit that does not fit.
    ModelError
        If it is no number.
    """
    try:
        found = in_words(value)
        if not isinstance(found, str):
            return None if found is None else float(found)
        quantity: Any = parse_quantity(found)
        return float(convert(float(quantity.magnitude), quantity.units, unit))
    except UnitError as error:
        raise UnitError(f"parameter {name!r}: its {end} {_in_a_line(value)}: {error}") from None
    except (TypeError, ValueError):
        what = f"expected a number in {readable(unit)!r} or text with a unit"
        raise ModelError(f"parameter {name!r}: its {end} is {_in_a_line(value)}; {what}") from None


def _in_a_line(value: Any) -> str:
    return " ".join(repr(value).split())


def value_otherwise(name: str, otherwise: str | float, unit: Unit, choices: tuple[str, ...]) -> float | str:
    """Read what a parameter is where a record does not say.

    Parameters
    ----------
    name
        Name of the parameter.
    otherwise
        A number, a text with a number and a unit, or one of the choices.
    unit
        Unit of the parameter.
    choices
        Allowed words.

    Returns
    -------
    float or str
        A number in that unit, or the word.

    Raises
    ------
    ModelError
        If it is not one of the choices.
    UnitError
        If it cannot be read or converted.
    """
    if choices:
        _, word = default_and_unit(name, otherwise, None, choices)
        return str(word)
    found = bound(name, "value otherwise", otherwise, unit)
    assert found is not None
    return found


def check_default(parameter: Parameter) -> None:
    """Refuse a default that is not allowed.

    Parameters
    ----------
    parameter
        The declared parameter.

    Raises
    ------
    ModelError
        If its default is outside its range; the message says what is allowed.
    """
    default = parameter.default
    if _is_empty(parameter.range):
        raise ModelError(f"parameter {parameter.name!r} allows nothing; it must be {parameter.allowed}")
    if parameter.role is not None and parameter.role not in ROLES:
        hint = nearest(parameter.role, ROLES)
        raise ModelError(f"{parameter.name!r} has the unknown role {parameter.role!r}{hint}; roles are {listed(ROLES)}")
    if isinstance(default, tuple) and parameter.vector is None:
        raise ModelError(f"the default of {parameter.name!r} is a list; name its inner dimension with vector=…")
    if parameter.vector is not None and default is not None and not (isinstance(default, tuple) and default):
        raise ModelError(f"the default of the vector {parameter.name!r} must be a list of numbers")
    values = default if isinstance(default, tuple) else (default,) if isinstance(default, float) else ()
    for value in values:
        if not parameter.range.contains(np.array(value)):
            raise ModelError(
                f"the default {value:g} of {parameter.name!r} is not allowed; it must be {parameter.allowed}"
            )


def _is_empty(allowed: Range) -> bool:
    """Tell whether no number lies between the ends of a range."""
    lower = ((allowed.minimum, True), (allowed.above, False))
    upper = ((allowed.maximum, True), (allowed.below, False))
    return any(
        low > high or (low == high and not (low_is_in and high_is_in))
        for low, low_is_in in lower
        for high, high_is_in in upper
        if low is not None and high is not None
    )


def check_alternative(
    model: str, sets: Sequence[str], inputs: Mapping[str, Any], parameters: Mapping[str, Parameter]
) -> None:
    """Refuse another way to give parameters which are not, or are not single numbers.

    Parameters
    ----------
    model
        Name of the model.
    sets
        Names of the parameters.
    inputs
        What is given in their place, by name.
    parameters
        The parameters of the model, by name.

    Raises
    ------
    ModelError
        If a name is not a parameter with a number, or there is nothing to set or to give.
    """
    where = f"model {model!r}: {' and '.join(map(repr, inputs)) or 'nothing'}"
    if not sets or not inputs:
        raise ModelError(f"{where} cannot stand for {' and '.join(map(repr, sets)) or 'nothing'}; name at least one")
    for name in sets:
        node = parameters.get(name)
        if node is None:
            raise ModelError(f"{where} cannot stand for {name!r}, which is not a parameter{nearest(name, parameters)}")
        if node.is_word or node.integer or node.vector is not None:
            raise ModelError(f"{where} cannot stand for {name!r}: only single numbers can be given in another way")
    for name, item in inputs.items():
        if not isinstance(item, AlternativeInput):
            raise ModelError(f"model {model!r}: {name!r} must be declared with gs.AlternativeInput, found {item!r:.60}")


def argument_names(name: str, function: Callable[..., Any], known: Container[str] | None = None) -> tuple[str, ...]:
    """Return the names of the arguments of a function, by which it is wired.

    Parameters
    ----------
    name
        Name of the quantity, for messages.
    function
        The function.
    known
        For a function that replaces another: the names of the model, none of which a default may hide. Arguments with
        other names keep their defaults.

    Returns
    -------
    tuple of str
        In the order of its arguments.

    Raises
    ------
    ModelError
        If an argument cannot be wired by name, or has a default, which would hide an input.
    """
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        raise ModelError(f"the signature of the function for {name!r} cannot be read; wrap it in a def") from None
    for parameter in signature.parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise ModelError(f"{name!r}: the argument {str(parameter)!r} cannot be wired by name")
        if parameter.default is not parameter.empty and (known is None or parameter.name in known):
            raise ModelError(
                f"{name!r}: the argument {parameter.name!r} has a default, which would hide an input;"
                " declare it as a parameter of the model"
            )
    return tuple(item.name for item in signature.parameters.values() if item.default is item.empty)


def substitute(node: Parameter | Quantity, function: Callable[..., Any] | Kernel, known: Container[str]) -> Quantity:
    """Return a quantity with the name and unit of a node, computed by another function.

    Parameters
    ----------
    node
        A parameter or quantity.
    function
        The function, or a `Kernel`.
    known
        The names of the model.

    Returns
    -------
    Quantity
        The new node; a count stays one, and where the quantity has no value stays what it is.

    Raises
    ------
    ModelError
        If the function cannot be wired.
    UnitError
        If a kernel's unit does not fit, or it declares a unit for something other than its arguments.
    """
    title = node.long_name if isinstance(node, Quantity) else node.description
    stays: dict[str, Any] = {"replaced": True}
    if isinstance(node, Quantity):
        stays |= {"count": node.count, "missing": node.missing, "unbounded": node.unbounded}
    if not isinstance(function, Kernel):
        return Quantity(node.name, node.unit, function, argument_names(node.name, function, known), title, **stays)
    if not same_dimension(function.unit, node.unit):
        raise UnitError(
            f"the kernel for {node.name!r} gives {readable(function.unit)!r},"
            f" expected a unit like {readable(node.unit)!r}"
        )
    arguments, units = argument_names(node.name, function.function, known), function.argument_units
    stays |= {"kind": "kernel", "argument_units": units, "functions": function.functions}
    return Quantity(node.name, function.unit, function.function, arguments, title, **stays)


def check_kernel_arguments(node: Quantity) -> None:
    """Refuse units for names that are not arguments.

    Parameters
    ----------
    node
        A kernel or population.

    Raises
    ------
    UnitError
        If there is one; the message names the nearest argument.
    """
    surplus = [name for name in node.argument_units if name not in node.needs]
    if surplus:
        raise UnitError(
            f"kernel {node.name!r} ({node.where}) declares a unit for {surplus[0]!r},"
            f" which is not one of its arguments{nearest(surplus[0], node.arguments)}"
        )

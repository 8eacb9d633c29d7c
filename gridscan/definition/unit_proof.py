"""Proof of units: every formula is run once on pint quantities of length one before anything is computed.

Each quantity is proven on its own, from the declared units of its arguments to its own declared unit, so one wrong
formula does not hide another and a proven one is not proven again. Kernels are opaque: for them, the declared
units of the arguments are compared with what the model feeds in.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pint

from gridscan.definition.groups import arguments_of
from gridscan.definition.nodes import Node, Parameter, Quantity
from gridscan.definition.user_code import line_of, nothing_returned
from gridscan.definition.vector_lengths import example_lengths
from gridscan.errors import ModelError, UnitError, nearest
from gridscan.units import readable, registry, same_dimension
from gridscan.units.proof import proof

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gridscan.definition.conditions import Requirement
    from gridscan.definition.definition import Definition


def prove(model: Definition, quantities: Iterable[Quantity]) -> None:
    """Prove the units of quantities that have not been proven yet.

    Parameters
    ----------
    model
        The model.
    quantities
        Quantities of the model.

    Raises
    ------
    UnitError
        With one message for each wrong formula: the function, the argument, the unit found and the unit expected.
    """
    faults = []
    for node in quantities:
        name = node.error_of or node.name
        if name in model._proven:
            continue
        try:
            _prove_kernel(model, node) if node.kind == "kernel" else _prove_formula(model, node)
        except UnitError as error:
            faults.append(str(error))
        else:
            model._proven.add(name)
    if faults:
        raise UnitError("\n".join(dict.fromkeys(faults)))


def prove_requirements(model: Definition) -> None:
    """Prove the units of requirements that have not been proven yet, as those of formulas.

    Parameters
    ----------
    model
        The model.

    Raises
    ------
    UnitError
        With one message for each that compares what has different dimensions.
    """
    faults = []
    for item in model.requirements:
        if item.text in model._proven:
            continue
        where = f"model {model.name!r}: the requirement {item.text!r}"
        fault = _wrong_units(model, item, where) if item.units else _wrong_comparison(model, item, where)
        if fault is not None:
            faults.append(fault)
        else:
            model._proven.add(item.text)
    if faults:
        raise UnitError("\n".join(faults))


def _wrong_units(model: Definition, item: Requirement, where: str) -> str | None:
    """Return which argument gets a unit of another dimension, if any."""
    for name, unit in item.units.items():
        if name not in item.takes:
            return f"{where}: it does not take {name!r}, which has a unit{nearest(name, item.takes)}"
        if not same_dimension(model[name].unit, unit):
            found = f"{name!r} is in {readable(model[name].unit)!r}"
            return f"{where}: {found}, expected a unit like {readable(unit)!r}"
    return None


def _wrong_comparison(model: Definition, item: Requirement, where: str) -> str | None:
    """Return what is compared or added that has different dimensions, if anything is."""
    lengths = example_lengths(model.parameters.values())
    units = ", ".join(f"{name} [{readable(model[name].unit)}]" for name in item.takes)
    try:
        with proof(), np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("error", pint.UnitStrippedWarning)
            item.holds(**{name: _sample(model[name], lengths) for name in item.takes})
    except pint.DimensionalityError as error:
        return f"{where}: {_shown(error.units1)} was found where {_shown(error.units2)} was expected; it takes {units}"
    except Exception as error:
        instead = "; name the units of its arguments, and it gets bare numbers in these"
        return f"{where}: {type(error).__name__}: {error}; it takes {units}{instead}"
    return None


def _prove_kernel(model: Definition, node: Quantity) -> None:
    for argument in node.needs:
        found = model[argument]
        expected = node.argument_units.get(argument)
        if isinstance(found, Parameter) and found.is_word:
            continue
        if expected is None:
            raise UnitError(
                f"kernel {node.name!r} ({node.where}) declares no unit for its argument {argument!r},"
                f" which is in {readable(found.unit)!r}"
            )
        if not same_dimension(found.unit, expected):
            raise UnitError(
                f"kernel {node.name!r} ({node.where}): its argument {argument!r} is in {readable(found.unit)!r},"
                f" expected a unit like {readable(expected)!r}"
            )


def _prove_formula(model: Definition, node: Quantity) -> None:
    lengths = example_lengths(model.parameters.values())
    arguments = {name: _sample(model[name], lengths) for name in node.arguments}
    try:
        with proof(), np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("error", pint.UnitStrippedWarning)
            result = node.function(**arguments_of(node, arguments))
    except pint.DimensionalityError as error:
        raise UnitError(
            f"{_headline(model, node)}: in {line_of(error, node)},"
            f" {_shown(error.units1)} was found where {_shown(error.units2)} was expected{_fed(model, node)}"
        ) from None
    except pint.PintError as error:
        raise UnitError(f"{_headline(model, node)}: in {line_of(error, node)}, {error}{_fed(model, node)}") from None
    except Exception as error:
        if str(error).startswith("Cannot compare"):
            what = "a quantity with a unit is compared with a bare number"
            raise UnitError(f"{_headline(model, node)}: in {line_of(error, node)}, {what}{_fed(model, node)}") from None
        raise ModelError(
            f"{_headline(model, node)}: in {line_of(error, node)}, {type(error).__name__}: {error}."
            " Declare a numerical routine that pint cannot follow as a kernel"
        ) from error
    if result is None:
        raise ModelError(f"{node.kind} {nothing_returned(node)}")
    found = result.units if isinstance(result, pint.Quantity) else registry.dimensionless
    if node.integral is not None:
        found = found * model[node.integral.over].unit
    if not same_dimension(found, node.unit):
        what = "the integral of its formula over " + repr(node.integral.over) if node.integral else "its formula"
        raise UnitError(
            f"{_headline(model, node)}: {what} gives {readable(found)!r},"
            f" expected the declared unit {readable(node.unit)!r}{_fed(model, node)}"
        )


def _sample(node: Node, lengths: Mapping[str, int]) -> Any:
    if isinstance(node, Parameter) and node.is_word:
        return np.array([node.default or node.choices[0]])
    vector = isinstance(node, Parameter) and node.vector is not None
    default = None if isinstance(node, Quantity) else node.default
    if vector:
        values = np.array([range(1, lengths[node.name] + 1) if default is None else default], dtype=float)
    else:
        values = np.array([1.0 if default is None else default], dtype=float)
    return registry.Quantity(values, node.unit)


def _headline(model: Definition, node: Quantity) -> str:
    return f"{node.kind} {(node.error_of or node.name)!r} of model {model.name!r} ({node.where})"


def _fed(model: Definition, node: Quantity) -> str:
    units = [f"{name} [{readable(model[name].unit)}]" for name in node.arguments]
    return f"; its arguments are {', '.join(units)}" if units else ""


def _shown(units: Any) -> str:
    try:
        return repr(readable(registry.Unit(units)))
    except (pint.PintError, ValueError, TypeError, AttributeError):
        return repr(str(units))

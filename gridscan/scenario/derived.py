"""Quantities that a scenario derives from those of its model: the formulas of [output.derived]."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridscan.definition.nodes import Parameter, Quantity
from gridscan.errors import ExpressionError, nearest
from gridscan.expressions.reading import Formula, function_of, read_formula
from gridscan.inputs.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridscan.model import Model

_PATH = ("output", "derived")


def with_derived(model: Model, content: Mapping[str, Any], faults: list[Fault]) -> Model:
    """Return a model with the quantities that a scenario derives.

    Parameters
    ----------
    model
        The model, which may have those of another scenario: they go.
    content
        The scenario.
    faults
        Takes one for each formula that is wrong.

    Returns
    -------
    Model
        A new one, or the same where nothing is derived.
    """
    output = content.get("output")
    given = output.get("derived") if isinstance(output, dict) else None
    given = given if isinstance(given, dict) else {}
    model = model.with_formulas({})
    wrong: set[str] = set()
    for position, (name, item) in enumerate(given.items()):
        try:
            formula = read_formula(name, item, model.names)
            if wrong.isdisjoint(formula.names):
                node = _quantity(model, name, formula, list(given)[position + 1 :])
                model = model.with_formulas({**model.formulas, name: node})
            else:
                # The fault is in what it is made of.
                wrong.add(name)
        except ExpressionError as error:
            wrong.add(name)
            faults.append(Fault((*_PATH, name), f"{name!r}: {error}"))
    return model


def _quantity(model: Model, name: str, formula: Formula, later: list[str]) -> Quantity:
    _check_names(model, formula, later)
    numeric = {key: node for key, node in model.nodes.items() if not _is_no_number(node)}
    unit = formula.unit({key: node.unit for key, node in numeric.items()})
    made_of = [numeric[key] for key in formula.names]
    quantities = [node for node in made_of if isinstance(node, Quantity)]
    return Quantity(
        name,
        unit,
        function_of(formula, {node.name: node.unit for node in made_of}),
        tuple(formula.names),
        formula.long_name,
        missing=_joined(node.missing for node in quantities),
        unbounded=_joined(node.unbounded for node in quantities),
        expression=" ".join(formula.text.split()),
    )


def _check_names(model: Model, formula: Formula, later: list[str]) -> None:
    """Refuse names that have no number, with more than the grammar can say."""
    for key, at in formula.names.items():
        if key in model.labels:
            bundled = model.bundled(key)
            raise ExpressionError(
                f"{key!r} is a label, not a number", nearest(key, bundled) or "", text=formula.text, position=at
            )
        if key in model.nodes and _is_no_number(model[key]):
            what = "a word" if model.parameters[key].is_word else "a list of numbers"
            raise ExpressionError(f"{key!r} is {what}, not one number", text=formula.text, position=at)
        if key in later:
            raise ExpressionError(
                f"{key!r} is defined further on; put it before this formula", text=formula.text, position=at
            )
        if key not in model.nodes and (why := model.why_not(key)):
            raise ExpressionError(f"unknown name {key!r}", why, text=formula.text, position=at)


def _is_no_number(node: Any) -> bool:
    return isinstance(node, Parameter) and (node.is_word or node.vector is not None)


def _joined(phrases: Any) -> str | None:
    return " or ".join(dict.fromkeys(phrase for phrase in phrases if phrase)) or None

"""A derived quantity as a user gives it: a formula, alone or with its unit and description."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from gridscan.errors import ExpressionError, UnitError, nearest
from gridscan.expressions.evaluation import evaluate, unit_of_formula
from gridscan.expressions.nodes import Node, names_in
from gridscan.expressions.parsing import parse
from gridscan.expressions.tokens import tokens_of
from gridscan.units import Quantity, Unit, base_factor, base_unit, parse_unit, readable, same_dimension

_KEYS = ("expression", "unit", "long_name")


@dataclass(frozen=True)
class Formula:
    """The formula of a derived quantity.

    Attributes
    ----------
    text
        The formula.
    asked_unit
        The unit that its value is to be in; by default the one that its formula gives.
    description
        What it is; by default its formula.
    """

    text: str
    asked_unit: str | None = None
    description: str | None = None

    @cached_property
    def node(self) -> Node:
        """Its parts."""
        return parse(self.text)

    @property
    def names(self) -> dict[str, int]:
        """The names in it, with their places in the text."""
        return names_in(self.node)

    @property
    def long_name(self) -> str:
        """What it is."""
        return self.description or " ".join(self.text.split())

    def unit(self, units: Mapping[str, Unit]) -> Unit:
        """Prove its units.

        Parameters
        ----------
        units
            Of all names that it may use.

        Returns
        -------
        Unit
            That of its value.

        Raises
        ------
        ExpressionError
            If a name is unknown, it has none, or units do not fit; the message says where.
        """
        if not self.names:
            raise ExpressionError(
                "a formula needs the name of a quantity or of an input; found none", text=self.text, position=0
            )
        found = unit_of_formula(self.text, self.node, units)
        if self.asked_unit is None:
            return found
        try:
            asked = parse_unit(self.asked_unit)
        except UnitError as error:
            raise ExpressionError(str(error)) from None
        if not same_dimension(asked, found):
            what = f"{self.text!r} gives {readable(found)!r}, which cannot be converted to {readable(asked)!r}"
            raise ExpressionError(what)
        return asked

    def value(self, values: Mapping[str, Any], units: Mapping[str, Unit]) -> Any:
        """Compute it.

        Parameters
        ----------
        values
            Numbers or arrays by name, in `units`.
        units
            By name.

        Returns
        -------
        array
            In the unit that `unit` gives.
        """
        value, found = evaluate(self.text, self.node, {name: (item, units[name]) for name, item in values.items()})
        asked = found if self.asked_unit is None else parse_unit(self.asked_unit)
        return value if asked == found else value * (base_factor(found) / base_factor(asked))


def function_of(formula: Formula, units: Mapping[str, Unit]) -> Callable[..., Any]:
    """Return a formula as a function, such as models have: of arrays in base units, or of quantities.

    Parameters
    ----------
    formula
        The formula, proven.
    units
        Of its names.

    Returns
    -------
    callable
        Its keywords are the names in the formula.
    """
    # All that it holds can be compared by content, so that an edited formula makes its cells new, and sent to workers.
    bases = {name: readable(base_unit(of)) for name, of in units.items()}
    # Blanks and places in the text do not matter to the numbers.
    text = " ".join(token.text for token in tokens_of(formula.text))
    function = partial(_derived, text, parse(text), bases)
    function.__doc__ = f"{' '.join(formula.text.split())}."
    return function


def _derived(text: str, node: Node, bases: Mapping[str, str], /, **arguments: Any) -> Any:
    known = {
        name: (value.magnitude, value.units) if isinstance(value, Quantity) else (value, parse_unit(bases[name]))
        for name, value in arguments.items()
    }
    value, unit = evaluate(text, node, known)
    if any(isinstance(item, Quantity) for item in arguments.values()):
        return Quantity(value, unit)
    return value * base_factor(unit)


def read_formula(name: str, given: Any, taken: Iterable[str] = ()) -> Formula:
    """Read what a user gives for a derived quantity.

    Parameters
    ----------
    name
        The name that it is to have.
    given
        A formula, or a table with ``expression``, and perhaps ``unit`` and ``long_name``.
    taken
        Names that it cannot have.

    Returns
    -------
    Formula
        Read, not yet proven.

    Raises
    ------
    ExpressionError
        If the name is no name or is taken, or the formula cannot be read.

    Examples
    --------
    >>> from gridscan.expressions.reading import read_formula
    >>> read_formula("rate", "events / mass").long_name
    'events / mass'
    """
    if not name.isidentifier() or keyword.iskeyword(name):
        raise ExpressionError(f"{name!r} cannot name a quantity; use letters, digits and _, with a letter first")
    if name in set(taken):
        raise ExpressionError(f"there is {name!r} already; choose another name")
    if isinstance(given, Mapping):
        for key in given:
            if key not in _KEYS:
                raise ExpressionError(
                    f"unknown key {key!r}{nearest(str(key), _KEYS)}; a formula has {', '.join(_KEYS)}"
                )
        wrong = [key for key, value in given.items() if not isinstance(value, str)]
        if wrong or "expression" not in given:
            found = f"{wrong[0]} = {given[wrong[0]]!r}" if wrong else "none"
            raise ExpressionError(f"a formula needs expression = TEXT, and perhaps unit and long_name; found {found}")
        formula = Formula(given["expression"], given.get("unit"), given.get("long_name"))
    elif isinstance(given, str):
        formula = Formula(given)
    else:
        raise ExpressionError(f"a formula is a text such as 'flux * area'; found {given!r}")
    _ = formula.node
    return formula

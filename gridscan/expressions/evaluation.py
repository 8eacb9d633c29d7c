"""Computing a formula: each part with its unit, so that a wrong unit is found before any number is computed.

Values stay in the units that they have; only what is added, compared or a function of pure numbers is converted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, cast

import numpy as np

from gridscan.errors import ExpressionError, listed, nearest
from gridscan.expressions.functions import FUNCTIONS
from gridscan.expressions.nodes import Call, Name, Node, Number, Power, Product, Sum
from gridscan.units import Unit, base_factor, parse_unit, readable, registry, same_dimension, unit_of_powers

#: A number or an array, and its unit.
Valued: TypeAlias = tuple[Any, Unit]
#: Turns a function of arrays into one of whatever values are: of dask arrays, or of labelled ones.
Apply: TypeAlias = Callable[..., Any]


def evaluate(text: str, node: Node, values: Mapping[str, Valued], apply: Apply | None = None) -> Valued:
    """Compute a formula.

    Parameters
    ----------
    text
        The formula, for messages.
    node
        Its parts.
    values
        Values and units by name: numbers, or arrays that broadcast.
    apply
        Called as ``apply(function, *values)`` for each function; by default it is called on the values.

    Returns
    -------
    value : array
        Of the shape that the values broadcast to.
    unit : Unit
        That of the value; no two of its factors measure the same.

    Raises
    ------
    ExpressionError
        If a name is unknown, or units do not fit; the message says where.

    Examples
    --------
    >>> import numpy as np
    >>> from gridscan.expressions.evaluation import evaluate
    >>> from gridscan.expressions.parsing import parse
    >>> from gridscan.units import parse_unit, readable
    >>> known = {"rate": (np.array([4.0, 8.0]), parse_unit("1/yr")), "mass": (2.0, parse_unit("kt"))}
    >>> text = "rate / mass + '1 / Mt / yr'"
    >>> value, unit = evaluate(text, parse(text), known)
    >>> value, readable(unit)
    (array([2.001, 4.001]), '1/kt/yr')
    """
    value, unit = _Evaluation(text, values, apply or _called).of(node)
    factor, simple = simplified(unit)
    return _times(value, factor), simple


def unit_of_formula(text: str, node: Node, units: Mapping[str, Unit]) -> Unit:
    """Prove the units of a formula.

    Parameters
    ----------
    text
        The formula, for messages.
    node
        Its parts.
    units
        By name.

    Returns
    -------
    Unit
        That of its value.

    Raises
    ------
    ExpressionError
        If a name is unknown, or units do not fit; the message says where.
    """
    with np.errstate(all="ignore"):
        return evaluate(text, node, {name: (np.float64(1.0), unit) for name, unit in units.items()})[1]


def simplified(unit: Unit) -> tuple[float, Unit]:
    """Merge the factors of a unit that measure the same: ``kpc/pc`` is 1000, ``yr/s`` a number.

    Parameters
    ----------
    unit
        The unit.

    Returns
    -------
    factor : float
        The value of one `unit` in the simplified one.
    unit : Unit
        The simplified one.

    Examples
    --------
    >>> from gridscan.expressions.evaluation import simplified
    >>> from gridscan.units import parse_unit, readable
    >>> factor, unit = simplified(parse_unit("Msun kpc / pc"))
    >>> round(factor, 9), readable(unit)
    (1000.0, 'Msun')
    """
    merged: dict[str, float] = {}
    for name, power in unit._units.items():
        own = registry.Unit(name)
        pure = same_dimension(own, registry.dimensionless)
        like = (other for other in merged if not pure and same_dimension(registry.Unit(other), own))
        kept = next(like, name)
        merged[kept] = merged.get(kept, 0.0) + float(cast("float", power))
    powers = {name: int(power) if power.is_integer() else power for name, power in merged.items() if power}
    simple = unit_of_powers(tuple(powers.items()))
    if len(simple._units) > 1 and same_dimension(simple, registry.dimensionless):
        simple = registry.dimensionless
    return (1.0, unit) if simple == unit else (base_factor(unit) / base_factor(simple), simple)


class _Evaluation:
    """Computes the parts of one formula."""

    def __init__(self, text: str, values: Mapping[str, Valued], apply: Apply) -> None:
        self.text, self.values, self.apply = text, values, apply

    def of(self, node: Node) -> Valued:
        if isinstance(node, Number):
            return np.float64(node.value), parse_unit(node.unit)
        if isinstance(node, Name):
            return self.named(node)
        if isinstance(node, Sum):
            return self.sum(node)
        if isinstance(node, Product):
            return self.product(node)
        if isinstance(node, Power):
            value, unit = self.of(node.base)
            return value**node.exponent, self.bounded(unit**node.exponent, node)
        return self.call(node)

    def named(self, node: Name) -> Valued:
        if node.name not in self.values:
            hint = nearest(node.name, self.values) or f"; there are {listed(self.values) or 'none'}"
            raise ExpressionError(f"unknown name {node.name!r}", hint, text=self.text, position=node.at)
        return self.values[node.name]

    def sum(self, node: Sum) -> Valued:
        _, first = node.terms[0]
        total, unit = self.of(first)
        for sign, term in node.terms[1:]:
            value = self.converted(self.of(term), unit, term, "added to" if sign == "+" else "taken from")
            total = total + value if sign == "+" else total - value
        return total, unit

    def product(self, node: Product) -> Valued:
        value, unit = self.of(node.factors[0][1])
        for sign, factor in node.factors[1:]:
            other, of_other = self.of(factor)
            if sign == "*":
                value, unit = value * other, unit * of_other
            else:
                if isinstance(factor, Number) and not factor.value:
                    raise ExpressionError("division by zero", text=self.text, position=factor.at)
                value, unit = value / other, unit / of_other
            unit = self.bounded(unit, factor)
        return value, unit

    def call(self, node: Call) -> Valued:
        function = FUNCTIONS[node.function]
        given = [self.of(argument) for argument in node.arguments]
        unit = given[0][1]
        if function.units in ("pure", "angle"):
            what = "an angle or a pure number" if function.units == "angle" else "a pure number"
            if not same_dimension(unit, registry.dimensionless):
                found = f"{node.function!r} takes {what}; found {readable(unit)!r}"
                raise ExpressionError(found, text=self.text, position=node.arguments[0].at)
            return self.apply(function.compute, _times(given[0][0], base_factor(unit))), registry.dimensionless
        parts = [
            self.converted(one, unit, part, "compared with") for one, part in zip(given, node.arguments, strict=True)
        ]
        return self.apply(function.compute, *parts), self.bounded(unit**0.5, node) if function.units == "root" else unit

    def converted(self, valued: Valued, unit: Unit, node: Node, verb: str) -> Any:
        value, own = valued
        if own == unit:
            return value
        if not same_dimension(own, unit):
            found = f"what is in {readable(own)!r} cannot be {verb} what is in {readable(unit)!r}"
            raise ExpressionError(found, text=self.text, position=node.at)
        return _times(value, base_factor(own) / base_factor(unit))

    def bounded(self, unit: Unit, node: Node) -> Unit:
        """Refuse a unit that has no value that a number can hold."""
        try:
            factor = base_factor(unit)
        except (ArithmeticError, ValueError):
            factor = 0.0
        if not 0 < factor < float("inf"):
            raise ExpressionError(
                "the unit of this is too large or too small to compute with", text=self.text, position=node.at
            )
        return unit


def _times(value: Any, factor: float) -> Any:
    return value if factor == 1 else value * factor


def _called(function: Callable[..., Any], *values: Any) -> Any:
    return function(*values)

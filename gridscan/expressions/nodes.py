"""The parts of a formula. Sums and products hold all their terms, so that long ones are not deep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Number:
    """A number, with the unit that was written with it in quotes; ``"1"`` without one."""

    at: int
    value: float
    unit: str = "1"


@dataclass(frozen=True)
class Name:
    """The name of a quantity, a parameter or a constant."""

    at: int
    name: str


@dataclass(frozen=True)
class Sum:
    """Terms with their signs, which all have one dimension."""

    at: int
    terms: tuple[tuple[str, Node], ...]


@dataclass(frozen=True)
class Product:
    """Factors, each with ``*`` or ``/`` in front; that of the first is ``*``."""

    at: int
    factors: tuple[tuple[str, Node], ...]


@dataclass(frozen=True)
class Power:
    """A power whose exponent is a plain number."""

    at: int
    base: Node
    exponent: float


@dataclass(frozen=True)
class Call:
    """One of the functions of `gridscan.expressions.functions`."""

    at: int
    function: str
    arguments: tuple[Node, ...]


Node: TypeAlias = Number | Name | Sum | Product | Power | Call


def names_in(node: Node) -> dict[str, int]:
    """Return the names in a formula, in order, with the place of the first of each.

    Parameters
    ----------
    node
        A formula.

    Returns
    -------
    dict of str to int
        Places in the text, counted from 0.
    """
    found: dict[str, int] = {}
    waiting: list[Node] = [node]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Name):
            found[item.name] = min(item.at, found.get(item.name, item.at))
        elif isinstance(item, Sum):
            waiting += [term for _, term in item.terms]
        elif isinstance(item, Product):
            waiting += [factor for _, factor in item.factors]
        elif isinstance(item, Power):
            waiting.append(item.base)
        elif isinstance(item, Call):
            waiting += item.arguments
    return dict(sorted(found.items(), key=lambda pair: pair[1]))

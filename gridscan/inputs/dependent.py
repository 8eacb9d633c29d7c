"""Values that follow another parameter: ``{ of = "arm_inner_radius", plus = "2 kpc" }``, or ``times = 1.5``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from gridscan.definition.nodes import Constant, Parameter
from gridscan.errors import UnitError, nearest
from gridscan.inputs.arrays import Coordinate, Input
from gridscan.inputs.faults import hint, shown
from gridscan.units import base_factor, readable, take_apart

if TYPE_CHECKING:
    from gridscan.definition.definition import Definition
    from gridscan.inputs.faults import Path
    from gridscan.inputs.value_reader import Given, ValueReader

#: The key of the other parameter, and those of what is done with its value.
OF = "of"
_KEYS = (OF, "plus", "times")


@dataclass(frozen=True)
class Dependent:
    """A value that follows another one.

    Attributes
    ----------
    of
        Name of the other.
    plus
        What is added, in base units.
    times
        What it is multiplied by, before that.
    words
        The same in words.
    """

    of: str
    plus: float
    times: float
    words: str
    path: Path


def is_dependent(value: Any) -> bool:
    """Tell whether a raw value follows another parameter.

    Parameters
    ----------
    value
        Anything that a user gave.

    Returns
    -------
    bool
        Whether it is a table with the key ``of``.
    """
    return isinstance(value, Mapping) and OF in value


class Dependents:
    """Reads values that follow other parameters, and works them out.

    Parameters
    ----------
    model
        The model.
    reader
        Reads values, and collects faults.

    Attributes
    ----------
    found
        By name, in an order in which they can be worked out.
    names
        All of them, those with faults among them.
    """

    def __init__(self, model: Definition, reader: ValueReader) -> None:
        self.model, self.reader = model, reader
        self.found: dict[str, Dependent] = {}
        self.names: set[str] = set()

    def look_at(self, given: Mapping[str, Given]) -> None:
        """Read what follows other parameters.

        Parameters
        ----------
        given
            Raw values by name.
        """
        self.names = {name for name, item in given.items() if is_dependent(item.value)}
        read = {name: self._read(name, given[name]) for name in given if name in self.names}
        self.found = self._ordered({name: item for name, item in read.items() if item is not None})

    def _read(self, name: str, given: Given) -> Dependent | None:
        value, path = given.value, given.path
        if path[:1] in (("axes",), ("uncertain",), ("cases",)):
            self.reader.fault(path, f"{name!r} follows another parameter, and so belongs in [parameters]")
            return None
        node = self.model.nodes.get(name)
        known = len(self.reader.faults)
        if name not in self.model.names:
            near = hint(name, self.model.names, self.reader.faults)
            self.reader.fault(path, f"unknown parameter {name!r} of model {self.model.name!r}{near}", at_key=True)
            return None
        if not can_follow(node):
            self.reader.fault(path, f"{name!r} cannot follow another parameter; only a parameter that is a number can")
            return None
        wrong = [key for key in value if key not in _KEYS]
        if wrong:
            message = f"unknown key {wrong[0]!r} beside 'of'{nearest(str(wrong[0]), _KEYS)}; allowed are plus and times"
            self.reader.fault((*path, wrong[0]), message, at_key=True)
            return None
        other = self._other(name, value[OF], (*path, OF))
        times = self._times(value.get("times", 1.0), (*path, "times"))
        plus = self._plus(node, value["plus"], (*path, "plus")) if "plus" in value else 0.0
        if other is None or len(self.reader.faults) > known:
            return None
        if other.unit.dimensionality != node.unit.dimensionality:
            units = f"{other.name!r} is in {readable(other.unit)!r}, and {name!r} in {readable(node.unit)!r}"
            self.reader.fault((*path, OF), f"{name!r} cannot follow {other.name!r}: {units}")
            return None
        words = other.name if times == 1.0 else f"{times:.10g} {other.name}"
        if plus:
            size = f"{abs(plus) / base_factor(node.unit):.10g} {readable(node.unit)}".removesuffix(" 1")
            words += f" {'+' if plus > 0 else '-'} {size}"
        return Dependent(other.name, plus, times, words, path)

    def _other(self, name: str, other: Any, path: Path) -> Parameter | Constant | None:
        if not isinstance(other, str):
            self.reader.fault(path, f"'of' takes the name of a parameter, found {shown(other)}")
            return None
        node = self.model.nodes.get(other)
        if can_follow(node):
            return node
        numbers = [key for key, item in self.model.nodes.items() if isinstance(item, Parameter) and can_follow(item)]
        if other in self.model.names:
            message = f"{name!r} cannot follow {other!r}, which is no parameter that is a number"
        else:
            near = hint(other, numbers, self.reader.faults)
            message = f"{name!r} follows {other!r}, which model {self.model.name!r} does not have{near}"
        self.reader.fault(path, message)
        return None

    def _times(self, raw: Any, path: Path) -> float:
        if isinstance(raw, int | float) and not isinstance(raw, bool) and np.isfinite(float(raw)):
            return float(raw)
        self.reader.fault(path, f"'times' takes a number without a unit, found {shown(raw)}")
        return 1.0

    def _plus(self, node: Parameter | Constant, raw: Any, path: Path) -> float:
        try:
            number, _ = take_apart(raw)
        except UnitError as error:
            self.reader.fault(path, f"{node.name!r}: {error}")
            return 0.0
        if isinstance(number, bool) or np.ndim(number) or isinstance(raw, Mapping):
            self.reader.fault(path, f"'plus' takes one number with a unit, found {shown(raw)}")
            return 0.0
        values = self.reader.numbers(node, [raw], [path], None)
        return 0.0 if values is None else float(values[0]) * base_factor(node.unit)

    def _ordered(self, asked: Mapping[str, Dependent]) -> dict[str, Dependent]:
        """Return dependents after those that they follow; those of a circle are left out, with one fault."""
        ordered: dict[str, Dependent] = {}
        broken: set[str] = set()
        for first in asked:
            chain: list[str] = []
            name = first
            while name in asked and name not in ordered and name not in broken and name not in chain:
                chain.append(name)
                name = asked[name].of
            if name in chain:
                self._refuse_circle(chain[chain.index(name) :], asked)
            if name in chain or name in broken:
                broken.update(chain)
            else:
                ordered |= {one: asked[one] for one in reversed(chain)}
        return ordered

    def _refuse_circle(self, circle: list[str], asked: Mapping[str, Dependent]) -> None:
        shown_circle = " → ".join([*circle, circle[0]])
        message = f"{circle[0]!r} follows itself: {shown_circle}; give one of them a value"
        self.reader.fault(asked[circle[0]].path, message, at_key=True)

    def work_out(self, model: Definition, inputs: dict[str, Input], coordinates: dict[str, Coordinate]) -> None:
        """Add the values of what follows other parameters to all inputs, along the axes of these.

        Parameters
        ----------
        model
            The model, with the ranges that its tables allow.
        inputs
            Inputs by name.
        coordinates
            Coordinates by name.
        """
        for name, item in self.found.items():
            other = inputs.get(item.of)
            node = model[name]
            if other is None or not isinstance(node, Parameter | Constant):
                continue
            data = np.asarray(item.times * other.data + item.plus)
            values = self._allowed(node, data / base_factor(node.unit), item)
            if values is None:
                continue
            inputs[name] = Input(other.dims, data)
            attributes = {"depends_on": item.words}
            coordinates[name] = Coordinate(other.dims, values, node.unit, node.description, attributes)

    def _allowed(self, node: Parameter | Constant, values: np.ndarray, item: Dependent) -> np.ndarray | None:
        if not isinstance(node, Parameter):
            return values
        for bound in (node.minimum, node.maximum):
            values = values if bound is None else np.where(np.isclose(values, bound, 1e-15, 0.0), bound, values)
        wrong = ~node.range.contains(values) | np.isnan(values)
        if not wrong.any():
            return values
        found = f"{values[wrong].flat[0] if values.ndim else float(values):.10g} {readable(node.unit)}".removesuffix(
            " 1"
        )
        message = f"{node.name!r}, which is {item.words}, cannot be {found}; allowed is {node.allowed}"
        self.reader.fault(item.path, message)
        return None


def followed(dependent: Mapping[str, Dependent], inputs: Mapping[str, Input]) -> dict[str, Input]:
    """Return inputs of which some have changed, with those that follow them changed too.

    Parameters
    ----------
    dependent
        What follows what, in an order in which it can be worked out.
    inputs
        Inputs by name.

    Returns
    -------
    dict of str to Input
        By name.
    """
    found = dict(inputs)
    for name, item in dependent.items():
        other = found[item.of]
        found[name] = Input(other.dims, np.asarray(item.times * other.data + item.plus))
    return found


def can_follow(node: object) -> TypeGuard[Parameter | Constant]:
    """Tell whether a node is a single number, which can follow another one and be followed.

    Parameters
    ----------
    node
        A node of a model.

    Returns
    -------
    bool
        True for parameters that are numbers, and for constants.
    """
    if isinstance(node, Parameter):
        return node.vector is None and not node.is_word and node.table is None
    return isinstance(node, Constant)

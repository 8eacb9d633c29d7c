"""Graph of a model: the steps that have to run for the quantities asked for, in order.

An integral evaluates the quantities of its integrand at its own nodes, so these are part of its step: from outside,
the step depends only on inputs that do not vary under the integral sign.
"""

from __future__ import annotations

import graphlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gridscan.definition.nodes import Quantity
from gridscan.errors import ModelError, listed, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gridscan.definition.definition import Definition


@dataclass(frozen=True)
class Step:
    """One quantity to compute: the names it takes, and the steps at the nodes of an integral.

    A kernel that takes quantities as functions has, in `functions`, the steps that make each of them.
    """

    node: Quantity
    arguments: tuple[str, ...]
    inner: tuple[Step, ...] = ()
    functions: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Name of the quantity."""
        return self.node.name


@dataclass(frozen=True)
class Graph:
    """The steps that compute `targets`.

    Attributes
    ----------
    steps
        Steps in an order in which they can run.
    inputs
        Parameters, constants and given quantities that the steps take.
    formulas
        Every quantity involved, those under integral signs included.
    """

    targets: tuple[str, ...]
    steps: tuple[Step, ...]
    inputs: tuple[str, ...]
    formulas: tuple[Quantity, ...]

    @classmethod
    def of(cls, model: Definition, targets: Iterable[str], cut: Iterable[str] = ()) -> Graph:
        """Select the steps of a model that compute some quantities.

        Parameters
        ----------
        model
            The model.
        targets
            The quantities asked for.
        cut
            Quantities that were given values. Their error estimates, unless given too, are zero.

        Returns
        -------
        Graph
            Steps in an order in which they can run.

        Raises
        ------
        ModelError
            If a target is not a quantity of the model.
        """
        targets = tuple(dict.fromkeys(targets))
        known, given = model.quantities, set(cut)
        for name in targets:
            if name not in known:
                raise ModelError(
                    f"model {model.name!r} has no quantity {name!r}{model.why_not(name) or nearest(name, known)};"
                    f" there are {listed(known, 60)}"
                )
        quantities = {
            name: _exact(node) if node.error_of in given else node for name, node in known.items() if name not in given
        }
        steps = _steps(quantities, targets)
        taken = dict.fromkeys(name for step in steps for name in step.arguments if name not in quantities)
        taken |= dict.fromkeys(name for name in targets if name not in quantities)
        formulas = dict.fromkeys(node.name for step in steps for node in _nodes_of(step))
        return cls(targets, tuple(steps), tuple(taken), tuple(quantities[name] for name in formulas))

    def dimensions(self, inputs: Mapping[str, tuple[str, ...]], order: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Return the dimensions of every input and step: the union of those of its arguments.

        Parameters
        ----------
        inputs
            Dimensions of the inputs, by name.
        order
            Dimensions in the order wanted.

        Returns
        -------
        dict of str to tuple of str
            Dimensions by name.
        """
        order = list(order)
        found = {name: tuple(inputs[name]) for name in self.inputs}
        for step in self.steps:
            have = {dim for name in step.arguments for dim in found[name]}
            found[step.name] = tuple(dim for dim in order if dim in have)
        return found

    @cached_property
    def _reached(self) -> dict[str, set[str]]:
        reached: dict[str, set[str]] = {}
        for step in self.steps:
            reached[step.name] = set().union(*(reached.get(argument, {argument}) for argument in step.arguments))
        return reached

    def inputs_of(self, *names: str) -> set[str]:
        """Return every input that quantities depend on, however indirectly.

        Parameters
        ----------
        *names
            The quantities.

        Returns
        -------
        set of str
            Names of inputs.
        """
        return set().union(*(self._reached.get(name, {name}) for name in names))

    def steps_to(self, name: str) -> tuple[Step, ...]:
        """Return the steps that a quantity takes, in their order.

        Parameters
        ----------
        name
            Of a quantity.

        Returns
        -------
        tuple of Step
            Those it depends on, however indirectly, and the last one.
        """
        wanted = {name}
        for step in reversed(self.steps):
            if step.name in wanted:
                wanted.update(step.arguments)
        return tuple(step for step in self.steps if step.name in wanted)


def _exact(node: Quantity) -> Quantity:
    """Return the error of a quantity that was given values: none, whatever that of its function would be."""
    assert node.error_of is not None
    return Quantity(node.name, node.unit, _none_of, (node.error_of,), node.long_name)


def _none_of(**given: Any) -> Any:
    (values,) = given.values()
    return 0 * values


def _nodes_of(step: Step) -> list[Quantity]:
    below = [*step.inner, *(inner for steps in step.functions.values() for inner in steps)]
    return [*(node for inner in below for node in _nodes_of(inner)), step.node]


def _steps(quantities: Mapping[str, Quantity], targets: Iterable[str]) -> list[Step]:
    """Return the steps for `targets`, each after those it depends on."""
    steps: dict[str, Step] = {}
    needed: dict[str, list[str]] = {}
    stack = [name for name in targets if name in quantities]
    while stack:
        name = stack.pop()
        if name not in needed:
            steps[name] = _step(quantities, quantities[name])
            needed[name] = [argument for argument in steps[name].arguments if argument in quantities]
            stack += needed[name]
    return [steps[name] for name in graphlib.TopologicalSorter(needed).static_order()]


def _step(quantities: Mapping[str, Quantity], node: Quantity) -> Step:
    if node.integral is None:
        return _kernel_step(quantities, node) if node.functions else Step(node, node.arguments)
    inner, outside = _varying(quantities, node.arguments, {node.integral.over})
    return Step(node, tuple(dict.fromkeys([*outside, node.integral.lower, node.integral.upper])), tuple(inner))


def _kernel_step(quantities: Mapping[str, Quantity], node: Quantity) -> Step:
    taken = [name for name in node.arguments if name not in node.functions]
    functions = {}
    for name, bound in node.functions.items():
        inner, outside = _varying(quantities, [name], set(bound))
        functions[name] = tuple(inner)
        taken += outside
    return Step(node, tuple(dict.fromkeys(taken)), functions=functions)


def _varying(
    quantities: Mapping[str, Quantity], targets: Iterable[str], varying: set[str]
) -> tuple[list[Step], list[str]]:
    """Return the steps for `targets` that depend on some names, and the other names that these take."""
    quantities = {name: node for name, node in quantities.items() if name not in varying}
    inner, varying = [], set(varying)
    for step in _steps(quantities, targets):
        if any(argument in varying for argument in step.arguments):
            varying.add(step.name)
            inner.append(step)
    taken = [*(argument for step in inner for argument in step.arguments), *targets]
    return inner, [name for name in taken if name not in varying]

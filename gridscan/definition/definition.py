"""The definition of a model, read only: its labels, parameters, constants, quantities and populations by name."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from gridscan.definition.nodes import (
    Alternative,
    Constant,
    Group,
    Label,
    Node,
    Parameter,
    Population,
    Quantity,
)
from gridscan.errors import ModelError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gridscan.definition.conditions import Caution, Requirement
    from gridscan.definition.figures import Figure
    from gridscan.definition.nodes import Kernel

Self = TypeVar("Self", bound="Definition")
Kind = TypeVar("Kind")


class _Nodes(dict[str, "Node"]):
    """Parameters, constants and quantities by name; those of one kind are picked out once, not at each question."""

    def __init__(self, nodes: Mapping[str, Node] | None = None) -> None:
        super().__init__(nodes or {})
        self._kinds: dict[type, dict[str, Any]] = {}
        self._bundled: dict[str, list[str]] = {}

    def __reduce__(self) -> tuple[type[_Nodes], tuple[dict[str, Node]]]:
        return _Nodes, (dict(self),)

    def __setitem__(self, name: str, node: Node) -> None:
        self._forget()
        super().__setitem__(name, node)

    def __delitem__(self, name: str) -> None:
        self._forget()
        super().__delitem__(name)

    def of_kind(self, kind: type[Kind]) -> dict[str, Kind]:
        """Return the nodes of one kind by name."""
        if kind not in self._kinds:
            self._kinds[kind] = {name: node for name, node in self.items() if isinstance(node, kind)}
        return dict(self._kinds[kind])

    def bundled(self, label: str) -> list[str]:
        """Return the names of the parameters that the records of a label set."""
        if not self._bundled:
            for name, node in self.items():
                if isinstance(node, Parameter) and node.label is not None:
                    self._bundled.setdefault(node.label, []).append(name)
        return list(self._bundled.get(label, ()))

    def _forget(self) -> None:
        self._kinds.clear()
        self._bundled.clear()


class Definition:
    """A set of named inputs and functions.

    Parameters
    ----------
    name
        Name used in a scenario: ``model = "red_supergiants"``.
    description
        One sentence.
    """

    def __init__(self, name: str, description: str) -> None:
        self.name = name
        self.description = description
        self._nodes = _Nodes()
        self._labels: dict[str, Label] = {}
        self._populations: dict[str, Population] = {}
        self._groups: dict[str, Group] = {}
        self._requirements: list[Requirement] = []
        self._cautions: list[Caution] = []
        self._alternatives: list[Alternative] = []
        self._figures: list[Figure] = []
        self._figure_modules: list[str] = []
        # What else is replaced with a quantity.
        self._consequences: dict[str, dict[str, Callable[..., Any] | Kernel]] = {}
        # What went with a quantity that was replaced, and the name of that.
        self._dropped: dict[str, str] = {}
        # Conventions that a quantity followed before it was replaced.
        self._unfollowed: dict[str, frozenset[str]] = {}
        # Quantities whose units are proven, and checks of the wiring that have passed.
        self._proven: set[str] = set()
        self._checked: set[str] = set()

    def __repr__(self) -> str:
        return f"<Model {self.name}: {len(self.parameters)} parameters, {len(self.quantities)} quantities>"

    def __getitem__(self, name: str) -> Node:
        return self._nodes[name]

    @property
    def labels(self) -> dict[str, Label]:
        """The labels by name."""
        return dict(self._labels)

    @property
    def parameters(self) -> dict[str, Parameter]:
        """The parameters by name."""
        return self._nodes.of_kind(Parameter)

    @property
    def constants(self) -> dict[str, Constant]:
        """The constants by name."""
        return self._nodes.of_kind(Constant)

    @property
    def quantities(self) -> dict[str, Quantity]:
        """The quantities by name."""
        return self._nodes.of_kind(Quantity)

    @property
    def populations(self) -> dict[str, Population]:
        """The populations, which can be sampled, by name."""
        return dict(self._populations)

    @property
    def groups(self) -> dict[str, Group]:
        """The groups, which functions take as one argument, by name."""
        return dict(self._groups)

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """What parameters have to be together."""
        return tuple(self._requirements)

    @property
    def cautions(self) -> tuple[Caution, ...]:
        """Where results are doubtful, in the order of declaration."""
        return tuple(self._cautions)

    @property
    def alternatives(self) -> tuple[Alternative, ...]:
        """Other ways to give parameters."""
        return tuple(self._alternatives)

    @property
    def alternative_inputs(self) -> dict[str, Parameter]:
        """What can be given in place of parameters, by name."""
        return {name: node for alternative in self._alternatives for name, node in alternative.inputs.items()}

    @property
    def nodes(self) -> dict[str, Node]:
        """Everything that functions can take as an argument, except groups."""
        return dict(self._nodes)

    @property
    def dropped(self) -> dict[str, str]:
        """What went with a quantity that was replaced, by name, and the name of that quantity."""
        return {name: cause for name, cause in self._dropped.items() if name not in self._nodes}

    def why_not(self, name: str) -> str:
        """Return why the model lacks a name which it had before a quantity was replaced.

        Parameters
        ----------
        name
            What was asked for.

        Returns
        -------
        str
            Text to append to a message; empty if it never had it.
        """
        return f"; it went when {self.dropped[name]!r} was replaced" if name in self.dropped else ""

    @property
    def names(self) -> list[str]:
        """Everything that can be given a value."""
        return [*self._labels, *self._nodes, *self.alternative_inputs]

    def bundled(self, label: str) -> list[str]:
        """Return the parameters that the records of a label set.

        Parameters
        ----------
        label
            Name of the label.

        Returns
        -------
        list of str
            Names of parameters.
        """
        return self._nodes.bundled(label)

    def alternatives_of(self, label: str) -> list[Alternative]:
        """Return the other ways in which the records of a label can give parameters.

        Parameters
        ----------
        label
            Name of the label.

        Returns
        -------
        list of Alternative
            Those of parameters that the records set.
        """
        bundled = set(self.bundled(label))
        return [alternative for alternative in self._alternatives if bundled.issuperset(alternative.sets)]

    def settable(self, label: str) -> list[str]:
        """Return what a record of a label can give: the parameters that it sets, and what can stand for them.

        Parameters
        ----------
        label
            Name of the label.

        Returns
        -------
        list of str
            Names.
        """
        return [*self.bundled(label), *(name for other in self.alternatives_of(label) for name in other.inputs)]

    def copy(self: Self) -> Self:
        """Return a model that can be extended without touching this one."""
        model = copy.copy(self)
        model._nodes, model._labels, model._proven = _Nodes(self._nodes), dict(self._labels), set(self._proven)
        model._populations, model._groups = dict(self._populations), dict(self._groups)
        model._requirements, model._alternatives = list(self._requirements), list(self._alternatives)
        model._cautions = list(self._cautions)
        model._figures, model._figure_modules = list(self._figures), list(self._figure_modules)
        model._consequences = {name: dict(functions) for name, functions in self._consequences.items()}
        model._dropped, model._unfollowed = dict(self._dropped), dict(self._unfollowed)
        model._checked = set()
        return model

    @property
    def formulas(self) -> dict[str, Quantity]:
        """The quantities that a scenario derives, by name."""
        return {name: node for name, node in self.quantities.items() if node.expression is not None}

    def with_formulas(self: Self, derived: Mapping[str, Quantity]) -> Self:
        """Return this model with other quantities that a scenario derives.

        Parameters
        ----------
        derived
            In place of those there are.

        Returns
        -------
        Definition
            A new one, or this one where nothing changes.
        """
        if not derived and not self.formulas:
            return self
        model = self.copy()
        for name in self.formulas:
            del model._nodes[name]
            model._proven.discard(name)
        for name, node in derived.items():
            model._nodes[name] = node
        return model

    @property
    def conventions(self) -> list[str]:
        """Parameters with the role of a convention, which all parts of a calculation should follow."""
        return [name for name, parameter in self.parameters.items() if parameter.role == "convention"]

    @property
    def unfollowed(self) -> dict[str, frozenset[str]]:
        """Conventions that replaced quantities followed before, by the names of the quantities."""
        return dict(self._unfollowed)

    def bounded(self: Self, ranges: Mapping[str, tuple[float, float]]) -> Self:
        """Return this model with other allowed ranges of parameters.

        Parameters
        ----------
        ranges
            Smallest and largest value by parameter, in their default units.

        Returns
        -------
        Definition
            A new one; this one stays as it is.

        Raises
        ------
        ModelError
            If there is no such parameter.
        """
        model = self.copy()
        for name, (low, high) in ranges.items():
            node = self._nodes.get(name)
            if name in self.dropped:
                continue
            if not isinstance(node, Parameter):
                raise ModelError(
                    f"model {self.name!r}: a table has a range of {name!r},"
                    f" which is not a parameter{nearest(name, self.parameters)}"
                )
            model._nodes[name] = replace(node, minimum=low, maximum=high, above=None, below=None)
        return model

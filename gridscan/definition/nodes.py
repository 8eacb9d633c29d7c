"""Nodes of a model: labels, parameters, constants and quantities, each with a name, a unit and a description."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from gridscan.errors import listed
from gridscan.numerics.ranges import Range
from gridscan.units import Unit, parse_unit, readable, registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

Number: TypeAlias = float | tuple[float, ...]

#: Roles of parameters that questions about a result look for.
ROLES = ("detector_mass", "sky_latitude", "sky_longitude", "convention")


@dataclass(frozen=True)
class Label:
    """A choice among records (`records`, or their TOML file, or those that ship under its name) of parameters."""

    name: str
    default: str
    description: str
    records: Mapping[str, Mapping[str, Any]] | Path | None = None


@dataclass(frozen=True)
class Table:
    """A parameter whose value is the name of a file: how the file is read.

    Attributes
    ----------
    shipped
        The default file.
    read
        Turns the content and the name of a file into a table; raises CatalogueError if it is invalid.
    ranges
        Ranges of other parameters that a table allows, in their default units.
    """

    shipped: Path
    read: Callable[[str, str], Any]
    ranges: Callable[[Any], Mapping[str, tuple[float, float]]]


@dataclass(frozen=True)
class Parameter:
    """An input of the model, which can become an axis.

    Attributes
    ----------
    default
        Value in `unit`; a tuple for a vector; a text where there are `choices` or a `table`; None where every record of
        `label` gives it, and otherwise what it is where a record does not.
    minimum, maximum
        Ends of the allowed range that are included, in `unit`.
    above, below
        Ends that are not.
    infinite
        Whether it may be infinite, as the open end of a window.
    vector
        Name of the inner dimension of a parameter that is a list of numbers for each grid point.
    padded
        For a vector: whether its functions are correct for a shorter one padded with its last value.
    length_offsets
        For a vector: how many values more it has than other vectors, by their names.
    selects
        For a choice between formulas: the quantity with these formulas, which ``Model.replace`` replaces.
    table
        For a parameter that names a file: how it is read. Functions get its content.
    role
        What questions about a result and other programs look for, one of `ROLES`; recorded in the result.
    read
        Reads a text with a unit, where that has more spellings than a number and its unit.
    """

    name: str
    description: str
    unit: Unit
    default: Number | str | None
    label: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    below: float | None = None
    infinite: bool = False
    choices: tuple[str, ...] = ()
    integer: bool = False
    vector: str | None = None
    selects: str | None = None
    table: Table | None = None
    padded: bool = False
    length_offsets: Mapping[str, int] = field(default_factory=dict)
    role: str | None = None
    read: Callable[[str], Any] | None = None

    @property
    def is_word(self) -> bool:
        """Whether values are texts: one of the choices, or a file."""
        return bool(self.choices) or self.table is not None

    @property
    def range(self) -> Range:
        """The allowed numbers, in `unit`."""
        return Range(self.minimum, self.maximum, self.above, self.below, whole=self.integer, finite=not self.infinite)

    @property
    def default_as_given(self) -> Any:
        """What it is where a record does not say, as a record would say it; None if every record has to."""
        if isinstance(self.default, float):
            return registry.Quantity(self.default, self.unit)
        return list(self.default) if isinstance(self.default, tuple) else self.default

    @property
    def allowed(self) -> str:
        """The allowed values, as one phrase for a message."""
        if self.choices:
            return f"one of {listed(self.choices)}"
        if self.table is not None:
            return "the name of a file"
        unit = "" if readable(self.unit) == "1" else readable(self.unit)
        return self.range.described(unit).replace("a finite number", "a number")


@dataclass(frozen=True)
class Constant:
    """A constant of nature, passed by name; it can be overridden, but is not meant to be scanned."""

    name: str
    description: str
    unit: Unit
    default: float


@dataclass(frozen=True)
class Integral:
    """The rule of a definite integral over one parameter."""

    over: str
    lower: str
    upper: str
    accuracy: float


@dataclass(frozen=True)
class Group:
    """Names that belong together, such as the parameters of a galaxy, and that functions take as one argument.

    Attributes
    ----------
    kind
        Class of that argument, built from the members by name.
    members
        Parameters, constants or quantities.
    units
        Units in which kernels get the members; words have none.
    """

    name: str
    kind: type
    members: tuple[str, ...]
    units: Mapping[str, Unit]


@dataclass(frozen=True)
class Quantity:
    """A function of other names.

    Attributes
    ----------
    takes
        The names of the function's arguments.
    argument_units
        For kernels: the unit of each name, those of a group's members included.
    integral
        For integrals only.
    missing
        Where it is undefined, as a phrase; only then may it be NaN.
    unbounded
        Where it is infinite, as a phrase; only then may it be so.
    count
        Whether it is the mean of a Poisson distribution, from which a scenario can ask for draws.
    functions
        Arguments that a kernel takes as functions, mapped to the parameters of these.
    groups
        Arguments that stand for several names.
    replaced
        Whether its function was put in place of that of the model.
    expression
        The formula by which a scenario derives it; None for those of the model.
    """

    name: str
    unit: Unit
    function: Callable[..., Any]
    takes: tuple[str, ...]
    long_name: str
    kind: Literal["quantity", "kernel", "integral"] = "quantity"
    argument_units: Mapping[str, Unit | None] = field(default_factory=dict)
    integral: Integral | None = None
    gives_error: bool = False
    error_of: str | None = None
    missing: str | None = None
    unbounded: str | None = None
    count: bool = False
    functions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    replaced: bool = False
    expression: str | None = None

    @cached_property
    def arguments(self) -> tuple[str, ...]:
        """The names that the function depends on: its arguments, with groups replaced by their members."""
        members = (self.groups[name].members if name in self.groups else (name,) for name in self.takes)
        return tuple(dict.fromkeys(name for names in members for name in names))

    @property
    def callables(self) -> tuple[Callable[..., Any], ...]:
        """The code that runs: the function and the classes of its groups."""
        return (self.function, *(group.kind for group in self.groups.values()))

    @cached_property
    def needs(self) -> tuple[str, ...]:
        """Every name that this quantity needs: arguments, parameters of functions, limits of an integral."""
        if self.integral is None:
            bound = [name for names in self.functions.values() for name in names]
            return tuple(dict.fromkeys([*self.arguments, *bound]))
        return tuple(dict.fromkeys([*self.arguments, self.integral.over, self.integral.lower, self.integral.upper]))

    @property
    def where(self) -> str:
        """File and line of the function, for messages."""
        code = getattr(inspect.unwrap(self.function), "__code__", None)
        return f"{code.co_filename}:{code.co_firstlineno}" if code else repr(self.function)

    @property
    def documentation(self) -> str:
        """The function's docstring, cleaned."""
        return inspect.getdoc(self.function) or ""


@dataclass(frozen=True)
class Column:
    """A property of the members of a population: a number with a unit, or one of several words."""

    long_name: str
    unit: Unit | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Population:
    """Random members, such as stars, drawn by a function of other names.

    Attributes
    ----------
    quantity
        The function with its arguments and their units; the generator and the number of members are not among them.
    dimension
        Name of the dimension along which the members lie.
    sized
        Whether the function can be asked for a number of members.
    also_recorded
        Parameters whose values are recorded with a sample although its members do not depend on them.
    """

    quantity: Quantity
    dimension: str
    columns: Mapping[str, Column]
    sized: bool
    also_recorded: tuple[str, ...] = ()


@dataclass(frozen=True)
class AlternativeInput:
    """A number that, with others, can be given in place of parameters; see ``Model.alternative``.

    Attributes
    ----------
    description
        What it is.
    unit
        Default unit.
    minimum, maximum
        Ends of the allowed range that are included, in `unit`.
    above, below
        Ends that are not.
    read
        Reads a text into a pint quantity and raises UnitError where it cannot; by default a number with a unit is read.
    """

    description: str
    unit: str
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    below: float | None = None
    read: Callable[[str], Any] | None = None


@dataclass(frozen=True)
class Alternative:
    """Another way to give parameters: other numbers, from which a function computes them.

    Attributes
    ----------
    sets
        The parameters.
    inputs
        What is given in their place, by name.
    function
        Takes the inputs in this order and returns the parameters in theirs, all in base units.
    """

    sets: tuple[str, ...]
    inputs: Mapping[str, Parameter]
    function: Callable[..., Any]

    def beside(self, name: str) -> str:
        """Return what one of the inputs needs and replaces, as one phrase for a message.

        Parameters
        ----------
        name
            The input.

        Returns
        -------
        str
            Such as "with declination in place of longitude and latitude".
        """
        others = " and ".join(other for other in self.inputs if other != name)
        return f"{f'with {others} ' if others else ''}in place of {' and '.join(self.sets)}"


Node: TypeAlias = Parameter | Constant | Quantity


@dataclass(frozen=True)
class Kernel:
    """A numerical function of bare arrays with the units of its arguments and of its result, for ``Model.replace``."""

    function: Callable[..., Any]
    unit: Unit
    argument_units: Mapping[str, Unit]
    functions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def kernel(
    unit: str, *, functions: Mapping[str, Iterable[str]] | None = None, **argument_units: str
) -> Callable[[Callable[..., Any]], Kernel]:
    """Declare the units of a numerical function, so that it can replace a quantity.

    Parameters
    ----------
    unit
        Unit of the result.
    functions
        Arguments that it takes as functions of some parameters, as for ``model.kernel``.
    **argument_units
        One unit for each argument that is not a word.

    Returns
    -------
    callable
        A decorator, which makes a `Kernel` for ``Model.replace``.

    Raises
    ------
    UnitError
        If a unit cannot be read.

    Examples
    --------
    >>> import numpy as np
    >>> table = kernel("cm^2", energy="MeV")(lambda energy: np.interp(energy, [0.1, 5], [1e-45, 5e-44]))
    """
    units = {argument: parse_unit(text) for argument, text in argument_units.items()}
    bound = {name: tuple(parameters) for name, parameters in (functions or {}).items()}
    return lambda function: Kernel(function, parse_unit(unit), units, bound)

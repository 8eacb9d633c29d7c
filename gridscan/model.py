"""A model: parameters, constants and functions whose argument names are the wiring.

Quantities are declared in any order; :meth:`Model.check` reports every fault of the wiring at once, and runs by
itself when a model is loaded, replaced or used.
"""

from __future__ import annotations

import copy
import graphlib
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

import pint

from gridscan.errors import ModelError, UnitError, listed, nearest
from gridscan.units import Unit, parse_quantity, parse_unit, readable, registry, same_dimension

if TYPE_CHECKING:
    import xarray as xr

Function = TypeVar("Function", bound=Callable[..., Any])
Number: TypeAlias = float | tuple[float, ...]


@dataclass(frozen=True)
class Label:
    """A choice among the records of a catalogue; a record bundles values of the parameters that default to it."""

    name: str
    default: str
    description: str


@dataclass(frozen=True)
class Parameter:
    """An input of the model, and an axis in waiting.

    Attributes
    ----------
    default
        Value in `unit`; a tuple for a vector; a text where there are `choices`; None where the record of `label`
        gives it.
    minimum, maximum
        Allowed range, in `unit`, ends included.
    vector
        Name of the inner dimension of a parameter that is a list of numbers for each grid point.
    selects
        For a choice between formulas: the quantity that holds them, which is what ``Model.replace`` swaps.
    """

    name: str
    description: str
    unit: Unit
    default: Number | str | None
    label: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    integer: bool = False
    vector: str | None = None
    selects: str | None = None

    @property
    def allowed(self) -> str:
        """The allowed values, as one phrase for a message."""
        if self.choices:
            return f"one of {listed(self.choices)}"
        unit = "" if readable(self.unit) == "1" else f" {readable(self.unit)}"
        kind = "a whole number" if self.integer else "a number"
        if self.minimum is not None and self.maximum is not None:
            return f"{kind} from {self.minimum:g} to {self.maximum:g}{unit}"
        if self.minimum is not None:
            return f"{kind} of at least {self.minimum:g}{unit}"
        return f"{kind} of at most {self.maximum:g}{unit}" if self.maximum is not None else kind


@dataclass(frozen=True)
class Constant:
    """A constant of nature, injected by name; it can be overridden, but is not meant to be scanned."""

    name: str
    description: str
    unit: Unit
    default: float


@dataclass(frozen=True)
class Integral:
    """What turns an integrand into a definite integral over one parameter."""

    over: str
    lower: str
    upper: str
    accuracy: float


@dataclass(frozen=True)
class Quantity:
    """A function of other names. `argument_units` is set for kernels only, `integral` for integrals only."""

    name: str
    unit: Unit
    function: Callable[..., Any]
    arguments: tuple[str, ...]
    long_name: str
    kind: Literal["quantity", "kernel", "integral"] = "quantity"
    argument_units: Mapping[str, Unit | None] = field(default_factory=dict)
    integral: Integral | None = None
    gives_error: bool = False
    error_of: str | None = None
    missing: str | None = None

    @property
    def needs(self) -> tuple[str, ...]:
        """Every name that has to exist for this quantity: arguments, and for an integral its limits."""
        if self.integral is None:
            return self.arguments
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


Node: TypeAlias = Parameter | Constant | Quantity


@dataclass(frozen=True)
class Kernel:
    """A numerical function of bare arrays with the units of its arguments and of its result, for ``Model.replace``."""

    function: Callable[..., Any]
    unit: Unit
    argument_units: Mapping[str, Unit]


def kernel(unit: str, **argument_units: str) -> Callable[[Callable[..., Any]], Kernel]:
    """Say in which units a numerical function of one's own works, so that it can replace a quantity.

    Examples
    --------
    >>> table = kernel("cm^2", energy="MeV")(lambda energy: np.interp(energy, [0.1, 5], [1e-45, 5e-44]))

    Raises
    ------
    UnitError
        If a unit cannot be read.
    """
    units = {argument: parse_unit(text) for argument, text in argument_units.items()}
    return lambda function: Kernel(function, parse_unit(unit), units)


class Model:
    """A set of named inputs and functions.

    Parameters
    ----------
    name
        As it stands in a scenario: ``model = "red_supergiants"``.
    description
        One sentence.

    Examples
    --------
    >>> model = Model("pendulum", "A small swing")
    >>> _ = model.parameter("length", "1 m", "Length of the string", minimum=0)
    >>> _ = model.constant("gravity", "9.80665 m/s^2", "Standard gravity")
    >>> @model.quantity("s", long_name="period")
    ... def period(length, gravity):
    ...     "T = 2 pi sqrt(l/g)."
    ...     return 2 * np.pi * np.sqrt(length / gravity)
    >>> float(model.evaluate("period", length="25 cm"))
    1.003033490163217
    """

    def __init__(self, name: str, description: str) -> None:
        self.name = name
        self.description = description
        self._nodes: dict[str, Node] = {}
        self._labels: dict[str, Label] = {}
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
        return {name: node for name, node in self._nodes.items() if isinstance(node, Parameter)}

    @property
    def constants(self) -> dict[str, Constant]:
        """The constants by name."""
        return {name: node for name, node in self._nodes.items() if isinstance(node, Constant)}

    @property
    def quantities(self) -> dict[str, Quantity]:
        """The quantities by name."""
        return {name: node for name, node in self._nodes.items() if isinstance(node, Quantity)}

    @property
    def nodes(self) -> dict[str, Node]:
        """Everything a function's argument can name."""
        return dict(self._nodes)

    @property
    def names(self) -> list[str]:
        """Everything that can be given a value."""
        return [*self._labels, *self._nodes]

    def label(self, name: str, default: str, description: str) -> Label:
        """Declare a label: a choice among the records of the catalogue of the same name.

        Raises
        ------
        ModelError
            If the name is taken or is no identifier.
        """
        self._claim(name)
        self._labels[name] = Label(name, default, description)
        return self._labels[name]

    def parameter(
        self,
        name: str,
        default: str | float | Iterable[float] | Label,
        description: str,
        *,
        unit: str | None = None,
        minimum: float | None = None,
        maximum: float | None = None,
        choices: Iterable[str] = (),
        integer: bool = False,
        vector: str | None = None,
        selects: str | None = None,
    ) -> Parameter:
        """Declare a parameter.

        Parameters
        ----------
        default
            ``"2 Msun/yr"`` (whose unit is then the default unit), a number for a dimensionless one, one of `choices`,
            or a label, whose record then gives the value.
        unit
            Default unit where `default` is a label or a vector.
        minimum, maximum
            Allowed range in the default unit, ends included.
        choices
            For a parameter that is a word.
        vector
            Inner dimension, for a parameter that is a list of numbers. Its functions see one more, last, axis;
            shorter lists beside longer ones are padded with their last value.
        selects
            The quantity whose formulas a choice selects.

        Raises
        ------
        ModelError
            If the name is taken, or the default is not allowed.
        UnitError
            If the default cannot be read.
        """
        self._claim(name)
        self._nodes[name] = parameter = Parameter(
            name,
            description,
            *_default_and_unit(name, default, unit, tuple(choices)),
            label=default.name if isinstance(default, Label) else None,
            minimum=minimum,
            maximum=maximum,
            choices=tuple(choices),
            integer=integer,
            vector=vector,
            selects=selects,
        )
        return parameter

    def constant(self, name: str, value: str | None = None, description: str = "") -> Constant:
        """Declare a constant; without a value, the one that pint (CODATA) has under this name.

        Raises
        ------
        ModelError
            If the name is taken, or is none that pint knows.
        """
        self._claim(name)
        if value is None:
            try:
                quantity = registry.Quantity(1.0, name).to_base_units()
            except pint.UndefinedUnitError:
                raise ModelError(f"constant {name!r} is none that pint knows: give its value") from None
        else:
            quantity = parse_quantity(value)
        self._nodes[name] = constant = Constant(
            name, description or name.replace("_", " "), quantity.units, float(quantity.magnitude)
        )
        return constant

    def quantity(
        self, unit: str, *, long_name: str | None = None, missing: str | None = None
    ) -> Callable[[Function], Function]:
        """Declare a quantity: a formula that the unit proof follows.

        Parameters
        ----------
        unit
            Unit of the result.
        long_name
            For the file and for plots; the name with blanks by default.
        missing
            Where the quantity is undefined, as a phrase; only then may it be NaN.
        """
        return self._declaration(unit, long_name=long_name, missing=missing)

    def kernel(
        self,
        unit: str,
        *,
        long_name: str | None = None,
        error: bool = False,
        missing: str | None = None,
        **argument_units: str,
    ) -> Callable[[Function], Function]:
        """Declare a numerical kernel: a function of bare arrays in the units given for its arguments.

        Parameters
        ----------
        error
            The function returns ``(value, error)``, both in `unit`; the absolute error becomes the quantity
            ``<name>_error``.
        argument_units
            One for each argument that is not a word.
        """
        units = {argument: parse_unit(text) for argument, text in argument_units.items()}
        return self._declaration(
            unit, long_name=long_name, missing=missing, kind="kernel", argument_units=units, gives_error=error
        )

    def integral(
        self, unit: str, *, over: str, lower: str, upper: str, accuracy: float = 1e-9, long_name: str | None = None
    ) -> Callable[[Function], Function]:
        """Declare the definite integral of a function over a parameter.

        The function returns the integrand. Everything it is made of, however indirectly, is evaluated at the nodes of
        a Gauss-Legendre rule whose order doubles until two orders agree; the difference is the quantity
        ``<name>_error``.

        Parameters
        ----------
        over
            The parameter that is integrated over.
        lower, upper
            Names of the limits.
        accuracy
            Relative, of each value.
        """
        rule = Integral(over, lower, upper, accuracy)
        return self._declaration(unit, long_name=long_name, kind="integral", integral=rule, gives_error=True)

    def _declaration(self, unit: str, *, long_name: str | None, **options: Any) -> Callable[[Function], Function]:
        declared = parse_unit(unit)

        def declare(function: Function) -> Function:
            name = function.__name__
            self._claim(name)
            title = long_name or name.replace("_", " ")
            node = Quantity(name, declared, function, _arguments(name, function), title, **options)
            _check_kernel_arguments(node)
            self._nodes[name] = node
            if node.gives_error:
                self._claim(f"{name}_error")
                self._nodes[f"{name}_error"] = replace(
                    node,
                    name=f"{name}_error",
                    long_name=f"absolute error estimate of the {title}",
                    error_of=name,
                    missing=None,
                )
            return function

        return declare

    def _claim(self, name: str) -> None:
        if not name.isidentifier() or name == "zip":
            raise ModelError(f"model {self.name!r}: {name!r} cannot be a name: it has to be a Python identifier")
        if name in self._nodes or name in self._labels:
            raise ModelError(f"model {self.name!r}: the name {name!r} is declared twice")
        self._checked = set()

    def replace(self, **functions: Callable[..., Any] | Kernel) -> Model:
        """Return a model in which quantities (or parameters) are computed by other functions.

        Parameters
        ----------
        functions
            ``name=function``; the unit stays that of the name, and the function's arguments are wired by name.
            A numerical function that pint cannot follow is wrapped in :func:`kernel`. The name of a parameter that
            chooses between formulas stands for the quantity that holds them.

        Raises
        ------
        ModelError
            If there is no such name, or the new function closes a cycle or asks for an unknown name.
        UnitError
            If a kernel's unit does not fit the name.
        """
        model = self.copy()
        for name, function in functions.items():
            node = self._nodes.get(name)
            if isinstance(node, Parameter) and node.selects is not None:
                del model._nodes[name]
                name, node = node.selects, self._nodes[node.selects]
            if not isinstance(node, Parameter | Quantity):
                known = [n for n, other in self._nodes.items() if not isinstance(other, Constant)]
                raise ModelError(f"model {self.name!r} has no quantity {name!r} to replace{nearest(name, known)}")
            model._nodes[name] = _substitute(node, function)
            if isinstance(node, Quantity) and node.gives_error:
                model._nodes.pop(f"{name}_error", None)
            model._proven.discard(name)
        model.check(unused=False)
        return model

    def copy(self) -> Model:
        """Return a model that can be extended without touching this one."""
        model = copy.copy(self)
        model._nodes, model._labels, model._proven = dict(self._nodes), dict(self._labels), set(self._proven)
        model._checked = set()
        return model

    def check(self, *, unused: bool = True) -> Model:
        """Report every fault of the wiring: unknown names, cycles, and (by default) inputs that nothing uses.

        Raises
        ------
        ModelError
            With one line a fault.
        """
        checks = {"wiring", "unused"} if unused else {"wiring"}
        if not checks <= self._checked:
            faults = [*self._unknown_names(), *self._wrong_limits()]
            faults += self._cycles() if not faults else []
            faults += self._unused_inputs() if unused and not faults else []
            if faults:
                raise ModelError("\n".join(f"model {self.name!r}: {fault}" for fault in faults))
            self._checked |= checks
        return self

    def _functions(self) -> list[Quantity]:
        """Return the quantities without error estimates, which come from the function of another."""
        return [node for node in self.quantities.values() if node.error_of is None]

    def _unknown_names(self) -> list[str]:
        labels = {name: ", ".join(self.bundled(name)) for name in self._labels}
        faults = []
        for node in self._functions():
            for argument in node.needs:
                if argument in labels:
                    faults.append(
                        f"{node.name!r} ({node.where}) asks for the label {argument!r};"
                        f" ask for what its records bundle: {labels[argument]}"
                    )
                elif argument not in self._nodes:
                    hint = nearest(argument, self._nodes)
                    faults.append(f"{node.name!r} ({node.where}) asks for the unknown name {argument!r}{hint}")
        for parameter in self.parameters.values():
            if parameter.selects is not None and not isinstance(self._nodes.get(parameter.selects), Quantity):
                faults.append(f"parameter {parameter.name!r} selects {parameter.selects!r}, which is no quantity")
        return faults

    def _wrong_limits(self) -> list[str]:
        faults = []
        for node in self._functions():
            rule = node.integral
            if rule is None or not all(name in self._nodes for name in node.needs):
                continue
            over = self._nodes[rule.over]
            if not isinstance(over, Parameter) or over.choices or over.vector:
                faults.append(f"{node.name!r} integrates over {rule.over!r}, which is not a parameter that is a number")
                continue
            for limit in (rule.lower, rule.upper):
                if not same_dimension(self._nodes[limit].unit, over.unit):
                    faults.append(
                        f"{node.name!r} integrates over {rule.over!r} in {readable(over.unit)!r},"
                        f" but its limit {limit!r} is in {readable(self._nodes[limit].unit)!r}"
                    )
        return faults

    def _cycles(self) -> list[str]:
        graph = {node.name: [n for n in node.needs if n in self.quantities] for node in self.quantities.values()}
        try:
            graphlib.TopologicalSorter(graph).prepare()
        except graphlib.CycleError as error:
            return ["the quantities form a cycle: " + " -> ".join(reversed(error.args[1]))]
        return []

    def _unused_inputs(self) -> list[str]:
        used = {name for node in self.quantities.values() for name in node.needs}
        idle = [name for name, node in self._nodes.items() if not isinstance(node, Quantity) and name not in used]
        idle += [name for name in self._labels if not self.bundled(name)]
        return [f"no quantity uses the input {name!r}" for name in idle]

    def bundled(self, label: str) -> list[str]:
        """Return the parameters that the records of a label set."""
        return [name for name, parameter in self.parameters.items() if parameter.label == label]

    def evaluate(self, names: str | Iterable[str], /, **values: Any) -> xr.DataArray | xr.Dataset:
        """Evaluate quantities for the values given, defaults elsewhere.

        Parameters
        ----------
        names
            One name gives a DataArray, a list of names a Dataset.
        values
            A number in the default unit, a text with a unit, a label, a pint quantity, or a list (or array) of any of
            these, which makes an axis. A value for a quantity cuts the graph there.

        Returns
        -------
        xarray.DataArray or xarray.Dataset
            Each quantity with exactly the dimensions it depends on; large ones are dask arrays.

        Raises
        ------
        ModelError, UnitError, ScenarioError, EvaluationError
            Saying what was found, and what is allowed.
        """
        from gridscan.evaluate import evaluate_model

        return evaluate_model(self, names, values)


def _default_and_unit(
    name: str, default: str | float | Iterable[float] | Label, unit: str | None, choices: tuple[str, ...]
) -> tuple[Unit, Number | str | None]:
    if isinstance(default, Label):
        return parse_unit(unit or "1"), None
    if choices:
        if default not in choices:
            raise ModelError(f"the default {default!r} of {name!r} is none of its choices: {listed(choices)}")
        return registry.dimensionless, str(default)
    if isinstance(default, str):
        quantity = parse_quantity(default)
        if unit is not None and parse_unit(unit) != quantity.units:
            raise ModelError(f"parameter {name!r}: the default {default!r} already says the unit, but unit={unit!r}")
        return quantity.units, float(quantity.magnitude)
    if isinstance(default, int | float):
        return parse_unit(unit or "1"), float(default)
    return parse_unit(unit or "1"), tuple(float(value) for value in default)


def _arguments(name: str, function: Callable[..., Any]) -> tuple[str, ...]:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        raise ModelError(f"the function for {name!r} has no signature that can be read; wrap it in a def") from None
    for parameter in signature.parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise ModelError(f"{name!r}: the argument {str(parameter)!r} has no name that could be wired")
        if parameter.default is not parameter.empty:
            raise ModelError(
                f"{name!r}: the argument {parameter.name!r} has a default, which would hide an input;"
                " declare it as a parameter of the model"
            )
    return tuple(signature.parameters)


def _substitute(node: Parameter | Quantity, function: Callable[..., Any] | Kernel) -> Quantity:
    title = node.long_name if isinstance(node, Quantity) else node.description
    if not isinstance(function, Kernel):
        return Quantity(node.name, node.unit, function, _arguments(node.name, function), title)
    if not same_dimension(function.unit, node.unit):
        raise UnitError(
            f"the kernel for {node.name!r} gives {readable(function.unit)!r},"
            f" expected a unit like {readable(node.unit)!r}"
        )
    arguments = _arguments(node.name, function.function)
    substitute = Quantity(
        node.name,
        function.unit,
        function.function,
        arguments,
        title,
        kind="kernel",
        argument_units=function.argument_units,
    )
    _check_kernel_arguments(substitute)
    return substitute


def _check_kernel_arguments(node: Quantity) -> None:
    surplus = [name for name in node.argument_units if name not in node.arguments]
    if surplus:
        raise UnitError(
            f"kernel {node.name!r} ({node.where}) declares a unit for {surplus[0]!r},"
            f" which is no argument of it{nearest(surplus[0], node.arguments)}"
        )

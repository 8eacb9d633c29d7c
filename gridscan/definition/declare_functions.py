"""Declaring the functions of a model: quantities, kernels, integrals, groups of their arguments, and populations."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from gridscan.definition.declare_alternatives import AlternativeDeclarations
from gridscan.definition.groups import members_of, with_groups
from gridscan.definition.node_checks import argument_names, check_kernel_arguments
from gridscan.definition.nodes import Column, Group, Integral, Kernel, Population, Quantity
from gridscan.errors import ModelError
from gridscan.units import parse_unit, registry

if TYPE_CHECKING:
    from collections.abc import Mapping

Function = TypeVar("Function", bound=Callable[..., Any])


class FunctionDeclarations(AlternativeDeclarations):
    """A definition with methods that declare functions."""

    def quantity(
        self,
        unit: str,
        *,
        long_name: str | None = None,
        missing: str | None = None,
        unbounded: str | None = None,
        count: bool = False,
    ) -> Callable[[Function], Function]:
        """Declare a quantity: a formula, whose units are proven.

        Parameters
        ----------
        unit
            Unit of the result.
        long_name
            For the file and for plots; the name with blanks by default.
        missing
            Where the quantity is undefined, as a phrase; only then may it be NaN.
        unbounded
            Where the quantity is infinite, as a phrase; only then may it be so.
        count
            Whether it is the mean of a Poisson distribution, from which a scenario can ask for draws.

        Returns
        -------
        callable
            A decorator, which returns the function unchanged.

        Raises
        ------
        ModelError
            If a count has a unit, or may be missing.

        Examples
        --------
        >>> import gridscan as gs
        >>> model = gs.Model("flux", "Flux of a lamp")
        >>> _ = model.parameter("power", "1 W", "Power")
        >>> _ = model.parameter("distance", "2 m", "Distance", minimum=0)
        >>> @model.quantity("W/m^2")
        ... def flux(power, distance):
        ...     "P/d^2 per steradian."
        ...     return power / distance**2
        >>> float(model.evaluate("flux", distance="50 cm"))
        4.0
        """
        if count and (missing is not None or unbounded is not None or parse_unit(unit) != registry.dimensionless):
            raise ModelError("a count must be dimensionless, finite and never missing")
        return self._declaration(unit, long_name=long_name, missing=missing, unbounded=unbounded, count=count)

    def kernel(
        self,
        unit: str,
        *,
        long_name: str | None = None,
        error: bool = False,
        missing: str | None = None,
        unbounded: str | None = None,
        functions: Mapping[str, Iterable[str]] | None = None,
        **argument_units: str,
    ) -> Callable[[Function], Function]:
        """Declare a numerical kernel: a function of bare arrays in the units given for its arguments.

        Parameters
        ----------
        unit
            Unit of the result.
        long_name
            For the file and for plots; the name with blanks by default.
        error
            The function returns ``(value, error)``, both in `unit`; the absolute error becomes the quantity
            ``<name>_error``.
        missing
            Where the quantity is undefined, as a phrase; only then may it be NaN.
        unbounded
            Where the quantity is infinite, as a phrase; only then may it be so.
        functions
            Arguments that the kernel takes as functions of some parameters, by name, as for an integral with its
            own rule. They are called as ``f(points, a=..., b=...)`` with the flat indices of some grid points, shape
            (k,), and values of the parameters, shapes (k, ...); other inputs of the quantity are taken at these
            points. ``f.shape`` is the shape of the grid. Units are given for the parameters too.
        **argument_units
            One unit for each argument that is not a word.

        Returns
        -------
        callable
            A decorator, which returns the function unchanged.

        Examples
        --------
        >>> import numpy as np
        >>> import gridscan as gs
        >>> model = gs.Model("table", "An interpolated cross section")
        >>> _ = model.parameter("energy", "1 MeV", "Energy", minimum=0)
        >>> @model.kernel("cm^2", energy="MeV")
        ... def cross_section(energy):
        ...     "Linear between two tabulated values."
        ...     return np.interp(energy, [0.0, 5.0], [0.0, 5e-44])
        >>> print(f"{float(model.evaluate('cross_section', energy='2000 keV')):.1e}")
        2.0e-44
        """
        units = {argument: parse_unit(text) for argument, text in argument_units.items()}
        bound = {name: tuple(parameters) for name, parameters in (functions or {}).items()}
        return self._declaration(
            unit,
            long_name=long_name,
            missing=missing,
            unbounded=unbounded,
            kind="kernel",
            argument_units=units,
            gives_error=error,
            functions=bound,
        )

    def integral(
        self, unit: str, *, over: str, lower: str, upper: str, accuracy: float = 1e-9, long_name: str | None = None
    ) -> Callable[[Function], Function]:
        """Declare the definite integral of a function over a parameter.

        The function returns the integrand. All quantities that this depends on are evaluated at the nodes of a
        Gauss-Legendre rule whose order doubles until two orders agree; the difference is the quantity
        ``<name>_error``.

        Parameters
        ----------
        unit
            Unit of the integral.
        over
            The integration variable, a parameter.
        lower, upper
            Names of the limits.
        accuracy
            Relative accuracy of each value.
        long_name
            For the file and for plots; the name with blanks by default.

        Returns
        -------
        callable
            A decorator, which returns the function unchanged.

        Examples
        --------
        >>> import gridscan as gs
        >>> model = gs.Model("fall", "A falling stone")
        >>> _ = model.constant("gravity", "9.80665 m/s^2")
        >>> for name in ("time", "start", "end"):
        ...     _ = model.parameter(name, "1 s", name, minimum=0)
        >>> @model.integral("m", over="time", lower="start", upper="end")
        ... def distance(gravity, time):
        ...     "Integral of g t."
        ...     return gravity * time
        >>> round(float(model.evaluate("distance", start="0 s", end="2 s")), 4)
        19.6133
        """
        rule = Integral(over, lower, upper, accuracy)
        return self._declaration(unit, long_name=long_name, kind="integral", integral=rule, gives_error=True)

    def group(self, name: str, kind: type, /, *words: str, **units: str) -> Group:
        """Declare names that belong together, as one argument of functions.

        A function with an argument `name` gets an instance of `kind` built from the members, and depends on each.
        The members stay parameters and axes; a formula that needs one of them names that one alone.

        Parameters
        ----------
        name
            Name in functions.
        kind
            A frozen dataclass or a named tuple, whose fields have the names of the members.
        *words
            Members that are words, or that only formulas take.
        **units
            The other members, with the units in which kernels get them.

        Returns
        -------
        Group
            The declared group.

        Raises
        ------
        ModelError
            If the name is taken, or `kind` lacks such fields, or has others without a default.
        UnitError
            If a unit cannot be read, or a kernel takes a member in another unit.

        Examples
        --------
        >>> from typing import NamedTuple
        >>> import numpy as np
        >>> class Orbit(NamedTuple):
        ...     length: float
        ...     mass: float
        >>> import gridscan as gs
        >>> model = gs.Model("moons", "Moons of a planet")
        >>> _ = model.parameter("length", "4e5 km", "Semi-major axis")
        >>> _ = model.parameter("mass", "6e24 kg", "Mass of the planet")
        >>> _ = model.constant("newtonian_constant_of_gravitation")
        >>> _ = model.group("orbit", Orbit, length="km", mass="kg")
        >>> @model.quantity("d")
        ... def period(orbit, newtonian_constant_of_gravitation):
        ...     "2 pi sqrt(a^3/(G M)). Source: Kepler's third law."
        ...     return 2 * np.pi * np.sqrt(orbit.length**3 / (newtonian_constant_of_gravitation * orbit.mass))
        >>> round(float(model.evaluate("period")), 1)
        29.1
        """
        self._claim(name)
        group = Group(name, kind, *members_of(name, kind, words, units))
        self._groups[name] = group
        for key, node in self.quantities.items():
            self._nodes[key] = with_groups(node, self._groups)
        for key, population in self._populations.items():
            self._populations[key] = replace(population, quantity=with_groups(population.quantity, self._groups))
        return group

    def when_replaced(self, name: str, /, **functions: Callable[..., Any] | Kernel) -> None:
        """Declare what else ``Model.replace`` replaces when a quantity is replaced, unless a user does so too.

        Parameters
        ----------
        name
            The quantity.
        **functions
            Functions, or those of `gs.kernel`, by the names of other quantities, which mean something else for another
            `name`.

        Examples
        --------
        A lamp of one's own is not derated:

        >>> import gridscan as gs
        >>> model = gs.Model("lamp", "Power of a lamp")
        >>> _ = model.parameter("voltage", "2 V", "Voltage")
        >>> _ = model.constant("resistance", "1 ohm", "Resistance")
        >>> @model.quantity("W")
        ... def nominal(voltage, resistance):
        ...     "U²/R."
        ...     return voltage**2 / resistance
        >>> @model.quantity("W")
        ... def power(nominal):
        ...     "Derated."
        ...     return 0.9 * nominal
        >>> model.when_replaced("nominal", power=lambda nominal: nominal)
        >>> float(model.evaluate("power")), float(model.replace(nominal=lambda voltage, resistance: voltage**2 /
        ...     resistance).evaluate("power"))
        (3.6, 4.0)
        """
        self._consequences.setdefault(name, {}).update(functions)

    def population(
        self,
        dimension: str,
        *,
        long_name: str,
        columns: Mapping[str, tuple[str | Iterable[str], str]],
        also_recorded: Iterable[str] = (),
        **argument_units: str,
    ) -> Callable[[Function], Function]:
        """Declare a function that draws members of a population, such as stars, for one point of a scenario.

        Its first argument is ``generator``, a `numpy.random.Generator`; a second one may be ``size``, the number of
        members, or None for a random one. The others are wired by name, and are bare numbers in the units given. It
        returns an array for each column.

        Parameters
        ----------
        dimension
            Name of the dimension of the members, such as ``"star"``.
        long_name
            What the members are.
        columns
            Unit and description by name; instead of the unit, the words of a column of indices into them.
        also_recorded
            Parameters whose values are recorded with a sample although its members do not depend on them.
        **argument_units
            One unit for each argument that is wired and not a word.

        Returns
        -------
        callable
            A decorator, which returns the function unchanged.

        Raises
        ------
        ModelError
            If the name is taken, or the first argument is not ``generator``.

        Examples
        --------
        >>> import gridscan as gs
        >>> model = gs.Model("waiting", "Times between decays")
        >>> _ = model.parameter("lifetime", "2 s", "Mean lifetime", minimum=0)
        >>> @model.population("decay", long_name="decays", columns={"wait": ("s", "waiting time")}, lifetime="s")
        ... def decays(generator, size, lifetime):
        ...     "Exponential waiting times."
        ...     return {"wait": generator.exponential(lifetime, 100 if size is None else size)}
        >>> list(model.populations)
        ['decays']
        """
        units = {argument: parse_unit(text) for argument, text in argument_units.items()}
        parsed = {name: _column(*column) for name, column in columns.items()}

        def declare(function: Function) -> Function:
            name = function.__name__
            self._claim(name)
            generator, *wired = argument_names(name, function)
            if generator != "generator":
                raise ModelError(f"population {name!r}: its first argument must be 'generator', not {generator!r}")
            sized = wired[:1] == ["size"]
            arguments = tuple(wired[1:] if sized else wired)
            node = Quantity(
                name, registry.dimensionless, function, arguments, long_name, kind="kernel", argument_units=units
            )
            node = with_groups(node, self._groups)
            check_kernel_arguments(node)
            self._populations[name] = Population(node, dimension, parsed, sized, tuple(also_recorded))
            return function

        return declare

    def _declaration(self, unit: str, *, long_name: str | None, **options: Any) -> Callable[[Function], Function]:
        declared = parse_unit(unit)

        def declare(function: Function) -> Function:
            name = function.__name__
            self._claim(name)
            title = long_name or name.replace("_", " ")
            node = Quantity(name, declared, function, argument_names(name, function), title, **options)
            node = with_groups(node, self._groups)
            check_kernel_arguments(node)
            self._nodes[name] = node
            if node.gives_error:
                self._claim(f"{name}_error")
                self._nodes[f"{name}_error"] = replace(
                    node,
                    name=f"{name}_error",
                    long_name=f"absolute error estimate of the {title}",
                    error_of=name,
                )
            return function

        return declare


def _column(kind: str | Iterable[str], long_name: str) -> Column:
    if isinstance(kind, str):
        return Column(long_name, unit=parse_unit(kind))
    return Column(long_name, words=tuple(kind))

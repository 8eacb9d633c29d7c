"""Model: parameters, constants and functions whose argument names are the wiring.

Quantities are declared in any order; :meth:`Model.check` reports every fault of the wiring at once, and runs by
itself when a model is loaded, replaced or used.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import pint

from gridscan.definition.checks import check_wiring
from gridscan.definition.definition import Definition
from gridscan.definition.figures import Figure
from gridscan.definition.groups import members_of, with_groups
from gridscan.definition.nodes import (
    Column,
    Constant,
    Group,
    Integral,
    Kernel,
    Label,
    Parameter,
    Population,
    Quantity,
    Table,
    argument_names,
    check_default,
    check_kernel_arguments,
    default_and_unit,
    substitute,
)
from gridscan.definition.vector_lengths import check_lengths
from gridscan.errors import ModelError, nearest
from gridscan.limits import DEFAULT
from gridscan.units import parse_quantity, parse_unit, registry

if TYPE_CHECKING:
    from pathlib import Path

    import xarray as xr

    from gridscan.inputs.sampling import Sampling
    from gridscan.limits import Limits

Function = TypeVar("Function", bound=Callable[..., Any])


class Model(Definition):
    """A model, ``Model(name, description)``: named inputs, and functions of them.

    Attributes
    ----------
    name
        As it stands in a scenario: ``model = "red_supergiants"``.
    description
        One sentence.

    Examples
    --------
    >>> import numpy as np
    >>> model = Model("pendulum", "A small swing")
    >>> _ = model.parameter("length", "1 m", "Length of the string", minimum=0)
    >>> _ = model.constant("gravity", "9.80665 m/s^2", "Standard gravity")
    >>> @model.quantity("s", long_name="period")
    ... def period(length, gravity):
    ...     "T = 2 pi sqrt(l/g)."
    ...     return 2 * np.pi * np.sqrt(length / gravity)
    >>> round(float(model.evaluate("period", length="25 cm")), 4)
    1.0032
    """

    def label(
        self,
        name: str,
        default: str,
        description: str,
        *,
        records: Mapping[str, Mapping[str, Any]] | Path | None = None,
    ) -> Label:
        """Declare a label: a choice among records, each of which sets the parameters that default to the label.

        Parameters
        ----------
        name
            Name by which scenarios take it.
        default
            Name of one of the records.
        description
            What is chosen.
        records
            Values of the parameters, by name, for each record, and its ``source``; or a TOML file of ``[record]``
            tables, ``Path(__file__).with_name("planet.toml")``. By default the records that ship with gridscan under
            the name of the label, if there are any. A scenario can add its own.

        Returns
        -------
        Label
            To be given as the default of the parameters that its records set.

        Raises
        ------
        ModelError
            If the name is taken or is not an identifier.

        Examples
        --------
        >>> model = Model("counter", "Electrons of a detector")
        >>> detector = model.label("detector", "super-k", "Detector")
        >>> mass = model.parameter("fiducial_mass", detector, "Fiducial mass", unit="kt")
        >>> mass.label
        'detector'
        """
        self._claim(name)
        self._labels[name] = Label(name, default, description, records)
        return self._labels[name]

    def parameter(
        self,
        name: str,
        default: str | float | Iterable[float | str] | Label,
        description: str,
        *,
        unit: str | None = None,
        minimum: float | None = None,
        maximum: float | None = None,
        choices: Iterable[str] = (),
        integer: bool = False,
        vector: str | None = None,
        padded: bool = False,
        length_offsets: Mapping[str, int] | None = None,
        selects: str | None = None,
        role: str | None = None,
    ) -> Parameter:
        """Declare a parameter.

        Parameters
        ----------
        name
            Name by which functions and scenarios take it.
        default
            ``"2 Msun/yr"`` (whose unit is then the default unit), a number for a dimensionless one, a list of either
            for a vector, one of `choices`, or a label, whose record then gives the value.
        description
            What it is.
        unit
            Default unit where `default` is a label or a vector.
        minimum, maximum
            Allowed range in the default unit, ends included.
        choices
            Allowed words, for a parameter that is a word.
        integer
            Whether only whole numbers are allowed.
        vector
            Inner dimension, for a parameter that is a list of numbers. Its functions see one more, last, axis.
        padded
            For a vector: whether its functions are right for a list whose last value is repeated, as piecewise
            functions are. Lists of several lengths may then stand along an axis, the shorter ones padded so; otherwise
            they are refused.
        length_offsets
            For a vector whose length follows from those of others, declared before it: how many values more it has
            than each of them. ``{"exponents": 1}`` is right for the ends of as many segments as there are exponents,
            0 for lists of the same length. Lengths are compared as given, before any padding: in each record of a
            label, in each row of zipped axes, in each combination elsewhere.
        selects
            The quantity whose formulas a choice selects.
        role
            What questions about a result take it for: ``"detector_mass"``, which event rates are proportional to.

        Returns
        -------
        Parameter
            The declared parameter.

        Raises
        ------
        ModelError
            If the name is taken, the default is not allowed, or a length is compared with that of something other than
            a vector.
        UnitError
            If the default cannot be read.

        Examples
        --------
        >>> model = Model("galaxy", "A galaxy")
        >>> sfr = model.parameter("sfr", "2 Msun/yr", "Star formation rate", minimum=0)
        >>> sfr.default, str(sfr.unit)
        (2.0, 'solar_mass / year')
        """
        self._claim(name)
        parameter = Parameter(
            name,
            description,
            *default_and_unit(name, default, unit, tuple(choices)),
            label=default.name if isinstance(default, Label) else None,
            minimum=minimum,
            maximum=maximum,
            choices=tuple(choices),
            integer=integer,
            vector=vector,
            selects=selects,
            padded=padded,
            length_offsets=length_offsets or {},
            role=role,
        )
        check_default(parameter)
        check_lengths(parameter, self._nodes)
        self._nodes[name] = parameter
        return parameter

    def table(
        self,
        name: str,
        default: Path,
        description: str,
        *,
        read: Callable[[str, str], Any],
        ranges: Callable[[Any], Mapping[str, tuple[float, float]]] | None = None,
    ) -> Parameter:
        """Declare a parameter whose value is the name of a file with a table.

        Functions that take it get the content of the file, one text for each grid point, so that a result depends on
        what the file says and not on where it lies; `read` is where they parse it (and may remember what it gave).

        Parameters
        ----------
        name
            Name by which functions and scenarios take it.
        default
            The file that ships with the model.
        description
            What is tabulated.
        read
            ``read(content, name)`` returns the table, and raises `CatalogueError` if it is invalid.
        ranges
            Returns the smallest and largest value that a table allows to other parameters, in their default units.

        Returns
        -------
        Parameter
            The declared parameter.

        Raises
        ------
        ModelError
            If the name is taken.

        Examples
        --------
        >>> from pathlib import Path
        >>> model = Model("stars", "Stars of a table")
        >>> lifetimes = model.table("lifetimes", Path("lifetimes.csv"), "Lifetimes", read=lambda content, name: content)
        >>> lifetimes.default
        'lifetimes.csv'
        """
        self._claim(name)
        table = Table(default, read, ranges or (lambda _: {}))
        parameter = Parameter(name, description, registry.dimensionless, default.name, table=table)
        self._nodes[name] = parameter
        return parameter

    def constant(self, name: str, value: str | None = None, description: str = "") -> Constant:
        """Declare a constant; without a value, the one that pint (CODATA) has under this name.

        Parameters
        ----------
        name
            Name by which functions take it.
        value
            A number with a unit.
        description
            What it is; the name with blanks by default.

        Returns
        -------
        Constant
            The declared constant.

        Raises
        ------
        ModelError
            If the name is taken, or no value is given and pint has no such constant.
        UnitError
            If the value cannot be read.

        Examples
        --------
        >>> model = Model("light", "Light")
        >>> model.constant("speed_of_light").default
        299792458.0
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
        self, unit: str, *, long_name: str | None = None, missing: str | None = None, count: bool = False
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
        count
            It is the mean of a Poisson distribution, from which a scenario can ask for draws.

        Returns
        -------
        callable
            A decorator, which returns the function as it is.

        Raises
        ------
        ModelError
            If a count has a unit, or may be missing.

        Examples
        --------
        >>> model = Model("flux", "Flux of a lamp")
        >>> _ = model.parameter("power", "1 W", "Power")
        >>> _ = model.parameter("distance", "2 m", "Distance", minimum=0)
        >>> @model.quantity("W/m^2")
        ... def flux(power, distance):
        ...     "P/d^2 per steradian."
        ...     return power / distance**2
        >>> float(model.evaluate("flux", distance="50 cm"))
        4.0
        """
        if count and (missing is not None or parse_unit(unit) != registry.dimensionless):
            raise ModelError("a count is a number without a unit that is nowhere missing")
        return self._declaration(unit, long_name=long_name, missing=missing, count=count)

    def kernel(
        self,
        unit: str,
        *,
        long_name: str | None = None,
        error: bool = False,
        missing: str | None = None,
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
        functions
            Arguments that the kernel takes as functions of some parameters, by name, as for an integral with a rule of
            its own. They are called as ``f(points, a=..., b=...)`` with the flat indices of some grid points, shape
            (k,), and values of the parameters, shapes (k, ...); whatever else the quantity depends on is taken at these
            points. ``f.shape`` is the shape of the grid. Units are given for the parameters too.
        **argument_units
            One unit for each argument that is not a word.

        Returns
        -------
        callable
            A decorator, which returns the function as it is.

        Examples
        --------
        >>> import numpy as np
        >>> model = Model("table", "An interpolated cross section")
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
            kind="kernel",
            argument_units=units,
            gives_error=error,
            functions=bound,
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
        unit
            Unit of the integral.
        over
            The parameter that is integrated over.
        lower, upper
            Names of the limits.
        accuracy
            Relative accuracy of each value.
        long_name
            For the file and for plots; the name with blanks by default.

        Returns
        -------
        callable
            A decorator, which returns the function as it is.

        Examples
        --------
        >>> model = Model("fall", "A falling stone")
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
        """Declare names that belong together, which functions take as one argument.

        A function with an argument `name` gets an instance of `kind` made of the members, and depends on each of them.
        The members stay parameters and axes; a formula that needs one of them names that one alone.

        Parameters
        ----------
        name
            Name by which functions take it.
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
            If the name is taken, or `kind` has no such fields, or others without a default.
        UnitError
            If a unit cannot be read, or a kernel takes a member in another one.

        Examples
        --------
        >>> from typing import NamedTuple
        >>> import numpy as np
        >>> class Orbit(NamedTuple):
        ...     length: float
        ...     mass: float
        >>> model = Model("moons", "Moons of a planet")
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
            Name of the dimension along which the members lie, such as ``"star"``.
        long_name
            What the members are.
        columns
            By name, the unit and what it is; instead of the unit, the words of a column of indices into them.
        also_recorded
            Parameters whose values are recorded with a sample although its members do not depend on them.
        **argument_units
            One unit for each argument that is wired and not a word.

        Returns
        -------
        callable
            A decorator, which returns the function as it is.

        Raises
        ------
        ModelError
            If the name is taken, or the first argument is another.

        Examples
        --------
        >>> model = Model("waiting", "Times between decays")
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
                raise ModelError(f"population {name!r}: its first argument has to be 'generator', not {generator!r}")
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

    def figure(
        self, kind: str | None = None, description: str | None = None, **needs: Any
    ) -> Callable[[Function], Function]:
        """Declare a function of a Dataset as a figure, which ``gridscan plot FILE --kind`` then draws.

        Import matplotlib inside of the function, so that the model itself loads without it.

        Parameters
        ----------
        kind
            What ``--kind`` calls it; the name of the function by default.
        description
            What it shows; the first line of the docstring of the function by default.
        **needs
            The attributes of `gridscan.definition.figures.Figure`, such as ``quantities=("period",)`` and
            ``options=("along",)``.

        Returns
        -------
        callable
            A decorator, which returns the function as it is.

        Examples
        --------
        >>> model = Model("pendulum", "A small swing")
        >>> @model.figure(options=("along",))
        ... def swing(dataset, *, along="length"):
        ...     "Period of the swing"
        ...     from gridscan import plot
        ...     return plot.draw(dataset, "period", along=along)
        >>> model.figures["swing"].description
        'Period of the swing'
        """

        def declare(function: Function) -> Function:
            text = description or (inspect.getdoc(function) or "").partition("\n")[0]
            name = kind or function.__name__.replace("_", "-")
            self._figures.append(Figure(name, text, function, **needs))
            return function

        return declare

    def figures_in(self, module: str) -> None:
        """Declare that a module holds figures and pictures of the gallery; it is imported when they are asked for.

        Parameters
        ----------
        module
            Its name, ``"my_package.figures"``. Its ``FIGURES`` is a sequence of `gridscan.definition.figures.Figure`,
            its ``EXAMPLES``, if there are any, one of `gridscan.definition.figures.Example`.

        Examples
        --------
        >>> model = Model("stars", "Stars of a galaxy")
        >>> model.figures_in("gridscan.models.red_supergiants.figures")
        """
        self._figure_modules.append(module)

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

    def _claim(self, name: str) -> None:
        if not name.isidentifier() or name == "zip":
            raise ModelError(f"model {self.name!r}: {name!r} cannot be a name: it has to be a Python identifier")
        if any(name in taken for taken in (self._nodes, self._labels, self._populations, self._groups)):
            raise ModelError(f"model {self.name!r}: the name {name!r} is declared twice")
        self._checked = set()

    def replace(self, **functions: Callable[..., Any] | Kernel) -> Model:
        """Return a model in which quantities (or parameters) are computed by other functions.

        Parameters
        ----------
        **functions
            ``name=function``; the unit stays that of the name, and the function's arguments are wired by name.
            A numerical function that pint cannot follow is wrapped in :func:`kernel`. The name of a parameter that
            chooses between formulas stands for the quantity that holds them.

        Returns
        -------
        Model
            A new one; this one stays as it is.

        Raises
        ------
        ModelError
            If there is no such name, or the new function closes a cycle or asks for an unknown name.
        UnitError
            If a kernel's unit does not fit the name.

        Examples
        --------
        A sphere in place of a cube:

        >>> import numpy as np
        >>> model = Model("grain", "A grain of dust")
        >>> _ = model.parameter("size", "2 um", "Size", minimum=0)
        >>> @model.quantity("um^3")
        ... def volume(size):
        ...     "A cube."
        ...     return size**3
        >>> sphere = model.replace(volume=lambda size: np.pi / 6 * size**3)
        >>> float(model.evaluate("volume")), round(float(sphere.evaluate("volume")), 4)
        (8.0, 4.1888)
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
            new = with_groups(substitute(node, function), self._groups)
            check_kernel_arguments(new)
            model._nodes[name] = new
            if isinstance(node, Quantity) and node.gives_error:
                model._nodes.pop(f"{name}_error", None)
            model._proven.discard(name)
        return model.check(unused=False)

    def check(self, *, unused: bool = True) -> Model:
        """Report every fault of the wiring: unknown names, cycles, and inputs that nothing uses.

        It ends the definition of a model: a loaded one is checked by itself, one in a notebook by its author. What
        may be wrong in a model that is still being written is checked whenever it is used.

        Parameters
        ----------
        unused
            Whether inputs that nothing uses are faults.

        Returns
        -------
        Model
            The same one.

        Raises
        ------
        ModelError
            With one line for each fault.

        Examples
        --------
        >>> model = Model("typo", "A model with a fault")
        >>> _ = model.parameter("length", "1 m", "Length")
        >>> @model.quantity("m^2")
        ... def area(lenght):
        ...     "Square of the length."
        ...     return lenght**2
        >>> model.check()  # doctest: +IGNORE_EXCEPTION_DETAIL
        Traceback (most recent call last):
        gridscan.errors.ModelError: model 'typo': ... did you mean 'length'?
        """
        check_wiring(self, unused=unused)
        return self

    def evaluate(
        self,
        names: str | Iterable[str],
        /,
        *,
        sampling: Sampling | None = None,
        limits: Limits = DEFAULT,
        **values: Any,
    ) -> xr.DataArray | xr.Dataset:
        """Evaluate quantities for the values given, defaults elsewhere.

        Parameters
        ----------
        names
            One name gives a DataArray, a list of names a Dataset.
        sampling
            Adds draws of the counts among `names`, called ``<name>_drawn``; `names` has to be a list.
        limits
            Up to which sizes quantities are computed at once, and how large chunks are.
        **values
            A number in the default unit, a text with a unit, a label, a pint quantity, or a list (or array) of any of
            these, which makes an axis. A value for a quantity cuts the graph there.

        Returns
        -------
        xarray.DataArray or xarray.Dataset
            Each quantity with exactly the dimensions it depends on; large ones are dask arrays.

        Raises
        ------
        ModelError
            If the model has no such quantity.
        ScenarioError
            If a name or a value does not fit the model.
        UnitError
            If a unit does not fit.
        EvaluationError
            If a quantity cannot be computed for the values.

        Examples
        --------
        Flux at twice and at ten times the luminosity:

        >>> import gridscan as gs
        >>> model = gs.model("red_supergiants")
        >>> flux = model.evaluate("flux", neutrino_luminosity=["1e38 erg/s", "2e38 erg/s", "1e39 erg/s"])
        >>> (flux / flux[0]).values.round(9)
        array([ 1.,  2., 10.])

        Three random draws of a number of stars:

        >>> stars = model.evaluate(["carbon_burning_rsg"], sampling=gs.Sampling(realisations=3, seed=1))
        >>> stars["carbon_burning_rsg_drawn"].dtype, stars["carbon_burning_rsg_drawn"].sizes["realisation"]
        (dtype('int64'), 3)
        """
        from gridscan.evaluation.lazy import evaluate_model

        return evaluate_model(self, names, values, sampling, limits)


def _column(kind: str | Iterable[str], long_name: str) -> Column:
    if isinstance(kind, str):
        return Column(long_name, unit=parse_unit(kind))
    return Column(long_name, words=tuple(kind))

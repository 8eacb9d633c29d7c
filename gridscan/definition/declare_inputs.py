"""Declaring the inputs of a model: labels, parameters, tables and constants."""

from __future__ import annotations

import keyword
import unicodedata
from typing import TYPE_CHECKING, Any

import pint

from gridscan.definition.declare_conditions import ConditionDeclarations
from gridscan.definition.node_checks import (
    bound,
    check_default,
    default_and_unit,
    value_otherwise,
)
from gridscan.definition.nodes import Constant, Label, Parameter, Table
from gridscan.definition.vector_lengths import check_lengths
from gridscan.errors import ModelError, UnitError
from gridscan.units import in_words, parse_quantity, registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path


class InputDeclarations(ConditionDeclarations):
    """A definition with methods that declare inputs."""

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
            Name in scenarios.
        default
            Name of one of the records.
        description
            What the label chooses.
        records
            Values of the parameters, by name, for each record, and its ``source``; or a TOML file of ``[record]``
            tables, ``Path(__file__).with_name("planet.toml")``. By default the records that ship with gridscan under
            the name of the label, if there are any. A scenario can add its own.

        Returns
        -------
        Label
            The default of the parameters that its records set.

        Raises
        ------
        ModelError
            If the name is taken or is not an identifier.

        Examples
        --------
        >>> import gridscan as gs
        >>> model = gs.Model("counter", "Electrons of a detector")
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
        above: float | None = None,
        below: float | None = None,
        infinite: bool = False,
        otherwise: str | float | None = None,
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
            Name in functions and scenarios.
        default
            ``"2 Msun/yr"`` or a quantity (whose unit is then the default unit), a number for a dimensionless one, a
            list of either for a vector, one of `choices`, or a label, whose record then gives the value.
        description
            What it is.
        unit
            Default unit where `default` is a label or a vector.
        minimum, maximum
            Ends of the allowed range that are included, in the default unit or as quantities.
        above, below
            Ends that are not, where the functions have no value: a length by which they divide is ``above=0``.
        infinite
            Whether it may be infinite (``"inf MeV"``), as the open end of a window.
        otherwise
            Where `default` is a label: what it is where a record does not say, given as a default is.
        choices
            Allowed words, for a parameter that is a word.
        integer
            Whether only whole numbers are allowed.
        vector
            Inner dimension, for a parameter that is a list of numbers. Functions see it as the last axis.
        padded
            For a vector: whether its functions are correct for a list padded with its last value, as piecewise
            functions are. Lists of different lengths are then allowed along an axis; otherwise they are refused.
        length_offsets
            For a vector whose length follows from those of others, declared before it: how many values more it has
            than each of them. ``{"exponents": 1}`` is right for the ends of as many segments as there are exponents,
            0 for lists of the same length. Lengths are compared as given, before any padding: in each record of a
            label, in each row of zipped axes, in each combination elsewhere.
        selects
            The quantity whose formulas a choice selects.
        role
            What questions and other programs look for: ``"detector_mass"``, to which event rates are proportional;
            ``"sky_latitude"`` and ``"sky_longitude"``, the axes of maps of the sky, which come last, in this order;
            ``"convention"``, a choice that all parts of a calculation should follow, so that a warning names a quantity
            that was replaced or given a value and does not.

        Returns
        -------
        Parameter
            The declared parameter.

        Raises
        ------
        ModelError
            If the name is taken, the default is not allowed, or `length_offsets` names something other than a vector.
        UnitError
            If the default cannot be read.

        Examples
        --------
        >>> import gridscan as gs
        >>> model = gs.Model("galaxy", "A galaxy")
        >>> sfr = model.parameter("sfr", "2 Msun/yr", "Star formation rate", minimum=0)
        >>> sfr.default, str(sfr.unit)
        (2.0, 'solar_mass / year')
        """
        self._claim(name)
        own_unit, number = default_and_unit(name, default, unit, tuple(choices))
        if otherwise is not None:
            number = value_otherwise(name, otherwise, own_unit, tuple(choices))
        parameter = Parameter(
            name,
            description,
            own_unit,
            number,
            label=default.name if isinstance(default, Label) else None,
            minimum=bound(name, "minimum", minimum, own_unit),
            maximum=bound(name, "maximum", maximum, own_unit),
            above=bound(name, "end above", above, own_unit),
            below=bound(name, "end below", below, own_unit),
            infinite=infinite,
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
        label: Label | None = None,
    ) -> Parameter:
        """Declare a parameter whose value is the name of a file with a table.

        Functions that take it get the content of the file, one text for each grid point, so that a result depends on
        the content of the file, not on its path; they parse it with `read` (which may cache its results).

        Parameters
        ----------
        name
            Name in functions and scenarios.
        default
            The file that ships with the model.
        description
            What is tabulated.
        read
            ``read(content, name)`` returns the table, and raises `CatalogueError` if it is invalid.
        ranges
            Returns the smallest and largest value of other parameters that a table allows, in their default units.
        label
            A label whose records may name another file; where they do not, it is `default`.

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
        >>> import gridscan as gs
        >>> model = gs.Model("stars", "Stars of a table")
        >>> lifetimes = model.table("lifetimes", Path("lifetimes.csv"), "Lifetimes", read=lambda content, name: content)
        >>> lifetimes.default
        'lifetimes.csv'
        """
        self._claim(name)
        table = Table(default, read, ranges or (lambda _: {}))
        setter = None if label is None else label.name
        parameter = Parameter(name, description, registry.dimensionless, default.name, setter, table=table)
        self._nodes[name] = parameter
        return parameter

    def constant(self, name: str, value: str | None = None, description: str = "") -> Constant:
        """Declare a constant; without a value, pint's (CODATA) of this name.

        Parameters
        ----------
        name
            Name in functions.
        value
            A number with a unit, as text or as a quantity.
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
        >>> import gridscan as gs
        >>> model = gs.Model("light", "Light")
        >>> model.constant("speed_of_light").default
        299792458.0
        """
        self._claim(name)
        if value is None:
            try:
                quantity = registry.Quantity(1.0, name).to_base_units()
            except pint.UndefinedUnitError:
                raise ModelError(f"pint has no constant {name!r}; give its value") from None
        else:
            try:
                quantity = parse_quantity(in_words(value))
            except UnitError as error:
                raise UnitError(f"constant {name!r}: {error}") from None
        self._nodes[name] = constant = Constant(
            name, description or name.replace("_", " "), quantity.units, float(quantity.magnitude)
        )
        return constant

    def _claim(self, name: str) -> None:
        where = f"model {self.name!r}: {name!r} cannot be a name"
        if not isinstance(name, str) or not name.isidentifier() or name == "zip":
            raise ModelError(f"{where}; it must be a Python identifier")
        if name != (normal := unicodedata.normalize("NFKC", name)):
            raise ModelError(f"{where}: Python reads it as {normal!r}; write it like that")
        if keyword.iskeyword(name):
            raise ModelError(f"{where}: Python keeps this word, so no function could take it; try '{name}_'")
        others = (self._labels, self._populations, self._groups, self.alternative_inputs)
        if any(name in taken for taken in (self._nodes, *others)):
            raise ModelError(f"model {self.name!r}: the name {name!r} is declared twice")
        self._checked = set()

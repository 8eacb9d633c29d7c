"""Cases: rows of values of several parameters and labels, each with a name, along one dimension."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.definition.nodes import Constant, Parameter
from gridscan.errors import CatalogueError, nearest
from gridscan.inputs.arrays import Coordinate
from gridscan.inputs.chosen_cases import Chosen, places_of, some_of
from gridscan.inputs.dependent import is_dependent
from gridscan.inputs.faults import Fault, hint, shown
from gridscan.inputs.sample_tables import samples_of
from gridscan.inputs.value_reader import AxisRange, Given
from gridscan.units import Quantity, readable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gridscan.definition.definition import Definition
    from gridscan.inputs.alternatives import Alternatives
    from gridscan.inputs.catalogue import Catalogue
    from gridscan.inputs.faults import Path
    from gridscan.inputs.input_files import TableFiles
    from gridscan.inputs.value_reader import ValueReader

#: The dimension of the cases, and the key of the name of each.
CASE, NAME = "case", "name"
_TABLE = "table"
_WHERE: Path = ("cases",)


@dataclass(frozen=True)
class Case:
    """One case.

    Attributes
    ----------
    name
        Its name.
    values
        Raw values by name; what it lacks has its base value.
    path
        Path to it.
    """

    name: str
    values: Mapping[str, Any]
    path: Path


@dataclass
class Cases:
    """Turns cases into values along their dimension.

    Attributes
    ----------
    model
        The model.
    reader
        Collects faults.
    files
        The files that the scenario names.
    contents
        Content of the file of the cases by its name, if they stand in one.
    places
        File and line of each case that stands in a file, by its path.
    chosen
        Positions of the cases that are wanted; None for all.
    """

    model: Definition
    reader: ValueReader
    files: TableFiles
    contents: dict[str, str] = field(default_factory=dict)
    places: dict[Path, str] = field(default_factory=dict)
    chosen: list[int] | None = None

    def read(self, raw: Any) -> list[Case]:
        """Return the cases that are given.

        Parameters
        ----------
        raw
            Rows of values by name, each with a ``name``; a DataFrame of such columns, with units in its headers; or the
            name of a comma-separated file, as ``{"table": "cases.csv"}``.

        Returns
        -------
        list of Case
            In their order; none if any is wrong, with a fault for each.
        """
        known = len(self.reader.faults)
        if isinstance(raw, Chosen):
            every = self.read(raw.cases)
            # What is wrong with a name is said; the rest is checked with all cases.
            self.chosen = (places_of([case.name for case in every], raw.names, self.reader) if every else []) or None
            return every
        if raw is None:
            return []
        if isinstance(raw, Sequence) and not isinstance(raw, str):
            rows: list[tuple[Any, Path]] = [(row, (*_WHERE, index)) for index, row in enumerate(raw)]
        elif isinstance(raw, Mapping) and set(raw) == {_TABLE} and isinstance(raw[_TABLE], str):
            rows = self._of_table(raw[_TABLE])
        elif isinstance(raw, Mapping) and raw:
            self._refuse_table(raw)
            rows = []
        elif hasattr(raw, "columns"):
            named = {NAME: list(map(str, raw.index))} if NAME not in raw.columns and raw.index.name == NAME else {}
            rows = self._of_table({**named, **{str(key): list(raw[key]) for key in raw.columns}})
        else:
            rows = []
        if not rows and len(self.reader.faults) == known:
            message = f"cases are rows, each with a name, or the name of a table; found {shown(raw)}"
            self.reader.fault(_WHERE, message, at_key=True)
        cases = [self._case(row, path) for row, path in rows]
        self._refuse_names([case for case in cases if case is not None])
        return [] if len(self.reader.faults) > known else [case for case in cases if case is not None]

    def _refuse_table(self, raw: Mapping[str, Any]) -> None:
        other = next((key for key in raw if key != _TABLE), None)
        if other is None:
            message = f"{_TABLE!r} takes the name of a comma-separated file, found {shown(raw[_TABLE])}"
            self.reader.fault((*_WHERE, _TABLE), message)
            return
        message = f"unknown key {other!r}{nearest(other, [_TABLE])}; allowed is {_TABLE!r}, the name of a file of cases"
        self.reader.fault((*_WHERE, other), message, at_key=True)

    def _of_table(self, table: str | Mapping[str, Any]) -> list[tuple[dict[str, Any], Path]]:
        """Return the rows of a table, without its empty cells."""
        try:
            samples, content = samples_of(table, self.files, None)
        except CatalogueError as error:
            self.reader.fault((*_WHERE, _TABLE), str(error))
            return []
        if isinstance(table, str) and content is not None:
            self.contents[table] = content
        rows = []
        for index, line in enumerate(samples.lines):
            path = (*_WHERE, _TABLE, index) if content is not None else (*_WHERE, index)
            if content is not None:
                self.places[path] = f"{table}:{line}"
            row = {}
            for key, cells in samples.cells.items():
                cell = str(cells[index]) if key == NAME else _number(cells[index])
                unit = samples.units.get(key)
                if cell is not None and cell != "":
                    row[key] = cell if unit is None else f"{cell} {readable(unit)}".removesuffix(" 1")
            rows.append((row, path))
        return rows

    def located(self, faults: Iterable[Fault]) -> list[Fault]:
        """Return faults in cases with file and line in front of their messages, if these stand in a file.

        Parameters
        ----------
        faults
            All faults.

        Returns
        -------
        list of Fault
            The same, perhaps with longer messages.
        """
        found: list[Fault] = []
        told = set()
        for fault in faults:
            place = self.places.get(fault.path[:3])
            if place is None:
                found.append(fault)
            elif fault.message not in told:
                # A wrong unit of a column is wrong in each row.
                told.add(fault.message)
                found.append(Fault((*_WHERE, _TABLE), f"{place}: {fault.message}"))
        return found

    def _case(self, row: Any, path: Path) -> Case | None:
        if not isinstance(row, Mapping):
            self.reader.fault(path, f"a case is a table of values by name, found {shown(row)}")
            return None
        near = "" if NAME in row else _misspelt(row, self.model.names)
        name = row.get(NAME)
        if not isinstance(name, str) or not name.strip():
            what = "has no name" if NAME not in row else f"cannot be named {shown(name)}"
            self.reader.fault((*path, NAME) if NAME in row else path, f'the case {what}{near}; write name = "a word"')
            return None
        return Case(name, {key: value for key, value in row.items() if key != NAME}, path)

    def _refuse_names(self, cases: Sequence[Case]) -> None:
        first: dict[str, int] = {}
        for number, case in enumerate(cases, 1):
            if case.name in first:
                message = f"two cases are named {case.name!r}, numbers {first[case.name]} and {number}"
                self.reader.fault((*case.path, NAME), message)
            first.setdefault(case.name, number)

    def coordinate(self, cases: Sequence[Case]) -> dict[str, Coordinate]:
        """Return the names of cases along their dimension.

        Parameters
        ----------
        cases
            The cases.

        Returns
        -------
        dict of str to Coordinate
            One, or none if there are no cases.
        """
        names = np.array([case.name for case in cases])
        names = names if self.chosen is None else names[self.chosen]
        return {CASE: Coordinate((CASE,), names, None, "name of the case")} if cases else {}

    def values(
        self,
        cases: Sequence[Case],
        given: Mapping[str, Given],
        catalogues: Mapping[str, Catalogue],
        alternatives: Alternatives,
    ) -> dict[str, Given]:
        """Return given values with those of the cases, which are zipped along their dimension.

        Parameters
        ----------
        cases
            The cases.
        given
            Raw values by name; a single one is the base value of cases that lack it.
        catalogues
            Records by label.
        alternatives
            Converts records.

        Returns
        -------
        dict of str to Given
            Raw values by name; wrong ones are left out, with a fault.
        """
        if not cases:
            return dict(given)
        self._refuse_dimension(cases, given)
        names = list(dict.fromkeys(key for case in cases for key in case.values))
        names = [name for name in names if not self._is_overridden(name, given) and self._is_known(name, cases)]
        filled: dict[str, Given] = {}
        # The labels first: a case has what its record says, unless it says something else.
        for name in sorted(names, key=lambda name: name not in self.model.labels):
            column = self._column(name, cases, {**given, **filled}, catalogues, alternatives)
            if column is not None:
                filled[name] = column
        if self.chosen is not None:
            filled = {name: some_of(column, self.chosen) for name, column in filled.items()}
        rest = {name: item for name, item in given.items() if name not in names}
        behind = {name: item for name, item in rest.items() if item.path[:1] == ("parameters",)}
        return {**{name: item for name, item in rest.items() if name not in behind}, **filled, **behind}

    def _refuse_dimension(self, cases: Sequence[Case], given: Mapping[str, Given]) -> None:
        taken = CASE in self.model.names or (CASE in given and not self._is_overridden(CASE, given))
        if taken or any(item.dimension == CASE for item in given.values()):
            message = f"{CASE!r} is the dimension of the cases; the model or another axis has that name already"
            self.reader.fault(_WHERE, message, at_key=True)
        if not any(case.values for case in cases):
            self.reader.fault(_WHERE, "the cases have names, but give no values", at_key=True)

    def _is_overridden(self, name: str, given: Mapping[str, Given]) -> bool:
        return name in given and given[name].path[:1] == ("--set",)

    def _is_known(self, name: str, cases: Sequence[Case]) -> bool:
        path = next((*case.path, name) for case in cases if name in case.values)
        if name in self.model.dropped:
            return False
        if name not in self.model.names:
            near = hint(name, [*self.model.names, NAME], self.reader.faults)
            self.reader.fault(path, f"unknown parameter {name!r} of model {self.model.name!r}{near}", at_key=True)
            return False
        return True

    def _column(
        self,
        name: str,
        cases: Sequence[Case],
        given: Mapping[str, Given],
        catalogues: Mapping[str, Catalogue],
        alternatives: Alternatives,
    ) -> Given | None:
        path = next((*case.path, name) for case in cases if name in case.values)
        base = given.get(name)
        if base is not None and is_dependent(base.value):
            message = f"{name!r} follows another parameter in [{base.path[0]}], so it has no value of its own in a case"
            self.reader.fault(path, message, at_key=True)
            return None
        if base is not None and (base.dimension is not None or self._is_axis(name, base.value)):
            place = f"in [{base.path[0]}]" if len(base.path) > 1 else "as an axis"
            self.reader.fault(path, f"{name!r} is given twice, in a case and {place}", at_key=True)
            return None
        values, paths = [], []
        for index, case in enumerate(cases):
            if name in case.values:
                value = case.values[name]
                if is_dependent(value):
                    message = f"{name!r} takes a value in a case; what follows a parameter belongs in [parameters]"
                    self.reader.fault((*case.path, name), message)
                    return None
                if self._is_axis(name, value):
                    message = f"{name!r} takes one value in each case, found {shown(value)}; more values are more cases"
                    self.reader.fault((*case.path, name), message)
                    return None
                values.append(value)
                paths.append((*case.path, name))
            else:
                found = base.value if base is not None else self._base(name, index, given, catalogues, alternatives)
                if found is None:
                    self.reader.fault(
                        case.path,
                        f"the case {case.name!r} needs a value of {name!r}, as others have one; {self._why(name)}",
                        at_key=True,
                    )
                    return None
                values.append(found)
                paths.append(base.path if base is not None else case.path)
        return Given(values, path, CASE, tuple(paths))

    def _why(self, name: str) -> str:
        label = getattr(self.model.nodes.get(name), "label", None)
        if label is None:
            return "it has no default"
        return f"the records of {label!r} along another axis give it one for each of them"

    def _is_axis(self, name: str, value: Any) -> bool:
        """Tell whether a raw value is more than one value."""
        if isinstance(value, Mapping):
            return any(key in AxisRange.model_fields for key in value)
        node = self.model.nodes.get(name)
        depth = 1 if isinstance(node, Parameter) and node.vector is not None else 0
        try:
            return np.ndim(getattr(value, "magnitude", value)) > depth
        except ValueError:
            return True

    def _base(
        self,
        name: str,
        index: int,
        given: Mapping[str, Given],
        catalogues: Mapping[str, Catalogue],
        alternatives: Alternatives,
    ) -> Any:
        """Return the value that a parameter or label has where a case does not give it."""
        if name in self.model.labels:
            return self.model.labels[name].default
        node = self.model.nodes.get(name)
        if not isinstance(node, Parameter) or node.label is None:
            if isinstance(node, Constant):
                return Quantity(node.default, node.unit)
            return node.default_as_given if isinstance(node, Parameter) else None
        chosen = given.get(node.label)
        if chosen is None:
            label = self.model.labels[node.label].default
        elif chosen.dimension == CASE:
            label = chosen.value[index]
        elif chosen.dimension is None and isinstance(chosen.value, str):
            label = chosen.value
        else:
            return None
        catalogue = catalogues[node.label]
        if not isinstance(label, str) or label not in catalogue:
            return node.default_as_given
        record = catalogue[label].values
        if name not in record:
            record = alternatives.of_record(node.label, label, record, (*_WHERE, index)) or {}
        return record.get(name, node.default_as_given)


def _misspelt(row: Mapping[str, Any], names: Sequence[str]) -> str:
    unknown = [str(key) for key in row if key not in names]
    return next((f"; did you mean {NAME!r} in place of {key!r}?" for key in unknown if nearest(key, [NAME])), "")


def _number(cell: Any) -> Any:
    """Return a cell as a number if it is one; None if it is empty."""
    if cell is None or cell == "" or (isinstance(cell, float) and math.isnan(cell)):
        return None
    if not isinstance(cell, str):
        return cell
    try:
        number = float(cell)
    except ValueError:
        return cell
    if not math.isfinite(number):
        return cell
    return int(number) if cell.strip().lstrip("+-").isdigit() else number

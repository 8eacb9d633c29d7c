"""Tables of samples, such as a posterior: one row for each sample, one column for each parameter, with its unit."""

from __future__ import annotations

import csv
import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.definition.nodes import Table
from gridscan.errors import CatalogueError, UnitError, listed, nearest
from gridscan.units import Unit, convert, parse_unit, readable, take_apart

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from gridscan.inputs.input_files import TableFiles

_HEADER = re.compile(r"(?P<name>.*?)\s*\[(?P<unit>[^\]]*)\]")
_UNITS = "# units:"


@dataclass(frozen=True)
class Samples:
    """A table of samples.

    Attributes
    ----------
    name
        Its file, for messages.
    cells
        Texts or numbers of each column.
    units
        Units of columns that have one.
    lines
        The line of each row; its number where there is no file.
    """

    name: str
    cells: Mapping[str, Sequence[Any]]
    units: Mapping[str, Unit]
    lines: Sequence[int]

    def numbers(self, column: str) -> np.ndarray:
        """Return the numbers of a column.

        Parameters
        ----------
        column
            Its name.

        Returns
        -------
        numpy.ndarray
            In the unit of the column.

        Raises
        ------
        CatalogueError
            If there is no such column, or a cell is no finite number; with its line.
        """
        if column not in self.cells:
            hint = nearest(column, self.cells)
            raise CatalogueError(f"{self.name}: has no column {column!r}{hint}; it has {listed(self.cells)}")
        found = np.empty(len(self.lines))
        for index, (line, cell) in enumerate(zip(self.lines, self.cells[column], strict=True)):
            try:
                found[index] = float(cell)
            except (TypeError, ValueError):
                found[index] = math.nan
            if not math.isfinite(found[index]):
                shown = "empty" if cell == "" else repr(cell) if isinstance(cell, str) else f"{cell}"
                raise CatalogueError(f"{self.name}:{line}: {column} is {shown}; expected a finite number in each row")
        return found

    def values(self, column: str, wanted: Unit, unit: Unit | None, *, units_required: bool) -> np.ndarray:
        """Return the numbers of a column in a unit.

        Parameters
        ----------
        column
            Its name.
        wanted
            That unit.
        unit
            Unit of the column where its header has none, if given.
        units_required
            Whether a column without a unit is an error, or in the wanted unit.

        Returns
        -------
        numpy.ndarray
            One for each row.

        Raises
        ------
        CatalogueError
            If the unit is missing, given twice or of another dimension, or the numbers are wrong.
        """
        numbers, own = self.numbers(column), self.units.get(column)
        if own is not None and unit is not None and own != unit:
            said = f"its unit is {readable(own)!r} in the table and {readable(unit)!r} here"
            raise CatalogueError(f"{self.name}: column {column!r}: {said}; give it once")
        own = own or unit
        if own is None:
            if units_required and readable(wanted) != "1":
                example = f"'{column} [{readable(wanted)}]'"
                raise CatalogueError(f"{self.name}: column {column!r} has no unit; write it in its header: {example}")
            return numbers
        try:
            return np.asarray(convert(numbers, own, wanted))
        except UnitError as error:
            raise CatalogueError(f"{self.name}: column {column!r}: {error}") from None


def samples_of(table: str | Mapping[str, Any], files: TableFiles, folder: Path | None) -> tuple[Samples, str | None]:
    """Return a table of samples, and its text if it is a file.

    Parameters
    ----------
    table
        Name of a file, or columns by their headers.
    files
        The files that the scenario names.
    folder
        Folder instead of that of the scenario.

    Returns
    -------
    samples : Samples
        The table.
    content : str or None
        The content of the file.

    Raises
    ------
    CatalogueError
        If it is no table of samples.
    """
    if isinstance(table, str):
        content, samples = files.read(Table(files.folder / table, read_samples, lambda _: {}), table, folder)
        return samples, content
    cells: dict[str, Sequence[Any]] = {}
    units: dict[str, Unit] = {}
    for header, column in table.items():
        try:
            numbers, own = take_apart(column)
            name, unit = _named("the table", 0, str(header))
        except UnitError as error:
            raise CatalogueError(f"the table: column {header!r}: {error}") from None
        cells[name] = np.asarray(numbers, dtype=object if _has_texts(numbers) else None).tolist()
        known = unit if own is None else own
        units |= {} if known is None else {name: known}
    sizes = {name: len(column) for name, column in cells.items()}
    if len(set(sizes.values())) != 1 or 0 in sizes.values():
        counted = ", ".join(f"{name!r} has {size}" for name, size in sizes.items()) or "it has no column"
        raise CatalogueError(f"the table: its columns need the same number of values, at least one; {counted}")
    return Samples("the table", cells, units, range(1, 1 + next(iter(sizes.values())))), None


def read_samples(text: str, name: str = "samples") -> Samples:
    """Read a table of samples from comma-separated text.

    Lines that begin with ``#`` are comments, except ``# units: column unit; column unit; ...``. Then follow a line of
    column names, each with its unit in brackets if it has one, and a line for each sample.

    Parameters
    ----------
    text
        The content of the file.
    name
        Name of the file in messages.

    Returns
    -------
    Samples
        The table; its numbers are read when they are asked for.

    Raises
    ------
    CatalogueError
        If there are no rows, a row has too few or too many cells, a column is there twice, or a unit is unknown; with
        the line.

    Examples
    --------
    >>> from gridscan.inputs.sample_tables import read_samples
    >>> samples = read_samples("mass [Msun],weight\\n4.1e6,1\\n4.3e6,2\\n")
    >>> samples.numbers("mass"), str(samples.units["mass"])
    (array([4100000., 4300000.]), 'solar_mass')
    """
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    rows = [(number, line) for number, line in lines if not line.startswith("#")]
    if len(rows) < 2:
        raise CatalogueError(f"{name}: holds no line of column names followed by a row for each sample")
    number = rows[0][0]
    units: dict[str, Unit] = {}
    header = []
    for cell in _cells(rows[0][1]):
        column, unit = _named(name, number, cell)
        header.append(column)
        units |= {} if unit is None else {column: unit}
    twice = next((column for column in header if header.count(column) > 1), None)
    if twice is not None:
        raise CatalogueError(f"{name}:{number}: two columns {twice!r}")
    units |= _units_of_comments(name, lines, header)
    cells: dict[str, list[str]] = {column: [] for column in header}
    for number, line in rows[1:]:
        row = _cells(line)
        if len(row) != len(header):
            raise CatalogueError(f"{name}:{number}: {len(row)} values for {len(header)} columns")
        for column, cell in zip(header, row, strict=True):
            cells[column].append(cell)
    return Samples(name, cells, units, [number for number, _ in rows[1:]])


def _has_texts(column: Any) -> bool:
    # numpy makes texts of the numbers and the gaps beside a text.
    return isinstance(column, list | tuple) and any(isinstance(item, str) or item is None for item in column)


def identity_of(table: str | Mapping[str, Any]) -> str:
    """Return a text that is the same for the columns of the same table, which are drawn by row.

    Parameters
    ----------
    table
        Name of a file, or columns by their headers.

    Returns
    -------
    str
        The name, or the columns as text.
    """
    return f"table {table}" if isinstance(table, str) else f"table {json.dumps(table, sort_keys=True, default=repr)}"


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line], skipinitialspace=True))]


def _named(name: str, line: int, header: str) -> tuple[str, Unit | None]:
    """Return the name and the unit in the header of a column."""
    found = _HEADER.fullmatch(header.strip())
    if found is None:
        return header.strip(), None
    try:
        return found["name"], parse_unit(found["unit"].strip() or "1")
    except UnitError as error:
        where = f"{name}:{line}" if line else name
        raise CatalogueError(f"{where}: column {found['name']!r}: {error}") from None


def _units_of_comments(name: str, lines: Sequence[tuple[int, str]], header: Sequence[str]) -> dict[str, Unit]:
    units = {}
    for number, line in lines:
        for entry in filter(str.strip, line.partition("units:")[2].split(";") if line.startswith(_UNITS) else []):
            column, _, unit = entry.strip().partition(" ")
            if column not in header:
                raise CatalogueError(f"{name}:{number}: no column {column!r}{nearest(column, header)}")
            try:
                units[column] = parse_unit(unit.strip() or "1")
            except UnitError as error:
                raise CatalogueError(f"{name}:{number}: column {column!r}: {error}") from None
    return units

"""Reader of comma-separated tables whose columns have units in a comment, whose errors give file and line."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gridscan import units
from gridscan.errors import CatalogueError, UnitError, nearest
from gridscan.stellar_tables.text_columns import not_a_number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

FloatArray = NDArray[np.floating[Any]]

_UNITS = "# units:"


@dataclass(frozen=True)
class UnitColumns:
    """What a table holds.

    Attributes
    ----------
    wanted
        Units in which columns are returned, by name; each of these is needed.
    optional
        The same for columns that may be left out.
    others
        Whether further columns of numbers are allowed, which are left out.
    must_be
        Returns what a number in a column must be, in words such as ``"above 0"``, or None if it is right.
    """

    wanted: Mapping[str, str]
    optional: Mapping[str, str]
    others: bool
    must_be: Callable[[str, float], str | None]

    def read(self, text: str, name: str) -> tuple[dict[str, FloatArray], list[int]]:
        """Read a table.

        Lines that begin with ``#`` are comments, except ``# units: column unit; column unit; ...``. Then follow a line
        of column names, in any order, and one line for each row.

        Parameters
        ----------
        text
            The content of the file.
        name
            Name of the table in messages.

        Returns
        -------
        columns : dict
            Arrays of shape (rows,) in the wanted units, by name.
        lines : list of int
            The line of each row, from 1.

        Raises
        ------
        CatalogueError
            If a column or its unit is missing or unknown, or a number is none or not as it must be; it gives name and
            line.
        """
        lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
        comments = [(number, line) for number, line in lines if line.startswith("#")]
        rows = [(number, next(csv.reader([line]))) for number, line in lines if not line.startswith("#")]
        if len(rows) < 2:
            raise CatalogueError(f"{name}: holds no line of column names followed by rows")
        header_line, header = rows[0][0], [column.strip() for column in rows[0][1]]
        pairs = self._units(name, comments, header_line, header)
        values = np.array([self._numbers(f"{name}:{number}", header, row) for number, row in rows[1:]])
        columns = {column: units.convert(values[:, header.index(column)], *pair) for column, pair in pairs.items()}
        return columns, [number for number, _ in rows[1:]]

    def _units(
        self, name: str, comments: Sequence[tuple[int, str]], header_line: int, header: list[str]
    ) -> dict[str, tuple[units.Unit, units.Unit]]:
        """Return, for each column, the unit in which it is given and that in which it is used."""
        found = [(number, line.partition("units:")[2]) for number, line in comments if line.startswith(_UNITS)]
        if not found:
            raise CatalogueError(f"{name}:1: missing line '{_UNITS} column unit; ...' before the column names")
        number, text = found[0]
        given = dict(entry.split(maxsplit=1) for entry in text.split(";") if len(entry.split()) >= 2)
        known = {**self.wanted, **self.optional}
        unknown = [column for column in header if column not in known]
        if unknown and not self.others:
            raise CatalogueError(f"{name}:{header_line}: unknown column {unknown[0]!r}{nearest(unknown[0], known)}")
        pairs = {}
        for column, unit in known.items():
            if column in self.optional and column not in header:
                continue
            if header.count(column) != 1:
                what = "two columns" if column in header else "no column"
                hint = nearest(column, set(header) - {column})
                raise CatalogueError(f"{name}:{header_line}: {what} {column!r}{hint}")
            if column not in given:
                hint = nearest(column, given) or f"; write it as '{_UNITS} ...; {column} {unit}'"
                raise CatalogueError(f"{name}:{number}: no unit for column {column!r}{hint}")
            try:
                pairs[column] = (units.parse_unit(given[column]), units.parse_unit(unit))
                units.convert(1.0, *pairs[column])
            except UnitError as error:
                raise CatalogueError(f"{name}:{number}: column {column!r}: {error}") from None
        return pairs

    def _numbers(self, where: str, header: list[str], row: list[str]) -> list[float]:
        if len(row) != len(header):
            raise CatalogueError(f"{where}: {len(row)} values for {len(header)} columns")
        values = []
        for column, cell in zip(header, row, strict=True):
            text = cell.strip()
            try:
                values.append(float(text))
            except ValueError:
                raise CatalogueError(f"{where}: {column} is {text!r}, {not_a_number(text)}") from None
            expected = self.must_be(column, values[-1])
            if expected is not None:
                raise CatalogueError(f"{where}: {column} is {text}; it must be {expected}")
        return values

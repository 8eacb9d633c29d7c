"""Reader of whitespace-separated columns of numbers, as a stream, whose errors give file and line."""

from __future__ import annotations

import dataclasses
import difflib
from array import array
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

import numpy as np
from numpy.typing import NDArray

from gridscan.errors import CatalogueError, UnitError, listed, nearest
from gridscan.units.reading import refuse_fortran_exponent

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

FloatArray = NDArray[np.floating[Any]]
#: Spellings of each column.
Spellings = Mapping[str, Sequence[str]]

_LONGEST_LINE = 1_000_000
_MOST_ROWS = 5_000_000
_MOST_COMMENTS = 100
# logTeff is taken for logTe, logg is not.
_SIMILAR = 0.75
_KIND_OF_OUTPUT = "kind of output:"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, eq=False)
class Columns:
    """Columns of a table that were asked for.

    Attributes
    ----------
    name
        Name of the table in messages.
    values
        Numbers by name of column, each of shape (rows,), finite.
    spellings
        How the table calls each column.
    lines
        Shape (rows,): the line on which each row stands, from 1.
    first_rows
        Rows in front of which the column names are repeated.
    comments
        The first hundred lines in front of the column names, without their ``#``.
    ending
        The last comment behind the rows, or an empty text.
    """

    name: str
    values: dict[str, FloatArray]
    spellings: dict[str, str]
    lines: NDArray[np.int64]
    first_rows: list[int]
    comments: list[str]
    ending: str

    def only(self, rows: NDArray[np.bool_]) -> Columns:
        """Return some of the rows.

        Parameters
        ----------
        rows
            Shape (rows,): whether a row is kept.

        Returns
        -------
        Columns
            With `first_rows` among those that are kept.
        """
        before = np.concatenate([[0], np.cumsum(rows)])
        return dataclasses.replace(
            self,
            values={name: numbers[rows] for name, numbers in self.values.items()},
            lines=self.lines[rows],
            first_rows=[int(before[row]) for row in self.first_rows],
        )

    def refuse(self, wrong: NDArray[np.bool_], column: str, expected: str) -> None:
        """Refuse the first row in which a column is wrong.

        Parameters
        ----------
        wrong
            Shape (rows,): whether the number is wrong.
        column
            Name of the column.
        expected
            What the message says is expected.

        Raises
        ------
        CatalogueError
            If a row is wrong; it gives name, line, the number found and what was expected.
        """
        if wrong.any():
            row = int(np.argmax(wrong))
            found, called = self.values[column][row], self.spellings[column]
            raise CatalogueError(f"{self.name}:{self.lines[row]}: {called} is {found:.12g}; expected {expected}")


def read_columns(
    stream: BinaryIO, name: str, wanted: Spellings, optional: Spellings | None = None, *, ended: bool = True
) -> Columns:
    """Read columns of a table from a binary stream, keeping nothing else of it.

    The column names stand on the last line in front of the rows that holds all `wanted` ones, behind a ``#`` or not.
    Other lines with ``#`` are comments. The names may be repeated between the rows, behind a ``#``.

    Parameters
    ----------
    stream
        Read up to its end.
    name
        Name of the table in messages.
    wanted, optional
        Names of columns, each with the spellings that a table may have, of which the first one found is taken; an
        optional column is left out where there is none.
    ended
        Whether the last line needs a line break: without one, a text that is not otherwise known to be whole may be
        cut off in the middle of a number.

    Returns
    -------
    Columns
        The wanted columns, and the optional ones that are there.

    Raises
    ------
    CatalogueError
        If a column is missing or there twice, a row has more or fewer cells than columns, a cell is not a finite
        number, names change between the rows, a line never ends, or there are no rows at all; it gives name and line.
    """
    table = _Table(name, wanted, optional or {})
    for number, line in _numbered_lines(stream, name, ended):
        table.take(number, line)
    return table.finished()


@dataclass(frozen=True)
class Front:
    """What stands in front of the first row of numbers.

    Attributes
    ----------
    words
        Column names and words of comments.
    columns
        Words of the last line, which names the columns in most tables.
    """

    words: frozenset[str]
    columns: tuple[str, ...]

    def count(self, spellings: Spellings) -> int:
        """Return how many columns are among the words.

        Parameters
        ----------
        spellings
            Names of columns, each with its spellings.

        Returns
        -------
        int
            Of columns of which a spelling is there.
        """
        return sum(not self.words.isdisjoint(of_one) for of_one in spellings.values())


def front_of(stream: BinaryIO, name: str) -> Front:
    """Return what stands in front of the first row of numbers, from which the kind of table is recognised.

    Parameters
    ----------
    stream
        Read up to the first row of numbers.
    name
        Name of the table in messages.

    Returns
    -------
    Front
        Words of comments and column names.

    Raises
    ------
    CatalogueError
        If there is no row of numbers, or a line never ends.
    """
    words: set[str] = set()
    last: list[bytes] = []
    for _, line in _numbered_lines(stream, name, ended=False):
        cells = line.lstrip(b"#").split()
        if cells and not line.startswith(b"#") and _number(cells[0]) is not None:
            return Front(frozenset(words), tuple(_text(cell) for cell in last))
        words.update(_text(cell) for cell in cells)
        last = cells
        if len(words) > _MOST_ROWS:
            break
    raise CatalogueError(f"{name}: holds no row of numbers")


def not_a_number(cell: str) -> str:
    """Say why a cell is no number, with the right spelling of one that a Fortran program wrote.

    Parameters
    ----------
    cell
        The cell.

    Returns
    -------
    str
        Such as ``"not a number"``.

    Examples
    --------
    >>> from gridscan.stellar_tables.text_columns import not_a_number
    >>> not_a_number("1.5D-3")
    "not a number: '1.5D-3' has the exponent of a Fortran program; write '1.5e-3'"
    """
    try:
        refuse_fortran_exponent(cell)
    except UnitError as error:
        return f"not a number: {error}"
    return "not a number"


class _Table:
    """A table as far as it has been read."""

    def __init__(self, name: str, wanted: Spellings, optional: Spellings) -> None:
        self.name, self.wanted, self.optional = name, wanted, optional
        self.header: list[bytes] = []
        self.closest: tuple[int, int, list[str]] = (-1, 1, [])
        self.comments: list[str] = []
        self.ending = ""
        self.lines = array("q")
        self.first_rows: list[int] = []
        self.columns: dict[str, tuple[int, array[float]]] = {}
        self.spellings: dict[str, str] = {}

    def take(self, number: int, line: bytes) -> None:
        """Take the next line that is not empty."""
        if line.startswith(b"#"):
            self._comment(number, line.lstrip(b"#").strip())
        elif not self.header:
            self._line_in_front(number, line)
        else:
            self._row(number, line.split())

    def finished(self) -> Columns:
        """Return the columns, once all lines are taken."""
        if not self.header:
            self._miss_columns()
        if not self.lines:
            raise CatalogueError(f"{self.name}: is empty: no row of numbers below the column names")
        values = {name: np.array(cells) for name, (_, cells) in self.columns.items()}
        lines = np.array(self.lines)
        result = Columns(self.name, values, self.spellings, lines, self.first_rows, self.comments, self.ending)
        for name in values:
            result.refuse(~np.isfinite(values[name]), name, "a finite number")
        return result

    def _comment(self, number: int, line: bytes) -> None:
        cells = line.split()
        if self._is_header(cells):
            if self.lines and cells != self.header:
                raise CatalogueError(f"{self.name}:{number}: the columns change here; expected one set for all rows")
            if self.lines:
                self.first_rows.append(len(self.lines))
            self._begin(number, cells)
            return
        self._compare(number, cells)
        self.ending = _text(line)
        if not self.header and len(self.comments) < _MOST_COMMENTS:
            self.comments.append(self.ending)

    def _line_in_front(self, number: int, line: bytes) -> None:
        cells = line.split()
        if self._is_header(cells):
            self._begin(number, cells)
            return
        if _number(cells[0]) is not None:
            self._miss_columns()
        self._compare(number, cells)

    def _is_header(self, cells: Collection[bytes]) -> bool:
        names = {_text(cell) for cell in cells}
        return all(not names.isdisjoint(spellings) for spellings in self.wanted.values())

    def _begin(self, number: int, header: list[bytes]) -> None:
        if self.lines:
            return
        names = [_text(cell) for cell in header]
        for name, spellings in {**self.wanted, **self.optional}.items():
            spelling = next((spelling for spelling in spellings if spelling in names), None)
            if spelling is None:
                continue
            if names.count(spelling) > 1:
                raise CatalogueError(f"{self.name}:{number}: two columns are called {spelling!r}")
            self.columns[name] = (names.index(spelling), array("d"))
            self.spellings[name] = spelling
        self.header = header

    def _compare(self, number: int, cells: list[bytes]) -> None:
        """Keep the line that comes closest to the column names, for the message that they are missing."""
        if not self.header:
            names = [_text(cell) for cell in cells]
            count = sum(not spellings.isdisjoint(names) for spellings in map(set, self.wanted.values()))
            if count >= self.closest[0]:
                self.closest = (count, number, names)

    def _miss_columns(self) -> NoReturn:
        count, number, names = self.closest
        if count < 0:
            raise CatalogueError(f"{self.name}: no line of column names; expected {listed(self.wanted)} among them")
        missing, *others = next(spelled for spelled in self.wanted.values() if set(spelled).isdisjoint(names))
        similar = [name for name in names if _similarity(name, missing) > _SIMILAR]
        also = f" (or {listed(map(repr, others))})" if others else ""
        kind = "".join(f", and {text!r}" for text in self.comments if text.lower().startswith(_KIND_OF_OUTPUT))
        raise CatalogueError(
            f"{self.name}:{number}: no column {missing!r}{also}{nearest(missing, similar)}; found {listed(names)}{kind}"
        )

    def _row(self, number: int, cells: list[bytes]) -> None:
        if len(cells) != len(self.header):
            raise CatalogueError(f"{self.name}:{number}: {len(cells)} cells for {len(self.header)} columns")
        for name, (position, values) in self.columns.items():
            value = _number(cells[position])
            if value is None:
                called, found = self.spellings[name], _text(cells[position])
                raise CatalogueError(f"{self.name}:{number}: {called} is {found!r}, {not_a_number(found)}")
            values.append(value)
        self.lines.append(number)
        if len(self.lines) > _MOST_ROWS:
            raise CatalogueError(f"{self.name}:{number}: more than {_MOST_ROWS:,} rows, too many for a stellar model")


def _numbered_lines(stream: BinaryIO, name: str, ended: bool) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that are not empty, stripped, with their numbers."""
    number = 0
    while line := stream.readline(_LONGEST_LINE + 1):
        number += 1
        if len(line) > _LONGEST_LINE:
            raise CatalogueError(
                f"{name}:{number}: a line of more than {_LONGEST_LINE:,} characters, too long for a table"
            )
        if ended and not line.endswith(b"\n"):
            raise CatalogueError(
                f"{name}:{number}: the file is cut off within a line; expected a line break at its end"
            )
        stripped = line.removeprefix(_BYTE_ORDER_MARK).strip() if number == 1 else line.strip()
        if stripped:
            yield number, stripped


def _number(cell: bytes) -> float | None:
    """Return the number in a cell, or None, also for Python's ``1_000``."""
    if b"_" in cell:
        return None
    with suppress(ValueError):
        return float(cell)
    return None


def _similarity(name: str, other: str) -> float:
    return difflib.SequenceMatcher(None, name.lower(), other.lower()).ratio()


def _text(cell: bytes) -> str:
    """Return a cell for a message, without control characters."""
    text = cell[:1000].decode("utf-8", errors="replace")
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)

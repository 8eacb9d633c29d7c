"""Tables of the neutrinos of massive stars before collapse as comma-separated files: the shipped one and a user's."""

from __future__ import annotations

import csv
import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridscan import units
from gridscan.errors import CatalogueError, UnitError, nearest
from gridscan.inputs.shipped_files import data_path
from gridscan.physics.presupernova.luminosity_table import LuminosityTable, NeutrinoTrack

FloatArray = NDArray[np.floating[Any]]

#: The table that ships: a fit to KEPLER models of 15 and 25 Msun (Odrzywolek & Heger 2010).
SHIPPED = "neutrino_tracks.csv"

_COLUMN_UNITS = {
    "mass": "Msun",
    "time_before_collapse": "s",
    "luminosity": "MeV/s",
    "mean_energy": "MeV",
    "pinching": "1",
}
_OPTIONAL_UNITS = {"nux_to_nue": "1", "nue_to_antinue": "1"}


@functools.lru_cache(maxsize=64)
def read_luminosity_table(text: str, name: str = "table of neutrino luminosities") -> LuminosityTable:
    """Read a table of neutrinos before collapse from comma-separated text.

    Lines that begin with ``#`` are comments, except ``# units: column unit; column unit; ...``. Then follow a line of
    column names, in any order, and one line for each mass and time, sorted by mass and then by time:
    ``mass``, ``time_before_collapse``, ``luminosity`` and ``mean_energy`` of electron antineutrinos alone,
    ``pinching``, and, if given, ``nux_to_nue`` (each of nu_mu and nu_tau over nu_e) and ``nue_to_antinue``.

    Parameters
    ----------
    text
        The content of the file.
    name
        Name of the table in messages.

    Returns
    -------
    LuminosityTable
        In MeV and seconds.

    Raises
    ------
    CatalogueError
        If a column or its unit is missing or unknown, a number is not finite or outside its range (a luminosity, a mean
        energy or a time of zero or less, a pinching of 1 or less, a negative ratio), rows are not sorted, or a mass has
        a single time; it gives name and line.
    """
    lines = [(number, line) for number, line in enumerate(text.lstrip("\ufeff").splitlines(), 1) if line.strip()]
    comments = [(number, line) for number, line in lines if line.lstrip().startswith("#")]
    rows = [(number, next(csv.reader([line]))) for number, line in lines if not line.lstrip().startswith("#")]
    if len(rows) < 2:
        raise CatalogueError(f"{name}: holds no line of column names followed by rows")
    (header_line, cells), numbers = rows[0], [number for number, _ in rows[1:]]
    header = [cell.strip() for cell in cells]
    given = _columns_with_units(name, comments, header_line, header)
    values = np.array([_numbers(name, number, header, row) for number, row in rows[1:]])
    columns = {column: values[:, header.index(column)] for column in given}
    _refuse_wrong_numbers(name, numbers, columns)
    columns = {column: units.convert(columns[column], *pair) for column, pair in given.items()}
    return _tracks(name, numbers, columns)


def shipped_luminosity_table() -> LuminosityTable:
    """Return the shipped table, ``kepler``.

    Returns
    -------
    LuminosityTable
        Stars of 15 and 25 Msun from 6000 years to five minutes before collapse.

    Examples
    --------
    >>> from gridscan.stellar_tables.neutrino_tracks import shipped_luminosity_table
    >>> shipped_luminosity_table().mass
    array([15., 25.])
    """
    return read_luminosity_table(data_path(SHIPPED).read_text(encoding="utf-8"), SHIPPED)


def _columns_with_units(
    name: str, comments: list[tuple[int, str]], header_line: int, header: list[str]
) -> dict[str, tuple[units.Unit, units.Unit]]:
    """Return, for each column, the unit in which it is given and that in which it is used."""
    found = [(number, line.partition("units:")[2]) for number, line in comments if line.startswith("# units:")]
    if not found:
        raise CatalogueError(f"{name}:1: missing line '# units: column unit; ...' before the column names")
    number, text = found[0]
    given = dict(entry.split(maxsplit=1) for entry in text.split(";") if len(entry.split()) >= 2)
    known = {**_COLUMN_UNITS, **_OPTIONAL_UNITS}
    pairs: dict[str, tuple[units.Unit, units.Unit]] = {}
    for column in header:
        if column not in known:
            raise CatalogueError(f"{name}:{header_line}: unknown column {column!r}{nearest(column, known)}")
    for column, unit in known.items():
        if header.count(column) != 1:
            if column in _OPTIONAL_UNITS and column not in header:
                continue
            what = "two columns" if column in header else "no column"
            raise CatalogueError(f"{name}:{header_line}: {what} {column!r}{nearest(column, set(header) - {column})}")
        if column not in given:
            raise CatalogueError(f"{name}:{number}: no unit for column {column!r}{nearest(column, given)}")
        try:
            pairs[column] = (units.parse_unit(given[column]), units.parse_unit(unit))
            units.convert(1.0, *pairs[column])
        except UnitError as error:
            raise CatalogueError(f"{name}:{number}: column {column!r}: {error}") from None
    return pairs


def _numbers(name: str, number: int, header: list[str], row: list[str]) -> list[float]:
    if len(row) != len(header):
        raise CatalogueError(f"{name}:{number}: {len(row)} values for {len(header)} columns")
    values = []
    for column, text in zip(header, row, strict=True):
        try:
            values.append(float(text))
        except ValueError:
            raise CatalogueError(f"{name}:{number}: {column} is {text.strip()!r}, not a number") from None
        if not np.isfinite(values[-1]):
            raise CatalogueError(f"{name}:{number}: {column} is {text.strip()}; it must be finite")
    return values


def _refuse_wrong_numbers(name: str, numbers: list[int], columns: dict[str, FloatArray]) -> None:
    """Refuse numbers of which there is no logarithm, or no recoil spectrum."""
    for column, values in columns.items():
        wrong, must_be = values <= 0.0, "above 0"
        if column in _OPTIONAL_UNITS:
            wrong, must_be = values < 0.0, "0 or more"
        elif column == "pinching":
            wrong, must_be = values <= 1.0, "above 1"
        elif column == "luminosity":
            must_be = "above 0, since it follows a power law between rows (it is zero after the last time of a mass)"
        if wrong.any():
            row = int(np.argmax(wrong))
            raise CatalogueError(f"{name}:{numbers[row]}: {column} is {values[row]:g}; it must be {must_be}")


def _tracks(name: str, numbers: list[int], columns: dict[str, FloatArray]) -> LuminosityTable:
    mass, time = columns["mass"], columns["time_before_collapse"]
    same = mass[1:] == mass[:-1]
    for wrong, what in (
        (mass[1:] < mass[:-1], "rows are not sorted by mass"),
        (same & (time[1:] <= time[:-1]), "time_before_collapse does not increase within its mass"),
    ):
        if wrong.any():
            raise CatalogueError(f"{name}:{numbers[int(np.argmax(wrong)) + 1]}: {what}")
    masses, first, count = np.unique(mass, return_index=True, return_counts=True)
    if (count < 2).any():
        few = int(np.argmax(count < 2))
        raise CatalogueError(
            f"{name}:{numbers[first[few]]}: the star of {masses[few]:g} Msun has one time; two or more are needed"
        )
    tracks = []
    for begin, size in zip(first, count, strict=True):
        own = {column: values[begin : begin + size] for column, values in columns.items() if column != "mass"}
        tracks.append(NeutrinoTrack(time=own.pop("time_before_collapse"), **own))
    return LuminosityTable(masses, tuple(tracks))

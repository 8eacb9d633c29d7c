"""Records that a scenario adds: written in it, or in a comma-separated file, a row for each label."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gridscan.definition.nodes import Table
from gridscan.errors import CatalogueError, UnitError, nearest
from gridscan.inputs.catalogue import RECORD_NOTES
from gridscan.inputs.faults import Fault
from gridscan.units import parse_unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gridscan.inputs.input_files import TableFiles

_NAME = "name"


#: Records by catalogue and label, or the name of the file that holds those of a catalogue.
OwnRecords = Mapping[str, str | Mapping[str, Mapping[str, Any]]]


@dataclass(frozen=True)
class Records:
    """Records that a scenario adds.

    Attributes
    ----------
    records
        Raw values of parameters, by catalogue and label.
    places
        File and line of those that stand in a file, by catalogue and label.
    contents
        Contents of the files by their names.
    """

    records: dict[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    places: dict[tuple[str, str], str] = field(default_factory=dict)
    contents: dict[str, str] = field(default_factory=dict)

    def located(self, catalogue: str, label: str, faults: Iterable[Fault]) -> list[Fault]:
        """Return faults in a record with file and line in front of their messages, if it stands in a file.

        Parameters
        ----------
        catalogue, label
            Which record.
        faults
            Faults in it, which are reported where the scenario names the file.

        Returns
        -------
        list of Fault
            The same, perhaps with longer messages.
        """
        place = self.places.get((catalogue, label))
        if place is None:
            return list(faults)
        return [dataclasses.replace(fault, message=f"{place}: {fault.message}") for fault in faults]

    def extended(self, records: OwnRecords) -> Records:
        """Return these with further records.

        Parameters
        ----------
        records
            Records by catalogue and label.

        Returns
        -------
        Records
            All of them.
        """
        own = {
            name: {**self.records.get(name, {}), **more} for name, more in records.items() if not isinstance(more, str)
        }
        return dataclasses.replace(self, records={**self.records, **own})


def records_of(own: OwnRecords, files: TableFiles, faults: list[Fault]) -> Records:
    """Return the records that a scenario adds, those of files among them.

    Parameters
    ----------
    own
        Records by catalogue and label, or the name of the file that holds those of a catalogue.
    files
        The files that the scenario names.
    faults
        Takes the fault of each file that cannot be read, or holds no records.

    Returns
    -------
    Records
        All of them; none of a file that is no good.
    """
    found = Records()
    for catalogue, given in own.items():
        if not isinstance(given, str):
            found.records[catalogue] = given
            continue
        try:
            found.contents[given], (values, lines) = files.read(
                Table(files.folder / given, read_records, lambda _: {}), given
            )
        except CatalogueError as error:
            faults.append(Fault(("catalogue", catalogue), str(error)))
            values, lines = {}, {}
        found.records[catalogue] = values
        found.places.update({(catalogue, label): f"{given}:{line}" for label, line in lines.items()})
    return found


def read_records(text: str, name: str = "records") -> tuple[dict[str, dict[str, Any]], dict[str, int]]:
    """Read records from comma-separated text.

    Lines that begin with ``#`` are comments, except ``# units: column unit; column unit; ...``. Then follow a line of
    column names, ``name`` among them, and one line for each record. A number in a column with a unit is in that unit;
    other cells are read as in a scenario. ``source`` and ``description`` are texts.

    Parameters
    ----------
    text
        The content of the file.
    name
        Name of the file in messages.

    Returns
    -------
    values : dict
        Raw values of parameters by label; what they mean is checked with the model.
    lines : dict
        The line of each label, from 1.

    Raises
    ------
    CatalogueError
        If there is no column ``name``, a column or a label is there twice, a label is empty, a row has too few or too
        many cells, a cell in a column with a unit is no number, or a unit is unknown; it gives name and line.

    Examples
    --------
    >>> from gridscan.inputs.record_files import read_records
    >>> values, lines = read_records("# units: distance pc\\nname,distance,source\\nantares,170,Hipparcos\\n")
    >>> values, lines
    ({'antares': {'distance': '170 pc', 'source': 'Hipparcos'}}, {'antares': 3})
    """
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    rows = [(number, _cells(line)) for number, line in lines if not line.lstrip().startswith("#")]
    if len(rows) < 2:
        raise CatalogueError(f"{name}: holds no line of column names followed by rows")
    (header_line, header), own = rows[0], rows[1:]
    if _NAME not in header:
        raise CatalogueError(f"{name}:{header_line}: no column {_NAME!r} for the labels{nearest(_NAME, header)}")
    twice = [column for column in header if header.count(column) > 1]
    if twice:
        raise CatalogueError(f"{name}:{header_line}: two columns {twice[0]!r}")
    units = _units(name, [(number, line) for number, line in lines if line.startswith("# units:")], header)
    values: dict[str, dict[str, Any]] = {}
    found: dict[str, int] = {}
    for number, cells in own:
        if len(cells) != len(header):
            raise CatalogueError(f"{name}:{number}: {len(cells)} values for {len(header)} columns")
        record = dict(zip(header, cells, strict=True))
        label = record.pop(_NAME)
        if not label or label in values:
            what = f"the name {label!r} is there twice, first in line {found[label]}" if label else "the name is empty"
            raise CatalogueError(f"{name}:{number}: {what}")
        found[label] = number
        values[label] = {key: _value(f"{name}:{number}: {key}", cell, units.get(key)) for key, cell in record.items()}
        values[label].setdefault("source", f"{name}, line {number}")
    return values, found


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line], skipinitialspace=True))]


def _units(name: str, given: Sequence[tuple[int, str]], header: Sequence[str]) -> dict[str, str]:
    """Return the units of columns."""
    units: dict[str, str] = {}
    for number, line in given:
        for entry in filter(str.strip, line.partition("units:")[2].split(";")):
            column, _, unit = entry.strip().partition(" ")
            if column not in header or column in (_NAME, *RECORD_NOTES) or not unit.strip():
                what = f"no column {column!r}{nearest(column, header)}" if unit.strip() else f"no unit for {column!r}"
                raise CatalogueError(f"{name}:{number}: {what}; expected '# units: column unit; column unit; ...'")
            try:
                parse_unit(unit)
            except UnitError as error:
                raise CatalogueError(f"{name}:{number}: column {column!r}: {error}") from None
            units[column] = unit.strip()
    return units


def _value(where: str, cell: str, unit: str | None) -> Any:
    try:
        number = float(cell)
    except ValueError:
        if unit is not None:
            found = repr(cell) if cell else "empty"
            raise CatalogueError(f"{where} is {found}; expected a number, in {unit}") from None
        return cell
    return number if unit in (None, "1") else f"{cell} {unit}"

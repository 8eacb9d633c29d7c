"""Tables that a scenario names, by a parameter or in records of a label: their contents, and what these allow."""

from __future__ import annotations

import os
import pathlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gridscan.errors import CatalogueError
from gridscan.inputs.faults import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridscan.definition.definition import Definition
    from gridscan.definition.nodes import Parameter
    from gridscan.inputs.catalogue import Catalogue
    from gridscan.inputs.faults import Path
    from gridscan.inputs.input_files import TableFiles
    from gridscan.inputs.value_reader import Given, ValueReader


@dataclass
class NamedTables:
    """Reads the tables that a scenario names.

    Attributes
    ----------
    contents
        Contents of the files by their names, for each parameter.
    """

    reader: ValueReader
    files: TableFiles
    contents: dict[str, dict[str, str]] = field(default_factory=dict)

    def bounded(self, model: Definition, given: Mapping[str, Given], catalogues: Mapping[str, Catalogue]) -> Definition:
        """Read the tables, and return the model with the ranges of other parameters that these allow.

        Parameters
        ----------
        model
            The model.
        given
            Raw values by name.
        catalogues
            Records by label.

        Returns
        -------
        Definition
            The model itself where no table says more.
        """
        ranges: dict[str, tuple[float, float]] = {}
        where: Path = ()
        for name, parameter in model.parameters.items():
            if parameter.table is None:
                continue
            named = self._named(model, parameter, given, catalogues)
            if not named:
                continue
            self.contents[name] = {}
            where = where or given[name if name in given else str(parameter.label)].path
            # Each file once, at the first place that names it: draws name the same ones over and over.
            for item, path in {repr(item): (item, path) for item, path in reversed(named)}.values():
                for key, (low, high) in self._read(name, parameter, item, path).items():
                    least, most = ranges.get(key, (low, high))
                    ranges[key] = (min(least, low), max(most, high))
        model = model.bounded(ranges) if ranges else model
        stood_for = {name for other in model.alternatives if set(given) & set(other.inputs) for name in other.sets}
        for key, (low, high) in ranges.items():
            node = model.parameters[key]
            if key not in {*given, *stood_for} and isinstance(node.default, float) and not low <= node.default <= high:
                message = f"{key!r} needs a value with this table: {node.default:g}, its default, is not {node.allowed}"
                self.reader.fault(where, message)
        return model

    def _named(
        self, model: Definition, parameter: Parameter, given: Mapping[str, Given], catalogues: Mapping[str, Catalogue]
    ) -> list[tuple[Any, Path]]:
        """Return the names of the files of a parameter, and the paths to these; none if only the default is used."""
        known = len(self.reader.faults)
        if parameter.name in given:
            raw, _, paths, _ = self.reader.items(parameter, given[parameter.name])
            return list(zip(raw, paths, strict=True))
        if parameter.label is None or parameter.label not in given:
            return []
        raw, _, paths, _ = self.reader.items(model.labels[parameter.label], given[parameter.label])
        # What is wrong with labels is said where they are selected.
        del self.reader.faults[known:]
        records = catalogues[parameter.label]
        named = [
            (records[label].values.get(parameter.name, parameter.default), path)
            for label, path in zip(raw, paths, strict=True)
            if isinstance(label, str) and label in records
        ]
        return named if any(item != parameter.default for item, _ in named) else []

    def _read(self, name: str, parameter: Parameter, item: Any, path: Path) -> Mapping[str, tuple[float, float]]:
        assert parameter.table is not None
        if not isinstance(item, str | os.PathLike) or not str(item):
            self.reader.fault(path, f"{name!r} takes the name of a file, found {shown(item)}")
            return {}
        # A file given on the command line is relative to the current folder.
        folder = pathlib.Path(".") if path[:1] == ("--set",) else None
        try:
            content, table = self.files.read(parameter.table, str(item), folder)
        except CatalogueError as error:
            self.reader.fault(path, f"{name!r}: {error}")
            return {}
        self.contents[name][str(item)] = content
        return parameter.table.ranges(table)

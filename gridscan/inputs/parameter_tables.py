"""Tables that parameters name: read, and the ranges that they allow to other parameters."""

from __future__ import annotations

import os
import pathlib
from typing import TYPE_CHECKING, Any

from gridscan.errors import CatalogueError
from gridscan.inputs.faults import Path, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridscan.definition.definition import Definition
    from gridscan.definition.nodes import Parameter
    from gridscan.inputs.input_files import TableFiles
    from gridscan.inputs.value_reader import Given, ValueReader


class ParameterTables:
    """Reads the files that parameters name.

    Parameters
    ----------
    model
        The model.
    reader
        Reads values, and collects faults.
    files
        The files.
    """

    def __init__(self, model: Definition, reader: ValueReader, files: TableFiles) -> None:
        self.model, self.reader, self.files = model, reader, files
        #: By parameter, the contents by the name of the file.
        self.contents: dict[str, dict[str, str]] = {}

    def bounded_by(self, given: Mapping[str, Given]) -> Definition:
        """Read the files, and take from the tables the allowed ranges of other parameters.

        Parameters
        ----------
        given
            Raw values by name.

        Returns
        -------
        Definition
            The model, with these ranges.
        """
        ranges: dict[str, tuple[float, float]] = {}
        for name, parameter in self.model.parameters.items():
            if parameter.table is None or name not in given:
                continue
            raw, _, paths, _ = self.reader.items(parameter, given[name])
            self.contents[name] = {}
            for item, path in zip(raw, paths, strict=True):
                for key, (low, high) in self._read(name, parameter, item, path).items():
                    least, most = ranges.get(key, (low, high))
                    ranges[key] = (min(least, low), max(most, high))
        model = self.model.bounded(ranges) if ranges else self.model
        stood_for = {name for other in model.alternatives if set(given) & set(other.inputs) for name in other.sets}
        for key, (low, high) in ranges.items():
            node = model.parameters[key]
            if key not in {*given, *stood_for} and isinstance(node.default, float) and not low <= node.default <= high:
                message = f"{key!r} needs a value with this table: {node.default:g}, its default, is not {node.allowed}"
                table = next(iter(self.contents))
                self.reader.fault(given[table].path, message)
        return model

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

"""Records of labels that several scenarios share: ``[uses] file = "my_labels.toml"``, data only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gridscan.definition.nodes import Table
from gridscan.errors import CatalogueError, nearest
from gridscan.inputs.faults import Fault, shown
from gridscan.scenario.toml_positions import Positions, locate
from gridscan.scenario.toml_text import parse_toml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridscan.inputs.faults import Path
    from gridscan.inputs.input_files import TableFiles

_CATALOGUE = "catalogue"
_WHERE = ("uses", "file")


@dataclass
class UsedFiles:
    """The files of records that a scenario uses.

    Attributes
    ----------
    contents
        Their texts by name.
    """

    contents: dict[str, str] = field(default_factory=dict)
    _places: dict[tuple[str | int, ...], str] = field(default_factory=dict)
    _positions: dict[str, Positions] = field(default_factory=dict)

    def added(self, content: Mapping[str, Any], files: TableFiles, faults: list[Fault]) -> dict[str, Any]:
        """Return the content of a scenario with the records of the files that it uses.

        Parameters
        ----------
        content
            Of the scenario.
        files
            Finds files beside the scenario, or in a result.
        faults
            Takes what is wrong with the files.

        Returns
        -------
        dict
            The same with further records; one of the scenario wins over one of the same label in a file.

        Raises
        ------
        ScenarioError
            If a file is not TOML, with a line ``file:line:column: …``.
        """
        uses = content.get("uses")
        names = uses.get("file") if isinstance(uses, dict) else None
        several = names if isinstance(names, list) else [names]
        found: dict[str, Any] = {}
        for index, name in enumerate(several):
            path: Path = (*_WHERE, index) if isinstance(names, list) else _WHERE
            if isinstance(name, str):
                self._add(found, name, files, path, faults)
            elif name is not None:
                faults.append(Fault(path, f"'file' takes the name of a file, or a list of names; found {shown(name)}"))
        own = content.get(_CATALOGUE, {})
        if not found or not isinstance(own, dict):
            return dict(content)
        for kind, records in found.items():
            mine = own.get(kind, {})
            for place in [place for place in self._places if place[1] == kind and mine]:
                if len(place) == 2 or place[2] in mine:
                    del self._places[place]
            if isinstance(mine, str):
                message = f"records of {kind!r} stand in {mine!r} and in a file of [uses]; keep them in one file"
                faults.append(Fault((_CATALOGUE, kind), message))
            elif isinstance(mine, dict):
                own = {**own, kind: {**records, **mine}}
        return {**content, _CATALOGUE: own}

    def _add(self, found: dict[str, Any], name: str, files: TableFiles, path: Path, faults: list[Fault]) -> None:
        try:
            text = files.content(Table(files.folder / name, lambda *_: None, lambda _: {}), name)
        except CatalogueError as error:
            faults.append(Fault(path, str(error).replace("expected a table", "expected a TOML file of records")))
            return
        tables = parse_toml(text, name)
        self.contents[name], self._positions[name] = text, locate(text)
        for key in tables:
            if key != _CATALOGUE:
                self._refuse(faults, path, name, (key,), f"{key!r} has no place here{nearest(key, [_CATALOGUE])}")
        kinds = tables.get(_CATALOGUE, {})
        if not isinstance(kinds, dict) or (not kinds and tables.keys() <= {_CATALOGUE}):
            self._refuse(faults, path, name, (_CATALOGUE,), "there are no records")
            return
        for kind, records in kinds.items():
            wrong = records if not isinstance(records, dict) else None
            if wrong is None:
                wrong = next((one for one in records.values() if not isinstance(one, dict)), None)
            if wrong is not None:
                self._refuse(faults, path, name, (_CATALOGUE, kind), f"found {shown(wrong)} in place of a record")
                continue
            for label, record in records.items():
                place = (_CATALOGUE, kind, label)
                if label in found.get(kind, {}):
                    message = f"{label!r} of {kind!r} stands in {self._places[place]!r}, too"
                    self._refuse(faults, path, name, place, message)
                    continue
                found.setdefault(kind, {})[label] = record
                self._places[place] = name
                self._places.setdefault((_CATALOGUE, kind), name)

    def _refuse(self, faults: list[Fault], at: Path, name: str, path: Path, message: str) -> None:
        line, column = self._positions[name].find(path, at_key=True)
        expected = "a file of [uses] holds records only, as [catalogue.KIND.LABEL]"
        faults.append(Fault(at, f"{name}:{line}:{column}: {message}; {expected}"))

    def located(self, fault: Fault) -> tuple[str, int, int] | None:
        """Return where a fault is, if that is in one of the files.

        Parameters
        ----------
        fault
            A fault of the scenario with their records.

        Returns
        -------
        tuple or None
            Name of the file, line and column.
        """
        name = next((self._places[fault.path[:k]] for k in (3, 2) if fault.path[:k] in self._places), None)
        if name is None or fault.path[:1] != (_CATALOGUE,):
            return None
        return (name, *self._positions[name].find(fault.path, fault.at_key))

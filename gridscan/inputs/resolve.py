"""Resolving given values to labelled arrays in base units.

Scenario files and ``Model.evaluate`` both come through :func:`resolve`. Faults are collected, each with the path of
its value, so that a scenario can report them all with line and column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.definition.nodes import Constant, Label, Parameter, Quantity
from gridscan.definition.vector_lengths import Lengths, faults_of_lengths
from gridscan.errors import CatalogueError, listed
from gridscan.inputs.alternatives import Alternatives
from gridscan.inputs.arrays import Coordinate, Input, maps_last
from gridscan.inputs.cases import Cases
from gridscan.inputs.catalogue import Catalogue, catalogue_of
from gridscan.inputs.dependent import Dependents
from gridscan.inputs.distinct import repeated
from gridscan.inputs.draws import Draws
from gridscan.inputs.faults import MOST_TOLD, Fault, InputFaults, Path, hint, shown
from gridscan.inputs.inline_records import InlineRecords
from gridscan.inputs.input_files import TableFiles
from gridscan.inputs.measures import Measures
from gridscan.inputs.named_tables import NamedTables
from gridscan.inputs.record_files import OwnRecords, Records, records_of
from gridscan.inputs.requirements import broken_relations
from gridscan.inputs.resolved import Resolved
from gridscan.inputs.uncertain import Uncertainty
from gridscan.inputs.value_reader import Given, Numeric, ValueReader
from gridscan.units import Unit, base_factor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gridscan.definition.definition import Definition


def resolve(
    model: Definition,
    given: Mapping[str, Given],
    *,
    own_records: OwnRecords | None = None,
    units_required: bool = False,
    files: TableFiles | None = None,
    uncertainty: Uncertainty | None = None,
    zip_weights: Mapping[str, Given] | None = None,
    cases: Any = None,
) -> Resolved:
    """Turn raw values into labelled arrays.

    Parameters
    ----------
    model
        The model.
    given
        Raw values by name; axes have the order of these.
    own_records
        Records that a scenario adds, by catalogue and label, or the name of the file that holds those of a catalogue.
    units_required
        Whether a bare number for a parameter with a dimension is an error (in a file) or means its default unit.
    files
        The files that parameters name; by default in the current folder.
    uncertainty
        What is said of all uncertain parameters together.
    zip_weights
        Weights of zipped axes by dimension.
    cases
        Cases, as `Cases.read` takes them.

    Returns
    -------
    Resolved
        Every input of the model.

    Raises
    ------
    InputFaults
        With all faults.
    """
    resolver = _Resolver(model, units_required, files or TableFiles(), uncertainty or Uncertainty())
    resolver.measures.look_at(given, zip_weights or {})
    return resolver.run(given, own_records or {}, cases)


class _Resolver:
    def __init__(self, model: Definition, units_required: bool, files: TableFiles, uncertainty: Uncertainty) -> None:
        self.model = model
        self.reader = ValueReader(units_required)
        self.alternatives = Alternatives(model, self.reader)
        self.draws = Draws(model, self.reader, files, uncertainty, self._unknown_label)
        self.measures = Measures(self.reader)
        self.files = files
        self.tables = NamedTables(self.reader, files)
        self.sizes: dict[str, int] = {}
        self.inputs: dict[str, Input] = {}
        self.coordinates: dict[str, Coordinate] = {}
        self.catalogues: dict[str, Catalogue] = {}
        self.selected: dict[str, tuple[tuple[str, ...], list[str], list[Path]]] = {}
        self.lengths: dict[str, Lengths] = {}
        self.own = Records()
        self.cases = Cases(model, self.reader, files)
        self.inline = InlineRecords(model)
        self.dependents = Dependents(model, self.reader)

    def run(self, given: Mapping[str, Given], own_records: OwnRecords, raw_cases: Any) -> Resolved:
        cases = self.inline.of_cases(self.cases.read(raw_cases))
        given = self.inline.named(given)
        self._open_catalogues(own_records)
        gone = tuple(name for name in given if name in self.model.dropped)
        given = self.cases.values(cases, given, self.catalogues, self.alternatives)
        self.dependents.look_at(given)
        given = self.draws.words({name: value for name, value in given.items() if name not in gone})
        self.model = self.tables.bounded(self.model, given, self.catalogues)
        given = self.alternatives.of_given(self.draws.values(self.model, given))
        self.coordinates |= self.alternatives.coordinates
        for name, value in given.items():
            if name not in self.dependents.names:
                self._read(name, value)
        for name, label in self.model.labels.items():
            if name not in given:
                self.selected[name] = ((), [label.default], [()])
                self._coordinate(name, (), np.array([label.default]), None, label.description)
        for name, (_, labels, paths) in self.selected.items():
            known = len(self.reader.faults)
            distinct = dict(zip(reversed(labels), reversed(paths), strict=True))
            self.catalogues[name] = self.alternatives.of_catalogue(
                self.catalogues[name], distinct.items(), self.own.records.get(name, {})
            )
            if len(self.reader.faults) == known:
                self._unbundle(name, given)
        for name, node in self.model.nodes.items():
            if name not in given and name not in self.inputs and not isinstance(node, Quantity):
                self._default(name, node)
        self.dependents.work_out(self.model, self.inputs, self.coordinates)
        self._compare_lengths(self.lengths)
        self.coordinates |= self.cases.coordinate(cases)
        measures = self.measures.of(self.model, self.sizes, self.coordinates)
        if self.reader.faults:
            raise InputFaults(self.cases.located(self.inline.located(self.reader.faults)))
        contents = (self.cases.contents, *self.tables.contents.values(), self.own.contents, self.draws.contents)
        tables = {name: text for some in contents for name, text in some.items()}
        sizes, coordinates = maps_last(self.model, self.sizes), self.draws.coordinates(self.coordinates)
        return Resolved(
            *(self.model, sizes, self.inputs, coordinates, frozenset(given), tables),
            without_effect=gone,
            drawn=self.draws.drawn,
            measures=measures,
            dependent=self.dependents.found,
        )

    def _unknown_label(self, name: str, label: str) -> str | None:
        """Return what is wrong with a label, if its catalogue does not have it."""
        if label not in self.catalogues[name] and len(self.reader.faults) >= MOST_TOLD:
            return f"unknown {name} {label!r}"
        try:
            self.catalogues[name][label]
        except CatalogueError as error:
            return str(error)
        return None

    def _open_catalogues(self, own_records: OwnRecords) -> None:
        self.catalogues = {name: catalogue_of(self.model, name) for name in self.model.labels}
        self.own = records_of(own_records, self.files, self.reader.faults).extended(self.inline.records)
        for name, records in self.own.records.items():
            if name in self.catalogues:
                self.catalogues[name] = self.catalogues[name].extended(records)
                checked = {}
                for label in records:
                    known = len(self.reader.faults)
                    checked[label] = self._checked_record(name, label)
                    self.reader.faults[known:] = self.own.located(name, label, self.reader.faults[known:])
                self.catalogues[name] = self.catalogues[name].with_values(checked)
            elif name not in self.model.dropped:
                near = hint(name, self.catalogues, self.reader.faults)
                message = f"model {self.model.name!r} has no catalogue {name!r}{near}; it has {listed(self.catalogues)}"
                self.reader.fault(("catalogue", name), message, at_key=True)

    def _checked_record(self, catalogue: str, label: str) -> Mapping[str, Any]:
        """Return the values of a record, without other ways to give them."""
        bundled, settable = self.model.bundled(catalogue), self.model.settable(catalogue)
        given = self.catalogues[catalogue][label].values
        path: Path = ("catalogue", catalogue, label)
        misspelt = [key for key in given if key not in settable and key not in self.model.dropped]
        record = None if misspelt else self.alternatives.of_record(catalogue, label, given, path)
        lengths, read, known = {}, {}, len(self.reader.faults)
        for key, value in (given if record is None else record).items():
            if key in bundled:
                node, where = self.model.parameters[key], [(*path, key)]
                if node.table is not None:
                    continue
                values = self.reader.values(node, [value], where, None)
                if values is not None:
                    read[key] = np.asarray(values[0])
                if node.vector is not None and values is not None:
                    lengths[key] = Lengths.of((), values, where, [_record(catalogue, label)])
            elif key in misspelt:
                near = hint(key, settable, self.reader.faults)
                message = f"a record of {catalogue!r} cannot set {key!r}{near}; allowed are {listed(settable)}"
                self.reader.fault((*path, key), message, at_key=True)
        for key in bundled:
            if record is not None and key not in record and self.model.parameters[key].default is None:
                self.reader.fault(path, f"the record {label!r} of {catalogue!r} does not set {key!r}", at_key=True)
        self._compare_lengths(lengths)
        if len(self.reader.faults) == known:
            for key, message in broken_relations(self.model, read):
                self.reader.fault((*path, key), f"{message} in the {_record(catalogue, label)}")
        return given if record is None else record

    def _read(self, name: str, given: Given) -> None:
        node = self.model.labels.get(name) or self.model.nodes.get(name)
        if node is None:
            near = hint(name, self.model.names, self.reader.faults)
            self.reader.fault(given.path, f"unknown parameter {name!r} of model {self.model.name!r}{near}", at_key=True)
            return
        raw, unit, paths, is_axis = self.reader.items(node, given)
        if is_axis:
            dimension = given.dimension or name
            if not self._claim_dimension(name, dimension, len(raw), given):
                return
            dims: tuple[str, ...] = (dimension,)
        else:
            dims = ()
        if isinstance(node, Label):
            self._select(name, node, raw, paths, dims)
        elif name in self.tables.contents:
            self._keep_tables(name, node, dims, [str(item) for item in raw], paths)
        else:
            self._keep(name, node, dims, self.reader.values(node, raw, paths, unit), paths)

    def _claim_dimension(self, name: str, dimension: str, size: int, given: Given) -> bool:
        if size == 0:
            if not any(fault.path[: len(given.path)] == given.path for fault in self.reader.faults):
                self.reader.fault(given.path, f"the axis {name!r} is empty; give it at least one value")
            return False
        if self.sizes.setdefault(dimension, size) != size:
            self.reader.fault(
                given.path,
                f"{name!r} has {size} values, but the axes zipped along {dimension!r} have {self.sizes[dimension]}",
            )
            return False
        return True

    def _select(self, name: str, label: Label, raw: Any, paths: list[Path], dims: tuple[str, ...]) -> None:
        labels = []
        for item, path in zip(raw, paths, strict=True):
            if not isinstance(item, str):
                self.reader.fault(
                    path, f"{name!r} takes a label, found {shown(item)}; known are {listed(self.catalogues[name], 20)}"
                )
            elif (unknown := self._unknown_label(name, item)) is not None:
                self.reader.fault(path, unknown)
            else:
                labels.append(str(item))
        if len(labels) == len(raw):
            self._no_duplicates(name, labels, paths, dims)
            self.selected[name] = (dims, labels, paths)
            self._coordinate(name, dims, np.array(labels), None, label.description)

    def _keep(self, name: str, node: Numeric, dims: tuple[str, ...], values: Any, paths: list[Path]) -> None:
        if values is None:
            return
        vector = isinstance(node, Parameter) and node.vector is not None
        words = isinstance(node, Parameter) and node.is_word
        array = self._stacked(name, Lengths.of(dims, values, paths), values) if vector else np.asarray(values)
        if dims and not vector:
            self._no_duplicates(name, array, paths, dims, None if words else node.unit)
        if not vector:
            title = node.long_name if isinstance(node, Quantity) else node.description
            self._coordinate(name, dims, array, None if words else node.unit, title)
        self._input(name, node, dims, array)

    def _keep_tables(
        self, name: str, node: Numeric, dims: tuple[str, ...], names: list[str], paths: list[Path]
    ) -> None:
        contents = self.tables.contents[name]
        if all(file in contents for file in names):
            self._no_duplicates(name, names, paths, dims)
            self._coordinate(name, dims, np.array(names), None, getattr(node, "description", name))
            self._input(name, node, dims, np.array([contents[file] for file in names]))

    def _keep_named(self, name: str, node: Parameter, dims: tuple[str, ...], files: list[str]) -> None:
        """Keep the tables that the records of a label name; those that could not be read are faults already."""
        contents = self.tables.contents.get(name)
        if contents is None:
            self._default(name, node)
        elif all(str(file) in contents for file in files):
            self._coordinate(name, dims, np.array(files, dtype=str), None, node.description)
            self._input(name, node, dims, np.array([contents[str(file)] for file in files]))

    def _input(self, name: str, node: Numeric, dims: tuple[str, ...], values: np.ndarray) -> None:
        vector = isinstance(node, Parameter) and node.vector is not None
        data = values if values.dtype.kind == "U" else values * base_factor(node.unit)
        lengths = np.array(self.lengths[name].counts) if vector and dims else None
        self.inputs[name] = Input(dims, data if dims else np.asarray(data[0]), vector, lengths)

    def _coordinate(self, name: str, dims: tuple[str, ...], values: np.ndarray, unit: Unit | None, title: str) -> None:
        self.coordinates[name] = Coordinate(dims, values if dims else np.asarray(values[0]), unit, title)

    def _no_duplicates(
        self, name: str, values: Any, paths: list[Path], dims: tuple[str, ...], unit: Unit | None = None
    ) -> None:
        found = repeated(name, values, unit) if dims == (name,) else None
        if found is not None:
            self.reader.fault(paths[found[0]], found[1])

    def _unbundle(self, name: str, given: Mapping[str, Given]) -> None:
        """Give the parameters that a label sets the values of the selected records, unless given explicitly."""
        dims, labels, paths = self.selected[name]
        catalogue = self.catalogues[name]
        for key in self.model.bundled(name):
            node = self.model.parameters[key]
            if key in given:
                continue
            otherwise = node.default_as_given
            distinct = list(dict.fromkeys(labels))
            lacking = [
                label
                for label in distinct
                if label not in catalogue or (key not in catalogue[label].values and otherwise is None)
            ]
            if lacking:
                if not any(fault.path[:3] == ("catalogue", name, lacking[0]) for fault in self.reader.faults):
                    where = paths[labels.index(lacking[0])]
                    self.reader.fault(where, f"the record {lacking[0]!r} of {name!r} does not set {key!r}")
                continue
            if node.table is not None:
                records = [catalogue[label].values.get(key, otherwise) for label in labels]
                self._keep_named(key, node, dims, records)
                continue
            records = [catalogue[label].values.get(key, otherwise) for label in distinct]
            known = len(self.reader.faults)
            read = self.reader.values(node, records, [paths[labels.index(label)] for label in distinct], None)
            by_label = None if read is None else dict(zip(distinct, read, strict=True))
            values = None if by_label is None else [by_label[label] for label in labels]
            if values is None:
                own = any(fault.path[:2] == ("catalogue", name) for fault in self.reader.faults)
                del self.reader.faults[known if own else len(self.reader.faults) :]
                continue
            if node.vector is not None:
                mine = self.own.records.get(name, {})
                places: list[Path] = [
                    ("catalogue", name, label, key) if label in mine else path
                    for label, path in zip(labels, paths, strict=True)
                ]
                sources = [_record(name, label) for label in labels]
                array = self._stacked(key, Lengths.of(dims, values, places, sources), values)
            else:
                array = np.asarray(values)
            self._input(key, node, dims, array)
            if node.vector is None:
                self._coordinate(key, dims, array, None if node.is_word else node.unit, node.description)

    def _default(self, name: str, node: Parameter | Constant) -> None:
        if node.default is None:
            return
        table = node.table if isinstance(node, Parameter) else None
        if table is not None:
            array = np.asarray([self.files.content(table, table.shipped.name, table.shipped.parent)])
        else:
            array = np.asarray([node.default], dtype=str if isinstance(node.default, str) else float)
        if isinstance(node, Parameter) and node.vector is not None:
            array = self._stacked(name, Lengths.of_default(array[0]), list(array))
        self._input(name, node, (), array)

    def _stacked(self, name: str, lengths: Lengths, vectors: Sequence[np.ndarray]) -> np.ndarray:
        """Record the lengths of vectors, and stack them, padding shorter ones with their last value."""
        self.lengths[name] = lengths
        longest = max(lengths.counts)
        return np.stack([np.pad(vector, (0, longest - len(vector)), mode="edge") for vector in vectors])

    def _compare_lengths(self, lengths: Mapping[str, Lengths]) -> None:
        """Refuse vectors whose lengths do not match."""
        for path, message in faults_of_lengths(self.model.parameters.values(), lengths):
            # A faulty record is reported once, however often it is selected.
            if Fault(path, message) not in self.reader.faults:
                self.reader.fault(path, message)


def _record(catalogue: str, label: str) -> str:
    return f"record {label!r} of {catalogue!r}"

"""Parameters that are given in another way: converted before they are resolved, so that nothing else has to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.errors import EvaluationError
from gridscan.inputs.arrays import Coordinate
from gridscan.inputs.distinct import repeated
from gridscan.inputs.value_reader import Given
from gridscan.units import Quantity, base_factor, base_unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gridscan.definition.definition import Definition
    from gridscan.definition.nodes import Alternative, Parameter
    from gridscan.inputs.catalogue import Catalogue
    from gridscan.inputs.faults import Path
    from gridscan.inputs.value_reader import ValueReader


@dataclass(frozen=True)
class _Values:
    """Values of one input of an alternative in its default unit, and the dimension along which they lie, if any."""

    name: str
    node: Parameter
    numbers: np.ndarray
    dimension: str | None


class Alternatives:
    """Converts what is given in place of parameters into values of these.

    Parameters
    ----------
    model
        The model, which declares other ways to give its parameters.
    reader
        Reads values, and collects faults.
    """

    def __init__(self, model: Definition, reader: ValueReader) -> None:
        self.model = model
        self.reader = reader
        #: What was given in place of parameters, in its default units.
        self.coordinates: dict[str, Coordinate] = {}

    def of_given(self, given: Mapping[str, Given]) -> dict[str, Given]:
        """Return given values with those of parameters in place of others.

        Parameters
        ----------
        given
            Raw values by name. An override of parameters wins over what stands for them in a file, and the other way
            round.

        Returns
        -------
        dict
            Raw values by name, in the same order; wrong ones are left out, with a fault.
        """
        result = dict(given)
        for alternative in self.model.alternatives:
            names = [name for name in alternative.inputs if name in result]
            if not names:
                continue
            found = self._one(alternative, names, result)
            converted = {name: item for name, item in found.items() if not self._is_overridden(name, names, result)}
            ordered: dict[str, Given] = {}
            for name, value in result.items():
                if name == names[0]:
                    ordered |= converted
                elif name not in names and name not in converted:
                    ordered[name] = value
            result = ordered
        return result

    def _is_overridden(self, parameter: str, names: list[str], given: Mapping[str, Given]) -> bool:
        """Tell whether an override gives a parameter of which a file has it in another way."""
        if any(_overrides(given[name]) for name in names):
            return False
        return parameter in given and _overrides(given[parameter])

    def _one(self, alternative: Alternative, names: list[str], given: Mapping[str, Given]) -> dict[str, Given]:
        first = given[names[0]]
        overrides = any(_overrides(given[name]) for name in names)
        doubled = [name for name in alternative.sets if name in given and _overrides(given[name]) == overrides]
        fault = _pairing(alternative, names, doubled)
        if fault is not None:
            self.reader.fault(first.path, fault, at_key=True)
            return {}
        if all(self._is_overridden(name, names, given) for name in alternative.sets):
            return {}
        read = [self._read(name, node, given[name]) for name, node in alternative.inputs.items()]
        values = [item for item in read if item is not None]
        dimensions = list(dict.fromkeys(item.dimension for item in values if item.dimension is not None))
        if len(values) < len(read):
            return {}
        if len(dimensions) > 1:
            message = f"{_all(dimensions)} cannot be axes of their own; zip them in one table [axes.zip.NAME]"
            self.reader.fault(first.path, message, at_key=True)
            return {}
        sizes = {item.name: len(item.numbers) for item in values if item.dimension is not None}
        if len(set(sizes.values())) > 1:
            counted = ", ".join(f"{name!r} has {size} values" for name, size in sizes.items())
            self.reader.fault(first.path, f"axes zipped along {dimensions[0]!r} differ in length: {counted}")
            return {}
        return self._as_given(alternative, values, first.path, dimensions[0] if dimensions else None)

    def _read(self, name: str, node: Parameter, given: Given) -> _Values | None:
        raw, unit, paths, is_axis = self.reader.items(node, given)
        if not len(raw):
            if not any(fault.path[: len(given.path)] == given.path for fault in self.reader.faults):
                self.reader.fault(given.path, f"the axis {name!r} is empty; give it at least one value")
            return None
        numbers = self.reader.values(node, raw, paths, unit)
        if numbers is None:
            return None
        if is_axis and given.dimension is None and (twice := repeated(name, numbers, node.unit)) is not None:
            self.reader.fault(paths[twice[0]], twice[1])
            return None
        return _Values(name, node, np.asarray(numbers), (given.dimension or name) if is_axis else None)

    def _as_given(
        self, alternative: Alternative, values: list[_Values], path: Path, dimension: str | None
    ) -> dict[str, Given]:
        arrays = [item.numbers if item.dimension is not None else item.numbers[0] for item in values]
        converted = self._convert(alternative, arrays, path)
        if converted is None:
            return {}
        for item, array in zip(values, arrays, strict=True):
            dims = () if item.dimension is None else (item.dimension,)
            self.coordinates[item.name] = Coordinate(dims, np.asarray(array), item.node.unit, item.node.description)
        return {name: Given(value, path, dimension) for name, value in converted.items()}

    def of_record(self, catalogue: str, label: str, record: Mapping[str, Any], path: Path) -> dict[str, Any] | None:
        """Return the values of a record with those of parameters in place of others.

        Parameters
        ----------
        catalogue, label
            Where it is.
        record
            Raw values by name.
        path
            Path to the record.

        Returns
        -------
        dict or None
            Raw values by name; None if any is wrong, with a fault.
        """
        result = dict(record)
        known = len(self.reader.faults)
        for alternative in self.model.alternatives_of(catalogue):
            names = [name for name in alternative.inputs if name in record]
            if not names:
                continue
            where: Path = (*path, names[0])
            fault = _pairing(alternative, names, [name for name in alternative.sets if name in record])
            if fault is not None:
                self.reader.fault(where, f"record {label!r} of {catalogue!r}: {fault}", at_key=True)
                continue
            arrays = [
                self.reader.values(node, [record[name]], [(*path, name)], None)
                for name, node in alternative.inputs.items()
            ]
            if all(array is not None for array in arrays):
                result |= self._convert(alternative, [array[0] for array in arrays], where) or {}
            result = {name: value for name, value in result.items() if name not in names}
        return result if len(self.reader.faults) == known else None

    def of_catalogue(self, catalogue: Catalogue, selected: Iterable[tuple[str, Path]], own: Iterable[str]) -> Catalogue:
        """Return a catalogue with the values of parameters in place of others in selected records.

        Parameters
        ----------
        catalogue
            The records.
        selected
            Labels, and where each is selected; those of no record are passed over.
        own
            Labels of the records of the scenario, which are converted already.

        Returns
        -------
        Catalogue
            A new one; a record with wrong values is left as it is, with a fault.
        """
        converted = {}
        for label, path in selected:
            if label in catalogue and label not in own:
                values = self.of_record(catalogue.name, label, catalogue[label].values, path)
                if values is not None:
                    converted[label] = values
        return catalogue.with_values(converted)

    def _convert(self, alternative: Alternative, arrays: list[Any], path: Path) -> dict[str, Any] | None:
        """Return quantities by parameter."""
        units = [node.unit for node in alternative.inputs.values()]
        given = [np.asarray(array * base_factor(unit)) for array, unit in zip(arrays, units, strict=True)]
        try:
            found = alternative.function(*np.broadcast_arrays(*given))
        except EvaluationError as error:
            self.reader.fault(path, f"{_all(alternative.inputs)}: {error}", at_key=True)
            return None
        parts = found if isinstance(found, tuple) else (found,)
        return {
            name: Quantity(np.asarray(part, dtype=float), base_unit(self.model[name].unit))
            for name, part in zip(alternative.sets, parts, strict=True)
        }


def _overrides(given: Given) -> bool:
    return given.path[:1] == ("--set",)


def _all(names: Iterable[str]) -> str:
    return " and ".join(map(repr, names))


def _pairing(alternative: Alternative, names: list[str], doubled: list[str]) -> str | None:
    """Return what is wrong with the names that are given, those of inputs and those of parameters."""
    missing = [name for name in alternative.inputs if name not in names]
    if missing:
        return f"{_all(names)} is given without {_all(missing)}; together they stand for {_all(alternative.sets)}"
    if doubled:
        stand = f"{_all(alternative.inputs)} stand for {_all(alternative.sets)}"
        return f"{stand}, but {_all(doubled)} is given too; give one or the other"
    return None

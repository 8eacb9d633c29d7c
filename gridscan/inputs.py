"""From what a user gives (numbers, texts with units, labels, lists, ranges) to labelled arrays in base units.

Scenario files and ``Model.evaluate`` both come through :func:`resolve`. Faults are collected, each with the path of
the value it is about, so that a scenario can report them all with line and column.
"""

from __future__ import annotations

import datetime
import itertools
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pint
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from gridscan.catalogue import Catalogue, shipped_catalogue
from gridscan.errors import CatalogueError, ScenarioError, UnitError, listed, nearest
from gridscan.model import Model
from gridscan.nodes import Constant, Label, Parameter, Quantity
from gridscan.units import Unit, base_factor, convert, parse_quantity, parse_unit, readable, registry

Path = tuple[str | int, ...]
Numeric = Parameter | Constant | Quantity

LONGEST_AXIS = 10_000_000


@dataclass(frozen=True)
class Fault:
    """Something wrong with a value: the path to it in the file, and whether its key or its value is meant."""

    path: Path
    message: str
    at_key: bool = False


class InputFaults(ScenarioError):
    """All the faults found in a set of values."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = list(faults)
        super().__init__("\n".join(fault.message for fault in self.faults))


@dataclass(frozen=True)
class Given:
    """A raw value for one name; `path` is where it stands, `dimension` the axis that it runs along with others."""

    value: Any
    path: Path = ()
    dimension: str | None = None


@dataclass(frozen=True)
class Coordinate:
    """Values along one dimension (or none), in the default unit, for the Dataset."""

    dims: tuple[str, ...]
    values: np.ndarray
    unit: Unit | None
    long_name: str


@dataclass(frozen=True)
class Input:
    """A named array in base units (or of words) over dimensions; a vector has one more, last, axis."""

    dims: tuple[str, ...]
    data: np.ndarray
    vector: bool = False


@dataclass(frozen=True)
class Resolved:
    """Every input of a model, with the axes that the given values span.

    Attributes
    ----------
    sizes
        Dimensions in the order in which they were given.
    inputs
        Each parameter, constant and cut quantity.
    coordinates
        In the default units: axes, what a label bundles, and what was given a single value.
    given
        Names that were given a value.
    """

    model: Model
    sizes: dict[str, int]
    inputs: dict[str, Input]
    coordinates: dict[str, Coordinate]
    given: frozenset[str]
    catalogues: dict[str, Catalogue] = field(default_factory=dict)

    @property
    def cut(self) -> list[str]:
        """The quantities that were given a value."""
        return [name for name in self.model.quantities if name in self.given]


_THREE: dict[str, JsonValue] = {"minItems": 3, "maxItems": 3}


class AxisRange(BaseModel):
    """Values of an axis: exactly one of `values`, `linspace`, `geomspace`, `arange`."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    values: list[Any] | None = Field(None, description="The values themselves")
    linspace: list[int | float | str] | None = Field(
        None, description="[first, last, how many], evenly spaced", json_schema_extra=_THREE
    )
    geomspace: list[int | float | str] | None = Field(
        None, description="[first, last, how many], evenly spaced in the log"
    )
    arange: list[int | float | str] | None = Field(
        None, description="[first, end, step]; the end itself is left out", json_schema_extra=_THREE
    )
    unit: str | None = Field(None, description="Unit of the numbers")


def resolve(
    model: Model,
    given: Mapping[str, Given],
    *,
    own_records: Mapping[str, Mapping[str, Mapping[str, Any]]] | None = None,
    units_required: bool = False,
) -> Resolved:
    """Turn raw values into labelled arrays.

    Parameters
    ----------
    given
        Raw values by name; the order of the axes is the order in which they stand here.
    own_records
        Records that a scenario adds, by catalogue and label.
    units_required
        Whether a bare number for a parameter with a dimension is an error (in a file) or means its default unit.

    Raises
    ------
    InputFaults
        With everything that is wrong.
    """
    return _Resolver(model, units_required).run(given, own_records or {})


class _Resolver:
    def __init__(self, model: Model, units_required: bool) -> None:
        self.model = model
        self.units_required = units_required
        self.faults: list[Fault] = []
        self.sizes: dict[str, int] = {}
        self.inputs: dict[str, Input] = {}
        self.coordinates: dict[str, Coordinate] = {}
        self.catalogues: dict[str, Catalogue] = {}
        self.selected: dict[str, tuple[tuple[str, ...], list[str], Path]] = {}

    def run(self, given: Mapping[str, Given], own_records: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Resolved:
        self._open_catalogues(own_records)
        for name, value in given.items():
            self._read(name, value)
        for name, label in self.model.labels.items():
            if name not in given:
                self.selected[name] = ((), [label.default], ())
                self._coordinate(name, (), np.array([label.default]), None, label.description)
        for name in self.selected:
            self._unbundle(name, given)
        for name, node in self.model.nodes.items():
            if name not in given and name not in self.inputs and not isinstance(node, Quantity):
                self._default(name, node)
        if self.faults:
            raise InputFaults(self.faults)
        return Resolved(self.model, self.sizes, self.inputs, self.coordinates, frozenset(given), self.catalogues)

    def _fault(self, path: Path, message: str, at_key: bool = False) -> None:
        self.faults.append(Fault(path, message, at_key))

    def _open_catalogues(self, own_records: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
        self.catalogues = {name: shipped_catalogue(name) for name in self.model.labels}
        for name, records in own_records.items():
            if name in self.catalogues:
                self.catalogues[name] = self.catalogues[name].extended(records)
                for label in records:
                    self._check_record(name, label)
            else:
                hint = nearest(name, self.catalogues)
                message = f"model {self.model.name!r} has no catalogue {name!r}{hint}; it has {listed(self.catalogues)}"
                self._fault(("catalogue", name), message, at_key=True)

    def _check_record(self, catalogue: str, label: str) -> None:
        bundled = self.model.bundled(catalogue)
        record = self.catalogues[catalogue][label]
        path: Path = ("catalogue", catalogue, label)
        misspelt = [key for key in record.values if key not in bundled]
        for key, value in record.values.items():
            if key in bundled:
                self._values(self.model.parameters[key], [value], [(*path, key)], None)
            else:
                hint = nearest(key, bundled)
                message = f"a record of {catalogue!r} has no {key!r}{hint}; it sets {listed(bundled)}"
                self._fault((*path, key), message, at_key=True)
        for key in bundled:
            if key not in record.values and not misspelt:
                self._fault(path, f"the record {label!r} of {catalogue!r} lacks {key!r}", at_key=True)

    def _read(self, name: str, given: Given) -> None:
        node = self.model.labels.get(name) or self.model.nodes.get(name)
        if node is None:
            hint = nearest(name, self.model.names)
            self._fault(given.path, f"unknown parameter {name!r} of model {self.model.name!r}{hint}", at_key=True)
            return
        raw, unit, paths, is_axis = self._items(node, given)
        if is_axis:
            dimension = given.dimension or name
            if not self._claim_dimension(name, dimension, len(raw), given):
                return
            dims: tuple[str, ...] = (dimension,)
        else:
            dims = ()
        if isinstance(node, Label):
            self._select(name, node, raw, paths, dims)
        else:
            self._keep(name, node, dims, self._values(node, raw, paths, unit), paths)

    def _items(self, node: Label | Numeric, given: Given) -> tuple[Any, Unit | None, list[Path], bool]:
        """Return the raw values, the unit of bare numbers, where each stands, and whether they are an axis."""
        value, path = given.value, given.path
        if isinstance(value, Mapping):
            values, unit, paths = self._expand(node, value, path)
            return values, unit, paths, True
        if isinstance(value, pint.Quantity) and np.ndim(value.magnitude) == 1:
            return np.asarray(value.magnitude, dtype=float), _own(value.units), [path] * len(value.magnitude), True
        if isinstance(value, np.ndarray) and value.ndim == 0:
            value = value.item()
        if isinstance(value, np.ndarray | list | tuple | range):
            vector = isinstance(node, Parameter) and node.vector is not None
            if vector and not any(isinstance(item, list | tuple | np.ndarray) for item in value):
                return [value], None, [path], False
            numeric = isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype.kind in "iuf"
            items = value.astype(float) if isinstance(value, np.ndarray) and numeric else list(value)
            return items, None, [(*path, index) for index in range(len(items))], True
        return [value], None, [path], False

    def _expand(self, node: Label | Numeric, raw: Mapping[str, Any], path: Path) -> tuple[Any, Unit | None, list[Path]]:
        nothing: tuple[list[Any], None, list[Path]] = ([], None, [])
        try:
            spec = AxisRange.model_validate(dict(raw))
        except ValidationError as error:
            faults = [Fault(*schema_fault(item, path, AxisRange)) for item in error.errors()]
            self.faults += {fault.path: fault for fault in reversed(faults)}.values()
            return nothing
        kinds = [kind for kind in ("values", "linspace", "geomspace", "arange") if getattr(spec, kind) is not None]
        if len(kinds) != 1:
            found = f"found {' and '.join(kinds)}" if kinds else "found none"
            self._fault(path, f"an axis takes exactly one of values, linspace, geomspace, arange; {found}")
            return nothing
        unit = None
        try:
            unit = parse_unit(spec.unit) if spec.unit is not None else None
        except UnitError as error:
            self._fault((*path, "unit"), str(error))
            return nothing
        kind, values = kinds[0], getattr(spec, kinds[0])
        if unit is not None and not self._fits(node, unit, (*path, "unit")):
            return nothing
        if kind == "values":
            return values, unit, [(*path, "values", index) for index in range(len(values))]
        if isinstance(node, Label) or (isinstance(node, Parameter) and (node.choices or node.vector)):
            self._fault((*path, kind), f"{node.name!r} is no number: give its values as a list", at_key=True)
            return nothing
        built = self._range(node, kind, values, unit, (*path, kind))
        return built, node.unit, [(*path, kind)] * len(built)

    def _fits(self, node: Label | Numeric, unit: Unit, path: Path) -> bool:
        if isinstance(node, Label) or (isinstance(node, Parameter) and node.choices):
            self._fault(path, f"{node.name!r} is no number, so it has no unit", at_key=True)
            return False
        known = len(self.faults)
        self._attempt(path, node, lambda: convert(1.0, unit, node.unit))
        return len(self.faults) == known

    def _range(self, node: Numeric, kind: str, values: list[Any], unit: Unit | None, path: Path) -> np.ndarray:
        empty = np.empty(0)
        last = "step" if kind == "arange" else "how many"
        if len(values) != 3:
            self._fault(path, f"{kind} takes three values [first, {'end' if kind == 'arange' else 'last'}, {last}]")
            return empty
        ends = values if kind == "arange" else values[:2]
        numbers = self._numbers(node, ends, [(*path, index) for index in range(len(ends))], unit, bounded=False)
        if numbers is None:
            return empty
        first, end = float(numbers[0]), float(numbers[1])
        if kind == "arange":
            step = float(numbers[2])
            steps = (end - first) / step if step else math.nan
            if not steps > 0:
                self._fault((*path, 2), f"a step of {values[2]} never leads from {values[0]} to {values[1]}")
                return empty
            count = math.ceil(min(steps, 1e300) * (1 - 1e-12))
        else:
            count = values[2] if isinstance(values[2], int) and not isinstance(values[2], bool) else -1
            if isinstance(values[2], float) and values[2].is_integer():
                count = int(values[2])
            if count < 1:
                self._fault((*path, 2), f"{kind} needs a whole number of values of at least 1, found {values[2]!r}")
                return empty
        if count > LONGEST_AXIS:
            many = f"{count:,}" if count < 10**15 else f"{min(count, 10**300):.1e}"
            self._fault((*path, 2), f"an axis of {many} values; at most {LONGEST_AXIS:,} are allowed")
            return empty
        if kind == "arange":
            return first + step * np.arange(count)
        if kind == "geomspace" and not first * end > 0:
            self._fault(path, f"geomspace needs two ends of the same sign, not zero; found {values[0]} and {values[1]}")
            return empty
        return np.linspace(first, end, count) if kind == "linspace" else np.geomspace(first, end, count)

    def _claim_dimension(self, name: str, dimension: str, size: int, given: Given) -> bool:
        if size == 0:
            if not any(fault.path[: len(given.path)] == given.path for fault in self.faults):
                self._fault(given.path, f"the axis {name!r} is empty; give it at least one value")
            return False
        if self.sizes.setdefault(dimension, size) != size:
            self._fault(
                given.path,
                f"{name!r} has {size} values, but the axes zipped along {dimension!r} have {self.sizes[dimension]}",
            )
            return False
        return True

    def _select(self, name: str, label: Label, raw: Any, paths: list[Path], dims: tuple[str, ...]) -> None:
        labels = []
        for item, path in zip(raw, paths, strict=True):
            if not isinstance(item, str):
                self._fault(
                    path, f"{name!r} takes a label, found {shown(item)}; known are {listed(self.catalogues[name], 20)}"
                )
            elif item not in self.catalogues[name]:
                try:
                    self.catalogues[name][item]
                except CatalogueError as error:
                    self._fault(path, str(error))
            else:
                labels.append(str(item))
        if len(labels) == len(raw):
            self._no_duplicates(name, labels, paths, dims)
            self.selected[name] = (dims, labels, paths[0] if paths else ())
            self._coordinate(name, dims, np.array(labels), None, label.description)

    def _keep(self, name: str, node: Numeric, dims: tuple[str, ...], values: Any, paths: list[Path]) -> None:
        if values is None:
            return
        vector = isinstance(node, Parameter) and node.vector is not None
        words = isinstance(node, Parameter) and bool(node.choices)
        array = _stack(values) if vector else np.asarray(values)
        if dims and not vector:
            self._no_duplicates(name, array, paths, dims)
        if not vector:
            title = node.long_name if isinstance(node, Quantity) else node.description
            self._coordinate(name, dims, array, None if words else node.unit, title)
        self._input(name, node, dims, array)

    def _input(self, name: str, node: Numeric, dims: tuple[str, ...], values: np.ndarray) -> None:
        vector = isinstance(node, Parameter) and node.vector is not None
        data = values if values.dtype.kind == "U" else values * base_factor(node.unit)
        self.inputs[name] = Input(dims, data if dims else np.asarray(data[0]), vector)

    def _coordinate(self, name: str, dims: tuple[str, ...], values: np.ndarray, unit: Unit | None, title: str) -> None:
        self.coordinates[name] = Coordinate(dims, values if dims else np.asarray(values[0]), unit, title)

    def _no_duplicates(self, name: str, values: Any, paths: list[Path], dims: tuple[str, ...]) -> None:
        if dims and dims[0] != name:
            return
        _, first = np.unique(np.asarray(values), return_index=True)
        if len(first) < len(values):
            index = min(set(range(len(values))) - set(first.tolist()))
            self._fault(paths[index], f"the axis {name!r} holds {values[index]} twice")

    def _unbundle(self, name: str, given: Mapping[str, Given]) -> None:
        """Give the parameters that a label bundles the values of the selected records, unless given explicitly."""
        dims, labels, path = self.selected[name]
        catalogue = self.catalogues[name]
        for key in self.model.bundled(name):
            node = self.model.parameters[key]
            if key in given:
                continue
            lacking = [label for label in labels if label not in catalogue or key not in catalogue[label].values]
            if lacking:
                if not any(fault.path[:3] == ("catalogue", name, lacking[0]) for fault in self.faults):
                    self._fault(path, f"the record {lacking[0]!r} of {name!r} lacks {key!r}")
                continue
            records = [catalogue[label].values[key] for label in labels]
            known = len(self.faults)
            values = self._values(node, records, [path] * len(labels), None)
            if values is None:
                own = any(fault.path[:2] == ("catalogue", name) for fault in self.faults)
                del self.faults[known if own else len(self.faults) :]
                continue
            array = _stack(values) if node.vector else np.asarray(values)
            self._input(key, node, dims, array)
            if not node.vector:
                self._coordinate(key, dims, array, None if node.choices else node.unit, node.description)

    def _default(self, name: str, node: Parameter | Constant) -> None:
        if node.default is None:
            return
        array = np.asarray([node.default]) if isinstance(node.default, str) else np.asarray([node.default], dtype=float)
        self._input(name, node, (), array)

    def _values(self, node: Numeric, raw: Any, paths: list[Path], unit: Unit | None) -> Any:
        """Read values of one parameter: an array in its default unit, a list of vectors, or None where any is wrong."""
        if isinstance(node, Parameter) and node.choices:
            return self._words(node, raw, paths)
        if isinstance(node, Parameter) and node.vector is not None:
            vectors: list[np.ndarray | None] = []
            for item, path in zip(raw, paths, strict=True):
                if not isinstance(item, list | tuple | np.ndarray) or len(item) == 0:
                    self._fault(path, f"{node.name!r} takes a list of numbers, found {shown(item)}")
                    vectors.append(None)
                else:
                    vectors.append(self._numbers(node, item, [(*path, index) for index in range(len(item))], unit))
            return None if any(vector is None for vector in vectors) else vectors
        return self._numbers(node, raw, paths, unit)

    def _words(self, node: Parameter, raw: Any, paths: list[Path]) -> np.ndarray | None:
        known = len(self.faults)
        for item, path in zip(raw, paths, strict=True):
            if not isinstance(item, str) or item not in node.choices:
                hint = nearest(str(item), node.choices)
                self._fault(path, f"{node.name!r} cannot be {shown(item)}{hint}; allowed is {node.allowed}")
        return np.array(raw, dtype=str) if len(self.faults) == known else None

    def _numbers(
        self, node: Numeric, raw: Any, paths: list[Path], unit: Unit | None, bounded: bool = True
    ) -> np.ndarray | None:
        known = len(self.faults)
        if isinstance(raw, np.ndarray) and raw.dtype.kind == "f":
            values = np.asarray(self._attempt(paths[0] if paths else (), node, lambda: self._bare(node, raw, unit)))
        else:
            said = self._without_unit(node, raw, unit)
            values = np.array(
                [
                    self._attempt(path, node, lambda item=item: self._number(node, item, unit))
                    for index, (item, path) in enumerate(zip(raw, paths, strict=True))
                    if index not in said
                ]
            )
        if len(self.faults) > known:
            return None
        with np.errstate(over="ignore"):
            wrong = ~np.isfinite(values * base_factor(node.unit))
        if bounded and isinstance(node, Parameter):
            wrong |= values < (-np.inf if node.minimum is None else node.minimum)
            wrong |= values > (np.inf if node.maximum is None else node.maximum)
            wrong |= (values != np.round(values)) if node.integer else False
        for index in np.flatnonzero(wrong)[:3]:
            allowed = node.allowed if isinstance(node, Parameter) else "a finite number"
            found = _with_unit(values[index], node)
            self._fault(paths[index], f"{node.name!r} cannot be {found}; allowed is {allowed}")
        return None if wrong.any() else values

    def _without_unit(self, node: Numeric, raw: Any, unit: Unit | None) -> set[int]:
        """Return where bare numbers stand that need a unit, but for the first: one message about them is enough."""
        if unit is not None or not self.units_required or readable(node.unit) == "1":
            return set()
        bare = (index for index, item in enumerate(raw) if isinstance(item, int | float) and not isinstance(item, bool))
        return set(itertools.islice(bare, 1, None))

    def _attempt(self, path: Path, node: Numeric, read: Any) -> Any:
        try:
            return read()
        except UnitError as error:
            self._fault(path, f"{node.name!r}: {error}")
            return math.nan

    def _number(self, node: Numeric, item: Any, unit: Unit | None) -> float:
        if isinstance(item, pint.Quantity) and np.ndim(item.magnitude) == 0:
            return float(convert(np.asarray(item.magnitude, dtype=float), _own(item.units), node.unit))
        if isinstance(item, str):
            quantity = parse_quantity(item)
            if readable(quantity.units) == "1" and readable(node.unit) != "1":
                raise UnitError(f"{item!r} has no unit; expected one like {readable(node.unit)!r}")
            return float(convert(float(quantity.magnitude), quantity.units, node.unit))
        if isinstance(item, bool) or not isinstance(item, int | float | np.integer | np.floating):
            example = "" if readable(node.unit) == "1" else f" with a unit like '1 {readable(node.unit)}'"
            raise UnitError(f"found {shown(item)}, expected a number{example}")
        if isinstance(item, int) and abs(item) > sys.float_info.max:
            raise UnitError("found a whole number that is too large to be computed with")
        return float(self._bare(node, float(item), unit))

    def _bare(self, node: Numeric, number: Any, unit: Unit | None) -> Any:
        if unit is not None:
            return convert(number, unit, node.unit)
        if self.units_required and readable(node.unit) != "1":
            found = f"{float(np.ravel(number)[0]):.10g}"
            raise UnitError(f"{found} has no unit; write for example '{found} {readable(node.unit)}'")
        return number


def _stack(vectors: Sequence[np.ndarray]) -> np.ndarray:
    """Stack vectors, the shorter ones padded with their last value."""
    longest = max(len(vector) for vector in vectors)
    return np.stack([np.pad(vector, (0, longest - len(vector)), mode="edge") for vector in vectors])


def _own(unit: Any) -> Unit:
    """Return a unit of another pint registry as one of ours."""
    return unit if unit._REGISTRY is registry else parse_unit(str(unit))


def shown(value: Any) -> str:
    """Return a raw value as a message shows it: on one line, and not too long."""
    text = str(value) if isinstance(value, datetime.date | datetime.time) else " ".join(repr(value).split())
    return text if len(text) <= 80 else f"{text[:76]} …"


def _with_unit(value: float, node: Numeric) -> str:
    unit = readable(node.unit)
    return f"{value:.10g}" if unit == "1" else f"{value:.10g} {unit}"


def schema_fault(item: Any, path: Path, schema: type[BaseModel]) -> tuple[Path, str, bool]:
    """Turn one error of pydantic into path, message and whether the key is meant."""
    fields: Iterable[str] = schema.model_fields
    location = tuple(part for part in item["loc"] if isinstance(part, int) or part in fields)
    if item["type"] == "extra_forbidden":
        name = str(item["loc"][-1])
        return (*path, *item["loc"]), f"unknown key {name!r}{nearest(name, fields)}; allowed are {listed(fields)}", True
    if item["type"] == "missing":
        return path, f"the key {item['loc'][-1]!r} is missing", True
    what = "expected numbers or texts with a unit" if len(item["loc"]) > 1 else item["msg"].lower()
    return (*path, *location), f"{item['loc'][0]!r}: {what}, found {shown(item['input'])}", False

"""Reading values of parameters: numbers, quantities, texts, words, lists and ranges, with a path for each fault."""

from __future__ import annotations

import datetime
import itertools
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from gridscan.definition.nodes import Constant, Label, Parameter, Quantity
from gridscan.errors import UnitError
from gridscan.inputs.distributions import instead_of_frozen
from gridscan.inputs.faults import Fault, Path, hint, schema_fault, shown
from gridscan.numerics import spacing
from gridscan.units import (
    Unit,
    base_factor,
    convert,
    parse_quantity,
    parse_unit,
    part_in_words,
    plain_numbers,
    readable,
    take_apart,
)

Numeric = Parameter | Constant | Quantity

LONGEST_AXIS = 10_000_000
_THREE: dict[str, JsonValue] = {"minItems": 3, "maxItems": 3}


@dataclass(frozen=True)
class Given:
    """A raw value for one name, its path in the file, and the axis along which it is zipped with others, if any.

    Attributes
    ----------
    paths
        Paths to the values of an axis whose values stand in several places, as those of cases do.
    """

    value: Any
    path: Path = ()
    dimension: str | None = None
    paths: tuple[Path, ...] = ()


class AxisRange(BaseModel):
    """Values of an axis: exactly one of `values`, `linspace`, `geomspace`, `arange`; and their weights."""

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
    weight: Any = Field(None, description="'uniform', 'log-uniform', 'equal', a number for each value, a distribution")


class ValueReader:
    """Reads values and collects their faults.

    Parameters
    ----------
    units_required
        Whether a bare number for a parameter with a dimension is an error, or means its default unit.
    """

    def __init__(self, units_required: bool) -> None:
        self.units_required = units_required
        self.faults: list[Fault] = []

    def fault(self, path: Path, message: str, at_key: bool = False) -> None:
        """Record a fault.

        Parameters
        ----------
        path
            Path to the value.
        message
            The message.
        at_key
            Whether the key is wrong rather than the value.
        """
        self.faults.append(Fault(path, message, at_key))

    def items(self, node: Label | Numeric, given: Given) -> tuple[Any, Unit | None, list[Path], bool]:
        """Return the raw values of a parameter.

        Parameters
        ----------
        node
            The parameter or label.
        given
            The value given for it.

        Returns
        -------
        values : list
            Raw values.
        unit : Unit or None
            Unit of bare numbers.
        paths : list
            Path to each.
        is_axis : bool
            Whether the values are an axis.
        """
        path = given.path
        if given.paths:
            return list(given.value), None, list(given.paths), True
        try:
            value, own = take_apart(given.value)
        except UnitError as error:
            self.fault(path, f"{node.name!r}: {error}")
            return [], None, [], True
        if own is not None:
            return self._with_unit(node, value, own, path)
        if isinstance(value, Mapping):
            values, unit, paths = self._expand(node, value, path)
            if _is_vector(node) and isinstance(value.get("values"), list) and not any(map(_is_list, value["values"])):
                return [values], unit, [(*path, "values")], False
            return values, unit, paths, True
        if isinstance(value, np.ndarray) and value.ndim == 0:
            value = value.item()
        if isinstance(value, np.ndarray | list | tuple | range):
            if _is_vector(node) and not any(map(_is_list, value)):
                return [value], None, [path], False
            numeric = isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype.kind in "iuf"
            items = value.astype(float) if isinstance(value, np.ndarray) and numeric else list(value)
            return items, None, [(*path, index) for index in range(len(items))], True
        return [value], None, [path], False

    def _with_unit(
        self, node: Label | Numeric, numbers: Any, unit: Unit, path: Path
    ) -> tuple[Any, Unit | None, list[Path], bool]:
        """Return the numbers of a quantity: a value, an axis, a vector, or an axis of vectors."""
        shape, vector = np.shape(numbers), _is_vector(node)
        known = len(self.faults)
        if isinstance(node, Label) or (isinstance(node, Parameter) and node.is_word):
            self.fault(path, f"{node.name!r} takes a word, found a value in {readable(unit)!r}")
        elif len(shape) > 1 + vector:
            self.fault(path, f"{node.name!r} takes a value or a list of values, found an array of shape {shape}")
        if len(self.faults) > known:
            return [], None, [], True
        if len(shape) < 1 + vector:
            return [numbers], unit, [path], False
        return (list(numbers) if vector else numbers), unit, [path] * shape[0], True

    def _expand(self, node: Label | Numeric, raw: Mapping[str, Any], path: Path) -> tuple[Any, Unit | None, list[Path]]:
        nothing: tuple[list[Any], None, list[Path]] = ([], None, [])
        try:
            # Weights belong to the axis, not to its values.
            said = {key: part_in_words(value) for key, value in raw.items() if key != "weight"}
            spec = AxisRange.model_validate(said)
        except UnitError as error:
            self.fault(path, f"{node.name!r}: {error}")
            return nothing
        except ValidationError as error:
            faults = [Fault(*schema_fault(item, path, AxisRange)) for item in error.errors()]
            self.faults += {fault.path: fault for fault in reversed(faults)}.values()
            return nothing
        kinds = [kind for kind in ("values", "linspace", "geomspace", "arange") if getattr(spec, kind) is not None]
        if len(kinds) != 1:
            found = f"found {' and '.join(kinds)}" if kinds else "found none"
            self.fault(path, f"an axis takes exactly one of values, linspace, geomspace, arange; {found}")
            return nothing
        unit = None
        try:
            unit = parse_unit(spec.unit) if spec.unit is not None else None
        except UnitError as error:
            self.fault((*path, "unit"), str(error))
            return nothing
        kind, values = kinds[0], getattr(spec, kinds[0])
        if unit is not None and not self._fits(node, unit, (*path, "unit")):
            return nothing
        if kind == "values":
            return values, unit, [(*path, "values", index) for index in range(len(values))]
        if isinstance(node, Label) or (isinstance(node, Parameter) and (node.is_word or node.vector)):
            self.fault((*path, kind), f"{node.name!r} is not a number; give its values as a list", at_key=True)
            return nothing
        built = self._range(node, kind, values, unit, (*path, kind))
        return built, node.unit, [(*path, kind)] * len(built)

    def _fits(self, node: Label | Numeric, unit: Unit, path: Path) -> bool:
        if isinstance(node, Label) or (isinstance(node, Parameter) and node.is_word):
            self.fault(path, f"{node.name!r} is not a number and has no unit", at_key=True)
            return False
        known = len(self.faults)
        self._attempt(path, node, lambda: convert(1.0, unit, node.unit))
        return len(self.faults) == known

    def _range(self, node: Numeric, kind: str, values: list[Any], unit: Unit | None, path: Path) -> np.ndarray:
        empty = np.empty(0)
        last = "step" if kind == "arange" else "how many"
        if len(values) != 3:
            self.fault(path, f"{kind} takes three values [first, {'end' if kind == 'arange' else 'last'}, {last}]")
            return empty
        ends = values if kind == "arange" else values[:2]
        numbers = self._numbers(node, ends, [(*path, index) for index in range(len(ends))], unit, bounded=False)
        if numbers is None:
            return empty
        first, end = float(numbers[0]), float(numbers[1])
        if kind == "arange":
            step = float(numbers[2])
            count = spacing.steps_before(first, end, step) if step else 0
            if count < 1:
                self.fault((*path, 2), f"a step of {values[2]} does not lead from {values[0]} to {values[1]}")
                return empty
        else:
            count = values[2] if isinstance(values[2], int) and not isinstance(values[2], bool) else -1
            if isinstance(values[2], float) and values[2].is_integer():
                count = int(values[2])
            if count < 1:
                self.fault((*path, 2), f"{kind} needs a whole number of values of at least 1, found {values[2]!r}")
                return empty
        if count > LONGEST_AXIS:
            many = f"{count:,}" if count < 10**15 else f"{min(count, 10**300):.1e}"
            self.fault((*path, 2), f"the axis has {many} values; at most {LONGEST_AXIS:,} are allowed")
            return empty
        if kind == "arange":
            return spacing.stepped(first, step, count)
        if kind == "geomspace" and not (first and end and (first > 0) == (end > 0)):
            self.fault(path, f"geomspace needs two ends of the same sign, not zero; found {values[0]} and {values[1]}")
            return empty
        if first == end and count > 1:
            self.fault(path, f"{kind} needs two different ends for {count} values; found {values[0]} and {values[1]}")
            return empty
        return spacing.linear(first, end, count) if kind == "linspace" else spacing.geometric(first, end, count)

    def values(self, node: Numeric, raw: Any, paths: list[Path], unit: Unit | None) -> Any:
        """Read values of one parameter.

        Parameters
        ----------
        node
            The parameter.
        raw
            Raw values.
        paths
            Path to each.
        unit
            Unit of bare numbers.

        Returns
        -------
        numpy.ndarray, list or None
            An array in its default unit, or a list of vectors; None if any is wrong.
        """
        if isinstance(node, Parameter) and node.choices:
            return self._words(node, raw, paths)
        if isinstance(node, Parameter) and node.vector is not None:
            vectors: list[np.ndarray | None] = []
            for item, path in zip(raw, paths, strict=True):
                vectors.append(self._vector(node, item, path, unit))
            return None if any(vector is None for vector in vectors) else vectors
        return self._numbers(node, raw, paths, unit)

    def numbers(self, node: Numeric, raw: Any, paths: list[Path], unit: Unit | None) -> np.ndarray | None:
        """Read finite numbers in the unit of a parameter, which need not be in its range.

        Parameters
        ----------
        node
            The parameter.
        raw
            Raw values.
        paths
            Path to each.
        unit
            Unit of bare numbers.

        Returns
        -------
        numpy.ndarray or None
            In its default unit; None if any is wrong.
        """
        return self._numbers(node, raw, paths, unit, bounded=False)

    def _vector(self, node: Parameter, item: Any, path: Path, unit: Unit | None) -> np.ndarray | None:
        try:
            numbers, own = take_apart(item)
        except UnitError as error:
            self.fault(path, f"{node.name!r}: {error}")
            return None
        if not _is_list(numbers) or len(numbers) == 0:
            self.fault(path, f"{node.name!r} takes a list of numbers, found {shown(item)}")
            return None
        return self._numbers(node, numbers, [(*path, index) for index in range(len(numbers))], own or unit)

    def _words(self, node: Parameter, raw: Any, paths: list[Path]) -> np.ndarray | None:
        known = len(self.faults)
        for item, path in zip(raw, paths, strict=True):
            if not isinstance(item, str) or item not in node.choices:
                near = hint(str(item), node.choices, self.faults)
                self.fault(path, f"{node.name!r} cannot be {shown(item)}{near}; allowed is {node.allowed}")
        return np.array(raw, dtype=str) if len(self.faults) == known else None

    def _numbers(
        self, node: Numeric, raw: Any, paths: list[Path], unit: Unit | None, bounded: bool = True
    ) -> np.ndarray | None:
        known = len(self.faults)
        if (plain := plain_numbers(raw)) is not None:
            values = np.asarray(self._attempt(paths[0] if paths else (), node, lambda: self._bare(node, plain, unit)))
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
            base = values * base_factor(node.unit)
        wrong = np.isnan(base) if isinstance(node, Parameter) and node.infinite else ~np.isfinite(base)
        if bounded and isinstance(node, Parameter):
            for bound in (node.minimum, node.maximum):
                # 1.4 % is 0.014 up to the last bit; no larger deviation is accepted.
                values = values if bound is None else np.where(np.isclose(values, bound, 4e-16, 0.0), bound, values)
            wrong |= ~node.range.contains(values)
        for index in np.flatnonzero(wrong)[:3]:
            allowed = node.allowed if isinstance(node, Parameter) else "a finite number"
            found = _shown_with_unit(values[index], node)
            self.fault(paths[index], f"{node.name!r} cannot be {found}; allowed is {allowed}")
        return None if wrong.any() else values

    def _without_unit(self, node: Numeric, raw: Any, unit: Unit | None) -> set[int]:
        """Return the positions of numbers that lack a unit, except the first: one message is enough."""
        if unit is not None or not self.units_required or readable(node.unit) == "1":
            return set()
        bare = (index for index, item in enumerate(raw) if isinstance(item, int | float) and not isinstance(item, bool))
        return set(itertools.islice(bare, 1, None))

    def _attempt(self, path: Path, node: Numeric, read: Any) -> Any:
        try:
            return read()
        except UnitError as error:
            self.fault(path, f"{node.name!r}: {error}")
            return math.nan

    def _number(self, node: Numeric, item: Any, unit: Unit | None) -> float:
        item, own = take_apart(item)
        if own is not None and np.ndim(item) == 0:
            return float(convert(item, own, node.unit))
        if isinstance(item, str):
            special = node.read if isinstance(node, Parameter) else None
            quantity = parse_quantity(item) if special is None else special(item)
            if readable(quantity.units) == "1" and readable(node.unit) != "1":
                raise UnitError(f"{item!r} has no unit; expected one like {readable(node.unit)!r}")
            return float(convert(float(quantity.magnitude), quantity.units, node.unit))
        if isinstance(item, datetime.time):
            raise UnitError(f"found {item}, a time of day in TOML; write an angle in quotes, as in '\"{item}\"'")
        if isinstance(item, bool) or not isinstance(item, int | float | np.integer | np.floating):
            example = "" if readable(node.unit) == "1" else f" with a unit like '1 {readable(node.unit)}'"
            if (instead := instead_of_frozen(item)) is not None:
                raise UnitError(instead)
            raise UnitError(f"found {shown(item)}, expected a number{example}")
        if isinstance(item, int) and abs(item) > sys.float_info.max:
            raise UnitError("the whole number is too large to compute with")
        return float(self._bare(node, float(item), unit))

    def _bare(self, node: Numeric, number: Any, unit: Unit | None) -> Any:
        if unit is not None:
            return convert(number, unit, node.unit)
        if self.units_required and readable(node.unit) != "1":
            first = float(np.ravel(number)[0])
            example = f"{first:.10g}" if math.isfinite(first) else "1"
            raise UnitError(f"{first:.10g} has no unit; write for example '{example} {readable(node.unit)}'")
        return number


def _is_vector(node: Label | Numeric) -> bool:
    return isinstance(node, Parameter) and node.vector is not None


def _is_list(item: Any) -> bool:
    return isinstance(item, list | tuple) or (not isinstance(item, str) and getattr(item, "ndim", 0) > 0)


def _shown_with_unit(value: float, node: Numeric) -> str:
    unit = readable(node.unit)
    return f"{value:.10g}" if unit == "1" else f"{value:.10g} {unit}"

"""Reading [[correlated]]: parameters that are normal together, or whose distributions are correlated."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.definition.nodes import Label, Parameter, Quantity
from gridscan.errors import UnitError, listed, nearest
from gridscan.inputs.faults import shown
from gridscan.units import convert, parse_unit, readable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridscan.definition.definition import Definition
    from gridscan.inputs.faults import Path
    from gridscan.inputs.value_reader import Numeric, ValueReader

_KEYS = ("parameters", "covariance", "correlation", "mean", "unit", "units")
#: How far a matrix may be from symmetric, as a share of its largest element.
_SYMMETRIC = 1e-9


@dataclass(frozen=True)
class Correlated:
    """Parameters that vary together.

    Attributes
    ----------
    names
        The parameters.
    root
        Lower triangular matrix L with L L^T the correlation.
    scales, means
        Standard deviations and means in the default units, of parameters that are normal together; None where each has
        a distribution of its own.
    path
        Path to the table.
    """

    names: tuple[str, ...]
    root: np.ndarray
    scales: np.ndarray | None
    means: np.ndarray | None
    path: Path

    @property
    def described(self) -> str:
        """The correlation in words."""
        others = self.root @ self.root.T
        pairs = [
            f"{others[row, column]:.3g} of {self.names[column]} and {self.names[row]}"
            for row in range(len(self.names))
            for column in range(row)
        ]
        return f"correlation {listed(pairs, 6)}"


class CorrelatedReader:
    """Reads tables of correlated parameters.

    Parameters
    ----------
    model
        The model.
    reader
        Reads values, and collects faults.
    """

    def __init__(self, model: Definition, reader: ValueReader) -> None:
        self.model, self.reader = model, reader

    def read(self, raw: Any, path: Path) -> Correlated | None:
        """Read one table.

        Parameters
        ----------
        raw
            The table.
        path
            Path to it.

        Returns
        -------
        Correlated or None
            None where something is wrong with it, with a fault for each thing.
        """
        nodes = self._nodes(raw, path)
        if nodes is None:
            return None
        kinds = [key for key in ("covariance", "correlation") if key in raw]
        if len(kinds) != 1:
            found = "found both" if kinds else "found neither"
            where = (*path, *kinds[1:])
            self.reader.fault(where, f"correlated parameters need a covariance or a correlation; {found}", at_key=True)
            return None
        kind = kinds[0]
        matrix = self._matrix(raw[kind], len(nodes), kind, (*path, kind))
        if kind == "correlation":
            beside = [key for key in ("mean", "unit", "units") if key in raw]
            for key in beside:
                message = f"{key!r} does not go with a correlation, whose parameters have distributions in [uncertain]"
                self.reader.fault((*path, key), message, at_key=True)
            root = None if matrix is None or beside else self._root(matrix, kind, (*path, kind))
            return None if root is None else Correlated(tuple(nodes), root, None, None, path)
        factors = self._factors(nodes, raw, path)
        means = None if factors is None else self._means(nodes, raw, path)
        if matrix is None or factors is None or means is None:
            return None
        scales = np.sqrt(np.diagonal(matrix))
        root = self._root(matrix / np.outer(scales, scales), kind, (*path, kind))
        return None if root is None else Correlated(tuple(nodes), root, scales * factors, means, path)

    def _nodes(self, raw: Any, path: Path) -> dict[str, Numeric] | None:
        if not isinstance(raw, Mapping):
            self.reader.fault(path, f"correlated parameters are a table of {listed(_KEYS)}, found {shown(raw)}")
            return None
        known = len(self.reader.faults)
        for key in raw:
            if key not in _KEYS:
                message = f"unknown key {key!r}{nearest(key, _KEYS)}; allowed are {listed(_KEYS)}"
                self.reader.fault((*path, key), message, at_key=True)
        names, where = raw.get("parameters"), (*path, "parameters")
        if not isinstance(names, list | tuple) or len(names) < 2:
            found = shown(names) if "parameters" in raw else "none"
            self.reader.fault(where, f"correlated parameters are a list of at least two names, found {found}")
            return None
        nodes: dict[str, Numeric] = {}
        inputs = self.model.nodes | self.model.alternative_inputs
        for index, name in enumerate(names):
            node = inputs.get(name) if isinstance(name, str) else None
            known_word = isinstance(name, str) and name in self.model.labels
            vector = isinstance(node, Parameter) and (node.is_word or node.vector is not None or node.integer)
            if node is None and not known_word:
                hint = nearest(str(name), inputs)
                self.reader.fault((*where, index), f"unknown parameter {name!r} of model {self.model.name!r}{hint}")
            elif node is None or isinstance(node, Label) or vector:
                self.reader.fault((*where, index), f"{name!r} is not a continuous number, and cannot be correlated")
            elif name in nodes:
                self.reader.fault((*where, index), f"{name!r} is named twice")
            else:
                nodes[name] = node
        return nodes if len(self.reader.faults) == known else None

    def _matrix(self, raw: Any, size: int, kind: str, path: Path) -> np.ndarray | None:
        """Return a symmetric matrix of the right size, or None, with a fault."""
        if kind == "correlation" and size == 2 and isinstance(raw, int | float) and not isinstance(raw, bool):
            raw = [[1.0, raw], [raw, 1.0]]
        rows = raw if isinstance(raw, list | tuple) else []
        square = len(rows) == size and all(isinstance(row, list | tuple) and len(row) == size for row in rows)
        numbers = square and all(
            isinstance(item, int | float) and not isinstance(item, bool) and math.isfinite(item)
            for row in rows
            for item in row
        )
        if not numbers:
            message = f"the {kind} of {size} parameters is {size} lists of {size} numbers"
            self.reader.fault(path, f"{message}, found {shown(raw)}")
            return None
        matrix = np.array(rows, dtype=float)
        for row, column in zip(*np.nonzero(~np.isclose(matrix, matrix.T, _SYMMETRIC, 0.0)), strict=True):
            pair = f"{matrix[row, column]:g} and {matrix[column, row]:g}"
            message = f"the {kind} is not symmetric: rows {row + 1} and {column + 1} have {pair} for the same pair"
            self.reader.fault((*path, int(column), int(row)), message)
            return None
        for index, item in enumerate(np.diagonal(matrix)):
            if kind == "correlation" and item != 1.0:
                self.reader.fault(
                    (*path, index, index), f"the correlation of a parameter with itself must be 1, found {item:g}"
                )
                return None
            if item <= 0.0:
                self.reader.fault((*path, index, index), f"a variance must be above 0, found {item:g}")
                return None
        return matrix

    def _root(self, correlation: np.ndarray, kind: str, path: Path) -> np.ndarray | None:
        try:
            return np.asarray(np.linalg.cholesky(correlation))
        except np.linalg.LinAlgError:
            large = np.argwhere(np.abs(np.tril(correlation, -1)) >= 1.0)
            if len(large):
                row, column = (int(item) for item in large[0])
                why = f"rows {row + 1} and {column + 1} have the correlation {correlation[row, column]:.4g}"
            else:
                why = f"its smallest eigenvalue is {np.linalg.eigvalsh(correlation)[0]:.3g} times a variance"
            self.reader.fault(path, f"no random numbers have this {kind}, which is not positive definite: {why}")
            return None

    def _factors(self, nodes: Mapping[str, Numeric], raw: Mapping[str, Any], path: Path) -> np.ndarray | None:
        """Return what the square root of a variance is multiplied by, to be in the default unit of each parameter."""
        if "unit" in raw and "units" in raw:
            self.reader.fault((*path, "unit"), "'unit' is given beside 'units'; give one of them", at_key=True)
            return None
        units, where = raw.get("units"), (*path, "units")
        if units is None and "unit" in raw:
            units, where = [raw["unit"]] * len(nodes), (*path, "unit")
        if units is None:
            lacking = next((node for node in nodes.values() if readable(node.unit) != "1"), None)
            if lacking is not None and self.reader.units_required:
                message = f"the covariance of {lacking.name!r} has no unit"
                self.reader.fault(path, f"{message}; write unit = {readable(lacking.unit)!r}, or units = [...] of each")
                return None
            return np.ones(len(nodes))
        if not isinstance(units, list | tuple) or len(units) != len(nodes):
            found = len(units) if isinstance(units, list | tuple) else shown(units)
            self.reader.fault(where, f"{len(nodes)} parameters need {len(nodes)} units, found {found}")
            return None
        factors = []
        for index, (node, unit) in enumerate(zip(nodes.values(), units, strict=True)):
            place = (*where, index) if "units" in raw else where
            try:
                factors.append(float(convert(1.0, parse_unit(unit), node.unit)))
            except (UnitError, AttributeError, TypeError) as error:
                what = str(error) if isinstance(error, UnitError) else f"a unit is a text, found {shown(unit)}"
                self.reader.fault(place, f"{node.name!r}: {what}")
                return None
        return np.array(factors)

    def _means(self, nodes: Mapping[str, Numeric], raw: Mapping[str, Any], path: Path) -> np.ndarray | None:
        given, where = raw.get("mean"), (*path, "mean")
        if given is None:
            defaults = [None if isinstance(node, Quantity) else node.default for node in nodes.values()]
            lacking = [name for name, own in zip(nodes, defaults, strict=True) if not isinstance(own, float)]
            if lacking:
                self.reader.fault(path, f"{lacking[0]!r} has no value of its own; write mean = [...]", at_key=True)
                return None
            return np.array(defaults, dtype=float)
        if not isinstance(given, list | tuple) or len(given) != len(nodes):
            found = len(given) if isinstance(given, list | tuple) else shown(given)
            self.reader.fault(where, f"{len(nodes)} parameters need {len(nodes)} means, found {found}")
            return None
        means = []
        for index, (node, item) in enumerate(zip(nodes.values(), given, strict=True)):
            place: Sequence[Path] = [(*where, index)]
            unit = raw.get("unit") if "unit" in raw else raw["units"][index] if _is_list(raw.get("units")) else None
            found_number = self._mean(node, item, list(place), unit)
            if found_number is None:
                return None
            means.append(found_number)
        return np.array(means)

    def _mean(self, node: Numeric, item: Any, place: list[Path], unit: Any) -> float | None:
        try:
            own = parse_unit(unit) if isinstance(unit, str) else None
        except UnitError:
            # Said of the unit itself.
            return None
        found = self.reader.numbers(node, [item], place, own)
        return None if found is None else float(found[0])


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)

"""Measures of axes: the weight of each value, by which grids have means, shares of the variance and percentiles."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.errors import listed, nearest
from gridscan.inputs.faults import Path, shown
from gridscan.inputs.plain_values import plain
from gridscan.inputs.priors import Continuous, PriorReader, is_prior
from gridscan.inputs.value_reader import Given
from gridscan.numerics.axis_weights import WEIGHT, normalised, trapezoid

if TYPE_CHECKING:
    from gridscan.definition.definition import Definition
    from gridscan.inputs.arrays import Coordinate
    from gridscan.inputs.value_reader import ValueReader

UNIFORM, LOG_UNIFORM, EQUAL, GIVEN = "uniform", "log-uniform", "equal", "given"
_WORDS = (UNIFORM, LOG_UNIFORM, EQUAL)


@dataclass(frozen=True)
class Measure:
    """The weights of an axis.

    Attributes
    ----------
    weights
        Of its values, dimensionless, with sum 1.
    name
        ``"uniform"`` and ``"log-uniform"`` between neighbouring values (trapezoidal rule), ``"equal"`` for each value,
        ``"given"`` by the user, or a distribution in words.
    """

    weights: np.ndarray
    name: str

    @property
    def attributes(self) -> dict[str, str]:
        """Of the coordinate in a result."""
        meanings = {
            UNIFORM: "uniform between neighbouring values",
            LOG_UNIFORM: "uniform in the logarithm between neighbouring values",
            EQUAL: "the same for each value",
            GIVEN: "as given",
        }
        meaning = meanings.get(self.name, self.name)
        return {"long_name": f"weight in means, {meaning}", "units": "1", "measure": self.name}


@dataclass
class Measures:
    """Reads the weights of axes.

    Attributes
    ----------
    reader
        Collects faults.
    """

    reader: ValueReader
    _asked: dict[str, Given] = field(default_factory=dict)
    _logarithmic: set[str] = field(default_factory=set)

    def look_at(self, given: Mapping[str, Given], zipped: Mapping[str, Given]) -> None:
        """Note which weights are asked for, and how values are spaced.

        Parameters
        ----------
        given
            Raw values by name, as a user gave them.
        zipped
            Weights of zipped axes by dimension.
        """
        self._asked |= zipped
        for name, item in given.items():
            if not isinstance(item.value, Mapping):
                continue
            if item.value.get("geomspace") is not None and item.dimension is None:
                self._logarithmic.add(name)
            if item.value.get("weight") is None:
                continue
            path = (*item.path, "weight")
            if item.dimension is None:
                self._asked[name] = Given(item.value["weight"], path)
            else:
                where = f"[axes.zip.{item.dimension}]"
                self.reader.fault(path, f"the weights of zipped axes belong to all of them: write weight = in {where}")

    def of(
        self, model: Definition, sizes: Mapping[str, int], coordinates: Mapping[str, Coordinate]
    ) -> dict[str, Measure]:
        """Return the measure of each axis.

        Parameters
        ----------
        model
            The model, which has names that no weight may have.
        sizes
            Dimensions.
        coordinates
            Values of the axes, among others.

        Returns
        -------
        dict of str to Measure
            By dimension; those with faults are left out.
        """
        found = {}
        for name, asked in self._asked.items():
            if name not in sizes and not self.reader.faults:
                self.reader.fault(asked.path, f"{name!r} has a single value here, which has no weight", at_key=True)
        for dim, size in sizes.items():
            if f"{dim}{WEIGHT}" in {*model.names, *sizes}:
                message = f"{dim!r} cannot be an axis: its weights need the name '{dim}{WEIGHT}', which is taken"
                self.reader.fault(self._asked.get(dim, Given(None, ("axes", dim))).path, message, at_key=True)
                continue
            item = coordinates.get(dim)
            numeric = item is not None and item.dims == (dim,) and item.unit is not None
            values = item.values if item is not None and numeric else None
            node = (model.nodes | model.alternative_inputs).get(dim)
            if values is not None and dim in self._asked and is_prior(self._asked[dim].value):
                measure = self._by_distribution(node, values, self._asked[dim])
            else:
                measure = self._measure(dim, size, values)
            if measure is not None:
                found[dim] = measure
        return found

    def _measure(self, dim: str, size: int, values: np.ndarray | None) -> Measure | None:
        asked = self._asked.get(dim)
        spaced = values is not None and bool(np.isfinite(values).all()) and np.unique(values).size == size
        if asked is None:
            if values is None or not spaced:
                return Measure(np.full(size, 1.0 / size), EQUAL)
            logarithmic = dim in self._logarithmic
            return Measure(trapezoid(values, logarithmic=logarithmic), LOG_UNIFORM if logarithmic else UNIFORM)
        if isinstance(asked.value, list | tuple | np.ndarray):
            return self._given(dim, size, asked.value, asked.path)
        if not isinstance(asked.value, str) or asked.value not in _WORDS:
            hint = nearest(asked.value, _WORDS) if isinstance(asked.value, str) else ""
            allowed = f"{listed(map(repr, _WORDS))}, a list of {size} numbers, or for numbers a distribution"
            message = f"the weight of {dim!r} cannot be {shown(asked.value)}{hint}; allowed are {allowed}"
            self.reader.fault(asked.path, message)
            return None
        if asked.value == EQUAL:
            return Measure(np.full(size, 1.0 / size), EQUAL)
        wrong = _unspaced(values, asked.value)
        if wrong is not None or values is None:
            message = f"the weight of {dim!r} cannot be {asked.value!r}: {wrong}; allowed are 'equal' or a list"
            self.reader.fault(asked.path, f"{message} of {size} numbers")
            return None
        return Measure(trapezoid(values, logarithmic=asked.value == LOG_UNIFORM), asked.value)

    def _by_distribution(self, node: Any, values: np.ndarray, asked: Given) -> Measure | None:
        """Return the density at each value times the part of the axis that it stands for."""
        known = len(self.reader.faults)
        prior = PriorReader(self.reader, lambda *_: None).read(node, plain(asked.value), asked.path)
        if not isinstance(prior, Continuous):
            if len(self.reader.faults) == known:
                self.reader.fault(
                    asked.path, f"the weight of {node.name!r} takes a distribution of numbers, not a list"
                )
            return None
        wrong = _unspaced(values, UNIFORM)
        if wrong is None:
            law = prior.truncated
            inside = (values >= law.low) & (values <= law.high)
            weights = np.where(inside, law.distribution.density(values), 0.0) * trapezoid(values)
            if np.isfinite(weights).all() and weights.max() > 0.0:
                return Measure(normalised(weights), prior.described)
            wrong = "its density is zero at every value, or infinite at one"
        self.reader.fault(asked.path, f"the weight of {node.name!r} cannot be {prior.described!r}: {wrong}")
        return None

    def _given(self, dim: str, size: int, raw: Any, path: Path) -> Measure | None:
        if len(raw) != size:
            self.reader.fault(path, f"{dim!r} has {size} values, but {len(raw)} weights")
            return None
        for index, item in enumerate(raw):
            number = isinstance(item, int | float | np.integer | np.floating) and not isinstance(item, bool)
            if not number or not (math.isfinite(item) and item >= 0):
                message = f"a weight of {dim!r} cannot be {shown(item)}; allowed is a number >= 0"
                self.reader.fault((*path, index), message)
                return None
        if not any(item > 0 for item in raw):
            self.reader.fault(path, f"the weights of {dim!r} are all zero; at least one must be above")
            return None
        return Measure(normalised([float(item) for item in raw]), GIVEN)


def _unspaced(values: np.ndarray | None, wanted: str) -> str | None:
    """Return why values have no distances on a scale."""
    if values is None:
        return "it holds no numbers that lie between one another"
    if not np.isfinite(values).all():
        return "it holds an infinite value"
    if wanted == LOG_UNIFORM and not ((values > 0).all() or (values < 0).all()):
        found = next(f"{value:g}" for value in values if value * values[0] <= 0)
        return f"it holds {found}, which has no place on a logarithmic scale"
    return None

"""Draws of all that is uncertain: values along one dimension, in place of distributions.

From here on nothing else has to know of distributions: the values are those of an axis on which several inputs move
together.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

from gridscan.definition.nodes import Label, Parameter
from gridscan.errors import CatalogueError
from gridscan.inputs.arrays import Coordinate
from gridscan.inputs.correlated import CorrelatedReader
from gridscan.inputs.drawn_tables import rows_of
from gridscan.inputs.plain_values import plain
from gridscan.inputs.priors import Choice, Column, Continuous, PriorReader, is_prior
from gridscan.inputs.sample_tables import identity_of
from gridscan.inputs.uncertain import Drawn, Uncertainty
from gridscan.inputs.value_reader import AxisRange, Given
from gridscan.uncertainty.designs import DRAW, Uniforms
from gridscan.uncertainty.joint import correlated_normals, picked
from gridscan.units import Quantity, readable

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridscan.definition.definition import Definition
    from gridscan.inputs.correlated import Correlated
    from gridscan.inputs.faults import Path
    from gridscan.inputs.input_files import TableFiles
    from gridscan.inputs.priors import Prior
    from gridscan.inputs.value_reader import Numeric, ValueReader


class Draws:
    """Turns distributions into values along the dimension of the draws.

    Parameters
    ----------
    model
        The model.
    reader
        Reads values, and collects faults.
    files
        The files that the scenario names.
    uncertainty
        What is said of all uncertain parameters together.
    labels
        Returns what is wrong with a label of a catalogue, or None.
    """

    def __init__(
        self,
        model: Definition,
        reader: ValueReader,
        files: TableFiles,
        uncertainty: Uncertainty,
        labels: Callable[[str, str], str | None],
    ) -> None:
        self.model, self.reader, self.files, self.uncertainty = model, reader, files, uncertainty
        self.priors = PriorReader(reader, labels)
        #: Contents of the tables of samples by their names.
        self.contents: dict[str, str] = {}
        self.described: dict[str, str] = {}
        self.correlated: list[Correlated] = []
        self.dimensions: dict[str, int] = {}
        self.numbers: dict[str, Uniforms] = {}

    @property
    def drawn(self) -> Drawn | None:
        """What was drawn, if anything is uncertain."""
        return Drawn(self.uncertainty.design, self.described, self.dimensions) if self.described else None

    def coordinates(self, found: Mapping[str, Coordinate]) -> dict[str, Coordinate]:
        """Return coordinates with the distributions that they were drawn from, and with the number of the draw.

        Parameters
        ----------
        found
            The coordinates by name.

        Returns
        -------
        dict of str to Coordinate
            By name.
        """
        if not self.described:
            return dict(found)
        design = self.uncertainty.design
        attributes = {
            "units": "1",
            "design": design.described,
            "design_method": design.method,
            "design_seed": design.seed,
        }
        number = Coordinate((DRAW,), np.arange(design.points), None, "number of the draw", attributes)
        said = {
            name: dataclasses.replace(found[name], attributes={"distribution": words})
            for name, words in self.described.items()
            if name in found
        }
        return {**found, **said, DRAW: number}

    def words(self, given: Mapping[str, Given]) -> dict[str, Given]:
        """Return given values with draws of labels, words and files in place of choices.

        Parameters
        ----------
        given
            Raw values by name.

        Returns
        -------
        dict
            Raw values by name; wrong ones are left out, with a fault.
        """
        names = [name for name, item in given.items() if self._is_uncertain(name, item)]
        reader = CorrelatedReader(self.model, self.reader)
        read = [reader.read(raw, path) for raw, path in self.uncertainty.correlated]
        written = [group for group in read if group is not None]
        values = {name for name, item in given.items() if item.path[:1] == ("--set",) and name not in names}
        self.correlated = [group for group in written if not values.issuperset(group.names)]
        known = len(self.reader.faults)
        self._refuse_names(given, names)
        if len(self.reader.faults) > known:
            # Nothing is drawn, so that one mistake has one message.
            self.correlated = []
            return {name: item for name, item in given.items() if name not in names or self._node(name) is None}
        if not names and not self.correlated:
            anything = self.uncertainty.written or self.uncertainty.correlated
            if self.uncertainty.design_path is not None and not anything:
                message = "a design needs something to draw; write distributions in [uncertain]"
                self.reader.fault(self.uncertainty.design_path, message, at_key=True)
            return dict(given)
        self._number(given, names, written)
        result = {name: item for name, item in given.items() if name not in names}
        for name in names:
            node = self._node(name)
            if isinstance(node, Label) or (isinstance(node, Parameter) and node.is_word):
                prior = self._prior(node, given[name])
                result |= self._valued(name, prior, given[name].path) if isinstance(prior, Choice) else {}
            else:
                result[name] = given[name]
        return result

    def values(self, model: Definition, given: Mapping[str, Given]) -> dict[str, Given]:
        """Return given values with draws of numbers in place of distributions.

        Parameters
        ----------
        model
            The model, with the ranges that its tables allow.
        given
            Raw values by name.

        Returns
        -------
        dict
            Raw values by name; wrong ones are left out, with a fault.
        """
        self.model = model
        names = [name for name, item in given.items() if name not in self.described and self._is_uncertain(name, item)]
        known = [name for name in names if self._node(name) is not None]
        priors = {name: self._prior(self._node(name), given[name]) for name in known}
        found = {name: prior for name, prior in priors.items() if prior is not None}
        self._correlate(priors)
        result = {name: item for name, item in given.items() if name not in known}
        tables: dict[str, dict[str, Column]] = {}
        for name, prior in found.items():
            if isinstance(prior, Column):
                tables.setdefault(identity_of(prior.table), {})[name] = prior
            else:
                result |= self._valued(name, prior, given[name].path)
        for identity, columns in tables.items():
            result |= self._sampled(identity, columns)
        result |= self._normal_together()
        # First, as kernels do for all values of an axis at once what each draw needs anew: blocks are cut here.
        ahead = {name: item for name, item in result.items() if item.dimension == DRAW}
        return {**ahead, **result}

    def _is_uncertain(self, name: str, given: Given) -> bool:
        if given.path[:1] == ("uncertain",) or is_prior(given.value):
            return True
        overridden = name in self.uncertainty.written and isinstance(given.value, Mapping)
        return overridden and not any(key in AxisRange.model_fields for key in given.value)

    def _node(self, name: str) -> Any:
        return self.model.labels.get(name) or (self.model.nodes | self.model.alternative_inputs).get(name)

    def _prior(self, node: Any, given: Given) -> Prior | None:
        return self.priors.read(node, plain(given.value), given.path)

    def _refuse_names(self, given: Mapping[str, Given], names: list[str]) -> None:
        """Refuse another dimension of this name, and parameters that are given twice."""
        if not names and not self.correlated:
            return
        if DRAW in self.model.names:
            path = given[names[0]].path if names else self.correlated[0].path
            message = f"nothing can be uncertain in model {self.model.name!r}, which uses the name {DRAW!r} itself"
            self.reader.fault(path, message, at_key=True)
        for name, item in given.items():
            if (item.dimension == DRAW and name not in names) or name == DRAW:
                message = f"{DRAW!r} is the dimension of all that is uncertain; give this axis another name"
                self.reader.fault(item.path, message, at_key=True)
        taken: set[str] = set()
        unknown = [name for name in names if self._node(name) is None]
        for group in self.correlated:
            for index, name in enumerate(group.names):
                where = (*group.path, "parameters", index)
                if name in taken:
                    self.reader.fault(where, f"{name!r} stands in two tables of correlated parameters")
                elif name in given and name not in names and given[name].path[:1] == ("--set",):
                    message = f"{name!r} is correlated with others, and cannot be given a value alone"
                    self.reader.fault(given[name].path, message)
                elif group.means is not None and name in given:
                    place = f"[{given[name].path[0]}]" if len(given[name].path) > 1 else "its value"
                    message = f"{name!r} is given twice, here and in {place}; a covariance is all that is known of it"
                    self.reader.fault(where, message)
                elif group.means is None and not {name, *unknown} & {*names, *self.uncertainty.written}:
                    self.reader.fault(where, f"{name!r} has no distribution in [uncertain] to be correlated")
                taken.add(name)

    def _number(self, given: Mapping[str, Given], names: list[str], correlated: list[Correlated]) -> None:
        """Give each parameter, or table, a dimension of the design."""
        order = [*self.uncertainty.written, *(name for name in names if name not in self.uncertainty.written)]
        for position, name in enumerate(order):
            # Every fourth is kept for parameters that are normal together, so that either list can grow.
            dimension = position + position // 3
            raw = given[name].value if name in names else None
            table = raw.get("table") if isinstance(raw, Mapping) else None
            self.dimensions.setdefault(name if table is None else identity_of(table), dimension)
        normal = [name for group in correlated if group.means is not None for name in group.names]
        self.dimensions |= {name: 4 * position + 3 for position, name in enumerate(normal)}
        self.numbers = dict(self.uncertainty.numbers(self.uncertainty.design, self.dimensions))

    def _valued(self, name: str, known: Choice | Continuous, path: Path) -> dict[str, Given]:
        """Return the draws of one parameter of its own."""
        node, numbers = self._node(name), self.numbers[name]
        self.described[name] = known.described
        if isinstance(known, Continuous):
            return {name: _given(node, known.truncated.draw(numbers), path)}
        chosen = picked(numbers, known.weights)
        if isinstance(known.values, np.ndarray) and known.values.dtype.kind == "f":
            return {name: _given(node, known.values[chosen], path)}
        return {name: Given([known.values[index] for index in chosen.tolist()], path, DRAW)}

    def _sampled(self, identity: str, columns: Mapping[str, Column]) -> dict[str, Given]:
        """Return the draws of the parameters in one table, by row."""
        first = next(iter(columns.values()))
        folder = FilePath(".") if first.path[:1] == ("--set",) else None
        nodes = {name: self._node(name) for name in columns}
        try:
            rows = rows_of(columns, nodes, self.files, folder, units_required=self.reader.units_required)
        except CatalogueError as error:
            self.reader.fault((*first.path, "table"), str(error))
            return {}
        for name, message in rows.faults.items():
            self.reader.fault(columns[name].path, message)
        if rows.faults:
            return {}
        if isinstance(first.table, str) and rows.content is not None:
            self.contents[first.table] = rows.content
        chosen = picked(self.numbers[identity], rows.weights)
        self.described |= rows.described
        return {name: _given(nodes[name], rows.values[name][chosen], columns[name].path) for name in columns}

    def _correlate(self, priors: Mapping[str, Prior | None]) -> None:
        """Give correlated parameters random numbers that are, by a normal copula."""
        for group in self.correlated:
            if group.means is not None:
                continue
            others = [name for name in group.names if not isinstance(priors.get(name), Continuous)]
            for name in others:
                if priors.get(name) is not None:
                    message = f"{name!r} is drawn from a list, and cannot be correlated; give it a distribution"
                    self.reader.fault((*group.path, "parameters", group.names.index(name)), message)
            if others:
                continue
            together = correlated_normals(group.root, [self.numbers[name] for name in group.names])
            for name, standard in zip(group.names, together, strict=True):
                prior = priors[name]
                assert isinstance(prior, Continuous)
                self.numbers[name] = Uniforms(special.ndtr(standard), special.ndtr(-standard))

    def _normal_together(self) -> dict[str, Given]:
        """Return the draws of parameters that are normal together."""
        result = {}
        for group in self.correlated:
            if group.means is None or group.scales is None:
                self.described |= {
                    name: f"{self.described[name]}; {group.described}" for name in group.names if name in self.described
                }
                continue
            for index, standard in enumerate(
                correlated_normals(group.root, [self.numbers[name] for name in group.names])
            ):
                name = group.names[index]
                node = self._node(name)
                values = group.means[index] + group.scales[index] * standard
                outside = ~node.range.contains(values) if isinstance(node, Parameter) else ~np.isfinite(values)
                if outside.any():
                    self._refuse_outside(node, values, outside, (*group.path, "parameters", index))
                    continue
                unit = readable(node.unit)
                sizes = f"mean {group.means[index]:.6g} {unit}, standard deviation {group.scales[index]:.6g} {unit}"
                self.described[name] = f"normal, {sizes.replace(' 1', '') if unit == '1' else sizes}; {group.described}"
                result[name] = _given(node, values, (*group.path, "parameters", index))
        return result

    def _refuse_outside(self, node: Numeric, values: np.ndarray, outside: np.ndarray, path: Path) -> None:
        many, unit = int(outside.sum()), readable(node.unit)
        first = f"{values[outside][0]:.6g} {unit}".removesuffix(" 1")
        allowed = node.allowed if isinstance(node, Parameter) else "a finite number"
        message = f"{many:,} of {len(values):,} draws of {node.name!r} are not {allowed}; the first is {first}"
        instead = "a correlation of distributions in [uncertain] would be cut off there"
        self.reader.fault(path, f"{message}; {instead}")


def _given(node: Any, values: np.ndarray, path: Path) -> Given:
    return Given(Quantity(values, node.unit), path, DRAW)

"""Rows of a table of samples from which several parameters are drawn together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.definition.nodes import Parameter
from gridscan.errors import CatalogueError
from gridscan.inputs.sample_tables import samples_of
from gridscan.units import readable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gridscan.inputs.input_files import TableFiles
    from gridscan.inputs.priors import Column


@dataclass(frozen=True)
class Rows:
    """The rows of a table.

    Attributes
    ----------
    values
        By parameter, its number in each row, in its default unit.
    weights
        Of the rows, with sum 1; zero where a number is outside its bounds.
    described
        By parameter, where it is drawn from, in words.
    content
        Text of the file, if it is one.
    faults
        By parameter, what is wrong.
    """

    values: dict[str, np.ndarray]
    weights: np.ndarray
    described: dict[str, str]
    content: str | None
    faults: dict[str, str]


def rows_of(
    columns: Mapping[str, Column],
    nodes: Mapping[str, Any],
    files: TableFiles,
    folder: Path | None,
    *,
    units_required: bool,
) -> Rows:
    """Read the columns of one table.

    Parameters
    ----------
    columns
        By parameter, its column; all of the same table.
    nodes
        The parameters.
    files
        The files that the scenario names.
    folder
        Folder instead of that of the scenario.
    units_required
        Whether a column of a parameter with a dimension needs a unit.

    Returns
    -------
    Rows
        The rows and their weights.

    Raises
    ------
    CatalogueError
        If the table cannot be read, or lacks a column, or holds what is no number.
    """
    first = next(iter(columns.values()))
    samples, content = samples_of(first.table, files, folder)
    faults: dict[str, str] = {}
    kinds = {name: column.weights for name, column in columns.items()}
    if len(set(kinds.values())) > 1:
        name = next(name for name, weights in kinds.items() if weights != first.weights)
        said = f"{kinds[name]!r} here and {first.weights!r} for {next(iter(columns))!r}"
        faults[name] = f"the rows of {samples.name} are drawn together and have one column of weights, found {said}"
    weights = np.ones(len(samples.lines)) if first.weights is None else samples.numbers(first.weights)
    wrong = np.flatnonzero(weights < 0.0)
    if len(wrong):
        line = samples.lines[int(wrong[0])]
        raise CatalogueError(f"{samples.name}:{line}: the weight is {weights[wrong[0]]:g}; it must be at least 0")
    if not weights.any():
        raise CatalogueError(f"{samples.name}: all weights in column {first.weights!r} are 0")
    weights = weights / weights.sum()
    values, inside, described = {}, np.ones(len(weights), dtype=bool), {}
    for name, column in columns.items():
        node = nodes[name]
        values[name] = samples.values(column.column, node.unit, column.unit, units_required=units_required)
        allowed = (column.bounds.low <= values[name]) & (values[name] <= column.bounds.high)
        if isinstance(node, Parameter):
            if node.integer and (values[name] != np.floor(values[name])).any():
                faults[name] = f"{samples.name}: column {column.column!r} holds numbers that are not whole"
                continue
            allowed &= node.range.contains(values[name])
        inside &= allowed
        cut = float(weights[~allowed].sum())
        lost = f"; {100 * cut:.3g} % cut off" if cut else ""
        described[name] = f"column {column.column!r} of {samples.name}, {len(weights):,} rows{lost}"
        if math.isclose(cut, 1.0) or not weights[allowed].any():
            wanted = column.bounds.between("" if readable(node.unit) == "1" else readable(node.unit))
            faults[name] = f"no row of {samples.name} has a value of {name!r} that is {wanted}"
    kept = np.where(inside, weights, 0.0)
    if not kept.any() and not faults:
        raise CatalogueError(f"{samples.name}: no row is within the bounds of all of its columns")
    total = kept.sum()
    return Rows(values, kept / total if total else kept, described, content, faults)

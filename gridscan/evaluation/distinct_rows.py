"""Computing a quantity for rows of inputs, each step once for each combination of what it depends on.

Rows of a design repeat most of each other: a row that changes one parameter shares with its neighbour all that does not
depend on it. So each step runs for the distinct combinations of its arguments alone, and what is shared is computed
once, whatever the design.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridscan.evaluation.failing_cells import Messages
from gridscan.evaluation.region import RegionValues, names_given

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from gridscan.definition.graph import Step
    from gridscan.evaluation.layout import Layout


@dataclass
class _Compact:
    """The distinct values of a name, the one that each row has (None if all have the same), and codes of failures."""

    values: np.ndarray
    which: NDArray[np.intp] | None = None
    codes: np.ndarray | None = None

    @property
    def many(self) -> int:
        return 1 if self.which is None else len(self.values)


@dataclass(frozen=True)
class Rows:
    """A quantity in each row.

    Attributes
    ----------
    values
        In the declared unit, NaN where it could not be computed.
    messages
        Why not, each once.
    evaluations
        By step, for how many combinations it ran.
    """

    values: NDArray[np.float64]
    messages: tuple[str, ...]
    evaluations: Mapping[str, int] = field(default_factory=dict)


def evaluate_rows(layout: Layout, name: str, dimension: str) -> Rows:
    """Compute one quantity for the rows of inputs along a dimension, the only one.

    Parameters
    ----------
    layout
        The quantity asked for, laid out, with inputs that vary along the dimension or not at all.
    name
        The quantity.
    dimension
        The dimension of the rows.

    Returns
    -------
    Rows
        What was found.
    """
    resolved = layout.resolved
    known = {key: _of_input(resolved.inputs[key].data, resolved.inputs[key].dims) for key in layout.graph.inputs}
    messages, ran = Messages(), {}
    for step in layout.graph.steps:
        if step.name not in known:
            found = _run(layout, step, known, dimension, messages)
            known |= found
            ran[step.name] = found[step.name].many
    spec, last = layout.variables[name], known[name]
    region = RegionValues(
        {name: spec.dims},
        {dimension: last.many},
        {name: last.values},
        {} if last.codes is None else {name: last.codes},
        messages,
        resolved.coordinates,
        {dimension: np.arange(last.many)},
    )
    values, codes = region.finished(spec)
    values = values if codes is None else np.where(codes == 0, values, np.nan)
    rows = np.broadcast_to(values, resolved.sizes[dimension]) if last.which is None else values[last.which]
    return Rows(np.array(rows, dtype=float), tuple(messages.texts), ran)


def _of_input(data: np.ndarray, dims: Sequence[str]) -> _Compact:
    if not dims:
        return _Compact(data)
    if data.ndim == 1 and data.dtype == float:
        which, first = _distinct(np.ascontiguousarray(data).view(np.int64))
    else:
        places: dict[bytes, int] = {}
        which, first = _distinct(np.array([places.setdefault(row.tobytes(), len(places)) for row in data]))
    return _Compact(data[first], which)


def _distinct(keys: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return which distinct key each row has, in order of appearance, and the first row of each."""
    # Hashes take a tenth of the time in which numpy sorts.
    which, _ = pd.factorize(keys)
    first = np.empty(which.max() + 1, dtype=np.intp)
    first[which[::-1]] = np.arange(len(which) - 1, -1, -1)
    return which, first


def _run(
    layout: Layout, step: Step, known: Mapping[str, _Compact], dimension: str, messages: Messages
) -> dict[str, _Compact]:
    """Run one step for the distinct combinations of its arguments."""
    arguments = {name: known[name] for name in step.arguments}
    varying = [item for item in arguments.values() if item.which is not None]
    which, rows = _combined(varying)
    names = names_given(step, layout.graph.steps)
    region = RegionValues(
        layout.dims,
        {dimension: len(rows)},
        messages=messages,
        coordinates=layout.resolved.coordinates,
        places={dimension: rows},
        impossible={step.name: [item.at({dimension: rows}) for item in layout.impossible.get(step.name, ())]},
    )
    for name, item in arguments.items():
        region.values[name] = item.values if item.which is None else item.values[item.which[rows]]
        if item.codes is not None:
            region.codes[name] = item.codes if item.which is None else item.codes[item.which[rows]]
    region.run_giving(step, names)
    return {name: _Compact(region.values[name], which, region.codes.get(name)) for name in names}


def _combined(varying: Sequence[_Compact]) -> tuple[NDArray[np.intp] | None, NDArray[np.intp]]:
    """Return which distinct combination of values each row has, and the first row of each."""
    if not varying:
        return None, np.zeros(1, dtype=np.intp)
    which = varying[0].which
    assert which is not None
    many, first = varying[0].many, None
    for item in varying[1:]:
        assert item.which is not None
        if many == len(which):
            break
        which, first = _distinct(which * item.many + item.which)
        many = len(first)
    if first is None:
        which, first = _distinct(which)
    return which, first

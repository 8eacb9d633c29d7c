"""Evaluating a layout to a lazy Dataset: each quantity over exactly the dimensions it depends on.

Small quantities are computed at once and shared; large ones are dask arrays, whose chunks are evaluated when
they are needed.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from gridscan.errors import EvaluationError, ModelWarning, ScenarioWarning, warn
from gridscan.evaluation.layout import lay_out, provenance_attributes
from gridscan.evaluation.poisson_draws import dimension_keys
from gridscan.evaluation.positions import taken
from gridscan.evaluation.region import DrawKeys, RegionValues, names_given
from gridscan.inputs.given_values import Together, resolve_values
from gridscan.inputs.sampling import REALISATION
from gridscan.limits import DEFAULT
from gridscan.sensitivity.recorded_units import UNITS, record_of_units

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gridscan.definition.definition import Definition
    from gridscan.definition.graph import Step
    from gridscan.evaluation.impossible import Impossible
    from gridscan.evaluation.layout import Layout
    from gridscan.evaluation.variable import VariableSpec
    from gridscan.inputs.arrays import Coordinate
    from gridscan.inputs.sampling import Sampling
    from gridscan.limits import Limits

# Dimension of value and error in a chunk; like that of a vector, it is not an identifier, so no axis can be called so.
_PART = "(value, error)"


def evaluate_model(
    model: Definition,
    names: str | Iterable[str],
    values: Mapping[str, Any],
    sampling: Sampling | None = None,
    limits: Limits = DEFAULT,
    together: Together | None = None,
) -> xr.DataArray | xr.Dataset:
    """Evaluate quantities without a file; see :meth:`gridscan.model.Model.evaluate`."""
    resolved = resolve_values(model, values, together or Together())
    wanted = [names] if isinstance(names, str) else list(names)
    if sampling is not None and isinstance(names, str):
        raise EvaluationError(f"a single name gives a single array, without draws; ask for [{names!r}]")
    layout = lay_out(resolved, wanted, sampling, limits=limits)
    for fault in [*layout.idle, *layout.left_out]:
        warn(fault, ScenarioWarning)
    for doubt in layout.doubtful:
        warn(doubt, ModelWarning)
    dataset, said = compute_lazily(layout), provenance_attributes(layout)
    if isinstance(names, str):
        return dataset[names].assign_attrs(said)
    return dataset.assign_attrs({**said, UNITS: record_of_units(dataset)})


def compute_lazily(layout: Layout) -> xr.Dataset:
    """Return the Dataset of a layout: small quantities computed, large ones as dask arrays.

    Raises
    ------
    EvaluationError
        If a value cannot be computed or is not finite.
    """
    resolved = layout.resolved
    small = RegionValues(
        layout.dims,
        resolved.sizes,
        {name: resolved.inputs[name].data for name in layout.graph.inputs},
        coordinates=resolved.coordinates,
        impossible=layout.impossible,
    )
    large: dict[str, Any] = {}
    for step in layout.graph.steps:
        if not layout.is_lazy(step.name):
            small.run([step], layout.graph.steps)
        elif step.name not in large:
            large |= _chunked(layout, step, small.values | large)
    variables = {
        key: _drawn(layout, spec, small, large) if spec.drawn else _variable(layout, spec, small, large)
        for key, spec in layout.variables.items()
    }
    return xr.Dataset(variables, coords=layout.coordinates)


def _labelled(spec: VariableSpec, data: Any) -> xr.Variable:
    encoding = {"coordinates": " ".join(spec.coordinates) or None}
    return xr.Variable(spec.dims, data, dict(spec.attributes), encoding=encoding)


def _variable(layout: Layout, spec: VariableSpec, small: RegionValues, large: Mapping[str, Any]) -> xr.Variable:
    """Convert a quantity to the unit of its variable, check that it is finite, and label it."""
    if spec.quantity in small.values:
        return _labelled(spec, small.finished(spec)[0])
    import dask.array as da

    data = da.blockwise(
        partial(_finished_block, spec, _Cell.of(layout, spec)),
        spec.dims,
        *(large[spec.quantity], spec.dims, *_places(layout, spec.dims)),
        dtype=spec.dtype,
        meta=np.empty((0,) * len(spec.dims), dtype=spec.dtype),
    )
    return _labelled(spec, data)


@dataclass(frozen=True)
class _Cell:
    """What the message of a cell that is not finite needs: the steps up to a quantity, and the inputs of these."""

    steps: Sequence[Step]
    dims: Mapping[str, Sequence[str]]
    inputs: Mapping[str, np.ndarray]
    coordinates: Mapping[str, Coordinate | None]
    impossible: Mapping[str, Sequence[Impossible]]

    @classmethod
    def of(cls, layout: Layout, spec: VariableSpec) -> _Cell:
        steps = layout.graph.steps_to(spec.quantity)
        inputs = {name: layout.resolved.inputs[name].data for name in layout.graph.inputs_of(spec.quantity)}
        return cls(steps, layout.dims, inputs, _coordinates(layout, spec.dims), layout.impossible)

    def explain(self, spec: VariableSpec, at: Mapping[str, np.ndarray]) -> None:
        """Compute a cell from the inputs, which raises with the quantity in which the fault began."""
        own = {name: self.dims[name] for name in self.inputs}
        values = {name: taken(array, [at[dim] for dim in own[name]]) for name, array in self.inputs.items()}
        known = {name: (own[name], array) for name, array in values.items()}
        region = _region(spec.dims, self.coordinates, [at[dim] for dim in spec.dims], known, self.impossible)
        region.dims = self.dims
        region.run(self.steps)
        region.finished(spec)


def _finished_block(spec: VariableSpec, cell: _Cell, block: np.ndarray, *places: np.ndarray) -> np.ndarray:
    known = {spec.quantity: (spec.dims, block)}
    region = _region(spec.dims, cell.coordinates, places, known, cell.impossible)
    try:
        return region.finished(spec)[0]
    except EvaluationError:
        # What the quantity is made of is not at hand in this chunk.
        for found in np.argwhere(region.not_finite(spec))[:1]:
            cell.explain(spec, {dim: part[[at]] for dim, part, at in zip(spec.dims, places, found, strict=True)})
        raise


def _region(
    dims: Sequence[str],
    coordinates: Mapping[str, Coordinate | None],
    places: Sequence[np.ndarray],
    values: Mapping[str, tuple[Sequence[str], np.ndarray]],
    impossible: Mapping[str, Sequence[Impossible]],
) -> RegionValues:
    """Return the known values of a chunk at positions along dimensions, over their own dimensions."""
    at = dict(zip(dims, places, strict=True))
    region = RegionValues(
        {name: own for name, (own, _) in values.items()},
        {dim: len(part) for dim, part in at.items()},
        {name: array for name, (_, array) in values.items()},
        coordinates=coordinates,
        places=at,
        impossible={name: [item.at(at) for item in items] for name, items in impossible.items() if _within(items, at)},
    )
    for name in values:
        region.mark_impossible(name)
    return region


def _within(items: Sequence[Impossible], at: Mapping[str, np.ndarray]) -> bool:
    return all(set(item.dims) <= at.keys() for item in items)


def _coordinates(layout: Layout, dims: Sequence[str]) -> dict[str, Coordinate | None]:
    return {dim: layout.resolved.coordinates.get(dim) for dim in dims}


def _places(layout: Layout, dims: Sequence[str]) -> list[Any]:
    """Return the positions along dimensions as operands of dask blockwise calls."""
    import dask.array as da

    places = [(da.arange(layout.resolved.sizes[dim], chunks=layout.chunks[dim]), (dim,)) for dim in dims]
    return [item for pair in places for item in pair]


def _drawn(layout: Layout, spec: VariableSpec, small: RegionValues, large: Mapping[str, Any]) -> xr.Variable:
    """Draw a count, independently in each cell, with the realisations as last dimension."""
    assert layout.sampling is not None
    name, seed, many = spec.quantity, layout.sampling.seed, layout.sampling.realisations
    keys = DrawKeys(*dimension_keys(name, seed, layout.resolved.inputs, layout.graph.inputs_of(name)))
    dims, numbers = spec.dims[:-1], np.arange(many)
    at_once = layout.realisations_at_once(name)
    if at_once == 0:
        return _labelled(spec, small.drawn(spec, keys, numbers)[0])
    import dask.array as da

    chunks = tuple(layout.chunks[dim] for dim in dims)
    means = large[name] if name in large else da.from_array(small.values[name], chunks=chunks)
    along = [(da.from_array(keys.along[dim], chunks=(layout.chunks[dim],)), (dim,)) for dim in dims]
    data = da.blockwise(
        partial(_drawn_block, spec, _coordinates(layout, dims), layout.impossible, keys.common),
        spec.dims,
        *(means, dims, da.from_array(numbers, chunks=at_once), (REALISATION,)),
        *(item for pair in along for item in pair),
        *_places(layout, dims),
        dtype=spec.dtype,
        meta=np.empty((0,) * len(spec.dims), dtype=spec.dtype),
    )
    return _labelled(spec, data)


def _drawn_block(
    spec: VariableSpec,
    coordinates: Mapping[str, Coordinate | None],
    impossible: Mapping[str, Sequence[Impossible]],
    common: np.uint64,
    means: np.ndarray,
    numbers: np.ndarray,
    *rest: np.ndarray,
) -> np.ndarray:
    dims = spec.dims[:-1]
    along, places = rest[: len(dims)], rest[len(dims) :]
    region = _region(dims, coordinates, places, {spec.quantity: (dims, means)}, impossible)
    return region.drawn(spec, DrawKeys(common, dict(zip(dims, along, strict=True))), numbers)[0]


def _chunked(layout: Layout, step: Step, arrays: Mapping[str, Any]) -> dict[str, Any]:
    """Build the chunks of a large quantity (and of its error estimate, where one belongs to it)."""
    import dask.array as da

    dims = layout.dims[step.name]
    operands: list[Any] = []
    for name in step.arguments:
        own = layout.dims[name]
        inner = (f"({name})",) if arrays[name].ndim > len(own) else ()
        chunks = (*(layout.chunks[dim] for dim in own), *([-1] if inner else []))
        array = arrays[name] if isinstance(arrays[name], da.Array) else da.from_array(arrays[name], chunks=chunks)
        operands += [array, (*own, *inner)]
    names = names_given(step, layout.graph.steps)
    paired = len(names) > 1
    argument_dims = {name: layout.dims[name] for name in step.arguments}
    with warnings.catch_warnings():
        # A quantity with one more dimension has more chunks than those it is made of.
        warnings.simplefilter("ignore", da.PerformanceWarning)
        result = da.blockwise(
            partial(
                _block,
                step,
                argument_dims,
                dims,
                names,
                _coordinates(layout, dims),
                layout.impossible,
            ),
            (*dims, _PART) if paired else dims,
            *_places(layout, dims),
            *operands,
            new_axes={_PART: 2} if paired else {},
            concatenate=True,
            dtype=float,
            meta=np.empty((0,) * (len(dims) + paired)),
            name=f"{step.name}-{_token(layout, step, operands)}",
        )
    return {name: result[..., index] for index, name in enumerate(names)} if paired else {names[0]: result}


def _token(layout: Layout, step: Step, operands: list[Any]) -> str:
    from dask.base import tokenize

    names = [operand.name if hasattr(operand, "dask") else operand for operand in operands]
    return str(tokenize(layout.resolved.model.name, step.name, id(step.node.function), names))


def _block(
    step: Step,
    argument_dims: Mapping[str, Sequence[str]],
    dims: Sequence[str],
    names: Sequence[str],
    coordinates: Mapping[str, Coordinate | None],
    impossible: Mapping[str, Sequence[Impossible]],
    *blocks: np.ndarray,
) -> np.ndarray:
    places, arguments = blocks[: len(dims)], blocks[len(dims) :]
    known = {name: (own, block) for (name, own), block in zip(argument_dims.items(), arguments, strict=True)}
    region = _region(dims, coordinates, places, known, impossible)
    region.dims = {**region.dims, step.name: dims}
    region.run_giving(step, names)
    parts = [region.values[name] for name in names]
    return np.stack(parts, axis=-1) if len(parts) > 1 else parts[0]

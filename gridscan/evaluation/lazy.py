"""A layout to a lazy Dataset: each quantity over exactly the dimensions it depends on.

Functions see bare numpy arrays in base units, aligned to the dimensions of their result (length one where an argument
lacks a dimension). Small quantities are computed at once and shared; large ones are dask arrays of chunks that are
evaluated when they are needed.
"""

from __future__ import annotations

import math
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from gridscan.errors import EvaluationError, GridscanWarning
from gridscan.evaluation.attributes import (
    coordinates_of,
    draw_attributes,
    quantity_attributes,
    quantity_encoding,
    realisations_of,
)
from gridscan.evaluation.layout import Layout, lay_out
from gridscan.evaluation.poisson_draws import dimension_keys, poisson_draws
from gridscan.evaluation.steps import fitted, run_step
from gridscan.inputs.arrays import Coordinate, label_at
from gridscan.inputs.resolve import resolve
from gridscan.inputs.sampling import DRAWN, REALISATION, Sampling
from gridscan.inputs.value_reader import Given
from gridscan.units import base_factor

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gridscan.definition.definition import Definition
    from gridscan.definition.graph import Step
    from gridscan.definition.nodes import Quantity

# Dimension of value and error in a chunk; like that of a vector, it is no identifier, so no axis can have its name.
_PART = "(value, error)"


def evaluate_model(
    model: Definition, names: str | Iterable[str], values: Mapping[str, Any], sampling: Sampling | None = None
) -> xr.DataArray | xr.Dataset:
    """Evaluate quantities without a file; see :meth:`gridscan.model.Model.evaluate`."""
    resolved = resolve(model, {name: Given(value, (name,)) for name, value in values.items()})
    wanted = [names] if isinstance(names, str) else list(names)
    if sampling is not None and isinstance(names, str):
        raise EvaluationError(f"one name gives one array, without draws: ask for [{names!r}]")
    layout = lay_out(resolved, wanted, sampling)
    for fault in layout.idle:
        warnings.warn(fault, GridscanWarning, stacklevel=3)
    dataset = compute_lazily(layout)
    return dataset[names] if isinstance(names, str) else dataset


def compute_lazily(layout: Layout) -> xr.Dataset:
    """Return the Dataset of a layout: small quantities computed, large ones as dask arrays.

    Raises
    ------
    EvaluationError
        If a value cannot be computed or is not finite.
    """
    arrays: dict[str, Any] = {name: layout.resolved.inputs[name].data for name in layout.graph.inputs}
    for step in layout.graph.steps:
        if step.name not in arrays:
            found = _lazy(layout, step, arrays) if layout.is_lazy(step.name) else _eager(layout, step, arrays)
            arrays |= {name: found[name] for name in found if name == step.name or _is_pair(layout, step, name)}
    coordinates = coordinates_of(layout)
    variables = {name: _variable(layout, name, arrays[name], coordinates) for name in layout.graph.targets}
    if layout.drawn:
        coordinates = {**coordinates, REALISATION: realisations_of(layout)}
        variables |= {f"{name}{DRAWN}": _draws(layout, name, variables[name]) for name in layout.drawn}
    return xr.Dataset(variables, coords=coordinates)


def _draws(layout: Layout, name: str, mean: xr.Variable) -> xr.Variable:
    """Draw a count, in each cell on its own, with one more, last, dimension."""
    assert layout.sampling is not None
    resolved, seed, many = layout.resolved, layout.sampling.seed, layout.sampling.realisations
    common, along = dimension_keys(name, seed, resolved.inputs, layout.graph.inputs_of(name))
    dims = layout.dims[name]
    numbers = np.arange(many)
    together = layout.realisations_at_once(name)
    if together == 0:
        data: Any = poisson_draws(mean.values, common, [along[dim] for dim in dims], numbers)
    else:
        import dask.array as da

        chunks = tuple(layout.chunks[dim] for dim in dims)
        means = mean.data if isinstance(mean.data, da.Array) else da.from_array(mean.data, chunks=chunks)
        keys = [(da.from_array(along[dim], chunks=(layout.chunks[dim],)), (dim,)) for dim in dims]
        operands = [item for pair in keys for item in pair]
        realisations = da.from_array(numbers, chunks=together)
        data = da.blockwise(
            partial(_drawn_block, common),
            (*dims, REALISATION),
            *(means, dims, realisations, (REALISATION,), *operands),
            dtype=np.int64,
            meta=np.empty((0,) * (len(dims) + 1), dtype=np.int64),
        )
    return xr.Variable((*dims, REALISATION), data, draw_attributes(layout, name), encoding=mean.encoding)


def _drawn_block(common: np.uint64, means: np.ndarray, realisations: np.ndarray, *along: np.ndarray) -> np.ndarray:
    return poisson_draws(means, common, list(along), realisations)


def _is_pair(layout: Layout, step: Step, name: str) -> bool:
    """Tell whether a function's other result is wanted: neither given a value nor computed by another function."""
    other = layout.resolved.model.quantities.get(name)
    return other is not None and other.function is step.node.function and name not in layout.resolved.cut


def _eager(layout: Layout, step: Step, arrays: Mapping[str, Any]) -> dict[str, np.ndarray]:
    dims = layout.dims[step.name]
    arguments = {name: _aligned(layout, name, arrays[name], dims) for name in step.arguments}
    results = run_step(step, arguments)
    shape = tuple(layout.resolved.sizes[dim] for dim in dims)
    return {name: fitted(step.node, result, shape) for name, result in results.items()}


def _aligned(layout: Layout, name: str, array: np.ndarray, dims: Sequence[str]) -> np.ndarray:
    own = layout.dims[name]
    inner = array.shape[len(own) :]
    lengths = iter(array.shape)
    return array.reshape(tuple(next(lengths) if dim in own else 1 for dim in dims) + inner)


def _lazy(layout: Layout, step: Step, arrays: Mapping[str, Any]) -> dict[str, Any]:
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
    paired = step.node.gives_error
    names = [step.node.error_of or step.name, f"{step.node.error_of or step.name}_error"] if paired else [step.name]
    with warnings.catch_warnings():
        # A quantity that gains a dimension has more chunks than what it is made of.
        warnings.simplefilter("ignore", da.PerformanceWarning)
        result = da.blockwise(
            partial(_block, step, tuple(layout.dims[name] for name in step.arguments), dims, names),
            (*dims, _PART) if paired else dims,
            *operands,
            new_axes={_PART: 2} if paired else {},
            concatenate=True,
            dtype=float,
            meta=np.empty((0,) * (len(dims) + paired)),
            name=f"{step.name}-{_token(layout, step, operands)}",
        )
    return {name: result[..., index] for index, name in enumerate(names)} if paired else {step.name: result}


def _token(layout: Layout, step: Step, operands: list[Any]) -> str:
    from dask.base import tokenize

    names = [operand.name if hasattr(operand, "dask") else operand for operand in operands]
    return str(tokenize(layout.resolved.model.name, step.name, id(step.node.function), names))


def _block(
    step: Step, argument_dims: Sequence[Sequence[str]], dims: Sequence[str], names: Sequence[str], *blocks: np.ndarray
) -> np.ndarray:
    arguments = {}
    sizes: dict[str, int] = {}
    for name, own, block in zip(step.arguments, argument_dims, blocks, strict=True):
        sizes |= dict(zip(own, block.shape, strict=False))
        lengths = iter(block.shape)
        shape = tuple(next(lengths) if dim in own else 1 for dim in dims)
        arguments[name] = block.reshape(shape + block.shape[len(own) :])
    results = run_step(step, arguments)
    shape = tuple(sizes[dim] for dim in dims)
    parts = [fitted(step.node, results[name], shape) for name in names]
    return np.stack(parts, axis=-1) if len(names) > 1 else parts[0]


def _variable(layout: Layout, name: str, array: Any, coordinates: Mapping[str, xr.Variable]) -> xr.Variable:
    """Convert a quantity to its declared unit, check that it is finite, and label it."""
    node = layout.step(name).node
    dims = layout.dims[name]
    labels = {dim: layout.resolved.coordinates.get(dim) for dim in dims}
    finish = partial(_finish, node, labels)
    if isinstance(array, np.ndarray):
        data: Any = finish(array, *(np.arange(layout.resolved.sizes[dim]) for dim in dims))
    else:
        import dask.array as da

        positions = [(da.arange(layout.resolved.sizes[dim], chunks=layout.chunks[dim]), (dim,)) for dim in dims]
        operands = [item for pair in positions for item in pair]
        data = da.blockwise(finish, dims, array, dims, *operands, dtype=float, meta=np.empty((0,) * len(dims)))
    return xr.Variable(dims, data, quantity_attributes(node), encoding=quantity_encoding(layout, name, coordinates))


def _finish(
    node: Quantity,
    labels: Mapping[str, Coordinate | None],
    block: np.ndarray,
    *positions: np.ndarray,
) -> np.ndarray:
    result = block / base_factor(node.unit)
    if math.isfinite(float(result.sum())):
        return result
    wrong = np.isinf(result) if node.missing is not None else ~np.isfinite(result)
    if wrong.any():
        first = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
        at = ", ".join(
            f"{dim} = {label_at(coordinate, int(position[index]))}"
            for (dim, coordinate), position, index in zip(labels.items(), positions, first, strict=True)
        )
        raise EvaluationError(
            f"{node.name!r} is {result[first]:g} in {int(wrong.sum()):,} of {wrong.size:,} cells"
            + (f", the first at {at}" if at else "")
        )
    return result

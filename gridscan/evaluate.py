"""Model and inputs to a lazy Dataset: each quantity over exactly the dimensions it depends on.

Functions see bare numpy arrays in base units, aligned to the dimensions of their result (length one where an argument
lacks a dimension). A quantity of at most `EAGER_CELLS` cells is computed at once and shared; larger ones are dask
arrays of chunks that are evaluated when they are needed.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import xarray as xr

from gridscan.errors import EvaluationError, GridscanWarning, ScenarioError
from gridscan.graph import Graph, Step
from gridscan.inputs import Coordinate, Input, Resolved, resolve
from gridscan.model import Model
from gridscan.nodes import Quantity
from gridscan.proof import prove
from gridscan.quadrature import gauss_legendre
from gridscan.units import base_factor, readable, unit_attributes
from gridscan.values import Given

#: Quantities up to this size are computed at once; larger ones are chunked and lazy.
EAGER_CELLS = 4_000_000
#: Cells of a chunk: some megabytes, so that a slice needs little more than itself and a core's cache holds the work.
CHUNK_CELLS = 1_000_000
_MOST_CHUNKS = 20_000
_QUADRATURE_ORDERS = (16, 32, 64, 128, 256, 512, 1024)
_NODES_AT_ONCE = 16
# Longer axes are in the file as coordinates; the settings then tell their ends.
_LONGEST_SETTING = 1000
# Relative to the integral of the magnitude: where an integrand cancels, the sum of its values is not better than this.
_ROUNDING = 1e-15
# Dimension of value and error in a chunk; like that of a vector, it is no identifier, so no axis can have its name.
_PART = "(value, error)"


@dataclass(frozen=True)
class Layout:
    """The proven graph with everything about its arrays that is known before anything is computed.

    Attributes
    ----------
    dims
        Dimensions of each input and quantity, in the order of the axes.
    chunks
        Chunk sizes of each dimension.
    """

    graph: Graph
    resolved: Resolved
    dims: dict[str, tuple[str, ...]]
    chunks: dict[str, tuple[int, ...]]

    def cells(self, name: str) -> int:
        """Return the number of cells of an input or quantity."""
        return math.prod(self.resolved.sizes[dim] for dim in self.dims[name])

    def step(self, name: str) -> Step:
        """Return the step that computes a quantity."""
        return next(step for step in self.graph.steps if step.name == name)

    def is_lazy(self, name: str) -> bool:
        """Tell whether a quantity is too large to be computed at once."""
        return self.cells(name) > EAGER_CELLS

    @property
    def idle(self) -> list[str]:
        """One line for each name that was given a value on which nothing that was asked for depends."""
        model, given = self.resolved.model, self.resolved.given
        used = self.graph.inputs_of(*self.graph.targets)
        used |= {label for label in model.labels if any(key in used - given for key in model.bundled(label))}
        lines = []
        for name in model.names:
            if name in given and name not in used:
                what = "the axis" if name in self.resolved.sizes else "the value of"
                lines.append(f"{what} {name!r} has no effect on the quantities asked for")
        return lines


def _with_labels(model: Model, used: set[str]) -> set[str]:
    return used | {label for label in model.labels if any(name in used for name in model.bundled(label))}


def lay_out(resolved: Resolved, names: Iterable[str]) -> Layout:
    """Select, prove and measure what has to run for the quantities `names`.

    Raises
    ------
    ModelError, UnitError, ScenarioError
        If the model is faulty, a unit is wrong, or a name is none that can be computed.
    """
    model = resolved.model
    names = list(names)
    model.check(unused=False)
    graph = Graph.of(model, names, resolved.cut)
    prove(model, graph.formulas)
    given = [name for name in graph.targets if name in resolved.cut]
    if given:
        raise ScenarioError(f"{given[0]!r} is given a value, so there is nothing to compute for it")
    if not names:
        raise ScenarioError("no quantity was asked for")
    dims = graph.dimensions({name: item.dims for name, item in resolved.inputs.items()}, resolved.sizes)
    return Layout(graph, resolved, dims, _chunks(resolved.sizes))


def _chunks(sizes: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
    if not sizes:
        return {}
    from dask.array.core import normalize_chunks

    cells = max(CHUNK_CELLS, math.prod(sizes.values()) // _MOST_CHUNKS)
    shape = tuple(sizes.values())
    chunks = normalize_chunks("auto", shape=shape, limit=cells * 8, dtype=np.dtype(float))
    return dict(zip(sizes, chunks, strict=True))


def evaluate_model(model: Model, names: str | Iterable[str], values: Mapping[str, Any]) -> xr.DataArray | xr.Dataset:
    """Evaluate quantities without a file; see :meth:`gridscan.model.Model.evaluate`."""
    resolved = resolve(model, {name: Given(value, (name,)) for name, value in values.items()})
    wanted = [names] if isinstance(names, str) else list(names)
    layout = lay_out(resolved, wanted)
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
    coordinates = _coordinates(layout)
    variables = {name: _variable(layout, name, arrays[name], coordinates) for name in layout.graph.targets}
    return xr.Dataset(variables, coords=coordinates)


def _is_pair(layout: Layout, step: Step, name: str) -> bool:
    """Tell whether a function's other result is wanted: neither given a value nor computed by another function."""
    other = layout.resolved.model.quantities.get(name)
    return other is not None and other.function is step.node.function and name not in layout.resolved.cut


def _eager(layout: Layout, step: Step, arrays: Mapping[str, Any]) -> dict[str, np.ndarray]:
    dims = layout.dims[step.name]
    arguments = {name: _aligned(layout, name, arrays[name], dims) for name in step.arguments}
    results = _call(step, arguments)
    shape = tuple(layout.resolved.sizes[dim] for dim in dims)
    return {name: _fitted(step.node, result, shape) for name, result in results.items()}


def _aligned(layout: Layout, name: str, array: np.ndarray, dims: Sequence[str]) -> np.ndarray:
    own = layout.dims[name]
    inner = array.shape[len(own) :]
    lengths = iter(array.shape)
    return array.reshape(tuple(next(lengths) if dim in own else 1 for dim in dims) + inner)


def _fitted(node: Quantity, result: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Check what a function returned, and stretch it over the dimensions that it turned out not to vary along."""
    array = np.asarray(result)
    if array.dtype.kind not in "fiub":
        raise EvaluationError(f"{node.name!r} ({node.where}) returned {array.dtype}, expected numbers")
    if array.shape == shape and array.dtype == float:
        return array
    try:
        fitted = np.broadcast_to(array.astype(float, copy=False), shape)
    except ValueError:
        raise EvaluationError(
            f"{node.name!r} ({node.where}) returned an array of shape {array.shape}, expected {shape}"
        ) from None
    if array.ndim not in (0, len(shape)):
        raise EvaluationError(
            f"{node.name!r} ({node.where}) returned an array of {array.ndim} dimensions, expected {len(shape)}"
        )
    return fitted


def _call(step: Step, arguments: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Run one step on aligned arrays in base units; a function with an error estimate gives two results."""
    node = step.node
    try:
        with np.errstate(all="ignore"):
            if node.kind == "integral":
                value, error = _integrate(step, arguments)
            elif node.kind == "kernel":
                value, error = _run_kernel(node, arguments)
            else:
                return {node.name: node.function(**arguments)}
    except EvaluationError as fault:
        raise EvaluationError(f"{node.name!r}: {fault}") from fault
    except Exception as fault:
        raise EvaluationError(f"{node.name!r} ({node.where}) failed: {type(fault).__name__}: {fault}") from fault
    name = node.error_of or node.name
    return {name: value} if error is None else {name: value, f"{name}_error": error}


def _run_kernel(node: Quantity, arguments: Mapping[str, np.ndarray]) -> tuple[Any, Any]:
    bare = {
        name: array / base_factor(unit) if (unit := node.argument_units.get(name)) is not None else array
        for name, array in arguments.items()
    }
    factor = base_factor(node.unit)
    if node.gives_error:
        value, error = node.function(**bare)
        return value * factor, error * factor
    return node.function(**bare) * factor, None


def _integrate(step: Step, arguments: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Integrate with Gauss-Legendre rules of doubling order until two of them agree, cell by cell.

    A cell keeps the result of the first order that is good enough for it, so it does not depend on its neighbours.
    """
    rule = step.node.integral
    assert rule is not None
    coarse, _ = _gauss(step, arguments, _QUADRATURE_ORDERS[0])
    value, error = coarse, np.full_like(coarse, np.inf)
    open_cells = np.ones(coarse.shape, dtype=bool)
    for order in _QUADRATURE_ORDERS[1:]:
        fine, magnitude = _gauss(step, arguments, order)
        difference = np.maximum(np.abs(fine - coarse), _ROUNDING * magnitude)
        value = np.where(open_cells, fine, value)
        error = np.where(open_cells, difference, error)
        open_cells &= ~(difference <= np.maximum(rule.accuracy * np.abs(fine), 10 * _ROUNDING * magnitude))
        if not open_cells.any():
            return value, error
        coarse = fine
    worst = float(np.max(np.where(open_cells, error / np.abs(value), 0.0)))
    raise EvaluationError(
        f"the integral over {rule.over!r} has a relative error of about {worst:.1e} with"
        f" {_QUADRATURE_ORDERS[-1]} nodes, more than the {rule.accuracy:.0e} asked for; is the integrand finite and"
        f" without steps between {rule.lower!r} and {rule.upper!r}?"
    )


def _gauss(step: Step, arguments: Mapping[str, np.ndarray], order: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the integral, and that of the integrand's magnitude, by a rule of one order."""
    rule = step.node.integral
    assert rule is not None
    lower, upper = arguments[rule.lower], arguments[rule.upper]
    nodes, weights = gauss_legendre(order)
    half, middle = (upper - lower)[..., None] / 2, (upper + lower)[..., None] / 2
    outside = {name: array[(*(slice(None),) * lower.ndim, None)] for name, array in arguments.items()}
    total: Any = 0.0
    magnitude: Any = 0.0
    for start in range(0, order, _NODES_AT_ONCE):
        part = slice(start, start + _NODES_AT_ONCE)
        known = {**outside, rule.over: middle + half * nodes[part]}
        for inner in step.inner:
            known |= _call(inner, {name: known[name] for name in inner.arguments})
        integrand = step.node.function(**{name: known[name] for name in step.node.arguments})
        weighted = np.ascontiguousarray(integrand * weights[part])
        total = total + np.sum(weighted, axis=-1)
        magnitude = magnitude + np.sum(np.abs(weighted), axis=-1)
    return np.asarray(total * half[..., 0]), np.asarray(magnitude * np.abs(half[..., 0]))


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
    results = _call(step, arguments)
    shape = tuple(sizes[dim] for dim in dims)
    fitted = [_fitted(step.node, results[name], shape) for name in names]
    return np.stack(fitted, axis=-1) if len(names) > 1 else fitted[0]


def _variable(layout: Layout, name: str, array: Any, coordinates: Mapping[str, xr.Variable]) -> xr.Variable:
    """Convert a quantity to its declared unit, check that it is finite, and label it."""
    node = layout.step(name).node
    dims = layout.dims[name]
    labels = {dim: layout.resolved.coordinates.get(dim) for dim in dims}
    finish = partial(_finish, node, labels)
    if isinstance(array, np.ndarray):
        taken = any(name in step.arguments for step in layout.graph.steps)
        mine = array.flags.owndata and array.flags.writeable and not taken
        data: Any = partial(finish, in_place=mine)(array, *(np.arange(layout.resolved.sizes[dim]) for dim in dims))
    else:
        import dask.array as da

        positions = [(da.arange(layout.resolved.sizes[dim], chunks=layout.chunks[dim]), (dim,)) for dim in dims]
        operands = [item for pair in positions for item in pair]
        data = da.blockwise(finish, dims, array, dims, *operands, dtype=float, meta=np.empty((0,) * len(dims)))
    attributes = {"long_name": node.long_name, **unit_attributes(node.unit)}
    if node.missing is not None:
        attributes["comment"] = f"missing (NaN) {node.missing}"
    own = _with_labels(layout.resolved.model, layout.graph.inputs_of(name))
    auxiliary = [key for key, item in coordinates.items() if key in own and item.dims != (key,)]
    return xr.Variable(dims, data, attributes, encoding={"coordinates": " ".join(auxiliary) or None})


def _finish(
    node: Quantity,
    labels: Mapping[str, Coordinate | None],
    block: np.ndarray,
    *positions: np.ndarray,
    in_place: bool = False,
) -> np.ndarray:
    result = np.divide(block, base_factor(node.unit), out=block if in_place else None)
    if math.isfinite(float(result.sum())):
        return result
    wrong = np.isinf(result) if node.missing is not None else ~np.isfinite(result)
    if wrong.any():
        first = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
        at = ", ".join(
            f"{dim} = {_label(coordinate, int(position[index]))}"
            for (dim, coordinate), position, index in zip(labels.items(), positions, first, strict=True)
        )
        raise EvaluationError(
            f"{node.name!r} is {result[first]:g} in {int(wrong.sum()):,} of {wrong.size:,} cells"
            + (f", the first at {at}" if at else "")
        )
    return result


def _label(coordinate: Coordinate | None, index: int) -> str:
    if coordinate is None:
        return str(index)
    value = coordinate.values[index]
    return str(value) if coordinate.unit is None else f"{value:g} {readable(coordinate.unit)}".removesuffix(" 1")


def _coordinates(layout: Layout) -> dict[str, xr.Variable]:
    """Return the coordinates of what was asked for: axes, what their labels bundle, and what has a single value."""
    model = layout.resolved.model
    spanned = {dim for name in layout.graph.targets for dim in layout.dims[name]}
    used = _with_labels(model, layout.graph.inputs_of(*layout.graph.targets))
    variables = {}
    for name, item in layout.resolved.coordinates.items():
        if name in used and set(item.dims) <= spanned:
            attributes = {"long_name": item.long_name, **({} if item.unit is None else unit_attributes(item.unit))}
            variables[name] = xr.Variable(item.dims, item.values, attributes)
    return variables


def input_settings(layout: Layout) -> dict[str, Any]:
    """Return every input in use with its unit, as plain data for the provenance of a file."""
    model, resolved = layout.resolved.model, layout.resolved
    used = layout.graph.inputs_of(*layout.graph.targets)
    settings: dict[str, Any] = {}
    for label in model.labels:
        if label in _with_labels(model, used):
            coordinate = resolved.coordinates.get(label)
            settings[label] = model.labels[label].default if coordinate is None else coordinate.values.tolist()
    for name in sorted(used):
        settings[name] = _setting(model, name, resolved.inputs[name])
    return settings


def _setting(model: Model, name: str, item: Input) -> Any:
    if item.data.dtype.kind == "U":
        return item.data.tolist()
    node = model[name]
    values = np.asarray(item.data / base_factor(node.unit))
    if values.size > _LONGEST_SETTING:
        ends = {"first": float(values.flat[0]), "last": float(values.flat[-1]), "size": values.size}
        return {"value": ends, "unit": readable(node.unit)}
    # The way to SI and back costs the last digit, which nobody wants to read.
    rounded = np.array([float(f"{value:.14g}") for value in values.ravel()]).reshape(values.shape)
    return {"value": rounded.tolist(), "unit": readable(node.unit)}

"""Running one step of a graph on aligned arrays: a formula, a kernel, or an integral with its error estimate.

The arrays have one axis for each dimension of the result, of length one where they do not vary, and are bare numbers
in base units.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.definition.groups import arguments_of
from gridscan.definition.user_code import line_of, nothing_returned
from gridscan.errors import EvaluationError, Terminated
from gridscan.numerics.quadrature import gauss_legendre
from gridscan.units import base_factor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridscan.definition.graph import Step
    from gridscan.definition.nodes import Quantity

_QUADRATURE_ORDERS = (16, 32, 64, 128, 256, 512, 1024)
_NODES_AT_ONCE = 16
# Kinds of numpy types: floating, signed, unsigned, boolean.
_NUMBERS = "fiub"
# Relative to the integral of the magnitude: where an integrand cancels, its sum is no more accurate than this.
_ROUNDING = 1e-15


def run_step(step: Step, arguments: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Run one step on aligned arrays in base units; a function with an error estimate gives two results."""
    node = step.node
    try:
        with np.errstate(all="ignore"):
            if node.kind == "integral":
                value, error = _integrate(step, arguments)
            elif node.kind == "kernel":
                value, error = _run_kernel(step, arguments)
            else:
                return {node.name: node.function(**arguments_of(node, arguments))}
    except WrongResultError:
        raise
    except EvaluationError as fault:
        raise EvaluationError(f"{node.name!r}: {fault}") from fault
    except Terminated:
        raise
    except (Exception, SystemExit) as fault:
        hint = " (arguments are arrays: choose with np.where, not with if)" if "ambiguous" in str(fault) else ""
        raise EvaluationError(
            f"{node.name!r} ({node.where}) failed in {line_of(fault, node)}: {type(fault).__name__}: {fault}{hint}"
        ) from fault
    name = node.error_of or node.name
    return {name: value} if error is None else {name: value, f"{name}_error": error}


class WrongResultError(EvaluationError):
    """A function did not return numbers of the shape of the grid, whatever the values."""


def fitted(node: Quantity, result: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Check the result of a function, and broadcast it over dimensions along which it does not vary."""
    if result is None:
        raise WrongResultError(nothing_returned(node))
    array = np.asarray(result)
    if array.dtype.kind not in _NUMBERS:
        raise WrongResultError(f"{node.name!r} ({node.where}) returned {_called(result)}, expected numbers")
    if array.shape == shape and array.dtype == float:
        return array
    try:
        stretched = np.broadcast_to(array.astype(float, copy=False), shape)
    except ValueError:
        raise WrongResultError(
            f"{node.name!r} ({node.where}) returned an array of shape {array.shape}, expected {shape}"
        ) from None
    if array.ndim not in (0, len(shape)):
        raise WrongResultError(
            f"{node.name!r} ({node.where}) returned an array of {array.ndim} dimensions, expected {len(shape)}"
        )
    return stretched


class GridFunction:
    """A quantity as a function of some parameters, for a kernel that does its own integration.

    Attributes
    ----------
    shape
        Shape of the grid, into which points are flat indices.
    """

    def __init__(self, name: str, step: Step, arguments: Mapping[str, np.ndarray]) -> None:
        self.name, self.node, self.steps = name, step.node, step.functions[name]
        # A vector has one more axis than the grid.
        dims = min((array.ndim for array in arguments.values()), default=0)
        self.shape = np.broadcast_shapes(*(array.shape[:dims] for array in arguments.values()))
        self.arguments = {key: arguments[key] for key in self._taken() if key in arguments}

    def _taken(self) -> list[str]:
        return [*(argument for step in self.steps for argument in step.arguments), self.name]

    def __call__(self, points: np.ndarray, **values: np.ndarray) -> np.ndarray:
        """Return the quantity, in the unit that the kernel declares, at grid points and values of the parameters.

        Parameters
        ----------
        points
            Flat indices of grid points, shape (k,).
        values
            Shapes (k, ...), by name of the parameter, in the units that the kernel declares.
        """
        units = self.node.argument_units
        inner = max((np.ndim(value) for value in values.values()), default=1) - 1
        where = np.unravel_index(points, self.shape) if self.shape else ()
        known = {name: self._at(array, where, inner) for name, array in self.arguments.items()}
        known |= {name: value * base_factor(units[name]) if name in units else value for name, value in values.items()}
        for step in self.steps:
            known |= run_step(step, {name: known[name] for name in step.arguments})
        found = known[self.name] / base_factor(units[self.name]) if self.name in units else known[self.name]
        return np.broadcast_to(found, np.broadcast_shapes(found.shape, *(np.shape(value) for value in values.values())))

    def _at(self, array: np.ndarray, where: tuple[np.ndarray, ...], inner: int) -> np.ndarray:
        index = tuple(np.where(size > 1, place, 0) for size, place in zip(array.shape, where, strict=False))
        chosen = array[index] if index else array[None]
        return chosen.reshape(chosen.shape[:1] + (1,) * inner + chosen.shape[1:])


def _run_kernel(step: Step, arguments: Mapping[str, np.ndarray]) -> tuple[Any, Any]:
    node = step.node
    bare: dict[str, Any] = {
        name: array / base_factor(unit) if (unit := node.argument_units.get(name)) is not None else array
        for name, array in arguments.items()
        if name in node.arguments
    }
    bare |= {name: GridFunction(name, step, arguments) for name in node.functions}
    factor = base_factor(node.unit)
    result = node.function(**arguments_of(node, bare))
    if result is None:
        raise WrongResultError(nothing_returned(node))
    if not node.gives_error:
        return _number(node, result) * factor, None
    if not isinstance(result, tuple | list) or len(result) != 2:
        what = f"{node.name!r} ({node.where}) returned {_called(result)}"
        raise WrongResultError(f"{what}, expected a value and its error estimate: return value, error")
    value, error = result
    return _number(node, value) * factor, _number(node, error) * factor


def _number(node: Quantity, result: Any) -> Any:
    if np.asarray(result).dtype.kind not in _NUMBERS:
        raise WrongResultError(f"{node.name!r} ({node.where}) returned {_called(result)}, expected numbers")
    return result if isinstance(result, np.ndarray) else np.asarray(result)


def _called(result: Any) -> str:
    return str(result.dtype) if isinstance(result, np.ndarray) else type(result).__name__


def _integrate(step: Step, arguments: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Integrate with Gauss-Legendre rules of doubling order until two of them agree, cell by cell.

    A cell keeps the result of the first order that is accurate enough for it, so it does not depend on its neighbours.
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
            known |= run_step(inner, {name: known[name] for name in inner.arguments})
        integrand = step.node.function(**arguments_of(step.node, known))
        weighted = np.ascontiguousarray(integrand * weights[part])
        total = total + np.sum(weighted, axis=-1)
        magnitude = magnitude + np.sum(np.abs(weighted), axis=-1)
    return np.asarray(total * half[..., 0]), np.asarray(magnitude * np.abs(half[..., 0]))

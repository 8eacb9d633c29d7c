"""Local elasticities: the response of a quantity to a small change of each parameter, on the grid or off it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from gridscan.definition.nodes import Parameter
from gridscan.errors import SensitivityError
from gridscan.evaluation.layout import lay_out
from gridscan.evaluation.lazy import compute_lazily
from gridscan.inputs.arrays import Coordinate, Input
from gridscan.inputs.dependent import followed
from gridscan.inputs.grid_point import positions, value_text
from gridscan.sources import Source, find_scenario
from gridscan.units import base_factor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gridscan.inputs.resolved import Resolved
    from gridscan.inputs.value_reader import Numeric
    from gridscan.model import Model

_STEP = 0.003
_STEP_DIMENSION = "_step"
# Weights of the derivative at the first position, in units of one step, of fourth and second order.
_CENTRAL = (np.array([0, 1, -1, 2, -2]), np.array([0, 8, -8, -1, 1]) / 12, np.array([0, 1, -1, 0, 0]) / 2)
_FORWARD = (np.array([0, 1, 2, 3, 4]), np.array([-25, 48, -36, 16, -3]) / 12, np.array([-3, 4, -1, 0, 0]) / 2)
_BACKWARD = (-_FORWARD[0], -_FORWARD[1], -_FORWARD[2])


def local(
    source: Source,
    quantity: str,
    *,
    at: Mapping[str, Any] | None = None,
    keep: Sequence[str] = (),
    model: Model | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> xr.Dataset:
    """Return the elasticity d ln y/d ln x of a quantity to every numeric parameter x around the base values.

    The base values are those of the scenario. Along an axis that is not kept, the base is the value in `at`; without
    one, the number nearest to the model's default, the default label if the axis has it, or the first value. Quantities
    and constants that are given a value count as parameters.

    Parameters
    ----------
    source
        A scenario file, a result file, the name of a shipped scenario, or a scenario.
    quantity
        Name of the quantity y.
    at
        Values of axes, as texts with a unit, labels, or numbers in the default unit.
    keep
        Axes that stay dimensions of the result.
    model
        Used instead of the model that the scenario names.
    overrides
        Values by name that replace those of the scenario.

    Returns
    -------
    xarray.Dataset
        ``elasticity`` and ``elasticity_error`` [1] over ``parameter``, the strongest first, with its ``base_value``.
        Whole numbers, words and parameters at zero have no elasticity and are named in the attribute ``comment``.

    Raises
    ------
    ScenarioError
        If a name is unknown.
    SensitivityError
        If an axis does not have a value of `at`, or the quantity is not positive at the base values.
    UnitError
        If a value of `at` has the wrong unit.

    Notes
    -----
    Derivatives are of fourth order in steps of 0.3 %, one-sided at the end of a parameter's range; the error is
    their difference from second order, which overstates it where the quantity is smooth.

    Examples
    --------
    The flux is proportional to the luminosity of each star, and inversely proportional to the energy of a neutrino:

    >>> import gridscan as gs
    >>> table = gs.local("imf_scan", "flux")
    >>> for name in ("neutrino_luminosity", "mean_energy"):
    ...     print(name, round(float(table["elasticity"].sel(parameter=name)), 6))
    neutrino_luminosity 1.0
    mean_energy -1.0
    """
    scenario = find_scenario(source, model=model, overrides=overrides)
    base, chosen = _base(scenario.resolved, dict(at or {}), list(keep))
    layout = lay_out(base, [quantity])
    used = base.with_labels(layout.graph.inputs_of(quantity)) - base.dependent.keys()
    given = [
        node
        for node in (base.model[name] for name in base.given & used & base.model.nodes.keys())
        if not isinstance(node, Parameter)
    ]
    parameters = [node for name, node in base.model.parameters.items() if name in used and not node.is_word]
    rows, passed_over = [], []
    for node in [*parameters, *sorted(given, key=lambda node: node.name)]:
        data = base.inputs[node.name].data
        whole = isinstance(node, Parameter) and (node.integer or node.vector is not None)
        if whole or np.any(data == 0):
            passed_over.append(node.name)
        else:
            rows.append((node, *_elasticity(base, node, quantity)))
    if not rows:
        raise SensitivityError(f"{quantity!r} depends on no numeric parameter other than zero")
    return _table(rows, quantity, base, chosen, passed_over)


def _base(resolved: Resolved, at: dict[str, Any], keep: list[str]) -> tuple[Resolved, dict[str, str]]:
    """Pick one value along each axis that is not kept."""
    picked = positions(resolved, at, keep)
    inputs = {}
    for name, item in resolved.inputs.items():
        data = item.data
        if item.dims and item.dims[0] in picked:
            inputs[name] = Input((), data[picked[item.dims[0]]], item.vector)
        else:
            inputs[name] = item
    coordinates, chosen = {}, {}
    for name, coordinate in resolved.coordinates.items():
        if coordinate.dims and coordinate.dims[0] in picked:
            value = coordinate.values[picked[coordinate.dims[0]]]
            coordinates[name] = Coordinate((), value, coordinate.unit, coordinate.long_name)
            if name in resolved.given:
                chosen[name] = value_text(value, coordinate.unit)
        else:
            coordinates[name] = coordinate
    sizes = {dim: size for dim, size in resolved.sizes.items() if dim in keep}
    return dataclasses.replace(resolved, sizes=sizes, inputs=inputs, coordinates=coordinates), chosen


def _elasticity(base: Resolved, node: Numeric, quantity: str) -> tuple[xr.DataArray, xr.DataArray]:
    item = base.inputs[node.name]
    positions, fourth, second = _scheme(node, item)
    factors = np.exp(_STEP * positions)
    moved = Input((*item.dims, _STEP_DIMENSION), item.data[..., None] * factors)
    sizes = {**base.sizes, _STEP_DIMENSION: len(factors)}
    inputs = followed(base.dependent, {**base.inputs, node.name: moved})
    stepped = dataclasses.replace(base, sizes=sizes, inputs=inputs)
    values = compute_lazily(lay_out(stepped, [quantity]))[quantity]
    if not bool((values > 0).all()):
        raise SensitivityError(
            f"{quantity!r} is not positive around the base values (it reaches {float(values.min()):g} as {node.name!r}"
            " changes), so it has no elasticity there; choose other base values"
        )
    logarithm = np.log(values)
    best = xr.dot(logarithm, xr.DataArray(fourth, dims=_STEP_DIMENSION), dim=_STEP_DIMENSION) / _STEP
    rough = xr.dot(logarithm, xr.DataArray(second, dims=_STEP_DIMENSION), dim=_STEP_DIMENSION) / _STEP
    return best, abs(best - rough)


def _scheme(node: Numeric, item: Input) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Choose steps that stay within the parameter's range."""
    values = item.data / base_factor(node.unit)
    for steps, fourth, second in (_CENTRAL, _FORWARD, _BACKWARD):
        reached = values[..., None] * np.exp(_STEP * steps)
        if not isinstance(node, Parameter) or node.range.contains(reached).all():
            return steps, fourth, second
    raise SensitivityError(f"the range of {node.name!r} is too narrow for steps of {_STEP:.1%}")


def _table(
    rows: list[tuple[Numeric, xr.DataArray, xr.DataArray]],
    quantity: str,
    base: Resolved,
    chosen: Mapping[str, str],
    passed_over: list[str],
) -> xr.Dataset:
    rows = sorted(rows, key=lambda row: -float(abs(row[1]).max()))
    names = xr.DataArray(
        [row[0].name for row in rows], dims="parameter", name="parameter", attrs={"long_name": "parameter"}
    )
    at = ", ".join(f"{name} = {value}" for name, value in chosen.items())
    table = xr.Dataset(
        {
            "elasticity": xr.concat([row[1] for row in rows], dim=names).assign_attrs(
                long_name=f"elasticity d ln({quantity}) / d ln(parameter)", units="1"
            ),
            "elasticity_error": xr.concat([row[2] for row in rows], dim=names).assign_attrs(
                long_name="absolute error estimate of the elasticity", units="1"
            ),
        }
    )
    values = ["several" if base.inputs[row[0].name].dims else _base_text(base, row[0]) for row in rows]
    table = table.assign_coords(base_value=("parameter", values, {"long_name": "base value"}))
    passed = f"; no elasticity (whole number, list or zero): {', '.join(passed_over)}" if passed_over else ""
    return table.assign_attrs(quantity=quantity, comment=f"around {at or 'the values of the scenario'}{passed}")


def _base_text(base: Resolved, node: Numeric) -> str:
    return value_text(float(base.inputs[node.name].data / base_factor(node.unit)), node.unit)

"""Exact values off the grid: the model that a result names is evaluated at other values, never interpolated.

The result says which scenario made it, and the scenario which model. A model of a user's own file or module has to be
given again: no path inside a result is ever executed.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.engine.forecast import forecast
from gridscan.engine.plan import make_plan
from gridscan.engine.reuse.fingerprint import identity_of
from gridscan.errors import GridscanError, ModelError, ScenarioError, ScenarioWarning, StoreError, listed, nearest, warn
from gridscan.evaluation.layout import lay_out
from gridscan.model_loader import is_code, load_model
from gridscan.run import execute
from gridscan.scenario.own_quantities import QUANTITIES
from gridscan.scenario.reader import Scenario
from gridscan.sensitivity.labelled import position_on
from gridscan.sensitivity.recorded_units import UNITS
from gridscan.sources import RESULTS
from gridscan.storage.files import open_result
from gridscan.storage.provenance import Provenance, provenance_in
from gridscan.units import in_words, readable, unit_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import xarray as xr

    from gridscan.model import Model

_CALLED = "the dataset"
_GO_ON = "run its scenario again, or go on with the code as it is: even_if_changed=True (--even-if-changed)"


def at(
    dataset: xr.Dataset,
    values: Mapping[str, Any],
    *,
    quantities: Sequence[str] | None = None,
    model: Model | str | None = None,
    even_if_changed: bool = False,
) -> xr.Dataset:
    """Return quantities of a result at values that need not be on its grid, by evaluating its model there.

    Parameters
    ----------
    dataset
        A result, or part of one: axes that were cut stay so.
    values
        For axes, and for any other inputs of the model: a text with a unit, a label, a number in the unit of the axis,
        a quantity, or several of them, which make an axis. Along an axis without values of its own, such as a zipped
        one, ``draw`` and ``case``, a position or a label.
    quantities
        Those of the result by default.
    model
        Of the user's own file or module: a model, or its name, ``"FILE.py:NAME"``. Installed models are found by what
        the result says.
    even_if_changed
        Whether to go on where the code that made the result has changed since.

    Returns
    -------
    xarray.Dataset
        With the other axes of the result; large quantities are lazy.

    Raises
    ------
    StoreError
        If the dataset does not say which scenario made it, or the code has changed since.
    ModelError
        If its model has to be given, or there is no such model.
    ScenarioError
        If there is no such name, or a value is outside the range that the model allows.
    UnitError
        If the unit of a value is not that of its input.

    Notes
    -----
    Each value is as exact as those on the grid: no other value of the grid goes into it.

    Examples
    --------
    >>> import gridscan as gs
    >>> from gridscan.exact import at
    >>> scenario = gs.Scenario.parse('''
    ... model = "red_supergiants"
    ... axes.fiducial_mass = { values = [1, 20], unit = "kt" }
    ... output.quantities = ["number_of_electrons"]
    ... ''')
    >>> ds = gs.evaluate(scenario)
    >>> round(float(at(ds, {"fiducial_mass": "4 kt"})["number_of_electrons"] / ds["number_of_electrons"][0]), 12)
    4.0
    """
    provenance = provenance_in(dataset, _CALLED)
    scenario = _scenario(provenance, model)
    if not even_if_changed:
        _refuse_changed(dataset, scenario, provenance)
    wanted = _wanted(dataset, scenario, quantities)
    given = {**_cut(dataset, scenario, values), **values}
    picked = {name: value for name, value in given.items() if _has_no_values(scenario, name)}
    overrides = {name: _with_unit(dataset, name, value) for name, value in given.items() if name not in picked}
    _check_names(scenario, overrides)
    merged = {**scenario.overrides, **overrides, QUANTITIES: wanted}
    options: dict[str, Any] = {"model": scenario.model, "overrides": merged, "tables": scenario.tables}
    try:
        moved = Scenario.parse(scenario.text, name=scenario.name, file=scenario.file, **options)
    except ScenarioError as error:
        # The message names the option of the command line.
        raise ScenarioError(re.sub(r"(?m)^--set \w+: ", "", str(error))) from None
    plan = make_plan(moved)
    for line in plan.layout.idle:
        # Other axes may have no effect on some of the quantities; that is known.
        if any(repr(name) in line for name in values):
            warn(line, ScenarioWarning)
    return _picked(execute(plan), picked)


def at_of_array(array: xr.DataArray, values: Mapping[str, Any], **options: Any) -> xr.DataArray:
    """Return one quantity of a result file at values that need not be on its grid; see `at`.

    Parameters
    ----------
    array
        Of a file that was opened, not computed with: its file says which scenario made it.
    values
        As of `at`.
    **options
        As of `at`.

    Returns
    -------
    xarray.DataArray
        With the other axes of the array.

    Raises
    ------
    StoreError
        If the array does not come from a result file.
    """
    source = array.encoding.get("source")
    if not source or Path(source).suffix not in RESULTS:
        what = f"{str(array.name)!r} does not say which result it is of, since it was computed"
        raise StoreError(f"{what}; ask the dataset: ds.gridscan.at(…)[{str(array.name)!r}]")
    name = str(array.name)
    with open_result(source) as whole:
        part = array.to_dataset(name=name).assign_attrs(whole.attrs)
        return at(part, values, quantities=[name], **options)[name]


def _scenario(provenance: Provenance, model: Model | str | None) -> Scenario:
    """Return the scenario that made a result, with the model that the user gives or an installed one."""
    if isinstance(model, str):
        model = load_model(model)
    if model is None and provenance.replaced:
        what = f"the result was made with {listed(provenance.replaced)} replaced"
        raise ModelError(f"{what}; give that model, since a result does not hold code: model=…")
    if model is None and is_code(provenance.model):
        raise ModelError("no path inside a result is executed; give its model: model='FILE.py:NAME'")
    if not provenance.scenario.strip():
        raise StoreError(f"{_CALLED} has no scenario inside that could be evaluated elsewhere")
    try:
        return Scenario.parse(
            provenance.scenario,
            name=f"[{provenance.scenario_name}]",
            file=provenance.scenario_name,
            model=model,
            overrides=provenance.overrides,
            tables=provenance.tables,
        )
    except ScenarioError as error:
        hint = "" if model is not None else "; a model of your own has to be given: model='FILE.py:NAME' (--model)"
        raise ModelError(
            f"the scenario of the result does not fit the model {provenance.model!r}: {error}{hint}"
        ) from None


def _refuse_changed(dataset: xr.Dataset, scenario: Scenario, provenance: Provenance) -> None:
    try:
        recorded = [name for name in json.loads(dataset.attrs[UNITS]) if name in scenario.model.quantities]
    except (KeyError, ValueError, TypeError):
        recorded = []
    names = scenario.quantities if set(recorded) == set(scenario.quantities) else recorded
    layout = lay_out(scenario.resolved, names or scenario.quantities, scenario.schema.sampling)
    if identity_of(layout) != provenance.identity:
        why = _what_changed(dataset, scenario)
        raise StoreError(f"the code that made the result, or its tables, changed since{why}; {_GO_ON}")


def _what_changed(dataset: xr.Dataset, scenario: Scenario) -> str:
    """Say what has changed since a file was written, as plan does."""
    source = dataset.encoding.get("source")
    if not source or Path(source).suffix not in RESULTS:
        return ""
    try:
        reasons = dict.fromkeys(forecast(make_plan(scenario, path=source)).reasons.values())
    except (GridscanError, OSError):
        return ""
    return f" ({'; '.join(reasons)})" if reasons else ""


def _wanted(dataset: xr.Dataset, scenario: Scenario, asked: Sequence[str] | None) -> list[str]:
    if asked is not None:
        return list(asked)
    known = scenario.model.quantities
    found = [str(name) for name in dataset.data_vars if name in known]
    if not found:
        there = listed(map(str, dataset.data_vars)) or "none"
        raise ModelError(f"the dataset holds no quantity of the model {scenario.model.name!r}; it holds {there}")
    return found


def _has_no_values(scenario: Scenario, name: str) -> bool:
    """Tell whether an axis is no input of the model: one that others lie along, draws, or cases."""
    return name in scenario.resolved.sizes and name not in scenario.model.names


def _cut(dataset: xr.Dataset, scenario: Scenario, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the axes that the dataset has only in part, or at one point."""
    found: dict[str, Any] = {}
    coordinates = scenario.resolved.coordinates
    for dim, size in scenario.resolved.sizes.items():
        if dim in given:
            continue
        if dim not in dataset.variables:
            found |= _cut_by_members(dataset, scenario, dim)
            continue
        values = np.asarray(dataset[dim].values)
        whole = coordinates[dim].values if dim in coordinates else np.arange(size)
        if values.shape != whole.shape or not np.array_equal(values.astype(whole.dtype), whole):
            found[dim] = values.item() if values.ndim == 0 else values.tolist()
    return found


def _cut_by_members(dataset: xr.Dataset, scenario: Scenario, dim: str) -> dict[str, Any]:
    """Return the positions that are left of an axis without values of its own, by those of what lies along it."""
    size = scenario.resolved.sizes[dim]
    members = {
        name: item.values
        for name, item in scenario.resolved.coordinates.items()
        if item.dims == (dim,) and name in dataset.variables and set(dataset[name].dims) <= {dim}
    }
    if not members or all(dataset[name].shape == (size,) for name in members):
        return {}
    left = [np.atleast_1d(dataset[name].values) for name in members]
    rows = list(zip(*(values.tolist() for values in members.values()), strict=True))
    kept = list(zip(*(values.tolist() for values in left), strict=True))
    if any(rows.count(row) != 1 for row in kept):
        raise ScenarioError(f"{dim!r} has lost some of its points, and it is not certain which; ask the whole result")
    places = [rows.index(row) for row in kept]
    return {dim: places if dim in dataset.sizes else places[0]}


def _check_names(scenario: Scenario, names: Mapping[str, Any]) -> None:
    known = [*scenario.resolved.sizes, *scenario.model.names]
    for name in names:
        if name not in known:
            axes = f"; the axes are {listed(scenario.resolved.sizes)}" if scenario.resolved.sizes else ""
            raise ScenarioError(
                f"the model {scenario.model.name!r} has no input {name!r}{nearest(name, known) or axes}"
            )


def _with_unit(dataset: xr.Dataset, name: str, value: Any) -> Any:
    """Return a value, a number in the unit of the axis as a text with that unit."""
    value = in_words(value)
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if name not in dataset.variables or "units" not in dataset.variables[name].attrs:
        return value
    unit = readable(unit_of(dataset.variables[name]))
    if unit == "1":
        return value
    if isinstance(value, list | tuple):
        return [_text(item, unit) for item in value]
    return _text(value, unit)


def _text(value: Any, unit: str) -> Any:
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return f"{value!r} {unit}" if plain else value


def _picked(found: xr.Dataset, picked: Mapping[str, Any]) -> xr.Dataset:
    """Select along axes that are no inputs, by label where they have some and by position where not."""
    for dim, value in picked.items():
        several = isinstance(value, list | tuple | np.ndarray)
        each = [_position(found, dim, item) for item in (value if several else [value])]
        found = found.isel({dim: each if several else each[0]})
    return found


def _position(found: xr.Dataset, dim: str, value: Any) -> int:
    if dim in found.coords:
        return position_on(found[dim].rename(dim), dim, value)
    if isinstance(value, int | np.integer) and 0 <= value < found.sizes[dim]:
        return int(value)
    raise ScenarioError(f"{dim!r} has no values of its own: give a position from 0 to {found.sizes[dim] - 1}")

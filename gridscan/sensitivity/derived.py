"""New quantities of a Dataset from old, by formulas whose units are proven."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from gridscan.errors import ExpressionError, UnitError
from gridscan.expressions.reading import Formula, read_formula
from gridscan.sensitivity.answers import masked
from gridscan.sensitivity.labelled import numbers_of, unit_known
from gridscan.sensitivity.recorded_units import EXPRESSION, UNITS, UNTOUCHED, as_stated, is_as_stated, record_of_units
from gridscan.units import Unit, parse_unit, readable, unit_attributes

if TYPE_CHECKING:
    from collections.abc import Mapping

_SETTINGS = "gridscan_settings"


def derive(dataset: xr.Dataset, formulas: Mapping[str, Any]) -> xr.Dataset:
    """Return a Dataset with new quantities, each computed from others by a formula.

    Parameters
    ----------
    dataset
        A result of gridscan, or another Dataset, lazy or not.
    formulas
        By name of the new quantity: a formula as text, such as ``"events_per_year / fiducial_mass"``, or a mapping with
        ``expression``, and perhaps ``unit`` and ``long_name``. A formula has names of variables and coordinates of the
        Dataset and of inputs of its scenario with one value, numbers, ``'3 Myr'``, ``+ - * / **``, parentheses, and
        ``abs cos exp log log10 maximum minimum sin sqrt tan``. One may use those before it.

    Returns
    -------
    xarray.Dataset
        With the new quantities, with their units and, in the attribute ``expression``, their formulas; as lazy as what
        they are made of. NaN where a formula is not finite.

    Raises
    ------
    ExpressionError
        If a formula cannot be read, names what is not there, or its units do not fit; the message says where. Nothing
        in a formula is ever executed.

    Warns
    -----
    GridscanWarning
        If cells are NaN, with their number.

    Examples
    --------
    >>> import xarray as xr
    >>> from gridscan.sensitivity.derived import derive
    >>> events = ("detector", [4.0, 90.0], {"units": "year-1"})
    >>> ds = xr.Dataset({"events": events, "mass": ("detector", [2.0, 30.0], {"units": "kilotonne"})})
    >>> rate = derive(ds, {"rate": "events / mass", "ten_years": "rate * '10 yr' * mass"})
    >>> rate["rate"].values, rate["rate"].attrs["units"], rate["ten_years"].values
    (array([2., 3.]), 'Gg^-1 yr^-1', array([ 40., 900.]))
    """
    for position, (name, given) in enumerate(formulas.items()):
        later = list(formulas)[position + 1 :]
        try:
            dataset = _with(dataset, name, read_formula(name, given, map(str, dataset.variables)), later)
        except ExpressionError as error:
            raise ExpressionError(f"{name}: {error}", position=error.position) from None
    return dataset


def _with(dataset: xr.Dataset, name: str, formula: Formula, later: list[str]) -> xr.Dataset:
    values, units, notes = _found(dataset, formula, later)
    unit = formula.unit(units)
    numbers = {key: values[key] for key in formula.names}
    with np.errstate(all="ignore"):
        result = xr.Variable((), 0.0) + formula.value(numbers, units)
    result = masked(result, f"the formula of {name!r} is not finite there")
    order = [dim for dim in dataset.sizes if dim in result.dims]
    attributes = {**unit_attributes(unit), "long_name": formula.long_name, EXPRESSION: " ".join(formula.text.split())}
    attributes |= {"comment": "; ".join(notes)} if notes else {}
    variable = xr.Variable(order, result.transpose(*order).data, attributes, dict(UNTOUCHED))
    dataset = dataset.assign({name: variable})
    if UNITS not in dataset.attrs:
        return dataset
    known = json.loads(dataset.attrs[UNITS]) | json.loads(record_of_units(dataset, [name]))
    return dataset.assign_attrs({UNITS: json.dumps(known)})


def _found(
    dataset: xr.Dataset, formula: Formula, later: list[str]
) -> tuple[dict[str, Any], dict[str, Unit], list[str]]:
    """Return the values and the units of all names that a formula may use, and what has to be said of those it uses."""
    values: dict[str, Any] = {}
    units: dict[str, Unit] = {}
    notes, stated = [], []
    settings = single_settings(dataset)
    for name, at in formula.names.items():
        if name in dataset.variables:
            if dataset.variables[name].dtype.kind not in "iuf":
                raise ExpressionError(
                    f"{name!r} holds {dataset.variables[name].dtype}, not real numbers", text=formula.text, position=at
                )
            variable = numbers_of(dataset, name)
            try:
                units[name] = unit_known(variable)
            except UnitError as error:
                raise ExpressionError(f"{error}", position=at) from None
            values[name] = variable.variable
            if is_as_stated(dataset, name):
                stated.append(name)
        elif name in settings:
            values[name], units[name] = settings[name]
            notes.append(f"with {name} = {values[name]:g} {readable(units[name])}".removesuffix(" 1"))
        elif name in later:
            raise ExpressionError(
                f"{name!r} is defined further on; put it before this formula", text=formula.text, position=at
            )
    notes += [as_stated(stated)] if stated else []
    numeric = [name for name, item in dataset.variables.items() if item.dtype.kind in "iuf"]
    others = {str(name): parse_unit("1") for name in [*numeric, *settings] if str(name) not in units}
    return values, {**others, **units}, notes


def single_settings(dataset: xr.Dataset) -> dict[str, tuple[np.float64, Unit]]:
    """Return the numbers among the inputs of a result that have one value.

    Parameters
    ----------
    dataset
        A result, or another Dataset.

    Returns
    -------
    dict
        Value and unit by name; empty where nothing is recorded.
    """
    try:
        recorded = json.loads(dataset.attrs.get(_SETTINGS, "{}"))
    except (TypeError, ValueError):
        return {}
    found = {}
    for name, item in recorded.items() if isinstance(recorded, dict) else ():
        if isinstance(item, dict) and isinstance(item.get("value"), int | float) and isinstance(item.get("unit"), str):
            found[str(name)] = (np.float64(item["value"]), parse_unit(item["unit"]))
    return found

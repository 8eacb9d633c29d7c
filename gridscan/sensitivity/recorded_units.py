"""Which units of a Dataset are certain: those of variables that are as a run, or quantities, left them.

xarray keeps attributes through arithmetic, so a product says the unit of one factor. What a Dataset records, by name,
tells such a variable from those of the run; and a variable that was computed has lost the encoding that those have.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gridscan.errors import UnitError
from gridscan.units import readable, unit_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    import xarray as xr

#: Global attribute: the unit of each variable, by name.
UNITS = "gridscan_units"
#: Global attribute of results of versions that recorded no units.
_MODEL = "gridscan_model"
#: What marks a variable in memory that was not computed from others: netCDF needs no fill value for it.
UNTOUCHED = {"_FillValue": None}
#: Attribute of a derived quantity: its formula.
EXPRESSION = "expression"
_WAY = "compute with ds.gridscan.quantify(), and .gridscan.dequantify() the answer"


def record_of_units(dataset: xr.Dataset, names: Iterable[Any] | None = None) -> str:
    """Return the units of variables, for the global attribute.

    Parameters
    ----------
    dataset
        With units as attributes.
    names
        The variables; by default all that have a unit.

    Returns
    -------
    str
        JSON, readable units by name.
    """
    chosen = dataset.variables if names is None else list(names)
    units = {str(name): dataset.variables[name] for name in chosen}
    return json.dumps({name: readable(unit_of(item)) for name, item in units.items() if "units" in item.attrs})


def doubt_about(dataset: xr.Dataset, name: Any) -> str | None:
    """Return why the unit of a variable is not certain.

    Parameters
    ----------
    dataset
        A Dataset, of gridscan or not.
    name
        One of its variables, or a dimension without values.

    Returns
    -------
    str or None
        The reason and the way out; None if the attributes of the variable hold, as they do in every Dataset that is
        not a result.
    """
    if name not in dataset.variables or not {UNITS, _MODEL} & dataset.attrs.keys():
        return None
    variable = dataset.variables[name]
    if variable.dtype.kind not in "iufc" or (UNITS not in dataset.attrs and variable.encoding):
        return None
    said = variable.attrs.get("units")
    recorded = _recorded(dataset)
    attribute = f"its attribute 'units' says {said!r}" if said is not None else "it has no attribute 'units'"
    if name not in recorded and said is None and variable.encoding:
        return None
    if UNITS in dataset.attrs and name not in recorded:
        return f"{attribute}, but the run did not compute it: {_WAY}"
    if UNITS in dataset.attrs and _read(variable) != recorded[name]:
        return f"{attribute}, but that of the run was in {recorded[name]!r}: {_WAY}"
    if not variable.encoding:
        return f"{attribute}, but it was computed since, and xarray keeps attributes: {_WAY}"
    return None


def is_as_stated(dataset: xr.Dataset, name: Any) -> bool:
    """Tell whether the unit of a variable is what its attribute states, and no record of a run vouches for it.

    Parameters
    ----------
    dataset
        A Dataset, of gridscan or not.
    name
        One of its variables, or a dimension without values.

    Returns
    -------
    bool
        False for what has no attribute ``units``, and for all of a result.
    """
    if {UNITS, _MODEL} & dataset.attrs.keys() or name not in dataset.variables:
        return False
    return bool(dataset.variables[name].attrs.get("units"))


def as_stated(names: Iterable[str]) -> str:
    """Return the remark of an answer whose unit rests on attributes alone.

    Parameters
    ----------
    names
        The variables.

    Returns
    -------
    str
        For its attributes.

    Examples
    --------
    >>> from gridscan.sensitivity.recorded_units import as_stated
    >>> as_stated(["flux", "distance"])
    "units as stated by the attribute of 'flux' and 'distance'"
    """
    return f"units as stated by the attribute of {' and '.join(map(repr, names))}"


def without_doubtful_units(dataset: xr.Dataset) -> tuple[xr.Dataset, dict[str, str]]:
    """Return a Dataset without the units that are not certain.

    Parameters
    ----------
    dataset
        A Dataset, of gridscan or not.

    Returns
    -------
    dataset : xarray.Dataset
        With the other units, and all values.
    doubts : dict of str to str
        The reason for each variable, by name.
    """
    found = {name: doubt_about(dataset, name) for name in dataset.variables}
    doubts = {str(name): reason for name, reason in found.items() if reason is not None}
    if doubts:
        dataset = dataset.copy()
        for name in doubts:
            for attribute in ("units", "unit_name"):
                dataset.variables[name].attrs.pop(attribute, None)
    return dataset, doubts


def _recorded(dataset: xr.Dataset) -> dict[str, str]:
    try:
        return dict(json.loads(dataset.attrs.get(UNITS, "{}")))
    except (TypeError, ValueError):
        return {}


def _read(variable: xr.Variable) -> str | None:
    try:
        return readable(unit_of(variable)) if "units" in variable.attrs else None
    except UnitError:
        return None

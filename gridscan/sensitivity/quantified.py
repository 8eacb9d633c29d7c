"""Datasets of pint quantities, and back."""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pint

from gridscan.errors import SensitivityWarning, UnitError, warn
from gridscan.sensitivity.recorded_units import UNITS, UNTOUCHED, record_of_units, without_doubtful_units
from gridscan.units import (
    Unit,
    base_factor,
    in_registry,
    own_unit,
    parse_unit,
    readable,
    registry,
    same_dimension,
    unit_attributes,
    unit_of,
)

if TYPE_CHECKING:
    import xarray as xr


def quantify(dataset: xr.Dataset, wanted: Any = None) -> xr.Dataset:
    """Return a Dataset with pint quantities in place of its attributes ``units``.

    Parameters
    ----------
    dataset
        A result of gridscan, or another Dataset.
    wanted
        A pint registry; by default pint's application registry, or gridscan's if a unit has another value there.

    Returns
    -------
    xarray.Dataset
        With quantities as data. Variables without ``units`` stay as they are.

    Raises
    ------
    UnitError
        If a unit cannot be read, or the registry does not know it; the message names the variable.

    Warns
    -----
    GridscanWarning
        If the unit of a variable is not certain: it gets none.
    """
    # Registers `.pint`; slow to import, and needed nowhere else.
    import_module("pint_xarray")

    plain, doubts = without_doubtful_units(dequantify(dataset))
    for doubtful, doubt in doubts.items():
        warn(f"{doubtful!r} gets no unit: {doubt}", SensitivityWarning)
    units = {}
    plain = plain.copy()
    for name, variable in plain.variables.items():
        if "units" in variable.attrs:
            units[name] = _unit(name, variable)
            # The quantity carries its unit; an attribute would be wrong after the first operation.
            for attribute in ("units", "unit_name"):
                variable.attrs.pop(attribute, None)
    chosen, translated = _translated(units, wanted)
    result: xr.Dataset = plain.pint.quantify(translated, unit_registry=chosen)
    return result


def _unit(name: Any, variable: xr.Variable) -> Unit:
    try:
        return unit_of(variable)
    except UnitError as error:
        raise UnitError(f"the unit of {name!r} is not known: {error}") from None


def _translated(units: dict[Any, Unit], wanted: Any) -> tuple[Any, dict[Any, Any]]:
    """Return the registry of the quantities, and the units in it."""
    if wanted is registry:
        return registry, units
    other = pint.get_application_registry().get() if wanted is None else wanted
    # A result in Msun has told that registry what one is.
    found = {name: in_registry(unit_attributes(unit)["units"], unit, other) for name, unit in units.items()}
    unknown = [name for name, unit in found.items() if unit is None]
    if not unknown and other.force_ndarray_like:
        return other, found
    if wanted is None:
        return registry, units
    if unknown:
        unit = readable(units[unknown[0]])
        raise UnitError(f"{unknown[0]!r} is in {unit!r}, which the registry does not know or has with another value")
    raise UnitError("the registry needs force_ndarray_like=True to hold quantities in a Dataset")


def holds_quantities(dataset: xr.Dataset) -> bool:
    """Tell whether any variable holds pint quantities.

    Parameters
    ----------
    dataset
        A Dataset.

    Returns
    -------
    bool
        Nothing is read from a file for that.
    """
    return any(_quantity_in(variable) is not None for variable in dataset.variables.values())


def _quantity_in(variable: xr.Variable) -> Any:
    """Return the quantity that a variable holds; the public attribute `data` would read what is still on disk."""
    return variable._data if isinstance(variable._data, pint.Quantity) else None


def dequantify(dataset: xr.Dataset) -> xr.Dataset:
    """Return a Dataset with plain numbers and attributes ``units`` in place of quantities.

    Parameters
    ----------
    dataset
        With quantities of any pint registry, or without.

    Returns
    -------
    xarray.Dataset
        Its units are certain: questions about it give them.

    Raises
    ------
    UnitError
        If a unit is not one that gridscan knows; the message names the variable.
    """
    held = {name: _quantity_in(variable) for name, variable in dataset.variables.items()}
    held = {name: quantity for name, quantity in held.items() if quantity is not None}
    if not held:
        return dataset
    import_module("pint_xarray")
    plain: xr.Dataset = dataset.pint.dequantify()
    units: dict[Any, Unit] = {}
    for name, quantity in held.items():
        try:
            scale, units[name] = own_unit(quantity.units)
        except UnitError as error:
            raise UnitError(f"{name!r}: {error}") from None
        if scale != 1.0:
            plain = plain.assign({name: plain[name] * scale})
    return _labelled(plain.copy(), units)


def _labelled(plain: xr.Dataset, units: dict[Any, Unit]) -> xr.Dataset:
    known = json.loads(plain.attrs.get(UNITS, "{}"))
    for name, unit in units.items():
        variable = plain.variables[name]
        called = parse_unit(known.get(name, "1"))
        # A kilotonne is a gigagram to pint.
        unit = called if same_dimension(called, unit) and base_factor(called) == base_factor(unit) else unit
        kept = {key: value for key, value in variable.attrs.items() if key not in ("units", "unit_name")}
        variable.attrs = {**unit_attributes(unit), **kept}
        variable.encoding = dict(UNTOUCHED)
    if UNITS not in plain.attrs:
        return plain
    known |= json.loads(record_of_units(plain, units))
    return plain.assign_attrs({UNITS: json.dumps({name: text for name, text in known.items() if name in plain})})

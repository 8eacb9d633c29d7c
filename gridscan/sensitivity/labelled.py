"""Quantities and axes looked up in a Dataset, and values compared with them."""

from __future__ import annotations

import contextlib
import functools
import numbers
import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.errors import SensitivityError, SensitivityWarning, UnitError, listed, nearest, warn
from gridscan.numerics.spacing import SAME_VALUE, closest_pair, tolerances
from gridscan.sensitivity.recorded_units import as_stated, doubt_about, is_as_stated
from gridscan.units import Unit, convert, in_words, parse_quantity, readable, unit_of

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

# Mark of a variable, beside how it is stored, that its unit is not certain, with the reason.
_DOUBT = "gridscan_unit_doubt"
# Mark that its unit is what its attribute states, which no record of a run vouches for.
_STATED = "gridscan_unit_stated"
_UNIT_ATTRIBUTES = ("units", "unit_name")


def quantity_of(dataset: xr.Dataset, name: str) -> xr.DataArray:
    """Return a data variable as float64, lazily where it is lazy.

    Parameters
    ----------
    dataset
        A result of gridscan.
    name
        Name of the variable.

    Returns
    -------
    xarray.DataArray
        The variable, with its coordinates and attributes.

    Raises
    ------
    SensitivityError
        If the dataset has no such variable, or it does not hold real numbers.
    """
    names = [str(known) for known in dataset.data_vars]
    if name not in names:
        raise SensitivityError(f"unknown quantity {name!r}{nearest(name, names)}; the dataset has: {listed(names)}")
    quantity = dataset[name]
    if quantity.dtype.kind not in "iuf":
        raise SensitivityError(f"quantity {name!r} holds {quantity.dtype}, not real numbers")
    return numbers_of(dataset, name)


def numbers_of(dataset: xr.Dataset, name: str) -> xr.DataArray:
    """Return a variable as float64, without units that are not certain.

    Parameters
    ----------
    dataset
        A result of gridscan.
    name
        Name of a variable or coordinate of numbers.

    Returns
    -------
    xarray.DataArray
        The variable, with its coordinates and attributes.
    """
    variable = dataset[name].astype(float).copy(deep=False)
    # It lists the coordinates that belong to the variable.
    variable.encoding = dict(dataset[name].encoding)
    for key, item in {**{key: item.variable for key, item in variable.coords.items()}, name: variable.variable}.items():
        doubt = doubt_about(dataset, key)
        if doubt is not None:
            item.attrs = {known: text for known, text in item.attrs.items() if known not in _UNIT_ATTRIBUTES}
            item.encoding = {**item.encoding, _DOUBT: doubt}
        elif is_as_stated(dataset, key):
            item.encoding = {**item.encoding, _STATED: True}
    return variable


def said_of_units(*variables: xr.DataArray) -> str | None:
    """Say of an answer that its unit rests on attributes alone, where it does.

    Parameters
    ----------
    *variables
        What its unit is made of, as `quantity_of` returns them.

    Returns
    -------
    str or None
        A remark for its attributes; None where the record of a run vouches for all units.
    """
    stated = [str(item.name) for item in variables if _STATED in item.encoding]
    return as_stated(stated) if stated else None


def check_axis(quantity: xr.DataArray, axis: str) -> None:
    """Raise an error if a quantity does not have an axis.

    Parameters
    ----------
    quantity
        A variable.
    axis
        Name of a dimension.

    Raises
    ------
    SensitivityError
        If it is not one of the quantity; the message gives those there are, and the nearest one.
    """
    axes = [str(dimension) for dimension in quantity.dims]
    if axis not in axes:
        owned = f"its axes are: {listed(axes)}" if axes else "it has no axes"
        raise SensitivityError(f"{quantity.name!r} does not depend on an axis {axis!r}{nearest(axis, axes)}; {owned}")


def is_numeric(quantity: xr.DataArray, axis: str) -> bool:
    """Return whether the coordinate of an axis is numeric, rather than labels or missing.

    Parameters
    ----------
    quantity
        A variable.
    axis
        Name of a dimension.

    Returns
    -------
    bool
        True for numbers.
    """
    return axis in quantity.coords and quantity[axis].dtype.kind in "iuf"


def numeric_axis(quantity: xr.DataArray, axis: str) -> NDArray[np.float64]:
    """Return the values of a numeric axis, in the order they are stored in.

    Parameters
    ----------
    quantity
        A variable.
    axis
        Name of a dimension.

    Returns
    -------
    numpy.ndarray
        In the unit of the axis.

    Raises
    ------
    SensitivityError
        If the axis does not exist, holds labels, has no values, or holds a value that is not finite or not unique; two
        that differ by no more than rounding count as one.
    """
    check_axis(quantity, axis)
    if not is_numeric(quantity, axis):
        others = [str(dimension) for dimension in quantity.dims if is_numeric(quantity, str(dimension))]
        found = f"labels ({listed(_labels(quantity, axis), 4)})" if axis in quantity.coords else "no values of its own"
        offer = f"the numeric axes are: {listed(others)}" if others else f"{quantity.name!r} has no numeric axis"
        raise SensitivityError(f"axis {axis!r} holds {found} where numbers are needed; {offer}")
    values = np.asarray(quantity[axis].values, dtype=float)
    if not np.isfinite(values).all():
        raise SensitivityError(f"axis {axis!r} holds {values[~np.isfinite(values)][0]}; every value must be finite")
    unique, counts = np.unique(values, return_counts=True)
    if (counts > 1).any():
        twice = f"{unique[counts > 1][0]:g} {counts[counts > 1][0]} times"
        raise SensitivityError(f"axis {axis!r} holds the value {twice}; every value must be unique")
    close = closest_pair(values) if quantity[axis].dtype.kind == "f" else None
    if close is not None:
        one, other = (float(values[index]) for index in close)
        raise SensitivityError(
            f"axis {axis!r} holds both {one!r} and {other!r}, the same value within {SAME_VALUE:g} of it; leave out"
            " one of them (if results were joined, give them the same axis before)"
        )
    return values


def position_on(quantity: xr.DataArray, axis: str, wanted: Any) -> int:
    """Return the index of a label, or of a value, on an axis.

    Parameters
    ----------
    quantity
        A variable.
    axis
        Name of a dimension.
    wanted
        A label, a number in the unit of the axis, text such as ``"2 kpc"``, or a quantity.

    Returns
    -------
    int
        Its index.

    Raises
    ------
    SensitivityError
        If the axis does not hold it; the nearest one is offered.
    UnitError
        If text is given for a numeric axis whose unit it does not fit.
    """
    wanted = one_value(axis, wanted)
    if is_numeric(quantity, axis):
        with contextlib.suppress(ValueError):
            # The value is only looked up, so its number is enough.
            wanted = float(wanted)
        values, value = numeric_axis(quantity, axis), in_unit_of(quantity[axis], wanted)
        nearby = np.argsort(np.abs(values - value), kind="stable")[:1]
        own = quantity[axis].dtype
        # An axis of fewer digits holds a value to these.
        rounding = float(np.finfo(own).eps) if own.kind == "f" and own.itemsize < 8 else 0.0
        same = np.maximum(tolerances(values), rounding * np.abs(values))
        found = nearby[np.abs(values[nearby] - value) <= same[nearby]]
        closest = "".join(f"; the nearest is {_told_apart(float(values[index]), value)}" for index in nearby)
        shown = [f"{known:g}" for known in values]
    else:
        check_axis(quantity, axis)
        shown = _labels(quantity, axis)
        found = np.flatnonzero(np.array(shown) == str(wanted))
        closest = nearest(str(wanted), shown)
        if found.size > 1:
            raise SensitivityError(f"axis {axis!r} holds {wanted!r} {found.size} times; every label must be unique")
    if not found.size:
        raise SensitivityError(f"axis {axis!r} does not hold {wanted!r}{closest}; it holds: {listed(shown)}")
    return int(found[0])


def one_value(name: str, value: Any) -> Any:
    """Return a value that is given for an argument, with text in place of a quantity.

    Parameters
    ----------
    name
        Name of the argument or the axis, for messages.
    value
        A number, text or a quantity of pint, astropy or another library.

    Returns
    -------
    str or float
        Such as ``"2.0 kpc"``.

    Raises
    ------
    UnitError
        If its unit or its class is not understood.
    SensitivityError
        If it is not a single value.
    """
    try:
        found = in_words(value)
    except UnitError as error:
        raise UnitError(f"{name}: {error}") from None
    if isinstance(found, str) or (np.ndim(found) == 0 and isinstance(found, numbers.Real | np.ndarray | np.generic)):
        return found if isinstance(found, str) else np.asarray(found).item()
    raise SensitivityError(f"{name} takes one value, a number or text such as '2 kpc'; found {value!r}")


def unit_known(variable: xr.DataArray) -> Unit:
    """Return the unit of a variable.

    Parameters
    ----------
    variable
        With an attribute ``units``, or dimensionless.

    Returns
    -------
    Unit
        On gridscan's registry.

    Raises
    ------
    UnitError
        If it cannot be read or is not certain; the message names the variable.
    """
    if _DOUBT in variable.encoding:
        raise UnitError(f"the unit of {variable.name!r} is not known: {variable.encoding[_DOUBT]}")
    try:
        return unit_of(variable)
    except UnitError as error:
        raise UnitError(f"the unit of {variable.name!r} is not known: {error}") from None


def certain_unit(*variables: xr.DataArray) -> Unit | None:
    """Return the unit of the first variable over those of the others, if all are certain.

    Parameters
    ----------
    *variables
        The variables, as `quantity_of` returns them.

    Returns
    -------
    Unit or None
        None, with a warning, where a variable was computed from others, so that its attributes may be wrong.

    Raises
    ------
    UnitError
        If a unit cannot be read; the message names the variable.

    Warns
    -----
    GridscanWarning
        If a unit is not certain.
    """
    doubts = {str(item.name): item.encoding[_DOUBT] for item in variables if _DOUBT in item.encoding}
    for name, doubt in doubts.items():
        message = f"the answer has no unit, since that of {name!r} is not known: {doubt}"
        warn(message, SensitivityWarning)
    if doubts:
        return None
    first, *others = (unit_known(item) for item in variables)
    return functools.reduce(operator.truediv, others, first)


def in_unit_of(variable: xr.DataArray, value: Any) -> float:
    """Return a value, given as a number or as text with a unit, as a number in the unit of a variable.

    Parameters
    ----------
    variable
        With an attribute ``units``.
    value
        A number in that unit, text such as ``"2 kpc"``, or a quantity.

    Returns
    -------
    float
        In the unit of the variable.

    Raises
    ------
    UnitError
        If the text is not a quantity, or its unit does not fit.
    """
    value = one_value("value", value)
    if not isinstance(value, str):
        return float(value)
    given: Any = parse_quantity(value)
    unit = unit_known(variable)
    try:
        return float(convert(given.magnitude, given.units, unit))
    except UnitError:
        found, expected = readable(given.units), readable(unit)
        if found == "1":
            raise UnitError(f"{value!r} has no unit; write for example '{value.strip()} {expected}'") from None
        raise UnitError(f"{value!r} is in {found!r}; {variable.name!r} needs a value in {expected!r}") from None


def sentence(variable: xr.DataArray) -> str:
    """Return the description of a variable.

    Parameters
    ----------
    variable
        With an attribute ``long_name`` or not.

    Returns
    -------
    str
        Its long name, or else its name.
    """
    return str(variable.attrs.get("long_name", variable.name))


def _told_apart(value: float, other: float) -> str:
    """Return a number with no more digits than show that it is not the other one."""
    return next((text for digits in (6, 9, 12) if float(text := f"{value:.{digits}g}") != other), repr(value))


def _labels(quantity: xr.DataArray, axis: str) -> list[str]:
    return [str(label) for label in quantity[axis].values]

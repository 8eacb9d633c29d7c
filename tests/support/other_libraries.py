"""Values with units as users of other libraries have them, all of the same length, angle or rate."""

from __future__ import annotations

from typing import Any

import dask.array
import numpy as np
import pint
import xarray as xr
from astropy import units
from astropy.coordinates import Angle
from astropy.table import Column
from astropy.utils.masked import Masked

#: A registry of somebody else, in which a length of their own is defined.
FOREIGN = pint.UnitRegistry()
FOREIGN.define("bowshot = 250 meter")


class UnitOfAnArray:
    """A unit as unyt has it: its text, and its value in SI."""

    def __init__(self, text: str, base_value: float) -> None:
        self.text, self.base_value = text, base_value

    def __str__(self) -> str:
        return self.text


class ArrayWithUnits(np.ndarray):
    """An array as unyt has it: a subclass of numpy's, with its unit in an attribute."""

    units: UnitOfAnArray

    @property
    def value(self) -> np.ndarray:
        return self.view(np.ndarray)


def array_with_units(values: Any, unit: str, base_value: float) -> ArrayWithUnits:
    """Return such an array."""
    array = np.asarray(values, dtype=float).view(ArrayWithUnits)
    array.units = UnitOfAnArray(unit, base_value)
    return array


def kinds_of(values: Any, unit: str, astropy_unit: str, base_value: float) -> dict[str, Any]:
    """Return numbers in a unit as values of each kind.

    Parameters
    ----------
    values
        A number, or a list.
    unit
        The unit, as pint has it.
    astropy_unit
        The same, as astropy has it.
    base_value
        Its value in SI.
    """
    array, in_astropy = np.asarray(values, dtype=float), units.Unit(astropy_unit)
    kinds = {
        "pint": pint.Quantity(array, unit),
        "pint of another registry": FOREIGN.Quantity(array, unit),
        "pint around dask": FOREIGN.Quantity(dask.array.asarray(array), unit),
        "astropy": array * in_astropy,
        "astropy with a mask that hides nothing": Masked(array * in_astropy, mask=np.zeros(array.shape, dtype=bool)),
        "like unyt": array_with_units(array, unit.replace("**", "^"), base_value),
        "xarray of quantities": xr.DataArray(FOREIGN.Quantity(array, unit), dims=["x"] * array.ndim),
    }
    if array.ndim:
        kinds["column of a table"] = Column(array, unit=in_astropy)
        kinds["list of quantities"] = [FOREIGN.Quantity(value, unit) for value in array]
        kinds["list of scalars of astropy"] = [value * in_astropy for value in array]
    if in_astropy.is_equivalent(units.rad):
        kinds["angle"] = Angle(array, in_astropy)
    return kinds


def refused(unit: str) -> dict[str, tuple[Any, str]]:
    """Return values that no entry point takes, with what the message says of each."""
    return {
        "bare DataArray": (xr.DataArray([1.0], dims="x", attrs={"units": unit}), "its unit is an attribute"),
        "masked": (np.ma.array([1.0, 2.0], mask=[False, True]), "1 of 2 values are masked, the first at 1"),
        "masked quantity": (Masked([1.0, 2.0] * units.kpc, mask=[True, False]), "1 of 2 values are masked"),
        "masked in pint": (FOREIGN.Quantity(np.ma.array([1.0, 2.0], mask=[0, 1]), "kpc"), "1 of 2 values are masked"),
        "logarithmic": (units.Magnitude(3.0), "'mag' is a logarithmic unit"),
        "plain magnitude": (3.0 * units.mag, "'mag' of astropy is logarithmic"),
        "decibel": (FOREIGN.Quantity(3.0, "dB"), "'decibel' has an offset zero or is logarithmic"),
        "offset": (FOREIGN.Quantity(3.0, "degC"), "'degree_Celsius' has an offset zero or is logarithmic"),
        "unknown kind": (3.0 * units.photon, "'ph' of astropy is not a unit that gridscan knows"),
        "unknown array": (np.array([1.0]).view(type("Strange", (np.ndarray,), {})), "Strange, which may carry a unit"),
        "date": (np.datetime64("2000-01-01"), "found a date; give a duration"),
    }

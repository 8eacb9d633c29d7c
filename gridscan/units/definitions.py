"""The one pint registry: units of astronomy, their definitions and their values in SI base units."""

from __future__ import annotations

import functools
from typing import Any, TypeAlias

import numpy as np
import pint
import pint.facets.plain

registry: pint.UnitRegistry[Any] = pint.UnitRegistry(force_ndarray_like=True)
registry.define("solar_mass = 1.988409870698051e30 kilogram = Msun = M_sun")
registry.define("solar_luminosity = 3.828e26 watt = Lsun = L_sun")
registry.define("solar_radius = 6.957e8 meter = Rsun = R_sun")
registry.define("metric_kiloton = 1000000 * kilogram = kt")
registry.define("event = count")
registry.define("star = count")
registry.define("year = 365.25 * day = yr = a = julian_year")
registry.define("parsec = 3.0856775814913673e16 meter = pc")
registry.define("@alias day = d")
registry.define("@alias astronomical_unit = AU")
registry.define("@alias degree = °")
# CF's units of latitude and longitude.
registry.define("@alias degree = degrees_north = degree_north = degrees_east = degree_east")
registry.define("percent = 0.01 = %")
pint.set_application_registry(registry)

Unit: TypeAlias = pint.facets.plain.PlainUnit
Quantity = registry.Quantity


@functools.lru_cache(maxsize=4096)
def same_dimension(unit: Unit, other: Unit) -> bool:
    """Tell whether two units measure the same kind of thing.

    Parameters
    ----------
    unit, other
        The units.

    Returns
    -------
    bool
        True if one can be converted to the other.
    """
    return bool(unit.dimensionality == other.dimensionality)


def unit_of_powers(powers: tuple[tuple[str, float], ...]) -> Unit:
    """Return the product of powers of units, the form in which units are sent to other processes.

    Parameters
    ----------
    powers
        Names and powers.

    Returns
    -------
    Unit
        On gridscan's registry.
    """
    return registry.Unit(registry.UnitsContainer(dict(powers)))


@functools.lru_cache(maxsize=4096)
def base_factor(unit: Unit) -> float:
    """Return the value of one unit in coherent SI base units.

    Parameters
    ----------
    unit
        The unit.

    Returns
    -------
    float
        Its value.

    Examples
    --------
    >>> from gridscan.units import base_factor, parse_unit
    >>> base_factor(parse_unit("kt"))  # a kilotonne is 10^6 kg
    1000000.0
    """
    return float(np.asarray(Quantity(1.0, unit).to_base_units().magnitude))


def base_unit(unit: Unit) -> Unit:
    """Return the coherent SI base unit of the same dimension.

    Parameters
    ----------
    unit
        The unit.

    Returns
    -------
    Unit
        Such as ``kg m/s``.
    """
    return Quantity(1.0, unit).to_base_units().units

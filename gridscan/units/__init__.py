"""Units: gridscan's pint registry, reading, converting and spelling units, and values of other libraries.

A year is the Julian year of 365.25 d, a parsec that of IAU 2015 B2, and ``kt`` a kilotonne (not a knot). ``event``
counts and has no dimension. pint's application registry stays as it is, but for the solar units that it lacks.
The attribute ``units`` is spelled so that pint, pint-xarray, cf-xarray and astropy read it in memory, and UDUNITS in
files (``kiloparsec``, not ``kpc``; ``Gg`` for a kilotonne); a unit unknown to UDUNITS (``Msun``) is written to files as
its value in SI. Where that reads back as another name, the attribute ``unit_name`` has the readable one.
"""

from gridscan.units.application import in_registry
from gridscan.units.conversion import convert, magnitudes
from gridscan.units.definitions import Quantity, Unit, base_factor, base_unit, registry, same_dimension, unit_of_powers
from gridscan.units.foreign_values import in_words, own_unit, part_in_words, plain_numbers, take_apart
from gridscan.units.reading import parse_quantity, parse_unit
from gridscan.units.spelling import (
    attributes_in_memory,
    attributes_on_disk,
    label_of,
    readable,
    spelled,
    spelled_on_disk,
    unit_attributes,
    unit_of,
)

__all__ = [
    "Quantity",
    "Unit",
    "attributes_in_memory",
    "attributes_on_disk",
    "base_factor",
    "base_unit",
    "convert",
    "in_registry",
    "in_words",
    "label_of",
    "magnitudes",
    "own_unit",
    "parse_quantity",
    "parse_unit",
    "part_in_words",
    "plain_numbers",
    "readable",
    "registry",
    "same_dimension",
    "spelled",
    "spelled_on_disk",
    "take_apart",
    "unit_attributes",
    "unit_of",
    "unit_of_powers",
]

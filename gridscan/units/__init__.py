"""Units: the one pint registry, reading units from text, converting them, and spelling them for people and files.

A year is the Julian year of 365.25 d, a parsec that of IAU 2015 B2, and ``kt`` a kilotonne (not a knot). ``event``
counts and has no dimension.
Units on disk follow the CF conventions and are spelled so that UDUNITS reads them (``kiloparsec``, not ``kpc``); a
unit unknown to UDUNITS (``Msun``) is written as its value in SI, with its readable name in the attribute
``unit_name``.
"""

from gridscan.units.conversion import convert, magnitudes
from gridscan.units.definitions import Quantity, Unit, base_factor, base_unit, registry, same_dimension, unit_of_powers
from gridscan.units.reading import parse_quantity, parse_unit
from gridscan.units.spelling import label_of, readable, to_cf, unit_attributes, unit_of

__all__ = [
    "Quantity",
    "Unit",
    "base_factor",
    "base_unit",
    "convert",
    "label_of",
    "magnitudes",
    "parse_quantity",
    "parse_unit",
    "readable",
    "registry",
    "same_dimension",
    "to_cf",
    "unit_attributes",
    "unit_of",
    "unit_of_powers",
]

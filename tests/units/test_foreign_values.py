"""Values of pint, astropy, unyt and others taken apart into numbers and a unit, and those that are refused."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pint
import pytest
from astropy import units
from astropy.coordinates import SkyCoord
from astropy.table import Column, MaskedColumn
from astropy.time import Time, TimeDelta
from other_libraries import FOREIGN, array_with_units, kinds_of, refused

from gridscan.errors import UnitError
from gridscan.units import in_words, own_unit, parse_unit, registry, take_apart

KILOPARSEC = 3.0856775814913673e19


@pytest.mark.parametrize("kind", sorted(set(kinds_of([1.0, 2.0], "kpc", "kpc", KILOPARSEC)) - {"list of quantities"}))
def test_numbers_and_unit_are_those_of_the_other_library(kind):
    if kind.startswith("list"):
        numbers, found = zip(*map(take_apart, kinds_of([1.0, 2.0], "kpc", "kpc", KILOPARSEC)[kind]), strict=True)
        assert set(found) == {parse_unit("kpc")}
        assert numbers == (1.0, 2.0)
        return
    numbers, unit = take_apart(kinds_of([1.0, 2.0], "kpc", "kpc", KILOPARSEC)[kind])
    assert type(numbers) is np.ndarray
    assert numbers.tolist() == [1.0, 2.0]
    assert unit == parse_unit("kpc")
    assert unit._REGISTRY is registry


@pytest.mark.parametrize(
    ("value", "number", "unit"),
    [
        (2 * units.Unit("10 km"), 20.0, "km"),
        (3 * units.Unit("1/(m2 s)"), 3.0, "1/m^2/s"),
        (2 * units.solMass / units.yr, 2.0, "Msun/yr"),
        (6 * units.hourangle, np.pi / 2, "rad"),
        (3 * units.percent, 3.0, "%"),
        (3 * units.dimensionless_unscaled, 3.0, "1"),
        (SkyCoord(10, 20, unit="deg").ra, 10.0, "deg"),
        (TimeDelta(3, format="jd"), 259200.0, "s"),
        (FOREIGN.Quantity(2, "bowshot"), 500.0, "m"),
        (FOREIGN.Quantity(1, "kt"), 1.0, "knot"),
        (FOREIGN.Quantity(np.float32(1), "kilotonne"), 1e6, "kg"),
        (np.timedelta64(5, "D"), 5.0, "d"),
        (np.timedelta64(3, "W"), 3.0, "week"),
        (datetime.timedelta(hours=2), 7200.0, "s"),
        (pd.Timedelta("1 day"), 86400.0, "s"),
        # unyt has another electronvolt, in the ninth digit; what differs by more is another unit of that name.
        (array_with_units(1.0, "MeV", 1.60217656e-13), 1.0, "MeV"),
        (array_with_units(1.0, "Msun", 2e30), 2e30, "kg"),
    ],
)
def test_a_value_keeps_its_size(value, number, unit):
    numbers, found = take_apart(value)
    assert isinstance(numbers, float)
    assert registry.Quantity(numbers, found).to(parse_unit(unit)).magnitude == pytest.approx(number, rel=1e-14)


def test_a_unit_that_another_registry_defines_otherwise_keeps_its_value_there():
    other = pint.UnitRegistry()
    other.define("solar_mass = 2e30 kilogram = Msun")
    other.define("year = 365.2425 * day = yr")
    for text, value in (("Msun", 2e30), ("yr", 365.2425 * 86400), ("Msun/yr", 2e30 / (365.2425 * 86400))):
        scale, unit = own_unit(other.Unit(text))
        assert registry.Quantity(scale, unit).to_base_units().magnitude == pytest.approx(value, rel=1e-14)


@pytest.mark.parametrize("value", [1, 2.5, "2 kpc", None, True, [1, 2], (1, 2), range(3), np.float64(2), np.arange(3)])
def test_a_value_without_a_unit_is_left_as_it_is(value):
    numbers, unit = take_apart(value)
    assert numbers is value
    assert unit is None


def test_arrays_of_other_libraries_without_a_unit_are_bare_numbers():
    for value in (Column([1.0, 2.0]), np.ma.array([1.0, 2.0]), pd.Series([1.0, 2.0]), MaskedColumn([1.0, 2.0])):
        numbers, unit = take_apart(value)
        assert type(numbers) is np.ndarray
        assert numbers.tolist() == [1.0, 2.0]
        assert unit is None
    numbers, unit = take_apart(pd.Series([pd.Timedelta("1 day")]))
    assert registry.Quantity(numbers, unit).to("s").magnitude == pytest.approx([86400.0])


@pytest.mark.parametrize("kind", sorted(refused("kpc")))
def test_what_is_masked_logarithmic_or_not_understood_is_refused_by_name(kind):
    value, message = refused("kpc")[kind]
    with pytest.raises(UnitError) as caught:
        take_apart(value)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (Time("2000-01-01"), "found an astropy Time, which is not a number with a unit"),
        (
            SkyCoord(10, 20, unit="deg"),
            "found an astropy SkyCoord, which is not a number with a unit; give its components",
        ),
        (units.kpc, "found an astropy PrefixUnit, which is not a number"),
        (FOREIGN.Quantity(1j, "m"), "of complex128, expected real numbers"),
        (np.timedelta64(2, "M"), "a difference of times in months or years of the calendar"),
        (np.timedelta64("NaT", "s"), "found NaT"),
        (array_with_units([1.0], "blorp", 1.0), "whose unit is not understood: unknown unit 'blorp'"),
        (np.ma.masked, "values are masked"),
    ],
)
def test_what_is_no_number_with_a_unit_is_refused_by_name(value, message):
    with pytest.raises(UnitError) as caught:
        take_apart(value)
    assert message in str(caught.value)


def test_a_value_in_words_is_exactly_the_value():
    assert in_words(0.1 * units.kpc) == "0.1 kpc"
    assert in_words(FOREIGN.Quantity([0.1, 2.0], "1/s")) == {"values": [0.1, 2.0], "unit": "1/s"}
    assert in_words(3 * units.dimensionless_unscaled) == "3.0"
    assert in_words("kroupa") == "kroupa"

"""Converting numbers and quantities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridscan.errors import UnitError
from gridscan.units import (
    Quantity,
    convert,
    magnitudes,
    parse_unit,
    same_dimension,
)


@pytest.mark.parametrize(
    ("value", "unit", "to", "exact"),
    [
        (700.0, "pc", "kpc", 0.7),
        (0.7, "kpc", "pc", 700.0),
        (0.3, "MeV", "keV", 300.0),
        (3.0, "kt", "Mt", 0.003),
        (7.0, "cm^2", "m^2", 0.0007),
        (20.0, "Myr", "Gyr", 0.02),
        (49.0, "1/kpc^2", "1/pc^2", 49e-6),
        (5.0, "%", "1", 0.05),
        (1.0, "Mpc", "pc", 1e6),
    ],
)
def test_conversion_by_a_power_of_ten_is_exact(value, unit, to, exact):
    assert convert(value, parse_unit(unit), parse_unit(to)) == exact


@given(st.integers(1, 999_999), st.sampled_from([("pc", "kpc"), ("keV", "MeV"), ("kyr", "Myr"), ("g", "kg")]))
def test_a_label_in_thousandths_is_the_nearest_decimal_number(thousandths, units):
    assert convert(float(thousandths), *map(parse_unit, units)) == float(f"{thousandths}e-3")


def test_conversion_multiplies_where_units_differ_by_no_power_of_ten():
    values = convert(np.array([1.0, 2.0]), parse_unit("pc"), parse_unit("ly"))
    np.testing.assert_allclose(values, [3.261563777, 6.523127555], rtol=1e-9)


def test_conversion_to_the_same_unit_changes_nothing():
    values = np.array([0.1])
    assert convert(values, parse_unit("kpc"), parse_unit("kpc")) is values


@pytest.mark.parametrize(
    ("unit", "to", "message"),
    [
        ("kpc", "Myr", "found 'kpc', expected a unit like 'Myr'"),
        ("1", "MeV", "found '1', expected a unit like 'MeV'"),
        ("kpc", "1", "found 'kpc', expected a number without a unit"),
        ("erg", "erg/s", "found 'erg', expected a unit like 'erg/s'"),
    ],
)
def test_conversion_between_dimensions_is_refused(unit, to, message):
    assert not same_dimension(parse_unit(unit), parse_unit(to))
    with pytest.raises(UnitError) as caught:
        convert(1.0, parse_unit(unit), parse_unit(to))
    assert str(caught.value) == message


def test_magnitudes_of_a_list_and_of_an_array_agree():
    listed = magnitudes([Quantity(1.0, "kpc"), Quantity(700.0, "pc")], parse_unit("kpc"))
    array = magnitudes(Quantity(np.array([1000.0, 700.0]), "pc"), parse_unit("kpc"))
    assert listed.tolist() == array.tolist() == [1.0, 0.7]

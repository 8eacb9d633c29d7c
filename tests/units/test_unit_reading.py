"""Units and values read from text, and text that is refused."""

from __future__ import annotations

import builtins
import contextlib
import math
import re

import pint
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridscan.errors import UnitError
from gridscan.units import (
    parse_quantity,
    parse_unit,
)


@pytest.mark.parametrize(
    "spelling",
    [
        *("1/cm^2/s", "1 / cm^2 / s", "cm-2 s-1", "cm^-2 s^-1", "cm**-2*s**-1", "1/(cm^2 s)", "1/(cm^2*s)", "cm⁻² s⁻¹"),
        *("cm-2.s-1", "cm-2·s-1", "1/cm²/s", "s^-1 / cm^2", "(1/cm)^2/s", " cm-2\ts-1\n", "1/centimeter^2/second"),
    ],
)
def test_one_unit_may_be_spelled_in_many_ways(spelling):
    assert parse_unit(spelling) == parse_unit("1/cm^2/s")


def test_blanks_multiply_from_left_to_right_as_in_udunits():
    assert parse_unit("J/mol K") == parse_unit("J*K/mol")


@pytest.mark.parametrize(("text", "power"), [("m^0.5", 0.5), ("m^(1/2)", 0.5), ("m**(-3/2)", -1.5), ("m^(2)", 2.0)])
def test_a_power_may_be_a_fraction(text, power):
    assert parse_unit(text)._units == {"meter": power}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kpcc", "unknown unit 'kpcc' in 'kpcc'; did you mean 'kpc'?"),
        ("1/cm^2/sec^2/Mevv", "unknown unit 'Mevv' in '1/cm^2/sec^2/Mevv'; did you mean 'MeV'?"),
        ("wibblefrotz", "unknown unit 'wibblefrotz' in 'wibblefrotz'"),
        ("__class__", "unknown unit '__class__' in '__class__'"),
        ("per", "unknown unit 'per' in 'per'; did you mean 'erg'?"),
        ("2 m", "'2 m' is not a unit: did not expect '2 m'; a unit contains no number"),
        ("10^5 m", "'10^5 m' is not a unit: did not expect '10^5 m'; a unit contains no number"),
        ("1e51 erg", "'1e51 erg' is not a unit: did not expect '1e51 erg'; a unit contains no number"),
        ("m^2^2", "'m^2^2' is not a unit: did not expect '^2'"),
        ("m^s", "'m^s' is not a unit: did not expect '^s'"),
        ("m/", "'m/' is not a unit: it ends too early"),
        ("(m", "'(m' is not a unit: it ends too early"),
        ("m)", "'m)' is not a unit: did not expect ')'"),
        ("m + s", "'m + s' is not a unit: did not expect '+ s'"),
        ("m; s", "'m; s' is not a unit: did not expect '; s'"),
        ("m^999", "'m^999' is not a unit: did not expect '9'; a unit contains no number"),
        ("kpc^99", "'kpc^99' is too large or too small a unit to compute with"),
        ("ym^99", "'ym^99' is too large or too small a unit to compute with"),
        ("degC", "'degC' has an offset zero; use an absolute unit such as K"),
        ("W/m^2/°C", "'W/m^2/°C' has an offset zero; use an absolute unit such as K"),
        ("dB/m", "'dB/m' has an offset zero; use an absolute unit such as K"),
        ("x" * 201, f"a unit cannot have 201 characters: {'x' * 40!r}…"),
    ],
)
def test_text_that_is_no_unit_is_refused(text, message):
    with pytest.raises(UnitError) as caught:
        parse_unit(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [
        ("2 kpc", 2, "kpc"),
        ("2kpc", 2, "kpc"),
        ("-8.2 kpc", -8.2, "kpc"),
        ("+.5e-3 m", 0.5e-3, "m"),
        ("1e5 / cm^2 / s", 1e5, "1/cm^2/s"),
        ("1e5 cm-2 s-1", 1e5, "1/cm^2/s"),
        ("3 * kpc", 3, "kpc"),
        ("1_000 m", 1000, "m"),
        ("5 %", 5, "%"),
        ("90°", 90, "deg"),
        ("0.25", 0.25, "1"),
        ("inf yr", math.inf, "yr"),
    ],
)
def test_a_quantity_is_a_number_and_a_unit(text, number, unit):
    found = parse_quantity(text)
    assert float(found.magnitude) == number
    assert found.units == parse_unit(unit)


@pytest.mark.parametrize("text", ["", "kpc", "kpc 2", "nanometer", "infinity m", "--2 m", "two kpc", "x" * 5000])
def test_a_quantity_begins_with_a_number(text):
    with pytest.raises(UnitError, match="does not begin with a number; expected a value such as '2 kpc'") as caught:
        parse_quantity(text)
    assert len(str(caught.value)) < 200


_PIECES = st.sampled_from(
    [
        *(
            "kpc",
            "MeV",
            "cm",
            "s",
            "yr",
            "Msun",
            "degC",
            "dB",
            "e",
            "%",
            "°",
            "1",
            "2",
            "-1",
            "1e9",
            "-3",
            "nan",
            "inf",
        ),
        *("^", "**", "*", "/", "(", ")", ".", "·", " "),
    ]
)


@settings(deadline=2000, max_examples=300)
@given(st.one_of(st.text(max_size=60), st.lists(_PIECES, max_size=12).map("".join)))
def test_any_text_is_a_unit_or_a_unit_error(text):
    for parse in (parse_unit, parse_quantity):
        with contextlib.suppress(UnitError):
            assert isinstance(parse(text), pint.Unit | pint.Quantity)


@pytest.mark.parametrize(
    "text",
    ["__import__('os').system('true')", "().__class__.__base__", "m if 1 else s", "m**9**9**9", "lambda: m", "{m}"],
)
def test_no_text_is_ever_evaluated(text, monkeypatch):
    def refuse(*_):
        raise AssertionError("evaluated")

    monkeypatch.setattr(builtins, "eval", refuse)
    monkeypatch.setattr(builtins, "exec", refuse)
    for written in (text, f"2 {text}"):
        with pytest.raises(UnitError):
            parse_quantity(written) if written[0] == "2" else parse_unit(written)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        *[("15D1 Myr", "15e1 Myr"), ("15D0 Myr", "15e0 Myr"), ("1.5d-3 kpc", "1.5e-3 kpc"), ("-.5D+02", "-.5e+02")],
        *[("2Q4 s", "2e4 s"), ("1.0-101 erg", "1.0e-101 erg"), (" 6.02214+123", "6.02214e+123"), ("2d-1", "2e-1")],
    ],
)
def test_an_exponent_of_fortran_is_refused_with_the_right_spelling(text, right):
    with pytest.raises(UnitError, match=re.escape(f"has the exponent of a Fortran program; write {right!r}")):
        parse_quantity(text)


def test_days_that_look_like_an_exponent_are_told_how_to_be_written():
    with pytest.raises(UnitError, match=r"write '2e-1 kpc', or '2 d-1 kpc' where days are meant$"):
        parse_quantity("2d-1 kpc")


@pytest.mark.parametrize("text", ["2 d-1", "2 / d", "2 d", "15 D", "3d", "2 d1"])
def test_days_and_debyes_behind_a_number_are_still_units(text):
    assert parse_quantity(text).magnitude in (2, 3, 15)

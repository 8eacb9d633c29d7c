"""Units: what the registry holds, how text is read, and what others make of the units written to files."""

from __future__ import annotations

import builtins
import contextlib
import math
import subprocess
import sys
import warnings

import cf_units
import cf_xarray.units
import numpy as np
import pint
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridscan.errors import UnitError
from gridscan.model_loader import load_model, shipped_models
from gridscan.units import (
    Quantity,
    base_factor,
    base_unit,
    convert,
    label_of,
    magnitudes,
    parse_quantity,
    parse_unit,
    readable,
    same_dimension,
    to_cf,
    unit_attributes,
    unit_of,
)

#: SI values from the definitions: IAU 2009 (au), IAU 2015 B2 and B3 (pc, nominal Sun), SI 2019 (e, h, c, k, N_A).
DEFINITIONS = {
    "Msun": (1.32712440018e20 / 6.67430e-11, 1e-9),  # GM over the G of CODATA 2018
    "Lsun": (3.828e26, 0),
    "Rsun": (6.957e8, 0),
    "AU": (149_597_870_700.0, 0),
    "au": (149_597_870_700.0, 0),
    "pc": (149_597_870_700.0 * 648_000 / math.pi, 1e-15),
    "ly": (299_792_458 * 365.25 * 86_400, 1e-15),
    "yr": (31_557_600.0, 0),
    "a": (31_557_600.0, 0),
    "julian_year": (31_557_600.0, 0),
    "Myr": (31_557_600e6, 1e-15),
    "d": (86_400.0, 0),
    "day": (86_400.0, 0),
    "kt": (1e6, 0),
    "Mt": (1e9, 0),
    "t": (1e3, 0),
    "event": (1.0, 0),
    "star": (1.0, 0),
    "percent": (0.01, 0),
    "%": (0.01, 0),
    "deg": (math.pi / 180, 1e-15),
    "°": (math.pi / 180, 1e-15),
    "eV": (1.602176634e-19, 1e-15),
    "erg": (1e-7, 1e-15),
    "b": (1e-28, 1e-15),
    "avogadro_constant": (6.02214076e23, 1e-15),
    "speed_of_light": (299_792_458.0, 0),
    "planck_constant": (6.62607015e-34, 1e-15),
    "boltzmann_constant": (1.380649e-23, 1e-15),
    "electron_mass": (9.1093837139e-31, 1e-12),
    "Da": (1.66053906892e-27, 1e-12),
}

MODEL_UNITS = (
    *(
        "1",
        "1/cm^2/s",
        "1/cm^2/s/MeV",
        "Msun/yr",
        "Msun/yr/kpc^2",
        "Msun",
        "Myr/Msun",
        "kpc",
        "1/kpc^2",
        "pc",
        "1/pc^2",
    ),
    *("kt", "Mt", "t", "event", "event/yr", "event/yr/MeV", "1/yr", "1/yr/MeV", "Myr", "kyr", "yr", "Gyr", "day", "d"),
    *("mol/g", "cm^2", "cm^2/MeV", "1/MeV", "1/GeV^2", "erg/s", "erg", "MeV", "keV", "GeV", "TeV", "eV", "deg", "rad"),
    *("sr", "K", "Lsun", "Rsun", "AU", "ly", "star", "star/kpc^2", "%", "arcsec", "arcmin", "b", "mb", "GeV/cm^3"),
    *("Da", "u", "km/s", "Hz", "angstrom", "MJ/m^2", "W/m^2", "h", "min", "L", "µm", "kg", "g/cm^3"),
)


def shipped_units() -> list[str]:
    """Return the units of everything in the shipped models."""
    return sorted({readable(node.unit) for name in shipped_models() for node in load_model(name).nodes.values()})


@pytest.mark.parametrize(("name", "value", "tolerance"), [(name, *entry) for name, entry in DEFINITIONS.items()])
def test_a_unit_has_the_value_of_its_definition(name, value, tolerance):
    assert base_factor(parse_unit(name)) == pytest.approx(value, rel=tolerance, abs=0)


@pytest.mark.parametrize("text", sorted({*MODEL_UNITS, *shipped_units()}))
def test_a_unit_written_to_a_file_reads_back_as_the_same_unit(text):
    unit = parse_unit(text)
    assert unit_of(unit_attributes(unit)) == unit
    assert parse_unit(readable(unit)) == unit


@pytest.mark.parametrize("text", sorted({*MODEL_UNITS, *shipped_units()}))
def test_udunits_reads_a_unit_with_the_same_value(text):
    # UDUNITS has the tropical year (2.1e-5 shorter than the Julian one), the electronvolt of 1986 (4e-7),
    # a light year of six digits (5e-8) and an atomic mass of 1986 (6e-7).
    unit = parse_unit(text)
    powers = sum(abs(power) for _, power in unit._units.items())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = cf_units.Unit(to_cf(unit)).convert(1.0, cf_units.Unit(to_cf(base_unit(unit))))
    assert found == pytest.approx(base_factor(unit), rel=3e-5 * max(1, powers), abs=0)
    assert found == pytest.approx(base_factor(unit), rel=1e-4, abs=0)


@pytest.mark.parametrize("text", sorted({*MODEL_UNITS, *shipped_units()}))
def test_cf_xarray_reads_a_unit_with_the_same_value(text):
    # Its registry takes C for the temperature, which leaves its electronvolt without a value: there only names compare.
    unit = parse_unit(text)
    found = cf_xarray.units.units.parse_expression(to_cf(unit))
    units = getattr(found, "units", cf_xarray.units.units.dimensionless)
    if "electron_volt" in str(unit):
        assert {name: float(power) for name, power in units._units.items()} == {
            name: float(power) for name, power in unit._units.items() if name not in ("event", "star")
        } | ({"count": 1.0} if "event" in str(unit) else {})
    else:
        value = found.to_base_units().magnitude if hasattr(found, "to_base_units") else found
        assert float(value) == pytest.approx(base_factor(unit), rel=1e-8, abs=0)


@pytest.mark.parametrize(
    ("text", "cf"),
    [
        ("1/cm^2/s/MeV", "cm-2 MeV-1 s-1"),
        ("Msun/yr", "1.988409870698051e+30 kg yr-1"),
        ("1/kpc^2", "kiloparsec-2"),
        ("Mt", "megatonne"),
        ("event/yr", "count yr-1"),
        ("deg", "degree"),
        ("", "1"),
        ("%", "percent"),
    ],
)
def test_units_on_disk_are_spelled_for_udunits(text, cf):
    assert to_cf(parse_unit(text)) == cf


@pytest.mark.parametrize(
    ("text", "attributes"),
    [
        ("kpc", {"units": "kiloparsec"}),
        ("Msun/yr", {"units": "1.988409870698051e+30 kg yr-1", "unit_name": "Msun/yr"}),
        ("event/yr", {"units": "count yr-1", "unit_name": "event/yr"}),
    ],
)
def test_a_unit_name_is_kept_only_where_the_cf_string_reads_back_as_another(text, attributes):
    assert unit_attributes(parse_unit(text)) == attributes


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
        ("2 m", "'2 m' is not a unit: did not expect '2 m'; a unit holds no number"),
        ("10^5 m", "'10^5 m' is not a unit: did not expect '10^5 m'; a unit holds no number"),
        ("1e51 erg", "'1e51 erg' is not a unit: did not expect '1e51 erg'; a unit holds no number"),
        ("m^2^2", "'m^2^2' is not a unit: did not expect '^2'"),
        ("m^s", "'m^s' is not a unit: did not expect '^s'"),
        ("m/", "'m/' is not a unit: it ends too early"),
        ("(m", "'(m' is not a unit: it ends too early"),
        ("m)", "'m)' is not a unit: did not expect ')'"),
        ("m + s", "'m + s' is not a unit: did not expect '+ s'"),
        ("m; s", "'m; s' is not a unit: did not expect '; s'"),
        ("m^999", "'m^999' is not a unit: did not expect '9'; a unit holds no number"),
        ("kpc^99", "'kpc^99' is too large or too small a unit to be computed with"),
        ("ym^99", "'ym^99' is too large or too small a unit to be computed with"),
        ("degC", "'degC' has an offset zero point; give an absolute unit such as K instead"),
        ("W/m^2/°C", "'W/m^2/°C' has an offset zero point; give an absolute unit such as K instead"),
        ("dB/m", "'dB/m' has an offset zero point; give an absolute unit such as K instead"),
        ("x" * 201, f"a unit of 201 characters is too long to be one: {'x' * 40!r}…"),
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


def test_a_variable_without_units_is_refused_rather_than_guessed():
    with pytest.raises(UnitError, match=r"no 'units' attribute among \['long_name'\]"):
        unit_of({"long_name": "flux"})


@pytest.mark.parametrize(("text", "label"), [("Msun/yr", "Msun/yr"), ("1", ""), ("event/yr", "event/yr")])
def test_plots_are_labelled_with_the_readable_unit(text, label):
    assert label_of(unit_attributes(parse_unit(text))) == label


def test_magnitudes_of_a_list_and_of_an_array_agree():
    listed = magnitudes([Quantity(1.0, "kpc"), Quantity(700.0, "pc")], parse_unit("kpc"))
    array = magnitudes(Quantity(np.array([1000.0, 700.0]), "pc"), parse_unit("kpc"))
    assert listed.tolist() == array.tolist() == [1.0, 0.7]


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


def test_quantities_made_by_pint_itself_are_in_the_registry_of_gridscan():
    # In a process of its own: importing cf_xarray.units, as this module does, puts another registry in place.
    code = "import pint, gridscan.units as u; print(u.registry.Quantity(1, 'Msun') == pint.Quantity(1, 'solar_mass'))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.split() == ["True"]


@pytest.mark.parametrize(
    ("written", "symbol"), [("kilotonne", "kt"), ("kilotonne-1 yr-1", "1/kt/yr"), ("megatonne", "Mt")]
)
def test_a_tonne_written_out_is_the_unit_of_its_symbol(written, symbol):
    assert parse_unit(written) == parse_unit(symbol)
    assert readable(parse_unit(written)) == symbol

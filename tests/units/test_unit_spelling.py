"""Units as they are written to files and for people, and what other libraries make of them."""

from __future__ import annotations

import warnings

import cf_units
import cf_xarray.units
import pytest

from gridscan.errors import UnitError
from gridscan.model_loader import load_model, shipped_models
from gridscan.units import (
    base_factor,
    base_unit,
    label_of,
    parse_unit,
    readable,
    to_cf,
    unit_attributes,
    unit_of,
)

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


def test_a_variable_without_units_is_refused_rather_than_guessed():
    with pytest.raises(UnitError, match=r"no attribute 'units'; found \['long_name'\]"):
        unit_of({"long_name": "flux"})


@pytest.mark.parametrize(("text", "label"), [("Msun/yr", "Msun/yr"), ("1", ""), ("event/yr", "event/yr")])
def test_plots_are_labelled_with_the_readable_unit(text, label):
    assert label_of(unit_attributes(parse_unit(text))) == label


@pytest.mark.parametrize(
    ("written", "symbol"), [("kilotonne", "kt"), ("kilotonne-1 yr-1", "1/kt/yr"), ("megatonne", "Mt")]
)
def test_a_tonne_written_out_is_the_unit_of_its_symbol(written, symbol):
    assert parse_unit(written) == parse_unit(symbol)
    assert readable(parse_unit(written)) == symbol

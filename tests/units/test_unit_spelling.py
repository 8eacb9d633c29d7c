"""Units as they are written to files and for people, and what other libraries make of them."""

from __future__ import annotations

import subprocess
import sys
import warnings
from importlib import import_module

import cf_units
import pint
import pytest
import xarray as xr
from astropy import units as astropy_units

from gridscan.errors import UnitError
from gridscan.model_loader import load_model, shipped_models
from gridscan.units import (
    attributes_in_memory,
    attributes_on_disk,
    base_factor,
    base_unit,
    label_of,
    parse_unit,
    readable,
    registry,
    spelled,
    spelled_on_disk,
    unit_attributes,
    unit_of,
)

#: Registers `.pint`.
import_module("pint_xarray")

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
    models = [load_model(name) for name in shipped_models()]
    columns = [column for model in models for group in model.populations.values() for column in group.columns.values()]
    used = [node.unit for model in models for node in model.nodes.values()] + [column.unit for column in columns]
    return sorted({readable(unit) for unit in used if unit is not None})


@pytest.mark.parametrize("text", sorted({*MODEL_UNITS, *shipped_units()}))
def test_a_unit_written_to_a_file_reads_back_as_the_same_unit(text):
    unit = parse_unit(text)
    assert unit_of(unit_attributes(unit)) == unit
    assert unit_of(attributes_on_disk(unit_attributes(unit))) == unit
    assert attributes_in_memory(attributes_on_disk(unit_attributes(unit))) == unit_attributes(unit)
    assert parse_unit(readable(unit)) == unit


#: Registries as they are when gridscan is not there.
PLAIN_PINT = pint.UnitRegistry()
SOLAR = ("Msun", "Lsun", "Rsun")
#: Exact values of UDUNITS differ: it has the tropical year (2.1e-5 shorter than the Julian one), the electronvolt of
#: 1986 (4e-7), an atomic mass of 1986 (7e-7), a parsec of seven digits (1.4e-7) and a light year of six (5e-8).
UDUNITS_TOLERANCE = 3e-5


def value_in_pint(found_registry: pint.UnitRegistry, text: str) -> float:
    """Return the value of a unit in coherent SI units, as a pint registry reads its text."""
    root = found_registry.Quantity(1.0, found_registry.parse_units(text)).to_root_units()
    return float(root.magnitude) / 1e3 ** dict(root.units._units).get("gram", 0)


def value_in_astropy(text: str) -> float:
    """Return the value of a unit in coherent SI units, as astropy reads its text."""
    return float(astropy_units.Unit(text).decompose(bases=[*astropy_units.si.bases, astropy_units.count]).scale)


def value_in_udunits(text: str, base: str) -> float:
    """Return the value of a unit in coherent SI units, as UDUNITS reads its text."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(cf_units.Unit(text).convert(1.0, cf_units.Unit(base)))


@pytest.mark.parametrize("text", sorted({*MODEL_UNITS, *shipped_units()}))
def test_udunits_reads_the_unit_in_a_file_with_the_same_value(text):
    unit = parse_unit(text)
    powers = sum(abs(power) for _, power in unit._units.items())
    found = value_in_udunits(spelled_on_disk(unit), spelled_on_disk(base_unit(unit)))
    assert found == pytest.approx(base_factor(unit), rel=UDUNITS_TOLERANCE * max(1, powers), abs=0)
    assert found == pytest.approx(base_factor(unit), rel=1e-4, abs=0)


@pytest.mark.parametrize("text", sorted({*MODEL_UNITS, *shipped_units()}))
def test_pint_and_astropy_read_the_unit_in_memory_with_the_same_value(text):
    unit = parse_unit(text)
    attributes = unit_attributes(unit)
    solar = any(name in text for name in SOLAR)
    # pint has no solar units: gridscan adds them to its application registry, and to no other.
    assert value_in_pint(pint.application_registry if solar else PLAIN_PINT, attributes["units"]) == pytest.approx(
        base_factor(unit), rel=1e-9, abs=0
    )
    # astropy has an atomic mass of CODATA 2018.
    assert value_in_astropy(attributes["units"]) == pytest.approx(base_factor(unit), rel=2e-9, abs=0)
    assert not attributes["units"][0].isdigit() or attributes["units"] == "1"


@pytest.mark.parametrize("text", sorted({*MODEL_UNITS, *shipped_units()}))
def test_pint_xarray_quantifies_what_has_the_unit_as_an_attribute(text):
    unit = parse_unit(text)
    quantity = xr.DataArray([1.0], dims="x", attrs=unit_attributes(unit)).pint.quantify()
    root = quantity.data.to_root_units()
    assert float(root.magnitude[0]) / 1e3 ** dict(root.units._units).get("gram", 0) == pytest.approx(
        base_factor(unit), rel=1e-9, abs=0
    )


def test_cf_xarray_reads_every_unit_in_memory_with_the_same_value():
    # In a process of its own: importing cf_xarray.units replaces pint's application registry.
    texts = sorted({*MODEL_UNITS, *shipped_units()})
    wanted = {spelled(parse_unit(text)): base_factor(parse_unit(text)) for text in texts}
    code = f"""
import math, pint, cf_xarray.units
from gridscan.units import parse_unit, unit_attributes
unit_attributes(parse_unit("Msun")), unit_attributes(parse_unit("Lsun")), unit_attributes(parse_unit("Rsun"))
registry = cf_xarray.units.units
for text, value in {wanted!r}.items():
    unit = registry.parse_units(text)
    # Its registry takes C for the temperature, which leaves its electronvolt without a value: names compare there.
    if "electron_volt" in str(unit):
        names = {{name: float(power) for name, power in unit._units.items()}}
        plain = {{name: float(power) for name, power in pint.UnitRegistry().parse_units(text)._units.items()}}
        assert names == plain, text
        continue
    root = registry.Quantity(1.0, unit).to_root_units()
    found = float(root.magnitude) / 1e3 ** dict(root.units._units).get("gram", 0)
    assert math.isclose(found, value, rel_tol=1e-9), (text, found, value)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("text", "memory", "disk"),
    [
        ("1/cm^2/s/MeV", "cm^-2 MeV^-1 s^-1", "cm^-2 MeV^-1 s^-1"),
        ("Msun/yr", "Msun yr^-1", "1.988409870698051e+30 kg yr^-1"),
        ("1/kpc^2", "kiloparsec^-2", "kiloparsec^-2"),
        ("kt", "Gg", "Gg"),
        ("Mt", "Tg", "Tg"),
        ("t", "tonne", "tonne"),
        ("event/yr", "count yr^-1", "count yr^-1"),
        ("deg", "degree", "degree"),
        ("ly", "lightyear", "light_year"),
        ("µm", "um", "um"),
        ("", "1", "1"),
        ("dimensionless", "1", "1"),
        ("%", "percent", "percent"),
        ("inch", "inch", "0.0254 m"),
        ("ppm", "ppm", "1e-06"),
        ("kg*m^2/m^2", "kg", "kg"),
        # UDUNITS reads m^0.5 as the number 5; it refuses this.
        ("m^0.5", "m^(1/2)", "m^(1/2)"),
    ],
)
def test_units_are_spelled_for_other_libraries_in_memory_and_for_udunits_on_disk(text, memory, disk):
    assert (spelled(parse_unit(text)), spelled_on_disk(parse_unit(text))) == (memory, disk)


@pytest.mark.parametrize(
    ("text", "attributes"),
    [
        ("kpc", {"units": "kiloparsec"}),
        ("Msun/yr", {"units": "Msun yr^-1"}),
        ("kt", {"units": "Gg", "unit_name": "kt"}),
        ("event/yr", {"units": "count yr^-1", "unit_name": "event/yr"}),
    ],
)
def test_a_unit_name_is_kept_only_where_the_text_reads_back_as_another(text, attributes):
    assert unit_attributes(parse_unit(text)) == attributes


def test_every_unit_of_the_registry_reads_back_from_memory_disk_and_text():
    checked = 0
    for name in list(registry._units):
        try:
            unit = parse_unit(name)
        except UnitError:
            continue  # those with an offset, and logarithmic ones
        attributes = unit_attributes(unit)
        disk = attributes_on_disk(attributes)
        assert unit_of(attributes) == unit_of(disk) == parse_unit(readable(unit)) == unit
        assert attributes_in_memory(disk) == attributes
        checked += 1
    assert checked > 800


@pytest.mark.parametrize("text", ["dimensionless", "1", "", " 1 "])
def test_without_dimension_is_written_in_several_ways_and_means_the_same(text):
    assert parse_unit(text) == registry.dimensionless
    assert readable(parse_unit(text)) == spelled(parse_unit(text)) == "1"
    assert unit_of({"units": text}) == registry.dimensionless
    assert label_of({"units": text}) == ""


def test_a_variable_without_units_is_dimensionless_as_in_the_cf_conventions():
    assert unit_of({"long_name": "flux"}) == registry.dimensionless
    assert label_of({"long_name": "flux"}) == ""


def test_a_name_counts_only_where_it_names_the_unit():
    assert unit_of({"units": "Gg", "unit_name": "kt"}) == parse_unit("kt")
    # pint-xarray has converted the numbers, and knows nothing of our name.
    assert unit_of({"units": "metric_ton", "unit_name": "kt"}) == parse_unit("t")
    with pytest.raises(UnitError, match="it has a 'unit_name', 'kt', but no attribute 'units'"):
        unit_of({"unit_name": "kt"})
    with pytest.raises(UnitError, match=r"'6\.3e22 kg s-1' is not a unit but 6\.3e\+22 times one, and has no name"):
        unit_of({"units": "6.3e22 kg s-1"})


@pytest.mark.parametrize("units", ["days since 2000-01-01", "psu", "degC", "m s-1 or so", 5, "  blorp  x "])
def test_a_unit_of_others_is_shown_and_written_as_it_is(units):
    attributes = {"units": units, "long_name": "y"}
    assert label_of(attributes) == " ".join(str(units).split())
    assert attributes_on_disk(attributes) == attributes_in_memory(attributes) == attributes


@pytest.mark.parametrize(("text", "label"), [("Msun/yr", "Msun/yr"), ("1", ""), ("event/yr", "event/yr")])
def test_plots_are_labelled_with_the_readable_unit(text, label):
    assert label_of(unit_attributes(parse_unit(text))) == label


@pytest.mark.parametrize(
    ("written", "symbol"), [("kilotonne", "kt"), ("kilotonne-1 yr-1", "1/kt/yr"), ("megatonne", "Mt")]
)
def test_a_tonne_written_out_is_the_unit_of_its_symbol(written, symbol):
    assert parse_unit(written) == parse_unit(symbol)
    assert readable(parse_unit(written)) == symbol

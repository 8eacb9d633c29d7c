"""Units in a file and in memory: UDUNITS reads the one, pint, pint-xarray and astropy the other."""

from __future__ import annotations

from importlib import import_module

import cf_units
import netCDF4
import numpy as np
import pint
import pytest
import xarray as xr
from astropy import units as astropy_units
from click.testing import CliRunner

import gridscan as gs
from gridscan.cli import main
from gridscan.storage.file_units import units_in_memory, units_on_disk
from gridscan.storage.files import open_result, write_result
from gridscan.units import base_factor, parse_unit, unit_of

SCENARIO = """
model = "red_supergiants"
axes.sfr = { values = [1, 2], unit = "Msun/yr" }
axes.radius = ["0.5 kpc", "1 kpc"]
axes.detector = ["juno", "super-k"]
axes.time = ["10 Myr", "20 Myr"]
output.quantities = ["flux", "events_per_year", "local_sfr_density"]
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return gs.run(gs.Scenario.parse(SCENARIO), output=tmp_path_factory.mktemp("run") / "small.nc")


@pytest.fixture(params=["opened", "evaluated"])
def result(request, path):
    return gs.open(path) if request.param == "opened" else gs.evaluate(gs.Scenario.parse(SCENARIO))


def test_every_unit_in_a_file_is_read_by_udunits_and_says_what_it_is(path):
    with netCDF4.Dataset(path) as file:
        attributes = {
            name: {key: item.getncattr(key) for key in item.ncattrs()} for name, item in file.variables.items()
        }
    told = {name: item for name, item in attributes.items() if "units" in item}
    assert attributes["sfr"]["units"] == "1.988409870698051e+30 kg yr^-1"
    assert attributes["sfr"]["unit_name"] == "Msun/yr"
    for item in told.values():
        assert cf_units.Unit(item["units"]).convert(1.0, cf_units.Unit(item["units"])) == 1.0
        assert unit_of(item) is not None


def test_every_unit_in_memory_is_read_by_pint_pint_xarray_and_astropy(result):
    import_module("pint_xarray")
    quantified = result.pint.quantify()
    for name, item in result.variables.items():
        if "units" not in item.attrs:
            continue
        text, value = item.attrs["units"], base_factor(unit_of(item))
        root = pint.Quantity(1.0, text if text != "1" else "").to_root_units()
        assert float(root.magnitude) / 1e3 ** dict(root.units._units).get("gram", 0) == pytest.approx(value, rel=1e-9)
        read = astropy_units.Unit(text).decompose(bases=[*astropy_units.si.bases, astropy_units.count])
        assert float(read.scale) == pytest.approx(value, rel=1e-9)
        assert quantified[name].pint.units is not None


def test_a_file_comes_back_with_the_units_it_was_evaluated_with(path):
    evaluated, opened = gs.evaluate(gs.Scenario.parse(SCENARIO)), gs.open(path)
    for name, item in evaluated.variables.items():
        for key in ("units", "unit_name"):
            assert opened[name].attrs.get(key) == item.attrs.get(key)


def test_plain_xarray_reads_the_same_units_from_a_file(path):
    plain = xr.open_dataset(path, decode_times=False)
    assert unit_of(plain["sfr"]) == parse_unit("Msun/yr")
    assert unit_of(plain["fiducial_mass"]) == parse_unit("kt")
    with pytest.warns(gs.GridscanWarning, match="has two points"):
        derivative = plain.gridscan.derivative("flux", along="sfr")
    assert unit_of(derivative) == parse_unit("yr/cm^2/s/Msun")


def test_the_way_to_a_file_and_back_changes_nothing_and_touches_no_argument(result):
    before = result.copy(deep=True)
    there = units_on_disk(result)
    xr.testing.assert_identical(result, before)
    xr.testing.assert_identical(units_in_memory(there), result)


def test_units_of_other_programs_stay_as_they_are():
    foreign = xr.Dataset({"y": ("x", [1.0], {"units": "psu"}), "z": ("x", [1.0], {"units": "cm-2 s-1"})})
    xr.testing.assert_identical(units_in_memory(foreign), foreign)
    assert units_in_memory(foreign.assign_attrs(gridscan_model="m"))["z"].attrs == {"units": "cm^-2 s^-1"}


def test_quantities_are_written_as_numbers_with_units(tmp_path):
    plain = xr.Dataset({"y": ("x", [1.0, 2.0], {"units": "Msun yr^-1"})}, {"x": ("x", [1.0, 2.0], {"units": "Gg"})})
    path = write_result(plain.gridscan.quantify(), tmp_path / "quantities.nc")
    with open_result(path) as found:
        np.testing.assert_array_equal(found["y"], plain["y"])
        assert found["y"].attrs == plain["y"].attrs
        assert found["x"].attrs == plain["x"].attrs


def test_info_shows_a_unit_that_it_does_not_know(path, tmp_path):
    own = tmp_path / "own.nc"
    with gs.open(path) as dataset:
        dataset.assign(salinity=("radius", [1.0, 2.0], {"units": "psu"})).to_netcdf(own)
    told = CliRunner().invoke(main, ["info", str(own)])
    assert told.exit_code == 0, told.output
    assert "psu" in told.output

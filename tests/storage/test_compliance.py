"""Results read without gridscan, and by the tools of the field."""

import json
import subprocess
import sys

import netCDF4
import numpy as np
import pytest
from compliance_checker.runner import CheckSuite, ComplianceChecker

import gridscan as gs
from gridscan.inputs.shipped_files import shipped_scenarios
from gridscan.storage.files import write_result

# The whole of these takes many seconds.
PARTS = {
    "bdm_mass_scan": {"dark_matter_mass": ["1e-3 MeV", "1 MeV"], "spike": "none"},
    "uncertain_galaxy": {"design.points": 16},
    "galactic_supernovae": {"time": ["98 kyr", "99 kyr"]},
    "what_measures_what": {"imf": ["kroupa", "top-heavy"], "sfr": ["1 Msun/yr", "2 Msun/yr"], "tracks": "parsec"},
    "galactic_flux": {"imf": "kroupa", "flux_threshold": ["1e3 / cm^2 / s", "1e4 / cm^2 / s"]},
    "alarms": {"detector": ["kamland", "juno"], "progenitor": ["interpolated", "kepler-15"]},
    "horizons": {"recoil_min": "0.3 MeV", "background_error": [0, 0.01], "lead": ["1 h", "1 yr"]},
    "galaxy_shape": {"arm_pitch": ["10 deg", "12 deg"], "radius": ["200 pc", "3 kpc"]},
}


@pytest.fixture(scope="module", params=shipped_scenarios())
def result(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("results") / f"{request.param}.nc"
    return gs.run(request.param, output=path, overrides=PARTS.get(request.param))


# An axis called time is one of the scenario, whose zero is no date, and keeps its name: CF knows time by its units.
EXCEPTED = "Coordinate variable 'time' should have standard_name='time', found: 'None'"


@pytest.fixture(scope="module")
def faults_of(tmp_path_factory):
    """What the checker finds to correct; in this process, since starting it takes longer than looking at a file."""
    CheckSuite.load_all_available_checkers()
    report = tmp_path_factory.mktemp("report") / "report.json"

    def faults(path):
        _, failed = ComplianceChecker.run_checker(
            str(path), ["cf:1.11"], 0, "normal", output_filename=str(report), output_format="json"
        )
        assert not failed
        found = json.loads(report.read_text(encoding="utf-8"))["cf:1.11"]
        assert found["possible_points"] > 50
        return [
            f"{fault['name']}: {message}"
            for level in ("high", "medium", "low")
            for fault in found[f"{level}_priorities"]
            if fault["value"][0] != fault["value"][1]
            for message in fault["msgs"]
            if message != EXCEPTED
        ]

    return faults


def test_the_ioos_compliance_checker_finds_nothing_to_correct(result, faults_of):
    assert faults_of(result) == []


@pytest.mark.parametrize("population", ["stars", "star_history"])
def test_nor_in_a_sample(population, faults_of, tmp_path):
    path = write_result(gs.sample("imf_scan", population, overrides={"sfr": "0.01 Msun/yr"}), tmp_path / "sample.nc")
    assert faults_of(path) == []


def test_nor_in_draws(faults_of, tmp_path):
    text = shipped_scenarios()["imf_constraint"].read_text(encoding="utf-8")
    scenario = gs.Scenario.parse(text + "[sampling]\nrealisations = 3\n")
    path = gs.run(scenario, output=tmp_path / "draws.nc")
    assert "carbon_burning_rsg_drawn" in gs.open(path)
    assert faults_of(path) == []


READ_WITHOUT_GRIDSCAN = """
import sys, xarray as xr
for line in sys.stdin:
    path = line.rstrip()
    with xr.open_dataset(path, engine="netcdf4") as ds:
        assert not any(name.split(".")[0] == "gridscan" for name in sys.modules)
        for name, item in ds.variables.items():
            assert item.attrs["long_name"], name
            assert item.dtype.kind in "OU" or item.attrs["units"], name
        print(len(ds.data_vars), flush=True)
"""


@pytest.fixture(scope="module")
def reader_without_gridscan():
    """A process that opens the file named in each line of its input, and answers with the number of its variables."""
    command = [sys.executable, "-c", READ_WITHOUT_GRIDSCAN]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.stdin.close()


def test_a_file_opens_without_gridscan_and_shows_units_and_long_names(result, reader_without_gridscan):
    reader_without_gridscan.stdin.write(f"{result}\n")
    reader_without_gridscan.stdin.flush()
    assert int(reader_without_gridscan.stdout.readline()) >= 1


def test_every_unit_on_disk_is_read_by_udunits(result):
    import cf_units

    with netCDF4.Dataset(result) as file:
        units = {item.units for item in file.variables.values() if "units" in item.ncattrs()}
    assert units
    assert not [text for text in units if cf_units.Unit(text).is_unknown()]


def test_a_file_that_was_written_is_what_was_evaluated(result):
    stored = gs.open(result)
    computed = gs.evaluate(result)
    assert dict(stored.sizes) == dict(computed.sizes)
    for name, item in computed.variables.items():
        if item.dtype.kind == "f":
            # Kernels sum in another order over blocks of other shapes: their values have another last digit, and
            # their error estimates, small differences of such values, another first one.
            close = 0.5 if str(name).endswith("_error") else 1e-13
            np.testing.assert_allclose(stored[name].values, item.values, rtol=close, err_msg=str(name))
        assert {key: stored[name].attrs[key] for key in item.attrs} == item.attrs


def test_a_file_names_the_exact_values_of_its_units(result):
    exact = {"yr": "31557600 s", "MeV": "1.602176634e-13 kg m^2 s^-2", "kpc": "3.085677581491"}
    with gs.open(result) as dataset:
        told = dict(text.split(" = ") for text in dataset.attrs["comment"].removeprefix("Units: ").split("; "))
    assert set(exact) & set(told)
    for unit in set(exact) & set(told):
        assert told[unit].startswith(exact[unit])

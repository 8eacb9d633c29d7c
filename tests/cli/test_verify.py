"""`gridscan verify` says of each file whether it is whole, what is damaged, and what to do."""

from __future__ import annotations

import shutil

import h5py
import netCDF4
import numpy as np
import pytest
import xarray as xr
import zarr
from click.testing import CliRunner

import gridscan as gs
from gridscan.cli import main
from gridscan.errors import GridscanWarning, StoreError
from gridscan.storage.files import write_result

SCENARIO = """
model = "red_supergiants"
axes.time = { values = [10, 15], unit = "Myr" }
axes.radius = { values = [1, 2, 4], unit = "kpc" }
output.quantities = ["carbon_burning_rsg", "flux"]
"""


def verify(*paths):
    outcome = CliRunner().invoke(main, ["verify", *map(str, paths)])
    return outcome.exit_code, outcome.output.splitlines()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return gs.run(gs.Scenario.parse(SCENARIO, name="scan.toml"), output=tmp_path_factory.mktemp("made") / "scan.nc")


@pytest.fixture
def whole(made, tmp_path):
    return shutil.copy(made, tmp_path / "scan.nc")


def test_whole_results_and_samples_are_told_in_one_line_each(whole, tmp_path):
    sample = write_result(xr.Dataset({"x": ("star", np.arange(9.0), {"units": "m"})}), tmp_path / "sample.nc")
    assert verify(whole, sample) == (0, [f"{whole}: whole", f"{sample}: whole"])


def test_damage_is_told_by_variable_and_block_and_a_run_repairs_it(whole, tmp_path):
    with netCDF4.Dataset(whole, "a") as file:
        file["flux"][1, 2] *= 1.0000001
    said = f"{whole}: is damaged: 1 of 1 blocks of 'flux', flux[0:2, 0:3]; gridscan run {whole} computes these again"
    assert verify(whole) == (2, [said])
    outcome = CliRunner().invoke(main, ["run", str(whole)])
    assert outcome.exit_code == 0, outcome.output
    assert verify(whole) == (0, [f"{whole}: whole"])


def test_quantities_that_others_are_made_of_are_verified_too(whole):
    with h5py.File(whole, "r+") as file:
        name, item = next(iter(file["gridscan/intermediate"].items()))
        item[...] = item[...] * 2
    status, (line,) = verify(whole)
    assert status == 2
    assert f"'intermediate/{name}'" in line


def test_what_is_no_result_is_told_by_name(whole, tmp_path):
    other = tmp_path / "other.nc"
    xr.Dataset({"x": 1}).to_netcdf(other)
    mean = tmp_path / "mean.nc"
    with gs.open(whole) as found:
        found.mean("radius").to_netcdf(mean)
    renamed = shutil.copy(whole, tmp_path / "renamed.nc")
    with netCDF4.Dataset(renamed, "a") as file:
        file["flux"].long_name = "my flux"
    status, lines = verify(whole, other, mean, renamed, tmp_path / "missing.nc", tmp_path)
    assert status == 2
    told = [line.partition(": ")[2] for line in lines]
    assert told[0] == "whole"
    assert told[1] == "was not written by gridscan; only results, samples and answers of gridscan can be verified"
    assert told[2].startswith("is derived from a result of gridscan")
    assert told[3].startswith(
        "was changed since gridscan wrote it: the attribute 'long_name' of 'flux'; to have it as it"
    )
    assert told[4] == "does not exist; give the path of a result"
    assert told[5].startswith("was not written by gridscan")


def _half_of_a_foreign_file(path):
    xr.Dataset({"x": ("n", np.arange(3000.0))}).to_netcdf(path, engine="netcdf4")
    path.write_bytes(path.read_bytes()[:9000])


def _array_of_zarr(path):
    zarr.create_array(path, shape=(3,), dtype="f8", zarr_format=2)


def _words(path):
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(3000))


@pytest.mark.parametrize(
    ("make", "name"), [(_half_of_a_foreign_file, "x.nc"), (_array_of_zarr, "x.zarr"), (_words, "y.nc")]
)
def test_what_others_wrote_is_no_damaged_result_when_it_cannot_be_read(tmp_path, make, name):
    make(tmp_path / name)
    status, (line,) = verify(tmp_path / name)
    assert status == 2
    assert line.partition(": ")[2].startswith("was not written by gridscan; only results")


def test_a_result_without_its_end_is_told(whole):
    content = whole.read_bytes()
    whole.write_bytes(content[: len(content) // 2])
    status, (line,) = verify(whole)
    assert status == 2
    assert "so damaged that nobody can tell" in line


@pytest.mark.parametrize(
    ("owner", "attribute", "text", "named"),
    [
        ("/", "title", "An edited title", "the attribute 'title' of the file"),
        ("/", "title", "Ein geänderter Titel", "the attribute 'title' of the file"),
        ("flux", "units", "m-2 yr-1", "the attribute 'units' of 'flux'"),
        ("time", "long_name", "hours", "the attribute 'long_name' of 'time'"),
    ],
)
def test_an_edited_attribute_is_told_by_name_and_the_file_is_opened(whole, owner, attribute, text, named):
    size = whole.stat().st_size
    with gs.open(whole) as found:
        flux = found.flux.values
    with h5py.File(whole, "r+") as file:
        item = file[owner]
        was = item.attrs[attribute]
        text = text if not text.isascii() else text[: len(was)].ljust(len(was))
        item.attrs[attribute] = text if not text.isascii() else np.bytes_(text)
    if whole.stat().st_size != size:
        with gs.open(whole) as found:
            assert found.attrs["title"]
        return
    said = f"{whole}: was changed: {named} is not as gridscan wrote"
    with pytest.warns(GridscanWarning) as warned:
        opened = gs.open(whole)
    with opened as found:
        np.testing.assert_array_equal(found.flux, flux)
    assert [str(item.message) for item in warned] == [said]
    assert warned[0].filename == __file__
    again = "to have it as it was, run its scenario again with another --output"
    assert verify(whole) == (2, [f"{whole}: was changed since gridscan wrote it: {named}; {again}"])
    outcome = CliRunner().invoke(main, ["run", str(whole)])
    assert outcome.exit_code == 2
    assert f"was changed since gridscan wrote it: {named}; not overwritten" in outcome.output
    outcome = CliRunner().invoke(main, ["export", str(whole), "--out", str(whole.with_suffix(".csv"))])
    assert outcome.exit_code == 0
    assert outcome.output.startswith(f"warning: {said}")


def test_an_edited_attribute_hides_no_damage_of_numbers_or_coordinates(whole):
    with netCDF4.Dataset(whole, "a") as file:
        file.title = "x" * len(file.title)
        file["flux"][1, 2] *= 1.0000001
    with pytest.warns(GridscanWarning, match="'title'"):
        opened = gs.open(whole)
    with opened as found, pytest.raises(StoreError, match=r"is damaged: flux\[0:2, 0:3\]"):
        found.load()
    with netCDF4.Dataset(whole, "a") as file:
        file["radius"][1] *= 1.0000001
    with pytest.raises(StoreError, match=r"is damaged: .*the values of 'radius'"):
        gs.open(whole)


def test_the_scenario_of_a_result_of_an_earlier_version_can_be_printed_and_run_again(whole, tmp_path):
    with h5py.File(whole, "r+") as file:
        del file["gridscan/record"]
        file["gridscan"].attrs["record"] = "{}"
    said = "was written by an earlier gridscan; its scenario, which gridscan info --scenario prints, can be run again"
    assert verify(whole) == (2, [f"{whole}: {said}"])
    shown = " ".join(CliRunner().invoke(main, ["info", str(whole)]).output.split())
    assert f"Note {said}" in shown
    assert "which has not given all that is here" not in shown
    assert CliRunner().invoke(main, ["info", str(whole), "--scenario"]).output == SCENARIO
    outcome = CliRunner().invoke(main, ["run", str(whole), "--output", str(tmp_path / "new.nc")])
    assert outcome.exit_code == 0, outcome.output
    assert verify(tmp_path / "new.nc") == (0, [f"{tmp_path / 'new.nc'}: whole"])

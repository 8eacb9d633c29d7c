"""Whether a result is as a run wrote it: what was changed, derived or added by others is kept, damage is mended."""

from __future__ import annotations

import shutil
from pathlib import Path

import h5py
import netCDF4
import numpy as np
import pytest
import xarray as xr
from click.testing import CliRunner

import gridscan as gs
from gridscan.cli import main
from gridscan.errors import StoreError
from gridscan.storage.standing import Standing, standing_of

SCENARIO = """
model = "red_supergiants"
title = "A small scan"
axes.imf = ["kroupa", "salpeter", "top-heavy"]
axes.time = { values = [10, 12, 15, 20], unit = "Myr" }
axes.radius = { values = [1, 2, 4], unit = "kpc" }
output.quantities = ["carbon_burning_rsg", "flux"]
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return gs.run(gs.Scenario.parse(SCENARIO, name="scan.toml"), output=tmp_path_factory.mktemp("made") / "keep.nc")


@pytest.fixture(scope="module")
def folder_of_zarr(tmp_path_factory):
    text = f'{SCENARIO}output.format = "zarr"\n'
    return gs.run(gs.Scenario.parse(text, name="scan.toml"), output=tmp_path_factory.mktemp("made") / "keep.zarr")


@pytest.fixture
def keep(whole, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copy(whole, tmp_path / "keep.nc")).relative_to(tmp_path)


def call(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def rewritten(path, change, opened=xr.open_dataset):
    """Write what a function makes of a result in its place, as one does in a notebook."""
    with opened(path) as dataset:
        made = change(dataset.load())
    made.to_netcdf(path)


def edited(change):
    """Return a function that changes a result in place with the netCDF library."""

    def do(path):
        with netCDF4.Dataset(path, "a") as file:
            change(file)

    return do


def _add_variable(file):
    file.createVariable("mine", "f8", ("time",))[...] = 1.0


def _add_to_the_group(file):
    file["gridscan"].createVariable("mine", "f8", ())[...] = 1.0


def _add_group(file):
    file.createGroup("notes").remark = "checked by me"


def _add_dimension(file):
    file.createDimension("mine", 3)


def _add_attribute(file):
    file["flux"].remark = "checked by me"


def _change_attribute(file):
    file.title = "A smart scan"


def _change_attribute_of_a_variable(file):
    file["flux"].long_name = "neutrino flux as I want it to be called"


def _remove_attribute(file):
    file["flux"].delncattr("long_name")


def _change_coordinate(file):
    file["time"][1] = 13.0


def _change_label(file):
    file["imf"][1] = "mine"


def _rename(file):
    file.renameVariable("flux", "my_flux")


IN_PLACE = {
    function.__name__.strip("_"): (edited(function), said)
    for function, said in (
        (_add_variable, "'mine' was added"),
        (_add_to_the_group, "'gridscan/mine' was added"),
        (_add_group, "'notes"),
        (_add_dimension, "'mine'"),
        (_add_attribute, "the attribute 'remark' of 'flux'"),
        (_change_attribute, "the attribute 'title' of the file"),
        (_change_attribute_of_a_variable, "the attribute 'long_name' of 'flux'"),
        (_remove_attribute, "the attribute 'long_name' of 'flux'"),
        (_change_coordinate, "the values of 'time'"),
        (_change_label, "the values of 'imf'"),
        (_rename, "'my_flux'"),
    )
}
DERIVED = {
    "mean": lambda d: d.mean("time", keep_attrs=True),
    "selection": lambda d: d.isel(time=slice(2)),
    "one_value": lambda d: d.sel(imf="kroupa"),
    "merge": lambda d: xr.concat([d, d.assign_coords(time=d.time + 100)], "time"),
    "same": lambda d: d,
    "assigned": lambda d: d.assign(double=2 * d.flux),
    "one_variable": lambda d: d[["flux"]],
    "renamed": lambda d: d.rename(time="age"),
    "scaled": lambda d: d.assign(flux=d.flux * 2),
}


def refuses(path, *said):
    """Assert that a run and a plan leave a file alone, name what differs, and offer another place."""
    before = path.read_bytes()
    result = call("run", path)
    assert result.exit_code == 2, result.output
    (line,) = result.output.splitlines()
    assert line.startswith(f"error: {path}: ")
    assert "--output" in line
    for words in said:
        assert words in line
    assert path.read_bytes() == before
    assert [item.name for item in Path().iterdir()] == [path.name]
    shown = call("plan", path)
    assert shown.exit_code == 0
    assert "--output" in shown.output
    again = call("run", path, "--output", "other.nc")
    assert again.exit_code == 0, again.output
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", IN_PLACE)
def test_what_was_changed_in_place_is_kept_and_named(keep, name):
    change, said = IN_PLACE[name]
    change(keep)
    shown = call("info", keep)
    assert shown.exit_code == 0, shown.output
    assert said in " ".join(shown.output.split())
    refuses(keep, said)


@pytest.mark.parametrize("opened", [xr.open_dataset, gs.open])
@pytest.mark.parametrize("name", DERIVED)
def test_what_was_made_of_a_result_in_a_notebook_is_kept_and_called_derived(keep, name, opened):
    rewritten(keep, DERIVED[name], opened)
    refuses(keep, "derived from")
    shown = call("info", keep)
    assert shown.exit_code == 0, shown.output
    assert "is derived from a result of gridscan" in shown.output
    for word in ("Identity", "With ", "Inputs"):
        assert word not in shown.output


def copied(old, new):
    """Copy a group as nccopy does, in chunks and compressed."""
    new.setncatts({name: old.getncattr(name) for name in old.ncattrs()})
    for name, dimension in old.dimensions.items():
        new.createDimension(name, dimension.size)
    for name, item in old.variables.items():
        fill = {"fill_value": item.getncattr("_FillValue")} if "_FillValue" in item.ncattrs() else {}
        made = new.createVariable(name, item.dtype, item.dimensions, compression="zlib" if item.ndim else None, **fill)
        made.setncatts({key: item.getncattr(key) for key in item.ncattrs() if key != "_FillValue"})
        made[...] = item[...]
    for name, group in old.groups.items():
        copied(group, new.createGroup(name))


def test_the_same_content_in_another_layout_is_whole(keep):
    with netCDF4.Dataset(keep) as old, netCDF4.Dataset("other.nc", "w") as new:
        copied(old, new)
    assert Path("other.nc").stat().st_size != keep.stat().st_size
    assert standing_of(Path("other.nc")) == Standing("whole", (), of_run=True)


def test_a_damaged_block_is_mended_and_not_kept(keep):
    good = keep.read_bytes()
    with h5py.File(keep, "r") as file:
        place = file["flux"].id.get_offset()
    damaged = bytearray(good)
    damaged[place + 3] ^= 1
    keep.write_bytes(damaged)
    result = call("run", keep)
    assert result.exit_code == 0
    assert "1 damaged block was recomputed" in result.output
    assert keep.read_bytes() == good


def test_foreign_files_are_kept_by_a_run(keep):
    rewritten(keep, lambda _: xr.Dataset({"x": ("y", np.arange(3.0))}))
    with pytest.raises(StoreError, match="was not written by gridscan"):
        gs.run(gs.Scenario.parse(SCENARIO, name="scan.toml"), output=keep)


def _without_digits(path):
    """Write all numbers with fewer digits in a new file, as ncdump and ncgen do."""
    with netCDF4.Dataset(path) as old, netCDF4.Dataset("other.nc", "w") as new:
        copied(old, new)
        new["flux"][...] = np.float32(old["flux"][...])
    Path("other.nc").replace(path)


def _records_together(path):
    """Write the record twice along a new dimension, as ncecat does."""
    with h5py.File(path, "a") as file:
        record = file["gridscan/record"][...]
        del file["gridscan/record"]
        file["gridscan/record"] = np.stack([record, record])


def _mean_of_records(path):
    """Write another record in place, as ncea makes of the bytes of two."""
    with h5py.File(path, "a") as file:
        record = file["gridscan/record"][...]
        file["gridscan/record"][...] = np.where(np.arange(record.size) < 5, record, record // 2)


@pytest.mark.parametrize("change", [_without_digits, _records_together, _mean_of_records], ids=lambda f: f.__name__)
def test_what_other_programs_make_of_results_is_kept(keep, change):
    change(keep)
    refuses(keep)

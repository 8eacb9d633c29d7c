"""The form of a result: what is seen of it first, what other programs make of it, and that any change is found."""

from __future__ import annotations

import shutil
import subprocess
import sys
import textwrap
import warnings

import h5py
import netCDF4
import numpy as np
import pytest
import xarray as xr
from records import CHECKSUMS, RECORD, content_of

import gridscan as gs
from gridscan.errors import GridscanWarning, StoreError
from gridscan.storage.checksums import is_done, is_whole, unmarked_size
from gridscan.storage.files import write_result
from gridscan.storage.plain_files import opened
from gridscan.storage.record import FORMAT, Changes, changes_in, read_record
from gridscan.units import parse_unit, spelled, spelled_on_disk

FORMS = [("netcdf", "none"), ("netcdf", "zlib"), ("zarr", "none")]


def toy_scenario(folder, toy, form="netcdf", compression="none"):
    text = f"""model = "planet"
    [axes]
    planet = ["earth", "venus", "mars"]
    luminosity = ["0.5 Lsun", "1 Lsun", "2 Lsun"]
    [output]
    quantities = ["temperature", "tides", "depth"]
    path = "toy.{"zarr" if form == "zarr" else "nc"}"
    format = "{form}"
    compression = "{compression}"
    """
    return gs.Scenario.parse(text, folder=folder, model=toy)


@pytest.fixture
def clock(tmp_path):
    """A result over the axes latitude, longitude, height and time, which CF has its own ideas of."""
    model = gs.Model("clock", "A model")
    model.parameter("time", "1 Myr", "Time since the beginning")
    model.parameter("height", "1 m", "Height")
    model.parameter("longitude", "0 deg", "Galactic longitude", role="sky_longitude")
    model.parameter("latitude", "0 deg", "Galactic latitude", role="sky_latitude")
    model.label("planet", "earth", "Planet", records={"earth": {"mass": 1.0}, "märz": {"mass": 2.0}})
    model.parameter("mass", model.labels["planet"], "Mass", unit="1")

    @model.quantity("1/Myr", long_name="rate")
    def rate(time, longitude, latitude, height, mass):
        """t^-1. Source: Smith 2001, Nature 1, 2."""
        return mass * np.cos(latitude) * (2 + np.sin(longitude)) / time * height / height

    text = """
    model = "clock"
    [axes]
    time = ["1 Myr", "2 Myr", "5 Myr"]
    longitude = ["-90 deg", "0 deg", "90 deg", "180 deg"]
    latitude = ["-45 deg", "45 deg"]
    height = ["1 m", "3 m"]
    """
    return gs.Scenario.parse(
        text + '[output]\nquantities = ["rate"]\npath = "clock.nc"\n', folder=tmp_path, model=model
    )


def test_axes_have_the_names_of_the_scenario_and_those_of_the_sky_come_last_as_cf_has_them(clock):
    path = gs.run(clock)
    with xr.open_dataset(path, engine="netcdf4") as plain:
        assert plain.rate.dims == ("time", "height", "latitude", "longitude")
        assert (plain.latitude.attrs["units"], plain.longitude.attrs["units"]) == ("degrees_north", "degrees_east")
        assert plain.latitude.attrs["standard_name"] == "latitude"
    with gs.open(path) as found:
        assert found.latitude.attrs["units"] == gs.evaluate(clock).latitude.attrs["units"] == "degree"
        xr.testing.assert_identical(found.drop_attrs(deep=False).load(), gs.evaluate(clock).drop_attrs(deep=False))


def test_numbers_of_time_stay_numbers_however_a_file_is_opened(clock):
    path = gs.run(clock)
    for options in ({}, {"decode_times": True}, {"decode_timedelta": True}):
        with xr.open_dataset(path, engine="netcdf4", **options) as plain:
            assert plain.time.values.tolist() == [1.0, 2.0, 5.0]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns", "min", "h", "d", "day", "hour", "week", "yr", "kyr", "Myr"])
def test_no_unit_of_time_is_spelled_as_xarray_spells_durations(unit):
    durations = {"days", "hours", "minutes", "seconds", "milliseconds", "microseconds", "nanoseconds"}
    assert not {spelled(parse_unit(unit)), spelled_on_disk(parse_unit(unit))} & durations


def test_the_head_of_a_file_is_short_and_the_rest_lies_in_one_group(tmp_path):
    path = gs.run("imf_scan", output=tmp_path / "imf_scan.nc")
    with netCDF4.Dataset(path) as file:
        longest = {name: len(str(file.getncattr(name))) for name in file.ncattrs()}
        assert sum(longest.values()) < 5000
        assert list(file.groups) == ["gridscan"]
        assert list(file["gridscan"].variables) == ["checksums", "keys", "record"]
        assert list(file["gridscan"].groups) == ["intermediate"]
        assert content_of(h5py.File(path))["format"] == FORMAT
        number = sum(len(item.ncattrs()) for item in file["gridscan"].variables.values())
        assert number == 3
    assert "Kroupa 2001, MNRAS 322, 231" in gs.open(path).attrs["references"]


def test_a_whole_file_opens_as_a_tree_whose_groups_fit_together(clock, tmp_path):
    for path in (gs.run(clock), gs.run("imf_scan", output=tmp_path / "imf_scan.nc")):
        with xr.open_datatree(path, engine="netcdf4") as tree:
            assert "/gridscan" in tree.groups
            for group in tree.groups:
                tree[group].load()


def test_results_are_opened_and_closed_in_any_order(tmp_path, toy):
    # With labels that were strings of netCDF, this sequence ended the process (netCDF4 1.7.2 to 1.7.5).
    path = gs.run(toy_scenario(tmp_path, toy))
    other = str(tmp_path / "other.nc")
    shutil.copy(path, other)
    code = textwrap.dedent(f"""
        import netCDF4
        a, b, c = (netCDF4.Dataset(name) for name in ({str(path)!r}, {other!r}, {other!r}))
        b.close(); a.close()
        d = netCDF4.Dataset({other!r})
    """)
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


def _attribute(file):
    file["temperature"].attrs.modify("units", np.bytes_("k"))


def _coordinate(file):
    file["luminosity"][1] *= 2


def _label(file):
    file["planet"][0, 0] = b"x"


def _title(file):
    file.attrs.modify("title", np.bytes_(file.attrs["title"].swapcase()))


def _record(file):
    place = file[RECORD][...].tobytes().index(b'"format"') + 30
    file[RECORD][place] ^= 1


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (_coordinate, "the values of 'luminosity'"),
        (_label, "the values of 'planet'"),
        (_record, "its record is damaged"),
    ],
)
@pytest.mark.parametrize("compression", ["none", "zlib"])
def test_what_is_not_as_gridscan_wrote_it_is_refused_by_name(tmp_path, toy, damage, said, compression):
    path = gs.run(toy_scenario(tmp_path, toy, compression=compression))
    before = path.stat().st_size
    with h5py.File(path, "r+") as file:
        damage(file)
    assert path.stat().st_size == before
    with pytest.raises(StoreError) as caught:
        gs.open(path)
    assert said in str(caught.value)
    assert "run its scenario again" in str(caught.value)


@pytest.mark.parametrize("compression", ["none", "zlib"])
def test_edited_attributes_are_all_named_and_warnings_may_be_errors(tmp_path, toy, compression):
    path = gs.run(toy_scenario(tmp_path, toy, compression=compression))
    with h5py.File(path, "r+") as file:
        _attribute(file)
        _title(file)
    said = (
        f"{path}: was changed: the attribute 'title' of the file, the attribute 'units' of 'temperature'"
        " are not as gridscan wrote"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(GridscanWarning) as caught:
            gs.open(path)
    assert str(caught.value) == said


def _attribute_added(file):
    file.attrs["note"] = "mine"


def _variable_added(file):
    file["mine"] = np.ones(3)


@pytest.mark.parametrize("change", [_attribute_added, _variable_added])
def test_what_was_added_to_a_result_hinders_nobody_from_opening_it(tmp_path, toy, change):
    path = gs.run(toy_scenario(tmp_path, toy))
    with h5py.File(path, "r+") as file:
        change(file)
    with gs.open(path) as dataset:
        assert "mine" in dataset or dataset.attrs["note"] == "mine"


def copied(source, target):
    """Copy a group of a netCDF file with all that is in it, as other programs do."""
    target.setncatts({name: source.getncattr(name) for name in source.ncattrs()})
    for name, dim in source.dimensions.items():
        target.createDimension(name, dim.size)
    for name, item in source.variables.items():
        item.set_auto_maskandscale(False)
        made = target.createVariable(name, item.dtype, item.dimensions)
        made.setncatts({key: item.getncattr(key) for key in item.ncattrs()})
        made[...] = item[...]
    for name, group in source.groups.items():
        copied(group, target.createGroup(name))


def test_a_copy_by_another_program_is_opened_whatever_it_changed(tmp_path, toy):
    path = gs.run(toy_scenario(tmp_path, toy))
    with netCDF4.Dataset(path) as file, netCDF4.Dataset(tmp_path / "copy.nc", "w") as copy:
        file.set_auto_chartostring(False)
        copy.set_auto_chartostring(False)
        copied(file, copy)
    with h5py.File(tmp_path / "copy.nc", "r") as file:
        assert changes_in(file, read_record(file)) == Changes((), ())
    with netCDF4.Dataset(tmp_path / "copy.nc", "a") as copy:
        copy.title = "A copy"
        copy["temperature"].units = "mK"
        copy.history = "another program " * 1000
    with h5py.File(tmp_path / "copy.nc", "r") as file:
        found = changes_in(file, read_record(file)).changed
    assert found == (
        "the attribute 'history' of the file",
        "the attribute 'title' of the file",
        "the attribute 'units' of 'temperature'",
    )
    assert gs.open(tmp_path / "copy.nc").attrs["title"] == "A copy"


@pytest.mark.parametrize(("form", "compression"), FORMS)
def test_a_change_of_what_a_result_says_of_itself_is_found_and_not_run_over(tmp_path, toy, form, compression):
    made = toy_scenario(tmp_path, toy, form, compression)
    path = gs.run(made)
    with gs.open(path) as whole:
        whole.load()
    if form == "zarr":
        place = path / ".zmetadata"
        place.write_bytes(place.read_bytes().replace(b'"K"', b'"k"'))
    else:
        with h5py.File(path, "r+") as file:
            _attribute(file)
    said = "the attribute 'units' of 'temperature' is not as gridscan wrote"
    if form == "zarr":
        with pytest.raises(StoreError, match=said):
            gs.open(path)
    else:
        with pytest.warns(GridscanWarning, match=said):
            found = gs.open(path)
        with found:
            assert found["temperature"].attrs["units"] != whole["temperature"].attrs["units"]
            np.testing.assert_array_equal(found["temperature"], whole["temperature"])
        with pytest.raises(
            StoreError, match="was changed since gridscan wrote it: the attribute 'units' of 'temperature'"
        ):
            gs.run(made)
        return
    # What each array says of itself is right.
    with pytest.warns(GridscanWarning, match="its metadata were damaged and have been rewritten"):
        gs.run(made)
    with gs.open(path) as found:
        xr.testing.assert_identical(found.load(), whole)


def _earlier(file):
    del file[RECORD]
    file["gridscan"].attrs["record"] = "{}"


def _later(file):
    text = file[RECORD][...].tobytes().replace(b'"format": 2', b'"format": 3')
    file[RECORD][...] = np.frombuffer(text, dtype=np.uint8)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            _earlier,
            "was written by an earlier gridscan; its scenario, which gridscan info --scenario prints, can be run",
        ),
        (_later, "update gridscan"),
    ],
)
def test_a_result_of_another_version_is_told_by_name_and_kept(tmp_path, toy, change, said):
    made = toy_scenario(tmp_path, toy)
    path = gs.run(made)
    with h5py.File(path, "r+") as file:
        change(file)
    before = path.read_bytes()
    with pytest.raises(StoreError, match=said):
        gs.open(path)
    with pytest.raises(StoreError, match=f"{said}.*; not overwritten"):
        gs.run(made)
    assert path.read_bytes() == before


@pytest.mark.parametrize(("form", "compression"), FORMS)
def test_every_block_of_a_result_has_a_checksum_also_where_cells_failed(tmp_path, form, compression):
    model = gs.Model("roots", "A model")
    model.parameter("x", 1.0, "A number")

    @model.quantity("1", long_name="root")
    def root(x):
        """sqrt(x). Source: definition."""
        with np.errstate(invalid="ignore"):
            return np.sqrt(x)

    suffix = "zarr" if form == "zarr" else "nc"
    text = f'[axes]\nx = {[-1.0, *range(1, 300)]}\n[output]\nquantities = ["root"]\npath = "roots.{suffix}"\n'
    text = f'model = "roots"\n{text}format = "{form}"\ncompression = "{compression}"\n'
    made = gs.Scenario.parse(text, folder=tmp_path, model=model)
    limits = gs.Limits(smallest_block=100, fewest_blocks=3)
    with pytest.warns(GridscanWarning, match="1 of 300 cells of 'root' failed"):
        path = gs.run(made, limits=limits)
    with opened(path) as file:
        checksums, values = file[CHECKSUMS][...], file["root"][...]
    assert is_done(checksums[1:]).tolist() == [False, True, True]
    assert all(is_whole(values[100 * n : 100 * (n + 1)], checksums[1 + n]) for n in range(3))
    with gs.open(path) as dataset:
        assert dataset["root"].attrs["ancillary_variables"] == "run_status"
        assert dataset["run_status"].attrs["standard_name"] == "status_flag"


def test_a_file_that_is_written_at_once_has_a_record_as_well(tmp_path):
    values = np.random.default_rng(1).random((50, 2))
    dataset = xr.Dataset(
        {"a": (("x", "y"), values), "b": ("x", np.arange(50)), "word": ("y", ["one", "zwölf"])},
        {"y": ("y", ["p", "q"])},
        {"gridscan_settings": "{}", "title": "sample"},
    )
    path = write_result(dataset, tmp_path / "sample.nc")
    with h5py.File(path, "r") as file:
        content = content_of(file)
        assert sorted(content["variables"]) == ["a", "b"]
        assert sorted(content["coordinates"]) == ["word", "y"]
        assert "gridscan_settings" not in file.attrs
        assert is_whole(values, file[CHECKSUMS][content["variables"]["a"]["checksums"]])
        assert unmarked_size(file[CHECKSUMS][0]) == path.stat().st_size
    xr.testing.assert_identical(gs.open(path).load(), dataset)


@pytest.mark.parametrize("how", ["cut", "replaced"])
@pytest.mark.parametrize("compression", ["none", "zlib"])
def test_a_working_file_that_is_cut_short_from_outside_is_found_before_success_is_reported(
    tmp_path, toy, how, compression
):
    made = toy_scenario(tmp_path, toy, compression=compression)
    seen = []

    def cut(progress):
        (work,) = tmp_path.glob(".*.work")
        if not seen and progress.computed:
            seen.append(work.stat().st_size)
            if how == "cut":
                with work.open("r+b") as file:
                    file.truncate(seen[0] // 2)
            else:
                content = work.read_bytes()
                work.unlink()
                work.write_bytes(content)

    with pytest.raises(StoreError, match="another program has cut short or replaced its working file"):
        gs.run(made, progress=cut, limits=gs.Limits(smallest_block=2))
    assert seen
    assert not made.output_path.exists()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GridscanWarning)
        gs.run(made)
    again = toy_scenario(tmp_path, toy, compression=compression)
    with gs.open(made.output_path) as found:
        xr.testing.assert_allclose(found.load().drop_attrs(deep=False), gs.evaluate(again).drop_attrs(deep=False))


def test_equal_runs_are_equal_in_every_byte(tmp_path, toy):
    first = gs.run(toy_scenario(tmp_path, toy)).read_bytes()
    (tmp_path / "toy.nc").unlink()
    assert gs.run(toy_scenario(tmp_path, toy)).read_bytes() == first

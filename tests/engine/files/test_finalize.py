"""The forms of a result: netCDF and zarr, compressed or not, in double or single precision; the same labelled data."""

from __future__ import annotations

import builtins
import functools
import itertools

import h5py
import netCDF4
import numpy as np
import pytest
import xarray as xr
import zarr

import gridscan as gs
from gridscan.errors import GridscanWarning, StoreError
from gridscan.limits import Limits
from gridscan.run import perform
from gridscan.storage.file_units import units_in_memory

FORMS = list(itertools.product(["netcdf", "zarr"], ["none", "zlib"]))
AXES = """
[axes]
planet = ["earth", "mars", "venus"]
sky = ["clear", "overcast"]
moons = [0, 1, 2]
luminosity = { values = [0.5, 1.0, 1.5, 2.0], unit = "Lsun" }
"""


#: Blocks of a few cells.
SMALL = Limits(smallest_block=4)
run, plan = functools.partial(gs.run, limits=SMALL), functools.partial(gs.plan, limits=SMALL)


def name_of(form, compression):
    return f"{compression}.{'nc' if form == 'netcdf' else 'zarr'}"


def toy_scenario(folder, toy, form="netcdf", compression="none", types="{}"):
    text = f"""model = "planet"
{AXES}
[output]
quantities = ["temperature", "tides", "depth"]
path = "{name_of(form, compression)}"
format = "{form}"
compression = "{compression}"
types = {types}
"""
    return gs.Scenario.parse(text, folder=folder, model=toy)


def plainly(path):
    """Open a result without gridscan."""
    if path.suffix == ".zarr":
        return xr.open_zarr(path)
    return xr.open_dataset(path, engine="netcdf4")


@pytest.mark.parametrize("types", ["{}", '{ temperature = "float32", tides = "float32" }'])
def test_every_form_holds_the_same_labelled_data(tmp_path, toy, types):
    wanted = None
    for form, compression in FORMS:
        path = run(toy_scenario(tmp_path, toy, form, compression, types))
        assert path == tmp_path / name_of(form, compression)
        with gs.open(path) as dataset, plainly(path) as plain:
            found = dataset.load()
            same = units_in_memory(plain.load())
            xr.testing.assert_identical(same.drop_attrs(deep=False), found.drop_attrs(deep=False))
        # What made it differs in the scenario alone.
        for name in ("gridscan_scenario", "history"):
            found.attrs.pop(name)
        wanted = found if wanted is None else wanted
        xr.testing.assert_identical(found, wanted)
        assert {name: item.dtype for name, item in found.data_vars.items()} == {
            name: item.dtype for name, item in wanted.data_vars.items()
        }
    computed = toy.evaluate(
        ["temperature", "tides", "depth"],
        planet=["earth", "mars", "venus"],
        sky=["clear", "overcast"],
        moons=[0, 1, 2],
        luminosity=[0.5, 1.0, 1.5, 2.0],
    )
    kind = np.float32 if "temperature" in types else np.float64
    assert wanted.temperature.dtype == wanted.tides.dtype == kind
    assert wanted.depth.dtype == np.float64
    assert wanted.temperature.attrs["units"] == "K"
    assert wanted.planet.values.tolist() == ["earth", "mars", "venus"]
    np.testing.assert_allclose(wanted.temperature, computed.temperature, rtol=1e-6 if kind == np.float32 else 1e-14)
    np.testing.assert_array_equal(wanted.tides, computed.tides.astype(kind))


@pytest.mark.parametrize("form", ["netcdf", "zarr"])
@pytest.mark.parametrize(("before", "after"), [("none", "zlib"), ("zlib", "none")])
def test_a_result_that_is_wanted_in_another_form_is_not_computed_again(tmp_path, toy, form, before, after):
    path = tmp_path / f"out.{'nc' if form == 'netcdf' else 'zarr'}"
    first = perform(plan(toy_scenario(tmp_path, toy, form, before), output=path))
    with gs.open(path) as dataset:
        wanted = dataset.load()
    second = perform(plan(toy_scenario(tmp_path, toy, form, after), output=path))
    assert not second.was_made
    assert second.progress.computed == 0
    assert second.progress.reused == first.progress.computed
    with gs.open(path) as dataset:
        xr.testing.assert_equal(dataset.load(), wanted)
    third = perform(plan(toy_scenario(tmp_path, toy, form, after, '{ tides = "float32" }'), output=path))
    assert third.progress.computed == 0
    with gs.open(path) as dataset:
        np.testing.assert_array_equal(dataset.tides, wanted.tides.astype(np.float32))
    # What has lost its last digits does not get them back from nowhere.
    fourth = perform(plan(toy_scenario(tmp_path, toy, form, after), output=path))
    assert fourth.computed_by_variable["temperature"] == 0
    assert fourth.computed_by_variable["tides"] == 3
    with gs.open(path) as dataset:
        xr.testing.assert_equal(dataset.load(), wanted)


def make_edges():
    """Return a model with values at the edges of what types hold."""
    model = gs.Model("edges", "A model")
    model.parameter("x", 1.0, "Position", unit="1")
    model.parameter("size", "1e-40 cm^2", "An area", unit="cm^2")

    @model.quantity("cm^2", long_name="area")
    def area(size, x):
        """Source: none."""
        return size * x

    @model.quantity("1", long_name="zeros of both signs")
    def zeros(x):
        """Source: none."""
        return 0 * x * np.where(x > 4, 1.0, -1.0)

    @model.quantity("1", long_name="missing values of both signs", missing="everywhere")
    def nothing(x):
        """Source: none."""
        return np.copysign(np.nan, x - 4.5)

    @model.quantity("1", long_name="expected events", count=True)
    def events(x):
        """Source: none."""
        return np.where(x == 2, np.nan, x)

    return model


def edges(folder, quantities, output="", extra="", size="1e-40 cm^2"):
    text = f"""model = "edges"
[axes]
x = {{ values = [1, 2, 3, 4, 5, 6, 7, 8], unit = "1" }}
[parameters]
size = "{size}"
{extra}
[output]
quantities = {quantities!r}
{output}
"""
    return gs.Scenario.parse(text, folder=folder, name="edges.toml", model=make_edges())


@pytest.mark.parametrize(("form", "compression"), FORMS)
def test_values_out_of_the_range_of_single_precision_fail_and_are_not_rounded(tmp_path, form, compression):
    output = f'format = "{form}"\ncompression = "{compression}"\ntypes = {{ area = "float32" }}'
    # The least normal number of single precision is 2^-126 = 1.18e-38: 4 times 3e-39 is above it.
    with pytest.warns(GridscanWarning, match="3 of 8 cells of 'area' failed: 'area' is too small for float32"):
        path = run(edges(tmp_path, ["area"], output, size="3e-39 cm^2"))
    with gs.open(path) as found:
        assert np.isnan(found.area.values).tolist() == [True] * 3 + [False] * 5
        np.testing.assert_allclose(found.area[3:], 3e-39 * np.arange(4, 9), rtol=1e-7)
        assert found.run_status.values.tolist() == [1] * 3 + [0] * 5
    with pytest.warns(GridscanWarning, match="'area' is too large for float32, which ends at 3.4e"):
        path = run(edges(tmp_path, ["area"], output, size="5e37 cm^2"))
    with gs.open(path) as found:
        assert found.run_status.values.tolist() == [0] * 6 + [1] * 2
    # In double precision they are what they are.
    path = run(edges(tmp_path, ["area"], f'format = "{form}"\ncompression = "{compression}"', size="1e-45 cm^2"))
    np.testing.assert_allclose(gs.open(path).area, 1e-45 * np.arange(1, 9), rtol=1e-15)


def test_a_value_that_is_not_finite_hides_none_that_does_not_fit(tmp_path):
    model = make_edges().replace(area=lambda size, x: size / (x - 2) * np.where(x > 4, 1e-30, 1.0))
    text = """model = "edges"
[axes]
x = { values = [1, 2, 3, 4, 5], unit = "1" }
[parameters]
size = "1e-20 cm^2"
[output]
quantities = ["area"]
types = { area = "float32" }
"""
    with pytest.warns(GridscanWarning, match="failed"):
        path = run(gs.Scenario.parse(text, folder=tmp_path, name="edges.toml", model=model))
    with gs.open(path) as found:
        assert (found.run_status != 0).values.tolist() == [False, True, False, False, True]
        assert {line.split(": ", 1)[1] for line in found.run_status.messages.splitlines()} == {
            "'area' is inf",
            "'area' is too small for float32, which begins at 1.18e-38 (float64 holds less)",
        }


@pytest.mark.parametrize(("form", "compression"), FORMS)
def test_zeros_and_missing_values_keep_their_signs_and_checksums(tmp_path, form, compression):
    output = f'format = "{form}"\ncompression = "{compression}"'
    path = run(edges(tmp_path, ["zeros", "nothing"], output))
    with gs.open(path) as found:
        assert np.signbit(found.zeros.values).tolist() == [True] * 4 + [False] * 4
        assert np.isnan(found.nothing.values).all()
        assert np.signbit(found.nothing.values).tolist() == [True] * 4 + [False] * 4
    assert perform(plan(edges(tmp_path, ["zeros", "nothing"], output))).was_made


@pytest.mark.parametrize(("form", "compression"), FORMS)
def test_draws_that_could_not_be_made_are_missing_in_every_form(tmp_path, form, compression):
    output = f'format = "{form}"\ncompression = "{compression}"'
    with pytest.warns(GridscanWarning, match="failed"):
        path = run(edges(tmp_path, ["events"], output, "[sampling]\nrealisations = 5"))
    with plainly(path) as found:
        assert np.isnan(found.events_drawn.sel(x=2)).all()
        assert (found.events_drawn.drop_sel(x=2) >= 0).all()
        assert found.run_status.dtype == np.int16
        assert found.run_status.values.tolist() == [0, 1, 0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize(("form", "compression"), FORMS)
def test_damage_in_every_form_is_found_and_mended(tmp_path, toy, form, compression):
    path = run(toy_scenario(tmp_path, toy, form, compression))
    with gs.open(path) as dataset:
        before = dataset.load()
    place = path / "temperature" / "1.0.0.0.0" if form == "zarr" else path
    if form == "zarr":
        (place, *_) = [item for item in sorted((path / "temperature").iterdir()) if item.name[0] != "."][1:]
        data = bytearray(place.read_bytes())
        at = len(data) // 2
    else:
        with h5py.File(path) as file:
            variable = file["temperature"].id
            at = variable.get_offset() if compression == "none" else variable.get_chunk_info(1).byte_offset
        data = bytearray(place.read_bytes())
        at += 20
    data[at] ^= 0xFF
    place.write_bytes(data)
    with pytest.warns(GridscanWarning, match="1 damaged block was recomputed"):
        again = run(toy_scenario(tmp_path, toy, form, compression))
    with gs.open(again) as dataset:
        xr.testing.assert_identical(dataset.load(), before)


def gone(place):
    place.unlink()


def garbled(place):
    place.write_bytes(place.read_bytes()[:-7])


def other(place):
    place.write_text(place.read_text(encoding="utf-8").replace("1", "7").replace("K", "J"), encoding="utf-8")


@pytest.mark.parametrize("damage", [gone, garbled, other])
@pytest.mark.filterwarnings("ignore:Object at:UserWarning")
def test_a_zarr_folder_that_says_something_else_of_its_arrays_is_left_alone(tmp_path, toy, damage):
    made = toy_scenario(tmp_path, toy, "zarr")
    path = run(made)
    for name in ("temperature/.zattrs", *(() if damage is other else ("temperature/.zarray",))):
        good = (path / name).read_bytes()
        damage(path / name)
        changed = {item: item.read_bytes() for item in path.rglob("*") if item.is_file()}
        with pytest.raises(StoreError, match="not overwritten; move it away, or give another --output"):
            run(made)
        assert {item: item.read_bytes() for item in path.rglob("*") if item.is_file()} == changed
        (path / name).write_bytes(good)
        assert perform(plan(made)).was_made


def test_what_a_zarr_folder_says_of_all_together_is_written_anew(tmp_path, toy):
    made = toy_scenario(tmp_path, toy, "zarr")
    path = run(made)
    whole = {item: item.read_bytes() for item in path.rglob("*") if item.is_file()}
    place = path / ".zmetadata"
    place.write_bytes(place.read_bytes().replace(b'"K"', b'"J"'))
    with pytest.warns(GridscanWarning, match="its metadata were damaged and have been rewritten"):
        run(made)
    assert {item: item.read_bytes() for item in path.rglob("*") if item.is_file()} == whole


def test_a_zarr_folder_without_what_is_read_first_is_mended_without_computing(tmp_path, toy):
    made = toy_scenario(tmp_path, toy, "zarr")
    path = run(made)
    whole = (path / ".zmetadata").read_bytes()
    (path / ".zmetadata").unlink()
    outcome = perform(plan(made))
    assert outcome.notes == (f"{path}: its metadata were damaged and have been rewritten",)
    assert outcome.progress.computed == 0
    assert (path / ".zmetadata").read_bytes() == whole


def test_what_is_seen_at_first_is_only_what_was_asked_for(tmp_path, toy):
    wanted = {"temperature", "tides", "depth", "planet", "sky", "moons", "luminosity", "albedo", "orbit"}
    wanted |= {f"{axis}_weight" for axis in ("planet", "sky", "moons", "luminosity")}
    path = run(toy_scenario(tmp_path, toy))
    with netCDF4.Dataset(path) as file:
        assert set(file.variables) == wanted
        assert set(file.groups) == {"gridscan"}
        # What does not change the numbers of a file is no part of the coordinates.
        assert set(file.dimensions) == {"planet", "sky", "moons", "luminosity", "string5", "string8"}
    with xr.open_dataset(path, engine="netcdf4") as plain:
        assert set(plain.variables) == wanted
    store = run(toy_scenario(tmp_path, toy, "zarr"))
    assert {name for name, _ in zarr.open_group(store, mode="r").arrays()} == wanted
    assert {name for name, _ in zarr.open_group(store, mode="r").groups()} == {"gridscan"}


def test_compression_makes_a_file_smaller_and_its_blocks_chunks(tmp_path):
    text = """model = "edges"
[axes]
x = { values = %s, unit = "1" }
[output]
quantities = ["area"]
path = "%s"
format = "%s"
compression = "%s"
"""
    sizes = {}
    for form, compression in FORMS:
        content = text % (list(range(1, 5001)), name_of(form, compression), form, compression)
        outcome = perform(plan(gs.Scenario.parse(content, folder=tmp_path, model=make_edges())))
        sizes[form, compression] = outcome.nbytes
    for form in ("netcdf", "zarr"):
        # The rest are the coordinate, the text of the scenario, and the record.
        assert sizes[form, "none"] - sizes[form, "zlib"] > 0.2 * 5000 * 8
    with netCDF4.Dataset(tmp_path / "zlib.nc") as file:
        assert file["area"].filters()["zlib"]
        assert file["area"].filters()["shuffle"]
    with netCDF4.Dataset(tmp_path / "none.nc") as file:
        assert file["area"].chunking() == "contiguous"


def test_zarr_that_is_not_installed_is_asked_for_before_anything_is_computed(tmp_path, toy, monkeypatch):
    before = builtins.__import__

    def without_zarr(name, *rest, **options):
        if name.split(".")[0] == "zarr":
            raise ImportError("No module named 'zarr'")
        return before(name, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", without_zarr)
    with pytest.raises(StoreError) as caught:
        run(toy_scenario(tmp_path, toy, "zarr"), progress=lambda _: pytest.fail("it began"))
    assert str(caught.value) == (
        "a zarr folder needs the package zarr, version 3 or newer; install it with pip install 'gridscan[zarr]',"
        " or write a netCDF file"
    )
    assert list(tmp_path.iterdir()) == []

"""Blocks are compared with their checksums when they are first read, however a result is opened."""

from __future__ import annotations

import pickle
import shutil
import subprocess
import sys

import h5py
import netCDF4
import numpy as np
import pytest
import xarray as xr
import zarr
from hypothesis import given
from hypothesis import strategies as st

import gridscan as gs
from gridscan.errors import StoreError
from gridscan.limits import DEFAULT
from gridscan.storage.checked_arrays import CheckedArray
from gridscan.storage.checksums import checksum_of_block
from gridscan.storage.files import write_result

FORMS = [("netcdf", "none"), ("netcdf", "zlib"), ("zarr", "none")]
# Four blocks of the flux of 120 cells.
LIMITS = gs.Limits(smallest_block=30, fewest_blocks=4, largest_block=30)


@pytest.fixture(scope="module", params=FORMS, ids="-".join)
def whole(request, tmp_path_factory):
    form, compression = request.param
    model = gs.Model("source", "A source")
    model.parameter("power", "1 W", "Power")
    model.parameter("distance", "1 m", "Distance")

    @model.quantity("W m-2", long_name="flux")
    def flux(power, distance):
        """P/(4 pi r^2). Source: definition."""
        return power / (4 * np.pi * distance**2)

    text = f"""model = "source"
    axes.power = {{ linspace = [1, 4, 4], unit = "W" }}
    axes.distance = {{ linspace = [1, 30, 30], unit = "m" }}
    output = {{ quantities = ["flux"], format = "{form}", compression = "{compression}" }}
    """
    path = tmp_path_factory.mktemp("made") / f"source.{'zarr' if form == 'zarr' else 'nc'}"
    return gs.run(gs.Scenario.parse(text, model=model), output=path, limits=LIMITS)


@pytest.fixture
def damaged(whole, tmp_path):
    """A result with another number in the third block, and nothing else that differs."""
    path = tmp_path / whole.name
    if whole.is_dir():
        shutil.copytree(whole, path)
        zarr.open_group(path, mode="r+", use_consolidated=False)["flux"][2, 7] *= 1.5
    else:
        shutil.copy(whole, path)
        size = path.stat().st_size
        with netCDF4.Dataset(path, "a") as file:
            file["flux"][2, 7] *= np.nextafter(1, 2)
        assert path.stat().st_size == size
    return path


OPENINGS = {
    "gs.open": gs.open,
    "in chunks": lambda path: gs.open(path, gs.Limits(lazy_bytes=0, smallest_block=30, largest_block=30)),
    "in chunks that cut blocks": lambda path: gs.open(path, gs.Limits(lazy_bytes=0, smallest_block=7, largest_block=7)),
    "engine": lambda path: xr.open_dataset(path, engine="gridscan"),
    "engine in chunks": lambda path: xr.open_dataset(path, engine="gridscan", chunks={"distance": 11, "power": 3}),
    "pickled": lambda path: pickle.loads(pickle.dumps(gs.open(path))),
}


@pytest.mark.parametrize("name", OPENINGS)
def test_a_damaged_block_is_named_when_it_is_read_and_a_whole_result_is_read(whole, damaged, name):
    with OPENINGS[name](whole) as found:
        np.testing.assert_allclose(found.flux.values[2, 7], 3 / (4 * np.pi * 8**2), rtol=1e-15)
    with OPENINGS[name](damaged) as found, pytest.raises(StoreError) as caught:
        found.load()
    assert str(caught.value) == (
        f"{damaged}: is damaged: flux[2:3, 0:30] is not as gridscan wrote it; run its scenario again to repair it"
    )


def test_other_blocks_of_a_damaged_result_can_be_read(whole, damaged):
    with gs.open(damaged) as found, gs.open(whole) as expected:
        np.testing.assert_array_equal(found.flux[:2], expected.flux[:2])
        np.testing.assert_array_equal(found.flux[3, ::-2], expected.flux[3, ::-2])
        with pytest.raises(StoreError, match=r"flux\[2:3, 0:30\]"):
            found.flux[1:, 3].load()
        with pytest.raises(StoreError, match=r"flux\[2:3, 0:30\]"):
            found.flux.sel(power=3, distance=8).load()


def test_the_engine_gives_what_gridscan_gives(whole):
    with gs.open(whole) as expected, xr.open_dataset(whole, engine="gridscan") as found:
        xr.testing.assert_identical(found, expected)
        assert found.attrs["gridscan_versions"]
        assert found.flux.encoding["preferred_chunks"] == {"power": 1, "distance": 30}
    with xr.open_dataset(whole, engine="gridscan", chunks={}, drop_variables=["power"]) as found:
        assert found.flux.chunks == ((1,) * 4, (30,))
        assert "power" not in found.coords


def test_the_engine_takes_results_for_its_own_and_nothing_else(whole, tmp_path):
    engine = xr.backends.list_engines()["gridscan"]
    assert engine.guess_can_open(whole)
    assert engine.guess_can_open(str(whole))
    xr.Dataset({"x": 1}).to_netcdf(tmp_path / "other.nc")
    (tmp_path / "text.nc").write_text("no netCDF")
    (tmp_path / "folder.zarr").mkdir()
    others = [tmp_path / name for name in ("other.nc", "text.nc", "folder.zarr", "missing.nc")]
    for other in [*others, b"CDF", "https://example.org/result.nc", xr.Dataset()]:
        assert not engine.guess_can_open(other)
    with h5py.File(tmp_path / "foreign.h5", "w") as file:
        file["gridscan"] = 1.0
    assert not engine.guess_can_open(tmp_path / "foreign.h5")


def test_the_engine_needs_no_import_of_gridscan_and_brings_the_questions_along(whole):
    code = f"""
import sys, xarray as xr
assert "gridscan" not in sys.modules
with xr.open_dataset({str(whole)!r}, engine="gridscan") as found:
    assert found.gridscan.elasticity("flux", along="distance").values.round(1).min() == -2
    assert "pint_xarray" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_another_program_may_change_the_numbers_of_a_copy(whole, tmp_path):
    path = tmp_path / "copy.nc"
    with gs.open(whole) as found:
        write_result(found.load(), path)
    with netCDF4.Dataset(path, "a") as file:
        file["flux"][2, 7] = 0.0
        file.note = "doubled " * 1000
    with gs.open(path) as found:
        assert found.flux[2, 7] == 0


INDEX = st.one_of(
    st.integers(-7, 6),
    st.builds(slice, st.integers(0, 6), st.integers(1, 7), st.integers(1, 3)),
    st.builds(slice, st.integers(0, 6), st.none(), st.integers(-3, -1)),
    st.lists(st.integers(0, 6), min_size=0, max_size=5).map(lambda places: np.array(places, dtype=int)),
)


@given(key=st.tuples(INDEX, INDEX), largest=st.sampled_from([1, 4, 1000]))
def test_whatever_is_picked_is_what_numpy_picks(key, largest):
    values = np.arange(49.0).reshape(7, 7)
    blocks = [values[3 * i : 3 * i + 3, 2 * j : 2 * j + 2] for i in range(3) for j in range(4)]
    checksums = np.array([checksum_of_block(block) for block in blocks]).reshape(3, 4)
    array = CheckedArray(("file", "x"), xr.Variable(("a", "b"), values), (3, 2), checksums, largest)
    lazy = xr.Variable(("a", "b"), xr.core.indexing.LazilyIndexedArray(array))
    for _ in range(2):
        np.testing.assert_array_equal(lazy[key].values, xr.Variable(("a", "b"), values)[key].values)


def test_of_large_blocks_only_what_is_read_whole_is_compared():
    values = np.arange(40.0).reshape(4, 10)
    checksums = np.array([[checksum_of_block(values[2 * i : 2 * i + 2])] for i in range(2)])
    values[3, 3] = -1.0
    lazy = xr.Variable(
        ("a", "b"),
        xr.core.indexing.LazilyIndexedArray(
            CheckedArray(("file", "x"), xr.Variable(("a", "b"), values), (2, 10), checksums, 1)
        ),
    )
    assert lazy[3, 3].values == -1
    assert lazy[:, 3].values.tolist() == [3, 13, 23, -1]
    assert lazy[0:2].values.shape == (2, 10)
    with pytest.raises(StoreError, match=r"x\[2:4, 0:10\]"):
        lazy[1:].load()
    assert DEFAULT.largest_block * 8 == 8_000_000

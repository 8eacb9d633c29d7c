"""HDF5 files that are no netCDF files are refused before the netCDF library opens them; netCDF files are read."""

from __future__ import annotations

import h5py
import netCDF4
import numpy as np
import pytest
import xarray as xr
from click.testing import CliRunner
from xarray.backends import NetCDF4DataStore

import gridscan as gs
from gridscan.cli import main
from gridscan.errors import StoreError
from gridscan.storage import foreign


def _array(file):
    file["x"] = np.arange(3.0)


def _deep(file):
    file.create_group("g/g/g")["x"] = 1.0


def _single(file):
    file["x"] = np.float32(1.0)


def _single_in_a_record(file):
    file["x"] = np.zeros((), dtype=[("a", "f8"), ("b", [("c", "f4", (2,))])])


def _single_in_a_list(file):
    file.create_dataset("x", (), dtype=h5py.vlen_dtype(np.dtype("f4")))


def _single_attribute(file):
    file.attrs["x"] = np.float32(1.0)


def _single_attribute_of_a_variable(file):
    file["x"] = 1.0
    file["x"].attrs["y"] = np.zeros(3, dtype="f4")


def _nothing(file):
    file["x"] = h5py.Empty("f8")


def _dangling(file):
    file["x"] = h5py.SoftLink("/nowhere")


def _number_of_a_dimension(file):
    file["x"] = np.arange(3.0)
    file["x"].make_scale("x")
    file["x"].attrs["_Netcdf4Dimid"] = 3


FLOATS = "has floats of neither 32 nor 64 bits"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_array, "'/x' has no dimension scales"),
        (_deep, "leads back or too deep"),
        (_single, f"'/x' {FLOATS}"),
        (_single_in_a_record, f"'/x' {FLOATS}"),
        (_single_in_a_list, f"'/x' {FLOATS}"),
        (_single_attribute, f"the attribute 'x' of '/' {FLOATS}"),
        (_single_attribute_of_a_variable, f"the attribute 'y' of '/x' {FLOATS}"),
        (_number_of_a_dimension, "'/x' has an impossible number of its dimension"),
        (_nothing, "'/x' has no shape"),
        (_dangling, "'/x' leads nowhere"),
    ],
)
@pytest.mark.parametrize("userblock", [0, 512])
def test_hdf5_that_is_no_netcdf_is_refused_by_name_and_never_given_to_the_netcdf_library(
    tmp_path, monkeypatch, make, said, userblock
):
    path = tmp_path / "foreign.nc"
    with h5py.File(path, "w", userblock_size=userblock) as file:
        make(file)
    # Narrower limits stand in for what the library cannot take, so that each of these files is harmless.
    monkeypatch.setattr(foreign, "_FLOATS", (8,))
    monkeypatch.setattr(foreign, "_DEEPEST", 1)
    monkeypatch.setattr(foreign, "_MOST_DIMENSIONS", 2)
    monkeypatch.setattr(NetCDF4DataStore, "open", lambda _: pytest.fail("opened"))
    for command in (["export", str(path)], ["info", str(path)]):
        outcome = CliRunner().invoke(main, command)
        assert outcome.exit_code == 2
        assert f"foreign.nc: is HDF5, but not netCDF: {said}" in outcome.output.replace("group '/g", said)
    with pytest.raises(StoreError, match="gridscan reads netCDF files and zarr folders"):
        gs.open(path)


def _of_xarray(path):
    words = ("y", ["a", "bcd", "é"])
    numbers = (("x", "y"), np.arange(6, dtype="f4").reshape(2, 3), {"units": "furlong"})
    xr.Dataset({"numbers": numbers, "words": words, "one": 1}, {"x": [1.0, 2.0]}, {"title": "foreign"}).to_netcdf(path)


def _classic(path):
    xr.Dataset({"numbers": ("x", np.arange(3.0))}).to_netcdf(path, format="NETCDF3_64BIT")


def _with_groups_and_types(path):
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("t", None)
        file.createDimension("station", 2)
        file.createVariable("t", "f8", ("t",))[:] = np.arange(4)
        file.createVariable("numbers", "f4", ("t", "station"), compression="zlib")[:] = np.ones((4, 2))
        file.createVariable("name", str, ("station",))[:] = np.array(["a", "b"], dtype=object)
        group = file.createGroup("deeper").createGroup("still")
        group.createDimension("z", 3)
        group.createVariable("z", "i2", ("z",))[:] = 1
        group.createVariable("both", "f8", ("station", "z"))[:] = 1.0


@pytest.mark.parametrize("make", [_of_xarray, _classic, _with_groups_and_types])
def test_netcdf_of_others_is_read_as_ever(tmp_path, make):
    path = tmp_path / "foreign.nc"
    make(path)
    with gs.open(path) as found, xr.open_dataset(path, engine=None if make is _classic else "netcdf4") as expected:
        xr.testing.assert_identical(found.load(), expected.load())
    outcome = CliRunner().invoke(main, ["export", str(path), "--out", str(tmp_path / "table.csv")])
    assert outcome.exit_code == 0, outcome.output


def test_a_link_that_leads_nowhere_is_not_proposed_in_its_own_place(tmp_path):
    path = tmp_path / "loop.nc"
    path.symlink_to(path)
    with pytest.raises(StoreError) as caught:
        gs.open(path)
    assert str(caught.value) == f"{path}: no such file"

"""What `gs.show_versions()` and `gridscan versions` print."""

import getpass
import importlib.metadata
import platform
import re
import subprocess
import sys

import h5py
import netCDF4
import pytest
from click.testing import CliRunner

import gridscan as gs
from gridscan.cli import main
from gridscan.versions import versions


def test_versions_are_those_of_the_installed_packages():
    found = versions()
    assert found["gridscan"] == gs.__version__
    assert found["Python"] == platform.python_version()
    for name in ("numpy", "scipy", "xarray", "dask", "pint", "matplotlib"):
        assert found[name] == importlib.metadata.version(name)


def test_each_hdf5_is_told_apart():
    found = versions()
    assert found["HDF5 in netCDF4"] == netCDF4.__hdf5libversion__
    assert found["netCDF-C in netCDF4"] == netCDF4.__netcdf4libversion__
    assert found["HDF5 in h5py"] == h5py.version.hdf5_version


def test_every_dependency_is_listed():
    required = importlib.metadata.requires("gridscan")
    names = {re.match(r"[\w.-]+", line)[0].lower() for line in required if "extra ==" not in line}
    assert len(names) > 10
    assert names <= {name.lower() for name in versions()}


def test_what_is_missing_is_said(monkeypatch):
    real = importlib.metadata.version

    def without_zarr(name):
        if name == "zarr":
            raise importlib.metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(importlib.metadata, "version", without_zarr)
    monkeypatch.setitem(sys.modules, "h5py", None)
    found = versions()
    assert found["zarr"] == "not installed"
    assert found["HDF5 in h5py"] == "not installed"
    assert found["HDF5 in netCDF4"] == netCDF4.__hdf5libversion__


def test_a_library_that_does_not_load_is_said(monkeypatch):
    monkeypatch.delattr(netCDF4, "__hdf5libversion__")
    assert versions()["HDF5 in netCDF4"] == "cannot be imported"


def test_python_and_the_command_line_print_the_same_lines(capsys):
    gs.show_versions()
    printed = capsys.readouterr().out
    result = CliRunner().invoke(main, ["versions"])
    assert result.exit_code == 0
    assert result.output == printed
    assert len(printed.splitlines()) == len(versions())
    assert all(line.startswith(name) for line, name in zip(printed.splitlines(), versions(), strict=True))


def test_neither_the_machine_nor_its_user_nor_a_path_is_told(capsys):
    gs.show_versions()
    printed = capsys.readouterr().out
    words = printed.split()
    assert platform.node() not in words
    assert getpass.getuser() not in words
    assert "/" not in printed


@pytest.mark.parametrize("code", ["import gridscan", "import gridscan.cli", "import gridscan.versions"])
def test_libraries_are_not_imported_for_their_versions_before_they_are_asked_for(code):
    heavy = "{'netCDF4', 'h5py', 'numpy', 'xarray'}"
    done = subprocess.run([sys.executable, "-c", f"{code}; import sys; sys.exit(bool({heavy} & {{*sys.modules}}))"])
    assert done.returncode == 0

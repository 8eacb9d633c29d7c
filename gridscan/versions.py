"""Versions of gridscan and its dependencies, for bug reports."""

from __future__ import annotations

import importlib
import importlib.metadata
import operator
import platform

from gridscan._version import __version__

__all__ = ["show_versions", "versions"]

_PACKAGES = (
    "numpy",
    "scipy",
    "pandas",
    "xarray",
    "dask",
    "distributed",
    "netCDF4",
    "h5py",
    "xxhash",
    "zarr",
    "pint",
    "pint-xarray",
    "cf-xarray",
    "astropy",
    "matplotlib",
    "pydantic",
    "click",
    "rich",
    "tree-sitter",
    "tree-sitter-toml",
)

#: C libraries, with the module that has their version: the wheels of netCDF4 and h5py carry an HDF5 each.
_LIBRARIES = (
    ("netCDF-C in netCDF4", "netCDF4", "__netcdf4libversion__"),
    ("HDF5 in netCDF4", "netCDF4", "__hdf5libversion__"),
    ("HDF5 in h5py", "h5py", "version.hdf5_version"),
)


def versions() -> dict[str, str]:
    """Return the versions of gridscan, Python, the system and the libraries, by name.

    Returns
    -------
    dict of str to str
        ``"not installed"`` stands for what is missing, ``"cannot be imported"`` for what is broken.
    """
    found = {"gridscan": __version__, "Python": platform.python_version(), "system": platform.platform()}
    found |= {name: _of_package(name) for name in _PACKAGES}
    return found | {name: _of_library(module, attribute) for name, module, attribute in _LIBRARIES}


def show_versions() -> None:
    """Print the versions of gridscan, Python, the system and the libraries, for a bug report.

    Names of the machine and the user and paths are not printed.

    Examples
    --------
    >>> import gridscan as gs
    >>> gs.show_versions()  # doctest: +ELLIPSIS
    gridscan             ...
    Python               ...
    """
    for name, version in versions().items():
        print(f"{name:<21}{version}")


def _of_package(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _of_library(module: str, attribute: str) -> str:
    try:
        return str(operator.attrgetter(attribute)(importlib.import_module(module)))
    except ModuleNotFoundError:
        return "not installed"
    except (ImportError, AttributeError):
        return "cannot be imported"

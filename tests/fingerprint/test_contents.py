"""Values of libraries: one digest for one content, in every process; another for every other."""

from __future__ import annotations

import array
import collections
import copy
import ctypes
import json
import mmap
import os
import random
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

import astropy.coordinates
import astropy.table
import astropy.time
import astropy.units
import dask.array
import h5py
import netCDF4
import numpy as np
import pandas as pd
import pint
import pytest
import scipy.interpolate
import scipy.sparse
import scipy.stats
import xarray as xr

import gridscan
from gridscan.fingerprint.identity import code_of, incomparable
from gridscan.fingerprint.values import Incomparable, Values

PINT = pint.UnitRegistry()


def _file(ending):
    handle, name = tempfile.mkstemp(ending)
    os.close(handle)
    return name


def memory_map(x):
    name = _file(".bin")
    np.array([x, 2.0]).tofile(name)
    return np.memmap(name, dtype=float, mode="r")


def bytes_of_a_map(x):
    name = _file(".bin")
    np.array([x, 2.0]).tofile(name)
    with open(name, "rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def npz(x):
    name = _file(".npz")
    np.savez(name, a=np.array([x]))
    return np.load(name)


def hdf(x):
    file = h5py.File(_file(".h5"), "w")
    file.create_group("group")["a"] = [x, 2.0]
    return file


def netcdf(x):
    file = netCDF4.Dataset(_file(".nc"), "w")
    file.createDimension("n", 2)
    file.createVariable("a", float, ("n",))[:] = [x, 2.0]
    return file


def lazy(x):
    name = _file(".nc")
    xr.Dataset({"a": ("n", [x, 2.0])}).to_netcdf(name)
    return xr.open_dataset(name)


class WithoutItsTable:
    def __init__(self, x):
        self.table = x

    def __getstate__(self):
        return {}


class Reduced:
    def __init__(self, x):
        self.x = x

    def __reduce__(self):
        return Reduced, (self.x,)


@dataclass
class Frame:
    table: object


def around(x):
    held = {"x": x}
    held["itself"] = held
    return held


def hidden_mask(x):
    return np.ma.array([1.0, 2.0], mask=[x > 1, False])


MAKERS = {
    "masked array": lambda x: np.ma.array([x, 2.0], mask=[False, True]),
    "mask": hidden_mask,
    "record array": lambda x: np.rec.array([(x, 1)], dtype=[("a", float), ("b", int)]),
    "structured array": lambda x: np.array([(x, 1)], dtype=[("a", float), ("b", int)]),
    "matrix": lambda x: np.asmatrix([[x]]),
    "memory map": memory_map,
    "mmap": bytes_of_a_map,
    "memoryview": lambda x: memoryview(np.array([x])),
    "array.array": lambda x: array.array("d", [x]),
    "ctypes array": lambda x: (ctypes.c_double * 2)(x, 2.0),
    "Series": lambda x: pd.Series([x, 2.0], name="a"),
    "name of a Series": lambda x: pd.Series([1.0], name=str(x)),
    "Series of texts": lambda x: pd.Series([str(x), "b"]),
    "Series of objects": lambda x: pd.Series([x, "b", None], dtype=object),
    "Series of categories": lambda x: pd.Series([str(x), "b"], dtype="category"),
    "Series of times": lambda x: pd.Series(pd.to_datetime([int(x), 2], unit="s")),
    "Series of zones": lambda x: pd.Series(pd.to_datetime([int(x), 2], unit="s", utc=True)),
    "Series with gaps": lambda x: pd.Series([int(x), None], dtype="Int64"),
    "sparse Series": lambda x: pd.Series(pd.arrays.SparseArray([0.0, x])),
    "intervals": lambda x: pd.interval_range(0.0, x, periods=3),
    "DataFrame": lambda x: pd.DataFrame({"a": [x, 2.0], "b": ["u", "v"]}),
    "columns of a DataFrame": lambda x: pd.DataFrame({str(x): [1.0]}),
    "rows of a DataFrame": lambda x: pd.DataFrame({"a": [1.0]}, index=[x]),
    "Index": lambda x: pd.Index([x, 2.0]),
    "MultiIndex": lambda x: pd.MultiIndex.from_product([[x, 2.0], ["a"]]),
    "Timedelta": lambda x: pd.Timedelta(seconds=x),
    "missing": lambda x: [pd.NA, x],
    "quantity of pint": lambda x: PINT.Quantity(np.array([x]), "km/s"),
    "unit of pint": lambda x: PINT.Unit("km" if x > 1 else "m"),
    "quantity of astropy": lambda x: [x] * astropy.units.kpc,
    "unit of astropy": lambda x: astropy.units.Unit("kpc" if x > 1 else "pc"),
    "magnitude": lambda x: x * astropy.units.ABmag,
    "angle": lambda x: astropy.coordinates.Angle(x, "deg"),
    "place in the sky": lambda x: astropy.coordinates.SkyCoord(x, 2.0, unit="deg"),
    "time": lambda x: astropy.time.Time(2000.0 + x, format="jyear"),
    "Table": lambda x: astropy.table.Table({"a": [x, 2.0]}),
    "QTable": lambda x: astropy.table.QTable({"a": [x, 2.0] * astropy.units.m}),
    "Table with gaps": lambda x: astropy.table.Table({"a": np.ma.array([x, 2.0], mask=[False, True])}),
    "DataArray": lambda x: xr.DataArray([x, 2.0], {"n": [1, 2]}, ["n"], "a"),
    "coordinate": lambda x: xr.DataArray([1.0, 2.0], {"n": [x, 7.0]}, ["n"], "a"),
    "Dataset": lambda x: xr.Dataset({"a": ("n", [x, 2.0])}),
    "attributes of a Dataset": lambda x: xr.Dataset(attrs={"a": x}),
    "chunked Dataset": lambda x: xr.Dataset({"a": ("n", [x, 2.0])}).chunk(n=1),
    "lazy Dataset": lazy,
    "part of a lazy Dataset": lambda x: lazy(x).a.isel(n=0),
    "dask array": lambda x: dask.array.from_array(np.array([x, 2.0]), chunks=1) + 1,
    "Polynomial": lambda x: np.polynomial.Polynomial([x, 2.0]),
    "Chebyshev": lambda x: np.polynomial.Chebyshev([1.0], domain=[0.0, x]),
    "poly1d": lambda x: np.poly1d([x, 2.0]),
    "frozen distribution": lambda x: scipy.stats.norm(x, 2.0),
    "named argument of a distribution": lambda x: scipy.stats.norm(scale=x),
    "which distribution": lambda x: scipy.stats.norm() if x > 1 else scipy.stats.cauchy(),
    "histogram": lambda x: scipy.stats.rv_histogram(([x, 2.0], [0.0, 1.0, 2.0]), density=False),
    "normal of many": lambda x: scipy.stats.multivariate_normal([x, 2.0]),
    "kernel density": lambda x: scipy.stats.gaussian_kde([x, 2.0, 7.0]),
    "spline": lambda x: scipy.interpolate.CubicSpline([0.0, 1.0, 2.0], [x, 2.0, 7.0]),
    "spline of Fortran": lambda x: scipy.interpolate.UnivariateSpline([0, 1, 2, 3], [x, 2.0, 7.0, 8.0]),
    "interpolator": lambda x: scipy.interpolate.RegularGridInterpolator(([0.0, 1.0],), np.array([x, 2.0])),
    "sparse": lambda x: scipy.sparse.csr_matrix([[x, 0.0]]),
    "Generator": lambda x: np.random.default_rng(int(x)),
    "RandomState": lambda x: np.random.RandomState(int(x)),
    "Random": lambda x: random.Random(int(x)),
    "npz": npz,
    "h5py file": hdf,
    "h5py group": lambda x: hdf(x)["group"],
    "h5py dataset": lambda x: hdf(x)["group/a"],
    "netCDF4 file": netcdf,
    "netCDF4 variable": lambda x: netcdf(x)["a"],
    "dict of a frame": lambda x: {"a": [pd.DataFrame({"a": [x]})]},
    "dataclass of a frame": lambda x: Frame(pd.DataFrame({"a": [x]})),
    "cycle": around,
    "deque": lambda x: collections.deque([pd.Series([x])], maxlen=3),
    "ChainMap": lambda x: collections.ChainMap({"a": x}),
    "class that leaves out its state": WithoutItsTable,
    "class that says how it is made": Reduced,
    "iterator": lambda x: iter([x]),
    "lock and array": lambda x: (threading.Lock(), threading.RLock(), np.array([x])),
}  # fmt: skip


def digest_of(value):
    return Values(lambda _: None).of(value).hex()


@pytest.mark.parametrize("kind", MAKERS)
def test_a_value_of_a_library_counts_by_its_content(kind):
    make = MAKERS[kind]
    assert digest_of(make(1.0)) == digest_of(make(1.0))
    assert digest_of(make(1.0)) != digest_of(make(3.0))


@pytest.mark.parametrize("kind", MAKERS)
def test_what_is_held_as_a_default_is_computed_anew_only_where_it_has_changed(kind):
    def holding(value):
        def formula(x, table=value):
            return table, x

        return code_of(formula)

    make = MAKERS[kind]
    assert not incomparable(holding(make(1.0)))
    assert holding(make(1.0)) == holding(make(1.0)) != holding(make(3.0))


def all_digests():
    return {kind: digest_of(make(1.0)) for kind, make in MAKERS.items()}


def test_another_process_finds_the_same_digests():
    program = "import json, test_contents; print(json.dumps(test_contents.all_digests()))"
    folders = [str(Path(__file__).parent), *filter(None, sys.path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(folders), "PYTHONHASHSEED": "7"}
    command = [sys.executable, "-W", "ignore", "-c", program]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == all_digests()


def test_a_value_that_is_computed_with_keeps_its_digest():
    frame, quantity = MAKERS["DataFrame"](1.0), MAKERS["place in the sky"](1.0)
    before = digest_of(frame)
    frame.a.sum(), frame.describe(), frame.loc[0], frame.b.str.upper()
    assert digest_of(frame) == before
    assert digest_of(copy.deepcopy(quantity)) == digest_of(MAKERS["place in the sky"](1.0))


def test_a_closed_file_cannot_be_compared():
    file = hdf(1.0)
    file.close()
    with pytest.raises(Incomparable, match="File"):
        digest_of(file)


def test_the_rule_imports_no_library():
    program = (
        "import sys, gridscan.fingerprint.values as v, numpy, decimal\n"
        "v.Values(lambda _: None).of([numpy.ones(2), numpy.ma.ones(2), decimal.Decimal(1), object()])\n"
        "print(sorted({'pandas', 'astropy', 'xarray', 'dask', 'h5py', 'scipy', 'pyarrow'} & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(gridscan.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

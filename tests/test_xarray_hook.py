"""`ds.gridscan` is there whichever of gridscan and xarray is imported first, and gridscan does not import xarray."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

import gridscan as gs
from gridscan.sensitivity import along_axis, crossings, discrimination, variance

# Only whether they are registered: what they answer is tested in this process.
REGISTERED = """
assert "gridscan.accessor" not in sys.modules
assert callable(xarray.Dataset.gridscan) and callable(xarray.DataArray.gridscan)
assert not any("gridscan" in type(finder).__module__ for finder in sys.meta_path)
"""
FAILING = """
import sys, gridscan
sys.modules["pandas"] = None
try:
    import xarray
except ImportError:
    del sys.modules["pandas"]
import xarray
"""
ORDERS = {
    "gridscan first": "import gridscan, sys; assert 'xarray' not in sys.modules; import xarray",
    "xarray first": "import sys, xarray, gridscan",
    "xarray after somebody looked where it is": (
        "import gridscan, importlib.util, sys; importlib.util.find_spec('xarray');"
        "assert 'xarray' not in sys.modules; import xarray"
    ),
    "xarray after an import of it that failed": FAILING,
}


@pytest.mark.parametrize("order", ORDERS)
def test_questions_are_there_in_any_order_of_imports(order):
    code = f"import warnings; warnings.simplefilter('error')\n{ORDERS[order]}\n{REGISTERED}"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


@pytest.fixture
def rates():
    values = np.arange(1.0, 41.0).reshape(10, 4) ** 1.5
    coordinates = {
        "mass": ("mass", np.linspace(1, 10, 10), {"units": "kg"}),
        "imf": ["kroupa", "salpeter", "top-heavy", "top-light"],
        "detector_mass": ((), 20.0, {"units": "kg"}),
    }
    return xr.Dataset({"events": (("mass", "imf"), values, {"units": "yr-1", "long_name": "events"})}, coordinates)


@pytest.mark.parametrize(
    ("function", "options"),
    [
        (along_axis.elasticity, {"along": "mass"}),
        (along_axis.derivative, {"along": "mass"}),
        (along_axis.contrast, {"along": "imf", "reference": "kroupa", "kind": "log"}),
        (crossings.crossing, {"along": "mass", "value": "30 / yr", "scale": "log"}),
        (variance.variance_shares, {"over": "mass", "log": True}),
        (variance.rank, {"over": ["mass", "imf"], "log": True}),
        (discrimination.discriminate, {"along": "imf", "exposure": "3 yr", "mass": "detector_mass"}),
    ],
)
def test_an_array_answers_as_its_dataset_does(rates, function, options):
    answer = getattr(rates.events.gridscan, function.__name__)(**options)
    xr.testing.assert_identical(answer, getattr(rates.gridscan, function.__name__)("events", **options))


def test_an_array_without_a_name_and_one_that_is_a_coordinate_are_asked_as_well(rates):
    expected = rates.events.gridscan.elasticity(along="mass")
    np.testing.assert_array_equal(rates.events.rename(None).gridscan.elasticity(along="mass"), expected)
    np.testing.assert_allclose(rates.mass.gridscan.elasticity(along="mass"), 1.0, rtol=1e-12)


def test_axes_have_their_names_in_a_file_that_plain_xarray_has_opened(tmp_path):
    path = gs.run("imf_scan", output=tmp_path / "out.nc")
    with xr.open_dataset(path, engine="netcdf4") as plain, gs.open(path) as found:
        answer = plain.gridscan.contrast("carbon_burning_rsg", along="time", reference="15 Myr", kind="difference")
        expected = found.gridscan.contrast("carbon_burning_rsg", along="time", reference="15 Myr", kind="difference")
        np.testing.assert_array_equal(answer, expected)
        expected = found.gridscan.derivative("carbon_burning_rsg", along="sfr").sel(time=15)
        answer = plain.carbon_burning_rsg.sel(time=15).gridscan.derivative(along="sfr")
        np.testing.assert_array_equal(answer, expected)

"""Times since an event as years AD on the axis of a picture."""

import datetime

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
import xarray as xr
from pictures import assert_readable, tick_labels

from gridscan.errors import SensitivityError
from gridscan.plot import draw


@pytest.fixture
def echo():
    times = np.linspace(0.0, 700.0, 30) * 12
    flux = np.exp(-((times / 12 - 350) ** 2) / 1e4) * np.array([[1.0], [0.5]])
    return xr.Dataset(
        {"flux": (("energy", "time"), flux, {"units": "cm-2 s-1", "long_name": "flux"})},
        {"time": ("time", times, {"units": "month"}), "energy": ("energy", [5.0, 6.0], {"units": "MeV"})},
    )


@pytest.mark.parametrize("epoch", [1671.0, "1671-01-01", datetime.date(1671, 1, 1)])
def test_a_line_along_time_is_drawn_over_years_of_the_calendar(echo, epoch):
    axes = draw(echo, "flux", along="time", epoch=epoch)
    assert axes.get_xlabel() == "year AD"
    np.testing.assert_allclose(axes.lines[0].get_xdata(), 1671.0 + np.linspace(0.0, 700.0, 30), rtol=1e-12)
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), echo.flux.isel(energy=1))
    assert "2000" in tick_labels(axes.xaxis)
    assert_readable(axes)


def test_a_map_over_time_has_years_on_that_axis_only(echo):
    axes = draw(echo, "flux", along=["time", "energy"], epoch="1987-02-23")
    assert axes.get_xlabel() == "year AD"
    assert axes.get_ylabel() == "energy [MeV]"
    assert axes.get_xlim()[1] > 2650.0


def test_times_of_decades_are_not_logarithmic_as_years():
    times = np.geomspace(1.0, 1e4, 20)
    result = xr.Dataset({"flux": ("time", 1 / times, {"units": "1"})}, {"time": ("time", times, {"units": "yr"})})
    assert draw(result, "flux").get_xscale() == "log"
    assert draw(result, "flux", epoch=1987.1).get_xscale() == "linear"


@pytest.mark.parametrize("epoch", ["23 Feb 1987", float("nan"), True])
def test_an_epoch_that_is_none_is_refused(echo, epoch):
    with pytest.raises(SensitivityError, match=r"is neither a year such as 1671\.5 nor a date such as '1987-02-23'"):
        draw(echo, "flux", along="time", epoch=epoch)


def test_without_an_axis_of_time_an_epoch_is_refused(echo):
    with pytest.raises(SensitivityError, match="epoch 1671 needs an axis of time; shown are energy"):
        draw(echo, "flux", along="energy", epoch=1671)

"""Fixtures of the tests of pictures: a small result, and no figure left open."""

import json

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
import xarray as xr
from matplotlib import pyplot
from pictures import DETECTORS, IMFS, RADII, TIMES, attributes


@pytest.fixture(autouse=True)
def no_figure_is_left():
    yield
    pyplot.close("all")


@pytest.fixture
def dataset():
    imf, time, radius = np.ix_([1.0, 0.9, 1.7, 0.4], TIMES - 5, RADII)
    mass = np.array([20, 22.5, 187])
    flux = 1e3 * imf * time * radius
    scenario = "[axes]\nimf = []\ntime = []\nradius = []\ndetector = []\n[axes.zip.sun]\nsun_x = []\nsun_y = []\n"
    return xr.Dataset(
        {
            "flux": (("imf", "time", "radius"), flux, attributes("1/cm^2/s", "mean neutrino flux")),
            "events": (("imf", "time", "radius", "detector"), flux[..., None] * mass, attributes("1/yr", "event rate")),
            "ratio": (("imf", "time"), np.where(time > 0, imf * time, np.nan)[..., 0], attributes("1", "ratio")),
            "mass": (("detector",), mass, attributes("kt", "detector mass")),
            "offset": (("time",), TIMES - 10, attributes("kpc", "offset")),
            "shape": (("sun", "radius"), np.outer([1, 2], RADII), attributes("1", "share within the radius")),
            "single": ((), 4.25, attributes("kt", "one mass")),
            "unborn": (("imf", "time"), np.where(time > 7, imf * time, np.nan)[..., 0], attributes("1", "unborn")),
            "lost": (("imf", "time"), np.full((4, 4), np.nan), attributes("1", "lost")),
        },
        coords={
            "imf": ("imf", IMFS, {"long_name": "Initial mass function"}),
            "time": ("time", TIMES, attributes("Myr", "Time since star formation began")),
            "radius": ("radius", RADII, attributes("kpc", "Radius around the Sun")),
            "detector": ("detector", DETECTORS, {"long_name": "Detector"}),
            "sun_x": ("sun", [-8.2, -8.0], attributes("kpc", "Sun, first coordinate")),
            "sun_y": ("sun", [0.0, 0.3], attributes("kpc", "Sun, second coordinate")),
            "sfr": ((), 2.0, attributes("Msun/yr", "Star formation rate")),
        },
        attrs={"gridscan_scenario": scenario, "gridscan_overrides": json.dumps({})},
    )

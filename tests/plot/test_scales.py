"""Scales of a picture: when they are logarithmic, and what stands along them."""

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
import xarray as xr
from pictures import assert_readable

from gridscan.plot import draw


def test_many_long_labels_are_tilted_rather_than_overlapping():
    names = [f"detector-number-{k}" for k in range(9)]
    y = xr.DataArray(np.arange(1.0, 10), dims="detector", coords={"detector": names}, name="y")
    axes = draw(y.to_dataset(), "y")
    assert {label.get_rotation() for label in axes.get_xticklabels()} == {35}
    assert_readable(axes)


@pytest.mark.parametrize(
    ("values", "scale"),
    [([1, 10, 99], "linear"), ([1, 10, 101], "log"), ([-1, 10, 10000], "linear"), ([0, 1, 99], "linear")],
)
def test_values_over_two_decades_are_drawn_on_a_logarithmic_scale(values, scale):
    y = xr.DataArray(np.array(values, dtype=float), dims="x", coords={"x": [1, 2, 3]}, name="y")
    assert draw(y.to_dataset(), "y").get_yscale() == scale


@pytest.mark.parametrize(
    ("points", "scale"),
    [
        (np.geomspace(1, 20, 6), "log"),
        (np.linspace(1, 20, 6), "linear"),
        (np.linspace(1, 200, 6), "log"),
        (np.geomspace(1, 8, 6), "linear"),
        (np.linspace(-1, 200, 6), "linear"),
    ],
)
def test_an_axis_that_is_spaced_by_factors_is_drawn_on_a_logarithmic_scale(points, scale):
    y = xr.DataArray(points, dims="x", coords={"x": points}, name="y")
    assert draw(y.to_dataset(), "y").get_xscale() == scale


def test_a_quantity_that_is_constant_but_for_rounding_is_not_blown_up():
    y = xr.DataArray(2 + 1e-14 * np.arange(4), dims="x", coords={"x": np.arange(4)}, name="y")
    axes = draw(y.to_dataset(), "y")
    assert axes.get_ylim() == pytest.approx((1.9, 2.1))
    assert_readable(axes)

"""Text in pictures: units, numbers, labels."""

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
import xarray as xr

from gridscan.plot import draw, text


@pytest.mark.parametrize(
    ("unit", "shown"),
    [
        ("1/cm^2/s", "cm$^{-2}$ s$^{-1}$"),
        ("Msun/yr", "M$_{\\odot}$ yr$^{-1}$"),
        ("kpc^0.5*MeV", "kpc$^{0.5}$ MeV"),
        ("Msun/kpc^2/yr", "M$_{\\odot}$ kpc$^{-2}$ yr$^{-1}$"),
        ("°", "°"),
        ("furlong per $", "furlong per \\$"),
    ],
)
def test_units_are_typeset(unit, shown):
    assert text.typeset(unit) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0"),
        (-0.25, "−0.25"),
        (1234.5, "1230"),
        (98765.0, "98800"),
        (1.5e6, "1.5×10$^{6}$"),
        (-2e-7, "−2×10$^{-7}$"),
        (np.inf, "∞"),
        (np.nan, ""),
    ],
)
def test_numbers_are_short(value, shown):
    assert text.number(value) == shown


def test_labels_have_the_digits_that_tell_them_apart():
    y = xr.DataArray(np.zeros(3), dims="x", coords={"x": [1.0, 1.0002, 2.0]})
    assert text.labels(y, "x") == ["1", "1.0002", "2"]


def test_dollar_signs_and_missing_units_do_no_harm():
    y = xr.DataArray([1.0, 2.0], dims="x", coords={"x": ["a$b$", "c$"]}, name="y", attrs={"units": "US$"})
    axes = draw(y.to_dataset(), "y")
    axes.figure.draw_without_rendering()
    assert axes.get_ylabel() == "y [US\\$]"

"""Pictures of answers: tornado, matrix, shares of the variance."""

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
import xarray as xr
from matplotlib import pyplot
from matplotlib.colors import LogNorm
from matplotlib.container import BarContainer
from pictures import IMFS, assert_readable, attributes, subtitle, tick_labels

from gridscan.errors import SensitivityError
from gridscan.plot import matrix, shares, text, tornado
from gridscan.sensitivity.discrimination import discriminate
from gridscan.sensitivity.variance import variance_shares


@pytest.fixture
def table():
    names = ["sfr", "arm_pitch", "radius", "time", "metallicity"]
    return xr.Dataset(
        {
            "elasticity": ("parameter", [1.0, -3.25, 0.5, 0.0, -0.1], {"long_name": "elasticity d ln(y) / d ln(x)"}),
            "elasticity_error": ("parameter", [0.0, 0.5, 1e-9, 0.0, 1e-9]),
        },
        coords={
            "parameter": names,
            "base_value": ("parameter", ["2 Msun/yr", "12 deg", "1 kpc", "20 Myr", "0.014"]),
        },
        attrs={"quantity": "y", "comment": "around imf = kroupa, time = 20 Myr; no elasticity (zero): sun_y"},
    )


def test_a_tornado_has_the_strongest_on_top_with_sign_base_value_and_error(table):
    axes = tornado(table)
    assert tick_labels(axes.yaxis) == [
        "arm_pitch = 12 deg",
        "sfr = 2 Msun/yr",
        "radius = 1 kpc",
        "metallicity = 0.014",
        "time = 20 Myr",
    ]
    assert axes.yaxis_inverted()
    assert [bar.get_width() for bar in axes.patches] == [-3.25, 1.0, 0.5, -0.1, 0.0]
    assert [item.get_text() for item in axes.texts] == ["−3.25", "+1", "+0.5", "−0.1", "0"]
    assert axes.patches[0].get_facecolor() != axes.patches[1].get_facecolor()
    whiskers = axes.collections[0].get_segments()
    np.testing.assert_array_equal(whiskers[0][:, 0], [-3.75, -2.75])
    assert axes.get_xlabel() == "elasticity d ln(y) / d ln(x)"
    assert subtitle(axes) == "around imf = kroupa, time = 20 Myr"
    assert_readable(axes)


def test_a_tornado_says_how_many_parameters_it_leaves_out(table):
    axes = tornado(table, most=2)
    assert len(axes.patches) == 2
    assert subtitle(axes).endswith("the 2 strongest of 5 parameters")


def test_a_tornado_of_a_table_with_kept_axes_says_which_value_it_shows(table):
    kept = xr.concat([table, table * 2], dim=xr.DataArray(["kroupa", "salpeter"], dims="imf", name="imf"))
    axes = tornado(kept.isel(imf=[1, 0]).drop_attrs(deep=False))
    assert axes.patches[0].get_width() == -6.5
    assert subtitle(axes) == "imf = salpeter"


@pytest.fixture
def pairs(dataset):
    rates = dataset.sel(time=20, detector="juno").isel(radius=0, imf=[0, 1, 2, 0])
    rates = rates.assign_coords(imf=("imf", [*IMFS[:3], "twin"], {"long_name": "Initial mass function"}))
    rates = rates.assign(events=rates.events / 1e4).drop_vars(["flux", "ratio", "lost", "shape"])
    return discriminate(rates, "events", "imf", mass="20 kt")


def test_a_matrix_has_the_mass_of_each_pair_with_a_blank_diagonal(pairs):
    axes = matrix(pairs)
    expected = pairs.required_mass.sel({"method": "asimov"}).values
    shown = np.array([item.get_text() for item in axes.texts]).reshape(4, 4)
    assert list(np.diagonal(shown)) == [""] * 4
    assert shown[0, 1] == text.number(expected[0, 1])
    assert shown[0, 3] == shown[3, 0] == "∞"
    mesh = axes.collections[0]
    assert isinstance(mesh.norm, LogNorm)
    np.testing.assert_array_equal(np.ma.getmaskarray(mesh.get_array()), ~np.isfinite(expected))
    assert axes.figure.axes[1].get_ylabel().endswith("[kt]")
    assert tick_labels(axes.yaxis) == [*IMFS[:3], "twin"]
    assert axes.get_ylabel() == "Initial mass function a"
    assert axes.get_xlabel() == "Initial mass function b"
    assert subtitle(axes).startswith("asimov: exposure 10 yr, background 0 / yr, significance 3 time = 20 Myr")
    assert_readable(axes)


def test_a_matrix_without_a_mass_has_scale_factors_of_the_method_asked_for(pairs):
    axes = matrix(pairs.drop_vars("required_mass"), method="gaussian")
    expected = pairs.scale_factor.sel({"method": "gaussian"}).values
    assert axes.texts[1].get_text() == text.number(expected[0, 1])
    assert "[" not in axes.figure.axes[1].get_ylabel()


@pytest.mark.parametrize("factor", [1, 1e6])
def test_the_colour_bar_of_a_narrow_range_has_numbers_that_differ(pairs, factor):
    mass = pairs.required_mass
    narrow = pairs.assign(required_mass=mass.copy(data=mass.data * factor)).isel(imf_a=[0, 2], imf_b=[0, 2])
    axes = matrix(narrow)
    assert_readable(axes)
    bar = axes.figure.axes[1]
    low, high = bar.get_ylim()
    shown = [tick.label2.get_text() for tick in bar.yaxis.get_major_ticks() if low <= tick.get_loc() <= high]
    assert len(shown) >= 2
    assert len(set(shown)) == len(shown)
    assert not any(tick.label2.get_text() for tick in bar.yaxis.get_minor_ticks())


def test_shares_are_bars_of_first_order_and_total_with_the_highest_on_top():
    a, b = np.ix_(np.linspace(0, 1, 10), np.linspace(0, 2, 11))
    y = xr.DataArray(a + b + a * b, dims=("a", "b"), coords={"a": a.ravel(), "b": b.ravel()}, name="y")
    y.attrs.update(attributes("kpc", "the quantity"))
    result = variance_shares(y.to_dataset(), "y")
    axes = shares(result)
    assert tick_labels(axes.yaxis) == ["b", "a"]
    bars = [group for group in axes.containers if isinstance(group, BarContainer)]
    alone, total = ([bar.get_width() for bar in group] for group in bars)
    whiskers = [float(np.ptp(line[:, 0])) / 2 for line in bars[1].errorbar.lines[2][0].get_segments()]
    np.testing.assert_allclose(whiskers, result.total_error.sel(axis=["b", "a"]), rtol=1e-9)
    assert subtitle(axes) == "weights: a uniform, b uniform"
    np.testing.assert_array_equal(alone, result.first_order.sel(axis=["b", "a"]))
    np.testing.assert_array_equal(total, result.total.sel(axis=["b", "a"]))
    assert axes.get_xlabel() == "share of the variance of the quantity"
    assert_readable(axes)


def test_tables_of_another_kind_are_refused(table, pairs, dataset):
    for picture, wrong, message in (
        (tornado, dataset, "expected the table of gridscan.local"),
        (matrix, table, "expected the table of discriminate"),
        (shares, pairs, "expected the table of variance_shares"),
    ):
        with pytest.raises(SensitivityError, match=message):
            picture(wrong)
    with pytest.raises(SensitivityError, match="unknown method 'asimow'; did you mean 'asimov'"):
        matrix(pairs, method="asimow")
    with pytest.raises(SensitivityError, match="most=0"):
        tornado(table, most=0)
    with pytest.raises(SensitivityError, match="no finite value"):
        matrix(pairs.isel(imf_a=[0, 3], imf_b=[0, 3]))
    assert pyplot.get_fignums() == []


def test_a_matrix_shows_the_numbers_of_the_cells_that_it_colours(dataset):
    table = discriminate(dataset, "events", "imf", background="1 / yr", mass="20 kt")
    axes = matrix(table)
    held = {"time": 2, "radius": 4, "detector": 0}
    expected = table.required_mass.sel({"method": "asimov"}).isel(held)
    shown = {(item.get_position()[1], item.get_position()[0]): item.get_text() for item in axes.texts}
    assert shown[0.5, 1.5] == text.number(float(expected[0, 1]))
    assert "time = 12 Myr" in axes.get_title(loc="left")

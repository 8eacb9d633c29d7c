"""Pictures of expected numbers with their Poisson intervals."""

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
import xarray as xr
from matplotlib import pyplot
from matplotlib.colors import to_hex
from panels import (
    DETECTORS,
    IMFS,
    TIMES,
    bars_of,
    counts,
    curves,
    grid_of,
    legend_texts,
    whiskers_of,
    written,
)
from pictures import assert_readable, subtitle, tick_labels
from scipy.stats import chi2

from gridscan.errors import SensitivityError, UnitError
from gridscan.plot.poisson import poisson_interval

_TAIL = 0.15865525393145707


@pytest.fixture
def dataset():
    return grid_of(IMFS, TIMES, DETECTORS)


def ends_of(numbers):
    """Return the central Poisson interval in terms of χ² of 2N degrees of freedom, as Garwood has it."""
    numbers = np.asarray(numbers, dtype=float)
    low = np.where(numbers > 0, chi2.ppf(_TAIL, 2 * np.where(numbers > 0, numbers, 1)) / 2, 0)
    return low, chi2.ppf(1 - _TAIL, 2 * numbers + 2) / 2


@pytest.mark.parametrize(
    ("number", "low", "high"),
    # Gehrels 1986, ApJ 303, 336, tables 1 and 2, for one standard deviation.
    [(0, 0, 1.841), (1, 0.173, 3.300), (2, 0.708, 4.638), (5, 2.840, 8.382), (9, 6.058, 13.11), (50, 42.95, 58.12)],
)
def test_the_interval_is_that_of_published_tables(number, low, high):
    assert poisson_interval(np.array([float(number)])).ravel() == pytest.approx([low, high], rel=2e-3)
    # For many it is the square root.
    many = poisson_interval(np.array([1e8])).ravel()
    assert many == pytest.approx([1e8 - 1e4, 1e8 + 1e4], abs=2)


def test_numbers_of_labels_are_bars_with_whiskers_of_their_poisson_interval(dataset):
    axes = counts(dataset.sel(time=12))
    assert axes.shape == (2,)
    for one, expected in zip(axes, (4 * 7 * np.arange(1, 5), 0.2 * 7 * np.arange(1, 5)), strict=True):
        np.testing.assert_allclose([bar.get_height() for bar in bars_of(one)[0]], expected)
        (whiskers,) = whiskers_of(one)
        np.testing.assert_allclose(whiskers.T, ends_of(expected))
        assert one.get_ylim()[0] == 0
        assert one.get_ylim()[1] > whiskers.max()
    assert tick_labels(axes[1].xaxis) == IMFS
    assert_readable(axes[0])


def test_whiskers_stand_in_the_middle_of_their_bars(dataset):
    for one in counts(dataset.sel(time=12), along="imf", by="radius"):
        bars = [container for container in one.containers if hasattr(container, "patches")]
        whiskers = [container for container in one.containers if not hasattr(container, "patches")]
        for drawn, errors in zip(bars, whiskers, strict=True):
            centres = [bar.get_x() + bar.get_width() / 2 for bar in drawn]
            np.testing.assert_allclose([part[0, 0] for part in errors.lines[2][0].get_segments()], centres)


@pytest.mark.parametrize(("scale", "yscale"), [(1, "linear"), (1e-6, "log")])
def test_the_number_of_a_bar_stands_beside_its_end_not_above_its_whisker(scale, yscale):
    axes = counts(grid_of(IMFS, [12.0], DETECTORS, scale))
    assert {one.get_yscale() for one in axes} == {yscale}
    assert written(axes[0])[:2] == (["28", "56"] if scale == 1 else ["2.8×10$^{-5}$", "5.6×10$^{-5}$"])
    assert ("cut short" in subtitle(axes[0])) == (yscale == "log")
    axes[0].figure.draw_without_rendering()
    for one in axes:
        for item, (place, value) in zip(one.texts, [item.xy for item in one.texts], strict=True):
            box, end = item.get_window_extent(), one.transData.transform((place, value))
            assert box.x0 > end[0] + 3
            assert 0 <= box.y0 - end[1] < 8


def test_on_a_logarithmic_scale_there_are_points_in_place_of_bars():
    (one,) = counts(grid_of(IMFS, [12.0], DETECTORS, scale=1e-6), "carbon_burning_rsg", along="imf")
    assert one.get_yscale() == "log"
    assert not one.patches
    points = one.lines[0]
    assert points.get_linestyle() == "None"
    assert points.get_ydata() == pytest.approx(28e-6 * np.arange(1, 5))


def test_panels_share_their_axis_their_legend_and_one_subtitle(dataset):
    axes = counts(dataset, along="time")
    assert [one.get_xlabel() for one in axes] == ["", "Time since star formation began [Myr]"]
    assert [one.get_ylabel().replace("\n", " ").replace("- ", "-") for one in axes] == [
        "expected number of carbon-burning red supergiants",
        "expected number of carbon-burning red supergiants within the radius",
    ]
    assert legend_texts(axes[0]) == IMFS
    assert axes[1].get_legend() is None
    assert subtitle(axes[0]).startswith("radius = 3 kpc whiskers: the Poisson interval of 68 % (Garwood)")
    assert subtitle(axes[1]) == ""
    assert axes[0].get_shared_x_axes().joined(*axes)
    # The note takes the width of the page, not of the panels beside their legend.
    assert len(axes[0].get_title(loc="left").split("\n")) == 2
    assert_readable(axes[0])


def test_lines_by_labels_have_whiskers_and_stand_side_by_side(dataset):
    axes = counts(dataset.isel(imf=slice(3)), along="time")
    one = axes[1]
    for imf, line, whiskers in zip(IMFS[:3], curves(one), whiskers_of(one), strict=True):
        expected = dataset.carbon_burning_rsg_within.sel(imf=imf, radius=3).values
        np.testing.assert_array_equal(line.get_xdata(), TIMES)
        np.testing.assert_array_equal(line.get_ydata(), expected)
        np.testing.assert_allclose(whiskers.T, ends_of(expected), atol=1e-12)
    one.figure.draw_without_rendering()
    shown = [line.get_transform().transform((12.0, 1.0))[0] for line in curves(one)]
    assert np.diff(shown).min() > 3
    assert np.mean(shown) == pytest.approx(one.transData.transform((12.0, 1.0))[0])
    bars = [container.lines[2][0] for container in one.containers]
    assert [bar.get_transform().transform((12.0, 1.0))[0] for bar in bars] == pytest.approx(shown)
    assert "lines moved sideways to separate them" in subtitle(axes[0])


def test_on_a_long_axis_each_line_has_its_whiskers_and_markers_at_places_of_its_own():
    long = grid_of(IMFS, np.linspace(6, 45, 40), DETECTORS)
    axes = counts(long, along="time")
    where = []
    for container, line in zip(axes[0].containers, curves(axes[0]), strict=True):
        found = [segment[0, 0] for segment in container.lines[2][0].get_segments()]
        first, step = line.get_markevery()
        np.testing.assert_array_equal(line.get_xdata()[first::step], found)
        where.append(set(found))
    assert [len(places) for places in where] == [8, 8, 8, 8]
    assert len(set.union(*where)) == 32
    assert "moved" not in subtitle(axes[0])
    assert_readable(axes[0])


def test_a_line_alone_has_a_band(dataset):
    axes = counts(dataset.sel(imf="salpeter"), "carbon_burning_rsg_within", along="time")
    (band,) = axes[0].collections
    corners = band.get_paths()[0].vertices
    expected = 0.4 * (TIMES - 5)
    for time, number in zip(TIMES, expected, strict=True):
        ends = corners[np.isclose(corners[:, 0], time), 1]
        assert [ends.min(), ends.max()] == pytest.approx([float(end) for end in ends_of(number)])
    assert axes[0].get_legend() is None
    assert "band: the Poisson interval" in subtitle(axes[0])


@pytest.mark.parametrize("along", ["time", "imf"])
def test_on_a_logarithmic_scale_whiskers_that_reach_zero_end_at_the_lower_edge_and_it_is_said(dataset, along):
    many = dataset.assign(carbon_burning_rsg=dataset.carbon_burning_rsg * xr.DataArray([0.01, 1, 10, 100], dims="imf"))
    many.carbon_burning_rsg.attrs = dataset.carbon_burning_rsg.attrs
    (one,) = counts(many, "carbon_burning_rsg", along=along)
    assert one.get_yscale() == "log"
    low = one.get_ylim()[0]
    expected = many.carbon_burning_rsg.isel(imf=0) if along == "time" else many.carbon_burning_rsg.sel(time=12)
    ends = np.maximum(ends_of(expected)[0], low)
    np.testing.assert_allclose(whiskers_of(one)[0][:, 0], ends)
    assert ends[0] == low
    assert 0 < low < float(expected.min())
    assert "cut short at the lower edge of a logarithmic scale" in subtitle(one)
    assert_readable(one)


def test_a_logarithmic_scale_that_cuts_no_whisker_says_nothing_of_it():
    large = grid_of(["a", "b"], [6.0, 6.0001e3], DETECTORS, scale=1e3)
    (one,) = counts(large, "carbon_burning_rsg", along="time")
    assert one.get_yscale() == "log"
    assert "cut short" not in subtitle(one)


def test_bars_that_their_whiskers_would_dwarf_are_on_a_logarithmic_scale():
    axes = counts(grid_of(IMFS, [12.0], DETECTORS, scale=1e-6), along="imf")
    assert [one.get_yscale() for one in axes] == ["log", "log"]
    assert axes[0].get_ylim()[1] > 1.841
    axes = counts(grid_of(IMFS, [12.0], DETECTORS, scale=0.1), along="imf")
    assert [one.get_yscale() for one in axes] == ["linear", "linear"]
    assert "cut short" not in subtitle(axes[0])


def test_numbers_that_are_missing_or_zero_are_said_once_for_both_panels(dataset):
    holes = dataset.where(dataset.time > 6)
    for name in holes.data_vars:
        holes[name].attrs = dataset[name].attrs
    axes = counts(holes, along="time")
    assert "each panel: 4 of 16 values are missing and left blank" in subtitle(axes[0])
    assert np.isnan(axes[0].lines[0].get_ydata()[0])


def test_nothing_but_zeros_is_drawn_at_zero(dataset):
    empty = dataset.assign({name: dataset[name].copy(data=0 * dataset[name].data) for name in dataset.data_vars})
    for along in ("time", "imf"):
        axes = counts(empty, along=along)
        assert "each panel: every value shown is zero" in subtitle(axes[0])
        assert [one.get_yscale() for one in axes] == ["linear", "linear"]
        assert [one.get_ylim()[1] for one in axes] == pytest.approx([1.12 * 1.841] * 2, rel=1e-3)
        # A bar begins at the lower edge, a marker is not cut by it.
        assert {one.get_ylim()[0] < 0 for one in axes} == {along == "time"}


def test_one_panel_that_leaves_something_out_is_named(dataset):
    dataset.carbon_burning_rsg[0, 0] = np.nan
    axes = counts(dataset, along="time")
    assert "carbon_burning_rsg: 1 of 16 values are missing and left blank" in subtitle(axes[0])


@pytest.mark.parametrize("names", [["kroupa"], [f"top-heavy-by-author-number-{k}" for k in range(8)]])
def test_any_number_of_labels_can_be_read(names):
    axes = counts(grid_of(names, [12.0], DETECTORS))
    assert tick_labels(axes[1].xaxis) == names
    assert len(axes[0].texts) == len(names)
    assert_readable(axes[0])


def test_the_first_labels_are_the_axis_of_counts_else_the_longest_numbers(dataset):
    assert tick_labels(counts(dataset.isel(imf=slice(2)))[1].xaxis) == IMFS[:2]
    assert counts(dataset.sel(imf="kroupa"), "carbon_burning_rsg_within")[0].get_xlabel().startswith("Time")
    axes = counts(dataset.sel(imf="kroupa"))
    assert axes[1].get_xlabel().startswith("Time")
    held = counts(dataset.isel(imf=[2]))
    assert held[1].get_xlabel().startswith("Time")
    assert "imf = top-heavy" in subtitle(held[0])
    by_label = counts(dataset, by="imf")
    assert by_label[1].get_xlabel().startswith("Time")
    assert legend_texts(by_label[0]) == IMFS


def test_a_panel_without_the_axis_of_the_lines_has_one_line_of_a_colour_of_its_own(dataset):
    axes = counts(dataset, along="time", by="radius")
    assert len(axes[0].lines) == 1
    assert to_hex(axes[0].lines[0].get_color()) not in {to_hex(line.get_color()) for line in curves(axes[1])}
    assert "band or whiskers" in subtitle(axes[0])
    assert legend_texts(axes[1]) == ["1", "3"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"quantities": ["flux"]}, r"'flux' is in '1/cm\^2/s'; a Poisson interval needs a number"),
        ({"quantities": ["carbon_burning_rgs"]}, "unknown quantity 'carbon_burning_rgs'; did you mean"),
        ({"quantities": []}, "each panel needs a quantity of its own; found none"),
        ({"quantities": ["carbon_burning_rsg"] * 2}, "each panel needs a quantity of its own"),
        ({"along": "radius"}, "'carbon_burning_rsg' does not depend on an axis 'radius'"),
        ({"along": "time", "by": "detector"}, "does not depend on an axis 'detector'"),
        ({"along": "time", "by": "time"}, "an axis can be shown once"),
        ({"quantities": ["negative"]}, "'negative' holds -1; an expected number must be 0 or more"),
        ({"quantities": ["share"]}, "'share' is in '%'"),
        ({"quantities": ["carbon_burning_rsg", "lonely"]}, "the quantities share no axis"),
        ({"quantities": ["carbon_burning_rsg"], "along": "imf", "by": "imf"}, "an axis can be shown once"),
    ],
)
def test_what_is_no_number_is_refused_before_a_figure_is_made(dataset, options, message):
    dataset["negative"] = ("time", [-1.0, 1, 1, 1], {"units": "1"})
    dataset["share"] = ("time", [0.1, 0.1, 0.1, 0.1], {"units": "percent"})
    dataset["lonely"] = ("detector", [0.1, 0.1, 0.1], {"units": "1"})
    with pytest.raises(SensitivityError, match=message):
        counts(dataset, **options)
    assert pyplot.get_fignums() == []


def test_a_number_whose_unit_cannot_be_read_is_refused_and_what_says_none_is_a_number(dataset):
    dataset["unsaid"] = ("time", [1.0, 1, 1, 1], {"units": "stars I saw"})
    with pytest.raises(UnitError, match="the unit of 'unsaid' is not known"):
        counts(dataset, "unsaid")
    dataset.unsaid.attrs["units"] = "count"
    assert len(counts(dataset, "unsaid")) == 1
    del dataset.unsaid.attrs["units"]
    assert len(counts(dataset, "unsaid")) == 1

"""Pictures: what is drawn, what is said of it, what is chosen, and what is refused."""

import json
import math
import os

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
import xarray as xr
from matplotlib import pyplot
from matplotlib.colors import LogNorm, to_hex
from pictures import assert_readable, attributes, subtitle, tick_labels

import gridscan as gs
from gridscan.errors import SensitivityError, StoreError
from gridscan.plot import draw, matrix, page, save, shares, text, tornado
from gridscan.sensitivity.discrimination import discriminate
from gridscan.sensitivity.variance import variance_shares

IMFS = ["kroupa", "salpeter", "top-heavy", "top-light"]
DETECTORS = ["juno", "super-k", "hyper-k"]
RADII = np.geomspace(0.2, 5, 8)
TIMES = np.array([5.0, 8.0, 12.0, 20.0])


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


# Lines


def test_a_line_for_each_label_has_the_numbers_of_the_dataset(dataset):
    axes = draw(dataset.sel(time=20), "flux", along="radius", by="imf")
    assert [line.get_label() for line in axes.lines] == IMFS
    for imf, line in zip(IMFS, axes.lines, strict=True):
        np.testing.assert_array_equal(line.get_xdata(), RADII)
        np.testing.assert_array_equal(line.get_ydata(), dataset.flux.sel(imf=imf, time=20))
    assert_readable(axes)


def test_axes_are_titled_with_name_and_typeset_unit(dataset):
    axes = draw(dataset, "flux", along="radius")
    assert axes.get_xlabel() == "Radius around the Sun [kpc]"
    assert axes.get_ylabel() == "mean neutrino flux [cm$^{-2}$ s$^{-1}$]"
    assert draw(dataset, "ratio", along="time").get_ylabel() == "ratio"


def test_lines_differ_in_colour_marker_and_dashes(dataset):
    lines = draw(dataset, "flux", along="time").lines
    assert len({to_hex(line.get_color()) for line in lines}) == 4
    assert len({line.get_marker() for line in lines}) == 4
    assert len({line.get_linestyle() for line in lines}) == 4


def test_without_along_the_longest_numeric_axis_and_the_first_labels_are_chosen(dataset):
    axes = draw(dataset, "events")
    assert axes.get_xlabel().startswith("Radius")
    assert axes.get_legend().get_title().get_text() == "imf"
    assert subtitle(axes).startswith("time = 12 Myr, detector = juno")


def test_without_a_numeric_axis_labels_become_bars(dataset):
    axes = draw(dataset, "mass")
    assert [bar.get_height() for bar in axes.patches] == [20, 22.5, 187]


def test_an_axis_of_a_single_value_is_not_chosen(dataset):
    axes = draw(dataset.isel(time=[3], radius=[1]), "events")
    assert tick_labels(axes.xaxis) == IMFS
    assert subtitle(axes).startswith("time = 20 Myr, radius = 0.3168 kpc, detector = juno")


def test_an_unsorted_axis_is_drawn_in_order(dataset):
    axes = draw(dataset.isel(time=[2, 0, 3, 1]), "offset")
    np.testing.assert_array_equal(axes.lines[0].get_xdata(), TIMES)
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), TIMES - 10)


def test_a_numeric_by_is_shaded_in_order_with_its_unit_in_the_legend(dataset):
    axes = draw(dataset.isel(time=[3, 1, 2]), "flux", along="radius", by="time")
    legend = axes.get_legend()
    assert legend.get_title().get_text() == "time [Myr]"
    assert [item.get_text() for item in legend.get_texts()] == ["8", "12", "20"]
    greys = [np.dot(matplotlib.colors.to_rgb(line.get_color()), [0.3, 0.59, 0.11]) for line in axes.lines]
    assert greys == sorted(greys)
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), dataset.flux.isel(imf=0).sel(time=8))


def test_of_many_lines_ten_are_drawn_and_the_legend_says_so():
    y = xr.DataArray(
        np.outer(np.arange(1, 31), np.ones(3)), dims=("a", "x"), coords={"a": np.arange(30), "x": [1, 2, 3]}
    )
    axes = draw(y.to_dataset(name="y"), "y", along="x", by="a")
    assert len(axes.lines) == 10
    assert axes.get_legend().get_title().get_text() == "a\n10 of 30"
    assert axes.lines[-1].get_ydata()[0] == 30


# Bars


def test_bars_are_grouped_by_a_second_axis(dataset):
    axes = draw(dataset.sel(time=20), "events", along="imf", by="detector")
    heights = [[bar.get_height() for bar in group] for group in axes.containers]
    np.testing.assert_array_equal(heights, dataset.events.sel(time=20).isel(radius=4).transpose("detector", "imf"))
    assert [item.get_text() for item in axes.get_legend().get_texts()] == DETECTORS
    assert len({group[0].get_hatch() for group in axes.containers}) == 3
    centres = [bar.get_x() + bar.get_width() / 2 for group in axes.containers for bar in group]
    assert len({round(centre, 6) for centre in centres}) == 12
    assert_readable(axes)


def test_bars_of_one_colour_say_their_numbers(dataset):
    axes = draw(dataset, "mass", along="detector")
    assert [item.get_text() for item in axes.texts] == ["20", "22.5", "187"]
    assert_readable(axes)


def test_many_long_labels_are_tilted_rather_than_overlapping():
    names = [f"detector-number-{k}" for k in range(9)]
    y = xr.DataArray(np.arange(1.0, 10), dims="detector", coords={"detector": names}, name="y")
    axes = draw(y.to_dataset(), "y")
    assert {label.get_rotation() for label in axes.get_xticklabels()} == {35}
    assert_readable(axes)


def test_an_axis_of_parameters_that_move_together_is_labelled_by_them(dataset):
    assert tick_labels(draw(dataset, "shape", along="sun").xaxis) == [
        "sun_x = -8.2 kpc,\nsun_y = 0 kpc",
        "sun_x = -8 kpc,\nsun_y = 0.3 kpc",
    ]
    legend = draw(dataset, "shape", along="radius").get_legend()
    assert [item.get_text() for item in legend.get_texts()][1] == "sun_x = -8 kpc,\nsun_y = 0.3 kpc"


# Maps


def test_a_map_of_two_numeric_axes_has_every_cell_and_contours_and_a_colour_bar(dataset):
    axes = draw(dataset.isel(time=slice(1, None)), "flux", along=["time", "radius"])
    mesh = axes.collections[0]
    np.testing.assert_array_equal(mesh.get_array(), dataset.flux.isel(imf=0, time=slice(1, None)).T)
    assert axes.get_xlabel().endswith("[Myr]")
    assert axes.get_ylabel().endswith("[kpc]")
    bar = axes.figure.axes[1]
    assert bar.get_ylabel() == "mean neutrino flux [cm$^{-2}$ s$^{-1}$]"
    labels = [float(item.get_text()) for item in axes.texts]
    assert len(labels) >= 2
    assert set(labels) <= set(axes.collections[1].levels)
    assert not axes.collections[1].filled
    assert_readable(axes)


def test_the_cells_of_a_map_lie_around_their_points_in_any_order(dataset):
    axes = draw(dataset.isel(time=[3, 1, 2], radius=slice(None, None, -1)), "flux", along=["time", "radius"])
    corner = axes.collections[0].get_coordinates()
    np.testing.assert_allclose(corner[0, :, 0], [6, 10, 16, 24])
    edges = corner[:, 0, 1]
    np.testing.assert_allclose(np.sqrt(edges[1:] * edges[:-1]), RADII)
    assert axes.get_yscale() == "log"
    assert axes.collections[0].get_array()[0, 0] == dataset.flux.sel(time=8).isel(imf=0, radius=0)


def test_a_map_with_labels_says_the_number_of_each_cell(dataset):
    axes = draw(dataset.sel(time=20), "flux", along=["imf", "radius"])
    assert tick_labels(axes.xaxis) == IMFS
    assert tick_labels(axes.yaxis) == ["0.2", "0.317", "0.502", "0.795", "1.26", "1.99", "3.16", "5"]
    values = dataset.flux.sel(time=20).transpose("radius", "imf").values
    assert [item.get_text() for item in axes.texts] == [text.number(value) for value in values.ravel()]
    assert_readable(axes)


def test_rows_of_labels_run_from_the_top(dataset):
    axes = draw(dataset.sel(time=20), "events", along=["imf", "detector"])
    assert tick_labels(axes.yaxis) == DETECTORS
    assert axes.yaxis_inverted()
    assert_readable(axes)


def test_a_map_of_one_value_is_drawn_without_contours():
    y = xr.DataArray(np.ones((3, 3)), dims=("a", "b"), coords={"a": [1, 2, 3], "b": [1, 2, 3]}, name="y")
    assert len(draw(y.to_dataset(), "y", along=["a", "b"]).collections) == 1


# What is missing, zero, constant


def test_a_missing_value_is_a_gap_that_is_counted_and_the_axis_still_holds_it(dataset):
    axes = draw(dataset, "ratio", along="time")
    assert np.isnan(axes.lines[0].get_ydata()[0])
    assert axes.get_xlim()[0] < 5
    assert subtitle(axes) == "4 of 16 values are missing and left blank"


def test_a_missing_cell_of_a_map_is_blank(dataset):
    axes = draw(dataset, "ratio", along=["time", "imf"])
    assert np.ma.getmaskarray(axes.collections[0].get_array()).sum() == 4
    assert axes.texts[0].get_text() == ""


def test_zeros_on_a_logarithmic_scale_are_left_blank_and_counted(dataset):
    axes = draw(dataset, "flux", along="radius", by="time")
    assert axes.get_yscale() == "log"
    assert np.isnan(axes.lines[0].get_ydata()).all()
    assert "8 of 32 values are zero, off the logarithmic scale, and left blank" in subtitle(axes)
    blank = draw(dataset, "flux", along=["radius", "time"])
    assert np.ma.getmaskarray(blank.collections[0].get_array())[0].all()
    assert "8 of 32 values are zero" in subtitle(blank)


def test_zeros_on_a_linear_scale_are_drawn(dataset):
    axes = draw(dataset.isel(radius=slice(2)), "flux", along="time")
    assert axes.get_yscale() == "linear"
    assert [line.get_ydata()[0] for line in axes.lines] == [0] * 4
    assert "zero" not in subtitle(axes)


def test_a_picture_of_nothing_but_zeros_says_so(dataset):
    assert "every value shown is zero" in subtitle(draw(dataset.sel(time=[5]), "flux", along="radius"))


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


def test_tiny_values_keep_their_power_of_ten_clear_of_the_subtitle(dataset):
    axes = draw(dataset.assign(offset=dataset.offset * 1e-44), "offset")
    axes.figure.draw_without_rendering()
    assert "10^{" in axes.yaxis.get_offset_text().get_text()
    assert_readable(axes)


# What is held fixed


def test_axes_that_are_not_shown_are_held_at_their_first_label_or_middle_value_and_said(dataset):
    axes = draw(dataset.isel(time=slice(1, None)), "events", along="radius", by="imf")
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), dataset.events.isel(imf=0, time=2, detector=0))
    assert subtitle(axes) == "time = 12 Myr, detector = juno"


def test_an_axis_of_the_scenario_that_was_picked_before_is_said_too_and_a_parameter_is_not(dataset):
    picked = dataset.sel(time=20, detector="hyper-k")
    assert subtitle(draw(picked, "events")) == "time = 20 Myr, detector = hyper-k"
    picked.attrs["gridscan_overrides"] = json.dumps({"sfr": "2 Msun/yr"})
    assert subtitle(draw(picked, "events")) == "time = 20 Myr, detector = hyper-k, sfr = 2 Msun/yr"


def test_without_a_scenario_every_single_value_is_said(dataset):
    assert "sfr = 2 Msun/yr" in subtitle(draw(dataset.drop_attrs(deep=False), "flux"))


def test_a_zipped_axis_is_said_by_its_parameters(dataset):
    assert subtitle(draw(dataset.isel(sun=[1]), "shape", along="radius")) == "sun_x = -8 kpc, sun_y = 0.3 kpc"
    picked = draw(dataset[["shape"]].isel(sun=1), "shape", along="radius")
    assert subtitle(picked) == "sun_x = -8 kpc, sun_y = 0.3 kpc"


def test_a_long_subtitle_is_broken_between_what_it_says(dataset):
    many = {f"parameter_{k}": ((), 1.5 * k, attributes("Msun/yr", "p")) for k in range(12)}
    axes = draw(dataset.sel(time=[5]).assign_coords(many).drop_attrs(deep=False), "flux", along="radius")
    lines = axes.get_title(loc="left").split("\n")
    assert len(lines) > 2
    assert all(
        " = " in item and item.endswith("Msun/yr") for line in lines[1:-1] for item in line.rstrip(",").split(", ")
    )
    assert_readable(axes)


def test_a_long_note_is_broken_between_words():
    axes = page.page(None)
    page.finish(axes, [" ".join(["supergiants"] * 20)])
    lines = axes.get_title(loc="left").split("\n")
    assert len(lines) > 1
    assert {word for line in lines for word in line.split()} == {"supergiants"}


# Text


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


# What is refused


@pytest.mark.parametrize(
    ("quantity", "options", "message"),
    [
        ("fluxx", {}, "unknown quantity 'fluxx'; did you mean 'flux'"),
        ("flux", {"along": "tim"}, "does not depend on an axis 'tim'; did you mean 'time'"),
        ("flux", {"along": "time", "by": "imv"}, "does not depend on an axis 'imv'; did you mean 'imf'"),
        ("events", {"along": ["imf", "time", "radius"]}, "one or two axes; found imf, time, radius"),
        ("flux", {"along": "time", "by": "time"}, "an axis can be shown once; found time, time"),
        ("flux", {"along": ["time", "time"]}, "an axis can be shown once"),
        ("flux", {"along": ["time", "radius"], "by": "imf"}, "no lines to draw by 'imf'"),
        ("mass", {"by": "detector"}, "no axis with several values but 'detector'"),
        ("single", {}, "the one number 4.25 kt: there is nothing to plot"),
        ("lost", {}, "'lost' has no finite value to plot"),
        ("unborn", {"along": "imf"}, "no finite value to plot at time = 12 Myr"),
    ],
)
def test_what_cannot_be_drawn_is_refused_before_a_figure_is_made(dataset, quantity, options, message):
    before = pyplot.get_fignums()
    with pytest.raises(SensitivityError, match=message):
        draw(dataset, quantity, **options)
    assert pyplot.get_fignums() == before


def test_axes_given_are_drawn_on(dataset):
    _, (left, right) = pyplot.subplots(1, 2, layout="constrained", figsize=(12, 4))
    assert draw(dataset.sel(time=20), "flux", along="radius", axes=right) is right
    assert not left.lines
    assert len(right.lines) == 4
    assert_readable(right)


def test_axes_are_held_at_the_value_nearest_to_the_default_that_a_result_notes():
    found = gs.model("red_supergiants").evaluate(
        ["flux"], time=[5, 12, 18, 21], imf=["salpeter", "kroupa"], radius=[1, 2]
    )
    assert {axis: found[axis].attrs["base_value"] for axis in found.dims} == {"time": 21, "imf": "kroupa", "radius": 1}
    axes = draw(found, "flux", along="radius", by="imf")
    assert "time = 21 Myr" in axes.get_title(loc="left")
    np.testing.assert_allclose(axes.lines[1].get_ydata(), found.flux.sel(time=21, imf="kroupa"))
    subset = draw(found.sel(time=[5, 12, 18]), "flux", along="radius", by="imf")
    assert "time = 12 Myr" in subset.get_title(loc="left")


def test_labels_that_the_values_depend_on_are_said_though_no_axis():
    text = 'model = "red_supergiants"\n[axes]\nradius = ["1 kpc", "2 kpc"]\n[output]\n'
    text += 'quantities = ["events_per_year", "flux"]\n'
    found = gs.evaluate(gs.Scenario.parse(text))
    assert "detector = super-k" in draw(found, "events_per_year").get_title(loc="left")
    said = draw(found, "flux").get_title(loc="left")
    assert "imf = kroupa" in said
    assert "detector" not in said


def test_draws_are_shown_as_their_distribution_beside_that_of_poisson():
    model, sampling = gs.model("red_supergiants"), gs.Sampling(realisations=500, seed=2)
    found = model.evaluate(["carbon_burning_rsg"], sampling=sampling, time=["10 Myr", "20 Myr"])
    axes = draw(found, "carbon_burning_rsg_drawn")
    drawn = found.carbon_burning_rsg_drawn.sel(time=20).values
    heights = {round(bar.get_x() + bar.get_width() / 2): bar.get_height() for bar in axes.patches}
    assert heights[50] == pytest.approx(np.mean(drawn == 50))
    assert sum(heights.values()) == pytest.approx(1)
    mean = float(found.carbon_burning_rsg.sel(time=20))
    points = dict(zip(*axes.lines[0].get_data(), strict=True))
    assert points[50.0] == pytest.approx(math.exp(50 * math.log(mean) - mean - math.lgamma(51)))
    assert "500 values along realisation" in axes.get_title(loc="left")


def test_stars_are_shown_as_their_distribution():
    stars = gs.sample("imf_scan", number=400)
    axes = draw(stars, "distance")
    assert sum(bar.get_height() for bar in axes.patches) == pytest.approx(1)
    assert axes.get_xlabel() == "distance from the Sun [kpc]"


def test_a_lazy_quantity_is_drawn(dataset):
    axes = draw(dataset.chunk(), "flux", along="radius", by="time")
    assert len(axes.lines) == 4


def test_the_dataset_is_left_as_it_was(dataset):
    before = dataset.copy(deep=True)
    draw(dataset, "ratio", along=["time", "imf"])
    xr.testing.assert_identical(dataset, before)


# Tables of answers


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
    alone, total = ([bar.get_width() for bar in group] for group in axes.containers)
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


# Files


@pytest.mark.parametrize(("suffix", "begins"), [(".png", b"\x89PNG"), (".pdf", b"%PDF"), (".SVG", b"<?xml")])
def test_a_picture_is_written_in_the_format_of_its_suffix(dataset, tmp_path, suffix, begins):
    path = save(draw(dataset, "mass"), tmp_path / "new" / f"mass{suffix}")
    assert path.read_bytes().startswith(begins)
    assert list(path.parent.iterdir()) == [path]


def test_a_png_is_eight_hundred_pixels_wide(dataset, tmp_path):
    path = save(draw(dataset.sel(time=20), "flux", along="radius"), tmp_path / "flux.png")
    assert pyplot.imread(path).shape[1] == 800
    assert path.stat().st_size < 80_000


def test_a_picture_takes_the_place_of_an_earlier_one_at_once(dataset, tmp_path):
    (tmp_path / "mass.svg").write_text("old")
    os.link(tmp_path / "mass.svg", tmp_path / "link")
    save(draw(dataset, "mass"), tmp_path / "mass.svg")
    assert (tmp_path / "link").read_text() == "old"
    assert (tmp_path / "mass.svg").read_text().startswith("<?xml")


def test_what_cannot_be_written_is_refused_and_leaves_what_was_there(dataset, tmp_path, monkeypatch):
    axes = draw(dataset, "mass")
    (tmp_path / "file").write_text("here")
    for path, message in (
        (tmp_path / "mass.jpg", r"written as \.png, \.pdf or \.svg; found '\.jpg'"),
        (tmp_path / "mass", "found 'no suffix'"),
        (tmp_path / "file" / "mass.png", "cannot be created"),
    ):
        with pytest.raises(StoreError, match=message):
            save(axes, path)
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(StoreError, match="is a folder"):
        save(axes, tmp_path / "folder.png")
    (tmp_path / "old.png").write_text("old")
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", _full)
    with pytest.raises(StoreError, match=r"old\.png: cannot be written: the disk is full"):
        save(axes, tmp_path / "old.png")
    assert (tmp_path / "old.png").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.png", "old.png"]


def _full(*_, **__):
    raise OSError(28, "No space left on device")


def test_a_matrix_shows_the_numbers_of_the_cells_that_it_colours(dataset):
    table = discriminate(dataset, "events", "imf", background="1 / yr", mass="20 kt")
    axes = matrix(table)
    held = {"time": 2, "radius": 4, "detector": 0}
    expected = table.required_mass.sel({"method": "asimov"}).isel(held)
    shown = {(item.get_position()[1], item.get_position()[0]): item.get_text() for item in axes.texts}
    assert shown[0.5, 1.5] == text.number(float(expected[0, 1]))
    assert "time = 12 Myr" in axes.get_title(loc="left")

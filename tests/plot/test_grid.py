"""Pictures of a quantity: what is drawn, what is said of it, what is chosen, and what is refused."""

import json
import math

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
import xarray as xr
from matplotlib import pyplot
from matplotlib.colors import to_hex
from pictures import DETECTORS, IMFS, RADII, TIMES, assert_readable, attributes, subtitle, tick_labels

import gridscan as gs
from gridscan.errors import SensitivityError
from gridscan.plot import draw, text

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
        ("mass", {"by": "detector"}, "no axis with several values except 'detector'"),
        ("single", {}, "the single number 4.25 kt, without an axis to plot along"),
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

"""Pictures of draws: violins, corners, bands and bars of shares, from a Dataset that follows the layout of results."""

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
import xarray as xr
from matplotlib import pyplot
from pictures import assert_readable, attributes, subtitle, texts, tick_labels

from gridscan.errors import SensitivityError
from gridscan.plot import corner, draw, shares, violins
from gridscan.sensitivity.variance import variance_shares

NUMBER = 256


@pytest.fixture
def dataset():
    generator = np.random.default_rng(4)
    sfr, luminosity = generator.normal(2.0, 0.4, NUMBER), 1e38 * generator.lognormal(0, 1.5, NUMBER)
    heights = np.array([1.0, 2.0])[:, None, None] * np.array([1.0, 3.0, 8.0])
    events = heights * (sfr * luminosity / 1e38)[:, None]
    weight = {"units": "1", "measure": "log-uniform"}
    return xr.Dataset(
        {"events": (("imf", "draw", "radius"), events, attributes("1/yr", "events per year"))},
        coords={
            "imf": ["kroupa", "salpeter"],
            "radius": ("radius", [0.5, 1.5, 4.0], attributes("kpc", "distance")),
            "radius_weight": ("radius", [0.25, 0.5, 0.25], weight),
            "draw": ("draw", np.arange(NUMBER), {"design_method": "random"}),
            "sfr": ("draw", sfr, attributes("Msun/yr", "star formation rate")),
            "neutrino_luminosity": ("draw", luminosity, attributes("erg/s", "luminosity")),
        },
    )


@pytest.fixture(autouse=True)
def _close():
    yield
    pyplot.close("all")


def test_violins_have_median_and_interval_of_each_label(dataset):
    axes = violins(dataset, "events")
    assert tick_labels(axes.xaxis) == ["kroupa", "salpeter"]
    assert axes.get_yscale() == "log"
    middles = [line.get_ydata()[0] for line in axes.lines if len(line.get_ydata()) == 1]
    np.testing.assert_allclose(middles, dataset["events"].isel(radius=1).median("draw"), rtol=1e-12)
    ends = [line.get_ydata() for line in axes.lines if len(line.get_ydata()) == 2]
    np.testing.assert_allclose(ends[0], dataset["events"][0, :, 1].quantile([0.15866, 0.84134]), rtol=1e-12)
    said = subtitle(axes)
    assert said == "radius = 1.5 kpc 256 draws: median, and the interval that holds 68 % of them weights: draw equal"
    assert_readable(axes)


def test_weights_of_a_value_that_was_picked_are_not_said(dataset):
    assert "weight" not in subtitle(violins(dataset.isel(radius=0), "events")).replace("weights: draw equal", "")


def test_a_violin_without_labels_and_one_of_zeros_are_drawn(dataset):
    one = dataset.isel(imf=0, radius=0).drop_vars(["imf", "radius", "radius_weight"])
    assert len(violins(one, "events").collections) == 1
    zeros = one.assign(events=one["events"].where(one["draw"] % 4 > 0, 0.0).assign_attrs(one["events"].attrs))
    assert "64 of 256 values are zero, off the logarithmic scale" in subtitle(violins(zeros, "events"))
    same = one.assign(events=xr.zeros_like(one["events"]) + 3.0)
    assert len(violins(same, "events").collections) == 0


def test_a_corner_has_parameters_and_quantities_on_logarithms_where_they_span_decades(dataset):
    grid = corner(dataset, "events")
    assert grid.shape == (3, 3)
    assert [axes.get_xlabel() for axes in grid[-1]] == [
        "sfr\n[M$_{\\odot}$ yr$^{-1}$]",
        "lg neutrino\nluminosity\n[erg s$^{-1}$]",
        "lg events\n[yr$^{-1}$]",
    ]
    assert not any(grid[row, column].get_visible() for row in range(3) for column in range(row + 1, 3))
    points = grid[2, 0].lines[0]
    np.testing.assert_allclose(points.get_xdata(), dataset["sfr"])
    np.testing.assert_allclose(points.get_ydata(), np.log10(dataset["events"][0, :, 1]))
    assert sum(bar.get_height() for bar in grid[0, 0].patches) == NUMBER
    assert "256 draws, weights: draw equal" in grid[0, 0].figure.get_suptitle()
    page = grid[0, 0].figure.bbox
    assert all(box.x0 >= -1 and box.x1 <= page.x1 + 1 for _, box in texts(grid[0, 0]))
    assert corner(dataset, "events", parameters=["sfr"]).shape == (2, 2)


def test_draws_are_drawn_as_bands_along_numbers_and_as_a_histogram_alone(dataset):
    axes = draw(dataset, "events", along="radius")
    assert "median of 256 draws, and the bands that hold 68 and 95 % of them" in subtitle(axes)
    np.testing.assert_allclose(axes.lines[0].get_ydata(), dataset["events"][0].median("draw"), rtol=1e-12)
    alone = draw(dataset.isel(imf=0, radius=0), "events")
    assert sum(bar.get_height() for bar in alone.patches) == pytest.approx(1.0)


@pytest.mark.filterwarnings("ignore:shares may be off:gridscan.errors.GridscanWarning")
def test_bars_of_shares_show_parameters_in_place_of_the_draws(dataset):
    result = variance_shares(dataset, "events")
    axes = shares(result)
    names = tick_labels(axes.yaxis)
    assert set(names) == {"imf", "radius", "sfr", "neutrino_luminosity"}
    assert subtitle(axes) == "weights: imf equal, draw equal, radius log-uniform"
    assert_readable(axes)


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        (
            lambda ds: violins(ds.isel(draw=0), "events"),
            r"^'events' has no draws to show the distribution of; ",
        ),
        (lambda ds: violins(ds, "event"), r"^unknown quantity 'event'; did you mean 'events'\?"),
        (lambda ds: corner(ds), r"^a corner plot needs a quantity that varies along the draws$"),
        (
            lambda ds: corner(ds, "events", parameters=["imf"]),
            r"^'imf' is no number that was drawn; those are: sfr, ",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused(dataset, picture, message):
    with pytest.raises(SensitivityError, match=message):
        picture(dataset)

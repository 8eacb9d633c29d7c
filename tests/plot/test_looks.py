"""Scales, limits, titles and sizes that are asked for; what a header says; draws as bands."""

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
from click.testing import CliRunner
from matplotlib import image, pyplot
from panels import DETECTORS, IMFS, TIMES, curves, grid_of
from pictures import subtitle
from scipy.stats import poisson

import gridscan as gs
from gridscan import plot
from gridscan.cli import main
from gridscan.errors import SensitivityError

DRAWS = """
model = "red_supergiants"
[axes]
imf = ["kroupa", "top-heavy"]
time = { values = [12, 15, 20], unit = "Myr" }
[parameters]
sfr = "3 Msun/yr"
[output]
quantities = ["carbon_burning_rsg", "flux"]
path = "draws.nc"
[sampling]
realisations = 4000
seed = 1
"""


@pytest.fixture(autouse=True)
def closed():
    yield
    pyplot.close("all")


@pytest.fixture(scope="module")
def draws(tmp_path_factory):
    folder = tmp_path_factory.mktemp("draws")
    (folder / "draws.toml").write_text(DRAWS, encoding="utf-8")
    with gs.open(gs.run(folder / "draws.toml")) as result:
        return result.load()


def test_a_scale_and_its_ends_can_be_chosen():
    dataset = grid_of(IMFS, TIMES, DETECTORS)
    assert plot.draw(dataset, "flux", along="time", scale="log").get_yscale() == "log"
    assert plot.draw(dataset, "flux", along="time", scale="linear").get_yscale() == "linear"
    axes = plot.draw(dataset, "flux", along="time", limits=(1, "0.2 / mm^2 / s"))
    assert axes.get_ylim() == pytest.approx((1, 20))
    assert plot.draw(dataset, "flux", along="time", limits=(None, 30)).get_ylim()[1] == 30
    mesh = plot.draw(dataset.sel(imf="kroupa"), "events_per_year", along=["time", "detector"])
    assert mesh.collections


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scale": "sqrt"}, "a scale is 'log' or 'linear'; found 'sqrt'"),
        ({"limits": (2, 1)}, "the lower limit must be below the upper one; found 2 and 1"),
        ({"limits": (1, 2, 3)}, "limits are two values"),
    ],
)
def test_a_scale_that_cannot_be_is_refused(options, message):
    with pytest.raises(SensitivityError, match=message):
        plot.draw(grid_of(IMFS, TIMES, DETECTORS), "flux", along="time", **options)


def test_no_logarithm_of_what_is_negative():
    dataset = grid_of(IMFS, TIMES, DETECTORS)
    dataset["flux"] = dataset.flux - 20
    with pytest.raises(SensitivityError, match="a logarithmic scale needs positive values; 'flux' goes down to -"):
        plot.draw(dataset, "flux", along="time", scale="log")


def test_labels_on_a_logarithmic_scale_are_points_and_numbers_stand_beside_them():
    axes = plot.draw(grid_of(IMFS, [12.0], DETECTORS), "flux", along="imf", scale="log")
    assert not axes.patches
    assert axes.lines[0].get_linestyle() == "None"
    assert len(axes.texts) == len(IMFS)


def test_the_two_panels_of_a_signal_have_one_kind_of_scale():
    dataset = grid_of(IMFS, TIMES, DETECTORS)
    dataset["events_per_year"] = (1e-6 * dataset.events_per_year).assign_attrs(dataset.events_per_year.attrs)
    above, below = plot.signal(dataset, "flux", "events_per_year", along="time")
    assert above.get_yscale() == below.get_yscale() == "log"


def test_the_header_says_given_parameters_that_matter(draws):
    assert "sfr = 3 Msun/yr" in subtitle(plot.draw(draws, "flux", along="time"))
    scan = gs.evaluate("imf_scan", quantities=["flux", "fraction_within"])
    assert "neutrino_luminosity = 1e+38 erg/s" in subtitle(plot.draw(scan, "flux", along="radius"))
    one = scan.sel(imf="kroupa", metallicity=0.014)
    assert "weight" not in subtitle(plot.draw(one, "flux", along="radius"))
    # What has no effect on a quantity is not said of it.
    assert "neutrino_luminosity" not in subtitle(plot.draw(scan, "fraction_within", along="radius"))


def test_draws_are_bands_around_their_median(draws):
    axes = plot.draw(draws, "carbon_burning_rsg_drawn", along="time")
    means = draws.carbon_burning_rsg.sel(imf="kroupa").values
    (median,) = [line for line in curves(axes) if line.get_label() == "kroupa"]
    np.testing.assert_allclose(median.get_ydata(), poisson.ppf(0.5, means), atol=1)
    assert len(axes.collections) == 4
    wide, narrow = axes.collections[0], axes.collections[2]
    for band, tail in ((wide, 0.02275), (narrow, 0.15866)):
        corners = band.get_paths()[0].vertices
        ends = corners[np.isclose(corners[:, 0], 20), 1]
        expected = poisson.ppf([tail, 1 - tail], means[-1])
        np.testing.assert_allclose([ends.min(), ends.max()], expected, atol=1)
    assert "median of 4,000 draws, and the bands that hold 68 and 95 % of them" in subtitle(axes)


def test_draws_of_labels_have_their_bands_too(draws):
    axes = plot.draw(draws, "carbon_burning_rsg_drawn", along="imf")
    assert len(axes.collections) == 2


def test_one_set_of_draws_is_still_a_distribution(draws):
    axes = plot.draw(draws.isel(imf=0, time=2), "carbon_burning_rsg_drawn")
    assert axes.get_ylabel() == "share"
    with pytest.raises(SensitivityError, match="the scale of a distribution cannot be chosen"):
        plot.draw(draws.isel(imf=0, time=2), "carbon_burning_rsg_drawn", scale="log")


def call(*arguments):
    return CliRunner().invoke(main, ["plot", "imf_scan", "flux", *arguments])


def test_size_resolution_and_title_are_as_asked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = call(
        "--size", "6x4", "--dpi", "50", "--title", "A flux of $5", "--linear", "--limits", "0,", "-o", "x.png"
    )
    assert result.exit_code == 0, result.output
    assert image.imread("x.png").shape[:2] == (200, 300)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--size", "6"], "'6' is not WIDTHxHEIGHT in inches"),
        (["--limits", "3"], "--limits takes LOW,HIGH"),
        (["--limits", "1 kpc,2 kpc"], "needs a value in '1/cm^2/s'"),
        (["--show"], "there is no window to show a picture in"),
    ],
)
def test_looks_that_cannot_be_are_refused(tmp_path, monkeypatch, options, message):
    monkeypatch.chdir(tmp_path)
    result = call(*options)
    assert result.exit_code == 2
    assert message in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_scales_do_not_apply_to_figures_of_models(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["plot", "imf_scan", "--kind", "counts", "--log"])
    assert result.exit_code == 2
    assert "--log or --linear does not apply to --kind counts" in result.stderr

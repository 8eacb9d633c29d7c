"""The figures of the model of stars before they collapse: what their lines show, against the model asked directly."""

from __future__ import annotations

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
from matplotlib import pyplot

import gridscan as gs
from gridscan.models.presupernova import figures


@pytest.fixture(scope="module")
def model():
    return gs.model("presupernova")


@pytest.fixture(autouse=True)
def _closed():
    yield
    pyplot.close("all")


def drawn(model, kind, **settings):
    figure = model.figures[kind]
    dataset = model.evaluate(list(figure.quantities), **{**figure.settings, **settings})
    return dataset, np.atleast_1d(figure.draw(dataset))


def curves(axes):
    return [line for line in axes.get_lines() if len(line.get_xdata()) > 2]


def marks(axes):
    """Return the horizontal lines across the picture, by the height of each."""
    return [float(line.get_ydata()[0]) for line in axes.get_lines() if len(line.get_xdata()) == 2]


def test_time_runs_towards_collapse(model):
    times = {"geomspace": ["1 h", "100 yr", 7]}
    dataset, panels = drawn(model, "source", time_before_collapse=times, initial_mass=["15 Msun", "25 Msun"])
    assert [len(curves(axes)) for axes in panels] == [2, 2]
    assert curves(panels[0])[1].get_ydata() == pytest.approx(dataset.luminosity.sel(initial_mass=25).values)
    left, right = panels[1].get_xlim()
    assert left > right
    assert panels[0].get_yscale() == "log"


def test_a_horizon_has_the_stars_that_we_know_as_marks(model):
    dataset, panels = drawn(model, "horizon", lead={"geomspace": ["1 h", "1 yr", 5]}, detector=["juno", "sno+"])
    assert curves(panels[1])[0].get_ydata() == pytest.approx(dataset.alarm_horizon.sel(detector="juno").values)
    names = [text.get_text() for text in panels[0].texts]
    assert names[0] == "betelgeuse"
    assert marks(panels[0])[0] == pytest.approx(168.0)
    assert 0.168 in [pytest.approx(mark) for mark in marks(panels[1])]
    # Recoils reach no star, and the picture shows that they do not.
    assert max(line.get_ydata().max() for line in curves(panels[0])) < min(marks(panels[0])) < panels[0].get_ylim()[1]


def test_quantiles_lie_on_the_line(model):
    dataset, (axes,) = drawn(
        model, "exceedance", radius="1 kpc", flux_threshold={"geomspace": ["0.1 / cm^2 / s", "1e5 / cm^2 / s", 9]}
    )
    line = curves(axes)[0]
    points = [line for line in axes.get_lines() if len(line.get_xdata()) == 1]
    assert points
    for point in points:
        x, y = np.log(line.get_xdata()), np.log(line.get_ydata())
        assert np.log(point.get_ydata()[0]) == pytest.approx(np.interp(np.log(point.get_xdata()[0]), x, y), abs=1e-9)
    assert line.get_ydata() == pytest.approx(dataset.flux_exceedance.values)


def test_backgrounds_of_a_star_are_in_the_units_of_its_events(model):
    times = {"geomspace": ["1 h", "1 yr", 5]}
    dataset, panels = drawn(model, "rates", time_before_collapse=times, detector=["juno", "theia-100"])
    per_year = 365.25 * (dataset.solar_rate + dataset.intrinsic_rate)
    assert marks(panels[0]) == pytest.approx(per_year.values)
    assert marks(panels[1]) == pytest.approx([10.0, 10.0])
    colours = [line.get_color() for line in panels[0].get_lines()]
    assert colours[2:] == colours[:2]


def test_one_detector_has_one_background(model):
    _, panels = drawn(model, "rates", time_before_collapse={"geomspace": ["1 h", "1 yr", 5]}, detector="kamland")
    assert marks(panels[1]) == pytest.approx([0.071])


def test_components_of_a_background_are_lines(model):
    dataset, (axes,) = drawn(model, "backgrounds", recoil_min={"linspace": ["0.3 MeV", "0.9 MeV", 4]}, detector="juno")
    found = {line.get_label(): line.get_ydata() for line in curves(axes)}
    assert found["Sun"] == pytest.approx(dataset.solar_rate.values)
    assert "d$^{-1}$" in axes.get_ylabel()
    assert found["210Bi"] == pytest.approx(dataset.bismuth210_rate.values)
    assert axes.get_ylim()[0] == pytest.approx(1e-6 * float(dataset.solar_rate.max()))


@pytest.mark.parametrize("detectors", [["juno", "sno+"], ["juno", "sno+", "super-k", "theia-100", "kamland"]])
def test_alarms_are_bars_by_ordering(model, detectors):
    dataset, (axes,) = drawn(model, "alarms", detector=detectors, ordering=["normal", "inverted"])
    heights = np.array([[bar.get_height() for bar in bars] for bars in axes.containers])
    assert heights == pytest.approx(dataset.alarms_per_century.transpose("ordering", "detector").values)
    assert axes.get_yscale() == "log"
    assert 0.0 < axes.get_ylim()[0] < heights[heights > 0.0].min()


def test_every_figure_has_a_picture_in_the_gallery():
    assert {example.kind for example in figures.EXAMPLES} == {figure.kind for figure in figures.FIGURES}

"""The picture of a crossing shows its numbers, and marks at its edge where there is none."""

import numpy as np
import pytest
import xarray as xr
from click.testing import CliRunner
from support.pictures import assert_readable, subtitle

import gridscan as gs
from gridscan import plot
from gridscan.cli import main
from gridscan.errors import SensitivityError

X = np.array([1.0, 2.0, 4.0])
SLOPES = np.array([0.1, 1.0, 2.0, 10.0])


def answer(value=2.0, imfs=1):
    y = np.stack([np.outer(SLOPES * (k + 1), X) for k in range(imfs)])
    coords = {"imf": ["kroupa", "flat"][:imfs], "slope": ("slope", SLOPES, {"units": "1"}), "x": ("x", X)}
    dataset = xr.Dataset({"y": (("imf", "slope", "x"), y)}, coords)
    return dataset.gridscan.crossing("y", along="x", value=value)


def marked(axes, marker):
    return [line for line in axes.get_lines() if line.get_marker() == marker and len(line.get_xdata())]


def test_numbers_are_a_line_and_what_is_not_crossed_is_marked_at_the_edges():
    axes = plot.crossing(answer().isel(imf=0))
    line = axes.get_lines()[0]
    np.testing.assert_allclose(line.get_xdata(), SLOPES)
    np.testing.assert_allclose(line.get_ydata(), [np.nan, 2.0, 1.0, np.nan])
    (never,), (above,) = marked(axes, r"$\uparrow$"), marked(axes, r"$\downarrow$")
    assert (list(never.get_xdata()), list(never.get_ydata())) == ([0.1], [0.97])
    assert (list(above.get_xdata()), list(above.get_ydata())) == ([10.0], [0.03])
    entries = [text.get_text() for text in axes.get_legend().get_texts()]
    assert entries == ["never reached", "already above at the first point"]
    assert_readable(axes)


def test_labels_are_lines_and_their_marks_do_not_hide_each_other():
    axes = plot.crossing(answer(imfs=2), along="slope", by="imf")
    first, second = marked(axes, r"$\uparrow$")
    assert first.get_color() != second.get_color()
    assert first.get_ydata()[0] != second.get_ydata()[0]
    assert_readable(axes)


def test_bars_along_labels_are_marked_where_they_would_stand():
    axes = plot.crossing(
        answer(imfs=2)
        .sel(slope=0.1)
        .drop_vars("slope")
        .copy(data=[np.nan, 3.0])
        .assign_coords(outcome=("imf", ["never reached", "crossed"]))
    )
    (mark,) = marked(axes, r"$\uparrow$")
    assert list(mark.get_xdata()) == [0]


def test_axes_that_are_not_shown_are_held_and_said():
    axes = plot.crossing(answer(imfs=2), along="imf")
    assert subtitle(axes) == "slope = 2"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (xr.DataArray([1.0], dims="x"), "expected the answer of ds.gridscan.crossing"),
        (answer().isel(imf=0, slope=1), "the answer is one value"),
        (answer(100.0), "the value is crossed nowhere at imf = kroupa: never reached"),
        (answer(0.01), "the value is crossed nowhere at imf = kroupa: already above at the first point"),
    ],
)
def test_what_cannot_be_drawn_is_refused(given, message):
    with pytest.raises(SensitivityError, match=message):
        plot.crossing(given)


def test_the_command_draws_the_whole_answer_and_says_what_is_not_crossed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scenario = """
    model = "red_supergiants"
    axes.sfr = { values = [0.001, 2], unit = "Msun/yr" }
    axes.radius = { values = [0.5, 1, 5], unit = "kpc" }
    output.quantities = ["carbon_burning_rsg_within"]
    """
    gs.run(gs.Scenario.parse(scenario), output="rsg.nc", overrides={"time": "20 Myr"})
    command = ["sensitivity", "crossing", "rsg.nc", "carbon_burning_rsg_within", "--along", "radius", "--value", "1"]
    result = CliRunner().invoke(main, [*command, "--all", "--picture", "where.svg"])
    assert result.exit_code == 0, result.output
    assert "never reached" in result.output
    assert "wrote where.svg" in result.output
    assert "never reached" in CliRunner().invoke(main, [*command, "-o", "-"]).output

"""Questions and pictures of what is uncertain, from the prompt."""

from __future__ import annotations

import pytest
import xarray as xr
from click.testing import CliRunner

import gridscan as gs
from gridscan.cli import main

SCENARIO = """\
model = "red_supergiants"
[axes]
imf = ["kroupa", "salpeter"]
radius = { geomspace = [0.5, 2, 5], unit = "kpc", weight = { lognormal = ["1 kpc", 1.5] } }
[uncertain]
sfr = { normal = [2.0, 0.5], unit = "Msun/yr", minimum = 0.1 }
neutrino_luminosity = { lognormal = ["1e38 erg/s", 1.5] }
[design]
points = 128
[output]
quantities = ["carbon_burning_rsg", "flux"]
path = "draws.nc"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("draws")
    (place / "draws.toml").write_text(SCENARIO)
    gs.run(place / "draws.toml", progress=None)
    return place


def said(folder, *arguments):
    words = list(arguments)
    words.insert(3 if words[0] == "plot" else 2, str(folder / "draws.nc"))
    outcome = CliRunner().invoke(main, words)
    assert outcome.exit_code == 0, outcome.output
    return " ".join(outcome.output.split())


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("mean", "carbon_burning_rsg"), ["imf mean mean_error kroupa 55.", "weights: draw equal"]),
        (("std", "carbon_burning_rsg"), ["imf std std_error", "standard deviation of", "weights: draw equal"]),
        (
            ("percentiles", "flux", "--percents", "5,50,95", "--at", "radius=1kpc", "--at", "imf=kroupa"),
            ["percentile [%] percentiles [1/cm^2/s] percentiles_error [1/cm^2/s] 5 ", "weights: draw equal"],
        ),
        (
            ("exceedance", "flux", "--value", "0.01 / cm^2 / s", "--over", "draw,radius"),
            ["is above 0.01 / cm^2 / s over draw, radius", "weights: draw equal, radius lognormal, median 1 kpc"],
        ),
        (
            ("rank", "flux"),
            ["neutrino_luminosity 0.", "weights: draw equal, imf equal, radius lognormal, median 1 kpc"],
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:shares may be off:gridscan.errors.GridscanWarning")
def test_answers_have_units_errors_and_weights(folder, arguments, expected):
    shown = said(folder, "sensitivity", arguments[0], *arguments[1:])
    for text in expected:
        assert text in shown


def test_an_answer_goes_to_a_file(folder):
    path = folder / "percentiles.nc"
    said(folder, "sensitivity", "percentiles", "flux", "--out", str(path))
    with xr.open_dataset(path) as table:
        assert table["percentiles"].dims[0] == "percentile"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("percentiles", "flux", "--percents", "5,x"), "'5,x' is no list of numbers such as 5,50,95"),
        (("percentiles", "flux", "--percents", "0"), "percentages are above 0 and below 100; found 0"),
        (("exceedance", "flux", "--value", "3 kpc"), "'3 kpc' is in 'kpc'; 'flux' needs a value in '1/cm^2/s'"),
        (("mean", "flux", "--over", "drow"), "'flux' does not depend on an axis 'drow'; did you mean 'draw'?"),
    ],
)
def test_a_mistake_has_status_two_and_one_message(folder, arguments, message):
    command = ["sensitivity", arguments[0], str(folder / "draws.nc"), *arguments[1:]]
    outcome = CliRunner().invoke(main, command)
    assert outcome.exit_code == 2
    assert message in " ".join(outcome.output.split())


def test_violins_and_corners_are_drawn_from_the_prompt(folder):
    for kind, options in (("violins", ["--by", "imf"]), ("corner", ["--parameters", "sfr"])):
        path = folder / f"{kind}.png"
        said(folder, "plot", "--kind", kind, "flux", *options, "--out", str(path))
        assert path.stat().st_size > 10_000
    outcome = CliRunner().invoke(main, ["plot", str(folder / "draws.nc"), "--kind", "corner"])
    assert outcome.exit_code == 2
    assert "--kind corner takes a quantity or more" in outcome.output


def test_the_plan_prints_the_measure_of_each_axis(folder):
    outcome = CliRunner(env={"COLUMNS": "200"}).invoke(main, ["plan", str(folder / "draws.toml")])
    lines = [" ".join(line.split()) for line in outcome.output.splitlines()]
    assert "axis size values weight" in lines
    assert "imf 2 kroupa, salpeter equal" in lines

"""Figures on the command line: of results, of scenarios, of samples, and of models of one's own."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import pytest
import xarray as xr
from click.testing import CliRunner
from matplotlib import pyplot
from PIL import Image

import gridscan as gs
from gridscan.cli import main
from gridscan.models.red_supergiants import star_map

SMALL = """
model = "red_supergiants"
[axes]
imf = ["kroupa", "top-heavy"]
time = ["10 Myr", "12 Myr", "20 Myr"]
[output]
quantities = ["carbon_burning_rsg", "carbon_burning_rsg_within", "red_supergiants"]
path = "small.nc"
"""
OWN = '''
from gridscan.model import Model

model = Model("pendulum", "A pendulum")
planet = model.label("planet", "earth", "Where", records={"earth": {"gravity": "9.8 m/s^2"}})
model.parameter("gravity", planet, "Gravity", unit="m/s^2")
model.parameter("length", "1 m", "Length", minimum=0)


@model.quantity("s", long_name="period")
def period(length, gravity):
    """2 π √(l/g). Source: small swings."""
    return 6.283185307179586 * (length / gravity) ** 0.5


@model.figure(quantities=("period",), axes=("length",), settings={"length": {"linspace": ["1 m", "2 m", 5]}})
def swing(dataset):
    """Period against the length."""
    from gridscan import plot

    return plot.draw(dataset, "period", along="length")
'''


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    Path("small.toml").write_text(SMALL, encoding="utf-8")
    yield tmp_path
    pyplot.close("all")


def call(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def succeed(*arguments):
    result = call(*arguments)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_result_is_drawn_as_it_is_where_it_holds_what_is_shown(folder):
    succeed("run", "small.toml")
    assert succeed("plot", "small.nc", "--kind", "counts", "--along", "imf") == "wrote counts.png\n"
    assert succeed("plot", "small.nc", "red_supergiants", "--kind", "counts") == "wrote counts.png\n"
    told = succeed("plot", "small.nc", "--kind", "timeline", "--zoom", "20 kyr", "--set", "initial_mass=20 Msun")
    assert told == "wrote timeline.png\n"
    told = succeed("plot", "small.nc", "--kind", "spectra")
    assert told == "small.nc lacks 'flux_spectrum': evaluating its scenario\nwrote spectra.png\n"


def test_a_sample_is_drawn_as_it_is_unless_another_is_asked_for(folder, monkeypatch):
    succeed("sample", "small.toml", "--number", "30")
    drawn, galaxy = [], star_map.galaxy

    def record(stars, density, **options):
        drawn.append((stars.sizes["star"], density.shape, options))
        return galaxy(stars, density, **options)

    monkeypatch.setattr(star_map, "galaxy", record)
    assert succeed("plot", "stars.nc", "--kind", "galaxy", "--inset", "3 kpc") == "wrote galaxy.png\n"
    assert succeed("plot", "stars.nc", "--kind", "galaxy", "--seed", "5") == "wrote galaxy.png\n"
    assert drawn[0] == (30, (401, 401), {"inset": "3 kpc"})
    assert drawn[1][0] != 30
    with Image.open("galaxy.png") as image:
        assert image.size[0] == 800


def test_a_movie_goes_where_it_is_said_and_else_beside(folder):
    assert succeed("plot", "small.toml", "--kind", "movie", "--frames", "2") == "wrote movie.gif\n"
    assert (
        "a movie is written as .gif or .mp4" in call("plot", "small.toml", "--kind", "movie", "--out", "m.png").output
    )


def test_the_figure_of_a_model_of_ones_own_is_drawn_with_the_model_named(folder):
    Path("own.py").write_text(OWN, encoding="utf-8")
    succeed("new", "own.py:model")
    succeed("run", "pendulum.toml", "--model", "own.py:model")
    assert succeed("plot", "pendulum.nc", "--kind", "swing", "--model", "own.py:model") == "wrote swing.png\n"
    assert "swing   " in succeed("describe", "own.py:model")
    result = call("plot", "pendulum.nc", "--kind", "swing")
    assert result.exit_code == 2
    assert result.output.startswith("error: pendulum.nc: unknown model 'pendulum'")
    # What needs no model is drawn without it.
    assert succeed("plot", "pendulum.nc", "period", "--along", "length") == "wrote period.png\n"
    assert (
        "model 'pendulum' has no figure 'signal'"
        in call("plot", "pendulum.nc", "--kind", "signal", "--model", "own.py:model").output
    )


def test_a_file_of_another_program_needs_the_model(folder):
    xr.Dataset({"flux": ("time", [1.0, 2.0])}).to_netcdf("other.nc")
    result = call("plot", "other.nc", "--kind", "signal")
    assert result.exit_code == 2
    assert "other.nc: does not name the model that made it; give it with --model" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["small.toml", "--kind", "signl"], "no figure 'signl'; did you mean 'signal'?"),
        (["small.toml", "--kind", "signal", "--zoom", "2"], "--zoom does not apply to --kind signal; it takes --along"),
        (["small.toml", "--kind", "signal", "--seed", "2"], "--seed does not apply to --kind signal"),
        (["small.toml", "flux", "--kind", "timeline"], "--kind timeline takes no quantity; remove 'flux'"),
        (
            ["small.toml", "red_supergiants", "--zoom", "2"],
            "--zoom does not apply to --kind quantity; it takes --along",
        ),
        (
            ["small.toml", "red_supergiants", "--alon", "time"],
            "--alon does not apply to --kind quantity; did you mean '--along'",
        ),
        (["small.toml"], "give one quantity to draw, or a --kind; found 0 quantities"),
        (
            ["x.dat", "flux", "--kind", "hertzsprung-russell"],
            "--kind hertzsprung-russell takes no quantity; remove 'flux'",
        ),
        (
            ["x.dat", "--kind", "hertzsprung-russell", "--set", "a=2"],
            "--set does not apply to --kind hertzsprung-russell",
        ),
        (["--zoom", "2"], "name the FILE to draw"),
    ],
)
def test_what_does_not_apply_is_refused(folder, arguments, message):
    result = call("plot", *arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())


def test_any_file_name_and_order_of_options_is_read(folder):
    gs.run("small.toml")
    told = succeed("plot", "--zoom=20 kyr", "--kind", "timeline", "small.nc", "--set", "initial_mass=20 Msun")
    assert told == "wrote timeline.png\n"


@pytest.mark.parametrize(
    ("option", "flag"),
    [(["--log"], "--log or --linear"), (["--linear"], "--log or --linear"), (["--limits", "0,1"], "--limits")],
)
def test_the_scale_of_a_figure_is_its_own_which_is_said(option, flag):
    refused = CliRunner().invoke(main, ["plot", "imf_scan", "--kind", "signal", *option])
    assert refused.exit_code == 2
    assert f"{flag} does not apply to --kind signal; it takes --along, --by" in " ".join(refused.output.split())
    told = " ".join(CliRunner().invoke(main, ["plot", "--help"]).output.split())
    assert "Its scales are its own, so --log, --linear and --limits are for quantities" in told

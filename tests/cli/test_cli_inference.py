"""What the prompt says of a count: probabilities, limits, and messages."""

import pytest
import xarray as xr
from click.testing import CliRunner

import gridscan as gs
from gridscan.cli import main

POINT = ["--at", "time=20 Myr", "--at", "radius=5 kpc", "--at", "metallicity=0.014", "--at", "detector=theia-100"]
COUNTED = ["--exposure", "10 yr", "--background", "0.3 / yr"]


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    return str(gs.run("imf_scan", output=tmp_path_factory.mktemp("infer") / "scan.nc", progress=False))


def asked(*arguments):
    return CliRunner().invoke(main, ["infer", *arguments])


@pytest.mark.filterwarnings("ignore:the highest likelihood lies at an end")
def test_a_posterior_is_that_of_python(result, tmp_path):
    out = tmp_path / "posterior.nc"
    ended = asked("posterior", result, "events_per_year", "--keep", "imf", "--observed", "0", *COUNTED, "-o", str(out))
    assert ended.exit_code == 0, ended.output
    observed = gs.count("events_per_year", 0, exposure="10 yr", background="0.3 / yr")
    expected = gs.open(result).gridscan.posterior("imf", observed)
    assert xr.open_dataset(out)["posterior"].values == pytest.approx(expected["posterior"].values)


def test_a_limit_is_that_of_python(result, tmp_path):
    out = tmp_path / "limit.nc"
    ended = asked(
        "limit", result, "events_per_year", "--along", "sfr", "--observed", "4", *POINT, *COUNTED, "-o", str(out)
    )
    assert ended.exit_code == 0, ended.output
    ds = gs.open(result).sel(time=20, radius=5, metallicity=0.014, detector="theia-100")
    found = xr.open_dataset(out)
    expected = ds.gridscan.limit("events_per_year", "sfr", observed=4, exposure="10 yr", background="0.3 / yr")
    assert found["limit"].values == pytest.approx(expected["limit"].values, nan_ok=True)
    assert found["outcome"].values.astype(str).tolist() == expected["outcome"].values.tolist()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["limit", "--along", "sfr"], "give an exposure in 'yr'"),
        (["limit", "--along", "imf", "--exposure", "10 yr"], "holds labels"),
        (["posterior", "--keep", "im", "--observed", "3", "--exposure", "10 yr"], "did you mean 'imf'"),
        (["posterior", "--keep", "imf", "--observed", "-3", "--exposure", "10 yr"], "a count is a whole number"),
    ],
)
def test_a_mistake_is_told_in_one_line(result, arguments, words):
    command, *options = arguments
    ended = asked(command, result, "events_per_year", *options)
    assert ended.exit_code == 2
    assert words in ended.output

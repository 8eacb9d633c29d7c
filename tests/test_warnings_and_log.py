"""Warnings have classes of their own and point at the line of the user; notes go to the log; nothing is printed."""

import inspect
import logging
import warnings
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import gridscan as gs
from gridscan.errors import EvaluationWarning, GridscanWarning, ScenarioWarning, SensitivityWarning, StoreWarning

SMALL = """
model = "red_supergiants"
[axes]
imf = ["kroupa", "top-heavy"]
[output]
quantities = ["flux"]
"""


@pytest.fixture
def small(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("small.toml").write_text(SMALL, encoding="utf-8")
    return tmp_path


def here():
    return inspect.currentframe().f_back.f_lineno


def test_a_warning_points_at_the_line_of_the_user(small):
    idle = {"detector": ["juno", "hyper-k"]}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        gs.model("red_supergiants").evaluate("red_supergiants", radius="500 pc")
        gs.evaluate("small.toml", overrides=idle)
        gs.plan("small.toml", overrides=idle)
        gs.run("small.toml", overrides=idle)
        first = here() - 4
    mine = [item for item in caught if issubclass(item.category, GridscanWarning)]
    assert [item.filename for item in mine] == [__file__] * 4
    assert [item.lineno for item in mine] == list(range(first, first + 4))
    assert {item.category for item in mine} == {ScenarioWarning}


@pytest.mark.parametrize("lazy", [False, True])
def test_so_does_one_from_below_other_libraries(lazy):
    y = xr.DataArray([1.0, 0.0, 2.0], {"x": ("x", [1.0, 2.0, 3.0])}, name="y", attrs={"units": "1"})
    dataset = y.to_dataset().chunk({"x": 2}) if lazy else y.to_dataset()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        answer = dataset.gridscan.elasticity("y", along="x").compute(scheduler="synchronous")
    assert np.isnan(answer).any()
    (item, *_) = [item for item in caught if issubclass(item.category, SensitivityWarning)]
    assert item.filename == __file__


def test_each_phase_has_a_class_of_warnings():
    for kind in (EvaluationWarning, ScenarioWarning, SensitivityWarning, StoreWarning):
        assert issubclass(kind, GridscanWarning)
        assert issubclass(kind, UserWarning)


def test_the_library_prints_nothing_and_logs_what_it_wrote(small, capsys, caplog):
    with caplog.at_level(logging.INFO, "gridscan"):
        written = gs.run("small.toml")
        again = gs.run("small.toml")
    assert capsys.readouterr() == ("", "")
    assert [record.name for record in caplog.records] == ["gridscan.run"] * 2
    assert [record.getMessage() for record in caplog.records] == [
        "small.nc: 2 cells, 2 computed, 0 reused",
        "small.nc: 2 cells, up to date",
    ]
    assert (written, written.cells, written.computed, written.reused, written.was_made) == (
        Path("small.nc"),
        2,
        2,
        0,
        False,
    )
    assert again.was_made
    assert repr(again) == "<small.nc: 2 cells, up to date>"
    assert str(written) == "small.nc"
    assert isinstance(written, Path)
    assert written.suffix == ".nc"


def test_what_was_reused_is_told(small):
    gs.run("small.toml")
    more = gs.run("small.toml", overrides={"imf": ["kroupa", "top-heavy", "salpeter"]})
    assert (more.cells, more.computed, more.reused, more.failed) == (3, 1, 2, 0)


def test_a_loop_over_scenarios_shows_its_progress_and_results_lie_side_by_side(small):
    seen = []
    for rate in (1, 3):
        made = gs.run("small.toml", overrides={"sfr": f"{rate} Msun/yr"}, output=f"sfr_{rate}.nc", progress=seen.append)
        assert made.computed == 2
    assert [progress.done for progress in seen if progress.done == progress.cells]
    with gs.open("sfr_1.nc") as one, gs.open("sfr_3.nc") as three:
        np.testing.assert_allclose(three.flux / one.flux, 3)


def test_a_single_value_prints_as_a_number_with_its_unit():
    flux = gs.model("red_supergiants").evaluate("flux", radius="500 pc")
    assert f"{flux.gridscan}" == f"flux = {float(flux):.4g} 1/cm^2/s"
    several = gs.model("red_supergiants").evaluate("flux", imf=["kroupa", "top-heavy"], radius="500 pc")
    assert repr(several.gridscan).startswith("flux [1/cm^2/s] over imf (2), from ")

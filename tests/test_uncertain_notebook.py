"""The notebook of what is not known of red supergiants runs, and says what the text around it says."""

import re

import nbformat
import pytest
from notebooks import SCENARIOS, assert_current, code_cells, row, run_copy, shown

NAME = "uncertain_supergiants.ipynb"


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    return run_copy(tmp_path_factory.mktemp("notebook") / "scenarios", NAME, "uncertain_supergiants.toml")


def test_every_cell_ran_without_a_warning_and_is_stored_as_it_is_today(executed):
    outputs = [output for cell in code_cells(executed) for output in cell.outputs]
    assert not [one for one in outputs if one.output_type == "error" or one.get("name") == "stderr"]
    assert sum("image/png" in one.get("data", {}) for one in outputs) == 5
    stored = nbformat.read(SCENARIOS / NAME, as_version=4)
    nbformat.validate(stored)
    assert (SCENARIOS / NAME).stat().st_size < 600_000
    assert_current(stored, executed)


def test_the_mean_mass_function_is_in_the_middle_of_its_band(executed):
    bands = shown(executed, "gridscan.percentiles")
    low, middle, high = row(bands, "kroupa")
    # One standard deviation is 0.84 of ln 10; a band of 90 % is 1.645 times as wide to each side.
    assert 4 < middle / low < 10
    assert 4 < high / middle < 10
    heavy, light = (row(bands, label)[1] for label in ("top-heavy", "top-light"))
    assert light < middle < heavy


def test_both_ways_find_the_same_order(executed):
    ranked = shown(executed, "gridscan.rank")
    names = re.findall(r"^([a-z_]+)  +0\.\d+$", ranked, re.MULTILINE)
    assert names[:5] == ["detector", "time", "neutrino_luminosity", "imf", "sfr"]
    # At one detector its part of the variance is gone.
    screened = shown(executed, "gs.screen")
    totals = {name: row(screened, name)[1] for name in ("time", "imf", "sfr")}
    assert sorted(totals, key=totals.get, reverse=True) == ["time", "imf", "sfr"]
    assert totals["time"] == pytest.approx(row(ranked, "time")[0] / (1 - row(ranked, "detector")[0]), abs=0.03)
    assert totals["imf"] == pytest.approx(row(ranked, "imf")[0] / (1 - row(ranked, "detector")[0]), abs=0.03)

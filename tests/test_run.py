"""Running scenarios: from a file, a name, a result, with overrides; each run is repeatable from its own result."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import gridscan as gs
from gridscan.errors import EvaluationError, ScenarioError, StoreError, UnitError
from gridscan.inputs.shipped_files import shipped_scenarios
from gridscan.sources import find_scenario
from gridscan.storage.files import scenario_in
from gridscan.storage.provenance import provenance_in
from gridscan.units import Quantity

TEXT = """\
model = "red_supergiants"
title = "Small"
[axes]
imf = ["kroupa", "mine"]
time = ["10 Myr", "20 Myr"]
radius = { values = [0.5, 1], unit = "kpc" }
[catalogue.imf.mine]
exponents = [1.3, 3.0]
breaks = ["0.08 Msun", "0.5 Msun", "120 Msun"]
[output]
quantities = ["red_supergiants_within", "flux", "carbon_to_red_ratio"]
path = "deep/out.nc"
"""


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "small.toml"
    path.write_text(TEXT, encoding="utf-8")
    return path


def data_of(path):
    with gs.open(path) as dataset:
        return dataset.load()


def test_a_run_writes_what_evaluate_gives(file):
    path = gs.run(file)
    assert path == file.parent / "deep" / "out.nc"
    assert [item.name for item in path.parent.iterdir()] == ["out.nc"]
    written, evaluated = data_of(path), gs.evaluate(file)
    xr.testing.assert_allclose(written, evaluated, rtol=1e-14)
    assert {name: variable.attrs for name, variable in written.data_vars.items()} == {
        name: variable.attrs for name, variable in evaluated.data_vars.items()
    }


def test_a_result_can_be_run_again_from_itself_with_identical_data(file, tmp_path):
    first = gs.run(file)
    moved = tmp_path / "elsewhere" / "result.nc"
    moved.parent.mkdir()
    shutil.move(first, moved)
    file.unlink()
    original = data_of(moved)
    assert gs.run(moved) == moved
    again = data_of(moved)
    xr.testing.assert_identical(original.drop_attrs(), again.drop_attrs())
    assert original.attrs["gridscan_identity"] == again.attrs["gridscan_identity"]
    assert original.attrs["gridscan_scenario"] == again.attrs["gridscan_scenario"] == TEXT
    other = gs.run(moved, output=tmp_path / "third.nc")
    xr.testing.assert_identical(original.drop_attrs(), data_of(other).drop_attrs())


def test_overrides_are_kept_in_the_result_and_used_when_it_is_run_again(file, tmp_path):
    overrides = {"sfr": ["1 Msun/yr", "2 Msun/yr"], "time": "15 Myr", "cross_section": "tree-level"}
    path = gs.run(file, overrides=overrides, output=tmp_path / "first.nc")
    first = data_of(path)
    assert dict(first.sizes) == {"imf": 2, "radius": 2, "sfr": 2}
    assert json.loads(first.attrs["gridscan_overrides"]) == overrides
    again = data_of(gs.run(path, output=tmp_path / "second.nc"))
    xr.testing.assert_identical(first.drop_attrs(), again.drop_attrs())
    changed = gs.evaluate(path, overrides={"time": "18 Myr"})
    assert float(changed.time) == 18
    assert dict(changed.sizes) == {"imf": 2, "radius": 2, "sfr": 2}


def test_the_provenance_of_a_result_says_what_made_it(file):
    path = gs.run(file, overrides={"sfr": "3 Msun/yr"})
    found = scenario_in(path)
    assert found.scenario == TEXT
    assert found.scenario_name == "small.toml"
    assert found.overrides == {"sfr": "3 Msun/yr"}
    assert found.model == "red_supergiants"
    assert found.settings["sfr"] == {"value": 3.0, "unit": "Msun/yr"}
    assert found.settings["time"] == {"value": [10.0, 20.0], "unit": "Myr"}
    assert found.settings["imf"] == ["kroupa", "mine"]
    assert found.settings["mass_integration"] == "bins"
    assert found.versions["gridscan"] == gs.__version__
    assert len(found.identity) == 64
    with gs.open(path) as dataset:
        assert provenance_in(dataset, path) == found
        assert dataset.attrs["title"] == "Small"
        assert dataset.attrs["Conventions"] == "CF-1.11"


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, True),
        ({"sfr": "2 Msun/yr"}, True),
        ({"sfr": "2.000001 Msun/yr"}, False),
        ({"time": ["10 Myr", "21 Myr"]}, False),
        ({"speed_of_light": "3e8 m/s"}, True),
        ({"mean_energy": "0.91 MeV"}, False),
    ],
)
def test_the_identity_changes_exactly_with_what_the_numbers_depend_on(file, change, same):
    first = gs.evaluate(file).attrs["gridscan_identity"]
    second = gs.evaluate(file, overrides=change).attrs["gridscan_identity"]
    assert (first == second) is same


def test_a_shipped_scenario_is_run_by_its_name_into_the_results_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert gs.run("imf_scan") == Path("results/imf_scan.nc")
    evaluated = gs.evaluate(shipped_scenarios()["imf_scan"])
    xr.testing.assert_allclose(data_of("results/imf_scan.nc"), evaluated, rtol=1e-14)


def test_a_model_in_hand_is_used_instead_of_the_one_named(file):
    mine = gs.model("red_supergiants").replace(red_supergiants_within=lambda red_supergiants: red_supergiants)
    found = gs.evaluate(file, model=mine)
    assert found.red_supergiants_within.dims == ("imf", "time")


def test_a_scenario_in_hand_may_be_changed(file):
    scenario = find_scenario(file, overrides={"sfr": "3 Msun/yr"})
    assert find_scenario(scenario) is scenario
    changed = find_scenario(scenario, overrides={"time": "12 Myr"})
    assert dict(changed.overrides) == {"sfr": "3 Msun/yr", "time": "12 Myr"}
    assert "time" not in changed.resolved.sizes


def test_fewer_quantities_may_be_evaluated(file):
    assert list(gs.evaluate(file, quantities=["flux"]).data_vars) == ["flux"]


def test_faults_of_an_embedded_scenario_name_the_result_and_the_scenario(file):
    path = gs.run(file)
    with pytest.raises(ScenarioError) as caught:
        gs.evaluate(path, overrides={"imf": "mein"})
    assert str(caught.value).startswith("--set imf: unknown imf 'mein'; did you mean 'mine'?")
    with gs.open(path) as dataset:
        broken = dataset.load().assign_attrs(gridscan_scenario=TEXT.replace("radius", "raduis"))
    broken.to_netcdf(file.parent / "broken.nc")
    with pytest.raises(ScenarioError) as caught:
        gs.evaluate(file.parent / "broken.nc")
    assert str(caught.value).startswith(f"{file.parent / 'broken.nc'}[small.toml]:6:1: unknown parameter 'raduis'")


def test_a_result_of_another_program_cannot_be_run(tmp_path):
    xr.Dataset({"a": ("x", [1.0])}).to_netcdf(tmp_path / "other.nc")
    with pytest.raises(StoreError, match="was not written by gridscan run: it has no attribute 'gridscan_scenario'"):
        gs.run(tmp_path / "other.nc")


def test_a_wrong_unit_stops_a_run_before_anything_is_written(file):
    broken = gs.model("red_supergiants").replace(flux=lambda mean_energy: mean_energy)
    with pytest.raises(UnitError, match=r"'flux'.*gives 'MeV', expected the declared unit '1/cm\^2/s'"):
        gs.run(file, model=broken)
    assert not (file.parent / "deep").exists()


def test_a_run_that_stops_at_a_value_that_cannot_be_computed_leaves_an_earlier_result_as_it_was(file):
    path = gs.run(file)
    before = path.read_bytes()
    broken = gs.model("red_supergiants").replace(red_supergiants_within=lambda red_supergiants: red_supergiants / 0)
    first = "'red_supergiants_within' is inf (first at imf = kroupa, time = 10 Myr)"
    with pytest.raises(EvaluationError, match=re.escape(first)):
        gs.run(file, model=broken, fail_fast=True)
    assert path.read_bytes() == before


def test_progress_is_told_of_every_cell(file):
    told = []
    gs.run(file, progress=lambda progress: told.append((progress.done, progress.computed, progress.reused)))
    assert told[0] == (0, 0, 0)
    assert told[-1] == (20, 20, 0)
    assert told == sorted(told)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"radius": Quantity(2.5, "kpc")}, "2.5 kpc"),
        ({"radius": Quantity(np.array([0.5, 1.0]), "kpc")}, {"values": [0.5, 1.0], "unit": "kpc"}),
        ({"metallicity": np.array([0.014, 0.015])}, [0.014, 0.015]),
        ({"metallicity": np.float64(0.015)}, 0.015),
        ({"arm_count": range(2, 4)}, [2, 3]),
    ],
)
def test_overrides_of_any_kind_are_kept_as_a_file_would_hold_them_and_run_again(tmp_path, given, kept):
    path = gs.run("imf_scan", overrides=given, output=tmp_path / "first.nc")
    assert json.loads(gs.open(path).attrs["gridscan_overrides"]) == {next(iter(given)): kept}
    again = gs.run(path, output=tmp_path / "again.nc")
    xr.testing.assert_equal(gs.open(path).load(), gs.open(again).load())


def test_a_formula_of_no_file_is_part_of_the_identity():
    def identity(formula):
        found = {}
        exec(formula, found)
        model = gs.model("red_supergiants").replace(scattering_cross_section=found["formula"])
        return gs.evaluate("imf_scan", model=model).attrs["gridscan_identity"]

    once = "def formula(energy, cross_section_slope):\n    return energy * cross_section_slope\n"
    other = once.replace("energy * cross_section_slope", "energy * cross_section_slope / 2")
    assert identity(other) != identity(other.replace("/ 2", "/ 3"))
    assert identity(once) == identity(once)
    assert identity(once) != identity(other)

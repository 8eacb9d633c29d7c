"""Quantities of [output.derived] are read with their place, written like any other, and known by formula and inputs."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

import gridscan as gs
from gridscan.cli import main
from gridscan.errors import ScenarioError

HEAD = """model = "red_supergiants"
[axes]
detector = ["juno", "super-k"]
time = { values = [10, 15, 20], unit = "Myr" }
[output]
quantities = ["events_per_year"]
path = "scan.nc"
[output.derived]
"""
DERIVED = """rate = "events_per_year / fiducial_mass"
decade = { expression = "rate * '10 yr'", unit = "1/t", long_name = "events of a tonne in ten years" }
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scan.toml").write_text(HEAD + DERIVED)
    return tmp_path


def test_derived_quantities_are_written_with_their_numbers_units_and_formulas(folder):
    path = gs.run("scan.toml")
    with gs.open(path) as found:
        np.testing.assert_allclose(found["rate"], found["events_per_year"] / found["fiducial_mass"], rtol=1e-14)
        np.testing.assert_allclose(found["decade"], found["rate"] * 10 / 1000, rtol=1e-14)
        assert found["rate"].attrs["expression"] == found["rate"].attrs["long_name"]
        assert found["decade"].attrs["long_name"] == "events of a tonne in ten years"
        slope = found.gridscan.derivative("rate", along="time")
        again = found.gridscan.derive(again="events_per_year / fiducial_mass")["again"]
        np.testing.assert_allclose(again, found["rate"], rtol=1e-14)
        assert (again.attrs["units"], again.attrs["unit_name"]) == (
            found["rate"].attrs["units"],
            found["rate"].attrs["unit_name"],
        )
        assert "comment" not in slope.attrs


def test_a_cell_is_known_by_its_formula_and_by_what_goes_into_it(folder):
    def computed(text):
        return gs.run(gs.Scenario.parse(text), output="scan.nc").computed

    assert computed(HEAD + DERIVED) == 18
    assert computed(HEAD + DERIVED) == 0
    assert computed(HEAD + DERIVED.replace("rate =", "rate  = ").replace("/ fid", "/  fid")) == 0
    assert computed(HEAD + DERIVED.replace("'10 yr'", "'20 yr'")) == 6
    assert computed(HEAD + DERIVED.replace("/ fiducial_mass", "/ fiducial_mass * 2")) == 12
    longer = HEAD.replace("[10, 15, 20]", "[10, 15, 20, 25]")
    assert computed(longer + DERIVED.replace("/ fiducial_mass", "/ fiducial_mass * 2")) == 6


def test_quantities_asked_for_by_name_may_be_derived_ones(folder):
    assert gs.Scenario.load("scan.toml").quantities == ["events_per_year", "rate", "decade"]
    path = gs.run("scan.toml", quantities=["decade"], output="one.nc")
    with gs.open(path) as found:
        assert list(found.data_vars) == ["decade"]
    assert gs.run("one.nc").computed == 0
    lone = gs.Scenario.parse(HEAD.replace('["events_per_year"]', "[]") + 'rate = "flux / sfr"')
    assert list(gs.evaluate(lone).data_vars) == ["rate"]


def test_overrides_and_other_models_keep_the_formulas(folder):
    twice = gs.evaluate("scan.toml", overrides={"fiducial_mass": "40 kt", "detector": "juno"})
    once = gs.evaluate("scan.toml", overrides={"fiducial_mass": "20 kt", "detector": "juno"})
    np.testing.assert_allclose(twice["rate"], once["rate"], rtol=1e-14)
    scenario = gs.Scenario.load("scan.toml")
    assert gs.evaluate(scenario, overrides={"fiducial_mass": "4 kt"}).rate.attrs["expression"]


FAULTS = [
    ("rate = 'events_per_yer / 2'", "9:8: 'rate': unknown name 'events_per_yer', at character 1 .*'events_per_year'"),
    ("rate = 'sfr + time'", "9:8: 'rate': what is in 'Myr' cannot be added to what is in 'Msun/yr', at character 7"),
    ("rate = 'detector * 2'", "9:8: 'rate': 'detector' is a label, not a number, at character 1"),
    ("rate = 'breaks * 2'", "9:8: 'rate': 'breaks' is a list of numbers, not one number, at character 1"),
    ("rate = 'b'\nb = 'sfr'", "9:8: 'rate': 'b' is defined further on; put it before this formula, at character 1"),
    ("rate = 'rate'", "9:8: 'rate': unknown name 'rate'"),
    ("sfr = 'flux'", "9:7: 'sfr': there is 'sfr' already"),
    ("'a b' = 'flux'", "9:9: 'a b': 'a b' cannot name a quantity"),
    ("rate = 3", "9:8: 'rate': a formula is a text such as"),
    ("rate = { expresion = 'flux' }", "9:8: 'rate': unknown key 'expresion'; did you mean 'expression'?"),
    ("rate = { expression = 'flux', unit = 'kg' }", "9:8: 'rate': 'flux' gives '1/cm.2/s'.* to 'kg'"),
    ("rate = { expression = 'flux', unit = 3 }", "9:8: 'rate': a formula needs expression = TEXT.*found unit = 3"),
    ("rate = '__import__(\"os\")'", "9:8: 'rate': unknown function '__import__', at character 1"),
]


@pytest.mark.parametrize(("line", "message"), FAULTS)
def test_a_wrong_formula_is_told_with_its_line_and_column(line, message):
    with pytest.raises(ScenarioError, match=f"^scenario.toml:{message}") as caught:
        gs.Scenario.parse(HEAD + line)
    assert "\n" not in str(caught.value)


def test_a_formula_made_of_a_wrong_one_is_not_told_too():
    with pytest.raises(ScenarioError) as caught:
        gs.Scenario.parse(HEAD + "a = 'fluxx'\nb = 'a * 2'\nc = 'b + a'")
    assert "\n" not in str(caught.value)


def test_workers_compute_the_same_numbers(folder):
    there = gs.run("scan.toml", output="workers.nc", workers=1)
    here = gs.run("scan.toml")
    assert gs.compare(there, here).same


def test_plan_explain_info_and_json_show_the_formula(folder):
    def said(*command):
        result = CliRunner(env={"COLUMNS": "200"}).invoke(main, list(command))
        assert result.exit_code == 0, result.output
        return " ".join(result.output.split())

    assert "= events_per_year / fiducial_mass" in said("plan", "scan.toml")
    quantities = json.loads(said("plan", "scan.toml", "--json"))["quantities"]
    assert quantities[-1]["expression"] == "rate * '10 yr'"
    assert "decade = rate * '10 yr' (derived by the scenario)" in said("explain", "scan.toml", "decade")
    said("run", "scan.toml")
    assert "= events_per_year / fiducial_mass" in said("info", "scan.nc")
    assert json.loads(said("info", "scan.nc", "--json"))["quantities"]["decade"]["expression"] == "rate * '10 yr'"


def test_the_command_derives_shows_and_writes(folder):
    gs.run("scan.toml")
    run = CliRunner(env={"COLUMNS": "200"}).invoke
    shown = run(main, ["derive", "scan.nc", "share=rate / rate", "--at", "detector=juno"])
    assert shown.exit_code == 0
    assert shown.output.splitlines()[0] == "rate / rate"
    written = run(main, ["derive", "scan.toml", "hour=events_per_year * '1 hour'", "double=hour*2", "-o", "new.nc"])
    assert written.output == "wrote new.nc\n"
    with gs.open("new.nc") as found:
        assert list(found.data_vars) == ["hour", "double"]
        np.testing.assert_allclose(found["double"], 2 * found["hour"], rtol=1e-15)
    wrong = run(main, ["derive", "scan.nc", "share=rat / rate"])
    assert (wrong.exit_code, wrong.output.count("\n")) == (2, 1)
    assert "share: unknown name 'rat', at character 1 of 'rat / rate'; did you mean 'rate'?" in wrong.output
    assert "is not NAME=FORMULA" in run(main, ["derive", "scan.nc", "rate"]).output
    assert "'x' is given twice" in run(main, ["derive", "scan.nc", "x=rate", "x=rate"]).output


def test_the_command_gives_values_off_the_grid(folder):
    gs.run("scan.toml")
    run = CliRunner(env={"COLUMNS": "200"}).invoke
    shown = run(main, ["at", "scan.nc", "decade", "--at", "time=17.5 Myr", "--at", "detector=hyper-k"])
    assert shown.exit_code == 0, shown.output
    direct = gs.model("red_supergiants").evaluate("events_per_year", time="17.5 Myr", detector="hyper-k")
    assert f"decade = {float(direct) / 187 * 10 / 1000:.5g} 1/t" in shown.output
    several = run(main, ["at", "scan.nc", "rate", "--at", "time=[17, 18]", "-o", "-"])
    assert len(several.output.splitlines()) == 1 + 4
    wrong = run(main, ["at", "scan.nc", "decade", "--at", "tim=17.5 Myr"])
    assert (wrong.exit_code, wrong.output.count("\n")) == (2, 1)
    assert "has no input 'tim'; did you mean 'time'?" in wrong.output

"""A quantity that is replaced takes what nothing else needs with it, and shows what its function holds."""

import json
import logging

import numpy as np
import pytest
from click.testing import CliRunner
from planets import make_toy

import gridscan as gs
from gridscan.cli import main
from gridscan.definition.replacement import fixed_values
from gridscan.errors import GridscanWarning, ModelError, ScenarioError
from gridscan.inputs.sampling import Sampling

_MINE = '''
import gridscan as gs

LARGEST = 3

def made(power):
    def scalar(s, t, dark_matter_mass, scale=2.5):
        """A scalar of one's own. Source: Me 2026."""
        return scale * (t / dark_matter_mass**2) ** power
    return scalar

model = gs.model("boosted_dark_matter").replace(neutrino_squared_amplitude=made(2))
'''
_SCENARIO = """
model = "boosted_dark_matter"
[axes]
time = { values = [100, 200], unit = "yr" }
[parameters]
neutrino_coupling = 0.5
[output]
quantities = ["flux"]
"""


@pytest.fixture
def mine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(_MINE, encoding="utf-8")
    (tmp_path / "sc.toml").write_text(_SCENARIO.replace("neutrino_coupling = 0.5", ""), encoding="utf-8")
    (tmp_path / "orphan.toml").write_text(_SCENARIO, encoding="utf-8")
    return tmp_path


def gridscan(*arguments):
    return CliRunner(env={"COLUMNS": "200"}).invoke(main, arguments)


def test_a_model_with_a_replaced_quantity_runs_from_a_file(mine):
    result = gridscan("run", "sc.toml", "--model", "mine.py:model")
    assert result.exit_code == 0, result.output
    note = next(line for line in result.stderr.splitlines() if line.startswith("note: "))
    assert "left out, since nothing needs them with neutrino_squared_amplitude replaced" in note


def test_a_scenario_may_still_give_what_was_left_out(mine):
    result = gridscan("run", "orphan.toml", "--model", "mine.py:model", "--output", "other.nc")
    assert result.exit_code == 0, result.output
    assert (
        "warning: the value of 'neutrino_coupling' has no effect:"
        " nothing takes it since 'neutrino_squared_amplitude' was replaced" in result.stderr
    )


def test_defaults_closures_and_docstrings_are_shown_and_recorded(mine):
    shown = gridscan("describe", "mine.py:model", "neutrino_squared_amplitude").stdout
    assert "A scalar of one's own. Source: Me 2026." in shown
    assert "Holds: scale = 2.5, power = 2" in shown
    chain = gridscan("explain", "sc.toml", "flux", "--model", "mine.py:model").stdout
    assert "replaced; it holds scale = 2.5, power = 2" in chain
    assert gridscan("run", "sc.toml", "--model", "mine.py:model").exit_code == 0
    with gs.open("sc.nc") as result:
        said = json.loads(result.attrs["gridscan_replaced"])
        assert "Me 2026" in result.attrs["references"]
    assert {"neutrino_squared_amplitude": said["neutrino_squared_amplitude"]} == {
        "neutrino_squared_amplitude": "scalar(s, t, dark_matter_mass) with scale = 2.5, power = 2:"
        " A scalar of one's own. Source: Me 2026."
    }
    assert "scalar(s, t, dark_matter_mass) with scale = 2.5, power = 2" in gridscan("info", "sc.nc").stdout


def test_another_default_is_another_number(mine):
    assert gridscan("run", "sc.toml", "--model", "mine.py:model").exit_code == 0
    (mine / "mine.py").write_text(_MINE.replace("scale=2.5", "scale=5.0"), encoding="utf-8")
    result = gridscan("run", "sc.toml", "--model", "mine.py:model")
    assert result.exit_code == 0
    assert "wrote sc.nc" in result.stdout
    assert "reused" not in result.stdout


def test_inputs_that_nothing_needs_go_and_others_stay(toy, caplog):
    with caplog.at_level(logging.INFO, "gridscan"):
        mine = toy.replace(absorbed=lambda irradiance: irradiance / 4)
    gone = {*toy.parameters, *toy.labels, *toy.constants} - {*mine.parameters, *mine.labels, *mine.constants}
    assert gone == {"albedo", "sky"}
    assert set(mine.dropped) == gone
    assert "the inputs albedo, sky are left out" in caplog.text
    mine.check()
    # Records set what is left.
    assert mine.evaluate("temperature", planet=["earth", "mars"]).sizes == {"planet": 2}
    with pytest.warns(GridscanWarning, match="'albedo' has no effect: nothing takes it since 'absorbed' was replaced"):
        mine.evaluate("temperature", albedo=[0.1, 0.2])


def test_a_label_without_parameters_goes_with_them(toy):
    mine = toy.replace(
        irradiance=gs.kernel("W/m^2", luminosity="W")(lambda luminosity: luminosity),
        depth=gs.kernel("1", luminosity="W")(lambda luminosity: luminosity),
        absorbed=lambda irradiance: irradiance,
    )
    assert "planet" not in mine.labels
    mine.check()


def test_what_was_unused_before_stays_a_fault(toy):
    toy.parameter("idle", 1, "Not used")
    mine = toy.replace(absorbed=lambda irradiance: irradiance)
    assert "idle" in mine.parameters
    with pytest.raises(ModelError, match="no quantity uses the input 'idle'"):
        mine.check()


def test_a_quantity_that_went_is_named_with_the_reason(toy):
    mine = toy.replace(heat=lambda absorbed, end: absorbed * end)
    with pytest.raises(ModelError, match="no quantity 'heat_error'; it went when 'heat' was replaced"):
        mine.evaluate("heat_error")
    text = 'model = "toy"\n[output]\nquantities = ["heat_error"]\n'
    with pytest.raises(ScenarioError, match="no quantity 'heat_error'; it went when 'heat' was replaced"):
        gs.Scenario.parse(text, model=mine)


def test_a_replaced_count_is_still_drawn_and_gaps_stay_gaps():
    model = gs.Model("counts", "Counts")
    model.parameter("mean", 3, "Mean", minimum=0)

    @model.quantity("1", count=True)
    def number(mean):
        return mean

    @model.quantity("1", missing="for a mean of zero")
    def inverse(mean):
        return 1 / mean

    mine = model.replace(number=lambda mean: 2 * mean, inverse=lambda mean: np.where(mean > 0, 2 / mean, np.nan))
    drawn = mine.evaluate(["number"], sampling=Sampling(realisations=4, seed=1))
    assert drawn["number_drawn"].sizes == {"realisation": 4}
    assert np.isnan(mine.evaluate("inverse", mean=[0, 1]).values).tolist() == [True, False]


def test_a_default_must_not_hide_an_input():
    toy = make_toy()
    with pytest.raises(ModelError, match="'albedo' has a default, which would hide an input"):
        toy.replace(absorbed=lambda irradiance, albedo=0.3: irradiance * albedo)


def test_what_a_function_holds_is_said_in_short():
    table = np.linspace(0, 1, 100)
    assert fixed_values(lambda x, kind="a", many=table: (kind, many, table, x)) == {
        "kind": "'a'",
        "many": "100 values from 0 to 1",
        "table": "100 values from 0 to 1",
    }

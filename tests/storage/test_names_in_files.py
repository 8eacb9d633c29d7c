"""`gridscan check` refuses names that a file of results could not have."""

import pytest
from click.testing import CliRunner

import gridscan as gs
from gridscan.cli import main
from gridscan.errors import StoreError

_MODEL = """
import gridscan as gs

model = gs.Model("mine", "A model")
model.parameter("AXIS", "1 km", "Length")


@model.quantity("km")
def QUANTITY(AXIS):
    return 2 * AXIS
"""
_SCENARIO = 'model = "mine"\n[axes]\nAXIS = { values = [1, 2], unit = "km" }\n[output]\nquantities = ["QUANTITY"]\n'


def written(folder, quantity, axis):
    for name, text in {"mine.py": _MODEL, "mine.toml": _SCENARIO}.items():
        (folder / name).write_text(text.replace("QUANTITY", quantity).replace("AXIS", axis), encoding="utf-8")


@pytest.mark.parametrize(("quantity", "axis"), [("gridscan", "length"), ("area", "gridscan"), ("q" * 300, "length")])
@pytest.mark.parametrize("command", ["check", "plan", "run"])
def test_a_name_that_the_file_needs_is_refused_before_the_run(tmp_path, monkeypatch, command, quantity, axis):
    monkeypatch.chdir(tmp_path)
    written(tmp_path, quantity, axis)
    result = CliRunner().invoke(main, [command, "mine.toml", "--model", "mine.py"])
    assert result.exit_code == 2
    said = (
        "in it can have this name; rename it in the model" if "gridscan" in (quantity, axis) else "bytes; files allow"
    )
    assert said in result.stderr
    assert not list(tmp_path.glob("*.nc"))


@pytest.mark.parametrize(
    ("quantity", "axis"),
    [
        ("model_time", "time"),
        ("record", "checksums"),
        ("run_status", "realisation"),
        ("values", "number_of_bytes"),
        ("Δ", "keys"),
    ],
)
def test_all_that_check_accepts_is_written_and_read(tmp_path, monkeypatch, quantity, axis):
    monkeypatch.chdir(tmp_path)
    written(tmp_path, quantity, axis)
    assert CliRunner().invoke(main, ["check", "mine.toml", "--model", "mine.py"]).exit_code == 0
    assert CliRunner().invoke(main, ["run", "mine.toml", "--model", "mine.py"]).exit_code == 0
    with gs.open("mine.nc") as result:
        assert result[quantity].sizes == {axis: 2}
        assert result[quantity].values.tolist() == [2, 4]


def test_the_name_of_a_zipped_axis_counts_too():
    text = 'model = "red_supergiants"\n[axes.zip.gridscan]\nsun_x = ["8 kpc"]\nsun_y = ["0 kpc"]\n'
    scenario = gs.Scenario.parse(text + '[output]\nquantities = ["fraction_within"]\n')
    with pytest.raises(StoreError, match="'gridscan' is what a result calls the group"):
        gs.plan(scenario)
    # Without a file, there is nothing in the way.
    assert gs.evaluate(scenario).sizes == {"gridscan": 1}

"""Records of a catalogue from a comma-separated file."""

from __future__ import annotations

import pytest

import gridscan as gs
from gridscan.errors import CatalogueError, ScenarioError
from gridscan.inputs.record_files import read_records

TANKS = """# Tanks of a survey
# units: fiducial_mass kt; electrons_per_mass mol/g
name, fiducial_mass, electrons_per_mass, source
small, 1, 0.5551, Somebody 2020
"large, deep",20,0.5551,"Somebody 2021, table 2"
"""
SCENARIO = """model = "red_supergiants"
[axes]
detector = {labels}
[catalogue]
detector = "tanks.csv"
[output]
quantities = ["events_per_year"]
path = "tanks.nc"
"""


@pytest.fixture
def scenario(tmp_path):
    """Return a function that writes a file of records and a scenario that names it."""

    def write(text: str, labels: str = '["small", "large, deep", "juno"]', folder: str = ""):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / "tanks.csv").write_text(text, encoding="utf-8")
        path = tmp_path / "scan.toml"
        named = SCENARIO.replace("tanks.csv", f"{folder}/tanks.csv") if folder else SCENARIO
        path.write_text(named.replace("{labels}", labels), encoding="utf-8")
        return path

    return write


def test_records_keep_the_units_of_their_columns_and_their_sources():
    values, lines = read_records(TANKS, "tanks.csv")
    large = {"fiducial_mass": "20 kt", "electrons_per_mass": "0.5551 mol/g", "source": "Somebody 2021, table 2"}
    assert values["large, deep"] == large
    assert lines == {"small": 4, "large, deep": 5}


def test_a_file_of_records_serves_as_those_of_the_scenario(scenario):
    found = gs.evaluate(scenario(TANKS)).events_per_year
    written = gs.model("red_supergiants").evaluate("events_per_year", fiducial_mass=["1 kt", "20 kt"],
                                                   electrons_per_mass="0.5551 mol/g")  # fmt: skip
    assert found.sel(detector=["small", "large, deep"]).values == pytest.approx(written.values, rel=1e-14)
    shipped = gs.model("red_supergiants").evaluate("events_per_year", detector="juno")
    assert float(found.sel(detector="juno")) == pytest.approx(float(shipped), rel=1e-14)


def test_a_folder_is_relative_to_the_scenario_and_not_to_the_shell(scenario, monkeypatch, tmp_path):
    path = scenario(TANKS, folder="lists")
    monkeypatch.chdir(tmp_path / "lists")
    assert gs.evaluate(path).sizes == {"detector": 3}


def test_a_result_holds_the_file_and_can_be_made_again_without_it(scenario, tmp_path):
    path = gs.run(scenario(TANKS), progress=False)
    (tmp_path / "tanks.csv").unlink()
    again = gs.run(path, output=tmp_path / "again.nc", progress=False)
    assert gs.open(again).events_per_year.equals(gs.open(path).events_per_year)


def test_a_changed_file_changes_the_result(scenario):
    path = scenario(TANKS)
    first = gs.open(gs.run(path, progress=False)).events_per_year.load()
    scenario(TANKS.replace(", 1,", ", 2,"))
    second = gs.open(gs.run(path, progress=False)).events_per_year.load()
    assert (second / first).values == pytest.approx([2.0, 1.0, 1.0])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("name, ", "label, ", "tanks.csv:3: no column 'name' for the labels"),
        ("name, ", "Name, ", "tanks.csv:3: no column 'name' for the labels; did you mean 'Name'?"),
        ("small", "", "tanks.csv:4: the name is empty"),
        ('"large, deep"', "small", "tanks.csv:5: the name 'small' is there twice, first in line 4"),
        (", Somebody 2020", "", "tanks.csv:4: 3 values for 4 columns"),
        (" 1,", " one,", "tanks.csv:4: fiducial_mass is 'one'; expected a number, in kt"),
        (" 1,", " ,", "tanks.csv:4: fiducial_mass is empty; expected a number, in kt"),
        (" 1,", " 2 t,", "tanks.csv:4: fiducial_mass is '2 t'; expected a number, in kt"),
        ("electrons_per_mass, source", "fiducial_mass, source", "tanks.csv:3: two columns 'fiducial_mass'"),
        ("fiducial_mass kt", "fiducial_mass kq", "tanks.csv:2: column 'fiducial_mass': unknown unit 'kq'"),
        ("fiducial_mass kt", "fiducial_mas kt", "tanks.csv:2: no column 'fiducial_mas'; did you mean 'fiducial_mass'?"),
        ("fiducial_mass kt", "fiducial_mass", "tanks.csv:2: no unit for 'fiducial_mass'"),
    ],
)
def test_a_faulty_file_is_refused_with_its_line(old, new, message):
    with pytest.raises(CatalogueError) as caught:
        read_records(TANKS.replace(old, new), "tanks.csv")
    assert str(caught.value).startswith(message)


def test_a_file_without_rows_is_refused():
    with pytest.raises(CatalogueError, match=r"^tanks\.csv: holds no line of column names followed by rows"):
        read_records("# nothing\nname,fiducial_mass\n", "tanks.csv")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "fiducial_mass kt",
            "fiducial_mass kpc",
            "tanks.csv:4: 'fiducial_mass': found 'kpc', expected a unit like 'kt'",
        ),
        (" 1,", " -1,", "tanks.csv:4: 'fiducial_mass' "),
        ("fiducial_mass", "fiducial_mas", "tanks.csv:4: a record of 'detector' cannot set 'fiducial_mas'; did you "),
        ("# units: fiducial_mass kt; ", "# units: ", "tanks.csv:4: "),
    ],
)
def test_what_does_not_fit_the_model_is_refused_with_both_places(scenario, old, new, message):
    with pytest.raises(ScenarioError) as caught:
        gs.Scenario.load(scenario(TANKS.replace(old, new)))
    first = str(caught.value).splitlines()[0]
    assert f"scan.toml:5:12: {message}" in first


def test_a_file_that_is_not_there_is_refused_with_the_nearest(scenario, tmp_path):
    path = scenario(TANKS)
    (tmp_path / "tanks.csv").rename(tmp_path / "tank.csv")
    with pytest.raises(ScenarioError, match=r"scan\.toml:5:12: .*tanks\.csv: no such file; did you mean 'tank\.csv'"):
        gs.Scenario.load(path)


def test_an_unknown_label_names_those_of_the_file(scenario):
    with pytest.raises(ScenarioError, match=r"unknown detector 'smal'; did you mean 'small'"):
        gs.Scenario.load(scenario(TANKS, '["smal"]'))

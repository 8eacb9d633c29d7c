"""``[uses] file``: records of labels kept once for several scenarios, which travel in the result."""

import json
import re

import numpy as np
import pytest

import gridscan as gs
from gridscan.errors import ScenarioError
from gridscan.sources import find_scenario

LABELS = """
[catalogue.pond.village]
area = "50 m^2"
source = "measured"

[catalogue.pond.castle]
area = "200 m^2"
source = "measured"
"""
SCENARIO = """model = "ponds"
axes.pond = ["village", "castle", "small"]
output.quantities = ["volume"]

[uses]
file = "labels/mine.toml"
"""


@pytest.fixture(scope="module")
def model():
    made = gs.Model("ponds", "Water in ponds")
    pond = made.label("pond", "small", "Pond", records={"small": {"area": "10 m^2", "source": "test"}})
    made.parameter("area", pond, "Area", unit="m^2", above=0)
    made.parameter("depth", "2 m", "Depth", above=0)

    @made.quantity("m^3")
    def volume(area, depth):
        """Source: test."""
        return area * depth

    return made.check()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels/mine.toml").write_text(LABELS)
    (tmp_path / "a.toml").write_text(SCENARIO)
    return tmp_path


def test_records_of_a_file_are_those_of_the_scenario(model, folder):
    found = gs.evaluate(folder / "a.toml", model=model)["volume"]
    assert found.values.tolist() == [100.0, 400.0, 20.0]
    (folder / "b.toml").write_text(SCENARIO + '[catalogue.pond.castle]\narea = "300 m^2"\n')
    found = gs.evaluate(folder / "b.toml", model=model)["volume"]
    assert found.values.tolist() == [100.0, 600.0, 20.0]


def test_the_file_travels_in_the_result_and_a_change_of_it_is_seen(model, folder):
    gs.run(folder / "a.toml", model=model)
    result = folder / "a.nc"
    (folder / "labels/mine.toml").write_text(LABELS.replace("200", "250"))
    assert json.loads(gs.open(result).attrs["gridscan_tables"]) == {"labels/mine.toml": LABELS}
    again = find_scenario(result, model=model)
    np.testing.assert_array_equal(gs.evaluate(again)["volume"], [100.0, 400.0, 20.0])
    gs.run(folder / "a.toml", model=model)
    assert gs.open(result)["volume"].values.tolist() == [100.0, 500.0, 20.0]


def test_several_files(model, folder):
    (folder / "more.toml").write_text('catalogue.pond.sea = { area = "1 km^2" }\n')
    text = SCENARIO.replace('"labels/mine.toml"', '["labels/mine.toml", "more.toml"]').replace('"small"', '"sea"')
    (folder / "a.toml").write_text(text)
    assert gs.evaluate(folder / "a.toml", model=model)["volume"].values.tolist() == [100.0, 400.0, 2e6]
    (folder / "more.toml").write_text('catalogue.pond.castle = { area = "1 km^2" }\n')
    said = "a.toml:6:29: more.toml:1:16: 'castle' of 'pond' stands in 'labels/mine.toml', too"
    with pytest.raises(ScenarioError, match=re.escape(said)):
        gs.Scenario.load(folder / "a.toml", model=model)


ONLY = "a file of [uses] holds records only, as [catalogue.KIND.LABEL]"


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ("[catalogue.pond.a]\narea = 3\n", "labels/mine.toml:2:8: 'area': 3 has no unit"),
        ("[catalogue.pond.a]\narea = '-3 m^2'\n", "labels/mine.toml:2:8: 'area' cannot be -3 m^2"),
        (
            "[catalogue.pond.a]\naera = '3 m^2'\n",
            "labels/mine.toml:2:1: a record of 'pond' cannot set 'aera'; did you mean 'area'?",
        ),
        ("[catalogue.pnod.a]\narea = '3 m^2'\n", "labels/mine.toml:1:12: model 'ponds' has no catalogue 'pnod'"),
        ("[catalogue.pond.a]\narea = 3 m\n", "labels/mine.toml:2:10: not valid TOML: expected newline"),
        (
            "[catalog.pond.a]\narea = '3 m^2'\n",
            f"mine.toml:1:2: 'catalog' has no place here; did you mean 'catalogue'?; {ONLY}",
        ),
        ("axes.depth = ['1 m']\n", f"a.toml:6:8: labels/mine.toml:1:1: 'axes' has no place here; {ONLY}"),
        ("catalogue.pond = 'ponds.csv'\n", "labels/mine.toml:1:11: found 'ponds.csv' in place of a record"),
        ("catalogue.pond.a = 3\n", "labels/mine.toml:1:11: found 3 in place of a record"),
        ("# nothing\n", f"labels/mine.toml:1:1: there are no records; {ONLY}"),
        (None, "a.toml:6:8: "),
    ],
)
def test_what_is_wrong_in_the_file_is_told_with_its_line(model, folder, labels, said):
    if labels is None:
        (folder / "labels/mine.toml").rename(folder / "labels/mines.toml")
        said = f"{folder}/a.toml:6:8: {folder}/labels/mine.toml: no such file; did you mean 'mines.toml'?"
    else:
        (folder / "labels/mine.toml").write_text(labels)
    (folder / "a.toml").write_text(SCENARIO.replace('["village", "castle", "small"]', '["small"]'))
    with pytest.raises(ScenarioError) as caught:
        gs.Scenario.load(folder / "a.toml", model=model)
    assert said in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("uses", "said"),
    [
        ("file = 3", "a.toml:6:8: 'file' takes the name of a file, or a list of names; found 3"),
        ("file = ['labels/mine.toml', 3]", "a.toml:6:29: 'file' takes the name of a file, or a list of names; found 3"),
        ("files = 'labels/mine.toml'", "unknown key 'files'; did you mean 'file'?"),
        ("", "a.toml:5:2: the key 'file' is missing"),
    ],
)
def test_what_is_wrong_with_the_key_is_told(model, folder, uses, said):
    text = SCENARIO.replace('["village", "castle", "small"]', '["small"]').replace('file = "labels/mine.toml"', uses)
    (folder / "a.toml").write_text(text)
    with pytest.raises(ScenarioError) as caught:
        gs.Scenario.load(folder / "a.toml", model=model)
    assert said in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 2


def test_records_of_one_label_stand_in_one_place(model, folder):
    (folder / "a.toml").write_text(SCENARIO + "[catalogue]\npond = 'ponds.csv'\n")
    (folder / "ponds.csv").write_text("name,area\nvillage,3 m^2\ncastle,3 m^2\n")
    said = "a.toml:8:8: records of 'pond' stand in 'ponds.csv' and in a file of [uses]; keep them in one file"
    with pytest.raises(ScenarioError, match=re.escape(said)):
        gs.Scenario.load(folder / "a.toml", model=model)

"""Cases: rows of parameters and labels along one dimension, in files and in Python alike."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import gridscan as gs
from gridscan.cli.group import main
from gridscan.errors import ScenarioError
from gridscan.scenario.reader import Scenario


def make_model():
    """Return ponds with a label, a vector and a parameter of its own."""
    model = gs.Model("pond", "Water in ponds")
    records = {"small": {"area": "10 m^2", "shape": [1, 2]}, "large": {"area": "2 km^2", "shape": [3]}}
    pond = model.label(
        "pond", "small", "Ponds", records={key: {"source": "a map", **it} for key, it in records.items()}
    )
    model.parameter("area", pond, "Area", unit="m^2", above=0)
    model.parameter("shape", pond, "Shape", unit="1", vector="corner", padded=True)
    model.parameter("depth", "2 m", "Depth", minimum=0)
    model.parameter("slope", 0.5, "Slope", above=0, below=1)

    @model.quantity("m^3")
    def volume(area, depth, slope, shape):
        """Volume."""
        return area * depth * slope * shape[..., 0]

    return model.check()


POND = make_model()
TEXT = """
model = "pond"
[parameters]
depth = "3 m"
[[cases]]
name = "as it is"
[[cases]]
name = "deep"
depth = "10 m"
[[cases]]
name = "lake"
pond = "large"
slope = 0.25
[[cases]]
name = "marsh"
pond = { area = "1 m^2", shape = [7, 8] }
depth = "50 cm"
[output]
quantities = ["volume"]
"""
ROWS = [
    {"name": "as it is"},
    {"name": "deep", "depth": "10 m"},
    {"name": "lake", "pond": "large", "slope": 0.25},
    {"name": "marsh", "pond": {"area": "1 m^2", "shape": [7, 8]}, "depth": "50 cm"},
]
# area * depth * slope * first corner, by hand
EXPECTED = [10 * 3 * 0.5 * 1, 10 * 10 * 0.5 * 1, 2e6 * 3 * 0.25 * 3, 1 * 0.5 * 0.5 * 7]


def test_a_row_that_lacks_a_value_has_its_base_value():
    """Values of [parameters], of records and defaults stand in, for each row by its own label."""
    volume = gs.evaluate(Scenario.parse(TEXT, model=POND)).volume
    assert volume.dims == ("case",)
    assert volume.case.values.tolist() == ["as it is", "deep", "lake", "marsh"]
    assert volume.values == pytest.approx(EXPECTED, rel=1e-14)
    assert volume.case_weight.values.tolist() == [0.25] * 4
    assert volume.case_weight.attrs["measure"] == "equal"
    assert volume.depth.values.tolist() == [3.0, 10.0, 3.0, 0.5]
    assert volume.pond.values.tolist() == ["small", "small", "large", "own of marsh"]


def test_rows_in_python_give_the_same():
    """A list of dicts, and a DataFrame with units in its headers."""
    volume = POND.evaluate("volume", cases=ROWS, depth="3 m")
    assert volume.values == pytest.approx(EXPECTED, rel=1e-14)
    frame = pd.DataFrame(
        {"name": ["a", "b", "c"], "depth [cm]": [np.nan, 1000.0, 300.0], "pond": ["small", None, "large"]}
    )
    volume = POND.evaluate("volume", cases=frame)
    assert volume.values == pytest.approx([10.0, 50.0, 9e6], rel=1e-14)
    assert POND.evaluate("volume", cases=frame.set_index("name")).identical(volume)
    assert volume.case.values.tolist() == ["a", "b", "c"]


def test_a_table_of_cases_travels_in_the_file(tmp_path):
    """Units stand in its header; an empty cell has the base value."""
    (tmp_path / "cases.csv").write_text("# ponds\nname,depth [cm],pond\n1,1000,\nlake,,large\n")
    path = tmp_path / "pond.toml"
    path.write_text('model = "pond"\ncases.table = "cases.csv"\noutput.quantities = ["volume"]\n')
    gs.run(path, model=POND)
    result = gs.open(tmp_path / "pond.nc")
    assert result.volume.case.values.tolist() == ["1", "lake"]
    assert result.volume.values == pytest.approx([10 * 10 * 0.5, 2e6 * 2 * 0.5 * 3], rel=1e-14)
    (tmp_path / "cases.csv").unlink()
    again = gs.evaluate(tmp_path / "pond.nc", model=POND)
    assert (again.volume.values == result.volume.values).all()


def test_draws_and_axes_go_beside_cases():
    """Draws run along their own dimension, and are the same for each case."""
    volume = POND.evaluate("volume", cases=ROWS[:3], area=gs.uniform("1 m^2", "2 m^2"))
    assert set(volume.dims) == {"case", "draw"}
    assert volume.sizes["draw"] == 1024
    ratio = volume.sel(case="deep") / volume.sel(case="as it is")
    assert ratio.values == pytest.approx(np.full(1024, 5.0), rel=1e-14)


def test_questions_along_cases():
    """A contrast between two cases, and a mean with equal weights."""
    result = POND.evaluate(["volume"], cases=ROWS, depth="3 m")
    assert float(result.gridscan.mean("volume", over=["case"])["mean"]) == pytest.approx(np.mean(EXPECTED), rel=1e-14)
    contrast = result.gridscan.contrast("volume", along="case", reference="as it is")
    assert contrast.values == pytest.approx(np.array(EXPECTED) / EXPECTED[0], rel=1e-14)


def test_a_picture_and_questions_from_the_prompt(tmp_path):
    """`plot` and `contrast` take the names of cases as they take labels."""
    path = tmp_path / "pond.toml"
    path.write_text(TEXT)
    gs.run(path, model=POND)
    file, picture = str(tmp_path / "pond.nc"), tmp_path / "pond.png"
    asked = CliRunner().invoke(
        main, ["sensitivity", "contrast", file, "volume", "--along", "case", "--reference", "deep"]
    )
    assert asked.exit_code == 0, asked.output
    assert "marsh" in asked.output
    drawn = CliRunner().invoke(main, ["plot", file, "volume", "--along", "case", "--out", str(picture)])
    assert drawn.exit_code == 0, drawn.output
    assert picture.stat().st_size > 1000


def test_more_cases_keep_the_cells_of_the_earlier_ones(tmp_path):
    """A run with one more row computes this one alone."""
    path = tmp_path / "pond.toml"
    path.write_text(TEXT)
    gs.run(path, model=POND)
    path.write_text(TEXT.replace("[output]", '[[cases]]\nname = "dry"\ndepth = "1 mm"\n[output]'))
    plan = gs.plan(path, model=POND)
    gs.run(plan)
    assert gs.open(tmp_path / "pond.nc").volume.sel(case="dry") == pytest.approx(10 * 1e-3 * 0.5)


def test_zip_in_python():
    """Axes that move together, a label among them, with weights."""
    volume = POND.evaluate(
        "volume", zip={"tour": {"pond": ["small", "large"], "depth": ["1 m", "2 m"], "weight": [1, 3]}}
    )
    assert volume.dims == ("tour",)
    assert volume.values == pytest.approx([5.0, 2e6 * 2 * 0.5 * 3], rel=1e-14)
    assert volume.tour_weight.values.tolist() == [0.25, 0.75]


def test_records_in_python():
    """A record in place of a label, alone and among others, and records that are added to a catalogue."""
    assert float(POND.evaluate("volume", pond={"area": "3 m^2", "shape": [2]})) == 6.0
    several = POND.evaluate("volume", pond=["small", {"area": "3 m^2", "shape": [2]}])
    assert several.values.tolist() == [10.0, 6.0]
    assert several.pond.values.tolist() == ["small", "own 2"]
    added = {"pond": {"tarn": {"area": "4 m^2", "shape": [1]}}}
    assert float(POND.evaluate("volume", catalogue=added, pond="tarn")) == 4.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cases": [{"depth": "1 m"}]}, 'the case has no name; write name = "a word"'),
        ({"cases": [{"name": "a"}, {"name": "a", "depth": 1.0}]}, "two cases are named 'a', numbers 1 and 2"),
        ({"zip": {"depth": {"slope": [0.1]}}}, "'depth' cannot name the zipped axis; use an identifier that is not"),
        ({"zip": {"tour": {"slope": 0.1}}}, "'slope' takes a list of values here, found 0.1"),
        ({"pond": {"area": "3 m^2"}}, "the record 'own' of 'pond' does not set 'shape'"),
        ({"pond": {"aria": "3 m^2", "shape": [1]}}, "a record of 'pond' cannot set 'aria'; did you mean 'area'?"),
    ],
)
def test_what_python_cannot_mean(arguments, message):
    """One message for each, as for a file."""
    with pytest.raises(ScenarioError, match=f"^{re.escape(message)}"):
        POND.evaluate("volume", **arguments)

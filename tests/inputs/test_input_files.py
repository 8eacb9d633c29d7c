"""Tables of one's own, named in a scenario: where they are found, what they decide, and that a result carries them."""

from __future__ import annotations

import json
import os
import shutil

import numpy as np
import pytest

import gridscan as gs
from gridscan.errors import CatalogueError, GridscanError, ModelError, ScenarioError
from gridscan.inputs.input_files import TableFiles
from gridscan.inputs.shipped_files import data_path
from gridscan.limits import Limits
from gridscan.model import Model
from gridscan.scenario.json_schema import json_schema
from gridscan.scenario.reader import Scenario
from gridscan.storage.files import scenario_in

SHIPPED = data_path("stellar_phases.csv").read_text(encoding="utf-8")
# The lifetimes of all stars and the ages of their carbon burning are doubled, and Z = 0.017 becomes 0.020.
DOUBLED = "\n".join(
    line
    if line.startswith(("#", "metallicity"))
    else ",".join(
        str(0.020 if column == 0 and float(cell) == 0.017 else float(cell) * (2 if 2 <= column <= 4 else 1))
        for column, cell in enumerate(line.split(","))
    )
    for line in SHIPPED.splitlines()
)
TEXT = """\
model = "red_supergiants"
[axes]
time = ["10 Myr", "20 Myr"]
[parameters]
metallicity = 0.0155
stellar_table = "mine.csv"
[output]
quantities = ["stars_alive", "carbon_burning_rsg"]
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    folder = tmp_path / "scenarios"
    folder.mkdir()
    monkeypatch.chdir(tmp_path)
    (folder / "mine.csv").write_text(DOUBLED, encoding="utf-8")
    (folder / "own.toml").write_text(TEXT, encoding="utf-8")
    return folder


def test_a_table_beside_the_scenario_is_used(place):
    with gs.open(gs.run(place / "own.toml")) as found:
        shipped = gs.model("red_supergiants").evaluate("stars_alive", time=["5 Myr", "10 Myr"], metallicity=0.014)
        own = gs.evaluate(place / "own.toml", overrides={"metallicity": 0.014})
        # Twice the lifetimes: as many alive at twice the time, in twice the time that they formed in.
        np.testing.assert_allclose(own.stars_alive, 2 * shipped, rtol=1e-12)
        assert str(found.stellar_table.values) == "mine.csv"
        assert json.loads(found.attrs["gridscan_settings"])["stellar_table"] == "mine.csv"


def test_the_ranges_of_the_table_are_allowed_and_no_others(place):
    assert gs.evaluate(place / "own.toml", overrides={"metallicity": 0.020}).stars_alive.size == 2
    (place / "own.toml").write_text(TEXT.replace("0.0155", "0.021"), encoding="utf-8")
    message = r"own.toml:5:15: 'metallicity' cannot be 0.021; allowed is a number from 0.014 to 0.02"
    with pytest.raises(ScenarioError, match=message):
        Scenario.load(place / "own.toml")
    with pytest.raises(ScenarioError, match=r"'metallicity' cannot be 0\.02; allowed is a number from 0.014 to 0.017"):
        gs.evaluate(place / "own.toml", overrides={"metallicity": 0.020, "stellar_table": "stellar_phases.csv"})


def test_a_default_outside_the_table_asks_for_a_value(place):
    rows = [line for line in DOUBLED.splitlines() if not line.startswith("0.014")]
    (place / "mine.csv").write_text("\n".join(rows), encoding="utf-8")
    (place / "own.toml").write_text(TEXT.replace("metallicity = 0.0155\n", ""), encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"own.toml:5:17: 'metallicity' needs a value with this table: 0.014"):
        Scenario.load(place / "own.toml")


def test_a_table_can_be_an_axis(place):
    (place / "own.toml").write_text(
        TEXT.replace('stellar_table = "mine.csv"\n', "").replace(
            "[axes]", '[axes]\nstellar_table = ["mine.csv", "stellar_phases.csv"]'
        ),
        encoding="utf-8",
    )
    both = gs.evaluate(place / "own.toml").stars_alive
    assert both.dims == ("stellar_table", "time")
    one = gs.evaluate(place / "own.toml", overrides={"stellar_table": "stellar_phases.csv"}).stars_alive
    np.testing.assert_array_equal(both.sel(stellar_table="stellar_phases.csv"), one)
    assert (both.sel(stellar_table="mine.csv") >= one).all()
    assert (both.sel(stellar_table="mine.csv") > one).any()


def test_tables_that_move_with_another_axis_see_its_values_only(place):
    zipped = '[axes.zip.source]\nstellar_table = ["mine.csv", "stellar_phases.csv"]\nmetallicity = [0.020, 0.017]\n'
    text = TEXT.replace('[parameters]\nmetallicity = 0.0155\nstellar_table = "mine.csv"\n', zipped)
    (place / "own.toml").write_text(text, encoding="utf-8")
    found = gs.evaluate(place / "own.toml").stars_alive
    assert found.dims == ("time", "source")
    alone = gs.model("red_supergiants").evaluate("stars_alive", time=["10 Myr", "20 Myr"], metallicity=0.017)
    np.testing.assert_array_equal(found[:, 1], alone)


def test_a_result_carries_the_table_and_is_made_again_without_it(place, tmp_path):
    result = gs.run(place / "own.toml", output=tmp_path / "first.nc")
    assert scenario_in(result).tables == {"mine.csv": DOUBLED}
    with gs.open(result) as first:
        numbers = first.stars_alive.values
    for change in (
        lambda: (place / "mine.csv").unlink(),
        lambda: shutil.copy(data_path("stellar_phases.csv"), "mine.csv"),
    ):
        change()
        with gs.open(gs.run(result, output=tmp_path / "again.nc")) as again:
            np.testing.assert_array_equal(again.stars_alive, numbers)
            assert scenario_in(tmp_path / "again.nc").tables == {"mine.csv": DOUBLED}


def test_a_table_that_is_named_anew_is_read_anew(place, tmp_path):
    result = gs.run(place / "own.toml", output=tmp_path / "first.nc")
    (tmp_path / "mine.csv").write_text(SHIPPED, encoding="utf-8")
    kept, anew = gs.evaluate(result), gs.evaluate(result, overrides={"stellar_table": "mine.csv"})
    shipped = gs.evaluate(place / "own.toml", overrides={"stellar_table": "stellar_phases.csv"})
    np.testing.assert_array_equal(anew.stars_alive, shipped.stars_alive)
    assert (kept.stars_alive > anew.stars_alive).any()


def test_the_identity_of_a_result_is_the_content_of_the_table(place):
    first = scenario_in(gs.run(place / "own.toml")).identity
    (place / "moved.csv").write_text(DOUBLED, encoding="utf-8")
    moved = scenario_in(gs.run(place / "own.toml", overrides={"stellar_table": place / "moved.csv"})).identity
    (place / "mine.csv").write_text(DOUBLED.replace("35.4265", "35.4266"), encoding="utf-8")
    assert scenario_in(gs.run(place / "own.toml")).identity != first == moved


def test_a_table_on_the_command_line_is_looked_for_where_it_is_typed(place, tmp_path):
    (tmp_path / "here.csv").write_text(SHIPPED, encoding="utf-8")
    found = gs.evaluate(place / "own.toml", overrides={"stellar_table": "here.csv"}).stars_alive
    np.testing.assert_array_equal(
        found, gs.evaluate(place / "own.toml", overrides={"stellar_table": "stellar_phases.csv"}).stars_alive
    )


def test_in_a_notebook_a_path_is_taken(place):
    model = gs.model("red_supergiants")
    found = model.evaluate("lifetime", stellar_table=place / "mine.csv", initial_mass=["12 Msun", "14 Msun"])
    np.testing.assert_allclose(found, [2 * 17.713250, 2 * 14.183312])


@pytest.mark.parametrize(
    ("content", "value", "message"),
    [
        (
            DOUBLED,
            '"mein.csv"',
            "own.toml:6:17: 'stellar_table': .*mein.csv: no such file; did you mean 'mine.csv'",
        ),
        (DOUBLED, "3", "own.toml:6:17: 'stellar_table' takes the name of a file, found 3"),
        (DOUBLED, '""', "own.toml:6:17: 'stellar_table' takes the name of a file"),
        (DOUBLED, '"."', "own.toml:6:17: 'stellar_table': .*not a regular file"),
        (DOUBLED, '"a\\u0000b"', "own.toml:6:17: 'stellar_table'"),
        (
            DOUBLED.replace("# units:", "# unit:"),
            '"mine.csv"',
            "own.toml:6:17: 'stellar_table': mine.csv:1: missing line '# units:",
        ),
        (
            DOUBLED.replace("0.014,16.0", "0.014,13.0"),
            '"mine.csv"',
            "mine.csv:6: found metallicity 0.014 and mass 14 where",
        ),
        (DOUBLED[: len(DOUBLED) // 2], '"mine.csv"', "mine.csv:"),
        ("", '"mine.csv"', "mine.csv: holds no line of column names"),
        ("\0\1\2", '"mine.csv"', "mine.csv"),
    ],
)
def test_a_bad_table_is_refused_with_both_places(place, content, value, message):
    (place / "mine.csv").write_text(content, encoding="utf-8")
    (place / "own.toml").write_text(TEXT.replace('"mine.csv"', value), encoding="utf-8")
    with pytest.raises(ScenarioError, match=message):
        Scenario.load(place / "own.toml")


def test_a_file_that_is_no_text_or_too_large_is_refused(place):
    (place / "mine.csv").write_bytes(b"\xff\xfe\x00abc")
    with pytest.raises(ScenarioError, match="not UTF-8 text"):
        Scenario.load(place / "own.toml")
    files = TableFiles(place, limits=Limits(table_bytes=4))
    table = gs.model("red_supergiants").parameters["stellar_table"].table
    with pytest.raises(CatalogueError, match="6 bytes is too large for a table"):
        files.content(table, "mine.csv")


@pytest.mark.parametrize("character", ["\r", "\x0b", "\x0c", "\x1c", "\0"])
def test_a_control_character_in_a_comment_of_a_table_makes_no_new_line(place, character):
    (place / "mine.csv").write_bytes(f"# mine{character}# units: mass kg\n{DOUBLED}".encode())
    with pytest.raises(ScenarioError, match=r"mine\.csv:1: a (carriage return without|control character, U\+00)"):
        Scenario.load(place / "own.toml")


def test_a_table_is_the_same_with_other_line_ends_and_line_separators_in_comments(place):
    expected = Scenario.load(place / "own.toml").tables
    (place / "mine.csv").write_bytes(DOUBLED.replace("\n", "\r\n").encode("utf-8-sig"))
    assert Scenario.load(place / "own.toml").tables == expected
    (place / "mine.csv").write_text(f"# mine\u2028of\x85mine\n{DOUBLED}", encoding="utf-8")
    Scenario.load(place / "own.toml")


def test_a_pipe_is_no_table(place):
    os.mkfifo(place / "pipe.csv")
    (place / "own.toml").write_text(TEXT.replace("mine.csv", "pipe.csv"), encoding="utf-8")
    with pytest.raises(ScenarioError, match="not a regular file; expected a table"):
        Scenario.load(place / "own.toml")


def test_the_schema_knows_that_it_is_a_file():
    schema = json_schema(gs.model("red_supergiants"))["properties"]["parameters"]["properties"]["stellar_table"]
    assert schema["type"] == "string"
    assert "name of a file" in schema["description"]


def test_a_model_of_ones_own_reads_its_tables(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prices.txt").write_text("2 5", encoding="utf-8")
    (tmp_path / "other.txt").write_text("3 4", encoding="utf-8")

    def read(content, name):
        if "x" in content:
            raise CatalogueError(f"{name}:1: an x")
        return tuple(float(item) for item in content.split())

    model = Model("shop", "What it costs")
    model.table("prices", tmp_path / "prices.txt", "Prices", read=read, ranges=lambda table: {"share": (0.0, table[0])})
    model.parameter("share", 0.5, "Share")

    @model.kernel("1", share="1")
    def cost(prices, share):
        return np.vectorize(lambda content: sum(read(content, "")), otypes=[float])(prices) * share

    model.check()
    assert float(model.evaluate("cost")) == 3.5
    np.testing.assert_array_equal(
        model.evaluate("cost", prices=["other.txt", "prices.txt"], share=[1, 2]), [[7, 14], [7, 14]]
    )
    with pytest.raises(GridscanError, match="allowed is a number from 0 to 2"):
        model.evaluate("cost", prices="prices.txt", share=2.5)
    (tmp_path / "bad.txt").write_text("x", encoding="utf-8")
    with pytest.raises(GridscanError, match=r"'prices': bad\.txt:1: an x"):
        model.evaluate("cost", prices="bad.txt")
    wrong = Model("shop", "What it costs")
    wrong.table("prices", tmp_path / "prices.txt", "Prices", read=read, ranges=lambda _: {"shares": (0.0, 1.0)})
    wrong.parameter("share", 0.5, "Share")
    with pytest.raises(ModelError, match="not a parameter; did you mean 'share'"):
        wrong.evaluate("cost", prices="prices.txt")

"""Files by their ending, the standard output and input, and JSON for programs."""

import io
import json
from pathlib import Path

import numpy as np
import pandas
import pytest
from click.testing import CliRunner

import gridscan as gs
from gridscan.cli import main

SMALL = """
model = "red_supergiants"
[axes]
imf = ["kroupa", "top-heavy"]
time = ["10 Myr", "20 Myr"]
[output]
quantities = ["flux"]
path = "small.nc"
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    Path("small.toml").write_text(SMALL, encoding="utf-8")
    gs.run("small.toml")
    return tmp_path


def call(*arguments, **options):
    return CliRunner().invoke(main, [str(argument) for argument in arguments], **options)


def succeed(*arguments, **options):
    result = call(*arguments, **options)
    assert result.exit_code == 0, result.output
    return result.stdout


def flux():
    with gs.open("small.nc") as result:
        return result["flux"].load()


def test_a_result_is_exported_as_parquet_with_units(folder):
    assert succeed("export", "small.nc", "-o", "x.parquet") == "wrote x.parquet\n"
    table = pandas.read_parquet("x.parquet")
    assert list(table.columns) == ["imf", "time", "flux"]
    assert table.attrs["units"] == {"time": "Myr", "flux": "1/cm^2/s"}
    np.testing.assert_array_equal(table["flux"], flux().values.ravel())
    assert table["imf"].tolist() == ["kroupa", "kroupa", "top-heavy", "top-heavy"]
    # It may be replaced as long as nobody else has written there.
    succeed("export", "small.nc", "-o", "x.parquet")
    table.to_parquet("x.parquet")
    assert "x.parquet: was not written by gridscan" in call("export", "small.nc", "-o", "x.parquet").stderr


def test_without_pyarrow_a_message_says_what_to_install(folder, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    result = call("export", "small.nc", "-o", "x.parquet")
    assert result.exit_code == 2
    assert "Parquet needs pyarrow: python -m pip install 'gridscan[parquet]'" in result.stderr


def test_a_table_for_tex_has_headings_units_and_escaped_names(folder):
    succeed("export", "small.nc", "-o", "x.tex")
    first, *lines = Path("x.tex").read_text(encoding="utf-8").splitlines()
    assert first.startswith("% written by gridscan")
    assert lines[0] == r"\begin{tabular}{lrr}"
    assert r"flux [1/cm\textasciicircum{}2/s] \\" in lines[2]
    assert lines[4].startswith("kroupa & $10$ & $")
    assert lines[-1] == r"\end{tabular}"
    succeed("export", "small.nc", "-o", "x.tex")


def test_the_standard_output_gets_nothing_but_the_table(folder):
    text = succeed("export", "small.nc", "-o", "-")
    table = pandas.read_csv(io.StringIO(text))
    np.testing.assert_array_equal(table["flux [1/cm^2/s]"], flux().values.ravel())
    answer = succeed(
        "sensitivity", "contrast", "small.nc", "flux", "--along", "imf", "--reference", "kroupa", "-o", "-"
    )
    assert answer.splitlines()[0] == "imf,time [Myr],flux_ratio"


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("export small.nc -o x.xlsx", "x.xlsx: a table cannot be written to a file with the ending '.xlsx'"),
        (
            "export small.nc -o x",
            "x: a table cannot be written to a file with no ending; write .nc, .csv, .parquet, .tex",
        ),
        ("export small.nc -o x.cvs", "the ending '.cvs'; did you mean '.csv'?"),
        ("sensitivity rank small.nc flux -o x.doc", "a table cannot be written to a file with the ending '.doc'"),
        ("plot small.nc flux --out x.bmp", "a picture cannot be written to a file with the ending '.bmp'"),
        ("plot small.nc flux --out -", "a picture is written to a file"),
        (
            "sensitivity shares small.nc flux --picture x.txt",
            "a picture cannot be written to a file with the ending '.txt'",
        ),
        ("new red_supergiants --out x.json", "a scenario cannot be written to a file with the ending '.json'"),
        ("run small.toml --output x.csv", "x.csv: the output is a netCDF file"),
        ("sample small.toml --out x.png", "a table cannot be written to a file with the ending '.png'"),
    ],
)
def test_an_unknown_ending_is_refused_by_name(folder, command, message):
    result = call(*command.split())
    assert result.exit_code == 2
    assert message in result.stderr
    assert [path.name for path in folder.iterdir() if path.stem == "x"] == []


def test_models_describe_plan_and_info_print_json(folder):
    models = json.loads(succeed("models", "--json"))
    assert "red_supergiants" in [item["name"] for item in models["models"]]
    assert "imf_scan" in models["scenarios"]
    model = json.loads(succeed("describe", "red_supergiants", "--json"))
    assert model["parameters"]["sfr"]["default"] == 2.0
    assert model["parameters"]["sfr"]["unit"] == "Msun/yr"
    quantity = json.loads(succeed("describe", "red_supergiants", "flux", "--json"))
    assert quantity["unit"] == "1/cm^2/s"
    assert "neutrino_luminosity" in quantity["arguments"]
    plan = json.loads(succeed("plan", "small.toml", "--json"))
    assert [(axis["name"], axis["size"]) for axis in plan["axes"]] == [("imf", 2), ("time", 2)]
    assert plan["reusable"] == {"flux": 4}
    info = json.loads(succeed("info", "small.nc", "--json"))
    assert info["quantities"]["flux"]["unit"] == "1/cm^2/s"
    assert info["made"]["inputs"]["imf"] == ["kroupa", "top-heavy"]
    assert info["axes"]["time"]["size"] == 2


@pytest.mark.parametrize("name", ["imf", "sfr", "speed_of_light", "flux", "stars", "counts"])
def test_every_kind_of_name_is_described_as_json(name):
    assert json.loads(succeed("describe", "red_supergiants", name, "--json"))["description"]


def test_a_scenario_comes_from_the_standard_input(folder):
    assert "valid, 4 cells" in succeed("check", "-", input=SMALL)
    refused = call("run", "-", input=SMALL)
    assert refused.exit_code == 2
    assert "a scenario from the standard input has no place for its result; give --output NAME.nc" in refused.stderr
    assert "wrote piped.nc" in succeed("run", "-", "--output", "piped.nc", input=SMALL)
    with gs.open("piped.nc") as made:
        np.testing.assert_array_equal(made["flux"], flux())
    assert "kroupa" in succeed(
        "sensitivity", "contrast", "-", "flux", "--along", "imf", "--reference", "kroupa", input=SMALL
    )
    wrong = call("check", "-", input=SMALL.replace("time =", "tiem ="))
    assert "standard input:5:1: unknown parameter 'tiem'" in wrong.stderr


def test_files_that_a_piped_scenario_names_lie_in_the_folder(folder):
    table = succeed("new", "red_supergiants", "--out", "-")
    assert 'model = "red_supergiants"' in table
    text = SMALL.replace("[output]", '[parameters]\nstellar_table = "mine.csv"\n[output]')
    refused = call("run", "-", "--output", "mine.nc", input=text)
    assert "mine.csv: no such file" in refused.stderr


def test_a_run_of_some_quantities_records_them(folder):
    assert "wrote two.nc (2 quantities" in succeed(
        "run", "small.toml", "--quantities", "flux,carbon_burning_rsg", "--output", "two.nc"
    )
    with gs.open("two.nc") as made:
        assert sorted(made.data_vars) == ["carbon_burning_rsg", "flux"]
    # The result says so, and makes itself again.
    assert "two.nc is up to date" in succeed("run", "two.nc")
    wrong = call("run", "small.toml", "--quantities", "flix", "--output", "x.nc")
    assert wrong.exit_code == 2
    assert "--quantities: model 'red_supergiants' has no quantity 'flix'; did you mean 'flux'?" in wrong.stderr
    assert gs.run("small.toml", quantities=["flux"], output="three.nc").cells == 4


def test_home_is_expanded(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder))
    text = SMALL.replace('"small.nc"', '"~/home.nc"')
    Path("home.toml").write_text(text, encoding="utf-8")
    assert gs.run("home.toml") == folder / "home.nc"
    assert not (folder / "~").exists()
    with gs.open("~/home.nc") as made:
        assert made.sizes["imf"] == 2
    succeed("export", "~/home.nc", "--out=~/home.csv")
    assert (folder / "home.csv").is_file()


def test_a_table_of_stars_is_not_pasted_into_an_explanation(folder):
    text = succeed("explain", "small.toml", "carbon_burning_rsg")
    assert "stellar_table = stellar_phases.csv (22 rows)" in text
    assert len(text.splitlines()) < 80


def test_long_answers_are_cut_with_their_number(folder):
    axes = "sfr = { linspace = [1, 9, 90], unit = 'Msun/yr' }"
    Path("long.toml").write_text(SMALL.replace("[axes]", f"[axes]\n{axes}"), encoding="utf-8")
    question = ["sensitivity", "elasticity", "long.toml", "flux", "--along", "sfr"]
    lines = succeed(*question).splitlines()
    assert len(lines) < 72
    assert "the first 60 of 90 rows" in " ".join(" ".join(lines).split())
    assert "at time = 20 Myr; --all shows every value" in lines[-1]
    assert len(succeed(*question, "--all").splitlines()) > 360


def test_a_single_answer_is_a_number_with_its_unit(folder):
    question = ["sensitivity", "crossing", "imf_scan", "carbon_burning_rsg_within", "--along", "radius", "--value", "1"]
    text = succeed(*question, "--at", "imf=kroupa")
    assert "carbon_burning_rsg_within_crossing = 2.3124 kpc" in text

"""What files, scenarios and attributes say is printed without moving the cursor, and damage in it is told in words."""

from __future__ import annotations

import itertools
import re
import shutil
from pathlib import Path

import h5py
import netCDF4
import pytest
import xarray as xr
from click.testing import CliRunner

import gridscan as gs
import gridscan.cli
from gridscan.cli import main
from gridscan.errors import GridscanError, GridscanWarning, printable

SMALL = """
model = "red_supergiants"
axes.imf = ["kroupa", "top-heavy"]
axes.time = ["10 Myr", "12 Myr", "20 Myr"]
output.quantities = ["carbon_burning_rsg", "red_supergiants"]
output.path = "small.nc"
"""
# Clears the screen, sets its title, rings, goes back, 8-bit control sequence, right to left, a line of its own.
HOSTILE = "a\x1b[2J\x1b]0;b\x07c\bd\re\x9b31mf\u202eg\u2028h\x7fi"
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2029]")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    gs.run(gs.Scenario.parse(SMALL, folder=folder), output=folder / "small.nc")
    # What others write of a result has in attributes what the result has in its record.
    with gs.open(folder / "small.nc") as dataset:
        dataset.load().to_netcdf(folder / "copy.nc")
    return folder


@pytest.fixture
def folder(made, tmp_path, monkeypatch):
    for path in made.iterdir():
        shutil.copy(path, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*arguments):
    return CliRunner().invoke(main, list(arguments))


def printed(*arguments):
    result = call(*arguments)
    assert result.exit_code in (0, 2), result.output
    return result.output


@pytest.mark.parametrize("text", [HOSTILE, "[red]bold[/red]", "a\nerror: forged"])
def test_what_a_result_says_cannot_steer_the_terminal(folder, text):
    with netCDF4.Dataset("small.nc", "a") as file:
        file.title = text
        file.gridscan_scenario_name = text
        file["red_supergiants"].long_name = text
        file["imf"].long_name = text
        file.createVariable("mine", "f8", ()).units = text
    commands = (
        ("info", "small.nc"),
        ("sensitivity", "contrast", "small.nc", "red_supergiants", "--along", "imf", "--reference", "kroupa"),
        ("sensitivity", "shares", "small.nc", "red_supergiants"),
        ("plan", "small.nc"),
        ("run", "small.nc"),
        ("export", "small.nc", "--quantities", "mine"),
    )
    for command in commands:
        said = printed(*command)
        assert not CONTROL.search(said), command
        assert "\nerror: forged" not in said
        if text.startswith("[red]") and command[0] == "info":
            assert text in said


def test_labels_of_a_result_cannot_steer_the_terminal(folder):
    with xr.open_dataset("small.nc") as dataset:
        dataset.load().assign_coords(imf=["kroupa", HOSTILE]).to_netcdf("mine.nc")
    for command in (
        ("sensitivity", "contrast", "mine.nc", "red_supergiants", "--along", "imf", "--reference", "kroupa"),
        ("sensitivity", "contrast", "mine.nc", "red_supergiants", "--along", "imf", "--reference", "nothing"),
        ("sensitivity", "shares", "mine.nc", "red_supergiants"),
        ("plot", "mine.nc", "red_supergiants", "--out", "mine.png"),
    ):
        assert not CONTROL.search(printed(*command)), command


def test_the_scenario_inside_a_result_is_printed_without_what_steers_the_terminal(folder):
    with netCDF4.Dataset("small.nc", "a") as file:
        file.gridscan_scenario = f"# {HOSTILE}\r\n{SMALL}"
    said = printed("info", "small.nc", "--scenario").replace("\r\n", "\n")
    assert said == f"# {printable(HOSTILE)}\n{SMALL}"
    assert not CONTROL.search(said)


@pytest.mark.parametrize(
    "text",
    [
        f'model = "{HOSTILE}"',
        f'model = "red_supergiants"\n[axes]\n"{HOSTILE}" = [1]',
        f'model = "red_supergiants"\ntitle = "{HOSTILE}"',
        "model = 'red_supergiants'\n[axes]\nimf = [\"\\u001b[2J\"]\n[output]\nquantities = ['flux']",
        "model = 'red_supergiants'\n[axes]\n\"\\u009b2J\" = [1]\n[output]\nquantities = ['\\u001b[2J']",
    ],
)
def test_what_a_scenario_says_cannot_steer_the_terminal(folder, text):
    Path("hostile.toml").write_text(text, encoding="utf-8")
    for command in ("check", "plan", "run"):
        result = call(command, "hostile.toml")
        assert result.exit_code == 2
        assert not CONTROL.search(result.output)


def test_the_name_of_a_file_cannot_steer_the_terminal(folder):
    name = "\x1b[2Jsmall.nc"
    Path("small.nc").rename(name)
    for command in (("info", name), ("run", name), ("export", name), ("info", f"{name}x"), ("check", f"{name}x")):
        assert not CONTROL.search(call(*command).output)


def test_errors_and_warnings_are_printable_also_from_python():
    assert str(GridscanError(HOSTILE)) == printable(HOSTILE)
    assert str(GridscanWarning(HOSTILE)) == printable(HOSTILE)
    assert printable("two\r\nlines\tand 15 µm, 漢字, שלום") == "two\r\nlines\tand 15 µm, 漢字, שלום"
    assert printable("a\nb\r\n\tc", lines=False) == r"a\nb\r\n\tc"


MALFORMED = [
    "",
    "{",
    "[]",
    "5",
    "null",
    '"text"',
    '{"a": ',
    "[" * 100_000,
    '{"sfr": {"unit": 5}}',
    '{"a": 1e999}',
]
OVERRIDES = [value for value in MALFORMED if not value.startswith('{"')]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *itertools.product(["gridscan_settings", "gridscan_versions", "gridscan_tables"], MALFORMED),
        *itertools.product(["gridscan_overrides"], OVERRIDES),
    ],
    ids=lambda text: text[:17],
)
def test_malformed_json_in_an_attribute_is_a_damaged_result_in_words(folder, name, value):
    with h5py.File("copy.nc", "a") as file:
        file.attrs[name] = value
    for command in (("info", "copy.nc"), ("run", "copy.nc"), ("plan", "copy.nc"), ("sample", "copy.nc")):
        result = call(*command)
        assert result.exit_code == 2
        assert result.output.startswith(f"error: copy.nc: its provenance is damaged: the attribute '{name}' ")
        assert len(result.output.splitlines()) == 1


@pytest.mark.parametrize("name", ["gridscan_scenario", "gridscan_scenario_name", "gridscan_model", "gridscan_identity"])
def test_an_attribute_that_is_no_text_is_a_damaged_result_in_words(folder, name):
    with netCDF4.Dataset("copy.nc", "a") as file:
        file.setncattr(name, 5)
    for command in (("info", "copy.nc"), ("run", "copy.nc")):
        result = call(*command)
        assert result.exit_code == 2
        assert result.output == f"error: copy.nc: its provenance is damaged: the attribute '{name}' is no text\n"


def test_every_command_prints_through_what_escapes():
    for path in Path(gridscan.cli.__file__).parent.glob("*.py"):
        assert path.name == "say.py" or "click.echo" not in path.read_text(encoding="utf-8"), path

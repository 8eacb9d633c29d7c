"""Help of every command fits any terminal, cuts no word short, and ends in examples that run."""

import os
import shlex
import subprocess
import sys

import click
import make_tracks
import pytest
from click.testing import CliRunner

import gridscan as gs
from gridscan.cli import main
from gridscan.cli.group import WIDEST_HELP
from gridscan.inputs.shipped_files import data_path


def commands(group=main, path=()):
    yield path, group
    if isinstance(group, click.Group):
        for name, command in group.commands.items():
            yield from commands(command, (*path, name))


EVERY = dict(commands())
EXAMPLES = [(path, example) for path, command in EVERY.items() for example in command.examples]
# What these read is no shipped file.
ELSEWHERE = {"tracks neutrinos s15.txt --mass 15 -o mine.csv"}


def called(path):
    return " ".join(["gridscan", *path])


def help_of(path, columns=80):
    result = CliRunner().invoke(main, [*path, "--help"], terminal_width=columns)
    assert result.exit_code == 0
    return result.output


@pytest.mark.parametrize("columns", [60, 80, 110])
@pytest.mark.parametrize("path", EVERY, ids=called)
def test_help_fits_the_terminal_and_cuts_nothing_short(path, columns):
    text = help_of(path, columns)
    assert [line for line in text.splitlines() if len(line) > columns] == []
    usage, _, rest = text.partition("\n\n")
    assert "..." not in rest
    assert "…" not in rest.replace("sensitivity … --picture", "")
    assert usage.startswith("Usage: ")


@pytest.mark.parametrize("columns", ["60", "200"])
def test_a_real_terminal_gets_help_as_wide_as_it_is(columns):
    command = [sys.executable, "-m", "gridscan", "plot", "--help"]
    environment = {**os.environ, "COLUMNS": columns}
    found = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout
    widest = max(map(len, found.splitlines()))
    assert widest <= min(int(columns), WIDEST_HELP)
    assert widest > 0.8 * min(int(columns), WIDEST_HELP)


@pytest.mark.parametrize("path", [path for path in EVERY if path], ids=called)
def test_the_summary_of_a_command_is_one_line_of_help(path):
    summary = EVERY[path].get_short_help_str(limit=1000)
    assert 10 < len(summary) <= 55
    assert summary.endswith(".")
    assert summary.count(". ") == 0


@pytest.mark.parametrize("path", EVERY, ids=called)
def test_every_command_has_examples(path):
    command = EVERY[path]
    assert command.examples
    for columns in (60, 110):
        joined = " ".join(help_of(path, columns).replace(" \\\n", " ").split())
        for example in command.examples:
            assert f"gridscan {example}" in joined


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("examples")
    (folder / "results").mkdir()
    gs.run("imf_scan", output=folder / "results" / "imf_scan.nc")
    text = data_path("stellar_phases.csv").read_text(encoding="utf-8")
    make_tracks.write_zip(folder / "tracks.zip", make_tracks.members_of_table(text))
    return folder


@pytest.mark.parametrize("example", dict.fromkeys(example for _, example in EXAMPLES if example not in ELSEWHERE))
@pytest.mark.filterwarnings("ignore::gridscan.errors.GridscanWarning")
def test_the_examples_run(example, place, monkeypatch):
    monkeypatch.chdir(place)
    result = CliRunner().invoke(main, shlex.split(example))
    assert result.exit_code == 0, f"{example}\n{result.output}"


@pytest.mark.parametrize("where", ["before", "after"])
def test_quiet_prints_answers_only(where, place, monkeypatch):
    monkeypatch.chdir(place)
    command = ["run", "imf_scan", "--quantities", "events_per_year", "--output", f"quiet_{where}.nc"]
    result = CliRunner().invoke(main, ["-q", *command] if where == "before" else [*command, "--quiet"])
    assert (result.exit_code, result.output) == (0, "")
    with gs.open(f"quiet_{where}.nc") as made:
        assert list(made.data_vars) == ["events_per_year"]
    answer = CliRunner().invoke(main, ["sensitivity", "rank", "results/imf_scan.nc", "flux", "-q"])
    assert "radius" in answer.stdout


def test_the_version_has_a_short_option():
    assert CliRunner().invoke(main, ["-V"]).output == f"gridscan, version {gs.__version__}\n"

"""Completion of words, in a real shell under a pseudo-terminal and in the protocol of each shell."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest
from click.testing import CliRunner

import gridscan as gs
from gridscan.cli import main

SCENARIO = """
model = "red_supergiants"
[axes]
imf = ["kroupa", "top-heavy"]
[axes.zip.sun]
sun_x = ["8 kpc", "9 kpc"]
sun_y = ["0 kpc", "1 kpc"]
[output]
quantities = ["flux"]
path = "tiny.nc"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("completion")
    (place / "tiny.toml").write_text(SCENARIO, encoding="utf-8")
    (place / "mine.py").write_text("", encoding="utf-8")
    (place / "scans").mkdir()
    (place / "scans" / "deep.toml").write_text(SCENARIO, encoding="utf-8")
    (place / "notes.txt").write_text("", encoding="utf-8")
    gs.run(place / "tiny.toml")
    (place / "bin").mkdir()
    program = place / "bin" / "gridscan"
    # With words to complete or with lines for a shell the program itself, otherwise what it was called with.
    program.write_text(
        f'#!/bin/sh\n[ -n "$_GRIDSCAN_COMPLETE" ] || [ "$1" = completion ] && exec {sys.executable} -m gridscan "$@"\n'
        'IFS="|"; echo "ran: $*"\n',
        encoding="utf-8",
    )
    program.chmod(0o755)
    return place


def completed(folder, line):
    """Return what the program answers to bash for the last word of a line."""
    words = line.split(" ")
    environment = {
        **os.environ,
        "_GRIDSCAN_COMPLETE": "bash_complete",
        "COMP_WORDS": "\n".join(words),
        "COMP_CWORD": str(len(words) - 1),
    }
    answer = subprocess.run(
        [folder / "bin" / "gridscan"], env=environment, cwd=folder, capture_output=True, text=True, check=True
    ).stdout
    return [item.removeprefix("plain,") for item in answer.splitlines() if item]


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("gridscan des", ["describe"]),
        ("gridscan describe red", ["red_supergiants"]),
        ("gridscan describe red_supergiants arm_pi", ["arm_pitch"]),
        ("gridscan run imf_s", ["imf_scan"]),
        ("gridscan run tin", ["tiny.nc", "tiny.toml"]),
        ("gridscan run sc", ["scans/"]),
        ("gridscan run scans/", ["scans/deep.toml"]),
        ("gridscan run notes", []),
        ("gridscan run tiny.toml --set sf", ["sfr="]),
        ("gridscan run tiny.toml --model min", ["mine.py"]),
        ("gridscan run tiny.toml --quantities flux,red_to_a", ["flux,red_to_alive_ratio"]),
        ("gridscan explain tiny.toml red_to_a", ["red_to_alive_ratio"]),
        ("gridscan sensitivity elasticity tiny.nc f", ["flux"]),
        ("gridscan sensitivity contrast tiny.nc flux --along ", ["imf", "sun"]),
        ("gridscan export tiny.nc --at im", ["imf="]),
        ("gridscan export tiny.nc --at imf=t", ["imf=top-heavy"]),
        ("gridscan plot tiny.nc fl", ["flux"]),
        ("gridscan run no_such.toml --set sf", []),
    ],
)
def test_words_are_completed(folder, line, offered):
    assert completed(folder, line) == offered


def test_no_model_is_imported_for_a_completion():
    code = (
        "import sys, gridscan.cli.completion as c; c._of_model('red_supergiants'); c._of_models();"
        "print([m for m in ('numpy', 'pint', 'xarray', 'gridscan.model') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_lines(shell):
    result = CliRunner().invoke(main, ["completion", shell])
    assert result.exit_code == 0, result.output
    assert f"_GRIDSCAN_COMPLETE={shell}_complete" in result.stdout


def started(folder, *command):
    """Return a shell under a pseudo-terminal, in a folder with a scenario and a result."""
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "TERM": "dumb", "HOME": str(folder / "home")}
    (folder / "home").mkdir(exist_ok=True)
    return pexpect.spawn(
        command[0],
        list(command[1:]),
        cwd=str(folder),
        env=environment,
        encoding="utf-8",
        timeout=30,
        dimensions=(40, 150),
    )


@pytest.fixture
def bash(folder):
    shell = started(folder, "bash", "--norc", "--noprofile", "-i")
    # What is echoed of the line itself does not have the words that are waited for.
    shell.sendline("PS1='rea''dy> '; bind 'set enable-bracketed-paste off'; bind 'set bell-style none'")
    shell.expect_exact("ready> ")
    shell.sendline("eval \"$(gridscan completion bash)\"; PS1='swit''ched> '")
    shell.expect_exact("switched> ")
    yield shell
    shell.close(force=True)


@pytest.mark.parametrize(
    ("typed", "seen"),
    [
        ("gridscan descr\tred\t", "gridscan describe red_supergiants "),
        ("gridscan info tiny.n\t", "gridscan info tiny.nc "),
        ("gridscan check scans/d\t", "gridscan check scans/deep.toml "),
        # What goes on has no blank behind it.
        ("gridscan run tiny.toml --set neutrino_lum\t'1e38 erg/s'", "--set neutrino_luminosity='1e38 erg/s'"),
    ],
)
def test_a_real_bash_completes_with_the_tabulator(bash, typed, seen):
    bash.send(typed)
    bash.expect_exact(seen)


SWITCHED_ON = {
    "zsh": (
        ["zsh", "-f", "-i"],
        "autoload -Uz compinit; compinit -u; eval \"$(gridscan completion zsh)\"; PS1='swit''ched> '",
    ),
    "fish": (
        ["fish", "--no-config", "-i"],
        "gridscan completion fish | source; function fish_prompt; echo swit''ched\\> ; end",
    ),
}


@pytest.mark.parametrize("name", [name for name in SWITCHED_ON if shutil.which(name)])
@pytest.mark.parametrize(
    ("typed", "seen"),
    [
        ("gridscan descr\tred_s\t", "describe|red_supergiants"),
        ("gridscan check scans/d\t", "check|scans/deep.toml"),
        (
            "gridscan run tiny.toml --set neutrino_lum\t'1e38 erg/s'",
            "run|tiny.toml|--set|neutrino_luminosity=1e38 erg/s",
        ),
        ("gridscan check sca\tde\t", "check|scans/deep.toml"),
    ],
)
def test_a_real_zsh_or_fish_completes_with_the_tabulator(folder, name, typed, seen):
    command, line = SWITCHED_ON[name]
    shell = started(folder, *command)
    try:
        shell.sendline(line)
        shell.expect_exact("switched>")
        # Of a line that a shell draws anew in parts, only what it calls is sure.
        shell.send(typed + "\r")
        shell.expect_exact(f"ran: {seen}")
    finally:
        shell.close(force=True)


def test_the_page_says_how_to_switch_it_on():
    page = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    for line in ('eval "$(gridscan completion bash)"', "completion fish >"):
        assert line in page

"""The command that says what the cells of an output are known by."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

MODEL = """\
import os
import numpy as np
from gridscan.model import Model

model = Model("mine", "Mine")
model.parameter("x", 1.0, "A number")
TABLE = np.loadtxt("t.dat")
ONCE = (part for part in [1.0])


@model.quantity("1", long_name="first")
def first(x):
    return x * TABLE * float(os.environ.get("SCALE", 1))


@model.quantity("1", long_name="second")
def second(x):
    return x if ONCE else x
"""


@pytest.fixture
def call(tmp_path):
    (tmp_path / "mine.py").write_text(MODEL)
    (tmp_path / "t.dat").write_text("2.0\n")
    (tmp_path / "s.toml").write_text('model = "mine"\n[axes]\nx = [1, 2]\n[output]\nquantities = ["first", "second"]\n')
    environment = {**os.environ, "SCALE": "7", "COLUMNS": "200"}
    command = [sys.executable, "-m", "gridscan", "plan", "s.toml", "--model", "mine.py"]

    def run(*arguments):
        return subprocess.run(
            [*command, *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    return run


def test_an_identity_is_told_by_its_parts(call):
    found = call("--why", "first")
    assert found.returncode == 0, found.stderr
    for part in ("value TABLE of mine.py", "function first of mine.py", "environment variable SCALE", "numpy", "x"):
        assert part in found.stdout
    assert "Computed anew" not in found.stdout


def test_what_cannot_be_compared_is_told(call):
    parts = json.loads(call("--why", "second", "--json").stdout)
    assert list(parts["computed anew each time"]) == ["value ONCE of mine.py (a generator)"]
    assert parts["inputs"] == {"x": "x"}
    assert "gridscan/engine/compute.py" in parts["gridscan"]


def test_an_output_that_is_not_there_is_refused_in_words(call):
    found = call("--why", "fist")
    assert found.returncode == 2
    assert "no output 'fist'; did you mean 'first'?" in found.stderr

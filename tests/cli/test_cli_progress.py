"""What a run tells of itself: lines for a log, JSON for a program, and how it ended."""

from __future__ import annotations

import json
import os
import signal
import sys
import textwrap
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

import gridscan as gs
import gridscan.cli.progress as progress_module
from gridscan.cli import main
from gridscan.cli.progress import told_progress
from gridscan.engine import shown_progress
from gridscan.engine.progress import Progress
from gridscan.engine.shown_progress import duration, line

SCENARIO = """\
model = "red_supergiants"
[axes]
imf = ["kroupa", "salpeter"]
time = ["10 Myr", "20 Myr"]
[output]
quantities = ["carbon_burning_rsg", "flux"]
"""
HALF = """
import numpy as np
import gridscan as gs

model = gs.Model("half", "A formula that has a value for one half of its axis")
model.parameter("depth", "1 m", "Depth")


@model.kernel("m", depth="m", long_name="square root of the depth")
def root(depth):
    if (depth < 0).any():
        raise ValueError("depth is negative; allowed is 0 or more")
    return np.sqrt(depth)
"""
HALF_SCENARIO = """\
model = "half"
[axes]
depth = { linspace = ["-2 m", "2 m", 5] }
[output]
quantities = ["root"]
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("s.toml").write_text(SCENARIO, encoding="utf-8")
    Path("half.py").write_text(textwrap.dedent(HALF), encoding="utf-8")
    Path("half.toml").write_text(HALF_SCENARIO, encoding="utf-8")
    return tmp_path


def call(*arguments):
    return CliRunner().invoke(main, list(arguments))


def test_json_tells_the_progress_and_the_outcome_as_lines(folder, monkeypatch):
    monkeypatch.setattr(progress_module, "_JSON_EVERY", 0.0)
    result = call("run", "s.toml", "--json")
    assert result.exit_code == 0, result.output
    *told, last = [json.loads(text) for text in result.stdout.splitlines()]
    assert [item["event"] for item in told] == ["progress"] * len(told)
    assert [item["computed"] for item in told] == sorted(item["computed"] for item in told)
    assert last["event"] == "done"
    assert (last["path"], last["cells"], last["computed"], last["reused"], last["failed"]) == ("s.nc", 8, 8, 0, 0)
    assert last["bytes_written"] >= 64
    assert told[0]["seconds_left"] is None


def test_a_second_run_says_that_nothing_is_left_to_do(folder):
    assert call("run", "s.toml").stdout.startswith("wrote s.nc (2 quantities, ")
    before = os.stat("s.nc").st_mtime_ns
    assert call("run", "s.toml").stdout == "s.nc is up to date: nothing that made its 8 cells has changed\n"
    assert os.stat("s.nc").st_mtime_ns == before
    told = json.loads(call("run", "s.toml", "--json").stdout.splitlines()[-1])
    assert (told["computed"], told["reused"]) == (0, 8)


def test_an_extended_run_says_what_was_there_and_the_plan_knows_it_before(folder):
    assert "Reusable" not in call("plan", "s.toml").stdout
    call("run", "s.toml")
    assert "Reusable 8 of 8 cells" in call("plan", "s.toml").stdout
    Path("s.toml").write_text(SCENARIO.replace('"20 Myr"]', '"20 Myr", "30 Myr"]'), encoding="utf-8")
    planned = call("plan", "s.toml").stdout
    assert "Reusable 8 of 12 cells" in planned
    assert "flux: 4 of 6; the others are new" in planned
    assert call("run", "s.toml").stdout.endswith("; reused 8 of 12 cells\n")


def test_cells_that_fail_are_said_and_make_the_exit_status_three(folder):
    result = call("run", "half.toml", "--model", "half.py:model")
    assert result.exit_code == 3
    assert "warning: 2 of 5 cells of 'root' failed: 'root' (" in result.stderr
    assert "depth is negative; allowed is 0 or more" in result.stderr
    assert result.stdout.startswith("wrote half.nc (1 quantity, ")
    assert "run_status" in call("info", "half.nc").stdout
    told = json.loads(call("run", "half.toml", "--model", "half.py:model", "--json").stdout.splitlines()[-1])
    assert told["failed"] == 2


def test_fail_fast_ends_with_the_first_of_them_as_an_error(folder):
    result = call("run", "half.toml", "--model", "half.py:model", "--fail-fast")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: 'root' (")
    assert "(first at depth = -2 m)" in result.stderr
    assert [name for name in os.listdir() if name.startswith(".half")] == []


def test_a_reason_of_several_lines_is_said_in_one(folder):
    Path("half.py").write_text(HALF.replace("negative; allowed", "negative\\nallowed"), encoding="utf-8")
    result = call("run", "half.toml", "--model", "half.py:model", "--fail-fast")
    assert "depth is negative; allowed is 0 or more" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_what_another_scenario_has_begun_at_the_same_place_is_kept_unless_it_was_of_use(folder):
    def stop(progress):
        if progress.computed:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        gs.run("s.toml", progress=stop)
    (begun,) = folder.glob(".s.nc.*.work")
    assert call("run", "s.toml", "--set", "imf=top-heavy").exit_code == 0
    assert begun.exists()
    assert call("run", "s.toml", "--set", 'time=["10 Myr", "20 Myr", "30 Myr"]').exit_code == 0
    assert not begun.exists()


def test_a_stop_by_the_keyboard_says_that_what_is_done_is_kept(folder, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules["gridscan.run"], "perform", stop)
    result = call("run", "s.toml")
    assert result.exit_code == 130
    assert result.stderr == "stopped; finished blocks are kept, and the same command resumes the run\n"


def test_a_formula_that_ends_the_program_fails_like_any_other(folder):
    Path("half.py").write_text(HALF.replace("raise ValueError", "raise SystemExit"), encoding="utf-8")
    result = call("run", "half.toml", "--model", "half.py:model")
    assert result.exit_code == 3
    assert "2 of 5 cells of 'root' failed: 'root'" in result.stderr
    assert "SystemExit: depth is negative" in result.stderr


def test_a_signal_in_a_formula_is_no_failure_of_it(folder):
    ended = HALF.replace("import numpy as np", "import signal\n\nimport numpy as np")
    ended = ended.replace("        raise ValueError(", "        signal.raise_signal(signal.SIGTERM)\n        print(")
    Path("half.py").write_text(ended, encoding="utf-8")
    result = call("run", "half.toml", "--model", "half.py:model")
    assert result.exit_code == 143
    assert result.stderr == "stopped; finished blocks are kept, and the same command resumes the run\n"


@pytest.mark.parametrize(("result", "found"), [("'abc'", "str"), ("depth + 1j", "complex128")])
def test_a_kernel_that_returns_no_numbers_says_what_it_returned(folder, result, found):
    Path("half.py").write_text(HALF.replace("return np.sqrt(depth)", f"return {result}"), encoding="utf-8")
    failed = call("run", "half.toml", "--model", "half.py:model", "--set", 'depth="1 m"')
    assert failed.exit_code == 2
    assert failed.stderr.endswith(f" returned {found}, expected numbers\n")


def test_a_model_that_ends_the_program_is_an_error(folder):
    Path("half.py").write_text("import sys\n\nsys.exit(0)\n", encoding="utf-8")
    result = call("check", "half.toml", "--model", "half.py:model")
    assert result.exit_code == 2
    assert result.stderr == "error: the model exited Python: SystemExit(0)\n"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize(
    ("command", "at"), [(["models"], "gridscan.model_loader"), (["plan", "s.toml"], "gridscan.run")]
)
def test_a_stop_from_outside_is_no_failure_of_any_command(folder, monkeypatch, command, at, number, code):
    def stop(*_, **__):
        # Where this runs in the background, the signal of the keyboard may be ignored.
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        signal.raise_signal(number)

    name = {"gridscan.model_loader": "installed_models", "gridscan.run": "plan"}[at]
    monkeypatch.setattr(sys.modules[at], name, stop)
    result = call(*command)
    assert (result.exit_code, result.stderr) == (code, "stopped\n")


def test_json_begins_with_where_a_run_begins(capsys):
    with told_progress(as_json=True) as callback:
        callback(Progress(cells=10, nbytes=80))
        callback(Progress(cells=10, nbytes=80, computed=5))
    (told,) = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    assert (told["event"], told["cells"], told["computed"]) == ("progress", 10, 0)


def test_where_nobody_watches_there_is_a_line_a_minute(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr(shown_progress.time, "monotonic", lambda: now[0])
    with told_progress(as_json=False) as callback:
        for moment in (1.0, 59.0, 61.0, 62.0, 122.0):
            now[0] = moment
            callback(Progress(cells=1000, nbytes=8000, computed=10, reused=500, written=4080))
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2
    assert said[0].startswith("510 of 1,000 cells (51%), 500 from an earlier run, 4.08 kB written, ")


def test_the_rate_and_the_time_left_are_those_of_this_run_alone():
    progress = Progress(cells=1000, nbytes=8000, computed=100, reused=500, started=-50.0)
    progress.work_started = time.perf_counter() - 10.0
    assert progress.rate == pytest.approx(10.0, rel=0.01)
    assert progress.seconds_left == pytest.approx(40.0, rel=0.01)
    assert "10 cells a second, 40 s left" in line(progress)
    assert Progress(cells=10, nbytes=80, reused=5).seconds_left is None


@pytest.mark.parametrize(("seconds", "text"), [(5.2, "5 s"), (99, "99 s"), (300, "5 min"), (7200, "2.0 h")])
def test_times_are_said_as_a_person_would(seconds, text):
    assert duration(seconds) == text


def test_the_time_to_wait_for_workers_is_an_option(folder, monkeypatch):
    waited = []

    def perform(plan, **_):
        waited.append((plan.layout.limits.first_worker_seconds, plan.layout.limits.worker_seconds))
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules["gridscan.run"], "perform", perform)
    call("run", "s.toml")
    call("run", "s.toml", "--wait", "7200")
    assert waited == [(60.0, 600.0), (7200.0, 7200.0)]
    assert call("run", "s.toml", "--wait", "-1").exit_code == 2

"""What a run shows of itself from Python: a bar in a terminal, lines in a log, nothing where it is soon done."""

from __future__ import annotations

import io
import logging
import sys
import time

import pytest

import gridscan as gs
from gridscan.engine import shown_progress
from gridscan.engine.progress import Progress

HALF = Progress(cells=1000, nbytes=8000, computed=500, written=4000)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def a_terminal(monkeypatch):
    # Not in a fixture: pytest puts its own in place of the standard error before a test begins.
    found = Terminal()
    monkeypatch.setattr(sys, "stderr", found)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return found


def wait_for(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_long_run_in_a_terminal_has_a_bar_before_its_first_block_is_done(monkeypatch):
    terminal = a_terminal(monkeypatch)
    monkeypatch.setattr(shown_progress, "_BAR_AFTER", 0.0)
    with shown_progress.shown_progress() as callback:
        wait_for(lambda: "0:00:0" in terminal.getvalue())
        callback(HALF)
        wait_for(lambda: "500 of 1,000 cells (50%)" in terminal.getvalue())
    end = terminal.getvalue()
    assert end.endswith(("\x1b[2K", "\r"))
    callback(HALF)
    time.sleep(0.2)
    assert terminal.getvalue() == end


def test_a_short_run_shows_nothing(monkeypatch):
    terminal = a_terminal(monkeypatch)
    with shown_progress.shown_progress() as callback:
        callback(HALF)
    assert terminal.getvalue() == ""


@pytest.fixture
def each_block(monkeypatch):
    monkeypatch.setattr(shown_progress, "_LINE_EVERY", 0.0)


def run(folder, **options):
    model = gs.Model("square", "A square")
    model.parameter("side", "1 m", "Side", minimum=0)
    model.quantity("m^2", long_name="area")(area)
    text = 'model = "square"\naxes.side = ["1 m", "2 m"]\noutput.quantities = ["area"]\n'
    return gs.run(gs.Scenario.parse(text, model=model), output=folder / "square.nc", **options)


def area(side):
    return side**2


def test_a_run_in_a_script_logs_lines(tmp_path, caplog, each_block):
    caplog.set_level(logging.INFO, "gridscan")
    run(tmp_path)
    lines = [item.getMessage() for item in caplog.records if item.name == "gridscan.engine.shown_progress"]
    assert lines[-1].startswith("2 of 2 cells (100%), ")


def test_lines_are_printed_where_no_log_is_set_up(tmp_path, capsys, each_block, monkeypatch):
    monkeypatch.setattr(shown_progress._LOG, "hasHandlers", lambda: False)
    run(tmp_path)
    assert "2 of 2 cells (100%), " in capsys.readouterr().err


def test_a_run_can_be_asked_to_show_nothing(tmp_path, capsys, caplog, each_block):
    caplog.set_level(logging.INFO, "gridscan")
    run(tmp_path, progress=False)
    assert not [item for item in caplog.records if item.name == "gridscan.engine.shown_progress"]
    assert capsys.readouterr().err == ""

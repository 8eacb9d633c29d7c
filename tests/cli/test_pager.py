"""What is longer than the terminal is shown in the pager, in a pseudo-terminal with a number of rows."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios

import pytest


def on_a_terminal(rows, *arguments):
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, 100, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
    process = subprocess.Popen(
        [sys.executable, "-m", "gridscan", *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**environment, "PAGER": "sed s/^/page:/", "TERM": "xterm"},
    )
    os.close(theirs)
    shown = b""
    # Where the last end of a pseudo-terminal is closed, reading from the other one is an error.
    with contextlib.suppress(OSError):
        while part := os.read(ours, 65536):
            shown += part
    os.close(ours)
    assert process.wait(60) == 0
    return shown.decode().splitlines()


@pytest.mark.parametrize(("rows", "paged"), [(20, True), (400, False)])
def test_what_a_terminal_does_not_hold_is_shown_in_the_pager(rows, paged):
    lines = on_a_terminal(rows, "describe", "red_supergiants")
    assert 100 < len(lines) < 400
    assert all(line.startswith("page:") for line in lines) == paged
    assert any("sfr" in line and "Msun" in line for line in lines)

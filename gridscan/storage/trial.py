"""Opening a file with the HDF5 and netCDF libraries, in a process of its own that they may end, or keep busy for ever.

Run as a program by `why_not_opened`; it needs nothing else of gridscan. It loads the libraries once and then forks a
process for each file. What these libraries refuse, they refuse again in the process that asked; only whether they come
back is found out here.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import importlib
import json
import os
import runpy
import select
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from pathlib import Path

#: Time that the libraries have [s]; they need some hundredths of it.
LONGEST = 30.0


def why_not_opened(path: Path, program: str | None = None) -> str:
    """Try whether the libraries come back from opening a file.

    Parameters
    ----------
    path
        An HDF5 file.
    program
        What is run in place of opening it.

    Returns
    -------
    str
        What becomes of them, in words; empty if they come back.
    """
    found = os.stat(path)
    return _tried(str(path), program, (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns))


@functools.lru_cache(maxsize=1024)
def _tried(path: str, program: str | None, _: tuple[int, ...]) -> str:
    """Try it once for each state of a file."""
    with _TRYING:
        # A process that was forked from this one has a helper of its own: two would read each other's answers.
        helper = _HELPERS.get(os.getpid())
        if helper is None or helper.poll() is not None:
            _HELPERS[os.getpid()] = helper = _started()
        status = _answer(helper, json.dumps([path, program]))
    if status is None:
        return "does not come back from opening it"
    return f"ends by signal {-status} when it opens it" if status < 0 else ""


_TRYING = threading.Lock()
_HELPERS: dict[int, subprocess.Popen[str]] = {}


def _started() -> subprocess.Popen[str]:
    # Without the folder of this module, of whose names some are those of modules of Python.
    command = [sys.executable, "-P", __file__]
    helper = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    atexit.register(_end, helper)
    return helper


def _answer(helper: subprocess.Popen[str], question: str) -> int | None:
    """Return the exit status of a trial, negative for a signal, or None if there is none in time."""
    assert helper.stdin is not None
    assert helper.stdout is not None
    helper.stdin.write(question + "\n")
    helper.stdin.flush()
    if select.select([helper.stdout], [], [], LONGEST)[0]:
        answer = helper.stdout.readline()
        return int(answer) if answer else helper.wait()
    # The trial itself is a process of the helper's session.
    os.killpg(helper.pid, signal.SIGKILL)
    helper.wait()
    return None


def _end(helper: subprocess.Popen[str]) -> None:
    # Its input ends with this process in any case; closed here, it leaves no warning behind.
    with contextlib.suppress(OSError, ValueError):
        helper.communicate(timeout=5.0)


def _serve() -> None:
    for library in ("h5py", "netCDF4"):
        importlib.import_module(library)
    for line in sys.stdin:
        path, program = json.loads(line)
        trial = os.fork()
        if not trial:
            _try(path, program)
        print(os.waitstatus_to_exitcode(os.waitpid(trial, 0)[1]), flush=True)


def _try(path: str, program: str | None) -> NoReturn:
    # Whatever is raised, the libraries have come back.
    with contextlib.suppress(BaseException):
        if program is None:
            _open(path)
        else:
            runpy.run_path(program)
    os._exit(0)


def _open(path: str) -> None:
    import h5py
    import netCDF4

    def look(_: str, item: Any) -> None:
        for name in item.attrs:
            with contextlib.suppress(Exception):
                item.attrs[name]

    with contextlib.suppress(Exception), h5py.File(path, "r") as file:
        look("", file)
        file.visititems(look)
    with contextlib.suppress(Exception), netCDF4.Dataset(path) as file:
        _look_at_group(file)


def _look_at_group(group: Any) -> None:
    for owner in (group, *group.variables.values()):
        for name in owner.ncattrs():
            with contextlib.suppress(Exception):
                owner.getncattr(name)
    for inner in group.groups.values():
        _look_at_group(inner)


if __name__ == "__main__":
    _serve()

"""Worker processes of this machine, which end with the process that started them."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridscan.engine.executors.dask_clients import NEEDED, quiet
from gridscan.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Seconds.
_START_WITHIN = 60.0
# The dashboard server always starts; at any free port it is in nobody's way.
_NO_DASHBOARD = {"dashboard": False, "dashboard_address": "127.0.0.1:0"}
# Files that a process opens to watch over workers, and for each of these, with some to spare.
_FILES, _FILES_PER_WORKER = 40, 9
_NO_FILES = "Too many open files"
_ERROR = re.compile(r"^[\w.]*(Error|Exception)\b")
# The workers end with the process that started them, however that ends: their input is closed then. The last argument
# is their folder.
_PROCESSES = """
import os, shutil, signal, sys, threading

def watch(folder):
    sys.stdin.buffer.read()
    shutil.rmtree(folder, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)

threading.Thread(target=watch, args=sys.argv[-1:], daemon=True).start()

from distributed.cli.dask_worker import main

main()
"""


@contextlib.contextmanager
def client_of_processes(workers: int) -> Iterator[Any]:
    """Start worker processes on this machine, yield a client of them, and stop them at the end.

    Raises
    ------
    StoreError
        If they cannot be started.
    """
    import dask
    from distributed import Client, LocalCluster

    _check_files(workers)
    with (
        quiet(),
        tempfile.TemporaryDirectory(prefix="gridscan-", ignore_cleanup_errors=True) as folder,
        dask.config.set({"temporary-directory": folder}),
        LocalCluster(n_workers=0, silence_logs=False, scheduler_kwargs=_NO_DASHBOARD) as scheduler,
        Client(scheduler.scheduler_address, set_as_default=False, direct_to_workers=True) as client,
        _processes(scheduler.scheduler_address, workers, Path(folder)) as is_alive,
    ):
        deadline = time.monotonic() + _START_WITHIN
        while len(client.nthreads()) < workers:
            said = Path(folder, "log").read_text(errors="replace")
            if not is_alive() or time.monotonic() > deadline or _NO_FILES in said:
                reason = _reason(said)
                raise StoreError("the workers did not start" + (f": {reason}" if reason else ""))
            time.sleep(0.02)
        yield client


def _check_files(workers: int) -> None:
    """Refuse more workers than this process may open files for, rather than wait for those that never come."""
    try:
        import resource
    except ImportError:
        return
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    needed = _FILES + _FILES_PER_WORKER * workers
    if allowed != resource.RLIM_INFINITY and allowed < needed:
        raise StoreError(
            f"{workers} {'worker' if workers == 1 else 'workers'} cannot start: a process may open {allowed} files"
            f" here, and about {needed} are needed; allow more with: ulimit -n {max(1024, needed)}"
        )


def _reason(said: str) -> str:
    """Return the line of a log that says why processes do not start."""
    if _NO_FILES in said:
        return f"{_NO_FILES}; allow more with: ulimit -n 4096"
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return next((line for line in reversed(lines) if _ERROR.match(line)), lines[-1] if lines else "")


@contextlib.contextmanager
def _processes(address: str, workers: int, folder: Path) -> Iterator[Callable[[], bool]]:
    """Start processes that do not import, and so run, the script of this one."""
    options = ["--nworkers", str(workers), "--nthreads", "1", "--memory-limit", "0", "--no-dashboard"]
    options += ["--host", "127.0.0.1", "--preload", NEEDED, "--local-directory", str(folder)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(item for item in sys.path if item)}
    environment["DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED"] = "False"
    with Path(folder, "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", _PROCESSES, address, *options],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            env=environment,
            start_new_session=True,
        )
    try:
        yield lambda: process.poll() is None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()

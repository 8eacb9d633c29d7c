"""Clients of dask clusters: a running one, or processes started on this machine."""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridscan.errors import StoreError
from gridscan.limits import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gridscan.limits import Limits

# Seconds.
_START_WITHIN = 60.0
# The dashboard server always starts; at any free port it is in nobody's way.
_NO_DASHBOARD = {"dashboard": False, "dashboard_address": "127.0.0.1:0"}
# Modules that a worker imports to compute.
_NEEDED = "gridscan.engine.executors.serialize"
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
def client_of(address: str, limits: Limits = DEFAULT) -> Iterator[Any]:
    """Yield a client of a running scheduler.

    Raises
    ------
    StoreError
        If there is no scheduler at this address, or its workers cannot import gridscan.
    """
    from distributed import Client

    with _quiet():
        try:
            client = Client(address, timeout=limits.connect_seconds, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            reason = str(error).splitlines()[0]
            raise StoreError(f"there is no dask scheduler at {address!r}: {reason}") from None
        with client:
            for worker, found in client.run(importlib.import_module, _NEEDED, on_error="return").items():
                if isinstance(found, ImportError):
                    raise StoreError(f"the worker at {worker} cannot compute: {type(found).__name__}: {found}")
            yield client


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

    with (
        _quiet(),
        tempfile.TemporaryDirectory(prefix="gridscan-", ignore_cleanup_errors=True) as folder,
        dask.config.set({"temporary-directory": folder}),
        LocalCluster(n_workers=0, silence_logs=False, scheduler_kwargs=_NO_DASHBOARD) as scheduler,
        Client(scheduler.scheduler_address, set_as_default=False, direct_to_workers=True) as client,
        _processes(scheduler.scheduler_address, workers, Path(folder)) as is_alive,
    ):
        deadline = time.monotonic() + _START_WITHIN
        while len(client.nthreads()) < workers:
            if not is_alive() or time.monotonic() > deadline:
                said = Path(folder, "log").read_text(errors="replace").strip().splitlines()
                raise StoreError("the workers did not start" + (f": {said[-1]}" if said else ""))
            time.sleep(0.02)
        yield client


@contextlib.contextmanager
def _processes(address: str, workers: int, folder: Path) -> Iterator[Callable[[], bool]]:
    """Start processes that do not import, and so run, the script of this one."""
    options = ["--nworkers", str(workers), "--nthreads", "1", "--memory-limit", "0", "--no-dashboard"]
    options += ["--host", "127.0.0.1", "--preload", _NEEDED, "--local-directory", str(folder)]
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


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the log of dask off the screen: gridscan's own messages say what the user needs."""
    names = [name for name in logging.root.manager.loggerDict if name.split(".")[0] in ("distributed", "tornado")]
    loggers = [logging.getLogger(name) for name in {*names, "distributed", "tornado", "asyncio"}]
    before = [(logger, logger.level) for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in before:
            logger.setLevel(level)

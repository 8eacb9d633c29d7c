"""Clients of dask clusters: one of the user's, one of a running scheduler, or processes started on this machine."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from gridscan.errors import StoreError
from gridscan.limits import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gridscan.limits import Limits

Found = TypeVar("Found")
#: Modules that a worker imports to compute.
NEEDED = "gridscan.engine.executors.serialize"
# What dask puts before the reason.
_PLACE = re.compile(r"^in <[^>]*>: ")
# Connecting ends by itself, and says then why; only an answer may never come [s].
_LATER = 0.5


@contextlib.contextmanager
def client_at(address: str, limits: Limits = DEFAULT) -> Iterator[Any]:
    """Yield a client of a running scheduler, with the TLS settings of dask's configuration.

    Raises
    ------
    StoreError
        If there is no scheduler at this address, or its workers cannot import gridscan.
    """
    from distributed import Client

    with quiet():
        security = _security_for(address)
        # A client that does not reach its scheduler cannot be closed in silence, so the scheduler is asked before.
        _greet(address, security, limits.connect_seconds)
        try:
            client = Client(address, security=security, timeout=limits.connect_seconds, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise StoreError(_no_scheduler(address, error)) from None
        with client:
            yield _checked(client, limits)


@contextlib.contextmanager
def client_of(cluster: Any, limits: Limits = DEFAULT) -> Iterator[Any]:
    """Yield a client of a cluster of the user's, such as those of dask-jobqueue, which stays open.

    Raises
    ------
    StoreError
        If it is no cluster, or does not run.
    """
    from distributed import Client

    if not hasattr(cluster, "scheduler_address"):
        raise StoreError(
            f"cluster takes a cluster of dask, such as LocalCluster or SLURMCluster, found {cluster!r:.60}"
        )
    if getattr(cluster, "asynchronous", False):
        raise StoreError("the cluster is asynchronous; make it without asynchronous=True")
    status = getattr(getattr(cluster, "status", None), "name", "running")
    if status != "running":
        raise StoreError(f"the cluster is {status}; give one that runs")
    with quiet():
        try:
            client = Client(cluster, timeout=limits.connect_seconds, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise StoreError(_no_scheduler(cluster.scheduler_address, error)) from None
        with client:
            yield _checked(client, limits)


@contextlib.contextmanager
def client_given(client: Any, limits: Limits = DEFAULT) -> Iterator[Any]:
    """Yield a client of the user's, which stays open.

    Raises
    ------
    StoreError
        If it is no client, or does not run.
    """
    from distributed import Client

    if not isinstance(client, Client):
        raise StoreError(f"client takes a Client of dask.distributed, found {client!r:.60}")
    if client.asynchronous:
        raise StoreError("the client is asynchronous; make it without asynchronous=True")
    if client.status != "running":
        raise StoreError(f"the client is {client.status}; give one that runs")
    with quiet():
        yield _checked(client, limits)


def within(seconds: float, call: Callable[[], Found]) -> Found:
    """Return what a call returns within some time, which a scheduler that has stopped need not answer.

    Raises
    ------
    TimeoutError
        If it takes longer; it is left alone then.
    """
    found: list[Found] = []
    failed: list[BaseException] = []

    def work() -> None:
        try:
            found.append(call())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    if failed:
        raise failed[0]
    if not found:
        raise TimeoutError(f"no answer within {seconds:g} s")
    return found[0]


def _checked(client: Any, limits: Limits) -> Any:
    """Return a client whose workers can import gridscan, as far as they answer."""
    with contextlib.suppress(TimeoutError):
        found = within(limits.connect_seconds, lambda: client.run(importlib.import_module, NEEDED, on_error="return"))
        for worker, answer in found.items():
            if isinstance(answer, ImportError):
                raise StoreError(f"the worker at {worker} cannot compute: {type(answer).__name__}: {answer}")
    return client


def _security_for(address: str) -> Any:
    """Return what dask's configuration says of TLS, as a client would read it."""
    import dask
    from distributed import Security
    from distributed.utils import import_term

    loader = dask.config.get("distributed.client.security-loader", None)
    return (import_term(loader)({"address": address}) if loader else None) or Security()


def _greet(address: str, security: Any, seconds: float) -> None:
    """Ask a scheduler what it is, in a thread of its own: a notebook's has a loop that runs.

    Raises
    ------
    StoreError
        If nothing answers in time, or something else than a scheduler.
    """

    async def ask() -> dict[str, Any]:
        from distributed.comm.core import connect

        async with asyncio.timeout(seconds + _LATER):
            comm = await connect(address, timeout=seconds, **security.get_connection_args("client"))
            try:
                await comm.write({"op": "identity", "reply": True})
                answer: dict[str, Any] = await comm.read()
                return answer
            finally:
                comm.abort()

    with ThreadPoolExecutor(1) as pool:
        try:
            kind = pool.submit(asyncio.run, ask()).result()["type"]
        except TimeoutError:
            raise StoreError(_no_scheduler(address, f"nothing that answers within {seconds:g} s")) from None
        except Exception as error:
            # Whatever listens there may answer in any way.
            raise StoreError(_no_scheduler(address, error.__cause__ or error)) from None
    if "Scheduler" not in kind:
        raise StoreError(_no_scheduler(address, f"it is the address of a {kind.lower()}"))


def _no_scheduler(address: str, error: object) -> str:
    lines = str(error).splitlines() or [type(error).__name__]
    return f"there is no dask scheduler at {address!r}: {_PLACE.sub('', lines[0])}"


@contextlib.contextmanager
def quiet() -> Iterator[None]:
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

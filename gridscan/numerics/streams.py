"""Threads of work on arrays larger than memory: a few blocks ahead, one stream at a time."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import dask
from dask.system import CPU_COUNT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["ahead", "alone"]

# The sums of blocks are folded one by one, so that more threads would only wait.
_MOST_THREADS = 4

_Place = TypeVar("_Place")
_Result = TypeVar("_Result")

# Each stream has its own threads; one stream runs at a time in a process, so that its memory is needed once.
_TURN = threading.Lock()
_WITHIN = threading.local()


def ahead(function: Callable[[_Place], _Result], places: Iterable[_Place]) -> Iterator[tuple[_Place, _Result]]:
    """Yield the results of a function in order, while threads work on the next few.

    Parameters
    ----------
    function
        Of a place.
    places
        Its arguments, one after the other.

    Yields
    ------
    place, result
        One pair for each argument.

    Examples
    --------
    >>> from gridscan.numerics.streams import ahead
    >>> list(ahead(abs, [-3, 2]))
    [(-3, 3), (2, 2)]
    """
    threads = min(_MOST_THREADS, dask.config.get("num_workers", None) or CPU_COUNT)
    pool = ThreadPoolExecutor(threads, initializer=_mark_within)
    running: deque[tuple[_Place, Future[_Result]]] = deque()
    try:
        for place in places:
            running.append((place, pool.submit(function, place)))
            if len(running) > threads:
                before, future = running.popleft()
                yield before, future.result()
                del future
        while running:
            before, future = running.popleft()
            yield before, future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _mark_within() -> None:
    _WITHIN.stream = True


def alone(work: Callable[[], _Result]) -> _Result:
    """Do work when no other stream runs, except for one that a stream itself asks for while it reads its blocks.

    It gets a thread that ends with it: the memory that a thread has freed stays with the thread, and so a scheduler
    with many threads would need as much for each of them.

    Parameters
    ----------
    work
        A function without arguments.

    Returns
    -------
    object
        What it returns.

    Examples
    --------
    >>> from gridscan.numerics.streams import alone
    >>> alone(lambda: 6 * 7)
    42
    """
    if getattr(_WITHIN, "stream", False):
        return work()
    with _TURN, ThreadPoolExecutor(1, initializer=_mark_within) as pool:
        return pool.submit(work).result()

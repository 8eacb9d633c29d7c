"""Executors, which compute the blocks of a run: this process, with threads where they help, or a dask cluster."""

from __future__ import annotations

import contextlib
import functools
import logging
import math
import os
import pickle
import threading
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any, Protocol

from gridscan.engine.compute import ComputedRegion, Workload, compute
from gridscan.engine.executors.dask_clients import within
from gridscan.engine.files.working_file import GO_ON
from gridscan.engine.libc import keep_freed_memory
from gridscan.errors import StoreError
from gridscan.limits import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    import numpy as np

    from gridscan.evaluation.positions import Positions
    from gridscan.limits import Limits

_AHEAD = 3
# As `nice` counts: a quarter of the time where two threads want one core.
_LOWER_PRIORITY = 5
_COUNTED_EVERY = 1.0
# Time without workers after which a run says what it waits for [s].
_SILENT = 3.0
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Task:
    """A block to compute.

    Attributes
    ----------
    positions
        The regions of it that have to be computed; `reads` has what each of them takes of earlier variables.
    reused
        Values of the block from earlier files, and a mask of the cells that have them; None where there are none.
    """

    group: int
    block: int
    positions: list[Positions]
    reads: list[dict[str, np.ndarray]]
    reused: tuple[dict[str, np.ndarray], np.ndarray] | None
    cells: int


class Executor(Protocol):
    """Computes tasks; they come back in any order, but those with failed cells in their own."""

    def prepare(self, workload: Workload) -> None:
        """Take the workload of the tasks that follow; called before the first of them is taken."""

    def work(self, tasks: Iterator[Task], *, costly: bool) -> Iterator[tuple[Task, list[ComputedRegion]]]:
        """Compute the regions of tasks; few at a time are held in memory."""


def _compute_regions(workload: Workload, task: Task) -> list[ComputedRegion]:
    return [compute(workload, task.group, part, read) for part, read in zip(task.positions, task.reads, strict=True)]


class LocalExecutor:
    """Computes in this process: formulas in threads, and kernels, which mostly hold the interpreter, one by one.

    Parameters
    ----------
    threads
        Number of blocks computed at a time.
    """

    def __init__(self, threads: int) -> None:
        self.threads = threads

    def prepare(self, workload: Workload) -> None:
        """Take the workload of the tasks that follow."""
        self._recipe = workload

    def work(self, tasks: Iterator[Task], *, costly: bool) -> Iterator[tuple[Task, list[ComputedRegion]]]:
        """Compute the regions of tasks; few at a time are held in memory."""
        if costly or self.threads == 1:
            for task in tasks:
                yield task, _compute_regions(self._recipe, task)
            return
        keep_freed_memory()
        pool = ThreadPoolExecutor(self.threads, initializer=_yield_to_the_writer)
        try:
            waiting: deque[tuple[Task, Future[list[ComputedRegion]]]] = deque()
            for task in tasks:
                waiting.append((task, pool.submit(_compute_regions, self._recipe, task)))
                while len(waiting) > self.threads:
                    first, future = waiting.popleft()
                    yield first, future.result()
            for first, future in waiting:
                yield first, future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _yield_to_the_writer() -> None:
    """Let this thread wait for a core rather than the writing thread, on which all other threads depend."""
    with contextlib.suppress(OSError):
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + _LOWER_PRIORITY)


def _handed_on(content: bytes) -> bytes:
    return content


@functools.lru_cache(maxsize=2)
def _unpacked(content: bytes) -> Workload:
    from gridscan.engine.executors.serialize import unpacked

    return unpacked(content)


def _distant(content: bytes, sent: bytes, seconds: float) -> tuple[float, list[list[ComputedRegion]]]:
    """Compute blocks in a worker until the time is up; return the time taken and the results so far."""
    workload = _unpacked(content)
    start = time.perf_counter()
    found: list[list[ComputedRegion]] = []
    for group, positions, reads in pickle.loads(sent):
        if found and time.perf_counter() - start > seconds:
            break
        found.append([compute(workload, group, part, read) for part, read in zip(positions, reads, strict=True)])
    return time.perf_counter() - start, found


_Numbered = tuple[int, Task]


class _Bundles:
    """Numbered tasks, taken several at a time, and put back if they were not done."""

    def __init__(self, tasks: Iterator[Task], most_cells: int) -> None:
        self._new, self._most_cells = enumerate(tasks), most_cells
        self._again: deque[_Numbered] = deque()

    def take(self, many: int) -> list[_Numbered]:
        """Return up to this many tasks, fewer where they are large."""
        bundle: list[_Numbered] = []
        cells = 0
        while len(bundle) < many and cells < self._most_cells:
            item = self._again.popleft() if self._again else next(self._new, None)
            if item is None:
                break
            bundle.append(item)
            cells += item[1].cells
        return bundle

    def put_back(self, bundle: list[_Numbered]) -> None:
        """Put back tasks that were not done; they come next."""
        self._again.extendleft(reversed(bundle))

    @property
    def lowest(self) -> float:
        """The lowest number of a task that was put back."""
        return min((number for number, _ in self._again), default=math.inf)


class DaskExecutor:
    """Computes with the workers of a dask cluster; when one dies, others recompute its tasks.

    Parameters
    ----------
    connect
        Yields a client of ``dask.distributed``; called when there is something to compute.
    """

    def __init__(self, connect: Callable[[], Any], limits: Limits = DEFAULT) -> None:
        self._connect, self.limits = connect, limits
        self.client: Any = None
        self._threads, self._counted, self._last_seen = 0, -math.inf, -math.inf
        self._answers, self._told = True, False

    def prepare(self, workload: Workload) -> None:
        """Send the workload of the tasks that follow, once to each worker."""
        import dask

        from gridscan.engine.executors.serialize import packed

        content = packed(workload)
        if self.client is None:
            self.client = self._connect()
            self._since = time.monotonic()
        # Unlike scattered data, the result of a task is recomputed when all workers that held it have died.
        with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 PB"}):
            self._content = self.client.submit(_handed_on, content, pure=False)

    def work(self, tasks: Iterator[Task], *, costly: bool) -> Iterator[tuple[Task, list[ComputedRegion]]]:
        """Compute the regions of tasks; few at a time are held in memory.

        Reasons of failures are numbered in the order of arrival, so equal files need the same order.
        """
        del costly
        bundles, many = _Bundles(tasks, self.limits.task_cells), 1
        held: dict[Any, list[_Numbered]] = {}
        finished: Queue[Any] = Queue()
        failed: dict[int, tuple[Task, list[ComputedRegion]]] = {}
        while True:
            while len(held) < self._bundles_ahead() and (not held or _cells(failed) < self.limits.waiting_cells):
                bundle = bundles.take(many)
                if not bundle:
                    break
                held[self._submit(bundle, finished)] = bundle
            if not held:
                return
            future = self._first(finished)
            bundle = held.pop(future)
            seconds, found = self._result(future)
            # At most twice as many: the next blocks may take longer.
            many = int(min(max(self._at_once * len(found) / max(seconds, 1e-9), 1), 2 * len(bundle)))
            bundles.put_back(bundle[len(found) :])
            for (number, task), regions in zip(bundle, found, strict=False):
                if any(region.codes for region in regions):
                    failed[number] = task, regions
                else:
                    yield task, regions
            if failed:
                lowest = min([bundles.lowest, *(number for bundle in held.values() for number, _ in bundle)])
                for number in sorted(number for number in failed if number < lowest):
                    yield failed.pop(number)

    def _submit(self, bundle: list[_Numbered], finished: Queue[Any]) -> Any:
        sent = pickle.dumps([(task.group, task.positions, task.reads) for _, task in bundle], protocol=5)
        future = self.client.submit(_distant, self._content, sent, 2 * self._at_once, pure=False)
        future.add_done_callback(finished.put)
        return future

    def _first(self, finished: Queue[Any]) -> Any:
        """Wait for a finished bundle, as long as there are workers."""
        while True:
            try:
                return finished.get(timeout=_COUNTED_EVERY)
            except Empty:
                self._check()

    def _check(self) -> None:
        """Give up a cluster that has lost its scheduler, or its workers for too long; say before what is waited for."""
        if self.client.status != "running":
            raise StoreError(f"the scheduler is gone; {GO_ON}")
        if self._count():
            if self._told:
                _LOG.warning("there are workers again")
                self._told = False
            return
        never = self._last_seen == -math.inf
        allowed = self.limits.first_worker_seconds if never else self.limits.worker_seconds
        alone = time.monotonic() - max(self._since, self._last_seen)
        what = "has had no worker" if self._answers else "has not answered"
        if alone >= allowed:
            start = f"start some with: dask worker {self.client.scheduler.address}"
            advice = start if never and self._answers else GO_ON
            raise StoreError(f"the scheduler {what} for {alone:.0f} s; {advice}")
        if alone >= min(_SILENT, allowed / 2) and not self._told:
            name = "first_worker_seconds" if never else "worker_seconds"
            what = "has no worker" if self._answers else "does not answer"
            _LOG.warning(f"the scheduler {what}; waiting for {allowed:g} s (--wait, or gs.Limits({name}=…), to change)")
            self._told = True

    def _result(self, future: Any) -> tuple[float, list[list[ComputedRegion]]]:
        from distributed import CancelledError, KilledWorker

        try:
            found: tuple[float, list[list[ComputedRegion]]] = self._fetched(future)
        except KilledWorker:
            raise StoreError(f"several workers died on the same blocks, perhaps out of memory; {GO_ON}") from None
        except (CancelledError, OSError):
            raise StoreError(f"the scheduler is gone; {GO_ON}") from None
        except ImportError as error:
            # Of a worker that came after the others were asked.
            raise StoreError(f"a worker cannot compute: {type(error).__name__}: {error}") from None
        except MemoryError:
            raise StoreError(f"a worker ran out of memory; {GO_ON}") from None
        future.release()
        return found

    def _fetched(self, future: Any) -> Any:
        """Return a result, which is recomputed if its worker dies before it arrives."""
        while True:
            try:
                return future.result(timeout=self.limits.fetch_seconds)
            except TimeoutError:
                self._check()

    def _bundles_ahead(self) -> int:
        if self.client is not None and time.monotonic() - self._counted > _COUNTED_EVERY:
            self._count()
        return _AHEAD * max(self._threads, 1)

    @property
    def _at_once(self) -> float:
        return max(self.limits.task_seconds, self.limits.task_seconds_per_worker * self._threads)

    def _count(self) -> int:
        """Count the threads of all workers; none where the scheduler does not answer."""
        self._counted = time.monotonic()
        try:
            self._threads = sum(within(self.limits.connect_seconds, self.client.nthreads).values())
            self._answers = True
        except TimeoutError:
            self._threads, self._answers = 0, False
        except OSError:
            return self._threads
        self._last_seen = time.monotonic() if self._threads else self._last_seen
        return self._threads


def _cells(held: Mapping[int, tuple[Task, list[ComputedRegion]]]) -> int:
    return sum(task.cells for task, _ in held.values())


@contextlib.contextmanager
def spread(connect: Callable[[], AbstractContextManager[Any]], limits: Limits = DEFAULT) -> Iterator[DaskExecutor]:
    """Connect to a dask cluster when there is something to compute, and leave it at the end.

    Raises
    ------
    StoreError
        If it cannot be reached.
    """
    with contextlib.ExitStack() as stack:
        yield DaskExecutor(lambda: stack.enter_context(connect()), limits)

"""Progress of a run for whoever watches: a bar in a terminal, or a line a minute in a log."""

from __future__ import annotations

import contextlib
import logging
import math
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gridscan.engine.progress import Progress, ProgressCallback

# Seconds.
_LINE_EVERY = 60.0
_BAR_AFTER = 0.5
_LOG = logging.getLogger(__name__)


def in_log(text: str) -> None:
    """Log a line; where nobody has set up a log, print it, as Python does with warnings in a log."""
    if _LOG.hasHandlers():
        _LOG.info(text)
    else:
        print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def shown_progress(write: Callable[[str], None] = in_log) -> Iterator[ProgressCallback]:
    """Yield the callback that shows progress.

    Parameters
    ----------
    write
        Takes a line a minute, where the standard error is no terminal.
    """
    if not sys.stderr.isatty():
        yield Every(_LINE_EVERY, lambda progress: write(line(progress)))
        return
    bar = _Bar()
    try:
        yield bar.watch
    finally:
        bar.stop()


class Every:
    """Shows progress at most once in a number of seconds."""

    def __init__(self, seconds: float, show: ProgressCallback, *, at_once: bool = False) -> None:
        self.seconds, self.show = seconds, show
        self._last = -math.inf if at_once else time.monotonic()

    def __call__(self, progress: Progress) -> None:
        """Show it, if it is time."""
        now = time.monotonic()
        if now - self._last >= self.seconds:
            self._last = now
            self.show(progress)


class _Bar:
    """A bar that is gone at the end, and does not appear for runs that are soon done."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bar: Any = None
        self._latest: Progress | None = None
        self._timer = threading.Timer(_BAR_AFTER, self._start)
        self._timer.daemon = True
        self._timer.start()

    def watch(self, progress: Progress) -> None:
        """Show how far a run is."""
        self._latest = progress
        with self._lock:
            self._draw()

    def stop(self) -> None:
        """Take the bar away."""
        self._timer.cancel()
        with self._lock:
            if self._bar is not None:
                self._bar.stop()
            self._timer.function = lambda: None

    def _start(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar
        from rich.table import Column

        whole = Column(no_wrap=True, min_width=len("0:00:00"))
        columns = BarColumn(20), TimeElapsedColumn(table_column=whole), TextColumn("{task.description}")
        bar = Bar(*columns, console=Console(stderr=True), transient=True)
        with self._lock:
            if self._timer.finished.is_set():
                return
            self._task = bar.add_task("", total=None)
            bar.start()
            self._bar = bar
            self._draw()

    def _draw(self) -> None:
        if self._bar is not None and (latest := self._latest) is not None:
            self._bar.update(self._task, total=latest.cells, completed=latest.done, description=line(latest))


def line(progress: Progress) -> str:
    """Return the progress in one line."""
    parts = [f"{progress.done:,} of {progress.cells:,} cells ({progress.done / progress.cells:.0%})"]
    if progress.reused:
        parts.append(f"{progress.reused:,} from an earlier run")
    if progress.failed:
        parts.append(f"{progress.failed:,} failed")
    parts.append(f"{bytes_text(progress.written)} written")
    if progress.seconds_left is not None:
        parts.append(f"{progress.rate:,.0f} cells a second, {duration(progress.seconds_left)} left")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """Return a time as a person would say it."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 6000:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def bytes_text(size: float) -> str:
    """Return a size in a unit that fits."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"

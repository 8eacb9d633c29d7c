"""Progress of a run: a bar in a terminal, a line a minute in a log, or JSON for a program."""

from __future__ import annotations

import json
import math
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gridscan.cli.say import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gridscan.engine.progress import Progress, ProgressCallback

_LINE_EVERY = 60.0
_JSON_EVERY = 1.0


@contextmanager
def shown_progress(as_json: bool, *, quiet: bool = False) -> Iterator[ProgressCallback]:
    """Yield the callback that shows progress, after each block that is done."""
    if quiet and not as_json:
        yield lambda _: None
    elif as_json:
        yield _Every(_JSON_EVERY, _print_json, at_once=True)
    elif sys.stderr.isatty():
        with _bar() as callback:
            yield callback
    else:
        yield _Every(_LINE_EVERY, lambda progress: say(line(progress), err=True))


class _Every:
    """Shows progress at most once in a number of seconds."""

    def __init__(self, seconds: float, show: ProgressCallback, *, at_once: bool = False) -> None:
        self.seconds, self.show = seconds, show
        self._last = -math.inf if at_once else time.monotonic()

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._last >= self.seconds:
            self._last = now
            self.show(progress)


def facts(progress: Progress) -> dict[str, float | int | None]:
    """Return the progress as plain data: seconds, bytes, and cells of the outputs."""
    return {
        "cells": progress.cells,
        "computed": progress.computed,
        "reused": progress.reused,
        "failed": progress.failed,
        "cells_per_second": progress.rate,
        "seconds": progress.seconds,
        "seconds_left": progress.seconds_left,
        "bytes_written": progress.written,
    }


def _print_json(progress: Progress) -> None:
    say(json.dumps({"event": "progress", **facts(progress)}))


def line(progress: Progress) -> str:
    """Return the progress in one line."""
    from gridscan.cli.tables import bytes_text

    parts = [f"{progress.done:,} of {progress.cells:,} cells ({progress.done / max(progress.cells, 1):.0%})"]
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


@contextmanager
def _bar() -> Iterator[ProgressCallback]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    with Bar(BarColumn(), TextColumn("{task.description}"), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def watch(progress: Progress) -> None:
            bar.update(task, total=progress.cells, completed=progress.done, description=line(progress))

        yield watch

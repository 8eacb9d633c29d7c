"""Progress of a run on the command line: a bar or a line a minute, or JSON for a program."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gridscan.cli.say import say
from gridscan.engine.shown_progress import Every, shown_progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gridscan.engine.progress import Progress, ProgressCallback

_JSON_EVERY = 1.0


@contextmanager
def told_progress(as_json: bool, *, quiet: bool = False) -> Iterator[ProgressCallback]:
    """Yield the callback that tells of progress, after each block that is done."""
    if as_json:
        yield Every(_JSON_EVERY, _print_json, at_once=True)
    elif quiet:
        yield lambda _: None
    else:
        with shown_progress(lambda text: say(text, err=True)) as callback:
            yield callback


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

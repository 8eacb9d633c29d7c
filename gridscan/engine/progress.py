"""Progress of a run, and its outcome."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass
class Progress:
    """How far a run is.

    Attributes
    ----------
    cells
        Number of cells of all outputs.
    computed, reused
        How many of these cells this run has computed, and how many it has reused from an earlier result.
    failed
        How many of them could not be computed.
    written
        Bytes written to the file.
    """

    cells: int
    nbytes: int
    computed: int = 0
    reused: int = 0
    failed: int = 0
    written: int = 0
    started: float = field(default_factory=time.perf_counter)
    work_started: float = field(default_factory=time.perf_counter)

    def start_work(self) -> None:
        """Count time for the rate from now on: until then, workers may have been starting."""
        self.work_started = time.perf_counter()

    @property
    def done(self) -> int:
        """Cells that are in the file."""
        return self.computed + self.reused

    @property
    def seconds(self) -> float:
        """Time since the run began."""
        return time.perf_counter() - self.started

    @property
    def rate(self) -> float:
        """Cells computed per second in this run, since the first worker was ready."""
        return self.computed / max(time.perf_counter() - self.work_started, 1e-9)

    @property
    def seconds_left(self) -> float | None:
        """Time left at this rate; None before anything is computed."""
        return (self.cells - self.done) / self.rate if self.computed else None


@dataclass(frozen=True)
class Outcome:
    """What a run has done.

    Attributes
    ----------
    notes
        Damage that was found and cells that could not be computed, for the user.
    computed_by_variable
        Number of cells computed in this run, by variable of the file.
    was_made
        Whether the result existed already and nothing was written.
    created
        The folder of the result, if the run made it.
    """

    path: Path
    progress: Progress
    notes: tuple[str, ...]
    computed_by_variable: Mapping[str, int]
    was_made: bool = False
    created: Path | None = None

    @property
    def nbytes(self) -> int:
        """Size of the result on the disk."""
        files = self.path.rglob("*") if self.path.is_dir() else [self.path]
        return sum(file.stat().st_size for file in files if file.is_file())


ProgressCallback = Callable[[Progress], None]

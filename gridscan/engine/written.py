"""The path of a result, with what a run has done for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gridscan.engine.progress import Outcome


class Written(type(Path())):  # type: ignore[misc]  # the class of paths of this system, which mypy does not know
    """The path of a result, with what a run has done for it.

    Attributes
    ----------
    cells
        Number of cells of all quantities.
    computed, reused, failed
        How many of these cells were computed, taken from an earlier result, or could not be computed.
    was_made
        Whether the result was there already, up to date, so that nothing was written.
    seconds
        Time that it took.
    """

    cells: int
    computed: int
    reused: int
    failed: int
    was_made: bool
    seconds: float

    @classmethod
    def of(cls, outcome: Outcome) -> Written:
        """Return what a run has done.

        Parameters
        ----------
        outcome
            Its outcome.

        Returns
        -------
        Written
            The path of the result.
        """
        written, progress = cls(outcome.path), outcome.progress
        written.cells, written.computed, written.reused = progress.cells, progress.computed, progress.reused
        written.failed, written.was_made, written.seconds = progress.failed, outcome.was_made, progress.seconds
        return written

    def __repr__(self) -> str:
        return f"<{self.told}>" if hasattr(self, "cells") else str(super().__repr__())

    @property
    def told(self) -> str:
        """What was done, in one line."""
        done = "up to date" if self.was_made else f"{self.computed:,} computed, {self.reused:,} reused"
        failed = f", {self.failed:,} failed" if self.failed else ""
        return f"{self}: {self.cells:,} cells, {done}{failed}"

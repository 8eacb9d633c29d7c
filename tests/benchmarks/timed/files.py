"""Runs to disk, and random stars."""

from __future__ import annotations

import tempfile
from pathlib import Path

import sampling
import sweeps


class RunToDisk:
    """A scenario of 40,000 cells, from its file to the netCDF file."""

    def setup(self) -> None:
        """Run once into a folder of its own, so that what is made once is there."""
        self.way = sweeps.by_gridscan()
        self.folder = tempfile.TemporaryDirectory()
        self.number = 0
        self.time_run()

    def teardown(self) -> None:
        """Remove the results."""
        self.folder.cleanup()

    def time_run(self) -> None:
        """Run it into an empty folder, so that nothing is reused."""
        self.number += 1
        place = Path(self.folder.name, str(self.number))
        place.mkdir()
        self.way.write(place)


class Stars:
    """Two million random stars."""

    def setup(self) -> None:
        """Draw once, so that the tables are there."""
        sampling.sampled()

    def time_sample(self) -> None:
        """Draw them."""
        sampling.sampled()

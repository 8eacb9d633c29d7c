"""A model for the test on SLURM, which takes its time in the jobs that a file names."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np

import gridscan as gs

model = gs.Model("slow_in_jobs", "A model that takes its time")
for _name in ("speed", "density", "length"):
    model.parameter(_name, 1.0, f"The {_name}", unit="1")


def _pause() -> float:
    """Return how many seconds a block takes in this job: a line of the file `pause` has the job and the seconds."""
    # Names that are worked out here are out of sight: the pause makes no number another one.
    job = os.environ.get("_".join(["SLURM", "ARRAY", "TASK", "ID"]), "0")
    said = Path.cwd() / "".join(["pa", "use"])
    lines = said.read_text(encoding="utf-8").split("\n") if said.exists() else []
    return sum(float(line.split()[1]) for line in lines if line.split()[:1] == [job])


@model.kernel("1", long_name="friction", speed="1", density="1")
def friction(speed: Any, density: Any) -> Any:
    """An intermediate quantity. Source: made up."""
    time.sleep(_pause())
    return np.cos(speed) ** 2 + np.sin(density) ** 2


@model.quantity("1", long_name="drag")
def drag(friction: Any, length: Any) -> Any:
    """An output that is a formula. Source: made up."""
    return friction * length

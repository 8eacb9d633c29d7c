"""Run the notebooks beside the scenarios and store them with their outputs; names of some as arguments."""

import shutil
import sys
import tempfile
from pathlib import Path

import nbformat
from notebooks import SCENARIOS, run_copy, tidy


def refresh(name):
    """Store a notebook with the outputs of a run of a copy of it."""
    with tempfile.TemporaryDirectory() as folder:
        beside = [path.name for path in SCENARIOS.glob("*.toml")]
        executed = tidy(run_copy(Path(folder) / "scenarios", name, *beside))
        nbformat.write(executed, Path(folder) / name)
        shutil.copy(Path(folder) / name, SCENARIOS / name)


if __name__ == "__main__":
    for notebook in sys.argv[1:] or sorted(path.name for path in SCENARIOS.glob("*.ipynb")):
        refresh(notebook)
        print(f"{notebook}: {(SCENARIOS / notebook).stat().st_size:,} bytes")

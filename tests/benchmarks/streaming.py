"""Variance shares of a file larger than memory: time, peak memory, and whether they are right.

Run ``python tests/benchmarks/streaming.py``; it needs 8.1 GB of disk, and ``--cells 1e8`` a tenth of it. `gridscan run`
writes a grid of six axes, of each of which `events_per_year` is a factor. Then processes take turns: one reads all
numbers of the file with netCDF4 and does nothing with them; others open it with `gridscan.open` and ask for variance
shares, of the rate and of its logarithm. ``--questions elasticity,crossing,…`` asks others, of which the mean is taken.
Times are from the opening to the answer, without imports; memory is the peak of what is resident, imports included. The
file is read once before the rounds: where it fits into the cache of the system, no time is that of the disk.

For a product of factors of which i has the mean m_i and the variance v_i, with r_i = v_i/m_i²,
    first order: r_i / V,   total: r_i ∏_{j≠i} (1 + r_j) / V,   V = ∏ (1 + r_j) - 1,
which is compared with the factors that the model gives along each axis alone.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

# What a question imports late is imported here, where no time is taken.
import dask.array  # noqa: F401
import netCDF4
import numpy as np

import gridscan as gs
import gridscan.accessor

QUANTITY = "events_per_year"
#: Ends and unit of each axis, and its length in a grid of 10⁹ cells.
AXES: dict[str, tuple[float, float, str, int]] = {
    "radius": (0.2, 5, "kpc", 10),
    "time": (8, 20, "Myr", 10),
    "mean_energy": (0.8, 1.2, "MeV", 20),
    "sfr": (0.5, 5, "Msun/yr", 50),
    "neutrino_luminosity": (1e37, 1e39, "erg/s", 100),
    "fiducial_mass": (1, 200, "kt", 100),
}
#: What else may be asked of the file: along its first axis, whose values lie farthest apart.
QUESTIONS: dict[str, Callable[[Any], Any]] = {
    "shares": lambda ask: ask.variance_shares(QUANTITY),
    "shares of the logarithm": lambda ask: ask.variance_shares(QUANTITY, log=True),
    "mean": lambda ask: ask.mean(QUANTITY),
    "percentiles": lambda ask: ask.percentiles(QUANTITY, 50),
    "elasticity": lambda ask: ask.elasticity(QUANTITY, along="radius").mean(),
    "derivative": lambda ask: ask.derivative(QUANTITY, along="radius").mean(),
    "contrast": lambda ask: ask.contrast(QUANTITY, along="radius", reference=5.0).mean(),
    "crossing": lambda ask: ask.crossing(QUANTITY, along="radius", value="0.1 / yr").mean(),
}


def values_of(axis: str, cells: int) -> dict[str, Any]:
    """Return an axis as a scenario has it, in a grid of about so many cells."""
    low, high, unit, length = AXES[axis]
    number = max(2, round(length * (cells / 1e9) ** (1 / len(AXES))))
    return {"geomspace": [low, high, number], "unit": unit}


def write(folder: Path, cells: int) -> Path:
    """Run a scenario of about so many cells, and return its result."""
    axes = [f"{axis} = {{ geomspace = {given['geomspace']}, unit = '{given['unit']}' }}" for axis, given in grid(cells)]
    output = [f"quantities = ['{QUANTITY}']", "path = 'grid.nc'"]
    text = "\n".join(["model = 'red_supergiants'", "[axes]", *axes, "[output]", *output])
    (folder / "grid.toml").write_text(text, encoding="utf-8")
    subprocess.run([sys.executable, "-m", "gridscan", "run", "grid.toml"], cwd=folder, check=True)
    return folder / "grid.nc"


def grid(cells: int) -> list[tuple[str, dict[str, Any]]]:
    """Return the axes of a grid of about so many cells."""
    return [(axis, values_of(axis, cells)) for axis in AXES]


def expected(cells: int) -> dict[str, np.ndarray]:
    """Return the shares in closed form, of the factors of the model along each axis alone."""
    relative, logarithmic = [], []
    for axis, given in grid(cells):
        values: dict[str, Any] = {axis: given}
        found = gs.model("red_supergiants").evaluate(QUANTITY, **values)
        factor, weights = np.asarray(found, dtype=float), np.asarray(found[f"{axis}_weight"])
        relative.append(weights @ factor**2 / (weights @ factor) ** 2 - 1)
        logarithmic.append(weights @ np.log(factor) ** 2 - (weights @ np.log(factor)) ** 2)
    one = 1 + np.array(relative)
    variance = one.prod() - 1
    return {
        "first_order": (one - 1) / variance,
        "total": (one - 1) * one.prod() / one / variance,
        "first_order of the logarithm": np.array(logarithmic) / np.sum(logarithmic),
    }


def ask(path: Path, question: str) -> dict[str, Any]:
    """Ask one question of a file, in this process, and return what it took and what was answered."""
    start = time.perf_counter()
    if question == "read":
        with netCDF4.Dataset(path) as file:
            numbers = file[QUANTITY]
            for place in np.ndindex(numbers.shape[:3]):
                _ = numbers[place]
        answer: Any = {}
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", gs.GridscanWarning)
            answer = QUESTIONS[question](gs.open(path).gridscan).compute()
    seconds = time.perf_counter() - start
    memory = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    shares = {key: answer[key].values.tolist() for key in ("first_order", "total") if key in answer}
    return {"seconds": seconds, "memory": memory, **shares}


def asked(path: Path, question: str) -> dict[str, Any]:
    """Ask one question of a file in a process of its own."""
    command = [sys.executable, str(Path(__file__).resolve()), "--ask", question, str(path)]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def disagreement(question: str, found: dict[str, Any], cells: int) -> float:
    """Return the largest difference of a share from its closed form."""
    exact = expected(cells)
    if question == "shares":
        return max(float(np.abs(np.array(found[key]) - exact[key]).max()) for key in ("first_order", "total"))
    additive = exact["first_order of the logarithm"]
    return max(float(np.abs(np.array(found[key]) - additive).max()) for key in ("first_order", "total"))


def main(cells: int, rounds: int, questions: list[str], place: str | None) -> dict[str, float]:
    """Write the file, ask in turns, print and return times, peaks, ratios and the disagreement."""
    results: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="gridscan-streaming-", dir=place) as name:
        free = shutil.disk_usage(name).free
        if free < 8.1 * cells:
            raise SystemExit(f"{name}: {8.1 * cells / 1e9:.1f} GB are needed, {free / 1e9:.1f} GB are free")
        path = write(Path(name), cells)
        size = path.stat().st_size
        print(f"a file of {size / 1e9:.2f} GB, {math.prod(gs.open(path)[QUANTITY].shape):,} cells; {rounds} rounds")
        asked(path, "read")
        turns = [{question: asked(path, question) for question in ["read", *questions]} for _ in range(rounds)]
    for question in ["read", *questions]:
        seconds = statistics.median(turn[question]["seconds"] for turn in turns)
        ratio = statistics.median(turn[question]["seconds"] / turn["read"]["seconds"] for turn in turns)
        memory = max(turn[question]["memory"] for turn in turns)
        results |= {question: seconds, f"{question}, to reading": ratio, f"{question}, memory": memory}
        print(f"{question:<24}{seconds:8.2f} s   {ratio:6.2f} times reading   peak {memory / 1e6:5.0f} MB")
    for question in [asked_for for asked_for in questions if asked_for.startswith("shares")]:
        results[f"{question}, disagreement"] = worst = disagreement(question, turns[0][question], cells)
        print(f"{question}: largest difference from the closed form {worst:.1e}")
    return results


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--cells", type=float, default=1e9, help="about how many")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--questions", default="shares,shares of the logarithm", help=", ".join(QUESTIONS))
    parser.add_argument("--place", help="folder to write in, the temporary one by default")
    parser.add_argument("--ask", nargs=2, metavar=("QUESTION", "FILE"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.ask:
        print(json.dumps(ask(Path(chosen.ask[1]), chosen.ask[0])))
    else:
        main(int(chosen.cells), chosen.rounds, chosen.questions.split(","), chosen.place)

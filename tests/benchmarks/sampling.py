"""Two million stars drawn by gridscan, and twenty thousand by a loop over stars that rejects, as scripts do.

Run ``python tests/benchmarks/sampling.py``. The medians of some rounds and their ratio a star are printed, and how far
the mean distances are apart, in standard errors. Both draw positions, masses and ages of the default galaxy.
"""

from __future__ import annotations

import math
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import gridscan as gs
from gridscan.storage.files import write_result

STARS, LOOPED = 2_000_000, 20_000
LIFETIMES = {12: 17.71, 14: 14.18, 16: 11.88, 18: 10.19, 20: 9.03, 22: 8.14, 24: 7.43, 26: 6.88, 28: 6.45, 30: 6.08}
LIFETIMES |= {35: 5.39}
EDGES = [11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 32.5, 37.5]


def sampled() -> Any:
    """Draw the stars with gridscan."""
    return gs.sample("imf_scan", number=STARS)


def written(folder: Path) -> Path:
    """Draw and write them, as ``gridscan sample`` does."""
    return write_result(sampled(), folder / "stars.nc")


def _radius(draw: random.Random, inner: float, outer: float) -> float:
    while True:
        radius = draw.uniform(inner, outer)
        # R exp(-R/h) is highest at R = h.
        if draw.random() < radius * math.exp(-radius / 1.8) / (1.8 * math.exp(-1.0)):
            return radius


def _position(draw: random.Random) -> tuple[float, float]:
    which = draw.random()
    if which < 0.65:
        centre = _radius(draw, 3.0, 13.0)
        turn = math.radians(20) + math.pi / 2 * draw.randrange(4)
        angle = turn + math.log(centre / 5.0) / math.tan(math.radians(12))
        return min(max(centre + draw.gauss(0.0, 0.3), 3.0), 13.0), angle
    radius = min(max(draw.gauss(4.5, 0.5), 0.5), 15.0) if which < 0.75 else _radius(draw, 0.5, 15.0)
    return radius, draw.uniform(0.0, 2 * math.pi)


def looped() -> list[tuple[float, float, float]]:
    """Draw distance, mass and age one star at a time, and reject the dead."""
    draw = random.Random(1)
    stars: list[tuple[float, float, float]] = []
    masses, power = list(LIFETIMES), -1.3
    while len(stars) < LOOPED:
        low, high = EDGES[0] ** power, EDGES[-1] ** power
        mass = (low + draw.random() * (high - low)) ** (1 / power)
        column = next(i for i in range(len(masses)) if mass <= EDGES[i + 1])
        age = draw.uniform(0.0, 20.0)
        if age < LIFETIMES[masses[column]]:
            radius, angle = _position(draw)
            distance = math.hypot(radius * math.cos(angle) + 8.2, radius * math.sin(angle))
            stars.append((distance, mass, age))
    return stars


def _seconds(function: Callable[[], Any]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def main(rounds: int = 5) -> dict[str, float]:
    """Time them in turns, print and return the medians and ratios."""
    first = _seconds(sampled)
    with tempfile.TemporaryDirectory() as folder:
        timed = [[_seconds(sampled), _seconds(lambda: written(Path(folder))), _seconds(looped)] for _ in range(rounds)]
    ours, with_file, loop = (statistics.median(column) for column in zip(*timed, strict=True))
    distances, by_loop = sampled().distance.values, np.array(looped())[:, 0]
    error = math.hypot(distances.std() / math.sqrt(STARS), by_loop.std() / math.sqrt(LOOPED))
    results = {
        "seconds": ours,
        "seconds_with_file": with_file,
        "ratio": (loop / LOOPED) / (ours / STARS),
        "standard_errors": abs(distances.mean() - by_loop.mean()) / error,
    }
    print(f"medians of {rounds} rounds; the first sample of the process took {first:.2f} s")
    print(f"gridscan, {STARS:,} stars            {ours:6.2f} s")
    print(f"the same, written to a file        {with_file:6.2f} s")
    print(f"loop over stars, {LOOPED:,} stars      {loop:6.2f} s")
    print(f"gridscan is {results['ratio']:,.0f} times faster a star")
    print(f"mean distances differ by {results['standard_errors']:.1f} standard errors")
    return results


if __name__ == "__main__":
    main()

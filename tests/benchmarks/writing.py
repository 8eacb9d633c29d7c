"""A grid of 10⁹ cells to disk: `gridscan run` against netCDF4 that writes as many bytes of ready numbers.

Run ``python tests/benchmarks/writing.py``; it needs 9 GB of disk, and ``--cells 1e8`` a tenth of it. The two take
turns, each in a process of its own, whose file is removed before the next one begins. Times are from the start of the
process, imports included, to its end, and until the disk has everything (`sync`); memory is the peak of what is
resident.
gridscan computes `events_per_year` of the red supergiants over six axes, proves the units, and checks each number and
each block; netCDF4 writes one block of 8 MB again and again into a contiguous variable that is not filled beforehand.
"""

from __future__ import annotations

import argparse
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import netCDF4
import numpy as np

BLOCK = 1_000_000
# All axes but the radius, of which there are as many as it takes.
SIZES = {"imf": 4, "metallicity": 5, "sfr": 125, "time": 50, "detector": 8}
SCENARIO = """
model = "red_supergiants"
[axes]
imf = ["kroupa", "salpeter", "top-heavy", "top-light"]
metallicity = {{ linspace = [0.014, 0.017, 5] }}
sfr = {{ linspace = [0.5, 5, 125], unit = "Msun/yr" }}
time = {{ linspace = [5, 20, 50], unit = "Myr" }}
radius = {{ geomspace = [0.2, 5, {radii}], unit = "kpc" }}
detector = ["borexino", "kamland", "juno", "super-k", "theia-50", "hyper-k", "theia-100", "megaton"]
[output]
quantities = ["events_per_year"]
path = "out.nc"
"""


@dataclass(frozen=True)
class Measured:
    """What one process took.

    Attributes
    ----------
    seconds, synced
        Until its end, and until the disk has everything.
    processor
        Time of all its threads, and of the system for it.
    memory
        Peak of the resident memory [bytes].
    """

    seconds: float
    synced: float
    processor: float
    memory: int


def write_ready_numbers(path: str, cells: int) -> None:
    """Write numbers with netCDF4 alone."""
    block = np.random.default_rng(1).random(BLOCK)
    with netCDF4.Dataset(path, "w") as file:
        file.set_fill_off()
        file.createDimension("cell", cells)
        variable = file.createVariable("events_per_year", float, ("cell",), contiguous=True)
        variable.set_auto_maskandscale(False)
        for start in range(0, cells, BLOCK):
            stop = min(start + BLOCK, cells)
            variable[start:stop] = block[: stop - start]


def measured(command: list[str], folder: Path, cells: int) -> Measured:
    """Run a command that writes ``out.nc`` in a folder, and remove what it has written."""
    os.sync()
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    os.sync()
    synced = time.perf_counter() - start
    size = (folder / "out.nc").stat().st_size
    if status or size < 8 * cells:
        raise SystemExit(f"{command} ended with {status}, and wrote {size:,} bytes")
    (folder / "out.nc").unlink()
    return Measured(seconds, synced, usage.ru_utime + usage.ru_stime, 1024 * usage.ru_maxrss)


def report(name: str, results: list[Measured], size: int) -> None:
    """Print the medians of some rounds."""
    names = ("seconds", "synced", "processor")
    seconds, synced, processor = (statistics.median(getattr(item, name) for item in results) for name in names)
    memory = max(item.memory for item in results)
    print(
        f"{name:<10}{seconds:8.2f} s {size / seconds / 1e6:7.0f} MB/s     synced {synced:8.2f} s"
        f" {size / synced / 1e6:7.0f} MB/s     processor {processor:7.2f} s     peak {memory / 1e6:5.0f} MB"
    )


def main(cells: int, rounds: int, place: str) -> dict[str, float]:
    """Let the two take turns, print and return the medians of the ratios of their throughputs."""
    radii = max(round(cells / math.prod(SIZES.values())), 1)
    cells = radii * math.prod(SIZES.values())
    with tempfile.TemporaryDirectory(prefix="gridscan-writing-", dir=place) as name:
        folder = Path(name)
        free = shutil.disk_usage(folder).free
        if free < 8 * cells + 1e8:
            raise SystemExit(f"{folder}: {8 * cells / 1e9:.1f} GB are needed, {free / 1e9:.1f} GB are free")
        (folder / "grid.toml").write_text(SCENARIO.format(radii=radii), encoding="utf-8")
        ours = [sys.executable, "-m", "gridscan", "run", "grid.toml"]
        theirs = [sys.executable, str(Path(__file__).resolve()), "--write", "out.nc", "--cells", str(cells)]
        pairs = []
        for turn in range(rounds):
            commands = [ours, theirs] if turn % 2 == 0 else [theirs, ours]
            found = [measured(command, folder, cells) for command in commands]
            pairs.append((found[0], found[1]) if turn % 2 == 0 else (found[1], found[0]))
    print(f"{cells:,} cells, {8 * cells / 1e9:.2f} GB; medians of {rounds} rounds")
    report("gridscan", [pair[0] for pair in pairs], 8 * cells)
    report("netCDF4", [pair[1] for pair in pairs], 8 * cells)
    ratios = {
        "throughput": statistics.median(pair[1].seconds / pair[0].seconds for pair in pairs),
        "throughput_synced": statistics.median(pair[1].synced / pair[0].synced for pair in pairs),
        "memory": float(max(pair[0].memory for pair in pairs)),
    }
    print(
        f"gridscan writes at {ratios['throughput']:.0%} of the throughput of netCDF4,"
        f" {ratios['throughput_synced']:.0%} until the disk has everything (medians of the ratios of each round)"
    )
    return ratios


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--cells", type=float, default=1e9)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", default=tempfile.gettempdir(), help="on the disk to be measured")
    parser.add_argument("--write", metavar="FILE", help="write ready numbers only")
    given = parser.parse_args()
    if given.write:
        write_ready_numbers(given.write, round(given.cells))
    else:
        main(round(given.cells), given.rounds, given.folder)

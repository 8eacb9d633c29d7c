"""A grid of 10⁹ cells to disk: `gridscan run` against netCDF4 that writes as many bytes of ready numbers.

Run ``python tests/benchmarks/writing.py``; it needs 9 GB of disk, and ``--cells 1e8`` a tenth of it. They take turns,
each in a process of its own, whose file is removed before the next one begins. Times are from the start of the process,
imports included, to its end, and until the disk has everything (`sync`); memory is the peak of what is resident.
gridscan computes `events_per_year` of the red supergiants over six axes, proves the units, and checks each number and
each block; netCDF4 writes one block again and again into a contiguous variable that is not filled beforehand: one of
8 MB, as gridscan computes them, and one of 0.26 MB, in which size Linux takes them fastest.

Memory that was freed is cold again some seconds later where a virtual machine gives it back to its host, and a process
that starts at once is twice as fast as one that starts then. So each begins after a rest, which makes them equal.
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

#: Numbers that netCDF4 writes at a time, by what the rival is called.
RIVALS = {"netCDF4 8 MB": 1_000_000, "netCDF4 0.26 MB": 32_768}
# All axes but the radius, of which there are as many as it takes: 250 for 10⁹ cells.
SIZES = {"imf": 4, "metallicity": 5, "sfr": 250, "time": 100, "detector": 8}
SCENARIO = """
model = "red_supergiants"
[axes]
imf = ["kroupa", "salpeter", "top-heavy", "top-light"]
metallicity = {{ linspace = [0.014, 0.017, 5] }}
sfr = {{ linspace = [0.5, 5, 250], unit = "Msun/yr" }}
time = {{ linspace = [5, 20, 100], unit = "Myr" }}
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


def write_ready_numbers(path: str, cells: int, at_once: int) -> None:
    """Write numbers with netCDF4 alone."""
    block = np.random.default_rng(1).random(at_once)
    with netCDF4.Dataset(path, "w") as file:
        file.set_fill_off()
        file.createDimension("cell", cells)
        variable = file.createVariable("events_per_year", float, ("cell",), contiguous=True)
        variable.set_auto_maskandscale(False)
        for start in range(0, cells, at_once):
            stop = min(start + at_once, cells)
            variable[start:stop] = block[: stop - start]


def measured(command: list[str], folder: Path, cells: int, rest: float) -> Measured:
    """Run a command that writes ``out.nc`` in a folder after a rest, and remove what it has written."""
    os.sync()
    time.sleep(rest)
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
        f"{name:<16}{seconds:8.2f} s {size / seconds / 1e6:7.0f} MB/s     synced {synced:8.2f} s"
        f" {size / synced / 1e6:7.0f} MB/s     processor {processor:7.2f} s     peak {memory / 1e6:5.0f} MB"
    )


def main(cells: int, rounds: int, place: str, rest: float) -> dict[str, float]:
    """Let them take turns, print and return the medians of the ratios of their throughputs, by rival."""
    radii = max(round(cells / math.prod(SIZES.values())), 1)
    cells = radii * math.prod(SIZES.values())
    with tempfile.TemporaryDirectory(prefix="gridscan-writing-", dir=place) as name:
        folder = Path(name)
        free = shutil.disk_usage(folder).free
        if free < 8 * cells + 1e8:
            raise SystemExit(f"{folder}: {8 * cells / 1e9:.1f} GB are needed, {free / 1e9:.1f} GB are free")
        (folder / "grid.toml").write_text(SCENARIO.format(radii=radii), encoding="utf-8")
        commands = {"gridscan": [sys.executable, "-m", "gridscan", "run", "grid.toml"]}
        write = [sys.executable, str(Path(__file__).resolve()), "--write", "out.nc", "--cells", str(cells)]
        commands |= {name: [*write, "--at-once", str(size)] for name, size in RIVALS.items()}
        results: dict[str, list[Measured]] = {name: [] for name in commands}
        for turn in range(rounds):
            order = [*commands][turn % len(commands) :] + [*commands][: turn % len(commands)]
            for name in order:
                results[name].append(measured(commands[name], folder, cells, rest))
    print(f"{cells:,} cells, {8 * cells / 1e9:.2f} GB; medians of {rounds} rounds")
    for name, found in results.items():
        report(name, found, 8 * cells)
    ratios = {}
    for name in RIVALS:
        pairs = [*zip(results["gridscan"], results[name], strict=True)]
        ratios[name] = statistics.median(other.seconds / own.seconds for own, other in pairs)
        synced = statistics.median(other.synced / own.synced for own, other in pairs)
        print(
            f"gridscan writes at {ratios[name]:.0%} of the throughput of {name},"
            f" {synced:.0%} until the disk has everything (medians of the ratios of each round)"
        )
    return ratios


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--cells", type=float, default=1e9)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", default=tempfile.gettempdir(), help="on the disk to be measured")
    parser.add_argument("--rest", type=float, default=10.0, metavar="SECONDS", help="before each run")
    parser.add_argument("--at-once", type=int, default=1_000_000, metavar="NUMBERS", help="with --write")
    parser.add_argument("--write", metavar="FILE", help="write ready numbers only")
    given = parser.parse_args()
    if given.write:
        write_ready_numbers(given.write, round(given.cells), given.at_once)
    else:
        main(round(given.cells), given.rounds, given.folder, given.rest)

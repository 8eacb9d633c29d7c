"""What it costs to compare checksums: reading a whole result with `gs.open`, against plain xarray, side by side.

Run ``python tests/benchmarks/reading.py`` (``--megabytes 1000`` for more). The two take turns on a file that the system
holds in memory, the worst case for a check; the file is opened anew each time, and read in dask chunks of whole
blocks, or with ``load``; or it is only opened. The last line is JSON: the least and the median time of each [s], and
the ratio of the least ones, which a busy machine disturbs less.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import dask
import xarray as xr

import gridscan as gs

SCENARIO = """
model = "red_supergiants"
[axes]
imf = ["kroupa", "salpeter", "top-heavy", "top-light"]
metallicity = {{ linspace = [0.014, 0.017, 5] }}
sfr = {{ linspace = [0.5, 5, {rates}], unit = "Msun/yr" }}
time = {{ linspace = [5, 20, 20], unit = "Myr" }}
radius = {{ geomspace = [0.2, 5, 25], unit = "kpc" }}
[output]
quantities = ["flux"]
"""


def seconds(read: Callable[[], object]) -> float:
    """Return how long it takes."""
    start = time.perf_counter()
    read()
    return time.perf_counter() - start


def main() -> None:
    """Write a result, and read it in turns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=float, default=400.0, help="size of the result")
    parser.add_argument("--rounds", type=int, default=9, help="how often each reads")
    options = parser.parse_args()
    rates = max(2, round(options.megabytes * 1e6 / (8 * 4 * 5 * 20 * 25)))
    with tempfile.TemporaryDirectory() as folder, dask.config.set(scheduler="synchronous"):
        path = gs.run(gs.Scenario.parse(SCENARIO.format(rates=rates)), output=Path(folder, "out.nc"))
        with gs.open(path, gs.Limits(lazy_bytes=0)) as found:
            chunks = dict(found.flux.chunksizes)

        def checked(limits: gs.Limits) -> None:
            with gs.open(path, limits) as dataset:
                dataset.flux.sum().compute()

        def plain(chunked: bool) -> None:
            with xr.open_dataset(path, engine="netcdf4", chunks=chunks if chunked else None) as dataset:
                dataset.flux.sum().compute()

        ways: dict[str, Callable[[], None]] = {
            "chunks, gridscan": lambda: checked(gs.Limits(lazy_bytes=0)),
            "chunks, xarray": lambda: plain(True),
            "load, gridscan": lambda: checked(gs.Limits(lazy_bytes=10**12)),
            "load, xarray": lambda: plain(False),
            "open, gridscan": lambda: gs.open(path).close(),
            "open, xarray": lambda: xr.open_dataset(path, engine="netcdf4").close(),
        }
        times: dict[str, list[float]] = {name: [] for name in ways}
        for number in range(options.rounds + 1):
            # The first who asks the system for much memory waits for it, so they take turns at that, too.
            for name, read in list(ways.items())[:: 1 if number % 2 else -1]:
                times[name].append(seconds(read))
    found = {name: [round(min(taken[1:]), 4), round(statistics.median(taken[1:]), 4)] for name, taken in times.items()}
    ratios = {
        way: round(found[f"{way}, gridscan"][0] / found[f"{way}, xarray"][0], 3) for way in ("chunks", "load", "open")
    }
    print(json.dumps({**found, "ratios": ratios}))


if __name__ == "__main__":
    main()

"""How fast a posterior streams, against the shares of the variance of the same file.

Run ``python tests/benchmarks/posteriors.py`` (``--cells 10`` for fewer millions of cells). A file of uniform random
numbers is written first; each question then runs in a process of its own. The last line is JSON: the time of each [s],
the peak of its memory [GB], and the ratio of the speeds.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import xarray as xr

import gridscan as gs

QUESTIONS = ("variance_shares", "posterior")


def write(path: Path, cells: int) -> None:
    """Write a quantity over four axes, in blocks of five million cells."""

    def block(block_info: Any = None) -> Any:
        info = block_info[None]
        return np.random.default_rng([1, *info["chunk-location"]]).uniform(0.0, 8.0, info["chunk-shape"])

    chunks = ((1,) * 4, (50,) * max(1, cells // 20_000_000), (100,), (1000,))
    values = da.map_blocks(block, chunks=chunks, dtype=float, meta=np.empty((0,) * 4))
    coords = {
        "imf": list("abcd"),
        **{name: np.arange(float(size)) for name, size in zip("xyz", values.shape[1:], strict=True)},
    }
    xr.Dataset({"events": (("imf", "x", "y", "z"), values, {"units": "1"})}, coords).to_netcdf(path)


def ask(question: str, path: str) -> None:
    """Answer one question, and print its time and the peak of the memory."""
    dataset = xr.open_dataset(path, chunks={"imf": 1, "x": 50})
    start = time.perf_counter()
    if question == "posterior":
        seen = gs.count("events", 3, background=0.5, background_error=0.2)
        dataset.gridscan.posterior(["imf"], seen)
    else:
        dataset.gridscan.variance_shares("events").compute()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(json.dumps([round(time.perf_counter() - start, 2), round(peak, 3)]))


def main() -> None:
    """Write the file, ask both questions, and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=100, help="millions of cells, by twenties")
    parser.add_argument("--question", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.question:
        warnings.simplefilter("ignore")
        ask(*given.question)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.nc"
        write(path, given.cells * 1_000_000)
        found = {}
        for question in QUESTIONS:
            command = [sys.executable, __file__, "--question", question, str(path)]
            found[question] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    ratio = found["variance_shares"][0] / found["posterior"][0]
    print(json.dumps({**found, "speed of the posterior over that of the shares": round(ratio, 2)}))


if __name__ == "__main__":
    main()

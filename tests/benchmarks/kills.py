"""Runs that are killed at random instants and run again: what they write, and how many cells they compute twice.

Run ``python tests/benchmarks/kills.py`` (``--runs 5 --small`` for a quick look). The model pauses in each block, so
that kills find it at work, and writes down every cell that it begins. Each run is a process forked from this one, gets
SIGKILL once, twice or three times, and is then left to end; a kill may also hit while the result is converted. All
files of each result are compared with those of a run that nobody disturbed. The last line is JSON.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import json
import logging
import os
import random
import shutil
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

# What a run imports late is imported here once, for all processes forked from this one.
import h5py  # noqa: F401
import numpy as np
import zarr  # noqa: F401

import gridscan as gs
from gridscan.engine.files.build_layout import build_layout
from gridscan.engine.plan import Plan
from gridscan.limits import DEFAULT, Limits
from gridscan.merge import perform_merge
from gridscan.model_loader import load_model
from gridscan.run import perform, plan


def tell(counts: Path, pause: float = 0.001) -> None:
    """Tell the formulas of this process in which file to count cells, and how many seconds a block takes at least."""
    vars(logging.getLogger("kills"))["told"] = os.fspath(counts), pause


slow = gs.Model("slow", "A model that takes its time")
for _name in ("speed", "density", "length", "time"):
    slow.parameter(_name, 1.0, f"The {_name}", unit="1")


def _told(name: str, value: Any) -> Any:
    """Write down in one piece how many cells a block has, and then take some time over it."""
    # What a library is told is out of sight: what is counted makes no number another one.
    told = getattr(logging.getLogger("kills"), "told", None)
    if isinstance(value, np.ndarray) and told is not None:
        counts, pause = told
        descriptor = os.open(counts, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        os.write(descriptor, f"{name} {value.size}\n".encode())
        os.close(descriptor)
        time.sleep(pause)
    return value


@slow.kernel("1", long_name="friction", speed="1", density="1")
def friction(speed: Any, density: Any) -> Any:
    """An intermediate quantity. Source: made up."""
    return _told("friction", np.cos(speed) ** 2 + np.sin(density) ** 2)


@slow.kernel("1", long_name="wear", error=True, speed="1", length="1")
def wear(speed: Any, length: Any) -> Any:
    """An output that is a kernel, with an error estimate. Source: made up."""
    value = _told("wear", np.sqrt(speed * length))
    return value, 1e-6 * value


@slow.quantity("1", long_name="drag")
def drag(friction: Any, length: Any, time: Any) -> Any:
    """An output that is a formula. Source: made up."""
    return _told("drag", friction * length / (1 + time))


@slow.quantity("1", long_name="expected faults", count=True)
def faults(friction: Any, time: Any) -> Any:
    """A count, from which is drawn. Source: made up."""
    return _told("faults", 20 * friction * (1 + time))


def scenario_text(storage: str = "", *, small: bool = False) -> str:
    """Return a scenario of some hundred blocks; small, it has fewer cells in as many blocks."""
    sizes = {"speed": 8, "density": 10, "length": 5, "time": 8} if small else {}
    sizes = sizes or {"speed": 40, "density": 32, "length": 25, "time": 33}
    axes = "\n".join(
        f"{name} = {{ values = {np.linspace(0.5, 2.0, size).round(6).tolist()}, unit = '1' }}"
        for name, size in sizes.items()
    )
    return f"""
model = "slow"
[axes]
{axes}
[sampling]
realisations = {12 if small else 50}
[output]
quantities = ["wear", "wear_error", "faults", "drag"]
{storage}
"""


def digests(path: Path) -> dict[str, str]:
    """Return what tells the contents of a file apart, or those of all files of a folder."""
    files = sorted(item for item in path.rglob("*") if item.is_file()) if path.is_dir() else [path]
    return {str(item.relative_to(path)): hashlib.sha256(item.read_bytes()).hexdigest() for item in files}


def forked(work: Callable[[], None]) -> int:
    """Start work in a process forked from this one, which has everything imported, and return its number."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        work()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException as error:
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def counted(path: Path) -> collections.Counter[str]:
    """Return how many cells of each formula were computed."""
    cells: collections.Counter[str] = collections.Counter()
    for line in path.read_text().splitlines() if path.exists() else []:
        name, number = line.split()
        cells[name] += int(number)
    return cells


class Killer:
    """Runs a plan in processes of its own, and kills some of them.

    Parameters
    ----------
    text
        The scenario.
    folder
        For results, one after the other.
    limits
        Sizes of blocks.
    shards
        Into how many the run is divided, which are computed one after the other and merged.
    """

    def __init__(self, text: str, folder: Path, limits: Limits = DEFAULT, shards: int = 0) -> None:
        self.text, self.folder, self.limits, self.shards = text, folder, limits, shards
        # As --model takes it: the module of a model is one of its own, whose source is known by its file.
        self.model = load_model(f"{Path(__file__)}:slow")
        # The code is read once, for all processes forked from this one.
        build_layout(self.plan(folder))

    def plan(self, place: Path) -> Plan:
        """Return the plan of a run in a folder of its own."""
        scenario = gs.Scenario.parse(self.text, name="slow.toml", folder=place, model=self.model)
        return plan(scenario, limits=self.limits)

    def start(self, place: Path) -> int:
        """Start a run, and return its process."""
        place.mkdir(exist_ok=True)

        def work() -> None:
            made = self.plan(place)
            tell(place / "counts")
            for number in range(self.shards):
                perform(made, shard=(number + 1, self.shards))
            if self.shards:
                perform_merge(made)
            else:
                perform(made)

        return forked(work)

    def undisturbed(self, place: Path) -> float:
        """Run to the end, and return how long it took."""
        start = time.perf_counter()
        _, status = os.waitpid(self.start(place), 0)
        assert status == 0, "the undisturbed run has failed"
        return time.perf_counter() - start

    def killed(self, place: Path, after: float) -> bool:
        """Start a run and kill it after some seconds; tell whether it had not ended by itself."""
        child = self.start(place)
        time.sleep(after)
        os.kill(child, signal.SIGKILL)
        return os.WIFSIGNALED(os.waitpid(child, 0)[1])

    def largest_blocks(self, place: Path) -> dict[str, int]:
        """Return how many cells the largest block has in which a formula runs."""
        block_plan = self.plan(place).block_plan
        return {
            step.name: max(
                int(np.prod([group.block[group.dims.index(dim)] for dim in block_plan.layout.dims[step.name]]))
                for group in block_plan.groups
                if step in group.steps
            )
            for group in block_plan.groups
            for step in group.steps
        }


def trial(killer: Killer, reference: Path, duration: float, runs: int, seed: int = 1) -> Mapping[str, Any]:
    """Kill runs, let them end, and return what has come of it.

    Parameters
    ----------
    reference, duration
        Folder of an undisturbed run, and the seconds that it took.

    Returns
    -------
    Mapping
        Numbers of runs, of kills, of results that are different, of cells by formula at least needed and computed, and
        of blocks computed twice a kill.
    """
    pick = random.Random(seed)
    names = [item.name for item in reference.iterdir() if item.suffix in (".nc", ".zarr")]
    wanted = {name: digests(reference / name) for name in names}
    least = counted(reference / "counts")
    blocks = killer.largest_blocks(reference)
    kills, different, twice = 0, 0, []
    total: collections.Counter[str] = collections.Counter()
    for number in range(runs):
        place = killer.folder / f"run{number}"
        while not killer.killed(place, pick.uniform(0.0, duration)):
            # It has ended before, as this machine has more time now than it had before.
            shutil.rmtree(place)
            duration *= 0.9
        hits = 1 + sum(killer.killed(place, pick.uniform(0.0, duration)) for _ in range(pick.choice([0, 0, 1, 2])))
        killer.undisturbed(place)
        found = {item.name for item in place.iterdir()} - {"counts"}
        different += found != set(names) or {name: digests(place / name) for name in names} != wanted
        cells = counted(place / "counts")
        twice.append(sum(max(0, cells[name] - least[name]) / blocks[name] for name in least) / hits)
        kills, total = kills + hits, total + cells
        shutil.rmtree(place)
    return {
        "runs": runs,
        "kills": kills,
        "different": different,
        "needed": runs * least.total(),
        "computed": total.total(),
        "blocks_twice_a_kill": (statistics.mean(twice), max(twice)),
        "seconds": duration,
    }


# What is written, in how many shards.
KINDS = {
    "netCDF": ("", 0),
    "zlib": ('compression = "zlib"', 0),
    "zarr": ('format = "zarr"', 0),
    "shards": ("", 3),
}


def main(runs: int = 50, *, small: bool = False) -> dict[str, Mapping[str, Any]]:
    """Kill runs that write each kind of file, and shards; print and return what has come of it."""
    limits = Limits(smallest_block=16, fewest_blocks=25) if small else DEFAULT
    found = {}
    for name, (storage, shards) in KINDS.items():
        with tempfile.TemporaryDirectory() as folder:
            killer = Killer(scenario_text(storage, small=small), Path(folder), limits, shards)
            reference = Path(folder) / "reference"
            duration = killer.undisturbed(reference)
            blocks = sum(group.number for group in killer.plan(reference).block_plan.groups)
            result = found[name] = trial(killer, reference, duration, runs)
        print(
            f"{name}: {blocks} blocks, {result['seconds']:.1f} s undisturbed; {result['runs']} runs with"
            f" {result['kills']} kills, {result['different']} results different;"
            f" {result['computed']:,} cells computed, {result['needed']:,} needed, blocks computed twice a kill:"
            f" {result['blocks_twice_a_kill'][0]:.2f} on average, {result['blocks_twice_a_kill'][1]:.2f} at most",
            file=sys.stderr,
        )
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--small", action="store_true")
    given = parser.parse_args()
    print(json.dumps(main(given.runs, small=given.small)))

"""Two worker processes against one: fluxes of boosted dark matter on a grid, which take microseconds each to compute.

Run ``python tests/benchmarks/spreading.py`` on a machine with two free cores or more. The two take turns. Two times are
told of each run: the whole, and that of the work, which begins when the processes have started and know what to do.
From what the workers say of how long they have computed follows their overhead: the share of the time of the work in
which they did not compute, since they waited for the scheduler, for blocks or for the last of them.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gridscan as gs
from gridscan.engine.executors.executors import DaskExecutor, local_cluster
from gridscan.engine.runner import carry_out

SCENARIO = """
model = "boosted_dark_matter"
[axes]
supernova = ["cas-a", "crab", "vela", "betelgeuse"]
time = {{ geomspace = [1, 300, 50], unit = "yr" }}
dark_matter_mass = {{ geomspace = [0.01, 10, 50], unit = "MeV" }}
kinetic_energy = {{ linspace = [5, 30, {energies}], unit = "MeV" }}
[output]
quantities = ["flux", "flux_error"]
path = "out.nc"
"""


@dataclass(frozen=True)
class Measured:
    """What one run took [s].

    Attributes
    ----------
    whole, work
        From the beginning, and from when the workers are there.
    computing
        What all workers together have computed.
    """

    whole: float
    work: float
    computing: float


class Watched:
    """A crew that is watched from outside."""

    def __init__(self, executor: DaskExecutor) -> None:
        self.executor, self.began, self.computing = executor, 0.0, 0.0
        executor._result = self._told(executor._result)  # type: ignore[method-assign]

    def _told(self, result: Any) -> Any:
        def told(future: Any) -> Any:
            seconds, found = result(future)
            self.computing += seconds
            return seconds, found

        return told

    def prepare(self, workload: Any) -> None:
        """Brief the crew; the first time starts it."""
        self.executor.prepare(workload)
        self.began = self.began or time.perf_counter()

    def work(self, tasks: Any, *, costly: bool) -> Any:
        """Let the crew work."""
        return self.executor.work(tasks, costly=costly)


def measured(scenario: Path, workers: int) -> Measured:
    """Run a scenario with so many workers, and remove the result."""
    plan = gs.plan(scenario)
    start = time.perf_counter()
    with local_cluster(workers) as cluster:
        executor = Watched(cluster)
        outcome = carry_out(plan, executor)
        end = time.perf_counter()
    whole = time.perf_counter() - start
    outcome.path.unlink()
    return Measured(whole, end - executor.began, executor.computing)


def main(points: int, rounds: int) -> dict[str, float]:
    """Let one worker and two take turns; print and return the medians of the ratios of their times."""
    energies = max(round(points / 10_000), 1)
    with tempfile.TemporaryDirectory(prefix="gridscan-spreading-") as folder:
        scenario = Path(folder, "fluxes.toml")
        scenario.write_text(SCENARIO.format(energies=energies), encoding="utf-8")
        blocks = sum(group.number for group in gs.plan(scenario).block_plan.groups)
        pairs = []
        for turn in range(rounds):
            order = (1, 2) if turn % 2 == 0 else (2, 1)
            found = {workers: measured(scenario, workers) for workers in order}
            pairs.append((found[1], found[2]))
    cores = len(os.sched_getaffinity(0))
    load = os.getloadavg()[0]
    print(
        f"{10_000 * energies:,} points in {blocks:,} blocks; medians of {rounds} rounds; {cores} cores, load {load:.1f}"
    )
    overheads = []
    for workers, results in zip((1, 2), zip(*pairs, strict=True), strict=True):
        whole, work = (statistics.median(getattr(item, name) for item in results) for name in ("whole", "work"))
        overheads.append(statistics.median(1 - item.computing / (workers * item.work) for item in results))
        print(f"{workers} workers   whole {whole:7.2f} s   work {work:7.2f} s   overhead {overheads[-1]:6.1%}")
    ratios = {
        "work": statistics.median(one.work / two.work for one, two in pairs),
        "whole": statistics.median(one.whole / two.whole for one, two in pairs),
        "overhead": overheads[0],
    }
    print(f"two workers are {ratios['work']:.2f} times as fast as one, {ratios['whole']:.2f} times with their start")
    return ratios


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--points", type=float, default=3e6)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    main(round(given.points), given.rounds)

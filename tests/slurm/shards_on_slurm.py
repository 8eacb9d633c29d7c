"""Runs in shards, and with dask, on a real SLURM: jobs that are cancelled or reach their walltime give the same file.

Run ``nox -s slurm``. It needs the Debian packages munge, slurmctld, slurmd and slurm-client, takes some minutes, and
prints what it does.
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cluster

HERE = Path(__file__).parent
SHARDS = 40
# Jobs by their number in the array: one is cancelled, the other reaches its walltime, the shortest that SLURM knows.
CANCELLED, TOO_LONG = 3, 5
PAUSE = 40.0
_AT_MOST = 600.0
# Blanks, quotes and more, as paths of users have them.
_FOLDER = """it's a "grid" of 100% $HOME"""
WITH_DASK = """
import logging, sys
import gridscan as gs
from dask.distributed import Client
from dask_jobqueue import SLURMCluster

cluster = SLURMCluster(
    queue="debug", cores=1, processes=1, memory="1GB", walltime="00:01:00", interface="lo", python=sys.executable,
    death_timeout=60, worker_extra_args=["--lifetime", "40s"], scheduler_options={"dashboard_address": ":0"},
)
cluster.adapt(minimum_jobs=2, maximum_jobs=2)
with Client(cluster) as client:
    client.wait_for_workers(1, timeout=60)
    model = gs.model("slow_model.py:model")
    print(gs.run("slow_grid.toml", model=model, output="dask.nc", scheduler=cluster.scheduler_address).told, flush=True)
cluster.close()
"""


class Trial:
    """A folder with the scenario, in which commands are run.

    Parameters
    ----------
    folder
        Where all is written.
    environment
        With which the programs of SLURM find their configuration.
    """

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder, self.environment = folder, environment
        self.started = time.monotonic()
        for name in ("slow_model.py", "slow_grid.toml"):
            shutil.copy(HERE / name, folder)

    def tell(self, text: str) -> None:
        """Print a line with the seconds since the beginning."""
        print(f"{time.monotonic() - self.started:6.0f} s  {text}", flush=True)

    def command(self, *words: str, status: int = 0) -> str:
        """Run a program, compare its exit status, and return what it printed."""
        done = subprocess.run(words, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == status, f"{words} ended with {done.returncode}: {done.stdout}{done.stderr}"
        return (done.stdout + done.stderr).strip()

    def gridscan(self, command: str, *words: str, status: int = 0) -> str:
        """Run gridscan on the scenario, and return what it printed."""
        given = ["slow_grid.toml", "--model", "slow_model.py:model", *words]
        return self.command(sys.executable, "-P", "-m", "gridscan", command, *given, status=status)

    def state(self, shard: int) -> tuple[str, int]:
        """Return the state of a shard and its cells, by the files alone."""
        found = json.loads(self.gridscan("status", "--json"))["shards"]
        return next(((item["state"], item["done"]) for item in found if item["shard"] == f"{shard}/{SHARDS}"), ("", 0))

    def wait(self, until: Callable[[], object], what: str) -> None:
        """Wait for something."""
        end = time.monotonic() + _AT_MOST
        while not until():
            assert time.monotonic() < end, f"{what}: not within {_AT_MOST:.0f} s\n{self.command('squeue')}"
            time.sleep(2)
        self.tell(what)

    def queue(self) -> str:
        """Return the jobs that are not over."""
        return self.command("squeue", "-h", "-r", "-o", "%F %a %T")

    def submit(self, *words: str) -> str:
        """Submit what is not done, and return the number of the array."""
        said = self.gridscan("submit", "--slurm", "--jobs", str(SHARDS), "--time", "00:01:00", *words)
        self.tell(said.partition("; logs")[0])
        return said.partition(" as ")[2].partition(",")[0]


def shards(trial: Trial) -> None:
    """Compute in an array of jobs, of which one is cancelled and one reaches its walltime; submit again; compare."""
    (trial.folder / "pause").write_text(f"{CANCELLED} {PAUSE}\n{TOO_LONG} {PAUSE}\n", encoding="utf-8")
    job = trial.submit("--partition", "debug", "--option", '--comment=a "quoted" text', "--option=--mem=500M")
    trial.wait(lambda: trial.state(CANCELLED)[1], f"shard {CANCELLED} has done a block")
    trial.command("scancel", f"{job}_{CANCELLED}")
    trial.tell(f"cancelled job {job}_{CANCELLED}")
    trial.wait(lambda: not trial.queue(), "all jobs are over")
    trial.tell("status: " + trial.gridscan("status").replace("\n", "\n          "))
    logs = trial.folder / "drag.nc.jobs"
    for number in (CANCELLED, TOO_LONG):
        kind, cells = trial.state(number)
        assert kind == "stopped", f"shard {number} is {kind}"
        assert cells, f"shard {number} has kept nothing"
        trial.tell(f"shard {number}: {kind}, {cells:,} cells kept; its log ends: {_last(logs / f'shard-{number}.log')}")
    assert not (trial.folder / "drag.nc").exists()
    trial.tell(f"the merge says: {_last(logs / 'merge.log')}")
    (trial.folder / "pause").unlink()
    trial.submit("--partition", "debug")
    trial.wait(lambda: not trial.queue(), "all jobs are over")
    trial.tell(f"the merge says: {_last(logs / 'merge.log')}")
    compare(trial, "drag.nc")
    assert not list(trial.folder.glob("*.shard-*")), "shards are left"


def with_dask(trial: Trial) -> None:
    """Compute with dask-jobqueue, whose first jobs are cancelled and whose others reach their walltime."""
    (trial.folder / "pause").write_text("0 1.5\n", encoding="utf-8")
    with Path(trial.folder, "dask.log").open("w", encoding="utf-8") as log:
        run = subprocess.Popen(
            [sys.executable, "-P", "-c", WITH_DASK],
            cwd=trial.folder,
            env=trial.environment,
            stdout=log,
            stderr=log,
        )
        try:
            trial.wait(lambda: list(trial.folder.glob(".dask.nc.*.work")), "dask-jobqueue: blocks are being computed")
            time.sleep(10)
            first = trial.queue().split()[0]
            trial.command("scancel", first)
            trial.tell(f"cancelled job {first} of dask-jobqueue")
            status = run.wait(_AT_MOST)
        finally:
            run.kill()
    said = Path(trial.folder, "dask.log").read_text(encoding="utf-8").strip()
    assert status == 0, said
    trial.tell(next(line for line in said.splitlines() if "dask.nc" in line))
    compare(trial, "dask.nc")


def compare(trial: Trial, name: str) -> None:
    """Compare a result with that of a local run, byte by byte."""
    made, local = (trial.folder / path for path in (name, "local.nc"))
    equal = made.read_bytes() == local.read_bytes()
    trial.tell(
        f"{name}: {made.stat().st_size:,} bytes, {'equal to' if equal else 'DIFFERENT from'} those of a local run"
    )
    assert equal


def _last(log: Path) -> str:
    return log.read_text(encoding="utf-8").strip().split("\n")[-1]


def main() -> None:
    """Start SLURM, compute in all ways, and stop it."""
    lacking = cluster.missing()
    if lacking:
        sys.exit(f"{', '.join(lacking)}: not installed; as root: {cluster.PACKAGES}")
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as place:
        Path(place, _FOLDER).mkdir()
        with cluster.running(Path(folder)) as environment:
            environment = {**environment, "OMP_NUM_THREADS": "1"}
            trial = Trial(Path(place, _FOLDER), environment)
            trial.tell(trial.command("sinfo", "--version") + " is running with two CPUs")
            trial.tell(trial.gridscan("run", "--output", "local.nc"))
            shards(trial)
            with_dask(trial)
    print("bytes equal after a cancel and a walltime, in shards and with dask-jobqueue")


if __name__ == "__main__":
    # All that was started is stopped whatever ends this.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    main()

"""What it costs to trace code for identities, side by side with an earlier commit: `gridscan plan` and `gridscan run`.

Run ``python tests/benchmarks/tracing.py`` inside a clone with its history. The earlier commit, of 22 November 2026, is
checked out into a temporary folder; the two take turns in processes of their own, with the libraries of this one:
planning a scenario beside an earlier result, running it where nothing is new, and running it anew; and tracing alone,
the first time in a process and again. The last line is JSON: the least processor seconds of each, and the ratios to
the earlier commit. Reading is compared in ``reading.py``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

EARLIER = "33a5a72"
ROOT = Path(__file__).parents[2]
ONE = """
import json, sys, time
from pathlib import Path

import gridscan as gs
try:
    from gridscan.engine.forecast import forecast
    from gridscan.engine.reuse.fingerprint import identity_of
except ImportError:  # where the earlier commit has them
    from gridscan.engine.execution import forecast
    from gridscan.engine.reuse import identity_of

def taken(work):
    start = time.process_time()
    work()
    return time.process_time() - start

path = Path(sys.argv[2], "out.nc")
layout = gs.plan(sys.argv[1], output=path).layout
found = {"trace": taken(lambda: identity_of(layout)), "trace again": taken(lambda: identity_of(layout))}
path.unlink(missing_ok=True)
found["run"] = taken(lambda: gs.run(sys.argv[1], output=path))
found["plan"] = taken(lambda: forecast(gs.plan(sys.argv[1], output=path)))
found["run, nothing new"] = taken(lambda: gs.run(sys.argv[1], output=path))
print(json.dumps(found))
"""


def seconds(package: Path, scenario: str, folder: Path) -> dict[str, float]:
    """Return processor seconds of each step with the package in a folder."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", ONE, scenario, str(folder)],
        env={**os.environ, "PYTHONPATH": str(package), "OMP_NUM_THREADS": "1"},
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    """Let both take turns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each runs")
    parser.add_argument("--scenario", default="imf_scan", help="a shipped scenario that both commits have")
    parser.add_argument("--commit", default=EARLIER, help="the earlier commit")
    options = parser.parse_args()
    git = ["git", "-C", str(ROOT), "worktree"]
    with tempfile.TemporaryDirectory() as folder:
        earlier = Path(folder, "earlier")
        subprocess.run([*git, "add", "--detach", str(earlier), options.commit], check=True, capture_output=True)
        try:
            packages = {"now": ROOT, "earlier": earlier}
            rounds: dict[str, list[dict[str, float]]] = {name: [] for name in packages}
            for number in range(options.rounds):
                for name in list(packages)[:: 1 if number % 2 else -1]:
                    place = Path(folder, f"{name}_{number}")
                    place.mkdir()
                    rounds[name].append(seconds(packages[name], options.scenario, place))
        finally:
            subprocess.run([*git, "remove", "--force", str(earlier)], check=True, capture_output=True)
    least = {name: {step: min(item[step] for item in found) for step in found[0]} for name, found in rounds.items()}
    ratios = {step: round(taken / least["earlier"][step], 2) for step, taken in least["now"].items()}
    rounded = {name: {step: round(taken, 4) for step, taken in found.items()} for name, found in least.items()}
    print(json.dumps({**rounded, "ratios": ratios}))


if __name__ == "__main__":
    main()

"""Sobol indices of the events of red supergiants: gridscan part by part, and SALib driving the same model.

Run ``python tests/benchmarks/screening.py`` with SALib 1.6 (extra ``bench``). Both draw a design of Saltelli with 1,024
base points and evaluate the model on it: gridscan each step once for each combination of what it depends on; SALib in
one call of ``model.evaluate``, on the design that it draws by default and on the smaller one that gridscan needs, which
leaves out second-order indices; and SALib with a call a point, timed for a few points of the larger design and scaled to
all of them. Analysis is left out. Each round has another design, so that nothing is remembered; medians of the CPU time,
and their ratios. ``gs.screen`` has elementary effects and the analysis too.
"""

from __future__ import annotations

import resource
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from SALib.analyze import sobol as analysis
from SALib.sample import sobol as sampling

import gridscan as gs
from gridscan.screening.designs import Response, Saltelli
from gridscan.screening.factors import factors_of

QUANTITY = "events_per_year"
CALLED = 40
#: Ranges in the default units. The cross section is that of tree level, which has the two couplings.
STARS = {
    "sfr": (1.0, 3.0),
    "metallicity": (0.0145, 0.0165),
    "time": (15.0, 25.0),
    "neutrino_luminosity": (0.5e38, 2e38),
    "mean_energy": (0.8, 1.1),
    "pinching": (1.5, 2.5),
    "energy_min": (0.1, 0.3),
    "energy_max": (4.0, 6.0),
    "left_coupling": (0.70, 0.75),
    "right_coupling": (0.21, 0.25),
    "fiducial_mass": (15.0, 25.0),
    "electrons_per_mass": (0.53, 0.58),
}
GALAXY = {
    "sun_x": (-8.5, -7.9),
    "disk_scale_length": (1.5, 2.2),
    "arm_fraction": (0.5, 0.8),
    "arm_pitch": (10.0, 14.0),
    "arm_phase": (15.0, 25.0),
    "arm_width": (0.2, 0.4),
    "ring_fraction": (0.05, 0.15),
}
SETS = {
    "12 parameters, none of the galaxy": STARS,
    "20, seven of the galaxy": {**STARS, "radius": (0.8, 1.2), **GALAXY},
}


def scenario_of(ranges: dict[str, tuple[float, float]]) -> gs.Scenario:
    """Return a scenario in which the parameters are uncertain."""
    text = f'model = "red_supergiants"\nparameters.cross_section = "tree-level"\noutput.quantities = ["{QUANTITY}"]\n'
    units = {name: f"{gs.model('red_supergiants').parameters[name].unit:~}" or "1" for name in ranges}
    lines = [
        f'uncertain.{name} = {{ uniform = [{low!r}, {high!r}], unit = "{units[name]}" }}'
        for name, (low, high) in ranges.items()
    ]
    return gs.Scenario.parse(text + "\n".join(lines))


def vectorised(rows: np.ndarray, names: list[str]) -> np.ndarray:
    """Return the quantity for rows of parameters, in one evaluation of the model."""
    columns = dict(zip(names, rows.T, strict=True))
    found = gs.model("red_supergiants").evaluate(QUANTITY, cross_section="tree-level", zip={"row": columns})
    return np.asarray(found.values)


def at_point(row: np.ndarray, names: list[str]) -> float:
    """Return the quantity for one row of parameters."""
    point = dict(zip(names, row.tolist(), strict=True))
    return float(gs.model("red_supergiants").evaluate(QUANTITY, cross_section="tree-level", **point))


def seconds(call: Callable[[], Any]) -> tuple[float, Any]:
    """Return the CPU time of a call, and what it returns."""
    begin = time.process_time()
    found = call()
    return time.process_time() - begin, found


def drawn_and_evaluated(scenario: gs.Scenario, points: int, seed: int) -> Saltelli:
    """Return the values on gridscan's design."""
    design = Saltelli(Response(factors_of(scenario, QUANTITY, 0.0, {}), QUANTITY, False), seed)
    design.grow(points, 60_000)
    return design


def salib(problem: dict[str, Any], points: int, seed: int, second_order: bool) -> np.ndarray:
    """Return the values on SALib's design, drawn and evaluated in one call."""
    rows = sampling.sample(problem, points, calc_second_order=second_order, seed=seed)
    return vectorised(rows, problem["names"])


def times_of(ranges: dict[str, tuple[float, float]], points: int, rounds: int) -> dict[str, float]:
    """Return medians of the times, and the largest difference of total indices."""
    names, scenario = list(ranges), scenario_of(ranges)
    problem = {"num_vars": len(names), "names": names, "bounds": [list(ends) for ends in ranges.values()]}
    times, apart = [], 0.0
    for seed in range(1, rounds + 1):
        design, _ = seconds(lambda seed=seed: drawn_and_evaluated(scenario, points, 100 + seed))
        screened, table = seconds(lambda seed=seed: gs.screen(scenario, QUANTITY, share=0, points=points, seed=seed))
        whole, _ = seconds(lambda seed=seed: salib(problem, points, seed, True))
        smaller, values = seconds(lambda seed=seed: salib(problem, points, 100 + seed, False))
        rows = sampling.sample(problem, points, seed=200 + seed)
        few = np.random.default_rng(seed).choice(rows, CALLED, replace=False)
        called, _ = seconds(lambda few=few: [at_point(row, names) for row in few])
        totals = analysis.analyze(problem, values, calc_second_order=False, seed=seed)["ST"]
        found = [float(table["total"].sel(parameter=name)) for name in names]
        apart = max(apart, float(np.abs(totals - found).max()))
        times.append((design, screened, whole, smaller, called * len(rows) / CALLED))
    keys = ("design", "screen", "default", "smaller", "called")
    return dict(zip(keys, map(statistics.median, zip(*times, strict=True)), strict=True)) | {"apart": apart}


def main(points: int = 1024, rounds: int = 3) -> None:
    """Time all for both sets of parameters, and print the ratios."""
    warnings.simplefilter("ignore")
    times_of(STARS, 32, 1)
    for title, ranges in SETS.items():
        found = times_of(ranges, points, rounds if ranges is STARS else 1)
        ours = found["design"]
        print(f"{title}; {points:,} base points")
        print(f"    gridscan, design                     {ours:8.2f} s")
        print(f"    gridscan, gs.screen                  {found['screen']:8.2f} s")
        for key, text in (
            ("default", "SALib in one call"),
            ("smaller", "the same without second order"),
            ("called", "SALib, a call a point (scaled)"),
        ):
            print(f"    {text:36} {found[key]:8.2f} s, {found[key] / ours:.1f} times as long as the design")
        print(f"    total indices differ by at most {found['apart']:.3f}")
    print(f"memory at the peak: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:.0f} MB")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))

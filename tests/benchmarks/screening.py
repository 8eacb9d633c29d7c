"""Sobol indices of the events of red supergiants: gridscan part by part, and SALib driving the same model.

Run ``python tests/benchmarks/screening.py`` with SALib installed (extra ``bench``). All evaluate a design of Saltelli
of 1,024 base points: gridscan each step once for each combination of what it depends on; SALib in one vectorised call;
and SALib with a function call a point, timed for some points and scaled. Drawing and analysis are left out of SALib's
times, and are in gridscan's. CPU seconds, medians of three, and their ratios; the largest difference of total indices.
"""

from __future__ import annotations

import resource
import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from SALib.analyze import sobol as analysis
from SALib.sample import sobol as sampling

import gridscan as gs
from gridscan.evaluation.layout import lay_out
from gridscan.evaluation.lazy import compute_lazily
from gridscan.inputs.resolve import resolve
from gridscan.inputs.value_reader import Given

POINTS = 1024
QUANTITY = "events_per_year"
CALLED = 40
STARS = ["sfr", "metallicity", "time", "neutrino_luminosity", "mean_energy", "pinching", "energy_min", "energy_max"]
DETECTOR = ["radius", "fiducial_mass", "electrons_per_mass", "cross_section_slope"]
GALAXY = ["disk_scale_length", "arm_pitch", "arm_width", "arm_phase", "arm_fraction", "ring_fraction", "sun_x"]
SETS = {"12 parameters, none of the galaxy": STARS + DETECTOR, "20, seven of the galaxy": STARS + DETECTOR + GALAXY}
SETS["20, seven of the galaxy"] = [*SETS["20, seven of the galaxy"], "distance_floor"]
CHANGED = {"metallicity": (0.0145, 0.0165)}


def ranges(model: gs.Model, names: list[str]) -> dict[str, tuple[float, float]]:
    """Return the ranges of parameters: ± 10 % of their defaults."""
    record = {"fiducial_mass": 20.0, "electrons_per_mass": 0.5556, "cross_section_slope": 9.2e-45, "radius": 1.0}
    found = {}
    for name in names:
        base = record.get(name, model.parameters[name].default)
        found[name] = CHANGED.get(name, tuple(sorted((0.9 * base, 1.1 * base))))
    return found


def vectorised(model: gs.Model, columns: dict[str, np.ndarray]) -> np.ndarray:
    """Return the quantity for rows of parameters, as one evaluation of the model."""
    given = {name: Given(column, (name,), "row") for name, column in columns.items()}
    found = compute_lazily(lay_out(resolve(model, given), [QUANTITY]))[QUANTITY]
    return np.asarray(found.values)


def seconds(call: Callable[[], Any]) -> float:
    """Return the median of the CPU time of three calls."""
    times = []
    for _ in range(3):
        begin = time.process_time()
        call()
        times.append(time.process_time() - begin)
    return statistics.median(times)


def main() -> None:
    """Time all three for both sets of parameters, and print the ratios."""
    warnings.simplefilter("ignore")
    model = gs.model("red_supergiants")
    for title, names in SETS.items():
        bounds = ranges(model, names)
        text = f'model = "red_supergiants"\noutput.quantities = ["{QUANTITY}"]\n[uncertain]\n' + "".join(
            f'{name} = {{ uniform = [{low!r}, {high!r}], unit = "{model.parameters[name].unit:~}" }}\n'
            for name, (low, high) in bounds.items()
        )
        scenario = gs.Scenario.parse(text)
        problem = {"num_vars": len(names), "names": names, "bounds": list(bounds.values())}
        rows = sampling.sample(problem, POINTS, calc_second_order=False, seed=1)
        columns = dict(zip(names, rows.T, strict=True))
        ours = seconds(lambda scenario=scenario: gs.screen(scenario, QUANTITY, share=1e-6, points=POINTS))
        theirs = seconds(lambda columns=columns: vectorised(model, columns))
        few = [{name: column[row] for name, column in columns.items()} for row in range(CALLED)]
        called = seconds(lambda few=few: [model.evaluate(QUANTITY, **point) for point in few]) * len(rows) / CALLED
        found = gs.screen(scenario, QUANTITY, share=1e-6, points=POINTS)
        other = analysis.analyze(problem, vectorised(model, columns), calc_second_order=False, seed=1)["ST"]
        apart = max(
            abs(float(found["total"].sel(parameter=name)) - value) for name, value in zip(names, other, strict=True)
        )
        print(f"{title}: gridscan {ours:.2f} s; SALib in one call {theirs:.2f} s, {theirs / ours:.1f} times as long;")
        print(f"    a call a point {called:.0f} s, {called / ours:.0f} times; totals differ by {apart:.3f} at most")
    print(f"memory at the peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:.0f} MB")


if __name__ == "__main__":
    main()

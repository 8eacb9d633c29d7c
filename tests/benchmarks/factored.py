"""A grid of a million points: gridscan, the same formulas written out in factored numpy, and a function call a point.

Run ``python tests/benchmarks/factored.py``. All three are timed in turns in one process; the medians and their ratios
are printed. The galaxy's quadrature is the same routine in all three, and cached by radius for the function a point.
"""

from __future__ import annotations

import functools
import math
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import gridscan as gs
from gridscan.physics.galaxy import distances
from gridscan.physics.galaxy.components import Galaxy
from gridscan.physics.stellar import phase_counts
from gridscan.stellar_tables.phases import shipped_phase_table

QUANTITIES = [
    "carbon_burning_rsg",
    "carbon_burning_rsg_within",
    "flux",
    "events_per_year",
    "carbon_to_red_ratio",
    "local_sfr_density",
]
SLOPES = {"kroupa": 2.3, "salpeter": 2.35, "top-heavy": 1.9, "top-light": 2.7}
MASSES = {"borexino": 0.3, "kamland": 1, "juno": 20, "super-k": 22.5}
MASSES |= {"theia-50": 50, "hyper-k": 187, "theia-100": 100, "megaton": 1000}
AXES: dict[str, Any] = {
    "imf": list(SLOPES),
    "metallicity": np.linspace(0.014, 0.017, 5),
    "sfr": np.linspace(0.5, 5, 10),
    "time": np.linspace(4, 20, 25),
    "radius": np.geomspace(0.2, 5, 25),
    "detector": list(MASSES),
}
GALAXY = Galaxy()
BREAKS = np.array([0.08, 0.5, 120.0])
KPC, YEAR, ERG = 3.0856775814671917e21, 31557600.0, 624150.9074460763
PER_STAR = 1e38 * ERG / 0.9 / (4 * math.pi * KPC**2)
ELECTRONS_PER_KT = 10 / 18 * 6.02214076e23 * 1e9
POINTS_CALLED = 500


@functools.cache
def mean_cross_section() -> float:
    """Return the linear cross section [cm^2] averaged over the default spectrum, by a fixed rule."""
    nodes, weights = np.polynomial.legendre.leggauss(64)
    energy = 2.55 + 2.45 * nodes
    spectrum = energy**2 * np.exp(-3 * energy / 0.9)
    return float(np.sum(weights * spectrum * 9.20e-45 * energy) / np.sum(weights * spectrum))


def factored() -> dict[str, np.ndarray]:
    """Return the quantities of the main job, each over its own dimensions, in numpy alone."""
    exponents = np.array([[1.3, slope] for slope in SLOPES.values()])[:, None, None, :]
    metallicity, age = AXES["metallicity"][:, None], AXES["time"]
    both = phase_counts.time_in_phase("carbon_burning_rsg", shipped_phase_table(), exponents, BREAKS, metallicity, age)
    red = phase_counts.time_in_phase("red_supergiant", shipped_phase_table(), exponents, BREAKS, metallicity, age)
    within = distances.fraction_within(AXES["radius"], GALAXY)[0]
    inverse_square = distances.mean_inverse_square_distance(AXES["radius"], GALAXY, 0.05)[0]
    number = 1e6 * AXES["sfr"][:, None] * both[:, :, None, :]
    near = number[..., None] * within
    flux = near * (PER_STAR * inverse_square)
    targets = ELECTRONS_PER_KT * YEAR * mean_cross_section() * np.array(list(MASSES.values()))
    with np.errstate(invalid="ignore"):
        ratio = both / red
    density = AXES["sfr"][:, None] * within / (np.pi * AXES["radius"] ** 2)
    return dict(zip(QUANTITIES, (number, near, flux, flux[..., None] * targets, ratio, density), strict=True))


def evaluated() -> Any:
    """Return the same from gridscan."""
    return gs.model("red_supergiants").evaluate(QUANTITIES, **AXES)


@functools.cache
def _near(radius: float) -> tuple[float, float]:
    return float(distances.fraction_within(radius, GALAXY)[0]), float(
        distances.mean_inverse_square_distance(radius, GALAXY, 0.05)[0]
    )


@functools.cache
def _windows(metallicity: float) -> list[tuple[float, float, float, float, float, float]]:
    """Return bin edges and windows of both phases at one metallicity, interpolated in its logarithm."""
    table = shipped_phase_table()
    share = math.log(metallicity / table.metallicity[0]) / math.log(table.metallicity[1] / table.metallicity[0])
    edges = table.bin_edges
    rows = []
    for index in range(len(table.mass)):
        windows = []
        for phase in ("carbon_burning_rsg", "red_supergiant"):
            end, lengths = (array[:, index] for array in table.window(phase))
            weights = np.array([1 - share, share])
            if lengths.min() > 0:
                last, length = np.exp(np.log([end, lengths]) @ weights)
                windows += [float(last - length), float(last)]
            else:
                windows += [0.0, 0.0]
        rows.append((float(edges[index]), float(edges[index + 1]), *windows))
    return rows


def at_point(imf: str, metallicity: float, sfr: float, age: float, radius: float, detector: str) -> dict[str, float]:
    """Return the same for one point, as the body of a loop would: plain floats, what can be cached cached."""
    slope = SLOPES[imf]
    low = (0.5**0.7 - 0.08**0.7) / 0.7
    joint = 0.5 ** (slope - 1.3)
    norm = 1 / (low + joint * (120 ** (2 - slope) - 0.5 ** (2 - slope)) / (2 - slope))
    both = red = 0.0
    for lower, upper, start, end, red_start, red_end in _windows(metallicity):
        born = norm * joint * (lower ** (1 - slope) - upper ** (1 - slope)) / (slope - 1)
        both += born * max(0.0, min(end, age) - start) if end > start else 0.0
        red += born * max(0.0, min(red_end, age) - red_start) if red_end > red_start else 0.0
    share, inverse_square = _near(radius)
    number = 1e6 * sfr * both
    flux = number * share * PER_STAR * inverse_square
    events = flux * ELECTRONS_PER_KT * MASSES[detector] * mean_cross_section() * YEAR
    ratio = both / red if red else math.nan
    density = sfr * share / (math.pi * radius**2)
    return dict(zip(QUANTITIES, (number, number * share, flux, events, ratio, density), strict=True))


def called_per_point() -> None:
    """Call the function for some points spread over the grid."""
    sizes = [len(axis) for axis in AXES.values()]
    for flat in np.linspace(0, math.prod(sizes) - 1, POINTS_CALLED).astype(int):
        index = np.unravel_index(flat, sizes)
        at_point(*(axis[i] for axis, i in zip(AXES.values(), index, strict=True)))


def disagreement() -> float:
    """Return the largest relative difference between the three, over the grid and over the points called."""
    dataset, arrays = evaluated(), factored()
    worst = 0.0
    for name, array in arrays.items():
        order = [axis for axis in AXES if axis in dataset[name].dims]
        found = dataset[name].transpose(*order).values
        worst = max(worst, float(np.nanmax(np.abs(found - array) / np.maximum(np.abs(array), 1e-300))))
    sizes = [len(axis) for axis in AXES.values()]
    for flat in np.linspace(0, math.prod(sizes) - 1, 50).astype(int):
        index = dict(zip(AXES, np.unravel_index(flat, sizes), strict=True))
        single = at_point(*(AXES[name][i] for name, i in index.items()))
        for name, value in single.items():
            cell = float(dataset[name].isel({dim: index[dim] for dim in dataset[name].dims}))
            if value and not math.isnan(value):
                worst = max(worst, abs(cell / value - 1))
    return worst


def _seconds(function: Callable[[], Any]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def main(rounds: int = 7) -> dict[str, float]:
    """Time the three in turns, print and return the medians and ratios."""
    worst = disagreement()
    cells = math.prod(len(axis) for axis in AXES.values())
    timed = [[_seconds(function) for function in (evaluated, factored, called_per_point)] for _ in range(rounds)]
    ours, by_hand, calls = (statistics.median(column) for column in zip(*timed, strict=True))
    per_cell, per_call = ours / cells, calls / POINTS_CALLED
    results = {"to_factored": ours / by_hand, "to_call": per_call / per_cell, "disagreement": worst}
    print(f"grid of {cells:,} points, {len(QUANTITIES)} quantities; medians of {rounds} rounds")
    print(f"gridscan           {1e3 * ours:9.2f} ms   {1e9 * per_cell:9.1f} ns a point")
    print(f"factored numpy     {1e3 * by_hand:9.2f} ms   {1e9 * by_hand / cells:9.1f} ns a point")
    print(f"function a point                  {1e9 * per_call:9.1f} ns a point")
    print(f"gridscan takes {results['to_factored']:.2f} times as long as factored numpy")
    print(f"gridscan is {results['to_call']:,.0f} times faster a point than the function called for each")
    print(f"largest relative difference between the three: {worst:.1e}")
    return results


if __name__ == "__main__":
    main()

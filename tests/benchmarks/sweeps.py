"""A small grid of a cheap function: gridscan, xyzpy, pipefunc, a plain loop and numpy by hand, time per cell.

Run ``python tests/benchmarks/sweeps.py``. Install the peers with ``pip install gridscan[bench]``; what is missing is
left out. All evaluate the same functions of the same floats. They take turns in one process, each after a call that is
not counted and whose result is compared; medians of some rounds are printed, and their ratios to gridscan. Models,
runners and pipelines are made once, progress bars are off, and every run to disk begins in an empty folder.

The peers are made for functions that are slow, and call them for each value; a function of whole arrays, which both
take too, would be numpy by hand. xyzpy has one process unless told otherwise, pipefunc one for each core. A process a
call would be no service to a function as cheap as this, so the default of each is what is timed, and pipefunc without
its processes besides.

Then the helper `sphere` is edited between two runs of a copy of this file, each in a process of its own, where every
tool is asked to go on from what is on disk: xyzpy by `missing_only`, pipefunc by `resume`. By default both compute all
of it anew, and xyzpy then refuses to merge numbers that differ.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import importlib.metadata
import importlib.util
import itertools
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

import gridscan as gs

#: In kg/s, J, m and kg: all in SI, so that no tool converts anything. Lists of floats are quickest in a loop.
AXES: dict[str, list[float]] = {
    "sfr": np.linspace(3e22, 3e23, 20).tolist(),
    "mean_energy": np.linspace(1e-13, 3e-13, 20).tolist(),
    "distance": np.geomspace(3e18, 3e20, 10).tolist(),
    "detector_mass": np.geomspace(1e6, 1e9, 10).tolist(),
}
AXIS_UNITS = {"sfr": "kg/s", "mean_energy": "J", "distance": "m", "detector_mass": "kg"}
CONSTANTS = {
    "lifetime": 3.2e13,
    "stars_per_mass": 3e-33,
    "luminosity": 1e31,
    "cross_section_slope": 5.7e-36,
    "electrons_per_mass": 3.3e26,
}
CONSTANT_UNITS = {
    "lifetime": "s",
    "stars_per_mass": "1/kg",
    "luminosity": "J/s",
    "cross_section_slope": "m^2/J",
    "electrons_per_mass": "1/kg",
}
SHAPE = tuple(len(values) for values in AXES.values())
CELLS = math.prod(SHAPE)
PEERS = ("xyzpy", "pipefunc")
HELPER, EDITED = "return 4 * math.pi * distance**2", "return 8 * math.pi * distance**2"


def sphere(distance: Any) -> Any:
    """Return the area of a sphere."""
    return 4 * math.pi * distance**2


def stars(sfr: Any, lifetime: Any, stars_per_mass: Any) -> Any:
    """N = SFR t n. Source: constant star formation."""
    return sfr * lifetime * stars_per_mass


def emission(stars: Any, luminosity: Any, mean_energy: Any) -> Any:
    """Q = N L/⟨E⟩. Source: definition of the mean energy."""
    return stars * luminosity / mean_energy


def flux(emission: Any, distance: Any) -> Any:
    """F = Q/(4π d²). Source: inverse-square law."""
    return emission / sphere(distance)


def cross_section(cross_section_slope: Any, mean_energy: Any) -> Any:
    """σ = s ⟨E⟩. Source: scattering on electrons far above their mass."""
    return cross_section_slope * mean_energy


def targets(detector_mass: Any, electrons_per_mass: Any) -> Any:
    """n = M y. Source: definition."""
    return detector_mass * electrons_per_mass


def events(flux: Any, cross_section: Any, targets: Any) -> Any:
    """R = F σ n. Source: definition of the cross section."""
    return flux * cross_section * targets


#: What each formula makes: its unit, and the axes it depends on.
FORMULAS: dict[Callable[..., Any], tuple[str, tuple[str, ...]]] = {
    stars: ("1", ("sfr",)),
    emission: ("1/s", ("sfr", "mean_energy")),
    flux: ("1/m^2/s", ("sfr", "mean_energy", "distance")),
    cross_section: ("m^2", ("mean_energy",)),
    targets: ("1", ("detector_mass",)),
    events: ("1/s", tuple(AXES)),
}


def at_cell(sfr: Any, mean_energy: Any, distance: Any, detector_mass: Any) -> Any:
    """Return the events a second of one cell, or of arrays that broadcast."""
    given = CONSTANTS
    number = stars(sfr, given["lifetime"], given["stars_per_mass"])
    here = flux(emission(number, given["luminosity"], mean_energy), distance)
    section = cross_section(given["cross_section_slope"], mean_energy)
    return events(here, section, targets(detector_mass, given["electrons_per_mass"]))


@dataclass(frozen=True)
class Way:
    """One way to fill the grid: into memory, to a folder, and back from there."""

    name: str
    evaluate: Callable[[], Any]
    write: Callable[[Path], Any]
    read: Callable[[Path], Any]


def gridscan_model() -> gs.Model:
    """Return the model: the same functions, with units."""
    model = gs.Model("sweep", "Events of stars that all send the same neutrinos")
    for name, unit in AXIS_UNITS.items():
        model.parameter(name, f"{AXES[name][0]!r} {unit}", name.replace("_", " "), minimum=0)
    for name, unit in CONSTANT_UNITS.items():
        model.parameter(name, f"{CONSTANTS[name]!r} {unit}", name.replace("_", " "), minimum=0)
    for function, (unit, _) in FORMULAS.items():
        model.quantity(unit)(function)
    return model


def write_scenario(folder: Path, axes: dict[str, list[float]]) -> Path:
    """Write the scenario of a grid into a folder."""
    lines = (f'{name} = {{ values = {values!r}, unit = "{AXIS_UNITS[name]}" }}' for name, values in axes.items())
    path = folder / "sweep.toml"
    path.write_text('model = "sweep"\n[axes]\n' + "\n".join(lines) + '\n[output]\nquantities = ["events"]\n')
    return path


def by_gridscan(axes: dict[str, Any] = AXES) -> Way:
    """Return gridscan: a call, and the run of a scenario file to a netCDF file."""
    model = gridscan_model()

    def write(folder: Path) -> None:
        gs.run(write_scenario(folder, axes), model=model, output=folder / "events.nc")

    def read(folder: Path) -> Any:
        with gs.open(folder / "events.nc") as dataset:
            return dataset.events.transpose(*axes).values

    return Way("gridscan", lambda: model.evaluate("events", **axes).transpose(*axes).values, write, read)


def _by_hand(name: str, evaluate: Callable[[], Any]) -> Way:
    def write(folder: Path) -> None:
        array = xr.DataArray(evaluate(), AXES, tuple(AXES), "events")
        array.to_netcdf(folder / "events.nc", engine="netcdf4")

    def read(folder: Path) -> Any:
        with xr.open_dataarray(folder / "events.nc", engine="netcdf4") as array:
            return array.values

    return Way(name, evaluate, write, read)


def by_numpy() -> Way:
    """Return broadcasting, the factors each over their own axes; xarray writes."""
    return _by_hand("numpy by hand", lambda: at_cell(*np.ix_(*map(np.asarray, AXES.values()))))


def by_loop() -> Way:
    """Return a call for each cell; xarray writes."""
    return _by_hand(
        "plain loop",
        lambda: np.array([at_cell(*cell) for cell in itertools.product(*AXES.values())]).reshape(SHAPE),
    )


def by_xyzpy(**options: Any) -> Way:
    """Return xyzpy: a runner, and a harvester to disk with options; it knows one function, called for each cell."""
    xyzpy = importlib.import_module("xyzpy")
    runner = xyzpy.Runner(at_cell, var_names="events")

    def harvester(folder: Path) -> Any:
        return xyzpy.Harvester(runner, data_name=str(folder / "events.h5"))

    return Way(
        "xyzpy",
        lambda: runner.run_combos(AXES, verbosity=0).events.transpose(*AXES).values,
        lambda folder: harvester(folder).harvest_combos(AXES, verbosity=0, **options),
        lambda folder: harvester(folder).full_ds.events.transpose(*AXES).values,
    )


def pipefunc_pipeline() -> Any:
    """Return the pipeline: each formula mapped over its own axes only."""
    pipefunc = importlib.import_module("pipefunc")
    letters = dict(zip(AXES, "ijkl", strict=True))
    indices = {name: (name,) for name in AXES} | {function.__name__: axes for function, (_, axes) in FORMULAS.items()}

    def indexed(name: str) -> str:
        return f"{name}[{', '.join(letters[axis] for axis in indices[name])}]"

    functions = []
    for function in FORMULAS:
        arguments = [name for name in function.__code__.co_varnames[: function.__code__.co_argcount] if name in indices]
        mapspec = f"{', '.join(map(indexed, arguments))} -> {indexed(function.__name__)}"
        functions.append(pipefunc.PipeFunc(function, function.__name__, mapspec=mapspec))
    return pipefunc.Pipeline(functions)


def by_pipefunc(name: str, in_memory: dict[str, Any], to_disk: dict[str, Any]) -> Way:
    """Return pipefunc with options for its map, in memory and with a folder."""
    pipeline, load = pipefunc_pipeline(), importlib.import_module("pipefunc.map").load_outputs
    inputs = {**AXES, **CONSTANTS}
    return Way(
        name,
        lambda: pipeline.map(inputs, **in_memory)["events"].output,
        lambda folder: pipeline.map(inputs, run_folder=folder / "run", **to_disk),
        lambda folder: load("events", run_folder=folder / "run"),
    )


def ways() -> list[Way]:
    """Return all that can be timed here, gridscan first."""
    found = [by_gridscan(), by_numpy(), by_loop()]
    if "xyzpy" in installed():
        found.append(by_xyzpy())
    if "pipefunc" in installed():
        # Its default storage on disk is a file for each value; the other keeps a dictionary and writes that at the end.
        sequential = {"parallel": False, "storage": "dict"}
        found += [by_pipefunc("pipefunc, sequential", sequential, sequential), by_pipefunc("pipefunc, default", {}, {})]
    return found


def installed() -> dict[str, str]:
    """Return the peers that are installed, with their versions."""
    return {name: importlib.metadata.version(name) for name in PEERS if importlib.util.find_spec(name)}


def _seconds(function: Callable[[], Any]) -> float:
    # What the one before left to be done, such as files on their way to the disk, is not this one's.
    gc.collect()
    os.sync()
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def _seconds_to_disk(way: Way) -> float:
    with tempfile.TemporaryDirectory() as folder:
        return _seconds(lambda: way.write(Path(folder)))


def disagreement(way: Way, expected: np.ndarray) -> float:
    """Return the largest relative difference from the values expected, in memory and back from disk."""
    with tempfile.TemporaryDirectory() as folder:
        way.write(Path(folder))
        found = [np.asarray(array, dtype=float) for array in (way.evaluate(), way.read(Path(folder)))]
    if any(array.shape != SHAPE for array in found):
        raise SystemExit(f"{way.name}: shapes {[array.shape for array in found]}, expected {SHAPE}")
    worst = float(np.max([np.abs(array / expected - 1) for array in found]))
    if not worst < 1e-12:
        raise SystemExit(f"{way.name}: a relative difference of {worst:.1e} from numpy, expected less than 1e-12")
    return worst


def after_an_edit() -> dict[str, str]:
    """Return what each tool has on disk after a run, an edit of the helper and a run that goes on."""
    found = {}
    for tool in ("gridscan", *installed()):
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder, "edited_sweep.py")
            shutil.copy(__file__, script)
            before = _goes_on(script, tool)
            text = script.read_text(encoding="utf-8")
            if text.count(f"    {HELPER}") != 1:
                raise SystemExit(f"expected one line {HELPER!r} to edit")
            script.write_text(text.replace(f"    {HELPER}", f"    {EDITED}"), encoding="utf-8")
            ratio = _goes_on(script, tool) / before
            found[tool] = {1.0: "old numbers", 0.5: "recomputed"}.get(round(ratio, 9), f"{ratio} of the old numbers")
    return found


def _goes_on(script: Path, tool: str) -> float:
    command = [sys.executable, str(script), "--go-on", tool]
    done = subprocess.run(command, cwd=script.parent, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{tool} could not go on:\n{done.stderr}")
    return float(done.stdout.split()[-1])


def go_on(tool: str, folder: Path) -> float:
    """Run one tool to a folder, going on from what it finds there; return the sum of what is there then."""
    if tool == "gridscan":
        way = by_gridscan()
    elif tool == "xyzpy":
        way = by_xyzpy(missing_only=True)
    else:
        way = by_pipefunc(tool, {}, {"parallel": False, "storage": "dict", "resume": True})
    way.write(folder)
    return float(np.sum(np.asarray(way.read(folder), dtype=float)))


def timed(compared: list[Way], rounds: int) -> dict[str, float]:
    """Return the median seconds of each way, by name and place, after rounds in which they take turns."""
    found: dict[str, list[float]] = {}
    for _ in range(rounds):
        for way in compared:
            found.setdefault(f"{way.name}, memory", []).append(_seconds(way.evaluate))
            found.setdefault(f"{way.name}, disk", []).append(_seconds_to_disk(way))
    return {name: statistics.median(seconds) for name, seconds in found.items()}


def main(rounds: int = 5, edit: bool = True) -> dict[str, float]:
    """Time all in turns, print and return nanoseconds a cell, by name and place."""
    for name in PEERS:
        if name not in installed():
            print(f"{name} is not installed: no comparison (pip install gridscan[bench])")
    compared, expected = ways(), by_numpy().evaluate()
    worst = max(disagreement(way, expected) for way in compared)
    single = replace(by_gridscan({name: values[:1] for name, values in AXES.items()}), name="one cell")
    seconds = timed([*compared, single], rounds)
    results = {name: 1e9 * found / CELLS for name, found in seconds.items() if not name.startswith("one cell")}
    versions = "".join(f", {name} {version}" for name, version in installed().items())
    print(f"{CELLS:,} cells along {len(AXES)} axes{versions}; medians of {rounds} rounds, ns a cell")
    print(f"{'':22}{'in memory':>12}{'to gridscan':>13}{'to disk':>12}{'to gridscan':>13}")
    for way in compared:
        memory, disk = (results[f"{way.name}, {place}"] for place in ("memory", "disk"))
        ratios = memory / results["gridscan, memory"], disk / results["gridscan, disk"]
        print(f"{way.name:22}{memory:12,.1f}{ratios[0]:13,.2f}{disk:12,.1f}{ratios[1]:13,.2f}")
    memory, disk = (1e3 * seconds[f"one cell, {place}"] for place in ("memory", "disk"))
    print(f"gridscan for a grid of one cell: {memory:.2f} ms in memory, {disk:.1f} ms to disk")
    print(f"largest relative difference from numpy, in memory and back from disk: {worst:.1e}")
    if edit:
        for tool, outcome in after_an_edit().items():
            print(f"{tool}, asked to go on after a helper was edited: {outcome}")
    return results


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5, help="how often each is timed")
    parser.add_argument("--no-edit", action="store_true", help="leave the edit of the helper out")
    parser.add_argument("--go-on", metavar="TOOL", help="only run this tool in the current folder, and print the sum")
    chosen = parser.parse_args()
    if chosen.go_on:
        print(go_on(chosen.go_on, Path.cwd()))
    else:
        main(chosen.rounds, edit=not chosen.no_edit)

"""A toy model with all that a run can meet, whose functions count their cells, and runs of it from plain values."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from planets import PLANETS, Counted

import gridscan as gs
from gridscan.engine.forecast import Forecast, forecast
from gridscan.engine.plan import Plan, make_plan
from gridscan.engine.progress import Outcome, Progress
from gridscan.limits import DEFAULT, Limits
from gridscan.model import Model
from gridscan.run import execute, perform
from gridscan.scenario.reader import Scenario

# An integrand is evaluated at the nodes of two rules before these agree.
_NODES = 16 + 32


class Tally(Counted):
    """A function that counts its cells; those of an integral by its nodes."""

    def __init__(self, function: Callable[..., Any], nodes: int = 1) -> None:
        super().__init__(function)
        self.nodes = nodes

    def __call__(self, **arguments: Any) -> Any:
        result = self.function(**arguments)
        self.calls += 1
        self.cells += np.size(result[0] if isinstance(result, tuple) else result) / self.nodes
        return result


def make_landscape() -> tuple[Model, dict[str, Tally]]:
    """Return a model with a label, a vector, a choice, kernels with and without an error, an integral and a count."""
    model = Model("landscape", "Hills that are counted")
    kept = ("albedo", "layers", "source")
    records = {label: {key: record[key] for key in kept} for label, record in PLANETS.items()}
    planet = model.label("planet", "earth", "Planet", records=records)
    model.parameter("albedo", planet, "Share of the light that is reflected", minimum=0, maximum=1)
    model.parameter("layers", planet, "Depth of each layer", vector="layer", padded=True, minimum=0)
    model.parameter("a", "3 m", "First length", minimum=0)
    for name in "bcdef":
        model.parameter(name, 2.0, f"Number {name}")
    model.parameter("cover", "bare", "What grows", choices=["bare", "woods"])
    model.parameter("start", "0 s", "Begin")
    model.parameter("end", "10 s", "End")
    model.parameter("moment", "1 s", "Time")
    tallies = {name: Tally(function, _NODES if name == "warmth" else 1) for name, function in _declare(model).items()}
    for name, node in model.quantities.items():
        model._nodes[name] = replace(node, function=tallies[node.error_of or name])
    return model.check(), tallies


def _declare(model: Model) -> dict[str, Callable[..., Any]]:
    @model.kernel("km", long_name="roughness", a="m", b="1")
    def rough(a, b):
        """sqrt(a^2 + b). Source: none."""
        return np.sqrt(a * a + b * b) / 1000

    @model.kernel("1", long_name="depth", error=True, layers="1")
    def depth(layers):
        """Depth of the deepest layer, known to a thousandth. Source: none."""
        return layers.max(axis=-1), 1e-3 * layers.max(axis=-1)

    @model.integral("s", over="moment", lower="start", upper="end", long_name="warmth")
    def warmth(moment, albedo, c, end):
        """∫ dt a (t / T + c). Source: none."""
        return albedo * (moment / end + c)

    @model.kernel("1", long_name="base, which has no dimensions as long as e has none", e="1")
    def base(e):
        """e / 3. Source: none."""
        return e / 3

    @model.quantity("m", long_name="slope")
    def slope(rough, c):
        """r c. Source: none."""
        return rough * c

    @model.quantity("km", long_name="height")
    def height(slope, base, d, f):
        """s d + s e / 3 / f. Source: none."""
        return slope * d + slope * base / f

    @model.quantity("s", long_name="colour")
    def colour(depth, warmth, cover):
        """d w, and half of it in woods. Source: none."""
        return depth * warmth * np.where(cover == "bare", 1.0, 0.5)

    @model.quantity("1", long_name="number of stones", count=True)
    def stones(rough, a, d):
        """10 r d^2 / a. Source: none."""
        return 10 * rough / a * (d * d)

    return {function.__name__: function for function in (rough, depth, warmth, base, slope, height, colour, stones)}


def written(value: Any) -> str:
    """Return a value as TOML."""
    return json.dumps(value)


@dataclass(frozen=True)
class Grid:
    """What is asked for: outputs, values of axes and of parameters, zipped axes by dimension, and more."""

    outputs: Sequence[str]
    axes: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    zipped: Mapping[str, Mapping[str, Sequence[Any]]] = field(default_factory=dict)
    records: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    sampling: Mapping[str, int] | None = None
    types: Mapping[str, str] = field(default_factory=dict)
    output: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The scenario."""
        lines = ['model = "landscape"', "[axes]", *(f"{name} = {written(list(v))}" for name, v in self.axes.items())]
        for dim, members in self.zipped.items():
            lines += [f"[axes.zip.{dim}]", *(f"{name} = {written(list(v))}" for name, v in members.items())]
        lines += ["[parameters]", *(f"{name} = {written(value)}" for name, value in self.parameters.items())]
        for label, values in self.records.items():
            lines += [f"[catalogue.planet.{label}]", *(f"{name} = {written(value)}" for name, value in values.items())]
        if self.sampling is not None:
            lines += ["[sampling]", *(f"{name} = {value}" for name, value in self.sampling.items())]
        types = ", ".join(f'{name} = "{kind}"' for name, kind in self.types.items())
        lines += ["[output]", f"quantities = {written(list(self.outputs))}", f"types = {{{types}}}"]
        return "\n".join([*lines, *(f'{name} = "{value}"' for name, value in self.output.items())]) + "\n"


class Land:
    """A folder in which grids of the landscape are run, one after the other, to one file."""

    def __init__(self, folder: Path, name: str = "land.nc", limits: Limits = DEFAULT) -> None:
        self.path, self.limits = folder / name, limits
        self.model, self.tallies = make_landscape()
        # From here on the proof of the units counts no more.
        self.model.evaluate(list(self.tallies))

    def plan(self, grid: Grid, **changed: Any) -> Plan:
        """Return the plan of a grid; `changed` are functions in the place of those of the model."""
        model = self.model.replace(**changed) if changed else self.model
        for tally in self.tallies.values():
            tally.reset()
        scenario = Scenario.parse(grid.text, name="land.toml", model=model)
        return make_plan(scenario, path=self.path, limits=self.limits)

    def run(self, grid: Grid, **changed: Any) -> Outcome:
        """Run a grid."""
        return perform(self.plan(grid, **changed))

    def stop(self, grid: Grid, blocks: int) -> Path:
        """Run a grid, stop after some blocks, and return what is left of it."""
        left = iter(range(blocks + 1))

        def watch(_: Progress) -> None:
            if next(left, None) is None:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            perform(self.plan(grid), progress=watch)
        (remains,) = self.path.parent.glob(f".{self.path.name}.*.work")
        return remains

    def forecast(self, grid: Grid, **changed: Any) -> Forecast:
        """Say what a run would find."""
        return forecast(self.plan(grid, **changed))

    @property
    def cells(self) -> dict[str, int]:
        """On how many cells each function has run since the last plan, where it did."""
        return {name: round(tally.cells) for name, tally in self.tallies.items() if tally.cells}

    def data(self) -> xr.Dataset:
        """Return the result."""
        with gs.open(self.path) as dataset:
            return dataset.load()

    def same_as_undisturbed(self, grid: Grid, **changed: Any) -> None:
        """Check the result against the same run where nothing was there, and against an evaluation."""
        beside = Land(self.path.parent / "undisturbed", self.path.name, self.limits)
        beside.model, beside.tallies = self.model, self.tallies
        _remove(beside.path)
        plan = beside.plan(grid, **changed)
        perform(plan)
        beside.plan(grid, **changed)
        xr.testing.assert_identical(self.data(), beside.data())
        lazy = execute(plan)
        for name, variable in self.data().data_vars.items():
            if variable.dtype != np.float32:
                xr.testing.assert_allclose(variable, lazy[name], rtol=1e-13)
        _remove(beside.path)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)


def blocks_of(cells: int, **others: int) -> Limits:
    """Return limits for blocks of so many cells at most, also where what is read and reused at once is concerned."""
    return Limits(largest_block=cells, smallest_block=1, read_cells=2 * cells, **{"fewest_blocks": 1, **others})

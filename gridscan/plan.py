"""The plan of a run: axes, what is computed with which dimensions and size, and the memory that it takes.

The plan that is printed is the object that is executed.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gridscan.draws import DRAWN, REALISATION
from gridscan.errors import StoreError
from gridscan.layout import Layout, lay_out
from gridscan.scenario import Scenario
from gridscan.units import readable

_BYTES = 8
#: An interpreter with numpy, xarray and netCDF4 loaded, and what dask and its buffers add; CPython 3.11 on Linux.
_BASE_MEMORY = 165_000_000
_DASK_MEMORY = 90_000_000
#: A step holds its arguments, its result and about one temporary of the same size.
_COPIES = 3


@dataclass(frozen=True)
class PlannedAxis:
    """One dimension of the grid."""

    name: str
    size: int
    members: tuple[str, ...]
    values: str


@dataclass(frozen=True)
class PlannedQuantity:
    """One quantity that is computed."""

    name: str
    unit: str
    dims: tuple[str, ...]
    cells: int
    lazy: bool
    output: bool

    @property
    def nbytes(self) -> int:
        """Size of the array."""
        return self.cells * _BYTES


@dataclass(frozen=True)
class Plan:
    """What a run of a scenario will do."""

    scenario: Scenario
    layout: Layout
    path: Path

    @property
    def axes(self) -> list[PlannedAxis]:
        """The axes in their order."""
        resolved = self.layout.resolved
        axes = []
        for dim, size in resolved.sizes.items():
            members = tuple(
                name for name, item in resolved.coordinates.items() if item.dims == (dim,) and name in resolved.given
            )
            axes.append(PlannedAxis(dim, size, members, "; ".join(_summary(self.layout, name) for name in members)))
        if self.layout.sampling is not None and self.layout.drawn:
            many, seed = self.layout.sampling.realisations, self.layout.sampling.seed
            axes.append(PlannedAxis(REALISATION, many, (), f"Poisson draws of counts, seed {seed}"))
        return axes

    @property
    def quantities(self) -> list[PlannedQuantity]:
        """Every quantity in the order in which it is computed."""
        layout = self.layout
        computed = [
            PlannedQuantity(
                step.name,
                readable(step.node.unit),
                layout.dims[step.name],
                layout.cells(step.name),
                layout.is_lazy(step.name),
                step.name in layout.graph.targets,
            )
            for step in layout.graph.steps
        ]
        return [*computed, *(self._draws(item) for item in computed if item.name in layout.drawn)]

    def _draws(self, count: PlannedQuantity) -> PlannedQuantity:
        assert self.layout.sampling is not None
        cells = count.cells * self.layout.sampling.realisations
        dims = (*count.dims, REALISATION)
        return PlannedQuantity(
            f"{count.name}{DRAWN}", "1", dims, cells, self.layout.realisations_at_once(count.name) > 0, output=True
        )

    @property
    def output_bytes(self) -> int:
        """Size of the data in the file."""
        return sum(item.nbytes for item in self.quantities if item.output)

    @property
    def peak_memory(self) -> int:
        """Expected peak of the resident memory, in bytes."""
        items = self.quantities
        taken = {name for step in self.layout.graph.steps for name in step.arguments}
        kept = sum(item.nbytes * (1 + (item.output and item.name in taken)) for item in items if not item.lazy)
        largest = max((item.nbytes for item in items if not item.lazy), default=0)
        lazy = sum(item.lazy for item in items)
        if not lazy:
            return _BASE_MEMORY + kept + largest
        chunk = _BYTES * math.prod(max(sizes) for sizes in self.layout.chunks.values())
        return _BASE_MEMORY + _DASK_MEMORY + kept + chunk * (lazy + _COPIES) * (os.cpu_count() or 1)


def make_plan(scenario: Scenario, *, quantities: Sequence[str] | None = None, path: str | Path | None = None) -> Plan:
    """Prove a scenario's model and measure what a run of it takes.

    Parameters
    ----------
    quantities
        Instead of those of the scenario.
    path
        Instead of the output path of the scenario.

    Raises
    ------
    ModelError, UnitError, ScenarioError
        If the model or a unit is wrong, or a quantity unknown.
    StoreError
        If the path is none of a netCDF file.
    """
    place = Path(path) if path is not None else scenario.output_path
    if place.suffix != ".nc":
        raise StoreError(f"{place}: the output is a netCDF file, whose name ends in .nc")
    return Plan(
        scenario, lay_out(scenario.resolved, quantities or scenario.quantities, scenario.schema.sampling), place
    )


def _summary(layout: Layout, name: str) -> str:
    item = layout.resolved.coordinates[name]
    shown = [f"{value:g}" if item.unit is not None else str(value) for value in item.values]
    if len(shown) > 8:
        shown = [*shown[:3], "…", shown[-1]]
    unit = "" if item.unit is None or readable(item.unit) == "1" else f" {readable(item.unit)}"
    return f"{'' if name in layout.resolved.sizes else name + ' = '}{', '.join(shown)}{unit}"

"""The plan of a run: axes, quantities with their dimensions and sizes, and the memory needed.

The plan that is printed is the object that is executed.
"""

from __future__ import annotations

import contextlib
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gridscan.engine.partition import BlockPlan, VariableGroup, divide
from gridscan.errors import StoreError, listed
from gridscan.evaluation.layout import Layout, lay_out
from gridscan.inputs.cases import CASE
from gridscan.inputs.sampling import DRAWN, REALISATION
from gridscan.limits import DEFAULT
from gridscan.scenario.schema import Storage
from gridscan.uncertainty.designs import DRAW
from gridscan.units import readable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridscan.limits import Limits
    from gridscan.scenario.reader import Scenario

_BYTES = 8
#: Memory of an interpreter with numpy, xarray, netCDF4 and h5py loaded; CPython 3.11 on Linux.
_BASE_MEMORY = 190_000_000
#: Copies of a block in memory besides the results of its steps: temporaries, the finished block, one being sent.
_COPIES = 4
#: Share of the machine's memory that a run may take by default.
_SHARE = 0.25
_SUFFIXES = {"netcdf": ".nc", "zarr": ".zarr"}


@dataclass(frozen=True)
class PlannedAxis:
    """One dimension of the grid.

    Attributes
    ----------
    weight
        The measure by which its values have weights.
    """

    name: str
    size: int
    members: tuple[str, ...]
    values: str
    weight: str = "equal"


@dataclass(frozen=True)
class PlannedQuantity:
    """One quantity that is computed.

    Attributes
    ----------
    blocks
        Number of blocks in which it is computed and stored; 0 where it is computed at once, or in blocks of others.
    """

    name: str
    unit: str
    dims: tuple[str, ...]
    cells: int
    blocks: int
    output: bool

    @property
    def nbytes(self) -> int:
        """Size of the array."""
        return self.cells * _BYTES


@dataclass(frozen=True)
class Plan:
    """What a run of a scenario will do."""

    scenario: Scenario
    block_plan: BlockPlan
    path: Path
    storage: Storage
    memory: int

    @property
    def layout(self) -> Layout:
        """The proven graph and its dimensions."""
        return self.block_plan.layout

    @property
    def names(self) -> list[str]:
        """What the file calls its variables and dimensions."""
        stored = [item.quantity for item in self.block_plan.stored.values()]
        return list(dict.fromkeys([*self.layout.resolved.sizes, *self.layout.coordinates, *stored]))

    @property
    def axes(self) -> list[PlannedAxis]:
        """The axes in their order."""
        resolved = self.layout.resolved
        axes = []
        for dim, size in resolved.sizes.items():
            members = tuple(
                name for name, item in resolved.coordinates.items() if item.dims == (dim,) and name in resolved.given
            )
            values = "; ".join(_summary(self.layout, name) for name in members)
            if dim == DRAW and resolved.drawn is not None:
                values = f"{resolved.drawn.design.described}: {', '.join(members)}"
            if dim == CASE:
                values = f"{listed(resolved.coordinates[CASE].values.tolist())}: {', '.join(members)}"
            axes.append(PlannedAxis(dim, size, members, values, resolved.measures[dim].name))
        if self.layout.sampling is not None and self.layout.drawn:
            many, seed = self.layout.sampling.realisations, self.layout.sampling.seed
            axes.append(PlannedAxis(REALISATION, many, (), f"Poisson draws of counts, seed {seed}"))
        return axes

    @property
    def following(self) -> dict[str, str]:
        """By name, how each value follows another parameter."""
        used = self.layout.graph.inputs
        return {name: item.words for name, item in self.layout.resolved.dependent.items() if name in used}

    @property
    def uncertain(self) -> dict[str, str]:
        """By name, the distributions that are drawn from, in words."""
        drawn = self.layout.resolved.drawn
        return {} if drawn is None else drawn.described

    @property
    def quantities(self) -> list[PlannedQuantity]:
        """Every quantity in the order in which it is computed."""
        layout, blocks = self.layout, self._blocks()
        computed = [
            PlannedQuantity(
                step.name,
                readable(step.node.unit),
                layout.dims[step.name],
                layout.cells(step.name),
                blocks.get(step.name, 0),
                step.name in layout.graph.targets,
            )
            for step in layout.graph.steps
        ]
        return [*computed, *(self._draws(item) for item in computed if item.name in layout.drawn)]

    def _draws(self, count: PlannedQuantity) -> PlannedQuantity:
        assert self.layout.sampling is not None
        cells = count.cells * self.layout.sampling.realisations
        dims = (*count.dims, REALISATION)
        key = f"{count.name}{DRAWN}"
        return PlannedQuantity(key, "1", dims, cells, self._blocks()[key], output=True)

    def _blocks(self) -> dict[str, int]:
        """Return the number of blocks of each stored quantity, intermediate ones under their own names."""
        stored = self.block_plan.stored
        return {
            key if stored[key].drawn else stored[key].quantity: group.number
            for group in self.block_plan.groups
            for key in group.stored
        }

    @property
    def output_bytes(self) -> int:
        """Size of the data in the file."""
        return sum(item.nbytes for item in self.block_plan.stored.values() if item.is_output)

    @property
    def threads(self) -> int:
        """Number of blocks computed at a time in one process: one per core, if memory allows."""
        room = self.memory - self._held
        return max(1, min(cores(), room // max(self._block_memory, 1) - 1))

    @property
    def peak_memory(self) -> int:
        """Expected peak of the resident memory, in bytes."""
        return self._held + self._block_memory * (self.threads + 1)

    @property
    def least_memory(self) -> int:
        """Smallest memory that a run needs."""
        return self._held + 2 * self._block_memory

    @property
    def _held(self) -> int:
        layout = self.layout
        inputs = sum(item.data.nbytes for item in layout.resolved.inputs.values())
        return _BASE_MEMORY + inputs + _BYTES * sum(layout.cells(step.name) for step in self.block_plan.factors)

    @property
    def _block_memory(self) -> int:
        return max((self._memory_of(group) for group in self.block_plan.groups), default=0)

    def _memory_of(self, group: VariableGroup) -> int:
        block = dict(zip(group.dims, group.block, strict=True))
        cells = sum(math.prod(block[dim] for dim in self.layout.dims[step.name]) for step in group.steps)
        return _BYTES * (cells + (_COPIES + len(group.stored)) * math.prod(group.block))


def cores() -> int:
    """Return the number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def default_memory() -> int:
    """Return a quarter of the memory of this machine, or of what a container or a batch system allows."""
    whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):
            whole = min(whole, int(Path(limit).read_text(encoding="ascii")))
    return int(_SHARE * whole)


def memory_size(text: str | int) -> int:
    """Return a size in bytes from a text such as ``"1GB"``.

    Raises
    ------
    StoreError
        If it is not a size.
    """
    from dask.utils import parse_bytes

    try:
        size = int(parse_bytes(text)) if text and not isinstance(text, bool) else 0
    except ValueError:
        size = 0
    if size <= 0:
        raise StoreError(f"{text!r} is not a size of memory; write for example '500MB' or '2GB'")
    return size


def make_plan(
    scenario: Scenario,
    *,
    quantities: Sequence[str] | None = None,
    path: str | Path | None = None,
    memory: str | int | None = None,
    limits: Limits = DEFAULT,
) -> Plan:
    """Check the units of a scenario's model and plan its run.

    Parameters
    ----------
    quantities
        Quantities instead of those of the scenario.
    path
        Output path instead of that of the scenario.
    memory
        Memory that the run may take, such as ``"1GB"``; a quarter of the machine's by default.
    limits
        Sizes of blocks and the like, and timeouts.

    Raises
    ------
    ModelError, UnitError, ScenarioError
        If the model or a unit is wrong, or a quantity unknown.
    StoreError
        If the path cannot be that of a result, or the memory is too small.
    """
    place, output = Path(path).expanduser() if path is not None else scenario.output_path, scenario.schema.output
    form = output.format
    if path is not None and place.suffix in _SUFFIXES.values():
        form = "zarr" if place.suffix == ".zarr" else "netcdf"
    if place.suffix != _SUFFIXES[form]:
        found = (
            "a netCDF file, whose name ends in .nc" if form == "netcdf" else "a zarr folder, whose name ends in .zarr"
        )
        raise StoreError(f"{place}: the output is {found}")
    layout = lay_out(
        scenario.resolved,
        quantities or scenario.quantities,
        scenario.schema.sampling,
        types=output.types,
        limits=limits,
    )
    allowed = default_memory() if memory is None else memory_size(memory)
    plan = Plan(scenario, divide(layout), place, Storage(format=form, compression=output.compression), allowed)
    if memory is not None and plan.least_memory > allowed:
        least = math.ceil(plan.least_memory / 1e6)
        raise StoreError(f"{memory!r} of memory is not enough; this run needs at least {least}MB")
    return plan


def _summary(layout: Layout, name: str) -> str:
    item = layout.resolved.coordinates[name]
    shown = [f"{value:g}" if item.unit is not None else str(value) for value in item.values]
    if len(shown) > 8:
        shown = [*shown[:3], "…", shown[-1]]
    unit = "" if item.unit is None or readable(item.unit) == "1" else f" {readable(item.unit)}"
    return f"{'' if name in layout.resolved.sizes else name + ' = '}{', '.join(shown)}{unit}"

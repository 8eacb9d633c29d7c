"""Computing a plan into its file, block by block: resuming an earlier run and reusing cells of earlier results."""

from __future__ import annotations

import contextlib
import math
import os
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gridscan.atomic import check_space, folder_above, place_of, target_of
from gridscan.engine.compute import ComputedRegion, make_workload
from gridscan.engine.division import Division, all_blocks, bytes_in, cells_in
from gridscan.engine.executors.executors import Executor, Task
from gridscan.engine.failures import Failures
from gridscan.engine.files.build_layout import build_layout
from gridscan.engine.files.finalize import convert, has_its_metadata, needs_conversion
from gridscan.engine.files.guard import Guard
from gridscan.engine.files.paths import (
    Lenders,
    earlier_files_for,
    earlier_of,
    explained,
    own_of,
    remains,
    remove,
    removed_if_stopped,
    replace_result,
    resumed,
    working_path,
)
from gridscan.engine.files.working_file import WorkingFile, create, wait_for_disk
from gridscan.engine.libc import reserve
from gridscan.engine.partition import Region, VariableGroup, split
from gridscan.engine.progress import Outcome, Progress, ProgressCallback
from gridscan.engine.reuse.designs import notes_on, refuse_extension
from gridscan.engine.reuse.earlier_file import EarlierFile, close_all, damage_of
from gridscan.engine.reuse.matching import GroupReuse, Reuse
from gridscan.engine.shards import Shard, lenders_to, shard_of
from gridscan.errors import EvaluationError, StoreError
from gridscan.evaluation.positions import products, taken
from gridscan.scenario.schema import Storage
from gridscan.storage.checksums import checksum_of_block
from gridscan.storage.lock import locked
from gridscan.storage.zarr_support import check_library

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from gridscan.engine.file_layout import FileLayout
    from gridscan.engine.plan import Plan
    from gridscan.evaluation.positions import Positions


def carry_out(
    plan: Plan,
    executor: Executor,
    callback: ProgressCallback | None = None,
    *,
    fail_fast: bool = False,
    shard: Shard | None = None,
    reuse: Sequence[Path] = (),
) -> Outcome:
    """Compute a plan and write its file.

    Parameters
    ----------
    executor
        Computes the blocks.
    callback
        Called whenever a block is done.
    fail_fast
        Whether to stop at the first cell that cannot be computed.
    shard
        Which part of the blocks to compute, into a file of its own.
    reuse
        Other results whose cells may be taken.

    Raises
    ------
    StoreError
        If the file cannot be written, or another run is writing it. Finished blocks are kept.
    EvaluationError
        If no cell can be computed, or one cannot and `fail_fast` is set.
    """
    output = place_of(plan.path)
    check_library(plan.storage)
    place = output if shard is None else shard.path(output)
    guard = Guard(place, plan.storage if shard is None else Storage())
    created = None if folder_above(place) == place.parent else place.parent
    path, whole = target_of(place), build_layout(plan)
    file_layout = whole if shard is None else shard.marked(whole)
    with explained(path, working_path(path, file_layout.record["run"])), locked(path):
        run = _Run(plan, guard, file_layout, executor, lenders_to(output, shard, reuse))
        run.callback, run.fail_fast = callback or run.callback, fail_fast
        return replace(run.outcome(), created=created)


class _Run:
    def __init__(self, plan: Plan, guard: Guard, file_layout: FileLayout, executor: Executor, lenders: Lenders) -> None:
        self.plan, self.guard, self.file_layout, self.executor = plan, guard, file_layout, executor
        self.path, self.lenders, self.shard = guard.path, lenders, shard_of(file_layout.record)
        self.callback: ProgressCallback = lambda _: None
        self.fail_fast = False
        self.block_plan = plan.block_plan
        self.part = all_blocks(self.block_plan)
        self.progress = Progress(self.block_plan.output_cells, self.block_plan.nbytes)
        if self.shard is not None:
            self.part = Division(self.block_plan, self.shard.of).part(self.shard.number)
            self.progress = Progress(cells_in(self.block_plan, self.part), bytes_in(self.block_plan, self.part))
        self.failures = Failures(
            self.block_plan, {str(name) for name in [*file_layout.dataset.variables, *file_layout.dataset.sizes]}
        )
        self.computed = dict.fromkeys(self.block_plan.stored, 0)
        self.kept = 0
        self.prepared: bool | None = None
        self.notes: list[str] = []

    def outcome(self) -> Outcome:
        working_at = working_path(self.path, self.file_layout.record["run"])
        if os.path.isdir(earlier_of(self.path)) and not os.path.exists(self.path):
            os.replace(earlier_of(self.path), self.path)
        earlier_files, notes = earlier_files_for(self.path, self.lenders, working_at, self.plan.layout.limits)
        self.notes += notes
        with contextlib.ExitStack() as stack:
            stack.callback(close_all, earlier_files)
            if self._is_made(earlier_files):
                self.progress.reused = self.progress.cells
                self.progress.written = self.progress.nbytes
                remove([working_at, working_at.with_suffix(".new")])
                return self._report(was_made=True)
            own = own_of(self.path, earlier_files)
            refuse_extension(self.file_layout.record, own)
            self.notes += notes_on(self.file_layout.record, own)
            working = stack.enter_context(self._working_file(working_at, earlier_files))
            reuse = Reuse(self.file_layout, earlier_files)
            self.notes += reuse.notes() + reuse.useless(self.lenders.named)
            self.block_plan = split(self.block_plan, reuse.alike())
            try:
                self._fill(working, reuse)
                self._refuse_nothing()
            except EvaluationError:
                if not self.kept or self.progress.failed == self.progress.cells > 0:
                    working_at.unlink()
                raise
            damaged = [(earlier.path, earlier.damaged) for earlier in earlier_files] + [(working.path, working.damaged)]
            self.notes += [damage_of(path, blocks) for path, blocks in damaged if blocks]
            working.flush()
            working.check_size()
            # An unfinished run of another scenario, of which nothing was reused, may still be resumed.
            others = [
                earlier.path for earlier in earlier_files if earlier.path != self.path and not reuse.was_used(earlier)
            ]
            self._finish(working)
        remove([place for place in remains(self.path, "work") if place not in others])
        remove(remains(self.path, "new"))
        return self._report()

    def _report(self, *, was_made: bool = False) -> Outcome:
        self.callback(self.progress)
        self.notes += self.failures.notes(in_file=self.shard is None)
        return Outcome(self.path, self.progress, tuple(self.notes), self.computed, was_made)

    def _is_made(self, earlier_files: list[EarlierFile]) -> bool:
        """Tell whether the result exists already, from the same scenario and code, complete and undamaged."""
        made = next((earlier for earlier in earlier_files if earlier.path == self.path), None)
        if made is None or made.record["run"] != self.file_layout.record["run"]:
            return False
        if has_its_metadata(self.path) and not made.changed:
            return made.is_whole(None if self.shard is None else self.part)
        self.notes.append(f"{self.path}: its metadata were damaged and have been rewritten")
        return False

    def _working_file(self, place: Path, earlier_files: list[EarlierFile]) -> WorkingFile:
        """Open the working file of an interrupted run of the same layout, if it is undamaged, or a new one."""
        blank = place.with_suffix(".new")
        remove([blank])
        was_there = place.exists()
        if not was_there:
            check_space(self.path, self.progress.nbytes)
        with removed_if_stopped(blank):
            create(self.file_layout, blank)
            wait_for_disk(blank)
        found = resumed(place, self.block_plan, blank) if was_there else None
        if found is not None:
            blank.unlink()
            return found
        if was_there:
            self.notes.append(self._demoted(place, earlier_files))
        if self.shard is None:
            with removed_if_stopped(blank):
                reserve(blank)
        os.replace(blank, place)
        return WorkingFile(place, self.block_plan)

    def _demoted(self, place: Path, earlier_files: list[EarlierFile]) -> str:
        """Set a working file with damaged metadata aside as an earlier file, whose undamaged blocks can be reused."""
        aside = working_path(self.path, self.file_layout.record["run"][::-1])
        os.replace(place, aside)
        try:
            earlier_files.append(EarlierFile(aside, self.plan.layout.limits))
        except StoreError:
            return f"{place}: the file of an interrupted run is damaged and was not used"
        return f"{place}: the file of an interrupted run is damaged; its undamaged blocks were reused"

    def _fill(self, working: WorkingFile, reuse: Reuse) -> None:
        todo = []
        for group in self.block_plan.groups:
            done, wanted = working.done(group), self.part[group.stored[0]]
            self.kept += int(done.sum())
            for block in np.flatnonzero(done & wanted):
                self._advance(group, group.box(int(block)), reused=True)
            todo.append(np.flatnonzero(~done & wanted))
        self.callback(self.progress)
        for number, group in enumerate(self.block_plan.groups):
            tasks = self._tasks(working, number, reuse.to(group), todo[number])
            for task, regions in self.executor.work(tasks, costly=group.costly):
                self._keep(working, group, task, regions)

    def _prepare(self, working: WorkingFile, number: int) -> None:
        """Send the workload to the executor: once for the groups before the factors, once for all others."""
        early = number < self.block_plan.early
        if self.prepared is not early:
            single = None if early else {name: working.read(key, ()) for name, key in self.block_plan.single.items()}
            self.executor.prepare(make_workload(self.block_plan, single))
            if self.prepared is None:
                self.progress.start_work()
            self.prepared = early

    def _tasks(self, working: WorkingFile, number: int, reused: GroupReuse, blocks: np.ndarray) -> Iterator[Task]:
        """Yield a task for each block with cells to compute, and write the other blocks at once."""
        group = self.block_plan.groups[number]
        for block in blocks.tolist():
            box = group.box(block)
            found = reused.fetch(box)
            positions: list[Positions] = [box]
            if found is not None:
                positions = [_within(box, part) for part in products(~found[1])]
            reads = [
                {
                    name: _read(working, key, self.plan.layout.dims[name], group, part)
                    for name, key in group.reads.items()
                }
                for part in positions
            ]
            task = Task(number, block, positions, reads, found, math.prod(part.stop - part.start for part in box))
            if positions:
                self._prepare(working, number)
                yield task
            else:
                self._keep(working, group, task, [])

    def _keep(self, working: WorkingFile, group: VariableGroup, task: Task, regions: list[ComputedRegion]) -> None:
        box, failed, fresh = group.box(task.block), False, task.cells
        if task.reused is None:
            values, checksums = regions[0].values, regions[0].checksums
        else:
            values, have = task.reused
            fresh -= int(np.count_nonzero(have))
            for part, region in zip(task.positions, regions, strict=True):
                local = np.ix_(*(np.asarray(p) - b.start for p, b in zip(part, box, strict=True)))
                for key in group.stored:
                    values[key][local] = region.values[key]
            checksums = {key: checksum_of_block(values[key]) for key in group.stored}
        for part, region in zip(task.positions, regions, strict=True):
            for key, codes in region.codes.items():
                failed = True
                without = self.failures.add(key, part, codes, region.messages)
                self.progress.failed += without if self._is_counted(key) else 0
        if failed and self.fail_fast:
            raise EvaluationError(self.failures.first())
        if failed:
            checksums = {key: checksum_of_block(values[key], failed=True) for key in group.stored}
        working.write(group, task.block, values, checksums)
        self.kept += not failed
        self._advance(group, box, reused=False, fresh=fresh)

    def _advance(self, group: VariableGroup, box: Region, *, reused: bool, fresh: int = 0) -> None:
        cells = math.prod(part.stop - part.start for part in box)
        for key in group.stored:
            item = self.block_plan.stored[key]
            self.progress.written += cells * item.dtype.itemsize
            self.computed[key] += 0 if reused else fresh
            if self._is_counted(key):
                self.progress.computed += 0 if reused else fresh
                self.progress.reused += cells if reused else cells - fresh
        if not reused:
            self.callback(self.progress)

    def _is_counted(self, key: str) -> bool:
        """Tell whether cells count as progress: those of outputs, and in a shard also those that others need."""
        return self.shard is not None or self.block_plan.stored[key].is_output

    def _refuse_nothing(self) -> None:
        # The cells of other shards may be better off.
        if self.shard is None and self.progress.failed and self.progress.failed == self.progress.cells:
            raise EvaluationError(f"no cell can be computed: {self.failures.first()}")

    def _finish(self, working: WorkingFile) -> None:
        self.guard.check()
        if self.shard is None and needs_conversion(self.plan.storage, self.failures):
            blank = working.path.with_suffix(".new")
            if self.plan.storage.compression == "none":
                check_space(self.path, self.block_plan.nbytes)
            with removed_if_stopped(blank):
                convert(self.file_layout, working, blank, self.plan.storage, self.failures)
                self.guard.check()
            replace_result(blank, self.path)
        else:
            os.replace(working.path, self.path)


def _within(box: Region, part: tuple[np.ndarray, ...]) -> Positions:
    """Return positions in a box as positions in the whole array."""
    return tuple(positions + within.start for positions, within in zip(part, box, strict=True))


def _read(
    working: WorkingFile, key: str, dims: tuple[str, ...], group: VariableGroup, positions: Positions
) -> np.ndarray:
    """Return the values of an earlier variable at positions along the dimensions of a group."""
    own = [positions[group.dims.index(dim)] for dim in dims]
    box = tuple(part if isinstance(part, slice) else slice(int(part.min()), int(part.max()) + 1) for part in own)
    found = working.read(key, box)
    local = [
        slice(None) if isinstance(part, slice) else part - within.start for part, within in zip(own, box, strict=True)
    ]
    return taken(found, local)

"""Making the file of a plan: block after block, from where an earlier run stopped, with what earlier results lend."""

from __future__ import annotations

import contextlib
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from gridscan.atomic import check_space, folder_above, place_of, target_of
from gridscan.engine.compute import Piece, Positions, make_recipe, taken
from gridscan.engine.executors.executors import Crew, Task
from gridscan.engine.failures import Failures
from gridscan.engine.files.build_layout import design_of, is_headed
from gridscan.engine.files.finalize import convert, has_its_metadata, needs_conversion
from gridscan.engine.files.paths import (
    donors_for,
    earlier_of,
    explained,
    refuse_what_is_no_result,
    remains,
    remove,
    removed_if_stopped,
    replace_result,
    resumed,
    survey,
    working_path,
)
from gridscan.engine.files.working_file import WorkingFile, create, wait_for_disk
from gridscan.engine.libc import reserve
from gridscan.engine.partition import Box, Group, products, split
from gridscan.engine.reuse.earlier_file import Donor, damage_of
from gridscan.engine.reuse.matching import Loan, Loans
from gridscan.errors import EvaluationError, StoreError
from gridscan.storage.checksums import mark_of
from gridscan.storage.lock import locked
from gridscan.storage.zarr_support import check_library

if TYPE_CHECKING:
    from pathlib import Path

    from gridscan.engine.files.file_layout import Design
    from gridscan.engine.plan import Plan


@dataclass
class Progress:
    """How far a run is.

    Attributes
    ----------
    cells
        Of all outputs.
    computed, reused
        Of the cells, how many this run has computed, and how many it has taken from an earlier one.
    failed
        How many could not be computed.
    written
        Bytes that are in the file.
    """

    cells: int
    nbytes: int
    computed: int = 0
    reused: int = 0
    failed: int = 0
    written: int = 0
    started: float = field(default_factory=time.perf_counter)
    work_started: float = field(default_factory=time.perf_counter)

    @property
    def done(self) -> int:
        """Cells that are in the file."""
        return self.computed + self.reused

    @property
    def seconds(self) -> float:
        """Time since the run began."""
        return time.perf_counter() - self.started

    @property
    def rate(self) -> float:
        """Cells computed a second, in this run, since there was somebody to compute them."""
        return self.computed / max(time.perf_counter() - self.work_started, 1e-9)

    @property
    def seconds_left(self) -> float | None:
        """Time until the end at this rate; None where nothing was computed yet."""
        return (self.cells - self.done) / self.rate if self.computed else None


@dataclass(frozen=True)
class Outcome:
    """What a run has done.

    Attributes
    ----------
    notes
        What the user should know: damage that was found, and cells that could not be computed.
    computed_by_variable
        Number of cells computed in this run, by variable of the file.
    was_made
        Whether the result was there already, and nothing was written.
    created
        The folder of the result, if it was not there before.
    """

    path: Path
    progress: Progress
    notes: tuple[str, ...]
    computed_by_variable: Mapping[str, int]
    was_made: bool = False
    created: Path | None = None

    @property
    def nbytes(self) -> int:
        """Size of the result on the disk."""
        files = self.path.rglob("*") if self.path.is_dir() else [self.path]
        return sum(file.stat().st_size for file in files if file.is_file())


Watcher = Callable[[Progress], None]


def carry_out(plan: Plan, crew: Crew, watcher: Watcher | None = None, *, fail_fast: bool = False) -> Outcome:
    """Make the file of a plan.

    Parameters
    ----------
    crew
        Who computes.
    watcher
        Is called whenever a block is done.
    fail_fast
        Whether to stop at the first cell that cannot be computed.

    Raises
    ------
    StoreError
        If the file cannot be written, or another run is writing it. What is done is kept.
    EvaluationError
        If no cell can be computed, or one cannot and `fail_fast` is set.
    """
    place = place_of(plan.path)
    check_library(plan.storage)
    refuse_what_is_no_result(place, plan.storage)
    created = None if folder_above(place) == place.parent else place.parent
    path, design = target_of(place), design_of(plan)
    with explained(path, working_path(path, design.record["run"])), locked(path) as known:
        run = _Run(plan, path, design, crew, watcher or (lambda _: None), fail_fast)
        if not known:
            run.notes.append(f"{path.parent}: this disk knows no locks; see to it that no other run writes there")
        return replace(run.outcome(), created=created)


@dataclass(frozen=True)
class Forecast:
    """What a run will find of its cells already there, and why not more, by output; and what else it will meet."""

    reusable: Mapping[str, int]
    reasons: Mapping[str, str]
    notes: tuple[str, ...]


def forecast(plan: Plan) -> Forecast:
    """Say how many cells of a plan need not be computed, without comparing checksums, and why the others have to be."""
    design = design_of(plan)
    donors, notes = survey(plan.path, plan.storage, plan.program.nbytes, design.record["run"])
    with contextlib.ExitStack() as stack:
        stack.callback(_close, donors)
        loans = Loans(design, donors)
        outputs = {key: item.cells for key, item in plan.program.stored.items() if item.is_output}
        reusable = {key: loans.count(key) for key in outputs}
        reasons = {key: loans.reason(key) for key, cells in outputs.items() if donors and reusable[key] < cells}
    return Forecast(reusable, reasons, tuple(notes))


class _Run:
    def __init__(self, plan: Plan, path: Path, design: Design, crew: Crew, watcher: Watcher, fail_fast: bool) -> None:
        self.plan, self.path, self.design, self.crew = plan, path, design, crew
        self.watcher, self.fail_fast = watcher, fail_fast
        self.program = plan.program
        self.progress = Progress(self.program.output_cells, self.program.nbytes)
        self.failures = Failures(
            self.program, {str(name) for name in [*design.dataset.variables, *design.dataset.sizes]}
        )
        self.computed = dict.fromkeys(self.program.stored, 0)
        self.kept = 0
        self.briefed: bool | None = None
        self.notes: list[str] = []

    def outcome(self) -> Outcome:
        working_at = working_path(self.path, self.design.record["run"])
        if earlier_of(self.path).exists() and not self.path.exists():
            os.replace(earlier_of(self.path), self.path)
        donors, notes = donors_for(self.path, but=working_at)
        self.notes += notes
        with contextlib.ExitStack() as stack:
            stack.callback(_close, donors)
            if self._is_made(donors):
                self.progress.reused = self.progress.cells
                self.progress.written = self.progress.nbytes
                remove([working_at, working_at.with_suffix(".new")])
                return self._report(was_made=True)
            working = stack.enter_context(self._working_file(working_at, donors))
            loans = Loans(self.design, donors)
            self.program = split(self.program, loans.alike())
            try:
                self._fill(working, loans)
                self._refuse_nothing()
            except EvaluationError:
                if not self.kept or self.progress.failed == self.progress.cells:
                    working_at.unlink()
                raise
            damaged = [(donor.path, donor.damaged) for donor in donors] + [(working.path, working.damaged)]
            self.notes += [damage_of(path, blocks) for path, blocks in damaged if blocks]
            working.flush()
            # What another scenario has begun here, and lent nothing to this one, may still be finished.
            others = [donor.path for donor in donors if donor.path != self.path and not loans.has_lent(donor)]
            self._finish(working)
        remove([place for place in remains(self.path, "work") if place not in others])
        remove(remains(self.path, "new"))
        return self._report()

    def _report(self, *, was_made: bool = False) -> Outcome:
        self.watcher(self.progress)
        self.notes += self.failures.notes()
        return Outcome(self.path, self.progress, tuple(self.notes), self.computed, was_made)

    def _is_made(self, donors: list[Donor]) -> bool:
        """Tell whether the result is there already, from the same scenario and code, whole and undamaged."""
        made = next((donor for donor in donors if donor.path == self.path), None)
        if made is None or made.record["run"] != self.design.record["run"]:
            return False
        if has_its_metadata(self.path) and is_headed(self.path, self.design):
            return made.is_whole()
        self.notes.append(f"{self.path}: what it says beside its numbers is damaged, and was written anew")
        return False

    def _working_file(self, place: Path, donors: list[Donor]) -> WorkingFile:
        """Open what an interrupted run of the same design has left, if it is undamaged, or a new file."""
        blank = place.with_suffix(".new")
        remove([blank])
        was_there = place.exists()
        if not was_there:
            check_space(self.path, self.program.nbytes)
        with removed_if_stopped(blank):
            create(self.design, blank)
            wait_for_disk(blank)
        found = resumed(place, self.program, blank) if was_there else None
        if found is not None:
            blank.unlink()
            return found
        if was_there:
            self.notes.append(self._demoted(place, donors))
        with removed_if_stopped(blank):
            reserve(blank)
        os.replace(blank, place)
        return WorkingFile(place, self.program)

    def _demoted(self, place: Path, donors: list[Donor]) -> str:
        """Take of a working file that is damaged beside its numbers what can be taken, as of one of another run."""
        aside = working_path(self.path, self.design.record["run"][::-1])
        os.replace(place, aside)
        try:
            donors.append(Donor(aside))
        except StoreError:
            return f"{place}: what an interrupted run has left is damaged, and was computed anew"
        return f"{place}: what an interrupted run has left is damaged; what is whole of it was used"

    def _fill(self, working: WorkingFile, loans: Loans) -> None:
        todo = []
        for group in self.program.groups:
            done = working.done(group)
            self.kept += int(done.sum())
            for block in np.flatnonzero(done):
                self._advance(group, group.box(int(block)), reused=True)
            todo.append(np.flatnonzero(~done))
        self.watcher(self.progress)
        for number, group in enumerate(self.program.groups):
            tasks = self._tasks(working, number, loans.to(group), todo[number])
            for task, pieces in self.crew.work(tasks, costly=group.costly):
                self._keep(working, group, task, pieces)

    def _brief(self, working: WorkingFile, number: int) -> None:
        """Hand out what is needed for a group, once for those before the factors and once for all others."""
        early = number < self.program.early
        if self.briefed is not early:
            single = None if early else {name: working.read(key, ()) for name, key in self.program.single.items()}
            self.crew.brief(make_recipe(self.program, single))
            if self.briefed is None:
                # Until then, processes may have been started for it.
                self.progress.work_started = time.perf_counter()
            self.briefed = early

    def _tasks(self, working: WorkingFile, number: int, lent: Loan, blocks: np.ndarray) -> Iterator[Task]:
        """Yield what is to be computed of each block, and keep at once what needs no computing."""
        group = self.program.groups[number]
        for block in blocks.tolist():
            box = group.box(block)
            found = lent.fetch(box)
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
                self._brief(working, number)
                yield task
            else:
                self._keep(working, group, task, [])

    def _keep(self, working: WorkingFile, group: Group, task: Task, pieces: list[Piece]) -> None:
        box, failed, fresh = group.box(task.block), False, task.cells
        if task.lent is None:
            values, marks = pieces[0].values, pieces[0].marks
        else:
            values, have = task.lent
            fresh -= int(np.count_nonzero(have))
            for part, piece in zip(task.positions, pieces, strict=True):
                local = np.ix_(*(np.asarray(p) - b.start for p, b in zip(part, box, strict=True)))
                for key in group.stored:
                    values[key][local] = piece.values[key]
            marks = {key: mark_of(values[key]) for key in group.stored}
        for part, piece in zip(task.positions, pieces, strict=True):
            for key, codes in piece.codes.items():
                failed = True
                self.progress.failed += self.failures.add(key, part, codes, piece.messages)
        if failed and self.fail_fast:
            raise EvaluationError(self.failures.first())
        # What failed is tried again by the next run, so a block with failures is never taken for done.
        working.write(group, task.block, values, {} if failed else marks)
        self.kept += not failed
        self._advance(group, box, reused=False, fresh=fresh)

    def _advance(self, group: Group, box: Box, *, reused: bool, fresh: int = 0) -> None:
        cells = math.prod(part.stop - part.start for part in box)
        for key in group.stored:
            item = self.program.stored[key]
            self.progress.written += cells * item.dtype.itemsize
            self.computed[key] += 0 if reused else fresh
            if item.is_output:
                self.progress.computed += 0 if reused else fresh
                self.progress.reused += cells if reused else cells - fresh
        if not reused:
            self.watcher(self.progress)

    def _refuse_nothing(self) -> None:
        if self.progress.failed and self.progress.failed == self.progress.cells:
            raise EvaluationError(f"no cell can be computed: {self.failures.first()}")

    def _finish(self, working: WorkingFile) -> None:
        if needs_conversion(self.plan.storage, self.failures):
            blank = working.path.with_suffix(".new")
            if self.plan.storage.compression == "none":
                check_space(self.path, self.program.nbytes)
            with removed_if_stopped(blank):
                convert(self.design, working, blank, self.plan.storage, self.failures)
            replace_result(blank, self.path)
        else:
            os.replace(working.path, self.path)


def _close(donors: list[Donor]) -> None:
    """Close the files that have lent, those that were added later, too."""
    for donor in donors:
        donor.close()


def _within(box: Box, part: tuple[np.ndarray, ...]) -> Positions:
    """Return positions in a box as positions in the whole."""
    return tuple(positions + within.start for positions, within in zip(part, box, strict=True))


def _read(working: WorkingFile, key: str, dims: tuple[str, ...], group: Group, positions: Positions) -> np.ndarray:
    """Return the values of an earlier variable that belong to positions along the dimensions of a group."""
    own = [positions[group.dims.index(dim)] for dim in dims]
    box = tuple(part if isinstance(part, slice) else slice(int(part.min()), int(part.max()) + 1) for part in own)
    found = working.read(key, box)
    local = [
        slice(None) if isinstance(part, slice) else part - within.start for part, within in zip(own, box, strict=True)
    ]
    return taken(found, local)

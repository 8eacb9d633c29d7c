"""The shards of a run: how far each is, as their files tell, and the result that is made of them."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from gridscan.atomic import place_of
from gridscan.engine.division import Division, Part, all_blocks, cells_in
from gridscan.engine.files.build_layout import build_layout
from gridscan.engine.files.paths import remove, working_path
from gridscan.engine.reuse.earlier_file import EarlierFile
from gridscan.engine.reuse.matching import matched
from gridscan.engine.runner import carry_out
from gridscan.engine.shards import Shard, shard_of, shards_at, unfinished_at
from gridscan.errors import StoreError, listed
from gridscan.storage.lock import holder_of
from gridscan.storage.standing import standing_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from gridscan.engine.executors.executors import Executor
    from gridscan.engine.file_layout import FileLayout
    from gridscan.engine.plan import Plan
    from gridscan.engine.progress import Outcome, ProgressCallback

Kind = Literal["done", "running", "stopped", "not begun", "of another run", "of no use"]


@dataclass(frozen=True)
class State:
    """How far a shard is, or a run without shards.

    Attributes
    ----------
    shard
        None for a whole run.
    cells
        That it has to compute and store, of outputs and of what they are made of.
    done, failed
        How many of these are in its file, and how many are in blocks with cells that could not be computed.
    why
        The process that computes, or why a file is of no use.
    blocks
        Which blocks are done, and which of these have cells that could not be computed.
    """

    shard: Shard | None
    path: Path
    kind: Kind
    cells: int
    done: int = 0
    failed: int = 0
    why: str = ""
    blocks: tuple[Part, Part] = field(default=({}, {}), repr=False)

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to compute."""
        return self.kind == "done" and self.done == self.cells


class Survey:
    """What the files of a run tell of it; nothing is computed, and no other process asked.

    Parameters
    ----------
    plan
        Of the whole run.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan, self.output = plan, place_of(plan.path)
        self.file_layout: FileLayout = build_layout(plan)
        self.finished, self.unfinished = shards_at(self.output), unfinished_at(self.output)

    @property
    def splits(self) -> list[int]:
        """The numbers of shards into which this run has been divided, by the names of files."""
        return sorted({shard.of for shard in [*self.finished, *self.unfinished, *self._running]})

    @property
    def _running(self) -> list[Shard]:
        """Shards that somebody may be computing: they have a lock."""
        named = (path.name[1:].removesuffix(".lock") for path in self.output.parent.glob(".*.shard-*-of-*.lock"))
        found = (Shard.of_path(self.output.with_name(name), self.output) for name in named)
        return [shard for shard in found if shard is not None]

    def whole(self) -> State:
        """Return how far the result is, or the run that writes it without shards."""
        part = all_blocks(self.plan.block_plan)
        return self._state(None, self.output, part, [working_path(self.output, self.file_layout.record["run"])])

    def states(self, of: int) -> list[State]:
        """Return how far each of some number of shards is."""
        division = Division(self.plan.block_plan, of)
        return [self._of(Shard(of, number), division.part(number)) for number in range(1, of + 1)]

    def counted(self, states: Sequence[State]) -> tuple[int, int]:
        """Return how many cells are done, and how many are in blocks with cells that failed, each counted once."""
        total = all_blocks(self.plan.block_plan)
        done, failed = ({key: np.zeros_like(total[key]) for key in total} for _ in range(2))
        for state in states:
            for united, blocks in zip((done, failed), state.blocks, strict=True):
                for key in blocks:
                    united[key] |= blocks[key]
        return cells_in(self.plan.block_plan, done), cells_in(self.plan.block_plan, failed)

    def _of(self, shard: Shard, part: Part) -> State:
        return self._state(shard, shard.path(self.output), part, self.unfinished.get(shard, []))

    def _state(self, shard: Shard | None, path: Path, part: Part, works: list[Path]) -> State:
        block_plan = self.plan.block_plan
        found = State(shard, path, "not begun", cells_in(block_plan, part))
        holder = holder_of(path)
        for place in [*works, path]:
            if not place.exists():
                continue
            try:
                earlier = EarlierFile(place)
            except StoreError as error:
                found = replace(found, kind="of no use", why=str(error).removeprefix(f"{place}: "))
                continue
            with contextlib.closing(earlier):
                found = self._told(found, earlier, part)
        return replace(found, kind="running", why=holder) if holder is not None else found

    def _told(self, state: State, earlier: EarlierFile, part: Part) -> State:
        """Return a state with what a file of it tells."""
        why = self._why_other(state.shard, earlier)
        if why:
            return replace(state, kind="of another run", why=why) if earlier.is_finished else state
        marks = {key: earlier.marks(key) for key in part}
        done = {key: marks[key][0] & part[key] for key in part}
        failed = {key: marks[key][1] & part[key] for key in part}
        cells, without = (cells_in(self.plan.block_plan, blocks) for blocks in (done, failed))
        kind: Kind = "done" if earlier.is_finished else "stopped"
        return replace(state, kind=kind, done=cells, failed=without, why="", blocks=(done, failed))

    def _why_other(self, shard: Shard | None, earlier: EarlierFile) -> str:
        """Say why a file is not of this run."""
        if shard_of(earlier.record) != shard:
            return f"by its content it is shard {shard_of(earlier.record)}"
        if earlier.record["run"] == self.file_layout.record["run"]:
            return ""
        found = {key: matched(earlier, self.file_layout, key) for key in self.plan.block_plan.stored}
        said = [f"for {key!r}, {match}" for key, match in found.items() if isinstance(match, str)]
        return said[0] if said else "its values, texts or versions are others"


def merge_shards(plan: Plan, executor: Executor, callback: ProgressCallback | None = None) -> Outcome:
    """Make the result of a plan from its shards, and remove these when it has been read back.

    Raises
    ------
    StoreError
        If shards are missing or not finished, or are of another split, plan or code.
    """
    survey = Survey(plan)
    if survey.splits:
        _refuse(survey)
    elif survey.whole().kind != "done":
        raise StoreError(
            f"{survey.output}: there are no shards of it; compute them with gridscan run … --shard 1/N to N/N, or"
            " gridscan submit"
        )
    outcome = carry_out(plan, executor, callback)
    made = standing_of(outcome.path)
    if made.kind != "whole":
        raise StoreError(f"{outcome.path}: {made.said} when it is read back; its shards are still there")
    remove(_files_of(survey))
    return outcome


def _files_of(survey: Survey) -> Iterator[Path]:
    for shard, path in survey.finished.items():
        yield path
        yield path.with_name(f".{path.name}.lock")
        yield from survey.unfinished.get(shard, [])


def _refuse(survey: Survey) -> None:
    """Refuse shards of which some are of another split, plan or code, or are not there."""
    if len(survey.splits) > 1:
        found = [f"{shards_of_split(survey, of)}" for of in survey.splits]
        raise StoreError(
            f"{survey.output}: there are shards of several splits ({'; '.join(found)}); remove those of all but one"
        )
    states = survey.states(survey.splits[0])
    other = [state for state in states if state.kind.startswith("of ")]
    if other:
        first, more = other[0], f" (and {len(other) - 1} more)" if other[1:] else ""
        raise StoreError(
            f"{first.path}{more}: is {first.kind}: {first.why}; run shard"
            f" {listed(str(state.shard) for state in other)} again, or merge with the command that made it"
        )
    missing = [state for state in states if not state.is_complete]
    if missing:
        said = [f"{state.shard} {_said(state)}" for state in missing]
        raise StoreError(
            f"{survey.output}: {len(missing):,} of {len(states):,} shards are missing: {listed(said)}; run again with"
            f" --shard {missing[0].shard}{' and so on' if missing[1:] else ''}, or gridscan submit"
        )


def shards_of_split(survey: Survey, of: int) -> str:
    """Return the names of some files of a split."""
    names = [path.name for shard, path in survey.finished.items() if shard.of == of]
    names += [path.name for shard, paths in survey.unfinished.items() if shard.of == of for path in paths]
    return f"of {of}: {listed(names or ['one that is beginning'], 2)}"


def _said(state: State) -> str:
    if state.kind == "running":
        return f"({state.why} is computing it)"
    return f"({state.done:,} of {state.cells:,} cells)" if state.done else f"({state.kind})"

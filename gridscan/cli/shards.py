"""The commands for runs in shards: merging them, submitting them to a cluster, and how far they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gridscan.cli.group import main
from gridscan.cli.options import (
    SETTINGS,
    file_argument,
    json_option,
    place_options,
    planned,
    reuse_option,
    scenario_options,
)
from gridscan.cli.say import say, tell
from gridscan.cli.scenarios import carried_out, check_place
from gridscan.errors import StoreError, listed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from gridscan.engine.merging import State, Survey


@main.command(examples=["merge imf_scan"])
@file_argument
@scenario_options
@place_options
@click.option("--workers", type=click.IntRange(min=1), help="Number of local processes that try again what failed.")
@click.option("--json", "as_json", is_flag=True, help="Report progress and outcome as lines of JSON.")
def merge(
    file: str, model_name: str | None, overrides: dict[str, Any], workers: int | None, as_json: bool, **place: Any
) -> None:
    """Make the result of the shards of a run.

    FILE and options as for `gridscan run --shard`. The file is the one that a single run writes; the shards are removed
    when it has been read back. Shards that are missing, or of another split, scenario or code, are named.
    """
    from gridscan.merge import perform_merge

    check_place(file, place["output"])
    made = planned(file, model_name, overrides, **place)
    carried_out(made, lambda callback: perform_merge(made, workers=workers, progress=callback), as_json=as_json)


@main.command(examples=["status imf_scan", "status imf_scan --json"])
@file_argument
@scenario_options
@place_options
@json_option
def status(file: str, model_name: str | None, overrides: dict[str, Any], as_json: bool, **place: Any) -> None:
    """Say how far a run is, or its shards.

    From their files alone. FILE and options as for `gridscan run`.
    """
    from gridscan.cli.as_json import print_json
    from gridscan.engine.merging import Survey

    check_place(file, place["output"])
    survey = Survey(planned(file, model_name, overrides, **place))
    whole = survey.whole()
    states = [whole] if not survey.splits else [state for of in survey.splits for state in survey.states(of)]
    done, failed = survey.counted([whole, *states])
    if as_json:
        shards = [_as_data(state) for state in states if state.shard is not None]
        print_json({**_as_data(whole), "done": done, "in_blocks_with_failures": failed, "shards": shards})
        return
    said = whole.kind if whole.kind != "not begun" or not survey.splits else "in shards"
    more = f", {failed:,} of them in blocks with cells that failed" if failed else ""
    say(f"{whole.path}: {said}{_by(whole)}, {done:,} of {whole.cells:,} cells done ({done / whole.cells:.0%}){more}")
    if survey.splits:
        _print_shards(survey, states)


def _as_data(state: State) -> dict[str, Any]:
    data = {"path": str(state.path), "state": state.kind, "cells": state.cells, "done": state.done}
    data |= {"in_blocks_with_failures": state.failed, "why": state.why}
    return data if state.shard is None else {"shard": str(state.shard), **data}


def _by(state: State) -> str:
    return f" ({state.why})" if state.why else ""


def _print_shards(survey: Survey, states: Sequence[State]) -> None:
    """Print how many shards are how far, and a line for each that is not done."""
    for of in survey.splits:
        own = [state for state in states if state.shard is not None and state.shard.of == of]
        kinds = dict.fromkeys(state.kind for state in own)
        counts = listed(f"{sum(state.kind == kind for state in own)} {kind}" for kind in kinds)
        say(f"{of} shards: {counts}")
        for state in own:
            if not state.is_complete and (state.kind != "not begun" or len(kinds) > 1):
                say(f"  {state.shard}: {state.kind}{_by(state)}, {state.done:,} of {state.cells:,} cells")
        if all(state.is_complete for state in own):
            say("  merge them with: gridscan merge")


@main.command(
    examples=[
        "submit imf_scan --slurm --jobs 40 --time 02:00:00 --dry-run",
        "submit imf_scan --slurm --jobs 40 --time 02:00:00 --partition normal --option=--mem=8G --dry-run",
    ]
)
@file_argument
@scenario_options
@place_options
@reuse_option
@click.option("--slurm", "system", flag_value="slurm", help="Submit with sbatch.")
@click.option("--pbs", "system", flag_value="pbs", help="Submit with qsub, of PBS Pro and OpenPBS.")
@click.option("--jobs", type=click.IntRange(min=1), required=True, help="Number of shards, each a job of an array.")
@click.option("--time", metavar="TIME", required=True, help="Walltime of each job, such as 02:00:00.")
@click.option("--partition", metavar="NAME", help="Partition, or queue of PBS.")
@click.option("--account", metavar="NAME", help="Account that is charged.")
@click.option("--cpus", type=click.IntRange(min=1), help="Cores of each job.")
@click.option(
    "--option", "extra", multiple=True, metavar="TEXT", help="Any other option of sbatch or qsub; repeatable."
)
@click.option("--dry-run", is_flag=True, help="Print the scripts, and submit nothing.")
def submit(
    file: str,
    model_name: str | None,
    overrides: dict[str, Any],
    reuse: tuple[Path, ...],
    system: str | None,
    jobs: int,
    dry_run: bool,
    **options: Any,
) -> None:
    """Submit a run to a cluster as an array of jobs.

    With a last job that merges what they compute. FILE and options as for `gridscan run`. Given again, it submits the
    shards that are not done. Scripts and logs are in the folder RESULT.jobs beside the result. `gridscan status` says
    how far the shards are.
    """
    from gridscan.engine.merging import Survey
    from gridscan.engine.submit import SYSTEMS, Jobs, submitted

    if file == "-":
        raise StoreError("a scenario from the standard input is gone when the jobs begin; give a file")
    if system is None:
        raise StoreError("which system is it? Give --slurm or --pbs")
    place = {name: options.pop(name) for name in ("output", "memory", "quantities")}
    survey = Survey(planned(file, model_name, overrides, **place))
    words = _words(file, model_name, place)
    made = Jobs.of(survey, jobs, SYSTEMS[system], words, [*words, *_repeated("--reuse", reuse)], options)
    if dry_run:
        say(made.shown(), nl=False)
        return
    tell(submitted(made))


def _words(file: str, model_name: str | None, place: Mapping[str, Path | str | None]) -> list[str]:
    """Return the options that say what is run, as they were given."""
    given: dict[str, Any] = {"--model": model_name, **{f"--{name}": value for name, value in place.items()}}
    single = [word for name, value in given.items() if value is not None for word in (name, str(value))]
    return [file, *single, *_repeated("--set", click.get_current_context().meta.get(SETTINGS, ()))]


def _repeated(name: str, values: Sequence[str | Path]) -> list[str]:
    return [word for value in values for word in (name, str(value))]

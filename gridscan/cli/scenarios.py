"""The commands that check, explain, plan and run scenarios, and draw samples of them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gridscan.cli import completion
from gridscan.cli.group import main
from gridscan.cli.options import (
    at_option,
    file_argument,
    json_option,
    model_named,
    out_option,
    place_options,
    planned,
    reuse_option,
    scenario_options,
    source_of,
)
from gridscan.cli.say import is_quiet, say, tell
from gridscan.cli.writing import STDOUT
from gridscan.errors import GridscanError, StoreError, Terminated
from gridscan.limits import DEFAULT, Limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridscan.engine.plan import Plan
    from gridscan.engine.progress import Outcome, ProgressCallback


@main.command(examples=["check imf_scan", "check imf_scan --set sfr='3 Msun/yr'"])
@click.argument("files", nargs=-1, required=True, shell_complete=completion.files)
@scenario_options
def check(files: tuple[str, ...], model_name: str | None, overrides: dict[str, Any]) -> None:
    """Check scenarios and their units, computing nothing."""
    faults = []
    for file in files:
        try:
            made = planned(file, model_name, overrides)
            cells = sum(item.cells for item in made.quantities if item.output)
            axes = " × ".join(made.layout.resolved.sizes) or "no axis"
            tell(f"{file}: valid, {cells:,} cells to compute over {axes}")
        except GridscanError as error:
            faults.append(str(error))
    if faults:
        raise GridscanError("\n".join(faults))


@main.command(examples=["explain imf_scan events_per_year"])
@file_argument
@click.argument("quantity", shell_complete=completion.quantities)
@scenario_options
def explain(file: str, quantity: str, model_name: str | None, overrides: dict[str, Any]) -> None:
    """Show the formulas behind a quantity.

    With units, dimensions and sources, down to the inputs.
    """
    from gridscan.cli.report import explanation
    from gridscan.cli.tables import show
    from gridscan.engine.plan import make_plan
    from gridscan.sources import find_scenario

    model = model_named(model_name)
    scenario = find_scenario(source_of(file, model), model=model, overrides=overrides)
    show(explanation(make_plan(scenario, quantities=[quantity]), quantity))


def check_place(file: str, output: Path | None) -> None:
    """Refuse a scenario from the standard input without a place for its result."""
    if file == "-" and output is None:
        raise StoreError("a scenario from the standard input has no place for its result; give --output NAME.nc")


@main.command(examples=["plan imf_scan", "plan imf_scan --memory 1GB", "plan imf_scan --why flux"])
@file_argument
@scenario_options
@place_options
@reuse_option
@click.option("--why", metavar="QUANTITY", help="Show what its cells are known by: what makes them new if it changes.")
@json_option
def plan(
    file: str,
    model_name: str | None,
    overrides: dict[str, Any],
    reuse: tuple[Path, ...],
    why: str | None,
    as_json: bool,
    **place: Any,
) -> None:
    """Show what a run will compute and what it can reuse.

    With the size of each quantity and the memory that it takes.
    """
    from gridscan.cli.as_json import plan_as_data, print_json
    from gridscan.cli.report import identity_report, plan_report
    from gridscan.cli.tables import show
    from gridscan.engine.forecast import forecast, identity_parts

    check_place(file, place["output"])
    made = planned(file, model_name, overrides, **place)
    if why is not None:
        parts = identity_parts(made, why)
        if as_json:
            print_json(parts)
        else:
            show(identity_report(why, parts))
    elif as_json:
        print_json(plan_as_data(made, forecast(made, reuse)))
    else:
        show(plan_report(made, forecast(made, reuse)))


@main.command(
    examples=[
        "run imf_scan",
        "run imf_scan --set sfr='3 Msun/yr' --output mine.nc",
        "run imf_scan --quantities flux --output flux.nc",
        "run imf_scan --shard 3/40 --output results/large.nc",
    ]
)
@file_argument
@scenario_options
@place_options
@reuse_option
@click.option("--shard", metavar="N/ALL", help="Compute one part of the blocks, into a file for `gridscan merge`.")
@click.option("--workers", type=click.IntRange(min=1), help="Number of local worker processes.")
@click.option("--scheduler", metavar="ADDRESS", help="Compute on the workers of this dask scheduler.")
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="Time to wait for a worker of a scheduler that has none: 60 for the first, 600 for others by default.",
)
@click.option("--fail-fast", is_flag=True, help="Stop at the first cell that cannot be computed.")
@click.option("--json", "as_json", is_flag=True, help="Report progress and outcome as lines of JSON.")
def run(
    file: str,
    model_name: str | None,
    overrides: dict[str, Any],
    wait: float | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Evaluate a scenario and write the result.

    FILE is a scenario, the name of a shipped one, - for the standard input, or a result, whose scenario is run again.
    The same command resumes a run that was stopped. Cells of an earlier result at the same path are reused if nothing
    that made them has changed. The exit status is 3 if some cells failed; the variable `run_status` of the result says
    which, and why.
    """
    from gridscan.run import perform

    place = {name: options.pop(name) for name in ("output", "memory", "quantities")}
    check_place(file, place["output"])
    limits = DEFAULT if wait is None else Limits(first_worker_seconds=wait, worker_seconds=wait)
    made = planned(file, model_name, overrides, limits=limits, **place)
    carried_out(made, lambda callback: perform(made, progress=callback, **options), as_json=as_json)


def carried_out(plan: Plan, work: Callable[[ProgressCallback], Outcome], *, as_json: bool) -> None:
    """Do the work of a plan with its progress on the screen, say what has come of it, and exit with its status."""
    import json

    from gridscan.cli.progress import facts, told_progress

    ctx = click.get_current_context()
    try:
        with told_progress(as_json, quiet=is_quiet()) as callback:
            outcome = work(callback)
    except (KeyboardInterrupt, Terminated) as stop:
        say("stopped; finished blocks are kept, and the same command resumes the run", err=True)
        ctx.exit(130 if isinstance(stop, KeyboardInterrupt) else 143)
    for note in outcome.notes:
        say(f"warning: {note}", err=True)
    if as_json:
        say(json.dumps({"event": "done", "path": str(outcome.path), **facts(outcome.progress)}))
    else:
        tell(_said(plan, outcome))
    if outcome.progress.failed:
        ctx.exit(3)


def _said(plan: Plan, outcome: Outcome) -> str:
    from gridscan.engine.shown_progress import bytes_text

    progress = outcome.progress
    if outcome.was_made:
        return f"{outcome.path} is up to date: nothing that made its {progress.cells:,} cells has changed"
    outputs = sum(item.output for item in plan.quantities)
    counted = f"{outputs} {'quantity' if outputs == 1 else 'quantities'}"
    size = bytes_text(outcome.nbytes)
    earlier = f"; reused {progress.reused:,} of {progress.cells:,} cells" if progress.reused else ""
    made = f"; created folder {outcome.created}" if outcome.created else ""
    return f"wrote {outcome.path} ({counted}, {size}) in {progress.seconds:.2f} s{earlier}{made}"


@main.command(examples=["sample imf_scan --number 1000 --seed 1"])
@file_argument
@click.option("--population", metavar="NAME", help="Population to draw from; the model's first by default.")
@click.option("--number", type=click.IntRange(min=0), help="Number to draw; itself random by default.")
@click.option("--seed", type=click.IntRange(min=0), help="Random seed; that of the scenario by default, or 0.")
@at_option
@scenario_options
@out_option("File to write (.nc, .csv, .parquet); POPULATION.nc by default.")
def sample(
    file: str,
    population: str | None,
    number: int | None,
    seed: int | None,
    at: dict[str, Any],
    model_name: str | None,
    overrides: dict[str, Any],
    out: Path | None,
    force: bool,
) -> None:
    """Draw random members of a population, such as stars.

    At one point of a scenario: along each axis at the --at value, or else at the value nearest to the model's default.
    """
    from gridscan.cli.writing import check_table, write
    from gridscan.engine.shown_progress import bytes_text
    from gridscan.sample import sample as draw_sample
    from gridscan.storage.files import write_result

    start = time.perf_counter()
    check_table(out, force=force)
    model = model_named(model_name)
    options: dict[str, Any] = {"model": model, "overrides": overrides}
    dataset = draw_sample(source_of(file, model), population, at=at, number=number, seed=seed, **options)
    if out is not None and (out == STDOUT or out.suffix != ".nc"):
        write(dataset, out, force=force)
        return
    path = write_result(dataset, out or Path(f"{dataset.attrs['gridscan_population']}.nc"), force=force)
    tell(dataset.attrs["title"])
    tell(f"wrote {path} ({bytes_text(path.stat().st_size)}) in {time.perf_counter() - start:.2f} s")

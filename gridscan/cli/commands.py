"""The commands that describe models, and check, plan, run and show scenarios and results."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gridscan.cli.group import main
from gridscan.cli.options import (
    at_option,
    catalogues_of,
    dataset_of,
    model_named,
    out_option,
    place_options,
    planned,
    scenario_options,
)
from gridscan.cli.say import say
from gridscan.errors import GridscanError, StoreError, Terminated, nearest

if TYPE_CHECKING:
    from gridscan.engine.plan import Plan
    from gridscan.engine.progress import Outcome


@main.command()
def models() -> None:
    """List the installed models and the shipped scenarios."""
    from gridscan.cli.report import models_report
    from gridscan.cli.tables import console
    from gridscan.inputs.shipped_files import shipped_scenarios
    from gridscan.model_loader import installed_models

    console().print(models_report(installed_models().values(), shipped_scenarios()))


@main.command()
def versions() -> None:
    """Print the versions of gridscan and its libraries, for bug reports."""
    from gridscan.versions import show_versions

    show_versions()


@main.command()
@click.argument("model_name", metavar="MODEL")
@click.argument("name", required=False)
def describe(model_name: str, name: str | None) -> None:
    """Show the inputs, quantities and figures of a model, or one of them by NAME."""
    from gridscan.cli.report import figure_report, model_report, node_report
    from gridscan.cli.tables import console
    from gridscan.errors import ModelError
    from gridscan.model_loader import load_model

    model = load_model(model_name)
    if name is None:
        console().print(model_report(model, catalogues_of(model)))
    elif name in [*model.names, *model.populations]:
        console().print(node_report(model, name, catalogues_of(model)))
    elif name in model.figures:
        console().print(figure_report(model.figures[name]))
    else:
        known = [*model.names, *model.populations, *model.figures]
        raise ModelError(f"model {model.name!r} has nothing called {name!r}{nearest(name, known)}")


@main.command()
@click.argument("model_name", metavar="MODEL")
@out_option("File to write; MODEL.toml by default.")
def new(model_name: str, out: Path | None, force: bool) -> None:
    """Write a commented scenario that runs as it is."""
    from gridscan.atomic import replacing
    from gridscan.inputs.shipped_files import folder
    from gridscan.model_loader import is_code, load_model
    from gridscan.scenario.template import starter

    model = load_model(model_name)
    path = out or Path(f"{model.name}.toml")
    if path.exists() and not force:
        raise StoreError(f"{path}: exists; overwrite it with --force, or give another name with --out")
    schema = folder("data") / "schemas" / f"{model.name}.json"
    text = starter(model, schema.as_uri() if schema.is_file() else None)
    with replacing(path, force=True) as temporary:
        temporary.write_text(text, encoding="utf-8")
    named = f" --model {model_name}" if is_code(model_name) else ""
    say(f"wrote {path}; run it with: gridscan run {path}{named}")


@main.command()
@click.argument("model_name", metavar="MODEL")
def schema(model_name: str) -> None:
    """Print the JSON Schema of a model's scenarios, for editors."""
    import json

    from gridscan.model_loader import load_model
    from gridscan.scenario.json_schema import json_schema

    say(json.dumps(json_schema(load_model(model_name)), indent=1, ensure_ascii=False))


@main.command()
@click.argument("files", nargs=-1, required=True)
@scenario_options
def check(files: tuple[str, ...], model_name: str | None, overrides: dict[str, Any]) -> None:
    """Check scenarios and their units, without computing anything."""
    faults = []
    for file in files:
        try:
            made = planned(file, model_name, overrides)
            cells = sum(item.cells for item in made.quantities if item.output)
            axes = " × ".join(made.layout.resolved.sizes) or "no axis"
            say(f"{file}: valid, {cells:,} cells to compute over {axes}")
        except GridscanError as error:
            faults.append(str(error))
    if faults:
        raise GridscanError("\n".join(faults))


@main.command()
@click.argument("file")
@click.argument("quantity")
@scenario_options
def explain(file: str, quantity: str, model_name: str | None, overrides: dict[str, Any]) -> None:
    """Show the chain of formulas behind a quantity, with units, dimensions and sources."""
    from gridscan.cli.report import explanation
    from gridscan.cli.tables import console
    from gridscan.engine.plan import make_plan
    from gridscan.run import find_scenario

    scenario = find_scenario(file, model=model_named(model_name), overrides=overrides)
    console().print(explanation(make_plan(scenario, quantities=[quantity]), quantity))


@main.command()
@click.argument("file")
@scenario_options
@place_options
def plan(file: str, model_name: str | None, overrides: dict[str, Any], output: Path | None, memory: str | None) -> None:
    """Show what a run will compute, its size and memory, and what it can reuse."""
    from gridscan.cli.report import plan_report
    from gridscan.cli.tables import console
    from gridscan.engine.forecast import forecast

    made = planned(file, model_name, overrides, output, memory)
    console().print(plan_report(made, forecast(made)))


@main.command()
@click.argument("file")
@scenario_options
@place_options
@click.option("--workers", type=click.IntRange(min=1), help="Number of local worker processes.")
@click.option("--scheduler", metavar="ADDRESS", help="Compute on the workers of this dask scheduler.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first cell that cannot be computed.")
@click.option("--json", "as_json", is_flag=True, help="Report progress and outcome as lines of JSON.")
@click.pass_context
def run(
    ctx: click.Context,
    file: str,
    model_name: str | None,
    overrides: dict[str, Any],
    output: Path | None,
    memory: str | None,
    workers: int | None,
    scheduler: str | None,
    fail_fast: bool,
    as_json: bool,
) -> None:
    """Evaluate a scenario and write the result; resume a run that was stopped.

    FILE is a scenario, the name of a shipped one, or a result, whose scenario is run again. Cells of an earlier result
    at the same path are reused if nothing that made them has changed. The exit status is 3 if some cells failed; the
    variable `run_status` of the result says which, and why.
    """
    import json

    from gridscan.cli.progress import facts, shown_progress
    from gridscan.run import perform

    made = planned(file, model_name, overrides, output, memory)
    try:
        with shown_progress(as_json) as callback:
            outcome = perform(made, workers=workers, scheduler=scheduler, fail_fast=fail_fast, progress=callback)
    except (KeyboardInterrupt, Terminated) as stop:
        say("stopped; finished blocks are kept, and the same command resumes the run", err=True)
        ctx.exit(130 if isinstance(stop, KeyboardInterrupt) else 143)
    for note in outcome.notes:
        say(f"warning: {note}", err=True)
    if as_json:
        say(json.dumps({"event": "done", "path": str(outcome.path), **facts(outcome.progress)}))
    else:
        say(_said(made, outcome))
    if outcome.progress.failed:
        ctx.exit(3)


def _said(plan: Plan, outcome: Outcome) -> str:
    from gridscan.cli.tables import bytes_text

    progress = outcome.progress
    if outcome.was_made:
        return f"{outcome.path} is up to date: nothing that made its {progress.cells:,} cells has changed"
    outputs = sum(item.output for item in plan.quantities)
    counted = f"{outputs} {'quantity' if outputs == 1 else 'quantities'}"
    size = bytes_text(outcome.nbytes)
    earlier = f"; reused {progress.reused:,} of {progress.cells:,} cells" if progress.reused else ""
    made = f"; created folder {outcome.created}" if outcome.created else ""
    return f"wrote {outcome.path} ({counted}, {size}) in {progress.seconds:.2f} s{earlier}{made}"


@main.command()
@click.argument("file")
@click.option("--population", metavar="NAME", help="Population to draw from; the model's first by default.")
@click.option("--number", type=click.IntRange(min=0), help="Number to draw; itself random by default.")
@click.option("--seed", type=click.IntRange(min=0), help="Random seed; that of the scenario by default, or 0.")
@at_option
@scenario_options
@out_option("netCDF file to write; POPULATION.nc by default.")
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
    """Draw random members of a population, such as stars, at one point of a scenario.

    Along each axis, the point is the --at value, or else the value nearest to the model's default.
    """
    from gridscan.atomic import check_place
    from gridscan.cli.tables import bytes_text
    from gridscan.sample import sample as draw_sample
    from gridscan.storage.files import refuse_other_netcdf, write_result

    start = time.perf_counter()
    if out is not None and out.suffix != ".nc":
        raise StoreError(f"{out}: a sample is a netCDF file; its name must end in .nc")
    if out is not None:
        check_place(out, force=force, refuse=refuse_other_netcdf)
    options: dict[str, Any] = {"model": model_named(model_name), "overrides": overrides}
    dataset = draw_sample(file, population, at=at, number=number, seed=seed, **options)
    path = write_result(dataset, out or Path(f"{dataset.attrs['gridscan_population']}.nc"), force=force)
    say(dataset.attrs["title"])
    say(f"wrote {path} ({bytes_text(path.stat().st_size)}) in {time.perf_counter() - start:.2f} s")


@main.command()
@click.argument("file")
@click.option("--scenario", is_flag=True, help="Print only the scenario that made it.")
def info(file: str, scenario: bool) -> None:
    """Show what a result, or another netCDF file, holds and what made it.

    Of a file that is not what a run has written, that is said.
    """
    from gridscan.cli.result_report import result_report
    from gridscan.cli.tables import console
    from gridscan.limits import DEFAULT
    from gridscan.storage.files import open_as_it_is
    from gridscan.storage.provenance import NoProvenance, provenance_in
    from gridscan.storage.standing import standing_of

    with open_as_it_is(file) as dataset:
        provenance = None
        try:
            provenance = provenance_in(dataset, file)
        except NoProvenance:
            if scenario:
                raise
        if scenario and provenance is not None:
            say(provenance.scenario, nl=False)
        else:
            standing = standing_of(Path(file), compare=dataset.nbytes <= DEFAULT.lazy_bytes)
            console().print(result_report(dataset, provenance, standing))


@main.command()
@click.argument("file")
@click.option("--quantities", help="Names, separated by commas; all by default.")
@at_option
@out_option("CSV file to write; FILE with the suffix .csv by default.")
def export(file: str, quantities: str | None, at: dict[str, Any], out: Path | None, force: bool) -> None:
    """Write a result as tidy CSV: one row per cell, units in the header, after a comment line."""
    from gridscan.atomic import check_place
    from gridscan.storage.csv import export_csv

    names = [name.strip() for name in quantities.split(",")] if quantities is not None else None
    path = out or Path(Path(file).with_suffix(".csv").name)
    check_place(path, force=force)
    say(f"wrote {export_csv(dataset_of(file, at), path, names, force=force)}")

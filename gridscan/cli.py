"""The command line. Modules are imported inside the commands, so that help does not wait for them."""

from __future__ import annotations

import sys
import time
import traceback
import warnings
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gridscan import __version__
from gridscan.errors import GridscanError, GridscanWarning, StoreError, listed, nearest

if TYPE_CHECKING:
    import xarray as xr

    from gridscan.model import Model
    from gridscan.plan import Plan

Command = TypeVar("Command", bound=Callable[..., Any])


class _Commands(click.Group):
    """Ends with status 2 and one clear message for the user's mistakes, with 1 for ours."""

    def invoke(self, ctx: click.Context) -> Any:
        debug = bool(ctx.params.get("debug"))
        try:
            with warnings.catch_warnings():
                warnings.showwarning = _show_warning(warnings.showwarning)
                warnings.simplefilter("always", GridscanWarning)
                return super().invoke(ctx)
        except GridscanError as error:
            if debug:
                traceback.print_exc()
            click.echo(f"error: {error}" if "\n" not in str(error) else str(error), err=True)
            ctx.exit(2)
        except (click.exceptions.Exit, click.Abort, click.ClickException, BrokenPipeError):
            raise
        except Exception as error:
            if debug:
                traceback.print_exc()
            click.echo(
                f"internal error: {type(error).__name__}: {error}\n"
                "This is a mistake of gridscan, not yours; please report it with the output of `gridscan --debug …`.",
                err=True,
            )
            ctx.exit(1)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        name = args[0] if args else ""
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            ctx.fail(
                f"there is no command {name!r}{nearest(name, self.commands)}; there are {listed(self.commands, 30)}"
            )
        return super().resolve_command(ctx, args)


def _show_warning(otherwise: Callable[..., None]) -> Callable[..., None]:
    def show(message: Any, category: type[Warning], *rest: Any, **options: Any) -> None:
        if issubclass(category, GridscanWarning):
            click.echo(f"warning: {message}", err=True)
        else:
            otherwise(message, category, *rest, **options)

    return show


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__)
@click.option("--debug", is_flag=True, help="Show tracebacks.")
def main(debug: bool) -> None:
    """Evaluate a physics model over a whole grid of scenarios: labelled, with units, exact."""


def _setting(ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, Any]:
    """Read NAME=VALUE pairs; the value is TOML where it is valid TOML, and a text otherwise."""
    import tomllib

    settings: dict[str, Any] = {}
    for item in values:
        name, equals, text = item.partition("=")
        if not equals or not name.strip():
            raise click.BadParameter(f"{item!r} is not NAME=VALUE", ctx, parameter)
        try:
            content = tomllib.loads(f"value = {text}")
            settings[name.strip()] = content["value"] if list(content) == ["value"] else text.strip()
        except tomllib.TOMLDecodeError:
            settings[name.strip()] = text.strip()
    return settings


def _scenario_options(command: Command) -> Command:
    command = click.option("--model", "model_name", metavar="NAME", help="Another model: a name, or FILE.py:NAME.")(
        command
    )
    return click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="NAME=VALUE",
        callback=_setting,
        help="Override a value; repeatable.",
    )(command)


def _out(default: str) -> Callable[[Command], Command]:
    return click.option("--out", "-o", type=click.Path(path_type=Path), help=default)


_at = click.option(
    "--at", "at", multiple=True, metavar="AXIS=VALUE", callback=_setting, help="Pick a value of an axis; repeatable."
)


def _model(name: str | None) -> Model | None:
    from gridscan.models import load_model

    return load_model(name) if name is not None else None


def _catalogues(model: Model) -> dict[str, Any]:
    from gridscan.catalogue import shipped_catalogue

    return {name: shipped_catalogue(name) for name in model.labels}


def _planned(file: str, model_name: str | None, overrides: dict[str, Any], output: Path | None = None) -> Plan:
    from gridscan.run import plan

    made = plan(file, model=_model(model_name), overrides=overrides, output=output)
    for warning in made.warnings:
        click.echo(f"warning: {warning}", err=True)
    return made


def _dataset(file: str, at: dict[str, Any], name: str | None = None) -> xr.Dataset:
    """Open a result, or evaluate a scenario, and pick values of axes."""
    import gridscan.accessor  # noqa: F401
    from gridscan.labelled import position_on, quantity_of
    from gridscan.run import evaluate
    from gridscan.store import open_result

    dataset = open_result(file) if Path(file).suffix == ".nc" else evaluate(file)
    if name is not None:
        quantity_of(dataset, name)
    for axis, value in at.items():
        holders = [item for item in dataset.data_vars.values() if axis in item.dims]
        if not holders:
            raise StoreError(f"{file}: has no axis {axis!r}{nearest(axis, map(str, dataset.sizes))}")
        dataset = dataset.isel({axis: position_on(holders[0], axis, value)})
    return dataset


def _write(data: xr.DataArray | xr.Dataset, out: Path | None) -> None:
    import xarray as xr

    from gridscan.export import export_csv
    from gridscan.report import array_report, console
    from gridscan.store import write_result

    if out is None:
        console().print(array_report(data))
        return
    dataset = data.to_dataset() if isinstance(data, xr.DataArray) else data
    if out.suffix == ".csv":
        export_csv(dataset, out)
    elif out.suffix == ".nc":
        write_result(dataset, out)
    else:
        raise StoreError(f"{out}: a table is written as .csv or .nc")
    click.echo(f"wrote {out}")


@main.command()
def models() -> None:
    """List the models and scenarios that ship."""
    from gridscan.models import SHIPPED, load_model
    from gridscan.report import console, models_report
    from gridscan.resources import shipped_scenarios

    console().print(models_report([load_model(name) for name in SHIPPED], shipped_scenarios()))


@main.command()
@click.argument("model_name", metavar="MODEL")
@click.argument("name", required=False)
def describe(model_name: str, name: str | None) -> None:
    """Show the inputs and quantities of a model, or one of them."""
    from gridscan.errors import ModelError
    from gridscan.models import load_model
    from gridscan.report import console, model_report, node_report

    model = load_model(model_name)
    if name is None:
        console().print(model_report(model, _catalogues(model)))
    elif name in model.names:
        console().print(node_report(model, name, _catalogues(model)))
    else:
        raise ModelError(f"model {model.name!r} has nothing called {name!r}{nearest(name, model.names)}")


@main.command()
@click.argument("model_name", metavar="MODEL")
@_out("The file to write; MODEL.toml by default.")
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
def new(model_name: str, out: Path | None, force: bool) -> None:
    """Write a commented scenario that runs as it is."""
    from gridscan.models import load_model
    from gridscan.resources import folder
    from gridscan.starter import starter

    model = load_model(model_name)
    path = out or Path(f"{model.name}.toml")
    if path.exists() and not force:
        raise StoreError(f"{path}: exists; overwrite it with --force, or give another name with --out")
    schema = folder("data") / "schemas" / f"{model.name}.json"
    try:
        path.write_text(starter(model, schema.as_uri() if schema.is_file() else None), encoding="utf-8")
    except OSError as error:
        raise StoreError(f"{path}: cannot be written: {error.strerror}") from None
    click.echo(f"wrote {path}; run it with: gridscan run {path}")


@main.command()
@click.argument("model_name", metavar="MODEL")
def schema(model_name: str) -> None:
    """Print the JSON Schema of a model's scenarios, for editors."""
    import json

    from gridscan.models import load_model
    from gridscan.scenario import json_schema

    click.echo(json.dumps(json_schema(load_model(model_name)), indent=1, ensure_ascii=False))


@main.command()
@click.argument("files", nargs=-1, required=True)
@_scenario_options
def check(files: tuple[str, ...], model_name: str | None, overrides: dict[str, Any]) -> None:
    """Validate scenarios and prove their units, without computing anything."""
    faults = []
    for file in files:
        try:
            made = _planned(file, model_name, overrides)
            cells = sum(item.cells for item in made.quantities if item.output)
            click.echo(f"{file}: valid, {len(made.axes)} axes, {cells:,} cells to compute")
        except GridscanError as error:
            faults.append(str(error))
    if faults:
        raise GridscanError("\n".join(faults))


@main.command()
@click.argument("file")
@click.argument("quantity")
@_scenario_options
def explain(file: str, quantity: str, model_name: str | None, overrides: dict[str, Any]) -> None:
    """Show the chain of formulas behind a quantity, with units, dimensions and sources."""
    from gridscan.plan import make_plan
    from gridscan.report import console, explanation
    from gridscan.run import find_scenario

    scenario = find_scenario(file, model=_model(model_name), overrides=overrides)
    console().print(explanation(make_plan(scenario, quantities=[quantity]), quantity))


@main.command()
@click.argument("file")
@_scenario_options
@click.option("--output", type=click.Path(path_type=Path), help="Another place for the result.")
def plan(file: str, model_name: str | None, overrides: dict[str, Any], output: Path | None) -> None:
    """Show what a run will compute, how large it is, and the memory it takes."""
    from gridscan.report import console, plan_report

    console().print(plan_report(_planned(file, model_name, overrides, output)))


@main.command()
@click.argument("file")
@_scenario_options
@click.option("--output", type=click.Path(path_type=Path), help="Another place for the result.")
def run(file: str, model_name: str | None, overrides: dict[str, Any], output: Path | None) -> None:
    """Evaluate a scenario and write the result.

    FILE is a scenario, the name of a shipped one, or a result, which is run again from the scenario inside it.
    """
    from gridscan.report import bytes_text
    from gridscan.run import run as run_plan

    start = time.perf_counter()
    made = _planned(file, model_name, overrides, output)
    path = run_plan(made, progress=_progress_bar)
    size = bytes_text(path.stat().st_size)
    outputs = sum(item.output for item in made.quantities)
    click.echo(f"wrote {path} ({outputs} quantities, {size}) in {time.perf_counter() - start:.2f} s")


def _progress_bar() -> Any:
    """Return a dask callback that moves a bar, and nothing where nobody watches."""
    from dask.callbacks import Callback
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    if not sys.stderr.isatty():
        return Callback()
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total} tasks"))
    bar = Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=Console(stderr=True))

    class Bar(Callback):
        def _start_state(self, _: Any, state: Any) -> None:
            self._stack = ExitStack()
            self._stack.enter_context(bar)
            self._task = bar.add_task("computing", total=sum(len(state[key]) for key in ("ready", "waiting")))

        def _posttask(self, *_: Any) -> None:
            bar.advance(self._task)

        def _finish(self, *_: Any) -> None:
            self._stack.close()

    return Bar()


@main.command()
@click.argument("file")
@click.option("--scenario", is_flag=True, help="Print the scenario that made it instead.")
def info(file: str, scenario: bool) -> None:
    """Show what a result holds and what made it."""
    from gridscan.report import console, result_report
    from gridscan.store import open_result, provenance_in

    with open_result(file) as dataset:
        provenance = provenance_in(dataset, file)
        if scenario:
            click.echo(provenance.scenario, nl=False)
        else:
            console().print(result_report(dataset, provenance))


@main.command()
@click.argument("file")
@click.option("--quantities", help="Names joined by commas; all by default.")
@_at
@_out("The CSV file.")
def export(file: str, quantities: str | None, at: dict[str, Any], out: Path | None) -> None:
    """Write a result as tidy CSV, one row a cell, with units in the header line."""
    from gridscan.export import export_csv

    names = [name.strip() for name in quantities.split(",")] if quantities is not None else None
    path = export_csv(_dataset(file, at), out or Path(file).with_suffix(".csv").name, names)
    click.echo(f"wrote {path}")


@main.command()
@click.argument("file")
@click.argument("quantity")
@click.option("--along", multiple=True, metavar="AXIS", help="The axis (or two, for a map) to plot along.")
@click.option("--by", metavar="AXIS", help="One line or colour for each value of this axis.")
@_at
@_out("The picture; QUANTITY.png by default.")
def plot(
    file: str, quantity: str, along: tuple[str, ...], by: str | None, at: dict[str, Any], out: Path | None
) -> None:
    """Draw a quantity: bars for labels, lines for a numeric axis, a map for two axes."""
    import matplotlib

    matplotlib.use("Agg")
    from gridscan.plot import draw, save

    dataset = _dataset(file, at, quantity)
    path = save(draw(dataset, quantity, along=along, by=by), out or Path(f"{quantity}.png"))
    click.echo(f"wrote {path}")


@main.group()
def sensitivity() -> None:
    """Ask how sensitive a quantity is to the axes of a result, or to every parameter."""


_along = click.option("--along", required=True, metavar="AXIS", help="The axis that is asked about.")
_over = click.option("--over", metavar="AXES", help="Axes that vary, joined by commas; all by default.")
_log = click.option("--log", "logarithmic", is_flag=True, help="Of the logarithm of the quantity.")


def _question(command: Command) -> Command:
    """Give a command FILE, QUANTITY, --at and --out."""
    for decorate in (
        _out("Write a .csv or .nc file instead."),
        _at,
        click.argument("quantity"),
        click.argument("file"),
    ):
        command = decorate(command)
    return command


def _names(text: str | None) -> list[str] | None:
    return [name.strip() for name in text.split(",")] if text is not None else None


@sensitivity.command()
@_question
@_along
def elasticity(file: str, quantity: str, at: dict[str, Any], out: Path | None, along: str) -> None:
    """Show d ln(quantity) / d ln(axis)."""
    _write(_dataset(file, at, quantity).gridscan.elasticity(quantity, along), out)


@sensitivity.command()
@_question
@_along
def derivative(file: str, quantity: str, at: dict[str, Any], out: Path | None, along: str) -> None:
    """Show the derivative along an axis, with units."""
    _write(_dataset(file, at, quantity).gridscan.derivative(quantity, along), out)


@sensitivity.command()
@_question
@_along
@click.option("--reference", required=True, help="The label or value compared with.")
@click.option("--kind", type=click.Choice(["ratio", "difference", "log"]), default="ratio", show_default=True)
def contrast(
    file: str, quantity: str, at: dict[str, Any], out: Path | None, along: str, reference: str, kind: Any
) -> None:
    """Compare every label or value of an axis with one of them."""
    _write(_dataset(file, at, quantity).gridscan.contrast(quantity, along, reference, kind), out)


@sensitivity.command()
@_question
@_over
@_log
def shares(file: str, quantity: str, at: dict[str, Any], out: Path | None, over: str | None, logarithmic: bool) -> None:
    """Divide the variance over the grid among the axes: first order, total, pairwise."""
    _write(_dataset(file, at, quantity).gridscan.variance_shares(quantity, _names(over), logarithmic), out)


@sensitivity.command()
@_question
@_over
@_log
def rank(file: str, quantity: str, at: dict[str, Any], out: Path | None, over: str | None, logarithmic: bool) -> None:
    """Order the axes by their total share of the variance."""
    _write(_dataset(file, at, quantity).gridscan.rank(quantity, _names(over), logarithmic), out)


@sensitivity.command()
@_question
@_along
@click.option("--value", required=True, help="The value to reach, with its unit.")
@click.option("--scale", type=click.Choice(["linear", "log"]), default="linear", show_default=True)
def crossing(
    file: str, quantity: str, at: dict[str, Any], out: Path | None, along: str, value: str, scale: Any
) -> None:
    """Show where along an axis a quantity first reaches a value."""
    _write(_dataset(file, at, quantity).gridscan.crossing(quantity, along, value, scale), out)


@sensitivity.command()
@_question
@_along
@click.option("--exposure", default="10 yr", show_default=True)
@click.option(
    "--background", default="0 / yr", show_default=True, help="A rate, or a rate per mass such as '1 / kt / yr'."
)
@click.option("--significance", default=3.0, show_default=True, help="In standard deviations.")
@click.option("--mass", help="Mass of the detector: a value with a unit, or the name of a coordinate.")
def discriminate(
    file: str,
    quantity: str,
    at: dict[str, Any],
    out: Path | None,
    along: str,
    exposure: str,
    background: str,
    significance: float,
    mass: str | None,
) -> None:
    """Show how large a detector tells any two labels or values of an axis apart."""
    options: dict[str, Any] = {
        "exposure": exposure,
        "background": background,
        "significance": significance,
        "mass": mass,
    }
    _write(_dataset(file, at, quantity).gridscan.discriminate(quantity, along, **options), out)


@sensitivity.command("local")
@_question
@click.option("--keep", help="Axes that stay, joined by commas.")
@click.option("--picture", type=click.Path(path_type=Path), help="Draw the tornado too.")
@_scenario_options
def local_command(
    file: str,
    quantity: str,
    at: dict[str, Any],
    out: Path | None,
    keep: str | None,
    picture: Path | None,
    model_name: str | None,
    overrides: dict[str, Any],
) -> None:
    """Show the elasticity to every numeric parameter around the scenario's base values."""
    from gridscan.local import local

    options: dict[str, Any] = {"model": _model(model_name), "overrides": overrides}
    table = local(file, quantity, at=at, keep=_names(keep) or (), **options)
    _write(table, out)
    if picture is not None:
        import matplotlib

        matplotlib.use("Agg")
        from gridscan.plot import save, tornado

        click.echo(f"wrote {save(tornado(table), picture)}")

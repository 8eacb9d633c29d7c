"""Shared by several commands: options, opening FILE, and showing an answer."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gridscan.cli.say import say
from gridscan.errors import StoreError, listed, nearest

if TYPE_CHECKING:
    import xarray as xr

    from gridscan.engine.plan import Plan
    from gridscan.model import Model

Command = TypeVar("Command", bound=Callable[..., Any])


def value_of(text: str) -> Any:
    """Read a value: as TOML where it is valid TOML, otherwise as text."""
    import tomllib

    try:
        content = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text.strip()
    # 05:35:28 would be a time of day, but no input is one.
    is_value = list(content) == ["value"] and not isinstance(content["value"], datetime.date | datetime.time)
    return content["value"] if is_value else text.strip()


def settings(ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, Any]:
    """Read NAME=VALUE pairs."""
    settings: dict[str, Any] = {}
    for item in values:
        name, equals, text = item.partition("=")
        if not equals or not name.strip():
            raise click.BadParameter(f"{item!r} is not NAME=VALUE", ctx, parameter)
        settings[name.strip()] = value_of(text)
    return settings


def scenario_options(command: Command) -> Command:
    """Give a command --model and --set."""
    text = "Use this model: a name, FILE.py:NAME or MODULE:NAME."
    command = click.option("--model", "model_name", metavar="NAME", help=text)(command)
    return click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="NAME=VALUE",
        callback=settings,
        help="Override an input; repeatable.",
    )(command)


def place_options(command: Command) -> Command:
    """Give a command --output and --memory."""
    text = "Memory limit, such as 1GB; a quarter of the machine's by default."
    command = click.option("--memory", metavar="SIZE", help=text)(command)
    text = "Path of the result; that of the scenario by default."
    return click.option("--output", type=click.Path(path_type=Path), help=text)(command)


def out_option(default: str) -> Callable[[Command], Command]:
    """Give a command --out with this help, and --force."""

    def decorate(command: Command) -> Command:
        command = click.option("--force", is_flag=True, help="Replace a file even if gridscan did not write it.")(
            command
        )
        return click.option("--out", "-o", type=click.Path(path_type=Path), help=default)(command)

    return decorate


at_option = click.option(
    "--at", "at", multiple=True, metavar="AXIS=VALUE", callback=settings, help="Pick a value of an axis; repeatable."
)


def model_named(name: str | None) -> Model | None:
    """Return the model of this name, or None without a name."""
    from gridscan.model_loader import load_model

    return load_model(name) if name is not None else None


def catalogues_of(model: Model) -> dict[str, Any]:
    """Return the records of each label of a model."""
    from gridscan.inputs.catalogue import catalogue_of

    return {name: catalogue_of(model, name) for name in model.labels}


def planned(
    file: str,
    model_name: str | None,
    overrides: dict[str, Any],
    output: Path | None = None,
    memory: str | None = None,
) -> Plan:
    """Plan a run."""
    from gridscan.run import plan

    return plan(file, model=model_named(model_name), overrides=overrides, output=output, memory=memory)


def dataset_of(file: str, at: dict[str, Any], name: str | None = None) -> xr.Dataset:
    """Open a result, or evaluate a scenario, and pick values of axes."""
    from gridscan.run import RESULTS, evaluate
    from gridscan.sensitivity.labelled import quantity_of
    from gridscan.storage.files import open_result

    dataset = open_result(file) if Path(file).suffix in RESULTS else evaluate(file)
    if name is not None:
        quantity_of(dataset, name)
    return picked_at(dataset, file, at)


def picked_at(dataset: xr.Dataset, file: str, at: dict[str, Any]) -> xr.Dataset:
    """Pick values of axes."""
    from gridscan.sensitivity.labelled import position_on

    for axis, value in at.items():
        holders = [item for item in dataset.data_vars.values() if axis in item.dims]
        if not holders:
            raise StoreError(f"{file}: has no axis {axis!r}{_hint(dataset, axis)}")
        dataset = dataset.isel({axis: position_on(holders[0], axis, value)})
    return dataset


def _hint(dataset: xr.Dataset, name: str) -> str:
    if name in dataset.coords and dataset[name].ndim == 1:
        dim = str(dataset[name].dims[0])
        return f"; it varies along {dim!r}: give a position on that, from 0 to {dataset.sizes[dim] - 1}"
    axes = [str(dim) for dim in dataset.sizes]
    return nearest(name, axes) or f"; its axes are {listed(axes)}"


def check_table(out: Path | None, *, force: bool) -> None:
    """Refuse a table that could not be written to --out, before anything is computed."""
    from gridscan.atomic import check_place
    from gridscan.storage.files import refuse_other_netcdf

    if out is not None and out.suffix not in (".csv", ".nc"):
        raise StoreError(f"{out}: a table must end in .csv or .nc")
    if out is not None and out.suffix == ".nc":
        check_place(out, force=force, refuse=refuse_other_netcdf)
    elif out is not None:
        check_place(out, force=force)


def show_or_write(data: xr.DataArray | xr.Dataset, out: Path | None, *, force: bool) -> None:
    """Show an answer, or write it to --out."""
    import xarray as xr

    from gridscan.cli.result_report import array_report
    from gridscan.cli.tables import console
    from gridscan.storage.csv import export_csv
    from gridscan.storage.files import write_result

    if out is None:
        console().print(array_report(data))
        return
    dataset = data.to_dataset() if isinstance(data, xr.DataArray) else data
    if out.suffix == ".csv":
        export_csv(dataset, out, force=force)
    else:
        write_result(dataset, out, force=force)
    say(f"wrote {out}")

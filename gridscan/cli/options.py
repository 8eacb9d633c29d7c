"""Shared by several commands: options, and opening FILE."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gridscan.cli import completion
from gridscan.errors import StoreError, listed, nearest
from gridscan.limits import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr

    from gridscan.engine.plan import Plan
    from gridscan.limits import Limits
    from gridscan.model import Model
    from gridscan.scenario.reader import Scenario

Command = TypeVar("Command", bound=Callable[..., Any])
_STDIN = "gridscan.standard_input"
#: Where a command finds the texts of --set as they were given.
SETTINGS = "gridscan.settings"


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
    ctx.meta[SETTINGS] = values
    return settings


def names_in(text: str | None) -> list[str] | None:
    """Return names separated by commas."""
    return [name.strip() for name in text.split(",") if name.strip()] if text is not None else None


class UserPath(click.Path):
    """A file or folder, in which ``~`` stands for the home of the user wherever the shell has left it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return a path."""
        return Path(str(super().convert(value, param, ctx))).expanduser()


def file_argument(command: Command) -> Command:
    """Give a command FILE, a scenario or a result."""
    return click.argument("file", shell_complete=completion.files)(command)


def model_argument(command: Command) -> Command:
    """Give a command MODEL."""
    return click.argument("model_name", metavar="MODEL", shell_complete=completion.models)(command)


def scenario_options(command: Command) -> Command:
    """Give a command --model and --set."""
    text = "Use this model: a name, FILE.py:NAME or MODULE:NAME."
    command = click.option(
        "--model", "model_name", metavar="NAME", help=text, shell_complete=completion.models_and_code
    )(command)
    return click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="NAME=VALUE",
        callback=settings,
        help="Override an input; repeatable.",
        shell_complete=completion.inputs,
    )(command)


def place_options(command: Command) -> Command:
    """Give a command --output, --memory and --quantities."""
    text = "Memory limit, such as 1GB; a quarter of the machine's by default."
    command = click.option("--memory", metavar="SIZE", help=text)(command)
    command = quantities_option("Names, separated by commas, instead of the scenario's.")(command)
    text = "Path of the result; that of the scenario by default."
    return click.option("--output", type=UserPath(), help=text)(command)


def reuse_option(command: Command) -> Command:
    """Give a command --reuse."""
    text = "Another result whose cells may be taken; repeatable."
    return click.option("--reuse", multiple=True, type=UserPath(), metavar="FILE", help=text)(command)


def quantities_option(text: str) -> Callable[[Command], Command]:
    """Give a command --quantities with this help."""

    def decorate(command: Command) -> Command:
        return click.option("--quantities", metavar="NAMES", help=text, shell_complete=completion.quantities)(command)

    return decorate


def json_option(command: Command) -> Command:
    """Give a command --json, for programs."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")(command)


def out_option(default: str) -> Callable[[Command], Command]:
    """Give a command --out with this help, and --force."""

    def decorate(command: Command) -> Command:
        command = click.option("--force", is_flag=True, help="Replace a file even if gridscan did not write it.")(
            command
        )
        return click.option("--out", "-o", type=UserPath(allow_dash=True), help=default)(command)

    return decorate


at_option = click.option(
    "--at",
    "at",
    multiple=True,
    metavar="AXIS=VALUE",
    callback=settings,
    help="Pick a value of an axis; repeatable.",
    shell_complete=completion.axes_with_values,
)


def model_named(name: str | None) -> Model | None:
    """Return the model of this name, or None without a name."""
    from gridscan.model_loader import load_model

    return load_model(name) if name is not None else None


def catalogues_of(model: Model) -> dict[str, Any]:
    """Return the records of each label of a model."""
    from gridscan.inputs.catalogue import catalogue_of

    return {name: catalogue_of(model, name) for name in model.labels}


def source_of(file: str, model: Model | None = None) -> str | Scenario:
    """Return what FILE names: a path or a name, or the scenario that the standard input holds, read once."""
    if file != "-":
        return file
    from gridscan.scenario.reader import Scenario

    memory = click.get_current_context().find_root().meta
    if _STDIN not in memory:
        memory[_STDIN] = sys.stdin.read()
    return Scenario.parse(memory[_STDIN], name="standard input", file="standard_input.toml", model=model)


def planned(
    file: str,
    model_name: str | None,
    overrides: dict[str, Any],
    output: Path | None = None,
    memory: str | None = None,
    quantities: str | None = None,
    limits: Limits = DEFAULT,
) -> Plan:
    """Plan a run."""
    from gridscan.run import plan

    model = model_named(model_name)
    options: dict[str, Any] = {"overrides": overrides, "output": output, "memory": memory, "limits": limits}
    return plan(source_of(file, model), model=model, quantities=names_in(quantities), **options)


def dataset_of(file: str | Scenario, at: Mapping[str, Any], name: str | None = None) -> xr.Dataset:
    """Open a result, or evaluate a scenario, and pick values of axes."""
    from gridscan.run import evaluate
    from gridscan.sensitivity.labelled import quantity_of
    from gridscan.sources import RESULTS
    from gridscan.storage.files import open_result

    source = source_of(file) if isinstance(file, str) else file
    is_result = isinstance(source, str) and Path(source).suffix in RESULTS
    dataset = open_result(str(source)) if is_result else evaluate(source)
    if name is not None:
        quantity_of(dataset, name)
    return picked_at(dataset, str(file) if isinstance(file, str) else file.name, at)


def picked_at(dataset: xr.Dataset, file: str, at: Mapping[str, Any]) -> xr.Dataset:
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

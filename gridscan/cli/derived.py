"""The commands that go on from a result: new quantities by formulas, and exact values off its grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gridscan.cli import completion
from gridscan.cli.group import main
from gridscan.cli.options import at_option, dataset_of, file_argument, model_named, out_option, settings
from gridscan.cli.writing import check_table, show_or_write

if TYPE_CHECKING:
    from pathlib import Path


def _formulas(ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """Read NAME=FORMULA pairs."""
    found: dict[str, str] = {}
    for item in values:
        name, equals, text = item.partition("=")
        if not equals or not name.strip():
            raise click.BadParameter(f"{item!r} is not NAME=FORMULA", ctx, parameter)
        if name.strip() in found:
            raise click.BadParameter(f"{name.strip()!r} is given twice", ctx, parameter)
        found[name.strip()] = text.strip()
    return found


@main.command(
    "at",
    examples=[
        "at results/imf_scan.nc events_per_year --at time='17.5 Myr' --at radius='1.1 kpc'",
        "at results/imf_scan.nc flux --at time='[17, 18, 19]' --at imf=top-heavy -o between.csv",
    ],
)
@file_argument
@click.argument("quantity", shell_complete=completion.quantities)
@click.option(
    "--at",
    "values",
    multiple=True,
    required=True,
    metavar="NAME=VALUE",
    callback=settings,
    help="Value of an axis, or of any other input, on the grid or not; repeatable.",
    shell_complete=completion.axes_with_values,
)
@click.option(
    "--model",
    "model_name",
    metavar="NAME",
    help="Model of your own that made FILE: FILE.py:NAME or MODULE:NAME.",
    shell_complete=completion.models_and_code,
)
@click.option("--even-if-changed", is_flag=True, help="Go on where the code has changed since FILE was made.")
@out_option("Write a table (.csv, .parquet, .tex, .nc; - prints CSV) instead of showing it.")
def at_command(file: str, quantity: str, values: dict[str, Any], out: Path | None, force: bool, **options: Any) -> None:
    """Compute a quantity at values off the grid.

    By evaluating the model with the scenario that FILE holds, never by interpolation.
    """
    check_table(out, force=force)
    model = model_named(options.pop("model_name"))
    found = dataset_of(file, {}).gridscan.at(quantities=[quantity], model=model, **options, **values)
    show_or_write(found[quantity] if out is None else found, out, force=force)


@main.command(
    examples=[
        "derive imf_scan rate='events_per_year / fiducial_mass' --at time='20 Myr'",
        "derive results/imf_scan.nc decade=\"events_per_year * '10 yr'\" -o decade.nc",
    ]
)
@file_argument
@click.argument(
    "formulas",
    nargs=-1,
    required=True,
    metavar="NAME=FORMULA...",
    callback=_formulas,
    shell_complete=completion.formulas,
)
@at_option
@out_option("Write a table (.csv, .parquet, .tex, .nc; - prints CSV) instead of showing it.")
def derive(file: str, formulas: dict[str, str], at: dict[str, Any], out: Path | None, force: bool) -> None:
    """Make new quantities of others by formulas.

    Their units are proven. A formula has names, numbers, '3 Myr', + - * / **, parentheses, and abs cos exp log log10
    maximum minimum sin sqrt tan; nothing in it is executed. One may use those before it.
    """
    check_table(out, force=force)
    derived = dataset_of(file, at).gridscan.derive(**formulas)
    single = out is None and len(formulas) == 1
    show_or_write(derived[next(iter(formulas))] if single else derived[list(formulas)], out, force=force)

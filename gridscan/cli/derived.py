"""The commands that go on from a result: new quantities by formulas, and exact values off its grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gridscan.cli import completion
from gridscan.cli.group import main
from gridscan.cli.options import at_option, dataset_of, file_argument, out_option
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
    show_or_write(derived[list(formulas)], out, force=force)

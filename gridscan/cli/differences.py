"""The command that compares two results."""

from __future__ import annotations

from typing import Any

import click

from gridscan.cli import completion
from gridscan.cli.group import main
from gridscan.cli.options import json_option


@main.command(
    "diff",
    examples=[
        "diff results/imf_scan.nc results/imf_scan.nc",
        "diff results/imf_scan.nc results/imf_scan.nc --rtol 1e-9",
    ],
)
@click.argument("file", shell_complete=completion.files)
@click.argument("other", shell_complete=completion.files)
@click.option(
    "--rtol", type=float, default=0.0, show_default=True, help="Largest relative difference of cells that agree."
)
@json_option
@click.pass_context
def diff(ctx: click.Context, file: str, other: str, rtol: float, as_json: bool) -> None:
    """Compare two results, FILE (A) and OTHER (B).

    Quantities, cells and axes, and what the results were made of, worst first. As of diff, the exit status is 0 if all
    quantities agree, 1 if not, and 2 if a file cannot be read.
    """
    from dataclasses import asdict

    from gridscan.cli.as_json import print_json
    from gridscan.cli.say import say
    from gridscan.comparison.compare import compare

    found = compare(file, other, rtol=rtol)
    if as_json:
        data: dict[str, Any] = {"same": found.same, **asdict(found)}
        print_json(data)
    else:
        say(str(found))
    if not found.same:
        ctx.exit(1)

"""The commands that show and export results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gridscan.cli import completion
from gridscan.cli.group import main
from gridscan.cli.options import (
    at_option,
    dataset_of,
    file_argument,
    json_option,
    names_in,
    out_option,
    quantities_option,
)
from gridscan.cli.say import say
from gridscan.cli.writing import check_table, write


@main.command(examples=["info results/imf_scan.nc", "info results/imf_scan.nc --scenario"])
@click.argument("file", shell_complete=completion.files)
@click.option("--scenario", is_flag=True, help="Print only the scenario that made it.")
@json_option
def info(file: str, scenario: bool, as_json: bool) -> None:
    """Show what a result holds and what made it.

    Any netCDF file can be shown. Of a file that is not what a run has written, that is said.
    """
    from gridscan.cli.as_json import print_json, result_as_data
    from gridscan.cli.result_report import result_report
    from gridscan.cli.tables import show
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
            return
        standing = standing_of(Path(file), compare=dataset.nbytes <= DEFAULT.lazy_bytes)
        if as_json:
            print_json(result_as_data(dataset, provenance, standing))
        else:
            show(result_report(dataset, provenance, standing))


@main.command(
    examples=[
        "export results/imf_scan.nc --quantities flux",
        "export results/imf_scan.nc -o scan.parquet",
        "export results/imf_scan.nc --at time='20 Myr' -o -",
    ]
)
@file_argument
@quantities_option("Names, separated by commas; all by default.")
@at_option
@out_option("File to write: .csv, .parquet, .tex, .nc, or - to print CSV; FILE.csv by default.")
def export(file: str, quantities: str | None, at: dict[str, Any], out: Path | None, force: bool) -> None:
    """Write a result as a table, one row per cell.

    Units are in the header. A CSV begins with a comment: read it with pandas.read_csv(path, comment="#").
    """
    name = "standard_input" if file == "-" else file
    path = out or Path(Path(name).with_suffix(".csv").name)
    check_table(path, force=force)
    write(dataset_of(file, at), path, names_in(quantities), force=force)

"""Showing an answer, or writing it to the file that --out names: its ending says how."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gridscan.cli.say import tell
from gridscan.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr

#: What --out takes for the standard output.
STDOUT = Path("-")


def check_table(out: Path | None, *, force: bool) -> None:
    """Refuse a table that could not be written to --out, before anything is computed."""
    from gridscan.atomic import check_place
    from gridscan.storage.files import refuse_other_netcdf
    from gridscan.storage.table_files import TABLES, check_ending

    if out is None or out == STDOUT:
        return
    check_ending(out, [".nc", *TABLES], "a table")
    if out.suffix == ".nc":
        check_place(out, force=force, refuse=refuse_other_netcdf)
    else:
        check_place(out, force=force)


def write(dataset: xr.Dataset, out: Path, quantities: Sequence[str] | None = None, *, force: bool) -> None:
    """Write a Dataset to --out, or print it as comma-separated text."""
    from gridscan.storage.files import write_result
    from gridscan.storage.table_files import print_table, write_table

    if out == STDOUT:
        print_table(dataset, sys.stdout, quantities)
    elif out.suffix == ".nc":
        write_result(dataset if quantities is None else dataset[list(quantities)], out, force=force)
        tell(f"wrote {out}")
    else:
        tell(f"wrote {write_table(dataset, out, quantities, force=force)}")


def show_or_write(
    data: xr.DataArray | xr.Dataset,
    out: Path | None,
    held: Sequence[str] = (),
    *,
    force: bool,
    everything: bool = False,
) -> None:
    """Show an answer, or write it to --out.

    Parameters
    ----------
    held
        What is held in what is shown, in words.
    everything
        Whether all rows are shown, however many there are.
    """
    import xarray as xr

    from gridscan.cli.result_report import array_report
    from gridscan.cli.tables import show

    if out is None:
        show(array_report(data, held, everything=everything))
        return
    write(data.to_dataset() if isinstance(data, xr.DataArray) else data, out, force=force)


def check_picture(out: Path | None, *, movies: bool = False) -> None:
    """Refuse a picture whose ending says no format, before anything is computed."""
    from gridscan.storage.table_files import check_ending

    if out == STDOUT:
        raise StoreError("a picture is written to a file; give --out NAME.png, .pdf or .svg")
    if out is not None:
        check_ending(out, [".png", ".pdf", ".svg", *([".gif", ".mp4"] if movies else [])], "a picture")

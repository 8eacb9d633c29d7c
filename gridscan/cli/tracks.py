"""The commands on the evolutionary tracks of stars."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from gridscan.cli.group import main
from gridscan.cli.options import UserPath
from gridscan.cli.say import tell
from gridscan.errors import UnitError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@main.group(examples=["tracks list tracks.zip"])
def tracks() -> None:
    """Make tables of stars from tracks and public files."""


def _values(unit: str) -> Callable[[click.Context, click.Parameter, str | None], Any]:
    """Return a callback that reads values separated by commas; a bare number is in the default unit."""

    def read(ctx: click.Context, parameter: click.Parameter, text: str | None) -> list[float] | None:
        from gridscan.units import convert, parse_quantity, parse_unit

        if text is None:
            return None
        to, values = parse_unit(unit), []
        for part in text.split(","):
            try:
                quantity = parse_quantity(part)
                given = to if quantity.units == parse_unit("1") else quantity.units
                values.append(convert(float(quantity.magnitude), given, to))
            except UnitError as error:
                what = f"{error}" if part.strip()[:1].isdigit() else f"{part.strip()!r} is not a number"
                raise click.BadParameter(f"{what}, in {text!r}", ctx, parameter) from None
        return values

    return read


def _one_value(unit: str) -> Callable[[click.Context, click.Parameter, str], Any]:
    def read(ctx: click.Context, parameter: click.Parameter, text: str) -> float:
        values: list[float] = _values(unit)(ctx, parameter, text)
        first, *others = values
        if others:
            raise click.BadParameter(f"found {1 + len(others)} values in {text!r}; expected one", ctx, parameter)
        return first

    return read


@tracks.command("list", examples=["tracks list tracks.zip"])
@click.argument("file", metavar="ZIP", type=click.Path())
def list_command(file: str) -> None:
    """List the tracks in a ZIP."""
    from rich.table import Table

    from gridscan.cli.tables import show
    from gridscan.engine.shown_progress import bytes_text
    from gridscan.stellar_tables.track_archive import list_tracks

    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("metallicity", "helium", "rotation", "mass [Msun]", "size"):
        table.add_column(column, justify="right", no_wrap=True)
    for track in list_tracks(file):
        numbers = (track.metallicity, track.helium, track.rotation, track.mass)
        table.add_row(*(f"{number:.12g}" for number in numbers), bytes_text(track.size))
    show(table)


@tracks.command(examples=["tracks extract tracks.zip --out phases.csv"])
@click.argument("file", metavar="ZIP", type=click.Path())
@click.option("--out", "-o", type=UserPath(), required=True, help="Table to write, a .csv file.")
@click.option("--force", is_flag=True, help="Replace a file even if gridscan did not write it.")
@click.option(
    "--masses",
    callback=_values("Msun"),
    help="Initial masses, separated by commas, in Msun if without a unit; all by default.",
)
@click.option("--metallicity", callback=_values("1"), help="Metallicities, separated by commas; all by default.")
@click.option("--rotation", callback=_values("1"), help="Rotation rates, separated by commas.")
@click.option("--helium", callback=_values("1"), help="Helium fractions, separated by commas.")
@click.option(
    "--maximum-temperature",
    default="4000 K",
    show_default=True,
    callback=_one_value("K"),
    help="Highest effective temperature of a red supergiant.",
)
@click.option(
    "--minimum-log-luminosity",
    type=float,
    default=4.5,
    show_default=True,
    help="Lowest log10(L/Lsun) of a red supergiant.",
)
@click.option(
    "--minimum-carbon-luminosity",
    type=float,
    default=1e-3,
    show_default=True,
    help="Lowest value of column LC of a star that burns carbon.",
)
def extract(file: str, out: Path, **options: Any) -> None:
    """Make a table of stellar phases from a ZIP of tracks.

    If a metallicity and mass have several tracks, choose with --rotation or --helium.
    """
    from gridscan.stellar_tables import phase_extraction
    from gridscan.storage.table_files import check_ending

    check_ending(out, [".csv"], "a table of phases")
    with _progress_bar() as progress:
        path = phase_extraction.extract(file, out, progress=progress, **options)
    tell(f"wrote {path}")


@tracks.command(examples=["tracks neutrinos s15.txt --mass 15 -o mine.csv"])
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path())
@click.option("--out", "-o", type=UserPath(), required=True, help="Table to write, a .csv file.")
@click.option(
    "--mass", required=True, callback=_one_value("Msun"), help="Initial mass of the star, in Msun if without a unit."
)
@click.option(
    "--after",
    default="0 s",
    show_default=True,
    callback=_one_value("s"),
    help="Leave out times before collapse up to this one.",
)
@click.option("--force", is_flag=True, help="Replace a file even if gridscan did not write it.")
def neutrinos(files: tuple[str, ...], out: Path, mass: float, after: float, force: bool) -> None:
    """Make a table of neutrinos before collapse.

    From public files of one star. Odrzywolek & Heger 2010 and Patton et al. 2017: one FILE. Kato et al. 2017: the light
    curve and the spectra of electron antineutrinos. The columns tell which it is. Tables of several stars are joined by
    pasting the rows of one below those of another, sorted by mass.
    """
    from gridscan.stellar_tables.neutrino_conversion import convert_neutrinos
    from gridscan.storage.table_files import check_ending

    check_ending(out, [".csv"], "a table of neutrinos")
    track = convert_neutrinos(files, out, mass, after=after, force=force)
    tell(f"found {track.format}: {len(track.time)} times")
    tell(f"wrote {out}")


@contextmanager
def _progress_bar() -> Iterator[Callable[[int, int], None] | None]:
    """Yield a function that moves a bar, or None without a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("reading tracks", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)

"""The commands on the sensitivity of a quantity."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gridscan.cli.group import main
from gridscan.cli.options import (
    Command,
    at_option,
    dataset_of,
    model_named,
    out_option,
    scenario_options,
    show_or_write,
)


@main.group()
def sensitivity() -> None:
    """Sensitivity of a quantity to the axes of a result, or to every parameter."""


_along = click.option("--along", required=True, metavar="AXIS", help="Axis to look along.")
_over = click.option("--over", metavar="AXES", help="Axes to vary, separated by commas; all by default.")
_log = click.option("--log", "logarithmic", is_flag=True, help="Analyse the logarithm of the quantity.")


def _question(command: Command) -> Command:
    """Give a command FILE, QUANTITY, --at and --out."""
    for decorate in (
        out_option("Write a .csv or .nc file instead of showing it."),
        at_option,
        click.argument("quantity"),
        click.argument("file"),
    ):
        command = decorate(command)
    return command


_picture = click.option("--picture", type=click.Path(path_type=Path), help="Also draw it, as .png, .pdf or .svg.")


def _draw(kind: str, table: Any, picture: Path | None) -> None:
    if picture is not None:
        import matplotlib

        matplotlib.use("Agg")
        from gridscan import plot

        click.echo(f"wrote {plot.save(getattr(plot, kind)(table), picture)}")


def _names(text: str | None) -> list[str] | None:
    return [name.strip() for name in text.split(",")] if text is not None else None


@sensitivity.command()
@_question
@_along
def elasticity(file: str, quantity: str, at: dict[str, Any], out: Path | None, along: str) -> None:
    """Show d ln(quantity) / d ln(axis)."""
    show_or_write(dataset_of(file, at, quantity).gridscan.elasticity(quantity, along), out)


@sensitivity.command()
@_question
@_along
def derivative(file: str, quantity: str, at: dict[str, Any], out: Path | None, along: str) -> None:
    """Show the derivative along an axis, with units."""
    show_or_write(dataset_of(file, at, quantity).gridscan.derivative(quantity, along), out)


@sensitivity.command()
@_question
@_along
@click.option("--reference", required=True, help="Label or value to compare with.")
@click.option("--kind", type=click.Choice(["ratio", "difference", "log"]), default="ratio", show_default=True)
def contrast(
    file: str, quantity: str, at: dict[str, Any], out: Path | None, along: str, reference: str, kind: Any
) -> None:
    """Compare every label or value of an axis with one of them."""
    show_or_write(dataset_of(file, at, quantity).gridscan.contrast(quantity, along, reference, kind), out)


@sensitivity.command()
@_question
@_over
@_log
@_picture
def shares(
    file: str,
    quantity: str,
    at: dict[str, Any],
    out: Path | None,
    over: str | None,
    logarithmic: bool,
    picture: Path | None,
) -> None:
    """Divide the variance over the grid among the axes: first-order, total and pairwise shares."""
    table = dataset_of(file, at, quantity).gridscan.variance_shares(quantity, _names(over), logarithmic)
    show_or_write(table, out)
    _draw("shares", table, picture)


@sensitivity.command()
@_question
@_over
@_log
def rank(file: str, quantity: str, at: dict[str, Any], out: Path | None, over: str | None, logarithmic: bool) -> None:
    """Order the axes by their total share of the variance."""
    show_or_write(dataset_of(file, at, quantity).gridscan.rank(quantity, _names(over), logarithmic), out)


@sensitivity.command()
@_question
@_along
@click.option("--value", required=True, help="Value to reach, with its unit.")
@click.option("--scale", type=click.Choice(["linear", "log"]), default="linear", show_default=True)
def crossing(
    file: str, quantity: str, at: dict[str, Any], out: Path | None, along: str, value: str, scale: Any
) -> None:
    """Show where along an axis a quantity first reaches a value."""
    show_or_write(dataset_of(file, at, quantity).gridscan.crossing(quantity, along, value, scale), out)


@sensitivity.command()
@_question
@_along
@click.option("--exposure", default="10 yr", show_default=True, help="Duration of the measurement.")
@click.option("--background", default="0 / yr", show_default=True, help="Rate, or rate per mass such as '1 / kt / yr'.")
@click.option("--significance", default=3.0, show_default=True, help="Number of standard deviations.")
@click.option("--mass", help="Detector mass: a value with a unit, or the name of a coordinate.")
@_picture
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
    picture: Path | None,
) -> None:
    """Show how large a detector must be to tell any two labels or values of an axis apart."""
    options: dict[str, Any] = {
        "exposure": exposure,
        "background": background,
        "significance": significance,
        "mass": mass,
    }
    table = dataset_of(file, at, quantity).gridscan.discriminate(quantity, along, **options)
    show_or_write(table, out)
    _draw("matrix", table, picture)


@sensitivity.command("local")
@_question
@click.option("--keep", help="Axes to keep, separated by commas.")
@_picture
@scenario_options
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
    """Show the elasticity to every numeric parameter at the scenario's base values."""
    from gridscan.local_sensitivity import local

    options: dict[str, Any] = {"model": model_named(model_name), "overrides": overrides}
    table = local(file, quantity, at=at, keep=_names(keep) or (), **options)
    show_or_write(table, out)
    _draw("tornado", table, picture)

"""The commands on the sensitivity of a quantity."""

from __future__ import annotations

from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gridscan.atomic import check_place
from gridscan.cli.group import main
from gridscan.cli.options import (
    at_option,
    check_table,
    dataset_of,
    model_named,
    out_option,
    scenario_options,
    show_or_write,
)
from gridscan.cli.say import say

if TYPE_CHECKING:
    from collections.abc import Callable


@main.group()
def sensitivity() -> None:
    """Sensitivity of a quantity to the axes of a result, or to every parameter."""


_along = click.option("--along", required=True, metavar="AXIS", help="Axis to look along.")
_over = click.option("--over", metavar="AXES", help="Axes to vary, separated by commas; all by default.")
_over_draws = click.option(
    "--over", metavar="AXES", help="Axes to vary, separated by commas; the draws by default, or all if there are none."
)
_log = click.option("--log", "logarithmic", is_flag=True, help="Analyse the logarithm of the quantity.")


def _question(picture: str | None = None) -> Callable[[Callable[..., Any]], Callable[..., None]]:
    """Make a command of a function that returns an answer: with FILE, QUANTITY, --at, --out and --picture.

    `picture` names the function of `gridscan.plot` that draws the answer.
    """

    def decorate(answer: Callable[..., Any]) -> Callable[..., None]:
        @wraps(answer)
        def command(out: Path | None, force: bool, drawn: Path | None = None, **given: Any) -> None:
            check_table(out, force=force)
            if drawn is not None:
                check_place(drawn, force=force)
            table = answer(**given)
            show_or_write(table, out, force=force)
            if picture is not None and drawn is not None:
                _draw(picture, table, drawn, force)

        for add in (
            *([_picture] if picture is not None else []),
            out_option("Write a .csv or .nc file instead of showing it."),
            at_option,
            click.argument("quantity"),
            click.argument("file"),
        ):
            command = add(command)
        return command

    return decorate


_picture = click.option(
    "--picture", "drawn", type=click.Path(path_type=Path), help="Also draw it, as .png, .pdf or .svg."
)


def _draw(kind: str, table: Any, path: Path, force: bool) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from gridscan import plot

    say(f"wrote {plot.save(getattr(plot, kind)(table), path, force=force)}")


def _names(text: str | None) -> list[str] | None:
    return [name.strip() for name in text.split(",")] if text is not None else None


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise click.BadParameter(f"{text!r} is no list of numbers such as 5,50,95", param_hint="--percents") from None


@sensitivity.command()
@_question()
@_along
def elasticity(file: str, quantity: str, at: dict[str, Any], along: str) -> Any:
    """Show d ln(quantity) / d ln(axis)."""
    return dataset_of(file, at, quantity).gridscan.elasticity(quantity, along)


@sensitivity.command()
@_question()
@_along
def derivative(file: str, quantity: str, at: dict[str, Any], along: str) -> Any:
    """Show the derivative along an axis, with units."""
    return dataset_of(file, at, quantity).gridscan.derivative(quantity, along)


@sensitivity.command()
@_question()
@_along
@click.option("--reference", required=True, help="Label or value to compare with.")
@click.option("--kind", type=click.Choice(["ratio", "difference", "log"]), default="ratio", show_default=True)
def contrast(file: str, quantity: str, at: dict[str, Any], along: str, reference: str, kind: Any) -> Any:
    """Compare every label or value of an axis with one of them."""
    return dataset_of(file, at, quantity).gridscan.contrast(quantity, along, reference, kind)


@sensitivity.command()
@_question("shares")
@_over
@_log
def shares(
    file: str,
    quantity: str,
    at: dict[str, Any],
    over: str | None,
    logarithmic: bool,
) -> Any:
    """Divide the variance over the grid among the axes: first-order, total and pairwise shares."""
    return dataset_of(file, at, quantity).gridscan.variance_shares(quantity, _names(over), logarithmic)


@sensitivity.command()
@_question()
@_over
@_log
def rank(file: str, quantity: str, at: dict[str, Any], over: str | None, logarithmic: bool) -> Any:
    """Order the axes by their total share of the variance."""
    ranked = dataset_of(file, at, quantity).gridscan.rank(quantity, _names(over), logarithmic)
    return ranked.reset_coords("total_error")[["total", "total_error"]].assign_attrs(
        title=ranked.attrs["long_name"], comment=ranked.attrs["comment"]
    )


@sensitivity.command("mean")
@_question()
@_over_draws
def mean_command(file: str, quantity: str, at: dict[str, Any], over: str | None) -> Any:
    """Show the weighted mean of a quantity, with its standard error."""
    return dataset_of(file, at, quantity).gridscan.mean(quantity, _names(over))


@sensitivity.command()
@_question()
@_over_draws
def std(file: str, quantity: str, at: dict[str, Any], over: str | None) -> Any:
    """Show the weighted standard deviation of a quantity, with its standard error."""
    return dataset_of(file, at, quantity).gridscan.std(quantity, _names(over))


@sensitivity.command()
@_question()
@_over_draws
@click.option("--percents", default="2.5,16,50,84,97.5", show_default=True, help="Percentages, separated by commas.")
def percentiles(file: str, quantity: str, at: dict[str, Any], over: str | None, percents: str) -> Any:
    """Show weighted percentiles of a quantity, with their standard errors."""
    return dataset_of(file, at, quantity).gridscan.percentiles(quantity, _numbers(percents), _names(over))


@sensitivity.command()
@_question()
@_over_draws
@click.option("--value", required=True, help="Value to be above, with its unit.")
def exceedance(file: str, quantity: str, at: dict[str, Any], over: str | None, value: str) -> Any:
    """Show the probability that a quantity is above a value, with its standard error."""
    return dataset_of(file, at, quantity).gridscan.exceedance(quantity, value, _names(over))


@sensitivity.command()
@_question()
@_along
@click.option("--value", required=True, help="Value to reach, with its unit.")
@click.option("--scale", type=click.Choice(["linear", "log"]), default="linear", show_default=True)
def crossing(file: str, quantity: str, at: dict[str, Any], along: str, value: str, scale: Any) -> Any:
    """Show where along an axis a quantity first reaches a value."""
    return dataset_of(file, at, quantity).gridscan.crossing(quantity, along, value, scale)


@sensitivity.command()
@_question("matrix")
@_along
@click.option("--exposure", default="10 yr", show_default=True, help="Duration of the measurement.")
@click.option("--background", default="0 / yr", show_default=True, help="Rate, or rate per mass such as '1 / kt / yr'.")
@click.option("--background-error", default="0", show_default=True, help="Share of the background, as 0.01 or '1 %'.")
@click.option("--significance", default=3.0, show_default=True, help="Number of standard deviations.")
@click.option("--mass", help="Detector mass: a value with a unit, or the name of a coordinate.")
def discriminate(
    file: str,
    quantity: str,
    at: dict[str, Any],
    along: str,
    exposure: str,
    background: str,
    background_error: str,
    significance: float,
    mass: str | None,
) -> Any:
    """Show how large a detector must be to tell any two labels or values of an axis apart."""
    options: dict[str, Any] = {
        "exposure": exposure,
        "background": background,
        "background_error": background_error,
        "significance": significance,
        "mass": mass,
    }
    return dataset_of(file, at, quantity).gridscan.discriminate(quantity, along, **options)


@sensitivity.command("local")
@_question("tornado")
@click.option("--keep", help="Axes to keep, separated by commas.")
@scenario_options
def local_command(
    file: str,
    quantity: str,
    at: dict[str, Any],
    keep: str | None,
    model_name: str | None,
    overrides: dict[str, Any],
) -> Any:
    """Show the elasticity to every numeric parameter at the scenario's base values."""
    from gridscan.local_sensitivity import local

    options: dict[str, Any] = {"model": model_named(model_name), "overrides": overrides}
    return local(file, quantity, at=at, keep=_names(keep) or (), **options)

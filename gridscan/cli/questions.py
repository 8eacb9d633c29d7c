"""The commands on the sensitivity of a quantity."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from gridscan.atomic import check_place
from gridscan.cli import completion
from gridscan.cli.group import main
from gridscan.cli.options import (
    UserPath,
    at_option,
    dataset_of,
    file_argument,
    model_named,
    names_in,
    out_option,
    scenario_options,
    source_of,
)
from gridscan.cli.say import tell
from gridscan.cli.writing import check_picture, check_table, show_or_write

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import xarray as xr

    from gridscan.accessor import GridscanAccessor


@main.group(examples=["sensitivity rank imf_scan flux", "sensitivity elasticity --help"])
def sensitivity() -> None:
    """Ask how a quantity depends on axes and parameters."""


along_option = click.option(
    "--along", required=True, metavar="AXIS", help="Axis to look along.", shell_complete=completion.axes
)
_over = click.option(
    "--over", metavar="AXES", help="Axes to vary, separated by commas; all by default.", shell_complete=completion.axes
)
_over_draws = click.option(
    "--over",
    metavar="AXES",
    help="Axes to vary, separated by commas; the draws by default, or all if there are none.",
    shell_complete=completion.axes,
)
_log = click.option("--log", "logarithmic", is_flag=True, help="Analyse the logarithm of the quantity.")
_all = click.option("--all", "everything", is_flag=True, help="Show all values of the axes that are held otherwise.")


def question(
    picture: str | None = None,
    *,
    holds: bool = False,
    opens: bool = True,
    whole: bool = False,
    shown: Sequence[str] = (),
) -> Callable[[Callable[..., Any]], Callable[..., None]]:
    """Make a command of a function that returns an answer: with FILE, QUANTITY, --at, --out and --picture.

    Parameters
    ----------
    picture
        The function of `gridscan.plot` that draws the answer.
    holds
        Whether what is shown (not what is written) holds axes besides that of the question at one value.
    opens
        Whether it is a question about a Dataset, rather than about FILE.
    whole
        Whether the picture is of all values, and holds axes by itself.
    shown
        The columns of the answer to show, if not all; what is written has all.
    """

    def decorate(answer: Callable[..., Any]) -> Callable[..., None]:
        @wraps(answer)
        def command(
            out: Path | None,
            force: bool,
            file: str,
            quantity: str,
            at: dict[str, Any],
            drawn: Path | None = None,
            everything: bool = False,
            **given: Any,
        ) -> None:
            check_table(out, force=force)
            check_picture(drawn)
            if drawn is not None:
                check_place(drawn, force=force)
            held: list[str] = []
            everywhere: xr.Dataset | None = None
            if opens:
                dataset = dataset_of(file, at, quantity)
                everywhere = dataset
                if holds and not everything and out is None:
                    dataset, held = _held(dataset, quantity, str(given["along"]))
                table = answer(dataset.gridscan, quantity, **given)
            else:
                table = answer(file, quantity, at=at, **given)
            seen = table[list(shown)] if shown and out is None else table
            show_or_write(seen, out, held, force=force, everything=everything)
            if picture is not None and drawn is not None:
                if whole and held and everywhere is not None:
                    table = answer(everywhere.gridscan, quantity, **given)
                _draw(picture, table, drawn, force)

        for add in (
            *([_picture] if picture is not None else []),
            *([_all] if holds else []),
            out_option("Write a table (.csv, .parquet, .tex, .nc; - prints CSV) instead of showing it."),
            at_option,
            click.argument("quantity", shell_complete=completion.quantities),
            file_argument,
        ):
            command = add(command)
        return command

    return decorate


def _held(dataset: xr.Dataset, quantity: str, along: str) -> tuple[xr.Dataset, list[str]]:
    """Hold the axes that are not asked about at base values, as pictures do, and say where.

    As in pictures, one axis of labels stays.
    """
    from gridscan.sensitivity.base_point import held_at, long_axes, point
    from gridscan.sensitivity.labelled import is_numeric

    values = dataset[quantity]
    own = [along, *(map(str, dataset[along].dims) if along in dataset.coords else ())]
    labels = [axis for axis in long_axes(values) if axis not in own and not is_numeric(values, axis)]
    at = {axis: index for axis, index in held_at(values, [*own, *labels[:1]]).items() if values.sizes[axis] > 1}
    return dataset.isel(at), [point(values, axis, index) for axis, index in at.items()]


_picture = click.option("--picture", "drawn", type=UserPath(), help="Also draw it, as .png, .pdf or .svg.")


def _draw(kind: str, table: Any, path: Path, force: bool) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from gridscan import plot

    tell(f"wrote {plot.save(getattr(plot, kind)(table), path, force=force)}")


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise click.BadParameter(f"{text!r} is no list of numbers such as 5,50,95", param_hint="--percents") from None


@sensitivity.command(examples=["sensitivity elasticity imf_scan flux --along radius"])
@question(holds=True)
@along_option
def elasticity(questions: GridscanAccessor, quantity: str, along: str) -> Any:
    """Show d ln(quantity) / d ln(axis).

    Axes besides are held at the value nearest to the model's default, as in pictures; --out writes all values.
    """
    return questions.elasticity(quantity, along)


@sensitivity.command(examples=["sensitivity derivative imf_scan flux --along sfr"])
@question(holds=True)
@along_option
def derivative(questions: GridscanAccessor, quantity: str, along: str) -> Any:
    """Show the derivative along an axis, with units."""
    return questions.derivative(quantity, along)


@sensitivity.command(examples=["sensitivity contrast imf_scan flux --along imf --reference kroupa"])
@question(holds=True)
@along_option
@click.option("--reference", required=True, help="Label or value to compare with.")
@click.option("--kind", type=click.Choice(["ratio", "difference", "log"]), default="ratio", show_default=True)
def contrast(questions: GridscanAccessor, quantity: str, along: str, reference: str, kind: Any) -> Any:
    """Compare all values of an axis with one of them."""
    return questions.contrast(quantity, along, reference, kind)


@sensitivity.command(examples=["sensitivity shares imf_scan flux"])
@question("shares")
@_over
@_log
def shares(
    questions: GridscanAccessor,
    quantity: str,
    over: str | None,
    logarithmic: bool,
) -> Any:
    """Divide the variance over the grid among the axes.

    First-order, total and pairwise shares, as exact sums over the grid.
    """
    return questions.variance_shares(quantity, names_in(over), logarithmic)


@sensitivity.command(examples=["sensitivity rank imf_scan flux"])
@question()
@_over
@_log
def rank(questions: GridscanAccessor, quantity: str, over: str | None, logarithmic: bool) -> Any:
    """Order the axes by their total share of the variance."""
    ranked = questions.rank(quantity, names_in(over), logarithmic)
    return ranked.reset_coords("total_error")[["total", "total_error"]].assign_attrs(
        title=ranked.attrs["long_name"], comment=ranked.attrs["comment"]
    )


@sensitivity.command("mean", examples=["sensitivity mean imf_scan flux --over sfr"])
@question()
@_over_draws
def mean_command(questions: GridscanAccessor, quantity: str, over: str | None) -> Any:
    """Show the weighted mean, with its standard error."""
    return questions.mean(quantity, names_in(over))


@sensitivity.command(examples=["sensitivity std imf_scan flux --over sfr"])
@question()
@_over_draws
def std(questions: GridscanAccessor, quantity: str, over: str | None) -> Any:
    """Show the weighted standard deviation, with its error."""
    return questions.std(quantity, names_in(over))


@sensitivity.command(examples=["sensitivity percentiles imf_scan flux --over sfr"])
@question()
@_over_draws
@click.option("--percents", default="2.5,16,50,84,97.5", show_default=True, help="Percentages, separated by commas.")
def percentiles(questions: GridscanAccessor, quantity: str, over: str | None, percents: str) -> Any:
    """Show weighted percentiles, with standard errors."""
    return questions.percentiles(quantity, _numbers(percents), names_in(over))


@sensitivity.command(examples=["sensitivity exceedance imf_scan flux --over sfr --value '1 / cm^2 / s'"])
@question()
@_over_draws
@click.option("--value", required=True, help="Value to be above, with its unit.")
def exceedance(questions: GridscanAccessor, quantity: str, over: str | None, value: str) -> Any:
    """Show the probability to be above a value.

    With its standard error.
    """
    return questions.exceedance(quantity, value, names_in(over))


@sensitivity.command(examples=["sensitivity crossing imf_scan carbon_burning_rsg_within --along radius --value 1"])
@question("crossing", holds=True, whole=True)
@along_option
@click.option("--value", required=True, help="Value to reach, with its unit.")
@click.option("--scale", type=click.Choice(["linear", "log"]), default="linear", show_default=True)
def crossing(questions: GridscanAccessor, quantity: str, along: str, value: str, scale: Any) -> Any:
    """Show where a quantity first reaches a value.

    Where it does not, whether it never does or is above the value from the first point on.
    """
    return questions.crossing(quantity, along, value, scale)


@sensitivity.command(examples=["sensitivity discriminate imf_scan events_per_year --along imf"])
@question("matrix", holds=True)
@along_option
@click.option("--exposure", default="10 yr", show_default=True, help="Duration of the measurement.")
@click.option("--background", default="0 / yr", show_default=True, help="Rate, or rate per mass such as '1 / kt / yr'.")
@click.option("--background-error", default="0", show_default=True, help="Share of the background, as 0.01 or '1 %'.")
@click.option("--significance", default=3.0, show_default=True, help="Number of standard deviations.")
@click.option("--mass", help="Detector mass: a value with a unit, or the name of a coordinate.")
def discriminate(
    questions: GridscanAccessor,
    quantity: str,
    along: str,
    exposure: str,
    background: str,
    background_error: str,
    significance: float,
    mass: str | None,
) -> Any:
    """Show the detector mass that tells two cases apart.

    For any two labels or values of an axis.
    """
    options: dict[str, Any] = {
        "exposure": exposure,
        "background": background,
        "background_error": background_error,
        "significance": significance,
        "mass": mass,
    }
    return questions.discriminate(quantity, along, **options)


_SCREENED = ("total", "total_error", "first_order", "first_order_error", "effect_size")


@main.command(examples=["screen imf_scan carbon_burning_rsg --log"])
@question("screening", opens=False, shown=_SCREENED)
@click.option("--share", default=0.1, show_default=True, help="Share by which other numbers vary to both sides.")
@click.option("--vary", metavar="LABELS", help="Labels to vary over all their records, separated by commas.")
@_log
@click.option("--points", type=int, help="Number of base points; as many as settle the order by default.")
@click.option("--seed", default=0, show_default=True, help="Another seed gives other random numbers.")
@scenario_options
def screen(
    file: str, quantity: str, vary: str | None, logarithmic: bool, model_name: str | None, **options: Any
) -> Any:
    """Find which of many parameters matter.

    What is uncertain varies over its distribution, an axis over its values, and every other number by --share. A file
    written with --out has all elementary effects, too.
    """
    from gridscan.screening.screen import screen as screened
    from gridscan.sources import find_scenario

    model = model_named(model_name)
    scenario = find_scenario(source_of(file, model), model=model, overrides=options.pop("overrides"))
    return screened(scenario, quantity, vary=names_in(vary) or (), log=logarithmic, **options)


@sensitivity.command("local", examples=["sensitivity local imf_scan flux"])
@question("tornado", opens=False)
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
    """Show the elasticity to every numeric parameter.

    At the base values of the scenario, or at those of --at.
    """
    from gridscan.local_sensitivity import local

    options: dict[str, Any] = {"model": model_named(model_name), "overrides": overrides}
    return local(source_of(file, options["model"]), quantity, at=at, keep=names_in(keep) or (), **options)

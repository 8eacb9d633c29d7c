"""The commands on what an observation says of a result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gridscan.cli import completion
from gridscan.cli.group import main
from gridscan.cli.options import names_in
from gridscan.cli.questions import along_option, question

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridscan.accessor import GridscanAccessor


@main.group(examples=["infer posterior --help", "infer limit --help"])
def infer() -> None:
    """Ask what a count of events says of a result."""


def _counting(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a count: its exposure and its background."""
    for add in (
        click.option("--background-error", default="0", show_default=True, help="Standard deviation, likewise."),
        click.option("--background", default="0", show_default=True, help="Rate as '1 / yr', number, or a name."),
        click.option("--exposure", help="What makes a rate a number, as '10 yr'."),
    ):
        command = add(command)
    return command


@infer.command(
    examples=["infer posterior imf_scan events_per_year --keep imf --at detector=juno --observed 3 --exposure '10 yr'"]
)
@question()
@click.option(
    "--keep", required=True, metavar="AXES", help="Axes to keep, with commas.", shell_complete=completion.axes
)
@click.option("--observed", required=True, type=int, help="Events counted.")
@_counting
def posterior(questions: GridscanAccessor, quantity: str, keep: str, observed: int, **counted: Any) -> Any:
    """Show how probable each point of axes is by a count.

    Averaged over the other axes by their weights, which are the prior.
    """
    from gridscan.inference.observations import count

    own = {key: _value(text) for key, text in counted.items()}
    return questions.posterior(names_in(keep) or [], count(quantity, observed, **own))


@infer.command(
    examples=[
        "infer limit imf_scan events_per_year --along sfr --at time='5 Myr' --at detector=juno --exposure '10 yr'",
    ]
)
@question()
@along_option
@click.option("--observed", type=int, help="Events counted; without, the limit that is expected.")
@_counting
@click.option("--confidence", default=0.9, show_default=True, help="Confidence of the limit.")
@click.option(
    "--method",
    type=click.Choice(["cls", "cls-asymptotic", "bayes", "feldman-cousins"]),
    default="cls",
    show_default=True,
    help="Statistical method.",
)
def limit(
    questions: GridscanAccessor,
    quantity: str,
    along: str,
    observed: int | None,
    confidence: float,
    method: Any,
    **counted: Any,
) -> Any:
    """Show the value of a parameter that a count excludes.

    With the median of what is expected of the background alone, and its bands of one and two standard deviations.
    """
    own = {key: _value(text) for key, text in counted.items()}
    return questions.limit(quantity, along, observed=observed, confidence=confidence, method=method, **own)


def _value(text: str | None) -> Any:
    """Read a number without a unit; what has one stays text."""
    try:
        return None if text is None else float(text)
    except ValueError:
        return text

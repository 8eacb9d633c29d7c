"""The commands that draw: a quantity of a result, a figure that a model declares, or the whole gallery."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gridscan.cli import completion
from gridscan.cli.group import Command, main
from gridscan.cli.options import at_option, dataset_of, model_named, out_option, scenario_options, source_of, value_of
from gridscan.cli.say import say, tell
from gridscan.cli.writing import check_picture
from gridscan.definition.figures import GENERAL_KINDS, LIST, Figure, figure_of, flags
from gridscan.errors import listed, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gridscan.cli.figures import Wanted
    from gridscan.cli.look import Look

_OF_QUANTITIES = ("along", "by", "epoch", "scale", "limits")
_OF_DRAWS = {"violins": ("by",), "corner": ("parameters",)}


class _Plot(Command):
    """Lists the figures of the installed models in its help."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from gridscan.cli.figures import figures_by_model

        _list_kinds(formatter, "Kinds of picture of any result", GENERAL_KINDS)
        for name, figures in figures_by_model().items():
            kinds = {"": figures} if isinstance(figures, str) else _summaries(figures)
            _list_kinds(formatter, f"Figures of {name}", kinds)
        super().format_epilog(ctx, formatter)


def _size(_ctx: click.Context, _parameter: click.Parameter, text: str | None) -> tuple[float, float] | None:
    """Read a width and a height."""
    if text is None:
        return None
    try:
        width, height = (float(part) for part in text.lower().replace("×", "x").split("x"))
    except ValueError:
        width = height = 0.0
    if not (1 <= width <= 50 and 1 <= height <= 50):
        raise click.BadParameter(f"{text!r} is not WIDTHxHEIGHT in inches, each from 1 to 50, such as 8x5")
    return width, height


def _limits(text: str | None) -> list[Any] | None:
    """Read two ends, either of which may be left out."""
    if text is None:
        return None
    ends = [value_of(part) if part.strip() else None for part in text.split(",")]
    if len(ends) != 2 or ends == [None, None]:
        raise click.UsageError(f"--limits takes LOW,HIGH, such as 0,100 or 1e-3, ; found {text!r}")
    return ends


def _list_kinds(formatter: click.HelpFormatter, title: str, kinds: Mapping[str, str]) -> None:
    if kinds:
        with formatter.section(title):
            formatter.write_dl(list(kinds.items()))


def _summaries(figures: Mapping[str, Figure]) -> dict[str, str]:
    options = {
        kind: f" ({', '.join(flags(item.all_options))})" if item.all_options else "" for kind, item in figures.items()
    }
    return {kind: f"{item.description}{options[kind]}" for kind, item in figures.items()}


@main.command(
    cls=_Plot,
    context_settings={"ignore_unknown_options": True},
    examples=[
        "plot imf_scan events_per_year --out events.png",
        "plot imf_scan flux --along radius --log --dpi 200",
        "plot imf_scan --kind counts --along imf",
        "plot imf_scan --kind",
    ],
)
@click.argument(
    "arguments",
    nargs=-1,
    required=True,
    type=click.UNPROCESSED,
    metavar="FILE [QUANTITY]...",
    shell_complete=completion.files_and_quantities,
)
@click.option(
    "--kind",
    is_flag=False,
    flag_value=LIST,
    default="quantity",
    show_default=True,
    metavar="KIND",
    help="Kind of picture; without KIND, list those of FILE.",
    shell_complete=completion.kinds,
)
@click.option(
    "--along",
    multiple=True,
    metavar="AXIS",
    help="Axis to plot along; repeat it for a map.",
    shell_complete=completion.axes,
)
@click.option("--by", metavar="AXIS", help="Axis with one line or colour per value.", shell_complete=completion.axes)
@click.option("--log/--linear", "logarithmic", default=None, help="Scale of the values; one that suits by default.")
@click.option("--limits", metavar="LOW,HIGH", help="Ends of the scale of the values; either may be left out.")
@click.option("--epoch", type=value_of, metavar="YEAR", help="Year or date of time zero; shows times as years AD.")
@click.option("--seed", type=click.IntRange(min=0), help="Random seed, for figures of a sample.")
@at_option
@scenario_options
@click.option("--title", metavar="TEXT", help="Title of the picture; none by default.")
@click.option("--size", metavar="WxH", callback=_size, help="Width and height in inches, such as 8x5.")
@click.option("--dpi", type=click.FloatRange(20, 1200), help="Pixels per inch; 110 by default.")
@click.option("--show", is_flag=True, help="Show it in a window; it is written too with --out.")
@out_option("Picture (.png, .pdf, .svg) or movie (.gif, .mp4) to write.")
def plot(
    arguments: tuple[str, ...],
    kind: str,
    model_name: str | None,
    overrides: dict[str, Any],
    at: dict[str, Any],
    seed: int | None,
    out: Path | None,
    force: bool,
    logarithmic: bool | None,
    limits: str | None,
    title: str | None,
    size: tuple[float, float] | None,
    dpi: float | None,
    show: bool,
    **options: Any,
) -> None:
    """Draw a quantity, or a figure of a model.

    Bars for labels (points on a logarithmic scale), lines for a numeric axis, a map for two axes. FILE is a result or a
    scenario. An axis that is not shown is held at its --at value, or else at the value nearest to the model's default.
    --kind draws a figure that the model declares. Its scales are its own, so --log, --linear and --limits are for
    quantities; what it takes is in brackets behind it in the lists below, and may be an option of its own, such as
    --frames 50.

    Matrices, tornadoes and shares of the variance are drawn by `gridscan sensitivity … --picture`.
    """
    from gridscan.cli.figures import Wanted
    from gridscan.cli.look import Look

    check_picture(out, movies=True)
    names, own = _split(arguments)
    options["scale"] = None if logarithmic is None else "log" if logarithmic else "linear"
    options["limits"] = _limits(limits)
    given = {name: value for name, value in options.items() if value not in (None, ())} | own
    file, *quantities = names or [""]
    if not file:
        raise click.UsageError("name the FILE to draw")
    look = Look(out, force, title, size, dpi, show)
    look.begin()
    model = model_named(model_name)
    wanted = Wanted(source_of(file, model), model, quantities, overrides, at, seed)
    if kind == LIST:
        _show_kinds(wanted)
    elif kind == "hertzsprung-russell":
        _check_options(kind, {**given, **_scenario_options(wanted)}, (), quantities)
        _draw_table(file, look)
    elif kind in _OF_DRAWS:
        _check_options(kind, given if seed is None else {**given, "seed": seed}, _OF_DRAWS[kind])
        _draw_draws(kind, wanted, given, look)
    elif kind == "quantity":
        _check_options(kind, given if seed is None else {**given, "seed": seed}, _OF_QUANTITIES)
        _draw_quantity(wanted, given, look)
    else:
        _draw_figure(kind, wanted, given, look)


def _split(arguments: Sequence[str]) -> tuple[list[str], dict[str, Any]]:
    """Separate FILE and quantities from the options of a figure: ``--zoom VALUE`` or ``--zoom=VALUE``."""
    names, options, rest = [], {}, list(arguments)
    while rest:
        argument = rest.pop(0)
        if not argument.startswith("--"):
            names.append(argument)
            continue
        name, equals, text = argument[2:].partition("=")
        if not equals and not rest:
            raise click.UsageError(f"--{name} needs a value")
        options[name.replace("-", "_")] = value_of(text if equals else rest.pop(0))
    return names, options


def _check_options(kind: str, given: Mapping[str, Any], allowed: Sequence[str], surplus: Sequence[str] = ()) -> None:
    if surplus:
        raise click.UsageError(f"--kind {kind} takes no quantity; remove {surplus[0]!r}")
    for name in given:
        if name not in allowed:
            known = flags(allowed)
            rest = f"; it takes {listed(known)}" if known else ""
            (flag,) = ["--log or --linear"] if name == "scale" else flags([name])
            raise click.UsageError(f"{flag} does not apply to --kind {kind}{nearest(flag, known) or rest}")


def _scenario_options(wanted: Wanted) -> dict[str, Any]:
    """Return the options given that apply to a scenario."""
    said = {"at": wanted.at, "set": wanted.overrides, "seed": wanted.seed, "model": wanted.model}
    return {name: value for name, value in said.items() if value not in (None, {})}


def _show_kinds(wanted: Wanted) -> None:
    """List the kinds of picture of a file."""
    from gridscan.cli.figures import model_of

    model = model_of(wanted)
    formatter = click.HelpFormatter(width=110)
    _list_kinds(formatter, "Kinds of picture of any result", GENERAL_KINDS)
    _list_kinds(formatter, f"Figures of {model.name}", _summaries(model.figures))
    say(formatter.getvalue().rstrip())


def _draw_table(file: str, look: Look) -> None:
    from gridscan import plot as pictures
    from gridscan.stellar_tables.isochrones import read_stellar_table

    look.check("hertzsprung-russell.png")
    look.finish(pictures.hertzsprung_russell(read_stellar_table(file)))


def _draw_quantity(wanted: Wanted, options: Mapping[str, Any], look: Look) -> None:
    """Draw one quantity, of a result or of a scenario."""
    from gridscan import plot as pictures
    from gridscan.cli.figures import data_for

    if len(wanted.quantities) != 1:
        found = len(wanted.quantities)
        raise click.UsageError(f"give one quantity to draw, or a --kind; found {found} quantities")
    (name,) = wanted.quantities
    look.check(f"{name}.png")
    if wanted.is_result and not wanted.overrides and wanted.model is None:
        dataset = dataset_of(str(wanted.source), dict(wanted.at), name)
    else:
        dataset, _ = data_for(Figure("quantity", "", pictures.draw, others="one"), wanted)
    look.finish(pictures.draw(dataset, name, **options, axes=look.axes()))


def _draw_draws(kind: str, wanted: Wanted, options: Mapping[str, Any], look: Look) -> None:
    """Draw quantities over the draws of what is uncertain."""
    from gridscan import plot as pictures
    from gridscan.cli.figures import data_for

    if not wanted.quantities or (kind == "violins" and len(wanted.quantities) > 1):
        raise click.UsageError(f"--kind {kind} takes {'one quantity' if kind == 'violins' else 'a quantity or more'}")
    look.check(f"{kind}.png")
    dataset, _ = data_for(Figure(kind, "", getattr(pictures, kind), others="any"), wanted)
    if kind == "violins":
        look.finish(pictures.violins(dataset, wanted.quantities[0], **options, axes=look.axes()))
    else:
        chosen = options.get("parameters")
        names = None if chosen is None else [str(name).strip() for name in str(chosen).split(",")]
        look.finish(pictures.corner(dataset, *wanted.quantities, parameters=names))


def _draw_figure(kind: str, wanted: Wanted, given: Mapping[str, Any], look: Look) -> None:
    """Draw a figure of the model."""
    from gridscan.cli.figures import drawn, filmed, function_of, model_of

    figure = figure_of(model_of(wanted), kind)
    figure.check_asked(wanted.quantities)
    said = given if wanted.seed is None else {**given, "seed": wanted.seed}
    _check_options(kind, said, figure.all_options)
    options = dict(given)
    if "along" in options:
        if len(options["along"]) > 1:
            raise click.UsageError(f"--kind {kind} is drawn along one axis; found {len(options['along'])}")
        options["along"] = options["along"][0]
    path = look.out or Path(f"{kind}{'.gif' if figure.draw is None else '.png'}")
    if function_of(figure, path, options) is figure.draw:
        look.check(path)
        look.finish(drawn(figure, wanted, options))
        return
    look.refuse_for_a_movie(kind)
    tell(f"wrote {filmed(figure, wanted, path, options, force=look.force)}")


@main.command(examples=["gallery --only timeline", "gallery --only track --dpi 200 --out pictures"])
@click.option("--only", multiple=True, metavar="NAME", help="Draw only this picture; repeatable.")
@click.option("--dpi", type=click.FloatRange(20, 600), default=110.0, show_default=True, help="Pixels per inch.")
@click.option("--frames", type=click.IntRange(min=1), default=100, show_default=True, help="Frames of a movie.")
@out_option("Folder to write to; results/gallery by default.")
def gallery(only: tuple[str, ...], dpi: float, frames: int, out: Path | None, force: bool) -> None:
    """Draw the example pictures of all models.

    Beside them it writes the tables that they show: an isochrone, a track, and a ZIP of tracks, all invented.
    """
    import matplotlib

    matplotlib.use("Agg")
    from gridscan.cli.gallery import make_gallery

    folder = out or Path("results", "gallery")
    for path, shown in make_gallery(folder, only=only, dpi=dpi, frames=frames, force=force):
        tell(f"wrote {path}: {shown}")

"""The command that draws: a quantity of a result, or one of the kinds of picture that know what they show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gridscan.cli.group import main
from gridscan.cli.options import at_option, dataset_of, model_named, out_option, picked_at, scenario_options

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import xarray as xr

    from gridscan.scenario.reader import Scenario

#: What each kind of picture of a result shows, if it is not said, and what the scenario has to say for it.
_SHOWN: dict[str, tuple[str, ...]] = {
    "quantity": (),
    "counts": ("carbon_burning_rsg", "carbon_burning_rsg_within"),
    "signal": ("flux", "events_per_year"),
    "spectra": ("flux_spectrum", "event_spectrum"),
    "timeline": ("lifetime", "red_supergiant_duration", "carbon_burning_start", "carbon_burning_end"),
    "sky": ("sky_flux",),
}
_GIVEN: dict[str, dict[str, Any]] = {
    "timeline": {"initial_mass": "15 Msun"},
    "spectra": {"energy": {"linspace": ["0.1 MeV", "5 MeV", 200]}},
    "sky": {
        "longitude": {"linspace": ["-180 deg", "180 deg", 361]},
        "latitude": {"linspace": ["-90 deg", "90 deg", 181]},
    },
}
_OPTIONS = {
    "quantity": {"along", "by", "at"},
    "counts": {"along", "by", "at"},
    "signal": {"along", "by", "at"},
    "spectra": {"by", "at"},
    "timeline": {"at", "zoom"},
    "sky": {"at", "along"},
    "galaxy": {"at", "seed", "inset"},
    "movie": {"at", "seed", "frames"},
    "hertzsprung-russell": set(),
}
_GRID = 401
_MOVIES = (".gif", ".mp4")


@main.command()
@click.argument("file")
@click.argument("quantities", nargs=-1, metavar="[QUANTITY]...")
@click.option(
    "--kind", type=click.Choice(list(_OPTIONS)), default="quantity", show_default=True, help="What is drawn; see above."
)
@click.option("--along", multiple=True, metavar="AXIS", help="The axis (or two, for a map) to plot along.")
@click.option("--by", metavar="AXIS", help="One line or colour for each value of this axis.")
@click.option("--zoom", metavar="TIME", help="How much of the end of a life the timeline shows below.")
@click.option("--seed", type=click.IntRange(min=0), help="Of the stars of a map or a movie.")
@click.option("--inset", metavar="LENGTH", help="Half the width of the inset of a map.")
@click.option("--frames", type=click.IntRange(min=1), help="Of a movie; 100 by default.")
@at_option
@scenario_options
@out_option("The picture (.png, .pdf, .svg) or movie (.gif, .mp4).")
def plot(
    file: str,
    quantities: tuple[str, ...],
    kind: str,
    model_name: str | None,
    overrides: dict[str, Any],
    out: Path | None,
    **options: Any,
) -> None:
    """Draw a quantity: bars for labels, lines for a numeric axis, a map for two axes.

    FILE is a result, or a scenario, which is then evaluated. An axis that is not shown is held where --at says, and
    else at the value nearest to the model's default. Instead of one quantity, --kind draws

    \b
    counts               expected numbers with their Poisson spread
    signal               flux and events per year, with a line at one event
    spectra              flux and events per energy
    timeline             the life of one star (--set initial_mass="20 Msun")
    sky                  a flux on the sky; a movie along time where --out is one
    galaxy               a map of stars drawn at random; FILE may be a sample
    movie                the same through time
    hertzsprung-russell  of the isochrones or the track in FILE

    Matrices, tornadoes and shares of the variance are drawn by `gridscan sensitivity … --picture`.
    """
    import matplotlib

    matplotlib.use("Agg")
    from gridscan import plot as pictures

    given = {name: value for name, value in options.items() if value not in (None, (), {})}
    for name in sorted(set(given) - _OPTIONS[kind]):
        raise click.UsageError(f"--{name} says nothing about a picture of kind {kind!r}")
    if quantities and kind not in ("quantity", "counts", "sky"):
        raise click.UsageError(f"a picture of kind {kind!r} shows what it shows; leave out {quantities[0]!r}")
    if kind == "quantity" and len(quantities) != 1:
        raise click.UsageError(f"name one quantity to draw, or a --kind; found {len(quantities)} quantities")
    path = out or Path(f"{quantities[0] if kind == 'quantity' else kind}{'.gif' if kind == 'movie' else '.png'}")
    if kind == "hertzsprung-russell":
        from gridscan.stellar_tables.isochrones import read_stellar_table

        path = pictures.save(pictures.hertzsprung_russell(read_stellar_table(file)), path)
    elif kind == "sky":
        path = _draw_sky(file, quantities, model_name, overrides, given, path)
    elif kind in ("galaxy", "movie"):
        path = _draw_stars(file, kind, model_name, overrides, given, path)
    else:
        dataset = _grid(file, kind, quantities, model_name, overrides, given.pop("at", {}))
        path = pictures.save(_drawing(kind, quantities)(dataset, **_arguments(kind, given)), path)
    click.echo(f"wrote {path}")


def _draw_sky(
    file: str, quantities: tuple[str, ...], model_name: str | None, overrides: dict[str, Any], given: Any, path: Path
) -> Path:
    """Draw one flux on the sky: that asked for, or the one that the file is about."""
    from gridscan import plot as pictures

    if len(quantities) > 1:
        raise click.UsageError(f"a picture of kind 'sky' shows one quantity; found {len(quantities)}")
    along = given.get("along", ())
    moves = path.suffix.lower() in _MOVIES
    if along and not moves:
        raise click.UsageError("--along says along which axis a movie of the sky runs; name it with --out …gif or .mp4")
    if len(along) > 1:
        raise click.UsageError(f"a movie of the sky runs along one axis; found {len(along)}")
    shown = quantities or _on_the_sky(file, model_name, overrides)
    dataset = _grid(file, "sky", shown, model_name, overrides, given.get("at", {}))
    if moves:
        return pictures.sky_movie(dataset, path, shown[0], along=along[0] if along else "time")
    return pictures.save(pictures.sky(dataset, shown[0]), path)


def _on_the_sky(file: str, model_name: str | None, overrides: dict[str, Any]) -> tuple[str, ...]:
    """Return the first quantity of a result or scenario that is one of the sky, or the one that is drawn otherwise."""
    if Path(file).suffix == ".nc":
        dataset = dataset_of(file, {})
        names = [str(name) for name, item in dataset.data_vars.items() if {"longitude", "latitude"} <= {*item.dims}]
    else:
        from gridscan.run import find_scenario

        asked = find_scenario(file, model=model_named(model_name), overrides=overrides).quantities
        names = [name for name in asked if name.endswith("sky_flux")]
    return tuple(names[:1]) or _SHOWN["sky"]


def _drawing(kind: str, quantities: tuple[str, ...]) -> Callable[..., Any]:
    from functools import partial

    from gridscan import plot as pictures

    if kind == "quantity":
        return lambda dataset, **options: pictures.draw(dataset, quantities[0], **options)
    if kind == "counts":
        return partial(pictures.counts, quantities=quantities or _SHOWN["counts"])
    drawings: dict[str, Callable[..., Any]] = {
        "signal": pictures.signal,
        "spectra": pictures.spectra,
        "timeline": pictures.timeline,
    }
    return drawings[kind]


def _arguments(kind: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return the options as the function takes them: only a quantity can be drawn along two axes."""
    along = given.get("along", ())
    if kind != "quantity" and along:
        if len(along) > 1:
            raise click.UsageError(f"a picture of kind {kind!r} is drawn along one axis; found {len(along)}")
        return {**given, "along": along[0]}
    return given


def _grid(
    file: str, kind: str, quantities: tuple[str, ...], model_name: str | None, overrides: dict[str, Any], at: Any
) -> xr.Dataset:
    """Return the result in FILE where it holds what is to be shown, and else evaluate the scenario."""
    shown = quantities or _SHOWN[kind]
    if Path(file).suffix == ".nc" and not overrides and model_name is None:
        dataset = dataset_of(file, {})
        if kind == "quantity" or all(name in dataset for name in shown):
            return dataset_of(file, at, quantities[0] if kind == "quantity" else None)
        click.echo(f"{file} lacks {next(name for name in shown if name not in dataset)!r}: evaluating its scenario")
    from gridscan.run import find_scenario

    scenario = find_scenario(file, model=model_named(model_name), overrides=overrides)
    lacking = {name: value for name, value in _GIVEN.get(kind, {}).items() if name not in scenario.resolved.given}
    return picked_at(_evaluated(find_scenario(scenario, overrides=lacking), shown), file, at)


def _evaluated(scenario: Scenario, quantities: Sequence[str]) -> xr.Dataset:
    """Evaluate quantities that the scenario may not ask for; what has no effect on them is then nobody's mistake."""
    from gridscan.engine.plan import make_plan
    from gridscan.run import execute

    return execute(make_plan(scenario, quantities=quantities))


def _draw_stars(
    file: str, kind: str, model_name: str | None, overrides: dict[str, Any], given: dict[str, Any], path: Path
) -> Path:
    from gridscan import plot as pictures
    from gridscan.storage.files import open_result

    options: dict[str, Any] = {"model": model_named(model_name), "overrides": overrides}
    population = "stars" if kind == "galaxy" else "star_history"
    at, seed = given.pop("at", {}), given.pop("seed", None)
    stars = open_result(file) if Path(file).suffix == ".nc" and not (at or overrides or seed is not None) else None
    if stars is None or stars.attrs.get("gridscan_population") != population:
        from gridscan.sample import sample

        stars = sample(file, population, at=at, seed=seed, **options)
    density = _density(stars, options["model"])
    if kind == "galaxy":
        return pictures.save(pictures.galaxy(stars, density, **given), path)
    return pictures.movie(stars, path, density=density, **given)


def _density(stars: xr.Dataset, model: Any) -> xr.DataArray:
    """Return the surface density of the galaxy that stars were drawn from."""
    from gridscan.storage.provenance import provenance_in

    outer = max(float(stars[name]) for name in ("disk_outer_radius", "arm_outer_radius"))
    axis = {"linspace": [-outer, outer, _GRID], "unit": "kpc"}
    provenance = provenance_in(stars, "the sample")
    scenario = _parsed(provenance, model, {**provenance.overrides, "x": axis, "y": axis})
    return _evaluated(scenario, ["share_per_area"])["share_per_area"]


def _parsed(provenance: Any, model: Any, overrides: dict[str, Any]) -> Scenario:
    from gridscan.scenario.reader import Scenario

    return Scenario.parse(
        provenance.scenario,
        name=provenance.scenario_name,
        model=model,
        overrides=overrides,
        tables=provenance.tables,
    )


@main.command()
@click.option("--only", multiple=True, metavar="NAME", help="One picture; repeatable.")
@click.option("--dpi", type=click.FloatRange(20, 600), default=110.0, show_default=True, help="Pixels per inch.")
@click.option("--frames", type=click.IntRange(min=1), default=100, show_default=True, help="Of the movie.")
@out_option("The folder; results/gallery by default.")
def gallery(only: tuple[str, ...], dpi: float, frames: int, out: Path | None) -> None:
    """Draw one picture of every kind from the shipped scenarios."""
    import matplotlib

    matplotlib.use("Agg")
    from gridscan.cli.gallery import make_gallery

    for path, shown in make_gallery(out or Path("results", "gallery"), only=only, dpi=dpi, frames=frames):
        click.echo(f"wrote {path}: {shown.splitlines()[0].removeprefix('Draw ').removeprefix('Write ')}")

"""The gallery: the example pictures that models declare, of shipped scenarios or of values of their own.

The Hertzsprung-Russell diagrams show invented tables in published formats, which are written beside them.
"""

from __future__ import annotations

import json
import zipfile
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import gridscan as gs
from gridscan import plot
from gridscan.accessor import GridscanAccessor
from gridscan.atomic import check_place, replacing
from gridscan.cli.figures import Wanted, data_for, drawn, filmed
from gridscan.cli.invented_tables import invented_isochrone, invented_track
from gridscan.definition.figures import Example, Figure, figure_of
from gridscan.errors import GridscanError, ModelWarning, StoreError, listed, nearest, warn
from gridscan.marks.files import comment_of_zip, first_line
from gridscan.model_loader import installed_models
from gridscan.scenario.reader import Scenario
from gridscan.stellar_tables.isochrones import read_stellar_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import xarray as xr

    from gridscan.model import Model

_TRACK = "Z0.014Y0.273_ROT0.00_M{}.TAB"
# Those of the ZIP [Msun].
_MASSES = (12.0, 14.0, 15.0, 16.0, 20.0)


class Picture(NamedTuple):
    """A picture of the gallery: what it shows, and ``draw(folder, force)`` or ``film(path, frames, dpi, force)``."""

    description: str
    draw: Callable[..., Any] | None = None
    film: Callable[..., Path] | None = None


def isochrone(folder: Path, force: bool = False) -> Any:
    """Draw stars of one age, from a table in the format of CMD 3.9."""
    return plot.hertzsprung_russell(read_stellar_table(_written(folder / "isochrone.dat", invented_isochrone(), force)))


def track(folder: Path, force: bool = False) -> Any:
    """Draw the track of a star, from a table in the format of PARSEC v2.0, and write a ZIP of such tracks."""
    name = _TRACK.format(15.0)
    _write_zip(folder / "tracks.zip", force)
    return plot.hertzsprung_russell(read_stellar_table(_written(folder / name, invented_track(), force)))


def _write_zip(path: Path, force: bool) -> None:
    """Write tracks of some masses, the same bytes every time."""
    with replacing(path, force=force) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        for mass in _MASSES:
            archive.writestr(zipfile.ZipInfo(_TRACK.format(mass)), invented_track(mass))
        archive.comment = comment_of_zip()


def _written(path: Path, text: str, force: bool) -> Path:
    with replacing(path, force=force) as temporary:
        temporary.write_text(first_line() + text, encoding="utf-8")
    return path


def _wanted(model: Model, example: Example) -> Wanted:
    """Return what an example is drawn from: a shipped scenario, or one of its own values alone."""
    source: str | Scenario = example.scenario or ""
    if not source:
        quantities = example.quantities or figure_of(model, example.kind).quantities
        text = f"model = {json.dumps(model.name)}\n[output]\nquantities = {json.dumps(quantities)}\n"
        source = Scenario.parse(text, name="gallery.toml", model=model)
    return Wanted(source, model, example.quantities, example.settings, example.at, example.seed)


def _quantity(wanted: Wanted, options: Mapping[str, Any]) -> Any:
    return plot.draw(_evaluated(wanted), wanted.quantities[0], **options)


def _discriminate(wanted: Wanted, options: Mapping[str, Any]) -> Any:
    return plot.matrix(GridscanAccessor(_evaluated(wanted)).discriminate(wanted.quantities[0], **options))


def _variance_shares(wanted: Wanted, options: Mapping[str, Any]) -> Any:
    return plot.shares(GridscanAccessor(_evaluated(wanted)).variance_shares(wanted.quantities[0], **options))


def _local(wanted: Wanted, options: Mapping[str, Any]) -> Any:
    return plot.tornado(gs.local(wanted.scenario(), wanted.quantities[0], at=wanted.at, **options))


_QUESTIONS: dict[str, Callable[[Wanted, Mapping[str, Any]], Any]] = {
    "quantity": _quantity,
    "discriminate": _discriminate,
    "variance_shares": _variance_shares,
    "local": _local,
}


def _evaluated(wanted: Wanted) -> xr.Dataset:
    return data_for(Figure("quantity", "", plot.draw, quantities=tuple(wanted.quantities)), wanted)[0]


def _draw(model: Model, example: Example, _folder: Path, _force: bool = False) -> Any:
    wanted = _wanted(model, example)
    if example.kind in _QUESTIONS:
        return _QUESTIONS[example.kind](wanted, example.options)
    return drawn(figure_of(model, example.kind), wanted, example.options)


def _film(model: Model, example: Example, path: Path, frames: int, dpi: float, force: bool = False) -> Path:
    figure = figure_of(model, example.kind)
    assert figure.movie is not None
    options = {**example.options, "dpi": dpi}
    if "frames" in figure.options:
        options["frames"] = frames
    return filmed(figure, _wanted(model, example), path, options, force=force)


def pictures() -> dict[str, Picture]:
    """Return the pictures of the gallery by name: those of the installed models, and of stellar tables."""
    found: dict[str, Picture] = {}
    for item in installed_models().values():
        try:
            model = item.load()
            own = {name: _picture(model, example) for name, example in model.examples.items()}
        except GridscanError as error:
            warn(f"pictures left out: {error}", ModelWarning)
            continue
        for name, picture in own.items():
            found[name if name not in found else f"{model.name}_{name}"] = picture
    tables = {"isochrone": (isochrone, "stars of one age"), "track": (track, "the track of a star")}
    for name, (draw, what) in tables.items():
        found[name] = Picture(f"{what} in the Hertzsprung-Russell diagram, of an invented table", draw=draw)
    return found


def _picture(model: Model, example: Example) -> Picture:
    if example.kind not in _QUESTIONS and figure_of(model, example.kind).draw is None:
        return Picture(example.description, film=partial(_film, model, example))
    return Picture(example.description, draw=partial(_draw, model, example))


def make_gallery(
    folder: Path, *, only: Sequence[str] = (), dpi: float = 110, frames: int = 100, force: bool = False
) -> Iterator[tuple[Path, str]]:
    """Write the pictures one after the other, and yield the path and description of each.

    Parameters
    ----------
    only
        Names of pictures; all by default.
    dpi
        Pixels per inch; at 110, pictures are 800 pixels wide, and movies are 640.
    frames
        Number of frames of a movie, where it can be chosen.
    force
        Whether any file may be replaced; by default only one that gridscan wrote and nobody changed.

    Raises
    ------
    StoreError
        If a name is unknown, or a file cannot be written or would replace another one.
    """
    from matplotlib import pyplot

    known = pictures()
    for name in only:
        if name not in known:
            raise StoreError(f"unknown picture {name!r}{nearest(name, known)}; the pictures are {listed(known, 20)}")
    for name, picture in known.items():
        if only and name not in only:
            continue
        path = folder / f"{name}.{'gif' if picture.draw is None else 'png'}"
        check_place(path, force=force)
        if picture.draw is not None:
            yield plot.save(picture.draw(folder, force), path, dpi, force=force), picture.description
            pyplot.close("all")
        elif picture.film is not None:
            yield picture.film(path, frames, 0.8 * dpi, force), picture.description

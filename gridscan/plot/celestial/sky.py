"""The whole sky in galactic coordinates: a flux in every direction, as a picture or as a movie.

The projection is that of Aitoff, as an observer sees the sky from inside: longitude increases to the left.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
from matplotlib import pyplot
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LogNorm, to_rgb
from numpy.typing import NDArray

from gridscan.atomic import replacing
from gridscan.errors import SensitivityError
from gridscan.plot.celestial.sky_tiles import SKY, Tiles, tiles_of
from gridscan.plot.page import COLOURS, OUTLINE, figure_of, finish, projected_page, title
from gridscan.plot.selection import picked, scanned_names
from gridscan.plot.text import plain, unit_text
from gridscan.plot.writers import MOST_FRAMES, Frame, check_pace, digits_of, writer_for
from gridscan.sensitivity.labelled import check_axis, numeric_axis, position_on, quantity_of, sentence, unit_known
from gridscan.units import convert, parse_unit

if TYPE_CHECKING:
    from collections.abc import Iterator

    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.text import Text

FloatArray = NDArray[np.floating[Any]]

#: A flux dies exponentially at its edges: what is fainter than the brightest by more is drawn in the darkest colour.
DECADES = 8
_HEIGHT = 4.9
_SMALL = 9
# What every picture says, because the flux is nothing without it.
_TOLD = ("time", "kinetic_energy", "dark_matter_mass")
_LONGITUDES, _LATITUDES = (-120, -60, 0, 60, 120), (-60, -30, 0, 30, 60)
_EDGE: dict[str, Any] = {"markeredgecolor": "white", "linestyle": "none", "zorder": 5}
_MARKS: dict[str, dict[str, Any]] = {
    "halo": {"marker": "P", "color": COLOURS[6], "markersize": 8, "markeredgewidth": 0.8, **_EDGE},
    "supernova": {"marker": "*", "color": COLOURS[1], "markersize": 10, "markeredgewidth": 0.8, **_EDGE},
}


def sky(
    dataset: xr.Dataset,
    quantity: str = "sky_flux",
    *,
    time: str | float | None = None,
    axes: Axes | None = None,
) -> Axes:
    """Draw a quantity of the directions of the sky, in galactic coordinates and the projection of Aitoff.

    Longitude increases to the left, the galactic centre is in the middle. The colours are logarithmic over eight
    decades at most; where the quantity is zero or missing the sky is blank, and the subtitle says on how much of it.
    The supernova and the centre of the halo are marked where the quantity depends on one.

    Parameters
    ----------
    dataset
        A result of gridscan, lazy or not.
    quantity
        One of its data variables, with the axes ``longitude`` and ``latitude``; the others are held at the value
        nearest to the model's default.
    time
        Value of the axis ``time``: a number in its unit, or text such as ``"350 yr"``.
    axes
        Where to draw, of the projection ``"aitoff"``; a new figure otherwise.

    Raises
    ------
    SensitivityError
        If a name or value is unknown, an axis of the sky is missing or no such axis, a value is negative or infinite,
        or no value is above zero.
    """
    values = quantity_of(dataset, quantity)
    if time is not None:
        check_axis(values, "time")
        values = values.isel(time=position_on(values, "time", time))
    left, held = _picked(dataset, values, [])
    tiles = tiles_of(left)
    found = _checked(tiles.of(left), quantity)
    norm = _scale(found)
    axes = _page(axes)
    _paint(axes, tiles, found, norm, left)
    _mark(axes, left)
    finish(axes, [", ".join(held), "; ".join(_remarks(tiles, found, norm))])
    return axes


def sky_movie(
    dataset: xr.Dataset,
    path: str | Path,
    quantity: str = "sky_flux",
    *,
    along: str = "time",
    frames_per_second: float = 12,
    dpi: float = 88,
) -> Path:
    """Write a movie of the picture of `sky`: one frame for each value of an axis, in increasing order.

    All frames have the same colours, over eight decades below the brightest of all. The movie appears under its name
    only when it is whole.

    Parameters
    ----------
    dataset, quantity
        See `sky`.
    path
        Its suffix says the format: ``.gif``, or ``.mp4`` where ffmpeg is installed.
    along
        The numeric axis, of 2 to 1000 values.
    dpi
        Pixels per inch; 88 make a movie 640 pixels wide.

    Raises
    ------
    StoreError
        If the suffix is another one, ffmpeg is missing or fails, or the file cannot be written; an earlier file is
        then left as it was.
    SensitivityError
        See `sky`; or if the axis has too few or too many values.
    """
    path = Path(path)
    write = writer_for(path, _colours())
    check_pace(frames_per_second, dpi)
    values = quantity_of(dataset, quantity)
    if along in SKY:
        raise SensitivityError(f"a movie of the sky runs along another axis than those of the sky; found {along!r}")
    moments = np.sort(numeric_axis(values, along))
    if not 2 <= moments.size <= MOST_FRAMES:
        raise SensitivityError(f"a movie has 2 to {MOST_FRAMES} frames; {along!r} has {moments.size} values")
    stage = _Stage(dataset, values, along, dpi)
    try:
        with replacing(path) as temporary:
            write(temporary, stage.frames(), frames_per_second)
    finally:
        pyplot.close(stage.figure)
    return path


class _Stage:
    """The figure of a movie: what stands still is drawn once, the sky and the time are drawn anew in each frame."""

    def __init__(self, dataset: xr.Dataset, values: xr.DataArray, along: str, dpi: float) -> None:
        left, held = _picked(dataset, values, [along])
        self.tiles, self.along = tiles_of(left), along
        self.skies = [
            _checked(self.tiles.of(left.isel({along: i})), str(values.name)) for i in range(left.sizes[along])
        ]
        self.moments = np.asarray(left[along].values, dtype=float)
        self.unit = unit_text(left[along])
        self.norm = _scale(np.stack(self.skies))
        axes = _page(None)
        self.figure: Any = figure_of(axes)
        self.figure.set_dpi(dpi)
        self.mesh = _paint(axes, self.tiles, self.skies[0], self.norm, left)
        _mark(axes, left)
        # In the corners beside the ellipse.
        style: dict[str, Any] = {"transform": axes.transAxes, "fontsize": _SMALL, "linespacing": 1.4}
        self.clock: Text = axes.text(0.0, 1.0, "", va="top", **style)
        self.blank: Text = axes.text(1.0, 0.0, "", ha="right", va="bottom", **style)
        finish(axes, [", ".join(held), *_coverage(self.tiles)])
        self.canvas = FigureCanvasAgg(self.figure)

    def frames(self) -> Iterator[Frame]:
        """Give the frames as red, green and blue; shape (height, width, 3)."""
        digits = digits_of(self.moments)
        self.canvas.draw()
        # The layout is found once, so that nothing moves.
        self.figure.set_layout_engine("none")
        for moment, found in zip(self.moments.tolist(), self.skies, strict=True):
            self.mesh.set_array(_shown(found))
            blank = self.tiles.share_of_sky(~(found > 0.0))
            self.clock.set_text(plain(f"{self.along} = {moment:.{digits}f} {self.unit}".rstrip()))
            self.blank.set_text(f"{'blank' if np.isnan(found).any() else 'no flux'} on\n{_percent(blank)}")
            self.canvas.draw()
            yield np.array(self.canvas.buffer_rgba())[..., :3]


def _picked(dataset: xr.Dataset, values: xr.DataArray, along: list[str]) -> tuple[xr.DataArray, list[str]]:
    """Hold all axes but those of the sky and those given; return what is left, and in words what is held."""
    for axis in SKY:
        check_axis(values, axis)
    names = [str(name) for name, item in values.coords.items() if not item.dims]
    labels = set(str(values.encoding.get("coordinates") or "").split())
    scanned = scanned_names(dataset)
    told = {name for name in names if name not in labels} if scanned is None else scanned
    left, held = picked(values.drop_vars([name for name in names if _is_drawn(name)]), [*along, *SKY], told)
    axes_said = {item.split(" = ")[0] for item in held} | {*along, *map(str, values.dims)}
    left = left.assign_coords({name: values[name] for name in names})
    # Which coordinates belong to it.
    left.encoding = dict(values.encoding)
    return left, [*held, *(text for name, text in _settings(dataset).items() if name not in axes_said)]


def _is_drawn(name: str) -> bool:
    return name in ("supernova", *_place_of("supernova"), *_place_of("halo"))


def _place_of(body: str) -> tuple[str, str]:
    return f"{body}_longitude", f"{body}_latitude"


def _settings(dataset: xr.Dataset) -> dict[str, str]:
    """Return what a result says of the time, energy and mass that it was made with, in words."""
    try:
        settings = json.loads(dataset.attrs["gridscan_settings"])
    except (KeyError, ValueError, TypeError):
        return {}
    found = {}
    for name in _TOLD:
        value = settings.get(name)
        if isinstance(value, dict) and isinstance(value.get("value"), int | float):
            unit = value.get("unit", "1")
            found[name] = f"{name} = {value['value']:.4g} {'' if unit == '1' else unit}".rstrip()
    return found


def _checked(found: FloatArray, name: str) -> FloatArray:
    wrong = found[found < 0.0]
    if wrong.size:
        raise SensitivityError(f"{name!r} is {wrong[0]:.4g} in a direction; a logarithmic scale needs 0 or more")
    return found


def _scale(found: FloatArray) -> LogNorm:
    positive = found[found > 0.0]
    if not positive.size:
        raise SensitivityError("the quantity is zero in every direction: there is nothing to draw")
    high = float(positive.max())
    low = max(float(positive.min()), high * 10.0**-DECADES)
    return LogNorm(low, high) if low < high else LogNorm(0.5 * high, 2.0 * high)


def _shown(found: FloatArray) -> Any:
    """Return the cells as they are drawn, from left to right."""
    return np.ma.masked_where(~(found > 0.0), found)[:, ::-1]


def _remarks(tiles: Tiles, found: FloatArray, norm: LogNorm) -> list[str]:
    """Say how much of the sky is blank, not given, or fainter than the colours go."""
    missing, zero = np.isnan(found), found == 0.0
    faint = (found > 0.0) & (found < float(norm.vmin or 0.0))
    texts = {"zero on {}, left blank": zero, "missing on {}, left blank": missing}
    said = [text.format(_percent(tiles.share_of_sky(chosen))) for text, chosen in texts.items() if chosen.any()]
    if faint.any():
        said.append(f"fainter than the scale on {_percent(tiles.share_of_sky(faint))}")
    return [*said, *_coverage(tiles)]


def _coverage(tiles: Tiles) -> list[str]:
    covered = tiles.share_of_sky(np.ones((tiles.rows.size, tiles.columns.size), dtype=bool))
    return [f"the grid covers {_percent(covered)}"] if covered < 0.9999 else []


def _percent(share: float) -> str:
    return f"{100 * share:.3g} % of the sky"


def _page(axes: Axes | None) -> Axes:
    if axes is None:
        axes = projected_page("aitoff", _HEIGHT)
    elif getattr(axes, "name", "") != "aitoff":
        raise SensitivityError(f"the sky is drawn on axes of the projection 'aitoff'; found {axes.name!r}")
    return axes


def _paint(axes: Axes, tiles: Tiles, found: FloatArray, norm: LogNorm, values: xr.DataArray) -> Any:
    """Draw the cells and the colour bar, and return what `_shown` can be given to."""
    edges = -tiles.longitude[::-1], tiles.latitude
    mesh = axes.pcolormesh(*edges, _shown(found), norm=norm, cmap="viridis", rasterized=True)
    heading = title(axes, sentence(values), unit_text(values), "x")
    bottom = np.isclose(float(norm.vmax or 0.0) * 10.0**-DECADES, float(norm.vmin or 0.0), rtol=1e-6, atol=0.0)
    place: dict[str, Any] = {"orientation": "horizontal", "shrink": 0.7, "aspect": 35, "pad": 0.03}
    figure_of(axes).colorbar(mesh, ax=axes, label=heading, extend="min" if bottom else "neither", **place)
    return mesh


def _mark(axes: Axes, values: xr.DataArray) -> None:
    """Draw the grid of coordinates, the supernova and the centre of the halo."""
    axes.set_axisbelow(False)
    axes.grid(color="#888888", linewidth=0.5, alpha=0.6)
    axes.set_xticks(np.deg2rad(_LONGITUDES), [""] * len(_LONGITUDES))
    axes.set_yticks(np.deg2rad(_LATITUDES), [f"{latitude}°".replace("-", "−") for latitude in _LATITUDES])
    # Meridians reach the poles.
    geographic: Any = axes
    geographic.set_longitude_grid_ends(90)
    axes.tick_params(labelsize=_SMALL)
    for place in _LONGITUDES:
        # Below the equator, where the markers of the plane are not.
        text = axes.text(np.deg2rad(place), np.deg2rad(-4), f"{-place % 360}°", ha="center", va="top", fontsize=_SMALL)
        text.set_path_effects(OUTLINE)
    axes.set(xlabel="Galactic longitude", ylabel="Galactic latitude")
    marks = [body for body in _MARKS if _is_of(values, _place_of(body))]
    for body in marks:
        longitude, latitude = (_degrees(values[name]) for name in _place_of(body))
        longitude -= 360.0 * np.round(longitude / 360.0)
        named = _name_of(body, values)
        axes.plot(-np.deg2rad(longitude), np.deg2rad(latitude), label=plain(named), gid=body, **_MARKS[body])
    if marks:
        axes.legend(loc="upper right", bbox_to_anchor=(1.02, 1.02), frameon=False, fontsize=_SMALL, borderaxespad=0)


def _is_of(values: xr.DataArray, names: tuple[str, str]) -> bool:
    """Tell whether a quantity is one of a single place, as opposed to lying beside coordinates of one."""
    owned = values.encoding.get("coordinates")
    known = {*str(owned).split()} if owned else {*map(str, values.coords)}
    return all(name in values.coords and name in known and not values[name].dims for name in names)


def _name_of(body: str, values: xr.DataArray) -> str:
    if body != "supernova":
        return "centre of the halo"
    return f"supernova {values[body].item()}" if body in values.coords else body


def _degrees(value: xr.DataArray) -> float:
    return float(convert(float(value), unit_known(value), parse_unit("deg")))


def _colours() -> FloatArray:
    """Return greys, the colours of the scale on white and under the grid, and those of the marks, for a GIF."""
    scale = matplotlib.colormaps["viridis"](np.linspace(0, 1, 105))[:, :3]
    greys = np.repeat(np.linspace(0, 1, 32)[:, None], 3, axis=1)
    marks = [to_rgb(str(mark["color"])) for mark in _MARKS.values()]
    return np.concatenate([greys, scale, 0.7 * scale + 0.3 * np.array(to_rgb("#888888")), marks])

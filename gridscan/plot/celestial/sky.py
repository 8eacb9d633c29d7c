"""The whole sky in galactic coordinates: a quantity in every direction, as a picture or a movie.

In the Aitoff projection, as an observer sees the sky from inside: longitude increases to the left.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
from matplotlib.colors import LogNorm, to_rgb
from numpy.typing import NDArray

from gridscan.errors import SensitivityError
from gridscan.plot.celestial.sky_tiles import Directions, Tiles, tiles_of
from gridscan.plot.movies import Stage, check_frames, check_pace, writer_for
from gridscan.plot.page import OUTLINE, figure_of, finish, projected_page, title
from gridscan.plot.selection import picked, scanned_names
from gridscan.plot.text import plain
from gridscan.sensitivity.base_point import unit_text
from gridscan.sensitivity.labelled import check_axis, numeric_axis, position_on, quantity_of, sentence, unit_known
from gridscan.units import convert, parse_unit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.text import Text

FloatArray = NDArray[np.floating[Any]]

#: A flux falls exponentially at its edges; fluxes fainter than the brightest by more have the darkest colour.
DECADES = 8
_HEIGHT = 4.9
_SMALL = 9
_LONGITUDES, _LATITUDES = (-120, -60, 0, 60, 120), (-60, -30, 0, 30, 60)
_EDGE: dict[str, Any] = {"markeredgecolor": "white", "markeredgewidth": 0.8, "linestyle": "none", "zorder": 5}


@dataclasses.dataclass(frozen=True)
class Body:
    """A body on the sky, marked if a quantity depends on its position.

    Attributes
    ----------
    longitude, latitude
        Names of the coordinates that hold its position.
    title
        Name in the legend.
    name
        Name of a coordinate whose value follows the title.
    marker, colour, size
        How it is drawn.
    """

    longitude: str
    latitude: str
    title: str
    name: str | None = None
    marker: str = "*"
    colour: str = "#D55E00"
    size: float = 10

    @property
    def coordinates(self) -> tuple[str, ...]:
        """All coordinates that the mark shows."""
        return tuple(name for name in (self.name, self.longitude, self.latitude) if name is not None)


@dataclasses.dataclass(frozen=True)
class Sky:
    """What the variables of a result mean for a picture of the sky.

    Attributes
    ----------
    directions
        The axes of galactic longitude and latitude.
    bodies
        Bodies to mark.
    noted
        Inputs whose values every picture gives.
    """

    directions: Directions
    bodies: tuple[Body, ...] = ()
    noted: tuple[str, ...] = ()


def sky(
    dataset: xr.Dataset,
    quantity: str,
    meaning: Sky,
    *,
    at: Mapping[str, str | float] | None = None,
    axes: Axes | None = None,
) -> Axes:
    """Draw a quantity over the directions of the sky, in galactic coordinates and the Aitoff projection.

    Longitude increases to the left, the galactic centre is in the middle. The colour scale is logarithmic, over at most
    eight decades. The sky is blank where the quantity is zero or missing; the subtitle gives the share. Bodies are
    marked if the quantity depends on their position.

    Parameters
    ----------
    dataset
        A result of gridscan, lazy or not.
    quantity
        One of its data variables, with both axes of the sky; the others are held at the value nearest to the model's
        default.
    meaning
        The axes of the sky, the bodies to mark, and the inputs in the subtitle.
    at
        Values of other axes: a number in the unit of the axis, or text such as ``"350 yr"``.
    axes
        Where to draw, in the projection ``"aitoff"``; a new figure otherwise.

    Returns
    -------
    matplotlib.axes.Axes
        Where it was drawn.

    Raises
    ------
    SensitivityError
        If a name or value is unknown, an axis of the sky is missing or not an angle, a value is negative or infinite,
        or no value is positive.
    """
    values = quantity_of(dataset, quantity)
    for axis, value in (at or {}).items():
        check_axis(values, axis)
        values = values.isel({axis: position_on(values, axis, value)})
    left, held = _picked(dataset, values, [], meaning)
    tiles = tiles_of(left, meaning.directions)
    found = _checked(tiles.of(left), quantity)
    norm = _scale(found)
    axes = _page(axes)
    _paint(axes, tiles, found, norm, left)
    _mark(axes, left, meaning)
    finish(axes, [", ".join(held), "; ".join(_remarks(tiles, found, norm))])
    return axes


def sky_movie(
    dataset: xr.Dataset,
    path: str | Path,
    quantity: str,
    meaning: Sky,
    *,
    along: str,
    frames_per_second: float = 12,
    dpi: float = 88,
    force: bool = False,
) -> Path:
    """Write a movie of the picture of `sky`: one frame for each value of an axis, in increasing order.

    All frames have the same colour scale, eight decades down from the brightest. The file appears only when it is
    complete.

    Parameters
    ----------
    dataset
        A result of gridscan, lazy or not.
    path
        With the suffix of the format: ``.gif``, or ``.mp4`` if ffmpeg is installed.
    quantity
        One of its data variables, see `sky`.
    meaning
        The axes of the sky, see `sky`.
    along
        The numeric axis, of 2 to 1000 values.
    frames_per_second
        How fast the movie runs.
    dpi
        Pixels per inch; 88 make a movie 640 pixels wide.
    force
        Whether any file may be replaced; by default only one that gridscan wrote and nobody changed.

    Returns
    -------
    pathlib.Path
        Where it was written.

    Raises
    ------
    StoreError
        If the suffix is another one, ffmpeg is missing or fails, or the file cannot be written or would replace another
        one; an earlier file then stays as it was.
    SensitivityError
        If the quantity cannot be drawn, see `sky`, or the axis has too few or too many values.
    """
    path = Path(path)
    write = writer_for(path, _colours(meaning.bodies))
    check_pace(frames_per_second, dpi)
    values = quantity_of(dataset, quantity)
    if along in meaning.directions:
        raise SensitivityError(
            f"a movie of the sky cannot run along {along!r}, an axis of the sky; choose another axis"
        )
    moments = np.sort(numeric_axis(values, along))
    check_frames(moments.size, f"{along!r} has {moments.size} values")
    return _Changing(dataset, values, along, meaning, dpi).film(write, path, frames_per_second, force=force)


class _Changing(Stage):
    """The figure of a movie: the sky and its texts change in each frame."""

    def __init__(self, dataset: xr.Dataset, values: xr.DataArray, along: str, meaning: Sky, dpi: float) -> None:
        left, held = _picked(dataset, values, [along], meaning)
        self.tiles = tiles_of(left, meaning.directions)
        self.skies = [
            _checked(self.tiles.of(left.isel({along: i})), str(values.name)) for i in range(left.sizes[along])
        ]
        norm = _scale(np.stack(self.skies))
        axes = _page(None)
        super().__init__(axes, along, unit_text(left[along]), np.asarray(left[along].values, dtype=float), dpi)
        self.mesh = _paint(axes, self.tiles, self.skies[0], norm, left)
        _mark(axes, left, meaning)
        # In the corners beside the ellipse.
        style: dict[str, Any] = {"transform": axes.transAxes, "fontsize": _SMALL, "linespacing": 1.4}
        self.time: Text = axes.text(0.0, 1.0, "", va="top", **style)
        self.blank: Text = axes.text(1.0, 0.0, "", ha="right", va="bottom", **style)
        finish(axes, [", ".join(held), *_coverage(self.tiles)])

    def prepare(self) -> None:
        """Lay out the page once, so that nothing moves."""
        self.canvas.draw()
        self.figure.set_layout_engine("none")

    def show(self, number: int) -> None:
        """Draw the sky of one value of the axis."""
        found = self.skies[number]
        self.mesh.set_array(_shown(found))
        blank = self.tiles.share_of_sky(~(found > 0.0))
        self.time.set_text(self.clock(number))
        self.blank.set_text(f"{'blank' if np.isnan(found).any() else 'no flux'} on\n{_percent(blank)}")
        self.canvas.draw()


def _picked(
    dataset: xr.Dataset, values: xr.DataArray, along: list[str], meaning: Sky
) -> tuple[xr.DataArray, list[str]]:
    """Hold all axes except those of the sky and those given; return what is left, and in words what is held."""
    for axis in meaning.directions:
        check_axis(values, axis)
    names = [str(name) for name, item in values.coords.items() if not item.dims]
    labels = set(str(values.encoding.get("coordinates") or "").split())
    scanned = scanned_names(dataset)
    scanned = {name for name in names if name not in labels} if scanned is None else scanned
    marked = {name for body in meaning.bodies for name in body.coordinates}
    unmarked = values.drop_vars([name for name in names if name in marked])
    left, held = picked(unmarked, [*along, *meaning.directions], scanned)
    axes_said = {item.split(" = ")[0] for item in held} | {*along, *map(str, values.dims)}
    left = left.assign_coords({name: values[name] for name in names})
    # It lists the coordinates that belong to the variable.
    left.encoding = dict(values.encoding)
    settings = _settings(dataset, meaning.noted)
    return left, [*held, *(text for name, text in settings.items() if name not in axes_said)]


def _settings(dataset: xr.Dataset, names: Sequence[str]) -> dict[str, str]:
    """Return the values of some inputs of a result, in words."""
    try:
        settings = json.loads(dataset.attrs["gridscan_settings"])
    except (KeyError, ValueError, TypeError):
        return {}
    found = {}
    for name in names:
        value = settings.get(name)
        if isinstance(value, dict) and isinstance(value.get("value"), int | float):
            unit = value.get("unit", "1")
            found[name] = f"{name} = {value['value']:.4g} {'' if unit == '1' else unit}".rstrip()
    return found


def _checked(found: FloatArray, name: str) -> FloatArray:
    wrong = found[found < 0.0]
    if wrong.size:
        raise SensitivityError(f"{name!r} is {wrong[0]:.4g} in some direction; a logarithmic scale needs 0 or more")
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
    """Return how much of the sky is blank, fainter than the colour scale, or not covered, in words."""
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
    """Draw the cells and the colour bar, and return the mesh."""
    edges = -tiles.longitude[::-1], tiles.latitude
    mesh = axes.pcolormesh(*edges, _shown(found), norm=norm, cmap="viridis", rasterized=True)
    heading = title(axes, sentence(values), unit_text(values), "x")
    bottom = np.isclose(float(norm.vmax or 0.0) * 10.0**-DECADES, float(norm.vmin or 0.0), rtol=1e-6, atol=0.0)
    place: dict[str, Any] = {"orientation": "horizontal", "shrink": 0.7, "aspect": 35, "pad": 0.03}
    figure_of(axes).colorbar(mesh, ax=axes, label=heading, extend="min" if bottom else "neither", **place)
    return mesh


def _mark(axes: Axes, values: xr.DataArray, meaning: Sky) -> None:
    """Draw the grid of coordinates and the bodies."""
    axes.set_axisbelow(False)
    axes.grid(color="#888888", linewidth=0.5, alpha=0.6)
    axes.set_xticks(np.deg2rad(_LONGITUDES), [""] * len(_LONGITUDES))
    axes.set_yticks(np.deg2rad(_LATITUDES), [f"{latitude}°".replace("-", "−") for latitude in _LATITUDES])
    # Meridians reach the poles.
    geographic: Any = axes
    geographic.set_longitude_grid_ends(90)
    axes.tick_params(labelsize=_SMALL)
    for place in _LONGITUDES:
        # Below the equator, clear of markers in the plane.
        text = axes.text(np.deg2rad(place), np.deg2rad(-4), f"{-place % 360}°", ha="center", va="top", fontsize=_SMALL)
        text.set_path_effects(OUTLINE)
    axes.set(xlabel="Galactic longitude", ylabel="Galactic latitude")
    marks = [body for body in meaning.bodies if _is_of(values, (body.longitude, body.latitude))]
    for body in marks:
        longitude, latitude = (_degrees(values[name]) for name in (body.longitude, body.latitude))
        longitude -= 360.0 * np.round(longitude / 360.0)
        style: dict[str, Any] = {"marker": body.marker, "color": body.colour, "markersize": body.size, **_EDGE}
        named = plain(_name_of(body, values))
        axes.plot(-np.deg2rad(longitude), np.deg2rad(latitude), label=named, gid=body.title, **style)
    if marks:
        axes.legend(loc="upper right", bbox_to_anchor=(1.02, 1.02), frameon=False, fontsize=_SMALL, borderaxespad=0)


def _is_of(values: xr.DataArray, names: tuple[str, str]) -> bool:
    """Return whether a quantity belongs to a single position, rather than being stored beside one."""
    owned = values.encoding.get("coordinates")
    known = {*str(owned).split()} if owned else {*map(str, values.coords)}
    return all(name in values.coords and name in known and not values[name].dims for name in names)


def _name_of(body: Body, values: xr.DataArray) -> str:
    named = body.name is not None and body.name in values.coords
    return f"{body.title} {values[body.name].item()}" if named else body.title


def _degrees(value: xr.DataArray) -> float:
    return float(convert(float(value), unit_known(value), parse_unit("deg")))


def _colours(bodies: Sequence[Body]) -> FloatArray:
    """Return the colours of a GIF: greys, the colour scale on white and under the grid, and the marks."""
    scale = matplotlib.colormaps["viridis"](np.linspace(0, 1, 105))[:, :3]
    greys = np.repeat(np.linspace(0, 1, 32)[:, None], 3, axis=1)
    marks = [to_rgb(body.colour) for body in bodies]
    return np.concatenate([greys, scale, 0.7 * scale + 0.3 * np.array(to_rgb("#888888")), *([marks] if marks else [])])

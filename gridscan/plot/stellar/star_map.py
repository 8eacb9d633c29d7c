"""Map of stars in a plane, seen from above, with the observer and a circle around it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, LogNorm
from matplotlib.patches import Circle, Rectangle
from numpy.typing import NDArray

from gridscan.errors import SensitivityError, listed
from gridscan.plot.page import figure_of, legend, page, title
from gridscan.plot.text import typeset
from gridscan.sensitivity.base_point import unit_text
from gridscan.sensitivity.labelled import sentence, unit_known
from gridscan.units import Unit, convert, readable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection

    from gridscan.plot.columns import FloatArray

Phases = NDArray[np.int8]

# Side of the map [inch], and its share of the width of the page, labels included.
_SIDE, _SHARE = 4.0, 0.63
# The surface density of a disk falls by more decades than the eye can distinguish.
_DECADES = 4.0
_QUIET = LinearSegmentedColormap.from_list("quiet", ["#ffffff", "#a6a6a6"])
_FRAME = "#444444"
_SUN: dict[str, Any] = {
    "marker": "$\\odot$",
    "markersize": 9,
    "color": "black",
    "linestyle": "",
    "markeredgewidth": 0.2,
}


class Look(NamedTuple):
    """Marker of the stars of a phase: larger for rarer phases."""

    label: str
    colour: str
    marker: str
    area: float
    opacity: float


@dataclasses.dataclass(frozen=True)
class Surface:
    """A surface density over the plane, shape (vertical, horizontal), at positions in the unit of a map."""

    horizontal: FloatArray
    vertical: FloatArray
    density: FloatArray
    title: str
    unit: str


@dataclasses.dataclass(frozen=True)
class Scene:
    """What a map shows beside the phases of the stars; lengths are in `unit`.

    Attributes
    ----------
    x, y
        Positions of the stars.
    within
        Whether each star is in the circle around the Sun.
    sun, radius
        Position of the Sun and radius of the circle.
    half_width
        Distance from the centre to the sides of the map.
    inset
        Half width of the inset around the Sun; None without an inset.
    surface
        The grey background.
    """

    x: FloatArray
    y: FloatArray
    within: NDArray[np.bool_]
    sun: tuple[float, float]
    radius: float
    half_width: float
    inset: float | None
    unit: Unit
    surface: Surface | None = None


def background(scene: Scene, below: float = 0.0) -> list[Axes]:
    """Draw everything except the stars on a new page.

    Parameters
    ----------
    scene
        What the map shows.
    below
        Height to leave free at the foot of the page [inch].

    Returns
    -------
    list of matplotlib.axes.Axes
        The map and, if there is one, the inset.
    """
    foot = below + (0.75 if scene.surface is not None else 0.0)
    height = _SIDE + 0.95 + foot
    axes = page(None, height)
    side = f"[{typeset(readable(scene.unit))}]"
    axes.set(xlabel=f"x {side}", ylabel=f"y {side}", aspect="equal", anchor="NW")
    axes.set(xlim=(-scene.half_width, scene.half_width), ylim=(-scene.half_width, scene.half_width))
    maps = [axes, *([_surroundings(axes, scene, side)] if scene.inset is not None else [])]
    if scene.surface is not None:
        _draw_surface(maps, scene.surface)
    for one in maps:
        one.add_patch(Circle(scene.sun, scene.radius, fill=False, edgecolor="black", linewidth=1.1, zorder=7))
        one.plot(*scene.sun, **_SUN, zorder=8)
    # The layout engine places the map at the left of the page; legend, inset and bar are placed beside it by hand.
    layout: Any = figure_of(axes).get_layout_engine()
    layout.set(rect=(0, foot / height, _SHARE, 1 - foot / height))
    for beside in axes.child_axes:
        beside.set_in_layout(False)
    return maps


def _surroundings(axes: Axes, scene: Scene, side: str) -> Axes:
    """Add the inset, and its frame on the map."""
    width = scene.inset or 0.0
    low, size = np.array(scene.sun) - width, 2 * width
    axes.add_patch(Rectangle((low[0], low[1]), size, size, fill=False, edgecolor=_FRAME, linewidth=0.8, zorder=6))
    near = axes.inset_axes((1.1, 0.0, 0.5, 0.5))
    near.set(xlim=(low[0], low[0] + size), ylim=(low[1], low[1] + size), aspect="equal")
    near.set_title(f"around the Sun {side}", fontsize=9, color=_FRAME)
    near.tick_params(labelsize=8, color=_FRAME)
    near.locator_params(nbins=5)
    near.spines[:].set(edgecolor=_FRAME, linewidth=0.8)
    return near


def points(maps: Sequence[Axes], looks: Mapping[str, Look]) -> list[list[PathCollection]]:
    """Return for each map an empty set of points per phase, the common phase first and larger in the inset.

    Parameters
    ----------
    maps
        The map and its inset.
    looks
        How stars of each phase are drawn.

    Returns
    -------
    list of list of matplotlib.collections.PathCollection
        By map and phase.
    """
    scales = [1.0 if one is maps[0] else 3.0 for one in maps]
    pairs = zip(maps, scales, strict=True)
    return [[_no_points(one, order, looks, scale) for order in range(len(looks))] for one, scale in pairs]


def _no_points(one: Axes, order: int, looks: Mapping[str, Look], scale: float) -> PathCollection:
    name, look = list(looks.items())[order]
    rare = order > 0
    style: dict[str, Any] = {"marker": look.marker, "color": look.colour, "alpha": look.opacity}
    style |= {"linewidths": 0.4, "edgecolors": "white"} if rare else {"linewidths": 0, "rasterized": True}
    return one.scatter([], [], s=look.area * (1.0 if rare else scale), **style, zorder=2 + 0.5 * order, gid=name)


def place(artists: Iterable[Sequence[PathCollection]], scene: Scene, phase: Phases) -> None:
    """Move the points of each phase to its stars; stars of a negative phase are not drawn.

    Parameters
    ----------
    artists
        Points by map and phase.
    scene
        What the map shows.
    phase
        Phase of each star.
    """
    artists = list(artists)
    for code in range(len(artists[0])):
        chosen = phase == code
        places = np.column_stack([scene.x[chosen], scene.y[chosen]])
        for one in artists:
            one[code].set_offsets(places)


def counted(phase: Phases, within: NDArray[np.bool_], phases: int) -> NDArray[np.int64]:
    """Return the number of stars in each phase, and of those within the radius.

    Parameters
    ----------
    phase
        Phase of each star.
    within
        Whether each star is within the radius.
    phases
        Number of phases.

    Returns
    -------
    numpy.ndarray
        Shape (phase, 2).
    """
    chosen = [phase == code for code in range(phases)]
    return np.array([[np.sum(one), np.sum(one & within)] for one in chosen])


def phase_texts(counts: NDArray[np.int64], looks: Mapping[str, Look]) -> list[str]:
    """Return the text of each phase in the legend.

    Parameters
    ----------
    counts
        Stars in each phase, and those of them within the radius.
    looks
        How stars of each phase are drawn.

    Returns
    -------
    list of str
        By phase.
    """
    return [f"{look.label}: {n:,} ({near:,})" for look, (n, near) in zip(looks.values(), counts.tolist(), strict=True)]


def name_phases(axes: Axes, scene: Scene, counts: NDArray[np.int64], looks: Mapping[str, Look]) -> None:
    """Draw the legend: marker and number of stars of each phase, and what else is in the map.

    Parameters
    ----------
    axes
        The map.
    scene
        What it shows.
    counts
        Stars in each phase, and those of them within the radius.
    looks
        How stars of each phase are drawn.
    """
    circle = f"{scene.radius:.4g} {typeset(readable(scene.unit))}"
    for look, text in zip(looks.values(), phase_texts(counts, looks), strict=True):
        area = max(look.area, 25)
        axes.scatter([], [], s=area, marker=look.marker, color=look.colour, edgecolors="none", label=text)
    axes.plot([], [], **_SUN, label="Sun")
    axes.plot([], [], marker="o", markersize=9, color="black", fillstyle="none", linestyle="", label=f"radius {circle}")
    legend(axes, f"number (within {circle})")
    beside: Any = axes.get_legend()
    beside.set_in_layout(False)


def thinned(chosen: NDArray[np.bool_], most: int) -> NDArray[np.bool_]:
    """Return at most a number of the chosen stars, evenly spaced in their order.

    Parameters
    ----------
    chosen
        Whether each star is chosen.
    most
        Largest number to keep.

    Returns
    -------
    numpy.ndarray
        Whether each star is kept, shape of `chosen`.
    """
    found = np.flatnonzero(chosen)
    if found.size <= most:
        return chosen
    kept = np.zeros_like(chosen)
    kept[found[np.arange(most) * found.size // max(most, 1)]] = True
    return kept


def surface_of(density: xr.DataArray, horizontal: str, vertical: str, unit: Unit) -> Surface:
    """Return a density over two axes as a background.

    Parameters
    ----------
    density
        Surface density.
    horizontal, vertical
        Its axes.
    unit
        Unit of length of the map.

    Returns
    -------
    Surface
        At positions in that unit.

    Raises
    ------
    SensitivityError
        If it has other axes, or is not finite, negative or nowhere positive.
    UnitError
        If an axis is not a length.
    """
    if set(density.dims) != {horizontal, vertical} or not {horizontal, vertical} <= set(density.coords):
        found = listed(map(str, density.dims)) or "nothing"
        raise SensitivityError(
            f"expected a density over {horizontal!r} and {vertical!r}, with the values of both; found one over {found}"
        )
    edges = [_increasing(density, name, unit) for name in (horizontal, vertical)]
    values = np.asarray(density.transpose(vertical, horizontal).values, dtype=float)
    if not (np.isfinite(values).all() and values.min() >= 0 and values.max() > 0):
        found = f"{values.min():g} to {values.max():g}"
        raise SensitivityError(f"the density must be finite, 0 or more, and positive somewhere; found {found}")
    return Surface(edges[0], edges[1], values, sentence(density), unit_text(density))


def _increasing(density: xr.DataArray, name: str, unit: Unit) -> FloatArray:
    points = np.asarray(density[name].values, dtype=float)
    if points.size < 2 or not (np.diff(points) > 0).all():
        raise SensitivityError(f"the density needs two or more increasing points along {name!r}")
    return np.asarray(convert(points, unit_known(density[name]), unit))


def _draw_surface(maps: Sequence[Axes], surface: Surface) -> None:
    """Draw the surface density on the maps, with a colour bar below the legend."""
    values = surface.density
    high = float(values.max())
    low = max(float(values[values > 0].min()), high / 10**_DECADES)
    cells = (surface.horizontal, surface.vertical, np.maximum(values, low))
    style: dict[str, Any] = {"norm": LogNorm(low, high), "cmap": _QUIET, "shading": "nearest", "rasterized": True}
    meshes = [one.pcolormesh(*cells, **style, zorder=1) for one in maps]
    main = maps[0]
    beyond: Any = "min" if float(values.min()) < low else "neither"
    place = main.inset_axes((0.0, -0.19, 1.0, 0.03))
    bar = figure_of(main).colorbar(meshes[0], cax=place, orientation="horizontal", extend=beyond)
    bar.set_label(title(main, surface.title, surface.unit, "x"))

"""The map of a sample of stars: the galaxy from above, with the Sun, the circle around it and what is inside."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, LogNorm
from matplotlib.patches import Circle, Rectangle
from numpy.typing import NDArray

from gridscan.errors import SensitivityError, UnitError, listed, nearest
from gridscan.plot.page import COLOURS, figure_of, finish, legend, page, title
from gridscan.plot.selection import scanned_names
from gridscan.plot.text import said, typeset, unit_text
from gridscan.sensitivity.labelled import in_unit_of, quantity_of, sentence, unit_known
from gridscan.units import Unit, convert, readable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection

FloatArray = NDArray[np.float64]
Phases = NDArray[np.int8]

# Of the page: the side of the map in inches, and the share of the width that the map takes with its labels.
_SIDE, _SHARE = 4.0, 0.63
# The surface density of a disk falls by more than the eye can tell apart.
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
    """How the stars of a phase are drawn: the rarer, the larger."""

    label: str
    colour: str
    marker: str
    area: float
    opacity: float


# In the order of the flags of `phase`.
PHASES: dict[str, Look] = {
    "other": Look("other", COLOURS[0], ".", 3.0, 0.3),
    "red_supergiant": Look("red supergiant", COLOURS[4], "o", 9.0, 0.9),
    "carbon_burning": Look("carbon burning", COLOURS[2], "^", 24.0, 1.0),
    "carbon_burning_rsg": Look("carbon-burning\nred supergiant", COLOURS[1], "*", 75.0, 1.0),
}


@dataclasses.dataclass(frozen=True)
class Scene:
    """What a map shows whatever the phases of the stars are; lengths are in `unit`.

    Attributes
    ----------
    x, y
        Places of the stars.
    within
        Which stars are in the circle around the Sun.
    sun, radius
        Position of the Sun and radius of the circle.
    half_width
        The map extends as far from the centre, to all sides.
    inset
        Half the width of the picture of the Sun's surroundings; None where there is none.
    """

    x: FloatArray
    y: FloatArray
    within: NDArray[np.bool_]
    sun: tuple[float, float]
    radius: float
    half_width: float
    inset: float | None
    unit: Unit


def galaxy(
    stars: xr.Dataset,
    density: xr.DataArray | None = None,
    *,
    inset: float | str | None = None,
    most: int = 20_000,
) -> Axes:
    """Draw a sample of stars as seen from above the galaxy, coloured and marked by their phase.

    The legend gives the number of stars in each phase, and how many of them are within the radius.

    Parameters
    ----------
    stars
        Of dimension ``star``: ``x``, ``y``, ``distance`` and ``phase``, with the scalar coordinates ``sun_x``,
        ``sun_y``, ``radius`` and ``time``. There may be no star.
    density
        Surface density over ``x`` and ``y``, the grey background; none by default.
    inset
        Half the width of the picture of the Sun's surroundings, as a number in the unit of ``x`` or as ``"3 kpc"``. By
        default three times the radius, and no such picture where it would show most of the galaxy.
    most
        Of stars in phase 'other' not more than these are drawn, evenly spaced in the order of the sample, which the
        subtitle says. Stars in the other phases are always drawn.

    Raises
    ------
    SensitivityError
        If a variable or coordinate is missing, depends on something else, or holds what cannot be drawn.
    """
    if most < 0:
        raise SensitivityError(f"a map shows 0 stars of phase 'other' or more; found most={most}")
    phase, scene = _phases_of(stars), scene_of(stars, density, inset)
    maps = background(scene, density)
    axes = maps[0]
    kept = thinned(phase == 0, most) | (phase > 0)
    place(points(maps), scene, np.where(kept, phase, -1))
    name_phases(axes, scene, counted(phase, scene.within))
    others = int(np.sum(phase == 0))
    left_out = [f"{most:,} of the {others:,} stars of phase 'other' are drawn"] if others > most else []
    finish(axes, [", ".join([f"{phase.size:,} stars", *held(stars)]), *left_out])
    return axes


def along(dataset: xr.Dataset, name: str, dimension: str, unit: Unit | None = None) -> FloatArray:
    """Return a variable along the one dimension of a table, as bare numbers, in a unit where one is asked for.

    Raises
    ------
    SensitivityError
        If there is none of that name, it has other dimensions, or it holds no real numbers.
    UnitError
        If its unit does not fit.
    """
    if name not in dataset.variables:
        known = [str(other) for other in dataset.variables]
        raise SensitivityError(f"expected {name!r} along {dimension!r}{nearest(name, known)}; found {listed(known)}")
    found = dataset[name]
    if found.dims != (dimension,):
        raise SensitivityError(
            f"expected {name!r} along {dimension!r} alone; found it along {listed(map(str, found.dims)) or 'nothing'}"
        )
    values = quantity_of(dataset.reset_coords(), name)
    numbers = np.asarray(values.values, dtype=float)
    return numbers if unit is None else np.asarray(convert(numbers, unit_known(values), unit))


def finite(numbers: FloatArray, name: str) -> FloatArray:
    """Return numbers as they are.

    Raises
    ------
    SensitivityError
        If one is not finite.
    """
    wrong = np.flatnonzero(~np.isfinite(numbers))
    if wrong.size:
        raise SensitivityError(
            f"{name!r} holds {numbers[wrong[0]]} at position {wrong[0]}; every value has to be finite"
        )
    return numbers


def single(dataset: xr.Dataset, name: str, unit: Unit) -> float:
    """Return a coordinate of a single value as a number in a unit.

    Raises
    ------
    SensitivityError
        If there is none of that name, or it has a dimension.
    UnitError
        If its unit does not fit.
    """
    if name not in dataset.variables or dataset[name].dims:
        found = f"it along {listed(map(str, dataset[name].dims))}" if name in dataset.variables else "none"
        raise SensitivityError(f"expected a single value of {name!r}; found {found}")
    value = convert(float(dataset[name]), unit_known(dataset[name]), unit)
    return float(finite(np.array([value]), name)[0])


def scene_of(stars: xr.Dataset, density: xr.DataArray | None, inset: float | str | None) -> Scene:
    """Return what a map of these stars shows.

    Raises
    ------
    SensitivityError, UnitError
        See `galaxy`.
    """
    x = finite(along(stars, "x", "star"), "x")
    unit = unit_known(stars["x"])
    y, distance = (finite(along(stars, name, "star", unit), name) for name in ("y", "distance"))
    sun, radius = (single(stars, "sun_x", unit), single(stars, "sun_y", unit)), single(stars, "radius", unit)
    if not radius > 0:
        raise SensitivityError(f"'radius' is {radius:g} {readable(unit)}; a circle needs more than 0")
    edges = np.zeros(0)
    if density is not None:
        edges = np.concatenate([_axis(density, name, unit) for name in ("x", "y")])
        _heights(density)
    reach = 1.02 * float(np.max(np.abs([*x, *y, *edges, *sun, abs(sun[0]) + radius, abs(sun[1]) + radius])))
    try:
        width = 3 * radius if inset is None else in_unit_of(stars["x"], inset)
    except UnitError as error:
        raise UnitError(f"inset: {error}") from None
    if not 0 < width < np.inf:
        raise SensitivityError(f"half the width of the inset is {width:g} {readable(unit)}; expected more than 0")
    shown = None if inset is None and width > 0.6 * reach else width
    return Scene(x, y, distance <= radius, sun, radius, reach, shown, unit)


def background(scene: Scene, density: xr.DataArray | None, below: float = 0.0) -> list[Axes]:
    """Draw all but the stars on a new page, and return the map and, if there is one, the inset.

    `below` is the height in inches to leave free at the foot of the page.
    """
    foot = below + (0.75 if density is not None else 0.0)
    height = _SIDE + 0.95 + foot
    axes = page(None, height)
    side = f"[{typeset(readable(scene.unit))}]"
    axes.set(xlabel=f"x {side}", ylabel=f"y {side}", aspect="equal", anchor="NW")
    axes.set(xlim=(-scene.half_width, scene.half_width), ylim=(-scene.half_width, scene.half_width))
    maps = [axes, *([_surroundings(axes, scene, side)] if scene.inset is not None else [])]
    if density is not None:
        _density(maps, density, scene.unit)
    for one in maps:
        one.add_patch(Circle(scene.sun, scene.radius, fill=False, edgecolor="black", linewidth=1.1, zorder=7))
        one.plot(*scene.sun, **_SUN, zorder=8)
    # The map takes the left of the page; legend, inset and bar have their places beside it, whatever the engine does.
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


def points(maps: Sequence[Axes]) -> list[list[PathCollection]]:
    """Return for each map a set of no points for each phase; the faint ones are larger in the inset."""
    return [[_no_points(one, order, 1.0 if one is maps[0] else 3.0) for order in range(len(PHASES))] for one in maps]


def _no_points(one: Axes, order: int, scale: float) -> PathCollection:
    name = list(PHASES)[order]
    look, rare = PHASES[name], order > 0
    style: dict[str, Any] = {"marker": look.marker, "color": look.colour, "alpha": look.opacity}
    style |= {"linewidths": 0.4, "edgecolors": "white"} if rare else {"linewidths": 0, "rasterized": True}
    return one.scatter([], [], s=look.area * (1.0 if rare else scale), **style, zorder=2 + 0.5 * order, gid=name)


def place(artists: Iterable[Sequence[PathCollection]], scene: Scene, phase: Phases) -> None:
    """Put the points of each phase on the stars that are in it; stars of a negative phase are not drawn."""
    for code in range(len(PHASES)):
        chosen = phase == code
        places = np.column_stack([scene.x[chosen], scene.y[chosen]])
        for one in artists:
            one[code].set_offsets(places)


def counted(phase: Phases, within: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return how many stars are in each phase, and how many of them within the radius; shape (phase, 2)."""
    chosen = [phase == code for code in range(len(PHASES))]
    return np.array([[np.sum(one), np.sum(one & within)] for one in chosen])


def phase_texts(counts: NDArray[np.int64]) -> list[str]:
    """Return what the legend says of each phase."""
    return [f"{look.label}: {n:,} ({near:,})" for look, (n, near) in zip(PHASES.values(), counts.tolist(), strict=True)]


def name_phases(axes: Axes, scene: Scene, counts: NDArray[np.int64]) -> None:
    """Say in the legend which marker is which phase, how many stars are in it, and what else is in the map."""
    circle = f"{scene.radius:.4g} {typeset(readable(scene.unit))}"
    for look, text in zip(PHASES.values(), phase_texts(counts), strict=True):
        area = max(look.area, 25)
        axes.scatter([], [], s=area, marker=look.marker, color=look.colour, edgecolors="none", label=text)
    axes.plot([], [], **_SUN, label="Sun")
    axes.plot([], [], marker="o", markersize=9, color="black", fillstyle="none", linestyle="", label=f"radius {circle}")
    legend(axes, f"number (within {circle})")
    beside: Any = axes.get_legend()
    beside.set_in_layout(False)


def held(stars: xr.Dataset) -> list[str]:
    """Say the time, and at which values the rest is held that the picture does not show."""
    scanned = scanned_names(stars)
    names = [str(name) for name, item in stars.coords.items() if not item.dims]
    drawn = ("time", "sun_x", "sun_y", "radius")
    rest = [name for name in names if name not in drawn and (scanned is None or name in scanned)]
    return [said(stars[name]) for name in ["time", *rest] if name in names]


def thinned(chosen: NDArray[np.bool_], most: int) -> NDArray[np.bool_]:
    """Return at most some of the chosen, evenly spaced in their order."""
    found = np.flatnonzero(chosen)
    if found.size <= most:
        return chosen
    kept = np.zeros_like(chosen)
    kept[found[np.arange(most) * found.size // max(most, 1)]] = True
    return kept


def check_flags(phase: xr.DataArray) -> None:
    """Refuse phases that are numbered otherwise.

    Raises
    ------
    SensitivityError
        With the flags that were found.
    """
    values = np.atleast_1d(phase.attrs.get("flag_values", [])).tolist()
    meanings = str(phase.attrs.get("flag_meanings", "")).split()
    if values != list(range(len(PHASES))) or meanings != list(PHASES):
        expected = ", ".join(f"{code} = {name}" for code, name in enumerate(PHASES))
        found = ", ".join(f"{code} = {name}" for code, name in zip(values, meanings, strict=False)) or "none"
        raise SensitivityError(f"expected 'phase' with the flags {expected}; found {found}")


def _phases_of(stars: xr.Dataset) -> Phases:
    numbers = along(stars, "phase", "star")
    check_flags(stars["phase"])
    wrong = numbers[~np.isin(numbers, range(len(PHASES)))]
    if wrong.size:
        raise SensitivityError(f"'phase' holds {wrong[0]:g}; its flags are 0 to {len(PHASES) - 1}")
    return numbers.astype(np.int8)


def _axis(density: xr.DataArray, name: str, unit: Unit) -> FloatArray:
    """Return the points of an axis of the density in a unit."""
    if set(density.dims) != {"x", "y"} or name not in density.coords:
        found = listed(map(str, density.dims)) or "nothing"
        raise SensitivityError(f"expected a density over 'x' and 'y', with the values of both; found one over {found}")
    points = np.asarray(density[name].values, dtype=float)
    if points.size < 2 or not (np.diff(points) > 0).all():
        raise SensitivityError(f"the density has to have two points along {name!r} or more, which increase")
    return np.asarray(convert(points, unit_known(density[name]), unit))


def _heights(density: xr.DataArray) -> FloatArray:
    """Return the values of the density, of shape (y, x)."""
    values = np.asarray(density.transpose("y", "x").values, dtype=float)
    if not (np.isfinite(values).all() and values.min() >= 0 and values.max() > 0):
        found = f"{values.min():g} to {values.max():g}"
        raise SensitivityError(f"the density has to be finite, 0 or more, and positive somewhere; found {found}")
    return values


def _density(maps: Sequence[Axes], density: xr.DataArray, unit: Unit) -> None:
    """Draw the surface density on the maps, with a colour bar below the legend."""
    values = _heights(density)
    high = float(values.max())
    low = max(float(values[values > 0].min()), high / 10**_DECADES)
    cells = (_axis(density, "x", unit), _axis(density, "y", unit), np.maximum(values, low))
    style: dict[str, Any] = {"norm": LogNorm(low, high), "cmap": _QUIET, "shading": "nearest", "rasterized": True}
    meshes = [one.pcolormesh(*cells, **style, zorder=1) for one in maps]
    main = maps[0]
    beyond: Any = "min" if float(values.min()) < low else "neither"
    place = main.inset_axes((0.0, -0.19, 1.0, 0.03))
    bar = figure_of(main).colorbar(meshes[0], cax=place, orientation="horizontal", extend=beyond)
    bar.set_label(title(main, sentence(density), unit_text(density), "x"))

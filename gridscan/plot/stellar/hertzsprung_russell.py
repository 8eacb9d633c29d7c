"""Hertzsprung-Russell diagram of isochrones and tracks, with their red supergiants."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
from matplotlib import ticker
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from gridscan.errors import SensitivityError, nearest
from gridscan.plot.columns import FloatArray, column, finite
from gridscan.plot.page import COLOURS, finish, legend, page, title
from gridscan.plot.selection import scanned_names
from gridscan.plot.text import number, typeset
from gridscan.sensitivity.base_point import said, unit_text
from gridscan.units import parse_unit

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

Chosen = NDArray[np.bool_]

# The columns that distinguish isochrones, or tracks, in a table; stars of a population are points of one colour.
_MARKS = {
    "isochrone": ("age", "metallicity"),
    "track": ("initial_mass", "metallicity"),
    "population": ("age", "metallicity"),
}
_MOST_LINES = 10
_MOST_RANGES = 4
_DASHES: tuple[Any, ...] = ("-", "--", "-.", ":")
_RED, _CARBON, _REGION = COLOURS[1], COLOURS[4], "#f6ded2"


def hertzsprung_russell(
    table: xr.Dataset,
    *,
    maximum_temperature: float = 4000.0,
    minimum_log_luminosity: float = 4.5,
    minimum_carbon_luminosity: float = 1e-3,
) -> Axes:
    """Draw luminosity against effective temperature, hot stars at the left, and mark the red supergiants.

    Parameters
    ----------
    table
        With dimension ``point`` and attribute ``kind``, ``"isochrone"``, ``"track"`` or ``"population"``:
        ``effective_temperature``, ``luminosity`` and, for an isochrone or a population, ``initial_mass``; for a track
        ``age`` and ``carbon_luminosity``. A line ends where ``age``, ``metallicity`` or ``isochrone`` (its number) of
        an isochrone, ``initial_mass`` or ``metallicity`` of a track, changes; stars of a population are not joined.
    maximum_temperature
        Highest effective temperature of a red supergiant [K].
    minimum_log_luminosity
        Lowest log10(L/Lsun) of a red supergiant.
    minimum_carbon_luminosity
        Lowest ``carbon_luminosity``, in its unit, at which a track is marked as burning carbon.

    Returns
    -------
    matplotlib.axes.Axes
        Where it was drawn.

    Raises
    ------
    SensitivityError
        If the table is of another kind, lacks a variable, has no points, or holds values that cannot be drawn.
    UnitError
        If the unit of temperature or luminosity does not fit.
    """
    kind = _kind_of(table)
    temperature = _positive(column(table, "effective_temperature", "point", parse_unit("K")), "effective_temperature")
    luminosity = _positive(column(table, "luminosity", "point", parse_unit("Lsun")), "luminosity")
    if not (maximum_temperature > 0 and np.isfinite(minimum_log_luminosity)):
        found = f"{maximum_temperature:g} K and {minimum_log_luminosity:g}"
        raise SensitivityError(f"red supergiants need a temperature above 0 K and a finite luminosity; found {found}")
    red = (temperature <= maximum_temperature) & (np.log10(luminosity) >= minimum_log_luminosity)
    keys = _keys(table, kind)
    lines = [] if kind == "population" else _lines(table, kind, keys)
    if kind != "track":
        burning, notes = np.zeros_like(red), _masses_of(table, keys if kind == "isochrone" else {}, red)
    else:
        burning = finite(column(table, "carbon_luminosity", "point"), "carbon_luminosity") >= minimum_carbon_luminosity
        notes = _durations(table, lines, red, burning)
    axes = page(None)
    region = _scales(axes, temperature, luminosity, maximum_temperature, minimum_log_luminosity)
    if kind == "population":
        heading = ""
        axes.plot(temperature, luminosity, ".", color="black", markersize=2.5, markeredgewidth=0, rasterized=True)
    else:
        heading = _draw_lines(axes, keys, lines, temperature, luminosity)
    if kind == "track":
        label = f"carbon burning:\nL$_\\mathrm{{C}}$ ≥ {number(minimum_carbon_luminosity)}"
        _draw_stretches(axes, lines, temperature, luminosity, burning, label)
    # In the legend, the lines come first, below the heading, then the region and its points.
    axes.add_patch(region)
    points: dict[str, Any] = {"color": _RED, "markersize": 4, "markeredgewidth": 0}
    axes.plot(temperature[red], luminosity[red], "o", **points, zorder=4, label=f"{int(red.sum()):,} points there")
    legend(axes, heading)
    name = [str(table.attrs["title"])] if kind == "track" and "title" in table.attrs else []
    finish(axes, [", ".join([*name, *_held(table, keys)]), notes])
    return axes


def _kind_of(table: xr.Dataset) -> str:
    kind = str(table.attrs.get("kind", ""))
    if kind not in _MARKS:
        raise SensitivityError(
            f"expected a table of the kind {' or '.join(_MARKS)}; found {kind!r}{nearest(kind, _MARKS)}"
        )
    if table.sizes.get("point", 0) == 0:
        raise SensitivityError(f"the {kind} has no points: there is nothing to plot")
    return kind


def _positive(numbers: FloatArray, name: str) -> FloatArray:
    wrong = np.flatnonzero(~((numbers > 0) & np.isfinite(numbers)))
    if wrong.size:
        raise SensitivityError(f"{name!r} holds {numbers[wrong[0]]} at position {wrong[0]}; expected more than 0")
    return numbers


def _keys(table: xr.Dataset, kind: str) -> dict[str, tuple[FloatArray, str]]:
    """Return the columns that distinguish the lines, with their units."""
    names = [name for name in _MARKS[kind] if name in table.variables and table[name].dims == ("point",)]
    return {name: (finite(column(table, name, "point"), name), unit_text(table[name])) for name in names}


def _lines(table: xr.Dataset, kind: str, keys: dict[str, tuple[FloatArray, str]]) -> list[slice]:
    """Return the slices of the table that are one isochrone or one track each."""
    ends = np.zeros(table.sizes["point"] - 1, dtype=bool)
    for numbers, _ in keys.values():
        ends |= np.diff(numbers) != 0
    if "isochrone" in table.variables and table["isochrone"].dims == ("point",):
        ends |= np.diff(table["isochrone"].values) != 0
    needed = "age" if kind == "track" else "initial_mass"
    steps = np.diff(finite(column(table, needed, "point"), needed))
    if kind == "track":
        ends |= steps < 0
    cuts = [0, *(np.flatnonzero(ends) + 1).tolist(), table.sizes["point"]]
    return [slice(start, stop) for start, stop in itertools.pairwise(cuts)]


def _scales(axes: Axes, temperature: FloatArray, luminosity: FloatArray, coolest: float, faintest: float) -> Rectangle:
    """Set scales, limits and titles, and return the region of the red supergiants."""
    axes.set(xscale="log", yscale="log")
    edge = 10.0**faintest
    hot, cool = 1.1 * max(temperature.max(), coolest), min(temperature.min(), 0.85 * coolest) / 1.05
    low, high = min(luminosity.min(), edge) / 1.6, max(luminosity.max(), 4 * edge) * 1.6
    axes.set(xlim=(hot, cool), ylim=(low, high))
    short = hot / cool < 4
    axes.xaxis.set_major_locator(ticker.MaxNLocator(5) if short else ticker.LogLocator(subs=(1, 2, 3, 5), numticks=99))
    axes.xaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: number(value, ".4g")))
    axes.xaxis.set_minor_formatter(ticker.NullFormatter())
    axes.set_xlabel(title(axes, "Effective temperature", "K", "x"))
    axes.set_ylabel(title(axes, "Luminosity", "Lsun", "y"))
    label = f"red supergiants:\nT$_\\mathrm{{eff}}$ ≤ {coolest:g} K,\nlog$_{{10}}$ L/{typeset('Lsun')} ≥ {faintest:g}"
    return Rectangle((cool, edge), coolest - cool, high - edge, color=_REGION, zorder=0, label=label)


def _draw_lines(
    axes: Axes,
    keys: dict[str, tuple[FloatArray, str]],
    lines: list[slice],
    temperature: FloatArray,
    luminosity: FloatArray,
) -> str:
    """Draw one line per isochrone or track, and return the heading of the legend."""
    several = {name: numbers for name, (numbers, _) in keys.items() if np.unique(numbers).size > 1}
    ranks = [np.unique(numbers, return_inverse=True)[1] for numbers in several.values()]
    shades: Any = matplotlib.colormaps["viridis"](np.linspace(0, 0.88, int(ranks[0].max()) + 1)) if ranks else []
    texts = [", ".join(f"{numbers[line.start]:.4g}" for numbers in several.values()) for line in lines]
    different = list(dict.fromkeys(texts))
    named = {
        different[index] for index in np.linspace(0, len(different) - 1, min(len(different), _MOST_LINES)).astype(int)
    }
    for line, text in zip(lines, texts, strict=True):
        colour = shades[ranks[0][line.start]] if ranks else "black"
        dashes = _DASHES[ranks[1][line.start] % len(_DASHES)] if len(ranks) > 1 else "-"
        label = text if text in named and several else None
        named.discard(text)
        alone: dict[str, Any] = {"marker": "o", "markersize": 4} if line.stop - line.start == 1 else {}
        axes.plot(
            *(temperature[line], luminosity[line]), color=colour, linestyle=dashes, linewidth=1.3, label=label, **alone
        )
    units = [name.replace("_", " ") + (f" [{typeset(keys[name][1])}]" if keys[name][1] else "") for name in several]
    more = f"\n{_MOST_LINES} of {len(different)}" if len(different) > _MOST_LINES else ""
    return ", ".join(units) + more if several else ""


def _draw_stretches(
    axes: Axes, lines: list[slice], temperature: FloatArray, luminosity: FloatArray, burning: Chosen, label: str
) -> None:
    """Mark the chosen stretches of the lines by a broad band below them, single points by a dot of that width."""
    for number_of_line, line in enumerate(lines):
        heights = np.where(burning[line], luminosity[line], np.nan)
        band: dict[str, Any] = {
            "color": _CARBON,
            "linewidth": 7,
            "solid_capstyle": "round",
            "alpha": 0.8,
            "zorder": 1.5,
        }
        axes.plot(temperature[line], heights, **band, label=None if number_of_line else label)
        alone = burning[line] & ~np.concatenate([[False], burning[line][:-1]]) & ~np.append(burning[line][1:], False)
        axes.plot(temperature[line][alone], luminosity[line][alone], "o", markersize=7, color=_CARBON, zorder=1.5)


def _held(table: xr.Dataset, keys: dict[str, tuple[FloatArray, str]]) -> list[str]:
    """Return what is the same for the whole table, in words."""
    scanned = scanned_names(table)
    single = [str(name) for name, item in table.coords.items() if not item.dims]
    same = [table[name][0] for name, (numbers, _) in keys.items() if np.unique(numbers).size == 1]
    return [said(item) for item in [*same, *(table[name] for name in single if scanned is None or name in scanned)]]


def _masses_of(table: xr.Dataset, keys: dict[str, tuple[FloatArray, str]], red: Chosen) -> str:
    """Return the masses of the red supergiants in words, by isochrone if there are few."""
    if not red.any():
        return "no point is a red supergiant"
    mass, unit = column(table, "initial_mass", "point"), unit_text(table["initial_mass"])
    several = {name: item for name, item in keys.items() if np.unique(item[0]).size > 1}
    rows = np.column_stack([np.zeros(red.size), *(numbers for numbers, _ in several.values())])
    groups = [red & (rows == row).all(axis=1) for row in np.unique(rows[red], axis=0)]
    groups = groups if len(groups) <= _MOST_RANGES else [red]
    ranges = []
    for group in groups:
        where = [f"{item[0][group][0]:.4g} {item[1]}".strip() for item in several.values()] if len(groups) > 1 else []
        at = f" at {' and '.join(where)}" if where else ""
        ranges.append(f"{mass[group].min():.4g} to {mass[group].max():.4g} {unit}{at}")
    return f"initial mass of the red supergiants: {', '.join(ranges)}"


def _durations(table: xr.Dataset, lines: list[slice], red: Chosen, burning: Chosen) -> str:
    """Return in words how long carbon burns along a track, and how long of that in a red supergiant."""
    if len(lines) > 1:
        return ""
    if not burning.any():
        return "no point burns carbon"
    steps, unit = np.diff(column(table, "age", "point")), unit_text(table["age"])
    spans = [steps[chosen[:-1] & chosen[1:]].sum() for chosen in (burning, burning & red)]
    whole, part = (f"{float(f'{span:.3g}'):,.10g} {unit}" for span in spans)
    return f"carbon burns for {whole}, of which {part} in a red supergiant"

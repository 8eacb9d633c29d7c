"""Pictures of a quantity over its axes: bars along labels, lines along numbers, a map along two axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
import xarray as xr
from matplotlib import ticker
from matplotlib.axes import Axes
from numpy.typing import NDArray

from gridscan.labelled import is_numeric, quantity_of, sentence
from gridscan.plot.page import (
    COLOURS,
    cells,
    colour_bar,
    colour_scale,
    finish,
    is_logarithmic,
    label_axis,
    legend,
    limits,
    number_axis,
    page,
    spans_decades,
    title,
)
from gridscan.plot.selection import long_axes, picked, scanned_names, shown_axes
from gridscan.plot.text import labels, number, typeset, unit_text

_MOST_LINES = 10
_MOST_MARKERS = 40
_MARKERS = "osD^vPX<>*"
_DASHES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)))
_HATCHES = ("", "////", "....", "xxxx", "\\\\\\\\", "++++", "----", "||||", "oooo", "**")


def draw(
    dataset: xr.Dataset,
    quantity: str,
    *,
    along: str | Sequence[str] = (),
    by: str | None = None,
    axes: Axes | None = None,
) -> Axes:
    """Draw a quantity: bars along labels, lines along numbers, a map along two axes.

    Axes that are neither shown nor `by` are held at their first label or middle value, which the subtitle says. What
    is missing stays blank. A scale is logarithmic where positive values span two decades.

    Parameters
    ----------
    dataset
        A result of gridscan, lazy or not.
    quantity
        One of its data variables.
    along
        One axis or two. By default the numeric axis with the most values, else the first axis.
    by
        One line, or one colour of bars, for each value of this axis; for ten of them if there are more. By default,
        lines are drawn for the labels of the first axis that has labels.
    axes
        Where to draw; a new figure otherwise. In a figure of yours, ``layout="constrained"`` gives the legend its room.

    Raises
    ------
    SensitivityError
        If a name is unknown, more than two axes are to be shown, or there is nothing to draw.
    """
    values = quantity_of(dataset, quantity)
    shown = shown_axes(values, [along] if isinstance(along, str) else list(along), by)
    if by is None and len(shown) == 1 and is_numeric(values, shown[0]):
        by = _first_labels(values, shown[0])
    left, held = picked(values, [*shown, *([by] if by is not None else [])], scanned_names(dataset))
    axes = page(axes)
    notes = [", ".join(held), *_remarks(left)]
    left = left.where(left != 0) if spans_decades(left) else left
    if len(shown) == 2:
        _map(axes, left.transpose(*reversed(shown)))
    elif is_numeric(values, shown[0]):
        _lines(axes, left, shown[0], by)
    else:
        _bars(axes, left, shown[0], by)
    finish(axes, notes)
    return axes


def _first_labels(values: xr.DataArray, shown: str) -> str | None:
    """Return the first axis of labels, of those with few labels if there are any."""
    axes = [axis for axis in long_axes(values) if axis != shown and not is_numeric(values, axis)]
    return min(axes, key=lambda axis: values.sizes[axis] > _MOST_LINES, default=None)


def _remarks(values: xr.DataArray) -> list[str]:
    """Say which values the picture does not show."""
    missing, zeros = int(values.isnull().sum()), int((values == 0).sum())
    remarks = [f"{missing} of {values.size} values are missing and left blank"] if missing else []
    if zeros == values.size - missing:
        remarks.append("every value shown is zero")
    elif zeros and spans_decades(values):
        remarks.append(f"{zeros} of {values.size} values are zero, off the logarithmic scale, and left blank")
    return remarks


def _rows(values: xr.DataArray, by: str | None) -> tuple[str, list[tuple[str, xr.DataArray, Any]]]:
    """Return the heading of the legend, and of each line or group of bars its label, its values and its colour."""
    if by is None:
        return "", [("", values, COLOURS[0])]
    size = values.sizes[by]
    chosen = np.unique(np.linspace(0, size - 1, min(size, _MOST_LINES)).round().astype(int))
    numeric = is_numeric(values, by)
    shades = matplotlib.colormaps["viridis"](np.linspace(0, 0.88, chosen.size))
    colours = list(shades) if numeric else [COLOURS[k % len(COLOURS)] for k in range(chosen.size)]
    unit = typeset(unit_text(values[by])) if numeric else ""
    heading = by + (f" [{unit}]" if unit else "") + (f"\n{chosen.size} of {size}" if chosen.size < size else "")
    texts = labels(values, by)
    return heading, [
        (texts[index], values.isel({by: index}), colour) for index, colour in zip(chosen, colours, strict=True)
    ]


def _value_axis(axes: Axes, values: xr.DataArray) -> None:
    axes.set_ylabel(title(axes, sentence(values), unit_text(values), "y"))
    axes.grid(axis="y", color="#dddddd", linewidth=0.7)
    if spans_decades(values):
        axes.set_yscale("log")
    else:
        axes.yaxis.set_major_formatter(ticker.ScalarFormatter(useMathText=True, useOffset=False))


def _lines(axes: Axes, values: xr.DataArray, along: str, by: str | None) -> None:
    x = values[along]
    _value_axis(axes, values)
    heading, rows = _rows(values, by)
    for k, (label, row, colour) in enumerate(rows):
        style: dict[str, Any] = {"color": colour, "linestyle": _DASHES[k % len(_DASHES)], "label": label}
        marker = _MARKERS[k % len(_MARKERS)]
        # On a long axis some markers are left out, at other places for each line.
        every = max(1, x.size // _MOST_MARKERS)
        axes.plot(x, row, marker=marker, markersize=5, markevery=(k % every, every), **style)
    number_axis(axes, "x", x)
    if limits(values)[0] < float(values.min()):
        axes.set_ylim(*limits(values))
    axes.set_xlim(*_margins(np.asarray(x.values, dtype=float)))
    if by is not None:
        legend(axes, heading)


def _margins(points: NDArray[np.float64]) -> tuple[float, float]:
    """Return limits that hold every point of an axis, also those without a value."""
    first, last = float(points[0]), float(points[-1])
    if is_logarithmic(points):
        margin = (last / first) ** 0.04
        return first / margin, last * margin
    margin = 0.04 * (last - first) or 0.5 * (abs(first) or 1.0)
    return first - margin, last + margin


def _bars(axes: Axes, values: xr.DataArray, along: str, by: str | None) -> None:
    _value_axis(axes, values)
    heading, rows = _rows(values, by)
    places, width = np.arange(values.sizes[along]), 0.8 / len(rows)
    for k, (label, row, colour) in enumerate(rows):
        shifted = places + (k - (len(rows) - 1) / 2) * width
        hatch = _HATCHES[k % len(_HATCHES)]
        bars = axes.bar(shifted, row, width * 0.95, color=colour, hatch=hatch, edgecolor="white", lw=0, label=label)
        if by is None and places.size <= 10:
            axes.bar_label(bars, [number(value) for value in row.values], padding=2, fontsize=9)
            axes.margins(y=0.1)
    if bool((values < 0).any()):
        axes.axhline(0, color="black", linewidth=0.8)
    axes.set_xlim(-0.6, places.size - 0.4)
    label_axis(axes, "x", values, along)
    if by is not None:
        legend(axes, heading)


def _map(axes: Axes, values: xr.DataArray) -> None:
    y, x = map(str, values.dims)
    logarithmic = spans_decades(values)
    if not (is_numeric(values, x) and is_numeric(values, y)):
        cells(axes, values, logarithmic, np.vectorize(number, otypes=[object])(values.values))
        return
    norm = colour_scale(values, logarithmic)
    edges = [_edges(np.asarray(values[axis].values, dtype=float)) for axis in (x, y)]
    mesh = axes.pcolormesh(*edges, values.values, norm=norm, cmap="viridis", rasterized=True)
    colour_bar(axes, mesh, values)
    levels = _levels(float(values.min()), float(values.max()), logarithmic)
    if min(values.shape) > 1 and levels:
        colours = ["white" if norm(level) < 0.6 else "black" for level in levels]
        contours = axes.contour(values[x], values[y], values.values, levels=levels, colors=colours, linewidths=0.9)
        axes.clabel(contours, fmt=number, fontsize=8, inline_spacing=2)
    number_axis(axes, "x", values[x])
    number_axis(axes, "y", values[y])


def _levels(low: float, high: float, logarithmic: bool) -> list[float]:
    """Return eight contour levels or fewer between two values."""
    if not low < high:
        return []
    locator = ticker.LogLocator(subs=(1, 2, 5), numticks=99) if logarithmic else ticker.MaxNLocator(8)
    scale = np.log if logarithmic else np.asarray
    height = (scale(locator.tick_values(low, high)) - scale(low)) / (scale(high) - scale(low))
    # A contour close to a peak is a speck that its label does not fit.
    levels = locator.tick_values(low, high)[(height > 0.04) & (height < 0.96)].tolist()
    return levels[:: 1 + (len(levels) - 1) // 8]


def _edges(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the borders of the cells around sorted points, half way between them on the scale of their axis."""
    if points.size == 1:
        return points + 0.5 * np.array([-1.0, 1.0]) * (abs(points[0]) or 1.0)
    logarithmic = is_logarithmic(points)
    points = np.log(points) if logarithmic else points
    inner = (points[1:] + points[:-1]) / 2
    edges = np.concatenate([[2 * points[0] - inner[0]], inner, [2 * points[-1] - inner[-1]]])
    return np.asarray(np.exp(edges) if logarithmic else edges)

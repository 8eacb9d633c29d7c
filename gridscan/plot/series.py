"""Lines and bars of a quantity, also one for each value of a second axis, with an optional spread."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import matplotlib
import numpy as np
from matplotlib import ticker
from matplotlib.transforms import ScaledTranslation
from numpy.typing import NDArray

from gridscan.plot.page import COLOURS, MOST_LINES, OUTLINE, figure_of, legend, title
from gridscan.plot.scales import is_logarithmic, label_axis, limits, number_axis
from gridscan.plot.text import labels, number, typeset
from gridscan.sensitivity.base_point import unit_text
from gridscan.sensitivity.labelled import is_numeric, sentence

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

_MOST_MARKERS = 40
_MARK_STEP = 0.045
_MOST_LABELS = 24
_MOST_WHISKERS = 8
_MOST_NUMBERS = 10
_MARKERS = "osD^vPX<>*"
_DASHES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)))
_HATCHES = ("", "////", "....", "xxxx", "\\\\\\\\", "++++", "----", "||||", "oooo", "**")

Spread = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""From values to the lengths of their whiskers down and up: shape (2, n), in the unit of the values."""


class Row(NamedTuple):
    """One line, or one group of bars."""

    label: str
    values: xr.DataArray
    colour: Any


def series(
    axes: Axes,
    values: xr.DataArray,
    along: str,
    by: str | None,
    *,
    logarithmic: bool,
    spread: Spread | None = None,
    colour: str = COLOURS[0],
    with_legend: bool = True,
) -> None:
    """Draw values as lines along numbers or as bars along labels.

    Parameters
    ----------
    axes
        Where to draw.
    values
        Over `along` and `by`; sorted along numbers.
    along
        Dimension to draw along.
    by
        Dimension of lines or colours, if any.
    logarithmic
        Whether the scale of the values is; zeros are left blank then.
    spread
        Lengths of the whiskers; none by default. A single line gets a band.
    colour
        Colour if there is no `by`.
    with_legend
        Whether to put the legend of `by` to the right.
    """
    values = values.where(values != 0) if logarithmic else values
    _value_axis(axes, values, logarithmic)
    heading, rows = _rows(values, by, colour)
    (_lines if is_numeric(values, along) else _bars)(axes, values, along, rows, spread)
    if by is not None and with_legend:
        legend(axes, heading)


def lines_by(values: xr.DataArray, by: str) -> int:
    """Return how many lines or groups of bars are drawn for an axis: some of its numbers, or all labels that fit.

    Parameters
    ----------
    values
        The quantity.
    by
        The axis.

    Returns
    -------
    int
        At most the size of the axis.
    """
    return min(values.sizes[by], MOST_LINES if is_numeric(values, by) else _MOST_LABELS)


def _rows(values: xr.DataArray, by: str | None, colour: str) -> tuple[str, list[Row]]:
    """Return the heading of the legend, and the lines or groups of bars."""
    if by is None:
        return "", [Row("", values, colour)]
    size = values.sizes[by]
    numeric = is_numeric(values, by)
    chosen = np.unique(np.linspace(0, size - 1, lines_by(values, by)).round().astype(int))
    shades = matplotlib.colormaps["viridis"](np.linspace(0, 0.88, chosen.size))
    colours = list(shades) if numeric else [COLOURS[k % len(COLOURS)] for k in range(chosen.size)]
    unit = typeset(unit_text(values[by])) if numeric else ""
    heading = by + (f" [{unit}]" if unit else "") + (f"\n{chosen.size} of {size}" if chosen.size < size else "")
    texts = labels(values, by)
    return heading, [
        Row(texts[index], values.isel({by: index}), shade) for index, shade in zip(chosen, colours, strict=True)
    ]


def _value_axis(axes: Axes, values: xr.DataArray, logarithmic: bool) -> None:
    axes.set_ylabel(title(axes, sentence(values), unit_text(values), "y"))
    axes.grid(axis="y", color="#dddddd", linewidth=0.7)
    if logarithmic:
        axes.set_yscale("log")
    else:
        axes.yaxis.set_major_formatter(ticker.ScalarFormatter(useMathText=True, useOffset=False))


def _lines(axes: Axes, values: xr.DataArray, along: str, rows: list[Row], spread: Spread | None) -> None:
    x = values[along]
    for k, row in enumerate(rows):
        style: dict[str, Any] = {"color": row.colour, "linestyle": _DASHES[k % len(_DASHES)], "label": row.label}
        (line,) = axes.plot(x, row.values, marker=_MARKERS[k % len(_MARKERS)], markersize=5, **style)
        if spread is not None and len(rows) > 1:
            _line_whiskers(axes, line, k, len(rows), spread)
            continue
        # On a long axis some markers are left out, different ones for each line.
        every = max(1, x.size // _MOST_MARKERS)
        line.set_markevery((k % every, every))
        if spread is not None:
            below, above = spread(row.values.values)
            axes.fill_between(x, row.values - below, row.values + above, color=row.colour, alpha=0.25, linewidth=0)
    number_axis(axes, "x", x)
    if limits(values)[0] < float(values.min()):
        axes.set_ylim(*limits(values))
    axes.set_xlim(*_margins(np.asarray(x.values, dtype=float)))


def moved_aside(points: int, lines: int) -> bool:
    """Return whether lines with whiskers are moved sideways, because several have one at the same point.

    Parameters
    ----------
    points
        Number of points of a line.
    lines
        Number of lines.

    Returns
    -------
    bool
        True if they are moved.
    """
    return _whisker_step(points) < lines and lines > 1


def _whisker_step(points: int) -> int:
    return -(-points // _MOST_WHISKERS)


def _line_whiskers(axes: Axes, line: Line2D, k: int, count: int, spread: Spread) -> None:
    """Draw the whiskers of one line of several, where they do not hide those of the others."""
    x, y = (np.asarray(data, dtype=float) for data in line.get_data())
    every = _whisker_step(x.size)
    places = (k * every // count, every)
    line.set_markevery(places)
    if moved_aside(x.size, count):
        # By a few points (1/72 inch), with the markers.
        shift = (k - (count - 1) / 2) * min(4.0, 200.0 / (x.size * count))
        line.set_transform(axes.transData + ScaledTranslation(shift / 72, 0, figure_of(axes).dpi_scale_trans))
    axes.errorbar(
        *(x, y, spread(y)),
        fmt="none",
        ecolor=line.get_color(),
        elinewidth=1.1,
        capsize=2.5,
        errorevery=places,
        transform=line.get_transform(),
    )


def _margins(points: NDArray[np.float64]) -> tuple[float, float]:
    """Return limits that contain every point of an axis, also those without a value."""
    first, last = float(points[0]), float(points[-1])
    if is_logarithmic(points):
        margin = (last / first) ** 0.04
        return first / margin, last * margin
    margin = 0.04 * (last - first) or 0.5 * (abs(first) or 1.0)
    return first - margin, last + margin


def _bars(axes: Axes, values: xr.DataArray, along: str, rows: list[Row], spread: Spread | None) -> None:
    places, width = np.arange(values.sizes[along]), 0.8 / len(rows)
    for k, row in enumerate(rows):
        shifted = places + (k - (len(rows) - 1) / 2) * width
        # On a logarithmic scale there is no zero from which a bar could rise.
        if axes.get_yscale() == "log":
            marker = _MARKERS[k % len(_MARKERS)]
            axes.plot(shifted, row.values, marker, color=row.colour, markersize=7, label=row.label)
        else:
            hatch = _HATCHES[k % len(_HATCHES)]
            style: dict[str, Any] = {"color": row.colour, "hatch": hatch, "edgecolor": "white", "lw": 0}
            axes.bar(shifted, row.values, width * 0.95, label=row.label, **style)
        if spread is not None:
            _whiskers(axes, shifted, row.values.values, spread)
        if len(rows) == 1 and places.size <= _MOST_NUMBERS:
            _write_numbers(axes, shifted, row.values.values, beside=spread is not None or axes.get_yscale() == "log")
            axes.margins(y=0.1)
    if bool((values < 0).any()):
        axes.axhline(0, color="black", linewidth=0.8)
    axes.set_xlim(-0.6, places.size - 0.4)
    label_axis(axes, "x", values, along)


def _write_numbers(axes: Axes, places: NDArray[Any], values: NDArray[Any], *, beside: bool) -> None:
    """Write each value at the end of its bar, beside the whisker or the point if there is one."""
    offset = (6, 2) if beside else (0, 2)
    for place, value in zip(places, values, strict=True):
        if np.isfinite(value):
            below = not beside and value < 0
            axes.annotate(
                number(value),
                (place, value),
                (offset[0], -offset[1] if below else offset[1]),
                textcoords="offset points",
                ha="left" if beside else "center",
                va="top" if below else "bottom",
                fontsize=9,
                path_effects=OUTLINE,
            )


def _whiskers(axes: Axes, places: NDArray[Any], values: NDArray[Any], spread: Spread) -> None:
    """Draw a whisker on each bar or point, outlined to show on every colour and hatch."""
    heights = np.asarray(values, dtype=float)
    drawn = axes.errorbar(*(places, heights, spread(heights)), fmt="none", ecolor="black", elinewidth=1.1, capsize=3)
    for artist in drawn.get_children():
        artist.set_path_effects(OUTLINE)


def marks(
    axes: Axes, where: xr.DataArray, along: str, by: str | None, *, marker: str, height: float, label: str
) -> None:
    """Mark points of lines, or bars, that `series` has drawn, at one height of the picture.

    Parameters
    ----------
    axes
        With the lines or bars.
    where
        What to mark, over `along` and `by`.
    along
        Dimension that is drawn along.
    by
        Dimension of lines or colours, if any.
    marker
        Of matplotlib.
    height
        From 0, the lower edge, to 1.
    label
        What the mark means, for the legend.
    """
    _, rows = _rows(where, by, COLOURS[0])
    width, numeric = 0.8 / len(rows), is_numeric(where, along)
    for k, row in enumerate(rows):
        places = np.flatnonzero(row.values.values)
        x = where[along].values[places] if numeric else places + (k - (len(rows) - 1) / 2) * width
        style: dict[str, Any] = {"color": row.colour, "linestyle": "none", "marker": marker, "markersize": 10}
        # Those of several lines at one point would hide each other.
        level = height + (k * _MARK_STEP if height < 0.5 else -k * _MARK_STEP) * numeric
        axes.plot(x, np.full(places.size, level), transform=axes.get_xaxis_transform(), **style)
    axes.plot([], [], color="black", linestyle="none", marker=marker, markersize=10, label=label)


def bands(axes: Axes, values: xr.DataArray, along: str, by: str | None, quantiles: str) -> None:
    """Draw the spread of random values around lines or points that `series` has drawn of their median.

    Parameters
    ----------
    axes
        With the medians.
    values
        Quantiles, over `along`, `by` and the dimension `quantiles`, from the lowest to the highest; the outermost two
        make the wider band.
    along
        Dimension that is drawn along.
    by
        Dimension of lines or colours, if any.
    quantiles
        Dimension of the quantiles, of odd length.
    """
    count = values.sizes[quantiles]
    for number_of_band in range(count // 2):
        ends = (number_of_band, count - 1 - number_of_band)
        low, high = (_rows(values.isel({quantiles: end}), by, COLOURS[0])[1] for end in ends)
        width = 0.8 / len(low)
        for k, (below, above) in enumerate(zip(low, high, strict=True)):
            if is_numeric(values, along):
                x = values[along]
                axes.fill_between(x, below.values, above.values, color=below.colour, alpha=0.18, linewidth=0)
            else:
                places = np.arange(values.sizes[along]) + (k - (len(low) - 1) / 2) * width
                style: dict[str, Any] = {"color": "black", "linewidth": 1.0 + 2.0 * number_of_band}
                axes.vlines(places, below.values, above.values, path_effects=OUTLINE, **style)

"""Scales of a picture: linear or logarithmic, ticks, labels along an axis, colours and the colour bar."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import ticker
from matplotlib.colors import LogNorm, Normalize

from gridscan.plot.page import SMALL, figure_of, title
from gridscan.plot.text import labels, number, power
from gridscan.sensitivity.base_point import unit_text
from gridscan.sensitivity.labelled import is_numeric, sentence

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from gridscan.plot.page import Side

_MOST_COLUMNS, _MOST_ROWS = 12, 20
_MOST_LABELS = 30


def spans_decades(values: Any, decades: float = 2.0) -> bool:
    """Return whether numbers are better shown on a logarithmic scale; zeros are ignored.

    Parameters
    ----------
    values
        The numbers.
    decades
        Decades that positive numbers must span.

    Returns
    -------
    bool
        True for logarithms.
    """
    finite = np.asarray(values)[np.isfinite(values)]
    positive = finite[finite > 0]
    return bool(positive.size and finite.min() >= 0 and np.log10(positive.max() / positive.min()) > decades)


def limits(values: xr.DataArray) -> tuple[float, float]:
    """Return the smallest and the largest value, widened if they differ by rounding only.

    Parameters
    ----------
    values
        The numbers.

    Returns
    -------
    lowest, highest : float
        In the unit of the values.
    """
    low, high = float(values.min()), float(values.max())
    room = 0.05 * abs(high) if high - low <= 1e-9 * abs(high) else 0.0
    return low - room, high + room


def is_logarithmic(points: NDArray[np.float64]) -> bool:
    """Return whether sorted points span two decades, or one if spaced by equal factors rather than steps.

    Parameters
    ----------
    points
        Sorted numbers.

    Returns
    -------
    bool
        True for a logarithmic axis.
    """
    if points.size < 3 or points[0] <= 0:
        return False
    steps, factors = np.diff(points), np.diff(np.log(points))
    geometric = np.ptp(factors) / factors.mean() < np.ptp(steps) / steps.mean()
    return spans_decades(points, 1.0 if geometric else 2.0)


def number_axis(axes: Axes, side: Side, coordinate: xr.DataArray) -> None:
    """Give a numeric axis its title and its scale.

    Parameters
    ----------
    axes
        The axes.
    side
        Which axis of the axes.
    coordinate
        The numbers along it.
    """
    points = np.asarray(coordinate.values, dtype=float)
    axis = axes.xaxis if side == "x" else axes.yaxis
    axis.set_label_text(title(axes, sentence(coordinate), unit_text(coordinate), side))
    if is_logarithmic(points):
        (axes.set_xscale if side == "x" else axes.set_yscale)("log")
        _plain_ticks(axis, points)


def _plain_ticks(axis: Any, points: NDArray[np.float64]) -> None:
    """Write numbers along a logarithmic axis of few decades, where powers of ten would be too few."""
    if points.max() / points.min() < 2000:
        powers = points.max() >= 1e5 or points.min() < 1e-4
        short = points.max() / points.min() < 5
        axis.set_major_locator(ticker.MaxNLocator(5) if short else ticker.LogLocator(subs=(1, 2, 5), numticks=99))
        axis.set_major_formatter(
            ticker.FuncFormatter(lambda value, _: power(value) if powers and not short else number(value))
        )
        axis.set_minor_formatter(ticker.NullFormatter())


def label_axis(axes: Axes, side: Side, values: xr.DataArray, name: str, shift: float = 0) -> None:
    """Write a label at each point of an axis, at most thirty, tilted if they would touch.

    Parameters
    ----------
    axes
        The axes.
    side
        Which axis of the axes.
    values
        What is drawn.
    name
        Dimension of the values along it.
    shift
        Position of the first label.
    """
    texts = labels(values, name)
    step = 1 + (len(texts) - 1) // _MOST_LABELS
    axis = axes.xaxis if side == "x" else axes.yaxis
    axis.set_ticks(np.arange(0, len(texts), step) + shift, texts[::step])
    if name in values.coords:
        axis.set_label_text(title(axes, sentence(values[name]), unit_text(values[name]), side))
    else:
        axis.set_label_text(name)
    if side == "x":
        figure_of(axes).draw_without_rendering()
        boxes = [label.get_window_extent() for label in axis.get_ticklabels()]
        if any(left.x1 + 4 > right.x0 for left, right in itertools.pairwise(boxes)):
            for label in axis.get_ticklabels():
                label.set(rotation=35, ha="right", rotation_mode="anchor")


def colour_scale(values: xr.DataArray, logarithmic: bool) -> Normalize:
    """Return the colour scale from the smallest to the largest value.

    Parameters
    ----------
    values
        What is drawn.
    logarithmic
        Whether the scale is.

    Returns
    -------
    matplotlib.colors.Normalize
        From values to 0 to 1.
    """
    low, high = limits(values)
    return LogNorm(low, high) if logarithmic else Normalize(low, high)


def colour_bar(axes: Axes, mesh: Any, values: xr.DataArray) -> None:
    """Put a colour bar with title and unit to the right of the axes.

    Parameters
    ----------
    axes
        The axes.
    mesh
        What matplotlib drew.
    values
        What is drawn.
    """
    heading = title(axes, sentence(values), unit_text(values), "y")
    bar = figure_of(axes).colorbar(mesh, ax=axes, pad=0.02, label=heading)
    if isinstance(mesh.norm, LogNorm):
        _plain_ticks(bar.ax.yaxis, np.array([mesh.norm.vmin, mesh.norm.vmax]))
    else:
        bar.formatter = ticker.ScalarFormatter(useMathText=True, useOffset=False)


def cells(axes: Axes, values: xr.DataArray, logarithmic: bool, texts: NDArray[Any]) -> None:
    """Draw one square per cell, with text in it if there is room; rows of labels run from the top.

    Parameters
    ----------
    axes
        The axes.
    values
        Over two dimensions.
    logarithmic
        Whether the colour scale is.
    texts
        A text for each cell.
    """
    y, x = map(str, values.dims)
    norm = colour_scale(values, logarithmic)
    mesh = axes.pcolormesh(values.values, norm=norm, cmap="viridis", edgecolors="white", linewidth=1)
    rows, columns = values.shape
    if columns <= _MOST_COLUMNS and rows <= _MOST_ROWS:
        for (row, column), text in np.ndenumerate(texts):
            value = float(values.values[row, column])
            colour = "white" if np.isfinite(value) and norm(value) < 0.6 else "black"
            size = SMALL if columns <= 7 else 7
            axes.text(column + 0.5, row + 0.5, text, ha="center", va="center", color=colour, fontsize=size)
    colour_bar(axes, mesh, values)
    if not is_numeric(values, y):
        axes.invert_yaxis()
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    label_axis(axes, "y", values, y, 0.5)
    label_axis(axes, "x", values, x, 0.5)

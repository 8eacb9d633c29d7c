"""Page of a picture: its size, scales, titles, labels, legend and colour bar, and the file it goes to."""

from __future__ import annotations

import itertools
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib import pyplot, ticker
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.patheffects import AbstractPathEffect, withStroke

from gridscan.atomic import replacing
from gridscan.errors import StoreError
from gridscan.plot.text import labels, number, plain, power, typeset, unit_text
from gridscan.sensitivity.labelled import is_numeric, sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import xarray as xr
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999")
MOST_LINES = 10
# Around what stands on bars of any colour.
OUTLINE: list[AbstractPathEffect] = [withStroke(linewidth=2.5, foreground="white")]

_WIDTH, _HEIGHT, _NEXT_HEIGHT = 800 / 110, 4.5, 2.3
_SMALL = 9
_MOST_COLUMNS, _MOST_ROWS = 12, 20
_MOST_LABELS = 30
_SUFFIXES = (".png", ".pdf", ".svg")

Side = Literal["x", "y"]


def save(axes: Axes | Sequence[Axes] | NDArray[Any], path: str | Path, dpi: float = 110) -> Path:
    """Write the figure that axes belong to, so that it appears under its name only when it is whole.

    Parameters
    ----------
    axes
        What a picture gave: one or several, all of one figure.
    path
        Its suffix says the format: ``.png``, ``.pdf`` or ``.svg``.
    dpi
        Pixels per inch of a PNG.

    Returns
    -------
    pathlib.Path
        Where it was written.

    Raises
    ------
    StoreError
        If the suffix is another one, the axes belong to no or several figures, or the file cannot be written; an
        earlier file is then left as it was.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in _SUFFIXES:
        raise StoreError(f"{path}: a picture is written as .png, .pdf or .svg; found {path.suffix or 'no suffix'!r}")
    figures = {id(figure): figure for figure in map(figure_of, np.ravel(np.asarray(axes, dtype=object)))}
    if len(figures) != 1:
        raise StoreError(f"{path}: one figure is written at a time; found axes of {len(figures)}")
    (figure,) = figures.values()
    # A page of our own has its margins; another may have a legend beyond its border.
    box = None if figure.get_layout_engine() is not None else "tight"
    with replacing(path) as temporary:
        figure.savefig(temporary, format=suffix[1:], dpi=dpi, bbox_inches=box)
    return path


def page(axes: Axes | None, height: float = _HEIGHT) -> Axes:
    """Return where to draw: the axes given, or those of a new page.

    Parameters
    ----------
    axes
        Axes to draw in, or None.
    height
        Height of a new page [inch].

    Returns
    -------
    matplotlib.axes.Axes
        The axes given, or new ones.
    """
    return stacked_page(1, height=height)[0] if axes is None else axes


def stacked_page(count: int, share: bool = True, height: float | None = None) -> NDArray[Any]:
    """Return the axes of a new page, one below the other.

    Parameters
    ----------
    count
        Number of axes.
    share
        Whether they share their horizontal axis.
    height
        Height of the page [inch]; by default enough for all.

    Returns
    -------
    numpy.ndarray of matplotlib.axes.Axes
        From the top, shape (count,).
    """
    height = _HEIGHT + _NEXT_HEIGHT * (count - 1) if height is None else height
    _, grid = pyplot.subplots(count, sharex=share, squeeze=False, figsize=(_WIDTH, height), layout="constrained")
    for axes in grid[:, 0]:
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_axisbelow(True)
    return np.asarray(grid[:, 0])


def projected_page(projection: str, height: float) -> Axes:
    """Return the axes of a new page for a projection of the sphere.

    Parameters
    ----------
    projection
        Such as ``"aitoff"``.
    height
        Height of the page [inch].

    Returns
    -------
    matplotlib.axes.Axes
        New ones.
    """
    return pyplot.figure(figsize=(_WIDTH, height), layout="constrained").add_subplot(projection=projection)


def figure_of(axes: Axes) -> Figure:
    """Return the outermost figure of axes.

    Parameters
    ----------
    axes
        Of a figure or a subfigure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure that is saved.
    """
    figure: Any = axes.figure
    while not isinstance(figure, Figure):
        figure = figure.figure
    return figure


def title(axes: Axes, text: str, unit: str, side: Side) -> str:
    """Return the title of an axis, with its unit, broken into lines that fit its length.

    Parameters
    ----------
    axes
        The axes.
    text
        What is shown.
    unit
        Its unit, or an empty text.
    side
        Which axis of the axes.

    Returns
    -------
    str
        The title.
    """
    box = axes.get_window_extent()
    most = max(int(14 * (box.width if side == "x" else box.height) / figure_of(axes).dpi), 16)
    place = "\x00" * (len(unit) + 2) if unit else ""
    lines = _balanced(f"{text} {place}".strip(), most)
    return plain("\n".join(lines)).replace(place or "\x00", f"[{typeset(unit)}]")


def _balanced(text: str, most: int) -> list[str]:
    """Break a text into as few lines as fit, of lengths as equal as can be."""
    lines = textwrap.wrap(text, most, break_long_words=False)
    widths = range(max(1, len(text) // max(len(lines), 1)), most)
    narrower = (textwrap.wrap(text, width, break_long_words=False) for width in widths)
    return next((other for other in narrower if len(other) == len(lines)), lines)


def finish(axes: Axes, notes: Iterable[str]) -> None:
    """Say above the picture what it holds fixed, and what else one has to know.

    Parameters
    ----------
    axes
        The axes.
    notes
        Sentences for the subtitle.
    """
    figure = figure_of(axes)
    figure.draw_without_rendering()
    box, place = axes.get_window_extent(), axes.get_subplotspec()
    alone = place is not None and place.get_geometry()[1] == 1
    most = int(15.5 * ((figure.bbox.x1 if alone else box.x1) - box.x0) / figure.dpi)
    items = [[item if len(item) > most else item.replace(" ", "\xa0") for item in note.split(", ")] for note in notes]
    unbroken = map(", ".join, items)
    text = plain("\n".join(line for note in unbroken for line in textwrap.wrap(note, most))).replace("\xa0", " ")
    axes.set_title(text, loc="left", fontsize=_SMALL, color="#444444", linespacing=1.3)


def legend(axes: Axes, heading: str, **entries: Any) -> None:
    """Put the legend to the right of the axes, with the entries that matplotlib finds or those given.

    Parameters
    ----------
    axes
        The axes.
    heading
        Title of the legend.
    **entries
        Handles and labels.
    """
    place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1.01, 1), "borderaxespad": 0}
    axes.legend(title=heading or None, alignment="left", frameon=False, fontsize=_SMALL, **place, **entries)


def spans_decades(values: Any, decades: float = 2.0) -> bool:
    """Tell whether numbers are better shown by their logarithms; zeros do not count against it.

    Parameters
    ----------
    values
        The numbers.
    decades
        How many decades positive numbers have to span.

    Returns
    -------
    bool
        True for logarithms.
    """
    finite = np.asarray(values)[np.isfinite(values)]
    positive = finite[finite > 0]
    return bool(positive.size and finite.min() >= 0 and np.log10(positive.max() / positive.min()) > decades)


def limits(values: xr.DataArray) -> tuple[float, float]:
    """Return the smallest and the largest value, further apart where they differ by rounding only.

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
    """Tell whether sorted points span two decades, or one with equal factors between them rather than equal steps.

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
    """Write numbers along a logarithmic axis of few decades, where powers of ten alone would say too little."""
    if points.max() / points.min() < 2000:
        powers = points.max() >= 1e5 or points.min() < 1e-4
        short = points.max() / points.min() < 5
        axis.set_major_locator(ticker.MaxNLocator(5) if short else ticker.LogLocator(subs=(1, 2, 5), numticks=99))
        axis.set_major_formatter(
            ticker.FuncFormatter(lambda value, _: power(value) if powers and not short else number(value))
        )
        axis.set_minor_formatter(ticker.NullFormatter())


def label_axis(axes: Axes, side: Side, values: xr.DataArray, name: str, shift: float = 0) -> None:
    """Write a label at each point of an axis, thirty of them at most, tilted where they would touch.

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
    """Return the scale of colours from the smallest to the largest value.

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
    """Draw one square per cell, with a text in it where there is room; rows of labels run from the top.

    Parameters
    ----------
    axes
        The axes.
    values
        Over two dimensions.
    logarithmic
        Whether the scale of colours is.
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
            size = _SMALL if columns <= 7 else 7
            axes.text(column + 0.5, row + 0.5, text, ha="center", va="center", color=colour, fontsize=size)
    colour_bar(axes, mesh, values)
    if not is_numeric(values, y):
        axes.invert_yaxis()
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    label_axis(axes, "y", values, y, 0.5)
    label_axis(axes, "x", values, x, 0.5)

"""Page of a picture: its size, colours, titles, subtitle and legend, and the file it is saved to."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib import pyplot
from matplotlib.figure import Figure
from matplotlib.patheffects import AbstractPathEffect, withStroke

from gridscan._version import __version__
from gridscan.atomic import replacing
from gridscan.errors import StoreError
from gridscan.plot.text import plain, typeset

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999")
MOST_LINES = 10
SMALL = 9
# Around text that stands on bars of any colour.
OUTLINE: list[AbstractPathEffect] = [withStroke(linewidth=2.5, foreground="white")]

# A character of no language stands for a unit while lines are broken.
_PLACE = "\ue000"
_WIDTH, _HEIGHT, _NEXT_HEIGHT = 800 / 110, 4.5, 2.3
# By suffix, what a file says of itself; the mark of a PNG names its software.
_METADATA: dict[str, dict[str, Any]] = {
    ".png": {"Software": None},
    ".pdf": {"Creator": f"gridscan {__version__}"},
    ".svg": {"Creator": f"gridscan {__version__}"},
}

Side = Literal["x", "y"]


def save(
    axes: Axes | Sequence[Axes] | NDArray[Any], path: str | Path, dpi: float = 110, *, force: bool = False
) -> Path:
    """Write the figure of some axes to a file, which appears only when it is complete.

    Parameters
    ----------
    axes
        Axes that a picture returned, all of one figure.
    path
        With the suffix of the format: ``.png``, ``.pdf`` or ``.svg``.
    dpi
        Pixels per inch of a PNG.
    force
        Whether any file may be replaced; by default only one that gridscan wrote and nobody changed.

    Returns
    -------
    pathlib.Path
        Where it was written.

    Raises
    ------
    StoreError
        If the suffix is another one, the axes belong to several figures or none, or the file cannot be written or would
        replace another one; an earlier file then stays as it was.
    """
    path = Path(path).expanduser()
    suffix = path.suffix.lower()
    if suffix not in _METADATA:
        raise StoreError(f"{path}: a picture is written as .png, .pdf or .svg; found {path.suffix or 'no suffix'!r}")
    figures = {id(figure): figure for figure in map(figure_of, np.ravel(np.asarray(axes, dtype=object)))}
    if len(figures) != 1:
        raise StoreError(f"{path}: expected axes of one figure; found {len(figures)} figures")
    (figure,) = figures.values()
    # Our own pages have margins; another figure may have a legend beyond its edge.
    box = None if figure.get_layout_engine() is not None else "tight"
    with replacing(path, force=force) as temporary:
        figure.savefig(temporary, format=suffix[1:], dpi=dpi, bbox_inches=box, metadata=_METADATA[suffix])
    return path


def page(axes: Axes | None, height: float = _HEIGHT) -> Axes:
    """Return the axes to draw in: those given, or those of a new page.

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


def stacked_page(count: int, share: bool = True, height: float | None = None, width: float = _WIDTH) -> NDArray[Any]:
    """Return the axes of a new page, one below the other.

    Parameters
    ----------
    count
        Number of axes.
    share
        Whether they share their horizontal axis.
    height
        Height of the page [inch]; by default enough for all.
    width
        Width of the page [inch].

    Returns
    -------
    numpy.ndarray of matplotlib.axes.Axes
        From the top, shape (count,).
    """
    height = _HEIGHT + _NEXT_HEIGHT * (count - 1) if height is None else height
    _, grid = pyplot.subplots(count, sharex=share, squeeze=False, figsize=(width, height), layout="constrained")
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
        The new axes.
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
    """Return the title of an axis with its unit, broken into lines that fit its length.

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
    place = _PLACE * (len(unit) + 2) if unit else ""
    lines = _balanced(f"{text} {place}".strip(), most)
    return plain("\n".join(lines)).replace(place or _PLACE, f"[{typeset(unit)}]")


def _balanced(text: str, most: int) -> list[str]:
    """Break a text into as few lines as possible, of nearly equal lengths."""
    lines = textwrap.wrap(text, most, break_long_words=False)
    widths = range(max(1, len(text) // max(len(lines), 1)), most)
    narrower = (textwrap.wrap(text, width, break_long_words=False) for width in widths)
    return next((other for other in narrower if len(other) == len(lines)), lines)


def finish(axes: Axes, notes: Iterable[str]) -> None:
    """Write the subtitle: what the picture holds fixed, and other notes.

    Parameters
    ----------
    axes
        The axes.
    notes
        Phrases of the subtitle.
    """
    figure = figure_of(axes)
    figure.draw_without_rendering()
    box, place = axes.get_window_extent(), axes.get_subplotspec()
    alone = place is not None and place.get_geometry()[1] == 1
    most = int(15.5 * ((figure.bbox.x1 if alone else box.x1) - box.x0) / figure.dpi)
    items = [[item if len(item) > most else item.replace(" ", "\xa0") for item in note.split(", ")] for note in notes]
    unbroken = map(", ".join, items)
    text = plain("\n".join(line for note in unbroken for line in textwrap.wrap(note, most))).replace("\xa0", " ")
    axes.set_title(text, loc="left", fontsize=SMALL, color="#444444", linespacing=1.3)


def legend(axes: Axes, heading: str, **entries: Any) -> None:
    """Put the legend to the right of the axes, with the entries given or else those that matplotlib finds.

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
    axes.legend(title=heading or None, alignment="left", frameon=False, fontsize=SMALL, **place, **entries)

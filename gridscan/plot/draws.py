"""Pictures of draws of what is uncertain: distributions label by label, and parameters against quantities."""

from __future__ import annotations

import itertools
import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import pyplot
from scipy.stats import gaussian_kde

from gridscan.errors import SensitivityError, listed
from gridscan.plot.page import COLOURS, SMALL, finish, page, title
from gridscan.plot.scales import label_axis, spans_decades
from gridscan.plot.selection import first_labels, picked, scanned_names
from gridscan.plot.text import plain, typeset
from gridscan.sensitivity.base_point import unit_text
from gridscan.sensitivity.labelled import check_axis, quantity_of, sentence
from gridscan.sensitivity.measures import in_words, is_sampled, measure_of
from gridscan.sensitivity.zipped import members_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

# Shares below the quantiles that are marked: one standard deviation of a normal distribution, and the median.
_MARKED = (0.15866, 0.5, 0.84134)
# Of a normal distribution in two dimensions, one and two standard deviations hold these shares.
_HELD = (0.865, 0.393)
_MOST_ROWS, _BINS, _HEIGHTS, _MOST_LABELS = 8, 30, 200, 24


def violins(dataset: xr.Dataset, quantity: str, *, by: str | None = None, axes: Axes | None = None) -> Axes:
    """Draw the distribution of a quantity over its draws for each label of an axis, with median and 68 % interval.

    Axes that are not shown are held as in `draw`, which the subtitle says. A scale is logarithmic where values span two
    decades; the shape is then that of the distribution of the logarithm.

    Parameters
    ----------
    dataset
        A result of gridscan with draws, lazy or not.
    quantity
        One of its data variables.
    by
        The axis of the violins; by default the first that has labels. One violin is drawn where there is none.
    axes
        Where to draw; a new figure otherwise.

    Returns
    -------
    matplotlib.axes.Axes
        Where it was drawn.

    Raises
    ------
    SensitivityError
        If the quantity or the axis does not exist, or there are no draws.

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> from gridscan import plot
    >>> values = np.random.default_rng(1).lognormal(size=(2, 100))
    >>> ds = xr.Dataset({"events": (("imf", "draw"), values, {"units": "1/yr"})}, {"imf": ["kroupa", "salpeter"]})
    >>> [label.get_text() for label in plot.violins(ds, "events").get_xticklabels()]
    ['kroupa', 'salpeter']
    """
    values = quantity_of(dataset, quantity)
    along = _drawn_axis(values)
    by = first_labels(values, along) if by is None else by
    if by is not None:
        check_axis(values, by)
    left, held = picked(values, [along, *([by] if by is not None else [])], scanned_names(dataset), sort=by is not None)
    rows = left.transpose(..., along).values.reshape(-1, left.sizes[along])[:_MOST_LABELS]
    logarithmic = spans_decades(rows)
    axes = page(axes)
    for place, row in enumerate(rows):
        _violin(axes, place, row[row > 0] if logarithmic else row, logarithmic, COLOURS[place % len(COLOURS)])
    if logarithmic:
        axes.set_yscale("log")
    if by is None:
        axes.set_xticks([])
    else:
        label_axis(axes, "x", left.isel({by: slice(0, len(rows))}), by)
    axes.set_ylabel(title(axes, sentence(values), unit_text(values), "y"))
    notes = [", ".join(held), f"{rows.shape[1]:,} draws: median, and the interval that holds 68 % of them"]
    more = (
        [f"the first {len(rows)} of {left.sizes[by]} along {by}"]
        if by is not None and len(rows) < left.sizes[by]
        else []
    )
    notes += _without_zeros(rows, logarithmic)
    finish(axes, [*notes, in_words([measure_of(values, along)]), *more])
    return axes


def _without_zeros(values: NDArray[Any], logarithmic: bool) -> list[str]:
    zeros = int((values == 0).sum())
    return [f"{zeros:,} of {values.size:,} values are zero, off the logarithmic scale"] if zeros and logarithmic else []


def _violin(axes: Axes, place: int, row: NDArray[Any], logarithmic: bool, colour: str) -> None:
    if not row.size:
        return
    low, middle, high = np.quantile(row, _MARKED)
    scaled = np.log(row) if logarithmic else row
    if np.ptp(scaled) > 1e-12 * max(np.abs(scaled).max(), 1e-300):
        heights = np.linspace(scaled.min(), scaled.max(), _HEIGHTS)
        width = gaussian_kde(scaled)(heights)
        width *= 0.42 / width.max()
        at = np.exp(heights) if logarithmic else heights
        axes.fill_betweenx(at, place - width, place + width, color=colour, alpha=0.45, linewidth=0)
    axes.plot([place, place], [low, high], color="black", linewidth=2.5, solid_capstyle="butt")
    axes.plot([place], [middle], "o", color="white", markeredgecolor="black", markersize=6)


def corner(dataset: xr.Dataset, *quantities: str, parameters: Sequence[str] | None = None) -> NDArray[Any]:
    """Draw parameters that were drawn and quantities against one another, and the distribution of each.

    Lines hold 39 and 86 % of the draws, as one and two standard deviations of a normal distribution in two dimensions
    do. Axes that are not shown are held as in `draw`, which the subtitle says.

    Parameters
    ----------
    dataset
        A result of gridscan with draws, lazy or not.
    *quantities
        Data variables that vary along the draws.
    parameters
        Parameters to show, of those that were drawn; by default all numbers on which a quantity depends.

    Returns
    -------
    ndarray of Axes
        Shape (n, n); those above the diagonal are empty.

    Raises
    ------
    SensitivityError
        If a name does not exist, there are no draws, or more than eight things to show.

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> from gridscan import plot
    >>> sfr = np.random.default_rng(1).normal(2.0, 0.5, 200)
    >>> ds = xr.Dataset({"events": ("draw", 3 * sfr, {"units": "1/yr"})}, {"sfr": ("draw", sfr, {"units": "Msun/yr"})})
    >>> plot.corner(ds, "events").shape
    (2, 2)
    """
    if not quantities:
        raise SensitivityError("a corner plot needs a quantity that varies along the draws")
    arrays = [quantity_of(dataset, name) for name in quantities]
    along = _drawn_axis(arrays[0])
    for other in arrays[1:]:
        check_axis(other, along)
    names = list(dict.fromkeys(name for array in arrays for name in members_of(array, along)))
    numbers = [name for name in names if dataset[name].dtype.kind in "iuf"]
    for name in parameters or ():
        if name not in numbers:
            raise SensitivityError(f"{name!r} is no number that was drawn; those are: {listed(numbers)}")
    chosen, held = [dataset[name] for name in (numbers if parameters is None else parameters)], []
    for array in arrays:
        left, at = picked(array, [along], scanned_names(dataset), sort=False)
        chosen.append(left.assign_attrs(array.attrs))
        held += at
    if len(chosen) > _MOST_ROWS:
        found = f"{len(chosen)} to show: {listed(str(item.name) for item in chosen)}"
        raise SensitivityError(f"a corner plot shows {_MOST_ROWS} things at most; found {found}; choose parameters=…")
    grid = _corner_page(len(chosen))
    shown = [_scaled(item) for item in chosen]
    for row, column in itertools.product(range(len(chosen)), repeat=2):
        if column < row:
            _pair(grid[row, column], shown[column][0], shown[row][0])
        elif column == row:
            grid[row, row].hist(shown[row][0][np.isfinite(shown[row][0])], bins=_BINS, color=COLOURS[0])
            grid[row, row].set_yticks([])
        else:
            grid[row, column].set_visible(False)
    _name_sides(grid, [text for _, text in shown])
    zeros = [
        f"zeros of {item.name} left out"
        for item, (values, _) in zip(chosen, shown, strict=True)
        if np.isnan(values).any()
    ]
    said = [*zeros, f"{arrays[0].sizes[along]:,} draws", in_words([measure_of(arrays[0], along)])]
    grid[0, 0].figure.suptitle(
        plain(", ".join([*dict.fromkeys(held), *said])), fontsize=SMALL, color="#444444", x=0.02, ha="left"
    )
    return grid


def _corner_page(size: int) -> NDArray[Any]:
    side = 800 / 110
    _, grid = pyplot.subplots(size, size, figsize=(side, side), squeeze=False, sharex="col", layout="constrained")
    for axes in grid.ravel():
        axes.tick_params(labelsize=8 if size < 5 else 7)
    return np.asarray(grid)


def _scaled(item: xr.DataArray) -> tuple[NDArray[np.floating[Any]], str]:
    """Return values, or their logarithms where they span two decades, and what they are."""
    values = np.asarray(item.values, dtype=float)
    unit = typeset(unit_text(item))
    logarithmic = spans_decades(values)
    # Names of several words would run into those of the next panel.
    name = "\n".join(plain(line) for line in textwrap.wrap(str(item.name).replace("_", " "), 14))
    label = f"{'lg ' if logarithmic else ''}{name}" + (f"\n[{unit}]" if unit else "")
    if not logarithmic:
        return values, label
    positive = np.where(values > 0, values, np.nan)
    return np.log10(positive), label


def _pair(axes: Axes, x: NDArray[Any], y: NDArray[Any]) -> None:
    known = np.isfinite(x) & np.isfinite(y)
    x, y = x[known], y[known]
    axes.plot(x, y, ",", color=COLOURS[0], alpha=0.5, rasterized=True)
    if not x.size or min(np.ptp(x), np.ptp(y)) <= 0:
        return
    counts, x_edges, y_edges = np.histogram2d(x, y, bins=_BINS // 2)
    descending = np.sort(counts.ravel())[::-1]
    reached = np.cumsum(descending) / descending.sum()
    levels = sorted({float(descending[np.searchsorted(reached, share)]) for share in _HELD})
    # Empty cells around it, so that lines close.
    sides = [np.concatenate([edges[:1] - step, edges, edges[-1:] + step]) for edges, step in _steps(x_edges, y_edges)]
    centres = [0.5 * (edges[1:] + edges[:-1]) for edges in sides]
    axes.contour(*centres, np.pad(counts.T, 1), levels=levels, colors="black", linewidths=0.9)


def _steps(*sides: NDArray[Any]) -> list[tuple[NDArray[Any], float]]:
    return [(edges, float(edges[1] - edges[0])) for edges in sides]


def _name_sides(grid: NDArray[Any], names: list[str]) -> None:
    for number, name in enumerate(names):
        grid[-1, number].set_xlabel(name, fontsize=8)
        if number:
            grid[number, 0].set_ylabel(name, fontsize=8)
        for column in range(1, number):
            grid[number, column].set_yticklabels([])
    for axes in grid.ravel():
        axes.locator_params(nbins=4)


def _drawn_axis(values: xr.DataArray) -> str:
    found = next((str(axis) for axis in values.dims if is_sampled(values, str(axis))), None)
    if found is None:
        axes = listed(map(str, values.dims)) or "none"
        raise SensitivityError(f"{values.name!r} has no draws to show the distribution of; its axes are: {axes}")
    return found

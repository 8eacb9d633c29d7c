"""Pictures of a quantity over its axes: bars along labels, lines along numbers, a map along two axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib import ticker
from scipy.stats import poisson

from gridscan.errors import SensitivityError
from gridscan.inputs.sampling import DRAWN
from gridscan.plot.calendar import in_calendar_years
from gridscan.plot.page import COLOURS, finish, legend, page, title
from gridscan.plot.scales import cells, colour_bar, colour_scale, is_logarithmic, number_axis, spans_decades
from gridscan.plot.selection import first_labels, picked, random_axis, remarks, scanned_names, shown_axes
from gridscan.plot.series import bands, series
from gridscan.plot.text import number
from gridscan.sensitivity.base_point import held_at, unit_text
from gridscan.sensitivity.labelled import in_unit_of, is_numeric, quantity_of, sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

# Quantiles of draws: of a normal distribution, one and two standard deviations.
_BANDS = (0.02275, 0.15866, 0.5, 0.84134, 0.97725)


def draw(
    dataset: xr.Dataset,
    quantity: str,
    *,
    along: str | Sequence[str] = (),
    by: str | None = None,
    epoch: float | str | None = None,
    scale: Literal["log", "linear"] | None = None,
    limits: Sequence[Any] | None = None,
    axes: Axes | None = None,
) -> Axes:
    """Draw a quantity: bars along labels, lines along numbers, a map along two axes.

    Axes that are neither shown nor `by` are held at the value nearest to the model's default (else at the first label
    or middle value), which the subtitle says. What is missing stays blank. A scale is logarithmic where positive values
    span two decades; points are in place of bars then. Draws of a count along an axis are shown by their median and the
    bands that hold 68 and 95 % of them.

    Parameters
    ----------
    dataset
        A result of gridscan, lazy or not.
    quantity
        One of its data variables.
    along
        One axis or two. By default the numeric axis with the most values, else the first axis; of random values, such
        as draws of a count or stars, the distribution is drawn.
    by
        One line, or one colour of bars, for each value of this axis; for ten of them if there are more. By default,
        lines are drawn for the labels of the first axis that has labels.
    epoch
        When the time was zero, a year such as 1671.5 or a date such as ``"1987-02-23"``: the axis of time is then
        given in years AD.
    scale
        That of the values: ``"log"`` or ``"linear"``.
    limits
        Ends of the scale of the values: two numbers in their unit, texts with a unit or quantities; None for an open
        end.
    axes
        Where to draw; a new figure otherwise. In a figure of yours, ``layout="constrained"`` gives the legend its room.

    Returns
    -------
    matplotlib.axes.Axes
        Where it was drawn.

    Raises
    ------
    SensitivityError
        If a name is unknown, more than two axes are to be shown, none of them is the time that an epoch is for, a
        logarithmic scale is asked for values that are not positive, or there is nothing to draw.

    Examples
    --------
    >>> import xarray as xr
    >>> from gridscan import plot
    >>> flux = ("distance", [1.0, 0.25, 0.0625], {"units": "cm-2 s-1", "long_name": "neutrino flux"})
    >>> ds = xr.Dataset({"flux": flux}, {"distance": ("distance", [1.0, 2.0, 4.0], {"units": "kiloparsec"})})
    >>> plot.draw(ds, "flux").get_xlabel()
    'distance [kpc]'
    """
    values = quantity_of(dataset, quantity)
    drawn = random_axis(values)
    ends = None if limits is None else _ends(values, limits)
    wanted = [along] if isinstance(along, str) else list(along)
    if drawn is not None and not wanted and by is None:
        _refuse_scale(values, scale, ends)
        return _histogram(dataset, values, drawn, axes)
    shown = shown_axes(values, wanted, by)
    if by is None and len(shown) == 1 and is_numeric(values, shown[0]):
        by = first_labels(values, shown[0])
    kept = [*shown, *([by] if by is not None else [])]
    spread = drawn if drawn is not None and drawn not in kept and len(shown) == 1 else None
    left, held = picked(values, [*kept, *([spread] if spread is not None else [])], scanned_names(dataset))
    if epoch is not None:
        left = in_calendar_years(left, shown, epoch)
    axes = page(axes)
    notes = [", ".join(held)]
    if spread is not None:
        notes.append(f"median of {left.sizes[spread]:,} draws, and the bands that hold 68 and 95 % of them")
    quantiles = left if spread is None else left.quantile(_BANDS, spread)
    quantiles.attrs = left.attrs
    middle = quantiles if spread is None else quantiles.isel(quantile=len(_BANDS) // 2)
    logarithmic = _is_logarithmic(quantiles, scale)
    if len(shown) == 2:
        _map(axes, middle.transpose(*reversed(shown)), logarithmic, ends)
    else:
        series(axes, middle, shown[0], by, logarithmic=logarithmic)
        if spread is not None:
            bands(axes, quantiles, shown[0], by, "quantile")
        if ends is not None:
            axes.set_ylim(*ends)
    finish(axes, [*notes, *remarks(middle, logarithmic)])
    return axes


def _is_logarithmic(values: xr.DataArray, scale: str | None) -> bool:
    """Return whether the scale of values is logarithmic, as asked or as suits them."""
    if scale not in (None, "log", "linear"):
        raise SensitivityError(f"a scale is 'log' or 'linear'; found {scale!r}")
    lowest = float(values.min())
    if scale == "log" and (lowest < 0 or not float(values.max()) > 0):
        raise SensitivityError(f"a logarithmic scale needs positive values; {values.name!r} goes down to {lowest:.4g}")
    return spans_decades(values) if scale is None else scale == "log"


def _ends(values: xr.DataArray, limits: Sequence[Any]) -> tuple[float | None, float | None]:
    """Return the ends of a scale in the unit of the values."""
    if isinstance(limits, str) or len(limits) != 2:
        raise SensitivityError(f"limits are two values, the lower and the upper; found {limits!r}")
    low, high = (None if end is None else in_unit_of(values, end) for end in limits)
    if low is not None and high is not None and not low < high:
        raise SensitivityError(f"the lower limit must be below the upper one; found {low:g} and {high:g}")
    return low, high


def _refuse_scale(values: xr.DataArray, scale: str | None, ends: Any) -> None:
    if scale is not None or ends is not None:
        what = "scale" if scale is not None else "limits"
        raise SensitivityError(f"the {what} of a distribution cannot be chosen; draw {values.name!r} along an axis")


def _histogram(dataset: xr.Dataset, values: xr.DataArray, drawn: str, axes: Axes | None) -> Axes:
    """Draw the distribution of random values; beside those of a count the one that they are drawn from."""
    left, held = picked(values, [drawn], scanned_names(dataset))
    axes = page(axes)
    numbers = left.values
    whole = dataset[values.name].dtype.kind in "iu"
    edges: Any = np.arange(numbers.min(), numbers.max() + 2) - 0.5 if whole and np.ptp(numbers) < 200 else 50
    axes.hist(numbers, bins=edges, weights=np.full(numbers.size, 1 / numbers.size), color=COLOURS[0], label="drawn")
    mean = str(values.name).removesuffix(DRAWN)
    if whole and mean != values.name and mean in dataset and not isinstance(edges, int):
        at = held_at(dataset[mean], [])
        counts = edges[:-1] + 0.5
        expected = poisson.pmf(counts, float(dataset[mean].isel(at)))
        axes.plot(counts, expected, "o", color="black", markersize=4, label="Poisson distribution")
        legend(axes, "")
    axes.set_xlabel(title(axes, sentence(values), unit_text(values), "x"))
    axes.set_ylabel(title(axes, "share", "", "y"))
    finish(axes, [", ".join(held), f"{numbers.size:,} values along {drawn}"])
    return axes


def _map(axes: Axes, values: xr.DataArray, logarithmic: bool, ends: Any = None) -> None:
    y, x = map(str, values.dims)
    values = values.where(values != 0) if logarithmic else values
    if not (is_numeric(values, x) and is_numeric(values, y)):
        cells(axes, values, logarithmic, np.vectorize(number, otypes=[object])(values.values))
        return
    norm = colour_scale(values, logarithmic)
    if ends is not None:
        norm.vmin, norm.vmax = (norm.vmin if ends[0] is None else ends[0]), (norm.vmax if ends[1] is None else ends[1])
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
    levels: list[float] = locator.tick_values(low, high)[(height > 0.04) & (height < 0.96)].tolist()
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

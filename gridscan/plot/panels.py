"""Several quantities one below the other, over a common axis, under one subtitle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from gridscan.errors import SensitivityError, listed
from gridscan.plot.page import COLOURS, figure_of, finish, stacked_page, title
from gridscan.plot.scales import spans_decades
from gridscan.plot.selection import picked, remarks, scanned_names, shown_axes
from gridscan.plot.series import Spread, series
from gridscan.sensitivity.base_point import unit_text
from gridscan.sensitivity.labelled import check_axis, quantity_of, sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr
    from numpy.typing import NDArray

# For a line without a label beside panels with labels.
_NEUTRAL = "#444444"


class Panel(NamedTuple):
    """What one panel shows.

    Attributes
    ----------
    values
        Over the axis along which it is drawn, and `by`.
    by
        One line, or one colour of bars, for each value of this axis.
    held
        Values at which the other axes are held, in words.
    logarithmic
        Whether the scale of the values is.
    spread
        Length of the whiskers.
    """

    values: xr.DataArray
    by: str | None
    held: list[str]
    logarithmic: bool
    spread: Spread | None = None


def check_names(names: Sequence[str]) -> None:
    """Raise an error for no quantity, or for one given twice.

    Parameters
    ----------
    names
        Names of quantities.

    Raises
    ------
    SensitivityError
        If there is none, or one is given twice; the message lists the names found.
    """
    if not names or len(set(names)) < len(names):
        raise SensitivityError(f"each panel needs a quantity of its own; found {listed(names) or 'none'}")


def panels_of(dataset: xr.Dataset, names: Sequence[str], along: str, by: str | None) -> list[Panel]:
    """Return a panel for each quantity, with lines by an axis where the quantity has it.

    Parameters
    ----------
    dataset
        A result of gridscan, lazy or not.
    names
        Names of quantities.
    along
        An axis that all of them have.
    by
        One line for each value of this axis, where a quantity has it.

    Returns
    -------
    list of Panel
        From the top.

    Raises
    ------
    SensitivityError
        If a name is unknown or given twice, a quantity does not depend on `along`, none of them depends on `by`, or
        there is nothing to draw.
    """
    check_names(names)
    quantities = [quantity_of(dataset, name) for name in names]
    for quantity in quantities:
        shown_axes(quantity, [along], by if by in quantity.dims else None)
    if by is not None and not any(by in quantity.dims for quantity in quantities):
        check_axis(quantities[-1], by)
    scanned = scanned_names(dataset)
    panels = []
    for quantity in quantities:
        own = by if by in quantity.dims else None
        values, held = picked(quantity, [along, *([own] if own is not None else [])], scanned)
        panels.append(Panel(values, own, held, spans_decades(values)))
    return panels


def alike(panels: Sequence[Panel]) -> list[Panel]:
    """Return panels on one kind of scale, which is logarithmic if that of any of them is and all can be.

    Parameters
    ----------
    panels
        The panels.

    Returns
    -------
    list of Panel
        The same panels.
    """
    possible = all(bool((panel.values >= 0).where(panel.values.notnull(), True).all()) for panel in panels)
    possible = possible and all(bool((panel.values > 0).any()) for panel in panels)
    logarithmic = possible and any(panel.logarithmic for panel in panels)
    return [panel._replace(logarithmic=logarithmic) for panel in panels]


def stack(panels: Sequence[Panel], along: str) -> NDArray[Any]:
    """Draw panels on a new page, with one legend for each axis of lines.

    Parameters
    ----------
    panels
        From the top.
    along
        The axis that they share.

    Returns
    -------
    numpy.ndarray of matplotlib.axes.Axes
        From the top; still without a subtitle.
    """
    grid = stacked_page(len(panels))
    explained: set[str | None] = set()
    labelled = any(panel.by is not None for panel in panels)
    for axes, panel in zip(grid, panels, strict=True):
        series(
            *(axes, panel.values, along, panel.by),
            logarithmic=panel.logarithmic,
            spread=panel.spread,
            colour=_NEUTRAL if labelled else COLOURS[0],
            with_legend=panel.by not in explained,
        )
        explained.add(panel.by)
    for axes in grid[:-1]:
        axes.label_outer()
    return grid


def subtitle(grid: NDArray[Any], panels: Sequence[Panel], notes: Sequence[str] = ()) -> None:
    """Write the common subtitle: what the panels hold fixed, what each leaves out, and other notes.

    Parameters
    ----------
    grid
        Axes of the panels, from the top.
    panels
        The panels.
    notes
        Further sentences.
    """
    held = dict.fromkeys(item for panel in panels for item in panel.held)
    left_out = [remarks(panel.values, panel.logarithmic) for panel in panels]
    if all(found == left_out[0] for found in left_out):
        said = [f"each panel: {remark}" if len(panels) > 1 else remark for remark in left_out[0]]
    else:
        pairs = zip(panels, left_out, strict=True)
        said = [f"{panel.values.name}: {remark}" for panel, found in pairs for remark in found]
    finish(grid[0], [", ".join(held), *notes, *said])
    figure_of(grid[0]).draw_without_rendering()
    for axes, panel in zip(grid, panels, strict=True):
        # The subtitle and tilted labels have reduced the height that the titles were broken for.
        axes.set_ylabel(title(axes, sentence(panel.values), unit_text(panel.values), "y"))

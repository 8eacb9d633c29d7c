"""A flux and, below it, the events in detectors: over an axis, with a line at one event per year, or as spectra."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.errors import SensitivityError, UnitError, listed, nearest
from gridscan.plot.page import legend
from gridscan.plot.panels import Panel, alike, panels_of, stack, subtitle
from gridscan.plot.scales import spans_decades
from gridscan.sensitivity.base_point import long_axes, unit_text
from gridscan.sensitivity.labelled import in_unit_of, quantity_of

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

_ONE = "1 / yr"
_FAR = 4.0


def signal(
    dataset: xr.Dataset,
    flux: str,
    events: str,
    *,
    along: str,
    by: str | None = None,
    usually_by: str | None = None,
) -> NDArray[Any]:
    """Draw a flux, and below it the events per year, with a line at one event per year.

    Lines are drawn along numbers, bars along labels. Axes that are not shown are held as in `draw`, which the subtitle
    says.

    Parameters
    ----------
    dataset
        A result of gridscan, lazy or not.
    flux, events
        The quantities; `events` is a number of events per time.
    along
        An axis that both quantities have.
    by
        One line, or one colour of bars, for each value of this axis, where a quantity has it.
    usually_by
        The axis that `by` is where none is given and the events have several values along it, such as detectors.

    Returns
    -------
    ndarray of Axes
        The flux, the events.

    Raises
    ------
    SensitivityError
        If a name is unknown, `events` is not a number per time, or there is nothing to draw.
    """
    above, below = panels_of(dataset, [flux, events], along, by or _usual(dataset, events, along, usually_by))
    one = _one_event_per_year(below.values)
    below = below._replace(logarithmic=spans_decades(np.append(below.values.values, one)))
    above, below = alike([above, below])
    grid = stack([above, below], along)
    _mark_one(grid[1], below, one)
    subtitle(grid, [above, below], _distance(below.values, one))
    return grid


def spectra(
    dataset: xr.Dataset,
    flux: str,
    events: str,
    *,
    along: str,
    by: str | None = None,
    usually_by: str | None = None,
) -> NDArray[Any]:
    """Draw a flux per energy, and below it the events per energy and time.

    If the dataset has only one of the two quantities, that one is drawn. Axes that are not shown are held as in `draw`,
    which the subtitle says.

    Parameters
    ----------
    dataset
        A result of gridscan, lazy or not.
    flux, events
        The quantities.
    along
        The axis of energies.
    by
        One line for each value of this axis, where a quantity has it.
    usually_by
        The axis that `by` is where none is given and the quantity shown last has several values along it.

    Returns
    -------
    ndarray of Axes
        The flux and the events, or the one found.

    Raises
    ------
    SensitivityError
        If the dataset has neither, one of them does not depend on the energy, or there is nothing to draw.
    """
    known = [str(name) for name in dataset.data_vars]
    names = [name for name in (flux, events) if name in known]
    if not names:
        hint = nearest(flux, known) or nearest(events, known)
        raise SensitivityError(f"the dataset has neither {flux!r} nor {events!r}{hint}; it has: {listed(known)}")
    panels = alike(panels_of(dataset, names, along, by or _usual(dataset, names[-1], along, usually_by)))
    grid = stack(panels, along)
    subtitle(grid, panels)
    return grid


def _usual(dataset: xr.Dataset, quantity: str, along: str, axis: str | None) -> str | None:
    """Return the axis if the quantity has several values along it, unless it is `along`."""
    return axis if axis in long_axes(quantity_of(dataset, quantity)) and axis != along else None


def _one_event_per_year(events: xr.DataArray) -> float:
    try:
        return in_unit_of(events, _ONE)
    except UnitError:
        found = unit_text(events) or "1"
        raise SensitivityError(
            f"{events.name!r} is in {found!r}; a signal is a number of events per time, such as '1/yr'"
        ) from None


def _distance(events: xr.DataArray, one: float) -> list[str]:
    """Note how far the events stay below one per year, if by many decades."""
    highest = float(events.max())
    decades = np.log10(one / highest) if highest > 0 else 0.0
    return [f"the highest stays {decades:.1f} decades below one event per year"] if decades > _FAR else []


def _mark_one(axes: Axes, panel: Panel, one: float) -> None:
    """Draw the line of one event per year, inside the limits, and add it to the legend."""
    before = axes.get_legend()
    entries = axes.get_legend_handles_labels()[0] if before is not None else []
    line = axes.axhline(one, color="black", linewidth=1.2, linestyle=(0, (1, 1)), label="1 event per year")
    low, high = axes.get_ylim()
    if panel.logarithmic:
        margin = (max(high, one) / min(low, one)) ** 0.04
        axes.set_ylim(min(low, one / margin), max(high, one * margin))
    else:
        axes.set_ylim(min(low, 0.0), max(high, 1.05 * one))
    legend(axes, before.get_title().get_text() if before is not None else "", handles=[*entries, line])

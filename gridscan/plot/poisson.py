"""Expected numbers with their Poisson spread."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import erf, gammaincinv

from gridscan.errors import SensitivityError, listed
from gridscan.plot.panels import Panel, check_names, panels_of, stack, subtitle
from gridscan.plot.scales import spans_decades
from gridscan.plot.selection import first_labels
from gridscan.plot.series import lines_by, moved_aside
from gridscan.sensitivity.base_point import long_axes
from gridscan.sensitivity.labelled import is_numeric, quantity_of, unit_known
from gridscan.units import readable

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

#: Probability below the interval, and above it.
_TAIL = 0.5 * (1 - erf(np.sqrt(0.5)))
# A logarithmic scale begins at the lowest number divided by this.
_ROOM_BELOW = 4.0


def counts(
    dataset: xr.Dataset,
    quantities: str | Sequence[str],
    *,
    along: str | None = None,
    by: str | None = None,
) -> NDArray[Any]:
    """Draw expected numbers with their Poisson interval, one panel per quantity: bars along labels, else lines.

    The interval is the central one of 68.27 % (Garwood); for large N it is N ± √N. A single line has a band; several
    lines have whiskers. Whiskers end at zero, or at the lower edge of a logarithmic scale, on which points are in place
    of bars. Axes that are not shown are held as in `draw`.

    Parameters
    ----------
    dataset
        A result of gridscan, lazy or not.
    quantities
        Expected numbers of something, dimensionless.
    along
        An axis that all of them have. By default the first with labels, else the numeric one with the most values.
    by
        One line, or one colour of bars, for each value of this axis, where a quantity has it. By default, lines are
        drawn for the labels of the first axis that has labels.

    Returns
    -------
    ndarray of Axes
        One for each quantity, from the top.

    Raises
    ------
    SensitivityError
        If a name is unknown, a quantity is not an expected number or is negative, or there is nothing to draw.
    UnitError
        If the unit of a quantity is not known.
    """
    names = [quantities] if isinstance(quantities, str) else list(quantities)
    check_names(names)
    numbers = [_number_of_something(dataset, name) for name in names]
    if along is None:
        along = _shared_axis(numbers, by)
    if by is None and any(is_numeric(values, along) for values in numbers if along in values.dims):
        found = (first_labels(values, along) for values in numbers)
        by = next((axis for axis in found if axis is not None), None)
    panels = [_with_spread(panel) for panel in panels_of(dataset, names, along, by)]
    grid = stack(panels, along)
    for axes, panel in zip(grid, panels, strict=True):
        _set_limits(axes, panel, along)
    subtitle(grid, panels, [_explanation(panels, along)])
    return grid


def _number_of_something(dataset: xr.Dataset, name: str) -> xr.DataArray:
    values = quantity_of(dataset, name)
    unit = readable(unit_known(values))
    if unit not in ("1", "count", "event", "star"):
        raise SensitivityError(f"{name!r} is in {unit!r}; a Poisson interval needs a number without a unit")
    return values


def _shared_axis(numbers: Sequence[xr.DataArray], by: str | None) -> str:
    """Return the first common axis of labels, or the common numeric axis with the most values."""
    first = numbers[0]
    shared = [str(axis) for axis in first.dims if axis != by and all(axis in other.dims for other in numbers)]
    long = [axis for axis in long_axes(first) if axis in shared]
    labelled = [axis for axis in long if not is_numeric(first, axis)]
    if not shared:
        every = [f"{values.name} ({listed(map(str, values.dims)) or 'none'})" for values in numbers]
        besides = f" besides {by!r}" if by is not None else ""
        raise SensitivityError(f"the quantities share no axis{besides}; their axes: {listed(every)}")
    return (labelled or sorted(long, key=lambda axis: -first.sizes[axis]) or shared)[0]


def _with_spread(panel: Panel) -> Panel:
    """Return a panel with whiskers, which end at zero or at the lower edge of a logarithmic scale."""
    values = panel.values
    if bool((values < 0).any()):
        raise SensitivityError(f"{values.name!r} holds {float(values.min()):.4g}; an expected number must be 0 or more")
    # A whisker that reaches decades above its number would hide it on a linear scale.
    panel = panel._replace(logarithmic=spans_decades(np.append(values.values, poisson_interval(values.values)[1])))
    return panel._replace(spread=functools.partial(_spread, floor=_floor(panel)))


def _floor(panel: Panel) -> float:
    return float(panel.values.where(panel.values > 0).min()) / _ROOM_BELOW if panel.logarithmic else 0.0


def _spread(numbers: NDArray[np.float64], floor: float) -> NDArray[np.float64]:
    """Return the lengths of the whiskers down and up."""
    low, high = poisson_interval(numbers)
    return np.array([numbers - np.maximum(low, np.minimum(floor, numbers)), high - numbers])


def poisson_interval(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the central Poisson interval of 68.27 % around numbers.

    Parameters
    ----------
    numbers
        Not negative; NaN stays NaN.

    Returns
    -------
    numpy.ndarray
        The lower and the upper ends, shape (2, ...).

    Notes
    -----
    χ²(α/2; 2N)/2 to χ²(1 - α/2; 2N + 2)/2 with 1 - α = erf(1/√2). Source: Garwood 1936, Biometrika 28, 437.

    Examples
    --------
    >>> from gridscan.plot.poisson import poisson_interval
    >>> poisson_interval(np.array([0.0, 4.0])).round(3)
    array([[0.   , 2.086],
           [1.841, 7.163]])
    """
    numbers = np.asarray(numbers, dtype=float)
    low = gammaincinv(np.where(numbers > 0, numbers, 1.0), _TAIL)
    return np.array([np.where(numbers > 0, low, 0.0 * numbers), gammaincinv(numbers + 1, 1 - _TAIL)])


def _set_limits(axes: Axes, panel: Panel, along: str) -> None:
    """Begin the scale at zero or at the floor of the whiskers, with room for markers and numbers."""
    highest = float(np.nanmax(poisson_interval(panel.values.values)[1]))
    if panel.logarithmic:
        floor = _floor(panel)
        axes.set_ylim(floor, highest * (highest / floor) ** 0.1)
    else:
        top = 1.12 * highest or 1.0
        axes.set_ylim(-0.03 * top if is_numeric(panel.values, along) else 0, top)


def _explanation(panels: Sequence[Panel], along: str) -> str:
    """Explain the spread, where it is cut, and whether lines are moved sideways."""
    lines = is_numeric(panels[0].values, along)
    rows = [lines_by(panel.values, panel.by) if panel.by is not None else 1 for panel in panels]
    shape = "whiskers" if not lines or min(rows) > 1 else "band" if max(rows) == 1 else "band or whiskers"
    parts = [f"{shape}: the Poisson interval of 68 % (Garwood)"]
    if any(_is_cut(panel) for panel in panels):
        parts.append("cut short at the lower edge of a logarithmic scale")
    if lines and moved_aside(panels[0].values.sizes[along], max(rows)):
        parts.append("lines moved sideways to separate them")
    return ", ".join(parts)


def _is_cut(panel: Panel) -> bool:
    """Return whether a whisker is cut at the lower edge of a logarithmic scale."""
    lower = poisson_interval(panel.values.values)[0]
    return panel.logarithmic and bool(((lower < _floor(panel)) & (panel.values.values > 0)).any())

"""The picture of a screening: indices with their intervals, and the plane of elementary effects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.errors import SensitivityError
from gridscan.plot.page import COLOURS, finish, legend, stacked_page, title
from gridscan.plot.selection import column
from gridscan.plot.text import plain
from gridscan.sensitivity.base_point import unit_text

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

_NAMED = 6


def screening(table: xr.Dataset, *, most: int = 12) -> list[Axes]:
    """Draw a table of `gridscan.screen`: indices with 90 % intervals, and elementary effects against their spread.

    Parameters
    ----------
    table
        From `gridscan.screen`.
    most
        Number of parameters to show above; below are all that have any effect.

    Returns
    -------
    list of matplotlib.axes.Axes
        That of the indices, and that of the effects.

    Raises
    ------
    SensitivityError
        If the table is of another kind, or `most` is below one.

    Examples
    --------
    >>> import gridscan as gs
    >>> from gridscan import plot
    >>> table = gs.screen("imf_scan", "carbon_burning_rsg", at={"time": "20 Myr"}, points=32)
    >>> above, below = plot.screening(table, most=2)
    >>> len(above.get_yticks())
    2
    """
    if most < 1:
        raise SensitivityError(f"a picture of a screening needs at least one parameter; found most={most}")
    total = column(table, "total", "parameter", "gridscan.screen")
    shown = min(most, total.size)
    above, below = stacked_page(2, share=False, height=3.6 + 0.3 * shown + 2.2)
    _indices(above, table.isel(parameter=slice(shown)))
    _effects(below, table)
    rest = f"the {shown} highest of {total.size} parameters" if shown < total.size else ""
    finish(above, [str(table.attrs.get("comment", "")).split(";")[0], rest, str(table.attrs.get("design", ""))])
    return [above, below]


def _indices(axes: Axes, table: xr.Dataset) -> None:
    places = np.arange(table.sizes["parameter"])
    for name, label, colour, marker, shift in (
        ("first_order", "the parameter alone", COLOURS[0], "o", -0.15),
        ("total", "with its interactions", COLOURS[1], "s", 0.15),
    ):
        style: dict[str, Any] = {"color": colour, "marker": marker, "linestyle": "none", "capsize": 3, "label": label}
        axes.errorbar(table[name].values, places + shift, xerr=table[f"{name}_error"].values, **style)
    axes.set_yticks(places, [plain(str(name)) for name in table["parameter"].values])
    axes.set_ylim(places.size - 0.5, -0.5)
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_xlabel(title(axes, f"share of the variance of {table.attrs['quantity']}, with 90 % intervals", "", "x"))
    legend(axes, "")


def _effects(axes: Axes, table: xr.Dataset) -> None:
    size, spread = table["effect_size"], table["effect_spread"]
    alive = np.flatnonzero(size.values > 0)
    axes.errorbar(
        size.values[alive],
        spread.values[alive],
        xerr=table["effect_size_error"].values[alive],
        color=COLOURS[0],
        marker="o",
        linestyle="none",
        capsize=3,
    )
    for index in alive[np.argsort(-size.values[alive], kind="stable")][:_NAMED]:
        name = plain(str(table["parameter"].values[index]))
        axes.annotate(name, (size.values[index], spread.values[index]), (6, 4), textcoords="offset points", fontsize=9)
    axes.margins(x=0.2, y=0.15)
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.set_xlabel(title(axes, "mean size of the elementary effects", unit_text(size), "x"))
    axes.set_ylabel(title(axes, "their standard deviation", unit_text(spread), "y"))

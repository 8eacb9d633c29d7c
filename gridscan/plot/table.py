"""Pictures of sensitivities: a tornado of elasticities, shares of the variance, a matrix of pairs to tell apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from gridscan.errors import SensitivityError, listed, nearest
from gridscan.plot.page import COLOURS, finish, legend, page, title
from gridscan.plot.scales import cells
from gridscan.plot.selection import column, picked, scanned_names
from gridscan.plot.text import number, plain
from gridscan.sensitivity.base_point import held_at, unit_text
from gridscan.sensitivity.labelled import sentence
from gridscan.sensitivity.measures import SAMPLED

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WHISKERS = {"ecolor": "black", "capsize": 3}


def tornado(table: xr.Dataset, *, axes: Axes | None = None, most: int = 15) -> Axes:
    """Draw the elasticities of `gridscan.local` as bars, the strongest on top, with their error estimates.

    Parameters
    ----------
    table
        From `gridscan.local`. Axes that it kept are held as in `draw`, which the subtitle says.
    axes
        Where to draw; a new figure otherwise.
    most
        Number of parameters to show.

    Returns
    -------
    matplotlib.axes.Axes
        Where it was drawn.

    Raises
    ------
    SensitivityError
        If the table is of another kind, or `most` is below one.

    Examples
    --------
    >>> import gridscan as gs
    >>> from gridscan import plot
    >>> axes = plot.tornado(gs.local("imf_scan", "events_per_year"), most=5)
    >>> len(axes.get_yticklabels())
    5
    """
    if most < 1:
        raise SensitivityError(f"a tornado needs at least one bar; found most={most}")
    values, held = picked(column(table, "elasticity", "parameter", "gridscan.local"), ["parameter"], set())
    errors, _ = picked(column(table, "elasticity_error", "parameter", "gridscan.local"), ["parameter"], set())
    found = np.flatnonzero(np.isfinite(values.values))
    chosen = found[np.argsort(-np.abs(values.values[found]), kind="stable")][:most]
    heights = values.values[chosen].tolist()
    # A whisker narrower than a line would look like a real error.
    whiskers = np.where(errors.values[chosen] > 0.003 * np.max(np.abs(heights)), errors.values[chosen], np.nan)
    axes = page(axes, 1.3 + 0.27 * len(heights))
    drawn = axes.barh(
        range(len(heights)),
        heights,
        0.7,
        xerr=whiskers,
        color=[COLOURS[0] if height >= 0 else COLOURS[1] for height in heights],
        error_kw=_WHISKERS,
    )
    axes.bar_label(drawn, [number(height, "+.3g" if height else "g") for height in heights], padding=4, fontsize=9)
    axes.set_yticks(range(len(heights)), _parameters(values.isel(parameter=chosen)))
    axes.invert_yaxis()
    axes.axvline(0, color="black", linewidth=0.8)
    axes.margins(x=0.16, y=0.02)
    axes.set_xlabel(title(axes, sentence(values), "", "x"))
    rest = [f"the {len(heights)} strongest of {found.size} parameters"] if len(heights) < found.size else []
    finish(axes, [str(table.attrs.get("comment", "")).split(";")[0], ", ".join(held), *rest])
    return axes


def _parameters(values: xr.DataArray) -> list[str]:
    names = [plain(str(name)) for name in values["parameter"].values]
    if "base_value" not in values.coords:
        return names
    return [f"{name} = {plain(str(base))}" for name, base in zip(names, values["base_value"].values, strict=True)]


def matrix(table: xr.Dataset, *, method: str = "asimov", axes: Axes | None = None) -> Axes:
    """Draw the required mass for each pair from `discriminate`, or the scale factor if no mass is known.

    Parameters
    ----------
    table
        From `gridscan.sensitivity.discrimination.discriminate`. Axes besides the pair are held at their first value,
        which the subtitle says.
    method
        The statistical method: ``"asimov"``, ``"gaussian"`` or ``"exact"``.
    axes
        Where to draw; a new figure otherwise.

    Returns
    -------
    matplotlib.axes.Axes
        Where it was drawn.

    Raises
    ------
    SensitivityError
        If the table is of another kind, the method is unknown, or no pair can be told apart.
    """
    values = column(table, "required_mass" if "required_mass" in table else "scale_factor", "method", "discriminate")
    methods = [str(known) for known in table["method"].values]
    if method not in methods:
        hint = nearest(method, methods)
        raise SensitivityError(f"unknown method {method!r}{hint}; expected one of: {listed(methods)}")
    values = values.isel(method=methods.index(method)).drop_vars("method")
    rows, columns = str(values.dims[0]), str(values.dims[1])
    one, held = picked(values, [rows, columns], scanned_names(table), sort=False)
    texts = np.vectorize(number, otypes=[object])(values.isel(held_at(values, [rows, columns])).values)
    np.fill_diagonal(texts, "")
    axes = page(axes)
    cells(axes, one, True, texts)
    for set_label, side, pair in ((axes.set_ylabel, "y", rows), (axes.set_xlabel, "x", columns)):
        name = sentence(one[pair]) if pair in one.coords else pair
        unit = unit_text(one[pair]) if pair in one.coords else ""
        set_label(title(axes, f"{name.removesuffix(pair[-2:])} {pair[-1]}", unit, "x" if side == "x" else "y"))
    setting = str(values.attrs.get("comment", "")).split(";")[0]
    finish(axes, [f"{method}: {setting}".removesuffix(": "), ", ".join(held)])
    return axes


def _with_members(table: xr.Dataset, name: str) -> xr.DataArray:
    """Return shares of axes, with those of the parameters that were drawn in place of the draws."""
    values = column(table, name, "axis", "variance_shares")
    if f"member_{name}" not in table:
        return values
    kept = [k for k, axis in enumerate(values["axis"].values) if axis not in SAMPLED]
    members = table[f"member_{name}"].rename(member="axis").rename(name)
    return xr.concat([values.isel(axis=kept), members], "axis", combine_attrs="override")


def shares(table: xr.Dataset, axes: Axes | None = None) -> Axes:
    """Draw the shares of the variance as bars with their errors, of each axis alone and with its interactions.

    Parameters
    ----------
    table
        From `gridscan.sensitivity.variance.variance_shares`; the highest is on top. Axes that it kept are held as in
        `draw`, which the subtitle says, and the weights of the axes that vary.
    axes
        Where to draw; a new figure otherwise.

    Returns
    -------
    matplotlib.axes.Axes
        Where it was drawn.

    Raises
    ------
    SensitivityError
        If the table is of another kind.
    """
    scanned = scanned_names(table)
    (total, held), (alone, _), (total_error, _), (alone_error, _) = (
        picked(_with_members(table, name), ["axis"], scanned)
        for name in ("total", "first_order", "total_error", "first_order_error")
    )
    order = np.argsort(-total.values, kind="stable")
    places = np.arange(order.size)
    axes = page(axes, 1.4 + 0.5 * order.size)
    for values, errors, label, colour, hatch, shift in (
        (alone, alone_error, "the axis alone", COLOURS[0], "", -0.2),
        (total, total_error, "with its interactions", COLOURS[5], "////", 0.2),
    ):
        heights, error = values.values[order], errors.values[order]
        style: dict[str, Any] = {"color": colour, "hatch": hatch, "edgecolor": "white", "label": label}
        # Labels have no errors, and those of rounding would be stray ticks.
        whiskers = np.stack([np.minimum(error, heights), error]) if (error > 1e-3).any() else None
        drawn = axes.barh(places + shift, heights, 0.38, xerr=whiskers, error_kw=_WHISKERS, **style)
        axes.bar_label(drawn, [number(height, ".2f") for height in heights], padding=3, fontsize=9)
    axes.set_yticks(places, [plain(str(name)) for name in total["axis"].values[order]])
    axes.invert_yaxis()
    axes.set_xlim(0, 1.1 * max(1.0, float(total.max())))
    axes.set_xlabel(title(axes, sentence(total).split(" due to ")[0], "", "x"))
    legend(axes, "")
    finish(axes, [", ".join(held), str(table.attrs.get("comment", ""))])
    return axes

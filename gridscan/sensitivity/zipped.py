"""Axes along which several parameters move together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridscan.errors import listed
from gridscan.numerics.axis_weights import WEIGHT
from gridscan.sensitivity.measures import is_sampled

if TYPE_CHECKING:
    import xarray as xr


def members_of(quantity: xr.DataArray, axis: str) -> list[str]:
    """Return the parameters that move together along an axis, of those on which a quantity depends.

    Parameters
    ----------
    quantity
        A variable with its coordinates.
    axis
        Name of a dimension.

    Returns
    -------
    list of str
        Names of coordinates; none where the axis has values of its own, other than the numbers of draws.
    """
    if axis in quantity.coords and not is_sampled(quantity, axis):
        return []
    own = set(str(quantity.encoding.get("coordinates") or "").split()) - {f"{dim}{WEIGHT}" for dim in quantity.dims}
    return [
        str(name)
        for name, item in quantity.coords.items()
        if item.dims == (axis,)
        and name != f"{axis}{WEIGHT}"
        and "set_by" not in item.attrs
        and (not own or name in own)
    ]


def moving_together(quantity: xr.DataArray, axis: str) -> str | None:
    """Return which parameters move together along an axis.

    Parameters
    ----------
    quantity
        A variable with its coordinates.
    axis
        Name of a dimension.

    Returns
    -------
    str or None
        Their names, for a message; None where there is one at most.
    """
    names = members_of(quantity, axis)
    return listed(names) if len(names) > 1 else None

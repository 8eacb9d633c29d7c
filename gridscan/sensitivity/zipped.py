"""Axes along which several parameters move together: questions along the axis, or along one of its members."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridscan.errors import SensitivityError, listed
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
        and name not in (axis, f"{axis}{WEIGHT}")
        and not {"set_by", "depends_on"} & item.attrs.keys()
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


def along_member(dataset: xr.Dataset, name: str, along: str, *, numeric: bool) -> xr.Dataset:
    """Return a dataset in which a question along a zipped axis, or along one of its members, can be asked.

    Parameters
    ----------
    dataset
        A result of gridscan, lazy or not.
    name
        The quantity that is asked about.
    along
        An axis of it, or a parameter that varies along one of its axes, which then gives this axis its values.
    numeric
        Whether the question needs numbers along the axis. Otherwise the points of an axis without values of its own
        are told apart by their positions, from 0.

    Returns
    -------
    xarray.Dataset
        With `along` as an axis of the quantity, where it can be one.

    Raises
    ------
    SensitivityError
        If numbers are needed along an axis that several parameters share.

    Examples
    --------
    >>> import xarray as xr
    >>> from gridscan.sensitivity.zipped import along_member
    >>> ds = xr.Dataset({"flux": ("sun", [1.0, 2.0])}, {"sun_x": ("sun", [8.0, 9.0])})
    >>> along_member(ds, "flux", "sun_x", numeric=True)["flux"].dims
    ('sun_x',)
    """
    if name not in dataset.data_vars:
        return dataset
    dims = [str(dim) for dim in dataset[name].dims]
    if along in dataset.coords and along not in dims:
        own = [str(dim) for dim in dataset[along].dims]
        return dataset.swap_dims({own[0]: along}) if len(own) == 1 and own[0] in dims else dataset
    if along not in dims or along in dataset.coords:
        return dataset
    members = members_of(dataset[name], along)
    if not numeric:
        said = {"long_name": f"position along {along}"}
        return dataset.assign_coords({along: (along, np.arange(dataset.sizes[along]), said)})
    numbers = [key for key in members if dataset[key].dtype.kind in "iuf"]
    if len(numbers) > 1:
        raise SensitivityError(
            f"along {along!r} several parameters move together: {listed(members)}; ask along one of them"
        )
    return dataset

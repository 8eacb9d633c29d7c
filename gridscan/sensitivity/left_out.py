"""Questions about quantities of which a model left cells out, since they belong to combinations that are impossible."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridscan.sensitivity.measures import is_sampled

if TYPE_CHECKING:
    import xarray as xr

#: Attribute of a quantity of which cells are left out: how many, and why.
LEFT_OUT = "left_out"


def without_left_out(quantity: xr.DataArray) -> tuple[xr.DataArray, str]:
    """Return a quantity without the points of an axis at which cells are left out, and a note on these.

    Draws at which any cell is left out are passed over as a whole, so that all answers are about the same draws; of
    other axes the one that loses fewest points, if the missing cells depend on it alone.

    Parameters
    ----------
    quantity
        A variable with its coordinates.

    Returns
    -------
    quantity : xarray.DataArray
        The same where nothing is left out, or no axis has all of it.
    note : str
        Empty where nothing is passed over.
    """
    if LEFT_OUT not in quantity.attrs:
        return quantity, ""
    missing = quantity.variable.isnull().compute()
    if not bool(missing.any()):
        return quantity, ""
    for axis in sorted(map(str, quantity.dims), key=lambda axis: not is_sampled(quantity, axis)):
        others = [dim for dim in quantity.dims if dim != axis]
        some = missing.any(others).values
        if not some.all() and (is_sampled(quantity, axis) or np.array_equal(some, missing.all(others).values)):
            note = f"passed over {int(some.sum()):,} of {some.size:,} points of {axis}: {quantity.attrs[LEFT_OUT]}"
            return quantity.isel({axis: np.flatnonzero(~some)}), note
    return quantity, ""

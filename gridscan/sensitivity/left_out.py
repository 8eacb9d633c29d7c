"""Questions about quantities of which a model left cells out, since they belong to combinations that are impossible."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.limits import DEFAULT
from gridscan.numerics.remaining_points import remaining_variances
from gridscan.numerics.streaming_moments import explained_variances
from gridscan.sensitivity.measures import is_sampled

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import xarray as xr
    from numpy.typing import NDArray

#: Attribute of a quantity of which cells are left out: how many, and why.
LEFT_OUT = "left_out"


@dataclass(frozen=True)
class Remaining:
    """A quantity, without cells that a model left out.

    Attributes
    ----------
    quantity
        The variable with its coordinates.
    note
        What was left out, or empty.
    gaps
        Whether cells are left out that are no whole points of an axis; they are NaN, and have no weight.
    """

    quantity: xr.DataArray
    note: str = ""
    gaps: bool = False

    def variances(
        self,
        values: xr.Variable,
        axes: list[str],
        subsets: Iterable[frozenset[str]],
        *,
        weights: Sequence[Mapping[str, NDArray[np.floating[Any]]]],
        held_bytes: int = DEFAULT.held_bytes,
    ) -> list[tuple[xr.Variable, dict[frozenset[str], xr.Variable]]]:
        """Return means over the cells that remain and explained variances.

        Parameters
        ----------
        values
            Of the quantity, or what is made of them.
        axes
            The dimensions that vary.
        subsets
            Sets of axes.
        weights
            Of the points of axes, by measure.
        held_bytes
            Memory [B] for means that are unfinished; where there are gaps, all values along the axes are held.

        Returns
        -------
        list
            See `gridscan.numerics.streaming_moments.explained_variances`.
        """
        if self.gaps:
            return remaining_variances(values, axes, subsets, weights=weights)
        return explained_variances(values, axes, subsets, weights=weights, held_bytes=held_bytes)


def without_left_out(quantity: xr.DataArray) -> Remaining:
    """Return a quantity without the cells that are left out, and a note on these.

    Draws at which any cell is left out are passed over as a whole, so that all answers are about the same draws; of
    other axes the one that loses fewest points, if the missing cells depend on it alone. Where several axes decide, the
    cells that remain have their own weights.

    Parameters
    ----------
    quantity
        A variable with its coordinates.

    Returns
    -------
    Remaining
        What is left; the same where nothing is left out, or more is missing than that.
    """
    said = str(quantity.attrs.get(LEFT_OUT, ""))
    missing = quantity.variable.isnull().compute() if said else None
    if missing is None or not bool(missing.any()):
        return Remaining(quantity)
    for axis in sorted(map(str, quantity.dims), key=lambda axis: not is_sampled(quantity, axis)):
        others = [dim for dim in quantity.dims if dim != axis]
        some = missing.any(others).values
        if not some.all() and (is_sampled(quantity, axis) or np.array_equal(some, missing.all(others).values)):
            note = f"passed over {int(some.sum()):,} of {some.size:,} points of {axis}: {said}"
            return Remaining(quantity.isel({axis: np.flatnonzero(~some)}), note)
    many = int(missing.sum())
    most = sum(int(number.replace(",", "")) for number in re.findall(r"([\d,]+) of [\d,]+ cells are left out", said))
    if many > most or many == missing.size:
        return Remaining(quantity)
    return Remaining(quantity, f"of the {missing.size - many:,} cells that remain: {said}", gaps=True)

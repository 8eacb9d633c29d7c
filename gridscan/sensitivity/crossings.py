"""Where along a numeric axis a quantity reaches a value; and where it does not, whether it is below or above.

As lazy as the quantity: a file larger than memory streams, block by block.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import xarray as xr

from gridscan.errors import SensitivityError, SensitivityWarning, warn
from gridscan.sensitivity.answers import answer, blockwise, finite, logarithm, masked
from gridscan.sensitivity.labelled import (
    certain_unit,
    in_unit_of,
    numeric_axis,
    one_value,
    quantity_of,
    said_of_units,
    sentence,
)
from gridscan.sensitivity.zipped import along_member

if TYPE_CHECKING:
    from numpy.typing import NDArray

Scale = Literal["linear", "log"]
#: Coordinate of an answer that says what was found in each cell.
OUTCOME = "outcome"
CROSSED = "crossed"
NEVER = "never reached"
ABOVE = "already above at the first point"
UNKNOWN = "not followed: without a number"
OUTCOMES = (CROSSED, NEVER, ABOVE, UNKNOWN)


def crossing(dataset: xr.Dataset, name: str, along: str, value: Any, scale: Scale = "linear") -> xr.DataArray:
    """Return where along a numeric axis a quantity first reaches a value, rising or falling.

    Parameters
    ----------
    dataset
        A result of gridscan, lazy or not.
    name
        The quantity y.
    along
        A numeric axis x of `name`; it is followed from its lowest to its highest value, in whatever order it is stored.
    value
        A number in the unit of the quantity, text such as ``"3 / yr"``, or a quantity of pint or astropy.
    scale
        ``"linear"``, or ``"log"`` to interpolate ln y over ln x: exact for a power law.

    Returns
    -------
    xarray.DataArray
        x in the unit of the axis, with the other dimensions of the quantity. NaN, without a warning, where there is
        none: the coordinate ``outcome`` says ``"crossed"``, ``"never reached"`` (y is below the value along the whole
        axis), ``"already above at the first point"`` (and along the whole axis) or ``"not followed: without a
        number"``.

    Raises
    ------
    SensitivityError
        If the quantity, the axis or the scale does not exist, the axis has labels, a repeated value or a single
        point, or ``"log"`` is asked where the axis or the value is not positive.
    UnitError
        If the value has a unit that the quantity does not have.

    Warns
    -----
    GridscanWarning
        If y reaches the value more than once in some cells, or is not finite (for ``"log"``: not positive) in some
        and the axis is not followed across them.

    Examples
    --------
    A flux of 1/d^2 falls to 1/9 at d = 3:

    >>> import xarray as xr
    >>> from gridscan.sensitivity.crossings import crossing
    >>> flux = ("distance", [1.0, 0.25, 0.0625], {"units": "cm-2 s-1"})
    >>> ds = xr.Dataset({"flux": flux}, {"distance": ("distance", [1.0, 2.0, 4.0], {"units": "kiloparsec"})})
    >>> round(float(crossing(ds, "flux", "distance", 1 / 9, scale="log")), 9)
    3.0

    It is above 0.05 all along, and never reaches 2:

    >>> [str(crossing(ds, "flux", "distance", value)["outcome"].values) for value in (0.05, 2)]
    ['already above at the first point', 'never reached']
    """
    if scale not in ("linear", "log"):
        raise SensitivityError(f"unknown scale {scale!r}; expected one of: linear, log")
    if OUTCOME in dataset.dims:
        raise SensitivityError(f"an axis named {OUTCOME!r} clashes with that of the answer; rename it in the dataset")
    y = quantity_of(along_member(dataset, name, along, numeric=True), name)
    value = one_value("value", value)
    x, level = numeric_axis(y, along), in_unit_of(y, value)
    _check_followable(x, level, along, scale)
    order = np.argsort(x)
    ascending = blockwise(logarithm if scale == "log" else finite, y.variable)
    ascending = masked(ascending, f"{name!r} is followed along {along!r} only where it is {_followed(scale)}")
    gap = ascending.isel({along: order}) - (np.log(level) if scale == "log" else level)
    arrivals = blockwise(
        _arrival,
        *(gap.isel({along: slice(None, -1)}), gap.isel({along: slice(1, None)})),
        *(xr.Variable(along, x[order][:-1]), xr.Variable(along, x[order][1:])),
        scale=scale,
    )
    at_start = blockwise(lambda gap_at_start: np.where(gap_at_start == 0, x[order][0], np.inf), gap.isel({along: 0}))
    number = (arrivals < np.inf).sum(along) + (at_start < np.inf)
    first = blockwise(np.minimum, arrivals.min(along, skipna=False), at_start)
    part = "cells" if first.chunks is None else "cells of a block"
    first = blockwise(_first, first, number, reason=f"{name!r} reaches {value!r} more than once", part=part)
    long_name = f"{sentence(y[along])} at which {sentence(y)} first reaches {value}"
    outcome = _outcome(first, gap, along, f"whether {sentence(y)} reaches {value}")
    remark = "; ".join(filter(None, [f"NaN where it does not: {OUTCOME} says why", said_of_units(y[along])]))
    coords = {**y.coords, OUTCOME: outcome}
    return answer(first, f"{name}_crossing", long_name, certain_unit(y[along]), coords, remark)


def _outcome(first: xr.Variable, gap: xr.Variable, along: str, long_name: str) -> xr.Variable:
    """Return in words what was found in each cell."""
    options: dict[str, Any] = {"dask": "parallelized", "output_dtypes": [f"<U{max(map(len, OUTCOMES))}"]}
    words: xr.Variable = xr.apply_ufunc(_words, first, (gap > 0).all(along), (gap < 0).all(along), **options)
    words.attrs = {"long_name": long_name}
    return words


def _words(first: NDArray[Any], above: NDArray[Any], below: NDArray[Any]) -> NDArray[Any]:
    return np.select([np.isfinite(first), below, above], [CROSSED, NEVER, ABOVE], UNKNOWN)


def _check_followable(x: NDArray[np.float64], level: float, along: str, scale: Scale) -> None:
    if x.size < 2:
        raise SensitivityError(f"a crossing needs an axis with two or more values; {along!r} has {x.size}")
    if not np.isfinite(level):
        raise SensitivityError(f"a crossing needs a finite value; found {level:g}")
    if scale == "log" and (x.min() <= 0 or level <= 0):
        found = f"axis {along!r} begins at {x.min():g}" if x.min() <= 0 else f"the value is {level:g}"
        raise SensitivityError(f"a crossing on a log scale needs positive numbers; {found}")


def _followed(scale: Scale) -> str:
    return "positive and finite" if scale == "log" else "finite"


def _arrival(
    left: NDArray[Any], right: NDArray[Any], x_left: NDArray[Any], x_right: NDArray[Any], scale: Scale
) -> NDArray[Any]:
    """Return where in each interval a gap closes, its left end excluded, so that a plateau counts once; inf if not."""
    closes = np.sign(left) * np.sign(right) < 0
    fraction = np.divide(left, left - right, out=np.zeros(closes.shape), where=closes)
    between = x_left * (x_right / x_left) ** fraction if scale == "log" else x_left + fraction * (x_right - x_left)
    return np.where((right == 0) & (left != 0), x_right, np.where(closes, between, np.inf))


def _first(first: NDArray[Any], number: NDArray[Any], reason: str, part: str) -> NDArray[Any]:
    several = int((number > 1).sum())
    if several:
        message = f"{reason} in {several} of {first.size} {part}; the first crossing is given"
        warn(message, SensitivityWarning)
    return np.where(first < np.inf, first, np.nan)

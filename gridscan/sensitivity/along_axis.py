"""Response of a quantity to one axis: slope, elasticity, contrast to a reference.

Every answer is labelled, has its unit, and is as lazy as the quantity. An axis may be divided into chunks, so files
larger than memory stream: each block reads for itself the blocks that it is compared with. A cell without an answer is
NaN, and a GridscanWarning counts such cells: at once for numpy, block by block for dask when it is computed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import xarray as xr

from gridscan.errors import SensitivityError, SensitivityWarning, listed, nearest, warn
from gridscan.numerics.block_reader import reread
from gridscan.sensitivity.answers import answer, blockwise, finite, logarithm, masked
from gridscan.sensitivity.labelled import (
    certain_unit,
    check_axis,
    numeric_axis,
    one_value,
    position_on,
    quantity_of,
    said_of_units,
    sentence,
)
from gridscan.sensitivity.zipped import along_member
from gridscan.units import registry

if TYPE_CHECKING:
    from numpy.typing import NDArray

Kind = Literal["ratio", "difference", "log"]


def elasticity(dataset: xr.Dataset, name: str, along: str) -> xr.DataArray:
    """Return the elasticity of a quantity: the power with which it follows an axis at each of its points.

    Parameters
    ----------
    dataset
        A result of gridscan, lazy or not.
    name
        The quantity y.
    along
        A numeric axis x of `name`, or a parameter that varies along a zipped one; its values may be unevenly spaced
        and unsorted.

    Returns
    -------
    xarray.DataArray
        d ln y/d ln x, dimensionless, with the dimensions of the quantity. NaN where x <= 0, and where y is zero,
        negative or not finite in the cell or in a neighbour that its slope is taken from.

    Raises
    ------
    SensitivityError
        If the quantity or the axis does not exist, or the axis has labels, a repeated value, or fewer than two
        positive values.

    Warns
    -----
    GridscanWarning
        If cells are NaN (with their number), or the axis has two points and the slope is of first order only.

    Notes
    -----
    The slope of the parabola through a point and its two neighbours in (ln x, ln y), at the ends through the last
    three points: second order everywhere, and exact for a power law.
    Source: differentiation of the Lagrange polynomial.

    Examples
    --------
    >>> import xarray as xr
    >>> from gridscan.sensitivity.along_axis import elasticity
    >>> flux = ("distance", [4.0, 1.0, 0.25], {"units": "cm-2 s-1"})
    >>> ds = xr.Dataset({"flux": flux}, {"distance": ("distance", [1.0, 2.0, 4.0], {"units": "kiloparsec"})})
    >>> elasticity(ds, "flux", "distance").values.round(12)
    array([-2., -2., -2.])
    """
    y = quantity_of(along_member(dataset, name, along, numeric=True), name)
    x = numeric_axis(y, along)
    positive = x > 0
    if positive.sum() < 2:
        found = f"{along!r} has {int(positive.sum())} of {x.size}"
        raise SensitivityError(f"the elasticity of {name!r} needs an axis with two or more positive values; {found}")
    slope = _slope(blockwise(logarithm, y.variable), along, np.log(np.where(positive, x, 1.0)), positive)
    slope = masked(
        slope,
        f"the elasticity of {name!r} needs {along!r} and {name!r} positive and finite, also in neighbouring cells",
    )
    long_name = f"elasticity of {sentence(y)} to {sentence(y[along])}"
    return answer(slope, f"{name}_elasticity", long_name, registry.dimensionless, y.coords)


def derivative(dataset: xr.Dataset, name: str, along: str) -> xr.DataArray:
    """Return the slope of a quantity along a numeric axis.

    Parameters
    ----------
    dataset
        A result of gridscan, lazy or not.
    name
        The quantity y.
    along
        A numeric axis x of `name`, or a parameter that varies along a zipped one; its values may be unevenly spaced
        and unsorted.

    Returns
    -------
    xarray.DataArray
        dy/dx in the unit of y over that of x, with the dimensions of the quantity. NaN where y is not finite in the
        cell or in a neighbour that its slope is taken from.

    Raises
    ------
    SensitivityError
        If the quantity or the axis does not exist, or the axis has labels, a repeated value, or a single point.
    UnitError
        If the unit of the quantity or of the axis cannot be read.

    Warns
    -----
    GridscanWarning
        If cells are NaN (with their number), the axis has two points and the slope is of first order only, or a unit is
        not certain, because the variable was computed from others: the answer then has none.

    Notes
    -----
    The slope of the parabola through a point and its two neighbours, at the ends through the last three points:
    second order on any spacing, and exact for a polynomial of second degree.
    Source: differentiation of the Lagrange polynomial.

    Examples
    --------
    >>> import xarray as xr
    >>> from gridscan.sensitivity.along_axis import derivative
    >>> height = ("time", [0.0, 1.0, 9.0], {"units": "m"})
    >>> ds = xr.Dataset({"height": height}, {"time": ("time", [0.0, 1.0, 3.0], {"units": "s"})})
    >>> slope = derivative(ds, "height", "time")
    >>> slope.values, slope.attrs["units"]
    (array([0., 2., 6.]), 'm s^-1')
    """
    y = quantity_of(along_member(dataset, name, along, numeric=True), name)
    x = numeric_axis(y, along)
    if x.size < 2:
        raise SensitivityError(f"the slope of {name!r} needs an axis with two or more values; {along!r} has {x.size}")
    slope = _slope(blockwise(finite, y.variable), along, x, np.full(x.shape, True))
    slope = masked(slope, f"the slope of {name!r} along {along!r} needs {name!r} finite, also in neighbouring cells")
    long_name = f"derivative of {sentence(y)} with respect to {sentence(y[along])}"
    unit = certain_unit(y, y[along])
    return answer(slope, f"{name}_derivative", long_name, unit, y.coords, said_of_units(y, y[along]))


def contrast(dataset: xr.Dataset, name: str, along: str, reference: Any, kind: Kind = "ratio") -> xr.DataArray:
    """Return a quantity relative to its value at one label, or one number, of an axis.

    Parameters
    ----------
    dataset
        A result of gridscan, lazy or not.
    name
        The quantity y.
    along
        An axis of `name`, of labels or of numbers.
    reference
        A label, a number in the unit of the axis, text such as ``"2 kpc"``, or a quantity; it has to be on the axis.
    kind
        ``"ratio"`` y/y_ref, ``"difference"`` y - y_ref, or ``"log"`` ln(y/y_ref).

    Returns
    -------
    xarray.DataArray
        With the dimensions of the quantity; in the unit of y for a difference, dimensionless otherwise. NaN where it
        is not defined: y_ref = 0, for ``"log"`` also y <= 0 or y_ref <= 0, and wherever y or y_ref is not finite.

    Raises
    ------
    SensitivityError
        If the quantity, the axis, the reference or the kind does not exist.
    UnitError
        If the reference has a unit that the axis does not have, or the unit of the quantity cannot be read.

    Warns
    -----
    GridscanWarning
        If cells are NaN, with their number.

    Examples
    --------
    >>> import xarray as xr
    >>> from gridscan.sensitivity.along_axis import contrast
    >>> ds = xr.Dataset({"events": ("imf", [2.0, 6.0], {"units": "1"})}, {"imf": ["kroupa", "top-heavy"]})
    >>> contrast(ds, "events", "imf", "kroupa").values
    array([1., 3.])
    """
    kinds = {"ratio": _ratio, "difference": _difference, "log": _log_ratio}
    if kind not in kinds:
        raise SensitivityError(f"unknown kind {kind!r}{nearest(str(kind), kinds)}; expected one of: {listed(kinds)}")
    y = quantity_of(along_member(dataset, name, along, numeric=False), name)
    reference = one_value("reference", reference)
    check_axis(y, along)
    at_reference = reread(y.variable, along, np.full(y.sizes[along], position_on(y, along, reference)))
    values = blockwise(kinds[kind], y.variable, at_reference)
    values = masked(values, f"the {kind} of {name!r} to {along} {reference!r} is not defined there")
    unit = certain_unit(y) if kind == "difference" else registry.dimensionless
    words = {"ratio": "ratio of {}", "difference": "difference of {}", "log": "natural logarithm of the ratio of {}"}
    long_name = f"{words[kind].format(sentence(y))} to that at {along} {reference}"
    stated = said_of_units(y) if kind == "difference" else None
    return answer(values, f"{name}_{kind}", long_name, unit, y.coords, stated)


def _slope(variable: xr.Variable, along: str, x: NDArray[np.float64], usable: NDArray[np.bool_]) -> xr.Variable:
    neighbours, weights = _stencil(x, usable)
    if neighbours.shape[1] < 2:
        message = f"axis {along!r} has two points: its slope is of first order and the same at both"
        warn(message, SensitivityWarning)
    # Weighted differences to the point itself, not weighted values: the slope of a constant is zero to the last bit.
    terms = [
        (reread(variable, along, neighbours[:, k]) - variable) * xr.Variable(along, weights[:, k])
        for k in range(neighbours.shape[1])
    ]
    return sum(terms[1:], start=terms[0])


def _stencil(x: NDArray[np.float64], usable: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return for each point the two others its slope is taken from (n, 2), and the weights of the differences to them.

    The neighbours, at an end the next two, or the only other of two points. The weights are the derivatives of the
    Lagrange polynomials through the point and the others; NaN if unusable.
    """
    ascending = np.flatnonzero(usable)[np.argsort(x[usable])]
    width = min(3, ascending.size)
    rank = np.zeros(x.size, dtype=np.intp)
    rank[ascending] = np.arange(ascending.size)
    first = np.clip(rank - 1, 0, ascending.size - width)
    ranks = first[:, None] + np.arange(width)
    others = ascending[ranks[ranks != rank[:, None]].reshape(x.size, width - 1)]
    steps = x[others[usable]] - x[usable, None]
    weights = np.full(others.shape, np.nan)
    weights[usable] = 1 / steps if width == 2 else steps[:, ::-1] / (steps * (steps[:, ::-1] - steps))
    return others, weights


def _ratio(values: NDArray[Any], reference: NDArray[Any]) -> NDArray[Any]:
    return finite(values) / np.where(reference == 0, np.nan, finite(reference))


def _difference(values: NDArray[Any], reference: NDArray[Any]) -> NDArray[Any]:
    difference: NDArray[Any] = finite(values) - finite(reference)
    return difference


def _log_ratio(values: NDArray[Any], reference: NDArray[Any]) -> NDArray[Any]:
    log_ratio: NDArray[Any] = logarithm(values) - logarithm(reference)
    return log_ratio

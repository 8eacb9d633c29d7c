"""Analysis of variance on the full factorial grid: which axis matters most.

Every grid point has the same weight: the points of an axis are its distribution, so an axis spaced geometrically stands
for a quantity known to within a factor. Nothing is sampled; every share follows from means and variances along
dimensions. Dask arrays stay lazy and are streamed: compute all results together, which takes no longer than one. That
reads the quantity once, or a few times if many axes are divided into many chunks, and holds some hundred megabytes of
means at most, never the array.
"""

from __future__ import annotations

import itertools
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from gridscan.errors import GridscanWarning, SensitivityError, listed
from gridscan.limits import DEFAULT
from gridscan.numerics.streaming_moments import explained_variances
from gridscan.sensitivity.answers import answer, blockwise, scenario_attributes
from gridscan.sensitivity.labelled import (
    certain_unit,
    check_axis,
    is_numeric,
    quantity_of,
    sentence,
)
from gridscan.units import registry

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import NDArray

# n evenly spaced points, ends included, have (n + 1)/(n - 1) times the variance of the interval that they represent. Of
# two equally important axes, one fine and one of n points, the coarse one gets a share too high by 1/(2 n): 0.05 at ten
# points. The Ishigami function, with all axes equally coarse, is off by 0.10 at ten points, 0.05 at 20, 0.03 at 41.
FEWEST_POINTS = 10

# A smaller relative spread is rounding, and its shares would be noise.
_ROUNDING = 4 * np.finfo(float).eps

_CAUSES = {
    "first_order": "the axis alone",
    "total": "the axis and all its interactions",
    "pairwise": "the interaction of the two axes",
    "higher_order": "interactions of three and more axes",
}


def variance_shares(
    dataset: xr.Dataset,
    name: str,
    over: str | Sequence[str] | None = None,
    log: bool = False,
    *,
    held_bytes: int = DEFAULT.held_bytes,
) -> xr.Dataset:
    """Divide the variance of a quantity over the grid among its axes and their interactions (Sobol indices).

    Parameters
    ----------
    dataset
        A result of gridscan, lazy or not.
    name
        The quantity y.
    over
        The axes that vary; the others stay as dimensions of the result. By default all.
    log
        Whether to analyse ln y: the natural choice for a product of factors that span decades.
    held_bytes
        Memory [B] for means that are unfinished, beside the blocks that are read.

    Returns
    -------
    xarray.Dataset
        Dimensionless shares: ``first_order`` (axis), of the axis alone; ``total`` (axis), of the axis and all its
        interactions; ``pairwise`` (axis, axis_2), of the interaction of two axes, symmetric, and zero on the
        diagonal; ``higher_order``, of interactions of three and more. first_order + the pairs (each once) +
        higher_order is 1. ``mean`` and ``variance`` of the quantity with their units. Shares below zero by rounding
        are zero; where the quantity is constant, all are zero.

    Raises
    ------
    SensitivityError
        If the quantity or an axis does not exist, there is no axis, or (when computed) a value is not finite or, with
        `log`, not positive.
    UnitError
        If the unit of the quantity cannot be read.

    Warns
    -----
    GridscanWarning
        If a numeric axis has fewer than ten points: its shares are then off by 0.05 or more from those of a
        continuous axis. Labels are complete, and never too few. Also if the quantity is constant in some cells.

    Notes
    -----
    With V the variance over all axes, and E and Var over the grid,

        first_order_i = Var(E[y | i])/V
        pairwise_ij   = Var(E[y | i, j])/V - first_order_i - first_order_j
        total_i       = 1 - Var(E[y | all axes but i])/V

    Source: I. M. Sobol', Math. Comput. Simul. 55, 271 (2001); T. Homma and A. Saltelli, Reliab. Eng. Syst. Saf. 52, 1
    (1996).

    Examples
    --------
    y = a + 2 b of two labels each: the variances are 1/4 and 4/4.

    >>> import xarray as xr
    >>> from gridscan.sensitivity.variance import variance_shares
    >>> y = (("a", "b"), [[0.0, 2.0], [1.0, 3.0]], {"units": "1"})
    >>> shares = variance_shares(xr.Dataset({"y": y}, {"a": ["low", "high"], "b": ["low", "high"]}), "y")
    >>> shares["first_order"].values, float(shares["variance"])
    (array([0.2, 0.8]), 1.25)
    """
    y = quantity_of(dataset, name)
    axes = _varied(y, over)
    one = registry.dimensionless
    unit = one if log else certain_unit(y)
    moments = _moments(_checked(y, log), axes, 1.0 if log else 0.0, held_bytes)
    subject = f"ln({sentence(y)})" if log else sentence(y)
    labels = {
        **{key: (f"share of the variance of {subject} due to {cause}", one) for key, cause in _CAUSES.items()},
        "mean": (f"mean of {subject} over {', '.join(axes)}", unit),
        "variance": (f"variance of {subject} over {', '.join(axes)}", None if unit is None else unit * unit),
    }
    coords = {**y.coords, **_axis_coordinates(axes)}
    parts = {key: answer(moments[key], key, *label, coords=coords) for key, label in labels.items()}
    return xr.Dataset(parts, attrs=scenario_attributes(dataset))


def rank(dataset: xr.Dataset, name: str, over: str | Sequence[str] | None = None, log: bool = False) -> xr.DataArray:
    """Return the axes of a quantity in the order in which they matter: the highest total share of the variance first.

    Parameters
    ----------
    dataset
        A result of gridscan, lazy or not.
    name
        The quantity y.
    over
        The axes that vary; the others stay as dimensions of the result. By default all.
    log
        Whether to analyse ln y.

    Returns
    -------
    xarray.DataArray
        ``total`` along ``axis``, dimensionless; where `over` leaves other dimensions, the order is that of the mean
        over them. It is computed, also for dask: an order cannot be lazy.

    Raises
    ------
    SensitivityError
        If the quantity or an axis does not exist, there is no axis, or a value is not finite or, with `log`, not
        positive.
    UnitError
        If the unit of the quantity cannot be read.

    Warns
    -----
    GridscanWarning
        If a numeric axis has fewer than ten points, or the quantity is constant in some cells.

    Notes
    -----
    See `variance_shares`. Source: T. Homma and A. Saltelli, Reliab. Eng. Syst. Saf. 52, 1 (1996).

    Examples
    --------
    >>> import xarray as xr
    >>> from gridscan.sensitivity.variance import rank
    >>> y = (("a", "b"), [[0.0, 2.0], [1.0, 3.0]], {"units": "1"})
    >>> rank(xr.Dataset({"y": y}, {"a": ["low", "high"], "b": ["low", "high"]}), "y")["axis"].values.tolist()
    ['b', 'a']
    """
    total = variance_shares(dataset, name, over, log)["total"].compute()
    mean = total.mean([dimension for dimension in total.dims if dimension != "axis"])
    return total.isel(axis=np.argsort(-mean.values, kind="stable"))


def _varied(y: xr.DataArray, over: str | Sequence[str] | None) -> list[str]:
    wanted = [over] if isinstance(over, str) else [str(axis) for axis in (y.dims if over is None else over)]
    for axis in wanted:
        check_axis(y, axis)
    axes = list(dict.fromkeys(wanted))
    if not axes:
        raise SensitivityError(
            f"the variance of {y.name!r} needs an axis to vary along; its axes are: {listed(map(str, y.dims))}"
        )
    kept = {"axis", "axis_2"} & (set(y.dims) - set(axes))
    if kept:
        raise SensitivityError(f"an axis named {kept.pop()!r} clashes with one of the result; rename it in the dataset")
    coarse = [f"{axis} ({y.sizes[axis]})" for axis in axes if is_numeric(y, axis) and 1 < y.sizes[axis] < FEWEST_POINTS]
    if coarse:
        verb = "has" if len(coarse) == 1 else "have"
        bias = f"fewer than {FEWEST_POINTS} points, so shares are off by 0.05 or more"
        message = (
            f"the shares of {y.name!r} are those of the grid, not of a continuous axis: {listed(coarse)} {verb} {bias}"
        )
        warnings.warn(message, GridscanWarning, stacklevel=3)
    return axes


def _axis_coordinates(axes: list[str]) -> dict[Hashable, xr.DataArray]:
    return {
        "axis": xr.DataArray(axes, dims="axis", attrs={"long_name": "axis"}),
        "axis_2": xr.DataArray(axes, dims="axis_2", attrs={"long_name": "axis it interacts with"}),
    }


def _moments(values: xr.Variable, axes: list[str], unity: float, held_bytes: int) -> dict[str, xr.Variable]:
    whole = frozenset(axes)
    subsets = [frozenset(some) for number in (1, 2) for some in itertools.combinations(axes, number)]
    wanted = [whole, *subsets, *(whole - {axis} for axis in axes)]
    mean, explained = explained_variances(values, axes, wanted, held_bytes=held_bytes)
    variance = blockwise(_not_constant, explained[whole], mean, unity=unity)

    alone = {axis: blockwise(_share, explained[frozenset({axis})], variance) for axis in axes}
    pairs = {
        frozenset({a, b}): blockwise(_share, explained[frozenset({a, b})], variance, alone[a], alone[b])
        for a, b in itertools.combinations(axes, 2)
    }
    # The part that the other axes together do not explain.
    others = [blockwise(_share, explained[whole - {axis}], variance) for axis in axes]
    total = [blockwise(_share, variance, variance, part) for part in others]
    none = xr.zeros_like(variance)
    rows = [[none if a == b else pairs[frozenset({a, b})] for b in axes] for a in axes]
    return {
        "first_order": xr.Variable.concat(list(alone.values()), "axis"),
        "total": xr.Variable.concat(total, "axis"),
        "pairwise": xr.Variable.concat([xr.Variable.concat(row, "axis_2") for row in rows], "axis"),
        "higher_order": blockwise(_share, variance, variance, *alone.values(), *pairs.values()),
        "mean": mean,
        "variance": variance,
    }


def _checked(y: xr.DataArray, log: bool) -> xr.Variable:
    return blockwise(_log_or_refuse if log else _finite_or_refuse, y.variable, name=str(y.name))


def _finite_or_refuse(values: NDArray[Any], name: str) -> NDArray[Any]:
    wrong = ~np.isfinite(values)
    if wrong.any():
        found = f"{int(wrong.sum())} of {values.size} are not finite"
        raise SensitivityError(f"the variance of {name!r} needs finite values; {found}: select the cells to analyse")
    return values


def _log_or_refuse(values: NDArray[Any], name: str) -> NDArray[Any]:
    wrong = ~(np.isfinite(values) & (values > 0))
    if wrong.any():
        found = f"{int(wrong.sum())} of {values.size} are not"
        raise SensitivityError(f"the variance of ln({name}) needs positive, finite values; {found}; use log=False")
    logarithm: NDArray[Any] = np.log(values)
    return logarithm


def _not_constant(variance: NDArray[Any], mean: NDArray[Any], unity: float) -> NDArray[Any]:
    constant = np.sqrt(variance) <= _ROUNDING * np.maximum(np.abs(mean), unity)
    if constant.any():
        message = f"the quantity is constant in {int(constant.sum())} of {variance.size} cells; all its shares are zero"
        warnings.warn(message, GridscanWarning, stacklevel=2)
    return np.where(constant, 0.0, variance)


def _share(part: NDArray[Any], variance: NDArray[Any], *explained: NDArray[Any]) -> NDArray[Any]:
    """Return the share of a part minus the shares given; rounding below zero is cut off."""
    share = np.divide(part, variance, out=np.zeros(np.shape(variance)), where=variance > 0)
    rest: NDArray[Any] = np.maximum(share - sum(explained), 0.0)
    return rest

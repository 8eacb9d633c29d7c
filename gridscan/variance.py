"""Which axis matters most: the exact analysis of variance of a quantity on its full factorial grid.

Every grid point has the same weight: the points of an axis are its distribution, so that an axis that is spaced
geometrically stands for a quantity known to a factor. Nothing is sampled; every share is made of means and variances
along dimensions. Dask arrays stay lazy and are read in streams. Computing all results together reads the quantity
once, and once more for each axis that is divided into chunks if several are: then memory holds some rows of chunks,
never the array.
"""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import xarray as xr
from dask.graph_manipulation import clone
from numpy.typing import NDArray

from gridscan.errors import GridscanWarning, SensitivityError, listed
from gridscan.labelled import (
    answer,
    blockwise,
    check_axis,
    is_numeric,
    quantity_of,
    scenario_attributes,
    sentence,
    unit_known,
)
from gridscan.units import registry

# n evenly spaced points, ends included, have (n + 1)/(n - 1) times the variance of the interval they stand for. Of two
# axes that matter the same, one fine and one of n points, the coarse one is given a share too high by 1/(2 n): 0.05 at
# ten points. The Ishigami function, with all axes as coarse, is 0.10 off at ten points, 0.05 at 20, 0.03 at 41.
FEWEST_POINTS = 10

# A spread of fewer units in the last place than this is rounding, and its shares would be noise.
_ROUNDING = 4 * np.finfo(float).eps

_CAUSES = {
    "first_order": "the axis alone",
    "total": "the axis and all its interactions",
    "pairwise": "the interaction of the two axes",
    "higher_order": "interactions of three and more axes",
}


def variance_shares(
    dataset: xr.Dataset, name: str, over: str | Sequence[str] | None = None, log: bool = False
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

    Returns
    -------
    Dataset
        Dimensionless shares: ``first_order`` (axis), of the axis alone; ``total`` (axis), of the axis and all its
        interactions; ``pairwise`` (axis, axis_2), of the interaction of two axes, symmetric, and zero on the
        diagonal; ``higher_order``, of interactions of three and more. first_order + the pairs (each once) +
        higher_order is 1. ``mean`` and ``variance`` of the quantity with their units. Shares below zero by rounding
        are zero; where the quantity is constant, all are zero.

    Warns
    -----
    GridscanWarning
        If a numeric axis has fewer than ten points: its shares are then 0.05 and more away from those of a continuous
        axis. Labels are all there is, and never too few. Also if the quantity is constant in some cells.

    Raises
    ------
    SensitivityError
        If the quantity or an axis does not exist, there is no axis, or (when computed) a value is not finite or, with
        `log`, not positive.
    UnitError
        If the quantity does not say its unit.

    Notes
    -----
    With V the variance over all axes, and E and Var over the grid,

        first_order_i = Var(E[y | i]) / V
        pairwise_ij   = Var(E[y | i, j]) / V - first_order_i - first_order_j
        total_i       = 1 - Var(E[y | all axes but i]) / V

    Source: I. M. Sobol', Math. Comput. Simul. 55, 271 (2001); T. Homma and A. Saltelli, Reliab. Eng. Syst. Saf. 52, 1
    (1996).
    """
    y = quantity_of(dataset, name)
    axes = _varied(y, over)
    one = registry.dimensionless
    unit = one if log else unit_known(y)
    values = _checked(y, log)
    # Differences to the first point of the grid: a small spread around a large value loses no digits.
    first: dict[str, int] = dict.fromkeys(axes, 0)
    origin = values.isel(first)
    deviation = values - origin
    moments = _moments(deviation, axes, origin, 1.0 if log else 0.0)
    subject = f"ln({sentence(y)})" if log else sentence(y)
    labels = {
        **{key: (f"share of the variance of {subject} due to {cause}", one) for key, cause in _CAUSES.items()},
        "mean": (f"mean of {subject} over {', '.join(axes)}", unit),
        "variance": (f"variance of {subject} over {', '.join(axes)}", unit * unit),
    }
    coords = {**y.coords, **_axis_coordinates(axes)}
    parts = {key: answer(moments[key], key, *label, coords=coords) for key, label in labels.items()}
    return xr.Dataset(parts, attrs=scenario_attributes(dataset))


def rank(dataset: xr.Dataset, name: str, over: str | Sequence[str] | None = None, log: bool = False) -> xr.DataArray:
    """Return the axes of a quantity in the order in which they matter: the highest total share of the variance first.

    Parameters
    ----------
    dataset, name, over, log
        As for `variance_shares`.

    Returns
    -------
    DataArray
        ``total`` along ``axis``, dimensionless; where `over` leaves other dimensions, the order is that of the mean
        over them. It is computed, also for dask: an order cannot be lazy.

    Warns
    -----
    GridscanWarning
        As `variance_shares`.

    Raises
    ------
    SensitivityError, UnitError
        As `variance_shares`.
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
        raise SensitivityError(f"an axis named {kept.pop()!r} cannot stay beside the shares; rename it in the dataset")
    coarse = [f"{axis} ({y.sizes[axis]})" for axis in axes if is_numeric(y, axis) and 1 < y.sizes[axis] < FEWEST_POINTS]
    if coarse:
        bias = f"fewer than {FEWEST_POINTS} points, so that shares are off by 0.05 and more"
        message = (
            f"the shares of {y.name!r} are those of the grid, not of a continuous axis: {listed(coarse)} has {bias}"
        )
        warnings.warn(message, GridscanWarning, stacklevel=3)
    return axes


def _axis_coordinates(axes: list[str]) -> dict[Hashable, xr.DataArray]:
    return {
        "axis": xr.DataArray(axes, dims="axis", attrs={"long_name": "axis"}),
        "axis_2": xr.DataArray(axes, dims="axis_2", attrs={"long_name": "axis it interacts with"}),
    }


def _moments(deviation: xr.Variable, axes: list[str], origin: xr.Variable, unity: float) -> dict[str, xr.Variable]:
    streams = _streams(deviation, axes)
    pair_means = {
        pair: _mean(deviation if len(axes) != 3 else streams[others[0]], others)
        for pair in itertools.combinations(axes, 2)
        for others in [[axis for axis in axes if axis not in pair]]
    }
    # A mean of means is the mean: every row of a full grid is as long as the others.
    first_means = {a: _mean(pair_means[a, b], [b]) for a, b in pair_means}
    first_means |= {b: _mean(pair_means[a, b], [a]) for a, b in pair_means if b not in first_means}
    first_means = first_means or {axes[0]: deviation}
    mean = origin + _mean(first_means[axes[0]], axes[:1])
    variance = blockwise(_not_constant, _variance(deviation, axes), mean, unity=unity)

    alone = {axis: blockwise(_share, _variance(first_means[axis], [axis]), variance) for axis in axes}
    pairs = {
        (a, b): blockwise(_share, _variance(both, [a, b]), variance, alone[a], alone[b])
        for (a, b), both in pair_means.items()
    }
    # All but what the other axes explain together: as sums along one axis it needs no sums of squares on the way.
    rest = {axis: [other for other in axes if other != axis] for axis in axes}
    others = [blockwise(_share, _variance(_mean(streams[axis], [axis]), rest[axis]), variance) for axis in axes]
    total = [blockwise(_share, variance, variance, explained) for explained in others]
    none = xr.zeros_like(variance)
    rows = [[none if a == b else pairs[(a, b) if (a, b) in pairs else (b, a)] for b in axes] for a in axes]
    return {
        "first_order": xr.Variable.concat(list(alone.values()), "axis"),
        "total": xr.Variable.concat(total, "axis"),
        "pairwise": xr.Variable.concat([xr.Variable.concat(row, "axis_2") for row in rows], "axis"),
        "higher_order": blockwise(_share, variance, variance, *alone.values(), *pairs.values()),
        "mean": mean,
        "variance": variance,
    }


def _streams(deviation: xr.Variable, axes: list[str]) -> dict[str, xr.Variable]:
    """Return the same values for each axis, with a graph of their own where the axis is divided into chunks.

    A mean along such an axis holds its chunks until the last of them is there. If two of these shared their chunks,
    either would keep those that the other waits for, which is the whole array.
    """
    divided = [axis for axis in axes if len(deviation.chunksizes.get(axis, ())) > 1]
    if len(divided) < 2:
        return dict.fromkeys(axes, deviation)
    own = {axis: xr.Variable(deviation.dims, clone(deviation.data)) for axis in divided}
    return {axis: own.get(axis, deviation) for axis in axes}


def _mean(variable: xr.Variable, over: list[str]) -> xr.Variable:
    # Dask's own mean carries an array of counts beside that of the sums.
    return variable.sum(over, skipna=False) / math.prod(variable.sizes[axis] for axis in over)


def _variance(variable: xr.Variable, over: list[str]) -> xr.Variable:
    return variable.var(over, skipna=False) if over else xr.zeros_like(variable)


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
    return np.log(values)


def _not_constant(variance: NDArray[Any], mean: NDArray[Any], unity: float) -> NDArray[Any]:
    constant = np.sqrt(variance) <= _ROUNDING * np.maximum(np.abs(mean), unity)
    if constant.any():
        message = f"the quantity is constant in {int(constant.sum())} of {variance.size} cells; all its shares are zero"
        warnings.warn(message, GridscanWarning, stacklevel=2)
    return np.where(constant, 0.0, variance)


def _share(part: NDArray[Any], variance: NDArray[Any], *explained: NDArray[Any]) -> NDArray[Any]:
    """Return the share of a part beyond what is explained already; differences of rounding below zero are zero."""
    share = np.divide(part, variance, out=np.zeros(np.shape(variance)), where=variance > 0)
    return np.maximum(share - sum(explained), 0.0)

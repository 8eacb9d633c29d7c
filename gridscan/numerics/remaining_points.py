"""Variances of conditional means on a grid of which points are missing, by the weights of those that remain."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["remaining_variances"]

_FOUND = "remaining_variances"


def remaining_variances(
    values: xr.Variable,
    axes: list[str],
    subsets: Iterable[frozenset[str]],
    *,
    weights: Sequence[Mapping[str, NDArray[np.floating[Any]]]] = ({},),
) -> list[tuple[xr.Variable, dict[frozenset[str], xr.Variable]]]:
    """Return the mean over the points that remain, and how much of the variance over them subsets of axes explain.

    Parameters
    ----------
    values
        Numbers y, numpy or dask; NaN where there is no point.
    axes
        The dimensions that vary.
    subsets
        Sets S of axes; the set of all axes explains everything.
    weights
        Measures to use, one after the other: in each the weights of the points of axes; of the axes that it leaves out
        all points weigh the same.

    Returns
    -------
    list of (mean, variances)
        As those of `gridscan.numerics.streaming_moments.explained_variances`; NaN where no point remains. All values
        along the axes are in memory at once.

    Notes
    -----
    With the product w of the weights of a point and W their sum over the points that remain, E[y] = Σ w y/W, and
    Var(E[y | S]) = Σ_S w_S (E[y | S] - E[y])²/W, where w_S is the sum of w over the other axes. What remains is no
    product of axes: explained variances of two axes can sum to more than that of both.

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> from gridscan.numerics.remaining_points import remaining_variances
    >>> y = xr.Variable(("a", "b"), [[0.0, np.nan], [1.0, 5.0]])
    >>> [(mean, variances)] = remaining_variances(y, ["a", "b"], [frozenset("a"), frozenset("ab")])
    >>> float(mean), [round(float(variance), 6) for variance in variances.values()]
    (2.0, [2.0, 4.666667])
    """
    wanted = list(dict.fromkeys(subsets))
    sizes = dict(zip(values.dims, values.shape, strict=True))
    measures: list[NDArray[Any]] = []
    for measure in weights:
        of_axes = [np.asarray(measure.get(axis, np.full(sizes[axis], 1.0 / sizes[axis])), dtype=float) for axis in axes]
        measures.append(functools.reduce(np.multiply.outer, of_axes, np.ones(())))
    numbered = [tuple(axis not in subset for axis in axes) for subset in wanted]
    rows = len(measures) * (1 + len(wanted))
    found = xr.apply_ufunc(
        _of_block,
        values,
        kwargs={"measures": measures, "left": numbered},
        input_core_dims=[axes],
        output_core_dims=[[_FOUND]],
        dask="parallelized",
        dask_gufunc_kwargs={"output_sizes": {_FOUND: rows}, "allow_rechunk": True},
        output_dtypes=[float],
    )
    parts = [found.isel({_FOUND: row}) for row in range(rows)]
    starts = range(0, rows, 1 + len(wanted))
    return [(parts[at], dict(zip(wanted, parts[at + 1 : at + 1 + len(wanted)], strict=True))) for at in starts]


def _of_block(
    values: NDArray[Any], measures: list[NDArray[Any]], left: list[tuple[bool, ...]]
) -> NDArray[np.floating[Any]]:
    """Return mean and variances for each measure, along a last axis; the axes that vary are the last of the values."""
    some = np.isfinite(values)
    known = np.where(some, values, 0.0)
    many = measures[0].ndim
    axes = tuple(range(values.ndim - many, values.ndim))
    found = []
    for measure in measures:
        weight = np.where(some, measure, 0.0)
        whole = weight.sum(axes, keepdims=True)
        mean = _ratio((weight * known).sum(axes, keepdims=True), whole)
        found.append(mean)
        for others in left:
            summed = tuple(axis for axis, is_other in zip(axes, others, strict=True) if is_other)
            own = weight.sum(summed, keepdims=True)
            apart = _ratio((weight * np.where(some, known - mean, 0.0)).sum(summed, keepdims=True), own)
            found.append(_ratio(np.where(own > 0.0, own * apart**2, 0.0).sum(axes, keepdims=True), whole))
    return np.stack([part.reshape(values.shape[: values.ndim - many]) for part in found], axis=-1)


def _ratio(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[Any]:
    ratio: NDArray[Any] = np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=whole > 0.0)
    return ratio

"""Shares of the variance of each parameter among those that were drawn together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from gridscan.errors import SensitivityError
from gridscan.numerics.given_data import draws_needed, unexplained
from gridscan.sensitivity.answers import blockwise
from gridscan.sensitivity.zipped import members_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridscan.sensitivity.left_out import Remaining
    from gridscan.sensitivity.measures import AxisMeasure

_NEW, _MEMBER = "gridscan_member", "member"
CAUSES = {
    "member_first_order": "the parameter alone",
    "member_total": "the parameter and all its interactions that the regression finds",
    "member_unexplained": "what polynomials of the parameters and of pairs of them leave",
}


def drawn_members(y: xr.DataArray, measures: list[AxisMeasure]) -> list[str]:
    """Return the parameters that were drawn along one of the axes.

    Parameters
    ----------
    y
        The quantity.
    measures
        Of the axes that vary.

    Returns
    -------
    list of str
        Their names; none where nothing was drawn.

    Raises
    ------
    SensitivityError
        If there are too few draws to tell them apart.
    """
    drawn = _drawn(y, measures)
    members = [] if drawn is None else members_of(y, drawn.axis)
    if drawn is not None and drawn.weights.size < draws_needed(len(members)):
        raise SensitivityError(
            f"{drawn.weights.size} draws are too few to tell the shares of {len(members)} parameters apart; at least"
            f" {draws_needed(len(members))} are needed"
        )
    return members


def _drawn(y: xr.DataArray, measures: list[AxisMeasure]) -> AxisMeasure | None:
    return next((item for item in measures if item.sampled and members_of(y, item.axis)), None)


def member_shares(
    remaining: Remaining,
    values: xr.Variable,
    measures: list[AxisMeasure],
    shares: dict[str, xr.Variable],
    held_bytes: int,
) -> dict[str, xr.Variable]:
    """Divide the share of the draws among the parameters that were drawn.

    Parameters
    ----------
    remaining
        The quantity.
    values
        Its values, or their logarithms.
    measures
        Of the axes that vary.
    shares
        Shares of these axes, and the variance.
    held_bytes
        Memory [B] for means that are unfinished.

    Returns
    -------
    dict of str to xarray.Variable
        ``member_first_order``, ``member_total`` (member), ``member_unexplained``, and the error of each; nothing where
        nothing was drawn.
    """
    y = remaining.quantity
    drawn = _drawn(y, measures)
    if drawn is None:
        return {}
    members = members_of(y, drawn.axis)
    columns, random = [y[name].values for name in members], _is_random(y, drawn.axis)
    others = [item for item in measures if item is not drawn]
    weights = [{item.axis: item.weights for item in others}]
    singles = [[index] for index in range(len(members))]
    along = values
    if others:
        [(along, _)] = remaining.variances(values, list(weights[0]), [], weights=weights, held_bytes=held_bytes)
    first, first_error = _left(along, drawn.axis, columns, singles, independent=random)
    number = [item.axis for item in measures].index(drawn.axis)
    of_draws, of_draws_error = (shares[key].isel(axis=number) for key in ("first_order", "first_order_error"))
    left, error = _members_first(first), _members_first(first_error)
    result = {
        "member_first_order": blockwise(_explained, left, of_draws),
        "member_first_order_error": blockwise(_error_of_product, left, error, of_draws, of_draws_error),
    }
    rest = [[index for index in range(len(members)) if index != one] for one in range(len(members))]
    sets = [*rest, list(range(len(members)))]
    left, error = _left(values, drawn.axis, columns, sets, independent=random, absolute=True)
    if others:
        ((left, _),) = remaining.variances(left, list(weights[0]), [], weights=weights, held_bytes=held_bytes)
        ((error, _),) = remaining.variances(error, list(weights[0]), [], weights=weights, held_bytes=held_bytes)
    parts, errors = (blockwise(_over, _members_first(part), shares["variance"]) for part in (left, error))
    unexplained_share = parts.isel({_MEMBER: -1})
    alone = {_MEMBER: slice(0, -1)}
    result["member_total"] = blockwise(_excess, parts.isel(alone), unexplained_share)
    # What is not explained may be of any of them.
    result["member_total_error"] = blockwise(np.hypot, errors.isel(alone), unexplained_share)
    result["member_unexplained"] = unexplained_share
    result["member_unexplained_error"] = errors.isel({_MEMBER: -1})
    return result


def _is_random(y: xr.DataArray, axis: str) -> bool:
    """Tell whether draws are independent of one another, rather than points that fill the space evenly."""
    return axis not in y.coords or y[axis].attrs.get("design_method", "random") == "random"


def _left(
    values: xr.Variable,
    axis: str,
    columns: list[NDArray[Any]],
    sets: list[list[int]],
    *,
    independent: bool,
    absolute: bool = False,
) -> tuple[xr.Variable, xr.Variable]:
    """Return what sets of members leave of the variance along the draws, and its error: as shares, or absolute."""
    if values.chunks is not None:
        values = values.chunk({axis: -1, **{str(dim): "auto" for dim in values.dims if dim != axis}})
    both = xr.apply_ufunc(
        _left_of_block,
        values,
        kwargs={"columns": columns, "sets": sets, "independent": independent, "absolute": absolute},
        input_core_dims=[[axis]],
        output_core_dims=[[_NEW]],
        dask="parallelized",
        dask_gufunc_kwargs={"output_sizes": {_NEW: 2 * len(sets)}},
        output_dtypes=[float],
    )
    return both.isel({_NEW: slice(0, len(sets))}), both.isel({_NEW: slice(len(sets), None)})


def _left_of_block(
    values: NDArray[Any], columns: list[NDArray[Any]], sets: list[list[int]], independent: bool, absolute: bool
) -> NDArray[np.floating[Any]]:
    if not values.size:
        return np.empty((*values.shape[:-1], 2 * len(sets)))
    rows = values.reshape(-1, values.shape[-1])
    some = np.isfinite(rows).all(axis=-1)
    result = np.full((len(rows), 2 * len(sets)), np.nan)
    if some.any():
        found = unexplained(rows[some], columns, sets, independent=independent)
        share = np.divide(found.variance, found.whole, out=np.ones_like(found.variance), where=found.whole > 0)
        parts = (found.variance, found.error * found.whole) if absolute else (share, found.error)
        result[some] = np.concatenate(parts).T
    return result.reshape(*values.shape[:-1], -1)


def _members_first(values: xr.Variable) -> xr.Variable:
    """Return shares with the members as the first dimension, under the name that they have in the answer."""
    return xr.Variable([_MEMBER, *(dim for dim in values.dims if dim != _NEW)], values.transpose(_NEW, ...).data)


def _explained(left: NDArray[Any], of_draws: NDArray[Any]) -> NDArray[Any]:
    explained: NDArray[Any] = np.maximum(1.0 - left, 0.0) * of_draws
    return explained


def _error_of_product(
    left: NDArray[Any], error: NDArray[Any], of_draws: NDArray[Any], of_draws_error: NDArray[Any]
) -> NDArray[Any]:
    found: NDArray[Any] = np.hypot(error * of_draws, np.maximum(1.0 - left, 0.0) * of_draws_error)
    return found


def _excess(part: NDArray[Any], unexplained_share: NDArray[Any]) -> NDArray[Any]:
    excess: NDArray[Any] = np.maximum(part - unexplained_share, 0.0)
    return excess


def _over(part: NDArray[Any], variance: NDArray[Any]) -> NDArray[Any]:
    shape = np.broadcast_shapes(np.shape(part), np.shape(variance))
    found: NDArray[Any] = np.divide(part, variance, out=np.zeros(shape), where=np.broadcast_to(variance > 0, shape))
    return found

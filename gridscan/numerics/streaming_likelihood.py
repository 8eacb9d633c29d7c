"""Sums of weighted likelihoods over axes of a grid, block by block, from their logarithms and without underflow."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.errors import EvaluationError
from gridscan.numerics.block_reader import Blocks
from gridscan.numerics.streams import ahead, alone

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr
    from numpy.typing import NDArray

__all__ = ["LikelihoodSums", "likelihood_sums"]


@dataclass(frozen=True)
class LikelihoodSums:
    """What one reading of the logarithms of likelihoods gives.

    Attributes
    ----------
    log_mean
        Logarithm of the mean likelihood over the axes that are not kept, by their weights; dimensionless, -inf where it
        is zero.
    log_highest
        Logarithm of the highest likelihood over these axes.
    highest
        The indices of the highest likelihood of all, one for each axis.
    """

    log_mean: NDArray[np.floating[Any]]
    log_highest: NDArray[np.floating[Any]]
    highest: tuple[int, ...]


def likelihood_sums(
    values: xr.Variable, weights: Mapping[str, NDArray[np.floating[Any]]], keep: list[str]
) -> LikelihoodSums:
    """Return the mean and the highest likelihood for each point of the axes that are kept.

    Parameters
    ----------
    values
        Logarithms of likelihoods, numpy or dask; -inf for what is impossible.
    weights
        For each axis that is not kept the weights of its points, with sum 1.
    keep
        The axes that stay, in the order of the answer.

    Returns
    -------
    LikelihoodSums
        Each array has the axes that are kept. Blocks are read once and not held.

    Raises
    ------
    EvaluationError
        If a logarithm is NaN or +inf.

    Notes
    -----
    Of each block the sum is taken relative to its highest likelihood for each kept point, and rescaled where a later
    block has a higher one. Source: the identity ln(e^a + e^b) = a + ln(1 + e^(b - a)).

    Examples
    --------
    Likelihoods far below the smallest double, of ratio 1 to 3:

    >>> import numpy as np
    >>> import xarray as xr
    >>> from gridscan.numerics.streaming_likelihood import likelihood_sums
    >>> values = xr.Variable("a", [-1e6, -1e6 + np.log(3.0)])
    >>> found = likelihood_sums(values, {"a": np.array([0.5, 0.5])}, [])
    >>> round(float(found.log_mean) + 1e6, 6), found.highest
    (0.693147, (1,))
    """
    return alone(partial(_summed, values.transpose(*(d for d in values.dims if d not in keep), *keep), weights, values))


def _summed(moved: xr.Variable, weights: Mapping[str, NDArray[Any]], values: xr.Variable) -> LikelihoodSums:
    blocks, number = Blocks(moved.data), sum(dim in weights for dim in moved.dims)
    starts = [np.concatenate([[0], np.cumsum(sizes)]).astype(int) for sizes in blocks.chunks]
    axes = [np.asarray(weights[str(dim)], float) for dim in moved.dims[:number]]
    sums, tops = np.zeros(moved.shape[number:]), np.full(moved.shape[number:], -np.inf)
    best, place_of_best = -np.inf, (0,) * moved.ndim

    def region(place: tuple[int, ...]) -> tuple[slice, ...]:
        return tuple(slice(start[k], start[k + 1]) for start, k in zip(starts, place, strict=True))

    def reduced(place: tuple[int, ...]) -> tuple[NDArray[Any], NDArray[Any], int]:
        parts = [axis[part] for axis, part in zip(axes, region(place), strict=False)]
        return _of_block(blocks[place], parts)

    for place, (part, top, highest) in ahead(reduced, itertools.product(*(range(len(s)) for s in blocks.chunks))):
        where = region(place)[number:]
        old, new = tops[where], np.maximum(tops[where], top)
        sums[where] = sums[where] * _ratio(old, new) + part * _ratio(top, new)
        tops[where] = new
        if top.max(initial=-np.inf) > best:
            best = float(top.max())
            sizes = tuple(s[k] for s, k in zip(blocks.chunks, place, strict=True))
            within = np.unravel_index(highest, sizes)
            place_of_best = tuple(int(s[k] + w) for s, k, w in zip(starts, place, within, strict=True))
    order = [moved.dims.index(dim) for dim in values.dims]
    with np.errstate(divide="ignore"):
        means = np.where(tops > -np.inf, np.log(sums) + np.where(tops > -np.inf, tops, 0.0), -np.inf)
    return LikelihoodSums(means, tops, tuple(place_of_best[k] for k in order))


def _of_block(values: NDArray[Any], weights: list[NDArray[Any]]) -> tuple[NDArray[Any], NDArray[Any], int]:
    """Return the weighted sum relative to the highest value for each kept point, that value, and where it is."""
    kept = values.shape[len(weights) :]
    rows = values.reshape(math.prod(values.shape[: len(weights)]), math.prod(kept))
    top = rows.max(axis=0)
    # NaN is passed on by the maximum.
    if not (top < np.inf).all():
        raise EvaluationError("the logarithm of a likelihood must be a number; found NaN or +inf")
    scaled = np.subtract(rows, np.where(top > -np.inf, top, 0.0))
    np.exp(scaled, out=scaled)
    weight = np.ones(1)
    for axis in weights:
        weight = np.multiply.outer(weight, axis).ravel()
    column = int(top.argmax())
    highest = int(rows[:, column].argmax()) * rows.shape[1] + column
    return (weight @ scaled).reshape(kept), top.reshape(kept), highest


def _ratio(value: NDArray[Any], top: NDArray[Any]) -> NDArray[Any]:
    """Return e^(value - top), zero where value is -inf."""
    ratio: NDArray[Any] = np.exp(np.where(value > -np.inf, value - np.where(top > -np.inf, top, 0.0), -np.inf))
    return ratio

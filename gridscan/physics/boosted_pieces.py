"""Integrals of many functions over pieces of a line, with square roots or logarithms at their ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridscan.quadrature import integrate_panels

FloatArray = NDArray[np.floating[Any]]
BoolArray = NDArray[np.bool_]
IndexArray = NDArray[np.intp]

# Below it numbers have no relative accuracy any more.
_NOTHING = 1e-290


class Estimate(NamedTuple):
    """Values, their absolute errors, and whether the accuracy asked for was attained."""

    value: FloatArray
    error: FloatArray
    converged: BoolArray


def estimate(value: FloatArray, error: FloatArray, accuracy: float, shape: tuple[int, ...]) -> Estimate:
    """Return values and errors of shape (n,) in another shape, with whether the errors are small enough."""
    converged = error <= np.maximum(accuracy * value, _NOTHING)
    return Estimate(value.reshape(shape), error.reshape(shape), converged.reshape(shape))


def in_blocks(
    function: Callable[[IndexArray], tuple[FloatArray, FloatArray]], count: int, size: int
) -> tuple[FloatArray, FloatArray]:
    """Return values and errors of shape (count,) from a function that gives those of a few indices at a time."""
    value, error = np.zeros(count), np.zeros(count)
    for first in range(0, count, size):
        block = np.arange(first, min(first + size, count))
        value[block], error[block] = function(block)
    return value, error


def integrate_pieces(
    integrand: Callable[[FloatArray, IndexArray], FloatArray],
    owner: IndexArray,
    lower: FloatArray,
    upper: FloatArray,
    count: int,
    accuracy: float,
    rounds: int,
    smooth: bool = False,
) -> tuple[FloatArray, FloatArray]:
    """Integrate functions over pieces of a line, bisecting until each integral has converged.

    Parameters
    ----------
    integrand
        Of points and of the piece of each, both of shape (k,).
    owner, lower, upper
        Shape (pieces,): which of the integrals a piece belongs to, and its ends.
    count
        Number of integrals.
    accuracy
        Relative error to attain.
    rounds
        How often pieces are bisected at most.
    smooth
        Whether the integrand is smooth at the ends of the pieces too.

    Returns
    -------
    value, error
        Shape (count,), see `gridscan.quadrature.integrate_panels`.

    Notes
    -----
    A piece is traversed as x² (3 - 2 x) unless it is smooth, so that roots and logarithms at its ends are harmless.
    """
    width = upper - lower

    def stretched(x: FloatArray, owner: IndexArray) -> FloatArray:
        del owner
        piece = np.floor(x[:, :1]).astype(np.intp)
        part = x - piece
        way, slope = (part, 1.0) if smooth else (part**2 * (3.0 - 2.0 * part), 6.0 * part * (1.0 - part))
        points = lower[piece] + width[piece] * way
        heights = integrand(points.ravel(), np.repeat(piece.ravel(), x.shape[1])).reshape(x.shape)
        return heights * width[piece] * slope

    # The k-th piece is the panel from k to k + 1, which says where it is when it has been bisected.
    number = np.arange(len(owner), dtype=float)
    return integrate_panels(
        *(stretched, owner, number, number + 1.0, count),
        relative_tolerance=accuracy,
        absolute_tolerance=_NOTHING,
        rounds=rounds,
    )

"""Integrals of many functions over pieces of a line, with square roots or logarithms at their ends.

A piece is traversed as a polynomial whose slope vanishes at an end where the integrand is not smooth, and bisected
until the Legendre coefficients of the integrand on it have died out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridscan.numerics.quadrature import gauss_legendre, legendre_terms

FloatArray = NDArray[np.floating[Any]]
BoolArray = NDArray[np.bool_]
IndexArray = NDArray[np.intp]
#: Heights and their errors at points of shape (nodes, k), and pieces of shape (k,).
Integrand = Callable[[FloatArray, IndexArray], tuple[FloatArray, FloatArray]]

# Below it numbers have no relative accuracy any more.
_NOTHING = 1e-290
_ROUNDING = 4.0 * np.finfo(float).eps
_ORDER = 16
_MOST_PANELS = 200_000


class Estimate(NamedTuple):
    """Values, their absolute errors, and whether the accuracy asked for was attained."""

    value: FloatArray
    error: FloatArray
    converged: BoolArray


class Pieces(NamedTuple):
    """Pieces of a line: which of the integrals each belongs to, its ends, and where it is not smooth; shape (k,)."""

    owner: IndexArray
    lower: FloatArray
    upper: FloatArray
    rough_below: BoolArray
    rough_above: BoolArray


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
    integrand: Integrand, pieces: Pieces, count: int, accuracy: float, rounds: int
) -> tuple[FloatArray, FloatArray]:
    """Integrate functions over pieces of a line, bisecting until each integral has converged.

    Parameters
    ----------
    integrand
        Of points of shape (nodes, k), and of the piece of each column.
    pieces
        See there. A piece is traversed as x², x (2 - x) or x² (3 - 2 x) where one end or both are rough.
    count
        Number of integrals; one that has no piece is zero.
    accuracy
        Relative error to attain, that of the heights left aside.
    rounds
        How often pieces are bisected at most.

    Returns
    -------
    value, error
        Shape (count,). The errors are those of the rule and those of the heights together; whether they suffice
        is for the caller to say.
    """
    piece, low = np.arange(len(pieces.owner)), np.zeros(len(pieces.owner))
    high = low + 1.0
    found = _panels(integrand, pieces, piece, low, high)
    for _ in range(rounds):
        owner = pieces.owner[piece]
        total, errors = (np.bincount(owner, part, minlength=count) for part in found[:2])
        tolerance = np.maximum(accuracy * np.abs(total), _NOTHING)
        share = np.where(errors > tolerance, tolerance / np.maximum(np.bincount(owner, minlength=count), 1), np.inf)
        rough = found[1] > share[owner]
        if not rough.any() or len(piece) + np.count_nonzero(rough) > _MOST_PANELS:
            break
        middle = 0.5 * (low[rough] + high[rough])
        halves = np.tile(piece[rough], 2), np.append(low[rough], middle), np.append(middle, high[rough])
        refined = _panels(integrand, pieces, *halves)
        piece, low, high = (np.append(kept[~rough], new) for kept, new in zip((piece, low, high), halves, strict=True))
        found = np.concatenate([found[:, ~rough], refined], axis=1)
    value, own, inherited = (np.bincount(pieces.owner[piece], part, minlength=count).astype(float) for part in found)
    return value, own + inherited


def _panels(integrand: Integrand, pieces: Pieces, piece: IndexArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """Return the integrals over parts of pieces, the errors of the rule, and those of the heights, shape (3, k)."""
    nodes, weights = gauss_legendre(_ORDER)
    half, width = 0.5 * (high - low), (pieces.upper - pieces.lower)[piece]
    part = 0.5 * (low + high) + half * nodes[:, None]
    below, above = pieces.rough_below[piece], pieces.rough_above[piece]
    # The coefficients of x, x² and x³ for the four kinds of pieces.
    linear = np.where(below, 0.0, np.where(above, 2.0, 1.0))
    square = np.where(below, np.where(above, 3.0, 1.0), np.where(above, -1.0, 0.0))
    cubic = np.where(below & above, -2.0, 0.0)
    points = pieces.lower[piece] + width * part * (linear + part * (square + part * cubic))
    slope = half * width * (linear + part * (2.0 * square + part * (3.0 * cubic)))
    heights, errors = integrand(points, piece)
    return np.array([*_sums(heights * slope, weights), weights @ (errors * slope)])


def _sums(heights: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return integrals over [-1, 1] and their errors, from the Legendre coefficients.

    The rule of n nodes errs as the coefficients of the degrees from 2 n on. The last ones, times what the coefficients
    have lost over the half of the degrees before, are above that, whether they fall as a power or as an exponential.
    """
    order = len(weights)
    coefficients = np.abs(legendre_terms(order) @ heights)
    middle, last = coefficients[-6:-3].max(axis=0), coefficients[-3:].max(axis=0)
    decay = np.divide(last, middle, out=np.ones_like(last), where=middle > last)
    return weights @ heights, 2.0 * last * decay + _ROUNDING * (weights @ np.abs(heights))

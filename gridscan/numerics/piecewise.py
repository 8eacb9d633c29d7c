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

# Smaller numbers have lost their relative accuracy.
_NOTHING = 1e-290
_ROUNDING = 4.0 * np.finfo(float).eps
_ORDER = 16
_MOST_PANELS = 2_000


class Estimate(NamedTuple):
    """Values, their absolute errors, and whether the requested accuracy was reached; arrays of one shape."""

    value: FloatArray
    error: FloatArray
    converged: BoolArray


class Pieces(NamedTuple):
    """Pieces of a line, each of one integral; arrays of shape (k,).

    Attributes
    ----------
    owner
        Index of the integral that the piece belongs to.
    lower, upper
        Ends of the piece.
    rough_below, rough_above
        Whether the integrand is not smooth at its lower and at its upper end.
    """

    owner: IndexArray
    lower: FloatArray
    upper: FloatArray
    rough_below: BoolArray
    rough_above: BoolArray


def estimate(value: FloatArray, error: FloatArray, accuracy: float, shape: tuple[int, ...]) -> Estimate:
    """Reshape values and errors, and check whether the errors are small enough.

    Parameters
    ----------
    value, error
        Shape (n,), in one unit.
    accuracy
        Largest error allowed, relative to the value.
    shape
        Shape of the result, of n elements.

    Returns
    -------
    Estimate
        Values, errors and whether each error is allowed.
    """
    converged = error <= np.maximum(accuracy * value, _NOTHING)
    return Estimate(value.reshape(shape), error.reshape(shape), converged.reshape(shape))


def in_blocks(
    function: Callable[[IndexArray], tuple[FloatArray, FloatArray]], count: int, size: int
) -> tuple[FloatArray, FloatArray]:
    """Evaluate a function of indices a block at a time.

    Parameters
    ----------
    function
        Returns values and errors of shape (k,) for k indices.
    count
        Number of indices.
    size
        Largest number of indices at a time.

    Returns
    -------
    value, error : numpy.ndarray
        Shape (count,).
    """
    value, error = np.zeros(count), np.zeros(count)
    for first in range(0, count, size):
        block = np.arange(first, min(first + size, count))
        value[block], error[block] = function(block)
    return value, error


def integrate_pieces(
    integrand: Integrand,
    pieces: Pieces,
    count: int,
    accuracy: float,
    rounds: int,
    most_panels: int = _MOST_PANELS,
) -> tuple[FloatArray, FloatArray]:
    """Integrate functions over pieces of a line, bisecting until each integral has converged.

    Parameters
    ----------
    integrand
        Called with points of shape (nodes, k) and the piece of each column; returns the integrand and its errors there.
    pieces
        See `Pieces`. A piece is traversed as x², x (2 - x) or x² (3 - 2 x) where one end or both are rough.
    count
        Number of integrals; one that has no piece is zero.
    accuracy
        Relative error to attain, apart from the errors of the integrand.
    rounds
        How often pieces are bisected at most.
    most_panels
        Largest number of panels of one integral, at which it is left as it is.

    Returns
    -------
    value, error : numpy.ndarray
        Shape (count,). The errors are those of the rule and those of the integrand together; the caller decides whether
        they suffice.

    Examples
    --------
    ∫ dx/sqrt(x) = 2 from 0 to 1, with a rough lower end:

    >>> import numpy as np
    >>> from gridscan.numerics.piecewise import Pieces, integrate_pieces
    >>> unit = Pieces(np.array([0]), np.array([0.0]), np.array([1.0]), np.array([True]), np.array([False]))
    >>> value, _ = integrate_pieces(lambda x, piece: (x**-0.5, 0 * x), unit, 1, 1e-10, 10)
    >>> value.round(9)
    array([2.])
    """
    piece, low = np.arange(len(pieces.owner)), np.zeros(len(pieces.owner))
    high = low + 1.0
    found = _panels(integrand, pieces, piece, low, high)
    for _ in range(rounds):
        owner = pieces.owner[piece]
        number = np.bincount(owner, minlength=count)
        total, errors = (np.bincount(owner, part, minlength=count) for part in found[:2])
        tolerance = np.maximum(accuracy * np.abs(total), _NOTHING)
        share = np.where(errors > tolerance, tolerance / np.maximum(number, 1), np.inf)
        rough = found[1] > share[owner]
        # An integral is bounded on its own, so that it does not depend on those beside it.
        rough &= (number + np.bincount(owner[rough], minlength=count) <= most_panels)[owner]
        if not rough.any():
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

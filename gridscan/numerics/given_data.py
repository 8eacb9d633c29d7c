"""Shares of the variance of draws in which all inputs vary at once, by regression on each input and on pairs of them.

No design but the draws is needed. What a set of inputs explains is estimated by polynomials of their ranks; the errors
are those of a ratio of means over independent draws, which is an upper bound for scrambled Sobol points.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.polynomial import legendre

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

__all__ = ["Unexplained", "draws_needed", "unexplained"]

# Columns with fewer different values are labels to choose from.
_FEW_VALUES = 12
_DEGREE, _PAIR_DEGREE = 8, 5
# More polynomials than that would follow the noise of the draws, or take long.
_DRAWS_A_TERM, _MOST_TERMS = 5, 250
_ROUNDING = 1e-10


@dataclass(frozen=True)
class Unexplained:
    """The variance that a set of inputs leaves, of quantities that were drawn together.

    Attributes
    ----------
    variance
        Mean square of what is left, shape (sets, quantities), in the unit of the quantity squared.
    error
        Its standard error relative to the whole variance, of the ratio of the two; the same shape.
    whole
        The variance of each quantity, shape (quantities,).
    """

    variance: NDArray[np.floating[Any]]
    error: NDArray[np.floating[Any]]
    whole: NDArray[np.floating[Any]]


def draws_needed(inputs: int) -> int:
    """Return how many draws the shares of some inputs take at least.

    Parameters
    ----------
    inputs
        Number of inputs.

    Returns
    -------
    int
        Their number.

    Examples
    --------
    >>> from gridscan.numerics.given_data import draws_needed
    >>> draws_needed(3)
    32
    """
    return max(32, 2 * _DRAWS_A_TERM * inputs)


def unexplained(
    quantities: ArrayLike, inputs: Sequence[ArrayLike], sets: Sequence[Sequence[int]], *, independent: bool = True
) -> Unexplained:
    """Return the variance of quantities that sets of inputs leave unexplained.

    Parameters
    ----------
    quantities
        Values y of each quantity at each draw, shape (quantities, draws).
    inputs
        For each input its values at the draws, numbers or labels, shape (draws,).
    sets
        Positions of the inputs that each set holds.
    independent
        Whether the draws are independent of one another, as those of scrambled Sobol points are not.

    Returns
    -------
    Unexplained
        E[Var(y | set)] for each set.

    Notes
    -----
    The mean of y given a set is a sum of Legendre polynomials of the rank of each input, and of their products for
    pairs of inputs (for labels: one number for each), fitted to all draws. With residuals r and leverages h, the mean
    of r^2/(1 - h) is unbiased. Points that fill the space evenly leave the terms no noise to follow: there it is the
    mean of r^2. Source: S. Da Veiga and F. Gamboa, J. Nonparametr. Stat. 25, 573 (2013), for the error.

    Examples
    --------
    Of y = a + 2 b with a and b uniform, a explains a fifth:

    >>> import numpy as np
    >>> from gridscan.numerics.given_data import unexplained
    >>> a, b = np.random.default_rng(1).uniform(size=(2, 2000))
    >>> left = unexplained([a + 2 * b], [a, b], [[0], [1], [0, 1]])
    >>> (1 - left.variance / left.whole).round(2).ravel(), left.error.round(2).ravel()
    (array([0.18, 0.8 , 1.  ]), array([0.01, 0.01, 0.  ]))
    """
    values = np.asarray(quantities, dtype=float)
    draws = values.shape[1]
    apart = (values - values.mean(axis=1, keepdims=True)).T
    squares = apart**2 * (draws / (draws - 1))
    whole = squares.mean(axis=0)
    terms = _Terms(inputs)
    left, errors = [], []
    for chosen in sets:
        basis = terms.basis(chosen)
        residual = apart - basis @ (basis.T @ apart)
        # The mean takes one more degree of freedom.
        leverage = (basis**2).sum(axis=1) + 1.0 / draws if independent else np.full(draws, 1.0 / draws)
        each = residual**2 / (1.0 - leverage)[:, None]
        left.append(each.mean(axis=0))
        ratio = np.divide(left[-1], whole, out=np.zeros_like(whole), where=whole > 0)
        spread = (each - ratio * squares).std(axis=0) / np.sqrt(draws)
        errors.append(np.divide(spread, whole, out=np.zeros_like(whole), where=whole > 0))
    return Unexplained(np.array(left), np.array(errors), whole)


class _Terms:
    """Polynomials of each input and of pairs of them, at the draws."""

    def __init__(self, inputs: Sequence[ArrayLike]) -> None:
        columns = [np.asarray(column) for column in inputs]
        self.draws = len(columns[0])
        most = min(self.draws // _DRAWS_A_TERM, _MOST_TERMS)
        degree = int(np.clip(most // (2 * len(columns)), 1, _DEGREE))
        self.single = [_of_one(column, degree) for column in columns]
        room = most - sum(part.shape[1] for part in self.single)
        degrees = range(_PAIR_DEGREE, 0, -1)
        self.pair_degree = next((degree for degree in degrees if self._pairs(degree) <= room), 0)

    def _pairs(self, degree: int) -> int:
        widths = [min(part.shape[1], degree) for part in self.single]
        return sum(a * b for a, b in itertools.combinations(widths, 2))

    def basis(self, chosen: Sequence[int]) -> NDArray[np.floating[Any]]:
        """Return orthonormal columns that span the terms of some inputs, less their means."""
        parts = [self.single[index] for index in chosen]
        for a, b in itertools.combinations([part[:, : self.pair_degree] for part in parts], 2):
            parts.append((a[:, :, None] * b[:, None, :]).reshape(self.draws, -1))
        terms = np.concatenate([*parts, np.empty((self.draws, 0))], axis=1)
        terms = terms - terms.mean(axis=0)
        size, turned = np.linalg.eigh(terms.T @ terms)
        # Terms that are the same at all draws, or those of others, span nothing.
        spans = size > _ROUNDING * size.max(initial=0.0)
        basis: NDArray[np.floating[Any]] = terms @ (turned[:, spans] / np.sqrt(size[spans]))
        return basis


def _of_one(column: NDArray[Any], degree: int) -> NDArray[np.floating[Any]]:
    """Return the terms of one input; none where it is the same at all draws."""
    known, place = np.unique(column, return_inverse=True)
    if known.size <= _FEW_VALUES or column.dtype.kind not in "iuf":
        return np.asarray(place.reshape(-1, 1) == np.arange(1, known.size), dtype=float)
    ranks = np.argsort(np.argsort(column, kind="stable"), kind="stable")
    places = (2.0 * ranks + 1.0) / column.size - 1.0
    return np.asarray(legendre.legvander(places, degree)[:, 1:] * np.sqrt(2.0 * np.arange(1, degree + 1) + 1.0))

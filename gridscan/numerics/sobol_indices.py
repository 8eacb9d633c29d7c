"""Sobol indices from Saltelli's design, with errors from independent replicates of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Indices", "sobol_indices"]

# A smaller relative spread is rounding.
_ROUNDING = 4 * np.finfo(float).eps


@dataclass(frozen=True)
class Indices:
    """First-order and total indices of each input, dimensionless, with half the width of their intervals.

    Attributes
    ----------
    first_order, total
        Shape (inputs,).
    first_order_error, total_error
        Half the width of an interval that holds the index with the probability asked for.
    mean, variance
        Of the function.
    """

    first_order: NDArray[np.float64]
    total: NDArray[np.float64]
    first_order_error: NDArray[np.float64]
    total_error: NDArray[np.float64]
    mean: float
    variance: float


def sobol_indices(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    exchanged: NDArray[np.float64],
    probability: float = 0.9,
) -> Indices:
    """Estimate Sobol indices from a function at the points of Saltelli's design.

    Parameters
    ----------
    first, second
        Shape (replicates, points): the function at two independent sets of points A and B, for at least two
        independent replicates of both. A point that is not finite, in any of the three, is left out of all.
    exchanged
        Shape (inputs, replicates, points): at the points A, but with one input from B.
    probability
        That an interval holds the index.

    Returns
    -------
    Indices
        An input without any effect has indices and errors of zero; of a constant function all are zero.

    Raises
    ------
    ValueError
        If no point of the design has a finite value.

    Notes
    -----
    With V the variance over both sets,

        first_order_i = 1 - <[f(B) - f(A_i)]^2>/(2 V),   total_i = <[f(A) - f(A_i)]^2>/(2 V)

    (M. J. W. Jansen, Comput. Phys. Commun. 117, 35 (1999)). A first-order index below a half is <f(B) [f(A_i) -
    f(A)]>/V (A. Saltelli et al., Comput. Phys. Commun. 181, 259 (2010)), which is closer for weak inputs.
    Intervals are those of Student's t with the standard error of a jackknife over replicates: a bootstrap of the points
    of one quasi-random set would take them for independent, and make intervals too wide.

    Examples
    --------
    f = x + 2 y: the variances are 1 and 4, without interaction.

    >>> import numpy as np
    >>> from gridscan.numerics.sobol_indices import sobol_indices
    >>> a, b = np.random.default_rng(1).uniform(size=(2, 2, 16, 1024))
    >>> f = lambda x, y: x + 2 * y
    >>> found = sobol_indices(f(*a), f(*b), np.stack([f(b[0], a[1]), f(a[0], b[1])]))
    >>> bool((abs(found.total - [0.2, 0.8]) < found.total_error).all())
    True
    """
    good = np.isfinite(first) & np.isfinite(second) & np.isfinite(exchanged).all(axis=0)
    count = good.sum(axis=1).astype(float)
    if not good.any():
        raise ValueError("no point of the design has a finite value")
    centre = float(np.where(good, first + second, 0.0).sum() / (2 * count.sum()))
    a, b = np.where(good, first - centre, 0.0), np.where(good, second - centre, 0.0)
    mixed = np.where(good, exchanged - centre, 0.0)
    sums = _Sums(
        count,
        (a + b).sum(axis=1),
        (a * a + b * b).sum(axis=1),
        0.5 * ((b - mixed) ** 2).sum(axis=2),
        (b * (mixed - a)).sum(axis=2),
        0.5 * ((a - mixed) ** 2).sum(axis=2),
    )
    inputs, replicates = exchanged.shape[:2]
    variance = sums.variance
    idle = sums.apart_from_first.sum(axis=1) == 0.0
    if np.sqrt(max(variance, 0.0)) <= _ROUNDING * max(abs(centre), np.finfo(float).tiny):
        none = np.zeros(inputs)
        return Indices(none, none, none, none, centre, 0.0)
    estimates = sums.estimates
    rest = np.array([sums.without(index).estimates for index in range(replicates)])
    factor = float(stdtrit(replicates - 1, 0.5 + probability / 2)) * np.sqrt((replicates - 1) / replicates)
    errors = factor * np.sqrt(((rest - rest.mean(axis=0)) ** 2).sum(axis=0))
    jansen = estimates[0] >= 0.5
    found = np.stack([np.where(jansen, *estimates[:2]), estimates[2]])
    half_widths = np.stack([np.where(jansen, *errors[:2]), errors[2]])
    found, half_widths = np.where(idle, 0.0, found), np.where(idle, 0.0, half_widths)
    return Indices(found[0], found[1], half_widths[0], half_widths[1], centre, variance)


@dataclass(frozen=True)
class _Sums:
    """Sums over the points of each replicate; those of differences have the inputs as first axis."""

    count: NDArray[np.float64]
    values: NDArray[np.float64]
    squares: NDArray[np.float64]
    apart_from_second: NDArray[np.float64]
    along_second: NDArray[np.float64]
    apart_from_first: NDArray[np.float64]

    @property
    def variance(self) -> float:
        many = 2.0 * self.count.sum()
        return float(self.squares.sum() / many - (self.values.sum() / many) ** 2)

    @property
    def estimates(self) -> NDArray[np.float64]:
        """Both estimates of the first-order indices, and that of the total ones."""
        whole = self.count.sum() * self.variance
        apart, along, total = (
            part.sum(axis=1) / whole for part in (self.apart_from_second, self.along_second, self.apart_from_first)
        )
        return np.stack([1.0 - apart, along, total])

    def without(self, index: int) -> _Sums:
        return _Sums(*(np.delete(part, index, axis=-1) for part in vars(self).values()))

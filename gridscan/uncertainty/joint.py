"""Random numbers that several parameters share: positions in lists, and correlated normal numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridscan.uncertainty.designs import Uniforms


def picked(numbers: Uniforms, weights: NDArray[Any]) -> NDArray[Any]:
    """Return positions in a list that random numbers draw.

    Parameters
    ----------
    numbers
        Random numbers above 0 and below 1.
    weights
        Weights of the list, with sum 1.

    Returns
    -------
    numpy.ndarray
        Positions of which each is drawn in proportion to its weight.

    Examples
    --------
    >>> import numpy as np
    >>> from gridscan.uncertainty.joint import picked
    >>> from gridscan.uncertainty.designs import Uniforms
    >>> half = np.array([0.1, 0.7, 0.9])
    >>> picked(Uniforms(half, 1 - half), np.array([0.5, 0.0, 0.5]))
    array([0, 2, 2])
    """
    edges = np.cumsum(weights)
    last = int(np.flatnonzero(weights)[-1])
    return np.minimum(np.searchsorted(edges / edges[-1], numbers.lower, side="right"), last)


def correlated_normals(root: NDArray[Any], numbers: Sequence[Uniforms]) -> list[NDArray[Any]]:
    """Return correlated standard normal numbers.

    Parameters
    ----------
    root
        Lower triangular matrix L with L L^T the correlation.
    numbers
        Random numbers of each parameter.

    Returns
    -------
    list of numpy.ndarray
        For each parameter, of the shape of its random numbers.

    Notes
    -----
    z = L Φ⁻¹(u). Products are summed one by one: those of a matrix can depend in their last digits on the number of
    draws.
    """
    standard = [
        np.where(item.lower <= item.upper, special.ndtri(item.lower), -special.ndtri(item.upper)) for item in numbers
    ]
    together = []
    for row in root:
        total = np.zeros(standard[0].shape)
        for factor, column in zip(row, standard, strict=True):
            total = total + factor * column
        together.append(total)
    return together

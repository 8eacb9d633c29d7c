"""Weights of the points of an axis, by which sums over the points become means over what lies between them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["WEIGHT", "halved", "normalised", "trapezoid"]

FloatArray = NDArray[np.floating[Any]]

#: What the coordinate of the weights of an axis has behind the name of the axis.
WEIGHT = "_weight"


def trapezoid(values: ArrayLike, *, logarithmic: bool = False) -> FloatArray:
    """Return the weights with which points give the mean of a function over the interval that they span.

    Parameters
    ----------
    values
        Points, shape (n,), finite and different from one another, in any order; for `logarithmic` of one sign.
    logarithmic
        Whether the mean is one over the logarithm of the values.

    Returns
    -------
    numpy.ndarray
        Shape (n,), dimensionless, with sum 1; of a single point 1.

    Notes
    -----
    Half the distance between the two neighbours, at the ends half the distance to the one: the trapezoidal rule, exact
    for functions that are linear between neighbours.

    Examples
    --------
    >>> from gridscan.numerics.axis_weights import trapezoid
    >>> trapezoid([0.0, 1.0, 3.0, 4.0]).tolist()
    [0.125, 0.375, 0.375, 0.125]
    >>> trapezoid([1.0, 10.0, 100.0], logarithmic=True).round(12).tolist()
    [0.25, 0.5, 0.25]
    """
    places = _places(values, logarithmic)
    if places.size < 2:
        return np.ones(places.size)
    order = np.argsort(places, kind="stable")
    widths = np.diff(places[order])
    weights = np.empty(places.size)
    weights[order] = np.append(widths, 0.0) + np.append(0.0, widths)
    return normalised(weights)


def halved(weights: ArrayLike, values: ArrayLike, *, logarithmic: bool = False) -> FloatArray:
    """Return the weights of an axis of half as many points, to see how much its answers depend on their number.

    Parameters
    ----------
    weights
        Of the points, shape (n,).
    values
        The points, shape (n,), as those of `trapezoid`.
    logarithmic
        Whether a function is taken to be linear in the logarithm of the values.

    Returns
    -------
    numpy.ndarray
        Shape (n,), with the same sum: zero for every second point in the order of the values, the last excepted. What
        such a point had is divided between its two neighbours as linear interpolation does, so that the mean of a
        linear function stays.

    Examples
    --------
    >>> from gridscan.numerics.axis_weights import halved
    >>> halved([0.125, 0.25, 0.25, 0.25, 0.125], [0.0, 1.0, 2.0, 3.0, 4.0]).tolist()
    [0.25, 0.0, 0.5, 0.0, 0.25]
    """
    places = _places(values, logarithmic)
    order = np.argsort(places, kind="stable")
    ascending, kept = places[order], np.asarray(weights, dtype=float)[order]
    dropped = np.arange(1, places.size - 1, 2)
    below = (ascending[dropped + 1] - ascending[dropped]) / (ascending[dropped + 1] - ascending[dropped - 1])
    moved = kept[dropped]
    kept[dropped] = 0.0
    np.add.at(kept, dropped - 1, moved * below)
    np.add.at(kept, dropped + 1, moved * (1.0 - below))
    result = np.empty(places.size)
    result[order] = kept
    return result


def normalised(weights: ArrayLike) -> FloatArray:
    """Return weights with sum 1.

    Parameters
    ----------
    weights
        Numbers that are not negative, shape (n,), finite, not all zero.

    Returns
    -------
    numpy.ndarray
        Shape (n,), dimensionless.

    Examples
    --------
    >>> from gridscan.numerics.axis_weights import normalised
    >>> normalised([2, 1, 1]).tolist()
    [0.5, 0.25, 0.25]
    """
    numbers = np.asarray(weights, dtype=float)
    # The sum of the largest floats overflows.
    shares: FloatArray = numbers / numbers.max()
    shares /= shares.sum()
    return shares


def _places(values: ArrayLike, logarithmic: bool) -> FloatArray:
    """Return where points lie on the scale, all within an interval of length one or two."""
    numbers = np.asarray(values, dtype=float)
    if logarithmic:
        return np.asarray(np.log(np.abs(numbers)))
    largest = np.abs(numbers).max(initial=0.0)
    return np.asarray(numbers / largest) if largest > 0.0 else numbers

"""Roots of many monotonic functions at once, kept between brackets that close in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridscan.errors import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["bracketed_roots"]

FloatArray = NDArray[np.floating[Any]]

_MOST_STEPS = 200


def bracketed_roots(
    function: Callable[[FloatArray], FloatArray], lower: ArrayLike, upper: ArrayLike, tolerance: float = 1e-14
) -> FloatArray:
    """Return where functions change sign, each between two points.

    Parameters
    ----------
    function
        Called with an array of the broadcast shape of the ends; returns values of this shape, element by element
        those of a continuous function.
    lower, upper
        Ends of the brackets, where the function has different signs or is zero; of one unit.
    tolerance
        Relative width to which the brackets close.

    Returns
    -------
    numpy.ndarray
        A point of each bracket where the function is zero or changes its sign.

    Raises
    ------
    EvaluationError
        If a function has the same sign at both ends.

    Notes
    -----
    Inverse quadratic interpolation where the three last points allow it, or else bisection. Source: Chandrupatla 1997,
    Advances in Engineering Software 28, 145.

    Examples
    --------
    The square roots of 2 and 3:

    >>> import numpy as np
    >>> from gridscan.numerics.roots import bracketed_roots
    >>> bracketed_roots(lambda x: x * x - np.array([2.0, 3.0]), 0.0, 2.0).round(9)
    array([1.41421356, 1.73205081])
    """
    ends = [np.asarray(end, dtype=float) for end in (lower, upper)]
    a, b = (np.array(end) for end in np.broadcast_arrays(*ends))
    at_a, at_b = function(a), function(b)
    a, b, at_a, at_b = np.broadcast_arrays(a, b, at_a, at_b)
    wrong = ~(at_a * np.sign(at_b) <= 0.0)
    if wrong.any():
        raise EvaluationError(
            f"the function is {at_a[wrong].flat[0]:g} and {at_b[wrong].flat[0]:g} at the ends {a[wrong].flat[0]:g} and "
            f"{b[wrong].flat[0]:g}; it must change its sign between them"
        )
    part = np.full(a.shape, 0.5)
    for _ in range(_MOST_STEPS):
        better = np.where(np.abs(at_a) < np.abs(at_b), a, b)
        narrow = tolerance * np.abs(better) + np.finfo(float).tiny
        width = np.abs(b - a)
        done = (width <= narrow) | (at_a == 0.0) | (at_b == 0.0)
        if done.all():
            break
        least = np.divide(0.5 * narrow, width, out=np.full(width.shape, 0.5), where=width > narrow)
        new = np.where(done, a, a + np.clip(part, least, 1.0 - least) * (b - a))
        at_new = np.where(done, at_a, function(new))
        same = np.sign(at_new) == np.sign(at_a)
        c, at_c = np.where(same, a, b), np.where(same, at_a, at_b)
        b, at_b = np.where(done | same, b, a), np.where(done | same, at_b, at_a)
        a, at_a = new, at_new
        part = _step(a, b, c, at_a, at_b, at_c)
    return np.where(np.abs(at_a) < np.abs(at_b), a, b)


def _step(
    a: FloatArray, b: FloatArray, c: FloatArray, at_a: FloatArray, at_b: FloatArray, at_c: FloatArray
) -> FloatArray:
    """Return how far from a to b the next point is, by inverse quadratic interpolation or else half way."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        place, height = (a - b) / (c - b), (at_a - at_b) / (at_c - at_b)
        smooth = (height**2 < place) & ((1.0 - height) ** 2 < 1.0 - place)
        inverse = at_a / (at_b - at_a) * at_c / (at_b - at_c)
        inverse = inverse + (c - a) / (b - a) * at_a / (at_c - at_a) * at_b / (at_c - at_b)
        return np.where(smooth & np.isfinite(inverse), inverse, 0.5)

"""Measures by which an answer is found again, to see how much it depends on the points of its axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridscan.sensitivity.measures import AxisMeasure

# Parts of the draws that are left out, one after the other.
_PARTS = 8


def measures_to_try(measures: list[AxisMeasure]) -> list[dict[str, NDArray[Any]]]:
    """Return the weights of each axis; then those of half as many points, and those without parts of the draws.

    Parameters
    ----------
    measures
        Of the axes.

    Returns
    -------
    list of dict
        Weights by axis.
    """
    whole = {measure.axis: measure.weights for measure in measures}
    tried = [whole]
    if any(measure.coarse is not None for measure in measures):
        tried.append({item.axis: item.weights if item.coarse is None else item.coarse for item in measures})
    for measure in measures:
        if measure.sampled and measure.weights.size >= _PARTS:
            for part in np.array_split(np.arange(measure.weights.size), _PARTS):
                left = measure.weights.copy()
                left[part] = 0.0
                tried.append({**whole, measure.axis: left / left.sum()})
    return tried


def error_of(whole: NDArray[Any], *tried: NDArray[Any], halved: bool) -> NDArray[Any]:
    """Return the change with half as many points, and the errors of draws from what leaving parts of them out changes.

    Parameters
    ----------
    whole
        An answer by the first of the measures.
    *tried
        By the others.
    halved
        Whether one of half as many points is among these.

    Returns
    -------
    numpy.ndarray
        Of the shape of the answer.

    Notes
    -----
    Source: B. Efron, The Jackknife, the Bootstrap and Other Resampling Plans (1982), section 3.
    """
    squares = (whole - tried[0]) ** 2 if halved else np.zeros(np.shape(whole))
    parts = tried[1:] if halved else tried
    for first in range(0, len(parts), _PARTS):
        some = np.stack(parts[first : first + _PARTS])
        squares = squares + (_PARTS - 1) * some.var(axis=0)
    error: NDArray[Any] = np.sqrt(squares)
    return error

"""Elementary effects: which inputs of a function matter at all, from a few steps along each (Morris)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["STEP", "Effects", "Paths", "effects_of", "random_paths", "statistics_of"]

#: Length of a step in the unit interval: half of the levels lie on each side of it.
STEP = 0.5
_LEVELS = np.array([0.125, 0.375])


@dataclass(frozen=True)
class Effects:
    """Statistics of the elementary effects of each input.

    Attributes
    ----------
    mean, mean_absolute, spread
        Shape (inputs,), in the unit of the function per unit of the input: mean effect, mean size of an effect, and
        standard deviation of the effects.
    mean_error, mean_absolute_error
        Standard errors of the means.
    """

    mean: NDArray[np.float64]
    mean_absolute: NDArray[np.float64]
    spread: NDArray[np.float64]
    mean_error: NDArray[np.float64]
    mean_absolute_error: NDArray[np.float64]


@dataclass(frozen=True)
class Paths:
    """Random paths through the unit cube, each with one step along each group of inputs.

    Attributes
    ----------
    points
        Shape (paths, groups + 1, inputs), at the centres of four levels: 1/8, 3/8, 5/8, 7/8. The ends 0 and 1, where
        distributions without bounds are infinite, do not occur.
    order
        Shape (paths, groups): the group that each step changes.
    lengths
        Shape (paths, groups): length of the step along each group, negative where that of its first input is downwards.
    """

    points: NDArray[np.float64]
    order: NDArray[np.intp]
    lengths: NDArray[np.float64]


def random_paths(groups: Sequence[int], first: int, count: int, seed: int) -> Paths:
    """Return random paths of equal steps.

    Parameters
    ----------
    groups
        The group of each input, numbered from 0; inputs of a group step together, each from a level of its own.
    first
        Number of the first path; a path depends on its number and the seed alone.
    count
        Number of paths.
    seed
        Another seed gives other paths.

    Returns
    -------
    Paths
        With steps of half of the unit interval.

    Notes
    -----
    Source: M. D. Morris, Technometrics 33, 161 (1991), with four levels and steps of half of their range.

    Examples
    --------
    >>> from gridscan.numerics.elementary_effects import random_paths
    >>> paths = random_paths([0, 1, 2], first=0, count=2, seed=1)
    >>> abs(paths.points[:, 1:] - paths.points[:, :-1]).sum(axis=-1).tolist()
    [[0.5, 0.5, 0.5], [0.5, 0.5, 0.5]]
    """
    of_input = np.asarray(groups)
    inputs, many = len(of_input), int(of_input.max()) + 1
    leading = np.array([int(np.flatnonzero(of_input == group)[0]) for group in range(many)])
    points = np.empty((count, many + 1, inputs))
    order, lengths = np.empty((count, many), dtype=np.intp), np.empty((count, many))
    for row in range(count):
        random = np.random.default_rng([seed, first + row])
        order[row] = random.permutation(many)
        low = _LEVELS[random.integers(2, size=inputs)]
        upwards = random.integers(2, size=inputs) == 1
        moved = np.arange(many + 1)[:, None] > np.argsort(order[row])[of_input]
        points[row] = low + STEP * (moved == upwards)
        lengths[row] = np.where(upwards[leading], STEP, -STEP)
    return Paths(points, order, lengths)


def effects_of(
    order: NDArray[np.intp], lengths: NDArray[np.float64], values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the elementary effect of each group of inputs on each path.

    Parameters
    ----------
    order
        Shape (paths, groups): the group that each step changes.
    lengths
        Shape (paths, groups): length of the step along each group, with its sign.
    values
        Shape (paths, groups + 1): the function along the paths.

    Returns
    -------
    numpy.ndarray
        Shape (paths, groups): change of the function by the step along a group, over the length of the step.

    Notes
    -----
    Source: M. D. Morris, Technometrics 33, 161 (1991).

    Examples
    --------
    f = x + 3 y has the effects 1 and 3 everywhere:

    >>> from gridscan.numerics.elementary_effects import effects_of, random_paths
    >>> paths = random_paths([0, 1], first=0, count=1, seed=1)
    >>> effects_of(paths.order, paths.lengths, paths.points @ [1.0, 3.0])
    array([[1., 3.]])
    """
    changes = np.empty(order.shape)
    np.put_along_axis(changes, order, np.diff(values, axis=1), axis=1)
    return changes / lengths


def statistics_of(effects: NDArray[np.float64]) -> Effects:
    """Return the statistics of elementary effects.

    Parameters
    ----------
    effects
        Shape (paths, inputs), of at least two paths.

    Returns
    -------
    Effects
        Means, spread and standard errors.

    Notes
    -----
    Source: F. Campolongo, J. Cariboni and A. Saltelli, Environ. Model. Softw. 22, 1509 (2007).

    Examples
    --------
    >>> import numpy as np
    >>> from gridscan.numerics.elementary_effects import statistics_of
    >>> found = statistics_of(np.array([[1.0, -2.0], [1.0, 2.0]]))
    >>> found.mean, found.mean_absolute
    (array([1., 0.]), array([1., 2.]))
    """
    root = np.sqrt(len(effects))
    size = np.abs(effects)
    spread = effects.std(axis=0, ddof=1)
    return Effects(effects.mean(axis=0), size.mean(axis=0), spread, spread / root, size.std(axis=0, ddof=1) / root)

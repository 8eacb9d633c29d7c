"""Values of a quantity along the paths of Morris and on the design of Saltelli, evaluated part by part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridscan.evaluation.distinct_rows import evaluate_rows
from gridscan.evaluation.layout import lay_out
from gridscan.numerics.elementary_effects import effects_of, random_paths
from gridscan.uncertainty.designs import DRAW, Design, Uniforms, key_of, sobol_points
from gridscan.uncertainty.owen import scrambled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gridscan.screening.factors import Factors

#: Independent replicates of Saltelli's design, from whose spread its errors follow.
REPLICATES = 16


@dataclass
class Response:
    """A quantity as a function of the random numbers of all factors.

    Attributes
    ----------
    messages
        Why points could not be computed.
    failed, computed
        Numbers of points.
    """

    factors: Factors
    name: str
    logarithm: bool

    def __post_init__(self) -> None:
        self.messages: dict[str, None] = {}
        self.failed = self.computed = 0

    @property
    def keys(self) -> list[str]:
        """The names of the random numbers, factor by factor."""
        return [key for members in self.factors.members for key in members]

    @property
    def groups(self) -> list[int]:
        """The number of the factor of each of them."""
        return [index for index, members in enumerate(self.factors.members) for _ in members]

    def __call__(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the quantity, or its logarithm, at points of the unit cube; NaN where it could not be computed.

        Parameters
        ----------
        points
            Shape (points, keys).
        """
        columns = dict(zip(self.keys, points.T, strict=True))
        half = np.full(len(points), 0.5)

        def numbers(_: Design, dimensions: Mapping[str, int]) -> dict[str, Uniforms]:
            chosen = {key: columns.get(key, half) for key in dimensions}
            return {key: Uniforms(column, 1.0 - column) for key, column in chosen.items()}

        resolved = self.factors.scenario.drawn_with(Design(points=len(points)), numbers)
        found = evaluate_rows(lay_out(resolved, [self.name]), self.name, DRAW)
        with np.errstate(invalid="ignore", divide="ignore"):
            values = np.log(found.values) if self.logarithm else found.values
        if self.logarithm and (found.values <= 0).any():
            self.messages[f"{self.name!r} is not positive, so it has no logarithm"] = None
        good = np.isfinite(values)
        self.messages |= dict.fromkeys(found.messages)
        self.failed, self.computed = self.failed + int((~good).sum()), self.computed + len(points)
        return np.where(good, values, np.nan)


def effects(response: Response, first: int, count: int, seed: int) -> NDArray[np.float64]:
    """Return elementary effects.

    Parameters
    ----------
    response
        The function.
    first, count
        Which random paths.
    seed
        Another seed gives other paths.

    Returns
    -------
    numpy.ndarray
        Shape (paths, factors); paths with a point that could not be computed are left out.
    """
    paths = random_paths(response.groups, first, count, seed)
    values = response(paths.points.reshape(-1, paths.points.shape[-1])).reshape(paths.points.shape[:2])
    good = np.isfinite(values).all(axis=1)
    return effects_of(paths.order[good], paths.lengths[good], values[good])


@dataclass
class Saltelli:
    """Values on Saltelli's design, which grows point by point.

    Attributes
    ----------
    first, second, exchanged
        Shapes (replicates, points), the same, and (factors, replicates, points).
    """

    response: Response
    seed: int

    def __post_init__(self) -> None:
        factors = len(self.response.factors.names)
        self.first = self.second = np.empty((REPLICATES, 0))
        self.exchanged = np.empty((factors, REPLICATES, 0))

    @property
    def points(self) -> int:
        """Number of base points."""
        return int(self.first.size)

    def grow(self, points: int, rows_at_once: int) -> None:
        """Add points until there are so many.

        Parameters
        ----------
        points
            Number of base points wanted, a multiple of that of the replicates.
        rows_at_once
            Number of rows to compute at once.
        """
        wanted = points // REPLICATES
        base = self._base(wanted)
        rows = REPLICATES * (2 + len(self.exchanged))
        step = max(1, rows_at_once // rows)
        for start in range(self.first.shape[1], wanted, step):
            self._add(base[..., start : start + step])

    def _base(self, wanted: int) -> NDArray[np.float64]:
        """Return random numbers, shape (sets, keys, replicates, points)."""
        keys = self.response.keys
        names = [f"{which} {key}" for which in ("first", "second") for key in keys]
        seeds = [key_of(self.seed, f"replicate {index}") >> 1 for index in range(REPLICATES)]
        scrambling = np.array([[key_of(seed, name) for seed in seeds] for name in names], dtype=np.uint64)
        points = sobol_points(wanted, list(range(len(names))))
        return scrambled(points[:, None], scrambling[..., None]).reshape(2, len(keys), REPLICATES, wanted)

    def _add(self, base: NDArray[np.float64]) -> None:
        first, second = base
        of_key = np.array(self.response.groups)
        factors = np.arange(len(self.exchanged))
        exchanged = np.where((of_key == factors[:, None])[:, :, None, None], second, first)
        points = np.concatenate([base, exchanged])
        sets, keys = points.shape[:2]
        values = self.response(np.moveaxis(points, 1, -1).reshape(-1, keys)).reshape(sets, *points.shape[2:])
        self.first = np.concatenate([self.first, values[0]], axis=1)
        self.second = np.concatenate([self.second, values[1]], axis=1)
        self.exchanged = np.concatenate([self.exchanged, values[2:]], axis=2)

"""Designs: the random numbers of each parameter, from which its distribution draws."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from gridscan.numerics.hashing import open_uniform
from gridscan.uncertainty.owen import BITS, hashed, scrambled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

#: Dimension of the draws, as ArviZ calls it.
DRAW = "draw"

_AT_ONCE = 1 << 16
_SPELLED = {"sobol": "scrambled Sobol points", "latin-hypercube": "Latin hypercube", "random": "random draws"}


class Design(BaseModel):
    """How draws are made of all that is uncertain: by which method, how many, and from which seed.

    Examples
    --------
    >>> import gridscan as gs
    >>> gs.Design(points=4096, seed=1).described
    'scrambled Sobol points, seed 1'
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        json_schema_extra={"description": "How draws are made of all that is uncertain"},
    )

    method: Literal["sobol", "latin-hypercube", "random"] = Field(
        default="sobol", description="Scrambled Sobol points, a Latin hypercube, or independent random draws"
    )
    points: int = Field(default=1024, ge=1, le=10_000_000, description="Number of draws")
    seed: int = Field(default=0, ge=0, lt=2**63, description="Another seed gives other draws")

    @property
    def described(self) -> str:
        """The method and the seed in words."""
        return f"{_SPELLED[self.method]}, seed {self.seed}"

    @property
    def note(self) -> str | None:
        """What should be known about the number of points, if anything."""
        if self.method != "sobol" or self.points & (self.points - 1) == 0:
            return None
        power = 1 << (self.points.bit_length() - 1)
        return (
            f"Sobol points are balanced for powers of two only: better {power:,} or {2 * power:,} than {self.points:,}"
        )


@dataclass(frozen=True)
class Uniforms:
    """Random numbers above 0 and below 1, and their distances from 1, which those near 1 do not lose to rounding."""

    lower: NDArray[np.float64]
    upper: NDArray[np.float64]


def uniforms(design: Design, dimensions: Mapping[str, int]) -> dict[str, Uniforms]:
    """Return the random numbers of each name.

    Parameters
    ----------
    design
        Method, number and seed.
    dimensions
        By name, its dimension of the sequence of Sobol, from 0.

    Returns
    -------
    dict of str to Uniforms
        By name. They depend on design, name and dimension alone; with the methods ``sobol`` and ``random``, more points
        begin with fewer.

    Examples
    --------
    Two points of a sequence lie in the two halves of every dimension:

    >>> from gridscan.uncertainty.designs import Design, uniforms
    >>> numbers = uniforms(Design(points=2, seed=3), {"sfr": 0, "radius": 1})
    >>> [sorted((item.lower > 0.5).tolist()) for item in numbers.values()]
    [[False, True], [False, True]]
    """
    if not dimensions:
        return {}
    keys = {name: key_of(design.seed, name) for name in dimensions}
    if design.method == "random":
        numbers = np.arange(design.points, dtype=np.uint64)
        lower = {name: open_uniform(hashed(numbers, key)) for name, key in keys.items()}
    elif design.method == "sobol":
        points = sobol_points(design.points, list(dimensions.values()))
        lower = {name: scrambled(points[column], keys[name]) for column, name in enumerate(dimensions)}
    else:
        return {name: _stratified(design, name) for name in dimensions}
    return {name: Uniforms(values, 1.0 - values) for name, values in lower.items()}


def key_of(seed: int, name: str) -> int:
    """Return the key of the random numbers of a name.

    Parameters
    ----------
    seed
        The seed of a design.
    name
        Any text.

    Returns
    -------
    int
        Whole number below 2^64.
    """
    content = f"{seed} {name}".encode()
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "little")


def sobol_points(count: int, dimensions: list[int]) -> NDArray[np.uint32]:
    """Return the first points of the sequence of Sobol, not scrambled.

    Parameters
    ----------
    count
        Number of points.
    dimensions
        Dimensions of the sequence, from 0.

    Returns
    -------
    numpy.ndarray
        Shape (dimensions, points): whole numbers below 2^32.
    """
    # Half a second to import, for nothing where nothing is drawn by it.
    from scipy.stats import qmc

    sequence = qmc.Sobol(max(dimensions) + 1, scramble=False, bits=BITS)
    points = np.empty((len(dimensions), count), dtype=np.uint32)
    for start in range(0, count, _AT_ONCE):
        # Of a power of two at first, since scipy warns of anything else.
        at_once = min(_AT_ONCE, 1 << (count - 1).bit_length())
        block = sequence.random(at_once)[: count - start, dimensions]
        points[:, start : start + len(block)] = (block * 2.0**BITS).T
    return points


def _stratified(design: Design, name: str) -> Uniforms:
    """Return one random number in each of as many intervals of equal length, in random order."""
    count = design.points
    numbers = np.arange(count, dtype=np.uint64)
    # The number of points is part of the key: it is another design, no extension.
    order = np.argsort(hashed(numbers, key_of(design.seed, f"order of {count} {name}")), kind="stable")
    inside = open_uniform(hashed(numbers, key_of(design.seed, f"place in {count} {name}")))
    least = 2.0**-53
    lower = np.clip((order + inside) / count, least, 1.0 - least)
    upper = np.clip((count - 1 - order + (1.0 - inside)) / count, least, 1.0 - least)
    return Uniforms(lower, upper)

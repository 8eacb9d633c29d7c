"""A variable of a result: all that is known of it before any of its numbers, worked out once."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gridscan.units import base_unit, readable, to_cf

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridscan.units import Unit

#: What precedes the name of a quantity that is kept for others, and was not asked for.
INTERMEDIATE = "intermediate/"


@dataclass(frozen=True)
class VariableSpec:
    """A variable of a result.

    Attributes
    ----------
    key
        The name of an output, or that of an intermediate quantity with a prefix.
    quantity
        The quantity that it holds, or from which it is drawn.
    unit
        The declared unit of the quantity.
    factor
        What values in base units are divided by: the declared unit in base units, or 1 for what stays in these.
    missing
        Where values may be missing (NaN), as a phrase; None where they may not.
    drawn
        Whether it holds draws of a count, along a last dimension.
    attributes
        As they will be in the file.
    coordinates
        The coordinates, beside its axes, that it depends on.
    """

    key: str
    quantity: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: np.dtype
    unit: Unit
    factor: float
    missing: str | None
    drawn: bool
    attributes: Mapping[str, str]
    coordinates: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its name without what precedes that of intermediate quantities."""
        return self.key.removeprefix(INTERMEDIATE)

    @property
    def is_output(self) -> bool:
        """Whether it was asked for."""
        return not self.key.startswith(INTERMEDIATE)

    @property
    def cells(self) -> int:
        """Number of its cells."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Size of the array."""
        return self.cells * self.dtype.itemsize

    @property
    def is_as_used(self) -> bool:
        """Whether it holds the very numbers of which other quantities are made."""
        return self.factor == 1.0 and self.dtype == float

    def as_intermediate(self) -> VariableSpec:
        """Return the variable that keeps the quantity for others: in base units, in full precision."""
        attributes = {**self.attributes, "units": to_cf(base_unit(self.unit))}
        attributes.pop("unit_name", None)
        return replace(
            self, key=f"{INTERMEDIATE}{self.quantity}", dtype=np.dtype(float), factor=1.0, attributes=attributes
        )

    @property
    def unit_text(self) -> str:
        """The declared unit, for messages and records."""
        return readable(self.unit)

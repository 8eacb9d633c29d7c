"""Specification of a variable of a result, worked out once, before any number is computed."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gridscan.units import base_unit, readable, spelled_on_disk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridscan.units import Unit

#: Prefix of intermediate quantities, which are stored for others and were not asked for.
INTERMEDIATE = "intermediate/"


@dataclass(frozen=True)
class VariableSpec:
    """A variable of a result.

    Attributes
    ----------
    key
        The name of an output, or that of an intermediate quantity with a prefix.
    quantity
        The quantity that it holds, or the count that is drawn.
    unit
        The declared unit of the quantity.
    factor
        Divisor of values in base units: the declared unit in base units, or 1 for those that stay in base units.
    missing
        Where values may be missing (NaN), as a phrase; None if they may not be.
    unbounded
        Where values may be infinite, as a phrase; None if they may not be.
    drawn
        Whether it holds draws of a count, along a last dimension.
    attributes
        Attributes in the file.
    coordinates
        Coordinates that it depends on, besides its axes.
    """

    key: str
    quantity: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: np.dtype
    unit: Unit
    factor: float
    missing: str | None
    unbounded: str | None
    drawn: bool
    attributes: Mapping[str, str]
    coordinates: tuple[str, ...] = ()

    def with_warning(self, text: str) -> VariableSpec:
        """Return the same with an attribute that says what is doubtful."""
        return replace(self, attributes={**self.attributes, "warning": text})

    @property
    def name(self) -> str:
        """Its name, without the prefix of intermediate quantities."""
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
        """Whether it holds exactly the numbers that other quantities are computed from."""
        return self.factor == 1.0 and self.dtype == float

    def as_intermediate(self) -> VariableSpec:
        """Return the variable that stores the quantity for others: in base units, in full precision."""
        attributes = {**self.attributes, "units": spelled_on_disk(base_unit(self.unit))}
        attributes.pop("unit_name", None)
        return replace(
            self, key=f"{INTERMEDIATE}{self.quantity}", dtype=np.dtype(float), factor=1.0, attributes=attributes
        )

    @property
    def unit_text(self) -> str:
        """The declared unit, for messages and records."""
        return readable(self.unit)

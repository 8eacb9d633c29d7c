"""Labelled arrays in base units, the inputs of a model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gridscan.units import Unit, readable

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from gridscan.definition.definition import Definition


@dataclass(frozen=True)
class Coordinate:
    """Values along one dimension (or none), in the default unit, for the Dataset.

    Attributes
    ----------
    attributes
        What else is said of them in the Dataset.
    """

    dims: tuple[str, ...]
    values: np.ndarray
    unit: Unit | None
    long_name: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


def label_at(coordinate: Coordinate | None, index: int) -> str:
    """Return the value at a position of a dimension with its unit, or the position if the dimension has no values.

    Parameters
    ----------
    coordinate
        Values along the dimension, or None.
    index
        Position along the dimension.

    Returns
    -------
    str
        For a message.
    """
    if coordinate is None:
        return str(index)
    value = coordinate.values[index]
    return str(value) if coordinate.unit is None else f"{value:g} {readable(coordinate.unit)}".removesuffix(" 1")


@dataclass(frozen=True)
class Input:
    """A named array in base units (or of words) over dimensions; a vector has one more, last, axis.

    Attributes
    ----------
    lengths
        Shape of `dims`: number of values of each vector without padding; None if nothing is padded.
    """

    dims: tuple[str, ...]
    data: np.ndarray
    vector: bool = False
    lengths: np.ndarray | None = None

    @property
    def vectors(self) -> list[np.ndarray]:
        """The vectors as they were given, without padding that depends on the length of the others."""
        rows = self.data.reshape(-1, self.data.shape[-1])
        lengths = [rows.shape[1]] * len(rows) if self.lengths is None else self.lengths.ravel().tolist()
        return [row[:length] for row, length in zip(rows, lengths, strict=True)]


def maps_last(model: Definition, sizes: dict[str, int]) -> dict[str, int]:
    """Return the axes with those of a map of the sky last, in the order of CF, in which other programs draw it.

    Parameters
    ----------
    model
        The model, which gives its parameters roles.
    sizes
        Dimensions in the order in which they were given.

    Returns
    -------
    dict of str to int
        The same dimensions.
    """
    by_role = {node.role: name for name, node in model.parameters.items() if name in sizes}
    of_map = [by_role[role] for role in ("sky_latitude", "sky_longitude") if role in by_role]
    if len(of_map) < 2:
        return sizes
    return {name: sizes[name] for name in [*(name for name in sizes if name not in of_map), *of_map]}

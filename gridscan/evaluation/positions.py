"""Products of positions along the dimensions of an array: regions of a grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gridscan.inputs.arrays import Coordinate

#: Positions along the dimensions of a region.
Positions = tuple["slice | np.ndarray", ...]


def length(part: slice | np.ndarray, size: int) -> int:
    """Return the number of positions in a part of a dimension."""
    return len(range(*part.indices(size))) if isinstance(part, slice) else len(part)


def taken(array: np.ndarray, positions: Sequence[slice | np.ndarray]) -> np.ndarray:
    """Return an array at a product of positions along its first axes."""
    if all(isinstance(part, slice) for part in positions):
        return array[(*positions, ...)]
    whole = [
        np.arange(size)[part] if isinstance(part, slice) else part
        for part, size in zip(positions, array.shape, strict=False)
    ]
    product: np.ndarray = array[np.ix_(*whole)]
    return product


def aligned(array: np.ndarray, own: Sequence[str], dims: Sequence[str]) -> np.ndarray:
    """Return an array with an axis for each of `dims`, of length one where it has none of its own; inner axes stay."""
    lengths = iter(array.shape)
    return array.reshape(tuple(next(lengths) if dim in own else 1 for dim in dims) + array.shape[len(own) :])


def where_it_varies(array: np.ndarray, positions: Positions) -> np.ndarray:
    """Return an aligned array at positions; along axes of length one it does not vary."""
    return taken(
        array, [slice(None) if size == 1 else part for part, size in zip(positions, array.shape, strict=False)]
    )


def products(mask: np.ndarray) -> Iterable[tuple[np.ndarray, ...]]:
    """Divide the True cells of a mask into products of positions along the axes."""
    if not mask.any():
        return []
    if mask.all():
        return [tuple(np.arange(size) for size in mask.shape)]
    if mask.ndim == 1:
        return [(np.flatnonzero(mask),)]
    alike: dict[bytes, list[int]] = {}
    for index, part in enumerate(mask):
        alike.setdefault(part.tobytes(), []).append(index)
    return [(np.array(indices), *rest) for indices in alike.values() for rest in products(mask[indices[0]])]


def located(
    message: str, dims: Sequence[str], places: Sequence[int], coordinates: Mapping[str, Coordinate | None]
) -> str:
    """Add to the message of a failed cell where it is on the grid.

    Parameters
    ----------
    places
        Its position along each of `dims`.
    """
    from gridscan.inputs.arrays import label_at

    at = ", ".join(f"{dim} = {label_at(coordinates.get(dim), place)}" for dim, place in zip(dims, places, strict=True))
    return f"{message} (first at {at})" if at else message

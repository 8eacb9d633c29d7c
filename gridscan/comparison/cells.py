"""Comparing two quantities cell by cell, in blocks, so that files larger than memory can be compared."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.errors import UnitError
from gridscan.evaluation.block_shape import block_of, boxes
from gridscan.units import base_factor, readable, same_dimension, unit_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr

    from gridscan.comparison.axes import Alignment


_SAME: tuple[float, str, tuple[str, ...]] = (1.0, "1", ())


@dataclass(frozen=True)
class QuantityDifference:
    """How a quantity of two results differs.

    Attributes
    ----------
    name
        The quantity.
    cells, differing
        Number of cells that were compared, and of those that differ by more than is allowed.
    worst
        Largest relative difference ``|a - b| / max(|a|, |b|)`` of any cell; infinite where only one has a number.
    at
        Where that is: labels and values with units, by axis.
    values
        The two numbers there, in the unit of the first.
    unit
        That unit.
    notes
        What else differs: units, dimensions, or that only one of the results has it.
    comparable
        Whether cells were compared at all.
    """

    name: str
    cells: int = 0
    differing: int = 0
    worst: float = 0.0
    at: Mapping[str, str] = field(default_factory=dict)
    values: tuple[Any, Any] = (None, None)
    unit: str = "1"
    notes: tuple[str, ...] = ()
    comparable: bool = True

    @property
    def same(self) -> bool:
        """Whether all cells agree."""
        return self.comparable and not self.differing


def compare_cells(
    name: str, first: xr.Dataset, second: xr.Dataset, alignments: Mapping[str, Alignment], rtol: float
) -> QuantityDifference:
    """Compare a quantity of two Datasets.

    Parameters
    ----------
    name
        A variable of both.
    first, second
        The Datasets.
    alignments
        The points that their axes share, by dimension.
    rtol
        Largest relative difference of cells that agree.

    Returns
    -------
    QuantityDifference
        Of the points that both have.
    """
    a, b = first[name], second[name]
    dims = [str(dim) for dim in dict.fromkeys([*a.dims, *b.dims])]
    if not alignments.keys() >= set(dims):
        said = [f"over {', '.join(map(str, item.dims)) or 'no axis'} in {side}" for side, item in (("A", a), ("B", b))]
        return QuantityDifference(name, notes=(" and ".join(said),), comparable=False)
    numeric = [item.dtype.kind in "iuf" for item in (a, b)]
    if not all(numeric):
        if any(numeric):
            return QuantityDifference(name, notes=("numbers in one and words in the other",), comparable=False)
        factor, unit, notes = _SAME
    else:
        try:
            factor, unit, notes = _factor(a, b)
        except UnitError as error:
            return QuantityDifference(name, notes=(str(error),), comparable=False)
    shape = tuple(alignments[dim].first.size for dim in dims)
    if math.prod(shape) == 0:
        return QuantityDifference(name, notes=(*notes, "no cell in common"), comparable=False)
    differing, worst, place, values = 0, 0.0, None, (None, None)
    for box in boxes(shape, block_of(shape, costly=False)):
        x = _read(a.variable, {dim: alignments[dim].first[part] for dim, part in zip(dims, box, strict=True)})
        y = _read(b.variable, {dim: alignments[dim].second[part] for dim, part in zip(dims, box, strict=True)})
        x, y = np.broadcast_arrays(x, y)
        y = y * factor if factor != 1 else y
        apart = _relative(x, y) if all(numeric) else np.where(x.astype(str) == y.astype(str), 0.0, np.inf)
        differing += int((apart > rtol).sum())
        top = int(np.argmax(apart))
        if float(apart.flat[top]) > worst:
            worst, here = float(apart.flat[top]), np.unravel_index(top, apart.shape)
            place = [part.start + int(index) for part, index in zip(box, here, strict=True)]
            values = (x[here].item(), y[here].item())
    at = (
        {}
        if place is None
        else {
            dim: _label(first, dim, int(alignments[dim].first[index])) for dim, index in zip(dims, place, strict=True)
        }
    )
    return QuantityDifference(name, math.prod(shape), differing, worst, at, values, unit, notes)


def _factor(a: xr.DataArray, b: xr.DataArray) -> tuple[float, str, tuple[str, ...]]:
    """Return the value of the second unit in the first, that, and what is to be said of them."""
    own, other = unit_of(a), unit_of(b)
    if own == other:
        return 1.0, readable(own), ()
    said = f"in {readable(own)!r} in A and in {readable(other)!r} in B"
    if not same_dimension(own, other):
        raise UnitError(said)
    return base_factor(other) / base_factor(own), readable(own), (said,)


def _read(variable: xr.Variable, at: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the values at some positions, with a dimension of length one where there is none."""
    own = [dim for dim in at if dim in variable.dims]
    values = np.asarray(variable.isel({dim: _sliced(at[dim]) for dim in own}).transpose(*own).values)
    return values[tuple(slice(None) if dim in own else None for dim in at)]


def _sliced(index: np.ndarray) -> Any:
    """Return positions as a slice where they follow each other, which reads much faster."""
    if index.size and (np.diff(index) == 1).all():
        return slice(int(index[0]), int(index[-1]) + 1)
    return index


def _relative(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return ``|x - y| / max(|x|, |y|)``, 0 for equal numbers and for two NaN, infinite where one is not finite."""
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    with np.errstate(all="ignore"):
        size = np.maximum(np.abs(x), np.abs(y))
        apart = np.abs(x / size - y / size)
    equal = (x == y) | (np.isnan(x) & np.isnan(y))
    return np.where(equal, 0.0, np.where(np.isfinite(x) & np.isfinite(y), apart, np.inf))


def _label(dataset: xr.Dataset, dim: str, index: int) -> str:
    if dim not in dataset.variables:
        return str(index)
    value = np.atleast_1d(dataset[dim].values)[index]
    if not isinstance(value, float | np.floating):
        return str(value)
    try:
        unit = readable(unit_of(dataset[dim]))
    except UnitError:
        unit = "1"
    return f"{value:.6g} {unit}".removesuffix(" 1")

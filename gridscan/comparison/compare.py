"""How two results differ, worst first."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import xarray as xr

from gridscan.comparison.axes import Alignment, align, shared_axes, with_held
from gridscan.comparison.cells import QuantityDifference, compare_cells
from gridscan.comparison.inputs import InputDifference, compare_inputs
from gridscan.errors import StoreError
from gridscan.storage.files import open_as_it_is

if TYPE_CHECKING:
    from collections.abc import Mapping

#: A result file, or a Dataset.
Result = str | Path | xr.Dataset


@dataclass(frozen=True)
class Comparison:
    """How two results, A and B, differ.

    Attributes
    ----------
    rtol
        Largest relative difference of cells that agree.
    quantities
        How each quantity differs, the worst first; those that agree come last.
    axes
        What differs between axes, in words.
    axes_differ
        Whether one result has points that the other lacks.
    inputs
        What the results were made of, as far as it differs.
    """

    rtol: float
    quantities: tuple[QuantityDifference, ...]
    axes: tuple[str, ...]
    axes_differ: bool
    inputs: tuple[InputDifference, ...]

    @property
    def same(self) -> bool:
        """Whether both hold the same quantities at the same points; what they were made of may differ."""
        return not self.axes_differ and all(item.same for item in self.quantities)

    def __str__(self) -> str:
        apart = [item for item in self.quantities if not item.same]
        lines = [f"{len(apart)} of {len(self.quantities)} quantities differ" if apart else "all quantities agree"]
        lines += [f"  {in_words(item)}" for item in apart]
        lines += [f"axes: {note}" for note in self.axes]
        lines += [str(item) for item in self.inputs]
        return "\n".join(lines)


def in_words(item: QuantityDifference) -> str:
    """Return in one line how a quantity differs.

    Parameters
    ----------
    item
        The difference.

    Returns
    -------
    str
        Such as ``"flux: 3 of 12 cells, by up to 0.2 at radius = 1 kpc (4 and 5 1/cm^2/s)"``.
    """
    notes = "; ".join(item.notes)
    if not item.comparable or not item.differing:
        return f"{item.name}: {notes or 'the same'}"
    place = ", ".join(f"{axis} = {value}" for axis, value in item.at.items())
    worst = "a value that only one has" if item.worst == float("inf") else f"up to {item.worst:.3g}"
    pair = " and ".join(f"{value:.10g}" if isinstance(value, float) else str(value) for value in item.values)
    unit = "" if item.unit == "1" else f" {item.unit}"
    text = f"{item.name}: {item.differing:,} of {item.cells:,} cells, by {worst}"
    return text + (f" at {place}" if place else "") + f" ({pair}{unit})" + (f"; {notes}" if notes else "")


def compare(a: Result, b: Result, *, rtol: float = 0.0) -> Comparison:
    """Compare two results: their quantities cell by cell, their axes, and what they were made of.

    Parameters
    ----------
    a, b
        Result files or Datasets; files larger than memory are compared in blocks.
    rtol
        Largest relative difference ``|a - b| / max(|a|, |b|)`` of cells that agree; by default they have to be equal.

    Returns
    -------
    Comparison
        It prints as lines, worst first; ``comparison.same`` tells whether they agree.

    Raises
    ------
    StoreError
        If a file is missing or cannot be read, or `rtol` is not a number of at least 0.

    Notes
    -----
    Points of axes are compared where both results have them: labels by their text, numbers to the last digits, which is
    said. Two cells without a value (NaN) agree. A quantity in two units of one dimension is compared in that of A.

    Examples
    --------
    >>> import xarray as xr
    >>> import gridscan as gs
    >>> flux = ("distance", [4.0, 1.0], {"units": "cm-2 s-1"})
    >>> ds = xr.Dataset({"flux": flux}, {"distance": ("distance", [1.0, 2.0], {"units": "kiloparsec"})})
    >>> print(gs.compare(ds, ds.assign(flux=ds.flux * [1.0, 1.25])))
    1 of 1 quantities differ
      flux: 1 of 2 cells, by up to 0.2 at distance = 2 kpc (1 and 1.25 1/cm^2/s)
    """
    if not rtol >= 0 or rtol == float("inf"):
        raise StoreError(f"rtol is a number of at least 0; found {rtol!r}")
    with ExitStack() as stack:
        first, second = (
            item if isinstance(item, xr.Dataset) else stack.enter_context(open_as_it_is(item)) for item in (a, b)
        )
        first, second = with_held(first, second), with_held(second, first)
        alignments = {str(dim): align(dim, first, second) for dim in shared_axes(first, second)}
        quantities = _quantities(first, second, alignments, rtol)
        notes = tuple(note for item in alignments.values() for note in item.notes)
        differ = any(item.differ for item in alignments.values())
        return Comparison(rtol, quantities, notes, differ, tuple(compare_inputs(first, second)))


def _quantities(
    first: xr.Dataset, second: xr.Dataset, alignments: Mapping[str, Alignment], rtol: float
) -> tuple[QuantityDifference, ...]:
    found = []
    for name in dict.fromkeys(map(str, [*first.data_vars, *second.data_vars])):
        sides = [side for side, dataset in (("A", first), ("B", second)) if name in dataset.data_vars]
        if len(sides) == 1:
            found.append(QuantityDifference(name, notes=(f"only in {sides[0]}",), comparable=False))
        else:
            found.append(compare_cells(name, first, second, alignments, rtol))
    return tuple(sorted(found, key=lambda item: (item.same, item.comparable, -item.worst, -item.differing)))

"""Results as tidy CSV: one row per cell, units in the header line."""

from __future__ import annotations

import csv
import math
import shutil
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

import numpy as np
import xarray as xr

from gridscan.atomic import replacing
from gridscan.errors import StoreError, listed, nearest
from gridscan.limits import DEFAULT
from gridscan.marks.files import first_line
from gridscan.numerics.axis_weights import WEIGHT
from gridscan.sensitivity.quantified import dequantify
from gridscan.units import label_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


def export_csv(
    dataset: xr.Dataset,
    path: str | Path,
    quantities: Sequence[str] | None = None,
    *,
    rows_at_once: int = DEFAULT.table_rows,
    force: bool = False,
) -> Path:
    """Write quantities as tidy CSV, some rows at a time, so that a result larger than memory needs little of it.

    The first line is a comment, which ``pandas.read_csv(path, comment="#")`` and other readers of tables leave out.

    Parameters
    ----------
    dataset
        A result, lazy or not, of numbers or of quantities.
    path
        The file to write.
    quantities
        All by default. Those with fewer dimensions than others are repeated along the missing ones.
    rows_at_once
        Number of rows held in memory.
    force
        Whether any file may be replaced; by default only one that gridscan wrote and nobody changed.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    StoreError
        If a quantity is unknown, or the file cannot be written, would not fit on the disk or would replace another one;
        an earlier file is then kept.
    """
    path = Path(path)
    dataset, names = prepared(dataset, quantities)
    with (
        replacing(path, force=force) as temporary,
        temporary.open("w", newline="", encoding="utf-8") as file,
    ):
        file.write(first_line())
        for number, rows in enumerate(write_rows(file, dataset, names, rows_at_once)):
            if number == 1 and rows:
                file.flush()
                _check_space(path, temporary.stat().st_size / rows, math.prod(dataset.sizes.values()) - rows)
    return path


def prepared(dataset: xr.Dataset, quantities: Sequence[str] | None) -> tuple[xr.Dataset, list[str]]:
    """Select the quantities of a table.

    Parameters
    ----------
    dataset
        A result, lazy or not, of numbers or of quantities.
    quantities
        All by default.

    Returns
    -------
    dataset : xarray.Dataset
        With these alone, and a coordinate for each dimension.
    names : list of str
        Their names.

    Raises
    ------
    StoreError
        If a quantity is unknown, there is none, or one has a dimension twice.
    """
    dataset = dequantify(dataset)
    names = [str(name) for name in (quantities or dataset.data_vars)]
    for name in names:
        if name not in dataset.data_vars:
            known = [str(other) for other in dataset.data_vars]
            raise StoreError(f"the result has no quantity {name!r}{nearest(name, known)}; it has {listed(known)}")
    if not names:
        raise StoreError("there is no quantity to write: the file has none, or has them in groups")
    for name in names:
        if len(set(dataset[name].dims)) < dataset[name].ndim:
            raise StoreError(
                f"{name!r} has a dimension twice, which a table cannot show; leave it out of the quantities"
            )
    chosen = dataset[names]
    numbered = {dim: np.arange(size) for dim, size in chosen.sizes.items() if dim not in dataset.coords}
    # The weights of axes follow from their values, and are no columns of numbers that were asked for.
    possible = [f"{dim}{WEIGHT}" for dim in chosen.sizes]
    weights = [key for key in possible if key in chosen.coords and "measure" in chosen[key].attrs]
    return chosen.drop_vars(weights).assign_coords(numbered), names


def write_rows(file: IO[str], dataset: xr.Dataset, names: list[str], rows_at_once: int) -> Iterator[int]:
    """Write a header line and rows, and yield their number after each block.

    Parameters
    ----------
    file
        Open for writing.
    dataset, names
        As prepared.
    rows_at_once
        Number of rows held in memory.

    Yields
    ------
    int
        Lines written.
    """
    quoting: Literal[0, 2] = csv.QUOTE_NONNUMERIC if _has_comment_sign(dataset) else csv.QUOTE_MINIMAL
    writer = csv.writer(file, lineterminator="\n", quoting=quoting)
    writer.writerow([heading(dataset, name) for name in columns_of(dataset, names)])
    yield 1
    for block in columns_in_blocks(dataset, names, rows_at_once):
        cells = [column.tolist() for column in block]
        writer.writerows(zip(*cells, strict=True))
        yield len(cells[0])


def _has_comment_sign(dataset: xr.Dataset) -> bool:
    """Tell whether a label or word has the sign that begins a comment, and must be quoted."""
    labels = [item.values for item in dataset.variables.values() if item.dtype.kind in "UO"]
    words = [str(item.attrs.get("flag_meanings", "")) for item in dataset.data_vars.values()]
    return any("#" in text for text in [*words, *(str(label) for part in labels for label in np.ravel(part))])


def _check_space(path: Path, row_bytes: float, rows: int) -> None:
    """Refuse a file that is too large for the disk after the first rows, not after hours."""
    needed, free = row_bytes * rows, shutil.disk_usage(path.parent).free
    if needed > free:
        raise StoreError(
            f"{path}: the {rows:,} rows left, of about {row_bytes:.0f} bytes each, need {needed / 1e6:,.0f} MB,"
            f" but {free / 1e6:,.1f} MB are free on that disk; select values of some axes, or fewer quantities"
        )


def columns_of(dataset: xr.Dataset, names: list[str]) -> list[str]:
    """Return the names of the columns of a table: axes, what varies along them, quantities.

    Parameters
    ----------
    dataset, names
        As prepared.

    Returns
    -------
    list of str
        In their order.
    """
    dims = [str(dim) for dim in dataset.sizes]
    auxiliary = [str(name) for name, item in dataset.coords.items() if name not in dims and item.ndim > 0]
    return [*dims, *auxiliary, *names]


def columns_in_blocks(dataset: xr.Dataset, names: list[str], rows_at_once: int) -> Iterator[list[np.ndarray]]:
    """Yield the columns of a table, some rows at a time.

    Parameters
    ----------
    dataset, names
        As prepared.
    rows_at_once
        Number of rows held in memory.

    Yields
    ------
    list of numpy.ndarray
        In the order of `columns_of`, of shape (rows,) each.
    """
    dims, columns = [str(dim) for dim in dataset.sizes], columns_of(dataset, names)
    for block in _blocks(dims, [dataset.sizes[dim] for dim in dims], rows_at_once):
        part = dataset.isel(block)
        whole = xr.DataArray(np.empty([part.sizes[dim] for dim in dims]), dims=dims)
        yield [_in_words(part[name]).broadcast_like(whole).transpose(*dims).values.ravel() for name in columns]


def _in_words(variable: xr.DataArray) -> xr.DataArray:
    """Return texts for letters and the meanings of flags; a number without a meaning stays as it is."""
    if variable.dtype.kind == "S":
        return variable.copy(data=np.char.decode(variable.values, "utf-8", "replace"))
    words = str(variable.attrs.get("flag_meanings", "")).split()
    flags = np.atleast_1d(variable.attrs.get("flag_values", []))
    if flags.dtype.kind not in "iuf" or len(flags) != len(words) or not words:
        return variable
    meanings: dict[Any, Any] = dict(zip(flags.tolist(), words, strict=True))
    found = np.empty(variable.size, dtype=object)
    found[:] = [meanings.get(value, value) for value in variable.values.ravel().tolist()]
    return variable.copy(data=found.reshape(variable.shape))


def _blocks(dims: list[str], sizes: list[int], rows_at_once: int) -> Iterable[dict[str, slice]]:
    """Cut the grid along its first axes into blocks of a bounded number of rows."""
    cut, rows = 0, int(np.prod(sizes, dtype=np.int64))
    while cut < len(sizes) and rows > rows_at_once:
        rows //= sizes[cut]
        cut += 1
    if cut == 0:
        yield {}
        return
    together = max(1, rows_at_once // max(1, rows))
    for index in np.ndindex(*sizes[: cut - 1]):
        ahead = {dim: slice(i, i + 1) for dim, i in zip(dims, index, strict=False)}
        for start in range(0, sizes[cut - 1], together):
            yield {**ahead, dims[cut - 1]: slice(start, start + together)}


def heading(dataset: xr.Dataset, name: str) -> str:
    """Return the title of a column: its name, and its unit in brackets.

    Parameters
    ----------
    dataset
        As prepared.
    name
        Name of the column.

    Returns
    -------
    str
        Such as "flux [1/cm^2/s]".
    """
    unit = label_of(dataset[name]) if "units" in dataset[name].attrs else ""
    return f"{name} [{unit}]" if unit else name

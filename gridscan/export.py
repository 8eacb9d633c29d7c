"""Results as tidy CSV: one row a cell, units in the header line."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from gridscan.errors import StoreError, listed, nearest
from gridscan.units import label_of

_ROWS_AT_ONCE = 200_000


def export_csv(dataset: xr.Dataset, path: str | Path, quantities: Sequence[str] | None = None) -> Path:
    """Write quantities as tidy CSV.

    Parameters
    ----------
    quantities
        All by default. Those with fewer dimensions than others are repeated along the missing ones.

    Raises
    ------
    StoreError
        If a quantity is unknown, or the file cannot be written; an earlier file is then left as it was.
    """
    path = Path(path)
    names = [str(name) for name in (quantities or dataset.data_vars)]
    for name in names:
        if name not in dataset.data_vars:
            known = [str(other) for other in dataset.data_vars]
            raise StoreError(f"the result holds no quantity {name!r}{nearest(name, known)}; it holds {listed(known)}")
    temporary = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            for rows in _tables(dataset[names], names):
                writer.writerows(rows)
        os.replace(temporary, path)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written: {error.strerror or error}") from None
    finally:
        temporary.unlink(missing_ok=True)
    return path


def _tables(dataset: xr.Dataset, names: list[str]) -> Iterable[list[list[Any]]]:
    dims = [str(dim) for dim in dataset.sizes]
    coordinates = [name for name in map(str, dataset.coords) if set(dataset[name].dims) <= set(dims)]
    axes = [dim for dim in dims if dim in dataset.coords]
    extra = [name for name in coordinates if name not in axes and dataset[name].ndim > 0]
    columns = [*dims, *extra, *names]
    yield [[_head(dataset, name) for name in columns]]
    sizes = [dataset.sizes[dim] for dim in dims]
    for block in _blocks(dims, sizes):
        part = dataset.isel(block)
        shape = [part.sizes[dim] for dim in dims]
        values = []
        for name in columns:
            array = part[name] if name in part.variables else xr.DataArray(np.arange(part.sizes[name]), dims=name)
            values.append(
                array.broadcast_like(xr.DataArray(np.empty(shape), dims=dims)).transpose(*dims).values.ravel()
            )
        yield [list(row) for row in zip(*(column.tolist() for column in values), strict=True)]


def _blocks(dims: list[str], sizes: list[int]) -> Iterable[dict[str, slice]]:
    """Cut the grid along its first axes into blocks of a bounded number of rows."""
    cut, rows = 0, int(np.prod(sizes, dtype=np.int64))
    while cut < len(sizes) and rows > _ROWS_AT_ONCE:
        rows //= sizes[cut]
        cut += 1
    for index in np.ndindex(*sizes[:cut]):
        yield {dim: slice(i, i + 1) for dim, i in zip(dims[:cut], index, strict=True)}


def _head(dataset: xr.Dataset, name: str) -> str:
    if name not in dataset.variables or "units" not in dataset[name].attrs:
        return name
    unit = label_of(dataset[name])
    return f"{name} [{unit}]" if unit else name

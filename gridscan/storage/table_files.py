"""Tidy tables in the format that the ending of a file names: comma-separated text, LaTeX, Parquet."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from gridscan._version import __version__
from gridscan.atomic import replacing
from gridscan.errors import StoreError, listed, nearest
from gridscan.limits import DEFAULT
from gridscan.marks.files import first_line
from gridscan.storage.csv import columns_in_blocks, columns_of, export_csv, prepared, write_rows
from gridscan.units import label_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    import xarray as xr

#: What the endings of tables stand for.
TABLES = {".csv": "comma-separated text", ".parquet": "Parquet", ".tex": "a LaTeX table"}
_ESCAPED = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
_ESCAPED |= {sign: f"\\{sign}" for sign in "&%$#_{}"}


def check_ending(path: Path, allowed: Collection[str], what: str) -> None:
    """Refuse a file name with an ending that stands for no format that can be written.

    Parameters
    ----------
    path
        The file to be written.
    allowed
        Endings that are allowed, with their dot.
    what
        What is to be written, with its article.

    Raises
    ------
    StoreError
        If the ending is another one; the message names it and those that are allowed.
    """
    suffix = path.suffix.lower()
    if suffix not in allowed:
        found = f"the ending {path.suffix!r}" if path.suffix else "no ending"
        hint = nearest(suffix, allowed) if suffix else ""
        raise StoreError(f"{path}: {what} cannot be written to a file with {found}{hint}; write {listed(allowed)}")
    if suffix == ".parquet":
        _parquet()


def write_table(
    dataset: xr.Dataset, path: str | Path, quantities: Sequence[str] | None = None, *, force: bool = False
) -> Path:
    """Write quantities as a tidy table, one row per cell, in the format that the ending of the file names.

    Parameters
    ----------
    dataset
        A result, lazy or not, of numbers or of quantities.
    path
        A file that ends in ``.csv``, ``.parquet`` or ``.tex``.
    quantities
        All by default.
    force
        Whether any file may be replaced; by default only one that gridscan wrote and nobody changed.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    StoreError
        If the ending is another one, pyarrow is missing, a quantity is unknown, or the file cannot be written.
    """
    path = Path(path)
    check_ending(path, TABLES, "a table")
    if path.suffix.lower() == ".csv":
        return export_csv(dataset, path, quantities, force=force)
    dataset, names = prepared(dataset, quantities)
    with replacing(path, force=force) as temporary:
        if path.suffix.lower() == ".parquet":
            _write_parquet(dataset, names, temporary)
        else:
            with temporary.open("w", encoding="utf-8") as file:
                _write_tex(dataset, names, file)
    return path


def print_table(dataset: xr.Dataset, file: IO[str], quantities: Sequence[str] | None = None) -> None:
    """Write quantities as comma-separated text to an open file, such as the standard output.

    Parameters
    ----------
    dataset
        A result, lazy or not, of numbers or of quantities.
    file
        Open for writing.
    quantities
        All by default.
    """
    dataset, names = prepared(dataset, quantities)
    for _ in write_rows(file, dataset, names, DEFAULT.table_rows):
        pass


def _parquet() -> Any:
    try:
        import pyarrow.parquet
    except ImportError:
        raise StoreError("Parquet needs pyarrow: python -m pip install 'gridscan[parquet]'; or write .csv") from None
    return pyarrow.parquet


def _write_parquet(dataset: xr.Dataset, names: list[str], path: Path) -> None:
    """Write columns with their units, which ``pandas.read_parquet(path).attrs["units"]`` has, too."""
    parquet = _parquet()
    import pyarrow

    columns = columns_of(dataset, names)
    units = {name: label_of(dataset[name]) for name in columns if "units" in dataset[name].attrs}
    units = {name: unit for name, unit in units.items() if unit}
    said = {"gridscan": __version__, "PANDAS_ATTRS": json.dumps({"units": units})}
    writer = None
    try:
        for block in columns_in_blocks(dataset, names, DEFAULT.table_rows):
            arrays = [pyarrow.array(column.tolist() if column.dtype.kind in "OU" else column) for column in block]
            fields = [
                pyarrow.field(name, array.type, metadata={"units": units[name]} if name in units else None)
                for name, array in zip(columns, arrays, strict=True)
            ]
            table = pyarrow.Table.from_arrays(arrays, schema=pyarrow.schema(fields, metadata=said))
            writer = writer or parquet.ParquetWriter(path, table.schema)
            writer.write_table(table)
    finally:
        if writer is not None:
            writer.close()


def _write_tex(dataset: xr.Dataset, names: list[str], file: IO[str]) -> None:
    columns = columns_of(dataset, names)
    numeric = [dataset[name].dtype.kind in "iuf" for name in columns]
    file.write(first_line("%"))
    file.write(f"\\begin{{tabular}}{{{''.join('r' if number else 'l' for number in numeric)}}}\n\\hline\n")
    file.write(" & ".join(_tex_heading(dataset, name) for name in columns) + " \\\\\n\\hline\n")
    for row in _rows(dataset, names):
        file.write(" & ".join(_tex_cell(value) for value in row) + " \\\\\n")
    file.write("\\hline\n\\end{tabular}\n")


def _rows(dataset: xr.Dataset, names: list[str]) -> Iterator[tuple[Any, ...]]:
    for block in columns_in_blocks(dataset, names, DEFAULT.table_rows):
        yield from zip(*(column.tolist() for column in block), strict=True)


def _tex_heading(dataset: xr.Dataset, name: str) -> str:
    unit = label_of(dataset[name]) if "units" in dataset[name].attrs else ""
    return _tex_text(name) + (f" [{_tex_text(unit)}]" if unit else "")


def _tex_cell(value: Any) -> str:
    if isinstance(value, float):
        if not math.isfinite(value):
            return "--" if np.isnan(value) else f"${'-' if value < 0 else ''}\\infty$"
        digits, _, exponent = f"{value:.6g}".partition("e")
        return f"${digits}\\times 10^{{{int(exponent)}}}$" if exponent else f"${digits}$"
    return f"${value}$" if isinstance(value, int) else _tex_text(str(value))


def _tex_text(text: str) -> str:
    return "".join(_ESCAPED.get(sign, sign) for sign in text)

"""What the command line shows of results and of the answers to questions."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from rich.console import Group, RenderableType

from gridscan.cli.escaping import escape, escape_line
from gridscan.cli.tables import console, new_table
from gridscan.engine.shown_progress import bytes_text
from gridscan.errors import printable
from gridscan.numerics.axis_weights import WEIGHT
from gridscan.sensitivity.crossings import OUTCOME
from gridscan.sensitivity.recorded_units import EXPRESSION
from gridscan.units import label_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from rich.table import Table

    from gridscan.storage.provenance import Provenance
    from gridscan.storage.standing import Standing

_MOST_ROWS = 60
_MOST_COLUMNS = 12
_MOST_MATRICES = 12


def result_report(dataset: xr.Dataset, provenance: Provenance | None, standing: Standing) -> RenderableType:
    """Show what a file holds and what made it, as far as its variables are those that a run has written."""
    axes = new_table("axis", "size", "unit", "", title="Axes")
    for dim, size in dataset.sizes.items():
        coordinate = dataset.coords.get(str(dim))
        unit = label_of(coordinate) if coordinate is not None and "units" in coordinate.attrs else ""
        title = coordinate.attrs.get("long_name", "") if coordinate is not None else ""
        axes.add_row(escape_line(dim), f"{size:,}", escape_line(unit), escape_line(title))
    variables = new_table("quantity", "unit", "dimensions", "size", "", title="Quantities")
    for name, variable in dataset.data_vars.items():
        variables.add_row(
            escape_line(name),
            escape_line("words" if _is_of_words(variable) else label_of(variable) or "1"),
            escape_line(" × ".join(map(str, variable.dims)) or "-"),
            bytes_text(variable.nbytes),
            escape_line(_single_value(variable) + _described(variable)),
        )
    if provenance is None:
        origin = [f"Note     {standing.said or 'was written by gridscan, but is not the result of a run'}"]
    else:
        origin = _origin(provenance, standing)
    facts = [*([str(dataset.attrs["title"])] if "title" in dataset.attrs else []), *origin]
    shown: list[RenderableType] = ["\n".join(map(escape_line, facts)), "", axes, "", variables]
    if provenance is not None and standing.is_as_recorded:
        settings = new_table("input", "value", title="Inputs")
        for name, setting in provenance.settings.items():
            settings.add_row(escape_line(name), escape_line(_setting(setting)))
        shown += ["", settings]
    return Group(*shown)


def _single_value(variable: xr.DataArray) -> str:
    """Return a value without dimensions, with its unit."""
    if variable.ndim or variable.dtype.kind not in "iuf":
        return ""
    unit = label_of(variable) if "units" in variable.attrs else ""
    return f"= {_cell(variable.item())} {unit}".rstrip() + "; "


def _is_of_words(variable: xr.DataArray) -> bool:
    """Tell words from numbers; those without a unit are dimensionless, as CF has it."""
    return variable.dtype.kind in "OSTU" or ("flag_meanings" in variable.attrs and "units" not in variable.attrs)


def _origin(provenance: Provenance, standing: Standing) -> list[str]:
    """Return what made the numbers of a result, or what they have been made of."""
    overridden = ", ".join(f"{name} = {value}" for name, value in provenance.overrides.items())
    scenario = provenance.scenario_name + (f" with {overridden}" if overridden else "")
    wrong = [f"Note     {standing.said}"] if standing.said else []
    if standing.kind == "other version":
        return [*wrong, f"Made     from {scenario}"]
    if not standing.is_as_recorded:
        return [*wrong, f"Scenario {scenario}, which has not given all that is here"]
    versions = ", ".join(f"{name} {version}" for name, version in provenance.versions.items())
    replaced = [f"Replaced {name} by {what}" for name, what in provenance.replaced.items()]
    return [*wrong, f"Made     from {scenario}", *replaced, f"With     {versions}", f"Identity {provenance.identity}"]


def _setting(setting: Any) -> str:
    values = setting["value"] if isinstance(setting, dict) else setting
    unit = setting["unit"] if isinstance(setting, dict) else "1"
    if isinstance(values, dict):
        return f"{values['size']:,} values from {values['first']:.6g} to {values['last']:.6g} {unit}".removesuffix(" 1")
    items = values if isinstance(values, list) else [values]
    shown = [f"{item:.6g}" if isinstance(item, float) else str(item) for item in items[:8]]
    more = ", …" if len(items) > 8 else ""
    return f"{', '.join(shown)}{more} {unit}".removesuffix(" 1")


def array_report(
    data: xr.DataArray | xr.Dataset, held: Sequence[str] = (), *, everything: bool = False
) -> RenderableType:
    """Show a sensitivity: as matrices, one for each leading label, if its last axis is short; otherwise as rows.

    Parameters
    ----------
    held
        Axes of which one value is shown, in words.
    everything
        Whether all rows are shown, however many there are.
    """
    most = data.nbytes + 1 if everything else _MOST_ROWS
    said = [escape_line(f"at {', '.join(held)}; --all shows every value, and --out FILE.csv writes it")] if held else []
    if isinstance(data, xr.DataArray):
        return Group(*_array_parts(data, most), *said)
    comment = escape_line(data.attrs.get("comment", ""))
    shapes = {variable.dims for variable in data.data_vars.values()}
    if len(shapes) == 1 and len(next(iter(shapes))) == 1:
        return Group(*_title(data), _columns(data, most), comment, *said)
    together = _side_by_side(data)
    # Columns side by side have no sentence of their own.
    parts: list[RenderableType] = [*(_title(data) if any(len(names) > 1 for names in together) else [])]
    for names in together:
        parts += [_columns(data[names], most) if len(names) > 1 else Group(*_array_parts(data[names[0]], most)), ""]
    return Group(*parts, comment, *said)


def _title(data: xr.Dataset) -> list[str]:
    return [f"[bold]{escape_line(data.attrs['title'])}[/bold]"] if "title" in data.attrs else []


def _side_by_side(data: xr.Dataset) -> list[list[str]]:
    """Return the names of quantities by what is shown together: those over the same single axis."""
    shown: dict[Hashable, list[str]] = {}
    for name, variable in data.data_vars.items():
        shown.setdefault(variable.dims if variable.ndim == 1 else name, []).append(str(name))
    return list(shown.values())


def _array_parts(data: xr.DataArray, most: int) -> list[RenderableType]:
    data = _with_outcomes(data)
    sides = [str(dim) for dim in data.dims if str(dim).endswith(("_a", "_b"))]
    data = data.transpose(..., *sides)
    unit = label_of(data) if "units" in data.attrs else ""
    name = escape_line(data.attrs.get("long_name", data.name))
    title = f"[bold]{name}[/bold]{escape_line(f' [{unit}]' if unit else '')}"
    if data.ndim == 0:
        return [f"[bold]{name}[/bold]", escape(f"{data.name} = {_with_unit(data.item(), unit)}")]
    if data.ndim == 1 or data.shape[-1] > _MOST_COLUMNS:
        return [title, _rows(data, most)]
    parts: list[RenderableType] = [title]
    leading = [str(dim) for dim in data.dims[:-2]]
    for count, index in enumerate(np.ndindex(*data.shape[:-2])):
        if count == _MOST_MATRICES and most == _MOST_ROWS:
            return [*parts, f"the first {count} of {int(np.prod(data.shape[:-2])):,} tables; --out FILE.csv writes all"]
        part = data.isel(dict(zip(leading, index, strict=True)))
        at = ", ".join(f"{dim} = {_label(data, dim, i)}" for dim, i in zip(leading, index, strict=True))
        parts += [*([escape(at)] if at else []), _matrix(part, most) if _fits(part) else _rows(part, most)]
    return parts


def _with_unit(value: Any, unit: str) -> str:
    return value if isinstance(value, str) else f"{_cell(value)} {unit}".rstrip()


def _with_outcomes(data: xr.DataArray) -> xr.DataArray:
    """Say in place of a number that is missing why it is, where an answer tells."""
    if OUTCOME not in data.coords:
        return data
    said = np.where(np.isfinite(data.values), data.values.astype(object), data[OUTCOME].values)
    return data.copy(data=said)


def _described(variable: xr.DataArray) -> str:
    """Return what a quantity is, with the formula that it was derived by."""
    name, formula = str(variable.attrs.get("long_name", "")), variable.attrs.get(EXPRESSION)
    return name if formula is None else f"= {formula}" if name == formula else f"{name} = {formula}"


def _columns(data: xr.Dataset, most: int) -> Table:
    """Show quantities over the same axis side by side."""
    dim = str(next(iter(data.dims)))
    names = [str(name) for name in [*data.coords, *data.data_vars] if name != dim and data[name].dims == (dim,)]
    # By which measure an answer is a mean is said below it.
    names = [name for name in names if name != f"{dim}{WEIGHT}"]
    table = new_table(*(escape(_axis_title(data, name)) for name in (dim, *names)))
    _say_cut(table, data.sizes[dim], most)
    for index in range(min(data.sizes[dim], most)):
        table.add_row(escape(_label(data, dim, index)), *(escape(_cell(data[name].values[index])) for name in names))
    return table


def _rows(data: xr.DataArray, most: int) -> Table:
    names = [str(dim) for dim in data.dims]
    table = new_table(*(escape(_axis_title(data, dim)) for dim in names), escape_line(data.name))
    values = np.asarray(data.values)
    _say_cut(table, data.size, most)
    for index in itertools.islice(np.ndindex(*data.shape), most):
        labels = [_label(data, dim, i) for dim, i in zip(names, index, strict=True)]
        table.add_row(*map(escape, labels), escape(_cell(values[index])))
    return table


def _matrix(data: xr.DataArray, most: int) -> Table:
    rows, columns = map(str, data.dims)
    heads = [escape(_label(data, columns, index)) for index in range(data.shape[1])]
    table = new_table(escape(f"{_axis_title(data, rows)} \\ {_axis_title(data, columns)}"), *heads)
    _say_cut(table, data.shape[0], most)
    for index, row in enumerate(data.values[:most]):
        table.add_row(escape(_label(data, rows, index)), *(escape(_cell(value)) for value in row))
    return table


def _say_cut(table: Table, size: int, most: int) -> None:
    """Say how many rows there are where not all are shown."""
    if size > most:
        table.caption = f"the first {most} of {size:,} rows; --out FILE.csv writes all, --at picks some"
        table.caption_justify = "left"


def _fits(data: xr.DataArray) -> bool:
    """Tell whether a matrix is no wider than the screen."""
    rows, columns = map(str, data.dims)
    heads = [_label(data, columns, index) for index in range(data.shape[1])]
    first = [f"{_axis_title(data, rows)} \\ {_axis_title(data, columns)}"]
    first += [_label(data, rows, index) for index in range(data.shape[0])]
    cells = [max(len(head), 10) + 1 for head in heads]
    return max(map(len, first)) + sum(cells) <= console().width


def _label(data: xr.DataArray | xr.Dataset, dim: str, index: int) -> str:
    return _cell(data[dim].values[index]) if dim in data.coords else str(index)


def _axis_title(data: xr.DataArray | xr.Dataset, name: str) -> str:
    attributes = data[name].attrs if name in data.coords or isinstance(data, xr.Dataset) else {}
    unit = label_of(attributes) if "units" in attributes else ""
    return printable(f"{name} [{unit}]" if unit else name, lines=False)


def _cell(value: Any) -> str:
    return f"{value:.5g}" if isinstance(value, float | np.floating) else printable(str(value), lines=False)

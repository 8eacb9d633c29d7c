"""What the command line shows: tables of models, plans, results and sensitivities."""

from __future__ import annotations

import inspect
import os
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.tree import Tree

from gridscan.cli.escaping import escape, escape_line
from gridscan.definition.figures import flags
from gridscan.definition.graph import Graph
from gridscan.definition.nodes import Constant, Parameter, Quantity
from gridscan.errors import GridscanError, listed, printable
from gridscan.units import base_factor, label_of, readable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gridscan.definition.figures import Figure
    from gridscan.engine.forecast import Forecast
    from gridscan.engine.plan import Plan, PlannedQuantity
    from gridscan.inputs.catalogue import Catalogue
    from gridscan.model import Model
    from gridscan.model_loader import Installed
    from gridscan.storage.provenance import Provenance
    from gridscan.storage.standing import Standing

_PROSE = (
    *("", "members", "values", "value", "dimensions"),
    *("source", "records", "sets", "allowed", "must be", "description"),
)
_MOST_ROWS = 200
_MOST_COLUMNS = 12
_MOST_MATRICES = 12


def bytes_text(size: float) -> str:
    """Return a size in a unit that fits."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"


def _table(*columns: str, title: str | None = None) -> Table:
    """Return a table in which prose wraps between words, but names and numbers do not."""
    table = Table(title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)
    for column in columns:
        prose = column in _PROSE
        table.add_column(column, overflow="fold", no_wrap=not prose, min_width=13 if prose and column else None)
    return table


def _filled(title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[Table]:
    """Return a table of plain texts, unless it has no rows."""
    table = _table(*columns, title=title)
    for row in rows:
        table.add_row(*map(escape, row))
    return [table] if rows else []


def plan_report(plan: Plan, forecast: Forecast) -> RenderableType:
    """Show the axes, quantities, sizes and expected memory of a plan, and what it can reuse."""
    axes = _table("axis", "size", "values", title="Axes")
    for axis in plan.axes:
        axes.add_row(escape(axis.name), f"{axis.size:,}", escape(axis.values))
    quantities = _table("quantity", "unit", "dimensions", "cells", "size", "", title="Quantities, in order")
    for item in plan.quantities:
        quantities.add_row(
            escape(item.name),
            escape(item.unit),
            escape(" × ".join(item.dims) or "-"),
            f"{item.cells:,}",
            bytes_text(item.nbytes),
            _role(item),
        )
    facts = (
        f"Model    {plan.scenario.model.name}: {plan.scenario.model.description}\n"
        f"Output   {bytes_text(plan.output_bytes)} to {plan.path}\n"
        f"Memory   about {bytes_text(plan.peak_memory)} at the peak"
    )
    return Group(axes, "", quantities, "", escape("\n".join([facts, *_already_there(plan, forecast)])))


def _already_there(plan: Plan, forecast: Forecast) -> list[str]:
    lines = [f"Note     {note}" for note in forecast.notes]
    reusable = sum(forecast.reusable.values())
    if reusable or forecast.reasons:
        lines.append(f"Reusable {reusable:,} of {plan.block_plan.output_cells:,} cells")
    lines += [
        f"         {name}: {forecast.reusable[name]:,} of {plan.block_plan.stored[name].cells:,}; {why}"
        for name, why in forecast.reasons.items()
    ]
    return lines


def _role(item: PlannedQuantity) -> str:
    if not item.blocks:
        return ""
    blocks = "1 block" if item.blocks == 1 else f"{item.blocks:,} blocks"
    return f"{'output' if item.output else 'kept'}, {blocks}"


def models_report(models: Iterable[Installed], scenarios: Iterable[str]) -> RenderableType:
    """Show the models of installed packages, or why they cannot be loaded, and the shipped scenarios."""
    table = _table("model", "package", "", title="Models")
    for item in models:
        try:
            shown = item.load().description
        except GridscanError as error:
            shown = f"cannot be loaded: {error}".replace("\n", "; ")
        hidden = f" (hides that of {listed(item.rivals)})" if item.ships and item.rivals else ""
        table.add_row(escape(item.name), escape(item.package), escape(shown + hidden))
    return Group(table, "", escape("Shipped scenarios, to run by name: " + ", ".join(scenarios)))


def model_report(model: Model, catalogues: dict[str, Catalogue]) -> RenderableType:
    """Show every input and quantity of a model."""
    labels = _table("label", "default", "records", "sets", title="Labels")
    for name, label in model.labels.items():
        labels.add_row(
            escape(name), escape(label.default), escape(", ".join(catalogues[name])), ", ".join(model.bundled(name))
        )
    parameters = _table("parameter", "default", "allowed", "", title="Parameters")
    for parameter in model.parameters.values():
        parameters.add_row(
            escape(parameter.name),
            escape(_default(parameter)),
            escape("" if parameter.allowed == "a number" else parameter.allowed),
            escape(parameter.description),
        )
    constants = [(key, f"{it.default:.10g} {readable(it.unit)}", it.description) for key, it in model.constants.items()]
    quantities = [(name, readable(item.unit), item.long_name) for name, item in model.quantities.items()]
    together = [(item.name, item.allowed) for item in model.requirements]
    groups = [(name, ", ".join(group.members)) for name, group in model.groups.items()]
    populations = [(name, item.dimension, item.quantity.long_name) for name, item in model.populations.items()]
    figures = [(item.kind, _options(item), item.description) for item in model.figures.values()]
    parts = [
        *(labels, parameters),
        *_filled("What parameters must be together", ("parameter", "must be"), together),
        *_filled("Constants", ("constant", "value", ""), constants),
        *_filled("Quantities", ("quantity", "unit", ""), quantities),
        *_filled("Groups, taken as one argument by functions", ("group", "members"), groups),
        *_filled("Populations, for gridscan sample", ("population", "of each", ""), populations),
        *_filled("Figures, for gridscan plot FILE --kind", ("figure", "options", ""), figures),
    ]
    return Group(escape(f"{model.name}: {model.description}"), *(item for part in parts for item in ("", part)))


def node_report(model: Model, name: str, catalogues: dict[str, Catalogue]) -> RenderableType:
    """Show one label, parameter, constant, quantity or population."""
    if name in model.labels:
        table = _table("record", *model.bundled(name), "description", "source")
        for label, record in catalogues[name].items():
            values = [escape(_raw(record.values.get(key))) for key in model.bundled(name)]
            table.add_row(escape(label), *values, escape(record.description), escape(record.source))
        return Group(escape(f"{name}: {model.labels[name].description}"), "", table)
    if name in model.populations:
        population = model.populations[name]
        columns = _table("column", "unit", "")
        for key, column in population.columns.items():
            unit = "words" if column.unit is None else readable(column.unit)
            columns.add_row(escape(key), escape(unit), escape(column.long_name))
        drawn = population.quantity
        wiring = f"{name}({', '.join(drawn.arguments)})   {drawn.where}"
        return Group(
            escape(f"{name}: {drawn.long_name}"), "", escape(drawn.documentation), "", escape(wiring), "", columns
        )
    node = model[name]
    if isinstance(node, Quantity):
        inputs = sorted(Graph.of(model, [name]).inputs_of(name))
        head = f"{name} [{readable(node.unit)}]: {node.long_name}"
        wiring = f"{name}({', '.join(node.arguments)})   {node.where}"
        return Group(
            escape(head), "", escape(node.documentation), "", escape(wiring), "", escape("Inputs: " + ", ".join(inputs))
        )
    return escape(f"{name} = {_default(node)}: {node.description}")


def figure_report(figure: Figure) -> RenderableType:
    """Show one figure."""
    needs = [*figure.quantities, *([f"a sample of {figure.population}"] if figure.population is not None else [])]
    settings = figure.settings if isinstance(figure.settings, Mapping) else {}
    function = figure.draw or figure.movie
    lines = [
        f"{figure.kind}: {figure.description}",
        "",
        (inspect.getdoc(function) or "").partition("\n")[0],
        "",
        f"Shows    {', '.join(needs) or 'any quantity'}",
        *([f"Along    {', '.join(figure.axes)}"] if figure.axes else []),
        *([f"Sets     {', '.join(settings)}, where the scenario does not"] if settings else []),
        *([f"Options  {_options(figure)}"] if figure.all_options else []),
    ]
    return escape("\n".join(lines))


def _options(figure: Figure) -> str:
    return ", ".join(flags(figure.all_options))


def _default(node: Parameter | Constant) -> str:
    if isinstance(node, Parameter) and node.label is not None:
        return f"from {node.label}" + ("" if readable(node.unit) == "1" else f" [{readable(node.unit)}]")
    if isinstance(node.default, str):
        return node.default
    values = ", ".join(f"{value:.10g}" for value in np.atleast_1d(np.asarray(node.default, dtype=float)))
    return f"{values} {readable(node.unit)}".removesuffix(" 1")


def _raw(value: Any) -> str:
    return ", ".join(str(item) for item in value) if isinstance(value, list) else str(value)


def explanation(plan: Plan, name: str) -> RenderableType:
    """Show the chain of formulas behind a quantity, with units, dimensions and sources."""
    model, layout = plan.scenario.model, plan.layout
    steps = {node.name: node for node in layout.graph.formulas}
    shown: set[str] = set()

    def branch(tree: Tree, name: str, varying: dict[str, str]) -> None:
        node = model[name]
        dims = " × ".join(layout.dims.get(name, ()))
        where = f"  over {dims}" if dims else ""
        if name not in steps:
            tree.add(escape(f"{name} = {varying.get(name) or _value(plan, name) + where}"))
            return
        head = escape(f"{name} [{readable(node.unit)}]{where}")
        twig = tree.add(f"[bold]{head}[/bold]" + (" (above)" if name in shown else ""))
        if name not in shown:
            shown.add(name)
            twig.add(escape(_formula(steps[name])))
            rule = steps[name].integral
            under = {} if rule is None else {rule.over: f"varies from {rule.lower} to {rule.upper}"}
            under |= {over: "varies" for bound in steps[name].functions.values() for over in bound}
            for argument in steps[name].needs:
                branch(twig, argument, varying | under)

    tree = Tree(escape(f"{model.name}: {name}"), guide_style="dim")
    branch(tree, name, {})
    return tree


def _formula(node: Quantity) -> str:
    text = inspect.cleandoc(node.documentation).split("\nParameters\n")[0].strip() or "(no docstring)"
    lines = textwrap.fill(" ".join(text.split()), 100)
    return f"{node.name}({', '.join(node.arguments)})\n{lines}"


def _value(plan: Plan, name: str) -> str:
    item, node = plan.layout.resolved.inputs[name], plan.scenario.model[name]
    if item.dims or item.vector:
        return f"{item.data.shape[0] if item.dims else 1} values [{readable(node.unit)}]"
    if item.data.dtype.kind == "U":
        return str(item.data)
    return f"{float(item.data / base_factor(node.unit)):.10g} {readable(node.unit)}".removesuffix(" 1")


def result_report(dataset: xr.Dataset, provenance: Provenance, standing: Standing) -> RenderableType:
    """Show what a result holds and what made it, as far as its variables are those that a run has written."""
    axes = _table("axis", "size", "unit", "", title="Axes")
    for dim, size in dataset.sizes.items():
        coordinate = dataset.coords.get(str(dim))
        unit = label_of(coordinate) if coordinate is not None and "units" in coordinate.attrs else ""
        title = coordinate.attrs.get("long_name", "") if coordinate is not None else ""
        axes.add_row(escape_line(dim), f"{size:,}", escape_line(unit), escape_line(title))
    variables = _table("quantity", "unit", "dimensions", "size", "", title="Quantities")
    for name, variable in dataset.data_vars.items():
        variables.add_row(
            escape_line(name),
            escape_line((label_of(variable) or "1") if "units" in variable.attrs else "words"),
            escape_line(" × ".join(map(str, variable.dims)) or "-"),
            bytes_text(variable.nbytes),
            escape_line(variable.attrs.get("long_name", "")),
        )
    facts = [f"{dataset.attrs.get('title', '')}", *_origin(provenance, standing)]
    shown: list[RenderableType] = ["\n".join(map(escape_line, facts)), "", axes, "", variables]
    if standing.is_as_recorded:
        settings = _table("input", "value", title="Inputs")
        for name, setting in provenance.settings.items():
            settings.add_row(escape_line(name), escape_line(_setting(setting)))
        shown += ["", settings]
    return Group(*shown)


def _origin(provenance: Provenance, standing: Standing) -> list[str]:
    """Return what made the numbers of a result, or what they have been made of."""
    overridden = ", ".join(f"{name} = {value}" for name, value in provenance.overrides.items())
    scenario = provenance.scenario_name + (f" with {overridden}" if overridden else "")
    wrong = [f"Note     {standing.said}"] if standing.said else []
    if not standing.is_as_recorded:
        return [*wrong, f"Scenario {scenario}, which has not given all that is here"]
    versions = ", ".join(f"{name} {version}" for name, version in provenance.versions.items())
    return [*wrong, f"Made     from {scenario}", f"With     {versions}", f"Identity {provenance.identity}"]


def _setting(setting: Any) -> str:
    values = setting["value"] if isinstance(setting, dict) else setting
    unit = setting["unit"] if isinstance(setting, dict) else "1"
    if isinstance(values, dict):
        return f"{values['size']:,} values from {values['first']:.6g} to {values['last']:.6g} {unit}".removesuffix(" 1")
    items = values if isinstance(values, list) else [values]
    shown = [f"{item:.6g}" if isinstance(item, float) else str(item) for item in items[:8]]
    more = ", …" if len(items) > 8 else ""
    return f"{', '.join(shown)}{more} {unit}".removesuffix(" 1")


def array_report(data: xr.DataArray | xr.Dataset) -> RenderableType:
    """Show a sensitivity: as matrices, one for each leading label, if its last axis is short; otherwise as rows."""
    if isinstance(data, xr.DataArray):
        return Group(*_array_parts(data))
    comment = escape_line(data.attrs.get("comment", ""))
    shapes = {variable.dims for variable in data.data_vars.values()}
    if len(shapes) == 1 and len(next(iter(shapes))) == 1:
        return Group(_columns(data), comment)
    return Group(*(part for variable in data.data_vars.values() for part in (*_array_parts(variable), "")), comment)


def _array_parts(data: xr.DataArray) -> list[RenderableType]:
    sides = [str(dim) for dim in data.dims if str(dim).endswith(("_a", "_b"))]
    data = data.transpose(..., *sides)
    unit = label_of(data) if "units" in data.attrs else ""
    name = escape_line(data.attrs.get("long_name", data.name))
    title = f"[bold]{name}[/bold]{escape_line(f' [{unit}]' if unit else '')}"
    if data.ndim == 0:
        return [title, escape(_cell(data.item()))]
    if data.ndim == 1 or data.shape[-1] > _MOST_COLUMNS:
        return [title, _rows(data)]
    parts: list[RenderableType] = [title]
    leading = [str(dim) for dim in data.dims[:-2]]
    for count, index in enumerate(np.ndindex(*data.shape[:-2])):
        if count == _MOST_MATRICES:
            return [*parts, f"the first {count} of {int(np.prod(data.shape[:-2])):,} tables; --out FILE.csv writes all"]
        part = data.isel(dict(zip(leading, index, strict=True)))
        at = ", ".join(f"{dim} = {_label(data, dim, i)}" for dim, i in zip(leading, index, strict=True))
        parts += [*([escape(at)] if at else []), _matrix(part) if _fits(part) else _rows(part)]
    return parts


def _columns(data: xr.Dataset) -> Table:
    """Show quantities over the same axis side by side."""
    dim = str(next(iter(data.dims)))
    names = [str(name) for name in [*data.coords, *data.data_vars] if name != dim and data[name].dims == (dim,)]
    table = _table(escape(dim), *(escape(_axis_title(data, name)) for name in names))
    for index in range(min(data.sizes[dim], _MOST_ROWS)):
        table.add_row(escape(_label(data, dim, index)), *(escape(_cell(data[name].values[index])) for name in names))
    return table


def _rows(data: xr.DataArray) -> Table:
    names = [str(dim) for dim in data.dims]
    table = _table(*(escape(_axis_title(data, dim)) for dim in names), escape_line(data.name))
    values = np.asarray(data.values)
    for count, index in enumerate(np.ndindex(*data.shape)):
        if count == _MOST_ROWS:
            table.caption = f"the first {_MOST_ROWS} of {data.size:,} rows; --out FILE.csv writes them all"
            break
        labels = [_label(data, dim, i) for dim, i in zip(names, index, strict=True)]
        table.add_row(*map(escape, labels), escape(_cell(values[index])))
    return table


def _matrix(data: xr.DataArray) -> Table:
    rows, columns = map(str, data.dims)
    heads = [escape(_label(data, columns, index)) for index in range(data.shape[1])]
    table = _table(escape(f"{_axis_title(data, rows)} \\ {_axis_title(data, columns)}"), *heads)
    for index, row in enumerate(data.values):
        table.add_row(escape(_label(data, rows, index)), *(escape(_cell(value)) for value in row))
    return table


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


def console(*, stderr: bool = False) -> Console:
    """Return a console as wide as the terminal or COLUMNS, or else wide enough for all but the longest lines."""
    found = Console(stderr=stderr, highlight=False)
    return found if found.is_terminal or "COLUMNS" in os.environ else Console(stderr=stderr, highlight=False, width=200)

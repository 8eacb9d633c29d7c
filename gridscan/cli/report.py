"""What the command line shows of models, plans and chains of formulas."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Group, RenderableType
from rich.tree import Tree

from gridscan.cli.escaping import escape
from gridscan.cli.tables import new_table
from gridscan.definition.figures import flags
from gridscan.definition.graph import Graph
from gridscan.definition.nodes import Constant, Parameter, Quantity
from gridscan.definition.replacement import fixed_values
from gridscan.engine.shown_progress import bytes_text
from gridscan.errors import GridscanError, listed
from gridscan.units import base_factor, readable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.table import Table

    from gridscan.definition.figures import Figure
    from gridscan.engine.forecast import Forecast
    from gridscan.engine.plan import Plan, PlannedQuantity
    from gridscan.inputs.catalogue import Catalogue
    from gridscan.model import Model
    from gridscan.model_loader import Installed


def _filled(title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[Table]:
    """Return a table of plain texts, unless it has no rows."""
    table = new_table(*columns, title=title)
    for row in rows:
        table.add_row(*map(escape, row))
    return [table] if rows else []


def identity_report(name: str, parts: Mapping[str, Mapping[str, str]]) -> RenderableType:
    """Show what the cells of an output are known by."""
    tables = [
        table
        for kind, found in parts.items()
        for table in _filled(kind[0].upper() + kind[1:], ("", "known by"), list(found.items()))
    ]
    return Group(escape(f"The cells of {name} are computed again where one of these changes:"), *tables)


def plan_report(plan: Plan, forecast: Forecast) -> RenderableType:
    """Show the axes, quantities, sizes and expected memory of a plan, and what it can reuse."""
    axes = new_table("axis", "size", "values", "weight", title="Axes")
    for axis in plan.axes:
        axes.add_row(escape(axis.name), f"{axis.size:,}", escape(axis.values), escape(axis.weight))
    uncertain = _filled("Uncertain, drawn together", ("parameter", "distribution"), list(plan.uncertain.items()))
    beside = uncertain + _filled("Following another", ("parameter", "value"), list(plan.following.items()))
    quantities = new_table("quantity", "unit", "dimensions", "cells", "size", "", title="Quantities, in order")
    for item in plan.quantities:
        quantities.add_row(
            escape(item.name),
            escape(item.unit),
            escape(" × ".join(item.dims) or "-"),
            f"{item.cells:,}",
            bytes_text(item.nbytes),
            escape("; ".join(filter(None, (_role(item), _derived(plan, item.name))))),
        )
    facts = (
        f"Model    {plan.scenario.model.name}: {plan.scenario.model.description}\n"
        f"Output   {bytes_text(plan.output_bytes)} to {plan.path}\n"
        f"Memory   about {bytes_text(plan.peak_memory)} at the peak"
    )
    return Group(
        axes,
        "",
        *(item for part in beside for item in (part, "")),
        quantities,
        "",
        escape("\n".join([facts, *_already_there(plan, forecast)])),
    )


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


def _derived(plan: Plan, name: str) -> str:
    node = plan.scenario.model.formulas.get(name)
    return "" if node is None else f"= {node.expression}"


def models_report(models: Iterable[Installed], scenarios: Iterable[str]) -> RenderableType:
    """Show the models of installed packages, or why they cannot be loaded, and the shipped scenarios."""
    table = new_table("model", "package", "", title="Models")
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
    labels = new_table("label", "default", "records", "sets", title="Labels")
    for name, label in model.labels.items():
        labels.add_row(
            escape(name), escape(label.default), escape(", ".join(catalogues[name])), ", ".join(model.bundled(name))
        )
    parameters = new_table("parameter", "default", "allowed", "", title="Parameters")
    for parameter in model.parameters.values():
        parameters.add_row(
            escape(parameter.name),
            escape(_default(parameter)),
            escape("" if parameter.allowed == "a number" else parameter.allowed),
            escape(parameter.description),
        )
    constants = [(key, f"{it.default:.10g} {readable(it.unit)}", it.description) for key, it in model.constants.items()]
    quantities = [(name, readable(item.unit), item.long_name) for name, item in model.quantities.items()]
    together = [(item.text, ", ".join(item.takes)) for item in model.requirements]
    instead = [
        (name, node.allowed, node.description, other.beside(name))
        for other in model.alternatives
        for name, node in other.inputs.items()
    ]
    groups = [(name, ", ".join(group.members)) for name, group in model.groups.items()]
    populations = [(name, item.dimension, item.quantity.long_name) for name, item in model.populations.items()]
    figures = [(item.kind, _options(item), item.description) for item in model.figures.values()]
    parts = [
        *(labels, parameters),
        *_filled("Other ways to give parameters", ("name", "allowed", "", "given"), instead),
        *_filled("Which combinations are possible", ("what must be so", "parameters"), together),
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
        said = {key for record in catalogues[name].values() for key in record.values}
        keys = [key for key in model.settable(name) if key in model.parameters or key in said]
        table = new_table("record", *keys, "description", "source")
        for label, record in catalogues[name].items():
            values = [escape(_raw(record.values.get(key, ""))) for key in keys]
            table.add_row(escape(label), *values, escape(record.description), escape(record.source))
        return Group(escape(f"{name}: {model.labels[name].description}"), "", table)
    if name in model.populations:
        population = model.populations[name]
        columns = new_table("column", "unit", "")
        for key, column in population.columns.items():
            unit = "words" if column.unit is None else readable(column.unit)
            columns.add_row(escape(key), escape(unit), escape(column.long_name))
        drawn = population.quantity
        wiring = f"{name}({', '.join(drawn.arguments)})   {drawn.where}"
        return Group(
            escape(f"{name}: {drawn.long_name}"), "", escape(drawn.documentation), "", escape(wiring), "", columns
        )
    for other in model.alternatives:
        if name in other.inputs:
            given = other.inputs[name]
            return escape(f"{name}, {given.allowed}, {other.beside(name)}: {given.description}")
    node = model[name]
    if isinstance(node, Quantity):
        inputs = sorted(Graph.of(model, [name]).inputs_of(name))
        head = f"{name} [{readable(node.unit)}]: {node.long_name}"
        wiring = f"{name}({', '.join(node.arguments)})   {node.where}"
        held = [escape(f"Holds: {_held(node)}")] if _held(node) else []
        reached = "Inputs: " + ", ".join(inputs)
        return Group(escape(head), "", escape(node.documentation), "", escape(wiring), *held, "", escape(reached))
    return escape(f"{name} = {_default(node)}: {node.description}")


def _held(node: Quantity) -> str:
    """Return what a function holds besides its arguments."""
    return ", ".join(f"{name} = {value}" for name, value in fixed_values(node.function).items())


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
    if node.expression is not None:
        return f"{node.name} = {node.expression}   (derived by the scenario)"
    text = inspect.cleandoc(node.documentation).split("\nParameters\n")[0].strip() or "(no docstring)"
    lines = textwrap.fill(" ".join(text.split()), 100)
    held = f"it holds {_held(node)}" if _held(node) else ""
    besides = [item for item in ("replaced" if node.replaced else "", held) if item]
    wiring = f"{node.name}({', '.join(node.arguments)})"
    return f"{wiring}   ({'; '.join(besides)})\n{lines}" if besides else f"{wiring}\n{lines}"


def _file_text(plan: Plan, name: str, node: Parameter) -> str:
    """Return the names of the files with a table, and how long it is."""
    coordinate, contents = plan.layout.resolved.coordinates.get(name), plan.layout.resolved.inputs[name].data
    names = [str(node.default)] if coordinate is None else np.atleast_1d(coordinate.values).tolist()
    lines = [len([line for line in str(text).splitlines() if line and line[0] != "#"]) for text in contents.ravel()]
    return listed([f"{file} ({count - 1:,} rows)" for file, count in zip(names, lines, strict=True)], 4)


def _value(plan: Plan, name: str) -> str:
    item, node = plan.layout.resolved.inputs[name], plan.scenario.model[name]
    if name in plan.following:
        return plan.following[name]
    if isinstance(node, Parameter) and node.table is not None:
        return _file_text(plan, name, node)
    if item.dims or item.vector:
        return f"{item.data.shape[0] if item.dims else 1} values [{readable(node.unit)}]"
    if item.data.dtype.kind == "U":
        return str(item.data)
    return f"{float(item.data / base_factor(node.unit)):.10g} {readable(node.unit)}".removesuffix(" 1")

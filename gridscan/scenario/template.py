"""Commented template of a scenario, for any model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from gridscan.inputs.catalogue import catalogue_of
from gridscan.units import readable

if TYPE_CHECKING:
    from gridscan.definition.nodes import Parameter
    from gridscan.model import Model


def starter(model: Model, schema: str | None = None) -> str:
    """Return the text of a scenario that is valid and runs as it is, with a comment for every parameter.

    Parameters
    ----------
    model
        The model.
    schema
        Path of the JSON Schema, for editors.

    Returns
    -------
    str
        TOML.

    Examples
    --------
    >>> import gridscan as gs
    >>> from gridscan.scenario.template import starter
    >>> gs.Scenario.parse(starter(gs.model("red_supergiants"))).model.name
    'red_supergiants'
    """
    axes, on_axes = _axes(model)
    lines = [
        *([f"#:schema {schema}"] if schema else []),
        f"model = {json.dumps(model.name)}",
        f"title = {json.dumps(model.description)}",
        "",
        "# Inputs with several values are the axes of the grid: a list of labels, numbers or texts with units,",
        "# or values, linspace, geomspace [first, last, number], arange [first, end, step] with a unit.",
        "[axes]",
        *axes,
        "",
        "# Inputs with one value; the defaults are shown. Remove the # to change one, or move it to [axes].",
        "[parameters]",
        *_aligned([_commented(model, name) for name in [*model.labels, *model.parameters] if name not in on_axes]),
        "",
        "# A label of your own is a record of the values that it sets:",
        *_record_example(model),
        *_uncertain(model, on_axes),
        *_sampling(model),
        "[output]",
        "quantities = [",
        *_aligned([(f"    {json.dumps(name)},", model.quantities[name].long_name) for name in _results(model)]),
        "]",
        f'path = "{model.name}.nc"   # relative to this file',
    ]
    return "\n".join(lines) + "\n"


def _axes(model: Model) -> tuple[list[str], list[str]]:
    """Choose a label and a number as the axes of the template."""
    rows, names = [], []
    for name, label in list(model.labels.items())[:1]:
        others = [other for other in catalogue_of(model, name) if other != label.default]
        rows.append((f"{name} = {json.dumps([label.default, *others[:2]])}", label.description))
        names.append(name)
    for name, parameter in model.parameters.items():
        values = _around_default(parameter)
        if values is not None:
            rows.append((f"{name} = {values}", parameter.description))
            names.append(name)
            break
    return _aligned(rows), names


def _around_default(parameter: Parameter) -> str | None:
    default = parameter.default
    if not isinstance(default, float) or default == 0 or parameter.integer:
        return None
    low, high = sorted((default / 2, default * 1.5))
    fits = bool(parameter.range.contains(np.array([low, high])).all())
    unit = readable(parameter.unit)
    unit_part = "" if unit == "1" else f", unit = {json.dumps(unit)}"
    return f"{{ linspace = [{low:g}, {high:g}, 5]{unit_part} }}" if fits else None


def _commented(model: Model, name: str) -> tuple[str, str]:
    if name in model.labels:
        label = model.labels[name]
        return f"# {name} = {json.dumps(label.default)}", f"{label.description}: {', '.join(catalogue_of(model, name))}"
    parameter = model.parameters[name]
    unit = readable(parameter.unit)
    if parameter.label is not None:
        return f"# {name} = …", f"{parameter.description} [{unit}]; set by {parameter.label}"
    if isinstance(parameter.default, str):
        choices = ", ".join(parameter.choices) or "the name of a file"
        return f"# {name} = {json.dumps(parameter.default)}", f"{parameter.description}: {choices}"
    if isinstance(parameter.default, tuple):
        value = json.dumps([_value(item, unit) for item in parameter.default])
    else:
        value = json.dumps(_value(float(parameter.default or 0.0), unit))
    return f"# {name} = {value}", parameter.description


def _value(number: float, unit: str) -> str | float | int:
    if unit != "1":
        return f"{number:.10g} {unit}"
    return int(number) if number.is_integer() else number


def _record_example(model: Model) -> list[str]:
    for name, label in model.labels.items():
        records = catalogue_of(model, name)
        if not records:
            # The scenario would not run without a record, so this one is not commented out.
            rows = [f"{key} = {_placeholder(model.parameters[key])}" for key in model.bundled(name)]
            return [f"[catalogue.{name}.{label.default}]   # these numbers are placeholders", *rows, ""]
        for key, record in records.items():
            rows = [f"#   {parameter} = {json.dumps(value)}" for parameter, value in record.values.items()]
            others = model.alternatives_of(name)
            rows += [f"# There, {' and '.join(it.inputs)} can stand for {' and '.join(it.sets)}." for it in others]
            return [f"#   [catalogue.{name}.my-{key}]", *rows, ""]
    return [""]


def _uncertain(model: Model, on_axes: list[str]) -> list[str]:
    """Return comments with distributions of a number and of a label that are no axes."""
    rows = []
    for name, parameter in model.parameters.items():
        default, unit = parameter.default, readable(parameter.unit)
        if isinstance(default, float) and default > 0 and not parameter.integer and name not in on_axes:
            of = "" if unit == "1" else f", unit = {json.dumps(unit)}"
            rows.append((f"#   {name} = {{ lognormal = [{default:.6g}, 1.2]{of} }}", "median, factor of one sigma"))
            break
    for name, label in model.labels.items():
        others = [other for other in catalogue_of(model, name) if other != label.default][:1]
        if others and name not in on_axes:
            choice = json.dumps([label.default, *others])
            rows.append((f"#   {name} = {{ choice = {choice} }}", "or with weights = [2, 1]"))
            break
    if not rows:
        return []
    return [
        "# What is not known, instead of values: distributions, drawn together along the dimension draw. Others are",
        "# normal, uniform, log-uniform, triangular, table, and many of scipy.stats.",
        "#   [uncertain]",
        *_aligned(rows),
        "#   [design]",
        "#   points = 1024",
        "",
    ]


def _sampling(model: Model) -> list[str]:
    if not any(quantity.count for quantity in model.quantities.values()):
        return []
    return [
        "# Poisson draws of the counts, beside their means:",
        "#   [sampling]",
        "#   realisations = 100",
        "#   seed = 1",
        "",
    ]


def _placeholder(parameter: Parameter) -> str:
    value = json.dumps(_value(_allowed_number(parameter), readable(parameter.unit)))
    return f"[{value}]" if parameter.vector is not None else value


def _allowed_number(parameter: Parameter) -> float:
    """Return 1, or else a number of the range near its ends."""
    ends = [end for end in (parameter.minimum, parameter.maximum) if end is not None]
    low, high = parameter.above, parameter.below
    inside = [end + step for end, step in ((low, 1.0), (high, -1.0)) if end is not None]
    middle = [] if low is None or high is None else [0.5 * (low + high)]
    tried = [1.0, *ends, *inside, *middle]
    return next((value for value in tried if parameter.range.contains(np.array(value))), 1.0)


def _results(model: Model) -> list[str]:
    """Return the quantities that no other quantity takes: the ends of the chains of formulas."""
    taken = {name for quantity in model.quantities.values() for name in quantity.needs}
    return [name for name, node in model.quantities.items() if name not in taken and node.error_of is None]


def _aligned(rows: list[tuple[str, str]]) -> list[str]:
    width = min(max((len(row[0]) for row in rows), default=0), 48)
    return [f"{code:<{width}}   # {note}" for code, note in rows]

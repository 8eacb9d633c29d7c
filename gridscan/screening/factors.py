"""What varies in a screening: uncertain parameters, axes, and every other number around its value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.definition.nodes import Label, Parameter
from gridscan.errors import ScenarioError, SensitivityError, listed, nearest
from gridscan.evaluation.layout import lay_out
from gridscan.inputs.catalogue import catalogue_of
from gridscan.inputs.grid_point import positions, value_text, values_at
from gridscan.inputs.sample_tables import identity_of
from gridscan.sources import find_scenario
from gridscan.uncertainty.designs import DRAW
from gridscan.units import base_factor, readable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gridscan.inputs.resolved import Resolved
    from gridscan.inputs.value_reader import Numeric
    from gridscan.scenario.reader import Scenario


@dataclass(frozen=True)
class Factors:
    """What varies, and over what.

    Attributes
    ----------
    scenario
        The scenario, in which all of it is uncertain and nothing else varies.
    names
        Of the factors: a parameter or label, or those that are drawn together.
    members
        For each factor, the names of its random numbers in a design.
    ranges
        For each factor, over what it varies, in words.
    held
        Values of axes that do not vary.
    passed_over
        Inputs that the quantity depends on and that do not vary.
    """

    scenario: Scenario
    names: list[str]
    members: list[list[str]]
    ranges: list[str]
    held: dict[str, str]
    passed_over: list[str]


def factors_of(
    scenario: Scenario, quantity: str, share: float, at: Mapping[str, Any], vary: Iterable[str] = ()
) -> Factors:
    """Find what varies for a quantity of a scenario.

    Parameters
    ----------
    scenario
        The scenario.
    quantity
        The quantity.
    share
        Part of its value by which a number varies to both sides where nothing else is known.
    at
        Values at which axes are held.
    vary
        Labels that vary over all their records, though the scenario names one.

    Returns
    -------
    Factors
        What varies.

    Raises
    ------
    ScenarioError
        If a name is not an axis or not a label.
    SensitivityError
        If an axis has not the value, or nothing varies.
    """
    held = _held(scenario.resolved, at)
    fixed = find_scenario(scenario, overrides=held) if held else scenario
    resolved = fixed.resolved
    used = resolved.with_labels(lay_out(resolved, [quantity]).graph.inputs_of(quantity))
    priors = {**_of_axes(resolved, used), **_of_labels(resolved, used, vary)}
    bundled = {name for label in priors if label in resolved.model.labels for name in resolved.model.bundled(label)}
    passed_over = []
    for name in () if share == 0.0 else _single(resolved, used, {*priors, *held, *(bundled - resolved.given)}):
        prior = _around(resolved, resolved.model[name], share)
        if prior is None:
            passed_over.append(name)
        else:
            priors[name] = prior
    drawn = find_scenario(fixed, overrides=priors) if priors else fixed
    names, members, ranges = _grouped(drawn, used | priors.keys())
    if not names:
        also = " or a share" if share == 0.0 else ""
        raise SensitivityError(f"nothing varies that {quantity!r} depends on; give distributions in [uncertain]{also}")
    shown = {name: _shown(resolved, name, value) for name, value in held.items()}
    return Factors(drawn, names, members, ranges, shown, passed_over)


def _held(resolved: Resolved, at: Mapping[str, Any]) -> dict[str, Any]:
    """Return values for the axes that are held: those asked for, and those on which several inputs vary together."""
    axes = [dim for dim in resolved.sizes if dim != DRAW]
    zipped = [dim for dim in axes if dim not in resolved.model.labels and dim not in resolved.model.nodes]
    vectors = [dim for dim in axes if dim in resolved.inputs and resolved.inputs[dim].vector]
    for name in at:
        if name not in axes:
            raise ScenarioError(
                f"{name!r} is not an axis of the scenario{nearest(name, axes)}; its axes are {listed(axes)}"
            )
    keep = [dim for dim in resolved.sizes if dim not in {*at, *zipped, *vectors}]
    picked = positions(resolved, dict(at), keep) if resolved.sizes else {}
    return values_at(resolved, picked)


def _of_axes(resolved: Resolved, used: set[str]) -> dict[str, dict[str, Any]]:
    """Return what varies along the axes of the scenario."""
    priors: dict[str, dict[str, Any]] = {}
    for name in resolved.sizes:
        coordinate = resolved.coordinates.get(name)
        if name == DRAW or coordinate is None or name not in used:
            continue
        if coordinate.unit is None:
            priors[name] = {"choice": coordinate.values.tolist()}
        elif len(coordinate.values) > 1:
            ends = (float(coordinate.values.min()), float(coordinate.values.max()))
            priors[name] = {"uniform": [_exact(end, coordinate.unit) for end in ends]}
    return priors


def _of_labels(resolved: Resolved, used: set[str], vary: Iterable[str]) -> dict[str, dict[str, Any]]:
    priors = {}
    for name in vary:
        if name not in resolved.model.labels:
            labels = list(resolved.model.labels)
            raise ScenarioError(f"{name!r} is not a label{nearest(name, labels)}; the model has {listed(labels)}")
        if name in used:
            priors[name] = {"choice": list(catalogue_of(resolved.model, name))}
    return priors


def _single(resolved: Resolved, used: set[str], taken: set[str]) -> list[str]:
    """Return the parameters, and quantities that were given a value, that nothing is known of but their value."""
    drawn = set() if resolved.drawn is None else set(resolved.drawn.described)
    labels = {label for label in drawn if label in resolved.model.labels}
    set_by_drawn = {name for label in labels for name in resolved.model.bundled(label)} - resolved.given
    names = [*resolved.model.parameters, *sorted(resolved.cut)]
    return [name for name in names if name in used - taken - drawn - set_by_drawn - resolved.dependent.keys()]


def _around(resolved: Resolved, node: Numeric, share: float) -> dict[str, Any] | None:
    """Return a range around the value of a number, or None if it has none."""
    item = resolved.inputs[node.name]
    special = isinstance(node, Parameter) and (node.is_word or node.integer or node.vector is not None or node.table)
    if special or item.dims or item.data.dtype.kind != "f":
        return None
    value = float(item.data) / base_factor(node.unit)
    if value == 0.0 or not np.isfinite(value):
        return None
    ends = sorted((value * (1.0 - share), value * (1.0 + share)))
    return {"uniform": [_exact(end, node.unit) for end in ends]}


def _grouped(scenario: Scenario, used: Iterable[str]) -> tuple[list[str], list[list[str]], list[str]]:
    """Return the factors: inputs that are drawn from one table or correlated are one."""
    drawn = scenario.resolved.drawn
    if drawn is None:
        return [], [], []
    uncertain = {**scenario.schema.uncertain, **scenario.overrides}
    number = {name: name for name in drawn.described}
    for name in number:
        raw = uncertain.get(name)
        if isinstance(raw, Mapping) and "table" in raw:
            number[name] = identity_of(raw["table"])
    together: list[set[str]] = [{name} for name in drawn.described]
    links = [set(group.get("parameters", ())) & drawn.described.keys() for group in scenario.schema.correlated]
    links += [{name for name in number if number[name] == key} for key in dict.fromkeys(number.values())]
    for link in links:
        joined = set(link).union(*(group for group in together if group & link))
        together = [group for group in together if not group & joined] + [joined]
    names, members, ranges = [], [], []
    used = set(used)
    for group in together:
        inside = [name for name in drawn.described if name in group]
        if used.intersection(inside):
            names.append(", ".join(inside))
            members.append(list(dict.fromkeys(number[name] for name in inside)))
            ranges.append("; ".join(drawn.described[name] for name in inside))
    return names, members, ranges


def _exact(value: float, unit: Any) -> Any:
    shown = readable(unit)
    return value if shown == "1" else f"{value!r} {shown}"


def _shown(resolved: Resolved, name: str, value: Any) -> str:
    coordinate = resolved.coordinates.get(name)
    if coordinate is None or coordinate.dims or isinstance(resolved.model.labels.get(name), Label):
        return str(value)
    return value_text(coordinate.values.item(), coordinate.unit)


def in_words(factors: Factors, share: float) -> str:
    """Return what is held and what does not vary, for the attribute of an answer.

    Parameters
    ----------
    factors
        What varies.
    share
        Part of its value by which a number varies to both sides where nothing else is known.

    Returns
    -------
    str
        Sentences separated by semicolons.
    """
    varied = f"vary by {share:.3g} of their value to both sides" if share else "do not vary"
    parts = [f"numbers of which nothing else is known {varied}"]
    if factors.held:
        parts.append("at " + ", ".join(f"{name} = {value}" for name, value in factors.held.items()))
    if factors.passed_over:
        parts.append(f"not varied (word, whole number, list or zero): {', '.join(factors.passed_over)}")
    return "; ".join(parts)

"""Checks of a model's wiring when it is defined: unknown names, wrong limits, cycles, unused inputs."""

from __future__ import annotations

import graphlib
from typing import TYPE_CHECKING

from gridscan.definition.nodes import Parameter, Quantity
from gridscan.errors import ModelError, nearest
from gridscan.numerics.axis_weights import WEIGHT
from gridscan.units import readable, same_dimension

if TYPE_CHECKING:
    from gridscan.definition.definition import Definition


def check_wiring(model: Definition, *, unused: bool) -> None:
    """Refuse a model whose wiring is faulty; a model found correct is not checked again.

    Parameters
    ----------
    model
        The model.
    unused
        Whether unused inputs are faults.

    Raises
    ------
    ModelError
        With one line for each fault.
    """
    checks = {"wiring", "unused"} if unused else {"wiring"}
    if not checks <= model._checked:
        faults = wiring_faults(model, unused=unused)
        if faults:
            raise ModelError("\n".join(f"model {model.name!r}: {fault}" for fault in faults))
        model._checked |= checks


def wiring_faults(model: Definition, *, unused: bool) -> list[str]:
    """Return the faults of a model's wiring.

    Parameters
    ----------
    model
        The model.
    unused
        Whether unused inputs are faults, if no name is misspelt.

    Returns
    -------
    list of str
        One line for each fault.
    """
    # An error estimate comes from the function of another quantity, which is checked by itself.
    functions = [node for node in model.quantities.values() if node.error_of is None]
    functions += [population.quantity for population in model.populations.values()]
    faults = [*_unknown_names(model, functions), *_wrong_limits(model, functions), *_cycles(model)]
    faults += _wrong_units(model) + _taken_names(model)
    return faults or (_unused(model) if unused else [])


def _wrong_units(model: Definition) -> list[str]:
    nodes = model.nodes
    return [
        f"the group {group.name!r} has {member!r} in {readable(unit)!r},"
        f" expected a unit like {readable(nodes[member].unit)!r}"
        for group in model.groups.values()
        for member, unit in group.units.items()
        if member in nodes and not same_dimension(unit, nodes[member].unit)
    ]


def _unknown_names(model: Definition, functions: list[Quantity]) -> list[str]:
    labels, nodes = {name: ", ".join(model.bundled(name)) for name in model.labels}, model.nodes
    faults = []
    for node in functions:
        for argument in node.needs:
            if argument in labels:
                faults.append(
                    f"{node.name!r} ({node.where}) takes the label {argument!r};"
                    f" take what its records set: {labels[argument]}"
                )
            elif argument not in nodes:
                hint = nearest(argument, nodes)
                faults.append(f"{node.name!r} ({node.where}) takes the unknown name {argument!r}{hint}")
    for parameter in model.parameters.values():
        if parameter.selects is not None and not isinstance(nodes.get(parameter.selects), Quantity):
            faults.append(f"parameter {parameter.name!r} selects {parameter.selects!r}, which is not a quantity")
    return faults


def _wrong_limits(model: Definition, functions: list[Quantity]) -> list[str]:
    nodes = model.nodes
    faults = []
    for node in functions:
        rule = node.integral
        if rule is None or not all(name in nodes for name in node.needs):
            continue
        over = nodes[rule.over]
        if not isinstance(over, Parameter) or over.is_word or over.vector:
            faults.append(f"{node.name!r} integrates over {rule.over!r}, which is not a numeric parameter")
            continue
        for limit in (rule.lower, rule.upper):
            if not same_dimension(nodes[limit].unit, over.unit):
                faults.append(
                    f"{node.name!r} integrates over {rule.over!r} in {readable(over.unit)!r},"
                    f" but its limit {limit!r} is in {readable(nodes[limit].unit)!r}"
                )
    return faults


def _cycles(model: Definition) -> list[str]:
    quantities = model.quantities
    graph = {name: [other for other in node.needs if other in quantities] for name, node in quantities.items()}
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return ["the quantities form a cycle: " + " -> ".join(reversed(error.args[1]))]
    return []


def _taken_names(model: Definition) -> list[str]:
    names = model.names
    return [
        f"{name!r} is the name of the weights of {name.removesuffix(WEIGHT)!r} where that is an axis; choose another"
        for name in names
        if name.endswith(WEIGHT) and name.removesuffix(WEIGHT) in names
    ]


def unused_inputs(model: Definition) -> list[str]:
    """Return the inputs that no quantity uses.

    Parameters
    ----------
    model
        The model.

    Returns
    -------
    list of str
        Names of parameters, constants, labels and groups.
    """
    used = {name for node in model.quantities.values() for name in node.needs}
    used |= {name for one in model.populations.values() for name in [*one.quantity.arguments, *one.also_recorded]}
    idle = [name for name in [*model.parameters, *model.constants] if name not in used]
    idle += [name for name in model.labels if not model.bundled(name)]
    functions = [*model.quantities.values(), *(population.quantity for population in model.populations.values())]
    grouped = {name for node in functions for name in node.groups}
    return [*idle, *(name for name in model.groups if name not in grouped)]


def _unused(model: Definition) -> list[str]:
    what = {name: "group" if name in model.groups else "input" for name in unused_inputs(model)}
    return [f"no quantity uses the {kind} {name!r}" for name, kind in what.items()]

"""Which requirements on parameters together no point of a scenario fulfils, and where a model says to be careful."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gridscan.definition.graph import Graph
from gridscan.inputs.arrays import Input
from gridscan.inputs.faults import Fault
from gridscan.inputs.resolved import Resolved
from gridscan.units import base_factor, readable, same_dimension

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gridscan.definition.conditions import Caution, Requirement
    from gridscan.definition.definition import Definition
    from gridscan.inputs.value_reader import Given
    from gridscan.units import Unit

# Of more points some fulfil it, or else the run says of each why not.
_MOST_POINTS = 1_000_000


def unmet_requirements(resolved: Resolved, names: Iterable[str]) -> list[tuple[Requirement, str]]:
    """Return the requirements of quantities that no point of the grid fulfils, each with a message.

    Parameters
    ----------
    resolved
        The inputs of the model.
    names
        The quantities that are asked for; a requirement counts where one of them depends on all its parameters.

    Returns
    -------
    list of tuple
        Of several requirements on the same parameters, the first.
    """
    if not resolved.model.requirements:
        return []
    inputs = [Graph.of(resolved.model, [name], resolved.cut).inputs for name in names]
    unmet: list[tuple[Requirement, str]] = []
    for requirement in resolved.model.requirements:
        counts = any(set(requirement.takes) <= set(own) for own in inputs)
        known = any(set(other.takes) <= set(requirement.takes) for other, _ in unmet)
        if counts and not known and not _somewhere(resolved, requirement, otherwise=True):
            unmet.append((requirement, _message(resolved, requirement)))
    return unmet


def cautions_of(resolved: Resolved, inputs: Iterable[str]) -> list[str]:
    """Return what a model says is doubtful at some point of a grid.

    Parameters
    ----------
    resolved
        The inputs of the model.
    inputs
        Inputs of a quantity; a caution counts where it depends on all its parameters.

    Returns
    -------
    list of str
        In the order of declaration.
    """
    own = set(inputs)
    return [
        caution.text
        for caution in resolved.model.cautions
        if set(caution.takes) <= own and _somewhere(resolved, caution, otherwise=False)
    ]


def broken_relations(model: Definition, values: Mapping[str, np.ndarray]) -> list[tuple[str, str]]:
    """Return what the values of a record must be together and are not.

    Parameters
    ----------
    model
        The model.
    values
        Numbers in the default units, words or vectors, by parameter.

    Returns
    -------
    list of tuple
        A parameter and a message, for each requirement on these parameters alone.
    """
    inputs = {}
    for name, value in values.items():
        node = model.parameters[name]
        data = value if value.dtype.kind == "U" else value * base_factor(node.unit)
        inputs[name] = Input((), data, node.vector is not None)
    alone = Resolved(model, {}, inputs, {}, frozenset(values))
    return [
        (requirement.takes[0], _message(alone, requirement))
        for requirement in model.requirements
        if set(requirement.takes) <= inputs.keys() and not fulfilled(alone, requirement, ()).all()
    ]


def requirement_faults(resolved: Resolved, names: Iterable[str], given: Mapping[str, Given]) -> list[Fault]:
    """Return the unmet requirements of a scenario as faults, each at a value that was given.

    Parameters
    ----------
    resolved
        The inputs of the model.
    names
        The quantities that are asked for.
    given
        Raw values by name, with their paths.

    Returns
    -------
    list of Fault
        See `unmet_requirements`.
    """
    faults = []
    for requirement, message in unmet_requirements(resolved, names):
        names = list(requirement.takes)
        names += [
            name for other in resolved.model.alternatives if set(other.sets) & set(names) for name in other.inputs
        ]
        paths = (given[name].path for name in names if name in given)
        faults.append(Fault(next(paths, ("output", "quantities")), message))
    return faults


def _somewhere(resolved: Resolved, requirement: Requirement | Caution, *, otherwise: bool) -> bool:
    """Tell whether a requirement or caution holds at one point at least; of very many points, `otherwise`."""
    dims = list(dict.fromkeys(dim for name in requirement.takes for dim in resolved.inputs[name].dims))
    if math.prod(resolved.sizes[dim] for dim in dims) > _MOST_POINTS:
        return otherwise
    return bool(fulfilled(resolved, requirement, dims).any())


def fulfilled(resolved: Resolved, requirement: Requirement | Caution, dims: Sequence[str]) -> np.ndarray:
    """Return where a requirement or caution holds.

    Parameters
    ----------
    resolved
        The inputs of the model.
    requirement
        What is asked.
    dims
        The dimensions of its parameters, in the order of the result.

    Returns
    -------
    numpy.ndarray
        Boolean, over these dimensions.
    """
    arrays = {}
    for name in requirement.takes:
        item = resolved.inputs[name]
        order = [item.dims.index(dim) for dim in dims if dim in item.dims]
        data = item.data.transpose(*order, item.data.ndim - 1) if item.vector else item.data.transpose(*order)
        shape = tuple(resolved.sizes[dim] if dim in item.dims else 1 for dim in dims)
        values = data.reshape(shape + (data.shape[-1:] if item.vector else ()))
        unit = requirement.units.get(name)
        arrays[name] = values if unit is None else values / base_factor(unit)
    with np.errstate(all="ignore"):
        holds = np.asarray(requirement.holds(**arrays), dtype=bool)
    return np.broadcast_to(holds, tuple(resolved.sizes[dim] for dim in dims))


def _message(resolved: Resolved, requirement: Requirement) -> str:
    # Values to compare are told in one unit.
    unit = resolved.model[requirement.takes[0]].unit
    first, *others = [_shown(resolved, name, unit) for name in requirement.takes]
    beside = f" with {', '.join(f'{name} = {value}' for name, value in others)}" if others else ""
    return f"{requirement.text}; found {first[0]} = {first[1]}{beside}"


def _shown(resolved: Resolved, name: str, common: Unit) -> tuple[str, str]:
    """Return a parameter and its value, or the ends of its values, in a common unit if it fits."""
    item, unit = resolved.inputs[name], resolved.model[name].unit
    # An angle and a number have the same dimension, but a count is not told in degrees.
    if same_dimension(unit, common) and "1" not in (readable(unit), readable(common)):
        unit = common
    if item.data.dtype.kind == "U":
        words = list(dict.fromkeys(item.data.ravel().tolist()))
        return name, " or ".join(map(repr, words))
    # Converting to base units and back costs the last digits.
    one_list = item.vector and not item.dims
    values = item.data.tolist() if one_list else dict.fromkeys([item.data.min(), item.data.max()])
    texts = [f"{value / base_factor(unit):.10g}" for value in values]
    shown = f"[{', '.join(texts)}]" if one_list else " to ".join(texts)
    return name, f"{shown} {readable(unit)}".removesuffix(" 1")

"""What replacing a quantity changes of a model besides: inputs that nothing takes any longer go with it."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.definition.checks import unused_inputs
from gridscan.definition.definition import _Nodes
from gridscan.errors import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable

    from gridscan.definition.definition import Definition
    from gridscan.definition.nodes import Quantity

_LONGEST = 60


def drop_needing(model: Definition, lost: set[str], kept: Container[str], cause: str) -> None:
    """Drop the quantities that need some names, and those that need these, but for those that are kept.

    Parameters
    ----------
    model
        A copy, which is changed.
    lost
        Names that are gone.
    kept
        Quantities that stay.
    cause
        What was replaced.
    """
    while lost:
        model._dropped.update(dict.fromkeys(lost, cause))
        lost = {
            name
            for name, node in model.quantities.items()
            if name not in kept and any(needed in model._dropped for needed in node.needs if needed not in model._nodes)
        }
        for name in lost:
            del model._nodes[name]


def drop_orphans(model: Definition, before: Definition, cause: str) -> list[str]:
    """Drop the inputs that nothing takes any longer, with what is made of these alone.

    Parameters
    ----------
    model
        A copy, which is changed.
    before
        The model before a quantity was replaced: what nothing took there is a fault of the model, and stays.
    cause
        What was replaced.

    Returns
    -------
    list of str
        Names of the inputs that are gone.
    """
    known = set(unused_inputs(before))
    gone: list[str] = []
    while orphans := [name for name in _without_use(model) if name not in known]:
        gone += orphans
        nodes = {name: node for name, node in model._nodes.items() if name not in orphans}
        model._nodes = _Nodes(nodes)
        for name in orphans:
            model._labels.pop(name, None)
            model._groups.pop(name, None)
    lost = set(gone)
    instead = {name for other in model._alternatives if lost & {*other.sets} for name in other.inputs}
    model._alternatives = [other for other in model._alternatives if not lost & {*other.sets}]
    model._requirements = [item for item in model._requirements if not lost & {*item.takes}]
    model._dropped.update(dict.fromkeys([*gone, *sorted(instead)], cause))
    return gone


def _without_use(model: Definition) -> list[str]:
    """Return inputs without use, except those by which others are given or measured."""
    idle = unused_inputs(model)
    held: set[str] = set()
    for other in model.alternatives:
        if not set(other.sets) <= set(idle):
            held |= {*other.sets}
    for parameter in model.parameters.values():
        if parameter.name not in idle:
            held |= {*parameter.length_offsets}
    return [name for name in idle if name not in held]


def note_on(model: Definition, gone: Iterable[str], cause: str) -> str:
    """Return in one line that inputs are gone.

    Parameters
    ----------
    model
        The model.
    gone
        Names of inputs.
    cause
        What was replaced.

    Returns
    -------
    str
        For the log.
    """
    names = list(gone)
    what = f"the inputs {listed(names)} are" if len(names) > 1 else f"the input {names[0]} is"
    needed = "them" if len(names) > 1 else "it"
    return f"model {model.name!r}: {what} left out, since nothing needs {needed} with {cause} replaced"


def fixed_values(function: Callable[..., Any]) -> dict[str, str]:
    """Return what a function holds besides its arguments: defaults of arguments, and variables that it encloses.

    Parameters
    ----------
    function
        A function of a model.

    Returns
    -------
    dict of str to str
        Values in short, by name.

    Examples
    --------
    >>> from gridscan.definition.replacement import fixed_values
    >>> def made(power):
    ...     return lambda mass, scale=2.0: scale * mass**power
    >>> fixed_values(made(3))
    {'scale': '2.0', 'power': '3'}
    """
    try:
        arguments = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return {}
    found = {item.name: _short(item.default) for item in arguments if item.default is not item.empty}
    inner: Any = inspect.unwrap(getattr(function, "func", function))
    code = getattr(inner, "__code__", None)
    for name, cell in zip(code.co_freevars if code else (), getattr(inner, "__closure__", None) or (), strict=True):
        try:
            found[name] = _short(cell.cell_contents)
        except ValueError:
            found[name] = "(not set yet)"
    return found


def _short(value: Any) -> str:
    if callable(value):
        return f"{getattr(value, '__qualname__', type(value).__name__)}()"
    if isinstance(value, np.ndarray) and value.size > 4:
        ends = f" from {value.min():.6g} to {value.max():.6g}" if value.dtype.kind in "fiu" else ""
        return f"{' × '.join(map(str, value.shape))} values{ends}"
    text = " ".join((repr(value) if isinstance(value, str) else str(value)).split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"


def in_words(node: Quantity) -> str:
    """Return in one line what replaced a quantity: the function, what it holds, and the first line of its docstring.

    Parameters
    ----------
    node
        The quantity.

    Returns
    -------
    str
        For the provenance of a result.
    """
    function: Any = getattr(node.function, "func", node.function)
    name = getattr(function, "__qualname__", type(function).__name__).rpartition("<locals>.")[2]
    held = ", ".join(f"{key} = {value}" for key, value in fixed_values(node.function).items())
    text = f"{name}({', '.join(node.takes)})" + (f" with {held}" if held else "")
    first = node.documentation.strip().partition("\n\n")[0]
    return f"{text}: {' '.join(first.split())}" if first else text

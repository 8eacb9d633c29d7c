"""Groups: names that belong together, such as the parameters of a galaxy, as one argument of a function."""

from __future__ import annotations

import inspect
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gridscan.errors import ModelError, UnitError, listed, nearest
from gridscan.units import parse_unit, readable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gridscan.definition.nodes import Group, Quantity


def arguments_of(node: Quantity, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of the function of a quantity, with groups built from their members.

    Parameters
    ----------
    node
        The quantity.
    values
        Values by name, including those of the members.

    Returns
    -------
    dict
        Values by argument.
    """
    return {
        name: group.kind(**{member: values[member] for member in group.members})
        if (group := node.groups.get(name)) is not None
        else values[name]
        for name in node.takes
    }


def with_groups(node: Quantity, groups: Mapping[str, Group]) -> Quantity:
    """Return a quantity that knows which of its arguments are groups, and the units of their members.

    Parameters
    ----------
    node
        The quantity.
    groups
        The groups of its model, by name.

    Returns
    -------
    Quantity
        A new node.

    Raises
    ------
    UnitError
        If a kernel gives a unit for a group, or for a member a unit other than that of the group.
    """
    own = {name: groups[name] for name in node.takes if name in groups}
    units = dict(node.argument_units)
    for group in own.values():
        if group.name in units:
            raise UnitError(
                f"kernel {node.name!r} ({node.where}) gives a unit for the group {group.name!r},"
                " whose members have units already; remove it"
            )
        for member, unit in group.units.items() if node.kind == "kernel" else ():
            if units.setdefault(member, unit) != unit:
                raise UnitError(
                    f"kernel {node.name!r} ({node.where}) takes {member!r} in {readable(units[member])!r},"
                    f" but has it in {readable(unit)!r} from the group {group.name!r}"
                )
    return replace(node, groups=own, argument_units=units)


def members_of(
    name: str, kind: type, words: Iterable[str], units: Mapping[str, str]
) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Return the names of a group's members and the units of those that have one.

    Parameters
    ----------
    name
        Name of the group.
    kind
        Class built from the members.
    words
        Members that are words, or that only formulas take.
    units
        The other members, with their units.

    Returns
    -------
    members : tuple of str
        Their names.
    units : dict of str to Unit
        Units by name.

    Raises
    ------
    ModelError
        If the class cannot be built from these members.
    UnitError
        If a unit cannot be read.
    """
    members = (*words, *units)
    if not isinstance(kind, type):
        raise ModelError(f"group {name!r} needs a class, such as a frozen dataclass; found {kind!r}")
    known = inspect.signature(kind).parameters
    twice = [member for member in set(members) if members.count(member) > 1]
    if twice:
        raise ModelError(f"group {name!r} has the member {twice[0]!r} twice")
    for member in members:
        if member not in known:
            raise ModelError(
                f"group {name!r}: {kind.__name__} has no field {member!r}{nearest(member, known)};"
                f" its fields are {listed(known)}"
            )
    missing = [key for key, item in known.items() if key not in members and item.default is item.empty]
    if missing:
        raise ModelError(f"group {name!r} needs {listed(missing)}, for which {kind.__name__} has no default")
    return members, {member: parse_unit(text) for member, text in units.items()}

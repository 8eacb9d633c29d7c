"""Some of the cases of a scenario, chosen by their names: ``--set case=NAME``."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gridscan.errors import listed, nearest
from gridscan.inputs.faults import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridscan.inputs.value_reader import Given, ValueReader


@dataclass(frozen=True)
class Chosen:
    """Cases as they are written, and those that are wanted: the name of one, or a list of names."""

    cases: Any
    names: Any


def places_of(known: Sequence[str], wanted: Any, reader: ValueReader) -> list[int]:
    """Return the positions of cases.

    Parameters
    ----------
    known
        The names of all.
    wanted
        The name of one, or a list of names.
    reader
        Collects a fault for each name that there is not.

    Returns
    -------
    list of int
        In the order that is wanted.
    """
    places = {name: place for place, name in enumerate(known)}
    names = wanted if isinstance(wanted, list) and wanted else [wanted]
    for name in names:
        if not isinstance(name, str) or name not in places:
            message = f"there is no case {shown(name)}{nearest(str(name), places)}; there are {listed(places)}"
            reader.fault(("--set", "case"), message)
    return [places[name] for name in dict.fromkeys(str(name) for name in names) if name in places]


def some_of(given: Given, places: Sequence[int]) -> Given:
    """Return the values of some cases.

    Parameters
    ----------
    given
        A value for each case.
    places
        Their positions.

    Returns
    -------
    Given
        A value for each of these.
    """
    values, paths = ([part[place] for place in places] for part in (given.value, given.paths))
    return dataclasses.replace(given, value=values, paths=tuple(paths))

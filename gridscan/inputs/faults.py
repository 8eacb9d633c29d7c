"""Faults in given values, each with the path to the value."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gridscan.errors import ScenarioError, listed, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pydantic import BaseModel

Path = tuple[str | int, ...]
#: Of more faults, the first ones are told, and how many there are; the nearest names are searched for these alone.
MOST_TOLD = 100


@dataclass(frozen=True)
class Fault:
    """A fault: the path to the value in the file, the message, and whether the key or the value is wrong."""

    path: Path
    message: str
    at_key: bool = False


class InputFaults(ScenarioError):
    """All the faults found in a set of values.

    Parameters
    ----------
    faults
        Faults in the order in which they were found.
    """

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = list(faults)
        messages = list(dict.fromkeys(fault.message for fault in self.faults))
        super().__init__("\n".join(messages[:MOST_TOLD] + untold(len(messages))))


def untold(number: int) -> list[str]:
    """Say how many faults there are besides those that are told.

    Parameters
    ----------
    number
        Of all faults.

    Returns
    -------
    list of str
        One line, or none.
    """
    return [f"and {number - MOST_TOLD:,} more, {number:,} in all"] if number > MOST_TOLD else []


def hint(name: str, candidates: Iterable[str], faults: Sequence[Fault]) -> str:
    """Return the nearest name for a fault that will be told.

    Parameters
    ----------
    name
        The name that was given.
    candidates
        Names that may have been meant.
    faults
        Those that were found before.

    Returns
    -------
    str
        Text to append to a message; empty behind the last fault that is told, since a search takes as long as reading
        hundreds of lines.
    """
    return nearest(name, candidates) if len(faults) < MOST_TOLD else ""


def shown(value: Any) -> str:
    """Return a raw value for a message: on one line and not too long.

    Parameters
    ----------
    value
        The raw value.

    Returns
    -------
    str
        Text for the message.
    """
    text = str(value) if isinstance(value, datetime.date | datetime.time) else " ".join(repr(value).split())
    return text if len(text) <= 80 else f"{text[:76]} …"


def schema_fault(item: Any, path: Path, schema: type[BaseModel]) -> tuple[Path, str, bool]:
    """Turn one error of pydantic into a fault.

    Parameters
    ----------
    item
        The error.
    path
        Path to the value that was checked.
    schema
        The model that it was checked against.

    Returns
    -------
    path : tuple
        Path to the fault.
    message : str
        The message.
    at_key : bool
        Whether the key is wrong rather than the value.
    """
    fields: Iterable[str] = schema.model_fields
    location = tuple(part for part in item["loc"] if isinstance(part, int) or part in fields)
    if item["type"] == "extra_forbidden":
        name = str(item["loc"][-1])
        return (
            (*path, *item["loc"]),
            f"unknown key {name!r}{nearest(name, fields)}; allowed are {listed(fields, 20)}",
            True,
        )
    if item["type"] == "missing":
        return path, f"the key {item['loc'][-1]!r} is missing", True
    what = "expected numbers or texts with a unit" if len(item["loc"]) > 1 else item["msg"].lower()
    return (*path, *location), f"{item['loc'][0]!r}: {what}, found {shown(item['input'])}", False

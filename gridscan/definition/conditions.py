"""Conditions on parameters together: what they have to be, and where results are doubtful."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gridscan.units import Unit


@dataclass(frozen=True)
class Requirement:
    """What parameters have to be together, such as one length above another.

    Attributes
    ----------
    text
        What must be so, as a phrase.
    holds
        Function of parameters by name that tells where this is so.
    takes
        These parameters; a message names the first one.
    units
        Units in which the function gets them; base units for the others.
    """

    text: str
    holds: Callable[..., Any]
    takes: tuple[str, ...]
    units: Mapping[str, Unit] = field(default_factory=dict)


@dataclass(frozen=True)
class Caution:
    """Where results are doubtful, as a model knows it of its parameters.

    Attributes
    ----------
    text
        What is doubtful, and why, as a phrase.
    holds
        Function of parameters by name that tells where this is so.
    takes
        These parameters.
    units
        Units in which the function gets them; base units for the others.
    """

    text: str
    holds: Callable[..., Any]
    takes: tuple[str, ...]
    units: Mapping[str, Unit] = field(default_factory=dict)

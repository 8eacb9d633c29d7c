"""Observations: a count of events over a background, and a measured value with its error."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gridscan.errors import SensitivityError


@dataclass(frozen=True)
class Count:
    """A number of events that was counted; make one with `count`.

    Attributes
    ----------
    quantity
        The quantity that expects them: a rate or a number.
    number
        Events counted.
    exposure
        What makes the quantity a number, such as ``"10 yr"`` for a rate; None for a number.
    background, background_error
        Mean of other events and its standard deviation, in a unit of the quantity or as numbers of the whole exposure.
    at
        Where on the grid it was counted, by axis.
    """

    quantity: str
    number: int
    exposure: Any = None
    background: Any = 0.0
    background_error: Any = 0.0
    at: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Measured:
    """A value that was measured with a Gaussian error; make one with `measured`.

    Attributes
    ----------
    quantity
        The quantity that was measured.
    value
        In its unit, or text with a unit.
    below, above
        Standard deviations towards lower and towards higher values.
    at
        Where on the grid it was measured, by axis.
    """

    quantity: str
    value: Any
    below: Any
    above: Any
    at: Mapping[str, Any] = field(default_factory=dict)


Observation = Count | Measured


def count(
    quantity: str,
    number: int,
    *,
    exposure: Any = None,
    background: Any = 0.0,
    background_error: Any = 0.0,
    at: Mapping[str, Any] | None = None,
) -> Count:
    """Say that events were counted.

    Parameters
    ----------
    quantity
        Name of the quantity that expects them: a rate, or a number without a unit.
    number
        Events counted, a whole number.
    exposure
        What makes the quantity a number, such as ``"10 yr"`` for a rate per year; left out where it is a number.
    background
        Mean of the events that are none of the quantity: a rate such as ``"1 / yr"``, or their number in the exposure.
    background_error
        Its standard deviation, likewise; the background then has a gamma distribution.
    at
        Where on the grid it was counted, such as ``{"detector": "juno"}``; the axes that are not named stay.

    Returns
    -------
    Count
        The observation.

    Raises
    ------
    SensitivityError
        If the number is not a whole one.

    Examples
    --------
    >>> from gridscan.inference.observations import count
    >>> count("events_per_year", 3, exposure="10 yr", at={"detector": "juno"}).number
    3
    """
    if isinstance(number, bool) or not isinstance(number, int | float) or number < 0 or not float(number).is_integer():
        raise SensitivityError(f"a count is a whole number, zero or more; found {number!r}")
    return Count(quantity, int(number), exposure, background, background_error, _place(at))


def measured(quantity: str, value: Any, error: Any, *, at: Mapping[str, Any] | None = None) -> Measured:
    """Say that a quantity was measured with a Gaussian error.

    Parameters
    ----------
    quantity
        Name of the quantity.
    value
        A number in its unit, or text such as ``"2e-3 1/cm^2/s"``.
    error
        Its standard deviation, likewise; or a pair of those towards lower and towards higher values.
    at
        Where on the grid it was measured; the axes that are not named stay.

    Returns
    -------
    Measured
        The observation.

    Raises
    ------
    SensitivityError
        If there are more than two errors.

    Examples
    --------
    >>> from gridscan.inference.observations import measured
    >>> measured("flux", "3 / cm^2 / s", ("0.5 / cm^2 / s", "1 / cm^2 / s")).above
    '1 / cm^2 / s'
    """
    errors = list(error) if isinstance(error, tuple | list) else [error, error]
    if len(errors) != 2:
        raise SensitivityError(f"a measured value has one error, or one below and one above it; found {len(errors)}")
    return Measured(quantity, value, errors[0], errors[1], _place(at))


def checked_number(what: str, value: float, *, above_zero: bool = False) -> float:
    """Return a number that is finite and not negative.

    Parameters
    ----------
    what
        What it is, for messages.
    value
        The number.
    above_zero
        Whether it may not be zero.

    Returns
    -------
    float
        The same.

    Raises
    ------
    SensitivityError
        If it is not.
    """
    if not math.isfinite(value) or value < 0 or (above_zero and value == 0):
        allowed = "finite and above zero" if above_zero else "finite and not negative"
        raise SensitivityError(f"{what} must be {allowed}; found {value:g}")
    return value


def _place(at: Mapping[str, Any] | None) -> dict[str, Any]:
    if at is not None and not isinstance(at, Mapping):
        raise SensitivityError(f"at takes axes and their values, such as {{'detector': 'juno'}}; found {at!r}")
    return dict(at or {})

"""The logarithm of the likelihood of observations in every cell of a result, as lazy as its quantities."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.errors import EvaluationError, SensitivityError, UnitError
from gridscan.inference.observations import Count, Measured, checked_number
from gridscan.numerics.poisson_likelihood import log_marginalised
from gridscan.sensitivity.answers import answer, blockwise
from gridscan.sensitivity.labelled import check_axis, in_unit_of, one_value, position_on, quantity_of, unit_known
from gridscan.units import convert, parse_quantity, readable, registry, same_dimension

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr
    from numpy.typing import NDArray

    from gridscan.inference.observations import Observation


def log_likelihood(dataset: xr.Dataset, observed: Observation | Sequence[Observation]) -> xr.DataArray:
    """Return the logarithm of the likelihood of observations in every cell.

    Parameters
    ----------
    dataset
        A result of gridscan, lazy or not.
    observed
        One or several observations, made with `gridscan.count` and `gridscan.measured`; they are independent.

    Returns
    -------
    xarray.DataArray
        Dimensionless, along all axes of the quantities that were observed, but those at a point of which all were.
        Of a measured value it is that of its density in the unit of the quantity.

    Raises
    ------
    SensitivityError
        If a quantity or axis does not exist, nothing is observed, a number is out of its range, or (when computed) an
        expected count is negative or not finite.
    UnitError
        If a unit does not fit.

    Notes
    -----
    Of a count, ln P(n | s + b) of Poisson, averaged over a gamma distribution of the background where it has an error;
    of a value, -(y - v)²/2σ² - ln σ√2π, with σ's mean in the second term where there are two.
    Source: see `gridscan.numerics.poisson_likelihood.log_marginalised`.

    Examples
    --------
    >>> import xarray as xr
    >>> import gridscan as gs
    >>> ds = xr.Dataset({"events": ("imf", [2.0, 6.0], {"units": "1"})}, {"imf": ["kroupa", "top-heavy"]})
    >>> ds.gridscan.log_likelihood(gs.count("events", 0)).values
    array([-2., -6.])
    """
    items = [observed] if isinstance(observed, Count | Measured) else list(observed)
    wrong = [item for item in items if not isinstance(item, Count | Measured)]
    if wrong or not items:
        found = f"found {wrong[0]!r}" if wrong else "none is given"
        raise SensitivityError(f"an observation is made with gridscan.count or gridscan.measured; {found}")
    parts = [_of_count(dataset, item) if isinstance(item, Count) else _of_value(dataset, item) for item in items]
    total = functools.reduce(lambda one, other: one + other, (part.variable for part in parts))
    coords = {key: value for part in reversed(parts) for key, value in part.coords.items()}
    names = ", ".join(dict.fromkeys(item.quantity for item in items))
    return answer(total, "log_likelihood", f"logarithm of the likelihood of {names}", registry.dimensionless, coords)


def expected_counts(dataset: xr.Dataset, name: str, exposure: Any) -> tuple[xr.DataArray, float]:
    """Return a quantity, and the factor that makes it a number of expected events.

    Parameters
    ----------
    dataset
        A result of gridscan, lazy or not.
    name
        A rate, or a number.
    exposure
        Such as ``"10 yr"``; None for a number.

    Returns
    -------
    quantity : xarray.DataArray
        In its own unit.
    factor : float
        Events for each of that unit.

    Raises
    ------
    SensitivityError
        If the quantity does not exist, or the exposure is not above zero.
    UnitError
        If the two do not make a number.
    """
    y = quantity_of(dataset, name)
    unit, duration = unit_known(y), registry.Quantity(1.0, registry.dimensionless)
    if exposure is not None:
        given = one_value("exposure", exposure)
        duration = parse_quantity(given) if isinstance(given, str) else registry.Quantity(given, "dimensionless")
    checked_number("exposure", float(duration.magnitude), above_zero=True)
    if not same_dimension(unit * duration.units, registry.dimensionless):
        needed = (
            f"give an exposure in {readable(unit**-1)!r}" if exposure is None else f"it needs {readable(unit**-1)!r}"
        )
        found = "is no number of events" if exposure is None else f"times the exposure {exposure!r} is no number"
        raise UnitError(f"{name!r} in {readable(unit)!r} {found}; {needed}")
    return y, float(convert(float(duration.magnitude), unit * duration.units, registry.dimensionless))


def counts_of(y: xr.DataArray, factor: float, what: str, given: Any) -> float:
    """Return a background, or its error, as a number of events.

    Parameters
    ----------
    y
        The quantity.
    factor
        Events for each of its unit.
    what
        Name of the argument.
    given
        Text with a unit of the quantity, or a number of events in the whole exposure.

    Returns
    -------
    float
        Events.

    Raises
    ------
    SensitivityError
        If it is negative or not finite.
    UnitError
        If its unit is not that of the quantity.
    """
    given = one_value(what, given)
    try:
        number = factor * in_unit_of(y, given) if isinstance(given, str) else float(given)
    except UnitError as error:
        raise UnitError(f"{what}: {error}") from None
    return checked_number(what, number)


def _of_count(dataset: xr.Dataset, item: Count) -> xr.DataArray:
    y, factor = expected_counts(dataset, item.quantity, item.exposure)
    background = counts_of(y, factor, "background", item.background)
    error = counts_of(y, factor, "background_error", item.background_error)
    if error and not background:
        raise SensitivityError("background_error is given without a background; give one, such as background=0.5")
    y = _at(y, item)
    how = {"number": item.number, "factor": factor, "background": background, "error": error, "name": item.quantity}
    return y.copy(data=blockwise(_log_of_count, y.variable, **how).data)


def _of_value(dataset: xr.Dataset, item: Measured) -> xr.DataArray:
    y = quantity_of(dataset, item.quantity)
    value = in_unit_of(y, item.value)
    below, above = (
        checked_number("an error", in_unit_of(y, error), above_zero=True) for error in (item.below, item.above)
    )
    y = _at(y, item)
    return y.copy(data=blockwise(_log_of_value, y.variable, value=value, below=below, above=above).data)


def _at(y: xr.DataArray, item: Observation) -> xr.DataArray:
    for axis, wanted in item.at.items():
        check_axis(y, axis)
        y = y.isel({axis: position_on(y, axis, wanted)}, drop=True)
    return y


def _log_of_count(
    values: NDArray[Any], number: int, factor: float, background: float, error: float, name: str
) -> NDArray[Any]:
    try:
        return log_marginalised(number, values * factor, background, error)
    except EvaluationError as fault:
        raise SensitivityError(f"{name!r} expects no count: {fault}") from None


def _log_of_value(values: NDArray[Any], value: float, below: float, above: float) -> NDArray[Any]:
    if not np.isfinite(values).all():
        raise SensitivityError("a likelihood needs finite values: select the cells to compare")
    # A value below the one measured is as far off as the lower error says.
    pull = (values - value) / np.where(values < value, below, above)
    density: NDArray[Any] = -0.5 * pull**2 - np.log(0.5 * (below + above) * np.sqrt(2.0 * np.pi))
    return density

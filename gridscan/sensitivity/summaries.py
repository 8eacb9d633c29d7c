"""Means, standard deviations, percentiles and probabilities over axes of a result, each with its standard error.

Over draws of uncertain parameters they say what is known of a quantity; over axes of the grid what its weights say. The
error is that of the number of draws, and how much the answer changes where numeric axes have half as many points.
Dask arrays stay lazy and are read block by block.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from gridscan.errors import SensitivityError, listed
from gridscan.limits import DEFAULT
from gridscan.numerics.streaming_quantiles import quantiles
from gridscan.sensitivity.answers import answer, blockwise, scenario_attributes
from gridscan.sensitivity.labelled import (
    certain_unit,
    check_axis,
    in_unit_of,
    one_value,
    quantity_of,
    said_of_units,
    sentence,
)
from gridscan.sensitivity.left_out import Remaining, without_left_out
from gridscan.sensitivity.measures import AxisMeasure, in_words, is_sampled, measure_of
from gridscan.units import parse_unit, registry, unit_attributes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridscan.units import Unit

#: Median, and where one and two standard deviations of a normal distribution lie.
USUAL_PERCENTS = (2.5, 16.0, 50.0, 84.0, 97.5)
# Standard deviations on each side that hold 90 % of a normal distribution.
_NINETY = 1.6448536269514722


def mean(
    dataset: xr.Dataset, name: str, over: str | Sequence[str] | None = None, *, held_bytes: int = DEFAULT.held_bytes
) -> xr.Dataset:
    """Return the weighted mean of a quantity, with its standard error.

    Parameters
    ----------
    dataset
        A result of gridscan, lazy or not.
    name
        The quantity y.
    over
        The axes that the mean is over; by default the draws if y has any, or else all.
    held_bytes
        Memory [B] for means that are unfinished, beside the blocks that are read.

    Returns
    -------
    xarray.Dataset
        ``mean`` and ``mean_error`` in the unit of y, with its other dimensions.

    Raises
    ------
    SensitivityError
        If the quantity or an axis does not exist, or (when computed) a value is not finite.
    UnitError
        If the unit of the quantity cannot be read.

    Notes
    -----
    With the means g over the other axes, of N draws of equal weight, the error is the root of Var(g)/(N - 1), and of
    the square of the change where the numeric axes have half as many points.

    Examples
    --------
    >>> import xarray as xr
    >>> from gridscan.sensitivity.summaries import mean
    >>> ds = xr.Dataset({"mass": ("draw", [1.0, 2.0, 3.0, 6.0], {"units": "kg"})})
    >>> found = mean(ds, "mass")
    >>> float(found["mean"]), round(float(found["mean_error"]), 6)
    (3.0, 1.080123)
    """
    asked = _Asked.of(dataset, name, over)
    found = asked.mean(asked.values, held_bytes)
    return asked.table("mean", f"mean of {asked.subject}", asked.unit, *found)


def std(
    dataset: xr.Dataset, name: str, over: str | Sequence[str] | None = None, *, held_bytes: int = DEFAULT.held_bytes
) -> xr.Dataset:
    """Return the weighted standard deviation of a quantity, with its standard error.

    Parameters
    ----------
    dataset
        A result of gridscan, lazy or not.
    name
        The quantity y.
    over
        The axes along which it varies; by default the draws if y has any, or else all.
    held_bytes
        Memory [B] for means that are unfinished, beside the blocks that are read.

    Returns
    -------
    xarray.Dataset
        ``std`` and ``std_error`` in the unit of y, with its other dimensions.

    Raises
    ------
    SensitivityError
        If the quantity or an axis does not exist, or (when computed) a value is not finite.
    UnitError
        If the unit of the quantity cannot be read.

    Notes
    -----
    The root of the mean v of (y - mean)^2; its error is that of v over twice the root.

    Examples
    --------
    >>> import xarray as xr
    >>> from gridscan.sensitivity.summaries import std
    >>> ds = xr.Dataset({"mass": ("draw", [1.0, 2.0, 4.0, 5.0], {"units": "kg"})})
    >>> round(float(std(ds, "mass")["std"]), 6)
    1.581139
    """
    asked = _Asked.of(dataset, name, over)
    centre, _ = asked.mean(asked.values, held_bytes)
    square, error = asked.mean(blockwise(_square, asked.values, centre), held_bytes)
    found = blockwise(np.sqrt, square), blockwise(_error_of_root, square, error)
    return asked.table("std", f"standard deviation of {asked.subject}", asked.unit, *found)


def exceedance(
    dataset: xr.Dataset,
    name: str,
    value: Any,
    over: str | Sequence[str] | None = None,
    *,
    held_bytes: int = DEFAULT.held_bytes,
) -> xr.Dataset:
    """Return the probability that a quantity is above a value, with its standard error.

    Parameters
    ----------
    dataset
        A result of gridscan, lazy or not.
    name
        The quantity y.
    value
        A number in the unit of the quantity, text such as ``"3 / yr"``, or a quantity of pint or astropy.
    over
        The axes along which it varies; by default the draws if y has any, or else all.
    held_bytes
        Memory [B] for means that are unfinished, beside the blocks that are read.

    Returns
    -------
    xarray.Dataset
        ``exceedance`` and ``exceedance_error``, dimensionless, with the other dimensions of y: the weight of the points
        at which y > value. Where all draws, or none, are above, the error is that of half a draw.

    Raises
    ------
    SensitivityError
        If the quantity or an axis does not exist, or (when computed) a value is not finite.
    UnitError
        If the value has a unit that the quantity does not have.

    Examples
    --------
    >>> import xarray as xr
    >>> from gridscan.sensitivity.summaries import exceedance
    >>> ds = xr.Dataset({"mass": ("draw", [1.0, 2.0, 4.0, 5.0], {"units": "kg"})})
    >>> float(exceedance(ds, "mass", "1500 g")["exceedance"])
    0.75
    """
    asked, value = _Asked.of(dataset, name, over), one_value("value", value)
    level = in_unit_of(quantity_of(dataset, name), value)
    if not math.isfinite(level):
        raise SensitivityError(f"an exceedance needs a finite value; found {level:g}")
    above = blockwise(_above, asked.values, level=level)
    share, error = asked.mean(above, held_bytes)
    least = max((item.repeats for item in asked.measures if item.sampled), default=0.0)
    found = share, blockwise(_at_least, share, error, repeats=least)
    return asked.table(
        "exceedance", f"probability that {asked.subject} is above {value}", registry.dimensionless, *found
    )


def percentiles(
    dataset: xr.Dataset,
    name: str,
    percents: float | Sequence[float] = USUAL_PERCENTS,
    over: str | Sequence[str] | None = None,
    *,
    held_bytes: int = DEFAULT.held_bytes,
) -> xr.Dataset:
    """Return weighted percentiles of a quantity, with their standard errors.

    Parameters
    ----------
    dataset
        A result of gridscan, lazy or not.
    name
        The quantity y.
    percents
        Numbers above 0 and below 100; by default the median and where one and two standard deviations of a normal
        distribution lie.
    over
        The axes along which it varies; by default the draws if y has any, or else all.
    held_bytes
        Memory [B] for values that are sorted; where those of a block do not fit, they are read several times.

    Returns
    -------
    xarray.Dataset
        ``percentiles`` and ``percentiles_error`` in the unit of y, along ``percentile`` [%] and its other dimensions.
        Each is a value of y: the smallest up to which the weight of all points is the percentage, or more.

    Raises
    ------
    SensitivityError
        If the quantity or an axis does not exist, a percentage is not between 0 and 100, or (when computed) a value is
        not finite.
    UnitError
        If the unit of the quantity cannot be read.

    Notes
    -----
    Of N draws, the share p below a value is known to sqrt(p (1 - p)/N), of a numeric axis to half the weight of a
    point; the error of a percentile is the distance of those of shares 1.645 times as much higher and lower, over
    2 × 1.645. Where y varies along several axes, this is an upper bound.
    Source: H. A. David and H. N. Nagaraja, Order Statistics, 3rd edition (2003), section 7.1.

    Examples
    --------
    >>> import xarray as xr
    >>> from gridscan.sensitivity.summaries import percentiles
    >>> ds = xr.Dataset({"mass": ("draw", [5.0, 1.0, 4.0, 2.0], {"units": "kg"})})
    >>> percentiles(ds, "mass", [25, 50, 90])["percentiles"].values
    array([1., 2., 5.])
    """
    asked = _Asked.of(dataset, name, over, "percentile")
    wanted = np.atleast_1d(np.asarray(percents, dtype=float))
    wrong = wanted[~((wanted > 0) & (wanted < 100))]
    if wrong.size or wanted.ndim > 1 or not wanted.size:
        shown = f"{wrong[0]:g}" if wrong.size else f"{percents!r}"
        raise SensitivityError(f"percentages are above 0 and below 100; found {shown}")
    shares = wanted / 100.0
    apart = np.sqrt(shares * (1.0 - shares) * _share_of_draws(asked.measures) + _share_of_points(asked.measures))
    # An interval of 90 %, since between the few values in a narrower one the distance is uncertain itself.
    tried = [*shares, *np.clip([shares - _NINETY * apart, shares + _NINETY * apart], 0.0, 1.0).ravel()]
    axes = [item.axis for item in asked.measures]
    weights = {item.axis: item.weights for item in asked.measures}
    how: dict[str, Any] = {"dimension": "percentile", "held_bytes": held_bytes}
    found = quantiles(asked.values, axes, tried, weights, **how)
    middle, lower, upper = (found.isel(percentile=slice(k * wanted.size, (k + 1) * wanted.size)) for k in range(3))
    coarse = middle
    if any(item.coarse is not None for item in asked.measures):
        halves = {item.axis: item.weights if item.coarse is None else item.coarse for item in asked.measures}
        coarse = quantiles(asked.values, axes, shares.tolist(), halves, **how)
    error = blockwise(_error_of_percentile, middle, lower, upper, coarse)
    percent = {"long_name": "percentile", **unit_attributes(parse_unit("percent"))}
    result = asked.table("percentiles", f"percentiles of {asked.subject}", asked.unit, middle, error)
    return result.assign_coords(percentile=("percentile", wanted, percent))


@dataclass(frozen=True)
class _Asked:
    """What is asked: a quantity, and the measures of the axes that the answer is over."""

    dataset: xr.Dataset
    remaining: Remaining
    values: xr.Variable
    measures: list[AxisMeasure]

    @classmethod
    def of(cls, dataset: xr.Dataset, name: str, over: str | Sequence[str] | None, new: str = "") -> _Asked:
        remaining = without_left_out(quantity_of(dataset, name))
        y = remaining.quantity
        known = [str(axis) for axis in y.dims]
        drawn = [axis for axis in known if is_sampled(y, axis)]
        wanted = drawn or known if over is None else [over] if isinstance(over, str) else list(map(str, over))
        for axis in wanted:
            check_axis(y, axis)
        if not wanted:
            raise SensitivityError(f"{name!r} needs an axis to vary along; its axes are: {listed(known)}")
        if new in set(known) - set(wanted):
            raise SensitivityError(f"an axis named {new!r} clashes with one of the result; rename it in the dataset")
        single = [axis for axis in wanted if axis in drawn and y.sizes[axis] < 2]
        if single:
            raise SensitivityError(f"{name!r} has a single draw along {single[0]!r}, which says nothing of its spread")
        values = blockwise(_finite_or_refuse, y.variable, name=name, gaps=remaining.gaps)
        return cls(dataset, remaining, values, [measure_of(y, axis) for axis in dict.fromkeys(wanted)])

    @property
    def y(self) -> xr.DataArray:
        return self.remaining.quantity

    @property
    def subject(self) -> str:
        return sentence(self.y)

    @property
    def unit(self) -> Unit | None:
        return certain_unit(self.y)

    def stated(self, unit: Unit | None) -> str | None:
        """Say that a unit other than that of a share rests on attributes alone, where it does."""
        return None if unit is None or unit == registry.dimensionless else said_of_units(self.y)

    def table(self, key: str, title: str, unit: Unit | None, value: xr.Variable, error: xr.Variable) -> xr.Dataset:
        """Return the answer and its error as variables of these names."""
        said, by = f"{title} over {', '.join(item.axis for item in self.measures)}", in_words(self.measures)
        parts = {
            key: answer(value, key, said, unit, self.y.coords, "; ".join(filter(None, [by, self.stated(unit)]))),
            f"{key}_error": answer(error, f"{key}_error", f"standard error of the {said}", unit, self.y.coords),
        }
        return xr.Dataset(
            parts,
            attrs={
                **scenario_attributes(self.dataset),
                "title": said,
                "comment": "; ".join(filter(None, [by, self.remaining.note])),
            },
        )

    def mean(self, values: xr.Variable, held_bytes: int) -> tuple[xr.Variable, xr.Variable]:
        """Return the mean and its error."""
        drawn = {item.axis: item.repeats for item in self.measures if item.sampled and item.weights.size > 1}
        weights = [{item.axis: item.weights for item in self.measures}]
        if any(item.coarse is not None for item in self.measures):
            weights.append({item.axis: item.weights if item.coarse is None else item.coarse for item in self.measures})
        axes, subsets = list(weights[0]), [frozenset({axis}) for axis in drawn]
        moments = self.remaining.variances(values, axes, subsets, weights=weights, held_bytes=held_bytes)
        found, explained = moments[0]
        parts = [explained[frozenset({axis})] * repeats for axis, repeats in drawn.items()]
        return found, blockwise(_root_of_sum, found, moments[-1][0], *parts)


def _share_of_draws(measures: list[AxisMeasure]) -> float:
    """Return one over the number of draws, of the axis that has fewest; zero where nothing is drawn."""
    return max((float(np.square(item.weights).sum()) for item in measures if item.sampled), default=0.0)


def _share_of_points(measures: list[AxisMeasure]) -> float:
    """Return the square of how far a share is known where values lie between points: to half of one, on each axis."""
    return sum((0.5 * float(item.weights.max())) ** 2 for item in measures if item.coarse is not None)


def _finite_or_refuse(values: NDArray[Any], name: str, gaps: bool) -> NDArray[Any]:
    wrong = ~(np.isfinite(values) | (np.isnan(values) & gaps))
    if wrong.any():
        found = f"{int(wrong.sum())} of {values.size} are not finite"
        raise SensitivityError(f"the question about {name!r} needs finite values; {found}: select the cells to ask")
    return values


def _root_of_sum(value: NDArray[Any], coarse: NDArray[Any], *parts: NDArray[Any]) -> NDArray[Any]:
    error: NDArray[Any] = np.sqrt((value - coarse) ** 2 + sum(parts))
    return error


def _square(values: NDArray[Any], centre: NDArray[Any]) -> NDArray[Any]:
    square: NDArray[Any] = (values - centre) ** 2
    return square


def _error_of_root(square: NDArray[Any], error: NDArray[Any]) -> NDArray[Any]:
    found: NDArray[Any] = np.divide(error, 2.0 * np.sqrt(square), out=np.zeros(np.shape(square)), where=square > 0)
    return found


def _above(values: NDArray[Any], level: float) -> NDArray[Any]:
    above: NDArray[Any] = np.where(np.isnan(values), np.nan, values > level)
    return above


def _at_least(share: NDArray[Any], error: NDArray[Any], repeats: float) -> NDArray[Any]:
    """Return the error, where all draws agree that of half a draw more."""
    half = 0.5 * repeats / (1.0 + repeats)
    return np.where((share <= 0.0) | (share >= 1.0), np.maximum(error, math.sqrt(half * (1.0 - half) * repeats)), error)


def _error_of_percentile(
    value: NDArray[Any], low: NDArray[Any], high: NDArray[Any], coarse: NDArray[Any]
) -> NDArray[Any]:
    error: NDArray[Any] = np.hypot((0.5 * high - 0.5 * low) / _NINETY, value - coarse)
    return error

"""Analysis of variance on the full factorial grid: which axis matters most.

Each point has the weight of its axis (`gridscan.sensitivity.measures`): by default numbers stand for all values between
them, uniform on the scale on which they are spaced, and labels for themselves. Nothing is sampled; every share follows
from weighted means and variances along dimensions. Dask arrays stay lazy and are streamed: compute all results
together, which takes no longer than one. That reads the quantity once, or a few times if many axes are divided into
many chunks, and holds some hundred megabytes of means at most, never the array.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from gridscan.errors import SensitivityError, SensitivityWarning, listed, warn
from gridscan.limits import DEFAULT
from gridscan.sensitivity.answers import answer, blockwise, scenario_attributes
from gridscan.sensitivity.labelled import certain_unit, check_axis, quantity_of, said_of_units, sentence
from gridscan.sensitivity.left_out import Remaining, without_left_out
from gridscan.sensitivity.measures import AxisMeasure, in_words, is_sampled, measure_of
from gridscan.sensitivity.members import CAUSES as MEMBER_CAUSES
from gridscan.sensitivity.members import drawn_members, member_shares
from gridscan.sensitivity.trial_measures import error_of, measures_to_try
from gridscan.sensitivity.zipped import members_of, moving_together
from gridscan.units import registry

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import NDArray

# Shares that depend more than this on every second point of an axis are warned of.
MOST_ERROR = 0.02

# A smaller relative spread is rounding, and its shares would be noise.
_ROUNDING = 4 * np.finfo(float).eps

_HALVED = "of the number of draws, and change where the numeric axes have half as many points"
_CAUSES = {
    "first_order": "the axis alone",
    "total": "the axis and all its interactions",
    "pairwise": "the interaction of the two axes",
    "higher_order": "interactions of three and more axes",
}


def variance_shares(
    dataset: xr.Dataset,
    name: str,
    over: str | Sequence[str] | None = None,
    log: bool = False,
    *,
    held_bytes: int = DEFAULT.held_bytes,
) -> xr.Dataset:
    """Divide the variance of a quantity over the grid among its axes and their interactions (Sobol indices).

    Parameters
    ----------
    dataset
        A result of gridscan, lazy or not.
    name
        The quantity y.
    over
        The axes that vary; the others stay as dimensions of the result. By default all.
    log
        Whether to analyse ln y: the natural choice for a product of factors that span decades.
    held_bytes
        Memory [B] for means that are unfinished, beside the blocks that are read.

    Returns
    -------
    xarray.Dataset
        Dimensionless shares: ``first_order`` (axis), of the axis alone; ``total`` (axis), of the axis and all its
        interactions; ``pairwise`` (axis, axis_2), of the interaction of two axes, symmetric, and zero on the
        diagonal; ``higher_order``, of interactions of three and more. first_order + the pairs (each once) +
        higher_order is 1. ``mean`` and ``variance`` of the quantity with their units. Shares below zero by rounding
        are zero; where the quantity is constant, all are zero. ``first_order_error`` and so on: how much each changes
        where the numeric axes have half as many points, which is zero for labels and for weights given point by point.

    Raises
    ------
    SensitivityError
        If the quantity or an axis does not exist, there is no axis or only one along which several parameters move
        together, or (when computed) a value is not finite or, with `log`, not positive.
    UnitError
        If the unit of the quantity cannot be read.

    Warns
    -----
    GridscanWarning
        If an error is above 0.02 or cannot be estimated, because a numeric axis has two points; if several parameters
        move together along an axis, which has their share; if the quantity is constant in some cells.

    Notes
    -----
    With V the variance over all axes, and E and Var over the grid by the weights of its points,

        first_order_i = Var(E[y | i])/V
        pairwise_ij   = Var(E[y | i, j])/V - first_order_i - first_order_j
        total_i       = 1 - Var(E[y | all axes but i])/V

    Source: I. M. Sobol', Math. Comput. Simul. 55, 271 (2001); T. Homma and A. Saltelli, Reliab. Eng. Syst. Saf. 52, 1
    (1996).

    The weights of numbers are those of the trapezoidal rule, whose error falls with the square of their distance; half
    the points then have four times the error, so that an error is about three times that of its share.

    Examples
    --------
    y = a + 2 b of two labels each: the variances are 1/4 and 4/4.

    >>> import xarray as xr
    >>> from gridscan.sensitivity.variance import variance_shares
    >>> y = (("a", "b"), [[0.0, 2.0], [1.0, 3.0]], {"units": "1"})
    >>> shares = variance_shares(xr.Dataset({"y": y}, {"a": ["low", "high"], "b": ["low", "high"]}), "y")
    >>> shares["first_order"].values, float(shares["variance"])
    (array([0.2, 0.8]), 1.25)
    """
    remaining = without_left_out(quantity_of(dataset, name))
    y = remaining.quantity
    axes = _varied(y, over)
    measures = [measure_of(y, axis) for axis in axes]
    one = registry.dimensionless
    unit = one if log else certain_unit(y)
    values, members = _checked(remaining, log), drawn_members(y, measures)
    found = _moments(remaining, values, measures, 1.0 if log else 0.0, held_bytes)
    found |= member_shares(remaining, values, measures, found, held_bytes)
    subject = f"ln({sentence(y)})" if log else sentence(y)
    labels = {
        **{
            key: (f"share of the variance of {subject} due to {cause}", one)
            for key, cause in {**_CAUSES, **(MEMBER_CAUSES if members else {})}.items()
        },
        "mean": (f"mean of {subject} over {', '.join(axes)}", unit),
        "variance": (f"variance of {subject} over {', '.join(axes)}", None if unit is None else unit * unit),
    }
    coords = {**y.coords, **_axis_coordinates(axes), **_member_coordinate(members)}
    by = in_words(measures)
    parts = {}
    for key, (title, its_unit) in labels.items():
        error = f"{key}_error"
        stated = None if its_unit is None or its_unit == one else said_of_units(y)
        parts[key] = answer(found[key], key, title, its_unit, coords, "; ".join(filter(None, [by, stated])))
        how = None if key.startswith("member") else _HALVED
        parts[error] = answer(found[error], error, f"error estimate of the {title}", its_unit, coords, how)
    said = {"title": f"shares of the variance of {subject}", "comment": "; ".join(filter(None, [by, remaining.note]))}
    return xr.Dataset(parts, attrs={**scenario_attributes(dataset), **said})


def rank(dataset: xr.Dataset, name: str, over: str | Sequence[str] | None = None, log: bool = False) -> xr.DataArray:
    """Return the axes of a quantity in the order in which they matter: the highest total share of the variance first.

    Parameters
    ----------
    dataset
        A result of gridscan, lazy or not.
    name
        The quantity y.
    over
        The axes that vary; the others stay as dimensions of the result. By default all.
    log
        Whether to analyse ln y.

    Returns
    -------
    xarray.DataArray
        ``total`` along ``axis``, dimensionless, with its error as the coordinate ``total_error``; where `over` leaves
        other dimensions, the order is that of the mean over them. It is computed, also for dask: an order cannot be
        lazy.

    Raises
    ------
    SensitivityError
        If the quantity or an axis does not exist, there is no axis or only one along which several parameters move
        together, or a value is not finite or, with `log`, not positive.
    UnitError
        If the unit of the quantity cannot be read.

    Warns
    -----
    GridscanWarning
        As of `variance_shares`.

    Notes
    -----
    See `variance_shares`. Source: T. Homma and A. Saltelli, Reliab. Eng. Syst. Saf. 52, 1 (1996).

    Examples
    --------
    >>> import xarray as xr
    >>> from gridscan.sensitivity.variance import rank
    >>> y = (("a", "b"), [[0.0, 2.0], [1.0, 3.0]], {"units": "1"})
    >>> rank(xr.Dataset({"y": y}, {"a": ["low", "high"], "b": ["low", "high"]}), "y")["axis"].values.tolist()
    ['b', 'a']
    """
    found = variance_shares(dataset, name, over, log)
    parts = [found[[key, f"{key}_error"]] for key in ("total", "member_total") if key in found]
    total, *members = (part.compute() for part in parts)
    for part in members:
        y = quantity_of(dataset, name)
        axes = [str(axis) for axis in total["axis"].values]
        others = total.isel(
            axis=[k for k, axis in enumerate(axes) if not (is_sampled(y, axis) and members_of(y, axis))]
        )
        renamed = part.rename(member="axis", member_total="total", member_total_error="total_error")
        total = xr.concat([others, renamed], "axis", combine_attrs="override")
    ranked = total.set_coords("total_error")["total"]
    mean = ranked.mean([dimension for dimension in ranked.dims if dimension != "axis"])
    return ranked.isel(axis=np.argsort(-mean.values, kind="stable"))


def _varied(y: xr.DataArray, over: str | Sequence[str] | None) -> list[str]:
    wanted = [over] if isinstance(over, str) else [str(axis) for axis in (y.dims if over is None else over)]
    # Of axes that move together each stands for their common one.
    together = {str(key): str(item.dims[0]) for key, item in y.coords.items() if item.ndim == 1}
    wanted = [axis if axis in y.dims else together.get(axis, axis) for axis in wanted]
    for axis in wanted:
        check_axis(y, axis)
    axes = list(dict.fromkeys(wanted))
    if not axes:
        raise SensitivityError(
            f"the variance of {y.name!r} needs an axis to vary along; its axes are: {listed(map(str, y.dims))}"
        )
    kept = {"axis", "axis_2"} & (set(y.dims) - set(axes))
    if kept:
        raise SensitivityError(f"an axis named {kept.pop()!r} clashes with one of the result; rename it in the dataset")
    _say_what_moves_together(y, axes)
    return axes


def _say_what_moves_together(y: xr.DataArray, axes: list[str]) -> None:
    zipped = {axis: moving_together(y, axis) for axis in axes if y.sizes[axis] > 1 and not is_sampled(y, axis)}
    for axis, members in zipped.items():
        if members is None:
            continue
        together = f"{members} move together along {axis!r}, so the shares of each cannot be told apart"
        if len(axes) == 1:
            raise SensitivityError(f"{together}; give them axes of their own, or vary other axes with it")
        warn(f"{together}: {axis!r} has that of all of them", SensitivityWarning)


def _axis_coordinates(axes: list[str]) -> dict[Hashable, xr.DataArray]:
    return {
        "axis": xr.DataArray(axes, dims="axis", attrs={"long_name": "axis"}),
        "axis_2": xr.DataArray(axes, dims="axis_2", attrs={"long_name": "axis it interacts with"}),
    }


def _member_coordinate(members: list[str]) -> dict[Hashable, xr.DataArray]:
    named = xr.DataArray(members, dims="member", attrs={"long_name": "parameter that was drawn"})
    return {"member": named} if members else {}


def _moments(
    remaining: Remaining, values: xr.Variable, measures: list[AxisMeasure], unity: float, held_bytes: int
) -> dict[str, xr.Variable]:
    """Return shares, mean and variance, and the error of each."""
    axes = [measure.axis for measure in measures]
    whole = frozenset(axes)
    subsets = [frozenset(some) for number in (1, 2) for some in itertools.combinations(axes, number)]
    wanted = [whole, *subsets, *(whole - {axis} for axis in axes)]
    whole_grid, *others = measures_to_try(measures)
    moments = remaining.variances(values, axes, wanted, weights=[whole_grid, *others], held_bytes=held_bytes)
    mean, explained = moments[0]
    variance = blockwise(_not_constant, explained[whole], mean, unity=unity)
    found = _shares(axes, mean, variance, explained)
    tried = []
    for mean, explained in moments[1:]:
        variance = blockwise(_zero_if_constant, explained[whole], mean, unity=unity)
        tried.append(_shares(axes, mean, variance, explained))
    errors = {}
    halved = any(item.coarse is not None for item in measures)
    for key, part in found.items():
        errors[key] = blockwise(error_of, part, *(one[key] for one in tried), halved=halved)
    if tried:
        found |= _warned(found, errors, measures)
    return {**found, **{f"{key}_error": error for key, error in errors.items()}}


def _shares(
    axes: list[str], mean: xr.Variable, variance: xr.Variable, explained: dict[frozenset[str], xr.Variable]
) -> dict[str, xr.Variable]:
    whole = frozenset(axes)
    alone = {axis: blockwise(_share, explained[frozenset({axis})], variance) for axis in axes}
    pairs = {
        frozenset({a, b}): blockwise(_share, explained[frozenset({a, b})], variance, alone[a], alone[b])
        for a, b in itertools.combinations(axes, 2)
    }
    # The part that the other axes together do not explain.
    others = [blockwise(_share, explained[whole - {axis}], variance) for axis in axes]
    total = [blockwise(_share, variance, variance, part) for part in others]
    none = xr.zeros_like(variance)
    rows = [[none if a == b else pairs[frozenset({a, b})] for b in axes] for a in axes]
    return {
        "first_order": xr.Variable.concat(list(alone.values()), "axis"),
        "total": xr.Variable.concat(total, "axis"),
        "pairwise": xr.Variable.concat([xr.Variable.concat(row, "axis_2") for row in rows], "axis"),
        "higher_order": blockwise(_share, variance, variance, *alone.values(), *pairs.values()),
        "mean": mean,
        "variance": variance,
    }


def _warned(
    found: dict[str, xr.Variable], errors: dict[str, xr.Variable], measures: list[AxisMeasure]
) -> dict[str, xr.Variable]:
    """Return the shares, which warn of their errors when they are computed."""
    numeric = [item for item in measures if item.coarse is not None]
    few = [f"{item.axis!r} ({item.weights.size})" for item in numeric if not item.resolved]
    if few:
        message = (
            f"{listed(few)} has too few points to tell how far shares are from those of all values between; if these"
            " are all there are, give the axis weight = 'equal'"
        )
        warn(message, SensitivityWarning)
    both = xr.Variable.concat([errors["first_order"], errors["total"]], "order")
    worst = both.max(("order", "axis"))
    grown = (item for item in measures if item.coarse is not None or item.sampled)
    points = listed(f"{item.axis} ({item.weights.size})" for item in grown)
    # Both at once, so that it is said once.
    both = xr.Variable.concat([found["first_order"], found["total"]], "order")
    both = blockwise(_if_certain, both, worst, points=points)
    return {"first_order": both.isel(order=0), "total": both.isel(order=1)}


def _if_certain(share: NDArray[Any], error: NDArray[Any], points: str) -> NDArray[Any]:
    if (error > MOST_ERROR).any():
        message = f"shares may be off by up to {error.max():.2g}; more points of these axes help: {points}"
        warn(message, SensitivityWarning)
    return share


def _checked(remaining: Remaining, log: bool) -> xr.Variable:
    y = remaining.quantity
    check = _log_or_refuse if log else _finite_or_refuse
    return blockwise(check, y.variable, name=str(y.name), gaps=remaining.gaps)


def _finite_or_refuse(values: NDArray[Any], name: str, gaps: bool) -> NDArray[Any]:
    wrong = ~(np.isfinite(values) | (np.isnan(values) & gaps))
    if wrong.any():
        found = f"{int(wrong.sum())} of {values.size} are not finite"
        raise SensitivityError(f"the variance of {name!r} needs finite values; {found}: select the cells to analyse")
    return values


def _log_or_refuse(values: NDArray[Any], name: str, gaps: bool) -> NDArray[Any]:
    wrong = ~((np.isfinite(values) & (values > 0)) | (np.isnan(values) & gaps))
    if wrong.any():
        found = f"{int(wrong.sum())} of {values.size} are not"
        raise SensitivityError(f"the variance of ln({name}) needs positive, finite values; {found}; use log=False")
    logarithm: NDArray[Any] = np.log(values)
    return logarithm


def _not_constant(variance: NDArray[Any], mean: NDArray[Any], unity: float) -> NDArray[Any]:
    constant = _is_constant(variance, mean, unity)
    if constant.any():
        message = f"the quantity is constant in {int(constant.sum())} of {variance.size} cells; all its shares are zero"
        warn(message, SensitivityWarning)
    return np.where(constant, 0.0, variance)


def _zero_if_constant(variance: NDArray[Any], mean: NDArray[Any], unity: float) -> NDArray[Any]:
    return np.where(_is_constant(variance, mean, unity), 0.0, variance)


def _is_constant(variance: NDArray[Any], mean: NDArray[Any], unity: float) -> NDArray[np.bool_]:
    constant: NDArray[np.bool_] = np.sqrt(variance) <= _ROUNDING * np.maximum(np.abs(mean), unity)
    return constant


def _share(part: NDArray[Any], variance: NDArray[Any], *explained: NDArray[Any]) -> NDArray[Any]:
    """Return the share of a part minus the shares given; rounding below zero is cut off."""
    share = np.divide(part, variance, out=np.zeros(np.shape(variance)), where=variance > 0)
    rest: NDArray[Any] = np.maximum(share - sum(explained), 0.0)
    return rest

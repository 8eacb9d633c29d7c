"""The value of a parameter that a count excludes, over all other axes, and the limit expected without a count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import xarray as xr
from scipy.special import ndtr

from gridscan.errors import EvaluationError, SensitivityError, UnitError, listed, nearest
from gridscan.inference.likelihoods import counts_of, expected_counts
from gridscan.inference.observations import checked_number, count
from gridscan.numerics.feldman_cousins import unified_interval
from gridscan.numerics.poisson_limits import asymptotic_upper_limit, count_quantiles, exact_upper_limit
from gridscan.sensitivity.answers import answer, scenario_attributes
from gridscan.sensitivity.labelled import certain_unit, numbers_of, numeric_axis, sentence, unit_known
from gridscan.sensitivity.zipped import along_member
from gridscan.units import convert, registry, same_dimension

if TYPE_CHECKING:
    from numpy.typing import NDArray

Method = Literal["cls", "cls-asymptotic", "bayes", "feldman-cousins"]
METHODS = ("cls", "cls-asymptotic", "bayes", "feldman-cousins")
#: What a limit may be; the first two have a number.
OUTCOMES = ("excluded above", "excluded below", "excluded everywhere", "allowed everywhere", "no limit")
# Of the median and one and two standard deviations on both sides of it.
_BANDS = (-2.0, -1.0, 0.0, 1.0, 2.0)


def limit(
    dataset: xr.Dataset,
    name: str,
    along: str,
    *,
    observed: int | None = None,
    background: Any = 0.0,
    background_error: Any = 0.0,
    exposure: Any = None,
    confidence: float = 0.9,
    method: Method = "cls",
) -> xr.Dataset:
    """Return the value of a parameter that a count of events excludes, and its expected value.

    Parameters
    ----------
    dataset
        A result of gridscan, lazy or not.
    name
        The quantity that expects events: a rate, or a number.
    along
        A numeric axis of it, or a parameter that varies along a zipped one.
    observed
        Events counted; None for the expected limit alone.
    background
        Mean of other events: a rate such as ``"0.3 / yr"``, their number in the exposure, or the name of a variable or
        coordinate that holds either, for each detector for example.
    background_error
        Its standard deviation, likewise; it has a gamma distribution, for ``cls-asymptotic`` a Gaussian constraint.
    exposure
        What makes the quantity a number, such as ``"10 yr"`` for a rate.
    confidence
        Above 0 and below 1.
    method
        ``"cls"``, exact; ``"cls-asymptotic"``, for many counts; ``"bayes"``, with a flat prior of the signal, which is
        the same number as ``"cls"``; or ``"feldman-cousins"``, the upper end of the unified interval.

    Returns
    -------
    xarray.Dataset
        ``expected_limit`` along ``sigma`` (-2, -1, 0, 1, 2: the median and its bands, from low counts to high ones)
        and all axes but `along`, in the unit of the axis; with `observed`, ``limit``. ``expected_outcome`` and
        ``outcome`` say of each what it is: excluded above, excluded below, excluded everywhere, allowed everywhere, or
        no limit, where an expected number is not finite. Only the first two have a number, the others NaN.
        ``signal_limit`` and ``expected_signal_limit`` are the limits on the number of events.

    Raises
    ------
    SensitivityError
        If the quantity, the axis or the method does not exist, a number is out of its range, or (when computed) the
        expected number reaches the limit more than once along the axis.
    UnitError
        If a unit does not fit.

    Notes
    -----
    Between two points of the axis the expected number is followed in ln y over ln x where all of these are positive,
    which is exact for power laws, and else in y over x. Sources: A. L. Read, J. Phys. G 28, 2693 (2002); G. Cowan et
    al., Eur. Phys. J. C 71, 1554 (2011); G. J. Feldman and R. D. Cousins, Phys. Rev. D 57, 3873 (1998).

    Examples
    --------
    Two events for each unit of strength; 2.303 events are excluded by none:

    >>> import xarray as xr
    >>> import gridscan as gs
    >>> ds = xr.Dataset({"events": ("strength", [0.2, 2.0, 20.0], {"units": "1"})}, {"strength": [0.1, 1.0, 10.0]})
    >>> found = ds.gridscan.limit("events", "strength", observed=0)
    >>> round(float(found["limit"]), 3), found["outcome"].item()
    (1.151, 'excluded above')
    """
    if method not in METHODS:
        raise SensitivityError(
            f"unknown method {method!r}{nearest(str(method), METHODS)}; use one of: {listed(METHODS)}"
        )
    if isinstance(confidence, str) or not 0.0 < confidence < 1.0:
        raise SensitivityError(f"confidence is above 0 and below 1, such as 0.9; found {confidence!r}")
    dataset = along_member(dataset, name, along, numeric=True)
    y, factor = expected_counts(dataset, name, exposure)
    x = numeric_axis(y, along)
    if x.size < 2:
        raise SensitivityError(f"a limit needs an axis with two or more values; {along!r} has {x.size}")
    means = _counts(dataset, y, factor, "background", background)
    errors = _counts(dataset, y, factor, "background_error", background_error)
    axes = [str(dim) for item in (means, errors) for dim in item.dims]
    foreign = [axis for axis in axes if axis == along or axis not in y.dims]
    if foreign:
        raise SensitivityError(
            f"the background may not vary along {foreign[0]!r}; its axes are those of {name!r} but {along!r}"
        )
    levels = _expected_levels(means, errors, confidence, method)
    signal, of_events = y * factor, registry.dimensionless
    said = f"{100 * confidence:g} % confidence, method {method}"
    coords = {**y.drop_vars(along).coords, **means.coords, "sigma": _sigma()}
    parts = _labelled(signal, along, levels, "expected_", said, coords)
    parts["expected_signal_limit"] = answer(
        levels, "expected_signal_limit", f"expected limit on {sentence(y)}", of_events, coords, said
    )
    if observed is not None:
        number = count(name, observed).number
        own = _levels(number, means, errors, confidence, method)
        parts |= _labelled(signal, along, own, "", said, coords)
        parts["signal_limit"] = answer(own, "signal_limit", f"limit on {sentence(y)}", of_events, coords, said)
    return xr.Dataset(parts, attrs={**scenario_attributes(dataset), "comment": said})


def _counts(dataset: xr.Dataset, y: xr.DataArray, factor: float, what: str, given: Any) -> xr.DataArray:
    """Return a background as numbers of events, along the axes of the variable that holds it."""
    if not (isinstance(given, str) and given in dataset.variables):
        try:
            return xr.DataArray(counts_of(y, factor, what, given))
        except UnitError as error:
            names = [str(key) for key in dataset.variables if dataset[key].dtype.kind in "iuf"]
            close = nearest(given, names) if isinstance(given, str) else ""
            raise UnitError(f"{error}{close}") from None
    held = numbers_of(dataset, given)
    unit, own = unit_known(held), unit_known(y)
    to = registry.dimensionless if same_dimension(unit, registry.dimensionless) else own
    values = np.asarray(convert(held.values, unit, to), dtype=float) * (1.0 if to is registry.dimensionless else factor)
    for value in values.flat:
        checked_number(f"{what} {given!r}", float(value))
    return xr.DataArray(values, dims=held.dims, coords=held.coords)


def _upper(number: int, mean: float, error: float, confidence: float, method: str) -> float:
    if method == "cls-asymptotic":
        return asymptotic_upper_limit(number, mean, error, confidence)
    if method != "feldman-cousins":
        return exact_upper_limit(number, mean, error, confidence)
    if error:
        raise SensitivityError("feldman-cousins knows no error of the background; use method='cls'")
    return unified_interval(number, mean, confidence)[1]


def _levels(number: int, means: xr.DataArray, errors: xr.DataArray, confidence: float, method: str) -> xr.Variable:
    """Return the limit on the number of events, for each background."""
    both = xr.broadcast(means, errors)
    try:
        found = [
            _upper(number, float(mean), float(error), confidence, method)
            for mean, error in zip(both[0].values.flat, both[1].values.flat, strict=True)
        ]
    except EvaluationError as error:
        raise SensitivityError(str(error)) from None
    return xr.Variable(both[0].dims, np.reshape(found, both[0].shape))


def _expected_levels(means: xr.DataArray, errors: xr.DataArray, confidence: float, method: str) -> xr.Variable:
    """Return the limits for the median count of the background alone, and for those of its bands."""
    both = xr.broadcast(means, errors)
    rows = []
    try:
        for mean, error in zip(both[0].values.flat, both[1].values.flat, strict=True):
            numbers = count_quantiles(ndtr(_BANDS), float(mean), float(error))
            rows.append([_upper(int(number), float(mean), float(error), confidence, method) for number in numbers])
    except EvaluationError as error:
        raise SensitivityError(str(error)) from None
    return xr.Variable([*both[0].dims, "sigma"], np.reshape(rows, (*both[0].shape, len(_BANDS))))


def _labelled(
    signal: xr.DataArray, along: str, levels: xr.Variable, prefix: str, said: str, coords: dict[Any, Any]
) -> dict[str, xr.DataArray]:
    x = signal[along].values.astype(float)
    order = np.argsort(x)
    ordered = signal.variable.isel({along: order})
    if ordered.chunks is not None:
        ordered = ordered.chunk({along: -1})
    value, code = xr.apply_ufunc(
        _excluded,
        *(ordered, levels),
        kwargs={"x": x[order], "along": along, "name": str(signal.name)},
        input_core_dims=[[along], []],
        output_core_dims=[[], []],
        dask="parallelized",
        output_dtypes=[float, int],
    )
    outcome = xr.apply_ufunc(_in_words, code, dask="parallelized", output_dtypes=[np.dtype("U20")])
    axis = signal[along]
    names = f"{prefix}limit", f"{prefix}outcome"
    title = f"{'expected ' if prefix else ''}limit on {sentence(axis)}"
    return {
        names[0]: answer(value, names[0], title, certain_unit(axis), coords, said),
        names[1]: answer(outcome, names[1], f"what the {title} is", None, coords, said),
    }


def _excluded(
    signal: NDArray[Any], level: NDArray[Any], x: NDArray[np.floating[Any]], along: str, name: str
) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """Return where the signal reaches the level along its last axis, and the number of the outcome."""
    level = np.broadcast_to(level, np.broadcast_shapes(level.shape, signal.shape[:-1]))
    signal = np.broadcast_to(signal, (*level.shape, signal.shape[-1]))
    known = np.isfinite(signal).all(axis=-1)
    if (signal < 0).any():
        raise SensitivityError(f"{name!r} expects fewer than no events, such as {signal[signal < 0].flat[0]:g}")
    excluded = signal >= level[..., None]
    changes = excluded[..., 1:] != excluded[..., :-1]
    number = np.where(known, changes.sum(axis=-1), 0)
    if (number > 1).any():
        raise SensitivityError(
            f"{name!r} reaches the limit more than once along {along!r}, so that no single value is excluded; select a"
            " part of the axis"
        )
    place = changes.argmax(axis=-1)
    ends = [np.take_along_axis(signal, (place + step)[..., None], axis=-1)[..., 0] for step in (0, 1)]
    crossed = known & (number == 1)
    value = np.where(crossed, _between(x[place], x[place + 1], ends[0], ends[1], level), np.nan)
    code = np.where(excluded[..., 0], np.where(crossed, 1, 2), np.where(crossed, 0, 3))
    return value, np.where(known, code, 4).astype(int)


def _between(
    low: NDArray[Any], high: NDArray[Any], at_low: NDArray[Any], at_high: NDArray[Any], level: NDArray[Any]
) -> NDArray[Any]:
    """Interpolate a power law where all is positive, a line elsewhere."""
    positive = (low > 0) & (at_low > 0) & (at_high > 0) & (level > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (level - at_low) / (at_high - at_low)
        line = low + share * (high - low)
        power = np.log(level / at_low) / np.log(at_high / at_low)
        law = low * (high / np.where(positive, low, 1.0)) ** power
    found: NDArray[Any] = np.where(positive, law, line)
    return found


def _in_words(code: NDArray[np.intp]) -> NDArray[np.str_]:
    return np.array(OUTCOMES, dtype="U20")[code]


def _sigma() -> xr.DataArray:
    title = "standard deviations of the background's counts from their median"
    return xr.DataArray(list(_BANDS), dims="sigma", attrs={"units": "1", "long_name": title})

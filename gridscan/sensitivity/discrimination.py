"""Detector size needed to tell the scenarios along an axis apart by counting events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import xarray as xr

from gridscan.errors import EvaluationError, SensitivityError, SensitivityWarning, UnitError, listed, nearest, warn
from gridscan.numerics.block_reader import reread
from gridscan.numerics.poisson import METHODS, scale_to_discriminate
from gridscan.numerics.uncertain_background import METHODS_WITH_ERROR, exposure_to_discriminate
from gridscan.sensitivity.answers import answer, blockwise, scenario_attributes
from gridscan.sensitivity.labelled import (
    check_axis,
    in_unit_of,
    numbers_of,
    one_value,
    quantity_of,
    sentence,
    unit_known,
)
from gridscan.sensitivity.zipped import along_member
from gridscan.units import (
    Unit,
    convert,
    parse_quantity,
    parse_unit,
    readable,
    registry,
    same_dimension,
    unit_attributes,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

# The role by which a model marks the mass that event rates are proportional to.
_ROLE = "detector_mass"
_YEAR = parse_unit("yr")
_PER_YEAR = parse_unit("1/yr")
_SIGMA = xr.DataArray(0.0, name="significance", attrs={"units": "1"})
_SHARE = xr.DataArray(0.0, name="background_error", attrs={"units": "1"})
_EXAMPLES = {"exposure": "10 yr", "background": "1 / kt / yr", "mass": "100 kt"}


class _Setting(NamedTuple):
    """Exposure in years, standard deviations, and the error of the background as a share of it."""

    duration: float
    sigma: float
    share: float

    @property
    def methods(self) -> tuple[str, ...]:
        return METHODS_WITH_ERROR if self.share else METHODS


def discriminate(
    dataset: xr.Dataset,
    name: str,
    along: str,
    *,
    exposure: Any = "10 yr",
    background: Any = "0 / yr",
    background_error: Any = 0.0,
    significance: float = 3.0,
    mass: Any = None,
) -> xr.Dataset:
    """Return how much a detector has to grow to tell each pair of scenarios along an axis apart by counting events.

    Parameters
    ----------
    dataset
        A result of gridscan, lazy or not.
    name
        A rate of events, in a unit of inverse time.
    along
        An axis of `name`, of labels or of numbers: its points are the scenarios a and b.
    exposure
        Duration of the measurement, such as ``"10 yr"``, or a quantity.
    background
        Rate of background events, such as ``"0.5 / day"``, or rate per mass, such as ``"1 / kt / yr"``, which is
        multiplied with the mass; a quantity; or the name of a coordinate or variable that holds either.
    background_error
        Standard deviation with which the background is known, as a share of it, such as ``0.01`` or ``"1 %"``; it does
        not shrink as the detector grows.
    significance
        Number of standard deviations.
    mass
        Mass that the rate belongs to, such as ``"100 kt"``, a quantity, or the name of a coordinate or variable that
        holds it. By default the coordinate that the model declares to be the detector mass, if there is one.

    Returns
    -------
    Dataset
        ``scale_factor`` (method, <along>_a, <along>_b, …), dimensionless, for the three methods of
        `numerics.poisson.scale_to_discriminate`, of which ``"exact"`` holds for few events too; infinite where
        the rates are equal, as on the diagonal. With a background error, for the two methods of
        `numerics.uncertain_background.exposure_to_discriminate` (``"exact"`` knows no such error), and infinite, with
        a warning, where no mass suffices. Select with ``.sel({"method": "asimov"})``: as a keyword,
        ``method`` is an option of ``sel`` itself. Where a mass is known, ``required_mass``: scale factor times
        mass, in the unit of the mass. If mass or background differ along the axis, each scenario has its own,
        and the required mass is that of a (b's is in the mirrored cell).

    Raises
    ------
    SensitivityError
        If the quantity or the axis does not exist, an argument is neither a value nor a name, a number is out of its
        range, or (when computed) a rate is negative or not finite.
    UnitError
        If a unit does not fit.
    """
    exposure, background = one_value("exposure", exposure), one_value("background", background)
    mass = None if mass is None else one_value("mass", mass)
    dataset = along_member(dataset, name, along, numeric=False)
    rate = quantity_of(dataset, name)
    check_axis(rate, along)
    _check_free(rate, along)
    rate = _in_unit(rate, _PER_YEAR)
    duration = _positive("exposure", float(_in_unit(_value_of("exposure", exposure), _YEAR)))
    sigma = _positive("significance", in_unit_of(_SIGMA, significance))
    setting = _Setting(duration, sigma, _share(background_error))
    weight = _mass(dataset, mass)
    noise = _background(dataset, background, weight)
    if setting.share and noise.ndim == 0 and noise.chunks is None and float(noise) == 0:
        raise SensitivityError("background_error is given without a background; give one, such as background='1 / yr'")

    scale = _scale_factors(rate, noise, along, setting)
    pairs = ", ".join((f"{along}_a", f"{along}_b"))
    coords = _coordinates(along, setting.methods, rate, noise, *([] if weight is None else [weight]))
    comment = _comment(f"exposure {exposure}, background {background}", setting)
    long_name = f"factor by which the detector has to grow to discriminate {sentence(rate)} of {pairs}"
    result = {"scale_factor": answer(scale, "scale_factor", long_name, registry.dimensionless, coords, comment)}
    if weight is not None:
        long_name = f"detector mass that discriminates {sentence(rate)} of {pairs}"
        needed = _ordered(scale * _side(weight.variable, along, "a"), along)
        result["required_mass"] = answer(needed, "required_mass", long_name, unit_known(weight), coords, comment)
    return xr.Dataset(result, attrs=scenario_attributes(dataset))


def _comment(given: str, setting: _Setting) -> str:
    if not setting.share:
        return f"{given}, significance {setting.sigma:g}; infinite where the rates are equal"
    known = f"{given} known to {100 * setting.share:g} %, significance {setting.sigma:g}"
    never = "infinite where the rates are equal or no mass suffices"
    return f"{known}; {never}; without the method exact, which knows no background error"


def _scale_factors(rate: xr.DataArray, noise: xr.DataArray, along: str, setting: _Setting) -> xr.Variable:
    points = np.arange(rate.sizes[along])
    rates = [
        _side(reread(rate.variable, along, points, f"{along}_{other}"), along, side) for side, other in ("ab", "ba")
    ]
    noises = [_side(noise.variable, along, side) for side in "ab"]
    sides = [*rates, *noises]
    function: Callable[..., NDArray[Any]] = _uncertain_scales
    if not setting.share:
        function, shared = _scales, noise.variable
        if along in noise.dims:
            rates = [own + above for own, above in zip(rates, noises, strict=True)]
            shared = xr.Variable((), 0.0)
        sides = [*rates, shared]
    factors = [
        blockwise(function, *sides, setting=setting, method=method, name=str(rate.name)) for method in setting.methods
    ]
    return _ordered(xr.Variable.concat(factors, "method"), along)


def _scales(
    rate_a: NDArray[Any],
    rate_b: NDArray[Any],
    background: NDArray[Any],
    setting: _Setting,
    method: str,
    name: str,
) -> NDArray[Any]:
    try:
        return scale_to_discriminate(rate_a, rate_b, background, setting.duration, setting.sigma, method)
    except EvaluationError as error:
        raise SensitivityError(f"{name!r} cannot be discriminated: {error}") from None


def _uncertain_scales(
    rate_a: NDArray[Any],
    rate_b: NDArray[Any],
    background_a: NDArray[Any],
    background_b: NDArray[Any],
    setting: _Setting,
    method: str,
    name: str,
) -> NDArray[Any]:
    counts = [values * setting.duration for values in (rate_a, background_a, rate_b, background_b)]
    try:
        scale = exposure_to_discriminate(
            (counts[0], counts[1]), (counts[2], counts[3]), setting.share, setting.sigma, method
        )
    except EvaluationError as error:
        raise SensitivityError(f"{name!r} cannot be discriminated: {error}") from None
    different = np.broadcast_to((rate_a - rate_b) + (background_a - background_b) != 0, scale.shape)
    never = np.isinf(scale) & different
    if never.any():
        where = f"in {int(never.sum())} of {int(different.sum())} cells of different rates (method {method})"
        reason = f"a background known to {100 * setting.share:g} % hides the difference at {setting.sigma:g} sigma"
        warn(f"no mass suffices {where}: {reason}", SensitivityWarning)
    return scale


def _mass(dataset: xr.Dataset, mass: str | None) -> xr.DataArray | None:
    mass = _declared_mass(dataset) if mass is None else mass
    if mass is None:
        return None
    weight = _value_or_name(dataset, "mass", mass)
    unit = unit_known(weight)
    if not same_dimension(unit, parse_unit("kg")):
        raise UnitError(f"mass {weight.name!r} is in {readable(unit)!r}; expected a mass such as '100 kt'")
    return weight.copy(data=blockwise(_positive_or_refuse, weight.variable, name=str(weight.name)).data)


def _declared_mass(dataset: xr.Dataset) -> str | None:
    """Return the coordinate that the model declares to be the detector mass."""
    names = [str(name) for name, item in dataset.coords.items() if item.attrs.get("role") == _ROLE]
    if len(names) > 1:
        raise SensitivityError(f"the dataset has {len(names)} detector masses; choose one with mass=…: {listed(names)}")
    return names[0] if names else None


def _background(dataset: xr.Dataset, background: str, weight: xr.DataArray | None) -> xr.DataArray:
    noise = _value_or_name(dataset, "background", background)
    unit = unit_known(noise)
    if same_dimension(unit, parse_unit("1/yr/kg")):
        if weight is None:
            needed = "give one, such as mass='100 kt' (no coordinate of the dataset is a detector mass)"
            raise SensitivityError(f"background {background!r} is per mass and no mass is known; {needed}")
        by_mass = noise * weight
        return _in_unit(by_mass.assign_attrs(unit_attributes(unit * unit_known(weight))), _PER_YEAR)
    if not same_dimension(unit, _PER_YEAR):
        expected = "a rate such as '1 / yr', or a rate per mass such as '1 / kt / yr'"
        raise UnitError(f"background {background!r} is in {readable(unit)!r}; expected {expected}")
    return _in_unit(noise, _PER_YEAR)


def _value_or_name(dataset: xr.Dataset, argument: str, given: str | float) -> xr.DataArray:
    if given in dataset.variables:
        return numbers_of(dataset, str(given))
    try:
        return _value_of(argument, given)
    except UnitError as error:
        if not isinstance(given, str):
            raise
        names = [str(known) for known in dataset.variables if dataset[known].dtype.kind in "iuf"]
        found = f"{argument} {given!r} is neither a value nor a name{nearest(given, names)}"
        raise SensitivityError(f"{found} ({error}); the dataset has: {listed(names)}") from None


def _value_of(argument: str, text: str | float) -> xr.DataArray:
    if not isinstance(text, str):
        raise UnitError(f"{argument} {text!r} has no unit; write for example {argument}={_EXAMPLES[argument]!r}")
    quantity: Any = parse_quantity(text)
    attributes = unit_attributes(quantity.units)
    return xr.DataArray(float(quantity.magnitude), name=argument, attrs=attributes)


def _in_unit(variable: xr.DataArray, unit: Unit) -> xr.DataArray:
    found = unit_known(variable)
    if not same_dimension(found, unit):
        expected = {_YEAR: "a time such as '10 yr'", _PER_YEAR: "a rate of events such as '1/yr'"}[unit]
        raise UnitError(f"{variable.name!r} is in {readable(found)!r}; expected {expected}")
    return variable.copy(data=convert(variable.data, found, unit))


def _positive(argument: str, value: float) -> float:
    if not (np.isfinite(value) and value > 0):
        raise SensitivityError(f"{argument} must be finite and positive; found {value:g}")
    return float(value)


def _share(given: Any) -> float:
    try:
        share = in_unit_of(_SHARE, given)
    except UnitError as error:
        raise UnitError(f"background_error must be a share of the background such as 0.01 or '1 %': {error}") from None
    if not (np.isfinite(share) and share >= 0):
        allowed = "a share of the background such as 0.01, finite and not negative"
        raise SensitivityError(f"background_error must be {allowed}; found {share:g}")
    return share


def _positive_or_refuse(values: NDArray[Any], name: str) -> NDArray[Any]:
    wrong = ~(np.isfinite(values) & (values > 0))
    if wrong.any():
        raise SensitivityError(f"mass {name!r} must be finite and positive; found {values[wrong].flat[0]:g}")
    return values


def _check_free(rate: xr.DataArray, along: str) -> None:
    taken = sorted({f"{along}_a", f"{along}_b", "method"} & {str(dimension) for dimension in rate.dims})
    if taken:
        raise SensitivityError(f"an axis named {taken[0]!r} clashes with one of the result; rename it in the dataset")


def _side(variable: xr.Variable, along: str, side: str) -> xr.Variable:
    dims = [f"{along}_{side}" if dimension == along else dimension for dimension in variable.dims]
    return xr.Variable(dims, variable.data)


def _ordered(variable: xr.Variable, along: str) -> xr.Variable:
    return variable.transpose("method", f"{along}_a", f"{along}_b", ...)


def _coordinates(along: str, methods: tuple[str, ...], *inputs: xr.DataArray) -> dict[Any, xr.DataArray]:
    coords = {key: value for variable in reversed(inputs) for key, value in variable.coords.items()}
    coords = {key: value for key, value in coords.items() if along not in value.dims}
    coords["method"] = xr.DataArray(list(methods), dims="method", attrs={"long_name": "statistical method"})
    if along in inputs[0].coords:
        for side in ("a", "b"):
            coords[f"{along}_{side}"] = (
                inputs[0][along]
                .drop_vars([key for key in inputs[0][along].coords if key != along])
                .rename({along: f"{along}_{side}"})
            )
    return coords

"""Screening a quantity: elementary effects and Sobol indices of all parameters, until their order is settled."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from gridscan.definition.nodes import Quantity
from gridscan.errors import GridscanWarning, SensitivityError
from gridscan.numerics.elementary_effects import statistics_of
from gridscan.numerics.sobol_indices import Indices, sobol_indices
from gridscan.screening.designs import REPLICATES, Response, Saltelli, effects
from gridscan.screening.factors import Factors, factors_of, in_words
from gridscan.sources import Source, find_scenario
from gridscan.units import registry, unit_attributes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gridscan.numerics.elementary_effects import Effects

_FEWEST_PATHS, _MOST_PATHS = 16, 128
_FEWEST_POINTS, _MOST_POINTS = 512, 16384
_PROBABILITY = 0.9
# Indices that differ by less than this need not be told apart, and the mean size of effects is known well enough.
_ALIKE = 0.02
# Of more failing points, those that are left are no fair sample.
_MOST_FAILED = 0.1
_ROWS_AT_ONCE = 60_000


def screen(
    source: Source,
    quantity: str,
    *,
    share: float = 0.1,
    at: Mapping[str, Any] | None = None,
    vary: Sequence[str] = (),
    log: bool = False,
    points: int | None = None,
    seed: int = 0,
) -> xr.Dataset:
    """Find which parameters matter for a quantity: elementary effects (Morris), then Sobol indices.

    What varies: what is uncertain in the scenario, over its distribution; its axes, numbers between their ends and
    labels with equal probability; and every other number that the quantity depends on, around its value. What is
    drawn from one table or correlated varies together, as one.

    Parameters
    ----------
    source
        A scenario file, a result file, the name of a shipped scenario, or a scenario.
    quantity
        Name of the quantity y.
    share
        Part of its value by which a number varies to both sides where nothing else is known: 0.1 is ± 10 %; with 0 it
        does not vary.
    at
        Values of axes that are held, as texts with a unit, labels, or numbers in the default unit.
    vary
        Labels that vary over all records of their catalogue, though the scenario names one.
    log
        Whether to analyse ln y, of which products are sums.
    points
        Number of base points; by default as many as settle the order of the parameters, from 512 to 16,384.
    seed
        Another seed gives other random numbers.

    Returns
    -------
    xarray.Dataset
        Over ``parameter``, that with the highest total index first: ``first_order`` and ``total``, dimensionless, each
        with half the width of its 90 % interval as ``…_error``; ``effect`` and ``effect_size``, twice the mean
        change of y across half of the distribution of a parameter, and the mean of its size, with ``…_error``, their
        standard errors, and ``effect_spread``, the standard deviation, all in the unit of y. ``mean`` and
        ``standard_deviation`` of y. ``varied_over`` says over what a parameter varies.

    Raises
    ------
    ScenarioError
        If a name is unknown.
    SensitivityError
        If nothing varies, an axis does not have a value of `at`, or more than a tenth of the points cannot be computed.

    Warns
    -----
    GridscanWarning
        If points could not be computed and were left out, or the order is not settled.

    Notes
    -----
    See `gridscan.numerics.elementary_effects` and `gridscan.numerics.sobol_indices`. Every step of the model runs once
    for each combination of what it depends on, so that a point that changes one parameter costs only what depends on
    that. Random numbers are scrambled Sobol points, in 16 independent replicates.

    Examples
    --------
    The number of stars is proportional to the star formation rate, whatever the rest is:

    >>> import gridscan as gs
    >>> scenario = gs.Scenario.parse('''
    ... model = "red_supergiants"
    ... axes.imf = ["kroupa", "salpeter"]
    ... uncertain.sfr = { normal = ["2 Msun/yr", "0.5 Msun/yr"] }
    ... output.quantities = ["carbon_burning_rsg"]
    ... ''')
    >>> table = gs.screen(scenario, "carbon_burning_rsg", log=True, points=512)
    >>> float(table["first_order"].sum().round(1)), table["parameter"].values[0].item()
    (1.0, 'sfr')
    """
    if not 0.0 <= share < 1.0:
        raise SensitivityError(
            f"the share by which numbers vary must be from 0, with which only what is uncertain and the axes vary, to"
            f" below 1; found {share:g}"
        )
    if points is not None and points < 2 * REPLICATES:
        raise SensitivityError(f"the number of base points must be at least {2 * REPLICATES}, found {points}")
    scenario = find_scenario(source)
    factors = factors_of(scenario, quantity, share, at or {}, vary)
    function = Response(factors, quantity, log)
    statistics, paths = _effects(function, seed)
    design = Saltelli(function, seed)
    settled = True
    if points is not None:
        design.grow(-(-points // REPLICATES) * REPLICATES, _ROWS_AT_ONCE)
        found = _indices(function, design)
    else:
        wanted, settled = _FEWEST_POINTS, False
        while not settled and wanted <= _MOST_POINTS:
            design.grow(wanted, _ROWS_AT_ONCE)
            found = _indices(function, design)
            settled, wanted = _is_settled(found), 2 * wanted
    _warn(function, settled, design.points)
    return _table(function, statistics, found, share, (paths, design.points, seed))


def _effects(function: Response, seed: int) -> tuple[Effects, int]:
    """Return the statistics of elementary effects on as many paths as their mean sizes need."""
    found = effects(function, 0, _FEWEST_PATHS, seed)
    paths = _FEWEST_PATHS
    _refuse_failures(function)
    while paths < _MOST_PATHS:
        sizes = statistics_of(found)
        if (sizes.mean_absolute_error <= _ALIKE * max(sizes.mean_absolute.max(), np.finfo(float).tiny)).all():
            break
        found = np.concatenate([found, effects(function, paths, paths, seed)])
        paths *= 2
    _refuse_failures(function)
    return statistics_of(found), paths


def _indices(function: Response, design: Saltelli) -> Indices:
    _refuse_failures(function)
    return sobol_indices(design.first, design.second, design.exchanged, _PROBABILITY)


def _is_settled(found: Indices) -> bool:
    """Tell whether neighbours in the order of total indices are told apart, or are alike."""
    order = np.argsort(-found.total)
    index, error = found.total[order], found.total_error[order]
    apart = -np.diff(index) > np.hypot(error[1:], error[:-1])
    alike = np.maximum(error[1:], error[:-1]) <= _ALIKE
    return bool((apart | alike).all())


def _refuse_failures(function: Response) -> None:
    if function.failed > _MOST_FAILED * function.computed:
        share = function.failed / function.computed
        reason = next(iter(function.messages), "it is not finite there")
        raise SensitivityError(
            f"{function.name!r} cannot be computed at {share:.0%} of the points: {reason}; narrow what varies"
        )


def _warn(function: Response, settled: bool, points: int) -> None:
    if function.failed:
        reason = next(iter(function.messages), "it is not finite there")
        message = f"{function.failed:,} of {function.computed:,} points were left out: {reason}"
        warnings.warn(message, GridscanWarning, stacklevel=3)
    if not settled:
        message = f"the order of the parameters is not settled with {points:,} base points; see the errors"
        warnings.warn(message, GridscanWarning, stacklevel=3)


def _table(
    function: Response, statistics: Effects, found: Indices, share: float, design: tuple[int, int, int]
) -> xr.Dataset:
    factors: Factors = function.factors
    node = factors.scenario.model[function.name]
    one = registry.dimensionless
    unit = one if function.logarithm else node.unit
    assert isinstance(node, Quantity)
    subject = f"ln({function.name})" if function.logarithm else node.long_name
    order = np.lexsort((-statistics.mean_absolute, -found.total))
    words = "half the width of the 90 % interval of the"
    columns: dict[str, tuple[Any, Any, str]] = {
        "first_order": (found.first_order, one, "first-order index: share of the variance due to the parameter alone"),
        "first_order_error": (found.first_order_error, one, f"{words} first-order index"),
        "total": (found.total, one, "total index: share of the variance due to the parameter and its interactions"),
        "total_error": (found.total_error, one, f"{words} total index"),
        "effect": (statistics.mean, unit, f"mean elementary effect on {subject}"),
        "effect_error": (statistics.mean_error, unit, "standard error of the mean elementary effect"),
        "effect_size": (statistics.mean_absolute, unit, f"mean size of the elementary effects on {subject}"),
        "effect_size_error": (statistics.mean_absolute_error, unit, "standard error of their mean size"),
        "effect_spread": (statistics.spread, unit, "standard deviation of the elementary effects"),
    }
    names = np.array(factors.names)[order]
    table = xr.Dataset(
        {
            key: ("parameter", values[order], {"long_name": long_name, **unit_attributes(of)})
            for key, (values, of, long_name) in columns.items()
        },
        {
            "parameter": ("parameter", names, {"long_name": "parameter"}),
            "varied_over": ("parameter", np.array(factors.ranges)[order], {"long_name": "over what it varies"}),
        },
    )
    table["mean"] = ((), found.mean, {"long_name": f"mean of {subject}", **unit_attributes(unit)})
    deviation = float(np.sqrt(max(found.variance, 0.0)))
    table["standard_deviation"] = (
        (),
        deviation,
        {"long_name": f"standard deviation of {subject}", **unit_attributes(unit)},
    )
    paths, points, seed = design
    made = f"{paths} paths of Morris, {points:,} base points of Saltelli's design, seed {seed}"
    return table.assign_attrs(quantity=function.name, comment=in_words(factors, share), design=made)

"""What is left of the points of a grid after an observation: posteriors, profiles, Bayes factors, the best cell.

The prior is the weight of each axis, as in `gridscan.sensitivity.measures`. The grid is read once, block by block.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from gridscan.errors import EvaluationError, SensitivityError, SensitivityWarning, listed, warn
from gridscan.inference.likelihoods import log_likelihood
from gridscan.numerics.streaming_likelihood import likelihood_sums
from gridscan.sensitivity.answers import answer, scenario_attributes
from gridscan.sensitivity.labelled import check_axis, is_numeric, position_on
from gridscan.sensitivity.measures import AxisMeasure, in_words, is_sampled, measure_of
from gridscan.units import registry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridscan.inference.observations import Observation
    from gridscan.numerics.streaming_likelihood import LikelihoodSums

_ONE = registry.dimensionless


def posterior(
    dataset: xr.Dataset, keep: str | Sequence[str], observed: Observation | Sequence[Observation]
) -> xr.Dataset:
    """Return the probability of each point of some axes after an observation.

    Parameters
    ----------
    dataset
        A result of gridscan, lazy or not; it is read once, block by block.
    keep
        The axes that stay. The likelihood is averaged over the others, by the weights of their points.
    observed
        One or several observations.

    Returns
    -------
    xarray.Dataset
        Along the axes that stay: ``posterior``, whose sum is 1; ``prior``, the weights of their points; and
        ``log_evidence``, the logarithm of the mean likelihood of all other axes. Dimensionless.

    Raises
    ------
    SensitivityError
        If an axis or a quantity does not exist, an expected count is negative or not finite, or the observation is
        impossible in all cells.
    UnitError
        If a unit does not fit.

    Warns
    -----
    GridscanWarning
        If the highest likelihood lies at an end of a numeric axis, or the likeliest cell holds more than half of the
        probability, so that the grid is too coarse or too small.

    Notes
    -----
    p(a | n) = w_a L_a/Σ w L with L_a = Σ_b w_b P(n | a, b). Source: Bayes' theorem.

    Examples
    --------
    >>> import xarray as xr
    >>> import gridscan as gs
    >>> ds = xr.Dataset({"events": ("imf", [2.0, 6.0], {"units": "1"})}, {"imf": ["kroupa", "top-heavy"]})
    >>> ds.gridscan.posterior("imf", gs.count("events", 3))["posterior"].values.round(4)
    array([0.6691, 0.3309])
    """
    asked = _Asked(dataset, [keep] if isinstance(keep, str) else list(keep), observed)
    log_prior = np.zeros(())
    with np.errstate(divide="ignore"):
        for measure in asked.kept:
            log_prior = np.add.outer(log_prior, np.log(measure.weights))
    log_mass = asked.sums.log_mean + log_prior
    top = log_mass.max()
    if top == -np.inf:
        raise SensitivityError("the observation is impossible in every cell; widen the grid or give a background")
    mass = np.exp(log_mass - top)
    log_total = float(top + np.log(mass.sum()))
    asked.warn_of_ends()
    asked.warn_of_one_cell(log_total)
    comment = in_words([*asked.kept, *asked.over])
    parts = {
        "posterior": (mass / mass.sum(), "posterior probability"),
        "prior": (np.exp(log_prior), "prior probability"),
        "log_evidence": (asked.sums.log_mean, "logarithm of the mean likelihood"),
    }
    return asked.table(
        {key: asked.labelled(key, f"{title}", values, comment) for key, (values, title) in parts.items()}
    )


def profile(
    dataset: xr.Dataset, keep: str | Sequence[str], observed: Observation | Sequence[Observation]
) -> xr.DataArray:
    """Return the highest likelihood for each point of some axes, relative to that of all.

    Parameters
    ----------
    dataset
        A result of gridscan, lazy or not; it is read once, block by block.
    keep
        The axes that stay.
    observed
        One or several observations.

    Returns
    -------
    xarray.DataArray
        -2 ln(L/L_max), dimensionless, along the axes that stay: of one axis up to 1 within one standard deviation, if
        the likelihood is Gaussian.

    Raises
    ------
    SensitivityError
        As of `posterior`.
    UnitError
        If a unit does not fit.

    Warns
    -----
    GridscanWarning
        If the highest likelihood lies at an end of a numeric axis.

    Notes
    -----
    Source: S. S. Wilks, Ann. Math. Stat. 9, 60 (1938).

    Examples
    --------
    >>> import xarray as xr
    >>> import gridscan as gs
    >>> ds = xr.Dataset({"events": ("imf", [2.0, 6.0], {"units": "1"})}, {"imf": ["kroupa", "top-heavy"]})
    >>> ds.gridscan.profile("imf", gs.count("events", 0)).values
    array([0., 8.])
    """
    asked = _Asked(dataset, [keep] if isinstance(keep, str) else list(keep), observed)
    highest = asked.sums.log_highest
    if highest.max() == -np.inf:
        raise SensitivityError("the observation is impossible in every cell; widen the grid or give a background")
    asked.warn_of_ends()
    return asked.labelled("profile", "-2 ln of the profile likelihood ratio", 2.0 * (highest.max() - highest), None)


def bayes_factor(
    dataset: xr.Dataset, along: str, reference: Any, observed: Observation | Sequence[Observation]
) -> xr.DataArray:
    """Return by how much an observation favours each point of an axis over one of them.

    Parameters
    ----------
    dataset
        A result of gridscan, lazy or not; it is read once, block by block.
    along
        An axis of labels or of numbers.
    reference
        A point of it.
    observed
        One or several observations.

    Returns
    -------
    xarray.DataArray
        The natural logarithm of the ratio of the mean likelihoods, dimensionless, along the axis.

    Raises
    ------
    SensitivityError
        As of `posterior`, or if the reference is not on the axis or makes the observation impossible.
    UnitError
        If a unit does not fit.

    Notes
    -----
    Source: R. E. Kass and A. E. Raftery, J. Am. Stat. Assoc. 90, 773 (1995).

    Examples
    --------
    >>> import xarray as xr
    >>> import gridscan as gs
    >>> ds = xr.Dataset({"events": ("imf", [2.0, 6.0], {"units": "1"})}, {"imf": ["kroupa", "top-heavy"]})
    >>> ds.gridscan.bayes_factor("imf", "top-heavy", gs.count("events", 0)).values
    array([4., 0.])
    """
    asked = _Asked(dataset, [along], observed)
    means = asked.sums.log_mean
    at = float(means[position_on(asked.likelihood, along, reference)])
    if at == -np.inf:
        raise SensitivityError(f"the observation is impossible at {along} {reference!r}; choose another reference")
    title = f"logarithm of the Bayes factor over {along} {reference}"
    return asked.labelled("log_bayes_factor", title, means - at, in_words(asked.over) if asked.over else None)


def best(dataset: xr.Dataset, observed: Observation | Sequence[Observation]) -> xr.Dataset:
    """Return the cell of a result in which observations are likeliest.

    Parameters
    ----------
    dataset
        A result of gridscan, lazy or not; it is read once, block by block.
    observed
        One or several observations.

    Returns
    -------
    xarray.Dataset
        ``log_likelihood``, with the coordinates of the cell; the first one of several.

    Raises
    ------
    SensitivityError
        As of `posterior`.
    UnitError
        If a unit does not fit.

    Warns
    -----
    GridscanWarning
        If it lies at an end of a numeric axis.

    Examples
    --------
    >>> import xarray as xr
    >>> import gridscan as gs
    >>> ds = xr.Dataset({"events": ("imf", [2.0, 6.0], {"units": "1"})}, {"imf": ["kroupa", "top-heavy"]})
    >>> ds.gridscan.best(gs.count("events", 5))["imf"].item()
    'top-heavy'
    """
    asked = _Asked(dataset, [], observed)
    if asked.sums.log_highest.max() == -np.inf:
        raise SensitivityError("the observation is impossible in every cell; widen the grid or give a background")
    asked.warn_of_ends()
    place = dict(zip(asked.likelihood.dims, asked.sums.highest, strict=True))
    return asked.table({"log_likelihood": asked.likelihood.isel(place).compute()})


class _Asked:
    """The likelihood of an observation, summed over the axes that are not kept."""

    def __init__(self, dataset: xr.Dataset, keep: list[str], observed: Observation | Sequence[Observation]) -> None:
        self.dataset, self.likelihood = dataset, log_likelihood(dataset, observed)
        for axis in keep:
            check_axis(self.likelihood, axis)
        twice = [axis for axis in keep if keep.count(axis) > 1]
        if twice:
            raise SensitivityError(f"axis {twice[0]!r} is kept twice; each axis once: {listed(dict.fromkeys(keep))}")
        dims = [str(dim) for dim in self.likelihood.dims]
        self.over = [measure_of(self.likelihood, axis) for axis in dims if axis not in keep]
        self.kept: list[AxisMeasure] = [measure_of(self.likelihood, axis) for axis in keep]
        weights = {item.axis: item.weights for item in self.over}
        try:
            self.sums: LikelihoodSums = likelihood_sums(self.likelihood.variable, weights, keep)
        except EvaluationError as error:
            raise SensitivityError(str(error)) from None

    def labelled(self, name: str, title: str, values: Any, comment: str | None) -> xr.DataArray:
        variable = xr.Variable([item.axis for item in self.kept], values)
        long_name = " ".join([title, *(["along", listed(item.axis for item in self.kept)] if self.kept else [])])
        return answer(variable, name, long_name, _ONE, self.likelihood.coords, comment)

    def table(self, parts: dict[str, xr.DataArray]) -> xr.Dataset:
        return xr.Dataset(parts, attrs=scenario_attributes(self.dataset))

    def warn_of_ends(self) -> None:
        places = zip(self.likelihood.dims, self.sums.highest, strict=True)
        ends = []
        for axis, place in ((str(dim), place) for dim, place in places):
            size = self.likelihood.sizes[axis]
            if size < 3 or not is_numeric(self.likelihood, axis) or is_sampled(self.likelihood, axis):
                continue
            order = np.argsort(self.likelihood[axis].values)
            if place in (order[0], order[-1]):
                ends.append(f"{axis} = {self.likelihood[axis].values[place]:g}")
        if ends:
            warn(f"the highest likelihood lies at an end of the grid: {listed(ends)}", SensitivityWarning)

    def warn_of_one_cell(self, log_total: float) -> None:
        measures = {item.axis: item.weights for item in [*self.kept, *self.over]}
        # Labels are all there is: one that holds most of the probability is an answer.
        numeric = [axis for axis in measures if is_numeric(self.likelihood, axis) and measures[axis].size > 2]
        places = dict(zip(map(str, self.likelihood.dims), self.sums.highest, strict=True))
        weight = np.prod([measures[axis][place] for axis, place in places.items()])
        share = float(weight * np.exp(self.sums.log_highest.max() - log_total))
        if numeric and share > 0.5:
            message = (
                f"the likeliest cell holds {100 * share:.0f} % of the probability: more points of these axes help:"
                f" {listed(numeric)}"
            )
            warn(message, SensitivityWarning)

"""Distribution of the flux of all stars before collapse at a random time, and its quantiles.

The stars within a radius are a Poisson number λ of independent severities, each above F with the probability ν(F)/λ,
ν(F) = SFR Σ_b w_b ν_b(F) of `gridscan.physics.presupernova.population` and λ = ν(0): a compound Poisson sum, whose
exceedance `gridscan.numerics.compound_thresholds` gives between two bounds. Both tails, of distances and of times, fall
more slowly than 1/F: the mean belongs to stars that are not there, and quantiles tell what is.

ν is tabulated over ln F and interpolated monotonically in ln ν; how far this is off is part of the bounds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import PchipInterpolator

from gridscan.numerics.compound_thresholds import exceedances
from gridscan.numerics.ranges import NOT_NEGATIVE, POSITIVE, Range, checked
from gridscan.physics.presupernova.flux_table import FluxTable, Shining, flux_table
from gridscan.physics.presupernova.population import checked_severities

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridscan.physics.galaxy.components import Galaxy
    from gridscan.physics.presupernova.time_points import TimePoints

__all__ = ["flux_exceedance", "flux_quantile"]

FloatArray = NDArray[np.floating[Any]]
ValueAndError = tuple[FloatArray, FloatArray]

# Shares of the stars that are too small to matter, as of places nearer than the nearest star of the galaxy.
_NO_SHARE = 1e-14
_TOLERANCE = 1e-3
# The accuracy of a quantile in ln F that the search for it takes; its error is that of the exceedance.
_ROOT = 1e-4
# The first look for a quantile: its steps of ln F, its tolerance, and fluxes at once; fluxes of each further look.
_LOOK, _GLANCE, _AHEAD = 2.0, 0.1, 3
_AT_ONCE = 17
# Steps of ln F from the quantile, for the slope there.
_ASIDE = np.array([0.0, -0.05, 0.05])


def flux_exceedance(
    threshold: ArrayLike,
    sfr: ArrayLike,
    stars_per_mass: ArrayLike,
    severity: ArrayLike,
    points: TimePoints,
    radius: ArrayLike,
    galaxy: Galaxy,
    *,
    tolerance: float = _TOLERANCE,
) -> ValueAndError:
    """Return the probability that the flux of all stars within a distance of the Sun is above a threshold.

    Parameters
    ----------
    threshold
        F, flux, finite and not negative.
    sfr
        Star formation rate, solar masses per time, not negative. All rates of one mass function share a calculation.
    stars_per_mass
        Shape (..., b): w_b, stars of each bin of mass per solar mass formed [1/Msun].
    severity
        Shape (b, n): flux of a star times its squared distance at the points, in kpc² times the unit of flux.
    points
        Shape (b, n): times before collapse within the window of each bin, in the unit of time of `sfr`.
    radius
        [kpc]: stars farther away from the Sun do not count; finite and positive.
    galaxy
        The galaxy, or many.
    tolerance
        Relative to the probability; where the bounds are farther apart, finer lattices are tried.

    Returns
    -------
    value, error : numpy.ndarray
        Dimensionless, of the shape to which threshold, sfr, the leading axes of the weights, radius and galaxy
        broadcast. The true probability is within the error of the value, as far as the estimated errors of the
        integrals over time and of G hold.

    Raises
    ------
    EvaluationError
        If an argument is outside its range.

    Notes
    -----
    P(Σ A_i/d_i² > F), a compound Poisson sum of mean number ν(0) and tail ν(y F)/ν(0). Source: Grübel & Hermesmeier
    1999, ASTIN Bulletin 29, 197.

    Examples
    --------
    More than nothing comes if there is any star; much more than a star sends at 1 kpc, if one is near:

    >>> import numpy as np
    >>> from gridscan.physics.galaxy.components import Galaxy
    >>> from gridscan.physics.presupernova.flux_distribution import flux_exceedance
    >>> from gridscan.physics.presupernova.population import over_bins, probability_of_any, time_above
    >>> from gridscan.physics.presupernova.time_points import time_points
    >>> points = time_points([1.0, 10.0], np.zeros(1), 10.0 * np.ones(1))
    >>> bright = 1e3 * np.ones(points.time.shape)
    >>> value, error = flux_exceedance([0.0, 1e6], 0.1, [1.0], bright, points, 25.0, Galaxy())
    >>> round(float(value[0]), 6), bool(error[0] < 1e-9)
    (0.632121, True)
    >>> any_star = probability_of_any(over_bins(0.1, [1.0], time_above(1e6, bright, points, 25.0, Galaxy())[0]))
    >>> bool(any_star <= value[1] + error[1] < 1.02 * any_star)
    True
    """
    flux = checked("threshold", threshold, NOT_NEGATIVE)

    def evaluate(stars: _Stars, pairs: FloatArray) -> ValueAndError:
        (levels, level), (rates, rate) = (np.unique(pair, return_inverse=True) for pair in pairs.T)
        value, error = stars.exceedances(levels, rates, tolerance)
        return value[level.reshape(-1), rate.reshape(-1)], error[level.reshape(-1), rate.reshape(-1)]

    return _for_each_population(evaluate, flux, sfr, stars_per_mass, severity, points, radius, galaxy)


def flux_quantile(
    probability: ArrayLike,
    sfr: ArrayLike,
    stars_per_mass: ArrayLike,
    severity: ArrayLike,
    points: TimePoints,
    radius: ArrayLike,
    galaxy: Galaxy,
    *,
    tolerance: float = _TOLERANCE,
) -> ValueAndError:
    """Return the flux of all stars within a distance of the Sun that is not exceeded with a given probability.

    Parameters
    ----------
    probability
        q, above 0 and below 1: 0.5 for the median.
    sfr
        Star formation rate, solar masses per time, not negative.
    stars_per_mass
        Shape (..., b): w_b, stars of each bin of mass per solar mass formed [1/Msun].
    severity
        Shape (b, n): flux of a star times its squared distance at the points, in kpc² times the unit of flux.
    points
        Shape (b, n): times before collapse within the window of each bin, in the unit of time of `sfr`.
    radius
        [kpc]: stars farther away from the Sun do not count; finite and positive.
    galaxy
        The galaxy, or many.
    tolerance
        Of the exceedance, relative to it.

    Returns
    -------
    value, error : numpy.ndarray
        In the unit of flux, zero where there is no star with the probability q or more; of the shape to which
        probability, sfr, the leading axes of the weights, radius and galaxy broadcast. The error is that of the
        exceedance over its slope.

    Raises
    ------
    EvaluationError
        If an argument is outside its range.

    Notes
    -----
    The root of P(Σ A_i/d_i² > F) = 1 - q in ln F.

    Examples
    --------
    With less than ln 2 stars expected the median is zero:

    >>> import numpy as np
    >>> from gridscan.physics.galaxy.components import Galaxy
    >>> from gridscan.physics.presupernova.flux_distribution import flux_exceedance, flux_quantile
    >>> from gridscan.physics.presupernova.time_points import time_points
    >>> points = time_points([1.0, 10.0], np.zeros(1), 10.0 * np.ones(1))
    >>> bright = 1e3 * np.ones(points.time.shape)
    >>> stars = bright, points, 25.0, Galaxy()
    >>> value, error = flux_quantile([0.5, 0.9], 0.05, [1.0], *stars)
    >>> float(value[0]), round(float(flux_exceedance(value[1], 0.05, [1.0], *stars)[0]), 3)
    (0.0, 0.1)
    """
    wanted = checked("probability", probability, Range(above=0.0, below=1.0))

    def evaluate(stars: _Stars, pairs: FloatArray) -> ValueAndError:
        value, error = np.empty(len(pairs)), np.empty(len(pairs))
        for rate in np.unique(pairs[:, 1]):
            chosen = pairs[:, 1] == rate
            value[chosen], error[chosen] = stars.quantiles(pairs[chosen, 0], rate, tolerance)
        return value, error

    return _for_each_population(evaluate, wanted, sfr, stars_per_mass, severity, points, radius, galaxy)


class _Stars:
    """Stars of one mass function in one galaxy within one radius, per unit of star formation rate."""

    def __init__(self, place: FluxTable, weights: FloatArray) -> None:
        self.place, number, error = place, place.time @ weights, place.error @ weights
        self.total = float(number[0])
        share = np.maximum(np.minimum.accumulate(number) / (self.total or 1.0), _NO_SHARE)
        self.log_share = PchipInterpolator(place.log_flux, np.log(share))
        coarse = PchipInterpolator(place.log_flux[::2], np.log(share[::2]))
        # Half the step is at least twice as good, even at a kink.
        missed = np.zeros(len(share))
        missed[1:-1:2] = 0.5 * np.abs(np.expm1(coarse(place.log_flux[1:-1:2]) - np.log(share[1:-1:2])))
        own = np.divide(error, number, out=np.zeros_like(error), where=number > 0.0)
        off = [np.maximum.accumulate(np.where(share > 10.0 * _NO_SHARE, part, 0.0)) for part in (missed, own)]
        self.uncertainty = off[0] + off[1]

    def tail(self, flux: FloatArray) -> FloatArray:
        """Return the probability that a star sends more than fluxes."""
        with np.errstate(divide="ignore"):
            log_flux = np.log(flux)
        first, last = self.place.log_flux[[0, -1]]
        # Beyond the last flux only stars count around which the galaxy is a uniform plane.
        share = np.exp(self.log_share(np.clip(log_flux, first, last)) - np.maximum(log_flux - last, 0.0))
        return np.minimum.accumulate(np.where(log_flux <= first, 1.0, np.minimum(share, 1.0)))

    def exceedances(self, thresholds: FloatArray, sfr: FloatArray, tolerance: float) -> ValueAndError:
        """Return the probabilities of more than thresholds, for star formation rates; shape (f, p)."""
        number = sfr * self.total
        any_star = -np.expm1(-number)
        value = np.tile(any_star, (len(thresholds), 1))
        error = 4.0 * np.finfo(float).eps * value
        with np.errstate(divide="ignore"):
            log_flux = np.log(thresholds)
        own = np.flatnonzero(log_flux > self.place.log_flux[0])
        if own.size:
            place = np.minimum(np.searchsorted(self.place.log_flux, log_flux[own]) + 1, len(self.uncertainty) - 1)
            uncertainty = self.uncertainty[place]
            value[own], error[own] = exceedances(
                thresholds[own],
                number,
                self.tail,
                relative_uncertainty=uncertainty,
                absolute_uncertainty=10.0 * _NO_SHARE,
                # A finer lattice does not mend the tail.
                tolerance=tolerance + 2.0 * uncertainty,
            )
        return value, error

    def quantiles(self, probability: FloatArray, sfr: float, tolerance: float) -> ValueAndError:
        """Return the fluxes that are exceeded with the probabilities 1 - q, and their errors."""

        def log_exceedance(log_flux: FloatArray, tolerance: float = tolerance) -> FloatArray:
            value, _ = self.exceedances(np.exp(log_flux), np.array([sfr]), tolerance)
            with np.errstate(divide="ignore"):
                return np.asarray(np.log(value[:, 0]))

        levels, rarest = np.log1p(-probability), float(np.log1p(-probability.max()))
        looked, seen = np.empty(0), np.empty(0)
        # No farther than needed: what is very rare takes fine lattices.
        while not seen.size or seen[-1] > rarest:
            more = self.place.log_flux[0] + _LOOK * (len(looked) + np.arange(_AHEAD))
            looked, seen = np.append(looked, more), np.append(seen, log_exceedance(more, _GLANCE))
        value, error = np.zeros((2, len(probability)))
        for index, wanted in enumerate(levels):
            if seen[0] <= wanted:
                continue
            last = float(looked[np.flatnonzero(seen > wanted)[-1]])
            log_flux = _last_above(log_exceedance, wanted, last - 0.5 * _LOOK, last + 1.5 * _LOOK)
            beside = self.exceedances(np.exp(log_flux + _ASIDE), np.array([sfr]), tolerance)
            (own, *sides), (off, *_) = (part[:, 0] for part in beside)
            slope = abs(float(np.log(sides[1] / sides[0]))) / float(_ASIDE[2] - _ASIDE[1])
            value[index] = np.exp(log_flux)
            error[index] = value[index] * (off / own / max(slope, 1e-3) + _ROOT)
        return value, error


def _last_above(log_exceedance: Callable[[FloatArray], FloatArray], wanted: float, low: float, high: float) -> float:
    """Return ln F of the flux down to which an exceedance is above another one, looking at many fluxes at once."""
    for _ in range(2):
        looked = np.linspace(low, high, _AT_ONCE)
        seen = log_exceedance(looked)
        # Lattices that differ may not agree on which of two neighbours is above.
        last = min(int(np.max(np.flatnonzero(seen > wanted), initial=0)), _AT_ONCE - 2)
        low, high = float(looked[last]), float(looked[last + 1])
    # Between neighbours the exceedance is nearly a power law.
    return float(np.interp(-wanted, -seen[last : last + 2], [low, high]))


def _for_each_population(
    evaluate: Callable[[_Stars, FloatArray], ValueAndError],
    levels: FloatArray,
    sfr: ArrayLike,
    stars_per_mass: ArrayLike,
    severity: ArrayLike,
    points: TimePoints,
    radius: ArrayLike,
    galaxy: Galaxy,
) -> ValueAndError:
    """Evaluate every distinct mass function, radius and galaxy once, for all its pairs of a level and a rate."""
    rate, radius = checked("sfr", sfr, NOT_NEGATIVE), checked("radius", radius, POSITIVE, "kpc")
    weights = checked("stars_per_mass", stars_per_mass, NOT_NEGATIVE, "1/Msun")
    bright = checked_severities(severity, points, bins=weights.shape[-1])
    bins = np.moveaxis(weights, -1, 0)
    arrays = np.broadcast_arrays(levels, rate, radius, *galaxy.arrays(), *bins)
    shape, pairs = arrays[0].shape, np.stack([array.ravel() for array in arrays[:2]], axis=-1)
    rows = np.stack([array.ravel() for array in arrays[2:]], axis=-1)
    value, error = np.zeros(len(rows)), np.zeros(len(rows))
    shining = Shining.of(bright, points)
    different, which = np.unique(rows, axis=0, return_inverse=True)
    for index, row in enumerate(different):
        chosen = which.reshape(-1) == index
        place = flux_table(*row[: -len(bins)].tolist(), shining=shining)
        value[chosen], error[chosen] = evaluate(_Stars(place, row[-len(bins) :]), pairs[chosen])
    return value.reshape(shape), error.reshape(shape)

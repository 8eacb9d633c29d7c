"""Distribution of the flux of all stars before collapse at a random time, and its quantiles.

The stars within a radius are a Poisson number λ of independent severities, each above F with the probability ν(F)/λ,
ν(F) = SFR Σ_b w_b ν_b(F) of `gridscan.physics.presupernova.population` and λ = ν(0): a compound Poisson sum, whose
exceedance `gridscan.numerics.compound_poisson` gives between two bounds. Both tails, of distances and of times, fall
more slowly than 1/F: the mean belongs to stars that are not there, and quantiles tell what is.

ν is tabulated over ln F and interpolated monotonically in ln ν; how far this is off is part of the bounds.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import PchipInterpolator

from gridscan.numerics import compound_poisson
from gridscan.numerics.ranges import NOT_NEGATIVE, POSITIVE, Range, checked
from gridscan.numerics.roots import bracketed_roots
from gridscan.physics.galaxy.components import SingleGalaxy
from gridscan.physics.galaxy.reach import NEAREST
from gridscan.physics.presupernova.population import checked_severities, time_above_in
from gridscan.physics.presupernova.time_points import TimePoints

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridscan.physics.galaxy.components import Galaxy

__all__ = ["flux_exceedance", "flux_quantile"]

FloatArray = NDArray[np.floating[Any]]
ValueAndError = tuple[FloatArray, FloatArray]

_PER_DECADE = 40
# Tables of times that are kept, so that the blocks of a grid share them.
_KEPT = 16
# Shares of the stars that are too small to matter, as of places nearer than the nearest star of the galaxy.
_NO_SHARE = 1e-14
_TOLERANCE = 1e-3
# The accuracy of a quantile in ln F that the search for it takes; its error is that of the exceedance.
_ROOT = 1e-6


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
        value, error = np.empty(len(pairs)), np.empty(len(pairs))
        for level in np.unique(pairs[:, 0]).tolist():
            chosen = pairs[:, 0] == level
            value[chosen], error[chosen] = stars.exceedance(level, pairs[chosen, 1], tolerance)
        return value, error

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
        found = [stars.quantile(float(q), float(rate), tolerance) for q, rate in pairs]
        return np.array([value for value, _ in found]), np.array([error for _, error in found])

    return _for_each_population(evaluate, wanted, sfr, stars_per_mass, severity, points, radius, galaxy)


class _Place(NamedTuple):
    """Times that stars of each bin send more than a flux, tabulated for one galaxy and radius.

    `log_flux` begins where all stars send more; `time` and `error` have the shape (f, b).
    """

    log_flux: FloatArray
    time: FloatArray
    error: FloatArray


class _Stars:
    """Stars of one mass function in one galaxy within one radius, per unit of star formation rate."""

    def __init__(self, place: _Place, weights: FloatArray) -> None:
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

    def tail(self, threshold: float, part: FloatArray) -> FloatArray:
        """Return the probability that a star sends more than parts of a threshold."""
        with np.errstate(divide="ignore"):
            log_flux = np.log(part * threshold)
        first, last = self.place.log_flux[[0, -1]]
        # Beyond the last flux only stars count around which the galaxy is a uniform plane.
        share = np.exp(self.log_share(np.clip(log_flux, first, last)) - np.maximum(log_flux - last, 0.0))
        return np.minimum.accumulate(np.where(log_flux <= first, 1.0, np.minimum(share, 1.0)))

    def exceedance(self, threshold: float, sfr: FloatArray, tolerance: float) -> ValueAndError:
        """Return the probability of more than a threshold, for star formation rates of shape (p,)."""
        number = sfr * self.total
        if threshold == 0.0 or np.log(threshold) <= self.place.log_flux[0]:
            any_star = -np.expm1(-number)
            return any_star, 4.0 * np.finfo(float).eps * any_star
        place = min(int(np.searchsorted(self.place.log_flux, np.log(threshold))) + 1, len(self.uncertainty) - 1)
        uncertainty = float(self.uncertainty[place])
        return compound_poisson.exceedance(
            number,
            functools.partial(self.tail, threshold),
            relative_uncertainty=uncertainty,
            absolute_uncertainty=10.0 * _NO_SHARE,
            # A finer lattice does not mend the tail.
            tolerance=tolerance + 2.0 * uncertainty,
        )

    def quantile(self, probability: float, sfr: float, tolerance: float) -> tuple[float, float]:
        """Return the flux that is exceeded with the probability 1 - q, and its error."""
        rate, first = np.array([sfr]), float(self.place.log_flux[0])
        if -np.expm1(-sfr * self.total) <= 1.0 - probability:
            return 0.0, 0.0

        def excess(log_flux: FloatArray) -> FloatArray:
            value, _ = self.exceedance(float(np.exp(log_flux)), rate, tolerance)
            return np.asarray(np.log(value[0]) - np.log(1.0 - probability))

        high = first + 1.0
        while excess(np.asarray(high)) > 0.0:
            high += 3.0
        root = float(bracketed_roots(excess, max(first, high - 3.0), high, _ROOT))
        (value,), (error,) = self.exceedance(float(np.exp(root)), rate, tolerance)
        step = 0.05
        slope = abs(float(excess(np.asarray(root + step)) - excess(np.asarray(root - step)))) / (2.0 * step)
        flux = float(np.exp(root))
        return flux, flux * (float(error / value) / max(slope, 1e-3) + _ROOT * abs(root))


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
    shining = _Shining(bright.shape, *(np.asarray(part, dtype=float).tobytes() for part in (bright, *points)))
    different, which = np.unique(rows, axis=0, return_inverse=True)
    for index, row in enumerate(different):
        chosen = which.reshape(-1) == index
        place = _place(*row[: -len(bins)].tolist(), shining=shining)
        value[chosen], error[chosen] = evaluate(_Stars(place, row[-len(bins) :]), pairs[chosen])
    return value.reshape(shape), error.reshape(shape)


class _Shining(NamedTuple):
    """Severities and the points of their times by content, so that tables of them are found again."""

    shape: tuple[int, ...]
    severity: bytes
    time: bytes
    weight: bytes
    coarse_weight: bytes


@functools.lru_cache(maxsize=_KEPT)
def _place(radius: float, *galaxy: float, shining: _Shining) -> _Place:
    """Tabulate the times above a flux, from that of the faintest star at the radius to that of the brightest nearby."""
    severity, *parts = (np.frombuffer(part).reshape(shining.shape) for part in shining[1:])
    points = TimePoints(*parts)
    some = (points.weight > 0.0).any(axis=-1) & (severity > 0.0).any(axis=-1)
    seen = severity[(severity > 0.0) & (points.weight > 0.0)]
    if not seen.size:
        return _Place(np.array([-1.0, 0.0, 1.0]), *(np.zeros((3, len(severity))) for _ in range(2)))
    first, last = np.log(seen.min() / radius**2), np.log(seen.max() / min(NEAREST, radius) ** 2)
    count = 2 * math.ceil((last - first) / math.log(10.0) * _PER_DECADE / 2.0) + 3
    # The first flux is a rounding below that of the faintest star.
    log_flux = np.linspace(first - 1e-12 * abs(first), last, count)
    times = np.zeros((2, count, len(severity)))
    kept = TimePoints(*(part[some] for part in points))
    times[..., some] = time_above_in(SingleGalaxy(*galaxy), radius, np.exp(log_flux), severity[some], kept)
    return _Place(log_flux, *times)

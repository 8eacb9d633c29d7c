"""Massive stars before their collapse as a Poisson process in mass, time before collapse and place.

Stars of a bin b of mass, of which a star formation rate SFR makes w_b per solar mass, are in a galaxy at the rate

    Λ(dt, dd) = SFR w_b dt dG(d)

per time t before collapse and share G of the stars within a distance d. A star of severity A(t), its flux times its
squared distance, sends more than F if it is nearer than √(A/F). The mean number of such stars within a radius r is

    ν(F) = SFR Σ_b w_b ν_b(F),   ν_b(F) = ∫ dt G(min(r, √(A_b(t)/F))),

and 1 - exp(-ν) the probability that there is one. ν_b knows nothing of the mass function, w_b nothing of the place.

Times are in one unit, such as years, and star formation rates per this unit; severities in kpc² times the unit of flux.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridscan.errors import EvaluationError
from gridscan.numerics.ranges import NOT_NEGATIVE, POSITIVE, checked
from gridscan.numerics.unit_arguments import in_units
from gridscan.physics.galaxy.reach import for_each_place, reach_of
from gridscan.physics.presupernova.time_points import TimePoints, error_of_kinks, time_integral

if TYPE_CHECKING:
    from gridscan.physics.galaxy.components import Galaxy, SingleGalaxy

__all__ = [
    "alarm_rate",
    "checked_severities",
    "expected_stars",
    "mean_flux",
    "over_bins",
    "probability_of_any",
    "time_above",
    "time_above_in",
]

FloatArray = NDArray[np.floating[Any]]
ValueAndError = tuple[FloatArray, FloatArray]

_AT_ONCE = 2_000_000


@in_units(stars_per_mass="1/Msun")
def over_bins(sfr: ArrayLike, stars_per_mass: ArrayLike, per_bin: ArrayLike) -> FloatArray:
    """Return the sum over the bins of mass that turns a time of each bin into a number of stars.

    Parameters
    ----------
    sfr
        Star formation rate, solar masses per time.
    stars_per_mass
        Shape (..., b): w_b, stars of each bin per solar mass formed [1/Msun].
    per_bin
        Shape (..., b): the times that stars of each bin spend somehow, in the unit of time of `sfr`; or its errors.

    Returns
    -------
    numpy.ndarray
        SFR Σ_b w_b τ_b, dimensionless; `sfr` broadcasts with the leading axes of the others.

    Notes
    -----
    Source: mean of a Poisson process.

    Examples
    --------
    Two solar masses a year, a hundredth of a star per solar mass, for 100 yr:

    >>> from gridscan.physics.presupernova.population import over_bins
    >>> float(over_bins(2.0, [0.01, 0.0], [100.0, 7.0]))
    2.0
    """
    number = np.einsum("...b,...b->...", np.asarray(stars_per_mass), np.asarray(per_bin))
    return np.asarray(sfr * number)


@in_units(stars_per_mass="1/Msun")
def expected_stars(
    sfr: ArrayLike, stars_per_mass: ArrayLike, start: ArrayLike, stop: ArrayLike, fraction_within: ArrayLike
) -> FloatArray:
    """Return the expected number of stars within a distance that are between two times before collapse.

    Parameters
    ----------
    sfr
        Star formation rate, solar masses per time, not negative.
    stars_per_mass
        Shape (..., b): stars of each bin of mass per solar mass formed [1/Msun].
    start, stop
        Shapes (..., b): ends of the window of each bin, times before collapse, not negative. A star formation younger
        than a star's lifetime begins the window at the difference of the two; a window that ends before is empty.
    fraction_within
        Share of the galaxy's young stars within the distance.

    Returns
    -------
    numpy.ndarray
        Dimensionless; with a window of one unit of time, collapses per this unit.

    Raises
    ------
    EvaluationError
        If a time is outside its range.

    Notes
    -----
    SFR Σ_b w_b (t_2 - t_1) G. Source: mean of a Poisson process.

    Examples
    --------
    Stars of 11 to 13 Msun in their last 10.5 kyr, and in their last century, in the whole Galaxy:

    >>> from gridscan.physics.presupernova.population import expected_stars
    >>> stars = [expected_stars(2.0, [0.00096], 0.0, [stop], 1.0) for stop in (10.5e3, 100.0)]
    >>> [round(float(number), 3) for number in stars]
    [20.16, 0.192]
    """
    first, last = checked("start", start, NOT_NEGATIVE), checked("stop", stop, NOT_NEGATIVE)
    window = np.maximum(last - first, 0.0)
    weights = np.asarray(stars_per_mass, dtype=float)
    return np.asarray(over_bins(sfr, *np.broadcast_arrays(weights, window)) * np.asarray(fraction_within, dtype=float))


@in_units(stars_per_mass="1/Msun", mean_inverse_square_distance="1/kpc^2")
def mean_flux(
    sfr: ArrayLike,
    stars_per_mass: ArrayLike,
    severity: ArrayLike,
    points: TimePoints,
    fraction_within: ArrayLike,
    mean_inverse_square_distance: ArrayLike,
) -> ValueAndError:
    """Return the mean flux of all stars within a distance.

    Report it only beside quantiles: stars in their last year, of which there are few, carry most of it.

    Parameters
    ----------
    sfr
        Star formation rate, solar masses per time.
    stars_per_mass
        Shape (..., b): stars of each bin of mass per solar mass formed [1/Msun].
    severity
        Shape (b, n): flux of a star times its squared distance at the points, in kpc² times the unit of flux.
    points
        Shape (b, n): times before collapse within the window of each bin.
    fraction_within
        Share of the galaxy's young stars within the distance.
    mean_inverse_square_distance
        Their mean 1/d^2 [1/kpc^2], with a floor: in a plane it diverges logarithmically without. NaN where there are no
        stars, which gives zero.

    Returns
    -------
    value, error : numpy.ndarray
        In the unit of flux; the error is that of the integral over time.

    Notes
    -----
    SFR Σ_b w_b ∫ A_b dt ∫ dG/d². Source: Campbell's theorem.

    Examples
    --------
    One star a year in all, which shines for a year, at 2 kpc:

    >>> import numpy as np
    >>> from gridscan.physics.presupernova.population import mean_flux
    >>> from gridscan.physics.presupernova.time_points import time_points
    >>> points = time_points([0.1, 1.0], np.zeros(1), np.ones(1))
    >>> value, error = mean_flux(1.0, [1.0], 20.0 * np.ones(points.time.shape), points, 1.0, 0.25)
    >>> round(float(value), 9)
    5.0
    """
    emitted, error = time_integral(severity, points)
    inverse = np.where(np.isnan(mean_inverse_square_distance), 0.0, mean_inverse_square_distance)
    place = np.asarray(fraction_within) * inverse
    return over_bins(sfr, stars_per_mass, emitted) * place, over_bins(sfr, stars_per_mass, error) * place


def time_above(
    threshold: ArrayLike, severity: ArrayLike, points: TimePoints, radius: ArrayLike, galaxy: Galaxy
) -> ValueAndError:
    """Return for how long stars of each bin of mass send more than a flux, on the average over their places.

    Parameters
    ----------
    threshold
        F, flux, finite and not negative.
    severity
        Shape (b, n): A, flux of a star times its squared distance at the points, in kpc² times the unit of flux; not
        negative. A star of zero severity sends nothing.
    points
        Shape (b, n): times before collapse within the window of each bin.
    radius
        [kpc]: stars farther away from the Sun do not count; finite and positive.
    galaxy
        The galaxy, or many.

    Returns
    -------
    value, error : numpy.ndarray
        Shape (..., b), after the shape to which threshold, radius and galaxy broadcast, in the unit of time of the
        points: ν_b, for `over_bins`. The error is that of the integral over time and of G.

    Raises
    ------
    EvaluationError
        If an argument is outside its range.

    Notes
    -----
    ν_b(F) = ∫ dt G(min(r, √(A_b(t)/F))). Source: mean of a Poisson process.

    Examples
    --------
    A star that shines for a year, bright enough for 1 kpc, is seen by the share of places within 1 kpc:

    >>> import numpy as np
    >>> from gridscan.physics.galaxy.components import Galaxy
    >>> from gridscan.physics.galaxy.distances import fraction_within
    >>> from gridscan.physics.presupernova.population import time_above
    >>> from gridscan.physics.presupernova.time_points import time_points
    >>> points = time_points([0.1, 1.0], np.zeros(1), np.ones(1))
    >>> value, error = time_above(100.0, 100.0 * np.ones(points.time.shape), points, 25.0, Galaxy())
    >>> round(float(value[0] / fraction_within(1.0, Galaxy())[0]), 9)
    1.0
    """
    flux = checked("threshold", threshold, NOT_NEGATIVE)
    radius = checked("radius", radius, POSITIVE, "kpc")
    bright = checked_severities(severity, points)

    def evaluate(single: SingleGalaxy, radius: float, thresholds: FloatArray) -> ValueAndError:
        return time_above_in(single, radius, thresholds, bright, points)

    return for_each_place(evaluate, len(bright), flux, radius, galaxy)


@in_units(radius="kpc")
def time_above_in(
    galaxy: SingleGalaxy, radius: float, thresholds: FloatArray, severity: FloatArray, points: TimePoints
) -> ValueAndError:
    """Return for how long stars of each bin send more than each of many fluxes, in one galaxy.

    Parameters
    ----------
    galaxy
        The galaxy.
    radius
        [kpc].
    thresholds
        Shape (k,): fluxes.
    severity
        Shape (b, n): flux of a star times its squared distance at the points, in kpc² times the unit of flux.
    points
        Shape (b, n): times before collapse.

    Returns
    -------
    value, error : numpy.ndarray
        Shape (k, b), in the unit of time.
    """
    reach, size = reach_of(galaxy), max(_AT_ONCE // severity.size, 1)
    parts = []
    for first in range(0, len(thresholds), size):
        with np.errstate(divide="ignore", invalid="ignore"):
            squared = severity / thresholds[first : first + size, None, None]
        distance = np.where(severity > 0.0, np.minimum(np.sqrt(squared), radius), 0.0)
        enclosed = reach.enclosed(distance)
        value, error = time_integral(enclosed, points)
        # G has kinks of its own, where both rules may agree by chance.
        parts.append((value, 2.0 * error + error_of_kinks(enclosed, distance == radius, points)))
    value, error = (np.concatenate([part[i] for part in parts]) for i in (0, 1))
    window = points.weight.sum(axis=-1)
    return value, error + reach.relative_error * value + reach.absolute_error * window


def probability_of_any(expected_number: ArrayLike) -> FloatArray:
    """Return the probability that there is at least one, 1 - exp(-ν).

    Parameters
    ----------
    expected_number
        ν, not negative: of stars above a flux, collapses within a distance, or alarms.

    Returns
    -------
    numpy.ndarray
        Dimensionless, of the shape of the argument.

    Raises
    ------
    EvaluationError
        If the number is negative or not finite.

    Notes
    -----
    Source: void probability of a Poisson process.

    Examples
    --------
    >>> from gridscan.physics.presupernova.population import probability_of_any
    >>> float(probability_of_any(1e-20))
    1e-20
    """
    return np.asarray(-np.expm1(-checked("expected_number", expected_number, NOT_NEGATIVE)))


@in_units(stars_per_mass="1/Msun")
def alarm_rate(sfr: ArrayLike, stars_per_mass: ArrayLike, fraction_within_horizon: ArrayLike) -> FloatArray:
    """Return the rate of collapses that raise an alarm, those within the horizon of their mass.

    Parameters
    ----------
    sfr
        Star formation rate, solar masses per time.
    stars_per_mass
        Shape (..., b): stars of each bin of mass per solar mass formed [1/Msun], of every star that collapses, whatever
        its colour. The bins bound the masses that count: state them.
    fraction_within_horizon
        Shape (..., b): share of the galaxy's young stars within the horizon of each bin.

    Returns
    -------
    numpy.ndarray
        Per time; multiplied by an observing time, the number that `probability_of_any` takes.

    Notes
    -----
    SFR Σ_b w_b G(D_b). Source: mean of a Poisson process.

    Examples
    --------
    Collapses of the whole Galaxy, half of them of stars that are seen everywhere and half within half of it [1/yr]:

    >>> from gridscan.physics.presupernova.population import alarm_rate
    >>> round(float(alarm_rate(2.0, [0.003, 0.003], [1.0, 0.5])), 12)
    0.009
    """
    return over_bins(sfr, stars_per_mass, checked("fraction_within_horizon", fraction_within_horizon, NOT_NEGATIVE))


def checked_severities(severity: ArrayLike, points: TimePoints, bins: int | None = None) -> FloatArray:
    """Return severities that fit their points.

    Parameters
    ----------
    severity
        Shape (b, n): not negative.
    points
        Shape (b, n).
    bins
        Number of bins, if it is known.

    Returns
    -------
    numpy.ndarray
        The severities.

    Raises
    ------
    EvaluationError
        If one is negative or not finite, or the shapes differ.
    """
    bright = checked("severity", severity, NOT_NEGATIVE)
    if bright.ndim != 2 or bright.shape != points.time.shape or bins not in (None, len(bright)):
        known = "bins" if bins is None else f"{bins} bins"
        raise EvaluationError(
            f"severity and points have the shapes {bright.shape} and {points.time.shape}; both must be "
            f"({known}, points)"
        )
    return bright

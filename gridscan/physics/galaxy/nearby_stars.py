"""Nearest star and brightness of the nearby ones, when stars are a Poisson process in the galactic plane.

With N stars expected in the whole galaxy and G(s) = P(d <= s) of `gridscan.physics.galaxy.distances`, the number of
stars within a distance s is Poisson with mean N G(s): the nearest one is within s with the probability 1 - exp(-N
G(s)). The stars within a radius r have independent distances with the distribution G(s)/G(r), and their flux is a
compound Poisson sum. Both take G from `gridscan.physics.galaxy.enclosed_table`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridscan.errors import EvaluationError
from gridscan.numerics import compound_poisson
from gridscan.numerics.ranges import NOT_NEGATIVE, POSITIVE, Range, checked
from gridscan.physics.galaxy.distances import for_each_galaxy, fractions
from gridscan.physics.galaxy.enclosed_stars import enclosed_share
from gridscan.physics.galaxy.enclosed_table import enclosed_table, octaves

if TYPE_CHECKING:
    from gridscan.physics.galaxy.components import Galaxy, SingleGalaxy

__all__ = ["flux_exceedance", "nearest_distance_quantile"]

FloatArray = NDArray[np.floating[Any]]
IndexArray = NDArray[np.intp]
ValueAndError = tuple[FloatArray, FloatArray]

_TOLERANCE = 1e-12
# Within 2^-40 kpc, the distance to Saturn or so, the density of stars has no meaning, and rounding spoils G.
_LEAST_OCTAVE = -40
# Of so many stars a probability that is known less well is refused.
_LARGEST_ERROR = 1e-3
_MANY_STARS = 1000.0


def nearest_distance_quantile(expected_number: ArrayLike, quantile: ArrayLike, galaxy: Galaxy) -> ValueAndError:
    """Return the distance within which the nearest star is with a given probability.

    Parameters
    ----------
    expected_number
        N, the expected number of stars in the whole galaxy, finite and not negative.
    quantile
        q, above 0 and below 1.
    galaxy
        The galaxy, or many.

    Returns
    -------
    value, error : numpy.ndarray
        [kpc], of the shape to which all arguments broadcast; the error is an estimate of the absolute one. Where G is
        flat to its accuracy, the smallest such distance. NaN where there is none, as the galaxy has no star at all with
        a probability above 1 - q.

    Raises
    ------
    EvaluationError
        If a parameter is outside its range, or the distance is below 2e-12 kpc.

    Notes
    -----
    P(d_1 <= d_q) = 1 - exp(-N G(d_q)) = q, hence G(d_q) = -ln(1 - q)/N. Source: void probability of a Poisson process.

    Examples
    --------
    The expected number of stars within the median distance is ln 2:

    >>> import math
    >>> from gridscan.physics.galaxy.components import Galaxy
    >>> from gridscan.physics.galaxy.distances import fraction_within
    >>> median, error = nearest_distance_quantile(1000.0, 0.5, Galaxy())
    >>> round(float(1000.0 * fraction_within(median, Galaxy())[0] / math.log(2.0)), 6)
    1.0
    """
    number = checked("expected_number", expected_number, NOT_NEGATIVE)
    probability = checked("quantile", quantile, Range(above=0.0, below=1.0))
    with np.errstate(divide="ignore", over="ignore"):
        share = -np.log1p(-probability) / number
    return for_each_galaxy(_distances, share, galaxy)


def flux_exceedance(
    flux_threshold: ArrayLike,
    expected_number_within: ArrayLike,
    flux_at_unit_distance: ArrayLike,
    radius: ArrayLike,
    distance_floor: ArrayLike,
    galaxy: Galaxy,
) -> ValueAndError:
    """Return the probability that the flux of all stars within a distance of the Sun is above a threshold.

    Parameters
    ----------
    flux_threshold
        F [1/cm^2/s], finite and not negative.
    expected_number_within
        λ, the expected number of stars within the radius, finite and not negative.
    flux_at_unit_distance
        A [kpc^2/cm^2/s]: flux of one star times its squared distance, finite and not negative.
    radius
        [kpc]: stars farther away from the Sun do not count; finite and positive.
    distance_floor
        [kpc], positive: stars nearer than this count as being at it.
    galaxy
        The galaxy, or many.

    Returns
    -------
    value, error : numpy.ndarray
        Dimensionless, of the shape to which all arguments broadcast. The true probability is within the error of the
        value, as far as the estimated error of G holds. Where the threshold is that of a whole number of stars at the
        floor, rounding decides, and the error is the probability of this number of stars.

    Raises
    ------
    EvaluationError
        If a parameter is outside its range, stars are expected within a radius where the galaxy has none, or the error
        for more than a thousand stars is above 1e-3, as where the radius hardly exceeds the floor.

    Notes
    -----
    P(Σ A/max(d_i, floor)² > F), the number of terms being Poisson with mean λ.
    Source: compound Poisson distribution, see `gridscan.numerics.compound_poisson`.

    Examples
    --------
    Any star is brighter than nothing: the probability that there is one, 1 - exp(-λ).

    >>> import math
    >>> from gridscan.physics.galaxy.components import Galaxy
    >>> value, error = flux_exceedance(0.0, 2.0, 100.0, 1.0, 0.05, Galaxy())
    >>> round(float(value) / (1 - math.exp(-2.0)), 6)
    1.0
    """
    threshold = checked("flux_threshold", flux_threshold, NOT_NEGATIVE, "1/cm^2/s")
    unit = checked("flux_at_unit_distance", flux_at_unit_distance, NOT_NEGATIVE, "kpc^2/cm^2/s")
    number = checked("expected_number_within", expected_number_within, NOT_NEGATIVE)
    radius = checked("radius", radius, POSITIVE, "kpc")
    distance_floor = checked("distance_floor", distance_floor, POSITIVE, "kpc")
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        # Within this distance one star is enough; at zero flux never.
        reach = np.where(unit > 0.0, np.sqrt(unit / threshold), 0.0)
    return for_each_galaxy(_exceedances, number, galaxy, reach, radius, distance_floor)


def _exceedances(
    galaxy: SingleGalaxy, numbers: tuple[float, ...], reach: float, radius: float, floor: float
) -> ValueAndError:
    """Return the probability that the flux is above A/reach^2, and its error, for several expected numbers."""
    number = np.array(numbers)
    if reach == 0.0:
        return np.zeros(number.shape), np.zeros(number.shape)
    (fraction,), (fraction_error,) = fractions(galaxy, (radius,))
    if fraction == 0.0 and number.any():
        raise EvaluationError(
            f"expected_number_within is {number.max():g}; it must be 0, as this galaxy has no stars within "
            f"radius = {radius:g} kpc"
        )
    if reach > max(radius, floor) or not number.any():
        return -np.expm1(-number), 2.0 * np.finfo(float).eps * -np.expm1(-number)
    table = enclosed_table(galaxy, *octaves(floor, radius)) if floor < radius else None

    def tail(part: FloatArray) -> FloatArray:
        # More than a part y of the threshold comes from a star nearer than reach/√y, unless the floor is farther.
        with np.errstate(divide="ignore", invalid="ignore"):
            distance = np.where(part > 0.0, reach / np.sqrt(part), np.inf)
        share = np.where(distance > floor, 1.0, 0.0)
        between = (distance > floor) & (distance <= radius)
        if table is not None and between.any():
            share[between] = np.clip(table.enclosed(distance[between]) / fraction, 0.0, 1.0)
        return np.minimum.accumulate(share)

    relative, absolute = table.uncertainty() if table is not None else (0.0, 0.0)
    relative, absolute = relative + fraction_error / fraction, absolute / fraction
    uncertainty = {"relative_uncertainty": relative, "absolute_uncertainty": absolute}
    value, error = compound_poisson.exceedance(number, tail, **uncertainty)
    poor = np.flatnonzero(~(error <= _LARGEST_ERROR) & (number > _MANY_STARS))
    if poor.size:
        raise EvaluationError(
            f"the probability that the flux is above the threshold is only known as {value[poor[0]]:.2g} with an "
            f"error of {error[poor[0]]:.1g} for expected_number_within = {number[poor[0]]:g}, radius = {radius:g} kpc; "
            f"it must be at most {_LARGEST_ERROR:g}"
        )
    return value, error


def _distances(galaxy: SingleGalaxy, shares: tuple[float, ...]) -> ValueAndError:
    """Return the distances [kpc] within which the given shares of all stars are, NaN for shares above 1."""
    share = np.array(shares)
    value, error = np.full(share.shape, np.nan), np.full(share.shape, np.nan)
    exists = share <= 1.0
    if not exists.any():
        return value, error
    edge = galaxy.sun_radius + float(galaxy.boundary_radii.max())
    octave = np.arange(_LEAST_OCTAVE, octaves(1.0, edge)[1] + 1)
    enclosed, _ = enclosed_share(galaxy, 2.0**octave, _TOLERANCE)
    enclosed = np.maximum.accumulate(enclosed)
    # A little beyond the shares, for their bounds, and to where a flat stretch begins.
    nearest, farthest = (1.0 - 1e-9) * float(share[exists].min()), (1.0 + 1e-9) * float(share[exists].max())
    first, last = int(np.searchsorted(enclosed, nearest)) - 2, int(np.searchsorted(enclosed, farthest)) + 1
    if first < 0:
        raise EvaluationError(
            f"-ln(1 - quantile)/expected_number is {share[exists].min():g}, the share of the stars within less than "
            f"2e-12 kpc; it must be above {enclosed[1]:.3g}"
        )
    table = enclosed_table(galaxy, int(octave[first]), int(octave[min(last, len(octave) - 1)]))
    value[exists], error[exists] = table.inverse(share[exists])
    return value, error

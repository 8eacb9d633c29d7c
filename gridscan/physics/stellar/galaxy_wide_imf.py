"""Galaxy-wide initial mass function of a galaxy whose stars form in embedded clusters (IGIMF).

All stars of all clusters together are, per solar mass formed,

    xi(m) = ∫ xi_*(m | M) xi_ecl(M) dM/(SFR δt),

where the clusters that the galaxy forms in the epoch δt, and the stars of each, are those of
`gridscan.physics.stellar.embedded_clusters`. Sources: Yan, Jerabkova & Kroupa 2017, A&A 607, A126; Jerabkova et al.
2018, A&A 620, A39. It is a relation for whole galaxies: a patch of a disk has no star formation rate in this sense.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridscan.numerics.quadrature import integrate_panels, panels_between
from gridscan.numerics.ranges import POSITIVE, checked
from gridscan.numerics.unit_arguments import in_units
from gridscan.physics.stellar import imf
from gridscan.physics.stellar.embedded_clusters import (
    LIGHTEST_CLUSTER,
    METALLICITY_RANGE,
    SFR_RANGE,
    STELLAR_BREAKS,
    cluster_mass_exponent,
    heaviest_star,
    log_mass_of_cluster_with,
    log_mass_of_dense_clusters,
    most_massive_cluster,
    power_integral,
    stellar_exponents,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["mass_between", "number_between", "number_density", "stars_per_bin"]

FloatArray = NDArray[np.floating[Any]]
ValueAndError = tuple[FloatArray, FloatArray]

_TOLERANCE = 1e-9
# Of the roots in the integrand.
_ROUNDING = 1e-12
# Panels in ln M, before the cuts: the integrand is a power law with a slowly varying exponent.
_PANELS = 6


def number_density(mass: ArrayLike, sfr: ArrayLike, metallicity_dex: ArrayLike = 0.0) -> ValueAndError:
    """Return the galaxy-wide initial mass function: stars per stellar mass and per solar mass formed.

    Parameters
    ----------
    mass
        Mass of a star [Msun], positive.
    sfr
        Star formation rate of the galaxy [Msun/yr], from 0.001 to 1000.
    metallicity_dex
        [M/H], from -2 to 0.3.

    Returns
    -------
    value, error : numpy.ndarray
        xi(m) [1/Msun^2], zero outside 0.08 to 150 Msun, and an estimate of its absolute error; all arguments broadcast.

    Raises
    ------
    EvaluationError
        If an argument is outside its range.

    Notes
    -----
    xi(m) = ∫ xi_*(m | M) xi_ecl dM/(SFR δt), from where m_max(M) = m. Sources: Yan, Jerabkova & Kroupa 2017, A&A 607,
    A126; Jerabkova et al. 2018, A&A 620, A39.

    Examples
    --------
    At 2 Msun/yr it is flatter from 10 to 40 Msun than in small clusters, as dense clusters are top-heavy:

    >>> import math
    >>> from gridscan.physics.stellar.galaxy_wide_imf import number_density
    >>> (light, heavy), _ = number_density([10.0, 40.0], 2.0)
    >>> round(math.log(heavy / light) / math.log(4.0), 2)
    -2.13
    """
    star = checked("mass", mass, POSITIVE, "Msun")

    def share(exponents: FloatArray, largest: FloatArray, low: FloatArray, _: FloatArray) -> FloatArray:
        return np.where(low <= largest, imf.number_density(low, exponents, STELLAR_BREAKS), 0.0)

    return _over_clusters(share, star, star, sfr, metallicity_dex)


def number_between(
    lower: ArrayLike, upper: ArrayLike, sfr: ArrayLike, metallicity_dex: ArrayLike = 0.0
) -> ValueAndError:
    """Return the number of stars between two masses per solar mass that a whole galaxy forms.

    Parameters
    ----------
    lower, upper
        Masses [Msun], positive; exchanging them changes the sign of the result.
    sfr
        Star formation rate of the galaxy [Msun/yr], from 0.001 to 1000.
    metallicity_dex
        [M/H], from -2 to 0.3.

    Returns
    -------
    value, error : numpy.ndarray
        Number of stars per solar mass formed [1/Msun], and an estimate of its absolute error; all arguments broadcast.

    Raises
    ------
    EvaluationError
        If an argument is outside its range.

    Notes
    -----
    See `number_density`; the integral over the stars of a cluster is in closed form.

    Examples
    --------
    The share of heavy stars rises with the star formation rate:

    >>> from gridscan.physics.stellar.galaxy_wide_imf import number_between
    >>> value, error = number_between(8.0, 150.0, [0.01, 1.0, 100.0])
    >>> value.round(5)
    array([0.00366, 0.01001, 0.01945])
    """
    low, high = checked("lower", lower, POSITIVE, "Msun"), checked("upper", upper, POSITIVE, "Msun")

    def share(exponents: FloatArray, largest: FloatArray, start: FloatArray, stop: FloatArray) -> FloatArray:
        return imf.number_between(np.minimum(start, largest), np.minimum(stop, largest), exponents, STELLAR_BREAKS)

    return _over_clusters(share, low, high, sfr, metallicity_dex)


def mass_between(lower: ArrayLike, upper: ArrayLike, sfr: ArrayLike, metallicity_dex: ArrayLike = 0.0) -> ValueAndError:
    """Return the share of the mass that a whole galaxy forms that goes into stars between two masses.

    Parameters
    ----------
    lower, upper
        Masses [Msun], positive; exchanging them changes the sign of the result.
    sfr
        Star formation rate of the galaxy [Msun/yr], from 0.001 to 1000.
    metallicity_dex
        [M/H], from -2 to 0.3.

    Returns
    -------
    value, error : numpy.ndarray
        Dimensionless, and an estimate of its absolute error; 1 from 0.08 to 150 Msun. All arguments broadcast.

    Raises
    ------
    EvaluationError
        If an argument is outside its range.

    Notes
    -----
    See `number_density`; the integral over the stars of a cluster is in closed form.

    Examples
    --------
    >>> from gridscan.physics.stellar.galaxy_wide_imf import mass_between
    >>> value, error = mass_between([8.0, 0.08], 150.0, 2.0)
    >>> value.round(4)
    array([0.268, 1.   ])
    """
    low, high = checked("lower", lower, POSITIVE, "Msun"), checked("upper", upper, POSITIVE, "Msun")

    def share(exponents: FloatArray, largest: FloatArray, start: FloatArray, stop: FloatArray) -> FloatArray:
        return imf.mass_between(np.minimum(start, largest), np.minimum(stop, largest), exponents, STELLAR_BREAKS)

    return _over_clusters(share, low, high, sfr, metallicity_dex)


@in_units(edges="Msun", sfr="Msun/yr")
def stars_per_bin(edges: ArrayLike, sfr: ArrayLike, metallicity_dex: ArrayLike = 0.0) -> ValueAndError:
    """Return the number of stars in each of many bins of mass per solar mass that a whole galaxy forms.

    Parameters
    ----------
    edges
        Shape (b + 1,): masses [Msun], positive, increasing, such as `PhaseTable.bin_edges`.
    sfr
        Star formation rate of the galaxy [Msun/yr], from 0.001 to 1000.
    metallicity_dex
        [M/H], from -2 to 0.3.

    Returns
    -------
    value, error : numpy.ndarray
        Shape (..., b): w_b = ∫ xi dm over the bin [1/Msun], and an estimate of its absolute error.

    Raises
    ------
    EvaluationError
        If an argument is outside its range.

    Notes
    -----
    See `number_between`.

    Examples
    --------
    >>> from gridscan.physics.stellar.galaxy_wide_imf import stars_per_bin
    >>> value, error = stars_per_bin([8.0, 12.0, 28.0], 2.0)
    >>> value.round(6)
    array([0.004435, 0.004592])
    """
    ends = np.asarray(edges, dtype=float)
    return number_between(ends[:-1], ends[1:], *(np.asarray(x, dtype=float)[..., None] for x in (sfr, metallicity_dex)))


def _over_clusters(
    share: Callable[[FloatArray, FloatArray, FloatArray, FloatArray], FloatArray],
    low: FloatArray,
    high: FloatArray,
    sfr: ArrayLike,
    metallicity_dex: ArrayLike,
) -> ValueAndError:
    """Return ∫ share/(mass below m_max) M^(1 - beta) dM/∫ M^(1 - beta) dM, share and mass of one function xi_*.

    The panels in ln M are cut where alpha_3 has its kink, and where m_max passes a break or a limit of the integral.
    """
    rate = checked("sfr", sfr, SFR_RANGE, "Msun/yr")
    dex = checked("metallicity_dex", metallicity_dex, METALLICITY_RANGE)
    low, high, rate, dex = np.broadcast_arrays(low, high, rate, dex)
    shape = low.shape
    low, high, rate, dex = (array.ravel() for array in (low, high, rate, dex))
    beta, heaviest = cluster_mass_exponent(rate), most_massive_cluster(rate)
    formed = power_integral(1.0 - beta, LIGHTEST_CLUSTER, heaviest)
    start, stop = np.log(LIGHTEST_CLUSTER), np.log(heaviest)
    limits = [
        log_mass_of_cluster_with(m, dex) for m in (low, high, *(np.full(low.shape, x) for x in STELLAR_BREAKS[1:3]))
    ]
    regular = start + (stop - start)[:, None] * np.linspace(0.0, 1.0, _PANELS + 1)
    cuts = np.concatenate([regular, np.stack([log_mass_of_dense_clusters(dex), *limits], axis=-1)], axis=-1)
    lower, upper = panels_between(np.where((cuts >= start) & (cuts <= stop[:, None]), cuts, np.nan))
    owner, panel = np.nonzero(upper > lower)

    def integrand(log_mass: FloatArray, owner: NDArray[np.intp]) -> FloatArray:
        mass, metals = np.exp(log_mass), np.broadcast_to(dex[owner, None], log_mass.shape)
        exponents = stellar_exponents(mass, metals)
        largest = heaviest_star(mass, exponents)
        below = imf.mass_between(STELLAR_BREAKS[0], largest, exponents, STELLAR_BREAKS)
        stars = share(exponents, largest, low[owner, None], high[owner, None])
        return np.asarray(mass ** (2.0 - beta[owner, None]) / formed[owner, None] * stars / below)

    value, error = integrate_panels(
        *(integrand, owner, lower[owner, panel], upper[owner, panel], len(low)),
        relative_tolerance=_TOLERANCE,
        absolute_tolerance=1e-290,
    )
    return value.reshape(shape), (error + _ROUNDING * np.abs(value)).reshape(shape)

"""Embedded star clusters: their mass function in a galaxy, and the most massive star of each.

In an epoch δt = 10 Myr a galaxy of star formation rate SFR forms clusters of masses M up to a largest one,

    xi_ecl ∝ M^-beta on [5, M_max] Msun,  beta = 2 - 0.106 log10(SFR yr/Msun),
    ∫ M xi_ecl dM = SFR δt,  1 = ∫ xi_ecl dM from M_max to 1e9 Msun,

and each cluster stars up to a most massive one,

    xi_* ∝ m^-alpha, alpha_1 from 0.08 to 0.5, alpha_2 to 1, alpha_3 above, up to m_max(M),
    ∫ m xi_* dm = M,  1 = ∫ xi_* dm from m_max to 150 Msun.

With [M/H] the exponents are alpha_1 = 1.3 + c, alpha_2 = 2.3 + c, c = 63 × 0.0142 (10^[M/H] - 1), and alpha_3 = 2.3
below x = -0.87, 1.94 - 0.41 x above, with x = -0.1405 [M/H] + 0.99 log10(rho/1e6) and log10 rho = 0.61 log10 M + 2.85
(in Msun and pc). Sources: Yan, Jerabkova & Kroupa 2017, A&A 607, A126; Jerabkova et al. 2018, A&A 620, A39.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import exprel

from gridscan.numerics.ranges import Range, checked
from gridscan.numerics.roots import bracketed_roots
from gridscan.numerics.unit_arguments import in_units
from gridscan.physics.stellar import imf

__all__ = [
    "LIGHTEST_CLUSTER",
    "METALLICITY_RANGE",
    "SFR_RANGE",
    "STELLAR_BREAKS",
    "cluster_mass_exponent",
    "heaviest_star",
    "log_mass_of_cluster_with",
    "log_mass_of_dense_clusters",
    "most_massive_cluster",
    "most_massive_star",
    "power_integral",
    "stellar_exponents",
]

FloatArray = NDArray[np.floating[Any]]

#: Star formation rates [Msun/yr] and [M/H] that the relations were made for.
SFR_RANGE = Range(minimum=1e-3, maximum=1e3)
METALLICITY_RANGE = Range(minimum=-2.0, maximum=0.3)
#: [Msun]
LIGHTEST_CLUSTER = 5.0
#: Masses [Msun] between which the stars of a cluster follow power laws.
STELLAR_BREAKS = np.array([0.08, 0.5, 1.0, 150.0])

_HEAVIEST_CLUSTER = 1e9
_CLUSTER = Range(minimum=LIGHTEST_CLUSTER, maximum=_HEAVIEST_CLUSTER)
_EPOCH = 1e7
_DENSE_FROM = -0.87


def cluster_mass_exponent(sfr: ArrayLike) -> FloatArray:
    """Return the exponent beta of the mass function of embedded clusters, xi_ecl ∝ M^-beta.

    Parameters
    ----------
    sfr
        Star formation rate of the galaxy [Msun/yr], from 0.001 to 1000.

    Returns
    -------
    numpy.ndarray
        beta, dimensionless.

    Raises
    ------
    EvaluationError
        If the star formation rate is outside its range.

    Notes
    -----
    beta = 2 - 0.106 log10(SFR). Source: Yan, Jerabkova & Kroupa 2017, A&A 607, A126.

    Examples
    --------
    >>> from gridscan.physics.stellar.embedded_clusters import cluster_mass_exponent
    >>> cluster_mass_exponent([0.01, 1.0, 100.0])
    array([2.212, 2.   , 1.788])
    """
    return 2.0 - 0.106 * np.log10(checked("sfr", sfr, SFR_RANGE, "Msun/yr"))


def most_massive_cluster(sfr: ArrayLike) -> FloatArray:
    """Return the mass of the most massive cluster that a galaxy forms.

    Parameters
    ----------
    sfr
        Star formation rate of the galaxy [Msun/yr], from 0.001 to 1000.

    Returns
    -------
    numpy.ndarray
        M_max [Msun].

    Raises
    ------
    EvaluationError
        If the star formation rate is outside its range.

    Notes
    -----
    The root of ∫_5^M_max M^(1 - beta) dM = SFR δt ∫_M_max^1e9 M^-beta dM. Source: Yan, Jerabkova & Kroupa 2017,
    A&A 607, A126.

    Examples
    --------
    The Milky Way makes clusters of up to two million solar masses:

    >>> from gridscan.physics.stellar.embedded_clusters import most_massive_cluster
    >>> print(f"{most_massive_cluster(2.0):.4g}")
    1.952e+06
    """
    rate = checked("sfr", sfr, SFR_RANGE, "Msun/yr")
    beta = cluster_mass_exponent(rate)

    def excess(log_mass: FloatArray) -> FloatArray:
        mass = np.exp(log_mass)
        formed = power_integral(1.0 - beta, LIGHTEST_CLUSTER, mass)
        return formed - rate * _EPOCH * power_integral(-beta, mass, _HEAVIEST_CLUSTER)

    ends = np.log([LIGHTEST_CLUSTER, _HEAVIEST_CLUSTER])
    return np.exp(bracketed_roots(excess, np.full(rate.shape, ends[0]), ends[1]))


def most_massive_star(cluster_mass: ArrayLike, metallicity_dex: ArrayLike = 0.0) -> FloatArray:
    """Return the mass of the most massive star that a cluster forms.

    Parameters
    ----------
    cluster_mass
        M, mass in stars of the embedded cluster [Msun], from 5 to 1e9.
    metallicity_dex
        [M/H], from -2 to 0.3.

    Returns
    -------
    numpy.ndarray
        m_max [Msun]; both arguments broadcast.

    Raises
    ------
    EvaluationError
        If an argument is outside its range.

    Notes
    -----
    The root of ∫_0.08^m_max m xi_* dm = M ∫_m_max^150 xi_* dm. Source: Yan, Jerabkova & Kroupa 2017, A&A 607, A126.

    Examples
    --------
    >>> from gridscan.physics.stellar.embedded_clusters import most_massive_star
    >>> most_massive_star([10.0, 1e3, 1e5]).round(1)
    array([  2.2,  45. , 148.5])
    """
    mass = checked("cluster_mass", cluster_mass, _CLUSTER, "Msun")
    dex = checked("metallicity_dex", metallicity_dex, METALLICITY_RANGE)
    mass, dex = np.broadcast_arrays(mass, dex)
    return heaviest_star(mass, stellar_exponents(mass, dex))


@in_units(cluster_mass="Msun")
def stellar_exponents(cluster_mass: ArrayLike, metallicity_dex: ArrayLike = 0.0) -> FloatArray:
    """Return the exponents of the mass function of the stars of a cluster.

    Parameters
    ----------
    cluster_mass
        M, mass in stars of the embedded cluster [Msun], positive.
    metallicity_dex
        [M/H].

    Returns
    -------
    numpy.ndarray
        Shape (..., 3): alpha_1, alpha_2 and alpha_3, dimensionless; both arguments broadcast.

    Notes
    -----
    Metals steepen the light end; dense clusters of few metals are top-heavy. Source: Jerabkova et al. 2018, A&A 620,
    A39.

    Examples
    --------
    >>> from gridscan.physics.stellar.embedded_clusters import stellar_exponents
    >>> stellar_exponents([1e3, 1e6]).round(3)
    array([[1.3  , 2.3  , 2.3  ],
           [1.3  , 2.3  , 1.733]])
    """
    dex = np.asarray(metallicity_dex, dtype=float)
    shift = 63.0 * 0.0142 * (10.0**dex - 1.0)
    x = -0.1405 * dex + 0.99 * (0.61 * np.log10(cluster_mass) + 2.85 - 6.0)
    alphas = np.broadcast_arrays(1.3 + shift, 2.3 + shift, np.where(x < _DENSE_FROM, 2.3, 1.94 - 0.41 * x))
    return np.stack(alphas, axis=-1)


def log_mass_of_dense_clusters(metallicity_dex: FloatArray) -> FloatArray:
    """Return ln of the mass above which clusters are top-heavy, a kink of `stellar_exponents`.

    Parameters
    ----------
    metallicity_dex
        [M/H].

    Returns
    -------
    numpy.ndarray
        ln(M/Msun), of the shape of the argument.
    """
    return np.asarray(np.log(10.0) * ((6.0 + (_DENSE_FROM + 0.1405 * metallicity_dex) / 0.99 - 2.85) / 0.61))


@in_units(star="Msun")
def log_mass_of_cluster_with(star: FloatArray, metallicity_dex: FloatArray) -> FloatArray:
    """Return ln of the mass of the cluster whose most massive star has a mass.

    Parameters
    ----------
    star
        Shape (n,): mass of the star [Msun].
    metallicity_dex
        Shape (n,): [M/H].

    Returns
    -------
    numpy.ndarray
        Shape (n,): ln(M/Msun), NaN where this is the most massive star of no cluster from 5 to 1e9 Msun.
    """

    def excess(log_mass: FloatArray) -> FloatArray:
        cluster = np.exp(log_mass)
        return _excess_of_mass(star, cluster, stellar_exponents(cluster, metallicity_dex))

    ends = [np.full(star.shape, np.log(end)) for end in (LIGHTEST_CLUSTER, _HEAVIEST_CLUSTER)]
    chosen = np.flatnonzero((excess(ends[0]) > 0.0) & (excess(ends[1]) < 0.0))
    found = np.full(star.shape, np.nan)
    if chosen.size:
        star, metallicity_dex = star[chosen], metallicity_dex[chosen]
        found[chosen] = bracketed_roots(excess, ends[0][chosen], ends[1][chosen])
    return found


@in_units(cluster_mass="Msun")
def heaviest_star(cluster_mass: FloatArray, exponents: FloatArray) -> FloatArray:
    """Return the mass of the most massive star of a cluster whose stellar exponents are known.

    Parameters
    ----------
    cluster_mass
        M [Msun].
    exponents
        Shape (..., 3), see `stellar_exponents`; the other axes are those of `cluster_mass`.

    Returns
    -------
    numpy.ndarray
        m_max [Msun], of the shape of `cluster_mass`.
    """

    def excess(log_mass: FloatArray) -> FloatArray:
        return _excess_of_mass(np.exp(log_mass), cluster_mass, exponents)

    low, high = np.log(STELLAR_BREAKS[[0, -1]])
    return np.exp(bracketed_roots(excess, np.full(cluster_mass.shape, low), high))


@in_units(low="Msun", high="Msun")
def power_integral(power: FloatArray, low: FloatArray | float, high: FloatArray | float) -> FloatArray:
    """Return the integral of a power of the mass.

    Parameters
    ----------
    power
        The power p.
    low, high
        Positive masses [Msun].

    Returns
    -------
    numpy.ndarray
        ∫ M^p dM [Msun^(p + 1)], in closed form at p = -1 too; all arguments broadcast.
    """
    log_ratio = np.log(high / low)
    return np.asarray(low ** (power + 1.0) * log_ratio * exprel((power + 1.0) * log_ratio))


def _excess_of_mass(star: FloatArray, cluster: FloatArray, exponents: FloatArray) -> FloatArray:
    """Return ∫_0.08^m m xi_* dm - M ∫_m^150 xi_* dm for one function xi_*: zero at m = m_max(M)."""
    below = imf.mass_between(STELLAR_BREAKS[0], star, exponents, STELLAR_BREAKS)
    return below - cluster * imf.number_between(star, STELLAR_BREAKS[-1], exponents, STELLAR_BREAKS)

"""Initial mass function (IMF) as a piecewise power law, normalised to one solar mass of stars formed.

    xi(m) ∝ m^-alpha_i  for  m_i <= m < m_{i+1},   continuous,   ∫ m xi(m) dm = 1 Msun over [m_0, m_n]

The segments are the trailing axis of `exponents` (n) and `breaks` (n + 1). Mass functions with different numbers of
segments share an array by repeating the last break and exponent: a segment of zero width holds no stars.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import exprel

from gridscan.errors import EvaluationError
from gridscan.numerics.ranges import FINITE, POSITIVE, checked, numbers_of

__all__ = ["is_increasing", "mass_between", "number_between", "number_density"]

FloatArray = NDArray[np.floating[Any]]


def number_density(mass: ArrayLike, exponents: ArrayLike, breaks: ArrayLike) -> FloatArray:
    """Return the initial mass function xi(m): the number of stars per stellar mass and per solar mass formed.

    Parameters
    ----------
    mass
        Mass of a star [Msun], broadcast against the leading axes of `exponents`.
    exponents
        Shape (..., n): the exponents alpha_i of xi ∝ m^-alpha_i.
    breaks
        Shape (..., n + 1): the ends of the segments [Msun], positive and not decreasing.

    Returns
    -------
    numpy.ndarray
        xi(m) [1/Msun^2], zero outside the outermost breaks.

    Raises
    ------
    EvaluationError
        If the breaks are not increasing positive masses, or an exponent is not finite.

    Notes
    -----
    The continuous power law is the product of (clip(m, m_i, m_{i+1})/m_i)^-alpha_i over the segments.
    Source: Kroupa 2001, MNRAS 322, 231.

    Examples
    --------
    A Salpeter mass function from 0.1 to 100 Msun; ten times the mass, 10^-2.35 of the density:

    >>> from gridscan.physics.stellar.imf import number_density
    >>> one, ten = number_density([1.0, 10.0], [2.35], [0.1, 100.0])
    >>> round(float(one), 4), round(float(ten / one * 10**2.35), 9)
    (0.1716, 1.0)
    """
    exponents, breaks = _in_range(exponents, breaks)
    mass = numbers_of("mass", mass, "Msun")
    logarithm = np.zeros(np.broadcast_shapes(mass.shape, exponents.shape[:-1], breaks.shape[:-1]))
    for segment in range(exponents.shape[-1]):
        low, high = breaks[..., segment], breaks[..., segment + 1]
        logarithm = logarithm - exponents[..., segment] * np.log(np.clip(mass, low, high) / low)
    outside = (mass < breaks[..., 0]) | (mass > breaks[..., -1])
    amplitude = 1.0 / _moment(breaks[..., 0], breaks[..., -1], exponents, breaks, power=1)
    return np.where(outside, 0.0, amplitude * np.exp(logarithm))


def number_between(lower: ArrayLike, upper: ArrayLike, exponents: ArrayLike, breaks: ArrayLike) -> FloatArray:
    """Return the number of stars between two masses per solar mass formed, ∫ xi(m) dm.

    Parameters
    ----------
    lower, upper
        Masses [Msun], broadcast against the leading axes of `exponents`; exchanging them changes the sign of the
        result.
    exponents
        Shape (..., n): the exponents alpha_i of xi ∝ m^-alpha_i.
    breaks
        Shape (..., n + 1): the ends of the segments [Msun], positive and not decreasing.

    Returns
    -------
    numpy.ndarray
        Number of stars per solar mass formed [1/Msun].

    Raises
    ------
    EvaluationError
        If the breaks are not increasing positive masses, or an exponent is not finite.

    Notes
    -----
    On a segment ∫ m^-alpha dm is in closed form, at alpha = 1 too. Source: Kroupa 2001, MNRAS 322, 231.

    Examples
    --------
    Core-collapse supernovae per solar mass formed, for a Salpeter mass function and progenitors of 8 to 40 Msun:
    0.0068, as in Madau & Dickinson 2014, ARA&A 52, 415.

    >>> from gridscan.physics.stellar.imf import number_between
    >>> round(float(number_between(8.0, 40.0, [2.35], [0.1, 100.0])), 4)
    0.0068
    """
    return _between(lower, upper, exponents, breaks, power=0)


def mass_between(lower: ArrayLike, upper: ArrayLike, exponents: ArrayLike, breaks: ArrayLike) -> FloatArray:
    """Return the share of the mass formed that goes into stars between two masses, ∫ m xi(m) dm.

    Parameters
    ----------
    lower, upper
        Masses [Msun], broadcast against the leading axes of `exponents`; exchanging them changes the sign of the
        result.
    exponents
        Shape (..., n): the exponents alpha_i of xi ∝ m^-alpha_i.
    breaks
        Shape (..., n + 1): the ends of the segments [Msun], positive and not decreasing.

    Returns
    -------
    numpy.ndarray
        Dimensionless (Msun per Msun formed); 1 between the outermost breaks.

    Raises
    ------
    EvaluationError
        If the breaks are not increasing positive masses, or an exponent is not finite.

    Notes
    -----
    On a segment ∫ m^(1 - alpha) dm is in closed form, at alpha = 2 too. Source: Kroupa 2001, MNRAS 322, 231.

    Examples
    --------
    With alpha = 2 every decade of mass holds the same mass, a third of it from 0.1 to 100 Msun:

    >>> from gridscan.physics.stellar.imf import mass_between
    >>> mass_between([0.1, 1.0, 10.0], [1.0, 10.0, 100.0], [2.0], [0.1, 100.0]).round(4)
    array([0.3333, 0.3333, 0.3333])
    """
    return _between(lower, upper, exponents, breaks, power=1)


def _between(lower: ArrayLike, upper: ArrayLike, exponents: ArrayLike, breaks: ArrayLike, power: int) -> FloatArray:
    exponents, breaks = _in_range(exponents, breaks)
    total = _moment(breaks[..., 0], breaks[..., -1], exponents, breaks, power=1)
    ends = numbers_of("lower", lower, "Msun"), numbers_of("upper", upper, "Msun")
    return _moment(*ends, exponents, breaks, power) / total


def is_increasing(breaks: ArrayLike) -> NDArray[np.bool_]:
    """Return whether the breaks of mass functions lead from a lower to a higher mass, some of them possibly equal.

    Parameters
    ----------
    breaks
        Shape (..., n): masses, in any unit. A shorter list that is padded with its last mass has equal ones.

    Returns
    -------
    numpy.ndarray
        Shape (...).

    Examples
    --------
    >>> from gridscan.physics.stellar.imf import is_increasing
    >>> is_increasing([[0.08, 0.5, 120.0], [0.08, 120.0, 120.0], [0.08, 120.0, 0.5]])
    array([ True,  True, False])
    """
    masses = np.asarray(breaks, dtype=float)
    return np.asarray((np.diff(masses, axis=-1) >= 0.0).all(axis=-1) & (masses[..., -1] > masses[..., 0]))


def _moment(lower: FloatArray, upper: FloatArray, exponents: FloatArray, breaks: FloatArray, power: int) -> FloatArray:
    """Return ∫ m^power xi dm with xi = 1 at the lowest break, in closed form.

    On a segment ∫_l^u (m/l)^-alpha m^power dm = l^(power+1) (e^{s x} - 1)/s with x = ln(u/l), s = power + 1 - alpha.
    Written as x exprel(s x), it has no 0/0 at alpha = 1 or 2, and is exactly zero on a segment of zero width.
    """
    shape = np.broadcast_shapes(lower.shape, upper.shape, exponents.shape[:-1], breaks.shape[:-1])
    total, amplitude = np.zeros(shape), np.ones(())
    for segment in range(exponents.shape[-1]):
        alpha, low, high = exponents[..., segment], breaks[..., segment], breaks[..., segment + 1]
        start, stop = np.clip(lower, low, high), np.clip(upper, low, high)
        log_ratio = np.log1p((stop - start) / start)
        here = amplitude * (start / low) ** -alpha * start ** (power + 1)
        total = total + here * log_ratio * exprel((power + 1 - alpha) * log_ratio)
        amplitude = amplitude * (high / low) ** -alpha
    return total


def _in_range(exponents: ArrayLike, breaks: ArrayLike) -> tuple[FloatArray, FloatArray]:
    exponents, breaks = numbers_of("exponents", exponents), numbers_of("breaks", breaks, "Msun")
    if not (exponents.ndim and breaks.ndim and breaks.shape[-1] == exponents.shape[-1] + 1 and exponents.shape[-1]):
        raise EvaluationError(
            f"exponents and breaks have the shapes {exponents.shape} and {breaks.shape}; a mass function of n exponents"
            " must have n + 1 breaks, n >= 1"
        )
    exponents, breaks = checked("exponents", exponents, FINITE), checked("breaks", breaks, POSITIVE, "Msun")
    wrong = ~is_increasing(breaks)
    if wrong.any():
        found = ", ".join(f"{value:g}" for value in breaks[wrong][0])
        raise EvaluationError(f"breaks are {found} Msun; they must increase")
    return exponents, breaks

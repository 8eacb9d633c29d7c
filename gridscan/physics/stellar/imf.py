"""Initial mass functions: piecewise power laws normalised to one solar mass of stars formed.

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

__all__ = ["mass_between", "number_between", "number_density"]

FloatArray = NDArray[np.floating[Any]]


def number_density(mass: ArrayLike, exponents: ArrayLike, breaks: ArrayLike) -> FloatArray:
    """Return the number of stars per unit of stellar mass and per solar mass formed, xi(m).

    Parameters
    ----------
    mass
        Mass of a star [Msun], broadcast against the leading axes of `exponents`.
    exponents
        Shape (..., n): alpha_i of xi ∝ m^-alpha_i.
    breaks
        Shape (..., n + 1) [Msun]: the ends of the segments, positive and not decreasing.

    Returns
    -------
    numpy.ndarray
        [1/Msun^2], zero outside the outermost breaks.

    Raises
    ------
    EvaluationError
        If the breaks are no increasing positive masses, or exponents are not finite.

    Notes
    -----
    The continuous power law is the product of (clip(m, m_i, m_{i+1}) / m_i)^-alpha_i over the segments.
    """
    exponents, breaks = _checked(exponents, breaks)
    mass = np.asarray(mass, dtype=float)
    logarithm = np.zeros(np.broadcast_shapes(mass.shape, exponents.shape[:-1], breaks.shape[:-1]))
    for segment in range(exponents.shape[-1]):
        low, high = breaks[..., segment], breaks[..., segment + 1]
        logarithm = logarithm - exponents[..., segment] * np.log(np.clip(mass, low, high) / low)
    outside = (mass < breaks[..., 0]) | (mass > breaks[..., -1])
    amplitude = 1.0 / _moment(breaks[..., 0], breaks[..., -1], exponents, breaks, power=1)
    return np.where(outside, 0.0, amplitude * np.exp(logarithm))


def number_between(lower: ArrayLike, upper: ArrayLike, exponents: ArrayLike, breaks: ArrayLike) -> FloatArray:
    """Return the number of stars between two masses per solar mass formed, ∫ xi dm.

    Parameters
    ----------
    lower, upper
        Masses [Msun], broadcast against the leading axes of `exponents`; the result changes sign with their order.
    exponents, breaks
        See `number_density`.

    Returns
    -------
    numpy.ndarray
        [1/Msun].

    Raises
    ------
    EvaluationError
        See `number_density`.
    """
    return _between(lower, upper, exponents, breaks, power=0)


def mass_between(lower: ArrayLike, upper: ArrayLike, exponents: ArrayLike, breaks: ArrayLike) -> FloatArray:
    """Return the share of the mass formed that is in stars between two masses, ∫ m xi dm.

    Parameters
    ----------
    lower, upper, exponents, breaks
        See `number_between`.

    Returns
    -------
    numpy.ndarray
        Dimensionless (Msun per Msun formed); 1 between the outermost breaks.

    Raises
    ------
    EvaluationError
        See `number_density`.
    """
    return _between(lower, upper, exponents, breaks, power=1)


def _between(lower: ArrayLike, upper: ArrayLike, exponents: ArrayLike, breaks: ArrayLike, power: int) -> FloatArray:
    exponents, breaks = _checked(exponents, breaks)
    total = _moment(breaks[..., 0], breaks[..., -1], exponents, breaks, power=1)
    return _moment(np.asarray(lower, dtype=float), np.asarray(upper, dtype=float), exponents, breaks, power) / total


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


def _checked(exponents: ArrayLike, breaks: ArrayLike) -> tuple[FloatArray, FloatArray]:
    exponents, breaks = np.asarray(exponents, dtype=float), np.asarray(breaks, dtype=float)
    if not (exponents.ndim and breaks.ndim and breaks.shape[-1] == exponents.shape[-1] + 1 and exponents.shape[-1]):
        raise EvaluationError(
            f"a mass function of n exponents has n + 1 breaks, n >= 1; found arrays of the shapes {exponents.shape} "
            f"(exponents) and {breaks.shape} (breaks)"
        )
    increasing = (np.diff(breaks, axis=-1) >= 0.0).all(axis=-1) & (breaks[..., -1] > breaks[..., 0])
    wrong = ~(increasing & (breaks > 0.0).all(axis=-1) & np.isfinite(breaks).all(axis=-1))
    if wrong.any():
        found = ", ".join(f"{value:g}" for value in breaks[wrong][0])
        raise EvaluationError(f"the breaks of a mass function are increasing positive masses; found {found} Msun")
    if not np.isfinite(exponents).all():
        found = ", ".join(f"{value:g}" for value in exponents[~np.isfinite(exponents).all(axis=-1)][0])
        raise EvaluationError(f"the exponents of a mass function are finite numbers; found {found}")
    return exponents, breaks

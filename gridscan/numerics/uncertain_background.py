"""Exposure that distinguishes two Poisson rates above a background that is known to a share of itself only.

Hypothesis b says that n counts come from its own rate R, known, and a background β that a second measurement has found
to be b0 with the standard deviation d = δ b0: its counts τ b0 have the mean τ β, with τ = b0/d². Where the truth is a,
with R + b0 + s counts, the likelihood of b is largest at the β with

    (1 + τ) β² + [(1 + τ) R - n - τ b0] β - τ b0 R = 0,

and the square of the median significance is Z² = 2 [D(n‖R + β) + τ D(b0‖β)], with D the Poisson divergence. For R = 0
and s > 0 it is Cowan's formula, see `gridscan.numerics.significance`; for δ = 0 it is 2 D(n‖R + b0). A background that
is known to a share of itself imitates part of any difference: with the exposure, Z² grows to

    Z² -> (2/δ²)(r - ln(1 + r)), r = s/b0,

and beyond all bounds only for r <= -1, since no background is negative. Source: the likelihood ratio of G. Cowan et
al., Eur. Phys. J. C 71, 1554 (2011), with the part R of the counts known exactly.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridscan.errors import EvaluationError, listed, nearest
from gridscan.numerics.poisson import poisson_divergence
from gridscan.numerics.ranges import NOT_NEGATIVE, POSITIVE, checked
from gridscan.numerics.roots import bracketed_roots

__all__ = ["METHODS_WITH_ERROR", "exposure_to_discriminate", "significance_against"]

FloatArray = NDArray[np.floating[Any]]

#: The methods that know of an error of the background.
METHODS_WITH_ERROR = ("asimov", "gaussian")


class _Counts(NamedTuple):
    """Expected counts of a hypothesis, and what the truth has more of them."""

    excess: FloatArray
    rate: FloatArray
    background: FloatArray


def significance_against(
    counts: ArrayLike, rate: ArrayLike, background: ArrayLike, relative_background_error: ArrayLike
) -> FloatArray:
    """Return the median significance with which expected counts exclude a rate above an uncertain background.

    Parameters
    ----------
    counts
        n, expected counts of the truth, finite and not negative: more or fewer than those of the hypothesis.
    rate
        R, expected counts of the hypothesis without background, finite and not negative.
    background
        b0, expected counts of the background, finite and positive.
    relative_background_error
        δ, standard deviation of the background as a share of it, finite and not negative.

    Returns
    -------
    numpy.ndarray
        Z >= 0, in standard deviations; all arguments broadcast.

    Raises
    ------
    EvaluationError
        If an argument is outside its range.

    Notes
    -----
    Z² = 2 [D(n‖R + β) + τ D(b0‖β)] at the β of largest likelihood. Source: see the module.

    Examples
    --------
    A signal of ten above a background of ten, known to 10 %; and ten counts where the hypothesis expects twenty:

    >>> from gridscan.numerics.uncertain_background import significance_against
    >>> significance_against([20.0, 10.0], [0.0, 10.0], 10.0, 0.1).round(4)
    array([2.6159, 2.4291])
    """
    n = checked("counts", counts, NOT_NEGATIVE)
    rate = checked("rate", rate, NOT_NEGATIVE)
    background = checked("background", background, POSITIVE)
    share = checked("relative_background_error", relative_background_error, NOT_NEGATIVE)
    n, rate, background, share = np.broadcast_arrays(n, rate, background, share)
    return np.asarray(np.sqrt(2.0 * _half_square(_Counts(n - rate - background, rate, background), share**2)))


def exposure_to_discriminate(
    counts_a: tuple[ArrayLike, ArrayLike],
    counts_b: tuple[ArrayLike, ArrayLike],
    relative_background_error: ArrayLike,
    significance: ArrayLike,
    method: str,
) -> FloatArray:
    """Return the factor on mass or exposure that distinguishes two rates above backgrounds known to a share.

    Parameters
    ----------
    counts_a, counts_b
        Expected counts of each, and of its background, at the factor 1; finite and not negative.
    relative_background_error
        δ, standard deviation of a background as a share of it, whatever the factor; finite and not negative.
    significance
        z, in standard deviations, finite and positive.
    method
        ``"asimov"`` (likelihood ratio of the expected counts) or ``"gaussian"`` (its limit for many counts and a small
        error).

    Returns
    -------
    numpy.ndarray
        m, dimensionless: infinite where no mass suffices, and where the counts are equal. The arrays broadcast.

    Raises
    ------
    EvaluationError
        If the method knows no error of a background, or a number is outside its range.

    Notes
    -----
    The larger factor of the two truths, a against the hypothesis b and b against a. With n counts, background included,
    and Δ their difference,

        asimov:   the root of Z(m) = z
        gaussian: m = z² max(na, nb) / (Δ² - z² δ² max(b0a, b0b)²), infinite for |Δ| <= z δ max(b0a, b0b)

    For δ = 0 the factor is that of `numerics.poisson.scale_to_discriminate`. Source: see the module.

    Examples
    --------
    105 counts against 100 that are all background: known exactly, known to 1 %, and known to 2 %, where no mass
    suffices:

    >>> from gridscan.numerics.uncertain_background import exposure_to_discriminate
    >>> exposure_to_discriminate((5.0, 100.0), (0.0, 100.0), [0.0, 0.01, 0.02], 3.0, "asimov").round(4)
    array([37.1951, 58.2708,     inf])
    """
    if method not in METHODS_WITH_ERROR:
        known = f"expected one of {listed(METHODS_WITH_ERROR)}"
        raise EvaluationError(
            f"method {method!r} knows no background error{nearest(method, METHODS_WITH_ERROR)}; {known}"
        )
    checks = [
        checked(what, side, NOT_NEGATIVE)
        for sides in (counts_a, counts_b)
        for what, side in zip(("rates", "background rates"), sides, strict=True)
    ]
    share = checked("background_error", relative_background_error, NOT_NEGATIVE)
    z = checked("significance", significance, POSITIVE)
    a, background_a, b, background_b, share, z = np.broadcast_arrays(*checks, share, z)
    # Not the difference of the sums, in which a large background would cancel the digits of two small rates.
    excess = (a - b) + (background_a - background_b)
    if method == "gaussian":
        hidden = z * share * np.maximum(background_a, background_b)
        most = np.maximum(a + background_a, b + background_b)
        apart = np.abs(excess)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            factor = z**2 * (most / (apart - hidden)) / (apart + hidden)
        return np.where(apart > hidden, factor, np.inf)
    forward = _factor(_Counts(excess, b, background_b), share, z)
    return np.maximum(forward, _factor(_Counts(-excess, a, background_a), share, z))


def _factor(counts: _Counts, share: FloatArray, z: FloatArray) -> FloatArray:
    total = counts.rate + counts.background
    with np.errstate(divide="ignore", over="ignore"):
        known = z**2 / (2.0 * poisson_divergence(np.maximum(total + counts.excess, 0.0), total, counts.excess))
    limit = _limit(counts.excess, counts.background, share)
    uncertain = (share > 0.0) & (counts.background > 0.0)
    todo = uncertain & (limit > z) & np.isfinite(known)
    factor = np.where(uncertain & (limit <= z), np.inf, known)
    some = _Counts(*(array[todo] for array in counts))
    wanted, variance, at_zero = z[todo] ** -2.0, share[todo] ** 2, limit[todo] ** -2.0

    def excess(inverse: FloatArray) -> FloatArray:
        scale = np.divide(1.0, inverse, out=np.ones_like(inverse), where=inverse > 0.0)
        half = _half_square(_Counts(*(scale * array for array in some)), variance)
        inverse_square: FloatArray = np.where(inverse > 0.0, 0.5 / half, at_zero)
        return inverse_square - wanted

    # A background that is known exactly needs no more than that; rounding may put the root a little beyond.
    factor[todo] = 1.0 / bracketed_roots(excess, np.zeros_like(wanted), (1.0 + 1e-9) / known[todo])
    return factor


def _limit(excess: FloatArray, background: FloatArray, share: FloatArray) -> FloatArray:
    """Return the significance that no exposure exceeds: with r = s/b0, r - ln(1 + r) = D(b0‖b0 + s)/b0."""
    imitated = np.maximum(background + excess, 0.0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        square = 2.0 * poisson_divergence(background, imitated, -excess) / background
        limit: FloatArray = np.where(excess == 0.0, 0.0, np.where(imitated > 0.0, np.sqrt(square) / share, np.inf))
    return limit


def _half_square(counts: _Counts, variance: FloatArray) -> FloatArray:
    """Return Z²/2, for the square of the relative background error.

    In units of R + b0. With t = β - b0 and κ = 1/τ, (1 + κ) t² + (1 + κ (b0 - s)) t - κ s b0 = 0; whichever form of the
    roots t and β does not cancel is taken, and n - R - β = t (R + β)/(κ β).
    """
    total = counts.rate + counts.background
    s, rate, b = counts.excess / total, counts.rate / total, counts.background / total
    kappa = variance * counts.background
    n = np.maximum(1.0 + s, 0.0)
    linear, quadratic = 1.0 + kappa * (b - s), 1.0 + kappa
    of_beta = quadratic * rate - kappa * n - b
    root = np.where(
        s > 0.0,
        np.sqrt(linear**2 + 4.0 * quadratic * kappa * np.maximum(s, 0.0) * b),
        np.sqrt(of_beta**2 + 4.0 * quadratic * b * rate),
    )
    beta = np.where(
        of_beta > 0.0,
        2.0 * b * rate / np.where(of_beta > 0.0, of_beta + root, 1.0),
        (root - of_beta) / (2.0 * quadratic),
    )
    direct = (root - linear) / (2.0 * quadratic) / np.where(kappa > 0.0, kappa, 1.0)
    per_kappa = np.where(linear > 0.0, 2.0 * s * b / np.where(linear > 0.0, linear + root, 1.0), direct)
    shift = kappa * per_kappa
    left = poisson_divergence(n, rate + beta, per_kappa * (rate + beta) / beta)
    auxiliary = poisson_divergence(b, beta, -shift) / np.where(kappa > 0.0, kappa, 1.0)
    return np.asarray(total * (left + np.where(kappa > 0.0, auxiliary, 0.0)))

"""Number of stars of a population in a phase now, for a constant star formation rate.

A star of mass M is in a phase between the ages a0(M) and a1(M). For a star formation rate SFR constant for a time t

    N(t) = SFR ∫ dM xi(M) max(0, min(a1(M), t) - a0(M))

with xi normalised to one solar mass formed. `time_in_phase` is the integral, N/SFR. Windows are kept as their end a1
and their duration a1 - a0, since carbon burning takes a thousandth of the life that it ends.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridscan.numerics.quadrature import gauss_legendre, panels_between
from gridscan.numerics.ranges import NOT_NEGATIVE, checked, numbers_of
from gridscan.numerics.unit_arguments import in_units
from gridscan.physics.stellar import imf
from gridscan.physics.stellar.phase_table import PHASES, PhaseTable
from gridscan.physics.stellar.phase_windows import (
    MASS_INTEGRATIONS,
    MassInterpolation,
    at_metallicity,
    phase_ages,
    refuse_unknown_mass_integrations,
)

__all__ = ["MASS_INTEGRATIONS", "PHASES", "PhaseTable", "phase_ages", "time_in_phase"]

FloatArray = NDArray[np.floating[Any]]

# Logarithm by which an exponential changes on half of a panel at most.
_STEEPEST = 4.0


@in_units(breaks="Msun", time="Myr")
def time_in_phase(
    phase: str,
    table: PhaseTable,
    exponents: ArrayLike,
    breaks: ArrayLike,
    metallicity: ArrayLike,
    time: ArrayLike,
    mass_integration: ArrayLike = "bins",
    order: int = 12,
) -> FloatArray:
    """Return the number of stars in a phase per unit of a constant star formation rate, N/SFR.

    Parameters
    ----------
    phase
        One of `PHASES`.
    table
        Ages at which stars of each metallicity and mass are in each phase.
    exponents
        Shape (..., n): the exponents of the initial mass function, see `gridscan.physics.stellar.imf`. A mass function
        outside the masses of the table gives 0.
    breaks
        Shape (..., n + 1): its breaks [Msun].
    metallicity
        Mass fraction of metals Z, within the range of the table. Durations and ages between the tabulated metallicities
        are interpolated as power laws in Z, and linearly in Z where one of two neighbours is zero.
    time
        Time since star formation began [Myr], finite and not negative.
    mass_integration
        ``"bins"`` holds the window of each tabulated mass constant in its bin. ``"continuous"`` interpolates end and
        duration as power laws in M over the same range of masses, linearly in M where a duration goes to zero, and
        holds them in the outer halves of the end bins.
    order
        Gauss-Legendre points per panel of the continuous integration.

    Returns
    -------
    numpy.ndarray
        N/SFR [Myr/Msun]; the leading axes of the mass function, `metallicity`, `time` and `mass_integration` broadcast.

    Raises
    ------
    EvaluationError
        If the phase or the mass integration is unknown, the metallicity is outside the table, the time is negative or
        not finite, or the mass function is invalid.

    Notes
    -----
    N(t)/SFR = ∫ dM xi(M) max(0, min(a1(M), t) - a0(M)): the births whose age is inside the window now. Sums over bins
    are exact; the error of the continuous integral of the default order is below 1e-14 of its terms, too.

    Examples
    --------
    Stars of 11 to 37.5 Msun that are alive in the Milky Way after 20 Myr at 1.65 Msun/yr, and those that burn carbon as
    red supergiants:

    >>> from gridscan.physics.stellar.phase_counts import time_in_phase
    >>> from gridscan.stellar_tables.phases import shipped_phase_table
    >>> table = shipped_phase_table()
    >>> kroupa = [1.3, 2.3], [0.08, 0.5, 120.0]
    >>> for phase in ("alive", "carbon_burning_rsg"):
    ...     print(phase, round(1.65e6 * float(time_in_phase(phase, table, *kroupa, 0.014, 20.0))))
    alive 115970
    carbon_burning_rsg 45

    Before any star dies the number of those alive is the number born:

    >>> from gridscan.physics.stellar.imf import number_between
    >>> born = 3.0 * number_between(*table.bin_edges[[0, -1]], *kroupa)
    >>> round(float(time_in_phase("alive", table, *kroupa, 0.014, 3.0) / born), 9)
    1.0
    """
    exponents, breaks = numbers_of("exponents", exponents), numbers_of("breaks", breaks, "Msun")
    time, modes = checked("time", time, NOT_NEGATIVE, "Myr"), np.asarray(mass_integration, dtype=str)
    refuse_unknown_mass_integrations(modes.ravel().tolist())
    end, duration = at_metallicity(table, np.asarray(metallicity, dtype=float), *table.window(phase))
    integrals = {}
    if (modes == "bins").any() or not modes.size:
        integrals["bins"] = _integral_over_bins(table, end, duration, time, exponents, breaks)
    if (modes == "continuous").any():
        integrals["continuous"] = _continuous_integral(table, end, duration, time, exponents, breaks, order)
    if len(integrals) == 2:
        return np.where(modes == "bins", integrals["bins"], integrals["continuous"])
    (integral,) = integrals.values()
    return np.broadcast_to(integral, np.broadcast_shapes(integral.shape, modes.shape)).copy()


def _integral_over_bins(
    table: PhaseTable,
    end: FloatArray,
    duration: FloatArray,
    time: FloatArray,
    exponents: FloatArray,
    breaks: FloatArray,
) -> FloatArray:
    """Sum over the mass bins one at a time, so that no array is larger than the result."""
    total: FloatArray = np.zeros(())
    for column, (low, high) in enumerate(zip(table.bin_edges[:-1], table.bin_edges[1:], strict=True)):
        stars = imf.number_between(low, high, exponents, breaks)
        total = total + stars * _time_spent(end[..., column], duration[..., column], time)
    return total


def _continuous_integral(
    table: PhaseTable,
    end: FloatArray,
    duration: FloatArray,
    time: FloatArray,
    exponents: FloatArray,
    breaks: FloatArray,
    order: int,
) -> FloatArray:
    """Integrate over ln M by panels cut at the tabulated masses, at the breaks, and where a0 or a1 passes the time.

    In ln M the integrand is a sum of exponentials exp(kappa ln M) on each panel. Of one, n Gauss-Legendre points err by
    less than 2^(2n+1) (n!)^4 / ((2n+1) (2n)!³) c^(2n) e^c, c = |kappa| half of the panel: with c up to 4 and n = 12 by
    less than 1e-14 of it, so that panels on which it could be larger are divided. Source: Abramowitz & Stegun 25.4.30.
    """
    windows = MassInterpolation.continuous(table, end, duration)
    low, high = table.bin_edges[[0, -1]]
    cuts = [np.log(table.mass), np.log([low, high]), windows.crossings(time)]
    if ((breaks > low) & (breaks < high)).any():
        cuts.append(np.log(np.clip(breaks, low, high)))
    shape = np.broadcast_shapes(*(cut.shape[:-1] for cut in cuts))
    lower, upper = panels_between(np.concatenate([np.broadcast_to(cut, (*shape, cut.shape[-1])) for cut in cuts], -1))
    steepest = windows.steepest() + np.abs(1.0 - exponents).max(initial=0.0)
    parts = int(np.ceil(0.5 * steepest * (upper - lower).max(initial=0.0) / _STEEPEST)) or 1
    if parts > 1:
        fractions = np.arange(parts) / parts
        width = (upper - lower) / parts
        lower = (lower[..., None] + (upper - lower)[..., None] * fractions).reshape(*lower.shape[:-1], -1)
        upper = lower + np.repeat(width, parts, axis=-1)
    nodes, weights = gauss_legendre(order)
    total = np.zeros(np.broadcast_shapes(shape, exponents.shape[:-1], breaks.shape[:-1]))
    for panel in range(lower.shape[-1]):
        middle, half = 0.5 * (upper + lower)[..., panel], 0.5 * (upper - lower)[..., panel]
        log_mass = middle[..., None] + half[..., None] * nodes
        mass = np.exp(log_mass)
        stars = imf.number_density(mass, exponents[..., None, :], breaks[..., None, :]) * mass
        spent = _time_spent(*windows.at(log_mass), time[..., None])
        total = total + half * np.einsum("...i,...i,i->...", stars, spent, weights)
    return total


def _time_spent(end: FloatArray, duration: FloatArray, time: FloatArray) -> FloatArray:
    """Return max(0, min(a1, t) - a0) [Myr], exactly the duration of a phase that has ended."""
    return np.maximum(duration - np.maximum(end - time, 0.0), 0.0)

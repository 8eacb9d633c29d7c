"""Phases of massive stars: the table of their age windows, and how many stars of a population are in one now.

A star of mass M is in a phase between the ages a0(M) and a1(M). For a star formation rate SFR constant for a time t

    N(t) = SFR ∫ dM xi(M) max(0, min(a1(M), t) - a0(M))

with xi normalised to one solar mass formed. `time_in_phase` is the integral, N/SFR. Windows are kept as their end a1
and their duration a1 - a0, since carbon burning takes a thousandth of the life that it ends.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridscan.errors import EvaluationError, nearest
from gridscan.physics import imf
from gridscan.physics.phase_table import PHASES, PhaseTable, phase_table, read_phase_table
from gridscan.quadrature import gauss_legendre, panels_between

__all__ = ["MASS_INTEGRATIONS", "PHASES", "PhaseTable", "phase_table", "read_phase_table", "time_in_phase"]

FloatArray = NDArray[np.floating[Any]]

MASS_INTEGRATIONS = ("bins", "continuous")


def time_in_phase(
    phase: str,
    exponents: ArrayLike,
    breaks: ArrayLike,
    metallicity: ArrayLike,
    time: ArrayLike,
    mass_integration: ArrayLike = "bins",
    table: PhaseTable | None = None,
    order: int = 12,
) -> FloatArray:
    """Return how many stars are in a phase per unit of a constant star formation rate, ∫ dM xi max(0, min(a1, t) - a0).

    Parameters
    ----------
    phase
        One of `PHASES`.
    exponents, breaks
        Shapes (..., n) and (..., n + 1) [Msun]: the initial mass function, see `gridscan.physics.imf`. One that does
        not reach the masses of the table simply has no such stars.
    metallicity
        Mass fraction of metals, within the range of the table. Durations and ages between the tabulated metallicities
        are interpolated as power laws in Z, and linearly in Z where one of two neighbours is zero.
    time
        [Myr], since star formation began; finite and not negative.
    mass_integration
        ``"bins"`` holds the window of each tabulated mass constant in its bin. ``"continuous"`` interpolates end and
        duration as power laws in M over the same range of masses, linearly in M where a duration goes to zero, and
        holds them in the outer halves of the end bins.
    table
        The shipped table if not given.
    order
        Gauss-Legendre points per panel of the continuous integration.

    Returns
    -------
    numpy.ndarray
        [Myr/Msun]; the leading axes of the mass function, `metallicity`, `time` and `mass_integration` broadcast.

    Raises
    ------
    EvaluationError
        For an unknown phase or mass integration, a metallicity outside the table, a time that is negative or not
        finite, or a mass function that is none.
    """
    table = phase_table() if table is None else table
    exponents, breaks = np.asarray(exponents, dtype=float), np.asarray(breaks, dtype=float)
    time, modes = np.asarray(time, dtype=float), np.asarray(mass_integration, dtype=str)
    _refuse(~np.isfinite(time) | (time < 0.0), time, "time [Myr]", "a finite time that is not negative")
    for unknown in sorted(set(modes.ravel().tolist()) - set(MASS_INTEGRATIONS)):
        raise EvaluationError(
            f"unknown mass_integration {unknown!r}{nearest(unknown, MASS_INTEGRATIONS)}; "
            f"known are {', '.join(MASS_INTEGRATIONS)}"
        )
    end, duration = _at_metallicity(table, np.asarray(metallicity, dtype=float), *table.window(phase))
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
    """Sum over the mass bins one bin at a time, so that nothing is ever larger than the result."""
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

    In ln M every factor of the integrand is a sum of exponentials on each panel, for which Gauss-Legendre quadrature
    converges faster than geometrically.
    """
    windows = _MassInterpolation(table, end, duration)
    low, high = table.bin_edges[[0, -1]]
    cuts = [np.log(table.mass), np.log([low, high]), windows.crossings(time)]
    if ((breaks > low) & (breaks < high)).any():
        cuts.append(np.log(np.clip(breaks, low, high)))
    shape = np.broadcast_shapes(*(cut.shape[:-1] for cut in cuts))
    lower, upper = panels_between(np.concatenate([np.broadcast_to(cut, (*shape, cut.shape[-1])) for cut in cuts], -1))
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


class _MassInterpolation:
    """End and duration of a phase as functions of ln M: shape (..., m) tables held flat in the outer halves of bins."""

    def __init__(self, table: PhaseTable, end: FloatArray, duration: FloatArray) -> None:
        self.knots = np.log(np.concatenate([table.bin_edges[:1], table.mass, table.bin_edges[-1:]]))
        self.end, self.duration = (np.concatenate([x[..., :1], x, x[..., -1:]], -1) for x in (end, duration))

    def at(self, log_mass: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return end and duration [Myr] at ln M, shape (..., k), whose leading axes broadcast with the table's."""
        segment = np.clip(np.searchsorted(self.knots, log_mass, side="right") - 1, 0, len(self.knots) - 2)
        low, high = self.knots[segment], self.knots[segment + 1]
        fraction = (log_mass - low) / (high - low)
        linear = np.expm1(log_mass - low) / np.expm1(high - low)
        ends = (_along(values, segment) for values in (self.end, self.duration))
        end, duration = (_interpolated(*pair, fraction, linear) for pair in ends)
        return end, duration

    def crossings(self, time: FloatArray) -> FloatArray:
        """Return every ln M where a0 or a1 passes the time, shape (..., k); NaN where there is none.

        On a segment a0 - t is a sum of at most three exponentials of ln M, which has two zeros at most, one on either
        side of its only extremum.
        """
        extremum = self._extremum_of_start()
        low = np.broadcast_to(self.knots[:-1], extremum.shape)
        high = np.broadcast_to(self.knots[1:], extremum.shape)
        found = [
            self._zero(time, low, extremum, with_duration=True),
            self._zero(time, extremum, high, with_duration=True),
            self._zero(time, low, high, with_duration=False),
        ]
        return np.concatenate(found, axis=-1)

    def _extremum_of_start(self) -> FloatArray:
        """Return ln M in each segment where a0 has its extremum, its lower end where there is none, by bisection."""
        low, high = (np.broadcast_to(x, self.end[..., 1:].shape).copy() for x in (self.knots[:-1], self.knots[1:]))
        first, last = self._slope_of_start(low), self._slope_of_start(high)
        return np.where(first * last < 0.0, _bisected(self._slope_of_start, low, high), low)

    def _slope_of_start(self, log_mass: FloatArray) -> FloatArray:
        """Return da0/dlnM [Myr] at one ln M in each segment."""
        width = np.diff(self.knots)
        end, duration = self._in_segments(log_mass)
        low, high = self.duration[..., :-1], self.duration[..., 1:]
        power_law = (low > 0.0) & (high > 0.0)
        exponent = np.log(np.where(power_law, high, 1.0) / np.where(power_law, low, 1.0)) / width
        linear = (high - low) * np.exp(log_mass - self.knots[:-1]) / np.expm1(width)
        end_slope = end * np.log(self.end[..., 1:] / self.end[..., :-1]) / width
        return end_slope - np.where(power_law, duration * exponent, linear)

    def _in_segments(self, log_mass: FloatArray) -> tuple[FloatArray, FloatArray]:
        low, width = self.knots[:-1], np.diff(self.knots)
        fraction, linear = (log_mass - low) / width, np.expm1(log_mass - low) / np.expm1(width)
        return (
            _interpolated(self.end[..., :-1], self.end[..., 1:], fraction, linear),
            _interpolated(self.duration[..., :-1], self.duration[..., 1:], fraction, linear),
        )

    def _zero(self, time: FloatArray, low: FloatArray, high: FloatArray, *, with_duration: bool) -> FloatArray:
        def lateness(log_mass: FloatArray) -> FloatArray:
            end, duration = self._in_segments(log_mass)
            return end - (duration if with_duration else 0.0) - time[..., None]

        shape = np.broadcast_shapes(low.shape, (*time.shape, 1))
        low, high = np.broadcast_to(low, shape), np.broadcast_to(high, shape)
        return np.where(lateness(low) * lateness(high) < 0.0, _bisected(lateness, low, high), np.nan)


def _bisected(function: Callable[[FloatArray], FloatArray], low: FloatArray, high: FloatArray) -> FloatArray:
    """Return where a function changes sign between two points, to rounding, by halving the interval 52 times."""
    sign = np.sign(function(low))
    for _ in range(52):
        middle = 0.5 * (low + high)
        before = np.sign(function(middle)) == sign
        low, high = np.where(before, middle, low), np.where(before, high, middle)
    return 0.5 * (low + high)


def _along(values: FloatArray, segment: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
    """Return the values at both ends of segments, whose leading axes broadcast with those of the values."""
    leading = np.broadcast_shapes(values.shape[:-1], segment.shape[:-1])
    values = np.broadcast_to(values, (*leading, values.shape[-1]))
    segment = np.broadcast_to(segment, (*leading, segment.shape[-1]))
    return np.take_along_axis(values, segment, -1), np.take_along_axis(values, segment + 1, -1)


def _interpolated(first: FloatArray, last: FloatArray, fraction: FloatArray, linear: FloatArray) -> FloatArray:
    """Interpolate as a power law by the `fraction` in the logarithm, or linearly where either value is zero."""
    power_law = (first > 0.0) & (last > 0.0)
    ratio = np.where(power_law, last, 1.0) / np.where(power_law, first, 1.0)
    return np.where(power_law, first * ratio**fraction, first + (last - first) * linear)


def _at_metallicity(
    table: PhaseTable, metallicity: FloatArray, end: FloatArray, duration: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return end and duration [Myr] of a phase, shape (*metallicity.shape, m)."""
    grid = table.metallicity
    # A label that went through a unit or a logarithm may miss the end of the table by a rounding.
    slack = 1e-12 * grid[[0, -1]]
    outside = ~((metallicity >= grid[0] - slack[0]) & (metallicity <= grid[-1] + slack[1]))
    _refuse(
        outside, metallicity, "metallicity", f"{grid[0]:g} to {grid[-1]:g}, the range of the table of stellar phases"
    )
    if len(grid) == 1:
        shape = (*metallicity.shape, len(table.mass))
        return np.broadcast_to(end[0], shape), np.broadcast_to(duration[0], shape)
    inside = np.clip(metallicity, grid[0], grid[-1])
    row = np.clip(np.searchsorted(grid, inside, side="right") - 1, 0, len(grid) - 2)
    fraction = (np.log(inside / grid[row]) / np.log(grid[row + 1] / grid[row]))[..., None]
    linear = ((inside - grid[row]) / (grid[row + 1] - grid[row]))[..., None]
    return (
        _interpolated(end[row], end[row + 1], fraction, linear),
        _interpolated(duration[row], duration[row + 1], fraction, linear),
    )


def _refuse(wrong: NDArray[np.bool_], values: FloatArray, name: str, allowed: str) -> None:
    if wrong.any():
        raise EvaluationError(f"{name} is {values[wrong].flat[0]:g}; allowed is {allowed}")

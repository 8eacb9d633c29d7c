"""Ages of the phases of massive stars between the metallicities and masses of a table.

A window is kept as its end a1 and its duration a1 - a0, since carbon burning takes a thousandth of the life that it
ends. Both follow power laws in metallicity and mass between their tabulated values, and straight lines where one of the
two is zero.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridscan.errors import EvaluationError, nearest
from gridscan.numerics.ranges import numbers_of, refuse
from gridscan.numerics.unit_arguments import in_units

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gridscan.physics.stellar.phase_table import PhaseTable

__all__ = [
    "MASS_INTEGRATIONS",
    "MassInterpolation",
    "at_metallicity",
    "interpolated",
    "phase_ages",
    "refuse",
    "refuse_unknown_mass_integrations",
]

FloatArray = NDArray[np.floating[Any]]
Pair = tuple[FloatArray, FloatArray]

MASS_INTEGRATIONS = ("bins", "continuous")

# Converting a unit or taking a logarithm may move a number past the end of the table by a rounding.
_ROUNDING = 1e-12


@in_units(mass="Msun")
def phase_ages(table: PhaseTable, mass: ArrayLike, metallicity: ArrayLike) -> dict[str, FloatArray]:
    """Return the ages at which single stars begin and end their phases, and the durations of these.

    Parameters
    ----------
    table
        Ages at which stars of each metallicity and mass are in each phase.
    mass
        Initial mass [Msun], from the first to the last tabulated mass.
    metallicity
        Mass fraction of metals Z, within the range of the table.

    Returns
    -------
    dict of str to numpy.ndarray
        Ages [Myr], each of the shape to which `mass` and `metallicity` broadcast: ``lifetime``,
        ``red_supergiant_start``, ``red_supergiant_end``, ``carbon_burning_start``, ``carbon_burning_end`` and the
        durations ``red_supergiant_duration``, ``carbon_burning_duration``, ``carbon_burning_rsg_duration``. A phase
        that a star does not have begins when it ends.

    Raises
    ------
    EvaluationError
        If a mass or a metallicity is outside the table.

    Notes
    -----
    The interpolation is that of the ``"continuous"`` mass integration of
    `gridscan.physics.stellar.phase_counts.time_in_phase`. Each window is interpolated by itself: between a mass that
    has a phase and one that does not, the time in two phases at once may be shorter than what their intervals share.

    Examples
    --------
    >>> from gridscan.physics.stellar.phase_windows import phase_ages
    >>> from gridscan.stellar_tables.phases import shipped_phase_table
    >>> ages = phase_ages(shipped_phase_table(), [12.0, 20.0], 0.014)
    >>> ages["lifetime"].round(2)
    array([17.71,  9.03])
    """
    mass, metallicity = numbers_of("mass", mass, "Msun"), numbers_of("metallicity", metallicity, "1")
    log_mass = np.log(_inside("mass", mass, table.mass, "Msun"))
    shape = np.broadcast_shapes(mass.shape, metallicity.shape)

    def window(phase: str) -> tuple[FloatArray, FloatArray]:
        windows = MassInterpolation.continuous(table, *at_metallicity(table, metallicity, *table.window(phase)))
        end, duration = (np.broadcast_to(value[..., 0], shape) for value in windows.at(log_mass[..., None]))
        return end.copy(), duration.copy()

    lifetime, _ = window("alive")
    red_end, red_duration = window("red_supergiant")
    carbon_end, carbon_duration = window("carbon_burning")
    return {
        "lifetime": lifetime,
        "red_supergiant_start": red_end - red_duration,
        "red_supergiant_end": red_end,
        "carbon_burning_start": carbon_end - carbon_duration,
        "carbon_burning_end": carbon_end,
        "red_supergiant_duration": red_duration,
        "carbon_burning_duration": carbon_duration,
        "carbon_burning_rsg_duration": window("carbon_burning_rsg")[1],
    }


@in_units(end="Myr", duration="Myr")
def at_metallicity(
    table: PhaseTable, metallicity: FloatArray, end: FloatArray, duration: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Interpolate the end and the duration of a phase between the tabulated metallicities.

    Parameters
    ----------
    table
        The table of phases.
    metallicity
        Mass fraction of metals Z, within the range of the table.
    end, duration
        Shape (z, m): the window of a phase [Myr], see `PhaseTable.window`.

    Returns
    -------
    end, duration : numpy.ndarray
        Shape (*metallicity.shape, m) [Myr].

    Raises
    ------
    EvaluationError
        If a metallicity is outside the table.

    Notes
    -----
    A power law in Z; a straight line in Z where one of the two neighbours is zero.

    Examples
    --------
    >>> import numpy as np
    >>> from gridscan.physics.stellar.phase_windows import at_metallicity
    >>> from gridscan.stellar_tables.phases import shipped_phase_table
    >>> table = shipped_phase_table()
    >>> end, _ = at_metallicity(table, np.sqrt(0.014 * 0.017), *table.window("alive"))
    >>> geometric_mean = np.sqrt(table.lifetime[0] * table.lifetime[1])
    >>> bool(np.allclose(end, geometric_mean, rtol=1e-12))
    True
    """
    grid = table.metallicity
    inside = _inside("metallicity", metallicity, grid)
    if len(grid) == 1:
        shape = (*metallicity.shape, len(table.mass))
        return np.broadcast_to(end[0], shape), np.broadcast_to(duration[0], shape)
    row = np.clip(np.searchsorted(grid, inside, side="right") - 1, 0, len(grid) - 2)
    fraction = (np.log(inside / grid[row]) / np.log(grid[row + 1] / grid[row]))[..., None]
    linear = ((inside - grid[row]) / (grid[row + 1] - grid[row]))[..., None]
    return (
        interpolated(end[row], end[row + 1], fraction, linear),
        interpolated(duration[row], duration[row + 1], fraction, linear),
    )


def interpolated(first: FloatArray, last: FloatArray, fraction: FloatArray, linear: FloatArray) -> FloatArray:
    """Interpolate between two values by a power law, or by a straight line where either of them is zero.

    Parameters
    ----------
    first, last
        Values at the two ends, not negative, of one unit.
    fraction, linear
        How far from the first to the last, in the logarithm of the variable and in the variable itself; dimensionless.

    Returns
    -------
    numpy.ndarray
        In the unit of the values, of the shape to which all arguments broadcast; exactly `first` where both are the
        same.

    Notes
    -----
    first (last/first)^fraction, or first + (last - first) × linear.

    Examples
    --------
    Half way, the geometric mean; towards zero, the arithmetic one:

    >>> import numpy as np
    >>> from gridscan.physics.stellar.phase_windows import interpolated
    >>> interpolated(np.array([4.0, 4.0]), np.array([9.0, 0.0]), 0.5, 0.5).round(12)
    array([6., 2.])
    """
    power_law = (first > 0.0) & (last > 0.0)
    ratio = np.where(power_law, last, 1.0) / np.where(power_law, first, 1.0)
    return np.where(power_law, first * ratio**fraction, first + (last - first) * linear)


class MassInterpolation:
    """End and duration of a phase as functions of ln M.

    Parameters
    ----------
    knots
        Shape (k + 1,): ln M at the ends of the k segments that cover the mass bins of the table, increasing, M in Msun.
    end, duration
        Pairs of arrays of shape (..., k): the values at the lower and at the upper end of each segment [Myr].
    """

    def __init__(self, knots: FloatArray, end: Pair, duration: Pair) -> None:
        self.knots, self.end, self.duration = knots, end, duration

    @classmethod
    def continuous(cls, table: PhaseTable, end: FloatArray, duration: FloatArray) -> MassInterpolation:
        """Interpolate windows between the tabulated masses, and hold them constant in the outer halves of the end bins.

        Parameters
        ----------
        table
            The table of phases.
        end, duration
            Shape (..., m): the windows at the tabulated masses [Myr].

        Returns
        -------
        MassInterpolation
            With m + 1 segments.
        """
        knots = np.log(np.concatenate([table.bin_edges[:1], table.mass, table.bin_edges[-1:]]))
        held = (np.concatenate([values[..., :1], values, values[..., -1:]], -1) for values in (end, duration))
        return cls(knots, *((values[..., :-1], values[..., 1:]) for values in held))

    @classmethod
    def bins(cls, table: PhaseTable, end: FloatArray, duration: FloatArray) -> MassInterpolation:
        """Hold windows constant in the bin of each tabulated mass.

        Parameters
        ----------
        table
            The table of phases.
        end, duration
            Shape (..., m): the windows at the tabulated masses [Myr].

        Returns
        -------
        MassInterpolation
            With m segments.
        """
        return cls(np.log(table.bin_edges), (end, end), (duration, duration))

    def at(self, log_mass: FloatArray) -> Pair:
        """Return end and duration of the phase.

        Parameters
        ----------
        log_mass
            Shape (..., n): ln M, M in Msun; its leading axes broadcast with those of the windows.

        Returns
        -------
        end, duration : numpy.ndarray
            Shape (..., n) [Myr].
        """
        segment = np.clip(np.searchsorted(self.knots, log_mass, side="right") - 1, 0, len(self.knots) - 2)
        fraction, linear = self.place(log_mass, segment)
        end, duration = (
            interpolated(_taken(low, segment), _taken(high, segment), fraction, linear)
            for low, high in (self.end, self.duration)
        )
        return end, duration

    def steepest(self) -> float:
        """Return the largest exponent kappa of M^kappa of which end or duration are sums, in any segment.

        Returns
        -------
        float
            1 or more, as between a value and zero they are linear in M.
        """
        (low, high), width = (np.array(pair) for pair in zip(self.end, self.duration, strict=True)), np.diff(self.knots)
        ratio = np.where((low > 0.0) & (high > 0.0), high, 1.0) / np.where((low > 0.0) & (high > 0.0), low, 1.0)
        return float(np.abs(np.log(ratio) / width).max(initial=1.0))

    def place(self, log_mass: FloatArray, segment: NDArray[np.intp]) -> Pair:
        """Return how far ln M is from the lower end of its segment to the upper one.

        Parameters
        ----------
        log_mass
            ln M, M in Msun.
        segment
            Index of the segment, broadcast with `log_mass`.

        Returns
        -------
        fraction, linear : numpy.ndarray
            From 0 to 1, in ln M and in M.
        """
        low, high = self.knots[segment], self.knots[segment + 1]
        return (log_mass - low) / (high - low), np.expm1(log_mass - low) / np.expm1(high - low)

    def crossings(self, time: FloatArray) -> FloatArray:
        """Return every ln M at which the phase begins or ends at a time.

        Parameters
        ----------
        time
            Shape (...): the time [Myr].

        Returns
        -------
        numpy.ndarray
            Shape (..., 3 k): ln M; NaN where there is none.

        Notes
        -----
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
        low, high = (np.broadcast_to(x, self.end[0].shape).copy() for x in (self.knots[:-1], self.knots[1:]))
        first, last = self._slope_of_start(low), self._slope_of_start(high)
        return np.where(first * last < 0.0, _bisected(self._slope_of_start, low, high), low)

    def _slope_of_start(self, log_mass: FloatArray) -> FloatArray:
        """Return da0/dlnM [Myr] at one ln M in each segment."""
        width = np.diff(self.knots)
        end, duration = self._in_segments(log_mass)
        low, high = self.duration
        power_law = (low > 0.0) & (high > 0.0)
        exponent = np.log(np.where(power_law, high, 1.0) / np.where(power_law, low, 1.0)) / width
        linear = (high - low) * np.exp(log_mass - self.knots[:-1]) / np.expm1(width)
        end_slope = end * np.log(self.end[1] / self.end[0]) / width
        return end_slope - np.where(power_law, duration * exponent, linear)

    def _in_segments(self, log_mass: FloatArray) -> Pair:
        """Return end and duration [Myr] at one ln M in each segment."""
        fraction, linear = self.place(log_mass, np.arange(len(self.knots) - 1))
        return interpolated(*self.end, fraction, linear), interpolated(*self.duration, fraction, linear)

    def _zero(self, time: FloatArray, low: FloatArray, high: FloatArray, *, with_duration: bool) -> FloatArray:
        def lateness(log_mass: FloatArray) -> FloatArray:
            end, duration = self._in_segments(log_mass)
            return end - (duration if with_duration else 0.0) - time[..., None]

        shape = np.broadcast_shapes(low.shape, (*time.shape, 1))
        low, high = np.broadcast_to(low, shape), np.broadcast_to(high, shape)
        return np.where(lateness(low) * lateness(high) < 0.0, _bisected(lateness, low, high), np.nan)


def refuse_unknown_mass_integrations(modes: Iterable[str]) -> None:
    """Raise an error if a mass integration is not in `MASS_INTEGRATIONS`.

    Parameters
    ----------
    modes
        The names given.

    Raises
    ------
    EvaluationError
        If any name is unknown.
    """
    for unknown in sorted(set(modes) - set(MASS_INTEGRATIONS)):
        raise EvaluationError(
            f"unknown mass_integration {unknown!r}{nearest(unknown, MASS_INTEGRATIONS)}; "
            f"known are {', '.join(MASS_INTEGRATIONS)}"
        )


def _inside(name: str, values: FloatArray, grid: FloatArray, unit: str = "") -> FloatArray:
    """Return values, moved onto the ends of the grid where they miss them by a rounding; refuse those beyond."""
    outside = ~((values >= grid[0] * (1.0 - _ROUNDING)) & (values <= grid[-1] * (1.0 + _ROUNDING)))
    allowed = f"from {grid[0]:g} to {grid[-1]:g}{unit and f' {unit}'}, the range of the table of stellar phases"
    refuse(name, values, outside, allowed, unit)
    return np.clip(values, grid[0], grid[-1])


def _bisected(function: Callable[[FloatArray], FloatArray], low: FloatArray, high: FloatArray) -> FloatArray:
    """Return where a function changes sign between two points, to rounding, by halving the interval 52 times."""
    sign = np.sign(function(low))
    for _ in range(52):
        middle = 0.5 * (low + high)
        before = np.sign(function(middle)) == sign
        low, high = np.where(before, middle, low), np.where(before, high, middle)
    return 0.5 * (low + high)


def _taken(values: FloatArray, segment: NDArray[np.intp]) -> FloatArray:
    """Return the values of segments, whose leading axes broadcast with those of the values."""
    leading = np.broadcast_shapes(values.shape[:-1], segment.shape[:-1])
    values = np.broadcast_to(values, (*leading, values.shape[-1]))
    return np.take_along_axis(values, np.broadcast_to(segment, (*leading, segment.shape[-1])), -1)

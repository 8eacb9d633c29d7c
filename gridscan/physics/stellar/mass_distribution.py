"""Distribution of massive stars over mass, from which they are drawn exactly.

Of the stars that a star formation rate SFR, constant for a time t, has made, those alive now have the mass density

    dN/dM = SFR xi(M) min(lifetime(M), t)

and ages uniform in [0, min(lifetime(M), t)]. Between the tabulated masses, the breaks of xi and the masses whose
lifetime is t this is a power law: an interval is drawn by its exact weight, and the mass by inverting the power law
there. The integral over all intervals is `gridscan.physics.stellar.phase_counts.time_in_phase` for the phase
``"alive"``.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import exprel

from gridscan.errors import EvaluationError
from gridscan.numerics.quadrature import panels_between
from gridscan.numerics.ranges import FINITE, NOT_NEGATIVE, Range, checked, numbers_of
from gridscan.physics.stellar import imf
from gridscan.physics.stellar.phase_table import PHASES, PhaseTable
from gridscan.physics.stellar.phase_windows import (
    MassInterpolation,
    at_metallicity,
    interpolated,
    refuse_unknown_mass_integrations,
)

if TYPE_CHECKING:
    from gridscan.physics.stellar.population import StellarPopulation

__all__ = ["AGES", "MassDistribution", "mass_distribution", "one_number"]

FloatArray = NDArray[np.floating[Any]]
IndexArray = NDArray[np.intp]

#: Age at death, and ages at which the phases begin and end.
AGES = (
    "lifetime",
    "red_supergiant_start",
    "carbon_burning_start",
    "carbon_burning_end",
    "carbon_burning_rsg_start",
)

# Smaller exponents are replaced by this one, which gives the same and avoids 0/0.
_NO_EXPONENT = 1e-200
# By rounding, an interpolated window may begin a little before both tabulated ones.
_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class MassDistribution:
    """Massive stars of one metallicity and time: their number per ln M is a power law of the mass in each interval.

    Measured from the denser end of an interval, its anchor, the inverse of the cumulative distribution cannot overflow.

    Attributes
    ----------
    windows
        Ages of each phase, interpolated in mass, by phase.
    segment
        Shape (n,), as all below: which segment of the windows each interval is in.
    cumulative
        Cumulative weights of the intervals [Myr/Msun].
    anchor
        ln M at the denser end.
    exponent
        d ln(dN/dlnM)/d ln M.
    decay
        exp(-|exponent| width) - 1.
    span, span_exponent
        Time over which the births of stars at the anchor are spread [Myr], and its exponent in M.
    """

    windows: dict[str, MassInterpolation]
    segment: IndexArray
    cumulative: FloatArray
    anchor: FloatArray
    exponent: FloatArray
    decay: FloatArray
    span: FloatArray
    span_exponent: FloatArray

    @property
    def total(self) -> float:
        """Expected number of stars for a star formation rate of 1 Msun/Myr."""
        return float(self.cumulative[-1]) if self.cumulative.size else 0.0

    @functools.cached_property
    def earliest_start(self) -> FloatArray:
        """Age [Myr] in each segment of the windows before which no star is in any phase but ``"other"``."""
        starts = [
            np.minimum(*window.end) - np.maximum(*window.duration)
            for phase, window in self.windows.items()
            if phase != "alive"
        ]
        earliest: FloatArray = np.minimum.reduce(starts) * (1.0 - _ROUNDING)
        return earliest

    def draw(self, generator: np.random.Generator, size: int) -> tuple[FloatArray, FloatArray, IndexArray]:
        """Draw masses.

        Parameters
        ----------
        generator
            Source of random numbers.
        size
            Number of stars.

        Returns
        -------
        log_mass : numpy.ndarray
            ln M, shape (size,).
        span : numpy.ndarray
            Time over which births are spread evenly [Myr], shape (size,).
        segment : numpy.ndarray
            Segment of the windows, shape (size,).
        """
        chosen = np.searchsorted(self.cumulative, generator.random(size) * self.total, side="right")
        offset = np.log1p(generator.random(size) * self.decay[chosen]) / self.exponent[chosen]
        span = self.span[chosen] * np.exp(self.span_exponent[chosen] * offset)
        return self.anchor[chosen] + offset, span, self.segment[chosen]

    def ages(self, log_mass: FloatArray, segment: IndexArray) -> dict[str, FloatArray]:
        """Return the `AGES` of stars.

        Parameters
        ----------
        log_mass, segment
            As `draw` returns them.

        Returns
        -------
        dict of str to numpy.ndarray
            [Myr], of the shape of `log_mass`.
        """
        place = self.windows["alive"].place(log_mass, segment)

        def at(values: tuple[FloatArray, FloatArray]) -> FloatArray:
            return interpolated(values[0][segment], values[1][segment], *place)

        ends = [at(self.windows[phase].end) for phase in PHASES]
        _, red, carbon, both = (end - at(self.windows[phase].duration) for phase, end in zip(PHASES, ends, strict=True))
        return dict(zip(AGES, (ends[0], red, carbon, ends[2], both), strict=True))


def mass_distribution(table: PhaseTable, population: StellarPopulation, *, alive: bool) -> MassDistribution:
    """Return the distribution of the stars that are alive at a time, or of all those born until then.

    Parameters
    ----------
    table
        Ages at which stars of each metallicity and mass are in each phase; its mass bins bound the masses.
    population
        A single one: one mass function, a metallicity within the range of the table, a time that is not negative.
    alive
        Whether only those that are alive at the time count.

    Returns
    -------
    MassDistribution
        The distribution.

    Raises
    ------
    EvaluationError
        If an argument is outside its range.
    """
    exponents, breaks = _one_mass_function(population.exponents, population.breaks)
    time = one_number("time", population.time, NOT_NEGATIVE, "Myr")
    windows = _windows(table, population.metallicity, str(population.mass_integration))
    life = windows["alive"]
    lower, upper = _intervals(life, np.log(breaks), _log_mass_of_lifetime(life, time))
    middle = 0.5 * (lower + upper)
    segment = np.searchsorted(life.knots, middle, side="right") - 1
    alpha = exponents[np.searchsorted(np.log(breaks), middle, side="right") - 1]
    dies = alive & (_lifetime(life, middle, segment) < time)
    span_exponent = np.where(dies, np.log(life.end[1] / life.end[0])[segment] / np.diff(life.knots)[segment], 0.0)
    exponent = 1.0 - alpha + span_exponent
    exponent = np.where(np.abs(exponent) < _NO_EXPONENT, _NO_EXPONENT, exponent)
    anchor = np.where(exponent > 0.0, upper, lower)
    span = np.where(dies, _lifetime(life, anchor, segment), time)
    mass, log_ratio = np.clip(np.exp(anchor), breaks[0], breaks[-1]), -np.abs(exponent) * (upper - lower)
    weight = imf.number_density(mass, exponents, breaks) * mass * span * (upper - lower) * exprel(log_ratio)
    decay = np.expm1(log_ratio)
    return MassDistribution(windows, segment, np.cumsum(weight), anchor, exponent, decay, span, span_exponent)


def one_number(name: str, value: ArrayLike, allowed: Range, unit: str = "") -> float:
    """Return a value that is one number within its range.

    Parameters
    ----------
    name
        Name of the parameter.
    value
        What was given.
    allowed
        Its range.
    unit
        Its unit, for the message.

    Returns
    -------
    float
        The number.

    Raises
    ------
    EvaluationError
        If it has a shape or is outside the range.
    """
    if np.ndim(value):
        raise EvaluationError(f"{name} has the shape {np.shape(value)}; it must be one number")
    return float(checked(name, value, allowed, unit))


def _one_mass_function(exponents: ArrayLike, breaks: ArrayLike) -> tuple[FloatArray, FloatArray]:
    exponents, breaks = numbers_of("exponents", exponents), numbers_of("breaks", breaks, "Msun")
    if exponents.ndim != 1 or breaks.ndim != 1:
        raise EvaluationError(
            f"exponents and breaks have the shapes {exponents.shape} and {breaks.shape}; stars are drawn from one mass "
            f"function, of the shapes (n,) and (n + 1,)"
        )
    # Refuses an invalid mass function.
    imf.number_density(1.0, exponents, breaks)
    return exponents, breaks


def _windows(table: PhaseTable, metallicity: ArrayLike, mass_integration: str) -> dict[str, MassInterpolation]:
    refuse_unknown_mass_integrations([mass_integration])
    between = MassInterpolation.bins if mass_integration == "bins" else MassInterpolation.continuous
    value = np.asarray(one_number("metallicity", metallicity, FINITE))
    return {phase: between(table, *at_metallicity(table, value, *table.window(phase))) for phase in PHASES}


def _intervals(life: MassInterpolation, log_breaks: FloatArray, cuts: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the ends in ln M of the intervals that the table and the mass function have in common."""
    lowest, highest = max(life.knots[0], log_breaks[0]), min(life.knots[-1], log_breaks[-1])
    if highest <= lowest:
        return np.empty(0), np.empty(0)
    return panels_between(np.clip(np.concatenate([life.knots, log_breaks, cuts]), lowest, highest))


def _lifetime(life: MassInterpolation, log_mass: FloatArray, segment: IndexArray) -> FloatArray:
    low, high = life.end
    return interpolated(low[segment], high[segment], *life.place(log_mass, segment))


def _log_mass_of_lifetime(life: MassInterpolation, time: float) -> FloatArray:
    """Return ln M in each segment where the lifetime is the time, NaN where there is none."""
    low, high = life.end
    passes = (low - time) * (high - time) < 0.0
    part = np.log(np.where(passes, time / low, 1.0)) / np.log(np.where(passes, high / low, 2.0))
    return np.where(passes, life.knots[:-1] + part * np.diff(life.knots), np.nan)

"""Random massive stars: masses, ages and phases, drawn from the exact distributions.

Of the stars that a star formation rate SFR, constant for a time t, has made, those alive now have the mass density

    dN/dM = SFR xi(M) min(lifetime(M), t)

and ages uniform in [0, min(lifetime(M), t)]. Between the tabulated masses, the breaks of xi and the masses whose
lifetime is t this is a power law: a piece is drawn by its exact weight, and the mass by inverting the power law there.
The integral over all pieces is `gridscan.physics.stellar.phase_counts.time_in_phase` for the phase ``"alive"``.
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
from gridscan.numerics.ranges import FINITE, NOT_NEGATIVE, Range, checked
from gridscan.physics.stellar import imf
from gridscan.physics.stellar.phase_table import PHASES, PhaseTable
from gridscan.physics.stellar.phase_windows import (
    MassInterpolation,
    at_metallicity,
    interpolated,
    refuse_unknown_mass_integrations,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gridscan.physics.stellar.population import StellarPopulation

__all__ = [
    "MOST_STARS",
    "PHASE_CODES",
    "Stars",
    "blocks",
    "checked_size",
    "draw_alive",
    "draw_history",
    "phase_codes",
]

FloatArray = NDArray[np.floating[Any]]
IndexArray = NDArray[np.intp]
Stars = dict[str, NDArray[Any]]

#: What the numbers of a drawn phase mean; a star is in one of them.
PHASE_CODES = ("other", "red_supergiant", "carbon_burning", "carbon_burning_rsg")
MOST_STARS = 50_000_000

_AGES = (
    "lifetime",
    "red_supergiant_start",
    "carbon_burning_start",
    "carbon_burning_end",
    "carbon_burning_rsg_start",
)

# A dozen arrays of this many stars fit the cache of one core.
_AT_ONCE = 1 << 14
# Exponents nearer to zero act as zero would, and spare the division 0/0.
_NO_EXPONENT = 1e-200
# Interpolation may round a window to begin a little before both of the tabulated ones.
_ROUNDING = 1e-12


def draw_alive(
    generator: np.random.Generator,
    table: PhaseTable,
    population: StellarPopulation,
    star_formation_rate: float,
    size: int | None = None,
) -> Stars:
    """Draw the massive stars that are alive at a time after star formation began.

    Parameters
    ----------
    generator
        Source of random numbers; the same state gives the same stars.
    table
        Ages at which stars of each metallicity and mass are in each phase; its mass bins bound the masses drawn.
    population
        A single one: one mass function, a metallicity within the range of the table, a time that is not negative.
    star_formation_rate
        Star formation rate [Msun/Myr], constant since time zero.
    size
        Number of stars; by default a Poisson number of mean SFR × `time_in_phase` of the phase ``"alive"``.

    Returns
    -------
    dict of str to numpy.ndarray
        Arrays of shape (size,), in no order: ``mass`` [Msun], ``age`` [Myr] and ``phase``, an index into `PHASE_CODES`
        (int8).

    Raises
    ------
    EvaluationError
        If an argument is outside its range, more than 50 million stars are to be drawn, or `size` stars are asked for
        where none is alive.

    Notes
    -----
    Codes 3 and 2 + 3 are the phases ``"carbon_burning_rsg"`` and ``"carbon_burning"`` of `time_in_phase`; 1 + 3 is
    ``"red_supergiant"`` but for one case. Each window is interpolated by itself, and where that of both phases at once
    goes to zero between two masses it is shorter than what the other two share: such stars have code 2 only. In the
    shipped table they are 0.15 % of the red supergiants of 28 to 30 Msun, and there are none for ``"bins"``.

    Examples
    --------
    >>> import numpy as np
    >>> from gridscan.physics.stellar.population import StellarPopulation
    >>> from gridscan.physics.stellar.star_sampling import draw_alive
    >>> from gridscan.stellar_tables.phases import shipped_phase_table
    >>> kroupa = StellarPopulation(exponents=[1.3, 2.3], breaks=[0.08, 0.5, 120.0], metallicity=0.014, time=20.0)
    >>> stars = draw_alive(np.random.default_rng(1), shipped_phase_table(), kroupa, 1e6, size=1000)
    >>> stars["mass"].shape, bool(stars["mass"].min() >= 11.0), bool(stars["age"].max() <= 17.72)
    ((1000,), True, True)
    """
    pieces = _pieces_of(table, population, alive=True)
    count = _number(generator, pieces, star_formation_rate, size)
    mass, age, phase = np.empty(count), np.empty(count), np.zeros(count, dtype=np.int8)
    for block in blocks(count):
        log_mass, span, segment = pieces.draw(generator, block.stop - block.start)
        np.exp(log_mass, out=mass[block])
        age[block] = generator.random(len(span)) * span
        late = np.flatnonzero(age[block] >= pieces.earliest_start[segment])
        ages = pieces.ages(log_mass[late], segment[late])
        phase[block][late] = phase_codes(age[block][late], **ages)
    return {"mass": mass, "age": age, "phase": phase}


def draw_history(
    generator: np.random.Generator, table: PhaseTable, population: StellarPopulation, star_formation_rate: float
) -> Stars:
    """Draw all massive stars born between time zero and a time, with the ages at which their phases begin and end.

    Parameters
    ----------
    generator
        Source of random numbers; the same state gives the same stars.
    table
        Ages at which stars of each metallicity and mass are in each phase; its mass bins bound the masses drawn.
    population
        A single one: one mass function, a metallicity within the range of the table, a time that is not negative.
    star_formation_rate
        Star formation rate [Msun/Myr], constant since time zero.

    Returns
    -------
    dict of str to numpy.ndarray
        Arrays of one shape (k,), in no order: ``mass`` [Msun], ``birth_time`` [Myr] and the ages [Myr] ``lifetime``,
        ``red_supergiant_start``, ``carbon_burning_start``, ``carbon_burning_end`` and ``carbon_burning_rsg_start``. A
        phase that a star does not have begins when it would end. k is a Poisson number of mean SFR t ∫ xi dM, with the
        time t of the population.

    Raises
    ------
    EvaluationError
        If an argument is outside its range or more than 50 million stars are to be drawn.

    Examples
    --------
    >>> import numpy as np
    >>> from gridscan.physics.stellar.population import StellarPopulation
    >>> from gridscan.physics.stellar.star_sampling import draw_history
    >>> from gridscan.stellar_tables.phases import shipped_phase_table
    >>> kroupa = StellarPopulation(exponents=[1.3, 2.3], breaks=[0.08, 0.5, 120.0], metallicity=0.014, time=20.0)
    >>> stars = draw_history(np.random.default_rng(1), shipped_phase_table(), kroupa, 1e6)
    >>> dead = stars["birth_time"] + stars["lifetime"] < 20.0
    >>> bool((stars["lifetime"][dead] < 20.0).all()), bool(0.3 < dead.mean() < 0.7)
    (True, True)
    """
    pieces = _pieces_of(table, population, alive=False)
    count = _number(generator, pieces, star_formation_rate, None)
    stars = {name: np.empty(count) for name in ("mass", "birth_time", *_AGES)}
    for block in blocks(count):
        log_mass, span, segment = pieces.draw(generator, block.stop - block.start)
        np.exp(log_mass, out=stars["mass"][block])
        stars["birth_time"][block] = generator.random(len(span)) * span
        for name, ages in pieces.ages(log_mass, segment).items():
            stars[name][block] = ages
    return stars


def phase_codes(
    age: FloatArray,
    lifetime: FloatArray,
    red_supergiant_start: FloatArray,
    carbon_burning_start: FloatArray,
    carbon_burning_end: FloatArray,
    carbon_burning_rsg_start: FloatArray,
) -> NDArray[np.int8]:
    """Return the phases of stars of given ages.

    Parameters
    ----------
    age
        Age [Myr]; a star not yet born or dead is in no phase but ``"other"``.
    lifetime, red_supergiant_start, carbon_burning_start, carbon_burning_end, carbon_burning_rsg_start
        Ages [Myr], as `draw_history` returns them.

    Returns
    -------
    numpy.ndarray
        Indices into `PHASE_CODES` (int8), of the shape to which all arguments broadcast.

    Examples
    --------
    A star that becomes a red supergiant at 17.1 Myr, burns carbon from 17.7 Myr on and dies at 17.71 Myr:

    >>> import numpy as np
    >>> from gridscan.physics.stellar.star_sampling import PHASE_CODES, phase_codes
    >>> codes = phase_codes(np.array([5.0, 17.5, 17.705, 18.0]), 17.71, 17.1, 17.7, 17.71, 17.7)
    >>> [PHASE_CODES[code] for code in codes]
    ['other', 'red_supergiant', 'carbon_burning_rsg', 'other']
    """
    burning = age < carbon_burning_end
    codes = np.where(age >= red_supergiant_start, 1, 0)
    codes = np.where(burning & (age >= carbon_burning_start), 2, codes)
    codes = np.where(burning & (age >= carbon_burning_rsg_start), 3, codes)
    return np.where(age < lifetime, codes, 0).astype(np.int8)


def checked_size(size: int) -> int:
    """Return the number of stars to draw, once it is known to be allowed.

    Parameters
    ----------
    size
        Number of stars.

    Returns
    -------
    int
        The same number.

    Raises
    ------
    EvaluationError
        If it is not a whole number from 0 to 50 million.
    """
    if not isinstance(size, int | np.integer) or size < 0:
        raise EvaluationError(f"size is {size!r}; it must be a whole number from 0 to {MOST_STARS}")
    _refuse_too_many(int(size), "a smaller size")
    return int(size)


def blocks(count: int) -> Iterator[slice]:
    """Return slices that together cover a number of stars, each small enough for the cache of one core.

    Parameters
    ----------
    count
        Number of stars.

    Returns
    -------
    iterator of slice
        In order, without gaps.
    """
    return (slice(start, min(start + _AT_ONCE, count)) for start in range(0, count, _AT_ONCE))


@dataclass(frozen=True, eq=False)
class _Pieces:
    """Massive stars of one metallicity and time, in pieces on which their number per ln M is a power law of the mass.

    Measured from the denser end of a piece, its anchor, the inverse of the cumulative distribution cannot overflow.
    """

    windows: dict[str, MassInterpolation]
    segment: IndexArray  # of the windows, for each piece
    cumulative: FloatArray  # weights of the pieces [Myr/Msun]
    anchor: FloatArray  # ln M
    exponent: FloatArray  # d ln(dN/dlnM)/d ln M
    decay: FloatArray  # exp(-|exponent| width) - 1
    span: FloatArray  # how long the stars at the anchor have been seen [Myr]
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
        """Return ln M, the time [Myr] over which births are spread evenly, and the segment of the windows."""
        chosen = np.searchsorted(self.cumulative, generator.random(size) * self.total, side="right")
        offset = np.log1p(generator.random(size) * self.decay[chosen]) / self.exponent[chosen]
        span = self.span[chosen] * np.exp(self.span_exponent[chosen] * offset)
        return self.anchor[chosen] + offset, span, self.segment[chosen]

    def ages(self, log_mass: FloatArray, segment: IndexArray) -> Stars:
        """Return the `_AGES` of stars [Myr]."""
        place = self.windows["alive"].place(log_mass, segment)

        def at(values: tuple[FloatArray, FloatArray]) -> FloatArray:
            return interpolated(values[0][segment], values[1][segment], *place)

        ends = [at(self.windows[phase].end) for phase in PHASES]
        _, red, carbon, both = (end - at(self.windows[phase].duration) for phase, end in zip(PHASES, ends, strict=True))
        return dict(zip(_AGES, (ends[0], red, carbon, ends[2], both), strict=True))


def _pieces_of(table: PhaseTable, population: StellarPopulation, *, alive: bool) -> _Pieces:
    """Return the stars that are alive at a time, or all those born until then."""
    exponents, breaks = _one_mass_function(population.exponents, population.breaks)
    time = _one_number("time", population.time, NOT_NEGATIVE, "Myr")
    windows = _windows(table, population.metallicity, str(population.mass_integration))
    life = windows["alive"]
    lower, upper = _pieces(life, np.log(breaks), _log_mass_of_lifetime(life, time))
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
    return _Pieces(windows, segment, np.cumsum(weight), anchor, exponent, decay, span, span_exponent)


def _one_mass_function(exponents: ArrayLike, breaks: ArrayLike) -> tuple[FloatArray, FloatArray]:
    exponents, breaks = np.asarray(exponents, dtype=float), np.asarray(breaks, dtype=float)
    if exponents.ndim != 1 or breaks.ndim != 1:
        raise EvaluationError(
            f"stars are drawn from one mass function, of the shapes (n,) and (n + 1,); found exponents and breaks of "
            f"the shapes {exponents.shape} and {breaks.shape}"
        )
    # Refuses what is no mass function.
    imf.number_density(1.0, exponents, breaks)
    return exponents, breaks


def _windows(table: PhaseTable, metallicity: ArrayLike, mass_integration: str) -> dict[str, MassInterpolation]:
    refuse_unknown_mass_integrations([mass_integration])
    between = MassInterpolation.bins if mass_integration == "bins" else MassInterpolation.continuous
    value = np.asarray(_one_number("metallicity", metallicity, FINITE))
    return {phase: between(table, *at_metallicity(table, value, *table.window(phase))) for phase in PHASES}


def _pieces(life: MassInterpolation, log_breaks: FloatArray, cuts: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the ends in ln M of the pieces that the table and the mass function have in common."""
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
    part = np.log(np.where(passes, time / low, 1.0)) / np.log(np.where(passes, high / low, np.e))
    return np.where(passes, life.knots[:-1] + part * np.diff(life.knots), np.nan)


def _number(generator: np.random.Generator, pieces: _Pieces, rate: float, size: int | None) -> int:
    """Return how many stars to draw, by default at random about the expected number."""
    rate = _one_number("star_formation_rate", rate, NOT_NEGATIVE, "Msun/Myr")
    expected = rate * pieces.total
    if size is None:
        _refuse_too_many(expected, "a lower star_formation_rate or time")
        return int(generator.poisson(expected))
    count = checked_size(size)
    if count and not expected:
        raise EvaluationError(
            f"size is {size}, but no star of the table's masses is alive, for the star formation rate, the time or the "
            "share of the mass function within these masses is zero; the size must be 0"
        )
    return count


def _refuse_too_many(number: float, instead: str) -> None:
    if number > MOST_STARS:
        raise EvaluationError(f"{number:.3g} stars would be drawn; at most {MOST_STARS:.3g} can be: ask for {instead}")


def _one_number(name: str, value: ArrayLike, allowed: Range, unit: str = "") -> float:
    if np.ndim(value):
        raise EvaluationError(f"{name} has the shape {np.shape(value)}; it must be one number")
    return float(checked(name, value, allowed, unit))

"""Random massive stars: masses, ages and phases, drawn from `gridscan.physics.stellar.mass_distribution`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gridscan.errors import EvaluationError
from gridscan.numerics.ranges import NOT_NEGATIVE
from gridscan.numerics.unit_arguments import in_units
from gridscan.physics.stellar.mass_distribution import AGES, MassDistribution, mass_distribution, one_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gridscan.physics.stellar.phase_table import PhaseTable
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
Stars = dict[str, NDArray[Any]]

#: Names of the codes of a drawn phase; each star has one.
PHASE_CODES = ("other", "red_supergiant", "carbon_burning", "carbon_burning_rsg")
MOST_STARS = 50_000_000

# A dozen arrays of this many stars fit the cache of one core.
_AT_ONCE = 1 << 14


@in_units(star_formation_rate="Msun/Myr")
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
        If an argument is outside its range, more than 50 million stars would be drawn, or `size` is above 0 where no
        star is alive.

    Notes
    -----
    Codes 3 and 2 + 3 are the phases ``"carbon_burning_rsg"`` and ``"carbon_burning"`` of `time_in_phase`; 1 + 3 is
    ``"red_supergiant"`` with one exception. Each window is interpolated by itself, and where that of both phases at
    once goes to zero between two masses it is shorter than what the other two share: such stars have code 2 only. In
    the shipped table they are 0.15 % of the red supergiants of 28 to 30 Msun, and there are none for ``"bins"``.

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
    distribution = mass_distribution(table, population, alive=True)
    count = _number(generator, distribution, star_formation_rate, size)
    mass, age, phase = np.empty(count), np.empty(count), np.zeros(count, dtype=np.int8)
    for block in blocks(count):
        log_mass, span, segment = distribution.draw(generator, block.stop - block.start)
        np.exp(log_mass, out=mass[block])
        age[block] = generator.random(len(span)) * span
        late = np.flatnonzero(age[block] >= distribution.earliest_start[segment])
        ages = distribution.ages(log_mass[late], segment[late])
        phase[block][late] = phase_codes(age[block][late], **ages)
    return {"mass": mass, "age": age, "phase": phase}


@in_units(star_formation_rate="Msun/Myr")
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
        If an argument is outside its range or more than 50 million stars would be drawn.

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
    distribution = mass_distribution(table, population, alive=False)
    count = _number(generator, distribution, star_formation_rate, None)
    stars = {name: np.empty(count) for name in ("mass", "birth_time", *AGES)}
    for block in blocks(count):
        log_mass, span, segment = distribution.draw(generator, block.stop - block.start)
        np.exp(log_mass, out=stars["mass"][block])
        stars["birth_time"][block] = generator.random(len(span)) * span
        for name, ages in distribution.ages(log_mass, segment).items():
            stars[name][block] = ages
    return stars


@in_units(
    age="Myr",
    lifetime="Myr",
    red_supergiant_start="Myr",
    carbon_burning_start="Myr",
    carbon_burning_end="Myr",
    carbon_burning_rsg_start="Myr",
)
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
    """Return the number of stars to draw, if it is allowed.

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


def _number(generator: np.random.Generator, distribution: MassDistribution, rate: float, size: int | None) -> int:
    """Return how many stars to draw, by default at random about the expected number."""
    rate = one_number("star_formation_rate", rate, NOT_NEGATIVE, "Msun/Myr")
    expected = rate * distribution.total
    if size is None:
        _refuse_too_many(expected, "a lower star_formation_rate or time")
        return int(generator.poisson(expected))
    count = checked_size(size)
    if count and not expected:
        raise EvaluationError(
            f"size is {size}, but no star of the table's masses is alive: the star formation rate, the time or the "
            "share of the mass function within these masses is zero; size must be 0"
        )
    return count


def _refuse_too_many(number: float, instead: str) -> None:
    if number > MOST_STARS:
        raise EvaluationError(
            f"{number:.3g} stars would be drawn; at most {MOST_STARS:.3g} are allowed: choose {instead}"
        )

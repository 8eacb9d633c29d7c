"""Neutrinos of a massive star against the time before its collapse: luminosity, spectrum, and what is still to come.

Between the knots of a track the luminosity and the rate of emission, L/<E>, are power laws of the time, so that energy
and number emitted in any window are closed forms: on an interval where y = y_i (t/t_i)^p,

    ∫ y dt from t_i to t = y_i t_i l exprel((p + 1) l),   l = ln(t/t_i)

No function inverts the luminosity, which is not monotone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import exprel

from gridscan.numerics.ranges import NOT_NEGATIVE, POSITIVE, checked, require_above
from gridscan.numerics.unit_arguments import in_units
from gridscan.physics.presupernova.luminosity_table import LuminosityTable, NeutrinoTrack, columns_at, track_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Emission", "emission", "energy_between", "number_between"]

FloatArray = NDArray[np.floating[Any]]

# So many numbers at once keep windows times intervals in memory.
_AT_ONCE = 2_000_000


@in_units(luminosity="MeV/s", mean_energy="MeV", rate="1/s")
class Emission(NamedTuple):
    """Neutrinos that stars emit at times before collapse, arrays of one shape.

    Attributes
    ----------
    luminosity
        Of electron antineutrinos alone [MeV/s].
    mean_energy
        Of electron antineutrinos [MeV].
    pinching
        alpha of their spectrum, dimensionless.
    rate
        Electron antineutrinos per time [1/s].
    nux_to_nue
        Number of each of nu_mu and nu_tau over that of nu_e, or None where the tracks do not say.
    nue_to_antinue
        Number of nu_e over that of their antineutrinos; 1 where the tracks do not say.
    nux_hardness
        Mean energy of nu_mu and nu_tau over that of nu_e-bar, or None where the tracks do not say.
    """

    luminosity: FloatArray
    mean_energy: FloatArray
    pinching: FloatArray
    rate: FloatArray
    nux_to_nue: FloatArray | None
    nue_to_antinue: FloatArray
    nux_hardness: FloatArray | None = None


@in_units(initial_mass="Msun", time="s")
def emission(table: LuminosityTable, initial_mass: ArrayLike, time: ArrayLike) -> Emission:
    """Return what stars emit at times before their collapse.

    Parameters
    ----------
    table
        Tracks of progenitors.
    initial_mass
        [Msun], above zero.
    time
        Before collapse [s], 0 or more.

    Returns
    -------
    Emission
        Of the shape to which mass and time broadcast. After the last knot of a track its luminosity is zero, and the
        spectrum is that of the last knot.

    Raises
    ------
    EvaluationError
        If a mass or a time is outside its range.

    Notes
    -----
    Source: the tables named in their files; for the shipped one Odrzywolek & Heger 2010, Acta Phys. Pol. B 41, 1611.

    Examples
    --------
    Ten years before its collapse a star of 15 Msun emits 1.6e47 electron antineutrinos a second:

    >>> from gridscan.physics.presupernova.luminosity import emission
    >>> from gridscan.stellar_tables.neutrino_tracks import shipped_luminosity_table
    >>> year = 31557600.0
    >>> now = emission(shipped_luminosity_table(), 15.0, 10 * year)
    >>> print(f"{now.rate:.2e} per second of {now.mean_energy:.3f} MeV")
    1.63e+47 per second of 0.676 MeV
    """
    when = checked("time", time, NOT_NEGATIVE, "s")
    parts = _for_each_mass(table, initial_mass, columns_at, when)
    luminosity, mean, alpha, others, ratio, hardness = parts
    number = others if _say(table, "nux_to_nue") else None
    return Emission(
        luminosity, mean, alpha, luminosity / mean, number, ratio, hardness if _say(table, "nux_hardness") else None
    )


@in_units(initial_mass="Msun", start="s", end="s")
def energy_between(table: LuminosityTable, initial_mass: ArrayLike, start: ArrayLike, end: ArrayLike) -> FloatArray:
    """Return the energy that stars emit in electron antineutrinos between two times before collapse.

    Parameters
    ----------
    table
        Tracks of progenitors.
    initial_mass
        [Msun], above zero.
    start, end
        Before collapse [s], 0 <= start <= end: the window is from `end` to the later `start`; 0 is the collapse.

    Returns
    -------
    numpy.ndarray
        [MeV]; all arguments broadcast. Exact to rounding for narrow windows, too.

    Raises
    ------
    EvaluationError
        If an argument is outside its range.

    Notes
    -----
    A sum of closed forms, see the module, none of which is negative. Source: the integral of a power law.

    Examples
    --------
    A star of 15 Msun emits most of its 1.9e51 erg in its last century, and 1.2e51 erg in its last year:

    >>> from gridscan.physics.presupernova.luminosity import energy_between
    >>> from gridscan.stellar_tables.neutrino_tracks import shipped_luminosity_table
    >>> year, erg = 31557600.0, 624150.907
    >>> energy = energy_between(shipped_luminosity_table(), 15.0, 0.0, [year, 100 * year, 6000 * year]) / erg
    >>> print(" ".join(f"{value:.2e}" for value in energy))
    1.17e+51 1.74e+51 1.87e+51
    """
    return _windows(table, initial_mass, start, end, lambda track: track.luminosity)


@in_units(initial_mass="Msun", start="s", end="s")
def number_between(table: LuminosityTable, initial_mass: ArrayLike, start: ArrayLike, end: ArrayLike) -> FloatArray:
    """Return the number of electron antineutrinos that stars emit between two times before collapse.

    Parameters
    ----------
    table
        Tracks of progenitors.
    initial_mass
        [Msun], above zero.
    start, end
        Before collapse [s], 0 <= start <= end: the window is from `end` to the later `start`; 0 is the collapse.

    Returns
    -------
    numpy.ndarray
        Dimensionless; all arguments broadcast. Exact to rounding for narrow windows, too.

    Raises
    ------
    EvaluationError
        If an argument is outside its range.

    Notes
    -----
    As for the energy: L/<E> is a power law between knots, too. Source: the integral of a power law.

    Examples
    --------
    >>> from gridscan.physics.presupernova.luminosity import number_between
    >>> from gridscan.stellar_tables.neutrino_tracks import shipped_luminosity_table
    >>> print(f"{number_between(shipped_luminosity_table(), 15.0, 0.0, 86400.0):.2e} in the last day")
    6.57e+55 in the last day
    """
    return _windows(table, initial_mass, start, end, lambda track: track.luminosity / track.mean_energy)


def _say(table: LuminosityTable, column: str) -> bool:
    return all(getattr(track, column) is not None for track in table.tracks)


def _windows(
    table: LuminosityTable,
    initial_mass: ArrayLike,
    start: ArrayLike,
    end: ArrayLike,
    column: Callable[[NeutrinoTrack], FloatArray],
) -> FloatArray:
    first, last = checked("start", start, NOT_NEGATIVE, "s"), checked("end", end, NOT_NEGATIVE, "s")
    require_above("end", last, "start", first, "s", or_equal=True)

    def windows(track: NeutrinoTrack, first: FloatArray, last: FloatArray) -> list[FloatArray]:
        size = max(_AT_ONCE // len(track.time), 1)
        blocks = [slice(begin, begin + size) for begin in range(0, max(first.size, 1), size)]
        return [np.concatenate([_integral(track.time, column(track), first[block], last[block]) for block in blocks])]

    return _for_each_mass(table, initial_mass, windows, first, last)[0]


def _integral(knots: FloatArray, heights: FloatArray, start: FloatArray, end: FloatArray) -> FloatArray:
    """Return the integrals of a piecewise power law from `start` to `end`, each of shape (n,)."""
    held = heights[0] * (np.minimum(end, knots[0]) - np.minimum(start, knots[0]))
    low, high = knots[:-1], knots[1:]
    power = np.diff(np.log(heights)) / np.diff(np.log(knots))
    a = np.clip(start[:, None], low, high)
    b = np.clip(end[:, None], low, high)
    length = np.log1p((b - a) / a)
    beginning = heights[:-1] * (a / low) ** power * a
    return np.asarray(held + (beginning * length * exprel((power + 1.0) * length)).sum(axis=1))


def _for_each_mass(
    table: LuminosityTable, initial_mass: ArrayLike, function: Callable[..., list[FloatArray]], *arrays: FloatArray
) -> list[FloatArray]:
    """Return the columns of a function of a track and of arrays of shape (n,), for each mass."""
    masses = checked("initial_mass", initial_mass, POSITIVE, "Msun")
    mass, *others = np.broadcast_arrays(masses, *arrays)
    flat = [values.ravel() for values in others]
    columns: list[FloatArray] = []
    # Without stars, any track tells how many columns there are.
    for value in np.unique(mass) if mass.size else table.mass[:1]:
        own = mass.ravel() == value
        found = function(track_of(table, float(value)), *(values[own] for values in flat))
        columns = columns or [np.empty(mass.size) for _ in found]
        for column, part in zip(columns, found, strict=True):
            column[own] = part
    return [column.reshape(mass.shape) for column in columns]

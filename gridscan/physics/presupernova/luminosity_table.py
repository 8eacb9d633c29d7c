"""Tracks of the neutrinos of massive stars before collapse, and the track of a star between two of them.

Luminosity, mean energy and pinching follow power laws of the time before collapse between the knots of a track, and
power laws of the initial mass between tracks, at equal time. A track is held before its first knot, down to the
collapse, and zero after its last one: stars do not shine earlier. Columns are those of electron antineutrinos alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridscan.errors import EvaluationError
from gridscan.numerics.ranges import POSITIVE, checked
from gridscan.numerics.unit_arguments import in_units

__all__ = ["LuminosityTable", "NeutrinoTrack", "columns_at", "is_held", "track_of"]

FloatArray = NDArray[np.floating[Any]]

# A mass that was converted is still the tabulated one.
_ROUNDING = 1e-9


@in_units(time="s", luminosity="MeV/s", mean_energy="MeV")
@dataclass(frozen=True, eq=False)
class NeutrinoTrack:
    """Neutrinos of one star at the knots of its track; every array has the shape (k,).

    Attributes
    ----------
    time
        Before collapse [s], above zero and increasing.
    luminosity
        Of electron antineutrinos alone [MeV/s], above zero.
    mean_energy
        Of electron antineutrinos [MeV].
    pinching
        alpha of their spectrum, dimensionless, above 1.
    nux_to_nue
        Number of each of nu_mu and nu_tau over that of nu_e, or None: that of thermal pairs.
    nue_to_antinue
        Number of nu_e over that of their antineutrinos, or None: 1.
    nux_hardness
        Mean energy of nu_mu and nu_tau over that of nu_e-bar, or None: that of thermal pairs.
    """

    time: FloatArray
    luminosity: FloatArray
    mean_energy: FloatArray
    pinching: FloatArray
    nux_to_nue: FloatArray | None = None
    nue_to_antinue: FloatArray | None = None
    nux_hardness: FloatArray | None = None


@in_units(mass="Msun")
@dataclass(frozen=True, eq=False)
class LuminosityTable:
    """Tracks of progenitors.

    Attributes
    ----------
    mass
        Shape (n,): initial masses [Msun], increasing.
    tracks
        One for each mass.
    held
        Whether a star of any mass is as the only one of the table; otherwise a table of one mass has no other.
    """

    mass: FloatArray
    tracks: tuple[NeutrinoTrack, ...]
    held: bool = False

    def only(self, mass: float) -> LuminosityTable:
        """Return a table of one progenitor, which every star is taken for.

        Parameters
        ----------
        mass
            One of the masses of the table [Msun].

        Returns
        -------
        LuminosityTable
            Of one track.

        Raises
        ------
        EvaluationError
            If the table does not have the mass.
        """
        found = np.flatnonzero(np.isclose(self.mass, mass, rtol=_ROUNDING, atol=0.0))
        if not found.size:
            known = ", ".join(f"{known:g}" for known in self.mass)
            raise EvaluationError(f"the table has no progenitor of {mass:g} Msun; it has {known} Msun")
        return LuminosityTable(self.mass[found], (self.tracks[int(found[0])],), held=True)


@in_units(initial_mass="Msun")
def track_of(table: LuminosityTable, initial_mass: float) -> NeutrinoTrack:
    """Return the track of a star of one mass.

    Parameters
    ----------
    table
        Tracks of progenitors.
    initial_mass
        [Msun], above zero.

    Returns
    -------
    NeutrinoTrack
        At the knots of both neighbours; where one of them is zero, it ends. A star lighter or heavier than the
        progenitors is as the nearest of them, see `is_held`.

    Raises
    ------
    EvaluationError
        If the mass is not above zero, or the table has one progenitor, of another mass.

    Notes
    -----
    log L, log <E> and log alpha are linear in log M at equal time; the ratios are linear in log M.

    Examples
    --------
    A star of 20 Msun shines with almost the geometric mean of those of 15 and of 25 Msun [MeV/s]:

    >>> from gridscan.physics.presupernova.luminosity_table import track_of
    >>> from gridscan.stellar_tables.neutrino_tracks import shipped_luminosity_table
    >>> table = shipped_luminosity_table()
    >>> star = track_of(table, 20.0)
    >>> print(f"{star.luminosity[0]:.2e} {(table.tracks[0].luminosity * table.tracks[1].luminosity)[0] ** 0.5:.2e}")
    1.59e+52 1.49e+52
    """
    mass = float(checked("initial_mass", initial_mass, POSITIVE, "Msun"))
    if len(table.tracks) == 1:
        if not table.held and not np.isclose(mass, table.mass[0], rtol=_ROUNDING, atol=0.0):
            raise EvaluationError(
                f"initial_mass is {mass:g} Msun; the table of neutrino luminosities has one progenitor, of "
                f"{table.mass[0]:g} Msun, and nothing to interpolate to another mass"
            )
        return table.tracks[0]
    upper = int(np.clip(np.searchsorted(table.mass, mass), 1, len(table.mass) - 1))
    span = np.log(table.mass[upper] / table.mass[upper - 1])
    weight = float(np.clip(np.log(mass / table.mass[upper - 1]) / span, 0.0, 1.0))
    if weight in (0.0, 1.0):
        return table.tracks[upper - 1 + int(weight)]
    return _between(table.tracks[upper - 1], table.tracks[upper], weight)


@in_units(initial_mass="Msun")
def is_held(table: LuminosityTable, initial_mass: ArrayLike) -> NDArray[np.bool_]:
    """Return whether stars are outside of the progenitors, and taken for the nearest of them.

    Parameters
    ----------
    table
        Tracks of progenitors.
    initial_mass
        [Msun].

    Returns
    -------
    numpy.ndarray
        Of bool, of the shape of `initial_mass`.

    Examples
    --------
    >>> from gridscan.physics.presupernova.luminosity_table import is_held
    >>> from gridscan.stellar_tables.neutrino_tracks import shipped_luminosity_table
    >>> is_held(shipped_luminosity_table(), [12.0, 15.0, 20.0, 30.0])
    array([ True, False, False,  True])
    """
    mass = np.asarray(initial_mass, dtype=float)
    return np.asarray((mass < table.mass[0] * (1.0 - _ROUNDING)) | (mass > table.mass[-1] * (1.0 + _ROUNDING)))


@in_units(time="s")
def columns_at(track: NeutrinoTrack, time: FloatArray) -> list[FloatArray]:
    """Return the columns of a track at times before collapse.

    Parameters
    ----------
    track
        One star.
    time
        Before collapse [s], of any shape.

    Returns
    -------
    list of numpy.ndarray
        Luminosity [MeV/s], zero after the last knot, mean energy [MeV], pinching, nu_x per nu_e (NaN where the track
        does not say), nu_e per antineutrino and hardness of nu_x (NaN likewise), each of the shape of `time`.

    Notes
    -----
    The first three are power laws between knots, the ratios linear in the logarithm of time.

    Examples
    --------
    >>> import numpy as np
    >>> from gridscan.physics.presupernova.luminosity_table import NeutrinoTrack, columns_at
    >>> star = NeutrinoTrack(*np.array([[1.0, 100.0], [1e4, 1.0], [2.0, 0.5], [3.0, 3.0]]))
    >>> luminosity, mean_energy, *_ = columns_at(star, np.array([0.1, 10.0, 101.0]))
    >>> print(luminosity.round(6), mean_energy.round(6))
    [10000.   100.     0.] [2.  1.  0.5]
    """
    knots = np.log(track.time)
    place = np.log(np.clip(time, track.time[0], track.time[-1]))
    columns = [np.exp(np.interp(place, knots, np.log(column))) for column in (track.luminosity, track.mean_energy)]
    columns.append(np.exp(np.interp(place, knots, np.log(track.pinching))))
    columns[0] = np.where(time > track.time[-1], 0.0, columns[0])
    for ratio, unsaid in ((track.nux_to_nue, np.nan), (track.nue_to_antinue, 1.0), (track.nux_hardness, np.nan)):
        columns.append(np.full(place.shape, unsaid) if ratio is None else np.interp(place, knots, ratio))
    return columns


def _between(first: NeutrinoTrack, second: NeutrinoTrack, weight: float) -> NeutrinoTrack:
    """Return the track at a weight from 0 to 1 between two tracks."""
    time = np.union1d(first.time, second.time)
    time = time[time <= min(first.time[-1], second.time[-1])]
    one, other = columns_at(first, time), columns_at(second, time)
    luminosity, mean, pinching = (
        np.exp((1.0 - weight) * np.log(a) + weight * np.log(b)) for a, b in zip(one[:3], other[:3], strict=True)
    )
    others, ratio, hardness = ((1.0 - weight) * a + weight * b for a, b in zip(one[3:], other[3:], strict=True))
    # What one of them does not say is that of thermal pairs.
    said = [None if np.isnan(column).any() else column for column in (others, hardness)]
    return NeutrinoTrack(time, luminosity, mean, pinching, said[0], ratio, said[1])

"""Random supernovae of a galaxy, drawn in time and in an exponential disk, as seen from the Sun.

Explosions are a Poisson process of constant rate; their places have the density

    p(R, phi, z) ∝ R exp(-R/h_R - |z|/h_z)

in cylindrical coordinates about the centre of the galaxy. The time, the radius, the azimuth and the height of each
follow from one uniform number by the inverse cumulative distribution:

    P(< R) = 1 - (1 + x) exp(-x), x = R/h_R      (the incomplete gamma function of order 2)
    P(< z) = exp(z/h_z)/2 for z < 0, 1 - exp(-z/h_z)/2 for z > 0

The Sun is in the plane, and galactic longitude is zero towards the centre.

Source: double exponential disk of 2.9 kpc as in Adams et al. 2013, ApJ 778, 164.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincinv

from gridscan.numerics.ranges import NOT_NEGATIVE, POSITIVE, Range, checked, refuse
from gridscan.numerics.unit_arguments import in_units
from gridscan.physics.boosted_dark_matter.arrival import vanishing_time
from gridscan.physics.constants import YEAR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "MOST_SUPERNOVAE",
    "PAIRS_AT_ONCE",
    "GalacticSupernovae",
    "Supernovae",
    "draw_supernovae",
    "seen_from_sun",
    "summed_over_visible",
    "visible_pairs",
]

FloatArray = NDArray[np.floating[Any]]
IndexArray = NDArray[np.intp]

MOST_SUPERNOVAE = 10_000_000
#: Pairs at once: a dozen arrays of this length are tens of megabytes.
PAIRS_AT_ONCE = 1 << 17


class Supernovae(NamedTuple):
    """Supernovae in the order of their explosions, as arrays of one shape (n,)."""

    #: When neutrinos arrive at Earth, from the beginning of the history [s].
    explosion_time: FloatArray
    #: From the Sun [kpc].
    distance: FloatArray
    #: Galactic, [rad], -pi to pi.
    longitude: FloatArray
    #: Galactic, [rad].
    latitude: FloatArray


@in_units(
    supernova_rate="1/s", supernova_history="s", disk_scale_length="kpc", disk_scale_height="kpc", sun_distance="kpc"
)
@dataclass(frozen=True)
class GalacticSupernovae:
    """Rate, history and distribution of the supernovae of a galaxy; the defaults are for the Milky Way.

    Attributes
    ----------
    supernova_rate
        Mean number per time [1/s].
    supernova_history
        How long they have exploded [s].
    supernova_seed
        Whole number from 0; the same one gives the same supernovae. A disk of other lengths then has the same ones at
        other places.
    disk_scale_length, disk_scale_height
        Of the exponential disk along its radius and across it [kpc].
    sun_distance
        Distance of the Sun from the centre [kpc].
    """

    supernova_rate: Any = 0.0163 / YEAR
    supernova_history: Any = 1e5 * YEAR
    supernova_seed: Any = 1
    disk_scale_length: Any = 2.9
    disk_scale_height: Any = 0.3
    sun_distance: Any = 8.5

    def arrays(self) -> dict[str, FloatArray]:
        """Return the parameters by name, all in their ranges.

        Returns
        -------
        dict of str to numpy.ndarray
            In the units of the attributes.

        Raises
        ------
        EvaluationError
            If one is not, or ten million supernovae or more are expected.
        """
        arrays = {name: checked(name, value, *_RANGES[name]) for name, value in vars(self).items()}
        expected = arrays["supernova_rate"] * arrays["supernova_history"]
        allowed = f"at most {MOST_SUPERNOVAE:,} supernovae"
        refuse("supernova_rate × supernova_history", expected, expected > MOST_SUPERNOVAE, allowed)
        return arrays


_RANGES = {
    "supernova_rate": (NOT_NEGATIVE, "1/s"),
    "supernova_history": (NOT_NEGATIVE, "s"),
    "supernova_seed": (Range(minimum=0.0, whole=True), ""),
    "disk_scale_length": (POSITIVE, "kpc"),
    "disk_scale_height": (NOT_NEGATIVE, "kpc"),
    "sun_distance": (NOT_NEGATIVE, "kpc"),
}


def draw_supernovae(galaxy: GalacticSupernovae) -> Supernovae:
    """Draw the supernovae of a galaxy over a time.

    Parameters
    ----------
    galaxy
        A single one.

    Returns
    -------
    Supernovae
        A Poisson number of them, sorted by time.

    Raises
    ------
    EvaluationError
        If a parameter is outside its range, or ten million supernovae or more are expected.

    Notes
    -----
    Source: double exponential disk as in Adams et al. 2013, ApJ 778, 164.

    Examples
    --------
    >>> from gridscan.physics.boosted_dark_matter.all_supernovae import GalacticSupernovae, draw_supernovae
    >>> supernovae = draw_supernovae(GalacticSupernovae(supernova_rate=1e-9, supernova_history=1e12))
    >>> bool(abs(len(supernovae.distance) - 1000) < 150), bool((supernovae.explosion_time <= 1e12).all())
    (True, True)
    """
    rate, duration, seed, scale_length, scale_height, sun_distance = (
        float(array.item()) for array in galaxy.arrays().values()
    )
    generator = np.random.default_rng(int(seed))
    number = int(generator.poisson(rate * duration))
    time, radial, turn, height = generator.random((4, number))
    radius, azimuth = scale_length * gammaincinv(2.0, radial), 2.0 * np.pi * turn
    # The number is below 1, so that every height is finite.
    above = -scale_height * np.log1p(-(2.0 * height % 1.0))
    z = np.where(height < 0.5, -above, above)
    return Supernovae(duration * np.sort(time), *seen_from_sun(radius, azimuth, z, sun_distance))


@in_units(time="s", explosion_time="s", longest="s")
def visible_pairs(
    time: FloatArray, explosion_time: FloatArray, longest: float, at_once: int = PAIRS_AT_ONCE
) -> Iterator[tuple[IndexArray, IndexArray]]:
    """Yield, in blocks of bounded size, all pairs of a time and a supernova that is visible then.

    Parameters
    ----------
    time
        Shape (k,), in any order [s].
    explosion_time
        Shape (n,), sorted [s].
    longest
        Ages above 0 and up to this one are visible [s].
    at_once
        Most pairs of a block.

    Yields
    ------
    point, supernova : numpy.ndarray
        Indices into `time` and `explosion_time`, of one shape.

    Examples
    --------
    >>> import numpy as np
    >>> from gridscan.physics.boosted_dark_matter.all_supernovae import visible_pairs
    >>> for point, supernova in visible_pairs(np.array([5.0, 9.0]), np.array([1.0, 4.0, 8.0]), 4.5):
    ...     print(list(zip(point.tolist(), supernova.tolist(), strict=True)))
    [(0, 0), (0, 1), (1, 2)]
    """
    first, last = (np.searchsorted(explosion_time, moment, "left") for moment in (time - longest, time))
    ends = np.cumsum(last - first)
    for start in range(0, int(ends[-1]) if ends.size else 0, at_once):
        pair = np.arange(start, min(start + at_once, int(ends[-1])))
        point = np.searchsorted(ends, pair, "right")
        yield point, np.asarray(last[point] - (ends[point] - pair), dtype=np.intp)


@in_units(time="s", kinetic_energy="MeV", dark_matter_mass="MeV", speed_of_light="kpc/s")
def summed_over_visible(
    time: FloatArray,
    kinetic_energy: FloatArray,
    dark_matter_mass: FloatArray,
    speed_of_light: FloatArray,
    galaxy: GalacticSupernovae,
    flux: Callable[..., FloatArray],
) -> FloatArray:
    """Return the summed flux of all supernovae that are visible at some points of a grid.

    Parameters
    ----------
    time
        Shape (k,): time of each point [s], from 0 to the end of the history.
    kinetic_energy, dark_matter_mass
        Shape (k,): T and m [MeV] of each point.
    speed_of_light
        Shape (k,): c [kpc/s].
    galaxy
        A single one.
    flux
        Of one supernova, ``flux(point, time=…, distance=…, supernova_longitude=…, supernova_latitude=…)``, of indices
        of points and of its age and place, all of one shape.

    Returns
    -------
    numpy.ndarray
        Shape (k,), in the unit of the flux.

    Raises
    ------
    EvaluationError
        If a time is outside the history, or a parameter of the galaxy outside its range.

    Notes
    -----
    At the time t one sees a supernova of time t_i at the age t - t_i, for ages above 0 and up to its vanishing time.
    Source: definition.
    """
    histories, which = np.unique(
        np.stack(np.broadcast_arrays(time, *galaxy.arrays().values())[1:]), axis=1, return_inverse=True
    )
    total = np.zeros(time.shape)
    for index, values in enumerate(histories.T.tolist()):
        own = np.flatnonzero(which.ravel() == index)
        seen = (time[own], kinetic_energy[own], dark_matter_mass[own], speed_of_light[own])
        single = GalacticSupernovae(*values)
        total[own] = _summed_over_history(*seen, single, lambda point, own=own, **where: flux(own[point], **where))
    return total


def _summed_over_history(
    time: FloatArray,
    kinetic_energy: FloatArray,
    dark_matter_mass: FloatArray,
    speed_of_light: FloatArray,
    galaxy: GalacticSupernovae,
    flux: Callable[..., FloatArray],
) -> FloatArray:
    end = float(galaxy.supernova_history)
    allowed = f"from 0 to {end / YEAR:.6g} yr, as it counts from the begin of the supernova_history here"
    refuse("time", time / YEAR, ~((time >= 0.0) & (time <= end)), allowed, "yr")
    found = draw_supernovae(galaxy)
    total = np.zeros(time.shape)
    if not found.distance.size:
        return total
    longest = float(np.max(vanishing_time(kinetic_energy, dark_matter_mass, found.distance.max(), speed_of_light)))
    for point, number in visible_pairs(time, found.explosion_time, longest):
        age, distance = time[point] - found.explosion_time[number], found.distance[number]
        last = vanishing_time(kinetic_energy[point], dark_matter_mass[point], distance, speed_of_light[point])
        seen = np.flatnonzero(age <= last)
        point, number = point[seen], number[seen]
        place = {"supernova_longitude": found.longitude[number], "supernova_latitude": found.latitude[number]}
        values = flux(point, time=age[seen], distance=distance[seen], **place)
        total += np.bincount(point, values, minlength=total.size)
    return total


@in_units(radius="kpc", azimuth="rad", z="kpc", sun_distance="kpc")
def seen_from_sun(
    radius: ArrayLike, azimuth: ArrayLike, z: ArrayLike, sun_distance: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return distance, galactic longitude and latitude of places in a galaxy.

    Parameters
    ----------
    radius
        Distance from the axis of the galaxy [kpc].
    azimuth
        About the centre [rad]: 0 towards the Sun, and growing towards the side of galactic longitude 90 deg.
    z
        Height above the plane [kpc].
    sun_distance
        Distance of the Sun from the centre, in its plane [kpc].

    Returns
    -------
    distance, longitude, latitude : numpy.ndarray
        [kpc] and [rad]; all arguments broadcast.

    Notes
    -----
    Source: change of coordinates.

    Examples
    --------
    The centre of the galaxy is at longitude and latitude zero:

    >>> from gridscan.physics.boosted_dark_matter.all_supernovae import seen_from_sun
    >>> [round(float(value), 9) for value in seen_from_sun(0.0, 0.0, 0.0, 8.2)]
    [8.2, 0.0, 0.0]
    """
    radius, azimuth, z = (np.asarray(item, dtype=float) for item in (radius, azimuth, z))
    towards_centre, across = sun_distance - radius * np.cos(azimuth), radius * np.sin(azimuth)
    in_plane = np.hypot(towards_centre, across)
    return np.hypot(in_plane, z), np.arctan2(across, towards_centre), np.arctan2(z, in_plane)

"""The stars of a galaxy before their collapse, by bins of mass: how many, how bright, and what detectors see of them.

The bins are those of the table of stellar phases, all stars of which are as that of the tabulated mass, or points of an
integral over the mass. The mass function enters last: what a bin sends knows nothing of it.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridscan.models.presupernova.combinations import StarFunction, for_each_combination
from gridscan.models.presupernova.kernels import Tracks
from gridscan.models.presupernova.star_curves import events_between, panels_of, star_of, table_of
from gridscan.numerics.quadrature import gauss_legendre
from gridscan.physics.constants import KILOPARSEC, YEAR
from gridscan.physics.galaxy.components import Galaxy, SingleGalaxy
from gridscan.physics.galaxy.reach import reach_of
from gridscan.physics.presupernova.event_rates import rate_of_all_flavours
from gridscan.physics.presupernova.luminosity import emission
from gridscan.physics.presupernova.population import over_bins
from gridscan.physics.presupernova.time_points import TimePoints, time_points
from gridscan.physics.stellar import galaxy_wide_imf
from gridscan.physics.stellar.imf_shapes import MassFunction, number_density, stars_per_bin
from gridscan.physics.stellar.phase_windows import at_metallicity, interpolated
from gridscan.stellar_tables.phases import read_phase_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridscan.physics.presupernova.rate_curve import RateCurve

Array = NDArray[np.floating[Any]]
ValueAndError = tuple[Array, Array]

#: Time [yr] before collapse from which on every star counts.
EVERY_STAR = 6000.0
# Gauss points between two tabulated masses.
_POINTS = 4


class InitialMasses(NamedTuple):
    """Initial mass function: its shape, and what that of a whole galaxy depends on."""

    exponents: Any
    breaks: Any
    imf_kind: Any
    lognormal_mass: Any
    lognormal_width: Any
    metallicity_dex: Any
    sfr: Any


class Bins(NamedTuple):
    """Masses [Msun] of the bins, and their edges or, of points of an integral, what each stands for [Msun]."""

    mass: Array
    edges: Array | None
    width: Array | None


class Dying(NamedTuple):
    """Which stars there are: the table of their phases, metallicity, time since the first formed [Myr], and colour."""

    stellar_table: Any
    mass_integration: Any
    metallicity: Any
    time: Any
    stars: Any


@functools.lru_cache(maxsize=64)
def bins_of(content: str, mass_integration: str) -> Bins:
    """Return the bins of a table of phases."""
    table = read_phase_table(content)
    if mass_integration == "bins":
        return Bins(table.mass, table.bin_edges, None)
    nodes, weights = gauss_legendre(_POINTS)
    half = 0.5 * np.diff(table.mass)[:, None]
    mass = 0.5 * (table.mass[1:] + table.mass[:-1])[:, None] + half * nodes
    return Bins(mass.ravel(), None, (half * weights).ravel())


def stars_per_mass(masses: InitialMasses, bins: Bins) -> Array:
    """Return the stars of each bin per solar mass formed [1/Msun], shape (..., b)."""
    kind = np.asarray(masses.imf_kind)
    whole_galaxy = kind == "igimf"
    function = MassFunction(
        masses.exponents,
        masses.breaks,
        np.where(whole_galaxy, "power-law", kind),
        masses.lognormal_mass,
        masses.lognormal_width,
    )
    if bins.edges is not None:
        found = stars_per_bin(bins.edges, function)
    else:
        wide = MassFunction(
            *(np.expand_dims(np.asarray(vector), -2) for vector in function[:2]),
            *(np.expand_dims(np.asarray(value), -1) for value in function[2:]),
        )
        found = number_density(bins.mass, wide) * bins.width
    if not whole_galaxy.any():
        return found

    def of_galaxy(sfr: Any, metallicity_dex: Any) -> tuple[Array]:
        return (_stars_of_galaxy(float(sfr), float(metallicity_dex), _key(bins)),)

    clusters = for_each_combination(of_galaxy, masses.sfr, masses.metallicity_dex, inner=1)[0]
    return np.where(whole_galaxy[..., None], clusters, found)


def _key(bins: Bins) -> tuple[tuple[float, ...] | None, ...]:
    return tuple(None if part is None else tuple(part.tolist()) for part in bins)


@functools.lru_cache(maxsize=512)
def _stars_of_galaxy(sfr: float, metallicity_dex: float, key: Any) -> Array:
    mass, edges, width = key
    if edges is not None:
        return galaxy_wide_imf.stars_per_bin(np.array(edges), sfr, metallicity_dex)[0]
    return galaxy_wide_imf.number_density(np.array(mass), sfr, metallicity_dex)[0] * np.array(width)


def ages_of(content: str, mass_integration: str, metallicity: float) -> tuple[Array, Array]:
    """Return for how long stars of each bin burn carbon as red supergiants [yr], and their lifetimes [yr]."""
    table = read_phase_table(content)
    at = np.asarray(metallicity, dtype=float)
    life, red = at_metallicity(table, at, table.lifetime, table.carbon_rsg_duration)
    if mass_integration != "bins":
        mass = bins_of(content, mass_integration).mass
        lower = np.clip(np.searchsorted(table.mass, mass, side="right") - 1, 0, len(table.mass) - 2)
        low, high = table.mass[lower], table.mass[lower + 1]
        place = (np.log(mass / low) / np.log(high / low), (mass - low) / (high - low))
        life, red = (interpolated(part[lower], part[lower + 1], *place) for part in (life, red))
    return 1e6 * red, 1e6 * life


def window_of(dying: Dying) -> tuple[Array, Array]:
    """Return the beginning and the end of the window of each bin [yr before collapse], for single values."""
    red, life = ages_of(str(dying.stellar_table), str(dying.mass_integration), float(dying.metallicity))
    stop = red if str(dying.stars) == "red" else np.full(red.shape, EVERY_STAR)
    return np.maximum(life - 1e6 * float(dying.time), 0.0), stop


def for_each_population(
    function: Callable[[Bins, Dying], tuple[Any, ...]], dying: Dying, *, inner: int = 0
) -> tuple[Array, ...]:
    """Evaluate a function of bins and single values for each distinct population."""

    def evaluate(*values: Any) -> tuple[Any, ...]:
        one = Dying(*values)
        return function(bins_of(str(one.stellar_table), str(one.mass_integration)), one)

    return for_each_combination(evaluate, *dying, inner=inner)


class Shining(NamedTuple):
    """Flux of stars times their squared distance [kpc²/cm²/s] and their points of time [yr], both of shape (b, n)."""

    severity: Array
    points: TimePoints


def shining(bins: Bins, one: Dying, content: Any, progenitor: Any, heavy: Callable[..., Array]) -> Shining:
    """Return what the stars of each bin send, as a function of time, in neutrinos of all flavours.

    Parameters
    ----------
    heavy
        Number of nu_mu or nu_tau over nu_e, of mass [Msun] and times [s].
    """
    stars = [star_of(content, progenitor, mass) for mass in bins.mass]
    knots = np.unique(np.concatenate([panels_of(star).edges for star in set(stars)])) / YEAR
    knots = knots[np.append(True, np.diff(knots) > 1e-9 * knots[1:])]
    points = time_points(knots, *window_of(one))
    table = table_of(str(content), str(progenitor))
    severity = np.empty(points.time.shape)
    for row, star in enumerate(stars):
        when = points.time[row] * YEAR
        emitted = emission(table, star.mass, when)
        severity[row] = rate_of_all_flavours(emitted.rate, heavy(star.mass, when), emitted.nue_to_antinue)
    return Shining(severity / (4.0 * np.pi * KILOPARSEC**2), points)


def of_shining_stars(
    function: Callable[[Shining, Array], ValueAndError],
    dying: Dying,
    tracks: Tracks,
    ratio: Any,
    masses: InitialMasses,
) -> ValueAndError:
    """Evaluate a function of what stars send and of the stars per mass formed, for each distinct population."""
    heavy = StarFunction(ratio)

    def evaluate(*values: Any) -> ValueAndError:
        content, progenitor, key, *population = values
        one = Dying(*population)
        bins = bins_of(str(one.stellar_table), str(one.mass_integration))
        bright = shining(bins, one, content, progenitor, lambda mass, times: heavy(key, mass, times))
        return function(bright, stars_per_mass(masses, bins))

    found = for_each_combination(evaluate, *tracks, heavy.key, *dying)
    return found[0], found[1]


def within(distance: Array, galaxy: Galaxy) -> ValueAndError:
    """Return the share of the young stars nearer than distances [kpc] of shape (..., b), and its error."""

    def evaluate(*row: Any) -> ValueAndError:
        reach = reach_of(SingleGalaxy(*(float(part) for part in row)))
        share = np.where(distance > 0.0, reach.enclosed(np.maximum(distance, 1e-12)), 0.0)
        return share, reach.relative_error * share + reach.absolute_error * (share > 0.0)

    found = for_each_combination(evaluate, *galaxy.arrays(), inner=1)
    return found[0], found[1]


def alive(one: Dying) -> Array:
    """Return which bins have stars that are old enough to collapse, as numbers."""
    _, life = ages_of(str(one.stellar_table), str(one.mass_integration), float(one.metallicity))
    return (life <= 1e6 * float(one.time)).astype(float)


def rate_of_alarms(
    horizon: ValueAndError, dying: Dying, masses: InitialMasses, galaxy: Galaxy, bins: Bins, one: Dying
) -> ValueAndError:
    """Return the rate [1/yr] of collapses within the horizons [kpc], of shape (..., b), and its error."""
    del dying
    far, error = horizon
    share, share_error = within(far, galaxy)
    farther, _ = within(far + error, galaxy)
    weight = stars_per_mass(masses, bins)
    old = alive(one)
    value = over_bins(masses.sfr, *_spread(weight, share * old))
    return value, over_bins(masses.sfr, *_spread(weight, (share_error + farther - share) * old))


def _spread(weight: Array, per_bin: Array) -> tuple[Array, Array]:
    return weight, per_bin


def events_of_stars(
    curves: list[tuple[RateCurve, float]], bins: Bins, one: Dying, exposure: float, targets: float
) -> tuple[Array, TimePoints]:
    """Return the expected events of stars times their squared distance [kpc²] in an exposure [s], shape (b, n).

    The exposure begins at the times of the points.
    """
    edges = np.unique(np.concatenate([curve.edges for curve, _ in curves])) / YEAR
    length = exposure / YEAR
    knots = np.unique(np.concatenate([edges, edges + length, [length]]))
    knots = knots[(knots <= edges[-1]) & np.append(True, np.diff(knots) > 1e-9 * knots[1:])]
    points = time_points(knots, *window_of(one))
    events = np.empty(points.time.shape)
    for row, (curve, relative) in enumerate(curves):
        when = points.time[row] * YEAR
        events[row], _ = events_between(curve, relative, np.maximum(when - exposure, 0.0), when)
    del bins
    return events * targets / (4.0 * np.pi * KILOPARSEC**2), points

"""The stars of a galaxy before their collapse, by bins of mass: how many, how bright, and what detectors see of them.

The bins are those of the table of stellar phases, all stars of which are as that of the tabulated mass, or points of an
integral over the mass. The mass function enters last: what a bin sends knows nothing of it.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridscan.models.presupernova.combinations import for_each_combination
from gridscan.models.presupernova.kernels import positron_curve, squared_kiloparsecs
from gridscan.models.presupernova.source import Source
from gridscan.models.presupernova.star_curves import events_between, panels_of
from gridscan.numerics.compound_counts import count_probabilities, exceedances_of_counts
from gridscan.numerics.quadrature import gauss_legendre
from gridscan.physics.constants import KILOPARSEC, YEAR
from gridscan.physics.galaxy.components import SingleGalaxy
from gridscan.physics.galaxy.reach import reach_of
from gridscan.physics.presupernova.event_counts import times_of_event_numbers
from gridscan.physics.presupernova.event_rates import rate_of_all_flavours
from gridscan.physics.presupernova.population import expected_stars, over_bins, time_above
from gridscan.physics.presupernova.time_points import TimePoints, time_points
from gridscan.physics.stellar import galaxy_wide_imf
from gridscan.physics.stellar.imf_shapes import MassFunction, number_density, stars_per_bin
from gridscan.physics.stellar.phase_windows import at_metallicity, interpolated
from gridscan.stellar_tables.phases import read_phase_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridscan.models.presupernova.combinations import StarFunction
    from gridscan.models.presupernova.kernels import PositronCounting
    from gridscan.physics.galaxy.components import Galaxy
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
    width: Array


class Collapsing(NamedTuple):
    """Which stars collapse: contents of tables of phases, integration over masses, metallicity, and time [Myr]."""

    stellar_table: Any
    mass_integration: Any
    metallicity: Any
    time: Any

    @property
    def bins(self) -> Bins:
        """The bins of mass, for single values."""
        return bins_of(str(self.stellar_table), str(self.mass_integration))

    @property
    def ages(self) -> tuple[Array, Array]:
        """Time as carbon-burning red supergiant and lifetime [yr] of each bin, for single values."""
        return ages_of(str(self.stellar_table), str(self.mass_integration), float(self.metallicity))

    @property
    def old(self) -> Array:
        """Which bins have stars that are old enough to collapse, 1 or 0, for single values."""
        return np.where(self.ages[1] <= 1e6 * float(self.time), 1.0, 0.0)

    def window(self, stars: Any) -> tuple[Array, Array]:
        """Return the beginning and the end of the window of each bin [yr before collapse], for single values."""
        red, life = self.ages
        stop = red if str(stars) == "red" else np.full(red.shape, EVERY_STAR)
        return np.maximum(life - 1e6 * float(self.time), 0.0), stop


@functools.lru_cache(maxsize=64)
def bins_of(content: str, mass_integration: str) -> Bins:
    """Return the bins of a table of phases."""
    table = read_phase_table(content)
    if mass_integration == "bins":
        return Bins(table.mass, table.bin_edges, np.diff(table.bin_edges))
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
        return np.asarray(galaxy_wide_imf.stars_per_bin(np.array(edges), sfr, metallicity_dex)[0])
    return np.asarray(galaxy_wide_imf.number_density(np.array(mass), sfr, metallicity_dex)[0] * np.array(width))


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


class DyingStars(NamedTuple):
    """Stars before collapse: their source, which of them collapse, and their colour."""

    neutrino_table: Any
    progenitor_mass: Any
    time_scaling: Any
    stellar_table: Any
    mass_integration: Any
    stars: Any
    metallicity: Any
    time: Any

    @property
    def source(self) -> Source:
        """Where they have their neutrinos from."""
        return Source(*self[:4], self.metallicity)

    @property
    def collapsing(self) -> Collapsing:
        """Which stars collapse, of whatever colour."""
        return Collapsing(self.stellar_table, self.mass_integration, self.metallicity, self.time)

    @property
    def window(self) -> tuple[Array, Array]:
        """The beginning and the end of the window of each bin [yr before collapse], for single values."""
        return self.collapsing.window(self.stars)


class Shining(NamedTuple):
    """What stars send times their squared distance, and their points of time [yr], both of shape (b, n)."""

    severity: Array
    points: TimePoints


def of_all_stars(
    function: Callable[..., tuple[Any, ...]],
    levels: tuple[Any, ...],
    stars: tuple[StarFunction, DyingStars, InitialMasses],
    place: tuple[Any, Any],
) -> ValueAndError:
    """Evaluate a function of what stars send and of the stars per mass formed, for each distinct population.

    Parameters
    ----------
    function
        Takes the levels, a star formation rate, w_b [1/Msun], fluxes in neutrinos of all flavours times squared
        distances [kpc²/cm²/s] at points of time, these points, and the place.
    stars
        Ratio of the flavours that they emit, which stars they are, and their initial mass function.
    """
    ratio, dying, masses = stars

    def evaluate(key: Any, *values: Any) -> tuple[Any, ...]:
        one = DyingStars(*values)
        bins = one.collapsing.bins
        stars = [one.source.star(mass) for mass in bins.mass]
        knots = np.unique(np.concatenate([panels_of(star).edges for star in set(stars)])) / YEAR
        points = time_points(_apart(knots), *one.window)
        severity = np.empty(points.time.shape)
        for row, star in enumerate(stars):
            when = points.time[row] * YEAR
            emitted = star.emission(when)
            severity[row] = rate_of_all_flavours(emitted.rate, ratio(key, bins.mass[row], when), emitted.nue_to_antinue)
        shining = Shining(severity / (4.0 * np.pi * KILOPARSEC**2), points)
        return function(*levels, masses.sfr, stars_per_mass(masses, bins), *shining, *place)

    value, error = for_each_combination(evaluate, ratio.key, *dying)
    return value, error


def number_above(
    flux: Any, sfr: Any, per_mass: Array, severity: Array, points: TimePoints, radius: Any, galaxy: Galaxy
) -> ValueAndError:
    """Return the expected number of stars within a radius each of which sends more than a flux, and its error."""
    time, error = time_above(flux, severity, points, radius, galaxy)
    return over_bins(sfr, per_mass, time), over_bins(sfr, per_mass, error)


def _apart(knots: Array) -> Array:
    """Return knots that rounding does not tell apart once."""
    return np.asarray(knots[np.append(True, np.diff(knots) > 1e-9 * knots[1:])])


def within(distance: Array, galaxy: Galaxy) -> ValueAndError:
    """Return the share of the young stars nearer than distances [kpc] of shape (..., b), and its error."""

    def evaluate(*row: Any) -> ValueAndError:
        reach = reach_of(SingleGalaxy(*(float(part) for part in row)))
        share = reach.enclosed(distance)
        return share, reach.relative_error * share + reach.absolute_error * (share > 0.0)

    value, error = for_each_combination(evaluate, *galaxy.arrays(), inner=1)
    return value, error


def alarms_of_all_stars(
    squared_horizon: Callable[[Array], ValueAndError], collapsing: Collapsing, masses: InitialMasses, galaxy: Galaxy
) -> ValueAndError:
    """Return the rate of collapses within the horizon of their mass [1/yr], and its error.

    Parameters
    ----------
    squared_horizon
        Of masses (b,) [Msun]; returns squares of horizons and their errors, shape (..., b) [kpc²].
    """

    known: dict[bytes, ValueAndError] = {}

    def evaluate(*values: Any) -> ValueAndError:
        one = Collapsing(*values)
        # Tables and metallicities of the same masses have the same horizons.
        key = one.bins.mass.tobytes()
        if key not in known:
            known[key] = squared_horizon(one.bins.mass)
        squared, error = known[key]
        share, share_error = within(np.sqrt(squared), galaxy)
        farther, _ = within(np.sqrt(squared + error), galaxy)
        per_mass = stars_per_mass(masses, one.bins)
        off = (share_error + np.maximum(farther - share, 0.0)) * one.old
        return over_bins(masses.sfr, per_mass, share * one.old), over_bins(masses.sfr, per_mass, off)

    value, error = for_each_combination(evaluate, *collapsing)
    return value, error


def collapse_rate(population: tuple[Collapsing, Any], masses: InitialMasses) -> Array:
    """Return the rate of collapses of a whole galaxy [1/yr], of the stars of a colour."""
    collapsing, colour = population

    def evaluate(stars: Any, *values: Any) -> tuple[Array]:
        one = Collapsing(*values)
        shown = one.old * (one.window(stars)[1] > 0.0)
        return (over_bins(masses.sfr, stars_per_mass(masses, one.bins), shown),)

    return for_each_combination(evaluate, colour, *collapsing)[0]


def dying_stars(population: tuple[Collapsing, Any], masses: InitialMasses) -> Array:
    """Return the expected number of stars of a whole galaxy within the window of their bin, of a colour."""
    collapsing, colour = population

    def evaluate(stars: Any, *values: Any) -> tuple[Array]:
        one = Collapsing(*values)
        start, stop = one.window(stars)
        return (expected_stars(masses.sfr, stars_per_mass(masses, one.bins), start, stop, 1.0),)

    return for_each_combination(evaluate, colour, *collapsing)[0]


class Exposed(NamedTuple):
    """A detector and its exposure: targets that count, rate of the background [1/s], and length [s]."""

    effective_protons: Any
    inverse_beta_background: Any
    exposure: Any


def counts_of_all_stars(
    number: Any,
    counting: PositronCounting,
    exposed: Exposed,
    stars: tuple[StarFunction, DyingStars, InitialMasses],
    place: tuple[Any, Galaxy],
) -> tuple[Array, Array]:
    """Return the probabilities of exactly and of at least a number of events in an exposure, from all stars.

    Parameters
    ----------
    number
        Whole numbers.
    stars
        Ratio of the flavours that they emit, which stars they are, and their initial mass function.
    place
        Distance [kpc] within which stars count, and the galaxy.
    """
    (ratio, dying, masses), constants = stars, counting.constants
    number = np.asarray(number)
    most = max(int(number.max()), 1)
    background = np.asarray(exposed.inverse_beta_background * exposed.exposure, dtype=float)

    def evaluate(key: Any, p_bar: Any, prompt: Any, targets: Any, exposure: Any, *values: Any) -> tuple[Any, ...]:
        one = DyingStars(*values)
        bins = one.collapsing.bins
        curves = [
            positron_curve(one.source, mass, lambda *at: ratio(key, *at), (p_bar, prompt), constants)
            for mass in bins.mass
        ]
        events, points = _events_of_stars(curves, one.window, float(exposure))
        severity = squared_kiloparsecs(events, float(targets))
        (exactly, _), (any_number, _) = times_of_event_numbers(most, severity, points, *place)
        per_mass = stars_per_mass(masses, bins)
        means = over_bins(np.asarray(masses.sfr)[..., None], per_mass[..., None, :], exactly)
        total = over_bins(masses.sfr, per_mass, any_number) + background
        first = np.where(np.arange(most) == 0, background[..., None], 0.0)
        tables = (means + first, total)
        return _of_number(number, count_probabilities(*tables), exceedances_of_counts(*tables))

    keys = (ratio.key, *counting.parts, exposed.effective_protons, exposed.exposure)
    exactly, at_least = for_each_combination(evaluate, *keys, *dying)
    return exactly, at_least


def _of_number(number: Array, *tables: Array) -> tuple[Array, Array]:
    """Return the entries for numbers along the last axis of tables."""
    found = []
    for table in tables:
        shape = np.broadcast_shapes(number.shape, table.shape[:-1])
        wide = np.broadcast_to(table, (*shape, table.shape[-1]))
        index = np.broadcast_to(number, shape).astype(np.intp)[..., None]
        found.append(np.take_along_axis(wide, index, axis=-1)[..., 0])
    return found[0], found[1]


def _events_of_stars(
    curves: list[tuple[RateCurve, float]], window: tuple[Array, Array], exposure: float
) -> tuple[Array, TimePoints]:
    """Return the yield [cm²] of stars in an exposure [s] that begins at the times of the points [yr]."""
    edges = np.unique(np.concatenate([curve.edges for curve, _ in curves])) / YEAR
    length = exposure / YEAR
    knots = np.unique(np.concatenate([edges, edges + length, [length]]))
    points = time_points(_apart(knots[knots <= edges[-1]]), *window)
    events = np.empty(points.time.shape)
    for row, (curve, relative) in enumerate(curves):
        when = points.time[row] * YEAR
        events[row], _ = events_between(curve, relative, np.maximum(when - exposure, 0.0), when)
    return events, points

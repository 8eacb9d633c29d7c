"""Fluence of boosted dark matter per kinetic energy: the flux integrated over an exposure.

The integral over the line of sight and over time is one over the points of scattering, and thus over the angles of
`gridscan.physics.boosted_dark_matter.arrival_arcs`:

    ∫ dt dPhi/dT = [tau L_1/(4 pi R_s)] ∫ dpsi K(psi) ∫ dtheta ∫ dphi n(r)

over the theta from where particles arrive during the exposure. With sin²(psi/2) = S_max tanh²(w) the energy of the
neutrinos is E_nu = (p + T)/2 cosh²(w), so that the integrand vanishes before any singularity. It is not smooth in w
where the last particles arrive with the begin or end of the exposure, where they begin to leave the supernova with it,
and where the arc passes through the halo centre; all have closed forms. Two such places may be near to each other: both
ends of a short exposure, or the two that are one for an exposure that begins or ends with the peak. Pieces then widen
from there in powers of 16. A spike in the halo centre is a narrow peak, and so is the centre of any halo if the
exposure begins or ends when its particles arrive: from there they widen too.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gridscan.numerics.piecewise import Pieces, integrate_pieces
from gridscan.numerics.quadrature import panels_between
from gridscan.numerics.unit_arguments import in_units
from gridscan.physics.boosted_dark_matter.arrival_arcs import arcs_of, arrived, last_kick
from gridscan.physics.boosted_dark_matter.arrival_surface import TEMPERATURES, taken
from gridscan.physics.boosted_dark_matter.azimuthal_integral import density_breaks
from gridscan.physics.boosted_dark_matter.column_density import columns
from gridscan.physics.scattering.one_particle import inverse_velocity_excess, momentum
from gridscan.physics.scattering.recoil_angle import largest_haversine

if TYPE_CHECKING:
    from gridscan.physics.boosted_dark_matter.emission import Setting

__all__ = ["fluence_of"]

FloatArray = NDArray[np.floating[Any]]
IndexArray = NDArray[np.intp]

_ROUNDS = 14
_PIECE = 1.6
_SHARE = 0.45
# Accuracies of the columns, relative to that of the fluence, where the first was not enough.
_FINER = (1e-2, 1e-4, 1e-7)
# On the estimates of the rule in w, which were too small for 2 of 1,900 random fluences, by a factor 2 at most.
_SAFETY = 2.0
# The spectrum falls as exp(-14) times the accuracy from its mean to where it is cut off.
_MARGIN = 14.0
# Parts of the time of the peak, and of the line, below which places are close together.
_NEAR_THE_PEAK = 1e-3
_SHORT = 1e-3
# By which pieces widen: 16 nodes then leave 1e-7 of a root.
_WIDENING = 16.0
# Places at which a sphere is looked for, the nearest of them, and how often what is between two is halved.
_SAMPLES = 65
_NEAREST = 1e-8
_BISECTIONS = 45
# Of lengths.
_ROUNDING = 1e-14
# Smaller than any w that matters, where an arc still has a radius.
_LEAST = 1e-100
# Larger than any w that is not rounded to infinity.
_BEYOND = 30.0


@dataclasses.dataclass(frozen=True)
class _Kicks:
    """n kinetic energies and exposures, every array of shape (n,), the delays x/R_s of the exposure of (2, n)."""

    setting: Setting
    kinetic_energy: FloatArray
    excess: FloatArray
    delays: FloatArray
    largest: FloatArray
    least_energy: FloatArray

    def place(self, haversine: FloatArray) -> FloatArray:
        """Return w of sin²(psi/2), infinite beyond the largest angle."""
        with np.errstate(divide="ignore"):
            found: FloatArray = np.arctanh(np.sqrt(np.clip(haversine / self.largest, 0.0, 1.0)))
        return found


@in_units(kinetic_energy="MeV", start="s", end="s")
def fluence_of(
    setting: Setting, kinetic_energy: FloatArray, start: FloatArray, end: FloatArray, accuracy: float
) -> tuple[FloatArray, FloatArray]:
    """Return the time integral of the flux, and its error.

    Parameters
    ----------
    setting
        Of n points.
    kinetic_energy
        T [MeV], shape (n,).
    start, end
        Ends of the exposure [s], shape (n,).
    accuracy
        Relative error to attain.

    Returns
    -------
    value, error : numpy.ndarray
        [1/(MeV cm²)], shape (n,).
    """
    value, error = _integrals(setting, kinetic_energy, start, end, accuracy, accuracy)
    for finer in _FINER:
        poor = np.flatnonzero(error > accuracy * value)
        if not poor.size:
            break
        some = taken(setting, poor), kinetic_energy[poor], start[poor], end[poor]
        value[poor], error[poor] = _integrals(*some, accuracy, finer * accuracy)
    return value, error


def _integrals(
    setting: Setting,
    kinetic_energy: FloatArray,
    start: FloatArray,
    end: FloatArray,
    accuracy: float,
    of_columns: float,
) -> tuple[FloatArray, FloatArray]:
    mass = setting.mass
    kicks = _Kicks(
        *(setting, kinetic_energy, inverse_velocity_excess(kinetic_energy, mass)),
        np.array([start, np.maximum(start, end)]) * (setting.light_speed / setting.supernova_distance),
        largest_haversine(kinetic_energy, mass),
        0.5 * (momentum(kinetic_energy, mass) + kinetic_energy),
    )
    pieces = _pieces(kicks, accuracy)

    def integrand(place: FloatArray, piece: IndexArray) -> tuple[FloatArray, FloatArray]:
        some = taken(kicks, pieces.owner[piece])
        squeezed, haversine = np.cosh(place) ** 2, some.largest * np.tanh(place) ** 2
        # dpsi/dw
        slope = 2.0 * np.sqrt(some.largest / (1.0 - haversine)) / squeezed
        rate = slope * some.setting.kicks(some.least_energy * squeezed, haversine, some.kinetic_energy)
        single = taken(some, np.tile(np.arange(len(piece)), len(place)))
        found = columns(single.setting, single.excess, single.delays, haversine.ravel(), of_columns)
        value, error = (rate * item.reshape(rate.shape) for item in found)
        return value, error / _SAFETY

    value, error = integrate_pieces(integrand, pieces, len(mass), _SHARE * accuracy, _ROUNDS)
    return setting.strength() * value, setting.strength() * _SAFETY * error


def _pieces(kicks: _Kicks, accuracy: float) -> Pieces:
    """Return pieces of w on which the integrand is smooth, but for the root of what has passed the last arrivals."""
    late = kicks.delays >= kicks.excess
    last = np.where(late, kicks.place(last_kick(kicks.delays, kicks.excess)), np.nan)
    first = np.where(late[0], last[0], 0.0)
    # Where cos(psi) = v; shortly before the peak, next to nothing is left of what is below.
    upright = kicks.place(0.5 * kicks.excess / (1.0 + kicks.excess))
    left = kicks.excess - kicks.delays[0]
    final = _highest(kicks, np.where(~late[0] & (left < _NEAR_THE_PEAK * kicks.excess), upright, first), accuracy)
    first = np.minimum(first, final)
    # Unless nothing arrives until then.
    straight = np.where(late, np.nan, upright)
    straight[kicks.delays < 1e-3 * accuracy * kicks.excess] = np.nan
    number = np.maximum(np.ceil((final - first) / _PIECE), 1.0)
    regular = first + (final - first) * np.minimum(np.arange(number.max(initial=1.0) + 1.0)[:, None] / number, 1.0)
    centre, around, touches = _through_the_centre(kicks, final)
    spheres = _through_spheres(kicks, first, np.minimum(last, final), final)
    cuts = np.concatenate([last, straight, centre[None], around, touches, spheres, _widening(kicks, last, final)])
    lower, upper = panels_between(np.concatenate([regular, np.clip(cuts, first, final)]).T)
    owner, piece = np.nonzero(upper > lower)
    lower, upper = lower[owner, piece], upper[owner, piece]
    peaked = np.where(np.isfinite(around).any(axis=0), centre, np.nan)
    rough = np.concatenate([peaked[None], touches, spheres])[:, owner]
    below = (lower == np.concatenate([last[:, owner], rough])).any(axis=0)
    return Pieces(owner, lower, upper, below, (upper == rough).any(axis=0))


def _widening(kicks: _Kicks, last: FloatArray, final: FloatArray) -> FloatArray:
    """Return ends of pieces that widen from where two places at which the integrand is not smooth are close together.

    After the peak, the last arrivals come from the larger root S of (2 b S - (b - 1))² = 4 (x - b + 1) (x + b + 1) S
    (1 - S). Of the peak, both roots are where cos(psi) = v; before it they are complex, and as close to the real S.
    """
    after, both = kicks.delays - kicks.excess, 2.0 + kicks.delays + kicks.excess
    straight = 0.5 * kicks.excess / (1.0 + kicks.excess)
    between = np.sqrt(np.abs(after) * both * straight * (1.0 - straight)) / (1.0 + kicks.excess)
    of_roots = kicks.place(straight + between) - kicks.place(straight)
    at_peak = np.abs(after) < _NEAR_THE_PEAK * kicks.excess
    late = after >= 0.0
    # Infinite where all has arrived.
    last = np.where(np.isfinite(last), last, np.nan)
    origin = np.where(late, last, kicks.place(straight))
    found = [_powers(origin, np.where(at_peak, of_roots, np.nan), final)]
    found.append(2.0 * np.where(late, np.nan, origin) - found[0])
    short = late[0] & (last[1] - last[0] < _SHORT * (final - last[1]))
    if short.any():
        found.append(_powers(last[1], np.where(short, last[1] - last[0], np.nan), final))
    return np.concatenate([item.reshape(-1, len(final)) for item in found])


def _powers(origin: FloatArray, width: FloatArray, final: FloatArray) -> FloatArray:
    """Return origin + width × 16^k from k = 0 up to the last piece, shape (k, ...); NaN for none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        number = np.log((final - origin) / width) / np.log(_WIDENING)
    number = np.where((number > 0.0) & np.isfinite(number), number, 0.0)
    power = np.arange(np.ceil(number.max(initial=0.0))).reshape(-1, *(1,) * origin.ndim)
    return np.where(power < number, origin + width * _WIDENING**power, np.nan)


def _highest(kicks: _Kicks, first: FloatArray, accuracy: float) -> FloatArray:
    """Return the w beyond which neutrinos are negligible; 0 if they are already at the first one."""
    hottest = kicks.setting.hottest()
    coldest = kicks.least_energy * np.cosh(np.minimum(first, _BEYOND)) ** 2
    # The spectrum still grows below a few temperatures.
    highest = np.maximum(coldest, 4.0 * hottest) + min(_MARGIN - np.log(accuracy), TEMPERATURES) * hottest
    return np.where(first < _BEYOND, np.arccosh(np.sqrt(np.maximum(highest / kicks.least_energy, 1.0))), 0.0)


def _through_the_centre(kicks: _Kicks, final: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return where the arc passes the halo centre, pieces that widen from there, and where it touches a core.

    An arc of psi + dpsi passes at the distance |S G| |E G|/R_s dpsi, by the gradient of the inscribed angle.

    Returns
    -------
    centre : numpy.ndarray
        w, shape (n,).
    around, touches : numpy.ndarray
        Ends of pieces, shape (k, n); NaN for none.
    """
    setting = kicks.setting
    along, across, distance = setting.centre_along, setting.centre_across, setting.supernova_distance
    angle = np.arctan2(across * distance, along * (distance - along) - across**2)
    centre = kicks.place(np.sin(0.5 * angle) ** 2)
    core = _core_radius(setting)
    radius = _peak_radius(kicks, core)
    if not radius.any():
        nothing = np.empty((0, len(centre)))
        return centre, nothing, nothing
    with np.errstate(divide="ignore", invalid="ignore"):
        turn = radius * distance / (np.hypot(along, across) * np.hypot(distance - along, across))
        width = kicks.place(np.sin(0.5 * np.minimum(angle + turn, np.pi)) ** 2) - centre
        width = np.where((radius > 0.0) & (turn < 1.0) & (width > 0.0), width, np.nan)
    after = _powers(centre, width, final)
    return centre, np.concatenate([after, 2.0 * centre - after]), _touches_of_the_core(kicks, core)


def _core_radius(setting: Setting) -> FloatArray:
    """Return the radius within which a spike is empty [kpc], 0 without a spike."""
    spike = setting.halo.spike
    if spike is None:
        return np.zeros_like(setting.mass)
    return np.where(spike.radius > 0.0, np.maximum(setting.halo.centre_cutoff, spike.inner_radius), 0.0)


def _touches_of_the_core(kicks: _Kicks, core: FloatArray) -> FloatArray:
    """Return w at which an arc touches the core of a spike of radius r, shape (k, n), NaN for nowhere.

    (along (R_s - along) - across² + r²) sin(psi) ± across R_s cos(psi) = ± r R_s, from |G C| = rho_c ± r.
    """
    setting = kicks.setting
    along, across, distance = setting.centre_along, setting.centre_across, setting.supernova_distance
    sines, cosines = along * (distance - along) - across**2 + core**2, across * distance
    with np.errstate(invalid="ignore"):
        offset = np.arcsin(np.where(core > 0.0, core * distance / np.hypot(sines, cosines), np.nan))
    angle = np.arctan2(cosines, sines)
    angles = np.array([sign * angle + turn for sign in (1.0, -1.0) for turn in (-offset, offset, np.pi - offset)])
    return kicks.place(np.where((angles > 0.0) & (angles < np.pi), np.sin(0.5 * angles) ** 2, np.nan))


def _peak_radius(kicks: _Kicks, core: FloatArray) -> FloatArray:
    """Return the radius of the peak about the halo centre [kpc], 0 for none.

    It is that of the core of a spike, or how far from the centre are the places from which particles arrive at an end
    of the exposure, if they are near.
    """
    setting = kicks.setting
    centre, _ = _delays_of_the_breaks(kicks)
    missed = np.abs(centre - kicks.delays).min(axis=0)
    short = missed < _SHORT * kicks.delays[1]
    near = np.maximum(missed / (2.0 + kicks.excess), _ROUNDING) * setting.supernova_distance
    return np.where(short & ((core == 0.0) | (near < core)), near, core)


def _through_spheres(kicks: _Kicks, first: FloatArray, last: FloatArray, final: FloatArray) -> FloatArray:
    """Return where the arcs between an end of the exposure touch a sphere where the density breaks, shape (k, n).

    The places that particles arrive from at an end of the exposure are circles; of a short one, all places are.
    """
    near_breaks = _near_breaks(kicks)
    if not near_breaks.size:
        return np.empty((0, len(final)))
    near = taken(kicks, near_breaks)
    breaks = density_breaks(near.setting.halo)
    # The circles of the end of the exposure move fastest right beyond the last kick.
    origins = np.fmax(first, last)[:, None, near_breaks]
    shares = np.geomspace(_NEAREST, 1.0, _SAMPLES)[:, None]
    samples = np.sort((origins + (final[near_breaks] - origins) * shares).reshape(-1, near_breaks.size), axis=0)
    radii = np.moveaxis(_radii(near, samples), 1, 0)
    beyond = radii[:, :, None] > breaks
    known = np.isfinite(radii)
    changes = (beyond[1:] != beyond[:-1]) & (known[1:] & known[:-1])[:, :, None]
    interval, circle, sphere, column = np.nonzero(changes)
    some, edge, each = taken(near, column), breaks[sphere, column], np.arange(len(column))
    low, high = samples[interval, column], samples[interval + 1, column]
    outside = beyond[interval, circle, sphere, column]
    for _ in range(_BISECTIONS if len(column) else 0):
        middle = 0.5 * (low + high)
        before = (_radii(some, middle)[circle, each] > edge) == outside
        low, high = np.where(before, middle, low), np.where(before, high, middle)
    order = np.argsort(column, kind="stable")
    column = near_breaks[column[order]]
    slot = each - np.searchsorted(column, column)
    found = np.full((slot.max(initial=-1) + 1, len(final)), np.nan)
    found[slot, column] = high[order]
    return found


def _near_breaks(kicks: _Kicks) -> IndexArray:
    """Return for which n the particles of an end of the exposure come from within the outermost break, or near it."""
    centre, reach = _delays_of_the_breaks(kicks)
    return np.flatnonzero((reach > 0.0) & (np.abs(centre - kicks.delays) <= reach).any(axis=0))


def _delays_of_the_breaks(kicks: _Kicks) -> tuple[FloatArray, FloatArray]:
    """Return x/R_s of the halo centre, and by how much it differs within the outermost break; 0 without any.

    Of x = d + b l - R_s, d and l change by r over a distance r.
    """
    setting = kicks.setting
    along, across, distance = setting.centre_along, setting.centre_across, setting.supernova_distance
    from_supernova, to_earth = np.hypot(along, across), np.hypot(distance - along, across)
    # R_s is taken from d + l alone, as b - 1 may be small.
    centre = from_supernova + to_earth - distance + kicks.excess * to_earth
    radius = density_breaks(setting.halo).max(axis=0)
    rounding = _ROUNDING * (from_supernova + to_earth + distance) * (1.0 + kicks.excess)
    reach = np.where(radius > 0.0, (2.0 + kicks.excess) * radius + rounding, 0.0)
    return centre / distance, reach / distance


def _radii(kicks: _Kicks, place: FloatArray) -> FloatArray:
    """Return the least and largest distance from the halo centre on the circles at the ends, [kpc], shape (8, ..., n).

    The first axis has both distances of two circles at each end; the others are those of `place`.
    """
    setting, haversine = kicks.setting, kicks.largest * np.tanh(np.maximum(place, _LEAST)) ** 2
    arcs = arcs_of(haversine, setting.supernova_distance, setting.centre_along, setting.centre_across)
    found: list[FloatArray] = []
    for delay in kicks.delays:
        begin, end, everything = arrived(delay, kicks.excess, haversine)
        for angle in (begin, arcs.angle - end):
            squares = arcs.distances(angle, angle - arcs.nearest)
            found += [np.where(everything, np.nan, np.sqrt(square)) for square in squares]
    return np.array(found)

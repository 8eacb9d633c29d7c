"""Flux of dark matter that supernova neutrinos have kicked to Earth, per kinetic energy, with its error.

The integral of `gridscan.physics.boosted_dark_matter.emission` is taken with a Gauss-Legendre rule in ln X and a
midpoint rule in phi, for many points at once. Orders double from rule to rule, and a point is done when two rules
agree. Points whose line passes near the halo centre, or through the spheres on which the density breaks, and those on
which no rule converges, are left to `gridscan.physics.boosted_dark_matter.near_halo_centre`.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridscan.numerics.piecewise import Estimate, estimate
from gridscan.numerics.quadrature import gauss_legendre, legendre_terms
from gridscan.numerics.ranges import POSITIVE, checked
from gridscan.numerics.unit_arguments import in_units
from gridscan.physics.boosted_dark_matter.arrival_surface import taken
from gridscan.physics.boosted_dark_matter.azimuthal_integral import density_breaks
from gridscan.physics.boosted_dark_matter.near_halo_centre import central_integrals
from gridscan.physics.dark_matter.halo import Halo, annihilated_density, double_power_law_density

if TYPE_CHECKING:
    from gridscan.physics.boosted_dark_matter.emission import Emission, Setting
    from gridscan.physics.boosted_dark_matter.problem import Problem

__all__ = ["boosted_flux", "flux_of"]

FloatArray = NDArray[np.floating[Any]]
BoolArray = NDArray[np.bool_]
IndexArray = NDArray[np.intp]

# Orders of the first rule in ln X by the length of the branches, and of the midpoint rule in phi.
_LENGTHS = (4.0, 6.0, 8.0, 10.0, 13.0)
_ORDERS = (8, 12, 16, 20, 24, 32)
_AZIMUTHS = 3
_DOUBLINGS = 2
# Below this ratio of the least to the largest distance from the halo centre the midpoint rule does not converge.
_LEAST_RATIO = 0.3
# How much longer than its chord the bent line between two nodes may be.
_LONGEST_ARC = 1.1
_NODES_AT_ONCE = 12_000
_ROUNDING = 1e-13


@in_units(time="s", kinetic_energy="MeV")
def boosted_flux(time: ArrayLike, kinetic_energy: ArrayLike, problem: Problem, *, accuracy: float = 1e-6) -> Estimate:
    """Return the flux dPhi/dT at Earth of dark matter kicked by the neutrinos of a supernova.

    Parameters
    ----------
    time
        t [s] after the arrival of the neutrinos; before it there is no flux.
    kinetic_energy
        T [MeV], above 0.
    problem
        Dark matter, supernova and interaction.
    accuracy
        Relative error to attain.

    Returns
    -------
    Estimate
        [1/(MeV cm² s)], of the shape to which all numbers broadcast. Exactly 0 for t <= 0 and after the last
        arrival.

    Raises
    ------
    EvaluationError
        If a parameter is outside its range, or the convention unknown.

    Notes
    -----
    Source: Lin, Tsai, Lin, Wong & Wu 2023, PRD 108, 083013; the integral is that of
    `gridscan.physics.boosted_dark_matter.emission`.

    Examples
    --------
    There is a flux until the last particles arrive:

    >>> import numpy as np
    >>> from gridscan.physics.boosted_dark_matter.arrival import vanishing_time
    >>> from gridscan.physics.boosted_dark_matter.flux import boosted_flux
    >>> from gridscan.physics.boosted_dark_matter.problem import Problem
    >>> from gridscan.physics.dark_matter.halo import Halo, HaloParameters
    >>> from gridscan.physics.neutrinos.supernova import NeutrinoSource
    >>> problem = Problem(
    ...     dark_matter_mass=0.1, supernova_distance=8.5, halo_distance=8.5, off_centre_angle=0.7,
    ...     halo=Halo.of(HaloParameters()), source=NeutrinoSource(), neutrino_cross_section=1e-35,
    ... )
    >>> last = vanishing_time(10.0, 0.1, 8.5, problem.speed_of_light / problem.kiloparsec)
    >>> flux = boosted_flux(np.array([0.5, 1.1]) * last, 10.0, problem)
    >>> bool(flux.value[0] > 0.0), float(flux.value[1]), bool(flux.converged.all())
    (True, 0.0, True)
    """
    checked("accuracy", accuracy, POSITIVE)
    setting, flat, shape = problem.at(time=time, kinetic_energy=kinetic_energy)
    value, error = flux_of(setting.emission(flat["time"], flat["kinetic_energy"]), accuracy)
    return estimate(value, error, accuracy, shape)


def flux_of(emission: Emission, accuracy: float) -> tuple[FloatArray, FloatArray]:
    """Return flux and error for points.

    Parameters
    ----------
    emission
        Of n points.
    accuracy
        Relative error to attain.

    Returns
    -------
    value, error : numpy.ndarray
        [1/(MeV cm² s)], shape (n,).
    """
    count = len(emission.scale)
    value, error = np.zeros(count), np.zeros(count)
    for group, order in _groups(emission):
        parts = max(1, -(-len(group) * order // _NODES_AT_ONCE))
        for index in np.array_split(group, parts):
            value[index], error[index] = _refined(taken(emission, index), order, accuracy)
    return value * emission.scale, error * emission.scale


def _groups(emission: Emission) -> list[tuple[IndexArray, int]]:
    """Return the points with a flux, by the number of their branches and the first order."""
    (first, last), (low, high) = emission.surface.upper_ends, emission.surface.lower_ends
    length = np.maximum(last - first, high - low)
    kind = np.searchsorted(_LENGTHS, length) + len(_ORDERS) * (high > low)
    kind[length <= 0.0] = -1
    return [(np.flatnonzero(kind == k), _ORDERS[k % len(_ORDERS)]) for k in np.unique(kind[kind >= 0])]


def _refined(emission: Emission, order: int, accuracy: float) -> tuple[FloatArray, FloatArray]:
    previous, _, central = _rule(emission, order, _AZIMUTHS, look=True)
    value, error = np.zeros_like(previous), np.full_like(previous, np.inf)
    rough = np.flatnonzero(~central)
    for doubling in range(1, _DOUBLINGS + 1):
        if not rough.size:
            break
        factor = 2**doubling
        finer, tail, _ = _rule(taken(emission, rough), factor * order, factor * _AZIMUTHS)
        value[rough], error[rough] = finer, _error(finer, previous[rough], tail)
        previous[rough] = finer
        rough = rough[error[rough] > accuracy * value[rough]]
    rough = np.flatnonzero(central | (error > accuracy * value))
    if rough.size:
        value[rough], error[rough] = central_integrals(taken(emission, rough), accuracy)
    lost = np.flatnonzero(~(np.isfinite(value) & np.isfinite(error)))
    if lost.size:
        # Out of range for the line near the centre: only the order of magnitude, with an error that says so.
        value[lost] = _rule(taken(emission, lost), 4 * order, 4 * _AZIMUTHS)[0]
        error[lost] = value[lost]
    return value, error


def _error(finer: FloatArray, coarser: FloatArray, tail: FloatArray) -> FloatArray:
    """Return a bound on the error of the finer of two rules.

    A rule of twice the order squares the relative error; the power 3/2 is far from that. Two rules can agree by chance,
    but then the last Legendre coefficients of the integrand show it: the error goes as their square.
    """
    difference = np.abs(finer - coarser)
    some = finer > 0.0
    ratio = np.divide(difference, finer, out=np.ones_like(finer), where=some)
    relative_tail = np.divide(tail, finer, out=np.zeros_like(finer), where=some)
    return difference * np.minimum(1.0, np.sqrt(10.0 * ratio)) + (relative_tail**2 + _ROUNDING) * finer


def _rule(
    emission: Emission, order: int, azimuths: int, look: bool = False
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Return ∫ dw K ∫ dphi rho of each point, its last Legendre coefficients, and whether it needs the other method.

    Whether the line comes near the halo centre is checked only on request.
    """
    surface = emission.surface
    nodes, weights, last_terms = _legendre(order, look)
    total, tail, central = np.zeros_like(surface.path), np.zeros_like(surface.path), np.zeros(len(surface.path), bool)
    kicks: FloatArray = np.zeros(())
    used = None
    for lower, (first, last) in ((False, surface.upper_ends), (True, surface.lower_ends)):
        half = 0.5 * (last - first)
        if not half.any():
            continue
        excess = np.exp(0.5 * (first + last) + half * nodes[:, None])
        haversine, *place = surface.place(excess, lower)
        if used is None or not (np.array_equal(used[0], first) and np.array_equal(used[1], last)):
            # Mostly the same on both branches.
            kicks = emission.setting.kicks(surface.neutrino_energy(excess), haversine, surface.kinetic_energy)
            kicks *= excess / (1.0 + excess)
            used = first, last
        squares = emission.radii_squared(*place)
        if look:
            central |= _comes_near(emission.setting, *squares, *place) & (half > 0.0)
        heights = kicks * _midpoint(emission.setting.halo, *squares, azimuths)
        total += half * (weights @ heights)
        tail += half * np.abs(last_terms @ heights).max(axis=0)
    return total, tail, central


@functools.cache
def _legendre(order: int, with_ends: bool) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return nodes and weights, and the factors of the heights for the last three Legendre coefficients.

    The ends, if included, have no weight.
    """
    nodes, weights = gauss_legendre(order)
    terms = 2.0 * legendre_terms(order)[-3:]
    if not with_ends:
        return nodes, weights, terms
    return np.array([-1.0, *nodes, 1.0]), np.array([0.0, *weights, 0.0]), np.pad(terms, ((0, 0), (1, 1)))


def _midpoint(halo: Halo, mean: FloatArray, amplitude: FloatArray, order: int) -> FloatArray:
    """Return the integral of the density outside the spike over phi, for r² = mean - amplitude cos(phi)."""
    total: FloatArray = np.zeros(())
    slope = float(halo.outer_slope[0]) if (halo.outer_slope == halo.outer_slope[0]).all() else halo.outer_slope
    annihilates = halo.annihilation.any()
    for cosine in np.cos((np.arange(order) + 0.5) * (np.pi / order)):
        radius = np.sqrt(np.maximum(mean - amplitude * cosine, np.finfo(float).tiny))
        density = double_power_law_density(radius, halo.scale_density, halo.scale_radius, slope)
        total = total + (annihilated_density(density, 1.0, halo.annihilation, 1.0) if annihilates else density)
    return total * (2.0 * np.pi / order)


def _comes_near(
    setting: Setting,
    mean: FloatArray,
    amplitude: FloatArray,
    distance: FloatArray,
    along: FloatArray,
    across: FloatArray,
) -> BoolArray:
    """Whether the line between neighbouring nodes could come too near to the halo centre for the midpoint rule.

    The distance of a line between two places from G is at least half of what the way by G is longer than it. And the
    distance from the supernova, which is monotonic along a branch, may be far from that of G.
    """
    radius = np.sqrt(np.maximum(mean - amplitude, 0.0))
    step = _LONGEST_ARC * np.hypot(np.diff(along, axis=0), np.diff(across, axis=0))
    least = np.maximum(0.5 * (radius[1:] + radius[:-1] - step), 0.0)
    offset = np.hypot(setting.centre_along, setting.centre_across)
    inner, outer = np.minimum(distance[1:], distance[:-1]), np.maximum(distance[1:], distance[:-1])
    least = np.maximum(least, np.maximum(inner - offset, offset - outer))
    widest = np.maximum(amplitude[1:], amplitude[:-1])
    steep: BoolArray = least**2 < _LEAST_RATIO**2 * (least**2 + 2.0 * widest)
    # A line may end at a break, within rounding.
    near: BoolArray = (steep | (least < density_breaks(setting.halo).max(axis=0) * (1.0 - _ROUNDING))).any(axis=0)
    return near

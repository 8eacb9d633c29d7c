"""Column density of the dark matter that arrives after kicks at one angle: ∫ dtheta ∫ dphi rho.

On the arc of `gridscan.physics.boosted_dark_matter.arrival_arcs` that comes nearest to the halo centre at theta_G, at
the distance delta, the density has its singularities at sin²(theta - theta_G) = -delta²/q. With theta - theta_G = kappa
sinh(s) they are at s = ± i pi/2, however near the arc comes, so that panels of a given length need a given number of
nodes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridscan.numerics.quadrature import gauss_legendre, legendre_terms, panels_between
from gridscan.physics.boosted_dark_matter.arrival_arcs import Arcs, arcs_of, arrived
from gridscan.physics.boosted_dark_matter.arrival_surface import taken
from gridscan.physics.boosted_dark_matter.azimuthal_integral import circle_integrals, density_breaks

if TYPE_CHECKING:
    from gridscan.physics.boosted_dark_matter.emission import Setting
    from gridscan.physics.dark_matter.halo import Halo

__all__ = ["columns"]

FloatArray = NDArray[np.floating[Any]]
BoolArray = NDArray[np.bool_]
IndexArray = NDArray[np.intp]

# The longest panels of each kind, in s.
_LENGTHS = (0.1, 0.4, 1.0, 2.0, 3.0)
_PANELS_AT_ONCE = 4000
_ROUNDING = 1e-13
# Share of the accuracy for each of theta and phi.
_SHARE = 0.03
# Part of an arc through the halo centre that is not resolved.
_NARROWEST = 1e-12


class _Parts(NamedTuple):
    """Parts of arcs, every array of shape (k,): of which kick, its arc, kappa, its begin and length in s."""

    kick: IndexArray
    arcs: Arcs
    scale: FloatArray
    first: FloatArray
    length: FloatArray


class _Panels(NamedTuple):
    """Panels of parts, every array of shape (n,): of which part, its begin and length in s, and if an end is rough."""

    part: IndexArray
    start: FloatArray
    length: FloatArray
    rough: BoolArray


def columns(
    setting: Setting, excess: FloatArray, delays: FloatArray, haversine: FloatArray, accuracy: float
) -> tuple[FloatArray, FloatArray]:
    """Return the integral of the density over theta and phi, and its error.

    Parameters
    ----------
    setting
        Of n kicks.
    excess
        b - 1.
    delays
        Shape (2, n): the ends x/R_s of the exposure.
    haversine
        sin²(psi/2).
    accuracy
        Relative error to attain.

    Returns
    -------
    value, error : numpy.ndarray
        [MeV/cm³], shape (n,).
    """
    place = (setting.supernova_distance, setting.centre_along, setting.centre_across)
    parts = _parts(arcs_of(haversine, *place), setting.empty_radius(), excess, delays, haversine)
    cuts, breaks = None, density_breaks(setting.halo)[:, parts.kick]
    if (breaks > parts.arcs.least).any():
        distance, along, across = (item[parts.kick] for item in place)
        cuts = _touches(parts, arcs_of(haversine[parts.kick], distance, along, -across), breaks)
    panels = _panels(parts, cuts)
    # A panel's order depends on its own length only.
    kind = 2 * np.searchsorted(_LENGTHS[:-1], panels.length) + panels.rough
    value, error = np.zeros_like(haversine), np.zeros_like(haversine)
    for k in np.unique(kind):
        group = np.flatnonzero(kind == k)
        order = _order(_LENGTHS[k // 2], _SHARE * accuracy)
        for some in np.array_split(group, -(-len(group) // _PANELS_AT_ONCE)):
            chosen = taken(panels, some)
            kick = parts.kick[chosen.part]
            found = _integrals(parts, chosen, taken(setting.halo, kick), order, _SHARE * accuracy)
            for total, item in zip((value, error), found, strict=True):
                total += np.bincount(kick, item, minlength=len(total))
    return value, error + _ROUNDING * value


def _parts(
    arcs: Arcs, empty_radius: FloatArray, excess: FloatArray, delays: FloatArray, haversine: FloatArray
) -> _Parts:
    """Return the parts of the arcs from which particles arrive, one before and one after the last arrivals."""
    (begun, near, none), (gone, far, everything) = (arrived(delay, excess, haversine) for delay in delays)
    empty = np.arcsin(np.minimum(empty_radius * arcs.sine / arcs.supernova_distance, 1.0))
    begin = np.maximum([begun, arcs.angle - far], empty)
    lower = np.where(everything, arcs.angle - near, gone) - begin[0]
    # This form of the difference loses no digits close to Earth.
    upper = np.where(arcs.angle - far >= empty, far - near, arcs.angle - near - empty)
    upper[everything] = 0.0
    half, kick = np.nonzero((np.array([lower, upper]) > 0.0) & ~none)
    width, begin = np.array([lower, upper])[half, kick], begin[half, kick]
    some, unresolved = taken(arcs, kick), np.maximum(empty, _NARROWEST * arcs.angle)[kick]
    scale = np.maximum(np.arcsinh(some.least / some.steepness), unresolved)
    first, last = (np.arcsinh((theta - some.nearest) / scale) for theta in (begin, begin + width))
    # The difference of the two, without cancellation.
    length = 2.0 * np.arcsinh(0.5 * width / (scale * np.cosh(0.5 * (first + last))))
    return _Parts(kick, some, scale, first, length)


def _touches(parts: _Parts, mirrored: Arcs, breaks: FloatArray) -> FloatArray:
    """Return the shares of the parts at which a circle touches a sphere where the density breaks, shape (m, k)."""
    found = []
    for arcs in (parts.arcs, mirrored):
        offset, shift = arcs.passes(breaks), arcs.nearest - parts.arcs.nearest
        found += [np.arcsinh((shift + sign * offset) / parts.scale) for sign in (-1.0, 1.0)]
    return (np.concatenate(found) - parts.first) / parts.length


def _panels(parts: _Parts, cuts: FloatArray | None) -> _Panels:
    number = np.ceil(parts.length / _LENGTHS[-1]).astype(int)
    part = np.repeat(np.arange(len(number)), number)
    place = np.arange(len(part)) - np.repeat(np.cumsum(number) - number, number)
    low, high = place / number[part], (place + 1.0) / number[part]
    rough = np.zeros(len(part), dtype=bool)
    if cuts is not None:
        inside = np.where((cuts > 0.0) & (cuts < 1.0), cuts, np.nan)[:, part]
        lower, upper = panels_between(np.concatenate([[low], np.clip(inside, low, high), [high]]).T)
        row, column = np.nonzero(upper > lower)
        edges = low[row], high[row]
        part, low, high = part[row], lower[row, column], upper[row, column]
        rough = (low != edges[0]) | (high != edges[1])
    length = parts.length[part]
    return _Panels(part, parts.first[part] + low * length, (high - low) * length, rough)


def _integrals(
    parts: _Parts, panels: _Panels, halo: Halo, order: int, tolerance: float
) -> tuple[FloatArray, FloatArray]:
    arcs, scale = taken(parts.arcs, panels.part), parts.scale[panels.part]
    rough = bool(panels.rough.any())
    nodes, weights = gauss_legendre(order + order // 2 * rough)
    share = 0.5 * (1.0 + nodes[:, None])
    slope = 3.0 * share * (1.0 - share) if rough else np.full_like(share, 0.5)
    share = share**2 * (3.0 - 2.0 * share) if rough else share
    s = panels.start + panels.length * share
    beyond = scale * np.sinh(s)
    least, largest = arcs.distances(arcs.nearest + beyond, beyond)
    density, error = circle_integrals(halo, least, largest, tolerance)
    jacobian = (panels.length * scale) * (slope * np.cosh(s))
    heights = density * jacobian
    value = weights @ heights
    tail = np.abs(legendre_terms(len(nodes))[-2:] @ heights).sum(axis=0)
    own = np.divide(2.0 * tail**2, value, out=np.zeros_like(value), where=value > 0.0)
    return value, own + weights @ (error * jacobian)


def _order(length: float, tolerance: float) -> int:
    """Return the order whose last coefficients are the root of a tolerance on a panel, from how fast they must fall."""
    pole = np.pi / length
    return 2 + int(np.ceil(-0.5 * np.log(tolerance) / np.arcsinh(pole)))

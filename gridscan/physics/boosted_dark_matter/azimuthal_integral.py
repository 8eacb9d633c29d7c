"""Density of a halo integrated over a circle that passes near its centre, or through the spheres where it breaks.

On a circle the distance from the centre runs from r_- to r_+, and with kappa = r_-/r_+ and the angle phi from the
nearest point

    r² = r_-² cos²(phi/2) + r_+² sin²(phi/2).

tan(phi/2) = kappa sinh(u) on the inner part, up to r² = r_- r_+, and cot(phi/2) = sinh(u) on the outer one make a power
law of r nearly a power of cosh(u), so that few points suffice however small r_- is. Every part is cut where r passes a
break.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gridscan.numerics.quadrature import gauss_legendre, panels_between
from gridscan.numerics.unit_arguments import in_units
from gridscan.physics.boosted_dark_matter.arrival_surface import taken

if TYPE_CHECKING:
    from gridscan.physics.dark_matter.halo import Halo

__all__ = ["circle_integral", "circle_integrals", "density_breaks"]

FloatArray = NDArray[np.floating[Any]]

# The nearest singularities are pi/2 off the real axis: each node on a panel of length 3 is worth a factor of 6.
_PANEL = 3.0
# Nodes on half of a circle.
_MIDPOINTS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)


def density_breaks(halo: Halo) -> FloatArray:
    """Return the radii at which the density of each halo is not smooth.

    Parameters
    ----------
    halo
        Of n halos, every array of shape (n,).

    Returns
    -------
    numpy.ndarray
        [kpc], shape (k, n), 0 for none.
    """
    if halo.spike is None:
        return halo.centre_cutoff[None]
    spike = halo.spike
    radii = np.array([spike.inner_radius, spike.knee, spike.radius]) * (spike.radius > 0.0)
    return np.concatenate([halo.centre_cutoff[None], radii])


@in_units(least="kpc²", largest="kpc²")
def circle_integrals(
    halo: Halo, least: FloatArray, largest: FloatArray, tolerance: float
) -> tuple[FloatArray, FloatArray]:
    """Return the integral of the density over the azimuth for many circles, and its error.

    Where a circle neither comes near the halo centre nor passes a break, it is taken with the midpoint rule, of which
    N nodes on half of the circle err by less than 4 r^(2 N), r = (r_+ - r_-)/(r_+ + r_-), up to rho ~ r^(-7/3).

    Parameters
    ----------
    halo
        The halo of each column, every array of shape (n,).
    least, largest
        The squares of r_- and r_+ [kpc²], shape (nodes, n).
    tolerance
        Relative error to attain.

    Returns
    -------
    value, error
        [MeV/cm³], shape (nodes, n).
    """
    near, far = np.sqrt(least), np.sqrt(largest)
    ratio = ((largest - least) / np.maximum((near + far) ** 2, np.finfo(float).tiny)).max(axis=0)
    needed = 0.5 * np.log(0.25 * tolerance) / np.log(np.clip(ratio, 1e-30, 1.0 - 1e-12))
    for edge in density_breaks(halo):
        needed[((near < edge) & (edge < far)).any(axis=0)] = np.inf
    kind = np.searchsorted(_MIDPOINTS, needed)
    value, error = np.empty_like(least), np.empty_like(least)
    for k in np.unique(kind):
        column = np.flatnonzero(kind == k)
        some, low, high = taken(halo, column), least[:, column], largest[:, column]
        if k < len(_MIDPOINTS):
            value[:, column] = _midpoint(some, low, high, _MIDPOINTS[k])
            error[:, column] = tolerance * value[:, column]
        else:
            circles = taken(halo, np.tile(column, len(least)))
            found = circle_integral(circles, np.sqrt(low).ravel(), np.sqrt(high).ravel(), tolerance)
            value[:, column] = found.reshape(low.shape)
            error[:, column] = tolerance * value[:, column]
    return value, error


def _midpoint(halo: Halo, least: FloatArray, largest: FloatArray, order: int) -> FloatArray:
    total: FloatArray = np.zeros(())
    for share in np.sin((np.arange(order) + 0.5) * (0.5 * np.pi / order)) ** 2:
        total = total + halo.density(np.sqrt(least + share * (largest - least)))
    return total * (2.0 * np.pi / order)


@in_units(least="kpc", largest="kpc")
def circle_integral(halo: Halo, least: FloatArray, largest: FloatArray, tolerance: float = 1e-10) -> FloatArray:
    """Return the integral of the density over the azimuth, from 0 to 2 pi.

    Parameters
    ----------
    halo
        The halo of each circle, every array of shape (n,).
    least, largest
        r_- and r_+ [kpc], shape (n,).
    tolerance
        Relative error to attain.

    Returns
    -------
    numpy.ndarray
        [MeV/cm³], shape (n,).
    """
    largest = np.maximum(largest, np.finfo(float).tiny)
    least = np.maximum(least, 1e-18 * largest)
    ratio = least / largest
    end = np.arcsinh(1.0 / np.sqrt(ratio))
    breaks = density_breaks(halo)
    # (r² - r_-²)/(r_+² - r²) = tan²(phi/2) where r passes a break.
    above = (breaks - least) * (breaks + least)
    below = (largest - breaks) * (largest + breaks)
    passes = (above > 0.0) & (below > 0.0)
    tangent = np.sqrt(np.divide(above, below, out=np.zeros_like(above), where=passes))
    total = np.zeros_like(least)
    order = int(np.ceil(-0.5 * np.log(tolerance) / np.arcsinh(np.pi / _PANEL)))
    steps = np.arange(0.0, float(end.max(initial=0.0)), _PANEL)[:, None]
    for outer in (False, True):
        sinh = np.divide(1.0, tangent, out=np.zeros_like(tangent), where=passes) if outer else tangent / ratio
        cuts = np.where(passes, np.arcsinh(sinh), 0.0)
        inside = np.minimum(np.concatenate([cuts, np.broadcast_to(steps, (len(steps), len(end))), end[None]]), end)
        total += _half(halo, least, largest, *panels_between(inside.T), order, outer)
    return total


def _half(
    halo: Halo,
    least: FloatArray,
    largest: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    order: int,
    outer: bool,
) -> FloatArray:
    nodes, weights = gauss_legendre(order)
    circle, panel = np.nonzero(upper > lower)
    low, high = lower[circle, panel], upper[circle, panel]
    half = 0.5 * (high - low)
    u = 0.5 * (low + high) + half * nodes[:, None]
    near, far, cosh, sinh = least[circle], largest[circle], np.cosh(u), np.sinh(u)
    if outer:
        radius, slope = np.hypot(far, near * sinh) / cosh, 1.0 / cosh
    else:
        squeezed = 1.0 + (near / far * sinh) ** 2
        radius, slope = near * cosh / np.sqrt(squeezed), near / far * cosh / squeezed
    heights = taken(halo, circle).density(radius) * slope
    # 2 du for each half of the circle.
    total: FloatArray = np.bincount(circle, 4.0 * half * (weights @ heights), minlength=len(least)).astype(float)
    return total

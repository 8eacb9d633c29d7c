"""The density of a halo integrated over a circle that passes near its centre, or through the spheres where it breaks.

On a circle the distance from the centre runs from r_- to r_+, and with kappa = r_-/r_+ and the angle phi from the
nearest point

    r² = r_-² cos²(phi/2) + r_+² sin²(phi/2).

tan(phi/2) = kappa sinh(u) on the inner part, up to r² = r_- r_+, and cot(phi/2) = sinh(u) on the outer one make a power
law of r nearly a power of cosh(u), so that few points suffice however small r_- is. Every part is cut where r passes a
break.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridscan.physics.boosted_surface import taken
from gridscan.physics.halo import Halo
from gridscan.quadrature import gauss_legendre, panels_between

FloatArray = NDArray[np.floating[Any]]

# The nearest singularities are pi/2 off the real axis: on a panel of length 3 the rule errs by 1e-10.
_PANEL = 3.0
_ORDER = 12


def density_breaks(halo: Halo) -> FloatArray:
    """Return the radii [kpc] at which the density of each of n halos is not smooth, shape (k, n), 0 for none."""
    if halo.spike is None:
        return halo.centre_cutoff[None]
    spike = halo.spike
    radii = np.array([spike.inner_radius, spike.knee, spike.radius]) * (spike.radius > 0.0)
    return np.concatenate([halo.centre_cutoff[None], radii])


def circle_integral(halo: Halo, least: FloatArray, largest: FloatArray) -> FloatArray:
    """Return the integral of the density over the azimuth, from 0 to 2 pi.

    Parameters
    ----------
    halo
        The halo of each circle, every array of shape (n,).
    least, largest
        r_- and r_+ [kpc], shape (n,).

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
    steps = np.arange(0.0, float(end.max(initial=0.0)), _PANEL)[:, None]
    for outer in (False, True):
        sinh = np.divide(1.0, tangent, out=np.zeros_like(tangent), where=passes) if outer else tangent / ratio
        cuts = np.where(passes, np.arcsinh(sinh), 0.0)
        inside = np.minimum(np.concatenate([cuts, np.broadcast_to(steps, (len(steps), len(end))), end[None]]), end)
        total += _half(halo, least, largest, *panels_between(inside.T), outer)
    return total


def _half(
    halo: Halo, least: FloatArray, largest: FloatArray, lower: FloatArray, upper: FloatArray, outer: bool
) -> FloatArray:
    nodes, weights = gauss_legendre(_ORDER)
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

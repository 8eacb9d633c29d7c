"""Random positions of stars in the galaxy, and the surface density that they follow.

Radii of the disk and centre radii of the arms of `gridscan.physics.galaxy.distances` have p(R) ∝ R exp(-R/h) between an
inner and an outer radius. With x = R/h the cumulative distribution is that of sigma(x) = x - ln(1 + x), the logarithm
of exp(x)/(1 + x):

    P(< x) = (1 - exp(sigma_in - sigma)) / (1 - exp(sigma_in - sigma_out))

so that a uniform number gives sigma, and sigma gives x in a few steps. Clipping puts the tails of ring and arms onto
the boundary circles, where no surface density is finite; `surface_density` is that of all other stars, and
`clipped_fraction` is the share on the circles.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from gridscan.errors import EvaluationError
from gridscan.numerics.quadrature import integrate_panels
from gridscan.numerics.ranges import FINITE, checked
from gridscan.physics.galaxy.components import SingleGalaxy
from gridscan.physics.stellar.star_sampling import blocks, checked_size

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridscan.physics.galaxy.components import Galaxy

__all__ = ["clipped_fraction", "draw_positions", "surface_density"]

FloatArray = NDArray[np.floating[Any]]

_CONVERGED = 1e-12


def draw_positions(generator: np.random.Generator, size: int, galaxy: Galaxy) -> tuple[FloatArray, FloatArray]:
    """Draw positions of young stars in the plane of a galaxy.

    Parameters
    ----------
    generator
        Source of random numbers; the same state gives the same positions.
    size
        Number of stars, at most 50 million.
    galaxy
        A single galaxy; its Sun has no influence.

    Returns
    -------
    x, y : numpy.ndarray
        [kpc], each of shape (size,), the centre of the galaxy being at the origin; disk, ring and arms in no order.

    Raises
    ------
    EvaluationError
        If the size is not a whole number from 0 to 50 million, or a parameter of the galaxy is outside its range.

    Notes
    -----
    A share 1 - f_arm - f_ring of the stars is in the disk, p(R) ∝ R exp(-R/h); f_ring in the ring, R normal and
    clipped to the radii of the disk; f_arm in one of K arms, with p(R_c) ∝ R_c exp(-R_c/h), the azimuth
    phi_0 + 2 pi k/K + ln(R_c/R_ref)/tan(pitch) and R normal about R_c, clipped to the radii of the arms.

    Examples
    --------
    >>> import numpy as np
    >>> from gridscan.physics.galaxy.components import Galaxy
    >>> x, y = draw_positions(np.random.default_rng(1), 1000, Galaxy())
    >>> radius = np.hypot(x, y)
    >>> x.shape, bool((radius >= 0.5 - 1e-9).all()), bool((radius <= 15.0 + 1e-9).all())
    ((1000,), True, True)
    """
    count, single = checked_size(size), galaxy.single()
    x, y = np.empty(count), np.empty(count)
    for block in blocks(count):
        radius, azimuth = _drawn_polar(generator, block.stop - block.start, single)
        np.multiply(radius, np.cos(azimuth), out=x[block])
        np.multiply(radius, np.sin(azimuth), out=y[block])
    return x, y


def surface_density(x: ArrayLike, y: ArrayLike, galaxy: Galaxy) -> FloatArray:
    """Return the number of young stars per area of the plane and per star of the galaxy, off the boundary circles.

    Parameters
    ----------
    x, y
        Position [kpc], the centre of the galaxy being at the origin.
    galaxy
        The galaxy, or many; the position of the Sun has no influence.

    Returns
    -------
    numpy.ndarray
        [1/kpc^2], of the shape to which all arguments broadcast. Its integral over the plane and `clipped_fraction`
        add up to 1: the stars of ring and arms that are clipped to a boundary circle have no finite surface density
        and are not in it.

    Raises
    ------
    EvaluationError
        If a parameter is outside its range, a coordinate is not finite, or the density of a ring is asked for at the
        centre with `disk_inner_radius` = 0, where it is infinite.

    Notes
    -----
    f = [w_disk p(R) + w_ring Normal(R)]/(2 pi R) + w_arms/(K R) Σ_j p(R_j) R_j |tan(pitch)| Normal(R - R_j) over the
    windings R_j = R_ref exp((phi - phi_0 + 2 pi j/K) tan(pitch)) that the arms have at the azimuth phi.
    Source: definition of the mixture.

    Examples
    --------
    An exponential disk, exp(-R/h)/(2 pi h^2):

    >>> import math
    >>> from gridscan.physics.galaxy.components import Galaxy
    >>> disk = Galaxy(arm_fraction=0, ring_fraction=0, disk_scale_length=2, disk_inner_radius=0, disk_outer_radius=200)
    >>> round(float(surface_density(4.0, 0.0, disk)) * 2 * math.pi * 2.0**2 / math.exp(-2.0), 9)
    1.0
    """
    x, y = np.broadcast_arrays(checked("x", x, FINITE, "kpc"), checked("y", y, FINITE, "kpc"))
    return _for_each_galaxy(_density, (x, y), galaxy)


def clipped_fraction(galaxy: Galaxy) -> FloatArray:
    """Return the share of the young stars that are clipped to a boundary circle of the disk or of the arms.

    Parameters
    ----------
    galaxy
        The galaxy, or many.

    Returns
    -------
    numpy.ndarray
        Dimensionless, of the shape to which all parameters broadcast.

    Raises
    ------
    EvaluationError
        If a parameter is outside its range, or an integral has not converged to 1e-12.

    Notes
    -----
    w_ring P(R outside) + w_arms ∫ p(R_c) P(R outside | R_c) dR_c. Source: definition of the mixture.

    Examples
    --------
    A disk alone clips none; half of a ring at the outer radius is beyond it:

    >>> from gridscan.physics.galaxy.components import Galaxy
    >>> round(float(clipped_fraction(Galaxy(arm_fraction=0, ring_fraction=0))), 12)
    0.0
    >>> round(float(clipped_fraction(Galaxy(arm_fraction=0, ring_fraction=1, ring_radius=15, disk_outer_radius=15))), 9)
    0.5
    """
    return _for_each_galaxy(_clipped, (), galaxy)


@dataclasses.dataclass(frozen=True)
class _ExponentialRadii:
    """The distribution p(R) ∝ R exp(-R/h) between two radii [kpc]."""

    scale: float
    inner: float
    outer: float

    @functools.cached_property
    def share(self) -> float:
        """1 - exp(sigma_in - sigma_out): the share of the stars beyond the inner radius that are within the outer."""
        width = (self.outer - self.inner) / self.scale
        return -math.expm1(-width) - width * math.exp(-width) / (1.0 + self.inner / self.scale)

    def density(self, radius: FloatArray) -> FloatArray:
        """Return p(R)/R [1/kpc^2] between the radii, zero outside."""
        height = np.exp((self.inner - radius) / self.scale) / (self.scale * (self.scale + self.inner) * self.share)
        return np.where((radius >= self.inner) & (radius <= self.outer), height, 0.0)

    def at(self, uniform: FloatArray) -> FloatArray:
        """Return the radius [kpc] within which a share of the stars, 0 <= share < 1, is.

        From a start within 5 %, two of Halley's steps, each of which cubes the error, solve x - ln(1 + x) = sigma to
        rounding.
        """
        inner = self.inner / self.scale
        sigma = inner - math.log1p(inner) - np.log1p(-self.share * uniform)
        # At x = 0 the steps would be 0/0.
        sigma = np.maximum(sigma, 1e-300)
        x = sigma + np.log1p(sigma + np.sqrt(2.0 * sigma))
        for _ in range(2):
            excess = x - np.log1p(x) - sigma
            x = x - 2.0 * excess * x * (1.0 + x) / (2.0 * x * x - excess)
        # Rounding may leave the interval of the radii.
        radius: FloatArray = np.clip(self.scale * x, self.inner, self.outer)
        return radius


def _drawn_polar(generator: np.random.Generator, size: int, galaxy: SingleGalaxy) -> tuple[FloatArray, FloatArray]:
    """Draw R [kpc] and the azimuth [rad] of stars."""
    disk, arms = _radii(galaxy)
    kind = generator.random(size)
    in_arms = np.flatnonzero(kind < galaxy.arm_fraction)
    in_disk = np.flatnonzero(kind >= 1.0 - galaxy.disk_fraction)
    azimuth = 2.0 * np.pi * generator.random(size)
    radius = galaxy.ring_radius + galaxy.ring_width * generator.standard_normal(size)
    radius = np.clip(radius, galaxy.disk_inner_radius, galaxy.disk_outer_radius)
    radius[in_disk] = disk.at(generator.random(len(in_disk)))
    centre = arms.at(generator.random(len(in_arms)))
    away = galaxy.arm_width * generator.standard_normal(len(in_arms))
    radius[in_arms] = np.clip(centre + away, galaxy.arm_inner_radius, galaxy.arm_outer_radius)
    turn = generator.integers(0, int(galaxy.arm_count), len(in_arms)) * (2.0 * np.pi / galaxy.arm_count)
    winding = np.log(centre / galaxy.arm_reference_radius) / math.tan(galaxy.arm_pitch)
    azimuth[in_arms] = galaxy.arm_phase + turn + winding
    return radius, azimuth


def _radii(galaxy: SingleGalaxy) -> tuple[_ExponentialRadii, _ExponentialRadii]:
    """Return the distributions of R in the disk and of R_c in the arms."""
    scale = galaxy.disk_scale_length
    return (
        _ExponentialRadii(scale, galaxy.disk_inner_radius, galaxy.disk_outer_radius),
        _ExponentialRadii(scale, galaxy.arm_inner_radius, galaxy.arm_outer_radius),
    )


def _density(galaxy: SingleGalaxy, x: FloatArray, y: FloatArray) -> FloatArray:
    radius, (disk, _) = np.hypot(x, y), _radii(galaxy)
    total = galaxy.disk_fraction / (2.0 * np.pi) * disk.density(radius)
    if galaxy.ring_fraction:
        if galaxy.disk_inner_radius == 0.0 and (radius == 0.0).any():
            raise EvaluationError(
                "the surface density is infinite at x = y = 0, where a ring is clipped to disk_inner_radius = 0; "
                "choose another position, or an inner radius above 0 kpc"
            )
        inside = (radius >= galaxy.disk_inner_radius) & (radius <= galaxy.disk_outer_radius)
        ring = _normal(radius[inside] - galaxy.ring_radius, galaxy.ring_width) / (2.0 * np.pi * radius[inside])
        total[inside] += galaxy.ring_fraction * ring
    if galaxy.arm_fraction:
        inside = (radius >= galaxy.arm_inner_radius) & (radius <= galaxy.arm_outer_radius)
        total[inside] += galaxy.arm_fraction * _arm_density(galaxy, radius[inside], np.arctan2(y[inside], x[inside]))
    return total


def _arm_density(galaxy: SingleGalaxy, radius: FloatArray, azimuth: FloatArray) -> FloatArray:
    """Return the surface density [1/kpc^2] of the stars of the arms between their radii, one winding after another."""
    arms, slope = _radii(galaxy)[1], math.tan(galaxy.arm_pitch)
    turn = 2.0 * np.pi / galaxy.arm_count
    first, last = galaxy.winding_range
    from_phase = azimuth - galaxy.arm_phase
    start = from_phase + turn * np.ceil((first - from_phase) / turn)
    total = np.zeros(radius.shape)
    for winding in range(int((last - first) / turn) + 1):
        angle = start + turn * winding
        exists = np.flatnonzero(angle <= last)
        centre = galaxy.arm_reference_radius * np.exp(angle[exists] * slope)
        total[exists] += arms.density(centre) * centre**2 * _normal(radius[exists] - centre, galaxy.arm_width)
    density: FloatArray = total * abs(slope) / (galaxy.arm_count * radius)
    return density


def _clipped(galaxy: SingleGalaxy) -> FloatArray:
    low, high = galaxy.disk_inner_radius - galaxy.ring_radius, galaxy.disk_outer_radius - galaxy.ring_radius
    ring = galaxy.ring_fraction * (ndtr(low / galaxy.ring_width) + ndtr(-high / galaxy.ring_width))
    if not galaxy.arm_fraction:
        return np.asarray(ring)
    arms, width = _radii(galaxy)[1], galaxy.arm_width

    def integrand(centre: FloatArray, _: NDArray[np.intp]) -> FloatArray:
        outside = ndtr((arms.inner - centre) / width) + ndtr((centre - arms.outer) / width)
        escaping: FloatArray = arms.density(centre) * centre * outside
        return escaping

    # Only stars whose centre is near an edge can be clipped to it: the panels shrink towards both.
    steps = width * 2.0 ** np.arange(6)
    cuts = np.concatenate([[arms.inner, arms.outer], arms.inner + steps, arms.outer - steps])
    cuts = np.unique(np.clip(cuts, arms.inner, arms.outer))
    panels = np.zeros(len(cuts) - 1, dtype=np.intp), cuts[:-1], cuts[1:]
    value, error = integrate_panels(integrand, *panels, 1, relative_tolerance=_CONVERGED, absolute_tolerance=1e-15)
    if not error[0] <= 2.0 * _CONVERGED * value[0] + 1e-14:
        raise EvaluationError(
            f"clipped_fraction has not converged: found {value[0]:g} with an error of {error[0]:.1g}, which must be "
            f"at most {_CONVERGED:g} of the value"
        )
    return np.asarray(ring + galaxy.arm_fraction * value[0])


def _normal(difference: FloatArray, width: float) -> FloatArray:
    density: FloatArray = np.exp(-0.5 * (difference / width) ** 2) / (width * math.sqrt(2.0 * np.pi))
    return density


def _for_each_galaxy(evaluate: Callable[..., FloatArray], points: tuple[FloatArray, ...], galaxy: Galaxy) -> FloatArray:
    """Evaluate every distinct galaxy once, at its points."""
    arrays = np.broadcast_arrays(*galaxy.arrays())
    rows = np.stack([array.ravel() for array in arrays], axis=-1)
    different, which = np.unique(rows, axis=0, return_inverse=True)
    shape = np.broadcast_shapes(arrays[0].shape, *(point.shape for point in points))
    which = np.broadcast_to(which.reshape(arrays[0].shape), shape)
    points = tuple(np.broadcast_to(point, shape) for point in points)
    result = np.empty(shape)
    for index, row in enumerate(different.tolist()):
        chosen = which == index
        result[chosen] = evaluate(SingleGalaxy(*row), *(point[chosen] for point in points))
    return result

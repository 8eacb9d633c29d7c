"""Components of the Galaxy: their parameters, their edges, and their radial distributions in closed form."""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from gridscan.errors import EvaluationError
from gridscan.numerics.ranges import FINITE, NOT_NEGATIVE, POSITIVE, SHARE, Range, checked, refuse, require_above
from gridscan.numerics.unit_arguments import in_units

__all__ = [
    "LARGEST_SHARE",
    "MOST_CROSSINGS",
    "Galaxy",
    "SingleGalaxy",
    "arm_density",
    "axisymmetric_density",
    "least_pitch",
]

FloatArray = NDArray[np.floating[Any]]

_DEGREE = math.pi / 180.0
# Scale lengths within which five terms of a series reach the last place.
_NARROW = 1e-3
#: As many windings of the arms may cross a ray from the centre; each is a term of the density.
MOST_CROSSINGS = 500
#: Largest sum of the shares of arms and ring: 1 up to rounding.
LARGEST_SHARE = 1.0 + 1e-12


@in_units(
    sun_x="kpc",
    sun_y="kpc",
    disk_scale_length="kpc",
    disk_inner_radius="kpc",
    disk_outer_radius="kpc",
    arm_pitch="rad",
    arm_phase="rad",
    arm_width="kpc",
    ring_width="kpc",
    arm_reference_radius="kpc",
    arm_inner_radius="kpc",
    arm_outer_radius="kpc",
    ring_radius="kpc",
)
@dataclasses.dataclass(frozen=True)
class Galaxy:
    """A spiral galaxy and the position of the Sun in it, or many of them: numbers, or arrays that broadcast.

    The defaults are those of the model `red_supergiants`, for the Milky Way.

    Attributes
    ----------
    sun_x, sun_y
        Position of the Sun [kpc], the centre of the galaxy being at the origin.
    disk_scale_length, disk_inner_radius, disk_outer_radius
        Scale length h of the surface density, and where disk and ring begin and end [kpc].
    arm_fraction, ring_fraction
        Shares of the stars in the arms and in the ring; the rest is in the disk.
    arm_count
        Number K of arms.
    arm_pitch, arm_phase
        Their pitch [rad] (negative for arms that wind the other way) and phi_0 [rad].
    arm_width, ring_width
        Standard deviation of R in the arms and in the ring [kpc].
    arm_reference_radius, arm_inner_radius, arm_outer_radius
        R_ref, where the first arm is at phi_0, and where the arms begin and end [kpc].
    ring_radius
        Mean R of the ring [kpc].
    """

    sun_x: Any = -8.2
    sun_y: Any = 0.0
    disk_scale_length: Any = 1.8
    disk_inner_radius: Any = 0.5
    disk_outer_radius: Any = 15.0
    arm_fraction: Any = 0.65
    arm_count: Any = 4
    arm_pitch: Any = 12.0 * _DEGREE
    arm_phase: Any = 20.0 * _DEGREE
    arm_width: Any = 0.3
    arm_reference_radius: Any = 5.0
    arm_inner_radius: Any = 3.0
    arm_outer_radius: Any = 13.0
    ring_fraction: Any = 0.1
    ring_radius: Any = 4.5
    ring_width: Any = 0.5

    def arrays(self) -> tuple[FloatArray, ...]:
        """Return the parameters in their order, as arrays of numbers within their ranges.

        Returns
        -------
        tuple of numpy.ndarray
            Lengths [kpc], angles [rad], shares and numbers [1].

        Raises
        ------
        EvaluationError
            If a parameter is outside its range.
        """
        own = {
            name: checked(name, value, *_RANGES.get(name, (FINITE, "")))
            for name, value in vars(self).items()
            if name in _NAMES
        }
        for outer, inner in (("disk_outer_radius", "disk_inner_radius"), ("arm_outer_radius", "arm_inner_radius")):
            require_above(outer, own[outer], inner, own[inner], "kpc")
        total = own["arm_fraction"] + own["ring_fraction"]
        refuse("arm_fraction + ring_fraction", total, total > LARGEST_SHARE, SHARE.described())
        least = least_pitch(own["arm_count"], own["arm_inner_radius"], own["arm_outer_radius"])
        pitch = own["arm_pitch"]
        allowed = f"at least {np.max(least):.3g} rad either way, for this number of arms between these radii"
        refuse("arm_pitch", pitch, np.abs(pitch) < least, allowed, "rad")
        return tuple(own.values())

    def single(self) -> SingleGalaxy:
        """Return a galaxy of plain numbers.

        Returns
        -------
        SingleGalaxy
            With the same parameters.

        Raises
        ------
        EvaluationError
            If a parameter is outside its range, or has more than one value.
        """
        arrays = self.arrays()
        for name, array in zip(_NAMES, arrays, strict=True):
            if array.size != 1:
                raise EvaluationError(f"{name} has {array.size} values; a single galaxy has one of each")
        return SingleGalaxy(*(float(array.item()) for array in arrays))


_NAMES = tuple(field.name for field in dataclasses.fields(Galaxy))
_RANGES = {
    **dict.fromkeys(["sun_x", "sun_y", "ring_radius"], (FINITE, "kpc")),
    **dict.fromkeys(["disk_scale_length", "arm_width", "arm_reference_radius", "arm_inner_radius"], (POSITIVE, "kpc")),
    **dict.fromkeys(["disk_outer_radius", "arm_outer_radius", "ring_width"], (POSITIVE, "kpc")),
    "disk_inner_radius": (NOT_NEGATIVE, "kpc"),
    **dict.fromkeys(["arm_fraction", "ring_fraction"], (SHARE, "")),
    "arm_count": (Range(minimum=1.0, whole=True), ""),
    "arm_pitch": (Range(above=-math.pi / 2, below=math.pi / 2), "rad"),
    "arm_phase": (FINITE, "rad"),
}


class SingleGalaxy(Galaxy):
    """One galaxy of plain numbers within their ranges, and what follows from them: see `Galaxy.single`."""

    @functools.cached_property
    def sun_radius(self) -> float:
        """Distance of the Sun from the centre [kpc]."""
        return math.hypot(self.sun_x, self.sun_y)

    @functools.cached_property
    def disk_fraction(self) -> float:
        """Share of the stars that are neither in the arms nor in the ring."""
        return max(0.0, 1.0 - float(self.arm_fraction) - float(self.ring_fraction))

    @functools.cached_property
    def boundary_radii(self) -> FloatArray:
        """Radii [kpc] of the circles on which the density is not smooth."""
        disk = [self.disk_inner_radius, self.disk_outer_radius]
        arms = [self.arm_inner_radius, self.arm_outer_radius]
        return np.array([*(disk if self.arm_fraction < 1.0 else []), *(arms if self.arm_fraction > 0.0 else [])])

    @functools.cached_property
    def narrowest(self) -> float:
        """Smallest standard deviation [kpc] of a component that has stars."""
        arms = self.arm_width if self.arm_fraction > 0.0 else math.inf
        return min(arms, self.ring_width if self.ring_fraction > 0.0 else math.inf)

    @functools.cached_property
    def winding_range(self) -> tuple[float, float]:
        """The azimuths phi - phi_0 [rad] between which an arm winds, not reduced to one turn."""
        ends = np.log(np.array([self.arm_inner_radius, self.arm_outer_radius]) / self.arm_reference_radius)
        low, high = np.sort(ends / math.tan(self.arm_pitch))
        return float(low), float(high)

    @functools.cached_property
    def arm_ends(self) -> tuple[FloatArray, FloatArray]:
        """Azimuths from the Sun [rad, -pi to pi] and radii [kpc] of all ends of arms; none without stars in arms."""
        if self.arm_fraction == 0.0:
            return np.empty(0), np.empty(0)
        radii = np.array([[self.arm_inner_radius], [self.arm_outer_radius]])
        turns = 2.0 * np.pi * np.arange(self.arm_count) / self.arm_count
        winding = np.log(radii / self.arm_reference_radius) / math.tan(self.arm_pitch)
        azimuth = winding + self.arm_phase + turns - math.atan2(self.sun_y, self.sun_x)
        return (np.mod(azimuth + np.pi, 2.0 * np.pi) - np.pi).ravel(), np.broadcast_to(radii, azimuth.shape).ravel()


def least_pitch(arm_count: ArrayLike, arm_inner_radius: ArrayLike, arm_outer_radius: ArrayLike) -> FloatArray:
    """Return the pitch at which arms cross a ray from the centre 500 times, the most that is allowed.

    Parameters
    ----------
    arm_count
        Number K of arms.
    arm_inner_radius, arm_outer_radius
        Where they begin and end, in one unit; all arguments broadcast.

    Returns
    -------
    numpy.ndarray
        [rad], above 0 where the outer radius is above the inner one.

    Notes
    -----
    Over a ray, ln R grows by 2 pi tan(pitch)/K from one winding to the next. Source: definition of the spiral.

    Examples
    --------
    >>> from gridscan.physics.galaxy.components import least_pitch
    >>> round(float(least_pitch(4, 3.0, 13.0)), 6)
    0.001867
    """
    winding = np.log(np.asarray(arm_outer_radius) / np.asarray(arm_inner_radius)) * np.asarray(arm_count)
    return np.asarray(np.arctan(winding / (2.0 * math.pi * MOST_CROSSINGS)))


@in_units(inner="kpc", outer="kpc")
def axisymmetric_density(galaxy: SingleGalaxy, inner: FloatArray, outer: FloatArray) -> FloatArray:
    """Return the share of all stars, per radian of azimuth, that are in the disk or the ring and between two radii.

    Parameters
    ----------
    galaxy
        The galaxy.
    inner, outer
        Radii [kpc], of one shape; an interval that begins at or below an inner edge takes in the stars clipped to it.

    Returns
    -------
    numpy.ndarray
        [1/rad], of that shape.

    Notes
    -----
    [w_disk (F_disk(outer) - F_disk(inner)) + w_ring (F_ring(outer) - F_ring(inner))]/(2 pi).
    Source: definition of the mixture, see `gridscan.physics.galaxy.distances`.

    Examples
    --------
    Over all radii and azimuths it is the share of disk and ring:

    >>> import numpy as np
    >>> from gridscan.physics.galaxy.components import Galaxy, axisymmetric_density
    >>> galaxy = Galaxy(arm_fraction=0.6).single()
    >>> round(float(2 * np.pi * axisymmetric_density(galaxy, np.array(0.0), np.array(100.0))), 9)
    0.4
    """
    low, high = galaxy.disk_inner_radius, galaxy.disk_outer_radius
    total: FloatArray = np.zeros(())
    if galaxy.disk_fraction:
        start, stop = np.clip(inner, low, high), np.clip(outer, low, high)
        disk = _exponential_mass(start, stop, low, galaxy.disk_scale_length)
        total = galaxy.disk_fraction * disk / _exponential_mass(low, high, low, galaxy.disk_scale_length)
    if galaxy.ring_fraction:
        ring = _clipped_normal(inner, outer, galaxy.ring_radius, galaxy.ring_width, low, high)
        total = total + galaxy.ring_fraction * ring
    return total / (2.0 * np.pi)


@in_units(azimuth="rad", inner="kpc", outer="kpc")
def arm_density(galaxy: SingleGalaxy, azimuth: FloatArray, inner: FloatArray, outer: FloatArray) -> FloatArray:
    """Return the share of the stars of the arms, per radian of azimuth, that are between two radii at an azimuth.

    Parameters
    ----------
    galaxy
        The galaxy.
    azimuth
        [rad], from the direction of the Sun as seen from the centre.
    inner, outer
        Radii [kpc], of the shape of `azimuth`; see `axisymmetric_density`.

    Returns
    -------
    numpy.ndarray
        [1/rad], of that shape.

    Notes
    -----
    The sum over the windings j, at R_j = R_ref exp((phi - phi_0 + 2 pi j/K) tan(pitch)), of
    p(R_j) R_j |tan(pitch)| P(inner <= R <= outer | R_j)/K. Source: definition of the mixture.

    Examples
    --------
    Over all radii and azimuths it is 1:

    >>> import numpy as np
    >>> from gridscan.physics.galaxy.components import Galaxy, arm_density
    >>> azimuth = 2 * np.pi / 100_000 * (np.arange(100_000) + 0.5)
    >>> density = arm_density(Galaxy().single(), azimuth, np.zeros(100_000), np.full(100_000, 100.0))
    >>> round(float(2 * np.pi * density.mean()), 3)
    1.0
    """
    low, high = galaxy.arm_inner_radius, galaxy.arm_outer_radius
    scale, slope = galaxy.disk_scale_length, abs(math.tan(galaxy.arm_pitch))
    turn = 2.0 * np.pi / galaxy.arm_count
    first, last = galaxy.winding_range
    from_phase = azimuth + math.atan2(galaxy.sun_y, galaxy.sun_x) - galaxy.arm_phase
    start = from_phase + turn * np.ceil((first - from_phase) / turn)
    density = np.zeros(azimuth.shape)
    pitch = math.tan(galaxy.arm_pitch)
    # Beyond the last winding there is nothing, and nothing is to overflow.
    centre = galaxy.arm_reference_radius * np.exp(np.minimum(start, last) * pitch)
    for winding in range(int((last - first) / turn) + 1):
        if winding:
            centre = centre * math.exp(turn * pitch)
        weight = np.exp((low - centre) / scale)
        weight *= centre / scale
        weight *= centre / scale
        weight *= _clipped_normal(inner, outer, centre, galaxy.arm_width, low, high)
        density += np.where(start + turn * winding <= last, weight, 0.0)
    result: FloatArray = density * slope / galaxy.arm_count / _exponential_mass(low, high, low, scale)
    return result


def _exponential_mass(start: FloatArray | float, stop: FloatArray | float, inner: float, scale: float) -> FloatArray:
    """Return ∫ R exp(-(R - inner)/h) dR / h^2 from start to stop, without cancellation between near radii.

    With x = start/h and w = (stop - start)/h it is exp(inner/h - x) [x (1 - e^-w) + 1 - (1 + w) e^-w].
    """
    x, width = np.asarray(start / scale), np.asarray((stop - start) / scale)
    risen = -np.expm1(-width)
    series = width * width * (0.5 - width * (1 / 3 - width * (1 / 8 - width * (1 / 30 - width / 144))))
    mass: FloatArray = np.exp(inner / scale - x) * (
        x * risen + np.where(width < _NARROW, series, risen - width * np.exp(-width))
    )
    return mass


def _clipped_normal(
    start: FloatArray, stop: FloatArray, centre: FloatArray | float, width: float, inner: float, outer: float
) -> FloatArray:
    """Return the probability that R ~ Normal(centre, width), clipped to inner and outer radii, is in [start, stop]."""
    below, above = np.asarray(start <= inner), np.asarray(stop >= outer)
    high = np.asarray((stop - centre) / width)
    high[above] = np.inf
    if below.all():
        probability = np.asarray(ndtr(high))
    else:
        low = np.asarray((start - centre) / width)
        low[below] = -np.inf
        # In the upper tail the difference is that of the complements, which does not cancel.
        sign = np.copysign(1.0, -low)
        low *= sign
        high *= sign
        probability = np.asarray(sign * (ndtr(high) - ndtr(low)))
    probability[(stop < inner) | (start > outer)] = 0.0
    return probability

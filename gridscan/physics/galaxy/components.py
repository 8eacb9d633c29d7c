"""The components of the Galaxy: its parameters, its edges, and its radial distributions in closed form."""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from gridscan.errors import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Mapping

FloatArray = NDArray[np.floating[Any]]

_MOST_CROSSINGS = 500


@dataclasses.dataclass(frozen=True)
class Galaxy:
    """One galaxy and the position of the Sun in it; the parameters are those of `fraction_within`.

    Raises
    ------
    EvaluationError
        If a parameter is outside its range.
    """

    sun_x: float
    sun_y: float
    disk_scale_length: float
    disk_inner_radius: float
    disk_outer_radius: float
    arm_fraction: float
    arm_count: float
    arm_pitch: float
    arm_phase: float
    arm_width: float
    arm_reference_radius: float
    arm_inner_radius: float
    arm_outer_radius: float
    ring_fraction: float
    ring_radius: float
    ring_width: float

    def __post_init__(self) -> None:
        for name, value in dataclasses.asdict(self).items():
            require(math.isfinite(value), name, value, "a finite number")
        for name in ("disk_scale_length", "arm_width", "arm_reference_radius", "arm_inner_radius", "ring_width"):
            require(getattr(self, name) > 0.0, name, getattr(self, name), "above 0 kpc")
        require(self.disk_inner_radius >= 0.0, "disk_inner_radius", self.disk_inner_radius, "0 kpc or more")
        for outer, inner in (("disk_outer_radius", "disk_inner_radius"), ("arm_outer_radius", "arm_inner_radius")):
            lowest = getattr(self, inner)
            require(getattr(self, outer) > lowest, outer, getattr(self, outer), f"above {inner} = {lowest:g} kpc")
        for name in ("arm_fraction", "ring_fraction"):
            require(0.0 <= getattr(self, name) <= 1.0, name, getattr(self, name), "0 to 1")
        total = self.arm_fraction + self.ring_fraction
        require(total <= 1.0 + 1e-12, "arm_fraction + ring_fraction", total, "0 to 1")
        require(
            self.arm_count >= 1 and self.arm_count == int(self.arm_count), "arm_count", self.arm_count, "1, 2, 3, ..."
        )
        pitch = self.arm_pitch
        require(0.0 < abs(pitch) < math.pi / 2, "arm_pitch", pitch, "-pi/2 to pi/2 rad, but not 0")
        # As many arms cross a ray from the centre; each is a term of the density.
        least = (
            math.log(self.arm_outer_radius / self.arm_inner_radius) * self.arm_count / (2 * math.pi * _MOST_CROSSINGS)
        )
        allowed = f"at least {math.atan(least):.3g} rad either way, for {self.arm_count:g} arms between these radii"
        require(abs(math.tan(pitch)) >= least, "arm_pitch", pitch, allowed)

    @functools.cached_property
    def sun_radius(self) -> float:
        """Distance of the Sun from the centre [kpc]."""
        return math.hypot(self.sun_x, self.sun_y)

    @functools.cached_property
    def disk_fraction(self) -> float:
        """Return the share of the stars that are neither in the arms nor in the ring."""
        return max(0.0, 1.0 - self.arm_fraction - self.ring_fraction)

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


def parameters_of(galaxy: Mapping[str, ArrayLike]) -> tuple[ArrayLike, ...]:
    """Return the parameters of a galaxy in the order of `Galaxy`.

    Raises
    ------
    TypeError
        If one is missing, or unknown.
    """
    names = [field.name for field in dataclasses.fields(Galaxy)]
    wrong = [name for name in [*galaxy, *names] if (name in galaxy) != (name in names)]
    if wrong:
        raise TypeError(
            f"the parameters of a galaxy are {', '.join(names)}; {wrong[0]!r} is missing or is none of them"
        )
    return tuple(galaxy[name] for name in names)


def require(holds: bool, name: str, value: float, allowed: str) -> None:
    """Raise the error that names a parameter, its value and what is allowed, unless the condition holds.

    Raises
    ------
    EvaluationError
        If it does not.
    """
    if not holds:
        raise EvaluationError(f"{name} is {value:g}; allowed is {allowed}")


def axisymmetric_density(galaxy: Galaxy, inner: FloatArray, outer: FloatArray) -> FloatArray:
    """Return the share of all stars, per radian of azimuth, that are in the disk or the ring and between two radii.

    Parameters
    ----------
    galaxy
        The galaxy.
    inner, outer
        [kpc], of one shape; an interval that begins at or below an inner edge takes in the stars clipped to it.

    Returns
    -------
    numpy.ndarray
        [1/rad], of that shape.
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


def arm_density(galaxy: Galaxy, azimuth: FloatArray, inner: FloatArray, outer: FloatArray) -> FloatArray:
    """Return the share of the stars of the arms, per radian of azimuth, that are between two radii at an azimuth.

    Parameters
    ----------
    galaxy
        The galaxy.
    azimuth
        [rad], from the direction of the Sun as seen from the centre.
    inner, outer
        [kpc], of the shape of `azimuth`; see `axisymmetric_density`.

    Returns
    -------
    numpy.ndarray
        [1/rad], of that shape: the sum over the windings j, at R_j = R_ref exp((phi - phi_0 + 2 pi j/K) tan(pitch)), of
        p(R_j) R_j |tan(pitch)| P(inner <= R <= outer | R_j) / K.
    """
    low, high = galaxy.arm_inner_radius, galaxy.arm_outer_radius
    scale, slope = galaxy.disk_scale_length, abs(math.tan(galaxy.arm_pitch))
    turn = 2.0 * np.pi / galaxy.arm_count
    first, last = galaxy.winding_range
    from_phase = azimuth + math.atan2(galaxy.sun_y, galaxy.sun_x) - galaxy.arm_phase
    start = from_phase + turn * np.ceil((first - from_phase) / turn)
    density = np.zeros(azimuth.shape)
    for winding in range(int((last - first) / turn) + 1):
        angle = start + turn * winding
        exists = np.nonzero(angle <= last)
        centre = galaxy.arm_reference_radius * np.exp(angle[exists] * math.tan(galaxy.arm_pitch))
        weight = (centre / scale) ** 2 * np.exp((low - centre) / scale)
        density[exists] += weight * _clipped_normal(inner[exists], outer[exists], centre, galaxy.arm_width, low, high)
    return density * slope / galaxy.arm_count / _exponential_mass(low, high, low, scale)


def _exponential_mass(start: FloatArray | float, stop: FloatArray | float, inner: float, scale: float) -> FloatArray:
    """Return ∫ R exp(-(R - inner)/h) dR / h^2 from start to stop, without cancellation between near radii."""
    x, width = np.asarray(start / scale), np.asarray((stop - start) / scale)
    mass: FloatArray = np.exp(inner / scale - x) * (-(1.0 + x) * np.expm1(-width) - width * np.exp(-width))
    return mass


def _clipped_normal(
    start: FloatArray, stop: FloatArray, centre: FloatArray | float, width: float, inner: float, outer: float
) -> FloatArray:
    """Return the probability that R ~ Normal(centre, width), clipped to inner and outer radii, is in [start, stop]."""
    low = np.where(start <= inner, -np.inf, (start - centre) / width)
    high = np.where(stop >= outer, np.inf, (stop - centre) / width)
    # In the upper tail the difference is that of the complements, which does not cancel.
    sign = np.copysign(1.0, -low)
    probability = sign * (ndtr(sign * high) - ndtr(sign * low))
    return np.where((stop < inner) | (start > outer), 0.0, probability)

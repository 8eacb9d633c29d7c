"""Arrival surface of boosted dark matter of one kinetic energy at one time, as a line to integrate along.

Neutrinos leave the supernova S, kick a particle at B, and it reaches Earth E the time t after them. With c = 1 and
lengths in kpc, x = c t, zeta = R_s + x, b = 1/v, the points B obey d + b l = zeta, where d = |SB| and l = |BE|: a
Cartesian oval, rotated about the line of sight. Along it

    y = d / (zeta - d),  w = ln y,  d = zeta y/(1 + y),  l = v zeta/(1 + y)
    S = sin²(psi/2) = (y - y_0) (Q y + x (v zeta + R_s)) / (4 v zeta² y),  Q = x (2 R_s + x),  y_0 = v (t_peak - t)/t
    E_nu = G y / ((y - y_-) (y_+ - y)),  G = 2 T m zeta² / ((T + m) Q)

where y_+ and y_- are the roots of Q y² + 2 (Q - zeta² e) y + Q - zeta² e² = 0, e = m/(T + m): there E_nu is infinite.
Before t_peak y_- is negative and the line begins at y_0, in the direction of the supernova. After it there are two
branches, that meet half-way in w. On the upper one y = y_+/(1 + X), on the lower one y = y_- (1 + X), and

    E_nu = G (1 + X) / (X (y_+ - y_- - y_- X)),  |dw/dX| = 1/(1 + X)

on both. ln X is the variable of integration: where the neutrinos are too energetic to exist, X goes to zero and the
integrand with it, as exp(-G/(X T_nu)).

Source: Lin, Tsai, Lin, Wong & Wu 2023, PRD 108, 083013, for the picture; the line and its roots from d + b l = zeta.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridscan.numerics.unit_arguments import in_units
from gridscan.physics.scattering.one_particle import inverse_velocity_excess, momentum, velocity

__all__ = ["TEMPERATURES", "Surface", "arrival_surface", "taken"]

FloatArray = NDArray[np.floating[Any]]
BoolArray = NDArray[np.bool_]

#: In temperatures: this far above the mean, the share of the flux is exp(-36) = 2e-16.
TEMPERATURES = 36.0


@dataclasses.dataclass(frozen=True)
class Surface:
    """Lines of integration of many points, every array of shape (n,); lengths in kpc, energies in MeV.

    Where a branch does not exist, or no particle arrives, the two ends of ln X are the same.
    """

    delay: FloatArray
    kinetic_energy: FloatArray
    mass: FloatArray
    supernova_distance: FloatArray
    path: FloatArray
    velocity: FloatArray
    beginning: FloatArray
    turn: FloatArray
    upper_root: FloatArray
    lower_root: FloatArray
    spread: FloatArray
    energy_scale: FloatArray
    upper_ends: tuple[FloatArray, FloatArray]
    lower_ends: tuple[FloatArray, FloatArray]

    def neutrino_energy(self, excess: FloatArray) -> FloatArray:
        """Return the energy of the neutrinos, the same on both branches.

        Parameters
        ----------
        excess
            X.

        Returns
        -------
        numpy.ndarray
            E_nu [MeV].
        """
        return self.energy_scale * (1.0 + excess) / (excess * (self.spread - self.lower_root * excess))

    def excess_at(self, energy: FloatArray) -> FloatArray:
        """Return X where the neutrinos have an energy, the smaller one where there are two.

        Parameters
        ----------
        energy
            E_nu [MeV].

        Returns
        -------
        numpy.ndarray
            X, dimensionless.
        """
        share = self.energy_scale / energy
        linear = self.spread - share
        root = np.sqrt(np.maximum(linear**2 - 4.0 * self.lower_root * share, 0.0))
        # The form of the root that does not cancel.
        forward = linear >= 0.0
        numerator, denominator = np.where(
            forward, (2.0 * share, linear + root), (root - linear, -2.0 * self.lower_root)
        )
        excess: FloatArray = np.divide(numerator, denominator, out=np.ones_like(numerator), where=denominator != 0.0)
        return excess

    def ratio(self, excess: FloatArray, lower: bool) -> FloatArray:
        """Return y on one of the branches.

        Parameters
        ----------
        excess
            X.
        lower
            Whether it is the lower branch.

        Returns
        -------
        numpy.ndarray
            y, dimensionless.
        """
        return self.lower_root * (1.0 + excess) if lower else self.upper_root / (1.0 + excess)

    def place(
        self, excess: FloatArray, lower: bool, before_turn: FloatArray | None = None
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Return the angle of the kick and where it is.

        All keep their relative accuracy however near to the supernova B is.

        Parameters
        ----------
        excess
            X.
        lower
            Whether it is the lower branch.
        before_turn
            X_0 - X of a line that begins on the line of sight at X_0, where it is known better than the difference.

        Returns
        -------
        haversine : numpy.ndarray
            sin²(psi/2).
        distance, along, across : numpy.ndarray
            d, how far B is from S along the line from S to E, and from that line [kpc].
        """
        ratio = self.ratio(excess, lower)
        earth = self.velocity * self.path / (1.0 + ratio)
        distance = self.path * ratio / (1.0 + ratio)
        from_beginning = ratio - self.beginning
        if not lower and (self.beginning > 0.0).any():
            left = self.turn - excess if before_turn is None else before_turn
            turned = self.upper_root * left / ((1.0 + excess) * (1.0 + self.turn))
            from_beginning = np.where(self.beginning > 0.0, np.maximum(turned, 0.0), from_beginning)
        reach = self.velocity * self.path + self.supernova_distance
        other_root = self.delay * (2.0 * self.supernova_distance + self.delay) * ratio + self.delay * reach
        haversine = from_beginning * other_root / (4.0 * self.velocity * self.path**2 * ratio)
        perimeter = distance + earth + self.supernova_distance
        # d + l - R_s, not negative by the triangle inequality.
        slack = 4.0 * distance * earth * haversine / perimeter
        along = (distance * perimeter - slack * (self.supernova_distance + earth)) / (2.0 * self.supernova_distance)
        across = 2.0 * distance * earth / self.supernova_distance * np.sqrt(haversine * (1.0 - haversine))
        return haversine, distance, along, across


def taken(value: Any, index: Any) -> Any:
    """Return some points of arrays along their last axis, also in tuples and dataclasses.

    Parameters
    ----------
    value
        An array, a tuple, a dataclass or None.
    index
        Which points.

    Returns
    -------
    array, tuple or dataclass
        As `value`, with those points.
    """
    if isinstance(value, np.ndarray):
        return value[..., index]
    if isinstance(value, tuple):
        items = [taken(item, index) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: taken(getattr(value, field.name), index) for field in dataclasses.fields(value)}
        return dataclasses.replace(value, **fields)
    return value


@in_units(
    delay="kpc",
    kinetic_energy="MeV",
    mass="MeV",
    supernova_distance="kpc",
    neutrinosphere="kpc",
    hottest="MeV",
    after="kpc",
)
def arrival_surface(
    delay: FloatArray,
    kinetic_energy: FloatArray,
    mass: FloatArray,
    supernova_distance: FloatArray,
    neutrinosphere: FloatArray,
    hottest: FloatArray,
    after: FloatArray | None = None,
) -> Surface:
    """Return the lines of integration.

    Parameters
    ----------
    delay
        x = c t [kpc], shape (n,) like all.
    kinetic_energy, mass
        T and m [MeV].
    supernova_distance
        R_s [kpc].
    neutrinosphere
        [kpc]: nothing comes from nearer to the supernova.
    hottest
        Temperature of the hottest species of neutrinos [MeV], which says where their spectrum ends.
    after
        x - x_peak [kpc], where it is known better than the difference.

    Returns
    -------
    Surface
        Its branches are empty before the first and after the last arrival.
    """
    v, share = velocity(kinetic_energy, mass), mass / (kinetic_energy + mass)
    path = supernova_distance + delay
    quadratic = delay * (2.0 * supernova_distance + delay)
    # zeta² e - Q (2 - e), which is positive until the last arrival; without zeta² = R_s² + Q it would cancel.
    margin = supernova_distance**2 * share - 2.0 * quadratic * (1.0 - share)
    arrives = (delay > 0.0) & (margin > 0.0)
    quadratic, safe_delay = np.where(arrives, quadratic, 1.0), np.where(arrives, delay, 1.0)
    half_sum = np.where(arrives, path**2 * share - quadratic, 1.0)
    root = np.sqrt(np.where(arrives, path**2 * share * margin, 1.0))
    if after is None:
        after = delay - supernova_distance * inverse_velocity_excess(kinetic_energy, mass)
    constant = v * after * (v * path + supernova_distance)
    empty = np.zeros_like(delay)
    surface = Surface(
        *(delay, kinetic_energy, mass, supernova_distance, path, v),
        beginning=np.where(arrives, -v * after / safe_delay, 0.0),
        turn=empty,
        upper_root=(half_sum + root) / quadratic,
        lower_root=np.where(arrives, constant / (half_sum + root), 0.0),
        spread=2.0 * root / quadratic,
        energy_scale=2.0 * kinetic_energy * share * path**2 / quadratic,
        upper_ends=(empty, empty),
        lower_ends=(empty, empty),
    )
    return _with_ends(surface, arrives, neutrinosphere, hottest)


def _with_ends(surface: Surface, arrives: BoolArray, neutrinosphere: FloatArray, hottest: FloatArray) -> Surface:
    nearest = neutrinosphere / (surface.path - neutrinosphere)
    two = arrives & (surface.lower_root > 0.0)
    lower, upper = np.where(two, surface.lower_root, 1.0), surface.upper_root
    # Where the branches meet, sqrt(y_+/y_-) - 1 = (y_+ - y_-) / (y_- + sqrt(y_+ y_-)).
    middle = surface.spread / (lower + np.sqrt(lower * upper))
    # In the direction of the supernova psi = 0, and hence E_nu = (p + T)/2.
    least = 0.5 * (momentum(surface.kinetic_energy, surface.mass) + surface.kinetic_energy)
    starts = arrives & (surface.beginning > 0.0)
    turn = np.where(starts, surface.excess_at(np.where(starts, least, 1.0)), np.inf)
    last = np.minimum(np.where(two, middle, turn), upper / nearest - 1.0)
    arrives = arrives & (last > 0.0)
    last = np.where(arrives, last, 1.0)
    coldest = np.where(arrives, surface.neutrino_energy(np.where(two, middle, last)), 1.0)
    # The spectrum still grows below a few temperatures.
    first = surface.excess_at(np.maximum(coldest, 4.0 * hottest) + TEMPERATURES * hottest)
    low, high = np.log(np.where(arrives, first, 1.0)), np.log(last)
    upper_ends = (np.where(arrives, low, 0.0), np.where(arrives, np.maximum(high, low), 0.0))
    two &= arrives
    low, high = np.log(np.where(two, np.maximum(first, nearest / lower - 1.0), 1.0)), np.log(np.where(two, middle, 1.0))
    lower_ends = (np.minimum(low, high), high)
    return dataclasses.replace(surface, turn=np.where(starts, turn, 0.0), upper_ends=upper_ends, lower_ends=lower_ends)

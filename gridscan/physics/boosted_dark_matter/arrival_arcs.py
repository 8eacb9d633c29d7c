"""Arcs from the supernova to Earth on which particles are kicked at one angle, rotated about the line of sight.

All places B from which Earth E and the supernova S are seen under the same angle lie on an arc of a circle. Of the
triangle S, B, E let psi be the angle of the kick, theta the angle at Earth and eta = psi - theta that at S. With
b = 1/v and lengths in units of R_s, |SB| = sin(theta)/sin(psi), |BE| = sin(eta)/sin(psi), and a particle kicked at B
arrives with the delay x after the neutrinos,

    x sin(psi) = sin(theta) + b sin(eta) - sin(psi).

Half-angle tangents make quadratic equations of it: x is b - 1 at S, where theta = 0; it falls to 0 at Earth, where
eta = 0, after a rise if cos(psi) < v. So the kicks at psi that have arrived until x have eta up to eta_2(x) or, after
the peak, theta up to theta_1(x). The distance to a point G in the plane of the arc is

    r² = delta² + q sin²(theta - theta_G),  q = 4 rho_c |G C|,  delta = |G C| - rho_c

where C is the centre of the circle, rho_c its radius, and theta_G the angle on the arc towards G.

Source: the inscribed angle theorem, and the law of cosines.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridscan.numerics.unit_arguments import in_units

__all__ = ["Arcs", "arcs_of", "arrived", "last_kick"]

FloatArray = NDArray[np.floating[Any]]
BoolArray = NDArray[np.bool_]


@dataclasses.dataclass(frozen=True)
class Arcs:
    """Arcs and the halo centre seen from them; all arrays of shape (n,), lengths in kpc.

    Attributes
    ----------
    supernova_distance, across
        R_s and the distance h_G of the halo centre from the line of sight to the supernova.
    angle, sine
        psi and its sine.
    nearest
        theta_G.
    least
        delta, 0 or more.
    steepness
        The root of q.
    """

    supernova_distance: FloatArray
    across: FloatArray
    angle: FloatArray
    sine: FloatArray
    nearest: FloatArray
    least: FloatArray
    steepness: FloatArray

    def distances(self, angle: FloatArray, from_nearest: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the squares of the least and largest distance from the halo centre on circles about the line.

        Parameters
        ----------
        angle
            theta [rad].
        from_nearest
            theta - theta_G [rad].

        Returns
        -------
        least, largest : numpy.ndarray
            [kpc²].
        """
        height = self.supernova_distance * np.sin(angle) * np.sin(self.angle - angle) / self.sine
        least = self.least**2 + (self.steepness * np.sin(from_nearest)) ** 2
        return least, least + 4.0 * np.maximum(height, 0.0) * self.across

    def passes(self, radius: FloatArray) -> FloatArray:
        """Return where on the arcs the distance from the halo centre is a radius.

        Parameters
        ----------
        radius
            [kpc].

        Returns
        -------
        numpy.ndarray
            |theta - theta_G| [rad]; NaN for nowhere.
        """
        square = (radius - self.least) * (radius + self.least)
        sine = np.sqrt(np.where(square > 0.0, square, np.nan)) / self.steepness
        return np.arcsin(np.where(sine < 1.0, sine, np.nan))


@in_units(supernova_distance="kpc", along="kpc", across="kpc")
def arcs_of(haversine: FloatArray, supernova_distance: FloatArray, along: FloatArray, across: FloatArray) -> Arcs:
    """Return the arcs of kicks at the angle psi, and the halo centre seen from them.

    Parameters
    ----------
    haversine
        sin²(psi/2), shape (n,) like all.
    supernova_distance
        R_s [kpc].
    along, across
        Position of the halo centre: along the line from S to E, and across it [kpc].

    Returns
    -------
    Arcs
        One for each kick.
    """
    sine, cosine = 2.0 * np.sqrt(haversine * (1.0 - haversine)), 1.0 - 2.0 * haversine
    # sin(psi) (|G C|² - rho_c²), and sin(psi) |G C|.
    power = (along * (along - supernova_distance) + across**2) * sine + across * supernova_distance * cosine
    reach = np.sqrt(np.maximum(0.25 * supernova_distance**2 + sine * power, 0.0))
    towards = 0.5 * supernova_distance + sine * (across * cosine - along * sine)
    return Arcs(
        *(supernova_distance, across, 2.0 * np.arcsin(np.sqrt(haversine)), sine),
        nearest=0.5 * np.arctan2(sine * (along * cosine + across * sine), towards),
        least=np.abs(power) / (reach + 0.5 * supernova_distance),
        steepness=np.sqrt(2.0 * supernova_distance * reach) / sine,
    )


def arrived(delay: FloatArray, excess: FloatArray, haversine: FloatArray) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Return theta_1 and eta_2, up to which all particles have arrived, and whether all have.

    Parameters
    ----------
    delay
        x/R_s, 0 or more.
    excess
        b - 1.
    haversine
        sin²(psi/2).

    Returns
    -------
    theta_1, eta_2 : numpy.ndarray
        [rad], without meaning where everything has arrived.
    everything : numpy.ndarray
        Whether it has.
    """
    after, sine = delay - excess, 2.0 * np.sqrt(haversine * (1.0 - haversine))
    # 1 - b cos(psi), above 0 where x rises from S on.
    rise = 2.0 * (1.0 + excess) * haversine - excess
    square = rise**2 - after * (2.0 + delay + excess) * sine**2
    root = np.sqrt(np.maximum(square, 0.0))
    late = after >= 0.0
    everything = late & ((rise <= 0.0) | (square <= 0.0))
    below = np.where(late & ~everything, rise + root, 1.0)
    first = 2.0 * np.arctan(np.where(late, sine * after / below, 0.0))
    return first, 2.0 * np.arctan(sine * delay / (excess + 2.0 * haversine + root)), everything


def last_kick(delay: FloatArray, excess: FloatArray) -> FloatArray:
    """Return sin²(psi/2) up to which all particles have arrived after x/R_s > b - 1.

    Parameters
    ----------
    delay
        x/R_s.
    excess
        b - 1.

    Returns
    -------
    numpy.ndarray
        Dimensionless.
    """
    square = delay * (2.0 + delay)
    after = np.maximum(delay - excess, 0.0)
    root = np.sqrt(square * after * (2.0 + delay + excess))
    return (square - excess + root) / (2.0 * (1.0 + delay) ** 2)

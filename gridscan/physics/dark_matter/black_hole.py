"""Radii of a black hole: its horizon, and the region in which it dominates the motion of stars."""

from __future__ import annotations

from typing import Any

from gridscan.numerics.unit_arguments import with_units

__all__ = [
    "radius_of_influence",
    "schwarzschild_radius",
    "velocity_dispersion",
]


def schwarzschild_radius(mass: Any, gravitational_constant: Any, speed_of_light: Any) -> Any:
    """Return the radius of the horizon of a black hole, R_S = 2 G M/c^2.

    Parameters
    ----------
    mass
        Mass M of the black hole.
    gravitational_constant
        G.
    speed_of_light
        c.

    Returns
    -------
    array or quantity
        A length, in coherent units; all arguments broadcast.

    Notes
    -----
    Source: Schwarzschild 1916, Sitzungsber. Preuss. Akad. Wiss., 189.

    Examples
    --------
    Of the mass of the Sun, in metres:

    >>> from gridscan.physics.dark_matter.black_hole import schwarzschild_radius
    >>> round(schwarzschild_radius(1.9884e30, 6.6743e-11, 2.99792458e8))
    2953
    """
    return 2.0 * gravitational_constant * mass / speed_of_light**2


@with_units(mass="Msun", reference_mass="Msun", reference_dispersion="km/s")
def velocity_dispersion(
    mass: Any, reference_mass: Any = 1.9e8, reference_dispersion: Any = 200.0, exponent: Any = 5.1
) -> Any:
    """Return the velocity dispersion of the stars around a black hole.

    Parameters
    ----------
    mass
        Mass M of the black hole [Msun].
    reference_mass
        M_0 [Msun].
    reference_dispersion
        sigma_0 [km/s].
    exponent
        Slope of ln M against ln sigma.

    Returns
    -------
    array or quantity
        In the unit of `reference_dispersion`.

    Notes
    -----
    sigma = sigma_0 (M/M_0)^(1/5.1).
    Source: McConnell et al. 2011, Nature 480, 215, rounded: log10(M/Msun) = 8.29 + 5.12 log10(sigma/(200 km/s)).

    Examples
    --------
    >>> from gridscan.physics.dark_matter.black_hole import velocity_dispersion
    >>> velocity_dispersion(1.9e8), round(velocity_dispersion(4.3e6), 1)
    (200.0, 95.2)
    """
    return reference_dispersion * (mass / reference_mass) ** (1.0 / exponent)


def radius_of_influence(mass: Any, dispersion: Any, gravitational_constant: Any) -> Any:
    """Return the radius within which a black hole dominates the motion, r_h = G M/sigma^2.

    Parameters
    ----------
    mass
        Mass M of the black hole.
    dispersion
        Velocity dispersion sigma.
    gravitational_constant
        G.

    Returns
    -------
    array or quantity
        A length, in coherent units; all arguments broadcast.

    Notes
    -----
    Source: Peebles 1972, ApJ 178, 371.

    Examples
    --------
    The black hole of the Milky Way, 4.3e6 Msun at 100 km/s [pc]:

    >>> from gridscan.physics.dark_matter.black_hole import radius_of_influence
    >>> round(radius_of_influence(4.3e6, 100.0, 4.301e-3), 2)
    1.85
    """
    return gravitational_constant * mass / dispersion**2

"""Density of a spike of dark matter around a black hole.

With r_i = 4 R_S, the influence radius r_h and the normalisation N to the mass of the black hole within r_h, a spike is

    rho(r) = N r^(-3/2) (1 - r_i/r)^3    for r_i <= r < r_h,   N r_h^(5/6) r^(-7/3)  for r_h <= r < R_sp   ("3/2")
    rho(r) = N r^(-7/3) (1 - r_i/r)^3    for r_i <= r < R_sp                                             ("7/3")

and is empty below r_i.

Sources: Gondolo & Silk 1999, PRL 83, 1719; Lin & Wu 2024, PRL 133, 111004, Supplement; Cline & Puel 2023,
JCAP 06 (2023) 004.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import hyp2f1

from gridscan.errors import EvaluationError, nearest
from gridscan.numerics.ranges import POSITIVE, checked, numbers_of, refuse
from gridscan.numerics.unit_arguments import in_units
from gridscan.physics.dark_matter.black_hole import radius_of_influence, velocity_dispersion

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gridscan.physics.constants import Constants

__all__ = [
    "SPIKES",
    "Spike",
    "refuse_unknown_spikes",
    "spike_fits",
    "spike_integral",
    "spike_normalisation",
    "spike_radius",
]

FloatArray = NDArray[np.floating[Any]]

#: The spikes that a halo can have around its black hole, by the exponent of the inner part.
SPIKES = ("none", "3/2", "7/3")


@in_units(inner_radius="kpc", outer_radius="kpc")
def spike_integral(slope: ArrayLike, inner_radius: ArrayLike, outer_radius: ArrayLike) -> FloatArray:
    """Return the integral of r^2 r^-alpha (1 - r_i/r)^3 from r_i to r_h, which is F(r_h) - F(r_i).

    Parameters
    ----------
    slope
        alpha, below 3, dimensionless.
    inner_radius, outer_radius
        r_i and r_h [kpc], 0 < r_i <= r_h.

    Returns
    -------
    numpy.ndarray
        [kpc^(3 - alpha)]; all arguments broadcast.

    Notes
    -----
    With z = 1 - r_i/r_h it is r_h^(3 - alpha) (z^4/4) 2F1(1, 1 + alpha; 5; z): the incomplete beta function of the
    substitution v = 1 - r_i/r after Euler's transformation. All terms are positive, where the difference of

        F(r) = r^-alpha [r^3/(3 - alpha) + 12 R_S r^2/(alpha - 2) - 48 R_S^2 r/(alpha - 1) + 64 R_S^3/alpha]

    cancels. Source: Gondolo & Silk 1999, PRL 83, 1719, for the density; DLMF 8.17.7 and 15.8.1.

    Examples
    --------
    For a tiny inner radius, r_h^(3 - alpha)/(3 - alpha):

    >>> from gridscan.physics.dark_matter.spike import spike_integral
    >>> round(float(spike_integral(1.5, 1e-12, 4.0)), 6)
    5.333333
    """
    inner, outer = numbers_of("inner_radius", inner_radius, "kpc"), numbers_of("outer_radius", outer_radius, "kpc")
    slope = numbers_of("slope", slope)
    part = (outer - inner) / outer
    return np.asarray(outer ** (3.0 - slope) * part**4 / 4.0 * hyp2f1(1.0, 1.0 + slope, 5.0, part))


@in_units(mass_energy="MeV", inner_radius="kpc", influence_radius="kpc")
def spike_normalisation(
    mass_energy: ArrayLike, slope: ArrayLike, inner_radius: ArrayLike, influence_radius: ArrayLike
) -> FloatArray:
    """Return the normalisation N that makes the spike within r_h as heavy as the black hole.

    Parameters
    ----------
    mass_energy
        M c^2 of the black hole [MeV].
    slope
        alpha, below 3, dimensionless.
    inner_radius, influence_radius
        r_i and r_h [kpc], 0 < r_i <= r_h.

    Returns
    -------
    numpy.ndarray
        N [MeV kpc^(alpha - 3)]; all arguments broadcast.

    Notes
    -----
    N = M c^2/(4 pi (F(r_h) - F(r_i))) with F of `spike_integral`. Source: Gondolo & Silk 1999, PRL 83, 1719.

    Examples
    --------
    >>> import math
    >>> from gridscan.physics.dark_matter.spike import spike_integral, spike_normalisation
    >>> normalisation = spike_normalisation(8 * math.pi, 1.5, 0.1, 4.0)
    >>> round(float(normalisation * spike_integral(1.5, 0.1, 4.0)), 12)
    2.0
    """
    mass_energy = numbers_of("mass_energy", mass_energy, "MeV")
    return np.asarray(mass_energy / (4.0 * np.pi * spike_integral(slope, inner_radius, influence_radius)))


@in_units(influence_radius="kpc", scale_density="MeV/kpc^3", scale_radius="kpc")
def spike_radius(
    normalisation: ArrayLike,
    slope: ArrayLike,
    influence_radius: ArrayLike,
    scale_density: ArrayLike,
    scale_radius: ArrayLike,
) -> FloatArray:
    """Return the radius R_sp at which the spike merges into the halo.

    Parameters
    ----------
    normalisation
        N [MeV kpc^(alpha - 3)].
    slope
        alpha, 3/2 or 7/3, dimensionless.
    influence_radius
        r_h [kpc].
    scale_density
        rho_s [MeV/kpc^3].
    scale_radius
        r_s [kpc].

    Returns
    -------
    numpy.ndarray
        R_sp [kpc]; all arguments broadcast.

    Notes
    -----
    (N/(rho_s r_s))^(3/4) r_h^(5/8) for alpha = 3/2 and (N/(rho_s r_s))^(3/4) for 7/3, where r^(-7/3) meets rho_s r_s/r.
    Source: Lin & Wu 2024, PRL 133, 111004, Supplement.

    Examples
    --------
    N r^(-7/3) = rho_s r_s/r at 16^(3/4) = 8:

    >>> from gridscan.physics.dark_matter.spike import spike_radius
    >>> round(float(spike_radius(16.0, 7 / 3, 1.0, 0.5, 2.0)), 9)
    8.0
    """
    reach: FloatArray = (np.asarray(normalisation) / (np.asarray(scale_density) * np.asarray(scale_radius))) ** 0.75
    return np.where(np.asarray(slope) < 2.0, reach * np.asarray(influence_radius) ** 0.625, reach)


@in_units(black_hole_mass="Msun", influence_radius="kpc", scale_density="MeV/cm^3", scale_radius="kpc")
def spike_fits(
    spike: ArrayLike,
    black_hole_mass: ArrayLike,
    influence_radius: ArrayLike,
    scale_density: ArrayLike,
    scale_radius: ArrayLike,
    constants: Constants,
) -> NDArray[np.bool_]:
    """Return whether a spike has its radii in their order, r_i < r_h < R_sp, or there is none.

    Parameters
    ----------
    spike
        Of `SPIKES`.
    black_hole_mass
        [Msun].
    influence_radius
        r_h [kpc].
    scale_density, scale_radius
        rho_s [MeV/cm^3] and r_s [kpc] of the halo.
    constants
        Constants of nature.

    Returns
    -------
    numpy.ndarray
        All arguments broadcast.

    Notes
    -----
    See `Spike.around`.

    Examples
    --------
    The influence radius of Sgr A* is about 2 pc:

    >>> from gridscan.physics.constants import CODATA
    >>> from gridscan.physics.dark_matter.spike import spike_fits
    >>> spike_fits("7/3", 4.3e6, [2e-3, 0.0, 1.0], 184.0, 24.42, CODATA)
    array([ True, False, False])
    """
    words, mass, reach = np.asarray(spike, dtype=str), np.asarray(black_hole_mass), np.asarray(influence_radius)
    inner = 4.0 * constants.schwarzschild_radius_of_sun * mass
    slope = np.where(words == "3/2", 3.0 / 2.0, 7.0 / 3.0)
    density = np.asarray(scale_density) * constants.centimetres_per_kiloparsec**3
    with np.errstate(divide="ignore", invalid="ignore"):
        norm = spike_normalisation(mass * constants.solar_mass_energy, slope, inner, reach)
        radius = spike_radius(norm, slope, reach, density, scale_radius)
    return np.asarray((words == "none") | ((mass > 0.0) & (reach > inner) & (radius > reach)))


@dataclasses.dataclass(frozen=True)
class Spike:
    """Spikes around black holes: all that does not depend on the radius, arrays that broadcast.

    Attributes
    ----------
    radius
        R_sp [kpc]; zero where there is no spike.
    inner_radius
        r_i [kpc].
    knee
        [kpc]: below it the density has the factor (1 - r_i/r)^3. The influence radius for "3/2", R_sp for "7/3".
    is_shallow
        Whether the part within the knee falls as r^(-3/2), otherwise as r^(-7/3).
    inner_amplitude, outer_amplitude
        [MeV/cm^3 kpc^alpha], of the parts within the knee and beyond it, where only "3/2" has one.
    """

    radius: FloatArray
    inner_radius: FloatArray
    knee: FloatArray
    is_shallow: NDArray[np.bool_]
    inner_amplitude: FloatArray
    outer_amplitude: FloatArray

    @classmethod
    def around(
        cls,
        spike: ArrayLike,
        black_hole_mass: ArrayLike,
        influence_radius: ArrayLike | None,
        scale_density: FloatArray,
        scale_radius: FloatArray,
        constants: Constants,
    ) -> Spike:
        """Prepare spikes from the parameters of a halo.

        Parameters
        ----------
        spike
            One of `SPIKES`, or an array of them.
        black_hole_mass
            Mass of the black hole [Msun], above 0 for a spike.
        influence_radius
            r_h [kpc]; from `gridscan.physics.dark_matter.black_hole` where it is None.
        scale_density
            rho_s [MeV/cm^3].
        scale_radius
            r_s [kpc].
        constants
            Constants of nature.

        Returns
        -------
        Spike
            The spikes.

        Raises
        ------
        EvaluationError
            If a parameter is outside its range, or a spike would not reach beyond its influence radius.
        """
        words = np.asarray(spike, dtype=str)
        exists, is_shallow = words != "none", words == "3/2"
        mass = _where_it_counts("black_hole_mass", black_hole_mass, exists, "Msun")
        inner = 4.0 * constants.schwarzschild_radius_of_sun * mass
        if influence_radius is None:
            influence_radius = radius_of_influence(mass, velocity_dispersion(mass), constants.gravitational_constant)
        reach = _where_it_counts("influence_radius", influence_radius, exists, "kpc")
        _require_beyond("influence_radius", reach, "4 Schwarzschild radii", inner, exists)
        slope = np.where(is_shallow, 3.0 / 2.0, 7.0 / 3.0)
        volume = constants.centimetres_per_kiloparsec**3
        norm = spike_normalisation(mass * constants.solar_mass_energy, slope, inner, reach)
        radius = spike_radius(norm, slope, reach, scale_density * volume, scale_radius)
        _require_beyond("the radius of the spike", radius, "influence_radius", reach, exists)
        return cls(
            radius=np.where(exists, radius, 0.0),
            inner_radius=inner,
            knee=np.where(is_shallow, reach, radius),
            is_shallow=is_shallow,
            inner_amplitude=norm / volume,
            outer_amplitude=norm * reach ** (5.0 / 6.0) / volume,
        )

    def with_trailing_axes(self, count: int) -> Spike:
        """Return the spikes with axes of length one appended to every array.

        Parameters
        ----------
        count
            Number of axes.

        Returns
        -------
        Spike
            The same spikes.
        """
        arrays = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return Spike(**{name: array.reshape(array.shape + (1,) * count) for name, array in arrays.items()})

    def density(self, radius: FloatArray, inside: NDArray[np.bool_]) -> FloatArray:
        """Return the density where a radius is below R_sp.

        Parameters
        ----------
        radius
            Distance from the black hole [kpc].
        inside
            Whether it is below R_sp, shape of the result broadcast.

        Returns
        -------
        numpy.ndarray
            [MeV/cm^3], shape (n,), of the n radii inside.
        """
        cells = (np.broadcast_to(getattr(self, field.name), inside.shape)[inside] for field in dataclasses.fields(self))
        _, inner_radius, knee, is_shallow, inner_amplitude, outer_amplitude = cells
        chosen = np.broadcast_to(radius, inside.shape)[inside]
        near, shallow = chosen < knee, is_shallow & (chosen < knee)
        # Below r_i the density is zero whatever the radius, so that r_i replaces it, also at zero.
        inverse = 1.0 / np.maximum(chosen, inner_radius)
        power = np.where(shallow, inverse * np.sqrt(inverse), inverse**2 * np.cbrt(inverse))
        core = np.where(near, (1.0 - inner_radius * inverse) ** 3, 1.0)
        density: FloatArray = np.where(near, inner_amplitude, outer_amplitude) * power * core
        return density


def refuse_unknown_spikes(words: Iterable[str]) -> None:
    """Raise an error if a spike is not in `SPIKES`.

    Parameters
    ----------
    words
        The names given.

    Raises
    ------
    EvaluationError
        If any name is unknown.
    """
    for unknown in sorted(set(words) - set(SPIKES)):
        raise EvaluationError(f"unknown spike {unknown!r}{nearest(unknown, SPIKES)}; known are {', '.join(SPIKES)}")


def _where_it_counts(name: str, values: ArrayLike, exists: NDArray[np.bool_], unit: str) -> FloatArray:
    """Return positive numbers, 1 in cells without a spike, where they are not used."""
    array, exists = np.broadcast_arrays(np.asarray(values, dtype=float), exists)
    return checked(name, np.where(exists, array, 1.0), POSITIVE, unit)


def _require_beyond(name: str, values: FloatArray, edge_name: str, edge: FloatArray, exists: NDArray[np.bool_]) -> None:
    values, edge, exists = np.broadcast_arrays(values, edge, exists)
    wrong = exists & ~(values > edge)
    if wrong.any():
        refuse(name, values, wrong, f'above {edge_name} = {edge[wrong][0]:g} kpc for a spike, or spike = "none"', "kpc")

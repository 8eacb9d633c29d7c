"""Density of a dark matter halo: its profile, the spike around its black hole, and annihilation.

The halo is a generalised Navarro-Frenk-White profile, rho(r) = rho_s/((r/r_s) (1 + r/r_s)^n), with a spike of
`gridscan.physics.dark_matter.spike` if it has one. Everything that does not depend on the radius is computed once, in a
`Halo`. Functions that are arithmetic only take quantities with units as well as numbers; the others take numbers in
kpc, MeV, MeV/cm^3 and Msun.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridscan.errors import EvaluationError
from gridscan.numerics.ranges import NOT_NEGATIVE, POSITIVE, Range, checked
from gridscan.numerics.unit_arguments import in_units
from gridscan.physics.constants import CODATA, Constants
from gridscan.physics.dark_matter.spike import Spike, refuse_unknown_spikes

__all__ = ["Halo", "HaloParameters", "annihilated_density", "double_power_law_density", "number_density"]

FloatArray = NDArray[np.floating[Any]]


def double_power_law_density(radius: Any, scale_density: Any, scale_radius: Any, outer_slope: Any) -> Any:
    """Return the density of a halo without a black hole.

    It falls as 1/r within the scale radius and as 1/r^(n + 1) beyond.

    Parameters
    ----------
    radius
        Distance r from the centre of the halo, above zero.
    scale_density
        rho_s.
    scale_radius
        r_s, in the unit of the radius.
    outer_slope
        n, dimensionless: 2 for the profile of Navarro, Frenk & White, 3 for that of Hernquist.

    Returns
    -------
    array or quantity
        In the unit of `scale_density`; all arguments broadcast.

    Notes
    -----
    rho(r) = rho_s/((r/r_s) (1 + r/r_s)^n).
    Source: Navarro, Frenk & White 1997, ApJ 490, 493; Hernquist 1990, ApJ 356, 359.

    Examples
    --------
    At the scale radius, a quarter of the scale density:

    >>> from gridscan.physics.dark_matter.halo import double_power_law_density
    >>> double_power_law_density(24.42, 184.0, 24.42, 2.0)
    46.0
    """
    ratio = radius / scale_radius
    return scale_density / (ratio * (1.0 + ratio) ** outer_slope)


def annihilated_density(density: Any, mass: Any, annihilation_cross_section: Any, age: Any) -> Any:
    """Return the density that is left after annihilation.

    Parameters
    ----------
    density
        rho, energy per volume.
    mass
        m, energy of a particle.
    annihilation_cross_section
        <sigma v>, volume per time; zero leaves the density as it is.
    age
        Age t of the halo.

    Returns
    -------
    array or quantity
        Energy per volume, below both rho and rho_c; all arguments broadcast.

    Notes
    -----
    rho rho_c/(rho + rho_c) with rho_c = m/(<sigma v> t), written rho/(1 + rho <sigma v> t/m).
    Source: Gondolo & Silk 1999, PRL 83, 1719.

    Examples
    --------
    Half of a density that is as large as rho_c = 10:

    >>> from gridscan.physics.dark_matter.halo import annihilated_density
    >>> annihilated_density(10.0, 1.0, 0.01, 10.0)
    5.0
    """
    return density / (1.0 + density * (annihilation_cross_section * age / mass))


@in_units(
    scale_density="MeV/cm^3",
    scale_radius="kpc",
    centre_cutoff="kpc",
    black_hole_mass="Msun",
    influence_radius="kpc",
    black_hole_age="s",
    dark_matter_mass="MeV",
    annihilation_cross_section="cm^3/s",
)
@dataclasses.dataclass(frozen=True)
class HaloParameters:
    """Parameters of a halo, or of many: numbers, or arrays that broadcast; the defaults are for the Milky Way.

    Attributes
    ----------
    scale_density, scale_radius, outer_slope
        rho_s [MeV/cm^3], r_s [kpc] and n of the profile, see `double_power_law_density`.
    centre_cutoff
        [kpc]: the density is zero below this radius, spike or not.
    spike
        One of `gridscan.physics.dark_matter.spike.SPIKES`, or an array of them.
    black_hole_mass
        [Msun], above 0 for a spike and of no influence without one.
    influence_radius
        r_h [kpc] of the black hole; where it is None, G M/sigma^2 with the dispersion of McConnell et al. 2011.
    black_hole_age
        [s]: how long dark matter has annihilated.
    dark_matter_mass
        [MeV], for the annihilation.
    annihilation_cross_section
        <sigma v> [cm^3/s]; annihilation levels the profile within R_sp and beyond, and without a spike too.
    constants
        Constants of nature.
    """

    scale_density: ArrayLike = 184.0
    scale_radius: ArrayLike = 24.42
    outer_slope: ArrayLike = 2.0
    centre_cutoff: ArrayLike = 0.0
    spike: ArrayLike = "none"
    black_hole_mass: ArrayLike = 4.29e6
    influence_radius: ArrayLike | None = None
    black_hole_age: ArrayLike = 0.0
    dark_matter_mass: ArrayLike = 1.0
    annihilation_cross_section: ArrayLike = 0.0
    constants: Constants = CODATA


@in_units(scale_density="MeV/cm^3", scale_radius="kpc", centre_cutoff="kpc", annihilation="cm^3/MeV")
@dataclasses.dataclass(frozen=True)
class Halo:
    """A halo, or many: all that does not depend on the radius, arrays that broadcast.

    Attributes
    ----------
    scale_density, scale_radius, outer_slope
        rho_s [MeV/cm^3], r_s [kpc] and n, see `double_power_law_density`.
    centre_cutoff
        [kpc]: the density is zero below this radius.
    annihilation
        1/rho_c = <sigma v> t/m [cm^3/MeV], see `annihilated_density`.
    spike
        Spike around the black hole; None if no halo has one.

    Examples
    --------
    At the scale radius of the Milky Way, a quarter of 184 MeV/cm^3:

    >>> halo = Halo.of(HaloParameters(centre_cutoff=1e-8))
    >>> halo.density([8.5, 24.42]).round(1)
    array([290.9,  46. ])
    """

    scale_density: FloatArray
    scale_radius: FloatArray
    outer_slope: FloatArray
    centre_cutoff: FloatArray
    annihilation: FloatArray
    spike: Spike | None = None

    @classmethod
    def of(cls, parameters: HaloParameters) -> Halo:
        """Prepare a halo.

        Parameters
        ----------
        parameters
            Parameters of the halo.

        Returns
        -------
        Halo
            What does not depend on the radius.

        Raises
        ------
        EvaluationError
            If a parameter is outside its range, a spike is unknown, or it would not reach beyond its influence radius.
        """
        given = parameters
        words = np.asarray(given.spike, dtype=str)
        refuse_unknown_spikes(words.ravel().tolist())
        density = checked("scale_density", given.scale_density, POSITIVE, "MeV/cm^3")
        scale = checked("scale_radius", given.scale_radius, POSITIVE, "kpc")
        around = (words, given.black_hole_mass, given.influence_radius, density, scale, given.constants)
        cutoff = checked("centre_cutoff", given.centre_cutoff, NOT_NEGATIVE, "kpc")
        reach = 0.0 if given.influence_radius is None else given.influence_radius
        shape = np.broadcast_shapes(*(np.shape(values) for values in (words, given.black_hole_mass, reach, cutoff)))
        cross_section = checked("annihilation_cross_section", given.annihilation_cross_section, NOT_NEGATIVE, "cm^3/s")
        return cls(
            scale_density=density,
            scale_radius=scale,
            outer_slope=checked("outer_slope", given.outer_slope, NOT_NEGATIVE),
            centre_cutoff=np.broadcast_to(cutoff, shape),
            annihilation=cross_section
            * checked("black_hole_age", given.black_hole_age, NOT_NEGATIVE, "s")
            / checked("dark_matter_mass", given.dark_matter_mass, POSITIVE, "MeV"),
            spike=None if (words == "none").all() else Spike.around(*around),
        )

    def with_trailing_axes(self, count: int) -> Halo:
        """Return the halo with axes of length one appended to every array, to broadcast against more radii.

        Parameters
        ----------
        count
            Number of axes.

        Returns
        -------
        Halo
            The same halo.
        """
        arrays = {name: array for name, array in vars(self).items() if name != "spike"}
        longer = {name: array.reshape(array.shape + (1,) * count) for name, array in arrays.items()}
        return Halo(**longer, spike=None if self.spike is None else self.spike.with_trailing_axes(count))

    def density(self, radius: ArrayLike) -> FloatArray:
        """Return the density at distances from the centre of the halo.

        Parameters
        ----------
        radius
            Distance r from the centre [kpc], 0 or more.

        Returns
        -------
        numpy.ndarray
            [MeV/cm^3]; all parameters of the halo broadcast.

        Raises
        ------
        EvaluationError
            If a radius is negative or not a number, or the density is infinite there.

        Notes
        -----
        See `double_power_law_density`, `gridscan.physics.dark_matter.spike` and `annihilated_density`.
        """
        radius = checked("radius", radius, Range(minimum=0.0, finite=False), "kpc")
        with np.errstate(divide="ignore", over="ignore"):
            density = np.asarray(
                double_power_law_density(radius, self.scale_density, self.scale_radius, self._exponent)
            )
        shape = np.broadcast_shapes(density.shape, self._shape)
        if density.shape != shape:
            density = np.broadcast_to(density, shape).copy()
        if self.spike is not None:
            inside = np.broadcast_to(radius < self.spike.radius, shape)
            density[inside] = self.spike.density(radius, inside)
        if self.centre_cutoff.any():
            density[np.broadcast_to(radius < self.centre_cutoff, shape)] = 0.0
        if not np.isfinite(density).all():
            found = np.broadcast_to(radius, shape)[~np.isfinite(density)].flat[0]
            raise EvaluationError(
                f"the density at the radius {found:g} kpc is infinite; the radius, or the centre_cutoff, must be above"
                " 0 kpc"
            )
        return annihilated_density(density, 1.0, self.annihilation, 1.0) if self.annihilation.any() else density

    @property
    def _exponent(self) -> FloatArray | float:
        """The outer slope, as one number if it is the same everywhere: a square is faster than a power."""
        first = self.outer_slope.flat[0] if self.outer_slope.size else 2.0
        return float(first) if (self.outer_slope == first).all() else self.outer_slope

    @property
    def _shape(self) -> tuple[int, ...]:
        own = [self.scale_density, self.scale_radius, self.outer_slope, self.centre_cutoff, self.annihilation]
        spiked = [] if self.spike is None else [self.spike.radius]
        return np.broadcast_shapes(*(array.shape for array in [*own, *spiked]))


def number_density(density: Any, mass: Any) -> Any:
    """Return the number of particles per volume, n = rho/m.

    Parameters
    ----------
    density
        rho, energy per volume.
    mass
        m, energy of a particle.

    Returns
    -------
    array or quantity
        Per volume; all arguments broadcast.

    Examples
    --------
    >>> from gridscan.physics.dark_matter.halo import number_density
    >>> number_density(300.0, 0.1)
    3000.0
    """
    return density / mass

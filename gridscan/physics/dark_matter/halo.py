"""The dark matter of a halo: its profile, the spike around its black hole, and what annihilation leaves of both.

The halo is a generalised Navarro-Frenk-White profile, rho(r) = rho_s/((r/r_s) (1 + r/r_s)^n), with a spike of
`gridscan.physics.dark_matter.spike` where one is asked for. What does not depend on the radius is computed once, in a
`Halo`. Functions that are arithmetic only take quantities with units as well as numbers; the others take numbers in
kpc, MeV, MeV/cm^3 and Msun.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridscan.errors import EvaluationError
from gridscan.physics.dark_matter.spike import (
    CODATA,
    SPIKES,
    Constants,
    Spike,
    checked,
    radius_of_influence,
    refuse_unknown_spikes,
    schwarzschild_radius,
    spike_integral,
    spike_normalisation,
    spike_radius,
    velocity_dispersion,
)

__all__ = [
    "CODATA",
    "SPIKES",
    "Constants",
    "Halo",
    "Spike",
    "annihilated_density",
    "dark_matter_density",
    "nfw_density",
    "number_density",
    "radius_of_influence",
    "schwarzschild_radius",
    "spike_integral",
    "spike_normalisation",
    "spike_radius",
    "velocity_dispersion",
]

FloatArray = NDArray[np.floating[Any]]


def nfw_density(radius: Any, scale_density: Any, scale_radius: Any, outer_slope: Any) -> Any:
    """Return the density of a halo without a black hole, rho_s/((r/r_s) (1 + r/r_s)^n).

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
    Any
        In the unit of `scale_density`; numbers and quantities with units broadcast alike.

    Notes
    -----
    Source: Navarro, Frenk & White 1997, ApJ 490, 493; Hernquist 1990, ApJ 356, 359.
    """
    ratio = radius / scale_radius
    return scale_density / (ratio * (1.0 + ratio) ** outer_slope)


def annihilated_density(density: Any, mass: Any, annihilation_cross_section: Any, age: Any) -> Any:
    """Return what annihilation leaves of a density, rho rho_c/(rho + rho_c) with rho_c = m/(<sigma v> t).

    Parameters
    ----------
    density
        rho, energy per volume.
    mass
        m, energy of a particle.
    annihilation_cross_section
        <sigma v>, volume per time; zero leaves the density as it is.
    age
        Time t for which the density has been there.

    Returns
    -------
    Any
        Energy per volume, below both rho and rho_c; numbers and quantities with units broadcast alike.

    Notes
    -----
    Written rho/(1 + rho <sigma v> t/m). Source: Gondolo & Silk 1999, PRL 83, 1719.
    """
    return density / (1.0 + density * (annihilation_cross_section * age / mass))


@dataclasses.dataclass(frozen=True)
class Halo:
    """A halo, or many: all that does not depend on the radius, arrays that broadcast.

    Attributes
    ----------
    scale_density, scale_radius, outer_slope
        rho_s [MeV/cm^3], r_s [kpc] and n, see `nfw_density`.
    centre_cutoff
        [kpc]: the density is zero below this radius.
    annihilation
        1/rho_c = <sigma v> t/m [cm^3/MeV], see `annihilated_density`.
    spike
        What the black hole has drawn together; None where no halo has a spike.
    """

    scale_density: FloatArray
    scale_radius: FloatArray
    outer_slope: FloatArray
    centre_cutoff: FloatArray
    annihilation: FloatArray
    spike: Spike | None = None

    @classmethod
    def of(
        cls,
        scale_density: ArrayLike,
        scale_radius: ArrayLike,
        outer_slope: ArrayLike,
        centre_cutoff: ArrayLike = 0.0,
        spike: ArrayLike = "none",
        black_hole_mass: ArrayLike = 0.0,
        influence_radius: ArrayLike | None = None,
        black_hole_age: ArrayLike = 0.0,
        dark_matter_mass: ArrayLike = 1.0,
        annihilation_cross_section: ArrayLike = 0.0,
        constants: Constants = CODATA,
    ) -> Halo:
        """Prepare a halo from the parameters of `dark_matter_density`, which see.

        Raises
        ------
        EvaluationError
            If a parameter is outside its range, a spike is unknown, or it would not reach beyond its influence radius.
        """
        words = np.asarray(spike, dtype=str)
        refuse_unknown_spikes(words.ravel().tolist())
        density = checked("scale_density", scale_density, allow_zero=False)
        scale = checked("scale_radius", scale_radius, allow_zero=False)
        around = (words, black_hole_mass, influence_radius, density, scale, constants)
        cutoff = checked("centre_cutoff", centre_cutoff)
        reach = 0.0 if influence_radius is None else influence_radius
        shape = np.broadcast_shapes(*(np.shape(values) for values in (words, black_hole_mass, reach, cutoff)))
        return cls(
            scale_density=density,
            scale_radius=scale,
            outer_slope=checked("outer_slope", outer_slope),
            centre_cutoff=np.broadcast_to(cutoff, shape),
            annihilation=checked("annihilation_cross_section", annihilation_cross_section)
            * checked("black_hole_age", black_hole_age)
            / checked("dark_matter_mass", dark_matter_mass, allow_zero=False),
            spike=None if (words == "none").all() else Spike.around(*around),
        )

    def with_trailing_axes(self, count: int) -> Halo:
        """Return the halo with so many axes of length one appended to every array, to broadcast against more radii."""
        arrays = {name: array for name, array in vars(self).items() if name != "spike"}
        longer = {name: array.reshape(array.shape + (1,) * count) for name, array in arrays.items()}
        return Halo(**longer, spike=None if self.spike is None else self.spike.with_trailing_axes(count))

    def density(self, radius: ArrayLike) -> FloatArray:
        """Return the density [MeV/cm^3] at distances from the centre of the halo [kpc].

        Raises
        ------
        EvaluationError
            If a radius is negative or no number, or the density is infinite there.
        """
        radius = np.asarray(radius, dtype=float)
        if not (radius >= 0.0).all():
            raise EvaluationError(f"radius is {radius[~(radius >= 0.0)].flat[0]:g}; allowed is 0 kpc or more")
        with np.errstate(divide="ignore", over="ignore"):
            density = np.asarray(nfw_density(radius, self.scale_density, self.scale_radius, self._exponent))
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
                f"the density at the radius {found:g} kpc is infinite; allowed are radii above 0 kpc, or a "
                "centre_cutoff above 0 kpc"
            )
        return annihilated_density(density, 1.0, self.annihilation, 1.0) if self.annihilation.any() else density

    @property
    def _exponent(self) -> FloatArray | float:
        """The outer slope as one number where it is the same throughout, for then a square is no power."""
        first = self.outer_slope.flat[0] if self.outer_slope.size else 2.0
        return float(first) if (self.outer_slope == first).all() else self.outer_slope

    @property
    def _shape(self) -> tuple[int, ...]:
        own = [self.scale_density, self.scale_radius, self.outer_slope, self.centre_cutoff, self.annihilation]
        spiked = [] if self.spike is None else [self.spike.radius]
        return np.broadcast_shapes(*(array.shape for array in [*own, *spiked]))


def dark_matter_density(
    radius: ArrayLike,
    scale_density: ArrayLike,
    scale_radius: ArrayLike,
    outer_slope: ArrayLike,
    centre_cutoff: ArrayLike = 0.0,
    spike: ArrayLike = "none",
    black_hole_mass: ArrayLike = 0.0,
    influence_radius: ArrayLike | None = None,
    black_hole_age: ArrayLike = 0.0,
    dark_matter_mass: ArrayLike = 1.0,
    annihilation_cross_section: ArrayLike = 0.0,
    constants: Constants = CODATA,
) -> FloatArray:
    """Return the density of dark matter at a distance from the centre of its halo, of everything in this module.

    Parameters
    ----------
    radius
        r [kpc], 0 or more; above 0 where nothing keeps the profile from diverging at the centre.
    scale_density, scale_radius, outer_slope
        rho_s [MeV/cm^3], r_s [kpc] and n of the profile, see `nfw_density`.
    centre_cutoff
        [kpc]: the density is zero below this radius, spike or not.
    spike
        One of `SPIKES`, or an array of them: what there is within R_sp.
    black_hole_mass
        [Msun], above 0 for a spike and of no influence without one.
    influence_radius
        r_h [kpc] of the black hole; G M/sigma^2 with the dispersion of `velocity_dispersion` where it is None.
    black_hole_age
        [s]: the time for which dark matter has annihilated.
    dark_matter_mass
        [MeV], for the annihilation.
    annihilation_cross_section
        <sigma v> [cm^3/s]; annihilation levels the profile within R_sp and beyond, and without a spike too.
    constants
        Constants of nature.

    Returns
    -------
    numpy.ndarray
        [MeV/cm^3]; all arguments broadcast.

    Raises
    ------
    EvaluationError
        See `Halo.of` and `Halo.density`.
    """
    halo = Halo.of(
        *(scale_density, scale_radius, outer_slope, centre_cutoff, spike, black_hole_mass, influence_radius),
        *(black_hole_age, dark_matter_mass, annihilation_cross_section, constants),
    )
    return halo.density(radius)


def number_density(density: Any, mass: Any) -> Any:
    """Return the number of particles per volume, n = rho/m, of an energy per volume and the energy of a particle."""
    return density / mass

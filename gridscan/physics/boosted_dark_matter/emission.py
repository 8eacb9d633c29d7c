"""Scattering rate of dark matter along the arrival surface: neutrinos, interaction and halo, for many points at once.

Along the line of `gridscan.physics.boosted_dark_matter.arrival_surface` the flux of kicked particles per kinetic energy
is

    dPhi/dT = [c tau L_1/(4 pi R_s zeta)] ∫ dw K ∫ dphi n(r),   K = Σ_i (f_i(E_nu)/<E_i>) (dsigma/dOmega) dE_nu/dT

where L_1 is the luminosity of one species, n the number density of dark matter and r the distance from the halo centre.
With a the position of B along the line from the supernova S to Earth and h its distance from that line,

    r² = d² + D² - 2 a a_G - 2 h h_G sin(phi),   a_G = R_s - R_g cos(beta),  h_G = R_g sin(beta),  D² = a_G² + h_G²

The Jacobian of the angles cancels the 1/d² of the neutrino flux.

Source: Lin, Tsai, Lin, Wong & Wu 2023, PRD 108, 083013, with (1 - v cos(psi)) dd = (l R_s/d) sin(theta) dtheta.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gridscan.numerics.unit_arguments import in_units
from gridscan.physics.boosted_dark_matter.arrival_surface import Surface, arrival_surface
from gridscan.physics.constants import HBAR_C
from gridscan.physics.neutrinos.supernova import NeutrinoSource, spectrum_over_mean_energy
from gridscan.physics.scattering.cross_sections import SquaredAmplitude, differential_cross_section
from gridscan.physics.scattering.one_particle import momentum, velocity
from gridscan.physics.scattering.recoil_angle import angular_density

if TYPE_CHECKING:
    from gridscan.physics.dark_matter.halo import Halo

__all__ = ["Emission", "Setting", "differential_of", "isotropic", "kick_rate"]

FloatArray = NDArray[np.floating[Any]]
#: dsigma/dOmega [cm²/sr] in the laboratory, of E_nu, T, m [MeV], sin²(psi/2) and parameters, arrays that broadcast.
Differential = Callable[..., FloatArray]


@dataclasses.dataclass(frozen=True)
class Setting:
    """Supernovae, halos and interactions of n points, every array of shape (n,) or (species, n).

    Attributes
    ----------
    mass
        m [MeV] of dark matter.
    supernova_distance, centre_along, centre_across
        R_s, a_G and h_G [kpc].
    cross_section
        [cm²]: a factor of the interaction.
    halo, source
        Dark matter, and the neutrinos that kick it.
    parameters
        Further arguments of the interaction.
    differential
        The interaction.
    powers
        How many factors v/c and dE_nu/dT the convention adds.
    speed_of_light, kiloparsec
        [cm/s] and [cm].
    """

    mass: FloatArray
    supernova_distance: FloatArray
    centre_along: FloatArray
    centre_across: FloatArray
    cross_section: FloatArray
    halo: Halo
    source: NeutrinoSource
    parameters: tuple[FloatArray, ...]
    differential: Differential
    powers: tuple[int, int]
    speed_of_light: float
    kiloparsec: float

    @property
    def light_speed(self) -> float:
        """Speed of light [kpc/s]."""
        return self.speed_of_light / self.kiloparsec

    def emission(self, time: FloatArray, kinetic_energy: FloatArray, after_peak: FloatArray | None = None) -> Emission:
        """Return the particles that arrive at given times with given kinetic energies.

        Parameters
        ----------
        time
            [s], shape (n,).
        kinetic_energy
            [MeV], shape (n,).
        after_peak
            Times after t_peak [s], where their difference would lose its digits.

        Returns
        -------
        Emission
            Of the n points.
        """
        light_speed = self.light_speed
        surface = arrival_surface(
            *(time * light_speed, kinetic_energy, self.mass, self.supernova_distance),
            *(self.empty_radius(), self.hottest()),
            None if after_peak is None else after_peak * light_speed,
        )
        return Emission(self, surface, self.strength() * self.light_speed / surface.path)

    def strength(self) -> FloatArray:
        """Return tau L_1 sigma/(4 pi R_s m) [cm], the factor before the integrals."""
        source = self.source
        energy_of_one = np.multiply(source.luminosity, source.emission_duration) / np.sum(source.multiplicities, axis=0)
        area = 4.0 * np.pi * self.kiloparsec * self.supernova_distance
        return np.asarray(energy_of_one * self.cross_section / (area * self.mass))

    def empty_radius(self) -> FloatArray:
        """Radius of the sphere about the supernova from which nothing comes [kpc]."""
        # With the supernova in the halo centre, the empty centre is one more sphere about it.
        central = np.hypot(self.centre_along, self.centre_across) == 0.0
        cutoff = np.where(central, self.halo.centre_cutoff, 0.0)
        radius: FloatArray = np.maximum(np.asarray(self.source.neutrinosphere_radius), cutoff)
        return radius

    def hottest(self) -> FloatArray:
        """Temperature of the hottest species [MeV]."""
        return np.asarray(np.max(self.source.temperatures, axis=0))

    def kicks(self, energy: FloatArray, haversine: FloatArray, kinetic_energy: FloatArray) -> FloatArray:
        """Return the kernel K of the scattering rate.

        Parameters
        ----------
        energy
            E_nu [MeV], shape (nodes, n) like all.
        haversine
            sin²(psi/2).
        kinetic_energy
            T [MeV].

        Returns
        -------
        numpy.ndarray
            K [cm²/(MeV² sr)], shape (nodes, n).
        """
        return kick_rate(
            *(self.source.of_species_last(), self.differential, self.parameters, self.powers),
            *(energy, haversine, kinetic_energy, self.mass),
        )


@dataclasses.dataclass(frozen=True)
class Emission:
    """Kicked particles of n points.

    Attributes
    ----------
    setting
        What emits.
    surface
        Where they come from.
    scale
        Factor of the integral over w and phi, shape (n,).
    """

    setting: Setting
    surface: Surface
    scale: FloatArray

    def radii_squared(
        self, distance: FloatArray, along: FloatArray, across: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return A and B of r² = A - B sin(phi) for places of B.

        Parameters
        ----------
        distance
            d [kpc], shape (nodes, n) like all.
        along, across
            How far B is from S along the line from S to E, and from that line [kpc].

        Returns
        -------
        A, B : numpy.ndarray
            [kpc²], shape (nodes, n).
        """
        forward, sideways = self.setting.centre_along, self.setting.centre_across
        return distance**2 + forward**2 + sideways**2 - 2.0 * along * forward, 2.0 * across * sideways


@in_units(energy="MeV", kinetic_energy="MeV", mass="MeV")
def kick_rate(
    source: NeutrinoSource,
    differential: Differential,
    parameters: tuple[FloatArray, ...],
    powers: tuple[int, int],
    energy: FloatArray,
    haversine: FloatArray,
    kinetic_energy: FloatArray,
    mass: FloatArray,
) -> FloatArray:
    """Return the kernel K of the scattering rate; everything broadcasts.

    Parameters
    ----------
    source
        The neutrinos.
    differential
        dsigma/dOmega [cm²/sr].
    parameters
        Further arguments of `differential`.
    powers
        How many factors v/c and dE_nu/dT the convention adds.
    energy
        E_nu [MeV]; given besides the angle, because it is more precise near its pole.
    haversine
        sin²(psi/2).
    kinetic_energy, mass
        T and m [MeV].

    Returns
    -------
    numpy.ndarray
        K [cm²/(MeV² sr)].

    Notes
    -----
    K = Σ_i (f_i/<E_i>) (dsigma/dOmega) dE_nu/dT. Source: Lin, Tsai, Lin, Wong & Wu 2023, PRD 108, 083013.
    """
    neutrinos = spectrum_over_mean_energy(energy, source)
    slope = energy**2 * (1.0 - 2.0 * haversine) / (kinetic_energy * momentum(kinetic_energy, mass))
    factor = slope * slope if powers[1] else slope
    if powers[0]:
        factor = factor * velocity(kinetic_energy, mass)
    rate: FloatArray = neutrinos * factor * differential(energy, kinetic_energy, mass, haversine, *parameters)
    return rate


@in_units(neutrino_energy="MeV", kinetic_energy="MeV", dark_matter_mass="MeV")
def isotropic(
    neutrino_energy: FloatArray, kinetic_energy: FloatArray, dark_matter_mass: FloatArray, haversine: FloatArray
) -> FloatArray:
    """Return the `Differential` of scattering that is isotropic in the centre-of-momentum frame, g(psi).

    Parameters
    ----------
    neutrino_energy, kinetic_energy, dark_matter_mass
        E_nu, T and m [MeV].
    haversine
        sin²(psi/2).

    Returns
    -------
    numpy.ndarray
        g [1/sr], see `gridscan.physics.scattering.recoil_angle.angular_density`.

    Notes
    -----
    Source: Lin et al. 2023, Phys. Rev. D 108, 083013.

    Examples
    --------
    At rest, cos(psi)/pi; forward, 1/pi:

    >>> import math
    >>> from gridscan.physics.boosted_dark_matter.emission import isotropic
    >>> round(float(isotropic(0.0, 1.0, 1.0, 0.0) * math.pi), 12)
    1.0
    """
    del kinetic_energy
    density: FloatArray = angular_density(neutrino_energy, dark_matter_mass, haversine)
    return density


@in_units(hbar_c="MeV cm")
def differential_of(squared_amplitude: SquaredAmplitude, hbar_c: float = HBAR_C, centred: bool = False) -> Differential:
    """Return the `Differential` of a squared amplitude of a neutrino on dark matter.

    Parameters
    ----------
    squared_amplitude
        |M|²(s, t, u, dark_matter_mass, *parameters), see `gridscan.physics.scattering.amplitudes`.
    hbar_c
        ħc [MeV cm].
    centred
        Whether the amplitude takes s - m² and u - m².

    Returns
    -------
    Differential
        dsigma/dOmega [cm²/sr]; it passes further parameters on to the amplitude.

    Notes
    -----
    See `gridscan.physics.scattering.cross_sections.differential_cross_section`.

    Examples
    --------
    A constant |M|² = 16 pi s/(ħc)² has a total cross section of 1, and the directions of `isotropic`:

    >>> import math
    >>> from gridscan.physics.boosted_dark_matter.emission import differential_of, isotropic
    >>> differential = differential_of(lambda s, t, u, mass: 16 * math.pi * s, hbar_c=1.0)
    >>> round(float(differential(10.0, 1.0, 2.0, 0.01) / isotropic(10.0, 1.0, 2.0, 0.01)), 12)
    1.0
    """

    def differential(
        neutrino_energy: FloatArray,
        kinetic_energy: FloatArray,
        dark_matter_mass: FloatArray,
        haversine: FloatArray,
        *parameters: FloatArray,
    ) -> FloatArray:
        del kinetic_energy
        result: FloatArray = differential_cross_section(
            *(squared_amplitude, neutrino_energy, 0.0, dark_matter_mass, haversine, hbar_c, dark_matter_mass),
            *parameters,
            centred=centred,
        )
        return result

    return differential

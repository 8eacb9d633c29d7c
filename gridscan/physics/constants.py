"""Constants of nature (CODATA) and of astronomy (IAU) as plain numbers, from the registry of `gridscan.units`."""

from __future__ import annotations

import dataclasses

import numpy as np

from gridscan.numerics.unit_arguments import in_units
from gridscan.units import registry

__all__ = [
    "CODATA",
    "HBAR_C",
    "KILOPARSEC",
    "SPEED_OF_LIGHT",
    "WEAK",
    "YEAR",
    "Constants",
    "WeakConstants",
]


def _value(expression: str, unit: str) -> float:
    return float(np.asarray(registry(expression).to(unit).magnitude))


#: Speed of light [cm/s].
SPEED_OF_LIGHT = _value("speed_of_light", "cm/s")
#: Reduced Planck constant times the speed of light [MeV cm].
HBAR_C = _value("hbar * c", "MeV * cm")
#: Kiloparsec [cm].
KILOPARSEC = _value("kpc", "cm")
#: Julian year [s].
YEAR = _value("yr", "s")


@in_units(gravitational_constant="kpc (km/s)^2/Msun", schwarzschild_radius_of_sun="kpc", solar_mass_energy="MeV")
@dataclasses.dataclass(frozen=True)
class Constants:
    """What the formulas of a halo and its black hole need.

    Attributes
    ----------
    gravitational_constant
        G [kpc (km/s)^2/Msun].
    schwarzschild_radius_of_sun
        2 G Msun/c^2 [kpc].
    solar_mass_energy
        Msun c^2 [MeV].
    centimetres_per_kiloparsec
        [cm/kpc].
    """

    gravitational_constant: float
    schwarzschild_radius_of_sun: float
    solar_mass_energy: float
    centimetres_per_kiloparsec: float


CODATA = Constants(
    gravitational_constant=_value("newtonian_constant_of_gravitation", "kpc * km^2 / s^2 / Msun"),
    schwarzschild_radius_of_sun=_value("2 * newtonian_constant_of_gravitation * Msun / speed_of_light^2", "kpc"),
    solar_mass_energy=_value("Msun * speed_of_light^2", "MeV"),
    centimetres_per_kiloparsec=KILOPARSEC,
)


@in_units(
    electron_mass_energy="MeV",
    neutron_proton_difference="MeV",
    fermi_coupling="1/MeV^2",
    hbar_c="MeV cm",
    boltzmann_constant="MeV/K",
)
@dataclasses.dataclass(frozen=True)
class WeakConstants:
    """What the formulas of neutrinos, electrons and nucleons need.

    Attributes
    ----------
    electron_mass_energy
        m_e c^2 [MeV].
    neutron_proton_difference
        (m_n - m_p) c^2 [MeV].
    fermi_coupling
        G_F/(hbar c)^3 [1/MeV^2].
    hbar_c
        [MeV cm].
    fine_structure_constant
        alpha, dimensionless.
    boltzmann_constant
        [MeV/K].
    """

    electron_mass_energy: float
    neutron_proton_difference: float
    fermi_coupling: float
    hbar_c: float
    fine_structure_constant: float
    boltzmann_constant: float

    @property
    def scattering_prefactor(self) -> float:
        """2 G_F^2 m_e (hbar c)^2/pi [cm^2/MeV], the scale of cross sections on electrons."""
        return 2.0 * self.fermi_coupling**2 * self.electron_mass_energy * self.hbar_c**2 / np.pi


#: CODATA, and the Fermi coupling of Navas et al. 2024 (Particle Data Group), Phys. Rev. D 110, 030001.
WEAK = WeakConstants(
    electron_mass_energy=_value("electron_mass * speed_of_light^2", "MeV"),
    neutron_proton_difference=_value("(neutron_mass - proton_mass) * speed_of_light^2", "MeV"),
    fermi_coupling=_value("1.1663788e-5 / GeV^2", "1/MeV^2"),
    hbar_c=HBAR_C,
    fine_structure_constant=_value("fine_structure_constant", ""),
    boltzmann_constant=_value("boltzmann_constant", "MeV/K"),
)

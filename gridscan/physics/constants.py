"""Constants of nature (CODATA) and of astronomy (IAU) as plain numbers, from the registry of `gridscan.units`."""

from __future__ import annotations

import dataclasses

import numpy as np

from gridscan.units import registry

__all__ = ["CODATA", "HBAR_C", "KILOPARSEC", "SPEED_OF_LIGHT", "YEAR", "Constants"]


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

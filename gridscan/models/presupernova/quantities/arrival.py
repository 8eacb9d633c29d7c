"""The neutrinos of a star at the Earth."""

from __future__ import annotations

import numpy as np

from gridscan.models.presupernova import one_star
from gridscan.models.presupernova.parameters import model
from gridscan.physics.neutrinos.flavour_conversion import electron_share


@model.kernel(
    "1", long_name="survival of electron neutrinos", neutrino_mass_state="1", sin2_theta12="1", sin2_theta13="1"
)
def neutrino_survival(neutrino_mass_state, sin2_theta12, sin2_theta13):
    """Survival: normal s13, inverted s12 (1 - s13), none 1. Source: Dighe & Smirnov 2000, PRD 62, 033007."""
    return electron_share(neutrino_mass_state, sin2_theta12, sin2_theta13)


@model.kernel(
    "1", long_name="survival of electron antineutrinos", antineutrino_mass_state="1", sin2_theta12="1", sin2_theta13="1"
)
def antineutrino_survival(antineutrino_mass_state, sin2_theta12, sin2_theta13):
    """Survival: normal (1 - s12)(1 - s13), inverted s13, none 1. Source: Dighe & Smirnov 2000, PRD 62, 033007."""
    return electron_share(antineutrino_mass_state, sin2_theta12, sin2_theta13)


@model.quantity("1/cm^2/s", long_name="flux of a star, all flavours")
def flux(neutrino_rate_of_all_flavours, distance):
    """Ndot/(4π d²). Source: inverse-square law."""
    return neutrino_rate_of_all_flavours / (4 * np.pi * distance**2)


@model.quantity("1/cm^2/s", long_name="flux of electron antineutrinos of a star, if all kept their flavour")
def emitted_flux(neutrino_rate, distance):
    """L/<E>/(4π d²). Source: inverse-square law."""
    return neutrino_rate / (4 * np.pi * distance**2)


@model.kernel(
    "1/MeV",
    long_name="spectrum of one species at the Earth per electron antineutrino emitted",
    energy="MeV",
    neutrino_survival="1",
    antineutrino_survival="1",
    electron_flavour="1",
    antineutrino="1",
)
def spectrum(energy, emitted_spectra, neutrino_survival, antineutrino_survival, electron_flavour, antineutrino):
    """P φ_e + (1 - p) r φ_x and its complement. Source: Dighe & Smirnov 2000, PRD 62, 033007; Keil et al. 2003."""
    survival = (neutrino_survival, antineutrino_survival)
    return one_star.arriving_spectrum(energy, emitted_spectra.spectra, survival, electron_flavour, antineutrino)


@model.quantity("1/cm^2/s/MeV", long_name="flux of one species per energy, of a star")
def flux_spectrum(emitted_flux, spectrum):
    """dΦ/dE. Source: definition."""
    return emitted_flux * spectrum

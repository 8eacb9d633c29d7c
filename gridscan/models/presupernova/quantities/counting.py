"""What a detector counts of one star: recoils of electrons, and inverse beta decays."""

from __future__ import annotations

import numpy as np

from gridscan.models.presupernova import kernels, one_star
from gridscan.models.presupernova.combinations import StarFunction
from gridscan.models.presupernova.parameters import STAR, model
from gridscan.physics.neutrinos import detection


@model.quantity("1", long_name="number of target electrons")
def number_of_electrons(fiducial_mass, electrons_per_mass, avogadro_constant):
    """M n_e N_A. Source: stoichiometry."""
    return detection.number_of_targets(fiducial_mass, electrons_per_mass, avogadro_constant)


@model.quantity("1", long_name="number of free protons")
def number_of_protons(fiducial_mass, protons_per_mass, avogadro_constant):
    """M n_p N_A. Source: stoichiometry."""
    return detection.number_of_targets(fiducial_mass, protons_per_mass, avogadro_constant)


@model.quantity("1", long_name="target electrons times the share of their recoils that is kept")
def effective_electrons(number_of_electrons, efficiency_elastic, direction_efficiency):
    """N_e ε. Source: definition."""
    return number_of_electrons * efficiency_elastic * direction_efficiency


@model.quantity("1", long_name="free protons times the share of their decays that is detected")
def effective_protons(number_of_protons, efficiency_inverse_beta):
    """N_p ε. Source: definition."""
    return number_of_protons * efficiency_inverse_beta


@model.kernel(
    "cm^2",
    long_name="cross section of an electron for one neutrino, of counted recoils",
    energy="MeV",
    electron_flavour="1",
    antineutrino="1",
)
def scattering_cross_section(energy, scattering, counted_window, electron_flavour, antineutrino):
    """∫ ε dσ/dT dT; with photons the total. Source: Bahcall, Kamionkowski & Sirlin 1995, PRD 51, 6146."""
    return one_star.scattering_cross_section(energy, scattering, counted_window, electron_flavour, antineutrino)


@model.kernel(
    "cm^2",
    long_name="cross section of an electron per electron antineutrino emitted, of counted recoils",
    error=True,
    neutrino_survival="1",
    antineutrino_survival="1",
)
def elastic_cross_section(emitted_spectra, scattering, counted_window, neutrino_survival, antineutrino_survival):
    """Eight parts, each ∫ ε(T) dR/dT dT in closed form. Source: 't Hooft 1971, PLB 37, 195; Keil et al. 2003."""
    survival = (neutrino_survival, antineutrino_survival)
    return one_star.recoil_cross_section(emitted_spectra.spectra, scattering, counted_window, survival)


@model.kernel(
    "cm^2/MeV",
    long_name="spectrum of recoils of an electron per electron antineutrino emitted",
    recoil_energy="MeV",
    neutrino_survival="1",
    antineutrino_survival="1",
)
def recoil_cross_section(
    emitted_spectra, recoil_energy, scattering, neutrino_survival, antineutrino_survival, weak_constants
):
    """dR/dT, incomplete gamma functions of E_min(T). Source: 't Hooft 1971, PLB 37, 195; Keil et al. 2003."""
    survival = (neutrino_survival, antineutrino_survival)
    return one_star.recoil_spectrum(
        emitted_spectra.spectra, recoil_energy, scattering, survival, kernels.constants_of(*weak_constants)
    )


@model.quantity("1/yr/MeV", long_name="recoils of a star per time and kinetic energy, before any resolution")
def recoil_spectrum(emitted_flux, recoil_cross_section, effective_electrons):
    """N_e Φ dR/dT. Source: rate of a thin target."""
    return effective_electrons * emitted_flux * recoil_cross_section


@model.quantity("1/yr", long_name="recoils of a star per time within the window of energies")
def elastic_rate(emitted_flux, elastic_cross_section, effective_electrons):
    """N_e Φ σ. Source: rate of a thin target."""
    return effective_electrons * emitted_flux * elastic_cross_section


@model.kernel("cm^2", long_name="cross section of a proton per electron antineutrino emitted", error=True)
def inverse_beta_cross_section(emitted_spectra, positron_counting):
    """p-bar <σ>_e + (1 - p-bar) r <σ>_x. Source: Strumia & Vissani 2003, Phys. Lett. B 564, 42, equation 25."""
    return one_star.positron_cross_section(emitted_spectra.spectra, positron_counting)


@model.quantity("1/day", long_name="inverse beta decays of a star per time")
def inverse_beta_rate(emitted_flux, inverse_beta_cross_section, effective_protons):
    """N_p Φ σ. Source: rate of a thin target."""
    return effective_protons * emitted_flux * inverse_beta_cross_section


@model.kernel(
    "cm^2",
    long_name="recoils in an exposure per electron, times 4π d²",
    error=True,
    neutrino_survival="1",
    antineutrino_survival="1",
    **STAR,
)
def elastic_yield(
    source,
    initial_mass,
    heavy_flavour_ratio,
    neutrino_survival,
    antineutrino_survival,
    scattering,
    counted_window,
    elastic_exposure,
):
    """∫ Ndot σ dt until the lead time. Source: rate of a thin target, by Gauss points on panels of ln t."""
    stars = kernels.Stars(source, initial_mass, StarFunction(heavy_flavour_ratio))
    window = kernels.window_of_time(elastic_exposure.lead, elastic_exposure.exposure, "exposure")
    return kernels.recoil_yield(stars, (neutrino_survival, antineutrino_survival), scattering, counted_window, window)


@model.kernel(
    "cm^2",
    long_name="inverse beta decays in an exposure per proton, times 4π d²",
    error=True,
    lead="s",
    exposure="s",
    **STAR,
)
def inverse_beta_yield(source, initial_mass, heavy_flavour_ratio, positron_counting, lead, exposure):
    """∫ Ndot σ dt until the lead time. Source: rate of a thin target, by Gauss points on panels of ln t."""
    stars = kernels.Stars(source, initial_mass, StarFunction(heavy_flavour_ratio))
    return kernels.inverse_beta_yield(stars, positron_counting, kernels.window_of_time(lead, exposure, "exposure"))


def _of_channel(channel, recoils, decays, distance):
    return np.where(channel == "elastic", recoils, decays) / (4 * np.pi * distance**2)


@model.quantity("1", long_name="expected events of a star in an exposure", count=True)
def events_in_exposure(channel, elastic_yield, inverse_beta_yield, effective_electrons, effective_protons, distance):
    """N Y/(4π d²) of the channel. Source: rate of a thin target."""
    return _of_channel(channel, effective_electrons * elastic_yield, effective_protons * inverse_beta_yield, distance)


@model.quantity("1", long_name="absolute error estimate of the expected events of a star in an exposure")
def events_in_exposure_error(
    channel, elastic_yield_error, inverse_beta_yield_error, effective_electrons, effective_protons, distance
):
    """As the events. Source: definition."""
    recoils, decays = effective_electrons * elastic_yield_error, effective_protons * inverse_beta_yield_error
    return _of_channel(channel, recoils, decays, distance)

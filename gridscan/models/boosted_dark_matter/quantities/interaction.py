"""The neutrinos that kick dark matter, and their cross sections."""

from __future__ import annotations

import numpy as np

from gridscan.definition.nodes import kernel
from gridscan.models.boosted_dark_matter.kernels import (
    at_angles,
    kick_cross_sections,
    neutrino_amplitude,
)
from gridscan.models.boosted_dark_matter.parameters import KICK, model
from gridscan.models.shared import either
from gridscan.physics.scattering import amplitudes, inverse_kinematics, one_particle, recoil_angle


@model.quantity("MeV", long_name="energy of the neutrino that kicks a particle so")
def neutrino_energy(kinetic_energy, dark_matter_mass, scattering_haversine):
    """E_ν = T m / (p cos ψ - T), 0 where no neutrino can. Source: conservation of energy and momentum."""
    return inverse_kinematics.neutrino_energy(kinetic_energy, dark_matter_mass, scattering_haversine)


@model.quantity("MeV^2", long_name="Mandelstam variable s of neutrinos on dark matter")
def s(neutrino_energy, dark_matter_mass):
    """m² + 2 m E_ν. Source: definition."""
    return dark_matter_mass**2 + 2 * dark_matter_mass * neutrino_energy


@model.quantity("MeV^2", long_name="Mandelstam variable t of neutrinos on dark matter")
def t(kinetic_energy, dark_matter_mass):
    """-2 m T. Source: definition."""
    return -2 * dark_matter_mass * kinetic_energy


@model.quantity("MeV^2", long_name="Mandelstam variable u of neutrinos on dark matter")
def u(s, t, dark_matter_mass):
    """2 m² - s - t. Source: s + t + u is the sum of the squared masses."""
    return 2 * dark_matter_mass**2 - s - t


@model.quantity("MeV^2", long_name="s minus the sum of the squared masses")
def s_minus_masses(neutrino_energy, dark_matter_mass):
    """2 m E_ν, which rounding takes from s of light neutrinos. Source: definition."""
    return 2 * dark_matter_mass * neutrino_energy


@model.quantity("MeV^2", long_name="u minus the sum of the squared masses")
def u_minus_masses(s_minus_masses, t):
    """-2 m E_ν - t. Source: s + t + u is twice the sum of the squared masses."""
    return -s_minus_masses - t


@model.quantity("MeV", long_name="mass of the mediator")
def mediator_mass(mediator_mass_ratio, dark_matter_mass):
    """m_V in units of the mass of dark matter. Source: definition."""
    return mediator_mass_ratio * dark_matter_mass


@model.quantity("MeV*cm", long_name="reduced Planck constant times the speed of light")
def hbar_c(hbar, speed_of_light):
    """ħc. Source: definition."""
    return hbar * speed_of_light


@model.quantity("1", long_name="squared amplitude of neutrinos on dark matter")
def neutrino_squared_amplitude(
    s, centred_invariants, dark_matter_mass, interaction, neutrino_cross_section, neutrino_exchange, hbar_c
):
    """|M|², that of a constant cross section (16π s σ) or of L_μ - L_τ. Source: Lin et al. 2023, PRD 108, 083013."""

    def gauged():
        coupling = neutrino_exchange.neutrino_coupling * neutrino_exchange.dark_matter_coupling
        above, t, below = centred_invariants
        masses = (dark_matter_mass, coupling, neutrino_exchange.mediator_mass)
        return amplitudes.muon_tau_neutrino(above, t, below, *masses, centred=True)

    def constant():
        squared = 16 * np.pi * s * neutrino_cross_section / hbar_c**2
        return np.where(interaction == "own", np.nan, squared) if (interaction == "own").any() else squared

    return either(interaction == "lmu-ltau", gauged, constant, s)


@model.quantity("1", long_name="squared amplitude of neutrinos on dark matter, with all its digits")
def kick_squared_amplitude(neutrino_squared_amplitude):
    """|M|², whose terms do not cancel. Source: definition."""
    return 1 * neutrino_squared_amplitude


@kernel(
    "1",
    functions={"neutrino_squared_amplitude": ["s", "t", "u", "s_minus_masses", "u_minus_masses", "dark_matter_mass"]},
    neutrino_energy="MeV",
    kinetic_energy="MeV",
    dark_matter_mass="MeV",
    s="MeV^2",
    t="MeV^2",
    u="MeV^2",
    s_minus_masses="MeV^2",
    u_minus_masses="MeV^2",
    neutrino_squared_amplitude="1",
)
def _digits_of_own(neutrino_energy, kinetic_energy, dark_matter_mass, neutrino_squared_amplitude):
    """|M|² of one's own, whose terms may cancel: with numbers of 32 digits where they do. Source: definition."""
    return neutrino_amplitude(neutrino_squared_amplitude, neutrino_energy, kinetic_energy, dark_matter_mass)


model.when_replaced("neutrino_squared_amplitude", kick_squared_amplitude=_digits_of_own)


def _published_factor(of_interaction, kinetic_energy, dark_matter_mass, scattering_haversine, convention):
    def published():
        slope = inverse_kinematics.neutrino_energy_slope(kinetic_energy, dark_matter_mass, scattering_haversine)
        return one_particle.velocity(kinetic_energy, dark_matter_mass) * np.where(of_interaction, slope, 1.0)

    return either(convention == "standard", lambda: 1.0, published, kinetic_energy)


@model.quantity("1", long_name="factor of the publications in the differential cross section of neutrinos")
def neutrino_published_factor(kinetic_energy, dark_matter_mass, scattering_haversine, interaction, convention):
    """v/c, and dE_ν/dT unless the cross section is constant; standard: 1. Source: Lin et al. 2023, PRD 108, 083013."""
    kick = (kinetic_energy, dark_matter_mass, scattering_haversine)
    return _published_factor(interaction != "constant", *kick, convention)


def _published_factor_of_own(kinetic_energy, dark_matter_mass, scattering_haversine, convention):
    """v/c dE_ν/dT of an amplitude of one's own; standard: 1. Source: Lin et al. 2023, PRD 108, 083013."""
    return _published_factor(True, kinetic_energy, dark_matter_mass, scattering_haversine, convention)


model.when_replaced("neutrino_squared_amplitude", neutrino_published_factor=_published_factor_of_own)
model.when_replaced("kick_squared_amplitude", neutrino_published_factor=_published_factor_of_own)


@model.quantity("cm^2/sr", long_name="differential cross section of neutrinos on dark matter")
def neutrino_differential_cross_section(
    kick_squared_amplitude,
    neutrino_energy,
    dark_matter_mass,
    scattering_haversine,
    neutrino_published_factor,
    hbar_c,
):
    """dσ/dΩ = |M|² (ħc)²/(16π s) g(ψ), with the factor of the convention. Source: Lin et al. 2023."""
    whole = kick_squared_amplitude * hbar_c**2
    scale = whole / (16 * np.pi * dark_matter_mass * (dark_matter_mass + 2 * neutrino_energy))
    density = recoil_angle.angular_density(neutrino_energy, dark_matter_mass, scattering_haversine)
    return scale * density * neutrino_published_factor


@model.kernel(
    "cm^2/sr", long_name="differential cross section of neutrinos for a kick to Earth", dark_matter_mass="MeV", **KICK
)
def kick_cross_section(
    neutrino_energy, kinetic_energy, dark_matter_mass, scattering_haversine, neutrino_differential_cross_section
):
    """dσ/dΩ, refused where it is below 0, no number, or made of rounding errors. Source: definition."""
    kick = (neutrino_energy, kinetic_energy, dark_matter_mass, scattering_haversine)
    return kick_cross_sections(neutrino_differential_cross_section, *kick)


@model.kernel(
    "cm^2/sr",
    long_name="differential cross section of neutrinos at an angle psi of the kick",
    functions={"kick_cross_section": ["scattering_haversine"]},
    psi="rad",
    kinetic_energy="MeV",
    dark_matter_mass="MeV",
    scattering_haversine="1",
    kick_cross_section="cm^2/sr",
)
def angular_cross_section(psi, kinetic_energy, dark_matter_mass, kick_cross_section):
    """dσ/dΩ of kicks to T at ψ, 0 from the largest ψ on. Source: Lin et al. 2023, PRD 108, 083013."""
    haversine = recoil_angle.haversine(psi)
    allowed = haversine < recoil_angle.largest_haversine(kinetic_energy, dark_matter_mass)
    return allowed * at_angles(kick_cross_section, np.where(allowed, haversine, 0.0))

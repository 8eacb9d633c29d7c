"""The events of the neutrinos in a detector."""

from __future__ import annotations

import numpy as np

from gridscan.models.red_supergiants.parameters import model
from gridscan.physics.neutrinos import detection, electron_scattering


@model.quantity("cm^2", long_name="neutrino-electron scattering cross section")
def scattering_cross_section(
    energy, cross_section, cross_section_slope, weak_couplings, electron_mass, speed_of_light, hbar, fermi_coupling
):
    """σ(E): linear σ = slope × E, or the tree-level elastic formula. Source: Giunti & Kim 2007, section 5.3."""
    linear = electron_scattering.linear(energy, cross_section_slope)
    tree_level = electron_scattering.elastic_tree_level(
        *(energy, weak_couplings.left_coupling, weak_couplings.right_coupling),
        *(electron_mass * speed_of_light**2, fermi_coupling, hbar * speed_of_light),
    )
    return np.where(cross_section == "linear", linear, tree_level)


@model.integral(
    "cm^2",
    over="energy",
    lower="energy_min",
    upper="energy_max",
    accuracy=1e-10,
    long_name="cross section averaged over the neutrino spectrum",
)
def mean_cross_section(spectrum, scattering_cross_section):
    """<σ> = ∫ dE f(E) σ(E). Source: definition."""
    return spectrum * scattering_cross_section


@model.quantity("1", long_name="number of target electrons")
def number_of_electrons(fiducial_mass, electrons_per_mass, avogadro_constant):
    """N_e = M n_e N_A; 10/18 mol of electrons per gram of water. Source: stoichiometry of H2O."""
    return detection.number_of_targets(fiducial_mass, electrons_per_mass, avogadro_constant)


@model.quantity("1/yr", long_name="expected events per year")
def events_per_year(flux, mean_cross_section, number_of_electrons):
    """N_e Φ <σ>. Source: rate of a thin target."""
    return detection.event_rate(number_of_electrons, flux, mean_cross_section)


@model.quantity("1/yr/MeV", long_name="expected events per year and neutrino energy")
def event_spectrum(flux_spectrum, scattering_cross_section, number_of_electrons):
    """N_e dΦ/dE σ(E). Source: rate of a thin target."""
    return detection.event_rate(number_of_electrons, flux_spectrum, scattering_cross_section)


@model.quantity("1/cm^2/s", long_name="neutrino flux of one star at the reference distance")
def reference_flux(neutrino_luminosity, mean_energy, reference_distance):
    """Φ = L/<E> / (4π d²). Source: inverse-square law."""
    return detection.flux_of_one_star(neutrino_luminosity, mean_energy, reference_distance)


@model.quantity("1/yr", long_name="expected events per year from one star at the reference distance")
def reference_events_per_year(reference_flux, mean_cross_section, number_of_electrons):
    """N_e Φ <σ>. Source: rate of a thin target."""
    return detection.event_rate(number_of_electrons, reference_flux, mean_cross_section)

"""The events of boosted dark matter in a detector."""

from __future__ import annotations

import numpy as np

from gridscan.models.boosted_dark_matter.kernels import (
    amplitude_of,
    beyond,
    points_of,
    target_of,
    with_error,
)
from gridscan.models.boosted_dark_matter.parameters import KICK, model
from gridscan.models.boosted_dark_matter.problems import problem_of, require_order
from gridscan.models.shared import either
from gridscan.numerics.products import error_of_product
from gridscan.physics.boosted_dark_matter import events as counting
from gridscan.physics.boosted_dark_matter.problem import EnergyWindow, Exposure
from gridscan.physics.neutrinos.detection import number_of_targets as targets_in
from gridscan.physics.scattering import amplitudes, cross_sections


@model.quantity("1", long_name="squared amplitude of dark matter on a target particle")
def target_squared_amplitude(
    s, centred_invariants, dark_matter_mass, interaction, target_cross_section, target_exchange, hbar_c
):
    """|M|², that of a constant cross section (16π s σ) or of L_μ - L_τ. Source: Lin et al. 2023, PRD 108, 083013."""

    def gauged():
        coupling = target_exchange.dark_matter_coupling * target_exchange.kinetic_mixing
        above, t, below = centred_invariants
        masses = (target_exchange.mediator_mass, target_exchange.target_mass)
        return amplitudes.muon_tau_target(above, t, below, dark_matter_mass, coupling, *masses, centred=True)

    def constant():
        return 16 * np.pi * s * target_cross_section / hbar_c**2

    return either(interaction == "lmu-ltau", gauged, constant, s)


# What an amplitude on the target is a function of: the masses too, so that all have the same digits.
_OF_A_TARGET = ["s", "t", "u", "s_minus_masses", "u_minus_masses", "dark_matter_mass", "target_mass"]


@model.quantity("1", long_name="factor of the publications in the cross section on a target particle")
def target_published_factor(interaction, convention):
    """2π for an interaction that is not a constant cross section; standard: 1. Source: Lin et al. 2023."""
    return np.where((convention == "published") & (interaction == "lmu-ltau"), 2 * np.pi, 1.0)


def _target_factor_of_own(convention):
    """2π of an amplitude of one's own; standard: 1. Source: Lin et al. 2023, PRD 108, 083013."""
    return np.where(convention == "published", 2 * np.pi, 1.0)


model.when_replaced("target_squared_amplitude", target_published_factor=_target_factor_of_own)


@model.kernel(
    "cm^2",
    long_name="cross section of boosted dark matter on a target particle",
    error=True,
    functions={"target_squared_amplitude": _OF_A_TARGET},
    kinetic_energy="MeV",
    dark_matter_mass="MeV",
    target_mass="MeV",
    hbar="MeV*s",
    speed_of_light="cm/s",
    s="MeV^2",
    t="MeV^2",
    u="MeV^2",
    s_minus_masses="MeV^2",
    u_minus_masses="MeV^2",
    target_squared_amplitude="1",
    target_published_factor="1",
)
def target_scattering_cross_section(
    kinetic_energy,
    dark_matter_mass,
    target_mass,
    target_published_factor,
    hbar,
    speed_of_light,
    target_squared_amplitude,
):
    """σ = ∫ dt |M|² (ħc)²/(64π s p²); published: 2π times as much for an interaction. Source: Lin et al. 2023."""
    masses = dark_matter_mass, target_mass
    found = cross_sections.total_cross_section(
        *(amplitude_of(target_squared_amplitude, "dark_matter_mass", "target_mass"), kinetic_energy, *masses),
        *(hbar * speed_of_light, *masses, points_of(target_squared_amplitude)),
        centred="both",
        tolerance=1e-6,
    )
    return tuple(item * target_published_factor for item in found)


@model.quantity("cm^2", long_name="error of the cross section on a target particle that events include")
def target_cross_section_uncertainty(target_scattering_cross_section_error):
    """Return that of the integral; 0 of a cross section of one's own. Source: the error estimate."""
    return 1 * target_scattering_cross_section_error


def _exact(target_scattering_cross_section):
    """0 of a cross section of one's own. Source: definition."""
    return 0 * target_scattering_cross_section


model.when_replaced("target_scattering_cross_section", target_cross_section_uncertainty=_exact)


@model.kernel(
    "1",
    long_name="events of one target particle",
    error=True,
    accuracy_of_events="1",
    target_scattering_cross_section="cm^2",
    target_cross_section_uncertainty="cm^2",
    **{
        **KICK,
        "functions": {
            **KICK["functions"],
            "target_scattering_cross_section": ["kinetic_energy"],
            "target_cross_section_uncertainty": ["kinetic_energy"],
        },
    },
)
def events_per_target(
    counted_window,
    dark_halo,
    neutrino_source,
    geometry,
    accuracy_of_events,
    neutrino_differential_cross_section,
    target_scattering_cross_section,
    target_cross_section_uncertainty,
):
    """N = ∫ dT σ(T) ∫ dt dΦ/dT over the exposure and the energy window. Source: rate of a thin target."""
    require_order(exposure=Exposure(*counted_window[:2]), energy_window=EnergyWindow(*counted_window[2:]))
    problem = problem_of(dark_halo, neutrino_source, geometry, neutrino_differential_cross_section)
    target, uncertain = map(target_of, (target_scattering_cross_section, target_cross_section_uncertainty))
    accuracies = {"accuracy": np.min(accuracy_of_events), "target_cross_section_error": uncertain}
    return with_error(counting.boosted_events(problem, target, *counted_window, **accuracies))


@model.quantity("1", long_name="whether the accuracy of the events was not attained")
def events_per_target_status(events_per_target, events_per_target_error, accuracy_of_events):
    """0 where it was, 1 where not. Source: the error estimate."""
    return beyond(events_per_target_error, accuracy_of_events * events_per_target)


@model.quantity("1", long_name="electrons of the detector")
def number_of_targets(fiducial_mass, electrons_per_mass, avogadro_constant):
    """M n_e N_A; for another target it is given a value. Source: stoichiometry."""
    return targets_in(fiducial_mass, electrons_per_mass, avogadro_constant)


@model.quantity("1/MeV", long_name="expected events in the detector per kinetic energy")
def differential_events(fluence, target_scattering_cross_section, number_of_targets):
    """dN/dT = N_targets σ(T) ∫ dt dΦ/dT. Source: rate of a thin target."""
    return fluence * target_scattering_cross_section * number_of_targets


@model.quantity("1/MeV", long_name="absolute error estimate of the expected events per kinetic energy")
def differential_events_error(
    fluence, fluence_error, target_scattering_cross_section, target_cross_section_uncertainty, number_of_targets
):
    """N_targets (σ δF + F δσ + δF δσ) of the fluence F. Source: a product of bounded factors."""
    cross_section = target_scattering_cross_section, target_cross_section_uncertainty
    return error_of_product((fluence, fluence_error), cross_section) * number_of_targets


@model.quantity("1", long_name="whether the accuracy of the expected events per kinetic energy was not attained")
def differential_events_status(differential_events, differential_events_error, accuracy_of_events):
    """0 where it was, 1 where not. Source: the error estimate."""
    return beyond(differential_events_error, accuracy_of_events * differential_events)


@model.quantity("1", long_name="expected events in the detector", count=True)
def events(events_per_target, number_of_targets):
    """N of all targets. Source: definition."""
    return events_per_target * number_of_targets


@model.quantity("1", long_name="absolute error estimate of the expected events in the detector")
def events_error(events_per_target_error, number_of_targets):
    """Of all targets. Source: definition."""
    return events_per_target_error * number_of_targets

"""The flux of boosted dark matter of the whole sky, and what is summed of it."""

from __future__ import annotations

import numpy as np

from gridscan.models.boosted_dark_matter.kernels import (
    beyond,
    with_error,
)
from gridscan.models.boosted_dark_matter.parameters import KICK, model
from gridscan.models.boosted_dark_matter.problems import problem_of, require_order
from gridscan.physics.boosted_dark_matter import events as counting
from gridscan.physics.boosted_dark_matter.flux import boosted_flux
from gridscan.physics.boosted_dark_matter.integrated_flux import integrated_flux as flux_over_energies


@model.kernel("1/MeV/cm^2/s", long_name="flux of boosted dark matter", error=True, time="s", accuracy="1", **KICK)
def flux(time, kinetic_energy, dark_halo, neutrino_source, geometry, accuracy, neutrino_differential_cross_section):
    """dΦ/dT = ∫ dΩ j dl/dt, by a rule that follows the arrival surface. Source: Lin et al. 2023, PRD 108, 083013."""
    problem = problem_of(dark_halo, neutrino_source, geometry, neutrino_differential_cross_section)
    return with_error(boosted_flux(time, kinetic_energy, problem, accuracy=np.min(accuracy)))


@model.quantity("1", long_name="whether the accuracy of the flux was not attained")
def status(flux, flux_error, accuracy):
    """0 where it was, 1 where not. Source: the error estimate."""
    return beyond(flux_error, accuracy * flux)


@model.kernel(
    "1/cm^2/s",
    long_name="flux of boosted dark matter of all kinetic energies of the window",
    error=True,
    time="s",
    accuracy="1",
    **KICK,
)
def integrated_flux(
    time,
    energy_window,
    dark_halo,
    neutrino_source,
    geometry,
    accuracy,
    neutrino_differential_cross_section,
):
    """∫ dT dΦ/dT. Source: definition."""
    require_order(energy_window=energy_window)
    problem = problem_of(dark_halo, neutrino_source, geometry, neutrino_differential_cross_section)
    return with_error(flux_over_energies(time, problem, *energy_window, accuracy=np.min(accuracy)))


@model.quantity("1", long_name="whether the accuracy of the flux of all kinetic energies was not attained")
def integrated_flux_status(integrated_flux, integrated_flux_error, accuracy):
    """0 where it was, 1 where not. Source: the error estimate."""
    return beyond(integrated_flux_error, accuracy * integrated_flux)


@model.kernel(
    "1/MeV/cm^2",
    long_name="boosted dark matter per area that arrives during the exposure",
    error=True,
    accuracy_of_events="1",
    **KICK,
)
def fluence(
    kinetic_energy,
    exposure,
    dark_halo,
    neutrino_source,
    geometry,
    accuracy_of_events,
    neutrino_differential_cross_section,
):
    """∫ dt dΦ/dT over the exposure. Source: definition."""
    require_order(exposure=exposure)
    problem = problem_of(dark_halo, neutrino_source, geometry, neutrino_differential_cross_section)
    accuracy = np.min(accuracy_of_events)
    return with_error(counting.differential_events(kinetic_energy, problem, 1.0, *exposure, accuracy=accuracy))


@model.quantity("1", long_name="whether the accuracy of the fluence was not attained")
def fluence_status(fluence, fluence_error, accuracy_of_events):
    """0 where it was, 1 where not. Source: the error estimate."""
    return beyond(fluence_error, accuracy_of_events * fluence)

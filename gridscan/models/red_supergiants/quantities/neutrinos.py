"""The neutrinos of the stars."""

from __future__ import annotations

import numpy as np

from gridscan.models.red_supergiants.parameters import model
from gridscan.physics.galaxy import nearby_stars
from gridscan.physics.neutrinos import detection, spectra


@model.quantity("1/s", long_name="neutrinos per time from one carbon-burning star")
def neutrino_rate(neutrino_luminosity, mean_energy):
    """L/<E>. Source: definition."""
    return neutrino_luminosity / mean_energy


@model.quantity("1/cm^2/s", long_name="mean neutrino flux of all carbon-burning red supergiants within the radius")
def flux(carbon_burning_rsg_within, neutrino_luminosity, mean_energy, mean_inverse_square_distance):
    """Φ = N L/<E> <1/d²> / 4π. Source: inverse-square law, averaged over positions."""
    return detection.flux_of_stars(
        carbon_burning_rsg_within, neutrino_luminosity, mean_energy, mean_inverse_square_distance
    )


@model.kernel(
    "1",
    long_name="probability that the flux of the stars within the radius is above the threshold",
    error=True,
    flux_threshold="1/cm^2/s",
    carbon_burning_rsg_within="1",
    neutrino_rate="kpc^2/cm^2/s",
    radius="kpc",
    distance_floor="kpc",
)
def flux_exceedance(flux_threshold, carbon_burning_rsg_within, neutrino_rate, radius, distance_floor, galaxy):
    """P(Σ L/<E> / (4π d²) > F), a Poisson number of stars. Source: compound Poisson distribution."""
    of_one_star = neutrino_rate / (4 * np.pi)
    return nearby_stars.flux_exceedance(
        flux_threshold, carbon_burning_rsg_within, of_one_star, radius, distance_floor, galaxy
    )


@model.quantity("1", long_name="whether the probability of the flux is not known to 0.001")
def flux_exceedance_status(flux_exceedance_error):
    """0 where it is, 1 where not. Source: the error estimate."""
    return np.where(flux_exceedance_error <= 1e-3, 0.0, 1.0)


@model.kernel(
    "1/MeV",
    long_name="normalised neutrino spectrum",
    energy="MeV",
    mean_energy="MeV",
    pinching="1",
    energy_min="MeV",
    energy_max="MeV",
)
def spectrum(energy, mean_energy, pinching, energy_min, energy_max):
    """f(E) ∝ E^α exp(-(α+1) E/<E>) between the energy limits. Source: Keil, Raffelt & Janka 2003, ApJ 590, 971."""
    return spectra.pinched_spectrum(energy, mean_energy, pinching, energy_min, energy_max)


@model.quantity("1/cm^2/s/MeV", long_name="neutrino flux per energy")
def flux_spectrum(flux, spectrum):
    """dΦ/dE = Φ f(E). Source: definition."""
    return flux * spectrum

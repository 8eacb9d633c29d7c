"""Errors of what the model makes of its integrals, from those that the integrals state.

The shares of stars, the mean of 1/d² and the mean cross section are integrals with errors. Numbers of stars and their
spectrum have rounding errors alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridscan.numerics.products import error_of_product
from gridscan.physics.neutrinos import detection

if TYPE_CHECKING:
    from gridscan.model import Model


def declare_errors(model: Model) -> None:
    """Declare the error of each quantity that is made of integrals."""
    _declare(model, "1", "expected number of massive stars alive within the radius", stars_alive_within_error)
    _declare(model, "1", "expected number of red supergiants within the radius", red_supergiants_within_error)
    _declare(model, "1", "expected number of carbon-burning stars within the radius", carbon_burning_within_error)
    _declare(
        *(model, "1", "expected number of carbon-burning red supergiants within the radius"),
        carbon_burning_rsg_within_error,
    )
    _declare(
        *(model, "1", "probability that no carbon-burning red supergiant is within the radius"),
        probability_of_none_within_error,
    )
    _declare(model, "Msun/yr/kpc^2", "mean star formation rate per area within the radius", local_sfr_density_error)
    _declare(
        *(model, "1/cm^2/s", "mean neutrino flux of all carbon-burning red supergiants within the radius"), flux_error
    )
    _declare(model, "1/cm^2/s/MeV", "neutrino flux per energy", flux_spectrum_error)
    _declare(model, "1/yr", "expected events per year", events_per_year_error)
    _declare(model, "1/yr/MeV", "expected events per year and neutrino energy", event_spectrum_error)
    _declare(
        model,
        "1/yr",
        "expected events per year from one star at the reference distance",
        reference_events_per_year_error,
    )


def _declare(model, unit, title, function):
    model.quantity(unit, long_name=f"absolute error estimate of the {title}")(function)


def stars_alive_within_error(stars_alive, fraction_within_error):
    """N δp. Source: a product of bounded factors."""
    return stars_alive * fraction_within_error


def red_supergiants_within_error(red_supergiants, fraction_within_error):
    """N δp. Source: a product of bounded factors."""
    return red_supergiants * fraction_within_error


def carbon_burning_within_error(carbon_burning, fraction_within_error):
    """N δp. Source: a product of bounded factors."""
    return carbon_burning * fraction_within_error


def carbon_burning_rsg_within_error(carbon_burning_rsg, fraction_within_error):
    """N δp. Source: a product of bounded factors."""
    return carbon_burning_rsg * fraction_within_error


def probability_of_none_within_error(probability_of_none_within, carbon_burning_rsg_within_error):
    """P(0) (exp(δN) - 1). Source: the Poisson distribution of a number that may be smaller by its error."""
    return probability_of_none_within * np.expm1(carbon_burning_rsg_within_error)


def local_sfr_density_error(sfr, fraction_within_error, radius):
    """SFR δp / (π r²). Source: a product of bounded factors."""
    return detection.star_formation_surface_density(sfr, fraction_within_error, radius)


def flux_error(
    carbon_burning_rsg_within,
    carbon_burning_rsg_within_error,
    neutrino_rate,
    mean_inverse_square_distance,
    mean_inverse_square_distance_error,
):
    """L/<E> (N δ<1/d²> + <1/d²> δN + δN δ<1/d²>) / 4π; 0 without stars. Source: a product of bounded factors."""
    number = carbon_burning_rsg_within, carbon_burning_rsg_within_error
    inverse_square = mean_inverse_square_distance, mean_inverse_square_distance_error
    error = error_of_product(number, inverse_square) * neutrino_rate / (4 * np.pi)
    return np.where(np.isnan(mean_inverse_square_distance), 0, error)


def flux_spectrum_error(flux_error, spectrum):
    """δΦ f(E). Source: definition."""
    return flux_error * spectrum


def events_per_year_error(flux, flux_error, mean_cross_section, mean_cross_section_error, number_of_electrons):
    """N_e (Φ δ<σ> + <σ> δΦ + δΦ δ<σ>). Source: a product of bounded factors."""
    cross_section = mean_cross_section, mean_cross_section_error
    return error_of_product((flux, flux_error), cross_section) * number_of_electrons


def event_spectrum_error(flux_spectrum_error, scattering_cross_section, number_of_electrons):
    """N_e δ(dΦ/dE) σ(E). Source: rate of a thin target."""
    return detection.event_rate(number_of_electrons, flux_spectrum_error, scattering_cross_section)


def reference_events_per_year_error(reference_flux, mean_cross_section_error, number_of_electrons):
    """N_e Φ δ<σ>. Source: rate of a thin target."""
    return detection.event_rate(number_of_electrons, reference_flux, mean_cross_section_error)

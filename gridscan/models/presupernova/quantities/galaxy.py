"""All stars of the Galaxy before their collapse: their flux, their alarms, and what is counted of them."""

from __future__ import annotations

import numpy as np

from gridscan.models.presupernova import kernels, populations
from gridscan.models.presupernova.combinations import StarFunction
from gridscan.models.presupernova.parameters import STAR, model
from gridscan.models.presupernova.reach import checked_share
from gridscan.physics.galaxy import distances
from gridscan.physics.presupernova import flux_distribution
from gridscan.physics.presupernova.population import mean_flux, probability_of_any


@model.kernel("1", long_name="metallicity [M/H] of the galaxy-wide mass function", metallicity="1")
def metallicity_dex(metallicity):
    """log10(Z/0.0142). Source: Asplund et al. 2009, ARA&A 47, 481, for the initial metallicity of the Sun."""
    return np.log10(metallicity / 0.0142)


fraction_within = model.kernel(
    "1", long_name="share of the Galaxy's young stars within the radius", error=True, radius="kpc"
)(distances.fraction_within)

mean_inverse_square_distance = model.kernel(
    "1/kpc^2",
    long_name="mean inverse square distance of the stars within the radius",
    missing="where no star is within the radius",
    error=True,
    radius="kpc",
    distance_floor="kpc",
)(distances.mean_inverse_square_distance)


@model.kernel(
    "1",
    long_name="share of the Galaxy's young stars within the radius, if the initial mass function holds there",
    fraction_within="1",
)
def fraction_in_reach(fraction_within, imf_kind):
    """p(<r), refused where a relation of whole galaxies is asked about a part of one. Source: definition."""
    return checked_share(fraction_within, imf_kind)


@model.kernel("1/yr", long_name="rate of collapses in the Galaxy, of 11 to 37.5 Msun with the shipped table")
def collapse_rate(initial_masses, collapsing, stars):
    """SFR Σ w_b over the bins of the table, of the colour. Source: steady star formation."""
    return populations.collapse_rate((collapsing, stars), initial_masses)


@model.quantity("1", long_name="expected collapses within the radius during the observing time", count=True)
def collapses_within(collapse_rate, fraction_in_reach, observing_time):
    """Rate × p(<r) × time. Source: Poisson process."""
    return collapse_rate * fraction_in_reach * observing_time


@model.kernel("1", long_name="expected number of stars before collapse in the Galaxy")
def dying_stars(initial_masses, collapsing, stars):
    """SFR Σ w_b × window: carbon burning as red supergiant, or 6000 yr. Source: mean of a Poisson process."""
    return populations.dying_stars((collapsing, stars), initial_masses)


@model.quantity("1", long_name="expected number of stars before collapse within the radius", count=True)
def dying_stars_within(dying_stars, fraction_in_reach):
    """N p(<r). Source: mean of a Poisson process."""
    return dying_stars * fraction_in_reach


@model.kernel(
    "1/cm^2/s",
    long_name="mean flux of all stars before collapse within the radius, all flavours; the median is far below",
    error=True,
    fraction_in_reach="1",
    mean_inverse_square_distance="1/kpc^2",
    **STAR,
)
def mean_population_flux(
    heavy_flavour_ratio, stars_in_reach, initial_masses, fraction_in_reach, mean_inverse_square_distance
):
    """SFR Σ w_b ∫ Ndot dt <1/d²> p(<r)/4π. Source: Campbell's theorem."""
    stars = (StarFunction(heavy_flavour_ratio), stars_in_reach, initial_masses)
    return populations.of_all_stars(mean_flux, (), stars, (fraction_in_reach, mean_inverse_square_distance))


@model.kernel(
    "1",
    long_name="expected stars within the radius, and the times of their table, that each send more than the threshold",
    error=True,
    flux_threshold="1/cm^2/s",
    **STAR,
)
def stars_above_flux(heavy_flavour_ratio, stars_in_reach, initial_masses, flux_threshold, reach, galaxy):
    """ν(F) = SFR Σ w_b ∫ dt p(< min(r, √(A/F))), of the last 6000 yr. Source: mean of a Poisson process."""
    stars = (StarFunction(heavy_flavour_ratio), stars_in_reach, initial_masses)
    return populations.of_all_stars(populations.number_above, (flux_threshold,), stars, (reach.radius, galaxy))


@model.kernel(
    "1", long_name="probability that some star within the radius sends more than the threshold", stars_above_flux="1"
)
def probability_of_star_above_flux(stars_above_flux):
    """1 - exp(-ν). Source: void probability of a Poisson process."""
    return probability_of_any(stars_above_flux)


@model.kernel(
    "1",
    long_name="probability that the flux of all stars within the radius is above the threshold",
    error=True,
    flux_threshold="1/cm^2/s",
    **STAR,
)
def flux_exceedance(heavy_flavour_ratio, stars_in_reach, initial_masses, flux_threshold, reach, galaxy):
    """P(Σ A/d² > F), between two bounds. Source: compound Poisson distribution, Grübel & Hermesmeier 1999."""
    stars = (StarFunction(heavy_flavour_ratio), stars_in_reach, initial_masses)
    return populations.of_all_stars(flux_distribution.flux_exceedance, (flux_threshold,), stars, (reach.radius, galaxy))


@model.kernel(
    "1/cm^2/s",
    long_name="quantile of the flux of all stars within the radius, all flavours",
    error=True,
    quantile="1",
    **STAR,
)
def flux_quantile(heavy_flavour_ratio, stars_in_reach, initial_masses, quantile, reach, galaxy):
    """F with P(Σ A/d² > F) = 1 - q. Source: compound Poisson distribution."""
    stars = (StarFunction(heavy_flavour_ratio), stars_in_reach, initial_masses)
    return populations.of_all_stars(flux_distribution.flux_quantile, (quantile,), stars, (reach.radius, galaxy))


@model.kernel(
    "1/century",
    long_name="rate of collapses that raise an alarm, of all stars of 11 to 37.5 Msun with the shipped table",
    error=True,
    **STAR,
)
def alarms_per_century(
    source, heavy_flavour_ratio, positron_counting, alarm_window, alarm_reach, collapsing, initial_masses, galaxy
):
    """SFR Σ w_b p(< D_b), D_b the horizon of the bin. Source: mean of a Poisson process."""
    counting = kernels.PositronCounting(*kernels.last_axis(*positron_counting))
    targets, needed = kernels.last_axis(*alarm_reach)
    lead, length = kernels.last_axis(*alarm_window)
    window = kernels.window_of_time(lead, length, "window")

    def squared_horizon(mass):
        stars = kernels.Stars(source, mass, StarFunction(heavy_flavour_ratio)).of_bins(mass)
        yields = kernels.inverse_beta_yield(stars, counting, window)
        return tuple(kernels.squared_kiloparsecs(part, targets) / needed for part in yields)

    rate, error = populations.alarms_of_all_stars(squared_horizon, collapsing, initial_masses, galaxy)
    return 100.0 * rate, 100.0 * error


@model.kernel(
    "1", long_name="probability of an alarm in the observing time", alarms_per_century="1/yr", observing_time="yr"
)
def probability_of_alarm(alarms_per_century, observing_time):
    """1 - exp(-rate × time). Source: void probability of a Poisson process."""
    return probability_of_any(alarms_per_century * observing_time)


@model.kernel(
    "1",
    long_name="probability of exactly so many inverse beta decays in an exposure, of all stars and the background",
    number_of_events="1",
    **STAR,
)
def count_probability(
    heavy_flavour_ratio, positron_counting, exposed, stars_in_reach, initial_masses, reach, galaxy, number_of_events
):
    """P(n) = (1/n) Σ k λ_k P(n - k). Source: Panjer 1981, ASTIN Bulletin 12, 22."""
    stars = (StarFunction(heavy_flavour_ratio), stars_in_reach, initial_masses)
    place = (reach.radius, galaxy)
    found = populations.counts_of_all_stars(number_of_events, positron_counting, exposed, stars, place)
    return found[0]


@model.kernel(
    "1",
    long_name="probability of at least so many inverse beta decays in an exposure, of all stars and the background",
    number_of_events="1",
    **STAR,
)
def count_exceedance(
    heavy_flavour_ratio, positron_counting, exposed, stars_in_reach, initial_masses, reach, galaxy, number_of_events
):
    """1 - Σ P(k) of all k < n. Source: Panjer 1981, ASTIN Bulletin 12, 22."""
    stars = (StarFunction(heavy_flavour_ratio), stars_in_reach, initial_masses)
    place = (reach.radius, galaxy)
    found = populations.counts_of_all_stars(number_of_events, positron_counting, exposed, stars, place)
    return found[1]

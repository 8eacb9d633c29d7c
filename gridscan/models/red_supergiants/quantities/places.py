"""Where the stars are, and how many of them are near the Sun."""

from __future__ import annotations

import numpy as np

from gridscan.models.red_supergiants.parameters import model
from gridscan.physics.galaxy import distances, nearby_stars
from gridscan.physics.galaxy.position_sampling import surface_density
from gridscan.physics.neutrinos import detection

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


@model.quantity("Msun/yr/kpc^2", long_name="mean star formation rate per area within the radius")
def local_sfr_density(sfr, fraction_within, radius):
    """SFR p(<r) / (π r²). Source: definition."""
    return detection.star_formation_surface_density(sfr, fraction_within, radius)


@model.quantity("1", long_name="expected number of massive stars alive within the radius", count=True)
def stars_alive_within(stars_alive, fraction_within):
    """N p(<r); phases do not depend on the place. Source: definition."""
    return stars_alive * fraction_within


@model.quantity("1", long_name="expected number of red supergiants within the radius", count=True)
def red_supergiants_within(red_supergiants, fraction_within):
    """N p(<r). Source: definition."""
    return red_supergiants * fraction_within


@model.quantity("1", long_name="expected number of carbon-burning stars within the radius", count=True)
def carbon_burning_within(carbon_burning, fraction_within):
    """N p(<r). Source: definition."""
    return carbon_burning * fraction_within


@model.quantity("1", long_name="expected number of carbon-burning red supergiants within the radius", count=True)
def carbon_burning_rsg_within(carbon_burning_rsg, fraction_within):
    """N p(<r). Source: definition."""
    return carbon_burning_rsg * fraction_within


@model.quantity("1", long_name="probability that no carbon-burning red supergiant is within the radius")
def probability_of_none_within(carbon_burning_rsg_within):
    """P(0) = exp(-N). Source: Poisson distribution."""
    return np.exp(-carbon_burning_rsg_within)


@model.kernel(
    "kpc",
    long_name="quantile of the distance of the nearest carbon-burning red supergiant",
    missing="where the Galaxy holds none with a probability of more than 1 - quantile",
    error=True,
    carbon_burning_rsg="1",
    quantile="1",
)
def nearest_distance_quantile(carbon_burning_rsg, quantile, galaxy):
    """D with 1 - exp(-N p(<d)) = quantile. Source: void probability of a Poisson process."""
    return nearby_stars.nearest_distance_quantile(carbon_burning_rsg, quantile, galaxy)


@model.kernel("1/kpc^2", long_name="share of the Galaxy's young stars per area of the plane", x="kpc", y="kpc")
def share_per_area(x, y, galaxy):
    """f(x, y) of disk, ring and arms, without stars clipped to the circles that bound them. Source: the mixture."""
    return surface_density(x, y, galaxy)

"""The flux on the sky of all supernovae of the Galaxy together."""

from __future__ import annotations

import numpy as np

from gridscan.models.boosted_dark_matter.parameters import model
from gridscan.physics.boosted_dark_matter import all_supernovae


@model.kernel(
    "1/MeV/cm^2/s/sr",
    long_name="flux of boosted dark matter of all supernovae of the Galaxy per solid angle",
    functions={"sky_flux": ["time", "distance", "supernova_longitude", "supernova_latitude"]},
    time="s",
    distance="kpc",
    supernova_longitude="rad",
    supernova_latitude="rad",
    kinetic_energy="MeV",
    dark_matter_mass="MeV",
    speed_of_light="kpc/s",
    sky_flux="1/MeV/cm^2/s/sr",
)
def galactic_sky_flux(time, kinetic_energy, dark_matter_mass, speed_of_light, galactic_supernovae, sky_flux):
    """Σ dΦ/(dT dΩ)(t - t_i) of supernovae drawn in a disk, t from 0 on. Source: Adams et al. 2013 for the disk."""
    seen = (time, kinetic_energy, dark_matter_mass, speed_of_light)
    bare = (np.broadcast_to(item, sky_flux.shape).ravel() for item in (*seen, *vars(galactic_supernovae).values()))
    moment, energy, mass, light, *drawn = bare
    galaxies = all_supernovae.GalacticSupernovae(*drawn)
    found = all_supernovae.summed_over_visible(moment, energy, mass, light, galaxies, sky_flux)
    return found.reshape(sky_flux.shape)

"""The flux of boosted dark matter on the sky."""

from __future__ import annotations

import numpy as np

from gridscan.models.boosted_dark_matter.parameters import model
from gridscan.physics.boosted_dark_matter import arrival, arrival_geometry
from gridscan.physics.dark_matter.halo import Halo
from gridscan.physics.galaxy.coordinates import angle_between
from gridscan.physics.neutrinos.supernova import neutrino_flux
from gridscan.physics.scattering import inverse_kinematics, one_particle


@model.quantity("kpc", long_name="distance of the kick from the supernova")
def kick_distance(path_length, sky_angle, distance):
    """Radius with d² = l² + R_s² - 2 l R_s cos θ. Source: law of cosines."""
    return arrival_geometry.separation(path_length, sky_angle, distance)


@model.quantity("kpc", long_name="distance of the kick from the centre of the halo")
def halo_radius(path_length, longitude, latitude, halo_longitude, halo_latitude, halo_distance):
    """Radius with r² = l² + R_g² - 2 l R_g cos γ, γ the angle to the centre on the sky. Source: law of cosines."""
    angle = angle_between(longitude, latitude, halo_longitude, halo_latitude)
    return arrival_geometry.separation(path_length, angle, halo_distance)


@model.kernel("MeV/cm^3", long_name="density of dark matter where the kick is", halo_radius="kpc")
def dark_matter_density(halo_radius, dark_halo):
    """ρ of the profile with its spike. Source: Gondolo & Silk 1999; Lin & Wu 2024."""
    return Halo.of(dark_halo).density(halo_radius)


@model.quantity("1/MeV/cm^2", long_name="neutrinos per energy and area that pass where the kick is")
def neutrino_fluence(neutrino_energy, kick_distance, neutrino_source):
    """τ Φ_ν(E_ν, d). Source: Lin et al. 2023, PRL 130, 111002."""
    return neutrino_source.emission_duration * neutrino_flux(neutrino_energy, kick_distance, neutrino_source)


@model.quantity("1", long_name="change of the neutrino energy with the kinetic energy of the kick")
def neutrino_energy_slope(kinetic_energy, dark_matter_mass, scattering_haversine):
    """dE_ν/dT at a fixed angle. Source: conservation of energy and momentum."""
    return inverse_kinematics.neutrino_energy_slope(kinetic_energy, dark_matter_mass, scattering_haversine)


@model.quantity("1/MeV/cm^3/sr", long_name="particles kicked to Earth per volume, kinetic energy and solid angle")
def emissivity(dark_matter_density, dark_matter_mass, neutrino_fluence, kick_cross_section, neutrino_energy_slope):
    """Rate (ρ/m) τ Φ_ν(E_ν, d) dσ/dΩ dE_ν/dT. Source: particles counted; Lin et al. 2023, PRD 108, 083013."""
    kicked = neutrino_fluence * kick_cross_section * neutrino_energy_slope
    return dark_matter_density / dark_matter_mass * kicked


@model.quantity("1/MeV/cm^2/s/sr", long_name="flux of boosted dark matter per solid angle")
def sky_flux(
    emissivity, time, sky_angle, sky_outer_angle, kinetic_energy, dark_matter_mass, scattering_haversine, speed_of_light
):
    """dΦ/(dT dΩ) = j dl/dt, 0 outside the window on the sky. Source: particles counted along the line of sight."""
    excess = one_particle.inverse_velocity_excess(kinetic_energy, dark_matter_mass)
    flux = emissivity * arrival.arrival_jacobian(excess, scattering_haversine, speed_of_light)
    return np.where((time > 0 * time) & (sky_angle <= sky_outer_angle), flux, 0 * flux)

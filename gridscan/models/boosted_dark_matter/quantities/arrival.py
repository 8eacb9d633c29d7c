"""When and where on the sky kicked particles arrive."""

from __future__ import annotations

import numpy as np

from gridscan.models.boosted_dark_matter.parameters import model
from gridscan.physics.boosted_dark_matter import arrival, arrival_geometry
from gridscan.physics.galaxy.coordinates import angle_between
from gridscan.physics.scattering import one_particle


@model.quantity("rad", long_name="angle between the supernova and the centre of the halo")
def off_centre_angle(supernova_longitude, supernova_latitude, halo_longitude, halo_latitude):
    """Angle between two directions. Source: spherical trigonometry."""
    return angle_between(supernova_longitude, supernova_latitude, halo_longitude, halo_latitude)


@model.quantity("yr", long_name="time after which particles kicked beside the supernova arrive")
def peak_time(kinetic_energy, dark_matter_mass, distance, speed_of_light):
    """t_peak = (R_s/c) (c/v - 1). Source: times of flight."""
    return arrival.peak_time(kinetic_energy, dark_matter_mass, distance, speed_of_light)


@model.quantity("yr", long_name="time after which no particle arrives")
def vanishing_time(kinetic_energy, dark_matter_mass, distance, speed_of_light):
    """t_van = (R_s/c) (√(1 + m/2T) - 1). Source: largest path of all kicks that are possible."""
    return arrival.vanishing_time(kinetic_energy, dark_matter_mass, distance, speed_of_light)


@model.quantity("deg", long_name="smallest angle from the supernova at which particles arrive")
def sky_inner_angle(time, kinetic_energy, dark_matter_mass, distance, speed_of_light):
    """θ_- = max(0, δ - α). Source: scattering at the largest angle."""
    return arrival.sky_window(time, kinetic_energy, dark_matter_mass, distance, speed_of_light)[0]


@model.quantity("deg", long_name="largest angle from the supernova at which particles arrive")
def sky_outer_angle(time, kinetic_energy, dark_matter_mass, distance, speed_of_light):
    """θ_+ = δ + α. Source: scattering at the largest angle."""
    return arrival.sky_window(time, kinetic_energy, dark_matter_mass, distance, speed_of_light)[1]


@model.quantity("deg", long_name="angle from the supernova on the sky")
def sky_angle(longitude, latitude, supernova_longitude, supernova_latitude):
    """θ of a direction on the sky. Source: spherical trigonometry."""
    return angle_between(longitude, latitude, supernova_longitude, supernova_latitude)


@model.quantity("kpc", long_name="distance at which particles that arrive were kicked")
def path_length(time, sky_angle, kinetic_energy, dark_matter_mass, distance, speed_of_light):
    """Solve d + l c/v = R_s + c t for l. Source: law of cosines."""
    excess = one_particle.inverse_velocity_excess(kinetic_energy, dark_matter_mass)
    return arrival.path_length(time, sky_angle, excess, distance, speed_of_light)


@model.quantity("1", long_name="haversine of the scattering angle")
def scattering_haversine(path_length, sky_angle, distance):
    """sin²(ψ/2), and 1 where nothing arrives. Source: triangle of Earth, supernova and the place of the kick."""
    haversine = arrival_geometry.scattering_haversine(path_length, sky_angle, distance)
    return np.where(path_length > 0 * path_length, haversine, 1.0)

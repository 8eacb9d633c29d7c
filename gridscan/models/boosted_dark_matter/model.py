"""Dark matter of a halo, boosted by the neutrinos of a supernova: its flux on the sky and in time, and its events.

The story, top to bottom: where the supernova and the centre of the halo are; when and where on the sky kicked particles
arrive; which neutrinos kick them; the flux; the events in a detector. Masses are given as the energy m c².
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gridscan.definition.nodes import kernel
from gridscan.model import Model
from gridscan.models.boosted_dark_matter.kernels import (
    amplitude_of,
    at_angles,
    beyond,
    kick_cross_sections,
    neutrino_amplitude,
    points_of,
    target_of,
    with_error,
)
from gridscan.models.boosted_dark_matter.problems import problem_of, require_order
from gridscan.models.shared import declare_detector, declare_equatorial, either
from gridscan.numerics.products import error_of_product
from gridscan.physics.boosted_dark_matter import all_supernovae, arrival, arrival_geometry
from gridscan.physics.boosted_dark_matter import events as counting
from gridscan.physics.boosted_dark_matter.flux import boosted_flux
from gridscan.physics.boosted_dark_matter.integrated_flux import integrated_flux as flux_over_energies
from gridscan.physics.boosted_dark_matter.problem import CountedWindow, EnergyWindow, Exposure, Geometry
from gridscan.physics.constants import CODATA
from gridscan.physics.dark_matter.halo import Halo, HaloParameters
from gridscan.physics.dark_matter.spike import SPIKES, spike_fits
from gridscan.physics.galaxy.coordinates import angle_between
from gridscan.physics.neutrinos.detection import number_of_targets as targets_in
from gridscan.physics.neutrinos.supernova import NeutrinoSource, neutrino_flux
from gridscan.physics.scattering import amplitudes, cross_sections, inverse_kinematics, one_particle, recoil_angle

model = Model("boosted_dark_matter", "Dark matter boosted by the neutrinos of a supernova, on the sky and in time")

source = model.label("supernova", "cas-a", "Supernova")
halo = model.label("halo", "milky-way", "Dark halo that the neutrinos go through")
target = model.label("target", "electron", "What the boosted particles scatter on")

model.parameter("time", "350 yr", "Time since the neutrinos arrived")
model.parameter("kinetic_energy", "5 MeV", "Kinetic energy of the boosted particles", minimum=1e-9)
model.parameter("dark_matter_mass", "1 MeV", "Mass of a dark matter particle", minimum=1e-12)

model.parameter("distance", source, "Distance of the supernova", unit="kpc", minimum=1e-6)
model.parameter("supernova_longitude", source, "Galactic longitude of the supernova", unit="deg")
model.parameter("supernova_latitude", source, "Galactic latitude of the supernova", unit="deg", minimum=-90, maximum=90)
model.parameter("halo_distance", source, "Distance of the centre of the halo", unit="kpc", minimum=0)
model.parameter("halo_longitude", source, "Galactic longitude of the centre of the halo", unit="deg")
model.parameter("halo_latitude", source, "Galactic latitude of the centre", unit="deg", minimum=-90, maximum=90)
model.parameter("psi", "0 deg", "Angle of a kick from the way of the neutrino", minimum=0, maximum=180)
model.parameter("longitude", "0 deg", "Galactic longitude of a direction on the sky", role="sky_longitude")
model.parameter(
    "latitude", "0 deg", "Galactic latitude of a direction on the sky", minimum=-90, maximum=90, role="sky_latitude"
)

# Equatorial coordinates, where they are given in place of galactic ones.
declare_equatorial(model, "supernova_longitude", "supernova_latitude", "", "the supernova")
declare_equatorial(model, "halo_longitude", "halo_latitude", "halo_", "the centre of the halo")
declare_equatorial(model, "longitude", "latitude", "direction_", "a direction on the sky")

model.parameter("scale_density", halo, "Density of the halo's profile at its scale", unit="MeV/cm^3", minimum=1e-30)
model.parameter("scale_radius", halo, "Scale radius of the halo", unit="kpc", minimum=1e-12)
model.parameter("outer_slope", halo, "Exponent n of 1/((r/r_s) (1 + r/r_s)^n)", minimum=0)
model.parameter("spike", "none", "Spike around the black hole at the centre of the halo", choices=list(SPIKES))
model.parameter("black_hole_mass", halo, "Mass of the black hole", unit="Msun", minimum=0)
model.parameter("influence_radius", halo, "Radius of influence of the black hole", unit="pc", minimum=0)
model.parameter("black_hole_age", "1e9 yr", "Time for which dark matter has annihilated", minimum=0)
model.parameter("annihilation_cross_section", "0 cm^3/s", "Annihilation cross section times velocity", minimum=0)
model.parameter("centre_cutoff", "1e-8 kpc", "Nearer to the centre of the halo there is no dark matter", minimum=0)

model.parameter("luminosity", "3e52 erg/s", "Luminosity of the neutrinos of all species together", minimum=0)
model.parameter("emission_duration", "10 s", "How long neutrinos are emitted", minimum=0)
model.parameter("neutrinosphere_radius", "100 km", "Neutrinos come from outside this radius", minimum=0)
model.parameter(
    "mean_energies",
    ["11 MeV", "16 MeV", "25 MeV"],
    "Mean energies of nu_e, its antineutrino, and the rest",
    above=0,
    vector="species",
)
model.parameter(
    "temperatures",
    ["2.76 MeV", "4.01 MeV", "6.26 MeV"],
    "Temperatures of the same",
    above=0,
    vector="species",
    length_offsets={"mean_energies": 0},
)
model.parameter(
    "multiplicities",
    [1.0, 1.0, 4.0],
    "How many species are alike",
    above=0,
    vector="species",
    length_offsets={"mean_energies": 0},
)

model.parameter(
    "interaction",
    "constant",
    "Constant cross sections, gauged muon minus tau number, or own: squared amplitudes that replace the quantities",
    choices=["constant", "lmu-ltau", "own"],
)
model.parameter("neutrino_cross_section", "1e-45 cm^2", "Constant cross section of neutrinos", minimum=0)
model.parameter("target_cross_section", "1e-45 cm^2", "Constant cross section of the target", minimum=0)
model.parameter("neutrino_coupling", 1e-6, "Coupling of the mediator to neutrinos", minimum=0)
model.parameter("dark_matter_coupling", 1e-2, "Coupling of the mediator to dark matter", minimum=0)
model.parameter("kinetic_mixing", 1e-6, "Kinetic mixing of the mediator with the photon", minimum=0)
model.parameter("mediator_mass_ratio", 1 / 3, "Mass of the mediator over that of dark matter", minimum=1e-12)
model.parameter("target_mass", target, "Mass of a target particle", unit="MeV", minimum=1e-12)

model.parameter("kinetic_energy_min", "5 MeV", "Lowest kinetic energy that counts", minimum=1e-9)
model.parameter("kinetic_energy_max", "30 MeV", "Highest kinetic energy that counts", minimum=1e-9)
model.parameter("exposure_start", "10 s", "Begin of the exposure after the neutrinos")
model.parameter("exposure_end", "35 yr", "End of the exposure after the neutrinos")
detector = declare_detector(model, "hyper-k")

model.parameter(
    "convention",
    "standard",
    "Particles counted per kinetic energy, or the factors of the publications put in",
    choices=["standard", "published"],
    role="convention",
)
model.parameter(
    "accuracy", 1e-6, "Relative accuracy of the fluxes; of several the highest, for all", minimum=1e-12, maximum=0.1
)
model.parameter("accuracy_of_events", 1e-4, "Relative accuracy of what is summed over time", minimum=1e-12, maximum=0.1)

model.constant("speed_of_light")
model.constant("hbar", description="reduced Planck constant")

# Groups of parameters.

model.group("geometry", Geometry, distance="kpc", halo_distance="kpc", off_centre_angle="rad")
model.group(
    "dark_halo",
    HaloParameters,
    "spike",
    scale_density="MeV/cm^3",
    scale_radius="kpc",
    outer_slope="1",
    centre_cutoff="kpc",
    black_hole_mass="Msun",
    influence_radius="kpc",
    black_hole_age="s",
    dark_matter_mass="MeV",
    annihilation_cross_section="cm^3/s",
)
model.group(
    "neutrino_source",
    NeutrinoSource,
    luminosity="MeV/s",
    emission_duration="s",
    neutrinosphere_radius="kpc",
    temperatures="MeV",
    mean_energies="MeV",
    multiplicities="1",
)
model.group(
    "neutrino_exchange",
    amplitudes.NeutrinoExchange,
    neutrino_coupling="1",
    dark_matter_coupling="1",
    mediator_mass="MeV",
)
model.group(
    "target_exchange",
    amplitudes.TargetExchange,
    dark_matter_coupling="1",
    kinetic_mixing="1",
    mediator_mass="MeV",
    target_mass="MeV",
)
model.group(
    "centred_invariants",
    amplitudes.CentredInvariants,
    s_minus_masses="MeV^2",
    t="MeV^2",
    u_minus_masses="MeV^2",
)
model.group("exposure", Exposure, exposure_start="s", exposure_end="s")
model.group("energy_window", EnergyWindow, kinetic_energy_min="MeV", kinetic_energy_max="MeV")
model.group(
    "counted_window",
    CountedWindow,
    exposure_start="s",
    exposure_end="s",
    kinetic_energy_min="MeV",
    kinetic_energy_max="MeV",
)

# What parameters have to be together.

model.require("exposure_end must be above exposure_start")(
    lambda exposure_end, exposure_start: exposure_end > exposure_start
)
model.require("kinetic_energy_max must be above kinetic_energy_min")(
    lambda kinetic_energy_max, kinetic_energy_min: kinetic_energy_max > kinetic_energy_min
)
model.require('black_hole_mass must be above 0 Msun for a spike, or spike = "none"')(
    lambda black_hole_mass, spike: (black_hole_mass > 0.0) | (spike == "none")
)
model.require(
    'influence_radius must be above 4 Schwarzschild radii and below the radius of the spike, or spike = "none"',
    black_hole_mass="Msun",
    influence_radius="kpc",
    scale_density="MeV/cm^3",
    scale_radius="kpc",
)(
    lambda spike, black_hole_mass, influence_radius, scale_density, scale_radius: spike_fits(
        spike, black_hole_mass, influence_radius, scale_density, scale_radius, CODATA
    )
)

# When and where they arrive.


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


# The neutrinos that kick them.


@model.quantity("MeV", long_name="energy of the neutrino that kicks a particle so")
def neutrino_energy(kinetic_energy, dark_matter_mass, scattering_haversine):
    """E_ν = T m / (p cos ψ - T), 0 where no neutrino can. Source: conservation of energy and momentum."""
    return inverse_kinematics.neutrino_energy(kinetic_energy, dark_matter_mass, scattering_haversine)


@model.quantity("MeV^2", long_name="Mandelstam variable s of neutrinos on dark matter")
def s(neutrino_energy, dark_matter_mass):
    """m² + 2 m E_ν. Source: definition."""
    return dark_matter_mass**2 + 2 * dark_matter_mass * neutrino_energy


@model.quantity("MeV^2", long_name="Mandelstam variable t of neutrinos on dark matter")
def t(kinetic_energy, dark_matter_mass):
    """-2 m T. Source: definition."""
    return -2 * dark_matter_mass * kinetic_energy


@model.quantity("MeV^2", long_name="Mandelstam variable u of neutrinos on dark matter")
def u(s, t, dark_matter_mass):
    """2 m² - s - t. Source: s + t + u is the sum of the squared masses."""
    return 2 * dark_matter_mass**2 - s - t


@model.quantity("MeV^2", long_name="s minus the sum of the squared masses")
def s_minus_masses(neutrino_energy, dark_matter_mass):
    """2 m E_ν, which rounding takes from s of light neutrinos. Source: definition."""
    return 2 * dark_matter_mass * neutrino_energy


@model.quantity("MeV^2", long_name="u minus the sum of the squared masses")
def u_minus_masses(s_minus_masses, t):
    """-2 m E_ν - t. Source: s + t + u is twice the sum of the squared masses."""
    return -s_minus_masses - t


@model.quantity("MeV", long_name="mass of the mediator")
def mediator_mass(mediator_mass_ratio, dark_matter_mass):
    """m_V in units of the mass of dark matter. Source: definition."""
    return mediator_mass_ratio * dark_matter_mass


@model.quantity("MeV*cm", long_name="reduced Planck constant times the speed of light")
def hbar_c(hbar, speed_of_light):
    """ħc. Source: definition."""
    return hbar * speed_of_light


@model.quantity("1", long_name="squared amplitude of neutrinos on dark matter")
def neutrino_squared_amplitude(
    s, centred_invariants, dark_matter_mass, interaction, neutrino_cross_section, neutrino_exchange, hbar_c
):
    """|M|², that of a constant cross section (16π s σ) or of L_μ - L_τ. Source: Lin et al. 2023, PRD 108, 083013."""

    def gauged():
        coupling = neutrino_exchange.neutrino_coupling * neutrino_exchange.dark_matter_coupling
        above, t, below = centred_invariants
        masses = (dark_matter_mass, coupling, neutrino_exchange.mediator_mass)
        return amplitudes.muon_tau_neutrino(above, t, below, *masses, centred=True)

    def constant():
        squared = 16 * np.pi * s * neutrino_cross_section / hbar_c**2
        return np.where(interaction == "own", np.nan, squared) if (interaction == "own").any() else squared

    return either(interaction == "lmu-ltau", gauged, constant, s)


@model.quantity("1", long_name="squared amplitude of neutrinos on dark matter, with all its digits")
def kick_squared_amplitude(neutrino_squared_amplitude):
    """|M|², whose terms do not cancel. Source: definition."""
    return 1 * neutrino_squared_amplitude


@kernel(
    "1",
    functions={"neutrino_squared_amplitude": ["s", "t", "u", "s_minus_masses", "u_minus_masses", "dark_matter_mass"]},
    neutrino_energy="MeV",
    kinetic_energy="MeV",
    dark_matter_mass="MeV",
    s="MeV^2",
    t="MeV^2",
    u="MeV^2",
    s_minus_masses="MeV^2",
    u_minus_masses="MeV^2",
    neutrino_squared_amplitude="1",
)
def _digits_of_own(neutrino_energy, kinetic_energy, dark_matter_mass, neutrino_squared_amplitude):
    """|M|² of one's own, whose terms may cancel: with numbers of 32 digits where they do. Source: definition."""
    return neutrino_amplitude(neutrino_squared_amplitude, neutrino_energy, kinetic_energy, dark_matter_mass)


model.when_replaced("neutrino_squared_amplitude", kick_squared_amplitude=_digits_of_own)


def _published_factor(of_interaction, kinetic_energy, dark_matter_mass, scattering_haversine, convention):
    def published():
        slope = inverse_kinematics.neutrino_energy_slope(kinetic_energy, dark_matter_mass, scattering_haversine)
        return one_particle.velocity(kinetic_energy, dark_matter_mass) * np.where(of_interaction, slope, 1.0)

    return either(convention == "standard", lambda: 1.0, published, kinetic_energy)


@model.quantity("1", long_name="factor of the publications in the differential cross section of neutrinos")
def neutrino_published_factor(kinetic_energy, dark_matter_mass, scattering_haversine, interaction, convention):
    """v/c, and dE_ν/dT unless the cross section is constant; standard: 1. Source: Lin et al. 2023, PRD 108, 083013."""
    kick = (kinetic_energy, dark_matter_mass, scattering_haversine)
    return _published_factor(interaction != "constant", *kick, convention)


def _published_factor_of_own(kinetic_energy, dark_matter_mass, scattering_haversine, convention):
    """v/c dE_ν/dT of an amplitude of one's own; standard: 1. Source: Lin et al. 2023, PRD 108, 083013."""
    return _published_factor(True, kinetic_energy, dark_matter_mass, scattering_haversine, convention)


model.when_replaced("neutrino_squared_amplitude", neutrino_published_factor=_published_factor_of_own)


@model.quantity("cm^2/sr", long_name="differential cross section of neutrinos on dark matter")
def neutrino_differential_cross_section(
    kick_squared_amplitude,
    neutrino_energy,
    dark_matter_mass,
    scattering_haversine,
    neutrino_published_factor,
    hbar_c,
):
    """dσ/dΩ = |M|² (ħc)²/(16π s) g(ψ), with the factor of the convention. Source: Lin et al. 2023."""
    whole = kick_squared_amplitude * hbar_c**2
    scale = whole / (16 * np.pi * dark_matter_mass * (dark_matter_mass + 2 * neutrino_energy))
    density = recoil_angle.angular_density(neutrino_energy, dark_matter_mass, scattering_haversine)
    return scale * density * neutrino_published_factor


# What kernels that take the interaction as a function give it.
_KICK: dict[str, Any] = {
    "functions": {"neutrino_differential_cross_section": ["neutrino_energy", "kinetic_energy", "scattering_haversine"]},
    "kinetic_energy": "MeV",
    "neutrino_energy": "MeV",
    "scattering_haversine": "1",
    "neutrino_differential_cross_section": "cm^2/sr",
}


@model.kernel(
    "cm^2/sr", long_name="differential cross section of neutrinos for a kick to Earth", dark_matter_mass="MeV", **_KICK
)
def kick_cross_section(
    neutrino_energy, kinetic_energy, dark_matter_mass, scattering_haversine, neutrino_differential_cross_section
):
    """dσ/dΩ, refused where it is below 0, no number, or made of rounding errors. Source: definition."""
    kick = (neutrino_energy, kinetic_energy, dark_matter_mass, scattering_haversine)
    return kick_cross_sections(neutrino_differential_cross_section, *kick)


@model.kernel(
    "cm^2/sr",
    long_name="differential cross section of neutrinos at an angle psi of the kick",
    functions={"kick_cross_section": ["scattering_haversine"]},
    psi="rad",
    kinetic_energy="MeV",
    dark_matter_mass="MeV",
    scattering_haversine="1",
    kick_cross_section="cm^2/sr",
)
def angular_cross_section(psi, kinetic_energy, dark_matter_mass, kick_cross_section):
    """dσ/dΩ of kicks to T at ψ, 0 from the largest ψ on. Source: Lin et al. 2023, PRD 108, 083013."""
    haversine = recoil_angle.haversine(psi)
    allowed = haversine < recoil_angle.largest_haversine(kinetic_energy, dark_matter_mass)
    return allowed * at_angles(kick_cross_section, np.where(allowed, haversine, 0.0))


# The flux on the sky.


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


# The flux of the whole sky. Its kernels take the interaction as a function.


@model.kernel("1/MeV/cm^2/s", long_name="flux of boosted dark matter", error=True, time="s", accuracy="1", **_KICK)
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
    **_KICK,
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
    **_KICK,
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


# Events in a detector.


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
        **_KICK,
        "functions": {
            **_KICK["functions"],
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


# The supernovae of the Galaxy, all together.

model.parameter("supernova_rate", "0.0163 / yr", "Rate of core-collapse supernovae in the Galaxy", minimum=0)
model.parameter("supernova_history", "100 kyr", "How long supernovae have exploded before the last time", minimum=1e-6)
model.parameter("supernova_seed", 1, "Seed of the random supernovae", integer=True, minimum=0)
model.parameter("disk_scale_length", "2.9 kpc", "Scale length of the disk in which they explode", minimum=1e-6)
model.parameter("disk_scale_height", "0.3 kpc", "Scale height of the disk in which they explode", minimum=0)
model.parameter("sun_distance", "8.5 kpc", "Distance of the Sun from the centre of the disk", minimum=0)

model.require("time must be from 0 to supernova_history, as it counts from its begin here")(
    lambda time, supernova_history: (time >= 0.0) & (time <= supernova_history)
)
model.require(
    f"supernova_history must be so short that at most {all_supernovae.MOST_SUPERNOVAE:,} supernovae are expected"
)(lambda supernova_rate, supernova_history: supernova_rate * supernova_history <= all_supernovae.MOST_SUPERNOVAE)
model.group(
    "galactic_supernovae",
    all_supernovae.GalacticSupernovae,
    supernova_rate="1/s",
    supernova_history="s",
    supernova_seed="1",
    disk_scale_length="kpc",
    disk_scale_height="kpc",
    sun_distance="kpc",
)


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


model.figures_in("gridscan.models.boosted_dark_matter.figures")

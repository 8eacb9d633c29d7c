"""What the model takes: a supernova, a halo, neutrinos and an interaction, a detector, and what is asked of them."""

from __future__ import annotations

from typing import Any

from gridscan.model import Model
from gridscan.models.shared import declare_detector, declare_equatorial
from gridscan.physics.boosted_dark_matter import all_supernovae
from gridscan.physics.boosted_dark_matter.problem import CountedWindow, EnergyWindow, Exposure, Geometry
from gridscan.physics.constants import CODATA
from gridscan.physics.dark_matter.halo import HaloParameters
from gridscan.physics.dark_matter.spike import SPIKES, spike_fits
from gridscan.physics.neutrinos.supernova import NeutrinoSource
from gridscan.physics.scattering import amplitudes

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

#: What kernels that take the interaction as a function give it.
KICK: dict[str, Any] = {
    "functions": {"neutrino_differential_cross_section": ["neutrino_energy", "kinetic_energy", "scattering_haversine"]},
    "kinetic_energy": "MeV",
    "neutrino_energy": "MeV",
    "scattering_haversine": "1",
    "neutrino_differential_cross_section": "cm^2/sr",
}

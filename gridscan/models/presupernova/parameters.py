"""What the model `presupernova` takes: a star, a detector and its backgrounds, a Galaxy, and what is asked of them."""

from __future__ import annotations

from typing import Any

from gridscan.inputs.shipped_files import data_path
from gridscan.model import Model
from gridscan.models.presupernova import backgrounds, kernels, one_star, populations
from gridscan.models.presupernova.cautions import declare_cautions
from gridscan.models.presupernova.reach import Reach
from gridscan.models.presupernova.source import Source
from gridscan.models.shared import declare_detector, declare_galaxy, declare_mass_function, declare_stars
from gridscan.physics.constants import WEAK
from gridscan.stellar_tables import neutrino_tracks

model = Model("presupernova", "Neutrinos of massive stars before they collapse, and what detectors really see of them")

_RECORDS = "presupernova/{}.toml"

star = model.label("star", "typical", "A star near the Sun", records=data_path(_RECORDS.format("star")))
model.parameter("distance", star, "Distance of a single star", unit="pc", minimum=1e-3)
tracks = model.label("tracks", "parsec", "Tracks of stellar evolution", records=data_path(_RECORDS.format("tracks")))
declare_stars(model, star, tracks)
model.parameter("time_before_collapse", "10 yr", "Time before the collapse of a star", minimum=0)
progenitor = model.label(
    "progenitor",
    "interpolated",
    "Source of the neutrinos: models that are interpolated in mass, or one that all stars are taken for",
    records=data_path(_RECORDS.format("progenitor")),
)
model.table(
    "neutrino_table",
    data_path(neutrino_tracks.SHIPPED),
    "Luminosity and spectrum of electron antineutrinos against time before collapse, of each progenitor",
    read=neutrino_tracks.read_luminosity_table,
    label=progenitor,
)
model.parameter(
    "progenitor_mass",
    progenitor,
    "Mass of the progenitor that all stars are taken for; 0 interpolates between those of the table",
    unit="Msun",
    minimum=0,
    otherwise="0 Msun",
)
model.parameter(
    "time_scaling",
    "none",
    "Whether a star runs through the track of its progenitor as much faster as it burns carbon in less time",
    choices=["none", "carbon-lifetime"],
)
model.parameter("energy", "1 MeV", "Neutrino energy, for spectra", above=0)
species = model.label("species", "nuebar", "Neutrinos of one kind at the Earth", records=one_star.SPECIES)
model.parameter(
    "electron_flavour",
    species,
    "1 for the electron flavour, 0 for both others together",
    minimum=0,
    maximum=1,
    integer=True,
)
model.parameter("antineutrino", species, "1 for antineutrinos", minimum=0, maximum=1, integer=True)
ordering = model.label(
    "ordering",
    "normal",
    "Ordering of the neutrino masses; none leaves flavours alone",
    records=data_path(_RECORDS.format("ordering")),
)
for _prefix, _what in (("neutrino", "electron neutrinos"), ("antineutrino", "electron antineutrinos")):
    model.parameter(
        f"{_prefix}_mass_state",
        ordering,
        f"Mass state as which {_what} of the star arrive; 0 leaves them alone",
        minimum=0,
        maximum=3,
        integer=True,
    )
model.parameter("sin2_theta12", 0.3075, "Sine squared of the mixing angle theta_12", minimum=0, maximum=1)
model.parameter("sin2_theta13", 0.0222, "Sine squared of the mixing angle theta_13", minimum=0, maximum=1)

detector = declare_detector(model, "juno", data_path(_RECORDS.format("detector")))
model.parameter("protons_per_mass", detector, "Free protons per mass of the detector", unit="mol/g", minimum=0)
model.parameter(
    "recoil_min", detector, "Lowest measured energy of a recoil that counts", unit="MeV", minimum=0, otherwise="0 MeV"
)
model.parameter(
    "recoil_max",
    detector,
    "Highest measured energy of a recoil that counts",
    unit="MeV",
    above=0,
    infinite=True,
    otherwise="inf MeV",
)
model.require("recoil_max must be above recoil_min")(lambda recoil_max, recoil_min: recoil_max > recoil_min)
_RESOLUTION = "Part of the error of a measured energy that"
model.parameter(
    "resolution_stochastic",
    detector,
    f"{_RESOLUTION} grows with its square root, as a share at 1 MeV",
    minimum=0,
    maximum=10,
    otherwise=0.0,
)
model.parameter(
    "resolution_proportional", detector, f"{_RESOLUTION} grows with it", minimum=0, maximum=10, otherwise=0.0
)
model.parameter(
    "resolution_constant", detector, f"{_RESOLUTION} is constant", unit="MeV", minimum=0, maximum=10, otherwise="0 MeV"
)
model.parameter(
    "efficiency_elastic", detector, "Share of the recoils that is detected", minimum=0, maximum=1, otherwise=1.0
)
model.parameter(
    "efficiency_inverse_beta",
    detector,
    "Share of the inverse beta decays that is detected",
    minimum=0,
    maximum=1,
    otherwise=1.0,
)
model.parameter(
    "energy_min_prompt",
    detector,
    "Lowest prompt energy of an inverse beta decay that counts",
    unit="MeV",
    minimum=0,
    maximum=100,
    otherwise="0 MeV",
)
model.parameter(
    "inverse_beta_background",
    detector,
    "Background of inverse beta decays",
    unit="1/day",
    minimum=0,
    otherwise="0 / day",
)
for _isotope, _name in (("carbon14", "14C"), ("krypton85", "85Kr"), ("bismuth210", "210Bi")):
    model.parameter(
        f"{_isotope}_activity",
        detector,
        f"Decays of {_name} per mass and time",
        unit="1/kt/day",
        minimum=0,
        otherwise="0 / kt / day",
    )
model.parameter(
    "other_background",
    detector,
    "Other recoils within the window",
    unit="1/kt/day",
    minimum=0,
    otherwise="0 / kt / day",
)
model.parameter(
    "solar_rejection", detector, "Factor by which the direction lowers the solar background", minimum=1, otherwise=1.0
)
model.parameter(
    "direction_efficiency",
    detector,
    "Share of the signal that a cut in direction keeps",
    minimum=0,
    maximum=1,
    otherwise=1.0,
)
model.parameter("resolving_time", "0 s", "Time within which two decays of 14C are taken for one", minimum=0)
solar_model = model.label("solar_model", "GS98", "Abundances of heavy elements in the model of the Sun")
for _component in ("pp", "pep", "be7", "b8", "n13", "o15", "f17"):
    model.parameter(
        f"{_component}_flux", solar_model, f"Flux of {_component} neutrinos of the Sun", unit="1/cm^2/s", minimum=0
    )
model.parameter(
    "channel",
    "elastic",
    "What is counted in an exposure: recoiling electrons, or inverse beta decays",
    choices=["elastic", "inverse_beta"],
)
model.parameter(
    "cross_section", "radiative", "Couplings of electrons to neutrinos", choices=["radiative", "tree-level"]
)
model.parameter("qed", "off", "Photons radiated in scattering, in total cross sections", choices=["off", "on"])
model.parameter("recoil_energy", "0.2 MeV", "Kinetic energy of a recoiling electron, for spectra", minimum=0)

model.parameter("exposure", "1 yr", "Length of the exposure", above=0)
model.parameter(
    "lead", "0 day", "Time before collapse at which an exposure, or the window of an alarm, ends", minimum=0
)
model.parameter("background_error", 0.01, "Standard deviation of a background as a share of it", minimum=0, maximum=10)
model.parameter("significance", 3.0, "Significance to be reached, in standard deviations", above=0, maximum=1000)
model.parameter("window", "1 day", "Length of the sliding window of an alarm", above=0)
model.parameter("false_alarm_rate", "1 / yr", "Largest rate of false alarms", above=0)
model.parameter("horizon_probability", 0.5, "Probability of an alarm at the horizon", above=0, below=1)

imf = declare_mass_function(model, data_path(_RECORDS.format("imf")))
model.parameter(
    "imf_kind",
    imf,
    "Shape of the initial mass function",
    choices=["power-law", "lognormal", "maschberger", "igimf"],
    otherwise="power-law",
)
model.parameter(
    "lognormal_mass", imf, "Centre of a lognormal mass function", unit="Msun", minimum=1e-6, otherwise="0.2 Msun"
)
model.parameter(
    "lognormal_width", imf, "Standard deviation of log10 of the mass", minimum=1e-3, maximum=10, otherwise=0.55
)
model.parameter(
    "stars",
    "red",
    "Stars that burn carbon as red supergiants, while they do, or all in their last 6000 yr",
    choices=["red", "all"],
)
declare_galaxy(model)
model.parameter("distance_floor", "0.05 kpc", "Nearer stars count as if at this distance", minimum=1e-6)
model.parameter("flux_threshold", "1 / cm^2 / s", "Neutrino flux to be exceeded", minimum=0)
model.parameter("quantile", 0.5, "Probability of a quantile", above=0, below=1)
model.parameter("number_of_events", 1, "Number of events in an exposure", minimum=0, maximum=10000, integer=True)
model.parameter("observing_time", "100 yr", "How long is waited for a collapse or an alarm", above=0)

_SOURCE: dict[str, Any] = {"progenitor_mass": "Msun", "metallicity": "1"}
model.group("source", Source, "neutrino_table", "time_scaling", "stellar_table", **_SOURCE)
_CONSTANTS: dict[str, Any] = {}
for _name, _unit, _what in (
    ("electron_mass_energy", "MeV", "mass of the electron times c²"),
    ("neutron_proton_difference", "MeV", "masses of neutron less proton, times c²"),
    ("fermi_coupling", "1/MeV^2", "Fermi coupling constant over (ħc)³"),
    ("hbar_c", "MeV cm", "reduced Planck constant times c"),
    ("fine_structure_constant", "1", "fine-structure constant"),
    ("boltzmann_constant", "MeV/K", "Boltzmann constant"),
):
    _CONSTANTS[_name] = _unit
    model.constant(_name, f"{getattr(WEAK, _name)!r} {_unit}".removesuffix(" 1"), _what)
model.group("scattering", kernels.Scattering, "cross_section", "qed")
model.group(
    "counted_window",
    kernels.CountedWindow,
    recoil_min="MeV",
    recoil_max="MeV",
    resolution_stochastic="1",
    resolution_proportional="1",
    resolution_constant="MeV",
    **_CONSTANTS,
)
model.group(
    "positron_counting", kernels.PositronCounting, antineutrino_survival="1", energy_min_prompt="MeV", **_CONSTANTS
)
model.group("weak_constants", kernels.Weak, **_CONSTANTS)
model.group(
    "emitted_spectra",
    one_star.EmittedSpectra,
    mean_energy="MeV",
    heavy_flavour_mean_energy="MeV",
    pinching="1",
    heavy_flavour_ratio="1",
    nue_to_antinue="1",
)
model.group(
    "solar_fluxes",
    backgrounds.SolarFluxes,
    **dict.fromkeys([f"{name}_flux" for name in ("pp", "pep", "be7", "b8", "n13", "o15", "f17")], "1/cm^2/s"),
)
model.group(
    "initial_masses",
    populations.InitialMasses,
    "imf_kind",
    exponents="1",
    breaks="Msun",
    lognormal_mass="Msun",
    lognormal_width="1",
    metallicity_dex="1",
    sfr="Msun/yr",
)
model.group(
    "collapsing",
    populations.Collapsing,
    "stellar_table",
    "mass_integration",
    metallicity="1",
    time="Myr",
)

model.group(
    "radioactivity",
    backgrounds.Radioactivity,
    **dict.fromkeys([f"{name}_activity" for name in ("carbon14", "krypton85", "bismuth210")], "1/kt/day"),
)
declare_cautions(model)

model.group("elastic_exposure", kernels.Exposure, lead="s", exposure="s")
model.group("alarm_window", kernels.AlarmWindow, lead="s", window="s")
model.group("alarm_reach", kernels.AlarmReach, effective_protons="1", alarm_signal="1")
model.group(
    "stars_in_reach",
    populations.DyingStars,
    "neutrino_table",
    "time_scaling",
    "stellar_table",
    "mass_integration",
    "stars",
    time="Myr",
    **_SOURCE,
)
model.group("reach", Reach, radius="kpc", fraction_in_reach="1")
model.group("exposed", populations.Exposed, effective_protons="1", inverse_beta_background="1/s", exposure="s")

#: Options of a kernel that follows stars through time, with the ratio of flavours as a function of it.
STAR: dict[str, Any] = {
    "functions": {"heavy_flavour_ratio": ["initial_mass", "time_before_collapse"]},
    "heavy_flavour_ratio": "1",
    "initial_mass": "Msun",
    "time_before_collapse": "s",
}

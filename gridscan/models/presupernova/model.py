"""Massive stars before they collapse: their neutrinos in time, what detectors count of them, and when they warn.

The story, top to bottom: what one star emits at a time before its collapse; its neutrinos at the Earth; what a detector
counts of them, by scattering on electrons and by inverse beta decay, above its backgrounds; how far it sees, and how
early it warns; the flux, the alarms and the counts of all stars of the Galaxy.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gridscan.inputs.shipped_files import data_path
from gridscan.model import Model
from gridscan.models.presupernova import backgrounds, kernels, one_star, populations
from gridscan.models.presupernova.combinations import StarFunction
from gridscan.models.shared import declare_detector, declare_galaxy, declare_mass_function, declare_stars
from gridscan.numerics import significance as statistics
from gridscan.physics.galaxy import distances
from gridscan.physics.neutrinos import alarms, detection
from gridscan.physics.neutrinos.beta_decay import pile_up_rate as rate_of_pile_up
from gridscan.physics.neutrinos.flavour_conversion import ORDERINGS, survival_probabilities
from gridscan.physics.presupernova import flux_distribution
from gridscan.physics.presupernova.event_rates import rate_of_all_flavours
from gridscan.physics.presupernova.population import mean_flux, over_bins, probability_of_any, time_above
from gridscan.stellar_tables import neutrino_tracks

model = Model("presupernova", "Neutrinos of massive stars before they collapse, and what detectors really see of them")

_RECORDS = "presupernova/{}.toml"

star = model.label("star", "typical", "A star near the Sun", records=data_path(_RECORDS.format("star")))
model.parameter("distance", star, "Distance of a single star", unit="pc", minimum=1e-3)
declare_stars(model, star)
model.parameter("time_before_collapse", "10 yr", "Time before the collapse of a star", minimum=0)
model.table(
    "neutrino_table",
    data_path(neutrino_tracks.SHIPPED),
    "Luminosity and spectrum of electron antineutrinos against time before collapse, of each progenitor",
    read=neutrino_tracks.read_luminosity_table,
)
model.parameter(
    "progenitor",
    "interpolated",
    "Progenitors of the table between which a star is interpolated, or the one that all stars are taken for",
    choices=["interpolated", "kepler-15", "kepler-25"],
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
model.parameter("ordering", "normal", "Ordering of the neutrino masses; none leaves flavours alone", choices=ORDERINGS)
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
model.require("recoil_max", "above recoil_min", lambda recoil_max, recoil_min: recoil_max > recoil_min)
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
model.parameter("stars", "red", "Stars that burn carbon as red supergiants, or all", choices=["red", "all"])
declare_galaxy(model)
model.parameter("distance_floor", "0.05 kpc", "Nearer stars count as if at this distance", minimum=1e-6)
model.parameter("flux_threshold", "1 / cm^2 / s", "Neutrino flux to be exceeded", minimum=0)
model.parameter("quantile", 0.5, "Probability of a quantile", above=0, below=1)
model.parameter("number_of_events", 1, "Number of events in an exposure", minimum=0, maximum=10000, integer=True)
model.parameter("observing_time", "100 yr", "How long is waited for a collapse or an alarm", above=0)

model.group("tracks", kernels.Tracks, "neutrino_table", "progenitor")
model.group(
    "recoil_counting",
    kernels.RecoilCounting,
    "cross_section",
    recoil_min="MeV",
    recoil_max="MeV",
    resolution_stochastic="1",
    resolution_proportional="1",
    resolution_constant="MeV",
)
model.group("positron_counting", kernels.PositronCounting, antineutrino_survival="1", energy_min_prompt="MeV")
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

model.group("alarm_window", kernels.AlarmWindow, lead="s", window="s")
model.group("alarm_reach", kernels.AlarmReach, effective_protons="1", alarm_signal="1")
model.group(
    "stars_in_reach",
    populations.DyingStars,
    "neutrino_table",
    "progenitor",
    "stellar_table",
    "mass_integration",
    "stars",
    metallicity="1",
    time="Myr",
)
model.group("exposed", populations.Exposed, effective_protons="1", inverse_beta_background="1/s", exposure="s")

# What a star emits.


@model.kernel("erg/s", long_name="luminosity in electron antineutrinos", initial_mass="Msun", time_before_collapse="s")
def luminosity(tracks, initial_mass, time_before_collapse):
    """Power law of time between knots, of mass between progenitors. Source: Odrzywolek & Heger 2010, APPB 41, 1611."""
    return one_star.emitted(tracks, initial_mass, time_before_collapse).luminosity / one_star.ERG


@model.kernel("MeV", long_name="mean energy of electron antineutrinos", initial_mass="Msun", time_before_collapse="s")
def mean_energy(tracks, initial_mass, time_before_collapse):
    """<E>, otherwise as the luminosity. Source: Odrzywolek & Heger 2010, Acta Phys. Pol. B 41, 1611."""
    return one_star.emitted(tracks, initial_mass, time_before_collapse).mean_energy


@model.kernel("1", long_name="pinching of neutrino spectra", initial_mass="Msun", time_before_collapse="s")
def pinching(tracks, initial_mass, time_before_collapse):
    """α of E^α exp(-(α+1) E/<E>), otherwise as the luminosity. Source: Odrzywolek & Heger 2010, APPB 41, 1611."""
    return one_star.emitted(tracks, initial_mass, time_before_collapse).pinching


@model.kernel(
    "1", long_name="electron neutrinos over antineutrinos emitted", initial_mass="Msun", time_before_collapse="s"
)
def nue_to_antinue(tracks, initial_mass, time_before_collapse):
    """Of the table; 1 of thermal pairs. Source: Odrzywolek & Heger 2010, Acta Phys. Pol. B 41, 1611."""
    return one_star.emitted(tracks, initial_mass, time_before_collapse).nue_to_antinue


@model.kernel(
    "1",
    long_name="muon neutrinos, or tau neutrinos, over electron neutrinos emitted",
    initial_mass="Msun",
    time_before_collapse="s",
)
def heavy_flavour_ratio(tracks, initial_mass, time_before_collapse):
    """R_x/R_e of the table, or of thermal pairs of the same <E>. Source: Misiaszek et al. 2006, PRD 74, 043006."""
    return one_star.ratio_of_flavours(tracks, initial_mass, time_before_collapse)


@model.kernel("MeV", long_name="mean energy of muon and tau neutrinos", mean_energy="MeV")
def heavy_flavour_mean_energy(mean_energy):
    """<E> times the hardness of thermal pairs. Source: Misiaszek et al. 2006, PRD 74, 043006."""
    return one_star.heavy_flavour_mean_energy(mean_energy)


@model.quantity("1/s", long_name="electron antineutrinos emitted per time")
def neutrino_rate(luminosity, mean_energy):
    """L/<E>. Source: definition."""
    return luminosity / mean_energy


@model.quantity("1/s", long_name="neutrinos and antineutrinos of all flavours emitted per time")
def neutrino_rate_of_all_flavours(neutrino_rate, heavy_flavour_ratio, nue_to_antinue):
    """Ndot (1 + q + 4 q r), 2 Ndot (1 + 2 r) for pairs. Source: thermal pairs, Misiaszek et al. 2006."""
    return rate_of_all_flavours(neutrino_rate, heavy_flavour_ratio, nue_to_antinue)


@model.kernel(
    "erg",
    long_name="energy still to be emitted in electron antineutrinos until collapse",
    initial_mass="Msun",
    time_before_collapse="s",
)
def energy_remaining(tracks, initial_mass, time_before_collapse):
    """∫ L dt until collapse, in closed form. Source: integral of a power law."""
    return one_star.remaining_energy(tracks, initial_mass, time_before_collapse) / one_star.ERG


@model.kernel(
    "1",
    long_name="electron antineutrinos still to be emitted until collapse",
    initial_mass="Msun",
    time_before_collapse="s",
)
def number_remaining(tracks, initial_mass, time_before_collapse):
    """∫ L/<E> dt until collapse, in closed form. Source: integral of a power law."""
    return one_star.remaining_number(tracks, initial_mass, time_before_collapse)


@model.kernel(
    "1", long_name="whether a star is outside of the progenitors, and taken for the nearest", initial_mass="Msun"
)
def outside_progenitors(tracks, initial_mass):
    """1 where the mass is lighter or heavier than the tabulated ones, otherwise 0. Source: the table."""
    return one_star.is_outside(tracks, initial_mass)


# Its neutrinos at the Earth.


@model.kernel("1", long_name="survival of electron neutrinos", sin2_theta12="1", sin2_theta13="1")
def neutrino_survival(ordering, sin2_theta12, sin2_theta13):
    """Survival: normal s13, inverted s12 (1 - s13), none 1. Source: Dighe & Smirnov 2000, PRD 62, 033007."""
    return survival_probabilities(ordering, sin2_theta12, sin2_theta13)[0]


@model.kernel("1", long_name="survival of electron antineutrinos", sin2_theta12="1", sin2_theta13="1")
def antineutrino_survival(ordering, sin2_theta12, sin2_theta13):
    """Survival: normal (1 - s12)(1 - s13), inverted s13, none 1. Source: Dighe & Smirnov 2000, PRD 62, 033007."""
    return survival_probabilities(ordering, sin2_theta12, sin2_theta13)[1]


@model.quantity("1/cm^2/s", long_name="flux of a star, all flavours")
def flux(neutrino_rate_of_all_flavours, distance):
    """Ndot/(4π d²). Source: inverse-square law."""
    return neutrino_rate_of_all_flavours / (4 * np.pi * distance**2)


@model.quantity("1/cm^2/s", long_name="flux of electron antineutrinos of a star, if all kept their flavour")
def emitted_flux(neutrino_rate, distance):
    """L/<E>/(4π d²). Source: inverse-square law."""
    return neutrino_rate / (4 * np.pi * distance**2)


@model.kernel(
    "1/MeV",
    long_name="spectrum of one species at the Earth per electron antineutrino emitted",
    energy="MeV",
    neutrino_survival="1",
    antineutrino_survival="1",
    electron_flavour="1",
    antineutrino="1",
)
def spectrum(energy, emitted_spectra, neutrino_survival, antineutrino_survival, electron_flavour, antineutrino):
    """P φ_e + (1 - p) r φ_x and its complement. Source: Dighe & Smirnov 2000, PRD 62, 033007; Keil et al. 2003."""
    survival = (neutrino_survival, antineutrino_survival)
    return one_star.arriving_spectrum(energy, emitted_spectra.spectra, survival, electron_flavour, antineutrino)


@model.quantity("1/cm^2/s/MeV", long_name="flux of one species per energy, of a star")
def flux_spectrum(emitted_flux, spectrum):
    """dΦ/dE. Source: definition."""
    return emitted_flux * spectrum


# What a detector counts of one star.


@model.quantity("1", long_name="number of target electrons")
def number_of_electrons(fiducial_mass, electrons_per_mass, avogadro_constant):
    """M n_e N_A. Source: stoichiometry."""
    return detection.number_of_targets(fiducial_mass, electrons_per_mass, avogadro_constant)


@model.quantity("1", long_name="number of free protons")
def number_of_protons(fiducial_mass, protons_per_mass, avogadro_constant):
    """M n_p N_A. Source: stoichiometry."""
    return detection.number_of_targets(fiducial_mass, protons_per_mass, avogadro_constant)


@model.quantity("1", long_name="target electrons times the share of their recoils that is kept")
def effective_electrons(number_of_electrons, efficiency_elastic, direction_efficiency):
    """N_e ε. Source: definition."""
    return number_of_electrons * efficiency_elastic * direction_efficiency


@model.quantity("1", long_name="free protons times the share of their decays that is detected")
def effective_protons(number_of_protons, efficiency_inverse_beta):
    """N_p ε. Source: definition."""
    return number_of_protons * efficiency_inverse_beta


@model.kernel(
    "cm^2",
    long_name="cross section of an electron for one neutrino, of counted recoils",
    energy="MeV",
    electron_flavour="1",
    antineutrino="1",
)
def scattering_cross_section(energy, recoil_counting, electron_flavour, antineutrino, qed):
    """∫ ε dσ/dT dT; with photons the total. Source: Bahcall, Kamionkowski & Sirlin 1995, PRD 51, 6146."""
    return one_star.scattering_cross_section(energy, recoil_counting, electron_flavour, antineutrino, qed)


@model.kernel(
    "cm^2",
    long_name="cross section of an electron per electron antineutrino emitted, of counted recoils",
    error=True,
    neutrino_survival="1",
    antineutrino_survival="1",
)
def elastic_cross_section(emitted_spectra, recoil_counting, neutrino_survival, antineutrino_survival):
    """Eight parts, each ∫ ε(T) dR/dT dT in closed form. Source: 't Hooft 1971, PLB 37, 195; Keil et al. 2003."""
    survival = (neutrino_survival, antineutrino_survival)
    return one_star.recoil_cross_section(emitted_spectra.spectra, recoil_counting, survival)


@model.kernel(
    "cm^2/MeV",
    long_name="spectrum of recoils of an electron per electron antineutrino emitted",
    recoil_energy="MeV",
    neutrino_survival="1",
    antineutrino_survival="1",
)
def recoil_cross_section(emitted_spectra, recoil_energy, cross_section, neutrino_survival, antineutrino_survival):
    """dR/dT, incomplete gamma functions of E_min(T). Source: 't Hooft 1971, PLB 37, 195; Keil et al. 2003."""
    survival = (neutrino_survival, antineutrino_survival)
    return one_star.recoil_spectrum(emitted_spectra.spectra, recoil_energy, cross_section, survival)


@model.quantity("1/yr/MeV", long_name="recoils of a star per time and kinetic energy, before any resolution")
def recoil_spectrum(emitted_flux, recoil_cross_section, effective_electrons):
    """N_e Φ dR/dT. Source: rate of a thin target."""
    return effective_electrons * emitted_flux * recoil_cross_section


@model.quantity("1/yr", long_name="recoils of a star per time within the window of energies")
def elastic_rate(emitted_flux, elastic_cross_section, effective_electrons):
    """N_e Φ σ. Source: rate of a thin target."""
    return effective_electrons * emitted_flux * elastic_cross_section


@model.kernel("cm^2", long_name="cross section of a proton per electron antineutrino emitted", error=True)
def inverse_beta_cross_section(emitted_spectra, positron_counting):
    """p-bar <σ>_e + (1 - p-bar) r <σ>_x. Source: Strumia & Vissani 2003, Phys. Lett. B 564, 42, equation 25."""
    return one_star.positron_cross_section(emitted_spectra.spectra, positron_counting)


@model.quantity("1/day", long_name="inverse beta decays of a star per time")
def inverse_beta_rate(emitted_flux, inverse_beta_cross_section, effective_protons):
    """N_p Φ σ. Source: rate of a thin target."""
    return effective_protons * emitted_flux * inverse_beta_cross_section


_STAR: dict[str, Any] = {
    "functions": {"heavy_flavour_ratio": ["initial_mass", "time_before_collapse"]},
    "heavy_flavour_ratio": "1",
    "initial_mass": "Msun",
    "time_before_collapse": "s",
}


@model.kernel(
    "cm^2",
    long_name="recoils in an exposure per electron, times 4π d²",
    error=True,
    neutrino_survival="1",
    antineutrino_survival="1",
    lead="s",
    exposure="s",
    **_STAR,
)
def elastic_yield(
    tracks,
    initial_mass,
    heavy_flavour_ratio,
    neutrino_survival,
    antineutrino_survival,
    recoil_counting,
    lead,
    exposure,
):
    """∫ Ndot σ dt until the lead time. Source: rate of a thin target, by Gauss points on panels of ln t."""
    stars = kernels.Stars(tracks, initial_mass, StarFunction(heavy_flavour_ratio))
    window = kernels.window_of_time(lead, exposure, "exposure")
    return kernels.recoil_yield(stars, (neutrino_survival, antineutrino_survival), recoil_counting, window)


@model.kernel(
    "cm^2",
    long_name="inverse beta decays in an exposure per proton, times 4π d²",
    error=True,
    lead="s",
    exposure="s",
    **_STAR,
)
def inverse_beta_yield(tracks, initial_mass, heavy_flavour_ratio, positron_counting, lead, exposure):
    """∫ Ndot σ dt until the lead time. Source: rate of a thin target, by Gauss points on panels of ln t."""
    stars = kernels.Stars(tracks, initial_mass, StarFunction(heavy_flavour_ratio))
    return kernels.inverse_beta_yield(stars, positron_counting, kernels.window_of_time(lead, exposure, "exposure"))


@model.quantity("1", long_name="expected events of a star in an exposure", count=True)
def events_in_exposure(channel, elastic_yield, inverse_beta_yield, effective_electrons, effective_protons, distance):
    """N Y/(4π d²) of the channel. Source: rate of a thin target."""
    counted = np.where(
        channel == "elastic", effective_electrons * elastic_yield, effective_protons * inverse_beta_yield
    )
    return counted / (4 * np.pi * distance**2)


@model.quantity("1", long_name="absolute error estimate of the expected events of a star in an exposure")
def events_in_exposure_error(
    channel, elastic_yield_error, inverse_beta_yield_error, effective_electrons, effective_protons, distance
):
    """As the events. Source: definition."""
    error = np.where(
        channel == "elastic", effective_electrons * elastic_yield_error, effective_protons * inverse_beta_yield_error
    )
    return error / (4 * np.pi * distance**2)


# Its backgrounds.


@model.kernel(
    "1/s", long_name="recoils of solar neutrinos per electron", error=True, sin2_theta12="1", sin2_theta13="1"
)
def solar_rate_per_electron(solar_fluxes, recoil_counting, sin2_theta12, sin2_theta13):
    """Σ Φ ∫ f [P_ee σ_e + (1 - P_ee) σ_x] dE. Source: Vinyoles et al. 2017 (fluxes); Parke 1986 (survival)."""
    return backgrounds.solar_rate_per_electron(solar_fluxes, (sin2_theta12, sin2_theta13), recoil_counting)


@model.quantity("1/day", long_name="recoils of solar neutrinos that are kept")
def solar_rate(solar_rate_per_electron, number_of_electrons, efficiency_elastic, solar_rejection):
    """N_e ε R/rejection. Source: rate of a thin target."""
    return number_of_electrons * efficiency_elastic * solar_rate_per_electron / solar_rejection


@model.kernel("1", long_name="share of the decays of 14C that is counted", error=True)
def carbon14_share(recoil_counting):
    """∫ ε(T) S(T) dT of the allowed shape. Source: Krane 1988, Introductory Nuclear Physics, section 9.3."""
    return backgrounds.share_of_decays("14C", recoil_counting)


@model.kernel("1", long_name="share of the decays of 85Kr that is counted", error=True)
def krypton85_share(recoil_counting):
    """∫ ε(T) S(T) dT of the allowed shape. Source: Krane 1988, Introductory Nuclear Physics, section 9.3."""
    return backgrounds.share_of_decays("85Kr", recoil_counting)


@model.kernel("1", long_name="share of the decays of 210Bi that is counted", error=True)
def bismuth210_share(recoil_counting):
    """∫ ε(T) S(T) dT of the allowed shape. Source: Krane 1988, Introductory Nuclear Physics, section 9.3."""
    return backgrounds.share_of_decays("210Bi", recoil_counting)


@model.kernel("1", long_name="share of the pairs of 14C decays taken for one that is counted", error=True)
def pile_up_share(recoil_counting):
    """∫ ε(T) S*S(T) dT. Source: the distribution of a sum; an upper bound in a scintillator."""
    return backgrounds.share_of_pile_up(recoil_counting)


@model.quantity("1/day", long_name="decays of 14C that are counted")
def carbon14_rate(carbon14_activity, carbon14_share, fiducial_mass, efficiency_elastic):
    """M a × share. Source: definition."""
    return carbon14_activity * fiducial_mass * carbon14_share * efficiency_elastic


@model.quantity("1/day", long_name="decays of 85Kr that are counted")
def krypton85_rate(krypton85_activity, krypton85_share, fiducial_mass, efficiency_elastic):
    """M a × share. Source: definition."""
    return krypton85_activity * fiducial_mass * krypton85_share * efficiency_elastic


@model.quantity("1/day", long_name="decays of 210Bi that are counted")
def bismuth210_rate(bismuth210_activity, bismuth210_share, fiducial_mass, efficiency_elastic):
    """M a × share. Source: definition."""
    return bismuth210_activity * fiducial_mass * bismuth210_share * efficiency_elastic


@model.quantity("1/day", long_name="pairs of 14C decays taken for one that are counted")
def pile_up_rate(carbon14_activity, fiducial_mass, resolving_time, pile_up_share, efficiency_elastic):
    """R² τ × share, R of the fiducial mass. Source: Knoll 2010, Radiation Detection and Measurement, chapter 17."""
    return rate_of_pile_up(carbon14_activity * fiducial_mass, resolving_time) * pile_up_share * efficiency_elastic


@model.quantity("1/day", long_name="background of recoils that does not come from the Sun")
def intrinsic_rate(carbon14_rate, krypton85_rate, bismuth210_rate, pile_up_rate, other_background, fiducial_mass):
    """Sum of beta decays, their pile-up and the rest. Source: definition."""
    return carbon14_rate + krypton85_rate + bismuth210_rate + pile_up_rate + other_background * fiducial_mass


@model.quantity("1", long_name="expected background of recoils in an exposure", count=True)
def elastic_background(solar_rate, intrinsic_rate, exposure):
    """Rate × exposure. Source: definition."""
    return (solar_rate + intrinsic_rate) * exposure


@model.quantity("1", long_name="expected background events in an exposure", count=True)
def background_in_exposure(channel, elastic_background, inverse_beta_background, exposure):
    """Of the channel: recoils of the Sun and of decays, or inverse beta decays of reactors and others."""
    return np.where(channel == "elastic", elastic_background, inverse_beta_background * exposure)


# How well, how far and how early it is seen.


@model.kernel(
    "1",
    long_name="median significance of a star in an exposure, in standard deviations",
    events_in_exposure="1",
    background_in_exposure="1",
    background_error="1",
)
def significance_of_star(events_in_exposure, background_in_exposure, background_error):
    """Z of s events above b with the error δ b. Source: Cowan 2012; Cowan et al. 2011, EPJC 71, 1554."""
    error = background_error * background_in_exposure
    return statistics.median_significance(events_in_exposure, background_in_exposure, error)


@model.kernel(
    "1", long_name="recoils that reach the significance", significance="1", elastic_background="1", background_error="1"
)
def elastic_signal_needed(significance, elastic_background, background_error):
    """Root of Z(s, b, δ b). Source: Cowan 2012."""
    return statistics.signal_needed(significance, elastic_background, background_error * elastic_background)


@model.quantity("pc", long_name="distance at which recoils of an exposure reach the significance")
def elastic_horizon(effective_electrons, elastic_yield, elastic_signal_needed):
    """D = √(N_e Y/(4π s)). Source: inverse-square law."""
    return np.sqrt(effective_electrons * elastic_yield / (4 * np.pi * elastic_signal_needed))


@model.kernel(
    "kt",
    long_name="fiducial mass with which a star reaches the significance in an exposure",
    missing="where no mass suffices, because the background is not known well enough",
    events_in_exposure="1",
    background_in_exposure="1",
    background_error="1",
    significance="1",
    fiducial_mass="kt",
)
def required_mass(events_in_exposure, background_in_exposure, background_error, significance, fiducial_mass):
    """Root of Z(m s, m b, δ m b); none below the limit of endless mass. Source: Cowan 2012."""
    return one_star.required_mass(
        events_in_exposure, background_in_exposure, background_error, significance, fiducial_mass
    )


@model.kernel(
    "1",
    long_name="inverse beta decays in a window that raise an alarm",
    inverse_beta_background="1/day",
    window="day",
    false_alarm_rate="1/day",
)
def alarm_threshold(inverse_beta_background, window, false_alarm_rate):
    """Smallest n > r W with r P(n - 1; r W) <= f. Source: up-crossings of a sliding window."""
    return alarms.alarm_threshold(inverse_beta_background, window, false_alarm_rate)


@model.kernel(
    "1/yr",
    long_name="rate of false alarms at the threshold",
    alarm_threshold="1",
    inverse_beta_background="1/yr",
    window="yr",
)
def false_alarm_rate_reached(alarm_threshold, inverse_beta_background, window):
    """R P(n - 1; r W). Source: up-crossings of a sliding window."""
    return alarms.false_alarm_rate(alarm_threshold, inverse_beta_background, window)


@model.kernel(
    "1",
    long_name="inverse beta decays of a star in a window that raise an alarm with the probability of the horizon",
    horizon_probability="1",
    alarm_threshold="1",
    inverse_beta_background="1/day",
    window="day",
)
def alarm_signal(horizon_probability, alarm_threshold, inverse_beta_background, window):
    """S with P(N >= n; r W + s) = p. Source: Abramowitz & Stegun, 26.4.21."""
    return alarms.signal_for_alarm(horizon_probability, alarm_threshold, inverse_beta_background, window)


@model.kernel(
    "cm^2",
    long_name="inverse beta decays in the window per proton, times 4π d²",
    error=True,
    lead="s",
    window="s",
    **_STAR,
)
def alarm_yield(tracks, initial_mass, heavy_flavour_ratio, positron_counting, lead, window):
    """∫ Ndot σ dt until the lead time. Source: rate of a thin target, by Gauss points on panels of ln t."""
    stars = kernels.Stars(tracks, initial_mass, StarFunction(heavy_flavour_ratio))
    return kernels.inverse_beta_yield(stars, positron_counting, kernels.window_of_time(lead, window, "window"))


@model.quantity("1", long_name="expected inverse beta decays of a star in the window of an alarm", count=True)
def events_in_window(effective_protons, alarm_yield, distance):
    """N_p Y/(4π d²). Source: rate of a thin target."""
    return effective_protons * alarm_yield / (4 * np.pi * distance**2)


@model.kernel(
    "1",
    long_name="probability that the window that ends at the lead time raises an alarm (a lower bound on any by then)",
    events_in_window="1",
    alarm_threshold="1",
    inverse_beta_background="1/day",
    window="day",
)
def alarm_probability(events_in_window, alarm_threshold, inverse_beta_background, window):
    """P(N >= n; r W + s). Source: Abramowitz & Stegun, 26.4.21."""
    return alarms.alarm_probability(events_in_window, alarm_threshold, inverse_beta_background, window)


@model.quantity("kpc", long_name="distance at which the window that ends at the lead time raises an alarm")
def alarm_horizon(effective_protons, alarm_yield, alarm_signal):
    """D = √(N_p Y/(4π s_p)). Source: inverse-square law."""
    return np.sqrt(effective_protons * alarm_yield / (4 * np.pi * alarm_signal))


@model.kernel(
    "cm^2",
    long_name="yield that a star at its distance needs for an alarm",
    missing="where the detector counts no inverse beta decays",
    distance="cm",
)
def yield_for_alarm(alarm_reach, distance):
    """4π d² s_p/N_p. Source: inverse-square law."""
    return one_star.yield_for(alarm_reach.alarm_signal, distance, alarm_reach.effective_protons)


@model.kernel(
    "day",
    long_name="longest time before collapse at which a star raises an alarm",
    missing="where the star raises no alarm before its collapse",
    error=True,
    yield_for_alarm="cm^2",
    window="s",
    **_STAR,
)
def alarm_lead(tracks, initial_mass, heavy_flavour_ratio, positron_counting, yield_for_alarm, window):
    """Longest lead time with D(lead) >= d, which is no monotonic function. Source: inverse-square law."""
    stars = kernels.Stars(tracks, initial_mass, StarFunction(heavy_flavour_ratio))
    value, error = kernels.longest_lead(stars, positron_counting, yield_for_alarm, window)
    return value / 86400.0, error / 86400.0


# All stars of the Galaxy.


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


@model.kernel("1/yr", long_name="rate of collapses in the Galaxy, of 11 to 37.5 Msun with the shipped table")
def collapse_rate(initial_masses, collapsing, stars):
    """SFR Σ w_b over the bins of the table, of the colour. Source: steady star formation."""
    return populations.collapse_rate((collapsing, stars), initial_masses)


@model.quantity("1", long_name="expected collapses within the radius during the observing time", count=True)
def collapses_within(collapse_rate, fraction_within, observing_time):
    """Rate × p(<r) × time. Source: Poisson process."""
    return collapse_rate * fraction_within * observing_time


@model.kernel("1", long_name="expected number of stars before collapse in the Galaxy")
def dying_stars(stars_in_reach, initial_masses):
    """SFR Σ w_b × window: carbon burning as red supergiant, or 6000 yr. Source: mean of a Poisson process."""
    return populations.dying_stars(stars_in_reach, initial_masses)


@model.quantity("1", long_name="expected number of stars before collapse within the radius", count=True)
def dying_stars_within(dying_stars, fraction_within):
    """N p(<r). Source: mean of a Poisson process."""
    return dying_stars * fraction_within


@model.kernel(
    "1/cm^2/s",
    long_name="mean flux of all stars before collapse within the radius, all flavours; the median is far below",
    error=True,
    fraction_within="1",
    mean_inverse_square_distance="1/kpc^2",
    **_STAR,
)
def mean_population_flux(
    heavy_flavour_ratio, stars_in_reach, initial_masses, fraction_within, mean_inverse_square_distance
):
    """SFR Σ w_b ∫ Ndot dt <1/d²> p(<r)/4π. Source: Campbell's theorem."""

    def found(shining, per_mass):
        stars = (initial_masses.sfr, per_mass, shining.severity, shining.points)
        return mean_flux(*stars, fraction_within, mean_inverse_square_distance)

    ratio = StarFunction(heavy_flavour_ratio)
    return populations.of_shining_stars(found, ratio, stars_in_reach, initial_masses)


@model.kernel(
    "1",
    long_name="expected number of stars within the radius each of which sends more than the threshold",
    error=True,
    flux_threshold="1/cm^2/s",
    radius="kpc",
    **_STAR,
)
def stars_above_flux(heavy_flavour_ratio, stars_in_reach, initial_masses, flux_threshold, radius, galaxy):
    """ν(F) = SFR Σ w_b ∫ dt p(< min(r, √(A/F))). Source: mean of a Poisson process."""

    def found(shining, per_mass):
        times = time_above(flux_threshold, shining.severity, shining.points, radius, galaxy)
        return tuple(over_bins(initial_masses.sfr, per_mass, time) for time in times)

    ratio = StarFunction(heavy_flavour_ratio)
    return populations.of_shining_stars(found, ratio, stars_in_reach, initial_masses)


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
    radius="kpc",
    **_STAR,
)
def flux_exceedance(heavy_flavour_ratio, stars_in_reach, initial_masses, flux_threshold, radius, galaxy):
    """P(Σ A/d² > F), between two bounds. Source: compound Poisson distribution, Grübel & Hermesmeier 1999."""

    def found(shining, per_mass):
        return flux_distribution.flux_exceedance(
            flux_threshold, initial_masses.sfr, per_mass, shining.severity, shining.points, radius, galaxy
        )

    ratio = StarFunction(heavy_flavour_ratio)
    return populations.of_shining_stars(found, ratio, stars_in_reach, initial_masses)


@model.kernel(
    "1/cm^2/s",
    long_name="quantile of the flux of all stars within the radius, all flavours",
    error=True,
    quantile="1",
    radius="kpc",
    **_STAR,
)
def flux_quantile(heavy_flavour_ratio, stars_in_reach, initial_masses, quantile, radius, galaxy):
    """F with P(Σ A/d² > F) = 1 - q. Source: compound Poisson distribution."""

    def found(shining, per_mass):
        return flux_distribution.flux_quantile(
            quantile, initial_masses.sfr, per_mass, shining.severity, shining.points, radius, galaxy
        )

    ratio = StarFunction(heavy_flavour_ratio)
    return populations.of_shining_stars(found, ratio, stars_in_reach, initial_masses)


@model.kernel(
    "1/century",
    long_name="rate of collapses that raise an alarm, of all stars of 11 to 37.5 Msun with the shipped table",
    error=True,
    **_STAR,
)
def alarms_per_century(
    tracks, heavy_flavour_ratio, positron_counting, alarm_window, alarm_reach, collapsing, initial_masses, galaxy
):
    """SFR Σ w_b p(< D_b), D_b the horizon of the bin. Source: mean of a Poisson process."""
    counting = kernels.PositronCounting(*kernels.last_axis(*positron_counting))
    targets, needed = kernels.last_axis(*alarm_reach)
    lead, length = kernels.last_axis(*alarm_window)
    window = kernels.window_of_time(lead, length, "window")

    def squared_horizon(mass):
        stars = kernels.Stars(tracks, mass, StarFunction(heavy_flavour_ratio)).of_bins(mass)
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
    radius="kpc",
    number_of_events="1",
    **_STAR,
)
def count_probability(
    heavy_flavour_ratio, positron_counting, exposed, stars_in_reach, initial_masses, radius, galaxy, number_of_events
):
    """P(n) = (1/n) Σ k λ_k P(n - k). Source: Panjer 1981, ASTIN Bulletin 12, 22."""
    return populations.counts_of_all_stars(
        *(number_of_events, StarFunction(heavy_flavour_ratio), positron_counting, exposed),
        *(stars_in_reach, initial_masses, (radius, galaxy)),
    )[0]


@model.kernel(
    "1",
    long_name="probability of at least so many inverse beta decays in an exposure, of all stars and the background",
    radius="kpc",
    number_of_events="1",
    **_STAR,
)
def count_exceedance(
    heavy_flavour_ratio, positron_counting, exposed, stars_in_reach, initial_masses, radius, galaxy, number_of_events
):
    """1 - Σ P(k) of all k < n. Source: Panjer 1981, ASTIN Bulletin 12, 22."""
    return populations.counts_of_all_stars(
        *(number_of_events, StarFunction(heavy_flavour_ratio), positron_counting, exposed),
        *(stars_in_reach, initial_masses, (radius, galaxy)),
    )[1]


model.figures_in("gridscan.models.presupernova.figures")

"""What a star emits at a time before its collapse."""

from __future__ import annotations

from gridscan.models.presupernova import one_star
from gridscan.models.presupernova.kernels import constants_of
from gridscan.models.presupernova.parameters import model
from gridscan.physics.presupernova.event_rates import rate_of_all_flavours
from gridscan.physics.presupernova.luminosity import energy_between, number_between


@model.kernel("erg/s", long_name="luminosity in electron antineutrinos", initial_mass="Msun", time_before_collapse="s")
def luminosity(source, initial_mass, time_before_collapse):
    """Power law of time between knots, of mass between progenitors. Source: Odrzywolek & Heger 2010, APPB 41, 1611."""
    return one_star.emitted(source, initial_mass, time_before_collapse).luminosity / one_star.ERG


@model.kernel("MeV", long_name="mean energy of electron antineutrinos", initial_mass="Msun", time_before_collapse="s")
def mean_energy(source, initial_mass, time_before_collapse):
    """<E>, otherwise as the luminosity. Source: Odrzywolek & Heger 2010, Acta Phys. Pol. B 41, 1611."""
    return one_star.emitted(source, initial_mass, time_before_collapse).mean_energy


@model.kernel("1", long_name="pinching of neutrino spectra", initial_mass="Msun", time_before_collapse="s")
def pinching(source, initial_mass, time_before_collapse):
    """α of E^α exp(-(α+1) E/<E>), otherwise as the luminosity. Source: Odrzywolek & Heger 2010, APPB 41, 1611."""
    return one_star.emitted(source, initial_mass, time_before_collapse).pinching


@model.kernel(
    "1", long_name="electron neutrinos over antineutrinos emitted", initial_mass="Msun", time_before_collapse="s"
)
def nue_to_antinue(source, initial_mass, time_before_collapse):
    """Of the table; 1 of thermal pairs. Source: Odrzywolek & Heger 2010, Acta Phys. Pol. B 41, 1611."""
    return one_star.emitted(source, initial_mass, time_before_collapse).nue_to_antinue


@model.kernel(
    "1",
    long_name="muon neutrinos, or tau neutrinos, over electron neutrinos emitted",
    initial_mass="Msun",
    time_before_collapse="s",
)
def heavy_flavour_ratio(source, initial_mass, time_before_collapse, weak_constants):
    """R_x/R_e of the table, or of thermal pairs of the same <E>. Source: Misiaszek et al. 2006, PRD 74, 043006."""
    constants = constants_of(*weak_constants)
    return one_star.ratio_of_flavours(source, initial_mass, time_before_collapse, constants)


@model.kernel(
    "MeV",
    long_name="mean energy of muon and tau neutrinos",
    initial_mass="Msun",
    time_before_collapse="s",
    mean_energy="MeV",
)
def heavy_flavour_mean_energy(source, initial_mass, time_before_collapse, mean_energy, weak_constants):
    """<E> times the hardness of the table, or of thermal pairs. Source: Misiaszek et al. 2006, PRD 74, 043006."""
    constants = constants_of(*weak_constants)
    return one_star.heavy_flavour_mean_energy(source, initial_mass, time_before_collapse, mean_energy, constants)


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
def energy_remaining(source, initial_mass, time_before_collapse):
    """∫ L dt until collapse, in closed form. Source: integral of a power law."""
    return one_star.remaining(energy_between, source, initial_mass, time_before_collapse) / one_star.ERG


@model.kernel(
    "1",
    long_name="electron antineutrinos still to be emitted until collapse",
    initial_mass="Msun",
    time_before_collapse="s",
)
def number_remaining(source, initial_mass, time_before_collapse):
    """∫ L/<E> dt until collapse, in closed form. Source: integral of a power law."""
    return one_star.remaining(number_between, source, initial_mass, time_before_collapse)


@model.kernel(
    "1", long_name="whether a star is outside of the progenitors, and taken for the nearest", initial_mass="Msun"
)
def outside_progenitors(source, initial_mass):
    """1 where the mass is lighter or heavier than the tabulated ones, otherwise 0. Source: the table."""
    return one_star.is_outside(source, initial_mass)

"""Carbon-burning red supergiants of a star-forming disk galaxy, and their neutrinos.

The story, top to bottom: how many stars of each kind a constant star formation rate keeps alive; which part of them is
near the Sun; their flux of neutrinos; its events in a detector.

It is a toy, which reproduces a published pipeline: every star that burns carbon shines with one luminosity, a detector
counts every recoil, and its background is an argument of a question. Stars that brighten towards collapse, flavours,
thresholds, the Sun and radioactivity are in `gridscan.models.presupernova`.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from gridscan.model import Model
from gridscan.models.red_supergiants.errors import declare_errors
from gridscan.models.shared import declare_detector, declare_galaxy, declare_mass_function, declare_stars
from gridscan.numerics.poisson import share
from gridscan.physics.galaxy import distances, nearby_stars
from gridscan.physics.galaxy.position_sampling import draw_positions, surface_density
from gridscan.physics.neutrinos import detection, electron_scattering, spectra
from gridscan.physics.stellar import phase_counts as star_counts
from gridscan.physics.stellar.phase_windows import phase_ages
from gridscan.physics.stellar.population import StellarPopulation
from gridscan.physics.stellar.star_sampling import PHASE_CODES, draw_alive, draw_history
from gridscan.stellar_tables import phases

model = Model("red_supergiants", "Carbon-burning red supergiants of a star-forming disk and their neutrinos")

imf = declare_mass_function(model)
flavor = model.label("flavor", "nue", "Neutrino flavor")
declare_stars(model)
model.group(
    "stellar_population",
    StellarPopulation,
    "mass_integration",
    exponents="1",
    breaks="Msun",
    metallicity="1",
    time="Myr",
)

declare_galaxy(model)
model.parameter("x", "0 kpc", "Position in the Galactic plane, first coordinate from the centre")
model.parameter("y", "0 kpc", "Position in the Galactic plane, second coordinate from the centre")
model.require(
    "disk_inner_radius must be above 0 kpc where a share of the stars is in the ring: clipped to the centre, it has an"
    " infinite density there"
)(
    lambda x, y, disk_inner_radius, ring_fraction: (
        (x != 0.0) | (y != 0.0) | (disk_inner_radius > 0.0) | (ring_fraction == 0.0)
    )
)
model.parameter("quantile", 0.5, "Probability of a quantile", above=0, below=1)
model.parameter("distance_floor", "0.05 kpc", "Nearer stars count as if at this distance", minimum=1e-6)

model.parameter("neutrino_luminosity", "1e38 erg/s", "Neutrino luminosity of one carbon-burning star", minimum=0)
model.parameter("flux_threshold", "1 / cm^2 / s", "Neutrino flux to be exceeded", minimum=0)
model.parameter("mean_energy", "0.9 MeV", "Mean energy of the untruncated neutrino spectrum", minimum=1e-6)
model.parameter("pinching", 2.0, "Pinching exponent of the neutrino spectrum", minimum=0)
model.parameter("energy_min", "0.1 MeV", "Lowest neutrino energy of the spectrum", minimum=0)
model.parameter("energy_max", "5 MeV", "Highest neutrino energy of the spectrum", above=0)
model.require("energy_max must be above energy_min")(lambda energy_max, energy_min: energy_max > energy_min)
model.require(
    "mean_energy must be such that a share above 1e-290 of the neutrinos is between energy_min and energy_max",
    mean_energy="MeV",
    pinching="1",
    energy_min="MeV",
    energy_max="MeV",
)(spectra.has_neutrinos)
model.parameter("energy", "1 MeV", "Neutrino energy, for spectra", minimum=0)

model.parameter(
    "cross_section",
    "linear",
    "Neutrino-electron scattering: proportional to the energy, or the tree-level formula",
    choices=["linear", "tree-level"],
    selects="scattering_cross_section",
)
model.parameter("cross_section_slope", flavor, "Cross section per neutrino energy", unit="cm^2/MeV", minimum=0)
model.parameter("left_coupling", flavor, "Left-handed weak coupling of the electron to the neutrino")
model.parameter("right_coupling", flavor, "Right-handed weak coupling of the electron to the neutrino")
model.group("weak_couplings", electron_scattering.WeakCouplings, left_coupling="1", right_coupling="1")
detector = declare_detector(model, "super-k")
model.parameter("reference_distance", "200 pc", "Distance of a single star for comparison", minimum=1e-6)

model.constant("electron_mass")
model.constant("speed_of_light")
model.constant("hbar", description="reduced Planck constant")
model.constant("fermi_coupling", "1.1663788e-5 / GeV^2", "Fermi coupling constant over (hbar c)^3 (PDG 2024)")

# How many stars of each kind. A constant star formation rate factors out, so the integral over masses and ages is
# done once for each initial mass function, metallicity and time.


def _time_in(phase, stellar_table, stellar_population):
    return phases.for_each_table(partial(star_counts.time_in_phase, phase), stellar_table, *stellar_population)


@model.kernel("Myr/Msun", long_name="time alive per stellar mass formed")
def time_alive(stellar_table, stellar_population):
    """∫ dM ξ(M) min(lifetime, t). Source: expected number in an age window, for constant star formation."""
    return _time_in("alive", stellar_table, stellar_population)


@model.kernel("Myr/Msun", long_name="time as red supergiant per stellar mass formed")
def time_as_red_supergiant(stellar_table, stellar_population):
    """∫ dM ξ(M) max(0, min(a1, t) - a0) of the red-supergiant phase. Source: PARSEC v2.0 tracks, Costa et al. 2025."""
    return _time_in("red_supergiant", stellar_table, stellar_population)


@model.kernel("Myr/Msun", long_name="time burning carbon per stellar mass formed")
def time_burning_carbon(stellar_table, stellar_population):
    """∫ dM ξ(M) max(0, min(a1, t) - a0) of core carbon burning. Source: PARSEC v2.0 tracks, Costa et al. 2025."""
    return _time_in("carbon_burning", stellar_table, stellar_population)


@model.kernel("Myr/Msun", long_name="time as carbon-burning red supergiant per stellar mass formed")
def time_as_carbon_burning_rsg(stellar_table, stellar_population):
    """∫ dM ξ(M) max(0, min(a1, t) - a0) of both at once. Source: PARSEC v2.0 tracks, Costa et al. 2025."""
    return _time_in("carbon_burning_rsg", stellar_table, stellar_population)


@model.quantity("1", long_name="expected number of massive stars alive", count=True)
def stars_alive(sfr, time_alive):
    """N = SFR ∫ dM ξ(M) min(lifetime, t), over the tabulated (massive) stars. Source: steady star formation."""
    return sfr * time_alive


@model.quantity("1", long_name="expected number of red supergiants", count=True)
def red_supergiants(sfr, time_as_red_supergiant):
    """N = SFR × time in the phase (T_eff <= 4000 K, log L/Lsun >= 4.5). Source: steady star formation."""
    return sfr * time_as_red_supergiant


@model.quantity("1", long_name="expected number of carbon-burning stars", count=True)
def carbon_burning(sfr, time_burning_carbon):
    """N = SFR × time in the phase (carbon luminosity LC >= 1e-3). Source: steady star formation."""
    return sfr * time_burning_carbon


@model.quantity("1", long_name="expected number of carbon-burning red supergiants", count=True)
def carbon_burning_rsg(sfr, time_as_carbon_burning_rsg):
    """N = SFR × time in both phases at once per mass formed. Source: steady star formation."""
    return sfr * time_as_carbon_burning_rsg


@model.quantity(
    "1", long_name="share of the red supergiants that burn carbon", missing="where there are no red supergiants yet"
)
def carbon_to_red_ratio(time_as_carbon_burning_rsg, time_as_red_supergiant):
    """Carbon-burning red supergiants over red supergiants; the star formation rate cancels. Source: definition."""
    return share(time_as_carbon_burning_rsg, time_as_red_supergiant)


@model.quantity("1", long_name="share of the massive stars that are red supergiants", missing="where no star is alive")
def red_to_alive_ratio(time_as_red_supergiant, time_alive):
    """Red supergiants over massive stars alive; the star formation rate cancels. Source: definition."""
    return share(time_as_red_supergiant, time_alive)


# The life of a single star.


def _age(name, stellar_table, initial_mass, metallicity):
    return phases.for_each_table(
        lambda table, mass, metals: phase_ages(table, mass, metals)[name], stellar_table, initial_mass, metallicity
    )


@model.kernel("Myr", long_name="lifetime of a star", initial_mass="Msun", metallicity="1")
def lifetime(stellar_table, initial_mass, metallicity):
    """Age at death, a power law in M and Z between the tabulated. Source: PARSEC v2.0, Costa et al. 2025."""
    return _age("lifetime", stellar_table, initial_mass, metallicity)


@model.kernel("Myr", long_name="time as red supergiant of a star", initial_mass="Msun", metallicity="1")
def red_supergiant_duration(stellar_table, initial_mass, metallicity):
    """Time at the end of the life with T_eff <= 4000 K and log L/Lsun >= 4.5. Source: as for the lifetime."""
    return _age("red_supergiant_duration", stellar_table, initial_mass, metallicity)


@model.kernel("Myr", long_name="age at which a star begins to burn carbon", initial_mass="Msun", metallicity="1")
def carbon_burning_start(stellar_table, initial_mass, metallicity):
    """First age at which LC >= 1e-3. Source: PARSEC v2.0, Costa et al. 2025."""
    return _age("carbon_burning_start", stellar_table, initial_mass, metallicity)


@model.kernel("Myr", long_name="age at which a star ceases to burn carbon", initial_mass="Msun", metallicity="1")
def carbon_burning_end(stellar_table, initial_mass, metallicity):
    """Last age at which LC >= 1e-3. Source: PARSEC v2.0, Costa et al. 2025."""
    return _age("carbon_burning_end", stellar_table, initial_mass, metallicity)


@model.kernel("kyr", long_name="time as carbon-burning red supergiant", initial_mass="Msun", metallicity="1")
def carbon_burning_rsg_duration(stellar_table, initial_mass, metallicity):
    """How long a star is both. Source: PARSEC v2.0, Costa et al. 2025."""
    return 1e3 * _age("carbon_burning_rsg_duration", stellar_table, initial_mass, metallicity)


# Where they are.

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


# Stars drawn at random.

_PLACES = {
    "x": ("kpc", "position in the plane, first coordinate from the Galactic centre"),
    "y": ("kpc", "position in the plane, second coordinate from the Galactic centre"),
    "distance": ("kpc", "distance from the Sun"),
    "mass": ("Msun", "initial mass"),
}


def _placed(generator, members, galaxy):
    x, y = draw_positions(generator, len(members["mass"]), galaxy)
    return {**members, "x": x, "y": y, "distance": np.hypot(x - galaxy.sun_x, y - galaxy.sun_y)}


@model.population(
    "star",
    long_name="massive stars alive",
    columns={**_PLACES, "age": ("Myr", "age"), "phase": (PHASE_CODES, "phase of the life")},
    also_recorded=["radius"],
    sfr="Msun/Myr",
)
def stars(generator, size, stellar_table, stellar_population, sfr, galaxy):
    """Draw from ξ(M) min(lifetime, t), uniform in age, and from the mixture of disk, ring and arms."""
    table = phases.read_phase_table(str(stellar_table))
    return _placed(generator, draw_alive(generator, table, stellar_population, sfr, size=size), galaxy)


@model.population(
    "star",
    long_name="massive stars born",
    columns={
        **_PLACES,
        "birth_time": ("Myr", "time of birth since star formation began"),
        "lifetime": ("Myr", "age at death"),
        "red_supergiant_start": ("Myr", "age at which the red-supergiant phase begins, which ends with the life"),
        "carbon_burning_start": ("Myr", "age at which carbon burning begins"),
        "carbon_burning_end": ("Myr", "age at which carbon burning ends"),
        "carbon_burning_rsg_start": ("Myr", "age at which both phases at once begin, which end with carbon burning"),
    },
    also_recorded=["radius"],
    sfr="Msun/Myr",
)
def star_history(generator, stellar_table, stellar_population, sfr, galaxy):
    """Draw from ξ(M), uniform in the time of birth, and from the mixture of disk, ring and arms."""
    table = phases.read_phase_table(str(stellar_table))
    return _placed(generator, draw_history(generator, table, stellar_population, sfr), galaxy)


# Their neutrinos.


@model.quantity("1/s", long_name="neutrinos per time from one carbon-burning star")
def neutrino_rate(neutrino_luminosity, mean_energy):
    """L/<E>. Source: definition."""
    return neutrino_luminosity / mean_energy


@model.quantity("1/cm^2/s", long_name="mean neutrino flux of all carbon-burning red supergiants within the radius")
def flux(carbon_burning_rsg_within, neutrino_luminosity, mean_energy, mean_inverse_square_distance):
    """Φ = N L/<E> <1/d²> / 4π. Source: inverse-square law, averaged over positions."""
    return detection.flux_of_stars(
        carbon_burning_rsg_within, neutrino_luminosity, mean_energy, mean_inverse_square_distance
    )


@model.kernel(
    "1",
    long_name="probability that the flux of the stars within the radius is above the threshold",
    error=True,
    flux_threshold="1/cm^2/s",
    carbon_burning_rsg_within="1",
    neutrino_rate="kpc^2/cm^2/s",
    radius="kpc",
    distance_floor="kpc",
)
def flux_exceedance(flux_threshold, carbon_burning_rsg_within, neutrino_rate, radius, distance_floor, galaxy):
    """P(Σ L/<E> / (4π d²) > F), a Poisson number of stars. Source: compound Poisson distribution."""
    of_one_star = neutrino_rate / (4 * np.pi)
    return nearby_stars.flux_exceedance(
        flux_threshold, carbon_burning_rsg_within, of_one_star, radius, distance_floor, galaxy
    )


@model.quantity("1", long_name="whether the probability of the flux is not known to 0.001")
def flux_exceedance_status(flux_exceedance_error):
    """0 where it is, 1 where not. Source: the error estimate."""
    return np.where(flux_exceedance_error <= 1e-3, 0.0, 1.0)


@model.kernel(
    "1/MeV",
    long_name="normalised neutrino spectrum",
    energy="MeV",
    mean_energy="MeV",
    pinching="1",
    energy_min="MeV",
    energy_max="MeV",
)
def spectrum(energy, mean_energy, pinching, energy_min, energy_max):
    """f(E) ∝ E^α exp(-(α+1) E/<E>) between the energy limits. Source: Keil, Raffelt & Janka 2003, ApJ 590, 971."""
    return spectra.pinched_spectrum(energy, mean_energy, pinching, energy_min, energy_max)


@model.quantity("1/cm^2/s/MeV", long_name="neutrino flux per energy")
def flux_spectrum(flux, spectrum):
    """dΦ/dE = Φ f(E). Source: definition."""
    return flux * spectrum


# Their events.


@model.quantity("cm^2", long_name="neutrino-electron scattering cross section")
def scattering_cross_section(
    energy, cross_section, cross_section_slope, weak_couplings, electron_mass, speed_of_light, hbar, fermi_coupling
):
    """σ(E): linear σ = slope × E, or the tree-level elastic formula. Source: Giunti & Kim 2007, section 5.3."""
    linear = electron_scattering.linear(energy, cross_section_slope)
    tree_level = electron_scattering.elastic_tree_level(
        *(energy, weak_couplings.left_coupling, weak_couplings.right_coupling),
        *(electron_mass * speed_of_light**2, fermi_coupling, hbar * speed_of_light),
    )
    return np.where(cross_section == "linear", linear, tree_level)


@model.integral(
    "cm^2",
    over="energy",
    lower="energy_min",
    upper="energy_max",
    accuracy=1e-10,
    long_name="cross section averaged over the neutrino spectrum",
)
def mean_cross_section(spectrum, scattering_cross_section):
    """<σ> = ∫ dE f(E) σ(E). Source: definition."""
    return spectrum * scattering_cross_section


@model.quantity("1", long_name="number of target electrons")
def number_of_electrons(fiducial_mass, electrons_per_mass, avogadro_constant):
    """N_e = M n_e N_A; 10/18 mol of electrons per gram of water. Source: stoichiometry of H2O."""
    return detection.number_of_targets(fiducial_mass, electrons_per_mass, avogadro_constant)


@model.quantity("1/yr", long_name="expected events per year")
def events_per_year(flux, mean_cross_section, number_of_electrons):
    """N_e Φ <σ>. Source: rate of a thin target."""
    return detection.event_rate(number_of_electrons, flux, mean_cross_section)


@model.quantity("1/yr/MeV", long_name="expected events per year and neutrino energy")
def event_spectrum(flux_spectrum, scattering_cross_section, number_of_electrons):
    """N_e dΦ/dE σ(E). Source: rate of a thin target."""
    return detection.event_rate(number_of_electrons, flux_spectrum, scattering_cross_section)


@model.quantity("1/cm^2/s", long_name="neutrino flux of one star at the reference distance")
def reference_flux(neutrino_luminosity, mean_energy, reference_distance):
    """Φ = L/<E> / (4π d²). Source: inverse-square law."""
    return detection.flux_of_one_star(neutrino_luminosity, mean_energy, reference_distance)


@model.quantity("1/yr", long_name="expected events per year from one star at the reference distance")
def reference_events_per_year(reference_flux, mean_cross_section, number_of_electrons):
    """N_e Φ <σ>. Source: rate of a thin target."""
    return detection.event_rate(number_of_electrons, reference_flux, mean_cross_section)


declare_errors(model)
model.figures_in("gridscan.models.red_supergiants.figures")

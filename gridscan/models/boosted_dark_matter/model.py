"""Dark matter of a halo, boosted by the neutrinos of a supernova: its flux on the sky and in time, and its events.

The story, top to bottom: where the supernova and the centre of the halo are; when and where on the sky kicked particles
arrive; what kicks them; the flux; what it does in a detector. Masses are given as the energy m c².
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.definition.nodes import wired_by
from gridscan.errors import EvaluationError
from gridscan.model import Model
from gridscan.physics.boosted_dark_matter import all_supernovae, arrival
from gridscan.physics.boosted_dark_matter import events as counting
from gridscan.physics.boosted_dark_matter.emission import Source
from gridscan.physics.boosted_dark_matter.flux import boosted_flux
from gridscan.physics.boosted_dark_matter.problem import Boost
from gridscan.physics.dark_matter.halo import SPIKES, Halo
from gridscan.physics.galaxy.coordinates import angle_between
from gridscan.physics.neutrinos import supernova
from gridscan.physics.neutrinos.detection import number_of_targets as targets_in
from gridscan.physics.scattering import amplitudes, kinematics

if TYPE_CHECKING:
    from collections.abc import Callable

model = Model("boosted_dark_matter", "Dark matter boosted by the neutrinos of a supernova, on the sky and in time")

source = model.label("supernova", "cas-a", "Supernova")
halo = model.label("halo", "milky-way", "Dark halo that the neutrinos go through")
target = model.label("target", "electron", "What the boosted particles scatter on")
detector = model.label("detector", "hyper-k", "Detector")

model.parameter("time", "350 yr", "Time since the neutrinos arrived")
model.parameter("kinetic_energy", "5 MeV", "Kinetic energy of the boosted particles", minimum=1e-9)
model.parameter("dark_matter_mass", "1 MeV", "Mass of a dark matter particle", minimum=1e-12)

model.parameter("distance", source, "Distance of the supernova", unit="kpc", minimum=1e-6)
model.parameter("supernova_longitude", source, "Galactic longitude of the supernova", unit="deg")
model.parameter("supernova_latitude", source, "Galactic latitude of the supernova", unit="deg", minimum=-90, maximum=90)
model.parameter("halo_distance", source, "Distance of the centre of the halo", unit="kpc", minimum=0)
model.parameter("halo_longitude", source, "Galactic longitude of the centre of the halo", unit="deg")
model.parameter("halo_latitude", source, "Galactic latitude of the centre", unit="deg", minimum=-90, maximum=90)
model.parameter("longitude", "0 deg", "Galactic longitude of a direction on the sky")
model.parameter("latitude", "0 deg", "Galactic latitude of a direction on the sky", minimum=-90, maximum=90)

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
    vector="species",
)
model.parameter(
    "temperatures",
    ["2.76 MeV", "4.01 MeV", "6.26 MeV"],
    "Temperatures of the same",
    vector="species",
    longer_than={"mean_energies": 0},
)
model.parameter(
    "multiplicities",
    [1.0, 1.0, 4.0],
    "How many species are alike",
    vector="species",
    longer_than={"mean_energies": 0},
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
model.parameter("fiducial_mass", detector, "Fiducial mass of the detector", unit="kt", minimum=0, role="detector_mass")
model.parameter("electrons_per_mass", detector, "Electrons per mass of the detector", unit="mol/g", minimum=0)

model.parameter(
    "convention",
    "standard",
    "Particles counted per kinetic energy, or the factors of the publications put in",
    choices=["standard", "published"],
)
model.parameter(
    "accuracy", 1e-6, "Relative accuracy of the fluxes; of several the highest, for all", minimum=1e-12, maximum=0.1
)
model.parameter("accuracy_of_events", 1e-4, "Relative accuracy of what is summed over time", minimum=1e-12, maximum=0.1)

model.constant("speed_of_light")
model.constant("hbar", description="reduced Planck constant")
model.constant("avogadro_constant")

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
    excess = kinematics.inverse_velocity_excess(kinetic_energy, dark_matter_mass)
    return arrival.path_length(time, sky_angle, excess, distance, speed_of_light)


@model.quantity("1", long_name="haversine of the scattering angle")
def scattering_haversine(path_length, sky_angle, distance):
    """sin²(ψ/2), and 1 where nothing arrives. Source: triangle of Earth, supernova and the place of the kick."""
    haversine = arrival.scattering_haversine(path_length, sky_angle, distance)
    return np.where(path_length > 0 * path_length, haversine, 1.0)


# What kicks them.


@model.quantity("MeV", long_name="energy of the neutrino that kicks a particle so")
def neutrino_energy(kinetic_energy, dark_matter_mass, scattering_haversine):
    """E_ν = T m / (p cos ψ - T), 0 where no neutrino can. Source: conservation of energy and momentum."""
    return kinematics.neutrino_energy(kinetic_energy, dark_matter_mass, scattering_haversine)


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


@model.quantity("MeV", long_name="mass of the mediator")
def mediator_mass(mediator_mass_ratio, dark_matter_mass):
    """m_V in units of the mass of dark matter. Source: definition."""
    return mediator_mass_ratio * dark_matter_mass


def _either(condition: Any, first: Callable[[], Any], second: Callable[[], Any], like: Any) -> Any:
    """Return `np.where` of two formulas, and do not work out one that is nowhere chosen, but in the proof of units."""
    if not hasattr(like, "units") and (condition.all() or not condition.any()):
        return first() if condition.all() else second()
    return np.where(condition, first(), second())


@model.quantity("1", long_name="squared amplitude of neutrinos on dark matter")
def neutrino_squared_amplitude(
    s,
    t,
    neutrino_energy,
    dark_matter_mass,
    interaction,
    neutrino_cross_section,
    neutrino_coupling,
    dark_matter_coupling,
    mediator_mass,
    hbar,
    speed_of_light,
):
    """|M|², that of a constant cross section (16π s σ) or of L_μ - L_τ. Source: Lin et al. 2023, PRD 108, 083013."""

    def gauged():
        # s and u less m², which rounding takes from s and u of light neutrinos.
        above = 2 * dark_matter_mass * neutrino_energy
        couplings = (neutrino_coupling, dark_matter_coupling, mediator_mass)
        return amplitudes.muon_tau_neutrino(above, t, -above - t, dark_matter_mass, *couplings, centred=True)

    def constant():
        squared = 16 * np.pi * s * neutrino_cross_section / (hbar * speed_of_light) ** 2
        return np.where(interaction == "own", np.nan, squared) if (interaction == "own").any() else squared

    return _either(interaction == "lmu-ltau", gauged, constant, s)


@model.quantity("cm^2/sr", long_name="differential cross section of neutrinos on dark matter")
def neutrino_differential_cross_section(
    neutrino_squared_amplitude,
    neutrino_energy,
    kinetic_energy,
    dark_matter_mass,
    scattering_haversine,
    interaction,
    convention,
    hbar,
    speed_of_light,
):
    """dσ/dΩ = |M|² (ħc)²/(16π s) g(ψ); published: × v/c, and × dE_ν/dT for an interaction. Source: Lin et al. 2023."""
    whole = neutrino_squared_amplitude * (hbar * speed_of_light) ** 2
    scale = whole / (16 * np.pi * dark_matter_mass * (dark_matter_mass + 2 * neutrino_energy))
    counted = scale * kinematics.angular_density(neutrino_energy, dark_matter_mass, scattering_haversine)

    def published():
        slope = kinematics.neutrino_energy_slope(kinetic_energy, dark_matter_mass, scattering_haversine)
        factor = np.where(interaction == "constant", 1.0, slope)
        return counted * kinematics.velocity(kinetic_energy, dark_matter_mass) * factor

    return _either(convention == "standard", lambda: counted, published, counted)


# The flux on the sky.

_HALO: dict[str, Any] = {
    "scale_density": "MeV/cm^3",
    "scale_radius": "kpc",
    "outer_slope": "1",
    "centre_cutoff": "kpc",
    "black_hole_mass": "Msun",
    "influence_radius": "kpc",
    "black_hole_age": "s",
    "dark_matter_mass": "MeV",
    "annihilation_cross_section": "cm^3/s",
}
_SOURCE: dict[str, Any] = {
    "luminosity": "MeV/s",
    "emission_duration": "s",
    "neutrinosphere_radius": "kpc",
    "temperatures": "MeV",
    "mean_energies": "MeV",
    "multiplicities": "1",
}
_PLACE: dict[str, Any] = {"distance": "kpc", "halo_distance": "kpc", "off_centre_angle": "rad"}
_KICK: dict[str, Any] = {
    "kinetic_energy": "MeV",
    "neutrino_energy": "MeV",
    "scattering_haversine": "1",
    "neutrino_differential_cross_section": "cm^2/sr",
}
_OF_THE_KICK = ["neutrino_energy", "kinetic_energy", "scattering_haversine"]


def _halo(spike: Any, around: dict[str, Any]) -> Halo:
    return Halo.of(spike=spike, **{name: around[name] for name in _HALO})


def _source(around: dict[str, Any]) -> Source:
    lists = {name: np.asarray(around[name]) for name in ("temperatures", "mean_energies", "multiplicities")}
    lengths = {name: values.shape[-1] for name, values in lists.items()}
    if len(set(lengths.values())) > 1:
        found = ", ".join(f"{length} {name}" for name, length in lengths.items())
        raise EvaluationError(f"found {found}; allowed is one of each for each kind of neutrino")
    for name, values in lists.items():
        if not (values > 0).all():
            raise EvaluationError(f"{name} hold {values[~(values > 0)][0]:g}; allowed is more than 0")
    return Source(*(around[name] for name in _SOURCE))


def _differential(cross_section: Any) -> Callable[..., Any]:
    """Return a quantity of the grid as a function of arrays whose last axis are the points."""

    def differential(neutrino_energy, kinetic_energy, dark_matter_mass, haversine, points):
        del dark_matter_mass
        found = _at_points(
            *(cross_section, points, np.broadcast_shapes(np.shape(neutrino_energy), np.shape(haversine), points.shape)),
            neutrino_energy=neutrino_energy,
            kinetic_energy=kinetic_energy,
            scattering_haversine=haversine,
        )
        return _sound(found, "neutrinos", "neutrino_squared_amplitude")

    return differential


def _sound(cross_section: Any, whose: str, replaced: str) -> Any:
    if not (cross_section >= 0.0).all():
        wrong = cross_section[~(cross_section >= 0.0)][0]
        found = "negative" if wrong < 0 else "no number"
        raise EvaluationError(
            f"the cross section of {whose} is {found}; a squared amplitude is 0 or more (interaction = 'own' needs one,"
            f" by Model.replace({replaced}=…))"
        )
    return cross_section


def _at_points(function: Any, points: Any, shape: tuple[int, ...], **values: Any) -> Any:
    first = {name: np.moveaxis(np.broadcast_to(value, shape), -1, 0) for name, value in values.items()}
    return np.moveaxis(function(np.asarray(points).reshape(-1).astype(int), **first), 0, -1)


def _points(function: Any) -> Any:
    return np.arange(int(np.prod(function.shape))).reshape(function.shape)


def _in_order(around: dict[str, Any], first: str, last: str, unit: str, factor: float) -> None:
    low, high = np.broadcast_arrays(around[first] / factor, around[last] / factor)
    wrong = low >= high
    if wrong.any():
        found = f"{first} is {low[wrong].flat[0]:g} {unit} and {last} {high[wrong].flat[0]:g} {unit}"
        raise EvaluationError(f"{found}; allowed is a window that ends later than it begins")


def _check_windows(around: dict[str, Any]) -> None:
    if "exposure_start" in around:
        _in_order(around, "exposure_start", "exposure_end", "yr", 31557600.0)
    if "kinetic_energy_min" in around:
        _in_order(around, "kinetic_energy_min", "kinetic_energy_max", "MeV", 1.0)


def _boost(spike: Any, cross_section: Any, around: dict[str, Any]) -> Boost:
    """Return what is kicked, with the interaction at each point."""
    return Boost(
        dark_matter_mass=around["dark_matter_mass"],
        supernova_distance=around["distance"],
        halo_distance=around["halo_distance"],
        off_centre_angle=around["off_centre_angle"],
        halo=_halo(spike, around),
        source=_source(around),
        differential=_differential(cross_section),
        parameters=(_points(cross_section),),
    )


@model.quantity("kpc", long_name="distance of the kick from the centre of the halo")
def halo_radius(path_length, longitude, latitude, halo_longitude, halo_latitude, halo_distance):
    """Radius with r² = l² + R_g² - 2 l R_g cos γ, γ the angle to the centre on the sky. Source: law of cosines."""
    angle = angle_between(longitude, latitude, halo_longitude, halo_latitude)
    return arrival.distance_from_supernova(path_length, angle, halo_distance)


@model.kernel("MeV/cm^3", long_name="density of dark matter where the kick is", halo_radius="kpc", **_HALO)
@wired_by([*_HALO])
def dark_matter_density(halo_radius, spike, **around):
    """ρ of the profile with its spike. Source: Gondolo & Silk 1999; Lin & Wu 2024."""
    return _halo(spike, around).density(halo_radius)


@model.quantity("1/MeV/cm^3/sr", long_name="particles kicked to Earth per volume, kinetic energy and solid angle")
def emissivity(
    dark_matter_density,
    dark_matter_mass,
    neutrino_energy,
    kinetic_energy,
    scattering_haversine,
    path_length,
    sky_angle,
    distance,
    neutrino_differential_cross_section,
    luminosity,
    emission_duration,
    neutrinosphere_radius,
    temperatures,
    mean_energies,
    multiplicities,
):
    """Rate (ρ/m) τ Φ_ν(E_ν, d) dσ/dΩ dE_ν/dT. Source: particles counted; Lin et al. 2023, PRD 108, 083013."""
    far = arrival.distance_from_supernova(path_length, sky_angle, distance)
    neutrinos = supernova.neutrino_flux(
        *(neutrino_energy, far, luminosity, temperatures, mean_energies, multiplicities),
        *(supernova.DEGENERACY, supernova.PUBLISHED_NORMALISATION, neutrinosphere_radius),
    )
    slope = kinematics.neutrino_energy_slope(kinetic_energy, dark_matter_mass, scattering_haversine)
    kicked = emission_duration * neutrinos * neutrino_differential_cross_section * slope
    return dark_matter_density / dark_matter_mass * kicked


@model.quantity("1/MeV/cm^2/s/sr", long_name="flux of boosted dark matter per solid angle")
def sky_flux(
    emissivity, time, sky_angle, sky_outer_angle, kinetic_energy, dark_matter_mass, scattering_haversine, speed_of_light
):
    """dΦ/(dT dΩ) = j dl/dt, 0 outside the window on the sky. Source: particles counted along the line of sight."""
    excess = kinematics.inverse_velocity_excess(kinetic_energy, dark_matter_mass)
    flux = emissivity * arrival.arrival_jacobian(excess, scattering_haversine, speed_of_light)
    return np.where((time > 0 * time) & (sky_angle <= sky_outer_angle), flux, 0 * flux)


# The flux of the whole sky.


@model.kernel(
    "1/MeV/cm^2/s",
    long_name="flux of boosted dark matter",
    error=True,
    functions={"neutrino_differential_cross_section": _OF_THE_KICK},
    time="s",
    accuracy="1",
    **{**_PLACE, **_HALO, **_SOURCE, **_KICK},
)
@wired_by([*_PLACE, *_HALO, *_SOURCE])
def flux(time, kinetic_energy, spike, accuracy, neutrino_differential_cross_section, **around):
    """dΦ/dT = ∫ dΩ j dl/dt, by a rule that follows the arrival surface. Source: Lin et al. 2023, PRD 108, 083013."""
    boost = _boost(spike, neutrino_differential_cross_section, around)
    found = boosted_flux(time, kinetic_energy, boost, accuracy=np.min(accuracy))
    return found.value + 0.0, found.error + 0.0


@model.quantity("1", long_name="whether the accuracy of the flux was not attained")
def status(flux, flux_error, accuracy):
    """0 where it was, 1 where not. Source: the error estimate."""
    return np.where(flux_error <= accuracy * flux, 0.0, 1.0)


_WINDOW: dict[str, Any] = {"exposure_start": "s", "exposure_end": "s"}
_ENERGIES: dict[str, Any] = {"kinetic_energy_min": "MeV", "kinetic_energy_max": "MeV"}


@model.kernel(
    "1/cm^2/s",
    long_name="flux of boosted dark matter of all kinetic energies of the window",
    error=True,
    functions={"neutrino_differential_cross_section": _OF_THE_KICK},
    time="s",
    accuracy_of_events="1",
    **{**_PLACE, **_HALO, **_SOURCE, **_KICK, **_ENERGIES},
)
@wired_by([*_PLACE, *_HALO, *_SOURCE, *_ENERGIES])
def integrated_flux(time, spike, accuracy_of_events, neutrino_differential_cross_section, **around):
    """∫ dT dΦ/dT. Source: definition."""
    _check_windows(around)
    boost = _boost(spike, neutrino_differential_cross_section, around)
    energies = (around[name] for name in _ENERGIES)
    found = counting.integrated_flux(time, boost, *energies, accuracy=np.min(accuracy_of_events))
    return found.value + 0.0, found.error + 0.0


@model.kernel(
    "1/MeV/cm^2",
    long_name="boosted dark matter per area that arrives during the exposure",
    error=True,
    functions={"neutrino_differential_cross_section": _OF_THE_KICK},
    accuracy_of_events="1",
    **{**_PLACE, **_HALO, **_SOURCE, **_KICK, **_WINDOW},
)
@wired_by([*_PLACE, *_HALO, *_SOURCE, *_WINDOW])
def fluence(kinetic_energy, spike, accuracy_of_events, neutrino_differential_cross_section, **around):
    """∫ dt dΦ/dT over the exposure. Source: definition."""
    _check_windows(around)
    boost = _boost(spike, neutrino_differential_cross_section, around)
    window = (around[name] for name in _WINDOW)
    found = counting.differential_events(kinetic_energy, boost, 1.0, *window, accuracy=np.min(accuracy_of_events))
    return found.value + 0.0, found.error + 0.0


# What it does in a detector.


@model.quantity("1", long_name="squared amplitude of dark matter on a target particle")
def target_squared_amplitude(
    s,
    t,
    u,
    dark_matter_mass,
    target_mass,
    interaction,
    target_cross_section,
    dark_matter_coupling,
    kinetic_mixing,
    mediator_mass,
    hbar,
    speed_of_light,
):
    """|M|², that of a constant cross section (16π s σ) or of L_μ - L_τ. Source: Lin et al. 2023, PRD 108, 083013."""

    def gauged():
        couplings = (dark_matter_coupling, kinetic_mixing, mediator_mass)
        return amplitudes.muon_tau_target(s, t, u, dark_matter_mass, *couplings, target_mass)

    return _either(
        interaction == "lmu-ltau",
        gauged,
        lambda: 16 * np.pi * s * target_cross_section / (hbar * speed_of_light) ** 2,
        s,
    )


@model.kernel(
    "cm^2",
    long_name="cross section of boosted dark matter on a target particle",
    functions={"target_squared_amplitude": ["s", "t", "u"]},
    kinetic_energy="MeV",
    dark_matter_mass="MeV",
    target_mass="MeV",
    hbar="MeV*s",
    speed_of_light="cm/s",
    s="MeV^2",
    t="MeV^2",
    u="MeV^2",
    target_squared_amplitude="1",
)
def target_scattering_cross_section(
    kinetic_energy,
    dark_matter_mass,
    target_mass,
    interaction,
    convention,
    hbar,
    speed_of_light,
    target_squared_amplitude,
):
    """σ = ∫ dt |M|² (ħc)²/(64π s p²); published: 2π times as much for an interaction. Source: Lin et al. 2023."""

    def amplitude(s, t, u, points):
        shape = np.broadcast_shapes(s.shape, t.shape, u.shape)
        own = {"s": s, "t": t, "u": u}
        return target_squared_amplitude(
            points[:, 0].astype(int), **{name: np.broadcast_to(value, shape) for name, value in own.items()}
        )

    value, _ = amplitudes.total_cross_section(
        *(amplitude, kinetic_energy, dark_matter_mass, target_mass, hbar * speed_of_light),
        _points(target_squared_amplitude),
        tolerance=1e-6,
    )
    return value * np.where((convention == "published") & (interaction != "constant"), 2 * np.pi, 1.0)


@model.kernel(
    "1",
    long_name="events of one target particle",
    error=True,
    functions={
        "neutrino_differential_cross_section": _OF_THE_KICK,
        "target_scattering_cross_section": ["kinetic_energy"],
    },
    accuracy_of_events="1",
    target_scattering_cross_section="cm^2",
    **{**_PLACE, **_HALO, **_SOURCE, **_KICK, **_WINDOW, **_ENERGIES},
)
@wired_by([*_PLACE, *_HALO, *_SOURCE, *_WINDOW, *_ENERGIES])
def events_per_target(
    spike, accuracy_of_events, neutrino_differential_cross_section, target_scattering_cross_section, **around
):
    """N = ∫ dT σ(T) ∫ dt dΦ/dT over the exposure and the energy window. Source: rate of a thin target."""
    _check_windows(around)

    def cross_section(kinetic_energy, dark_matter_mass, points):
        del dark_matter_mass
        shape = np.broadcast_shapes(kinetic_energy.shape, points.shape)
        found = _at_points(target_scattering_cross_section, points, shape, kinetic_energy=kinetic_energy)
        return _sound(found, "the target", "target_squared_amplitude")

    boost = _boost(spike, neutrino_differential_cross_section, around)
    windows = (around[name] for name in (*_WINDOW, *_ENERGIES))
    found = counting.boosted_events(boost, cross_section, *windows, accuracy=np.min(accuracy_of_events))
    return found.value + 0.0, found.error + 0.0


@model.quantity("1", long_name="electrons of the detector")
def number_of_targets(fiducial_mass, electrons_per_mass, avogadro_constant):
    """M n_e N_A; for another target it is given a value. Source: stoichiometry."""
    return targets_in(fiducial_mass, electrons_per_mass, avogadro_constant)


@model.quantity("1/MeV", long_name="expected events in the detector per kinetic energy")
def differential_events(fluence, target_scattering_cross_section, number_of_targets):
    """dN/dT = N_targets σ(T) ∫ dt dΦ/dT. Source: rate of a thin target."""
    return fluence * target_scattering_cross_section * number_of_targets


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

_HISTORY: dict[str, Any] = {
    "supernova_rate": "1/s",
    "supernova_history": "s",
    "supernova_seed": "1",
    "disk_scale_length": "kpc",
    "disk_scale_height": "kpc",
    "sun_distance": "kpc",
}


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
    **_HISTORY,
)
@wired_by([*_HISTORY])
def galactic_sky_flux(time, kinetic_energy, dark_matter_mass, speed_of_light, sky_flux, **around):
    """Σ dΦ/(dT dΩ)(t - t_i) of supernovae drawn in a disk, t from 0 on. Source: Adams et al. 2013 for the disk."""
    bare = (time, kinetic_energy, dark_matter_mass, speed_of_light, *around.values())
    moment, energy, mass, light, *drawn = (np.broadcast_to(item, sky_flux.shape).ravel() for item in bare)
    histories, which = np.unique(np.stack(drawn), axis=1, return_inverse=True)
    total = np.zeros(moment.size)
    for history, values in enumerate(histories.T.tolist()):
        own = np.flatnonzero(which.ravel() == history)
        total[own] = all_supernovae.summed_over_visible(
            *(moment[own], energy[own], mass[own], light[own], dict(zip(around, values, strict=True))),
            lambda point, own=own, **where: sky_flux(own[point], **where),
        )
    return total.reshape(sky_flux.shape)


model.figures_in("gridscan.models.boosted_dark_matter.figures")

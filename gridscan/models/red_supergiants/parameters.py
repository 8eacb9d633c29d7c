"""What the model takes: stars, a Galaxy, neutrinos, a detector, and what is asked of them."""

from __future__ import annotations

from gridscan.model import Model
from gridscan.models.shared import declare_detector, declare_galaxy, declare_mass_function, declare_stars
from gridscan.physics.neutrinos import electron_scattering, spectra
from gridscan.physics.stellar.population import StellarPopulation

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

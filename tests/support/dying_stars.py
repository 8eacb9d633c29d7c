"""Stars of the reference before collapse: their luminosities and inverse beta decays, by plain interpolation.

Written from the formulas alone, without the package, and slower: the population is to be tested on its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from presupernova_cases import CONSTANTS, REFERENCE
from scipy.special import gammaln

Array = NDArray[np.floating[Any]]

TABLE = REFERENCE["luminosity_table"]
PAIRS = np.array(REFERENCE["pair_table"]["rows"]).T
DELTA, ELECTRON = CONSTANTS["neutron_proton_difference"], CONSTANTS["electron_mass_energy"]
DAY = 1.0 / 365.25
COLUMNS = ("luminosity", "mean_energy", "pinching")


def knots(mass: float) -> Array:
    """Return the times [yr] where the power laws of a star change, and where its mean energy passes a tabulated one."""
    ends = [np.array(TABLE[name]["time_before_collapse"]) for name in ("15", "25")]
    times = ends[0] if mass <= 15 else ends[1] if mass >= 25 else np.union1d(*ends)
    logs, energies = np.log(times), np.log(star(mass, times)[1])
    cuts = []
    for node in np.log(PAIRS[2]):
        for i in np.flatnonzero((energies[:-1] - node) * (energies[1:] - node) < 0.0):
            cuts.append(logs[i] + (node - energies[i]) / (energies[i + 1] - energies[i]) * (logs[i + 1] - logs[i]))
    return np.unique(np.concatenate([times, np.exp(cuts)]))


def star(mass: float, time: Array) -> tuple[Array, Array, Array]:
    """Return luminosity [MeV/s], mean energy [MeV] and pinching of electron antineutrinos at times [yr]."""
    weight = np.clip(np.log(mass / 15.0) / np.log(25.0 / 15.0), 0.0, 1.0)
    found = []
    for column in COLUMNS:
        one, other = (
            np.interp(np.log(time), np.log(TABLE[name]["time_before_collapse"]), np.log(TABLE[name][column]))
            for name in ("15", "25")
        )
        found.append(np.exp((1.0 - weight) * one + weight * other))
    dark = time > 6000.0 * (1 + 1e-12)
    return np.where(dark, 0.0, found[0] * CONSTANTS["erg"]), found[1], found[2]


def heavy_flavours(mean_energy: Array) -> tuple[Array, Array]:
    """Return nu_x per nu_e, and how much harder they are."""
    place = np.log(mean_energy)
    return np.interp(place, np.log(PAIRS[2]), PAIRS[1]), np.interp(place, np.log(PAIRS[2]), PAIRS[3])


def all_neutrinos(mass: float, time: Array) -> Array:
    """Return neutrinos of all flavours per second at times [yr]."""
    luminosity, mean, _ = star(mass, time)
    return 2.0 * luminosity / mean * (1.0 + 2.0 * heavy_flavours(mean)[0])


def inverse_beta(mean_energy: Array, pinching: Array) -> Array:
    """Return the cross section of inverse beta decay [cm^2] averaged over pinched spectra."""
    nodes, weights = np.polynomial.legendre.leggauss(100)
    least = DELTA + ELECTRON
    root = 0.5 * np.sqrt(40.0) * (nodes + 1.0)
    energy = least + root**2
    positron = energy - DELTA
    momentum = np.sqrt(np.maximum(positron**2 - ELECTRON**2, 0.0))
    log = np.log(energy)
    sigma = 1e-43 * momentum * positron * energy ** (-0.07056 + 0.02018 * log - 0.001953 * log**3)
    mean, alpha = np.asarray(mean_energy)[..., None], np.asarray(pinching)[..., None]
    rate = (alpha + 1.0) / mean
    spectrum = np.exp((alpha + 1.0) * np.log(rate) + alpha * log - rate * energy - gammaln(alpha + 1.0))
    return (spectrum * sigma * 2.0 * root) @ weights * 0.5 * np.sqrt(40.0)


def decays_per_proton(mass: float, time: Array, ordering: str) -> Array:
    """Return inverse beta decays per proton and day of a star at 1 kpc, at times [yr]."""
    luminosity, mean, alpha = star(mass, time)
    ratio, hardness = heavy_flavours(mean)
    s12, s13 = CONSTANTS["sin2_theta12"], CONSTANTS["sin2_theta13"]
    kept = {"normal": (1.0 - s12) * (1.0 - s13), "inverted": s13}[ordering]
    sigma = kept * inverse_beta(mean, alpha) + (1.0 - kept) * ratio * inverse_beta(hardness * mean, alpha)
    return luminosity / mean / (4.0 * np.pi * CONSTANTS["kpc"] ** 2) * sigma * CONSTANTS["yr"] * DAY

"""The stars of the reference population in the default galaxy, and a toy with closed forms."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from dying_stars import all_neutrinos, decays_per_proton, knots
from galaxies import MILKY_WAY
from numpy.typing import NDArray
from presupernova_cases import CONSTANTS

from gridscan.physics.galaxy.components import Galaxy
from gridscan.physics.presupernova.time_points import TimePoints, time_points
from gridscan.physics.stellar.imf_shapes import MassFunction, stars_per_bin
from gridscan.stellar_tables.phases import shipped_phase_table

Array = NDArray[np.floating[Any]]

GALAXY = Galaxy(**MILKY_WAY)
TABLE = shipped_phase_table()
#: Time as carbon-burning red supergiant [yr] of each bin, and time that every star shines.
RED = TABLE.carbon_rsg_duration[0] * 1e6
ALL = np.full(RED.shape, 6000.0)
MASS_FUNCTIONS = {
    "kroupa": MassFunction([1.3, 2.3], [0.08, 0.5, 120.0]),
    "salpeter-seed": MassFunction([1.3, 2.35], [0.08, 0.5, 120.0]),
    "top-heavy": MassFunction([1.3, 1.9], [0.08, 0.5, 120.0]),
}


def weights(name: str = "kroupa") -> Array:
    """Return the stars of each bin per solar mass formed."""
    return stars_per_bin(TABLE.bin_edges, MASS_FUNCTIONS[name])


@functools.cache
def all_knots() -> Array:
    """Return the times [yr] where a power law of any star changes."""
    return np.unique(np.concatenate([knots(mass) for mass in (12.0, 20.0, 30.0)]))


@functools.cache
def shining(red: bool = True) -> tuple[Array, TimePoints]:
    """Return the fluxes of stars times their squared distance [kpc²/cm²/s], and their points of time [yr]."""
    points = time_points(all_knots(), 0.0, RED if red else ALL)
    rates = [all_neutrinos(mass, time) for mass, time in zip(TABLE.mass, points.time, strict=True)]
    return np.array(rates) / (4.0 * np.pi * CONSTANTS["kpc"] ** 2), points


class Cumulative:
    """Inverse beta decays per proton of a star at 1 kpc from a time to collapse, by pieces of power laws."""

    def __init__(self, mass: float, ordering: str) -> None:
        self.time = np.union1d(np.geomspace(1e-5, 6000.0, 6001), knots(mass))
        self.rate = decays_per_proton(mass, self.time, ordering) * 365.25
        power = np.diff(np.log(self.rate * self.time))
        piece = (self.rate * self.time)[:-1] * np.diff(np.log(self.time)) * np.expm1(power) / power
        self.sum = self.rate[0] * self.time[0] + np.concatenate([[0.0], np.cumsum(piece)])

    def __call__(self, time: Array) -> Array:
        later = np.interp(np.maximum(time, self.time[0]), self.time, self.sum)
        return np.where(time < self.time[0], self.rate[0] * time, later)


@functools.cache
def cumulative(mass: float, ordering: str) -> Cumulative:
    """Return the decays of a star, which is held as the nearest progenitor."""
    return Cumulative(float(np.clip(mass, 15.0, 25.0)), ordering)


def uniform_disc(radius: float) -> Galaxy:
    """Return a galaxy that is a uniform disc about the Sun."""
    shares = {"arm_fraction": 0.0, "ring_fraction": 0.0, "sun_x": 0.0, "sun_y": 0.0}
    return Galaxy(
        **{**MILKY_WAY, **shares, "disk_scale_length": 1e9, "disk_inner_radius": 0.0, "disk_outer_radius": radius}
    )


def toy_points(case: dict[str, Any]) -> TimePoints:
    """Return the points of time [yr] of stars that shine as a power law between two times."""
    cuts = np.geomspace(case["time_min"], case["time_max"], 9)
    return time_points(cuts, case["time_min"], np.array([case["time_max"]]))

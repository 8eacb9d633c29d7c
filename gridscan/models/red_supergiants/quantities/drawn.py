"""Stars drawn at random."""

from __future__ import annotations

import numpy as np

from gridscan.models.red_supergiants.parameters import model
from gridscan.physics.galaxy.position_sampling import draw_positions
from gridscan.physics.stellar.star_sampling import PHASE_CODES, draw_alive, draw_history
from gridscan.stellar_tables import phases

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

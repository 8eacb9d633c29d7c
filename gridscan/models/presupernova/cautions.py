"""Where results of the model are doubtful: what it knows of progenitors, times, targets and directions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.models.presupernova.combinations import for_each_combination
from gridscan.models.presupernova.source import table_of
from gridscan.physics.neutrinos.targets import mixture
from gridscan.physics.presupernova.luminosity_table import is_held

if TYPE_CHECKING:
    from gridscan.model import Model

# Lowest kinetic energy of an electron with Cherenkov light in water [MeV], ends of the decays of 14C and of two at once
# with what a resolution adds [MeV], and the mass from which on the latter matter [kt].
_CHERENKOV, _CARBON, _PAIRS, _LARGE = 0.26, 0.2, 0.3, 1.0
# Time before collapse [yr] before which photoneutrinos, which are left out, are as many as those of pairs.
_PHOTONEUTRINOS = 1000.0
# Share by which the electrons of a target differ from those of water where it is not water alone.
_NOT_WATER = 1e-4


def declare_cautions(model: Model) -> None:
    """Declare where results are doubtful."""
    model.caution(
        "some stars are lighter or heavier than the progenitors, and are taken for the nearest of them",
        _outside,
        initial_mass="Msun",
        progenitor_mass="Msun",
    )
    model.caution(
        "some times are after the last of the table of neutrinos, whose luminosity is held until the collapse",
        _too_late,
        time_before_collapse="s",
        progenitor_mass="Msun",
    )
    early = f"a lower bound more than {_PHOTONEUTRINOS:g} yr before collapse: photoneutrinos are left out"
    model.caution(early, lambda time_before_collapse: time_before_collapse > _PHOTONEUTRINOS, time_before_collapse="yr")
    model.caution(early, lambda lead: lead > _PHOTONEUTRINOS, lead="yr")
    model.caution(
        f"an optimist's bound: solar_rejection is above 1, and recoils below {_CHERENKOV:g} MeV have no direction",
        lambda solar_rejection, recoil_min: (solar_rejection > 1.0) & (recoil_min < _CHERENKOV),
        recoil_min="MeV",
    )
    model.caution(
        f"no 14C: carbon14_activity is 0 in a target that is not water, below {_CARBON:g} MeV",
        lambda carbon14_activity, recoil_min, electrons_per_mass: (
            (carbon14_activity == 0.0) & (recoil_min < _CARBON) & _is_organic(electrons_per_mass)
        ),
        recoil_min="MeV",
        electrons_per_mass="mol/g",
    )
    model.caution(
        f"no pairs of 14C decays taken for one: resolving_time is 0 above {_LARGE:g} kt and below {_PAIRS:g} MeV",
        lambda resolving_time, recoil_min, fiducial_mass, electrons_per_mass: (
            (resolving_time == 0.0) & (recoil_min < _PAIRS) & (fiducial_mass > _LARGE) & _is_organic(electrons_per_mass)
        ),
        recoil_min="MeV",
        fiducial_mass="kt",
        electrons_per_mass="mol/g",
    )


def _outside(initial_mass: Any, neutrino_table: Any, progenitor_mass: Any) -> Any:
    def evaluate(content: Any, progenitor: Any) -> tuple[Any]:
        return (is_held(table_of(str(content), float(progenitor)), initial_mass),)

    return for_each_combination(evaluate, neutrino_table, progenitor_mass)[0]


def _too_late(time_before_collapse: Any, neutrino_table: Any, progenitor_mass: Any) -> Any:
    def evaluate(content: Any, progenitor: Any) -> tuple[Any]:
        first = max(track.time[0] for track in table_of(str(content), float(progenitor)).tracks)
        return (np.asarray(time_before_collapse) < first * (1.0 - 1e-9),)

    return for_each_combination(evaluate, neutrino_table, progenitor_mass)[0]


def _is_organic(electrons_per_mass: Any) -> Any:
    return np.abs(electrons_per_mass / mixture({"water": 1.0}).electrons - 1.0) > _NOT_WATER

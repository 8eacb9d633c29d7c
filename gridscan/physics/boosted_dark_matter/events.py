"""Events of boosted dark matter in a time and an energy window.

    N = ∫ dT sigma_target(T) ∫ dt dPhi/dT

Where t_peak(T), t_van(T), or the arrival from the halo centre passes an end of the exposure, the integral over time is
not smooth in T: see `gridscan.physics.boosted_dark_matter.special_energies`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridscan.numerics.piecewise import Estimate, estimate, in_blocks, integrate_pieces
from gridscan.numerics.ranges import require_above
from gridscan.numerics.unit_arguments import in_units
from gridscan.physics.boosted_dark_matter.arrival_surface import taken
from gridscan.physics.boosted_dark_matter.fluence import fluence_of
from gridscan.physics.boosted_dark_matter.special_energies import energy_pieces

if TYPE_CHECKING:
    from gridscan.physics.boosted_dark_matter.emission import Setting
    from gridscan.physics.boosted_dark_matter.problem import Problem

__all__ = ["boosted_events", "differential_events"]

FloatArray = NDArray[np.floating[Any]]
IndexArray = NDArray[np.intp]
#: sigma [cm²] of T and m [MeV] and parameters, arrays of one shape.
TargetCrossSection = Callable[..., FloatArray]

_ROUNDS = 8
# On the estimates of the rule in ln T, which may be a little too small for short exposures.
_SAFETY = 2.0
_EVENTS_AT_ONCE = 16
# Energies at which the error of the target's cross section is looked at.
_LOOKED_AT = 5
_ENERGIES_AT_ONCE = 128


@in_units(
    target_cross_section="cm²",
    target_cross_section_error="cm²",
    exposure_start="s",
    exposure_end="s",
    lowest_kinetic_energy="MeV",
    highest_kinetic_energy="MeV",
)
def boosted_events(
    problem: Problem,
    target_cross_section: ArrayLike | TargetCrossSection,
    exposure_start: ArrayLike,
    exposure_end: ArrayLike,
    lowest_kinetic_energy: ArrayLike,
    highest_kinetic_energy: ArrayLike,
    *,
    accuracy: float = 1e-4,
    target_cross_section_error: ArrayLike | TargetCrossSection = 0.0,
) -> Estimate:
    """Return the number of times that boosted dark matter scatters on one target particle.

    Parameters
    ----------
    problem
        Dark matter, supernova and interaction.
    target_cross_section
        [cm²], a number for each point, or a function of T, m [MeV] and the `parameters` of the problem. Include the
        extra 2 pi of published total cross sections here.
    exposure_start, exposure_end
        [s] after the arrival of the neutrinos.
    lowest_kinetic_energy, highest_kinetic_energy
        [MeV], above 0.
    accuracy
        Relative error to attain.
    target_cross_section_error
        Absolute error of the cross section [cm²], likewise. Its largest part of the cross section at energies between
        the ends of the window is added to that of the events.

    Returns
    -------
    Estimate
        Dimensionless, of the shape to which all numbers broadcast.

    Raises
    ------
    EvaluationError
        If a parameter is outside its range, or the ends of a window are the wrong way round.

    Notes
    -----
    N = ∫ dT sigma_target(T) ∫ dt dPhi/dT with the flux of `gridscan.physics.boosted_dark_matter.flux.boosted_flux`.
    Source: Lin, Tsai, Lin, Wong & Wu 2023, PRD 108, 083013.

    Examples
    --------
    Events are proportional to the cross section of the target:

    >>> from gridscan.physics.boosted_dark_matter.events import boosted_events
    >>> from gridscan.physics.boosted_dark_matter.problem import Problem
    >>> from gridscan.physics.dark_matter.halo import Halo, HaloParameters
    >>> from gridscan.physics.neutrinos.supernova import NeutrinoSource
    >>> problem = Problem(
    ...     dark_matter_mass=0.1, supernova_distance=8.5, halo_distance=8.5, off_centre_angle=0.7,
    ...     halo=Halo.of(HaloParameters()), source=NeutrinoSource(), neutrino_cross_section=1e-35,
    ... )
    >>> events = boosted_events(problem, [1e-35, 3e-35], 10.0, 3e8, 5.0, 30.0)
    >>> bool(events.converged.all()), round(float(events.value[1] / events.value[0]), 6)
    (True, 3.0)
    """
    setting, flat, shape = problem.at(
        exposure_start=exposure_start,
        exposure_end=exposure_end,
        lowest_kinetic_energy=lowest_kinetic_energy,
        highest_kinetic_energy=highest_kinetic_energy,
        target_cross_section=1.0 if callable(target_cross_section) else target_cross_section,
        target_cross_section_error=0.0 if callable(target_cross_section_error) else target_cross_section_error,
    )
    _require_order(flat, "exposure_start", "exposure_end")
    _require_order(flat, "lowest_kinetic_energy", "highest_kinetic_energy")

    def of_target(given: Any, name: str, index: IndexArray, kinetic_energy: FloatArray) -> FloatArray:
        if not callable(given):
            return flat[name][index]
        others = (values[index] for values in setting.parameters)
        return np.asarray(given(kinetic_energy, setting.mass[index], *others), dtype=float)

    def weight(index: IndexArray, kinetic_energy: FloatArray) -> FloatArray:
        return of_target(target_cross_section, "target_cross_section", index, kinetic_energy)

    def events(block: IndexArray) -> tuple[FloatArray, FloatArray]:
        some = {name: values[block] for name, values in flat.items()}
        value, error = _events(taken(setting, block), some, lambda who, energy: weight(block[who], energy), accuracy)
        ends = np.log(some["lowest_kinetic_energy"]), np.log(some["highest_kinetic_energy"])
        looked = np.exp(np.linspace(*ends, _LOOKED_AT)).ravel()
        index = np.tile(block, _LOOKED_AT)
        uncertain = of_target(target_cross_section_error, "target_cross_section_error", index, looked)
        section = weight(index, looked)
        relative = np.divide(uncertain, section, out=np.zeros_like(section), where=section > 0.0)
        largest = relative.reshape(_LOOKED_AT, -1).max(axis=0)
        return value, error + largest * (value + error)

    value, error = in_blocks(events, setting.mass.size, _EVENTS_AT_ONCE)
    return estimate(value, error, accuracy, shape)


@in_units(kinetic_energy="MeV", target_cross_section="cm²", exposure_start="s", exposure_end="s")
def differential_events(
    kinetic_energy: ArrayLike,
    problem: Problem,
    target_cross_section: ArrayLike,
    exposure_start: ArrayLike,
    exposure_end: ArrayLike,
    *,
    accuracy: float = 1e-4,
) -> Estimate:
    """Return the events of `boosted_events` per kinetic energy, dN/dT.

    Parameters
    ----------
    kinetic_energy
        T [MeV], above 0.
    problem
        Dark matter, supernova and interaction.
    target_cross_section
        [cm²] at each T; 1 leaves the fluence.
    exposure_start, exposure_end
        [s] after the arrival of the neutrinos.
    accuracy
        Relative error to attain.

    Returns
    -------
    Estimate
        [1/MeV], of the shape to which all numbers broadcast.

    Raises
    ------
    EvaluationError
        If a parameter is outside its range, or the ends of a window are the wrong way round.

    Notes
    -----
    dN/dT = sigma_target ∫ dt dPhi/dT. Source: Lin, Tsai, Lin, Wong & Wu 2023, PRD 108, 083013.

    Examples
    --------
    Two exposures, one after the other, add up:

    >>> from gridscan.physics.boosted_dark_matter.events import differential_events
    >>> from gridscan.physics.boosted_dark_matter.problem import Problem
    >>> from gridscan.physics.dark_matter.halo import Halo, HaloParameters
    >>> from gridscan.physics.neutrinos.supernova import NeutrinoSource
    >>> problem = Problem(
    ...     dark_matter_mass=0.1, supernova_distance=8.5, halo_distance=8.5, off_centre_angle=0.7,
    ...     halo=Halo.of(HaloParameters()), source=NeutrinoSource(), neutrino_cross_section=1e-35,
    ... )
    >>> fluence = differential_events(10.0, problem, 1.0, [10.0, 10.0, 1e7], [1e8, 1e7, 1e8]).value
    >>> round(float((fluence[1] + fluence[2]) / fluence[0]), 4)
    1.0
    """
    setting, flat, shape = problem.at(
        kinetic_energy=kinetic_energy,
        target_cross_section=target_cross_section,
        exposure_start=exposure_start,
        exposure_end=exposure_end,
    )
    _require_order(flat, "exposure_start", "exposure_end")

    def per_energy(block: IndexArray) -> tuple[FloatArray, FloatArray]:
        energy, start, end, weight = (
            flat[name][block] for name in ("kinetic_energy", "exposure_start", "exposure_end", "target_cross_section")
        )
        value, error = fluence_of(taken(setting, block), energy, np.maximum(start, 0.0), end, accuracy)
        return weight * value, weight * error

    value, error = in_blocks(per_energy, setting.mass.size, _ENERGIES_AT_ONCE)
    return estimate(value, error, accuracy, shape)


def _events(
    setting: Setting,
    numbers: dict[str, FloatArray],
    weight: Callable[[IndexArray, FloatArray], FloatArray],
    accuracy: float,
) -> tuple[FloatArray, FloatArray]:
    start, end = np.maximum(numbers["exposure_start"], 0.0), numbers["exposure_end"]
    window = numbers["lowest_kinetic_energy"], numbers["highest_kinetic_energy"]
    pieces = energy_pieces(setting, *window, (start, np.maximum(end, 0.0)))

    def integrand(log_energy: FloatArray, piece: IndexArray) -> tuple[FloatArray, FloatArray]:
        who, energy = np.tile(pieces.owner[piece], len(log_energy)), np.exp(log_energy).ravel()
        found = fluence_of(taken(setting, who), energy, start[who], end[who], 0.5 * accuracy)
        factor = energy * weight(who, energy)
        value, error = ((factor * item).reshape(log_energy.shape) for item in found)
        return value, error / _SAFETY

    value, error = integrate_pieces(integrand, pieces, len(start), 0.25 * accuracy, _ROUNDS)
    return value, _SAFETY * error


def _require_order(numbers: dict[str, FloatArray], first: str, second: str) -> None:
    unit = "s" if "exposure" in first else "MeV"
    require_above(second, numbers[second], first, numbers[first], unit, or_equal=True)

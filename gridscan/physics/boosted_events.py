"""How much boosted dark matter arrives in a time and an energy window, and how many of a target it hits.

    N = ∫ dT sigma_target(T) ∫ dt dPhi/dT

Where t_peak(T) or t_van(T) passes an end of the exposure the
integral over time is not smooth in T: these energies, which have closed forms, are ends of pieces in ln T.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridscan.errors import EvaluationError
from gridscan.physics.boosted_emission import KILOPARSEC, SPEED_OF_LIGHT, Differential, Setting, Source, prepare
from gridscan.physics.boosted_fluence import Noise, fluence_of
from gridscan.physics.boosted_flux import flux_of
from gridscan.physics.boosted_pieces import Estimate, estimate, in_blocks, integrate_pieces
from gridscan.physics.boosted_surface import taken
from gridscan.physics.halo import Halo
from gridscan.quadrature import panels_between

FloatArray = NDArray[np.floating[Any]]
IndexArray = NDArray[np.intp]
#: sigma [cm²] of T and m [MeV] and parameters, arrays of one shape.
TargetCrossSection = Callable[..., FloatArray]

_ROUNDS = 8
_EVENTS_AT_ONCE = 8
_ENERGIES_AT_ONCE = 128
_PHYSICS = (*("dark_matter_mass", "supernova_distance", "halo_distance", "off_centre_angle", "neutrino_cross_section"),)


def boosted_events(
    dark_matter_mass: ArrayLike,
    supernova_distance: ArrayLike,
    halo_distance: ArrayLike,
    off_centre_angle: ArrayLike,
    halo: Halo,
    source: Source,
    neutrino_cross_section: ArrayLike,
    target_cross_section: ArrayLike | TargetCrossSection,
    exposure_start: ArrayLike,
    exposure_end: ArrayLike,
    lowest_kinetic_energy: ArrayLike,
    highest_kinetic_energy: ArrayLike,
    *,
    differential: Differential | None = None,
    parameters: tuple[ArrayLike, ...] = (),
    convention: str = "standard",
    accuracy: float = 1e-4,
    speed_of_light: float = SPEED_OF_LIGHT,
    kiloparsec: float = KILOPARSEC,
) -> Estimate:
    """Return how often boosted dark matter scatters on one target particle.

    Parameters
    ----------
    dark_matter_mass, supernova_distance, halo_distance, off_centre_angle, halo, source, neutrino_cross_section
        See `gridscan.physics.boosted_flux.boosted_flux`.
    target_cross_section
        [cm²], a number for each point, or a function of T, m [MeV] and the `parameters`.
    exposure_start, exposure_end
        [s] after the arrival of the neutrinos.
    lowest_kinetic_energy, highest_kinetic_energy
        [MeV], above 0.
    differential, parameters, convention, speed_of_light, kiloparsec
        See there. The extra 2 pi of published total cross sections is for the `target_cross_section` to have.
    accuracy
        Relative error to attain.

    Returns
    -------
    Estimate
        Dimensionless, of the shape to which all parameters broadcast.

    Raises
    ------
    EvaluationError
        If a parameter is outside its range, or the ends of a window are the wrong way round.
    """
    windows = {
        "exposure_start": exposure_start,
        "exposure_end": exposure_end,
        "lowest_kinetic_energy": lowest_kinetic_energy,
        "highest_kinetic_energy": highest_kinetic_energy,
        "target_cross_section": 1.0 if callable(target_cross_section) else target_cross_section,
    }
    physics = (dark_matter_mass, supernova_distance, halo_distance, off_centre_angle, neutrino_cross_section)
    setting, flat, shape = prepare(
        windows | dict(zip(_PHYSICS, physics, strict=True)),
        *(halo, source),
        differential=differential,
        parameters=parameters,
        convention=convention,
        speed_of_light=speed_of_light,
        kiloparsec=kiloparsec,
    )
    _require_order(flat, "exposure_start", "exposure_end")
    _require_order(flat, "lowest_kinetic_energy", "highest_kinetic_energy")

    def weight(index: IndexArray, kinetic_energy: FloatArray) -> FloatArray:
        if not callable(target_cross_section):
            return flat["target_cross_section"][index]
        others = (values[index] for values in setting.parameters)
        return np.asarray(target_cross_section(kinetic_energy, setting.mass[index], *others), dtype=float)

    def events(block: IndexArray) -> tuple[FloatArray, FloatArray]:
        some = {name: values[block] for name, values in flat.items()}
        return _events(taken(setting, block), some, lambda who, energy: weight(block[who], energy), accuracy)

    value, error = in_blocks(events, setting.mass.size, _EVENTS_AT_ONCE)
    return estimate(value, error, accuracy, shape)


def differential_events(
    kinetic_energy: ArrayLike,
    dark_matter_mass: ArrayLike,
    supernova_distance: ArrayLike,
    halo_distance: ArrayLike,
    off_centre_angle: ArrayLike,
    halo: Halo,
    source: Source,
    neutrino_cross_section: ArrayLike,
    target_cross_section: ArrayLike,
    exposure_start: ArrayLike,
    exposure_end: ArrayLike,
    *,
    differential: Differential | None = None,
    parameters: tuple[ArrayLike, ...] = (),
    convention: str = "standard",
    accuracy: float = 1e-4,
    speed_of_light: float = SPEED_OF_LIGHT,
    kiloparsec: float = KILOPARSEC,
) -> Estimate:
    """Return the events of `boosted_events` per kinetic energy, dN/dT = sigma_target ∫ dt dPhi/dT.

    Parameters
    ----------
    kinetic_energy
        T [MeV], above 0.
    target_cross_section
        [cm²] at each T; 1 leaves the fluence.

    Other parameters are those of `boosted_events`.

    Returns
    -------
    Estimate
        [1/MeV], of the shape to which all parameters broadcast.

    Raises
    ------
    EvaluationError
        See `boosted_events`.
    """
    numbers = {
        "kinetic_energy": kinetic_energy,
        "target_cross_section": target_cross_section,
        "exposure_start": exposure_start,
        "exposure_end": exposure_end,
    }
    physics = (dark_matter_mass, supernova_distance, halo_distance, off_centre_angle, neutrino_cross_section)
    setting, flat, shape = prepare(
        numbers | dict(zip(_PHYSICS, physics, strict=True)),
        *(halo, source),
        differential=differential,
        parameters=parameters,
        convention=convention,
        speed_of_light=speed_of_light,
        kiloparsec=kiloparsec,
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


def integrated_flux(
    time: ArrayLike,
    dark_matter_mass: ArrayLike,
    supernova_distance: ArrayLike,
    halo_distance: ArrayLike,
    off_centre_angle: ArrayLike,
    halo: Halo,
    source: Source,
    neutrino_cross_section: ArrayLike,
    lowest_kinetic_energy: ArrayLike,
    highest_kinetic_energy: ArrayLike,
    *,
    differential: Differential | None = None,
    parameters: tuple[ArrayLike, ...] = (),
    convention: str = "standard",
    accuracy: float = 1e-4,
    speed_of_light: float = SPEED_OF_LIGHT,
    kiloparsec: float = KILOPARSEC,
) -> Estimate:
    """Return the flux of all kinetic energies of a window at given times, ∫ dT dPhi/dT.

    Parameters
    ----------
    time
        [s] after the arrival of the neutrinos.

    Other parameters are those of `boosted_events`.

    Returns
    -------
    Estimate
        [1/(cm² s)], of the shape to which all parameters broadcast.

    Raises
    ------
    EvaluationError
        See `boosted_events`.
    """
    numbers = {
        "time": time,
        "lowest_kinetic_energy": lowest_kinetic_energy,
        "highest_kinetic_energy": highest_kinetic_energy,
    }
    physics = (dark_matter_mass, supernova_distance, halo_distance, off_centre_angle, neutrino_cross_section)
    setting, flat, shape = prepare(
        numbers | dict(zip(_PHYSICS, physics, strict=True)),
        *(halo, source),
        differential=differential,
        parameters=parameters,
        convention=convention,
        speed_of_light=speed_of_light,
        kiloparsec=kiloparsec,
    )
    _require_order(flat, "lowest_kinetic_energy", "highest_kinetic_energy")

    def integrals(block: IndexArray) -> tuple[FloatArray, FloatArray]:
        some = {name: values[block] for name, values in flat.items()}
        return _flux_integrals(taken(setting, block), some, accuracy)

    value, error = in_blocks(integrals, setting.mass.size, _ENERGIES_AT_ONCE)
    return estimate(value, error, accuracy, shape)


def _flux_integrals(setting: Setting, numbers: dict[str, FloatArray], accuracy: float) -> tuple[FloatArray, FloatArray]:
    time = np.maximum(numbers["time"], 0.0)
    length, owner, lower, upper = _energy_pieces(setting, numbers, (time,))
    noise = Noise()

    def integrand(log_energy: FloatArray, piece: IndexArray) -> FloatArray:
        who, energy = owner[piece], np.exp(log_energy)
        value, error = flux_of(taken(setting, who).emission(time[who], energy), 0.2 * accuracy)
        noise.add(who, value * energy, error * energy)
        return value * energy

    value, error = integrate_pieces(integrand, owner, lower, upper, len(length), 0.5 * accuracy, 2 * _ROUNDS)
    return value, error + noise.integral(value, length, 0.01 * accuracy)


def _events(
    setting: Setting,
    numbers: dict[str, FloatArray],
    weight: Callable[[IndexArray, FloatArray], FloatArray],
    accuracy: float,
) -> tuple[FloatArray, FloatArray]:
    start, end = np.maximum(numbers["exposure_start"], 0.0), numbers["exposure_end"]
    length, owner, lower, upper = _energy_pieces(setting, numbers, (start, np.maximum(end, 0.0)))
    noise = Noise()

    def integrand(log_energy: FloatArray, piece: IndexArray) -> FloatArray:
        who, energy = owner[piece], np.exp(log_energy)
        value, error = fluence_of(taken(setting, who), energy, start[who], end[who], 0.5 * accuracy)
        factor = energy * weight(who, energy)
        noise.add(who, value * factor, error * factor)
        return value * factor

    value, error = integrate_pieces(integrand, owner, lower, upper, len(length), 0.3 * accuracy, _ROUNDS)
    return value, error + noise.integral(value, length, 0.01 * accuracy)


def _energy_pieces(
    setting: Setting, numbers: dict[str, FloatArray], times: tuple[FloatArray, ...]
) -> tuple[FloatArray, IndexArray, FloatArray, FloatArray]:
    """Return the lengths in ln T of the windows, and owner and ends of the pieces on which the integrand is smooth."""
    low, high = np.log(numbers["lowest_kinetic_energy"]), np.log(numbers["highest_kinetic_energy"])
    with np.errstate(divide="ignore"):
        cuts = np.clip(np.log(np.concatenate([_special_energies(setting, time) for time in times])), low, high)
    lower, upper = panels_between(np.concatenate([[low], cuts, [high]]).T)
    owner, piece = np.nonzero(upper > lower)
    return high - low, owner, lower[owner, piece], upper[owner, piece]


def _special_energies(setting: Setting, time: FloatArray) -> FloatArray:
    """Return the kinetic energies [MeV] of which the peak, and the last arrival, is at a time [s]: (2, n), inf for 0 s.

    gamma = b/sqrt(b² - 1) with b = 1 + x/R_s, and 1 + m/(2 T) = b².
    """
    delay = time * setting.light_speed / setting.supernova_distance
    square = delay * (2.0 + delay)
    with np.errstate(divide="ignore"):
        # gamma - 1 = (b - sqrt(b² - 1))/sqrt(b² - 1) = 1/(sqrt(b² - 1) (b + sqrt(b² - 1)))
        peak = setting.mass / (np.sqrt(square) * (1.0 + delay + np.sqrt(square)))
        return np.array([peak, setting.mass / (2.0 * square)])


def _require_order(numbers: dict[str, FloatArray], first: str, second: str) -> None:
    wrong = np.flatnonzero(~(numbers[second] >= numbers[first]))
    if wrong.size:
        found, least = numbers[second][wrong[0]], numbers[first][wrong[0]]
        raise EvaluationError(f"{second} is {found:g}; allowed is {first} = {least:g} or more")

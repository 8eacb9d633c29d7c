"""Rates of events of one star against time before collapse: what is dear, computed once for each star and window."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridscan.errors import EvaluationError
from gridscan.numerics.ranges import NOT_NEGATIVE, SHARE, checked
from gridscan.physics.constants import WEAK
from gridscan.physics.neutrinos.flavour_conversion import arriving_sum
from gridscan.physics.neutrinos.inverse_beta import energy_of_prompt
from gridscan.physics.neutrinos.measured_recoil import RecoilWindow
from gridscan.physics.neutrinos.radiated_photons import mean_radiated
from gridscan.physics.neutrinos.thermal_pairs import pair_table
from gridscan.physics.neutrinos.weak_couplings import SPECIES, radiative_couplings, tree_level_couplings
from gridscan.physics.presupernova.event_rates import (
    Spectra,
    elastic_cross_section,
    elastic_moments,
    inverse_beta_cross_section,
    inverse_beta_parts,
    spectra_of,
)
from gridscan.physics.presupernova.luminosity_table import track_of
from gridscan.physics.presupernova.rate_curve import RateCurve, panel_edges, panel_times

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridscan.models.presupernova.source import Star
    from gridscan.physics.constants import WeakConstants
    from gridscan.physics.neutrinos.electron_scattering import WeakCouplings
    from gridscan.physics.presupernova.luminosity import Emission

Array = NDArray[np.floating[Any]]


class Survival(NamedTuple):
    """Probabilities that an electron neutrino and an electron antineutrino keep their flavour."""

    neutrinos: float
    antineutrinos: float


class _Panels(NamedTuple):
    edges: Array
    times: Array
    emitted: Emission


@functools.lru_cache(maxsize=512)
def panels_of(star: Star, constants: WeakConstants = WEAK) -> _Panels:
    """Return the panels of time of a star [s], the times at which rates are wanted, and what it emits there."""
    edges = panel_edges(track_of(star.table, star.mass), pair_table(constants=constants).mean_energy) / star.speed
    times = panel_times(edges)
    return _Panels(edges, times, star.emission(times))


def spectra_at(star: Star, constants: WeakConstants, ratio: Array | None = None) -> Spectra:
    """Return the spectra of a star at the times of its panels."""
    return spectra_of(panels_of(star, constants).emitted, ratio, pair_table(constants=constants))


@functools.lru_cache(maxsize=512)
def _moments(star: Star, window: tuple[float, ...], constants: WeakConstants) -> tuple[Array, Array]:
    return elastic_moments(spectra_at(star, constants), RecoilWindow(*window), constants)


@functools.lru_cache(maxsize=512)
def _radiated(star: Star, constants: WeakConstants) -> tuple[dict[str, Array], dict[str, Array]]:
    return radiated_parts(spectra_at(star, constants), constants)


def radiated_parts(spectra: Spectra, constants: WeakConstants) -> tuple[dict[str, Array], dict[str, Array]]:
    """Return what photons add to cross sections [cm²], and its error: shape (2, ...) for each species."""
    means = np.stack(np.broadcast_arrays(*spectra[:2], spectra.pinching)[:2])
    found = {name: mean_radiated(means, spectra.pinching, name, constants) for name in SPECIES}
    return {name: value for name, (value, _) in found.items()}, {name: error for name, (_, error) in found.items()}


def photons_radiated(cross_section: str, qed: str, window: RecoilWindow) -> bool:
    """Return whether photons are to be added.

    Raises
    ------
    EvaluationError
        If they are, to a window of recoils or to couplings at tree level, for which there is no formula.
    """
    if qed == "off":
        return False
    whole = np.all(np.equal(window.recoil_min, 0.0)) and np.all(np.isinf(window.recoil_max))
    if not whole or np.any(window[2:]) or cross_section != "radiative":
        raise EvaluationError(
            "qed is 'on' with a window of recoils, a resolution, or couplings at tree level; photons are known for "
            "total cross sections with cross_section = 'radiative': recoil_min must be 0 MeV, recoil_max inf MeV, and "
            "each resolution 0"
        )
    return True


@functools.lru_cache(maxsize=512)
def _parts(star: Star, energy_min: float, constants: WeakConstants) -> tuple[Array, Array]:
    return inverse_beta_parts(spectra_at(star, constants), energy_min, constants)


@functools.lru_cache(maxsize=8)
def couplings_of(cross_section: str, constants: WeakConstants) -> Mapping[str, WeakCouplings]:
    """Return the couplings of all species."""
    if cross_section == "radiative":
        return {species: radiative_couplings(species, constants=constants) for species in SPECIES}
    return {species: tree_level_couplings(species) for species in SPECIES}


def elastic_curve(
    star: Star,
    ratio: Array,
    survival: Survival,
    scattering: tuple[str, str],
    window: tuple[float, ...],
    constants: WeakConstants,
) -> tuple[RateCurve, float]:
    """Return the rate of recoils that are counted in units of 1/(4π d²) [cm²/s per electron], and its relative error.

    Parameters
    ----------
    ratio
        Number of each of nu_mu and nu_tau over that of nu_e, at the times of the panels.
    scattering
        Couplings, ``"radiative"`` or ``"tree-level"``, and whether photons are radiated, ``"on"`` or ``"off"``.
    window
        The fields of a `RecoilWindow`.
    """
    panels, spectra = panels_of(star, constants), spectra_at(star, constants, ratio)
    moments, errors = _moments(star, window, constants)
    couplings = couplings_of(scattering[0], constants)
    sigma = elastic_cross_section(moments, spectra, survival, couplings, constants)
    error = moment_error(errors, spectra, couplings, constants)
    if photons_radiated(*scattering, RecoilWindow(*window)):
        more, off = (
            arriving_sum(part, survival, spectra.ratio, spectra.nue_to_antinue) for part in _radiated(star, constants)
        )
        sigma, error = sigma + more, error + off
    curve = RateCurve.through(panels.edges, panels.emitted.rate * np.maximum(sigma, 0.0))
    return curve, _relative(sigma, error)


def moment_error(
    errors: Array, spectra: Spectra, couplings: Mapping[str, WeakCouplings], constants: WeakConstants
) -> Array:
    """Return a bound of the error of the cross section, for any conversion of flavours."""
    largest: Any = 0.0
    for left, right in couplings.values():
        mixed = abs(left * right) * constants.electron_mass_energy
        terms = (left**2 + right**2, 2.0 * right**2, right**2, mixed)
        largest = np.maximum(largest, sum(term * error for term, error in zip(terms, errors, strict=True)))
    number = 1.0 + spectra.nue_to_antinue
    parts = number * largest[0] + 2.0 * number * spectra.ratio * largest[1]
    return np.asarray(constants.scattering_prefactor * parts)


def inverse_beta_curve(
    star: Star, ratio: Array, survival: float, prompt: float, constants: WeakConstants
) -> tuple[RateCurve, float]:
    """Return the rate of inverse beta decays in units of 1/(4π d²) [cm²/s per proton], and its relative error.

    Parameters
    ----------
    survival
        Probability that an electron antineutrino keeps its flavour.
    prompt
        Lowest prompt energy that is counted [MeV]; 0 counts all.
    """
    panels, spectra = panels_of(star, constants), spectra_at(star, constants, ratio)
    parts, errors = _parts(star, float(energy_of_prompt(prompt, constants)) if prompt > 0.0 else 0.0, constants)
    sigma = inverse_beta_cross_section(parts, spectra, survival)
    error = inverse_beta_cross_section(errors, spectra, survival)
    return RateCurve.through(panels.edges, panels.emitted.rate * sigma), _relative(sigma, error)


def _relative(value: Array, error: Array) -> float:
    """Return the largest relative error where there is anything."""
    some = value > 1e-200
    return float(np.max(error[some] / value[some], initial=0.0))


def events_between(curve: RateCurve, relative: float, start: Any, end: Any) -> tuple[Array, Array]:
    """Return what is counted in windows of time [s], and its error."""
    first, last = np.broadcast_arrays(checked("lead", start, NOT_NEGATIVE, "s"), np.asarray(end, dtype=float))
    value, error = curve.between(first, last)
    return value, error + relative * value


def checked_mixing(sine_squared: Any, name: str) -> Array:
    """Refuse a sine squared that is not from 0 to 1."""
    return checked(name, sine_squared, SHARE)

"""What one star emits at a time, and cross sections for what it emits, with words and tables of the grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridscan.errors import EvaluationError
from gridscan.models.presupernova.combinations import for_each_combination
from gridscan.models.presupernova.source import Source
from gridscan.models.presupernova.star_curves import couplings_of, moment_error, photons_radiated, radiated_parts
from gridscan.numerics.significance import exposure_factor_needed
from gridscan.physics.neutrinos.flavour_conversion import arriving_sum
from gridscan.physics.neutrinos.inverse_beta import energy_of_prompt
from gridscan.physics.neutrinos.radiative_scattering import total_cross_section
from gridscan.physics.neutrinos.recoil_spectrum import spectrum_moments, with_couplings
from gridscan.physics.neutrinos.recoil_window import window_moments_of_line
from gridscan.physics.neutrinos.thermal_pairs import heavy_flavours, pair_table
from gridscan.physics.presupernova import event_rates, luminosity
from gridscan.physics.presupernova.luminosity_table import is_held
from gridscan.units import convert, parse_unit

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridscan.models.presupernova.kernels import CountedWindow, PositronCounting, Scattering
    from gridscan.physics.constants import WeakConstants

Array = NDArray[np.floating[Any]]
ValueAndError = tuple[Array, Array]

#: [MeV].
ERG = float(convert(1.0, parse_unit("erg"), parse_unit("MeV")))

#: Species at the Earth: nu_mu and nu_tau arrive together.
SPECIES = {
    "nue": {"electron_flavour": 1, "antineutrino": 0},
    "numutau": {"electron_flavour": 0, "antineutrino": 0},
    "nuebar": {"electron_flavour": 1, "antineutrino": 1},
    "numutaubar": {"electron_flavour": 0, "antineutrino": 1},
}


class EmittedSpectra(NamedTuple):
    """Spectra of what a star emits at a time [MeV]."""

    mean_energy: Any
    heavy_flavour_mean_energy: Any
    pinching: Any
    heavy_flavour_ratio: Any
    nue_to_antinue: Any

    @property
    def spectra(self) -> event_rates.Spectra:
        """The same for the formulas."""
        return event_rates.Spectra(*self)


def emitted(source: Source, mass: Any, time: Any) -> luminosity.Emission:
    """Return what stars emit at times [s]; a ratio or a hardness of flavours that the table lacks is NaN."""

    def evaluate(*values: Any) -> tuple[Array, ...]:
        speed = _speeds(Source(*values), mass)
        found = luminosity.emission(Source(*values).table, mass, speed * time)
        others, hardness = (
            np.full(found.rate.shape, np.nan) if column is None else column
            for column in (found.nux_to_nue, found.nux_hardness)
        )
        shining = (speed * found.luminosity, found.mean_energy, found.pinching, speed * found.rate)
        return (*shining, others, found.nue_to_antinue, hardness)

    return luminosity.Emission(*for_each_combination(evaluate, *source.needed))


def _speeds(source: Source, mass: Any) -> Array:
    """Return how many times faster than their progenitors stars are, for a single source."""
    if not source.scaled:
        return np.asarray(1.0)
    distinct, place = np.unique(np.asarray(mass, dtype=float), return_inverse=True)
    return np.array([source.speed(one) for one in distinct])[place].reshape(np.shape(mass))


def ratio_of_flavours(source: Source, mass: Any, time: Any, constants: WeakConstants) -> Array:
    """Return the number of nu_mu, or nu_tau, over that of nu_e at times [s]."""
    found = emitted(source, mass, time)
    thermal, _ = heavy_flavours(found.mean_energy, pair_table(constants=constants))
    others = np.asarray(found.nux_to_nue, dtype=float)
    return np.where(np.isnan(others), thermal, others)


def heavy_flavour_mean_energy(
    source: Source, mass: Any, time: Any, mean_energy: Any, constants: WeakConstants
) -> Array:
    """Return the mean energy of nu_mu and nu_tau [MeV] at times [s]."""
    hardness = np.asarray(emitted(source, mass, time).nux_hardness, dtype=float)
    _, thermal = heavy_flavours(mean_energy, pair_table(constants=constants))
    return np.asarray(np.where(np.isnan(hardness), thermal, hardness) * mean_energy)


def remaining(what: Callable[..., Array], source: Source, mass: Any, time: Any) -> Array:
    """Return the energy [MeV], or the number, of electron antineutrinos that stars emit from a time [s] to collapse.

    Parameters
    ----------
    what
        `luminosity.energy_between` or `luminosity.number_between`.
    """

    def evaluate(*values: Any) -> tuple[Array]:
        one = Source(*values)
        return (what(one.table, mass, 0.0, _speeds(one, mass) * time),)

    return for_each_combination(evaluate, *source.needed)[0]


def is_outside(source: Source, mass: Any) -> Array:
    """Return 1 where stars are taken for the nearest progenitor, otherwise 0."""

    def evaluate(*values: Any) -> tuple[Array]:
        return (is_held(Source(*values).table, mass).astype(float),)

    return for_each_combination(evaluate, *source.needed)[0]


def recoil_cross_section(
    spectra: event_rates.Spectra, scattering: Scattering, counting: CountedWindow, survival: tuple[Any, Any]
) -> ValueAndError:
    """Return the cross section of an electron for all that arrives per antineutrino emitted [cm²], and its error."""
    constants = counting.constants
    moments, errors = event_rates.elastic_moments(spectra, counting.window, constants)

    def evaluate(word: Any, qed: Any) -> ValueAndError:
        couplings = couplings_of(str(word), constants)
        value = event_rates.elastic_cross_section(moments, spectra, survival, couplings, constants)
        error = moment_error(errors, spectra, couplings, constants)
        if not photons_radiated(str(word), str(qed), counting.window):
            return value, error
        parts = radiated_parts(spectra, constants)
        more, off = (arriving_sum(part, survival, spectra.ratio, spectra.nue_to_antinue) for part in parts)
        return value + more, error + off

    value, error = for_each_combination(evaluate, *scattering)
    return np.maximum(value, 0.0), error


def recoil_spectrum(
    spectra: event_rates.Spectra,
    recoil: Any,
    scattering: Scattering,
    survival: tuple[Any, Any],
    constants: WeakConstants,
) -> Array:
    """Return the spectrum of recoils of an electron per antineutrino emitted [cm²/MeV].

    Raises
    ------
    EvaluationError
        If photons are to be radiated, which are known for total cross sections only.
    """
    means = np.stack(np.broadcast_arrays(*spectra[:2], spectra.pinching)[:2])
    moments = spectrum_moments(recoil, means, spectra.pinching, constants)

    def evaluate(word: Any, qed: Any) -> tuple[Array]:
        if str(qed) != "off":
            raise EvaluationError("qed is 'on'; photons are known for total cross sections, not for spectra of recoils")
        couplings = couplings_of(str(word), constants)
        return (event_rates.elastic_cross_section(moments, spectra, survival, couplings, constants),)

    return for_each_combination(evaluate, *scattering)[0]


def positron_cross_section(spectra: event_rates.Spectra, counting: PositronCounting) -> ValueAndError:
    """Return the cross section of a proton per antineutrino emitted [cm²], and its error."""
    prompt = np.asarray(counting.energy_min_prompt)
    lowest = np.where(prompt > 0.0, energy_of_prompt(prompt, counting.constants), 0.0)
    value, error = (
        event_rates.inverse_beta_cross_section(parts, spectra, counting.antineutrino_survival)
        for parts in event_rates.inverse_beta_parts(spectra, lowest, counting.constants)
    )
    return value, error


def arriving_spectrum(
    energy: Any, spectra: event_rates.Spectra, survival: tuple[Any, Any], electron: Any, anti: Any
) -> Array:
    """Return the spectrum of a species at the Earth per antineutrino emitted [1/MeV]."""
    return event_rates.arriving_spectrum(energy, spectra, survival, np.asarray(electron) > 0.5, np.asarray(anti) > 0.5)


def scattering_cross_section(
    energy: Any, scattering: Scattering, counting: CountedWindow, electron: Any, anti: Any
) -> Array:
    """Return the cross section of an electron for one neutrino of one energy [cm²]."""
    window, constants = counting.window.checked(), counting.constants
    moments, _ = window_moments_of_line(energy, window, constants)

    def evaluate(word: Any, qed: Any, electron: Any, anti: Any) -> tuple[Array]:
        name = ("nue" if electron > 0.5 else "nux") + ("bar" if anti > 0.5 else "")
        if photons_radiated(str(word), str(qed), window):
            return (total_cross_section(energy, name, constants=constants)[0] * np.ones(moments.shape[1:]),)
        return (with_couplings(moments, couplings_of(str(word), constants)[name], constants),)

    return for_each_combination(evaluate, *scattering, electron, anti)[0]


def required_mass(signal: Any, background: Any, background_error: Any, significance: Any, mass: Any) -> Array:
    """Return the mass with which a significance is reached, in the unit of the mass; infinite where none suffices."""
    factor = exposure_factor_needed(signal, background, background_error, significance)
    return np.where(np.isfinite(factor), factor * mass, np.inf)


def horizon(seen: ValueAndError, needed: ValueAndError) -> ValueAndError:
    """Return the distance at which a star gives the events that are needed, and its error.

    Parameters
    ----------
    seen
        Events at the distance 1 times 4π, and their error.
    needed
        Events that are needed, above zero, and their error.
    """
    (events, off), (least, less) = seen, needed
    far = np.sqrt(events / (4.0 * np.pi * least))
    # Both errors at their worst, without a difference of two numbers that hardly differ.
    share = np.divide(off, events, out=np.zeros_like(far), where=events > 0.0)
    alone = np.where(events > 0.0, 0.0, np.sqrt(off / (4.0 * np.pi * least)))
    return far, 0.5 * far * (share + less / np.maximum(least - less, 0.5 * least)) + alone


def yield_for(events: Any, distance: Any, targets: Any) -> Array:
    """Return the yield [cm²] that gives events of a star at a distance [cm]; infinite without targets."""
    return np.where(targets > 0.0, 4.0 * np.pi * distance**2 * events / targets, np.inf)

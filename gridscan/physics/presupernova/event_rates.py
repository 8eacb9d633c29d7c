"""From what a star emits to what a detector counts: scattering on electrons and inverse beta decay, by flavour.

For each electron antineutrino that is emitted, neutrinos of both flavours (nu_e, and nu_mu and nu_tau together) arrive
with the spectra of both (that of nu_e, and the harder one of nu_mu and nu_tau), and so do antineutrinos. Cross sections
are summed over these eight parts; rates are

    targets × (antineutrinos emitted per time)/(4 π d^2) × cross section per antineutrino emitted.

Sources: Odrzywolek, Misiaszek & Kutschera 2004, Astropart. Phys. 21, 303, for the detection of neutrinos before
collapse; Dighe & Smirnov 2000, Phys. Rev. D 62, 033007, for the conversion of flavours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln, xlogy

from gridscan.numerics.ranges import NOT_NEGATIVE, checked
from gridscan.numerics.unit_arguments import in_units
from gridscan.physics.constants import WEAK, WeakConstants
from gridscan.physics.neutrinos import inverse_beta
from gridscan.physics.neutrinos.flavour_conversion import arriving_parts, arriving_sum
from gridscan.physics.neutrinos.recoil_spectrum import with_couplings
from gridscan.physics.neutrinos.recoil_window import window_moments
from gridscan.physics.neutrinos.thermal_pairs import PairEmission, heavy_flavours

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridscan.physics.neutrinos.electron_scattering import WeakCouplings
    from gridscan.physics.neutrinos.measured_recoil import RecoilWindow
    from gridscan.physics.presupernova.luminosity import Emission

__all__ = [
    "Spectra",
    "arriving_spectrum",
    "elastic_cross_section",
    "elastic_moments",
    "inverse_beta_cross_section",
    "inverse_beta_parts",
    "rate_of_all_flavours",
    "spectra_of",
]

FloatArray = NDArray[np.floating[Any]]


@in_units(mean_energy="MeV", mean_energy_others="MeV")
class Spectra(NamedTuple):
    """Spectra of the flavours that a star emits: arrays of one shape.

    Attributes
    ----------
    mean_energy
        Of electron neutrinos and antineutrinos [MeV].
    mean_energy_others
        Of each of the others [MeV].
    pinching
        alpha of all, dimensionless.
    ratio
        Number of each of nu_mu and nu_tau over that of nu_e, dimensionless.
    nue_to_antinue
        Number of nu_e over that of their antineutrinos, dimensionless.
    """

    mean_energy: Any
    mean_energy_others: Any
    pinching: Any
    ratio: Any
    nue_to_antinue: Any


def spectra_of(
    emitted: Emission, heavy_flavour_ratio: ArrayLike | None = None, table: PairEmission | None = None
) -> Spectra:
    """Return the spectra of all flavours at times before collapse.

    Parameters
    ----------
    emitted
        What a star emits, see `gridscan.physics.presupernova.luminosity.emission`.
    heavy_flavour_ratio
        Number of each of nu_mu and nu_tau over that of nu_e, 0 or more; that of the tracks, or else of thermal pairs,
        by default.
    table
        Table of thermal pairs; that of `gridscan.physics.neutrinos.thermal_pairs` by default.

    Returns
    -------
    Spectra
        The hardness of nu_mu and nu_tau is that of the tracks, or else of thermal pairs, whatever their number.

    Raises
    ------
    EvaluationError
        If a ratio is negative or not finite.

    Notes
    -----
    Source: see `gridscan.physics.neutrinos.thermal_pairs`.

    Examples
    --------
    >>> from gridscan.physics.presupernova.event_rates import spectra_of
    >>> from gridscan.physics.presupernova.luminosity import emission
    >>> from gridscan.stellar_tables.neutrino_tracks import shipped_luminosity_table
    >>> spectra = spectra_of(emission(shipped_luminosity_table(), 15.0, 86400.0))
    >>> print(f"{spectra.mean_energy:.2f} MeV, {spectra.mean_energy_others:.2f} MeV, {spectra.ratio:.2f}")
    1.29 MeV, 1.38 MeV, 0.14
    """
    ratio, hardness = heavy_flavours(emitted.mean_energy, table)
    if emitted.nux_to_nue is not None:
        ratio = emitted.nux_to_nue
    if emitted.nux_hardness is not None:
        hardness = emitted.nux_hardness
    if heavy_flavour_ratio is not None:
        ratio = checked("heavy_flavour_ratio", heavy_flavour_ratio, NOT_NEGATIVE)
    return Spectra(emitted.mean_energy, hardness * emitted.mean_energy, emitted.pinching, ratio, emitted.nue_to_antinue)


def rate_of_all_flavours(rate: Any, ratio: Any, nue_to_antinue: Any = 1.0) -> Any:
    """Return the neutrinos and antineutrinos of all flavours per time.

    Parameters
    ----------
    rate
        Electron antineutrinos per time.
    ratio
        Number of each of nu_mu and nu_tau over that of nu_e, of which there are as many antineutrinos.
    nue_to_antinue
        Number of nu_e over that of their antineutrinos.

    Returns
    -------
    array or quantity
        In the unit of `rate`; all arguments broadcast.

    Notes
    -----
    Ndot (1 + q + 4 q r), with q nu_e for each antineutrino: 2 Ndot (1 + 2 r) for q = 1.

    Examples
    --------
    >>> from gridscan.physics.presupernova.event_rates import rate_of_all_flavours
    >>> round(rate_of_all_flavours(1.0, 0.05), 12)
    2.2
    """
    return rate * (1.0 + nue_to_antinue + 4.0 * nue_to_antinue * ratio)


def elastic_moments(
    spectra: Spectra, window: RecoilWindow, constants: WeakConstants = WEAK
) -> tuple[FloatArray, FloatArray]:
    """Return the moments of the recoils that are counted, for the spectra of nu_e and of the others.

    They know neither couplings nor ordering nor the mass of a detector, and are what is dear in a rate.

    Parameters
    ----------
    spectra
        Of the flavours.
    window
        The recoils that are counted.
    constants
        Constants of nature.

    Returns
    -------
    values, errors : numpy.ndarray
        Shape (4, 2, ...) [MeV], the last of the four [1]; see
        `gridscan.physics.neutrinos.recoil_window.window_moments`.

    Raises
    ------
    EvaluationError
        If an argument is outside its range.

    Notes
    -----
    Sources: see `gridscan.physics.neutrinos.recoil_spectrum`.

    Examples
    --------
    >>> from gridscan.physics.neutrinos.measured_recoil import RecoilWindow
    >>> from gridscan.physics.presupernova.event_rates import Spectra, elastic_moments
    >>> elastic_moments(Spectra(0.65, 0.69, 12.3, 0.045, 1.0), RecoilWindow(0.2))[0].shape
    (4, 2)
    """
    means = np.stack(np.broadcast_arrays(spectra.mean_energy, spectra.mean_energy_others, spectra.pinching)[:2])
    return window_moments(means, spectra.pinching, window, constants)


def elastic_cross_section(
    moments: ArrayLike,
    spectra: Spectra,
    survival: tuple[ArrayLike, ArrayLike],
    couplings: Mapping[str, WeakCouplings],
    constants: WeakConstants = WEAK,
) -> FloatArray:
    """Return the cross section of an electron, summed over all that arrives for each electron antineutrino emitted.

    Parameters
    ----------
    moments
        Shape (4, 2, ...), see `elastic_moments`.
    spectra
        Of the flavours.
    survival
        p and p-bar, see `gridscan.physics.neutrinos.flavour_conversion`, arrays that broadcast.
    couplings
        Of ``"nue"``, ``"nux"``, ``"nuebar"`` and ``"nuxbar"``, see `gridscan.physics.neutrinos.weak_couplings`.
    constants
        Constants of nature.

    Returns
    -------
    numpy.ndarray
        [cm^2]; all arguments broadcast.

    Notes
    -----
    Eight terms: two flavours with two spectra, of neutrinos and of antineutrinos.
    Source: Dighe & Smirnov 2000, Phys. Rev. D 62, 033007.

    Examples
    --------
    Above 0.2 MeV conversion halves what is seen of carbon burning [cm^2]:

    >>> from gridscan.physics.neutrinos.flavour_conversion import survival_probabilities
    >>> from gridscan.physics.neutrinos.measured_recoil import RecoilWindow
    >>> from gridscan.physics.neutrinos.weak_couplings import SPECIES, radiative_couplings
    >>> from gridscan.physics.presupernova.event_rates import Spectra, elastic_cross_section, elastic_moments
    >>> spectra = Spectra(0.65, 0.69, 12.3, 0.045, 1.0)
    >>> moments, _ = elastic_moments(spectra, RecoilWindow(0.2))
    >>> couplings = {species: radiative_couplings(species) for species in SPECIES}
    >>> for ordering in ("none", "normal", "inverted"):
    ...     sigma = elastic_cross_section(moments, spectra, survival_probabilities(ordering), couplings)
    ...     print(f"{sigma:.2e}")
    2.91e-45
    1.29e-45
    1.65e-45
    """
    sigma = {name: with_couplings(moments, couplings[name], constants) for name in couplings}
    return arriving_sum(sigma, survival, spectra.ratio, spectra.nue_to_antinue)


@in_units(energy_min="MeV")
def inverse_beta_parts(
    spectra: Spectra, energy_min: ArrayLike = 0.0, constants: WeakConstants = WEAK
) -> tuple[FloatArray, FloatArray]:
    """Return the cross sections of a proton averaged over the spectra of nu_e and of the others.

    Parameters
    ----------
    spectra
        Of the flavours.
    energy_min
        Lowest energy of the antineutrinos that are counted [MeV]; 0 counts all.
    constants
        Constants of nature.

    Returns
    -------
    values, errors : numpy.ndarray
        Shape (2, ...) [cm^2], see `gridscan.physics.neutrinos.inverse_beta.mean_cross_section`.

    Raises
    ------
    EvaluationError
        If an argument is outside its range.

    Notes
    -----
    Source: Strumia & Vissani 2003, Phys. Lett. B 564, 42.

    Examples
    --------
    >>> from gridscan.physics.presupernova.event_rates import Spectra, inverse_beta_parts
    >>> values, _ = inverse_beta_parts(Spectra(1.3, 1.38, 4.0, 0.14, 1.0))
    >>> print(" ".join(f"{sigma:.2e}" for sigma in values))
    1.56e-44 2.14e-44
    """
    means = np.stack(np.broadcast_arrays(spectra.mean_energy, spectra.mean_energy_others, spectra.pinching)[:2])
    return inverse_beta.mean_cross_section(means, spectra.pinching, energy_min, constants)


def inverse_beta_cross_section(parts: ArrayLike, spectra: Spectra, survival: ArrayLike) -> FloatArray:
    """Return the cross section of a proton for the nu_e-bar that arrive for each one emitted.

    Parameters
    ----------
    parts
        Shape (2, ...), see `inverse_beta_parts`.
    spectra
        Of the flavours.
    survival
        p-bar, see `gridscan.physics.neutrinos.flavour_conversion`.

    Returns
    -------
    numpy.ndarray
        [cm^2]; all arguments broadcast.

    Notes
    -----
    p-bar sigma_e + (1 - p-bar) r sigma_x. Source: Dighe & Smirnov 2000, Phys. Rev. D 62, 033007.

    Examples
    --------
    Inverted ordering sees what was nu_mu or nu_tau [cm^2]:

    >>> from gridscan.physics.presupernova.event_rates import Spectra, inverse_beta_cross_section, inverse_beta_parts
    >>> spectra = Spectra(1.3, 1.38, 4.0, 0.14, 1.0)
    >>> sigma = inverse_beta_cross_section(inverse_beta_parts(spectra)[0], spectra, [0.677, 0.022])
    >>> print(" ".join(f"{value:.2e}" for value in sigma))
    1.15e-44 3.28e-45
    """
    own, other = np.asarray(parts, dtype=float)
    part = arriving_parts(survival, np.asarray(spectra.nue_to_antinue, dtype=float) * spectra.ratio)
    return np.asarray(part[0, 0] * own + part[0, 1] * other)


def arriving_spectrum(
    energy: ArrayLike, spectra: Spectra, survival: tuple[ArrayLike, ArrayLike], electron: ArrayLike, anti: ArrayLike
) -> FloatArray:
    """Return the spectrum of one species at the Earth for each electron antineutrino emitted.

    Parameters
    ----------
    energy
        [MeV], 0 or more.
    spectra
        Of the flavours.
    survival
        p and p-bar, see `gridscan.physics.neutrinos.flavour_conversion`.
    electron
        Whether the species is of the electron flavour; else it is nu_mu and nu_tau together.
    anti
        Whether it is of antineutrinos.

    Returns
    -------
    numpy.ndarray
        [1/MeV]; all arguments broadcast. Its integral is the number that arrives for each antineutrino emitted.

    Raises
    ------
    EvaluationError
        If an energy is negative or not finite.

    Notes
    -----
    Two parts, those of nu_e and of the others, each with its own pinched spectrum. Sources: Dighe & Smirnov 2000, Phys.
    Rev. D 62, 033007; Keil, Raffelt & Janka 2003, ApJ 590, 971.

    Examples
    --------
    Electron neutrinos of carbon burning in normal ordering are those that were nu_mu or nu_tau:

    >>> from gridscan.physics.presupernova.event_rates import Spectra, arriving_spectrum
    >>> spectra = Spectra(0.65, 0.69, 12.3, 0.045, 1.0)
    >>> arriving_spectrum(0.6, spectra, (0.0222, 0.6771), [True, False], False).round(3)
    array([0.145, 2.358])
    """
    neutrino = checked("energy", energy, NOT_NEGATIVE, "MeV")
    q = np.asarray(spectra.nue_to_antinue, dtype=float)
    is_anti, is_electron = np.asarray(anti, dtype=bool), np.asarray(electron, dtype=bool)
    antineutrinos = arriving_parts(survival[1], q * spectra.ratio)
    neutrinos = arriving_parts(survival[0], spectra.ratio)
    alpha = np.asarray(spectra.pinching, dtype=float)
    total: FloatArray = np.asarray(0.0)
    for part, mean in enumerate((spectra.mean_energy, spectra.mean_energy_others)):
        with_anti, without = (
            np.where(is_electron, parts[0, part], parts[1, part]) for parts in (antineutrinos, neutrinos)
        )
        share = np.where(is_anti, with_anti, q * without)
        per_energy = (alpha + 1.0) / mean
        x = per_energy * neutrino
        total = total + share * per_energy * np.exp(xlogy(alpha, x) - x - gammaln(alpha + 1.0))
    return np.asarray(total)

"""Spectrum of recoiling electrons struck by neutrinos of a pinched spectrum, in closed form.

The cross section dsigma/dT depends on the energy E of the neutrino only as E^0, E^-1 and E^-2, so that its average over

    phi(E) = b^(alpha + 1) E^alpha exp(-b E)/Γ(alpha + 1),   b = (alpha + 1)/<E>

above the lowest energy E_min(T) is made of Q_k = ∫ phi E^-k dE = b^k Γ(alpha + 1 - k, b E_min)/Γ(alpha + 1).

Sources: Keil, Raffelt & Janka 2003, ApJ 590, 971, for the spectrum; 't Hooft 1971, Phys. Lett. B 37, 195, for the cross
section.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincc, gammaln, xlogy

from gridscan.numerics.ranges import NOT_NEGATIVE, POSITIVE, Range, checked
from gridscan.numerics.unit_arguments import in_units
from gridscan.physics.constants import WEAK, WeakConstants
from gridscan.physics.neutrinos.electron_scattering import WeakCouplings, minimum_energy

__all__ = ["PINCHING", "highest_energy", "recoil_spectrum", "spectrum_moments", "with_couplings"]

FloatArray = NDArray[np.floating[Any]]

#: What the closed form holds for; the spectra of stars before they collapse have alpha > 2.5.
PINCHING = Range(above=1.0)


@in_units(recoil="MeV", mean_energy="MeV")
def spectrum_moments(
    recoil: ArrayLike, mean_energy: ArrayLike, pinching: ArrayLike, constants: WeakConstants = WEAK
) -> FloatArray:
    """Return the moments Q_0, T Q_1, T^2 Q_2 and T Q_2 of the neutrinos that can give an electron a kinetic energy.

    Parameters
    ----------
    recoil
        Kinetic energy T of the electron [MeV], 0 or more.
    mean_energy
        Mean energy <E> of the neutrinos [MeV], above zero.
    pinching
        alpha, above 1, dimensionless.
    constants
        Constants of nature.

    Returns
    -------
    numpy.ndarray
        Shape (4, ...), the last of them [1/MeV]; the other axes are those to which the arguments broadcast.

    Raises
    ------
    EvaluationError
        If an argument is outside its range.

    Notes
    -----
    With x = b E_min(T) and the regularised Q(a, x) = Γ(a, x)/Γ(a): Q_0 = Q(alpha + 1, x), Q_1 = Q(alpha, x) b/alpha and
    Q_2 = Q(alpha - 1, x) b^2/(alpha (alpha - 1)); of Q(a + 1, x) = Q(a, x) + x^a exp(-x)/Γ(a + 1) no term is negative.
    Source: DLMF 8.8.6; Keil, Raffelt & Janka 2003, ApJ 590, 971.

    Examples
    --------
    The share of the neutrinos of carbon burning that can give an electron more than 0.55 MeV:

    >>> from gridscan.physics.neutrinos.recoil_spectrum import spectrum_moments
    >>> round(float(spectrum_moments(0.55, 0.65, 12.3)[0]), 2)
    0.28
    """
    kinetic = checked("recoil", recoil, NOT_NEGATIVE, "MeV")
    mean = checked("mean_energy", mean_energy, POSITIVE, "MeV")
    alpha = checked("pinching", pinching, PINCHING)
    per_energy = (alpha + 1.0) / mean
    x = per_energy * minimum_energy(kinetic, constants)
    share = gammaincc(alpha - 1.0, x)
    step = np.exp(xlogy(alpha - 1.0, x) - x - gammaln(alpha))
    q_2 = share * per_energy**2 / (alpha * (alpha - 1.0))
    q_1 = (share + step) * per_energy / alpha
    q_0 = share + step + step * x / alpha
    return np.stack(np.broadcast_arrays(q_0, kinetic * q_1, kinetic**2 * q_2, kinetic * q_2))


def with_couplings(moments: ArrayLike, couplings: WeakCouplings, constants: WeakConstants = WEAK) -> FloatArray:
    """Return the cross section that follows from moments of the neutrinos, for one pair of couplings.

    Parameters
    ----------
    moments
        Shape (4, ...): those of `spectrum_moments`, or integrals of them over the recoil.
    couplings
        g_L and g_R, numbers or arrays that broadcast against the other axes.
    constants
        Constants of nature.

    Returns
    -------
    numpy.ndarray
        [cm^2/MeV], or [cm^2] where the moments are integrals [MeV].

    Notes
    -----
    K {(g_L^2 + g_R^2) M_0 - 2 g_R^2 M_1 + g_R^2 M_2 - g_L g_R m_e M_3} with K = 2 G_F^2 m_e (ħc)^2/π.
    Source: 't Hooft 1971, Phys. Lett. B 37, 195, its terms sorted by powers of the energy.

    Examples
    --------
    Where all neutrinos are far above the electron mass, the cross section per recoil is K (g_L^2 + g_R^2) at T = 0:

    >>> from gridscan.physics.neutrinos.recoil_spectrum import with_couplings
    >>> from gridscan.physics.neutrinos.weak_couplings import tree_level_couplings
    >>> print(f"{with_couplings([1.0, 0.0, 0.0, 0.0], tree_level_couplings('nue')):.2e} cm^2/MeV")
    1.01e-44 cm^2/MeV
    """
    m_0, m_1, m_2, m_3 = np.asarray(moments, dtype=float)
    left, right = (np.asarray(coupling, dtype=float) for coupling in couplings)
    square = right**2
    mixed = left * right * constants.electron_mass_energy
    return np.asarray(
        constants.scattering_prefactor * ((left**2 + square) * m_0 - 2.0 * square * m_1 + square * m_2 - mixed * m_3)
    )


@in_units(recoil="MeV", mean_energy="MeV")
def recoil_spectrum(
    recoil: ArrayLike,
    mean_energy: ArrayLike,
    pinching: ArrayLike,
    couplings: WeakCouplings,
    constants: WeakConstants = WEAK,
) -> FloatArray:
    """Return the spectrum of recoils of one electron in neutrinos of unit flux.

    Parameters
    ----------
    recoil
        Kinetic energy T of the electron [MeV], 0 or more.
    mean_energy
        Mean energy <E> of the neutrinos [MeV], above zero.
    pinching
        alpha, above 1, dimensionless.
    couplings
        g_L and g_R, numbers or arrays that broadcast.
    constants
        Constants of nature.

    Returns
    -------
    numpy.ndarray
        [cm^2/MeV]; all arguments broadcast.

    Raises
    ------
    EvaluationError
        If an argument is outside its range.

    Notes
    -----
    dR/dT = K {(g_L^2 + g_R^2) Q_0 - 2 g_R^2 T Q_1 + (g_R^2 T^2 - g_L g_R m_e T) Q_2}, see `spectrum_moments`.
    Sources: Keil, Raffelt & Janka 2003, ApJ 590, 971; 't Hooft 1971, Phys. Lett. B 37, 195.

    Examples
    --------
    Recoils of carbon burning at 0.05, 0.2 and 0.5 MeV:

    >>> from gridscan.physics.neutrinos.recoil_spectrum import recoil_spectrum
    >>> from gridscan.physics.neutrinos.weak_couplings import radiative_couplings
    >>> spectrum = recoil_spectrum([0.05, 0.2, 0.5], 0.65, 12.3, radiative_couplings("nue"))
    >>> print(" ".join(f"{value:.2e}" for value in spectrum))
    9.57e-45 8.41e-45 3.10e-45
    """
    return with_couplings(spectrum_moments(recoil, mean_energy, pinching, constants), couplings, constants)


@in_units(mean_energy="MeV", lowest="MeV")
def highest_energy(mean_energy: ArrayLike, pinching: ArrayLike, lowest: ArrayLike = 0.0) -> FloatArray:
    """Return an energy above which a pinched spectrum holds nothing that double precision can see.

    Parameters
    ----------
    mean_energy
        Mean energy <E> [MeV].
    pinching
        alpha, dimensionless.
    lowest
        Energy [MeV] from which on neutrinos are counted.

    Returns
    -------
    numpy.ndarray
        [MeV]; less than 1e-19 of the neutrinos above `lowest`, each weighted by E^4 or less, are above.

    Notes
    -----
    b E = the larger of alpha + 61 + 12 sqrt(alpha + 1) and x + 55 + 12 sqrt(x), x = b times `lowest`: the tail of a
    gamma distribution. Source: DLMF 8.11.2.

    Examples
    --------
    >>> from gridscan.physics.neutrinos.recoil_spectrum import highest_energy
    >>> print(f"{highest_energy(0.65, 12.3):.1f} MeV")
    5.7 MeV
    """
    alpha = np.asarray(pinching, dtype=float)
    per_energy = (alpha + 1.0) / np.asarray(mean_energy, dtype=float)
    x = per_energy * lowest
    return np.asarray(np.maximum(alpha + 61.0 + 12.0 * np.sqrt(alpha + 1.0), x + 55.0 + 12.0 * np.sqrt(x)) / per_energy)

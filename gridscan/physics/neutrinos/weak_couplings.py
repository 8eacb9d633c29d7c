"""Weak couplings of the electron to each kind of neutrino, at tree level and with radiative corrections.

Source: Bahcall, Kamionkowski & Sirlin 1995, Phys. Rev. D 51, 6146, for the radiative corrections, whose dependence on
the kinetic energy T of the recoil enters through

    I(T) = {1/3 + (3 - x^2) [(x/2) ln((x + 1)/(x - 1)) - 1]}/6,   x = sqrt(1 + 2 m_e/T)
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridscan.errors import EvaluationError, nearest
from gridscan.numerics.ranges import POSITIVE, checked
from gridscan.numerics.unit_arguments import in_units
from gridscan.physics.constants import WEAK, WeakConstants
from gridscan.physics.neutrinos.electron_scattering import WeakCouplings

__all__ = [
    "RECOIL_OF_COUPLINGS",
    "SINE_SQUARED",
    "SPECIES",
    "radiative_couplings",
    "radiative_function",
    "tree_level_couplings",
]

FloatArray = NDArray[np.floating[Any]]

#: Electron neutrino, one of the muon and tau neutrinos, which are alike, and their antineutrinos.
SPECIES = ("nue", "nux", "nuebar", "nuxbar")
#: sin^2(theta_W) at tree level, MS-bar at M_Z (Navas et al. 2024 (Particle Data Group), Phys. Rev. D 110, 030001).
SINE_SQUARED = 0.23122
#: Kinetic energy of the recoil [MeV] at which the radiative couplings are taken for all recoils.
RECOIL_OF_COUPLINGS = 0.3

# rho and sin^2(theta_W) of Bahcall, Kamionkowski & Sirlin 1995, and kappa = constant + slope × I(T) by flavour.
_RHO, _SINE_SQUARED = 1.0126, 0.2317
_KAPPA = {"e": (0.9791, 0.0097), "x": (0.9970, -0.00037)}
_SERIES_FROM, _TERMS = 3.0, 20


def tree_level_couplings(species: str, sine_squared: float = SINE_SQUARED) -> WeakCouplings:
    """Return the couplings of the electron to a neutrino at tree level.

    Parameters
    ----------
    species
        One of `SPECIES`.
    sine_squared
        sin^2(theta_W), dimensionless.

    Returns
    -------
    WeakCouplings
        g_L = sin^2(theta_W) + 1/2 for nu_e and - 1/2 for nu_x, g_R = sin^2(theta_W), exchanged for antineutrinos.

    Raises
    ------
    EvaluationError
        If the species is unknown.

    Notes
    -----
    Source: 't Hooft 1971, Phys. Lett. B 37, 195.

    Examples
    --------
    >>> from gridscan.physics.neutrinos.weak_couplings import tree_level_couplings
    >>> tree_level_couplings("nuebar")
    WeakCouplings(left_coupling=0.23122, right_coupling=0.73122)
    """
    flavour, antineutrino = _flavour(species)
    left = sine_squared + (0.5 if flavour == "e" else -0.5)
    return WeakCouplings(sine_squared, left) if antineutrino else WeakCouplings(left, sine_squared)


@in_units(recoil="MeV")
def radiative_couplings(
    species: str, recoil: ArrayLike = RECOIL_OF_COUPLINGS, constants: WeakConstants = WEAK
) -> WeakCouplings:
    """Return the couplings of the electron to a neutrino with electroweak corrections.

    Parameters
    ----------
    species
        One of `SPECIES`.
    recoil
        Kinetic energy T of the electron [MeV]. Total cross sections with the couplings at 0.3 MeV are within 2.1e-4
        below 1.5 MeV, and within 1.5e-3 at 10 MeV, of those with couplings that run with T.
    constants
        Constants of nature.

    Returns
    -------
    WeakCouplings
        Of the shape of `recoil`.

    Raises
    ------
    EvaluationError
        If the species is unknown, or a recoil is not above zero.

    Notes
    -----
    g_L = rho (1/2 - kappa_e s^2) - 1 for nu_e and rho (1/2 - kappa_x s^2) for nu_x, g_R = -rho kappa s^2, exchanged
    for antineutrinos, with rho = 1.0126, s^2 = 0.2317, kappa_e = 0.9791 + 0.0097 I(T) and kappa_x = 0.9970 -
    0.00037 I(T). All signs are opposite to those at tree level, which no cross section sees.
    Source: Bahcall, Kamionkowski & Sirlin 1995, Phys. Rev. D 51, 6146.

    Examples
    --------
    >>> from gridscan.physics.neutrinos.weak_couplings import radiative_couplings
    >>> left, right = radiative_couplings("nue")
    >>> print(f"{left:.5f} {right:.5f}")
    -0.72350 -0.22980
    """
    flavour, antineutrino = _flavour(species)
    constant, slope = _KAPPA[flavour]
    mixing = _RHO * _SINE_SQUARED * (constant + slope * radiative_function(recoil, constants))
    left, right = 0.5 * _RHO - mixing - (1.0 if flavour == "e" else 0.0), -mixing
    return WeakCouplings(right, left) if antineutrino else WeakCouplings(left, right)


@in_units(recoil="MeV")
def radiative_function(recoil: ArrayLike, constants: WeakConstants = WEAK) -> FloatArray:
    """Return I(T), by which radiative corrections of the couplings depend on the recoil.

    Parameters
    ----------
    recoil
        Kinetic energy T of the electron [MeV], above zero.
    constants
        Constants of nature.

    Returns
    -------
    numpy.ndarray
        Dimensionless, accurate to rounding for every T.

    Raises
    ------
    EvaluationError
        If a recoil is not above zero.

    Notes
    -----
    Above x = 3, where the closed form cancels, I = (1/6) sum_k x^(-2 k) [3/(2 k + 1) - 1/(2 k + 3)], k = 1, 2, ...
    Source: Bahcall, Kamionkowski & Sirlin 1995, Phys. Rev. D 51, 6146; the series is that of the logarithm.

    Examples
    --------
    For slow electrons it vanishes as 2/(15 x^2) = T/(15 m_e):

    >>> from gridscan.physics.neutrinos.weak_couplings import radiative_function
    >>> round(float(radiative_function(1e-6) * 15 * 0.510999 / 1e-6), 5)
    1.0
    """
    kinetic = checked("recoil", recoil, POSITIVE, "MeV")
    ratio = 2.0 * constants.electron_mass_energy / kinetic
    x = np.sqrt(1.0 + ratio)
    near = np.minimum(x, _SERIES_FROM)
    # (x + 1)/(x - 1) without the difference of nearly equal numbers for fast electrons.
    logarithm = 2.0 * np.log1p(near) - np.log(np.minimum(ratio, _SERIES_FROM**2 - 1.0))
    closed = (1.0 / 3.0 + (3.0 - near**2) * (0.5 * near * logarithm - 1.0)) / 6.0
    order = np.arange(_TERMS, 0, -1)
    inverse = np.asarray(1.0 / np.maximum(x, _SERIES_FROM) ** 2)
    series = np.polyval(np.append(3.0 / (2 * order + 1) - 1.0 / (2 * order + 3), 0.0), inverse) / 6.0
    return np.where(x > _SERIES_FROM, series, closed)


def _flavour(species: str) -> tuple[str, bool]:
    """Return ``"e"`` or ``"x"``, and whether the species is an antineutrino."""
    if species not in SPECIES:
        raise EvaluationError(
            f"unknown kind of neutrino {species!r}{nearest(species, SPECIES)}; known are {', '.join(SPECIES)}"
        )
    return species[2], species.endswith("bar")

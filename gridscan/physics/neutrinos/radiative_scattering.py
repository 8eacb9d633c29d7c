"""Total cross sections of neutrino-electron scattering with running couplings and photons radiated (QED).

    dsigma/dT = K [g_L^2 (1 + (alpha/π) f_-) + g_R^2 (1 - z)^2 (1 + (alpha/π) f_+)
                   - g_L g_R (m_e z/E) (1 + (alpha/π) f_+-)],   z = T/E

with couplings at the recoil T. The factors are those of Bahcall, Kamionkowski & Sirlin 1995, Phys. Rev. D 51, 6146,
here in forms that keep their digits at both ends of the recoil.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import spence

from gridscan.numerics.quadrature import integrate_panels
from gridscan.numerics.ranges import POSITIVE, checked, require_above
from gridscan.numerics.unit_arguments import in_units
from gridscan.physics.constants import WEAK, WeakConstants
from gridscan.physics.neutrinos.electron_scattering import maximum_recoil
from gridscan.physics.neutrinos.weak_couplings import radiative_couplings

__all__ = ["photon_corrections", "total_cross_section"]

FloatArray = NDArray[np.floating[Any]]

# Relative error of the quadrature over the recoil.
_TOLERANCE = 1e-10


@in_units(energy="MeV")
def total_cross_section(
    energy: ArrayLike, species: str, *, photons: bool = True, constants: WeakConstants = WEAK
) -> tuple[FloatArray, FloatArray]:
    """Return the total cross section with couplings that run with the recoil.

    Parameters
    ----------
    energy
        Energy E of the neutrino [MeV], above zero.
    species
        One of `gridscan.physics.neutrinos.weak_couplings.SPECIES`.
    photons
        Whether photons are radiated; they lower the total by 0.4 to 0.8 % between 0.5 and 10 MeV.
    constants
        Constants of nature.

    Returns
    -------
    value, error : numpy.ndarray
        [cm^2], and the absolute error of the quadrature.

    Raises
    ------
    EvaluationError
        If an energy is not above zero, or the species is unknown.

    Notes
    -----
    The integral over T, as T = T_max y^2 (3 - 2 y), which is smooth at both ends.
    Source: Bahcall, Kamionkowski & Sirlin 1995, Phys. Rev. D 51, 6146.

    Examples
    --------
    The 7Be line of the Sun, published as 5.79e-45 cm^2 (Bellini et al. 2011, Phys. Rev. Lett. 107, 141302):

    >>> from gridscan.physics.neutrinos.radiative_scattering import total_cross_section
    >>> value, error = total_cross_section(0.8618, "nue")
    >>> print(f"{value:.2e} cm^2")
    5.79e-45 cm^2
    """
    neutrino = checked("energy", energy, POSITIVE, "MeV")
    flat = neutrino.ravel()
    highest = maximum_recoil(flat, constants)

    def integrand(share: FloatArray, owner: NDArray[np.intp]) -> FloatArray:
        recoil = highest[owner, None] * share**2 * (3.0 - 2.0 * share)
        slope = highest[owner, None] * 6.0 * share * (1.0 - share)
        return slope * _differential(recoil, flat[owner, None], species, photons, constants)

    owner = np.arange(flat.size)
    value, error = integrate_panels(
        integrand, owner, np.zeros(flat.size), np.ones(flat.size), flat.size, relative_tolerance=_TOLERANCE
    )
    return value.reshape(neutrino.shape), error.reshape(neutrino.shape)


def _differential(
    recoil: FloatArray, energy: FloatArray, species: str, photons: bool, constants: WeakConstants
) -> FloatArray:
    left, right = radiative_couplings(species, recoil, constants)
    share = recoil / energy
    parts = np.stack(
        [
            left**2 * np.ones_like(share),
            (right * (1.0 - share)) ** 2,
            -left * right * constants.electron_mass_energy * share / energy,
        ]
    )
    if photons:
        minus, plus, mixed = photon_corrections(recoil, energy, constants)
        # The second factor comes with the (1 - z)^2 of its term.
        radiated = np.stack([parts[0] * minus, right**2 * plus, parts[2] * mixed])
        parts = parts + constants.fine_structure_constant / np.pi * radiated
    return np.asarray(constants.scattering_prefactor * parts.sum(axis=0))


@in_units(recoil="MeV", energy="MeV")
def photon_corrections(
    recoil: ArrayLike, energy: ArrayLike, constants: WeakConstants = WEAK
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the factors f_-, (1 - z)^2 f_+ and f_+- by which radiated photons change the three terms.

    Parameters
    ----------
    recoil
        Kinetic energy T of the electron [MeV], above zero and below T_max.
    energy
        Energy E of the neutrino [MeV].
    constants
        Constants of nature.

    Returns
    -------
    minus, plus, mixed : numpy.ndarray
        Dimensionless, to be multiplied by alpha/π. `mixed` grows without limit, as a logarithm, towards T_max.

    Raises
    ------
    EvaluationError
        If a recoil is not above zero and below T_max.

    Notes
    -----
    With z = T/E, l = sqrt(T (T + 2 m_e)), B = l/(T + m_e), A = artanh(B)/B - 1, y = ln(1 - z), w = ln z, L(x) the
    integral of ln|1 - t|/t up to x, and D = ln(1 - z - m_e/(T + m_e + l)) = ln[2 T (1 - T/T_max)/(l + T + m_e z)],

        f_- = A [2 D - y - w/2 - 5/12] + [L(z) - L(B)]/2 - y^2/2 - (11/12 + z/2) y + z [w + ln(2 E/m_e)/2]
              - (31/18 + w/12) B - 11 z/12 + z^2/24
        (1 - z)^2 f_+ = A {(1 - z)^2 [2 D - y - w/2 - 2/3] - (z^2 w + 1 - z)/2}
              - (1 - z)^2 {y^2 + B [L(1 - z) - w y]}/2 + y [z^2 w/2 + (1 - z) (2 z - 1/2)/3] - z^2 L(1 - z)/2
              - z (1 - 2 z) w/3 - z (1 - z)/6 - (B/12) [w + (1 - z) (115 - 109 z)/6]
        f_+- = 2 A D.

    Source: Bahcall, Kamionkowski & Sirlin 1995, Phys. Rev. D 51, 6146.

    Examples
    --------
    >>> from gridscan.physics.neutrinos.radiative_scattering import photon_corrections
    >>> print(" ".join(f"{float(factor):.2f}" for factor in photon_corrections(1.0, 3.0)))
    -1.66 -0.97 -1.21
    """
    kinetic = checked("recoil", recoil, POSITIVE, "MeV")
    neutrino = checked("energy", energy, POSITIVE, "MeV")
    highest = maximum_recoil(neutrino, constants)
    require_above("T_max of the energy", highest, "recoil", kinetic, "MeV")
    mass = constants.electron_mass_energy
    z, momentum = kinetic / neutrino, np.sqrt(kinetic * (kinetic + 2.0 * mass))
    rest = 1.0 - z
    speed = momentum / (kinetic + mass)
    a = np.arctanh(speed) / speed - 1.0
    d = np.log(2.0 * kinetic * (1.0 - kinetic / highest) / (momentum + kinetic + mass * z))
    y, w = np.log1p(-z), np.log(z)
    common = 2.0 * d - y - 0.5 * w
    minus = (
        a * (common - 5.0 / 12.0)
        + 0.5 * (_logarithmic(z) - _logarithmic(speed))
        - 0.5 * y**2
        - (11.0 / 12.0 + 0.5 * z) * y
        + z * (w + 0.5 * np.log(2.0 * neutrino / mass))
        - (31.0 / 18.0 + w / 12.0) * speed
        - 11.0 * z / 12.0
        + z**2 / 24.0
    )
    plus = (
        a * (rest**2 * (common - 2.0 / 3.0) - 0.5 * (z**2 * w + rest))
        - 0.5 * rest**2 * (y**2 + speed * (_logarithmic(rest) - w * y))
        + y * (0.5 * z**2 * w + rest * (2.0 * z - 0.5) / 3.0)
        - 0.5 * z**2 * _logarithmic(rest)
        - z * (1.0 - 2.0 * z) * w / 3.0
        - z * rest / 6.0
        - speed / 12.0 * (w + rest * (115.0 - 109.0 * z) / 6.0)
    )
    return minus, plus, 2.0 * a * d


def _logarithmic(x: FloatArray) -> FloatArray:
    """Return the integral of ln|1 - t|/t from 0 to x."""
    return np.asarray(-spence(1.0 - x))

"""Cross sections of elastic neutrino-electron scattering: total, by recoil, and for a window of recoils.

    dsigma/dT = K [g_L^2 + g_R^2 (1 - T/E)^2 - g_L g_R m_e T/E^2],   K = 2 G_F^2 m_e (ħc)^2/π

for a neutrino of energy E and an electron that recoils with the kinetic energy T, up to T_max = 2 E^2/(m_e + 2 E).
`linear` and `elastic_tree_level` are arithmetic only, and work on numbers in coherent units and on quantities with
units alike; the others take numbers in MeV and cm^2. Any couplings can be given to each of them.

Source: 't Hooft 1971, Phys. Lett. B 37, 195; Giunti & Kim 2007, Fundamentals of Neutrino Physics and Astrophysics,
section 5.2.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridscan.numerics.ranges import NOT_NEGATIVE, POSITIVE, POSITIVE_OR_INFINITE, checked, require_above
from gridscan.numerics.unit_arguments import in_units
from gridscan.physics.constants import WEAK, WeakConstants

__all__ = [
    "WeakCouplings",
    "differential_cross_section",
    "elastic_tree_level",
    "linear",
    "maximum_recoil",
    "minimum_energy",
    "window_cross_section",
]

FloatArray = NDArray[np.floating[Any]]


class WeakCouplings(NamedTuple):
    """Weak couplings of the electron to a neutrino; the two are exchanged for an antineutrino.

    Attributes
    ----------
    left_coupling, right_coupling
        g_L and g_R; the defaults are those to the electron neutrino for sin^2(theta_W) = 0.23122.
    """

    left_coupling: Any = 0.73122
    right_coupling: Any = 0.23122


def linear(energy: Any, slope: Any) -> Any:
    """Return a cross section proportional to the energy, the limit for energies far above the electron mass.

    Parameters
    ----------
    energy
        Energy E of the neutrino.
    slope
        Cross section per energy, 2 G_F^2 m_e (ħc)^2/π (g_L^2 + g_R^2/3) at tree level.

    Returns
    -------
    array or quantity
        sigma = slope × E, an area; all arguments broadcast.

    Notes
    -----
    The limit E >> m_e of `elastic_tree_level`.
    Source: Giunti & Kim 2007, Fundamentals of Neutrino Physics and Astrophysics, section 5.2.

    Examples
    --------
    An electron neutrino of 10 MeV, with a slope of 9.2e-45 cm^2/MeV:

    >>> from gridscan.physics.neutrinos.electron_scattering import linear
    >>> print(f"{linear(10.0, 9.2e-45):.1e} cm^2")
    9.2e-44 cm^2
    """
    return slope * energy


def elastic_tree_level(
    energy: Any, left_coupling: Any, right_coupling: Any, electron_mass_energy: Any, fermi_coupling: Any, hbar_c: Any
) -> Any:
    """Return the total cross section on an electron at rest, at tree level and exact in energy.

    Parameters
    ----------
    energy
        Energy E of the neutrino.
    left_coupling, right_coupling
        g_L and g_R, dimensionless, exchanged for antineutrinos.
    electron_mass_energy
        m_e c^2, an energy.
    fermi_coupling
        G_F/(ħc)^3, one over an energy squared.
    hbar_c
        ħc, an energy times a length.

    Returns
    -------
    array or quantity
        sigma, an area; all arguments broadcast.

    Notes
    -----
    The integral over the kinetic energy T of the electron, from 0 to T_max = 2 E^2/(2 E + m_e), of

        dsigma/dT = (2 G_F^2 m_e (ħc)^2/π) [g_L^2 + g_R^2 (1 - T/E)^2 - g_L g_R m_e T/E^2]

    is, with y = T_max/E and m_e y/(2 E) = m_e/(2 E + m_e),

        sigma = (2 G_F^2 m_e (ħc)^2/π) T_max [g_L^2 + g_R^2 (1 - y + y^2/3) - g_L g_R m_e/(2 E + m_e)].

    Source: 't Hooft 1971, Phys. Lett. B 37, 195; Giunti & Kim 2007, Fundamentals of Neutrino Physics and Astrophysics,
    section 5.2.

    Examples
    --------
    The published slope for electron neutrinos far above the electron mass, 9.5e-45 cm^2/MeV with sin^2(theta_W) =
    0.231:

    >>> from gridscan.physics.neutrinos.electron_scattering import elastic_tree_level
    >>> sine_squared = 0.231
    >>> sigma = elastic_tree_level(1e5, 0.5 + sine_squared, sine_squared, 0.510999, 1.16638e-11, 1.97327e-11)
    >>> print(f"{sigma / 1e5:.1e} cm^2/MeV")
    9.5e-45 cm^2/MeV
    """
    scale = 2.0 * fermi_coupling**2 * electron_mass_energy * hbar_c**2 / np.pi
    inelasticity = 2.0 * energy / (2.0 * energy + electron_mass_energy)
    left = left_coupling**2
    right = right_coupling**2 * (1.0 - inelasticity + inelasticity**2 / 3.0)
    interference = left_coupling * right_coupling * electron_mass_energy / (2.0 * energy + electron_mass_energy)
    return scale * energy * inelasticity * (left + right - interference)


@in_units(energy="MeV")
def maximum_recoil(energy: ArrayLike, constants: WeakConstants = WEAK) -> FloatArray:
    """Return the largest kinetic energy of an electron struck by a neutrino, T_max = 2 E^2/(m_e + 2 E).

    Parameters
    ----------
    energy
        Energy E of the neutrino [MeV], 0 or more.
    constants
        Constants of nature.

    Returns
    -------
    numpy.ndarray
        T_max [MeV].

    Raises
    ------
    EvaluationError
        If an energy is negative or not finite.

    Notes
    -----
    Source: energy and momentum are conserved; the electron recoils forward.

    Examples
    --------
    The Compton-like edge of the 7Be line of the Sun [MeV]:

    >>> from gridscan.physics.neutrinos.electron_scattering import maximum_recoil
    >>> round(float(maximum_recoil(0.8618)), 3)
    0.665
    """
    neutrino = checked("energy", energy, NOT_NEGATIVE, "MeV")
    return np.asarray(2.0 * neutrino**2 / (constants.electron_mass_energy + 2.0 * neutrino))


@in_units(recoil="MeV")
def minimum_energy(recoil: ArrayLike, constants: WeakConstants = WEAK) -> FloatArray:
    """Return the lowest energy of a neutrino that can give an electron a kinetic energy.

    Parameters
    ----------
    recoil
        Kinetic energy T of the electron [MeV], 0 or more.
    constants
        Constants of nature.

    Returns
    -------
    numpy.ndarray
        E_min = (T + sqrt(T (T + 2 m_e)))/2 [MeV], at which T = T_max.

    Raises
    ------
    EvaluationError
        If a recoil is negative or not finite.

    Notes
    -----
    Source: the inverse of `maximum_recoil`.

    Examples
    --------
    A recoil of 0.2 MeV needs a neutrino of 0.35 MeV:

    >>> from gridscan.physics.neutrinos.electron_scattering import minimum_energy
    >>> round(float(minimum_energy(0.2)), 2)
    0.35
    """
    kinetic = checked("recoil", recoil, NOT_NEGATIVE, "MeV")
    return np.asarray(0.5 * (kinetic + np.sqrt(kinetic * (kinetic + 2.0 * constants.electron_mass_energy))))


@in_units(recoil="MeV", energy="MeV")
def differential_cross_section(
    recoil: ArrayLike, energy: ArrayLike, couplings: WeakCouplings, constants: WeakConstants = WEAK
) -> FloatArray:
    """Return the cross section per kinetic energy of the recoiling electron, dsigma/dT.

    Parameters
    ----------
    recoil
        Kinetic energy T of the electron [MeV], 0 or more.
    energy
        Energy E of the neutrino [MeV], above zero.
    couplings
        g_L and g_R, numbers or arrays that broadcast.
    constants
        Constants of nature.

    Returns
    -------
    numpy.ndarray
        [cm^2/MeV], zero above T_max; all arguments broadcast.

    Raises
    ------
    EvaluationError
        If a recoil is negative or an energy not above zero.

    Notes
    -----
    K [g_L^2 + g_R^2 (1 - T/E)^2 - g_L g_R m_e T/E^2]. Source: 't Hooft 1971, Phys. Lett. B 37, 195.

    Examples
    --------
    >>> from gridscan.physics.neutrinos.electron_scattering import differential_cross_section
    >>> from gridscan.physics.neutrinos.weak_couplings import radiative_couplings
    >>> sigma = differential_cross_section([0.1, 0.4, 0.6], 0.65, radiative_couplings("nue"))
    >>> print(" ".join(f"{value:.2e}" for value in sigma))
    9.33e-45 7.77e-45 0.00e+00
    """
    kinetic, neutrino = np.broadcast_arrays(
        checked("recoil", recoil, NOT_NEGATIVE, "MeV"), checked("energy", energy, POSITIVE, "MeV")
    )
    left, right = (np.asarray(coupling, dtype=float) for coupling in couplings)
    interference = left * right * constants.electron_mass_energy * kinetic / neutrino**2
    value = constants.scattering_prefactor * (left**2 + right**2 * (1.0 - kinetic / neutrino) ** 2 - interference)
    return np.where(kinetic <= maximum_recoil(neutrino, constants), value, 0.0)


@in_units(energy="MeV", recoil_min="MeV", recoil_max="MeV")
def window_cross_section(
    energy: ArrayLike,
    recoil_min: ArrayLike,
    recoil_max: ArrayLike,
    couplings: WeakCouplings,
    constants: WeakConstants = WEAK,
) -> FloatArray:
    """Return the cross section for recoils in a window, in closed form.

    Parameters
    ----------
    energy
        Energy E of the neutrino [MeV], 0 or more.
    recoil_min, recoil_max
        Ends T_1 < T_2 of the window of kinetic energies [MeV], T_1 at least 0; T_2 may be infinite.
    couplings
        g_L and g_R, numbers or arrays that broadcast.
    constants
        Constants of nature.

    Returns
    -------
    numpy.ndarray
        [cm^2], zero where T_1 is T_max or more; all arguments broadcast. Close to that threshold the result depends
        on E so steeply that its relative accuracy is 1e-16/(1 - T_1/T_max).

    Raises
    ------
    EvaluationError
        If an energy or a recoil is negative, or a window is empty.

    Notes
    -----
    With T_2 at most T_max, a = 1 - T_1/E and b = 1 - T_2/E, which is m_e/(m_e + 2 E) where T_2 = T_max,

        sigma = K (T_2 - T_1) [g_L^2 + g_R^2 (a^2 + a b + b^2)/3 - g_L g_R m_e (T_1 + T_2)/(2 E^2)].

    Source: the integral of `differential_cross_section`, 't Hooft 1971, Phys. Lett. B 37, 195.

    Examples
    --------
    Of the recoils by the 7Be line of the Sun, the share above 0.2 MeV:

    >>> from gridscan.physics.neutrinos.electron_scattering import window_cross_section
    >>> from gridscan.physics.neutrinos.weak_couplings import radiative_couplings
    >>> sigma = window_cross_section(0.8618, [0.0, 0.2], float("inf"), radiative_couplings("nue"))
    >>> round(float(sigma[1] / sigma[0]), 2)
    0.67
    """
    neutrino = checked("energy", energy, NOT_NEGATIVE, "MeV")
    low = checked("recoil_min", recoil_min, NOT_NEGATIVE, "MeV")
    high = checked("recoil_max", recoil_max, POSITIVE_OR_INFINITE, "MeV")
    require_above("recoil_max", high, "recoil_min", low, "MeV")
    left, right = (np.asarray(coupling, dtype=float) for coupling in couplings)
    mass, highest = constants.electron_mass_energy, maximum_recoil(neutrino, constants)
    positive = np.where(neutrino > 0.0, neutrino, 1.0)
    first = np.minimum(low, highest)
    last = np.minimum(high, highest)
    a = 1.0 - first / positive
    b = np.where(high >= highest, mass / (mass + 2.0 * neutrino), 1.0 - last / positive)
    interference = left * right * mass * ((first + last) / positive) / (2.0 * positive)
    shape = left**2 + right**2 * (a**2 + a * b + b**2) / 3.0 - interference
    return np.asarray(constants.scattering_prefactor * (last - first) * shape)

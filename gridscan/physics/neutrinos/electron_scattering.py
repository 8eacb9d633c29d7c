"""Total cross sections of elastic neutrino-electron scattering.

The functions work on numbers in coherent units and on quantities with units alike.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

__all__ = ["WeakCouplings", "elastic_tree_level", "linear"]


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

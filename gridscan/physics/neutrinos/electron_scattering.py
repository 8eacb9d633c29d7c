"""Total cross sections of elastic neutrino-electron scattering, of numbers and of quantities with units alike."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["elastic_tree_level", "linear"]


def linear(energy: Any, slope: Any) -> Any:
    """Return a cross section in proportion to the energy, the limit of energies far above the mass of the electron.

    Parameters
    ----------
    energy
        Energy of the neutrino.
    slope
        Cross section per energy, 2 G_F^2 m_e (ħc)^2/π (g_L^2 + g_R^2/3) at tree level.

    Returns
    -------
    Any
        An area: sigma = slope × energy.
    """
    return slope * energy


def elastic_tree_level(
    energy: Any, left_coupling: Any, right_coupling: Any, electron_mass_energy: Any, fermi_coupling: Any, hbar_c: Any
) -> Any:
    """Return the total cross section of elastic scattering on an electron at rest, at tree level and exact in energy.

    Parameters
    ----------
    energy
        Energy E of the neutrino.
    left_coupling, right_coupling
        g_L and g_R, exchanged for antineutrinos.
    electron_mass_energy
        m_e c^2.
    fermi_coupling
        G_F/(ħc)^3, 1/energy^2.
    hbar_c
        ħc, energy × length.

    Returns
    -------
    Any
        An area.

    Notes
    -----
    The integral over the kinetic energy T of the electron, from 0 to T_max = 2 E^2/(2 E + m_e), of

        dsigma/dT = (2 G_F^2 m_e (ħc)^2/π) [g_L^2 + g_R^2 (1 - T/E)^2 - g_L g_R m_e T/E^2]

    is, with y = T_max/E and m_e y/(2 E) = m_e/(2 E + m_e),

        sigma = (2 G_F^2 m_e (ħc)^2/π) T_max [g_L^2 + g_R^2 (1 - y + y^2/3) - g_L g_R m_e/(2 E + m_e)].

    Source: 't Hooft 1971, Phys. Lett. B 37, 195; Giunti & Kim 2007, Fundamentals of Neutrino Physics and Astrophysics,
    section 5.2.
    """
    scale = 2.0 * fermi_coupling**2 * electron_mass_energy * hbar_c**2 / np.pi
    inelasticity = 2.0 * energy / (2.0 * energy + electron_mass_energy)
    left = left_coupling**2
    right = right_coupling**2 * (1.0 - inelasticity + inelasticity**2 / 3.0)
    interference = left_coupling * right_coupling * electron_mass_energy / (2.0 * energy + electron_mass_energy)
    return scale * energy * inelasticity * (left + right - interference)

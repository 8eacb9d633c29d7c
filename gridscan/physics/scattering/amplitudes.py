"""Squared amplitudes of dark matter on neutrinos, electrons and nuclei, and a nuclear form factor.

A squared amplitude |M|^2(s, t, u, ...) is dimensionless, averaged over initial and summed over final spins.
`gridscan.physics.scattering.cross_sections` turns any such function into cross sections; with ``centred=True`` it
passes s and u minus the sum of the squared masses.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from gridscan.numerics.unit_arguments import in_units, with_units

__all__ = [
    "CentredInvariants",
    "NeutrinoExchange",
    "TargetExchange",
    "helm_form_factor",
    "muon_tau_neutrino",
    "muon_tau_target",
]


@in_units(s_minus_masses="MeV^2", t="MeV^2", u_minus_masses="MeV^2")
class CentredInvariants(NamedTuple):
    """Mandelstam variables from which no sum of squared masses is to be subtracted.

    Attributes
    ----------
    s_minus_masses, t, u_minus_masses
        s minus the sum of the squared masses, t, and u minus that sum [MeV^2].
    """

    s_minus_masses: Any
    t: Any
    u_minus_masses: Any


@in_units(mediator_mass="MeV")
class NeutrinoExchange(NamedTuple):
    """A vector boson exchanged between neutrinos and dark matter.

    Attributes
    ----------
    neutrino_coupling, dark_matter_coupling
        g_V and g_X, dimensionless.
    mediator_mass
        m_V [MeV].
    """

    neutrino_coupling: Any
    dark_matter_coupling: Any
    mediator_mass: Any


@in_units(mediator_mass="MeV", target_mass="MeV")
class TargetExchange(NamedTuple):
    """A vector boson exchanged between dark matter and a target.

    Attributes
    ----------
    dark_matter_coupling, kinetic_mixing
        g_X and eps, dimensionless.
    mediator_mass, target_mass
        m_V and m_t [MeV].
    """

    dark_matter_coupling: Any
    kinetic_mixing: Any
    mediator_mass: Any
    target_mass: Any


@with_units(s="MeV^2", t="MeV^2", u="MeV^2", dark_matter_mass="MeV", mediator_mass="MeV")
def muon_tau_neutrino(
    s: Any, t: Any, u: Any, dark_matter_mass: Any, coupling: Any, mediator_mass: Any, centred: bool = False
) -> Any:
    """Return |M|^2 of a neutrino on dark matter, by exchange of the vector boson of gauged L_mu - L_tau.

    Parameters
    ----------
    s, t, u
        Mandelstam variables [MeV^2]: s - m^2 and u - m^2 if `centred`.
    dark_matter_mass
        m [MeV].
    coupling
        g_V g_X, the product of the couplings to neutrinos and to dark matter, dimensionless.
    mediator_mass
        m_V [MeV].
    centred
        Whether the sum of the squared masses is subtracted from s and u.

    Returns
    -------
    array or quantity
        |M|^2, dimensionless; all arguments broadcast.

    Notes
    -----
    |M|^2 = (s^2 + u^2 + 4 t m^2 - 2 m^4) (g_V g_X/(t - m_V^2))^2. Source: Lin et al. 2023, Phys. Rev. D 108, 083013.

    Examples
    --------
    Forward, a neutrino of energy E on a particle at rest has |M|^2 = 8 (m E)^2 (g_V g_X)^2/m_V^4:

    >>> from gridscan.physics.scattering.amplitudes import muon_tau_neutrino
    >>> energy, mass = 10.0, 2.0
    >>> s, u = mass**2 + 2 * mass * energy, mass**2 - 2 * mass * energy
    >>> round(muon_tau_neutrino(s, 0.0, u, mass, 0.1, 5.0) / (8 * (mass * energy * 0.1) ** 2 / 5.0**4), 12)
    1.0
    """
    return _vector_exchange(s, t, u, dark_matter_mass**2, coupling, mediator_mass, centred)


@with_units(s="MeV^2", t="MeV^2", u="MeV^2", dark_matter_mass="MeV", mediator_mass="MeV", target_mass="MeV")
def muon_tau_target(
    s: Any,
    t: Any,
    u: Any,
    dark_matter_mass: Any,
    coupling: Any,
    mediator_mass: Any,
    target_mass: Any,
    centred: bool = False,
) -> Any:
    """Return |M|^2 of dark matter on a charged particle, by the L_mu - L_tau boson that mixes with the photon.

    Parameters
    ----------
    s, t, u
        Mandelstam variables [MeV^2]: with m_t^2 + m^2 subtracted from s and u if `centred`.
    dark_matter_mass
        m [MeV].
    coupling
        g_X eps, the coupling to dark matter times the kinetic mixing, dimensionless.
    mediator_mass, target_mass
        m_V and m_t [MeV].
    centred
        Whether the sum of the squared masses is subtracted from s and u.

    Returns
    -------
    array or quantity
        |M|^2, dimensionless; all arguments broadcast.

    Notes
    -----
    |M|^2 = 2 (s^2 + u^2 + 4 t (m_t^2 + m^2) - 2 (m_t^2 + m^2)^2) (g_X eps/(t - m_V^2))^2, on an electron or a nucleus
    alike; for a nucleus multiply it by a form factor, such as `helm_form_factor`.
    Source: Lin et al. 2023, Phys. Rev. D 108, 083013.

    Examples
    --------
    At rest, s = (m + m_t)^2 and t = 0, |M|^2 = 16 (m m_t g_X eps)^2/m_V^4:

    >>> from gridscan.physics.scattering.amplitudes import muon_tau_target
    >>> m, electron = 10.0, 0.511
    >>> at_rest = muon_tau_target((m + electron) ** 2, 0.0, (m - electron) ** 2, m, 1e-3, 5.0, electron)
    >>> round(at_rest / (16 * (m * electron * 1e-3) ** 2 / 5.0**4), 9)
    1.0
    """
    masses = target_mass**2 + dark_matter_mass**2
    return 2.0 * _vector_exchange(s, t, u, masses, coupling, mediator_mass, centred)


@with_units(momentum_transfer_squared="MeV^2", inverse_fermi="MeV")
def helm_form_factor(momentum_transfer_squared: Any, mass_number: Any, inverse_fermi: Any) -> Any:
    """Return Helm's nuclear form factor F^2, which multiplies |M|^2 on a nucleus.

    Parameters
    ----------
    momentum_transfer_squared
        q^2 = -t [MeV^2], 0 or more.
    mass_number
        Number of nucleons A.
    inverse_fermi
        ħc/fm [MeV], 197.327.

    Returns
    -------
    array or quantity
        F^2, dimensionless, from 0 to 1, which it is at q = 0; all arguments broadcast.

    Notes
    -----
    F = (3 j_1(q R)/(q R)) exp(-(q s)^2/2) with R^2 = c^2 + 7/3 pi^2 a^2 - 5 s^2, c = 1.23 A^(1/3) - 0.60 fm,
    a = 0.52 fm and s = 0.9 fm. Source: Helm 1956, Phys. Rev. 104, 1466; Lewin & Smith 1996, Astropart. Phys. 6, 87.

    Examples
    --------
    Xenon at a momentum transfer of 50 MeV:

    >>> from gridscan.physics.scattering.amplitudes import helm_form_factor
    >>> round(float(helm_form_factor(0.0, 131, 197.327)), 12), round(float(helm_form_factor(50.0**2, 131, 197.327)), 3)
    (1.0, 0.604)
    """
    skin, surface = 0.9, 0.52
    radius_squared = (1.23 * np.cbrt(mass_number) - 0.60) ** 2 + 7.0 / 3.0 * (np.pi * surface) ** 2 - 5.0 * skin**2
    wave_squared = momentum_transfer_squared / inverse_fermi**2
    return _uniform_sphere(wave_squared * radius_squared) ** 2 * np.exp(-wave_squared * skin**2)


def _uniform_sphere(x_squared: Any) -> Any:
    """Return 3 j_1(x)/x = 3 (sin(x) - x cos(x))/x^3, below x = 1 by its series Σ (-x^2/2)^k 3/(k! (2 k + 3)!!)."""
    small = x_squared < 1.0
    term = total = np.where(small, 1.0, 0.0)
    reduced = np.where(small, x_squared, 0.0)
    for order in range(1, 9):
        term = -term * reduced / (2.0 * order * (2.0 * order + 3.0))
        total = total + term
    x = np.sqrt(np.where(small, 1.0, x_squared))
    return np.where(small, total, 3.0 * (np.sin(x) - x * np.cos(x)) / x**3)


def _vector_exchange(s: Any, t: Any, u: Any, masses: Any, coupling: Any, mediator_mass: Any, centred: bool) -> Any:
    """Return (s^2 + u^2 + 4 t M - 2 M^2) (g/(t - m_V^2))^2, M the sum of the squared masses and s + t + u = 2 M."""
    if not centred:
        s, u = s - masses, u - masses
    return (s**2 + u**2 + 2.0 * t * masses) * (coupling / (t - mediator_mass**2)) ** 2

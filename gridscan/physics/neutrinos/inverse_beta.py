"""Inverse beta decay of free protons by electron antineutrinos, and its average over a pinched spectrum.

    sigma = 1e-43 cm^2 p_e E_e E^(-0.07056 + 0.02018 ln E - 0.001953 (ln E)^3),   E_e = E - (m_n - m_p), in MeV

It is zero below E = m_n - m_p + m_e, 1.804 MeV, where p_e vanishes: the nucleon does not recoil (with recoil the
threshold is 1.806 MeV, and averages are 2.3 % lower for <E> = 0.65 MeV, 0.6 % for 0.9, 0.15 % or less above 1.2 MeV).

Source: Strumia & Vissani 2003, Phys. Lett. B 564, 42, equation 25.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincc, gammaln, xlogy

from gridscan.numerics.quadrature import integrate_panels, panels_between
from gridscan.numerics.ranges import NOT_NEGATIVE, POSITIVE, Range, checked, refuse
from gridscan.numerics.unit_arguments import in_units
from gridscan.physics.constants import WEAK, WeakConstants
from gridscan.physics.neutrinos.recoil_spectrum import highest_energy

__all__ = ["HIGHEST", "cross_section", "energy_of_prompt", "mean_cross_section", "threshold"]

FloatArray = NDArray[np.floating[Any]]

#: Energy [MeV] up to which the fit of the cross section holds.
HIGHEST = 300.0

_SCALE = 1e-43
_EXPONENTS = (-0.001953, 0.0, 0.02018, -0.07056)
_TOLERANCE = 1e-10
# Smaller averages have lost their relative accuracy [cm^2].
_NOTHING = 1e-290
_AT_ONCE = 10_000
# Share of the decays that may come from neutrinos above `HIGHEST`.
_BEYOND = 1e-12


def threshold(constants: WeakConstants = WEAK) -> float:
    """Return the energy from which on a neutrino can turn a proton into a neutron, m_n - m_p + m_e.

    Parameters
    ----------
    constants
        Constants of nature.

    Returns
    -------
    float
        [MeV].

    Notes
    -----
    Source: Strumia & Vissani 2003, Phys. Lett. B 564, 42, without the recoil of the neutron.

    Examples
    --------
    >>> from gridscan.physics.neutrinos.inverse_beta import threshold
    >>> round(threshold(), 3)
    1.804
    """
    return constants.neutron_proton_difference + constants.electron_mass_energy


@in_units(prompt="MeV")
def energy_of_prompt(prompt: ArrayLike, constants: WeakConstants = WEAK) -> FloatArray:
    """Return the energy of the neutrino whose positron gives a prompt energy, E = E_p + m_n - m_p - m_e.

    Parameters
    ----------
    prompt
        Prompt energy E_p [MeV], 0 or more: the kinetic energy of the positron and 2 m_e of its annihilation.
    constants
        Constants of nature.

    Returns
    -------
    numpy.ndarray
        E [MeV].

    Raises
    ------
    EvaluationError
        If a prompt energy is negative or not finite.

    Notes
    -----
    Source: energy is conserved; the neutron takes none.

    Examples
    --------
    >>> from gridscan.physics.neutrinos.inverse_beta import energy_of_prompt
    >>> round(float(energy_of_prompt(1.8)), 3)
    2.582
    """
    visible = checked("prompt", prompt, NOT_NEGATIVE, "MeV")
    return np.asarray(visible + constants.neutron_proton_difference - constants.electron_mass_energy)


@in_units(energy="MeV")
def cross_section(energy: ArrayLike, constants: WeakConstants = WEAK) -> FloatArray:
    """Return the cross section of a free proton.

    Parameters
    ----------
    energy
        Energy E of the antineutrino [MeV], from 0 to 300.
    constants
        Constants of nature.

    Returns
    -------
    numpy.ndarray
        [cm^2], zero at and below `threshold`.

    Raises
    ------
    EvaluationError
        If an energy is outside its range.

    Notes
    -----
    1e-43 cm^2 p_e E_e E^(-0.07056 + 0.02018 ln E - 0.001953 (ln E)^3), within a few parts in a thousand of the full
    result. Source: Strumia & Vissani 2003, Phys. Lett. B 564, 42, equation 25.

    Examples
    --------
    >>> from gridscan.physics.neutrinos.inverse_beta import cross_section
    >>> print(" ".join(f"{sigma:.2e}" for sigma in cross_section([1.8, 3.0, 10.0])))
    0.00e+00 2.63e-43 6.78e-42
    """
    neutrino = checked("energy", energy, Range(minimum=0.0, maximum=HIGHEST), "MeV")
    excess = np.maximum(neutrino - threshold(constants), 0.0)
    return _cross_section(np.sqrt(excess), constants)


@in_units(mean_energy="MeV", energy_min="MeV")
def mean_cross_section(
    mean_energy: ArrayLike, pinching: ArrayLike, energy_min: ArrayLike = 0.0, constants: WeakConstants = WEAK
) -> tuple[FloatArray, FloatArray]:
    """Return the cross section averaged over a pinched spectrum: decays per proton in neutrinos of unit flux.

    Parameters
    ----------
    mean_energy
        Mean energy <E> of the antineutrinos [MeV], above zero.
    pinching
        alpha, above -1, dimensionless.
    energy_min
        Lowest energy of the antineutrinos that are counted [MeV], see `energy_of_prompt`; 0 counts all.
    constants
        Constants of nature.

    Returns
    -------
    value, error : numpy.ndarray
        [cm^2], and the absolute error of the quadrature; all arguments broadcast.

    Raises
    ------
    EvaluationError
        If an argument is outside its range, or a spectrum reaches beyond 300 MeV.

    Notes
    -----
    ∫ phi(E) sigma(E) dE with E = m_n - m_p + m_e + u^2, in which the integrand is smooth at the threshold.
    Sources: Strumia & Vissani 2003, Phys. Lett. B 564, 42; Keil, Raffelt & Janka 2003, ApJ 590, 971.

    Examples
    --------
    Antineutrinos of carbon burning, and of the last hours:

    >>> from gridscan.physics.neutrinos.inverse_beta import mean_cross_section
    >>> value, error = mean_cross_section([0.65, 1.5], [12.3, 3.3])
    >>> print(" ".join(f"{sigma:.2e}" for sigma in value))
    3.76e-50 3.78e-44
    """
    mean = checked("mean_energy", mean_energy, POSITIVE, "MeV")
    alpha = checked("pinching", pinching, Range(above=-1.0))
    lowest = checked("energy_min", energy_min, Range(minimum=0.0, below=HIGHEST), "MeV")
    mean, alpha, lowest = np.broadcast_arrays(mean, alpha, lowest)
    per_energy = (alpha + 1.0) / mean
    beyond = gammaincc(alpha + 3.0, per_energy * HIGHEST) > _BEYOND
    refuse("mean_energy", mean, beyond, f"low enough that the spectrum ends below {HIGHEST:g} MeV", "MeV")
    slope, shape, first = (values.ravel() for values in (per_energy, alpha, lowest))
    value, error = np.zeros(mean.size), np.zeros(mean.size)
    for start in range(0, mean.size, _AT_ONCE):
        block = slice(start, start + _AT_ONCE)
        value[block], error[block] = _averaged(slope[block], shape[block], first[block], constants)
    return value.reshape(mean.shape), error.reshape(mean.shape)


def _averaged(
    per_energy: FloatArray, alpha: FloatArray, lowest: FloatArray, constants: WeakConstants
) -> tuple[FloatArray, FloatArray]:
    """Return averages and errors for arrays of shape (n,)."""
    zero = threshold(constants)
    first = np.maximum(lowest, zero)
    last = np.minimum(highest_energy((alpha + 1.0) / per_energy, alpha, first), HIGHEST)
    peak, width = (alpha + 3.0) / per_energy, np.sqrt(alpha + 3.0) / per_energy
    cuts = [peak - 2.5 * width, peak, peak + 2.5 * width, peak + 6.0 * width, first + 3.0 / per_energy]
    inside = np.clip(np.stack(cuts, axis=-1), first[:, None], last[:, None])
    ends = np.concatenate([first[:, None], inside, last[:, None]], axis=-1)
    lower, upper = panels_between(np.sqrt(ends - zero))
    row, column = np.nonzero(upper > lower)
    scale = np.log(per_energy) - gammaln(alpha + 1.0)

    def integrand(root: FloatArray, owner: NDArray[np.intp]) -> FloatArray:
        x = per_energy[owner, None] * (zero + root**2)
        density = np.exp(xlogy(alpha[owner, None], x) - x + scale[owner, None])
        return np.asarray(2.0 * root * density * _cross_section(root, constants))

    return integrate_panels(
        integrand,
        row,
        lower[row, column],
        upper[row, column],
        len(alpha),
        relative_tolerance=_TOLERANCE,
        absolute_tolerance=_NOTHING,
    )


def _cross_section(root: FloatArray, constants: WeakConstants) -> FloatArray:
    """Return the cross section at E = `threshold` + `root`^2."""
    kinetic = root**2
    mass = constants.electron_mass_energy
    logarithm = np.log(threshold(constants) + kinetic)
    momentum = root * np.sqrt(kinetic + 2.0 * mass)
    return np.asarray(_SCALE * momentum * (kinetic + mass) * np.exp(logarithm * np.polyval(_EXPONENTS, logarithm)))

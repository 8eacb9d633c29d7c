"""Cross sections of elastic scattering on a target at rest, from a squared amplitude.

A squared amplitude is any function ``squared_amplitude(s, t, u, *parameters)`` of the Mandelstam variables [MeV^2] and
of further arrays such as the dark matter mass: |M|^2, dimensionless, averaged over initial and summed over final spins.
It is called on arrays that broadcast. `gridscan.physics.scattering.amplitudes` has two, and a form factor.

On a target of mass m2 far above the energies, s and u agree with m2^2 in all but their last digits, and a formula such
as s^2 + u^2 - 2 m2^4 keeps none. `total_cross_section` finds that out, and evaluates it with 32 digits
(`gridscan.numerics.precise_array`); formulas that cannot be need the invariants minus the sum of the squared masses:
with ``centred=True`` a cross section passes s - m1^2 - m2^2 = 2 m2 E1 and u - m1^2 - m2^2 instead, and ``centred=True``
to the function, which must accept it.

Cross sections are in the unit of `hbar_c` squared over that of the energies: cm^2 for 1.97327e-11 MeV cm. They are the
standard ones. Publications on supernova-neutrino-boosted dark matter multiply the total one by another 2 pi and the
differential one by `gridscan.physics.scattering.inverse_kinematics.neutrino_energy_slope`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridscan.errors import EvaluationError
from gridscan.numerics.ranges import NOT_NEGATIVE, POSITIVE, Range, checked
from gridscan.numerics.unit_arguments import in_units, with_units
from gridscan.physics.scattering.collision import Collision, SquaredAmplitude, called, ends_of
from gridscan.physics.scattering.one_particle import momentum
from gridscan.physics.scattering.recoil_angle import sine_squared
from gridscan.physics.scattering.two_body import boost_squared, mandelstam, mandelstam_t_range

__all__ = [
    "SquaredAmplitude",
    "differential_cross_section",
    "differential_cross_section_in_t",
    "total_cross_section",
]

FloatArray = NDArray[np.floating[Any]]

# The lowest t, computed from the energy of the target, may miss the end of the range by a rounding.
_ROUNDING = 1e-12
_ENERGIES_AT_ONCE = 1024
# What moves s and u to see how much their rounding matters, and the part of the amplitude that this may be.
_STEP = 2.0**-40
_MOST_ROUNDING = 1e-7
_EPSILON = float(np.finfo(float).eps)
_RECIPE = (
    "the amplitude is a difference of nearly equal terms, so take s_minus_masses = s - M and u_minus_masses = u - M,"
    " with M the sum of the squared masses, in place of s and u (in Model.replace arguments of these names, in Python"
    " centred=True): s**2 + u**2 + 4*t*M - 2*M**2, for example, is s_minus_masses**2 + u_minus_masses**2 + 2*t*M"
)


@with_units(mandelstam_t="MeV^2", projectile_energy="MeV", projectile_mass="MeV", target_mass="MeV", hbar_c="MeV cm")
def differential_cross_section_in_t(
    squared_amplitude: SquaredAmplitude,
    mandelstam_t: Any,
    projectile_energy: Any,
    projectile_mass: Any,
    target_mass: Any,
    hbar_c: Any,
    *parameters: Any,
    centred: bool = False,
) -> Any:
    """Return dsigma/dt, or 0 for a t that is not allowed.

    Parameters
    ----------
    squared_amplitude
        |M|^2(s, t, u, *parameters).
    mandelstam_t
        t [MeV^2], allowed from -4 p_cm^2 to 0.
    projectile_energy
        Kinetic energy T1 > 0 of the projectile [MeV]; of a neutrino, its energy.
    projectile_mass, target_mass
        m1, 0 for a neutrino, and m2 > 0 [MeV].
    hbar_c
        ħc [MeV cm].
    *parameters
        Passed on to the amplitude.
    centred
        Whether the amplitude takes s and u with m1^2 + m2^2 subtracted.

    Returns
    -------
    array or quantity
        dsigma/dt [cm^2/MeV^2]; all arguments broadcast.

    Raises
    ------
    EvaluationError
        If the energy of a projectile is not positive.

    Notes
    -----
    dsigma/dt = |M|^2 (ħc)^2/(64 pi s p_cm^2) with s p_cm^2 = (m2 p1)^2.
    Source: Particle Data Group 2024, Review of Particle Physics, section Kinematics.

    Examples
    --------
    A constant |M|^2 = 16 pi s/(ħc)^2 has a total cross section of 1, spread evenly over 4 p_cm^2:

    >>> import math
    >>> from gridscan.physics.scattering.cross_sections import differential_cross_section_in_t
    >>> from gridscan.physics.scattering.two_body import mandelstam_t_range
    >>> lowest, _ = mandelstam_t_range(10.0, 0.0, 1.0)
    >>> amplitude = lambda s, t, u: 16 * math.pi * s
    >>> round(float(differential_cross_section_in_t(amplitude, -1.0, 10.0, 0.0, 1.0, 1.0) * -lowest), 12)
    1.0
    """
    checked("projectile_energy", projectile_energy, Range(above=0.0, finite=False), "MeV")
    lowest, _ = mandelstam_t_range(projectile_energy, projectile_mass, target_mass)
    s, u_end = ends_of(projectile_energy, projectile_mass, target_mass, centred)
    allowed = (mandelstam_t <= 0.0) & (mandelstam_t >= lowest * (1.0 + _ROUNDING))
    t = allowed * mandelstam_t
    amplitude = called(squared_amplitude, s, t, u_end - (t - lowest), parameters, centred)
    flux = 64.0 * np.pi * (target_mass * momentum(projectile_energy, projectile_mass)) ** 2
    return allowed * amplitude * hbar_c**2 / flux


@with_units(projectile_energy="MeV", projectile_mass="MeV", target_mass="MeV", hbar_c="MeV cm")
def differential_cross_section(
    squared_amplitude: SquaredAmplitude,
    projectile_energy: Any,
    projectile_mass: Any,
    target_mass: Any,
    haversine: Any,
    hbar_c: Any,
    *parameters: Any,
    centred: bool = False,
) -> Any:
    """Return dsigma/dOmega per solid angle of the target, at a fixed energy of the projectile; 0 from psi = pi/2 on.

    Parameters
    ----------
    squared_amplitude
        |M|^2(s, t, u, *parameters).
    projectile_energy
        Kinetic energy T1 > 0 of the projectile [MeV]; of a neutrino, its energy.
    projectile_mass, target_mass
        m1, 0 for a neutrino, and m2 > 0 [MeV].
    haversine
        sin^2(psi/2) of the angle between projectile and target: `gridscan.physics.scattering.recoil_angle.haversine`.
    hbar_c
        ħc [MeV cm].
    *parameters
        Passed on to the amplitude.
    centred
        Whether the amplitude takes s and u with m1^2 + m2^2 subtracted.

    Returns
    -------
    array or quantity
        dsigma/dOmega [cm^2/sr]; all arguments broadcast.

    Raises
    ------
    EvaluationError
        If the amplitude consists of rounding errors, with what to write in place of s and u.

    Notes
    -----
    (1/2 pi) (dsigma/dt) 2 m2 dT2/dcos(psi) = |M|^2 (ħc)^2/(16 pi s) × gamma^2 cos(psi)/(pi (1 + (gamma^2 - 1)
    sin^2(psi))^2): the total cross section of a constant |M|^2 times
    `gridscan.physics.scattering.recoil_angle.angular_density`.
    Source: Particle Data Group 2024, Review of Particle Physics, section Kinematics.

    Examples
    --------
    >>> import math
    >>> from gridscan.physics.scattering.cross_sections import differential_cross_section
    >>> from gridscan.physics.scattering.recoil_angle import angular_density
    >>> amplitude = lambda s, t, u: 16 * math.pi * s
    >>> ratio = differential_cross_section(amplitude, 10.0, 0.0, 1.0, 0.02, 1.0) / angular_density(10.0, 1.0, 0.02)
    >>> round(float(ratio), 12)
    1.0
    """
    s, t, u = mandelstam(projectile_energy, projectile_mass, target_mass, haversine)
    boost = boost_squared(projectile_energy, projectile_mass, target_mass)
    excess = momentum(projectile_energy, projectile_mass) ** 2 / s
    cosine = 1.0 - 2.0 * haversine
    density = np.asarray(cosine > 0.0) * boost * cosine / (np.pi * (1.0 + excess * sine_squared(haversine)) ** 2)
    scale = hbar_c**2 / (16.0 * np.pi * s)
    if centred:
        s, _ = ends_of(projectile_energy, projectile_mass, target_mass, centred)
        u = -s - t
    found = called(squared_amplitude, s, t, u, parameters, centred)
    if not centred:
        _require_digits(squared_amplitude, (s, t, u), parameters, found, excess * s / target_mass**2)
    return density * scale * found


def _require_digits(
    squared_amplitude: SquaredAmplitude, invariants: Any, parameters: Any, found: Any, slowness: Any
) -> None:
    """Refuse an amplitude whose terms cancel so far that rounding leaves too few of its digits."""
    # Of projectiles far slower than the target is heavy, s and u cancel to (p_1/m_2)² of them, `slowness`. What
    # is less, such as an amplitude that vanishes at an angle, does not count, nor projectiles without energy.
    slow = (slowness > 0.0) & (slowness < _EPSILON / _MOST_ROUNDING)
    if not np.any(slow):
        return
    s, t, u = invariants
    moved = [squared_amplitude(*other, *parameters) for other in ((s * (1.0 + _STEP), t, u), (s, t, u * (1.0 + _STEP)))]
    terms = sum(np.abs(other - found) for other in moved) / _STEP
    if np.any(slow & (_EPSILON * terms > _MOST_ROUNDING * (np.abs(found) + slowness * terms))):
        raise EvaluationError(f"too few digits of the squared amplitude are left: {_RECIPE}")


@in_units(projectile_energy="MeV", projectile_mass="MeV", target_mass="MeV", hbar_c="MeV cm")
def total_cross_section(
    squared_amplitude: SquaredAmplitude,
    projectile_energy: ArrayLike,
    projectile_mass: ArrayLike,
    target_mass: ArrayLike,
    hbar_c: ArrayLike,
    *parameters: ArrayLike,
    centred: bool | str = False,
    tolerance: float = 1e-8,
) -> tuple[FloatArray, FloatArray]:
    """Return total cross sections at all energies at once, and estimates of their errors.

    Parameters
    ----------
    squared_amplitude
        |M|^2(s, t, u, *parameters), called on arrays of shapes such as (n, 15) with the parameters in shape (n, 1).
    projectile_energy
        Kinetic energy T1 of the projectile [MeV]; of a neutrino, its energy.
    projectile_mass, target_mass
        m1, 0 or more, and m2 > 0 [MeV].
    hbar_c
        ħc [MeV cm].
    *parameters
        Passed on to the amplitude, after they were broadcast with the energies and masses.
    centred
        Whether the amplitude takes s and u with m1^2 + m2^2 subtracted; ``"both"`` for one that takes these too, as
        keywords ``s_minus_masses`` and ``u_minus_masses``.
    tolerance
        Largest error allowed, relative to the value.

    Returns
    -------
    value, error : numpy.ndarray
        sigma and an estimate of its absolute error [cm^2], of the shape to which all arguments broadcast.

    Raises
    ------
    EvaluationError
        If an argument is outside its range, the amplitude is not finite, or the error is above the tolerance: for a
        massless mediator, whose total cross section is infinite, or an amplitude that consists of rounding errors even
        where it is evaluated with 32 digits, or cannot be.

    Notes
    -----
    sigma = (ħc)^2/(16 pi s) ∫_0^1 |M|^2 df with t = -4 p_cm^2 f. A mediator of mass m_V makes |M|^2 fall from t =
    -m_V^2 on, which may be 1e-20 of the range of t, and one in the u channel does so at the other end. In w = ln(f/(1 -
    f)) both are smooth over a unit of w, wherever they are. Panels that widen from w = 0 to ±92 are bisected until each
    integral has converged. The error is the sum of the estimate of the quadrature, what a constant |M|^2 would add
    beyond, and what the rounding of s and u does to |M|^2. Where that is too much, all is done again with numbers of 32
    digits, `gridscan.numerics.precise_array.PreciseArray`, which the amplitude and its parameters then are.
    Source: Particle Data Group 2024, Review of Particle Physics, section Kinematics.

    Examples
    --------
    |M|^2 = 1/(t - m^2)^2 in closed form, with 4 p_cm^2 = 4 (m2 T1)^2/s: 1/(16 pi s m^2 (m^2 + 4 p_cm^2)).

    >>> import math
    >>> from gridscan.physics.scattering.cross_sections import total_cross_section
    >>> value, error = total_cross_section(lambda s, t, u: (t - 0.01) ** -2, 10.0, 0.0, 1.0, 1.0)
    >>> s = 1.0 + 2 * 10.0
    >>> round(float(value) * 16 * math.pi * s * 0.01 * (0.01 + 4 * 10.0**2 / s), 9)
    1.0
    """
    checked("projectile_energy", projectile_energy, NOT_NEGATIVE, "MeV")
    checked("projectile_mass", projectile_mass, NOT_NEGATIVE, "MeV")
    checked("target_mass", target_mass, POSITIVE, "MeV")
    given = (projectile_energy, projectile_mass, target_mass, hbar_c, *parameters)
    arrays = np.broadcast_arrays(*(np.asarray(values, dtype=float) for values in given))
    shape, columns = arrays[0].shape, [array.ravel() for array in arrays]
    value, error, rounding = np.empty((3, columns[0].size))
    for first in range(0, value.size, _ENERGIES_AT_ONCE):
        block = slice(first, first + _ENERGIES_AT_ONCE)
        energy, projectile, target, conversion, *rest = (column[block] for column in columns)
        collision = Collision(squared_amplitude, energy, projectile, target, rest, centred)
        mean, uncertainty, rounding[block] = collision.mean_squared_amplitude(tolerance)
        s = (projectile + target) ** 2 + 2.0 * target * energy
        scale = conversion**2 / (16.0 * np.pi * s)
        value[block], error[block] = scale * mean, scale * uncertainty
    poor = np.flatnonzero(~(error <= tolerance * np.abs(value)))
    if poor.size:
        index = poor[0]
        cause = _RECIPE if rounding[index] else "is the mediator massless, or the amplitude not finite?"
        raise EvaluationError(
            f"the total cross section has not converged at projectile_energy = {columns[0][index]:g} MeV: found "
            f"{value[index]:g} with an error of {error[index]:.1g}, which must be at most {tolerance:g} of the value; "
            f"{cause}"
        )
    return value.reshape(shape), error.reshape(shape)

"""Squared amplitudes of neutrinos on a target at rest, whose terms may cancel.

For a neutrino of energy E on a mass m, s and u differ from m² by about 2 m E. An amplitude such as s² + u² + 4 t m² -
2 m⁴ is then (E/m)² of its terms, of which 16 digits leave too few for E far below m; there it is evaluated with 32.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gridscan.errors import EvaluationError
from gridscan.numerics.precise_array import PreciseArray
from gridscan.numerics.unit_arguments import in_units

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridscan.physics.scattering.collision import SquaredAmplitude

__all__ = ["squared_amplitude_of_neutrinos"]

FloatArray = NDArray[np.floating[Any]]

_EPSILON = float(np.finfo(float).eps)
# Neutrinos of less than this part of the mass are slow: of faster ones 16 digits leave 15.
_SLOW = 0.3
# What moves s and u to see how much their rounding matters, and the last of 32 digits.
_STEP = 2.0**-40
_LAST_DIGIT = 1.0 + PreciseArray(2.0**-100)
# Of the amplitude: rounding beyond which it is evaluated with 32 digits, and which is refused if they leave it.
_NOISE = 1e-10
_MOST_NOISE = 1e-8
# Of the rounding of the terms, and of the change with the last digit of the energy: what 32 digits and the last digit
# of the masses change at most, if all numbers have 32.
_SHARE = 1e-3
_CHANGE = 50.0


@in_units(neutrino_energy="MeV", kinetic_energy="MeV", mass="MeV")
def squared_amplitude_of_neutrinos(
    squared_amplitude: SquaredAmplitude,
    neutrino_energy: FloatArray,
    kinetic_energy: FloatArray,
    mass: FloatArray,
    *parameters: FloatArray,
) -> FloatArray:
    """Return a squared amplitude of neutrinos that kick particles at rest, with all its digits.

    Parameters
    ----------
    squared_amplitude
        |M|²(s, t, u, mass, *parameters, s_minus_masses=…, u_minus_masses=…), called on arrays of shape (k,), or on
        numbers of 32 digits, `gridscan.numerics.precise_array.PreciseArray`.
    neutrino_energy
        E [MeV], shape (n,), as the others.
    kinetic_energy
        T of the kicked particles [MeV].
    mass
        m of these [MeV].
    *parameters
        Passed on to the amplitude.

    Returns
    -------
    numpy.ndarray
        |M|², shape (n,). What is below zero by rounding alone is zero for slow neutrinos.

    Raises
    ------
    EvaluationError
        If the amplitude consists of rounding errors even with 32 digits, or cannot be evaluated with them.

    Notes
    -----
    s = m² + 2 m E, t = -2 m T and u = m² - 2 m E - t. Source: definition.

    Examples
    --------
    A neutrino of 1 keV on a particle of 1 TeV, forward: s² + u² - 2 m⁴ = 8 (m E)², of which 16 digits leave none.

    >>> import numpy as np
    >>> from gridscan.physics.scattering.cancelling_amplitude import squared_amplitude_of_neutrinos
    >>> energy, none, mass = np.array([1e-3]), np.array([0.0]), np.array([1e6])
    >>> amplitude = lambda s, t, u, m, **centred: (s**2 + u**2 + 4 * t * m**2 - 2 * m**4) / m**4
    >>> round(float(squared_amplitude_of_neutrinos(amplitude, energy, none, mass)[0] / 8e-18), 9)
    1.0
    """
    numbers = neutrino_energy, kinetic_energy, mass
    found = np.array(_called(squared_amplitude, numbers, parameters), dtype=float)
    slow = np.flatnonzero((neutrino_energy < _SLOW * mass) & np.isfinite(found))
    if not slow.size:
        return found
    some, others = [item[slow] for item in numbers], [item[slow] for item in parameters]
    change: Any = sum(
        np.abs(_called(squared_amplitude, some, others, **{moved: 1.0 + _STEP}) - found[slow]) for moved in ("s", "u")
    )
    # The terms that cancel: what they change by if s or u does.
    terms = change / _STEP
    noisy = np.flatnonzero(~(_EPSILON * terms <= _NOISE * np.abs(found[slow])))
    if noisy.size:
        some, others = ([item[noisy] for item in items] for items in (some, others))
        poor = slow[noisy]
        found[poor] = _with_more_digits(squared_amplitude, some, others, terms[noisy], found[poor])
    return found


def _with_more_digits(
    squared_amplitude: SquaredAmplitude,
    numbers: list[FloatArray],
    parameters: list[FloatArray],
    terms: FloatArray,
    rounded: FloatArray,
) -> FloatArray:
    """Return amplitudes with 32 digits; those of 16 where it has to and can be."""
    energy, kinetic, mass = numbers
    # The masses move by the last of 16 digits: an amplitude that has a sum of squared masses of 16 digits shows it.
    try:
        found = _precise(squared_amplitude, energy, kinetic, mass, parameters)
        moved = _precise(squared_amplitude, energy, kinetic, np.nextafter(mass, np.inf), parameters, shifted=True)
        beside = _precise(squared_amplitude, np.nextafter(energy, np.inf), kinetic, mass, parameters)
        change, of_inputs = np.abs(moved - found), _CHANGE * np.abs(beside - found)
    except (TypeError, EvaluationError):
        found, change, of_inputs = rounded, _EPSILON * terms, np.zeros_like(terms)
    ratio = energy / mass
    allowed = _MOST_NOISE * np.abs(found) + of_inputs
    allowed += terms * np.minimum(_SHARE * _EPSILON, _MOST_NOISE * ratio**2)
    poor = np.flatnonzero(~(change <= allowed))
    if poor.size:
        worst = poor[np.argmin(ratio[poor])]
        raise EvaluationError(
            f"the squared amplitude of neutrinos of {ratio[worst]:.1g} of the dark matter mass is a difference of"
            " nearly equal terms, of which rounding leaves too few digits; take s_minus_masses = s - M and"
            " u_minus_masses = u - M, with M = dark_matter_mass**2, in place of s and u (in Model.replace arguments of"
            " these names): s**2 + u**2 + 4*t*M - 2*M**2, for example, is s_minus_masses**2 + u_minus_masses**2 + 2*t*M"
        )
    return np.where((found < 0.0) & (found >= -of_inputs), 0.0, found)


def _precise(
    squared_amplitude: SquaredAmplitude,
    energy: FloatArray,
    kinetic: FloatArray,
    mass: FloatArray,
    parameters: list[FloatArray],
    shifted: bool = False,
) -> FloatArray:
    numbers = [PreciseArray(item, shifted=shifted) for item in (energy, kinetic, mass)]
    moved = {"s": _LAST_DIGIT, "u": _LAST_DIGIT} if shifted else {}
    found = _called(squared_amplitude, numbers, parameters, **moved)
    return np.asarray(found.rounded() if isinstance(found, PreciseArray) else found, dtype=float)


def _called(squared_amplitude: SquaredAmplitude, numbers: Sequence[Any], parameters: Any, **moved: Any) -> Any:
    """Return the amplitude, with s or u times a factor, from which they without the masses are not taken."""
    energy, kinetic, mass = numbers
    above, t, masses = 2.0 * mass * energy, -2.0 * mass * kinetic, mass * mass
    below = -above - t
    s, u = (masses + above) * moved.get("s", 1.0), (masses + below) * moved.get("u", 1.0)
    return squared_amplitude(s, t, u, mass, *parameters, s_minus_masses=above, u_minus_masses=below)

"""Collisions of all energies and masses of a block, and the mean of a squared amplitude over the range of t.

Where a squared amplitude is a difference of nearly equal terms, it is evaluated with numbers of 32 digits.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridscan.errors import EvaluationError
from gridscan.numerics.precise_array import PreciseArray
from gridscan.numerics.quadrature import integrate_panels
from gridscan.physics.scattering.two_body import mandelstam_t_range

__all__ = ["Collision", "SquaredAmplitude", "called", "ends_of"]

FloatArray = NDArray[np.floating[Any]]
SquaredAmplitude = Callable[..., Any]

# Ends of the panels in ln(t/(t_min - t)): narrow where the ends of the range of t are far, down to exp(-92) = 1e-40.
_HALF_CUTS = (0.0, 1.5, 3.0, 5.0, 7.5, 10.5, 14.0, 18.0, 23.0, 30.0, 40.0, 54.0, 72.0, 92.0)
_CUTS = np.array([*(-cut for cut in _HALF_CUTS[:0:-1]), *_HALF_CUTS])
_AIM = 1e-12
# Share of the tolerance that rounding may take, and what moves 16 digits and 32.
_ROUNDING_SHARE = 0.1
_STEP = 2.0**-40
_LAST_DIGITS = 1.0 + PreciseArray(2.0**-100)


def ends_of(energy: Any, projectile_mass: Any, target_mass: Any, centred: bool) -> tuple[Any, Any]:
    """Return s, and u at the lowest t, or both minus the sum of the squared masses.

    Parameters
    ----------
    energy
        Kinetic energy of the projectile, in the unit of the masses.
    projectile_mass, target_mass
        Masses.
    centred
        Whether the sum of the squared masses is taken off.

    Returns
    -------
    s, u : numpy.ndarray
        Invariants, in the square of that unit.
    """
    s = (projectile_mass + target_mass) ** 2 + 2.0 * target_mass * energy
    if not centred:
        return s, (projectile_mass**2 - target_mass**2) ** 2 / s
    centred_s = 2.0 * target_mass * (energy + projectile_mass)
    lowest, _ = mandelstam_t_range(energy, projectile_mass, target_mass)
    return centred_s, -centred_s - lowest


def called(squared_amplitude: SquaredAmplitude, s: Any, t: Any, u: Any, parameters: Any, centred: bool) -> Any:
    """Return a squared amplitude, which is told of invariants without the masses.

    Parameters
    ----------
    squared_amplitude
        |M|²(s, t, u, *parameters).
    s, t, u
        Invariants.
    parameters
        Of the amplitude.
    centred
        Whether s and u are without the sum of the squared masses.

    Returns
    -------
    numpy.ndarray
        |M|².
    """
    return squared_amplitude(s, t, u, *parameters, **({"centred": True} if centred else {}))


@dataclasses.dataclass(frozen=True)
class Collision:
    """n collisions with a squared amplitude, all arrays of shape (n,).

    Attributes
    ----------
    squared_amplitude
        |M|^2(s, t, u, *parameters).
    energy, projectile_mass, target_mass
        T1, m1 and m2 [MeV].
    parameters
        Of the amplitude.
    centred
        See `gridscan.physics.scattering.cross_sections.total_cross_section`.
    """

    squared_amplitude: SquaredAmplitude
    energy: FloatArray
    projectile_mass: FloatArray
    target_mass: FloatArray
    parameters: list[FloatArray]
    centred: bool | str

    def mean_squared_amplitude(self, tolerance: float) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
        """Return ∫_0^1 |M|^2 df with t = -4 p_cm^2 f.

        Parameters
        ----------
        tolerance
            Largest error allowed, relative to the value.

        Returns
        -------
        value, error, rounding : numpy.ndarray
            Shape (n,): the mean, its error, and whether more than half of that is rounding.
        """
        rounding, rough = self._rounding(precise=False)
        value, error = np.empty_like(rough), np.empty_like(rough)
        noisy = ~(rounding <= _ROUNDING_SHARE * tolerance * rough)
        plain = ~noisy
        if noisy.any():
            some = self._taken(np.flatnonzero(noisy))
            try:
                value[noisy], error[noisy] = some._integral(precise=True)
                rounding[noisy] = some._rounding(precise=True)[0]
            except (TypeError, EvaluationError):
                # The amplitude cannot be evaluated with such numbers.
                plain = np.ones_like(noisy)
        if plain.any():
            value[plain], error[plain] = self._taken(np.flatnonzero(plain))._integral(precise=False)
        return value, error + rounding, rounding > 0.5 * error

    def _taken(self, index: NDArray[np.intp]) -> Collision:
        energy, projectile, target = (item[index] for item in self._numbers())
        parameters = [item[index] for item in self.parameters]
        return Collision(self.squared_amplitude, energy, projectile, target, parameters, self.centred)

    def _numbers(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        return self.energy, self.projectile_mass, self.target_mass

    def _integral(self, precise: bool) -> tuple[FloatArray, FloatArray]:
        count, panels = len(self.energy), len(_CUTS) - 1
        everyone = np.arange(count)
        value, error = integrate_panels(
            lambda w, owner: self._integrand(w, owner, precise),
            np.repeat(everyone, panels),
            np.tile(_CUTS[:-1], count),
            np.tile(_CUTS[1:], count),
            count,
            relative_tolerance=_AIM,
            rounds=8,
        )
        # A constant |M|^2 beyond the last cuts would add as much as the integrand is there.
        tails = self._integrand(np.tile(_CUTS[[0, -1]], (count, 1)), everyone, precise).sum(axis=-1)
        return value, error + np.abs(tails)

    def _rounding(self, precise: bool) -> tuple[FloatArray, FloatArray]:
        """Return the effect of the last digits of s, u and the masses, at the middle of each panel, and ∫ |M|²."""
        middle, everyone = np.tile(0.5 * (_CUTS[1:] + _CUTS[:-1]), (len(self.energy), 1)), np.arange(len(self.energy))
        kinds = ("", "s", "u", "masses") if precise else ("", "s", "u")
        there, *moved = (self._integrand(middle, everyone, precise, each) for each in kinds)
        # A step of one digit may be rounded away.
        change = sum(np.abs(other - there) for other in moved) * (1.0 if precise else np.finfo(float).eps / _STEP)
        return np.asarray(change @ np.diff(_CUTS)), np.abs(there) @ np.diff(_CUTS)

    def _integrand(self, w: FloatArray, owner: NDArray[np.intp], precise: bool, moved: str = "") -> FloatArray:
        """Return |M|² df/dw; moved by the last digit of s, of u, or of the masses.

        The masses move by the last of 16 digits: an amplitude that has a sum of squared masses of 16 digits shows it.
        """
        numbers: list[Any] = [item[owner, None] for item in self._numbers()]
        parameters: list[Any] = [item[owner, None] for item in self.parameters]
        if moved == "masses":
            parameters = [
                np.where((item == numbers[1]) | (item == numbers[2]), np.nextafter(item, np.inf), item)
                for item in parameters
            ]
            numbers[1:] = (np.nextafter(item, np.inf) for item in numbers[1:])
        if precise:
            numbers = [PreciseArray(item, shifted=bool(moved)) for item in numbers]
            parameters = [PreciseArray(item, shifted=bool(moved)) for item in parameters]
        width = -mandelstam_t_range(*numbers)[0]
        part, rest = 1.0 / (1.0 + np.exp(-w)), 1.0 / (1.0 + np.exp(w))
        # With 32 digits, what is nearer to one end of the range of t has to follow from there.
        t = np.where(w < 0.0, -(width * part), width * rest - width) if precise else -width * part
        above_end = np.where(w < 0.0, width + t, width * rest) if precise else width * rest
        ends = [
            ends_of(numbers[0], numbers[1], numbers[2], each)
            for each in ((False, True) if self.centred == "both" else (bool(self.centred),))
        ]
        (s, u), *others = (
            (_moved(s) if moved == "s" else s, (_moved(u_end) if moved == "u" else u_end) - above_end)
            for s, u_end in ends
        )
        if others:
            extra = dict(zip(("s_minus_masses", "u_minus_masses"), others[0], strict=True))
            found = self.squared_amplitude(s, t, u, *parameters, **extra)
        else:
            found = called(self.squared_amplitude, s, t, u, parameters, bool(self.centred))
        weighted: FloatArray = part * rest * (found.rounded() if isinstance(found, PreciseArray) else found)
        return weighted


def _moved(number: Any) -> Any:
    """Return a number moved by some thousand of its last digits, or by a few of 32."""
    return number * (_LAST_DIGITS if isinstance(number, PreciseArray) else 1.0 + _STEP)

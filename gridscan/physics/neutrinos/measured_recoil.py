"""Recoils as a detector measures them: its resolution, and the share of them that it counts in a window.

A recoil of kinetic energy T is measured with a Gaussian error s(T), and counted with the probability

    eps(T) = [erfc((T_lo - T)/(sqrt(2) s)) - erfc((T_hi - T)/(sqrt(2) s))]/2,   s^2 = a^2 T + b^2 T^2 + c^2

T is the kinetic energy: quenching and the thresholds of Cherenkov light are not in it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import erfc

from gridscan.numerics.ranges import NOT_NEGATIVE, POSITIVE_OR_INFINITE, checked, require_above
from gridscan.numerics.unit_arguments import in_units

__all__ = ["RecoilWindow", "counted_share", "energy_resolution"]

FloatArray = NDArray[np.floating[Any]]


@in_units(recoil_min="MeV", recoil_max="MeV", resolution_constant="MeV")
class RecoilWindow(NamedTuple):
    """The recoils that a detector counts: numbers, or arrays that broadcast against the spectra.

    Attributes
    ----------
    recoil_min, recoil_max
        T_lo < T_hi [MeV]: the window of measured energies, T_lo at least 0; T_hi may be infinite.
    resolution_stochastic
        a [sqrt(MeV)]: the part of the resolution that falls with the number of photons, s = a sqrt(T).
    resolution_proportional
        b, dimensionless: s = b T.
    resolution_constant
        c [MeV]: s = c.
    """

    recoil_min: Any = 0.0
    recoil_max: Any = np.inf
    resolution_stochastic: Any = 0.0
    resolution_proportional: Any = 0.0
    resolution_constant: Any = 0.0

    def checked(self) -> RecoilWindow:
        """Return the same as arrays.

        Returns
        -------
        RecoilWindow
            With five arrays.

        Raises
        ------
        EvaluationError
            If a recoil or a resolution is negative, or a window is empty.
        """
        low = checked("recoil_min", self.recoil_min, NOT_NEGATIVE, "MeV")
        high = checked("recoil_max", self.recoil_max, POSITIVE_OR_INFINITE, "MeV")
        require_above("recoil_max", high, "recoil_min", low, "MeV")
        return RecoilWindow(
            low,
            high,
            checked("resolution_stochastic", self.resolution_stochastic, NOT_NEGATIVE, "sqrt(MeV)"),
            checked("resolution_proportional", self.resolution_proportional, NOT_NEGATIVE),
            checked("resolution_constant", self.resolution_constant, NOT_NEGATIVE, "MeV"),
        )

    def flat(self, shape: tuple[int, ...]) -> RecoilWindow:
        """Return the same with arrays of shape (n,).

        Parameters
        ----------
        shape
            The shape, of n elements, to which the five are broadcast.

        Returns
        -------
        RecoilWindow
            With five arrays of n elements.
        """
        return RecoilWindow(*(np.broadcast_to(field, shape).ravel() for field in self.checked()))


def energy_resolution(recoil: ArrayLike, window: RecoilWindow) -> FloatArray:
    """Return the standard deviation of the measured energy, s = sqrt(a^2 T + b^2 T^2 + c^2).

    Parameters
    ----------
    recoil
        Kinetic energy T of the electron [MeV], 0 or more.
    window
        Its resolution.

    Returns
    -------
    numpy.ndarray
        [MeV].

    Raises
    ------
    EvaluationError
        If an argument is outside its range.

    Notes
    -----
    Source: independent errors add in quadrature.

    Examples
    --------
    5 % at 1 MeV, from the number of photons, are 11 keV at 50 keV:

    >>> from gridscan.physics.neutrinos.measured_recoil import RecoilWindow, energy_resolution
    >>> energy_resolution([0.05, 1.0], RecoilWindow(resolution_stochastic=0.05)).round(3)
    array([0.011, 0.05 ])
    """
    kinetic = checked("recoil", recoil, NOT_NEGATIVE, "MeV")
    return _resolution(kinetic, window.checked())


def counted_share(recoil: ArrayLike, window: RecoilWindow) -> FloatArray:
    """Return the probability eps(T) that a recoil is measured within a window.

    Parameters
    ----------
    recoil
        Kinetic energy T of the electron [MeV], 0 or more.
    window
        The window and the resolution.

    Returns
    -------
    numpy.ndarray
        From 0 to 1; all arguments broadcast. Without an error of the measured energy it is 0 or 1, and 1 at both ends.

    Raises
    ------
    EvaluationError
        If an argument is outside its range.

    Notes
    -----
    [erfc((T_lo - T)/(sqrt(2) s)) - erfc((T_hi - T)/(sqrt(2) s))]/2; above the window, where both are nearly 2, from
    their complements. Source: the integral of a Gaussian.

    Examples
    --------
    Half of the recoils at the threshold, and 0.15 % of those three standard deviations below it:

    >>> from gridscan.physics.neutrinos.measured_recoil import RecoilWindow, counted_share
    >>> counted_share([0.2, 0.14], RecoilWindow(recoil_min=0.2, resolution_constant=0.02)).round(4)
    array([0.5   , 0.0013])
    """
    kinetic = checked("recoil", recoil, NOT_NEGATIVE, "MeV")
    return _counted(kinetic, window.checked())


def _resolution(recoil: FloatArray, window: RecoilWindow) -> FloatArray:
    a, b, c = window[2:]
    return np.asarray(np.sqrt(a**2 * recoil + (b * recoil) ** 2 + c**2))


def _counted(recoil: FloatArray, window: RecoilWindow) -> FloatArray:
    width = np.sqrt(2.0) * _resolution(recoil, window)
    smeared = np.where(width > 0.0, width, 1.0)
    below, above = (window.recoil_min - recoil) / smeared, (window.recoil_max - recoil) / smeared
    # The complements keep the digits above the middle of the window.
    mirrored = below + above < 0.0
    first, second = np.where(mirrored, -above, below), np.where(mirrored, -below, above)
    share = 0.5 * (erfc(first) - erfc(second))
    return np.asarray(np.where(width > 0.0, share, (recoil >= window.recoil_min) & (recoil <= window.recoil_max)))

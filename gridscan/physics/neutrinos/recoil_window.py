"""Recoils that a detector counts of a spectrum of neutrinos, for any threshold and resolution.

Each rate is one integral over the kinetic energy T of the recoil, that of the share eps(T) that is counted and the
moments of the neutrinos, which `gridscan.physics.neutrinos.recoil_spectrum.with_couplings` turns into cross sections.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridscan.numerics.quadrature import integrate_panels, panels_between
from gridscan.numerics.ranges import POSITIVE, checked
from gridscan.numerics.unit_arguments import in_units
from gridscan.physics.constants import WEAK, WeakConstants
from gridscan.physics.neutrinos.electron_scattering import maximum_recoil
from gridscan.physics.neutrinos.measured_recoil import RecoilWindow, counted_share, energy_resolution
from gridscan.physics.neutrinos.recoil_spectrum import PINCHING, highest_energy, spectrum_moments

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "counted_integral",
    "window_moments",
    "window_moments_of_line",
]

FloatArray = NDArray[np.floating[Any]]
IndexArray = NDArray[np.intp]

# Relative error of the integrals over the recoil.
_TOLERANCE = 1e-10
# Smaller integrals have lost their relative accuracy.
_NOTHING = 1e-290
# Where the Gaussian has its edges, in units of its width.
_EDGES = (-8.0, -2.5, 2.5, 8.0)
# So many integrals at once keep the panels in memory.
_AT_ONCE = 4000


@in_units(mean_energy="MeV")
def window_moments(
    mean_energy: ArrayLike, pinching: ArrayLike, window: RecoilWindow, constants: WeakConstants = WEAK
) -> tuple[FloatArray, FloatArray]:
    """Return the moments of a pinched spectrum of neutrinos integrated over the recoils that are counted.

    Parameters
    ----------
    mean_energy
        Mean energy <E> of the neutrinos [MeV], above zero.
    pinching
        alpha, above 1, dimensionless.
    window
        The recoils that are counted.
    constants
        Constants of nature.

    Returns
    -------
    values, errors : numpy.ndarray
        Shape (4, ...) [MeV], the last [1]: ∫ eps {Q_0, T Q_1, T^2 Q_2, T Q_2} dT and their absolute errors; the other
        axes are those to which the arguments broadcast. The function `with_couplings` of
        `gridscan.physics.neutrinos.recoil_spectrum` makes cross sections [cm^2] of them, for each flavour.

    Raises
    ------
    EvaluationError
        If an argument is outside its range.

    Notes
    -----
    In sqrt(T), in which the spectrum of recoils is smooth, by panels cut where eps(T) has its edges.
    Sources: see `gridscan.physics.neutrinos.recoil_spectrum`.

    Examples
    --------
    The cross section of nu_e of carbon burning for all recoils, and for those measured above 0.2 MeV [cm^2]:

    >>> from gridscan.physics.neutrinos.recoil_spectrum import with_couplings
    >>> from gridscan.physics.neutrinos.measured_recoil import RecoilWindow
    >>> from gridscan.physics.neutrinos.recoil_window import window_moments
    >>> from gridscan.physics.neutrinos.weak_couplings import radiative_couplings
    >>> moments, _ = window_moments(0.65, 12.3, RecoilWindow([0.0, 0.2], resolution_stochastic=0.05))
    >>> print(" ".join(f"{sigma:.2e}" for sigma in with_couplings(moments, radiative_couplings("nue"))))
    4.05e-45 2.21e-45
    """
    mean = checked("mean_energy", mean_energy, POSITIVE, "MeV")
    alpha = checked("pinching", pinching, PINCHING)
    shape = np.broadcast_shapes(mean.shape, alpha.shape, *(np.shape(field) for field in window))
    flat_mean, flat_alpha = (np.broadcast_to(values, shape).ravel() for values in (mean, alpha))
    # Where most recoils of a narrow spectrum end, and where the last ones do.
    ends = [maximum_recoil(flat_mean, constants), maximum_recoil(highest_energy(flat_mean, flat_alpha), constants)]

    def moments(recoil: FloatArray, owner: IndexArray) -> FloatArray:
        return spectrum_moments(recoil, flat_mean[owner, None], flat_alpha[owner, None], constants)

    values, errors = counted_integral(moments, ends, window.flat(shape), flat_mean.size)
    return values.reshape(4, *shape), errors.reshape(4, *shape)


@in_units(energy="MeV")
def window_moments_of_line(
    energy: ArrayLike, window: RecoilWindow, constants: WeakConstants = WEAK
) -> tuple[FloatArray, FloatArray]:
    """Return the moments of neutrinos of one energy integrated over the recoils that are counted.

    Parameters
    ----------
    energy
        Energy E of the neutrinos [MeV], above zero.
    window
        The recoils that are counted.
    constants
        Constants of nature.

    Returns
    -------
    values, errors : numpy.ndarray
        Shape (4, ...) as from `window_moments`: ∫ eps {1, T/E, T^2/E^2, T/E^2} dT up to T_max, and absolute errors.
        Without an error of the measured energy they are closed forms, and the errors are those of rounding.

    Raises
    ------
    EvaluationError
        If an argument is outside its range.

    Notes
    -----
    Source: 't Hooft 1971, Phys. Lett. B 37, 195, its terms sorted by powers of the energy.

    Examples
    --------
    The 7Be line of the Sun above 0.2 MeV, measured at 5 % at 1 MeV [cm^2]:

    >>> from gridscan.physics.neutrinos.recoil_spectrum import with_couplings
    >>> from gridscan.physics.neutrinos.measured_recoil import RecoilWindow
    >>> from gridscan.physics.neutrinos.recoil_window import window_moments_of_line
    >>> from gridscan.physics.neutrinos.weak_couplings import radiative_couplings
    >>> moments, _ = window_moments_of_line(0.8618, RecoilWindow(0.2, resolution_stochastic=0.05))
    >>> print(f"{with_couplings(moments, radiative_couplings('nue')):.2e}")
    3.90e-45
    """
    neutrino = checked("energy", energy, POSITIVE, "MeV")
    shape = np.broadcast_shapes(neutrino.shape, *(np.shape(field) for field in window))
    flat, own = np.broadcast_to(neutrino, shape).ravel(), window.flat(shape)
    highest = maximum_recoil(flat, constants)
    if not any(field.any() for field in own[2:]):
        values = _closed_moments(flat, np.minimum(own.recoil_min, highest), np.minimum(own.recoil_max, highest))
        return values.reshape(4, *shape), (4.0 * np.finfo(float).eps * values).reshape(4, *shape)

    def moments(recoil: FloatArray, owner: IndexArray) -> FloatArray:
        return _terms(recoil, flat[owner, None])

    values, errors = counted_integral(moments, [highest], own, flat.size)
    return values.reshape(4, *shape), errors.reshape(4, *shape)


@in_units(ends="MeV")
def counted_integral(
    spectra: Callable[[FloatArray, IndexArray], FloatArray],
    ends: Sequence[ArrayLike],
    window: RecoilWindow,
    count: int,
    *,
    relative_tolerance: float = _TOLERANCE,
) -> tuple[FloatArray, FloatArray]:
    """Return integrals over the kinetic energy of spectra times the share that is counted.

    Parameters
    ----------
    spectra
        Called as ``spectra(kinetic, owner)`` with kinetic energies [MeV] of shape (panels, 15) and the index of the
        integral that each panel is of; returns one or several functions, shape (..., panels, 15), smooth in the square
        root of the energy between the ends.
    ends
        Energies [MeV] at which they are not smooth, each a number or of shape (count,); the last of them ends the
        spectra.
    window
        What is counted, as numbers or with arrays of shape (count,).
    count
        Number of integrals.
    relative_tolerance
        Relative error of the quadrature.

    Returns
    -------
    values, errors : numpy.ndarray
        Shape (..., count): integrals, and their absolute errors.

    Raises
    ------
    EvaluationError
        If the window or the resolution is outside its range.

    Examples
    --------
    A uniform spectrum of recoils up to 1 MeV, counted above 0.2 MeV:

    >>> import numpy as np
    >>> from gridscan.physics.neutrinos.measured_recoil import RecoilWindow
    >>> from gridscan.physics.neutrinos.recoil_window import counted_integral
    >>> value, error = counted_integral(lambda kinetic, owner: np.ones_like(kinetic), [1.0], RecoilWindow(0.2), 1)
    >>> value.round(12)
    array([0.8])
    """
    own = window.flat((count,))
    limits = [np.broadcast_to(np.asarray(end, dtype=float), (count,)) for end in ends]
    parts = []
    for start in range(0, max(count, 1), _AT_ONCE):
        block = slice(start, start + _AT_ONCE)
        part = RecoilWindow(*(field[block] for field in own))
        owner, lower, upper = _panels([limit[block] for limit in limits], part)

        def integrand(root: FloatArray, owner: IndexArray, start: int = start, part: RecoilWindow = part) -> FloatArray:
            counted = counted_share(root**2, RecoilWindow(*(field[owner, None] for field in part)))
            return np.asarray(2.0 * root * counted * spectra(root**2, owner + start))

        size = len(part.recoil_min)
        parts.append(
            integrate_panels(
                integrand,
                owner,
                lower,
                upper,
                size,
                relative_tolerance=relative_tolerance,
                absolute_tolerance=_NOTHING,
            )
        )
    values, errors = (np.concatenate(arrays, axis=-1) for arrays in zip(*parts, strict=True))
    return values, errors


def _closed_moments(energy: FloatArray, first: FloatArray, last: FloatArray) -> FloatArray:
    width, total = last - first, last + first
    linear, square = 0.5 * width * total, width * (first**2 + first * last + last**2) / 3.0
    return np.stack([width, linear / energy, square / energy**2, linear / energy**2])


def _terms(recoil: FloatArray, energy: FloatArray) -> FloatArray:
    share = recoil / energy
    return np.stack([np.ones_like(share), share, share**2, share / energy])


def _panels(ends: list[FloatArray], window: RecoilWindow) -> tuple[IndexArray, FloatArray, FloatArray]:
    """Return the owner of each panel and its ends in sqrt(T), cut where eps(T) has its edges."""
    cuts = []
    sharp = energy_resolution(window.recoil_min, window) == 0.0
    for edge in (window.recoil_min, window.recoil_max):
        finite = np.where(np.isfinite(edge), edge, 0.0)
        width = energy_resolution(finite, window)
        cuts += [np.where(width > 0.0, finite + factor * width, edge) for factor in _EDGES]
    # Without an error of the measured energy nothing is counted outside of the window.
    sharp &= (window.resolution_stochastic == 0.0) & (window.resolution_proportional == 0.0)
    lowest = np.where(sharp, np.minimum(window.recoil_min, ends[-1]), 0.0)
    highest = np.where(sharp, np.minimum(window.recoil_max, ends[-1]), ends[-1])
    inside = np.clip(np.stack([*cuts, *ends, 0.5 * ends[0], 2.0 * ends[0]], axis=-1), lowest[:, None], highest[:, None])
    lower, upper = panels_between(np.sqrt(np.concatenate([inside, lowest[:, None], highest[:, None]], axis=-1)))
    row, column = np.nonzero(upper > lower)
    return row, lower[row, column], upper[row, column]

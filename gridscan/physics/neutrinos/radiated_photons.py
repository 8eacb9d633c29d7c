"""What running couplings and radiated photons add to total cross sections of scattering on electrons, over spectra.

`gridscan.physics.neutrinos.radiative_scattering` has the total cross section of one neutrino as an integral over the
recoil; the closed forms of `gridscan.physics.neutrinos.recoil_spectrum` have constant couplings and no photons. The
ratio of the two is smooth in ln E, tabulated once, and averaged over spectra here.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln, xlogy

from gridscan.numerics.quadrature import integrate_panels, panels_between
from gridscan.numerics.ranges import POSITIVE, checked
from gridscan.numerics.unit_arguments import in_units
from gridscan.physics.constants import WEAK, WeakConstants
from gridscan.physics.neutrinos.measured_recoil import RecoilWindow
from gridscan.physics.neutrinos.radiative_scattering import total_cross_section
from gridscan.physics.neutrinos.recoil_spectrum import PINCHING, highest_energy, with_couplings
from gridscan.physics.neutrinos.recoil_window import window_moments_of_line
from gridscan.physics.neutrinos.weak_couplings import radiative_couplings

__all__ = ["mean_radiated", "radiated_share"]

FloatArray = NDArray[np.floating[Any]]

# Energies [MeV] of the table; beyond them the share is held.
_LOWEST, _HIGHEST = 1e-4, 300.0
_NODES = 48
_TOLERANCE = 1e-8


@in_units(energy="MeV")
def radiated_share(energy: ArrayLike, species: str, constants: WeakConstants = WEAK) -> tuple[FloatArray, float]:
    """Return by which share running couplings and photons change a total cross section.

    Parameters
    ----------
    energy
        Energy E of the neutrino [MeV], above zero.
    species
        One of `gridscan.physics.neutrinos.weak_couplings.SPECIES`.
    constants
        Constants of nature.

    Returns
    -------
    share : numpy.ndarray
        sigma with photons over sigma in closed form, less 1; dimensionless.
    error : float
        Its absolute error.

    Raises
    ------
    EvaluationError
        If an energy is not above zero, or the species is unknown.

    Notes
    -----
    A Chebyshev series in ln E. Source: Bahcall, Kamionkowski & Sirlin 1995, Phys. Rev. D 51, 6146.

    Examples
    --------
    >>> from gridscan.physics.neutrinos.radiated_photons import radiated_share
    >>> print(radiated_share([0.5, 1.0, 10.0], "nue")[0].round(4))
    [-0.004  -0.0049 -0.0069]
    """
    neutrino = checked("energy", energy, POSITIVE, "MeV")
    series, error = _series(species, constants)
    place = np.log(np.clip(neutrino, _LOWEST, _HIGHEST) / _LOWEST) / np.log(_HIGHEST / _LOWEST)
    return chebyshev.chebval(2.0 * place - 1.0, series), error


@in_units(mean_energy="MeV")
def mean_radiated(
    mean_energy: ArrayLike, pinching: ArrayLike, species: str, constants: WeakConstants = WEAK
) -> tuple[FloatArray, FloatArray]:
    """Return what running couplings and photons add to a total cross section, averaged over a pinched spectrum.

    Parameters
    ----------
    mean_energy
        Mean energy <E> of the neutrinos [MeV], above zero.
    pinching
        alpha, above 1, dimensionless.
    species
        One of `gridscan.physics.neutrinos.weak_couplings.SPECIES`.
    constants
        Constants of nature.

    Returns
    -------
    value, error : numpy.ndarray
        [cm^2], mostly negative, to be added to the average of the closed form; mean energy and pinching broadcast.

    Raises
    ------
    EvaluationError
        If an argument is outside its range.

    Notes
    -----
    ∫ phi(E) [sigma(E) with photons - sigma(E) in closed form] dE.
    Sources: Bahcall, Kamionkowski & Sirlin 1995, Phys. Rev. D 51, 6146; Keil, Raffelt & Janka 2003, ApJ 590, 971.

    Examples
    --------
    >>> from gridscan.physics.neutrinos.radiated_photons import mean_radiated
    >>> print(f"{mean_radiated(1.0, 5.0, 'nue')[0]:.2e} cm^2")
    -3.54e-47 cm^2
    """
    mean = checked("mean_energy", mean_energy, POSITIVE, "MeV")
    mean, alpha = np.broadcast_arrays(mean, checked("pinching", pinching, PINCHING))
    b, shape = ((alpha + 1.0) / mean).ravel(), alpha.ravel()
    last = highest_energy(mean.ravel(), shape, np.zeros(b.size))
    peak, width = (shape + 1.0) / b, np.sqrt(shape + 1.0) / b
    cuts = np.stack([0.0 * b, peak - 2.5 * width, peak, peak + 2.5 * width, peak + 6.0 * width, last], axis=-1)
    lower, upper = panels_between(np.clip(cuts, 0.0, last[:, None]))
    row, column = np.nonzero(upper > lower)
    scale = np.log(b) - gammaln(shape + 1.0)

    def integrand(energy: FloatArray, owner: NDArray[np.intp]) -> FloatArray:
        x = b[owner, None] * energy
        density = np.exp(xlogy(shape[owner, None], x) - x + scale[owner, None])
        return np.asarray(density * radiated_share(energy, species, constants)[0] * _closed(energy, species, constants))

    value, error = integrate_panels(
        *(integrand, row, lower[row, column], upper[row, column], b.size),
        relative_tolerance=_TOLERANCE,
    )
    _, share = _series(species, constants)
    error = error + share * _closed(mean.ravel(), species, constants)
    return value.reshape(mean.shape), error.reshape(mean.shape)


def _closed(energy: FloatArray, species: str, constants: WeakConstants) -> FloatArray:
    moments, _ = window_moments_of_line(energy, RecoilWindow(), constants)
    return with_couplings(moments, radiative_couplings(species, constants=constants), constants)


@functools.lru_cache(maxsize=32)
def _series(species: str, constants: WeakConstants) -> tuple[FloatArray, float]:
    """Return the coefficients over ln E, and what the last of them and the integral leave open."""
    nodes = chebyshev.chebpts1(_NODES)
    energy = _LOWEST * (_HIGHEST / _LOWEST) ** (0.5 * (nodes + 1.0))
    total, error = total_cross_section(energy, species, constants=constants)
    closed = _closed(energy, species, constants)
    series = chebyshev.chebfit(nodes, total / closed - 1.0, _NODES - 1)
    return series, float(np.abs(series[-4:]).sum() + np.max(error / closed))

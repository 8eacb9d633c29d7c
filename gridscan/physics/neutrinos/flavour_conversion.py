"""Adiabatic conversion of flavours on the way out of a star that is denser than the H resonance.

    F_e = p F0_e + (1 - p) F0_x,   F_mu+tau = (1 - p) F0_e + (1 + p) F0_x

with F0_x of one species, and the same with p-bar for antineutrinos. It holds for cores of rho Y_e >> 2.4e4 g/cm^3 ×
(0.65 MeV/E), such as those that burn carbon, not for neutrinos from outer shells.

Source: Dighe & Smirnov 2000, Phys. Rev. D 62, 033007.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridscan.errors import EvaluationError, nearest
from gridscan.numerics.ranges import SHARE, Range, checked

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ORDERINGS",
    "SINE_SQUARED_12",
    "SINE_SQUARED_13",
    "arriving_parts",
    "arriving_sum",
    "converted",
    "electron_share",
    "survival_probabilities",
]

FloatArray = NDArray[np.floating[Any]]

#: Orderings of the masses of neutrinos; ``"none"`` leaves every flavour as it was emitted.
ORDERINGS = ("normal", "inverted", "none")
# The mass states as which electron neutrinos, and their antineutrinos, leave the star.
_MASS_STATES = {"normal": (3, 1), "inverted": (2, 3), "none": (0, 0)}
_STATE = Range(minimum=0.0, maximum=3.0, whole=True)
#: sin^2 of the mixing angles, of NuFIT 6.0: Esteban et al. 2024, JHEP 12, 216.
SINE_SQUARED_12, SINE_SQUARED_13 = 0.3075, 0.0222


def survival_probabilities(
    ordering: ArrayLike,
    sine_squared_12: ArrayLike = SINE_SQUARED_12,
    sine_squared_13: ArrayLike = SINE_SQUARED_13,
) -> tuple[FloatArray, FloatArray]:
    """Return the probabilities that an electron neutrino and an electron antineutrino keep their flavour.

    Parameters
    ----------
    ordering
        Of `ORDERINGS`, one or an array.
    sine_squared_12, sine_squared_13
        sin^2(theta_12) and sin^2(theta_13), from 0 to 1.

    Returns
    -------
    p, p_bar : numpy.ndarray
        Dimensionless; all arguments broadcast.

    Raises
    ------
    EvaluationError
        If an ordering is unknown, or a sine squared is not from 0 to 1.

    Notes
    -----
    Normal: s13 and (1 - s12) (1 - s13); inverted: s12 (1 - s13) and s13; none: 1 and 1.
    Source: Dighe & Smirnov 2000, Phys. Rev. D 62, 033007.

    Examples
    --------
    >>> from gridscan.physics.neutrinos.flavour_conversion import survival_probabilities
    >>> p, p_bar = survival_probabilities(["normal", "inverted"])
    >>> print(p.round(4), p_bar.round(4))
    [0.0222 0.3007] [0.6771 0.0222]
    """
    labels = np.asarray(ordering, dtype=str)
    for label in np.unique(labels):
        if label not in ORDERINGS:
            raise EvaluationError(
                f"unknown ordering {str(label)!r}{nearest(str(label), ORDERINGS)}; known are {', '.join(ORDERINGS)}"
            )
    states = np.array([_MASS_STATES[str(label)] for label in labels.ravel()]).reshape(*labels.shape, 2)
    p = electron_share(states[..., 0], sine_squared_12, sine_squared_13)
    return p, electron_share(states[..., 1], sine_squared_12, sine_squared_13)


def electron_share(mass_state: ArrayLike, sine_squared_12: ArrayLike, sine_squared_13: ArrayLike) -> FloatArray:
    """Return the share of a mass state of neutrinos that is of the electron flavour.

    This is the probability that an electron neutrino keeps its flavour that leaves the star as that state.

    Parameters
    ----------
    mass_state
        1, 2 or 3; 0 where neutrinos stay as they are emitted.
    sine_squared_12, sine_squared_13
        sin^2(theta_12) and sin^2(theta_13), from 0 to 1.

    Returns
    -------
    numpy.ndarray
        Dimensionless; all arguments broadcast.

    Raises
    ------
    EvaluationError
        If a state is not a whole number from 0 to 3, or a sine squared not from 0 to 1.

    Notes
    -----
    |U_e1|^2 = (1 - s12) (1 - s13), |U_e2|^2 = s12 (1 - s13), |U_e3|^2 = s13.
    Source: the mixing matrix, Navas et al. 2024 (Particle Data Group), Phys. Rev. D 110, 030001.

    Examples
    --------
    >>> from gridscan.physics.neutrinos.flavour_conversion import electron_share
    >>> electron_share([0, 1, 2, 3], 0.3, 0.02).round(3)
    array([1.   , 0.686, 0.294, 0.02 ])
    """
    state = checked("mass_state", mass_state, _STATE)
    s_12 = checked("sine_squared_12", sine_squared_12, SHARE)
    s_13 = checked("sine_squared_13", sine_squared_13, SHARE)
    whole = np.ones(np.broadcast_shapes(state.shape, s_12.shape, s_13.shape))
    shares = [whole, (1.0 - s_12) * (1.0 - s_13) * whole, s_12 * (1.0 - s_13) * whole, s_13 * whole]
    return np.asarray(np.select([state == number for number in range(4)], shares))


def converted(survival: Any, source_electron: Any, source_other: Any) -> tuple[Any, Any]:
    """Return the fluxes at the Earth, of the electron flavour and of the two others together.

    Parameters
    ----------
    survival
        p for neutrinos, p-bar for antineutrinos.
    source_electron
        Flux F0_e without conversion, in any unit.
    source_other
        Flux F0_x of each of the two others.

    Returns
    -------
    electron, others : array or quantity
        F_e and F_mu+tau, in the same unit; their sum is that of the sources, F0_e + 2 F0_x.

    Notes
    -----
    Source: Dighe & Smirnov 2000, Phys. Rev. D 62, 033007.

    Examples
    --------
    >>> from gridscan.physics.neutrinos.flavour_conversion import converted
    >>> electron, others = converted(0.3, 1.0, 0.05)
    >>> print(round(electron, 3), round(others, 3))
    0.335 0.765
    """
    lost = 1.0 - survival
    return survival * source_electron + lost * source_other, lost * source_electron + (1.0 + survival) * source_other


def arriving_parts(survival: ArrayLike, ratio: ArrayLike) -> FloatArray:
    """Return how many neutrinos of each flavour and of each spectrum arrive for each nu_e that was emitted.

    Parameters
    ----------
    survival
        p for neutrinos, p-bar for antineutrinos.
    ratio
        Number of each of nu_mu and nu_tau that are emitted over that of nu_e, dimensionless.

    Returns
    -------
    numpy.ndarray
        Shape (2, 2, ...), dimensionless: the electron flavour and the two others together, each with the spectrum of
        nu_e and with that of nu_mu and nu_tau. The sum is 1 + 2 `ratio`.

    Notes
    -----
    [[p, (1 - p) r], [1 - p, (1 + p) r]]: each part keeps its own spectrum.
    Source: Dighe & Smirnov 2000, Phys. Rev. D 62, 033007.

    Examples
    --------
    >>> from gridscan.physics.neutrinos.flavour_conversion import arriving_parts
    >>> arriving_parts(0.3, 0.05).round(3)
    array([[0.3  , 0.035],
           [0.7  , 0.065]])
    """
    p, r = np.broadcast_arrays(np.asarray(survival, dtype=float), np.asarray(ratio, dtype=float))
    return np.array([[p, (1.0 - p) * r], [1.0 - p, (1.0 + p) * r]])


def arriving_sum(
    sigma: Mapping[str, FloatArray],
    survival: tuple[ArrayLike, ArrayLike],
    ratio: ArrayLike,
    nue_to_antinue: ArrayLike,
) -> FloatArray:
    """Return the sum of cross sections over all that arrives for each electron antineutrino emitted.

    Parameters
    ----------
    sigma
        Of ``"nue"``, ``"nux"``, ``"nuebar"`` and ``"nuxbar"``, in any unit: averaged over the spectrum of nu_e and over
        that of nu_mu and nu_tau, shape (2, ...).
    survival
        p and p-bar, arrays that broadcast.
    ratio
        Number of each of nu_mu and nu_tau that are emitted over that of nu_e, dimensionless.
    nue_to_antinue
        Number of nu_e that are emitted over that of their antineutrinos, dimensionless.

    Returns
    -------
    numpy.ndarray
        In the unit of the cross sections; all arguments broadcast.

    Notes
    -----
    Eight terms: two flavours with two spectra, of neutrinos and of antineutrinos.
    Source: Dighe & Smirnov 2000, Phys. Rev. D 62, 033007.

    Examples
    --------
    Of a cross section of 1 for all, it is their number:

    >>> import numpy as np
    >>> from gridscan.physics.neutrinos.flavour_conversion import arriving_sum
    >>> ones = dict.fromkeys(("nue", "nux", "nuebar", "nuxbar"), np.ones(2))
    >>> round(float(arriving_sum(ones, (0.3, 0.7), 0.05, 1.0)), 9)
    2.2
    """
    total: FloatArray = np.asarray(0.0)
    q = np.asarray(nue_to_antinue, dtype=float)
    for names, probability, others, number in (
        (("nue", "nux"), survival[0], ratio, q),
        (("nuebar", "nuxbar"), survival[1], q * np.asarray(ratio), 1.0),
    ):
        parts = arriving_parts(probability, others)
        for flavour, name in enumerate(names):
            total = total + number * (parts[flavour, 0] * sigma[name][0] + parts[flavour, 1] * sigma[name][1])
    return np.asarray(total)

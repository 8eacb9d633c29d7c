"""Neutrinos of the Sun in closed form: spectra, survival on the way out, and the electrons that they strike.

Continuous spectra are those of allowed beta decays, f(E) ∝ E^2 p W F(-Z, W) with W = (Q - E)/m_e + 1, and E^1.955
(15.2 - E)^2.658 for 8B; 7Be and pep are lines. Electron neutrinos survive with the probability of adiabatic conversion
at one density for each component,

    P_ee = (1 - s13)^2 (1 + cos 2 theta_m cos 2 theta_12)/2 + s13^2,
    cos 2 theta_m = (c2 - beta)/sqrt((c2 - beta)^2 + 1 - c2^2),   c2 = 1 - 2 s12,
    beta = 1.5265e-7 n_e (1 - s13) (E/MeV) eV^2/Delta m_21^2,   n_e in mol/cm^3

with s12 = sin^2(theta_12) and s13 = sin^2(theta_13). Against tabulated spectra every rate above one a day and kilotonne
changes by less than 0.5 %, that of 8B above 3.5 MeV by 0.8 %; averages over the density change P_ee by less than 1 %.

Sources: Bahcall & Ulrich 1988, Rev. Mod. Phys. 60, 297, for the spectra; Winter et al. 2006, Phys. Rev. C 73, 025503,
for 8B, to which its closed form is fitted; Parke 1986, Phys. Rev. Lett. 57, 1275, for the survival.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import beta as beta_function

from gridscan.errors import EvaluationError, nearest
from gridscan.numerics.quadrature import integrate_panels, panels_between
from gridscan.numerics.ranges import NOT_NEGATIVE, POSITIVE, SHARE, checked
from gridscan.numerics.unit_arguments import in_units
from gridscan.physics.constants import WEAK, WeakConstants
from gridscan.physics.neutrinos.beta_decay import BetaDecay, beta_spectrum
from gridscan.physics.neutrinos.electron_scattering import minimum_energy
from gridscan.physics.neutrinos.flavour_conversion import SINE_SQUARED_12, SINE_SQUARED_13
from gridscan.physics.neutrinos.measured_recoil import RecoilWindow, energy_resolution
from gridscan.physics.neutrinos.radiated_photons import radiated_share
from gridscan.physics.neutrinos.recoil_spectrum import with_couplings
from gridscan.physics.neutrinos.recoil_window import window_moments_of_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridscan.physics.neutrinos.electron_scattering import WeakCouplings

__all__ = [
    "COMPONENTS",
    "DECAYS",
    "DENSITIES",
    "LINES",
    "MASS_SQUARED_21",
    "SolarMixing",
    "solar_cross_section",
    "solar_spectrum",
    "solar_survival",
]

FloatArray = NDArray[np.floating[Any]]
IndexArray = NDArray[np.intp]

#: Delta m_21^2 [eV^2], of NuFIT 6.0: Esteban et al. 2024, JHEP 12, 216.
MASS_SQUARED_21 = 7.49e-5
#: Decays that emit a positron: Q less 2 m_e [MeV], that of pp fitted to its table, and the charge of the daughter.
DECAYS = {
    "pp": BetaDecay(0.4231, -1),
    "n13": BetaDecay(1.1985, -6),
    "o15": BetaDecay(1.7317, -7),
    "f17": BetaDecay(1.7385, -8),
}
#: Energies [MeV] and shares of lines; those of 7Be lead to the ground state and the first excited state of 7Li.
LINES = {"pep": ((1.442, 1.0),), "be7": ((0.8618, 0.8955), (0.3843, 0.1045))}
#: Density of electrons [mol/cm^3] where each component is made, near the means over its production region in B16-GS98.
DENSITIES = {"pp": 62.0, "pep": 62.0, "be7": 81.0, "b8": 90.0, "n13": 76.0, "o15": 84.0, "f17": 84.0}
#: Components of the flux.
COMPONENTS = ("pp", "pep", "be7", "b8", "n13", "o15", "f17")

# 8B: E^power (end - E)^(other power), and the number that turns n_e E/Delta m^2 into beta [eV^2 cm^3/(mol MeV)].
_BORON = (1.955, 15.2, 2.658)
_POTENTIAL = 1.5265e-7
_TOLERANCE = 1e-9
# Where a window has its edges, in units of the resolution.
_EDGES = (-8.0, -2.5, 0.0, 2.5, 8.0)


@in_units(mass_squared_21="eV^2")
class SolarMixing(NamedTuple):
    """What the survival of electron neutrinos of the Sun depends on.

    Attributes
    ----------
    sine_squared_12, sine_squared_13
        sin^2(theta_12) and sin^2(theta_13), from 0 to 1.
    mass_squared_21
        Delta m_21^2 [eV^2], above zero.
    """

    sine_squared_12: float = SINE_SQUARED_12
    sine_squared_13: float = SINE_SQUARED_13
    mass_squared_21: float = MASS_SQUARED_21


@in_units(energy="MeV")
def solar_spectrum(component: str, energy: ArrayLike, constants: WeakConstants = WEAK) -> FloatArray:
    """Return the spectrum of a continuous component.

    Parameters
    ----------
    component
        ``"pp"``, ``"b8"``, ``"n13"``, ``"o15"`` or ``"f17"``; the others are `LINES`.
    energy
        Energy E of the neutrino [MeV], 0 or more.
    constants
        Constants of nature.

    Returns
    -------
    numpy.ndarray
        Probability density [1/MeV], zero beyond the end point.

    Raises
    ------
    EvaluationError
        If the component is a line or unknown, or an energy is negative.

    Notes
    -----
    Allowed shape, and E^1.955 (15.2 - E)^2.658 for 8B. Sources: Bahcall & Ulrich 1988, Rev. Mod. Phys. 60, 297; Winter
    et al. 2006, Phys. Rev. C 73, 025503.

    Examples
    --------
    >>> from gridscan.physics.neutrinos.solar import solar_spectrum
    >>> solar_spectrum("pp", [0.1, 0.3, 0.5]).round(2)
    array([1.05, 4.06, 0.  ])
    """
    neutrino = checked("energy", energy, NOT_NEGATIVE, "MeV")
    if component == "b8":
        power, end, other = _BORON
        norm = end ** (power + other + 1.0) * beta_function(power + 1.0, other + 1.0)
        return np.asarray(neutrino**power * np.maximum(end - neutrino, 0.0) ** other / norm)
    if component not in DECAYS:
        known = ("b8", *DECAYS)
        raise EvaluationError(
            f"no continuous component {component!r} of the Sun{nearest(component, known)}; there are {', '.join(known)}"
        )
    decay = DECAYS[component]
    spectrum = beta_spectrum(np.maximum(decay.endpoint - neutrino, 0.0), decay, constants)
    return np.where(neutrino < decay.endpoint, spectrum, 0.0)


def solar_survival(energy: ArrayLike, component: str, mixing: SolarMixing | None = None) -> FloatArray:
    """Return the probability P_ee that an electron neutrino of the Sun arrives as one.

    Parameters
    ----------
    energy
        Energy E of the neutrino [MeV], 0 or more.
    component
        Of `COMPONENTS`, whose density is taken.
    mixing
        Angles and Delta m_21^2; those of NuFIT 6.0 by default.

    Returns
    -------
    numpy.ndarray
        Dimensionless.

    Raises
    ------
    EvaluationError
        If an argument is outside its range, or the component is unknown.

    Notes
    -----
    See the module. Source: Parke 1986, Phys. Rev. Lett. 57, 1275.

    Examples
    --------
    The survival falls from vacuum oscillations to conversion in matter:

    >>> from gridscan.physics.neutrinos.solar import solar_survival
    >>> solar_survival([0.1, 1.0, 10.0], "b8").round(2)
    array([0.55, 0.52, 0.32])
    """
    neutrino = checked("energy", energy, NOT_NEGATIVE, "MeV")
    _refuse_unknown(component)
    given = SolarMixing() if mixing is None else mixing
    s_12 = checked("sine_squared_12", given.sine_squared_12, SHARE)
    s_13 = checked("sine_squared_13", given.sine_squared_13, SHARE)
    split = checked("mass_squared_21", given.mass_squared_21, POSITIVE, "eV^2")
    cosine = 1.0 - 2.0 * s_12
    excess = cosine - _POTENTIAL * DENSITIES[component] * (1.0 - s_13) * neutrino / split
    in_matter = excess / np.sqrt(excess**2 + 1.0 - cosine**2)
    return np.asarray(0.5 * (1.0 - s_13) ** 2 * (1.0 + in_matter * cosine) + s_13**2)


def solar_cross_section(
    component: str,
    window: RecoilWindow,
    couplings: Mapping[str, WeakCouplings],
    mixing: SolarMixing | None = None,
    constants: WeakConstants = WEAK,
    *,
    photons: bool = False,
) -> tuple[FloatArray, FloatArray]:
    """Return the cross section of an electron averaged over a component and its flavours at the Earth.

    Parameters
    ----------
    component
        Of `COMPONENTS`.
    window
        The recoils that are counted; arrays broadcast.
    couplings
        Of ``"nue"`` and ``"nux"``, see `gridscan.physics.neutrinos.weak_couplings`.
    mixing
        Angles and Delta m_21^2; those of NuFIT 6.0 by default.
    constants
        Constants of nature.
    photons
        Whether running couplings and radiated photons are added, which are known for a window of all recoils.

    Returns
    -------
    value, error : numpy.ndarray
        [cm^2] per neutrino of the component, and the absolute error of the quadrature; times the flux and the number of
        electrons it is a rate.

    Raises
    ------
    EvaluationError
        If an argument is outside its range, or the component is unknown.

    Notes
    -----
    ∫ f(E) [P_ee sigma_e(E) + (1 - P_ee) sigma_x(E)] dE with the cross sections of the window.
    Sources: see the module, and `gridscan.physics.neutrinos.recoil_window`.

    Examples
    --------
    7Be in 100 t of pseudocumene (3.31e31 electrons, 4.93e9 /cm^2/s), measured as 48 a day:

    >>> from gridscan.physics.neutrinos.measured_recoil import RecoilWindow
    >>> from gridscan.physics.neutrinos.solar import solar_cross_section
    >>> from gridscan.physics.neutrinos.weak_couplings import SPECIES, radiative_couplings
    >>> couplings = {species: radiative_couplings(species) for species in SPECIES}
    >>> sigma, error = solar_cross_section("be7", RecoilWindow(), couplings)
    >>> print(f"{3.31e31 * 4.93e9 * 86400 * sigma:.1f} a day")
    48.2 a day
    """
    _refuse_unknown(component)
    shape = np.broadcast_shapes(*(np.shape(field) for field in window))
    own, count = window.flat(shape), int(np.prod(shape))

    def per_neutrino(energy: FloatArray, owner: IndexArray) -> FloatArray:
        # The measured window of each integral, for energies of shape (panels, points).
        part = RecoilWindow(*(field[owner, None] for field in own))
        moments, _ = window_moments_of_line(energy, part, constants)
        survival = solar_survival(energy, component, mixing)
        sigma = [with_couplings(moments, couplings[name], constants) for name in ("nue", "nux")]
        if photons:
            shares = [radiated_share(energy, name, constants)[0] for name in ("nue", "nux")]
            sigma = [one * (1.0 + share) for one, share in zip(sigma, shares, strict=True)]
        return np.asarray(survival * sigma[0] + (1.0 - survival) * sigma[1])

    if component in LINES:
        each = np.arange(count)
        value = sum(
            (share * per_neutrino(np.full((count, 1), energy), each)[:, 0] for energy, share in LINES[component]),
            np.zeros(count),
        )
        return value.reshape(shape), (1e-10 * value).reshape(shape)
    value, error = _averaged(component, own, per_neutrino, constants)
    return value.reshape(shape), error.reshape(shape)


def _averaged(
    component: str, window: RecoilWindow, per_neutrino: Any, constants: WeakConstants
) -> tuple[FloatArray, FloatArray]:
    """Return averages over a continuous component, in the square root of the energy below its end."""
    end = _BORON[1] if component == "b8" else DECAYS[component].endpoint
    cuts = [np.zeros_like(window.recoil_min), np.full_like(window.recoil_min, end)]
    for edge in (window.recoil_min, window.recoil_max):
        finite = np.where(np.isfinite(edge), edge, 0.0)
        width = energy_resolution(finite, window)
        cuts += [minimum_energy(np.maximum(finite + factor * width, 0.0), constants) for factor in _EDGES]
    below_end = np.sqrt(end - np.clip(np.stack(cuts, axis=-1), 0.0, end))
    lower, upper = panels_between(below_end)
    row, column = np.nonzero(upper > lower)

    def integrand(root: FloatArray, owner: IndexArray) -> FloatArray:
        energy = np.maximum(end - root**2, np.finfo(float).tiny)
        spectrum = solar_spectrum(component, energy, constants)
        return np.asarray(2.0 * root * spectrum * per_neutrino(energy, owner))

    return integrate_panels(
        integrand,
        row,
        lower[row, column],
        upper[row, column],
        len(window.recoil_min),
        relative_tolerance=_TOLERANCE,
    )


def _refuse_unknown(component: str) -> None:
    if component not in COMPONENTS:
        raise EvaluationError(
            f"unknown component {component!r} of the Sun{nearest(component, COMPONENTS)}; known are "
            f"{', '.join(COMPONENTS)}"
        )

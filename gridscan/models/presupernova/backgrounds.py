"""Backgrounds of recoiling electrons: the Sun and beta decays, computed once for each window of recoils."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridscan.models.presupernova.combinations import for_each_combination
from gridscan.models.presupernova.star_curves import couplings_of, photons_radiated
from gridscan.physics.neutrinos.beta_decay import counted_decays, counted_pile_up
from gridscan.physics.neutrinos.measured_recoil import RecoilWindow
from gridscan.physics.neutrinos.solar import COMPONENTS, SolarMixing, solar_cross_section

if TYPE_CHECKING:
    from gridscan.models.presupernova.kernels import CountedWindow, Scattering
    from gridscan.physics.constants import WeakConstants

Array = NDArray[np.floating[Any]]
ValueAndError = tuple[Array, Array]


class SolarFluxes(NamedTuple):
    """Fluxes of the components of the Sun [1/cm²/s]."""

    pp_flux: Any
    pep_flux: Any
    be7_flux: Any
    b8_flux: Any
    n13_flux: Any
    o15_flux: Any
    f17_flux: Any


class Radioactivity(NamedTuple):
    """Decays per mass and time."""

    carbon14_activity: Any
    krypton85_activity: Any
    bismuth210_activity: Any


def solar_rate_per_electron(
    fluxes: SolarFluxes, mixing: tuple[Any, Any], scattering: Scattering, counting: CountedWindow
) -> ValueAndError:
    """Return the rate of recoils per electron from the Sun [1/s], and its error.

    Parameters
    ----------
    mixing
        sin² of theta_12 and theta_13.
    """

    def evaluate(cross_section: Any, qed: Any, *numbers: Any) -> ValueAndError:
        photons = photons_radiated(str(cross_section), str(qed), counting.window)
        value: Any = 0.0
        error: Any = 0.0
        for component, flux in zip(COMPONENTS, fluxes, strict=True):
            sigma, off = _of_component(component, str(cross_section), photons, counting.constants, *map(float, numbers))
            value, error = value + flux * sigma, error + flux * off
        return value, error

    window = counting.window.checked()
    value, error = for_each_combination(evaluate, *scattering, *mixing, *window)
    return value, error


@functools.lru_cache(maxsize=4096)
def _of_component(
    component: str,
    cross_section: str,
    photons: bool,
    constants: WeakConstants,
    s_12: float,
    s_13: float,
    *window: float,
) -> tuple[float, float]:
    couplings = couplings_of(cross_section, constants)
    mixing = SolarMixing(s_12, s_13)
    limits = RecoilWindow(*window)
    value, error = solar_cross_section(component, limits, couplings, mixing, constants, photons=photons)
    return float(value), float(error)


def share_of_decays(isotope: str, counting: CountedWindow) -> ValueAndError:
    """Return the share of the decays of an isotope that is counted, and its error."""
    return counted_decays(isotope, counting.window, counting.constants)


def share_of_pile_up(counting: CountedWindow) -> ValueAndError:
    """Return the share of pairs of 14C decays, taken for one, that is counted, and its error."""

    constants = counting.constants

    def evaluate(*numbers: Any) -> ValueAndError:
        value, error = _of_pile_up(constants, *map(float, numbers))
        return np.asarray(value), np.asarray(error)

    value, error = for_each_combination(evaluate, *counting.window.checked())
    return value, error


@functools.lru_cache(maxsize=4096)
def _of_pile_up(constants: WeakConstants, *window: float) -> tuple[float, float]:
    value, error = counted_pile_up("14C", RecoilWindow(*window), constants)
    return float(value), float(error)

"""What one star gives a detector in windows of time, for each combination of what it depends on.

Yields are counts in units of targets/(4π d²): cross sections times the electron antineutrinos emitted in the window.
They know nothing of a mass function, of the place of a star, or of the mass of a detector.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridscan.errors import EvaluationError
from gridscan.models.presupernova.combinations import StarFunction, for_each_combination
from gridscan.models.presupernova.source import Source, Star
from gridscan.models.presupernova.star_curves import (
    Survival,
    elastic_curve,
    events_between,
    inverse_beta_curve,
    panels_of,
)
from gridscan.numerics.ranges import NOT_NEGATIVE, POSITIVE, checked
from gridscan.physics.constants import KILOPARSEC, WeakConstants
from gridscan.physics.neutrinos.measured_recoil import RecoilWindow

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridscan.physics.presupernova.rate_curve import RateCurve

Array = NDArray[np.floating[Any]]
ValueAndError = tuple[Array, Array]

# Lead times in which a passage of the horizon is looked for, per factor of two and in each step of its refinement.
_PER_OCTAVE, _REFINED, _STEPS = 8, 64, 8
_SOURCE = len(Source._fields)
#: Relative accuracy of roots and of incomplete gamma functions.
ROUNDING = 1e-12


class Weak(NamedTuple):
    """Constants of nature, see `WeakConstants`."""

    electron_mass_energy: Any
    neutron_proton_difference: Any
    fermi_coupling: Any
    hbar_c: Any
    fine_structure_constant: Any
    boltzmann_constant: Any


class CountedWindow(NamedTuple):
    """Which energies are counted: the fields of a `RecoilWindow` [MeV], and constants of nature."""

    recoil_min: Any
    recoil_max: Any
    resolution_stochastic: Any
    resolution_proportional: Any
    resolution_constant: Any
    electron_mass_energy: Any
    neutron_proton_difference: Any
    fermi_coupling: Any
    hbar_c: Any
    fine_structure_constant: Any
    boltzmann_constant: Any

    @property
    def window(self) -> RecoilWindow:
        """The window of recoils."""
        return RecoilWindow(*self[:5])

    @property
    def constants(self) -> WeakConstants:
        """The constants of nature."""
        return constants_of(*self[5:])


class Scattering(NamedTuple):
    """How neutrinos scatter on electrons: couplings, and whether photons are radiated."""

    cross_section: Any
    qed: Any


class PositronCounting(NamedTuple):
    """Which positrons are counted: probability that nu_e-bar stay so, and the lowest prompt energy [MeV]."""

    antineutrino_survival: Any
    energy_min_prompt: Any
    electron_mass_energy: Any
    neutron_proton_difference: Any
    fermi_coupling: Any
    hbar_c: Any
    fine_structure_constant: Any
    boltzmann_constant: Any

    @property
    def parts(self) -> tuple[Any, Any]:
        """What varies over a grid."""
        return self.antineutrino_survival, self.energy_min_prompt

    @property
    def constants(self) -> WeakConstants:
        """The constants of nature."""
        return constants_of(*self[2:])


class Exposure(NamedTuple):
    """Lead time and length of an exposure [s]."""

    lead: Any
    exposure: Any


class AlarmWindow(NamedTuple):
    """Lead time and length of the sliding window [s]."""

    lead: Any
    window: Any


class AlarmReach(NamedTuple):
    """Targets that count, and the events that an alarm needs."""

    effective_protons: Any
    alarm_signal: Any


class Stars(NamedTuple):
    """Stars of the grid: their source, masses [Msun], and the ratio of flavours that they emit."""

    source: Source
    mass: Any
    ratio: StarFunction

    def of_bins(self, mass: Any) -> Stars:
        """Return stars of each bin of mass, along a new last axis."""
        return Stars(Source(*last_axis(*self.source)), mass, self.ratio.with_last_axis())


def constants_of(*values: Any) -> WeakConstants:
    """Return the constants of nature, in the order of the fields of `WeakConstants`.

    Raises
    ------
    EvaluationError
        If one of them is an axis.
    """
    numbers = [np.unique(value) for value in values]
    for name, found in zip(WeakConstants.__dataclass_fields__, numbers, strict=True):
        if len(found) > 1:
            raise EvaluationError(f"{name} has {len(found)} values; a constant of nature is no axis")
    return WeakConstants(*(float(found[0]) for found in numbers))


def last_axis(*arrays: Any) -> tuple[Any, ...]:
    """Return arrays with one more axis of length one."""
    return tuple(np.asarray(array)[..., None] for array in arrays)


def window_of_time(lead: Any, length: Any, name: str) -> tuple[Array, Array]:
    """Return the later and the earlier end [s before collapse] of a window that ends at a lead time.

    Parameters
    ----------
    lead, length
        [s].
    name
        Name of the length in messages.
    """
    start = checked("lead", lead, NOT_NEGATIVE, "s")
    return start, start + checked(name, length, POSITIVE, "s")


def recoil_yield(
    stars: Stars,
    survival: tuple[Any, Any],
    scattering: Scattering,
    counting: CountedWindow,
    window: tuple[Any, Any],
) -> ValueAndError:
    """Return the yield of recoils per electron in windows of time [cm²], and its error.

    Parameters
    ----------
    survival
        Probabilities that nu_e, and nu_e-bar, keep their flavour.
    window
        Its later and its earlier end [s before collapse].
    """
    own = counting.window.checked()
    keys = (*survival, *scattering, *own)
    return _yields(_recoils, counting.constants, stars, window, keys)


def inverse_beta_yield(stars: Stars, counting: PositronCounting, window: tuple[Any, Any]) -> ValueAndError:
    """Return the yield of inverse beta decays per proton in windows of time [cm²], and its error.

    Parameters
    ----------
    window
        Its later and its earlier end [s before collapse].
    """
    return _yields(_positrons, counting.constants, stars, window, counting.parts)


def _recoils(
    constants: WeakConstants, star: Star, ratio: Array, p: Any, p_bar: Any, cross_section: Any, qed: Any, *window: Any
) -> tuple[RateCurve, float]:
    limits = tuple(float(limit) for limit in window)
    survival, words = Survival(float(p), float(p_bar)), (str(cross_section), str(qed))
    return elastic_curve(star, ratio, survival, words, limits, constants)


def _positrons(constants: WeakConstants, star: Star, ratio: Array, p_bar: Any, prompt: Any) -> tuple[RateCurve, float]:
    return inverse_beta_curve(star, ratio, float(p_bar), float(prompt), constants)


def _yields(
    curve_of: Callable[..., tuple[RateCurve, float]],
    constants: WeakConstants,
    stars: Stars,
    window: tuple[Any, Any],
    keys: tuple[Any, ...],
) -> ValueAndError:
    def evaluate(mass: Any, key: Any, *rest: Any) -> ValueAndError:
        star = Source(*rest[:_SOURCE]).star(mass)
        ratio = stars.ratio(key, mass, panels_of(star, constants).times)
        curve, relative = curve_of(constants, star, ratio, *rest[_SOURCE:])
        return events_between(curve, relative, *window)

    value, error = for_each_combination(evaluate, _held(stars), stars.ratio.key, *stars.source.needed, *keys)
    return value, error


def _held(stars: Stars) -> Array:
    """Return masses [Msun], of those outside of the progenitors the nearest of these."""

    def held(*values: Any) -> tuple[Any]:
        source = Source(*values)
        table = source.table
        several = (len(table.mass) > 1 or table.held) and not source.scaled
        return (np.clip(stars.mass, table.mass[0], table.mass[-1]) if several else np.asarray(stars.mass),)

    return for_each_combination(held, *stars.source.needed)[0]


def positron_curve(
    source: Source, mass: Any, ratio: Callable[..., Array], how: tuple[Any, Any], constants: WeakConstants
) -> tuple[RateCurve, float]:
    """Return the rate of inverse beta decays of one star, see `inverse_beta_curve`.

    Parameters
    ----------
    ratio
        Of mass [Msun] and times [s].
    how
        See `PositronCounting.parts`.
    """
    star = source.star(mass)
    return _positrons(constants, star, ratio(mass, panels_of(star, constants).times), *how)


def longest_lead(stars: Stars, counting: PositronCounting, needed: Any, window: Any) -> ValueAndError:
    """Return the longest lead time [s] at which a window gives the yield that an alarm needs, and its error.

    Minus infinity where none does: it is the largest of no times.

    Parameters
    ----------
    needed
        Yield [cm²].
    window
        Length of the sliding window [s].
    """
    needed, constants = np.asarray(needed, dtype=float), counting.constants

    def evaluate(mass: Any, key: Any, *rest: Any) -> ValueAndError:
        p_bar, prompt, length = rest[_SOURCE:]
        curve, _ = positron_curve(
            Source(*rest[:_SOURCE]), mass, lambda *at: stars.ratio(key, *at), (p_bar, prompt), constants
        )
        levels, place = np.unique(needed, return_inverse=True)
        pairs = np.array([_last_passage(curve, float(level), float(length)) for level in levels])
        found = pairs[place.reshape(needed.shape)]
        return found[..., 0], found[..., 1]

    keys = (*counting.parts, checked("window", window, POSITIVE, "s"))
    value, error = for_each_combination(evaluate, _held(stars), stars.ratio.key, *stars.source.needed, *keys)
    return value, error


def _last_passage(curve: RateCurve, level: float, window: float) -> tuple[float, float]:
    """Return the last lead time at which a window holds a yield, and how far off it may be, both [s]."""
    first, last = float(curve.edges[0]), float(curve.edges[-1])
    fine = np.geomspace(first, last, _PER_OCTAVE * int(np.ceil(np.log2(last / first))) + 1)
    leads = np.unique(np.concatenate([[0.0], fine, curve.edges, np.maximum(curve.edges - window, 0.0)]))
    for _ in range(_STEPS):
        enough = np.flatnonzero(curve.between(leads, leads + window)[0] >= level)
        if not enough.size:
            return -np.inf, 0.0
        place = min(int(enough[-1]), len(leads) - 2)
        low, high = leads[place], leads[place + 1]
        if high - low <= 1e-10 * high:
            break
        leads = np.linspace(low, high, _REFINED + 1)
    return float(low), float(high - low) + 1e-6 * float(high)


def squared_kiloparsecs(yields: Any, targets: Any) -> Any:
    """Return the events that a yield [cm²] gives in a number of targets, times the squared distance [kpc²]."""
    return targets * yields / (4.0 * np.pi * KILOPARSEC**2)

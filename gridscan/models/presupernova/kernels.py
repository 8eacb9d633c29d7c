"""What one star gives a detector in windows of time, for each combination of what it depends on.

Yields are counts in units of targets/(4π d²): cross sections times the electron antineutrinos emitted in the window. They
know nothing of a mass function, of the place of a star, or of the mass of a detector.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridscan.models.presupernova.combinations import StarFunction, for_each_combination
from gridscan.models.presupernova.star_curves import (
    Star,
    Survival,
    elastic_curve,
    events_between,
    inverse_beta_curve,
    panels_of,
    star_of,
    table_of,
)
from gridscan.numerics.ranges import checked
from gridscan.physics.constants import KILOPARSEC
from gridscan.physics.neutrinos import alarms
from gridscan.physics.neutrinos.measured_recoil import RecoilWindow

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridscan.physics.presupernova.rate_curve import RateCurve

Array = NDArray[np.floating[Any]]
ValueAndError = tuple[Array, Array]

# Lead times [s] before which no table holds a star that shines, and how finely they are searched.
_PER_OCTAVE, _BETWEEN = 8, 64


class Tracks(NamedTuple):
    """Tables of neutrino tracks and how progenitors are chosen; both are words."""

    neutrino_table: Any
    progenitor: Any


class Conversion(NamedTuple):
    """Ordering of the masses and mixing angles, as the probabilities that flavours are kept."""

    survival: Any
    antineutrino_survival: Any


class Channel(NamedTuple):
    """What is counted: recoils in a window of measured energies, and positrons above a prompt energy [MeV]."""

    cross_section: Any
    recoil_min: Any
    recoil_max: Any
    resolution_stochastic: Any
    resolution_proportional: Any
    resolution_constant: Any
    energy_min_prompt: Any

    @property
    def window(self) -> RecoilWindow:
        """The window of recoils."""
        return RecoilWindow(*self[1:6])


def recoil_yield(
    tracks: Tracks, mass: Any, conversion: Conversion, channel: Channel, ratio: Any, windows: tuple[Any, Any]
) -> ValueAndError:
    """Return the yield of recoils [cm²] per electron in windows from a start to an end before collapse [s].

    Parameters
    ----------
    mass
        [Msun].
    ratio
        Number of nu_mu or nu_tau over nu_e, as a function of the grid.
    windows
        Start and end, the start being later.
    """
    window = channel.window.checked()

    def curve(star: Star, heavy: Callable[[Any], Array], p: Any, p_bar: Any, *rest: Any) -> tuple[RateCurve, float]:
        words, *numbers = rest
        limits = tuple(float(number) for number in numbers)
        return elastic_curve(
            star, heavy(panels_of(star).times), Survival(float(p), float(p_bar)), str(words), limits
        )

    return _yields(curve, tracks, mass, ratio, windows, (*conversion, channel.cross_section, *window))


def inverse_beta_yield(
    tracks: Tracks, mass: Any, conversion: Conversion, channel: Channel, ratio: Any, windows: tuple[Any, Any]
) -> ValueAndError:
    """Return the yield of inverse beta decays [cm²] per proton, otherwise as `recoil_yield`."""
    keys = (conversion.antineutrino_survival, channel.energy_min_prompt)
    return _yields(_inverse_beta, tracks, mass, ratio, windows, keys)


def _inverse_beta(star: Star, heavy: Callable[[Any], Array], p_bar: Any, prompt: Any) -> tuple[RateCurve, float]:
    return inverse_beta_curve(star, heavy(panels_of(star).times), float(p_bar), float(prompt))


def _yields(
    curve_of: Callable[..., tuple[RateCurve, float]],
    tracks: Tracks,
    mass: Any,
    ratio: Any,
    windows: tuple[Any, Any],
    keys: tuple[Any, ...],
) -> ValueAndError:
    function = StarFunction(ratio)
    masses = held_masses(tracks, mass)

    def evaluate(content: Any, progenitor: Any, mass: Any, key: Any, *rest: Any) -> ValueAndError:
        star = star_of(content, progenitor, mass)
        curve, relative = curve_of(star, lambda times: function(key, star.mass, times), *rest)
        return events_between(curve, relative, *windows)

    found = for_each_combination(evaluate, *tracks, masses, function.key, *keys)
    return found[0], found[1]


def held_masses(tracks: Tracks, mass: Any) -> Array:
    """Return masses [Msun] with those outside of the progenitors as the nearest of them."""
    def held(content: Any, progenitor: Any) -> tuple[Any, ...]:
        table = table_of(str(content), str(progenitor))
        if table.held:
            return (np.full(np.shape(mass), table.mass[0]),)
        return (np.clip(mass, table.mass[0], table.mass[-1]) if len(table.mass) > 1 else mass,)

    return for_each_combination(held, *tracks)[0]


def horizon_of(yields: Any, targets: Any, needed: Any) -> Array:
    """Return the distance [kpc] at which a yield [cm²] gives the events that are needed."""
    return np.asarray(alarms.horizon(targets * yields / (4.0 * np.pi * KILOPARSEC**2), 1.0, needed))


def lead_of_alarm(
    tracks: Tracks,
    mass: Any,
    conversion: Conversion,
    channel: Channel,
    ratio: Any,
    needed_yield: Any,
    window: Any,
) -> ValueAndError:
    """Return the longest lead time [s] at which a window gives the yield that an alarm needs, NaN without any.

    Parameters
    ----------
    needed_yield
        [cm²].
    window
        Length of the sliding window [s].
    """
    function = StarFunction(ratio)
    needed_yield, window = np.asarray(needed_yield), np.asarray(window)

    def evaluate(
        content: Any, progenitor: Any, mass: Any, key: Any, p_bar: Any, prompt: Any, window: Any
    ) -> ValueAndError:
        star = star_of(content, progenitor, mass)
        curve, _ = _inverse_beta(star, lambda times: function(key, star.mass, times), p_bar, prompt)
        levels, place = np.unique(needed_yield, return_inverse=True)
        pairs = [_longest_lead(curve, float(level), float(window)) for level in levels]
        value, error = (np.array(column)[place].reshape(needed_yield.shape) for column in zip(*pairs, strict=True))
        return value, error

    keys = (conversion.antineutrino_survival, channel.energy_min_prompt, window)
    found = for_each_combination(evaluate, *tracks, held_masses(tracks, mass), function.key, *keys)
    return found[0], found[1]


def _longest_lead(curve: RateCurve, level: float, window: float) -> tuple[float, float]:
    """Return the last lead time at which a window holds a yield, and how far off it may be, both [s]."""
    last = float(curve.edges[-1])
    fine = np.geomspace(curve.edges[0], last, _PER_OCTAVE * int(np.ceil(np.log2(last / curve.edges[0]))) + 1)
    leads = np.unique(np.concatenate([[0.0], curve.edges, np.maximum(curve.edges - window, 0.0), fine]))
    for _ in range(8):
        counted, _ = curve.between(leads, leads + window)
        enough = np.flatnonzero(counted >= level)
        if not enough.size:
            return np.nan, np.nan
        place = int(enough[-1])
        if place == len(leads) - 1 or leads[place + 1] - leads[place] <= 1e-9 * leads[place + 1]:
            break
        leads = np.linspace(leads[place], leads[place + 1], _BETWEEN + 1)
    upper = leads[min(place + 1, len(leads) - 1)]
    return float(leads[place]), float(upper - leads[place]) + 1e-6 * float(leads[place])


def require_order(channel: Channel) -> None:
    """Refuse windows of recoils that end before they begin."""
    channel.window.checked()


def windows_of(lead: Any, length: Any, name: str) -> tuple[Array, Array]:
    """Return start and end [s] of a window of a length that ends at a lead time before collapse."""
    from gridscan.numerics.ranges import NOT_NEGATIVE, POSITIVE

    start = checked("lead", lead, NOT_NEGATIVE, "s")
    return start, start + checked(name, length, POSITIVE, "s")

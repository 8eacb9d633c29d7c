"""Kinetic energies at which the flux of boosted dark matter at a time is not smooth, and pieces of ln T between them.

These are the energies of which t_peak(T), t_van(T), or the arrival from the halo centre is that time; all have closed
forms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gridscan.numerics.piecewise import Pieces
from gridscan.numerics.quadrature import panels_between
from gridscan.numerics.unit_arguments import in_units

if TYPE_CHECKING:
    from gridscan.physics.boosted_dark_matter.emission import Setting

__all__ = ["energy_pieces", "special_energies"]

FloatArray = NDArray[np.floating[Any]]

# Of a window, below which two special energies are close together; by what pieces then widen, and how often.
_CLOSE = 1e-2
_WIDENING = 16.0
_WIDENINGS = 9


@in_units(lowest="MeV", highest="MeV", times="s")
def energy_pieces(setting: Setting, lowest: FloatArray, highest: FloatArray, times: tuple[FloatArray, ...]) -> Pieces:
    """Return the pieces of ln T on which the flux is smooth but for the ends that are not those of the window.

    Parameters
    ----------
    setting
        Of n points.
    lowest, highest
        Ends of the window of kinetic energies [MeV], shape (n,).
    times
        Times whose special energies are ends of pieces [s], each of shape (n,).

    Returns
    -------
    Pieces
        Owned by the points; ends are ln(T/MeV).
    """
    low, high = np.log(lowest), np.log(highest)
    with np.errstate(divide="ignore", invalid="ignore"):
        special = np.log([special_energies(setting, time) for time in times])
    cuts = np.clip(special.reshape(-1, len(low)), low, high)
    widening = np.clip(_widening(special, low, high), low, high)
    lower, upper = panels_between(np.concatenate([[low], cuts, widening, [high]]).T)
    owner, piece = np.nonzero(upper > lower)
    lower, upper = lower[owner, piece], upper[owner, piece]
    if len(times) == 1:
        return Pieces(owner, lower, upper, lower > low[owner], upper < high[owner])
    # Special energies of an exposure may be right beyond an end of the window.
    return Pieces(owner, lower, upper, *((cuts[:, owner] == end).any(axis=0) for end in (lower, upper)))


def _widening(special: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """Return ends of pieces of ln T that widen from the special energies of two times that are close together.

    Parameters
    ----------
    special
        ln T of each time, shape (times, 3, n).
    low, high
        Ends of the window, shape (n,).
    """
    if len(special) < 2:
        return np.empty((0, len(low)))
    with np.errstate(invalid="ignore"):
        width = np.abs(special[1] - special[0])
        inside = (special[1] < high + width) & (special[0] > low - width)
        width = np.where(inside & (width > 0.0) & (width < _CLOSE * (high - low)), width, np.nan)
        steps = width * _WIDENING ** np.arange(_WIDENINGS)[:, None, None]
        ends = np.concatenate([special.max(axis=0) + steps, special.min(axis=0) - steps])
    return np.where(np.isfinite(ends), ends, low).reshape(-1, len(low))


@in_units(time="s")
def special_energies(setting: Setting, time: FloatArray) -> FloatArray:
    """Return the kinetic energies of which the peak, the last arrival, or what the halo centre sends is at a time.

    Parameters
    ----------
    setting
        Of n points.
    time
        t [s], shape (n,).

    Returns
    -------
    numpy.ndarray
        [MeV], shape (3, n); inf for none.

    Notes
    -----
    The peak has b = 1 + x/R_s, the last arrival 1 + m/(2 T) = b², and the halo centre d + b l = R_s + x.
    Source: times of flight.
    """
    delay = time * setting.light_speed
    along, across, distance = setting.centre_along, setting.centre_across, setting.supernova_distance
    length = np.hypot(distance - along, across)
    # d + l - R_s, with R_s split between the two.
    detour = _beyond(along, across) + _beyond(distance - along, across)
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = _energy(setting.mass, np.maximum(delay - detour, 0.0) / length)
        square = delay * (2.0 * distance + delay) / distance**2
        return np.array([_energy(setting.mass, delay / distance), setting.mass / (2.0 * square), centre])


def _energy(mass: FloatArray, excess: FloatArray) -> FloatArray:
    """Return T of b - 1, with gamma - 1 = (b - sqrt(b² - 1))/sqrt(b² - 1) = 1/(sqrt(b² - 1) (b + sqrt(b² - 1)))."""
    root = np.sqrt(excess * (2.0 + excess))
    energy: FloatArray = mass / (root * (1.0 + excess + root))
    return energy


def _beyond(along: FloatArray, across: FloatArray) -> FloatArray:
    """Return sqrt(along² + across²) - along."""
    length = np.hypot(along, across)
    return np.where(along > 0.0, across**2 / np.where(along > 0.0, length + along, 1.0), length - along)

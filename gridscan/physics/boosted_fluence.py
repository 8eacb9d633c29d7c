"""The flux of boosted dark matter per kinetic energy, integrated over an exposure.

The flux has a logarithm at t_peak, and dies without a power of t_van - t at the last arrival. With

    q = ln(t/(t_peak - t)) before the peak,  q = ln((t - t_peak)/(t_van - t)) after it

it is smooth over a unit of q wherever the exposure begins.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridscan.physics.boosted_emission import Setting
from gridscan.physics.boosted_flux import flux_of
from gridscan.physics.boosted_pieces import integrate_pieces
from gridscan.physics.boosted_surface import taken
from gridscan.physics.geometry import peak_time, vanishing_time

FloatArray = NDArray[np.floating[Any]]
IndexArray = NDArray[np.intp]

# exp(-32) = 1e-14 of an interval is left out at its ends.
_REACH = 32.0
_PIECE = 8.0
_ROUNDS = 8


def fluence_of(
    setting: Setting, kinetic_energy: FloatArray, start: FloatArray, end: FloatArray, accuracy: float
) -> tuple[FloatArray, FloatArray]:
    """Return the time integral of the flux between two times [s], and its error [1/(MeV cm²)], shape (n,)."""
    place = (kinetic_energy, setting.mass, setting.supernova_distance, setting.light_speed)
    peak, last = peak_time(*place), vanishing_time(*place)
    hottest = np.asarray(setting.source.temperatures).max(axis=0)
    # Near the last arrival the least neutrino energy grows as 1 + exp(q).
    dead = np.log1p(100.0 * hottest / kinetic_energy) + 1.0
    reach = _reach(setting, accuracy)
    bounds = []
    for beginning, width, low_reach, high_reach in (
        (np.zeros_like(peak), peak, _REACH, reach),
        (peak, last - peak, reach, dead),
    ):
        ends = [np.clip((time - beginning) / width, 0.0, 1.0) for time in (start, np.maximum(start, end))]
        with np.errstate(divide="ignore"):
            low, high = (np.clip(np.log(part) - np.log1p(-part), -low_reach, high_reach) for part in ends)
        bounds.append((low, high))
    owner, after, lower, upper = _pieces(bounds)
    noise = Noise()

    def integrand(q: FloatArray, piece: IndexArray) -> FloatArray:
        who, late = owner[piece], after[piece]
        grown, left = 1.0 / (1.0 + np.exp(-q)), 1.0 / (1.0 + np.exp(q))
        width = np.where(late, (last - peak)[who], peak[who])
        time = np.where(late, peak[who], 0.0) + width * grown
        emission = taken(setting, who).emission(time, kinetic_energy[who], np.where(late, width * grown, -width * left))
        value, error = flux_of(emission, 0.3 * accuracy)
        slope = width * grown * left
        noise.add(who, value * slope, error * slope)
        return value * slope

    value, error = integrate_pieces(integrand, owner, lower, upper, len(peak), 0.7 * accuracy, _ROUNDS, smooth=True)
    length = sum((high - low for low, high in bounds), np.zeros(len(peak)))
    return value, error + noise.integral(value, length, 0.01 * accuracy)


def _reach(setting: Setting, accuracy: float) -> FloatArray:
    """Return the |q| at which one can stop before the peak.

    What arrives then comes from so near to the supernova that the density is that of its place, unless the supernova
    is in the halo centre itself.
    """
    offset = np.hypot(setting.centre_along, setting.centre_across)
    with np.errstate(divide="ignore"):
        return np.minimum(np.log(setting.supernova_distance / (accuracy * offset)) + 6.0, _REACH)


class Noise:
    """The errors of the heights of integrands, from which follows what they do to the integrals."""

    def __init__(self) -> None:
        self._calls: list[tuple[IndexArray, FloatArray, FloatArray]] = []

    def add(self, owner: IndexArray, height: FloatArray, error: FloatArray) -> None:
        """Take down heights, to which of the integrals they belong, and their errors."""
        self._calls.append((owner, height, error))

    def integral(self, value: FloatArray, length: FloatArray, negligible: float) -> FloatArray:
        """Return a bound on the errors of integrals of given values and lengths of the line.

        Errors that could not amount to a negligible share of the value count as much; of the rest the worst relative
        one.
        """
        if not self._calls:
            return np.zeros_like(value)
        owner, height, error = (np.concatenate(column) for column in zip(*self._calls, strict=True))
        matters = error * length[owner] > negligible * value[owner]
        owner, height, error = owner[matters], height[matters], error[matters]
        worst = np.zeros_like(value)
        relative = np.divide(error, height, out=np.full_like(error, np.inf), where=height > 0.0)
        np.maximum.at(worst, owner, relative)
        return value * (negligible + worst)


def _pieces(
    bounds: list[tuple[FloatArray, FloatArray]],
) -> tuple[IndexArray, NDArray[np.bool_], FloatArray, FloatArray]:
    """Return owner, whether it is after the peak, and ends of pieces that are not longer than they should be."""
    columns: list[tuple[Any, ...]] = []
    for after, (low, high) in enumerate(bounds):
        number = np.ceil((high - low) / _PIECE).astype(int)
        owner = np.repeat(np.arange(len(low)), number)
        place = np.arange(len(owner)) - np.repeat(np.cumsum(number) - number, number)
        step = (high - low)[owner] / number[owner]
        lower = low[owner] + place * step
        columns.append((owner, np.full(len(owner), bool(after)), lower, lower + step))
    owner, late, lower, upper = (np.concatenate(column) for column in zip(*columns, strict=True))
    return owner, late, lower, upper

"""Times for which stars send more than a flux, at equal steps of its logarithm, in one galaxy and within one radius.

    ν_b(F) = ∫ dt G(min(r, √(A_b(t)/F)))

depends on a star and a flux through ln A - ln F alone: with G tabulated at equal steps of ln s, beginning at r, every
flux of the table reads it at the same parts of a step, whole steps apart. G is linear within a step, and what this is
off is part of the error; the kink of G at the radius lies between two steps and costs nothing.
"""

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridscan.physics.galaxy.components import SingleGalaxy
from gridscan.physics.galaxy.reach import NEAREST, reach_of
from gridscan.physics.presupernova.time_points import ORDER, TimePoints, error_of_kinks, time_integral

__all__ = ["FluxTable", "Shining", "flux_table"]

FloatArray = NDArray[np.floating[Any]]

# Steps of ln A or ln F, 256 to a factor of four, and how many of them lie between two fluxes of the table.
_STEP = math.log(4.0) / 256.0
_STRIDE = 12
# Tables that are kept, so that the blocks of a grid share them.
_KEPT = 16
_AT_ONCE = 100_000


class FluxTable(NamedTuple):
    """Times for which stars of each bin of mass send more than fluxes.

    Attributes
    ----------
    log_flux
        Shape (f,): logarithms of fluxes, of an odd number, from one that all stars exceed wherever they are.
    time, error
        Shape (f, b): times, and their errors.
    """

    log_flux: FloatArray
    time: FloatArray
    error: FloatArray


class Shining(NamedTuple):
    """Severities and the points of their times by content, so that tables of them are found again.

    Attributes
    ----------
    shape
        (b, n).
    severity, time, weight, coarse_weight
        The bytes of arrays of this shape.
    """

    shape: tuple[int, ...]
    severity: bytes
    time: bytes
    weight: bytes
    coarse_weight: bytes

    @classmethod
    def of(cls, severity: FloatArray, points: TimePoints) -> Shining:
        """Return severities and points by content.

        Parameters
        ----------
        severity
            Shape (b, n): flux of a star times its squared distance at the points, in kpc² times the unit of flux.
        points
            Shape (b, n): times before collapse.

        Returns
        -------
        Shining
            Their content.
        """
        return cls(severity.shape, *(np.asarray(part, dtype=float).tobytes() for part in (severity, *points)))

    def arrays(self) -> tuple[FloatArray, TimePoints]:
        """Return the severities and the points.

        Returns
        -------
        severity, points
            Of the shape (b, n).
        """
        severity, *parts = (np.frombuffer(part).reshape(self.shape) for part in self[1:])
        return severity, TimePoints(*parts)


@functools.lru_cache(maxsize=_KEPT)
def flux_table(radius: float, *galaxy: float, shining: Shining) -> FluxTable:
    """Tabulate the times above a flux, from that of the faintest star at the radius to that of the brightest nearby.

    Parameters
    ----------
    radius
        In kpc: stars farther away from the Sun do not count.
    *galaxy
        Parameters of the galaxy, as those of `SingleGalaxy`.
    shining
        The stars.

    Returns
    -------
    FluxTable
        The times, zero where no star shines.

    Notes
    -----
    ν_b(F) = ∫ dt G(min(r, √(A_b(t)/F))). Source: mean of a Poisson process.

    Examples
    --------
    A star that shines for a year sends more than a fourth of its flux at 1 kpc as long as it is within 2 kpc:

    >>> import numpy as np
    >>> from gridscan.physics.galaxy.components import Galaxy
    >>> from gridscan.physics.galaxy.distances import fraction_within
    >>> from gridscan.physics.presupernova.flux_table import Shining, flux_table
    >>> from gridscan.physics.presupernova.time_points import time_points
    >>> points = time_points([0.1, 1.0], np.zeros(1), np.ones(1))
    >>> stars = Shining.of(np.ones(points.time.shape), points)
    >>> table = flux_table(2.0, *(float(part) for part in Galaxy().arrays()), shining=stars)
    >>> round(float(np.exp(table.log_flux[0])), 9)
    0.25
    >>> bool(abs(table.time[0, 0] - fraction_within(2.0, Galaxy())[0]) < 1e-9)
    True
    """
    severity, points = shining.arrays()
    shines = (points.weight > 0.0) & (severity > 0.0)
    if not shines.any():
        return FluxTable(np.array([-1.0, 0.0, 1.0]), *(np.zeros((3, len(severity))) for _ in range(2)))
    seen = severity[shines]
    # The first flux is a rounding below that of the faintest star.
    first = math.log(seen.min() / radius**2)
    first -= 1e-12 * max(1.0, abs(first))
    steps = math.log(seen.max() / min(NEAREST, radius) ** 2) - first
    count = 2 * math.ceil(steps / (2 * _STRIDE * _STEP)) + 1
    log_flux = first + _STRIDE * _STEP * np.arange(count)
    table = np.zeros((2, count, len(severity)))
    bins = shines.any(axis=-1)
    panels = np.repeat(shines[bins].reshape(bins.sum(), -1, ORDER).any(axis=(0, 2)), ORDER)
    kept = TimePoints(*(part[bins][:, panels] for part in points))
    bright = severity[bins][:, panels]
    table[..., bins] = _times(SingleGalaxy(*galaxy), radius, log_flux, bright, kept)
    return FluxTable(log_flux, *table)


def _times(
    galaxy: SingleGalaxy, radius: float, log_flux: FloatArray, severity: FloatArray, points: TimePoints
) -> tuple[FloatArray, FloatArray]:
    """Return times and their errors, shape (f, b)."""
    with np.errstate(divide="ignore"):
        place = (np.log(severity) - log_flux[0] - 2.0 * math.log(radius)) / _STEP
    # Dark stars send nothing, whatever the flux.
    dark, place = severity == 0.0, np.maximum(np.where(severity > 0.0, place, 0.0), 0.0)
    whole = np.floor(place).astype(np.intp)
    part = place - whole
    reach = reach_of(galaxy)
    farthest_down = _STRIDE * (len(log_flux) - 1)
    low, rise, off = _share_in_steps(reach.enclosed(radius * np.exp(-0.5 * _STEP * np.arange(farthest_down + 2)))[::-1])
    shining = np.where(dark, 0.0, points.weight)
    times, errors = [], []
    size = max(_AT_ONCE // severity.size, 1)
    for row in range(0, len(log_flux), size):
        lower = whole - _STRIDE * np.arange(row, min(row + size, len(log_flux)))[:, None, None]
        step = len(low) - 1 + np.minimum(lower, 0)
        enclosed = np.take(rise, step, mode="clip") * part
        enclosed += np.take(low, step, mode="clip")
        enclosed[..., dark] = 0.0
        time, error = time_integral(enclosed, points)
        # G has kinks of its own, where both rules may agree by chance.
        kinks = error_of_kinks(enclosed, lower >= 0, points)
        times.append(time)
        errors.append(2.0 * error + kinks + np.einsum("...i,...i->...", np.take(off, step, mode="clip"), shining))
    value, error = np.concatenate(times), np.concatenate(errors)
    return value, error + reach.relative_error * value + reach.absolute_error * points.weight.sum(axis=-1)


def _share_in_steps(share: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return G at the beginning of each step, its rise in it, and what it is off in between, about; shape (n,).

    Beyond the last step, at the radius, G is held.
    """
    rise = np.append(np.diff(share), 0.0)
    bend = np.abs(np.diff(rise[:-1]))
    off = 0.25 * np.maximum(np.append(bend[0], bend), np.append(bend, bend[-1]))
    return share, rise, np.append(off, 0.0)

"""Rate of events from one star against the time before its collapse, and events in any window, from a few nodes.

Between two knots of a track, and where the mean energy of its neutrinos does not pass a node of the table of thermal
pairs, the logarithm of a rate is an analytic function of the logarithm of time. On such panels it is the polynomial
through Chebyshev nodes, and the events in a window are Gauss sums over what of each panel lies in the window.

Source: Trefethen 2013, Approximation Theory and Approximation Practice, SIAM, chapters 8 and 19.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import ArrayLike, NDArray

from gridscan.errors import EvaluationError
from gridscan.numerics.quadrature import gauss_legendre
from gridscan.numerics.ranges import NOT_NEGATIVE, checked, require_above
from gridscan.numerics.unit_arguments import in_units

if TYPE_CHECKING:
    from gridscan.physics.presupernova.luminosity_table import NeutrinoTrack

__all__ = ["RateCurve", "panel_edges", "panel_times"]

FloatArray = NDArray[np.floating[Any]]

# Chebyshev nodes of a panel, Gauss points of a part of one, and the widest panel in ln t.
_NODES, _POINTS, _WIDEST = 6, 10, 1.2
# Smaller rates have no logarithm that is known to enough digits, and count as none.
_NOTHING = 1e-290
# Relative error of a rate by rounding its logarithm.
_ROUNDING = 1e-13
# So many numbers at once keep windows times panels in memory.
_AT_ONCE = 1_000_000


@in_units(mean_energies="MeV", cuts="s")
def panel_edges(track: NeutrinoTrack, mean_energies: ArrayLike = (), cuts: ArrayLike = ()) -> FloatArray:
    """Return the edges of the panels on which rates of a track are smooth.

    Parameters
    ----------
    track
        One star.
    mean_energies
        Mean energies of its electron antineutrinos at which a rate is not smooth [MeV]: the nodes of the table of
        thermal pairs, `gridscan.physics.neutrinos.thermal_pairs.pair_table`.
    cuts
        Further times before collapse at which it is not smooth [s].

    Returns
    -------
    numpy.ndarray
        Shape (panels + 1,) [s], from the first knot of the track to its last one.

    Notes
    -----
    Cut at the knots, at the times when the mean energy, a power law between them, passes a node, and wherever a panel
    were wider than 1.2 in ln t.

    Examples
    --------
    >>> import numpy as np
    >>> from gridscan.physics.presupernova.luminosity_table import NeutrinoTrack
    >>> from gridscan.physics.presupernova.rate_curve import panel_edges
    >>> star = NeutrinoTrack(*np.array([[1.0, 4.0], [16.0, 1.0], [2.0, 1.0], [3.0, 3.0]]))
    >>> panel_edges(star, [1.0, 2.0**0.5]).round(6)
    array([1., 2., 4.])
    """
    knots, energy = np.log(track.time), np.log(track.mean_energy)
    nodes = np.log(np.asarray(mean_energies, dtype=float))[:, None]
    change = np.diff(energy)
    share = (nodes - energy[:-1]) / np.where(change == 0.0, np.inf, change)
    passed = (knots[:-1] + share * np.diff(knots))[(share > 0.0) & (share < 1.0)]
    further = np.asarray(cuts, dtype=float).ravel()
    inside = further[(further > track.time[0]) & (further < track.time[-1])]
    edges = np.unique(np.concatenate([knots, passed, np.log(inside)]))
    # Cuts that only rounding tells apart are one.
    edges = edges[np.append(True, np.diff(edges) > 1e-9)]
    edges[-1] = knots[-1]
    parts = np.ceil(np.diff(edges) / _WIDEST).astype(int)
    steps = np.diff(edges) / parts
    fine = [start + step * np.arange(count) for start, step, count in zip(edges[:-1], steps, parts, strict=True)]
    times = np.exp(np.append(np.concatenate(fine), edges[-1]))
    times[0], times[-1] = track.time[0], track.time[-1]
    return np.asarray(times)


@in_units(edges="s")
def panel_times(edges: ArrayLike) -> FloatArray:
    """Return the times at which `RateCurve` wants a rate.

    Parameters
    ----------
    edges
        Shape (panels + 1,) [s], see `panel_edges`.

    Returns
    -------
    numpy.ndarray
        Shape (panels, 6) [s]: Chebyshev nodes in ln t.

    Examples
    --------
    >>> from gridscan.physics.presupernova.rate_curve import panel_times
    >>> panel_times([1.0, 10.0, 100.0]).shape
    (2, 6)
    """
    logarithm = np.log(np.asarray(edges, dtype=float))
    middle, half = 0.5 * (logarithm[1:] + logarithm[:-1]), 0.5 * np.diff(logarithm)
    return np.asarray(np.exp(middle[:, None] + half[:, None] * chebyshev.chebpts1(_NODES)))


@dataclass(frozen=True, eq=False)
class RateCurve:
    """Rates of events against time before collapse, that are integrated in closed windows.

    A rate is held before the first edge, down to the collapse, and zero after the last one, as the track is.

    Attributes
    ----------
    edges
        Shape (panels + 1,) [s], see `panel_edges`.
    coefficients
        Shape (..., panels, 6): Chebyshev coefficients of the logarithm of the rate in ln t on each panel.
    """

    edges: FloatArray
    coefficients: FloatArray

    @classmethod
    def through(cls, edges: ArrayLike, rates: ArrayLike) -> RateCurve:
        """Return the curve through rates.

        Parameters
        ----------
        edges
            Shape (panels + 1,) [s].
        rates
            Shape (..., panels, 6), in any unit per second, not negative: the rates at `panel_times`.

        Returns
        -------
        RateCurve
            With the leading axes of `rates`.

        Raises
        ------
        EvaluationError
            If a rate is negative or not finite, or the shapes do not fit.

        Examples
        --------
        A power law is met exactly:

        >>> from gridscan.physics.presupernova.rate_curve import RateCurve, panel_times
        >>> edges = [1.0, 3.0, 9.0]
        >>> curve = RateCurve.through(edges, panel_times(edges) ** -2)
        >>> curve.at([0.1, 2.0, 10.0]).round(9)
        array([1.  , 0.25, 0.  ])
        """
        limits = np.asarray(edges, dtype=float)
        heights = checked("rates", rates, NOT_NEGATIVE, "1/s")
        if heights.shape[-2:] != (len(limits) - 1, _NODES):
            raise EvaluationError(
                f"rates have the shape {heights.shape}; the last two axes must be {(len(limits) - 1, _NODES)}, as "
                "those of panel_times"
            )
        logarithms = np.log(np.maximum(heights, _NOTHING))
        return cls(limits, logarithms @ _to_coefficients())

    def at(self, time: ArrayLike) -> FloatArray:
        """Return the rates at times before collapse.

        Parameters
        ----------
        time
            [s], 0 or more, of any shape.

        Returns
        -------
        numpy.ndarray
            In the unit of the rates, shape (..., *shape of `time`).

        Raises
        ------
        EvaluationError
            If a time is negative.
        """
        when = checked("time", time, NOT_NEGATIVE, "s")
        flat = np.clip(when.ravel(), self.edges[0], self.edges[-1])
        panel = self._panel(flat)
        values = self._rates(panel, np.log(flat)[:, None])[..., 0]
        values = np.where(when.ravel() > self.edges[-1], 0.0, values)
        return values.reshape((*values.shape[:-1], *when.shape))

    def between(self, start: ArrayLike, end: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return the events between two times before collapse.

        Parameters
        ----------
        start, end
            [s], 0 <= start <= end, arrays that broadcast: the window is from `end` to the later `start`.

        Returns
        -------
        value, error : numpy.ndarray
            Integrals of the rates, and an absolute error from how fast the coefficients of each panel fall; shape
            (..., *shape of the windows).

        Raises
        ------
        EvaluationError
            If a time is negative, or an end is before its start.
        """
        first, last = checked("start", start, NOT_NEGATIVE, "s"), checked("end", end, NOT_NEGATIVE, "s")
        require_above("end", last, "start", first, "s", or_equal=True)
        first, last = np.broadcast_arrays(first, last)
        lead = self.coefficients.shape[:-2]
        value, error = (np.empty((*lead, first.size)) for _ in range(2))
        size = max(_AT_ONCE // (len(self.edges) * max(int(np.prod(lead)), 1)), 1)
        for begin in range(0, first.size, size):
            block = slice(begin, begin + size)
            value[..., block], error[..., block] = self._windows(first.ravel()[block], last.ravel()[block])
        shape = (*lead, *first.shape)
        return value.reshape(shape), error.reshape(shape)

    def _windows(self, start: FloatArray, end: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return integrals and errors of windows of shape (n,)."""
        whole, relative = self._panel_integrals
        lowest, highest = self.edges[0], self.edges[-1]
        held = self.at(lowest)[..., None] * (np.minimum(end, lowest) - np.minimum(start, lowest))
        low, high = np.clip(start, lowest, highest), np.clip(end, lowest, highest)
        first, last = self._panel(low), self._panel(high)
        one = first == last
        # The first part of a window, all of the panels that it contains, and its last part.
        head = self._part(first, low, np.where(one, high, self.edges[first + 1]))
        tail = np.where(one, 0.0, self._part(last, self.edges[last], high))
        panel = np.arange(len(self.edges) - 1)
        inside = ((panel > first[:, None]) & (panel < last[:, None])).astype(float).T
        value = held + head + whole @ inside + tail
        error = held * relative[..., :1] + head * relative[..., first] + (whole * relative) @ inside
        return value, error + tail * relative[..., last] + _ROUNDING * value

    @functools.cached_property
    def _panel_integrals(self) -> tuple[FloatArray, FloatArray]:
        """Integrals over whole panels, and the relative errors of their rates, shape (..., panels)."""
        panel = np.arange(len(self.edges) - 1)
        size = np.abs(self.coefficients)
        middle, last = size[..., -4:-2].max(axis=-1), size[..., -2:].max(axis=-1)
        # The first coefficient left out, from how those before it fall; the others go on falling.
        decay = np.divide(last, middle, out=np.ones_like(last), where=middle > last)
        return self._part(panel, self.edges[:-1], self.edges[1:]), 4.0 * last * decay

    def _part(self, panel: NDArray[np.intp], start: FloatArray, end: FloatArray) -> FloatArray:
        """Return integrals over parts of panels, shape (..., n)."""
        nodes, weights = gauss_legendre(_POINTS)
        half = 0.5 * np.log1p((end - start) / start)
        logarithm = (np.log(start) + half)[:, None] + half[:, None] * nodes
        return np.asarray((self._rates(panel, logarithm) * np.exp(logarithm)) @ weights * half)

    def _rates(self, panel: NDArray[np.intp], logarithm: FloatArray) -> FloatArray:
        """Return the rates at ln t of shape (n, points), on panels of shape (n,)."""
        edges = np.log(self.edges)
        low, high = edges[panel][:, None], edges[panel + 1][:, None]
        place = (2.0 * logarithm - low - high) / (high - low)
        polynomials = chebyshev.chebvander(np.clip(place, -1.0, 1.0), _NODES - 1)
        value = np.einsum("...nk,npk->...np", self.coefficients[..., panel, :], polynomials)
        return np.where(value > np.log(_NOTHING) + 1e-6, np.exp(value), 0.0)

    def _panel(self, time: FloatArray) -> NDArray[np.intp]:
        return np.clip(np.searchsorted(self.edges, time, side="right") - 1, 0, len(self.edges) - 2)


def _to_coefficients() -> FloatArray:
    """Return the matrix from values at the Chebyshev nodes to coefficients, shape (nodes, coefficients)."""
    polynomials = chebyshev.chebvander(chebyshev.chebpts1(_NODES), _NODES - 1)
    matrix = 2.0 / _NODES * polynomials
    matrix[:, 0] *= 0.5
    return np.asarray(matrix)

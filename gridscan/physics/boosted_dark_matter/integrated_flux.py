"""Flux of boosted dark matter integrated over a window of kinetic energies.

At a time t, the flux as a function of T has peaks at two energies: T_0 of the particles that were kicked right beside
the supernova, and T_G of those that the halo centre sends. Near one of them it goes as ln |T - T_0| or, in a spike, as
a power of T - T_0 that ends 1e-9 of it away, where the spike does. In y = ln |ln(T/T_0)| it is smooth on both sides.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridscan.numerics.piecewise import Estimate, Pieces, estimate, in_blocks, integrate_pieces
from gridscan.numerics.ranges import require_above
from gridscan.numerics.unit_arguments import in_units
from gridscan.physics.boosted_dark_matter.arrival_surface import taken
from gridscan.physics.boosted_dark_matter.flux import flux_of
from gridscan.physics.boosted_dark_matter.special_energies import energy_pieces, special_energies
from gridscan.physics.scattering.one_particle import inverse_velocity_excess

if TYPE_CHECKING:
    from gridscan.physics.boosted_dark_matter.emission import Emission, Setting
    from gridscan.physics.boosted_dark_matter.problem import Problem

__all__ = ["integrated_flux"]

FloatArray = NDArray[np.floating[Any]]
BoolArray = NDArray[np.bool_]
IndexArray = NDArray[np.intp]

_ROUNDS = 16
_TIMES_AT_ONCE = 128
# The nearest to a peak, ln |ln(T/T_0)|: a few of its steps are one of T, and what is nearer is nothing.
_NEAREST = -45.0
# Ends of the first panels beside a peak, below the farthest.
_PANELS = (3.0, 8.0, 16.0, 26.0)


@in_units(time="s", lowest_kinetic_energy="MeV", highest_kinetic_energy="MeV")
def integrated_flux(
    time: ArrayLike,
    problem: Problem,
    lowest_kinetic_energy: ArrayLike,
    highest_kinetic_energy: ArrayLike,
    *,
    accuracy: float = 1e-6,
) -> Estimate:
    """Return the flux integrated over a window of kinetic energies at given times, ∫ dT dPhi/dT.

    Parameters
    ----------
    time
        [s] after the arrival of the neutrinos.
    problem
        Dark matter, supernova and interaction.
    lowest_kinetic_energy, highest_kinetic_energy
        [MeV], above 0.
    accuracy
        Relative error to attain.

    Returns
    -------
    Estimate
        [1/(cm² s)], of the shape to which all numbers broadcast.

    Raises
    ------
    EvaluationError
        If a parameter is outside its range, or the ends of the window are the wrong way round.

    Notes
    -----
    Source: Lin, Tsai, Lin, Wong & Wu 2023, PRD 108, 083013.

    Examples
    --------
    Before the neutrinos nothing arrives:

    >>> from gridscan.physics.boosted_dark_matter.integrated_flux import integrated_flux
    >>> from gridscan.physics.boosted_dark_matter.problem import Problem
    >>> from gridscan.physics.dark_matter.halo import Halo, HaloParameters
    >>> from gridscan.physics.neutrinos.supernova import NeutrinoSource
    >>> problem = Problem(
    ...     dark_matter_mass=0.1, supernova_distance=8.5, halo_distance=8.5, off_centre_angle=0.7,
    ...     halo=Halo.of(HaloParameters()), source=NeutrinoSource(), neutrino_cross_section=1e-35,
    ... )
    >>> flux = integrated_flux([-1.0, 1e7], problem, 5.0, 30.0).value
    >>> float(flux[0]), bool(flux[1] > 0.0)
    (0.0, True)
    """
    setting, flat, shape = problem.at(
        time=time,
        lowest_kinetic_energy=lowest_kinetic_energy,
        highest_kinetic_energy=highest_kinetic_energy,
    )
    low, high = flat["lowest_kinetic_energy"], flat["highest_kinetic_energy"]
    require_above("highest_kinetic_energy", high, "lowest_kinetic_energy", low, "MeV", or_equal=True)

    def integrals(block: IndexArray) -> tuple[FloatArray, FloatArray]:
        ends = np.maximum(flat["time"][block], 0.0), low[block], high[block]
        return _flux_integrals(taken(setting, block), *ends, accuracy)

    value, error = in_blocks(integrals, setting.mass.size, _TIMES_AT_ONCE)
    return estimate(value, error, accuracy, shape)


@dataclasses.dataclass(frozen=True)
class _Positions:
    """Pieces of ln T, or of y beside a peak, every array of shape (k,).

    Attributes
    ----------
    pieces
        Their ends.
    peak
        ln T_0 of the peak beside which a piece is.
    side
        -1 below it, 1 above it, and 0 for a piece of ln T.
    beside_supernova
        Whether it is the peak of the particles that were kicked right beside the supernova.
    """

    pieces: Pieces
    peak: FloatArray
    side: FloatArray
    beside_supernova: BoolArray

    def emission(
        self, setting: Setting, time: FloatArray, position: FloatArray, piece: IndexArray
    ) -> tuple[Emission, FloatArray]:
        """Return the particles at positions of pieces, shape (k,), and the slope dT/dposition [MeV]."""
        who = self.pieces.owner[piece]
        some, time = taken(setting, who), time[who]
        peak, side = self.peak[piece], self.side[piece]
        step = np.where(side != 0.0, np.exp(np.minimum(position, 10.0)), 0.0)
        energy = np.exp(np.where(side != 0.0, peak + side * step, position))
        after = _after_peak(some, np.exp(peak), np.expm1(side * step), energy)
        plain = time - some.supernova_distance / some.light_speed * inverse_velocity_excess(energy, some.mass)
        after = np.where(self.beside_supernova[piece], after, plain)
        return some.emission(time, energy, after), energy * np.where(side != 0.0, step, 1.0)


def _after_peak(setting: Setting, peak: FloatArray, part: FloatArray, energy: FloatArray) -> FloatArray:
    """Return t - t_peak [s] of T = T_0 (1 + part), where t_peak of T_0 is t.

    b_0 - b = m² (T - T_0) (T + T_0 + 2 m)/((p p_0)² (b + b_0)), since b² = 1 + m²/p².
    """
    mass = setting.mass
    square, peak_square = (each * (each + 2.0 * mass) for each in (energy, peak))
    sum_of_inverses = (energy + mass) / np.sqrt(square) + (peak + mass) / np.sqrt(peak_square)
    excess = mass**2 * peak * part * (energy + peak + 2.0 * mass) / (square * peak_square * sum_of_inverses)
    found: FloatArray = setting.supernova_distance / setting.light_speed * excess
    return found


def _flux_integrals(
    setting: Setting, time: FloatArray, lowest: FloatArray, highest: FloatArray, accuracy: float
) -> tuple[FloatArray, FloatArray]:
    positions = _positions(setting, time, lowest, highest)

    def integrand(position: FloatArray, piece: IndexArray) -> tuple[FloatArray, FloatArray]:
        emission, slope = positions.emission(setting, time, position.ravel(), np.tile(piece, len(position)))
        value, error = ((slope * item).reshape(position.shape) for item in flux_of(emission, 0.3 * accuracy))
        return value, error

    return integrate_pieces(integrand, positions.pieces, len(time), 0.5 * accuracy, _ROUNDS)


def _positions(setting: Setting, time: FloatArray, lowest: FloatArray, highest: FloatArray) -> _Positions:
    """Return pieces of ln T, but for the halves that are beside a peak, which are pieces of y."""
    whole = energy_pieces(setting, lowest, highest, (time,))
    with np.errstate(divide="ignore"):
        supernova, _, centre = np.log(special_energies(setting, time))[:, whole.owner]
    below, above = ((end == supernova) | (end == centre) for end in (whole.lower, whole.upper))
    middle = 0.5 * (whole.lower + whole.upper)
    lower, upper = np.where(below, middle, whole.lower), np.where(above & ~below, middle, whole.upper)
    rest = Pieces(whole.owner, lower, upper, whole.rough_below & ~below, whole.rough_above & ~above)
    # Of a piece between two peaks nothing is left.
    plain = _Positions(rest, lower, np.zeros_like(lower), np.zeros_like(below))
    parts = [taken(plain, np.flatnonzero(~(below & above)))]
    for beside, peak, side in ((below, whole.lower, 1.0), (above, whole.upper, -1.0)):
        own = np.repeat(np.flatnonzero(beside), len(_PANELS) + 1)
        farthest = np.log((whole.upper - whole.lower)[own]) - np.log(2.0)
        low, high = (np.resize(farther, own.shape) for farther in ((*_PANELS, np.inf), (0.0, *_PANELS)))
        low, high = (np.maximum(farthest - farther, _NEAREST) for farther in (low, high))
        smooth = np.zeros(own.shape, dtype=bool)
        pieces = Pieces(whole.owner[own], low, high, smooth, smooth)
        found = _Positions(pieces, peak[own], np.full(own.shape, side), peak[own] == supernova[own])
        parts.append(taken(found, np.flatnonzero(high > low)))
    return _Positions(
        Pieces(*(np.concatenate(items) for items in zip(*(part.pieces for part in parts), strict=True))),
        *(np.concatenate([getattr(part, name) for part in parts]) for name in ("peak", "side", "beside_supernova")),
    )

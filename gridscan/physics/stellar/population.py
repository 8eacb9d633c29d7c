"""Stellar population of constant star formation: its initial mass function, its metallicity and its age."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["StellarPopulation"]


class StellarPopulation(NamedTuple):
    """Stars that form at a constant rate: numbers, or arrays that broadcast except along the axis of the mass function.

    Attributes
    ----------
    exponents, breaks
        Shapes (..., n) and (..., n + 1) [Msun]: the initial mass function, see `gridscan.physics.stellar.imf`.
    metallicity
        Mass fraction of metals.
    time
        Since star formation began [Myr].
    mass_integration
        ``"bins"`` or ``"continuous"``, see `gridscan.physics.stellar.phase_counts.time_in_phase`.
    """

    exponents: ArrayLike
    breaks: ArrayLike
    metallicity: ArrayLike = 0.014
    time: ArrayLike = 20.0
    mass_integration: ArrayLike = "bins"

"""Stellar population of constant star formation: its initial mass function, its metallicity and its age."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gridscan.numerics.unit_arguments import in_units

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["StellarPopulation"]


@in_units(breaks="Msun", time="Myr")
class StellarPopulation(NamedTuple):
    """Stars that form at a constant rate: numbers, or arrays that broadcast except along the axis of the mass function.

    Attributes
    ----------
    exponents
        Shape (..., n), of the initial mass function, see `gridscan.physics.stellar.imf`.
    breaks
        Shape (..., n + 1) [Msun].
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

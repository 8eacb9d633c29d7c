"""Table of the phases of massive stars: when they are red supergiants, when they burn carbon, and when they die."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridscan.errors import EvaluationError, nearest
from gridscan.numerics.unit_arguments import in_units

__all__ = ["PHASES", "PhaseTable"]

FloatArray = NDArray[np.floating[Any]]

PHASES = ("alive", "red_supergiant", "carbon_burning", "carbon_burning_rsg")


@in_units(
    mass="Msun",
    lifetime="Myr",
    carbon_start="Myr",
    carbon_end="Myr",
    carbon_duration="Myr",
    rsg_duration="Myr",
    carbon_rsg_duration="Myr",
)
@dataclass(frozen=True, eq=False)
class PhaseTable:
    """Ages of the phases of stars on a grid of metallicities (first axis) and initial masses (second axis).

    Attributes
    ----------
    metallicity
        Shape (z,): mass fraction of metals Z, increasing.
    mass
        Shape (m,): initial mass [Msun], increasing.
    lifetime
        Shape (z, m): age at death [Myr].
    carbon_start, carbon_end
        Shape (z, m): ages at the start and at the end of carbon burning [Myr].
    carbon_duration, rsg_duration, carbon_rsg_duration
        Shape (z, m): how long the star burns carbon, is a red supergiant, and both at once [Myr], as tabulated. Only
        `rsg_duration` enters results; the other two are for comparison.

    Examples
    --------
    >>> from gridscan.stellar_tables.phases import shipped_phase_table
    >>> table = shipped_phase_table()
    >>> table.metallicity
    array([0.014, 0.017])
    >>> round(float(table.lifetime[0, 0]), 2)  # a star of 12 Msun at Z = 0.014 [Myr]
    17.71
    """

    metallicity: FloatArray
    mass: FloatArray
    lifetime: FloatArray
    carbon_start: FloatArray
    carbon_end: FloatArray
    carbon_duration: FloatArray
    rsg_duration: FloatArray
    carbon_rsg_duration: FloatArray

    @functools.cached_property
    def bin_edges(self) -> FloatArray:
        """Edges of the mass bins [Msun], shape (m + 1,): half way between masses; end bins are symmetric."""
        middle = 0.5 * (self.mass[1:] + self.mass[:-1])
        return np.concatenate([[2 * self.mass[0] - middle[0]], middle, [2 * self.mass[-1] - middle[-1]]])

    def window(self, phase: str) -> tuple[FloatArray, FloatArray]:
        """Return the end and the duration of a phase.

        A star is a red supergiant in its last `rsg_duration`; carbon burns from `carbon_start` to `carbon_end`; both at
        once is the time that these two intervals share. (The tabulated durations of carbon burning are rounded more
        coarsely than the ages, and are not used.)

        Parameters
        ----------
        phase
            One of `PHASES`.

        Returns
        -------
        end, duration : numpy.ndarray
            Each of shape (z, m) [Myr].

        Raises
        ------
        EvaluationError
            If the phase is unknown.

        Examples
        --------
        >>> from gridscan.stellar_tables.phases import shipped_phase_table
        >>> end, duration = shipped_phase_table().window("carbon_burning")
        >>> round(float(end[0, 0]), 2), round(float(1e3 * duration[0, 0]), 1)  # 12 Msun: at 17.71 Myr, for 10.5 kyr
        (17.71, 10.5)
        """
        rsg_start = self.lifetime - self.rsg_duration
        windows = {
            "alive": (np.zeros_like(self.lifetime), self.lifetime),
            "red_supergiant": (rsg_start, self.lifetime),
            "carbon_burning": (self.carbon_start, self.carbon_end),
            "carbon_burning_rsg": (
                np.maximum(self.carbon_start, rsg_start),
                np.minimum(self.carbon_end, self.lifetime),
            ),
        }
        if phase not in windows:
            raise EvaluationError(f"unknown phase {phase!r}{nearest(phase, PHASES)}; known are {', '.join(PHASES)}")
        start, end = windows[phase]
        return end, np.maximum(end - start, 0.0)

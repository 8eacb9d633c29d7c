"""The table of the phases of massive stars: at what ages they burn carbon, are red supergiants, and die."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridscan.errors import EvaluationError, nearest

__all__ = ["PHASES", "PhaseTable"]

FloatArray = NDArray[np.floating[Any]]

PHASES = ("alive", "red_supergiant", "carbon_burning", "carbon_burning_rsg")


@dataclass(frozen=True, eq=False)
class PhaseTable:
    """Age windows of stars on a grid of metallicities (first axis) and initial masses (second axis).

    Attributes
    ----------
    metallicity
        Shape (z,), increasing: mass fraction Z of metals.
    mass
        Shape (m,) [Msun], increasing: initial mass.
    lifetime, carbon_start, carbon_end
        Shape (z, m) [Myr]: ages at death and at the ends of carbon burning.
    carbon_duration, rsg_duration, carbon_rsg_duration
        Shape (z, m) [Myr]: how long the star burns carbon, is a red supergiant, and both at once, as tabulated. Of
        these only `rsg_duration` enters results; the others are there to be compared with.
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
        """Edges of the mass bins, shape (m + 1,) [Msun]: half way between masses, end bins symmetric about theirs."""
        middle = 0.5 * (self.mass[1:] + self.mass[:-1])
        return np.concatenate([[2 * self.mass[0] - middle[0]], middle, [2 * self.mass[-1] - middle[-1]]])

    def window(self, phase: str) -> tuple[FloatArray, FloatArray]:
        """Return the end and the duration of a phase, each of shape (z, m) [Myr].

        A red supergiant is one in its last `rsg_duration`; carbon burns from `carbon_start` to `carbon_end`; both at
        once is the time that these two intervals share. (The tabulated durations of carbon burning are rounded more
        coarsely than the ages, and are not used.)

        Raises
        ------
        EvaluationError
            If there is no such phase.
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

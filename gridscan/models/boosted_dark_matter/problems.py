"""The groups of the model as the `Problem` of the integrals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.models.boosted_dark_matter.kernels import differential_of, points_of
from gridscan.numerics.ranges import require_above
from gridscan.physics.boosted_dark_matter.problem import Problem
from gridscan.physics.constants import YEAR
from gridscan.physics.dark_matter.halo import Halo

if TYPE_CHECKING:
    from gridscan.physics.boosted_dark_matter.problem import EnergyWindow, Exposure, Geometry
    from gridscan.physics.dark_matter.halo import HaloParameters
    from gridscan.physics.neutrinos.supernova import NeutrinoSource


def problem_of(halo: HaloParameters, source: NeutrinoSource, geometry: Geometry, cross_section: Any) -> Problem:
    """Return the problem, with the interaction at each point of the grid."""
    return Problem(
        dark_matter_mass=halo.dark_matter_mass,
        supernova_distance=geometry.distance,
        halo_distance=geometry.halo_distance,
        off_centre_angle=geometry.off_centre_angle,
        halo=Halo.of(halo),
        source=source,
        differential=differential_of(cross_section),
        parameters=(points_of(cross_section),),
    )


def require_order(*, exposure: Exposure | None = None, energy_window: EnergyWindow | None = None) -> None:
    """Refuse windows that end before they begin, or at once.

    Raises
    ------
    EvaluationError
        With the end of the window, and what it must be above.
    """
    if exposure is not None:
        start, end = (np.asarray(time) / YEAR for time in exposure)
        require_above("exposure_end", end, "exposure_start", start, "yr")
    if energy_window is not None:
        low, high = energy_window
        require_above("kinetic_energy_max", high, "kinetic_energy_min", low, "MeV")

"""Between the grid and the physics: quantities of the grid as the functions that the integrals are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.errors import EvaluationError
from gridscan.numerics.ranges import refuse
from gridscan.physics.boosted_dark_matter.all_supernovae import GalacticSupernovae, summed_over_visible
from gridscan.physics.boosted_dark_matter.problem import Problem
from gridscan.physics.constants import YEAR
from gridscan.physics.dark_matter.halo import Halo

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gridscan.numerics.piecewise import Estimate
    from gridscan.physics.boosted_dark_matter.problem import EnergyWindow, Exposure, Geometry
    from gridscan.physics.dark_matter.halo import HaloParameters
    from gridscan.physics.neutrinos.supernova import NeutrinoSource


def either(condition: Any, first: Callable[[], Any], second: Callable[[], Any], like: Any) -> Any:
    """Return `np.where` of two formulas, and do not work out one that is nowhere chosen, but in the proof of units."""
    if not hasattr(like, "units") and (condition.all() or not condition.any()):
        return first() if condition.all() else second()
    return np.where(condition, first(), second())


def with_error(estimate: Estimate) -> tuple[Any, Any]:
    """Return values and errors; a zero has no sign."""
    return estimate.value + 0.0, estimate.error + 0.0


def problem_of(halo: HaloParameters, source: NeutrinoSource, geometry: Geometry, cross_section: Any) -> Problem:
    """Return what is kicked, with the interaction at each point of the grid."""
    return Problem(
        dark_matter_mass=halo.dark_matter_mass,
        supernova_distance=geometry.distance,
        halo_distance=geometry.halo_distance,
        off_centre_angle=geometry.off_centre_angle,
        halo=Halo.of(halo),
        source=source,
        differential=_differential(cross_section),
        parameters=(points_of(cross_section),),
    )


def points_of(function: Any) -> Any:
    """Return the index of each point of the grid of a function, as an array of its shape."""
    return np.arange(int(np.prod(function.shape))).reshape(function.shape)


def amplitude_of(squared_amplitude: Any) -> Callable[..., Any]:
    """Return a squared amplitude of the grid as a function of s, t and u and of points of shape (n, 1)."""

    def amplitude(s, t, u, points):
        shape = np.broadcast_shapes(s.shape, t.shape, u.shape)
        own = {"s": s, "t": t, "u": u}
        return squared_amplitude(
            points[:, 0].astype(int), **{name: np.broadcast_to(value, shape) for name, value in own.items()}
        )

    return amplitude


def target_of(cross_section: Any) -> Callable[..., Any]:
    """Return the cross section of the target on the grid as a function of arrays whose last axis are the points."""

    def target(kinetic_energy, dark_matter_mass, points):
        del dark_matter_mass
        shape = np.broadcast_shapes(kinetic_energy.shape, points.shape)
        found = _at_points(cross_section, points, shape, kinetic_energy=kinetic_energy)
        return _sound(found, "the target", "target_squared_amplitude")

    return target


def _differential(cross_section: Any) -> Callable[..., Any]:
    """Return a differential cross section of the grid as a function of arrays whose last axis are the points."""

    def differential(neutrino_energy, kinetic_energy, dark_matter_mass, haversine, points):
        del dark_matter_mass
        found = _at_points(
            *(cross_section, points, np.broadcast_shapes(np.shape(neutrino_energy), np.shape(haversine), points.shape)),
            neutrino_energy=neutrino_energy,
            kinetic_energy=kinetic_energy,
            scattering_haversine=haversine,
        )
        return _sound(found, "neutrinos", "neutrino_squared_amplitude")

    return differential


def _sound(cross_section: Any, whose: str, replaced: str) -> Any:
    if not (cross_section >= 0.0).all():
        wrong = cross_section[~(cross_section >= 0.0)][0]
        found = "negative" if wrong < 0 else "no number"
        raise EvaluationError(
            f"the cross section of {whose} is {found}; a squared amplitude is 0 or more (interaction = 'own' needs one,"
            f" by Model.replace({replaced}=…))"
        )
    return cross_section


def _at_points(function: Any, points: Any, shape: tuple[int, ...], **values: Any) -> Any:
    first = {name: np.moveaxis(np.broadcast_to(value, shape), -1, 0) for name, value in values.items()}
    return np.moveaxis(function(np.asarray(points).reshape(-1).astype(int), **first), 0, -1)


def require_order(*, exposure: Exposure | None = None, energy_window: EnergyWindow | None = None) -> None:
    """Refuse windows that do not end later than they begin.

    Raises
    ------
    EvaluationError
        With the end of the window, and what it must be above.
    """
    if exposure is not None:
        start, end = np.asarray(exposure.exposure_start), np.asarray(exposure.exposure_end)
        refuse("exposure_end", end / YEAR, end <= start, "later than exposure_start", "yr")
    if energy_window is not None:
        low, high = np.asarray(energy_window.kinetic_energy_min), np.asarray(energy_window.kinetic_energy_max)
        refuse("kinetic_energy_max", high, high <= low, "above kinetic_energy_min", "MeV")


def summed_over_histories(seen: Sequence[Any], galaxy: GalacticSupernovae, sky_flux: Any) -> Any:
    """Return the flux of all supernovae that are visible, of each history that is different.

    Parameters
    ----------
    seen
        Time, kinetic energy, mass and speed of light, over the grid.
    galaxy
        Whose supernovae are drawn, over the grid.
    sky_flux
        Of one supernova, as a function of the grid.
    """
    bare = [*seen, *vars(galaxy).values()]
    moment, energy, mass, light, *drawn = (np.broadcast_to(item, sky_flux.shape).ravel() for item in bare)
    histories, which = np.unique(np.stack(drawn), axis=1, return_inverse=True)
    total = np.zeros(moment.size)
    for history, values in enumerate(histories.T.tolist()):
        own = np.flatnonzero(which.ravel() == history)
        total[own] = summed_over_visible(
            *(moment[own], energy[own], mass[own], light[own], GalacticSupernovae(*values)),
            lambda point, own=own, **where: sky_flux(own[point], **where),
        )
    return total.reshape(sky_flux.shape)

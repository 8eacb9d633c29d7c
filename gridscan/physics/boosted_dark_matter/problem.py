"""Inputs shared by the fluxes and events of boosted dark matter: halo, neutrinos, geometry and interaction.

A `Problem` holds them in any shapes that broadcast, and `Problem.at` turns them, with times and kinetic energies, into
the `gridscan.physics.boosted_dark_matter.emission.Setting` of n points.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridscan.errors import EvaluationError, nearest
from gridscan.numerics.ranges import FINITE, NOT_NEGATIVE, POSITIVE, checked
from gridscan.numerics.unit_arguments import in_units
from gridscan.physics.boosted_dark_matter.emission import Differential, Setting, isotropic
from gridscan.physics.constants import KILOPARSEC, SPEED_OF_LIGHT
from gridscan.physics.scattering.recoil_angle import haversine

if TYPE_CHECKING:
    from gridscan.physics.dark_matter.halo import Halo
    from gridscan.physics.neutrinos.supernova import NeutrinoSource

__all__ = ["CONVENTIONS", "CountedWindow", "EnergyWindow", "Exposure", "Geometry", "Problem"]

FloatArray = NDArray[np.floating[Any]]

CONVENTIONS = ("standard", "published")

_NUMBERS = ("dark_matter_mass", "supernova_distance", "halo_distance", "off_centre_angle", "neutrino_cross_section")
_RANGES = {
    "dark_matter_mass": (POSITIVE, "MeV"),
    "supernova_distance": (POSITIVE, "kpc"),
    "halo_distance": (NOT_NEGATIVE, "kpc"),
    "off_centre_angle": (FINITE, "rad"),
    "neutrino_cross_section": (NOT_NEGATIVE, "cm^2"),
    "target_cross_section": (NOT_NEGATIVE, "cm^2"),
    "target_cross_section_error": (NOT_NEGATIVE, "cm^2"),
    **dict.fromkeys(["time", "exposure_start", "exposure_end"], (FINITE, "s")),
    **dict.fromkeys(["kinetic_energy", "lowest_kinetic_energy", "highest_kinetic_energy"], (POSITIVE, "MeV")),
}


@in_units(distance="kpc", halo_distance="kpc", off_centre_angle="rad")
class Geometry(NamedTuple):
    """Where a supernova and the centre of the halo are, seen from Earth.

    Attributes
    ----------
    distance, halo_distance
        R_s and R_g [kpc], of the supernova and of the centre of the halo.
    off_centre_angle
        beta [rad] between the two.
    """

    distance: ArrayLike
    halo_distance: ArrayLike
    off_centre_angle: ArrayLike


@in_units(exposure_start="s", exposure_end="s")
class Exposure(NamedTuple):
    """When a detector counts.

    Attributes
    ----------
    exposure_start, exposure_end
        [s] after the arrival of the neutrinos.
    """

    exposure_start: ArrayLike
    exposure_end: ArrayLike


@in_units(kinetic_energy_min="MeV", kinetic_energy_max="MeV")
class EnergyWindow(NamedTuple):
    """Which kinetic energies count.

    Attributes
    ----------
    kinetic_energy_min, kinetic_energy_max
        From which to which [MeV].
    """

    kinetic_energy_min: ArrayLike
    kinetic_energy_max: ArrayLike


@in_units(exposure_start="s", exposure_end="s", kinetic_energy_min="MeV", kinetic_energy_max="MeV")
class CountedWindow(NamedTuple):
    """When a detector counts, and which kinetic energies.

    Attributes
    ----------
    exposure_start, exposure_end
        [s] after the arrival of the neutrinos.
    kinetic_energy_min, kinetic_energy_max
        From which to which [MeV].
    """

    exposure_start: ArrayLike
    exposure_end: ArrayLike
    kinetic_energy_min: ArrayLike
    kinetic_energy_max: ArrayLike


@in_units(
    dark_matter_mass="MeV",
    supernova_distance="kpc",
    halo_distance="kpc",
    off_centre_angle="rad",
    neutrino_cross_section="cm²",
    speed_of_light="cm/s",
    kiloparsec="cm",
)
@dataclasses.dataclass(frozen=True, kw_only=True)
class Problem:
    """Dark matter of a halo, kicked by the neutrinos of a supernova; numbers broadcast with each other.

    Attributes
    ----------
    dark_matter_mass
        m [MeV], above 0.
    supernova_distance, halo_distance
        R_s > 0 and R_g >= 0 [kpc], of the supernova and of the centre of the halo from Earth.
    off_centre_angle
        beta [rad] between the two, seen from Earth.
    halo
        Its density and spike.
    source
        The neutrinos.
    neutrino_cross_section
        [cm²], total, for the default interaction; a factor for a custom `differential`.
    differential
        dsigma/dOmega [cm²/sr] of E_nu, T, m [MeV] and sin²(psi/2). The default is isotropic in the centre-of-momentum
        frame; `gridscan.physics.boosted_dark_matter.emission.differential_of` makes one of an amplitude.
    parameters
        Further arguments of `differential`, which broadcast with the others.
    convention
        ``"standard"``, or ``"published"`` for the formulas behind the published numbers: with a factor v/c, and, for a
        custom `differential`, one more factor dE_nu/dT.
    speed_of_light
        [cm/s].
    kiloparsec
        [cm].
    """

    dark_matter_mass: ArrayLike
    supernova_distance: ArrayLike
    halo_distance: ArrayLike
    off_centre_angle: ArrayLike
    halo: Halo
    source: NeutrinoSource
    neutrino_cross_section: ArrayLike = 1.0
    differential: Differential | None = None
    parameters: tuple[ArrayLike, ...] = ()
    convention: str = "standard"
    speed_of_light: float = SPEED_OF_LIGHT
    kiloparsec: float = KILOPARSEC

    @property
    def interaction(self) -> Differential:
        """The differential cross section, custom or the default."""
        return self.differential or isotropic

    @property
    def powers(self) -> tuple[int, int]:
        """How many factors v/c and dE_nu/dT the convention adds; an unknown convention raises EvaluationError."""
        if self.convention not in CONVENTIONS:
            closest = nearest(self.convention, CONVENTIONS)
            raise EvaluationError(
                f"unknown convention {self.convention!r}{closest}; known are {', '.join(CONVENTIONS)}"
            )
        published = self.convention == "published"
        return int(published), int(published and self.differential is not None)

    def numbers(self) -> tuple[FloatArray, ...]:
        """Return m, R_s, R_g, beta and the cross section.

        Returns
        -------
        tuple of numpy.ndarray
            In the units of the attributes.

        Raises
        ------
        EvaluationError
            If one is outside its range.
        """
        return tuple(checked(name, getattr(self, name), *_RANGES[name]) for name in _NUMBERS)

    def others(self) -> tuple[FloatArray, ...]:
        """Return the further arguments of the interaction."""
        return tuple(np.asarray(value, dtype=float) for value in self.parameters)

    def at(self, **looked: ArrayLike) -> tuple[Setting, dict[str, FloatArray], tuple[int, ...]]:
        """Return the setting of all points.

        Parameters
        ----------
        **looked
            Times and energies of observation, by name, to be broadcast with the numbers of the problem.

        Returns
        -------
        setting : Setting
            Of n points.
        looked : dict of str to numpy.ndarray
            Times and energies of the points, shape (n,).
        shape : tuple of int
            The shape to which everything broadcasts.

        Raises
        ------
        EvaluationError
            If a number is outside its range, or the convention unknown.
        """
        powers, numbers, others = self.powers, self.numbers(), self.others()
        arrays = {name: checked(name, value, *_RANGES[name]) for name, value in looked.items()}
        shapes = (array.shape for array in [*numbers, *others, *arrays.values()])
        shape = np.broadcast_shapes(*shapes, _shape_of(self.halo), self.source.shape)
        mass, supernova, centre, angle, cross_section = (np.broadcast_to(array, shape).ravel() for array in numbers)
        setting = Setting(
            mass=mass,
            supernova_distance=supernova,
            # 1 - cos(beta) by the half-angle formula, exactly 0 for a supernova at the halo centre.
            centre_along=supernova - centre + 2.0 * centre * haversine(angle),
            centre_across=np.abs(centre * np.sin(angle)),
            cross_section=cross_section,
            halo=_flat(self.halo, shape),
            source=self.source.flat(shape),
            parameters=tuple(np.broadcast_to(other, shape).ravel() for other in others),
            differential=self.interaction,
            powers=powers,
            speed_of_light=self.speed_of_light,
            kiloparsec=self.kiloparsec,
        )
        return setting, {name: np.broadcast_to(array, shape).ravel() for name, array in arrays.items()}, shape


def _flat(halo: Halo, shape: tuple[int, ...]) -> Halo:
    """Return a halo whose arrays are all of shape (n,)."""

    def flat(item: Any) -> Any:
        fields = {field.name: getattr(item, field.name) for field in dataclasses.fields(item)}
        return type(item)(
            **{
                name: value
                if value is None
                else flat(value)
                if dataclasses.is_dataclass(value)
                else np.broadcast_to(value, shape).ravel()
                for name, value in fields.items()
            }
        )

    result: Halo = flat(halo)
    return result


def _shape_of(halo: Halo) -> tuple[int, ...]:
    parts = [halo] if halo.spike is None else [halo, halo.spike]
    return np.broadcast_shapes(
        *(np.shape(value) for part in parts for value in vars(part).values() if not dataclasses.is_dataclass(value))
    )

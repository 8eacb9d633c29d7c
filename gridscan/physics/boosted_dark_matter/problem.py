"""What the fluxes and events of boosted dark matter have in common: who is kicked, by what, and where.

A `Boost` holds it in any shapes that broadcast. Of it and of when and at which kinetic energies one looks, it makes
the `gridscan.physics.boosted_dark_matter.emission.Setting` of so many points.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridscan.errors import EvaluationError, nearest
from gridscan.physics.boosted_dark_matter.emission import Differential, Setting, Source, isotropic
from gridscan.physics.dark_matter.halo import CODATA, Halo
from gridscan.physics.scattering.kinematics import haversine
from gridscan.units import registry

FloatArray = NDArray[np.floating[Any]]

SPEED_OF_LIGHT = float(registry("speed_of_light").to("cm/s").magnitude)
KILOPARSEC = CODATA.centimetres_per_kiloparsec

CONVENTIONS = ("standard", "published")

_NUMBERS = ("dark_matter_mass", "supernova_distance", "halo_distance", "off_centre_angle", "neutrino_cross_section")
_FINITE = ("time", "exposure_start", "exposure_end", "off_centre_angle", "theta", "phi")
_NOT_NEGATIVE = ("halo_distance", "neutrino_cross_section", "target_cross_section")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Boost:
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
        [cm²], total, for the default interaction; a factor for a `differential` of one's own.
    differential
        dsigma/dOmega [cm²/sr] of E_nu, T, m [MeV] and sin²(psi/2). The default is isotropic in the centre-of-momentum
        frame; `gridscan.physics.boosted_dark_matter.emission.differential_of` makes one of an amplitude.
    parameters
        Further arguments of `differential`, which broadcast with the others.
    convention
        ``"standard"``, or ``"published"`` for the formulas behind the published numbers: with a factor v/c, and,
        for a `differential` of one's own, one more factor dE_nu/dT.
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
    source: Source
    neutrino_cross_section: ArrayLike = 1.0
    differential: Differential | None = None
    parameters: tuple[ArrayLike, ...] = ()
    convention: str = "standard"
    speed_of_light: float = SPEED_OF_LIGHT
    kiloparsec: float = KILOPARSEC

    @property
    def interaction(self) -> Differential:
        """The differential cross section, one's own or the default."""
        return self.differential or isotropic

    @property
    def powers(self) -> tuple[int, int]:
        """How many factors v/c and dE_nu/dT the convention adds.

        Raises
        ------
        EvaluationError
            If the convention is not in `CONVENTIONS`.
        """
        if self.convention not in CONVENTIONS:
            closest = nearest(self.convention, CONVENTIONS)
            raise EvaluationError(
                f"unknown convention {self.convention!r}{closest}; known are {', '.join(CONVENTIONS)}"
            )
        published = self.convention == "published"
        return int(published), int(published and self.differential is not None)

    def numbers(self) -> tuple[FloatArray, ...]:
        """Return m, R_s, R_g, beta and the cross section.

        Raises
        ------
        EvaluationError
            If one is outside its range.
        """
        return tuple(checked(name, getattr(self, name)) for name in _NUMBERS)

    def others(self) -> tuple[FloatArray, ...]:
        """Return the further arguments of the interaction."""
        return tuple(np.asarray(value, dtype=float) for value in self.parameters)

    def at(self, **looked: ArrayLike) -> tuple[Setting, dict[str, FloatArray], tuple[int, ...]]:
        """Return the setting of all points, where one looks, flat too, and the shape to which everything broadcasts.

        Parameters
        ----------
        **looked
            Numbers, by the names that `checked` knows the ranges of, to be broadcast with those of the boost.

        Returns
        -------
        setting, looked, shape
            See above.

        Raises
        ------
        EvaluationError
            If a number is outside its range, or the convention unknown.
        """
        powers, numbers, others = self.powers, self.numbers(), self.others()
        arrays = {name: checked(name, value) for name, value in looked.items()}
        shapes = (array.shape for array in [*numbers, *others, *arrays.values()])
        shape = np.broadcast_shapes(*shapes, _shape_of(self.halo), self.source.shape)
        mass, supernova, centre, angle, cross_section = (np.broadcast_to(array, shape).ravel() for array in numbers)
        setting = Setting(
            mass=mass,
            supernova_distance=supernova,
            # 1 - cos(beta) by the half-angle formula: of a supernova at the halo centre nothing is left.
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


def checked(name: str, values: ArrayLike) -> FloatArray:
    """Return the numbers of a parameter.

    Raises
    ------
    EvaluationError
        If one is outside its range, which its name tells.
    """
    array = np.asarray(values, dtype=float)
    if name in _FINITE:
        right, allowed = np.isfinite(array), "a finite number"
    elif name in _NOT_NEGATIVE:
        right, allowed = np.isfinite(array) & (array >= 0.0), "finite, 0 or more"
    else:
        right, allowed = np.isfinite(array) & (array > 0.0), "finite, above 0"
    if not right.all():
        raise EvaluationError(f"{name} is {array[~right].flat[0]:g}; allowed is {allowed}")
    return array


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

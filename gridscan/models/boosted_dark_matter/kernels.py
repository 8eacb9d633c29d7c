"""Adapters from quantities of the grid to the functions of arrays that the integrals call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.errors import EvaluationError
from gridscan.numerics.precise_array import PreciseArray
from gridscan.physics.scattering.cancelling_amplitude import squared_amplitude_of_neutrinos
from gridscan.units import base_factor, registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridscan.numerics.piecewise import Estimate

# Neutrinos of less than this part of the mass are slow; so many of which rounding counts most are looked at again, at
# energies a step below and above theirs, between which a cross section may not jump by more, of a typical spectrum.
_SLOW = 1e-3
_TEMPERATURE = 5.0
_LOOKED_AT = 64
_STEPS = (2.0**-40, 1e-5)
_JUMPS = 1e-7
# What is so small a part of the largest is zero to rounding.
_ZERO = 1e-13


def with_error(estimate: Estimate) -> tuple[Any, Any]:
    """Return values and errors, with -0 as 0."""
    return estimate.value + 0.0, estimate.error + 0.0


def beyond(error: Any, allowed: Any) -> Any:
    """Return 0 where errors are allowed, and 1 where not."""
    return np.where(error <= allowed, 0.0, 1.0)


def points_of(function: Any) -> Any:
    """Return the index of each point of the grid of a function, as an array of its shape."""
    return np.arange(int(np.prod(function.shape))).reshape(function.shape)


def amplitude_of(squared_amplitude: Any, *masses: str) -> Callable[..., Any]:
    """Return a squared amplitude of the grid as a function of the invariants, of masses, and of points.

    Points and masses have shape (n,), or (n, 1) where the invariants have another axis; all may have 32 digits.
    """

    def amplitude(s, t, u, *others, **centred):
        *values, points = others
        own = {"s": s, "t": t, "u": u, **centred}
        shape = np.broadcast_shapes(*(value.shape for value in own.values()))
        own = {name: np.broadcast_to(value, shape) for name, value in own.items()}
        if any(isinstance(value, PreciseArray) for value in own.values()):
            # In base units, too, the square of a mass is then one to all digits.
            unit = PreciseArray(base_factor(registry.MeV)) ** 2 / base_factor(registry.MeV**2)
            own = {name: value * unit for name, value in own.items()}
        flat = points[:, 0] if points.ndim > 1 else points
        flat = flat.high if isinstance(flat, PreciseArray) else flat
        return squared_amplitude(flat.astype(int), **own, **dict(zip(masses, values, strict=True)))

    return amplitude


def neutrino_amplitude(squared_amplitude: Any, neutrino_energy: Any, kinetic_energy: Any, mass: Any) -> Any:
    """Return a squared amplitude of the grid at energies of the grid, with all its digits."""
    arrays = np.broadcast_arrays(neutrino_energy, kinetic_energy, mass, points_of(squared_amplitude))
    flat = (array.ravel() for array in arrays)
    amplitude = amplitude_of(squared_amplitude, "dark_matter_mass")
    return squared_amplitude_of_neutrinos(amplitude, *flat).reshape(arrays[0].shape)


def at_angles(cross_section: Any, haversine: Any) -> Any:
    """Return a differential cross section of the grid at one haversine a point, of the shape of the grid."""
    own = np.broadcast_to(haversine, np.broadcast_shapes(cross_section.shape, haversine.shape))
    places = np.broadcast_to(points_of(cross_section), own.shape)
    return cross_section(places.ravel(), scattering_haversine=own.ravel()).reshape(own.shape)


def kick_cross_sections(cross_section: Any, energy: Any, kinetic_energy: Any, mass: Any, haversine: Any) -> Any:
    """Return a differential cross section of the grid at one kick a point, 0 where no neutrino can give it."""
    arrays = np.broadcast_arrays(energy, kinetic_energy, mass, haversine, points_of(cross_section))
    found = np.zeros(arrays[0].shape)
    given = arrays[0] > 0.0
    found[given] = differential_of(cross_section)(*(item[given] for item in arrays))
    return found


def target_of(cross_section: Any) -> Callable[..., Any]:
    """Return the cross section of the target on the grid as a function of arrays whose last axis are the points."""

    def target(kinetic_energy, dark_matter_mass, points):
        del dark_matter_mass
        shape = np.broadcast_shapes(kinetic_energy.shape, points.shape)
        found = _at_points(cross_section, points, shape, kinetic_energy=kinetic_energy)
        return _sound(found, "the target", "target_squared_amplitude")

    return target


def differential_of(cross_section: Any) -> Callable[..., Any]:
    """Return a differential cross section of the grid as a function of arrays whose last axis are the points."""

    def differential(neutrino_energy, kinetic_energy, dark_matter_mass, haversine, points):
        shape = np.broadcast_shapes(np.shape(neutrino_energy), np.shape(haversine), points.shape)
        kick = {
            "neutrino_energy": neutrino_energy,
            "kinetic_energy": kinetic_energy,
            "scattering_haversine": haversine,
        }
        found = _at_points(cross_section, points, shape, **kick)
        _require_digits(cross_section, found, np.broadcast_to(dark_matter_mass, shape), points, kick)
        return _sound(found, "neutrinos", "neutrino_squared_amplitude")

    return differential


def _require_digits(cross_section: Any, found: Any, mass: Any, points: Any, kick: dict[str, Any]) -> None:
    """Refuse a cross section of slow neutrinos that consists of rounding errors, so that it jumps between energies.

    Raises
    ------
    EvaluationError
        With what to write in place of s and u.
    """
    energies = np.broadcast_to(kick["neutrino_energy"], found.shape)
    ratio = energies / mass
    slow = (ratio > 0.0) & (ratio < _SLOW)
    if not slow.any():
        return
    # A spectrum, times what becomes of an interval of energies.
    weight = energies**4 * np.exp(-energies / _TEMPERATURE)
    rounding = np.where(slow, weight * np.abs(found) / np.where(slow, ratio, 1.0) ** 2, -1.0).ravel()
    looked = np.argsort(-rounding)[: min(_LOOKED_AT, np.count_nonzero(slow))]
    own = {name: np.broadcast_to(value, found.shape).ravel()[looked] for name, value in kick.items()}
    # Steps by which s changes in its last digits.
    step = np.clip(8.0 * np.finfo(float).eps / ratio.ravel()[looked], *_STEPS)
    places = np.broadcast_to(points, found.shape).ravel()[looked].astype(int)
    energy = own.pop("neutrino_energy")
    below, above = (cross_section(places, neutrino_energy=energy * (1.0 + sign * step), **own) for sign in (-1.0, 1.0))
    jumps = np.abs(above - 2.0 * found.ravel()[looked] + below)
    if (weight.ravel()[looked] * jumps).sum() > _JUMPS * (weight * np.abs(found)).sum():
        raise EvaluationError(
            f"the cross section of neutrinos of {ratio.ravel()[looked[0]]:.1g} of the dark matter mass is a difference"
            " of nearly equal terms, of which rounding leaves too few digits; write it with s - M ="
            " 2*dark_matter_mass*neutrino_energy and u - M, with M = dark_matter_mass**2, in place of s and u:"
            " s**2 + u**2 + 4*t*M - 2*M**2, for example, is (s - M)**2 + (u - M)**2 + 2*t*M"
        )


def _sound(cross_section: Any, whose: str, replaced: str) -> Any:
    """Return a cross section whose zeros may have been below zero by their rounding; refuse others below zero."""
    least = -_ZERO * np.abs(cross_section[np.isfinite(cross_section)]).max(initial=0.0)
    if not (cross_section >= least).all():
        wrong = cross_section[~(cross_section >= least)][0]
        found = "negative" if wrong < 0 else "not a number"
        raise EvaluationError(
            f"the cross section of {whose} is {found}; a squared amplitude is 0 or more (for interaction = 'own' give"
            f" one with Model.replace({replaced}=…); where its terms cancel, as a function of s_minus_masses, t and"
            " u_minus_masses)"
        )
    return np.maximum(cross_section, 0.0)


def _at_points(function: Any, points: Any, shape: tuple[int, ...], **values: Any) -> Any:
    first = {name: np.moveaxis(np.broadcast_to(value, shape), -1, 0) for name, value in values.items()}
    return np.moveaxis(function(np.asarray(points).reshape(-1).astype(int), **first), 0, -1)

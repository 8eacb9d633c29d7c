"""Figure of a sample of stars on a map, with a marker for each phase of their lives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridscan.errors import SensitivityError, UnitError
from gridscan.plot.columns import column, finite, single
from gridscan.plot.page import COLOURS, finish
from gridscan.plot.selection import scanned_names
from gridscan.plot.stellar.star_map import (
    Look,
    Phases,
    Scene,
    background,
    counted,
    name_phases,
    place,
    points,
    surface_of,
    thinned,
)
from gridscan.sensitivity.base_point import said
from gridscan.sensitivity.labelled import in_unit_of, unit_known
from gridscan.units import readable

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

# In the order of the flags of `phase`.
PHASES: dict[str, Look] = {
    "other": Look("other", COLOURS[0], ".", 3.0, 0.3),
    "red_supergiant": Look("red supergiant", COLOURS[4], "o", 9.0, 0.9),
    "carbon_burning": Look("carbon burning", COLOURS[2], "^", 24.0, 1.0),
    "carbon_burning_rsg": Look("carbon-burning\nred supergiant", COLOURS[1], "*", 75.0, 1.0),
}


def galaxy(
    stars: xr.Dataset,
    density: xr.DataArray | None = None,
    *,
    inset: float | str | None = None,
    most: int = 20_000,
) -> Axes:
    """Draw a sample of stars as seen from above the galaxy, coloured and marked by their phase.

    The legend gives the number of stars in each phase, and how many of them are within the radius.

    Parameters
    ----------
    stars
        Of dimension ``star``: ``x``, ``y``, ``distance`` and ``phase``, with the scalar coordinates ``sun_x``,
        ``sun_y``, ``radius`` and ``time``. There may be no star.
    density
        Surface density over ``x`` and ``y``, the grey background; none by default.
    inset
        Half the width of the picture of the Sun's surroundings, as a number in the unit of ``x`` or as ``"3 kpc"``. By
        default three times the radius, and no such picture where it would show most of the galaxy.
    most
        Of stars in phase 'other' not more than these are drawn, evenly spaced in the order of the sample, which the
        subtitle says. Stars in the other phases are always drawn.

    Raises
    ------
    SensitivityError
        If a variable or coordinate is missing, depends on something else, or holds what cannot be drawn.
    """
    if most < 0:
        raise SensitivityError(f"most is {most}; it must be 0 or more stars of phase 'other'")
    phase, scene = _phases_of(stars), scene_of(stars, density, inset)
    maps = background(scene)
    axes = maps[0]
    kept = thinned(phase == 0, most) | (phase > 0)
    place(points(maps, PHASES), scene, np.where(kept, phase, -1))
    name_phases(axes, scene, counted(phase, scene.within, len(PHASES)), PHASES)
    others = int(np.sum(phase == 0))
    left_out = [f"{most:,} of the {others:,} stars of phase 'other' are drawn"] if others > most else []
    finish(axes, [", ".join([f"{phase.size:,} stars", *held(stars)]), *left_out])
    return axes


def scene_of(stars: xr.Dataset, density: xr.DataArray | None, inset: float | str | None) -> Scene:
    """Return what a map of these stars shows.

    Raises
    ------
    SensitivityError, UnitError
        See `galaxy`.
    """
    x = finite(column(stars, "x", "star"), "x")
    unit = unit_known(stars["x"])
    y, distance = (finite(column(stars, name, "star", unit), name) for name in ("y", "distance"))
    sun, radius = (single(stars, "sun_x", unit), single(stars, "sun_y", unit)), single(stars, "radius", unit)
    if not radius > 0:
        raise SensitivityError(f"'radius' is {radius:g} {readable(unit)}; it must be above 0")
    surface = None if density is None else surface_of(density, "x", "y", unit)
    edges = np.zeros(0) if surface is None else np.concatenate([surface.horizontal, surface.vertical])
    reach = 1.02 * float(np.max(np.abs([*x, *y, *edges, *sun, abs(sun[0]) + radius, abs(sun[1]) + radius])))
    try:
        width = 3 * radius if inset is None else in_unit_of(stars["x"], inset)
    except UnitError as error:
        raise UnitError(f"inset: {error}") from None
    if not 0 < width < np.inf:
        raise SensitivityError(f"half the width of the inset is {width:g} {readable(unit)}; it must be above 0")
    shown = None if inset is None and width > 0.6 * reach else width
    return Scene(x, y, distance <= radius, sun, radius, reach, shown, unit, surface)


def held(stars: xr.Dataset) -> list[str]:
    """State the time, and the values of the parameters that the picture does not show."""
    scanned = scanned_names(stars)
    names = [str(name) for name, item in stars.coords.items() if not item.dims]
    drawn = ("time", "sun_x", "sun_y", "radius")
    rest = [name for name in names if name not in drawn and (scanned is None or name in scanned)]
    return [said(stars[name]) for name in ["time", *rest] if name in names]


def check_flags(phase: xr.DataArray) -> None:
    """Refuse phases with other numbers.

    Raises
    ------
    SensitivityError
        With the flags that were found.
    """
    values = np.atleast_1d(phase.attrs.get("flag_values", [])).tolist()
    meanings = str(phase.attrs.get("flag_meanings", "")).split()
    if values != list(range(len(PHASES))) or meanings != list(PHASES):
        expected = ", ".join(f"{code} = {name}" for code, name in enumerate(PHASES))
        found = ", ".join(f"{code} = {name}" for code, name in zip(values, meanings, strict=False)) or "none"
        raise SensitivityError(f"expected 'phase' with the flags {expected}; found {found}")


def _phases_of(stars: xr.Dataset) -> Phases:
    numbers = column(stars, "phase", "star")
    check_flags(stars["phase"])
    wrong = numbers[~np.isin(numbers, range(len(PHASES)))]
    if wrong.size:
        raise SensitivityError(f"'phase' holds {wrong[0]:g}; its flags are 0 to {len(PHASES) - 1}")
    return numbers.astype(np.int8)

"""Figure of the life of one star as bars over time: the whole life, and its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridscan.errors import SensitivityError, UnitError, listed
from gridscan.plot.page import COLOURS, finish
from gridscan.plot.selection import picked, scanned_names
from gridscan.plot.stellar.timeline import Phase, draw_phases, duration_text
from gridscan.sensitivity.labelled import in_unit_of, quantity_of, unit_known
from gridscan.units import convert, parse_unit, readable

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr
    from numpy.typing import NDArray

_NEEDED = ("lifetime", "red_supergiant_duration", "carbon_burning_start", "carbon_burning_end")
_TABULATED = "carbon_burning_rsg_duration"
# Which star this is: in the subtitle even if the scenario does not scan it.
_OF_THE_STAR = {"initial_mass", "metallicity"}
# Ages are rounded in tables: an end later than that of the life by less than this part of it is that of the life.
_ROUNDED = 1e-6
# The zoom begins this many times as long before the end of the life as the carbon burning does.
_BEFORE = 1.5
# Two durations that differ by more are not the same duration, rounded.
_SAME = 0.02


def timeline(dataset: xr.Dataset, *, zoom: str | float | None = None) -> NDArray[Any]:
    """Draw the life of one star, and below it the end of the life: red supergiant, carbon burning, both at once.

    Axes, such as the mass, are held as in `draw`, which the subtitle says. A phase too short
    to be seen in the whole life is drawn wider there, and said to be.

    Parameters
    ----------
    dataset
        With ``lifetime``, ``red_supergiant_duration`` (of the last stretch of the life), ``carbon_burning_start`` and
        ``carbon_burning_end`` (ages), each a time. Where it has ``carbon_burning_rsg_duration`` too, which differs from
        what the others say, the subtitle says so.
    zoom
        How long before the end of the life the lower panel begins: ``"20 kyr"``, or a number in the unit of
        ``lifetime``. By default a bit longer than the carbon burning.

    Returns
    -------
    ndarray of Axes
        The whole life, its end.

    Raises
    ------
    SensitivityError
        If a variable is missing, is not a time, or contradicts another, or `zoom` is not within the life.
    UnitError
        If a unit is not known, or that of `zoom` is none of time.
    """
    times, held = _times(dataset)
    _refuse_contradictions(times)
    life, phases = times["lifetime"], _phases(times)
    unit = readable(unit_known(dataset["lifetime"]))
    start = _zoom_start(dataset["lifetime"], zoom, life, phases)
    grid = draw_phases(phases, start, unit)
    finish(grid[0], [", ".join(held), *_disagreement(times, phases, unit)])
    return grid


def _times(dataset: xr.Dataset) -> tuple[dict[str, float], list[str]]:
    """Return the times of the star in the unit of its lifetime, and what is held, in words."""
    missing = [name for name in _NEEDED if name not in dataset.data_vars]
    if missing:
        found = listed(map(str, dataset.data_vars)) or "none"
        raise SensitivityError(f"missing {listed(missing)}; the life of a star needs {listed(_NEEDED)}; found {found}")
    unit = unit_known(dataset["lifetime"])
    if unit.dimensionality != parse_unit("s").dimensionality:
        raise SensitivityError(f"'lifetime' is in {readable(unit)!r}; it must be a time, such as 'Myr'")
    scanned = scanned_names(dataset)
    scanned = scanned if scanned is None else scanned | _OF_THE_STAR
    times, held = {}, dict[str, None]()
    for name in (*_NEEDED, *([_TABULATED] if _TABULATED in dataset.data_vars else [])):
        value, at = picked(quantity_of(dataset, name), [], scanned)
        held.update(dict.fromkeys(at))
        try:
            times[name] = float(convert(float(value), unit_known(dataset[name]), unit))
        except UnitError as error:
            raise SensitivityError(f"{name!r} is not a time, as 'lifetime' is: {error}") from None
    return times, list(held)


def _refuse_contradictions(times: dict[str, float]) -> None:
    life, red = times["lifetime"], times["red_supergiant_duration"]
    start, end = times["carbon_burning_start"], times["carbon_burning_end"]
    limit = life * (1 + _ROUNDED)
    faults = {
        f"'lifetime' is {life:.7g}; expected more than zero": life <= 0,
        f"'red_supergiant_duration' is {red:.7g}; expected zero to {life:.7g}, the lifetime": not 0 <= red <= limit,
        f"'carbon_burning_start' is {start:.7g}; expected zero or more": start < 0,
        f"'carbon_burning_end' is {end:.7g}, before its start at {start:.7g}": end < start,
        f"'carbon_burning_end' is {end:.7g}, after the end of the life at {life:.7g}": end > limit,
    }
    for message, found in faults.items():
        if found:
            raise SensitivityError(message)


def _phases(times: dict[str, float]) -> list[Phase]:
    life = times["lifetime"]
    red = min(times["red_supergiant_duration"], life)
    start, end = life - times["carbon_burning_start"], max(life - times["carbon_burning_end"], 0.0)
    both = min(red, start)
    return [
        Phase("life", life, 0.0, COLOURS[7], ""),
        Phase("red supergiant", red, 0.0, COLOURS[1], "never a red supergiant"),
        Phase("carbon burning", start, end, COLOURS[0], "no carbon burning"),
        Phase("both at once", max(both, end), end, COLOURS[3], "never both at once"),
    ]


def _zoom_start(lifetime: xr.DataArray, zoom: str | float | None, life: float, phases: Sequence[Phase]) -> float:
    if zoom is None:
        # Without carbon burning the red supergiant is shown; without either, the last tenth of the life.
        shown = [phase.start for phase in (phases[2], phases[1]) if phase.duration > 0]
        return min(_BEFORE * shown[0] if shown else life / 10, life)
    try:
        start = in_unit_of(lifetime, zoom)
    except UnitError as error:
        raise UnitError(f"zoom: {error}") from None
    if not 0 < start <= life:
        unit = readable(unit_known(lifetime))
        raise SensitivityError(
            f"zoom is {start:.7g} {unit}; it must be above zero and at most {life:.7g} {unit}, the lifetime"
        )
    return start


def _disagreement(times: dict[str, float], phases: Sequence[Phase], unit: str) -> list[str]:
    """Say where the tabulated duration of both at once is not that of the bar."""
    drawn, tabulated = phases[3].duration, times.get(_TABULATED, phases[3].duration)
    if abs(tabulated - drawn) <= _SAME * max(tabulated, drawn):
        return []
    found = duration_text(tabulated, unit) if tabulated else "none"
    return [f"both at once: {found} according to {_TABULATED}"]

"""The life of one star as bars over time: as a whole, and its end, where what matters takes a thousandth of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from gridscan.errors import SensitivityError, UnitError, listed
from gridscan.plot.page import COLOURS, OUTLINE, finish, stacked_page, title
from gridscan.plot.selection import picked, scanned_names
from gridscan.plot.text import number
from gridscan.sensitivity.labelled import in_unit_of, quantity_of, unit_known
from gridscan.units import convert, parse_unit, readable

if TYPE_CHECKING:
    from collections.abc import Callable

    import xarray as xr
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

_NEEDED = ("lifetime", "red_supergiant_duration", "carbon_burning_start", "carbon_burning_end")
_TABULATED = "carbon_burning_rsg_duration"
# What the subtitle says even where the scenario does not scan it: which star this is.
_OF_THE_STAR = {"initial_mass", "metallicity"}
_UNITS = ("Gyr", "Myr", "kyr", "yr", "d", "s")
# Ages are rounded in tables: an end later than that of the life by less than this part of it is that of the life.
_ROUNDED = 1e-6
# A bar of a smaller part of the width is hardly seen.
_THIN = 1 / 150
# The zoom begins this many times as long before the end of the life as the carbon burning does.
_BEFORE = 1.5
# Two durations that differ by more are not the same duration, rounded.
_SAME = 0.02


class _Phase(NamedTuple):
    """A phase, by the time from its start and its end to the end of the life, in the unit of the lifetime."""

    name: str
    start: float
    end: float
    colour: str
    absent: str

    @property
    def duration(self) -> float:
        return self.start - self.end


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
        If a variable is missing, is no time, or contradicts another, or `zoom` is not within the life.
    UnitError
        If a unit is not known, or that of `zoom` is none of time.
    """
    times, held = _times(dataset)
    _refuse_contradictions(times)
    life, phases = times["lifetime"], _phases(times)
    unit = readable(unit_known(dataset["lifetime"]))
    start = _zoom_start(dataset["lifetime"], zoom, life, phases)
    grid = stacked_page(2, share=False, height=5.6)
    _draw_life(grid[0], phases, unit)
    _draw_end(grid[1], phases, start, unit)
    finish(grid[0], [", ".join(held), *_disagreement(times, phases, unit)])
    return grid


def _times(dataset: xr.Dataset) -> tuple[dict[str, float], list[str]]:
    """Return the times of the star in the unit of its lifetime, and what is held, in words."""
    missing = [name for name in _NEEDED if name not in dataset.data_vars]
    if missing:
        found = listed(map(str, dataset.data_vars)) or "none"
        raise SensitivityError(f"the life of a star needs {listed(_NEEDED)}; missing: {listed(missing)}; found {found}")
    unit = unit_known(dataset["lifetime"])
    if unit.dimensionality != parse_unit("s").dimensionality:
        raise SensitivityError(f"'lifetime' is in {readable(unit)!r}; a time is needed, such as 'Myr'")
    scanned = scanned_names(dataset)
    scanned = scanned if scanned is None else scanned | _OF_THE_STAR
    times, held = {}, dict[str, None]()
    for name in (*_NEEDED, *([_TABULATED] if _TABULATED in dataset.data_vars else [])):
        value, at = picked(quantity_of(dataset, name), [], scanned)
        held.update(dict.fromkeys(at))
        try:
            times[name] = float(convert(float(value), unit_known(dataset[name]), unit))
        except UnitError as error:
            raise SensitivityError(f"{name!r} is no time like 'lifetime': {error}") from None
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


def _phases(times: dict[str, float]) -> list[_Phase]:
    life = times["lifetime"]
    red = min(times["red_supergiant_duration"], life)
    start, end = life - times["carbon_burning_start"], max(life - times["carbon_burning_end"], 0.0)
    both = min(red, start)
    return [
        _Phase("life", life, 0.0, COLOURS[7], ""),
        _Phase("red supergiant", red, 0.0, COLOURS[1], "never a red supergiant"),
        _Phase("carbon burning", start, end, COLOURS[0], "no carbon burning"),
        _Phase("both at once", max(both, end), end, COLOURS[3], "never both at once"),
    ]


def _zoom_start(lifetime: xr.DataArray, zoom: str | float | None, life: float, phases: list[_Phase]) -> float:
    if zoom is None:
        # Of a star that burns no carbon, the red supergiant is shown; of one that is neither, the last tenth.
        shown = [phase.start for phase in (phases[2], phases[1]) if phase.duration > 0]
        return min(_BEFORE * shown[0] if shown else life / 10, life)
    try:
        start = in_unit_of(lifetime, zoom)
    except UnitError as error:
        raise UnitError(f"zoom: {error}") from None
    if not 0 < start <= life:
        unit = readable(unit_known(lifetime))
        raise SensitivityError(f"zoom is {start:.7g} {unit}; expected more than zero, to {life:.7g} {unit}, the life")
    return start


def _draw_life(axes: Axes, phases: list[_Phase], unit: str) -> None:
    """Draw the phases over the age."""
    life = phases[0].duration
    shown, factor = _fitting(life, unit)
    _rows(axes, phases, unit)
    _bars(axes, phases, life, "the life", lambda before: (life - before) * factor)
    axes.set_xlim(0, 1.005 * life * factor)
    axes.set_xlabel(title(axes, "Age", shown, "x"))


def _draw_end(axes: Axes, phases: list[_Phase], start: float, unit: str) -> None:
    """Draw the phases over the time before the end of the life, and say of those that begin before it when."""
    shown, factor = _fitting(start, unit)
    _rows(axes, phases, unit)
    _bars(axes, phases, start, "this stretch", lambda before: before * factor)
    for row, phase in enumerate(phases):
        if phase.duration <= 0 or phase.start <= start:
            continue
        verb, before = ("began", phase.start) if phase.end < start else ("ended", phase.end)
        when = "at birth" if phase.start == phases[0].start else f"{_duration(before, unit)} before the end of the life"
        text = axes.text(0.99 * start * factor, row, f"◀ {verb} {when}", va="center", fontsize=9)
        text.set_path_effects(OUTLINE)
    axes.set_xlim(start * factor, -0.005 * start * factor)
    axes.set_xlabel(title(axes, "Time before the end of the life", shown, "x"))
    part = number(100 * start / phases[0].duration, ".2g")
    axes.set_title(f"the last {_duration(start, unit)}, {part} % of the life", loc="left", fontsize=9, color="#444444")


def _bars(axes: Axes, phases: list[_Phase], stretch: float, whole: str, place: Callable[[float], float]) -> None:
    """Draw the parts of the phases in the last stretch of the life; those too thin to be seen as a line, with an arrow.

    Parameters
    ----------
    place
        Turns a time before the end of the life into a horizontal place.
    """
    for row, phase in enumerate(phases):
        start = min(phase.start, stretch)
        length = start - phase.end
        if phase.duration <= 0 or length <= 0:
            continue
        axes.barh(row, place(phase.end) - place(start), left=place(start), height=0.6, color=phase.colour)
        if length < _THIN * stretch:
            middle = (start + phase.end) / 2
            late = middle < stretch / 2
            axes.plot([place(middle)] * 2, [row - 0.3, row + 0.3], color=phase.colour, linewidth=2.5)
            axes.annotate(
                f"{number(100 * length / stretch, '.2g')} % of {whole}, drawn wider",
                (place(middle), row),
                (place(middle + (0.08 if late else -0.08) * stretch), row),
                arrowprops={"arrowstyle": "->", "shrinkA": 2, "shrinkB": 4},
                ha="right" if late else "left",
                va="center",
                fontsize=9,
            )


def _rows(axes: Axes, phases: list[_Phase], unit: str) -> None:
    """Give each phase a row with its name at the left and its duration at the right, or say that there is none."""
    axes.set_yticks(range(len(phases)), [phase.name for phase in phases])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(phases) - 0.5, -0.5)
    axes.grid(axis="x", color="#dddddd", linewidth=0.7)
    for row, phase in enumerate(phases):
        inside = phase.duration <= 0
        axes.text(
            *(0.02 if inside else 1.015, row),
            phase.absent if inside else _duration(phase.duration, unit),
            transform=axes.get_yaxis_transform(),
            va="center",
            fontsize=9,
            style="italic" if inside else "normal",
        )


def _fitting(time: float, unit: str) -> tuple[str, float]:
    """Return the largest unit of time of which a time is one or more, and how many of it are one of its own unit."""
    factors = {name: float(convert(1.0, parse_unit(unit), parse_unit(name))) for name in _UNITS}
    return next(((name, factor) for name, factor in factors.items() if time * factor >= 1), (unit, 1.0))


def _duration(time: float, unit: str) -> str:
    shown, factor = _fitting(time, unit)
    return f"{number(time * factor)} {shown}"


def _disagreement(times: dict[str, float], phases: list[_Phase], unit: str) -> list[str]:
    """Say where the tabulated duration of both at once is not that of the bar."""
    drawn, tabulated = phases[3].duration, times.get(_TABULATED, phases[3].duration)
    if abs(tabulated - drawn) <= _SAME * max(tabulated, drawn):
        return []
    found = _duration(tabulated, unit) if tabulated else "none"
    return [f"both at once: {found} according to {_TABULATED}"]

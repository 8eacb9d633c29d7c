"""A life as bars over time: the whole, and its end, which may be a thousandth of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from gridscan.plot.page import OUTLINE, stacked_page, title
from gridscan.plot.text import number
from gridscan.units import convert, parse_unit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

_UNITS = ("Gyr", "Myr", "kyr", "yr", "d", "s")
# A bar with a smaller share of the width is hardly visible.
_THIN = 1 / 150


class Phase(NamedTuple):
    """A phase of a life; `start` and `end` are times before the end of the life.

    `absent` is the text for a phase without a duration.
    """

    name: str
    start: float
    end: float
    colour: str
    absent: str

    @property
    def duration(self) -> float:
        """Duration of the phase."""
        return self.start - self.end


def draw_phases(phases: Sequence[Phase], start: float, unit: str) -> NDArray[Any]:
    """Draw phases over a whole life, and below it over its end.

    A phase too short to be visible in the whole life is drawn wider there, with a note.

    Parameters
    ----------
    phases
        From the top; the first one is the whole life. Times are in `unit`.
    start
        How long before the end of the life the lower panel begins.
    unit
        Unit of time.

    Returns
    -------
    numpy.ndarray of matplotlib.axes.Axes
        The whole life and its end, still without a subtitle.
    """
    grid = stacked_page(2, share=False, height=5.6)
    _draw_life(grid[0], phases, unit)
    _draw_end(grid[1], phases, start, unit)
    return grid


def duration_text(time: float, unit: str) -> str:
    """Return a duration in words, in a unit of time that fits.

    Parameters
    ----------
    time
        The duration.
    unit
        Its unit.

    Returns
    -------
    str
        Such as ``"10.5 kyr"``.
    """
    shown, factor = _fitting(time, unit)
    return f"{number(time * factor)} {shown}"


def _draw_life(axes: Axes, phases: Sequence[Phase], unit: str) -> None:
    """Draw the phases over the age."""
    life = phases[0].duration
    shown, factor = _fitting(life, unit)
    _rows(axes, phases, unit)
    _bars(axes, phases, life, "the life", lambda before: (life - before) * factor)
    axes.set_xlim(0, 1.005 * life * factor)
    axes.set_xlabel(title(axes, "Age", shown, "x"))


def _draw_end(axes: Axes, phases: Sequence[Phase], start: float, unit: str) -> None:
    """Draw the phases over the time before the end of the life; for those that begin earlier, say when."""
    shown, factor = _fitting(start, unit)
    _rows(axes, phases, unit)
    _bars(axes, phases, start, "this stretch", lambda before: before * factor)
    for row, phase in enumerate(phases):
        if phase.duration <= 0 or phase.start <= start:
            continue
        verb, before = ("began", phase.start) if phase.end < start else ("ended", phase.end)
        when = (
            "at birth"
            if phase.start == phases[0].start
            else f"{duration_text(before, unit)} before the end of the life"
        )
        text = axes.text(0.99 * start * factor, row, f"◀ {verb} {when}", va="center", fontsize=9)
        text.set_path_effects(OUTLINE)
    axes.set_xlim(start * factor, -0.005 * start * factor)
    axes.set_xlabel(title(axes, "Time before the end of the life", shown, "x"))
    part = number(100 * start / phases[0].duration, ".2g")
    told = f"the last {duration_text(start, unit)}, {part} % of the life"
    axes.set_title(told, loc="left", fontsize=9, color="#444444")


def _bars(axes: Axes, phases: Sequence[Phase], stretch: float, whole: str, place: Callable[[float], float]) -> None:
    """Draw the phases in the last stretch of the life; those too thin to be visible as a line with an arrow.

    Parameters
    ----------
    place
        From a time before the end of the life to a horizontal position.
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


def _rows(axes: Axes, phases: Sequence[Phase], unit: str) -> None:
    """Give each phase a row: its name at the left, its duration or a note that there is none at the right."""
    axes.set_yticks(range(len(phases)), [phase.name for phase in phases])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(phases) - 0.5, -0.5)
    axes.grid(axis="x", color="#dddddd", linewidth=0.7)
    for row, phase in enumerate(phases):
        inside = phase.duration <= 0
        axes.text(
            *(0.02 if inside else 1.015, row),
            phase.absent if inside else duration_text(phase.duration, unit),
            transform=axes.get_yaxis_transform(),
            va="center",
            fontsize=9,
            style="italic" if inside else "normal",
        )


def _fitting(time: float, unit: str) -> tuple[str, float]:
    """Return the largest unit of time in which a time is at least one, and the factor to that unit."""
    factors = {name: float(convert(1.0, parse_unit(unit), parse_unit(name))) for name in _UNITS}
    return next(((name, factor) for name, factor in factors.items() if time * factor >= 1), (unit, 1.0))

"""Movie of the stars of a galaxy on a map: they are born, change their phase and die."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import to_rgb

from gridscan.errors import SensitivityError
from gridscan.models.red_supergiants.star_map import PHASES, held, scene_of
from gridscan.physics.stellar.star_sampling import phase_codes
from gridscan.plot.columns import FloatArray, column, finite, single
from gridscan.plot.movies import MOST_FRAMES, Stage, check_frames, check_pace, writer_for
from gridscan.plot.page import finish
from gridscan.plot.stellar.star_map import (
    Phases,
    Scene,
    background,
    counted,
    name_phases,
    phase_texts,
    place,
    points,
    thinned,
)
from gridscan.plot.text import typeset
from gridscan.sensitivity.base_point import unit_text
from gridscan.sensitivity.labelled import in_unit_of, sentence, unit_known

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.text import Text
    from numpy.typing import NDArray

# Of phase 'other': more would be a fog, and a file of many megabytes.
_MOST_POINTS = 8000
_PANEL_HEIGHT = 1.55
_TIMES = ("birth_time", "lifetime", "red_supergiant_start", "carbon_burning_start", "carbon_burning_end")


@dataclasses.dataclass(frozen=True)
class _Lives:
    """When each star is born, and the ages at which it changes; of one unit."""

    birth_time: FloatArray
    lifetime: FloatArray
    red_supergiant_start: FloatArray
    carbon_burning_start: FloatArray
    carbon_burning_end: FloatArray
    carbon_burning_rsg_start: FloatArray

    def at(self, time: float) -> Phases:
        """Return the phase of each star, -1 before its birth and after its death."""
        age = time - self.birth_time
        # NaN, for a star without a phase, is never reached.
        codes = phase_codes(
            age,
            self.lifetime,
            self.red_supergiant_start,
            self.carbon_burning_start,
            self.carbon_burning_end,
            self.carbon_burning_rsg_start,
        )
        return np.where((age >= 0.0) & (age < self.lifetime), codes, -1).astype(np.int8)


def phase_at(history: xr.Dataset, time: float | str) -> Phases:
    """Return the phase of each star at a time, as the flags of `phase`.

    Parameters
    ----------
    history
        All stars born, of dimension ``star``: ``birth_time``, and the ages ``lifetime``, ``red_supergiant_start``,
        ``carbon_burning_start`` and ``carbon_burning_end``. A star is both from the later start on, unless
        ``carbon_burning_rsg_start`` gives another age. NaN in a start or in the end means that there is no such phase.
    time
        A number in the unit of ``birth_time``, or text such as ``"12 Myr"``.

    Returns
    -------
    numpy.ndarray
        0 other, 1 red supergiant, 2 carbon burning, 3 both at once, -1 not yet born or dead; int8, shape (star,).

    Raises
    ------
    SensitivityError
        If a variable is missing or has other dimensions, or the time is not finite.
    """
    lives = _lives_of(history)
    moment = in_unit_of(history["birth_time"], time)
    return lives.at(float(finite(np.array([moment]), "time")[0]))


def movie(
    history: xr.Dataset,
    path: str | Path,
    *,
    density: xr.DataArray | None = None,
    frames: int = 100,
    frames_per_second: float = 12,
    times: Sequence[float] | None = None,
    dpi: float = 88,
    force: bool = False,
) -> Path:
    """Write a movie of the map of `star_map.galaxy`, from time zero to that of the sample.

    Below the map is the number of stars in each phase against time. It is written frame by frame, and appears under its
    name only when it is whole.

    Parameters
    ----------
    history
        As for `phase_at`, and ``x``, ``y``, ``distance`` and the scalar coordinates ``sun_x``, ``sun_y``, ``radius``
        and ``time``. There may be no star.
    path
        Its suffix says the format: ``.gif``, or ``.mp4`` where ffmpeg is installed.
    density
        Surface density over ``x`` and ``y``, the grey background; none by default.
    frames
        Number of frames, evenly spaced in time.
    times
        Times of the frames in the unit of ``birth_time``, increasing, in place of `frames`.
    dpi
        Pixels per inch; 88 make a movie 640 pixels wide.
    force
        Whether any file may be replaced; by default only one that gridscan wrote and nobody changed.

    Raises
    ------
    StoreError
        If the suffix is another one, ffmpeg is missing or fails, or the file cannot be written or would replace another
        one; an earlier file is then left as it was.
    SensitivityError
        If a variable is missing, has other dimensions or holds what cannot be drawn, or the times are outside the
        sample.
    """
    path = Path(path)
    write = writer_for(path, _colours())
    check_pace(frames_per_second, dpi)
    lives, scene = _lives_of(history), scene_of(history, density, None)
    moments = _moments(history, frames, times)
    return _Lifetimes(history, lives, scene, moments, dpi).film(write, path, frames_per_second, force=force)


class _Lifetimes(Stage):
    """The figure of the movie: moving artists are drawn over a still background."""

    def __init__(self, history: xr.Dataset, lives: _Lives, scene: Scene, moments: FloatArray, dpi: float) -> None:
        self.lives, self.scene = lives, scene
        self.counts = np.array([counted(lives.at(moment), scene.within, len(PHASES)) for moment in moments.tolist()])
        self.shown = self._choose()
        self.maps = background(scene, _PANEL_HEIGHT)
        main = self.maps[0]
        super().__init__(main, "time", unit_text(history["birth_time"]), moments, dpi)
        self.points: list[list[PathCollection]] = points(self.maps, PHASES)
        name_phases(main, scene, self.counts[-1], PHASES)
        self.time: Text = main.text(0.02, 0.98, "", transform=main.transAxes, va="top")
        self.present = self._panel(main, -0.6 if scene.surface is not None else -0.42, history)
        finish(main, self._notes(history))
        self.moving = self._moving()

    def prepare(self) -> None:
        """Draw and keep the still background."""
        for artist in self.moving:
            artist.set_animated(True)
        self.canvas.draw()
        self.still: Any = self.canvas.copy_from_bbox(self.figure.bbox)

    def show(self, number: int) -> None:
        """Draw the stars at a time over the still background."""
        phase = self.lives.at(float(self.moments[number]))
        place(self.points, self.scene, np.where((phase == 0) & ~self.shown, -1, phase))
        legend: Any = self.maps[0].get_legend()
        for text, said in zip(legend.get_texts(), phase_texts(self.counts[number], PHASES), strict=False):
            text.set_text(said)
        self.time.set_text(self.clock(number))
        self.present.set_offsets([(self.moments[number], count) for count in self.counts[number, :, 0]])
        self.canvas.restore_region(self.still)
        for artist in self.moving:
            artist.draw(self.canvas.get_renderer())

    def _choose(self) -> NDArray[np.bool_]:
        """Return which stars are drawn while they are in phase 'other', the same ones in every frame."""
        stars = self.scene.x.size
        crowd = int(self.counts[:, 0, 0].max())
        return thinned(np.ones(stars, dtype=bool), stars * _MOST_POINTS // max(crowd, _MOST_POINTS))

    def _notes(self, history: xr.Dataset) -> list[str]:
        stars, shown = self.shown.size, int(self.shown.sum())
        rest = [f"in phase 'other', {shown:,} of them are drawn"] if shown < stars else []
        return [
            ", ".join([f"{stars:,} stars born until {text}" for text in held(history)[:1]] + held(history)[1:]),
            *rest,
        ]

    def _panel(self, main: Axes, bottom: float, history: xr.Dataset) -> PathCollection:
        """Draw the number in each phase against time, and return the markers of the present."""
        panel = main.inset_axes((0.0, bottom, 1.6, 0.25))
        panel.set_in_layout(False)
        for order, look in enumerate(PHASES.values()):
            panel.plot(self.moments, self.counts[:, order, 0], color=look.colour, linewidth=1.3)
        # A logarithmic scale with a place for zero, as far below 1 as 1 is below 10.
        panel.set_yscale("symlog", linthresh=1)
        panel.set(xlim=(self.moments[0], self.moments[-1]), ylim=(0, 2 * max(1, int(self.counts[..., 0].max()))))
        panel.set_xlabel(f"{sentence(history['time'])} [{typeset(self.unit)}]", fontsize=9)
        panel.set_ylabel("stars", fontsize=9)
        panel.tick_params(labelsize=8)
        panel.spines[["top", "right"]].set_visible(False)
        panel.grid(axis="y", color="#dddddd", linewidth=0.7)
        colours = [look.colour for look in PHASES.values()]
        return panel.scatter(range(4), range(4), s=25, color=colours, zorder=5, clip_on=False)

    def _moving(self) -> list[Artist]:
        """Return the artists drawn in each frame, bottom to top, including still ones above the points."""
        layers: list[Artist] = []
        for one, artists in zip(self.maps, self.points, strict=True):
            layers += [*artists, *one.patches, *one.lines]
        legend: Any = self.maps[0].get_legend()
        return [*layers, legend, self.time, self.present]


def _lives_of(history: xr.Dataset) -> _Lives:
    column(history, "birth_time", "star")
    unit = unit_known(history["birth_time"])
    columns = [column(history, name, "star", unit) for name in _TIMES]
    for name, ages in zip(_TIMES[:2], columns[:2], strict=True):
        finite(ages, name)
    both = "carbon_burning_rsg_start"
    given = both in history.variables
    columns.append(column(history, both, "star", unit) if given else np.maximum(columns[2], columns[3]))
    return _Lives(*columns)


def _moments(history: xr.Dataset, frames: int, times: Sequence[float] | None) -> FloatArray:
    """Return the times of the frames in the unit of `birth_time`."""
    end = single(history, "time", unit_known(history["birth_time"]))
    unit = unit_text(history["birth_time"])
    if times is None:
        if not end > 0:
            raise SensitivityError(f"the 'time' of the sample is {end:g} {unit}; a movie needs one above 0")
        moments = np.linspace(0.0, end, min(max(frames, 0), MOST_FRAMES + 1))
    else:
        moments = np.ravel(np.asarray(times, dtype=float))
    check_frames(moments.size, f"found {frames if times is None else moments.size}")
    if not ((np.diff(moments) > 0).all() and moments[0] >= 0 and moments[-1] <= end):
        raise SensitivityError(
            f"the times of the frames are {moments[0]:g} to {moments[-1]:g} {unit}; they must increase within "
            f"0 to {end:g} {unit}"
        )
    return moments


def _colours() -> FloatArray:
    """Return greys and, for each phase, its colour on the greys of the map: few, so that a GIF is small."""
    colours = [np.full(3, grey) for grey in (*np.linspace(0, 0.56, 10), *np.linspace(0.6, 1, 11))]
    for look in PHASES.values():
        colour = np.array(to_rgb(look.colour))
        for grey in (0.0, 0.7, 0.85, 1.0):
            colours += [share * colour + (1 - share) * grey for share in (0.15, 0.3, 0.5, 0.7, 0.85)]
        colours.append(colour)
    return np.array(colours)

"""Movies: the frames of a figure, and the file, a GIF of few colours or an MP4."""

from __future__ import annotations

import abc
import itertools
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import pyplot
from matplotlib.animation import FFMpegWriter
from matplotlib.backends.backend_agg import FigureCanvasAgg
from numpy.typing import NDArray
from PIL import Image

from gridscan.atomic import replacing
from gridscan.errors import SensitivityError, StoreError
from gridscan.plot.page import figure_of
from gridscan.plot.text import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Frame = NDArray[np.uint8]
Writer = Callable[[Path, Iterator[Frame], float], None]

MOST_FRAMES = 1000
# In a GIF.
MOST_COLOURS = 256


class Stage(abc.ABC):
    """The figure of a movie: what stands still is drawn once, what moves is updated for each frame.

    Parameters
    ----------
    axes
        Axes of the figure, which is closed with the movie.
    name, unit, moments
        The axis along which the movie runs: what the clock calls it, its unit, and its value in each frame, increasing.
    dpi
        Pixels per inch.
    """

    def __init__(self, axes: Axes, name: str, unit: str, moments: NDArray[np.floating[Any]], dpi: float) -> None:
        self.name, self.unit, self.moments = name, unit, moments
        self.figure: Any = figure_of(axes)
        self.figure.set_dpi(dpi)
        self.canvas = FigureCanvasAgg(self.figure)

    @abc.abstractmethod
    def prepare(self) -> None:
        """Draw what stands still."""

    @abc.abstractmethod
    def show(self, number: int) -> None:
        """Draw a frame on the canvas.

        Parameters
        ----------
        number
            Number of the frame, from 0.
        """

    def clock(self, number: int) -> str:
        """Return the value of the axis in a frame, in words.

        Parameters
        ----------
        number
            Number of the frame, from 0.

        Returns
        -------
        str
            Name, value and unit.
        """
        return plain(f"{self.name} = {self.moments[number]:.{digits_of(self.moments)}f} {self.unit}".rstrip())

    def frames(self) -> Iterator[Frame]:
        """Yield the frames as red, green and blue; shape (height, width, 3)."""
        self.prepare()
        for number in range(self.moments.size):
            self.show(number)
            yield np.array(self.canvas.buffer_rgba())[..., :3]

    def film(self, write: Writer, path: Path, frames_per_second: float, *, force: bool = False) -> Path:
        """Write all frames to a file, which appears only when it is complete, and close the figure.

        Parameters
        ----------
        write
            From `writer_for`.
        path
            The file.
        frames_per_second
            How fast the movie runs.
        force
            Whether any file may be replaced; by default only one that gridscan wrote and nobody changed.

        Returns
        -------
        pathlib.Path
            Where it was written.
        """
        try:
            with replacing(path, force=force) as temporary:
                write(temporary, self.frames(), frames_per_second)
        finally:
            pyplot.close(self.figure)
        return path


def check_frames(count: int, found: str | None = None) -> None:
    """Raise an error for a movie of too few or too many frames.

    Parameters
    ----------
    count
        Number of frames.
    found
        What was found, for the message.

    Raises
    ------
    SensitivityError
        If it is out of range; the message gives the range.
    """
    if not 2 <= count <= MOST_FRAMES:
        raise SensitivityError(f"a movie has 2 to {MOST_FRAMES} frames; {found or f'found {count}'}")


def writer_for(path: Path, colours: NDArray[np.floating[Any]]) -> Writer:
    """Return the function that writes frames to a file, in the format of its suffix.

    Parameters
    ----------
    path
        ``.gif``, or ``.mp4`` where ffmpeg is installed.
    colours
        Red, green and blue from 0 to 1 of the colours of a GIF, shape (n, 3), 256 of them at most: few make it small.

    Returns
    -------
    callable
        Takes frames, a path and frames per second.

    Raises
    ------
    StoreError
        If the suffix is another one, or ffmpeg is missing.
    """
    suffix = path.suffix.lower()
    if suffix == ".gif":
        return partial(_write_gif, _palette(colours))
    if suffix != ".mp4":
        raise StoreError(f"{path}: a movie is written as .gif or .mp4; found {path.suffix or 'no suffix'!r}")
    if not FFMpegWriter.isAvailable():
        raise StoreError(f"{path}: an .mp4 needs ffmpeg, which was not found; install it, or write a .gif")
    return _write_mp4


def check_pace(frames_per_second: float, dpi: float) -> None:
    """Raise an error for a movie that is too fast or has no size.

    Parameters
    ----------
    frames_per_second
        How fast it runs.
    dpi
        Pixels per inch.

    Raises
    ------
    SensitivityError
        If one is out of range; the message gives the range.
    """
    if not 0 < frames_per_second <= 100:
        raise SensitivityError(f"frames per second must be above 0 and at most 100; found {frames_per_second:g}")
    if not 0 < dpi < np.inf:
        raise SensitivityError(f"dpi must be positive and finite; found dpi={dpi:g}")


def digits_of(moments: NDArray[np.floating[Any]]) -> int:
    """Return the number of decimals that distinguish increasing times, to a tenth of the shortest step.

    Parameters
    ----------
    moments
        The times.

    Returns
    -------
    int
        Number of decimals.
    """
    room = 0.1 * float(np.diff(moments).min())
    return next((digits for digits in range(12) if np.abs(moments.round(digits) - moments).max() <= room), 12)


def _palette(colours: NDArray[np.floating[Any]]) -> Image.Image:
    image = Image.new("P", (1, 1))
    image.putpalette(np.round(255 * np.asarray(colours[:MOST_COLOURS])).astype(np.uint8).tobytes())
    return image


def _write_gif(palette: Image.Image, path: Path, frames: Iterator[Frame], frames_per_second: float) -> None:
    images = (Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames)
    options: dict[str, Any] = {"duration": round(1000 / frames_per_second), "loop": 0, "optimize": True}
    next(images).save(path, format="GIF", save_all=True, append_images=images, **options)


def _write_mp4(path: Path, frames: Iterator[Frame], frames_per_second: float) -> None:
    # The common pixel format needs an even number of rows and columns.
    even = (frame[: frame.shape[0] // 2 * 2, : frame.shape[1] // 2 * 2] for frame in frames)
    first = next(even)
    source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{first.shape[1]}x{first.shape[0]}"]
    target = ["-c:v", "libx264", "-crf", "20", "-pix_fmt", "yuv420p", "-f", "mp4", str(path)]
    rate = ["-framerate", f"{frames_per_second:g}", "-i", "pipe:0"]
    # matplotlib's own writer would redraw every frame in full.
    command = [FFMpegWriter.bin_path(), "-y", "-loglevel", "error", *source, *rate, *target]
    with tempfile.TemporaryFile() as messages:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=messages)
        assert process.stdin is not None
        with process, process.stdin as pipe:
            try:
                for frame in itertools.chain([first], even):
                    pipe.write(frame.tobytes())
            except BrokenPipeError:
                pass
        if process.returncode:
            messages.seek(0)
            said = messages.read().decode(errors="replace").strip().splitlines() or ["no reason given"]
            raise OSError(f"ffmpeg failed: {said[-1]}")

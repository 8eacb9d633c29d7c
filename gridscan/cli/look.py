"""How a picture of the command line looks, and where it goes: size, title, resolution, file or window."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gridscan.cli.say import tell
from gridscan.errors import StoreError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DPI = 110.0


@dataclass
class Look:
    """The options of a picture.

    Attributes
    ----------
    size
        Width and height [inch].
    """

    out: Path | None
    force: bool
    title: str | None = None
    size: tuple[float, float] | None = None
    dpi: float | None = None
    show: bool = False
    path: Path = field(default=Path(), init=False)

    def begin(self) -> None:
        """Choose where matplotlib draws, before it is imported by others."""
        import matplotlib

        if not self.show:
            matplotlib.use("Agg")
            return
        from matplotlib import pyplot

        backend = pyplot.get_backend().lower()
        if backend in ("agg", "pdf", "svg", "ps", "cairo", "template"):
            raise StoreError(
                f"there is no window to show a picture in (matplotlib draws with {backend}); write a file with --out"
            )

    def check(self, usual: str | Path) -> None:
        """Refuse a place to which the picture could not be written."""
        from gridscan.atomic import check_place

        self.path = self.out or Path(usual)
        if self.out is not None or not self.show:
            check_place(self.path, force=self.force)

    def refuse_for_a_movie(self, kind: str) -> None:
        """Refuse the options that only pictures have."""
        given = {"title": self.title, "size": self.size, "dpi": self.dpi, "show": self.show or None}
        for name, value in given.items():
            if value is not None:
                raise click.UsageError(f"--{name} does not apply to a movie (--kind {kind})")

    def axes(self) -> Axes | None:
        """Return axes of the size asked for, in which text is broken into lines that fit."""
        if self.size is None:
            return None
        from gridscan.plot.page import stacked_page

        axes: Axes = stacked_page(1, height=self.size[1], width=self.size[0])[0]
        return axes

    def finish(self, axes: Any) -> None:
        """Give the picture its title and size, and write or show it."""
        import numpy as np
        from matplotlib import pyplot

        from gridscan import plot
        from gridscan.plot.page import figure_of
        from gridscan.plot.text import plain

        figure = figure_of(np.ravel(np.asarray(axes, dtype=object))[0])
        if self.size is not None:
            figure.set_size_inches(*self.size)
        if self.title is not None:
            figure.suptitle(plain(self.title), x=0.01, ha="left")
        if self.out is not None or not self.show:
            tell(f"wrote {plot.save(axes, self.path, self.dpi or _DPI, force=self.force)}")
        if self.show:
            pyplot.show()

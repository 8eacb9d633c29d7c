"""The figures of the model, and its pictures in the gallery."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridscan import plot
from gridscan.definition.figures import Example, Figure
from gridscan.plot.celestial.sky import Body, Sky
from gridscan.plot.page import COLOURS

if TYPE_CHECKING:
    from pathlib import Path

    import xarray as xr
    from matplotlib.axes import Axes

#: What the variables of a result mean for a picture of the sky. A flux needs its time, energy and mass beside it.
SKY = Sky(
    directions=("longitude", "latitude"),
    bodies=(
        Body("halo_longitude", "halo_latitude", "centre of the halo", marker="P", colour=COLOURS[6], size=8),
        Body("supernova_longitude", "supernova_latitude", "supernova", "supernova", marker="*", colour=COLOURS[1]),
    ),
    noted=("time", "kinetic_energy", "dark_matter_mass"),
)


def sky(dataset: xr.Dataset, quantity: str = "sky_flux", *, time: str | float | None = None) -> Axes:
    """Draw a quantity of the directions of the sky, with the supernova and the centre of the halo."""
    return plot.sky(dataset, quantity, SKY, at={} if time is None else {"time": time})


def sky_movie(
    dataset: xr.Dataset,
    path: str | Path,
    quantity: str = "sky_flux",
    *,
    along: str = "time",
    dpi: float = 88,
    force: bool = False,
) -> Path:
    """Write a movie of the sky along an axis."""
    return plot.sky_movie(dataset, path, quantity, SKY, along=along, dpi=dpi, force=force)


FIGURES = (
    Figure(
        "sky",
        "a flux on the sky; where --out is a movie, along time or another axis",
        sky,
        movie=sky_movie,
        quantities=("sky_flux", "galactic_sky_flux"),
        others="one",
        axes=("longitude", "latitude"),
        settings={
            "longitude": {"linspace": ["-180 deg", "180 deg", 361]},
            "latitude": {"linspace": ["-90 deg", "90 deg", 181]},
        },
        options=("along",),
    ),
)

EXAMPLES = (
    Example(
        "sky",
        "the sky in dark matter that the neutrinos of Cassiopeia A have boosted",
        "sky",
        quantities=("sky_flux",),
        scenario="cas_a_sky",
    ),
)

"""The figures of the model, and its pictures in the gallery."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridscan import plot
from gridscan.definition.figures import Example, Figure
from gridscan.models.red_supergiants import star_map, star_movie
from gridscan.models.red_supergiants.life import timeline

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import xarray as xr
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

# Points of the background of a map, along each side.
_GRID = 401


def signal(dataset: xr.Dataset, *, along: str = "time", by: str | None = None) -> NDArray[Any]:
    """Draw the neutrino flux, and below it the events per year, by default for each detector."""
    return plot.signal(dataset, "flux", "events_per_year", along=along, by=by, usually_by="detector")


def spectra(dataset: xr.Dataset, *, by: str | None = None) -> NDArray[Any]:
    """Draw the neutrino flux and the events per energy, by default for each detector."""
    return plot.spectra(dataset, "flux_spectrum", "event_spectrum", along="energy", by=by, usually_by="detector")


def galaxy(stars: xr.Dataset, plane: xr.Dataset | None = None, *, inset: float | str | None = None) -> Axes:
    """Draw a sample of stars as seen from above the Galaxy, over the density of stars in the plane."""
    return star_map.galaxy(stars, None if plane is None else plane["share_per_area"], inset=inset)


def movie(
    history: xr.Dataset,
    path: str | Path,
    plane: xr.Dataset | None = None,
    *,
    frames: int = 100,
    dpi: float = 88,
    force: bool = False,
) -> Path:
    """Write a movie of stars that are born, change their phase and die."""
    density = None if plane is None else plane["share_per_area"]
    return star_movie.movie(history, path, density=density, frames=frames, dpi=dpi, force=force)


def _plane(stars: xr.Dataset) -> Mapping[str, Any]:
    """Return a grid over the disk that stars were drawn from."""
    outer = max(float(stars[name]) for name in ("disk_outer_radius", "arm_outer_radius"))
    axis = {"linspace": [-outer, outer, _GRID], "unit": "kpc"}
    return {"x": axis, "y": axis}


FIGURES = (
    Figure(
        "counts",
        "expected numbers with their Poisson spread",
        plot.counts,
        quantities=("carbon_burning_rsg", "carbon_burning_rsg_within"),
        others="any",
        options=("along", "by"),
    ),
    Figure(
        "signal",
        "flux and events per year, with a line at one event",
        signal,
        quantities=("flux", "events_per_year"),
        options=("along", "by"),
    ),
    Figure(
        "spectra",
        "flux and events per energy",
        spectra,
        quantities=("flux_spectrum", "event_spectrum"),
        axes=("energy",),
        settings={"energy": {"linspace": ["0.1 MeV", "5 MeV", 200]}},
        options=("by",),
    ),
    Figure(
        "timeline",
        'the life of one star (--set initial_mass="20 Msun"), and its end (--zoom "20 kyr")',
        timeline,
        quantities=("lifetime", "red_supergiant_duration", "carbon_burning_start", "carbon_burning_end"),
        settings={"initial_mass": "15 Msun"},
        options=("zoom",),
    ),
    Figure(
        "galaxy",
        "a map of stars drawn at random; FILE may be a sample",
        galaxy,
        quantities=("share_per_area",),
        settings=_plane,
        population="stars",
        options=("inset",),
    ),
    Figure(
        "movie",
        "the same through time",
        movie=movie,
        quantities=("share_per_area",),
        settings=_plane,
        population="star_history",
        options=("frames",),
    ),
)

_IMFS = ["kroupa", "salpeter", "top-heavy", "top-light"]
_DETECTORS = ["juno", "super-k", "hyper-k", "theia-100"]
_THROUGH_TIME = {"linspace": ["4 Myr", "20 Myr", 65]}

EXAMPLES = (
    Example(
        "counts_by_imf",
        "carbon-burning red supergiants for each initial mass function, in the Galaxy and within 1 kpc of the Sun",
        "counts",
        settings={"imf": _IMFS, "radius": "1 kpc"},
    ),
    Example(
        "counts_through_time",
        "expected numbers while stars form, for two initial mass functions",
        "counts",
        settings={"imf": ["kroupa", "top-heavy"], "time": _THROUGH_TIME, "radius": "1 kpc"},
        options={"along": "time", "by": "imf"},
    ),
    Example(
        "signal_through_time",
        "flux and events while stars form; mass_integration smooths the steps of the tabulated masses",
        "signal",
        settings={
            "time": _THROUGH_TIME,
            "detector": _DETECTORS,
            "mass_integration": "continuous",
            "radius": "1 kpc",
        },
    ),
    Example(
        "events_by_imf",
        "the events in each detector, for each initial mass function",
        "quantity",
        quantities=("events_per_year",),
        settings={"imf": _IMFS, "detector": _DETECTORS, "radius": "1 kpc"},
        options={"along": "detector", "by": "imf"},
    ),
    Example(
        "required_mass",
        "the detector mass that distinguishes two initial mass functions",
        "discriminate",
        quantities=("events_per_year",),
        settings={"imf": _IMFS, "detector": "theia-100", "radius": "1 kpc"},
        options={"along": "imf", "background": "1 / kt / yr"},
    ),
    Example(
        "timeline",
        "the life of a star of 15 solar masses, and its end",
        "timeline",
        settings={"initial_mass": "15 Msun", "metallicity": 0.014},
    ),
    Example(
        "galaxy",
        "massive stars of the Galaxy at random, over the density that they are drawn from",
        "galaxy",
        scenario="imf_scan",
        settings={"radius": "1 kpc"},
        seed=1,
    ),
    Example(
        "spectra",
        "neutrinos and events per energy",
        "spectra",
        settings={
            "energy": {"linspace": ["0.1 MeV", "5 MeV", 200]},
            "detector": _DETECTORS,
            "radius": "1 kpc",
        },
    ),
    Example(
        "exceedance",
        "how likely the flux of all stars within a radius is above a threshold",
        "quantity",
        quantities=("flux_exceedance",),
        settings={
            "flux_threshold": {"geomspace": ["0.01 / cm^2 / s", "200 / cm^2 / s", 44]},
            "radius": ["1 kpc", "3 kpc", "10 kpc"],
        },
        options={"along": "flux_threshold", "by": "radius"},
    ),
    Example(
        "tornado",
        "how the events answer to each parameter",
        "local",
        quantities=("events_per_year",),
        scenario="imf_scan",
        at={"detector": "hyper-k", "imf": "kroupa"},
    ),
    Example(
        "shares",
        "which axis of a grid matters most for the events",
        "variance_shares",
        quantities=("events_per_year",),
        settings={
            "imf": _IMFS,
            "detector": _DETECTORS,
            "time": _THROUGH_TIME,
            "radius": {"geomspace": ["0.2 kpc", "5 kpc", 41]},
            "sfr": {"linspace": ["0.5 Msun/yr", "5 Msun/yr", 41]},
        },
    ),
    Example(
        "events_map",
        "a quantity over two axes, with contours",
        "quantity",
        quantities=("events_per_year",),
        settings={
            "detector": "hyper-k",
            "sfr": {"linspace": ["0.5 Msun/yr", "5 Msun/yr", 40]},
            "radius": {"geomspace": ["0.2 kpc", "10 kpc", 40]},
        },
        options={"along": ["sfr", "radius"]},
    ),
    Example(
        "galaxy_movie",
        "the map through time: stars are born, become red supergiants, burn carbon and die",
        "movie",
        scenario="imf_scan",
        settings={"radius": "1 kpc"},
        seed=1,
    ),
)

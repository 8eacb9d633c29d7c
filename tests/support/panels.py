"""A small result of stars and neutrinos, pictures of several panels of it, and what stands in these."""

import json

import matplotlib

matplotlib.use("Agg")

import numpy as np
import xarray as xr
from matplotlib.container import BarContainer, ErrorbarContainer
from pictures import attributes

from gridscan import plot

IMFS = ["kroupa", "salpeter", "top-heavy", "top-light"]
TIMES = np.array([6.0, 8.0, 12.0, 20.0])
DETECTORS = ["juno", "super-k", "hyper-k"]
MASSES = np.array([20.0, 22.5, 187.0])
ENERGIES = np.linspace(0.1, 4.9, 25)


def counts(dataset, quantities=("carbon_burning_rsg", "carbon_burning_rsg_within"), **options):
    return plot.counts(dataset, quantities, **options)


def signal(dataset, *, along="time", by=None, flux="flux", events="events_per_year"):
    return plot.signal(dataset, flux, events, along=along, by=by, usually_by="detector")


def spectra(dataset, *, by=None, flux="flux_spectrum", events="event_spectrum"):
    return plot.spectra(dataset, flux, events, along="energy", by=by, usually_by="detector")


def grid_of(imfs, times, detectors, scale=1.0):
    """Return numbers that grow with the place of the label and the time since 5 Myr."""
    number = scale * np.multiply.outer(1.0 + np.arange(len(imfs)), np.asarray(times) - 5)
    events = np.multiply.outer(number, 0.002 * np.geomspace(1, 9, len(detectors)))
    where = "expected number of carbon-burning red supergiants"
    return xr.Dataset(
        {
            "carbon_burning_rsg": (("imf", "time"), 4 * number, attributes("1", where)),
            "carbon_burning_rsg_within": (
                ("imf", "time", "radius"),
                np.multiply.outer(number, [0.1, 0.2]),
                attributes("1", f"{where} within the radius"),
            ),
            "flux": (
                ("imf", "time"),
                7 * number,
                attributes("1/cm^2/s", "mean neutrino flux of all carbon-burning red supergiants"),
            ),
            "events_per_year": (
                ("imf", "time", "detector"),
                events,
                attributes("1/yr", "expected events per year"),
            ),
        },
        coords={
            "imf": ("imf", imfs, {"long_name": "Initial mass function"}),
            "time": ("time", times, attributes("Myr", "Time since star formation began")),
            "radius": ("radius", [1.0, 3.0], attributes("kpc", "Distance from the Sun within which stars count")),
            "detector": ("detector", detectors, {"long_name": "Neutrino detector"}),
        },
        attrs={
            "gridscan_scenario": "[axes]\nimf=1\ntime=1\ndetector=1\nradius=1",
            "gridscan_overrides": json.dumps({}),
        },
    )


def bars_of(axes):
    return [container for container in axes.containers if isinstance(container, BarContainer)]


def whiskers_of(axes):
    """Return the lower and upper ends of the whiskers, an array (n, 2) for each line or group of bars."""
    found = [container for container in axes.containers if isinstance(container, ErrorbarContainer)]
    return [np.array([segment[:, 1] for segment in container.lines[2][0].get_segments()]) for container in found]


def curves(axes):
    """Return the lines without the caps of whiskers."""
    return [line for line in axes.lines if not line.get_label().startswith("_")]


def legend_texts(axes):
    return [item.get_text() for item in axes.get_legend().get_texts()]


def written(axes):
    return [item.get_text() for item in axes.texts]

"""The figures of the model, and its pictures in the gallery."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from gridscan import plot
from gridscan.definition.figures import Example, Figure
from gridscan.inputs.catalogue import read_catalogue
from gridscan.inputs.shipped_files import data_path
from gridscan.plot.page import SMALL
from gridscan.plot.panels import Panel, panels_of, stack, subtitle
from gridscan.plot.scales import spans_decades
from gridscan.plot.selection import picked, scanned_names
from gridscan.plot.text import number
from gridscan.sensitivity.base_point import long_axes
from gridscan.sensitivity.labelled import in_unit_of, quantity_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

_TIME = "time_before_collapse"
_TAIL = (0.5, 0.05, 0.01, 0.001)
# The source of the record that is of no star.
_NO_STAR = "Assumed"
# Backgrounds below this share of the largest do not matter, and below that are none in any exposure.
_LEAST, _NONE = 1e-6, 1e-30
_SCANNED = ("gridscan_scenario", "gridscan_overrides")
_COMPONENTS = {
    "solar_rate": "Sun",
    "carbon14_rate": "14C",
    "pile_up_rate": "two 14C taken for one",
    "krypton85_rate": "85Kr",
    "bismuth210_rate": "210Bi",
}


def source(dataset: xr.Dataset, *, along: str = _TIME, by: str | None = None) -> NDArray[Any]:
    """Draw luminosity and mean energy of the electron antineutrinos of a star against the time before its collapse."""
    panels = panels_of(dataset, ["luminosity", "mean_energy"], along, by or _first(dataset, "luminosity", along))
    grid = stack(panels, along)
    _backwards(grid[-1], along)
    subtitle(grid, panels)
    return grid


def horizon(dataset: xr.Dataset, *, along: str = "lead", by: str | None = None) -> NDArray[Any]:
    """Draw how far recoils and alarms reach against the time before collapse, with stars that we know as marks."""
    by = by or ("detector" if "detector" in long_axes(quantity_of(dataset, "elastic_horizon")) else None)
    panels = [
        panel._replace(logarithmic=True)
        for panel in panels_of(dataset, ["elastic_horizon", "alarm_horizon"], along, by)
    ]
    grid = stack(panels, along)
    for axes, panel in zip(grid, panels, strict=True):
        _mark_stars(axes, panel)
    _backwards(grid[-1], along)
    subtitle(grid, panels)
    return grid


def exceedance(dataset: xr.Dataset, *, along: str = "flux_threshold", by: str | None = None) -> Axes:
    """Draw the probability that the flux of all stars exceeds a threshold, with quantiles of the first line."""
    by = by or _first(dataset, "flux_exceedance", along)
    axes = plot.draw(dataset, "flux_exceedance", along=along, by=by)
    values, _ = picked(quantity_of(dataset, "flux_exceedance"), [along, *([by] if by else [])], scanned_names(dataset))
    first = values.isel({by: 0}) if by else values
    flux, probability = np.asarray(first[along].values, dtype=float), np.asarray(first.values, dtype=float)
    axes.set_yscale("log")
    for tail in _TAIL:
        if probability.min() < tail < probability.max():
            # The probability falls with the threshold.
            place = float(np.exp(np.interp(-np.log(tail), -np.log(probability), np.log(flux))))
            axes.plot(place, tail, marker="|", markersize=14, markeredgewidth=2, color="black", linestyle="none")
            axes.annotate(
                f"{100 * (1 - tail):g} %: {number(place)}",
                (place, tail),
                (6, 3),
                textcoords="offset points",
                fontsize=SMALL,
            )
    return axes


def rates(dataset: xr.Dataset, *, along: str = _TIME, by: str | None = None) -> NDArray[Any]:
    """Draw recoils and inverse beta decays of a star against the time before its collapse, above their backgrounds."""
    panels = panels_of(
        dataset, ["elastic_rate", "inverse_beta_rate"], along, by or _first(dataset, "elastic_rate", along)
    )
    below = [_recoil_background(dataset), quantity_of(dataset, "alarm_threshold")["inverse_beta_background"]]
    levels = [_level(panel, background) for panel, background in zip(panels, below, strict=True)]
    panels = [
        panel._replace(logarithmic=spans_decades(np.append(panel.values.values, level)))
        for panel, level in zip(panels, levels, strict=True)
    ]
    grid = stack(panels, along)
    for axes, panel, level in zip(grid, panels, levels, strict=True):
        _mark_background(axes, panel, level)
    _backwards(grid[-1], along)
    subtitle(grid, panels)
    return grid


def backgrounds(dataset: xr.Dataset, *, along: str = "recoil_min") -> Axes:
    """Draw each component of the background of recoils against the lowest energy that counts."""
    found = {name: quantity_of(dataset, name) for name in _COMPONENTS}
    parts = xr.broadcast(*found.values())
    total = xr.concat(parts, dim="component", coords="minimal", compat="override", join="exact")
    shown = total.assign_coords(component=list(_COMPONENTS.values()))
    shown.attrs = {"long_name": "background of recoils", "units": found["solar_rate"].attrs["units"]}
    most = float(shown.max())
    kept = shown.where(shown > _NONE * most, 0.0).assign_attrs(shown.attrs).to_dataset(name="background")
    # The units that the run recorded are not those of this variable; what it scanned is.
    told = {key: dataset.attrs[key] for key in _SCANNED if key in dataset.attrs}
    axes = plot.draw(kept.assign_attrs(told), "background", along=along, by="component")
    # A component that falls for ever would hide the others.
    axes.set_ylim(_LEAST * most, 3.0 * most)
    return axes


def alarms(dataset: xr.Dataset, *, along: str = "detector", by: str | None = None) -> Axes:
    """Draw alarms a century as bars for each detector, by default one colour for each ordering of the masses."""
    many = long_axes(quantity_of(dataset, "alarms_per_century"))
    by = by or ("ordering" if "ordering" in many and along != "ordering" else None)
    axes = plot.draw(dataset, "alarms_per_century", along=along, by=by, scale="linear")
    axes.set_yscale("log")
    # Bars have no zero to rise from: they begin below the least, that of a blind detector nowhere.
    rates = dataset["alarms_per_century"].values
    if (rates > 0.0).any():
        axes.set_ylim(bottom=10.0 ** np.floor(np.log10(0.9 * rates[rates > 0.0].min())))
    return axes


def _first(dataset: xr.Dataset, quantity: str, along: str) -> str | None:
    """Return the first axis of several values besides the one along which is drawn."""
    others = [axis for axis in long_axes(quantity_of(dataset, quantity)) if axis != along]
    return others[0] if others else None


def _backwards(axes: Axes, along: str) -> None:
    """Let time run to the right, towards collapse."""
    if along in (_TIME, "lead"):
        axes.invert_xaxis()


def _mark_stars(axes: Axes, panel: Panel) -> None:
    """Draw a line at the distance of stars that we know, as many as leave room for their names."""
    records = read_catalogue("star", data_path("presupernova/star.toml"))
    places = {
        label: in_unit_of(panel.values, str(record.values["distance"]))
        for label, record in records.items()
        if record.source != _NO_STAR
    }
    low, high = axes.get_ylim()
    high = max(high, 3.0 * min(places.values()))
    axes.set_ylim(low, high)
    # The share of the height that a name takes.
    apart = 0.045 * np.log(high / low)
    taken: list[float] = []
    for label, place in places.items():
        if low < place < high and all(abs(np.log(place / other)) > apart for other in [*taken, high]):
            taken.append(place)
            axes.axhline(place, color="#777777", linewidth=0.8, linestyle=(0, (1, 2)), zorder=0)
            axes.annotate(
                label,
                (0.005, place),
                (0, 1),
                xycoords=("axes fraction", "data"),
                textcoords="offset points",
                fontsize=SMALL,
                color="#444444",
            )


def _recoil_background(dataset: xr.Dataset) -> xr.DataArray:
    total = quantity_of(dataset, "solar_rate") + quantity_of(dataset, "intrinsic_rate")
    return total.assign_attrs(quantity_of(dataset, "solar_rate").attrs).rename("background")


def _level(panel: Panel, background: xr.DataArray) -> NDArray[Any]:
    """Return the background in the unit of a panel, one for each line of it."""
    scale = in_unit_of(panel.values, f"1 {background.attrs['units']}")
    by = panel.by if panel.by in background.dims else None
    held = {axis: panel.values[axis] for axis in background.dims if axis != by and axis in panel.values.coords}
    left = background.sel(held, method=None) if held else background
    left = left.isel({axis: 0 for axis in left.dims if axis != by})
    return np.atleast_1d(scale * np.asarray(left.compute().values, dtype=float))


def _mark_background(axes: Axes, panel: Panel, levels: Sequence[float] | NDArray[Any]) -> None:
    """Draw the background of each line in its colour, or one for all."""
    lines = axes.get_lines()
    for index, level in enumerate(levels):
        if level > 0:
            colour = lines[index].get_color() if len(levels) == len(lines) > 1 else "black"
            axes.axhline(level, color=colour, linewidth=1.4, linestyle=(0, (1, 1)))
    if panel.logarithmic and max(levels) > 0:
        low, high = axes.get_ylim()
        axes.set_ylim(min(low, 0.5 * min(level for level in levels if level > 0)), max(high, 2 * max(levels)))


FIGURES = (
    Figure(
        "source",
        "luminosity and mean energy of a star against the time before its collapse",
        source,
        quantities=("luminosity", "mean_energy"),
        axes=(_TIME,),
        settings={_TIME: {"geomspace": ["10 min", "3000 yr", 121]}},
        options=("along", "by"),
    ),
    Figure(
        "horizon",
        "how far recoils and alarms reach against the time before collapse, with stars as marks",
        horizon,
        quantities=("elastic_horizon", "alarm_horizon"),
        settings={"lead": {"geomspace": ["1 h", "3 yr", 49]}},
        options=("along", "by"),
    ),
    Figure(
        "exceedance",
        "probability of a flux of all stars, with quantiles",
        exceedance,
        quantities=("flux_exceedance",),
        settings={"flux_threshold": {"geomspace": ["0.1 / cm^2 / s", "1e6 / cm^2 / s", 43]}},
        options=("along", "by"),
    ),
    Figure(
        "rates",
        "events of a star against the time before its collapse, with their backgrounds (dotted)",
        rates,
        # The threshold of an alarm brings the background of inverse beta decays as a coordinate.
        quantities=("elastic_rate", "inverse_beta_rate", "solar_rate", "intrinsic_rate", "alarm_threshold"),
        settings={_TIME: {"geomspace": ["1 h", "100 yr", 97]}},
        options=("along", "by"),
    ),
    Figure(
        "backgrounds",
        "components of the background of recoils against the threshold",
        backgrounds,
        quantities=tuple(_COMPONENTS),
        settings={"recoil_min": {"linspace": ["0.1 MeV", "1 MeV", 91]}},
        options=("along",),
    ),
    Figure(
        "alarms",
        "alarms a century for each detector and mass ordering",
        alarms,
        quantities=("alarms_per_century",),
        settings={"detector": ["kamland", "sno+", "super-k-gd", "juno", "theia-25", "theia-100"]},
        options=("along", "by"),
    ),
)

_DETECTORS = ["kamland", "juno", "theia-100"]

EXAMPLES = (
    Example(
        "presupernova_source",
        "luminosity and mean energy of stars of 15, 20 and 25 solar masses in their last millennia",
        "source",
        settings={
            "time_before_collapse": {"geomspace": ["10 min", "3000 yr", 121]},
            "initial_mass": ["15 Msun", "20 Msun", "25 Msun"],
        },
    ),
    Example(
        "presupernova_horizon",
        "how far three detectors see a star of 15 solar masses before its collapse",
        "horizon",
        settings={"lead": {"geomspace": ["1 h", "3 yr", 49]}, "detector": _DETECTORS},
    ),
    Example(
        "presupernova_exceedance",
        "how likely the flux of all stars of the Galaxy exceeds a threshold",
        "exceedance",
        settings={"flux_threshold": {"geomspace": ["0.1 / cm^2 / s", "1e6 / cm^2 / s", 43]}, "radius": "30 kpc"},
    ),
    Example(
        "presupernova_rates",
        "events of Betelgeuse in three detectors before its collapse, and their backgrounds",
        "rates",
        settings={
            "time_before_collapse": {"geomspace": ["1 h", "100 yr", 97]},
            "star": "betelgeuse",
            "detector": _DETECTORS,
        },
    ),
    Example(
        "presupernova_backgrounds",
        "what hides the recoils of a star in a scintillator of 20 kt",
        "backgrounds",
        settings={
            "recoil_min": {"linspace": ["0.1 MeV", "1 MeV", 91]},
            "detector": "juno",
            "resolving_time": "300 ns",
        },
    ),
    Example(
        "presupernova_alarms",
        "alarms a century for each detector and mass ordering",
        "alarms",
        settings={
            "detector": ["kamland", "sno+", "super-k-gd", "juno", "theia-25", "theia-100"],
            "ordering": ["normal", "inverted", "none"],
        },
    ),
)

"""Results of each kind that a reader of netCDF or zarr may meet, with what is right about each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import gridscan as gs

if TYPE_CHECKING:
    from pathlib import Path

LABELS = """
model = "red_supergiants"
[axes]
imf         = ["kroupa", "salpeter", "top-heavy"]
metallicity = [0.014, 0.017]
time        = { values = [5, 10, 12, 20], unit = "Myr" }
radius      = { geomspace = [0.2, 5, 6], unit = "kpc" }
detector    = ["juno", "super-k"]
[output]
quantities = ["carbon_burning_rsg", "flux", "events_per_year", "local_sfr_density"]
"""
SKY = """
model = "boosted_dark_matter"
axes.longitude = { linspace = [-180, 180, 72], unit = "deg" }
axes.latitude  = { linspace = [-90, 90, 37], unit = "deg" }
output.quantities = ["sky_flux"]
[parameters]
supernova        = "cas-a"
time             = "350 yr"
kinetic_energy   = "5 MeV"
dark_matter_mass = "1 MeV"
"""
MAP = """
model = "red_supergiants"
axes.x = { linspace = [-12, 12, 49], unit = "kpc" }
axes.y = { linspace = [-12, 12, 49], unit = "kpc" }
output.quantities = ["share_per_area"]
"""
DRAWS = """
model = "red_supergiants"
[axes]
imf  = { values = ["kroupa", "salpeter"], weight = [2, 1] }
time = { values = [5, 10, 20], unit = "Myr", weight = [1, 2, 1] }
[uncertain]
sfr         = { normal = [2.0, 0.7], unit = "Msun/yr", minimum = 0.5 }
mean_energy = { triangular = ["0.7 MeV", "0.9 MeV", "1.2 MeV"] }
[design]
points = 64
[output]
quantities = ["carbon_burning_rsg", "flux"]
"""
INFINITE = """
model = "presupernova"
[axes]
detector         = ["juno", "borexino"]
distance         = { values = [0.2, 20, 2000], unit = "kpc" }
background_error = [0, 0.01]
[output]
quantities = ["required_mass", "events_in_exposure"]
"""
#: By name: the scenario, keys of its output, the suffix, a quantity to read, and an axis and labels to read.
KINDS: dict[str, tuple[str, str, str, str, str, str]] = {
    "labels": (LABELS, "", ".nc", "flux", "time", "imf"),
    "compressed": (LABELS, 'compression = "zlib"', ".nc", "flux", "time", "imf"),
    "sky": (SKY, "", ".nc", "sky_flux", "latitude", ""),
    "map": (MAP, "", ".nc", "share_per_area", "x", ""),
    "draws": (DRAWS, "", ".nc", "flux", "time", "imf"),
    "infinite": (INFINITE, "", ".nc", "required_mass", "distance", "detector"),
    "zarr": (LABELS, 'format = "zarr"', ".zarr", "flux", "time", "imf"),
}


def make_results(folder: Path) -> dict[str, tuple[Path, dict[str, Any]]]:
    """Write a result of each kind, and return its path and what is right about it."""
    made = {}
    for name, (text, output, suffix, quantity, axis, labels) in KINDS.items():
        scenario = gs.Scenario.parse(text + output, name=f"{name}.toml")
        path = gs.run(scenario, output=folder / f"{name}{suffix}")
        with gs.open(path) as found:
            values = found[quantity].values
            right = {
                "path": str(path),
                "quantity": quantity,
                "variables": sorted(map(str, found.data_vars)),
                "dims": [str(dim) for dim in found[quantity].dims],
                "shape": list(values.shape),
                "total": float(values.sum()),
                "axis": axis,
                "values": found[axis].values.tolist(),
                "labels": labels,
                "words": found[labels].values.tolist() if labels else [],
            }
        (folder / f"{name}.json").write_text(json.dumps(right), encoding="utf-8")
        made[name] = path, right
    return made

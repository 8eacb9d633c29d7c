"""Boosted dark matter: fluxes, events and a sky by gridscan, and by the public code snorer where it is installed.

Run ``python tests/benchmarks/boosted.py``; ``--no-grid`` leaves the million fluxes out, ``--all`` has the peer count
events too. Install the peer with ``pip install gridscan[bench]``. Both run in one process, the peer with its defaults
and its own constants, so gridscan computes in the convention of the publications here. Medians of some rounds are
printed; the peer, a Monte Carlo of seconds a number, is timed once.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import gridscan as gs

#: Cassiopeia A, whose labels are the defaults of the model, is seen at one point in all the cases.
MASS: dict[str, Any] = {"dark_matter_mass": "1 MeV"}
POINT: dict[str, Any] = {"time": "350 yr", "kinetic_energy": "5 MeV"} | MASS
DISTANCE, HALO_DISTANCE = 3.5, 8.5
LONGITUDE, LATITUDE = np.radians([111.7353077866, -2.1279965304])
#: The peer's kpc is shorter than gridscan's. With the year so much shorter, light goes the same part of a kpc a year.
YEAR = 31557600.0 * 3.085 / 3.0856775814913673
CROSS_SECTION = 1e-45
WINDOW = ([5, 30], [10, 35 * YEAR])
#: Every so many points of the sky the peer is asked for; prime to both sides, to meet all of it.
SKY_STRIDE = 161


def axes(times: int, masses: int, energies: int) -> dict[str, Any]:
    """Return the axes of a block of fluxes."""
    return {
        "time": [f"{years} yr" for years in np.geomspace(1, 300, times)],
        "dark_matter_mass": np.geomspace(0.01, 10, masses),
        "kinetic_energy": np.linspace(5, 30, energies),
    }


def sky_axes() -> dict[str, Any]:
    """Return the middles of 800 by 400 fields of the sky."""
    return {"longitude": np.linspace(-179.775, 179.775, 800), "latitude": np.linspace(-89.775, 89.775, 400)}


def evaluated(names: Any, **values: Any) -> Any:
    """Return quantities of the model, computed and in memory."""
    return gs.model("boosted_dark_matter").evaluate(names, convention="published", **values).compute()


def cases() -> dict[str, Callable[[], Any]]:
    """Return what is timed in rounds."""
    block = axes(25, 20, 20)
    return {
        "one flux": lambda: evaluated("flux", **POINT),
        "10^4 fluxes at 1e-6": lambda: evaluated("flux", accuracy=1e-6, **block),
        "one event number at 1e-4": lambda: evaluated("events_per_target", accuracy_of_events=1e-4, **MASS),
        "sky of 800 x 400": lambda: evaluated("sky_flux", **POINT, **sky_axes()),
    }


def _seconds(function: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = function()
    return time.perf_counter() - start, result


def timed(rounds: int) -> dict[str, tuple[float, Any]]:
    """Return the median time and the result of each case, after a first call that is not counted."""
    found = {}
    for name, function in cases().items():
        function()
        runs = [_seconds(function) for _ in range(rounds)]
        found[name] = statistics.median(seconds for seconds, _ in runs), runs[0][1]
    return found


def million() -> tuple[float, Any]:
    """Return the time of a grid of a million fluxes, and the grid with the status of each point."""
    return _seconds(lambda: evaluated(["flux", "status"], **axes(100, 100, 100)))


def peer_code() -> Any | None:
    """Return the module of the peer, None where it is not installed."""
    try:
        return importlib.import_module("snorer")
    except ImportError:
        return None


def peer_sky(peer: Any, beta: float, sky: Any) -> tuple[float, float]:
    """Return the seconds a point of the sky takes the peer, and the sum of the differences over that of the fluxes.

    The relative difference of one point means nothing at the edge, where the flux dies.
    """
    fluxes = sky.transpose("longitude", "latitude").values
    chosen = np.arange(0, fluxes.size, SKY_STRIDE)
    longitude, latitude = np.unravel_index(chosen, fluxes.shape)
    longitude, latitude = np.radians(sky.longitude.values[longitude]), np.radians(sky.latitude.values[latitude])
    towards = np.sin(LATITUDE) * np.sin(latitude)
    theta = np.arccos(towards + np.cos(LATITUDE) * np.cos(latitude) * np.cos(longitude - LONGITUDE))
    centre = np.cos(latitude) * np.cos(longitude)
    # Its azimuth about the supernova, 90 degrees towards the centre of the halo, enters by its sine alone.
    sine = (centre - np.cos(theta) * np.cos(beta)) / (np.sin(theta) * np.sin(beta))
    phi = np.arcsin(np.clip(sine, -1, 1))
    at = (350 * YEAR, 5.0, 1.0)
    seconds, found = _seconds(
        lambda: [
            peer.differential_flux(*at, *one, DISTANCE, beta, HALO_DISTANCE) for one in zip(theta, phi, strict=True)
        ]
    )
    ours = fluxes.ravel()[chosen]
    return seconds / len(chosen), float(np.sum(np.abs(np.asarray(found) - ours)) / np.sum(ours))


def compared(peer: Any, ours: dict[str, tuple[float, Any]], with_events: bool) -> dict[str, float]:
    """Time the peer, print what it takes and how far the numbers are apart, and return the ratios."""
    beta = float(peer.galactic_to_beta(LONGITUDE, LATITUDE))
    results = {}
    seconds, flux = _seconds(lambda: peer.flux(350 * YEAR, 5.0, 1.0, DISTANCE, beta, HALO_DISTANCE))
    results["one flux"] = seconds / ours["one flux"][0]
    results["a flux of a block"] = seconds / (ours["10^4 fluxes at 1e-6"][0] / 1e4)
    differences = {"one flux": flux / ours["one flux"][1].item() - 1}
    print(f"snorer, one flux              {seconds:10.2f} s")
    if with_events:
        seconds, events = _seconds(lambda: peer.event(1.0, DISTANCE, beta, HALO_DISTANCE, *WINDOW))
        results["one event number"] = seconds / ours["one event number at 1e-4"][0]
        one = ours["one event number at 1e-4"][1].item()
        differences["one event number"] = events * CROSS_SECTION / one - 1
        print(f"snorer, one event number      {seconds:10.2f} s")
    seconds, differences["all points of the sky"] = peer_sky(peer, beta, ours["sky of 800 x 400"][1])
    results["a point of the sky"] = seconds / (ours["sky of 800 x 400"][0] / 320_000)
    print(f"snorer, a point of the sky    {1e6 * seconds:10.2f} us")
    for name, ratio in results.items():
        print(f"gridscan is {ratio:,.0f} times faster for {name}")
    for name, difference in differences.items():
        print(f"relative difference, {name}: {difference:.1e}")
    return results | {f"difference of {name}": difference for name, difference in differences.items()}


def main(rounds: int = 5, with_grid: bool = True, with_events: bool = False) -> dict[str, float]:
    """Time the cases, print and return the medians in seconds, and ratios where the peer is installed."""
    ours = timed(rounds)
    results = {name: seconds for name, (seconds, _) in ours.items()}
    print(f"medians of {rounds} rounds")
    for name, seconds in results.items():
        print(f"gridscan, {name:26}{1e3 * seconds:10.2f} ms")
    shining = int((ours["10^4 fluxes at 1e-6"][1] > 0).sum())
    print(f"{results['10^4 fluxes at 1e-6'] / 1e4 * 1e6:.1f} us a flux of the block; {shining:,} of them are not zero")
    if with_grid:
        seconds, grid = million()
        results["10^6 fluxes"] = seconds
        missed = int(grid.status.sum())
        print(f"gridscan, {grid.flux.size:,} fluxes        {seconds:10.2f} s; {missed} of them miss their accuracy")
    peer = peer_code()
    if peer is None:
        print("snorer is not installed: no comparison (pip install gridscan[bench])")
        return results
    return results | compared(peer, ours, with_events)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--no-grid", action="store_true", help="leave the grid of a million fluxes out")
    parser.add_argument("--all", action="store_true", help="have the peer count events too")
    chosen = parser.parse_args()
    main(with_grid=not chosen.no_grid, with_events=chosen.all)

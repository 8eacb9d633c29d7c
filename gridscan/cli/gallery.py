"""One picture of every kind, from the shipped scenarios; each function here draws one, and is the recipe for it.

The Hertzsprung-Russell diagrams are of invented tables in the formats of published ones, which are written beside them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

import gridscan as gs
from gridscan import plot
from gridscan.atomic import replacing
from gridscan.errors import StoreError, listed, nearest
from gridscan.scenario.reader import Scenario
from gridscan.stellar_tables.isochrones import read_stellar_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import xarray as xr

_IMFS = ["kroupa", "salpeter", "top-heavy", "top-light"]
_DETECTORS = ["juno", "super-k", "hyper-k", "theia-100"]
_THROUGH_TIME = {"linspace": ["4 Myr", "20 Myr", 65]}


def counts_by_imf(_: Path) -> Any:
    """Draw carbon-burning red supergiants for each initial mass function, in the Galaxy and within 1 kpc of the Sun."""
    return plot.counts(_evaluated(["carbon_burning_rsg", "carbon_burning_rsg_within"], imf=_IMFS, radius="1 kpc"))


def counts_through_time(_: Path) -> Any:
    """Draw expected numbers while stars form, for two initial mass functions."""
    quantities = ["carbon_burning_rsg", "carbon_burning_rsg_within"]
    found = _evaluated(quantities, imf=["kroupa", "top-heavy"], time=_THROUGH_TIME, radius="1 kpc")
    return plot.counts(found, along="time", by="imf")


def signal_through_time(_: Path) -> Any:
    """Draw flux and events while stars form; mass_integration smooths the steps of the tabulated masses."""
    smooth: dict[str, Any] = {"mass_integration": "continuous", "radius": "1 kpc"}
    return plot.signal(_evaluated(["flux", "events_per_year"], time=_THROUGH_TIME, detector=_DETECTORS, **smooth))


def events_by_imf(_: Path) -> Any:
    """Draw the events in each detector, for each initial mass function."""
    found = _evaluated(["events_per_year"], imf=_IMFS, detector=_DETECTORS, radius="1 kpc")
    return plot.draw(found, "events_per_year", along="detector", by="imf")


def required_mass(_: Path) -> Any:
    """Draw the detector mass that tells two initial mass functions apart."""
    rates = _evaluated(["events_per_year"], imf=_IMFS, detector="theia-100", radius="1 kpc")
    return plot.matrix(rates.gridscan.discriminate("events_per_year", "imf", background="1 / kt / yr"))


def timeline(_: Path) -> Any:
    """Draw the life of a star of 15 solar masses, and its end."""
    quantities = ["lifetime", "red_supergiant_duration", "carbon_burning_start", "carbon_burning_end"]
    return plot.timeline(_evaluated(quantities, initial_mass="15 Msun", metallicity=0.014))


def galaxy(_: Path) -> Any:
    """Draw massive stars of the Galaxy at random, over the density that they are drawn from."""
    return plot.galaxy(gs.sample("imf_scan", overrides={"radius": "1 kpc"}, seed=1), _density())


def isochrone(folder: Path) -> Any:
    """Draw stars of one age in the Hertzsprung-Russell diagram (an invented table in the format of CMD 3.9)."""
    return plot.hertzsprung_russell(read_stellar_table(_written(folder / "isochrone.dat", invented_isochrone())))


def track(folder: Path) -> Any:
    """Draw a star's way through the Hertzsprung-Russell diagram (an invented table in the format of PARSEC v2.0)."""
    name = "Z0.014Y0.273_ROT0.00_M15.0.TAB"
    return plot.hertzsprung_russell(read_stellar_table(_written(folder / name, invented_track())))


def spectra(_: Path) -> Any:
    """Draw neutrinos and events per energy."""
    energies = {"linspace": ["0.1 MeV", "5 MeV", 200]}
    quantities = ["flux_spectrum", "event_spectrum"]
    return plot.spectra(_evaluated(quantities, energy=energies, detector=_DETECTORS, radius="1 kpc"))


def exceedance(_: Path) -> Any:
    """Draw how likely the flux of all stars within a radius is above a threshold."""
    thresholds = {"geomspace": ["0.01 / cm^2 / s", "200 / cm^2 / s", 44]}
    likely = _evaluated(["flux_exceedance"], flux_threshold=thresholds, radius=["1 kpc", "3 kpc", "10 kpc"])
    return plot.draw(likely, "flux_exceedance", along="flux_threshold", by="radius")


def tornado(_: Path) -> Any:
    """Draw how the events answer to each parameter."""
    return plot.tornado(gs.local("imf_scan", "events_per_year", at={"detector": "hyper-k", "imf": "kroupa"}))


def shares(_: Path) -> Any:
    """Draw which axis of a grid matters most for the events."""
    axes: dict[str, Any] = {"imf": _IMFS, "detector": _DETECTORS, "time": _THROUGH_TIME}
    axes |= {"radius": {"geomspace": ["0.2 kpc", "5 kpc", 41]}, "sfr": {"linspace": ["0.5 Msun/yr", "5 Msun/yr", 41]}}
    return plot.shares(_evaluated(["events_per_year"], **axes).gridscan.variance_shares("events_per_year"))


def events_map(_: Path) -> Any:
    """Draw a quantity over two axes, with contours."""
    axes = {"sfr": {"linspace": ["0.5 Msun/yr", "5 Msun/yr", 40]}, "radius": {"geomspace": ["0.2 kpc", "10 kpc", 40]}}
    events = _evaluated(["events_per_year"], detector="hyper-k", **axes)
    return plot.draw(events, "events_per_year", along=["sfr", "radius"])


def sky(_: Path) -> Any:
    """Draw the sky in dark matter that the neutrinos of Cassiopeia A have boosted."""
    return plot.sky(gs.evaluate("cas_a_sky", quantities=["sky_flux"]))


def _evaluated(quantities: list[str], **values: Any) -> xr.Dataset:
    """Evaluate a scenario of these values, so that the picture says them and no others."""
    text = 'model = "red_supergiants"\n[output]\n' + f"quantities = {json.dumps(quantities)}\n"
    return gs.evaluate(Scenario.parse(text, name="gallery.toml", overrides=values))


def _density() -> xr.DataArray:
    axis = {"linspace": ["-15 kpc", "15 kpc", 401]}
    return _evaluated(["share_per_area"], x=axis, y=axis)["share_per_area"]


def _written(path: Path, text: str) -> Path:
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return path


def invented_isochrone() -> str:
    """Return an isochrone of 10 Myr in the format of CMD 3.9, made of a main sequence and a crossing to cool stars.

    The numbers are no stellar model: luminosity M^3.5 and temperature M^0.53 on the main sequence, then straight lines.
    """
    mass = np.geomspace(0.1, 16.0, 160)
    sequence = np.stack([mass, 3.5 * np.log10(mass) + 0.2, 3.76 + 0.53 * np.log10(mass) - 0.06 * np.log10(mass) ** 2])
    along = np.linspace(0.0, 1.0, 60)
    crossing = np.stack([16.0 + 0.3 * along, 4.42 + 0.28 * along, 4.31 - 0.74 * along])
    tip = np.stack([16.3 + 0.2 * along, 4.70 + 0.35 * along, 3.57 - 0.03 * along])
    rows = np.concatenate([sequence, crossing[:, 1:], tip[:, 1:]], axis=1).T
    phase = [1] * 160 + [2] * 59 + [4] * 59
    head = ["# An invented isochrone in the format of CMD 3.9, no stellar model", "# Zini logAge Mini logL logTe label"]
    lines = [
        f"0.0140 7.00000 {m:.6f} {light:.4f} {heat:.4f} {label}"
        for (m, light, heat), label in zip(rows, phase, strict=True)
    ]
    return "\n".join([*head, *lines, ""])


def invented_track() -> str:
    """Return the track of a star of 15 solar masses in the format of PARSEC v2.0, made of straight lines.

    The numbers are no stellar model.
    """
    corners = np.array(
        [  # age [yr], log T_eff [K], log L [Lsun], log of the share of carbon burning
            [0.0, 4.48, 4.30, -12.0],
            [11.2e6, 4.40, 4.62, -12.0],
            [11.9e6, 4.45, 4.72, -12.0],
            [12.0e6, 3.59, 4.60, -12.0],
            [12.1e6, 3.56, 4.78, -10.0],
            [12.995e6, 3.57, 4.86, -4.0],
            [12.996e6, 3.55, 4.97, -3.0],
            [13.0e6, 3.54, 5.02, -0.3],
        ]
    )
    fine = np.unique(np.concatenate([np.linspace(i, i + 1, 31) for i in range(len(corners) - 1)]))
    age, temperature, luminosity, carbon = (np.interp(fine, np.arange(len(corners)), column) for column in corners.T)
    lines = [
        f"{years:.4f} 15.0 {heat:.5f} {light:.5f} {10**burning:.6e}"
        for years, heat, light, burning in zip(age, temperature, luminosity, carbon, strict=True)
    ]
    return "\n".join(["AGE MASS LOG_TE LOG_L LC", *lines, ""])


#: The pictures by name.
PICTURES: dict[str, Callable[[Path], Any]] = {
    function.__name__: function
    for function in (
        *(counts_by_imf, counts_through_time, signal_through_time, events_by_imf, required_mass, timeline, galaxy),
        *(isochrone, track, spectra, exceedance, tornado, shares, events_map, sky),
    )
}
MOVIE = "galaxy_movie"


def movie(path: Path, *, frames: int, dpi: float) -> Path:
    """Write the map through time: stars are born, become red supergiants, burn carbon and die."""
    history = gs.sample("imf_scan", "star_history", overrides={"radius": "1 kpc"}, seed=1)
    return plot.movie(history, path, density=_density(), frames=frames, dpi=dpi)


def make_gallery(
    folder: Path, *, only: Sequence[str] = (), dpi: float = 110, frames: int = 100
) -> Iterator[tuple[Path, str]]:
    """Write the pictures one after the other, and give the path of each and what it shows.

    Parameters
    ----------
    only
        Names of pictures; all by default.
    dpi
        Pixels per inch; at 110, pictures are 800 pixels wide, and the movie is 640.
    frames
        Of the movie.

    Raises
    ------
    StoreError
        If a name is unknown, or a file cannot be written.
    """
    from matplotlib import pyplot

    known = [*PICTURES, MOVIE]
    for name in only:
        if name not in known:
            raise StoreError(f"there is no picture {name!r}{nearest(name, known)}; there are {listed(known, 20)}")
    for name, draw in PICTURES.items():
        if not only or name in only:
            axes = draw(folder)
            yield plot.save(axes, folder / f"{name}.png", dpi), str(draw.__doc__)
            pyplot.close("all")
    if not only or MOVIE in only:
        yield movie(folder / f"{MOVIE}.gif", frames=frames, dpi=0.8 * dpi), str(movie.__doc__)

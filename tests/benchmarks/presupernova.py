"""Stars before collapse: 100,800 combinations by gridscan and by the same formulas written out in factored numpy.

Run ``python tests/benchmarks/presupernova.py``. Both begin without anything cached, are timed in turns in one process,
and agree to 1e-12; the medians and their ratio are printed, and how long the Galaxy's flux exceedance takes at 60
thresholds. The recoils and the integrals over time are the same routines in both.
"""

from __future__ import annotations

import math
import statistics
import time
import warnings
from typing import Any

import numpy as np

import gridscan as gs
from gridscan.inputs.catalogue import read_catalogue
from gridscan.inputs.shipped_files import data_path
from gridscan.models.presupernova import source, star_curves
from gridscan.physics.constants import KILOPARSEC, YEAR
from gridscan.physics.neutrinos.flavour_conversion import survival_probabilities
from gridscan.physics.neutrinos.measured_recoil import RecoilWindow
from gridscan.physics.neutrinos.thermal_pairs import pair_table
from gridscan.physics.neutrinos.weak_couplings import SPECIES, radiative_couplings
from gridscan.physics.presupernova.event_rates import elastic_cross_section, elastic_moments, spectra_of
from gridscan.physics.presupernova.luminosity import emission
from gridscan.physics.presupernova.luminosity_table import track_of
from gridscan.physics.presupernova.rate_curve import RateCurve, panel_edges, panel_times
from gridscan.stellar_tables.neutrino_tracks import shipped_luminosity_table
from gridscan.units import convert, parse_quantity, parse_unit

DETECTORS = ["kamland", "juno", "theia-25", "theia-100", "borexino", "jinping"]
AXES: dict[str, Any] = {
    "imf": ["kroupa", "salpeter", "top-heavy", "top-light"],
    "sfr": np.linspace(1.0, 3.0, 5),
    "ordering": ["normal", "inverted", "none"],
    "detector": DETECTORS,
    "lead": {"values": [0, 1, 3, 6, 12, 24, 48, 96, 168, 336, 720, 1440, 4320, 8640], "unit": "hour"},
    "distance": np.geomspace(100.0, 2000.0, 20),
}
TURNS = 5


def _value(record: Any, key: str, unit: str) -> float:
    quantity = parse_quantity(str(record.values[key]))
    return float(convert(float(quantity.magnitude), quantity.units, parse_unit(unit)))


def factored() -> np.ndarray:
    """Return the events over ordering, detector, lead and distance, broadcast over mass functions and rates."""
    table = shipped_luminosity_table()
    edges = panel_edges(track_of(table, 15.0), pair_table().mean_energy)
    times = panel_times(edges)
    emitted = emission(table, 15.0, times)
    spectra = spectra_of(emitted)
    couplings = {species: radiative_couplings(species) for species in SPECIES}
    lead = np.array(AXES["lead"]["values"]) * 3600.0
    records = read_catalogue("detector", data_path("presupernova/detector.toml"))
    counts = np.empty((3, len(DETECTORS), len(lead)))
    for column, label in enumerate(DETECTORS):
        record = records[label]
        window = RecoilWindow(
            _value(record, "recoil_min", "MeV"),
            _value(record, "recoil_max", "MeV"),
            _value(record, "resolution_stochastic", "1"),
            _value(record, "resolution_proportional", "1"),
            _value(record, "resolution_constant", "MeV"),
        )
        moments, _ = elastic_moments(spectra, window)
        electrons = 1e9 * _value(record, "fiducial_mass", "kt") * _value(record, "electrons_per_mass", "mol/g")
        electrons *= 6.02214076e23 * _value(record, "efficiency_elastic", "1")
        electrons *= _value(record, "direction_efficiency", "1")
        for row, ordering in enumerate(AXES["ordering"]):
            sigma = elastic_cross_section(moments, spectra, survival_probabilities(ordering), couplings)
            curve = RateCurve.through(edges, emitted.rate * sigma)
            counts[row, column] = electrons * curve.between(lead, lead + YEAR)[0]
    events = counts[..., None] / (4.0 * math.pi * (AXES["distance"] * 1e-3 * KILOPARSEC) ** 2)
    return np.broadcast_to(events, (4, 5, *events.shape)).copy()


def by_gridscan(model: gs.Model) -> np.ndarray:
    """Return the same by the model."""
    found = model.evaluate("events_in_exposure", **AXES)
    return np.broadcast_to(found.values, (4, 5, *found.shape[-4:])).copy()


def forget() -> None:
    """Empty the caches of the model, which would make its second run quicker."""
    for function in (star_curves.panels_of, star_curves._moments, star_curves._parts, source.table_of):
        function.cache_clear()


def main() -> None:
    warnings.simplefilter("ignore", gs.GridscanWarning)
    model = gs.model("presupernova")
    shipped_luminosity_table(), pair_table()
    seconds: dict[str, list[float]] = {"gridscan": [], "factored": []}
    results = {}
    for _ in range(TURNS):
        for name, function in (("gridscan", lambda: by_gridscan(model)), ("factored", factored)):
            forget()
            start = time.perf_counter()
            results[name] = function()
            seconds[name].append(time.perf_counter() - start)
    np.testing.assert_allclose(results["gridscan"], results["factored"], rtol=1e-12)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    cells = results["factored"].size
    print(f"{cells:,} combinations: gridscan {medians['gridscan']:.3f} s, factored numpy {medians['factored']:.3f} s")
    print(f"ratio {medians['gridscan'] / medians['factored']:.2f}")
    thresholds = {"geomspace": [1e-2, 1e6, 60], "unit": "1/cm^2/s"}
    # Units are read once a process, for whatever comes first.
    model.evaluate("probability_of_star_above_flux", flux_threshold=thresholds, stars_above_flux=1.0)
    for words, imf in (("the first time", "kroupa"), ("for another mass function", "salpeter")):
        start, busy = time.perf_counter(), time.process_time()
        model.evaluate("flux_exceedance", flux_threshold=thresholds, radius="25 kpc", imf=imf)
        print(
            f"flux exceedance of the Galaxy at 60 thresholds, {words}: {time.perf_counter() - start:.2f} s, "
            f"{time.process_time() - busy:.2f} s of a processor"
        )


if __name__ == "__main__":
    main()

"""One star before its collapse, at 1,000 times in 3 orderings: its transformed flux and its event rate, beside snewpy.

Run ``pip install gridscan[bench]``, then ``python tests/benchmarks/snewpy_star.py``. Both begin from the same
luminosities, mean energies, pinchings and mixing angles at the same times; snewpy gets them as the table of a
`PinchedModel`. Compared are spectra of two species at 200 energies, and inverse beta decays of 20 kt of scintillator,
for which snewpy sums spectra times the cross sections of SNOwGLoBES, and gridscan averages that of Strumia & Vissani.
How far they agree is printed, and the ratio of the times, each the best of several turns in one process.
"""

from __future__ import annotations

import time
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from astropy import units as u
from astropy.table import Table
from snewpy.flavor_transformation import AdiabaticMSW, NoTransformation
from snewpy.models.base import PinchedModel
from snewpy.neutrino import Flavor, MassHierarchy
from snewpy.rate_calculator import RateCalculator

import gridscan as gs
from gridscan.physics.constants import KILOPARSEC, YEAR
from gridscan.physics.neutrinos.flavour_conversion import survival_probabilities
from gridscan.physics.neutrinos.thermal_pairs import pair_table
from gridscan.physics.presupernova.event_rates import inverse_beta_cross_section, inverse_beta_parts, spectra_of
from gridscan.physics.presupernova.luminosity import emission
from gridscan.physics.presupernova.luminosity_table import track_of
from gridscan.physics.presupernova.rate_curve import RateCurve, panel_edges, panel_times
from gridscan.stellar_tables.neutrino_tracks import shipped_luminosity_table

if TYPE_CHECKING:
    from collections.abc import Callable

TIMES = np.geomspace(1e-4, 1000.0, 1000)  # yr
ENERGIES = np.linspace(0.1, 20.0, 200)  # MeV
ORDERINGS = ["normal", "inverted", "none"]
SPECIES = {"nue": Flavor.NU_E, "nuebar": Flavor.NU_E_BAR}
STAR: dict[str, Any] = {
    "initial_mass": "15 Msun",
    "distance": "200 pc",
    "time_before_collapse": {"values": TIMES.tolist(), "unit": "yr"},
}
SINES = {"sin2_theta12": 0.3075, "sin2_theta13": 0.0222}
TURNS = 7


def pinched_model(model: gs.Model) -> PinchedModel:
    """Return the star as a table of luminosities, mean energies and pinchings against time."""
    names = ["luminosity", "mean_energy", "pinching", "heavy_flavour_ratio", "heavy_flavour_mean_energy"]
    found = {name: model.evaluate(name, **STAR).values[::-1] for name in names}
    heavy = (
        found["luminosity"] * found["heavy_flavour_ratio"] * found["heavy_flavour_mean_energy"] / found["mean_energy"]
    )
    table = Table({"TIME": -TIMES[::-1] * 31557600.0 * u.s})
    for flavour, luminosity, energy in (
        ("E", found["luminosity"], found["mean_energy"]),
        ("X", heavy, found["heavy_flavour_mean_energy"]),
    ):
        for kind in ("", "_BAR"):
            table[f"L_NU_{flavour}{kind}"] = luminosity * (u.erg / u.s)
            table[f"E_NU_{flavour}{kind}"] = energy * u.MeV
            table[f"ALPHA_NU_{flavour}{kind}"] = found["pinching"]
    return PinchedModel(table, {})


def fluxes_of_snewpy(star: PinchedModel, energies: np.ndarray) -> list[Any]:
    """Return the fluxes after conversion, in each ordering."""
    angles = [np.arcsin(np.sqrt(SINES[name])) * u.rad for name in ("sin2_theta12", "sin2_theta13")]
    angles.append(49.0 * u.deg)
    conversions = [AdiabaticMSW(angles, order) for order in (MassHierarchy.NORMAL, MassHierarchy.INVERTED)]
    times = -TIMES * 31557600.0 * u.s
    return [star.get_flux(times, energies * u.MeV, 0.2 * u.kpc, form) for form in (*conversions, NoTransformation())]


def spectra_of_gridscan(model: gs.Model) -> Any:
    energies = {"values": ENERGIES.tolist(), "unit": "MeV"}
    return model.evaluate(
        "flux_spectrum", ordering=ORDERINGS, species=list(SPECIES), energy=energies, **STAR, **SINES
    ).transpose("ordering", "species", "time_before_collapse", "energy")


def decays_of_snewpy(star: PinchedModel, calculator: RateCalculator, smeared: bool = False) -> np.ndarray:
    fluxes = fluxes_of_snewpy(star, ENERGIES)
    runs = [calculator.run(flux, "scint20kt", detector_effects=smeared) for flux in fluxes]
    rates = [run["ibd"].integrate_or_sum("energy").array for run in runs]
    return np.array([rate.to_value("1/day").ravel() for rate in rates])


def decays_of_gridscan(model: gs.Model, protons: float) -> np.ndarray:
    perfect = {"efficiency_inverse_beta": 1.0, "energy_min_prompt": "0 MeV", "number_of_protons": protons}
    found = model.evaluate("inverse_beta_rate", ordering=ORDERINGS, **STAR, **SINES, **perfect)
    return np.asarray(found.transpose("ordering", "time_before_collapse").values)


def decays_of_functions(protons: float) -> np.ndarray:
    """Return the same by the public functions of the physics alone, without units, labels and checks of a model."""
    table = shipped_luminosity_table()
    edges = panel_edges(track_of(table, 15.0), pair_table().mean_energy)
    emitted = emission(table, 15.0, panel_times(edges))
    spectra = spectra_of(emitted)
    parts, _ = inverse_beta_parts(spectra, 0.0)
    survival = [survival_probabilities(ordering, *SINES.values())[1] for ordering in ORDERINGS]
    curves = [RateCurve.through(edges, emitted.rate * inverse_beta_cross_section(parts, spectra, p)) for p in survival]
    seen = 86400.0 * protons / (4.0 * np.pi * (0.2 * KILOPARSEC) ** 2)
    return seen * np.array([curve.at(TIMES * YEAR) for curve in curves])


def best(function: Callable[[], Any]) -> tuple[Any, float]:
    """Return what a function returns, and its shortest time [s]."""
    seconds = []
    for _ in range(TURNS):
        start = time.perf_counter()
        found = function()
        seconds.append(time.perf_counter() - start)
    return found, min(seconds)


def main() -> None:
    warnings.simplefilter("ignore")
    model = gs.model("presupernova")
    star, calculator = pinched_model(model), RateCalculator()
    theirs, slow = best(lambda: fluxes_of_snewpy(star, ENERGIES))
    ours, quick = best(lambda: spectra_of_gridscan(model))
    for row, ordering in enumerate(ORDERINGS):
        for column, (name, flavour) in enumerate(SPECIES.items()):
            known = theirs[row].array[flavour].to_value("1/(MeV cm2 s)")
            own = ours.values[row, column]
            some = known > 1e-6 * known.max(axis=-1, keepdims=True)
            print(f"{ordering:9}{name:7} spectra agree to {np.max(np.abs(own / known - 1.0)[some]):.1e}")
    print(f"spectra of {ours.size:,} points: snewpy {slow:.3f} s, gridscan {quick:.3f} s, ratio {slow / quick:.0f}")
    protons = 20e9 * float(calculator.detectors["scint20kt"]["factor"]) / 1.00794 * 6.02214076e23
    theirs, slow = best(lambda: decays_of_snewpy(star, calculator))
    ours, quick = best(lambda: decays_of_gridscan(model, protons))
    for row, ordering in enumerate(ORDERINGS):
        apart = ours[row] / theirs[row] - 1.0
        last = np.abs(apart[TIMES < 1e-2]).max()
        print(f"{ordering:9} decays in the last days agree to {last:.1e}, ever to {np.abs(apart).max():.1e}")
    print(f"decays: snewpy {slow:.3f} s, gridscan {quick:.4f} s, ratio {slow / quick:.0f}")
    by_model = quick
    bare, quick = best(lambda: decays_of_functions(protons))
    apart = np.abs(bare / ours - 1.0).max()
    print(
        f"by the functions of gridscan.physics: {quick:.4f} s, ratio {slow / quick:.0f}, as by the model to {apart:.1e}"
    )
    _, slow = best(lambda: decays_of_snewpy(star, calculator, smeared=True))
    print(
        f"snewpy with the smearing of the detector, its default: {slow:.3f} s, ratio {slow / by_model:.0f} to the "
        f"model, {slow / quick:.0f} to the functions"
    )


if __name__ == "__main__":
    main()

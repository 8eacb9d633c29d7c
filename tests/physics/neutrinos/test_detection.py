import tomllib

import numpy as np
import pytest
from reference import reference

from gridscan import units
from gridscan.inputs.shipped_files import data_path
from gridscan.physics.galaxy import distances
from gridscan.physics.galaxy.components import Galaxy
from gridscan.physics.neutrinos import detection, spectra
from gridscan.physics.stellar import phase_counts
from gridscan.stellar_tables.phases import shipped_phase_table

REFERENCE = reference("red_supergiants")
DETECTABILITY = REFERENCE["detectability"]
DETECTORS = tomllib.loads(data_path("detector.toml").read_text(encoding="utf-8"))
AVOGADRO = units.Quantity(6.02214076e23, "1/mol")
LUMINOSITY, MEAN_ENERGY = units.Quantity(1e38, "erg/s"), units.Quantity(0.9, "MeV")
SLOPE = units.Quantity(9.20e-45, "cm^2/MeV")
SLOPES = {"kroupa": 2.3, "salpeter": 2.35, "top-heavy": 1.9, "top-light": 2.7}


def _events_per_year(flux):
    mean_cross_section = SLOPE * units.Quantity(spectra.mean_energy_truncated(0.9, 2.0, 0.1, 5.0), "MeV")
    targets = {
        label: detection.number_of_targets(
            units.parse_quantity(record["fiducial_mass"]), units.parse_quantity(record["electrons_per_mass"]), AVOGADRO
        )
        for label, record in DETECTORS.items()
    }
    rates = {label: detection.event_rate(number, flux, mean_cross_section) for label, number in targets.items()}
    return {label: rate.to("1/yr").magnitude.item() for label, rate in rates.items()}


def test_one_star_at_200_pc_is_seen_as_in_the_reference():
    star = DETECTABILITY["reference_star"]
    flux = detection.flux_of_one_star(LUMINOSITY, MEAN_ENERGY, units.Quantity(star["distance_pc"], "pc"))
    assert flux.to("1/cm^2/s").magnitude.item() == pytest.approx(star["flux_cm2_s"], rel=1e-8)
    assert _events_per_year(flux) == pytest.approx(star["events_per_year"], rel=1e-8)


@pytest.mark.parametrize("row", DETECTABILITY["rows"], ids=lambda row: "-".join(map(str, row[:5])))
def test_the_whole_chain_meets_the_reference(row):
    case = dict(zip(DETECTABILITY["columns"], row, strict=True))
    slopes, breaks = [1.3, SLOPES[case["imf"]]], [0.08, 0.5, 120.0]
    spent = phase_counts.time_in_phase(
        "carbon_burning_rsg", shipped_phase_table(), slopes, breaks, float(case["Z"]), case["t_myr"]
    )
    number = 1e6 * case["sfr"] * spent
    assert number == pytest.approx(case["n_cburn_rsg_mw"], rel=1e-10)
    fraction, _ = distances.fraction_within(case["radius_kpc"], Galaxy())
    assert number * fraction == pytest.approx(case["n_cburn_rsg_within"], rel=1e-9)
    mean, _ = distances.mean_inverse_square_distance(case["radius_kpc"], Galaxy(), 0.05)
    flux = detection.flux_of_stars(number * fraction, LUMINOSITY, MEAN_ENERGY, units.Quantity(mean, "1/kpc^2"))
    assert flux.to("1/cm^2/s").magnitude.item() == pytest.approx(case["flux_within_cm2_s"], rel=1e-8)
    assert _events_per_year(flux) == pytest.approx(case["events_per_year"], rel=1e-8)


def test_super_kamiokande_holds_the_published_number_of_electrons():
    """22.5 kt of water: 7.5e33 electrons (Fukuda et al. 2003, Nucl. Instrum. Meth. A 501, 418)."""
    record = DETECTORS["super-k"]
    mass, per_mass = (units.parse_quantity(record[name]) for name in ("fiducial_mass", "electrons_per_mass"))
    targets = detection.number_of_targets(mass, per_mass, AVOGADRO).to("1").magnitude.item()
    assert targets == pytest.approx(7.5e33, rel=0.005)


def test_the_sun_shines_with_the_published_neutrino_flux():
    """Two neutrinos for each 26.73 MeV: 6.4e10 /cm^2/s at 1 au (Bahcall 1989, Neutrino Astrophysics, section 1.2)."""
    luminosity, energy = units.Quantity(1.0, "Lsun"), units.Quantity(26.73 / 2, "MeV")
    flux = detection.flux_of_one_star(luminosity, energy, units.Quantity(1.0, "astronomical_unit"))
    assert flux.to("1/cm^2/s").magnitude.item() == pytest.approx(6.4e10, rel=0.01)


@pytest.mark.parametrize(
    ("label", "kilotonnes"),
    [
        *(("borexino", 0.3), ("kamland", 1), ("juno", 20), ("super-k", 22.5)),
        *(("theia-50", 50), ("hyper-k", 187), ("theia-100", 100), ("megaton", 1000)),
    ],
)
def test_the_shipped_detectors_are_those_of_the_notes(label, kilotonnes):
    assert units.parse_quantity(DETECTORS[label]["fiducial_mass"]).to("kt").magnitude.item() == pytest.approx(
        kilotonnes
    )
    assert units.parse_quantity(DETECTORS[label]["electrons_per_mass"]).to("mol/g").magnitude.item() == 10 / 18
    assert DETECTORS[label]["source"]


def test_the_flux_falls_with_the_square_of_the_distance():
    flux = detection.flux_of_one_star(1.0, 2.0, np.array([1.0, 2.0, 10.0]))
    np.testing.assert_allclose(flux * 8 * np.pi, [1.0, 0.25, 0.01], rtol=1e-15)


def test_stars_at_one_distance_shine_as_that_many_single_stars():
    distance = 3.0
    many = detection.flux_of_stars(7.0, 4.0, 2.0, detection.inverse_square(distance))
    assert many == pytest.approx(7 * detection.flux_of_one_star(4.0, 2.0, distance), rel=1e-15)


def test_the_star_formation_around_the_sun_is_spread_over_its_circle():
    density = detection.star_formation_surface_density(
        units.Quantity(2.0, "Msun/yr"), 0.0017102725928483781, units.Quantity(1.0, "kpc")
    )
    assert density.to("Msun/yr/kpc^2").magnitude.item() == pytest.approx(2 * 0.0017102725928483781 / np.pi, rel=1e-14)
    assert detection.star_formation_surface_density(2.0, 0.5, 2.0) == pytest.approx(0.25 / np.pi, rel=1e-15)


def test_bare_numbers_and_quantities_give_the_same_rate():
    bare = detection.event_rate(detection.number_of_targets(1e9, 10 / 18, 6.02214076e23), 14.5, 8.3e-45)
    mass, per_mass = units.Quantity(1.0, "kt"), units.Quantity(10 / 18, "mol/g")
    targets = detection.number_of_targets(mass, per_mass, AVOGADRO)
    rate = detection.event_rate(targets, units.Quantity(14.5, "1/cm^2/s"), units.Quantity(8.3e-45, "cm^2"))
    assert rate.to("1/s").magnitude.item() == pytest.approx(bare, rel=1e-13)

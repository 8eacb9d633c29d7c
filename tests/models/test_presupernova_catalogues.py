"""The catalogues of the model of stars before they collapse."""

from __future__ import annotations

import numpy as np
import pytest

from gridscan.inputs.catalogue import read_catalogue, shipped_catalogue
from gridscan.inputs.shipped_files import data_path
from gridscan.physics.neutrinos.targets import MOLECULES, mixture, targets_of
from gridscan.physics.stellar.imf_shapes import MassFunction, number_between
from gridscan.stellar_tables.phases import shipped_phase_table
from gridscan.units import convert, parse_quantity, parse_unit

AVOGADRO = 6.02214076e23


def read(name):
    return read_catalogue(name, data_path(f"presupernova/{name}.toml"))


def value(record, key, unit):
    raw = record.values[key]
    quantity = parse_quantity(str(raw))
    return convert(float(quantity.magnitude), quantity.units, parse_unit(unit))


DETECTORS = read("detector")
SCINTILLATOR = targets_of(MOLECULES["linear-alkylbenzene"])
WATER_BASED = mixture({"water": 0.95, "linear-alkylbenzene": 0.05})
KAMLAND = mixture({"dodecane": 0.8 * 0.749, "pseudocumene": 0.2 * 0.876})


@pytest.mark.parametrize(
    ("label", "targets"),
    [
        ("borexino", targets_of(MOLECULES["pseudocumene"])),
        ("kamland", KAMLAND),
        ("kamland-reactors-on", KAMLAND),
        ("sno+", SCINTILLATOR),
        ("jinping", SCINTILLATOR),
        ("super-k", targets_of(MOLECULES["water"])),
        ("hyper-k", targets_of(MOLECULES["water"])),
        ("theia-25", WATER_BASED),
        ("theia-100", WATER_BASED),
    ],
)
def test_targets_are_those_of_the_composition(label, targets):
    assert value(DETECTORS[label], "electrons_per_mass", "mol/g") == pytest.approx(targets.electrons, rel=1e-6)
    assert value(DETECTORS[label], "protons_per_mass", "mol/g") == pytest.approx(targets.protons, rel=1e-6)


def test_published_numbers_of_protons_come_back():
    for label, published, tolerance in (("juno", 1.44e33, 1e-5), ("kamland", 5.98e31, 1e-3)):
        grams = 1e9 * value(DETECTORS[label], "fiducial_mass", "kt")
        protons = grams * value(DETECTORS[label], "protons_per_mass", "mol/g") * AVOGADRO
        assert protons == pytest.approx(published, rel=tolerance)
    # The scintillator of JUNO has additives: its hydrogen is 2 % less than that of the pure molecule.
    own = value(DETECTORS["juno"], "protons_per_mass", "mol/g")
    assert own == pytest.approx(SCINTILLATOR.protons, rel=0.02)


def test_every_detector_says_the_same_things():
    keys = list(DETECTORS["juno"].values)
    for label, record in DETECTORS.items():
        assert list(record.values) == keys, label
        assert record.description
        for key in ("efficiency_elastic", "efficiency_inverse_beta", "direction_efficiency"):
            assert 0.0 <= record.values[key] <= 1.0, (label, key)
        assert record.values["solar_rejection"] >= 1.0
        assert value(record, "recoil_min", "MeV") > 0.0
        assert value(record, "recoil_max", "MeV") == np.inf
        for key in ("carbon14_activity", "krypton85_activity", "bismuth210_activity", "other_background"):
            assert value(record, key, "1/kt/day") >= 0.0
        assert value(record, "inverse_beta_background", "1/day") >= 0.0


def test_only_organic_targets_hold_radiocarbon_and_in_proportion():
    full = value(DETECTORS["borexino"], "carbon14_activity", "1/kt/day")
    assert full == pytest.approx(40.0 * 86400.0 * 10.0)  # 40 Bq in 100 t
    assert value(DETECTORS["theia-100"], "carbon14_activity", "1/kt/day") == pytest.approx(0.05 * full)
    for label in ("super-k", "hyper-k"):
        assert value(DETECTORS[label], "carbon14_activity", "1/kt/day") == 0.0


def test_what_no_source_confirms_is_marked_in_the_record():
    marked = [label for label, record in DETECTORS.items() if "not confirmed" in record.source]
    assert marked == list(DETECTORS)


def test_stars_lie_within_the_stellar_table_and_the_catalogue_of_their_distances():
    stars, masses = read("star"), shipped_phase_table().mass
    assert len(stars) >= 12
    for label, record in stars.items():
        assert set(record.values) == {"distance", "initial_mass"}, label
        assert masses[0] <= value(record, "initial_mass", "Msun") <= masses[-1], label
    distances = {label: value(record, "distance", "pc") for label, record in stars.items()}
    assert (distances["betelgeuse"], distances["betelgeuse-far"], distances["antares"]) == (168.0, 222.0, 170.0)
    # A distance is the inverse of a parallax.
    for label, parallax in (("epsilon-peg", 4.73), ("lambda-vel", 5.99), ("zeta-cep", 3.90)):
        assert distances[label] == pytest.approx(1e3 / parallax, abs=0.6)


@pytest.mark.parametrize(
    ("label", "collapsing", "red"),
    [
        ("kroupa", 10.91e-3, 4.432e-3),
        ("salpeter", 9.850e-3, 3.986e-3),
        ("salpeter-single", 6.827e-3, 2.762e-3),
        ("chabrier-2005", 11.34e-3, 4.589e-3),
        ("maschberger", 12.03e-3, 4.894e-3),
        ("top-heavy", 20.07e-3, 8.148e-3),
        ("top-light", 4.301e-3, 1.664e-3),
    ],
)
def test_mass_functions_make_their_massive_stars(label, collapsing, red):
    record = read("imf")[label]
    breaks = [float(parse_quantity(text).magnitude) for text in record.values["breaks"]]
    function = MassFunction(np.array(record.values["exponents"]), np.array(breaks), record.values["imf_kind"])
    assert float(number_between(8.0, 120.0, function)) == pytest.approx(collapsing, rel=1e-3)
    assert float(number_between(12.0, 28.0, function)) == pytest.approx(red, rel=1e-3)


def test_mass_functions_of_both_models_are_the_same():
    own = read("imf")
    for label, record in shipped_catalogue("imf").items():
        assert own[label].values == {"imf_kind": "power-law", **record.values}, label
        assert (own[label].source, own[label].description) == (record.source, record.description)

import math

import numpy as np
import pytest
from digits import near
from presupernova import CONSTANTS, DAY, KILOPARSEC, YEAR, cases, tolerance

from gridscan.errors import EvaluationError
from gridscan.physics.neutrinos.flavour_conversion import ORDERINGS, survival_probabilities
from gridscan.physics.neutrinos.measured_recoil import RecoilWindow
from gridscan.physics.neutrinos.recoil_spectrum import with_couplings
from gridscan.physics.neutrinos.thermal_pairs import pair_table
from gridscan.physics.neutrinos.weak_couplings import SPECIES, radiative_couplings
from gridscan.physics.presupernova.event_rates import (
    Spectra,
    elastic_cross_section,
    elastic_moments,
    inverse_beta_cross_section,
    inverse_beta_parts,
    rate_of_all_flavours,
    spectra_of,
)
from gridscan.physics.presupernova.luminosity import emission
from gridscan.stellar_tables.neutrino_tracks import shipped_luminosity_table

TABLE = shipped_luminosity_table()
PAIRS = pair_table(constants=CONSTANTS)
COUPLINGS = {species: radiative_couplings(species, constants=CONSTANTS) for species in SPECIES}
WINDOWS = {
    "es_all": RecoilWindow(),
    "es_0.2": RecoilWindow(0.2),
    "es_0.2_0.5_smeared": RecoilWindow(0.2, 0.5, 0.05),
    "es_0.45_smeared": RecoilWindow(0.45, math.inf, 0.03),
}
ELECTRONS, PROTONS = 3.3428e32, 6.6856e31


@pytest.mark.parametrize("case", cases("one_star"), ids=lambda case: "-".join(map(str, list(case.values())[:4])))
def test_reference_rates_of_one_star_are_met(case):
    star = emission(TABLE, case["initial_mass"], case["time_before_collapse"] * YEAR)
    spectra = spectra_of(star, table=PAIRS)
    flux = star.rate / (4 * np.pi * (case["distance"] * KILOPARSEC) ** 2)
    survival = survival_probabilities(case["ordering"])
    rel = tolerance("one_star")
    for name, window in WINDOWS.items():
        moments, _ = elastic_moments(spectra, window, CONSTANTS)
        sigma = elastic_cross_section(moments, spectra, survival, COUPLINGS, CONSTANTS)
        assert flux * ELECTRONS * YEAR * sigma == near(case[name], rel=rel)
    parts, _ = inverse_beta_parts(spectra, 0.0, CONSTANTS)
    sigma = inverse_beta_cross_section(parts, spectra, survival[1])
    assert flux * PROTONS * DAY * sigma == near(case["ibd"], rel=rel)


def test_without_conversion_and_other_flavours_only_nu_e_are_seen():
    spectra = Spectra(0.65, 0.69, 12.3, 0.0, 1.0)
    moments, _ = elastic_moments(spectra, RecoilWindow(0.2), CONSTANTS)
    sigma = elastic_cross_section(moments, spectra, survival_probabilities("none"), COUPLINGS, CONSTANTS)
    expected = sum(with_couplings(moments[:, 0], COUPLINGS[name], CONSTANTS) for name in ("nue", "nuebar"))
    assert sigma == near(expected, rel=1e-14)
    parts, _ = inverse_beta_parts(spectra)
    assert inverse_beta_cross_section(parts, spectra, 1.0) == parts[0]


@pytest.mark.parametrize("ordering", ORDERINGS)
def test_equal_flavours_make_the_ordering_irrelevant(ordering):
    """With as many nu_mu as nu_e of one spectrum, conversion changes nothing."""
    spectra = Spectra(1.2, 1.2, 4.0, 1.0, 1.0)
    moments, _ = elastic_moments(spectra, RecoilWindow(0.2, math.inf, 0.05), CONSTANTS)
    survival = survival_probabilities(ordering)
    sigma = elastic_cross_section(moments, spectra, survival, COUPLINGS, CONSTANTS)
    weights = {"nue": 1, "nuebar": 1, "nux": 2, "nuxbar": 2}
    expected = sum(n * with_couplings(moments[:, 0], COUPLINGS[name], CONSTANTS) for name, n in weights.items())
    assert sigma == near(expected, rel=1e-13)
    parts, _ = inverse_beta_parts(spectra)
    assert inverse_beta_cross_section(parts, spectra, survival[1]) == near(parts[0].item(), rel=1e-13)


@pytest.mark.parametrize("q", [1.0, 1.6, 2.2])
def test_more_neutrinos_than_antineutrinos_are_counted_as_such(q):
    """For each electron antineutrino q nu_e, and q r of each other kind: the eight terms written out."""
    p, p_bar, r = 0.3, 0.6, 0.05
    spectra = Spectra(0.65, 0.69, 12.3, r, q)
    moments, _ = elastic_moments(spectra, RecoilWindow(0.2), CONSTANTS)
    sigma = {name: with_couplings(moments, COUPLINGS[name], CONSTANTS) for name in SPECIES}
    terms = [
        q * p * sigma["nue"][0],
        q * r * (1 - p) * sigma["nue"][1],
        q * (1 - p) * sigma["nux"][0],
        q * r * (1 + p) * sigma["nux"][1],
        p_bar * sigma["nuebar"][0],
        q * r * (1 - p_bar) * sigma["nuebar"][1],
        (1 - p_bar) * sigma["nuxbar"][0],
        q * r * (1 + p_bar) * sigma["nuxbar"][1],
    ]
    found = elastic_cross_section(moments, spectra, (p, p_bar), COUPLINGS, CONSTANTS)
    assert found == near(sum(terms), rel=1e-14)
    parts, _ = inverse_beta_parts(spectra)
    expected = p_bar * parts[0] + (1 - p_bar) * q * r * parts[1]
    assert inverse_beta_cross_section(parts, spectra, p_bar) == near(expected, rel=1e-14)
    assert rate_of_all_flavours(1.0, r, q) == near(1 + q + 4 * q * r)


def test_the_ratio_of_the_flavours_may_be_given():
    star = emission(TABLE, 15.0, 10 * YEAR)
    assert spectra_of(star, [0.0, 0.19]).ratio.tolist() == [0.0, 0.19]
    assert spectra_of(star._replace(nux_to_nue=np.array(0.1))).ratio == 0.1
    harder = spectra_of(star._replace(nux_hardness=np.array(1.5)))
    assert harder.mean_energy_others == 1.5 * star.mean_energy
    # The spectrum stays that of thermal pairs.
    assert spectra_of(star, 0.19).mean_energy_others == spectra_of(star).mean_energy_others
    with pytest.raises(EvaluationError, match=r"heavy_flavour_ratio is -0\.1"):
        spectra_of(star, -0.1)


def test_kernels_broadcast_over_stars_times_and_orderings():
    star = emission(TABLE, np.array([[15.0], [20.0]]), np.array([1.0, 1e6, 1e9]))
    spectra = spectra_of(star)
    moments, errors = elastic_moments(spectra, RecoilWindow(0.2))
    assert moments.shape == errors.shape == (4, 2, 2, 3)
    p, p_bar = (value[:, None, None] for value in survival_probabilities(ORDERINGS))
    assert elastic_cross_section(moments, spectra, (p, p_bar), COUPLINGS).shape == (3, 2, 3)
    parts, _ = inverse_beta_parts(spectra, 2.0)
    assert inverse_beta_cross_section(parts, spectra, p_bar).shape == (3, 2, 3)


def test_the_published_events_of_the_last_day_are_met():
    """20 kt of linear alkylbenzene at 200 pc, from the shipped fit: 502 (normal) and 146 (inverted) for 15 Msun."""
    time = np.geomspace(1e-3, 1.0, 2001) * DAY
    star = emission(TABLE, 15.0, time)
    spectra = spectra_of(star)
    parts, _ = inverse_beta_parts(spectra)
    for ordering, events in (("normal", 502), ("inverted", 146)):
        sigma = inverse_beta_cross_section(parts, spectra, survival_probabilities(ordering)[1])
        rate = 20 * 7.331e31 * star.rate * sigma / (4 * np.pi * (0.2 * KILOPARSEC) ** 2)
        total = np.trapezoid(rate * time, np.log(time)) + rate[0] * time[0]
        assert total == near(events, rel=0.005)

import itertools

import numpy as np
import pytest
from digits import near
from hypothesis import given
from hypothesis import strategies as st
from presupernova import CONSTANTS, DAY, KILOPARSEC, YEAR, cases, tolerance

from gridscan.errors import EvaluationError
from gridscan.physics.neutrinos.flavour_conversion import survival_probabilities
from gridscan.physics.neutrinos.thermal_pairs import pair_table
from gridscan.physics.presupernova.event_rates import inverse_beta_cross_section, inverse_beta_parts, spectra_of
from gridscan.physics.presupernova.luminosity import emission, number_between
from gridscan.physics.presupernova.luminosity_table import NeutrinoTrack, track_of
from gridscan.physics.presupernova.rate_curve import RateCurve, panel_edges, panel_times
from gridscan.stellar_tables.neutrino_tracks import shipped_luminosity_table

TABLE = shipped_luminosity_table()
PAIRS = pair_table(constants=CONSTANTS)


def inverse_beta_rate(mass, time, ordering):
    """Decays of one proton per second times 4 pi d^2 [cm^2/s]."""
    star = emission(TABLE, mass, time)
    spectra = spectra_of(star, table=PAIRS)
    parts, _ = inverse_beta_parts(spectra, 0.0, CONSTANTS)
    return star.rate * inverse_beta_cross_section(parts, spectra, survival_probabilities(ordering)[1])


def inverse_beta_curve(mass, ordering):
    edges = panel_edges(track_of(TABLE, mass), PAIRS.mean_energy)
    return RateCurve.through(edges, inverse_beta_rate(mass, panel_times(edges), ordering))


CURVES = {name: inverse_beta_curve(*name) for name in itertools.product((15.0, 25.0), ("normal", "inverted"))}


@pytest.mark.parametrize("case", cases("ibd_window"), ids=lambda case: "-".join(map(str, case.values())))
def test_reference_windows_before_collapse_are_met(case):
    curve = CURVES[float(case["initial_mass"]), case["ordering"]]
    value, error = curve.between(case["lead"] * DAY, (case["lead"] + case["window"]) * DAY)
    protons = 7.331e31 / (4 * np.pi * (case["distance"] * KILOPARSEC) ** 2)
    assert protons * value == near(case["ibd"], rel=tolerance("ibd_window"))
    assert error < 1e-7 * value


@pytest.mark.parametrize("ordering", ["normal", "inverted"])
@pytest.mark.parametrize("mass", [15.0, 17.75, 25.0])
def test_errors_bound_the_difference_from_the_rates_themselves(mass, ordering):
    """Gauss-Legendre of 20 points on eight parts of each panel, without any polynomial."""
    curve = inverse_beta_curve(mass, ordering)
    nodes, weights = np.polynomial.legendre.leggauss(20)
    fine = np.concatenate([np.linspace(*ends, 9)[:-1] for ends in itertools.pairwise(np.log(curve.edges))])
    fine = np.append(fine, np.log(curve.edges[-1]))
    half = 0.5 * np.diff(fine)
    logarithm = fine[:-1, None] + half[:, None] * (1 + nodes)
    rates = inverse_beta_rate(mass, np.exp(logarithm), ordering)
    exact = ((rates * np.exp(logarithm)) @ weights * half).reshape(-1, 8).sum(axis=1)
    value, error = curve.between(curve.edges[:-1], curve.edges[1:])
    assert (np.abs(value - exact) <= error).all()
    assert (error <= 1e-6 * exact).all()
    np.testing.assert_allclose(curve.at(np.exp(logarithm)), rates, rtol=1e-6)


def test_a_rate_proportional_to_the_emission_is_its_closed_form():
    star = track_of(TABLE, 15.0)
    edges = panel_edges(star)
    curve = RateCurve.through(edges, emission(TABLE, 15.0, panel_times(edges)).rate)
    start = np.array([0.0, 0.0, 1e-6 * YEAR, 3.0 * YEAR, 100 * YEAR, 5000 * YEAR])
    end = np.array([2e-5 * YEAR, 7000 * YEAR, 2e-6 * YEAR, 3.0001 * YEAR, 101 * YEAR, 5000.001 * YEAR])
    value, error = curve.between(start, end)
    expected = number_between(TABLE, 15.0, start, end)
    assert (np.abs(value - expected) <= error).all()
    np.testing.assert_allclose(value, expected, rtol=1e-10)


@given(st.lists(st.floats(-10.0, 4.5), min_size=3, max_size=3), st.sampled_from(sorted(CURVES)))
def test_windows_of_a_curve_side_by_side_are_one(powers, name):
    start, middle, end = (10.0**power * YEAR for power in sorted(powers))
    parts = CURVES[name].between([start, middle], [middle, end])[0].sum()
    assert parts == near(CURVES[name].between(start, end)[0].item(), rel=1e-12)


def test_panels_are_cut_at_knots_nodes_and_windows_and_are_never_wide():
    star = track_of(TABLE, 15.0)
    edges = panel_edges(star, PAIRS.mean_energy, [1.0 * DAY, 1.0, 1e9 * YEAR])
    assert (edges[0], edges[-1]) == (star.time[0], star.time[-1])
    for knot in (*star.time, 1.0 * DAY):
        assert np.isclose(edges, knot, rtol=1e-9).any()
    assert np.diff(np.log(edges)).max() < 1.2 + 1e-12
    assert (np.diff(edges) > 0).all()
    # Within a panel no node of the table is passed.
    energy = emission(TABLE, 15.0, edges).mean_energy
    for node in PAIRS.mean_energy:
        assert not ((energy[:-1] < node * (1 - 1e-9)) & (energy[1:] > node * (1 + 1e-9))).any()
        assert not ((energy[:-1] > node * (1 + 1e-9)) & (energy[1:] < node * (1 - 1e-9))).any()


def test_a_constant_mean_energy_passes_no_node():
    star = NeutrinoTrack(np.array([1.0, 2.0]), np.ones(2), np.full(2, PAIRS.mean_energy[3]), np.full(2, 3.0))
    assert panel_edges(star, PAIRS.mean_energy).tolist() == [1.0, 2.0]


def test_curves_have_leading_axes_and_windows_their_own():
    edges = np.array([1.0, 2.0, 4.0])
    times = panel_times(edges)
    curve = RateCurve.through(edges, np.stack([times**-1.0, 3.0 * times**-2.0]))
    value, error = curve.between(np.array([[0.0], [1.0]]), [1.5, 3.0, 8.0])
    assert value.shape == error.shape == (2, 2, 3)
    # Held below 1, zero above 4.
    np.testing.assert_allclose(value[0, 0], [1 + np.log(1.5), 1 + np.log(3.0), 1 + np.log(4.0)], rtol=1e-12)
    np.testing.assert_allclose(value[1, 1], [3 * (1 - 1 / 1.5), 2.0, 3 * 0.75], rtol=1e-12)
    assert curve.at([[0.5, 5.0]]).shape == (2, 1, 2)


def test_no_rate_is_none_and_stays_none():
    edges = np.array([1.0, 2.0, 4.0])
    curve = RateCurve.through(edges, np.zeros((2, 6)))
    assert curve.at([0.0, 1.5, 4.0]).tolist() == [0.0, 0.0, 0.0]
    assert curve.between(0.0, 10.0)[0] == 0.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: RateCurve.through([1.0, 2.0], -np.ones((1, 6))), r"rates is -1 1/s at index \[0, 0\]"),
        (lambda: RateCurve.through([1.0, 2.0], np.ones((2, 6))), r"the last two axes must be \(1, 6\)"),
        (lambda: CURVES[15.0, "normal"].at(-1.0), "time is -1 s"),
        (lambda: CURVES[15.0, "normal"].between(2.0, 1.0), "end is 1 s; it must be at least start = 2 s"),
    ],
)
def test_nonsense_curves_are_refused(call, message):
    with pytest.raises(EvaluationError, match=message):
        call()

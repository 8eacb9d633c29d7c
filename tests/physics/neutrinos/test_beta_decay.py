import math

import mpmath
import numpy as np
import pytest
from digits import near
from hypothesis import given, settings
from hypothesis import strategies as st
from presupernova import CONSTANTS, cases, tolerance
from scipy.integrate import quad
from scipy.special import ndtr

from gridscan.errors import EvaluationError
from gridscan.physics.neutrinos import beta_decay
from gridscan.physics.neutrinos.beta_decay import ISOTOPES, BetaDecay
from gridscan.physics.neutrinos.measured_recoil import RecoilWindow

MASS = CONSTANTS.electron_mass_energy
POSITRON = BetaDecay(1.1985, -6)


@pytest.mark.parametrize("case", cases("beta_background"), ids=lambda case: "-".join(map(str, case.values())))
def test_reference_shares_are_met(case):
    window = RecoilWindow(case["recoil_min"], case["recoil_max"], case["stochastic"])
    share, error = beta_decay.counted_decays(case["isotope"], window, CONSTANTS)
    if case["fraction"] > 1e-12:
        assert share == near(case["fraction"], rel=tolerance("beta_background", "fraction > 1e-12"))
    else:
        assert share == pytest.approx(case["fraction"], abs=1e-12)
    assert error <= 1e-10 * share


@pytest.mark.parametrize("decay", [*ISOTOPES.values(), POSITRON, BetaDecay(0.5, 0)])
@pytest.mark.parametrize("share", [1e-9, 1e-3, 0.2, 0.9, 0.999999])
def test_the_spectrum_is_that_of_thirty_digits(decay, share):
    def shape(kinetic):
        total = kinetic / MASS + 1
        momentum = mpmath.sqrt(kinetic * (kinetic + 2 * MASS)) / MASS
        eta = decay.charge * CONSTANTS.fine_structure_constant * total / momentum
        fermi = 2 * mpmath.pi * eta / (1 - mpmath.exp(-2 * mpmath.pi * eta)) if decay.charge else 1
        return fermi * momentum * total * (decay.endpoint - kinetic) ** 2

    with mpmath.workdps(30):
        end = mpmath.mpf(decay.endpoint)
        norm = mpmath.quad(lambda u: 2 * u * shape(u**2), mpmath.linspace(mpmath.mpf("1e-12"), mpmath.sqrt(end), 6))
        expected = float(shape(mpmath.mpf(share * decay.endpoint)) / norm)
    assert beta_decay.beta_spectrum(share * decay.endpoint, decay, CONSTANTS) == near(expected, rel=1e-11)


@pytest.mark.parametrize("decay", [*ISOTOPES.values(), POSITRON])
def test_all_decays_are_counted_without_a_threshold(decay):
    share, error = beta_decay.counted_decays(decay, RecoilWindow(), CONSTANTS)
    assert abs(share - 1.0) <= error + 1e-12
    total = quad(lambda u: 2 * u * float(beta_decay.beta_spectrum(u * u, decay)), 0, math.sqrt(decay.endpoint))[0]
    assert total == near(1.0, rel=1e-8)


@given(st.sampled_from(sorted(ISOTOPES)), st.floats(0.01, 0.4), st.floats(0.02, 0.5), st.floats(0.0, 0.1))
def test_windows_of_decays_side_by_side_are_one(isotope, low, width, stochastic):
    window = RecoilWindow([low, low + width, low], [low + width, math.inf, math.inf], stochastic)
    share, error = beta_decay.counted_decays(isotope, window)
    assert abs(share[0] + share[1] - share[2]) <= error.sum() + 1e-14 * share[2]


@settings(max_examples=20)
@given(st.floats(0.05, 0.3), st.floats(0.005, 0.08))
def test_errors_bound_the_difference_from_another_quadrature_of_decays(low, stochastic):
    """Gauss-Legendre of 40 points on 300 panels in the energy."""
    decay = ISOTOPES["14C"]
    nodes, weights = np.polynomial.legendre.leggauss(40)
    edges = decay.endpoint * np.linspace(0, 1, 301) ** 2
    half = 0.5 * np.diff(edges)[:, None]
    kinetic = edges[:-1, None] + half * (1 + nodes)
    width = stochastic * np.sqrt(kinetic)
    expected = (half * weights * beta_decay.beta_spectrum(kinetic, decay) * ndtr((kinetic - low) / width)).sum()
    share, error = beta_decay.counted_decays(decay, RecoilWindow(low, math.inf, stochastic))
    assert abs(share - expected) <= error + 2e-11 * expected


def test_beyond_the_end_nothing_is_emitted_and_positrons_avoid_rest():
    decay = ISOTOPES["85Kr"]
    assert beta_decay.beta_spectrum([decay.endpoint, 1.0], decay).tolist() == [0.0, 0.0]
    assert beta_decay.beta_spectrum(0.0, decay) > 0
    assert beta_decay.beta_spectrum(0.0, POSITRON) == 0.0
    assert beta_decay.beta_spectrum(0.0, BetaDecay(0.5, 0)) == 0.0


def test_the_mean_energy_of_carbon_14_is_the_published_one():
    """49.4 keV (Kossert & others; Nuclear Data Sheets): to a per cent, for the shape factor is neglected."""
    decay = ISOTOPES["14C"]
    mean = quad(lambda u: 2 * u**3 * float(beta_decay.beta_spectrum(u * u, decay)), 0, math.sqrt(decay.endpoint))[0]
    assert 1e3 * mean == near(49.4, rel=0.01)


def test_pile_up_of_a_large_detector_is_the_published_one():
    """19 a second in 20 kt at 40 Bq per 100 t and 300 ns; 2.9 % above 0.2, 0.26 % above 0.25, 8e-5 above 0.3 MeV."""
    assert beta_decay.pile_up_rate(8e3, 3e-7) == near(19.2, rel=1e-12)
    window = RecoilWindow([0.2, 0.25, 0.3], math.inf, 0.05)
    share, error = beta_decay.counted_pile_up("14C", window, CONSTANTS)
    np.testing.assert_allclose(share, [0.029, 0.0026, 8e-5], rtol=0.05)
    assert (error < 1e-8 * share).all()
    sharp, _ = beta_decay.counted_pile_up("14C", RecoilWindow(0.2), CONSTANTS)
    assert sharp == near(0.021, rel=0.01)


def test_pile_up_is_the_sum_of_two_decays():
    """Drawn 400,000 times, within four standard deviations."""
    decay = ISOTOPES["14C"]
    grid = np.linspace(0.0, decay.endpoint, 20_001)
    density = beta_decay.beta_spectrum(grid, decay)
    cumulative = np.concatenate([[0.0], np.cumsum(0.5 * (density[1:] + density[:-1]) * np.diff(grid))])
    draw = np.random.default_rng(5).random((2, 400_000)) * cumulative[-1]
    total = np.interp(draw, cumulative, grid).sum(axis=0)
    for low, high in ((0.0, 0.1), (0.1, 0.156476), (0.156476, 0.25), (0.25, math.inf)):
        share, _ = beta_decay.counted_pile_up(decay, RecoilWindow(low, high))
        counted = np.mean((total >= low) & (total < high))
        assert abs(counted - share) < 4 * math.sqrt(share * (1 - share) / total.size)


@pytest.mark.parametrize("decay", [ISOTOPES["14C"], BetaDecay(3.0, 1)])
def test_the_error_of_the_pile_up_spectrum_bounds_the_true_one(decay):
    def product(root, low, rest):
        first = root**2
        return 4 * root * math.prod(beta_decay.beta_spectrum([low + first, max(rest - first, 0.0)], decay))

    for kinetic in decay.endpoint * np.array([0.06, 0.3, 0.64, 0.9, 0.9995, 1.3, 1.9, 1.9995]):
        value, error = beta_decay.pile_up_spectrum(kinetic, decay)
        low, high = max(kinetic - decay.endpoint, 0.0), min(kinetic, decay.endpoint)
        root = math.sqrt(0.5 * (low + high) - low)
        exact = quad(product, 0.0, root, args=(low, kinetic - low), epsabs=0.0, epsrel=1e-12)[0]
        assert abs(value - exact) <= error + 1e-12 * exact
        assert error <= 1e-6 * value
    assert beta_decay.pile_up_spectrum([0.0, 2 * decay.endpoint, 7.0], decay)[0].tolist() == [0.0, 0.0, 0.0]


def test_shares_broadcast():
    window = RecoilWindow(np.array([[0.1], [0.15]]), np.inf, [0.03, 0.05, 0.06])
    assert beta_decay.counted_decays("14C", window)[0].shape == (2, 3)
    assert beta_decay.counted_pile_up("14C", window)[0].shape == (2, 3)


def test_unknown_isotopes_and_energies_below_zero_are_refused():
    with pytest.raises(EvaluationError, match="unknown isotope '14c'; did you mean '14C'"):
        beta_decay.counted_decays("14c", RecoilWindow())
    with pytest.raises(EvaluationError, match="unknown isotope '40K'"):
        beta_decay.counted_pile_up("40K", RecoilWindow())
    with pytest.raises(EvaluationError, match=r"kinetic is -0\.1 MeV"):
        beta_decay.beta_spectrum(-0.1, POSITRON)
    with pytest.raises(EvaluationError, match="recoil_max is 0"):
        beta_decay.counted_decays("14C", RecoilWindow(0.1, 0.0))


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ((0.274, 0.379, 0.051, 0.02, 0.0005), 0.000625066330184),
        ((0.017, 0.149, 0.043, 0, 0), 0.824879131152),
        ((0.287, np.inf, 0.025, 0.028, 0.0027), 4.67959120041e-05),
        ((0.299, np.inf, 0.09, 0.011, 0.009), 0.000945217478623),
        ((0.297, np.inf, 0, 0, 0), 2.60922156041e-07),
        ((0.110, 0.177, 0, 0, 0), 0.329666485159),
        ((0.080, np.inf, 0.071, 0, 0), 0.606089111147),
        ((0.317, np.inf, 0, 0, 0), 0),
        ((0.318, 0.37, 0.087, 0, 0), 0.000261612734934),
    ],
)
def test_pairs_of_decays_are_as_a_double_integral_of_the_shapes_within_their_error(window, expected):
    """500 Gauss points for each of the two energies, dense at both ends; with steps, cut where one energy ends."""
    share, error = beta_decay.counted_pile_up("14C", RecoilWindow(*window), CONSTANTS)
    assert abs(float(share) - expected) <= float(error) + 1e-11 * expected
    assert float(error) <= 1e-7 * max(expected, 1e-9)

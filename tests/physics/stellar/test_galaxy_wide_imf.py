"""The galaxy-wide mass function against the reference and against nested quadrature by scipy."""

from itertools import pairwise

import numpy as np
import pytest
from presupernova_cases import cases, tolerance
from scipy.integrate import quad
from scipy.optimize import brentq

from gridscan.errors import EvaluationError
from gridscan.physics.stellar.embedded_clusters import cluster_mass_exponent, most_massive_cluster, most_massive_star
from gridscan.physics.stellar.galaxy_wide_imf import mass_between, number_between, number_density, stars_per_bin


def power(exponent: float, low: float, high: float) -> float:
    return np.log(high / low) if exponent == -1 else (high ** (exponent + 1) - low ** (exponent + 1)) / (exponent + 1)


def stars(moment: int, low: float, high: float, alpha: tuple[float, float, float]) -> float:
    """Return ∫ m^moment xi_* dm with xi_* = 1 at 0.5 Msun."""
    parts = ((0.08, 0.5, alpha[0], 0.5 ** alpha[0]), (0.5, 1.0, alpha[1], 0.5 ** alpha[1]))
    parts = (*parts, (1.0, 150.0, alpha[2], 0.5 ** alpha[1]))
    return sum(
        scale * power(moment - a, max(low, start), min(high, stop))
        for start, stop, a, scale in parts
        if min(high, stop) > max(low, start)
    )


def exponents(cluster: float, dex: float) -> tuple[float, float, float]:
    shift = 63 * 0.0142 * (10**dex - 1)
    x = -0.1405 * dex + 0.99 * (0.61 * np.log10(cluster) + 2.85 - 6)
    return 1.3 + shift, 2.3 + shift, 2.3 if x < -0.87 else 1.94 - 0.41 * x


def nested(low: float, high: float, sfr: float, dex: float) -> float:
    """Return the number of stars by quadrature over clusters, with a root at each."""
    beta = 2 - 0.106 * np.log10(sfr)
    largest = brentq(lambda m: power(1 - beta, 5.0, m) - sfr * 1e7 * power(-beta, m, 1e9), 5.1, 9e8, xtol=1e-9)

    def of_cluster(log_mass: float) -> float:
        mass = np.exp(log_mass)
        alpha = exponents(mass, dex)
        top = brentq(lambda m: stars(1, 0.08, m, alpha) - mass * stars(0, m, 150.0, alpha), 0.081, 150.0 - 1e-9)
        number = stars(0, low, min(high, top), alpha) if top > low else 0.0
        return mass ** (2 - beta) * number / stars(1, 0.08, top, alpha)

    cuts = np.linspace(np.log(5.0), np.log(largest), 13)
    integral = sum(quad(of_cluster, a, b, epsrel=1e-7, limit=100)[0] for a, b in pairwise(cuts))
    return integral / power(1 - beta, 5.0, largest)


@pytest.mark.parametrize("case", cases("igimf"), ids=lambda case: f"{case['sfr']} {case['metallicity_dex']}")
def test_the_mass_function_is_that_of_the_reference(case):
    galaxy, allowed = (case["sfr"], case["metallicity_dex"]), tolerance("igimf")
    rel = allowed["n_*, beta, max_cluster"]
    assert float(cluster_mass_exponent(case["sfr"])) == pytest.approx(case["beta"], rel=1e-6)
    assert float(most_massive_cluster(case["sfr"])) == pytest.approx(case["max_cluster"], rel=1e-5)
    assert float(most_massive_star(case["max_cluster"], case["metallicity_dex"])) == pytest.approx(
        case["m_max"], rel=1e-5
    )
    for name, low, high in (("n_8_150", 8.0, 150.0), ("n_12_28", 12.0, 28.0)):
        assert float(number_between(low, high, *galaxy)[0]) == pytest.approx(case[name], rel=min(rel, 1e-5))
    for name, low, high in (("slope_10_40", 10.0, 40.0), ("slope_1_10", 1.0, 10.0)):
        (light, heavy), _ = number_density([low, high], *galaxy)
        slope = np.log(heavy / light) / np.log(high / low)
        assert slope == pytest.approx(case[name], rel=allowed["slope"])


@pytest.mark.parametrize(("sfr", "dex"), [(0.003, 0.0), (2.0, 0.2), (300.0, -1.5)])
def test_numbers_agree_with_nested_quadrature_within_their_error(sfr, dex):
    value, error = number_between(12.0, 28.0, sfr, dex)
    expected = nested(12.0, 28.0, sfr, dex)
    assert float(value) == pytest.approx(expected, rel=1e-6)
    assert 0.0 < float(error) < 1e-8 * float(value)


def test_a_solar_mass_of_stars_is_formed_and_parts_add_up():
    sfr, dex = np.geomspace(1e-3, 1e3, 7)[:, None], np.array([-2.0, 0.0, 0.3])
    np.testing.assert_allclose(mass_between(0.08, 150.0, sfr, dex)[0], 1.0, rtol=1e-9)
    edges = np.array([0.08, 0.4, 0.9, 3.0, 20.0, 60.0, 150.0])
    parts, errors = stars_per_bin(edges, sfr, dex)
    assert parts.shape == (7, 3, 6)
    whole, error = number_between(0.08, 150.0, sfr, dex)
    assert (np.abs(parts.sum(axis=-1) - whole) <= errors.sum(axis=-1) + error).all()


def test_the_density_is_the_derivative_of_the_number():
    mass = np.array([0.2, 0.7, 5.0, 30.0, 100.0])
    slope = number_between(mass * (1 - 1e-3), mass * (1 + 1e-3), 0.5)[0] / (2e-3 * mass)
    np.testing.assert_allclose(number_density(mass, 0.5)[0], slope, rtol=2e-5)


def test_low_star_formation_leaves_out_the_heaviest_stars():
    share = number_between(60.0, 150.0, [1e-3, 1.0, 1e3])[0] / number_between(8.0, 60.0, [1e-3, 1.0, 1e3])[0]
    assert (np.diff(share) > 0.0).all()
    assert share[0] < 0.01 * share[1]
    np.testing.assert_array_equal(number_density([0.07, 151.0], 1.0)[0], 0.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cluster_mass_exponent(9e-4), "sfr is 0.0009 Msun/yr; it must be a number from 0.001 to 1000 Msun/yr"),
        (lambda: number_between(8.0, 9.0, 1e4), "sfr is 10000 Msun/yr"),
        (lambda: number_density(8.0, 1.0, 0.4), "metallicity_dex is 0.4; it must be a number from -2 to 0.3"),
        (lambda: mass_between(0.0, 9.0, 1.0), "lower is 0 Msun"),
        (lambda: most_massive_star(4.0), "cluster_mass is 4 Msun; it must be a number from 5 to 1e[+]09 Msun"),
    ],
)
def test_numbers_out_of_their_range_are_refused(call, message):
    with pytest.raises(EvaluationError, match=message):
        call()

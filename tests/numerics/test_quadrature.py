import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridscan.numerics.quadrature import gauss_kronrod, gauss_legendre, integrate_panels, legendre_terms, panels_between


@pytest.mark.parametrize("order", [1, 2, 5, 12, 40])
def test_gauss_legendre_is_exact_for_polynomials_of_twice_its_order(order):
    nodes, weights = gauss_legendre(order)
    assert nodes.shape == weights.shape == (order,)
    for power in range(2 * order):
        assert weights @ nodes**power == pytest.approx((1 + (-1) ** power) / (power + 1), abs=2e-14)


@pytest.mark.parametrize("order", [1, 4, 16])
def test_a_series_of_legendre_polynomials_has_its_coefficients(order):
    coefficients = np.random.default_rng(1).normal(size=order)
    heights = np.polynomial.legendre.legval(gauss_legendre(order)[0], coefficients)
    np.testing.assert_allclose(legendre_terms(order) @ heights, coefficients, rtol=1e-12, atol=1e-13)


def test_rules_are_computed_once_and_cannot_be_written_to():
    assert gauss_legendre(7) is gauss_legendre(7)
    assert legendre_terms(7) is legendre_terms(7)
    for values in (*gauss_legendre(7), *gauss_kronrod(), legendre_terms(7)):
        with pytest.raises(ValueError, match="read-only"):
            values[0] = 1.0


def test_the_kronrod_rule_is_exact_to_degree_23_and_the_gauss_rule_inside_it_to_degree_13():
    nodes, kronrod, gauss = gauss_kronrod()
    assert np.all(np.diff(nodes) > 0)
    for power in range(0, 24, 2):
        assert kronrod @ nodes**power == pytest.approx(2 / (power + 1), rel=1e-14)
    for power in range(0, 14, 2):
        assert gauss @ nodes**power == pytest.approx(2 / (power + 1), rel=1e-14)
    assert abs(kronrod @ nodes**24 - 2 / 25) > 1e-10
    assert abs(gauss @ nodes**14 - 2 / 15) > 1e-6


def test_panels_lie_between_sorted_cuts_and_leave_out_the_empty_ones():
    lower, upper = panels_between([3.0, 1.0, 3.0, np.nan, 2.0])
    assert lower.tolist() == [1.0, 2.0]
    assert upper.tolist() == [2.0, 3.0]


def test_rows_with_fewer_cuts_have_empty_panels_at_their_end():
    lower, upper = panels_between([[0.0, 1.0, 2.0, np.nan], [5.0, np.nan, 7.0, np.nan]])
    assert (upper - lower).tolist() == [[1.0, 1.0], [2.0, 0.0]]


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=9))
def test_panels_fill_the_range_of_the_cuts_without_gap_or_overlap(cuts):
    lower, upper = panels_between(cuts)
    assert (upper - lower).sum() == pytest.approx(max(cuts) - min(cuts), abs=1e-9)
    assert (upper[:-1] == lower[1:]).all()


def test_many_integrals_converge_at_once_whatever_their_panels():
    peaks = np.array([0.3, 0.1, 1e-3])

    def integrand(points, owner):
        return 1.0 / (points**2 + peaks[owner, None] ** 2)

    owner, lower, upper = np.array([0, 1, 2, 2]), np.array([-1.0, -1.0, -1.0, 0.2]), np.array([1.0, 1.0, 0.2, 1.0])
    values, errors = integrate_panels(integrand, owner, lower, upper, 4, relative_tolerance=1e-11)
    exact = np.array([*(2 * np.arctan(1 / peaks) / peaks), 0.0])
    np.testing.assert_allclose(values, exact, rtol=1e-12)
    assert (np.abs(values - exact) <= errors + 1e-13 * exact).all()
    assert (errors <= 1e-11 * exact).all()


def test_an_integrand_that_is_zero_has_no_error():
    values, errors = integrate_panels(
        *(lambda points, _: np.zeros_like(points), np.array([0]), np.array([0.0]), np.array([1.0]), 1),
        relative_tolerance=1e-10,
    )
    assert values.tolist() == errors.tolist() == [0.0]


def test_what_has_not_converged_says_so_in_its_error():
    values, errors = integrate_panels(
        *(lambda points, _: np.abs(points - 0.3) ** -0.5, np.array([0]), np.array([0.0]), np.array([1.0]), 1),
        relative_tolerance=1e-12,
        rounds=4,
    )
    exact = 2 * np.sqrt(0.3) + 2 * np.sqrt(0.7)
    assert 1e-3 * exact < abs(values[0] - exact) < 2 * errors[0]


def test_an_integrand_that_never_settles_ends_at_the_most_panels():
    calls = []

    def restless(x, owner):
        calls.append(x.size)
        return np.sign(np.sin(1e9 * x * x))

    start = (restless, np.zeros(1, dtype=int), np.zeros(1), np.ones(1), 1)
    _, error = integrate_panels(*start, relative_tolerance=1e-12, most_panels=100)
    assert sum(calls) <= 15 * 2 * 100
    assert error[0] > 1e-12


def test_functions_that_share_their_panels_are_refined_until_each_has_converged():
    owner, lower, upper = np.array([0, 0, 1]), np.array([0.0, 0.5, 0.0]), np.array([0.5, 1.0, 4.0])

    def integrand(x, _owner):
        return np.stack([np.ones_like(x), np.sqrt(x), np.exp(-((x - 0.3) ** 2) * 1e4)])

    values, errors = integrate_panels(integrand, owner, lower, upper, 2, relative_tolerance=1e-9)
    assert values.shape == errors.shape == (3, 2)
    bell = np.sqrt(np.pi) / 100
    exact = np.array([[1.0, 4.0], [2 / 3, 16 / 3], [bell, bell]])
    assert (np.abs(values - exact) <= np.maximum(errors, 1e-15)).all()
    np.testing.assert_allclose(values, exact, rtol=1e-8)
    alone = integrate_panels(lambda x, _owner: np.sqrt(x), owner, lower, upper, 2, relative_tolerance=1e-9)[0]
    np.testing.assert_allclose(values[1], alone, rtol=1e-8)

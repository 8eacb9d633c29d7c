"""Weights of the points of an axis: sums of one, exact for linear functions, the trapezoidal rule of scipy."""

import numpy as np
import pytest
import scipy.integrate
from hypothesis import given, settings
from hypothesis import strategies as st

from gridscan.numerics.axis_weights import halved, normalised, trapezoid

points = st.lists(st.integers(-10_000, 10_000), min_size=1, max_size=30, unique=True).map(
    lambda values: np.array(values, dtype=float)
)
positive = st.lists(st.integers(1, 10_000), min_size=1, max_size=30, unique=True).map(
    lambda values: np.array(values, dtype=float)
)


@settings(max_examples=60, deadline=None)
@given(points)
def test_weights_sum_to_one_and_follow_their_points_in_any_order(values):
    weights = trapezoid(values)
    assert weights.sum() == pytest.approx(1.0, rel=1e-14)
    assert (weights > 0).all()
    ascending = np.argsort(values)
    np.testing.assert_allclose(trapezoid(values[ascending]), weights[ascending], rtol=1e-14)


@settings(max_examples=60, deadline=None)
@given(points.filter(lambda values: values.size > 1), st.integers(-5, 5), st.integers(-5, 5))
def test_means_of_linear_functions_are_exact_and_stay_when_points_are_halved(values, offset, slope):
    exact = offset + slope * (values.min() + values.max()) / 2
    weights = trapezoid(values)
    for found in (weights, halved(weights, values), halved(halved(weights, values), values)):
        assert found @ (offset + slope * values) == pytest.approx(exact, rel=1e-9, abs=1e-8)
    assert np.count_nonzero(halved(weights, values)) == values.size // 2 + 1


@settings(max_examples=60, deadline=None)
@given(positive.filter(lambda values: values.size > 1), st.sampled_from([1.0, -1.0]))
def test_on_a_logarithmic_scale_the_same_holds_of_functions_of_the_logarithm(values, sign):
    exact = (np.log(values.min()) + np.log(values.max())) / 2
    weights = trapezoid(sign * values, logarithmic=True)
    for found in (weights, halved(weights, sign * values, logarithmic=True)):
        assert found @ np.log(values) == pytest.approx(exact, rel=1e-9, abs=1e-9)


def test_the_mean_is_the_trapezoidal_rule_of_scipy():
    values = np.sort(np.random.default_rng(4).uniform(2.0, 9.0, 40))
    function = np.exp(-values) * np.sin(values)
    integral = scipy.integrate.trapezoid(function, values)
    assert trapezoid(values) @ function == pytest.approx(integral / np.ptp(values), rel=1e-13)


@pytest.mark.parametrize("values", [[1e308, -1e308, 0.0], [5e-324, 1e-323, 0.0]])
def test_the_largest_and_the_smallest_numbers_have_weights(values):
    assert trapezoid(values).sum() == pytest.approx(1.0)
    np.testing.assert_allclose(sorted(trapezoid(values)), [0.25, 0.25, 0.5])


def test_given_weights_keep_their_ratios():
    np.testing.assert_allclose(normalised([3e307, 6e307, 9e307]), [1 / 6, 1 / 3, 1 / 2])
    assert normalised([0, 5]).tolist() == [0.0, 1.0]

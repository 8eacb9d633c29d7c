"""Shares of draws in which all inputs vary at once: analytic indices, intervals that hold them, labels, idle inputs."""

import numpy as np
import pytest
import scipy.stats

from gridscan.numerics.given_data import draws_needed, unexplained

# Of a + b, of a b, and of the rest, that make y = 2 a + b + 3 a b + c^2 with a, b, c uniform on -1 to 1 (variances 4/3,
# 1/3, 1 and 4/45).
VARIANCES = np.array([4 / 3, 1 / 3, 1.0, 4 / 45])
FIRST = VARIANCES[[0, 1, 3]] / VARIANCES.sum()
TOTAL = FIRST + np.array([1.0, 1.0, 0.0]) / VARIANCES.sum()
ALONE, WITHOUT = [[0], [1], [2]], [[1, 2], [0, 2], [0, 1]]


def polynomial(a, b, c):
    return 2 * a + b + 3 * a * b + c**2


def shares(inputs, sets, independent=True):
    left = unexplained([polynomial(*inputs)], inputs, sets, independent=independent)
    return 1 - left.variance[:, 0] / left.whole[0], left.error[:, 0]


def test_intervals_of_ninety_percent_hold_the_exact_shares_in_about_ninety_of_a_hundred_repetitions():
    held = np.zeros(6)
    for seed in range(200):
        inputs = np.random.default_rng(seed).uniform(-1, 1, (3, 300))
        found, error = shares(inputs, ALONE + WITHOUT)
        found[3:] = 1 - found[3:]
        held += abs(found - np.append(FIRST, TOTAL)) < 1.645 * error
    assert ((held >= 170) & (held <= 190)).all()


def test_of_scrambled_sobol_points_shares_are_far_closer_and_their_errors_upper_bounds():
    inputs = 2 * scipy.stats.qmc.Sobol(3, rng=np.random.default_rng(1)).random(1024).T - 1
    found, error = shares(inputs, ALONE + WITHOUT, independent=False)
    found[3:] = 1 - found[3:]
    np.testing.assert_allclose(found, np.append(FIRST, TOTAL), atol=1e-2)
    np.testing.assert_allclose(found[:3], FIRST, atol=2e-4)
    assert (abs(found - np.append(FIRST, TOTAL)) < error).all()


def test_all_inputs_together_leave_nothing_of_a_polynomial_and_none_leave_all():
    inputs = np.random.default_rng(2).uniform(-1, 1, (3, 400))
    found, _ = shares(inputs, [[0, 1, 2], []])
    np.testing.assert_allclose(found, [1.0, 0.0], atol=2e-3)


def test_labels_and_few_values_explain_what_their_means_do():
    generator = np.random.default_rng(3)
    label, number = generator.choice(["kroupa", "salpeter", "flat"], 3000), generator.choice([0.014, 0.017], 3000)
    heights = {"kroupa": 0.0, "salpeter": 1.0, "flat": 5.0}
    y = np.array([heights[name] for name in label]) + 200 * number
    left = unexplained([y], [label, number], [[0], [1]])
    variances = np.array([np.var([0, 1, 5]), np.var([2.8, 3.4])])
    np.testing.assert_allclose(1 - left.variance[:, 0] / left.whole[0], variances / variances.sum(), atol=0.02)


def test_an_idle_input_and_a_constant_quantity_leave_all():
    generator = np.random.default_rng(4)
    used, idle = generator.uniform(size=(2, 1000))
    left = unexplained([used**2, np.ones(1000)], [used, np.full(1000, 2.0), idle], [[0], [1], [2]])
    shares_left = left.variance[:, 0] / left.whole[0]
    assert shares_left[0] < 1e-3
    assert shares_left[1] == pytest.approx(1.0, abs=1e-12)
    assert shares_left[2] == pytest.approx(1.0, abs=0.02)
    assert left.whole[1] == 0.0
    assert (left.error[:, 1] == 0).all()


@pytest.mark.parametrize("change", [np.exp, lambda x: -x, lambda x: x**3])
def test_shares_depend_on_the_order_of_the_values_of_an_input_alone(change):
    a, b, c = np.random.default_rng(5).uniform(-1, 1, (3, 200))
    y = [polynomial(a, b, c)]
    expected = unexplained(y, [a, b, c], ALONE + WITHOUT).variance
    np.testing.assert_allclose(unexplained(y, [change(a), b, c], ALONE + WITHOUT).variance, expected, rtol=1e-9)


def test_more_inputs_take_more_draws():
    assert [draws_needed(number) for number in (1, 3, 4, 20)] == [32, 32, 40, 200]

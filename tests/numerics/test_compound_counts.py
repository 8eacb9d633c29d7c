"""Counts in groups against Poisson sums, generating functions and drawn groups."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from gridscan.errors import EvaluationError
from gridscan.numerics.compound_counts import count_probabilities, exceedances_of_counts

means = st.lists(st.floats(0.0, 3.0), min_size=1, max_size=6)


@given(st.floats(1e-12, 300.0))
def test_single_counts_are_poisson(mean):
    most = 60
    found = count_probabilities([mean, *[0.0] * (most - 1)], mean)
    np.testing.assert_allclose(found, stats.poisson.pmf(np.arange(most + 1), mean), rtol=1e-10, atol=1e-305)


@given(means)
def test_the_distribution_is_the_coefficients_of_its_generating_function(groups):
    """P(n) are those of exp(Σ λ_k (z^k - 1)), summed as a power series."""
    order = 12
    exponent = np.zeros(order)
    exponent[1 : len(groups) + 1] = groups
    series, term = np.zeros(order), np.eye(1, order)[0]
    for power in range(1, 120):
        series += term
        term = np.convolve(term, exponent)[:order] / power
    padded = np.pad(groups, (0, order - 1 - len(groups)))
    found = count_probabilities(padded, math.fsum(groups))
    np.testing.assert_allclose(found, series * math.exp(-math.fsum(groups)), rtol=1e-11, atol=1e-300)


@given(means, st.floats(0.0, 2.0))
def test_a_background_convolves_with_single_counts(groups, background):
    order = 15
    padded, total = np.pad(groups, (0, order - len(groups))), math.fsum(groups)
    with_background = padded + background * np.eye(1, order)[0]
    poisson = stats.poisson.pmf(np.arange(order + 1), background)
    expected = np.convolve(count_probabilities(padded, total), poisson)[: order + 1]
    np.testing.assert_allclose(count_probabilities(with_background, total + background), expected, rtol=1e-11)


def test_any_count_keeps_its_digits_and_larger_ones_follow():
    found = exceedances_of_counts([[1e-18, 1e-19], [0.5, 0.1]], [1.1e-18, 0.65])
    assert found[0, 1] == pytest.approx(1.1e-18, rel=1e-15)
    probability = count_probabilities([0.5, 0.1], 0.65)
    np.testing.assert_allclose(found[1], [1.0, 1 - probability[0], 1 - probability[:2].sum()], rtol=1e-14)


def test_drawn_groups_give_the_distribution():
    generator, groups, draws = np.random.default_rng(11), np.array([0.4, 0.2, 0.0, 0.1]), 400_000
    counts = sum(k * generator.poisson(mean, draws) for k, mean in enumerate(groups, start=1))
    probability = count_probabilities(groups, groups.sum())
    for n, expected in enumerate(probability):
        found = np.count_nonzero(counts == n) / draws
        assert abs(found - expected) < 4.0 * math.sqrt(expected * (1 - expected) / draws)


@pytest.mark.parametrize("mean", [650.0, 3652.5, 2e4])
def test_single_counts_of_any_mean_are_poisson(mean):
    most = int(mean + 6 * math.sqrt(mean))
    found = count_probabilities(mean * np.eye(1, most)[0], mean)
    np.testing.assert_allclose(found, stats.poisson.pmf(np.arange(most + 1), mean), rtol=1e-10, atol=1e-290)


def test_groups_of_any_mean_give_the_closed_form():
    """Groups of the logarithmic series are the negative binomial distribution, whose P(n) exp(Σ λ_k) is rescaled."""
    successes, share, size = 700.0, 0.7, np.arange(1, 2501)
    total = -successes * math.log1p(-share)
    assert total > 800.0
    found = count_probabilities(successes * share**size / size, total)
    expected = stats.nbinom.pmf(np.arange(2501), successes, 1.0 - share)
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-290)


@pytest.mark.parametrize(
    ("groups", "total", "message"),
    [
        ([1.0, 2.0], 2.5, "total is 2.5; it must be at least the sum of group_means"),
        ([-1.0], 1.0, "group_means is -1"),
        (1.0, 1.0, "it must have an axis of the sizes of the groups"),
    ],
)
def test_means_out_of_their_range_are_refused(groups, total, message):
    with pytest.raises(EvaluationError, match=message):
        count_probabilities(groups, total)

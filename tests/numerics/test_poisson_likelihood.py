"""Likelihoods of counts against closed forms, direct sums with mpmath, and a search for the likeliest background."""

import mpmath
import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import nbinom, poisson

from gridscan.errors import EvaluationError
from gridscan.numerics.poisson_likelihood import (
    background_counts,
    log_marginalised,
    log_probability,
    log_profiled,
    profiled_background,
)


def _convolved(count, signal, background, error):
    """Direct sum over how many of the counts are of the background, with 40 digits."""
    with mpmath.workdps(40):
        s, b, e = (mpmath.mpf(value) for value in (signal, background, error))
        shape, rate = (b / e) ** 2, b / e**2
        total = mpmath.mpf(0)
        for j in range(count + 1):
            of_signal = s ** (count - j) * mpmath.exp(-s) / mpmath.factorial(count - j)
            gammas = mpmath.gamma(shape + j) / mpmath.gamma(shape) / mpmath.factorial(j)
            total += of_signal * gammas * (rate / (1 + rate)) ** shape / (1 + rate) ** j
        return float(mpmath.log(total))


@pytest.mark.parametrize(
    ("count", "mean"), [(0, 2.5), (3, 0.1), (15, 17.0), (16, 17.0), (10**6, 1.003e6), (10**6, 1e3)]
)
def test_the_logarithm_of_a_probability_keeps_its_digits(count, mean):
    with mpmath.workdps(40):
        expected = count * mpmath.log(mean) - mean - mpmath.loggamma(count + 1)
    assert float(log_probability(count, mean)) == pytest.approx(float(expected), rel=1e-13, abs=1e-10)


def test_no_count_of_no_mean_is_certain_and_one_impossible():
    assert log_probability([0, 1, 40], 0.0).tolist() == [0.0, -np.inf, -np.inf]


@pytest.mark.parametrize("count", [0, 1, 4, 30, 31, 90])
@pytest.mark.parametrize(("background", "error"), [(0.5, 2.0), (3.0, 0.3), (40.0, 8.0)])
@pytest.mark.parametrize("signal", [0.0, 1e-3, 7.0, 900.0])
def test_the_average_over_the_background_is_the_direct_sum(count, background, error, signal):
    expected = _convolved(count, signal, background, error)
    assert float(log_marginalised(count, signal, background, error)) == pytest.approx(expected, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(("background", "error"), [(600.0, 25.0), (3.0, 6.0), (480.0, 1e-3)])
def test_beyond_a_few_hundred_counts_terms_near_the_largest_are_enough(background, error):
    signal = np.array([0.0, 1.0, 250.0, 900.0])
    expected = [_convolved(500, value, background, error) for value in signal]
    assert log_marginalised(500, signal, background, error) == pytest.approx(expected, rel=1e-12, abs=1e-11)


def test_a_million_counts_of_a_known_signal_and_a_wide_background():
    """Without a signal the count is of a negative binomial distribution: that of scipy is good to nine digits."""
    background, error = 9.9e5, 2e3
    shape, chance = (background / error) ** 2, background / (background + error**2)
    expected = nbinom.logpmf(10**6, shape, chance)
    assert float(log_marginalised(10**6, 0.0, background, error)) == pytest.approx(expected, abs=1e-7)
    # A Gaussian of both variances, up to its skewness.
    away = 10**6 - background - 5e3
    variance = background + 5e3 + error**2
    gaussian = -0.5 * away**2 / variance - 0.5 * np.log(2 * np.pi * variance)
    assert float(log_marginalised(10**6, 5e3, background, error)) == pytest.approx(gaussian, abs=0.01)


def test_without_an_error_the_background_is_added():
    found = log_marginalised(7, np.array([0.0, 2.0]), 3.0, 0.0)
    assert found == pytest.approx(poisson.logpmf(7, [3.0, 5.0]), rel=1e-13)
    assert background_counts(7, 3.0, 1e-12) == pytest.approx(poisson.logpmf(7, 3.0), rel=1e-12)


@pytest.mark.parametrize("count", [0, 3, 100, 10**6])
@pytest.mark.parametrize("signal", [0.0, 0.3, 60.0])
def test_the_profile_has_the_likeliest_background(count, signal):
    for background, error in [(0.0, 1.0), (4.0, 0.5), (4.0, 9.0), (90.0, 20.0)]:

        def negative(b, background=background, error=error):
            return -(poisson.logpmf(count, signal + b) - 0.5 * ((b - background) / error) ** 2)

        found = float(profiled_background(count, signal, background, error))
        best = minimize_scalar(negative, bounds=(0.0, count + background + 10 * error), method="bounded")
        assert float(log_profiled(count, signal, background, error)) >= -best.fun - 1e-9 * abs(best.fun)
        assert float(log_profiled(count, signal, background, error)) == pytest.approx(-negative(found), rel=1e-9)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: log_probability(2.5, 1.0), "whole numbers; found 2.5"),
        (lambda: log_probability(2, -1.0), "not negative; found 1 of 1, such as -1"),
        (lambda: log_marginalised(2, [np.nan], 1.0, 0.5), "the signal must be finite"),
        (lambda: log_marginalised(2, 1.0, 0.0, 0.5), "a background of zero with an error has no gamma distribution"),
        (lambda: log_marginalised([1, 2], 1.0, 1.0, 0.5), "one count at a time"),
    ],
)
def test_wrong_numbers_are_refused(call, words):
    with pytest.raises(EvaluationError, match=words):
        call()

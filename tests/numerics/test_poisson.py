"""The Poisson divergence and the scale factor against arithmetic in 60 digits, scipy's likelihood and limits."""

import decimal
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from gridscan.errors import EvaluationError
from gridscan.numerics.poisson import poisson_divergence, poisson_probability, scale_to_discriminate

counts = st.floats(1e-30, 1e30)


def exact_divergence(x: float, y: float) -> float:
    if x == y:
        return 0.0
    with decimal.localcontext(decimal.Context(prec=60)):
        x_exact, y_exact = decimal.Decimal(x), decimal.Decimal(y)
        return float(x_exact * (x_exact / y_exact).ln() + y_exact - x_exact)


@given(counts, counts)
def test_the_divergence_agrees_with_sixty_digits_for_any_two_counts(x, y):
    assert float(poisson_divergence(x, y)) == pytest.approx(exact_divergence(x, y), rel=1e-14, abs=0)


@given(counts, st.floats(-0.5, 0.5), st.integers(0, 14))
def test_the_divergence_keeps_its_digits_where_the_counts_agree_in_most_of_theirs(y, fraction, digits):
    x = y * (1 + fraction * 10.0**-digits)
    assert float(poisson_divergence(x, y)) == pytest.approx(exact_divergence(x, y), rel=1e-14, abs=0)


@pytest.mark.parametrize("v", [0.0999999, 0.1000001, -0.0999999, -0.1000001])
def test_the_series_and_the_logarithm_meet_without_a_step(v):
    x, y = 1 + v, 1 - v
    assert float(poisson_divergence(x, y)) == pytest.approx(exact_divergence(x, y), rel=5e-15, abs=0)


@pytest.mark.parametrize(
    ("x", "y", "divergence"), [(0.0, 3.5, 3.5), (0.0, 0.0, 0.0), (2.0, 0.0, math.inf), (7.0, 7.0, 0.0)]
)
def test_the_divergence_has_its_limits_at_zero_and_at_equal_counts(x, y, divergence):
    assert float(poisson_divergence(x, y)) == divergence


@pytest.mark.parametrize("count", [1, 4, 17, 250])
@pytest.mark.parametrize("mean", [0.3, 5.0, 240.0])
def test_the_divergence_is_the_log_likelihood_ratio_of_a_poisson_count(count, mean):
    ratio = stats.poisson.logpmf(count, count) - stats.poisson.logpmf(count, mean)
    assert float(poisson_divergence(count, mean)) == pytest.approx(ratio, rel=1e-10)


def test_the_divergence_broadcasts():
    assert poisson_divergence(np.ones((3, 1)), np.ones(4)).shape == (3, 4)


@pytest.mark.parametrize("bad", [-1.0, math.nan, math.inf])
@pytest.mark.parametrize("place", [0, 1])
def test_the_divergence_refuses_negative_and_non_finite_counts(bad, place):
    arguments = [np.array([1.0, 2.0]), np.array([1.0, 2.0])]
    arguments[place][1] = bad
    with pytest.raises(EvaluationError, match=rf"expected counts must be finite .* 1 of 2, such as {bad:g}"):
        poisson_divergence(*arguments)


@given(counts, counts, st.floats(0.01, 100), st.floats(0.1, 10), st.sampled_from(["asimov", "gaussian"]))
def test_the_scale_factor_is_symmetric_and_falls_as_the_inverse_of_the_exposure(a, b, exposure, z, method):
    scale = scale_to_discriminate(a, b, 0.0, exposure, z, method)
    assert scale == scale_to_discriminate(b, a, 0.0, exposure, z, method)
    assert scale_to_discriminate(a, b, 0.0, 2 * exposure, z, method) == pytest.approx(scale / 2, rel=1e-12)
    assert scale_to_discriminate(a, b, 0.0, exposure, 3 * z, method) == pytest.approx(scale * 9, rel=1e-12)


def test_the_asimov_factor_makes_the_likelihood_ratio_the_square_of_the_significance():
    scale = float(scale_to_discriminate(2.0, 5.0, 1.0, 10.0, 3.0, "asimov"))
    low, high = 30.0 * scale, 60.0 * scale
    deviances = 2 * poisson_divergence(low, high), 2 * poisson_divergence(high, low)
    assert min(deviances) == pytest.approx(9.0, rel=1e-13)


def test_the_gaussian_factor_puts_the_difference_at_so_many_standard_deviations():
    scale = float(scale_to_discriminate(2.0, 5.0, 1.0, 10.0, 3.0, "gaussian"))
    assert 30.0 * scale / math.sqrt(60.0 * scale) == pytest.approx(3.0, rel=1e-13)


def test_the_two_methods_agree_where_counts_hardly_differ():
    asimov, gaussian = (scale_to_discriminate(1.0, 1.0 + 1e-9, 0.0, 1.0, 3.0, m) for m in ("asimov", "gaussian"))
    assert asimov == pytest.approx(gaussian, rel=1e-8)


@pytest.mark.parametrize("method", ["asimov", "gaussian"])
def test_a_large_background_does_not_swallow_the_difference_of_two_small_rates(method):
    a, b, background = 1e-3, 2e-3, 1e9
    expected = 9 * background / (b - a) ** 2
    assert float(scale_to_discriminate(a, b, background, 1.0, 3.0, method)) == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize("method", ["asimov", "gaussian"])
@pytest.mark.parametrize("rate", [0.0, 0.7])
def test_equal_rates_need_an_infinite_detector(method, rate):
    assert scale_to_discriminate(rate, rate, 0.0, 10.0, 3.0, method) == math.inf


def test_a_rate_of_zero_is_told_apart_by_the_other_alone():
    assert float(scale_to_discriminate(0.0, 0.5, 0.0, 10.0, 3.0, "asimov")) == pytest.approx(0.9, rel=1e-15)
    assert float(scale_to_discriminate(0.0, 0.5, 0.0, 10.0, 3.0, "gaussian")) == pytest.approx(1.8, rel=1e-15)


GOOD = {"rate_a": 1.0, "rate_b": 2.0, "background": 0.0, "exposure": 1.0, "significance": 3.0, "method": "asimov"}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"rate_a": -1.0}, "rates must be finite and not negative; found 1 of 1, such as -1"),
        ({"rate_b": math.nan}, "rates must be finite and not negative; found 1 of 1, such as nan"),
        ({"background": -0.5}, "background rates must be finite and not negative; found 1 of 1, such as -0.5"),
        ({"exposure": 0.0}, "exposure must be finite and positive; found 0"),
        ({"significance": math.inf}, "significance must be finite and positive; found inf"),
        (
            {"method": "asimow"},
            "unknown method 'asimow'; did you mean 'asimov'?; expected one of asimov, gaussian, exact",
        ),
    ],
)
def test_the_scale_factor_refuses_what_is_out_of_range_and_says_what_it_found(wrong, message):
    with pytest.raises(EvaluationError) as refused:
        scale_to_discriminate(**(GOOD | wrong))
    assert str(refused.value) == message


def exact_probability(count: int, mean: float) -> float:
    with decimal.localcontext(decimal.Context(prec=60)):
        mu, product = decimal.Decimal(mean), decimal.Decimal(1)
        for k in range(1, count + 1):
            product *= mu / k
        return float(product * (-mu).exp())


@given(st.integers(0, 400), st.floats(1e-3, 600.0))
def test_the_probability_of_a_count_agrees_with_sixty_digits(count, mean):
    assert float(poisson_probability(count, mean)) == pytest.approx(exact_probability(count, mean), rel=2e-13, abs=0)


@pytest.mark.parametrize("mean", [1e4, 1e8, 1e12])
def test_the_probability_of_the_most_likely_count_keeps_its_digits_however_large_the_mean(mean):
    """Stirling: P(N = μ) = (1 - 1/(12 μ))/√(2 π μ) for whole μ, where k ln μ - ln k! has lost up to 14 digits."""
    expected = (1 - 1 / (12 * mean)) / math.sqrt(2 * math.pi * mean)
    assert float(poisson_probability(mean, mean)) == pytest.approx(expected, rel=1e-9)


def test_the_probability_has_its_limits_at_no_count_and_no_mean():
    np.testing.assert_array_equal(poisson_probability([0, 1, 40], 0.0), [1.0, 0.0, 0.0])
    assert float(poisson_probability(0, 700.0)) == math.exp(-700.0)


def test_the_probability_of_half_a_count_is_refused():
    with pytest.raises(EvaluationError, match=r"counts must be whole numbers; found 0\.5"):
        poisson_probability(0.5, 1.0)

"""Significances against arithmetic in 60 digits, the reference numbers and closed forms."""

import decimal
import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from presupernova_cases import cases, tolerance

from gridscan.errors import EvaluationError
from gridscan.numerics.poisson import poisson_divergence
from gridscan.numerics.significance import (
    exposure_factor_needed,
    median_significance,
    signal_needed,
    significance_of_endless_exposure,
)

backgrounds = st.floats(1e-3, 1e9)
shares = st.sampled_from([0.0, 1e-6, 1e-3, 0.01, 0.3, 2.0])


def exact_significance(signal: float, background: float, error: float) -> float:
    """Return Cowan's formula as it is published, with 80 digits."""
    with decimal.localcontext(decimal.Context(prec=80)):
        s, b, d = (decimal.Decimal(x) for x in (signal, background, error))
        n, variance = s + b, d * d
        if error:
            half = n * (n * (b + variance) / (b * b + n * variance)).ln()
            half -= b * b / variance * (1 + variance * s / (b * (b + variance))).ln()
        else:
            half = n * (n / b).ln() - s
        return float((2 * half).sqrt())


@pytest.mark.parametrize("case", cases("asimov"))
def test_the_significance_is_that_of_the_reference(case):
    found = median_significance(case["signal"], case["background"], case["background_error"])
    assert float(found) == pytest.approx(case["significance"], rel=tolerance("asimov"))


@given(backgrounds, st.floats(-9, 7), shares)
def test_the_significance_agrees_with_eighty_digits_where_the_published_form_cancels(background, exponent, share):
    signal, error = background * 10.0**exponent, share * background
    expected = exact_significance(signal, background, error)
    assert float(median_significance(signal, background, error)) == pytest.approx(expected, rel=1e-11, abs=0)


@given(backgrounds, st.floats(1e-3, 1e3))
def test_without_a_background_error_it_is_the_deviance_of_a_poisson_count(background, ratio):
    signal = ratio * background
    deviance = 2 * poisson_divergence(signal + background, background)
    assert float(median_significance(signal, background)) ** 2 == pytest.approx(float(deviance), rel=1e-11)


def test_no_signal_and_a_vanishing_error_have_their_limits():
    assert float(median_significance(0.0, 5.0, 1.0)) == 0.0
    exact = float(median_significance(3.0, 5.0, 0.0))
    assert float(median_significance(3.0, 5.0, 1e-170)) == pytest.approx(exact, rel=1e-14)
    assert float(median_significance(1e-12, 1e12, 1e9)) == pytest.approx(1e-12 / math.hypot(1e6, 1e9), rel=1e-12)


@pytest.mark.parametrize("case", cases("signal_needed"))
def test_the_signal_needed_is_that_of_the_reference(case):
    found = signal_needed(case["significance"], case["background"], case["background_error"])
    assert float(found) == pytest.approx(case["signal"], rel=tolerance("signal_needed"))


@given(st.floats(1e-3, 30.0), backgrounds, shares)
def test_the_signal_needed_is_the_inverse_of_the_significance(significance, background, share):
    signal = signal_needed(significance, background, share * background)
    found = float(median_significance(signal, background, share * background))
    assert found == pytest.approx(significance, rel=1e-9)


def test_nothing_is_needed_for_no_significance():
    assert float(signal_needed(0.0, 10.0, 1.0)) == 0.0


@pytest.mark.parametrize("case", cases("systematics_floor"))
def test_the_floor_is_that_of_the_reference_and_of_a_huge_mass(case):
    ratio, share = case["signal_to_background"], case["relative_background_error"]
    found = float(significance_of_endless_exposure(ratio, share))
    assert found == pytest.approx(case["significance_at_infinite_mass"], rel=tolerance("systematics_floor"))
    huge = float(median_significance(ratio * 1e12, 1e12, share * 1e12))
    assert huge == pytest.approx(case["significance_at_background_1e12"], rel=1e-7)


def test_a_background_known_exactly_has_no_floor():
    np.testing.assert_array_equal(significance_of_endless_exposure([0.0, 1e-30, 3.0], 0.0), [0.0, np.inf, np.inf])


@given(st.floats(1e-6, 1e3), st.floats(1e-4, 0.5))
def test_the_significance_rises_with_the_exposure_to_its_floor(ratio, share):
    background = np.geomspace(1.0, 1e30, 61)
    found = median_significance(ratio * background, background, share * background)
    floor = float(significance_of_endless_exposure(ratio, share))
    assert (np.diff(found) >= -1e-11 * found[1:]).all()
    assert float(found[-1]) == pytest.approx(floor, rel=1e-9)


@pytest.mark.parametrize("case", cases("required_mass"))
def test_the_required_mass_is_that_of_the_reference(case):
    background = case["background_at_base_mass"]
    found = exposure_factor_needed(
        case["signal_to_background"] * background, background, case["relative_background_error"], case["significance"]
    )
    expected = math.inf if case["mass_scale"] is None else case["mass_scale"]
    assert float(found) == pytest.approx(expected, rel=tolerance("required_mass"))


@given(st.floats(1e-4, 1e4), st.floats(1e-3, 1e6), shares, st.floats(0.1, 8.0))
def test_the_required_mass_reaches_the_significance_or_none_does(ratio, background, share, significance):
    floor = float(significance_of_endless_exposure(ratio, share))
    assume(abs(floor - significance) > 1e-3 * significance)
    factor = float(exposure_factor_needed(ratio * background, background, share, significance))
    if floor <= significance:
        assert factor == math.inf
        return
    scaled = factor * background
    found = float(median_significance(ratio * scaled, scaled, share * scaled))
    assert found == pytest.approx(significance, rel=1e-7)


def test_the_mass_for_a_significance_just_below_the_floor_is_large_and_at_it_infinite():
    floor = float(significance_of_endless_exposure(0.03, 0.01))
    factors = exposure_factor_needed(3.0, 100.0, 0.01, floor * np.array([0.99, 1.0 - 1e-6, 1.0, 1.01]))
    assert np.isfinite(factors[:2]).all()
    assert factors[1] > 1e4 * factors[0]
    assert np.isinf(factors[2:]).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: median_significance(1.0, 0.0), "background is 0; it must be a finite number above 0"),
        (lambda: median_significance(-1.0, 1.0), "signal is -1"),
        (lambda: median_significance(1.0, 1.0, -0.1), "background_error is -0.1"),
        (lambda: signal_needed(3.0, [1.0, 0.0]), r"background is 0 at index \[1\]"),
        (lambda: signal_needed(math.nan, 1.0), "significance is nan"),
        (lambda: significance_of_endless_exposure(0.1, -1.0), "relative_background_error is -1"),
        (lambda: exposure_factor_needed(1.0, 1.0, 0.0, 0.0), "significance is 0"),
        (lambda: exposure_factor_needed(1.0, -1.0, 0.0, 1.0), "background is -1"),
    ],
)
def test_numbers_out_of_their_range_are_refused(call, message):
    with pytest.raises(EvaluationError, match=message):
        call()

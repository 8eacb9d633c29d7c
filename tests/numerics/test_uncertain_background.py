"""Rates above an uncertain background against the numerical maximum of the likelihood, limits and reference numbers."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from mpmath import mp
from presupernova_cases import cases, tolerance
from scipy.optimize import minimize_scalar
from scipy.special import rel_entr

from gridscan.errors import EvaluationError
from gridscan.numerics.poisson import scale_to_discriminate
from gridscan.numerics.significance import median_significance
from gridscan.numerics.uncertain_background import exposure_to_discriminate, significance_against

shares = st.sampled_from([0.0, 1e-6, 1e-3, 0.02, 0.3, 2.0])


def largest_likelihood(counts, rate, background, share):
    """Return Z from the minimum of the deviance of both measurements over the mean of the background."""
    aux = 1 / (share**2 * background)

    def deviance(logarithm):
        beta = background * math.exp(logarithm)
        first = rel_entr(counts, rate + beta) + rate + beta - counts
        return 2 * (first + aux * (background * (math.exp(logarithm) - 1 - logarithm)))

    found = [
        minimize_scalar(deviance, bounds=(-80.0 * i, 10.0), method="bounded", options={"xatol": 1e-10}).fun
        for i in (0.01, 0.1, 1.0)
    ]
    return math.sqrt(min(found))


@pytest.mark.parametrize("share", [0.01, 0.2, 1.5])
@pytest.mark.parametrize("rate", [0.0, 3.0, 40.0, 900.0])
@pytest.mark.parametrize("counts", [0.0, 1.0, 60.0, 2000.0])
def test_the_significance_is_that_of_the_likelihood_maximised_numerically(counts, rate, share):
    expected = largest_likelihood(counts, rate, 50.0, share)
    assert float(significance_against(counts, rate, 50.0, share)) == pytest.approx(expected, rel=1e-7)


@given(st.floats(-0.999, 50.0), st.floats(0.0, 100.0), st.floats(1e-2, 1e8), shares, st.integers(0, 9))
def test_it_keeps_its_digits_for_differences_of_either_sign(ratio, rate, background, share, digits):
    rate = rate * background
    counts = rate + background + ratio * 10.0**-digits * background
    excess = counts - rate - background
    assume(excess != 0 and abs(excess) < 1e300)
    with mp.workdps(80):
        n, r, b = mp.mpf(counts), mp.mpf(rate), mp.mpf(background)
        kappa = mp.mpf(share) ** 2 * b
        linear = (1 + kappa) * r - kappa * n - b
        beta = (-linear + mp.sqrt(linear**2 + 4 * (1 + kappa) * b * r)) / (2 * (1 + kappa)) if share else b
        square = 2 * ((n * mp.log(n / (r + beta)) if n else 0) + r + beta - n)
        square += 2 * (b * mp.log(b / beta) + beta - b) / kappa if share else 0
        expected = float(mp.sqrt(square))
    # The function is given the counts and not their difference, which has lost the digits that they share.
    lost = 4e-16 * (rate + background) / abs(excess)
    assert float(significance_against(counts, rate, background, share)) == pytest.approx(expected, rel=1e-11 + lost)


@given(st.floats(1e-6, 1e4), st.floats(1e-2, 1e8), shares)
def test_without_a_rate_of_the_hypothesis_it_is_the_published_formula(ratio, background, share):
    counts = background + ratio * background
    expected = float(median_significance(counts - background, background, share * background))
    assert float(significance_against(counts, 0.0, background, share)) == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize("case", cases("required_mass"))
def test_a_signal_against_none_needs_the_mass_of_the_reference_or_that_of_the_reversed_truth(case):
    background, share, z = case["background_at_base_mass"], case["relative_background_error"], case["significance"]
    signal = case["signal_to_background"] * background
    found = float(exposure_to_discriminate((signal, background), (0.0, background), share, z, "asimov"))
    if share:
        assert found == pytest.approx(case["mass_scale"], rel=tolerance("required_mass"))
    else:
        reversed_truth = z**2 / 2 / (signal - background * math.log1p(signal / background))
        assert found == pytest.approx(max(case["mass_scale"], reversed_truth), rel=tolerance("required_mass"))


@given(st.floats(0, 1e4), st.floats(0, 1e4), st.floats(0, 1e4), st.sampled_from(["asimov", "gaussian"]))
def test_without_an_error_the_factor_is_that_of_a_known_background(a, b, background, method):
    found = exposure_to_discriminate((a, background), (b, background), 0.0, 3.0, method)
    assert float(found) == pytest.approx(float(scale_to_discriminate(a, b, background, 1.0, 3.0, method)), rel=1e-14)


@given(st.floats(0, 1e3), st.floats(0, 1e3), st.floats(0.1, 1e4), st.sampled_from([1e-3, 0.02, 0.3, 2.0]))
def test_the_factor_reaches_the_significance_for_both_truths_or_none_does(a, b, background, share):
    assume(abs(a - b) > 1e-6 * (a + b + background))
    factor = float(exposure_to_discriminate((a, background), (b, background), share, 3.0, "asimov"))
    mass = factor if math.isfinite(factor) else 1e14
    pair = [
        float(significance_against(mass * (one + background), mass * other, mass * background, share))
        for one, other in ((a, b), (b, a))
    ]
    if math.isfinite(factor):
        assert min(pair) == pytest.approx(3.0, rel=1e-6)
    else:
        assert min(pair) < 3.0 * (1 + 1e-6)
    mirrored = float(exposure_to_discriminate((b, background), (a, background), share, 3.0, "asimov"))
    assert mirrored == factor


def test_no_mass_suffices_where_the_background_imitates_the_difference():
    share, z = 0.1, 3.0
    root = minimize_scalar(
        lambda r: (2 / share**2 * (r - math.log1p(r)) - z**2) ** 2, bounds=(0.2, 0.5), options={"xatol": 1e-12}
    ).x
    for rate in (0.0, 5.0, 300.0):
        below, above = (
            float(exposure_to_discriminate((rate + 10 * r, 10.0), (rate, 10.0), share, z, "asimov"))
            for r in (root * (1 - 1e-3), root * (1 + 1e-3))
        )
        assert below == math.inf
        assert 100 < above < math.inf


def test_a_background_is_never_negative_so_that_a_larger_deficit_has_no_floor():
    exposure = np.geomspace(1.0, 1e8, 9)
    within = significance_against(10.0 * exposure, 9.0 * exposure, 10.0 * exposure, 0.9)
    assert float(within[-1]) == pytest.approx(math.sqrt(2 / 0.9**2 * (math.log(10.0) - 0.9)), rel=1e-3)
    beyond = significance_against(10.0 * exposure, 21.0 * exposure, 10.0 * exposure, 0.9)
    assert float(beyond[-1]) > 1e4


def test_the_gaussian_factor_is_that_of_the_summed_variances():
    factor = float(exposure_to_discriminate((20.0, 100.0), (0.0, 100.0), 0.05, 3.0, "gaussian"))
    variance = factor * 120.0 + (factor * 0.05 * 100.0) ** 2
    assert factor * 20.0 / math.sqrt(variance) == pytest.approx(3.0, rel=1e-13)
    never = exposure_to_discriminate((15.0, 100.0), (0.0, 100.0), 0.05, 3.0, "gaussian")
    assert float(never) == math.inf


@pytest.mark.parametrize("method", ["asimov", "gaussian"])
def test_the_factor_is_symmetric_also_where_each_side_has_a_background_of_its_own(method):
    one, other = (30.0, 5.0), (0.0, 100.0)
    there, back = (exposure_to_discriminate(*pair, 0.1, 3.0, method) for pair in ((one, other), (other, one)))
    assert 0.0 < float(there) == float(back) < math.inf
    if method == "gaussian":
        variance = there * 100.0 + (there * 0.1 * 100.0) ** 2
        assert there * 65.0 / math.sqrt(variance) == pytest.approx(3.0, rel=1e-13)


@pytest.mark.parametrize("method", ["asimov", "gaussian"])
def test_nothing_is_nan_where_counts_are_equal_or_none(method):
    counts = np.array([0.0, 0.0, 3.0, 3.0]), np.array([0.0, 2.0, 0.0, 2.0])
    found = exposure_to_discriminate(counts, counts, 0.1, 3.0, method)
    np.testing.assert_array_equal(found, np.inf)
    for a, b, background in ((0.0, 0.5, 0.0), (1.0, 0.0, 1e-12)):
        found = float(exposure_to_discriminate((a, background), (b, background), 0.1, 3.0, method))
        known = float(scale_to_discriminate(a, b, background, 1.0, 3.0, method))
        assert found == pytest.approx(known, rel=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: exposure_to_discriminate((1.0, 1.0), (2.0, 1.0), -0.1, 3.0, "asimov"), "background_error is -0.1"),
        (lambda: exposure_to_discriminate((1.0, 1.0), (2.0, -1.0), 0.1, 3.0, "asimov"), "background rates is -1"),
        (lambda: exposure_to_discriminate((1.0, 1.0), (2.0, 1.0), 0.1, 0.0, "gaussian"), "significance is 0"),
        (
            lambda: exposure_to_discriminate((1.0, 1.0), (2.0, 1.0), 0.1, 3.0, "exact"),
            "method 'exact' knows no background error; expected one of asimov, gaussian",
        ),
        (lambda: significance_against(1.0, 1.0, 0.0, 0.1), "background is 0"),
    ],
)
def test_what_is_out_of_range_is_refused(call, message):
    with pytest.raises(EvaluationError, match=message):
        call()

"""Limits on a signal against direct sums, published numbers, and what other programs give."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import nbinom, poisson

from gridscan.errors import EvaluationError
from gridscan.numerics.feldman_cousins import accepts, unified_interval
from gridscan.numerics.poisson_limits import asymptotic_upper_limit, count_quantiles, exact_upper_limit


@pytest.mark.parametrize(
    ("count", "background", "confidence", "expected"), [(0, 1.0, 0.95, 2.996), (100, 90.0, 0.95, 28.85)]
)
def test_known_limits(count, background, confidence, expected):
    assert exact_upper_limit(count, background, confidence=confidence) == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize(("count", "background"), [(0, 0.0), (0, 40.0), (3, 0.0), (3, 5.5), (20, 12.0), (400, 380.0)])
def test_the_exact_limit_is_that_of_a_direct_sum(count, background):
    def excess(signal):
        return poisson.cdf(count, signal + background) / poisson.cdf(count, background) - 0.1

    expected = brentq(excess, 0.0, 10 * count + 100.0, xtol=1e-12)
    assert exact_upper_limit(count, background) == pytest.approx(expected, rel=1e-9)


def test_of_a_background_with_an_error_too():
    count, background, error = 6, 4.0, 1.5
    shape, chance = (background / error) ** 2, background / (background + error**2)
    places = np.arange(count + 1)
    of_background = nbinom.pmf(places, shape, chance)

    def excess(signal):
        return of_background @ poisson.cdf(count - places, signal) / of_background.sum() - 0.1

    assert exact_upper_limit(count, background, error) == pytest.approx(brentq(excess, 0.0, 50.0), rel=1e-9)


def test_a_far_higher_background_leaves_a_limit():
    """Where the probability of so few counts underflows; no count gives -ln(1 - confidence) over any background."""
    assert exact_upper_limit(0, 1e5) == pytest.approx(-np.log(0.1), rel=1e-12)
    # P(s) ~ exp(-s (1 - n/b)) far below the background.
    assert exact_upper_limit(3, 1e6) == pytest.approx(-np.log(0.1) / (1 - 3e-6), rel=1e-9)


def test_the_asymptotic_limit_without_counts_is_too_low():
    assert asymptotic_upper_limit(0, 1e-9, confidence=0.95) == pytest.approx(1.92, abs=0.005)


def test_the_asymptotic_limits_are_those_of_pyhf():
    rows = json.loads((Path(__file__).parents[1] / "reference" / "asymptotic_limits.json").read_text())["limits"]
    assert len(rows) == 100
    for count, background, error, expected in rows:
        assert asymptotic_upper_limit(count, background, error) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("error", [0.0, 30.0])
def test_of_many_counts_both_limits_agree(error):
    exact, asymptotic = (limit(10_000, 1e4, error) for limit in (exact_upper_limit, asymptotic_upper_limit))
    assert asymptotic == pytest.approx(exact, rel=0.01)


@pytest.mark.parametrize(("mean", "error"), [(0.2, 0.0), (3.0, 0.0), (3.0, 4.0), (1e5, 200.0)])
def test_quantiles_of_the_background(mean, error):
    chances = [0.0228, 0.1587, 0.5, 0.8413, 0.9772]
    shape, chance = ((mean / error) ** 2, mean / (mean + error**2)) if error else (0, 0)
    law = nbinom(shape, chance) if error else poisson(mean)
    assert count_quantiles(chances, mean, error).tolist() == law.ppf(chances).astype(int).tolist()


def _constructed(count, background, confidence, signals):
    """Accepted signals by the construction as it is written: counts ranked, and summed until they make it."""
    counts = np.arange(60)
    kept = []
    for signal in signals:
        chances = poisson.pmf(counts, signal + background)
        ratios = chances / poisson.pmf(counts, np.maximum(counts - background, 0) + background)
        order = np.argsort(-ratios, kind="stable")
        number = np.searchsorted(np.cumsum(chances[order]), confidence) + 1
        kept.append(count in counts[order[:number]])
    return np.array(kept)


@pytest.mark.parametrize(("count", "background"), [(0, 0.0), (0, 3.0), (2, 0.0), (4, 3.0), (6, 3.0), (12, 5.2)])
def test_unified_intervals_are_those_of_the_construction(count, background):
    signals = np.linspace(0.013, 22.013, 441)
    expected = _constructed(count, background, 0.9, signals)
    assert accepts(count, signals, background).tolist() == expected.tolist()
    lower, upper = unified_interval(count, background)
    assert lower <= signals[expected].min() + 1e-12
    assert signals[expected].max() <= upper <= signals[expected].max() + 0.05


def test_a_unified_limit_is_the_published_one():
    """Gammapy's documentation has 8.465 for six counts over three, of signals in steps of 0.005."""
    assert unified_interval(6, 3.0)[1] == pytest.approx(8.465, abs=0.005)


def test_large_counts_have_the_interval_of_a_gaussian():
    lower, upper = unified_interval(10_000, 0.0)
    assert [lower, upper] == pytest.approx([10_000 - 164.5, 10_000 + 164.5], abs=2.5)


@pytest.mark.parametrize("method", ["exact", "unified"])
@pytest.mark.parametrize(("signal", "background"), [(0.5, 1.0), (4.0, 3.0)])
def test_limits_cover_the_signal_at_least_as_often_as_they_say(method, signal, background):
    counts = np.random.default_rng(7).poisson(signal + background, 20_000)
    values, times = np.unique(counts, return_counts=True)
    if method == "exact":
        covered = np.array([signal <= exact_upper_limit(int(count), background) for count in values])
    else:
        ends = [unified_interval(int(count), background) for count in values]
        covered = np.array([lower <= signal <= upper for lower, upper in ends])
    assert times[covered].sum() / counts.size >= 0.9 - 3 * np.sqrt(0.09 / counts.size)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: exact_upper_limit(3, 1.0, confidence=90), "a confidence is above 0 and below 1"),
        (lambda: exact_upper_limit(3, -1.0), "the background must be finite and not negative"),
        (lambda: asymptotic_upper_limit(3, 0.0), "needs a background above zero"),
        (lambda: count_quantiles(1.0, 3.0), "a probability above 0 and below 1"),
        (lambda: unified_interval(3, -1.0), "an interval needs"),
    ],
)
def test_wrong_numbers_are_refused(call, words):
    with pytest.raises(EvaluationError, match=words):
        call()

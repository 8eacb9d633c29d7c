"""Alarms of sliding windows against the reference, sums by scipy, and windows slid over drawn events."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from presupernova_cases import cases, tolerance
from scipy import stats

from gridscan.errors import EvaluationError
from gridscan.physics.neutrinos.alarms import (
    alarm_lead,
    alarm_probability,
    alarm_threshold,
    false_alarm_rate,
    farthest_from_lead_on,
    horizon,
    signal_for_alarm,
)

rates = st.floats(0.0, 1e3)
windows = st.floats(1e-2, 10.0)


@pytest.mark.parametrize("case", cases("alarm"))
def test_alarms_are_those_of_the_reference(case):
    rate, window, rel = case["background"], case["window"], tolerance("alarm")
    threshold = alarm_threshold(rate, window, case["false_alarm_rate"])
    assert float(threshold) == case["threshold"]
    reached = false_alarm_rate(threshold, rate, window)
    assert float(reached) == pytest.approx(case["false_alarm_rate_at_threshold"], rel=rel)
    assert float(signal_for_alarm(0.5, threshold, rate, window)) == pytest.approx(case["signal_needed"], rel=rel)
    for signal, expected in case["detection_probability"].items():
        assert float(alarm_probability(float(signal), threshold, rate, window)) == pytest.approx(expected, rel=rel)


@given(rates, windows, st.floats(1e-6, 10.0))
def test_the_threshold_is_the_smallest_that_the_false_alarms_allow(rate, window, allowed):
    threshold = float(alarm_threshold(rate, window, allowed))
    assert threshold > rate * window
    assert float(false_alarm_rate(threshold, rate, window)) <= allowed
    lower = threshold - 1.0
    if lower > rate * window:
        assert rate * stats.poisson.pmf(lower - 1.0, rate * window) > allowed * (1.0 - 1e-9)


def test_without_background_the_first_event_raises_an_alarm():
    assert float(alarm_threshold(0.0, 1.0, 1e-3)) == 1.0
    assert float(false_alarm_rate(1, 0.0, 1.0)) == 0.0
    assert float(alarm_probability(np.log(2.0), 1, 0.0, 1.0)) == pytest.approx(0.5, rel=1e-14)


def test_the_threshold_above_a_huge_background_is_some_standard_deviations_above_its_mean():
    rate, allowed = 1e11, 1e-3
    excess = (float(alarm_threshold(rate, 1.0, allowed)) - rate) / np.sqrt(rate)
    gaussian = np.sqrt(-2.0 * np.log(allowed / rate * np.sqrt(2.0 * np.pi * rate)))
    assert excess == pytest.approx(gaussian, rel=1e-4)


def test_windows_slid_over_drawn_events_cross_the_threshold_at_the_false_alarm_rate():
    generator = np.random.default_rng(20261130)
    for rate, window, threshold in ((0.3, 1.0, 3), (2.0, 1.0, 6), (10.0, 0.5, 12)):
        duration = 4e5 / rate
        times = np.sort(generator.random(generator.poisson(rate * duration)) * duration)
        # Number of events in the window that ends with each event, itself included; it goes up by one there.
        held = np.arange(len(times)) - np.searchsorted(times, times - window, side="right") + 1
        crossings = np.count_nonzero(held == threshold)
        expected = float(false_alarm_rate(threshold, rate, window)) * duration
        # Up-crossings come in clusters, which widens the scatter.
        assert abs(crossings - expected) < 4.0 * np.sqrt(2.0 * expected)


@given(rates, windows, st.floats(0.0, 500.0), st.integers(1, 300))
def test_the_probability_of_an_alarm_is_that_of_a_poisson_count(rate, window, signal, threshold):
    found = float(alarm_probability(signal, threshold, rate, window))
    assert found == pytest.approx(stats.poisson.sf(threshold - 1, rate * window + signal), rel=1e-9, abs=1e-300)


@given(rates, windows, st.floats(0.05, 0.999), st.floats(1e-5, 0.1))
def test_the_signal_for_an_alarm_gives_its_probability(rate, window, probability, allowed):
    threshold = alarm_threshold(rate, window, allowed)
    if float(alarm_probability(0.0, threshold, rate, window)) >= probability:
        with pytest.raises(EvaluationError, match="the background alone raises an alarm"):
            signal_for_alarm(probability, threshold, rate, window)
        return
    signal = signal_for_alarm(probability, threshold, rate, window)
    assert float(alarm_probability(signal, threshold, rate, window)) == pytest.approx(probability, rel=1e-9)


@given(st.floats(1e-3, 1e6), st.floats(1e-3, 10.0), st.floats(0.1, 1e3))
def test_at_its_horizon_a_source_gives_the_signal_that_is_needed(signal, distance, needed):
    far = float(horizon(signal, distance, needed))
    assert signal * (distance / far) ** 2 == pytest.approx(needed, rel=1e-12)


def test_the_farthest_horizon_from_a_lead_on_never_rises():
    generator = np.random.default_rng(5)
    horizons = generator.random((3, 40))
    farthest = farthest_from_lead_on(horizons)
    assert (np.diff(farthest, axis=-1) <= 0.0).all()
    np.testing.assert_array_equal(farthest[:, 7], horizons[:, 7:].max(axis=-1))


def test_the_alarm_lead_is_the_last_passage_of_a_horizon_that_is_not_monotonic():
    lead, horizons = np.array([0.0, 1.0, 2.0, 3.0, 4.0]), np.array([5.0, 1.0, 3.0, 0.5, 0.0])
    found = alarm_lead([6.0, 4.0, 2.0, 3.0, 0.25], lead, horizons)
    np.testing.assert_allclose(found, [np.nan, 0.25, 2.4, 2.0, 3.5])


@given(st.lists(st.floats(0.0, 10.0), min_size=3, max_size=12), st.floats(0.01, 9.0))
def test_at_its_alarm_lead_a_star_is_at_the_farthest_horizon_from_then_on(values, distance):
    horizons, lead = np.array([*values, 0.0]), np.arange(len(values) + 1.0)
    found = float(alarm_lead(distance, lead, horizons))
    if np.isnan(found):
        assert max(values) < distance
        return
    assert np.interp(found, lead, horizons) == pytest.approx(distance, rel=1e-9) or distance in horizons
    assert (np.interp(np.linspace(found, lead[-1], 50)[1:], lead, horizons) <= distance * (1 + 1e-9)).all()


def test_a_star_within_the_horizon_of_the_longest_lead_is_refused():
    with pytest.raises(EvaluationError, match=r"distance is 0\.5; it must be beyond the horizon at the longest lead"):
        alarm_lead(0.5, [0.0, 1.0], [2.0, 1.0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: alarm_threshold(-1.0, 1.0, 1.0), "background_rate is -1"),
        (lambda: alarm_threshold(1.0, 0.0, 1.0), "window is 0"),
        (lambda: alarm_threshold(1.0, 1.0, 0.0), "allowed_rate is 0"),
        (lambda: alarm_threshold(1e9, 1e9, 1.0), "background_rate times window is 1e[+]18; it must be at most 1e[+]12"),
        (lambda: false_alarm_rate(2.5, 1.0, 1.0), "threshold is 2.5; it must be a whole number"),
        (lambda: alarm_probability(-1.0, 1, 1.0, 1.0), "signal is -1"),
        (lambda: signal_for_alarm(1.0, 3, 0.1, 1.0), "probability is 1"),
        (lambda: horizon(1.0, 0.0, 1.0), "distance is 0"),
        (lambda: horizon(1.0, 1.0, 0.0), "needed is 0"),
        (lambda: alarm_lead(1.0, [1.0, 0.0], [1.0, 0.0]), "lead must increase"),
    ],
)
def test_numbers_out_of_their_range_are_refused(call, message):
    with pytest.raises(EvaluationError, match=message):
        call()

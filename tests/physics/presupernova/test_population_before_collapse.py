"""Stars before collapse against the reference: means, stars above a flux, alarms per century."""

import functools

import numpy as np
import pytest
from dying_stars import DAY, all_neutrinos, decays_per_proton, knots
from hypothesis import given, settings
from hypothesis import strategies as st
from presupernova_cases import CONSTANTS, cases, tolerance
from star_population import ALL, GALAXY, RED, TABLE, all_knots, shining, toy_points, uniform_disc, weights

from gridscan.errors import EvaluationError
from gridscan.numerics.significance import median_significance, signal_needed
from gridscan.physics.galaxy.distances import fraction_within, mean_inverse_square_distance
from gridscan.physics.neutrinos.alarms import alarm_threshold, horizon, signal_for_alarm
from gridscan.physics.presupernova.population import (
    alarm_rate,
    expected_stars,
    mean_flux,
    over_bins,
    probability_of_any,
    time_above,
)
from gridscan.physics.presupernova.time_points import time_integral, time_points


@pytest.mark.parametrize("case", cases("population"), ids=lambda case: f"{case['imf']} {case['radius']}")
def test_numbers_of_stars_and_the_mean_flux_are_those_of_the_reference(case):
    allowed, own = tolerance("population"), weights(case["imf"])
    share, _ = fraction_within(case["radius"], GALAXY)
    for name, window in (("stars", np.inf), ("stars_in_last_century", 100.0), ("stars_in_last_year", 1.0)):
        found = expected_stars(case["sfr"], own, 0.0, np.minimum(RED, window), share)
        assert float(found) == pytest.approx(case[name], rel=allowed["stars, collapses"])
    inverse, _ = mean_inverse_square_distance(case["radius"], GALAXY, 0.05)
    flux, error = mean_flux(case["sfr"], own, *shining(), share, inverse)
    assert float(flux) == pytest.approx(case["mean_flux"], rel=1e-4)
    assert float(error) < 1e-6 * float(flux)


def test_the_last_year_carries_most_of_the_mean_flux():
    bright, points = shining()
    whole, _ = mean_flux(2.0, weights(), bright, points, 1.0, 1.0)
    for window, share in ((1.0, 0.59), (10.0, 0.80), (100.0, 0.93)):
        last, _ = mean_flux(2.0, weights(), np.where(points.time < window, bright, 0.0), points, 1.0, 1.0)
        assert float(last / whole) == pytest.approx(share, abs=0.01)


@pytest.mark.parametrize("case", cases("flux_distribution"), ids=lambda case: f"{case['flux']} {case['radius']}")
def test_the_number_of_stars_above_a_flux_is_that_of_the_reference(case):
    value, error = time_above(case["flux"], *shining(), case["radius"], GALAXY)
    stars = over_bins(2.0, weights(), value)
    assert float(stars) == pytest.approx(case["expected_stars_above"], rel=1e-4)
    assert float(probability_of_any(stars)) == pytest.approx(case["probability_one_star_above"], rel=1e-4)
    assert float(over_bins(2.0, weights(), error)) < 1e-3 * float(stars)


def closed_form(case: dict[str, float], flux: float) -> float:
    """Return the stars of the toy above a flux."""
    p, t0, t1 = case["index"], case["time_min"], case["time_max"]
    a = case["rate_at_1yr"] / (4 * np.pi * flux * (case["radius"] * CONSTANTS["kpc"]) ** 2)
    tb = float(np.clip(a ** (1 / p), t0, t1))
    return case["collapse_rate"] * ((tb - t0) + a * (t1 ** (1 - p) - tb ** (1 - p)) / (1 - p))


@pytest.mark.parametrize("case", cases("toy_flux_distribution"), ids=lambda case: f"{case['flux']}")
def test_stars_of_the_toy_above_a_flux_are_those_of_its_closed_form_within_their_error(case):
    points, allowed = toy_points(case), tolerance("toy_flux_distribution")["expected_stars_above"]
    assert closed_form(case, case["flux"]) == pytest.approx(case["expected_stars_above"], rel=allowed)
    bright = case["rate_at_1yr"] * points.time ** -case["index"] / (4 * np.pi * CONSTANTS["kpc"] ** 2)
    value, error = time_above(case["flux"], bright, points, case["radius"], uniform_disc(case["radius"]))
    stars, uncertainty = (float(over_bins(case["collapse_rate"], [1.0], x)) for x in (value, error))
    assert abs(stars - case["expected_stars_above"]) <= uncertainty + 1e-10 * stars
    # The reach of the stars passes the edge of the disc between two points, where G has a kink.
    assert stars == pytest.approx(case["expected_stars_above"], rel=3e-3)


def test_with_a_cut_where_the_reach_is_the_radius_the_toy_is_exact():
    case = cases("toy_flux_distribution")[3]
    a = case["rate_at_1yr"] / (4 * np.pi * case["flux"] * (case["radius"] * CONSTANTS["kpc"]) ** 2)
    cuts = np.unique([case["time_min"], a ** (1 / case["index"]), 30.0, case["time_max"]])
    points = time_points(cuts, case["time_min"], np.array([case["time_max"]]))
    bright = case["rate_at_1yr"] * points.time ** -case["index"] / (4 * np.pi * CONSTANTS["kpc"] ** 2)
    value, _ = time_above(case["flux"], bright, points, case["radius"], uniform_disc(case["radius"]))
    stars = float(over_bins(case["collapse_rate"], [1.0], value))
    assert stars == pytest.approx(case["expected_stars_above"], rel=1e-6)


@functools.cache
def _finer():
    """Return severities and points with 400 more cuts in time."""
    points = time_points(np.union1d(all_knots(), np.geomspace(2e-5, 5e3, 400)), 0.0, RED)
    rates = [all_neutrinos(mass, time) for mass, time in zip(TABLE.mass, points.time, strict=True)]
    return np.array(rates) / (4.0 * np.pi * CONSTANTS["kpc"] ** 2), points


@settings(max_examples=40)
@given(st.floats(-3.0, 5.0), st.floats(0.2, 25.0))
def test_the_error_of_the_stars_above_a_flux_bounds_it(log_flux, radius):
    value, error = time_above(10.0**log_flux, *shining(), radius, GALAXY)
    better, rest = time_above(10.0**log_flux, *_finer(), radius, GALAXY)
    assert (np.abs(value - better) <= error + rest).all()
    assert (error <= 2e-3 * better + 1e-12).all()


def test_below_the_faintest_star_all_are_above_and_none_at_an_endless_flux():
    value, _ = time_above([0.0, 1e-12, 1e60], *shining(), 2.0, GALAXY)
    share, _ = fraction_within(2.0, GALAXY)
    expected = np.minimum(RED, 6000.0) * share
    np.testing.assert_allclose(value[:2], [expected, expected], rtol=1e-6)
    assert (value[2] < 1e-40).all()


def test_many_places_at_once_are_as_each_alone():
    radius, flux = np.array([1.0, 3.0]), np.array([[0.5], [50.0]])
    together, _ = time_above(flux, *shining(), radius, GALAXY)
    assert together.shape == (2, 2, len(RED))
    alone, _ = time_above(50.0, *shining(), 3.0, GALAXY)
    np.testing.assert_allclose(together[1, 1], alone, rtol=1e-12)


@functools.cache
def _decays(mass: float, ordering: str, lead: float, window: float) -> float:
    """Return the inverse beta decays per proton at 1 kpc in a window of days that ends a lead before collapse."""
    cuts, end = knots(mass), (lead + window) * DAY
    points = time_points(cuts[: np.searchsorted(cuts, end) + 1], lead * DAY, end)
    return float(time_integral(decays_per_proton(mass, points.time, ordering) / DAY, points)[0])


@pytest.mark.parametrize("case", cases("ibd_horizon"), ids=lambda case: f"{case['ordering']} {case['lead']}")
def test_horizons_and_alarms_per_century_are_those_of_the_reference(case):
    threshold = alarm_threshold(case["background"], case["window"], case["false_alarm_rate"])
    assert float(threshold) == case["threshold"]
    needed = signal_for_alarm(0.5, threshold, case["background"], case["window"])
    seen = case["protons"] * case["efficiency"]

    def far(mass):
        held = float(np.clip(mass, 15.0, 25.0))
        return horizon(seen * _decays(held, case["ordering"], case["lead"], case["window"]), 1.0, needed)

    rel = tolerance("ibd_horizon")
    for mass, expected in case["horizon"].items():
        assert float(far(float(mass))) == pytest.approx(expected, rel=rel)
    share, _ = fraction_within(np.array([float(far(mass)) for mass in TABLE.mass]), GALAXY)
    alarms = 100.0 * alarm_rate(2.0, weights(), share)
    assert float(alarms) == pytest.approx(case["alerts_per_century"], rel=rel)
    assert float(probability_of_any(alarms)) == pytest.approx(case["probability_of_alert_in_century"], rel=rel)


@pytest.mark.parametrize("case", cases("es_horizon"), ids=lambda case: f"{case['detector']} {case['initial_mass']}")
def test_the_signal_that_an_elastic_horizon_needs_is_that_of_the_reference(case):
    error = case["relative_background_error"] * case["background"]
    needed = float(signal_needed(3.0, case["background"], error))
    assert needed == pytest.approx(case["signal_needed"], rel=1e-5)
    assert float(median_significance(needed, case["background"], error)) == pytest.approx(3.0, rel=1e-9)


def test_elastic_horizons_with_and_without_direction_need_signals_in_the_ratio_of_their_squares():
    known = {(c["detector"], c["initial_mass"], c["ordering"]): c for c in cases("es_horizon")}
    for (name, mass, ordering), case in known.items():
        other = known.get((f"{name}-no-direction", mass, ordering))
        if other is not None:
            for time, far in case["horizon_at_time_before_collapse"].items():
                found = horizon(case["signal_needed"], far, other["signal_needed"])
                assert float(found) == pytest.approx(other["horizon_at_time_before_collapse"][time], rel=1e-4)


def test_an_endless_detector_is_alarmed_by_every_collapse():
    share, _ = fraction_within(np.full(len(RED), 1e6), GALAXY)
    collapses = expected_stars(2.0, weights(), 0.0, np.minimum(ALL, 1.0), 1.0)
    assert float(alarm_rate(2.0, weights(), share)) == pytest.approx(float(collapses), rel=1e-12)


def test_young_star_formation_has_only_the_stars_that_have_lived_long_enough():
    lifetime = TABLE.lifetime[0] * 1e6
    old = expected_stars(2.0, weights(), np.maximum(lifetime - 1e8, 0.0), RED, 1.0)
    young = expected_stars(2.0, weights(), np.maximum(lifetime - 5e6, 0.0), RED, 1.0)
    assert float(young) == 0.0
    assert float(old) == pytest.approx(float(expected_stars(2.0, weights(), 0.0, RED, 1.0)), rel=1e-14)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: time_above(-1.0, *shining(), 1.0, GALAXY), "threshold is -1"),
        (lambda: time_above(1.0, *shining(), 0.0, GALAXY), "radius is 0 kpc"),
        (lambda: time_above(1.0, shining()[0][:3], shining()[1], 1.0, GALAXY), r"both must be \(bins, points\)"),
        (lambda: time_above(1.0, -shining()[0], shining()[1], 1.0, GALAXY), "severity is -"),
        (lambda: expected_stars(1.0, [1.0], -1.0, 1.0, 1.0), "start is -1"),
        (lambda: probability_of_any(-1.0), "expected_number is -1"),
        (lambda: alarm_rate(1.0, [1.0], [-0.1]), "fraction_within_horizon is -0.1"),
    ],
)
def test_numbers_out_of_their_range_are_refused(call, message):
    with pytest.raises(EvaluationError, match=message):
        call()

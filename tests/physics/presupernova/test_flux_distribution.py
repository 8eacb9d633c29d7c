"""The flux of all stars against the reference, closed forms, and galaxies drawn star by star."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from presupernova_cases import CONSTANTS, cases, tolerance
from star_population import GALAXY, shining, toy_points, uniform_disc, weights

from gridscan.errors import EvaluationError
from gridscan.physics.galaxy.reach import reach_of
from gridscan.physics.presupernova.flux_distribution import flux_exceedance, flux_quantile
from gridscan.physics.presupernova.population import over_bins, probability_of_any, time_above


def _toy(case):
    points = toy_points(case)
    bright = case["rate_at_1yr"] * points.time ** -case["index"] / (4 * np.pi * CONSTANTS["kpc"] ** 2)
    return bright, points, case["radius"], uniform_disc(case["radius"])


@pytest.mark.parametrize("radius", [1, 25])
def test_the_total_flux_is_distributed_as_in_the_reference(radius):
    own = [case for case in cases("flux_distribution") if case["radius"] == radius]
    flux = np.array([case["flux"] for case in own], dtype=float)
    value, error = flux_exceedance(flux, 2.0, weights(), *shining(), radius, GALAXY)
    assert tolerance("flux_distribution")["probability_sum_above"] == "half_width + 1e-3"
    for case, found, uncertainty in zip(own, value, error, strict=True):
        expected = case["probability_sum_above"]
        assert abs(found - expected) <= case["half_width"] + 1e-3 * expected
        assert uncertainty < 3e-3 * found
        if case.get("monte_carlo"):
            assert abs(found - case["monte_carlo"]) < 3.0 * case["monte_carlo_error"] + uncertainty


@pytest.mark.parametrize("case", cases("toy_flux_distribution"), ids=lambda case: f"{case['flux']}")
def test_the_total_flux_of_the_toy_is_distributed_as_in_the_reference(case):
    value, error = flux_exceedance(case["flux"], case["collapse_rate"], [1.0], *_toy(case), tolerance=1e-4)
    expected = case["probability_sum_above"]
    assert abs(float(value) - expected) <= float(error) + case["half_width"] + 1e-6
    assert abs(float(value) - case["monte_carlo"]) <= float(error) + 3.0 * case["monte_carlo_error"] + 1e-6


def test_galaxies_drawn_star_by_star_have_these_fluxes():
    generator, galaxies, (bright, points) = np.random.default_rng(20261130), 20_000, shining()
    wanted = np.array([3.0, 30.0, 300.0])
    expected, error = flux_exceedance(wanted, 2.0, weights(), bright, points, 25.0, GALAXY)
    used = np.flatnonzero(points.weight.sum(axis=-1) > 0.0)
    window = points.weight.sum(axis=-1)
    totals = np.zeros(galaxies)
    distance = np.geomspace(1e-5, 25.0, 20_001)
    share = reach_of(GALAXY.single()).enclosed(distance)
    for row in used:
        stars = generator.poisson(2.0 * weights()[row] * window[row], galaxies)
        time = generator.random(stars.sum()) * window[row]
        own = np.exp(np.interp(np.log(time), np.log(points.time[row]), np.log(bright[row])))
        far = np.interp(generator.random(len(time)) * share[-1], share, distance)
        totals += np.bincount(np.repeat(np.arange(galaxies), stars), own / far**2, minlength=galaxies)
    for flux, probability, uncertainty in zip(wanted, expected, error, strict=True):
        found = np.count_nonzero(totals > flux) / galaxies
        assert abs(found - probability) < 4.0 * np.sqrt(probability * (1 - probability) / galaxies) + uncertainty


def test_quantiles_are_those_of_the_galaxy_and_have_their_exceedance():
    probability = np.array([0.05, 0.5, 0.95, 0.99, 0.999])
    value, error = flux_quantile(probability, 2.0, weights(), *shining(), 25.0, GALAXY)
    np.testing.assert_allclose(value, [6.74, 31.98, 456.0, 2875.0, 3.08e4], rtol=1.5e-3)
    assert (error < 0.02 * value).all()
    found, uncertainty = flux_exceedance(value, 2.0, weights(), *shining(), 25.0, GALAXY)
    assert (np.abs(found - (1.0 - probability)) <= uncertainty + 1e-4 * (1.0 - probability)).all()


def test_the_median_is_zero_where_a_star_is_rarer_than_not():
    value, error = flux_quantile([0.5, 0.9], 0.02, weights(), *shining(), 25.0, GALAXY)
    assert float(value[0]) == float(error[0]) == 0.0 < float(value[1])


@settings(max_examples=6)
@given(st.floats(-1.0, 5.0), st.floats(0.01, 3.0))
def test_the_sum_exceeds_what_one_star_exceeds_and_little_more_when_it_is_large(log_flux, sfr):
    flux = 10.0**log_flux
    one = float(probability_of_any(over_bins(sfr, weights(), time_above(flux, *shining(), 1.0, GALAXY)[0])))
    value, error = (float(x) for x in flux_exceedance(flux, sfr, weights(), *shining(), 1.0, GALAXY))
    assert one * (1.0 - 1e-3) <= value + error
    assert value - error <= one * 1.2


def test_beyond_the_table_the_flux_is_that_of_one_star_in_a_uniform_plane():
    flux = np.array([1e10, 1e12, 1e17])
    one = over_bins(2.0, weights(), time_above(flux, *shining(), 1.0, GALAXY)[0])
    value, error = flux_exceedance(flux, 2.0, weights(), *shining(), 1.0, GALAXY)
    assert (np.abs(value - one) <= error + 2e-3 * one).all()
    assert (error[:2] < 5e-3 * one[:2]).all()
    assert error[2] < 1e-12


def test_nothing_is_exceeded_if_there_is_any_star_or_none():
    value, _ = flux_exceedance(0.0, [0.0, 2.0], weights(), *shining(), 25.0, GALAXY)
    bright, points = shining()
    number = float(over_bins(2.0, weights(), (points.weight * (bright > 0)).sum(axis=-1)))
    np.testing.assert_allclose(value, [0.0, -np.expm1(-number)], rtol=1e-6)
    dark, _ = flux_exceedance([0.0, 1.0], 2.0, weights(), 0.0 * bright, points, 25.0, GALAXY)
    np.testing.assert_array_equal(dark, 0.0)


def test_mass_functions_and_rates_together_are_as_each_alone():
    both = np.stack([weights(), weights("top-heavy")])[:, None, :]
    together, _ = flux_exceedance(50.0, np.array([0.5, 2.0]), both, *shining(), 1.0, GALAXY)
    assert together.shape == (2, 2)
    alone, _ = flux_exceedance(50.0, 2.0, weights("top-heavy"), *shining(), 1.0, GALAXY)
    assert float(alone) == pytest.approx(float(together[1, 1]), rel=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: flux_exceedance(-1.0, 1.0, weights(), *shining(), 1.0, GALAXY), "threshold is -1"),
        (lambda: flux_exceedance(1.0, -1.0, weights(), *shining(), 1.0, GALAXY), "sfr is -1"),
        (lambda: flux_exceedance(1.0, 1.0, weights()[:3], *shining(), 1.0, GALAXY), r"\(3 bins, points\)"),
        (lambda: flux_quantile(1.0, 1.0, weights(), *shining(), 1.0, GALAXY), "probability is 1"),
        (lambda: flux_quantile(0.5, 1.0, weights(), *shining(), -1.0, GALAXY), "radius is -1 kpc"),
    ],
)
def test_numbers_out_of_their_range_are_refused(call, message):
    with pytest.raises(EvaluationError, match=message):
        call()

"""Numbers of events of all stars against the reference, closed forms, direct sums, and drawn stars."""

from itertools import pairwise

import numpy as np
import pytest
from presupernova_cases import cases, tolerance
from scipy.integrate import quad
from scipy.special import expn, gammaincc
from star_population import ALL, GALAXY, TABLE, all_knots, cumulative, toy_points, uniform_disc, weights

from gridscan.errors import EvaluationError
from gridscan.numerics.compound_counts import exceedances_of_counts
from gridscan.physics.galaxy.distances import fraction_within
from gridscan.physics.galaxy.reach import reach_of
from gridscan.physics.presupernova.event_counts import events_from_cumulative, times_of_event_numbers
from gridscan.physics.presupernova.population import over_bins
from gridscan.physics.presupernova.time_points import time_points


def _events(ordering, exposure, targets):
    cuts = np.unique(np.concatenate([all_knots(), [exposure], all_knots() + exposure]))
    points = time_points(cuts[cuts <= 6000.0], 0.0, ALL)
    rows = []
    for mass, time in zip(TABLE.mass, points.time, strict=True):
        decays = cumulative(mass, ordering)
        rows.append(events_from_cumulative(decays(time), decays(np.maximum(time - exposure, 0.0))))
    return targets * np.array(rows), points


@pytest.mark.parametrize("case", cases("counts"), ids=lambda case: case["ordering"])
def test_counts_of_the_galaxy_are_those_of_the_reference(case):
    events = _events(case["ordering"], case["exposure"], case["protons"] * case["efficiency"])
    (exactly, exactly_error), (anything, error) = times_of_event_numbers(20, *events, 25.0, GALAXY)
    means, total = over_bins(2.0, weights(), exactly), float(over_bins(2.0, weights(), anything))
    rel = tolerance("counts")["all"]
    assert total == pytest.approx(case["lambda_sum"], rel=rel)
    np.testing.assert_allclose(means[: len(case["lambda_k"])], case["lambda_k"], rtol=rel)
    at_least = exceedances_of_counts(means, total)
    for n, expected in case["probability_at_least"].items():
        assert at_least[int(n)] == pytest.approx(expected, rel=rel)
    assert float(over_bins(2.0, weights(), error)) < 1e-4 * total
    assert (over_bins(2.0, weights(), exactly_error) < 1e-4 * means).all()


def _toy(case):
    points = toy_points(case)
    return case["events_at_1kpc_at_1yr"] * points.time ** -case["index"], points


@pytest.mark.parametrize("case", cases("toy_counts"), ids=lambda case: f"{case['background']}")
def test_counts_of_the_toy_are_those_of_the_reference(case):
    disc, allowed = uniform_disc(case["radius"]), 2e-5
    (exactly, error), (anything, any_error) = times_of_event_numbers(30, *_toy(case), case["radius"], disc)
    means, total = (over_bins(case["collapse_rate"], [1.0], x) for x in (exactly, anything))
    errors, total_error = (over_bins(case["collapse_rate"], [1.0], x) for x in (error, any_error))
    background = case["background"]
    found = means[: len(case["lambda_k"])] + background * np.eye(1, len(case["lambda_k"]))[0]
    assert (
        np.abs(found - case["lambda_k"])
        <= errors[: len(found)] + tolerance("toy_counts")["lambda, probability"] * found
    ).all()
    assert abs(float(total) + background - case["lambda_sum"]) <= float(total_error) + 1e-7 * float(total)
    at_least = exceedances_of_counts(means + background * np.eye(1, 30)[0], total + background)
    for n, expected in case["probability_at_least"].items():
        assert at_least[int(n)] == pytest.approx(expected, rel=allowed)
        assert at_least[int(n)] == pytest.approx(case["monte_carlo"][n], abs=4e-3 * np.sqrt(expected))


@pytest.mark.parametrize("k", [0, 1, 2, 7, 60])
def test_numbers_of_one_star_in_a_disc_are_in_closed_form(k):
    """G_0 c Γ(k - 1, c)/k! and 1 - E_2(c) for c from dim to bright, in a disc larger than a parsec."""
    points = time_points([0.5, 1.0], np.zeros(1), np.ones(1))
    for c in (1e-6, 0.02, 1.0, 9.0, 50.0):
        (exactly, error), (anything, any_error) = times_of_event_numbers(
            max(k, 1), c * 4.0 * np.ones(points.time.shape), points, 2.0, uniform_disc(2.0)
        )
        found, uncertainty = (anything[0], any_error[0]) if k == 0 else (exactly[k - 1, 0], error[k - 1, 0])
        expected = 1.0 - expn(2, c) if k == 0 else c * expn(1, c) if k == 1 else c * gammaincc(k - 1, c) / (k * (k - 1))
        assert abs(found - expected) <= uncertainty + 1e-9 * expected
        assert uncertainty < 1e-3 * max(expected, 1e-6)


def test_numbers_in_the_galaxy_are_sums_over_its_stars_within_their_error():
    reach = reach_of(GALAXY.single())
    points = time_points([0.5, 1.0], np.zeros(1), np.ones(1))
    for mean, radius in ((0.3, 1.0), (40.0, 6.0), (2e3, 25.0)):
        (exactly, error), _ = times_of_event_numbers(9, mean * np.ones(points.time.shape), points, radius, GALAXY)
        for k in (1, 3, 9):

            def below(log_distance, mean=mean, k=k):
                """- dp/dlnd of p = e^-X X^k/k!, by which G is integrated by parts."""
                x = mean * np.exp(-2.0 * log_distance)
                return 2.0 * (k - x) * np.exp(k * np.log(x) - x - sum(np.log(np.arange(1, k + 1))))

            def weighted(u, below=below):
                return below(u) * float(reach.table.enclosed(np.array([np.exp(u)]))[0])

            ends = np.linspace(np.log(reach.nearest), np.log(radius), 40)
            integral = sum(quad(weighted, a, b, epsabs=1e-14, limit=200)[0] for a, b in pairwise(ends))
            edge = mean / radius**2
            top = np.exp(k * np.log(edge) - edge - sum(np.log(np.arange(1, k + 1))))
            expected = integral + top * float(fraction_within(radius, GALAXY)[0])
            assert abs(float(exactly[k - 1, 0]) - expected) <= float(error[k - 1, 0]) + 1e-8 * expected


def test_stars_drawn_from_the_measure_give_the_counts():
    generator, draws = np.random.default_rng(7), 200_000
    events, points = _events("normal", 1.0, 1.44e33 * 300.0)
    (exactly, _), (anything, _) = times_of_event_numbers(8, events, points, 25.0, GALAXY)
    at_least = exceedances_of_counts(over_bins(2.0, weights(), exactly), over_bins(2.0, weights(), anything))
    distance = np.geomspace(1e-5, 25.0, 20_001)
    share = reach_of(GALAXY.single()).enclosed(distance)
    counts = np.zeros(draws, dtype=int)
    # Stars that are more than 100 yr before collapse give less than 1e-4 events within 25 kpc on the average.
    last = 100.0
    for row, own in enumerate(weights()):
        order = np.argsort(points.time[row])
        stars = generator.poisson(2.0 * own * last, draws)
        time = generator.random(stars.sum()) * last
        mean = np.exp(
            np.interp(np.log(time), np.log(points.time[row][order]), np.log(np.maximum(events[row][order], 1e-99)))
        )
        far = np.interp(generator.random(len(time)) * share[-1], share, distance)
        seen = generator.poisson(np.minimum(mean / far**2, 1e6))
        counts += np.bincount(np.repeat(np.arange(draws), stars), seen, minlength=draws).astype(int)
    for n in (1, 2, 5, 8):
        found = np.count_nonzero(counts >= n) / draws
        assert abs(found - at_least[n]) < 4.0 * np.sqrt(at_least[n] / draws) + 2e-3 * at_least[n]


def test_stars_beyond_the_radius_and_dark_ones_do_not_count():
    points = time_points([0.5, 1.0], np.zeros(2), np.ones(2))
    events = np.array([[0.0], [1e9]]) * np.ones(points.time.shape)
    _, (anything, _) = times_of_event_numbers(1, events, points, np.array([0.0005, 2.0]), GALAXY)
    share, _ = fraction_within([0.0005, 2.0], GALAXY)
    np.testing.assert_array_equal(anything[:, 0], 0.0)
    np.testing.assert_allclose(anything[:, 1], share, rtol=1e-5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda p: times_of_event_numbers(0, p.time, p, 1.0, GALAXY),
            "most is 0; it must be a whole number from 1 to 10000",
        ),
        (lambda p: times_of_event_numbers(1, -p.time, p, 1.0, GALAXY), "severity is -"),
        (lambda p: times_of_event_numbers(1, p.time, p, 0.0, GALAXY), "radius is 0 kpc"),
        (lambda _: events_from_cumulative(1.0, 0.0, 0.0), "distance is 0 kpc"),
    ],
)
def test_numbers_out_of_their_range_are_refused(call, message):
    with pytest.raises(EvaluationError, match=message):
        call(time_points([0.5, 1.0], np.zeros(1), np.ones(1)))

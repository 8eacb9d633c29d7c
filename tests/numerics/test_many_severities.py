"""Sums of many severities against closed forms, other inversions and random sums."""

import numpy as np
import pytest
from scipy.special import erf, gammaincc, ndtr
from scipy.stats import poisson

from gridscan.numerics.compound_poisson import exceedance
from gridscan.numerics.many_severities import exceedance_of_many


def _exponential(mean):
    return lambda part: np.exp(-part / mean)


@pytest.mark.parametrize("number", [64.0, 300.0, 1e3, 3e4])
@pytest.mark.parametrize("ratio", [0.5, 0.8, 0.95, 1.0, 1.02, 1.2, 2.0, 4.0])
def test_sums_of_many_exponential_severities_are_mixtures_of_erlang_distributions(number, ratio):
    """The threshold is `ratio` times the mean of the sum."""
    mean = 1.0 / (number * ratio)
    value, error = exceedance_of_many(np.array([number]), _exponential(mean))
    counts = np.arange(max(1, int(number - 14 * number**0.5)), int(number + 40 * number**0.5 + 50))
    exact = poisson.pmf(counts, number) @ gammaincc(counts, 1.0 / mean)
    assert abs(value[0] - exact) <= error[0] + 1e-10
    assert error[0] < 1e-4


@pytest.mark.parametrize(("shape", "ratio"), [(0.25, 1.3), (0.25, 0.9), (3.0, 1.05)])
def test_sums_of_gamma_severities_have_the_probability_of_their_mixture(shape, ratio):
    number = 100.0
    scale = 1.0 / (number * shape * ratio)
    value, error = exceedance_of_many(np.array([number]), lambda part: gammaincc(shape, part / scale))
    counts = np.arange(1, 300)
    exact = poisson.pmf(counts, number) @ gammaincc(counts * shape, 1.0 / scale)
    assert abs(value[0] - exact) <= error[0]
    assert error[0] < 1e-4 * value[0]


@pytest.mark.parametrize("number", [1e4, 1e6, 1e8])
@pytest.mark.parametrize("median", [0.2, 1.0, 5.0])
def test_many_far_stars_in_space_have_a_stable_flux(number, median):
    """Of P(X > x) = √(s/x) from x = s on, λ² s = 2 c/π makes S Lévy's one-sided law, P(S > 1) = erf(√(c/2)), λ → ∞."""
    least = 2.0 * median / np.pi / number**2
    value, error = exceedance_of_many(
        np.array([number]), lambda part: np.where(part > least, np.sqrt(least / np.maximum(part, least)), 1.0)
    )
    # The severities below s, which the law has and these have not, shift the sum by -λ s.
    assert value[0] == pytest.approx(erf((median / 2) ** 0.5), abs=2e-4 + 3 * number * least)
    assert error[0] < 1e-4


@pytest.mark.parametrize("number", [1e6, 1e8])
def test_a_huge_number_of_bounded_severities_is_normal_with_its_first_correction(number):
    """Edgeworth's series for severities uniform between 0 and b: mean λ b/2, variance λ b²/3, third moment λ b³/4."""
    for deviation in (-1.0, 0.0, 0.5, 2.0):
        width = 1.0 / (number / 2 + deviation * (number / 3) ** 0.5)
        value, error = exceedance_of_many(np.array([number]), lambda part, b=width: np.maximum(1.0 - part / b, 0.0))
        skewness = 3**1.5 / 4 / number**0.5
        density = np.exp(-(deviation**2) / 2) / np.sqrt(2 * np.pi)
        expected = ndtr(-deviation) + skewness / 6 * (deviation**2 - 1) * density
        assert value[0] == pytest.approx(expected, abs=3.0 / number + error[0])
        assert error[0] < 1e-6


def test_random_sums_of_a_hundred_thousand_stars_exceed_a_flux_as_often():
    """Stars uniform in a disc of radius 1, with a floor: fluxes 1/max(d, floor)², a jump and a heavy tail."""
    number, floor, trials = 1e5, 0.01, 2000
    generator = np.random.default_rng(20)
    sums = np.array(
        [(1.0 / np.maximum(generator.random(generator.poisson(number)), floor**2)).sum() for _ in range(trials)]
    )
    for threshold in np.quantile(sums, [0.05, 0.3, 0.7, 0.95]):
        value, error = exceedance_of_many(
            np.array([number]),
            lambda part, t=threshold: np.where(
                part * t < 1 / floor**2, np.minimum(1.0, 1 / np.maximum(part * t, 1e-99)), 0.0
            ),
        )
        share = (sums > threshold).mean()
        assert abs(value[0] - share) < 4 * np.sqrt(share * (1 - share) / trials)
        assert error[0] < 1e-3


@pytest.mark.parametrize("number", [50.0, 200.0, 1500.0])
@pytest.mark.parametrize("ratio", [0.7, 1.0, 1.5])
def test_the_bounds_on_lattices_and_the_inversion_agree(number, ratio, monkeypatch):
    def tail(part):
        return np.where(part * 1e4 < 1.0, 1.0, np.where(part < 0.3, 1e-4 / np.maximum(part, 1e-9), 0.0))

    scaled = lambda part: tail(part * ratio * number * 9e-4)  # noqa: E731
    value, error = exceedance_of_many(np.array([number]), scaled)
    monkeypatch.setattr("gridscan.numerics.compound_poisson._MANY", np.inf)
    bounded, width = exceedance(np.array([number]), scaled)
    assert abs(value[0] - bounded[0]) <= error[0] + width[0]
    assert error[0] < 1e-4


def test_an_uncertain_tail_is_covered_by_the_error():
    number, mean = np.array([1e6]), 1e-6
    value, error = exceedance_of_many(number, _exponential(mean), relative_uncertainty=1e-4)
    exact, _ = exceedance_of_many(number, lambda part: (1 + 1e-4) * np.exp(-part / mean) * (part > 0) + (part == 0))
    assert abs(value - exact) <= error
    assert error < 0.1


def test_of_equal_severities_the_number_decides_however_many_there_are():
    """They have no density, so that the inversion does not apply; the Poisson distribution does."""
    for each in (1e-5, 1e-8):
        number = np.array([1 / each])
        value, error = exceedance(number, lambda part, x=each: np.where(part < x, 1.0, 0.0))
        assert value[0] == pytest.approx(poisson.sf(round(1 / each), number[0]), abs=2 * error[0] + 1e-7)
        assert error[0] < 1e-3


def test_a_threshold_far_from_the_mean_is_certain():
    value, error = exceedance_of_many(np.array([1e8, 1e10]), _exponential(1e-9))
    np.testing.assert_allclose(value, [0.0, 1.0], atol=1e-9)
    assert (error < 1e-9).all()
    assert ((value >= 0.0) & (value <= 1.0)).all()

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import gammainc, gammaincc, ive
from scipy.stats import poisson

from gridscan.errors import EvaluationError
from gridscan.numerics import compound_poisson
from gridscan.numerics.compound_poisson import exceedance

MEANS = np.array([1e-6, 1e-3, 0.1, 1.0, 3.0, 10.0, 30.0, 100.0, 1000.0])


def _exponential(mean):
    return lambda part: np.exp(-part / mean)


def _at_values(values, probabilities):
    """Tail of severities that take a few values, in units of the threshold."""
    order = np.argsort(values)
    tail = np.append(1.0, 1.0 - np.cumsum(np.asarray(probabilities)[order])[:-1])
    return lambda part: np.append(tail, 0.0)[np.searchsorted(np.asarray(values)[order], part, side="right")]


def _exceedance_of_exponentials(means, mean):
    """S_n is Erlang: P(S > 1) = Σ_n Pois(n; λ) Q(n, 1/mean), summed term by term."""
    number = np.arange(1, 3000)
    return poisson.pmf(number, means[:, None]) @ gammaincc(number, 1.0 / mean)


@pytest.mark.parametrize("mean", [2.0, 0.5, 0.1, 0.01])
def test_sums_of_exponential_severities_are_mixtures_of_erlang_distributions(mean):
    value, error = exceedance(MEANS, _exponential(mean))
    exact = _exceedance_of_exponentials(MEANS, mean)
    assert (np.abs(value - exact) <= error + 1e-12 * exact).all()
    finest = 1e-10 * gammainc(2.0, MEANS)
    assert (error <= np.where(MEANS > 50.0, 2e-3, 1e-4) * value + finest).all()


def test_sums_of_exponential_severities_have_a_bessel_function_as_density():
    """f(s) = exp(-λ - s) √(λ/s) I_1(2 √(λ s)) for severities of mean 1, here up to 4."""
    mean_number, threshold = 2.5, 4.0

    def density(s):
        root = 2.0 * np.sqrt(mean_number * s)
        return np.exp(root - mean_number - s) * np.sqrt(mean_number / s) * ive(1, root)

    value, error = exceedance(np.array([mean_number]), _exponential(1.0 / threshold))
    exact = quad(density, threshold, 60.0, epsabs=1e-13, epsrel=1e-12)[0]
    assert abs(value[0] - exact) <= error[0] < 1e-4 * exact


@pytest.mark.parametrize("severity", [1.5, 1.0, 0.51, 0.5, 0.3, 1 / 64])
def test_equal_severities_give_the_tail_of_a_poisson_distribution(severity):
    """P(N > F/x), more than as many as fit, also where the threshold is exactly a multiple of the severity."""
    value, error = exceedance(MEANS, _at_values([severity], [1.0]))
    exact = gammainc(np.floor(1.0 / severity) + 1.0, MEANS)
    assert (np.abs(value - exact) <= error + 1e-12 * exact).all()
    assert (error <= 1e-4 * exact + 1e-11 * gammainc(2.0, MEANS)).all()


def test_a_threshold_between_lattice_points_at_a_multiple_of_the_severity_is_enclosed():
    value, error = exceedance(MEANS, _at_values([1 / 3], [1.0]))
    assert (np.abs(value - gammainc(4.0, MEANS)) <= error + 1e-12).all()


def test_two_values_are_two_independent_poisson_numbers():
    value, error = exceedance(MEANS[:7], _at_values([0.7, 0.11], [0.2, 0.8]))
    large, small = np.meshgrid(np.arange(200), np.arange(200), indexing="ij")
    above = 0.7 * large + 0.11 * small > 1.0
    for mean, found, uncertainty in zip(MEANS[:7], value, error, strict=True):
        exact = (poisson.pmf(large, 0.2 * mean) * poisson.pmf(small, 0.8 * mean))[above].sum()
        assert found == pytest.approx(exact, rel=1e-6)
        assert abs(found - exact) <= uncertainty + 1e-13 * exact


def test_of_few_severities_one_alone_has_to_exceed_the_threshold():
    """P → λ P(X > F), to first order in λ and with all its digits."""
    mean = np.array([1e-300, 1e-12, 1e-9])
    value, error = exceedance(mean, lambda part: np.where(part < 1.0, 1.0 - 0.9 * part, 3e-7))
    np.testing.assert_allclose(value, 3e-7 * mean, rtol=1e-2)
    np.testing.assert_allclose(value[:2], 3e-7 * mean[:2], rtol=2e-5)
    assert (error <= 1e-4 * value).all()


def test_severities_above_the_threshold_all_give_the_probability_of_any():
    value, error = exceedance(MEANS, np.ones_like)
    np.testing.assert_allclose(value, -np.expm1(-MEANS), rtol=1e-11)
    assert (error < 1e-11 * value).all()


def test_no_severities_exceed_nothing():
    value, error = exceedance(np.array([0.0, 1.0, 0.0]), _exponential(0.3))
    assert (value[[0, 2]] == 0.0).all()
    assert (error[[0, 2]] == 0.0).all()
    assert value[1] > 0.0
    assert [array.shape for array in exceedance(np.empty(0), _exponential(0.3))] == [(0,), (0,)]


def test_a_threshold_out_of_reach_is_exceeded_with_a_tiny_probability():
    means = MEANS[:7]
    value, error = exceedance(means, _at_values([0.003], [1.0]))
    assert (value >= 0.0).all()
    assert (value <= error * (1 + 1e-12)).all()
    assert (value + error >= gammainc(334.0, means)).all()
    assert (value < 1e-11).all()
    assert (value[:3] < 1e-30).all()


def test_an_atom_at_the_threshold_does_not_exceed_it():
    value, error = exceedance(np.array([1e-6]), _at_values([1.0], [1.0]))
    assert value[0] == pytest.approx(0.5e-12, rel=1e-5)
    assert error[0] < 1e-9 * value[0]


def test_many_thousand_severities_have_an_error_that_covers_the_truth():
    mean = np.array([2e4, 1e6])
    value, error = exceedance(mean, _exponential(1.0 / 2e4))
    assert abs(value[0] - 0.5) <= error[0] + 0.01
    assert value[1] + error[1] >= 1.0 - 1e-9
    assert (error <= 0.5 + 1e-9).all()


@pytest.mark.parametrize("steps", [(2**10,), (2**12,), (2**15,)])
def test_the_bounds_of_every_lattice_hold_and_close_in(steps, monkeypatch):
    monkeypatch.setattr(compound_poisson, "_STEPS", steps)
    means = MEANS[2:]
    value, error = exceedance(means, _exponential(0.07))
    exact = _exceedance_of_exponentials(means, 0.07)
    assert (np.abs(value - exact) <= error + 1e-12).all()
    # The rounding of n severities moves the threshold by n steps at most; the density of S is below its mode.
    assert (error <= 12.0 * means / steps[0] + 1e-11).all()
    # Half of the bounds cancels: the middle is far better than they say.
    assert (np.abs(value - exact) <= 0.2 * error + 1e-7).all()


@pytest.mark.parametrize(("kind", "factor", "shift"), [("relative", 0.02, 0.0), ("absolute", 0.0, 0.001)])
def test_tails_within_an_uncertainty_are_covered_by_the_error(kind, factor, shift):
    means = MEANS[:6]
    value, error = exceedance(means, _exponential(0.2), **{f"{kind}_uncertainty": max(factor, shift)})
    _, least = exceedance(means, _exponential(0.2))
    for sign in (-1.0, 1.0):

        def other(part, sign=sign):
            changed = np.exp(-part / 0.2) * (1.0 + sign * factor) + sign * shift
            return np.where(part > 0.0, np.clip(changed, 0.0, 1.0), 1.0)

        found, _ = exceedance(means, other)
        assert (np.abs(found - value) <= error).all()
        assert (np.abs(found - value) > 2.0 * least).all()
        assert (error < 10.0 * np.abs(found - value)).all()


def test_company_does_not_change_a_result():
    together, _ = exceedance(MEANS, _exponential(0.07))
    alone = [exceedance(MEANS[i : i + 1], _exponential(0.07))[0][0] for i in range(len(MEANS))]
    np.testing.assert_allclose(together, alone, rtol=1e-14)


def test_many_means_are_mixed_in_blocks(monkeypatch):
    means = np.geomspace(0.1, 50.0, 40)
    whole, _ = exceedance(means, _exponential(0.3))
    monkeypatch.setattr(compound_poisson, "_WEIGHTS_AT_ONCE", 300)
    np.testing.assert_allclose(exceedance(means, _exponential(0.3))[0], whole, rtol=1e-14)


@settings(max_examples=30)
@given(
    st.lists(st.floats(0.01, 1.5), min_size=1, max_size=4),
    st.lists(st.floats(0.05, 1.0), min_size=4, max_size=4),
    st.floats(1e-4, 40.0),
    st.floats(1.0, 2.0),
)
def test_the_probability_grows_with_the_number_and_falls_with_the_threshold(values, weights, mean, factor):
    weights = np.array(weights[: len(values)]) / sum(weights[: len(values)])
    means = mean * np.array([1.0, factor])
    value, error = exceedance(means, _at_values(values, weights))
    higher, higher_error = exceedance(means, _at_values(np.array(values) / factor, weights))
    assert ((value >= 0.0) & (value <= 1.0)).all()
    assert value[0] <= value[1] + error.sum()
    assert (higher <= value + error + higher_error).all()


@settings(max_examples=30)
@given(st.floats(0.02, 3.0), st.floats(1e-8, 30.0))
def test_the_error_covers_the_truth_for_exponential_severities(mean, number):
    means = np.array([number])
    value, error = exceedance(means, _exponential(mean))
    exact = _exceedance_of_exponentials(means, mean)
    assert abs(value - exact) <= error + 1e-12 * exact
    assert error <= 1e-3 * value or exact < 1e-3 * min(1.0, number**2)


@pytest.mark.parametrize("number", [-1.0, np.nan, np.inf])
def test_a_number_that_is_none_is_refused(number):
    with pytest.raises(EvaluationError, match=f"mean_number is {number:g}.*; it must be a finite number of at least 0"):
        exceedance(np.array([1.0, number]), _exponential(1.0))


def test_a_tail_that_is_none_is_refused():
    with pytest.raises(EvaluationError, match=r"begins at 0\.5; it must begin at 1, as severities are positive"):
        exceedance(np.ones(1), lambda part: 0.5 * np.exp(-part))
    with pytest.raises(EvaluationError, match=r"tail of the severities increases .* must never increase"):
        exceedance(np.ones(1), lambda part: 1.0 - part + part**2)

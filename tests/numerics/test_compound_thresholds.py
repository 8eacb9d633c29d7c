import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gammainc, gammaincc
from scipy.stats import poisson

from gridscan.errors import EvaluationError
from gridscan.numerics import compound_thresholds
from gridscan.numerics.compound_poisson import exceedance
from gridscan.numerics.compound_thresholds import exceedances

LEVELS = np.geomspace(1e-3, 1e3, 9)
MEANS = np.array([1e-6, 0.99, 1.01, 10.0, 100.0])


def _exponential(flux):
    return np.exp(-flux)


def _of_exponentials(levels, means):
    """S_n is Erlang: P(S > F) = Σ_n Pois(n; λ) Q(n, F), summed term by term."""
    number = np.arange(1, 2000)
    return gammaincc(number, levels[:, None]) @ poisson.pmf(number, means[:, None]).T


def _lattices_alone(monkeypatch):
    def refused(*_, **__):
        raise AssertionError("one threshold at a time")

    monkeypatch.setattr(compound_thresholds.compound_poisson, "exceedance", refused)


@pytest.fixture
def coarse(monkeypatch):
    """Lattices of few steps, and nothing finer: bounds hold on any of them."""
    monkeypatch.setattr(compound_thresholds, "_STEPS", (2**9, 5 * 2**9, 5 * 2**11))
    monkeypatch.setattr(compound_thresholds._Asked, "alone", lambda *args: 2 * (np.full(len(args[-1]), np.inf),))


def test_sums_of_exponential_severities_are_mixtures_of_erlang_distributions_at_every_threshold():
    value, error = exceedances(LEVELS, MEANS, _exponential, tolerance=5e-3)
    exact = _of_exponentials(LEVELS, MEANS)
    assert (np.abs(value - exact) <= error + 1e-12 * exact).all()
    assert (error <= 5e-3 * value + 1e-10 * gammainc(2.0, MEANS)).all()


def test_lattices_suffice_for_severities_over_many_decades(monkeypatch):
    _lattices_alone(monkeypatch)
    value, error = exceedances(np.geomspace(1e-6, 1e4, 31), [0.3, 40.0], lambda x: 1e-4 / (1e-4 + x), tolerance=1e-3)
    assert (error <= 1e-3 * value).all()
    assert (np.diff(value, axis=0) <= 0.0).all()
    assert (np.diff(value, axis=1) >= 0.0).all()


@pytest.mark.parametrize("severity", [0.5, 1 / 3, 1 / 64])
def test_equal_severities_give_the_tail_of_a_poisson_distribution(severity, coarse):
    """P(N > F/x), also where the threshold is exactly a multiple of the severity, which no lattice resolves."""
    levels, means = np.array([0.1, 0.3, 0.5, 1.0, 1.2, 2.0]), np.array([0.2, 3.0])
    value, error = exceedances(levels, means, lambda x: np.where(x < severity, 1.0, 0.0))
    exact = gammainc(np.floor(levels / severity)[:, None] + 1.0, means)
    assert (np.abs(value - exact) <= error + 1e-12 * exact).all()


def test_of_few_severities_one_alone_has_to_exceed_the_threshold():
    """P → λ P(X > F), to first order in λ and with all its digits."""
    means = np.array([1e-300, 1e-12, 1e-9])
    value, error = exceedances([1.0, 3.0], means, lambda x: 1.0 / (1.0 + x) ** 3)
    np.testing.assert_allclose(value, np.array([[1 / 8], [1 / 64]]) * means, rtol=1e-7)
    assert (error <= 1e-4 * value).all()


def test_no_severities_exceed_nothing():
    value, error = exceedances([0.5, 2.0], [0.0, 1.0], _exponential)
    assert (value[:, 0] == 0.0).all()
    assert (error[:, 0] == 0.0).all()
    assert exceedances([], [1.0], _exponential)[0].shape == (0, 1)
    assert exceedances([1.0], [], _exponential)[0].shape == (1, 0)


@pytest.mark.parametrize("steps", [(2**8,), (2**11,), (2**14,)])
def test_the_bounds_of_every_lattice_hold_and_close_in(steps, coarse, monkeypatch):
    monkeypatch.setattr(compound_thresholds, "_STEPS", steps)
    levels, means = np.linspace(4.0, 15.0, 12), np.array([0.5, 9.0])
    value, error = exceedances(levels, means, _exponential)
    exact = _of_exponentials(levels, means)
    assert (np.abs(value - exact) <= error + 1e-13).all()
    # The rounding of n severities moves the threshold by n steps at most.
    assert (error <= 8.0 * (means + 4.0) / steps[0] * exact + 1e-11).all()


@pytest.mark.parametrize(("kind", "factor", "shift"), [("relative", 0.02, 0.0), ("absolute", 0.0, 0.001)])
def test_tails_within_an_uncertainty_are_covered_by_the_error(kind, factor, shift, coarse):
    levels, means = np.array([0.5, 3.0, 8.0]), np.array([0.1, 2.0])
    # A finer lattice does not mend the tail.
    value, error = exceedances(
        levels, means, _exponential, tolerance=2.0 * (factor + shift), **{f"{kind}_uncertainty": max(factor, shift)}
    )
    for sign in (-1.0, 1.0):

        def other(x, sign=sign):
            changed = np.exp(-x) * (1.0 + sign * factor) + sign * shift
            return np.where(x > 0.0, np.clip(changed, 0.0, 1.0), 1.0)

        found, least = exceedances(levels, means, other, tolerance=1e-3)
        assert (np.abs(found - value) <= error + least).all()
        assert (error < 10.0 * np.abs(found - value) + 5.0 * least).all()


def test_a_tolerance_of_each_threshold_is_kept():
    value, error = exceedances([1.0, 12.0], [5.0], _exponential, tolerance=[1e-2, 2e-4])
    assert (error[:, 0] <= [1e-2, 2e-4] * value[:, 0] + 1e-11).all()


def test_more_severities_than_lattices_are_good_for_have_the_error_of_one_threshold():
    levels, means = np.array([4.9e3, 5e3, 5.2e3]), np.array([5e3])
    value, error = exceedances(levels, means, _exponential)
    alone = [exceedance(means, lambda y, level=level: np.exp(-y * level)) for level in levels]
    np.testing.assert_array_equal(value, [one[0] for one in alone])
    np.testing.assert_array_equal(error, [one[1] for one in alone])


@settings(max_examples=12)
@given(
    st.lists(st.floats(-2.0, 3.0), min_size=1, max_size=4),
    st.lists(st.floats(0.05, 1.0), min_size=4, max_size=4),
    st.lists(st.floats(-3.0, 4.0), min_size=1, max_size=6),
    st.floats(1e-6, 60.0),
    st.floats(1.0, 3.0),
)
def test_the_error_covers_the_finer_lattices_of_one_threshold(centres, weights, levels, mean, index):
    """Mixtures of steep and shallow severities, whose sums have no closed form."""
    scale, share = 10.0 ** np.array(centres), np.array(weights[: len(centres)])

    def tail_at(x):
        mixed = ((1.0 + np.asarray(x)[..., None] / scale) ** -index) @ (share / share.sum())
        return np.minimum.accumulate(np.where(np.asarray(x) > 0.0, mixed, 1.0))

    levels = 10.0 ** np.array(levels)
    value, error = exceedances(levels, [mean], tail_at, tolerance=1e-3)
    for level, found, uncertainty in zip(levels, value[:, 0], error[:, 0], strict=True):
        (other,), (off,) = exceedance(np.array([mean]), lambda y, level=level: tail_at(y * level), tolerance=1e-5)
        assert abs(found - other) <= uncertainty + off + 1e-12 * other


@pytest.mark.parametrize(
    ("level", "mean", "name"), [(0.0, 1.0, "thresholds"), (np.inf, 1.0, "thresholds"), (1.0, -1.0, "mean_number")]
)
def test_numbers_out_of_their_range_are_refused(level, mean, name):
    with pytest.raises(EvaluationError, match=f"{name} is"):
        exceedances([level], [mean], _exponential)


def test_a_tail_that_is_none_is_refused():
    with pytest.raises(EvaluationError, match=r"begins at 0\.5; it must begin at 1, as severities are positive"):
        exceedances([1.0], [1.0], lambda x: 0.5 * np.exp(-x))
    with pytest.raises(EvaluationError, match=r"tail of the severities increases .* must never increase"):
        exceedances([1.0], [1.0], lambda x: 1.0 - x + x**2)


def test_a_result_does_not_depend_on_the_other_thresholds_and_numbers(coarse):
    levels, numbers = np.geomspace(0.03, 40.0, 6), np.geomspace(1e-2, 300.0, 4)
    uncertain = np.linspace(1e-5, 3e-4, 6)
    together = exceedances(levels, numbers, _exponential, relative_uncertainty=uncertain, tolerance=2e-3)
    for rows, columns in ((slice(2, 5), slice(0, 4)), (slice(5, 6), slice(1, 3))):
        own = {"relative_uncertainty": uncertain[rows], "tolerance": 2e-3}
        alone = exceedances(levels[rows], numbers[columns], _exponential, **own)
        for part, whole in zip(alone, together, strict=True):
            np.testing.assert_array_equal(part, whole[rows, columns])

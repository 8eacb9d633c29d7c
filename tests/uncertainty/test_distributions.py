"""Distributions against closed forms in many digits, far into both tails, whole and cut off."""

import mpmath as mp
import numpy as np
import pytest
from scipy import stats

from gridscan.uncertainty.designs import Uniforms
from gridscan.uncertainty.distributions import FromScipy, LogNormal, LogUniform, Normal, Triangular, Uniform
from gridscan.uncertainty.scipy_laws import SHAPES, law
from gridscan.uncertainty.truncation import Truncated

PROBABILITIES = [2.0**-53, 1e-12, 1e-6, 0.01, 0.3, 0.5]
NUMBERS = {"a": 2.5, "b": 1.7, "df": 3.0, "c": 1.3}


def _erf_below(z):
    return mp.erfc(-z / mp.sqrt(2)) / 2


def _gamma(a, low, high):
    return mp.gammainc(a, low, high, regularized=True)


def _student(x):
    return mp.betainc(mp.mpf("1.5"), mp.mpf("0.5"), 0, 3 / (3 + x * x), regularized=True) / 2


#: Probability below and above a value, in closed form.
CLOSED = {
    "arcsine": (lambda x: 2 / mp.pi * mp.asin(mp.sqrt(x)), lambda x: 2 / mp.pi * mp.acos(mp.sqrt(x))),
    "beta": (
        lambda x: mp.betainc(2.5, mp.mpf(1.7), 0, x, regularized=True),
        lambda x: mp.betainc(mp.mpf(1.7), 2.5, 0, 1 - x, regularized=True),
    ),
    "cauchy": (lambda x: mp.acot(-x) / mp.pi % 1, lambda x: mp.acot(x) / mp.pi % 1),
    "chi2": (lambda x: _gamma(1.5, 0, x / 2), lambda x: _gamma(1.5, x / 2, mp.inf)),
    "expon": (lambda x: -mp.expm1(-x), lambda x: mp.exp(-x)),
    "gamma": (lambda x: _gamma(2.5, 0, x), lambda x: _gamma(2.5, x, mp.inf)),
    "genpareto": (
        lambda x: -mp.expm1(-mp.log1p(mp.mpf(1.3) * x) / mp.mpf(1.3)),
        lambda x: (1 + mp.mpf(1.3) * x) ** (-1 / mp.mpf(1.3)),
    ),
    "gumbel_l": (lambda x: -mp.expm1(-mp.exp(x)), lambda x: mp.exp(-mp.exp(x))),
    "gumbel_r": (lambda x: mp.exp(-mp.exp(-x)), lambda x: -mp.expm1(-mp.exp(-x))),
    "halfcauchy": (lambda x: 2 / mp.pi * mp.atan(x), lambda x: 2 / mp.pi * mp.atan(1 / x)),
    "invgamma": (lambda x: _gamma(2.5, 1 / x, mp.inf), lambda x: _gamma(2.5, 0, 1 / x)),
    "laplace": (
        lambda x: mp.exp(x) / 2 if x < 0 else 1 - mp.exp(-x) / 2,
        lambda x: mp.exp(-x) / 2 if x > 0 else 1 - mp.exp(x) / 2,
    ),
    "logistic": (lambda x: 1 / (1 + mp.exp(-x)), lambda x: 1 / (1 + mp.exp(x))),
    "lomax": (lambda x: -mp.expm1(-mp.mpf(1.3) * mp.log1p(x)), lambda x: (1 + x) ** -mp.mpf(1.3)),
    "maxwell": (lambda x: _gamma(1.5, 0, x * x / 2), lambda x: _gamma(1.5, x * x / 2, mp.inf)),
    "pareto": (lambda x: -mp.expm1(-mp.mpf(1.7) * mp.log(x)), lambda x: x ** -mp.mpf(1.7)),
    "powerlaw": (lambda x: x ** mp.mpf(2.5), lambda x: -mp.expm1(mp.mpf(2.5) * mp.log(x))),
    "rayleigh": (lambda x: -mp.expm1(-x * x / 2), lambda x: mp.exp(-x * x / 2)),
    "t": (lambda x: _student(x) if x < 0 else 1 - _student(x), lambda x: _student(x) if x > 0 else 1 - _student(x)),
    "weibull_min": (lambda x: -mp.expm1(-(x ** mp.mpf(1.3))), lambda x: mp.exp(-(x ** mp.mpf(1.3)))),
}

OWN = {
    "normal": (Normal(2.0, 0.5), lambda x: _erf_below((x - 2) / mp.mpf("0.5")), stats.norm(2.0, 0.5)),
    "lognormal": (
        LogNormal(1e38, 3.0),
        lambda x: _erf_below(mp.log(x / mp.mpf(1e38)) / mp.log(3)),
        stats.lognorm(np.log(3.0), scale=1e38),
    ),
    "uniform": (Uniform(-3.0, 5.0), lambda x: (x + 3) / 8, stats.uniform(-3.0, 8.0)),
    "log-uniform": (
        LogUniform(0.2, 5.0),
        lambda x: mp.log(x / mp.mpf(0.2)) / mp.log(mp.mpf(5) / mp.mpf(0.2)),
        stats.loguniform(0.2, 5.0),
    ),
    "triangular": (
        Triangular(1.0, 2.0, 5.0),
        lambda x: (x - 1) ** 2 / 4 if x < 2 else 1 - (5 - x) ** 2 / 12,
        stats.triang(0.25, 1.0, 4.0),
    ),
}


def drawn(distribution, below, above):
    """Return the value of one random number."""
    return float(distribution.quantile(np.array([below]), np.array([above]))[0])


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("probability", PROBABILITIES)
def test_quantiles_have_their_probabilities_in_both_tails(name, probability):
    mp.mp.dps = 50
    distribution, below, _ = OWN[name]
    low = mp.mpf(drawn(distribution, probability, 1.0 - probability))
    high = mp.mpf(drawn(distribution, 1.0 - probability, probability))
    # Where an end of the range is the value itself, the next number is this far away in probability.
    spacing = abs(below(low * (1 + mp.mpf(2) ** -52)) - below(low)) + 1e-13 * probability
    assert abs(below(low) - probability) < 4 * spacing
    spacing = abs(below(high * (1 + mp.mpf(2) ** -52)) - below(high)) + 1e-13 * probability
    assert abs(1 - below(high) - probability) < 4 * spacing


@pytest.mark.parametrize("name", OWN)
def test_probabilities_and_densities_are_those_of_scipy(name):
    distribution, _, other = OWN[name]
    values = other.ppf(np.linspace(0.0, 1.0, 101)[1:-1])
    values = np.concatenate([values, values[:1] - 100 * abs(values[0]), values[-1:] + 100 * abs(values[-1])])
    np.testing.assert_allclose(distribution.below(values), other.cdf(values), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(distribution.above(values), other.sf(values), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(distribution.density(values), other.pdf(values), rtol=1e-12)


def test_every_named_distribution_of_scipy_has_a_closed_form_here():
    assert CLOSED.keys() == SHAPES.keys()
    for name, shapes in SHAPES.items():
        assert law(name).shapes == (", ".join(shapes) or None)
        assert law(name).name == name


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("probability", PROBABILITIES)
def test_distributions_of_scipy_are_exact_in_both_tails(name, probability):
    mp.mp.dps = 50
    below, above = CLOSED[name]
    distribution = FromScipy(name, {key: NUMBERS[key] for key in SHAPES[name]}, 0.0, 1.0, law(name))
    for exact, chances in ((below, (probability, 1.0 - probability)), (above, (1.0 - probability, probability))):
        value = mp.mpf(drawn(distribution, *chances))
        step = abs(exact(value * (1 - mp.mpf(2) ** -52)) - exact(value))
        assert abs(exact(value) - probability) < 16 * step + 1e-11 * probability


def test_distributions_of_scipy_are_shifted_and_stretched():
    values = np.array([3.0, 5.0])
    own = FromScipy("gamma", {"a": 2.0}, 1.0, 4.0, law("gamma"))
    np.testing.assert_allclose(own.below(values), stats.gamma.cdf((values - 1.0) / 4.0, 2.0))
    np.testing.assert_allclose(own.above(values), stats.gamma.sf((values - 1.0) / 4.0, 2.0))
    np.testing.assert_allclose(own.density(values), stats.gamma.pdf((values - 1.0) / 4.0, 2.0) / 4.0)


@pytest.mark.parametrize(
    ("low", "high"),
    [
        *((8.0, np.inf), (9.0, np.inf), (10.0, 11.0), (30.0, np.inf)),
        *((-np.inf, -9.0), (-30.0, -29.0), (-1.0, 2.0), (3.0, 3.1)),
    ],
)
def test_a_normal_distribution_is_cut_off_rightly_however_far_out(low, high):
    """`scipy.stats.truncate` gives values below the bound and infinities from 8 or 9 on."""
    mp.mp.dps = 60
    truncated = Truncated(Normal(0.0, 1.0), low, high)
    lower, upper = _erf_below(mp.mpf(low)), _erf_below(mp.mpf(high))
    for probability in (2.0**-53, 1e-6, 0.3, 0.5, 0.7, 1.0 - 1e-6, 1.0 - 2.0**-53):
        numbers = Uniforms(np.array([probability]), np.array([1.0 - probability]))
        value = mp.mpf(float(truncated.draw(numbers)[0]))
        assert low <= value <= high
        excess = _erf_below(value) - lower - mp.mpf(probability) * (upper - lower)
        assert abs(excess / mp.npdf(value)) < 1e-14 * max(1, abs(value))


def test_what_is_cut_off_is_stated_exactly():
    assert Truncated(Normal(2.0, 0.5), low=0.1).cut_off == pytest.approx(stats.norm.cdf(-3.8), rel=1e-12)
    assert Truncated(Normal(0.0, 1.0), -1.0, 1.0).cut_off == pytest.approx(2 * stats.norm.sf(1.0), rel=1e-12)
    assert Truncated(Uniform(0.0, 1.0)).cut_off == 0.0
    assert Truncated(Normal(0.0, 1.0), low=9.0).inside == pytest.approx(stats.norm.sf(9.0), rel=1e-12)


def test_a_distribution_outside_its_bounds_is_empty():
    assert Truncated(Uniform(0.0, 1.0), low=2.0).is_empty
    assert Truncated(Normal(-100.0, 1.0), low=0.0).is_empty
    assert not Truncated(Normal(0.0, 1.0), low=30.0).is_empty


def test_open_bounds_are_never_drawn():
    ends = np.array([2.0**-53, 1.0 - 2.0**-53])
    values = Truncated(Uniform(0.0, 1e30), 0.0, 1.0, True, True).draw(Uniforms(ends, 1.0 - ends))
    assert 0.0 < values[0] < values[1] < 1.0


def test_a_density_that_is_cut_off_still_integrates_to_one():
    truncated = Truncated(Triangular(0.0, 1.0, 4.0), 0.5, 2.5)
    values = np.linspace(0.5, 2.5, 200_001)
    assert np.trapezoid(truncated.density(values), values) == pytest.approx(1.0, rel=1e-9)
    assert np.all(truncated.density(np.array([0.4, 2.6])) == 0.0)


@pytest.mark.parametrize(("low", "mode", "high"), [(0.0, 0.0, 1.0), (0.0, 1.0, 1.0)])
def test_a_triangle_may_have_its_mode_at_an_end(low, mode, high):
    chances = np.array([1e-9, 0.25, 0.75, 1.0 - 1e-9])
    other = stats.triang(mode, low, high - low)
    found = Triangular(low, mode, high).quantile(chances, 1.0 - chances)
    np.testing.assert_allclose(found, other.ppf(chances), rtol=1e-7)
    np.testing.assert_allclose(Triangular(low, mode, high).below(found), chances, rtol=1e-7)
    np.testing.assert_allclose(Triangular(low, mode, high).density(np.array([mode])), [2.0])

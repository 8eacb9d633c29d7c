"""The exact factor against a search over factors with Poisson probabilities from scipy."""

import numpy as np
import pytest
from scipy.special import ndtr
from scipy.stats import norm, poisson

from gridscan.numerics.exact_discrimination import exact_scale
from gridscan.numerics.poisson import scale_to_discriminate


def _median_significance(high, low):
    """The smaller of those of the median count of each mean under the other one, one-sided, tails included."""
    above = norm.isf(poisson.sf(poisson.median(high) - 1, low))
    below = norm.isf(poisson.cdf(poisson.median(low), high))
    return np.minimum(above, below)


@pytest.mark.parametrize("low", [0.0, 0.01, 0.3, 0.8, 0.95])
@pytest.mark.parametrize("z", [1.0, 2.0, 3.0, 5.0])
def test_it_is_the_smallest_factor_with_which_the_median_reaches_the_significance(low, z):
    found = float(exact_scale(1.0, low, z))
    assert _median_significance(found * (1 + 1e-9), low * found * (1 + 1e-9)) >= z - 1e-6
    smaller = found * np.linspace(0.0, 1.0, 20_001)[1:-1]
    assert (_median_significance(smaller, low * smaller) < z).all()


def test_no_counts_against_one_take_as_much_as_the_probability_of_none():
    """exp(-s) = 0.00135, where 4.5 of the likelihood ratio of expected counts have a median significance of 2.3."""
    assert float(scale_to_discriminate(0.0, 1.0, 0.0, 1.0, 3.0, "exact")) == pytest.approx(
        -np.log(ndtr(-3.0)), rel=1e-12
    )
    asimov = float(scale_to_discriminate(0.0, 1.0, 0.0, 1.0, 3.0, "asimov"))
    assert _median_significance(asimov, 0.0) == pytest.approx(2.287, abs=1e-3)


@pytest.mark.parametrize("ratio", [1.1, 1.01, 1.001])
def test_of_many_counts_it_is_that_of_the_likelihood_ratio(ratio):
    exact, asimov = (float(scale_to_discriminate(ratio, 1.0, 0.0, 1.0, 3.0, how)) for how in ("exact", "asimov"))
    assert exact == pytest.approx(asimov, rel=3 * (ratio - 1))


def test_rates_and_their_order_and_unit_do_not_matter_and_equal_ones_are_never_told_apart():
    rates = np.array([0.0, 1e-6, 0.5, 2.0, 7.0, 1e7])
    scale = scale_to_discriminate(rates[:, None], rates, 0.2, 10.0, 3.0, "exact")
    np.testing.assert_array_equal(scale, scale.T)
    assert np.isinf(np.diag(scale)).all()
    assert np.isfinite(scale[~np.eye(6, dtype=bool)]).all()
    np.testing.assert_allclose(
        scale_to_discriminate(rates[:, None] * 12, rates * 12, 2.4, 10 / 12, 3.0, "exact"), scale
    )


def test_a_significance_whose_probability_is_no_number_is_that_of_the_likelihood_ratio():
    exact, asimov = (float(scale_to_discriminate(2.0, 1.0, 0.0, 1.0, 50.0, how)) for how in ("exact", "asimov"))
    assert exact == asimov

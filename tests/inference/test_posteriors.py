"""Posteriors against closed forms: gamma and Poisson, Gaussian and linear, and where likelihoods underflow."""

import numpy as np
import pytest
import xarray as xr
from scipy.stats import gamma, norm, poisson

import gridscan as gs
from gridscan.errors import GridscanError, GridscanWarning

PER_YEAR = {"units": "1/yr", "long_name": "events"}
pytestmark = pytest.mark.filterwarnings("default::gridscan.errors.GridscanWarning")


def _grid(*, chunks=None):
    rate = np.linspace(0.0, 4.0, 2001)
    share = np.array([0.5, 1.0, 2.0])
    values = rate[:, None] * share
    ds = xr.Dataset(
        {"events": (("rate", "detector"), values, PER_YEAR)},
        {"rate": ("rate", rate, {"units": "1/yr"}), "detector": ["small", "medium", "large"]},
    )
    return ds if chunks is None else ds.chunk(chunks)


def test_a_flat_prior_and_a_count_make_a_gamma_distribution():
    found = _grid().gridscan.posterior("rate", gs.count("events", 3, exposure="10 yr", at={"detector": "medium"}))
    density = gamma.pdf(found["rate"].values * 10, 4) * found["prior"].values
    assert found["posterior"].values == pytest.approx(density / density.sum(), rel=1e-10, abs=1e-300)
    assert found["posterior"].attrs["units"] == "1"


def test_prior_weights_of_an_axis_make_the_conjugate_posterior():
    ds = _grid()
    prior = gamma.pdf(ds["rate"].values, 2.5, scale=0.4)
    ds = ds.assign_coords(rate_weight=("rate", prior / prior.sum()))
    found = ds.gridscan.posterior("rate", gs.count("events", 7, exposure="10 yr", at={"detector": "medium"}))
    expected = gamma.pdf(ds["rate"].values, 2.5 + 7, scale=1 / (2.5 + 10))
    assert found["posterior"].values == pytest.approx(expected / expected.sum(), rel=1e-10, abs=1e-300)


def test_a_gaussian_prior_and_error_of_a_linear_quantity():
    x = np.linspace(-6.0, 6.0, 1201)
    prior = norm.pdf(x, 0.5, 0.8)
    coords = {"x": ("x", x, {"units": "km"}), "x_weight": ("x", prior / prior.sum())}
    ds = xr.Dataset({"height": ("x", 3.0 * x, {"units": "m"})}, coords)
    found = ds.gridscan.posterior("x", gs.measured("height", "4.5 m", "60 cm"))
    weight = 1 / 0.8**2 + 9 / 0.6**2
    expected = norm.pdf(x, (0.5 / 0.8**2 + 3 * 4.5 / 0.6**2) / weight, weight**-0.5)
    assert found["posterior"].values == pytest.approx(expected / expected.sum(), rel=1e-10, abs=1e-300)
    assert float(ds.gridscan.best(gs.measured("height", 4.5, 0.6))["x"]) == pytest.approx(1.5)


def test_two_errors_hold_on_their_sides():
    ds = xr.Dataset({"height": ("x", [1.0, 3.0, 5.0], {"units": "m"})}, {"x": [0.0, 1.0, 2.0]})
    found = ds.gridscan.log_likelihood(gs.measured("height", 3.0, (1.0, 4.0))).values
    assert found - found[1] == pytest.approx([-2.0, 0.0, -0.125])


@pytest.mark.parametrize("chunks", [{"rate": 300, "detector": 1}, {"rate": 2001, "detector": 3}])
def test_a_lazy_grid_has_the_same_answers(chunks):
    observed = [gs.count("events", 12, exposure="10 yr", background="0.2 / yr", background_error="0.05 / yr")]
    lazy, whole = _grid(chunks=chunks), _grid()
    assert lazy.gridscan.log_likelihood(observed).chunks is not None
    for question in ("posterior", "profile"):
        for keep in ("rate", "detector", ["detector", "rate"], []):
            one, other = (getattr(ds.gridscan, question)(keep, observed) for ds in (lazy, whole))
            xr.testing.assert_allclose(one, other, rtol=1e-12)
    assert lazy.gridscan.best(observed).equals(whole.gridscan.best(observed))


def test_the_evidence_is_the_mean_likelihood():
    ds = _grid()
    observed = gs.count("events", 3, exposure="10 yr")
    means = ds["events"].values * 10
    weights = np.full(2001, 1.0)
    weights[[0, -1]] = 0.5
    expected = (weights / weights.sum()) @ poisson.pmf(3, means)
    found = ds.gridscan.posterior("detector", observed)
    assert np.exp(found["log_evidence"].values) == pytest.approx(expected, rel=1e-12)
    assert found["posterior"].values == pytest.approx(expected / expected.sum(), rel=1e-12)
    factor = ds.gridscan.bayes_factor("detector", "medium", observed)
    assert factor.values == pytest.approx(np.log(expected / expected[1]), abs=1e-12)


def test_a_million_counts_whose_likelihoods_underflow():
    mean = np.linspace(9e5, 1.1e6, 4001)
    ds = xr.Dataset(
        {"events": (("mean", "imf"), np.stack([mean, mean + 5e5], 1), {"units": "1"})},
        {"mean": mean, "imf": ["a", "b"]},
    )
    found = ds.gridscan.posterior("mean", gs.count("events", 10**6, at={"imf": "a"}))["posterior"]
    expected = gamma.logpdf(mean, 10**6 + 1)
    expected = np.exp(expected - expected.max())
    expected[[0, -1]] *= 0.5
    assert found.values == pytest.approx(expected / expected.sum(), rel=1e-8, abs=1e-300)
    # All likelihoods of the second are below the smallest double, and their ratio is known nevertheless.
    with pytest.warns(GridscanWarning, match="lies at an end of the grid: mean = 900000"):
        far = ds.gridscan.profile("mean", gs.count("events", 10**6, at={"imf": "b"}))
    upper, lower = mean[1] + 5e5, mean[0] + 5e5
    assert float(far[1]) == pytest.approx(2 * (upper - lower - 1e6 * np.log(upper / lower)), rel=1e-7)


def test_a_profile_is_twice_the_drop_of_the_highest_likelihood():
    found = _grid().gridscan.profile("detector", gs.count("events", 10, exposure="10 yr"))
    assert found.values == pytest.approx([0.0, 0.0, 0.0], abs=1e-9)


def test_an_end_of_the_grid_and_a_single_cell_are_warned_of():
    ds = xr.Dataset({"events": ("x", [1.0, 2.0, 30.0], {"units": "1"})}, {"x": [0.0, 1.0, 2.0]})
    with pytest.warns(GridscanWarning, match="lies at an end of the grid: x = 2"):
        ds.gridscan.best(gs.count("events", 40))
    with pytest.warns(GridscanWarning, match="holds [0-9]+ % of the probability: more points of these axes help: x"):
        ds.assign(events=ds["events"].copy(data=[1.0, 10.0, 30.0])).gridscan.posterior("x", gs.count("events", 12))


def test_several_observations_multiply():
    ds = _grid()
    one = gs.count("events", 3, exposure="10 yr", at={"detector": "small"})
    other = gs.measured("events", "1 / yr", "0.2 / yr", at={"detector": "large"})
    found = ds.gridscan.log_likelihood([one, other])
    assert found.dims == ("rate",)
    parts = [ds.gridscan.log_likelihood(item).values for item in (one, other)]
    assert found.values == pytest.approx(parts[0] + parts[1])


WRONG = [
    (lambda g: g.log_likelihood(gs.count("event", 3)), "unknown quantity 'event'; did you mean 'events'"),
    (lambda g: g.log_likelihood(gs.count("events", 2.5)), "a count is a whole number, zero or more; found 2.5"),
    (lambda g: g.log_likelihood(gs.count("events", -1)), "a count is a whole number, zero or more; found -1"),
    (lambda g: g.log_likelihood(gs.count("events", "3")), "a count is a whole number, zero or more; found '3'"),
    (lambda g: g.log_likelihood(gs.count("events", True)), "a count is a whole number"),
    (lambda g: g.log_likelihood(gs.count("events", 3)), "is no number of events; give an exposure in 'yr'"),
    (lambda g: g.log_likelihood(gs.count("events", 3, exposure="10 km")), "times the exposure '10 km' is no number"),
    (lambda g: g.log_likelihood(gs.count("events", 3, exposure="0 yr")), "exposure must be finite and above zero"),
    (lambda g: g.log_likelihood(gs.count("events", 3, exposure=10)), "times the exposure 10 is no number"),
    (lambda g: g.log_likelihood(gs.count("events", 3, exposure="ten yr")), "ten yr"),
    (
        lambda g: g.log_likelihood(gs.count("events", 3, exposure="10 yr", background="1 km")),
        "background: '1 km' is in 'km'; 'events' needs a value in '1/yr'",
    ),
    (
        lambda g: g.log_likelihood(gs.count("events", 3, exposure="10 yr", background=-1)),
        "background must be finite and not negative; found -1",
    ),
    (
        lambda g: g.log_likelihood(gs.count("events", 3, exposure="10 yr", background_error=1)),
        "background_error is given without a background",
    ),
    (
        lambda g: g.log_likelihood(gs.count("events", 3, exposure="10 yr", at={"detectr": "small"})),
        "no|does not depend on an axis 'detectr'; did you mean 'detector'",
    ),
    (
        lambda g: g.log_likelihood(gs.count("events", 3, exposure="10 yr", at={"detector": "smal"})),
        "axis 'detector' does not hold 'smal'; did you mean 'small'",
    ),
    (lambda g: g.log_likelihood(gs.count("events", 3, at="small")), "at takes axes and their values"),
    (lambda g: g.log_likelihood([]), "an observation is made with gridscan.count .*; none is given"),
    (lambda g: g.log_likelihood([3]), "an observation is made with gridscan.count .*; found 3"),
    (lambda g: g.log_likelihood(gs.measured("events", "3 km", "1 / yr")), "'3 km' is in 'km'"),
    (lambda g: g.log_likelihood(gs.measured("events", 3, 0)), "an error must be finite and above zero; found 0"),
    (
        lambda g: g.log_likelihood(gs.measured("events", 3, (1, 1, 1))),
        "one error, or one below and one above it; found 3",
    ),
    (lambda g: g.posterior("rat", gs.count("events", 3, exposure="10 yr")), "did you mean 'rate'"),
    (lambda g: g.posterior(["rate", "rate"], gs.count("events", 3, exposure="10 yr")), "axis 'rate' is kept twice"),
]


@pytest.mark.parametrize(("ask", "words"), WRONG)
def test_a_wrong_observation_has_one_clear_message(ask, words):
    with pytest.raises(GridscanError, match=words) as caught:
        ask(_grid().gridscan)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("values", [[1.0, -1.0], [1.0, np.nan]])
def test_impossible_numbers_of_events_are_refused(values):
    ds = xr.Dataset({"events": ("imf", values, {"units": "1"})}, {"imf": ["a", "b"]})
    with pytest.raises(GridscanError, match="'events' expects no count: the signal must be finite and not negative"):
        ds.gridscan.posterior("imf", gs.count("events", 3))


def test_what_is_impossible_everywhere_is_refused():
    ds = xr.Dataset({"events": ("imf", [0.0, 0.0], {"units": "1"})}, {"imf": ["a", "b"]})
    with pytest.raises(GridscanError, match="the observation is impossible in every cell"):
        ds.gridscan.posterior("imf", gs.count("events", 3))

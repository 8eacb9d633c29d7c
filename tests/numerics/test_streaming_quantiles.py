"""Weighted quantiles: those of numpy and scipy, for any blocks and any bound of memory."""

import math

import numpy as np
import pytest
import scipy.stats
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from watched import Watched

from gridscan.numerics.streaming_quantiles import quantiles

PROBABILITIES = (0.0, 0.05, 0.16, 0.3, 0.5, 0.84, 0.95, 1.0)


def by_definition(values, weights, probability):
    """Return the smallest value up to which there is enough weight, point by point."""
    pairs = sorted((value, weight) for value, weight in zip(values, weights, strict=True) if weight > 0)
    for value, _ in pairs:
        if math.fsum(weight for other, weight in pairs if other <= value) >= probability - 1e-12:
            return value
    raise AssertionError


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_any_blocks_and_any_bound_give_the_quantiles_of_the_definition(data):
    shape = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    dims = list("abc"[: len(shape)])
    numbers = data.draw(st.lists(st.floats(-1e300, 1e300), min_size=math.prod(shape), max_size=math.prod(shape)))
    values = xr.Variable(dims, np.array(numbers).reshape(shape))
    axes = data.draw(st.permutations(dims))[: data.draw(st.integers(1, len(dims)))]
    sizes = dict(zip(dims, shape, strict=True))
    many = {a: data.draw(st.lists(st.integers(0, 3), min_size=sizes[a], max_size=sizes[a]).filter(any)) for a in axes}
    weights = {axis: np.array(some) / sum(some) for axis, some in many.items()}
    kept = [dim for dim in dims if dim not in axes]
    rows = values.transpose(*kept, *axes).values.reshape(math.prod(sizes[dim] for dim in kept), -1)
    points = np.ones(())
    for axis in axes:
        points = np.multiply.outer(points, weights[axis])
    expected = [[by_definition(row, points.ravel(), p) for row in rows] for p in PROBABILITIES]
    chunked = values.chunk({dim: data.draw(st.integers(1, 4)) for dim in dims})
    for given_values, bound in ((values, 300_000_000), (chunked, 300_000_000), (chunked, 0)):
        found = quantiles(given_values, axes, PROBABILITIES, weights, held_bytes=bound)
        assert found.dims == ("quantile", *kept)
        np.testing.assert_array_equal(found.values.reshape(len(PROBABILITIES), -1), expected)


def test_weighted_quantiles_are_those_of_numpy():
    generator = np.random.default_rng(1)
    values, weights = generator.normal(size=501), generator.uniform(size=501)
    found = quantiles(xr.Variable("a", values), ["a"], PROBABILITIES, {"a": weights / weights.sum()})
    repeated = generator.integers(1, 5, 501)
    np.testing.assert_array_equal(
        quantiles(xr.Variable("a", values), ["a"], PROBABILITIES, {"a": repeated / repeated.sum()}),
        np.quantile(np.repeat(values, repeated), PROBABILITIES, method="inverted_cdf"),
    )
    assert (np.diff(found) >= 0).all()


def test_the_quantiles_of_a_fine_grid_are_those_of_the_distribution_of_its_weights():
    points = np.linspace(-6, 6, 4001)
    weights = scipy.stats.norm.pdf(points)
    found = quantiles(xr.Variable("a", np.exp(points)), ["a"], PROBABILITIES[1:-1], {"a": weights / weights.sum()})
    np.testing.assert_allclose(found, scipy.stats.lognorm(1.0).ppf(PROBABILITIES[1:-1]), rtol=4e-3)


@pytest.mark.parametrize("bound", [300_000_000, 100_000])
def test_no_more_is_held_than_the_bound_and_a_block_is_read_once_where_all_fits(bound):
    watched = Watched(((1,) * 3, (5,) * 6, (40,) * 5))
    found = quantiles(watched.dataset()["y"].variable, ["b", "c"], (0.1, 0.9), {}, held_bytes=bound).compute()
    whole = watched.dataset()["y"].variable.compute().values.reshape(3, -1)
    np.testing.assert_array_equal(found, np.quantile(whole, (0.1, 0.9), axis=1, method="inverted_cdf"))
    # Twice read: by the line above.
    assert set(watched.reads.values()) == {2} if bound > 1_000_000 else max(watched.reads.values()) > 2

"""Explained variances in streams: what brute force gives, each block read as often as planned, and little held."""

import itertools
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import cloudpickle
import dask
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from watched import Watched

from gridscan.errors import SensitivityError
from gridscan.limits import DEFAULT
from gridscan.numerics.streaming_moments import explained_variances, passes
from gridscan.sensitivity.variance import variance_shares


def subsets_of(axes):
    axes = list(axes)
    return [frozenset(some) for n in range(len(axes) + 1) for some in itertools.combinations(axes, n)]


def brute_force(values, axes, subset):
    """Return Var(E[y | subset]) over the axes."""
    mean = values.mean([axis for axis in axes if axis not in subset])
    return mean.var([axis for axis in axes if axis in subset])


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_subset_of_axes_explains_what_brute_force_says_for_any_chunks_order_and_bound(data):
    shape = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    dims = list("abcd"[: len(shape)])
    values = xr.Variable(dims, np.random.default_rng(data.draw(st.integers(0, 9))).normal(size=shape))
    axes = data.draw(st.permutations(dims))[: data.draw(st.integers(1, len(dims)))]
    chunks = {dim: data.draw(st.integers(1, 4)) for dim in dims}
    subsets = data.draw(st.lists(st.sampled_from(subsets_of(axes)), unique=True))
    bound = data.draw(st.sampled_from([0, 50, DEFAULT.held_bytes]))
    for given_values in (values, values.chunk(chunks)):
        [(mean, explained)] = explained_variances(given_values, axes, subsets, held_bytes=bound)
        assert mean.dims == tuple(dim for dim in dims if dim not in axes)
        np.testing.assert_allclose(mean, values.mean(axes), atol=1e-14)
        assert list(explained) == subsets
        for subset, variance in explained.items():
            np.testing.assert_allclose(variance, brute_force(values, axes, subset), atol=1e-14)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_whole_weights_count_a_point_as_often_as_they_say_for_any_chunks_and_measures(data):
    """Points of weight three are three points, those of weight zero are none."""
    shape = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    dims = list("abc"[: len(shape)])
    values = xr.Variable(dims, np.random.default_rng(data.draw(st.integers(0, 9))).normal(size=shape))
    axes = data.draw(st.permutations(dims))[: data.draw(st.integers(1, len(dims)))]
    chunks = {dim: data.draw(st.integers(1, 4)) for dim in dims}
    measures = []
    for _ in range(data.draw(st.integers(1, 3))):
        sizes = {axis: st.lists(st.integers(0, 3), min_size=n, max_size=n) for axis, n in zip(dims, shape, strict=True)}
        measures.append({axis: data.draw(sizes[axis].filter(any)) for axis in axes[data.draw(st.integers(0, 1)) :]})
    weights = [{axis: np.array(many) / sum(many) for axis, many in one.items()} for one in measures]
    for given_values in (values, values.chunk(chunks)):
        found = explained_variances(given_values, axes, subsets_of(axes), weights=weights, held_bytes=0)
        for one, (mean, explained) in zip(measures, found, strict=True):
            repeated = values.isel({axis: np.repeat(np.arange(len(many)), many) for axis, many in one.items()})
            np.testing.assert_allclose(mean, repeated.mean(axes), atol=1e-14)
            for subset, variance in explained.items():
                np.testing.assert_allclose(variance, brute_force(repeated, axes, subset), atol=1e-13)


def held_at_most(chunks, varied, one):
    """Return the most bytes of unfinished means, by going through the loops."""
    steps = list(itertools.product(*(range(len(chunks[axis])) for axis in one.loops)))
    held = np.zeros(len(steps))
    for subset in one.subsets:
        rows = {}
        for number, step in enumerate(steps):
            row = tuple(step[one.loops.index(axis)] for axis in sorted(subset))
            rows.setdefault(row, []).append(number)
        size = 8 * np.prod([max(n) for axis, n in enumerate(chunks) if axis in subset or axis not in varied])
        for numbers in rows.values():
            held[numbers[0] : numbers[-1]] += size
    return held.max(initial=0)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_pass_holds_no_more_than_the_bound_unless_it_is_for_a_single_mean(data):
    varied = frozenset(data.draw(st.sets(st.integers(0, 3), min_size=1)))
    # Of the axes that stay, a stream has one block.
    numbers = [data.draw(st.integers(1, 4)) if axis in varied else 1 for axis in range(4)]
    chunks = tuple((data.draw(st.integers(1, 3)),) * number for number in numbers)
    subsets = data.draw(st.lists(st.sampled_from(subsets_of(varied)), min_size=1, unique=True))
    bound = data.draw(st.sampled_from([0, 40, 200, 2000, DEFAULT.held_bytes]))
    planned = passes(chunks, varied, subsets, bound)
    made = [subset for one in planned for subset in one.subsets]
    assert sorted(made, key=sorted) == sorted(subsets, key=sorted)
    block = 8 * np.prod([max(sizes) for sizes in chunks])
    for one in planned:
        assert sorted(one.loops) == [0, 1, 2, 3]
        assert held_at_most(chunks, varied, one) <= (bound if len(one.subsets) > 1 else max(bound, block))


@pytest.mark.parametrize(("bound", "readings"), [(400_000_000, 1), (DEFAULT.held_bytes, 2), (10_000_000, 3)])
def test_eight_gigabytes_are_read_once_for_each_divided_axis_at_most(bound, readings):
    """The blocks in which 8 × 10 × 25 × 50 × 100 × 100 cells are written: three axes are divided, two singly."""
    chunks = ((1,) * 8, (1,) * 10, (2,) * 12 + (1,), (50,), (100,), (100,))
    varied = frozenset(range(6))
    wanted = [subset for subset in subsets_of(varied) if len(subset) in (1, 2, 5, 6)]
    assert len(passes(chunks, varied, wanted, bound)) == readings


@pytest.mark.parametrize(("bound", "readings"), [(DEFAULT.held_bytes, 1), (16_000_000, 2)])
@pytest.mark.filterwarnings("ignore::gridscan.errors.GridscanWarning")
def test_variance_shares_read_a_block_once_a_pass_and_hold_a_few_beside_what_is_planned(bound, readings):
    watched = Watched(((1,) * 5, (1,) * 6, (2,) * 5, (50_000,)))
    varied = frozenset(range(4))
    wanted = [subset for subset in subsets_of(varied) if len(subset) in (1, 2, 3, 4)]
    # Twice: by the weights of all points, and by those of half as many.
    planned = passes(watched.data.chunks, varied, wanted, bound // 2)
    assert len(planned) == readings
    held = 2 * max(held_at_most(watched.data.chunks, varied, one) for one in planned)
    variance_shares(Watched(((1, 1), (2,))).dataset(), "y").compute()  # what dask imports is no data
    tracemalloc.start()
    with dask.config.set(scheduler="threads", num_workers=8):
        shares = variance_shares(watched.dataset(), "y", held_bytes=bound).compute()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert float(shares["total"].max()) <= 1.0
    # The first block is also read for the first point of the grid.
    assert watched.reads.pop((0, 0, 0, 0)) == 1 + readings
    assert set(watched.reads.values()) == {readings}
    assert watched.most <= 8
    assert peak < held + 30 * watched.block_bytes
    assert held + 30 * watched.block_bytes < 0.75 * watched.data.nbytes


@pytest.mark.filterwarnings("ignore::gridscan.errors.GridscanWarning")
def test_a_cell_of_the_axes_that_stay_reads_only_its_own_blocks():
    watched = Watched(((1,) * 5, (1,) * 6, (10, 10)))
    shares = variance_shares(watched.dataset(), "y", over=["a", "c"])
    shares["total"].isel(b=2).compute()
    assert {place[1] for place in watched.reads} == {2}
    assert len(watched.reads) == 10


@pytest.mark.filterwarnings("ignore::gridscan.errors.GridscanWarning")
def test_shares_of_what_shares_are_made_of_wait_for_nothing():
    """A stream that reads blocks that streams make: it may not wait for its own turn to end."""
    values = Watched(((1,) * 3, (1,) * 4, (5,) * 2)).dataset()
    inner = variance_shares(values, "y", over=["a"])[["mean"]]
    assert inner["mean"].chunks is not None
    lazy = variance_shares(inner.assign(mean=inner["mean"].assign_attrs(units="1/yr")), "mean")
    # A thread of its own: if this hangs, the test fails instead of hanging.
    pool = ThreadPoolExecutor(1)
    found = pool.submit(lazy.compute, scheduler="threads", num_workers=4).result(timeout=60)
    pool.shutdown(wait=False)
    xr.testing.assert_allclose(found, variance_shares(inner.compute(), "mean"), rtol=1e-12)


@pytest.mark.filterwarnings("ignore::gridscan.errors.GridscanWarning")
def test_a_stream_that_failed_does_not_stop_the_next_one():
    good = Watched(((1,) * 3, (4,))).dataset()
    bad = good.assign(y=good["y"].where(good["b"] != 2).assign_attrs(units="1/yr"))
    for _ in range(2):
        with pytest.raises(SensitivityError, match="needs finite values"):
            variance_shares(bad, "y").compute()
    assert float(variance_shares(good, "y")["higher_order"].compute()) == pytest.approx(0, abs=1e-12)


@pytest.mark.filterwarnings("ignore::gridscan.errors.GridscanWarning")
def test_lazy_shares_do_not_depend_on_threads_bit_for_bit_and_travel_to_other_processes():
    values = np.random.default_rng(8).lognormal(size=(5, 6, 7))
    dataset = xr.Dataset({"y": (("a", "b", "c"), values, {"units": "1/yr"})}).chunk({"a": 1, "b": 4, "c": 2})
    lazy = variance_shares(dataset, "y")
    assert lazy["total"].data.name == variance_shares(dataset, "y")["total"].data.name
    one, many = (lazy.compute(scheduler="threads", num_workers=number) for number in (1, 8))
    xr.testing.assert_identical(one, many)
    with dask.config.set(num_workers=3):
        xr.testing.assert_identical(cloudpickle.loads(cloudpickle.dumps(lazy)).compute(scheduler="synchronous"), one)

"""Reading blocks on their own: the same values as indexing, each block only as long as it is needed."""

import tracemalloc

import cloudpickle
import dask
import numpy as np
import pytest
import xarray as xr
from distributed import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from watched import Watched

from gridscan.errors import SensitivityError
from gridscan.numerics.block_reader import Blocks, reread
from gridscan.sensitivity import along_axis, crossings, discrimination


def variable_of(data):
    return xr.Variable(tuple("abcdef"[: data.ndim]), data)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_taking_places_again_is_indexing_for_any_places_and_chunks(data):
    shape = tuple(data.draw(st.lists(st.integers(1, 7), min_size=1, max_size=3)))
    values = variable_of(np.random.default_rng(1).normal(size=shape))
    along = data.draw(st.sampled_from(values.dims))
    size = values.sizes[along]
    places = np.array(data.draw(st.lists(st.integers(0, size - 1), min_size=size, max_size=size)))
    lazy = values.chunk({dim: data.draw(st.integers(1, 4)) for dim in values.dims})
    taken = reread(lazy, along, places)
    assert taken.chunks == lazy.chunks
    np.testing.assert_array_equal(taken, values.isel({along: places}))
    beside = reread(lazy, along, places, "beside")
    if len(lazy.chunksizes[along]) > 1:
        assert beside.dims == ("beside", *values.dims)
        assert beside.chunksizes["beside"] == lazy.chunksizes[along]
    np.testing.assert_array_equal(*xr.broadcast(xr.DataArray(beside), xr.DataArray(values.isel({along: places}))))


def test_blocks_in_memory_and_blocks_of_dask_are_those_of_the_array():
    values = np.arange(30.0).reshape(5, 6)
    np.testing.assert_array_equal(Blocks(values)[0, 0], values)
    blocks = Blocks(variable_of(values).chunk({"a": 2, "b": 4}).data * 2)
    assert blocks.chunks == ((2, 2, 1), (4, 2))
    np.testing.assert_array_equal(blocks[1, 1], 2 * values[2:4, 4:])
    part = blocks.within((slice(4, 5), slice(None)))
    np.testing.assert_array_equal(part[0, 0], 2 * values[4:, :4])


def test_what_is_read_again_travels_to_other_processes_and_has_the_same_name_twice():
    lazy = variable_of(np.arange(12.0)).chunk({"a": 5})
    backwards = np.arange(12)[::-1]
    taken = reread(lazy, "a", backwards)
    assert taken.data.name == reread(lazy, "a", backwards).data.name
    assert taken.data.name != reread(lazy, "a", np.roll(backwards, 1)).data.name
    assert taken.data.name != reread(lazy + 1, "a", backwards).data.name
    np.testing.assert_array_equal(cloudpickle.loads(cloudpickle.dumps(taken)), np.arange(12.0)[::-1])


class Nothing:
    """A file of which nothing is left: what is written to it is gone."""

    def __setitem__(self, place, values):
        pass


QUESTIONS = {
    "elasticity": lambda ds, along: along_axis.elasticity(ds, "y", along),
    "contrast": lambda ds, along: along_axis.contrast(ds, "y", along, 3.0),
    "crossing": lambda ds, along: crossings.crossing(ds, "y", along, 2e4),
    "discriminate": lambda ds, along: discrimination.discriminate(ds, "y", along)["scale_factor"],
}


def asked(question, along, chunks, mean):
    """Return the watched array of which a question was asked, and how many of its blocks the memory would have held.

    The answers are reduced, in the order that dask likes, or stored in the order of a file.
    """
    watched = Watched(chunks)
    QUESTIONS[question](Watched(((1,) * 3, (2,))).dataset(), "a").mean().compute()  # what dask imports is no data
    tracemalloc.start()
    with dask.config.set(scheduler="threads", num_workers=2):
        answer = QUESTIONS[question](watched.dataset(), along)
        if mean:
            answer.mean().compute()
        else:
            dask.array.store(answer.data, Nothing(), lock=False)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return watched, peak / watched.block_bytes


@pytest.mark.parametrize(
    ("question", "along", "mean", "most_reads", "most_blocks"),
    [
        ("elasticity", "a", True, 3, 20),
        ("elasticity", "a", False, 3, 20),
        ("elasticity", "c", False, 5, 20),
        ("contrast", "a", False, 2, 20),
        ("crossing", "a", False, 1, 32),
    ],
)
@pytest.mark.filterwarnings("ignore::gridscan.errors.GridscanWarning")
def test_a_question_along_a_divided_axis_needs_a_few_blocks_of_memory(question, along, mean, most_reads, most_blocks):
    watched, peak = asked(question, along, ((1,) * 6, (1,) * 4, (2,) * 4, (60_000,)), mean)
    assert len(watched.reads) == 96
    assert sum(watched.reads.values()) <= most_reads * 96
    assert peak < most_blocks


@pytest.mark.filterwarnings("ignore::gridscan.errors.GridscanWarning")
def test_all_pairs_of_scenarios_need_a_few_blocks_of_memory(monkeypatch):
    monkeypatch.setattr(discrimination, "scale_to_discriminate", lambda one, other, *_setting: one + other)
    watched, peak = asked("discriminate", "a", ((1,) * 4, (1,) * 12, (100_000,)), mean=False)
    assert set(watched.reads.values()) == {8}
    assert peak < 24


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.filterwarnings("ignore::gridscan.errors.GridscanWarning")
def test_one_cell_of_an_answer_reads_only_the_blocks_that_it_needs(question):
    watched = Watched(((1,) * 6, (1,) * 4, (50,)))
    answer = QUESTIONS[question](watched.dataset(), "a")
    answer.isel(dict.fromkeys(answer.dims, 1)).compute()
    assert {place[1] for place in watched.reads} == {1}
    assert {place[0] for place in watched.reads} == {
        "elasticity": {0, 1, 2},
        "contrast": {1, 2},
        "crossing": {0, 1, 2, 3, 4, 5},
        "discriminate": {1},
    }[question]


def test_what_is_persisted_on_a_cluster_is_compared_there_and_not_read_again():
    values = np.random.default_rng(2).lognormal(size=(4, 5))
    dataset = xr.Dataset(
        {"y": (("a", "b"), values, {"units": "1/yr"})}, coords={"a": ("a", np.arange(1.0, 5), {"units": "kpc"})}
    )
    with Client(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None):
        persisted = dataset.chunk({"a": 1}).persist()
        for ask in (QUESTIONS["elasticity"], QUESTIONS["discriminate"]):
            np.testing.assert_allclose(ask(persisted, "a").compute(), ask(dataset, "a"), rtol=1e-12)
        with pytest.raises(
            SensitivityError, match=r"^the values are persisted in the memory of a cluster; use the dataset"
        ):
            Blocks(persisted["y"].data)

"""Draws of counts: Poisson, and of their cell alone, whatever the grid, the chunks and the workers."""

from __future__ import annotations

import dask
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import gridscan as gs
from gridscan.engine.plan import make_plan
from gridscan.errors import EvaluationError, ModelError, ScenarioError
from gridscan.evaluation.poisson_draws import input_keys, poisson_draws
from gridscan.inputs.arrays import Input
from gridscan.inputs.sampling import Sampling
from gridscan.limits import Limits
from gridscan.model import Model
from gridscan.numerics.poisson import poisson_quantile
from gridscan.scenario.reader import Scenario


@pytest.fixture
def birds() -> Model:
    model = Model("birds", "Birds that pass a window")
    model.parameter("rate", "3 / hr", "Birds per hour", minimum=0)
    model.parameter("watch", "2 hr", "Time spent at the window", minimum=0)
    model.parameter("weights", [1.0, 2.0], "Share of each kind", vector="kind", padded=True)
    model.parameter("season", "spring", "Season", choices=["spring", "winter"])

    @model.quantity("1", long_name="expected number of birds", count=True)
    def seen(rate, watch, weights, season):
        return rate * watch * weights.max(axis=-1) / 2 * np.where(season == "spring", 1.0, 0.5)

    @model.quantity("1", long_name="expected number of feathers", count=True)
    def feathers(rate, watch):
        return rate * watch * 1e4

    @model.quantity("1/hr", long_name="rate of departures")
    def departures(rate):
        return rate

    return model.check()


def drawn(model, *names, realisations=50, seed=0, **values):
    names = names or ("seen",)
    found = model.evaluate(list(names), sampling=Sampling(realisations=realisations, seed=seed), **values)
    return found[f"{names[0]}_drawn"]


def test_only_counts_are_drawn_and_means_stay(birds):
    sampling = Sampling(realisations=7)
    found = birds.evaluate(["seen", "departures"], sampling=sampling, rate=[1, 2])
    assert list(found.data_vars) == ["seen", "departures", "seen_drawn"]
    assert found.seen_drawn.dims == ("rate", "realisation")
    assert found.seen_drawn.dtype == np.int64
    assert found.seen_drawn.attrs["long_name"] == "Poisson draw of the expected number of birds"
    assert "seed 0" in found.seen_drawn.attrs["comment"]
    np.testing.assert_array_equal(found.realisation, np.arange(7))
    np.testing.assert_array_equal(found.seen, birds.evaluate("seen", rate=[1, 2]))


def test_the_draws_are_poisson_in_every_cell(birds):
    many = 4000
    found = drawn(birds, realisations=many, rate={"geomspace": [0.01, 1000, 40]}, watch=["1 hr", "3 hr"])
    mean = birds.evaluate("seen", rate={"geomspace": [0.01, 1000, 40]}, watch=["1 hr", "3 hr"]).values
    standard_error = np.sqrt(mean / many)
    assert np.abs((found.mean("realisation").values - mean) / standard_error).max() < 5
    # The fourth central moment of a Poisson count is 3 λ² + λ.
    spread = np.sqrt((2 * mean**2 + mean) / many)
    assert np.abs((found.var("realisation").values - mean) / spread).max() < 5
    pulls = (found.mean("realisation").values - mean) / standard_error
    assert stats.kstest(pulls[mean > 1].ravel(), "norm").pvalue > 1e-3


def test_cells_realisations_and_quantities_are_drawn_on_their_own(birds):
    rate = np.linspace(9, 11, 60)
    found = drawn(birds, realisations=2000, rate=rate, watch=["1 hr", "2 hr"])
    columns = found.stack(cell=("rate", "watch")).transpose("cell", "realisation").values
    correlation = np.corrcoef(columns)[~np.eye(120, dtype=bool)]
    assert np.abs(correlation).max() < 5 / np.sqrt(2000) + 0.02
    assert correlation.std() == pytest.approx(1 / np.sqrt(2000), rel=0.1)
    mean = birds.evaluate("seen", rate=rate, watch=["1 hr", "2 hr"]).values.reshape(-1, 1)
    realisations = np.corrcoef(((columns - mean) / np.sqrt(mean)).T[:120])[~np.eye(120, dtype=bool)]
    assert abs(realisations.mean()) < 0.01
    assert realisations.std() == pytest.approx(1 / np.sqrt(120), rel=0.1)
    both = birds.evaluate(["seen", "feathers"], sampling=Sampling(realisations=2000))
    assert abs(np.corrcoef(both.seen_drawn, both.feathers_drawn)[0, 1]) < 5 / np.sqrt(2000)


def test_the_same_seed_gives_the_same_draws_and_another_seed_others(birds):
    np.testing.assert_array_equal(drawn(birds, seed=4), drawn(birds, seed=4))
    assert (drawn(birds, seed=4) != drawn(birds, seed=5)).any()


def test_more_realisations_leave_the_first_ones_as_they_were(birds):
    np.testing.assert_array_equal(drawn(birds, realisations=20), drawn(birds, realisations=90)[:20])


def test_a_value_added_to_an_axis_leaves_the_other_draws_as_they_were(birds):
    before = drawn(birds, rate=[1, 2, 4], watch=["1 hr", "2 hr"])
    after = drawn(birds, rate=[8, 4, 2, 1, 3], watch=["30 min", "1 hr", "2 hr"])
    np.testing.assert_array_equal(before, after.sel(rate=before.rate, watch=before.watch))


def test_other_axes_do_not_matter(birds):
    alone = drawn(birds, rate=2)
    among = drawn(birds, "seen", "departures", rate=[1, 2], season=["winter", "spring"])
    np.testing.assert_array_equal(alone, among.sel(rate=2, season="spring"))
    np.testing.assert_array_equal(alone, drawn(birds, rate=2 * 0.1 * 10))


def test_longer_vectors_beside_it_leave_the_draws_of_a_vector_as_they_were(birds):
    short = drawn(birds, weights=[[1.0, 2.0]])
    padded = drawn(birds, weights=[[1.0, 2.0], [0.5, 0.5, 0.5, 3.0]])
    np.testing.assert_array_equal(short[0], padded[0])


@pytest.mark.filterwarnings("ignore::dask.array.core.PerformanceWarning")
def test_chunks_and_workers_do_not_matter(birds):
    values = {"rate": np.linspace(1, 9, 7), "watch": ["1 hr", "2 hr", "5 hr"]}
    at_once = drawn(birds, realisations=11, **values)
    assert isinstance(at_once.data, np.ndarray)
    for eager, chunk in ((1, 2), (25, 6), (1, 40)):
        limits = Limits(eager_cells=eager, chunk_cells=chunk)
        lazy = drawn(birds, realisations=11, limits=limits, **values)
        assert dask.is_dask_collection(lazy.data)
        for options in ({"scheduler": "sync"}, {"scheduler": "threads", "num_workers": 4}):
            with dask.config.set(**options):
                np.testing.assert_array_equal(at_once, lazy.compute())


@given(st.floats(1e-290, 1e290), st.integers(-3, 3))
def test_values_that_differ_by_rounding_have_one_key(value, steps):
    near = value + steps * np.spacing(value)
    keys = input_keys("x", Input(("x",), np.array([value, near, value * (1 + 1e-9)])))
    assert keys[0] != keys[2]
    # Only a value within a few roundings of the middle of two keys can fall on either side.
    if keys[0] != keys[1]:
        mantissa = abs(np.frexp(value)[0]) * 2**40
        assert abs(mantissa % 1 - 0.5) < 1e-2


def test_decimal_axes_built_in_different_ways_have_the_same_keys():
    built = (
        np.arange(0.1, 1.05, 0.1),
        np.linspace(0.1, 1.0, 10),
        np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]),
    )
    first, *others = (input_keys("x", Input(("x",), values)) for values in built)
    for other in others:
        np.testing.assert_array_equal(first, other)


@given(st.floats(1e-6, 1 - 1e-6), st.floats(1e-3, 1e4))
def test_the_quantile_is_the_first_count_that_reaches_the_probability(probability, mean):
    found = int(poisson_quantile(probability, mean))
    assert stats.poisson.cdf(found, mean) >= probability * (1 - 1e-12)
    assert found == 0 or stats.poisson.cdf(found - 1, mean) < probability * (1 + 1e-12)


def test_the_quantile_of_huge_means_is_that_of_a_normal_distribution():
    z = np.array([-4.0, -1.0, 0.0, 1.0, 4.0])
    for mean in (1e8, 1e12):
        found = poisson_quantile(stats.norm.cdf(z), mean)
        np.testing.assert_allclose(found, mean + np.sqrt(mean) * z + (z**2 - 1) / 6, atol=1.5 + 1e-6 * np.sqrt(mean))


@pytest.mark.parametrize(
    ("probability", "mean", "message"),
    [
        (0.0, 1.0, "above 0 and below 1; found 0"),
        (1.0, 1.0, "above 0 and below 1; found 1"),
        (np.nan, 1.0, "above 0 and below 1; found nan"),
        (0.5, -1.0, "means of Poisson counts must be finite and not negative"),
        (0.5, 1e13, "at most 1e12; found 1e.13"),
    ],
)
def test_what_is_no_probability_or_mean_is_refused(probability, mean, message):
    with pytest.raises(EvaluationError, match=message):
        poisson_quantile(probability, mean)


def test_nothing_is_drawn_where_nothing_is_expected(birds):
    assert (drawn(birds, rate=0) == 0).all()
    assert poisson_draws(
        np.zeros((2, 0)), np.uint64(1), [np.zeros(2, np.uint64), np.zeros(0, np.uint64)], np.arange(3)
    ).shape == (2, 0, 3)


def test_a_count_has_no_unit_and_is_nowhere_missing():
    model = Model("m", "m")
    for options in ({"unit": "m"}, {"unit": "1", "missing": "somewhere"}):
        with pytest.raises(ModelError, match="a count must be dimensionless"):
            model.quantity(options.pop("unit"), count=True, **options)


def test_the_names_of_the_draws_have_to_be_free(birds):
    @birds.quantity("1")
    def seen_drawn(rate, watch):
        return rate * watch

    with pytest.raises(ScenarioError, match="the draws of a count need the name 'seen_drawn'"):
        drawn(birds)


def test_one_name_with_sampling_is_refused(birds):
    with pytest.raises(EvaluationError, match=r"ask for \['seen'\]"):
        birds.evaluate("seen", sampling=Sampling(realisations=2))


TEXT = """\
model = "red_supergiants"
[axes]
imf = ["kroupa", "top-light"]
time = ["10 Myr", "20 Myr"]
[sampling]
realisations = 30
seed = 11
[output]
quantities = ["carbon_burning_rsg", "flux"]
"""


def test_a_scenario_asks_for_draws_and_its_result_holds_them(tmp_path):
    (tmp_path / "s.toml").write_text(TEXT, encoding="utf-8")
    with gs.open(gs.run(tmp_path / "s.toml")) as dataset:
        draws = dataset.carbon_burning_rsg_drawn
        assert draws.dims == ("imf", "time", "realisation")
        assert draws.shape == (2, 2, 30)
        model = gs.model("red_supergiants")
        expected = drawn(model, "carbon_burning_rsg", realisations=30, seed=11, imf="top-light", time="10 Myr")
        np.testing.assert_array_equal(draws.sel(imf="top-light", time=10), expected)
        again = gs.run(tmp_path / "s.nc", output=tmp_path / "again.nc")
        with gs.open(again) as second:
            np.testing.assert_array_equal(second.carbon_burning_rsg_drawn, draws)


def test_draws_that_are_written_in_many_blocks_are_the_same(tmp_path):
    limits = Limits(eager_cells=20, chunk_cells=30, largest_block=30, smallest_block=1)
    (tmp_path / "s.toml").write_text(TEXT, encoding="utf-8")
    with gs.open(gs.run(tmp_path / "s.toml", limits=limits)) as dataset:
        expected = drawn(gs.model("red_supergiants"), "carbon_burning_rsg", realisations=30, seed=11, imf="kroupa")
        np.testing.assert_array_equal(dataset.carbon_burning_rsg_drawn.sel(imf="kroupa", time=20), expected)


def test_the_plan_tells_the_draws(tmp_path):
    plan = make_plan(Scenario.parse(TEXT, folder=tmp_path))
    assert plan.axes[-1].name == "realisation"
    assert plan.axes[-1].size == 30
    item = plan.quantities[-1]
    assert (item.name, item.cells, item.output) == ("carbon_burning_rsg_drawn", 120, True)
    assert plan.output_bytes == 8 * (4 + 4 + 120)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("realisations = 30", "realisations = 0"), ":6:16: 'realisations': .*greater than or equal to 1, found 0"),
        (("realisations = 30", "realisations = 2.5"), ":6:16: 'realisations': .*integer, found 2.5"),
        (("realisations = 30\n", ""), ":5:2: the key 'realisations' is missing"),
        (("realisations = 30", "realizations = 30"), ":6:1: unknown key 'realizations'.*did you mean 'realisations'"),
        (("seed = 11", "seed = -1"), ":7:8: 'seed': .*greater than or equal to 0"),
        (('"carbon_burning_rsg", "flux"', '"flux"'), ":5:2: none of the requested quantities is a count to draw"),
        (("[sampling]", "sampling = 3\n[nothing]"), "sampling"),
    ],
)
def test_a_wrong_sampling_is_refused_with_its_place(change, message):
    with pytest.raises(ScenarioError, match=message):
        Scenario.parse(TEXT.replace(*change), name="s.toml")

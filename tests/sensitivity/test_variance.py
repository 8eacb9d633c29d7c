"""Variance shares: known Sobol indices, exact identities on any grid, streaming in bounded memory, refusals."""

import itertools
import math
import tracemalloc

import dask
import dask.array as da
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from gridscan.errors import GridscanWarning, SensitivityError, UnitError
from gridscan.sensitivity.variance import rank, variance_shares
from gridscan.units import readable, unit_of


def labelled_grid(values, unit="yr-1"):
    """Axes a, b, c, … of labels, which weigh the same and stand for themselves."""
    values = np.asarray(values, dtype=float)
    dims = "abcdef"[: values.ndim]
    coords = {axis: [f"{axis}{k}" for k in range(n)] for axis, n in zip(dims, values.shape, strict=True)}
    return xr.Dataset({"y": (tuple(dims), values, {"units": unit, "long_name": "event rate"})}, coords=coords)


def pair_sum(shares):
    return np.triu(shares["pairwise"].values, 1).sum()


def numbers(n, low, high, axis):
    x = np.linspace(low, high, n)
    return xr.DataArray(x, dims=axis, coords={axis: (axis, x, {"units": "1"})})


def ishigami(n, a=7.0, b=0.1):
    x, y, z = (numbers(n, -np.pi, np.pi, axis) for axis in "xyz")
    value = np.sin(x) + a * np.sin(y) ** 2 + b * z**4 * np.sin(x)
    return xr.Dataset({"f": value.assign_attrs(units="1")})


def ishigami_shares(a=7.0, b=0.1):
    """First-order and total indices; source: T. Ishigami and T. Homma, ISUMA '90 (1990)."""
    variance = a**2 / 8 + b * np.pi**4 / 5 + b**2 * np.pi**8 / 18 + 0.5
    x, y = 0.5 * (1 + b * np.pi**4 / 5) ** 2 / variance, a**2 / 8 / variance
    pair = 8 * b**2 * np.pi**8 / 225 / variance
    return np.array([x, y, 0.0]), np.array([x + pair, y, pair])


IDLENESS = np.array([0.0, 1.0, 4.5])


def sobol_g(n):
    product = 1.0
    for axis, idleness in zip("xyz", IDLENESS, strict=True):
        product = product * (abs(4 * numbers(n, 0.0, 1.0, axis) - 2) + idleness) / (1 + idleness)
    return xr.Dataset({"f": product.assign_attrs(units="1")})


def sobol_g_shares():
    """First-order and total indices; source: A. Saltelli and I. M. Sobol', Reliab. Eng. Syst. Saf. 50, 225 (1995)."""
    relative = 1 / (3 * (1 + IDLENESS) ** 2)
    variance = np.prod(1 + relative) - 1
    totals = [relative[k] * np.prod(1 + np.delete(relative, k)) for k in range(3)]
    return relative / variance, np.array(totals) / variance


FUNCTIONS = {"ishigami": (ishigami, ishigami_shares), "g": (sobol_g, sobol_g_shares)}


@pytest.mark.filterwarnings("ignore:shares may be off:gridscan.errors.GridscanWarning")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_shares_of_grids_with_their_ends_converge_with_the_square_of_the_spacing(name):
    function, exact = FUNCTIONS[name]
    errors = []
    for n in (10, 20, 40, 80):
        shares = variance_shares(function(n), "f")
        off = [abs(shares[key] - value) for key, value in zip(("first_order", "total"), exact(), strict=True)]
        errors.append(float(max(part.max() for part in off)))
        stated = max(float(shares[f"{key}_error"].max()) for key in ("first_order", "total"))
        # That of three times the distance is four times as large, so the difference is three times the error.
        assert (0.4 if n == 10 else 1.0) * errors[-1] < stated < 6 * errors[-1]
    # Points that weigh the same are off by 0.10, 0.05, 0.03, 0.01 for Ishigami, by 0.021, 0.011, 0.005, 0.003 for G.
    most = {"ishigami": (0.051, 0.013, 0.0033, 0.0009), "g": (0.0027, 0.00061, 0.00015, 0.00004)}[name]
    assert (np.array(errors) < most).all()
    assert ((np.array(errors[:-1]) / errors[1:]) > 3.8).all()


def test_the_ishigami_function_has_its_published_indices_on_a_fine_grid():
    (first, total), shares = ishigami_shares(), variance_shares(ishigami(101), "f")
    assert float(shares["mean"]) == pytest.approx(7.0 / 2, rel=1e-12)
    np.testing.assert_allclose(shares["first_order"], first, atol=1e-3)
    np.testing.assert_allclose(shares["total"], total, atol=1e-3)
    pairs = np.array([[0, 0, total[2]], [0, 0, 0], [total[2], 0, 0]])
    np.testing.assert_allclose(shares["pairwise"], pairs, atol=1e-3)
    assert float(shares["higher_order"]) == pytest.approx(0.0, abs=1e-12)


def test_an_additive_function_has_no_interactions_and_shares_in_proportion_to_the_variances():
    a, b, c = np.array([0.0, 3.0]), np.array([0.0, 1.0, 2.0]), np.array([1.0, 1.5, 4.0, 0.0])
    shares = variance_shares(labelled_grid(a[:, None, None] + b[:, None] + c), "y")
    variances = np.array([a.var(), b.var(), c.var()])
    np.testing.assert_allclose(shares["first_order"], variances / variances.sum(), rtol=1e-13)
    np.testing.assert_allclose(shares["total"], variances / variances.sum(), rtol=1e-13)
    np.testing.assert_allclose(shares["pairwise"], 0.0, atol=1e-14)
    assert float(shares["variance"]) == pytest.approx(variances.sum(), rel=1e-13)


def test_a_product_has_the_closed_form_of_every_order():
    factors = [np.array([1.0, 2.0]), np.array([0.5, 1.0, 3.0]), np.array([2.0, 2.5, 4.0, 1.0]), np.array([1.0, 7.0])]
    relative = np.array([factor.var() / factor.mean() ** 2 for factor in factors])
    variance = np.prod(1 + relative) - 1
    shares = variance_shares(labelled_grid(np.einsum("i,j,k,l->ijkl", *factors)), "y")
    np.testing.assert_allclose(shares["first_order"], relative / variance, rtol=1e-12)
    totals = [(np.prod(1 + relative) - np.prod(1 + np.delete(relative, k))) / variance for k in range(4)]
    np.testing.assert_allclose(shares["total"], totals, rtol=1e-12)
    pairs = np.outer(relative, relative) / variance
    np.testing.assert_allclose(shares["pairwise"], pairs - np.diag(np.diag(pairs)), rtol=1e-11)
    higher = sum(np.prod(relative[list(some)]) for k in (3, 4) for some in itertools.combinations(range(4), k))
    assert float(shares["higher_order"]) == pytest.approx(higher / variance, rel=1e-11)


def test_the_logarithm_of_a_product_is_additive():
    a, b = np.array([1.0, 10.0]), np.array([1.0, 2.0, 8.0])
    shares = variance_shares(labelled_grid(np.outer(a, b)), "y", log=True)
    variances = np.array([np.log(a).var(), np.log(b).var()])
    np.testing.assert_allclose(shares["first_order"], variances / variances.sum(), rtol=1e-13)
    assert float(shares["mean"]) == pytest.approx(np.log(np.outer(a, b)).mean(), rel=1e-14)
    words = {"long_name": "variance of ln(event rate) over a, b", "comment": "weights: a equal, b equal"}
    assert shares["variance"].attrs == {"units": "1", **words}


tables = arrays.arrays(
    float,
    arrays.array_shapes(min_dims=1, max_dims=4, min_side=2, max_side=4),
    elements=st.integers(-50, 50).map(float),
).filter(lambda values: values.std() > 0)


@settings(max_examples=60, deadline=None)
@given(tables)
def test_the_shares_of_all_orders_sum_to_one_on_any_grid(values):
    shares = variance_shares(labelled_grid(values), "y")
    total = float(shares["first_order"].sum()) + pair_sum(shares) + float(shares["higher_order"])
    assert total == pytest.approx(1.0, abs=1e-12)
    if values.ndim <= 2:
        assert float(shares["higher_order"]) == pytest.approx(0.0, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(tables)
def test_the_shares_are_those_of_conditional_means_taken_by_brute_force(values):
    shares = variance_shares(labelled_grid(values), "y")
    axes = range(values.ndim)
    for k in axes:
        rest = tuple(axis for axis in axes if axis != k)
        assert float(shares["first_order"][k]) == pytest.approx(values.mean(rest).var() / values.var(), abs=1e-12)
        assert float(shares["total"][k]) == pytest.approx(values.var(axis=k).mean() / values.var(), abs=1e-12)
    for i, j in itertools.combinations(axes, 2):
        both = values.mean(tuple(axis for axis in axes if axis not in (i, j))).var() / values.var()
        pair = both - float(shares["first_order"][i]) - float(shares["first_order"][j])
        assert float(shares["pairwise"][i, j]) == pytest.approx(pair, abs=1e-12)
        assert float(shares["pairwise"][j, i]) == float(shares["pairwise"][i, j])
    assert (np.diag(shares["pairwise"]) == 0).all()


@settings(max_examples=60, deadline=None)
@given(tables.filter(lambda values: values.ndim == 3))
def test_of_three_axes_the_total_is_made_of_all_shares_with_the_axis_in_it(values):
    shares = variance_shares(labelled_grid(values), "y")
    parts = shares["first_order"] + shares["pairwise"].sum("axis_2") + shares["higher_order"]
    np.testing.assert_allclose(shares["total"], parts, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(tables, st.floats(1e-60, 1e60), st.integers(-1000, 1000), st.randoms())
def test_scale_offset_and_the_order_of_the_axes_do_not_change_the_shares(values, factor, offset, random):
    expected = variance_shares(labelled_grid(values), "y")
    order = list(expected["axis"].values)
    random.shuffle(order)
    turned = labelled_grid((values + offset) * factor).transpose(*order)
    shares = variance_shares(turned, "y").sel(axis=expected["axis"], axis_2=expected["axis_2"])
    for name in ("first_order", "total", "pairwise", "higher_order"):
        np.testing.assert_allclose(shares[name], expected[name], atol=1e-9)
    assert float(shares["variance"]) == pytest.approx(float(expected["variance"]) * factor**2, rel=1e-9)


def test_a_small_spread_around_a_large_value_keeps_its_digits():
    values = np.add.outer([0.0, 1.0], [0.0, 0.0, 3.0])
    expected, shifted = (variance_shares(labelled_grid(values + shift), "y") for shift in (0.0, 2.0**50))
    xr.testing.assert_allclose(shifted.drop_vars("mean"), expected.drop_vars("mean"), rtol=1e-14)


@pytest.mark.parametrize("chunks", [{}, {"a": 1}, {"b": 2}, {"a": 1, "b": 1, "c": 2}])
@pytest.mark.parametrize("over", [None, "b", ["c", "a"]])
@pytest.mark.parametrize("log", [False, True])
def test_dask_gives_the_shares_of_numpy_and_computes_nothing_before_it_is_asked(chunks, over, log):
    dataset = labelled_grid(np.random.default_rng(3).lognormal(size=(2, 5, 4)))
    expected = variance_shares(dataset, "y", over, log)

    def refuse(*_args, **_options):
        raise AssertionError("computed while the graph was built")

    with dask.config.set(scheduler=refuse):
        lazy = variance_shares(dataset.chunk(chunks), "y", over, log)
    assert all(variable.chunks is not None for variable in lazy.data_vars.values())
    computed = lazy.compute()
    xr.testing.assert_allclose(computed, expected, rtol=1e-12)
    assert all(computed[key].attrs == expected[key].attrs for key in computed.variables)


def test_the_axes_that_do_not_vary_stay_with_their_coordinates():
    dataset = labelled_grid(np.random.default_rng(5).normal(size=(3, 4, 2))).assign_coords(m=("b", [1, 2, 3, 4]))
    shares = variance_shares(dataset, "y", over=["a", "c"])
    assert shares["total"].dims == ("axis", "b")
    assert shares["pairwise"].dims == ("axis", "axis_2", "b")
    assert shares["axis"].values.tolist() == ["a", "c"]
    assert shares["m"].dims == ("b",)
    for label in dataset["b"].values:
        alone = variance_shares(dataset.sel(b=label), "y")
        xr.testing.assert_allclose(shares.sel(b=label), alone.assign_coords(b=label, m=shares["m"].sel(b=label)))


def test_the_results_have_units_and_sentences():
    shares = variance_shares(labelled_grid(np.random.default_rng(5).normal(size=(3, 4))), "y")
    units = {**dict.fromkeys(("first_order", "total", "pairwise", "higher_order"), "1"), "mean": "1/yr"}
    units["variance"] = "1/yr^2"
    assert {name: readable(unit_of(shares[name])) for name in shares} == units | {
        f"{name}_error": unit for name, unit in units.items()
    }
    assert shares["total"].attrs["long_name"] == (
        "share of the variance of event rate due to the axis and all its interactions"
    )
    assert shares["mean"].attrs["long_name"] == "mean of event rate over a, b"


def test_memory_stays_at_some_rows_of_chunks_where_several_axes_are_divided():
    def block(block_info=None):
        start = sum(low for low, _ in block_info[None]["array-location"])
        return np.sqrt(np.arange(100_000.0) + start)[None, None]

    y = da.map_blocks(block, chunks=((1,) * 12, (1,) * 12, (100_000,)), dtype=float, meta=np.empty((0, 0, 0)))
    shares = variance_shares(xr.Dataset({"y": (("a", "b", "c"), y, {"units": "1"})}), "y")
    labelled_grid(np.arange(8.0).reshape(2, 4)).chunk({"a": 1})["y"].mean().compute()  # what dask imports is no data
    tracemalloc.start()
    with dask.config.set(scheduler="threads", num_workers=2):
        computed = shares.compute()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    total = computed["first_order"].sum() + pair_sum(computed) + computed["higher_order"]
    assert float(total) == pytest.approx(1.0, abs=1e-12)
    assert peak < 0.35 * y.nbytes


def test_the_rank_puts_the_axis_of_the_highest_total_share_first():
    values = np.add.outer(np.add.outer([0.0, 2.0], [0.0, 9.0, 1.0]), [0.0, 3.0])
    ranked = rank(labelled_grid(values), "y")
    assert ranked["axis"].values.tolist() == ["b", "c", "a"]
    assert (ranked.diff("axis") < 0).all()
    assert ranked.name == "total"
    assert rank(labelled_grid(values).chunk({"b": 1}), "y", over=["a", "c"])["axis"].values.tolist() == ["c", "a"]


def test_numbers_that_are_far_apart_are_warned_of_and_labels_are_not():
    x = np.linspace(0, 1, 5)
    dataset = labelled_grid(np.add.outer(x**4, [0.0, 1.0])).assign_coords(a=x)
    with pytest.warns(
        GridscanWarning, match=r"^shares may be off by up to 0.12; more points of these axes help: a \(5\)$"
    ):
        shares = variance_shares(dataset, "y")
    # The variances of x^4 at 0, 1/2, 1 and at 0, 1/4, …, 1, each beside that of b, 1/4.
    spreads = []
    for points, weights in ((x[::2], [1, 2, 1]), (x, [1, 2, 2, 2, 1])):
        shares_of_points = np.array(weights) / sum(weights)
        spreads.append(shares_of_points @ points**8 - (shares_of_points @ points**4) ** 2)
    halves, whole = spreads
    expected = halves / (halves + 0.25) - whole / (whole + 0.25)
    assert float(shares["total_error"].max()) == pytest.approx(expected, abs=1e-5)
    labels = variance_shares(dataset.drop_vars("a"), "y")
    assert float(labels["total_error"].max()) == 0.0
    lazy = variance_shares(dataset.chunk({"b": 1}), "y")
    with pytest.warns(GridscanWarning, match=r"^shares may be off by up to 0.12"):
        lazy["total"].compute()


def test_of_two_numbers_the_error_is_not_known_and_a_warning_says_what_helps():
    dataset = labelled_grid([[1.0, 2.0, 5.0], [2.0, 3.0, 9.0]]).assign_coords(a=[0.014, 0.017])
    with pytest.warns(
        GridscanWarning, match=r"^'a' \(2\) has too few points to tell .* give the axis weight = 'equal'$"
    ):
        variance_shares(dataset, "y")
    weighted = dataset.assign_coords(a_weight=("a", [0.5, 0.5], {"measure": "equal"}))
    assert float(variance_shares(weighted, "y")["total_error"].max()) == 0.0


def test_the_weights_of_a_result_decide_its_shares():
    """A point of weight three counts as three, and the scale on which numbers are spaced as that of the question."""
    values = np.random.default_rng(2).lognormal(size=(3, 4))
    weighted = labelled_grid(values).assign_coords(a_weight=("a", [3.0, 0.0, 1.0]), b_weight=("b", [1, 2, 1, 1]))
    repeated = labelled_grid(values[[0, 0, 0, 2]][:, [0, 1, 1, 2, 3]])
    for key in ("first_order", "total", "pairwise", "mean", "variance"):
        np.testing.assert_allclose(variance_shares(weighted, "y")[key], variance_shares(repeated, "y")[key], rtol=1e-12)
    assert variance_shares(weighted, "y").attrs["comment"] == "weights: a given, b given"


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(5)), st.permutations(range(3)))
def test_the_order_of_values_on_an_axis_does_not_matter(first, second):
    values = np.random.default_rng(2).lognormal(size=(5, 3))
    dataset = labelled_grid(values).assign_coords(a=[1.0, 2.0, 4.0, 8.0, 9.0], b_weight=("b", [1, 2, 3]))
    with pytest.warns(GridscanWarning, match="may be off"):
        expected, found = (variance_shares(one, "y") for one in (dataset, dataset.isel(a=first, b=second)))
    xr.testing.assert_allclose(found.drop_attrs(), expected.drop_attrs(), rtol=1e-10)


def test_a_quantity_that_is_linear_in_its_axes_has_a_mean_without_an_error():
    y = numbers(7, 2.0, 3.0, "x") + 4 * numbers(5, -1.0, 1.0, "y")
    shares = variance_shares(xr.Dataset({"f": y.assign_attrs(units="1")}), "f")
    assert float(shares["mean"]) == pytest.approx(2.5, rel=1e-14)
    assert float(shares["mean_error"]) == pytest.approx(0.0, abs=1e-14)


def test_a_part_of_an_axis_has_the_weights_of_its_points():
    dataset = labelled_grid(np.add.outer([0.0, 2.0, 7.0], [0.0, 1.0])).assign_coords(a_weight=("a", [0.5, 0.4, 0.1]))
    part = variance_shares(dataset.isel(a=[0, 2]), "y")
    assert float(part["mean"]) == pytest.approx(7.0 / 6 + 0.5, rel=1e-14)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([0.5, -0.5], r"^'a_weight' holds -0.5; a weight is a number >= 0$"),
        ([math.nan, 1.0], r"^'a_weight' holds nan; a weight is a number >= 0$"),
        ([0.0, 0.0], r"^the weights 'a_weight' of the points selected are all zero; select others$"),
        (["x", "y"], r"^'a_weight' holds <U1; weights are numbers$"),
    ],
)
def test_weights_that_make_no_mean_are_refused(weights, message):
    dataset = labelled_grid([[1.0, 2.0], [2.0, 3.0]]).assign_coords(a_weight=("a", weights))
    with pytest.raises(SensitivityError, match=message):
        variance_shares(dataset, "y")


def zipped_grid():
    dataset = labelled_grid(np.add.outer([0.0, 2.0, 7.0], [0.0, 1.0])).drop_vars("a").rename(a="run")
    return dataset.assign_coords(time=("run", [1.0, 2.0, 3.0]), radius=("run", [3.0, 1.0, 2.0]))


def test_parameters_that_move_together_are_not_told_apart_without_a_word():
    with pytest.warns(GridscanWarning, match=r"^time, radius move together along 'run', .*: 'run' has that of all"):
        variance_shares(zipped_grid(), "y")
    with pytest.raises(SensitivityError, match=r"^time, radius move together along 'run', .*; give them axes of their"):
        rank(zipped_grid().isel(b=0), "y")
    assert rank(zipped_grid().drop_vars("time").isel(b=0), "y")["axis"].values.tolist() == ["run"]


@pytest.mark.parametrize("value", [0.0, 0.1, -7e33])
@pytest.mark.parametrize("noise", [0.0, 1e-16])
def test_a_constant_quantity_has_no_shares_and_a_warning(value, noise):
    dataset = labelled_grid(value * (1 + noise * np.arange(6).reshape(2, 3)))
    with pytest.warns(GridscanWarning, match=r"^the quantity is constant in 1 of 1 cells; all its shares are zero$"):
        shares = variance_shares(dataset, "y")
    assert float(abs(shares.drop_vars("mean")).to_array().sum()) == 0.0
    assert float(shares["mean"]) == pytest.approx(value, rel=1e-15)


def test_cells_in_which_the_quantity_is_constant_are_counted_when_they_are_computed():
    values = np.array([[1.0, 1.0], [1.0, 2.0], [3.0, 3.0]])
    lazy = variance_shares(labelled_grid(values).chunk(), "y", over="b")
    with pytest.warns(GridscanWarning, match=r"^the quantity is constant in 2 of 3 cells"):
        assert lazy["total"].compute().values.tolist() == [[0.0, 1.0, 0.0]]


@pytest.mark.parametrize("bad", [math.nan, math.inf])
@pytest.mark.parametrize("chunks", [None, {"a": 1}])
def test_a_value_that_is_not_finite_is_refused_and_counted(bad, chunks):
    dataset = labelled_grid([[1.0, bad], [2.0, 3.0]])
    dataset = dataset if chunks is None else dataset.chunk(chunks)
    size = 4 if chunks is None else 2
    with pytest.raises(
        SensitivityError, match=rf"^the variance of 'y' needs finite values; 1 of {size} are not finite:"
    ):
        variance_shares(dataset, "y").compute()


@pytest.mark.parametrize("bad", [math.nan, math.inf, 0.0, -1.0])
def test_a_logarithm_is_refused_where_there_is_none(bad):
    with pytest.raises(
        SensitivityError, match=r"^the variance of ln\(y\) needs positive, finite values; 1 of 4 are not"
    ):
        variance_shares(labelled_grid([[1.0, bad], [2.0, 3.0]]), "y", log=True)


def test_a_quantity_an_axis_or_a_unit_that_is_not_there_is_refused():
    dataset = labelled_grid([[1.0, 2.0], [2.0, 3.0]])
    with pytest.raises(SensitivityError, match=r"^unknown quantity 'yy'; did you mean 'y'\?; the dataset has: y$"):
        variance_shares(dataset, "yy")
    with pytest.raises(SensitivityError, match=r"^'y' does not depend on an axis 'q'; its axes are: a, b$"):
        rank(dataset, "y", over=["a", "q"])
    with pytest.raises(
        SensitivityError, match=r"^the variance of 'y' needs an axis to vary along; its axes are: a, b$"
    ):
        variance_shares(dataset, "y", over=[])
    dataset["y"].attrs["units"] = "per cow"
    with pytest.raises(UnitError, match=r"^the unit of 'y' is not known"):
        variance_shares(dataset, "y")


def test_an_axis_of_the_name_of_the_result_is_refused_only_where_it_would_stay():
    dataset = labelled_grid([[1.0, 2.0], [2.0, 3.0]]).rename(a="axis")
    with pytest.raises(SensitivityError, match=r"^an axis named 'axis' clashes with one of the result; rename it"):
        variance_shares(dataset, "y", over="b")

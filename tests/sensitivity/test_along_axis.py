"""Elasticity, derivative, contrast and crossing: closed forms, units, laziness and every refusal."""

import math
import warnings

import dask
import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from gridscan.errors import GridscanWarning, SensitivityError, UnitError
from gridscan.sensitivity import along_axis, crossings
from gridscan.units import parse_unit, readable, unit_of

UNEVEN = np.array([0.2, 0.5, 0.7, 1.1, 3.0, 3.1, 8.0])


def on_axis(x, values, unit="yr-1", x_unit="kiloparsec"):
    x = np.asarray(x, dtype=float)
    data = xr.DataArray(np.broadcast_to(values, x.shape), dims="x", attrs={"units": unit, "long_name": "event rate"})
    coordinate = xr.DataArray(x, dims="x", attrs={"units": x_unit, "long_name": "radius", "axis": "X"})
    return xr.Dataset({"y": data}, coords={"x": coordinate})


@pytest.fixture
def grid():
    """A quantity of three axes, one of labels, one unsorted, with an auxiliary coordinate and stale encoding."""
    x = np.array([3.0, 1.0, 2.0, 8.0, 5.0])
    factor = np.array([1.0, 2.5, 0.5])
    t = np.array([10.0, 20.0, 40.0, 80.0])
    values = factor[:, None, None] * x[:, None] ** 1.5 / t
    dataset = xr.Dataset(
        {
            "y": (("imf", "x", "t"), values, {"units": "yr-1", "long_name": "event rate", "cell_methods": "t: mean"}),
            "other": (("t",), t, {"units": "kiloparsec"}),
            "named": (("imf",), np.array(["a", "b", "c"]), {}),
        },
        coords={
            "imf": ["kroupa", "salpeter", "top-heavy"],
            "x": ("x", x, {"units": "kiloparsec", "long_name": "radius"}),
            "t": ("t", t, {"units": "megayear"}),
            "slope": ("imf", [2.3, 2.35, 1.9], {"units": "1"}),
        },
    )
    dataset["y"].encoding = {"chunksizes": (3, 5, 4), "dtype": "float32"}
    return dataset


QUESTIONS = {
    "elasticity": lambda ds: along_axis.elasticity(ds, "y", "x"),
    "elasticity along t": lambda ds: along_axis.elasticity(ds, "y", "t"),
    "derivative": lambda ds: along_axis.derivative(ds, "y", "x"),
    "ratio": lambda ds: along_axis.contrast(ds, "y", "imf", "kroupa"),
    "difference": lambda ds: along_axis.contrast(ds, "y", "x", 2.0, "difference"),
    "log": lambda ds: along_axis.contrast(ds, "y", "t", "20 Myr", "log"),
    "crossing": lambda ds: crossings.crossing(ds, "y", "x", 0.15),
    "log crossing": lambda ds: crossings.crossing(ds, "y", "t", "0.1 / yr", "log"),
}


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("chunks", [{}, {"x": 2}, {"imf": 1, "x": 1, "t": 3}])
def test_dask_gives_the_numbers_of_numpy_and_computes_nothing_before_it_is_asked(grid, question, chunks):
    expected = QUESTIONS[question](grid)

    def refuse(*_args, **_options):
        raise AssertionError("computed while the graph was built")

    with dask.config.set(scheduler=refuse):
        lazy = QUESTIONS[question](grid.chunk(chunks))
    assert lazy.chunks is not None
    xr.testing.assert_identical(lazy.compute(), expected)


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("order", [("x", "t", "imf"), ("t", "imf", "x")])
def test_the_order_of_the_dimensions_does_not_matter(grid, question, order):
    expected, turned = QUESTIONS[question](grid), QUESTIONS[question](grid.transpose(*order))
    xr.testing.assert_allclose(turned.transpose(*expected.dims), expected, rtol=1e-14)
    assert turned.dims == tuple(dimension for dimension in order if dimension in expected.dims)


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_answer_has_a_name_a_unit_and_a_sentence_and_nothing_stale(grid, question):
    answer = QUESTIONS[question](grid)
    unit_of(answer)
    assert answer.name.startswith("y_")
    assert "event rate" in answer.attrs["long_name"]
    assert "cell_methods" not in answer.attrs
    assert not answer.encoding
    assert answer["imf"].values.tolist() == ["kroupa", "salpeter", "top-heavy"]
    assert answer["slope"].attrs == {"units": "1"}
    assert answer.dtype == np.float64


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_leaves_the_dataset_as_it_was(grid, question):
    before = grid.copy(deep=True)
    QUESTIONS[question](grid)
    xr.testing.assert_identical(grid, before)


@given(st.floats(-8, 8), st.floats(1e-40, 1e40), st.permutations(range(len(UNEVEN))))
def test_a_power_law_has_its_power_for_elasticity_at_every_point_of_an_uneven_unsorted_axis(power, factor, order):
    x = UNEVEN[list(order)]
    elasticity = along_axis.elasticity(on_axis(x, factor * x**power), "y", "x")
    np.testing.assert_allclose(elasticity, power, rtol=1e-10, atol=1e-10)
    assert elasticity.attrs == {"units": "1", "long_name": "elasticity of event rate to radius"}
    np.testing.assert_array_equal(elasticity["x"], x)


def test_a_constant_has_elasticity_and_slope_of_exactly_zero():
    dataset = on_axis(UNEVEN, 0.1)
    assert (along_axis.elasticity(dataset, "y", "x") == 0).all()
    assert (along_axis.derivative(dataset, "y", "x") == 0).all()


@pytest.mark.parametrize("place", [slice(None), slice(0, 1), slice(-1, None)])
def test_the_elasticity_converges_with_the_square_of_the_spacing_also_at_the_ends(place):
    def error(n):
        x = 1 + np.linspace(0, 1, n) + np.linspace(0, 1, n) ** 2
        elasticity = along_axis.elasticity(on_axis(x, np.exp(x)), "y", "x")
        return float(abs(elasticity - x)[place].max())

    assert 3.5 < error(201) / error(401) < 4.5


def test_the_derivative_of_a_parabola_is_exact_on_uneven_points_and_at_the_ends():
    derivative = along_axis.derivative(on_axis(UNEVEN, 3 - 2 * UNEVEN + 5 * UNEVEN**2), "y", "x")
    np.testing.assert_allclose(derivative, -2 + 10 * UNEVEN, rtol=1e-12, atol=1e-12)


def test_the_derivative_of_any_values_is_that_of_numpy_with_second_order_ends():
    values = np.array([3.0, -1.0, 4.0, 1.0, -5.0, 9.0, 2.0])
    derivative = along_axis.derivative(on_axis(UNEVEN, values), "y", "x")
    np.testing.assert_allclose(derivative, np.gradient(values, UNEVEN, edge_order=2), rtol=1e-12)


@pytest.mark.parametrize("ask", [along_axis.elasticity, along_axis.derivative])
def test_the_neighbours_of_a_point_are_those_in_value_not_in_storage(ask):
    dataset = on_axis(UNEVEN, np.array([3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0]))
    expected = ask(dataset, "y", "x")
    shuffled = ask(dataset.isel(x=[3, 6, 0, 5, 1, 4, 2]), "y", "x")
    xr.testing.assert_identical(shuffled.sortby("x"), expected)


def test_the_derivative_of_a_cubic_converges_with_the_square_of_the_spacing():
    def error(n):
        x = np.linspace(0, 1, n) ** 1.5
        return float(abs(along_axis.derivative(on_axis(x, x**3), "y", "x") - 3 * x**2).max())

    assert 3.5 < error(201) / error(401) < 4.5


@pytest.mark.parametrize(
    ("unit", "x_unit", "expected"),
    [("yr-1", "kiloparsec", "1/kpc/yr"), ("yr-1", "yr-1", "1"), ("kiloparsec", "parsec", "kpc/pc")],
)
def test_the_derivative_has_the_unit_of_the_quantity_over_that_of_the_axis(unit, x_unit, expected):
    derivative = along_axis.derivative(on_axis(UNEVEN, UNEVEN, unit, x_unit), "y", "x")
    assert readable(unit_of(derivative)) == expected
    assert derivative.attrs["long_name"] == "derivative of event rate with respect to radius"


def test_a_unit_that_udunits_does_not_know_is_read_by_its_readable_name():
    dataset = on_axis(UNEVEN, UNEVEN)
    dataset["x"].attrs |= {"units": "1.988409870698051e+30 kg yr^-1", "unit_name": "Msun/yr"}
    derivative = along_axis.derivative(dataset, "y", "x")
    assert unit_of(derivative) == parse_unit("1/yr") / parse_unit("Msun/yr")


@pytest.mark.parametrize("ask", [along_axis.elasticity, along_axis.derivative])
def test_two_points_give_a_slope_of_first_order_and_a_warning(ask):
    with pytest.warns(GridscanWarning, match=r"axis 'x' has two points: its slope is of first order"):
        slope = ask(on_axis([1.0, 3.0], [2.0, 6.0]), "y", "x")
    np.testing.assert_allclose(slope, [1.0, 1.0] if ask is along_axis.elasticity else [2.0, 2.0], rtol=1e-14)


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
def test_a_cell_without_a_logarithm_masks_itself_and_its_neighbours_and_is_counted(bad):
    dataset = on_axis(UNEVEN, UNEVEN**2)
    dataset["y"] = dataset["y"].copy(data=np.where(np.arange(7) == 0, bad, UNEVEN**2))
    with pytest.warns(
        GridscanWarning, match=r"^2 of 7 cells are NaN: the elasticity of 'y' needs 'x' and 'y' positive"
    ):
        elasticity = along_axis.elasticity(dataset, "y", "x")
    np.testing.assert_allclose(elasticity, [np.nan, np.nan, 2, 2, 2, 2, 2], rtol=1e-12)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_cell_that_is_not_finite_masks_the_derivative_around_it_and_is_counted(bad):
    dataset = on_axis(UNEVEN, np.where(np.arange(7) == 6, bad, 2 * UNEVEN))
    with pytest.warns(GridscanWarning, match=r"^2 of 7 cells are NaN: the slope of 'y' along 'x' needs 'y' finite"):
        derivative = along_axis.derivative(dataset, "y", "x")
    np.testing.assert_allclose(derivative, [2, 2, 2, 2, 2, np.nan, np.nan], rtol=1e-12)


def test_points_of_the_axis_that_are_not_positive_are_masked_and_do_not_disturb_the_others():
    x = np.array([2.0, -1.0, 0.0, 1.0, 4.0])
    with pytest.warns(GridscanWarning, match=r"^2 of 5 cells are NaN"):
        elasticity = along_axis.elasticity(on_axis(x, abs(x) ** 3 + (x == 0)), "y", "x")
    np.testing.assert_allclose(elasticity, [3, np.nan, np.nan, 3, 3], rtol=1e-12)


def test_a_lazy_quantity_warns_of_its_masked_cells_when_it_is_computed():
    dataset = on_axis(UNEVEN, np.where(UNEVEN > 7, 0.0, UNEVEN)).chunk({"x": 3})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lazy = along_axis.elasticity(dataset, "y", "x")
    with pytest.warns(GridscanWarning, match=r"cells of a block are NaN"):
        lazy.compute()


@pytest.mark.parametrize("kind", ["ratio", "difference", "log"])
def test_a_contrast_is_to_the_reference_and_neutral_at_it(grid, kind):
    contrast = along_axis.contrast(grid, "y", "imf", "salpeter", kind)
    y = grid["y"].values
    expected = {"ratio": y / y[1], "difference": y - y[1], "log": np.log(y / y[1])}[kind]
    np.testing.assert_allclose(contrast, expected, rtol=1e-13, atol=1e-15)
    assert (contrast.sel(imf="salpeter") == (1 if kind == "ratio" else 0)).all()
    assert contrast.attrs["units"] == ("yr^-1" if kind == "difference" else "1")
    words = {"ratio": "ratio of", "difference": "difference of", "log": "natural logarithm of the ratio of"}[kind]
    assert contrast.attrs["long_name"] == f"{words} event rate to that at imf salpeter"
    assert contrast.name == f"y_{kind}"


@pytest.mark.parametrize("reference", [8.0, 8, "8 kpc", "8000 pc", 8.0 * (1 + 1e-12)])
def test_a_numeric_reference_is_found_by_its_value_in_any_unit(grid, reference):
    contrast = along_axis.contrast(grid, "y", "x", reference)
    np.testing.assert_array_equal(contrast.isel(x=3), 1.0)


@pytest.mark.parametrize(("kind", "masked"), [("ratio", 4), ("log", 5), ("difference", 1)])
def test_a_contrast_that_is_not_defined_is_masked_and_counted(kind, masked):
    values = np.array([[0.0, 1.0, 2.0], [1.0, -1.0, math.inf]])
    dataset = xr.Dataset({"y": (("x", "imf"), values.T, {"units": "1"})}, coords={"x": [1, 2, 3], "imf": ["a", "b"]})
    with pytest.warns(
        GridscanWarning, match=rf"^{masked} of 6 cells are NaN: the {kind} of 'y' to x 1 is not defined"
    ) as caught:
        contrast = along_axis.contrast(dataset, "y", "x", 1, kind)
    assert len(caught) == 1
    assert int(contrast.isnull().sum()) == masked
    assert np.isfinite(contrast).sum() == 6 - masked


@given(st.floats(-4, 4).filter(lambda power: abs(power) > 0.1), st.floats(0.21, 7.9))
def test_a_power_law_crosses_exactly_where_its_inverse_says_on_a_log_scale(power, x):
    crossing = crossings.crossing(on_axis(UNEVEN, UNEVEN**power), "y", "x", x**power, "log")
    assert float(crossing) == pytest.approx(x, rel=1e-9)


@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4, 5, 6], [3, 6, 0, 5, 1, 4, 2]])
@pytest.mark.parametrize("slope", [2.0, -2.0])
def test_a_straight_line_crosses_where_it_should_rising_or_falling_sorted_or_not(order, slope):
    x = UNEVEN[order]
    crossing = crossings.crossing(on_axis(x, slope * x + 1), "y", "x", f"{slope * 4 + 1} / yr")
    assert float(crossing) == pytest.approx(4.0, rel=1e-14)
    assert crossing.attrs["units"] == "kiloparsec"
    assert crossing.attrs["comment"].startswith("NaN where it does not: outcome says why")
    assert str(crossing["outcome"].values) == "crossed"
    assert crossing.attrs["long_name"] == f"radius at which event rate first reaches {slope * 4 + 1} / yr"


@pytest.mark.parametrize("scale", ["linear", "log"])
@pytest.mark.parametrize("index", range(7))
def test_a_value_met_at_a_grid_point_is_found_there_to_the_last_bit(index, scale):
    crossing = crossings.crossing(on_axis(UNEVEN, UNEVEN), "y", "x", UNEVEN[index], scale)
    assert float(crossing) == UNEVEN[index]


def test_the_value_may_be_given_in_another_unit():
    crossing = crossings.crossing(on_axis([1.0, 2.0], [0.0, 730.5]), "y", "x", "1 / day")
    assert float(crossing) == pytest.approx(1.5, rel=1e-14)


@pytest.mark.parametrize("chunks", [None, {"x": 2}, {"imf": 1}])
@pytest.mark.parametrize("scale", ["linear", "log"])
def test_why_a_value_is_not_crossed_is_told_and_nothing_is_warned_of(chunks, scale):
    x = np.array([1.0, 2.0, 4.0])
    rows = [x, 10 * x, 0.1 * x, x[::-1], 10 * x[::-1], 0.1 * x[::-1], 2.0 * np.ones(3), 5.0 * np.ones(3), x - 0.5]
    dataset = xr.Dataset({"y": (("imf", "x"), rows, {"units": "1/yr"})}, {"x": ("x", x, {"units": "kpc"})})
    dataset = dataset if chunks is None else dataset.chunk(chunks)
    found = crossings.crossing(dataset, "y", "x", 2.0, scale)
    assert (found["outcome"].chunks is None) == (chunks is None)
    crossed, never, above = "crossed", "never reached", "already above at the first point"
    expected = [crossed, above, never, crossed, above, never, crossed, above, crossed]
    assert found["outcome"].values.tolist() == expected
    assert np.isnan(found.values).tolist() == [word != crossed for word in expected]


def test_an_axis_without_numbers_is_not_taken_for_one_that_does_not_reach_the_value():
    dataset = xr.Dataset({"y": (("imf", "x"), [[math.nan, 3, 4], [1, 1, math.nan]])}, {"x": [1.0, 2.0, 3.0]})
    with pytest.warns(GridscanWarning, match="2 of 6 cells are NaN"):
        found = crossings.crossing(dataset, "y", "x", 2.0)
    assert set(found["outcome"].values.tolist()) == {"not followed: without a number"}


def test_the_first_of_several_crossings_is_given_and_the_others_are_warned_of():
    y = np.array([0.0, 2.0, 0.0, 2.0])
    dataset = on_axis([1.0, 2.0, 3.0, 4.0], y)
    with pytest.warns(GridscanWarning, match=r"'y' reaches 1 more than once in 1 of 1 cells; the first crossing is"):
        assert float(crossings.crossing(dataset, "y", "x", 1)) == 1.5
    with pytest.warns(GridscanWarning, match=r"more than once in 1 of 1 cells of a block"):
        assert float(crossings.crossing(dataset.chunk({"x": 1}), "y", "x", 1)) == 1.5


def test_a_plateau_at_the_value_is_reached_once():
    dataset = on_axis([1.0, 2.0, 3.0, 4.0], [0.0, 1.0, 1.0, 2.0])
    assert float(crossings.crossing(dataset, "y", "x", 1)) == 2.0
    dataset = on_axis([1.0, 2.0, 3.0, 4.0], [1.0, 1.0, 2.0, 3.0])
    assert float(crossings.crossing(dataset, "y", "x", 1)) == 1.0


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_the_axis_is_not_followed_across_cells_without_a_number(scale):
    dataset = on_axis([1.0, 2.0, 3.0, 4.0, 5.0], [1.0, math.nan, 3.0, 4.0, 2.0])
    words = "positive and finite" if scale == "log" else "finite"
    with pytest.warns(
        GridscanWarning, match=rf"^1 of 5 cells are NaN: 'y' is followed along 'x' only where it is {words}"
    ):
        crossing = crossings.crossing(dataset, "y", "x", 2.0, scale)
    assert float(crossing) == 5.0


EVERY = [
    lambda ds, name, along: along_axis.elasticity(ds, name, along),
    lambda ds, name, along: along_axis.derivative(ds, name, along),
    lambda ds, name, along: along_axis.contrast(ds, name, along, 2.0),
    lambda ds, name, along: crossings.crossing(ds, name, along, 2.0),
]


@pytest.mark.parametrize("ask", EVERY)
def test_an_unknown_quantity_is_refused_with_the_nearest_name_and_all_there_are(grid, ask):
    with pytest.raises(SensitivityError) as refused:
        ask(grid, "othr", "x")
    message = "unknown quantity 'othr'; did you mean 'other'?; the dataset has: y, other, named"
    assert str(refused.value) == message


@pytest.mark.parametrize("ask", EVERY)
def test_a_quantity_of_text_is_refused(grid, ask):
    with pytest.raises(SensitivityError, match=r"quantity 'named' holds <U1, not real numbers"):
        ask(grid, "named", "imf")


@pytest.mark.parametrize("ask", EVERY)
def test_an_axis_that_the_quantity_has_not_is_refused_with_those_it_has(grid, ask):
    with pytest.raises(SensitivityError) as refused:
        ask(grid, "y", "inf")
    assert str(refused.value) == "'y' does not depend on an axis 'inf'; did you mean 'imf'?; its axes are: imf, x, t"
    with pytest.raises(SensitivityError, match=r"^'other' does not depend on an axis 'x'; its axes are: t$"):
        ask(grid, "other", "x")
    with pytest.raises(SensitivityError, match=r"^'y' does not depend on an axis 'x'; it has no axes$"):
        ask(grid.isel(x=0, t=0, imf=0), "y", "x")


@pytest.mark.parametrize("ask", [EVERY[0], EVERY[1], EVERY[3]])
def test_an_axis_of_labels_has_no_slope_and_no_crossing(grid, ask):
    with pytest.raises(SensitivityError) as refused:
        ask(grid, "y", "imf")
    found = "axis 'imf' holds labels (kroupa, salpeter, top-heavy) where numbers are needed"
    assert str(refused.value) == f"{found}; the numeric axes are: x, t"
    with pytest.raises(SensitivityError, match=r"axis 'imf' holds no values of its own .* 'y' has no numeric axis"):
        ask(grid.isel(x=0, t=0).drop_vars("imf"), "y", "imf")


@pytest.mark.parametrize("ask", [EVERY[0], EVERY[1], EVERY[3]])
def test_an_axis_with_a_value_twice_or_without_a_number_is_refused(ask):
    with pytest.raises(SensitivityError, match=r"^axis 'x' holds the value 2 2 times; every value must be unique$"):
        ask(on_axis([1.0, 2.0, 2.0], 1.0), "y", "x")
    with pytest.raises(SensitivityError, match=r"^axis 'x' holds nan; every value must be finite$"):
        ask(on_axis([1.0, math.nan, 2.0], 1.0), "y", "x")


def test_an_axis_too_short_is_refused_and_its_length_is_said():
    with pytest.raises(SensitivityError, match=r"two or more positive values; 'x' has 1 of 2$"):
        along_axis.elasticity(on_axis([0.0, 1.0], 1.0), "y", "x")
    with pytest.raises(SensitivityError, match=r"slope of 'y' needs an axis with two or more values; 'x' has 1$"):
        along_axis.derivative(on_axis([1.0], 1.0), "y", "x")
    with pytest.raises(SensitivityError, match=r"crossing needs an axis with two or more values; 'x' has 1$"):
        crossings.crossing(on_axis([1.0], 1.0), "y", "x", 1.0)


def test_a_derivative_needs_units_that_can_be_read_and_says_whose_cannot():
    dataset = on_axis(UNEVEN, UNEVEN)
    dataset["x"].attrs["units"] = "kpcc"
    with pytest.raises(UnitError, match=r"the unit of 'x' is not known: unknown unit 'kpcc'"):
        along_axis.derivative(dataset, "y", "x")


def test_what_says_no_unit_is_dimensionless():
    dataset = on_axis(UNEVEN, UNEVEN)
    del dataset["x"].attrs["units"]
    assert unit_of(along_axis.derivative(dataset, "y", "x")) == unit_of(dataset["y"])


@pytest.mark.parametrize(
    ("along", "reference", "message"),
    [
        (
            "imf",
            "krupa",
            "axis 'imf' does not hold 'krupa'; did you mean 'kroupa'?; it holds: kroupa, salpeter, top-heavy",
        ),
        ("x", 2.2, "axis 'x' does not hold 2.2; the nearest is 2; it holds: 3, 1, 2, 8, 5"),
        ("x", "2200 pc", "axis 'x' does not hold '2200 pc'; the nearest is 2; it holds: 3, 1, 2, 8, 5"),
    ],
)
def test_a_reference_that_is_not_on_the_axis_is_refused_with_the_nearest(grid, along, reference, message):
    with pytest.raises(SensitivityError) as refused:
        along_axis.contrast(grid, "y", along, reference)
    assert str(refused.value) == message


def test_a_reference_or_value_in_a_wrong_unit_is_refused_with_both_units(grid):
    with pytest.raises(UnitError, match=r"^'2 yr' is in 'yr'; 'x' needs a value in 'kpc'$"):
        along_axis.contrast(grid, "y", "x", "2 yr")
    with pytest.raises(UnitError, match=r"^'2' has no unit; write for example '2 1/yr'$"):
        crossings.crossing(grid, "y", "x", "2")
    with pytest.raises(UnitError, match=r"'many' does not begin with a number"):
        crossings.crossing(grid, "y", "x", "many")


def test_an_unknown_kind_or_scale_is_refused_with_those_there_are(grid):
    with pytest.raises(SensitivityError) as refused:
        along_axis.contrast(grid, "y", "imf", "kroupa", "rato")
    assert str(refused.value) == "unknown kind 'rato'; did you mean 'ratio'?; expected one of: ratio, difference, log"
    with pytest.raises(SensitivityError, match=r"^unknown scale 'lin'; expected one of: linear, log$"):
        crossings.crossing(grid, "y", "x", 1.0, "lin")


@pytest.mark.parametrize(
    ("x", "value", "scale", "message"),
    [
        ([0.0, 1.0], 1.0, "log", "a crossing on a log scale needs positive numbers; axis 'x' begins at 0"),
        ([1.0, 2.0], 0.0, "log", "a crossing on a log scale needs positive numbers; the value is 0"),
        ([1.0, 2.0], math.nan, "linear", "a crossing needs a finite value; found nan"),
    ],
)
def test_a_crossing_that_has_no_meaning_is_refused(x, value, scale, message):
    with pytest.raises(SensitivityError) as refused:
        crossings.crossing(on_axis(x, x), "y", "x", value, scale)
    assert str(refused.value) == message

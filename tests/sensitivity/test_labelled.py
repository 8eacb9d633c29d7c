"""What finds a quantity, an axis and a unit for every question."""

import numpy as np
import pytest
import xarray as xr

from gridscan.errors import GridscanWarning, SensitivityError, UnitError
from gridscan.sensitivity import answers, labelled
from gridscan.sensitivity.along_axis import elasticity
from gridscan.units import parse_unit


def test_a_quantity_is_given_in_double_precision_with_its_attributes():
    dataset = xr.Dataset({"n": ("x", np.array([1, 2], dtype="int16"), {"units": "count"})})
    quantity = labelled.quantity_of(dataset, "n")
    assert quantity.dtype == np.float64
    assert quantity.attrs == {"units": "count"}


def test_a_value_that_is_the_same_but_for_rounding_is_found_on_the_axis():
    quantity = xr.DataArray(np.zeros(3), dims="x", coords={"x": [0.1, 0.3, 0.5]}, name="y")
    assert labelled.position_on(quantity, "x", 0.1 + 0.2) == 1


@pytest.mark.parametrize("values", [[0.3, 0.1 + 0.2, 1.0], [1.0, 0.1 + 0.2, 0.3], [0.3, 0.3 * (1 + 5e-10), 1.0]])
def test_an_axis_with_two_values_that_count_as_one_is_refused_with_both(values):
    dataset = xr.Dataset({"y": ("x", values)}, {"x": values})
    for ask in (lambda: elasticity(dataset, "y", "x"), lambda: labelled.position_on(dataset.y, "x", values[1])):
        with pytest.raises(
            SensitivityError, match="the same value within 1e-09 of it; leave out one of them"
        ) as caught:
            ask()
        assert {word for word in str(caught.value).replace(",", "").split() if word.startswith("0.3")} == {
            repr(value) for value in values if value != 1.0
        }


def test_whole_numbers_are_told_apart_however_large():
    quantity = xr.DataArray([1.0, 2.0], {"n": [2_000_000_000, 2_000_000_001]}, "n", name="y")
    assert labelled.position_on(quantity, "n", 2_000_000_001) == 1


def test_a_second_between_two_of_a_long_time_is_not_taken_for_one_of_them():
    """Within 1e-9 of 1.7e9 it was (0b5a7eb)."""
    seconds = 1.7e9 + np.arange(4.0)
    quantity = xr.DataArray(seconds, {"time": seconds}, "time", name="y")
    assert labelled.position_on(quantity, "time", 1.7e9 + 2) == 2
    with pytest.raises(SensitivityError, match="does not hold"):
        labelled.position_on(quantity, "time", 1.7e9 + 1.5)


def test_a_value_of_an_axis_in_single_precision_is_found():
    quantity = xr.DataArray(np.zeros(2), dims="x", coords={"x": np.array([0.3, 0.7], dtype="float32")}, name="y")
    assert labelled.position_on(quantity, "x", 0.7) == 1


def test_the_nearest_value_is_shown_with_the_digits_that_differ():
    quantity = xr.DataArray(np.zeros(2), dims="x", coords={"x": [1 / 3, 0.7]}, name="y")
    with pytest.raises(SensitivityError, match=r"does not hold 0\.333333; the nearest is 0\.333333333; it holds"):
        labelled.position_on(quantity, "x", 0.333333)


def test_a_label_that_occurs_twice_is_refused_as_such():
    quantity = xr.DataArray(np.zeros(2), dims="imf", coords={"imf": ["kroupa", "kroupa"]}, name="y")
    with pytest.raises(SensitivityError, match="axis 'imf' holds 'kroupa' 2 times; every label must be unique"):
        labelled.position_on(quantity, "imf", "kroupa")


def test_an_unreadable_unit_is_refused_with_the_name_of_its_variable():
    with pytest.raises(UnitError, match=r"the unit of 'y' is not known: unknown unit 'blorp'"):
        labelled.unit_known(xr.DataArray(1.0, name="y", attrs={"units": "blorp"}))


def test_an_answer_keeps_only_the_coordinates_that_fit_and_no_attribute_of_its_input():
    coords = {"x": xr.DataArray([1, 2], dims="x"), "t": xr.DataArray([1, 2, 3], dims="t"), "z": xr.DataArray(4.0)}
    variable = xr.Variable("x", [1.0, 2.0], {"units": "m", "stale": 1}, {"dtype": "int8"})
    answer = answers.answer(variable, "rate", "a rate", parse_unit("Msun/yr"), coords, "a remark")
    assert set(answer.coords) == {"x", "z"}
    assert answer.attrs == {"units": "Msun yr^-1", "long_name": "a rate", "comment": "a remark"}
    assert not answer.encoding


def test_masking_turns_infinities_into_nan_and_counts_them():
    with pytest.warns(GridscanWarning, match=r"^2 of 3 cells are NaN: no reason$"):
        masked = answers.masked(xr.Variable("x", [np.inf, 1.0, np.nan]), "no reason")
    np.testing.assert_array_equal(masked, [np.nan, 1.0, np.nan])

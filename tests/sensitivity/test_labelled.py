"""What finds a quantity, an axis and a unit for every question."""

import numpy as np
import pytest
import xarray as xr

from gridscan.errors import GridscanWarning, UnitError
from gridscan.sensitivity import labelled
from gridscan.units import parse_unit


def test_a_quantity_is_given_in_double_precision_with_its_attributes():
    dataset = xr.Dataset({"n": ("x", np.array([1, 2], dtype="int16"), {"units": "count"})})
    quantity = labelled.quantity_of(dataset, "n")
    assert quantity.dtype == np.float64
    assert quantity.attrs == {"units": "count"}


def test_a_value_that_is_the_same_but_for_rounding_is_found_on_the_axis():
    quantity = xr.DataArray(np.zeros(3), dims="x", coords={"x": [0.1, 0.3, 0.5]}, name="y")
    assert labelled.position_on(quantity, "x", 0.1 + 0.2) == 1


def test_an_unreadable_unit_is_refused_with_the_name_of_its_variable():
    with pytest.raises(UnitError, match=r"the unit of 'y' is not known: unknown unit 'blorp'"):
        labelled.unit_known(xr.DataArray(1.0, name="y", attrs={"units": "blorp"}))


def test_an_answer_keeps_only_the_coordinates_that_fit_and_no_attribute_of_its_input():
    coords = {"x": xr.DataArray([1, 2], dims="x"), "t": xr.DataArray([1, 2, 3], dims="t"), "z": xr.DataArray(4.0)}
    variable = xr.Variable("x", [1.0, 2.0], {"units": "m", "stale": 1}, {"dtype": "int8"})
    answer = labelled.answer(variable, "rate", "a rate", parse_unit("Msun/yr"), coords, "a remark")
    assert set(answer.coords) == {"x", "z"}
    assert answer.attrs == {"units": "Msun yr^-1", "long_name": "a rate", "comment": "a remark"}
    assert not answer.encoding


def test_masking_turns_infinities_into_nan_and_counts_them():
    with pytest.warns(GridscanWarning, match=r"^2 of 3 cells are NaN: no reason$"):
        masked = labelled.masked(xr.Variable("x", [np.inf, 1.0, np.nan]), "no reason")
    np.testing.assert_array_equal(masked, [np.nan, 1.0, np.nan])

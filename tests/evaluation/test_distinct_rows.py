"""Rows of inputs have the numbers of single points, and each step runs once for a combination of what it depends on."""

import numpy as np

from gridscan.evaluation.distinct_rows import evaluate_rows
from gridscan.evaluation.layout import lay_out
from gridscan.inputs.resolve import resolve
from gridscan.inputs.value_reader import Given


def rows_of(model, quantity, **values):
    resolved = resolve(model, {name: Given(value, (name,), "row") for name, value in values.items()})
    return evaluate_rows(lay_out(resolved, [quantity]), quantity, "row")


def test_rows_are_those_that_are_computed_one_by_one(toy):
    albedo, planets = [0.1, 0.5, 0.1, 0.9], ["mars", "earth", "earth", "mars"]
    found = rows_of(toy, "temperature", albedo=albedo, planet=planets)
    one_by_one = [float(toy.evaluate("temperature", albedo=a, planet=p)) for a, p in zip(albedo, planets, strict=True)]
    # Powers of one number and of several differ in the last digit.
    np.testing.assert_allclose(found.values, one_by_one, rtol=1e-15)
    assert found.messages == ()


def test_each_step_runs_once_for_each_combination_of_what_it_depends_on(toy):
    count = 60
    albedo = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6] * 10
    planets = ["earth"] * 30 + ["mars"] * 30
    luminosity = ["1 Lsun"] * count
    found = rows_of(toy, "temperature", albedo=albedo, planet=planets, luminosity=luminosity)
    assert found.evaluations["irradiance"] == 2
    assert found.evaluations["depth"] == 2
    assert found.evaluations["absorbed"] == 12
    assert found.evaluations["temperature"] == 12
    assert len(np.unique(found.values)) == 12


def test_what_no_row_changes_runs_once(toy):
    found = rows_of(toy, "temperature", moment=["1 yr", "2 yr", "3 yr"])
    assert set(found.evaluations.values()) == {1}
    assert found.values.tolist() == [float(toy.evaluate("temperature"))] * 3


def test_a_row_that_cannot_be_computed_is_missing_with_its_reason(toy):
    model = toy.copy()

    @model.quantity("1")
    def root(albedo):
        """Source: test."""
        return np.where(albedo < 0.5, np.sqrt(albedo), np.nan)

    @model.quantity("1")
    def twice(root):
        """Source: test."""
        return 2 * root

    found = rows_of(model, "twice", albedo=[0.25, 0.75, 0.04])
    np.testing.assert_allclose(found.values, [1.0, np.nan, 0.4])
    assert len(found.messages) == 1
    assert "nan" in found.messages[0]

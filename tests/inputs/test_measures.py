"""Weights of axes: what stands for what lies between values, in memory and in scenarios, and what is refused."""

from __future__ import annotations

import math
import re

import numpy as np
import pint
import pytest
import scipy.stats
from landscape import make_landscape

import gridscan as gs
from gridscan.errors import ModelError, ScenarioError
from gridscan.model import Model
from gridscan.scenario.reader import Scenario


@pytest.fixture(scope="module")
def land():
    return make_landscape()[0]


def weights_of(land, **axes):
    dataset = land.evaluate(["height", "colour"], **axes)
    return {name: dataset[f"{name}_weight"] for name in axes}


@pytest.mark.parametrize(
    ("values", "measure", "weights"),
    [
        ({"linspace": [1, 3, 3]}, "uniform", [0.25, 0.5, 0.25]),
        ({"arange": [1, 4, 1]}, "uniform", [0.25, 0.5, 0.25]),
        ({"geomspace": [1, 100, 3]}, "log-uniform", [0.25, 0.5, 0.25]),
        ([1.0, 10.0, 100.0], "uniform", [9 / 198, 0.5, 90 / 198]),
        ([100.0, 1.0, 10.0], "uniform", [90 / 198, 9 / 198, 0.5]),
        ({"values": [1.0, 10.0, 100.0], "weight": "log-uniform"}, "log-uniform", [0.25, 0.5, 0.25]),
        ({"geomspace": [1, 100, 3], "weight": "uniform"}, "uniform", [9 / 198, 0.5, 90 / 198]),
        ({"linspace": [1, 3, 3], "weight": "equal"}, "equal", [1 / 3, 1 / 3, 1 / 3]),
        ({"linspace": [1, 3, 3], "weight": [2, 1, 1]}, "given", [0.5, 0.25, 0.25]),
        ({"linspace": [1, 3, 3], "weight": np.array([0.0, 3.0, 1.0])}, "given", [0.0, 0.75, 0.25]),
        ({"values": np.array([1.0, 3.0]), "weight": (3, 1)}, "given", [0.75, 0.25]),
        ({"geomspace": [-100, -1, 3]}, "log-uniform", [0.25, 0.5, 0.25]),
        ([5.0], "uniform", [1.0]),
        ([0.0, 1.0], "uniform", [0.5, 0.5]),
    ],
)
def test_numbers_have_the_weights_of_the_scale_on_which_they_are_spaced(land, values, measure, weights):
    found = weights_of(land, d=values)["d"]
    assert found.dims == ("d",)
    np.testing.assert_allclose(found, weights, rtol=1e-12)
    assert found.attrs["measure"] == measure
    assert found.attrs["units"] == "1"


@pytest.mark.parametrize("unit", ["m", "km"])
def test_the_unit_of_an_axis_changes_no_weight(land, unit):
    values = pint.Quantity([1.0, 2.0, 4.0], "m").to(unit)
    np.testing.assert_allclose(weights_of(land, a=values)["a"], [1 / 6, 0.5, 1 / 3], rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "values"),
    [("planet", ["earth", "mars"]), ("cover", ["woods", "bare"]), ("layers", [[1, 2, 3], [2, 3, 4]])],
)
def test_labels_words_and_lists_weigh_the_same_or_as_given(land, name, values):
    assert weights_of(land, **{name: values})[name].values.tolist() == [0.5, 0.5]
    assert weights_of(land, **{name: values})[name].attrs["measure"] == "equal"
    given = weights_of(land, **{name: {"values": values, "weight": [3, 1]}})[name]
    assert given.values.tolist() == [0.75, 0.25]


def test_an_infinite_value_has_no_spacing_and_all_weigh_the_same():
    model = Model("cuts", "A cut")
    model.parameter("cut", "1 m", "Where it ends", infinite=True)

    @model.quantity("1/m")
    def depth(cut):
        """1 / c. Source: none."""
        return 1 / cut

    with pytest.raises(ScenarioError, match=r"^the axis 'cut' contains inf m twice$"):
        model.evaluate("depth", cut=[math.inf, 2.0, math.inf])
    found = model.evaluate("depth", cut=[1.0, 2.0, math.inf])
    np.testing.assert_allclose(found["cut_weight"], 1 / 3)
    assert found["cut_weight"].attrs["measure"] == "equal"
    with pytest.raises(ScenarioError, match=r"^the weight of 'cut' cannot be 'uniform': it holds an infinite value; "):
        model.evaluate("depth", cut={"values": [1.0, math.inf], "weight": "uniform"})


@pytest.mark.parametrize(
    ("law", "words", "density"),
    [
        ({"normal": [2, 0.5]}, "normal, mean 2, standard deviation 0.5", scipy.stats.norm(2, 0.5).pdf),
        (gs.normal(2, 0.5), "normal, mean 2, standard deviation 0.5", scipy.stats.norm(2, 0.5).pdf),
        ({"lognormal": [2, 1.5]}, "lognormal, median 2,.*", scipy.stats.lognorm(np.log(1.5), scale=2).pdf),
        (
            {"normal": [2, 0.5], "minimum": 1.4, "maximum": 5},
            "normal, .*cut off.*",
            lambda x: np.where(x >= 1.4, scipy.stats.norm(2, 0.5).pdf(x), 0.0),
        ),
    ],
)
def test_an_axis_can_have_the_weights_of_a_distribution(land, law, words, density):
    found = weights_of(land, d={"linspace": [1, 4, 31], "weight": law})["d"]
    values, widths = np.linspace(1, 4, 31), np.array([0.5, *[1.0] * 29, 0.5])
    np.testing.assert_allclose(found, density(values) * widths / (density(values) * widths).sum(), rtol=1e-9)
    assert re.fullmatch(words, found.attrs["measure"])


def test_a_mean_by_the_weights_of_a_distribution_is_its_mean(land):
    weight = gs.lognormal("2 m", 1.3)
    found = land.evaluate("slope", a={"linspace": [0.2, 14, 800], "weight": weight}, b=0.0, c=1.0).gridscan.mean()
    assert float(found["mean"]) == pytest.approx(2 * np.exp(np.log(1.3) ** 2 / 2), rel=1e-5)
    assert found["mean"].attrs["comment"].startswith("weights: a lognormal, median 2 m, ")


SCENARIO = """\
model = "landscape"
[axes]
planet = ["earth", "mars"]
d = { geomspace = [1, 4, 3] }
b = { values = [1, 2, 4], weight = [1, 2, 1] }
[axes.zip.run]
a = ["1 m", "2 m"]
c = [1.0, 2.0]
weight = [3, 1]
[output]
quantities = ["height"]
"""


def test_a_scenario_gives_weights_to_axes_and_to_zipped_ones(land):
    measures = Scenario.parse(SCENARIO, model=land).resolved.measures
    found = {name: (measure.name, measure.weights.round(12).tolist()) for name, measure in measures.items()}
    assert found == {
        "planet": ("equal", [0.5, 0.5]),
        "d": ("log-uniform", [0.25, 0.5, 0.25]),
        "b": ("given", [0.25, 0.5, 0.25]),
        "run": ("given", [0.75, 0.25]),
    }


def test_an_override_has_the_weights_of_its_own_values(land):
    overrides = {"d": {"linspace": [1, 3, 3], "weight": "equal"}, "b": [5.0, 6.0]}
    measures = Scenario.parse(SCENARIO, model=land, overrides=overrides).resolved.measures
    assert (measures["d"].name, measures["b"].name, measures["b"].weights.tolist()) == ("equal", "uniform", [0.5, 0.5])


ALLOWED = "allowed are 'uniform', 'log-uniform', 'equal', a list of 3 numbers, or for numbers a distribution"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("weight = [1, 2, 1]", "weight = [1, 2]", r"5:36: 'b' has 3 values, but 2 weights"),
        ("weight = [1, 2, 1]", "weight = [1, -2, 1]", r"5:40: a weight of 'b' cannot be -2; allowed is a number >= 0"),
        (
            "weight = [1, 2, 1]",
            "weight = [1, nan, 1]",
            r"5:40: a weight of 'b' cannot be nan; allowed is a number >= 0",
        ),
        (
            "weight = [1, 2, 1]",
            "weight = [1, true, 1]",
            r"5:40: a weight of 'b' cannot be True; allowed is a number >= 0",
        ),
        (
            "weight = [1, 2, 1]",
            "weight = ['1', 2, 1]",
            r"5:37: a weight of 'b' cannot be '1'; allowed is a number >= 0",
        ),
        (
            "weight = [1, 2, 1]",
            "weight = [0, 0, 0.0]",
            r"5:36: the weights of 'b' are all zero; at least one must be above",
        ),
        (
            "weight = [1, 2, 1]",
            "weight = 'unifrom'",
            rf"5:36: the weight of 'b' cannot be 'unifrom'; did you mean 'uniform'\?; {ALLOWED}",
        ),
        ("weight = [1, 2, 1]", "weight = 3", rf"5:36: the weight of 'b' cannot be 3; {ALLOWED}"),
        (
            "weight = [1, 2, 1]",
            "weigth = [1, 2, 1]",
            r"5:27: unknown key 'weigth'; did you mean 'weight'\?; allowed are .*",
        ),
        (
            "values = [1, 2, 4], weight = [1, 2, 1]",
            "values = [0, 2, 4], weight = 'log-uniform'",
            r"5:36: the weight of 'b' cannot be 'log-uniform': it holds 0, which has no place on a logarithmic scale; "
            r"allowed are 'equal' or a list of 3 numbers",
        ),
        (
            'planet = ["earth", "mars"]',
            'planet = { values = ["earth", "mars"], weight = "uniform" }',
            r"3:49: the weight of 'planet' cannot be 'uniform': it holds no numbers that lie between one another; "
            r"allowed are 'equal' or a list of 2 numbers",
        ),
        ("weight = [3, 1]", "weight = [3, 1, 2]", r"9:10: 'run' has 2 values, but 3 weights"),
        (
            "weight = [3, 1]",
            'weight = "uniform"',
            r"9:10: the weight of 'run' cannot be 'uniform': it holds no numbers that lie between one another; "
            r"allowed are 'equal' or a list of 2 numbers",
        ),
        (
            "c = [1.0, 2.0]",
            "c = { values = [1.0, 2.0], weight = [1, 2] }",
            r"8:37: the weights of zipped axes belong to all of them: write weight = in \[axes.zip.run\]",
        ),
    ],
)
def test_a_wrong_weight_has_one_clear_message(land, old, new, message):
    assert SCENARIO.count(old) == 1
    with pytest.raises(ScenarioError, match=rf"^scenario.toml:{message}$"):
        Scenario.parse(SCENARIO.replace(old, new), model=land)


def test_the_name_of_weights_is_refused_for_anything_else(land):
    model = Model("scales", "Of a mass")
    model.parameter("mass", "1 kg", "Mass")

    @model.quantity("N")
    def mass_weight(mass):
        """M g. Source: none."""
        return mass * 9.8

    with pytest.raises(ModelError, match=r"'mass_weight' is the name of the weights of 'mass' where that is an axis"):
        model.check()
    zipped = SCENARIO.replace("[axes.zip.run]", "[axes.zip.d_weight]")
    with pytest.raises(
        ScenarioError, match=r"'d' cannot be an axis: its weights need the name 'd_weight', which is taken"
    ):
        Scenario.parse(zipped, model=land)

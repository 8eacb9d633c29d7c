"""The part of a model that runs for what is asked for."""

from __future__ import annotations

import numpy as np
import pytest

from gridscan.definition.graph import Graph
from gridscan.errors import ModelError


@pytest.mark.parametrize(
    ("targets", "cut", "steps", "inputs"),
    [
        (["decay"], [], {"decay"}, {"moment", "cooling_time"}),
        (["irradiance"], [], {"irradiance"}, {"luminosity", "orbit"}),
        (
            ["temperature"],
            [],
            {"irradiance", "absorbed", "depth", "temperature"},
            {"luminosity", "orbit", "albedo", "sky", "layers", "stefan_boltzmann_constant"},
        ),
        (
            ["temperature"],
            ["absorbed"],
            {"depth", "temperature"},
            {"absorbed", "layers", "stefan_boltzmann_constant"},
        ),
        (["temperature"], ["absorbed", "depth"], {"temperature"}, {"absorbed", "depth", "stefan_boltzmann_constant"}),
        (["heat"], ["absorbed"], {"heat"}, {"absorbed", "cooling_time", "start", "end"}),
        (["heat"], ["absorbed", "decay"], {"heat"}, {"absorbed", "decay", "start", "end"}),
        (["tides", "tides"], [], {"tides"}, {"moons"}),
        (["depth_error"], [], {"depth_error"}, {"layers"}),
    ],
)
def test_only_what_the_targets_need_runs(toy, targets, cut, steps, inputs):
    graph = Graph.of(toy, targets, cut)
    assert {step.name for step in graph.steps} == steps
    assert set(graph.inputs) == inputs


def test_each_step_comes_after_those_that_it_takes(toy):
    seen = set()
    graph = Graph.of(toy, ["temperature", "heat"])
    for step in graph.steps:
        assert {name for name in step.arguments if name in toy.quantities} <= seen
        seen.add(step.name)
    assert len(graph.steps) == len(seen)


def test_what_varies_under_an_integral_sign_is_folded_into_it(toy):
    graph = Graph.of(toy, ["heat"])
    heat = next(step for step in graph.steps if step.name == "heat")
    assert [step.name for step in heat.inner] == ["decay"]
    assert set(heat.arguments) == {"absorbed", "cooling_time", "start", "end"}
    assert {node.name for node in graph.formulas} == {"irradiance", "absorbed", "decay", "heat"}


def test_dimensions_are_those_of_the_inputs_in_the_order_of_the_axes(toy):
    graph = Graph.of(toy, ["temperature", "heat"])
    inputs = dict.fromkeys(graph.inputs, ())
    inputs |= {"orbit": ("planet",), "layers": ("planet",), "end": ("end",), "luminosity": ("luminosity",)}
    dims = graph.dimensions(inputs, ["end", "planet", "luminosity", "unrelated"])
    assert dims["irradiance"] == dims["absorbed"] == dims["temperature"] == ("planet", "luminosity")
    assert dims["depth"] == ("planet",)
    assert dims["heat"] == ("end", "planet", "luminosity")
    assert dims["layers"] == ("planet",)


def test_an_axis_of_what_is_integrated_over_is_no_dimension_of_the_integral(toy):
    graph = Graph.of(toy, ["heat", "decay"])
    inputs = {name: ("moment",) if name == "moment" else () for name in graph.inputs}
    dims = graph.dimensions(inputs, ["moment"])
    assert dims["decay"] == ("moment",)
    assert dims["heat"] == ()


@pytest.mark.parametrize(
    ("name", "inputs"),
    [
        ("absorbed", {"luminosity", "orbit", "albedo", "sky"}),
        ("heat", {"luminosity", "orbit", "albedo", "sky", "start", "end", "cooling_time"}),
        ("albedo", {"albedo"}),
    ],
)
def test_inputs_are_found_however_indirect(toy, name, inputs):
    assert Graph.of(toy, ["heat"]).inputs_of(name) == inputs


def test_an_unknown_target_is_refused_with_the_nearest_and_with_all(toy):
    with pytest.raises(ModelError) as caught:
        Graph.of(toy, ["temprature"])
    assert str(caught.value) == (
        "model 'planet' has no quantity 'temprature'; did you mean 'temperature'?; there are irradiance, absorbed,"
        " depth, depth_error, temperature, decay, heat, heat_error, tides"
    )


def test_integrals_may_be_nested(toy):
    @toy.integral("MJ*yr/m^2", over="end", lower="start", upper="cooling_time")
    def twice(heat):
        return heat

    graph = Graph.of(toy.check(), ["twice"])
    outer = graph.steps[-1]
    assert [step.name for step in outer.inner] == ["heat"]
    assert [step.name for step in outer.inner[0].inner] == ["decay"]
    found = toy.evaluate("twice", absorbed="1 W/m^2", planet=["earth", "mars"], start="1 yr", cooling_time=[3, 4])
    time = np.array([3.0, 4.0])
    spent = np.exp(-1 / time) * (time - 1) - time * (np.exp(-1 / time) - np.exp(-1))
    np.testing.assert_allclose(found, time * spent * 31.5576, rtol=1e-9)
    assert found.dims == ("cooling_time",)


def test_a_quantity_that_was_given_a_value_has_no_error(toy):
    graph = Graph.of(toy, ["depth_error"], ["depth"])
    assert graph.inputs == ("depth",)
    (step,) = graph.steps
    np.testing.assert_array_equal(step.node.function(depth=np.array([2.0, 3.0])), [0.0, 0.0])
    assert Graph.of(toy, ["depth_error"], ["depth", "depth_error"]).steps == ()

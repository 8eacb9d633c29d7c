"""Kernels that take quantities as functions: integrals by a rule of their own, over formulas that can be replaced."""

from __future__ import annotations

import numpy as np
import pytest

import gridscan as gs
from gridscan.errors import ModelError, UnitError
from gridscan.limits import Limits
from gridscan.model import Model


@pytest.fixture
def hills() -> Model:
    model = Model("hills", "Area of a hill")
    model.parameter("position", "0 m", "Where")
    model.parameter("width", "2 m", "Width of the hill", minimum=0)
    model.parameter("height", "3 m", "Height of the hill")
    model.parameter("terraces", [1.0], "Weights of terraces", vector="terrace", padded=True)
    model.parameter("shape", "round", "Kind of hill", choices=["round", "pointed"])

    @model.quantity("1")
    def relative(position, width):
        return position / width

    @model.quantity("m", long_name="height of the ground")
    def ground(relative, height, terraces, shape):
        form = np.where(shape == "round", 1 - relative**2, 1 - np.abs(relative))
        return height * form * terraces.sum(axis=-1)

    @model.kernel(
        "m^2",
        long_name="area under the hill",
        error=True,
        functions={"ground": ["position"]},
        width="cm",
        ground="cm",
        position="cm",
    )
    def area(width, ground):
        """∫ dx h(x) by Simpson's rule, exact for the round hill and for each side of the pointed one."""
        shape = np.broadcast_shapes(width.shape, ground.shape)
        widths = np.broadcast_to(width, shape).ravel()
        points = np.arange(widths.size)
        places = widths[:, None] * np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
        heights = ground(points, position=places)
        assert heights.shape == places.shape
        total = (heights * widths[:, None] * np.array([1, 4, 2, 4, 1]) / 6).sum(axis=1).reshape(shape) / 1e4
        return total, 1e-12 * np.abs(total)

    return model


def test_the_integral_is_that_of_the_formula(hills):
    hills.check()
    assert float(hills.evaluate("area")) == pytest.approx(3 * 2 * 4 / 3)
    assert float(hills.evaluate("area", shape="pointed")) == pytest.approx(6)
    assert float(hills.evaluate("area_error")) == pytest.approx(8e-12)


def test_it_depends_on_what_the_function_depends_on_but_not_on_what_it_is_of(hills):
    axes = {"width": ["1 m", "2 m", "4 m"], "height": [1, 5], "position": [0, 1, 2, 3]}
    found = hills.evaluate(["area", "ground"], **axes, shape=["round", "pointed"], terraces=[[1, 1], [2]])
    assert found.area.dims == ("width", "height", "shape", "terraces")
    assert found.ground.dims == ("width", "height", "position", "shape", "terraces")
    width, height = np.array([1, 2, 4])[:, None, None, None], np.array([1, 5])[:, None, None]
    # The vector of one number is padded with its last value.
    expected = width * height * np.array([4 / 3, 1])[:, None] * np.array([2, 4])
    np.testing.assert_allclose(found.area, expected, rtol=1e-13)


def test_large_grids_are_evaluated_in_chunks(hills):
    axes = {"width": np.linspace(1, 4, 5), "height": np.linspace(1, 2, 6), "shape": ["round", "pointed"]}
    at_once = hills.evaluate("area", **axes)
    lazy = hills.evaluate("area", limits=Limits(eager_cells=1, chunk_cells=4), **axes)
    assert lazy.chunks is not None
    np.testing.assert_allclose(lazy.compute(), at_once, rtol=1e-14)


def test_the_function_can_be_replaced_by_one_of_other_inputs(hills):
    def steps(position, width, height):
        return height * np.where(np.abs(position) < 0.75 * width, 1.0, 0.0)

    mine = hills.replace(ground=steps)
    found = mine.evaluate("area", height=[2, 4])
    np.testing.assert_allclose(found, np.array([2, 4]) * 2 * 10 / 6)


def test_a_function_that_is_given_a_value_or_does_not_vary_is_constant(hills):
    np.testing.assert_allclose(hills.evaluate("area", ground=["1 m", "3 m"], width="2 m"), [4, 12])
    flat = hills.replace(ground=lambda height: height)
    np.testing.assert_allclose(flat.evaluate("area", height=[1, 3]), [4, 12])


def test_a_function_of_a_parameter_only(hills):
    found = hills.replace(ground=lambda position: position * 0 + np.abs(position))
    assert float(found.evaluate("area", width="2 m")) == pytest.approx(4)


def test_the_units_of_the_function_and_of_what_it_is_of_are_proven(hills):
    with pytest.raises(UnitError, match=r"'ground' .*its formula gives 'm\^2', expected the declared unit 'm'"):
        hills.replace(ground=lambda position, height: position * height).evaluate("area")

    @hills.kernel("m^2", functions={"ground": ["position"]}, width="m", ground="m", position="s")
    def wrong(width, ground):
        return width

    with pytest.raises(UnitError, match=r"'wrong' .*'position' is in 'm', expected a unit like 's'"):
        hills.evaluate("wrong")

    @hills.kernel("m^2", functions={"ground": ["position"]}, width="m", ground="m")
    def lacking(width, ground):
        return width

    with pytest.raises(UnitError, match=r"'lacking' .*declares no unit for its argument 'position'"):
        hills.evaluate("lacking")


def test_a_misspelt_parameter_of_a_function_is_found(hills):
    @hills.kernel("m^2", functions={"ground": ["positon"]}, width="m", ground="m", positon="m")
    def wrong(width, ground):
        return width

    with pytest.raises(ModelError, match="takes the unknown name 'positon'; did you mean 'position'"):
        hills.check()


def test_what_is_under_the_integral_is_explained_and_planned(hills):
    from gridscan.cli.report import explanation
    from gridscan.cli.tables import console
    from gridscan.engine.plan import make_plan

    text = 'model = "hills"\n[axes]\nheight = ["1 m", "2 m"]\n[output]\nquantities = ["area"]\n'
    plan = make_plan(gs.Scenario.parse(text, model=hills))
    assert [item.name for item in plan.quantities] == ["area"]
    screen = console()
    with screen.capture() as captured:
        screen.print(explanation(plan, "area"))
    shown = captured.get()
    for name in ("area", "ground", "relative", "position"):
        assert name in shown

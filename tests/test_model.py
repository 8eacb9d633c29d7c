"""A model: declarations, wiring faults, and swapping parts of it."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from gridscan.definition.nodes import Quantity
from gridscan.errors import EvaluationError, ModelError, UnitError
from gridscan.model import Model
from gridscan.model_loader import load_model, shipped_models


@pytest.fixture
def bare():
    """Return a model of two lengths and nothing else."""
    model = Model("plane", "A plane")
    model.parameter("width", "2 m", "Width")
    model.parameter("height", "3 m", "Height")
    return model


def _area(width, height):
    return width * height


def test_argument_names_are_the_wiring(bare):
    bare.quantity("cm^2")(_area)
    assert bare.quantities["_area"].arguments == ("width", "height")
    assert float(bare.evaluate("_area")) == pytest.approx(60_000, rel=1e-14)


def test_a_name_declared_twice_is_refused_at_once(bare):
    with pytest.raises(ModelError, match=r"^model 'plane': the name 'width' is declared twice$"):
        bare.parameter("width", 1, "Again")
    with pytest.raises(ModelError, match="the name 'width' is declared twice"):
        bare.constant("width", "1 m")
    with pytest.raises(ModelError, match="the name 'width' is declared twice"):
        bare.label("width", "x", "Again")

    def width():
        return 1

    with pytest.raises(ModelError, match="the name 'width' is declared twice"):
        bare.quantity("m")(width)


def test_the_error_of_a_kernel_takes_its_name(bare):
    bare.parameter("area_error", 1, "Taken")

    def area(width):
        return width, width

    with pytest.raises(ModelError, match="the name 'area_error' is declared twice"):
        bare.kernel("m", error=True, width="m")(area)


@pytest.mark.parametrize("name", ["two words", "2nd", "", "zip", "a-b"])
def test_a_name_has_to_be_an_identifier(bare, name):
    with pytest.raises(ModelError, match=f"model 'plane': '{name}' cannot be a name; it must be a Python identifier"):
        bare.parameter(name, 1, "Odd")


def test_an_unknown_argument_is_reported_with_the_nearest_name(bare):
    @bare.quantity("m^2")
    def area(width, heigth):
        return width * heigth

    with pytest.raises(ModelError) as caught:
        bare.check()
    where = bare.quantities["area"].where
    assert (
        str(caught.value) == f"model 'plane': 'area' ({where}) takes the unknown name 'heigth'; did you mean 'height'?"
    )
    assert where == f"{__file__}:{area.__code__.co_firstlineno}"


def test_every_unknown_name_is_reported_at_once(bare):
    def first(widht):
        return widht

    def second(hieght):
        return hieght

    bare.quantity("m")(first)
    bare.quantity("m")(second)
    with pytest.raises(ModelError) as caught:
        bare.check()
    lines = str(caught.value).splitlines()
    assert len(lines) == 2
    assert "'first'" in lines[0]
    assert "did you mean 'width'?" in lines[0]
    assert "'second'" in lines[1]


def test_a_cycle_is_reported_with_its_path(bare):
    def a(b):
        return b

    def b(c):
        return c

    def c(a):
        return a

    for function in (a, b, c):
        bare.quantity("m")(function)
    with pytest.raises(ModelError, match=r"^model 'plane': the quantities form a cycle: ") as caught:
        bare.check()
    path = str(caught.value).split(": ")[-1].split(" -> ")
    assert path[0] == path[-1]
    assert sorted(path[1:]) == ["a", "b", "c"]
    for taken, taker in zip(path[1:], path, strict=False):
        assert taken in bare.quantities[taker].arguments


def test_a_quantity_that_takes_itself_is_a_cycle(bare):
    def area(area):
        return area

    bare.quantity("m^2")(area)
    with pytest.raises(ModelError, match=r"cycle: area -> area$"):
        bare.check()


def test_unused_inputs_are_reported_even_after_the_model_was_used(bare):
    bare.parameter("depth", "1 m", "Not used")
    bare.constant("speed_of_light")
    bare.label("colour", "red", "Not used")
    bare.quantity("m^2")(_area)
    bare.evaluate("_area")
    with pytest.raises(ModelError) as caught:
        bare.check()
    assert str(caught.value).splitlines() == [
        "model 'plane': no quantity uses the input 'depth'",
        "model 'plane': no quantity uses the input 'speed_of_light'",
        "model 'plane': no quantity uses the input 'colour'",
    ]


def test_a_fault_is_found_in_what_is_declared_after_a_check(bare):
    bare.quantity("m^2")(_area)
    bare.check()

    @bare.quantity("m")
    def wrong(nothing):
        return nothing

    with pytest.raises(ModelError, match=r"'wrong'.* takes the unknown name 'nothing'"):
        bare.evaluate("_area")


def test_a_label_is_no_argument(toy):
    @toy.quantity("1")
    def wrong(planet):
        return planet

    with pytest.raises(ModelError, match="takes the label 'planet'; take what its records set: albedo, orbit"):
        toy.check()


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda width=1: width, "the argument 'width' has a default, which would hide an input; declare it"),
        (lambda *width: width, r"the argument '\*width' cannot be wired by name"),
        (lambda **width: width, r"the argument '\*\*width' cannot be wired by name"),
        (lambda width, /: width, "the argument 'width' cannot be wired by name"),
        (functools.partial(_area, height=1), "the argument 'height' has a default"),
        (np.sqrt, "the argument 'x' cannot be wired by name"),
    ],
)
def test_an_argument_that_cannot_be_wired_is_refused_when_it_is_declared(bare, function, message):
    bare.quantity("m^2")(_area)
    with pytest.raises(ModelError, match=f"^'_area': {message}"):
        bare.replace(_area=function)


@pytest.mark.parametrize(
    ("over", "lower", "upper", "message"),
    [
        ("sky", "start", "end", "'wrong' integrates over 'sky', which is not a numeric parameter"),
        ("layers", "start", "end", "'wrong' integrates over 'layers', which is not a numeric parameter"),
        ("absorbed", "start", "end", "'wrong' integrates over 'absorbed', which is not a numeric parameter"),
        ("moment", "start", "orbit", "'wrong' integrates over 'moment' in 'yr', but its limit 'orbit' is in 'au'"),
        ("moment", "begin", "end", "takes the unknown name 'begin'"),
        ("moments", "start", "end", "takes the unknown name 'moments'; did you mean 'moment'?"),
    ],
)
def test_wrong_limits_of_an_integral_are_reported(toy, over, lower, upper, message):
    @toy.integral("J/m^2", over=over, lower=lower, upper=upper)
    def wrong(absorbed):
        return absorbed

    with pytest.raises(ModelError) as caught:
        toy.check()
    assert message in str(caught.value)


def test_a_choice_has_to_select_a_quantity(bare):
    bare.parameter("method", "fast", "Method", choices=["fast", "slow"], selects="width")
    with pytest.raises(ModelError, match="parameter 'method' selects 'width', which is not a quantity"):
        bare.check()


@pytest.mark.parametrize(
    ("default", "options", "error", "message"),
    [
        ("2 kpcc", {}, UnitError, "unknown unit 'kpcc' in 'kpcc'; did you mean 'kpc'?"),
        ("two m", {}, UnitError, "'two m' does not begin with a number"),
        ("2 m", {"unit": "cm"}, ModelError, "the default '2 m' already has a unit, which unit='cm' contradicts"),
        ("quick", {"choices": ["fast", "slow"]}, ModelError, "the default 'quick' of 'x' is not one of its choices"),
    ],
)
def test_a_default_that_is_not_allowed_is_refused(bare, default, options, error, message):
    with pytest.raises(error) as caught:
        bare.parameter("x", default, "Odd", **options)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("default", "options", "allowed"),
    [
        (1, {}, "a number"),
        ("1 m", {"minimum": 0}, "a number of at least 0 m"),
        ("1 m", {"maximum": 5}, "a number of at most 5 m"),
        (0.5, {"minimum": 0, "maximum": 1}, "a number from 0 to 1"),
        (4, {"minimum": 1, "integer": True}, "a whole number of at least 1"),
        ("a", {"choices": ["a", "b"]}, "one of a, b"),
    ],
)
def test_a_parameter_says_what_is_allowed(bare, default, options, allowed):
    assert bare.parameter("x", default, "X", **options).allowed == allowed


def test_a_constant_without_value_is_the_one_of_codata(bare):
    assert bare.constant("speed_of_light").default == 299_792_458
    assert bare.constant("gravity", "9.80665 m/s^2", "Standard gravity").default == 9.80665


@pytest.mark.parametrize("name", ["warp_factor", "flux_capacity"])
def test_a_constant_that_pint_does_not_know_needs_a_value(bare, name):
    with pytest.raises(ModelError, match=f"pint has no constant '{name}'; give its value"):
        bare.constant(name)


def test_a_kernel_that_declares_a_unit_for_no_argument_is_refused(bare):
    def area(width, height):
        return width * height

    with pytest.raises(
        UnitError, match="declares a unit for 'heigth', which is not one of its arguments; did you mean 'heig"
    ):
        bare.kernel("m^2", width="m", heigth="m")(area)


def test_replacing_a_quantity_swaps_its_formula_and_leaves_the_model_alone(toy):
    flat = toy.replace(absorbed=lambda irradiance: irradiance)
    assert float(flat.evaluate("absorbed")) == pytest.approx(float(toy.evaluate("irradiance")))
    assert toy.quantities["absorbed"].arguments == ("irradiance", "albedo", "sky")
    assert flat.quantities["absorbed"].unit == toy.quantities["absorbed"].unit
    assert flat.quantities["absorbed"].long_name == "absorbed power per area"


def test_replacing_a_parameter_makes_it_a_quantity(toy):
    fading = toy.replace(luminosity=lambda moment, end: (1 - moment / end) * 3.828e26 * _watt(moment))
    assert isinstance(fading.nodes["luminosity"], Quantity)
    assert "luminosity" not in fading.parameters
    found = fading.evaluate("irradiance", moment=[0, 5])
    assert found.dims == ("moment",)
    np.testing.assert_allclose(found[1] / found[0], 0.5, rtol=1e-14)


def _watt(moment):
    """Return one watt in the proof, one in the run."""
    from gridscan.units import Quantity as Value

    return Value(1.0, "W") if isinstance(moment, Value) else 1.0


def test_replacing_a_choice_replaces_the_formula_that_it_selects(toy):
    mine = toy.replace(sky=lambda irradiance: irradiance / 2)
    assert "sky" not in mine.names
    assert float(mine.evaluate("absorbed") / mine.evaluate("irradiance")) == pytest.approx(0.5, rel=1e-14)


def test_replacing_an_integral_by_a_plain_function_takes_its_error_away(toy):
    plain = toy.replace(heat=lambda absorbed, end: absorbed * end)
    assert plain.quantities["heat"].kind == "quantity"
    assert "heat_error" not in plain.quantities
    assert float(plain.evaluate("heat") / (toy.evaluate("absorbed") * 315.576)) == pytest.approx(1, rel=1e-12)


def test_replacing_an_error_estimate_leaves_its_value_alone(toy):
    mine = toy.replace(heat_error=lambda heat: heat / 2)
    found = mine.evaluate(["heat", "heat_error"])
    assert float(found.heat_error / found.heat) == pytest.approx(0.5, rel=1e-14)
    assert float(found.heat) == float(toy.evaluate("heat"))


@pytest.mark.parametrize(
    ("functions", "message"),
    [
        ({"temprature": lambda sky: sky}, "has no quantity 'temprature' to replace; did you mean 'temperature'?"),
        ({"stefan_boltzmann_constant": lambda sky: sky}, "has no quantity 'stefan_boltzmann_constant' to replace"),
        ({"planet": lambda sky: sky}, "has no quantity 'planet' to replace"),
        ({"irradiance": lambda temperature: temperature}, "the quantities form a cycle: "),
        ({"irradiance": lambda luminossity: luminossity}, "takes the unknown name 'luminossity'"),
        ({"moment": lambda start: start}, "'heat' integrates over 'moment', which is not a numeric parameter"),
    ],
)
def test_a_replacement_that_does_not_fit_is_refused_at_once(toy, functions, message):
    with pytest.raises(ModelError) as caught:
        toy.replace(**functions)
    assert message in str(caught.value)


def test_a_copy_can_be_extended_without_touching_the_original(toy):
    extended = toy.copy()

    @extended.quantity("K")
    def warming(temperature):
        return temperature

    assert "warming" in extended.quantities
    assert "warming" not in toy.quantities
    assert float(extended.evaluate("warming")) == float(toy.evaluate("temperature"))


def test_the_documentation_of_a_quantity_is_its_docstring(toy):
    assert toy.quantities["decay"].documentation == "exp(-t / t_c). Source: Newton's law of cooling."
    assert repr(toy) == "<Model planet: 10 parameters, 9 quantities>"


def test_a_failing_formula_is_named_in_the_error(toy):
    def irradiance(luminosity, orbit):
        if not hasattr(luminosity, "units"):
            raise ValueError("cloudy")
        return luminosity / orbit**2

    with pytest.raises(
        EvaluationError, match=rf"'irradiance' \({__file__}:\d+\) failed in line \d+ \(raise .*\): ValueError: cloudy"
    ):
        toy.replace(irradiance=irradiance).evaluate("temperature")


@pytest.mark.parametrize("name", shipped_models())
def test_a_shipped_model_has_no_wiring_fault_and_its_units_are_proven(name):
    model = load_model(name)
    assert model.copy().check().quantities == model.quantities
    assert set(model.evaluate(list(model.quantities)).data_vars) == set(model.quantities)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "red_supergiant",
            "unknown model 'red_supergiant'; did you mean 'red_supergiants'?; installed are boosted_dark_matter",
        ),
        ("nothing.py", "no such model file: nothing.py"),
        ("nothing.py:model", "no such model file: nothing.py"),
    ],
)
def test_an_unknown_model_is_refused_with_what_there_is(name, message):
    with pytest.raises(ModelError) as caught:
        load_model(name)
    assert str(caught.value).startswith(message)


def _model_file(folder, text):
    path = folder / "mine.py"
    path.write_text(text)
    return path


_MINE = """
from gridscan.model import Model
pendulum = Model("pendulum", "A pendulum")
pendulum.parameter("length", "1 m", "Length")
@pendulum.quantity("m")
def twice(length):
    return 2 * length
"""


def test_a_model_of_ones_own_is_loaded_from_a_file_by_name(tmp_path):
    model = load_model(f"{_model_file(tmp_path, _MINE)}:pendulum")
    assert float(model.evaluate("twice", length="3 m")) == 6


@pytest.mark.parametrize(
    ("text", "attribute", "message"),
    [
        (_MINE, ":pendulums", "has no model 'pendulums'; did you mean 'pendulum'?; it has pendulum"),
        (_MINE, "", "has no model 'model'"),
        ("1 +", ":pendulum", "cannot be imported: SyntaxError"),
        ("raise ValueError('no')", ":pendulum", "cannot be imported: ValueError: no"),
        (
            _MINE.replace("(length)", "(lenght)"),
            ":pendulum",
            "takes the unknown name 'lenght'; did you mean 'length'?",
        ),
        (_MINE.replace('"1 m"', '"1 mm m m^"'), ":pendulum", "'mm m m^' is not a unit"),
    ],
)
def test_a_faulty_model_file_is_refused_with_the_reason(tmp_path, text, attribute, message):
    from gridscan.errors import GridscanError

    with pytest.raises(GridscanError) as caught:
        load_model(f"{_model_file(tmp_path, text)}{attribute}")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"default": "-1 m", "minimum": 0},
            "the default -1 of 'length' is not allowed; it must be a number of at least 0 m",
        ),
        ({"default": "3 m", "maximum": 2}, "a number of at most 2 m"),
        ({"default": 2.5, "integer": True}, "a whole number"),
        ({"default": "nan m"}, "the default nan of 'length'"),
        ({"default": [1, 5], "minimum": 2, "vector": "step"}, "the default 1 of 'length'"),
    ],
)
def test_a_default_that_could_not_be_given_is_refused(options, message):
    with pytest.raises(ModelError, match=message):
        Model("plane", "Flat").parameter("length", options.pop("default"), "Length", **options)


def test_a_list_without_a_dimension_of_its_own_is_refused():
    with pytest.raises(ModelError, match="the default of 'length' is a list; name its inner dimension with vector="):
        Model("plane", "Flat").parameter("length", [1.0, 2.0], "Length")


@pytest.mark.parametrize(
    ("default", "options"), [(1.0, {}), ("1 m", {}), ([], {}), ("fast", {"choices": ["fast", "slow"]})]
)
def test_a_vector_without_a_list_is_refused(default, options):
    with pytest.raises(ModelError, match=r"^the default of the vector 'length' must be a list of numbers$"):
        Model("plane", "Flat").parameter("length", default, "Length", vector="step", **options)


def test_a_vector_can_be_declared_as_texts_with_units():
    parameter = Model("plane", "Flat").parameter("length", ["1 m", "20 cm"], "Length", vector="step")
    assert parameter.default == (1.0, 0.2)
    assert str(parameter.unit) == "meter"


def test_unknown_names_and_cycles_are_reported_together():
    model = Model("plane", "Flat")

    @model.quantity("1")
    def first(second, nobody):
        return second

    @model.quantity("1")
    def second(first):
        return first

    with pytest.raises(ModelError) as caught:
        model.check()
    assert "unknown name 'nobody'" in str(caught.value)
    assert "form a cycle" in str(caught.value)

"""The unit proof: each kind of mistake in a formula is found, before anything is computed, and named."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from gridscan.errors import ModelError, UnitError
from gridscan.model import Model


@pytest.fixture
def body():
    """Return a model of a moving body, to be given a wrong formula."""
    model = Model("body", "A moving body")
    model.parameter("mass", "2 kg", "Mass")
    model.parameter("speed", "3 km/s", "Speed")
    model.parameter("length", "5 m", "Length")
    model.parameter("angle", "30 deg", "Angle")
    model.parameter("factor", 2.0, "Number")
    model.parameter("way", "up", "Way", choices=["up", "down"])
    model.parameter("steps", [1.0, 2.0], "Steps", unit="m", vector="step")
    model.constant("speed_of_light")
    return model


def _declare(model, unit, function):
    function.__name__ = "wrong"
    model.quantity(unit)(function)
    return model


WRONG_FORMULAS = {
    # unit declared, formula, what the message says of units found and expected
    "wrong dimension": ("J", lambda mass, speed: mass * speed, "gives 'kg*km/s', expected the declared unit 'J'"),
    "missing conversion of mass to energy": (
        "MeV",
        lambda mass, speed: mass + mass * speed**2,
        "'kg' was found where 'kg*km^2/s^2' was expected",
    ),
    "mass where energy is declared": ("MeV", lambda mass: mass, "gives 'kg', expected the declared unit 'MeV'"),
    "wrong declared output": ("m^2", lambda length: length**3, "gives 'm^3', expected the declared unit 'm^2'"),
    "inverted ratio": ("s", lambda length, speed: speed / length, "gives 'km/m/s', expected the declared unit 's'"),
    "addition of unlike units": ("kg", lambda mass, length: mass + length, "'kg' was found where 'm' was expected"),
    "subtraction of unlike units": ("kg", lambda mass, length: mass - length, "'kg' was found where 'm' was expected"),
    "addition of a bare number": ("m", lambda length: length + 1, "'m' was found where '1' was expected"),
    "exponential of a length": ("1", lambda length: np.exp(-length), "'m' was found where '1' was expected"),
    "exponential by math": ("1", lambda length: math.exp(length), "'m' was found where '1' was expected"),
    "power with a dimension": ("m", lambda length, mass: length**mass, "'kg' was found where '1' was expected"),
    "number to a power with a dimension": ("1", lambda length: 2**length, "'m' was found where '1' was expected"),
    "wrong power": ("m", lambda length: length**0.5, "gives 'm^0.5', expected the declared unit 'm'"),
    "logarithm of a length": ("1", lambda length: np.log(length), "'m' was found where '1' was expected"),
    "decadic logarithm of a length": ("1", lambda length: np.log10(length), "'m' was found where '1' was expected"),
    "sine of a length": ("1", lambda length: np.sin(length), "'m' was found where 'rad' was expected"),
    "comparison of unlike units": (
        "m",
        lambda length, mass: np.where(length > mass, length, 2 * length),
        "'m' was found where 'kg' was expected",
    ),
    "comparison with a bare number": (
        "m",
        lambda length: np.where(length > 1, length, 2 * length),
        "a quantity with a unit is compared with a bare number",
    ),
    "choice between unlike units": (
        "m",
        lambda way, length, mass: np.where(way == "up", length, mass),
        "'kg' was found where 'm' was expected",
    ),
    "choice between a quantity and a number": (
        "m",
        lambda way, length: np.where(way == "up", length, 1.0),
        "'1' was found where 'm' was expected",
    ),
    "maximum of unlike units": (
        "m",
        lambda length, mass: np.maximum(length, mass),
        "'kg' was found where 'm' was expected",
    ),
    "minimum with a number": ("m", lambda length: np.minimum(length, 1), "'1' was found where 'm' was expected"),
    "clip with bare limits": ("m", lambda length: np.clip(length, 0, 1), "'1' was found where 'm' was expected"),
    "hypotenuse of unlike units": (
        "m",
        lambda length, mass: np.hypot(length, mass),
        "'kg' was found where 'm' was expected",
    ),
    "stack of unlike units": (
        "m",
        lambda length, mass: np.stack([length, mass]).sum(axis=0),
        "'kg' was found where 'm' was expected",
    ),
    "bare number for a length": ("m", lambda length: 0 * length.magnitude, "gives '1', expected the declared unit 'm'"),
    "unit lost in an array": ("m", lambda length: 1 * np.asarray(length), "The unit of the quantity is stripped"),
    "unit lost where none is declared": (
        "1",
        lambda length: np.asarray(length),
        "The unit of the quantity is stripped",
    ),
    "unit lost in a float": ("1", lambda length: float(length[0]), "'m' was found where '1' was expected"),
    "sum over a vector of lengths": (
        "1",
        lambda steps: steps.sum(axis=-1),
        "gives 'm', expected the declared unit '1'",
    ),
    "constant left out": (
        "J",
        lambda mass, speed_of_light: mass * speed_of_light,
        "gives 'kg*m/s', expected the declared unit 'J'",
    ),
}


@pytest.mark.parametrize("kind", WRONG_FORMULAS)
def test_a_wrong_formula_is_named_with_its_arguments_and_the_units_found_and_expected(body, kind):
    unit, formula, message = WRONG_FORMULAS[kind]
    model = _declare(body, unit, formula)
    with pytest.raises(UnitError) as caught:
        model.evaluate("wrong")
    text = str(caught.value)
    code = formula.__code__
    assert text.startswith(f"quantity 'wrong' of model 'body' ({__file__}:{code.co_firstlineno}): ")
    assert message in text
    shown = {"mass": "kg", "speed": "km/s", "length": "m", "way": "1", "steps": "m", "speed_of_light": "m/s"}
    arguments = code.co_varnames[: code.co_argcount]
    assert text.endswith("; its arguments are " + ", ".join(f"{name} [{shown[name]}]" for name in arguments))


RIGHT_FORMULAS = {
    "energy in another unit": ("MeV", lambda mass, speed: mass * speed**2 / 2),
    "sum of different prefixes": ("km", lambda length: length + 1000 * length),
    "exponential of a ratio": ("1", lambda length, speed, factor: np.exp(-factor * speed / speed) + length / length),
    "comparison of like units": ("m", lambda length: np.where(length > 2 * length, length, 0 * length)),
    "comparison with zero": ("m", lambda length: np.where(length > 0, length, 0)),
    "maximum with zero": ("m", lambda length: np.maximum(length, 0)),
    "sine of an angle": ("1", lambda angle: np.sin(angle)),
    "undefined value": ("m", lambda length: np.where(length > 0, length, np.nan)),
    "sum over a vector": ("cm", lambda steps: steps.sum(axis=-1)),
    "pure number": ("1", lambda factor: factor**2),
    "relativity": ("1", lambda speed, speed_of_light: 1 / np.sqrt(1 - (speed / speed_of_light) ** 2)),
}


@pytest.mark.parametrize("kind", RIGHT_FORMULAS)
def test_a_right_formula_passes_and_gives_the_same_number_as_with_units(body, kind):
    unit, formula = RIGHT_FORMULAS[kind]
    model = _declare(body, unit, formula)
    from gridscan.units import Quantity as Value

    values = {
        "mass": Value([2.0], "kg"),
        "speed": Value([3.0], "km/s"),
        "length": Value([5.0], "m"),
        "angle": Value([30.0], "deg"),
        "factor": Value([2.0], ""),
        "steps": Value([[1.0, 2.0]], "m"),
        "speed_of_light": Value([299_792_458.0], "m/s"),
    }
    arguments = formula.__code__.co_varnames[: formula.__code__.co_argcount]
    expected = formula(**{name: values[name] for name in arguments}).to(unit or "dimensionless").magnitude
    assert float(model.evaluate("wrong")) == pytest.approx(float(expected[0]), rel=1e-14)


def test_every_wrong_formula_is_reported_at_once(body):
    def first(mass):
        return mass**2

    def second(length):
        return np.exp(length)

    body.quantity("kg")(first)
    body.quantity("1")(second)
    with pytest.raises(UnitError) as caught:
        body.evaluate(["first", "second"])
    lines = str(caught.value).splitlines()
    assert sorted(re.match(r"quantity '(\w+)'", line)[1] for line in lines) == ["first", "second"]


def test_a_formula_in_the_dark_is_proven_only_when_it_is_needed(body):
    model = _declare(body, "kg", lambda mass: mass**2)

    @model.quantity("m")
    def right(length):
        return length

    assert float(model.evaluate("right")) == 5
    with pytest.raises(UnitError, match="'wrong'"):
        model.evaluate("wrong")


def test_the_line_of_the_mistake_is_quoted(body):
    @body.quantity("1")
    def wrong(length, factor):
        doubled = factor * length
        return np.exp(doubled)

    line = wrong.__code__.co_firstlineno + 3
    with pytest.raises(UnitError, match=re.escape(f"in line {line} (return np.exp(doubled)), 'm' was found where '1'")):
        body.evaluate("wrong")


class _Squared:
    """A formula that is an object, which has no code of its own."""

    def __call__(self, length):
        return np.exp(length)


def test_a_mistake_in_a_callable_object_is_reported_too(body):
    model = _declare(body, "1", lambda length: length / length)
    with pytest.raises(UnitError, match=r"quantity 'wrong' of model 'body' .* 'm' was found where '1' was expected"):
        model.replace(wrong=_Squared()).evaluate("wrong")


def test_a_routine_that_units_cannot_pass_belongs_in_a_kernel(body):
    from scipy.special import erf

    model = _declare(body, "1", lambda factor: erf(factor))
    with pytest.raises(
        ModelError, match=r"TypeError: .*Declare a numerical routine that pint cannot follow as a kernel"
    ):
        model.evaluate("wrong")


@pytest.mark.parametrize(
    ("units", "message"),
    [
        ({"length": "kg"}, "its argument 'length' is in 'm', expected a unit like 'kg'"),
        ({"length": "1"}, "its argument 'length' is in 'm', expected a unit like '1'"),
        ({}, "declares no unit for its argument 'length', which is in 'm'"),
    ],
)
def test_a_kernel_fed_with_the_wrong_unit_is_named(body, units, message):
    @body.kernel("m", **units)
    def wrong(length):
        return length

    with pytest.raises(UnitError) as caught:
        body.evaluate("wrong")
    assert str(caught.value).startswith(f"kernel 'wrong' ({__file__}:{wrong.__code__.co_firstlineno})")
    assert message in str(caught.value)


def test_a_kernel_gets_its_arguments_in_the_units_that_it_declares(body):
    seen = {}

    @body.kernel("km", length="cm", speed="m/s", angle="rad")
    def stretched(length, speed, angle, way):
        seen.update(length=length, speed=speed, angle=angle, way=way)
        return length

    assert float(body.evaluate("stretched", length="7 m")) == 700
    assert seen["length"] == 700
    assert seen["speed"] == 3000
    assert seen["angle"] == pytest.approx(math.pi / 6)
    assert seen["way"] == "up"


@pytest.mark.parametrize(
    ("unit", "message"),
    [
        ("W/m^2", "the integral of its formula over 'moment' gives 'W*yr/m^2', expected the declared unit 'W/m^2'"),
        ("J", "the integral of its formula over 'moment' gives 'W*yr/m^2', expected the declared unit 'J'"),
    ],
)
def test_an_integral_gains_the_unit_of_what_it_integrates_over(toy, unit, message):
    @toy.integral(unit, over="moment", lower="start", upper="end")
    def wrong(absorbed):
        return absorbed

    for name in ("wrong", "wrong_error"):
        with pytest.raises(UnitError) as caught:
            toy.evaluate(name)
        assert str(caught.value).startswith("integral 'wrong' of model 'planet' (")
        assert message in str(caught.value)


def test_a_wrong_integrand_is_found_under_the_integral_sign(toy):
    broken = toy.replace(decay=lambda moment: np.exp(-moment))
    with pytest.raises(UnitError, match=r"'decay' .* 'yr' was found where '1' was expected"):
        broken.evaluate("heat")


def test_a_mistake_in_an_integral_asked_for_with_its_error_is_reported_once(toy):
    @toy.integral("J", over="moment", lower="start", upper="end")
    def wrong(absorbed):
        return absorbed

    with pytest.raises(UnitError) as caught:
        toy.evaluate(["wrong", "wrong_error"])
    assert len(str(caught.value).splitlines()) == 1


def test_a_replaced_formula_is_proven_again(toy):
    toy.evaluate("temperature")
    with pytest.raises(UnitError, match=r"'irradiance'.* gives 'Lsun/au', expected the declared unit 'W/m\^2'"):
        toy.replace(irradiance=lambda luminosity, orbit: luminosity / orbit).evaluate("temperature")
    assert float(toy.evaluate("temperature")) > 250


def test_a_second_proof_runs_no_formula(count):
    model, counters = count("irradiance", "absorbed", "temperature")
    model.evaluate("temperature", orbit=[1, 2, 3])
    assert {name: counter.calls for name, counter in counters.items()} == {
        "irradiance": 1,
        "absorbed": 1,
        "temperature": 1,
    }


def test_a_proof_sees_each_input_as_one_value(body):
    sizes = []

    @body.quantity("m")
    def seen(length, steps, way):
        sizes.append((np.shape(length), np.shape(steps), np.shape(way)))
        return length + steps.sum(axis=-1)

    body.evaluate("seen", length=[1, 2, 3])
    assert sizes[0] == ((1,), (1, 2), (1,))
    assert sizes[1] == ((3,), (1, 2), (1,))

"""Formulas are read, proven and computed as written, and nothing in them is ever executed."""

import math

import numpy as np
import pytest

from gridscan.errors import ExpressionError
from gridscan.expressions.evaluation import evaluate, unit_of_formula
from gridscan.expressions.nodes import names_in
from gridscan.expressions.parsing import parse
from gridscan.units import parse_unit, readable

KNOWN = {
    "events": (np.array([4.0, 90.0]), parse_unit("1/yr")),
    "mass": (np.array([2.0, 30.0]), parse_unit("kt")),
    "height": (3.0, parse_unit("km")),
    "width": (500.0, parse_unit("m")),
    "angle": (30.0, parse_unit("deg")),
    "share": (0.25, parse_unit("1")),
}

# Formula, value, unit: worked out by hand.
RIGHT = [
    ("events / mass", [2.0, 3.0], "1/kt/yr"),
    ("2 + 3 * 4 - 6 / 2 / 3 + share * 0", 13.0, "1"),
    ("-share ** 2", -0.0625, "1"),
    ("(-share) ** 2", 0.0625, "1"),
    ("2 ** -1 * share", 0.125, "1"),
    ("2 - -share", 2.25, "1"),
    ("2 * -share * +1", -0.5, "1"),
    ("height + width", 3.5, "km"),
    ("width + height", 3500.0, "m"),
    ("width - '0.5 km' - height", -3000.0, "m"),
    ("height / width", 6.0, "1"),
    ("sqrt(height * width)", math.sqrt(1.5), "km"),
    ("height ** (1/2) * width ** 0.5", math.sqrt(1.5), "km"),
    ("minimum(height, width)", 0.5, "km"),
    ("maximum(width, height)", 3000.0, "m"),
    ("abs(width - height)", 2500.0, "m"),
    ("sin(angle) + cos('60 deg') + tan('0.7853981633974483 rad')", 2.0, "1"),
    ("log10('1 Mt' / mass)", [math.log10(500), math.log10(1000 / 30)], "1"),
    ("exp(log(share)) + exp(events * '0 s')", [1.25, 1.25], "1"),
    ("events * '10 yr'", [40.0, 900.0], "1"),
    ('events * "1 day"', [4 / 365.25, 90 / 365.25], "1"),
    ("angle + '1 deg'", 31.0, "deg"),
    ("events*.5e1", [20.0, 450.0], "1/yr"),
]


@pytest.mark.parametrize(("text", "expected", "unit"), RIGHT, ids=[row[0] for row in RIGHT])
def test_a_formula_has_the_value_and_the_unit_worked_out_by_hand(text, expected, unit):
    value, found = evaluate(text, parse(text), KNOWN)
    np.testing.assert_allclose(value, expected, rtol=1e-14)
    assert readable(found) == unit
    assert unit_of_formula(text, parse(text), {name: of for name, (_, of) in KNOWN.items()}) == found


# Formula, place from 1, and what the message has: one fault, one line, the nearest name.
WRONG = [
    ("", 1, "there is no formula"),
    ("evnts / mass", 1, "did you mean 'events'?"),
    ("events / mas", 10, "did you mean 'mass'?"),
    ("events + mass", 10, "what is in 'kt' cannot be added to what is in '1/yr'"),
    ("mass - height", 8, "what is in 'km' cannot be taken from what is in 'kt'"),
    ("maximum(mass, height)", 15, "what is in 'km' cannot be compared with what is in 'kt'"),
    ("exp(mass)", 5, "'exp' takes a pure number; found 'kt'"),
    ("sin(height)", 5, "'sin' takes an angle or a pure number; found 'km'"),
    ("sqr(mass)", 1, "unknown function 'sqr', at character 1 of 'sqr(mass)'; did you mean 'sqrt'?"),
    ("maximum(mass)", 1, "'maximum' takes 2 arguments, found 1"),
    ("log(share, share)", 1, "'log' takes one argument, found 2"),
    ("mass ^ 2", 6, "write ** for a power"),
    ("mass ** share", 9, "an exponent is a plain number"),
    ("mass ** 101", 9, "an exponent is at most 100 in magnitude; found 101"),
    ("mass ** 2 ** 3", 9, "powers of powers need parentheses"),
    ("10 yr * events", 4, "write a number with its unit in quotes: '10 yr'"),
    ("events * '10 yrr'", 10, "unknown unit 'yrr'"),
    ("events * '10 yr", 10, "its closing quote is missing"),
    ("(events * mass", 1, "a parenthesis is not closed"),
    ("events * mass)", 14, "did not expect ')'"),
    ("events *", 9, "a value is missing"),
    ("events mass", 8, "write * to multiply"),
    ("events * * mass", 10, "did not expect '*'"),
    ("events / 0", 10, "division by zero"),
    ("events * 1e999", 10, "too large a number"),
    ("events * 'inf'", 10, "not a finite number"),
    ("rate = events", 6, "write NAME = FORMULA outside it"),
    ("events % 2", 8, "write a share as '1 %'"),
    ("(mass ** 100) ** 100", 7, "too large or too small to compute with"),
    ("events * " + "(" * 51 + "mass" + ")" * 51, 60, "nested more than 50 deep"),
    ("events + " * 250 + "events", 2001, "a formula has at most 2,000 characters, found 2,256"),
]


@pytest.mark.parametrize(("text", "place", "message"), WRONG, ids=[row[0][:30] for row in WRONG])
def test_a_wrong_formula_has_one_message_with_the_place(text, place, message):
    with pytest.raises(ExpressionError) as caught:
        evaluate(text, parse(text), KNOWN)
    assert message in str(caught.value)
    assert caught.value.position == place - 1
    assert "\n" not in str(caught.value)
    where = f"at character {place} of" if place <= len(text) else "at the end of"
    assert where in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "events.__class__",
        "().__class__.__bases__",
        "eval('1')",
        "exec('1')",
        "open('/etc/hostname')",
        "getattr(events, 'values')",
        "(lambda: events)()",
        "[events for events in mass]",
        "{events}",
        "events if mass else height",
        "events[0]",
        "events(mass)",
        "events := mass",
        "events; mass",
        "f'{events}'",
        "@events",
        "events\\\nmass",
        "__builtins__",
        "events and mass",
        "not events",
        "events < mass",
        "*events",
        "events\x00",
        "1_000 * events",
        "0x10 * events",
        "1j * events",
    ],
)
def test_what_would_be_code_in_python_is_refused(text):
    with pytest.raises(ExpressionError):
        evaluate(text, parse(text), KNOWN)


def test_names_are_found_with_the_places_where_they_stand_first():
    assert names_in(parse("b * (a + b) ** 2 - exp(c / '1 m')")) == {"b": 0, "a": 5, "c": 23}


def test_long_sums_are_no_deeper_than_short_ones():
    text = " + ".join(["share"] * 249)
    assert evaluate(text, parse(text), KNOWN)[0] == pytest.approx(62.25)

"""Checks of arguments: what is in a range, how it is said, and where the first wrong value is."""

import numpy as np
import pytest

from gridscan.errors import EvaluationError, UnitError
from gridscan.numerics.ranges import (
    FINITE,
    NOT_NEGATIVE,
    POSITIVE,
    SHARE,
    Range,
    checked,
    refuse,
    require_above,
)
from gridscan.units import registry
from gridscan.units.proof import proof

VALUES = np.array([-np.inf, -1.0, 0.0, 0.5, 1.0, 2.5, np.inf, np.nan])


@pytest.mark.parametrize(
    ("allowed", "right"),
    [
        (FINITE, [-1.0, 0.0, 0.5, 1.0, 2.5]),
        (POSITIVE, [0.5, 1.0, 2.5]),
        (NOT_NEGATIVE, [0.0, 0.5, 1.0, 2.5]),
        (SHARE, [0.0, 0.5, 1.0]),
        (Range(above=0.0, below=1.0), [0.5]),
        (Range(above=0.0, finite=False), [0.5, 1.0, 2.5, np.inf]),
        (Range(minimum=0.0, whole=True), [0.0, 1.0]),
        (Range(maximum=0.0), [-1.0, 0.0]),
    ],
)
def test_a_range_holds_what_is_between_its_ends_and_never_nan(allowed, right):
    assert VALUES[allowed.contains(VALUES)].tolist() == right


@pytest.mark.parametrize(
    ("allowed", "unit", "words"),
    [
        (FINITE, "kpc", "a finite number"),
        (POSITIVE, "kpc", "a finite number above 0 kpc"),
        (NOT_NEGATIVE, "", "a finite number of at least 0"),
        (SHARE, "", "a number from 0 to 1"),
        (Range(above=0.0, below=1.0), "", "a finite number above 0 and below 1"),
        (Range(minimum=1.0, whole=True), "", "a whole number of at least 1"),
        (Range(maximum=2.0), "rad", "a finite number of at most 2 rad"),
        (Range(minimum=0.0, finite=False), "kpc", "a number of at least 0 kpc"),
    ],
)
def test_a_range_is_said_in_words(allowed, unit, words):
    assert allowed.described(unit) == words


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (-2.0, "radius is -2 kpc; it must be a finite number above 0 kpc"),
        ([-2.0], "radius is -2 kpc; it must be a finite number above 0 kpc"),
        ([1.0, np.nan, -2.0], "radius is nan kpc at index [1]; it must be a finite number above 0 kpc"),
        ([[1.0, 2.0], [0.0, -1.0]], "radius is 0 kpc at index [1, 0]; it must be a finite number above 0 kpc"),
    ],
)
def test_the_first_wrong_value_is_said_with_its_place(values, message):
    with pytest.raises(EvaluationError) as caught:
        checked("radius", values, POSITIVE, "kpc")
    assert str(caught.value) == message


def test_what_is_right_comes_back_as_an_array_of_numbers():
    found = checked("radius", [1, 2], POSITIVE, "kpc")
    assert found.dtype == float
    assert found.tolist() == [1.0, 2.0]
    assert checked("radius", np.empty((0, 3)), POSITIVE).shape == (0, 3)
    energy = registry.Quantity(np.array([2.0]), "MeV")
    assert checked("energy", energy, POSITIVE, "keV").tolist() == [2000.0]
    with proof():
        assert checked("energy", energy, POSITIVE).tolist() == [2.0]
    with pytest.raises(UnitError, match="energy: found 'MeV', expected a number without a unit"):
        checked("energy", energy, POSITIVE)


def test_values_are_stretched_over_what_is_wrong_of_them():
    with pytest.raises(EvaluationError, match=r"^time is 3 s at index \[1, 2\]; it must be early$"):
        refuse("time", [1.0, 2.0, 3.0], [[False] * 3, [False, False, True]], "early", "s")
    refuse("time", [1.0], [False], "early")


def test_one_argument_is_compared_with_another():
    require_above("end", [2.0, 3.0], "start", 1.0)
    require_above("end", 1.0, "start", [0.0, 1.0], or_equal=True)
    with pytest.raises(EvaluationError, match=r"^end is 1 s at index \[1\]; it must be above start = 1 s$"):
        require_above("end", 1.0, "start", [0.0, 1.0], "s")
    with pytest.raises(EvaluationError, match=r"^end is nan; it must be at least start = 1$"):
        require_above("end", np.nan, "start", 1.0, or_equal=True)

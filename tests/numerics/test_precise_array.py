from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
from scipy.special import j1

from gridscan.numerics.precise_array import PreciseArray


def exact(pair):
    return [Fraction(float(high)) + Fraction(float(low)) for high, low in zip(pair.high, pair.low, strict=True)]


FORMULAS = {
    "sum": lambda x, y: x + y,
    "difference": lambda x, y: x - 3 * y,
    "product": lambda x, y: x * y * 7.0,
    "quotient": lambda x, y: 2 / x / y,
    "power": lambda x, y: x**5 - y**-3,
    "polynomial": lambda x, y: (x + y) ** 4 - x**4 - 4 * x**3 * y - 6 * x**2 * y**2 - 4 * x * y**3,
}


@pytest.mark.parametrize("name", FORMULAS)
def test_arithmetic_has_thirty_digits(name):
    random = np.random.default_rng(2)
    x, y = 10.0 ** random.uniform(-8, 8, 50), 10.0 ** random.uniform(-8, 8, 50)
    found = exact(FORMULAS[name](PreciseArray(x), PreciseArray(y)))
    for value, a, b in zip(found, map(Fraction, x), map(Fraction, y), strict=True):
        expected = FORMULAS[name](a, b) if name != "product" else 7 * a * b
        # What cancels is as large as the terms.
        largest = (a + b) ** 4 if name == "polynomial" else abs(a) + 3 * abs(b) if name == "difference" else 0
        assert abs(value - expected) <= Fraction(1, 10**30) * max(abs(expected), largest)


@pytest.mark.parametrize(("function", "power"), [(np.sqrt, "0.5"), (lambda x: x**-1.5, "-1.5")])
def test_roots_have_thirty_digits(function, power):
    x = np.random.default_rng(3).uniform(0.1, 10.0, 20)
    found = function(PreciseArray(x))
    with localcontext(prec=50):
        for high, low, number in zip(found.high, found.low, x, strict=True):
            expected = Decimal(float(number)) ** Decimal(power)
            assert abs((Decimal(float(high)) + Decimal(float(low))) / expected - 1) < Decimal("1e-29")


def test_choices_and_comparisons_follow_all_digits():
    one = PreciseArray([1.0, 1.0], [0.0, 1e-25])
    np.testing.assert_array_equal(one > 1.0, [False, True])
    np.testing.assert_array_equal(np.where(one > 1.0, one - 1.0, 0.0).rounded(), [0.0, 1e-25])
    np.testing.assert_array_equal((np.maximum(one, 1.0) - 1.0).rounded(), [0.0, 1e-25])
    np.testing.assert_array_equal(abs(-one)[1:].low, [1e-25])
    assert np.broadcast_to(one, (3, 2)).shape == (3, 2)
    assert (one.shape, one.ndim) == (np.shape(one), np.ndim(one)) == ((2,), 1)


@pytest.mark.parametrize("function", [np.exp, np.cos, j1, lambda x: np.arctan2(x, 2.0), lambda x: x**0.3])
def test_other_functions_tell_that_they_have_sixteen_digits(function):
    plain, shifted = (function(PreciseArray([0.7], shifted=each)) for each in (False, True))
    assert plain.rounded() == pytest.approx(function(0.7), rel=1e-15)
    assert 1e-17 < abs(plain.rounded() - shifted.rounded()) < 1e-15


def test_zero_and_infinity_stay_what_they_are():
    x = PreciseArray([0.0, np.inf, 1.0])
    np.testing.assert_array_equal((1.0 / x).rounded(), [np.inf, 0.0, 1.0])
    np.testing.assert_array_equal(np.sqrt(x).rounded(), [0.0, np.inf, 1.0])
    np.testing.assert_array_equal(np.isfinite(x), [True, False, True])


def test_digits_are_not_lost_in_silence():
    x = PreciseArray([1.0])
    for lossy in (np.asarray, np.sum, lambda v: np.interp(v, [0, 1], [0, 1]), lambda v: np.clip(v, 0.0, 1.0)):
        with pytest.raises(TypeError):
            lossy(x)
    with pytest.raises(TypeError):
        x * (1.0 + 2.0j)

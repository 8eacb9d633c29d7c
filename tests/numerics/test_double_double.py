"""Powers of ten and logarithms against decimal arithmetic, and without the vector instructions of the processor."""

from __future__ import annotations

import decimal
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from processors import printed_everywhere

from gridscan.numerics.double_double import DoubleDouble, log10, power_of_ten

RANDOM = np.random.default_rng(20261130)
CONTEXT = decimal.Context(prec=60)


def test_powers_of_ten_are_the_floats_closest_to_those_of_decimal_arithmetic():
    exponents = np.concatenate([RANDOM.uniform(-290, 300, 500), RANDOM.uniform(-5, 5, 500), np.arange(-290, 300, 7.0)])
    expected = [float(CONTEXT.power(Decimal(10), Decimal(value))) for value in exponents.tolist()]
    assert power_of_ten(exponents).tolist() == expected


def test_logarithms_are_the_floats_closest_to_those_of_decimal_arithmetic():
    numbers = np.concatenate([10.0 ** RANDOM.uniform(-300, 300, 500), RANDOM.uniform(0.5, 2.0, 500)])
    numbers = np.concatenate([numbers, 1.0 + RANDOM.uniform(-1e-8, 1e-8, 100), [5e-324, 1.7e308, 1.0, 1000.0, 1e-5]])
    assert log10(numbers).tolist() == [float(CONTEXT.log10(Decimal(value))) for value in numbers.tolist()]


def test_powers_and_logarithms_keep_the_shape_and_what_is_not_finite():
    found = power_of_ten([[np.nan, np.inf, -np.inf], [400.0, -400.0, 0.0]])
    np.testing.assert_array_equal(found, [[np.nan, np.inf, 0.0], [np.inf, 0.0, 1.0]])
    assert power_of_ten(3.0) == 1000.0
    assert log10(np.full((2, 3), 10.0)).shape == (2, 3)


def test_powers_and_logarithms_have_the_same_bits_without_vector_instructions():
    code = (
        "import hashlib, numpy as np; from gridscan.numerics.double_double import log10, power_of_ten;"
        "x = np.random.default_rng(1).uniform(3, 5, 5000);"
        "print([hashlib.sha256(array.tobytes()).hexdigest() for array in (power_of_ten(x), log10(x))])"
    )
    here, plain = printed_everywhere(code)
    assert here == plain


@pytest.mark.parametrize(("one", "other"), [((1, 3), (2, 7)), ((-(10**12), 7), (3, 11)), ((1, 3), (-1, 3))])
def test_sums_and_products_have_twice_the_digits(one, other):
    left, right = Fraction(*one), Fraction(*other)
    for found, exact in (
        (DoubleDouble.of(left) * DoubleDouble.of(right), left * right),
        (DoubleDouble.of(left) + DoubleDouble.of(right), left + right),
    ):
        assert abs(Fraction(found.high) + Fraction(found.low) - exact) <= 2.0**-100 * abs(left)

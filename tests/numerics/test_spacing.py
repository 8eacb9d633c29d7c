"""Evenly spaced numbers against decimal arithmetic, and with and without the vector instructions of the processor."""

from __future__ import annotations

import decimal
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from processors import printed_everywhere

from gridscan.numerics.spacing import SAME_VALUE, closest_pair, geometric, linear, stepped, steps_before, tolerances

ENDS = st.floats(1e-12, 1e12) | st.integers(1, 1000).map(lambda number: number / 10)


def _in_decimal(first: float, last: float, count: int) -> list[float]:
    with decimal.localcontext(prec=70):
        start, end = Decimal(repr(first)), Decimal(repr(last))
        step = ((end / start).ln() / (count - 1)).exp()
        return [first, *(float(start * step**index) for index in range(1, count - 1)), last]


@pytest.mark.parametrize(
    ("first", "last", "count"),
    [
        *[(0.2, 8.0, 401), (0.2, 5.0, 8), (1e-3, 1e3, 7001), (8.0, 0.2, 401), (1.0, 1e-9, 10), (0.1, 0.7, 3)],
        *[(1e-300, 1e300, 4097), (5e-300, 7e-290, 4096), (1.7e308, 3e300, 50), (1.0, 1.0000001, 99), (2.0, 3.0, 2)],
    ],
)
def test_geometric_spacing_is_that_of_decimal_arithmetic_in_every_bit(first, last, count):
    assert geometric(first, last, count).tolist() == _in_decimal(first, last, count)
    assert geometric(-first, -last, count).tolist() == [-value for value in _in_decimal(first, last, count)]


@given(ENDS, ENDS, st.integers(2, 40))
@settings(max_examples=50, deadline=None)
def test_any_geometric_spacing_is_that_of_decimal_arithmetic(first, last, count):
    assert geometric(first, last, count).tolist() == _in_decimal(first, last, count)


def test_a_million_values_are_those_of_decimal_arithmetic():
    values = geometric(0.2, 8.0, 10**6)
    chosen = np.random.default_rng(20261130).integers(1, 10**6 - 1, 300)
    with decimal.localcontext(prec=70):
        step = ((Decimal(8) / Decimal("0.2")).ln() / (10**6 - 1)).exp()
        expected = [float(Decimal("0.2") * step ** int(index)) for index in chosen]
    assert values[chosen].tolist() == expected
    assert (np.diff(values) > 0).all()


@pytest.mark.parametrize("count", [2, 3, 7, 4095, 4096, 4097, 8192, 8193, 12289])
def test_the_ends_are_exact_and_the_order_is_kept(count):
    for first, last in ((0.1, 0.3), (7.3, 0.007), (-0.1, -9.7)):
        values = geometric(first, last, count)
        assert (values[0], values[-1], values.size) == (first, last, count)
        assert (np.diff(values) * np.sign(last - first) > 0).all()


def test_powers_of_a_whole_number_are_exact():
    assert geometric(1, 3**40, 41).tolist() == [float(3**power) for power in range(41)]
    assert geometric(1e-3, 1e3, 7).tolist() == [1e-3, 1e-2, 0.1, 1.0, 10.0, 100.0, 1000.0]


def test_a_power_halfway_between_two_floats_is_rounded_to_the_even_one():
    assert 3**34 > 2**53
    assert 3**34 % 2 == 1
    assert geometric(1, 3**34, 35)[-1] == geometric(1, 3**35, 36)[-2] == float(3**34)


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.integers(2, 30))
@settings(max_examples=50, deadline=None)
def test_linear_spacing_is_rounded_once(first, last, count):
    start, end = Fraction(repr(first)), Fraction(repr(last))
    expected = [float(start + (end - start) * index / (count - 1)) for index in range(count)]
    assert linear(first, last, count).tolist() == expected


def test_linear_spacing_gives_the_decimal_numbers_that_one_would_write():
    assert linear(-0.3, 0.3, 7).tolist() == [-0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3]
    assert linear(0.7, 0.1, 7).tolist() == [0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]
    assert linear(-1, 2, 10)[3] == 0.0
    assert stepped(0.0, 0.1, 11).tolist() == [index / 10 for index in range(11)]
    assert stepped(1e6, -1e-3, 3).tolist() == [1e6, 999999.999, 999999.998]


@pytest.mark.parametrize("ends", [(5e-324, 1e308), (-1e308, 1e308), (1e-9, 1e-9 / 3)])
def test_linear_spacing_reaches_over_all_floats(ends):
    values = linear(*ends, 5)
    assert (values[0], values[-1]) == ends
    assert np.isfinite(values).all()


def test_one_value_is_the_first():
    assert linear(2, 9, 1).tolist() == stepped(2, 9, 1).tolist() == geometric(2, 9, 1).tolist() == [2.0]


def test_spacing_has_the_same_bits_without_vector_instructions():
    code = (
        "import hashlib, numpy as np; from gridscan.numerics.spacing import geometric, linear, stepped;"
        "arrays = [geometric(0.2, 8, 401), geometric(3e-7, 1e5, 9999), linear(1 / 3, 7, 999), stepped(0.1, 1 / 7, 99)];"
        "print([hashlib.sha256(array.tobytes()).hexdigest() for array in arrays])"
    )
    here, plain = printed_everywhere(code)
    assert here == plain


@pytest.mark.parametrize(
    ("values", "pair"),
    [
        *[([0.3, 0.1 + 0.2, 1.0], (0, 1)), ([1.0, 5.0, 1.0], (0, 2)), ([2.0, 1 + SAME_VALUE / 2, 1.0], (1, 2))],
        *[([-1.0, -1.0 - 1e-15], (0, 1)), ([0.0, -0.0], (0, 1)), ([1e308, 1e308 * (1 + 1e-15)], (0, 1))],
        # Of two results that were joined: each value twice, but for what the way to it makes.
        ([0.1, 0.2 + 1e-13, 0.1 + 1e-13, 0.2], (1, 3)),
        *[([1e5, 2e5, 2e5 + 1e-8], (1, 2)), ([1e308, 1e308 * (1 + 1e-12), 1.7e308], (0, 1))],
        *[
            ([1.0, 1.0 + 2 * SAME_VALUE], None),
            ([0.0, 1e-300], None),
            ([-1e308, 1e308], None),
            ([1.0], None),
            ([], None),
        ],
        *[([1e-300, 2e-300], None), ([3.0, 2.0, 1.0], None), ([-1e-12, 1e-12], None)],
    ],
)
def test_two_values_are_the_same_within_a_billionth(values, pair):
    assert closest_pair(values) == pair


@pytest.mark.parametrize("steps", [[0, 1], [0, 1, 2, 3], [5, 3, 1], [0, 1, 10, 100], [0, 1, 3600], [0, 1, 2, 86400]])
@pytest.mark.parametrize(("origin", "unit"), [(1.7e9, 1.0), (1.7e9, 1e-3), (2.46e6, 1e-6), (-1e12, 100.0)])
def test_steps_that_are_far_above_rounding_are_told_apart_wherever_they_begin(origin, unit, steps):
    """Seconds since 1970 were refused (0b5a7eb)."""
    values = origin + unit * np.array(steps)
    assert closest_pair(values) is None
    for value, tolerance in zip(values, tolerances(values), strict=True):
        assert tolerance < 0.1 * np.sort(np.abs(values - value))[1]
    assert (tolerances(values) >= 2 * np.spacing(np.abs(values))).all()


def test_a_value_is_found_by_its_first_digits_where_the_next_one_is_far():
    np.testing.assert_allclose(tolerances([3.0, 1 / 3, -2.0]), [3e-9, 1e-9 / 3, 2e-9], rtol=1e-12)
    assert tolerances([]).size == 0
    assert tolerances([0.0, 1e-300]).tolist() == [0.0, pytest.approx(1e-309)]


@pytest.mark.parametrize(
    ("first", "end", "step", "count"),
    [
        *[(0, 1, 0.1, 10), (5, 5.000000005, 1e-9, 5), (0, 1.05, 0.1, 11), (3, 0, -1, 3), (0, 1, -1, 0), (1, 1, 1, 0)],
        *[(0.1 + 0.2, 3.3, 0.3, 10)],
    ],
)
def test_steps_end_before_the_end(first, end, step, count):
    assert steps_before(first, end, step) == count

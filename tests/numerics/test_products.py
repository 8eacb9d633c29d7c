from fractions import Fraction

import numpy as np
import pytest

from gridscan.numerics.products import error_of_product


@pytest.mark.parametrize("count", [1, 2, 4])
def test_the_bound_is_what_the_largest_factors_make_more(count):
    random = np.random.default_rng(count)
    for _ in range(20):
        values, errors = random.uniform(0.0, 9.0, count), 10.0 ** random.uniform(-14.0, 0.0, count)
        exact = Fraction(1), Fraction(1)
        for value, error in zip(values, errors, strict=True):
            exact = exact[0] * Fraction(value), exact[1] * (Fraction(value) + Fraction(error))
        found = error_of_product(*zip(values, errors, strict=True))
        assert found == pytest.approx(float(exact[1] - exact[0]), rel=1e-14)


def test_the_error_of_a_factor_that_is_zero_counts():
    assert error_of_product((0.0, 0.5), (3.0, 1.0)) == 2.0
    assert error_of_product((0.0, 0.0), (3.0, 1.0)) == 0.0
